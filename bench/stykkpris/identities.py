"""The identities every run asserts: money in = money out, and what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from math import floor, isfinite, log10
from typing import Any

from bench.errors import SettlementError

#: Relative tolerance of identities between floating-point numbers: a few hundred roundings of a sum.
RELATIVE = 1e-11
#: Relative tolerance of identities between numbers that are found in two ways and rounded by none.
UNROUNDED = 1e-9
#: Digits to which a difference is stated.
_STATED = 12


@dataclass(slots=True)
class Ledger:
    """Collects checks and refuses a run in which one fails.

    Examples
    --------
    >>> ledger = Ledger()
    >>> ledger.exact("money in = money out", "omsorg", 2004, Decimal("1.00"), Decimal("1.00"))
    >>> ledger.rows[0]["difference"]
    0.0
    """

    rows: list[dict[str, Any]] = field(default_factory=list)

    def exact(self, check: str, scheme: str, year: int | None, left: Decimal, right: Decimal) -> None:
        """Assert that two amounts are the same to the last digit."""
        self._add(check, scheme, year, left, right, 0.0)

    def unrounded(self, check: str, scheme: str, year: int | None, left: float, right: float) -> None:
        """Assert an identity between numbers before they are rounded."""
        self._add(check, scheme, year, left, right, UNROUNDED * max(abs(left), abs(right)))

    def rounding(
        self, what: str, scheme: str, year: int | None, rounded: float, before: float, step: float, count: float
    ) -> None:
        """Show what rounding does, and assert that it is at most half a step for each of a count.

        Parameters
        ----------
        step, count : float
            Half the step of the rule, and how often it was used: a price as often as there is volume.
        """
        bound = step * count + RELATIVE * max(abs(rounded), abs(before))
        self._add(f"effect of rounding {what}", scheme, year, rounded, before, bound)

    def close(
        self, check: str, scheme: str, year: int | None, left: float, right: float, tolerance: float = 0.0
    ) -> None:
        """Assert that two numbers are the same up to rounding of the prices and of the machine."""
        self._add(check, scheme, year, left, right, tolerance + RELATIVE * max(abs(left), abs(right)))

    def _add(self, check: str, scheme: str, year: int | None, left: Any, right: Any, tolerance: float) -> None:
        difference = left - right
        self.rows.append(
            {
                "check": check,
                "scheme": scheme,
                "year": year,
                "left": float(left),
                "right": float(right),
                "difference": stated_difference(left, right),
                "tolerance": tolerance,
            }
        )
        if not abs(difference) <= tolerance:
            place = f"{check} ({scheme} {year})" if year is not None else f"{check} ({scheme})"
            raise SettlementError(place, difference)


def stated_difference(left: Any, right: Any) -> float:
    """Return a difference to the twelfth digit of the larger number: what is beyond that is rounding of the processor.

    Examples
    --------
    >>> stated_difference(464186028.32, 464189473.76), stated_difference(0.3, 0.1 + 0.2)
    (-3445.44, 0.0)
    """
    size = max(abs(float(left)), abs(float(right)))
    if not isfinite(size) or not size:
        return float(left - right)
    return round(float(left - right), _STATED - 1 - floor(log10(size))) + 0.0

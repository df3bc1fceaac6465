"""Numbers and dates as a Norwegian or English reader expects them: ``1 234 567,8``, ``5,3 %``, ``−7``, ``31.12.2026``.

Rounding is half up on the decimal number as it is written, the rule of official tables; a value that is missing or
does not apply prints as a point, the standard sign of official statistics for *not applicable*.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

from bench.options import LANGUAGES, one_of

MINUS = "\u2212"
NO_BREAK = "\u00a0"
NOT_APPLICABLE = "."
MILLION = 1_000_000
#: What groups thousands and what stands before decimals, in place of the comma and the point.
_SIGNS = {"nb": str.maketrans({",": NO_BREAK, ".": ","}), "en": str.maketrans({})}
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Numbers:
    """Formats numbers in one language.

    Parameters
    ----------
    language : {"nb", "en"}
    currency : str
        ISO code of the currency of the amounts; bokmål writes kroner as ``kr``.

    Examples
    --------
    >>> n = Numbers("nb")
    >>> n.number(-1234567.85, 1).replace(NO_BREAK, " ")
    '−1 234 567,9'
    >>> n.percent(0.0525).replace(NO_BREAK, " ")
    '5,3 %'
    >>> Numbers("en").number(1234567.8, 1)
    '1,234,567.8'
    """

    language: str = "nb"
    currency: str = "NOK"

    @property
    def _sign(self) -> str:
        return "kr" if self.language == "nb" and self.currency == "NOK" else self.currency

    def __post_init__(self) -> None:
        one_of(self.language, LANGUAGES, "language")

    def number(self, value: Any, decimals: int = 0, *, sign: bool = False) -> str:
        """Return a number with grouped thousands and a fixed number of decimals."""
        if is_missing(value):
            return NOT_APPLICABLE
        rounded = half_up(value, decimals)
        text = self._decimal(abs(rounded), decimals)
        if rounded < 0:
            return MINUS + text
        return f"+{text}" if sign and rounded > 0 else text

    def plain(self, value: Any, most: int = 6) -> str:
        """Return a number with as many decimals as it needs, at most ``most``."""
        if is_missing(value):
            return NOT_APPLICABLE
        digits = half_up(value, most).normalize()
        exponent = digits.as_tuple().exponent
        return self.number(value, max(0, -exponent) if isinstance(exponent, int) else 0)

    def percent(self, share: Any, decimals: int = 1, *, sign: bool = False) -> str:
        """Return a share as per cent: 0.053 is ``5,3 %`` in Norwegian and ``5.3%`` in English."""
        if is_missing(share):
            return NOT_APPLICABLE
        gap = NO_BREAK if self.language == "nb" else ""
        return f"{self.number(Decimal(repr(float(share))) * 100, decimals, sign=sign)}{gap}%"

    def points(self, difference: Any, decimals: int = 1, *, sign: bool = False) -> str:
        """Return a difference of two shares as percentage points: ``+1,2 prosentpoeng``, ``+1.2 percentage points``."""
        if is_missing(difference):
            return NOT_APPLICABLE
        word = "prosentpoeng" if self.language == "nb" else "percentage points"
        return f"{self.number(Decimal(repr(float(difference))) * 100, decimals, sign=sign)}{NO_BREAK}{word}"

    def millions(self, value: Any, decimals: int = 1, *, sign: bool = False) -> str:
        """Return an amount in NOK as millions: ``12,3 mill. kr`` or ``NOK 12.3 million``."""
        if is_missing(value):
            return NOT_APPLICABLE
        text = self.number(Decimal(repr(float(value))) / MILLION, decimals, sign=sign)
        return (
            f"{text}{NO_BREAK}mill.{NO_BREAK}{self._sign}"
            if self.language == "nb"
            else f"{self._sign}{NO_BREAK}{text}{NO_BREAK}million"
        )

    def money(self, value: Any, decimals: int = 1, *, sign: bool = False) -> str:
        """Return an amount in NOK: in millions from one million upwards, else in whole kroner."""
        if not is_missing(value) and abs(float(value)) < MILLION:
            return self.kroner(value, sign=sign)
        return self.millions(value, decimals, sign=sign)

    def kroner(self, value: Any, decimals: int = 0, *, sign: bool = False) -> str:
        """Return an amount in NOK: ``1 234 kr`` or ``NOK 1,234``."""
        if is_missing(value):
            return NOT_APPLICABLE
        text = self.number(value, decimals, sign=sign)
        return f"{text}{NO_BREAK}{self._sign}" if self.language == "nb" else f"{self._sign}{NO_BREAK}{text}"

    def date(self, value: Any) -> str:
        """Return an ISO date or a date object as ``31.12.2026`` or ``31 December 2026``; other text as it is."""
        if is_missing(value):
            return NOT_APPLICABLE
        if isinstance(value, str):
            try:
                value = datetime.datetime.fromisoformat(value)
            except ValueError:
                return str(value)
        if not isinstance(value, datetime.date):
            return str(value)
        if self.language == "nb":
            return value.strftime("%d.%m.%Y")
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year:04d}"

    def _decimal(self, value: Decimal, decimals: int) -> str:
        return f"{value:,.{decimals}f}".translate(_SIGNS[self.language])


def half_up(value: Any, decimals: int) -> Decimal:
    """Round half up, away from zero, on the shortest decimal number that is this float.

    Examples
    --------
    >>> half_up(2.675, 2), half_up(-0.5, 0)
    (Decimal('2.68'), Decimal('-1'))
    """
    return _written(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def half_even(value: Any, decimals: int) -> Decimal:
    """Round half to even, on the shortest decimal number that is this float.

    Examples
    --------
    >>> half_even(2.665, 2), half_even(2.675, 2)
    (Decimal('2.66'), Decimal('2.68'))
    """
    return _written(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)


def _written(value: Any) -> Decimal:
    # Fifteen digits: with all seventeen the noise of 28.499999999999996 (0.285 * 100) would round to 28, not 29.
    return value if isinstance(value, Decimal) else Decimal(f"{float(value):.15g}")


def is_missing(value: Any) -> bool:
    """Tell whether a cell holds nothing: None, NaN, pandas' NA or an empty text."""
    kind = type(value)
    if kind is float:
        return bool(value != value)
    if kind is str:
        return not value
    if value is None or kind.__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, str):
        return value == ""
    return isinstance(value, float) and math.isnan(value)

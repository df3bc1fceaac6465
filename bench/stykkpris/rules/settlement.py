"""Block SR: what a unit keeps of a surplus, carries of a deficit, and owes or owns at the end of the year.

One implementation for both uses: arrays of :class:`decimal.Decimal` in the settlement, exact to the øre, and float64
arrays with any leading dimensions in simulation. Numbers in the rules must be of the same kind as the arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Amounts = npt.NDArray[Any]


def unrounded(values: Amounts) -> Amounts:
    """Return the amounts as they are."""
    return values


@dataclass(frozen=True, slots=True)
class Rules:
    """The settlement's numbers in one year.

    Attributes
    ----------
    keep, carry : number
        Share of a surplus kept and of a deficit carried.
    cap_surplus, cap_deficit : number or None
        Largest amount kept or carried, as a share of income.
    cap_on_balance : bool
        Whether the caps hold for the balance instead of the year.
    interest : number
        On the opening balance.
    threshold : number or None
        Deficit as a share of income beyond which a dispensation is given.
    threshold_on_balance : bool
    waive_all : bool
        Whether the whole deficit is waived then, or only what exceeds the threshold.
    """

    keep: Any
    carry: Any
    cap_surplus: Any = None
    cap_deficit: Any = None
    cap_on_balance: bool = False
    interest: Any = 0
    threshold: Any = None
    threshold_on_balance: bool = False
    waive_all: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """One year's settlement, arrays of the shape of ``result``.

    ``result = kept + carried + returned`` and ``closing = opening + interest + kept + carried + dispensation``.

    Attributes
    ----------
    kept : array
        Part of a surplus the unit keeps, ≥ 0.
    carried : array
        Part of a deficit the unit carries, ≤ 0.
    returned : array
        Part of the result that goes to the payer (negative: the payer covers it).
    interest, dispensation, closing : array
    """

    kept: Amounts
    carried: Amounts
    returned: Amounts
    interest: Amounts
    dispensation: Amounts
    closing: Amounts


def settle_year(
    result: Amounts,
    income: Amounts,
    opening: Amounts,
    rules: Rules,
    *,
    waived: Callable[[Amounts], Amounts] | None = None,
    rounded: Callable[[Amounts], Amounts] = unrounded,
) -> Settled:
    """Settle one year.

    Parameters
    ----------
    result, income, opening : array
        The year's result, its income, and the balance carried in.
    rules : Rules
    waived : callable, optional
        Decided dispensations: takes the deficits carried (≥ 0), returns what is waived of them.
    rounded : callable
        The model's rounding rule for amounts.

    Examples
    --------
    >>> s = settle_year(np.array([100.0, -50.0]), np.array([1000.0, 1000.0]), np.zeros(2), Rules(0.9, 1.0))
    >>> s.kept.tolist(), s.carried.tolist(), s.returned.round(9).tolist()
    ([90.0, 0.0], [0.0, -50.0], [10.0, 0.0])
    """
    interest = rounded(opening * rules.interest)
    brought = opening + interest
    kept = rounded(np.maximum(result, 0) * rules.keep)
    deficit = rounded(np.maximum(-result, 0) * rules.carry)
    if rules.cap_surplus is not None:
        room = rounded(income * rules.cap_surplus) - (brought if rules.cap_on_balance else 0)
        kept = np.minimum(kept, np.maximum(room, 0))
    if rules.cap_deficit is not None:
        room = rounded(income * rules.cap_deficit) + (brought if rules.cap_on_balance else 0)
        deficit = np.minimum(deficit, np.maximum(room, 0))
    decided = np.minimum(rounded(waived(deficit)), deficit) if waived is not None else deficit * 0
    given = decided + _by_rule(deficit - decided, income, brought + kept, rules, rounded)
    carried = 0 - deficit
    return Settled(
        kept=kept,
        carried=carried,
        returned=result - kept - carried,
        interest=interest,
        dispensation=given,
        closing=brought + kept + carried + given,
    )


def _by_rule(
    deficit: Amounts, income: Amounts, balance: Amounts, rules: Rules, rounded: Callable[[Amounts], Amounts]
) -> Amounts:
    """Dispensation by threshold: the part of a very large deficit that the unit does not have to carry."""
    if rules.threshold is None:
        return deficit * 0
    measured = np.maximum(deficit - balance, 0) if rules.threshold_on_balance else deficit
    limit = rounded(income * rules.threshold)
    excess = np.maximum(measured - limit, 0)
    if rules.waive_all:
        excess = np.where(excess > 0, measured, excess)
    return np.asarray(excess)

"""Block SR in a simulation: :func:`bench.stykkpris.settlement.settle_year` on float arrays, with pooling and expiry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.stykkpris.settlement import Rules, Settled, settle_year
from bench.stykkpris.simulation.setting import Setting, lapse
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Balanced:
    """A settled year: ``closing`` is after what has lapsed; ``saved`` is by age where surpluses lapse."""

    settled: Settled
    closing: FloatArray
    lapsed: FloatArray
    saved: FloatArray | None


def rules_of(setting: Setting, year: int) -> Rules:
    """Return the settlement's numbers in a year as floats."""
    stated = setting.scheme.settlement
    by_rule = stated.dispensation_rule
    surplus, deficit = stated.caps()
    return Rules(
        keep=stated.keep_surplus.at(year),
        carry=stated.carry_deficit.at(year),
        cap_surplus=None if surplus is None else surplus.at(year),
        cap_deficit=None if deficit is None else deficit.at(year),
        cap_on_balance=stated.cap_on == "balance",
        interest=stated.interest.at(year),
        threshold=None if by_rule is None else by_rule.threshold.at(year),
        threshold_on_balance=by_rule is not None and by_rule.measured_on == "balance",
        waive_all=by_rule is not None and by_rule.covers == "all",
    )


def balance(
    setting: Setting, year: int, result: FloatArray, income: FloatArray, opening: FloatArray, saved: FloatArray | None
) -> Balanced:
    """Settle a year for all draws, arrays (B, n)."""
    rules = rules_of(setting, year)
    if setting.scheme.settlement.pooled:
        settled = _pooled(result, income, opening, rules)
    else:
        amount, share = _decided(setting, year)
        waived = (lambda deficit: amount + share * deficit) if amount.any() or share.any() else None
        settled = settle_year(result, income, opening, rules, waived=waived)
    if saved is None:
        return Balanced(settled, settled.closing, np.zeros_like(settled.closing), None)
    lapsed, saved = lapse(saved, settled.kept + settled.interest, settled.closing)
    return Balanced(settled, settled.closing - lapsed, lapsed, saved)


def _decided(setting: Setting, year: int) -> tuple[FloatArray, FloatArray]:
    units = setting.data.units
    amount, share = np.zeros(len(units)), np.zeros(len(units))
    for decision in setting.scheme.settlement.dispensation:
        if not decision.covers(year):
            continue
        here = np.array([decision.unit in (unit, "*") for unit in units])
        if decision.amount is not None:
            amount += here * decision.amount.at(year)
        elif decision.share is not None:
            share += here * decision.share.at(year)
    return amount, share


def _pooled(result: FloatArray, income: FloatArray, opening: FloatArray, rules: Rules) -> Settled:
    whole = [part.sum(axis=-1, keepdims=True) for part in (result, income, opening)]
    pool = settle_year(whole[0], whole[1], whole[2], rules)
    share = income / whole[1]
    kept, carried, given = pool.kept * share, pool.carried * share, pool.dispensation * share
    interest = pool.interest * share
    closing = opening + interest + kept + carried + given
    return Settled(kept, carried, result - kept - carried, interest, given, closing)

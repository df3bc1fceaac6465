"""Block SR in a year: what units keep, carry and owe, with dispensations, pooling and surpluses that lapse."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench.modelfile import Settlement
from bench.modelfile.sections.blocks import Dispensation
from bench.stykkpris.rules.settlement import Rules, Settled, settle_year
from bench.stykkpris.year.arithmetic import Amounts, Arithmetic
from bench.stykkpris.year.books import Books, Ground


@dataclass(frozen=True, slots=True, eq=False)
class Balanced:
    """A settled year: ``settled.closing`` is after what has lapsed; ``saved`` is by age where surpluses lapse."""

    settled: Settled
    lapsed: Amounts
    saved: Amounts | None


def rules_of(money: Arithmetic, stated: Settlement, year: int) -> Rules:
    """Return the settlement's numbers in a year, of the arithmetic's kind."""
    by_rule = stated.dispensation_rule
    surplus, deficit = stated.caps()
    return Rules(
        keep=money.number(stated.keep_surplus.at(year)),
        carry=money.number(stated.carry_deficit.at(year)),
        cap_surplus=None if surplus is None else money.number(surplus.at(year)),
        cap_deficit=None if deficit is None else money.number(deficit.at(year)),
        cap_on_balance=stated.cap_on == "balance",
        interest=money.number(stated.interest.at(year)),
        threshold=None if by_rule is None else money.number(by_rule.threshold.at(year)),
        threshold_on_balance=by_rule is not None and by_rule.measured_on == "balance",
        waive_all=by_rule is not None and by_rule.covers == "all",
    )


def balance(money: Arithmetic, ground: Ground, books: Books, year: int, result: Amounts, income: Amounts) -> Balanced:
    """Settle a year on the balances in the books, amounts (..., n)."""
    stated, opening = ground.scheme.settlement, books.closing
    rules = rules_of(money, stated, year)
    if stated.pooled:
        settled = _pooled(money, result, income, opening, rules)
    else:
        amount, share = _decided(money, ground, year)
        waived = (lambda deficit: amount + share * deficit) if amount.any() or share.any() else None
        settled = settle_year(result, income, opening, rules, waived=waived, rounded=money.rounded)
    if books.saved is None:
        return Balanced(settled, money.zeros(len(ground.units)), None)
    gap = 1 if books.settled_year is None else year - books.settled_year
    lapsed, saved = lapse(books.saved, settled.kept + settled.interest, settled.closing, gap)
    return Balanced(replace(settled, closing=settled.closing - lapsed), lapsed, saved)


def payers(ground: Ground, year: int, given: Amounts) -> list[str]:
    """Return who pays each unit's dispensation; empty where there is none."""
    by_rule = ground.scheme.settlement.dispensation_rule
    names = []
    for unit, amount in zip(ground.units, given.tolist(), strict=True):
        found = [decision.payer for decision in _in_force(ground, year, unit)]
        if by_rule is not None:
            found.append(by_rule.payer)
        names.append(", ".join(dict.fromkeys(found)) if amount > 0 else "")
    return names


def _in_force(ground: Ground, year: int, unit: str) -> list[Dispensation]:
    decisions = ground.scheme.settlement.dispensation
    return [decision for decision in decisions if decision.unit in (unit, "*") and decision.covers(year)]


def _decided(money: Arithmetic, ground: Ground, year: int) -> tuple[Amounts, Amounts]:
    """What decided dispensations waive of each unit's deficit: an amount, and a share of it."""
    amount, share = money.zeros(len(ground.units)), money.zeros(len(ground.units))
    for i, unit in enumerate(ground.units):
        for decision in _in_force(ground, year, unit):
            if decision.amount is not None:
                amount[i] += money.number(decision.amount.at(year))
            else:
                assert decision.share is not None
                share[i] += money.number(decision.share.at(year))
    return amount, share


def _pooled(money: Arithmetic, result: Amounts, income: Amounts, opening: Amounts, rules: Rules) -> Settled:
    """One result for the scheme; what is kept or carried is shared by income."""
    earned, paid, brought = (np.asarray(part.sum(axis=-1, keepdims=True)) for part in (result, income, opening))
    pool = settle_year(earned, paid, brought, rules, rounded=money.rounded)
    kept, carried, given, interest = (
        money.shared(part, income) for part in (pool.kept, pool.carried, pool.dispensation, pool.interest)
    )
    return Settled(
        kept=kept,
        carried=carried,
        returned=result - kept - carried,
        interest=interest,
        dispensation=given,
        closing=opening + interest + kept + carried + given,
    )


def lapse(saved: Amounts, gained: Amounts, closing: Amounts, years: int = 1) -> tuple[Amounts, Amounts]:
    """Return what lapses, and the saved surpluses some years older; what was saved first is used first.

    Parameters
    ----------
    saved : array (..., E + 1)
        By age at the end of the year before; the oldest lapse when they reach age E.
    gained, closing : array (...)
        The year's surplus with interest, and the balance before anything lapses.
    years : int
        Years since ``saved`` was settled.
    """
    oldest = saved.shape[-1] - 1
    aged: Any = np.zeros_like(saved)
    aged[..., 0] = np.maximum(gained, 0)
    for age in range(oldest + 1):
        aged[..., min(age + years, oldest)] += saved[..., age]
    used = np.maximum(aged.sum(axis=-1) - np.maximum(closing, 0), 0)
    for age in range(oldest, -1, -1):
        taken = np.minimum(aged[..., age], used)
        aged[..., age] -= taken
        used = used - taken
    lapsed = aged[..., -1].copy()
    aged[..., -1] = aged[..., -1] * 0
    return lapsed, aged

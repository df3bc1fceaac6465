"""A unit's income in a simulation: blocks BR, MX, CR and TR for all draws at once.

Order and rule functions are those of :class:`bench.stykkpris.cycle.SchemeCycle`; nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.errors import DataError, Issue
from bench.stykkpris import block as grants
from bench.stykkpris.corrections import ON_INCOME
from bench.stykkpris.mix import priced_cost, refund
from bench.stykkpris.simulation.pricing import Priced, components, correction
from bench.stykkpris.simulation.setting import Setting, State
from bench.stykkpris.transition import transition_income
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Income:
    """A year's income and its parts, arrays (B, n) or (n,)."""

    total: FloatArray
    activity: FloatArray
    block: FloatArray
    refund: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """What does not depend on the year's own cost: activity income, block grant, corrections."""

    activity: FloatArray
    block: FloatArray
    corrections: FloatArray


def fixed_income(setting: Setting, state: State, year: int, priced: Priced | None, paid: FloatArray) -> Fixed:
    """Return income that is known before the cost is, for paid volume (B, n, K)."""
    n = len(setting.data.units)
    activity = np.zeros(paid.shape[:-1])
    if priced is not None:
        share = setting.scheme.mix.activity.at(year)
        activity = _times(paid, priced.made.prices) * priced.factor * share
    block = _block(setting, state, year)
    total = np.zeros(n)
    for item in setting.scheme.correction:
        basis = activity if item.kind in ON_INCOME else np.zeros(n)
        total = total + correction(setting, item, year, basis)
    return Fixed(activity, block, np.asarray(total))


def income(setting: Setting, state: State, year: int, fixed: Fixed, cost: FloatArray) -> Income:
    """Return the income of a year, given the cost of array (B, n)."""
    mix = setting.scheme.mix
    refunded = [component for component in mix.component if component.treatment == "refund"]
    parts = components(setting, year, [component.column for component in refunded])
    shares = np.array([component.share.at(year) for component in refunded])
    back = refund(priced_cost(cost, parts, shares), parts, shares, mix.refund.at(year))
    total = _transition(setting, state, year, fixed.activity + fixed.block + back + fixed.corrections)
    return Income(np.asarray(total), fixed.activity, fixed.block, back)


def _times(volume: FloatArray, prices: FloatArray) -> FloatArray:
    """Σ_k V_ik p_k, with prices (K,) or (B, K)."""
    if prices.ndim == 1:
        return np.asarray(volume @ prices)
    return np.asarray(np.matmul(volume, prices[..., None])[..., 0])


def _block(setting: Setting, state: State, year: int) -> FloatArray:
    rule, present = setting.scheme.block, setting.present
    amounts = _component_block(setting, year)
    if rule.kind == "none":
        return amounts
    if rule.kind == "incremental":
        return np.asarray(amounts + np.where(present, _incremental(setting, state, year), 0.0))
    if rule.kind == "criteria":
        values = grants.criteria_values(setting.columns, rule.criterion)
        shares = grants.criteria_shares(values, np.array([c.weight.at(year) for c in rule.criterion]))
    elif rule.kind == "historic-share":
        of = rule.share_year if rule.share_year is not None else _base_year(setting, year)
        shares = grants.shares_of_those_left(state.cost[of], present, setting.data.units, of)
    elif rule.kind == "norm-share":
        shares = _norm_shares(setting, rule.share_year if rule.share_year is not None else year - 1)
    else:
        shares = present / present.sum()
    return np.asarray(amounts + _total(setting, state, year)[..., None] * shares)


def _norm_shares(setting: Setting, year: int) -> FloatArray:
    """Shares by the units' cost norms; an estimated frontier stays where the last accounts put it."""
    seen, norms, units = min(year, setting.base), setting.norms or {}, setting.data.units
    here = setting.present
    gone = [unit for unit, there in zip(units, here, strict=True) if there and (unit, seen) not in norms]
    if gone:
        raise DataError([Issue("no-norm", f"no norm for {seen}", "estimate a frontier first", unit=u) for u in gone])
    values = [norms[unit, seen] if there else 0.0 for unit, there in zip(units, here, strict=True)]
    return grants.historic_shares(np.array(values))


def _total(setting: Setting, state: State, year: int) -> FloatArray:
    rule = setting.scheme.block
    if rule.total is not None:
        base = year if rule.indexed_from is None else rule.indexed_from
        total = np.asarray(rule.total.at(year))
    else:
        assert rule.total_share is not None
        base = _base_year(setting, year)
        total = rule.total_share.at(year) * state.cost[base].sum(axis=-1)
    return np.asarray(total * setting.growth.chain(base, year) * grants.need_factor(rule, base, year))


def _base_year(setting: Setting, year: int) -> int:
    """Year whose accounts total and shares are of: last year's, or those before the system where a budget goes on."""
    rule, data = setting.scheme.block, setting.data
    if rule.base == "accounts":
        return year - 1
    return grants.opening_year(rule, setting.first_year, data.years, data.scheme.id)


def _incremental(setting: Setting, state: State, year: int) -> FloatArray:
    rule = setting.scheme.block
    accounts = state.cost[year - 1] * (setting.scheme.mix.block.at(year) or 1.0)
    base = accounts
    if rule.base == "budget" and state.block is not None:
        base = np.where(state.block > 0.0, state.block, accounts)
    growth = setting.growth.chain(year - 1, year)
    index: Any = growth if isinstance(growth, float) else growth[..., None]
    result = state.result if state.result is not None else 0.0
    return grants.incremental(base, result, index=index, need=rule.need.at(year), carry=rule.carry.at(year))


def _component_block(setting: Setting, year: int) -> FloatArray:
    names = [c.column for c in setting.scheme.mix.component if c.treatment == "block"]
    if not names:
        return np.zeros(len(setting.data.units))
    growth = np.asarray(setting.growth.chain(year - 1, year))[..., None]
    amounts = components(setting, year - 1, names).sum(axis=-1) * growth
    return np.asarray(np.where(setting.present, amounts, 0.0))


def _transition(setting: Setting, state: State, year: int, new: FloatArray) -> FloatArray:
    rule = setting.scheme.transition
    weight = rule.phase_in.at(year)
    if weight == 1.0 and rule.hold_harmless is None and rule.cap is None:
        return new
    growth = np.asarray(setting.growth.chain(year - 1, year))[..., None]
    cost = state.cost[year - 1] * growth
    earned = cost if state.income is None else state.income * growth
    moved = transition_income(
        new,
        earned if rule.reference == "last-income" else cost,
        earned,
        phase_in=weight,
        hold_harmless=None if rule.hold_harmless is None else rule.hold_harmless.at(year),
        cap=None if rule.cap is None else rule.cap.at(year),
    )
    return np.asarray(np.where(setting.present, moved, new))

"""What is needed and what is ordered in a simulated year: growth, shocks, user choice, and the price."""

from __future__ import annotations

import numpy as np

from bench.stykkpris.rules.choice import market_shares, selection_factors
from bench.stykkpris.simulation.behaviour import NEW_GROUP_YEARS, Behaviour
from bench.stykkpris.simulation.setting import Setting, State
from bench.stykkpris.year.books import YearPrice
from bench.typing import FloatArray


def need_of(setting: Setting, state: State, behaviour: Behaviour, shock: FloatArray | None, year: int) -> FloatArray:
    """Return the year's need, array (B, n, K): grown, shaken by a log ``shock``, and moved between units by choice."""
    growth = 1.0 + setting.movement.growth
    purchaser = setting.model.purchaser
    young = year - setting.base <= NEW_GROUP_YEARS
    if behaviour.new_groups and young and purchaser is not None and purchaser.decider == "purchaser":
        growth = growth + behaviour.new_groups
    growth = growth + behaviour.discharge
    need = state.need * growth
    if shock is not None:
        need = need * np.exp(shock)
    choice = setting.scheme.choice
    if not choice.on:
        return np.asarray(need)
    response = choice.response.at(year) + behaviour.user_choice
    weighted = need @ setting.weights
    total = weighted.sum(axis=-1, keepdims=True)
    shares = weighted / total
    if response:
        moved = market_shares(shares, state.quality - state.seen, response)
        state.seen = state.quality
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(shares > 0.0, moved / shares, 1.0)
        shifted = need * factor[..., None]
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = np.where(shifted.sum(axis=-2) > 0.0, need.sum(axis=-2) / shifted.sum(axis=-2), 1.0)
        need, shares = shifted * scale[..., None, :], moved
    selection = choice.selection.at(year) + behaviour.selection
    if selection and state.result is not None and state.income is not None:
        cost = state.income - state.result
        with np.errstate(divide="ignore", invalid="ignore"):
            gap = np.where(cost > 0.0, np.maximum(-state.result, 0.0) / cost, 0.0)
        factors = selection_factors(gap, shares, selection)
        state.case_mix = state.case_mix * factors / state.selected
        state.selected = factors
    return np.asarray(need)


def ordered_at(
    setting: Setting, state: State, behaviour: Behaviour, priced: YearPrice, need: FloatArray, year: int
) -> FloatArray:
    """Return need moved along the demand curve: ``(p/p₀)^−ε``, with both prices in those of the base year."""
    if not behaviour.demand_elasticity:
        return need
    real = np.asarray(setting.growth.real(setting.base, year))[..., None]
    before = setting.reference_prices(state.made)
    with np.errstate(divide="ignore", invalid="ignore"):
        dearer = np.where((before > 0.0) & (priced.prices > 0.0), priced.prices / (before * real), 1.0)
    factor = np.asarray(dearer**-behaviour.demand_elasticity)
    return np.asarray(need * (factor if factor.ndim == 1 else factor[:, None, :]))

"""A still world: no growth, no noise. What the rules do by themselves, for incentives and stability."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bench.stykkpris.simulation.behaviour import Behaviour
from bench.stykkpris.simulation.growth import Growth
from bench.stykkpris.simulation.outlook import Movement, Outlook
from bench.stykkpris.simulation.setting import Setting, State
from bench.stykkpris.simulation.year import Outcome, Shocks, plan, produce
from bench.typing import FloatArray

NEUTRAL = Behaviour()


def still(setting: Setting, horizon: int) -> Setting:
    """Return the setting in a world without growth and noise, for a number of years ahead.

    The first years of a system, from start prices and phase-in, are played as they are.
    """
    zeros = np.zeros_like(setting.movement.growth)
    first = setting.data.years[0]
    before = {year: value for year, value in setting.growth.decided.items() if year < first}
    years = range(first, setting.base + horizon + 2)
    return replace(
        setting,
        growth=Growth(before | dict.fromkeys(years, 0.0), correct=False),
        movement=Movement(zeros, zeros, zeros, 0.0),
        outlook=Outlook.certain(fixed_share=setting.outlook.fixed_share),
    )


def step(
    setting: Setting, state: State, behaviour: Behaviour = NEUTRAL, shocks: Shocks | None = None
) -> tuple[State, Outcome]:
    """Play one year in which the purchaser pays for what is needed."""
    year = state.year + 1
    shock = Shocks() if shocks is None else shocks
    one = np.ones(1)
    planned = plan(setting, state, behaviour, shock, year)
    return produce(
        setting, state, behaviour, shock, year, planned, volume_factor=one, price_factor=one, supplement=0.0 * one
    )


def march(
    setting: Setting, state: State, years: int, behaviour: Behaviour = NEUTRAL
) -> Iterator[tuple[State, Outcome]]:
    """Yield state and outcome of one year after the other."""
    for _ in range(years):
        state, outcome = step(setting, state, behaviour)
        yield state, outcome


def settled_in(setting: Setting, state: State) -> State:
    """Return the state after the years the rules need to come to rest without behaviour."""
    for after, _ in march(setting, state, burn_in(setting)):
        state = after
    return state


def burn_in(setting: Setting) -> int:
    """Return how many years that takes: twice the lag and some for gains below one."""
    return 2 * setting.scheme.price.lag + 8


def widened(state: State, draws: int) -> State:
    """Return a state of one draw as one of many, all alike and free to be moved."""

    def wide(values: FloatArray | None) -> FloatArray | None:
        if values is None:
            return None
        whole = values if values.ndim >= 2 and values.shape[0] == 1 else values[None]
        return np.repeat(whole, draws, axis=0)

    copy = state.copy()
    levels = ("efficiency", "quality", "staff", "case_mix", "seen", "selected")
    for name in ("need", "decided", *levels, "closing", "settled", "saved"):
        setattr(copy, name, wide(getattr(state, name)))
    for name in ("income", "block", "result"):
        value = getattr(state, name)
        setattr(copy, name, None if value is None else wide(np.broadcast_to(value, state.closing.shape)))
    copy.norms = {}  # whoever moves accounts has them measured again
    copy.funds = {year: np.repeat(np.atleast_1d(fund), draws) for year, fund in state.funds.items()}
    return copy

"""Gaming: what a unit gains by booking cost in one year that belongs to the next.

Nothing real changes: the unit spends what it spends, and only its accounts say otherwise. What it gains is found by
booking it, letting the rules set prices and settle as always, and counting what it is paid. With a price on the average
of all costs the gain per krone moved one year forward is ``σ·(δ^L − δ^(L+1))``: its own weight in the price, a year
early.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.stykkpris.simulation.incentives import retained
from bench.stykkpris.simulation.setting import Setting, start
from bench.stykkpris.simulation.still import settled_in, step, still, widened
from bench.stykkpris.simulation.year import Shocks
from bench.stykkpris.year.books import Books
from bench.typing import BoolArray, FloatArray

#: Worth today of a krone next year.
DISCOUNT = 1.0 / 1.05
#: Share of its cost a unit moves in the experiment.
SHIFT = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Gaming:
    """What units gain by moving cost between years.

    Attributes
    ----------
    scheme : str
    units : tuple of str, length n
    present : bool array (n,)
    gain : array (n,)
        Present value of what the unit is paid more, per krone booked a year early; NaN without accounts.
    """

    scheme: str
    units: tuple[str, ...]
    present: BoolArray
    gain: FloatArray


def shifting_gain(setting: Setting, opening: Books, *, shift: float = SHIFT, discount: float = DISCOUNT) -> Gaming:
    """Return each unit's gain from booking a share of next year's cost this year.

    Parameters
    ----------
    setting, opening : Setting, Books
        From :func:`bench.stykkpris.simulation.simulate.prepare`.
    shift : float
        Share of its cost.
    discount : float
        Worth today of a krone next year.

    Notes
    -----
    The world stands still otherwise. A frontier that is measured again looks at the accounts as they are booked.
    """
    lag, gain = setting.scheme.price.lag, setting.scheme.price.gain.constant
    slow = 0 if gain == 1.0 else 30
    seen = getattr(getattr(setting.yardstick, "measure", None), "years", 1)
    years = 3 + 2 * lag + min(seen, 10) + slow
    world = still(setting, 80 + years)
    first, _ = step(world, start(world, opening, 1))
    n = len(setting.units)
    state = widened(settled_in(world, first), n + 1)
    found, weight, moved = np.zeros(n), 1.0, np.zeros(n)
    own = np.arange(n)
    for ahead in range(years):
        shock = np.zeros((n + 1, n))
        if ahead < 2:
            shock[own + 1, own] = np.log1p(shift if ahead == 0 else -shift)
        state, outcome = step(world, state, shocks=Shocks(cost=shock))
        paid = retained(outcome) + outcome.cost
        found += weight * (paid[own + 1, own] - paid[0])
        if ahead == 0:
            moved = outcome.cost[own + 1, own] - outcome.cost[0]
        weight *= discount
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(moved > 0.0, found / moved, np.nan)
    return Gaming(setting.scheme.id, setting.units, setting.present, share)

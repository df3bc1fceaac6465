"""Incentive power: how much of its own permanent saving a unit keeps, found by making the saving and settling it.

Nothing is taken from a formula: each unit in turn lowers its cost for good in a world that stands still otherwise, the
rules set prices and settle as always, and what the unit keeps is discounted and divided by what it saved. Closed forms
exist for simple rules and test the result: ``k·(1 − δ^L·σ_i)`` for the self-adjusting price, ``k`` when the own unit is
left out, 0 for a cost refund, 1 for a fixed price, ``1 − δ^L·(1 − ρ)`` for a norm mix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bench.stykkpris.simulation.setting import Setting, State, start
from bench.stykkpris.simulation.still import burn_in, settled_in, step, still, widened
from bench.stykkpris.simulation.year import Outcome, Shocks
from bench.stykkpris.year.books import Books
from bench.stykkpris.year.yardstick import Measured
from bench.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd


#: Years that are played after the saving; what comes later weighs less than a twentieth and is taken as steady.
HORIZON = 60
DISCOUNT = 0.95
#: Most years of accounts a frontier measured again is followed through.
MOST_SEEN = 10
#: Share of its cost a unit saves in the experiment.
SAVING = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class IncentivePower:
    """What a unit keeps of its own saving.

    Attributes
    ----------
    scheme : str
    units : tuple of str, length n
    present : bool array (n,)
    power : array (n,)
        Share of the present value of a permanent saving that the unit keeps; 0 for a unit without accounts.
    cost_share : array (n,)
        The unit's share of the scheme's cost.
    margin : array (n,)
        Result over income in the first simulated year, before anybody responds.
    result : array (n,)
        The same in NOK.
    discount : float
    """

    scheme: str
    units: tuple[str, ...]
    present: npt.NDArray[np.bool_]
    power: FloatArray
    cost_share: FloatArray
    margin: FloatArray
    result: FloatArray
    discount: float

    @property
    def mean(self) -> float:
        """Incentive power of the scheme, weighted by cost."""
        return float(self.power @ self.cost_share)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per unit, who gains most first."""
        import pandas as pd

        frame = pd.DataFrame(
            {
                "scheme": self.scheme,
                "unit": self.units,
                "cost_share": self.cost_share,
                "power": self.power,
                "result": self.result,
                "margin": self.margin,
                "outcome": np.where(self.margin >= 0.0, "gains", "loses"),
            }
        )
        return frame[self.present].sort_values("margin", ascending=False, kind="stable").reset_index(drop=True)


def incentive_power(
    setting: Setting,
    opening: Books,
    *,
    discount: float = DISCOUNT,
    saving: float = SAVING,
    horizon: int = HORIZON,
) -> IncentivePower:
    """Return each unit's incentive power under the actual rules.

    Parameters
    ----------
    setting, opening : Setting, Books
        From :func:`bench.stykkpris.simulation.simulate.prepare`.
    discount : float
        Worth today of a krone next year.
    saving : float
        Share of its cost the unit saves for good.
    horizon : int
        Years played; the flow of the last year goes on.

    Returns
    -------
    IncentivePower

    Notes
    -----
    The saving starts when the rules have come to rest. Where a rule bends (a cap, a dispensation, a surplus turning
    into a deficit) the number holds for a saving of this size.
    """
    if isinstance(setting.yardstick, Measured) and setting.scheme.price.gain.constant == 1.0:
        # Every year costs a frontier per unit, and a price without inertia is at rest once all its years have seen it.
        horizon = min(horizon, burn_in(setting) + min(setting.yardstick.measure.years, MOST_SEEN))
    world = still(setting, horizon + 60)
    first, outcome = step(world, start(world, opening, 1))
    n = len(setting.data.units)
    base = widened(settled_in(world, first), n + 1)
    base.efficiency[np.arange(1, n + 1), np.arange(n)] *= 1.0 - saving
    kept, saved = np.zeros(n), np.zeros(n)
    weight, state = 1.0, base
    gain = less = np.zeros(n)
    for _ in range(horizon):
        state, year = step(world, state)
        gain, less = _own_change(year)
        kept += weight * gain
        saved += weight * less
        weight *= discount
    kept += weight * gain / (1.0 - discount)
    saved += weight * less / (1.0 - discount)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.where(saved > 0.0, kept / saved, 0.0)
        margin = np.where(outcome.income[0] != 0.0, outcome.result[0] / outcome.income[0], 0.0)
    cost = outcome.cost[0]
    return IncentivePower(
        scheme=setting.scheme.id,
        units=setting.data.units,
        present=setting.present,
        power=power,
        cost_share=cost / cost.sum(),
        margin=margin,
        result=outcome.result[0],
        discount=discount,
    )


def retained(outcome: Outcome) -> FloatArray:
    """Return what units are left with of a year's result: kept, carried and waived, array (B, n)."""
    s = outcome.settled
    return np.asarray(s.kept + s.carried + s.dispensation)


def _own_change(outcome: Outcome) -> tuple[FloatArray, FloatArray]:
    """Change of each unit's own retained result and cost in the world where it saves; row 0 is the world without."""
    left, cost = retained(outcome), outcome.cost
    n = left.shape[1]
    own = np.arange(n)
    return left[own + 1, own] - left[0], cost[0] - cost[own + 1, own]


@dataclass(frozen=True, slots=True)
class RiskShares:
    """Who bears a shock in the year it comes: shares borne by the units, the rest falls on the payer.

    Attributes
    ----------
    scheme : str
    cost : float
        Of one per cent dearer production at unchanged volume.
    activity : float
        Of what one per cent more volume costs.
    """

    scheme: str
    cost: float
    activity: float


def risk_shares(setting: Setting, opening: Books) -> RiskShares:
    """Return the units' share of cost risk and of activity risk under the actual rules.

    The four ideal types of the evaluation come out at the corners: a cost refund leaves both with the payer, a fixed
    block grant both with the units, a unit price cost risk with the units and activity risk with the payer
    (econ2006, ch. 2.4).
    """
    world = still(setting, 80)
    state: State = widened(settled_in(world, start(world, opening, 1)), 3)
    n, services = setting.need.shape
    cost, need = np.zeros((3, n)), np.zeros((3, n, services))
    cost[1], need[2] = np.log(1.0 + SAVING), np.log(1.0 + SAVING)
    _, outcome = step(world, state, shocks=Shocks(need=need, cost=cost))
    left, spent = retained(outcome).sum(axis=-1), outcome.cost.sum(axis=-1)

    def share(row: int) -> float:
        extra = spent[row] - spent[0]
        return float((left[0] - left[row]) / extra) if extra > 0.0 else 0.0

    return RiskShares(setting.scheme.id, share(1), share(2))

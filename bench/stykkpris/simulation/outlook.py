"""`Outlook`: what the world does. Growth and noise are read from the accounts unless they are stated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.stykkpris.scheme_data import SchemeData
from bench.typing import FloatArray

#: Parameter -> (bokmål, English).
DESCRIPTIONS: Mapping[str, tuple[str, str]] = {
    "demand_growth": ("Årlig vekst i behovet", "Yearly growth of need"),
    "demand_shock": (
        "Standardavvik for en enhets årlige volumsjokk",
        "Standard deviation of a unit's yearly volume shock",
    ),
    "common_shock": (
        "Standardavvik for ordningens felles volumsjokk",
        "Standard deviation of the scheme's common volume shock",
    ),
    "cost_shock": ("Standardavvik for en enhets kostnadssjokk", "Standard deviation of a unit's cost shock"),
    "cost_growth": ("Kostnadsvekst etter siste år i indeksen", "Cost growth after the last year of the index"),
    "deflator_bias": ("Faktisk kostnadsvekst over den vedtatte", "Actual cost growth above the one decided"),
    "deflator_error": ("Standardavvik for deflatorens bom", "Standard deviation of the deflator's error"),
    "estimate_error": (
        "Standardavvik for anslaget på regnskapet",
        "Standard deviation of the estimate of the accounts",
    ),
    "fixed_share": ("Fast andel av enhetens kostnad", "Fixed share of a unit's cost"),
    "other_level_cost": (
        "Hva et behov som ikke dekkes, koster på et annet nivå, mot kostnaden her",
        "What need that is not met costs at another level, against its cost here",
    ),
    "case_mix_drift": (
        "Årlig vekst i pleietyngde som volumet ikke viser",
        "Yearly growth of care need that volume does not show",
    ),
}


@dataclass(frozen=True, slots=True)
class Outlook:
    """The world outside the system.

    Attributes
    ----------
    demand_growth, demand_shock, common_shock, cost_shock : float or None
        None: measured in the accounts, service by service (see :func:`measured`).
    cost_growth : float or None
        None: the last known growth goes on.
    deflator_bias, deflator_error, estimate_error, fixed_share, case_mix_drift : float
        Neutral at zero.
    other_level_cost : float
        Counts only where behaviour moves need to another level; the same cost as here at one.

    Examples
    --------
    >>> Outlook.certain().demand_shock
    0.0
    """

    demand_growth: float | None = None
    demand_shock: float | None = None
    common_shock: float | None = None
    cost_shock: float | None = None
    cost_growth: float | None = None
    deflator_bias: float = 0.0
    deflator_error: float = 0.0
    estimate_error: float = 0.0
    fixed_share: float = 0.0
    case_mix_drift: float = 0.0
    other_level_cost: float = 1.0

    @classmethod
    def certain(cls, **values: float) -> Outlook:
        """Return a world without growth and noise; other values by name."""
        still = {"demand_growth": 0.0, "demand_shock": 0.0, "common_shock": 0.0, "cost_shock": 0.0, "cost_growth": 0.0}
        return cls(**(still | values))


@dataclass(frozen=True, slots=True, eq=False)
class Movement:
    """Growth and noise of one scheme.

    Attributes
    ----------
    growth, demand, common : array (K,)
        Yearly growth of need; standard deviations of a unit's and of the common log shock of each service.
    cost : float
        Standard deviation of a unit's log cost shock.
    """

    growth: FloatArray
    demand: FloatArray
    common: FloatArray
    cost: float


def movement(data: SchemeData, weights: FloatArray, outlook: Outlook) -> Movement:
    """Return a scheme's growth and noise: as stated, or as measured."""
    found = measured(data, weights)
    size = len(found.growth)
    return Movement(
        growth=found.growth if outlook.demand_growth is None else np.full(size, outlook.demand_growth),
        demand=found.demand if outlook.demand_shock is None else np.full(size, outlook.demand_shock),
        common=found.common if outlook.common_shock is None else np.full(size, outlook.common_shock),
        cost=found.cost if outlook.cost_shock is None else outlook.cost_shock,
    )


def measured(data: SchemeData, weights: FloatArray) -> Movement:
    """Measure growth and noise in the accounts.

    Growth is the mean log change of volume over units there in both years. A unit's volume shock is its log change
    less the scheme's; the common shock is the spread of the scheme's own changes. A unit's cost shock is the change of
    its log unit cost less the scheme's, divided by √2 because a passing shock comes and goes. With too few years a
    number is zero: one year says nothing about change.
    """
    services, years = data.allocated.shape[2], data.allocated.shape[1]
    growth, demand, common = np.zeros(services), np.zeros(services), np.zeros(services)
    for k in range(services):
        volume = data.allocated[:, :, k]
        here = (volume[:, 1:] > 0.0) & (volume[:, :-1] > 0.0)
        if years < 2 or not here.any(axis=0).all():
            continue
        # Units that come or go are no growth: each change is that of the units with volume in both years.
        change = np.log((volume[:, 1:] * here).sum(axis=0) / (volume[:, :-1] * here).sum(axis=0))
        growth[k] = np.expm1(change.mean())
        common[k] = change.std(ddof=1) if years > 2 else 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            own = np.where(here, np.diff(np.log(volume), axis=1) - change, np.nan)
        demand[k] = _spread(own)
    weighted = data.allocated @ weights if services else np.ones_like(data.cost)
    here = (data.cost > 0.0) & (weighted > 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.diff(np.where(here, np.log(data.cost / weighted), np.nan), axis=1)
    passing = change - np.nanmean(change, axis=0) if years > 1 and len(data.units) > 1 else change[:, :0]
    return Movement(growth, demand, common, _spread(passing) / np.sqrt(2.0))


def _spread(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if known.size > 1 else 0.0

"""Drivers: what decides where a system fits, measured in the accounts with its uncertainty, or not known.

They are those of the evaluation's chapter 6: size of the municipality, number of units, share of fixed cost, capacity
that is always used, speed of change in need, and whether what is paid is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.stykkpris.scheme_data import SchemeData
from bench.stykkpris.simulation.outlook import measured
from bench.stykkpris.simulation.setting import cost_weights
from bench.typing import FloatArray

#: Two-sided 90 % band of a normal estimate.
BAND = 1.6448536269514722
#: Fewest changes from one year to the next that a share of fixed cost is estimated from.
LEAST = 8


@dataclass(frozen=True, slots=True)
class Driver:
    """A measured driver.

    Attributes
    ----------
    key, scheme : str
    value, low, high : float
        Estimate and 90 % band; not a number where the data cannot tell.
    how : {"measured", "stated", "unknown"}
    """

    key: str
    scheme: str
    value: float
    low: float
    high: float
    how: str


def unknown(key: str, scheme: str) -> Driver:
    """Return a driver the data cannot tell."""
    nothing = float("nan")
    return Driver(key, scheme, nothing, nothing, nothing, "unknown")


def fixed_share(cost: FloatArray, volume: FloatArray) -> tuple[float, float, float] | None:
    """Return the share of cost that does not follow volume, with its 90 % band, from yearly changes.

    ``Δln C_it − mean_t = b·(Δln V_it − mean_t) + e``: prices and common growth fall out with the year's mean, and what
    is lasting in a unit with the difference. The fixed share is ``1 − b``. The band is that of ``b`` by least squares,
    robust to unequal variance.

    Parameters
    ----------
    cost, volume : array (n, T)
        Not a number where a unit has no accounts.

    Returns
    -------
    tuple of float or None
        None with too few changes, or where volume does not move.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> volume = np.exp(rng.normal(0.0, 0.1, (10, 6)))
    >>> share, low, high = fixed_share(0.3 + 0.7 * volume, volume)
    >>> round(share, 1)
    0.3
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        y, x = np.diff(np.log(cost), axis=1), np.diff(np.log(volume), axis=1)
    here = np.isfinite(y) & np.isfinite(x)
    several = here.sum(axis=0) > 1
    here = here & several
    if here.sum() - several.sum() < LEAST:
        return None
    y, x = np.where(here, y, 0.0), np.where(here, x, 0.0)
    count = np.maximum(here.sum(axis=0), 1)
    y, x = (np.where(here, z - z.sum(axis=0) / count, 0.0) for z in (y, x))
    moved = float((x * x).sum())
    if moved < 1e-8 * here.sum():
        return None
    slope = float((x * y).sum() / moved)
    rest = y - slope * x
    used, lost = int(here.sum()), int(several.sum()) + 1
    error = float(np.sqrt(((x * rest) ** 2).sum())) / moved * np.sqrt(used / max(used - lost, 1))
    return 1.0 - slope, 1.0 - slope - BAND * error, 1.0 - slope + BAND * error


def inhabitants_of(stated: float | None) -> Driver:
    """Return the size of the municipality as the caller stated it: the accounts do not say it."""
    return unknown("inhabitants", "") if stated is None else Driver("inhabitants", "", *(stated,) * 3, "stated")


def drivers_of(data: SchemeData) -> list[Driver]:
    """Return every driver of one scheme that accounts can tell."""
    name, weights = data.scheme.id, cost_weights(data)
    there = data.present[:, -1]
    made = [Driver("units", name, float(there.sum()), float(there.sum()), float(there.sum()), "measured")]
    cost = data.cost[:, -1]
    largest = float(cost.max() / cost.sum())
    made.append(Driver("largest_unit", name, largest, largest, largest, "measured"))
    volume = np.where(data.present, data.allocated @ weights if data.services else np.nan, np.nan)
    found = fixed_share(np.where(data.present, data.cost, np.nan), volume)
    made.append(unknown("fixed_share", name) if found is None else Driver("fixed_share", name, *found, "measured"))
    if data.services and len(data.years) > 1:
        movement = measured(data, weights)
        share = data.allocated[:, -1].sum(axis=0) * weights
        share = share / share.sum() if share.sum() > 0.0 else share
        growth = float(movement.growth @ share)
        made.append(Driver("growth", name, growth, growth, growth, "measured"))
        with np.errstate(divide="ignore", invalid="ignore"):
            own = np.diff(np.log(volume), axis=1)
        spread = own - np.nanmean(own, axis=0)
        known = spread[np.isfinite(spread)]
        if known.size > 2:
            sd = float(np.sqrt(np.mean(known**2)))
            half = BAND * sd / np.sqrt(2.0 * known.size)
            made.append(Driver("volatility", name, sd, max(sd - half, 0.0), sd + half, "measured"))
        else:
            made.append(unknown("volatility", name))
    else:
        made += [unknown("growth", name), unknown("volatility", name)]
    return made

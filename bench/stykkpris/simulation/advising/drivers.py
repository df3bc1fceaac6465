"""Drivers: what decides where a system fits, measured in the accounts with its uncertainty, or not known.

They are those of the evaluation's chapter 6: size of the municipality, number of units, share of fixed cost, capacity
that is always used, speed of change in need, and whether what is paid is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

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
    why : pair of str, optional
        What keeps the data from telling, in bokmål and English.
    """

    key: str
    scheme: str
    value: float
    low: float
    high: float
    how: str
    why: tuple[str, str] | None = None


class FixedShare(NamedTuple):
    """What yearly changes say of the share of fixed cost.

    Attributes
    ----------
    value, low, high : float
        Least squares and its 90 % band; not held between 0 and 1.
    volume, other : float
        How much a unit's volume moves in a year beyond the scheme's, and its cost for other reasons (log standard
        deviations): the band is about ``other/volume/√changes`` to each side, times 1.64.
    changes : int
    """

    value: float
    low: float
    high: float
    volume: float
    other: float
    changes: int


def unknown(key: str, scheme: str, why: tuple[str, str] | None = None) -> Driver:
    """Return a driver the data cannot tell."""
    nothing = float("nan")
    return Driver(key, scheme, nothing, nothing, nothing, "unknown", why)


def fixed_share(cost: FloatArray, volume: FloatArray) -> FixedShare | None:
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
    FixedShare or None
        None with too few changes, or where volume does not move.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> volume = np.exp(rng.normal(0.0, 0.1, (10, 6)))
    >>> round(fixed_share(0.3 + 0.7 * volume, volume).value, 1)
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
    return FixedShare(
        1.0 - slope,
        1.0 - slope - BAND * error,
        1.0 - slope + BAND * error,
        float(np.sqrt(moved / used)),
        float(np.sqrt((rest * rest).sum() / max(used - lost, 1))),
        used,
    )


def fixed_share_of(scheme: str, found: FixedShare | None) -> Driver:
    """Return the share of fixed cost as what it can be: a share.

    The band is the part of the estimate's that lies between 0 and 1, which covers a share as often as the whole does;
    the value is the least squares among shares. Where the band is all shares, or none, the data cannot tell.

    Examples
    --------
    >>> fixed_share_of("s", FixedShare(1.1, 0.8, 1.4, 0.05, 0.03, 40)).value
    1.0
    """
    key = "fixed_share"
    if found is None:
        return unknown(key, scheme)
    low, high = max(found.low, 0.0), min(found.high, 1.0)
    volume, other = f"{100.0 * found.volume:.1f}", f"{100.0 * found.other:.1f}"
    moves = (
        f"en enhets volum flytter seg {volume.replace('.', ',')} % i året utover ordningens, kostnaden "
        f"{other.replace('.', ',')} % av andre grunner, i {found.changes} endringer",
        f"a unit's volume moves {volume} % a year beyond the scheme's, its cost {other} % for other reasons, in "
        f"{found.changes} changes",
    )
    if low > high:
        beyond = ("kostnaden rører seg mot eller mer enn volumet", "cost moves against volume, or more than it")
        return unknown(key, scheme, (f"{beyond[0]}: {moves[0]}", f"{beyond[1]}: {moves[1]}"))
    if low <= 0.0 and high >= 1.0:
        return unknown(key, scheme, moves)
    return Driver(key, scheme, min(max(found.value, 0.0), 1.0), low, high, "measured")


def inhabitants_of(stated: float | None) -> Driver:
    """Return the size of the municipality as the caller stated it: the accounts do not say it."""
    return unknown("inhabitants", "") if stated is None else Driver("inhabitants", "", *(stated,) * 3, "stated")


def user_weight() -> Driver:
    """Return how heavy the users of each unit are: accounts do not say it, and no option states it."""
    return unknown("user_weight", "")


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
    made.append(fixed_share_of(name, found))
    if data.services and len(data.years) > 1:
        movement = measured(data, weights)
        share = data.allocated[:, -1].sum(axis=0) * weights
        share = share / share.sum() if share.sum() > 0.0 else share
        growth = float(movement.growth @ share)
        changes = len(data.years) - 1
        # With one change nothing says how much growth varies from year to year.
        half = BAND * float(movement.common @ share) / np.sqrt(changes) if changes > 1 else 0.0
        made.append(Driver("growth", name, growth, growth - half, growth + half, "measured"))
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

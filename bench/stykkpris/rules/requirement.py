"""What an efficiency requirement takes: a share of each unit's gap, and a general share of what is left.

A price or grant for year ``t`` built on the accounts of year ``c`` has the requirements of the years ``c < s ≤ t``
before it: those of ``c`` and earlier are in the accounts. Where a frontier share ``τ`` has taken its part of the gap
already, the individual part acts on the remaining ``1 − τ``, so that no krone of gap is taken twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from bench.typing import FloatArray


def compounded(shares: Mapping[int, FloatArray], years: Iterable[int], units: int) -> FloatArray:
    """Return ``1 − Π_s (1 − x_s)`` over the years, array (n,); years without a requirement ask for nothing.

    Parameters
    ----------
    shares : mapping of year to array (n,)
        Share of what was allowed the year before.
    years : iterable of int
    units : int
        Number of units.

    Examples
    --------
    >>> compounded({2025: np.array([0.1]), 2026: np.array([0.5])}, range(2025, 2027), 1).round(9).tolist()
    [0.55]
    """
    left = np.ones(units)
    for year in years:
        if year in shares:
            left = left * (1.0 - shares[year])
    return np.asarray(1.0 - left)


def asked(
    cost: npt.ArrayLike,
    individual: FloatArray | float,
    general: FloatArray | float,
    *,
    taken: float = 0.0,
    frontier: FloatArray | float = 0.0,
) -> tuple[FloatArray, FloatArray]:
    """Return what is asked of each unit, individually and in general, arrays (..., n) in the prices of the cost.

    ``(1 − τ)·x_i·C_i·(1 − g)`` and ``g·((1 − τ)·C_i + τ·F_i)``: the general part falls on what the frontier share has
    left.

    Parameters
    ----------
    cost : array (..., n)
    individual, general : array (n,)
        Shares over the years between the accounts and the decision.
    taken : float
        Share τ of the gap a frontier in the price has taken.
    frontier : array (..., n)
        Cost ``F_i`` of the unit's volume at that frontier.

    Examples
    --------
    >>> own, common = asked(np.array([100.0]), np.array([0.2]), np.array([0.01]), taken=0.5, frontier=np.array([80.0]))
    >>> own.round(9).tolist(), common.round(9).tolist()
    ([9.9], [0.9])
    """
    cost = np.asarray(cost, dtype=np.float64)
    own = (1.0 - taken) * individual * cost * (1.0 - general)
    common = general * ((1.0 - taken) * cost + taken * frontier)
    return np.asarray(own), np.asarray(common)


def share_of_gap(taken: float, share: float) -> float:
    """Return the share of the gap that frontier share and requirement take together, ``τ + (1 − τ)·s``.

    Examples
    --------
    >>> share_of_gap(0.5, 0.25)
    0.625
    """
    return taken + (1.0 - taken) * share

"""Slopes that support a concave function at its points: the canonical one, and the range.

At a kink many slopes support the function; at the edge of the data they reach down to zero or grow without bound. The
one nearest to the least-squares slope of the function (in scaled regressors) is unique, strictly positive where that
can be had, and the same whatever the order of the points.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from bench.typing import FloatArray

ConvexRts = Literal["vrs", "crs", "drs", "irs"]

#: Room given to every inequality when the nearest slope is sought, in standard deviations of the dependent variable.
SLOPE_ROOM = 1e-10


def nearest_slopes(x: FloatArray, value: FloatArray, given: FloatArray, rts: ConvexRts, monotone: bool) -> FloatArray:
    """Return the supporting slope of each point that lies nearest to the average slope.

    Least-distance programming (Lawson & Hanson 1974, ch. 23).

    Parameters
    ----------
    x : array (n, d)
    value : array (n,)
    given : array (n, d)
        Supporting slopes; kept where rounding leaves the search without a better one.
    """
    from scipy.optimize import nnls

    n, d = x.shape
    slopes = given.copy()
    centre = average_slope(x, value, monotone)
    eye = np.eye(d) if monotone else np.zeros((0, d))
    goal = np.zeros(d + 1)
    goal[d] = 1.0
    for i in range(n):
        rows, least = _supports(x, value, rts, i)
        matrix, bound = np.concatenate([rows, eye]), np.append(least, np.zeros(len(eye))) - SLOPE_ROOM
        stacked = np.column_stack([matrix, bound - matrix @ centre]).T
        try:
            weights, _ = nnls(stacked, goal)
        except RuntimeError:
            continue
        rest = stacked @ weights - goal
        if rest[d] >= 0.0:
            continue
        nearest = centre - rest[:d] / rest[d]
        if (matrix @ nearest - bound).min() >= -SLOPE_ROOM:
            slopes[i] = np.maximum(nearest, 0.0) if monotone else nearest
    return slopes


def average_slope(x: FloatArray, value: FloatArray, monotone: bool) -> FloatArray:
    """Least-squares slope of the function's values, array (d,); not negative where it must not fall."""
    from scipy.optimize import nnls

    centred, rise = x - x.mean(axis=0), value - value.mean()
    if monotone:
        slope: FloatArray = nnls(centred, rise)[0]
        return slope
    least: FloatArray = np.linalg.lstsq(centred, rise, rcond=None)[0]
    return least


def slope_bounds(
    x: FloatArray, value: FloatArray, slope: FloatArray, rts: ConvexRts, monotone: bool, i: int, k: int
) -> tuple[float, float]:
    """Least and greatest k-th component over all slopes that support the function at point i.

    Parameters
    ----------
    x : array (n, d)
    value : array (n,)
    slope : array (n, d)
        Supporting slopes, which are feasible up to rounding; the programs get the same room.
    """
    from scipy.optimize import linprog

    rows, bound = _supports(x, value, rts, i)
    room = max(SLOPE_ROOM, float((bound - rows @ slope[i]).max()))
    found = []
    for direction in (1.0, -1.0):
        cost = np.zeros(x.shape[1])
        cost[k] = direction
        limits = [(0.0 if monotone else None, None)] * x.shape[1]
        answer = linprog(cost, A_ub=-rows, b_ub=room - bound, bounds=limits, method="highs")
        found.append(-direction * np.inf if answer.x is None else float(answer.x[k]))
    return found[0], found[1]


def _supports(x: FloatArray, value: FloatArray, rts: ConvexRts, i: int) -> tuple[FloatArray, FloatArray]:
    """Rows G and bounds h of the slopes β that support the function at point i: G β ≥ h."""
    others = np.arange(len(x)) != i
    rows, least = [x[others] - x[i]], [value[others] - value[i]]
    if rts in ("drs", "crs"):
        rows.append(-x[i : i + 1])
        least.append(-value[i : i + 1])
    if rts in ("irs", "crs"):
        rows.append(x[i : i + 1])
        least.append(value[i : i + 1])
    return np.concatenate(rows), np.concatenate(least)

"""Partial frontiers of both sides: hyperbolic and directional order m and order α.

Inputs and outputs change together, so that nobody has to choose a side, and a few extreme units do not decide.
Hyperbolic order α: Wheelock & Wilson 2008; hyperbolic order m: Wilson 2011; directional: Simar & Vanhems 2012.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.inference.partial_frontiers import at_least_one, share_of_units, units_beyond
from bench.envelopment.measures.directional import direction_vectors, no_way, no_way_notes
from bench.errors import Issue
from bench.options import Periods
from bench.typing import FloatArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class GraphPartial:
    """Partial distances of n units.

    Attributes
    ----------
    distance : array (n,)
        Factor γ (inputs x/γ and outputs γy), or steps β along the direction. NaN where there is none.
    compared : array (n,) of int
        Units that are drawn from: all, or those no worse in what the direction leaves alone.
    better : array (n,) of int
        Units that use no more and make no less, itself among them.
    """

    distance: FloatArray
    compared: npt.NDArray[np.int64]
    better: npt.NDArray[np.int64]


def hyperbolic_levels(X: FloatArray, Y: FloatArray, row: int) -> FloatArray:
    """Return the factor γ up to which each unit still covers (x/γ, γy) of one of them, array (n,).

    What the unit does not make asks for nothing; a unit that uses what it does not use never covers it.

    Examples
    --------
    >>> hyperbolic_levels(np.array([[1.0], [4.0]]), np.array([[3.0], [2.0]]), 1).tolist()
    [1.5, 1.0]
    """
    x, y = X[row], Y[row]
    with np.errstate(divide="ignore", invalid="ignore"):
        saved = np.where(X > 0, x / X, np.inf).min(axis=1)
        made = np.where(y > 0, Y / y, np.inf).min(axis=1)
    return np.asarray(np.minimum(saved, made))


def directional_levels(X: FloatArray, Y: FloatArray, GX: FloatArray, GY: FloatArray, row: int) -> FloatArray:
    """Return the steps β up to which each unit still covers (x − βg, y + βg) of one of them.

    Units that are worse in what the direction leaves alone are not among them.

    Examples
    --------
    >>> X, Y = np.array([[1.0], [4.0]]), np.array([[3.0], [2.0]])
    >>> directional_levels(X, Y, X, Y, 1).tolist()
    [0.5, 0.0]
    """
    room = np.hstack([X[row] - X, Y - Y[row]])
    g = np.concatenate([GX[row], GY[row]])
    kept = room[(room[:, g == 0] >= 0).all(axis=1)]
    return np.asarray((kept[:, g > 0] / g[g > 0]).min(axis=1))


def expected_best(levels: FloatArray, m: int) -> float:
    """Return the expected largest of m levels drawn with replacement, exactly from the order statistics.

    Examples
    --------
    >>> expected_best(np.array([1.0, 3.0]), 2)
    2.5
    """
    n = len(levels)
    head = (np.arange(n + 1) / n) ** m
    weight = head[1:] - head[:-1]
    used = weight > 0
    return float(np.sort(levels)[used] @ weight[used])


def level_of_share(levels: FloatArray, alpha: float) -> float:
    """Return the largest level that more than a share 1 − α reach: the ⌊(1 − α)n⌋ + 1-th largest.

    Counted in whole units; a share that is whole up to rounding is whole.

    Examples
    --------
    >>> level_of_share(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), 0.8)
    4.0
    """
    n = len(levels)
    return float(np.sort(levels)[n - 1 - units_beyond(alpha, n)])


def _hyperbolic(units: Units, of: Callable[[FloatArray], float]) -> GraphPartial:
    X, Y, n = units.X, units.Y, len(units)
    found, better = np.full(n, np.nan), np.zeros(n, dtype=np.int64)
    for row in range(n):
        levels = hyperbolic_levels(X, Y, row)
        better[row] = (levels >= 1.0).sum()
        if np.isfinite(levels).all():
            found[row] = of(levels)
    return GraphPartial(found, np.full(n, n, dtype=np.int64), better)


def _directional(
    units: Units, direction: str | npt.ArrayLike, of: Callable[[FloatArray], float]
) -> tuple[GraphPartial, tuple[Issue, ...]]:
    X, Y, n = units.X, units.Y, len(units)
    GX, GY = direction_vectors(direction, X, Y, X, Y)
    lost = no_way(GX, GY)
    found = np.full(n, np.nan)
    compared, better = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for row in np.flatnonzero(~lost):
        levels = directional_levels(X, Y, GX, GY, int(row))
        found[row], compared[row], better[row] = of(levels), len(levels), (levels >= 0.0).sum()
    return GraphPartial(found, compared, better), no_way_notes(units, lost)


@door("hyperbolic order-m efficiency")
def hyperbolic_order_m(units: Units, *, m: int, periods: Periods | None = None) -> MethodResult:
    """Return hyperbolic order-m efficiency: on average against the best of m units drawn from all.

    Use it when neither side is to be chosen and a few extreme units should not decide.

    Parameters
    ----------
    units : Units
    m : int
        At least one; the larger, the closer to the free disposal hull. Most units drawn from all do not cover the
        unit: m has to be larger than where one draws among comparable units.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    MethodResult
        ``score`` γ, the expected factor by which inputs shrink and outputs grow, ``efficiency`` 1/γ (above one for
        units beyond the partial frontier), ``better`` (units that use no more and make no less).

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [4.0]], [[3.0], [2.0]])
    >>> hyperbolic_order_m(units, m=2)["score"].round(6).tolist()
    [0.8125, 1.375]
    """
    at_least_one(m)
    found = _hyperbolic(units, lambda levels: expected_best(levels, m))
    return _factors(units, found, "Hyperbolic order-m efficiency", {"m": m})


@door("hyperbolic order-alpha efficiency")
def hyperbolic_order_alpha(units: Units, *, alpha: float, periods: Periods | None = None) -> MethodResult:
    """Return hyperbolic order-α efficiency: against the frontier that a share 1 − α of all units is beyond.

    Parameters
    ----------
    units : Units
    alpha : float
        In (0, 1], near one: a share of all units, most of which cover nobody.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    MethodResult
        ``score`` γ, ``efficiency`` 1/γ, ``better``, as in :func:`hyperbolic_order_m`.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [4.0], [9.0]], [[1.0], [1.0], [1.0]])
    >>> hyperbolic_order_alpha(units, alpha=0.6)["score"].round(6).tolist()
    [0.25, 1.0, 1.0]
    """
    share_of_units(alpha)
    found = _hyperbolic(units, lambda levels: level_of_share(levels, alpha))
    return _factors(units, found, "Hyperbolic order-alpha efficiency", {"alpha": alpha})


@door("directional order-m", signs="any", matrices=("direction",))
def directional_order_m(
    units: Units, *, m: int, direction: str | npt.ArrayLike = "own", periods: Periods | None = None
) -> MethodResult:
    """Return the directional order-m distance: steps to the best of m units, on average.

    Use it for negative data, for measures that must not move, and to compare with the directional distance.

    Parameters
    ----------
    units : Units
    m : int
        At least one.
    direction : {"own", "inputs", "outputs", "mean", "mean-inputs", "mean-outputs"} or array
        As in :func:`bench.envelopment.directional`. Units are drawn from those no worse in what it leaves alone.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    MethodResult
        ``beta`` (below zero for units beyond the partial frontier), ``compared`` and ``better`` (units drawn from, and
        those that use no more and make no less).

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [4.0]], [[3.0], [2.0]])
    >>> directional_order_m(units, m=2)["beta"].round(6).tolist()
    [-0.75, 0.375]
    """
    at_least_one(m)
    found, issues = _directional(units, direction, lambda levels: expected_best(levels, m))
    return _steps(units, found, "Directional order-m distance", direction, {"m": m}, issues)


@door("directional order-alpha", signs="any", matrices=("direction",))
def directional_order_alpha(
    units: Units, *, alpha: float, direction: str | npt.ArrayLike = "own", periods: Periods | None = None
) -> MethodResult:
    """Return the directional order-α distance: steps to the frontier that a share 1 − α of the units is beyond.

    Parameters
    ----------
    units : Units
    alpha : float
        In (0, 1].
    direction
        As in :func:`directional_order_m`.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    MethodResult
        ``beta``, ``compared`` and ``better``, as in :func:`directional_order_m`.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [4.0]], [[3.0], [2.0]])
    >>> directional_order_alpha(units, alpha=1.0)["beta"].tolist()
    [0.0, 0.5]
    """
    share_of_units(alpha)
    found, issues = _directional(units, direction, lambda levels: level_of_share(levels, alpha))
    return _steps(units, found, "Directional order-alpha distance", direction, {"alpha": alpha}, issues)


def _factors(units: Units, found: GraphPartial, title: str, options: dict[str, float]) -> MethodResult:
    with np.errstate(divide="ignore"):
        efficiency = 1.0 / found.distance
    columns = {"efficiency": efficiency, "score": found.distance, "better": found.better}
    issues = tuple(
        Issue(
            "undefined",
            "some unit covers it at any factor: there is nothing to change in proportion",
            "use the directional form with direction='mean'",
            severity="warning",
            unit=units.names[row],
        )
        for row in np.flatnonzero(np.isnan(found.distance))
    )
    return MethodResult(title, unit_frame(units, columns), found, "efficiency", dict(options), issues)


def _steps(
    units: Units,
    found: GraphPartial,
    title: str,
    direction: str | npt.ArrayLike,
    options: dict[str, float],
    issues: tuple[Issue, ...],
) -> MethodResult:
    columns = {"beta": found.distance, "compared": found.compared, "better": found.better}
    said = direction.strip().lower() if isinstance(direction, str) else "given"
    return MethodResult(title, unit_frame(units, columns), found, "beta", {**options, "direction": said}, issues)

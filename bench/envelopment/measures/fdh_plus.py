"""The free disposal hull with a little scaling: a peer may be made somewhat smaller or larger (Bogetoft & Otto 2011).

Between the hull, where a peer counts only as it is, and constant returns, where it counts at any size: local constant
returns around every unit, by default up to 15 % either way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.core.oriented import side_of
from bench.errors import Issue, OptionError
from bench.options import Periods
from bench.typing import FloatArray, IndexArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class ScaledHull:
    """Scores of n units.

    Attributes
    ----------
    score : array (n,)
        Farrell; NaN where no peer, scaled, can be compared with the unit.
    peer : array (n,) of int
        The first of the best peers; −1 for none.
    size : array (n,)
        By how much it is scaled.
    """

    score: FloatArray
    peer: IndexArray
    size: FloatArray


def scaled_hull(X: FloatArray, Y: FloatArray, side: str, low: float, high: float) -> ScaledHull:
    """Return radial scores against single peers at the best size between ``low`` and ``high``.

    Examples
    --------
    >>> scaled_hull(np.array([[2.0], [3.0]]), np.array([[2.0], [2.2]]), "input", 0.85, 1.15).score.round(4).tolist()
    [1.0, 0.7333]
    """
    n = len(X)
    score, peer, size = np.full(n, np.nan), np.full(n, -1, dtype=np.intp), np.full(n, np.nan)
    for row in range(n):
        held, held_peers, moved, moved_peers = (Y[row], Y, X[row], X) if side == "input" else (X[row], X, Y[row], Y)
        with np.errstate(divide="ignore", invalid="ignore"):
            level = held / held_peers
            ratio = moved_peers / moved
        if side == "input":
            # The least size that makes the outputs; an output that is not made asks for nothing.
            level = np.where(held > 0, level, 0.0)
            scale = np.maximum(level.max(axis=1), low)
            fits = scale <= high * (1 + 1e-12)
            value = scale * np.where(moved > 0, ratio, np.where(moved_peers > 0, np.inf, 0.0)).max(axis=1)
            value = np.where(fits, value, np.inf)
            best = int(np.argmin(value))
        else:
            level = np.where(held_peers > 0, level, np.inf)
            scale = np.minimum(level.min(axis=1), high)
            fits = scale >= low * (1 - 1e-12)
            value = scale * np.where(moved > 0, ratio, np.inf).min(axis=1)
            value = np.where(fits, value, -np.inf)
            best = int(np.argmax(value))
        if np.isfinite(value[best]) and (moved > 0).any():
            score[row], peer[row], size[row] = value[best], best, scale[best]
    return ScaledHull(score, peer, size)


@door("the scaled hull")
def fdh_plus(
    units: Units,
    *,
    scaling: tuple[float, float] = (0.85, 1.15),
    orientation: str = "input",
    periods: Periods | None = None,
) -> MethodResult:
    """Return radial efficiency against single units that may be scaled a little.

    Use it when mixes of units are no benchmark, but a unit a tenth smaller is one.

    Parameters
    ----------
    units : Units
    scaling : (float, float)
        Smallest and largest size of a peer; (1, 1) is the free disposal hull.
    orientation : {"input", "output"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    MethodResult
        ``efficiency``, ``score`` (Farrell), ``peer`` and ``size``: which unit, and scaled by how much.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0], [3.0]], [[2.0], [2.2]], names=["A", "B"])
    >>> fdh_plus(units).efficiency.round(4).tolist(), fdh_plus(units, scaling=(1, 1)).efficiency.tolist()
    ([1.0, 0.7333], [1.0, 1.0])
    """
    side = side_of(orientation)
    low, high = (float(one) for one in scaling)
    if not 0 < low <= 1 <= high:
        raise OptionError(f"scaling must hold one between a positive number and another: (0.85, 1.15), not {scaling!r}")
    found = scaled_hull(units.X, units.Y, side, low, high)
    names = np.array([*units.names, ""], dtype=object)
    frame = unit_frame(
        units,
        {
            "efficiency": found.score if side == "input" else 1.0 / found.score,
            "score": found.score,
            "peer": names[found.peer],
            "size": found.size,
        },
    )
    issues = tuple(
        Issue(
            "undefined", f"the unit has no {side}s to change in proportion", severity="warning", unit=units.names[row]
        )
        for row in np.flatnonzero(np.isnan(found.score))
    )
    options = {"orientation": side, "scaling": f"{low:g} to {high:g}"}
    return MethodResult("Free disposal hull with scaling", frame, found, "efficiency", options, issues)

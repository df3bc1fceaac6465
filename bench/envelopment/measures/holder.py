"""Hölder distances: the least change that reaches the frontier (Briec 1999).

The shortest way out of being inefficient, in a norm of changes that are shares of what the unit has. Where the sum of
shares counts, the shortest way changes one measure alone; where the largest share counts, all change alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.core.technology import Technology
from bench.errors import Issue
from bench.options import ORIENTATION_ALIASES, Periods, one_of
from bench.typing import FloatArray, IndexArray
from bench.units import Units

NORMS = ("sum", "largest")
SIDES = ("both", "input", "output")


@dataclass(frozen=True, slots=True, eq=False)
class Holder:
    """Distances of n units.

    Attributes
    ----------
    distance : array (n,)
    alone : array (n, m + s)
        Share by which each measure alone would have to change; NaN where it cannot reach the frontier, or is zero.
    shortest : array (n,) of int
        Which one that is; −1 where none, or where all change.
    """

    distance: FloatArray
    alone: FloatArray
    shortest: IndexArray


def holder_distances(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    norm: str = "sum",
    side: str = "both",
    *,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> Holder:
    """Return the least change that puts points of the set on its frontier, in shares of their own values.

    Parameters
    ----------
    technology : Technology
    X, Y : array (k, m), (k, s)
    norm : {"sum", "largest"}
    side : {"both", "input", "output"}
        Measures that may change.

    Examples
    --------
    >>> technology = Technology.of([[2.0, 2.0], [4.0, 2.5]], [[1.0], [1.0]], "crs")
    >>> holder_distances(technology, technology.X, technology.Y).alone.round(6).tolist()
    [[0.0, 0.0, 0.0], [0.5, 0.2, 0.25]]
    """
    m, width = X.shape[1], X.shape[1] + Y.shape[1]
    points = technology.points(X, Y)
    may = np.concatenate([np.full(m, side != "output"), np.full(width - m, side != "input")])

    def reach(moves: FloatArray) -> FloatArray:
        """Steps along own values of some measures; NaN where none of them is positive, or there is no frontier."""
        GX, GY = X * moves[:m], Y * moves[m:]
        rows = np.flatnonzero(np.hstack([GX, GY]).any(axis=1))
        found = np.full(len(X), np.nan)
        if len(rows):
            batch = technology.ray(
                points[rows],
                technology.directions(GX[rows], GY[rows]),
                labels=[labels[int(row)] for row in rows] if len(labels) else (),
                workers=workers,
            )
            found[rows] = np.where(batch.status == 0, np.maximum(batch.value, 0.0), np.nan)
        return found

    if norm == "largest":
        nobody = np.full(len(X), -1, dtype=np.intp)
        return Holder(reach(may.astype(np.float64)), np.full((len(X), width), np.nan), nobody)
    alone = np.column_stack([reach(one) if one @ may else np.full(len(X), np.nan) for one in np.eye(width)])
    known = np.where(np.isnan(alone), np.inf, alone)
    shortest = np.where(np.isfinite(known).any(axis=1), known.argmin(axis=1), -1)
    return Holder(np.where(shortest >= 0, known.min(axis=1), np.nan), alone, shortest)


@door("a Hölder distance")
def holder(
    units: Units,
    *,
    rts: str,
    norm: str = "sum",
    orientation: str = "both",
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return the least change that puts each unit on the frontier, and which measure it takes.

    Use it to say how safe an inefficiency is, or where improvement is nearest. It reaches the frontier, not always its
    efficient part: see :func:`closest_targets` for that.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs", "fdh"}
    norm : {"sum", "largest"}
        Of changes as shares of own values: their sum (one measure alone is changed) or the largest (all change by the
        same share).
    orientation : {"both", "input", "output"}
        Which measures may change.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``distance``, ``shortest`` (the measure, for ``sum``) and ``alone …`` per measure (for ``sum``).

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0, 2.0], [4.0, 2.5]], [[1.0], [1.0]], names=["A", "B"])
    >>> found = holder(units, rts="crs")
    >>> found["distance"].round(6).tolist(), found["shortest"].tolist()
    ([0.0, 0.2], ['x1', 'x2'])
    """
    kind, side = one_of(norm, NORMS, "norm"), one_of(orientation, SIDES, "orientation", ORIENTATION_ALIASES)
    technology = Technology.of(units.X, units.Y, rts)
    columns = [*units.inputs, *units.outputs]
    found = holder_distances(technology, units.X, units.Y, kind, side, labels=units.names, workers=workers)
    frame = unit_frame(units, {"distance": found.distance})
    if kind == "sum":
        frame["shortest"] = np.array([*columns, ""], dtype=object)[found.shortest]
        for place, name in enumerate(columns):
            frame[f"alone {name}"] = found.alone[:, place]
    issues = tuple(
        Issue(
            "undefined", "no measure of the unit reaches the frontier alone", severity="warning", unit=units.names[row]
        )
        for row in np.flatnonzero(np.isnan(found.distance))
    )
    options = {"rts": technology.rts, "norm": kind, "orientation": side}
    return MethodResult("Hölder distance", frame, found, "distance", options, issues)

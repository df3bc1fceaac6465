"""Multi-directional efficiency analysis: every unit towards its own ideal point.

Bogetoft & Hougaard 1999; Asmild, Hougaard, Kronborg & Kvist 2003.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.envelopment.core.distances import Distances, distances
from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame
from bench.envelopment.core.technology import Technology
from bench.options import Periods, one_of
from bench.typing import FloatArray
from bench.units import Units

#: Share of a measure's size below which the room for improvement is rounding noise.
_NOISE = 1e-11


@dataclass(frozen=True, slots=True, eq=False)
class Mea:
    """Multi-directional efficiency of n units.

    Attributes
    ----------
    beta : array (n,)
        Steps along the potential; 1 would reach the ideal point, 0 for efficient units.
    potential_x, potential_y : array (n, m), (n, s)
        Room for improvement of each measure with all others held; zero where a measure is not to move.
    saved, gained : array (n, m), (n, s)
        β times the potential: what the benchmark saves and gains.
    """

    beta: FloatArray
    potential_x: FloatArray
    potential_y: FloatArray
    saved: FloatArray
    gained: FloatArray


def mea_potential(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    moves: Sequence[bool],
    *,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> FloatArray:
    """Return the room for improvement of each measure alone, array (k, m + s); zero where ``moves`` is false."""
    m = X.shape[1]
    room = np.zeros((len(X), m + Y.shape[1]))
    sizes = np.abs(np.hstack([technology.X, technology.Y])).max(axis=0)
    for j in np.flatnonzero(moves):
        g = np.zeros_like(room)
        g[:, j] = sizes[j] or 1.0
        points, along = technology.points(X, Y), technology.directions(g[:, :m], g[:, m:])
        step = technology.ray(points, along, labels=labels, workers=workers).value
        room[:, j] = np.where(step <= _NOISE, 0.0, step) * g[:, j]
    return room


def mea_distances(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    moves: Sequence[bool],
    *,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> Mea:
    """Return the multi-directional efficiency of points in the set.

    Parameters
    ----------
    technology : Technology
    X, Y : array (k, m), (k, s)
    moves : sequence of m + s bool
        Measures that are to improve.

    Examples
    --------
    >>> technology = Technology.of([[2.0, 2.0], [4.0, 6.0]], [[1.0], [1.0]], "vrs")
    >>> mea_distances(technology, technology.X, technology.Y, [True, True, False]).saved.round(6).tolist()
    [[0.0, 0.0], [2.0, 4.0]]
    """
    m = X.shape[1]
    room = mea_potential(technology, X, Y, moves, labels=labels, workers=workers)
    inside = (room > 0).any(axis=1)
    beta = np.zeros(len(X))
    rows = np.flatnonzero(inside)
    if len(rows):
        names = [labels[int(row)] for row in rows] if len(labels) else ()
        found: Distances = distances(
            technology, X[rows], Y[rows], room[rows, :m], room[rows, m:],
            itself=True, labels=names, workers=workers,
        )  # fmt: skip
        beta[rows] = found.beta
    return Mea(beta, room[:, :m], room[:, m:], beta[:, None] * room[:, :m], beta[:, None] * room[:, m:])


@door("multi-directional efficiency")
def mea(
    units: Units, *, rts: str, orientation: str = "input", periods: Periods | None = None, workers: int = 1
) -> MethodResult:
    """Return efficiency measure by measure, along each unit's own room for improvement.

    Use it when the pattern of inefficiency matters: which input is overused, not only how much of all.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    orientation : {"input", "output", "both"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``beta``, ``potential …`` and ``efficiency …`` per measure that moves (input: benchmark over observed,
        output: observed over benchmark).

    Raises
    ------
    OptionError, CertificateError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0, 2.0], [4.0, 6.0]], [[1.0], [1.0]])
    >>> mea(units, rts="vrs")["efficiency x2"].round(6).tolist()
    [1.0, 0.333333]
    """
    side = one_of(orientation, ("input", "output", "both"), "orientation", {"in": "input", "out": "output"})
    m, s = len(units.inputs), len(units.outputs)
    moves = [side != "output"] * m + [side != "input"] * s
    technology = Technology.of(units.X, units.Y, rts)
    found = mea_distances(technology, units.X, units.Y, moves, labels=units.names, workers=workers)
    columns = {"beta": found.beta}
    if side != "output":
        columns |= by_column("potential", units.inputs, found.potential_x)
        columns |= by_column("efficiency", units.inputs, _share(units.X - found.saved, units.X))
    if side != "input":
        columns |= by_column("potential", units.outputs, found.potential_y)
        columns |= by_column("efficiency", units.outputs, _share(units.Y, units.Y + found.gained))
    return MethodResult(
        "Multi-directional efficiency",
        unit_frame(units, columns),
        found,
        "beta",
        {"rts": technology.rts, "orientation": side},
    )


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part / whole, one where both are zero."""
    return np.divide(part, whole, out=np.ones_like(part), where=whole != 0)

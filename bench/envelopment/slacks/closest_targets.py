"""The least change that makes a unit efficient: closest targets (Aparicio, Ruiz & Sirvent 2007).

Slack measures look for the farthest efficient point. This looks for the nearest one that uses no more and makes no
less. The efficient frontier is not convex, so one program does not do; faces are told apart by whether some positive
prices support all their corners, and the search over corners is exact: every bound is a proven program. What corners
have a face together is found out once for all units.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame
from bench.envelopment.core.technology import CONVEX, Technology
from bench.envelopment.slacks.additive import largest_slack
from bench.errors import ConvergenceError
from bench.lp.program import Program, Status
from bench.lp.solvers.highs import solve
from bench.options import Periods, one_of
from bench.tolerances import EFFICIENT
from bench.typing import BoolArray, FloatArray, IndexArray
from bench.units import Units

#: A corner with less than this share of the largest weight is not used.
_USED = 1e-9
#: Bounds per unit before the search is given up.
_MOST = 20_000
_ALLOWED: tuple[Status, ...] = ("infeasible",)


@dataclass(frozen=True, slots=True, eq=False)
class ClosestTargets:
    """Nearest efficient points of k units.

    Attributes
    ----------
    distance : array (k,)
        Sum of changes, each divided by the mean of its measure in the set; zero for efficient units.
    x, y : array (k, m), (k, s)
        Inputs saved and outputs gained.
    programs : array (k,) of int
        Bounds that the search took.
    corners : array of int
        Positions of the efficient units that span the frontier.
    """

    distance: FloatArray
    x: FloatArray
    y: FloatArray
    programs: IndexArray
    corners: IndexArray


def closest_points(
    technology: Technology, X: FloatArray, Y: FloatArray, *, labels: Sequence[str] = ()
) -> ClosestTargets:
    """Return the nearest efficient point that uses no more and makes no less, for points in the set.

    Examples
    --------
    >>> technology = Technology.of([[1.0], [4.0], [3.0]], [[1.0], [4.0], [1.5]], "vrs")
    >>> closest_points(technology, technology.X, technology.Y).x.round(6).ravel().tolist()
    [0.0, 0.0, 1.5]
    """
    size = np.abs(np.hstack([technology.X, technology.Y])).mean(axis=0)
    size = np.where(size > 0, size, 1.0)
    m, s = X.shape[1], Y.shape[1]
    own = largest_slack(technology, technology.X, technology.Y, 1 / size[:m][None].repeat(len(technology.X), 0),
                        1 / size[m:][None].repeat(len(technology.X), 0))  # fmt: skip
    corners = np.flatnonzero(own.total <= EFFICIENT * _own_size(technology.X, technology.Y, size))
    P = technology.columns[corners] / np.append(size, np.ones(technology.columns.shape[1] - m - s))
    points = technology.points(X, Y) / np.append(size, np.ones(P.shape[1] - m - s))
    faces = _Faces(P, m + s, technology.equality, {}, [])
    distance, moved, programs = np.zeros(len(X)), np.zeros((len(X), m + s)), np.zeros(len(X), dtype=np.intp)
    least = 1e-11 * _own_size(X, Y, size)
    for row, point in enumerate(points):
        label = labels[row] if len(labels) else f"point {row + 1}"
        mix, programs[row] = _search(faces, point, label)
        gain = mix @ P[:, : m + s] - point[: m + s]
        gain = np.where(gain <= least[row] + 1e-11 * np.abs(mix) @ np.abs(P[:, : m + s]), 0.0, gain)
        distance[row], moved[row] = gain.sum(), gain * size
    return ClosestTargets(distance, moved[:, :m], moved[:, m:], programs, corners)


def _own_size(X: FloatArray, Y: FloatArray, size: FloatArray) -> FloatArray:
    """Largest value of each point as a share of its measure's mean, array (k,): what is nothing beside it is none."""
    return np.asarray(np.max(np.abs(np.hstack([X, Y])) / size, axis=1), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Faces:
    """Which corners lie together on a face of the efficient frontier, asked once for all units.

    Attributes
    ----------
    P : array (c, d)
        Corners.
    width : int
        Coordinates that are measures; the others are scale.
    equality : array (d,) of bool
    known : dict
        Sets that have been asked about.
    conflicts : list of frozenset of int
        Smallest sets without a common face that have been found.
    """

    P: FloatArray
    width: int
    equality: BoolArray
    known: dict[frozenset[int], bool]
    conflicts: list[frozenset[int]]

    def hold(self, corners: frozenset[int], label: str) -> bool:
        """Return whether prices of at least one support the set at all these corners."""
        if len(corners) > 1 and any(conflict <= corners for conflict in self.conflicts):
            return False
        if corners not in self.known:
            lower = np.where(np.isin(np.arange(len(self.P)), list(corners)), 0.0, -np.inf)
            least = np.ones(self.P.shape[1])
            least[self.width :] = np.where(self.equality[self.width :], -np.inf, 0.0)
            found = solve(
                Program.build(
                    c=np.zeros(self.P.shape[1]),
                    A=self.P,
                    row_lower=lower,
                    row_upper=np.zeros(len(self.P)),
                    column_lower=least,
                ),
                label=label,
                allow=_ALLOWED,
            )
            self.known[corners] = found.optimal
        return self.known[corners]

    def conflict(self, corners: frozenset[int], label: str) -> frozenset[int]:
        """Return a smallest part of a set without a common face that has none either."""
        for part in self.conflicts:
            if part <= corners:
                return part
        kept = corners
        for corner in sorted(corners):
            if len(kept) > 1 and not self.hold(kept - {corner}, label):
                kept = kept - {corner}
        self.conflicts.append(kept)
        return kept

    def apart(self, held: frozenset[int], label: str) -> frozenset[int]:
        """Return the corners that have no face together with one of these."""
        others = range(len(self.P))
        pairs = [(j, frozenset({j, one})) for one in held for j in others if j != one]
        lone = {j for j, pair in pairs if not self.hold(pair, label)}
        parts = [part - held for part in self.conflicts]
        return frozenset(lone.union(*(part for part in parts if len(part) == 1)))


def _search(faces: _Faces, point: FloatArray, label: str) -> tuple[FloatArray, int]:
    """Return the weights of corners that make the nearest efficient point, and the number of programs.

    Best first: a node bars some corners, and holds others on its face. Its program is a lower bound; when the corners
    it uses have a common face, it is the answer. Otherwise some of them have none together: one of these is barred,
    and those before it held, which bars all that have no face with them.
    """
    P, width, equality = faces.P, faces.width, faces.equality
    gain = P[:, :width].sum(axis=1)
    above = np.where(equality, point, np.inf)
    count = 0
    least: list[tuple[float, int, frozenset[int], frozenset[int], FloatArray]] = []

    def add(barred: frozenset[int], held: frozenset[int]) -> None:
        nonlocal count
        barred = barred | faces.apart(held, label)
        if barred & held:
            return
        count += 1
        upper = np.full(len(P), np.inf)
        upper[list(barred)] = 0.0
        program = Program.build(c=gain, A=P.T, row_lower=point, row_upper=above, column_upper=upper)
        found = solve(program, label=label, allow=_ALLOWED)
        if found.optimal:
            heapq.heappush(least, (found.objective, count, barred, held, found.x))

    add(frozenset(), frozenset())
    while least:
        if count > _MOST:
            raise ConvergenceError(f"{label}: the nearest efficient point was not found in {_MOST} programs")
        _, _, barred, held, mix = heapq.heappop(least)
        used = frozenset(np.flatnonzero(mix > _USED * mix.max()).tolist())
        if faces.hold(used, label):
            return mix, count
        conflict = faces.conflict(used, label)
        before = held
        for corner in sorted(conflict - held, key=lambda j: (-mix[j], j)):
            add(barred | {corner}, before)
            before = before | {corner}
    raise ConvergenceError(f"{label}: no efficient point uses no more and makes no less")


@door("closest targets")
def closest_targets(units: Units, *, rts: str, periods: Periods | None = None, workers: int = 1) -> MethodResult:
    """Return the least change that makes each unit efficient.

    Use it when targets are to be met: they are as near to what the unit does as efficiency allows, while slack measures
    ask for the most that is possible.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int
        Not used: the search is one unit at a time.

    Returns
    -------
    MethodResult
        ``distance`` (sum of changes as shares of the means of their measures), ``change …`` and ``target …`` per
        measure. ``values`` is a :class:`ClosestTargets`.

    Raises
    ------
    OptionError, DataError, SolverError, ConvergenceError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [4.0], [3.0]], [[1.0], [4.0], [1.5]], names=["A", "B", "C"])
    >>> closest_targets(units, rts="vrs")[["target x1", "target y1"]].round(6).to_numpy().tolist()
    [[1.0, 1.0], [4.0, 4.0], [1.5, 1.5]]
    """
    kind = one_of(rts, CONVEX, "rts of closest targets", {"nirs": "drs", "ndrs": "irs"})
    technology = Technology.of(units.X, units.Y, kind)
    found = closest_points(technology, units.X, units.Y, labels=units.names)
    columns = {
        "distance": found.distance,
        **by_column("change", units.inputs, -found.x),
        **by_column("change", units.outputs, found.y),
        **by_column("target", units.inputs, units.X - found.x),
        **by_column("target", units.outputs, units.Y + found.y),
    }
    options = {"rts": kind, "corners": len(found.corners)}
    return MethodResult("Closest targets", unit_frame(units, columns), found, "distance", options)

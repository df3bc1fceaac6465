"""Sums of units, each at its own size or larger: increasing returns with additivity (Bogetoft & Otto 2011, ``irs2``).

Between replication, where a unit is added a whole number of times, and constant returns, where it may be cut to any
size: a unit may be scaled up and units may be put together, but nothing smaller than a unit is possible. Every
intensity is zero or at least one. The set is not convex: a program per unit is searched exactly, branch by branch.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame, unsolved
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.technology import Technology
from bench.errors import ConvergenceError
from bench.lp import maximise_ray
from bench.options import Periods
from bench.typing import BoolArray, FloatArray
from bench.units import Units

#: An intensity within this of one is one; a small one is not zero: it may be of a unit that is large.
_CLOSE = 1e-9
#: What a bound promises beyond the best answer by no more than this share of it is rounding.
_BEATEN = 1e-12
#: Programs per unit before the search is given up.
_MOST = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class ScaledSums:
    """Scores of k units against sums of units.

    Attributes
    ----------
    score : array (k,)
        Farrell; NaN where nothing can be compared with the unit.
    intensity : array (k, n)
        How large each unit of the set is taken: zero, or at least one.
    programs : array (k,) of int
        Linear programs that the search took.
    status : array (k,) of int8
        1 where no sum makes the outputs (or stays within the inputs), 2 where nothing bounds the improvement.
    """

    score: FloatArray
    intensity: FloatArray
    programs: npt.NDArray[np.int64]
    status: npt.NDArray[np.int8]


def scaled_sums(
    X: FloatArray, Y: FloatArray, side: str, *, rows: npt.ArrayLike | None = None, labels: Sequence[str] = ()
) -> ScaledSums:
    """Return radial scores of units against sums of all, each at its own size or larger.

    Parameters
    ----------
    X, Y : array (n, m), (n, s)
        Not negative.
    side : {"input", "output"}
    rows : array (k,) of int, optional
        Units to measure; all when not given.

    Raises
    ------
    ConvergenceError
        When 20,000 programs for one unit are not enough.

    Examples
    --------
    The third unit makes four with nine: the second, a third larger, needs 4 · 4/3. Half a unit is not possible.

    >>> X, Y = np.array([[2.0], [4.0], [9.0]]), np.array([[1.0], [3.0], [4.0]])
    >>> scaled_sums(X, Y, "input").score.round(6).tolist()
    [1.0, 1.0, 0.592593]
    """
    technology = Technology.of(X, Y, "irs")
    P, g = technology.columns, technology.along(X, Y, side)
    # What moves is counted from nothing: the step is the score itself, inputs taken negatively, and no digit of a small
    # unit is lost beside those of a large one.
    points = np.where(g > 0, 0.0, technology.points(X, Y))
    chosen = np.arange(len(X)) if rows is None else np.asarray(rows, dtype=np.intp)
    names = [labels[int(row)] if len(labels) else f"unit {int(row) + 1}" for row in chosen]
    searches = [_Search(points[row], g[row], np.zeros(len(X)), name) for row, name in zip(chosen, names, strict=True)]
    nodes = [(search, _Node(frozenset(), frozenset())) for search in searches]
    while nodes:
        _solve(P, X.shape[1], nodes)
        nodes = [(search, node) for search in searches for node in search.next()]
    score = [-search.value if side == "input" else search.value for search in searches]
    status = np.array([search.status for search in searches], dtype=np.int8)
    return ScaledSums(
        np.where(status == 0, score, np.nan),
        np.array([search.best for search in searches]).reshape(len(chosen), len(X)),
        np.array([search.count for search in searches], dtype=np.int64),
        status,
    )


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of the search: units held at one or more, and units that are not used; the last of these, or −1."""

    held: frozenset[int]
    barred: frozenset[int]
    last: int = -1


@dataclass(slots=True, eq=False)
class _Search:
    """One unit's search, best first: a node's program bounds what it can reach.

    ``value`` is the best score so far, taken negatively where inputs shrink.
    """

    point: FloatArray
    g: FloatArray
    best: FloatArray
    label: str
    value: float = -np.inf
    status: int = 1
    count: int = 0
    waiting: list[tuple[float, int, _Node, int]] = field(default_factory=list)

    def fitting(self, P: FloatArray, inputs: int) -> BoolArray:
        """Return which units fit in by themselves, array (n,): no sum with another one beats the best so far."""
        shrinks = self.g[:inputs].any()
        room = np.isfinite(self.value) or not shrinks
        floor = self.value * self.g[:inputs] if shrinks and room else self.point[:inputs]
        slip = _CLOSE * np.abs(floor)
        return np.asarray((P[:, :inputs] >= floor - slip).all(axis=1) | (not room))

    def next(self) -> list[_Node]:
        """Return the two parts of the node that may still reach most; none when nothing beats what is found."""
        if self.status == 2 or not self.waiting:
            return []
        bound, _, node, branch = heapq.heappop(self.waiting)
        if -bound <= self.value + _BEATEN * abs(self.value):
            return []
        if self.count > _MOST:
            raise ConvergenceError(f"{self.label}: the best sum of units was not found in {_MOST} programs")
        return [_Node(node.held | {branch}, node.barred), _Node(node.held, node.barred | {branch}, branch)]

    def take(self, node: _Node, status: int, value: float, size: FloatArray) -> None:
        """Keep an answer, where all intensities are zero or at least one, or a bound that is to be split."""
        self.count += 1
        if status:
            self.status = 2 if status == 2 else self.status
            return
        broken = np.flatnonzero((size > 0.0) & (size < 1.0 - _CLOSE))
        if value <= self.value:
            return
        if len(broken):
            # The one nearest to a half first: rounding it either way changes most.
            branch = int(broken[np.argmin(np.abs(size[broken] - 0.5))])
            heapq.heappush(self.waiting, (-value, self.count, node, branch))
        else:
            self.value, self.status = value, 0
            self.best = np.where(size > 0.0, np.maximum(size, 1.0), 0.0)


def _solve(P: FloatArray, inputs: int, nodes: Sequence[tuple[_Search, _Node]]) -> None:
    """Solve nodes of many units, those together that may use the same units, but for one that each may bar."""
    groups: dict[bytes, list[tuple[_Search, _Node, int]]] = {}
    for search, node in nodes:
        allowed = search.fitting(P, inputs)
        allowed[sorted(node.barred - {node.last})] = False
        last = node.last if node.last >= 0 and allowed[node.last] else -1
        if not allowed[sorted(node.held)].all() or allowed.sum() - (last >= 0) < 1:
            search.take(node, 1, np.nan, search.best)
            continue
        groups.setdefault(allowed.tobytes(), []).append((search, node, last))
    for key, members in groups.items():
        kept = np.flatnonzero(np.frombuffer(key, dtype=bool))
        place = np.full(len(P) + 1, -1)
        place[kept] = np.arange(len(kept))
        held = np.array([P[sorted(node.held)].sum(axis=0) for _, node, _ in members])
        batch = maximise_ray(
            P[kept],
            np.array([search.point for search, _, _ in members]) - held,
            np.array([search.g for search, _, _ in members]),
            exclude=place[[first for _, _, first in members]],
            labels=[search.label for search, _, _ in members],
        )
        for k, (search, node, _) in enumerate(members):
            size = np.zeros(len(P))
            used = batch.column[k] >= 0
            size[kept[batch.column[k][used]]] = batch.weight[k][used]
            size[sorted(node.held)] += 1.0
            search.take(node, int(batch.status[k]), float(batch.value[k]), size)


@door("radial efficiency against sums of units")
def irs2(units: Units, *, orientation: str = "input", periods: Periods | None = None, workers: int = 1) -> MethodResult:
    """Return radial efficiency against sums of units, each at its own size or larger.

    Use it when a unit can be copied, enlarged and put together with others, but nothing smaller than what exists works:
    small units are then not asked for the productivity of a fraction of a large one.

    Parameters
    ----------
    units : Units
    orientation : {"input", "output"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int
        Not used: the search is one unit at a time.

    Returns
    -------
    MethodResult
        ``efficiency``, ``score`` (Farrell) and ``peers``, such as ``A × 1.5 + B × 1``. ``values.intensity`` holds their
        sizes.

    Raises
    ------
    OptionError, DataError, CertificateError, ConvergenceError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0], [4.0], [9.0]], [[1.0], [3.0], [4.0]], names=["A", "B", "C"])
    >>> irs2(units)["peers"].tolist()
    ['A × 1', 'B × 1', 'B × 1.33333']
    """
    side = side_of(orientation)
    found = scaled_sums(units.X, units.Y, side, labels=units.names)
    names = units.names
    peers = [" + ".join(f"{names[j]} × {size[j]:g}" for j in np.flatnonzero(size)) for size in found.intensity]
    frame = unit_frame(
        units,
        {
            "efficiency": found.score if side == "input" else 1.0 / found.score,
            "score": found.score,
            "peers": np.array(peers, dtype=object),
        },
    )
    issues = unsolved(
        units,
        found.status,
        {
            1: "no sum of units can be compared with the unit",
            2: f"the unit has no {side}s to change in proportion, or nothing bounds the change",
        },
    )
    options = {"rts": "irs2", "orientation": side}
    return MethodResult("Efficiency against sums of units", frame, found, "efficiency", options, issues)

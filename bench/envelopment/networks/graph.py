"""A graph of technologies solved as one linear program: what network and dynamic methods share.

Each node is a technology of its own: intensities of the reference units, and returns to scale. Arcs carry what one node
makes and another uses, within a year (links) or from one year to the next (carry-overs). A unit is measured by all of
its nodes at once, along one factor (radial) or by the slacks of every node (slacks-based).

Sources: Färe & Grosskopf 2000 (radial); Tone & Tsutsui 2009, 2010 and 2014 (slacks-based, kinds of arcs).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bench.errors import DataError, Issue
from bench.lp.program import Program, Solution, Status
from bench.lp.solvers.highs import optimal_face, solve_many
from bench.typing import BoolArray, FloatArray, IntArray
from bench.units import Units

ArcKind = Literal["free", "fixed", "good", "bad"]
ARC_KINDS: tuple[ArcKind, ...] = ("free", "fixed", "good", "bad")
MEASURES = ("radial", "sbm")
#: A score this near to one leaves nothing to gain in any node.
_NOTHING_TO_GAIN = 1e-12
#: What a program may end in beside an optimum; it is refused here, with the reason.
_UNBOUNDED: tuple[Status, ...] = ("unbounded",)
#: Bounds of a node's sum of intensities.
_SUMS = {"crs": (-np.inf, np.inf), "vrs": (1.0, 1.0), "drs": (-np.inf, 1.0), "irs": (1.0, np.inf)}


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One technology: what n units put into it from outside, and what leaves it for outside.

    Attributes
    ----------
    inputs : array (n, m)
    outputs : array (n, s)
    """

    inputs: FloatArray
    outputs: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Arc:
    """What one node makes and another uses.

    Attributes
    ----------
    values : array (n,)
    source : int
        Node that makes it.
    target : int or None
        Node that uses it; None where it leaves the graph, as carry-overs of the last year do.
    kind : {"free", "fixed", "good", "bad"}
        ``free``: any amount, as long as what is used is made. ``fixed``: the unit's own amount. ``good``: at least its
        own, and more counts as output. ``bad``: at most its own, and less counts as input.
    """

    values: FloatArray
    source: int
    target: int | None
    kind: ArcKind


@dataclass(frozen=True, slots=True, eq=False)
class GraphScores:
    """Efficiency of n units over all nodes, and the span of each node's part of it.

    Attributes
    ----------
    system : array (n,)
        Share in (0, 1]; NaN for units with nothing measured.
    low, high : array (n, h)
        Least and largest efficiency of each node among all solutions with this system score; NaN with ``"radial"``,
        where the factor is common, and for nodes with nothing measured.
    """

    system: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Constraints on the intensities of all nodes; they are the same for every unit but for its own values.

    Attributes
    ----------
    matrix : array (r, h·n)
    own : array (r, n)
        The unit's own values.
    low, high : array (r,) of bool
        Whether the sum must be at least, and at most, the own value.
    node : array (r,)
        Node whose measured value this is, −1 where it is not measured or several nodes' together.
    measured : array (r,) of bool
    """

    matrix: FloatArray
    own: FloatArray
    low: BoolArray
    high: BoolArray
    node: IntArray
    measured: BoolArray


def graph_scores(
    nodes: Sequence[Node],
    arcs: Sequence[Arc],
    *,
    rts: str,
    side: str,
    measure: str,
    weights: Sequence[float] = (),
    pools: Sequence[Sequence[tuple[int, int]]] = (),
    labels: Sequence[str] = (),
    workers: int = 1,
) -> GraphScores:
    """Measure every unit against all.

    Parameters
    ----------
    nodes, arcs
    rts : {"crs", "vrs", "drs", "irs"}
        Of every node.
    side : {"input", "output"}
        Inputs and bad arcs shrink, or outputs and good arcs grow.
    measure : {"radial", "sbm"}
    weights : sequence of float
        Of the nodes in the slacks-based mean; alike when empty.
    pools : sequence of sequence of (node, column)
        Inputs of several nodes that count in total: the unit may move them between its nodes.
    labels, workers

    Examples
    --------
    One node is the ordinary radial score; here B uses twice what A does:

    >>> node = Node(np.array([[1.0], [2.0]]), np.array([[1.0], [1.0]]))
    >>> graph_scores([node], [], rts="crs", side="input", measure="radial").system.tolist()
    [1.0, 0.5]
    """
    rows = _rows(nodes, arcs, rts, side, measure, pools)
    share = np.array(weights, dtype=np.float64) if len(weights) else np.ones(len(nodes))
    goals = _goals(rows, share, len(nodes), measure)
    solvable = np.flatnonzero(goals[2])
    names = [labels[int(row)] for row in solvable] if len(labels) else []
    count, n = len(nodes), len(nodes[0].inputs)
    system = np.full(n, np.nan)
    low, high = np.full((n, count), np.nan), np.full((n, count), np.nan)
    if measure == "radial":
        found = solve_many(
            lambda k: _radial(rows, int(solvable[k]), side), len(solvable), labels=names, allow=_UNBOUNDED,
            workers=workers,
        )  # fmt: skip
        _refuse_unbounded(found, names)
        value = np.array([solution.objective for solution in found])
        system[solvable] = value if side == "input" else 1.0 / value
        return GraphScores(system, low, high)
    whole, parts, _ = goals

    def program(row: int) -> Program:
        return _slacks(rows, whole[row], row, side)

    solved = solve_many(
        lambda k: program(int(solvable[k])), len(solvable), labels=names, allow=_UNBOUNDED, workers=workers
    )
    _refuse_unbounded(solved, names)
    value = np.array([solution.objective for solution in solved])
    system[solvable] = value if side == "input" else 1.0 / value
    ends = _spans(rows, parts[solvable], solved, lambda k: program(int(solvable[k])), names, workers)
    if side == "output":
        ends = 1.0 / ends[:, :, ::-1]
    low[solvable], high[solvable] = ends[:, :, 0], ends[:, :, 1]
    return GraphScores(system, low, high)


def _refuse_unbounded(found: Sequence[Solution], names: Sequence[str]) -> None:
    gone = [k for k, solution in enumerate(found) if solution.status == "unbounded"]
    if gone:
        listed = ", ".join(names[k] if len(names) else str(k + 1) for k in gone[:5])
        raise DataError(
            [
                Issue(
                    "unbounded",
                    f"a unit makes something from nothing, so that the outputs of {listed} could grow without bound",
                    "leave out units whose inputs are all zero, or use rts='vrs'",
                )
            ]
        )


def _spans(
    rows: _Rows,
    parts: FloatArray,
    solved: Sequence[Solution],
    program: Callable[[int], Program],
    names: Sequence[str],
    workers: int,
) -> FloatArray:
    """Return the least and the largest value of each node's part over the optimal solutions, array (k, h, 2).

    Where the solution is the only one its own values are both; programs are solved for the others alone.
    """
    count = parts.shape[1]
    ends = np.full((len(solved), count, 2), np.nan)
    asked = []
    for k, solution in enumerate(solved):
        there = parts[k].any(axis=1)
        if abs(solution.objective - 1.0) <= _NOTHING_TO_GAIN:
            # Parts are on one side of one, and their mean is one.
            ends[k, there] = 1.0
        elif _alone(rows, solution):
            ends[k, there] = (parts[k, there] @ solution.x)[:, None]
        else:
            asked += [(k, node, end) for node in np.flatnonzero(there) for end in (0, 1)]

    def part(place: int) -> Program:
        k, node, end = asked[place]
        return replace(optimal_face(program(k), solved[k]), c=parts[k, node], maximise=bool(end))

    labels = [names[k] for k, _, _ in asked] if len(names) else []
    for (k, node, end), found in zip(asked, solve_many(part, len(asked), labels=labels, workers=workers), strict=True):
        ends[k, node, end] = found.objective
    return ends


def _alone(rows: _Rows, solution: Solution) -> bool:
    """Whether no other solution has the same value: every column and row that is not in the basis has a price.

    A basis has as many members as there are rows, each without a price. Rows that are equations are no freedom; those
    of them without a price may be members, and are counted so.
    """
    equation = rows.low & rows.high
    priceless = np.sum(solution.reduced_costs == 0.0) + np.sum(solution.duals[~equation] == 0.0)
    return bool(priceless + np.sum(solution.duals[equation] == 0.0) <= len(rows.matrix))


def _rows(
    nodes: Sequence[Node],
    arcs: Sequence[Arc],
    rts: str,
    side: str,
    measure: str,
    pools: Sequence[Sequence[tuple[int, int]]],
) -> _Rows:
    n, count = len(nodes[0].inputs), len(nodes)
    found: list[tuple[FloatArray, FloatArray, bool, bool, int, bool]] = []

    def at(node: int, values: FloatArray, sign: float = 1.0) -> FloatArray:
        row = np.zeros(count * n)
        row[node * n : (node + 1) * n] = sign * values
        return row

    pooled = {place for pool in pools for place in pool}
    for pool in pools:
        total = np.sum([at(h, nodes[h].inputs[:, i]) for h, i in pool], axis=0)
        own = np.sum([nodes[h].inputs[:, i] for h, i in pool], axis=0)
        found.append((total, own, False, True, -1, side == "input"))
    for h, node in enumerate(nodes):
        found += [
            (at(h, x), x, False, True, h, side == "input") for i, x in enumerate(node.inputs.T) if (h, i) not in pooled
        ]
        found += [(at(h, y), y, True, False, h, side == "output") for y in node.outputs.T]
    for arc in arcs:
        z, source = arc.values, at(arc.source, arc.values)
        if arc.kind == "good":
            found.append((source, z, True, False, arc.source, side == "output"))
        if arc.kind == "bad":
            found.append((source, z, False, True, arc.source, side == "input"))
        exact = measure == "sbm"
        if arc.kind == "fixed":
            found.append((source, z, True, exact, -1, False))
            if arc.target is not None:
                found.append((at(arc.target, z), z, exact, True, -1, False))
        elif arc.target is not None:
            # What is used must be made; in the slacks-based form nothing of it may be lost either.
            found.append((source + at(arc.target, z, -1.0), np.zeros(n), True, exact, -1, False))
    least, most = _SUMS[rts]
    if rts != "crs":
        for h in range(count):
            found.append((at(h, np.ones(n)), np.ones(n), np.isfinite(least), np.isfinite(most), -1, False))
    matrix, own, low, high, node_of, measured = zip(*found, strict=True)
    return _Rows(np.array(matrix), np.array(own), np.array(low), np.array(high), np.array(node_of), np.array(measured))


def _goals(rows: _Rows, weights: FloatArray, count: int, measure: str) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return the objective of the system (n, h·n), of each node (n, h, h·n), and which units have one."""
    positive = rows.measured[:, None] & (rows.own > 0.0)
    solvable: BoolArray = np.asarray(positive.any(axis=0))
    n, width = rows.own.shape[1], rows.matrix.shape[1]
    if measure == "radial":
        return np.zeros((0, width)), np.zeros((0, 0, width)), solvable
    ratio = np.divide(1.0, rows.own, out=np.zeros_like(rows.own), where=positive)
    parts = np.zeros((n, count, width))
    there = np.zeros((n, count))
    for h in range(count):
        mine = rows.node == h
        amount = positive[mine].sum(axis=0)
        there[:, h] = np.where(amount > 0, weights[h], 0.0)
        parts[:, h] = (ratio[mine].T @ rows.matrix[mine]) / np.maximum(amount, 1)[:, None]
    total = there.sum(axis=1)
    solvable = solvable & (total > 0.0)
    share = np.divide(there, total[:, None], out=np.zeros_like(there), where=total[:, None] > 0.0)
    return np.einsum("kh,khw->kw", share, parts), parts, solvable


def _slacks(rows: _Rows, goal: FloatArray, row: int, side: str) -> Program:
    own = rows.own[:, row]
    return Program.build(
        c=goal,
        A=rows.matrix,
        row_lower=np.where(rows.low, own, -np.inf),
        row_upper=np.where(rows.high, own, np.inf),
        maximise=side == "output",
    )


def _radial(rows: _Rows, row: int, side: str) -> Program:
    """The last column is the factor: measured rows are compared with so many times the unit's own value."""
    own, moved = rows.own[:, row], rows.measured
    bound = np.where(moved, 0.0, own)
    return Program.build(
        c=np.append(np.zeros(rows.matrix.shape[1]), 1.0),
        A=np.column_stack([rows.matrix, np.where(moved, -own, 0.0)]),
        row_lower=np.where(rows.low, bound, -np.inf),
        row_upper=np.where(rows.high, bound, np.inf),
        maximise=side == "output",
    )


def refuse_negative_flows(units: Units, columns: Sequence[str], what: str) -> None:
    """Refuse amounts below zero in columns that are no inputs or outputs of the table.

    Raises
    ------
    DataError
        Naming every unit and column.
    """
    values = units.values(columns) if columns else np.zeros((len(units), 0))
    issues = [
        Issue(
            "negative-value",
            f"what {what} cannot be negative",
            "correct the value, or leave the unit out",
            column=columns[column],
            unit=units.names[row],
            value=f"{values[row, column]:g}",
        )
        for row, column in np.argwhere(values < 0.0)
    ]
    if issues:
        raise DataError(issues)

"""Radial and graph efficiency: how far all inputs can shrink, or all outputs grow, in the same proportion, or both.

Sources: Farrell (1957); Charnes, Cooper & Rhodes (1978) for constant returns; Banker, Charnes & Cooper (1984) for
variable returns; Andersen & Petersen (1993) for super-efficiency; Färe, Grosskopf & Lovell (1985) for the graph form.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.certificate import DeaCertificate
from bench.envelopment.core.door import (
    check_reference,
    check_table,
    check_workers,
    negative_notes,
    period_groups,
    refuse_negative,
    signs_of,
)
from bench.envelopment.core.solution import Group, technology_columns
from bench.envelopment.core.technology import Technology
from bench.envelopment.measures.fdh import free_disposal
from bench.envelopment.measures.graph_efficiency import hyperbolic_factors
from bench.envelopment.result import DeaResult
from bench.errors import Issue, OptionError
from bench.lp import Batch, maximise_ray
from bench.options import ORIENTATION_ALIASES, ORIENTATIONS, RTS, RTS_ALIASES, Orientation, Periods, Rts, one_of
from bench.typing import BoolArray, FloatArray, IntArray, Progress
from bench.units import Units


def dea(
    units: Units,
    rts: Rts | None = None,
    orientation: Orientation = "input",
    *,
    reference: Units | None = None,
    super_efficiency: bool = False,
    slacks: bool = False,
    periods: Periods | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> DeaResult:
    """Measure every unit against the best practice of a reference set.

    Parameters
    ----------
    units : Units
        The units to evaluate.
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
        Returns to scale of the technology. There is no default, because the choice decides who looks efficient.
    orientation : {"input", "output", "graph"}
        What is to be improved; ``graph`` lets inputs shrink by the factor by which outputs grow. For other paths see
        :func:`bench.envelopment.directional`.
    reference : Units, optional
        The set that defines best practice; the units themselves by default.
    super_efficiency : bool
        Leave each unit out of its own reference, so that efficient units can be told apart.
    slacks : bool
        Run the second stage at once; ``result.slacks()`` runs it on demand otherwise.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int
        Threads. The result has the same bytes for any number.
    progress : callable, optional
        Called with ``(stage, done, total)``.

    Returns
    -------
    DeaResult
        Units without a score say why in ``status``; notes on single units are in ``issues``.

    Raises
    ------
    OptionError
        Unknown option, several periods without ``periods``, or a reference with other columns.
    DataError
        Negative data on the side that moves: proportions of them mean nothing.
    SolverError
        A program could not be solved and proven; the message names the unit.

    Notes
    -----
    With inputs −x and outputs +y as the columns of P, input orientation maximises β subject to Pλ ≥ P_o + β(x_o, 0)
    and scores 1 − β; output orientation uses the direction (0, y_o) and scores 1 + β.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0], [4.0], [6.0]], [[1.0], [3.0], [3.0]], names=["A", "B", "C"])
    >>> bench.dea(units, rts="vrs").efficiency.round(4).tolist()
    [1.0, 1.0, 0.6667]
    """
    check_table(units, "units", "data envelopment analysis")
    if rts is None:
        raise OptionError(
            f"rts must be said, because it decides who looks efficient: bench.dea(units, rts='vrs'), or one of {RTS}"
        )
    technology = cast(Rts, one_of(rts, RTS, "rts", RTS_ALIASES))
    direction = cast(Orientation, one_of(orientation, ORIENTATIONS, "orientation", ORIENTATION_ALIASES))
    check_reference(units, reference)
    check_workers(workers)
    groups = period_groups(units, reference, periods)
    refuse_negative(units, reference, "a radial measure", signs_of(direction))
    notes = negative_notes(units, reference, signs_of(direction))
    if technology == "fdh" and direction != "graph":
        result = free_disposal(units, reference, groups, direction, super_efficiency, notes)
    else:
        result = _solved(units, reference, groups, technology, direction, super_efficiency, notes, workers, progress)
    if slacks:
        result.slacks()
    return result


def _solved(
    units: Units,
    reference: Units | None,
    groups: list[Group],
    rts: Rts,
    orientation: Orientation,
    super_efficiency: bool,
    notes: tuple[Issue, ...],
    workers: int,
    progress: Progress | None,
) -> DeaResult:
    base = units if reference is None else reference
    X, Y = units.X, units.Y
    m, s = X.shape[1], Y.shape[1]
    convex = rts in ("crs", "vrs", "drs", "irs")
    rows = m + s + (rts in ("vrs", "drs", "irs"))
    parts = []
    for group in groups:
        common: dict[str, Any] = {
            "exclude": group.own if super_efficiency else None,
            "labels": _labels(units, group),
            "workers": workers,
        }
        if orientation == "graph":
            technology = Technology.of(base.X[group.peers], base.Y[group.peers], rts)
            parts.append(_graph(technology, X[group.rows], Y[group.rows], common))
            continue
        columns, points, equality = _coordinates(units, base, group, rts)
        side = slice(0, m) if orientation == "input" else slice(m, m + s)
        directions = np.zeros_like(points)
        np.abs(points[:, side], out=directions[:, side])
        common["own"] = _same(columns, points, group.own)
        if convex:
            parts.append(maximise_ray(columns, points, directions, equality=equality, progress=progress, **common))
        else:
            technology = Technology.of(base.X[group.peers], base.Y[group.peers], rts)
            parts.append(technology.ray(points, directions, **common))
    whole = _together(parts, groups, len(units), rows)
    score = whole.score("output" if orientation == "output" else "input")
    if not super_efficiency and reference is None:
        # A unit is its own peer: what is better than itself is rounding.
        score = np.maximum(score, 1.0) if orientation == "output" else np.minimum(score, 1.0)
    prices = np.zeros((len(units), m + s + 1)) if convex else None
    if prices is not None:
        prices[:, :rows] = whole.dual
    if prices is not None and rts == "drs":
        prices[:, -1] *= -1.0
    return DeaResult.build(
        units=units,
        reference=reference,
        rts=rts,
        orientation=orientation,
        super_efficiency=super_efficiency,
        groups=tuple(groups),
        score=score,
        status=_status(whole, X, Y, orientation),
        peer_rows=whole.column,
        intensity=whole.weight,
        prices=prices,
        certificate=DeaCertificate(whole.residual, int(np.count_nonzero(whole.route))),
        issues=notes,
    )


def _graph(technology: Technology, X: FloatArray, Y: FloatArray, common: dict[str, Any]) -> Batch:
    """Return the program at each unit's point on the frontier, with 1 − θ as its value."""
    theta, status, _ = hyperbolic_factors(technology, X, Y, **common)
    known = np.where(status == 0, theta, 1.0)[:, None]
    points, along = technology.points(known * X, Y / known), technology.directions(X, Y / known**2)
    found = technology.ray(points, along, **common)
    value = 1.0 - theta
    return replace(found, value=value, tail=(1.0 - value) - theta, status=status)


def _coordinates(units: Units, base: Units, group: Group, rts: Rts) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return a group's columns, its points (the same array where they are the same) and the equations."""
    if units is base and len(group.rows) == len(group.peers) == len(units):
        columns, equality = technology_columns(units.X, units.Y, rts)
        return columns, columns, equality
    columns, equality = technology_columns(base.X[group.peers], base.Y[group.peers], rts)
    points, _ = technology_columns(units.X[group.rows], units.Y[group.rows], rts)
    return columns, points, equality


def _same(columns: FloatArray, points: FloatArray, own: IntArray) -> IntArray:
    """Return each point's own column where the two hold the same numbers, −1 elsewhere."""
    if columns is points:
        return own
    same = own >= 0
    same[same] = (columns[own[same]] == points[same]).all(axis=1)
    return np.where(same, own, -1)


def _labels(units: Units, group: Group) -> list[str]:
    names = units.names
    return names if len(group.rows) == len(names) else [names[row] for row in group.rows.tolist()]


def _together(parts: list[Batch], groups: list[Group], units: int, rows: int) -> Batch:
    """Put the answers of the groups together, with columns as rows of the reference table."""
    if len(parts) == 1 and np.array_equal(groups[0].peers, np.arange(len(groups[0].peers))):
        # One frontier over the whole table: answers stand in order, and columns are rows already.
        return parts[0]
    whole = Batch.empty(units, rows, max(part.column.shape[1] for part in parts))
    for group, part in zip(groups, parts, strict=True):
        for name in ("value", "dual", "ray", "status", "route", "residual", "tail", "slip"):
            getattr(whole, name)[group.rows] = getattr(part, name)
        width = part.column.shape[1]
        whole.weight[group.rows, :width] = part.weight
        whole.column[group.rows, :width] = np.where(part.column >= 0, group.peers[np.maximum(part.column, 0)], -1)
    return whole


def _status(batch: Batch, X: FloatArray, Y: FloatArray, orientation: Orientation) -> npt.NDArray[np.object_]:
    """Return per unit an empty text, or why it has no score."""
    status = np.full(len(X), "", dtype=object)
    status[batch.status == 1] = {
        "input": "infeasible: no mix of the other units makes these outputs",
        "output": "infeasible: no mix of the other units manages with these inputs",
        "graph": "infeasible: no mix of the other units meets the unit's path",
    }[orientation]
    status[batch.status == 2] = "unbounded: the reference sets no limit in this direction"
    for side, values in (("input", X), ("output", Y)):
        if orientation in (side, "graph"):
            status[~values.any(axis=1)] = f"undefined: the unit has no {side}s to change in proportion"
    return status

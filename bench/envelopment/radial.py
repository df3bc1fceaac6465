"""Radial efficiency: how far all inputs can shrink, or all outputs grow, in the same proportion.

Sources: Farrell (1957); Charnes, Cooper & Rhodes (1978) for constant returns; Banker, Charnes & Cooper (1984) for
variable returns; Andersen & Petersen (1993) for super-efficiency.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from bench.envelopment.dea_certificate import DeaCertificate
from bench.envelopment.result import DeaResult
from bench.errors import DataError, Issue, OptionError
from bench.lp import Batch, maximise_ray
from bench.options import (
    ORIENTATION_ALIASES,
    ORIENTATIONS,
    PERIODS,
    RTS,
    RTS_ALIASES,
    Orientation,
    Periods,
    Rts,
    one_of,
)
from bench.typing import BoolArray, FloatArray, IntArray
from bench.units import Units

#: A unit whose program ends this far inside is dominated.
_DOMINATED = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Rows that are evaluated together, and the rows of the reference they are measured against.

    Attributes
    ----------
    rows : array (k,) of int
        Positions in the evaluated table.
    peers : array (n,) of int
        Positions in the reference table.
    own : array (k,) of int
        Position *within* ``peers`` of the row that is the evaluated unit itself, −1 for none.
    """

    rows: IntArray
    peers: IntArray
    own: IntArray


def dea(
    units: Units,
    rts: Rts,
    orientation: Orientation = "input",
    *,
    reference: Units | None = None,
    super_efficiency: bool = False,
    slacks: bool = False,
    periods: Periods | None = None,
    workers: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
    **options: Any,
) -> DeaResult:
    """Measure every unit against the best practice of a reference set.

    Parameters
    ----------
    units : Units
        The units to evaluate.
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
        Returns to scale of the technology. There is no default, because the choice decides who looks efficient.
    orientation : {"input", "output", "graph", "directional"}
        What is to be improved.
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
    **options
        Passed to :func:`bench.envelopment.directional` with ``orientation="directional"`` (``direction=``).

    Returns
    -------
    DeaResult
        With orientation graph or directional the :class:`bench.envelopment.MethodResult` of those methods.

    Raises
    ------
    OptionError
        Unknown option, several periods without ``periods``, or a reference with other columns.
    DataError
        Negative inputs or outputs: proportions of them mean nothing.
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
    technology = cast(Rts, one_of(rts, RTS, "rts", RTS_ALIASES))
    direction = cast(Orientation, one_of(orientation, ORIENTATIONS, "orientation", ORIENTATION_ALIASES))
    common: dict[str, Any] = {"reference": reference, "periods": periods, "workers": workers, "progress": progress}
    if direction in ("graph", "directional"):
        return _elsewhere(units, technology, direction, super_efficiency, {**common, **options})
    if options:
        raise OptionError(f"dea() with orientation {direction!r} has no option {', '.join(map(repr, options))}")
    groups = period_groups(units, reference, periods)
    refuse_negative(units, reference)
    if technology == "fdh":
        from bench.envelopment.fdh import free_disposal

        result = free_disposal(units, reference, groups, direction, super_efficiency)
    else:
        result = _convex(units, reference, groups, technology, direction, super_efficiency, workers, progress)
    if slacks:
        result.slacks()
    return result


def technology_columns(X: FloatArray, Y: FloatArray, rts: Rts) -> tuple[FloatArray, BoolArray]:
    """Return the columns of a convex technology and which of its rows are equations.

    Parameters
    ----------
    X : array (n, m)
    Y : array (n, s)
    rts : {"crs", "vrs", "drs", "irs"}

    Returns
    -------
    columns : array (n, d)
        Inputs as −x, outputs as +y, and unless returns are constant a last coordinate for Σλ: +1 (= 1 under vrs,
        ≥ 1 under irs) or −1 (Σλ ≤ 1 under drs).
    equality : array (d,) of bool
    """
    m, d = X.shape[1], X.shape[1] + Y.shape[1]
    scaled = rts in ("vrs", "drs", "irs")
    columns = np.empty((len(X), d + scaled))
    np.negative(X, out=columns[:, :m])
    columns[:, m:d] = Y
    if scaled:
        columns[:, d] = -1.0 if rts == "drs" else 1.0
    equality = np.zeros(columns.shape[1], dtype=bool)
    equality[-1] = rts == "vrs"
    return columns, equality


def period_groups(units: Units, reference: Units | None, periods: Periods | None) -> list[Group]:
    """Return who is measured against whom, one group per frontier.

    Raises
    ------
    OptionError
        When there are several periods and ``periods`` does not say what to do, when a period has no reference, or
        when the reference has other inputs or outputs.
    """
    base = units if reference is None else reference
    if reference is not None and (reference.inputs, reference.outputs) != (units.inputs, units.outputs):
        raise OptionError(
            f"the reference must have the units' inputs and outputs: {units.inputs} → {units.outputs}, "
            f"not {reference.inputs} → {reference.outputs}"
        )
    several = max(len(units.periods), len(base.periods)) > 1
    choice = None if periods is None else one_of(periods, PERIODS, "periods")
    if several and choice is None and reference is None:
        raise OptionError(
            f"the table has {len(units.periods)} periods; say periods='pooled' (one frontier over all unit-periods: "
            "a unit may be measured against other years) or periods='separate' (one frontier per period)"
        )
    if choice != "separate" or not several:
        return [_group(units, base, np.arange(len(units)), np.arange(len(base)))]
    mine = np.asarray(units.frame[units.period]) if units.period else np.zeros(len(units))
    theirs = np.asarray(base.frame[base.period]) if base.period else np.zeros(len(base))
    found = []
    for period in dict.fromkeys(mine.tolist()):
        peers = np.flatnonzero(theirs == period)
        if not len(peers):
            raise OptionError(f"the reference has no unit in period {period}; use periods='pooled'")
        found.append(_group(units, base, np.flatnonzero(mine == period), peers))
    return found


def _group(units: Units, base: Units, rows: npt.NDArray[Any], peers: npt.NDArray[Any]) -> Group:
    own = np.full(len(rows), -1, dtype=np.int64)
    if units is base and len(rows) == len(units):
        own = np.arange(len(rows), dtype=np.int64)
    elif units.index.nlevels == base.index.nlevels:
        own = np.asarray(base.index.take(peers).get_indexer(units.index.take(rows)), dtype=np.int64)
    return Group(rows.astype(np.int64), peers.astype(np.int64), own)


def refuse_negative(units: Units, reference: Units | None) -> None:
    """Raise when a unit has a negative input or output."""
    issues = []
    for table in [units] if reference is None else [units, reference]:
        if min(table.X.min(initial=0.0), table.Y.min(initial=0.0)) >= 0:
            continue
        columns, values, names = (*table.inputs, *table.outputs), np.hstack([table.X, table.Y]), table.names
        issues += [
            Issue(
                "negative-value",
                "a radial measure takes no negative data: a proportion of a negative number means nothing",
                "correct the value, or use a directional measure with a range direction",
                column=columns[column],
                unit=names[row],
                value=f"{values[row, column]:g}",
            )
            for row, column in np.argwhere(values < 0)
        ]
    if issues:
        raise DataError(issues)


def _convex(
    units: Units,
    reference: Units | None,
    groups: list[Group],
    rts: Rts,
    orientation: Orientation,
    super_efficiency: bool,
    workers: int,
    progress: Callable[[str, int, int], None] | None,
) -> DeaResult:
    base = units if reference is None else reference
    X, Y = units.X, units.Y
    m, s = X.shape[1], Y.shape[1]
    whole_numbers = rts in ("frh", "add")
    rows = m + s + (rts not in ("crs", "frh", "add"))
    parts = []
    for group in groups:
        columns, points, equality = _coordinates(units, base, group, rts)
        side = slice(0, m) if orientation == "input" else slice(m, m + s)
        directions = np.zeros_like(points)
        np.abs(points[:, side], out=directions[:, side])
        common: dict[str, Any] = {
            "own": _same(columns, points, group.own),
            "exclude": group.own if super_efficiency else None,
            "labels": _labels(units, group),
            "workers": workers,
        }
        if whole_numbers:
            from bench.envelopment.technology import Technology

            parts.append(Technology.of(base.X[group.peers], base.Y[group.peers], rts).ray(points, directions, **common))
        else:
            parts.append(maximise_ray(columns, points, directions, equality=equality, progress=progress, **common))
    whole = _together(parts, groups, len(units), rows)
    beta = whole.value
    if not super_efficiency and reference is None:
        # A unit is its own peer: what is below zero is rounding.
        beta = np.maximum(beta, 0.0)
    prices = None if whole_numbers else np.zeros((len(units), m + s + 1))
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
        score=1.0 - beta if orientation == "input" else 1.0 + beta,
        status=_status(whole, X, Y, orientation),
        peer_rows=whole.column,
        intensity=whole.weight,
        prices=prices,
        certificate=DeaCertificate(whole.residual, int(np.count_nonzero(whole.route))),
    )


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
        for name in ("value", "dual", "ray", "status", "route", "residual"):
            getattr(whole, name)[group.rows] = getattr(part, name)
        width = part.column.shape[1]
        whole.weight[group.rows, :width] = part.weight
        whole.column[group.rows, :width] = np.where(part.column >= 0, group.peers[np.maximum(part.column, 0)], -1)
    return whole


def _status(batch: Batch, X: FloatArray, Y: FloatArray, orientation: Orientation) -> npt.NDArray[np.object_]:
    """Return per unit an empty text, or why it has no score."""
    status = np.full(len(X), "", dtype=object)
    status[batch.status == 1] = (
        "infeasible: no mix of the other units makes these outputs"
        if orientation == "input"
        else "infeasible: no mix of the other units manages with these inputs"
    )
    status[batch.status == 2] = "unbounded: the reference sets no limit in this direction"
    empty = ~(X if orientation == "input" else Y).T.any(axis=0)
    status[empty] = f"undefined: the unit has no {orientation}s to change in proportion"
    return status


def _elsewhere(
    units: Units, rts: Rts, orientation: Orientation, super_efficiency: bool, options: dict[str, Any]
) -> DeaResult:
    """Hand over to the method that measures along another path; it has a result type of its own."""
    if options.pop("progress", None) is not None or options.pop("periods", None) not in (None, "pooled"):
        raise OptionError(f"orientation {orientation!r} takes neither progress nor periods='separate'")
    if orientation == "graph":
        from bench.envelopment.graph import graph_efficiency

        return cast(DeaResult, graph_efficiency(units, rts=rts, super_efficiency=super_efficiency, **options))
    if super_efficiency:
        raise OptionError("directional super-efficiency is bench.envelopment.super_efficiency()")
    from bench.envelopment.directions import directional

    return cast(DeaResult, directional(units, rts=rts, **options))


def undominated(result: DeaResult, group: Group) -> IntArray:
    """Return the positions in the group's reference that no program shows to be dominated.

    A dominated unit's peers, who are among those returned, do at least as much with no more: nobody needs its weight,
    and no prices that hold for these fail for it. Without programs of the reference itself all positions are returned.
    """
    if result.reference is not result.units or result.super_efficiency:
        return np.arange(len(group.peers))
    needed = ~(np.abs(result.scores - 1.0) > _DOMINATED)
    rows = result.peer_rows[group.rows]
    needed[rows[(rows >= 0) & (result.intensities[group.rows] != 0)]] = True
    return np.flatnonzero(needed[group.peers])

"""General networks: a graph of stages, each with its own inputs and outputs, and links between them.

Färe & Grosskopf 2000, with one factor for all stages; Tone & Tsutsui 2009, with the slacks of each. Two stages in a row
under constant returns with free links are Kao & Hwang 2008; stages side by side that share their inputs are Kao 2009.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.technology import CONVEX, Technology
from bench.envelopment.networks.graph import (
    ARC_KINDS,
    MEASURES,
    Arc,
    ArcKind,
    GraphScores,
    Node,
    graph_scores,
    refuse_negative_flows,
)
from bench.errors import Issue, OptionError, nearest
from bench.options import RTS_ALIASES, Periods, one_of
from bench.typing import FloatArray
from bench.units import Units

Stages = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True, eq=False)
class NetworkScores:
    """Efficiency of n units over a graph of h stages.

    Attributes
    ----------
    graph : GraphScores
        Of the system, and of the stages as parts of it.
    alone : array (n, h)
        Each stage against its own frontier, with links as its inputs and outputs; NaN where it has no score.
    """

    graph: GraphScores
    alone: FloatArray


@dataclass(frozen=True, slots=True)
class _Plan:
    """The stages of a table: columns from outside, to outside and between stages.

    Attributes
    ----------
    names : tuple of str
    inputs, outputs : tuple of tuple of str
        By stage.
    links : tuple of (column, source, target)
    """

    names: tuple[str, ...]
    inputs: tuple[tuple[str, ...], ...]
    outputs: tuple[tuple[str, ...], ...]
    links: tuple[tuple[str, int, int], ...]


@door("a network")
def network(
    units: Units,
    *,
    stages: Stages,
    rts: str,
    orientation: str = "input",
    measure: str = "radial",
    links: str | Mapping[str, str] = "free",
    shared: Mapping[str, Sequence[str]] | None = None,
    stage_weights: Mapping[str, float] | None = None,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return the efficiency of units that work in several stages, in any order.

    Use it when what is made in one part of a unit is used up in another, or when its parts work side by side.

    Parameters
    ----------
    units : Units
        Inputs from outside and outputs to outside by role; what passes between stages as ``extra``.
    stages : mapping
        ``{name: {"inputs": [columns], "outputs": [columns]}}``. A column that is an output of one stage and an input of
        another is a link between them.
    rts : {"crs", "vrs", "drs", "irs"}
        Of every stage.
    orientation : {"input", "output"}
        All inputs from outside shrink, or all outputs to outside grow.
    measure : {"radial", "sbm"}
        By one factor, or by the mean slack of every stage.
    links : {"free", "fixed", "good", "bad"} or mapping from column to one of them
        ``free``: the amount is the unit's to choose, as long as what is used is made (with ``sbm``: just that).
        ``fixed``: each stage is compared at the unit's own amount (``sbm``: exactly that). ``good``: not less than its
        own, more counts as output. ``bad``: not more than its own, less counts as input.
    shared : mapping, optional
        ``{name: [columns]}``: inputs of different stages that count in total, so that the unit may move them.
        With ``radial`` only.
    stage_weights : mapping, optional
        Weight of each stage in ``sbm``; alike when omitted.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` of the system; ``alone <stage>``, each stage against its own frontier; with ``sbm`` also ``low
        <stage>`` and ``high <stage>``, its part among all solutions with this system score.

    Raises
    ------
    OptionError
        A graph that is none: an unknown column, one made or used twice, one that is left out.
    DataError, CertificateError

    Examples
    --------
    >>> import bench, pandas as pd
    >>> table = pd.DataFrame({"unit": ["A", "B"], "cost": [1.0, 2.0], "days": [1.0, 1.0], "users": [1.0, 0.5]})
    >>> units = bench.Units.from_frame(table, id="unit", inputs=["cost"], outputs=["users"], extra=["days"])
    >>> stages = {"make": {"inputs": ["cost"], "outputs": ["days"]}, "use": {"inputs": ["days"], "outputs": ["users"]}}
    >>> network(units, stages=stages, rts="crs")[["efficiency", "alone make", "alone use"]].loc["B"].round(6).tolist()
    [0.25, 0.5, 0.5]
    """
    side = side_of(orientation)
    kind = one_of(measure, MEASURES, "measure")
    returns = one_of(rts, CONVEX, "rts of a network", RTS_ALIASES)
    plan = _plan(units, stages)
    pools = _pools(plan, shared or {}, kind)
    kinds = _link_kinds(plan, links)
    weights = _weights(plan, stage_weights, kind)
    refuse_negative_flows(units, [column for column, _, _ in plan.links], "passes between stages")
    nodes = [Node(_values(units, i), _values(units, o)) for i, o in zip(plan.inputs, plan.outputs, strict=True)]
    arcs = [Arc(units.values((column,))[:, 0], source, target, kinds[column]) for column, source, target in plan.links]
    found = graph_scores(
        nodes, arcs, rts=returns, side=side, measure=kind, weights=weights, pools=pools, labels=units.names,
        workers=workers,
    )  # fmt: skip
    alone = np.column_stack([_alone(units, plan, h, returns, side, workers) for h in range(len(nodes))])
    columns = {"efficiency": found.system, **by_column("alone", plan.names, alone)}
    if kind == "sbm":
        columns |= {**by_column("low", plan.names, found.low), **by_column("high", plan.names, found.high)}
    options = {
        "rts": returns, "orientation": side, "measure": kind, "stages": ", ".join(plan.names),
        "links": ", ".join(f"{column} ({kinds[column]})" for column, _, _ in plan.links) or "none",
    }  # fmt: skip
    issues = (*_nothing_measured(units, found, side), *_no_stage(units, plan, alone))
    return MethodResult(
        "Network", unit_frame(units, columns), NetworkScores(found, alone), "efficiency", options, issues
    )


def _values(units: Units, columns: Sequence[str]) -> FloatArray:
    return units.values(columns) if columns else np.zeros((len(units), 0))


def _alone(units: Units, plan: _Plan, stage: int, rts: str, side: str, workers: int) -> FloatArray:
    """A stage's radial efficiency with links as ordinary inputs and outputs; NaN where it puts in or makes nothing."""
    name_in = [*plan.inputs[stage], *(column for column, _, target in plan.links if target == stage)]
    name_out = [*plan.outputs[stage], *(column for column, source, _ in plan.links if source == stage)]
    X, Y = units.values(name_in), units.values(name_out)
    works = (X > 0.0).any(axis=1) & (Y > 0.0).any(axis=1)
    rows = np.flatnonzero(works)
    technology = Technology.of(X[rows], Y[rows], rts)
    score = np.full(len(units), np.nan)
    labels = [units.names[int(row)] for row in rows]
    g = technology.along(X[rows], Y[rows], side)
    found = technology.ray(technology.points(X[rows], Y[rows]), g, own=np.arange(len(rows)), labels=labels,
                           workers=workers).score(side)  # fmt: skip
    score[rows] = found if side == "input" else 1.0 / found
    return score


# -- the graph ---------------------------------------------------------------------------------------------


def _plan(units: Units, stages: Any) -> _Plan:
    """Read the stages of a table; every problem at once."""
    if not isinstance(stages, Mapping) or not stages:
        raise OptionError('stages must be a mapping such as {"make": {"inputs": ["cost"], "outputs": ["days"]}}')
    wrong: list[str] = []
    made: dict[str, str] = {}
    used: dict[str, str] = {}
    known = (*units.inputs, *units.outputs, *units.extra)
    for name, stage in stages.items():
        if not isinstance(stage, Mapping) or set(stage) != {"inputs", "outputs"}:
            wrong.append(f"stage {name!r} has inputs and outputs, and nothing else")
            continue
        for side, seen in (("inputs", used), ("outputs", made)):
            columns = stage[side]
            if isinstance(columns, str) or not len(columns):
                wrong.append(f"stage {name!r}: {side} must be a list of at least one column")
                continue
            for column in columns:
                if column not in known:
                    wrong.append(f"stage {name!r}: no column {column!r}{nearest(column, known)}; there are {known}")
                elif column in seen:
                    wrong.append(
                        f"{column!r} stands among the {side} of {seen[column]!r} and of {name!r}: give each stage a "
                        "column of its own with its part"
                    )
                else:
                    seen[column] = name
    if not wrong:
        wrong = _roles(units, made, used)
    if wrong:
        raise OptionError("; ".join(wrong))
    order = {name: place for place, name in enumerate(stages)}
    between = set(made) & set(used)
    return _Plan(
        tuple(stages),
        tuple(tuple(c for c in stage["inputs"] if c not in between) for stage in stages.values()),
        tuple(tuple(c for c in stage["outputs"] if c not in between) for stage in stages.values()),
        tuple((column, order[made[column]], order[used[column]]) for column in made if column in between),
    )


def _roles(units: Units, made: Mapping[str, str], used: Mapping[str, str]) -> list[str]:
    """Whether what comes from outside and goes outside are the table's inputs and outputs, and links are neither."""
    wrong = []
    for column in made:
        if used.get(column) == made[column]:
            wrong.append(f"stage {made[column]!r} makes {column!r} and uses it itself: leave it out, it never shows")
        elif column in used and column not in units.extra:
            wrong.append(
                f"{column!r} passes between stages and is also an input or output of the table: read it as extra"
            )
        elif column not in used and column not in units.outputs:
            wrong.append(f"{column!r} leaves stage {made[column]!r} and no stage uses it: read it as an output")
    for column in used:
        if column not in made and column not in units.inputs:
            wrong.append(f"{column!r} enters stage {used[column]!r} and no stage makes it: read it as an input")
    left = [c for c in (*units.inputs, *units.outputs) if c not in made and c not in used]
    return wrong + [f"{column!r} belongs to no stage: name it there, or leave it out of the table" for column in left]


def _pools(plan: _Plan, shared: Mapping[str, Sequence[str]], measure: str) -> list[list[tuple[int, int]]]:
    if shared and measure != "radial":
        raise OptionError("shared inputs have no slack of a stage: use measure='radial', or leave shared out")
    where = {column: (h, i) for h, columns in enumerate(plan.inputs) for i, column in enumerate(columns)}
    found, seen = [], set()
    for name, columns in shared.items():
        if isinstance(columns, str) or len(columns) < 2:
            raise OptionError(f"shared {name!r} must be a list of at least two inputs")
        for column in columns:
            if column not in where:
                raise OptionError(f"shared {name!r}: {column!r} enters no stage from outside{nearest(column, where)}")
            if column in seen:
                raise OptionError(f"shared: {column!r} stands twice")
            seen.add(column)
        found.append([where[column] for column in columns])
    return found


def _link_kinds(plan: _Plan, links: str | Mapping[str, str]) -> dict[str, ArcKind]:
    names = [column for column, _, _ in plan.links]
    if isinstance(links, str):
        kind = cast(ArcKind, one_of(links, ARC_KINDS, "links"))
        return dict.fromkeys(names, kind)
    for column in links:
        if column not in names:
            raise OptionError(f"links: {column!r} passes between no stages{nearest(column, names)}; there are {names}")
    missing = [column for column in names if column not in links]
    if missing:
        raise OptionError(f"links: say free, fixed, good or bad of {', '.join(missing)} too")
    return {column: cast(ArcKind, one_of(kind, ARC_KINDS, f"links of {column}")) for column, kind in links.items()}


def _weights(plan: _Plan, given: Mapping[str, float] | None, measure: str) -> list[float]:
    if given is None:
        return []
    if measure != "sbm":
        raise OptionError("stage_weights belong to measure='sbm': a radial factor is common to all stages")
    if set(given) != set(plan.names):
        raise OptionError(f"stage_weights must name every stage once: {', '.join(plan.names)}")
    if not all(np.isfinite(value) and value >= 0 for value in given.values()) or not sum(given.values()) > 0:
        raise OptionError("stage_weights must be numbers that are not negative, and not all zero")
    return [float(given[name]) for name in plan.names]


def _nothing_measured(units: Units, found: GraphScores, side: str) -> tuple[Issue, ...]:
    return tuple(
        Issue(
            "undefined",
            f"the unit has no {side}s: there is nothing to take shares of",
            f"use the other orientation, or leave the unit out of the comparison by its {side}s",
            severity="warning",
            unit=units.names[row],
        )
        for row in np.flatnonzero(np.isnan(found.system))
    )


def _no_stage(units: Units, plan: _Plan, alone: FloatArray) -> tuple[Issue, ...]:
    return tuple(
        Issue(
            "undefined",
            f"the unit puts nothing into stage {plan.names[stage]!r}, or makes nothing there: no score alone",
            "the system's score stands",
            severity="warning",
            unit=units.names[row],
        )
        for row, stage in zip(*np.nonzero(np.isnan(alone)), strict=True)
    )

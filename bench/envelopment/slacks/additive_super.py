"""Additive super-efficiency: the least change that brings a unit within reach of all others (Du, Liang & Zhu 2010).

The additive model says how much an inefficient unit falls short; this says how much an efficient one is ahead, in the
same weighted sum. Unlike the radial form it has a value under variable returns as well: inputs may be added and outputs
given up together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame, unsolved
from bench.envelopment.core.technology import CONVEX, Technology
from bench.envelopment.slacks.additive import largest_slack, own_value_notes, slack_weighting
from bench.errors import Issue, OptionError
from bench.lp.program import Program, Status
from bench.lp.solvers.highs import solve_many
from bench.options import Periods, one_of
from bench.typing import FloatArray, IndexArray
from bench.units import Units

#: Bounded adjusted weights are one over the distance to the best value: an efficient unit is that value.
WEIGHTINGS = ("mip", "raw", "normalised", "ram")
_ALLOWED: tuple[Status, ...] = ("infeasible",)


@dataclass(frozen=True, slots=True, eq=False)
class AdditiveSuper:
    """Leads of k units over all others.

    Attributes
    ----------
    lead : array (k,)
        Least weighted sum of inputs added and outputs given up; NaN where no such change does.
    x, y : array (k, m), (k, s)
        Inputs added and outputs given up; the sum is unique, its parts need not be.
    status : array (k,) of int8
        1 where a measure that weighs nothing would have to change.
    """

    lead: FloatArray
    x: FloatArray
    y: FloatArray
    status: npt.NDArray[np.int8]


def least_change(
    technology: Technology,
    rows: npt.ArrayLike,
    WX: FloatArray,
    WY: FloatArray,
    *,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> AdditiveSuper:
    """Return the least weighted change by which some of the technology's own units come within reach of the others.

    Parameters
    ----------
    technology : Technology
        Convex, or ``fdh``.
    rows : array (k,) of int
    WX, WY : array (n, m), (n, s)
        Weights, not negative; a measure without weight is held.

    Examples
    --------
    B makes three of two, the others at most one of one: it may use one more, or make one less.

    >>> technology = Technology.of([[1.0], [2.0]], [[1.0], [3.0]], "crs")
    >>> ones = np.ones((2, 1))
    >>> least_change(technology, [1], ones, 3 * ones).lead.tolist()
    [1.0]
    """
    X, Y = technology.X, technology.Y
    chosen = np.asarray(rows, dtype=np.intp)
    if technology.rts == "fdh":
        return _of_hull(X, Y, chosen, WX, WY)
    if technology.rts not in CONVEX:
        raise OptionError(
            f"additive super-efficiency has no form for rts={technology.rts!r}; use crs, vrs, drs, irs or fdh"
        )
    m = X.shape[1]

    def program(k: int) -> Program:
        """Columns: the others' intensities, inputs added, outputs given up."""
        row = int(chosen[k])
        P, weights = np.delete(technology.columns, row, axis=0), np.concatenate([WX[row], WY[row]])
        moves = np.eye(len(weights), P.shape[1])
        point = technology.points(X[row][None], Y[row][None])[0]
        return Program.build(
            c=np.concatenate([np.zeros(len(P)), weights]),
            A=np.vstack([P, moves]).T,
            row_lower=point,
            row_upper=np.where(technology.equality, point, np.inf),
            column_upper=np.concatenate([np.full(len(P), np.inf), np.where(weights > 0, np.inf, 0.0)]),
        )

    names = [labels[int(row)] for row in chosen] if len(labels) else ()
    solutions = solve_many(program, len(chosen), labels=names, allow=_ALLOWED, workers=workers)
    lead, status = np.full(len(chosen), np.nan), np.ones(len(chosen), dtype=np.int8)
    x, y = np.full((len(chosen), m), np.nan), np.full((len(chosen), Y.shape[1]), np.nan)
    for k, solution in enumerate(solutions):
        if solution.optimal:
            moved = solution.x[len(X) - 1 :]
            lead[k], status[k], x[k], y[k] = solution.objective, 0, moved[:m], moved[m:]
    return AdditiveSuper(lead, x, y, status)


def _of_hull(X: FloatArray, Y: FloatArray, rows: IndexArray, WX: FloatArray, WY: FloatArray) -> AdditiveSuper:
    """Compare each unit with every single other one."""
    lead, status = np.full(len(rows), np.nan), np.ones(len(rows), dtype=np.int8)
    x, y = np.full((len(rows), X.shape[1]), np.nan), np.full((len(rows), Y.shape[1]), np.nan)
    for k, row in enumerate(rows):
        more, less = np.maximum(X - X[row], 0.0), np.maximum(Y[row] - Y, 0.0)
        held = ((more > 0) & (WX[row] == 0)).any(axis=1) | ((less > 0) & (WY[row] == 0)).any(axis=1)
        total = np.where(held, np.inf, more @ WX[row] + less @ WY[row])
        total[row] = np.inf
        best = int(np.argmin(total))
        if np.isfinite(total[best]):
            lead[k], status[k], x[k], y[k] = total[best], 0, more[best], less[best]
    return AdditiveSuper(lead, x, y, status)


@door("additive super-efficiency", signs="any", matrices=("weights",))
def additive_super(
    units: Units,
    *,
    rts: str,
    weights: str | npt.ArrayLike = "mip",
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return how far ahead of all others each unit is, or how far behind, in one weighted sum of amounts.

    Use it to rank all units on one scale, efficient ones too, where radial super-efficiency has no value.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs", "fdh"}
    weights : {"mip", "raw", "normalised", "ram"} or array
        As in :func:`bench.envelopment.additive`: shares of own values unless said. Array of shape (m + s,) or
        (n, m + s), inputs first. A measure that weighs nothing (a zero, with ``mip``) is held where it is.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``lead``: above zero the least sum of inputs added and outputs given up that brings the unit within reach of the
        others, below zero the largest sum of its own slacks. ``change …`` per measure, as it is made: inputs added are
        positive and inputs saved negative. ``score`` (Du, Liang & Zhu): mean share of inputs kept or added over mean
        share of outputs, above one for units ahead, of the changes shown. ``values`` is an :class:`AdditiveSuper` of
        the units that are not behind.

    Raises
    ------
    OptionError, DataError, CertificateError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0], [4.0], [9.0]], [[1.0], [3.0], [4.0]])
    >>> additive_super(units, rts="vrs")["lead"].round(6).tolist()
    [1.0, 0.380952, 0.25]
    """
    technology = Technology.of(units.X, units.Y, rts)
    WX, WY, kind = _weights(units, weights)
    behind = largest_slack(technology, units.X, units.Y, WX, WY, labels=units.names, workers=workers)
    x, y, lead = -behind.x, behind.y.copy(), -behind.total
    slack = ((behind.x > 0) & (WX > 0)).any(axis=1) | ((behind.y > 0) & (WY > 0)).any(axis=1)
    rows = np.flatnonzero(~slack & (behind.status == 0))
    found = least_change(technology, rows, WX, WY, labels=units.names, workers=workers)
    x[rows], y[rows], lead[rows] = found.x, -found.y, found.lead
    with np.errstate(divide="ignore", invalid="ignore"):
        score = _mean_share(x, units.X) / _mean_share(y, units.Y)
    columns = {
        "lead": lead,
        "score": score,
        **by_column("change", units.inputs, x),
        **by_column("change", units.outputs, y),
    }
    return MethodResult(
        "Additive super-efficiency",
        unit_frame(units, columns),
        found,
        "lead",
        {"rts": technology.rts, "weights": kind},
        (*(own_value_notes(units) if kind == "mip" else ()), *_issues(units, rows, found, behind.status)),
    )


def _weights(units: Units, weights: str | npt.ArrayLike) -> tuple[FloatArray, FloatArray, str]:
    m, width = len(units.inputs), len(units.inputs) + len(units.outputs)
    if isinstance(weights, str):
        kind = one_of(weights, WEIGHTINGS, "weights")
        return *slack_weighting(kind, units.X, units.Y, units.X, units.Y), kind
    given = np.asarray(weights, dtype=np.float64)
    if given.shape not in ((width,), (len(units), width)) or not (given >= 0).all():
        raise OptionError(f"weights must not be negative and have shape ({width},) or ({len(units)}, {width})")
    whole = np.broadcast_to(given, (len(units), width))
    return whole[:, :m], whole[:, m:], "given"


def _mean_share(change: FloatArray, values: FloatArray) -> FloatArray:
    """Return one plus the mean change as a share of the row's positive values; NaN where there are none."""
    positive = values > 0
    shares = np.divide(change, values, out=np.zeros_like(values), where=positive)
    return np.asarray(1.0 + shares.sum(axis=1) / positive.sum(axis=1))


def _issues(units: Units, rows: IndexArray, found: AdditiveSuper, status: npt.NDArray[np.int8]) -> tuple[Issue, ...]:
    return (
        *unsolved(
            units, status, {1: "the unit lies outside the reference set", 2: "the set sets no bound on its slack"}
        ),
        *unsolved(
            units.take(rows),
            found.status,
            {1: "only a change of measures without weight would bring it within reach of the others"},
            "give every measure a weight: weights='ram', or numbers of your own",
        ),
    )

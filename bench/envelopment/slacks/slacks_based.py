"""The slacks-based measure (Tone 2001) and its super-efficiency (Tone 2002)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame, unsolved
from bench.envelopment.core.technology import CONVEX, Technology
from bench.envelopment.slacks.additive import largest_slack
from bench.errors import Issue, OptionError
from bench.lp import maximise_sum
from bench.lp.program import Program, Status
from bench.lp.solvers.highs import solve_many
from bench.options import Periods, one_of
from bench.tolerances import EFFICIENT
from bench.typing import BoolArray, FloatArray
from bench.units import Units

#: Efficiency below this is summed from what is needed, not taken from one.
_FEW = 0.5
_SIDES = ("input", "output", "both")
#: Why a unit that is left out of its own set has no super-efficiency.
_APART = {
    "input": "no combination of the other units makes its outputs without an input that it does not use",
    "output": "every combination of the other units uses more of some input, or makes none of its outputs",
    "both": "every combination of the other units uses an input that it does not use, or makes none of its outputs",
}
_ALLOWED: tuple[Status, ...] = ("infeasible",)


@dataclass(frozen=True, slots=True, eq=False)
class SlacksBased:
    """A slacks-based measure of k points.

    Attributes
    ----------
    efficiency : array (k,)
        In (0, 1]; above one only with super-efficiency. NaN where there is no optimum.
    x, y : array (k, m), (k, s)
        Slacks in the data's measures; for super-efficient units what could be added and given up, as negative slacks.
    status : array (k,) of int8
    """

    efficiency: FloatArray
    x: FloatArray
    y: FloatArray
    status: npt.NDArray[np.int8]


def slacks_based(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    side: str = "both",
    *,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> SlacksBased:
    """Return Tone's measure of points in the set.

    An input that a unit does not use is left out of its mean. The fraction of both sides is made linear by the step of
    Charnes & Cooper (1962).

    Parameters
    ----------
    technology : Technology
        Convex for ``"both"``, or ``fdh``.
    X, Y : array (k, m), (k, s)
    side : {"input", "output", "both"}

    Examples
    --------
    >>> technology = Technology.of([[2.0, 2.0], [4.0, 2.0]], [[1.0], [1.0]], "crs")
    >>> slacks_based(technology, technology.X, technology.Y).efficiency.round(6).tolist()
    [1.0, 0.75]
    """
    share_x, share_y = _shares(X), _shares(Y)
    zero_x, zero_y = np.zeros_like(X), np.zeros_like(Y)
    if side == "both":
        saved, made = np.hstack([share_x, zero_y]), np.hstack([zero_x, share_y])
        # A side without anything to take shares of is one.
        empty = np.column_stack([~(X > 0).any(axis=1), ~(Y > 0).any(axis=1)]).astype(np.float64)
        held = empty if empty.any() else None
        return least_ratio(technology, X, Y, saved, made, held, labels=labels, workers=workers)
    weights = (share_x, zero_y) if side == "input" else (zero_x, share_y)
    found = largest_slack(technology, X, Y, *weights, labels=labels, workers=workers)
    efficiency = found.rest if side == "input" else 1.0 / (1.0 + found.total)
    if side == "input":
        # One minus shares that sum to nearly one leaves what their rounding made: there what is needed is summed.
        few = np.flatnonzero(efficiency < _FEW)
        if len(few):
            names = [labels[int(row)] for row in few] if len(labels) else ()
            efficiency[few] = _needed(technology, X[few], Y[few], share_x[few], names, workers)
    return SlacksBased(efficiency, found.x, found.y, found.status)


def _needed(
    technology: Technology, X: FloatArray, Y: FloatArray, share_x: FloatArray, labels: Sequence[str], workers: int
) -> FloatArray:
    """Return the least mean of what is needed of each input as a share of what is used."""
    points = technology.points(X, Y)
    weights = np.zeros_like(points)
    weights[:, : X.shape[1]] = share_x
    return -technology.total(points, weights, labels=labels, workers=workers).value


def _shares(values: FloatArray) -> FloatArray:
    """Return one over the value and over the number of positive values of the row; zero where the value is zero."""
    positive = values > 0
    count = positive.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(1.0, values * np.maximum(count, 1), out=np.zeros_like(values), where=positive))


def least_ratio(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    saved: FloatArray,
    made: FloatArray,
    held: FloatArray | None = None,
    *,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> SlacksBased:
    """Return the least (1 − Σ saved·slack) / (1 + Σ made·slack) of points in the set.

    Parameters
    ----------
    technology : Technology
        Convex, or ``fdh``.
    X, Y : array (k, m), (k, s)
    saved, made : array (k, m + s)
        Weights of the slacks of inputs and outputs, inputs first, in the numerator and in the denominator.
    held : array (k, 2), optional
        What of the numerator's and of the denominator's one is in no measure: 1 − Σ saved·x and 1 − Σ made·y, an input
        taken negatively. Zero where shares of own inputs above and of own outputs below sum to one, as by default.

    Examples
    --------
    The second unit can do with half its input, or with all of it make twice as much:

    >>> technology = Technology.of([[1.0], [2.0]], [[1.0], [1.0]], "crs")
    >>> saved, made = np.array([[0.5, 0.0]]), np.array([[0.0, 1.0]])
    >>> least_ratio(technology, np.array([[2.0]]), np.array([[1.0]]), saved, made).efficiency.tolist()
    [0.5]
    """
    if technology.rts == "fdh":
        return _ratio_of_hull(technology, X, Y, saved, made)
    if technology.rts not in CONVEX:
        raise OptionError(f"the slacks-based measure of both sides has no form for rts={technology.rts!r}")
    m, s = X.shape[1], Y.shape[1]
    points = technology.points(X, Y)
    weights, normal = np.zeros_like(points), np.zeros_like(points)
    weights[:, : m + s], normal[:, : m + s] = saved, made
    columns, equality = technology.columns, technology.equality
    rays = points
    if held is not None:
        # A coordinate that only one more column has, and that is the scale t of the step of Charnes & Cooper: the parts
        # that are in no measure are multiples of it.
        columns = np.block([[columns, np.zeros((len(columns), 1))], [np.zeros((1, columns.shape[1])), np.ones((1, 1))]])
        equality, rays = np.append(equality, True), np.hstack([points, np.ones((len(points), 1))])
        weights, normal = np.hstack([weights, -held[:, :1]]), np.hstack([normal, held[:, 1:]])
    batch = maximise_sum(
        columns,
        np.zeros_like(rays),
        weights,
        equality=equality,
        rays=rays,
        normal=normal,
        labels=labels,
        workers=workers,
    )
    used = columns[np.maximum(batch.column, 0)][:, :, : m + s] * batch.weight[:, :, None]
    scale = batch.ray[:, None]
    slack = used.sum(axis=1) / scale - points[:, : m + s]
    noise = 1e-12 * (np.abs(used).sum(axis=1) / np.abs(scale) + np.abs(points[:, : m + s]))
    slack = np.where(np.abs(slack) <= noise, 0.0, np.maximum(slack, 0.0))
    slack[batch.status != 0] = np.nan
    return SlacksBased(0.0 - batch.value, slack[:, :m], slack[:, m:], batch.status)


def _ratio_of_hull(
    technology: Technology, X: FloatArray, Y: FloatArray, saved: FloatArray, made: FloatArray
) -> SlacksBased:
    """Compare with every unit that uses no more and makes no less."""
    efficiency, status = np.full(len(X), np.nan), np.ones(len(X), dtype=np.int8)
    slack = np.full((len(X), saved.shape[1]), np.nan)
    m = X.shape[1]
    for row in range(len(X)):
        covers = (X[row] >= technology.X).all(axis=1) & (Y[row] <= technology.Y).all(axis=1)
        if covers.any():
            candidates = np.flatnonzero(covers)
            each = np.hstack([X[row] - technology.X[candidates], technology.Y[candidates] - Y[row]])
            score = (1 - each @ saved[row]) / (1 + each @ made[row])
            best = int(np.argmin(score))
            efficiency[row], status[row], slack[row] = score[best], 0, each[best]
    return SlacksBased(efficiency, slack[:, :m], slack[:, m:], status)


def super_slacks_based(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    rows: npt.ArrayLike,
    side: str = "both",
    *,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> SlacksBased:
    """Return Tone's super-efficiency of some of the technology's own units, each left out of its own reference set.

    Parameters
    ----------
    technology : Technology
        Convex, or ``fdh``.
    X, Y : array (n, m), (n, s)
        The technology's own units.
    rows : array (k,) of int
        Units to measure: efficient ones.
    side : {"input", "output", "both"}

    Returns
    -------
    SlacksBased
        Of k rows. ``status`` 1 where no combination of the others reaches the outputs (or stays within the inputs).
    """
    chosen = np.asarray(rows, dtype=np.intp)
    if technology.rts == "fdh":
        return _super_hull(technology, X, Y, chosen, side)
    if technology.rts not in CONVEX:
        raise OptionError(f"super-efficiency of the slacks-based measure has no form for rts={technology.rts!r}")
    programs = [_super_program(technology, X[row], Y[row], int(row), side) for row in chosen]
    names = [labels[int(row)] for row in chosen] if len(labels) else ()
    solutions = solve_many(programs, labels=names, allow=_ALLOWED, workers=workers)
    m, s = X.shape[1], Y.shape[1]
    efficiency, status = np.full(len(chosen), np.nan), np.ones(len(chosen), dtype=np.int8)
    x, y = np.full((len(chosen), m), np.nan), np.full((len(chosen), s), np.nan)
    for k, solution in enumerate(solutions):
        if solution.optimal:
            moved = solution.x[-1 - m - s : -1] / solution.x[-1]
            moved[m:] = np.maximum(Y[chosen[k]] - moved[m:], 0.0)
            value = solution.objective
            efficiency[k] = 1 / value if side == "output" else value
            x[k], y[k], status[k] = -moved[:m], -moved[m:], 0
    return SlacksBased(efficiency, x, y, status)


def _super_hull(
    technology: Technology, X: FloatArray, Y: FloatArray, rows: npt.NDArray[np.intp], side: str
) -> SlacksBased:
    """Compare each unit with every other one: what it may add of inputs and give up of outputs to be level with it."""
    efficiency, status = np.full(len(rows), np.nan), np.ones(len(rows), dtype=np.int8)
    x, y = np.full((len(rows), X.shape[1]), np.nan), np.full((len(rows), Y.shape[1]), np.nan)
    share_x, share_y = _shares(X), _shares(Y)
    for k, row in enumerate(rows):
        more = np.maximum(technology.X - X[row], 0.0)
        less = np.maximum(Y[row] - technology.Y, 0.0)
        with np.errstate(divide="ignore"):
            score = (1 + more @ share_x[row]) / np.maximum(1 - less @ share_y[row], 0.0)
        score[row] = np.inf
        if side == "input":
            score[(less > 0).any(axis=1)] = np.inf
        if side == "output":
            score[(more > 0).any(axis=1)] = np.inf
        # An input that the unit does not use cannot be added in proportion.
        score[((more > 0) & (X[row] <= 0)).any(axis=1)] = np.inf
        best = int(np.argmin(score))
        if np.isfinite(score[best]):
            efficiency[k], status[k], x[k], y[k] = score[best], 0, -more[best], -less[best]
    return SlacksBased(efficiency, x, y, status)


def _super_program(technology: Technology, x: FloatArray, y: FloatArray, row: int, side: str) -> Program:
    """Columns: intensities, inputs added, outputs kept (all times t), and t.

    What is kept of outputs stands in the place of what is given up: where nearly all is, only the rest counts.
    """
    P = np.delete(technology.columns, row, axis=0)
    m, s, d = len(x), len(y), P.shape[1]
    share_x, share_y = _shares(x[None])[0], _shares(y[None])[0]
    point = technology.points(x[None], y[None])[0]
    loose = np.vstack([np.diag(np.repeat([1.0, -1.0], [m, s])), np.zeros((d - m - s, m + s))])
    held = point.copy()
    held[m : m + s] = 0.0
    rows = np.hstack([P.T, loose, -held[:, None]])
    # Outputs kept are at most what is made, and all of that where outputs are held.
    most = np.hstack([np.zeros((s, len(P) + m)), np.eye(s), -y[:, None]])
    kept = np.concatenate([np.zeros(len(P) + m), share_y, [0.0]])
    added = np.concatenate([np.zeros(len(P)), share_x if side != "output" else np.zeros(m), np.zeros(s), [0.0]])
    t = np.append(np.zeros(len(P) + m + s), 1.0)
    if side == "input" or not share_y.any():
        kept = t
    upper = np.full(len(t), np.inf)
    # An input that the unit does not use cannot be added in proportion.
    upper[len(P) : len(P) + m] = np.where(share_x > 0, np.inf, 0.0) if side != "output" else 0.0
    # The share kept is one: the fraction's denominator. The output form is the reciprocal of that share.
    fix, objective = (kept, t + added) if side != "output" else (t, kept)
    return Program.build(
        c=objective,
        A=np.vstack([rows, most, fix]),
        row_lower=np.concatenate([np.zeros(d), np.full(s, 0.0 if side == "input" else -np.inf), [1.0]]),
        row_upper=np.concatenate([np.where(technology.equality, 0.0, np.inf), np.zeros(s), [1.0]]),
        column_upper=upper,
        maximise=side == "output",
    )


@door("the slacks-based measure", signs="moving")
def sbm(
    units: Units,
    *,
    rts: str,
    orientation: str = "both",
    super_efficiency: bool = False,
    reference: Units | None = None,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return Tone's slacks-based measure.

    Use it when leftover slack is inefficiency too: the measure is one exactly when there is none on the measured
    side, does not depend on the measures of the data, and never exceeds the radial one.

    Parameters
    ----------
    units : Units
        An input or output that is zero is left out of that unit's mean, and said in ``issues``.
    rts : {"crs", "vrs", "drs", "irs", "fdh"}
    orientation : {"input", "output", "both"}
    super_efficiency : bool
        Rank efficient units by how far they are beyond all others (Tone 2002).
    reference : Units, optional
        Not together with ``super_efficiency``.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` and ``slack …`` per measure.

    Raises
    ------
    OptionError, DataError, CertificateError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0, 2.0], [4.0, 2.0]], [[1.0], [1.0]])
    >>> sbm(units, rts="crs", super_efficiency=True).efficiency.round(6).tolist()
    [1.5, 0.75]
    """
    side = one_of(orientation, _SIDES, "orientation", {"in": "input", "out": "output"})
    base = units if reference is None else reference
    technology = Technology.of(base.X, base.Y, rts)
    found = slacks_based(technology, units.X, units.Y, side, labels=units.names, workers=workers)
    issues = [
        *zero_notes(units, side),
        *unsolved(units, found.status, {1: "the unit lies outside the reference set", 2: "no bound"}),
    ]
    efficiency, x, y = np.where(nothing_to_share(units, side), np.nan, found.efficiency), found.x.copy(), found.y.copy()
    if super_efficiency:
        if reference is not None:
            raise OptionError("super_efficiency leaves each unit out of its own set; it takes no other reference")
        rows = np.flatnonzero(efficiency >= 1 - EFFICIENT)
        beyond = super_slacks_based(technology, units.X, units.Y, rows, side, labels=units.names, workers=workers)
        efficiency[rows], x[rows], y[rows] = beyond.efficiency, beyond.x, beyond.y
        issues += unsolved(
            units.take(rows),
            beyond.status,
            {1: f"{_APART[side]}: super-efficiency has no value"},
            f"{'' if side == 'both' else 'use orientation=both, '}"
            "bench.envelopment.additive_super with weights='ram', or the directional form of super_efficiency",
        )
    frame = unit_frame(
        units,
        {"efficiency": efficiency, **by_column("slack", units.inputs, x), **by_column("slack", units.outputs, y)},
    )
    options = {"rts": technology.rts, "orientation": side, "super_efficiency": super_efficiency}
    return MethodResult("Slacks-based measure", frame, found, "efficiency", options, tuple(issues))


def zero_notes(units: Units, side: str) -> tuple[Issue, ...]:
    """Return a note for every zero on the measured side: it has no share of itself, and is left out of its mean.

    Parameters
    ----------
    units : Units
    side : {"input", "output"} or another word for both
    """
    names = units.names
    measured = [("input", units.inputs)] * (side != "output") + [("output", units.outputs)] * (side != "input")
    found = []
    for what, columns in measured:
        zero = units.values(columns) == 0
        for row in np.flatnonzero(zero.any(axis=1)):
            if zero[row].all() and side == "both" and (units.X[row] > 0).any() | (units.Y[row] > 0).any():
                found.append(
                    Issue(
                        f"zero-{what}",
                        f"the unit has no {what}s: only the other side is counted",
                        f"leave the unit out of the comparison if it should have {what}s",
                        severity="warning",
                        unit=names[row],
                    )
                )
                continue
            if zero[row].all():
                found.append(
                    Issue(
                        "undefined",
                        f"the unit has no {what}s: there is nothing to take shares of",
                        f"use another orientation, or leave the unit out of the comparison by its {what}s",
                        severity="warning",
                        unit=names[row],
                    )
                )
                continue
            found += [
                Issue(
                    f"zero-{what}",
                    f"the {what} is zero and has no share of itself: it is left out of the unit's mean",
                    "its constraint still holds: the unit is compared with others that may have it",
                    severity="warning",
                    unit=names[row],
                    column=columns[column],
                )
                for column in np.flatnonzero(zero[row])
            ]
    return tuple(found)


def nothing_to_share(units: Units, side: str) -> BoolArray:
    """Return which units have only zeros on the measured side (on both of them, where both are measured)."""
    no_inputs, no_outputs = ~(units.X > 0).any(axis=1), ~(units.Y > 0).any(axis=1)
    return np.asarray({"input": no_inputs, "output": no_outputs}.get(side, no_inputs & no_outputs))

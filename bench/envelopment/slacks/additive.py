"""Additive measures: the largest weighted sum of slacks, in every published weighting.

Charnes, Cooper, Golany, Seiford & Stutz 1985 (unweighted and in proportions of own values), Lovell & Pastor 1995
(normalised), Cooper, Park & Pastor 1999 (range adjusted), Cooper, Pastor, Borras, Aparicio & Pastor 2011 (bounded
adjusted).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core import discrete
from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame, unsolved
from bench.envelopment.core.oriented import named
from bench.envelopment.core.technology import CONVEX, Technology
from bench.errors import Issue, OptionError
from bench.lp import Batch, maximise_sum
from bench.options import Periods, one_of
from bench.typing import FloatArray, IntArray
from bench.units import Units

#: Weightings: unweighted sum; share of own values; one over the standard deviation; range adjusted; bounded adjusted.
WEIGHTINGS = ("raw", "mip", "normalised", "ram", "bam")


@dataclass(frozen=True, slots=True, eq=False)
class Slacks:
    """Slacks of the largest weighted sum.

    Attributes
    ----------
    total : array (k,)
        Weighted sum; NaN where there is none.
    tail : array (k,)
        What ``total`` lacks beyond its last digit; see :class:`bench.lp.Batch`.
    x, y : array (k, m), (k, s)
        Slacks in the data's measures; the sum is unique, its parts need not be.
    weight_x, weight_y : array (k, m), (k, s)
    column, weight : array (k, w)
        Peers (position in the reference set, −1 for none) and intensities.
    status : array (k,) of int8
    """

    total: FloatArray
    tail: FloatArray
    x: FloatArray
    y: FloatArray
    weight_x: FloatArray
    weight_y: FloatArray
    column: IntArray
    weight: FloatArray
    status: npt.NDArray[np.int8]

    @property
    def rest(self) -> FloatArray:
        """One minus the sum, to the last digit also where that is tiny, array (k,)."""
        return np.asarray((1.0 - self.total) - self.tail)


def largest_slack(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    WX: FloatArray,
    WY: FloatArray,
    *,
    lower_x: FloatArray | None = None,
    upper_y: FloatArray | None = None,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> Slacks:
    """Return the largest Σ w·slack of every point.

    Parameters
    ----------
    technology : Technology
    X, Y : array (k, m), (k, s)
    WX, WY : array (k, m), (k, s)
        Weights, not negative.
    lower_x, upper_y : array (m,) or (k, m), (s,) or (k, s), optional
        No target may pass these; −inf and inf in the columns of inputs and outputs that have no limit.

    Examples
    --------
    >>> technology = Technology.of([[2.0], [4.0]], [[3.0], [1.0]], "vrs")
    >>> largest_slack(technology, technology.X, technology.Y, np.ones((2, 1)), np.ones((2, 1))).total
    array([0., 4.])
    """
    m, s = X.shape[1], Y.shape[1]
    points = technology.points(X, Y)
    weights = np.zeros_like(points)
    weights[:, :m], weights[:, m : m + s] = WX, WY
    if lower_x is None or upper_y is None:
        batch = technology.total(points, weights, above=True, labels=labels, workers=workers)
        columns = technology.columns
    else:
        limit = np.hstack([np.broadcast_to(lower_x, X.shape), -np.broadcast_to(upper_y, Y.shape)])
        columns, batch = _bounded(technology, points, weights, limit, labels, workers)
    used = columns[np.maximum(batch.column, 0)][:, :, : m + s] * batch.weight[:, :, None]
    slack = used.sum(axis=1) - points[:, : m + s]
    noise = 1e-12 * (np.abs(used).sum(axis=1) + np.abs(points[:, : m + s]))
    slack = np.where(np.abs(slack) <= noise, 0.0, np.maximum(slack, 0.0))
    slack[batch.status != 0] = np.nan
    return Slacks(batch.value, batch.tail, slack[:, :m], slack[:, m:], WX, WY, batch.column, batch.weight, batch.status)


def _bounded(
    technology: Technology,
    points: FloatArray,
    weights: FloatArray,
    limit: FloatArray,
    labels: Sequence[str],
    workers: int,
) -> tuple[FloatArray, Batch]:
    """Solve with more rows, which hold inputs above and outputs (taken negatively) above their limits.

    Returns
    -------
    columns : array (n, d + q)
    batch : Batch
    """
    rows = np.flatnonzero(np.isfinite(limit).any(axis=0))
    P = technology.columns
    columns, floor = np.hstack([P, -P[:, rows]]), np.hstack([points, limit[:, rows]])
    wide = np.hstack([weights, np.zeros((len(points), len(rows)))])
    if technology.rts in CONVEX:
        equality = np.append(technology.equality, np.zeros(len(rows), dtype=bool))
        return columns, maximise_sum(
            columns, floor, wide, equality=equality, above=True, labels=labels, workers=workers
        )
    solve = discrete.hull_total if technology.rts == "fdh" else discrete.whole_total
    return columns, discrete.above(solve(columns, floor, wide, None, labels), columns, floor, wide)


def slack_weighting(
    kind: str, X: FloatArray, Y: FloatArray, reference_x: FloatArray, reference_y: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the weights of a published measure, arrays (k, m) and (k, s).

    Measures without variation get weight zero in ``normalised``, ``ram`` and ``bam``: their slack is zero.

    A zero has no share of itself: its weight in ``mip`` is zero.
    """
    word = one_of(kind, WEIGHTINGS, "weights")
    m, s = X.shape[1], Y.shape[1]
    if word == "raw":
        return np.ones_like(X), np.ones_like(Y)
    if word == "mip":
        return _inverse(X), _inverse(Y)
    if word == "normalised":
        return (
            np.broadcast_to(_inverse(reference_x.std(axis=0, ddof=1)), X.shape),
            np.broadcast_to(_inverse(reference_y.std(axis=0, ddof=1)), Y.shape),
        )
    if word == "ram":
        return (
            np.broadcast_to(_inverse(np.ptp(reference_x, axis=0)) / (m + s), X.shape),
            np.broadcast_to(_inverse(np.ptp(reference_y, axis=0)) / (m + s), Y.shape),
        )
    return _inverse(X - reference_x.min(axis=0)) / (m + s), _inverse(reference_y.max(axis=0) - Y) / (m + s)


@door("an additive measure", signs="any", rows=("slack_limits",), matrices=("weights",))
def additive(
    units: Units,
    *,
    rts: str,
    weights: str | npt.ArrayLike = "raw",
    slack_limits: Mapping[str, npt.ArrayLike] | None = None,
    reference: Units | None = None,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return each unit's largest weighted sum of slacks.

    Use it to find all inefficiency at once, without choosing between inputs and outputs; units are efficient exactly
    when the sum is zero. ``raw`` depends on the measures of the data, the others do not.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    weights : {"raw", "mip", "normalised", "ram", "bam"} or array
        Array of shape (m + s,) or (n, m + s), inputs first. ``bam`` holds targets inside the observed range, as
        its authors require without convexity.
    slack_limits : mapping of str to float or array (n,), optional
        The most that an input may be cut or an output raised, in its own measure: one number, or one per unit. What
        cannot be changed more than a little in a year is not asked to change more.
    reference : Units, optional
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``inefficiency`` (the sum), ``efficiency`` = 1 − sum for ``ram`` and ``bam``, ``slack …`` per measure.
        ``values`` is a :class:`Slacks`.

    Raises
    ------
    OptionError, DataError, CertificateError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0], [4.0]], [[3.0], [1.0]])
    >>> additive(units, rts="vrs", weights="ram").efficiency.round(6).tolist()
    [1.0, 0.0]
    """
    base = units if reference is None else reference
    technology = Technology.of(base.X, base.Y, rts)
    m, s = len(units.inputs), len(units.outputs)
    lower_x, upper_y = np.full_like(units.X, -np.inf), np.full_like(units.Y, np.inf)
    if isinstance(weights, str):
        WX, WY = slack_weighting(weights, units.X, units.Y, base.X, base.Y)
        kind = weights.lower()
        if kind == "bam" and technology.rts in CONVEX:
            lower_x[:], upper_y[:] = base.X.min(axis=0), base.Y.max(axis=0)
        elif kind == "bam" and technology.rts != "fdh":
            raise OptionError("weights='bam' needs a convex technology or fdh")
    else:
        given = np.asarray(weights, dtype=np.float64)
        if given.shape not in ((m + s,), (len(units), m + s)) or (given < 0).any():
            raise OptionError(f"weights must not be negative and have shape ({m + s},) or ({len(units)}, {m + s})")
        whole = np.broadcast_to(given, (len(units), m + s))
        WX, WY, kind = whole[:, :m], whole[:, m:], "given"
    most = _slack_limits(units, slack_limits or {})
    lower_x, upper_y = np.maximum(lower_x, units.X - most[:, :m]), np.minimum(upper_y, units.Y + most[:, m:])
    limits = (
        {"lower_x": lower_x, "upper_y": upper_y} if np.isfinite(lower_x).any() or np.isfinite(upper_y).any() else {}
    )
    found = largest_slack(technology, units.X, units.Y, WX, WY, **limits, labels=units.names, workers=workers)
    columns: dict[str, npt.ArrayLike] = {"inefficiency": found.total}
    if kind in ("ram", "bam"):
        columns["efficiency"] = found.rest
    columns |= by_column("slack", units.inputs, found.x) | by_column("slack", units.outputs, found.y)
    return MethodResult(
        "Additive measure",
        unit_frame(units, columns),
        found,
        "inefficiency",
        {"rts": technology.rts, "weights": kind, "slack_limits": ", ".join(slack_limits or ())},
        (*(own_value_notes(units) if kind == "mip" else ()), *_issues(units, found.status)),
    )


def _slack_limits(units: Units, slack_limits: Mapping[str, npt.ArrayLike]) -> FloatArray:
    """Return the most each slack may be, array (n, m + s), infinite where nothing is said."""
    columns = [*units.inputs, *units.outputs]
    most = np.full((len(units), len(columns)), np.inf)
    for position in np.flatnonzero(named(units, list(slack_limits), "slack_limits")):
        column = columns[position]
        value = np.asarray(slack_limits[column], dtype=np.float64)
        if value.shape not in ((), (len(units),)) or not (np.isfinite(value) & (value >= 0)).all():
            raise OptionError(
                f"slack_limits: {column!r} takes one number or one per unit ({len(units)}), finite and not negative"
            )
        most[:, position] = value
    return most


def own_value_notes(units: Units) -> tuple[Issue, ...]:
    """Return a note for every value that is not positive: it has no share of itself, and weighs nothing."""
    columns = (*units.inputs, *units.outputs)
    values = units.values(columns)
    return tuple(
        Issue(
            "no-own-share",
            "the value is not positive and has no share of itself: its slack is not counted",
            "weights='ram' or 'bam' count it",
            severity="warning",
            unit=units.names[row],
            column=columns[column],
            value=f"{values[row, column]:g}",
        )
        for row, column in np.argwhere(values <= 0)
    )


def _issues(units: Units, status: npt.NDArray[np.int8]) -> tuple[Issue, ...]:
    return unsolved(
        units,
        status,
        {
            1: "the unit lies outside the reference set, or nothing in it lies within the limits of the slacks",
            2: "the set has no bound on the sum of slacks",
        },
        "use a directional distance for units beyond the reference set",
    )


def _inverse(values: FloatArray) -> FloatArray:
    return np.divide(1.0, values, out=np.zeros_like(values), where=values > 0)

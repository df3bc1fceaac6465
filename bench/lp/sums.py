"""Batches of ``max w·(Pλ), Pλ ≥ b``: slacks, additive measures, least cost, most revenue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from bench.lp.backend import run_backend, scaled_extra, unscaled
from bench.lp.batch import ENCLOSED, EXACT, OPTIMAL, TOLERANCE, Batch, mask, matrix, positions
from bench.lp.proofs.certificate import (
    AMPLE,
    UNIT,
    excess,
    in_parts,
    moved_inside,
    primal_residual,
    reached,
    relative,
    row_measure,
    sign_residual,
    used_columns,
)
from bench.lp.scaling import extreme, moderate, scale
from bench.lp.settling import Answer, settle
from bench.lp.solvers.exact import Columns, Question, exact_row, lowered, maximise
from bench.lp.task import Task
from bench.typing import BoolArray, FloatArray, IntArray, Progress

_TINY = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """A batch of programs as it was given; see :func:`maximise_sum` for the shapes."""

    P: FloatArray
    b: FloatArray
    w: FloatArray
    constrained: BoolArray
    equality: BoolArray
    rays: FloatArray | None
    normal: FloatArray | None
    exclude: IntArray
    computed: bool
    above: bool

    @property
    def moderate(self) -> bool:
        """Whether no coordinate spans so much that rounding could matter."""
        more = [part for part in (self.rays, self.normal) if part is not None]
        return moderate(self.P, self.b, self.w, *more)

    def take(self, rows: IntArray) -> Sums:
        """Return some of the programs."""
        return replace(
            self,
            b=self.b[rows],
            w=self.w[rows],
            rays=None if self.rays is None else self.rays[rows],
            normal=None if self.normal is None else self.normal[rows],
            exclude=self.exclude[rows],
        )


def maximise_sum(
    columns: npt.ArrayLike,
    points: npt.ArrayLike,
    weights: npt.ArrayLike,
    *,
    constrained: npt.ArrayLike | None = None,
    equality: npt.ArrayLike | None = None,
    rays: npt.ArrayLike | None = None,
    normal: npt.ArrayLike | None = None,
    exclude: npt.ArrayLike | None = None,
    computed: bool = False,
    above: bool = False,
    labels: Sequence[str] = (),
    workers: int = 1,
    progress: Progress | None = None,
) -> Batch:
    """Solve ``max w_o·(Pλ) subject to Pλ ≥ b_o + t r_o, a_o·(Pλ) = 1, λ ≥ 0, t ≥ 0`` for many programs.

    Parameters
    ----------
    columns : array (n, d)
        The common columns, one per row.
    points : array (k, d)
        b of each program.
    weights : array (k, d) or (d,)
        w of each program.
    constrained : array (d,) of bool, optional
        Rows with a constraint; the others enter the objective and the normalisation only. All by default.
    equality : array (d,) of bool, optional
        Constrained rows that hold with equality.
    rays : array (k, d) or (d,), optional
        r; without it there is no t.
    normal : array (k, d) or (d,), optional
        a; without it there is no normalisation.
    exclude : array (k,) of int, optional
        Column that this program may not use, −1 for none.
    computed : bool
        Whether points come out of a computation, as projections on a frontier do: rounding has put them a little inside
        or outside, so rows hold if they hold within 1e-12 of their terms. Otherwise points are the numbers they are.
    above : bool
        Whether the sum counts from the point: ``value`` is ``w_o·(Pλ − b_o)`` then, as exact as that is, however small
        beside the terms that cancel. A sum of zero is exactly zero.
    labels, workers, progress
        As in :func:`maximise_ray`.

    Returns
    -------
    Batch
        ``value`` is the objective, ``ray`` is t (NaN without ``rays``), ``dual`` the prices of the constrained rows.

    Raises
    ------
    CertificateError
        When an optimum is too large or too small for a double; the message names the program.

    Examples
    --------
    The cheapest way to make at least 1 when the first coordinate is −x and costs 3 a piece:

    >>> maximise_sum([[-2.0, 1.0], [-4.0, 1.0]], [[0.0, 1.0]], [3.0, 0.0], constrained=[False, True]).value
    array([-6.])
    """
    P = matrix(columns, None, "columns")
    d = P.shape[1]
    b = matrix(points, d, "points")
    k = len(b)
    kept = mask(constrained, d, True, "constrained")
    given = Sums(
        P,
        b,
        matrix(weights, d, "weights", rows=k),
        kept,
        mask(equality, d, False, "equality") & kept,
        None if rays is None else matrix(rays, d, "rays", rows=k),
        None if normal is None else matrix(normal, d, "normal", rows=k),
        positions(exclude, k, len(P), "exclude"),
        computed,
        above,
    )
    batch = _solve(given, workers, progress)
    _make_sure(given, batch)
    if above:
        batch.value[:] -= (given.w * given.b).sum(axis=1)
    return settle(batch, lambda rows: certify(given, batch, workers, rows), _in_whole_numbers(given, batch), labels)


def _in_whole_numbers(given: Sums, batch: Batch) -> Callable[[int], Answer]:
    """Return what solves one of the programs exactly, beginning with the columns that were found to be in use.

    The objective is a row of its own, along which β is maximised, and the normalisation another.
    """
    d = given.P.shape[1]
    kept = np.flatnonzero(given.constrained)
    one, zero = Fraction(1), Fraction(0)
    units = [[Fraction(int(i == j)) for j in range(d)] for i in kept.tolist()]
    plain = Columns(given.P)
    equality = given.equality[kept].tolist() + [False] + [True] * (given.normal is not None)

    def solve(program: int) -> Answer:
        rows, g = [*units, exact_row(given.w[program])], [zero] * len(kept)
        b = exact_row(given.b[program, kept])
        if given.computed:
            b = lowered(b, equality)
        if given.normal is not None:
            rows.append(exact_row(given.normal[program]))
        rest = [zero] * (given.normal is not None)
        ray = None
        if given.rays is not None:
            ray = [-value for value in exact_row(given.rays[program, kept])] + [zero] + rest
        question = Question(
            [*b, zero, *[one for _ in rest]], [*g, one, *rest], equality, ray, int(given.exclude[program])
        )
        found = maximise(plain.through(rows), question, batch.column[program].tolist())
        if given.above and found.status == "optimal":
            level = zip(exact_row(given.w[program]), exact_row(given.b[program]), strict=True)
            found = replace(found, value=found.value - sum((w * b for w, b in level), zero))
        prices = [zero] * d
        for place, price in zip(kept.tolist(), found.prices, strict=False):
            prices[place] = price
        return Answer(found, found.extra if given.rays is not None else found.value, prices, found.weights)

    return solve


def _solve(given: Sums, workers: int, progress: Progress | None) -> Batch:
    """Solve by the kernel: the objective becomes a row of its own, along which β is maximised.

    The objective's row and the normalisation's are sums of the stored coordinates with each program's own weights;
    where the weights are common they are stored instead, and neighbours can share a basis.
    """
    k, d = given.b.shape
    more = [values for values in (given.w, given.rays, given.normal) if values is not None]
    if extreme(given.P, given.b, *more):
        return Batch.unsure(k, d + 1 + (given.normal is not None))
    common = given.normal is None and k > 0 and bool((given.w == given.w[0]).all())
    extra_rows = 1 + (given.normal is not None)
    P = np.zeros((len(given.P), d + extra_rows))
    P[:, :d] = given.P
    b = np.zeros((k, d + extra_rows))
    b[:, :d] = np.where(given.constrained, given.b, 0.0)
    g = np.zeros_like(b)
    g[:, d] = 1.0
    kinds = np.concatenate([np.where(given.constrained, given.equality.astype(np.int64), 2), np.zeros(1, np.int64)])
    if given.normal is not None:
        kinds = np.append(kinds, 1)
        b[:, d + 1] = 1.0
    if common:
        P[:, d] = given.P @ given.w[0]
    scaled = scale(P, b, g, kinds)
    extra = None
    if given.rays is not None:
        ray = np.zeros_like(b)
        ray[:, :d] = -np.where(given.constrained, given.rays, 0.0)
        extra = scaled_extra(scaled, ray, d + extra_rows)
    mixes, mixed = (None, None) if common else _mixes(given, scaled.row, scaled.size)
    task = Task(given.exclude, extra, mixes, mixed)
    none = np.full(k, -1, dtype=np.int64)
    answers = run_backend(scaled, task, none, reducible=False, workers=workers, progress=progress)
    whole = unscaled(scaled, answers, d + extra_rows, task)
    batch = replace(whole, dual=np.ascontiguousarray(whole.dual[:, :d]))
    # The kernel prices the objective's row too; prices are wanted per unit of the objective.
    unit = np.where(np.isfinite(whole.dual[:, d]), whole.dual[:, d], 1.0)
    batch.dual[:] = np.where(given.constrained, batch.dual / np.where(unit != 0, unit, 1.0)[:, None], 0.0)
    return _without_ray(batch, given)


def _mixes(given: Sums, row: FloatArray, size: int) -> tuple[FloatArray, IntArray]:
    """Return the weights of the objective's row and the normalisation's in the kernel's measures."""
    k, d = given.b.shape
    parts = [given.w] if given.normal is None else [given.w, given.normal]
    mixes = np.zeros((k, len(parts), size))
    for place, weights in enumerate(parts):
        mixes[:, place, :d] = weights * (row[d + place] / row[:d])
    return mixes, np.arange(d, d + len(parts), dtype=np.int64)


def _without_ray(batch: Batch, given: Sums) -> Batch:
    """Take the variable t out of the columns in use."""
    is_ray = batch.column == len(given.P)
    if given.rays is None:
        batch.ray[:] = np.nan
        return batch
    batch.ray[:] = np.where(batch.status == OPTIMAL, np.where(is_ray, batch.weight, 0.0).sum(axis=1), np.nan)
    batch.weight[is_ray] = 0.0
    batch.column[is_ray] = -1
    return batch


def _make_sure(given: Sums, batch: Batch) -> None:
    """Take what is below zero off prices; where a basis may not be feasible, put intensities near it that are.

    A normalisation does not matter to that where points are zero: all may be multiplied by any number.
    """
    loose = given.constrained & ~given.equality
    np.maximum(batch.dual, 0.0, out=batch.dual, where=loose)
    who = np.flatnonzero((batch.status == OPTIMAL) & np.isinf(batch.slip))
    scaled = given.normal is not None
    if not len(who) or given.computed or (scaled and given.b.any()) or (given.rays is not None and not scaled):
        return
    measure = row_measure(given.P)
    weight, base = batch.weight[who].T.copy(), given.b[who]
    if given.rays is not None:
        base = given.rays[who]
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = np.nan_to_num(weight / batch.ray[who], posinf=0.0)
    used = used_columns(np.ascontiguousarray((given.P / measure).T), batch.column[who].T)
    w = given.w[who].T * measure[:, None]
    worth = (used * w[:, None]).sum(axis=0)
    kept = given.constrained
    rows = np.concatenate([used[kept], worth[None]])
    b = np.concatenate([(base / measure).T[kept], np.zeros((1, len(who)))])
    along = np.zeros_like(b)
    along[-1] = 1.0
    fixed = np.append(given.equality[kept], False)
    moved, low = reached(rows, b, along, weight, fixed)
    unit = (len(w) + 6) * UNIT
    terms = used * moved
    size = np.abs(terms).sum(axis=1)
    spread = unit * (np.abs(w) * size).sum(axis=0)
    low = low - spread
    if given.normal is not None:
        a = given.normal[who].T * measure[:, None]
        total, terms_a = (a * terms.sum(axis=1)).sum(axis=0), unit * (np.abs(a) * size).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            low = np.where(total > 2 * terms_a, (low - np.abs(low) * unit) / (total - np.sign(-low) * terms_a), -np.inf)
            moved = np.where(total > 0, moved / np.where(total > 0, total, 1.0), moved)
            ray = np.where(total > 0, 1.0 / np.where(total > 0, total, 1.0), batch.ray[who])
        low = np.where(np.isnan(low), -np.inf, low)
    good = np.isfinite(low)
    batch.weight[who[good]] = moved.T[good]
    if given.rays is not None:
        batch.ray[who[good]] = ray[good]
    value = np.maximum(batch.value[who], low)
    batch.value[who[good]] = value[good]
    batch.slip[who] = np.where(good, value - low, np.inf)


def certify(given: Sums, batch: Batch, workers: int = 1, rows: IntArray | None = None) -> tuple[FloatArray, IntArray]:
    """Prove a batch in numpy against the data that were passed in.

    The prices bound the optimum from above, roundings counted; what the rows fall short, at the prices found, says how
    far below the optimum may lie. The distance counts relative to the value itself, however small beside its terms;
    only where points are computed it counts relative to those.

    Parameters
    ----------
    given : Sums
    batch : Batch
    workers : int
    rows : array of int, optional
        Programs to prove; all of them by default.

    Returns
    -------
    residual : array (k, 3)
        Primal residual, dual residual and gap; NaN without an optimum.
    doubtful : array of int
        Programs without a proven optimum, but for those that are exactly known to have none.
    """
    if rows is not None:
        given, batch = given.take(rows), batch.take(rows)
    out = np.full((len(given.b), 3), np.nan)
    measure = row_measure(given.P)
    columns = np.ascontiguousarray((given.P / measure).T)

    def prove(part: slice) -> None:
        solved = (batch.status[part] == OPTIMAL) & np.isfinite(batch.dual[part]).all(axis=1)
        who = np.arange(part.start, part.stop)[solved]
        if len(who):
            out[who] = _residuals(given, columns, measure[:, None], batch, who)

    in_parts(prove, len(given.b), workers)
    out[(batch.route == EXACT) & (batch.status == OPTIMAL), 2] = 0.0
    # A computed point is itself known no better than this.
    close = TOLERANCE if given.computed else ENCLOSED
    proven = (out[:, :2].max(axis=1) <= TOLERANCE) & (out[:, 2] <= close)
    return out, np.flatnonzero(~proven & ((batch.route != EXACT) | (batch.status == OPTIMAL)))


def _above(
    given: Sums,
    columns: FloatArray,
    measure: FloatArray,
    rows: IntArray,
    q: FloatArray,
    own: FloatArray,
    share: FloatArray,
    free: BoolArray,
) -> FloatArray:
    """Return a bound of the optimum from above, roundings counted; infinite where none is shown.

    Prices are moved to where no column gains, the normalisation's with them.
    """
    w, b = given.w[rows].T * measure, np.where(given.constrained[:, None], given.b[rows].T / measure, 0.0)
    moved = moved_inside(q, columns, given.constrained, free, share)
    prices, terms = [moved, w], [columns, columns]
    if given.normal is not None:
        a = given.normal[rows].T * measure
        step = 4.0 * share + 8.0 * (len(q) + 4) * UNIT
        own = own + step * np.abs(own)
        prices, terms = [*prices, -own * a], [*terms, columns]
    # Weights and prices stand side by side: their sum would be rounded once more. That a product was is counted, as one
    # term more than there are.
    gain = excess(np.vstack(prices), np.vstack(terms), given.exclude[rows])
    unit = (len(q) + 4) * UNIT
    bound = own - (moved * b).sum(axis=0) + unit * (np.abs(own) + np.abs(moved * b).sum(axis=0))
    return np.where(gain > 0, np.inf, bound)


def _residuals(given: Sums, columns: FloatArray, measure: FloatArray, batch: Batch, rows: IntArray) -> FloatArray:
    kept = given.constrained[:, None]
    b = np.where(kept, given.b[rows].T / measure, 0.0)
    w, q, value = given.w[rows].T * measure, batch.dual[rows].T * measure, batch.value[rows]
    if given.above:
        value = value + (given.w[rows] * given.b[rows]).sum(axis=1)
    free = given.equality | ~given.constrained
    sign = sign_residual(q, free)
    np.maximum(q, 0.0, out=q, where=~free[:, None])
    used = used_columns(columns, batch.column[rows].T)
    weight = batch.weight[rows].T.copy()
    terms = used * weight
    made = terms.sum(axis=1)
    size = np.abs(terms, out=terms).sum(axis=1)
    moved, along = np.zeros_like(b), np.zeros(len(rows))
    if given.rays is not None:
        moved, along = np.where(kept, given.rays[rows].T / measure, 0.0), batch.ray[rows]
    primal = primal_residual(np.where(kept[:, None], used, 0.0), b, moved, along, weight, given.equality)
    primal = np.maximum(primal, relative((w * made).sum(axis=0) - value, np.abs(w * made).sum(axis=0)))
    worth = -(q * b).sum(axis=0)
    unit = (len(q) + 4) * UNIT
    # What rows may fall short, and what the objective misses, in units of the objective.
    short = b + moved * along - made
    np.abs(short, out=short, where=given.equality[:, None])
    short = np.abs(q) * (np.maximum(short, 0.0) + unit * (size + np.abs(b) + np.abs(moved * along)) * (q != 0))
    miss = unit * (np.abs(w) * size).sum(axis=0) + np.abs((w * made).sum(axis=0) - value)
    miss += short.sum(axis=0) if given.computed else batch.slip[rows]
    price, own = w + q, np.zeros(len(rows))
    if given.normal is not None:
        # The normalisation's price is what the other rows leave of the objective.
        a = given.normal[rows].T * measure
        own = value - worth
        primal = np.maximum(primal, relative((a * made).sum(axis=0) - 1.0, np.abs(a * made).sum(axis=0)))
        price = price - own * a
        miss += np.abs(own) * (np.abs((a * made).sum(axis=0) - 1.0) + unit * (np.abs(a) * size).sum(axis=0))
    share = excess(price, columns, given.exclude[rows])
    dual = np.maximum(share, sign)
    if given.rays is not None:
        parts = np.abs(q * moved).sum(axis=0)
        along_ray = np.maximum(-(q * moved).sum(axis=0), 0.0)
        dual = np.maximum(dual, np.divide(along_ray, parts, out=np.zeros_like(parts), where=parts > 0))
    with np.errstate(over="ignore", invalid="ignore"):
        if given.computed or (given.rays is not None and given.moderate):
            gap = 0.0 if given.normal is not None else np.abs(value - worth) + unit * np.abs(q * b).sum(axis=0)
            gap = gap + share * AMPLE * (np.abs(price) * size).sum(axis=0)
        elif given.rays is not None:
            gap = np.full(len(rows), np.inf)
        else:
            gap = _above(given, columns, measure, rows, q, own, share, free) - value
        gap = np.abs(gap) + miss
        scale = np.abs(w * made).sum(axis=0) if given.computed else np.abs(value)
        if given.above:
            net = batch.value[rows]
            gap += unit * np.abs(given.w[rows] * given.b[rows]).sum(axis=1) + UNIT * np.abs(value)
            scale = np.minimum(np.abs(net), np.abs(1.0 - net))
        gap = gap / np.maximum(scale, _TINY)
    return np.stack([primal, dual, np.where(np.isfinite(gap), gap, np.inf)], axis=1)

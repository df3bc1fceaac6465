"""Batches of ``max w·(Pλ), Pλ ≥ b``: slacks, additive measures, least cost, most revenue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.lp.backend import run_backend, scaled_extra, unscaled
from bench.lp.batch import OPTIMAL, TOLERANCE, Batch, mask, matrix, positions
from bench.lp.certificate import (
    dual_residual,
    in_parts,
    primal_residual,
    relative,
    row_measure,
    sign_residual,
    used_columns,
)
from bench.lp.general import Answer, settle, solve_sum
from bench.lp.scaling import scale
from bench.lp.task import Task
from bench.typing import BoolArray, FloatArray, IntArray, Progress


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
    labels, workers, progress
        As in :func:`maximise_ray`.

    Returns
    -------
    Batch
        ``value`` is the objective, ``ray`` is t (NaN without ``rays``), ``dual`` the prices of the constrained rows.

    Raises
    ------
    CertificateError
        When no solver gives an answer that passes its own proof; the message names the program.

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
    )
    batch = _solve(given, workers, progress)

    def again(program: int, label: str) -> Answer:
        return solve_sum(
            given.P, given.b[program], given.w[program], given.constrained, given.equality,
            None if given.rays is None else given.rays[program],
            None if given.normal is None else given.normal[program], int(given.exclude[program]), label,
        )  # fmt: skip

    return settle(batch, lambda: certify(given, batch, workers), again, labels)


def _solve(given: Sums, workers: int, progress: Progress | None) -> Batch:
    """Solve by the kernel: the objective becomes a row of its own, along which β is maximised.

    The objective's row and the normalisation's are sums of the stored coordinates with each program's own weights;
    where the weights are common they are stored instead, and neighbours can share a basis.
    """
    k, d = given.b.shape
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
    batch = Batch(
        whole.value, whole.column, whole.weight, np.ascontiguousarray(whole.dual[:, :d]), whole.ray, whole.status,
        whole.route, whole.residual,
    )  # fmt: skip
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


def certify(given: Sums, batch: Batch, workers: int = 1) -> tuple[FloatArray, IntArray]:
    """Prove a batch in numpy against the data that were passed in.

    Returns
    -------
    residual : array (k, 3)
        Primal residual, dual residual and gap; NaN without an optimum.
    doubtful : array of int
        Programs without a proven optimum; those HiGHS has found to have none stay among them.
    """
    out = np.full((len(given.b), 3), np.nan)
    measure = row_measure(given.P)
    columns = np.ascontiguousarray((given.P / measure).T)

    def prove(part: slice) -> None:
        solved = (batch.status[part] == OPTIMAL) & np.isfinite(batch.dual[part]).all(axis=1)
        rows = np.arange(part.start, part.stop)[solved]
        if len(rows):
            out[rows] = _residuals(given, columns, measure[:, None], batch, rows)

    in_parts(prove, len(given.b), workers)
    return out, np.flatnonzero(~(out.max(axis=1) <= TOLERANCE))


def _residuals(given: Sums, columns: FloatArray, measure: FloatArray, batch: Batch, rows: IntArray) -> FloatArray:
    kept = given.constrained[:, None]
    b = np.where(kept, given.b[rows].T / measure, 0.0)
    w, q, value = given.w[rows].T * measure, batch.dual[rows].T * measure, batch.value[rows]
    used = used_columns(columns, batch.column[rows].T)
    weight = batch.weight[rows].T.copy()
    made = np.einsum("dwk,wk->dk", used, weight)
    moved, along = np.zeros_like(b), np.zeros(len(rows))
    if given.rays is not None:
        moved, along = np.where(kept, given.rays[rows].T / measure, 0.0), batch.ray[rows]
    primal = primal_residual(np.where(kept[:, None], used, 0.0), b, moved, along, weight, given.equality)
    primal = np.maximum(primal, relative((w * made).sum(axis=0) - value, np.abs(w * made).sum(axis=0)))
    worth = -(q * b).sum(axis=0)
    price = w + q
    if given.normal is not None:
        # The normalisation's price is what the other rows leave of the objective.
        a = given.normal[rows].T * measure
        primal = np.maximum(primal, relative((a * made).sum(axis=0) - 1.0, np.abs(a * made).sum(axis=0)))
        price = price - (value - worth) * a
        worth = value
    free = given.equality | ~given.constrained
    dual = np.maximum(dual_residual(price, columns, given.exclude[rows]), sign_residual(q, free))
    if given.rays is not None:
        terms = np.abs(q * moved).sum(axis=0)
        along_ray = np.maximum(-(q * moved).sum(axis=0), 0.0)
        dual = np.maximum(dual, np.divide(along_ray, terms, out=np.zeros_like(terms), where=terms > 0))
    gap = relative(value - worth, value, np.abs(q * b).sum(axis=0))
    return np.stack([primal, dual, gap], axis=1)

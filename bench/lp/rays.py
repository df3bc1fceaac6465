"""Batches of ``max β, Pλ ≥ b + βg``: scores, distances and super-efficiency in any direction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bench.lp.backend import REDUCE_ABOVE, Task, run_backend, scaled_extra, unscaled
from bench.lp.batch import (
    HIGHS,
    INFEASIBLE,
    OPTIMAL,
    TOLERANCE,
    UNBOUNDED,
    Batch,
    BoolArray,
    FloatArray,
    IntArray,
    Progress,
    label_of,
    mask,
    matrix,
    positions,
)
from bench.lp.certificate import (
    PROGRAMS,
    Proof,
    own_residual,
    primal_residual,
    relative,
    row_measure,
    sign_residual,
    used_columns,
)
from bench.lp.general import solve_ray
from bench.lp.scaling import scale


def maximise_ray(
    columns: npt.ArrayLike,
    points: npt.ArrayLike,
    directions: npt.ArrayLike,
    *,
    equality: npt.ArrayLike | None = None,
    own: npt.ArrayLike | None = None,
    exclude: npt.ArrayLike | None = None,
    extra: npt.ArrayLike | None = None,
    labels: Sequence[str] = (),
    workers: int = 1,
    progress: Progress | None = None,
) -> Batch:
    """Solve ``max β subject to Pλ ≥ b_o + β g_o, λ ≥ 0`` for many programs with common columns.

    Parameters
    ----------
    columns : array (n, d)
        The common columns, one per row.
    points : array (k, d)
        b of each program.
    directions : array (k, d) or (d,)
        g of each program. A zero leaves the row where it is.
    equality : array (d,) of bool, optional
        Rows that hold with equality (a convexity row).
    own : array (k,) of int, optional
        Column that equals the program's point, −1 for none. When every column is the point of some program and no
        direction is negative, columns with β > 0 carry no weight elsewhere, and the kernel leaves them out (exact).
    exclude : array (k,) of int, optional
        Column that this program may not use, −1 for none.
    extra : array (k, d), optional
        One more column that only this program has; position n in the answer.
    labels : sequence of str
        Names of the programs, for errors.
    workers : int
        Threads; the answers have the same bytes for any number.
    progress : callable, optional
        Called with ``("solve", done, total)``.

    Returns
    -------
    Batch
        ``value`` is β; ``dual`` is q with ``q · g = 1``.

    Raises
    ------
    CertificateError
        When no solver gives an answer that passes its own proof; the message names the program.

    Examples
    --------
    >>> P = [[-2.0, 1.0, 1.0], [-3.0, 2.0, 1.0]]
    >>> found = maximise_ray(P, [[-4.0, 1.5, 1.0]], [4.0, 0.0, 0.0], equality=[False, False, True])
    >>> found.value.round(6), found.weight.round(6)
    (array([0.375]), array([[0.5, 0.5, 0. ]]))
    """
    P = matrix(columns, None, "columns")
    b = matrix(points, P.shape[1], "points")
    g = matrix(directions, P.shape[1], "directions", rows=len(b))
    fixed = mask(equality, P.shape[1], False, "equality")
    left_out = positions(exclude, len(b), len(P), "exclude")
    private = None if extra is None else matrix(extra, P.shape[1], "extra", rows=len(b))
    mine = positions(own, len(b), len(P), "own")
    batch, kept = _solve(P, b, g, fixed, mine, left_out, private, workers, progress)
    batch.residual[:], doubtful = certify(P, b, g, fixed, left_out, private, batch, mine, kept)
    for program in doubtful:
        resolve(batch, int(program), P, b, g, fixed, left_out, private, labels)
    if len(doubtful):
        batch.residual[:], _ = certify(P, b, g, fixed, left_out, private, batch, mine, kept)
    return batch.freeze()


def _solve(
    P: FloatArray,
    b: FloatArray,
    g: FloatArray,
    equality: BoolArray,
    own: IntArray,
    exclude: IntArray,
    extra: FloatArray | None,
    workers: int,
    progress: Progress | None,
) -> tuple[Batch, IntArray | None]:
    """Solve a batch by the kernel, without proof; also return which columns were kept when dominated ones were not."""
    if extra is None and len(P) > REDUCE_ABOVE and (exclude >= 0).any() and (exclude == own)[exclude >= 0].all():
        return _leave_one_out(P, b, g, equality, own, exclude, workers, progress)
    d = P.shape[1]
    scaled = scale(P, b, g, equality.astype(np.int64))
    task = Task(exclude, None if extra is None else scaled_extra(scaled, extra, d))
    reducible = (
        extra is None
        and not (exclude >= 0).any()
        and len(own) == len(P)
        and np.array_equal(np.sort(own), np.arange(len(P)))
        and bool((g >= 0).all())
        and not g[:, equality].any()
    )
    answers = run_backend(scaled, task, own, reducible=reducible, workers=workers, progress=progress)
    kept = answers.kept if reducible and len(answers.kept) < len(P) else None
    return unscaled(scaled, answers, d, task), kept


def _leave_one_out(
    P: FloatArray,
    b: FloatArray,
    g: FloatArray,
    equality: BoolArray,
    own: IntArray,
    exclude: IntArray,
    workers: int,
    progress: Progress | None,
) -> tuple[Batch, IntArray | None]:
    """Solve with all columns first: a program that carries no weight on its own column needs no second look."""
    none = np.full(len(own), -1, dtype=np.int64)
    first, kept = _solve(P, b, g, equality, own, none, None, workers, progress)
    uses = ((first.column == exclude[:, None]) & (first.column >= 0)).any(axis=1)
    again = np.flatnonzero(uses | (first.status != OPTIMAL))
    if len(again):
        scaled = scale(P, b[again], g[again], equality.astype(np.int64))
        answers = run_backend(scaled, Task(exclude[again]), none[again], reducible=False, workers=workers)
        second = unscaled(scaled, answers, P.shape[1])
        for name in Batch.__slots__:
            getattr(first, name)[again] = getattr(second, name)
    return first, kept


def resolve(
    batch: Batch,
    program: int,
    P: FloatArray,
    b: FloatArray,
    g: FloatArray,
    equality: BoolArray,
    exclude: IntArray,
    extra: FloatArray | None,
    labels: Sequence[str],
) -> None:
    """Solve one program by HiGHS and write the answer into the batch."""
    columns = P if extra is None else np.vstack([P, extra[program]])
    answer = solve_ray(columns, b[program], g[program], equality, int(exclude[program]), label_of(labels, program))
    batch.status[program], batch.route[program] = answer.status, HIGHS
    batch.value[program] = batch.ray[program] = answer.value + 0.0
    batch.column[program], batch.weight[program] = -1, 0.0
    batch.dual[program] = np.nan
    if answer.status == OPTIMAL and answer.column is not None and answer.dual is not None:
        order = np.sort(np.argsort(-np.asarray(answer.weight), kind="stable")[: batch.column.shape[1]])
        batch.column[program, : len(order)] = answer.column[order]
        batch.weight[program, : len(order)] = np.asarray(answer.weight)[order]
        batch.dual[program] = answer.dual


def certify(
    P: FloatArray,
    b: FloatArray,
    g: FloatArray,
    equality: BoolArray,
    exclude: IntArray,
    extra: FloatArray | None,
    batch: Batch,
    own: IntArray | None = None,
    kept: IntArray | None = None,
) -> tuple[FloatArray, IntArray]:
    """Prove a batch in numpy against the data that were passed in.

    With ``kept``, prices are tested against those columns only, which proves as much: each other column is shown to be
    dominated by its own program, whose combination of kept columns with β > 0 lies above it in every row. Prices that
    no kept column contradicts are then contradicted by no other. Programs that leave a
    column out of those in use are tested against all.

    Returns
    -------
    residual : array (k, 3)
        Primal residual, dual residual and gap; NaN without an optimum.
    doubtful : array of int
        Programs whose answer is not proven: a residual above the tolerance, or an unproven claim of infeasibility.
    """
    residual = np.full((len(b), 3), np.nan)
    measure = row_measure(P)
    columns, scaled_extra_ = P / measure, None if extra is None else extra / measure
    whole = _needs_all(columns, b / measure, g / measure, equality, exclude, batch, own, kept)
    proof = Proof(columns, equality, columns if kept is None else np.ascontiguousarray(columns[kept]))
    for start in range(0, len(b), PROGRAMS):
        rows = slice(start, start + PROGRAMS)
        private = None if scaled_extra_ is None else scaled_extra_[rows]
        part = Batch(*(getattr(batch, name)[rows] for name in Batch.__slots__))
        residual[rows] = _residuals(
            proof, b[rows] / measure, g[rows] / measure, exclude[rows], private, part, measure, whole[rows]
        )
    infeasible = batch.status == INFEASIBLE
    proven = residual.max(axis=1) <= TOLERANCE
    residual[batch.status != OPTIMAL] = np.nan
    doubtful = np.flatnonzero(~proven & ((batch.route != HIGHS) | ~(infeasible | (batch.status == UNBOUNDED))))
    return residual, doubtful


def _residuals(
    proof: Proof,
    b: FloatArray,
    g: FloatArray,
    exclude: IntArray,
    extra: FloatArray | None,
    batch: Batch,
    measure: FloatArray,
    whole: BoolArray,
) -> FloatArray:
    """Return the residuals of a part; for infeasible programs those of the proof that nothing is feasible."""
    q = np.where(np.isfinite(batch.dual), batch.dual, 0.0) * measure
    found = batch.status == OPTIMAL
    value = np.where(found, batch.value, 0.0)
    used = used_columns(proof.columns, batch.column, extra)
    out = np.zeros((len(b), 3))
    out[:, 0] = np.where(found, primal_residual(used, b, g, value, batch.weight, proof.equality), 0.0)
    along, size = (q * g).sum(axis=1), np.abs(q * g).sum(axis=1)
    reduced = proof.dual(q, exclude, whole)
    if extra is not None:
        reduced = np.maximum(reduced, own_residual(q, extra))
    largest = np.abs(q).sum(axis=1) * np.abs(g).max(axis=1, initial=0.0)
    normal = np.where(found, relative(along - 1.0, size), np.abs(along) / np.where(largest > 0, largest, 1.0))
    out[:, 1] = np.maximum(np.maximum(reduced, normal), sign_residual(q, proof.equality))
    worth = (q * b).sum(axis=1)
    terms = np.abs(q * b).sum(axis=1)
    # A ray q with q·p ≤ 0 for all columns, q·g = 0 and q·b > 0 proves that no λ and β are feasible.
    refuted = np.where(worth > 1e-7 * np.maximum(terms, 1e-300), 0.0, 1.0)
    out[:, 2] = np.where(found, relative(value + worth, value, terms), refuted)
    return np.where((found | (batch.status == INFEASIBLE))[:, None], out, np.inf)


def _needs_all(
    columns: FloatArray,
    b: FloatArray,
    g: FloatArray,
    equality: BoolArray,
    exclude: IntArray,
    batch: Batch,
    own: IntArray | None,
    kept: IntArray | None,
) -> BoolArray:
    """Return which programs' prices must be tested against every column, array (k,) of bool."""
    if kept is None or own is None:
        return np.ones(len(b), dtype=bool)
    inside = np.zeros(len(columns), dtype=bool)
    inside[kept] = True
    shown = inside.copy()
    plain = (batch.status == OPTIMAL) & (batch.value > 0) & (own >= 0)
    for start in range(0, len(b), PROGRAMS):
        rows = np.arange(start, min(start + PROGRAMS, len(b)))
        rows = rows[plain[rows]]
        used = (batch.column[rows] < 0) | (batch.weight[rows] == 0) | inside[np.maximum(batch.column[rows], 0)]
        rows = rows[used.all(axis=1)]
        combination = used_columns(columns, batch.column[rows])
        short = primal_residual(combination, b[rows], g[rows], batch.value[rows], batch.weight[rows], equality)
        shown[own[rows[short <= TOLERANCE]]] = True
    if not shown.all():
        return np.ones(len(b), dtype=bool)
    uses = (batch.column == exclude[:, None]) & (exclude >= 0)[:, None]
    return np.asarray((exclude >= 0) & (inside[np.maximum(exclude, 0)] | uses.any(axis=1)))

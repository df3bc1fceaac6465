"""Batches of ``max β, Pλ ≥ b + βg``: scores, distances and super-efficiency in any direction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bench.lp.batch import (
    HIGHS,
    OPTIMAL,
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
from bench.lp.certificate import dual_residual, own_residual, primal_residual, relative, sign_residual, used_columns
from bench.lp.general import solve_ray


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
    batch = Batch.empty(len(b), P.shape[1], P.shape[1])
    for program in range(len(b)):
        resolve(batch, program, P, b, g, fixed, left_out, private, labels)
    batch.residual[:] = certify(P, b, g, fixed, left_out, private, batch)
    if progress is not None:
        progress("solve", len(b), len(b))
    return batch.freeze()


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
) -> FloatArray:
    """Return primal residual, dual residual and gap of every program with an optimum, array (k, 3), else NaN."""
    residual = np.full((len(b), 3), np.nan)
    rows = np.flatnonzero(batch.status == OPTIMAL)
    if not len(rows):
        return residual
    q, beta = batch.dual[rows], batch.value[rows]
    private = None if extra is None else extra[rows]
    used = used_columns(P, batch.column[rows], private)
    residual[rows, 0] = primal_residual(used, b[rows], g[rows], beta, batch.weight[rows], equality)
    normal = relative((q * g[rows]).sum(axis=1) - 1.0, np.abs(q * g[rows]).sum(axis=1))
    reduced = dual_residual(q, P, exclude[rows])
    if private is not None:
        reduced = np.maximum(reduced, own_residual(q, private))
    residual[rows, 1] = np.maximum(np.maximum(reduced, normal), sign_residual(q * _size(P), equality))
    residual[rows, 2] = relative(beta + (q * b[rows]).sum(axis=1), beta, np.abs(q * b[rows]).sum(axis=1))
    return residual


def _size(P: FloatArray) -> FloatArray:
    """Return the mean size of each row, so that prices of rows in different measures can be compared, array (d,)."""
    return np.asarray(np.abs(P).mean(axis=0))

"""The same programs against many sets of columns: laid out once, and proven several sets at a time.

Resampling moves the columns and leaves the programs where they are. One call per set spends more on preparing and
proving than on solving.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench.lp.backend import compiled_engine
from bench.lp.batch import TOLERANCE
from bench.lp.certificate import FAINT, primal_residual, relative, row_measure, sign_residual
from bench.lp.scaling import neighbour_order, scale
from bench.typing import BoolArray, FloatArray, IntArray

_TINY = 1e-300


def maximise_ray_repeated(
    columns: npt.ArrayLike, points: npt.ArrayLike, directions: npt.ArrayLike, equality: npt.ArrayLike
) -> tuple[FloatArray, BoolArray]:
    """Solve ``max β subject to Pλ ≥ b + βg, λ ≥ 0`` for the same points and many P.

    Parameters
    ----------
    columns : array (sets, n, d)
    points, directions : array (k, d)
        b and g, as in :func:`bench.lp.maximise_ray`.
    equality : array (d,) of bool

    Returns
    -------
    value : array (sets, k)
        β; NaN without an optimum.
    proven : array (sets, k) of bool
        Whether the optimum passed its proof. What did not is for :func:`bench.lp.maximise_ray` to settle; all of it
        where the compiled kernel is not available.

    Examples
    --------
    >>> P = [[[-2.0, 1.0], [-3.0, 1.0]], [[-1.0, 1.0], [-3.0, 1.0]]]
    >>> value, proven = maximise_ray_repeated(P, [[-4.0, 1.0]], [[4.0, 0.0]], [False, False])
    >>> value.round(6).tolist(), bool(proven.all())
    ([[0.5], [0.75]], True)
    """
    P, b = np.asarray(columns, dtype=np.float64), np.asarray(points, dtype=np.float64)
    g, fixed = np.asarray(directions, dtype=np.float64), np.asarray(equality, dtype=bool)
    count, n, d = P.shape
    k = len(b)
    engine = compiled_engine()
    if engine is None:
        return np.full((count, k), np.nan), np.zeros((count, k), dtype=bool)
    scaled = scale(P.reshape(-1, d), b, g, fixed.astype(np.int64))
    # Similar columns stand together, and programs follow their neighbours: both as in the first set.
    laid = scaled.columns.reshape(count, n, scaled.size)
    place, order = neighbour_order(laid[0]), neighbour_order(scaled.points, scaled.directions)
    found = engine.solve_sets(scaled, laid[:, place], order)
    good = found.status == 0
    # A basis holds positions of columns, or negative codes of slacks and β.
    taken = (found.basis >= 0) & good[:, :, None]
    column = np.where(taken, place[np.clip(found.basis, 0, n - 1)], 0)
    factor = scaled.column.take(column + (np.arange(count) * n)[:, None, None])
    program = scaled.program[order]
    weight = np.where(taken, np.maximum(found.basic, 0.0) * factor / program[:, None], 0.0)
    prices = np.where(good[:, :, None], found.prices[:, :, :d] * (scaled.row * program[:, None]), 0.0)
    reached = np.where(good, found.value, 0.0)
    residual = _residual(P, b[order], g[order], fixed, reached, column, weight, prices)
    value, proven = np.full((count, k), np.nan), np.zeros((count, k), dtype=bool)
    value[:, order] = np.where(good, reached, np.nan) + 0.0
    proven[:, order] = good & (residual <= TOLERANCE)
    return value, proven


def _residual(
    columns: FloatArray,
    points: FloatArray,
    along: FloatArray,
    equality: BoolArray,
    value: FloatArray,
    column: IntArray,
    weight: FloatArray,
    prices: FloatArray,
) -> FloatArray:
    """Return the largest of primal residual, dual residual and gap of every program, array (sets, k).

    The same proof as :func:`bench.lp.rays.certify`, against the unscaled columns (sets, n, d).
    """
    count, n, d = columns.shape
    k = len(points)
    measure = row_measure(columns.reshape(-1, d))
    P = columns / measure
    across = np.tile(np.ascontiguousarray((points / measure).T), count)
    g = np.tile(np.ascontiguousarray((along / measure).T), count)
    flat = value.reshape(-1)
    base = np.ascontiguousarray(P.reshape(-1, d).T)
    place = column + (np.arange(count) * n)[:, None, None]
    used = base.take(place.reshape(count * k, -1).T, axis=1)
    worst = primal_residual(used, across, g, flat, weight.reshape(count * k, -1).T.copy(), equality)
    scaled = prices * measure
    q = np.ascontiguousarray(scaled.reshape(count * k, d).T)
    earned, worth = q * g, q * across
    normal = relative(earned.sum(axis=0) - 1.0, np.abs(earned).sum(axis=0))
    gap = relative(flat + worth.sum(axis=0), flat, np.abs(worth).sum(axis=0))
    worst = np.maximum(np.maximum(worst, normal), np.maximum(gap, sign_residual(q, equality)))
    # Only what is positive can contradict the prices; it is judged against its own terms.
    row, against = np.divmod(np.flatnonzero(scaled @ P.transpose(0, 2, 1) > 0), n)
    terms = q.take(row, axis=1)
    terms *= base.take(row // k * n + against, axis=1)
    gain = terms.sum(axis=0)
    least = FAINT * np.abs(q).sum(axis=0)[row] * np.abs(base).max(axis=0)[row // k * n + against]
    gain /= np.maximum(np.abs(terms, out=terms).sum(axis=0), np.maximum(least, _TINY))
    np.maximum.at(worst, row, gain)
    return np.asarray(worst.reshape(count, k))

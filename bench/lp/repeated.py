"""The same programs against many sets of columns: laid out once, and proven several sets at a time.

Resampling moves the columns and leaves the programs where they are. One call per set spends more on preparing and
proving than on solving.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.lp.backend import compiled_engine
from bench.lp.batch import ENCLOSED, TOLERANCE
from bench.lp.certificate import (
    UNIT,
    both_signs,
    enclosed,
    excess,
    lifted,
    off_one,
    primal_residual,
    reached,
    row_measure,
    shares,
    simple_inner,
    spent,
)
from bench.lp.scaling import extreme, neighbour_order, scale
from bench.typing import BoolArray, FloatArray, IntArray


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
    if engine is None or extreme(P.reshape(-1, d), b, g):
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
    reached_to = np.where(good, found.value, 0.0)
    answers = Answers(fixed, reached_to, np.where(good, found.slip, np.inf), column, weight, prices)
    proven_so = _proven(P, b[order], g[order], answers)
    value, proven = np.full((count, k), np.nan), np.zeros((count, k), dtype=bool)
    value[:, order] = np.where(good, answers.value, np.nan) + 0.0
    proven[:, order] = good & proven_so
    return value, proven


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Answers by set and program, in the caller's measures: value and slip (sets, k), basis and prices (sets, k, …)."""

    equality: BoolArray
    value: FloatArray
    slip: FloatArray
    column: IntArray
    weight: FloatArray
    prices: FloatArray


def _proven(columns: FloatArray, points: FloatArray, along: FloatArray, answers: Answers) -> BoolArray:
    """Return which programs are proven, array (sets, k); values are raised to what is sure to be reached.

    The same proof as :func:`bench.lp.rays.certify`, against the unscaled columns (sets, n, d).
    """
    count, n, d = columns.shape
    k, equality = len(points), answers.equality
    measure = row_measure(columns.reshape(-1, d))
    P = columns / measure
    across = np.tile(np.ascontiguousarray((points / measure).T), count)
    g = np.tile(np.ascontiguousarray((along / measure).T), count)
    flat, slip = answers.value.reshape(-1), answers.slip.reshape(-1)
    base = np.ascontiguousarray(P.reshape(-1, d).T)
    place = answers.column + (np.arange(count) * n)[:, None, None]
    used = base.take(place.reshape(count * k, -1).T, axis=1)
    weight = answers.weight.reshape(count * k, -1).T.copy()
    who = np.flatnonzero(np.isinf(slip))
    if len(who):
        weight[:, who], beta = reached(used[:, :, who], across[:, who], g[:, who], weight[:, who], equality)
        flat[who] = np.maximum(flat[who], beta)
        slip[who] = flat[who] - beta
    primal = primal_residual(used, across, g, flat, weight, equality)
    scaled = answers.prices * measure
    q = np.ascontiguousarray(scaled.reshape(count * k, d).T)
    np.maximum(q, 0.0, out=q, where=~equality[:, None])
    unit = (d + 2) * UNIT
    # What may be above zero, roundings counted, is judged against its own terms.
    least = -unit * np.abs(q).sum(axis=0).max(initial=0.0) * np.abs(base).max(initial=0.0)
    row, against = np.divmod(np.flatnonzero(scaled @ P.transpose(0, 2, 1) > least), n)
    terms = q.take(row, axis=1)
    terms *= base.take(row // k * n + against, axis=1)
    share = np.zeros(count * k)
    np.maximum.at(share, row, shares(terms))
    with np.errstate(over="ignore", invalid="ignore"):
        low = np.where(np.isfinite(slip), flat - slip, flat)
        if both_signs(base):
            q, spending = _moved(q, base, share, equality, n)
        else:
            spending = share * spent(q, base, across, g * low, equality)
    gap = enclosed(q, across, g, flat, slip, spending)
    good = (primal <= TOLERANCE) & (share <= TOLERANCE) & (off_one(q, g) <= TOLERANCE) & (gap <= ENCLOSED)
    return np.asarray(good.reshape(count, k))


def _moved(
    q: FloatArray, base: FloatArray, share: FloatArray, equality: BoolArray, n: int
) -> tuple[FloatArray, FloatArray]:
    """Return prices at which no column of its own set gains, and zeros; infinity where that is not shown.

    Where a row has columns of both signs it does not limit what they gain.
    """
    inner = simple_inner(base, equality)
    gained = np.full(q.shape[1], np.inf)
    if inner is None:
        return q, gained
    q = lifted(q, inner, base, share)
    programs = q.shape[1] // (base.shape[1] // n)
    for start in range(0, base.shape[1], n):
        part = slice(start // n * programs, (start // n + 1) * programs)
        gained[part] = excess(np.ascontiguousarray(q[:, part]), np.ascontiguousarray(base[:, start : start + n]))
    return q, np.where(gained > 0, np.inf, 0.0)

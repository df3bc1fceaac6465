"""The same points against many sets: what resampling asks for, laid out and proven several sets at a time.

A bootstrap moves the reference set and leaves the points where they are. One call per set spends more on preparing
and proving than on solving; here what the sets share is prepared once, and the answers of a block of sets are proven
together. What is not proven is asked again, one set at a time, through :meth:`Technology.ray`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.envelopment.technology import CONVEX, Technology
from bench.lp.batch import TOLERANCE
from bench.lp.certificate import primal_residual, relative, row_measure, sign_residual

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

#: Points times columns of one set above which a call per set costs no more.
_LARGE = 1 << 19
#: Points times columns that are proven together: bounds the memory, and does not depend on the number of workers.
_TOGETHER = 1 << 18
_TINY = 1e-300


@cache
def _parts() -> Any:
    """Return the compiled kernel and what lays out its work; ``None`` where it is not available."""
    try:
        from bench.lp import engine, kernel, records, scaling
    except ImportError:
        return None
    return engine, kernel, records, scaling


def repeated_distances(
    rts: str,
    side: str,
    XR: FloatArray,
    YR: FloatArray,
    X: FloatArray,
    Y: FloatArray,
    labels: Sequence[str] = (),
) -> FloatArray:
    """Return the distances of points to many reference sets.

    Parameters
    ----------
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    side : {"input", "output"}
    XR, YR : array (sets, n, m), (sets, n, s)
        The reference sets.
    X, Y : array (k, m), (k, s)
        The points.
    labels : sequence of str
        Their names, for errors.

    Returns
    -------
    array (sets, k)
        One over Farrell's input efficiency, or Farrell's output score: at least one inside the set. NaN where no
        combination of the set can be compared with the point.

    Examples
    --------
    >>> one = np.ones((2, 2, 1))
    >>> repeated_distances("crs", "input", one * [[[1.0], [2.0]], [[2.0], [4.0]]], one, one[0] * 4, one[0])
    array([[4., 4.],
           [2., 2.]])
    """
    shape = Technology.of(XR[0], YR[0], rts)
    points = shape.points(X, Y)
    along = shape.directions(X, 0 * Y) if side == "input" else shape.directions(0 * X, Y)
    columns = np.concatenate([-XR, YR], axis=2)
    if (pad := points.shape[1] - columns.shape[2]) > 0:
        columns = np.concatenate(
            [columns, np.broadcast_to(shape.columns[:1, -pad:], (*columns.shape[:2], pad))], axis=2
        )
    parts, cells = _parts(), len(points) * columns.shape[1]
    beta = np.full((len(columns), len(points)), np.nan)
    proven = np.zeros(beta.shape, dtype=bool)
    if parts is not None and shape.rts in CONVEX and cells <= _LARGE:
        step = max(1, _TOGETHER // cells)
        for start in range(0, len(columns), step):
            rows = slice(start, start + step)
            beta[rows], proven[rows] = _together(parts, columns[rows], points, along, shape.equality)
    for number in np.flatnonzero(~proven.all(axis=1)):
        rest = np.flatnonzero(~proven[number])
        names = [labels[int(row)] for row in rest] if len(labels) else []
        found = Technology.of(XR[number], YR[number], rts).ray(points[rest], along[rest], labels=names)
        beta[number, rest] = found.value
    return np.asarray(1.0 / (1.0 - beta) if side == "input" else 1.0 + beta)


def _together(
    parts: Any, columns: FloatArray, points: FloatArray, along: FloatArray, equality: BoolArray
) -> tuple[FloatArray, BoolArray]:
    """Return β and whether it is proven, arrays (sets, k), for columns (sets, n, d)."""
    engine, kernel, records, scaling = parts
    count, n, d = columns.shape
    k = len(points)
    scaled = scaling.scale(columns.reshape(-1, d), points, along, equality.astype(np.int64))
    size = scaled.size
    laid = scaled.columns.reshape(count, n, size)
    # Similar columns stand together, and programs follow their neighbours: both as in the first set.
    place = scaling.neighbour_order(laid[0])
    order = scaling.neighbour_order(scaled.points, scaled.directions)
    laid = laid[:, place]
    programs = records.Programs(
        points=scaled.points[order],
        directions=scaled.directions[order],
        mixes=np.zeros((1, 0, size)),
        extras=np.zeros((1, size)),
        kinds=scaled.kinds,
        mixed=np.zeros(0, np.int64),
        left_out=np.full(k, -1, np.int64),
        has_extra=False,
    )
    found = records.Found(
        value=np.full((count, k), np.nan),
        prices=np.zeros((count, k, size)),
        basis=np.zeros((count, k, size), np.int64),
        basic=np.zeros((count, k, size)),
        status=np.full((count, k), records.UNSURE, np.int64),
    )
    own, tally = np.full(k, -1, np.int64), np.zeros(8, np.int64)
    scratch = None
    for number in range(count):
        store = engine.make_store(laid[number])
        if scratch is None:
            scratch = records.workspace(size, len(store.P), engine.RING, engine.POOL)
        scratch[0].ring_id.fill(-1)
        answers = records.Found(*(values[number] for values in found))
        kernel.run(store, False, own, programs, *scratch, answers, tally, size)
    good = found.status == records.FOUND
    # A basis holds positions of columns, or negative codes of slacks and β.
    taken = (found.basis >= 0) & good[:, :, None]
    column = np.where(taken, place[np.clip(found.basis, 0, n - 1)], 0)
    factor = scaled.column.take(column + (np.arange(count) * n)[:, None, None])
    program = scaled.program[order]
    weight = np.where(taken, np.maximum(found.basic, 0.0) * factor / program[:, None], 0.0)
    prices = np.where(good[:, :, None], found.prices[:, :, :d] * (scaled.row * program[:, None]), 0.0)
    value = np.where(good, found.value, 0.0)
    residual = _residual(columns, points[order], along[order], equality, value, column, weight, prices)
    beta, proven = np.full((count, k), np.nan), np.zeros((count, k), dtype=bool)
    beta[:, order] = np.where(good, value, np.nan) + 0.0
    proven[:, order] = good & (residual <= TOLERANCE)
    return beta, proven


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
    gain /= np.maximum(np.abs(terms, out=terms).sum(axis=0), _TINY)
    np.maximum.at(worst, row, gain)
    return np.asarray(worst.reshape(count, k))

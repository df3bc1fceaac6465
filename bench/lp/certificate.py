"""The proof of a batch in numpy: primal residual, dual residual and gap, each relative to the terms it is made of."""

from __future__ import annotations

import numpy as np

from bench.lp.batch import BoolArray, FloatArray, IntArray

#: Programs × columns per block of the dual test: the block of reduced costs stays in cache.
_BLOCK = 1 << 19
#: A reduced cost above this share of the largest possible one is looked at term by term.
_LOOK = 1e-13


def used_columns(columns: FloatArray, column: IntArray, extra: FloatArray | None = None) -> FloatArray:
    """Return the columns in use, array (k, w, d); position n is the program's own extra column."""
    if extra is None:
        return columns[np.maximum(column, 0)]
    used = columns[np.clip(column, 0, len(columns) - 1)]
    return np.where((column == len(columns))[:, :, None], extra[:, None, :], used)


def own_residual(prices: FloatArray, extra: FloatArray) -> FloatArray:
    """Return ``q · p`` of each program's extra column relative to its own terms, or 0 where not positive, array (k,)."""
    terms = prices * extra
    size = np.abs(terms).sum(axis=1)
    return np.divide(np.maximum(terms.sum(axis=1), 0.0), size, out=np.zeros(len(prices)), where=size > 0)


def primal_residual(
    used: FloatArray,
    points: FloatArray,
    directions: FloatArray,
    along: FloatArray,
    weight: FloatArray,
    equality: BoolArray,
) -> FloatArray:
    """Return how far ``Pλ ≥ b + βg`` fails, relative to the terms of each row.

    Parameters
    ----------
    used : array (k, w, d)
        Columns in use.
    points, directions : array (k, d)
    along : array (k,)
        β.
    weight : array (k, w)
        Their intensities; 0 for places not in use.
    equality : array (d,) of bool

    Returns
    -------
    array (k,)
    """
    terms = used * weight[:, :, None]
    moved = directions * along[:, None]
    surplus = terms.sum(axis=1) - points - moved
    size = np.abs(terms).sum(axis=1) + np.abs(points) + np.abs(moved)
    short = np.where(equality, np.abs(surplus), np.maximum(-surplus, 0.0))
    worst = np.divide(short, size, out=np.zeros_like(short), where=size > 0).max(axis=1, initial=0.0)
    negative = np.maximum(-weight, 0.0).max(axis=1, initial=0.0)
    total = np.abs(weight).sum(axis=1)
    return np.asarray(np.maximum(worst, np.divide(negative, total, out=np.zeros_like(negative), where=total > 0)))


def dual_residual(prices: FloatArray, columns: FloatArray, exclude: IntArray | None = None) -> FloatArray:
    """Return the largest ``q · p_j`` over all columns, relative to its own terms, or 0 when none is positive.

    Parameters
    ----------
    prices : array (k, d)
    columns : array (n, d)
    exclude : array (k,) of int, optional
        A column that does not count for this program, −1 for none.

    Returns
    -------
    array (k,)
    """
    count = len(prices)
    worst = np.zeros(count)
    if not count or not len(columns):
        return worst
    size = np.abs(columns).max(axis=1)
    unit = np.ascontiguousarray((columns / np.where(size > 0, size, 1.0)[:, None]).T)
    step = max(1, _BLOCK // len(columns))
    threshold = _LOOK * np.abs(prices).sum(axis=1)
    for start in range(0, count, step):
        block = prices[start : start + step]
        reduced = block @ unit
        if exclude is not None:
            rows = np.flatnonzero(exclude[start : start + step] >= 0)
            reduced[rows, exclude[start + rows]] = -np.inf
        suspects = np.flatnonzero(reduced.max(axis=1) > threshold[start : start + step])
        for row in suspects:
            hit = np.flatnonzero(reduced[row] > threshold[start + row])
            terms = unit[:, hit].T * block[row]
            worst[start + row] = np.max(terms.sum(axis=1) / np.abs(terms).sum(axis=1))
    return np.maximum(worst, 0.0)


def sign_residual(prices: FloatArray, free: BoolArray) -> FloatArray:
    """Return how far prices of inequalities are below zero, relative to the program's largest price, array (k,)."""
    negative = np.where(free, 0.0, np.maximum(-prices, 0.0)).max(axis=1, initial=0.0)
    size = np.abs(prices).max(axis=1, initial=0.0)
    return np.asarray(np.divide(negative, size, out=np.zeros_like(negative), where=size > 0))


def relative(difference: FloatArray, *terms: FloatArray) -> FloatArray:
    """Return ``|difference|`` as a share of the sum of the terms' sizes, at least of one."""
    size = np.maximum(sum(np.abs(term) for term in terms), 1.0)
    return np.asarray(np.abs(difference) / size)

"""The proof of a batch in numpy: primal residual, dual residual and gap, each relative to the terms it is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.lp.batch import BoolArray, FloatArray, IntArray

#: Rows whose terms are below this share of the program's mean row are judged against that share.
_NOISE = 1e-6
#: Programs per part: bounds the memory of the primal test.
PROGRAMS = 1 << 14
#: Programs × columns × rows per block of the dual test: it stays in cache, and the matrix product in one thread, where
#: waking others costs more than it saves.
_TERMS = 900_000
_ROWS = 4


def used_columns(columns: FloatArray, column: IntArray, extra: FloatArray | None = None) -> FloatArray:
    """Return the columns in use, array (k, w, d); position n is the program's own extra column."""
    if extra is None:
        return columns[np.maximum(column, 0)]
    used = columns[np.clip(column, 0, len(columns) - 1)]
    return np.where((column == len(columns))[:, :, None], extra[:, None, :], used)


def own_residual(prices: FloatArray, extra: FloatArray) -> FloatArray:
    """Return ``q · p`` of each program's extra column relative to its own terms, 0 where not positive, array (k,)."""
    terms = prices * extra
    size = np.abs(terms).sum(axis=1)
    return np.asarray(np.divide(np.maximum(terms.sum(axis=1), 0.0), size, out=np.zeros(len(prices)), where=size > 0))


def primal_residual(
    used: FloatArray,
    points: FloatArray,
    directions: FloatArray,
    along: FloatArray,
    weight: FloatArray,
    equality: BoolArray,
) -> FloatArray:
    """Return how far ``Pλ ≥ b + βg`` fails, relative to the terms of each row; rows in measures that compare.

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
    own = np.abs(points) + np.abs(moved)
    size = np.abs(terms).sum(axis=1) + own
    # A row in which the program has nothing, or next to nothing, has no size of its own: rounding would be all of it.
    typical = own.mean(axis=1, keepdims=True)
    size = np.maximum(size, np.where(own > 0, _NOISE, 1.0) * typical)
    short = np.where(equality, np.abs(surplus), np.maximum(-surplus, 0.0))
    worst = np.divide(short, size, out=np.zeros_like(short), where=size > 0).max(axis=1, initial=0.0)
    negative = np.maximum(-weight, 0.0).max(axis=1, initial=0.0)
    total = np.abs(weight).sum(axis=1)
    return np.asarray(np.maximum(worst, np.divide(negative, total, out=np.zeros_like(negative), where=total > 0)))


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """The dual half of the certificates of a batch: prices against columns.

    Attributes
    ----------
    columns : array (n, d)
        All columns, in row measures of about one.
    equality : array (d,) of bool
    kept : array (n', d)
        Columns that are enough for most programs.
    """

    columns: FloatArray
    equality: BoolArray
    kept: FloatArray

    def dual(self, prices: FloatArray, exclude: IntArray, whole: BoolArray) -> FloatArray:
        """Return the largest ``q · p_j`` relative to its own terms, or 0 where none is positive, array (k,).

        ``whole`` says which programs are tested against all columns, those they leave out aside.
        """
        out = np.zeros(len(prices))
        out[~whole] = dual_residual(prices[~whole], self.kept)
        out[whole] = dual_residual(prices[whole], self.columns, exclude[whole])
        return out


def row_measure(columns: FloatArray) -> FloatArray:
    """Return the mean size of each row's coordinates (one for empty rows), array (d,): then rows compare."""
    mean = np.abs(columns).mean(axis=0)
    return np.where(mean > 0, mean, 1.0)


def dual_residual(prices: FloatArray, columns: FloatArray, exclude: IntArray | None = None) -> FloatArray:
    """Return the largest ``q · p_j`` over all columns, relative to its own terms, or 0 where none is positive.

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
    worst = np.zeros(len(prices))
    if not len(prices) or not len(columns):
        return worst
    across = np.ascontiguousarray(columns.T)
    step = max(_ROWS, _TERMS // columns.size)
    for start in range(0, len(prices), step):
        block = prices[start : start + step]
        gain = block @ across
        # Only what is positive can contradict the prices; it is judged against its own terms.
        row, column = np.divmod(np.flatnonzero(gain > 0), len(columns))
        if exclude is not None:
            kept = exclude[start + row] != column
            row, column = row[kept], column[kept]
        terms = block[row] * columns[column]
        np.maximum.at(worst, start + row, terms.sum(axis=1) / np.abs(terms).sum(axis=1))
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

"""The proof of a batch in numpy: primal residual, dual residual and gap, each relative to the terms it is made of.

Arrays hold one program per *column* here, (d, k): sums and maxima over the few coordinates are then vector operations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from bench.typing import BoolArray, FloatArray, IntArray

#: Rows whose terms are below this share of the program's mean row are judged against that share.
_NOISE = 1e-6
#: Gains are judged against this share of the sizes of prices and column at least: where all a column has is met by
#: prices that are rounding, its terms are rounding too.
FAINT = 1e-5
#: Programs per part: bounds the memory of the proof.
PROGRAMS = 1 << 13
#: Programs × columns × rows per block of the dual test: it stays in cache, and the matrix product in one thread, where
#: waking others costs more than it saves.
_TERMS = 900_000
#: Products looked through together: fewer and longer steps, so that threads do not wait for each other's turn.
_GATHERED = 8
#: Programs per block at least: fewer are not worth the matrix product's preparation of the columns.
_ROWS = 16
#: Below so many programs × columns, double precision at once costs less than looking twice.
_FEW = 1 << 15
#: Unit roundoff of single precision.
_SINGLE = 2.0**-24
_TINY = 1e-300


def in_parts(prove: Callable[[slice], None], programs: int, workers: int) -> None:
    """Call ``prove`` on the programs part by part, in threads when there are several workers."""
    parts = [slice(start, min(start + PROGRAMS, programs)) for start in range(0, programs, PROGRAMS)]
    if workers == 1 or len(parts) < 2:
        for part in parts:
            prove(part)
        return
    with ThreadPoolExecutor(workers if workers > 0 else None) as threads:
        list(threads.map(prove, parts))


def used_columns(columns: FloatArray, column: IntArray, extra: FloatArray | None = None) -> FloatArray:
    """Return the columns in use.

    Parameters
    ----------
    columns : array (d, n)
    column : array (w, k) of int
        −1 for none; position n is the program's own extra column.
    extra : array (d, k), optional

    Returns
    -------
    array (d, w, k)
    """
    if extra is None:
        return columns.take(column, axis=1, mode="clip")
    return np.where(column == columns.shape[1], extra[:, None, :], columns.take(column, axis=1, mode="clip"))


def own_residual(prices: FloatArray, extra: FloatArray) -> FloatArray:
    """Return ``q · p`` of each program's extra column relative to its own terms, 0 where not positive, array (k,)."""
    terms = prices * extra
    least = FAINT * np.abs(prices).sum(axis=0) * np.abs(extra).max(axis=0, initial=0.0)
    size = np.maximum(np.abs(terms).sum(axis=0), np.maximum(least, _TINY))
    return np.asarray(np.maximum(terms.sum(axis=0), 0.0) / size)


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
    used : array (d, w, k)
        Columns in use.
    points, directions : array (d, k)
    along : array (k,)
        β.
    weight : array (w, k)
        Their intensities; 0 for places not in use.
    equality : array (d,) of bool

    Returns
    -------
    array (k,)
    """
    terms = used * weight
    surplus = terms.sum(axis=1)
    size = np.abs(terms, out=terms).sum(axis=1)
    moved = directions * along
    surplus -= points
    surplus -= moved
    own = np.abs(points)
    own += np.abs(moved, out=moved)
    size += own
    # A row in which the program has nothing, or next to nothing, has no size of its own: rounding would be all of it.
    np.maximum(size, np.where(own > 0, _NOISE, 1.0) * own.mean(axis=0), out=size)
    np.negative(surplus, out=surplus, where=~equality[:, None])
    np.abs(surplus, out=surplus, where=equality[:, None])
    np.maximum(surplus, 0.0, out=surplus)
    # Where there is no size, there is nothing short either.
    surplus /= np.maximum(size, _TINY)
    worst = surplus.max(axis=0, initial=0.0)
    least = weight.min(axis=0, initial=0.0)
    if not (least < 0).any():
        return np.asarray(worst)
    return np.asarray(np.maximum(worst, -least / np.maximum(np.abs(weight).sum(axis=0), _TINY)))


def row_measure(columns: FloatArray) -> FloatArray:
    """Return the mean size of each coordinate of columns (n, d), one where it is empty: then coordinates compare."""
    mean = np.abs(columns).mean(axis=0)
    return np.where(mean > 0, mean, 1.0)


def dual_residual(prices: FloatArray, columns: FloatArray, exclude: IntArray | None = None) -> FloatArray:
    """Return the largest ``q · p_j`` over all columns, relative to its own terms, or 0 where none is positive.

    Parameters
    ----------
    prices : array (d, k)
    columns : array (d, n)
    exclude : array (k,) of int, optional
        A column that does not count for this program, −1 for none.

    Returns
    -------
    array (k,)
    """
    programs, width = prices.shape[1], columns.shape[1]
    worst = np.zeros(programs)
    if not programs or not width:
        return worst
    by_column = np.ascontiguousarray(columns.T)
    by_program = np.ascontiguousarray(prices.T)
    total, size = np.abs(prices).sum(axis=0), np.abs(columns).max(axis=0)
    for program, column in _suspects(by_program, by_column):
        if exclude is not None:
            kept = exclude[program] != column
            program, column = program[kept], column[kept]
        # Only what is positive can contradict the prices; it is judged against its own terms.
        terms = (by_program.take(program, axis=0) * by_column.take(column, axis=0)).T.copy()
        gain = terms.sum(axis=0)
        least = total[program] * size[column]
        gain /= np.maximum(np.abs(terms, out=terms).sum(axis=0), np.maximum(FAINT * least, _TINY))
        np.maximum.at(worst, program, gain)
    return worst


def _suspects(prices: FloatArray, columns: FloatArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield programs and columns that may have ``q · p > 0``, from prices (k, d) and columns (n, d).

    Where there are many, the products are taken in single precision first.
    """
    if len(prices) * len(columns) < _FEW:
        program, column = np.nonzero(prices @ columns.T > 0)
        yield program, column
        return
    single, scaled, margin = _in_single(prices, columns)
    width = max(_ROWS, _TERMS // (_ROWS * prices.shape[1]))
    for start in range(0, len(columns), width):
        for program, column in _above(single, np.ascontiguousarray(scaled[start : start + width].T), margin):
            yield program, start + column


def _in_single(
    prices: FloatArray, columns: FloatArray
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], np.float32]:
    """Return prices (k, d) and columns (n, d) in single precision, and what a product must exceed to be positive.

    Prices have sizes that sum to one and columns a largest coordinate of one: rounding the factors and summing d
    products errs by at most d + 3 units of roundoff then, and a pair below minus that is proven not to be positive.
    """
    size, total = np.abs(columns).max(axis=1, keepdims=True), np.abs(prices).sum(axis=1, keepdims=True)
    scaled = (columns / np.maximum(size, _TINY)).astype(np.float32)
    single = (prices / np.maximum(total, _TINY)).astype(np.float32)
    return single, scaled, np.float32(-(prices.shape[1] + 4) * _SINGLE)


def maybe_contradicted(prices: FloatArray, columns: FloatArray) -> BoolArray:
    """Return which prices (k, d) some column (n, d) may contradict: all that do, and a few within rounding.

    Examples
    --------
    >>> maybe_contradicted(np.array([[1.0, 1.0], [1.0, 3.0]]), np.array([[-2.0, 1.0]]))
    array([False,  True])
    """
    single, scaled, margin = _in_single(prices, columns)
    across = np.ascontiguousarray(scaled.T)
    found = np.zeros(len(single), bool)
    step = max(1, _TERMS // across.size)
    for start in range(0, len(single), step):
        found[start : start + step] = (single[start : start + step] @ across).max(axis=1) > margin
    return found


def _above(
    rows: npt.NDArray[np.float32], across: npt.NDArray[np.float32], margin: np.float32
) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield the places in which ``rows @ across`` exceeds the margin, block by block."""
    width = across.shape[1]
    inner = max(1, _TERMS // across.size)
    step = min(len(rows), max(1, _GATHERED * inner))
    products, flags = np.empty((step, width), np.float32), np.zeros(-(-step * width // 8) * 8, bool)
    for start in range(0, len(rows), step):
        block = rows[start : start + step]
        cells = len(block) * width
        flags[cells:] = False
        for first in range(0, len(block), inner):
            part = slice(first, min(first + inner, len(block)))
            np.matmul(block[part], across, out=products[part])
        np.greater(products[: len(block)].reshape(-1), margin, out=flags[:cells])
        # Few are above: eight flags at a time are looked at as one number first.
        word = np.flatnonzero(flags.view(np.uint64) != 0)
        hit, place = np.nonzero(flags.reshape(-1, 8)[word])
        row, column = np.divmod(word[hit] * 8 + place, width)
        yield start + row, column


def sign_residual(prices: FloatArray, free: BoolArray) -> FloatArray:
    """Return how far prices (d, k) of inequalities are below zero, relative to the program's largest, array (k,)."""
    least = prices[~free].min(axis=0, initial=0.0)
    if not (least < 0).any():
        return np.zeros(prices.shape[1])
    return np.asarray(-least / np.maximum(np.abs(prices).max(axis=0, initial=0.0), _TINY))


def relative(difference: FloatArray, *terms: FloatArray) -> FloatArray:
    """Return ``|difference|`` as a share of the sum of the terms' sizes, at least of one."""
    size = np.maximum(sum(np.abs(term) for term in terms), 1.0)
    return np.asarray(np.abs(difference) / size)

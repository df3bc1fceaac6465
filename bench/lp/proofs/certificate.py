"""The proof of a batch in numpy: primal residual, dual residual and gap, each relative to the terms it is made of.

Arrays hold one program per *column* here, (d, k): sums and maxima over the few coordinates are then vector operations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from bench.lp.scaling import power_of_two
from bench.typing import BoolArray, FloatArray, IntArray

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
#: Unit roundoff of double precision.
UNIT = 2.0**-53
_TINY = 1e-300
#: Columns' use of rows at an optimum is taken to be less than so many times that at the solution found, where it is
#: only needed to know whether rounding matters.
AMPLE = 1e3


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
    size += np.abs(points)
    size += np.abs(moved, out=moved)
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
    """Return a power of two near the mean size of each coordinate of columns (n, d): then coordinates compare.

    Dividing by it rounds nothing.
    """
    return np.asarray(1.0 / power_of_two(np.abs(columns).mean(axis=0)))


def excess(
    prices: FloatArray, columns: FloatArray, exclude: IntArray | None = None, extra: FloatArray | None = None
) -> FloatArray:
    """Return the largest ``q · p_j`` over all columns as a share of the column's own terms below zero.

    Roundings are counted: the exact gain of no column is a larger share. It is infinite for a column that gains and
    has no terms below zero.

    Parameters
    ----------
    prices : array (d, k)
    columns : array (d, n)
    exclude : array (k,) of int, optional
        A column that does not count for this program, −1 for none.
    extra : array (d, k), optional
        A column of each program's own.

    Returns
    -------
    array (k,)
    """
    programs, width = prices.shape[1], columns.shape[1]
    worst = np.zeros(programs)
    if extra is not None and programs:
        worst = np.maximum(worst, shares(prices * extra))
    if not programs or not width:
        return worst
    by_column = np.ascontiguousarray(columns.T)
    by_program = np.ascontiguousarray(prices.T)
    for program, column in _suspects(by_program, by_column):
        if exclude is not None:
            kept = exclude[program] != column
            program, column = program[kept], column[kept]
        terms = (by_program.take(program, axis=0) * by_column.take(column, axis=0)).T.copy()
        np.maximum.at(worst, program, shares(terms))
    return worst


def shares(terms: FloatArray) -> FloatArray:
    """Return how far the sums of terms (d, k) may be above zero, as shares of the terms below zero."""
    gain = terms.sum(axis=0)
    np.abs(terms, out=terms)
    size = terms.sum(axis=0)
    below = size - gain
    below *= 0.5
    size *= (len(terms) + 2) * UNIT
    gain += size
    # What is left of the terms below zero after rounding; where there is nothing there is no gain either.
    below -= size
    none = gain <= 0
    with np.errstate(over="ignore"):
        return np.asarray(np.where(none, 0.0, gain / np.where((below > 0) & ~none, below, _TINY)))


def spent(
    prices: FloatArray, columns: FloatArray, points: FloatArray, moved: FloatArray, equality: BoolArray
) -> FloatArray:
    """Return what columns can spend at most, in terms ``q_i p_ij`` below zero, at a solution as good as the one found.

    Where all columns are negative in a row, what they use of it is limited by the row itself; where all are positive
    it is in an equation. No row may have columns of both signs.

    Parameters
    ----------
    prices : array (d, k)
    columns : array (d, n)
        All columns, extra ones included.
    points, moved : array (d, k)
        b, and βg.
    equality : array (d,) of bool

    Returns
    -------
    array (k,)
    """
    high = columns.max(axis=1, initial=0.0)
    limit = np.abs(points + moved) + 4 * UNIT * (np.abs(points) + np.abs(moved))
    total = np.zeros(prices.shape[1])
    for i in range(len(prices)):
        if high[i] <= 0:
            total += np.maximum(prices[i], 0.0) * limit[i]
        elif equality[i]:
            total += np.maximum(-prices[i], 0.0) * limit[i]
    return total


def moved_inside(
    prices: FloatArray, columns: FloatArray, movable: BoolArray, free: BoolArray, share: FloatArray
) -> FloatArray:
    """Return prices near those given, moved to where columns are worth less than nothing.

    Prices of rows in which all columns have one sign are multiplied by a little more than one where their terms are
    below zero and by a little less where they are above. That costs each column a share of its terms, which is what
    rounding has let it gain; whether it does, :func:`excess` says.

    Parameters
    ----------
    prices : array (d, k)
        q.
    columns : array (d, n)
    movable, free : array (d,) of bool
        Rows whose prices may move, and those of which prices may be negative.
    share : array (k,)
        From :func:`excess` of these prices and what else columns are worth.

    Returns
    -------
    array (d, k)
    """
    low, high = columns.min(axis=1, initial=0.0), columns.max(axis=1, initial=0.0)
    sign = np.where(high <= 0, -1.0, np.where(low >= 0, 1.0, 0.0)) * movable
    # Two of them undo what columns gain, the rest is for the rounding of moving and looking again.
    step = 4.0 * share + 8.0 * (len(prices) + 4) * UNIT
    moved = prices * (1.0 - np.sign(prices) * sign[:, None] * step)
    return np.asarray(np.where(free[:, None], moved, np.maximum(moved, 0.0)))


def simple_inner(columns: FloatArray, free: BoolArray) -> FloatArray | None:
    """Return prices (d,) at which every column (d, n) is worth less than nothing, if those of one-signed rows will do.

    Examples
    --------
    >>> simple_inner(np.array([[-1.0, -2.0], [1.0, -1.0]]), np.array([False, False]))
    array([1., 0.])
    """
    low, high = columns.min(axis=1, initial=0.0), columns.max(axis=1, initial=0.0)
    inner = np.where(high <= 0, 1.0, np.where((low >= 0) & free, -1.0, 0.0))
    return inner if ((inner @ columns) < 0).all() else None


def lifted(prices: FloatArray, inner: FloatArray, columns: FloatArray, share: FloatArray) -> FloatArray:
    """Return prices (d, k) with as much of inner ones added as takes from each column what it gains.

    ``share`` is that of :func:`excess`: no column gains more than this share of its terms.
    """
    loss = np.maximum(-(inner @ columns), _TINY)
    with np.errstate(over="ignore"):
        need = share * (np.abs(prices) * (np.abs(columns) / loss).max(axis=1, initial=0.0)[:, None]).sum(axis=0)
        return np.asarray(prices + np.where(np.isfinite(need), 4.0 * need, 0.0) * inner[:, None])


def _suspects(prices: FloatArray, columns: FloatArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield programs and columns that may have ``q · p > 0``, from prices (k, d) and columns (n, d).

    Where there are many, the products are taken in single precision first.
    """
    if len(prices) * len(columns) < _FEW:
        size, total = np.abs(columns).max(axis=1, initial=0.0), np.abs(prices).sum(axis=1)
        slip = -(prices.shape[1] + 2) * UNIT * total[:, None] * size
        program, column = np.nonzero(prices @ columns.T > slip)
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


def reached(
    used: FloatArray, points: FloatArray, along: FloatArray, weight: FloatArray, equality: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Return intensities near those given that are feasible in exact arithmetic, and the β they are sure to reach.

    Where many rows hold with nothing to spare, a basis is not seen to be feasible. All intensities times one number
    often are: a little more than one makes up for outputs that rounding left short, a little less for inputs. One
    column taken once, the point's own above all, is compared without rounding.

    Parameters
    ----------
    used : array (d, w, k)
    points, along : array (d, k)
    weight : array (w, k)
    equality : array (d,) of bool

    Returns
    -------
    weight : array (w, k)
    beta : array (k,)
        Minus infinity where nothing is shown.
    """
    clean = np.where(weight > 1e-12 * weight.max(axis=0, initial=0.0), weight, 0.0)
    single = (clean > 0).sum(axis=0) == 1
    once = single & (np.abs(clean.sum(axis=0) - 1.0) < 1e-9)
    clean = np.where(once & (clean > 0), 1.0, clean)
    terms = used * clean
    total, size = terms.sum(axis=1), np.abs(terms).sum(axis=1)
    unit = (len(weight) + 4) * UNIT
    slip = np.where(once, 0.0, unit) * size
    fixed, still = equality[:, None], along == 0
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        need = np.where(still & (points > 0), points / np.maximum(total - slip, 0.0), 0.0).max(axis=0)
        room = np.where(still & (points < 0), points / (total - slip), np.inf).min(axis=0)
        factor = np.where(once, 1.0, np.where(need > 0, need * (1.0 + 4.0 * unit), room * (1.0 - 4.0 * unit)))
        scaled = factor * total
        error = np.where(once, 0.0, 2.0 * unit) * factor * size
        exact = once & (total == points) & still
        holds = np.where(fixed, exact, np.where(still, scaled - error >= points, along > 0)).all(axis=0)
        beta = np.where(along > 0, (scaled - error - points) / along, np.inf).min(axis=0)
    good = holds & np.isfinite(beta) & np.isfinite(factor)
    return np.where(good, clean * np.where(good, factor, 1.0), weight), np.where(
        good, beta - 8 * UNIT * np.abs(np.where(good, beta, 0.0)), -np.inf
    )


def enclosed(
    prices: FloatArray,
    points: FloatArray,
    along: FloatArray,
    value: FloatArray,
    slip: FloatArray,
    spending: FloatArray,
    itself: bool = False,
) -> FloatArray:
    """Return the relative width of the enclosure of β; infinite where there is none.

    Parameters
    ----------
    prices, points, along : array (d, k)
        q, not negative for inequalities, b and g.
    value, slip : array (k,)
        β, and how far above the exact optimum it may be.
    spending : array (k,)
        Most that columns can gain by these prices: :func:`excess` times :func:`spent`.
    itself : bool
        Whether the width counts relative to β and not to the scores made of it.

    Returns
    -------
    array (k,)
    """
    unit = (len(prices) + 2) * UNIT
    earned, worth = prices * along, prices * points
    per, cost = earned.sum(axis=0), worth.sum(axis=0)
    size, terms = np.abs(earned, out=earned).sum(axis=0), np.abs(worth, out=worth).sum(axis=0)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        most = unit * terms + spending - cost
        above = most / (per - np.where(most > 0, unit, -unit) * size)
        gap = relative_width(value, value - slip, above, itself)
    return np.asarray(np.where((per > 0.5) & np.isfinite(gap), gap, np.inf))


def off_one(prices: FloatArray, along: FloatArray) -> FloatArray:
    """Return how far ``q · g`` is from one, relative to its terms, array (k,)."""
    earned = prices * along
    return relative(earned.sum(axis=0) - 1.0, np.abs(earned).sum(axis=0))


def both_signs(columns: FloatArray) -> bool:
    """Return whether some coordinate of columns (d, n) has both signs."""
    return bool(((columns.min(axis=1, initial=0.0) < 0) & (columns.max(axis=1, initial=0.0) > 0)).any())


def relative_width(value: FloatArray, low: FloatArray, high: FloatArray, itself: bool = False) -> FloatArray:
    """Return the width of an enclosure relative to the scores made of a value: one minus or plus it, or it ``itself``.

    Examples
    --------
    >>> relative_width(np.array([0.5, 0.999]), np.array([0.5, 0.999]), np.array([0.6, 0.9991])).round(3)
    array([0.2, 0.1])
    """
    # A value that its own bound from above contradicts is as far off as that says.
    width = np.maximum(high, value) - np.minimum(np.minimum(low, value), high)
    size = np.minimum(np.abs(value), scores_of(value)) if itself else scores_of(value)
    return np.asarray(np.where(width > 0, width / np.maximum(size, _TINY), 0.0))


def scores_of(value: FloatArray) -> FloatArray:
    """Return the smaller of one minus and one plus a value, as sizes."""
    return np.minimum(np.abs(1.0 - value), np.abs(1.0 + value))


def relative(difference: FloatArray, *terms: FloatArray) -> FloatArray:
    """Return ``|difference|`` as a share of the sum of the terms' sizes, at least of one."""
    size = np.maximum(sum(np.abs(term) for term in terms), 1.0)
    return np.asarray(np.abs(difference) / size)

"""From programs in the caller's measures to padded, scaled arrays for the kernel, and an order of neighbours.

Every factor is a power of two, so scaling does not round anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from bench.typing import FloatArray, IntArray

#: Rows are padded to a multiple of this: the kernel takes so many at a time.
ROWS_AT_A_TIME = 4
_KEY_BITS = 60
#: Coordinates below this count as zero in the order of neighbours; features that vary less are constant.
_ZERO, _CONSTANT = 2.0**-60, 1e-12
#: Between these sizes no product or quotient of two coordinates leaves the range of doubles.
_LEAST, _MOST = 1e-70, 1e70


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """Programs in the kernel's measures: n common columns, k programs, d rows padded to N.

    Attributes
    ----------
    row, column, program : array (d,), (n,), (k,)
        Factors: a column is ``P * row * column``, a program's b and g are multiplied by ``row * program``.
    columns : array (n, N)
    points, directions : array (k, N)
    kinds : array (N,) of int64
        0 inequality, 1 equation, 2 unlimited.
    """

    row: FloatArray
    column: FloatArray
    program: FloatArray
    columns: FloatArray
    points: FloatArray
    directions: FloatArray
    kinds: IntArray

    @property
    def size(self) -> int:
        """Padded number of rows."""
        return len(self.kinds)


def padded_size(rows: int) -> int:
    """Return the number of rows with padding.

    Examples
    --------
    >>> padded_size(7), padded_size(33)
    (8, 36)
    """
    return -(-rows // ROWS_AT_A_TIME) * ROWS_AT_A_TIME


def power_of_two(values: npt.ArrayLike) -> FloatArray:
    """Return the power of two that brings each value into [0.5, 1); one for zero."""
    array = np.asarray(values, dtype=np.float64)
    _, exponent = np.frexp(array)
    return np.where(array > 0, np.ldexp(1.0, -exponent), 1.0)


def scale(P: FloatArray, b: FloatArray, g: FloatArray, kinds: IntArray) -> Scaled:
    """Scale rows by their typical size and columns by their largest coordinate, and pad the rows.

    Parameters
    ----------
    P : array (n, d)
    b, g : array (k, d)
    kinds : array (d,)
    """
    size = np.abs(P)
    used = size > 0
    count = used.sum(axis=0)
    # The logarithm of one stands in for that of zero.
    logs = np.log2(np.where(used, size, 1.0)).sum(axis=0)
    row = power_of_two(np.where(count > 0, np.exp2(logs / np.maximum(count, 1)), 1.0))
    column = _largest_factor(size, row)
    program = column if b is P else _largest_factor(np.abs(b), row)
    d, padded = P.shape[1], padded_size(P.shape[1])

    def pad(values: FloatArray, factor: FloatArray) -> FloatArray:
        out = np.zeros((len(values), padded))
        np.multiply(values, row, out=out[:, :d])
        out[:, :d] *= factor[:, None]
        return out

    all_kinds = np.zeros(padded, dtype=np.int64)
    all_kinds[:d] = kinds
    columns = pad(P, column)
    points = columns if b is P else pad(b, program)
    return Scaled(row, column, program, columns, points, pad(g, program), all_kinds)


#: Coordinates that span less are solved in doubles without a doubt.
_MODERATE = 1e6


def moderate(*arrays: FloatArray, span: float = _MODERATE) -> bool:
    """Return whether no coordinate (last axis) spans more than this: rounding is far from mattering then.

    Examples
    --------
    >>> moderate(np.array([[1.0, 1e-9], [1e5, 0.0]])), moderate(np.array([[1.0], [1e7]]))
    (True, False)
    """
    for values in arrays:
        size = np.abs(values)
        least = np.where(size > 0, size, np.inf).min(axis=0, initial=np.inf)
        if (size.max(axis=0, initial=0.0) > span * least).any():
            return False
    return True


def extreme(*arrays: FloatArray) -> bool:
    """Return whether a coordinate is so large or so small that scaling and prices could leave the range of doubles.

    Examples
    --------
    >>> extreme(np.array([[0.0, 1.0]])), extreme(np.array([[1e-300, 1.0]]))
    (False, True)
    """
    for values in arrays:
        size = np.abs(values)
        if size.max(initial=0.0) > _MOST or np.where(size > 0, size, 1.0).min(initial=1.0) < _LEAST:
            return True
    return False


def _largest_factor(size: FloatArray, row: FloatArray) -> FloatArray:
    """Return the factor of each column or program with these sizes in the scaled rows."""
    # Coordinate by coordinate: a reduction over a short last axis costs several times as much.
    return power_of_two(np.multiply(size.T, row[:, None], order="C").max(axis=0, initial=0.0))


def neighbour_order(points: FloatArray, directions: FloatArray | None = None) -> IntArray:
    """Return an order in which programs with similar solutions stand close together.

    What matters are ratios: a program is the same after multiplying all of it by a number, and after moving its point
    along its direction. So logarithms are taken relative to the last coordinate, and within the coordinates of a
    proportional direction relative to their mean; ranks of these are interleaved bit by bit (Morton 1966).

    Parameters
    ----------
    points : array (k, N)
    directions : array (k, N), optional
        Where it is proportional to the point's own coordinates, moving along it changes nothing.
    """
    count = len(points)
    used = np.flatnonzero(points.any(axis=0))
    if count < 3 or not len(used):
        return np.arange(count, dtype=np.int64)
    sizes = np.abs(points.T[used])
    logs = np.log2(np.maximum(sizes, _ZERO))
    proportional, moved = False, used[:0]
    if directions is not None:
        moved = np.flatnonzero(directions.T[used].any(axis=1))
        proportional = len(moved) > 0 and np.array_equal(np.abs(directions.T[used[moved]]), sizes[moved])
    if proportional:
        logs[moved] -= logs[moved].mean(axis=0)
    rest = logs if _spread_of(logs[-1]) < _CONSTANT else logs - logs[-1]
    if proportional and moved[-1] != len(used) - 1:
        rest[moved] = logs[moved]
    features = rest[_spread_of(rest) >= _CONSTANT]
    return _interleaved(features[: _KEY_BITS // 2]) if len(features) else np.arange(count, dtype=np.int64)


def _spread_of(values: FloatArray) -> FloatArray:
    return np.asarray(values.max(axis=-1) - values.min(axis=-1))


def _interleaved(features: FloatArray) -> IntArray:
    """Return the order of the interleaved ranks of features (width, count)."""
    width, count = features.shape
    below = count.bit_length()
    bits = max(1, min((_KEY_BITS - below) // width, below))
    ranked = _sorted_positions(features)
    spread = _spread_ranks(count, bits, width)
    key: IntArray = np.zeros(count, dtype=np.int64)
    for j in range(width):
        key[ranked[j]] |= spread << (width - 1 - j)
    # The position below the key makes keys distinct: any sort gives the same order, and sorting numbers is quick.
    key <<= below
    key |= np.arange(count, dtype=np.int64)
    key.sort()
    key &= (1 << below) - 1
    return key


def _sorted_positions(features: FloatArray) -> IntArray:
    """Return positions in the order of each feature (to a share of its range far below rounding), (width, count)."""
    count = features.shape[1]
    below = count.bit_length()
    low = features.min(axis=1, keepdims=True)
    unit = float(1 << (_KEY_BITS - below)) / (features.max(axis=1, keepdims=True) - low)
    keys: IntArray = ((features - low) * unit).astype(np.int64)
    keys <<= below
    keys |= np.arange(count, dtype=np.int64)
    keys.sort(axis=1)
    keys &= (1 << below) - 1
    return keys


@lru_cache(maxsize=4)
def _spread_ranks(count: int, bits: int, width: int) -> IntArray:
    """Return the ranks 0 … count − 1 as shares of 2^bits, with their bits ``width`` apart."""
    ranks = np.arange(count, dtype=np.int64) * (1 << bits) // count
    out = np.zeros_like(ranks)
    for bit in range(bits):
        out |= (ranks & (1 << bit)) << (bit * (width - 1))
    out.flags.writeable = False
    return out

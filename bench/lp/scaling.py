"""From programs in the caller's measures to padded, scaled arrays for the kernel, and an order of neighbours.

Every factor is a power of two, so scaling does not round anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.lp.batch import BoolArray, FloatArray, IntArray

#: Rows are padded to a multiple of this: the kernel takes so many at a time.
ROWS_AT_A_TIME = 4
_KEY_BITS = 60


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
    count = (size > 0).sum(axis=0)
    with np.errstate(divide="ignore"):
        logs = np.where(size > 0, np.log2(size), 0.0).sum(axis=0)
    typical = np.where(count > 0, np.exp2(logs / np.maximum(count, 1)), 1.0)
    row = power_of_two(typical)
    column = power_of_two((size * row).max(axis=1, initial=0.0))
    program = power_of_two((np.abs(b) * row).max(axis=1, initial=0.0))
    d, padded = P.shape[1], padded_size(P.shape[1])

    def pad(values: FloatArray, factor: FloatArray) -> FloatArray:
        out = np.zeros((len(values), padded))
        np.multiply(values, row, out=out[:, :d])
        out[:, :d] *= factor[:, None]
        return out

    all_kinds = np.zeros(padded, dtype=np.int64)
    all_kinds[:d] = kinds
    return Scaled(row, column, program, pad(P, column), pad(b, program), pad(g, program), all_kinds)


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
    used = np.flatnonzero(np.abs(points).max(axis=0, initial=0.0) > 0)
    if len(points) < 3 or not len(used):
        return np.arange(len(points), dtype=np.int64)
    sizes = np.abs(points[:, used])
    with np.errstate(divide="ignore"):
        logs = np.where(sizes > 0, np.log2(sizes), -60.0)
    if directions is not None:
        moved = np.flatnonzero(np.abs(directions[:, used]).max(axis=0) > 0)
        proportional = len(moved) > 0 and np.array_equal(np.abs(directions[:, used[moved]]), sizes[:, moved])
        if proportional:
            logs[:, moved] -= logs[:, moved].mean(axis=1, keepdims=True)
    rest = logs - (0.0 if _constant(logs[:, -1]) else logs[:, -1:])
    if directions is not None and proportional and moved[-1] != len(used) - 1:
        rest[:, moved] = logs[:, moved]
    features = rest[:, [not _constant(column) for column in rest.T]]
    if not features.shape[1]:
        return np.arange(len(points), dtype=np.int64)
    return _interleaved(features)


def _constant(values: FloatArray) -> bool:
    return bool(np.ptp(values) < 1e-12)


def _interleaved(features: FloatArray) -> IntArray:
    count, width = features.shape
    bits = max(1, min(_KEY_BITS // width, int(np.ceil(np.log2(count))) + 1))
    ranks = np.empty(features.shape, dtype=np.int64)
    steps = np.arange(count, dtype=np.int64) * (1 << bits) // count
    for j in range(width):
        ranks[np.argsort(features[:, j], kind="stable"), j] = steps
    key = np.zeros(count, dtype=np.int64)
    for bit in range(bits - 1, -1, -1):
        for j in range(width):
            key = (key << 1) | ((ranks[:, j] >> bit) & 1)
    return np.argsort(key, kind="stable").astype(np.int64)


def is_proportional(points: FloatArray, directions: FloatArray, equality: BoolArray) -> bool:
    """Whether no direction is negative and equations are left alone: what reducing the columns relies on."""
    return bool((directions >= 0).all() and not directions[:, equality].any() and len(points) == len(directions))

"""Scatter loops of the Afriat solver: sums over the stored pairs (i, j) of a constraint list.

``neighbours`` (n, K+1) holds i itself in column 0 and the partners j of unit i in columns 1 … ``count[i]``; what stands
behind is padding and never read. Compiled where numba is there, array operations otherwise.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench.jit import COMPILED, jit
from bench.typing import FloatArray, IntArray


@jit
def _add_columns_loop(total: FloatArray, values: FloatArray, neighbours: IntArray, count: IntArray) -> None:
    for i in range(len(count)):
        for a in range(1, count[i] + 1):
            total[neighbours[i, a]] += values[i, a]


@jit
def _pair_hessian_loop(lower: FloatArray, weight: FloatArray, neighbours: IntArray, count: IntArray) -> None:
    for i in range(len(count)):
        for a in range(1, count[i] + 1):
            j = neighbours[i, a]
            w = weight[i, a]
            lower[i, i] += w
            lower[j, j] += w
            if i > j:
                lower[i, j] -= w
            else:
                lower[j, i] -= w


@jit
def _schur_loop(lower: FloatArray, half: FloatArray, neighbours: IntArray, count: IntArray) -> None:
    n, _, d = half.shape
    for i in range(n):
        for a in range(count[i] + 1):
            row = neighbours[i, a]
            for b in range(a + 1):
                product = 0.0
                for k in range(d):
                    product += half[i, a, k] * half[i, b, k]
                column = neighbours[i, b]
                if row >= column:
                    lower[row, column] -= product
                else:
                    lower[column, row] -= product


def add_columns(values: FloatArray, neighbours: IntArray, count: IntArray) -> FloatArray:
    """Return Σ_i values[i, position of j] for every j, array (n,)."""
    n = len(count)
    if not COMPILED:
        live = _live(neighbours, count)
        sums: FloatArray = np.bincount(neighbours[live], weights=values[live], minlength=n).astype(np.float64)
        return sums
    total = np.zeros(n)
    _add_columns_loop(total, values, neighbours, count)
    return total


def reduced_hessian(
    diagonal: FloatArray, weight: FloatArray, half: FloatArray, neighbours: IntArray, count: IntArray
) -> FloatArray:
    """Hessian in θ after the slopes are eliminated; only the lower triangle is filled.

    Parameters
    ----------
    diagonal : array (n,)
    weight : array (n, K+1)
        Barrier weight of each pair; adds w (e_i − e_j)(e_i − e_j)'.
    half : array (n, K+1, d)
        Half factors U_i; subtracts Σ_i U_i U_i'.
    neighbours : int array (n, K+1)
    count : int array (n,)
    """
    n = len(count)
    lower = np.zeros((n, n))
    lower[np.arange(n), np.arange(n)] = diagonal
    if COMPILED:
        _pair_hessian_loop(lower, weight, neighbours, count)
        _schur_loop(lower, half, neighbours, count)
        return lower
    live = _live(neighbours, count)
    i = np.repeat(np.arange(n), live.sum(axis=1))
    j, w = neighbours[live], weight[live]
    np.add.at(lower, (i, i), w)
    np.add.at(lower, (j, j), w)
    np.add.at(lower, (i, j), -w)
    np.add.at(lower, (j, i), -w)
    for i_unit in range(n):
        places = neighbours[i_unit, : count[i_unit] + 1]
        part = half[i_unit, : count[i_unit] + 1]
        lower[np.ix_(places, places)] -= part @ part.T
    return np.tril(lower)


def _live(neighbours: IntArray, count: IntArray) -> npt.NDArray[np.bool_]:
    """True where a pair is stored: neither the unit itself nor padding."""
    position = np.arange(neighbours.shape[1])
    live: npt.NDArray[np.bool_] = (position[None, :] >= 1) & (position[None, :] <= count[:, None])
    return live

"""Logarithms of positive values, and the rows of each code: what every look for values of another size begins with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench.typing import FloatArray, IndexArray


def logs_of(values: FloatArray) -> FloatArray:
    """Return decimal logarithms, array of the same shape; NaN for what is NaN, zero or negative."""
    logs = np.full(values.shape, np.nan)
    np.log10(values, out=logs, where=values > 0)
    return logs


def groups_of(codes: IndexArray) -> Iterator[IndexArray]:
    """Give the places of each code, in order of the codes.

    Examples
    --------
    >>> [rows.tolist() for rows in groups_of(np.array([1, 0, 1]))]
    [[1], [0, 2]]
    """
    order = np.argsort(codes, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def wide_groups(logs: FloatArray, codes: IndexArray, least: float) -> list[IndexArray]:
    """Return the rows of each code whose logarithms spread at least so far, which is worth a look; NaN does not count.

    Parameters
    ----------
    logs : array (n,)
    codes : array (n,) of int
    least : float
        Above zero: a code with one value is never worth it.

    Examples
    --------
    >>> logs, codes = np.array([2.0, 5.0, np.nan, 2.0, 2.1]), np.array([0, 0, 0, 1, 1])
    >>> [rows.tolist() for rows in wide_groups(logs, codes, 1.0)]
    [[0, 1]]
    """
    known = np.flatnonzero(np.isfinite(logs))
    if known.size == 0:
        return []
    low, high = np.full(codes.max() + 1, np.inf), np.full(codes.max() + 1, -np.inf)
    np.minimum.at(low, codes[known], logs[known])
    np.maximum.at(high, codes[known], logs[known])
    wide = known[(high - low >= least)[codes[known]]]
    return [wide[rows] for rows in groups_of(codes[wide]) if rows.size]

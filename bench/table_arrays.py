"""Arrays given in place of a table: their shape is checked, and a mistake names the argument."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench.errors import DataError

FloatArray = npt.NDArray[np.float64]


def numbers(values: npt.ArrayLike, name: str) -> FloatArray:
    """Return float64, or say which argument holds something else."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{name} must be an array of numbers with rows of equal length") from None


def matrix(values: npt.ArrayLike, name: str, rows: int | None = None) -> FloatArray:
    """Return an array (units, columns); a vector is one column."""
    array = numbers(values, name)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise DataError(f"{name} must have two dimensions (units × columns), not {array.ndim}")
    if rows is not None and array.shape[0] != rows:
        raise DataError(f"{name} has {array.shape[0]} rows, but there are {rows} units")
    return array


def prices(values: npt.ArrayLike, shape: tuple[int, ...], name: str) -> FloatArray:
    """Return an array of this shape; one row of prices serves every unit."""
    array = numbers(values, name)
    if array.ndim == 1 and array.shape == (shape[1],):
        array = np.broadcast_to(array, shape)
    if array.shape != shape:
        raise DataError(f"{name} must have the shape {shape} or ({shape[1]},), not {array.shape}")
    return np.array(array)

"""Shared checks of the norm functions' arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, OptionError
from bench.typing import FloatArray


def vector(values: npt.ArrayLike, name: str, size: int | None = None, *, positive: bool = False) -> FloatArray:
    """Return a finite one-dimensional array, or say what is wrong with it."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise DataError(f"{name} must have one dimension, not {array.ndim}")
    if size is not None and array.size != size:
        raise DataError(f"{name} has {array.size} values where {size} are expected")
    if not np.isfinite(array).all():
        raise DataError(f"{name} must be finite numbers")
    if (array < 0).any() or (positive and (array == 0).any()):
        raise DataError(f"{name} must be {'positive' if positive else 'zero or more'}")
    return array


def share(value: float, name: str) -> float:
    """Return a number between 0 and 1, or say that it is not."""
    if not 0.0 <= value <= 1.0:
        raise OptionError(f"{name} must be a share between 0 and 1, not {value!r}")
    return float(value)

"""The proof of many programs against many sets, compiled: what :mod:`bench.lp.proofs.certificate` says, one by one.

Resampling proves millions of small programs, where numpy spends more on starting than on counting. The tests and their
bounds are those of :func:`bench.lp.rays.certify`, every rounding counted; they are made in the kernel's measures, which
differ from the caller's by powers of two and so round nothing. The columns are laid out from the caller's array for
this proof and the kernel alike; nothing else of the kernel is trusted, neither its values nor its prices.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bench.jit import kept_code
from bench.lp.proofs.certificate import simple_inner
from bench.lp.records import Found
from bench.lp.scaling import Scaled
from bench.typing import BoolArray, FloatArray

_NAME = "stykkpris_enclosure"
#: Where the build of the package puts what :func:`built` returns; a checkout has none and compiles.
SHIPPED = Path(__file__).with_name("enclosure.bitcode")
#: Files that end up in the object code.
_SOURCES = ("batch", "proofs/enclosed_sets", "lanes", "layout", "pricing", "records")
#: Vectors of scratch: see :func:`bench.lp.proofs.enclosed_sets.prove_sets`.
_SCRATCH = 6


@dataclass(frozen=True, slots=True, eq=False)
class Sets:
    """Sets of columns as the kernel takes them.

    Attributes
    ----------
    P : array (sets, blocks, N, 64)
    flat : array (sets, blocks · 64, N)
    factor : array (sets, n)
        By what each column was multiplied.
    """

    P: FloatArray
    flat: FloatArray
    factor: FloatArray


def prove(sets: Sets, scaled: Scaled, order: Any, found: Found) -> BoolArray:
    """Return which answers are proven, array (sets, k); values are raised in place to what is sure to be reached.

    Parameters
    ----------
    sets : Sets
    scaled : Scaled
        The programs.
    order : array (k,) of int
        Of the programs in ``found``.
    found : Found
        Answers by set and program.

    Raises
    ------
    ImportError
        When there is neither kept code nor a compiler.
    """
    count, k = found.value.shape
    n, size = sets.factor.shape[1], scaled.size
    proven = np.zeros((count, k), dtype=np.int64)
    equality = scaled.kinds != 0
    # Places without a column hold zeros, which change neither end.
    low, high = (end(sets.P, axis=-1) for end in (np.min, np.max))
    low, high = low.min(axis=(0, 1)), high.max(axis=(0, 1))
    # Where all columns are negative in a row, what they use of it is limited by the row itself; else by an equation.
    limited = np.where(high <= 0, 1.0, np.where(equality, -1.0, 0.0))
    inner, ample, mixed = np.zeros(size), np.zeros(size), bool(((low < 0) & (high > 0)).any())
    if mixed:
        columns = sets.flat[:, :n].reshape(-1, size).T
        if (worth := simple_inner(columns, equality)) is not None:
            inner, ample = worth, (np.abs(columns) / -(worth @ columns)).max(axis=1, initial=0.0)
    arrays = [
        sets.P, sets.flat, sets.factor, scaled.points[order], scaled.directions[order], scaled.program[order],
        scaled.kinds, limited, inner, ample, found.value, found.prices, found.basis, found.basic, found.status,
        found.slip, np.zeros((_SCRATCH, size)), proven,
    ]  # fmt: skip
    _call(arrays, [count, sets.P.shape[1], size, n, k, int(mixed)])
    return np.asarray(proven != 0)


def _call(arrays: list[Any], numbers: list[int]) -> None:
    for array in arrays:
        # On the other side there are only addresses: what is laid out otherwise would be read wrongly.
        if array.dtype.itemsize != 8 or not array.flags.c_contiguous:
            raise TypeError(f"the proof takes contiguous arrays of eight bytes, not {array!r}")
    addresses = np.array([array.__array_interface__["data"][0] for array in arrays], dtype=np.int64)
    lengths, outcome = np.array(numbers, dtype=np.int64), np.zeros(2, dtype=np.int64)
    result = outcome.ctypes.data
    _compiled_proof()(result, result + 8, addresses.ctypes.data, lengths.ctypes.data)


@cache
def _compiled_proof() -> Any:
    """Return the proof as a C function, compiled when no code is kept; see :func:`bench.lp.boundary.kernel`."""
    address = kept_code(_NAME, sources(), _compiled, shipped=SHIPPED)
    return ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 4)(address)


def sources() -> list[Path]:
    """Return the files that end up in the object code."""
    folder = Path(__file__).parent.parent
    return [*(folder / f"{name}.py" for name in _SOURCES), folder.parent / "jit.py"]


def built() -> bytes:
    """Return the proof as it is shipped; see :func:`bench.lp.boundary.built`."""
    from bench.jit import packed_bitcode

    return packed_bitcode(*_function(), sources())


def _compiled() -> tuple[str, bytes]:
    from bench.jit import object_code

    return object_code(*_function())


def _function() -> tuple[Any, tuple[Any, ...]]:
    from numba import types

    from bench.lp.proofs.enclosed_sets import prove_sets

    return prove_sets, (types.CPointer(types.int64), types.CPointer(types.int64))

"""The way into the compiled kernel: arrays cross as addresses and shapes, and come out as records on the other side.

Nothing here needs the compiler once the kernel's object code is kept; see :func:`bench.jit.kept_code`.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bench.jit import kept_code
from bench.lp.records import Found, Pool, Programs, Store, Work
from bench.typing import IntArray

_NAME = "stykkpris_kernel"
#: Where the build of the package puts what :func:`built` returns; a checkout has none and compiles.
SHIPPED = Path(__file__).with_name("kernel.bitcode")
#: Files that end up in the object code.
_SOURCES = ("basis", "boundary", "inverse", "kernel", "lanes", "layout", "pricing", "records", "simplex")
#: Numbers that cross by value after the shapes: whether to grow, whether there is an extra column, and rows.
_NUMBERS = 3
#: Dimensions and element of every array, record by record, in the order in which they cross.
_D, _S, _W = "float64", "float32", "int64"
_ARRAYS: tuple[tuple[type, tuple[tuple[str, int, str], ...]], ...] = (
    (
        Store,
        (
            ("P", 3, _D), ("single", 3, _S), ("flat", 2, _D), ("ids", 1, _W), ("middle", 2, _S), ("half", 2, _S),
            ("columns", 1, _W),
        ),
    ),
    (
        Programs,
        (
            ("points", 2, _D), ("directions", 2, _D), ("mixes", 3, _D), ("extras", 2, _D), ("kinds", 1, _W),
            ("mixed", 1, _W), ("left_out", 1, _W),
        ),
    ),
    (
        Work,
        (
            *((name, 1, _D) for name in Work._fields[:12]), ("T", 2, _D), ("M", 2, _D), ("bas", 1, _W), ("cost", 1, _D),
            ("pivot", 1, _D), ("q32", 1, _S), ("change", 1, _S), ("anchor", 1, _D), ("bounds", 1, _S), ("moved", 1, _S),
            ("hit", 1, _W), ("by", 1, _D), ("ring", 3, _D), ("ring_id", 1, _W), ("written", 1, _W),
        ),
    ),
    (
        Pool,
        (
            ("T", 3, _D), ("bas", 2, _W), ("q", 2, _D), ("anchor", 2, _D), ("bounds", 2, _S), ("proven", 1, _W),
        ),
    ),
    (
        Found,
        (
            ("value", 1, _D), ("prices", 2, _D), ("basis", 2, _W), ("basic", 2, _D), ("status", 1, _W), ("slip", 1, _D),
        ),
    ),
)  # fmt: skip


#: Dimensions and element of every array that crosses, in order: the records', then ``own`` and ``tally``.
_CROSSING = [
    *((dimensions, np.dtype(kind)) for _, arrays in _ARRAYS for _, dimensions, kind in arrays),
    *[(1, np.dtype(_W))] * 2,
]


class Crossing:
    """One call of the kernel, made ready: arrays are looked up once, so that it can be repeated at little cost.

    Parameters are those of :func:`bench.lp.kernel.run`; ``strides`` says how many bytes lie between the columns and
    answers of one repetition and those of the next, array by array.
    """

    def __init__(
        self,
        store: Store,
        grow: bool,
        own: IntArray,
        programs: Programs,
        work: Work,
        pool: Pool,
        found: Found,
        tally: IntArray,
        rows: int,
        strides: tuple[int, ...] = (),
    ):
        self.arrays = [*store, *programs[:-1], *work, *pool, *found, own, tally]
        for array, (dimensions, kind) in zip(self.arrays, _CROSSING, strict=True):
            # On the other side there are only addresses: what is laid out otherwise would be read wrongly.
            if array.ndim != dimensions or array.dtype != kind or not array.flags.c_contiguous:
                raise TypeError(f"the kernel takes contiguous {kind} arrays of {dimensions} dimensions, not {array!r}")
        shapes = [length for array in self.arrays for length in array.shape]
        self.numbers = np.array([*shapes, grow, programs.has_extra, rows], dtype=np.int64)
        self.addresses = np.array([_address(array) for array in self.arrays], dtype=np.int64)
        self.first, self.strides = self.addresses.copy(), np.zeros_like(self.addresses)
        if strides:
            self.strides[: len(store)] = strides[: len(store)]
            self.strides[-2 - len(found) : -2] = strides[len(store) :]
        # Where numba's function puts what it returns, and what it raises: neither ever happens.
        self.outcome = np.zeros(2, dtype=np.int64)
        result = _address(self.outcome)
        self.call = kernel()
        self.places = (result, result + 8, _address(self.addresses), _address(self.numbers))

    def __call__(self, repetition: int = 0) -> None:
        """Solve the programs against the columns of this repetition; write its answers."""
        if repetition:
            self.addresses[:] = self.first + repetition * self.strides
        self.call(*self.places)


def _address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])


@cache
def kernel() -> Any:
    """Return the kernel as a C function, compiled when no code is kept.

    Numba's functions take where to put what they return, and what they raise, before their arguments.

    Raises
    ------
    ImportError
        When there is neither kept code nor a compiler.
    """
    address = kept_code(_NAME, sources(), _compiled, shipped=SHIPPED)
    # A foreign function gives up the interpreter's lock while it runs.
    return ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 4)(address)


def sources() -> list[Path]:
    """Return the files that end up in the object code."""
    folder = Path(__file__).parent
    return [*(folder / f"{name}.py" for name in _SOURCES), folder.parent / "jit.py"]


def _compiled() -> tuple[str, bytes]:
    from bench.jit import object_code

    return object_code(*_function())


def built() -> bytes:
    """Return the kernel as it is shipped: compiled but for the last step, which is the processor's own."""
    from bench.jit import packed_bitcode

    return packed_bitcode(*_function(), sources())


def _function() -> tuple[Any, tuple[Any, ...]]:
    """Return the kernel behind a C function that makes records of addresses, and the types it is compiled for."""
    from numba import types

    from bench.jit import inner
    from bench.lp import kernel as compiled
    from bench.lp.lanes import array_at

    names: dict[str, Any] = {"array_at": array_at, "run": compiled.run, "np": np}
    names |= {record.__name__: record for record, _ in _ARRAYS}
    exec(_source(), names)
    return inner(names[_NAME]), (types.CPointer(types.int64), types.CPointer(types.int64))


def _source() -> str:
    """Return the C function's source: every array by its address and lengths, then the call."""
    lines, records, place, length = [f"def {_NAME}(addresses, numbers):"], [], 0, 0

    def array(dimensions: int, kind: str) -> str:
        nonlocal place, length
        shape = ", ".join(f"numbers[{length + i}]" for i in range(dimensions))
        text = f"array_at(addresses[{place}], ({shape},), np.{kind})"
        place, length = place + 1, length + dimensions
        return text

    for _, arrays in _ARRAYS:
        records.append([array(dimensions, kind) for _, dimensions, kind in arrays])
    own, tally = array(1, _W), array(1, _W)
    records[1].append(f"numbers[{length + 1}] != 0")
    for (record, _), parts in zip(_ARRAYS, records, strict=True):
        lines.append(f"    {record.__name__.lower()} = {record.__name__}({', '.join(parts)})")
    call = f"store, numbers[{length}] != 0, {own}, programs, work, pool, found, {tally}, numbers[{length + 2}]"
    return "\n".join([*lines, f"    run({call})"])

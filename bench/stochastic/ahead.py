"""The compiled functions of this room that Python calls, by the types it calls them with, made as the package is built.

A signature that is missing here, or not as the call has it, costs time and nothing else: the function is compiled when
it is called.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

_ROWS = "int64, float64[::1], float64[::1], float64[::1], float64[::1]"
_MATRIX, _CUBE = "float64[:, ::1]", "float64[:, :, ::1]"
#: Arguments that every sum over the units' effects begins with.
_UNITS = f"{_ROWS}, int64[::1], boolean, float64[::1]"


def entries() -> list[tuple[Any, str]]:
    """Return every function with a signature."""
    from bench.stochastic.likelihood import densities, quadrature
    from bench.stochastic.panels import effect_kernels, path_kernels

    node = f"int64[::1], boolean, float64[::1], {', '.join([_MATRIX] * 4)}, float64[::1]"
    path = (
        f"float64[::1], {_MATRIX}, float64[::1], {_MATRIX}, {_CUBE}, int64[::1], "
        f"{', '.join([_MATRIX] * 3)}, {_CUBE}, {_CUBE}, float64[:, :, :, ::1]"
    )
    return [
        (densities.half_normal_value, "(float64[::1], float64, float64)"),
        (densities.half_normal_sums, f"(float64[::1], float64, float64, {_MATRIX}, float64[::1])"),
        (densities._composed_rows, f"({_ROWS}, {_MATRIX})"),
        (quadrature._integrate_rows, f"({_ROWS}, {_MATRIX})"),
        (path_kernels.path_sums, f"({path})"),
        (effect_kernels.unit_modes, f"({_UNITS}, float64[::1], float64[::1])"),
        (effect_kernels.unit_reach, f"({_UNITS}, float64[::1], float64[::1], float64[::1])"),
        *(
            (effect_kernels.node_sums, f"({_UNITS}, {_MATRIX}, {_MATRIX}, UniTuple({_MATRIX}, {sides}), {node})")
            for sides in (3, 4)
        ),
    ]


def built() -> bytes:
    """Return the functions as they are shipped; see :func:`bench.jit.packed_overloads`."""
    from bench.jit import packed_overloads

    return packed_overloads(entries(), Path(__file__).parent)

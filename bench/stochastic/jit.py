"""A typed wrapper around numba's compiler, and plain Python where numba cannot be imported.

The density formulas of ``likelihood/densities.py`` are written once, with arithmetic only. Compiled, they run on one
observation at a time inside a loop; without a compiler the very same functions run on whole arrays. Set the
environment variable ``BENCH_NO_COMPILER=1`` to force the second route.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")


def _compiler_available() -> bool:
    if os.environ.get("BENCH_NO_COMPILER", "") not in ("", "0"):
        return False
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True


COMPILED: bool = _compiler_available()


def jit(function: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
    """Compile a function to machine code, cached on disk; return it unchanged when there is no compiler.

    Floating-point semantics stay strict (no ``fastmath``), so both routes agree to rounding.
    """
    if not COMPILED:
        return function
    import numba

    return cast(Callable[Parameters, Returned], numba.njit(cache=True, nogil=True, error_model="numpy")(function))

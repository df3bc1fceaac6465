"""Compilation with a cache that is found again, also where the installation cannot be written to.

The compiled code lies beside the package when that folder is writable, else in the user's cache folder, else in a
private folder of the system's temporary directory; without any of them every process compiles anew.
``NUMBA_CACHE_DIR`` wins.
"""

from __future__ import annotations

import logging
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import config
from numba.core.compiler import Compiler
from numba.core.compiler_lock import global_compiler_lock

F = TypeVar("F", bound=Callable[..., Any])

_log = logging.getLogger(__name__)

#: Arithmetic that may be reordered into vectors: for sums that are bounded or checked afterwards.
VECTOR = {"reassoc", "contract", "nsz", "arcp", "nnan", "ninf"}
#: Arithmetic that may only be fused: for the basis.
PLAIN = {"contract", "nsz"}


class _Swift(Compiler):  # type: ignore[misc]
    """Compiles at the first level of optimization: as fast code as the third from these loops, and sooner.

    A lower ``NUMBA_OPT`` wins. The settings are the process's, so they change under the lock and are put back.
    """

    vectorize = True

    def compile_extra(self, func: Callable[..., Any]) -> Any:
        with global_compiler_lock:
            before = config.OPT, config.LOOP_VECTORIZE
            config.OPT = type(config.OPT)(min(config.OPT, 1))
            config.LOOP_VECTORIZE = self.vectorize and before[1]
            try:
                return super().compile_extra(func)
            finally:
                config.OPT, config.LOOP_VECTORIZE = before


class _Part(_Swift):
    """Leaves loops scalar: a part is optimized again in every caller, and vectorizing pays only the last time."""

    vectorize = False


#: Without counting of references: the caller holds every array, and compiled code makes none.
_COMMON: dict[str, Any] = {"error_model": "numpy", "nogil": True, "_nrt": False}


def inner(flags: set[str], *, once: bool = False) -> Callable[[F], F]:
    """Compile a function that is only called from other compiled functions; into its caller when that is ``once``.

    Such a function is then not optimized by itself, nor are those it calls optimized once more on the way.
    """

    def wrap(function: F) -> F:
        compiled: F = numba.njit(
            fastmath=flags,
            pipeline_class=_Part,
            inline="always" if once else "never",
            no_cpython_wrapper=True,
            no_cfunc_wrapper=True,
            **_COMMON,
        )(function)
        return compiled

    return wrap


def entry(function: F) -> F:
    """Compile a function that Python calls and that makes no array, and cache the machine code."""
    options: dict[str, Any] = {"fastmath": PLAIN, "pipeline_class": _Swift, **_COMMON}
    try:
        compiled: F = numba.njit(cache=True, **options)(function)
        return compiled
    except RuntimeError:
        # Numba found no folder to write to: neither the package's own nor the user's.
        folder = private_folder()
    if folder is None:
        _log.warning("no folder for compiled code; every process compiles anew (set NUMBA_CACHE_DIR to avoid it)")
        uncached: F = numba.njit(**options)(function)
        return uncached
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        kept: F = numba.njit(cache=True, **options)(function)
    finally:
        numba.config.CACHE_DIR = before
    return kept


def private_folder() -> Path | None:
    """Return a folder under the temporary directory that only this user can write, or ``None``.

    Cached machine code is executed, so a folder that anyone else owns or may write is refused.
    """
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"stykkpris-kernel-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    safe = stat.S_ISDIR(found.st_mode) and (not hasattr(os, "getuid") or found.st_uid == user)
    if not safe or found.st_mode & 0o022 or not os.access(folder, os.W_OK):
        return None
    return folder

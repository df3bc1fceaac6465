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

#: Products may be added without being rounded first, and zeros have no sign.
_ARITHMETIC = {"contract", "nsz"}


class _Swift(Compiler):  # type: ignore[misc]
    """Compiles at the first level of optimization and leaves loops as they are: vectors are written out already.

    A lower ``NUMBA_OPT`` wins. The settings are the process's, so they change under the lock and are put back.
    """

    def compile_extra(self, func: Callable[..., Any]) -> Any:
        with global_compiler_lock:
            before = config.OPT, config.LOOP_VECTORIZE
            config.OPT = type(config.OPT)(min(config.OPT, 1))
            config.LOOP_VECTORIZE = 0
            try:
                return super().compile_extra(func)
            finally:
                config.OPT, config.LOOP_VECTORIZE = before


#: Without counting of references: the caller holds every array, and compiled code makes none.
_OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "nogil": True,
    "_nrt": False,
    "fastmath": _ARITHMETIC,
    "pipeline_class": _Swift,
}


def inner(function: F) -> F:
    """Compile a function that is only called from other compiled functions."""
    compiled: F = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS)(function)
    return compiled


def inner_once(function: F) -> F:
    """Compile a function into its only caller: it is then not optimized by itself first."""
    compiled: F = numba.njit(inline="always", no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS)(function)
    return compiled


def entry(function: F) -> F:
    """Compile a function that Python calls and that makes no array, and cache the machine code."""
    try:
        return _cached(function)
    except RuntimeError:
        # Numba found no folder to write to: neither the package's own nor the user's.
        folder = private_folder()
    if folder is None:
        _log.warning("no folder for compiled code; every process compiles anew (set NUMBA_CACHE_DIR to avoid it)")
        uncached: F = numba.njit(**_OPTIONS)(function)
        return uncached
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        return _cached(function)
    finally:
        numba.config.CACHE_DIR = before


def _cached(function: F) -> F:
    """Compile with a cache that is thrown away when any file beside the function's own changes, not only that one."""
    compiled: F = numba.njit(cache=True, **_OPTIONS)(function)
    index = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if index is not None:
        folder = Path(function.__code__.co_filename).parent
        parts = [(part.name, part.stat().st_mtime, part.stat().st_size) for part in sorted(folder.glob("*.py"))]
        index._source_stamp = (index._source_stamp, tuple(parts))
    return compiled


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

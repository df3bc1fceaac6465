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

F = TypeVar("F", bound=Callable[..., Any])

_log = logging.getLogger(__name__)

#: Arithmetic that may be reordered into vectors: for sums that are bounded or checked afterwards.
VECTOR = {"reassoc", "contract", "nsz", "arcp", "nnan", "ninf"}
#: Arithmetic that may only be fused: for the basis.
PLAIN = {"contract", "nsz"}


def inner(flags: set[str]) -> Callable[[F], F]:
    """Compile a function that is only called from other compiled functions."""

    def wrap(function: F) -> F:
        compiled: F = numba.njit(
            fastmath=flags, error_model="numpy", nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True
        )(function)
        return compiled

    return wrap


def entry(function: F) -> F:
    """Compile a function that Python calls, and cache the machine code."""
    options: dict[str, Any] = {"fastmath": PLAIN, "error_model": "numpy", "nogil": True}
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

"""A HiGHS solver that says nothing: its constructor greets on the standard output, past Python's own stream."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

_LOCK = threading.Lock()
_OWN = threading.local()


def solver() -> Any:
    """Return this thread's solver without a model and with default options; it was greeted away from the screen."""
    import highspy

    if not hasattr(_OWN, "solver"):
        with _LOCK, _nowhere():
            _OWN.solver = highspy.Highs()
    _OWN.solver.clear()
    return _OWN.solver


@contextmanager
def _nowhere() -> Iterator[None]:
    """Let what the process writes to its standard output vanish; without such an output there is nothing to do."""
    with suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
    _flush()
    try:
        kept = os.dup(1)
    except OSError:
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 1)
        yield
        _flush()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(null)


def _flush() -> None:
    """Empty the buffers of the C library, whose text would else come out later."""
    library = "ucrtbase" if os.name == "nt" else None
    with suppress(OSError, AttributeError):
        ctypes.CDLL(library).fflush(None)

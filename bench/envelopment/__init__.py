"""Data envelopment analysis and its relatives: one module per method, loaded when first used.

:func:`dea` is the main entry; its result gives scores, slacks, targets, peers and multipliers by name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_PUBLIC = {
    "dea": "bench.envelopment.radial",
    "DeaResult": "bench.envelopment.result",
}

__all__ = ["DeaResult", "dea"]

if TYPE_CHECKING:
    from bench.envelopment.radial import dea as dea
    from bench.envelopment.result import DeaResult as DeaResult


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name in _PUBLIC:
        value = getattr(import_module(_PUBLIC[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'bench.envelopment' has no attribute {name!r}")

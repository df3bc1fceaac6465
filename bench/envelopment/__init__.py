"""Data envelopment analysis and its relatives: one module per method, loaded when first used.

:func:`dea` is the main entry; its result gives scores, slacks, targets, peers and multipliers by name. Rooms: ``core``
(the production set and distances to it), ``measures``, ``slacks``, ``networks``, ``economic``, ``multipliers``,
``productivity``, ``environment``, ``inference`` and ``outliers``. The methods are named in :mod:`bench.catalogue`.
"""

# What a type checker sees is ``__init__.pyi``, which ``python tests/written.py`` writes.
from __future__ import annotations

from importlib import import_module
from typing import Any

from bench.catalogue import homes

# Loaded at once: the function bears the name of its module, which would otherwise take its place.
from bench.envelopment.dea import dea as dea

#: Public, but no methods that a model file or a command names: results, parts and rules that others take.
_PARTS = {
    "DeaResult": "bench.envelopment.result",
    "MethodResult": "bench.envelopment.core.method_result",
    "Technology": "bench.envelopment.core.technology",
    "Bound": "bench.envelopment.multipliers.weight_restrictions",
    "Ratio": "bench.envelopment.multipliers.weight_restrictions",
    "Share": "bench.envelopment.multipliers.weight_restrictions",
    "TradeOff": "bench.envelopment.multipliers.weight_restrictions",
    "weight_restricted": "bench.envelopment.multipliers.weight_restrictions",
    "with_peer_rules": "bench.envelopment.measures.peer_rules",
    "write_unit_lp": "bench.envelopment.multipliers.audit_lp",
    "without": "bench.envelopment.outliers.outliers",
    "bootstrap_draws": "bench.envelopment.inference.bootstrap",
    "kept_draws": "bench.envelopment.inference.kept_draws",
}
_PUBLIC = {**_PARTS, **homes("envelopment")}

__all__ = [*_PUBLIC]


def __dir__() -> list[str]:
    """Name what there is, loaded or not."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name in _PUBLIC:
        value = getattr(import_module(_PUBLIC[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'bench.envelopment' has no attribute {name!r}")

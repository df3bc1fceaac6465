"""Stochastic frontiers: a composed error v − u around a production, cost or distance function.

Models are composed of distributions of inefficiency and predictors of it (:mod:`~bench.stochastic.likelihood`), the
frontier's form (:mod:`~bench.stochastic.forms`), covariates of every head, and the structure over periods
(:mod:`~bench.stochastic.panels`). The methods are named in :mod:`bench.catalogue`.
"""

# What a type checker sees is ``__init__.pyi``, which ``python tests/written.py`` writes.
from __future__ import annotations

from importlib import import_module
from typing import Any

from bench.catalogue import homes

#: Public, but no methods that a model file or a command names: results, and what is asked of arrays or of fits.
_PARTS = {
    "SfaResult": "bench.stochastic.frontier.result",
    "fit": "bench.stochastic.search.estimate",
    "Estimate": "bench.stochastic.search.outcome",
    "sample_selection": "bench.stochastic.selection.selection_estimate",
    "likelihood_ratio_test": "bench.stochastic.afterwards.sfa_compare",
    "wald_test": "bench.stochastic.afterwards.sfa_compare",
    "vuong_test": "bench.stochastic.afterwards.sfa_compare",
}
#: Public name -> module that defines it. No module of this folder has a public name, so importing one hides nothing.
_PUBLIC = {**_PARTS, **homes("stochastic")}

__all__ = [*_PUBLIC]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'bench.stochastic' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names, for completion."""
    return sorted(__all__)

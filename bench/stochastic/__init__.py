"""Stochastic frontiers: a composed error v − u around a production, cost or distance function.

Models are composed from modules by what they are: :mod:`~bench.stochastic.distributions` of inefficiency,
:mod:`~bench.stochastic.forms` of the frontier, covariates of every head, the structure over periods, and
:mod:`~bench.stochastic.predictors` of inefficiency.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

#: Public name -> module that defines it.
_PUBLIC = {
    "sfa": "bench.stochastic.frontier",
    "SfaResult": "bench.stochastic.result",
    "fit": "bench.stochastic.estimate",
    "Estimate": "bench.stochastic.outcome",
}

__all__ = [*_PUBLIC]

if TYPE_CHECKING:
    from bench.stochastic.estimate import fit as fit
    from bench.stochastic.frontier import sfa as sfa
    from bench.stochastic.outcome import Estimate as Estimate
    from bench.stochastic.result import SfaResult as SfaResult


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'bench.stochastic' has no attribute {name!r}")

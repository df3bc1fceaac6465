"""Stochastic frontiers: a composed error v − u around a production, cost or distance function.

Models are composed from modules by what they are: :mod:`~bench.stochastic.distributions` of inefficiency,
:mod:`~bench.stochastic.forms` of the frontier, covariates of every head, the structure over periods, and
:mod:`~bench.stochastic.predictors` of inefficiency.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

#: Public name -> module that defines it. A function named as its module (``bootstrap``, ``cnls``, ``stoned``,
#: ``latent_class``) is imported from there: its name here is the module.
_PUBLIC = {
    "sfa": "bench.stochastic.frontier",
    "SfaResult": "bench.stochastic.result",
    "fit": "bench.stochastic.estimate",
    "Estimate": "bench.stochastic.outcome",
    "shaped_sfa": "bench.stochastic.shape",
    "cols": "bench.stochastic.corrected",
    "mols": "bench.stochastic.corrected",
    "panel_frontier": "bench.stochastic.panel_classic",
    "sample_selection": "bench.stochastic.selection",
    "selected_sfa": "bench.stochastic.selection_units",
    "zero_inefficiency": "bench.stochastic.latent_class",
    "stochastic_metafrontier": "bench.stochastic.group_frontiers",
    "tfp_change": "bench.stochastic.tfp",
    "convex_quantile": "bench.stochastic.quantile",
    "convex_expectile": "bench.stochastic.quantile",
}

__all__ = [*_PUBLIC]

if TYPE_CHECKING:
    from bench.stochastic.corrected import cols as cols
    from bench.stochastic.corrected import mols as mols
    from bench.stochastic.estimate import fit as fit
    from bench.stochastic.frontier import sfa as sfa
    from bench.stochastic.group_frontiers import stochastic_metafrontier as stochastic_metafrontier
    from bench.stochastic.latent_class import zero_inefficiency as zero_inefficiency
    from bench.stochastic.outcome import Estimate as Estimate
    from bench.stochastic.panel_classic import panel_frontier as panel_frontier
    from bench.stochastic.quantile import convex_expectile as convex_expectile
    from bench.stochastic.quantile import convex_quantile as convex_quantile
    from bench.stochastic.result import SfaResult as SfaResult
    from bench.stochastic.selection import sample_selection as sample_selection
    from bench.stochastic.selection_units import selected_sfa as selected_sfa
    from bench.stochastic.shape import shaped_sfa as shaped_sfa
    from bench.stochastic.tfp import tfp_change as tfp_change


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'bench.stochastic' has no attribute {name!r}")

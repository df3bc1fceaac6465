"""Stochastic frontiers: a composed error v − u around a production, cost or distance function.

Models are composed of distributions of inefficiency and predictors of it (:mod:`~bench.stochastic.likelihood`), the
frontier's form (:mod:`~bench.stochastic.forms`), covariates of every head, and the structure over periods
(:mod:`~bench.stochastic.panels`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

#: Public name -> module that defines it. No module of this folder has a public name, so importing one hides nothing.
_PUBLIC = {
    "sfa": "bench.stochastic.frontier.sfa",
    "SfaResult": "bench.stochastic.frontier.result",
    "fit": "bench.stochastic.search.estimate",
    "Estimate": "bench.stochastic.search.outcome",
    "shaped_sfa": "bench.stochastic.afterwards.shape",
    "cols": "bench.stochastic.least_squares.corrected_least_squares",
    "mols": "bench.stochastic.least_squares.corrected_least_squares",
    "panel_frontier": "bench.stochastic.least_squares.panel_least_squares",
    "sample_selection": "bench.stochastic.selection.selection",
    "selected_sfa": "bench.stochastic.selection.selection_units",
    "latent_class": "bench.stochastic.mixtures.latent_class",
    "zero_inefficiency": "bench.stochastic.mixtures.latent_class",
    "conformal_interval": "bench.stochastic.afterwards.conformal_interval",
    "stochastic_metafrontier": "bench.stochastic.afterwards.stochastic_metafrontier",
    "tfp_change": "bench.stochastic.afterwards.tfp",
    "cnls": "bench.stochastic.convex.cnls",
    "stoned": "bench.stochastic.convex.stoned",
    "convex_quantile": "bench.stochastic.convex.quantile",
    "convex_expectile": "bench.stochastic.convex.quantile",
    "bootstrap": "bench.stochastic.afterwards.sfa_bootstrap",
    "compare": "bench.stochastic.afterwards.sfa_compare",
    "likelihood_ratio_test": "bench.stochastic.afterwards.sfa_compare",
    "wald_test": "bench.stochastic.afterwards.sfa_compare",
    "vuong_test": "bench.stochastic.afterwards.sfa_compare",
    "distribution_choice": "bench.stochastic.afterwards.distribution_choice",
    "student_sfa": "bench.stochastic.extended.student_noise",
    "two_tier_sfa": "bench.stochastic.extended.two_tier",
    "copula_sfa": "bench.stochastic.extended.copula_sfa",
    "correlated_effects": "bench.stochastic.extended.correlated_effects",
    "endogenous_sfa": "bench.stochastic.extended.endogenous_sfa",
}

__all__ = [*_PUBLIC]

if TYPE_CHECKING:
    from bench.stochastic.afterwards.conformal_interval import conformal_interval as conformal_interval
    from bench.stochastic.afterwards.distribution_choice import distribution_choice as distribution_choice
    from bench.stochastic.afterwards.sfa_bootstrap import bootstrap as bootstrap
    from bench.stochastic.afterwards.sfa_compare import compare as compare
    from bench.stochastic.afterwards.sfa_compare import likelihood_ratio_test as likelihood_ratio_test
    from bench.stochastic.afterwards.sfa_compare import vuong_test as vuong_test
    from bench.stochastic.afterwards.sfa_compare import wald_test as wald_test
    from bench.stochastic.afterwards.shape import shaped_sfa as shaped_sfa
    from bench.stochastic.afterwards.stochastic_metafrontier import stochastic_metafrontier as stochastic_metafrontier
    from bench.stochastic.afterwards.tfp import tfp_change as tfp_change
    from bench.stochastic.convex.cnls import cnls as cnls
    from bench.stochastic.convex.quantile import convex_expectile as convex_expectile
    from bench.stochastic.convex.quantile import convex_quantile as convex_quantile
    from bench.stochastic.convex.stoned import stoned as stoned
    from bench.stochastic.extended.copula_sfa import copula_sfa as copula_sfa
    from bench.stochastic.extended.correlated_effects import correlated_effects as correlated_effects
    from bench.stochastic.extended.endogenous_sfa import endogenous_sfa as endogenous_sfa
    from bench.stochastic.extended.student_noise import student_sfa as student_sfa
    from bench.stochastic.extended.two_tier import two_tier_sfa as two_tier_sfa
    from bench.stochastic.frontier.result import SfaResult as SfaResult
    from bench.stochastic.frontier.sfa import sfa as sfa
    from bench.stochastic.least_squares.corrected_least_squares import cols as cols
    from bench.stochastic.least_squares.corrected_least_squares import mols as mols
    from bench.stochastic.least_squares.panel_least_squares import panel_frontier as panel_frontier
    from bench.stochastic.mixtures.latent_class import latent_class as latent_class
    from bench.stochastic.mixtures.latent_class import zero_inefficiency as zero_inefficiency
    from bench.stochastic.search.estimate import fit as fit
    from bench.stochastic.search.outcome import Estimate as Estimate
    from bench.stochastic.selection.selection import sample_selection as sample_selection
    from bench.stochastic.selection.selection_units import selected_sfa as selected_sfa


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'bench.stochastic' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names, for completion."""
    return sorted(__all__)

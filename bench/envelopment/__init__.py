"""Data envelopment analysis and its relatives: one module per method, loaded when first used.

:func:`dea` is the main entry; its result gives scores, slacks, targets, peers and multipliers by name. Rooms: ``core``
(the production set and distances to it), ``measures``, ``networks``, ``economic``, ``multipliers``, ``productivity``,
``environment``, ``inference`` and ``outliers``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Loaded at once: the function bears the name of its module, which would otherwise take its place.
from bench.envelopment.dea import dea as dea

_PUBLIC = {
    "DeaResult": "bench.envelopment.result",
    "MethodResult": "bench.envelopment.core.method_result",
    "Technology": "bench.envelopment.core.technology",
    "directional": "bench.envelopment.measures.directional",
    "range_directional": "bench.envelopment.measures.directional",
    "mea": "bench.envelopment.measures.mea",
    "additive": "bench.envelopment.measures.additive",
    "additive_super": "bench.envelopment.measures.additive_super",
    "russell": "bench.envelopment.measures.russell",
    "sbm": "bench.envelopment.measures.slacks_based",
    "sbm_undesirable": "bench.envelopment.measures.sbm_undesirable",
    "graph_efficiency": "bench.envelopment.measures.graph_efficiency",
    "super_efficiency": "bench.envelopment.measures.super_efficiency",
    "cost_efficiency": "bench.envelopment.economic.economic_efficiency",
    "profit_efficiency": "bench.envelopment.economic.economic_efficiency",
    "revenue_efficiency": "bench.envelopment.economic.economic_efficiency",
    "scale_efficiency": "bench.envelopment.measures.scale",
    "bounded": "bench.envelopment.measures.non_discretionary",
    "categorical": "bench.envelopment.measures.non_discretionary",
    "non_discretionary": "bench.envelopment.measures.non_discretionary",
    "undesirable": "bench.envelopment.measures.disposability",
    "weak_disposability": "bench.envelopment.measures.disposability",
    "Bound": "bench.envelopment.multipliers.weight_restrictions",
    "Ratio": "bench.envelopment.multipliers.weight_restrictions",
    "Share": "bench.envelopment.multipliers.weight_restrictions",
    "TradeOff": "bench.envelopment.multipliers.weight_restrictions",
    "weight_restricted": "bench.envelopment.multipliers.weight_restrictions",
    "with_peer_rules": "bench.envelopment.measures.peer_rules",
    "unit_program": "bench.envelopment.multipliers.audit_lp",
    "write_unit_lp": "bench.envelopment.multipliers.audit_lp",
    "cross_efficiency": "bench.envelopment.multipliers.cross_efficiency",
    "efficiency_ladder": "bench.envelopment.measures.efficiency_ladder",
    "merger_gains": "bench.envelopment.economic.mergers",
    "two_stage": "bench.envelopment.networks.two_stage",
    "metafrontier": "bench.envelopment.measures.metafrontier",
    "capacity_use": "bench.envelopment.measures.capacity_use",
    "influence": "bench.envelopment.outliers.outliers",
    "outlier_screen": "bench.envelopment.outliers.outliers",
    "without": "bench.envelopment.outliers.outliers",
    "wilson_outliers": "bench.envelopment.outliers.data_cloud",
    "malmquist": "bench.envelopment.productivity.malmquist",
    "fare_primont": "bench.envelopment.productivity.productivity",
    "hicks_moorsteen": "bench.envelopment.productivity.productivity",
    "luenberger": "bench.envelopment.productivity.productivity",
    "window_analysis": "bench.envelopment.productivity.productivity",
    "kept_draws": "bench.envelopment.inference.kept_draws",
    "bootstrap_draws": "bench.envelopment.inference.bootstrap",
    "bootstrap_efficiency": "bench.envelopment.inference.bootstrap",
    "returns_to_scale_test": "bench.envelopment.inference.bootstrap",
    "heterogeneous_bootstrap": "bench.envelopment.inference.heterogeneous_bootstrap",
    "subsampling_efficiency": "bench.envelopment.inference.subsampling",
    "bootstrap_malmquist": "bench.envelopment.inference.malmquist_bootstrap",
    "conditional_efficiency": "bench.envelopment.inference.conditional",
    "mean_efficiency": "bench.envelopment.inference.mean_efficiency",
    "technology_test": "bench.envelopment.inference.technology_test",
    "separability_test": "bench.envelopment.inference.separability",
    "compare_groups": "bench.envelopment.inference.group_comparison",
    "order_alpha": "bench.envelopment.inference.partial_frontiers",
    "order_m": "bench.envelopment.inference.partial_frontiers",
    "order_m_outliers": "bench.envelopment.outliers.partial_outliers",
    "determinants": "bench.envelopment.inference.determinants",
    "network": "bench.envelopment.networks.network",
    "common_weights": "bench.envelopment.multipliers.common_weights",
    "fdh_plus": "bench.envelopment.measures.fdh_plus",
    "irs2": "bench.envelopment.measures.irs2",
    "holder": "bench.envelopment.measures.holder",
    "profitability": "bench.envelopment.economic.profitability",
    "by_production": "bench.envelopment.environment.by_production",
    "closest_targets": "bench.envelopment.measures.closest_targets",
    "context_dependent": "bench.envelopment.measures.context_dependent",
    "integer_data": "bench.envelopment.measures.integer_data",
    "malmquist_luenberger": "bench.envelopment.environment.malmquist_luenberger",
    "material_balance": "bench.envelopment.environment.material_balance",
    "price_productivity": "bench.envelopment.productivity.price_indices",
    "rank_intervals": "bench.envelopment.inference.rank_intervals",
}

__all__ = ["dea", *_PUBLIC]

if TYPE_CHECKING:
    from bench.envelopment.core.method_result import MethodResult as MethodResult
    from bench.envelopment.core.technology import Technology as Technology
    from bench.envelopment.economic.economic_efficiency import cost_efficiency as cost_efficiency
    from bench.envelopment.economic.economic_efficiency import profit_efficiency as profit_efficiency
    from bench.envelopment.economic.economic_efficiency import revenue_efficiency as revenue_efficiency
    from bench.envelopment.economic.mergers import merger_gains as merger_gains
    from bench.envelopment.economic.profitability import profitability as profitability
    from bench.envelopment.environment.by_production import by_production as by_production
    from bench.envelopment.environment.malmquist_luenberger import malmquist_luenberger as malmquist_luenberger
    from bench.envelopment.environment.material_balance import material_balance as material_balance
    from bench.envelopment.inference.bootstrap import bootstrap_draws as bootstrap_draws
    from bench.envelopment.inference.bootstrap import bootstrap_efficiency as bootstrap_efficiency
    from bench.envelopment.inference.bootstrap import returns_to_scale_test as returns_to_scale_test
    from bench.envelopment.inference.conditional import conditional_efficiency as conditional_efficiency
    from bench.envelopment.inference.determinants import determinants as determinants
    from bench.envelopment.inference.group_comparison import compare_groups as compare_groups
    from bench.envelopment.inference.heterogeneous_bootstrap import heterogeneous_bootstrap as heterogeneous_bootstrap
    from bench.envelopment.inference.kept_draws import kept_draws as kept_draws
    from bench.envelopment.inference.malmquist_bootstrap import bootstrap_malmquist as bootstrap_malmquist
    from bench.envelopment.inference.mean_efficiency import mean_efficiency as mean_efficiency
    from bench.envelopment.inference.partial_frontiers import order_alpha as order_alpha
    from bench.envelopment.inference.partial_frontiers import order_m as order_m
    from bench.envelopment.inference.rank_intervals import rank_intervals as rank_intervals
    from bench.envelopment.inference.separability import separability_test as separability_test
    from bench.envelopment.inference.subsampling import subsampling_efficiency as subsampling_efficiency
    from bench.envelopment.inference.technology_test import technology_test as technology_test
    from bench.envelopment.measures.additive import additive as additive
    from bench.envelopment.measures.additive_super import additive_super as additive_super
    from bench.envelopment.measures.capacity_use import capacity_use as capacity_use
    from bench.envelopment.measures.closest_targets import closest_targets as closest_targets
    from bench.envelopment.measures.context_dependent import context_dependent as context_dependent
    from bench.envelopment.measures.directional import directional as directional
    from bench.envelopment.measures.directional import range_directional as range_directional
    from bench.envelopment.measures.disposability import undesirable as undesirable
    from bench.envelopment.measures.disposability import weak_disposability as weak_disposability
    from bench.envelopment.measures.efficiency_ladder import efficiency_ladder as efficiency_ladder
    from bench.envelopment.measures.fdh_plus import fdh_plus as fdh_plus
    from bench.envelopment.measures.graph_efficiency import graph_efficiency as graph_efficiency
    from bench.envelopment.measures.holder import holder as holder
    from bench.envelopment.measures.integer_data import integer_data as integer_data
    from bench.envelopment.measures.irs2 import irs2 as irs2
    from bench.envelopment.measures.mea import mea as mea
    from bench.envelopment.measures.metafrontier import metafrontier as metafrontier
    from bench.envelopment.measures.non_discretionary import bounded as bounded
    from bench.envelopment.measures.non_discretionary import categorical as categorical
    from bench.envelopment.measures.non_discretionary import non_discretionary as non_discretionary
    from bench.envelopment.measures.peer_rules import with_peer_rules as with_peer_rules
    from bench.envelopment.measures.russell import russell as russell
    from bench.envelopment.measures.sbm_undesirable import sbm_undesirable as sbm_undesirable
    from bench.envelopment.measures.scale import scale_efficiency as scale_efficiency
    from bench.envelopment.measures.slacks_based import sbm as sbm
    from bench.envelopment.measures.super_efficiency import super_efficiency as super_efficiency
    from bench.envelopment.multipliers.audit_lp import unit_program as unit_program
    from bench.envelopment.multipliers.audit_lp import write_unit_lp as write_unit_lp
    from bench.envelopment.multipliers.common_weights import common_weights as common_weights
    from bench.envelopment.multipliers.cross_efficiency import cross_efficiency as cross_efficiency
    from bench.envelopment.multipliers.weight_restrictions import Bound as Bound
    from bench.envelopment.multipliers.weight_restrictions import Ratio as Ratio
    from bench.envelopment.multipliers.weight_restrictions import Share as Share
    from bench.envelopment.multipliers.weight_restrictions import TradeOff as TradeOff
    from bench.envelopment.multipliers.weight_restrictions import weight_restricted as weight_restricted
    from bench.envelopment.networks.network import network as network
    from bench.envelopment.networks.two_stage import two_stage as two_stage
    from bench.envelopment.outliers.data_cloud import wilson_outliers as wilson_outliers
    from bench.envelopment.outliers.outliers import influence as influence
    from bench.envelopment.outliers.outliers import outlier_screen as outlier_screen
    from bench.envelopment.outliers.outliers import without as without
    from bench.envelopment.outliers.partial_outliers import order_m_outliers as order_m_outliers
    from bench.envelopment.productivity.malmquist import malmquist as malmquist
    from bench.envelopment.productivity.price_indices import price_productivity as price_productivity
    from bench.envelopment.productivity.productivity import fare_primont as fare_primont
    from bench.envelopment.productivity.productivity import hicks_moorsteen as hicks_moorsteen
    from bench.envelopment.productivity.productivity import luenberger as luenberger
    from bench.envelopment.productivity.productivity import window_analysis as window_analysis
    from bench.envelopment.result import DeaResult as DeaResult


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

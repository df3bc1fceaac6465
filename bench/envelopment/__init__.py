"""Data envelopment analysis and its relatives: one module per method, loaded when first used.

:func:`dea` is the main entry; its result gives scores, slacks, targets, peers and multipliers by name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_PUBLIC = {
    "dea": "bench.envelopment.radial",
    "DeaResult": "bench.envelopment.result",
    "MethodResult": "bench.envelopment.tables",
    "Technology": "bench.envelopment.technology",
    "directional": "bench.envelopment.directions",
    "range_directional": "bench.envelopment.directions",
    "mea": "bench.envelopment.multidirectional",
    "additive": "bench.envelopment.additive_measures",
    "russell": "bench.envelopment.russell_measures",
    "sbm": "bench.envelopment.slacks_based",
    "graph_efficiency": "bench.envelopment.graph",
    "super_efficiency": "bench.envelopment.superefficiency",
    "cost_efficiency": "bench.envelopment.economic",
    "profit_efficiency": "bench.envelopment.economic",
    "revenue_efficiency": "bench.envelopment.economic",
    "scale_efficiency": "bench.envelopment.scale",
    "bounded": "bench.envelopment.discretion",
    "categorical": "bench.envelopment.discretion",
    "non_discretionary": "bench.envelopment.discretion",
    "undesirable": "bench.envelopment.disposability",
    "weak_disposability": "bench.envelopment.disposability",
    "Bound": "bench.envelopment.restrictions",
    "Ratio": "bench.envelopment.restrictions",
    "Share": "bench.envelopment.restrictions",
    "TradeOff": "bench.envelopment.restrictions",
    "weight_restricted": "bench.envelopment.restrictions",
    "with_peer_rules": "bench.envelopment.peer_rules",
    "unit_program": "bench.envelopment.audit",
    "write_unit_lp": "bench.envelopment.audit",
    "cross_efficiency": "bench.envelopment.cross",
    "efficiency_ladder": "bench.envelopment.ladder",
    "merger_gains": "bench.envelopment.mergers",
    "two_stage": "bench.envelopment.network",
    "metafrontier": "bench.envelopment.groups",
    "capacity_use": "bench.envelopment.capacity",
    "influence": "bench.envelopment.outliers",
    "outlier_screen": "bench.envelopment.outliers",
    "without": "bench.envelopment.outliers",
    "wilson_outliers": "bench.envelopment.data_cloud",
    "malmquist": "bench.envelopment.malmquist_index",
    "fare_primont": "bench.envelopment.productivity",
    "hicks_moorsteen": "bench.envelopment.productivity",
    "luenberger": "bench.envelopment.productivity",
    "window_analysis": "bench.envelopment.productivity",
    "bootstrap_efficiency": "bench.envelopment.bootstrap",
    "returns_to_scale_test": "bench.envelopment.bootstrap",
    "heterogeneous_bootstrap": "bench.envelopment.heterogeneous",
    "subsampling_efficiency": "bench.envelopment.subsampling",
    "bootstrap_malmquist": "bench.envelopment.malmquist_bootstrap",
    "conditional_efficiency": "bench.envelopment.conditional",
    "mean_efficiency": "bench.envelopment.mean_inference",
    "technology_test": "bench.envelopment.technology_tests",
    "separability_test": "bench.envelopment.separability",
    "compare_groups": "bench.envelopment.group_comparison",
    "order_alpha": "bench.envelopment.partial_frontiers",
    "order_m": "bench.envelopment.partial_frontiers",
    "order_m_outliers": "bench.envelopment.partial_outliers",
    "determinants": "bench.envelopment.truncated",
}

__all__ = [*_PUBLIC]

if TYPE_CHECKING:
    from bench.envelopment.additive_measures import additive as additive
    from bench.envelopment.audit import unit_program as unit_program
    from bench.envelopment.audit import write_unit_lp as write_unit_lp
    from bench.envelopment.bootstrap import bootstrap_efficiency as bootstrap_efficiency
    from bench.envelopment.bootstrap import returns_to_scale_test as returns_to_scale_test
    from bench.envelopment.capacity import capacity_use as capacity_use
    from bench.envelopment.conditional import conditional_efficiency as conditional_efficiency
    from bench.envelopment.cross import cross_efficiency as cross_efficiency
    from bench.envelopment.data_cloud import wilson_outliers as wilson_outliers
    from bench.envelopment.directions import directional as directional
    from bench.envelopment.directions import range_directional as range_directional
    from bench.envelopment.discretion import bounded as bounded
    from bench.envelopment.discretion import categorical as categorical
    from bench.envelopment.discretion import non_discretionary as non_discretionary
    from bench.envelopment.disposability import undesirable as undesirable
    from bench.envelopment.disposability import weak_disposability as weak_disposability
    from bench.envelopment.economic import cost_efficiency as cost_efficiency
    from bench.envelopment.economic import profit_efficiency as profit_efficiency
    from bench.envelopment.economic import revenue_efficiency as revenue_efficiency
    from bench.envelopment.graph import graph_efficiency as graph_efficiency
    from bench.envelopment.group_comparison import compare_groups as compare_groups
    from bench.envelopment.groups import metafrontier as metafrontier
    from bench.envelopment.heterogeneous import heterogeneous_bootstrap as heterogeneous_bootstrap
    from bench.envelopment.ladder import efficiency_ladder as efficiency_ladder
    from bench.envelopment.malmquist_bootstrap import bootstrap_malmquist as bootstrap_malmquist
    from bench.envelopment.malmquist_index import malmquist as malmquist
    from bench.envelopment.mean_inference import mean_efficiency as mean_efficiency
    from bench.envelopment.mergers import merger_gains as merger_gains
    from bench.envelopment.multidirectional import mea as mea
    from bench.envelopment.network import two_stage as two_stage
    from bench.envelopment.outliers import influence as influence
    from bench.envelopment.outliers import outlier_screen as outlier_screen
    from bench.envelopment.outliers import without as without
    from bench.envelopment.partial_frontiers import order_alpha as order_alpha
    from bench.envelopment.partial_frontiers import order_m as order_m
    from bench.envelopment.partial_outliers import order_m_outliers as order_m_outliers
    from bench.envelopment.peer_rules import with_peer_rules as with_peer_rules
    from bench.envelopment.productivity import fare_primont as fare_primont
    from bench.envelopment.productivity import hicks_moorsteen as hicks_moorsteen
    from bench.envelopment.productivity import luenberger as luenberger
    from bench.envelopment.productivity import window_analysis as window_analysis
    from bench.envelopment.radial import dea as dea
    from bench.envelopment.restrictions import Bound as Bound
    from bench.envelopment.restrictions import Ratio as Ratio
    from bench.envelopment.restrictions import Share as Share
    from bench.envelopment.restrictions import TradeOff as TradeOff
    from bench.envelopment.restrictions import weight_restricted as weight_restricted
    from bench.envelopment.result import DeaResult as DeaResult
    from bench.envelopment.russell_measures import russell as russell
    from bench.envelopment.scale import scale_efficiency as scale_efficiency
    from bench.envelopment.separability import separability_test as separability_test
    from bench.envelopment.slacks_based import sbm as sbm
    from bench.envelopment.subsampling import subsampling_efficiency as subsampling_efficiency
    from bench.envelopment.superefficiency import super_efficiency as super_efficiency
    from bench.envelopment.tables import MethodResult as MethodResult
    from bench.envelopment.technology import Technology as Technology
    from bench.envelopment.technology_tests import technology_test as technology_test
    from bench.envelopment.truncated import determinants as determinants


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name in _PUBLIC:
        value = getattr(import_module(_PUBLIC[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'bench.envelopment' has no attribute {name!r}")

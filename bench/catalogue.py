"""Every method of the library: where it lies, what it is called, which keys it takes, and what it gives.

One entry per method, and the only place it is named: :mod:`bench.envelopment` and :mod:`bench.stochastic` load it from
here on first use, ``[[frontier.variant]]`` may name those that give one share of cost per unit, ``[[analysis]]`` and
``bench dea --method`` any of them, and the tests of what every method promises run over the table. The keys are the
library's own arguments by name, so that a key means what the function's documentation says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class MethodSpec:
    """One method of the library.

    Attributes
    ----------
    name : str
        Word in a model file.
    topic : str
        Page of the guide, and stem of the module and its test.
    calls : str
        Folder and public function, ``envelopment.measures.fdh_plus``.
    en, nb : str
        What it is called on a page.
    takes, needs : tuple of str
        Keys it may and must be given. ``rts``, ``form`` and ``distribution`` may come from ``[frontier]``.
    score : str
        Column of the result with each unit's share of cost; empty where the method gives none, and so only describes.
    panel : bool
        It compares years itself, and so sees all of them.
    """

    name: str
    topic: str
    calls: str
    en: str
    nb: str
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    score: str = ""
    panel: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys it may or must be given."""
        return (*self.needs, *self.takes)

    @property
    def room(self) -> str:
        """Room it is public in: ``envelopment`` or ``stochastic``."""
        return self.calls.partition(".")[0]

    @property
    def function(self) -> str:
        """Name of the public function."""
        return self.calls.rpartition(".")[2]

    @property
    def module(self) -> str:
        """Module that defines it."""
        return f"bench.{self.calls.rpartition('.')[0]}.{self.topic}"

    @property
    def public(self) -> str:
        """What it is imported as."""
        return f"bench.{self.room}.{self.function}"


#: Of a stochastic frontier.
_FORM = ("form", "environment")
_RANDOM = ("seed",)
#: Returns to scale.
_RTS = ("rts",)

_SPECS = (
    # data envelopment and its relatives: a share of cost per unit
    MethodSpec("dea", "dea", "envelopment.dea", "Data envelopment analysis", "Dataomhylling (DEA)", (), _RTS,
               "efficiency"),
    MethodSpec("sfa", "sfa", "stochastic.frontier.sfa", "Stochastic frontier", "Stokastisk front (SFA)",
               (*_FORM, "distribution", "panel", "shape", "u", "mu"), score="efficiency"),
    MethodSpec("stoned", "stoned", "stochastic.convex.stoned", "StoNED", "StoNED", ("environment", "monotone"), _RTS,
               "efficiency"),
    MethodSpec("sbm", "slacks_based", "envelopment.slacks.sbm", "Slacks-based measure", "Slakkbasert mål", (), _RTS,
               "efficiency"),
    MethodSpec("russell", "russell", "envelopment.slacks.russell", "Russell measure", "Russells mål", (), _RTS,
               "efficiency"),
    MethodSpec("mea", "mea", "envelopment.measures.mea", "Multi-directional efficiency", "Flerrettet effektivitet", (),
               _RTS, "efficiency {input}"),
    MethodSpec("directional", "directional", "envelopment.measures.directional", "Directional distance",
               "Rettet avstand", (), _RTS, "efficiency"),
    MethodSpec("range-directional", "directional", "envelopment.measures.range_directional", "Range directional model",
               "Rettet avstand etter spennvidde", (), _RTS, "efficiency"),
    MethodSpec("graph", "graph_efficiency", "envelopment.measures.graph_efficiency", "Graph efficiency",
               "Grafeffektivitet", (), _RTS, "efficiency"),
    MethodSpec("cross", "cross_efficiency", "envelopment.multipliers.cross_efficiency", "Cross-efficiency",
               "Krysseffektivitet", ("goal", "surrogate"), score="efficiency"),
    MethodSpec("order-m", "partial_frontiers", "envelopment.inference.order_m", "Order m", "Orden m", (), ("m",),
               "efficiency"),
    MethodSpec("order-alpha", "partial_frontiers", "envelopment.inference.order_alpha", "Order alpha", "Orden alfa", (),
               ("alpha",), "efficiency"),
    MethodSpec("hyperbolic-order-m", "graph_partial_frontiers", "envelopment.inference.hyperbolic_order_m",
               "Hyperbolic order m", "Hyperbolsk orden m", (), ("m",), "efficiency"),
    MethodSpec("hyperbolic-order-alpha", "graph_partial_frontiers", "envelopment.inference.hyperbolic_order_alpha",
               "Hyperbolic order alpha", "Hyperbolsk orden alfa", (), ("alpha",), "efficiency"),
    MethodSpec("conditional", "conditional", "envelopment.inference.conditional_efficiency", "Conditional efficiency",
               "Betinget effektivitet", ("m",), ("environment", "rts"), "efficiency"),
    MethodSpec("closest-targets", "closest_targets", "envelopment.slacks.closest_targets", "Closest targets",
               "Nærmeste mål", (), _RTS, "target {input}"),
    MethodSpec("common-weights", "common_weights", "envelopment.multipliers.common_weights", "Common weights",
               "Felles vekter", ("least",), score="efficiency"),
    MethodSpec("context-dependent", "context_dependent", "envelopment.measures.context_dependent", "Tiers",
               "Nivåer av fronter", (), _RTS, "progress"),
    MethodSpec("fdh-plus", "fdh_plus", "envelopment.measures.fdh_plus", "Free disposal with scaling",
               "Fri avhending med skala", ("scaling",), score="efficiency"),
    MethodSpec("integer-data", "integer_data", "envelopment.measures.integer_data", "Whole numbers", "Hele tall", (),
               ("whole", "rts"), "efficiency"),
    MethodSpec("non-discretionary", "non_discretionary", "envelopment.measures.non_discretionary", "Fixed measures",
               "Faste størrelser", ("fixed_as",), ("fixed", "rts"), "efficiency"),
    MethodSpec("bounded", "non_discretionary", "envelopment.measures.bounded", "Bounded measures",
               "Størrelser med grenser", (), ("bounds", "rts"), "efficiency"),
    MethodSpec("categorical", "non_discretionary", "envelopment.measures.categorical", "Ordered categories",
               "Ordnede kategorier", (), ("category", "rts"), "efficiency"),
    MethodSpec("weak-disposability", "disposability", "envelopment.measures.weak_disposability", "Weak disposability",
               "Svak avhending", (), ("weak", "rts"), "efficiency"),
    MethodSpec("metafrontier", "metafrontier", "envelopment.measures.metafrontier", "Metafrontier", "Metafront",
               ("against",), ("group", "rts"), "efficiency"),
    MethodSpec("two-stage", "two_stage", "envelopment.networks.two_stage", "Two-stage network", "Nettverk i to trinn",
               (), ("intermediate",), "efficiency"),
    MethodSpec("cost-efficiency", "economic_efficiency", "envelopment.economic.cost_efficiency", "Cost efficiency",
               "Kostnadseffektivitet", (), ("input_prices", "rts"), "efficiency"),
    MethodSpec("irs2", "irs2", "envelopment.measures.irs2", "Sums of units, each enlarged or as it is",
               "Summer av enheter, hver i egen størrelse eller større", score="efficiency"),
    MethodSpec("network", "network", "envelopment.networks.network", "Network of stages", "Nettverk av trinn",
               ("measure", "links", "shared", "stage_weights"), ("stages", "rts"), "efficiency"),
    # stochastic frontiers and regressions: a share of cost per unit
    MethodSpec("cols", "corrected_least_squares", "stochastic.least_squares.cols", "Corrected least squares",
               "Korrigert minste kvadraters metode", ("form",), score="efficiency"),
    MethodSpec("mols", "corrected_least_squares", "stochastic.least_squares.mols", "Modified least squares",
               "Modifisert minste kvadraters metode", ("form", "distribution"), score="efficiency"),
    MethodSpec("shaped-sfa", "shape", "stochastic.afterwards.shaped_sfa", "Stochastic frontier with a shape",
               "Stokastisk front med form", (*_FORM, "monotone", "floor"), score="efficiency"),
    MethodSpec("panel-frontier", "panel_least_squares", "stochastic.least_squares.panel_frontier",
               "Panel least squares", "Minste kvadrater i panel", (*_FORM, "degree"), ("effects",), "efficiency"),
    MethodSpec("latent-class", "latent_class", "stochastic.mixtures.latent_class", "Latent classes", "Latente klasser",
               (*_FORM, "classes", "membership", "starts", *_RANDOM), score="efficiency"),
    MethodSpec("zero-inefficiency", "latent_class", "stochastic.mixtures.zero_inefficiency",
               "A share of efficient units", "En andel effektive enheter", (*_FORM, "share"), score="efficiency"),
    MethodSpec("stochastic-metafrontier", "stochastic_metafrontier", "stochastic.afterwards.stochastic_metafrontier",
               "Stochastic metafrontier", "Stokastisk metafront", (*_FORM, "distribution", "envelope", "against"),
               ("group",), "efficiency"),
    MethodSpec("cnls", "cnls", "stochastic.convex.cnls", "Convex least squares, shifted",
               "Konveks minste kvadrater, flyttet", ("environment", "monotone"), _RTS, "corrected"),
    MethodSpec("convex-quantile", "quantile", "stochastic.convex.convex_quantile", "Convex quantile", "Konveks kvantil",
               ("environment",), ("tau", "rts"), "fitted"),
    MethodSpec("convex-expectile", "quantile", "stochastic.convex.convex_expectile", "Convex expectile",
               "Konveks ekspektil", ("environment",), ("tau", "rts"), "fitted"),
    MethodSpec("student-sfa", "student_noise", "stochastic.extended.student_sfa", "Student's noise", "Students støy",
               _FORM, score="efficiency"),
    MethodSpec("two-tier-sfa", "two_tier", "stochastic.extended.two_tier_sfa", "Two-tier frontier", "Tosidig front",
               _FORM, score="efficiency"),
    MethodSpec("copula-sfa", "copula_sfa", "stochastic.extended.copula_sfa", "Dependent noise and inefficiency",
               "Avhengig støy og ineffektivitet", _FORM, score="efficiency"),
    MethodSpec("correlated-effects", "correlated_effects", "stochastic.extended.correlated_effects",
               "Correlated effects", "Korrelerte effekter", (*_FORM, "distribution", "panel", "leave_out"),
               score="efficiency"),
    MethodSpec("endogenous-sfa", "endogenous_sfa", "stochastic.extended.endogenous_sfa", "Endogenous regressors",
               "Endogene forklaringsvariabler", (*_FORM, "distribution", "replicates", *_RANDOM),
               ("endogenous", "instruments"), "efficiency"),
    # methods that describe
    MethodSpec("selected-sfa", "selection", "stochastic.selection.selected_sfa", "Frontier with sample selection",
               "Front med utvalgsskjevhet", _FORM, ("selected", "selection")),
    MethodSpec("additive", "additive", "envelopment.slacks.additive", "Additive model", "Additiv modell",
               ("weights", "slack_limits"), _RTS),
    MethodSpec("additive-super", "additive_super", "envelopment.slacks.additive_super", "Additive super-efficiency",
               "Additiv supereffektivitet", ("weights",), _RTS),
    MethodSpec("sbm-undesirable", "sbm_undesirable", "envelopment.slacks.sbm_undesirable",
               "Slacks-based measure with undesirable outputs", "Slakkbasert mål med uønskede produkter",
               ("bad_weight",), ("bad", "rts")),
    MethodSpec("reverse-directional", "reverse_directional", "envelopment.measures.reverse_directional",
               "Reverse directional distance", "Omvendt rettet avstand", ("measure", "weights", "norm"), _RTS),
    MethodSpec("holder", "holder", "envelopment.measures.holder", "Hölder distances", "Hölder-avstander", ("norm",),
               _RTS),
    MethodSpec("super-efficiency", "super_efficiency", "envelopment.measures.super_efficiency", "Super-efficiency",
               "Supereffektivitet", (), _RTS),
    MethodSpec("scale-efficiency", "scale", "envelopment.measures.scale_efficiency", "Scale efficiency",
               "Skalaeffektivitet", ("elasticity",)),
    MethodSpec("undesirable", "disposability", "envelopment.measures.undesirable", "Undesirable outputs",
               "Uønskede produkter", ("treatment",), ("bad", "rts")),
    MethodSpec("by-production", "by_production", "envelopment.environment.by_production", "By-production",
               "Biproduksjon", (), ("bad", "polluting", "rts")),
    MethodSpec("material-balance", "material_balance", "envelopment.environment.material_balance", "Material balance",
               "Materialbalanse", (), ("content", "rts")),
    MethodSpec("capacity-use", "capacity_use", "envelopment.measures.capacity_use", "Capacity use",
               "Kapasitetsutnytting", (), ("fixed", "rts")),
    MethodSpec("revenue-efficiency", "economic_efficiency", "envelopment.economic.revenue_efficiency",
               "Revenue efficiency", "Inntektseffektivitet", (), ("output_prices", "rts")),
    MethodSpec("profit-efficiency", "economic_efficiency", "envelopment.economic.profit_efficiency",
               "Profit efficiency", "Overskuddseffektivitet", (), ("input_prices", "output_prices", "rts")),
    MethodSpec("economic-decomposition", "economic_decomposition",
               "envelopment.economic.economic_decomposition", "Economic inefficiency and its parts",
               "Økonomisk ineffektivitet og dens deler",
               ("measure", "reverse", "weights", "norm", "input_prices", "output_prices"), ("money", "rts")),
    MethodSpec("profitability", "profitability", "envelopment.economic.profitability", "Profitability", "Lønnsomhet",
               (), ("input_prices", "output_prices")),
    MethodSpec("efficiency-ladder", "efficiency_ladder", "envelopment.measures.efficiency_ladder", "Efficiency ladder",
               "Effektivitetsstige", (), ("unit", "rts")),
    MethodSpec("merger-gains", "mergers", "envelopment.economic.merger_gains", "Potential gains from mergers",
               "Mulig gevinst ved sammenslåing", (), ("mergers", "rts")),
    MethodSpec("audit-lp", "audit_lp", "envelopment.multipliers.unit_program", "One unit's linear program",
               "Én enhets lineære program", (), ("unit", "rts")),
    MethodSpec("influence", "outliers", "envelopment.outliers.influence", "Influence of single units",
               "Enkeltenheters innflytelse", (), _RTS),
    MethodSpec("outlier-screen", "outliers", "envelopment.outliers.outlier_screen", "Screen for outliers",
               "Siling av uteliggere", ("level",), _RTS),
    MethodSpec("wilson-outliers", "data_cloud", "envelopment.outliers.wilson_outliers", "Data-cloud method",
               "Dataskymetoden", ("deletions",)),
    MethodSpec("directional-order-m", "graph_partial_frontiers", "envelopment.inference.directional_order_m",
               "Directional order m", "Rettet orden m", (), ("m",)),
    MethodSpec("directional-order-alpha", "graph_partial_frontiers", "envelopment.inference.directional_order_alpha",
               "Directional order alpha", "Rettet orden alfa", (), ("alpha",)),
    MethodSpec("order-m-outliers", "partial_outliers", "envelopment.outliers.order_m_outliers", "Order-m outliers",
               "Uteliggere av orden m", ("threshold",)),
    MethodSpec("bootstrap-efficiency", "bootstrap", "envelopment.inference.bootstrap_efficiency",
               "Bootstrap of efficiency", "Bootstrap av effektivitet", ("replicates", "level", "convention"),
               ("seed", "rts")),
    MethodSpec("heterogeneous-bootstrap", "heterogeneous_bootstrap", "envelopment.inference.heterogeneous_bootstrap",
               "Heterogeneous bootstrap", "Heterogen bootstrap", ("replicates", "level"), ("seed", "rts")),
    MethodSpec("subsampling", "subsampling", "envelopment.inference.subsampling_efficiency", "Subsampling", "Delutvalg",
               ("replicates", "level"), ("seed", "rts")),
    MethodSpec("returns-to-scale-test", "bootstrap", "envelopment.inference.returns_to_scale_test",
               "Test of returns to scale", "Test av skalautbytte", ("replicates",), ("seed",)),
    MethodSpec("technology-test", "technology_test", "envelopment.inference.technology_test", "Test of the technology",
               "Test av teknologien", ("splits", "halves"), ("hypothesis", "seed")),
    MethodSpec("separability-test", "separability", "envelopment.inference.separability_test", "Test of separability",
               "Test av separabilitet", ("splits", "halves"), ("environment", "seed", "rts")),
    MethodSpec("determinants", "determinants", "envelopment.inference.determinants", "What goes with inefficiency",
               "Hva som følger ineffektivitet", ("algorithm", "replicates", "level"), ("environment", "seed", "rts")),
    MethodSpec("compare-groups", "group_comparison", "envelopment.inference.compare_groups", "Groups compared",
               "Grupper sammenlignet", ("frontier", "replicates", "halves", "level"), ("group", "seed", "rts")),
    MethodSpec("mean-efficiency", "mean_efficiency", "envelopment.inference.mean_efficiency",
               "Mean efficiency with interval", "Gjennomsnittlig effektivitet med intervall",
               ("group", "splits", "level"), ("seed", "rts")),
    MethodSpec("rank-intervals", "rank_intervals", "envelopment.inference.rank_intervals", "Ranks with intervals",
               "Rangering med intervall", ("requirement", "replicates", "level"), ("seed", "rts")),
    MethodSpec("malmquist", "malmquist", "envelopment.productivity.malmquist", "Malmquist index", "Malmquist-indeks",
               ("sets", "rts"), panel=True),
    MethodSpec("bootstrap-malmquist", "malmquist_bootstrap", "envelopment.inference.bootstrap_malmquist",
               "Malmquist index with intervals", "Malmquist-indeks med intervall", ("replicates", "level"), ("seed",),
               panel=True),
    MethodSpec("malmquist-luenberger", "malmquist_luenberger", "envelopment.environment.malmquist_luenberger",
               "Malmquist-Luenberger index", "Malmquist-Luenberger-indeks", (), ("bad",), panel=True),
    MethodSpec("dynamic", "dynamic", "envelopment.networks.dynamic_dea", "Years linked by what is carried over",
               "År bundet sammen av det som overføres", ("measure",), ("carry_overs", "rts"), panel=True),
    MethodSpec("luenberger", "productivity", "envelopment.productivity.luenberger", "Luenberger indicator",
               "Luenberger-indikator", (), _RTS, panel=True),
    MethodSpec("hicks-moorsteen", "productivity", "envelopment.productivity.hicks_moorsteen", "Hicks-Moorsteen index",
               "Hicks-Moorsteen-indeks", (), _RTS, panel=True),
    MethodSpec("fare-primont", "productivity", "envelopment.productivity.fare_primont", "Färe-Primont index",
               "Färe-Primont-indeks", (), _RTS, panel=True),
    MethodSpec("tfp-efficiency", "tfp_efficiency", "envelopment.productivity.tfp_efficiency",
               "Productivity split into waste, scale and mix", "Produktivitet delt i sløsing, skala og sammensetning",
               ("index", "input_prices", "output_prices", "rts"), panel=True),
    MethodSpec("window-analysis", "productivity", "envelopment.productivity.window_analysis", "Window analysis",
               "Vindusanalyse", (), ("width", "rts"), panel=True),
    MethodSpec("price-productivity", "price_indices", "envelopment.productivity.price_productivity",
               "Productivity at prices", "Produktivitet i priser", ("index",), ("input_prices", "output_prices"),
               panel=True),
    MethodSpec("tfp-change", "tfp", "stochastic.afterwards.tfp_change", "Productivity split by a stochastic frontier",
               "Produktivitet delt opp av en stokastisk front", (*_FORM, "distribution", "technical"), panel=True),
    MethodSpec("distribution-choice", "distribution_choice", "stochastic.afterwards.distribution_choice",
               "Choice of distribution", "Valg av fordeling", (*_FORM, "distribution", "distributions", "criterion")),
    MethodSpec("sfa-bootstrap", "sfa_bootstrap", "stochastic.afterwards.bootstrap",
               "Parametric bootstrap of the frontier", "Parametrisk bootstrap av fronten",
               (*_FORM, "distribution", "replicates", "level"), _RANDOM),
    MethodSpec("sfa-compare", "sfa_compare", "stochastic.afterwards.compare", "Stochastic frontiers compared",
               "Stokastiske fronter sammenlignet", ("environment", "distributions", "forms")),
    MethodSpec("conformal-interval", "conformal_interval", "stochastic.afterwards.conformal_interval",
               "What a comparable unit would cost", "Hva en sammenlignbar enhet ville kostet",
               (*_FORM, "regression", "distribution", "rts", "resampling", "folds", "level", *_RANDOM)),
)  # fmt: skip

#: By the word in a model file.
METHODS: Mapping[str, MethodSpec] = {spec.name: spec for spec in _SPECS}

#: Methods that may be a variant of the frontier.
VARIANT_METHODS = tuple(spec.name for spec in _SPECS if spec.score)
#: Methods a variant is measured by alone: multipliers and prices come from the others.
SCORE_METHODS = tuple(name for name in VARIANT_METHODS if name not in ("dea", "sfa", "stoned"))
#: Methods that take conditions into the frontier.
CONDITION_METHODS = tuple(spec.name for spec in _SPECS if spec.score and "environment" in spec.keys)

#: Keys that name columns of the table which have no other role.
COLUMN_KEYS = (
    "bad",
    "intermediate",
    "input_prices",
    "output_prices",
    "instruments",
    "membership",
    "share",
    "selection",
    "u",
    "mu",
    "category",
    "selected",
)


def homes(room: str) -> dict[str, str]:
    """Return the module of each public method of a room."""
    return {spec.function: spec.module for spec in _SPECS if spec.room == room}


def methods_with(key: str) -> tuple[str, ...]:
    """Return the methods that take a key."""
    return tuple(spec.name for spec in _SPECS if key in spec.keys)


def links_of(stages: Mapping[str, Mapping[Any, Sequence[str]]]) -> list[str]:
    """Return the columns that some stage of a network makes and another uses: no input or output of the table.

    Examples
    --------
    >>> links_of({"a": {"inputs": ["x"], "outputs": ["z"]}, "b": {"inputs": ["z"], "outputs": ["y"]}})
    ['z']
    """
    used = {column for stage in stages.values() for column in stage.get("inputs", ())}
    return [column for stage in stages.values() for column in stage.get("outputs", ()) if column in used]

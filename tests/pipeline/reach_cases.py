"""One case per method of the library: how a model file names it, and the library's own call on the same table.

The table is made up from a seed, so nothing here is a number of the code's own: each expected value is what the public
function gives when it is called directly, with the arguments written out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd
from key_values import VALUES

import bench
import bench.envelopment as e
import bench.stochastic as s
from bench.catalogue import METHODS, MethodSpec

YEARS, COUNT = (2022, 2023, 2024), 40
OUTPUTS = ("timer", "besok")
COST = {"kind": "cost", "form": "cobb-douglas"}


def frame() -> pd.DataFrame:
    """Forty units over three years: cost from two services, with waste, noise and columns for every key."""
    rng = np.random.default_rng(23)
    n = COUNT * len(YEARS)
    table = pd.DataFrame({"enhet": [f"E{k:02d}" for k in range(COUNT)] * len(YEARS), "aar": np.repeat(YEARS, COUNT)})
    table["timer"] = np.round(np.exp(rng.uniform(3, 5, n)))
    table["besok"] = np.exp(rng.uniform(3, 5, n))
    table["reise"] = rng.uniform(0, 1, n)
    waste = np.abs(rng.normal(0, 0.35, n)) * np.exp(0.4 * table["reise"])
    table["kostnad"] = 9 * table["timer"] ** 0.6 * table["besok"] ** 0.35 * np.exp(waste + 0.15 * rng.normal(size=n))
    table["arsverk"] = np.round(table["kostnad"] * rng.uniform(0.02, 0.03, n))
    table["eier"] = 1.0 + np.arange(n) % 2
    table["avvik"] = rng.uniform(1, 9, n)
    table["mellom"] = table["kostnad"] ** 0.9 * np.exp(0.1 * rng.normal(size=n))
    table["trend"] = table["aar"] - 2022.0
    table["med"] = (0.4 * rng.normal(size=n) + table["reise"] > 0.35) * 1.0
    table["nabo"] = np.log(table["timer"]) + 0.2 * rng.normal(size=n)
    table["lav"], table["hoy"] = 0.5 * table["arsverk"], 1.2 * table["arsverk"]
    for column, size in (("pk", 1.0), ("pa", 40.0), ("pt", 9.0), ("pb", 8.0)):
        table[column] = size * rng.uniform(0.9, 1.1, n)
    return table


TABLE = frame()
EXTRA = ("arsverk", "eier", "avvik", "mellom", "med", "nabo", "lav", "hoy", "pk", "pa", "pt", "pb")


def given() -> bench.Units:
    """The table as a client's file gives it."""
    return bench.Units.from_frame(
        TABLE, id="enhet", period="aar", inputs=["kostnad"], outputs=list(OUTPUTS), environment=["reise", "trend"],
        extra=list(EXTRA),
    )  # fmt: skip


def units(years: tuple[int, ...] = (2024,), **roles: Any) -> bench.Units:
    """The table with these roles, for the library's own call."""
    said = {"inputs": ["kostnad"], "outputs": list(OUTPUTS), **{name: list(columns) for name, columns in roles.items()}}
    table = TABLE[TABLE["aar"].isin(years)]
    if len(years) == 1:
        return bench.Units.from_frame(table, id="enhet", **said)
    return bench.Units.from_frame(table, id="enhet", period="aar", **said)


def groups(years: tuple[int, ...] = (2024,)) -> list[str]:
    return [f"{value:g}" for value in TABLE.loc[TABLE["aar"].isin(years), "eier"]]


@dataclass(frozen=True)
class Case:
    """How a method is named, and what the library gives.

    Attributes
    ----------
    keys : dict
        As in the model file.
    call : callable
        The library's own call: keyword arguments of ``more`` are added to it.
    column : str
        Column of the result; attribute ``efficiency`` where the result has no frame; empty: the result's own measure.
    more : dict
        Optional keys, each tried alone: the argument of the same name.
    years : tuple
        Of the frontier's sample (variants), or of the analysis.
    """

    keys: Mapping[str, Any]
    call: Callable[..., Any]
    column: str = "efficiency"
    more: Mapping[str, Any] = field(default_factory=dict)
    years: tuple[int, ...] = (2024,)


TWO = ("kostnad", "arsverk")
BOTH = {"inputs": list(TWO)}
RAW: dict[str, Any] = {"rts": "vrs"}
CD = {"form": "cobb-douglas"}


def _bounds() -> dict[str, Any]:
    now = TABLE[TABLE["aar"] == 2024]
    return {"arsverk": (now["lav"].to_numpy(), now["hoy"].to_numpy())}


def _directly(room: Any, name: str, table: Callable[[], bench.Units], **fixed: Any) -> Callable[..., Any]:
    return lambda **more: getattr(room, name)(table(), **{**fixed, **more})


def _fitted(name: str, **fixed: Any) -> Callable[..., Any]:
    """Scores of a convex regression: the fitted cost over the cost."""

    def share(**more: Any) -> pd.Series:
        found = getattr(s, name)(units(), kind="cost", environment=[], **{**fixed, **more})
        return found.fitted / TABLE.loc[TABLE["aar"] == 2024, "kostnad"].to_numpy()

    return share


#: What a key that names columns goes with, in a model file, and the roles of those columns.
COLUMNS: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "input_prices": ({"input_prices": ["pk", "pa"], **BOTH, **RAW}, {"inputs": TWO, "input_prices": ("pk", "pa")}),
}


def _usual(spec: MethodSpec) -> Case:
    """The case of a method without a key of its own: each key is the argument of its name, or of the columns' role."""
    named = [COLUMNS[name] for name in (*spec.needs, *spec.takes) if name in COLUMNS]
    roles = {role: columns for _, found in named for role, columns in found.items()}
    written = {key: value for found, _ in named for key, value in found.items()}
    keys = {name: VALUES[name] for name in spec.needs if name not in COLUMNS}
    function = getattr(e, spec.function)
    sides = {"orientation": "input"} if spec.score and "orientation" in signature(function).parameters else {}
    years = YEARS if spec.panel else (2024,)
    more = {name: VALUES[name] for name in spec.takes if name in VALUES and name != "rts"}
    fixed = {name: written[name] for name in RAW if name in written}

    def call(**more: Any) -> Any:
        return function(units(years, **roles), **{**sides, **fixed, **keys, **more})

    return Case({**keys, **written}, call, spec.score.format(input="kostnad"), more, years)


def _all(cases: Mapping[str, Case], *, score: bool) -> dict[str, Case]:
    """The cases that are written out, and the usual one of every other method of the catalogue."""
    missing = [
        spec
        for spec in METHODS.values()
        if bool(spec.score) == score and spec.name not in cases and set(spec.needs) <= {*VALUES, *COLUMNS}
    ]
    return {**cases, **{spec.name: _usual(spec) for spec in missing if spec.room == "envelopment"}}


def _target(**more: Any) -> pd.Series:
    found = e.closest_targets(units(), rts="crs")
    return found["target kostnad"] / TABLE.loc[TABLE["aar"] == 2024, "kostnad"].to_numpy()


def _group_score(found: Any) -> pd.Series:
    return found["group_efficiency"] if hasattr(found, "frame") else found.to_frame()["group_efficiency"]


STAGES = {
    "lage": {"inputs": ["kostnad"], "outputs": ["mellom", "timer"]},
    "bruke": {"inputs": ["mellom", "arsverk"], "outputs": ["besok"]},
}


def _staged() -> bench.Units:
    return units(inputs=TWO, extra=("mellom",))


#: Methods that give one share of cost per unit, variants of the frontier, where the case is not the usual one.
VARIANTS: dict[str, Case] = {
    "dea": Case(RAW, _directly(bench, "dea", units, rts="vrs")),
    "sfa": Case(
        {"form": "cobb-douglas"}, _directly(bench, "sfa", lambda: units(extra=("reise",)), **COST),
        more={"distribution": "exponential", "u": ["reise"]},
    ),
    "stoned": Case(RAW, _directly(s, "stoned", units, rts="vrs", kind="cost", environment=[])),
    "directional": Case(RAW, _directly(e, "directional", units, rts="vrs", direction="inputs")),
    "conditional": Case(
        {"environment": ["reise"], "rts": "vrs"},
        _directly(e, "conditional_efficiency", lambda: units(environment=("reise",)), variables=["reise"], rts="vrs"),
        more={"m": 5},
    ),
    "closest-targets": Case({"rts": "crs"}, _target),
    "integer-data": Case(
        {"whole": ["arsverk"], **BOTH, **RAW},
        _directly(e, "integer_data", lambda: units(inputs=TWO), whole=["arsverk"], rts="vrs"),
    ),
    "non-discretionary": Case(
        {"fixed": ["arsverk"], **BOTH, **RAW},
        _directly(e, "non_discretionary", lambda: units(inputs=TWO), fixed=["arsverk"], rts="vrs"),
    ),
    "bounded": Case(
        {"bounds": {"arsverk": ["lav", "hoy"]}, **BOTH, **RAW},
        lambda **more: e.bounded(units(inputs=TWO), bounds=_bounds(), rts="vrs"),
    ),
    "categorical": Case(
        {"category": "eier", **RAW},
        lambda **more: e.categorical(
            units(), category=TABLE.loc[TABLE["aar"] == 2024, "eier"].tolist(), rts="vrs"
        ),
    ),
    "weak-disposability": Case(
        {"weak": ["timer"], **RAW}, _directly(e, "weak_disposability", units, weak=["timer"], rts="vrs",
                                              orientation="input"),
    ),
    "metafrontier": Case(
        {"group": "eier", **RAW}, lambda **more: e.metafrontier(units(), group=groups(), rts="vrs"),
        more={"against": "group"},
    ),
    "two-stage": Case(
        {"intermediate": ["mellom"]},
        _directly(e, "two_stage", lambda: units(extra=("mellom",)), intermediate=["mellom"])
    ),
    "network": Case(
        {"stages": STAGES, **BOTH, **RAW}, _directly(e, "network", _staged, stages=STAGES, rts="vrs"),
        more={"links": "fixed", "shared": {"alt": ["kostnad", "arsverk"]}, "measure": "sbm"},
    ),
    "cols": Case({"form": "cobb-douglas"}, _directly(s, "cols", units, **COST), more={"form": "translog"}),
    "mols": Case({"form": "cobb-douglas"}, _directly(s, "mols", units, **COST), more={"distribution": "exponential"}),
    "shaped-sfa": Case(
        {"form": "translog"}, _directly(s, "shaped_sfa", units, kind="cost", form="translog"),
        more={"floor": 0.45, "monotone": False},
    ),
    "panel-frontier": Case(
        {"effects": "fixed", "form": "cobb-douglas"},
        _directly(s, "panel_frontier", lambda: units(YEARS), effects="fixed", **COST), years=YEARS,
    ),
    "latent-class": Case(
        {"form": "cobb-douglas", "starts": 3}, _directly(s, "latent_class", lambda: units(YEARS, extra=("reise",)),
                                                          starts=3, **COST),
        more={"classes": 3, "membership": ["reise"]}, years=YEARS,
    ),
    "zero-inefficiency": Case(
        {"form": "cobb-douglas"}, _directly(s, "zero_inefficiency", lambda: units(YEARS, extra=("reise",)), **COST),
        more={"share": ["reise"]}, years=YEARS,
    ),
    "stochastic-metafrontier": Case(
        {"group": "eier", "form": "cobb-douglas", "envelope": "linear"},
        lambda **more: s.stochastic_metafrontier(units(YEARS), groups(YEARS), **{"method": "linear", **COST, **more}),
        more={"distribution": "exponential", "against": "group"}, years=YEARS,
    ),
    "cnls": Case(RAW, lambda **more: s.cnls(units(), rts="vrs", kind="cost", environment=[]).corrected()),
    "convex-quantile": Case({"tau": 0.2, **RAW}, _fitted("convex_quantile", tau=0.2, rts="vrs")),
    "convex-expectile": Case({"tau": 0.2, **RAW}, _fitted("convex_expectile", tau=0.2, rts="vrs")),
    "student-sfa": Case(CD, _directly(s, "student_sfa", lambda: units(YEARS), **COST), years=YEARS),
    "two-tier-sfa": Case(CD, _directly(s, "two_tier_sfa", lambda: units(YEARS), **COST), years=YEARS),
    "copula-sfa": Case(CD, _directly(s, "copula_sfa", lambda: units(YEARS), **COST), years=YEARS),
    "correlated-effects": Case(
        {"form": "cobb-douglas"}, _directly(s, "correlated_effects", lambda: units(YEARS), **COST),
        more={"leave_out": ["ln timer"], "distribution": "exponential", "panel": "pitt-lee"}, years=YEARS,
    ),
    "endogenous-sfa": Case(
        {"endogenous": ["timer"], "instruments": ["nabo"], "replicates": 10, "form": "cobb-douglas"},
        _directly(s, "endogenous_sfa", lambda: units(YEARS, extra=("nabo",)), endogenous=["timer"],
                  instruments=["nabo"], replicates=10, **COST),
        more={"distribution": "exponential"}, years=YEARS,
    ),
}  # fmt: skip
VARIANTS = _all(VARIANTS, score=True)

SEED = {"seed": 1}
RESAMPLED = {"seed": 1, "replicates": 100}
PRICES = {"input_prices": ["pk"], "output_prices": ["pt", "pb"]}


def _priced(years: tuple[int, ...] = (2024,)) -> bench.Units:
    return units(years, input_prices=("pk",), output_prices=("pt", "pb"))


def _with_bad(years: tuple[int, ...] = (2024,), **roles: Any) -> bench.Units:
    return units(years, outputs=(*OUTPUTS, "avvik"), **roles)


def _merged(**more: Any) -> Any:
    return e.merger_gains(units(), {"ny": ["E01", "E02"]}, rts="drs")


def _changed(distribution: str = "half-normal", **more: Any) -> pd.DataFrame:
    fit = bench.sfa(units(YEARS, environment=("trend",)), environment=["trend"], distribution=distribution, **COST)
    return s.tfp_change(fit, **{"technical": ["trend"], **more})


def _sure(distribution: str = "half-normal", level: float = 0.95) -> pd.Series:
    fit = bench.sfa(units(), distribution=distribution, **COST)
    return pd.Series(s.bootstrap(fit.estimate, fit.design.X, seed=1, replicates=20).interval(level)[0])


def _selected(**more: Any) -> Any:
    everyone = units(YEARS, extra=("med", "reise"))
    seen = everyone.take(np.flatnonzero(everyone.values(("med",))[:, 0] == 1.0))
    return s.selected_sfa(seen, everyone.frame, selection=["reise"], **COST)


def _objective(**more: Any) -> pd.Series:
    """The score of the unit by the library's own DEA, by another route than the program it is written as."""
    return pd.Series([bench.dea(units(), rts="vrs").efficiency["E05"]])


def _statistics(**more: Any) -> pd.Series:
    forms = more.get("forms", ["cobb-douglas", "translog"])
    distributions = more.get("distributions", ["half-normal"])
    fits = [bench.sfa(units(), kind="cost", form=f, distribution=d) for f in forms for d in distributions]
    return pd.Series([fit.loglik for fit in fits])


def _weighted(distribution: str = "half-normal", **more: Any) -> pd.DataFrame:
    chosen = {"distributions": ["half-normal", "exponential"], **more}
    return s.distribution_choice(bench.sfa(units(), distribution=distribution, **COST), **chosen).to_frame()


#: Methods that describe, where the case is not the usual one. What a variant can do may be an analysis too; two of them
#: stand here.
ANALYSES: dict[str, Case] = {
    "dea": Case({**RAW, "orientation": "output"}, _directly(bench, "dea", units, rts="vrs", orientation="output")),
    "cnls": Case(RAW, lambda **more: s.cnls(units(), rts="vrs", kind="cost", environment=[]).to_frame(), "slope timer"),
    "selected-sfa": Case({"selected": "med", "selection": ["reise"], "form": "cobb-douglas"}, _selected, years=YEARS),
    "scale-efficiency": Case({}, _directly(e, "scale_efficiency", units), more={}),
    "undesirable": Case(
        {"bad": ["avvik"], **RAW}, _directly(e, "undesirable", _with_bad, bad=["avvik"], rts="vrs"), "beta",
        {"treatment": "input"},
    ),
    "sbm-undesirable": Case(
        {"bad": ["avvik"], **RAW}, _directly(e, "sbm_undesirable", _with_bad, bad=["avvik"], rts="vrs"), "efficiency",
        {"bad_weight": 3.0},
    ),
    "by-production": Case(
        {"bad": ["avvik"], "polluting": ["arsverk"], **BOTH, **RAW},
        _directly(e, "by_production", lambda: _with_bad(inputs=TWO), bad=["avvik"], polluting=["arsverk"], rts="vrs"),
        "bad",
    ),
    "material-balance": Case(
        {"content": {"arsverk": 2.0, "timer": 0.001}, **BOTH, **RAW},
        _directly(e, "material_balance", lambda: units(inputs=TWO), rts="vrs",
                  content={"arsverk": 2.0, "timer": 0.001}),
        "least_surplus",
    ),
    "capacity-use": Case(
        {"fixed": ["arsverk"], **BOTH, **RAW},
        _directly(e, "capacity_use", lambda: units(inputs=TWO), fixed=["arsverk"], rts="vrs"), "capacity_use",
    ),
    "revenue-efficiency": Case(
        {"output_prices": ["pt", "pb"], **RAW},
        _directly(e, "revenue_efficiency", lambda: units(output_prices=("pt", "pb")), rts="vrs"),
    ),
    "profit-efficiency": Case({**PRICES, **RAW}, _directly(e, "profit_efficiency", _priced, rts="vrs"), "inefficiency"),
    "economic-decomposition": Case(
        {"money": "profit", **PRICES, **RAW}, _directly(e, "economic_decomposition", _priced, rts="vrs"),
        "allocative", {"measure": "directional", "reverse": True},
    ),
    "reverse-directional": Case(
        RAW, _directly(e, "reverse_directional", units, rts="vrs"), "beta", {"measure": "additive"}
    ),
    "profitability": Case(PRICES, _directly(e, "profitability", _priced)),
    "efficiency-ladder": Case(
        {"unit": "E05", **RAW}, lambda **more: e.efficiency_ladder(units(), "E05", rts="vrs"), "efficiency"
    ),
    "merger-gains": Case({"mergers": {"ny": ["E01", "E02"]}, "rts": "drs"}, _merged, "overall"),
    "audit-lp": Case({"unit": "E05", **RAW}, _objective, "efficiency"),
    "outlier-screen": Case(RAW, _directly(e, "outlier_screen", units, rts="vrs"), "dominant", {"level": 0.9}),
    "order-m-outliers": Case({}, _directly(e, "order_m_outliers", units), "outlier", {"threshold": 0.02}),
    "bootstrap-efficiency": Case(
        {**RESAMPLED, **RAW}, _directly(e, "bootstrap_efficiency", units, rts="vrs", **RESAMPLED), "lower",
        {"level": 0.8, "convention": "simar-wilson-1998"},
    ),
    "heterogeneous-bootstrap": Case(
        {**RESAMPLED, "rts": "crs"}, _directly(e, "heterogeneous_bootstrap", units, rts="crs", **RESAMPLED), "lower",
        {"level": 0.8},
    ),
    "subsampling": Case(
        {**RESAMPLED, "rts": "crs"}, _directly(e, "subsampling_efficiency", units, rts="crs", **RESAMPLED), "lower",
        {"level": 0.8},
    ),
    "returns-to-scale-test": Case(
        RESAMPLED, lambda **more: pd.Series([e.returns_to_scale_test(units(), **RESAMPLED).p_value]), "p_value"
    ),
    "technology-test": Case(
        {"hypothesis": "convexity", **SEED},
        lambda **more: pd.Series([e.technology_test(units(), hypothesis="convexity", **{**SEED, **more}).p_value]),
        "p_value", {"splits": 2, "halves": 3},
    ),
    "separability-test": Case(
        {"environment": ["reise"], **SEED, "rts": "crs"},
        lambda **more: pd.Series([
            e.separability_test(units(YEARS, environment=("reise",)), variables=["reise"], rts="crs", periods="pooled",
                                **{**SEED, **more}).statistic
        ]),
        "statistic", {"halves": 3, "splits": 2}, YEARS,
    ),
    "determinants": Case(
        {"environment": ["reise"], **RESAMPLED, **RAW},
        _directly(e, "determinants", lambda: units(environment=("reise",)), rts="vrs", **RESAMPLED), "lower",
        {"algorithm": 1, "level": 0.8},
    ),
    "compare-groups": Case(
        {"group": "eier", **RESAMPLED, "rts": "crs"},
        lambda **more: e.compare_groups(units(), group=groups(), rts="crs", **{**RESAMPLED, **more}), "ratio_lower",
        {"frontier": "pooled", "level": 0.8},
    ),
    "mean-efficiency": Case(
        {**SEED, **RAW}, _directly(e, "mean_efficiency", units, rts="vrs", **SEED), "lower",
        {"level": 0.8, "splits": 3},
    ),
    "rank-intervals": Case(
        {**RESAMPLED, **RAW}, _directly(e, "rank_intervals", units, rts="vrs", **RESAMPLED), "below_requirement",
        {"requirement": 0.6},
    ),
    "dynamic": Case(
        {"carry_overs": {"mellom": "free"}, **RAW},
        _directly(e, "dynamic_dea", lambda: units(YEARS, extra=("mellom",)), carry_overs={"mellom": "free"}, rts="vrs"),
        "high", years=YEARS,
    ),
    "malmquist": Case(
        {}, _directly(e, "malmquist", lambda: units(YEARS)), "technical_change",
        {"sets": "global"}, YEARS,
    ),
    "bootstrap-malmquist": Case(
        RESAMPLED, _directly(e, "bootstrap_malmquist", lambda: units(YEARS), **RESAMPLED), "index lower",
        {"level": 0.8}, YEARS,
    ),
    "malmquist-luenberger": Case(
        {"bad": ["avvik"]}, _directly(e, "malmquist_luenberger", lambda: _with_bad(YEARS), bad=["avvik"]), "index",
        years=YEARS,
    ),
    "tfp-efficiency": Case(
        {**PRICES, "index": "lowe"}, _directly(e, "tfp_efficiency", lambda: _priced(YEARS), index="lowe"),
        "residual_scale", {"rts": "crs"}, YEARS,
    ),
    "price-productivity": Case(
        PRICES, _directly(e, "price_productivity", lambda: _priced(YEARS)), "index", {"index": "fisher"}, YEARS
    ),
    "tfp-change": Case(
        {"form": "cobb-douglas", "environment": ["trend"], "technical": ["trend"]},
        _changed, "technical_change",
        {"technical": [], "distribution": "exponential"}, YEARS,
    ),
    "distribution-choice": Case(
        {"form": "cobb-douglas", "distributions": ["half-normal", "exponential"]}, _weighted, "weight",
    ),
    "conformal-interval": Case(
        {**CD, "level": 0.8}, _directly(s, "conformal_interval", units, **CD, level=0.8), "upper",
        {"regression": "sfa", "resampling": "split"},
    ),
    "sfa-bootstrap": Case(
        {"form": "cobb-douglas", "seed": 1, "replicates": 20}, _sure, "lower", {"level": 0.8}
    ),
    "sfa-compare": Case(
        {}, _statistics, "loglik", {"forms": ["cobb-douglas"], "distributions": ["half-normal", "exponential"]}
    ),
}  # fmt: skip
ANALYSES = _all(ANALYSES, score=False)


THREE = ["half-normal", "exponential", "truncated-normal"]

#: Keys that need company, by the key that is tried: the method with them all.
TOGETHER: dict[tuple[str, str], Case] = {
    ("dynamic", "measure"): Case(
        {"carry_overs": {"mellom": "bad"}, **RAW, "measure": "radial"},
        _directly(e, "dynamic_dea", lambda: units(YEARS, extra=("mellom",)), carry_overs={"mellom": "bad"}, rts="vrs",
                  measure="radial"), years=YEARS,
    ),
    ("network", "stage_weights"): Case(
        {"stages": STAGES, **BOTH, **RAW, "measure": "sbm", "stage_weights": {"lage": 3.0, "bruke": 1.0}},
        _directly(e, "network", _staged, stages=STAGES, rts="vrs", measure="sbm",
                  stage_weights={"lage": 3.0, "bruke": 1.0}),
    ),
    **{
        ("conformal-interval", key): Case(
            {**CD, **keys}, _directly(s, "conformal_interval", units, **{**CD, **keys}), "upper"
        )
        for key, keys in {
            "folds": {"resampling": "cv+", "folds": 5},
            "seed": {"resampling": "cv+", "seed": 4},
            "distribution": {"regression": "sfa", "distribution": "exponential"},
            "rts": {"regression": "cnls", "rts": "crs", "folds": 4},
        }.items()
    },
    ("sfa", "mu"): Case(
        {**CD, "distribution": "truncated-normal", "mu": ["reise"]},
        lambda: bench.sfa(units(YEARS, extra=("reise",)), distribution="truncated-normal", mu=["reise"], **COST),
        years=YEARS,
    ),
    # With one input both put the others together alike.
    ("cross", "surrogate"): Case(
        {**BOTH, "surrogate": "difference"}, lambda: e.cross_efficiency(units(inputs=TWO), surrogate="difference")
    ),
    ("sfa", "shape"): Case(
        {"form": "translog", "shape": "monotone"},
        lambda: bench.sfa(units(), kind="cost", form="translog", shape="monotone"),
    ),
    ("sfa", "panel"): Case(
        {**CD, "panel": "battese-coelli-1992"},
        lambda: bench.sfa(units(YEARS), panel="battese-coelli-1992", **COST), years=YEARS,
    ),
    ("sfa", "environment"): Case(
        {**CD, "environment": ["reise"]},
        lambda: bench.sfa(units(environment=("reise",)), environment=["reise"], **COST),
    ),
    ("panel-frontier", "degree"): Case(
        {**CD, "effects": "polynomial", "degree": 1},
        lambda: s.panel_frontier(units(YEARS), effects="polynomial", degree=1, **COST), years=YEARS,
    ),
    ("stoned", "monotone"): Case(
        {**RAW, "monotone": False}, lambda: s.stoned(units(), rts="vrs", kind="cost", environment=[], monotone=False)
    ),
    ("cnls", "monotone"): Case(
        {**RAW, "monotone": False},
        lambda: s.cnls(units(), rts="vrs", kind="cost", environment=[], monotone=False).corrected(),
    ),
    ("non-discretionary", "fixed_as"): Case(
        {"fixed": ["arsverk"], "fixed_as": "average", "rts": "vrs", **BOTH},
        lambda: e.non_discretionary(units(inputs=TWO), fixed=["arsverk"], rts="vrs", fixed_as="average"),
    ),
    ("additive", "slack_limits"): Case(
        {"slack_limits": {"kostnad": "lav"}, **RAW},
        lambda: e.additive(
            units(), rts="vrs", slack_limits={"kostnad": TABLE.loc[TABLE["aar"] == 2024, "lav"].to_numpy()}
        ), "inefficiency",
    ),
    ("economic-decomposition", "weights"): Case(
        {"money": "profit", "measure": "additive", "weights": "ram", **PRICES, **RAW},
        lambda: e.economic_decomposition(_priced(), rts="vrs", measure="additive", weights="ram"), "allocative",
    ),
    ("economic-decomposition", "norm"): Case(
        {"money": "profit", "measure": "holder", "norm": "largest", **PRICES, **RAW},
        lambda: e.economic_decomposition(_priced(), rts="vrs", measure="holder", norm="largest"), "allocative",
    ),
    ("economic-decomposition", "input_prices"): Case(
        {"money": "cost", "input_prices": ["pk", "pa"], **BOTH, **RAW},
        lambda: e.economic_decomposition(units(inputs=TWO, input_prices=("pk", "pa")), rts="vrs", money="cost"),
        "allocative",
    ),
    ("economic-decomposition", "output_prices"): Case(
        {"money": "revenue", "output_prices": ["pt", "pb"], **RAW},
        lambda: e.economic_decomposition(units(output_prices=("pt", "pb")), rts="vrs", money="revenue"), "allocative",
    ),
    ("reverse-directional", "weights"): Case(
        {"measure": "additive", "weights": "ram", **RAW},
        lambda: e.reverse_directional(units(), rts="vrs", measure="additive", weights="ram"), "beta",
    ),
    ("reverse-directional", "norm"): Case(
        {"measure": "holder", "norm": "largest", **RAW},
        lambda: e.reverse_directional(units(), rts="vrs", measure="holder", norm="largest"), "beta",
    ),
    ("scale-efficiency", "elasticity"): Case(
        {"elasticity": True}, lambda: e.scale_efficiency(units(), elasticity=True), "elasticity_low"
    ),
    ("mean-efficiency", "group"): Case(
        {**SEED, **RAW, "group": {"en": [f"E{k:02d}" for k in range(20)], "to": [f"E{k:02d}" for k in range(20, 40)]}},
        lambda: e.mean_efficiency(units(), rts="vrs", seed=1, group=["en"] * 20 + ["to"] * 20), "lower",
    ),
    ("latent-class", "seed"): Case(
        {**CD, "starts": 3, "seed": 7}, lambda: s.latent_class(units(YEARS), starts=3, seed=7, **COST), years=YEARS
    ),
    ("rank-intervals", "level"): Case(
        {**RESAMPLED, **RAW, "level": 0.8},
        lambda: e.rank_intervals(units(), rts="vrs", level=0.8, **RESAMPLED), "lower",
    ),
    ("distribution-choice", "criterion"): Case(
        {**CD, "distributions": THREE, "criterion": "bic"}, lambda: _weighted(distributions=THREE, criterion="bic"),
        "weight",
    ),
    ("distribution-choice", "distribution"): Case(
        {**CD, "distributions": THREE, "distribution": "exponential"},
        lambda: _weighted(distributions=THREE, distribution="exponential"), "weight",
    ),
    ("sfa-bootstrap", "distribution"): Case(
        {**CD, "seed": 1, "replicates": 20, "distribution": "exponential"}, lambda: _sure("exponential"), "lower"
    ),
    ("compare-groups", "halves"): Case(
        {"group": "eier", **RESAMPLED, "rts": "crs", "halves": 3},
        lambda: e.compare_groups(units(), group=groups(), rts="crs", halves=3, **RESAMPLED), "statistic",
    ),
    ("malmquist", "rts"): Case(
        {"sets": "global", "rts": "vrs"}, lambda: e.malmquist(units(YEARS), sets="global", rts="vrs"), "index",
        years=YEARS
    ),
    ("endogenous-sfa", "seed"): Case(
        {**CD, "endogenous": ["timer"], "instruments": ["nabo"], "replicates": 10, "seed": 3},
        lambda: s.endogenous_sfa(
            units(YEARS, extra=("nabo",)), endogenous=["timer"], instruments=["nabo"], replicates=10, seed=3, **COST
        ), years=YEARS,
    ),
    ("stochastic-metafrontier", "envelope"): Case(
        {**CD, "group": "eier", "envelope": "quadratic"},
        lambda: s.stochastic_metafrontier(units(YEARS), groups(YEARS), method="quadratic", **COST), years=YEARS,
    ),
}  # fmt: skip

"""Models whose requirement and price follow rules that no bundled model shows, on bundled data."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import bench
from bench.modelfile import Model
from bench.results import RunResult
from bench.units import Units

#: A requirement of three years from a frontier, for models that have none.
REQUIRED: Mapping[str, Any] = {
    "frontier.method": ["dea"],
    "frontier.rts": "vrs",
    "norm.source": "frontier",
    "requirement.first_year": 2005,
    "requirement.years": 3,
    "requirement.general": 0.01,
    "requirement.individual_share": 0.5,
    "frontier.small_reason": "to show the rule",
}


def _kristiansand(**values: Any) -> Model:
    made = bench.load_model("kristiansand").with_alternative("requirement")
    return made.with_values({key.replace("__", "."): value for key, value in values.items()})


def _malestokk(values: Mapping[str, Any]) -> Model:
    return bench.load_model("stykkpris-malestokk").with_values(values)


def _required(name: str, feeds: str, alternative: str = "") -> Model:
    made = bench.load_model(name)
    made = made.with_alternative(alternative) if alternative else made
    return made.with_values({**REQUIRED, "requirement.feeds": feeds})


_POLICY = {"scheme.omsorg.service.besok.policy_factor": 1.2}
_EXEMPT = [{"unit": "Boliger nord", "reason": "under reorganisation"}]

RULES: Mapping[str, Callable[[], Model]] = {
    "own prices": lambda: _kristiansand(requirement__feeds="unit-price"),
    "compound path with corridor and floor": lambda: _kristiansand(
        requirement__path="compound", requirement__corridor=0.04, requirement__floor=0.8
    ),
    "glide, least and exemption": lambda: _kristiansand(
        requirement__path="glide", requirement__glide=0.3, requirement__least=0.01, requirement__exemption=_EXEMPT
    ),
    "what the frontier moves": lambda: _kristiansand(requirement__frontier_shift="malmquist"),
    "own prices on an interval": lambda: _malestokk({"requirement.feeds": "unit-price"}),
    "incremental grant": lambda: _required("incremental-block", "block"),
    "benchmark prices as weights": lambda: bench.load_model("kristiansand").with_values(
        {
            "scheme.*.price.update": "multipliers",
            "scheme.*.price.multiplier_source": "dea",
            "frontier.method": ["dea"],
            "frontier.rts": "crs",
            "frontier.periods": "separate",
        }
    ),
    "grant by criteria": lambda: _required("criteria-block", "block"),
    "grant that follows accounts": lambda: _required("criteria-block", "block", "follows-accounts"),
    "indexed price": lambda: _required("unit-price", "price"),
    "indexed price of one's own": lambda: _required("unit-price", "unit-price"),
    "a fund of fees": lambda: _required("self-cost", "price"),
    "part of the price paid": lambda: _required("isf", "price"),
    "own cost left out": lambda: bench.load_model("kristiansand").with_values(
        {"scheme.*.price.own_excluded": True, "scheme.*.price.calibrate": True}
    ),
    "own cost left out, own requirement": lambda: _kristiansand(
        **{"requirement.feeds": "unit-price", "scheme.*.price.own_excluded": True}
    ),
    "norms calibrated by volume": lambda: bench.load_model("kristiansand").with_values(
        {"norm.calibrate": "cost", "norm.key": "volume"}
    ),
    "policy factor": lambda: _malestokk(_POLICY),
    "policy factor at best practice": lambda: _malestokk(
        {**_POLICY, "scheme.omsorg.price.frontier_reference": "best-practice", "scheme.omsorg.price.k": 3}
    ),
    "payments by third, follow-up by month": lambda: bench.load_model("kristiansand").with_values(
        {"scheme.*.settlement.frequency": "third", "purchaser.detection": "month", "purchaser.threshold": 0.001}
    ),
    "revenue keys": lambda: _malestokk(
        {"scheme.omsorg.price.update": "revenue-keys", "scheme.omsorg.price.frontier_share": 0.0}
    ),
}


@functools.cache
def few() -> tuple[Units, dict[str, Any]]:
    """The smaller schemes of the made-up municipality: seven units."""
    whole = bench.run("kristiansand")
    frame = whole.units.frame
    kept = np.flatnonzero(frame["ordning"] != "omsorg")
    tables = {
        name: table[table["scheme"] != "omsorg"] if "scheme" in table.columns else table
        for name, table in whole.tables.items()
    }
    return whole.units.take(kept), tables


def small_run(model: Model) -> RunResult:
    """Run a model of the municipality on its smaller schemes, another on its own data."""
    if model.name == "stykkpris-malestokk":
        return bench.run(model)
    if model.name != "kristiansand":
        model = model.applied_to(bench.load_model("kristiansand"))
    units, tables = few()
    return bench.run(model, units, tables=tables)

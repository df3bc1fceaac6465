"""Every key of the chain stands in a bundled case whose numbers were worked out by hand, or says where it is held."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from stykkpris.price_steps import CASES

import bench
from bench import pipeline, resources
from bench.modelfile.base import Section
from bench.modelfile.costing import neutrality
from bench.modelfile.methods import named
from bench.modelfile.methods.keys import MethodKeys
from bench.modelfile.sections import analysis, chain, pricing
from bench.modelfile.values import Dated

SECTIONS = (
    analysis.Frontier, analysis.Norm, analysis.Benchmark, analysis.Requirement, analysis.Exemption, chain.Figure,
    chain.Decision, chain.Identity, chain.UnitRule, chain.Reference, chain.Quality, chain.Inference, chain.Composite,
    chain.Correction, chain.Screen, chain.Bonus, neutrality.Adjustment, neutrality.OverRecording,
    neutrality.Publication, named.Variant,
    named.Analysis, named.Restriction, pricing.Price, pricing.Volume,
)  # fmt: skip
#: Keys without a case, and the test that holds each instead.
HELD = {
    "Frontier.kind": "refused unless cost: test_modelfile_refusals",
    "Frontier.bgh": "test_chain_variants",
    "Frontier.form": "test_reachable: the library's own argument",
    "Frontier.distribution": "test_reachable: the library's own argument",
    "Frontier.environment": "test_pipeline_frontier",
    "Frontier.least_ratio": "test_small_schemes",
    "Norm.k": "test_norms",
    "Norm.quantile": "test_norms",
    "Norm.total": "test_norms",
    "Benchmark.amount": "test_norms",
    "Requirement.glide": "test_norms",
    "Requirement.frontier_shift": "test_chain_variants",
    "Exemption.from_": "test_norms",
    "Exemption.to": "test_norms",
    "Identity.tolerance": "test_nve_yardstick",
    "Decision.cost_year": "test_laws_every_model",
    "UnitRule.from_": "test_chain_variants",
    "UnitRule.to": "test_chain_variants",
    "Quality.rest": "test_quality_gate",
    "Quality.fall": "test_quality_gate",
    "Inference.use": "test_reachable, the library's own",
    "Inference.level": "test_reachable, the library's own",
    "Inference.ranks": "test_run_ranks",
    "Inference.requirement": "test_run_ranks",
    "Variant.kind": "test_reachable: refused unless cost",
    "Variant.restriction": "test_chain_variants",
    "Variant.weight": "test_chain_variants",
    "Analysis.orientation": "test_reachable: the library's own argument",
    "Analysis.direction": "test_reachable: the library's own argument",
    "Analysis.kind": "test_reachable: the library's own argument",
    "Analysis.schemes": "test_reachable",
    "Analysis.periods": "test_reachable: each year by itself",
    "Restriction.of": "test_chain_variants",
    "Restriction.per": "test_chain_variants",
    "Restriction.low": "test_chain_variants",
    "Restriction.high": "test_chain_variants",
    "Restriction.reason": "told beside the limits that bind: test_chain_variants",
    "Price.calibrate": "test_stykkpris_closed_forms",
    "Price.estimate_column": "test_stykkpris_closed_forms",
    "Price.first_year": "test_vintage",
    "Price.multiplier_source": "test_chain_laws",
    "Price.own_excluded": "test_stykkpris_closed_forms",
    "Price.quantile": "price_steps, by hand",
    "Price.reserve_column": "test_stykkpris_closed_forms",
    "Price.start_markup": "test_simulation_switches",
    "Price.true_up": "test_stykkpris_closed_forms",
    "Price.true_up_interest": "test_stykkpris_closed_forms",
    "Price.update": "test_stykkpris_closed_forms",
    "Volume.cap": "test_stykkpris_rules",
    "Volume.floor": "test_stykkpris_rules",
}
#: Keys of methods, as variants and as analyses: each is tried against the library's own argument in test_reachable,
#: which fails where one of them has no case.
METHOD_KEYS = {f"{section}.{key}" for section in ("Variant", "Analysis") for key in MethodKeys.model_fields}
#: Whole sections whose numbers are too large for a hand.
HELD_WHOLE = {
    "Composite": "test_nve_yardstick, against plain NumPy",
    "Correction": "test_nve_yardstick, against plain NumPy",
    "Screen": "test_chain_variants and test_influence_screens: the library's own screens",
}


def stated(section: Section) -> Iterator[str]:
    """Keys that a model file states, as ``Section.field``, sections inside sections too."""
    for name in section.model_fields_set:
        yield f"{type(section).__name__}.{name}"
        value = getattr(section, name)
        inner = value if isinstance(value, tuple) else value.values() if isinstance(value, dict) else (value,)
        for part in inner:
            if isinstance(part, Section) and not isinstance(part, Dated):
                yield from stated(part)


@pytest.fixture(scope="module")
def tried() -> set[str]:
    """Keys of models whose cases run through the chain, with the values each case sets."""
    found: set[str] = set()
    for name in resources.model_names():
        model = bench.load_model(name)
        for case in model.case:
            if case.norm:
                continue
            changed = model.with_values(case.set) if case.set else model
            keys = set(stated(changed))
            if changed.frontier.variants or changed.requirement is not None:
                found |= keys
            found |= {key for key in keys if key.startswith(("Price.", "Volume."))}
    return found


def test_every_key_of_the_chain_has_a_case_or_a_reason(tried):
    # The options of all schemes are those of the frontier itself.
    known = {key.replace("FrontierOptions.", "Frontier.").replace("NormOptions.", "Norm.") for key in tried}
    # Steps of the price level have a case by hand each, which test_stykkpris_rules holds the engine against.
    known |= {f"Price.{step}" for step in CASES}
    every = {f"{section.__name__}.{name}" for section in SECTIONS for name in section.model_fields}
    missing = {key for key in every - known if key.split(".")[0] not in HELD_WHOLE} - set(HELD) - METHOD_KEYS
    assert missing == set()
    assert set(HELD) <= every - known
    assert {section.__name__ for section in SECTIONS} >= set(HELD_WHOLE)


def test_what_is_held_elsewhere_is_held_in_a_file_that_names_the_key():
    """The reason is a test module, and the key stands in it."""
    tests, wrong = Path(__file__).resolve().parents[1], []
    for key, reason in HELD.items():
        (module,) = re.findall(r"(?:test_\w+|price_steps)", reason)[:1]
        (path,) = tests.rglob(f"{module}.py")
        word = key.split(".")[1].rstrip("_")
        text = path.read_text(encoding="utf-8")
        if not (word in text or module in ("test_reachable", "test_modelfile_refusals")):
            wrong.append((key, module))
    assert wrong == []


def test_the_flagships_cases_hold_and_each_hangs_on_its_key():
    """With the key a case is about taken out, the case fails."""
    model = bench.load_model("stykkpris-malestokk")
    report = pipeline.run_cases(model)
    assert report.ok, report.failures().to_string()
    own = {
        "costs-on-one-footing": "adjustment", "a-pension-rate": "adjustment", "recorded-too-much": "over_recording",
        "published": "publication", "quality-first": "quality", "calibrated-equally": "norm.calibrate",
        "a-part-of-own-cost": "norm.tolerance", "a-floor-under-the-norm": "norm.floor",
        "never-less-than": "requirement.cost", "a-path-with-limits":
        "requirement.exemption", "named-peers": "frontier", "peers-by-formula": "frontier", "never-a-peer": "frontier",
        "means-of-fixed-years": "frontier", "best-of-a-window": "frontier", "by-the-others": "frontier",
    }  # fmt: skip
    plain = {"method": "dea", "rts": "crs", "periods": "separate", "own": "included", "small_reason": "by hand"}
    for name, key in own.items():
        (case,) = [part for part in model.case if part.name == name]
        values = {**case.set, key: plain} if key == "frontier" else {k: v for k, v in case.set.items() if k != key}
        without = model.model_copy(update={"case": (case.model_copy(update={"set": values}),)})
        assert not pipeline.run_cases(without).ok, name

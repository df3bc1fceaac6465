"""Every method of the guide can stand in a model file or is a command; the list below names those that are not.

A method is reached when its key is stated and the run's number is the library's own.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bench
from bench.cli import _COMMANDS
from bench.errors import ModelError
from bench.modelfile import parse_model

GUIDE = Path(bench.__file__).parent / "guide"

TEXT = """
[meta]
name = "naa"
title = {{ nb = "Nå", en = "Reach" }}
stage = "norms"
[data]
id = "enhet"
period = "aar"
cost = "kostnad"
environment = ["reise"]
[frontier]
periods = "separate"
rts = "crs"
[[frontier.variant]]
id = "v"
method = "{method}"
{more}
[norm]
source = "frontier"
[[scheme]]
id = "s"
label = {{ nb = "S", en = "S" }}
[[scheme.service]]
id = "timer"
label = {{ nb = "Timer", en = "Hours" }}
measure = {{ nb = "time", en = "hour" }}
[[scheme.service]]
id = "besok"
label = {{ nb = "Besøk", en = "Visits" }}
measure = {{ nb = "besøk", en = "visit" }}
"""


@pytest.fixture(scope="module")
def units() -> bench.Units:
    rng, n = np.random.default_rng(21), 60
    frame = pd.DataFrame({"enhet": [f"E{k:02d}" for k in range(n)], "aar": 2024})
    frame["timer"], frame["besok"] = np.exp(rng.uniform(3, 5, n)), np.exp(rng.uniform(3, 5, n))
    frame["reise"] = rng.uniform(0, 1, n)
    frame["kostnad"] = 9 * frame["timer"] ** 0.6 * frame["besok"] ** 0.35 * np.exp(np.abs(rng.normal(0, 0.25, n)))
    frame["kostnad"] *= np.exp(0.12 * rng.normal(size=n))
    return bench.Units.from_frame(
        frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer", "besok"], environment=["reise"]
    )


def library(name, **options):
    def scores(units):
        part = bench.envelopment if hasattr(bench.envelopment, name) else bench.stochastic
        found = getattr(part, name)(units, **options)
        if name == "mea":
            return found.frame["efficiency kostnad"]
        return found.frame["efficiency"] if hasattr(found, "frame") else found.efficiency

    return scores


COST = {"kind": "cost", "form": "cobb-douglas"}

#: Guide topic → the variant's method, its further keys, and what the library gives.
VARIANTS = {
    "dea": ("dea", "", lambda units: bench.dea(units, rts="crs").efficiency),
    "fdh": ("dea", 'rts = "fdh"', lambda units: bench.dea(units, rts="fdh").efficiency),
    "slacks_based": ("sbm", "", library("sbm", rts="crs", orientation="input")),
    "russell": ("russell", "", library("russell", rts="crs", orientation="input")),
    "mea": ("mea", "", library("mea", rts="crs")),
    "directional": ("directional", "", library("directional", rts="crs", direction="inputs")),
    "graph_efficiency": ("graph", "", library("graph_efficiency", rts="crs")),
    "cross_efficiency": ("cross", "", library("cross_efficiency")),
    "partial_frontiers": ("order-m", "m = 20", library("order_m", m=20)),
    "partial_frontiers alpha": ("order-alpha", "alpha = 0.9", library("order_alpha", alpha=0.9)),
    "conditional": (
        "conditional",
        'm = 20\nenvironment = ["reise"]\nrts = "vrs"',
        library("conditional_efficiency", variables=["reise"], m=20),
    ),
    "corrected_least_squares": ("cols", "", library("cols", **COST)),
    "corrected_least_squares moments": ("mols", "", library("mols", **COST)),
    "sfa": ("sfa", "", lambda units: bench.sfa(units, **COST).efficiency),
    "sfa_distributions": (
        "sfa",
        'distribution = "exponential"',
        lambda units: bench.sfa(units, distribution="exponential", **COST).efficiency,
    ),
    "stoned": (
        "stoned",
        "",
        lambda units: bench.stochastic.stoned(units, kind="cost", rts="crs", environment=[]).efficiency,
    ),
}  # fmt: skip


@pytest.mark.parametrize("topic", VARIANTS)
def test_a_variant_is_the_librarys_own_number(units, topic):
    method, more, expected = VARIANTS[topic]
    run = bench.run(parse_model(TEXT.format(method=method, more=more), "naa.toml"), units)
    plain = bench.dea(units, rts="crs").efficiency.to_numpy()
    found = run.efficiency["efficiency"].to_numpy()
    assert found == pytest.approx(np.asarray(expected(units), dtype=float), abs=1e-8)
    assert topic == "dea" or not np.allclose(found, plain) or method in ("directional", "mea", "russell", "sbm")


@pytest.mark.parametrize("method", ["bootstrap", "subsampling", "heterogeneous"])
def test_inference_is_the_librarys_own(units, method):
    text = TEXT.format(method="dea", more='rts = "vrs"') + (
        f'[frontier.inference]\nmethod = "{method}"\nreplicates = 100\nseed = 3\nuse = "corrected"\n'
    )
    run = bench.run(parse_model(text, "naa.toml"), units)
    part = bench.envelopment
    function = {"bootstrap": part.bootstrap_efficiency, "subsampling": part.subsampling_efficiency}.get(
        method, part.heterogeneous_bootstrap
    )
    plain = bench.Units.from_frame(units.frame, id="enhet", inputs=["kostnad"], outputs=["timer", "besok"])
    found = function(plain, rts="vrs", seed=3, replicates=100).frame
    score, upper = found["efficiency"].to_numpy(), found["upper"].to_numpy()
    gone = np.isnan(score)  # units that have none keep the plain score, and are named
    score = np.where(gone, bench.dea(plain, rts="vrs").efficiency.to_numpy(), score)
    assert run.efficiency["efficiency"].to_numpy() == pytest.approx(score, abs=1e-9)
    assert run.inference["upper"].to_numpy() == pytest.approx(upper, abs=1e-9, nan_ok=True)
    assert ("no-correction" in {issue.rule for issue in run.warnings}) == gone.any()


@pytest.mark.parametrize(
    ("method", "more", "words"),
    [
        ("order-m", "", "needs m"),
        ("order-alpha", "", "needs alpha"),
        ("conditional", "", "needs environment"),
        ("cross", 'rts = "crs"', "takes no rts"),
        ("dea", "m = 5", "belongs to method 'order-m' or 'conditional'"),
        ("sbm", 'environment = ["reise"]', "takes no conditions"),
        ("sbm", 'form = "translog"', "belongs to method 'sfa'"),
    ],
)
def test_what_a_method_does_not_take_is_refused(method, more, words):
    with pytest.raises(ModelError, match=words) as caught:
        parse_model(TEXT.format(method=method, more=more), "naa.toml")
    assert caught.value.line is not None


#: Topics reached by other keys of a model file; each is held by the test named.
BY_KEY = {
    "weight_restrictions": "test_chain_variants: frontier.variant.restriction",
    "peer_rules": "test_chain_variants: frontier.unit_rule",
    "outliers": "test_chain_variants: frontier.screen",
    "partial_outliers": "frontier.screen test = 'order-m'",
    "data_cloud": "frontier.screen test = 'wilson'",
    "bootstrap": "test_nve_yardstick: frontier.inference",
    "subsampling": "frontier.inference method = 'subsampling'",
    "super_efficiency": "test_chain_variants: frontier.bonus",
    "scale": "test_pipeline_frontier: frontier.scale_efficiency",
    "multipliers": "scheme.price.update = 'multipliers'",
    "malmquist": "test_chain_variants: requirement.frontier_shift",
    "sfa_panel": "frontier.variant.panel",
    "heterogeneous_bootstrap": "frontier.inference method = 'heterogeneous'",
    "technologies": "frontier.variant.rts = 'irs', 'frh', 'add'",
    "calibration": "norm.calibrate",
    "cost_norms": "norm.source",
    "prices": "benchmark.sources",
    "requirements": "requirement",
    "peer_differences": "test_nve_yardstick: frontier.correction",
    "own_reference": "test_own_reference: frontier.own, frontier.reference",
    "price_ranges": "test_small_schemes: benchmark.sources",
    "small_schemes": "test_small_schemes: frontier.small_reason",
    "quality_gate": "test_quality_gate: quality",
    "influence": "test_influence_screens: frontier.screen test = 'cook', 'dfbetas'",
    "own_history": "test_chain_variants: frontier.unit_rule",
    "figures": "test_nve_yardstick: figure",
    "variants": "test_chain_variants: frontier.variant",
    "settlement": "scheme.settlement",
    "purchaser": "purchaser",
    "stykkpris": "scheme",
    "additive": "the score is a sum of slacks, not a share: frontier.variant method = 'sbm' is its share",
}
#: Topics that are commands of their own.
BY_COMMAND = {
    "specs": "specs",
    "appeal": "appeal",
    "simulation": "simulate",
    "stability": "simulate",
    "compare": "compare",
    "systems": "models",
    "advise": "advise",
    "fetch": "fetch",
}
#: Pages that describe no method.
NO_METHOD = {"reading", "mapping", "modelfiles", "reports", "datasets"}

#: Methods that a model file does not reach yet: the library has them, and these only.
UNREACHED_FILE = Path(__file__).with_name("unreached.txt")


def test_the_list_of_methods_a_model_file_does_not_reach_is_right():
    pages = {page.stem for page in GUIDE.rglob("*.md")}
    reached = {topic.split()[0] for topic in VARIANTS} | set(BY_KEY) | set(BY_COMMAND) | NO_METHOD
    listed = set(UNREACHED_FILE.read_text(encoding="utf-8").split())
    assert not reached & listed
    assert set(BY_COMMAND.values()) <= set(_COMMANDS)
    assert pages - reached == listed & pages, "a new guide page is reached by a key, is a command, or is listed"

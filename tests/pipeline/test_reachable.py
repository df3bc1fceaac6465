"""Every method of the guide can stand in a model file or is a command, and gives there what the library gives.

A method is reached when its key is stated and the run's number is the library's own. A method or page that is added
later fails here until it is named in :mod:`bench.catalogue` and has a case.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pipeline.model_text import template
from pipeline.reach_cases import ANALYSES, TABLE, TOGETHER, VARIANTS, YEARS, Case, given, units

import bench
from bench.catalogue import METHODS, VARIANT_METHODS
from bench.cli import _COMMANDS
from bench.errors import ModelError
from bench.modelfile import Analysis, Variant, parse_model
from bench.pipeline.asking.library import function_of

GUIDE = Path(bench.__file__).parent / "guide"

TEXT = template(
    """
[frontier]
{frontier}
{section}
{norm}
""",
    data='environment = ["reise", "trend"]',
)


NORM = '[norm]\nsource = "frontier"'


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {toml(part)}" for name, part in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(part) for part in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else repr(value)


def variant(method: str, keys: dict[str, Any], years: tuple[int, ...] = (2024,)) -> bench.RunResult:
    stated = "\n".join(f"{name} = {toml(value)}" for name, value in keys.items())
    frontier = 'periods = "separate"' if len(years) == 1 else 'periods = "known"'
    section = f'[[frontier.variant]]\nid = "v"\nmethod = "{method}"\n{stated}'
    text = (
        TEXT.format(frontier=frontier, section=section, norm=NORM)
        + f"[decision]\ncost_year = 2024\nwindow = {len(years)}\n"
    )
    return bench.run(parse_model(text, "naa.toml"), given())


def analysis(method: str, keys: dict[str, Any], years: tuple[int, ...] = (2024,)) -> bench.RunResult:
    said = dict(keys)
    if len(years) > 1 and not METHODS[method].panel:
        said["periods"] = "pooled"
    stated = "\n".join(f"{name} = {toml(value)}" for name, value in said.items())
    section = f'[[analysis]]\nid = "a"\nmethod = "{method}"\n{stated}'
    return bench.run(parse_model(TEXT.format(frontier="", section=section, norm=""), "naa.toml"), given())


def numbers(found: Any, column: str) -> np.ndarray:
    """The column of whatever the library returned."""
    if isinstance(found, pd.Series):
        return found.to_numpy(dtype=float)
    column = column or found.measure
    if isinstance(found, pd.DataFrame):
        return found[column].to_numpy(dtype=float)
    frame = found.frame if hasattr(found, "frame") else found.to_frame() if hasattr(found, "to_frame") else None
    series = found.efficiency if frame is None or column not in frame.columns else frame[column]
    return np.asarray(series, dtype=float)


def last(values: np.ndarray, case: Case) -> np.ndarray:
    """The rows of the last year, of a frontier that saw several."""
    return values if len(case.years) == 1 else values[TABLE["aar"].isin(case.years).to_numpy().nonzero()[0] >= 80]


def optional(cases: dict[str, Case]) -> list[tuple[str, str]]:
    return [(method, key) for method, case in cases.items() for key in case.more]


@pytest.mark.parametrize("method", VARIANTS)
def test_a_variant_is_the_librarys_own_number_and_makes_the_norm(method):
    case = VARIANTS[method]
    run = variant(method, dict(case.keys), case.years)
    expected = last(numbers(case.call(), case.column), case)
    found = run.efficiency["efficiency"].to_numpy()
    assert found == pytest.approx(expected, abs=1e-8, nan_ok=True)
    cost = TABLE.loc[TABLE["aar"] == 2024, "kostnad"].to_numpy()
    assert run.norms["norm"].to_numpy() == pytest.approx(cost * np.minimum(expected, 1.0), rel=1e-8)


@pytest.mark.parametrize(("method", "key"), optional(VARIANTS))
def test_a_key_of_a_variant_is_the_librarys_argument(method, key):
    case = VARIANTS[method]
    value = case.more[key]
    run = variant(method, {**case.keys, key: value}, case.years)
    plain = last(numbers(case.call(), case.column), case)
    if key == "against":
        expected = last(numbers(case.call(), "group_efficiency"), case)
    else:
        expected = last(numbers(case.call(**{key: value}), case.column), case)
    found = run.efficiency["efficiency"].to_numpy()
    assert found == pytest.approx(expected, abs=1e-8)
    assert not np.allclose(found, plain, atol=1e-8)


@pytest.mark.parametrize("method", ANALYSES)
def test_an_analysis_is_the_librarys_own_number(method):
    case = ANALYSES[method]
    run = analysis(method, dict(case.keys), case.years)
    frame, expected = run.frames()["analysis_a"], case.call()
    assert frame[case.column or expected.measure].to_numpy(dtype=float) == pytest.approx(
        numbers(expected, case.column), rel=1e-9, abs=1e-9, nan_ok=True
    )
    (row,) = run.analyses.to_dict("records")
    assert (row["method"], row["last_year"], row["result_rows"]) == (method, 2024, len(frame))
    assert row["rows"] == 40 * len(case.years)


@pytest.mark.parametrize(("method", "key"), optional(ANALYSES))
def test_a_key_of_an_analysis_is_the_librarys_argument(method, key):
    case = ANALYSES[method]
    value = case.more[key]
    expected = case.call(**{key: value})
    described = analysis(method, {**case.keys, key: value}, case.years).described["a"]
    found = described[case.column or expected.measure].to_numpy(dtype=float)
    assert found == pytest.approx(numbers(expected, case.column), rel=1e-9, abs=1e-9, nan_ok=True)
    plain = numbers(case.call(), case.column)
    assert found.shape != plain.shape or not np.allclose(found, plain, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize(("method", "key"), TOGETHER)
def test_a_key_that_needs_company_is_the_librarys_argument(method, key):
    case = TOGETHER[method, key]
    keys = dict(case.keys)
    expected = numbers(case.call(), case.column)
    if METHODS[method].score:
        found = variant(method, keys, case.years).efficiency["efficiency"].to_numpy()
        expected = last(expected, case)
    else:
        found = analysis(method, keys, case.years).described["a"][case.column].to_numpy(dtype=float)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-8, nan_ok=True)


# -- nothing is left out ---------------------------------------------------------------------------------------


def test_every_method_and_every_key_of_it_has_a_case():
    """A method or key that is added to the table fails here until it has been tried against the library."""
    assert set(VARIANTS) == set(VARIANT_METHODS)
    assert set(VARIANTS) | set(ANALYSES) == set(METHODS)
    for method, spec in METHODS.items():
        case = VARIANTS.get(method) or ANALYSES[method]
        tried = {*case.keys, *case.more, *(key for name, key in TOGETHER if name == method)}
        assert set(spec.keys) - tried <= {"environment", "form"}, method


#: Public names of the library that are no method of their own.
BUILDING_BLOCKS = {
    "Technology": "the production set itself",
    "weight_restricted": "frontier.variant.restriction: test_chain_variants",
    "with_peer_rules": "frontier.unit_rule: test_chain_variants",
    "write_unit_lp": "writes what audit-lp solves: bench dea --lp",
    "without": "frontier.screen with action = 'remove': test_chain_variants",
    "bootstrap_draws": "the draws behind bootstrap-efficiency, for a file of one's own",
    "kept_draws": "keeps the draws of resampling methods in a folder, for a run that is broken off",
    "fit": "arrays in the place of a table: sfa",
    "sample_selection": "arrays in the place of a table: selected-sfa",
    "likelihood_ratio_test": "the tests frame of sfa-compare",
    "wald_test": "a question to one fit, asked in Python",
    "vuong_test": "a question to two fits, asked in Python",
}


def test_every_public_method_of_the_library_is_in_the_table():
    """A function that is added to a room without an entry fails here."""
    named = {spec.public for spec in METHODS.values()}
    for room in (bench.envelopment, bench.stochastic):
        for name in room.__all__:
            if inspect.isclass(getattr(room, name)) or name in BUILDING_BLOCKS:
                continue
            assert f"{room.__name__}.{name}" in named, f"{name} is in no entry of bench.catalogue"


@pytest.mark.parametrize("method", METHODS)
def test_an_entry_agrees_with_its_function(method):
    """What a function cannot do without is needed, and a page of the guide explains it."""
    spec = METHODS[method]
    assert (GUIDE / f"{spec.topic}.md").exists()
    takes = inspect.signature(function_of(spec)).parameters
    called = {"groups": "group", "variables": "environment", "everyone": "selected"}
    needed = {called.get(name, name) for name, part in takes.items() if part.default is part.empty} - {
        "units", "options", "result", "fit", "fits", "estimate", "X", "orientation",
    }  # fmt: skip
    assert needed <= set(spec.needs), method
    for section in (Variant, Analysis):
        assert set(spec.keys) <= set(section.model_fields)


@pytest.mark.parametrize("method", ["bootstrap", "subsampling", "heterogeneous"])
def test_inference_is_the_librarys_own(method):
    text = TEXT.format(
        frontier='periods = "separate"',
        section='[[frontier.variant]]\nid = "v"\nmethod = "dea"\nrts = "vrs"\n'
        f'[frontier.inference]\nmethod = "{method}"\nreplicates = 100\nseed = 3\nuse = "corrected"\n',
        norm=NORM,
    )
    run = bench.run(parse_model(text + "[decision]\ncost_year = 2024\n", "naa.toml"), given())
    part = bench.envelopment
    function = {"bootstrap": part.bootstrap_efficiency, "subsampling": part.subsampling_efficiency}.get(
        method, part.heterogeneous_bootstrap
    )
    now = TABLE[TABLE["aar"] == 2024]
    plain = bench.Units.from_frame(now, id="enhet", inputs=["kostnad"], outputs=["timer", "besok"])
    found = function(plain, rts="vrs", seed=3, replicates=100).frame
    score, upper = found["efficiency"].to_numpy(), found["upper"].to_numpy()
    gone = np.isnan(score)  # units that have none keep the plain score, and are named
    score = np.where(gone, bench.dea(plain, rts="vrs").efficiency.to_numpy(), score)
    assert run.efficiency["efficiency"].to_numpy() == pytest.approx(score, abs=1e-9)
    assert run.inference["upper"].to_numpy() == pytest.approx(upper, abs=1e-9, nan_ok=True)
    assert ("no-correction" in {issue.rule for issue in run.warnings}) == gone.any()


# -- pages of the guide ----------------------------------------------------------------------------------------

#: Topics reached by other keys of a model file; each is held by the test named.
BY_KEY = {
    "weight_restrictions": "test_chain_variants: frontier.variant.restriction",
    "peer_rules": "test_chain_variants: frontier.unit_rule",
    "multipliers": "scheme.price.update = 'multipliers'",
    "sfa_panel": "frontier.variant.panel",
    "sfa_distributions": "frontier.variant.distribution",
    "fdh": "frontier.variant.rts = 'fdh'",
    "technologies": "frontier.variant.rts = 'irs', 'frh', 'add'",
    "calibration": "norm.calibrate",
    "cost_norms": "norm.source",
    "prices": "benchmark.sources",
    "requirements": "requirement",
    "small_counts": "report.small_counts",
    "peer_differences": "test_nve_yardstick: frontier.correction",
    "own_reference": "test_own_reference: frontier.own, frontier.reference",
    "price_ranges": "test_small_schemes: benchmark.sources",
    "small_schemes": "test_small_schemes: frontier.small_reason",
    "quality_gate": "test_quality_gate: quality",
    "influence": "test_influence_screens: frontier.screen test = 'cook', 'dfbetas'",
    "full_cost": "test_full_cost: scheme.service.full_cost",
    "known_truth": "test_known_truth: data.tables.truth",
    "publication": "test_publication: publication",
    "over_recording": "test_over_recording: over_recording",
    "comparable_cost": "test_comparable_cost: adjustment",
    "own_history": "test_chain_variants: frontier.unit_rule",
    "figures": "test_nve_yardstick: figure",
    "variants": "test_chain_variants: frontier.variant",
    "analyses": "this file: analysis",
    "settlement": "scheme.settlement",
    "purchaser": "purchaser",
    "stykkpris": "scheme",
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
    "formula": "sfa",
    "fetch": "fetch",
}
#: Pages that describe no method.
UNREACHED_FILE = Path(__file__).with_name("unreached.txt")


def test_every_page_of_the_guide_is_reached_or_describes_no_method():
    pages = {page.stem for page in GUIDE.rglob("*.md")}
    reached = {spec.topic for spec in METHODS.values()} | set(BY_KEY) | set(BY_COMMAND)
    listed = set(UNREACHED_FILE.read_text(encoding="utf-8").split())
    assert not reached & listed
    assert set(BY_COMMAND.values()) <= set(_COMMANDS)
    assert pages - reached == listed & pages, "a new page is of a method in the table, a key or a command, or is listed"


# -- what is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "more", "words"),
    [
        ("order-m", "", "needs m"),
        ("order-alpha", "", "needs alpha"),
        ("conditional", 'rts = "crs"', "needs environment"),
        ("cross", 'rts = "crs"', "takes no rts"),
        ("dea", 'm = 5\nrts = "crs"', "belongs to method 'order-m' or "),
        ("sbm", 'environment = ["reise"]\nrts = "crs"', "takes no conditions"),
        ("sbm", 'form = "translog"\nrts = "crs"', "belongs to method 'sfa'"),
        ("additive", 'rts = "crs"', "put it in \\[\\[analysis\\]\\]"),
        ("fdh-plus", "scaling = [1.2, 0.8]", "a smallest and a largest size"),
        ("fdh-plus", "scaling = [1.2]", "at least 2"),
        ("convex-quantile", 'tau = 1.5\nrts = "crs"', "less than 1"),
        ("fhd-plus", "", "did you mean 'fdh-plus'"),
        ("sfa", 'kind = "production"', "norms and prices need a frontier of cost"),
        ("student-sfa", 'kind = "output-distance"', "norms and prices need a frontier of cost"),
        ("sbm", "", "needs rts"),
        ("bounded", 'rts = "crs"\nbounds = { kostnad = ["lav"] }', "two columns"),
    ],
)
def test_what_a_method_does_not_take_is_refused(method, more, words):
    text = TEXT.format(frontier="", section=f'[[frontier.variant]]\nid = "v"\nmethod = "{method}"\n{more}', norm=NORM)
    with pytest.raises(ModelError, match=words) as caught:
        parse_model(text, "naa.toml")
    assert caught.value.line is not None
    assert caught.value.file == "naa.toml"


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ('method = "technology-test"\nseed = 1', "needs hypothesis"),
        ('method = "technology-test"\nseed = 1\nhypothesis = "crs"', "constant-returns"),
        ('method = "malmquist"\nperiods = "last"', "take periods out"),
        ('method = "holder"', "needs rts"),
        ('method = "cross"\nschemes = ["x"]', "no scheme 'x'"),
        ('method = "cross"\noutputs = { a = ["timr"] }', "no service 'timr' .did you mean 'timer'"),
        ('method = "bootstrap-efficiency"\nrts = "crs"\nseed = 1\nreplicates = 3', "greater than or equal to 10"),
        ('method = "cross"\n[[analysis]]\nid = "a"\nmethod = "cross"', "stands twice"),
    ],
)
def test_an_analysis_that_cannot_be_is_refused_when_the_file_is_read(section, words):
    text = TEXT.format(frontier="", section=f'[[analysis]]\nid = "a"\n{section}', norm="")
    with pytest.raises(ModelError, match=words) as caught:
        parse_model(text, "naa.toml")
    assert caught.value.line is not None


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ('method = "two-stage"\nintermediate = ["mangler"]', "'mangler', which is not in the table"),
        ('method = "undesirable"\nrts = "crs"\nbad = ["timer"]', "an output is good or bad"),
        ('method = "mean-efficiency"\nrts = "crs"\nseed = 1\ngroup = { a = ["E01"] }', "is in no group"),
        ('method = "mean-efficiency"\nrts = "crs"\nseed = 1\ngroup = { a = ["E99"] }', "no unit 'E99'"),
        ('method = "mean-efficiency"\nrts = "crs"\nseed = 1\ngroup = { a = ["E01"], b = ["E01"] }', "stands in both"),
        ('method = "efficiency-ladder"\nrts = "crs"\nunit = "E99"', "E99"),
        ('method = "selected-sfa"\nselected = "avvik"\nselection = ["reise"]', "holds 1 and 0"),
    ],
)
def test_an_analysis_the_table_cannot_carry_names_itself(section, words):
    text = TEXT.format(frontier="", section=f'[[analysis]]\nid = "a"\n{section}', norm="")
    with pytest.raises(ModelError, match=words) as caught:
        bench.run(parse_model(text, "naa.toml"), given())
    assert "'a'" in str(caught.value) or "analysis.a" in str(caught.value)


def test_coefficients_stand_beside_the_scores_with_their_own_errors():
    """Standard errors of a bootstrap follow its seed; the library's own, by name."""
    case = VARIANTS["endogenous-sfa"]
    for seed in (0, 3):
        run = analysis("endogenous-sfa", {**case.keys, "seed": seed}, YEARS)
        own = case.call(seed=seed).coefficients()
        frame = run.described["a_coefficients"]
        assert frame["name"].tolist() == own.index.tolist()
        assert frame["std_error"].to_numpy() == pytest.approx(own["std_error"].to_numpy())


def test_years_of_an_analysis_are_said():
    """Each year by itself is each year's own call."""
    run = analysis("cross", {"periods": "separate"})
    frame = run.described["a"]
    for year in YEARS:
        now = TABLE[TABLE["aar"] == year]
        plain = bench.Units.from_frame(now, id="enhet", inputs=["kostnad"], outputs=["timer", "besok"])
        own = frame.loc[frame["year"] == year, "efficiency"].to_numpy()
        assert own == pytest.approx(bench.envelopment.cross_efficiency(plain).efficiency.to_numpy())
    assert run.analyses["last_year"].tolist() == list(YEARS)


@pytest.mark.parametrize(
    ("method", "keys", "plain", "call"),
    [
        ("dea", {"rts": "vrs", "orientation": "output"}, {"rts": "vrs"},
         lambda: bench.dea(units(), rts="vrs", orientation="output").efficiency),
        ("directional", {"rts": "vrs", "direction": "outputs"}, {"rts": "vrs", "direction": "inputs"},
         lambda: bench.envelopment.directional(units(), rts="vrs", direction="outputs").frame["efficiency"]),
        ("sfa", {"form": "cobb-douglas", "kind": "production", "outputs": {"timer": ["timer"]}},
         {"form": "cobb-douglas", "kind": "cost", "outputs": {"timer": ["timer"]}},
         lambda: bench.sfa(units(outputs=("timer",)), kind="production", form="cobb-douglas").efficiency),
    ],
)  # fmt: skip
def test_the_side_an_analysis_looks_from_is_the_librarys_argument(method, keys, plain, call):
    found, other = (analysis(method, said).described["a"]["efficiency"].to_numpy(dtype=float) for said in (keys, plain))
    assert found == pytest.approx(np.asarray(call(), dtype=float), abs=1e-8)
    assert not np.allclose(found, other, atol=1e-6)


def test_an_analysis_of_one_scheme_tells_of_that_scheme_alone():
    text = TEXT.format(frontier="", section='[[analysis]]\nid = "a"\nmethod = "cross"\nschemes = ["s"]', norm="")
    run = bench.run(parse_model(text, "naa.toml"), given())
    assert run.analyses["scheme"].tolist() == ["s"]
    assert run.described["a"]["efficiency"].notna().all()

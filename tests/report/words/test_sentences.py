"""Every sentence with a number or a claim, against the frames of several runs."""

from __future__ import annotations

import pytest
from report.workbook import rules
from report.workbook.what_if import MODELS

import bench
from bench.pipeline.norming import requirements
from bench.pipeline.schemes import scheme_data
from bench.report.edition import Edition
from bench.report.pages.run import lead
from bench.report.tables.unit import unit_tables
from bench.report.words.memo import memo
from bench.report.words.prices import effect_intro, price_and_requirement
from bench.report.words.remarks import NORM_ERROR, forecast_effect, norm_effect, questions, risks
from bench.results import RunResult

QUICK = ("built", "kristiansand", "drammen", "stavanger")
NAMES = [
    *QUICK,
    *(pytest.param(name, marks=pytest.mark.slow) for name in MODELS if name not in (*QUICK, "bnetza-best-of-four")),
]
_RUNS: dict[str, RunResult] = {}


class Runs:
    """Runs by name, made when they are asked for."""

    def __init__(self, built: RunResult):
        self.built = built

    def __getitem__(self, name: str) -> RunResult:
        if name == "built":
            return self.built
        if name not in _RUNS:
            _RUNS[name] = bench.run(name)
        return _RUNS[name]


@pytest.fixture(scope="module")
def runs(run: RunResult) -> Runs:
    return Runs(run)


@pytest.mark.parametrize("name", NAMES)
def test_norms_too_low_move_the_requirements_as_the_sentence_says(runs: Runs, name: str) -> None:
    """Against the requirements the engine gives when the norms it rests on are one per cent higher."""
    run = runs[name]
    found = norm_effect(Edition.of(run, "nb"))
    rule = run.model.requirement
    if rule is None or run.requirements.empty:
        assert found is None
        return
    if name == "built":  # made by hand, without a table of its own for the engine
        assert found is None or found[0] > 0
        return
    higher = run.norms.copy()
    for column in ("norm", "evidence_norm"):
        if column in higher.columns:
            higher[column] /= 1.0 - NORM_ERROR
    parts = scheme_data(run.model, run.units)
    assert rule.frontier_shift != "malmquist"
    totals = [
        float(requirements(run.model, parts, norms, None)["requirement_nok"].sum()) for norms in (run.norms, higher)
    ]
    assert totals[0] == pytest.approx(float(run.requirements["requirement_nok"].sum()), rel=1e-9)
    if not totals[0]:
        assert found is None
        return
    assert found is not None
    amount, more = found
    assert amount == pytest.approx(totals[0] - totals[1], rel=1e-6)
    assert more == pytest.approx(1 - totals[1] / totals[0], rel=1e-6)
    for language in ("nb", "en"):
        edition = Edition.of(run, language)
        text = " ".join(risks(edition))
        assert edition.n.percent(more) in text
        assert edition.n.money(amount) in text


@pytest.mark.parametrize("name", NAMES)
def test_a_percentage_point_of_growth_is_worth_what_the_prices_say(runs: Runs, name: str) -> None:
    run = runs[name]
    last = run.prices[run.prices["year"] == run.prices["year"].max()]
    last = last[last["price_class"] == "standard"]
    wanted = float((last["price"] / last["deflator"] * 0.01 * last["volume"]).sum())
    assert forecast_effect(Edition.of(run, "en")) == pytest.approx(wanted)


@pytest.mark.parametrize("name", NAMES)
def test_assumed_numbers_are_numbers(runs: Runs, name: str) -> None:
    run = runs[name]
    edition = Edition.of(run, "nb")
    frame = run.assumptions
    numbers = frame[[isinstance(value, float) for value in frame["value"]]]
    names = {scheme.id for scheme in run.model.scheme}
    paths = [".".join(part for part in key.split(".") if part not in names) for key in numbers["key"]]
    numbers = numbers.assign(path=paths).drop_duplicates(["path", "from", "value", "status", "source"])
    count = int((numbers["status"] == "assumed").sum())
    text = " ".join(risks(edition))
    assert (f"{count} av {len(numbers)} tall i modellen er antatt" in text) is (count > 0)


@pytest.mark.parametrize("name", NAMES)
def test_the_lead_says_what_the_frames_say(runs: Runs, name: str, language: str) -> None:
    run = runs[name]
    edition = Edition.of(run, language)
    text = " ".join(lead(edition))
    last = run.settlement[run.settlement["year"] == run.settlement["year"].max()]
    total = float(last["result"].sum())
    if abs(total) > len(last):
        assert edition.n.money(abs(total)) in text
        word = ("overskudd", "surplus") if total > 0 else ("underskudd", "deficit")
        assert word[language == "en"] in text
    for scheme in edition.facts.schemes:
        if scheme.level_change is not None and abs(scheme.level_change) > 0.0005:
            frame = run.schemes[(run.schemes["scheme"] == scheme.key)].sort_values("year")
            change = frame["next_price_level"].iloc[-1] / frame["price_level"].iloc[-1] - 1
            assert edition.n.percent(abs(change)) in text


@pytest.mark.parametrize("name", NAMES)
def test_a_unit_whose_measures_disagree_is_told_so(runs: Runs, name: str) -> None:
    edition = Edition.of(runs[name], "nb")
    for unit in edition.facts.units:
        score = (unit.efficiency or {}).get("efficiency")
        text = " ".join(questions(edition, unit))
        full = score is not None and score >= 1 - 1e-9
        expected = full and unit.margin is not None and unit.margin < -0.05
        assert ("full score i sammenlikningen, men har et underskudd" in text) is expected, unit.key


def test_methods_that_disagree_are_named_with_points(run: RunResult) -> None:
    from dataclasses import replace

    frame = run.efficiency.copy()
    frame["efficiency_sfa"] = frame["efficiency"] * 0.8
    edition = Edition.of(replace(run, efficiency=frame), "nb")
    unit = next(unit for unit in edition.facts.units if unit.efficiency)
    text = " ".join(questions(edition, unit))
    assert "Metodene er uenige om enheten" in text
    points = 100 * (unit.efficiency["efficiency_dea"] - unit.efficiency["efficiency_sfa"])
    assert f"{edition.n.number(points, 1)} prosentpoeng" in text


@pytest.mark.parametrize("name", NAMES)
def test_surplus_deficit_and_requirement_are_counted_in_the_frames(runs: Runs, name: str, language: str) -> None:
    """How many units are above and below nought, and what the requirements come to."""
    run = runs[name]
    edition = Edition.of(run, language)
    n, text = edition.n, " ".join(lead(edition))
    if len(run.settlement):
        last = run.settlement[run.settlement["year"] == run.settlement["year"].max()]
        if abs(float(last["result"].sum())) > len(last):
            above, below = int((last["result"] > 0).sum()), int((last["result"] < 0).sum())
            words = {"nb": f"{above} i pluss, {below} i minus", "en": f"{above} in surplus, {below} in deficit"}
            assert words[language] in text, text
    if len(run.requirements):
        ends = run.requirements.sort_values("year").groupby(["scheme", "unit"]).tail(1)
        asked = float((ends["base_cost"] - ends["allowed_cost"]).sum())
        if asked > 0:
            assert n.money(asked) in text, text
            assert n.percent(asked / float(ends["base_cost"].sum())) in text, text


#: What the memo says of price and requirement, by what the requirement is taken out of.
TAKEN = {
    "price": ("er trukket fra i prisen", "is taken off the price"),
    "unit-price": ("er trukket fra i prisen", "is taken off the price"),
    "block": ("er trukket fra i rammen", "is taken off the grant"),
    "information": ("er ikke trukket fra i pris eller ramme", "is not taken off the price or the grant"),
}


@pytest.mark.parametrize("feeds", TAKEN)
def test_the_memo_says_what_a_requirement_is_taken_out_of(runs: Runs, feeds: str, language: str) -> None:
    """The same model with its requirement taken out of each place, or of none."""
    name = {"block": "incremental-block"}.get(feeds, "kristiansand@requirement")
    key = ("made", feeds)
    if str(key) not in _RUNS:
        stem, _, alternative = name.partition("@")
        model = bench.load_model(stem)
        model = model.with_alternative(alternative) if alternative else model.with_values(rules.REQUIRED)
        _RUNS[str(key)] = rules.small_run(model.with_values({"requirement.feeds": feeds}))
    run = _RUNS[str(key)]
    edition = Edition.of(run, language)
    said = " ".join(price_and_requirement(edition)), effect_intro(edition)
    at = language == "en"
    for place, words in TAKEN.items():
        own = words[at] == TAKEN[feeds][at]
        assert (words[at] in said[0]) is own, (place, said)
    assert (feeds == "information") is (("ikke fra prisen", "not the price")[at] in said[1])
    # What the engine did: the requirement lowers income where it is taken out of it.
    assert (len(run.requirement_effect) > 0) is (feeds != "information")


@pytest.mark.parametrize("name", NAMES)
def test_a_memo_without_a_requirement_speaks_of_none(runs: Runs, name: str, language: str) -> None:
    run = runs[name]
    said = " ".join(price_and_requirement(Edition.of(run, language)))
    if run.requirements.empty:
        assert not any(words[language == "en"] in said for words in list(TAKEN.values())[2:])


@pytest.mark.parametrize("name", [*QUICK, "municipal-care", "stykkpris-malestokk"])
def test_growth_and_years_of_the_memo_are_those_of_the_model(runs: Runs, name: str, language: str) -> None:
    """Prices of the requirement's own base year; growth of one year, also where a price has no deflator of its own."""
    run = runs[name]
    edition = Edition.of(run, language)
    found = memo(edition)
    said = " ".join(found.resolution)
    if len(run.requirements) and "base_year" in run.requirements:
        year = int(run.requirements["base_year"].iloc[0])
        assert {"nb": f"i priser for {year}", "en": f"in prices of {year}"}[language] in said
        unit = next(unit for unit in edition.facts.units if unit.requirements)
        captions = " ".join(made.caption for made in unit_tables(edition, unit))
        assert {"nb": f"i priser for {year}", "en": f"prices of {year}"}[language] in captions
    deflator = run.model.indexation.deflator
    if found.bill is not None and run.model.indexation.source == "values" and deflator is not None:
        assert found.bill.growth == pytest.approx(deflator.at(edition.facts.price_year))
    returned = float(run.settlement.loc[run.settlement["year"] == edition.facts.year, "returned_to_payer"].sum())
    if returned < 0:
        assert {"nb": "dekkes av betaler", "en": "borne by the payer"}[language] in said

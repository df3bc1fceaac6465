"""Every sentence with a number or a claim, against the frames of several runs."""

from __future__ import annotations

import numpy as np
import pytest

import bench
from bench import norms
from bench.report.edition import Edition
from bench.report.pages.run import lead
from bench.report.words.remarks import NORM_ERROR, forecast_effect, norm_effect, questions, risks
from bench.results import RunResult

NAMES = ("built", "kristiansand", "drammen", "stavanger")


@pytest.fixture(scope="module")
def runs(run: RunResult) -> dict[str, RunResult]:
    return {"built": run, **{name: bench.run(name) for name in NAMES[1:]}}


@pytest.mark.parametrize("name", NAMES)
def test_norms_too_low_move_the_requirements_as_the_sentence_says(runs: dict[str, RunResult], name: str) -> None:
    """Against the requirements the engine's own path gives with every norm one per cent lower."""
    run = runs[name]
    found = norm_effect(Edition.of(run, "nb"))
    rule = run.model.requirement
    if rule is None or run.requirements.empty:
        assert found is None
        return
    totals = []
    for factor in (1.0, 1.0 - NORM_ERROR):
        total = 0.0
        for scheme, part in run.norms.groupby("scheme"):
            last = part[part["year"] == part["year"].max()]
            path = norms.requirement_path(
                last["cost"].to_numpy(),
                np.where(last["norm"] < last["cost"] * (1 - 1e-12), last["norm"] * factor, last["norm"]),
                years=rule.years,
                general=[rule.general.at(year) for year in rule.year_list],
                path=rule.path,
                individual_share=rule.individual_share.at(rule.first_year),
            )
            total += float((last["cost"].to_numpy() - path.allowed_cost[:, -1]).sum())
            assert scheme
        totals.append(total)
    assert found is not None
    amount, more = found
    assert amount == pytest.approx(totals[1] - totals[0], rel=1e-6)
    assert more == pytest.approx(totals[1] / totals[0] - 1, rel=1e-6)
    assert Edition.of(run, "nb").n.percent(more) in " ".join(risks(Edition.of(run, "nb")))


@pytest.mark.parametrize("name", NAMES)
def test_a_percentage_point_of_growth_is_worth_what_the_prices_say(runs: dict[str, RunResult], name: str) -> None:
    run = runs[name]
    last = run.prices[run.prices["year"] == run.prices["year"].max()]
    last = last[last["price_class"] == "standard"]
    wanted = float((last["price"] / last["deflator"] * 0.01 * last["volume"]).sum())
    assert forecast_effect(Edition.of(run, "en")) == pytest.approx(wanted)


@pytest.mark.parametrize("name", NAMES)
def test_assumed_numbers_are_numbers(runs: dict[str, RunResult], name: str) -> None:
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
def test_the_lead_says_what_the_frames_say(runs: dict[str, RunResult], name: str, language: str) -> None:
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
def test_a_unit_whose_measures_disagree_is_told_so(runs: dict[str, RunResult], name: str) -> None:
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

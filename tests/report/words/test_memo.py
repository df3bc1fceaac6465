"""The decision memo's numbers against the frames."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import bench
from bench.pipeline import run_file
from bench.report.edition import Edition
from bench.report.pages.memo import bill_sentence, memo_page
from bench.report.tables.assumptions import assumption_tables
from bench.report.whatif.evaluate import worked_out
from bench.report.whatif.panel import what_if
from bench.report.whatif.tornado import POINT, SHARE, tornado
from bench.report.words.memo import bill, effects, memo
from bench.report.words.remarks import forecast_effect, risks
from bench.results import RunResult


@pytest.fixture(scope="module")
def kristiansand() -> RunResult:
    return bench.run("kristiansand")


def test_the_bill_is_prices_times_volumes(run: RunResult) -> None:
    found = bill(Edition.of(run, "nb"))
    assert found is not None
    assert not found.budgeted
    prices = run.prices[run.prices["year"] == run.prices["year"].max()].set_index(["scheme", "service"])
    lines = run.settlement_lines[run.settlement_lines["year"] == run.settlement_lines["year"].max()]
    volumes = lines.groupby(["scheme", "service"])["volume"].sum()
    assert found.new == pytest.approx(float((volumes * prices["price"]).sum()))
    assert found.old == pytest.approx(float((volumes * prices["previous_price"]).sum()))
    assert found.indexed == pytest.approx(float((volumes * prices["previous_price"] * prices["deflator"]).sum()))


def test_the_budget_of_the_new_year_is_used_when_there_is_one(run: RunResult, language: str) -> None:
    budget = run.tables["budget"]
    year = int(run.prices["year"].max())
    more = budget[budget["year"] == year - 1].assign(year=year)
    with_budget = bench.run(run.model, run.units, tables={**run.tables, "budget": pd.concat([budget, more])})
    edition = Edition.of(with_budget, language)
    found = bill(edition)
    assert found is not None
    assert found.budgeted
    prices = run.prices[run.prices["year"] == year].set_index(["scheme", "service"])["price"]
    volumes = more.set_index(["scheme", "service"])["budget_volume"]
    assert found.new == pytest.approx(float((volumes * prices).sum()))
    assert edition.n.money(found.new) in bill_sentence(edition, found)


def test_room_is_income_at_the_new_prices_less_own_cost_with_price_growth(run: RunResult) -> None:
    edition = Edition.of(run, "nb")
    found = {effect.unit.key: effect.room for effect in effects(edition)}
    year = int(run.prices["year"].max())
    prices = run.prices[run.prices["year"] == year].set_index(["scheme", "service"])
    assert len(found) == 20
    for unit, room in list(found.items())[:6]:
        lines = run.settlement_lines[
            (run.settlement_lines["unit"] == unit) & (run.settlement_lines["year"] == year - 1)
        ].set_index(["scheme", "service"])
        cost = run.settlement[(run.settlement["unit"] == unit) & (run.settlement["year"] == year - 1)]["cost"].iloc[0]
        growth = float(prices["deflator"].loc[lines.index].iloc[0])
        wanted = float((lines["volume"] * prices["price"].loc[lines.index]).sum()) - cost * growth
        assert room == pytest.approx(wanted)


def test_the_resolution_says_what_the_frames_say(kristiansand: RunResult, language: str) -> None:
    edition = Edition.of(kristiansand, language)
    text = " ".join(memo(edition).resolution)
    last = kristiansand.settlement[kristiansand.settlement["year"] == kristiansand.settlement["year"].max()]
    assert edition.n.money(abs(float(last["result"].sum()))) in text
    assert edition.n.money(float(last["returned_to_payer"].sum())) in text
    assert ("underskudd", "deficit")[language == "en"] in text
    frame = kristiansand.requirements
    first, final = frame["year"].min(), frame["year"].max()
    whole = frame[frame["year"] == first]["base_cost"].sum() - frame[frame["year"] == final]["allowed_cost"].sum()
    assert edition.n.money(float(whole)) in text


def test_the_memo_holds_no_formula_and_no_raw_key(kristiansand: RunResult, language: str) -> None:
    page = memo_page(Edition.of(kristiansand, language)).split("</style>")[1]
    assert "λ" not in page
    assert "memo." not in page


@pytest.mark.parametrize("name", ["drammen", "hospital-sharing", "resource-intensive", "nve-yardstick"])
def test_a_model_without_prices_or_settlement_has_a_memo_too(name: str, language: str) -> None:
    page = memo_page(Edition.of(bench.run(name), language))
    assert ("Hva kan gjøre dette feil", "What could make this wrong")[language == "en"] in page


# -- what matters ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["kristiansand", "self-cost", "stavanger", "stykkpris-malestokk"])
def test_the_tornado_is_what_the_engine_gives(name: str) -> None:
    """The largest swings, run again by the engine with the number moved: the bill at last year's volumes."""
    run = run_file(name, None)
    edition = Edition.of(run, "nb")
    found = tornado(edition)
    assert found
    assert [swing.size for swing in found] == sorted((swing.size for swing in found), reverse=True)
    base = _bill(run, run)
    for swing in [swing for swing in found if swing.key != "index" and not swing.key.startswith("benchmark.")][:2]:
        value = float(run.model.value(swing.key, edition.facts.price_year))
        step = POINT if swing.growth else SHARE * abs(value)
        for change, sign in ((swing.down, -1), (swing.up, 1)):
            entries = next(dated.entries for key, _, dated in run.model.walk() if key == swing.key)
            if len(entries) > 1:
                continue
            start = f"from = {entries[0].from_}, " if entries[0].from_ else ""
            again = run_file(name, None, settings={swing.key: f"[{{{start}value = {value + sign * step!r}}}]"})
            assert change == pytest.approx(_bill(again, run) - base, abs=0.02 * 1e-6 * base + 1.0), swing


def _bill(prices: RunResult, volumes: RunResult) -> float:
    year = int(volumes.settlement["year"].max())
    lines = volumes.settlement_lines[volumes.settlement_lines["year"] == year]
    new = prices.prices[prices.prices["year"] == prices.prices["year"].max()]
    joined = lines.merge(new, on=["scheme", "service", "price_class"], suffixes=("", "_new"))
    return float((joined["volume"] * joined["price_new"]).sum())


def test_a_point_of_growth_is_one_number_on_the_page_and_in_the_tornado(kristiansand: RunResult) -> None:
    edition = Edition.of(kristiansand, "nb")
    growth = next(swing for swing in tornado(edition) if swing.key == "index")
    assert growth.up == pytest.approx(forecast_effect(edition), rel=1e-3)
    assert edition.n.money(growth.up, sign=True) in memo_page(edition)


def test_the_scripts_formulas_and_ours_give_the_same_values(kristiansand: RunResult) -> None:
    """At rest every node is the workbook's own value."""
    what = what_if(Edition.of(kristiansand, "nb"))
    values = worked_out(what.nodes, what.patterns, what.lists, {})
    for output in what.outputs:
        now = output.constant + sum(values[node] * weight for node, weight in output.parts)
        assert now == pytest.approx(output.adopted, abs=0.01)


def test_a_budget_that_is_last_years_grown_is_not_called_a_budget() -> None:
    run = run_file("kristiansand", None)
    said = " ".join(risks(Edition.of(run, "nb")))
    assert "enn budsjettert" in said
    grown = replace(run, model=run.model.with_values({"purchaser.budget": "growth"}))
    said = " ".join(risks(Edition.of(grown, "nb")))
    assert "enn budsjettert" not in said
    assert "vedtatt budsjett" in said


@pytest.mark.parametrize("name", ["kristiansand", "self-cost", "drammen"])
def test_the_count_of_assumed_numbers_is_that_of_the_table(name: str, language: str) -> None:
    edition = Edition.of(bench.run(name), language)
    (shown,) = [table for table in assumption_tables(edition) if not table.folded] or [None]
    assumed = [row for row in shown.rows if row[4].tone == "assumed"] if shown else []
    assert len(edition.facts.assumed) == len(assumed)

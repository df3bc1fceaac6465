"""The decision memo's numbers against the frames."""

from __future__ import annotations

import pandas as pd
import pytest

import bench
from bench.report.edition import Edition
from bench.report.pages.memo import bill_sentence, memo_page
from bench.report.words.memo import bill, effects, memo
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

"""What the report says about prices, grants and corrections, for every way a scheme can be paid."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import get_args

import pandas as pd
import pytest
from report.report_html import read_page

import bench
from bench.modelfile.sections.pricing import PriceSource
from bench.report.charts.waterfall import unit_waterfall, waterfall_kind
from bench.report.edition import Edition
from bench.report.facts import share_of_income
from bench.report.pages.run import lead, report_page, unit_page
from bench.report.tables.page import grant_table, result_table
from bench.report.tables.unit import unit_tables
from bench.report.words.prices import price_heading, price_intros
from bench.report.words.remarks import risks
from bench.report.words.summary import summary
from bench.results import RunResult

KEYS = ("care", "disability", "health")


def paid_by(run: RunResult, *sources: str) -> RunResult:
    """Return the run with these price sources, one per scheme."""
    schemes = tuple(
        scheme.model_copy(update={"price": scheme.price.model_copy(update={"source": source})})
        for scheme, source in zip(run.model.scheme, sources, strict=True)
    )
    return replace(run, model=run.model.model_copy(update={"scheme": schemes}))


def granted(run: RunResult, *schemes: str) -> RunResult:
    """Return the run with all income of these schemes as block grant."""
    frame = run.settlement.copy()
    mine = frame["scheme"].isin(schemes)
    frame.loc[mine, "block_income"] = frame.loc[mine, "income"]
    frame.loc[mine, "activity_income"] = 0.0
    return replace(run, settlement=frame)


def test_one_source_for_all_needs_no_names(run: RunResult, language: str) -> None:
    (text,) = price_intros(Edition.of(run, language))
    assert text.startswith("Prisen er ordningens gjennomsnittskostnad" if language == "nb" else "The price is the sch")


@pytest.mark.parametrize("source", [source for source in get_args(PriceSource) if source != "none"])
def test_every_source_is_explained(run: RunResult, source: str, language: str) -> None:
    found = price_intros(Edition.of(paid_by(run, source, source, source), language))
    assert len(found) == 1
    average = re.search("ordningens gjennomsnittskostnad|scheme's average cost", found[0])
    assert bool(average) is (source == "average-cost")


def test_different_sources_are_explained_by_scheme(run: RunResult) -> None:
    edition = Edition.of(granted(paid_by(run, "tender", "national-rate", "none"), "health"), "en")
    stated, grants = price_intros(edition)
    assert stated.startswith(", ".join(edition.labels.scheme(key) for key in KEYS[:2]) + ": The prices are stated")
    assert grants.startswith(f"{edition.labels.scheme('health')}: The units are paid a block grant")
    assert price_heading(edition) == "prices_and_grants"


def test_without_prices_and_grants_there_is_no_introduction(run: RunResult) -> None:
    edition = Edition.of(paid_by(run, "none", "none", "none"), "nb")
    assert price_intros(edition) == []
    assert price_heading(edition) == "prices"


def test_grants_have_a_table_and_the_heading(run: RunResult, language: str) -> None:
    edition = Edition.of(granted(paid_by(run, "none", "none", "none"), *KEYS), language)
    text = read_page(report_page(edition, {})).visible
    assert ("Rammer" if language == "nb" else "Block grants") in text
    assert not re.search("gjennomsnittskostnad i regnskapsåret|average cost in the accounting year", text)
    for scheme in edition.facts.schemes:
        table = grant_table(edition, scheme)
        assert table.caption in text
        units = edition.facts.in_scheme(scheme.key)
        assert len(table.rows) == len(units) + 1
        total = sum(unit.settlement["block_income"] for unit in units if unit.settlement)
        assert table.rows[-1][1].text == table.rows[-1][-1].text == edition.n.number(total / 1000)


def test_no_grant_no_table(run: RunResult) -> None:
    edition = Edition.of(run, "nb")
    assert not any(grant_table(edition, scheme).rows for scheme in edition.facts.schemes)
    assert price_heading(edition) == "prices"


def _income(edition: Edition) -> str:
    return edition.t("table.income", year=edition.facts.year)


def test_corrections_stand_one_by_one_below_their_sum(run: RunResult, language: str) -> None:
    first = run.settlement[(run.settlement["year"] == 2006) & (run.settlement["scheme"] == "care")].iloc[0]
    amounts = {"Travel": 1200.5, "transition": -200.25}
    rows = [("care", first["unit"], 2006, name, amount) for name, amount in amounts.items()]
    rows.append(("care", first["unit"], 2005, "Travel", 77.0))
    frame = pd.DataFrame(rows, columns=list(run.corrections.columns))
    settlement = run.settlement.assign(corrections=0.0)
    settlement.loc[first.name, "corrections"] = sum(amounts.values())
    name = SimpleNamespace(nb="Reiseavstand", en="Travel")
    care, *others = run.model.scheme
    care = care.model_copy(update={"correction": (SimpleNamespace(name=name),)})
    model = run.model.model_copy(update={"scheme": (care, *others)})
    edition = Edition.of(replace(run, corrections=frame, settlement=settlement, model=model), language)
    income = next(table for table in unit_tables(edition, edition.facts.units[0]) if table.caption == _income(edition))
    assert [row[0].text for row in income.rows[4:6]] == (
        ["herav Reiseavstand", "herav Overgangsordning"]
        if language == "nb"
        else ["of which Travel", "of which Transition"]
    )
    assert [row[1].text for row in income.rows[3:6]] == [edition.n.kroner(x, 2) for x in (1000.25, *amounts.values())]


def test_corrections_of_a_real_model_are_named_and_add_up() -> None:
    found = bench.run(bench.load_model("sio-a-rates"))
    edition = Edition.of(found, "nb")
    (unit,) = edition.facts.units
    assert unit.settlement is not None
    listed = [row for row in unit.corrections if row["year"] == edition.facts.year]
    assert sum(row["amount"] for row in listed) == pytest.approx(unit.settlement["corrections"], abs=0.005)
    income = next(table for table in unit_tables(edition, unit) if table.caption == _income(edition))
    assert [row[0].text for row in income.rows if row[0].text.startswith("herav")] == [
        f"herav {correction.name.nb}" for correction in found.model.scheme[0].correction
    ]


def settled_with(run: RunResult, **columns: float) -> RunResult:
    """Return the run with these columns of the last settlement set for all units."""
    last = run.settlement["year"] == 2006
    frame = run.settlement.copy()
    frame[list(columns)] = frame[list(columns)].astype(float)
    frame.loc[last, list(columns)] = list(columns.values())
    schemes = run.schemes.copy()
    for key, units in run.settlement[last].groupby("scheme").size().items():
        now = (schemes["scheme"] == key) & (schemes["year"] == 2006)
        for name in columns.keys() & {"income", "result"}:
            schemes.loc[now, name] = columns[name] * units
    return replace(run, settlement=frame, schemes=schemes)


@pytest.mark.parametrize(
    ("result", "income", "share"),
    [(5.0, 100.0, 0.05), (-100.0, 100.0, -1.0), (-101.0, 100.0, None), (1.0, 0.0, None), (1.0, -5.0, None)],
)
def test_a_share_of_income_is_shown_only_where_it_means_something(
    result: float, income: float, share: float | None
) -> None:
    assert share_of_income(result, income) == share
    assert share_of_income(None, income) is None


def test_a_share_without_meaning_is_a_dash_everywhere(run: RunResult) -> None:
    edition = Edition.of(settled_with(run, income=1_000_000.0, result=-3_000_000.0), "nb")
    rows = result_table(edition, edition.facts.schemes[0]).rows
    assert {row[4].text for row in rows} == {"–"}
    page = read_page(report_page(edition, {})).visible
    sheet = read_page(unit_page(edition, edition.facts.units[0])).visible
    assert "300,0" not in page + sheet
    assert "– av inntekten" in sheet


def test_results_that_round_to_nothing_break_even(run: RunResult, language: str) -> None:
    edition = Edition.of(settled_with(run, result=-0.04), language)
    wanted = (
        "Enhetene gikk samlet i balanse i 2006: 0 i pluss, 0 i minus, 20 i balanse."
        if language == "nb"
        else "Together the units broke even in 2006: 0 in surplus, 0 in deficit, 20 even."
    )
    assert wanted in lead(edition)
    assert wanted in summary(edition.facts.run, language=language)
    page = read_page(report_page(edition, {})).visible
    assert not re.search("samlet underskudd|had a deficit", page)
    assert "0,0 mill" not in page


def test_real_deficits_are_still_deficits(run: RunResult) -> None:
    text = " ".join(lead(Edition.of(settled_with(run, result=-40_000.0), "en")))
    assert "had a deficit of NOK\u00a0800,000 in 2006: 0 in surplus, 20 in deficit." in text


@pytest.mark.parametrize(
    ("full", "wanted"), [(0, "units are compared. Read"), (1, "1 of them gets"), (2, "2 of them get")]
)
def test_full_scores_are_counted_in_grammatical_english(run: RunResult, full: int, wanted: str) -> None:
    mine = (run.efficiency["scheme"] == "health") & (run.efficiency["year"] == run.efficiency["year"].max())
    frame = run.efficiency.copy()
    frame.loc[mine, "efficiency"] = [1.0] * full + [0.8] * (int(mine.sum()) - full)
    assert wanted in " ".join(risks(Edition.of(replace(run, efficiency=frame), "en")))


def test_a_single_unit_is_compared_with_nobody(run: RunResult) -> None:
    mine = (run.efficiency["scheme"] == "health") & (run.efficiency["year"] == run.efficiency["year"].max())
    frame = pd.concat([run.efficiency[run.efficiency["scheme"] != "health"], run.efficiency[mine].head(1)])
    text = " ".join(risks(Edition.of(replace(run, efficiency=frame), "en")))
    assert "only one unit" in text
    assert "1 units" not in text


def test_a_waterfall_without_prices_explains_grant_and_cost(run: RunResult, language: str) -> None:
    edition = Edition.of(granted(run, *KEYS), language)
    for unit in edition.facts.units:
        steps = unit_waterfall(unit)
        assert waterfall_kind(steps) == "waterfall-grant"
        amounts = {step.key: step.amount for step in steps}
        causes = amounts["other"] + amounts["cost"]
        assert amounts["result"] - amounts["previous_result"] == pytest.approx(causes, abs=0.02)
    html = unit_page(edition, edition.facts.units[0])
    caption = html.split("<figcaption>")[1].split("</figcaption>")[0]
    assert ("ingen priser" if language == "nb" else "no prices") in caption
    assert not re.search("nye priser|new prices", html)


def test_a_waterfall_of_a_first_year_speaks_of_that_year_alone(run: RunResult) -> None:
    first = run.settlement[run.settlement["year"] == 2006]
    edition = Edition.of(replace(run, settlement=first), "en")
    unit = edition.facts.units[0]
    assert waterfall_kind(unit_waterfall(unit)) == "waterfall-year"
    html = unit_page(edition, unit)
    assert "from the result to the balance" in html
    assert not re.search("last year&#39;s (result|level)|New prices", html)


def test_the_first_year_with_prices_starts_from_its_own_result(run: RunResult) -> None:
    frame = granted(run, *KEYS).settlement
    frame = pd.concat([frame[frame["year"] < 2006], run.settlement[run.settlement["year"] == 2006]])
    unit = Edition.of(replace(run, settlement=frame), "nb").facts.units[0]
    assert waterfall_kind(unit_waterfall(unit)) == "waterfall-year"

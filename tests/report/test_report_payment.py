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
from bench.modelfile.pricing import PriceSource
from bench.report.page import report_page
from bench.report.page_tables import grant_table
from bench.report.price_words import price_heading, price_intros
from bench.report.unit_tables import unit_tables
from bench.report.voice import Voice
from bench.results import RunResult

KEYS = ("care", "disability", "health")


def paid_by(run: RunResult, *sources: str) -> RunResult:
    """Return the run with these price sources, one per scheme."""
    schemes = [
        SimpleNamespace(**{**vars(scheme), "price": SimpleNamespace(source=source)})
        for scheme, source in zip(run.model.scheme, sources, strict=True)
    ]
    return replace(run, model=type(run.model)(**{**vars(run.model), "scheme": tuple(schemes)}))


def granted(run: RunResult, *schemes: str) -> RunResult:
    """Return the run with all income of these schemes as block grant."""
    frame = run.settlement.copy()
    mine = frame["scheme"].isin(schemes)
    frame.loc[mine, "block_income"] = frame.loc[mine, "income"]
    frame.loc[mine, "activity_income"] = 0.0
    return replace(run, settlement=frame)


def test_one_source_for_all_needs_no_names(run: RunResult, language: str) -> None:
    (text,) = price_intros(Voice.of(run, language))
    assert text.startswith("Prisen er ordningens gjennomsnittskostnad" if language == "nb" else "The price is the sch")


@pytest.mark.parametrize("source", [source for source in get_args(PriceSource) if source != "none"])
def test_every_source_is_explained(run: RunResult, source: str, language: str) -> None:
    found = price_intros(Voice.of(paid_by(run, source, source, source), language))
    assert len(found) == 1
    average = re.search("gjennomsnittskostnad|average cost", found[0])
    assert bool(average) is (source == "average-cost")


def test_different_sources_are_explained_by_scheme(run: RunResult) -> None:
    voice = Voice.of(granted(paid_by(run, "tender", "national-rate", "none"), "health"), "en")
    stated, grants = price_intros(voice)
    assert stated.startswith(", ".join(voice.labels.scheme(key) for key in KEYS[:2]) + ": The prices are stated")
    assert grants.startswith(f"{voice.labels.scheme('health')}: The units are paid a block grant")
    assert price_heading(voice) == "prices_and_grants"


def test_without_prices_and_grants_there_is_no_introduction(run: RunResult) -> None:
    voice = Voice.of(paid_by(run, "none", "none", "none"), "nb")
    assert price_intros(voice) == []
    assert price_heading(voice) == "prices"


def test_grants_have_a_table_and_the_heading(run: RunResult, language: str) -> None:
    voice = Voice.of(granted(paid_by(run, "none", "none", "none"), *KEYS), language)
    text = read_page(report_page(voice, {}, {})).visible
    assert ("Rammer" if language == "nb" else "Block grants") in text
    assert not re.search("gjennomsnittskostnad i regnskapsåret|average cost in the accounting year", text)
    for scheme in voice.facts.schemes:
        table = grant_table(voice, scheme)
        assert table.caption in text
        units = voice.facts.in_scheme(scheme.key)
        assert len(table.rows) == len(units) + 1
        total = sum(unit.settlement["block_income"] for unit in units if unit.settlement)
        assert table.rows[-1][1].text == table.rows[-1][-1].text == voice.n.number(total / 1000)


def test_no_grant_no_table(run: RunResult) -> None:
    voice = Voice.of(run, "nb")
    assert not any(grant_table(voice, scheme).rows for scheme in voice.facts.schemes)
    assert price_heading(voice) == "prices"


def _income(voice: Voice) -> str:
    return voice.t("table.income", year=voice.facts.year)


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
    care = SimpleNamespace(**{**vars(care), "correction": (SimpleNamespace(name=name),)})
    model = type(run.model)(**{**vars(run.model), "scheme": (care, *others)})
    voice = Voice.of(replace(run, corrections=frame, settlement=settlement, model=model), language)
    income = next(table for table in unit_tables(voice, voice.facts.units[0]) if table.caption == _income(voice))
    assert [row[0].text for row in income.rows[4:6]] == (
        ["herav Reiseavstand", "herav Overgangsordning"]
        if language == "nb"
        else ["of which Travel", "of which Transition"]
    )
    assert [row[1].text for row in income.rows[3:6]] == [voice.n.kroner(x, 2) for x in (1000.25, *amounts.values())]


def test_corrections_of_a_real_model_are_named_and_add_up() -> None:
    found = bench.run(bench.load_model("sio-a-rates"))
    voice = Voice.of(found, "nb")
    (unit,) = voice.facts.units
    assert unit.settlement is not None
    listed = [row for row in unit.corrections if row["year"] == voice.facts.year]
    assert sum(row["amount"] for row in listed) == pytest.approx(unit.settlement["corrections"], abs=0.005)
    income = next(table for table in unit_tables(voice, unit) if table.caption == _income(voice))
    assert [row[0].text for row in income.rows if row[0].text.startswith("herav")] == [
        f"herav {correction.name.nb}" for correction in found.model.scheme[0].correction
    ]

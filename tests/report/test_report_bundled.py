"""The reports of a real run: the bundled Kristiansand model on its own data, and a table without years."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from report.report_html import read_page
from report.report_office import needs_soffice, recalculated
from report.report_texts import TEXTS

import bench
from bench.report.charts.run_charts import SECTIONS, figures
from bench.report.edition import Edition
from bench.report.tables.assumptions import merged_assumptions
from bench.report.tables.page import benchmark_table
from bench.results import RunResult


@pytest.fixture(scope="module")
def bundled() -> RunResult:
    return bench.run(bench.load_model("kristiansand"))


@pytest.fixture(scope="module")
def folder(bundled: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled.save(tmp_path_factory.mktemp("bundled") / "nb", language="nb")


def test_every_chart_has_numbers(bundled: RunResult) -> None:
    assert set(figures(Edition.of(bundled, "en"))) == set(SECTIONS)


def test_the_page_names_things_as_the_model_does(bundled: RunResult, folder: Path) -> None:
    text = read_page((folder / "rapport.html").read_text(encoding="utf-8")).visible
    for wanted in ("Omsorgsenheter", "Sykehjem, sterkdøgn", "brukermåned", "Toppfinansiering"):
        assert wanted in text
    services = {service.id for scheme in bundled.model.scheme for service in scheme.service}
    assert not [name for name in services if re.search(rf"\b{name}\b", text)]
    assert not re.search(r"\bnan\b", text)


def test_benchmark_prices_of_the_last_year_stand_side_by_side(bundled: RunResult, folder: Path) -> None:
    edition = Edition.of(bundled, "nb")
    table = benchmark_table(edition, edition.facts.schemes[0])
    assert table.columns == ("Tjeneste", "Gjennomsnitt", "Beste praksis", "Front (DEA)", "Per")
    frame = bundled.benchmark_prices
    last = frame[(frame["year"] == 2006) & (frame["service"] == "langtidsdogn")].set_index("source")["price"]
    row = next(cells for cells in table.rows if cells[0].text == "Sykehjem, langtidsdøgn")
    assert [cell.text for cell in row[1:4]] == [
        edition.n.number(last[s], 2) for s in ("average", "best-practice", "dea")
    ]
    assert table.caption in read_page((folder / "rapport.html").read_text(encoding="utf-8")).visible


def test_every_parameter_has_a_description_in_both_languages(bundled: RunResult) -> None:
    nb, en = Edition.of(bundled, "nb"), Edition.of(bundled, "en")
    for key in bundled.assumptions["key"]:
        if key.startswith("scheme.") and not key.endswith(("group",)):
            assert nb.labels.parameter(key) != en.labels.parameter(key), key
    words = {item.value for item in merged_assumptions(nb) if not item.numeric}
    assert not words & {"average-cost", "stated", "inside", "allocated", "ore-half-up", "supplementary-grant", "month"}


def test_every_warning_of_the_run_is_translated(bundled: RunResult) -> None:
    assert bundled.warnings
    for issue in bundled.warnings:
        assert f"rule.{issue.rule}" in TEXTS


def test_shares_are_per_cent_and_years_are_years(bundled: RunResult) -> None:
    found = {(item.label, item.value) for item in merged_assumptions(Edition.of(bundled, "en"))}
    values = {value for _, value in found}
    assert {"90%", "100%", "2007"} <= values
    assert "2,007" not in values


def test_the_result_can_be_verified(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    names = [source["name"] for source in manifest["sources"].values()]
    assert {"model.toml", "data.csv"} <= set(names)
    for name in names:
        assert (folder / "kilder" / name).is_file()
        assert f"kilder/{name}" in manifest["report"]["files"]


@pytest.mark.office
@needs_soffice
def test_opened_the_workbook_recomputes_the_engines_numbers(bundled: RunResult, folder: Path, tmp_path: Path) -> None:
    book = recalculated(folder / "arbeidsbok.xlsx", tmp_path)
    everything = list(book["Kontroll"].iter_rows(values_only=True))
    # The head of the list; the one that is printed again on every sheet of paper stands above it.
    head = [k for k, row in enumerate(everything) if row[1] == "Celler"][1]
    rows = [row for row in everything[head + 1 :] if isinstance(row[1], (int, float))]
    assert sum(row[1] for row in rows) > len(bundled.prices) + 4 * len(bundled.settlement)
    assert [row for row in rows if row[2] != 0 or row[4] != "OK"] == []


def test_a_table_without_years_has_a_report(tmp_path: Path, language: str) -> None:
    table = pd.DataFrame({"unit": list("ABC"), "cost": [90.0, 110.0, 100.0], "days": [10.0, 10.0, 9.0]})
    units = bench.Units.from_frame(table, id="unit", inputs=["cost"], outputs=["days"])
    model = bench.load_model("average-cost").with_roles(id="unit", cost="cost", outputs=["days"])
    folder = bench.run(model, units).save(tmp_path / "out", language=language)
    text = read_page((folder / TEXTS["file.report"][language == "en"]).read_text(encoding="utf-8")).visible
    assert ("uendret" if language == "nb" else "unchanged") in text
    assert ("mill. kr" if language == "nb" else "million") not in text.split("%")[0]
    assert not re.search(r"\bnan\b", text)
    book = (folder / (TEXTS["file.book"][language == "en"] + ".csv")).read_text(encoding="utf-8-sig")
    assert "-01-01" not in book

"""What a notebook shows of a result: tables, first chart and warnings, with every text of a file escaped."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report.report_browser import browser
from report.report_office import needs_chromium

import bench
from bench.envelopment.inference.partial_frontiers import order_m
from bench.envelopment.measures.fdh_plus import fdh_plus
from bench.modelfile import load_model
from bench.presenting import table_html
from bench.results import RunResult

HOSTILE = "<img src=x onerror=document.title='broken'>&"


class _Read(HTMLParser):
    """Tables as rows of text, images and the tags that are there."""

    def __init__(self, text: str):
        super().__init__()
        self.rows: list[list[str]] = []
        self.images: list[dict[str, str | None]] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))
            return
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def _units() -> bench.Units:
    frame = pd.DataFrame(
        {
            "enhet": [HOSTILE, "B", "C", HOSTILE, "B", "C"],
            "aar": [2023] * 3 + [2024] * 3,
            "kostnad": [9e5, 1.2e6, 8e5, 9.5e5, 1.19e6, 8.1e5],
            "timer": [1000.0, 1100.0, 900.0, 1020.0, 1120.0, 905.0],
        }
    )
    return bench.Units.from_frame(frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"])


@pytest.fixture(scope="module")
def result() -> RunResult:
    model = load_model("average-cost").with_roles(id="enhet", period="aar", cost="kostnad", outputs=["timer"])
    return bench.run(model, _units())


def test_units_show_roles_rows_and_warnings() -> None:
    read = _Read(_units()._repr_html_())
    assert ["inputs", "kostnad"] in read.rows
    assert ["period", "aar"] in read.rows
    assert [HOSTILE, "2023", "900,000", "1,000"] in read.rows
    assert "img" not in read.tags


def test_a_run_shows_prices_units_chart_and_warnings(result: RunResult) -> None:
    """The average cost of 2024 is (950 + 1190 + 810) thousand over 1020 + 1120 + 905 hours: 968.80 a hour."""
    text = result._repr_html_()
    read = _Read(text)
    assert any("968.80" in row for row in read.rows)
    shown = [row for row in read.rows if HOSTILE in row]
    assert shown
    assert "1,190,000" in next(row for row in read.rows if "B" in row)
    (image,) = read.images
    assert str(image["src"]).startswith("data:image/svg+xml;base64,")
    assert image["alt"]
    assert html.escape(HOSTILE, quote=False) in text
    assert HOSTILE not in text
    for issue in result.warnings:
        assert html.escape(str(issue)) in text


def test_a_simulation_a_comparison_and_an_advice_show_themselves() -> None:
    units, years = _units(), [2025, 2026]
    rules = {"id": "enhet", "period": "aar", "cost": "kostnad", "outputs": ["timer"]}
    models = [load_model(name).with_roles(**rules) for name in ("average-cost", "cost-refund")]
    for found in (
        bench.simulate(models[0], units, years=years, draws=3, seed=1),
        bench.compare(models, units, years=years, draws=3, seed=1),
    ):
        read = _Read(found._repr_html_())
        assert len(read.images) == 1
        assert read.rows
        first = next(frame for frame in found.frames().values() if len(frame))
        assert list(map(str, first.columns)) in read.rows
        assert HOSTILE not in found._repr_html_()


def test_a_comparison_keeps_its_columns_and_english_its_words() -> None:
    """The table in words is set in one width of letters; a price says its measure in the language of the rest."""
    run = bench.run(load_model("kristiansand"))
    rows = _Read(run._repr_html_()).rows
    assert ["omsorg", "Home help, hours", "hour"] in [row[:3] for row in rows]
    found = bench.compare(["kristiansand", "cost-refund"], years=[2007], draws=2, seed=1)
    assert "font-family:monospace" in found._repr_html_()


@pytest.mark.parametrize("method", ["dea", "sfa", "fdh_plus", "order_m"])
def test_a_method_shows_its_first_rows_its_profile_and_its_warnings(method: str) -> None:
    """The lowest and highest score of the text are those of the scores; a long table is cut."""
    rng = np.random.default_rng(3)
    work = rng.uniform(500, 2000, 40)
    cost = 800 * work * np.exp(np.abs(rng.normal(0, 0.2, 40)) + rng.normal(0, 0.1, 40))
    units = bench.Units.from_arrays(
        inputs=cost[:, None], outputs=work[:, None], names=[f"{HOSTILE}{k}" for k in range(40)]
    )
    made = {
        "dea": lambda: bench.dea(units, rts="vrs", orientation="input"),
        "sfa": lambda: bench.sfa(units, kind="production"),
        "fdh_plus": lambda: fdh_plus(units),
        "order_m": lambda: order_m(units, m=10),
    }[method]()
    scores = made.efficiency
    scores = np.asarray(scores() if callable(scores) else scores, dtype=float)
    text = made._repr_html_()
    read = _Read(text)
    (image,) = read.images
    assert f"of 40 rows, from {scores.min():.4g} to {scores.max():.4g}" in str(image["alt"])
    assert HOSTILE not in text
    assert "28 more rows" in text


def test_a_model_shows_its_numbers_and_no_wall_of_text() -> None:
    model = load_model("kristiansand")
    assert repr(model) == "Model(kristiansand: Kristiansand 2003: activity-based financing in three schemes)"
    numbers = model.assumptions()[["key", "value", "status"]].astype(str)
    assert ["scheme.omsorg.settlement.keep_surplus", "0.9", "documented"] in _Read(
        table_html(numbers, "", most=999)
    ).rows
    assert "more rows" in model._repr_html_()


def test_long_tables_are_cut_and_say_so() -> None:
    text = table_html(pd.DataFrame({"a": range(40)}), "<b>")
    assert "28 more rows" in text
    assert "<caption>&lt;b&gt;</caption>" in text
    assert len(_Read(text).rows) == 13


def test_a_result_without_a_face_shows_its_first_table(result: RunResult) -> None:
    from dataclasses import replace

    text = replace(result, face=None)._repr_html_()
    assert "<caption>prices</caption>" in text


@needs_chromium
@pytest.mark.office
def test_a_notebook_page_draws_it_and_runs_nothing_of_the_file(result: RunResult, tmp_path: Path) -> None:
    """The outputs in one page, as a notebook puts them: the chart is drawn, and no unit's name becomes an element."""
    page = tmp_path / "notebook.html"
    cells = "".join(f"<div>{one}</div>" for one in (_units()._repr_html_(), result._repr_html_(), result._repr_html_()))
    page.write_text(f"<!doctype html><meta charset=utf-8><title>notebook</title>{cells}", encoding="utf-8")
    with browser(tmp_path / "profile") as shown:
        shown.open(page)
        assert shown.run("[...document.images].map(one => one.naturalWidth > 100)") == [True, True]
        assert shown.run("document.title") == "notebook"
        assert shown.errors() == []
        assert re.search(r"968\.80", shown.run("document.body.innerText"))

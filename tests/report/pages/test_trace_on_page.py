"""Numbers on the page open their tree: the same tree as ``bench trace``, by keyboard, in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from report.report_browser import Browser, browser
from report.report_office import needs_chromium

import bench
from bench.manifest import read_manifest
from bench.pipeline import run_file
from bench.pipeline.jobs import job_of
from bench.pipeline.stages import ran
from bench.report.edition import Edition
from bench.report.pages.run import report_page
from bench.results import RunResult
from bench.trace.folder import traced
from bench.verification import saved_record

#: A model with a table of growth and requirements, one with corrections, one whose requirement moves the price.
MODELS = ("kristiansand", "drammen", "stykkpris-malestokk")


@pytest.fixture(scope="module", params=MODELS)
def run(request: pytest.FixtureRequest) -> RunResult:
    return run_file(request.param, None)


@pytest.fixture(scope="module")
def folder(run: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run.save(tmp_path_factory.mktemp("traced") / "ut", language="en")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def listed(page: str) -> dict[str, Any]:
    found = re.search(r'id="trace-data">(.*?)</script>', page, re.DOTALL)
    assert found
    made: dict[str, Any] = json.loads(found.group(1))
    return made


def same(data: dict[str, Any], at: int, node: Any) -> None:
    """Compare a tree of the page with the engine's own, node by node."""
    texts, nodes = data["texts"], data["nodes"]
    todo = [(at, node)]
    while todo:
        here, there = todo.pop()
        name, value, of, operation, rule, rounding, inputs, leaf = (nodes[here] + [None] * 8)[:8]
        assert str(there.name) in texts[name]
        plain = there.to_dict()["value"]
        assert value == (pytest.approx(plain, rel=1e-12, nan_ok=True) if isinstance(plain, float) else plain)
        assert texts[of or 0].split() == " ".join(str(p) for p in there.at.values() if p not in ("", None)).split()
        signs = ("", "sum", "product", "difference", "quotient", "same", "largest", "least")
        assert signs[operation or 0] == there.operation
        assert texts[rule or 0] == there.rule
        assert (texts[rounding or 0] or "none") == (there.rounding or "none")
        if there.cell is not None:
            kind, *parts = leaf
            assert kind == 0
            assert [texts[k] for k in parts] == [
                str(there.cell[k]) for k in ("file", "sheet", "cell", "column", "text")
            ]
        elif there.source is not None:
            assert leaf[0] == 1
            assert str(there.source["status"]) in texts[leaf[2]]
        assert len(inputs or []) == len(there.inputs)
        todo += zip(inputs or [], there.inputs, strict=True)


def test_the_trees_are_those_of_the_command(run: RunResult, folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    data = listed(page)
    manifest = read_manifest(folder)
    job = job_of(saved_record(folder, manifest), synthetic=manifest.synthetic)
    again = ran(job)
    rows = re.findall(r'<tr><th scope="row"><a[^>]*>([^<]+)</a></th>(.*?)</tr>', page)
    heads = ("income", "cost", "result", None, None, "returned_to_payer", "dispensation", "closing_balance")
    seen = 0
    for unit, cells in rows:
        found = re.findall(r"<td[^>]*>(.*?)</td>", cells)
        if len(found) != len(heads) or seen > 3 * len(heads):
            continue
        for column, cell in zip(heads, found, strict=True):
            if column is None:
                continue
            at = re.search(r'data-trace="(\d+)"', cell)
            assert at, (unit, column)
            same(data, int(at.group(1)), traced(again, job, unit, number=f"settlement.{column}"))
            seen += 1
    assert seen


def test_every_traced_number_is_the_one_that_is_shown(run: RunResult) -> None:
    """What a cell says and what its tree says are one number: the trees are not of the neighbour."""
    edition = Edition.of(run, "en")
    page = report_page(edition, {})
    data = listed(page)
    shown = re.findall(r'<button type="button" data-trace="(\d+)"[^>]*>([^<]*)</button>', page)
    assert len(shown) > 20
    for at, text in shown:
        value = data["nodes"][int(at)][1] if len(data["nodes"][int(at)]) > 1 else None
        if value is None or not re.search(r"\d", text):
            continue
        n = edition.n
        forms = {n.number(value, 2), n.percent(value), n.percent(value, 2), n.number(value / 1000)}
        forms |= {n.number(value / 1000, sign=True), n.number(value / 1000 or 0.0)}
        assert text in forms, (text, value)


def test_a_folder_that_was_read_from_python_has_no_promise_it_cannot_keep(run: RunResult) -> None:
    """Without the job there is no tree, and the page shows plain numbers."""
    from dataclasses import replace

    page = report_page(Edition.of(replace(run, face=None), "en"), {})
    assert "data-trace=" not in page
    assert 'id="trace-data"' not in page


@pytest.mark.office
@needs_chromium
@pytest.mark.parametrize("language", ["nb", "en"])
def test_a_number_is_opened_read_and_closed_by_keyboard(
    run: RunResult, language: str, chromium: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_text(report_page(Edition.of(run, language), {}), encoding="utf-8")
    chromium.open(path)
    # One stop per table; arrows go on from there.
    stops = chromium.run(
        "[...document.querySelectorAll('main table')].filter(t => t.querySelector('button[data-trace]'))"
        ".every(t => t.querySelectorAll('button[data-trace][tabindex=\"0\"]').length === 1)"
    )
    assert stops
    chromium.run(
        "document.querySelector('#results table tbody button[data-trace]').focus();"
        "document.activeElement.scrollIntoView()"
    )
    first = chromium.run("document.activeElement.textContent")
    chromium.press("ArrowRight")
    chromium.press("ArrowRight")
    third = chromium.run("document.activeElement.closest('td').cellIndex")
    assert third == 3
    assert chromium.run("document.activeElement.textContent") != first
    chromium.press("Enter")
    assert chromium.run("document.getElementById('trace').open")
    title = {"nb": "Hvor tallet kommer fra", "en": "Where the number comes from"}[language]
    assert chromium.run("document.getElementById('trace-title').textContent") == title
    assert chromium.run("document.activeElement.closest('dialog') !== null")
    # Down to a cell of the file, by opening every branch.
    chromium.run(
        "(async () => { for (let k = 0; k < 12; k++) { document.querySelectorAll('#trace details:not([open])')"
        ".forEach(d => { d.open = true; }); await new Promise(r => setTimeout(r, 30)); } })()"
    )
    text = chromium.run("document.querySelector('#trace [data-tree]').textContent")
    reads = {"nb": "der det står «", "en": "which reads «"}[language]
    assert reads in text
    assert "(settlement.result)" in text
    chromium.press("Escape")
    assert not chromium.run("document.getElementById('trace').open")
    assert chromium.run("document.activeElement.closest('td').cellIndex") == third
    assert chromium.errors() == []


def test_every_rule_of_the_engine_that_is_a_sentence_has_its_bokmal(run: RunResult) -> None:
    """What has none is marked as English, so that a screen reader reads it so."""
    page = report_page(Edition.of(run, "nb"), {})
    data = listed(page)
    rules = {data["texts"][node[4]] for node in data["nodes"] if len(node) > 4 and node[4]}
    assert not [rule for rule in rules if rule.startswith("the unit")]
    english = [rule for rule in rules if re.search(r"\b(the|of|by)\b", rule)]
    assert all(rule.startswith("*") for rule in english)


def test_every_operation_of_a_trace_is_one_the_page_knows() -> None:
    """A requirement by a glide has a power in its tree, and a page that did not know it was no page at all."""
    from bench.report.traces import _OPERATIONS
    from bench.trace.tree import OPERATIONS

    assert set(_OPERATIONS) == {"", *OPERATIONS}
    script = (Path(bench.__file__).parent / "report" / "pages" / "templates" / "trace.js").read_text(encoding="utf-8")
    (signs,) = re.findall(r"const signs = (\[.*?\]);", script)
    assert len(json.loads(signs)) == len(_OPERATIONS)


@pytest.mark.parametrize(("path", "glide"), [("compound", None), ("glide", 0.3), ("linear", None)])
def test_a_page_has_the_tree_of_every_path_of_a_requirement(path: str, glide: float | None) -> None:
    values: dict[str, Any] = {"requirement.path": path}
    values |= {} if glide is None else {"requirement.glide": glide}
    run = bench.run(bench.load_model("nursing-nm").with_values({**values, "frontier.inference.replicates": 100}))
    data = listed(report_page(Edition.of(run, "en"), {}))
    assert any("allowed" in text for text in data["texts"])

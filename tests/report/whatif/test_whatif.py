"""What if on the page: every shown number, in a browser, beside an engine run with the command the page prints."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from report.report_browser import Browser, browser
from report.report_office import needs_chromium

import bench
from bench.pipeline import run_file
from bench.report.edition import Edition
from bench.report.pages.run import report_page
from bench.report.whatif.formulas import NotKnownError, parsed
from bench.report.whatif.panel import WhatIf, what_if
from bench.results import RunResult

#: Models whose rules differ: average cost with a table of growth, one by one and several schemes, a cap, grants,
#: requirements in the price, user choice, class factors, rounding of other kinds.
MODELS = (
    "kristiansand",
    "stavanger",
    "self-cost",
    "asker-2006",
    "drammen",
    "nhs-tariff",
    "user-choice",
    "gp-capitation",
)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def page_of(run: RunResult, language: str, folder: Path) -> tuple[WhatIf, Path]:
    edition = Edition.of(run, language)
    path = folder / f"{language}.html"
    path.write_text(report_page(edition, {}), encoding="utf-8")
    return what_if(edition), path


def shown(page: Browser) -> dict[int, tuple[str, int]]:
    """The number of every output as the page shows it now, with its decimals."""
    cells = page.run(
        "JSON.stringify([...document.querySelectorAll('[data-out]:not([data-change])')]"
        ".map(c => [Number(c.dataset.out), c.textContent, Number(c.dataset.digits)]))"
    )
    return {number: (text, digits) for number, text, digits in json.loads(cells)}


def number(text: str, language: str) -> float:
    plain = text.replace("\u00a0", "").replace("\u2212", "-")
    return float(plain.replace(",", ".") if language == "nb" else plain.replace(",", ""))


def move(page: Browser, what: WhatIf, share: float) -> None:
    """Move every slider a share of the way to its farther end, on its own steps, as a hand on it does."""
    for k, _ in enumerate(what.sliders):
        page.run(
            f"(() => {{ const s = document.getElementById('slider-{k}');"
            "const to = s.max - s.value > s.value - s.min ? s.max : s.min;"
            f"s.value = Number(s.value) + {share} * (Number(to) - Number(s.value));"
            "s.dispatchEvent(new Event('input', {bubbles: true})); })()"
        )


def printed(page: Browser, folder: Path) -> tuple[str, dict[str, str], dict[str, str]]:
    """The command the page prints, its settings, and its table of growth where there is one."""
    command = page.run("document.querySelector('[data-command]').textContent")
    words = shlex.split(command)
    settings = dict(words[k + 1].split("=", 1) for k, word in enumerate(words) if word == "--set")
    tables = {}
    if "--table" in words:
        name, _, file = words[words.index("--table") + 1].partition("=")
        path = folder / file
        path.write_text(page.run("document.querySelector('[data-index] code').textContent"), encoding="utf-8")
        tables[name] = str(path)
    return command, settings, tables


def engine_number(run: RunResult, key: tuple[str, ...], year: int, price_year: int) -> float:
    """The engine's own number for what an output is: taken from the frames, not from a formula."""
    settled = run.settlement[run.settlement["year"] == year]
    kind, *rest = key
    if kind == "price":
        scheme, service, group = rest
        frame = run.prices[run.prices["year"] == price_year]
        part = frame[(frame["scheme"] == scheme) & (frame["service"] == service) & (frame["price_class"] == group)]
        return float(part["price"].iloc[0])
    if kind == "settled":
        return float(settled[settled["unit"] == rest[1]][rest[0]].iloc[0])
    if kind == "total":
        return math.fsum(settled[rest[0]])
    if kind == "required":
        rows = run.requirements[run.requirements["unit"] == rest[0]].sort_values("year")
        return float(rows["base_cost"].iloc[0] - rows["allowed_cost"].iloc[-1])
    lines = run.settlement_lines[run.settlement_lines["year"] == year]
    prices = run.prices[run.prices["year"] == price_year]
    joined = lines.merge(prices, on=["scheme", "service", "price_class"], suffixes=("", "_new"))
    return math.fsum(joined["volume"] * joined["price_new"])


def compare(page: Browser, what: WhatIf, run: RunResult, language: str) -> int:
    facts = Edition.of(what.run, "en").facts
    found = shown(page)
    for k, (text, digits) in found.items():
        truth = engine_number(run, what.outputs[k].key, facts.year, facts.price_year)
        room = 0.5 * 10**-digits + 1e-6
        assert number(text, language) == pytest.approx(truth, abs=room), (what.outputs[k].key, text, truth)
    return len(found)


@pytest.mark.office
@needs_chromium
@pytest.mark.parametrize("name", MODELS)
def test_every_number_is_the_engines_with_the_command_the_page_prints(
    name: str, chromium: Browser, tmp_path: Path
) -> None:
    run = run_file(name, None)
    language = "nb" if MODELS.index(name) % 2 else "en"
    what, path = page_of(run, language, tmp_path)
    assert what.sliders
    chromium.open(path)
    assert chromium.errors() == []
    assert compare(chromium, what, run, language) > 10  # nothing is moved: the run itself
    for share in (0.1, 0.35, 1.0):
        move(chromium, what, share)
        command, settings, tables = printed(chromium, tmp_path)
        assert command.startswith((f"bench run {name} ", "--set "))
        assert len(settings) + len(tables) == len(what.sliders)
        again = run_file(name, None, settings=settings, tables=tables)
        compare(chromium, what, again, language)
        moved = chromium.run("document.querySelectorAll('[data-change].gain, [data-change].loss').length")
        assert moved > 0
    chromium.run("document.querySelector('[data-reset]').click()")
    assert compare(chromium, what, run, language)
    assert chromium.run("document.querySelector('[data-command]').textContent") == ""
    assert chromium.errors() == []


@pytest.mark.office
@needs_chromium
def test_a_slider_is_moved_by_keyboard_and_says_its_number(chromium: Browser, tmp_path: Path) -> None:
    run = run_file("kristiansand", None)
    what, path = page_of(run, "en", tmp_path)
    chromium.open(path)
    keep = next(k for k, slider in enumerate(what.sliders) if slider.key.endswith("keep_surplus"))
    chromium.run(f"document.getElementById('slider-{keep}').focus()")
    for _ in range(3):
        chromium.press("ArrowLeft")
    assert chromium.run(f"document.getElementById('slider-{keep}').getAttribute('aria-valuetext')") == "87%"
    assert "Numbers moved: 1" in chromium.run("document.querySelector('[data-said]').textContent")
    _, settings, tables = printed(chromium, tmp_path)
    (key,) = settings
    assert key == what.sliders[keep].key
    assert not tables
    compare(chromium, what, run_file("kristiansand", None, settings=settings), "en")


def test_every_bundled_model_has_sliders_or_says_why() -> None:
    """No page works without a word: sliders, or a sentence in both languages that says why there are none."""
    from bench.report.pages.whatif import absent_lines, panel
    from bench.resources import model_names

    for name in ("cost-refund", "hamar", "bodo-dea", "resource-intensive", "nursing-nm", "income-system"):
        assert name in model_names()
        for language in ("nb", "en"):
            edition = Edition.of(bench.run(name), language)
            what = what_if(edition)
            assert what.why or panel(edition, what)
            assert all(line.count(":") >= 1 for line in absent_lines(edition, what))


def test_the_caps_that_were_added_bind_nobody() -> None:
    run = bench.run("kristiansand")
    edition = Edition.of(run, "nb")
    what, facts = what_if(edition), edition.facts
    assert [slider for slider in what.sliders if slider.key.endswith("cap_surplus")]
    for output in what.outputs:
        assert output.adopted == pytest.approx(engine_number(run, output.key, facts.year, facts.price_year), abs=0.006)


#: A program worked out by hand, with what a spreadsheet gives.
PROGRAMS: dict[str, tuple[Any, ...]] = {
    "1+2*3": (1.0, 2.0, 3.0, "*", "+"),
    "(1+2)*3": (1.0, 2.0, "+", 3.0, "*"),
    "2-3-4": (2.0, 3.0, "-", 4.0, "-"),
    "-2^2": (2.0, "NEG", 2.0, "^"),
    "IF(A1>=2,1,0)": ("$", 2.0, ">=", 1.0, 0.0, "IF/3"),
    "SUM('Mitt ark'!$A$1:$A$3)": ("@", "SUM/1"),
}


@pytest.mark.parametrize("text", PROGRAMS)
def test_a_formula_is_read_as_a_spreadsheet_reads_it(text: str) -> None:
    assert parsed(text, "S").words == PROGRAMS[text]


def test_a_formula_a_page_cannot_work_out_is_refused() -> None:
    for text in ("VLOOKUP(A1,B1:C3,2)", "navn*2", "A1&B1", "(1+2"):
        with pytest.raises((NotKnownError, IndexError)):
            parsed(text, "S")

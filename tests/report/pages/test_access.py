"""Every page of a run, a simulation, a comparison and an advice, in both languages and at two widths."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from report.report_access import violations
from report.report_browser import Browser, browser
from report.report_office import needs_chromium

import bench
from bench.pipeline import run_file
from bench.resources import dataset

pytestmark = [pytest.mark.office, needs_chromium]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything the program writes for people, in both languages."""
    base = tmp_path_factory.mktemp("pages")
    both = ("nb", "en")
    run_file("kristiansand", None).save(base / "run", language=both)
    run_file("hamar", None).save(base / "grant", language=both)
    bench.simulate("kristiansand", years=range(2007, 2010), seed=1, draws=20).save(base / "sim", language=both)
    compared = bench.compare(["kristiansand", "cost-refund"], years=range(2007, 2009), seed=1, draws=10)
    compared.save(base / "cmp", language=both)
    data = dataset("kristiansand")
    advised = bench.advise(
        data.path(), "kristiansand", tables={"index": data.path("indeks")}, draws=4, years=range(2007, 2009),
        inhabitants=76_000, systems=["unit-price", "criteria-block", "average-cost"],
    )  # fmt: skip
    advised.save(base / "adv", language=both)
    return base


def pages(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.html"))
    units = [path for path in found if path.parent.name in ("enheter", "units")]
    return [path for path in found if path not in units] + units[:1] + units[-1:]


def test_no_page_breaks_a_rule(folder: Path, chromium: Browser) -> None:
    shown = pages(folder)
    assert len(shown) >= 2 * (3 + 2 + 3)
    for path in shown:
        for width in (1280, 390):
            chromium.open(path, width=width)
            assert violations(chromium) == [], (path.relative_to(folder), width)
            assert chromium.errors() == []


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_paper_repeats_heads_and_is_not_left_half_empty(folder: Path, chromium: Browser, tmp_path: Path) -> None:
    """Heads carry buttons on a screen, which would keep them from being printed again."""
    for language, name, head in (("nb", "rapport.html", "Utgående"), ("en", "report.html", "Closing")):
        chromium.open(folder / "run" / language / name)
        path = chromium.paper(tmp_path / f"{language}.pdf")
        ends = _ends(path, tmp_path / language)
        assert len(ends) > 5
        assert min(ends[:-1]) > 0.5, ends
        chromium.run(
            "(() => { const body = document.querySelector('#results table').tBodies[0]; const rows = [...body.rows];"
            "for (let k = 0; k < 15; k++) for (const row of rows) body.append(row.cloneNode(true)); })()"
        )
        path = chromium.paper(tmp_path / f"{language}-long.pdf")
        text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True).stdout
        sheets = [sheet for sheet in text.split("\f") if len(re.findall(r"^ *Solhaug ", sheet, re.MULTILINE)) > 1]
        assert len(sheets) > 2
        assert all(head in "\n".join(sheet.strip().splitlines()[:4]) for sheet in sheets[1:]), sheets


def _ends(path: Path, stem: Path) -> list[float]:
    """How far down each sheet of paper is printed on, as a share of its height."""
    subprocess.run(["pdftoppm", "-r", "30", "-gray", path, stem], check=True)
    made = []
    for picture in sorted(stem.parent.glob(f"{stem.name}-*.pgm")):
        data = picture.read_bytes()
        found = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", data)
        assert found
        width, height, dots = int(found[1]), int(found[2]), data[found.end() :]
        printed = [y for y in range(height) if min(dots[y * width : (y + 1) * width]) < 250]
        made.append(max(printed, default=0) / height)
    return made


def test_the_languages_are_one_click_apart(folder: Path, chromium: Browser) -> None:
    for path in pages(folder):
        chromium.open(path)
        there, back = {"nb": ("In English", "På norsk"), "en": ("På norsk", "In English")}[
            chromium.run("document.documentElement.lang")
        ]
        href = chromium.run("document.querySelector('.switch a').href")
        assert chromium.run("document.querySelector('.switch a').textContent") == there
        other = Path(href.removeprefix("file://"))
        assert other.is_file(), (path, href)
        assert other.parts.count(path.relative_to(folder).parts[0]) == 1
        assert f">{back}<" in other.read_text(encoding="utf-8")


def test_one_language_has_no_switch(tmp_path: Path) -> None:
    run_file("hamar", None).save(tmp_path / "ut", language="en")
    assert 'class="switch"' not in (tmp_path / "ut" / "report.html").read_text(encoding="utf-8")


#: A fault put into a page, and the rule that must find it.
FAULTS = {
    "duplicate-id": "document.querySelector('main').insertAdjacentHTML('beforeend', '<p id=\"content\">x</p>')",
    "name": "document.querySelector('main').insertAdjacentHTML('beforeend', '<p><button>&nbsp;</button></p>')",
    "label": "document.querySelector('main').insertAdjacentHTML('beforeend', '<p><input></p>')",
    "contrast": "document.querySelector('main .intro').style.color = '#999'",
    "heading-order": "document.querySelector('main').insertAdjacentHTML('beforeend', '<h5>x</h5>')",
    "one-h1": "document.querySelector('main').insertAdjacentHTML('beforeend', '<h1>x</h1>')",
    "caption": "document.querySelector('main table').caption.textContent = ''",
    "row-heads": "document.querySelector('main table tbody tr').insertAdjacentHTML('afterbegin', '<td>x</td>')",
    "column-heads": "document.querySelector('main thead th').removeAttribute('scope')",
    "alt": "document.querySelector('svg[role=img]').removeAttribute('aria-label')",
    "region": "document.body.insertAdjacentHTML('beforeend', '<p>x</p>')",
    "landmark-unique": "document.querySelectorAll('section[aria-labelledby]').forEach(s => {"
    "s.removeAttribute('aria-labelledby'); s.setAttribute('aria-label', 'x'); })",
    "list": "document.querySelector('main ul').insertAdjacentHTML('beforeend', '<p>x</p>')",
    "sideways": "document.querySelector('main').style.minWidth = '2000px'",
    "scroll-focus": "document.querySelector('.scroll').removeAttribute('tabindex')",
    "tabindex": "document.querySelector('main').tabIndex = 3",
    "html-lang": "document.documentElement.lang = 'xx'",
    "text-cut": "document.querySelector('svg text').setAttribute('x', '5000')",
    "broken-reference": "document.querySelector('section[aria-labelledby]').setAttribute('aria-labelledby', 'nowhere')",
    "broken-anchor": "document.querySelector('nav a').setAttribute('href', '#nowhere')",
}


@pytest.mark.parametrize("rule", FAULTS)
def test_a_fault_is_found_by_its_rule(rule: str, folder: Path, chromium: Browser) -> None:
    chromium.open(folder / "run" / "en" / "report.html", width=1280)
    chromium.run(f"(() => {{ {FAULTS[rule]}; }})()")
    assert rule in {found for found, _, _ in violations(chromium)}


def test_a_table_is_sorted_searched_and_left_by_keyboard(folder: Path, chromium: Browser) -> None:
    chromium.open(folder / "run" / "nb" / "rapport.html")
    chromium.run(
        "window.t = [...document.querySelectorAll('#results table')].find(t => t.tBodies[0].rows.length > 10);"
        "t.querySelector('th.num button.sort').focus()"
    )
    chromium.press("Enter")
    assert chromium.run("t.querySelector('th.num').getAttribute('aria-sort')") == "descending"
    incomes = chromium.run(
        "[...t.tBodies[0].rows].filter(r => !r.classList.contains('total'))"
        ".map(r => Number(r.cells[1].textContent.replace(/\\D/g, '')))"
    )
    assert incomes == sorted(incomes, reverse=True)
    chromium.press("Space")
    assert chromium.run("t.querySelector('th.num').getAttribute('aria-sort')") == "ascending"
    assert chromium.run("[...t.tBodies[0].rows].at(-1).classList.contains('total')")
    names = chromium.run("t.tBodies[0].rows.length")
    chromium.run("t.parentElement.previousElementSibling.querySelector('input').focus()")
    chromium.type("solhaug")
    shown = chromium.run("[...t.tBodies[0].rows].filter(r => !r.hidden).map(r => r.cells[0].textContent)")
    assert shown[0] == "Solhaug"
    assert len(shown) < names
    said = chromium.run("t.parentElement.previousElementSibling.querySelector('[role=status]').textContent")
    assert said.strip().startswith("1 /")

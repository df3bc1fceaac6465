from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from report.report_builder import SCHEMES, build_run, without
from report.report_html import Page, read_page
from report.report_texts import TEXTS

from bench.errors import Issue
from bench.report.edition import Edition
from bench.report.pages.run import report_page, unit_page
from bench.report.tables.page import unit_file
from bench.report.words.remarks import forecast_effect, questions, risks
from bench.results import RunResult


def _pages(folder: Path) -> dict[Path, Page]:
    return {path: read_page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}


@pytest.fixture(scope="module")
def pages(folders: dict[str, Path]) -> dict[str, dict[Path, Page]]:
    return {language: _pages(folder) for language, folder in folders.items()}


def test_nothing_is_fetched_from_outside(pages: dict[str, dict[Path, Page]]) -> None:
    for found in pages.values():
        for path, page in found.items():
            assert not page.sources, path.name
            assert not [link for link in page.links if "://" in link or link.startswith("//")], path.name
            assert "default-src 'none'" in path.read_text(encoding="utf-8")
            assert "@import" not in path.read_text(encoding="utf-8").split("</style>")[0]


def test_every_link_leads_somewhere(pages: dict[str, dict[Path, Page]]) -> None:
    for found in pages.values():
        for path, page in found.items():
            for link in page.links:
                file, _, part = link.partition("#")
                target = (path.parent / file).resolve() if file else path
                assert target.is_file(), f"{path.name}: {link}"
                assert not part or part in read_page(target.read_text(encoding="utf-8")).ids, f"{path.name}: {link}"


def test_pages_can_be_read_by_a_screen_reader(pages: dict[str, dict[Path, Page]]) -> None:
    for language, found in pages.items():
        for path, page in found.items():
            assert page.language == language
            assert len(page.ids) == len(set(page.ids)), path.name
            assert page.headings[0] == 1
            assert page.headings.count(1) == 1
            assert all(later - earlier <= 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
            assert page.tables == page.captions
            assert all(len(text) > 30 for text in page.pictures)


def test_no_raw_key_leaks(pages: dict[str, dict[Path, Page]]) -> None:
    groups = "|".join(sorted({key.split(".")[0] for key in TEXTS}))
    raw = re.compile(rf"\b(?:{groups})\.[a-z_]+\b")
    names = {service for scheme in SCHEMES for service in scheme.services} | {"bed_day", "average-cost", "keep_surplus"}
    files = {TEXTS[key][k] for key in TEXTS if key.startswith("file.") for k in (0, 1)}
    for found in pages.values():
        for path, page in found.items():
            leaked = {m for m in raw.findall(page.visible) if not any(m in name for name in files)}
            assert not leaked, f"{path.name}: {leaked}"
            assert not [name for name in names if name in page.visible], path.name
            for sign in ("None", "nan", "NaN", "<NA>", "{", "Undefined"):
                assert sign not in page.visible, f"{path.name}: {sign}"


def test_the_norwegian_pages_hold_no_english(pages: dict[str, dict[Path, Page]]) -> None:
    english = [
        part
        for nb, en in TEXTS.values()
        if nb != en
        for part in re.split(r"\{[^}]*\}", en)
        if len(part.strip()) > 9 and part.strip() not in nb
    ]
    for path, page in pages["nb"].items():
        assert not [part for part in english if part.strip() in page.visible], path.name


def test_numbers_are_written_in_the_language(pages: dict[str, dict[Path, Page]]) -> None:
    for path, page in pages["nb"].items():
        text = page.visible.replace("manifest.json", "")
        assert not re.search(r"\d,\d{3}\.\d", text), path.name
        assert not re.search(r"(?<!\d\.)\b\d+\.\d+%", text), path.name
        assert not re.search(r"\s-\d", text), path.name
    assert re.search(r"\d,\d{3}\.\d\d", next(p for f, p in pages["en"].items() if f.name == "report.html").visible)


def test_made_up_data_say_so_on_every_page(pages: dict[str, dict[Path, Page]]) -> None:
    for language, found in pages.items():
        banner = TEXTS["synthetic.banner"][language == "en"]
        assert all(page.visible.count(banner) >= 1 for page in found.values())


def test_real_data_do_not() -> None:
    edition = Edition.of(build_run(synthetic=False), "nb")
    assert "ppdikte" not in report_page(edition, {})
    assert "ppdikte" not in unit_page(edition, edition.facts.units[0])


def test_the_first_screen_decides_without_formulas(pages: dict[str, dict[Path, Page]]) -> None:
    text = next(p for f, p in pages["nb"].items() if f.name == "rapport.html").visible
    first = text[
        : text.index("Hva kan gjøre dette feil? Feilkilder" if "Feilkilder Feilkilder" in text else "Varsler fra")
    ]
    for wanted in (
        "Omsorgsenheter: prisnivået stiger",
        "Størst overskudd",
        "Størst underskudd",
        "Effektiviseringskrav 2007–2010",
    ):
        assert wanted in first
    assert "λ" not in text
    assert "=" not in first


def test_the_page_stays_a_sensible_size(folders: dict[str, Path]) -> None:
    assert (folders["nb"] / "rapport.html").stat().st_size < 2_000_000
    assert all(path.stat().st_size < 120_000 for path in (folders["nb"] / "enheter").glob("*.html"))


def test_risks_follow_the_numbers(run: RunResult) -> None:
    edition = Edition.of(run, "nb")
    found = " ".join(risks(edition))
    assert edition.n.millions(forecast_effect(edition)) in found
    assert "bare 3 enheter er sammenliknet" in found
    assert "bare 13 enheter" not in found
    broken = run.checks.assign(difference=1.0)
    count = int((broken["tolerance"] < 1).sum())
    assert f"{count} avstemminger går ikke opp" in " ".join(risks(Edition.of(replace(run, checks=broken), "nb")))


def test_questions_follow_the_unit(run: RunResult) -> None:
    edition = Edition.of(run, "en")
    units = {unit.key: unit for unit in edition.facts.units}
    costly = " ".join(questions(edition, units["Strømme"]))
    assert "more per weighted service" in costly
    assert "Bispegra (82%)" in costly
    assert "fully efficient" in " ".join(questions(edition, units["Søm"]))
    assert all(questions(edition, unit) for unit in edition.facts.units)


def test_warnings_are_translated_where_the_rule_is_known(run: RunResult) -> None:
    odd = replace(run, warnings=(*run.warnings, Issue("odd-rule", "something odd", severity="warning", unit="Grim")))
    html = report_page(Edition.of(odd, "nb"), {})
    assert "Få enheter i ordningen" in html
    assert '<li lang="en">something odd (Grim)</li>' in html


@pytest.mark.parametrize(
    "gone",
    [
        ("purchaser", "requirements"),
        ("efficiency", "peers", "norms", "requirements"),
        ("prices", "schemes", "settlement", "settlement_lines", "purchaser", "assumptions", "checks"),
    ],
)
def test_stages_a_model_does_not_have_are_left_out(run: RunResult, gone: tuple[str, ...], language: str) -> None:
    edition = Edition.of(without(run, *gone), language)
    page = read_page(report_page(edition, {}))
    assert ("purchaser" in page.ids) is ("purchaser" not in gone)
    assert ("book" in page.ids) is ("prices" not in gone)
    assert not re.search(r"\bnan\b", page.visible)
    for unit in edition.facts.units[:3]:
        assert read_page(unit_page(edition, unit)).headings[0] == 1


def test_names_from_the_data_cannot_become_markup(run: RunResult) -> None:
    unit = replace(Edition.of(run, "nb").facts.units[0], key="<script>alert(1)</script>")
    edition = Edition.of(run, "nb")
    assert "<script>alert" not in unit_page(edition, unit)
    assert unit_file(edition, unit) == "01-script-alert-1-script.html"
    assert unit_file(edition, replace(unit, key="日本")) == "01.html"


def test_parties_that_share_results_are_shown_with_their_amounts(run: RunResult) -> None:
    import pandas as pd

    rows = [("care", 2005, "kommunen", 400000.0), ("care", 2005, "helseforetaket", 200000.0)]
    rows += [("care", 2006, "kommunen", -100000.0), ("care", 2006, "helseforetaket", -50000.0)]
    rows += [("health", 2006, "payer", 70000.0)]
    shared = replace(run, sharing=pd.DataFrame(rows, columns=["scheme", "year", "party", "amount"]))
    text = read_page(report_page(Edition.of(shared, "en"), {})).visible
    assert "Care units: who shares what the units neither keep nor carry" in text
    assert "Party 2005 2006 kommunen +400 −100 helseforetaket +200 −50 Sum +600 −150" in text
    # One payer takes all of it: nothing is shared.
    assert "Health units: who shares" not in text
    assert "who shares" not in read_page(report_page(Edition.of(run, "en"), {})).visible


def test_passages_are_said_to_be_in_the_language_of_their_source(run: RunResult) -> None:
    for language, words in (("nb", "kildens eget språk"), ("en", "language of their source")):
        assert words in read_page(report_page(Edition.of(run, language), {})).visible


def test_a_unit_that_is_its_own_peer_of_another_year_is_not_named_twice(run: RunResult) -> None:
    """With pooled years a unit may be measured against itself: that is said, not printed as if it were another unit."""
    import pandas as pd

    last = run.peers["year"].max()
    unit = "Lund"
    rest = run.peers[~((run.peers["unit"] == unit) & (run.peers["year"] == last))]
    example = run.peers[run.peers["unit"] == unit].iloc[[0]].assign(year=last)
    own = pd.concat(
        [example.assign(peer=unit, peer_year=2004, norm_share=0.6), example.assign(peer="Grim", norm_share=0.4)]
    )
    text = read_page(
        report_page(Edition.of(replace(run, peers=pd.concat([rest, own], ignore_index=True)), "en"), {})
    ).visible
    assert "itself in another year 60%, Grim 40%" in text

"""Bokmål at the prompt beyond the findings: what a file is, an appeal, a trace, and a model of one's own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from bench.cli import main
from bench.report.words.findings import described
from bench.report.words.texts import Texts
from bench.stykkpris.plausible import SPANS

UNITS = [f"Sone {n}" for n in range(1, 16)]


def bench_(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook in millions, the model that ``bench new`` makes of it, and a run."""
    made = tmp_path_factory.mktemp("nb")
    book = Workbook()
    sheet = book.active
    sheet.append(["Nøkkeltall"])
    sheet.append(["enhet", "aar", "kostnad", "timer"])
    for k, unit in enumerate(UNITS):
        for year in (2023, 2024):
            sheet.append([unit, year, 10 + k + (year - 2023), 20_000 + 900 * k])
    sheet.append(["Samlet", 2024, 1, 1])
    book.save(made / "f.xlsx")
    before = Path.cwd()
    os.chdir(made)
    try:
        bench_("new", "f.xlsx", *READ, "--out", "m.toml")
        bench_("run", "m.toml", "f.xlsx", "--scale", "kostnad=1000000", "--leave-out", "Samlet", "--out", "ut")
    finally:
        os.chdir(before)
    return made


READ = ("--id", "enhet", "--period", "aar", "--cost", "kostnad", "--outputs", "timer",
        "--scale", "kostnad=1000000", "--leave-out", "Samlet")  # fmt: skip


@pytest.fixture
def there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def test_what_a_file_is_in_bokmaal(there: Path) -> None:
    nb, en = (bench_("check", "f.xlsx", *READ, "--language", language) for language in ("nb", "en"))
    assert "overskriftsrad: 2" in nb
    assert "utelatt: Samlet" in nb
    assert "mål for kostnad: ganget med 1 000 000 som oppgitt" in nb
    assert "measure of kostnad: times 1 000 000 as stated" in en
    assert not re.search(r"header|left out|stated|e\+06| per (hour|visit)", nb)


def test_words_of_the_file_are_left_as_they_are() -> None:
    assert described("2023: times 1 000 as stated, 2024: times 10 as stated", "nb") == (
        "2023: ganget med 1 000 som oppgitt, 2024: ganget med 10 som oppgitt"
    )
    assert described("Nord, Sør: vest", "nb") == "Nord, Sør: vest"
    assert described("times 1 000 as stated", "en") == "times 1 000 as stated"


def test_every_span_of_prices_has_bokmaal() -> None:
    for span in SPANS:
        for text in (span.measure, span.source):
            assert described(text, "nb") != text


def test_a_model_of_ones_own_is_in_bokmaal_on_the_page(there: Path) -> None:
    model = (there / "m.toml").read_text(encoding="utf-8")
    assert 'label = { nb = "Alle", en = "All" }' in model
    sources = set(re.findall(r'status = "assumed", source = "([^"]*)" \}', model.replace("# weight", "")))
    assert len(sources) == 4
    for source in sources:
        assert Texts("en").known("provenance", source) == source
        assert Texts("nb").known("provenance", source) not in ("", source)
    pages = [*there.glob("ut/*.html"), *there.glob("ut/enheter/*.html")]
    assert len(pages) > len(UNITS)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not [source for source in sources if source in text], page.name
        assert not re.search(r">All<", text), page.name


def test_an_appeal_tells_who_moves_and_how_many(there: Path) -> None:
    args = ("appeal", "ut", "--unit", "Sone 1", "--cell", "f.xlsx!C3=19")
    en, nb = bench_(*args), bench_(*args, "--language", "nb")
    count, names = re.search(r"^(\d+) other units move: (.*)$", en, re.MULTILINE).groups()
    named, _, more = names.partition(" and ")
    assert len(named.split(", ")) + int(more.removesuffix(" more") or 0) == int(count) == len(UNITS) - 1
    assert "andre enheter flytter seg" in nb
    assert "enhet Sone 1" in nb
    assert "e+0" not in en
    # Unit 1's cost goes in 2023 from 10 to 19 million: its result falls by some millions, in whole kroner.
    assert re.search(r"settlement .* result +-?[\d ]+ → +-\d \d{3} \d{3}$", en, re.MULTILINE)


def test_a_trace_takes_a_language(there: Path) -> None:
    args = ("trace", "ut", "--unit", "Sone 1")
    en, nb = bench_(*args), bench_(*args, "--language", "nb")
    assert en == bench_(*args, "--language", "en")
    assert re.findall(r"[\d ]{4,}", en) != []
    assert len(en.splitlines()) == len(nb.splitlines())
    assert "kolonne 'kostnad', der det står" in nb
    assert "linje" in nb
    assert not re.search(r"\b(column|reads|line|assumed|sum of|rounded)\b", nb)


def test_a_reader_that_has_had_enough_is_no_error() -> None:
    """As ``bench explain dea | head -1``: the pipe is closed before anything is written."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bench", "explain", "dea"], stdout=write, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(write)
    assert done.stderr == b""

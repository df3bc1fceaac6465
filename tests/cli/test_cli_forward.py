"""`bench simulate` and `bench compare`: what is written, and how each refusal reads and exits."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.cli import main

SHORT = ["--years", "2007:2009", "--draws", "5", "--seed", "3"]


def bench(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize("language", ["nb", "en"])
def test_simulate_writes_page_tables_charts_sources_and_manifest(tmp_path: Path, language: str) -> None:
    out = tmp_path / "sim"
    result = bench("simulate", "kristiansand", *SHORT, "--language", language, "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "3 draws" not in result.output
    assert {"nb": "5 trekninger, startverdi 3", "en": "5 draws, seed 3"}[language] in result.output
    page = (out / ("rapport.html" if language == "nb" else "report.html")).read_text(encoding="utf-8")
    assert f'<html lang="{language}">' in page
    assert ("Oppdiktede data" if language == "nb" else "Made-up data") in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    table = (out / ("tabeller" if language == "nb" else "tables") / "schemes.csv").read_bytes()
    assert (b";" in table.splitlines()[0]) is (language == "nb")
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    for name, digest in manifest["report"]["files"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
    assert len(list(out.rglob("*.png"))) == len(list(out.rglob("*.svg"))) >= 3


def test_the_same_seed_gives_the_same_folder(tmp_path: Path) -> None:
    both = []
    for name in ("one", "two"):
        assert bench("simulate", "kristiansand", *SHORT, "--out", str(tmp_path / name)).exit_code == 0
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        both.append({path.relative_to(tmp_path / name): path.read_bytes() for path in files})
    assert both[0] == both[1]


def test_compare_writes_one_table_for_both_systems(tmp_path: Path) -> None:
    out = tmp_path / "cmp"
    result = bench("compare", "kristiansand", "average-cost", *SHORT, "--out", str(out))
    assert result.exit_code == 0, result.output
    head = (out / "tabeller" / "criteria.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert head == "group;criterion;better;kristiansand;average-cost"
    page = (out / "rapport.html").read_text(encoding="utf-8")
    assert "Insentivstyrke" in page
    assert "3.1.2" in page


def test_another_models_data_under_these_rules(tmp_path: Path) -> None:
    out = tmp_path / "mix"
    result = bench("simulate", "average-cost", "--data-of", "kristiansand", *SHORT, "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "omsorg" in result.output


def test_a_clients_file(tmp_path: Path) -> None:
    rows = ["enhet;aar;kostnad;timer"] + [
        f"{u};{y};{100 + i};{10 + i}" for i, u in enumerate("AB") for y in (2023, 2024)
    ]
    file = tmp_path / "klient.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    roles = ["--id", "enhet", "--period", "aar", "--cost", "kostnad", "--outputs", "timer"]
    simulated = bench("simulate", "average-cost", str(file), *roles, "--draws", "3", "--out", str(tmp_path / "a"))
    assert simulated.exit_code == 0, simulated.output
    assert "2025–2034" in simulated.output
    compared = bench(
        "compare", "average-cost", "--file", str(file), *roles, "--draws", "3", "--out", str(tmp_path / "b")
    )
    assert compared.exit_code == 0, compared.output


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["simulate", "kristiansand", "--years", "2010:2008", "--out", "x"], 2, "lies before the first"),
        (["simulate", "kristiansand", "--years", "soon", "--out", "x"], 2, "FIRST:LAST"),
        (["simulate", "kristiansand", "--behaviour", "efort=0.3", "--out", "x"], 2, "did you mean 'effort'"),
        (["simulate", "kristiansand", "--behaviour", "effort=2", "--out", "x"], 2, "between 0 and 1"),
        (["simulate", "kristiansnad", "--out", "x"], 2, "did you mean 'kristiansand'"),
        (["simulate", "average-cost", "--out", "x"], 4, "no data set of its own"),
        (["simulate", "kristiansand", "--years", "2002:2003", "--out", "x"], 3, "no accounts before 2002"),
        (["compare", "--out", "x"], 2, "Missing argument"),
        (["compare", "kristiansand", "--id", "a", "--cost", "b", "--outputs", "c", "--out", "x"], 2, "one with --file"),
    ],
)  # fmt: skip
def test_refusals(arguments: list[str], code: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = bench(*arguments)
    assert result.exit_code == code, result.output
    assert words in result.output
    assert not (tmp_path / "x").exists()


def test_a_taken_folder_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine.txt").write_text("keep", encoding="utf-8")
    result = bench("simulate", "kristiansand", *SHORT, "--out", str(tmp_path / "x"))
    assert result.exit_code == 2
    assert "exists already" in result.output
    assert bench("compare", "kristiansand", *SHORT, "--overwrite", "--out", str(tmp_path / "x")).exit_code == 2
    assert (tmp_path / "x" / "mine.txt").read_text(encoding="utf-8") == "keep"


def test_units_that_left_are_told_on_the_page(tmp_path: Path) -> None:
    """No number stands where a unit is gone, and the chance of it is said; without the switches there is no column."""
    common = ["simulate", "kristiansand", "--years", "2007:2010", "--draws", "20", "--language", "en"]
    for name, more in (("with", ["--behaviour", "exit=0.02", "--behaviour", "merger=0.6"]), ("without", [])):
        result = bench(*common, *more, "--out", str(tmp_path / name))
        assert result.exit_code == 0, result.output
        page = (tmp_path / name / "report.html").read_text(encoding="utf-8")
        assert ("Chance of closed or merged 2010" in page) is (name == "with")
        assert "nan" not in page.split("<script", 1)[0].lower().replace("finan", "").replace("governan", "")


def test_the_summary_is_said_in_the_language_that_is_asked_for(tmp_path):
    """The same numbers in both: what differs is words, signs and the name of the scheme."""
    import re

    said = {}
    for language in ("nb", "en"):
        command = ["simulate", "hospital-sharing", "--draws", "3", "--language", language]
        result = CliRunner().invoke(main, [*command, "--out", str(tmp_path / language)])
        assert result.exit_code == 0, result.output
        said[language] = next(line for line in result.output.splitlines() if line.startswith("  "))
    assert "reell enhetskostnad" in said["nb"]
    assert "real unit cost" in said["en"]
    numbers = {language: re.findall(r"-?\d+(?:[.,]\d+)?", text.partition(": ")[2]) for language, text in said.items()}
    assert [one.replace(",", ".") for one in numbers["nb"]] == numbers["en"]

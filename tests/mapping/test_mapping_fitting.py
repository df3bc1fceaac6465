"""A model and a file that do not fit one another: one message with what either has, and ways on that work."""

from __future__ import annotations

import re
import shlex

import pytest
from click.testing import CliRunner

from bench.cli import main

ROWS = "".join(f"E{k};2024;{1_000_000 + 1_000 * k};{50 + k};{'hjemme' if k % 2 else 'borte'}\n" for k in range(1, 9))
FILE = "Navn;Aar;Utgift;Brukere;Ordning\n" + ROWS
ROLES = ("--id", "Navn", "--period", "Aar", "--cost", "Utgift", "--outputs", "Brukere")


def bench_(line: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, shlex.split(line))
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture(autouse=True)
def there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "o.csv").write_text(FILE, encoding="utf-8")


@pytest.mark.parametrize(
    "model", ["kristiansand", "moss", "hamar", "municipal-care", "nve-yardstick", "average-cost", "mine.toml"]
)
@pytest.mark.parametrize("language", ["en", "nb"])
def test_a_file_with_other_columns_is_one_message(model, language, tmp_path):
    other = "Enhet;Kostnad;Timer;Besøk\n" + "".join(f"S{k};{900 + k};{9 + k};{7 + k}\n" for k in range(8))
    (tmp_path / "annen.csv").write_text(other, encoding="utf-8")
    bench_("new annen.csv --id Enhet --cost Kostnad --outputs Timer,Besøk --year 2024 --out mine.toml")
    said = bench_(f"run {model} o.csv --out ut --language {language}", code=3)
    lines = [line for line in said.splitlines() if re.match(r"(error|feil):", line)]
    assert len(lines) == 1, said
    assert "[model-does-not-fit]" in lines[0]
    assert all(name in lines[0] for name in ("Navn", "Utgift", "Brukere", model.removesuffix(".toml")))
    assert "bench new FILE --out modell.toml" in lines[0]
    assert "by_scheme" not in said
    bench_(f"new o.csv {' '.join(ROLES)} --out modell.toml")
    bench_("run modell.toml o.csv --out ut")


def test_one_column_that_is_called_otherwise_is_named_alone():
    bench_(f"new o.csv {' '.join(ROLES)} --out modell.toml")
    with open("o2.csv", "w", encoding="utf-8") as file:
        file.write(FILE.replace("Brukere", "Brukarar"))
    said = bench_("run modell.toml o2.csv --out ut", code=3)
    assert "[missing-column]" in said
    assert "did you mean 'Brukarar'" in said


@pytest.mark.parametrize("scheme", ["", " --scheme Ordning"])
def test_a_model_with_rules_of_its_own_does_not_take_other_columns(scheme):
    said = bench_(f"run kristiansand o.csv {' '.join(ROLES)}{scheme} --out ut", code=4)
    assert said.count("\n") == 1
    assert "kristiansand.toml, key scheme:" in said
    assert all(name in said for name in ("omsorg", "hjemmehjelp_timer", "Brukere", "bench new FILE", "average-cost"))
    assert "by_scheme" not in said
    bench_(f"run average-cost o.csv {' '.join(ROLES)}{scheme} --out ut")


@pytest.mark.parametrize("language", ["en", "nb"])
def test_schemes_that_are_called_otherwise_are_one_message(language):
    bench_(f"new o.csv {' '.join(ROLES)} --scheme Ordning --out modell.toml")
    with open("o2.csv", "w", encoding="utf-8") as file:
        file.write(FILE.replace("hjemme", "Hjem").replace("borte", "Bort"))
    said = bench_(f"run modell.toml o2.csv --out ut --language {language}", code=3)
    lines = [line for line in said.splitlines() if re.match(r"(error|feil):", line)]
    assert len(lines) == 1, said
    assert all(name in lines[0] for name in ("Hjem", "Bort", "hjemme", "borte", "--scheme"))
    bench_(f"new o2.csv {' '.join(ROLES)} --scheme Ordning --out modell2.toml")
    bench_("run modell2.toml o2.csv --out ut")


@pytest.mark.parametrize(
    "header",
    ["Lønn (1000 kr)", "Lønn\u00a0(1000\u202fkr)", "\ufeffLønn (1000 kr)", "Lønn (1000 kr)\u200b", '"Lønn\n(1000 kr)"'],
)
def test_the_header_as_it_is_printed_is_taken(header, tmp_path):
    rows = "".join(f"E{k};{1000 + k};{50 + k}\n" for k in range(8))
    (tmp_path / "l.csv").write_text(f"Enhet;{header};Timer\n{rows}", encoding="utf-8")
    said = bench_("check l.csv")
    printed = re.search(r"B1 +(\S.*?)  +", said)[1]
    assert printed == "Lønn (1000 kr)"
    bench_(f"run average-cost l.csv --id Enhet --cost {shlex.quote(printed)} --outputs Timer --out ut")

"""A remedy that is typed as it is printed gives the right number: costs are added up here from the file's own rows."""

from __future__ import annotations

import re
import shlex

import pytest
from click.testing import CliRunner

import bench
from bench.cli import main

ROWS = "A;1200000;2400\nB;980000;2100\nC;1010000;1900\nD;1100000;2000\n"
COST = 4_290_000
HEAD = "enhet;kostnad;timer\n"

#: The rule that is found, the file, its encoding, and the column with the cost.
CASES = {
    "total-row": (HEAD + ROWS + "Kommunen samlet;4290000;8400\n", "utf-8", "kostnad"),
    "total-row by its sum": (HEAD + "Nord;2180000;4500\n" + ROWS, "utf-8", "kostnad"),
    "note-row": (HEAD + ROWS + "Kilde: regnskapet;;\n", "utf-8", "kostnad"),
    "group-heading": (HEAD + "Hjemmetjenester;;\n" + ROWS, "utf-8", "kostnad"),
    "unclear-measure": (
        "Alle tall i 1000;;\n\n" + HEAD.replace("kostnad", "x1") + ROWS.replace("0000;", "0;"),
        "utf-8",
        "x1",
    ),
    "foreign-currency": (HEAD.replace("kostnad", "kostnad (EUR)") + ROWS, "utf-8", "kostnad (EUR)"),
    "ambiguous-number": (HEAD + "A;1.200;2400\nB;1.980;2100\nC;1.010;1900\nD;1.100;2000\n", "utf-8", "kostnad"),
}


def asked(remedy: str) -> list[str]:
    """The first option that a remedy names, as a person would type it."""
    found = re.search(r"--[a-z-]+ (?:'[^']*'|\"[^\"]*\"|[^\s,;]+)", remedy)
    assert found, remedy
    return shlex.split(found[0])


@pytest.mark.parametrize("name", CASES)
def test_a_remedy_that_is_typed_gives_the_right_number(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text, encoding, cost = CASES[name]
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    line = ["check", "a.csv", "--id", "enhet", "--cost", cost, "--outputs", "timer", "--year", "2023"]
    rule = name.split(" ")[0]
    for _ in range(4):
        result = CliRunner().invoke(main, line)
        remedies = [one.split("→")[1] for one in result.output.splitlines() if one.startswith("  error [")]
        if not remedies:
            break
        assert f"[{rule}]" in result.output
        line += asked(remedies[0])
    assert result.exit_code == 0, result.output
    run = ["run", "average-cost", *line[1:], "--out", "resultat"]
    assert CliRunner().invoke(main, run).exit_code == 0
    folder = tmp_path / "resultat" / "tabeller" / "settlement.csv"
    rows = [row.split(";") for row in folder.read_text(encoding="utf-8-sig").splitlines()]
    place = rows[0].index("cost")
    total = sum(float(row[place].replace(",", ".")) for row in rows[1:])
    expected = {"ambiguous-number": 1.2 + 1.98 + 1.01 + 1.1}.get(name, COST)  # the first option says decimal point
    assert total == pytest.approx(expected)


def test_one_column_is_suggested_to_name_the_units(tmp_path):
    (tmp_path / "a.csv").write_text("enhet;sone;kostnad;timer\nA;x;1;2\nA;y;2;3\nB;x;1;2\nB;y;2;3\n", encoding="utf-8")
    report = bench.reading.check_file(tmp_path / "a.csv")
    assert len([column for column in report.columns if column.role == "id"]) <= 1

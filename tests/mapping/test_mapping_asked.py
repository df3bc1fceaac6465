"""``bench map`` on a terminal: sheet, header, roles, factors and rows left out are asked for; ``--yes`` is complete."""

from __future__ import annotations

import re
import shlex
import sys

import pytest
from click.testing import CliRunner

from bench.cli import main
from bench.mapping import load_mapping

openpyxl = pytest.importorskip("openpyxl")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    book = openpyxl.Workbook()
    book.active.title = "Regnskap 2024"
    for row in (
        ["Enhet", "Kostnad (1000 kr)", "Timer", "Merknad"],
        ["Nord", 9_000, 20_000, "x"], ["Sør", 7_500, 16_000, "x"], ["Øst", 8_100, 19_000, "x"],
        ["Sum", 24_600, 55_000, "x"],
    ):  # fmt: skip
        book.active.append(row)
    other = book.create_sheet("Andre")
    for row in (["Enhet", "Kostnad", "Timer"], ["Vest", 5_000_000, 9_000], ["Midt", 6_000_000, 12_000]):
        other.append(row)
    book.save(tmp_path / "klient.xlsx")
    return tmp_path


def asked(monkeypatch, answers, *more):
    runner = CliRunner()

    class Terminal:
        def __init__(self, stream):
            self._stream = stream

        def isatty(self):
            return True

        def __getattr__(self, name):
            return getattr(self._stream, name)

    class Sys:
        def __getattr__(self, name):
            return Terminal(sys.stdin) if name == "stdin" else getattr(sys, name)

    monkeypatch.setattr("bench.cli.map.sys", Sys())
    answer = runner.invoke(main, ["map", "klient.xlsx", "--overwrite", *more], input="\n".join(answers) + "\n")
    assert answer.exit_code == 0, answer.output
    return answer.output, load_mapping("mapping.toml")


def test_empty_answers_keep_what_yes_takes(folder, monkeypatch):
    answer = CliRunner().invoke(main, ["map", "klient.xlsx", "--yes"])
    assert answer.exit_code == 0, answer.output
    taken = load_mapping("mapping.toml")
    said, mapping = asked(monkeypatch, [""] * 20)
    assert mapping == taken
    assert mapping.scale == {"Kostnad (1000 kr)": 1000.0}
    assert [entry.unit for entry in mapping.leave_out] == ["Sum"]
    for question in ("(sheet)", "(header)", "(cost)", "(scale)", "Leave out Sum", "(leave_out)"):
        assert question in said


def test_answers_are_written(folder, monkeypatch):
    answers = ["", "", "", "", "", "Kostnad (1000 kr)", "Timer", "", "1", "y", "Øst"]
    _, mapping = asked(monkeypatch, answers)
    assert mapping.scale == {"Kostnad (1000 kr)": 1.0}
    assert {entry.unit for entry in mapping.leave_out} == {"Sum", "Øst"}


def test_another_sheet_may_be_said(folder, monkeypatch):
    _, mapping = asked(monkeypatch, ["Andre", *[""] * 20])
    assert mapping.layout.sheet == "Andre"
    assert mapping.scale == {}


def test_nothing_that_says_nothing_is_written(folder):
    CliRunner().invoke(main, ["map", "klient.xlsx", "--yes"])
    text = (folder / "mapping.toml").read_text(encoding="utf-8")
    assert "= []" not in text
    assert "= {}" not in text


def test_printed_lines_run_also_on_a_second_file(folder):
    """What is printed to go on with names files that are not there yet."""
    runner = CliRunner()
    for turn in ("", "-2"):
        out = f"mapping{turn}.toml"
        said = runner.invoke(main, ["map", "klient.xlsx", "--yes", "--out", out]).output
        (new,) = re.findall(r"^  bench (new .*)$", said, re.MULTILINE)
        assert f"--out modell{turn}.toml" in new
        said = runner.invoke(main, shlex.split(new)).output
        (run,) = re.findall(r"^  bench (run .*)$", said, re.MULTILINE)
        assert f"--out resultat{turn}" in run
        answer = runner.invoke(main, shlex.split(run))
        assert answer.exit_code == 0, answer.output

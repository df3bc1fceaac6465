"""The command: help, exit codes, messages, and that a failure leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.catalogue import METHODS
from bench.cli import _COMMANDS, main


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str):
        return CliRunner().invoke(main, list(arguments))

    return call


@pytest.fixture
def client_file(tmp_path) -> Path:
    """A client's file as Norwegian Excel writes it: semicolon, decimal comma, cp1252."""
    rows = [
        "Enhet;År;Kostnad;Timer",
        "Bjørkelia;2024;1 200 000,50;3000",
        "Åsheim;2024;900 000;2500",
        "Fjell;2024;700 000;1500",
    ]
    path = tmp_path / "klient.csv"
    path.write_bytes("\r\n".join(rows).encode("cp1252"))
    return path


ROLES = ("--id", "Enhet", "--period", "År", "--cost", "Kostnad", "--outputs", "Timer")


def test_the_module_is_the_command_too():
    done = subprocess.run([sys.executable, "-m", "bench", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("bench, version ")


def test_help_lists_every_command(bench):
    shown = bench("--help")
    assert shown.exit_code == 0
    assert all(name in shown.output for name in _COMMANDS)


@pytest.mark.parametrize("command", list(_COMMANDS))
def test_every_command_has_help(bench, command):
    shown = bench(command, "--help")
    assert shown.exit_code == 0
    assert "Usage" in shown.output


def test_misspelt_command_names_the_nearest(bench):
    shown = bench("runn")
    assert shown.exit_code == 2
    assert "did you mean 'run'" in shown.output


def test_run_on_a_clients_file(bench, client_file, tmp_path):
    done = bench("run", "average-cost", str(client_file), *ROLES, "--out", "ut")
    assert done.exit_code == 0, done.output
    prices = (tmp_path / "ut" / "tabeller").glob("*")
    assert list(prices)
    # average cost: (1 200 000.50 + 900 000 + 700 000) / (3000 + 2500 + 1500) NOK an hour
    assert f"{2800000.50 / 7000:.2f}".replace(".", ",") in (tmp_path / "ut" / "prisbok.csv").read_text("utf-8-sig")


def test_check_shows_dialect_and_problems_with_cells(bench, tmp_path):
    path = tmp_path / "feil.csv"
    path.write_text("enhet;kostnad;timer\nA;100;1\nA;200;x\n;300;2\n", encoding="utf-8")
    shown = bench("check", str(path), "--id", "enhet", "--cost", "kostnad", "--outputs", "timer")
    assert shown.exit_code == 3
    for part in ("C3", "not-a-number", "duplicate-unit", "A4"):
        assert part in shown.output


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("run", "kristiansandd", "--out", "ut"), 2, "kristiansand"),
        (("run", "kristiansand"), 2, "--out"),
        (("run", "kristiansand", "--out", "ut", "--id", "x", "--cost", "y", "--outputs", "z"), 2, "FILE"),
        (("run", "average-cost", "mangler.csv", *ROLES, "--out", "ut"), 2, "mangler.csv"),
        (("run", "average-cost", "klient.csv", "--id", "Enhet", "--out", "ut"), 2, "--cost"),
        (("run", "average-cost", "klient.csv", *ROLES[:-1], "Timar", "--out", "ut"), 3, "Timer"),
        (("run", "egen.toml", "--out", "ut"), 4, "egen.toml"),
        (("explain", "deaa"), 2, "dea"),
        (("datasets", "kristiansan"), 2, "kristiansand"),
        (("verify", "."), 2, "manifest"),
    ],
)
def test_bad_input_gives_code_and_message_and_writes_nothing(bench, client_file, tmp_path, arguments, code, says):
    (tmp_path / "egen.toml").write_text("[meta]\nnavn = 1\n", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    shown = bench(*arguments)
    assert shown.exit_code == code, shown.output
    assert says in shown.output
    assert "Traceback" not in shown.output
    assert sorted(tmp_path.rglob("*")) == before


def test_existing_folder_is_kept(bench, client_file, tmp_path):
    (tmp_path / "ut").mkdir()
    (tmp_path / "ut" / "notat.txt").write_text("mitt", encoding="utf-8")
    shown = bench("run", "average-cost", str(client_file), *ROLES, "--out", "ut")
    assert shown.exit_code == 2
    assert "--overwrite" in shown.output
    assert (tmp_path / "ut" / "notat.txt").read_text(encoding="utf-8") == "mitt"


def test_models_and_datasets_are_listed(bench):
    assert "kristiansand" in bench("models").output
    listed = bench("datasets").output
    assert "synthetic" in listed
    assert "sio" in listed
    assert "driftskostnad" in bench("datasets", "kristiansand").output
    assert "[meta]" in bench("models", "kristiansand").output


def test_explain_lists_and_shows_pages(bench):
    assert "stykkpris" in bench("explain").output
    assert bench("explain", "stykkpris").output.startswith("# ")


def test_explain_knows_a_method_by_the_word_of_a_model_file(bench):
    """What ``--method`` and ``method =`` are given leads to the page on which the method's function stands."""
    for name, spec in METHODS.items():
        said = bench("explain", name)
        assert said.exit_code == 0, name
        if name != "influence":  # a page of its own, on single rows of a stochastic frontier
            assert spec.function in said.output, name


def test_doctor_finds_a_sound_installation(bench):
    shown = bench("doctor")
    assert shown.exit_code == 0, shown.output
    assert "FAILED" not in shown.output


def test_force_is_another_word_for_overwrite(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    first = CliRunner().invoke(main, ["run", "cost-refund", "--out", out])
    assert first.exit_code == 0, first.output
    refused = CliRunner().invoke(main, ["run", "cost-refund", "--out", out])
    assert refused.exit_code == 2
    assert "--overwrite" in refused.output
    again = CliRunner().invoke(main, ["run", "cost-refund", "--out", out, "--force"])
    assert again.exit_code == 0, again.output

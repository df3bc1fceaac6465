"""Whatever is given, the command line answers in lines: never a traceback, never a half-written folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.cli import FAULT, main

HEAD = "e;y;c;t\n"
ROLES = ("--id", "e", "--period", "y", "--cost", "c", "--outputs", "t")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.csv").write_text(f"{HEAD}A;2023;100;1\nB;2023;120;2\n", encoding="utf-8")
    return tmp_path


def refused(*arguments: str) -> Result:
    before = sorted(os.listdir(os.fsencode(".")))
    shown = CliRunner().invoke(main, list(arguments))
    assert shown.exit_code in (2, 3, 4, 5, 6), shown.output
    assert "Traceback" not in shown.output
    assert "a fault in the program" not in shown.output
    assert sorted(os.listdir(os.fsencode("."))) == before
    return shown


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ("A;2023;5e-324;1\nB;2023;5e-324;2\n", "number-out-of-range"),
        ("A;2023;1e300;1\nB;2023;1e300;2\n", "number-out-of-range"),
        ("A;2023;100;1e-300\nB;2023;100;1e-300\nA;2024;100;1e-300\nB;2024;100;1e300\n", "number-out-of-range"),
        ("A;2023;1e99;1\nB;2023;1e99;2\n", "amount-too-large"),
        ("A;2023;2e12;1\nB;2023;3e12;2\n", "amount-too-large"),
        ("A;0;100;1\nB;0;120;2\n", "year-out-of-range"),
        ("A;99999;100;1\nB;99999;120;2\n", "year-out-of-range"),
        ("A;-5;100;1\nB;-5;120;2\n", "year-out-of-range"),
    ],
)
def test_numbers_and_years_beyond_all_measure_are_refused_by_rule(folder: Path, rows: str, rule: str) -> None:
    (folder / "g.csv").write_text(HEAD + rows, encoding="utf-8")
    shown = refused("run", "average-cost", "g.csv", *ROLES, "--out", "o")
    assert shown.exit_code == 3
    assert rule in shown.output


@pytest.mark.parametrize("year", ["0", "-1", "9999", "99999999999"])
def test_a_stated_year_beyond_all_calendars(year: str) -> None:
    refused("run", "average-cost", "f.csv", "--id", "e", "--cost", "c", "--outputs", "t", "--year", year, "--out", "o")


MODELS = {
    "brackets": b"a=" + b"[" * 20_000,
    "tables": b"a=" + b"{b=" * 20_000,
    "dots": b".".join([b"a"] * 5_000) + b"=1",
    "digits": b"a=" + b"1" * 5_000,
    "no text": b'a="\xff"',
    "zero": b"\x00",
    "infinite": b'a = inf\n[meta]\nname = "x"',
    "empty": b"",
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("command", ["run", "check", "models"])
def test_a_broken_model_file_is_named(folder: Path, name: str, command: str) -> None:
    (folder / "m.toml").write_bytes(MODELS[name])
    given = {
        "run": ("run", "m.toml", "f.csv", "--out", "o"),
        "check": ("check", "f.csv", "--model", "m.toml"),
        "models": ("models", "m.toml"),
    }
    shown = refused(*given[command])
    assert shown.exit_code == 4
    assert "m.toml" in shown.output
    assert len(shown.output) < 20_000


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "", "f.csv", "--out", "o"),
        ("run", "@", "f.csv", "--out", "o"),
        ("run", "kristiansand@", "f.csv", "--out", "o"),
        ("run", ".", "f.csv", "--out", "o"),
        ("run", "average-cost", ".", *ROLES, "--out", "o"),
        ("run", "average-cost", "f.csv\x00", *ROLES, "--out", "o"),
        ("run", "average-cost", "f.csv", *ROLES, "--out", "f.csv"),
        ("run", "average-cost", "f.csv", *ROLES, "--out", "x" * 300),
        ("run", "average-cost", "f.csv", *ROLES, "--out", "a\x00b"),
        ("run", "average-cost", "f.csv", *ROLES, "--set", "a." * 3_000 + "=1", "--out", "o"),
        ("run", "average-cost", "f.csv", *ROLES, "--set", "data=5", "--out", "o"),
        ("run", "average-cost", "f.csv", *ROLES, "--set", "meta.name.x=5", "--out", "o"),
        ("run", "average-cost", "f.csv", *ROLES, "--set", ".=5", "--out", "o"),
        ("run", "average-cost", "f.csv", *ROLES, "--set", "norm.tolerance=" + "[" * 20_000, "--out", "o"),
        ("run", "average-cost", "f.csv", *ROLES, "--set", "norm.tolerance=nan", "--out", "o"),
        ("simulate", "kristiansand", "--years", "99999:100010", "--out", "o"),
        ("simulate", "kristiansand", "--years", "2007:20000", "--out", "o"),
        ("simulate", "kristiansand", "--years", "1:9999999999999999", "--out", "o"),
        ("check", "f.csv", "--encoding", "klingon"),
        ("check", "f.csv", "--delimiter", "ab"),
        ("check", "f.csv", "--sheet", "x"),
        ("verify", "f.csv"),
        ("verify", "\x00"),
    ],
)
def test_any_argument_is_answered(arguments: tuple[str, ...]) -> None:
    refused(*arguments)


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_a_file_name_that_is_no_text_is_read_and_kept(folder: Path) -> None:
    name = b"f\xff.csv"
    os.rename(b"f.csv", name)
    done = CliRunner().invoke(main, ["run", "average-cost", os.fsdecode(name), *ROLES, "--out", "o"])
    assert done.exit_code == 0, done.output
    verified = CliRunner().invoke(main, ["verify", "o"])
    assert verified.exit_code == 0, verified.output
    refused("check", os.fsdecode(b"gone\xff.csv"))


def test_a_fault_of_our_own_is_one_line_and_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a\nfault")

    monkeypatch.setattr("bench.pipeline.run_file", fail)
    shown = CliRunner().invoke(main, ["run", "average-cost", "f.csv", *ROLES, "--out", "o"])
    assert shown.exit_code == FAULT
    (line,) = shown.output.splitlines()
    log = Path(line.rpartition(" ")[2])
    assert "ZeroDivisionError" in line
    text = log.read_text(encoding="utf-8")
    log.unlink()
    assert "Traceback" in text
    assert "stykkpris" in text


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without asking")
def test_a_process_that_is_asked_to_end_leaves_nothing(folder: Path) -> None:
    code = "from bench.cli import main; main()"
    command = [sys.executable, "-c", code, "simulate", "kristiansand", "--draws", "20000", "--out", "o"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(2.0)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGTERM, 128 + signal.SIGTERM)
    assert "Traceback" not in said
    assert os.listdir(folder) == ["f.csv"]


STEERING = "\x1b]0;title\x07\x1b[2J\x9b31m\u202e\r"


def test_what_stands_in_a_file_steers_no_terminal(folder: Path) -> None:
    """Names of a unit, a file or a source that would clear the screen or turn the line are written out."""
    (folder / "g.csv").write_text(f'{HEAD}"A{STEERING}";2023;100;x\nB;2023;120;2\n', encoding="utf-8", newline="")
    for words in (("check", "g.csv", *ROLES), ("check", f"h{STEERING}.csv"), ("explain", f"h{STEERING}")):
        shown = CliRunner().invoke(main, list(words), color=True)
        assert shown.exit_code in (2, 3, 4)
        assert not set(STEERING) - set("0;title[2J31m]") & set(shown.output), repr(shown.output)
    assert CliRunner().invoke(main, ["run", "average-cost", "f.csv", *ROLES, "--out", "out"]).exit_code == 0
    manifest = folder / "out" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["sources"]["data"]["title"] = STEERING
    content["versions"][STEERING] = STEERING
    manifest.write_text(json.dumps(content), encoding="utf-8")
    for words in (
        ("trace", "out", "--unit", "A"),
        ("trace", "out", "--unit", "A", "--format", "json"),
        ("verify", "out"),
    ):
        shown = CliRunner().invoke(main, list(words), color=True)
        assert shown.exit_code in (0, 6), shown.output
        assert "title" in shown.output
        assert not set(STEERING) - set("0;title[2J31m]") & set(shown.output), repr(shown.output)
        if "json" in words:
            assert any(STEERING in text for text in _texts(json.loads(shown.stdout)))


def _texts(content: object) -> list[str]:
    """Return every text in a JSON value."""
    inner = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    return [content] if isinstance(content, str) else [text for one in inner for text in _texts(one)]

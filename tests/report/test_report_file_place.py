"""A file takes its place whole or not at all, and neither what is read nor what is another's is ever replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.cli import main
from bench.errors import OptionError, ResourceError
from bench.report import placing
from bench.report.placing import FilePlace

DATA = "home,year,cost,days\nA,2023,900,3\nB,2023,600,2\nC,2023,800,2\nA,2024,910,3\nB,2024,620,2\nC,2024,830,2\n"
ROLES = ("--id", "home", "--cost", "cost", "--outputs", "days", "--period", "year")


def said(*words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--language", "en"])


def line(command: str, out: str, *more: str) -> Result:
    return said(command, "klient.csv", "--out", out, *ROLES, *(("--yes",) if command == "map" else ()), *more)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "klient.csv").write_text(DATA, "utf-8")
    (tmp_path / "diary.txt").write_text("mine", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def linked(name: str, kind: str) -> str:
    if kind == "hard link":
        os.link("klient.csv", name)
    elif kind == "symlink":
        os.symlink("klient.csv", name)
    return name if kind != "same" else "./klient.csv"


@pytest.mark.parametrize("command", ["map", "new"])
@pytest.mark.parametrize("kind", ["same", "hard link", "symlink"])
def test_the_file_that_is_read_is_never_replaced(command: str, kind: str, here: Path) -> None:
    out = linked("other.toml", kind)
    answer = line(command, out, "--overwrite")
    assert answer.exit_code == 2
    assert "is read by this command" in answer.output
    assert (here / "klient.csv").read_text("utf-8") == DATA


@pytest.mark.parametrize("command", ["map", "new"])
@pytest.mark.parametrize("kind", ["text", "other toml", "bytes", "folder", "symlink", "dangling", "pipe"])
def test_what_is_of_another_kind_is_never_replaced(command: str, kind: str, here: Path) -> None:
    """A diary, a file of another program, a pipe: with --overwrite too; a link is not written through."""
    place = here / "x.toml"
    if kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    elif kind == "symlink":
        place.symlink_to("diary.txt")
    elif kind == "dangling":
        place.symlink_to("not-there.txt")
    else:
        place.write_bytes({"text": b"mine", "other toml": b"[tool]\nx = 1\n", "bytes": b"\xff\x00[roles]"}[kind])
    held = place.read_bytes() if place.is_file() else b""
    answer = line(command, "x.toml", "--overwrite")
    assert answer.exit_code == 2, answer.output
    assert "holds something else" in answer.output
    assert (place.read_bytes() if place.is_file() else b"") == held
    assert (here / "diary.txt").read_text("utf-8") == "mine"
    assert not (here / "not-there.txt").exists()


@pytest.mark.parametrize("command", ["map", "new"])
def test_an_earlier_one_is_replaced_only_when_asked(command: str, here: Path) -> None:
    assert line(command, "deep/x.toml").exit_code == 0
    first = (here / "deep" / "x.toml").read_bytes()
    (here / "deep" / "x.toml").write_bytes(first + b"# mine\n")
    again = line(command, "deep/x.toml")
    assert again.exit_code == 2
    assert "exists already" in again.output
    assert line(command, "deep/x.toml", "--overwrite").exit_code == 0
    assert (here / "deep" / "x.toml").read_bytes() == first
    assert os.listdir(here / "deep") == ["x.toml"]


def test_a_model_is_not_written_over_the_mapping_it_goes_by(here: Path) -> None:
    assert line("map", "m.toml").exit_code == 0
    held = (here / "m.toml").read_bytes()
    answer = said("new", "klient.csv", "--map", "m.toml", "--out", "m.toml", "--overwrite")
    assert answer.exit_code == 2
    assert (here / "m.toml").read_bytes() == held


def test_a_disk_that_is_full_leaves_the_earlier_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The write fails half-way: the earlier file stands, and nothing lies beside it."""
    (here / "x").write_bytes(b"one")

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as stream:
            stream.write(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ResourceError, match="No space left"):
        FilePlace(here / "x", True, ours=lambda data: data == b"one").put(b"two and more")
    assert (here / "x").read_bytes() == b"one"
    assert sorted(os.listdir(here)) == ["diary.txt", "klient.csv", "x"]


def test_a_report_kept_from_being_written_is_not_replaced(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder below that its owner took the right to write from would be left behind half-deleted."""
    (here / "out" / "tables").mkdir(parents=True)
    monkeypatch.setattr(placing.os, "access", lambda path, mode: Path(path).name != "tables")
    with pytest.raises(OptionError, match="tables is kept from being written"):
        placing.refuse_taken(here / "out", True)

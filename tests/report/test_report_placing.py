"""A folder takes its place whole or not at all, and what the report did not write is never replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.errors import OptionError
from bench.manifest import MANIFEST
from bench.report import placing
from bench.report.placing import exchange, folder_aside, sweep
from bench.report.saving import save
from bench.results import Result


class Small(Result):
    """A result of one file, whose content says which it is."""

    synthetic = False

    def __init__(self, text: str):
        self.text, self.sources, self.manifest = text, {"data.csv": text.encode()}, {}

    def files(self, language: str, written: tuple[str, ...] = ()):  # type: ignore[no-untyped-def]
        yield "page", "tables/page.html", f"{self.text} {language}".encode()


def content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return save(Small("one"), tmp_path / "out")


def test_an_earlier_report_is_replaced_whole(report: Path) -> None:
    save(Small("two"), report, overwrite=True, language="en")
    assert set(content(report)) == {"tables/page.html", "sources/data.csv", MANIFEST}
    assert (report / "tables" / "page.html").read_text() == "two en"
    assert os.listdir(report.parent) == ["out"]


@pytest.mark.parametrize("name", ["signed.txt", "tables/notes.xlsx", "kilder/data2.csv", ".hidden", "empty-folder/"])
def test_a_foreign_file_stops_it_by_name(report: Path, name: str) -> None:
    path = report / name
    if name.endswith("/"):
        path.mkdir()
    else:
        path.write_text("mine")
    before = content(report)
    with pytest.raises(OptionError, match=name.rstrip("/")):
        save(Small("two"), report, overwrite=True)
    assert content(report) == before
    assert path.exists()


def test_a_changed_file_stops_it_by_name(report: Path) -> None:
    (report / "tables" / "page.html").write_text("with my remarks")
    with pytest.raises(OptionError, match=r"tables/page\.html"):
        save(Small("two"), report, overwrite=True)
    assert (report / "tables" / "page.html").read_text() == "with my remarks"


def test_a_link_is_foreign(report: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "page.html").write_text("one nb")
    (report / "tables" / "page.html").unlink()
    (report / "tables" / "page.html").symlink_to(tmp_path / "mine" / "page.html")
    with pytest.raises(OptionError, match=r"tables/page\.html"):
        save(Small("two"), report, overwrite=True)
    assert (tmp_path / "mine" / "page.html").read_text() == "one nb"


def test_a_folder_with_somebody_elses_manifest_is_kept(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / MANIFEST).write_text('{"name": "web app", "icons": []}')
    (tmp_path / "app" / "main.js").write_text("mine")
    with pytest.raises(OptionError, match="no earlier report"):
        save(Small("two"), tmp_path / "app", overwrite=True)
    assert (tmp_path / "app" / "main.js").read_text() == "mine"


def test_an_input_inside_the_target_is_refused(report: Path) -> None:
    own = report / "kilder" / "data.csv"
    with pytest.raises(OptionError, match="lies in the folder that would be replaced"):
        save(Small("two"), report, overwrite=True, inputs=[own])
    assert own.read_text() == "one"


def test_a_file_that_appears_at_the_last_moment_is_kept(report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = placing.exchange

    def late(first: Path, second: Path) -> bool:
        if not (second / "late.txt").exists() and not (first / "late.txt").exists():
            (second / "late.txt").write_text("mine")
        return plain(first, second)

    monkeypatch.setattr(placing, "exchange", late)
    with pytest.raises(OptionError, match=r"late\.txt"):
        save(Small("two"), report, overwrite=True)
    assert (report / "late.txt").read_text() == "mine"
    assert (report / "tables" / "page.html").read_text() == "one nb"


@pytest.mark.parametrize("kind", [OSError, KeyboardInterrupt, SystemExit, MemoryError])
def test_whatever_stops_two_renames_brings_the_earlier_report_back(
    report: Path, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    before = content(report)
    rename = Path.rename

    def fail(self: Path, other: Path) -> Path:
        if Path(other) == report and self.name.startswith(".bench-aside-"):
            raise kind("stopped")
        return rename(self, other)

    monkeypatch.setattr(placing, "exchange", lambda first, second: False)
    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises((kind, Exception)):
        save(Small("two"), report, overwrite=True)
    assert content(report) == before
    assert os.listdir(report.parent) == ["out"]


def test_without_an_exchange_two_renames_do(report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "exchange", lambda first, second: False)
    save(Small("two"), report, overwrite=True)
    assert (report / "tables" / "page.html").read_text() == "two nb"
    assert os.listdir(report.parent) == ["out"]


@pytest.mark.skipif(sys.platform not in ("linux", "darwin"), reason="no exchange of names on this system")
def test_names_are_exchanged_in_one_step(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    if not exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("no exchange of names on this file system")
    assert (tmp_path / "a" / "x").read_text() == "b"
    assert not exchange(tmp_path / "a", tmp_path / "missing")


KILLED = """
import sys, time
from bench.report.placing import folder_aside
with folder_aside(sys.argv[1], True) as aside:
    (aside / "half").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


def test_a_killed_writers_folder_is_swept_and_a_living_ones_is_not(
    report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "_FRESH", 0.0)
    writer = subprocess.Popen([sys.executable, "-c", KILLED, str(report)], stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        (aside,) = report.parent.glob(".bench-aside-*")
        sweep(report.parent)
        assert (aside / "half").is_file()
    finally:
        writer.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
        writer.wait()
    assert aside.is_dir()
    assert (report / "tables" / "page.html").read_text() == "one nb"
    save(Small("two"), report, overwrite=True)
    assert os.listdir(report.parent) == ["out"]


def test_a_fresh_folder_and_other_hidden_folders_are_not_swept(tmp_path: Path) -> None:
    for name in (".bench-aside-0123abcd", ".bench-aside-mine", ".bench-aside-0123abcdef", "bench-aside-0123abcd"):
        (tmp_path / name).mkdir()
    old = time.time() - 10**6
    for name in (".bench-aside-mine", ".bench-aside-0123abcdef", "bench-aside-0123abcd"):
        os.utime(tmp_path / name, (old, old))
    sweep(tmp_path)
    assert len(os.listdir(tmp_path)) == 4
    os.utime(tmp_path / ".bench-aside-0123abcd", (old, old))
    sweep(tmp_path)
    assert ".bench-aside-0123abcd" not in os.listdir(tmp_path)


def test_a_report_caught_between_two_renames_gets_its_name_back(report: Path) -> None:
    old = report.parent / "out.bench-old-0123abcd"
    report.rename(old)
    past = time.time() - 10**6
    os.utime(old, (past, past))
    with folder_aside(report.parent / "other", False) as aside:
        (aside / "x").write_text("x")
    assert (report / "tables" / "page.html").read_text() == "one nb"
    assert not old.exists()

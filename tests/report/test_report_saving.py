from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from report.report_builder import build_run, without

import bench.report.contents
import bench.report.placing
from bench.errors import OptionError, ResourceError
from bench.report import save, summary
from bench.results import RunResult

#: Frames whose absence makes saving quick where the content does not matter.
HEAVY = ("settlement", "settlement_lines", "efficiency", "peers", "norms", "requirements", "purchaser", "schemes")


@pytest.fixture(scope="module")
def light(run: RunResult) -> RunResult:
    return without(run, *HEAVY)


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_everything_promised_is_there(folders: dict[str, Path]) -> None:
    names = set(_content(folders["nb"]))
    assert {"rapport.html", "arbeidsbok.xlsx", "prisbok.csv", "prisbok.html", "manifest.json"} <= names
    assert {"tabeller/prices.csv", "tabeller/LESMEG.txt", "enheter/01-bispegra.html"} <= names
    assert {"diagrammer/kostnadstrapp.svg", "diagrammer/kostnadstrapp.png"} <= names
    assert len([name for name in names if name.startswith("enheter/")]) == 20
    english = set(_content(folders["en"]))
    assert {"report.html", "workbook.xlsx", "price-book.csv", "tables/README.txt", "charts/staircase.svg"} <= english
    assert len(english) == len(names)


def test_the_manifest_names_every_file_with_its_hash(run: RunResult, folders: dict[str, Path], language: str) -> None:
    content = _content(folders[language])
    manifest = json.loads(content.pop("manifest.json"))
    assert manifest["report"]["files"] == {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
    assert manifest["report"]["languages"] == [language]
    assert manifest["synthetic"] is True
    assert manifest["data"] == run.manifest["data"]
    assert manifest["report"]["versions"]["xlsxwriter"]


def test_the_same_run_gives_the_same_bytes(run: RunResult, folders: dict[str, Path], tmp_path: Path) -> None:
    again = _content(build_run().save(tmp_path / "again"))
    first = _content(folders["nb"])
    assert [name for name in first if again[name] != first[name]] == []
    assert again.keys() == first.keys()


def test_an_existing_folder_is_refused(light: RunResult, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    save(light, target)  # an empty folder holds nothing to lose
    before = _content(target)
    with pytest.raises(OptionError, match="overwrite=True"):
        save(light, target, language="en")
    assert _content(target) == before
    save(light, target, language="en", overwrite=True)
    assert (target / "report.html").is_file()
    assert not (target / "rapport.html").exists()


def test_only_a_report_is_overwritten(light: RunResult, tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(OptionError, match="no earlier report"):
        save(light, tmp_path, overwrite=True)
    assert (tmp_path / "diary.txt").read_text() == "mine"
    with pytest.raises(OptionError, match="is a file"):
        save(light, tmp_path / "diary.txt", overwrite=True)


def test_a_failure_leaves_nothing(light: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(edition: object) -> bytes:
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(bench.report.contents, "workbook_bytes", fail)
    with pytest.raises(RuntimeError, match="disk on fire"):
        save(light, tmp_path / "deep" / "down" / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_keeps_the_earlier_report(light: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = save(light, tmp_path / "out")
    before = _content(target)

    def fail(aside: Path, other: Path) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(bench.report.placing, "_put_in_place", fail)
    with pytest.raises(ResourceError, match="no space left"):
        save(light, target, overwrite=True)
    assert _content(target) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_both_languages_lie_beside_each_other_with_the_sources_once(light: RunResult, tmp_path: Path) -> None:
    both = _content(save(replace(light, sources={"data.csv": b"a"}), tmp_path / "both", language="en,nb"))
    alone = {name: _content(save(light, tmp_path / name, language=name)) for name in ("nb", "en")}
    manifest = json.loads(both.pop("manifest.json"))
    assert manifest["report"]["languages"] == ["en", "nb"]
    assert manifest["report"]["files"] == {name: hashlib.sha256(data).hexdigest() for name, data in both.items()}
    assert both.pop("sources/data.csv") == b"a"
    for language, files in alone.items():
        assert files.pop("manifest.json")
        # Only the way to the other language, and the workbook's to the sources one folder up, are another.
        plain = {name: re.sub(rb'<p class="switch">.*?</p>', b"", data).split() for name, data in both.items()}
        own = {f"{language}/{name}": data.split() for name, data in files.items() if not name.endswith(".xlsx")}
        assert own.items() <= plain.items()
    assert len(both) == sum(map(len, alone.values()))


def test_a_place_that_cannot_be_written_is_named(light: RunResult, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="another folder"):
        save(light, tmp_path / "file" / "out")


def test_language_is_checked_before_anything_is_written(light: RunResult, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="language"):
        save(light, tmp_path / "out", language="de")
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_up_to_the_total(light: RunResult, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    save(light, tmp_path / "out", progress=lambda *step: seen.append(step))
    assert [done for _, done, _ in seen] == list(range(1, len(seen) + 1))
    assert all(done <= total for _, done, total in seen)
    assert seen[-1][1] == seen[-1][2]


def test_summary_fits_a_screen(run: RunResult, language: str) -> None:
    text = summary(run, language=language)
    lines = text.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100
    assert ("+2.9%" if language == "en" else "+2,9 %") in text
    assert ("Made-up" if language == "en" else "Oppdiktede") in text
    assert summary(run) == run.summary()

"""What is saved beside a run has the same manifest, and is made again from what lies in its folder."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bench.cli import main
from bench.errors import OptionError, ResourceError
from bench.manifest import read_manifest, saved_record
from bench.pipeline.files import remake
from bench.trace.folder import trace
from bench.verification import verify

ROLES = ["--id", "enhet", "--period", "aar", "--cost", "kostnad", "--outputs", "dager"]
KINDS = {
    "specs": ["--sample", "all", "--classes", "3", "--rts", "vrs"],
    "letters": ["--language", "nb,en"],
    "validate-pack": ["--language", "en"],
}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    units, cost, days = ("A", "B", "C", "D", "=1+1"), (90, 80, 70, 60, 95), (30, 31, 29, 21, 33)
    rows = [f"{unit};2023;{c}000;{d}" for unit, c, d in zip(units, cost, days, strict=True)]
    Path("f.csv").write_text("\n".join(["enhet;aar;kostnad;dager", *rows]) + "\n", encoding="utf-8")
    return Path("f.csv")


def made(command: str, file: Path) -> Path:
    with pytest.raises(SystemExit) as done:
        main([command, "average-cost", str(file), *ROLES, *KINDS[command], "--out", "ut"])
    assert not done.value.code
    return Path("ut")


@pytest.mark.parametrize("command", KINDS)
def test_a_folder_is_verified_and_a_change_in_it_is_seen(command: str, file: Path) -> None:
    folder = made(command, file)
    manifest = read_manifest(folder)
    assert manifest.kind == command
    assert {source.name for source in manifest.sources.values()} == {"model.toml", "f.csv"}
    assert (folder / manifest.report.sources / "f.csv").read_bytes() == file.read_bytes()
    file.unlink()
    found = verify(folder)
    assert found.ok, found.summary()
    own = [name for name in manifest.report.files if not name.startswith(f"{manifest.report.sources}/")]
    assert sorted(found.remade) == sorted([*manifest.report.files, "manifest.json"])
    (folder / own[0]).write_bytes((folder / own[0]).read_bytes() + b" ")
    found = verify(folder)
    assert found.stored[own[0]] == "changed"
    assert not found.ok
    assert not found.same_numbers
    with pytest.raises(ResourceError, match="only a run's numbers"):
        trace(folder, "A")


def test_the_tables_of_choices_are_those_that_were_asked_for(file: Path) -> None:
    folder = made("specs", file)
    table = pd.read_csv(next(folder.glob("*-specs.csv")), sep=";", decimal=",", encoding="utf-8-sig")
    assert set(table["rts"]) == {"vrs"}
    again = remake(saved_record(folder, read_manifest(folder)), synthetic=False)
    assert len(next(frame for name, frame in again.frames().items() if name.endswith("-specs"))) == len(table)
    assert "Specifications" in again._repr_html_()
    assert "vrs" in again.summary()


def test_choices_that_no_curve_has_are_refused(file: Path) -> None:
    folder = made("specs", file)
    raw = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for key, value, error in (
        ("classes", 1, ResourceError),
        ("colour", "red", ResourceError),
        ("sample", "some", OptionError),
    ):
        wrong = {**raw, "options": {**raw["options"], "choices": {**raw["options"]["choices"], key: value}}}
        (folder / "manifest.json").write_text(json.dumps(wrong), encoding="utf-8")
        with pytest.raises(error):
            verify(folder)

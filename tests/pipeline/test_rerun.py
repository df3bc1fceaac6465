"""Saved sources are run again with the options of their manifest, or with others; nothing is written or believed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import bench
from bench.errors import OptionError, ResourceError
from bench.pipeline import rerun, run_file

TABLE = "unit;year;cost;days\nA;2021;1000000;900\nB;2021;1300000;1000\nC;2021;2000000;1700\nA;2022;1100000;950\n"
TABLE += "B;2022;1250000;1010\nC;2022;2100000;1690\n"
ROLES = {"id": "unit", "period": "year", "cost": "cost", "outputs": ["days"]}


def result_of(text: str, place: Path) -> bench.RunResult:
    place.mkdir(exist_ok=True)
    (place / "homes.csv").write_text(text, encoding="utf-8")
    return run_file("average-cost", place / "homes.csv", roles=ROLES)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("rerun")
    folder = result_of(TABLE, place).save(place / "result")
    (place / "homes.csv").unlink()
    return folder


@pytest.fixture
def saved(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "result"))


def options_of(folder: Path) -> dict[str, object]:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return dict(manifest["options"])


def same(one: bench.RunResult, two: bench.RunResult) -> None:
    for name, frame in one.frames().items():
        pd.testing.assert_frame_equal(frame, two.frames()[name])


def test_sources_with_the_options_of_their_manifest_are_the_same_run(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    monkeypatch.chdir(saved / "kilder")
    again = rerun(".", options_of(saved))
    same(result_of(TABLE, tmp_path / "own"), again)
    (tmp_path / "own" / "homes.csv").unlink()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert not again.synthetic


def test_a_folder_without_a_manifest_is_run_by_options_that_name_its_files(saved: Path, tmp_path: Path) -> None:
    lone = Path(shutil.copytree(saved / "kilder", tmp_path / "lone"))
    named = {"data": "homes.csv", "roles": ROLES, "read": {}, "tables": {}, "synthetic": True, "language": "nb"}
    again = rerun(lone, named)
    assert again.synthetic
    pd.testing.assert_frame_equal(again.prices, rerun(saved / "kilder", options_of(saved)).prices)


def test_other_options_are_another_run(saved: Path, tmp_path: Path) -> None:
    """Half of the file, asked for in the options, is the run on a file that held no more."""
    first = "\n".join(TABLE.splitlines()[:4]) + "\n"
    options = {**options_of(saved), "read": {"where": ["year=2021"]}}
    one, two = rerun(saved / "kilder", options), result_of(first, tmp_path / "own")
    pd.testing.assert_frame_equal(one.settlement, two.settlement)
    pd.testing.assert_frame_equal(one.prices, two.prices)


def test_a_changed_source_is_refused(saved: Path) -> None:
    source = saved / "kilder" / "homes.csv"
    source.write_text(TABLE.replace("1000000", "1000001"), encoding="utf-8")
    with pytest.raises(ResourceError, match="changed after the run"):
        rerun(saved / "kilder", options_of(saved))


@pytest.mark.parametrize("name", ["../../secret.csv", "/etc/passwd", "a/../homes.csv"])
def test_a_name_outside_the_folder_is_refused(saved: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.csv").write_text(TABLE, encoding="utf-8")
    with pytest.raises(ResourceError, match="not a name inside"):
        rerun(saved / "kilder", {"data": name, "roles": ROLES})
    with pytest.raises(ResourceError, match="not a name inside"):
        rerun(saved / "kilder", {"data": "homes.csv", "roles": ROLES, "tables": {"budget": name}})


def test_a_link_is_refused(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(TABLE, encoding="utf-8")
    (saved / "kilder" / "link.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(ResourceError, match="is a link"):
        rerun(saved / "kilder", {"data": "link.csv", "roles": ROLES})


def test_another_folder_and_unknown_options_are_refused(saved: Path) -> None:
    with pytest.raises(ResourceError, match="does not hold the sources of a run"):
        rerun(saved / "tabeller", options_of(saved))
    with pytest.raises(OptionError, match=r"colour: Extra inputs.*|seed: Input"):
        rerun(saved / "kilder", {**options_of(saved), "colour": "red", "seed": "one"})

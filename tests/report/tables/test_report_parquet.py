"""Tables as Parquet beside CSV: read by another library they hold what the frames hold; the same bytes however made."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from click.testing import CliRunner

import bench
from bench.cli import main
from bench.errors import OptionError, ResourceError
from bench.report.tables.parquet import parquet_bytes

polars = pytest.importorskip("polars")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The same run twice, by one worker and by two."""
    home = tmp_path_factory.mktemp("parquet")
    for workers in ("1", "2"):
        line = ["run", "kristiansand", "--format", "parquet", "--workers", workers, "--out", str(home / workers)]
        answer = CliRunner().invoke(main, line)
        assert answer.exit_code == 0, answer.output
    return home


def test_every_table_is_there_in_both_forms(folders):
    written = {path.stem for path in (folders / "1").rglob("*.parquet")}
    assert written == set(bench.results.COLUMNS)
    assert written <= {path.stem for path in (folders / "1").rglob("*.csv")}


def test_numbers_are_those_of_the_frames(folders):
    run = bench.run("kristiansand")
    for name, frame in run.frames().items():
        (path,) = (folders / "1").rglob(f"{name}.parquet")
        found = polars.read_parquet(path)
        assert found.columns == [str(column) for column in frame.columns]
        assert len(found) == len(frame)
        for column in frame.columns:
            mine = frame[column].tolist()
            for theirs, value in zip(found[str(column)].to_list(), mine, strict=True):
                assert theirs is None if pd.isna(value) else theirs in (value, str(value)), (
                    name,
                    column,
                    value,
                    theirs,
                )


def test_types_are_kept(folders):
    (path,) = (folders / "1").rglob("settlement.parquet")
    schema = polars.read_parquet_schema(path)
    assert schema["year"] == polars.Int64
    assert schema["kept"] == polars.Float64
    assert schema["unit"] == polars.String


def test_the_same_bytes_by_any_number_of_workers_and_again_by_verify(folders):
    for path in (folders / "1").rglob("*.parquet"):
        assert path.read_bytes() == (folders / "2" / path.relative_to(folders / "1")).read_bytes()
    manifest = json.loads((folders / "1" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["report"]["formats"] == ["csv", "parquet"]
    assert "polars" in manifest["report"]["versions"]
    answer = CliRunner().invoke(main, ["verify", str(folders / "1")])
    assert answer.exit_code == 0, answer.output
    assert ".parquet" not in answer.output or "same" in answer.output


def test_verify_sees_a_changed_parquet_file(folders):
    (path,) = (folders / "2").rglob("prices.parquet")
    path.write_bytes(path.read_bytes()[:-1] + b"X")
    answer = CliRunner().invoke(main, ["verify", str(folders / "2")])
    assert answer.exit_code != 0
    assert "prices.parquet" in answer.output


def test_an_unknown_format_is_refused(tmp_path):
    run = bench.run("kristiansand")
    with pytest.raises(OptionError, match="parquet"):
        run.save(tmp_path / "ut", formats=["feather"])
    assert not (tmp_path / "ut").exists()


def test_without_the_extra_it_is_said(monkeypatch):
    import builtins

    real = builtins.__import__

    def without(name, *rest):
        if name == "polars":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ResourceError, match="stykkpris\\[parquet\\]"):
        parquet_bytes(bench.Units.from_arrays([[1.0], [2.0]], [[1.0], [1.0]]).frame)

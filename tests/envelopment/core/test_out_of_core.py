"""Parts of a table on a cluster whose workers die: nothing is lost, no byte changes, it is the whole table's answer."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

import bench

ROOT = Path(__file__).parents[3]


@pytest.fixture
def out_of_core(monkeypatch):
    pytest.importorskip("polars")
    pytest.importorskip("distributed")
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.bench_out_of_core")


def test_killed_workers_lose_nothing_and_change_no_byte(out_of_core, tmp_path):
    found = out_of_core.compared(6_000, 6, True, tmp_path)
    assert (found["killed"], found["lost"], found["same bytes"]) == (2, 0, True)
    assert not list((tmp_path / "dask").glob(".*"))


def test_parts_against_their_frontier_are_the_whole_table(out_of_core, tmp_path):
    """The frontier of the parts' frontiers is that of all rows in one table."""
    import polars as pl

    (tmp_path / "data").mkdir()
    paths = out_of_core.write_data(tmp_path / "data", 3_000, 4)
    _, frontier = out_of_core.whole(paths, tmp_path / "scores", out_of_core.in_turn)
    X, Y = (np.vstack(parts) for parts in zip(*map(out_of_core.measures, paths), strict=True))
    together = bench.dea(bench.Units.from_arrays(X, Y), "vrs").scores
    files = sorted((tmp_path / "scores").glob("*.parquet"))
    scores = np.concatenate([pl.read_parquet(path)["score"].to_numpy() for path in files])
    np.testing.assert_allclose(scores, together, rtol=1e-9)
    assert frontier == (together >= out_of_core.EFFICIENT).sum()


def test_a_run_that_was_stopped_goes_on_from_the_parts_that_are_whole(out_of_core, tmp_path):
    (tmp_path / "data").mkdir()
    paths = out_of_core.write_data(tmp_path / "data", 2_000, 4)
    before, _ = out_of_core.whole(paths, tmp_path / "scores", out_of_core.in_turn)
    gone, kept = tmp_path / "scores" / paths[1].name, tmp_path / "scores" / paths[2].name
    gone.unlink()
    (tmp_path / "scores" / ".part-0001.parquet.1").write_bytes(b"half")
    stamp = kept.stat().st_mtime_ns
    called = []

    def run(call, paths, *common):
        called.append(call)
        return out_of_core.in_turn(call, paths, *common)

    again, _ = out_of_core.whole(out_of_core.write_data(tmp_path / "data", 2_000, 4), tmp_path / "scores", run)
    assert again == before
    assert called == [out_of_core.score_part]  # the frontier was there
    assert kept.stat().st_mtime_ns == stamp
    assert not list((tmp_path / "scores").glob(".*"))

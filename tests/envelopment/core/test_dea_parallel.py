"""The same bytes from one worker, from threads and from a Dask cluster of two processes."""

from __future__ import annotations

import joblib
import numpy as np
import pytest

import bench
from bench.lp import engine


@pytest.fixture(scope="module")
def units():
    rng = np.random.default_rng(4)
    X = np.exp(rng.normal(0, 0.6, (2 * engine.CHUNK + 500, 2)))
    Y = np.sqrt(X.prod(axis=1)) * np.exp(-np.abs(rng.normal(0, 0.3, len(X))))
    return bench.Units.from_arrays(X, Y[:, None])


@pytest.fixture(scope="module")
def alone(units):
    return bench.dea(units, rts="vrs")


def _same(one, two):
    assert one.score.to_numpy().tobytes() == two.score.to_numpy().tobytes()
    assert one.peers().equals(two.peers())
    assert one.multipliers(choice="vertex").equals(two.multipliers(choice="vertex"))


def test_threads_give_the_same_bytes(units, alone):
    _same(alone, bench.dea(units, rts="vrs", workers=2))


def test_threads_give_the_same_bytes_where_dominated_columns_are_left_out_first(units, alone, monkeypatch):
    monkeypatch.setattr(engine, "REDUCE_ABOVE", 500)
    monkeypatch.setattr(engine, "CHUNK", 256)
    monkeypatch.setattr(engine, "_GROWING", 64)
    one = bench.dea(units, rts="vrs")
    _same(one, bench.dea(units, rts="vrs", workers=2))
    np.testing.assert_allclose(one.scores, alone.scores, rtol=0, atol=1e-12)


def test_a_dask_cluster_gives_the_same_bytes(units, alone):
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    )
    with cluster, distributed.Client(cluster), joblib.parallel_config("dask"):
        result = bench.dea(units, rts="vrs", workers=2)
    _same(alone, result)

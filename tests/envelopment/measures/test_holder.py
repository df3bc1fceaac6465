"""Hölder distances: one program per measure in another solver."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import data, ray

import bench
from bench.envelopment import directional, holder


@pytest.mark.parametrize("rts", ["vrs", "crs"])
def test_one_measure_alone_by_pulp(rts: str) -> None:
    X, Y = data(7, n=12, m=2, s=2)
    found = holder(bench.Units.from_arrays(X, Y), rts=rts)
    for k in range(12):
        alone = []
        for j in range(4):
            g = np.zeros(4)
            g[j] = np.r_[X[k], Y[k]][j]
            alone.append(ray(X, Y, rts, X[k], Y[k], g[:2], g[2:]))
        np.testing.assert_allclose(found.values.alone[k], alone, atol=1e-7)
        assert found["distance"].iloc[k] == pytest.approx(min(alone), abs=1e-7)
    largest = holder(bench.Units.from_arrays(X, Y), rts=rts, norm="largest")["distance"]
    np.testing.assert_allclose(largest, directional(bench.Units.from_arrays(X, Y), rts=rts)["beta"], atol=1e-9)

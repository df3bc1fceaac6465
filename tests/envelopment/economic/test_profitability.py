"""Profitability: by loops over units, and its parts."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import theta

import bench
from bench.envelopment import profitability


def test_ratio_and_parts() -> None:
    rng = np.random.default_rng(1)
    X, Y = rng.uniform(1, 9, (12, 2)), rng.uniform(1, 9, (12, 2))
    W, P = rng.uniform(1, 3, (12, 2)), rng.uniform(1, 3, (12, 2))
    found = profitability(bench.Units.from_arrays(X, Y), input_prices=W, output_prices=P)
    for k in range(12):
        ratios = [(P[k] @ Y[j]) / (W[k] @ X[j]) for j in range(12)]
        assert found.efficiency.iloc[k] == pytest.approx(ratios[k] / max(ratios))
        # The squared hyperbolic factor is the radial one under constant returns.
        assert found["technical"].iloc[k] == pytest.approx(theta(X, Y, "crs", X[k], Y[k]), rel=1e-7)
    np.testing.assert_allclose(found.efficiency, found["technical"] * found["allocative"])
    assert (found["allocative"] <= 1 + 1e-9).all()

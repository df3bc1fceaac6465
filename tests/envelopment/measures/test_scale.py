"""Scale: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pulp
import pytest
from pulp_oracle import Model, data, phi, theta

import bench
from bench.envelopment.measures.scale import scale_efficiency


@pytest.mark.parametrize("side", ["input", "output"])
def test_scale_sizes_and_returns(side: str) -> None:
    X, Y = data(7, n=10)
    found = scale_efficiency(bench.Units.from_arrays(X, Y), orientation=side)
    one = theta if side == "input" else phi
    for k in range(10):
        crs, vrs = one(X, Y, "crs", X[k], Y[k]), one(X, Y, "vrs", X[k], Y[k])
        assert found.efficiency.iloc[k] == pytest.approx(crs / vrs if side == "input" else vrs / crs, rel=1e-8)
        for sign, column in ((False, "size_low"), (True, "size_high")):
            model = Model(X, Y, "crs", maximise=sign)
            for i in range(3):
                model.add(model.input(i) <= X[k, i] * (crs if side == "input" else 1) + 1e-10)
            for r in range(2):
                model.add(model.output(r) >= Y[k, r] * (1 if side == "input" else crs) - 1e-10)
            assert found[column].iloc[k] == pytest.approx(model.solve(pulp.lpSum(model.lam)), rel=1e-6)
        kind = found["returns"].iloc[k]
        if kind == "increasing":
            assert found["size_high"].iloc[k] < 1 + 1e-6
        elif kind == "decreasing":
            assert found["size_low"].iloc[k] > 1 - 1e-6
        # The most productive scale size lies on both frontiers.
        x, y = found.values.mpss_x[k], found.values.mpss_y[k]
        assert theta(X, Y, "vrs", x, y) == pytest.approx(1, abs=1e-7)
        assert theta(X, Y, "crs", x, y) == pytest.approx(1, abs=1e-7)


def test_scale_elasticity_against_small_steps() -> None:
    """The range's ends are the one-sided derivatives of the largest output factor in the input factor."""
    X, Y = data(8, n=10)
    units = bench.Units.from_arrays(X, Y)
    found = scale_efficiency(units, elasticity=True)
    step = 1e-5
    seen = 0
    for k in range(10):
        x = X[k] * found["vrs"].iloc[k]
        up, down = phi(X, Y, "vrs", x * (1 + step), Y[k]), phi(X, Y, "vrs", x * (1 - step), Y[k])
        if abs(phi(X, Y, "vrs", x, Y[k]) - 1) > 1e-9:
            continue
        low, high = found["elasticity_low"].iloc[k], found["elasticity_high"].iloc[k]
        assert (up - 1) / step == pytest.approx(low, abs=2e-3 * (1 + low))
        if down is None:
            assert np.isinf(high)
        else:
            assert (1 - down) / step == pytest.approx(high, abs=2e-3 * (1 + high))
        seen += 1
    assert seen >= 3

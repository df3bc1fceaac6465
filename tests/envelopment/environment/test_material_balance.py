"""Material balance: the least content in another solver, and the identity of the surplus."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import Model

import bench
from bench.envelopment import material_balance
from bench.errors import OptionError


def test_least_surplus_by_pulp() -> None:
    rng = np.random.default_rng(2)
    X, Y = rng.uniform(1, 9, (10, 2)), rng.uniform(1, 9, (10, 2))
    content = {"x1": 2.0, "x2": 0.5, "y2": 0.1}
    found = material_balance(bench.Units.from_arrays(X, Y), content=content, rts="vrs")
    for k in range(10):
        model = Model(X, Y, "vrs", maximise=False)
        for r in range(2):
            model.add(model.output(r) >= Y[k, r])
        least = model.solve(2.0 * model.input(0) + 0.5 * model.input(1))
        assert found["least_surplus"].iloc[k] == pytest.approx(least - 0.1 * Y[k, 1], rel=1e-7)
        assert found["surplus"].iloc[k] == pytest.approx(X[k] @ [2.0, 0.5] - 0.1 * Y[k, 1])
        assert found.efficiency.iloc[k] == pytest.approx(least / (X[k] @ [2.0, 0.5]), rel=1e-7)
    np.testing.assert_allclose(found.efficiency, found["technical"] * found["allocative"])
    for wrong in ({}, {"y1": 1.0}, {"x1": -1.0}, {"x9": 1.0}):
        with pytest.raises(OptionError, match="content"):
            material_balance(bench.Units.from_arrays(X, Y), content=wrong, rts="vrs")

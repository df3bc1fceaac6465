"""Malmquist-Luenberger: programs in another solver."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pulp_oracle import Model

import bench
from bench.envelopment import malmquist_luenberger


def steps(X, Y, x, y):
    """Chung, Färe & Grosskopf 1997: the second output is bad."""
    model = Model(X, Y, "crs", maximise=True)
    beta = model.var("b")
    model.add(model.input(0) <= x[0])
    model.add(model.output(0) >= y[0] * (1 + beta))
    model.add(model.output(1) == y[1] * (1 - beta))
    return model.solve(beta)


def test_index_by_pulp() -> None:
    rng = np.random.default_rng(0)
    n = 10
    table = pd.DataFrame(rng.uniform(1, 4, (2 * n, 3)), columns=["x", "y", "b"])
    table["unit"], table["year"] = [*range(n)] * 2, [1] * n + [2] * n
    units = bench.Units.from_frame(table, id="unit", period="year", inputs=["x"], outputs=["y", "b"])
    found = malmquist_luenberger(units, bad=["b"])
    X, Y = units.X, units.Y
    seen = 0
    for k in range(n):
        d = [
            [steps(X[s * n : s * n + n], Y[s * n : s * n + n], X[t * n + k], Y[t * n + k]) for t in (0, 1)]
            for s in (0, 1)
        ]
        if any(value is None for row in d for value in row):
            assert np.isnan(found["index"].iloc[k])
            continue
        seen += 1
        expected = np.sqrt((1 + d[0][0]) / (1 + d[0][1]) * (1 + d[1][0]) / (1 + d[1][1]))
        assert found["index"].iloc[k] == pytest.approx(expected, rel=1e-7)
        assert found["efficiency_change"].iloc[k] == pytest.approx((1 + d[0][0]) / (1 + d[1][1]), rel=1e-7)
    assert seen > 3
    np.testing.assert_allclose(found["index"], found["efficiency_change"] * found["technical_change"])

"""Capacity use: known answers, another solver, and what is refused."""

from __future__ import annotations

import pytest
from pulp_oracle import Model, data, phi

import bench
from bench.envelopment.measures.capacity_use import capacity_use
from bench.errors import OptionError


def test_capacity_is_pulps() -> None:
    X, Y = data(8, n=10)
    found = capacity_use(bench.Units.from_arrays(X, Y), fixed=["x1", "x3"], rts="vrs")
    for k in range(10):
        model = Model(X, Y, "vrs", maximise=True)
        factor = model.var("phi")
        for i in (0, 2):
            model.add(model.input(i) <= X[k, i])
        for r in range(2):
            model.add(model.output(r) >= Y[k, r] * factor)
        whole = model.solve(1.0 * factor)
        assert found["capacity_factor"].iloc[k] == pytest.approx(whole, rel=1e-8)
        assert found["capacity_use"].iloc[k] == pytest.approx(phi(X, Y, "vrs", X[k], Y[k]) / whole, rel=1e-8)
    assert list(found.frame.columns)[-1] == "at capacity x2"
    with pytest.raises(OptionError, match="fixed"):
        capacity_use(bench.Units.from_arrays(X, Y), fixed=["y1"], rts="vrs")

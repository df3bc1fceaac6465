"""Non discretionary: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pulp
import pytest
from pulp_oracle import Model, data, phi, ray

import bench
from bench.envelopment.measures.non_discretionary import bounded, categorical, non_discretionary
from bench.errors import DataError, OptionError


@pytest.mark.parametrize("rts", ["crs", "vrs", "fdh", "add"])
def test_fixed_measures_are_pulps(rts: str) -> None:
    X, Y = data(1, n=7)
    units = bench.Units.from_arrays(X, Y)
    into = non_discretionary(units, fixed=["x2", "y1"], rts=rts)
    out = non_discretionary(units, fixed=["x2", "y1"], rts=rts, orientation="output")
    for k in range(7):
        g = np.r_[X[k], Y[k]] * [1, 0, 1, 0, 1]
        assert into["score"].iloc[k] == pytest.approx(1 - ray(X, Y, rts, X[k], Y[k], g[:3], 0 * Y[k]), abs=1e-8)
        assert out["score"].iloc[k] == pytest.approx(1 + ray(X, Y, rts, X[k], Y[k], 0 * X[k], g[3:]), abs=1e-8)
    with pytest.raises(OptionError, match="at least one"):
        non_discretionary(units, fixed=["x1", "x2", "x3"], rts="vrs")
    with pytest.raises(OptionError, match="x1"):
        non_discretionary(units, fixed=["x11"], rts="vrs")


@pytest.mark.parametrize("rts", ["crs", "drs", "irs"])
def test_fixed_averages_are_pulps(rts: str) -> None:
    X, Y = data(1, n=8)
    units = bench.Units.from_arrays(X, Y)
    found = non_discretionary(units, fixed=["x2", "y1"], rts=rts, fixed_as="average")
    total = non_discretionary(units, fixed=["x2", "y1"], rts=rts)
    for k in range(8):
        model = Model(X, Y, rts, maximise=False)
        factor = model.var("theta")
        for i in (0, 2):
            model.add(model.input(i) <= X[k, i] * factor)
        model.add(model.output(1) >= Y[k, 1])
        intensity = pulp.lpSum(model.lam)
        model.add(model.input(1) <= X[k, 1] * intensity)
        model.add(model.output(0) >= Y[k, 0] * intensity)
        assert found["score"].iloc[k] == pytest.approx(model.solve(1.0 * factor), abs=1e-8)
        column, weight = found.values.column[k], found.values.weight[k]
        average = weight[column >= 0] @ X[column[column >= 0], 1] / weight.sum()
        assert found["target x2"].iloc[k] == pytest.approx(average, abs=1e-8)
    assert (np.abs(found["score"] - total["score"]) > 1e-3).any()


def test_fixed_averages_and_totals_are_the_same_where_intensities_sum_to_one() -> None:
    units = bench.Units.from_arrays(*data(1, n=8))
    total = non_discretionary(units, fixed=["x2"], rts="vrs", orientation="output").to_frame()
    average = non_discretionary(units, fixed=["x2"], rts="vrs", orientation="output", fixed_as="average").to_frame()
    np.testing.assert_allclose(average["score"], total["score"], rtol=1e-9)
    with pytest.raises(OptionError, match="fdh"):
        non_discretionary(units, fixed=["x2"], rts="fdh", fixed_as="average")
    with pytest.raises(OptionError, match="fixed_as"):
        non_discretionary(units, fixed=["x2"], rts="crs", fixed_as="mean")


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs"])
def test_bounds_are_pulps(rts: str) -> None:
    X, Y = data(2, n=9)
    low, high = 0.8 * X[:, 1], 1.1 * X[:, 1]
    units = bench.Units.from_arrays(X, Y)
    found = bounded(units, bounds={"x2": (low, high), "y1": (Y[:, 0], Y[:, 0] * 1.5)}, rts=rts)
    for k in range(9):
        model = Model(X, Y, rts, maximise=False)
        factor = model.var("theta")
        for i in (0, 2):
            model.add(model.input(i) <= X[k, i] * factor)
        model.add(model.input(1) >= low[k])
        model.add(model.input(1) <= high[k])
        model.add(model.output(0) >= Y[k, 0])
        model.add(model.output(0) <= 1.5 * Y[k, 0])
        model.add(model.output(1) >= Y[k, 1])
        assert found["score"].iloc[k] == pytest.approx(model.solve(1.0 * factor), abs=1e-8)
        assert low[k] - 1e-8 <= found["target x2"].iloc[k] <= high[k] + 1e-8
    with pytest.raises(DataError, match="above"):
        bounded(units, bounds={"x2": (2.0, 1.0)}, rts="vrs")
    marked = bounded(units, bounds={"x2": (0.0, 0.01)}, rts="vrs")
    assert len(marked.issues) == 9


def test_categories() -> None:
    X, Y = data(3, n=10)
    level = np.array([1, 1, 1, 2, 2, 2, 3, 3, 3, 3])
    found = categorical(bench.Units.from_arrays(X, Y), category=level, rts="vrs", orientation="output")
    for k in range(10):
        allowed = level <= level[k]
        assert found["score"].iloc[k] == pytest.approx(phi(X[allowed], Y[allowed], "vrs", X[k], Y[k]), rel=1e-8)
        peers = found.values.column[k][found.values.weight[k] > 1e-9]
        assert (level[peers] <= level[k]).all()
        np.testing.assert_allclose(
            found.values.weight[k][found.values.column[k] >= 0]
            @ X[found.values.column[k][found.values.column[k] >= 0]],
            found.values.input_target[k],
            atol=1e-8,
        )
    with pytest.raises(DataError, match="one number per unit"):
        categorical(bench.Units.from_arrays(X, Y), category=[1.0], rts="vrs")

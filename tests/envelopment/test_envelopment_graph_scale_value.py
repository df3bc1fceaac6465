"""Hyperbolic graph efficiency, super-efficiency, cost, revenue and profit, scale."""

from __future__ import annotations

import numpy as np
import pulp
import pytest
from pulp_oracle import Model, data, phi, ray, theta

import bench
from bench.envelopment.core.technology import Technology
from bench.envelopment.economic.economic_efficiency import cost_efficiency, profit_efficiency, revenue_efficiency
from bench.envelopment.measures.graph_efficiency import graph_efficiency
from bench.envelopment.measures.scale import scale_efficiency
from bench.envelopment.measures.super_efficiency import super_efficiency
from bench.errors import DataError, OptionError


def reaches(X, Y, rts, x, y):
    beta = ray(X, Y, rts, x, y, np.ones(len(x)), 0 * y)
    return beta is not None and beta >= -1e-8


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs", "fdh", "add"])
def test_hyperbolic_point_is_on_the_frontier(rts: str) -> None:
    X, Y = data(1, n=6)
    found = graph_efficiency(bench.Units.from_arrays(X, Y), rts=rts)
    for k in range(6):
        t = found.efficiency.iloc[k]
        assert reaches(X, Y, rts, t * X[k], Y[k] / t)
        lower = t * (1 - 1e-6)
        assert not reaches(X, Y, rts, lower * X[k] - 1e-8, Y[k] / lower)


def test_hyperbolic_is_the_root_under_constant_returns() -> None:
    X, Y = data(2)
    found = graph_efficiency(bench.Units.from_arrays(X, Y), rts="crs")
    radial = [theta(X, Y, "crs", X[k], Y[k]) for k in range(len(X))]
    np.testing.assert_allclose(found.efficiency**2, radial, rtol=1e-8)


def test_hyperbolic_by_bisection_outside_the_set() -> None:
    X, Y = data(3)
    found = graph_efficiency(bench.Units.from_arrays(X, Y), rts="vrs", super_efficiency=True)
    assert (found.efficiency > 1).any()
    for k in range(len(X)):
        others = np.delete(np.arange(len(X)), k)
        low, high = 0.01, 20.0
        for _ in range(45):
            middle = (low + high) / 2
            inside = reaches(X[others], Y[others], "vrs", middle * X[k], Y[k] / middle)
            low, high = (low, middle) if inside else (middle, high)
        assert found.efficiency.iloc[k] == pytest.approx(high, rel=1e-6)


def test_reference_graph(public, expected) -> None:
    """R Benchmarking 0.33, ``dea(ORIENTATION="graph")``, a bisection: 5e-6."""
    for (name, rts), part in expected("dea_graph").groupby(["dataset", "rts"]):
        found = graph_efficiency(public[name], rts=rts)
        np.testing.assert_allclose(found.efficiency, part["value"].astype(float), atol=5e-6)


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
@pytest.mark.parametrize("side", ["input", "output"])
def test_super_efficiency_is_pulps(rts: str, side: str) -> None:
    X, Y = data(4)
    found = super_efficiency(bench.Units.from_arrays(X, Y), rts=rts, orientation=side)
    for k in range(len(X)):
        expected = (theta if side == "input" else phi)(X, Y, rts, X[k], Y[k], skip=k)
        score = found["score"].iloc[k]
        assert np.isnan(score) if expected is None else score == pytest.approx(expected, rel=1e-8)
        both = ray(X, Y, rts, X[k], Y[k], X[k], Y[k], skip=k)
        assert found["beta"].iloc[k] == pytest.approx(both, abs=1e-8)
    lacking = found["score"].isna()
    assert {issue.unit for issue in found.issues} == set(found.frame.index[lacking])


def test_reference_super_efficiency(public, expected) -> None:
    """R Benchmarking 0.33, ``sdea``: 1e-8 relative; its ±Inf are units without a value."""
    for (name, rts, side), part in expected("sdea").groupby(["dataset", "rts", "orientation"]):
        found = super_efficiency(public[name], rts=rts, orientation=side)["score"].to_numpy()
        value = part["value"].astype(float).to_numpy()
        assert (np.isnan(found) == np.isinf(value)).all()
        known = np.isfinite(value)
        np.testing.assert_allclose(found[known], value[known], rtol=1e-8)


RTS = ["crs", "vrs", "drs", "irs", "fdh", "add"]


@pytest.mark.parametrize("rts", RTS)
def test_cost_and_revenue_are_pulps(rts: str) -> None:
    X, Y = data(5, n=7)
    rng = np.random.default_rng(0)
    W, V = rng.uniform(1, 5, X.shape), rng.uniform(1, 5, Y.shape)
    units = bench.Units.from_arrays(X, Y, input_prices=W, output_prices=V)
    cost, revenue = cost_efficiency(units, rts=rts), revenue_efficiency(units, rts=rts)
    for k in range(7):
        model = Model(X, Y, rts, maximise=False)
        for r in range(2):
            model.add(model.output(r) >= Y[k, r])
        least = model.solve(pulp.lpSum(W[k, i] * model.input(i) for i in range(3)))
        assert cost["least_cost"].iloc[k] == pytest.approx(least, rel=1e-8)
        model = Model(X, Y, rts, maximise=True)
        for i in range(3):
            model.add(model.input(i) <= X[k, i])
        most = model.solve(pulp.lpSum(V[k, r] * model.output(r) for r in range(2)))
        assert revenue["largest_revenue"].iloc[k] == pytest.approx(most, rel=1e-8)
    for found in (cost, revenue):
        np.testing.assert_allclose(found.efficiency, found["technical"] * found["allocative"], rtol=1e-12)
        assert (found["allocative"] <= 1 + 1e-9).all()
    np.testing.assert_allclose((cost.values.X * W).sum(1), cost["least_cost"], rtol=1e-9)


@pytest.mark.parametrize("rts", ["vrs", "drs", "fdh"])
def test_profit_is_pulps(rts: str) -> None:
    X, Y = data(6, n=8)
    units = bench.Units.from_arrays(X, Y, input_prices=[1.0, 2.0, 3.0], output_prices=[3.0, 4.0])
    found = profit_efficiency(units, rts=rts)
    model = Model(X, Y, rts, maximise=True)
    profit = 3.0 * model.output(0) + 4.0 * model.output(1)
    profit -= model.input(0) + 2.0 * model.input(1) + 3.0 * model.input(2)
    if rts == "drs":
        np.testing.assert_allclose(found["largest_profit"], max(model.solve(profit), 0), rtol=1e-8)
    else:
        np.testing.assert_allclose(found["largest_profit"], model.solve(profit), rtol=1e-8)
    for k in range(8):
        assert found["technical"].iloc[k] == pytest.approx(ray(X, Y, rts, X[k], Y[k], X[k], Y[k]), abs=1e-8)
    assert (found["allocative"] >= -1e-9).all()


def test_profit_and_prices_refuse_what_has_no_answer() -> None:
    units = bench.Units.from_arrays([[1.0]], [[1.0]])
    with pytest.raises(OptionError, match="no bound"):
        profit_efficiency(units, rts="crs")
    with pytest.raises(DataError, match="input prices are needed"):
        cost_efficiency(units, rts="vrs")
    with pytest.raises(DataError, match="not negative"):
        cost_efficiency(units, rts="vrs", prices=[-1.0])


def test_reference_cost(public, expected) -> None:
    """R Benchmarking 0.33, ``cost.opt`` on milkProd at prices (1, 1, 4000): the cost at 1e-8 relative."""
    table = expected("opt")
    for rts, part in table[table["quantity"] == "cost"].groupby("rts"):
        found = cost_efficiency(public["milkProd"], rts=rts, prices=[1.0, 1.0, 4000.0])
        np.testing.assert_allclose(found["least_cost"], part["value"].astype(float), rtol=1e-8)


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


def test_technology_names_what_it_does_not_have() -> None:
    with pytest.raises(OptionError, match="weak disposability"):
        Technology.of([[1.0]], [[1.0]], "fdh", equal=[False, True])

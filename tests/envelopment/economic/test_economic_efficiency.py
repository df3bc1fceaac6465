"""Economic efficiency: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pulp
import pytest
from pulp_oracle import Model, data, ray

import bench
from bench.envelopment.economic.economic_efficiency import cost_efficiency, profit_efficiency, revenue_efficiency
from bench.errors import DataError, OptionError

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

"""Russell: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pulp
import pytest
from pulp_oracle import Model, data
from scipy.optimize import brentq

import bench
from bench.envelopment.slacks.russell import russell


def russell_by_factors(X, Y, rts, k, side):
    """Färe & Lovell 1978: factors as variables."""
    model = Model(X, Y, rts, maximise=side == "output")
    x = [model.var(f"t{i}", 0, 1) for i in range(X.shape[1])]
    y = [model.var(f"f{r}", 1) for r in range(Y.shape[1])]
    for i in range(X.shape[1]):
        model.add(model.input(i) <= X[k, i] * (x[i] if side == "input" else 1))
    for r in range(Y.shape[1]):
        model.add(model.output(r) >= Y[k, r] * (y[r] if side == "output" else 1))
    if side == "input":
        return model.solve(pulp.lpSum(x) / len(x))
    return 1 / model.solve(pulp.lpSum(y) / len(y))


def test_russell_graph_of_the_hull_by_hand() -> None:
    X, Y = data(8, n=15)
    found = russell(bench.Units.from_arrays(X, Y), rts="fdh", orientation="graph")
    for k in range(15):
        covers = [j for j in range(15) if (X[j] <= X[k]).all() and (Y[j] >= Y[k]).all()]
        expected = min(((X[j] / X[k]).sum() + (Y[k] / Y[j]).sum()) / 5 for j in covers)
        assert found.efficiency.iloc[k] == pytest.approx(expected)


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs", "fdh"])
@pytest.mark.parametrize("side", ["input", "output"])
def test_russell_is_pulps(rts: str, side: str) -> None:
    X, Y = data(8, n=9)
    found = russell(bench.Units.from_arrays(X, Y), rts=rts, orientation=side)
    for k in range(9):
        assert found.efficiency.iloc[k] == pytest.approx(russell_by_factors(X, Y, rts, k, side), abs=1e-8)


def test_factors_are_exact_on_an_edge() -> None:
    """Two peers and one unit: along the edge the sum is a function of one number, minimised by root finding."""
    X, Y = np.array([[1.0], [1.0], [2.0]]), np.array([[4.0, 1.0], [1.0, 5.0], [1.0, 1.5]])
    found = russell(bench.Units.from_arrays(X, Y), rts="vrs", orientation="graph").values

    def factors(t: float) -> np.ndarray:
        return ((1 - t) * Y[0] + t * Y[1]) / Y[2]

    root = brentq(lambda t: float(((Y[1] - Y[0]) / Y[2] / factors(t) ** 2).sum()), 0.2, 0.8, xtol=1e-15)
    np.testing.assert_allclose(found.phi[2], factors(root), rtol=1e-9)
    assert found.theta[2, 0] == pytest.approx(0.5, rel=1e-12)
    assert found.efficiency[2] == pytest.approx((0.5 + (1 / factors(root)).sum()) / 3, rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
def test_factors_do_not_move_with_order_or_measures(rts: str, seed: int) -> None:
    X, Y = data(seed + 20, n=12, m=2, s=2)
    plain = russell(bench.Units.from_arrays(X, Y), rts=rts, orientation="graph").values
    order = np.random.default_rng(seed).permutation(12)
    moved = russell(
        bench.Units.from_arrays((X * [1e4, 1e-3])[order], (Y * [1e-2, 1e5])[order]), rts=rts, orientation="graph"
    ).values
    np.testing.assert_allclose(moved.efficiency, plain.efficiency[order], rtol=1e-9)
    np.testing.assert_allclose(moved.phi, plain.phi[order], rtol=1e-7)
    np.testing.assert_allclose(moved.theta, plain.theta[order], rtol=1e-7)


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs"])
def test_russell_graph_against_a_general_optimiser(rts: str) -> None:
    """The same convex program by SciPy's SLSQP from several starts, and never worse."""
    from scipy.optimize import minimize

    X, Y = data(9, n=7, m=2, s=2)
    found = russell(bench.Units.from_arrays(X, Y), rts=rts, orientation="graph")
    n = len(X)
    for k in range(n):
        constraints = [
            {"type": "ineq", "fun": lambda v, k=k: X[k] * v[n : n + 2] - v[:n] @ X},
            {"type": "ineq", "fun": lambda v, k=k: v[:n] @ Y - Y[k] * v[n + 2 :]},
        ]
        if rts != "crs":
            kind = "eq" if rts == "vrs" else "ineq"
            constraints.append({"type": kind, "fun": lambda v: 1 - v[:n].sum()})
        start = np.r_[np.eye(n)[k], np.ones(4)]
        best = minimize(
            lambda v: (v[n : n + 2].sum() + (1 / v[n + 2 :]).sum()) / 4,
            start,
            constraints=constraints,
            bounds=[(0, None)] * n + [(0, 1)] * 2 + [(1, None)] * 2,
            options={"ftol": 1e-14, "maxiter": 500},
        )
        if best.success:
            assert found.efficiency.iloc[k] == pytest.approx(best.fun, abs=2e-6)
        theta_, phi_ = found.values.theta[k], found.values.phi[k]
        assert found.efficiency.iloc[k] == pytest.approx((theta_.sum() + (1 / phi_).sum()) / 4, abs=1e-9)

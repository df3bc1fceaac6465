"""Disposability: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pulp
import pytest
from pulp_oracle import Model, data

import bench
from bench.envelopment.measures.disposability import undesirable, weak_disposability
from bench.errors import OptionError


def test_weak_outputs_under_constant_returns() -> None:
    X, Y = data(4, n=9)
    found = weak_disposability(bench.Units.from_arrays(X, Y), weak=["y2"], rts="crs")
    for k in range(9):
        model = Model(X, Y, "crs", maximise=True)
        factor = model.var("phi")
        for i in range(3):
            model.add(model.input(i) <= X[k, i])
        model.add(model.output(0) >= Y[k, 0] * factor)
        model.add(model.output(1) == Y[k, 1] * factor)
        assert found["score"].iloc[k] == pytest.approx(model.solve(1.0 * factor), rel=1e-8)
    assert (found["congestion"] <= 1 + 1e-9).all()


def test_weak_outputs_with_own_abatement() -> None:
    """Kuosmanen 2005, as printed: intensities z (active) and μ (idle)."""
    X, Y = data(5, n=9)
    found = weak_disposability(bench.Units.from_arrays(X, Y), weak=["y2"], rts="vrs")
    for k in range(9):
        problem = pulp.LpProblem("k", pulp.LpMaximize)
        z = [problem.add_variable(f"z{j}", 0) for j in range(9)]
        mu = [problem.add_variable(f"m{j}", 0) for j in range(9)]
        factor = problem.add_variable("phi")
        for i in range(3):
            problem += pulp.lpSum(X[j, i] * (z[j] + mu[j]) for j in range(9)) <= X[k, i]
        problem += pulp.lpSum(Y[j, 0] * z[j] for j in range(9)) >= Y[k, 0] * factor
        problem += pulp.lpSum(Y[j, 1] * z[j] for j in range(9)) == Y[k, 1] * factor
        problem += pulp.lpSum(z) + pulp.lpSum(mu) == 1
        problem.setObjective(1.0 * factor)
        problem.solve(pulp.HiGHS(msg=False, parallel="off"))
        assert found["score"].iloc[k] == pytest.approx(factor.varValue, rel=1e-7)


@pytest.mark.parametrize("treatment", ["weak", "input"])
def test_undesirable_is_pulps(treatment: str) -> None:
    X, Y = data(6, n=9)
    found = undesirable(bench.Units.from_arrays(X, Y), bad=["y2"], rts="crs", treatment=treatment)
    for k in range(9):
        model = Model(X, Y, "crs", maximise=True)
        beta = model.var("beta")
        for i in range(3):
            model.add(model.input(i) <= X[k, i])
        model.add(model.output(0) >= Y[k, 0] * (1 + beta))
        wanted = Y[k, 1] * (1 - beta)
        model.add(model.output(1) == wanted if treatment == "weak" else model.output(1) <= wanted)
        assert found["beta"].iloc[k] == pytest.approx(model.solve(1.0 * beta), abs=1e-8)
        np.testing.assert_allclose(found["target y2"].iloc[k], Y[k, 1] * (1 - found["beta"].iloc[k]))


def test_translation_keeps_who_is_efficient_and_the_measures() -> None:
    X, Y = data(7, n=12)
    found = undesirable(bench.Units.from_arrays(X, Y), bad=["y2"], rts="vrs", treatment="translation")
    scaled = undesirable(bench.Units.from_arrays(X, Y * [1, 1e5]), bad=["y2"], rts="vrs", treatment="translation")
    np.testing.assert_allclose(found.efficiency, scaled.efficiency, atol=1e-9)
    assert (found["target y2"] <= Y[:, 1] + 1e-9).all()
    with pytest.raises(OptionError, match="translation"):
        undesirable(bench.Units.from_arrays(X, Y), bad=["y2"], rts="crs", treatment="translation")
    with pytest.raises(OptionError, match="bad"):
        undesirable(bench.Units.from_arrays(X, Y), bad=["y1", "y2"], rts="vrs")

"""Common weights: the program in another solver, and one input and output by hand."""

from __future__ import annotations

import numpy as np
import pulp
import pytest

import bench
from bench.envelopment import common_weights
from bench.errors import OptionError


def test_least_sum_of_gaps_by_pulp() -> None:
    rng = np.random.default_rng(6)
    X, Y = rng.uniform(1, 9, (12, 2)), rng.uniform(1, 9, (12, 3))
    found = common_weights(bench.Units.from_arrays(X, Y), least=0.01)
    problem = pulp.LpProblem("weights", pulp.LpMinimize)
    v = [problem.add_variable(f"v{i}", 0.01 / X[:, i].sum()) for i in range(2)]
    u = [problem.add_variable(f"u{r}", 0.01 / Y[:, r].sum()) for r in range(3)]
    gap = [
        pulp.lpSum(X[j, i] * v[i] for i in range(2)) - pulp.lpSum(Y[j, r] * u[r] for r in range(3)) for j in range(12)
    ]
    for one in gap:
        problem += one >= 0
    problem += pulp.lpSum(X[:, i].sum() * v[i] for i in range(2)) == 1
    problem.setObjective(pulp.lpSum(gap))
    problem.solve(pulp.HiGHS(msg=False, parallel="off"))
    assert found["gap"].sum() == pytest.approx(pulp.value(problem.objective), abs=1e-8)
    np.testing.assert_allclose(found.efficiency, (Y @ found.values.u) / (X @ found.values.v))
    assert (found.efficiency <= bench.dea(bench.Units.from_arrays(X, Y), "crs").efficiency + 1e-8).all()
    with pytest.raises(OptionError, match="least"):
        common_weights(bench.Units.from_arrays(X, Y), least=0.5)


def test_one_input_and_output_are_ratios_to_the_best() -> None:
    x, y = np.array([1.0, 2.0, 3.0, 5.0]), np.array([1.0, 3.0, 2.0, 5.0])
    found = common_weights(bench.Units.from_arrays(x, y))
    np.testing.assert_allclose(found.efficiency, (y / x) / (y / x).max())

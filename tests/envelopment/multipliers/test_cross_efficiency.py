"""Cross efficiency: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pulp
import pytest
from pulp_oracle import data, theta

import bench
from bench.envelopment.multipliers.cross_efficiency import cross_efficiency
from bench.errors import DataError


@pytest.mark.parametrize("goal", ["aggressive", "benevolent"])
def test_cross_efficiency_weights_are_pulps(goal: str) -> None:
    X, Y = data(2, n=9)
    found = cross_efficiency(bench.Units.from_arrays(X, Y), goal=goal).values
    for d in range(9):
        own = theta(X, Y, "crs", X[d], Y[d])
        assert found.own[d] == pytest.approx(own, rel=1e-8)
        problem = pulp.LpProblem("d", pulp.LpMaximize if goal == "benevolent" else pulp.LpMinimize)
        v = [problem.add_variable(f"v{i}", 0) for i in range(3)]
        u = [problem.add_variable(f"u{r}", 0) for r in range(2)]

        def worth(w, values):
            return pulp.lpSum(float(value) * weight for value, weight in zip(values, w, strict=True))

        for j in range(9):
            problem += worth(u, Y[j]) <= worth(v, X[j])
        problem += worth(u, Y[d]) == own * worth(v, X[d])
        problem += worth(v, X.sum(0) - X[d]) == 1
        problem.setObjective(worth(u, Y.sum(0) - Y[d]))
        problem.solve(pulp.HiGHS(msg=False, threads=1))
        assert found.u[d] @ (Y.sum(0) - Y[d]) == pytest.approx(pulp.value(problem.objective), rel=1e-6)
        np.testing.assert_allclose(found.matrix[d], (Y @ found.u[d]) / (X @ found.v[d]), rtol=1e-7)


def test_cross_efficiency_is_bounded_and_ordered() -> None:
    X, Y = data(3, n=15)
    units = bench.Units.from_arrays(X, Y)
    harsh, kind = cross_efficiency(units), cross_efficiency(units, goal="benevolent")
    for found in (harsh, kind):
        assert (found.values.matrix <= 1 + 1e-9).all()
        assert (found.efficiency <= found["own"] + 1e-9).all()
        assert (found["maverick"] >= -1e-9).all()
    assert harsh.efficiency.mean() < kind.efficiency.mean()
    with pytest.raises(DataError, match="two units"):
        cross_efficiency(bench.Units.from_arrays([[1.0]], [[1.0]]))

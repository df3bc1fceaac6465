"""Cross efficiency: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pulp
import pytest
from pulp_oracle import data, theta
from scipy.optimize import linprog

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
        problem.solve(pulp.HiGHS(msg=False, parallel="off"))
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


@pytest.mark.parametrize("goal", ["aggressive", "benevolent"])
def test_the_difference_of_the_others_is_linprogs(goal: str) -> None:
    """Doyle & Green's method II, written out for SciPy: own input worth one, own efficiency kept."""
    X, Y = data(5, n=9)
    found = cross_efficiency(bench.Units.from_arrays(X, Y), goal=goal, surrogate="difference").values
    sign = -1.0 if goal == "benevolent" else 1.0
    for d in range(9):
        zero_v, zero_u = np.zeros(X.shape[1]), np.zeros(Y.shape[1])
        planes, own_input = np.hstack([-X, Y]), np.append(X[d], zero_u)
        own = -linprog(-np.append(zero_v, Y[d]), planes, np.zeros(9), own_input[None], [1.0]).fun
        worth = np.append(X[d] - X.sum(0), Y.sum(0) - Y[d])
        kept = np.vstack([own_input, np.append(zero_v, Y[d])])
        second = linprog(sign * worth, planes, np.zeros(9), kept, [1.0, own])
        assert found.own[d] == pytest.approx(own, rel=1e-9)
        assert np.append(found.v[d], found.u[d]) @ worth == pytest.approx(sign * second.fun, rel=1e-7)
        assert found.v[d] @ X[d] == pytest.approx(1.0, rel=1e-12)
        np.testing.assert_allclose(found.matrix[d], (Y @ found.u[d]) / (X @ found.v[d]), rtol=1e-9)


@pytest.mark.parametrize("surrogate", ["ratio", "difference"])
@pytest.mark.parametrize("goal", ["aggressive", "benevolent"])
def test_the_output_side_averages_what_the_output_multipliers_give(goal: str, surrogate: str) -> None:
    """The mirror: weights from the output program (own output worth one) judge the others by v·x / u·y."""
    X, Y = data(7, n=8)
    units = bench.Units.from_arrays(X, Y)
    found = cross_efficiency(units, goal=goal, surrogate=surrogate, orientation="output")
    scores = np.empty((8, 8))
    for d in range(8):
        zero_v, zero_u = np.zeros(X.shape[1]), np.zeros(Y.shape[1])
        planes, own_output = np.hstack([-X, Y]), np.append(zero_v, Y[d])
        own = linprog(np.append(X[d], zero_u), planes, np.zeros(8), own_output[None], [1.0]).fun
        others_x, others_y = X.sum(0) - X[d], Y.sum(0) - Y[d]
        if surrogate == "ratio":
            goal_row, rows, right = np.append(others_x, zero_u), np.append(zero_v, others_y), [1.0, 0.0]
            rows = np.vstack([rows, np.append(X[d], -own * Y[d])])
        else:
            goal_row, rows, right = np.append(others_x, -others_y), np.append(zero_v, Y[d]), [1.0, own]
            rows = np.vstack([rows, np.append(X[d], zero_u)])
        # The others' inputs per output: much of them where the judge is harsh.
        weights = linprog((1.0 if goal == "benevolent" else -1.0) * goal_row, planes, np.zeros(8), rows, right).x
        with np.errstate(divide="ignore"):
            scores[d] = (X @ weights[: X.shape[1]]) / (Y @ weights[X.shape[1] :])
    np.testing.assert_allclose(1 / found.values.matrix, scores, rtol=1e-6)
    np.testing.assert_allclose(found["score"], scores.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.efficiency, 1 / found["score"])
    input_side = cross_efficiency(units, goal=goal, surrogate=surrogate)
    np.testing.assert_array_equal(input_side.values.matrix, found.values.matrix)
    assert (found.efficiency <= input_side.efficiency + 1e-12).all()


def test_two_units_by_hand() -> None:
    """Each is best with the output it makes more of: the other is worth a half, whatever the goal is called."""
    units = bench.Units.from_arrays([[1.0], [1.0]], [[2.0, 1.0], [1.0, 2.0]], names=["A", "B"])
    for surrogate in ("ratio", "difference"):
        harsh = cross_efficiency(units, surrogate=surrogate, orientation="output")
        assert harsh["score"].tolist() == [1.5, 1.5]
        assert harsh["maverick"].tolist() == [1.0, 1.0]
        kind = cross_efficiency(units, surrogate=surrogate, goal="benevolent")
        assert kind.efficiency.tolist() == [1.0, 1.0]


def test_weights_that_are_not_defined_are_named() -> None:
    units = bench.Units.from_arrays([[1.0, 0.0], [1.0, 1.0]], [[2.0, 0.0], [0.0, 2.0]], names=["A", "B"])
    found = cross_efficiency(units, surrogate="difference")
    assert [(issue.unit, issue.rule) for issue in found.issues] == [("A", "unbounded")]
    assert np.isnan(found.values.matrix[0, 1])
    assert found.efficiency.tolist() == [0.5, 1.0]
    scorned = cross_efficiency(units, orientation="output")
    assert {(issue.unit, issue.rule) for issue in scorned.issues} == {
        ("A", "worthless-outputs"),
        ("B", "worthless-outputs"),
    }
    assert scorned.efficiency.tolist() == [0.0, 0.0]
    assert np.isinf(scorned["score"]).all()


def test_with_one_input_both_second_goals_are_the_same() -> None:
    X, Y = data(9, n=10)
    units = bench.Units.from_arrays(X[:, :1], Y)
    ratio, difference = (cross_efficiency(units, surrogate=word) for word in ("ratio", "difference"))
    np.testing.assert_allclose(difference.values.matrix, ratio.values.matrix, rtol=1e-9)

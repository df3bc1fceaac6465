"""Closest targets: against the authors' mixed-integer program in another solver, and by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pulp
import pytest
from pulp_oracle import data, slack_sum
from scipy.optimize import linprog

import bench
from bench.envelopment import closest_targets


def by_large_constant(X: np.ndarray, Y: np.ndarray, corners: np.ndarray, k: int, rts: str) -> float:
    """Aparicio, Ruiz & Sirvent 2007 as printed, with a large constant, on data divided by their means."""
    problem, large = pulp.LpProblem("near", pulp.LpMinimize), 50_000
    lam = [problem.add_variable(f"l{j}", 0) for j in corners]
    away = [problem.add_variable(f"d{j}", 0) for j in corners]
    off = [problem.add_variable(f"b{j}", 0, 1, pulp.LpBinary) for j in corners]
    v = [problem.add_variable(f"v{i}", 1) for i in range(X.shape[1])]
    u = [problem.add_variable(f"u{r}", 1) for r in range(Y.shape[1])]
    w = problem.add_variable("w") if rts == "vrs" else 0
    saved = [
        X[k, i] - pulp.lpSum(X[j, i] * one for j, one in zip(corners, lam, strict=True)) for i in range(X.shape[1])
    ]
    more = [pulp.lpSum(Y[j, r] * one for j, one in zip(corners, lam, strict=True)) - Y[k, r] for r in range(Y.shape[1])]
    # A unit that is its own target has no room: one rounding more, and a solver calls the program infeasible.
    for change in (*saved, *more):
        problem += change >= -1e-8
    if rts == "vrs":
        problem += pulp.lpSum(lam) == 1
    for j, one, d, b in zip(corners, lam, away, off, strict=True):
        worth = pulp.lpSum(Y[j, r] * u[r] for r in range(len(u))) - pulp.lpSum(X[j, i] * v[i] for i in range(len(v)))
        problem += worth + w + d == 0
        problem += d <= large * b
        problem += one <= large * (1 - b)
    problem.setObjective(pulp.lpSum(saved) + pulp.lpSum(more))
    problem.solve(pulp.HiGHS(msg=False, parallel="off", gapRel=0.0, gapAbs=0.0, mip_feasibility_tolerance=1e-10))
    assert pulp.value(pulp.lpSum(lam)) > 1e-3, "the other solver found no point"
    return float(pulp.value(problem.objective))


@pytest.mark.parametrize("rts", ["crs", "vrs"])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_nearest_point_is_the_mixed_integer_programs(rts: str, seed: int) -> None:
    X, Y = data(seed, n=14, m=2, s=2)
    found = closest_targets(bench.Units.from_arrays(X, Y), rts=rts)
    A, B = X / X.mean(0), Y / Y.mean(0)
    for k in range(14):
        expected = by_large_constant(A, B, found.values.corners, k, rts)
        assert found["distance"].iloc[k] == pytest.approx(expected, abs=1e-6)


def test_targets_are_efficient_and_nearer_than_the_farthest() -> None:
    X, Y = data(5, n=20)
    found = closest_targets(bench.Units.from_arrays(X, Y), rts="vrs")
    x, y = X - found.values.x, Y + found.values.y
    for k in range(20):
        assert slack_sum(X, Y, "vrs", x[k], y[k], [1, 1, 1], [1, 1]) == pytest.approx(0, abs=1e-6)
    from bench.envelopment import additive

    mean = np.r_[X.mean(0), Y.mean(0)]
    far = additive(bench.Units.from_arrays(X, Y), rts="vrs", weights=1 / mean)["inefficiency"]
    assert (found["distance"] <= far + 1e-9).all()
    assert (found["distance"] < far - 1e-3).any()


def test_one_input_one_output_by_hand() -> None:
    """The face from (1, 1) to (4, 4): from (3, 1.5) an input costs 8/3 to the mean and an output 6.5/3."""
    units = bench.Units.from_arrays([[1.0], [4.0], [3.0]], [[1.0], [4.0], [1.5]])
    found = closest_targets(units, rts="vrs")
    assert found["distance"].iloc[2] == pytest.approx(1.5 * 3 / 8)


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
def test_the_nearest_of_all_faces_one_by_one(rts: str) -> None:
    """Brute force: each set of corners that some prices of at least one support, and the nearest point of its cone."""
    X, Y = data(12, n=9, m=2, s=1)
    # A duplicate, a unit on a face and a zero are ordinary data.
    X[7], Y[7], X[8], Y[8], Y[6] = X[0], Y[0], (X[0] + X[1]) / 2, (Y[0] + Y[1]) / 2, 0.0
    units = bench.Units.from_arrays(X, Y, accept=["no-output"])
    found = closest_targets(units, rts=rts)
    size = np.hstack([X, Y]).mean(axis=0)
    scale = [] if rts == "crs" else [np.full((9, 1), -1.0 if rts == "drs" else 1.0)]
    P = np.hstack([-X / size[:2], Y / size[2:], *scale])
    corners = found.values.corners.tolist()
    low = [(1, None)] * 3 + [(None, None) if rts == "vrs" else (0, None)] * len(scale)
    best = np.full(9, np.inf)
    for chosen in (list(c) for r in range(1, 5) for c in itertools.combinations(corners, r)):
        if linprog(np.zeros(P.shape[1]), P, np.zeros(9), P[chosen], np.zeros(len(chosen)), bounds=low).status:
            continue
        for k in range(9):
            rows, right = -P[chosen].T, -P[k]
            equal = {"A_eq": rows[3:], "b_eq": right[3:]} if rts == "vrs" else {}
            upto = 3 if rts == "vrs" else None
            tried = linprog(P[chosen][:, :3].sum(axis=1), rows[:upto], right[:upto], **equal)
            if tried.status == 0:
                best[k] = min(best[k], tried.fun - P[k, :3].sum())
    np.testing.assert_allclose(found["distance"], best, atol=1e-8)
    assert (found["distance"] > 1e-3).sum() >= 2


@pytest.mark.parametrize("rts", ["crs", "vrs"])
def test_one_unit_duplicates_and_measures_far_apart(rts: str) -> None:
    one = closest_targets(bench.Units.from_arrays([[2.0, 3.0]], [[5.0]]), rts=rts)
    assert one["distance"].tolist() == [0.0]
    X, Y = data(13, n=10, m=2, s=2)
    plain = closest_targets(bench.Units.from_arrays(X, Y), rts=rts)
    far = closest_targets(bench.Units.from_arrays(X * [1e-9, 1e12], Y * [1e6, 1e-3]), rts=rts)
    np.testing.assert_allclose(far["distance"], plain["distance"], rtol=1e-9, atol=1e-12)
    twice = closest_targets(bench.Units.from_arrays(np.vstack([X, X]), np.vstack([Y, Y])), rts=rts)
    np.testing.assert_allclose(twice["distance"], np.tile(plain["distance"], 2), atol=1e-9)


@pytest.mark.parametrize("size", [1e-4, 1e-8, 1e6])
def test_how_small_a_unit_is_does_not_matter(size: float) -> None:
    """Under constant returns a unit and its miniature have the same shares to change."""
    rng = np.random.default_rng(4)
    X = rng.uniform(1, 9, (14, 2))
    Y = np.sqrt(X[:, :1] * X[:, 1:]) * np.exp(-np.abs(rng.normal(0, 0.3, (14, 1))))
    factor = np.ones((14, 1))
    factor[3:6] = size
    plain = closest_targets(bench.Units.from_arrays(X, Y), rts="crs").values
    small = closest_targets(bench.Units.from_arrays(X * factor, Y * factor), rts="crs").values
    assert set(small.corners) == set(plain.corners)
    assert small.y / (Y * factor) == pytest.approx(plain.y / Y, abs=1e-6)
    assert small.x / (X * factor) == pytest.approx(plain.x / X, abs=1e-6)


def test_measures_are_free() -> None:
    """Kroner or millions: the same shares of the same units."""
    X, Y = data(5, n=16)
    found = closest_targets(bench.Units.from_arrays(X, Y), rts="vrs")
    other = closest_targets(bench.Units.from_arrays(X * [1e6, 1e-5, 1.0], Y * [1e-4, 1e5]), rts="vrs")
    assert other["distance"].to_numpy() == pytest.approx(found["distance"].to_numpy(), abs=1e-8)

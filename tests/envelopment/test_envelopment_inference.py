"""Bootstrap, returns-to-scale test, partial frontiers, two-stage regression."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulp_oracle import phi, theta
from scipy.integrate import quad

import bench
from bench.envelopment.inference.bootstrap import (
    bootstrap_efficiency,
    draw_distances,
    returns_to_scale_test,
    silverman_bandwidth,
    smoothed_bootstrap,
)
from bench.envelopment.inference.determinants import determinants, truncated_draws, truncated_regression
from bench.envelopment.inference.partial_frontiers import order_alpha, order_alpha_scores, order_m, order_m_scores
from bench.errors import ConvergenceError, DataError, OptionError


def production(seed: int, n: int = 30) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One output from two inputs, constant returns, half-normal inefficiency: the true distances are known."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(1, 9, (n, 2))
    true = np.exp(np.abs(rng.normal(0, 0.3, n)))
    return X, (np.sqrt(X[:, :1] * X[:, 1:]) / true[:, None]), true


@pytest.mark.parametrize("side", ["input", "output"])
def test_replicates_are_the_algorithm_by_pulp(side: str) -> None:
    """Three replicates rebuilt from the same draws with one program per unit."""
    X, Y, _ = production(0, n=8)
    found = smoothed_bootstrap(X, Y, "vrs", side, seed=5, count=3)
    score = [(theta if side == "input" else phi)(X, Y, "vrs", X[k], Y[k]) for k in range(8)]
    distance = 1 / np.array(score) if side == "input" else np.array(score)
    np.testing.assert_allclose(found.distance, np.maximum(distance, 1), rtol=1e-8)
    for row, child in zip(found.replicates, np.random.SeedSequence(5).spawn(3), strict=True):
        drawn = draw_distances(found.distance, found.bandwidth, np.random.default_rng(child))
        factor = (drawn / found.distance)[:, None]
        A, B = (X * factor, Y) if side == "input" else (X, Y / factor)
        for k in range(8):
            value = (theta if side == "input" else phi)(A, B, "vrs", X[k], Y[k])
            assert row[k] == pytest.approx(1 / value if side == "input" else value, rel=1e-8)


def test_same_seed_same_bytes_for_any_number_of_workers() -> None:
    X, Y, _ = production(1)
    runs = [smoothed_bootstrap(X, Y, "crs", "input", seed=3, count=40, workers=w) for w in (1, 2)]
    assert runs[0].replicates.tobytes() == runs[1].replicates.tobytes()
    other = smoothed_bootstrap(X, Y, "crs", "input", seed=4, count=40)
    assert (other.replicates != runs[0].replicates).any()


def test_corrected_scores_are_nearer_the_truth() -> None:
    X, Y, true = production(2, n=60)
    units = bench.Units.from_arrays(X, Y)
    found = bootstrap_efficiency(units, rts="crs", orientation="output", seed=1, replicates=400)
    plain, better = np.abs(found["estimate"] - 1 / true).mean(), np.abs(found.efficiency - 1 / true).mean()
    assert better < plain
    assert (found.efficiency < found["estimate"]).all()
    assert (found["lower"] <= found["upper"]).all()
    assert (found["efficiency_error"] < 0.01).all()


def test_most_intervals_hold_the_truth() -> None:
    """Below the nominal level in small samples, as published; over five samples more than half all the same."""
    held = []
    for seed in range(5):
        X, Y, true = production(seed, n=60)
        found = smoothed_bootstrap(X, Y, "crs", "output", seed=1, count=100)
        held.append((found.lower <= true) & (true <= found.upper))
    assert np.mean(held) > 0.5


def test_monte_carlo_error_is_what_another_seed_changes() -> None:
    X, Y, _ = production(3)
    runs = [smoothed_bootstrap(X, Y, "crs", "output", seed=s, count=100) for s in range(10)]
    spread = np.std([run.bias for run in runs], axis=0, ddof=1).mean()
    assert 0.5 < np.mean([run.bias_error for run in runs]) / spread < 2


def test_draws_stay_above_one_and_keep_mean_and_spread() -> None:
    rng = np.random.default_rng(0)
    distance = 1 + rng.exponential(0.5, 4000)
    drawn = draw_distances(distance, 0.05, np.random.default_rng(1))
    assert drawn.min() >= 1
    assert drawn.mean() == pytest.approx(distance.mean(), rel=0.05)
    assert drawn.std() == pytest.approx(distance.std(), rel=0.05)
    with pytest.raises(DataError, match="spread"):
        silverman_bandwidth(np.ones(5))
    units = bench.Units.from_arrays(*production(0)[:2])
    for wrong in ({"replicates": 10}, {"level": 0.2}, {"rts": "fdh"}):
        with pytest.raises(OptionError):
            bootstrap_efficiency(units, **{"rts": "crs", "seed": 1, **wrong})


def test_returns_to_scale_are_told_apart() -> None:
    X, Y, _ = production(4, n=50)
    constant = returns_to_scale_test(bench.Units.from_arrays(X, Y), seed=1, replicates=150)
    variable = returns_to_scale_test(bench.Units.from_arrays(X + 6, Y), seed=1, replicates=150)
    assert constant.p_value > 0.05 > variable.p_value
    assert constant.p_error == pytest.approx(np.sqrt(constant.p_value * (1 - constant.p_value) / 150))


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.integers(1, 30), st.sampled_from(["input", "output"]))
def test_order_m_is_its_integral(seed: int, m: int, side: str) -> None:
    """E of the best of m draws as ∫(1 − F)^m, and by simulation of nothing: exact."""
    rng = np.random.default_rng(seed)
    X, Y = rng.integers(1, 6, (9, 2)) * 1.0, rng.integers(1, 6, (9, 2)) * 1.0
    found = order_m_scores(X, Y, m, side).score
    for k in range(9):
        if side == "input":
            factor = (X[(Y[k] <= Y).all(1)] / X[k]).max(1)
            value, _ = quad(
                lambda u, f=factor: (f > u).mean() ** m, 0, factor.max(), limit=400, points=sorted(set(factor))
            )
        else:
            factor = (Y[(X[k] >= X).all(1)] / Y[k]).min(1)
            value, _ = quad(
                lambda u, f=factor: 1 - (f <= u).mean() ** m, 0, factor.max(), limit=400, points=sorted(set(factor))
            )
        assert found[k] == pytest.approx(value, rel=1e-6)


def test_partial_frontiers_end_at_the_hull() -> None:
    rng = np.random.default_rng(1)
    X, Y = rng.uniform(1, 9, (25, 2)), rng.uniform(1, 9, (25, 2))
    for side, one in (("input", theta), ("output", phi)):
        hull = [one(X, Y, "fdh", X[k], Y[k]) for k in range(25)]
        np.testing.assert_allclose(order_m_scores(X, Y, 10**6, side).score, hull, rtol=1e-6)
        np.testing.assert_allclose(order_alpha_scores(X, Y, 1.0, side).score, hull, rtol=1e-9)
    units = bench.Units.from_arrays(X, Y)
    near, far = order_m(units, m=200).efficiency, order_m(units, m=5).efficiency
    assert (near <= far + 1e-12).all()
    assert (order_alpha(units, alpha=0.9).efficiency <= order_alpha(units, alpha=0.5).efficiency).all()
    for wrong in (lambda: order_m(units, m=0), lambda: order_alpha(units, alpha=0.0)):
        with pytest.raises(OptionError):
            wrong()


def test_truncated_regression_has_no_gradient_left_and_finds_the_truth() -> None:
    rng = np.random.default_rng(2)
    z = rng.uniform(-1, 1, (6000, 1))
    Z = np.hstack([np.ones_like(z), 1000 * z])
    d = Z @ [1.1, 0.0004] + 0.5 * rng.standard_normal(6000)
    kept = d > 1
    fit = truncated_regression(d[kept], Z[kept])
    np.testing.assert_allclose(fit.coefficients / [1.1, 0.0004], 1, atol=0.1)
    assert fit.sigma == pytest.approx(0.5, abs=0.03)
    from scipy.stats import norm

    def loglik(b, s):
        mean = Z[kept] @ b
        return (norm.logpdf(d[kept], mean, s) - norm.logsf(1, mean, s)).sum()

    assert fit.loglik == pytest.approx(loglik(fit.coefficients, fit.sigma), rel=1e-9)
    for j, step in ((0, 1e-3), (1, 1e-6)):
        moved = fit.coefficients.copy()
        moved[j] += step
        assert loglik(moved, fit.sigma) < fit.loglik
    assert loglik(fit.coefficients, fit.sigma * 1.001) < fit.loglik
    with pytest.raises(ConvergenceError):
        truncated_regression(np.array([1.1, 1.2]), np.ones((2, 1)))


def test_truncated_draws_have_the_right_mean_even_far_out() -> None:
    from scipy.stats import truncnorm

    for mean in (1.5, 0.0, -20.0):
        drawn = truncated_draws(np.full(20000, mean), 0.7, np.random.default_rng(3))
        expected = truncnorm((1 - mean) / 0.7, np.inf, mean, 0.7).mean()
        assert drawn.mean() - 1 == pytest.approx(expected - 1, rel=0.05)


@pytest.mark.parametrize("algorithm", [1, 2])
def test_circumstances_are_found_and_noise_is_not(algorithm: int) -> None:
    rng = np.random.default_rng(4)
    n = 80
    table = pd.DataFrame({"unit": range(n), "y": rng.uniform(1, 5, n), "travel": rng.uniform(0, 1, n)})
    table["noise"] = rng.uniform(0, 1, n)
    mean = 1.1 + 0.8 * table["travel"].to_numpy()
    table["x"] = table["y"] * truncated_draws(mean, 0.2, rng)
    units = bench.Units.from_frame(table, id="unit", inputs=["x"], outputs=["y"], environment=["travel", "noise"])
    found = determinants(units, rts="crs", seed=1, algorithm=algorithm, replicates=200)
    assert found["lower"]["travel"] > 0
    assert found["p_value"]["travel"] < 0.05
    assert found["lower"]["noise"] < 0 < found["upper"]["noise"]
    again = determinants(units, rts="crs", seed=1, algorithm=algorithm, replicates=200, workers=2)
    assert again.frame.to_numpy().tobytes() == found.frame.to_numpy().tobytes()


def test_two_stage_refusals() -> None:
    units = bench.Units.from_arrays(*production(0)[:2])
    for wrong in ({}, {"variables": ["x1"], "algorithm": 3}, {"variables": ["x1"], "replicates": 5}):
        with pytest.raises(OptionError):
            determinants(units, **{"rts": "crs", "seed": 1, **wrong})
    with pytest.raises(DataError, match="too few"):
        determinants(bench.Units.from_arrays([[1.0], [2.0], [3.0]], [[1.0]] * 3), rts="crs", seed=1, variables=["x1"])

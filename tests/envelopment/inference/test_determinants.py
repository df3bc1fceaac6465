"""Determinants: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bench
from bench.envelopment.inference.determinants import determinants, truncated_draws, truncated_regression
from bench.errors import ConvergenceError, DataError, OptionError


def production(seed: int, n: int = 30) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One output from two inputs, constant returns, half-normal inefficiency: the true distances are known."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(1, 9, (n, 2))
    true = np.exp(np.abs(rng.normal(0, 0.3, n)))
    return X, (np.sqrt(X[:, :1] * X[:, 1:]) / true[:, None]), true


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

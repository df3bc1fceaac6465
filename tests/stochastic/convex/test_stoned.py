"""StoNED: stage 2 against closed forms and simulation, wrong skewness, predictors against integration, the surface."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import DataError, OptionError, Units, WrongSkewError
from bench.stochastic.convex.stoned import stoned, stoned_arrays
from bench.stochastic.residual_split import Split, conditional_mean, quasi_likelihood, split_residuals


def composed(n, sigma_u, sigma_v, seed=0, exponential=False):
    rng = np.random.default_rng(seed)
    u = rng.exponential(sigma_u, n) if exponential else np.abs(rng.normal(0.0, sigma_u, n))
    return rng.normal(0.0, sigma_v, n) - u, u


def cost_sample(n=100, seed=0, sigma_u=0.3, sigma_v=0.1):
    rng = np.random.default_rng(seed)
    volume = rng.uniform(1.0, 10.0, (n, 2))
    u = np.abs(rng.normal(0.0, sigma_u, n))
    best = 2.0 * volume[:, 0] + volume[:, 1] ** 1.2
    return best * np.exp(rng.normal(0.0, sigma_v, n) + u), volume, best, u


def test_moments_solve_their_own_equations():
    e, _ = composed(400, 0.3, 0.1)
    found = split_residuals(e)
    centred = e - e.mean()
    assert found.sigma_v**2 + (1 - 2 / math.pi) * found.sigma_u**2 == pytest.approx(np.mean(centred**2))
    third = math.sqrt(2 / math.pi) * (1 - 4 / math.pi) * found.sigma_u**3
    assert third == pytest.approx(np.mean(centred**3))
    assert found.mu == pytest.approx(found.sigma_u * math.sqrt(2 / math.pi))
    long_tail = split_residuals(composed(4000, 0.3, 0.1, exponential=True)[0], distribution="exponential")
    assert long_tail.sigma_u == pytest.approx(0.3, rel=0.1)


def test_quasi_likelihood_is_at_its_maximum_over_a_fine_grid():
    e, _ = composed(300, 0.3, 0.15, seed=1)
    centred = e - e.mean()
    found = split_residuals(e, "quasi-likelihood")
    share = found.sigma_u**2 / (found.sigma_u**2 + found.sigma_v**2)
    grid = np.linspace(0.001, 0.999, 4000)
    best = max(quasi_likelihood(centred, g) for g in grid)
    assert quasi_likelihood(centred, share) >= best - 1e-9


@pytest.mark.parametrize("method", ["moments", "quasi-likelihood", "kernel"])
def test_every_method_finds_the_simulated_inefficiency(method):
    e, u = composed(20_000, 0.3, 0.05, seed=2)
    found = split_residuals(e, method)
    assert found.mu == pytest.approx(u.mean(), abs=0.03)


@pytest.mark.parametrize("method", ["moments", "quasi-likelihood"])
def test_wrong_skewness_is_reported_or_raised(method):
    e, _ = composed(300, 0.3, 0.1)
    found = split_residuals(-e, method)
    assert found.boundary == "sigma_u = 0"
    assert found.mu == 0.0
    x = np.linspace(1.0, 9.0, 60)
    rng = np.random.default_rng(0)
    y = np.sqrt(x) * np.exp(np.abs(rng.normal(0.0, 0.4, 60)))
    fit = stoned_arrays(y, x, rts="vrs", error="multiplicative", method=method)
    assert (fit.efficiency == 1.0).all()
    assert fit.warnings[0].rule == "wrong-skew"
    assert "skewness" in str(fit.summary())
    with pytest.raises(WrongSkewError, match="skewness"):
        stoned_arrays(y, x, rts="vrs", error="multiplicative", method=method, on_wrong_skew="raise")


def test_residuals_without_noise_are_named():
    e = np.r_[np.full(200, 0.01), -1.0]
    found = split_residuals(e)
    assert found.boundary == "sigma_v = 0"
    assert found.sigma_v == 0.0
    u, efficiency = conditional_mean(np.array([-0.3, 0.2]), found)
    assert u.tolist() == [0.3, 0.0]
    assert efficiency[1] == 1.0


@settings(deadline=None, max_examples=30)
@given(
    error=st.floats(-2.0, 1.0),
    sigma_u=st.floats(0.05, 1.0),
    sigma_v=st.floats(0.05, 1.0),
    shape=st.sampled_from(["half-normal", "exponential"]),
)
def test_predictors_are_the_integrals_they_stand_for(error, sigma_u, sigma_v, shape):
    split = Split(0.1, sigma_u, sigma_v, shape, "moments", -0.5)
    u = np.linspace(0.0, 12.0 * max(sigma_u, sigma_v) + 3.0, 200_001)
    prior = -0.5 * (u / sigma_u) ** 2 if shape == "half-normal" else -u / sigma_u
    log_weight = prior - 0.5 * ((error + u) / sigma_v) ** 2
    weight = np.exp(log_weight - log_weight.max())
    mean, efficiency = conditional_mean(np.array([error]), split)
    assert mean[0] == pytest.approx(np.sum(u * weight) / weight.sum(), rel=1e-3, abs=1e-4)
    assert efficiency[0] == pytest.approx(np.sum(np.exp(-u) * weight) / weight.sum(), rel=1e-3)


def test_frontier_is_found_and_does_not_depend_on_measures():
    cost, volume, best, u = cost_sample(150)
    fit = stoned_arrays(cost, volume, rts="vrs", kind="cost", error="multiplicative")
    assert np.mean(fit.frontier / best) == pytest.approx(1.0, abs=0.1)
    assert np.corrcoef(fit.efficiency, np.exp(-u))[0, 1] > 0.8
    other = stoned_arrays(cost * 1e5, volume * [1e-3, 1e4], rts="vrs", kind="cost", error="multiplicative")
    assert other.efficiency.to_numpy() == pytest.approx(fit.efficiency.to_numpy(), abs=1e-7)
    assert fit.predict(volume) == pytest.approx(fit.frontier.to_numpy(), rel=1e-7)


@pytest.mark.parametrize("kind", ["production", "cost"])
@pytest.mark.parametrize("error", ["additive", "multiplicative"])
def test_frontier_lies_on_the_right_side_of_the_mean(kind, error):
    cost, volume, *_ = cost_sample(60, seed=3)
    if kind == "production":
        y, x = volume.sum(axis=1) * np.exp(-0.2 * np.abs(np.random.default_rng(0).normal(size=60))), volume
    else:
        y, x = cost, volume
    fit = stoned_arrays(y, x, rts="vrs", kind=kind, error=error)
    gap = fit.frontier - fit.mean.fitted
    assert (gap >= 0.0).all() if kind == "production" else (gap <= 0.0).all()
    assert fit.efficiency.between(0.0, 1.0).all()
    assert (fit.inefficiency >= 0.0).all()


def test_table_in_table_out():
    cost, volume, *_ = cost_sample(40)
    fit = stoned(Units.from_arrays(cost[:, None], volume), rts="crs", kind="cost")
    assert list(fit.to_frame().columns[:4]) == ["efficiency", "inefficiency", "frontier", "residual"]
    assert set(fit.multipliers()["column"]) == {"y1", "y2"}
    assert "σu" in str(fit.summary())
    assert fit.summary().to_latex().startswith(r"\begin{tabular}")
    assert fit.skewness_test().name
    assert "StonedResult" in repr(fit)
    assert fit.plot().to_dict()["mark"]["type"] == "circle"
    assert fit.environment().empty


def test_bad_input_is_refused():
    with pytest.raises(DataError, match="four"):
        split_residuals([0.1, -0.1])
    with pytest.raises(DataError, match="no spread"):
        split_residuals(np.zeros(10))
    with pytest.raises(DataError, match="moments"):
        split_residuals(np.arange(10.0), "kernel", "exponential")
    with pytest.raises(OptionError, match="quasi-likelihood"):
        split_residuals(np.arange(10.0), "ml")

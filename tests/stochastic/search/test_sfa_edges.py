"""Edges of cross-sections with covariates and of the truncated normal: told apart, computed and named."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from bench.errors import ConvergenceError
from bench.stochastic import fit
from bench.stochastic.likelihood.cross_section import CrossSection
from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS
from bench.stochastic.search.deterministic import (
    exponential_limit,
    half_normal_limit,
    linear_envelope,
    quadratic_envelope,
)
from bench.stochastic.search.noiseless import LAWS, noise_to_zero


def sample(seed, n=60, sigma_v=0.1, slope=0.0, law="half-normal"):
    """y, X, z: inefficiency whose ln σu² has ``slope`` on z; without noise when ``sigma_v`` is zero."""
    rng = np.random.default_rng(seed)
    x, z = np.column_stack([np.ones(n), rng.normal(size=n)]), rng.normal(size=n)
    raw = np.abs(rng.normal(size=n)) if law == "half-normal" else rng.exponential(size=n)
    u = np.exp(0.5 * (-2.0 + slope * z)) * raw
    return x @ [1.0, 0.5] + sigma_v * rng.normal(size=n) - u, x, z


def mean_sample(seed, n, sigma_v, mu=0.2, slope=0.3, sigma_u=0.3):
    """Battese & Coelli (1995): u normal around μ + slope·z, cut off at zero."""
    rng = np.random.default_rng(seed)
    x, z = np.column_stack([np.ones(n), rng.normal(size=n)]), rng.normal(size=n)
    u = np.array([next(t for t in iter(lambda m=m: rng.normal(m, sigma_u), None) if t >= 0) for m in mu + slope * z])
    return x @ [1.0, 0.5] + sigma_v * rng.normal(size=n) - u, x, z


def boundary(e, name):
    return next(b for b in e.boundaries if b.name == name)


def rules(e):
    return [issue.message for issue in e.warnings if issue.rule == "boundary"]


# -- the limit without noise -----------------------------------------------------------------------------------


def half_normal_by_slsqp(y, x, z):
    """The same limit by a general-purpose optimiser: Σ ln f(u; γ0 + γ1 z) over frontiers above every y."""

    def minus(p):
        u, log = x @ p[:2] - y, p[2] + p[3] * z
        return -np.sum(np.log(2.0) - 0.5 * np.log(2.0 * np.pi) - 0.5 * log - 0.5 * u**2 * np.exp(-log))

    start = np.r_[1.0 + np.max(y - x @ [1.0, 0.5]), 0.5, -1.5, 0.0]
    rows = {"type": "ineq", "fun": lambda p: x @ p[:2] - y, "jac": lambda p: np.column_stack([x, 0 * x])}
    return -minimize(minus, start, constraints=[rows], method="SLSQP", options={"maxiter": 500, "ftol": 1e-12}).fun


@pytest.mark.parametrize("seed", [1, 2, 3, 14])
def test_the_limit_without_noise_is_what_a_general_optimiser_finds(seed):
    y, x, z = sample(seed, sigma_v=0.05, slope=0.7)
    limit = boundary(fit(y, x, u=z), "sigma_v = 0")
    assert limit.loglik == pytest.approx(half_normal_by_slsqp(y, x, z), abs=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_the_limit_without_noise_agrees_with_the_linear_and_the_quadratic_program(seed):
    y, x, _ = sample(seed, n=40)
    ones, theta = np.ones((40, 1)), np.r_[1.0, 0.5, 0.0, -2.0]
    for law, envelope, value in (
        ("half-normal", quadratic_envelope, half_normal_limit),
        ("exponential", linear_envelope, exponential_limit),
    ):
        found = noise_to_zero(CrossSection(y, (-x, ones, ones), DISTRIBUTIONS[law]), theta)
        beta, u = envelope(x, y)
        assert found[0] == pytest.approx(value(u)[0], abs=1e-5)
        assert found[1][:2] == pytest.approx(beta, abs=1e-4)


@pytest.mark.parametrize("law", LAWS)
def test_likelihoods_with_little_noise_approach_the_limit(law):
    y, x, _ = sample(2, n=40)
    ones = np.ones((40, 1))
    heads = [ones] * (3 if DISTRIBUTIONS[law].has_location else 2)
    problem = CrossSection(y, (-x, *heads), DISTRIBUTIONS[law])
    start = np.r_[1.2, 0.5, 0.0, -1.5, [0.3] * (len(heads) - 2)]
    value, theta = noise_to_zero(problem, start)
    assert problem.heads(theta)[0].max() <= 0.0
    near = theta.copy()
    for v, gap in ((-12.0, 3.0), (-24.0, 0.01)):
        near[2] = v
        # Lifted by some σv, the frontier clears the rows it touches.
        near[0] = theta[0] + 3.0 * np.exp(0.5 * v)
        assert problem.value(near) == pytest.approx(value, abs=gap)


def test_laws_without_a_closed_form_have_no_such_limit():
    y, x, _ = sample(0, n=30)
    ones = np.ones((30, 1))
    problem = CrossSection(y, (-x, ones, ones, ones), DISTRIBUTIONS["gamma"])
    assert noise_to_zero(problem, np.zeros(5)) is None
    half = CrossSection(y, (-x[:, 1:], ones, ones), DISTRIBUTIONS["half-normal"])
    assert noise_to_zero(half, np.zeros(3)) is None


# -- σv against σu ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("heads", ["u", "v", "uv"])
def test_no_noise_beside_covariates_is_a_deterministic_frontier_and_not_no_inefficiency(heads):
    y, x, z = sample(26, n=120, sigma_v=0.0, slope=0.7)
    e = fit(y, x, **dict.fromkeys(heads, z))
    assert e.at_boundary == "sigma_v = 0"
    assert any("deterministic frontier" in message for message in rules(e))
    assert e.params[e.slices["v"].start] == -np.inf
    u = e.posterior.mean()
    assert u == pytest.approx(-e.residual, abs=1e-6)
    assert (u >= 0.0).all()
    assert u.max() > 0.3
    assert np.isnan(e.covariance).all()
    assert e.loglik > e.ols_loglik


def test_no_inefficiency_beside_covariates_of_the_noise_is_weighted_least_squares():
    rng = np.random.default_rng(3)
    n = 80
    x, z = np.column_stack([np.ones(n), rng.normal(size=n)]), rng.normal(size=n)
    y = x @ [1.0, 0.5] + 0.2 * np.exp(0.5 * z) * (rng.exponential(size=n) - 1.0)
    e = fit(y, x, v=z)
    assert e.at_boundary == "sigma_u = 0"
    assert any("every efficiency is one" in message for message in rules(e))
    assert e.posterior.efficiency() == pytest.approx(1.0)

    def minus(p):
        log = p[2] + p[3] * z
        return 0.5 * np.sum(np.log(2.0 * np.pi) + log + (y - x @ p[:2]) ** 2 * np.exp(-log))

    weighted = minimize(minus, np.r_[1.0, 0.5, -3.0, 1.0], method="BFGS")
    assert e.loglik == pytest.approx(-weighted.fun, abs=1e-6)
    assert e.params[:4] == pytest.approx(weighted.x, abs=1e-4)
    assert np.isfinite(np.diag(e.covariance)[:4]).all()
    assert np.isnan(np.diag(e.covariance)[4:]).all()


def test_higher_limits_are_named_beside_the_interior_root():
    named = 0
    for seed in range(12):
        y, x, z = sample(seed, n=30, sigma_v=0.1, slope=0.5)
        e = fit(y, x, u=z)
        limit = [b for b in e.boundaries if b.name == "sigma_v = 0" and b.gain > 0 and not b.chosen]
        if limit and not e.at_boundary:
            named += 1
            assert any("sigma_v = 0 is" in message and "higher" in message for message in rules(e))
            assert limit[0].gain == pytest.approx(limit[0].loglik - e.loglik)
    assert named > 0


def test_rows_without_noise_are_named():
    """The first half has no noise at all: a coefficient of its dummy runs off."""
    rng = np.random.default_rng(1)
    n = 60
    x, first = np.column_stack([np.ones(n), rng.normal(size=n)]), (np.arange(n) < 30).astype(float)
    y = x @ [1.0, 0.5] + 0.3 * (1.0 - first) * rng.normal(size=n) - 0.3 * np.abs(rng.normal(size=n))
    e = fit(y, x, v=first)
    assert e.at_boundary == "sigma_v = 0 at some rows"
    assert any("single out rows without noise" in message for message in rules(e))


def test_rows_without_inefficiency_are_named():
    rng = np.random.default_rng(3)
    n = 200
    x, first = np.column_stack([np.ones(n), rng.normal(size=n)]), (np.arange(n) < 100).astype(float)
    noise = 0.2 * rng.normal(size=n)
    # The first half is skewed the wrong way, so the best it can have is no inefficiency.
    y = (
        x @ [1.0, 0.5]
        + noise
        - (1.0 - first) * 0.6 * np.abs(rng.normal(size=n))
        + first * 0.3 * rng.exponential(size=n)
    )
    e = fit(y, x, u=first)
    assert e.posterior.efficiency()[:100] == pytest.approx(1.0, abs=0.02)
    assert e.at_boundary == "sigma_u = 0 at some rows"
    assert any("single out rows without inefficiency" in message for message in rules(e))


# -- truncated normal ------------------------------------------------------------------------------------------


def test_truncated_normal_without_noise():
    y, x, _ = sample(8, n=80, sigma_v=0.0)
    e = fit(y, x, distribution="truncated-normal")
    limit = boundary(e, "sigma_v = 0")
    # The half-normal's and the exponential's deterministic frontiers are special cases.
    assert limit.loglik >= half_normal_limit(quadratic_envelope(x, y)[1])[0] - 1e-6
    assert limit.loglik >= exponential_limit(linear_envelope(x, y)[1])[0] - 1e-6
    assert e.at_boundary == "sigma_v = 0"
    assert e.posterior.mean() == pytest.approx(-e.residual, abs=1e-6)


@pytest.mark.parametrize("law", ["truncated-normal", "truncated-normal-scaled"])
def test_wrong_skewness_of_a_truncated_normal_is_no_inefficiency(law):
    rng = np.random.default_rng(3)
    x = np.column_stack([np.ones(60), rng.normal(size=60)])
    e = fit(x @ [1.0, 0.5] + rng.exponential(size=60), x, distribution=law)
    assert e.at_boundary == "sigma_u = 0"
    assert e.posterior.efficiency() == pytest.approx(1.0)


# -- Battese & Coelli (1995) in small samples ------------------------------------------------------------------


def test_small_samples_never_crash_and_every_edge_has_its_consequence():
    seen = set()
    for seed in range(40):
        y, x, z = mean_sample(seed, int(np.random.default_rng(seed).choice([15, 30, 50])), [0.02, 0.1, 0.3][seed % 3])
        try:
            e = fit(y, x, distribution="truncated-normal", mu=z)
        except ConvergenceError:
            # On the ridge the model has no value of its own: see the test of its message.
            seen.add("ridge")
            continue
        seen.add(e.at_boundary)
        if e.at_boundary:
            assert any(b.chosen and len(b.consequence) > 20 for b in e.boundaries)
            assert np.isfinite(e.loglik)
        efficiency = e.posterior.efficiency()
        assert ((efficiency > 0) & (efficiency <= 1 + 1e-12)).all()
        # The noise of the sample is not mistaken for an absence of inefficiency.
        assert e.at_boundary != "sigma_u = 0"
    assert {"", "sigma_v = 0", "sigma_u = 0 beside mu"} <= seen
    assert len(seen) <= 5


def test_inefficiency_that_is_its_mean_is_a_regression_with_a_kink():
    rng = np.random.default_rng(1)
    n = 120
    x, z = np.column_stack([np.ones(n), rng.normal(size=n)]), rng.normal(size=n)
    y = x @ [1.0, 0.5] + 0.2 * rng.normal(size=n) - np.maximum(0.1 + 0.6 * z, 0.0)
    e = fit(y, x, distribution="truncated-normal", mu=z)
    edge = boundary(e, "sigma_u = 0 beside mu")
    assert "regression with a kink" in edge.consequence

    def minus(p):
        error = y - x @ p[:2] + np.maximum(p[3] + p[4] * z, 0.0)
        return 0.5 * np.sum(np.log(2.0 * np.pi) + p[2] + error**2 * np.exp(-p[2]))

    kinked = minimize(
        minus,
        np.r_[1.0, 0.5, -3.2, 0.1, 0.6],
        method="Nelder-Mead",
        options={"maxiter": 8000, "maxfev": 8000, "xatol": 1e-9, "fatol": 1e-9},
    )
    assert edge.loglik == pytest.approx(-kinked.fun, abs=2e-3)


@pytest.mark.parametrize("law", ["gamma", "weibull", "lognormal"])
def test_integrals_hold_where_noise_is_next_to_nothing(law):
    """The integrand is then a peak as narrow as σv, which a scan of its whole range steps over."""
    from scipy.special import gammaln

    u, log_scale, m = np.array([0.05, 0.3, 1.0, 3.0]), -0.5, 0.4
    shape, scale = np.exp(m), np.exp(log_scale)
    limit = {
        "gamma": (shape - 1) * np.log(u) - u / scale - gammaln(shape) - shape * log_scale,
        "weibull": m + (shape - 1) * np.log(u / scale) - log_scale - (u / scale) ** shape,
        "lognormal": -np.log(u) - 0.5 * ((np.log(u) - m) / scale) ** 2 - 0.5 * np.log(2 * np.pi) - log_scale,
    }[law]
    zero = np.zeros(4)
    for v, gap in ((-14.0, 3e-2), (-20.0, 1e-4), (-26.0, 1e-6)):
        value = DISTRIBUTIONS[law].evaluate(-u, zero + v, zero + 2 * log_scale, zero + m)[0]
        assert value == pytest.approx(limit, abs=gap)


@pytest.mark.parametrize("law", ["gamma", "weibull", "rayleigh", "truncated-skewed-laplace"])
def test_every_law_ends_somewhere_when_there_is_no_noise(law):
    y, x, _ = sample(4, n=40, sigma_v=0.0, law="exponential")
    e = fit(y, x, distribution=law)
    assert np.isfinite(e.loglik)
    assert np.isfinite(e.posterior.efficiency()).all()
    assert e.at_boundary != "sigma_u = 0"
    assert not e.at_boundary or any(b.chosen for b in e.boundaries)


def test_roots_with_a_steep_variance_are_found():
    """Two samples whose higher root, found from 50 random starts, has a slope of 2.3 and of 1.1 in ln σv²."""
    for seed, n, best in ((70058, 50, 4.215322455), (70306, 150, -20.833568076)):
        rng = np.random.default_rng(seed)
        assert int(rng.choice([50, 80, 150, 400])) == n
        x, z = np.column_stack([np.ones(n), rng.normal(size=(n, 2))]), rng.normal(size=n)
        sigma_v = float(rng.choice([0.1, 0.2, 0.4]))
        u = 0.4 * np.exp(0.3 * z) * np.abs(rng.normal(size=n))
        y = x @ [1.0, 0.5, 0.2] + sigma_v * rng.normal(size=n) - u
        e = fit(y, x, v=z)
        assert not e.at_boundary
        assert e.loglik > best - 1e-6

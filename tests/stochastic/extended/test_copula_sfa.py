"""Dependence of noise and inefficiency: density by draws and by the independent case, simulated truth."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import trapezoid
from scipy.stats import norm

import bench
from bench.stochastic import copula_sfa
from bench.stochastic.extended.copula_sfa import log_density


def half_normal(e, sigma_v, sigma_u):
    s = np.hypot(sigma_u, sigma_v)
    return np.log(2) + norm.logpdf(e / s) - np.log(s) + norm.logcdf(-e * sigma_u / sigma_v / s)


@pytest.mark.parametrize(("sigma_v", "sigma_u"), [(0.2, 0.4), (0.02, 0.5), (0.5, 0.05)])
def test_independence_is_the_half_normal_frontier(sigma_v, sigma_u):
    e = np.linspace(-1.2, 0.8, 9) * max(sigma_v, sigma_u)
    found = log_density(e, np.array([2 * np.log(sigma_v), 2 * np.log(sigma_u), 0.0]))
    assert found == pytest.approx(half_normal(e, sigma_v, sigma_u), abs=1e-6)


@pytest.mark.parametrize("rho", [-0.8, 0.5, 0.9])
def test_density_is_that_of_dependent_draws(rho):
    """Normal scores with correlation ρ, the second turned into a half-normal through its distribution function."""
    rng = np.random.default_rng(1)
    first, rest = rng.normal(size=(2, 2_000_000))
    second = rho * first + np.sqrt(1 - rho**2) * rest
    u = 0.4 * norm.ppf(0.5 + 0.5 * norm.cdf(second))
    e = 0.3 * first - u
    edges = np.quantile(e, [0.02, 0.2, 0.4, 0.6, 0.8, 0.98])
    for low, high in pairwise(edges):
        grid = np.linspace(low, high, 201)
        scalars = np.array([2 * np.log(0.3), 2 * np.log(0.4), np.arctanh(rho)])
        mass = trapezoid(np.exp(log_density(grid, scalars)), grid)
        assert mass == pytest.approx(np.mean((e > low) & (e <= high)), abs=0.002)


@pytest.mark.slow
def test_dependence_is_seen_and_never_below_independence():
    rng = np.random.default_rng(2)
    x = np.exp(rng.normal(size=500))
    first, rest = rng.normal(size=(2, 500))
    second = -0.8 * first + 0.6 * rest
    u = 0.6 * norm.ppf(0.5 + 0.5 * norm.cdf(second))
    units = bench.Units.from_arrays(x, x**0.5 * np.exp(0.3 * first - u))
    f = copula_sfa(units, form="cobb-douglas")
    assert f.loglik >= f.nested_loglik - 1e-6
    row = f.coefficients().loc["atanh ρ"]
    assert abs(row["estimate"] - np.arctanh(-0.8)) < 4 * row["std_error"]
    assert f.params[1] == pytest.approx(0.5, abs=0.05)

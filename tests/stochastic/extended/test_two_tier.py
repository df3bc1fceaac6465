"""Two-tier frontiers: density and expectations by convolution, nesting, simulated truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.stats import norm

import bench
from bench.errors import ConvergenceError
from bench.stochastic import two_tier_sfa
from bench.stochastic.extended.two_tier import _moments, log_density


def density(e, noise, short, long):
    """v − u + w by a double integral over u and w."""
    return dblquad(
        lambda w, u: norm.pdf(e + u - w, scale=noise) * np.exp(-u / short - w / long) / (short * long),
        0, 20 * short, 0, 20 * long, epsabs=1e-10,
    )[0]  # fmt: skip


@pytest.mark.parametrize("e", [-1.0, 0.1, 0.8])
def test_density_is_the_double_integral(e):
    scalars = 2 * np.log([0.3, 0.4, 0.2])
    assert log_density(np.array([e]), scalars)[0] == pytest.approx(np.log(density(e, 0.3, 0.4, 0.2)), abs=1e-6)


def test_expectations_are_those_of_draws_with_that_error():
    rng = np.random.default_rng(0)
    noise, short, long = 0.2, 0.4, 0.3
    u, w = short * rng.exponential(size=4_000_000), long * rng.exponential(size=4_000_000)
    e = noise * rng.normal(size=4_000_000) - u + w
    found = _moments(np.array([-0.5, 0.0, 0.6]), 2 * np.log([noise, short, long]), 1.0)
    for k, at in enumerate((-0.5, 0.0, 0.6)):
        near = np.abs(e - at) < 0.01
        assert found["inefficiency"][k] == pytest.approx(u[near].mean(), abs=0.005)
        assert found["surplus"][k] == pytest.approx(w[near].mean(), abs=0.005)
        assert found["efficiency"][k] == pytest.approx(np.exp(-u[near]).mean(), abs=0.005)


@pytest.mark.parametrize("kind", ["production", "cost"])
def test_recovers_the_truth(kind):
    rng = np.random.default_rng(5)
    x = np.exp(rng.normal(size=1500))
    sign = 1.0 if kind == "production" else -1.0
    error = 0.1 * rng.normal(size=1500) + sign * (0.3 * rng.exponential(size=1500) - 0.5 * rng.exponential(size=1500))
    other = x**0.5 * np.exp(error)
    units = bench.Units.from_arrays(x, other) if kind == "production" else bench.Units.from_arrays(other, x)
    f = two_tier_sfa(units, kind=kind, form="cobb-douglas")
    table = f.coefficients()
    for name, truth in (("ln σu²", 2 * np.log(0.5)), ("ln σw²", 2 * np.log(0.3)), ("ln σv²", 2 * np.log(0.1))):
        assert abs(table.loc[name, "estimate"] - truth) < 4 * table.loc[name, "std_error"]
    assert f.loglik > f.nested_loglik
    assert f.to_frame()["net"].mean() == pytest.approx(-0.2, abs=0.05)


def test_without_a_surplus_it_says_so():
    rng = np.random.default_rng(6)
    x = np.exp(rng.normal(size=100))
    units = bench.Units.from_arrays(x, x**0.5 * np.exp(0.2 * rng.normal(size=100) - 0.6 * rng.exponential(size=100)))
    try:
        f = two_tier_sfa(units, form="cobb-douglas")
    except ConvergenceError as error:
        assert "no search" in str(error)  # noqa: PT017
    else:
        # A sample may still hold some: never below the frontier without.
        assert f.loglik >= f.nested_loglik - 1e-6

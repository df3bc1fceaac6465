"""Composed densities: exact derivatives, mass one, tails, closed forms against quadrature, with no compiler too."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import trapezoid
from scipy.special import log_ndtr

from bench.errors import OptionError
from bench.stochastic.likelihood.predictors import Posterior
from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS, distribution
from bench.stochastic.likelihood.special import log_ndtr_mills

NAMES = list(DISTRIBUTIONS)
QUADRATURE = ("gamma", "weibull", "lognormal")

head = st.floats(-3.0, 1.5)


def _heads(*values):
    return [np.array([value]) for value in values]


@pytest.mark.parametrize("name", NAMES)
@given(e=st.floats(-4.0, 4.0), v=head, u=head, m=st.floats(-1.0, 1.2))
@settings(deadline=None, max_examples=25)
def test_derivatives_are_exact(name, e, v, u, m):
    evaluate = DISTRIBUTIONS[name].evaluate
    numbers = evaluate(*_heads(e, v, u, m))[:, 0]
    step = 1e-4
    row = 5
    for a in range(4):
        up, down = [e, v, u, m], [e, v, u, m]
        up[a] += step
        down[a] -= step
        slope = (evaluate(*_heads(*up)) - evaluate(*_heads(*down)))[:, 0] / (2 * step)
        assert slope[0] == pytest.approx(numbers[1 + a], rel=1e-5, abs=1e-5)
        for b in range(a, 4):
            assert slope[1 + b] == pytest.approx(numbers[row], rel=2e-5, abs=2e-5)
            row += 1


@pytest.mark.parametrize("name", NAMES)
def test_mass_is_one(name):
    e = np.linspace(-60.0, 20.0, 40_001 if name not in QUADRATURE else 2_001)
    u = np.full_like(e, -2.0 if name == "lognormal" else 0.2)
    value = DISTRIBUTIONS[name].evaluate(e, np.full_like(e, -0.5), u, np.full_like(e, 0.3))[0]
    assert trapezoid(np.exp(value), e) == pytest.approx(1.0, abs=2e-6)


def test_gamma_and_weibull_with_shape_one_are_exponential():
    e = np.linspace(-3.0, 2.0, 41)
    v, u, m = np.full_like(e, -1.5), np.full_like(e, -0.7), np.zeros_like(e)
    exact = DISTRIBUTIONS["exponential"].evaluate(e, v, u, m)
    for name in ("gamma", "weibull"):
        found = DISTRIBUTIONS[name].evaluate(e, v, u, m)
        assert found[0] == pytest.approx(exact[0], abs=1e-11)
        assert found[[1, 2, 3, 5, 6, 7, 9, 10, 12]] == pytest.approx(exact[[1, 2, 3, 5, 6, 7, 9, 10, 12]], abs=1e-9)


def test_weibull_with_shape_two_is_rayleigh():
    e = np.linspace(-3.0, 2.0, 41)
    v, u = np.full_like(e, -1.5), np.full_like(e, -0.7)
    # exp(−(u/s)²) = exp(−u²/2r²) with s = √2 r.
    exact = DISTRIBUTIONS["rayleigh"].evaluate(e, v, u, 0 * e)[0]
    found = DISTRIBUTIONS["weibull"].evaluate(e, v, u + np.log(2.0), np.full_like(e, np.log(2.0)))[0]
    assert found == pytest.approx(exact, abs=1e-11)


def test_truncated_normal_tends_to_the_exponential():
    e = np.linspace(-2.0, 1.0, 31)
    v, lam = np.full_like(e, -2.0), 0.4
    mu = -8000.0
    # N(μ, σ²) cut off at zero far below its mean falls at the rate |μ|/σ².
    u = np.full_like(e, np.log(-mu * lam))
    found = DISTRIBUTIONS["truncated-normal"].evaluate(e, v, u, np.full_like(e, mu))[0]
    exact = DISTRIBUTIONS["exponential"].evaluate(e, v, np.full_like(e, 2 * np.log(lam)), 0 * e)[0]
    assert found == pytest.approx(exact, abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_far_tails_stay_finite(name):
    """A peer reports log-likelihoods of 1e230 or 134,156 from such points."""
    e = np.array([-80.0, -30.0, 30.0, 80.0])
    for v, u in ((-4.0, 0.0), (0.0, -6.0), (-6.0, -6.0)):
        numbers = DISTRIBUTIONS[name].evaluate(e, np.full(4, v), np.full(4, u), np.full(4, 0.5))
        assert np.isfinite(numbers).all()
        assert (numbers[0] < 10.0).all()


def test_normal_tail_matches_scipy_over_its_whole_range():
    for z in (-1e3, -50.0, -8.0, -5.001, -4.999, -1.0, 0.0, 0.5, 3.0, 9.0, 40.0):
        value, mills = (float(np.ravel(part)[0]) for part in log_ndtr_mills(z if np.ndim(z) else float(z)))
        assert value == pytest.approx(float(log_ndtr(z)), rel=1e-13, abs=1e-300)
        expected = np.exp(-0.5 * z * z - 0.5 * np.log(2 * np.pi) - log_ndtr(z))
        assert mills == pytest.approx(expected, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in QUADRATURE])
def test_predictors_agree_with_the_posterior_laid_out_on_a_grid(name):
    law = DISTRIBUTIONS[name]
    e = np.linspace(-2.0, 0.8, 9)
    ones = np.ones_like(e)
    posterior = Posterior(e, -1.5 * ones, -0.6 * ones, 0.3 * ones, law, ones)
    if law.truncated_normal:
        u = np.linspace(0.0, 12.0, 200_001)
        mean = {"exponential": None, "half-normal": 0.0, "truncated-normal": 0.3}.get(name, 0.3 * np.exp(-0.3))
        s = np.exp(-0.3)
        prior = -u / s if mean is None else -0.5 * ((u - mean) / s) ** 2
        grid = np.broadcast_to(u, (9, u.size))
        log_density = prior - 0.5 * (e[:, None] + u) ** 2 / np.exp(-1.5)
        density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    else:
        grid, density = posterior.grid()
    mass = trapezoid(density, grid, axis=1)
    assert posterior.mean() == pytest.approx(trapezoid(grid * density, grid, axis=1) / mass, rel=2e-5)
    assert posterior.efficiency() == pytest.approx(trapezoid(np.exp(-grid) * density, grid, axis=1) / mass, rel=2e-5)
    low, high = posterior.quantile(0.025), posterior.quantile(0.975)
    assert (low < high).all()
    inside = (grid >= low[:, None]) & (grid <= high[:, None])
    assert trapezoid(density * inside, grid, axis=1) / mass == pytest.approx(0.95, abs=3e-3)


def test_unknown_distribution_lists_those_there_are():
    with pytest.raises(OptionError, match=r"half-normal.*did you mean 'rayleigh'"):
        distribution("raileigh")


PROGRAM = """
import numpy as np
from bench.stochastic import fit
from bench.jit import COMPILED
assert COMPILED is {expected}
rng = np.random.default_rng(7)
x = np.column_stack([np.ones(120), rng.normal(size=(120, 2))])
y = x @ [1.0, 0.4, 0.3] + 0.2 * rng.normal(size=120) - 0.5 * np.abs(rng.normal(size=120))
for law in ("half-normal", "exponential", "truncated-normal", "rayleigh", "uniform", "truncated-skewed-laplace"):
    e = fit(y, x, distribution=law)
    print(law, "%.9f" % e.loglik, "%.7f" % e.posterior.efficiency().mean())
"""


def test_results_are_the_same_without_a_compiler():
    output = []
    for flag, expected in (("", True), ("1", False)):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(expected=expected)],
            env={**os.environ, "BENCH_NO_COMPILER": flag},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        output.append(done.stdout)
    assert output[0] == output[1]

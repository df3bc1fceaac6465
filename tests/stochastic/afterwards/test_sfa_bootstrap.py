"""Parametric bootstrap: reproducible, honest about what a sample cannot show."""

from __future__ import annotations

import numpy as np
import pytest

from bench.errors import EstimationError, OptionError
from bench.stochastic import fit
from bench.stochastic.afterwards.sfa_bootstrap import bootstrap, draw
from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS


def sample(seed=0, n=120):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
    u = 0.5 * np.abs(rng.normal(size=n))
    return x @ [1.0, 0.4, 0.3] + 0.15 * rng.normal(size=n) - u, x, u


def test_same_seed_same_numbers():
    y, x, _ = sample()
    e = fit(y, x)
    first, second = bootstrap(e, x, replicates=15, seed=4), bootstrap(e, x, replicates=15, seed=4)
    assert (first.draws == second.draws).all()
    assert (first.draws != bootstrap(e, x, replicates=15, seed=5).draws).any()


def test_replicates_spread_like_the_standard_errors():
    y, x, _ = sample(n=300)
    e = fit(y, x)
    b = bootstrap(e, x, replicates=150, seed=1)
    ratio = b.std_errors()[1:3] / np.sqrt(np.diag(e.covariance))[1:3]
    assert ((ratio > 0.8) & (ratio < 1.25)).all()
    assert (b.monte_carlo_error() < 0.02).all()


def test_intervals_are_wider_than_with_known_coefficients_and_cover():
    y, x, u = sample(3, n=150)
    e = fit(y, x)
    low, high = bootstrap(e, x, replicates=300, seed=2).interval(0.9)
    known = np.exp(-e.posterior.quantile(0.05)) - np.exp(-e.posterior.quantile(0.95))
    assert (high - low).mean() > known.mean() - 0.01
    assert ((low <= np.exp(-u)) & (np.exp(-u) <= high)).mean() > 0.8


@pytest.mark.parametrize("law", ["half-normal", "exponential", "rayleigh", "uniform", "gamma", "weibull"])
def test_draws_have_the_moments_of_the_distribution(law):
    mean, variance = DISTRIBUTIONS[law].moments(0.3)
    u = draw(law, 0.7, 0.3, 200_000, np.random.default_rng(0))
    assert u.mean() == pytest.approx(0.7 * mean, rel=0.01)
    assert u.var() == pytest.approx(0.49 * variance, rel=0.03)


def test_a_boundary_has_nothing_to_draw_from():
    rng = np.random.default_rng(3)
    x = np.column_stack([np.ones(100), rng.normal(size=100)])
    e = fit(x @ [1.0, 0.5] + rng.exponential(size=100), x)
    with pytest.raises(EstimationError, match="sigma_u = 0"):
        bootstrap(e, x)


def test_what_cannot_be_drawn_is_refused():
    y, x, _ = sample()
    with pytest.raises(OptionError, match="covariates"):
        bootstrap(fit(y, x, u=x[:, 1:2]), x)
    with pytest.raises(OptionError, match="two replicates"):
        bootstrap(fit(y, x), x, replicates=1)

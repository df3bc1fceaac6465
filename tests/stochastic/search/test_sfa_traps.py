"""Traps that other programs have fallen into and that no other test of this folder holds."""

from __future__ import annotations

import numpy as np
import pytest

from bench.errors import ConvergenceError
from bench.stochastic import fit
from bench.stochastic.panels.sfa_panel import fit_panel


def sample(seed, n=80, sigma_v=0.2):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=n)])
    return x @ [1.0, 0.5] + sigma_v * rng.normal(size=n) - 0.4 * np.abs(rng.normal(size=n)), x


@pytest.mark.parametrize("law", ["rayleigh", "truncated-normal"])
def test_no_log_likelihood_of_1e230(law):
    """A peer reports 1e230 (Rayleigh) and 134,156 (truncated normal) as converged, with a gradient that is NaN."""
    for seed in range(20):
        y, x = sample(seed, sigma_v=(0.02, 0.2, 0.6)[seed % 3])
        e = fit(y, x, distribution=law)
        # No density of these data can be higher than that of a hundredth of their residual's spread in every row.
        assert e.loglik < e.ols_loglik + 80 * np.log(100.0)
        assert np.isfinite(e.loglik)
        if not e.at_boundary:
            assert e.diagnostics.gradient_norm < 1e-4
            assert np.isfinite(np.diag(e.covariance)).all()


def test_standard_errors_on_a_flat_ridge_are_as_wide_as_the_ridge():
    """A peer's are too small by a factor of 280: here the likelihood falls by about a half one error away."""
    rng = np.random.default_rng(7)
    n = 400
    x = np.column_stack([np.ones(n), rng.normal(size=n)])
    y = x @ [1.0, 0.5] + 0.15 * rng.normal(size=n) - np.abs(-0.3 + 0.5 * rng.normal(size=n))
    e = fit(y, x, distribution="truncated-normal")
    assert e.at_boundary == ""
    error = np.sqrt(np.diag(e.covariance))
    ridge = int(np.argmax(error))
    # Along the profile: the other coefficients follow by their regression on the one that moves.
    direction = e.covariance[:, ridge] / error[ridge]
    from bench.stochastic.likelihood.cross_section import CrossSection
    from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS

    ones = np.ones((n, 1))
    problem = CrossSection(y, (-x, ones, ones, ones), DISTRIBUTIONS["truncated-normal"])
    assert problem.value(e.params) == pytest.approx(e.loglik, abs=1e-7)
    drop = [e.loglik - problem.value(e.params + step * direction) for step in (-0.05, 0.05)]
    assert drop == pytest.approx([0.00125, 0.00125], rel=0.3)


def test_bounds_of_the_exponential_are_not_swapped():
    """A peer's table carries the lower bound under the name of the upper."""
    y, x = sample(3, n=300)
    e = fit(y, x, distribution="exponential")
    low, middle, high = (e.posterior.quantile(p) for p in (0.025, 0.5, 0.975))
    assert ((low < middle) & (middle < high)).all()
    assert ((low < e.posterior.mean()) & (e.posterior.mean() < high)).all()


def test_decay_is_never_below_no_decay():
    """Battese & Coelli (1992) has two maxima in some samples, and a peer stops at the one below Pitt & Lee's."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        unit, year = np.repeat(np.arange(25), 4), np.tile(np.arange(4), 25)
        x = np.column_stack([np.ones(100), rng.normal(size=100)])
        u = 0.4 * np.abs(rng.normal(size=25))[unit] * np.exp(-rng.choice([-0.3, 0.0, 0.3]) * (year - 3))
        data = {"y": x @ [1.0, 0.5] + 0.2 * rng.normal(size=100) - u, "X": x, "groups": unit, "times": year}
        base = fit_panel(**data, structure="pitt-lee")
        for structure in ("battese-coelli-1992", "lee-schmidt"):
            assert fit_panel(**data, structure=structure).loglik >= base.loglik - 1e-8


def test_data_without_noise_end_at_a_name():
    """γ = 1: the fit ends at a name, and with ``raise`` in an error, not in a matrix that cannot be inverted."""
    y, x = sample(1, n=25, sigma_v=0.0)
    e = fit(y, x)
    named = {b.name: b for b in e.boundaries}
    assert "sigma_v = 0" in named
    if e.at_boundary == "sigma_v = 0":
        with pytest.raises(ConvergenceError, match="no noise"):
            fit(y, x, on_boundary="raise")
    else:
        assert named["sigma_v = 0"].gain > 0

"""The composed error's distribution function against closed forms and draws; the test of fit against its own size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, skewnorm
from stochastic.tables import costs, units

import bench
from bench.errors import DataError
from bench.stochastic.afterwards.sfa_bootstrap import draw
from bench.stochastic.frontier.composed_error import distribution_function, goodness_of_fit, transformed
from bench.stochastic.frontier.specification import Specification
from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS, distribution


@pytest.mark.parametrize(("sigma_u", "sigma_v"), [(0.3, 0.1), (1.0, 1.0), (0.05, 0.4)])
def test_half_normal_is_the_skew_normal(sigma_u, sigma_v):
    e = np.linspace(-1.5, 1.0, 9)
    total = np.hypot(sigma_u, sigma_v)
    want = skewnorm(-sigma_u / sigma_v, scale=total).cdf(e)
    found = distribution_function(distribution("half-normal"), 2 * np.log(sigma_v), 2 * np.log(sigma_u), 0.0, e)[1]
    assert found == pytest.approx(want, abs=2e-6)


def test_exponential_is_the_exponentially_modified_normal():
    e, sigma_u, sigma_v = np.linspace(-1.0, 0.5, 7), 0.3, 0.1
    # −e = u − v is exponentially modified: P(v − u ≤ e) in closed form.
    tail = np.exp(e / sigma_u + 0.5 * (sigma_v / sigma_u) ** 2) * norm.cdf(-e / sigma_v - sigma_v / sigma_u)
    found = distribution_function(distribution("exponential"), 2 * np.log(sigma_v), 2 * np.log(sigma_u), 0.0, e)[1]
    assert found == pytest.approx(norm.cdf(e / sigma_v) + tail, abs=2e-6)


@pytest.mark.parametrize("law", ["truncated-normal", "rayleigh", "uniform", "gamma", "weibull", "lognormal"])
def test_the_others_are_their_draws(law):
    rng = np.random.default_rng(3)
    m = {"truncated-normal": 0.2, "gamma": 0.5, "weibull": 0.4, "lognormal": -1.5}.get(law, 0.0)
    sample = np.sort(0.15 * rng.normal(size=200_000) - draw(law, 0.4, m, 200_000, rng))
    e = np.quantile(sample, [0.01, 0.1, 0.5, 0.9, 0.99])
    found = distribution_function(DISTRIBUTIONS[law], 2 * np.log(0.15), 2 * np.log(0.4), m, e)[1]
    assert found == pytest.approx([0.01, 0.1, 0.5, 0.9, 0.99], abs=0.004)


def test_the_transform_of_a_right_model_is_uniform():
    f = bench.sfa(units(costs(1500)), kind="cost", form="cobb-douglas")
    share = transformed(f.estimate.posterior)
    assert np.quantile(share, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.04)


def test_a_wrong_distribution_is_seen_and_the_right_one_is_not():
    rng = np.random.default_rng(1)
    x = np.column_stack([np.ones(400), rng.normal(size=400)])
    # Two lumps of inefficiency are no half-normal.
    lumps = x @ [1.0, 0.5] + 0.05 * rng.normal(size=400) - np.where(rng.random(400) < 0.5, 0.0, 0.8)
    right = x @ [1.0, 0.5] + 0.1 * rng.normal(size=400) - 0.4 * np.abs(rng.normal(size=400))
    found = []
    for y in (lumps, right):
        spec = Specification(y, x, "production", distribution("half-normal"), ("const", "x"))
        found.append(goodness_of_fit(spec.fit(), spec, replicates=39))
    assert found[0].kolmogorov_smirnov_p <= 0.05
    assert found[0].pearson_p <= 0.05
    assert found[1].kolmogorov_smirnov_p > 0.05


def test_a_panel_has_no_composed_error_of_single_rows():
    frame = costs(60).assign(home=np.repeat([f"h{k}" for k in range(15)], 4), year=np.tile(range(4), 15))
    f = bench.sfa("log(cost) ~ log(hours)", frame, kind="cost", id="home", period="year", panel="pitt-lee")
    with pytest.raises(DataError, match="cross-section"):
        f.goodness_of_fit()

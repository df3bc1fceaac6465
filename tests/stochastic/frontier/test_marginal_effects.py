"""Derivatives of expected inefficiency, its variance and expected efficiency against simulated moments."""

from __future__ import annotations

import numpy as np
import pytest
from stochastic.tables import costs

import bench
from bench.errors import OptionError
from bench.stochastic.afterwards.sfa_bootstrap import draw
from bench.stochastic.frontier.marginal_effects import efficiency, variance
from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS

LAWS = ["half-normal", "exponential", "truncated-normal", "rayleigh", "uniform", "gamma", "weibull", "lognormal"]


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_variance_and_efficiency_are_those_of_draws(law, scale):
    m = {"truncated-normal": 0.3, "gamma": 0.5, "weibull": 0.4, "lognormal": -1.5}.get(law, 0.0)
    sample = scale * draw(law, 0.4, m, 1_000_000, np.random.default_rng(0))
    heads = [np.array([value]) for value in (2 * np.log(0.4), m, scale)]
    assert variance(DISTRIBUTIONS[law], *heads)[0] == pytest.approx(sample.var(), rel=0.01)
    assert efficiency(DISTRIBUTIONS[law], *heads)[0] == pytest.approx(np.exp(-sample).mean(), abs=0.001)


@pytest.mark.parametrize("law", ["generalised-exponential", "truncated-skewed-laplace"])
def test_efficiency_is_the_integral_of_its_density(law):
    """By Simpson's rule over the density that the reference of these distributions states."""
    s, k = 0.4, np.exp(0.5)
    u = np.linspace(0.0, 20.0, 200_001)
    if law == "generalised-exponential":
        density = 2 / s * np.exp(-u / s) * (1 - np.exp(-u / s))
    else:
        density = (1 + k) / (s * (2 * k + 1)) * (2 * np.exp(-u / s) - np.exp(-(1 + k) * u / s))
    weights = np.r_[1.0, np.tile([4.0, 2.0], 99_999), 4.0, 1.0] * (u[1] / 3)
    heads = [np.array([value]) for value in (2 * np.log(s), 0.5, 1.0)]
    assert efficiency(DISTRIBUTIONS[law], *heads)[0] == pytest.approx(weights @ (density * np.exp(-u)), abs=1e-9)


@pytest.mark.parametrize("options", [{"u": "~ z"}, {"distribution": "truncated-normal", "mu": "~ z"}])
@pytest.mark.parametrize("of", ["variance", "efficiency"])
def test_effects_are_differences_of_moments(options, of):
    rng = np.random.default_rng(2)
    frame = costs(300).assign(z=rng.normal(size=300))
    frame["cost"] *= np.exp(0.3 * frame["z"].clip(0))
    f = bench.sfa("log(cost) ~ log(hours) + log(visits)", frame, kind="cost", **options)
    e, step = f.estimate, 1e-4
    moment = variance if of == "variance" else efficiency
    z = np.column_stack([np.ones(300), frame["z"]])

    def at(move):
        moved = z + np.array([0.0, move])
        heads = {"u": e.params[e.slices["u"]], "m": e.params[e.slices["m"]] if "m" in e.slices else np.zeros(1)}
        values = [moved[:, : len(part)] @ part for part in heads.values()]
        return moment(e.distribution, *values, np.ones(300))

    want = (at(step) - at(-step)) / (2 * step)
    assert f.marginal_effects(of)["z"].to_numpy() == pytest.approx(want, rel=1e-4, abs=1e-8)
    with pytest.raises(OptionError, match="of"):
        f.marginal_effects("median")

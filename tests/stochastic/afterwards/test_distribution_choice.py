"""All distributions on one sample: the one that drew it wins, and weights are those of the criterion."""

from __future__ import annotations

import numpy as np
import pytest
from stochastic.tables import costs, units

import bench
from bench.errors import DataError, OptionError
from bench.stochastic import distribution_choice


@pytest.fixture(scope="module")
def choice():
    rng = np.random.default_rng(6)
    frame = costs(600, waste=0.0, noise=0.1)
    frame["cost"] *= np.exp(0.4 * rng.exponential(size=600))
    fit = bench.sfa(units(frame), kind="cost", form="cobb-douglas")
    laws = ["half-normal", "exponential", "truncated-normal", "rayleigh", "generalised-exponential", "gamma"]
    return distribution_choice(fit, distributions=laws)


def test_the_distribution_that_drew_the_sample_wins(choice):
    assert choice.best.estimate.distribution.name == "exponential"
    frame = choice.to_frame()
    inside = frame[frame["at_boundary"] == ""]
    want = np.exp(-0.5 * (inside["aic"] - inside["aic"].min()))
    assert inside["weight"].to_numpy() == pytest.approx((want / want.sum()).to_numpy(), abs=1e-12)
    assert choice.weights.sum() == pytest.approx(1.0)
    # Nested in the gamma at shape one.
    assert frame.loc["gamma", "loglik"] >= frame.loc["exponential", "loglik"] - 1e-6


def test_averages_are_weighted_means(choice):
    want = sum(share * choice.fits[name].efficiency for name, share in choice.weights.items())
    assert choice.efficiency.to_numpy() == pytest.approx(want.to_numpy(), abs=1e-12)
    costs_by = choice.marginal_costs()
    mean = sum(share * choice.fits[n].marginal_costs()["marginal_cost"] for n, share in choice.weights.items())
    assert costs_by["marginal_cost"].to_numpy() == pytest.approx(mean.to_numpy(), rel=1e-12)
    # The average's error cannot be smaller than the average of the errors.
    used = {name: share for name, share in choice.weights.items() if share > 0.0}
    within = sum(share * choice.fits[n].marginal_costs()["std_error"] for n, share in used.items())
    assert (costs_by["std_error"] >= within - 1e-12).all()
    assert "exponential" in str(choice.summary())


@pytest.mark.slow
def test_all_eleven_are_tried_unless_said_otherwise():
    from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS

    fit = bench.sfa(units(costs(80)), kind="cost", form="cobb-douglas")
    found = distribution_choice(fit)
    assert set(found.fits) | set(found.failed) == set(DISTRIBUTIONS)
    assert len(DISTRIBUTIONS) == 11
    with pytest.raises(OptionError, match="distribution"):
        distribution_choice(fit, distributions=["normal"])
    rows = units(costs(80))
    with pytest.raises(DataError, match="mu"):
        distribution_choice(bench.sfa(rows, kind="cost", form="cobb-douglas", distribution="truncated-normal",
                                      mu=["hours"]))  # fmt: skip

"""A search stops where it is exact: it asks for one value more only where that could still move an answer."""

from __future__ import annotations

import numpy as np
import pytest

from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS
from bench.stochastic.search.newton import maximise


def counted(function):
    points = []

    def evaluate(x):
        points.append(x.copy())
        return function(x)

    return evaluate, points


def test_a_quadratic_is_left_after_the_step_that_solves_it():
    evaluate, points = counted(lambda x: (-float(x @ x), -2.0 * x, -2.0 * np.eye(2)))
    found = maximise(evaluate, np.array([1.0, -2.0]))
    assert found.converged
    assert len(points) == 2
    np.testing.assert_allclose(found.x, 0.0, atol=1e-15)


@pytest.mark.parametrize("start", [0.3, 1.0, 2.5, 4.0])
def test_the_end_is_the_known_root_to_a_hundred_millionth_of_its_standard_error(start):
    """−n (exp(x) − a x) has its maximum at ln a and the information n a there."""
    n, a = 50.0, 3.0
    evaluate, _ = counted(
        lambda x: (-n * float(np.exp(x[0]) - a * x[0]), -n * (np.exp(x) - a), np.array([[-n * np.exp(x[0])]]))
    )
    found = maximise(evaluate, np.array([start]))
    assert abs(found.x[0] - np.log(a)) * np.sqrt(n * a) < 1e-8


@pytest.mark.parametrize("law", ["half-normal", "exponential", "truncated-normal", "gamma"])
def test_a_log_likelihood_by_itself_is_the_sum_of_the_log_densities(law):
    e, ones = np.random.default_rng(1).normal(size=40), np.ones(40)
    whole = DISTRIBUTIONS[law].evaluate(e, -0.7 * ones, 0.2 * ones, 0.4 * ones)[0].sum()
    assert DISTRIBUTIONS[law].log_likelihood(e, -0.7, 0.2, 0.4) == pytest.approx(whole, rel=1e-12)

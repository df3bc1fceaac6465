"""Many samples at once end where each would alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.stochastic import fit
from bench.stochastic.likelihood.cross_section import CrossSection
from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS
from bench.stochastic.search import global_search as search
from bench.stochastic.search.many_samples import ManySamples, steps_of


@pytest.mark.parametrize("law", ["half-normal", "exponential", "truncated-normal", "rayleigh"])
def test_each_sample_ends_where_it_would_alone(law):
    rng = np.random.default_rng(2)
    n, count = 90, 7
    x, _ = np.linalg.qr(np.column_stack([np.ones(n), rng.normal(size=(n, 2))]))
    x *= np.sqrt(n)
    offsets = 0.5 * rng.normal(size=(count, n)) - 0.9 * np.abs(rng.normal(size=(count, n)))
    heads = 3 if DISTRIBUTIONS[law].has_location else 2
    problem = CrossSection(offsets[0], (-x, *[np.ones((n, 1))] * heads), DISTRIBUTIONS[law])
    many = ManySamples(problem, offsets)
    starts = np.tile(np.r_[np.zeros(3), -1.0, -0.5, 0.3][: 3 + heads], (count, 1))
    floors = np.full(count, search.VANISHED_U)
    values, gradients, hessians = many.evaluate(starts, np.arange(count))
    for b, found in enumerate(many.climb(starts, np.arange(count), floors)):
        single = replace(problem, offset=offsets[b])
        value, gradient, hessian = single.evaluate(starts[b])
        assert values[b] == pytest.approx(value, rel=1e-12)
        assert gradients[b] == pytest.approx(gradient, abs=1e-9)
        assert hessians[b] == pytest.approx(hessian, abs=1e-9)
        alone = search.climb(single, starts[b])
        assert search.classify(single, found) == search.classify(single, alone)
        assert found.value == pytest.approx(alone.value, abs=1e-7)
        if alone.converged:
            assert found.x == pytest.approx(alone.x, abs=1e-7)


def test_steps_of_what_is_not_finite_are_none():
    step, gain, smallest = steps_of(np.array([[1.0, np.nan], [1.0, 0.0]]), -np.tile(np.eye(2), (2, 1, 1)))
    assert (step[0] == 0.0).all()
    assert np.isinf(gain[0])
    assert np.isinf(smallest[0])
    assert step[1].tolist() == [1.0, 0.0]


def test_bootstrap_of_a_cost_frontier_matches_single_fits():
    from bench.stochastic.afterwards.sfa_bootstrap import _Refit

    rng = np.random.default_rng(5)
    x = np.column_stack([np.ones(150), rng.normal(size=150)])
    y = x @ [1.0, 0.5] + 0.2 * rng.normal(size=150) + 0.4 * np.abs(rng.normal(size=150))
    samples = x @ [1.0, 0.5] + 0.2 * rng.normal(size=(12, 150)) + 0.4 * np.abs(rng.normal(size=(12, 150)))
    params, edges = _Refit.build(fit(y, x, kind="cost"), y, x).run(samples)
    for row, edge, sample in zip(params, edges, samples, strict=True):
        alone = fit(sample, x, kind="cost")
        assert edge == alone.at_boundary
        assert row == pytest.approx(alone.params, abs=1e-6)

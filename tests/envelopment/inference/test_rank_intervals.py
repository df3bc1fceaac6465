"""Ranks: order that is known, order that is drawn, and intervals that hold together in simulated samples."""

from __future__ import annotations

import numpy as np

import bench
from bench.envelopment import rank_intervals
from bench.envelopment.inference.rank_intervals import ranks


def test_with_one_input_and_output_the_order_is_known() -> None:
    cost = np.exp(np.abs(np.random.default_rng(0).normal(0, 0.3, 20)))
    found = rank_intervals(bench.Units.from_arrays(cost, np.ones(20)), rts="crs", seed=1, replicates=100)
    expected = cost.argsort().argsort() + 1
    for column in ("rank", "lower", "upper"):
        assert found[column].tolist() == expected.tolist()
    assert found["best_quarter"].tolist() == (expected <= 5).astype(float).tolist()


def test_intervals_hold_all_ranks_at_once() -> None:
    """Twelve true distances, normal errors of known spread: all are held in 95 % of 300 samples or more."""
    rng = np.random.default_rng(1)
    true = 1.2 + 0.1 * np.arange(12)
    held = []
    for _ in range(300):
        seen = true * np.exp(rng.normal(0, 0.05, 12))
        drawn = seen * np.exp(rng.normal(0, 0.05, (300, 12)))
        found = ranks(seen, drawn, level=0.95, requirement=0.5)
        place = np.arange(1, 13)
        held.append(((found.lower <= place) & (place <= found.upper)).all())
    # Standard error of 95 %: 1.3 points.
    assert np.mean(held) > 0.91


def test_shares_of_draws_are_chances() -> None:
    rng = np.random.default_rng(2)
    drawn = np.array([1.0, 1.0, 2.0, 2.0]) * np.exp(rng.normal(0, 0.2, (4000, 4)))
    found = ranks(np.array([1.0, 1.0, 2.0, 2.0]), drawn, level=0.95, requirement=0.5)
    # Two alike: each is the best of four in half of the draws; one in two lies below one over its own distance.
    np.testing.assert_allclose(found.best[:2], 0.5, atol=0.04)
    np.testing.assert_allclose(found.below[2:], 0.5, atol=0.04)

"""Partial frontiers: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulp_oracle import phi, theta
from scipy.integrate import quad

import bench
from bench.envelopment.inference.partial_frontiers import order_alpha, order_alpha_scores, order_m, order_m_scores
from bench.errors import OptionError


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.integers(1, 30), st.sampled_from(["input", "output"]))
def test_order_m_is_its_integral(seed: int, m: int, side: str) -> None:
    """E of the best of m draws as ∫(1 − F)^m, and by simulation of nothing: exact."""
    rng = np.random.default_rng(seed)
    X, Y = rng.integers(1, 6, (9, 2)) * 1.0, rng.integers(1, 6, (9, 2)) * 1.0
    found = order_m_scores(X, Y, m, side).score
    for k in range(9):
        if side == "input":
            factor = (X[(Y[k] <= Y).all(1)] / X[k]).max(1)
            value, _ = quad(
                lambda u, f=factor: (f > u).mean() ** m, 0, factor.max(), limit=400, points=sorted(set(factor))
            )
        else:
            factor = (Y[(X[k] >= X).all(1)] / Y[k]).min(1)
            value, _ = quad(
                lambda u, f=factor: 1 - (f <= u).mean() ** m, 0, factor.max(), limit=400, points=sorted(set(factor))
            )
        assert found[k] == pytest.approx(value, rel=1e-6)


def test_order_alpha_counts_whole_units() -> None:
    """Costs 1 to 5 and α = 0.8: a fifth is beyond the frontier, which is the second best; on both sides."""
    cost = np.arange(1.0, 6.0)
    into = order_alpha(bench.Units.from_arrays(cost, np.ones(5)), alpha=0.8)
    assert into.efficiency.tolist() == pytest.approx((2 / cost).tolist())
    out = order_alpha(bench.Units.from_arrays(np.ones(5), 1 / cost), alpha=0.8, orientation="output")
    assert out.efficiency.tolist() == pytest.approx((2 / cost).tolist())


@pytest.mark.parametrize("n", [1, 2, 5, 10, 20])
@pytest.mark.parametrize("tenths", range(1, 11))
def test_order_alpha_is_its_definition(n: int, tenths: int) -> None:
    """inf{θ : F(θ) > 1 − α} with exact fractions: α = tenths/10."""
    cost = np.random.default_rng(n).permutation(np.arange(1.0, n + 1))
    beyond = next(k for k in range(1, n + 1) if 10 * k > (10 - tenths) * n)
    units = bench.Units.from_arrays(cost, np.ones(n))
    found = order_alpha(units, alpha=tenths / 10).efficiency
    np.testing.assert_allclose(found, beyond / cost)


def test_partial_frontiers_end_at_the_hull() -> None:
    rng = np.random.default_rng(1)
    X, Y = rng.uniform(1, 9, (25, 2)), rng.uniform(1, 9, (25, 2))
    for side, one in (("input", theta), ("output", phi)):
        hull = [one(X, Y, "fdh", X[k], Y[k]) for k in range(25)]
        np.testing.assert_allclose(order_m_scores(X, Y, 10**6, side).score, hull, rtol=1e-6)
        np.testing.assert_allclose(order_alpha_scores(X, Y, 1.0, side).score, hull, rtol=1e-9)
    units = bench.Units.from_arrays(X, Y)
    near, far = order_m(units, m=200).efficiency, order_m(units, m=5).efficiency
    assert (near <= far + 1e-12).all()
    assert (order_alpha(units, alpha=0.9).efficiency <= order_alpha(units, alpha=0.5).efficiency).all()
    for wrong in (lambda: order_m(units, m=0), lambda: order_alpha(units, alpha=0.0)):
        with pytest.raises(OptionError):
            wrong()

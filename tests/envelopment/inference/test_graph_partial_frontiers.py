"""Hyperbolic and directional partial frontiers: every draw enumerated, counts by definition, known one-sided forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from pulp_oracle import data

import bench
from bench.envelopment import (
    directional,
    directional_order_alpha,
    directional_order_m,
    graph_efficiency,
    hyperbolic_order_alpha,
    hyperbolic_order_m,
    order_alpha,
    order_m,
)
from bench.errors import OptionError


def whole(seed: int, n: int, steps: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Data with ties."""
    rng = np.random.default_rng(seed)
    return rng.integers(1, steps, (n, 2)).astype(float), rng.integers(1, steps, (n, 2)).astype(float)


def covers(X, Y, x, y) -> np.ndarray:
    return (x * (1 + 1e-12) >= X).all(axis=1) & (y * (1 - 1e-12) <= Y).all(axis=1)


def hull_factor(X, Y, x, y) -> float:
    """Largest γ at which one of these units covers (x/γ, γy), tried at every ratio that could be it."""
    tried = np.concatenate([(x / X).ravel(), (Y / y).ravel()])
    return max(gamma for gamma in tried if covers(X, Y, x / gamma, y * gamma).any())


def test_order_m_is_the_mean_over_all_draws() -> None:
    X, Y = whole(0, 5)
    units = bench.Units.from_arrays(X, Y)
    for m in (1, 2, 3):
        found = hyperbolic_order_m(units, m=m)["score"]
        steps = directional_order_m(units, m=m, direction=[1.0, 2.0, 1.0, 0.5])["beta"]
        for k in range(5):
            draws = [list(draw) for draw in itertools.product(range(5), repeat=m)]
            mean = np.mean([hull_factor(X[draw], Y[draw], X[k], Y[k]) for draw in draws])
            assert found.iloc[k] == pytest.approx(mean, rel=1e-12)
            room = np.hstack([(X[k] - X) / [1.0, 2.0], (Y - Y[k]) / [1.0, 0.5]]).min(axis=1)
            assert steps.iloc[k] == pytest.approx(np.mean([room[draw].max() for draw in draws]), rel=1e-12)


def test_order_m_by_monte_carlo() -> None:
    """The definition with 20,000 draws of m = 7: within four standard errors."""
    X, Y = data(51, n=25)
    found = hyperbolic_order_m(bench.Units.from_arrays(X, Y), m=7)["score"]
    rng = np.random.default_rng(1)
    for k in range(0, 25, 8):
        level = np.minimum((X[k] / X).min(axis=1), (Y / Y[k]).min(axis=1))
        best = level[rng.integers(0, 25, (20_000, 7))].max(axis=1)
        assert abs(found.iloc[k] - best.mean()) < 4 * best.std() / np.sqrt(20_000)


@pytest.mark.parametrize("alpha", [1.0, 0.99, 0.9, 0.8, 0.6, 0.5, 0.2])
def test_order_alpha_counts_as_the_definition_does(alpha: float) -> None:
    """sup{γ : more than a share 1 − α cover (x/γ, γy)}, counted at every ratio; n = 10, so that shares are whole."""
    X, Y = whole(2, 10)
    units = bench.Units.from_arrays(X, Y)
    found = hyperbolic_order_alpha(units, alpha=alpha)["score"]
    steps = directional_order_alpha(units, alpha=alpha, direction=np.ones(4))["beta"]
    needed = round((1 - alpha) * 10, 9)
    for k in range(10):
        tried = np.concatenate([(X[k] / X).ravel(), (Y / Y[k]).ravel()])
        reach = [gamma for gamma in tried if covers(X, Y, X[k] / gamma, Y[k] * gamma).sum() > needed]
        assert found.iloc[k] == pytest.approx(max(reach), rel=1e-12)
        tried = np.concatenate([(X[k] - X).ravel(), (Y - Y[k]).ravel()])
        reach = [
            beta for beta in tried if ((X[k] - beta >= X).all(axis=1) & (Y[k] + beta <= Y).all(axis=1)).sum() > needed
        ]
        assert steps.iloc[k] == max(reach)


def test_the_limits_are_the_free_disposal_hull() -> None:
    units = bench.Units.from_arrays(*data(52, n=30))
    hull = graph_efficiency(units, rts="fdh").efficiency
    np.testing.assert_allclose(hyperbolic_order_m(units, m=100_000).efficiency, hull, rtol=1e-9)
    np.testing.assert_allclose(hyperbolic_order_alpha(units, alpha=1.0).efficiency, hull, rtol=1e-12)
    beta = directional(units, rts="fdh", direction="mean")["beta"]
    np.testing.assert_allclose(directional_order_m(units, m=100_000, direction="mean")["beta"], beta, atol=1e-9)
    np.testing.assert_allclose(directional_order_alpha(units, alpha=1.0, direction="mean")["beta"], beta, atol=1e-12)
    rising = [hyperbolic_order_m(units, m=m)["score"].to_numpy() for m in (1, 5, 25, 125)]
    assert all((later >= earlier - 1e-12).all() for earlier, later in itertools.pairwise(rising))


@pytest.mark.parametrize("side", ["input", "output"])
def test_along_one_side_they_are_the_radial_ones(side: str) -> None:
    units = bench.Units.from_arrays(*data(53, n=30))
    sign = 1.0 if side == "output" else -1.0
    for m in (1, 4, 20):
        steps = directional_order_m(units, m=m, direction=f"{side}s")
        plain = order_m(units, m=m, orientation=side)
        np.testing.assert_allclose(1.0 + sign * steps["beta"], plain["score"], rtol=1e-12)
        np.testing.assert_array_equal(steps["compared"], plain["comparable"])
    for alpha in (0.95, 0.8, 0.5):
        steps = directional_order_alpha(units, alpha=alpha, direction=f"{side}s")["beta"]
        plain = order_alpha(units, alpha=alpha, orientation=side)["score"]
        np.testing.assert_allclose(1.0 + sign * steps, plain, rtol=1e-12)


def test_sides_are_mirrors() -> None:
    """With inputs and outputs replaced by each other's reciprocals every point keeps its factor."""
    X, Y = data(54, n=20, m=2)
    units, mirrored = bench.Units.from_arrays(X, Y), bench.Units.from_arrays(1 / Y, 1 / X)
    for one, options in ((hyperbolic_order_m, {"m": 6}), (hyperbolic_order_alpha, {"alpha": 0.9})):
        np.testing.assert_allclose(one(mirrored, **options)["score"], one(units, **options)["score"], rtol=1e-12)


def test_zeros_negative_data_and_refusals() -> None:
    units = bench.Units.from_arrays([[1.0, 0.0], [2.0, 2.0]], [[1.0, 0.0], [1.0, 2.0]], names=["A", "B"])
    # A uses nothing of x2 and makes nothing of y2: B, which uses it, never covers A; A never covers B's y2.
    assert hyperbolic_order_alpha(units, alpha=1.0)["score"].tolist() == [1.0, 1.0]
    assert hyperbolic_order_m(units, m=1)["score"].tolist() == [0.5, 0.5]
    assert hyperbolic_order_alpha(units, alpha=1.0)["better"].tolist() == [1, 1]
    negative = bench.Units.from_arrays([[1.0], [2.0]], [[-1.0], [3.0]], accept=["negative-value"])
    assert directional_order_alpha(negative, alpha=1.0, direction=[1.0, 1.0])["beta"].tolist() == [0.0, 0.0]
    for wrong in (0, -1):
        with pytest.raises(OptionError, match="m must be at least 1"):
            hyperbolic_order_m(units, m=wrong)
    for share in (0.0, 1.1):
        with pytest.raises(OptionError, match="alpha must lie in"):
            directional_order_alpha(units, alpha=share)

"""Conditional order-m, hull and envelopment; the bandwidth by cross-validation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulp_oracle import phi, theta
from scipy.integrate import quad
from scipy.stats import spearmanr

import bench
from bench.envelopment import conditional_efficiency
from bench.envelopment.inference.conditional import (
    conditional_scores,
    cross_validated,
    kernel_weights,
    weighted_order_m,
)
from bench.envelopment.inference.partial_frontiers import order_m_scores
from bench.errors import DataError, OptionError


def cared(seed: int, n: int, effect: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Least cost is exp(effect · z) per output; the second circumstance is noise. True conditional efficiency last."""
    rng = np.random.default_rng(seed)
    Z = rng.uniform(0, 1, (n, 2))
    y, u = rng.uniform(1, 5, n), rng.exponential(0.2, n)
    return (y * np.exp(effect * Z[:, 0] + u))[:, None], y[:, None], Z, np.exp(-u)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.integers(1, 20), st.sampled_from(["input", "output"]))
def test_weighted_order_m_is_its_integral(seed: int, m: int, side: str) -> None:
    """E of the best of m weighted draws as ∫(1 − F)^m; unconditional with equal weights."""
    rng = np.random.default_rng(seed)
    X, Y = rng.integers(1, 6, (8, 2)) * 1.0, rng.integers(1, 6, (8, 2)) * 1.0
    weight = rng.uniform(0, 1, (8, 8)) * (rng.uniform(size=(8, 8)) < 0.8) + np.eye(8)
    found = weighted_order_m(X, Y, weight, m, side)
    for k in range(8):
        who = (Y[k] <= Y).all(1) if side == "input" else (X[k] >= X).all(1)
        factor = (X[who] / X[k]).max(1) if side == "input" else (Y[who] / Y[k]).min(1)
        share = weight[k, who] / weight[k, who].sum()
        if side == "input":

            def tail(u, f=factor, s=share):
                return s[f > u].sum() ** m
        else:

            def tail(u, f=factor, s=share):
                return 1 - s[f <= u].sum() ** m

        value, _ = quad(tail, 0, factor.max(), limit=400, points=sorted(set(factor)))
        assert found[k] == pytest.approx(value, rel=1e-6)
    np.testing.assert_allclose(weighted_order_m(X, Y, np.ones((8, 8)), m, side), order_m_scores(X, Y, m, side).score)


@pytest.mark.parametrize("side", ["input", "output"])
def test_windows_by_pulp(side: str) -> None:
    rng = np.random.default_rng(0)
    X, Y, Z = rng.uniform(1, 9, (12, 2)), rng.uniform(1, 9, (12, 1)), rng.uniform(0, 1, (12, 2))
    h = np.array([0.5, 0.8])
    for measure, rts in (("fdh", "fdh"), ("dea", "vrs")):
        found = conditional_scores(X, Y, Z, side, measure=measure, rts=rts, bandwidth=h)
        for k in range(12):
            near = (np.abs(Z - Z[k]) < h).all(1)
            assert found.near[k] == near.sum()
            value = (theta if side == "input" else phi)(X[near], Y[near], rts, X[k], Y[k])
            assert found.score[k] == pytest.approx(value, rel=1e-8)
            assert found.plain[k] == pytest.approx((theta if side == "input" else phi)(X, Y, rts, X[k], Y[k]), rel=1e-8)


def test_large_m_ends_at_the_hull_and_a_wide_window_at_everybody() -> None:
    X, Y, Z, _ = cared(1, 25, 1.0)
    h = np.array([0.4, 0.4])
    hull = conditional_scores(X, Y, Z, "input", measure="fdh", bandwidth=h).score
    many = conditional_scores(X, Y, Z, "input", m=10**7, bandwidth=h).score
    np.testing.assert_allclose(many, hull, rtol=1e-5)
    wide = conditional_scores(X, Y, Z, "input", m=5, bandwidth=np.array([1e6, 1e6]))
    np.testing.assert_allclose(wide.score, wide.plain, rtol=1e-6)


@pytest.mark.parametrize("side", ["input", "output"])
def test_cross_validation_is_its_sum(side: str) -> None:
    """The chosen bandwidth is no worse, by the sum written out unit by unit, than each one on the grid."""
    X, Y, Z, _ = cared(2, 14, 2.0)
    Z = Z[:, :1]
    who = (lambda i, j: (Y[i] >= Y[j]).all()) if side == "input" else (lambda i, j: (X[i] <= X[j]).all())
    good = (lambda i, j: (X[i] <= X[j]).all()) if side == "input" else (lambda i, j: (Y[i] >= Y[j]).all())

    def wrong(h):
        total, weight = 0.0, kernel_weights(Z, Z, np.array([h]))
        for j in range(14):
            for i in range(14):
                if not who(i, j):
                    continue
                rest = [k for k in range(14) if k != i and who(k, j)]
                whole = sum(weight[i, k] for k in rest)
                if whole <= 1e-12:
                    total += 1.0
                    continue
                total += (good(i, j) - sum(weight[i, k] for k in rest if good(k, j)) / whole) ** 2
        return total

    found = cross_validated(X, Y, Z, side)[0]
    spread = Z.max() - Z.min()
    assert wrong(found) <= min(wrong(spread * c) for c in np.geomspace(0.05, 4, 24)) + 1e-9


def test_a_circumstance_that_matters_gets_a_small_bandwidth_and_one_that_does_not_a_large_one() -> None:
    X, Y, Z, true = cared(3, 120, 1.5)
    h = cross_validated(X, Y, Z, "input")
    assert h[0] < 0.7
    assert h[1] > 2 * h[0]
    found = conditional_scores(X, Y, Z, "input", measure="fdh", bandwidth=h)
    assert np.abs(found.score - true).mean() < 0.5 * np.abs(found.plain - true).mean()


def test_the_frame_and_its_warnings() -> None:
    X, Y, Z, _ = cared(4, 30, 1.0)
    table = pd.DataFrame({"unit": range(30), "x": X[:, 0], "y": Y[:, 0], "travel": Z[:, 0], "same": 1.0})
    units = bench.Units.from_frame(
        table, id="unit", inputs=["x"], outputs=["y"], environment=["travel"], extra=["same"]
    )
    found = conditional_efficiency(units, m=10)
    np.testing.assert_allclose(found["ratio"], found["unconditional"] / found.efficiency)
    tight = conditional_efficiency(units, measure="fdh", bandwidth=1e-6)
    assert (tight.efficiency == 1).all()
    assert len(tight.issues) == 30
    out = conditional_efficiency(units, measure="dea", rts="crs", orientation="output", bandwidth=[0.5])
    assert (out.efficiency >= out["unconditional"] - 1e-12).all()
    for wrong in ({"m": 0}, {"measure": "sbm"}, {"bandwidth": [1.0, 1.0]}, {"bandwidth": 0.0}, {"rts": "fdh"}):
        with pytest.raises(OptionError):
            conditional_efficiency(units, **wrong)
    with pytest.raises(OptionError, match="environment"):
        conditional_efficiency(bench.Units.from_arrays(X, Y))
    with pytest.raises(DataError, match="same for all"):
        conditional_efficiency(units, variables=["same"])
    with pytest.raises(DataError, match="no such value"):
        conditional_efficiency(replace(units, frame=units.frame.assign(travel=[np.nan, *range(29)])))
    with pytest.raises(OptionError, match="travel"):
        conditional_efficiency(units, variables=["travl"])


@pytest.mark.parametrize(("effect", "ratios", "wide"), [(0.0, (0.2, 0.83), (0.62, 1.0)), (1.0, (1.0, 1.0), (0.0, 0.0))])
def test_what_the_guide_measured(effect: float, ratios: tuple[float, float], wide: tuple[float, float]) -> None:
    """Other seeds than the guide's: ratios are no independent draws, and the bandwidth is wide where z is idle.

    Limits lie four standard errors of 40 samples about the guide's shares of 51.5 and 85 %.
    """
    significant, beyond = [], []
    for seed in range(40):
        X, Y, Z, _ = cared(9_000 + seed, 100, effect)
        found = conditional_scores(X, Y, Z[:, :1], "input")
        significant.append(spearmanr(Z[:, 0], found.score / found.plain).pvalue < 0.05)
        beyond.append(found.bandwidth[0] > np.ptp(Z[:, 0]))
    assert ratios[0] <= np.mean(significant) <= ratios[1]
    assert wide[0] <= np.mean(beyond) <= wide[1]

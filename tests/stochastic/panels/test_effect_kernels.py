"""The compiled sums of panels: the same as on whole arrays, and exact beside a brute-force sum over the effect."""

from __future__ import annotations

import numpy as np
import pytest

from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS
from bench.stochastic.panels import panel_effects, panel_scaled
from bench.stochastic.panels.groups import Groups
from bench.stochastic.panels.panel_effects import EffectsPanel
from bench.stochastic.panels.panel_scaled import ScaledPanel

CLOSED = ("half-normal", "exponential", "truncated-normal", "rayleigh", "uniform", "truncated-skewed-laplace")


def effects(law: str, persistent: bool, units: int = 20, periods: int = 3, noise: float = -2.8, spread: float = -1.5):
    """A likelihood with covariates of v, and coefficients."""
    rng = np.random.default_rng([units, periods])
    n = units * periods
    unit, year = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    x, ones = np.column_stack([np.ones(n), rng.normal(size=n)]), np.ones((n, 1))
    y = 0.5 * rng.normal(size=units)[unit] + 0.2 * rng.normal(size=n) - 0.4 * np.abs(rng.normal(size=n))
    designs = [-x, np.column_stack([ones, rng.normal(size=n)]), ones]
    theta = [0.1, 0.05, noise, 0.1, -2.0]
    if DISTRIBUTIONS[law].has_location:
        designs.append(ones)
        theta.append(0.2)
    theta += [spread, -1.0] if persistent else [spread]
    panel = EffectsPanel(y, tuple(designs), persistent, Groups.build(unit, year), DISTRIBUTIONS[law])
    return panel, np.array(theta)


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("law", CLOSED)
def test_compiled_and_array_routes_of_effects_agree(monkeypatch, law, persistent):
    panel, theta = effects(law, persistent)
    value, gradient, hessian = panel.evaluate(theta)
    scores, alone = panel.scores(theta), panel.value(theta)
    monkeypatch.setattr(panel_effects, "COMPILED", False)
    other, theta = effects(law, persistent)
    plain = other.evaluate(theta)
    assert value == pytest.approx(plain[0], abs=1e-10)
    assert alone == pytest.approx(plain[0], abs=1e-10)
    assert gradient == pytest.approx(plain[1], abs=1e-9)
    assert hessian == pytest.approx(plain[2], abs=1e-9 * np.abs(plain[2]).max())
    assert scores == pytest.approx(other.scores(theta), abs=1e-9)


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("spread", [-0.5, -4.0, -6.0])
@pytest.mark.parametrize("law", ["half-normal", "exponential", "truncated-normal"])
def test_the_integral_over_the_effect_is_that_of_a_fine_grid(law, spread, persistent):
    """Two periods, small noise: what the nodes find hardest. The grid: 4,001 points of Simpson's rule on [−6, 6]."""
    panel, theta = effects(law, persistent, units=6, periods=2, noise=-3.9, spread=spread)
    points = 4001
    alpha = np.linspace(-6.0, 6.0, points)
    weight = np.where(np.arange(points) % 2, 4.0, 2.0) * (alpha[1] - alpha[0]) / 3.0
    weight[[0, -1]] /= 2.0
    heads, total = panel.heads(theta), 0.0
    for unit in range(6):
        rows = slice(2 * unit, 2 * unit + 2)
        inner = sum(
            panel.distribution.evaluate(e - alpha, *(np.full(points, h) for h in rest))[0]
            for e, *rest in zip(*(head[rows] for head in heads), strict=True)
        )
        height = inner + panel._effect(theta, alpha)[0]
        total += height.max() + np.log(np.sum(weight * np.exp(height - height.max())))
    assert panel.value(theta) == pytest.approx(total, abs=1e-6)


@pytest.mark.parametrize("logistic", [False, True])
def test_compiled_and_array_sums_of_paths_agree(monkeypatch, logistic):
    rng = np.random.default_rng(2)
    unit, year = np.repeat(np.arange(15), 4), np.tile(np.arange(4), 15)
    x = np.column_stack([np.ones(60), rng.normal(size=(60, 2))])
    path = np.column_stack([year - 1.5, (year - 1.5) ** 2])
    panel = ScaledPanel(
        rng.normal(size=60), -x, np.ones((15, 1)), None, path, logistic, Groups.build(unit, year),
        DISTRIBUTIONS["half-normal"],
    )  # fmt: skip
    theta = np.array([0.1, 0.2, -0.1, -0.5, 0.1, 0.2, -0.1])
    value, gradient, hessian = panel.evaluate(theta)
    monkeypatch.setattr(panel_scaled, "COMPILED", False)
    plain = panel.evaluate(theta)
    assert value == pytest.approx(plain[0], abs=1e-11)
    assert panel.value(theta) == pytest.approx(plain[0], abs=1e-11)
    assert gradient == pytest.approx(plain[1], abs=1e-11)
    assert hessian == pytest.approx(plain[2], abs=1e-10)

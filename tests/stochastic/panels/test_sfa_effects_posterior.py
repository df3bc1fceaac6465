"""Mixtures over a unit effect: Gauss compression, tails and quantiles against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from bench.errors import OptionError
from bench.stochastic.likelihood.predictors import truncated_parameters
from bench.stochastic.panels import effects_posterior
from bench.stochastic.panels.effects_posterior import compressed
from bench.stochastic.panels.sfa_panel import fit_panel


def panel(seed):
    rng = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(40), 5), np.tile(np.arange(5), 40)
    x = np.column_stack([np.ones(200), rng.normal(size=200)])
    y = x @ [1.0, 0.5] + 0.25 * rng.normal(size=200) - 0.4 * np.abs(rng.normal(size=200))
    y += (0.2 * rng.normal(size=40) - 0.5 * np.abs(rng.normal(size=40)))[unit]
    return {"y": y, "X": x, "groups": unit, "times": year}


@pytest.fixture(scope="module")
def data():
    return panel(3)


def cut_normals(posterior, weight):
    return (np.reshape(values, weight.shape)[posterior[1]] for values in truncated_parameters(posterior[0]))


def test_compression_keeps_moments_and_exhausts_few_points():
    rng = np.random.default_rng(0)
    alpha, weight = rng.normal(size=(3, 40)), rng.dirichlet(np.ones(40), 3)
    nodes, weights = compressed(alpha, weight, 6)
    for power in range(12):
        exact = (weight * alpha**power).sum(axis=1)
        assert (weights * nodes**power).sum(axis=1) == pytest.approx(exact, rel=1e-9, abs=1e-11)
    two = np.tile([0.0, 1.0], 10)[None, :]
    nodes, weights = compressed(two, np.full((1, 20), 0.05), 6)
    assert (weights * nodes**5).sum() == pytest.approx(0.5)
    assert weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("structure", ["true-random", "four-components"])
def test_compression_leaves_efficiencies_and_quantiles(data, structure, monkeypatch):
    posterior = fit_panel(**data, structure=structure).posterior
    monkeypatch.setattr("bench.stochastic.panels.panel_effects.compressed", lambda alpha, weight: (alpha, weight))
    whole = fit_panel(**data, structure=structure).posterior
    assert whole.weight.shape[1] > posterior.weight.shape[1]
    assert posterior.efficiency() == pytest.approx(whole.efficiency(), abs=1e-8)
    for p in (0.025, 0.6):
        assert posterior.quantile(p) == pytest.approx(whole.quantile(p), abs=1e-7)


@pytest.mark.parametrize("p", [0.05, 0.6])
def test_without_a_unit_effect_persistent_inefficiency_is_the_effect(p):
    estimate = fit_panel(**panel(6), structure="four-components")
    assert estimate.at_boundary == "sigma_w = 0"
    posterior = estimate.posterior
    c, s = cut_normals((posterior.transient, slice(None)), posterior.weight)
    h = np.maximum(-posterior.persistent.e.reshape(c.shape), 0.0)
    u = np.maximum(posterior.quantile(p)[posterior.groups.order][:, None] - h, 0.0)
    chance = (posterior.weight * (1.0 - ndtr((c - u) / s) / ndtr(c / s))).sum(axis=1)
    assert chance == pytest.approx(p, abs=1e-4)


@pytest.mark.parametrize("p", [0.001, 0.025, 0.5, 0.7, 0.975])
def test_quantiles_of_the_sum_by_brute_force(data, p):
    posterior = fit_panel(**data, structure="four-components").posterior
    rows = np.arange(0, 200, 17)
    c, s = cut_normals((posterior.transient, rows), posterior.weight)
    d, r = cut_normals((posterior.persistent, rows), posterior.weight)
    x = posterior.quantile(p)[posterior.groups.order][rows]
    # ∫ f(h) F(x − h) dh by the midpoint rule.
    h = x[:, None, None] * (np.arange(4000) + 0.5) / 4000
    density = np.exp(-0.5 * ((h - d[:, :, None]) / r[:, :, None]) ** 2) / np.sqrt(2 * np.pi) / r[:, :, None]
    inner = 1.0 - ndtr((c[:, :, None] - x[:, None, None] + h) / s[:, :, None]) / ndtr(c / s)[:, :, None]
    chance = (density / ndtr(d / r)[:, :, None] * inner).sum(axis=2) * x[:, None] / 4000
    assert (posterior.weight[rows] * chance).sum(axis=1) == pytest.approx(p, abs=3e-7)


@pytest.mark.parametrize("p", [1e-6, 0.025, 0.975, 1.0 - 1e-6])
def test_quantiles_of_one_part_invert_the_distribution(data, p):
    posterior = fit_panel(**data, structure="true-random").posterior
    c, s = cut_normals((posterior.transient, slice(None)), posterior.weight)
    x = posterior.quantile(p)[posterior.groups.order]
    above = (posterior.weight * ndtr((c - x[:, None]) / s) / ndtr(c / s)).sum(axis=1)
    assert (above if p > 0.5 else 1.0 - above) == pytest.approx(min(p, 1.0 - p), rel=1e-8)


def test_without_a_compiler_the_density_of_the_sum_is_the_same(data, monkeypatch):
    posterior = fit_panel(**data, structure="four-components").posterior
    compiled = posterior.quantile(0.9)
    monkeypatch.setattr(effects_posterior, "COMPILED", False)
    assert posterior.quantile(0.9) == pytest.approx(compiled, rel=1e-9)


def test_other_distributions_have_no_intervals_beside_effects(data):
    posterior = fit_panel(**data, structure="true-random", distribution="rayleigh").posterior
    assert (posterior.efficiency() < 1.0).all()
    with pytest.raises(OptionError, match="rayleigh"):
        posterior.quantile(0.5)

"""Edges of panels: told apart, computed and named; quadrature where noise is small."""

from __future__ import annotations

import numpy as np
import pytest

from bench.errors import ConvergenceError, DataError
from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS
from bench.stochastic.panels.groups import Groups
from bench.stochastic.panels.panel_effects import EffectsPanel
from bench.stochastic.panels.sfa_panel import fit_panel
from bench.stochastic.search.consequences import CONSEQUENCES, consequence


def table(seed, units=40, periods=3, sigma_v=0.1, lasting=0.0, passing=0.0, effect=0.0, path=None):
    rng = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    n = units * periods
    x = np.column_stack([np.ones(n), rng.normal(size=n)])
    g = np.ones(periods) if path is None else np.asarray(path)
    inefficiency = lasting * np.abs(rng.normal(size=units))[unit] * g[year] + passing * np.abs(rng.normal(size=n))
    y = x @ [1.0, 0.5] + sigma_v * rng.normal(size=n) - inefficiency + effect * rng.normal(size=units)[unit]
    return {"y": y, "X": x, "groups": unit, "times": year}


def messages(e):
    return [issue.message for issue in e.warnings if issue.rule == "boundary"]


def brute_force(likelihood, theta, law, v):
    """The log-likelihood by a fine grid over every unit's effect."""
    total, heads = 0.0, likelihood.heads(theta)
    sigma_w = np.exp(0.5 * theta[-1])
    for i in range(len(likelihood.groups.starts)):
        e = heads[0][likelihood.groups.codes == i]
        edges = [np.linspace(-8, 8, 20001), *(np.linspace(k - 12 * v, k + 12 * v, 4001) for k in e)]
        grid = np.unique(np.concatenate(edges))
        at, width = 0.5 * (grid[1:] + grid[:-1]), np.diff(grid)
        log = -0.5 * (at / sigma_w) ** 2 - np.log(sigma_w) - 0.5 * np.log(2 * np.pi)
        zero = np.zeros(len(at))
        for k in e:
            log = log + DISTRIBUTIONS[law].evaluate(k - at, zero + 2 * np.log(v), zero, zero)[0]
        total += log.max() + np.log(np.sum(np.exp(log - log.max()) * width))
    return total


@pytest.mark.parametrize("law", ["half-normal", "exponential"])
@pytest.mark.parametrize("v", [0.5, 0.3, 0.1, 0.01])
def test_quadrature_holds_where_noise_is_small(law, v):
    """Hermite nodes alone are off by 15 in the log-likelihood of 20 units at σv = 0.001 σu, and by 0.01 at 0.1."""
    rng = np.random.default_rng(0)
    unit, year = np.repeat(np.arange(8), 3), np.tile(np.arange(3), 8)
    e = 0.5 * rng.normal(size=8)[unit] + v * rng.normal(size=24) - np.abs(rng.normal(size=24))
    ones = np.ones((24, 1))
    likelihood = EffectsPanel(e, (-ones, ones, ones), False, Groups.build(unit, year), DISTRIBUTIONS[law])
    theta = np.array([0.0, 2 * np.log(v), 0.0, 2 * np.log(0.5)])
    assert likelihood.evaluate(theta)[0] == pytest.approx(brute_force(likelihood, theta, law, v), abs=2e-6)


@pytest.mark.parametrize("persistent", [False, True])
def test_derivatives_hold_where_noise_is_small(persistent):
    rng = np.random.default_rng(1)
    unit, year = np.repeat(np.arange(10), 3), np.tile(np.arange(3), 10)
    e = 0.3 * rng.normal(size=10)[unit] + 0.05 * rng.normal(size=30) - np.abs(rng.normal(size=30))
    x = np.column_stack([np.ones(30), rng.normal(size=30)])
    ones = np.ones((30, 1))
    likelihood = EffectsPanel(e, (-x, ones, ones), persistent, Groups.build(unit, year), DISTRIBUTIONS["half-normal"])
    theta = np.array([0.1, 0.0, -6.0, 0.0, -2.0, -1.0][: likelihood.size])
    _, gradient, hessian = likelihood.evaluate(theta)
    for j, step in enumerate(1e-5 * np.eye(likelihood.size)):
        up, down = likelihood.evaluate(theta + step), likelihood.evaluate(theta - step)
        assert (up[0] - down[0]) / 2e-5 == pytest.approx(gradient[j], rel=1e-4, abs=1e-3)
        assert (up[1] - down[1]) / 2e-5 == pytest.approx(hessian[j], rel=1e-3, abs=1e-3 * np.abs(hessian).max())


# -- one path per unit -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", ["half-normal", "truncated-normal"])
def test_units_without_inefficiency_are_least_squares(law):
    data = table(3, units=30, periods=4)
    # Units more alike than chance would leave them: nothing lasting is there.
    means = np.bincount(data["groups"], data["y"] - data["X"] @ [1.0, 0.5]) / 4
    data["y"] = data["y"] - means[data["groups"]]
    e = fit_panel(**data, structure="pitt-lee", distribution=law)
    assert e.at_boundary == "sigma_u = 0"
    assert e.loglik == pytest.approx(e.ols_loglik, abs=1e-4)
    assert e.posterior.efficiency() == pytest.approx(1.0, abs=1e-3)
    errors = np.sqrt(np.diag(e.covariance))
    assert np.isfinite(errors[:3]).all()
    # What acts through inefficiency alone has no value where there is none.
    assert np.isneginf(e.params[3])
    assert np.isnan(e.params[4:]).all()
    assert np.isnan(errors[3:]).all()
    assert any("every efficiency is one" in message for message in messages(e))


@pytest.mark.parametrize("structure", ["battese-coelli-1992", "lee-schmidt"])
def test_inefficiency_in_the_first_year_only_is_a_path_and_not_an_absence(structure):
    data = table(0, lasting=0.4, path=[1.0, 0.0, 0.0], sigma_v=0.02)
    e = fit_panel(**data, structure=structure)
    first = data["times"] == 0
    if structure == "battese-coelli-1992":
        assert e.at_boundary == "path without bound"
        assert any("some periods only" in message for message in messages(e))
    assert e.posterior.efficiency()[first].mean() < 0.9
    assert e.posterior.efficiency()[~first] == pytest.approx(1.0, abs=0.02)


def test_mu_to_minus_infinity_in_a_panel_says_what_to_fit():
    rng = np.random.default_rng(2)
    unit, year = np.repeat(np.arange(150), 4), np.tile(np.arange(4), 150)
    x = np.column_stack([np.ones(600), rng.normal(size=600)])
    y = x @ [1.0, 0.5] + 0.05 * rng.normal(size=600) - 0.4 * rng.exponential(size=150)[unit]
    data = {"y": y, "X": x, "groups": unit, "times": year, "structure": "pitt-lee"}
    try:
        e = fit_panel(**data, distribution="truncated-normal")
    except ConvergenceError as error:
        caught = str(error)
    else:
        caught = ""
        assert e.loglik >= fit_panel(**data).loglik
    limit = fit_panel(**data, distribution="exponential")
    if caught:
        assert "distribution='exponential'" in caught
        assert float(caught.split("(")[1].split(" and")[0]) == pytest.approx(limit.loglik, abs=0.6)


def test_two_periods_cannot_carry_kumbhakars_path():
    data = table(2, periods=2, lasting=0.4)
    with pytest.raises(DataError, match="at least three periods"):
        fit_panel(**data, structure="kumbhakar-1990")


# -- unit effects ----------------------------------------------------------------------------------------------


def test_true_random_effects_without_noise():
    e = fit_panel(**table(17, units=40, periods=6, sigma_v=0.0, passing=0.4, effect=0.3), structure="true-random")
    assert e.at_boundary == "sigma_v = 0"
    assert np.isneginf(e.params[2])
    assert np.isnan(e.covariance).all()
    assert any("deterministic frontier" in message for message in messages(e))
    assert e.posterior.efficiency().min() < 0.8


def test_true_random_effects_without_inefficiency_or_effect():
    rng = np.random.default_rng(4)
    data = table(4, units=30, periods=5, effect=0.2)
    data["y"] = data["y"] + 0.2 * rng.exponential(size=150)
    e = fit_panel(**data, structure="true-random")
    assert e.at_boundary == "sigma_u = 0"
    assert e.posterior.efficiency() == pytest.approx(1.0, abs=1e-3)
    plain = table(5, units=40, periods=4, passing=0.4)
    means = np.bincount(plain["groups"], plain["y"] - plain["X"] @ [1.0, 0.5]) / 4
    plain["y"] = plain["y"] - means[plain["groups"]]
    e = fit_panel(**plain, structure="true-random")
    assert e.at_boundary == "sigma_w = 0"
    assert np.isneginf(e.params[4])


def test_a_small_sample_names_the_edges_beside_an_interior_root():
    e = fit_panel(**table(3, units=20, periods=5, passing=0.4, effect=0.2), structure="true-random")
    assert e.at_boundary == ""
    named = {b.name: b for b in e.boundaries}
    assert {"sigma_v = 0", "sigma_w = 0"} <= set(named)
    assert all(b.gain == pytest.approx(b.loglik - e.loglik) for b in named.values())


def test_four_components_without_unit_effect_are_computed_beside_an_interior_root():
    data = table(11, units=100, periods=6, lasting=0.6, passing=0.3, effect=0.3)
    e = fit_panel(**data, structure="four-components")
    assert e.at_boundary == ""
    edge = next(b for b in e.boundaries if b.name == "sigma_w = 0")
    assert edge.gain < 0
    # The edge is what the model gives whose unit effect is persistent inefficiency alone: never below true random
    # effects with the effect's variance put to zero.
    pooled = fit_panel(**data, structure="true-random").loglik
    assert {b.name for b in e.boundaries} >= {"sigma_w = 0", "sigma_h = 0"}
    assert next(b for b in e.boundaries if b.name == "sigma_h = 0").loglik == pytest.approx(pooled, abs=1e-4)


def test_two_variances_can_vanish_together():
    e = fit_panel(**table(0, units=40, periods=3, sigma_v=0.0, passing=0.4, lasting=0.3), structure="four-components")
    assert e.at_boundary == "sigma_v = 0 and sigma_w = 0"
    assert np.isneginf(e.params[[2, 4]]).all()
    assert consequence(e.at_boundary) == f"{CONSEQUENCES['sigma_v = 0']}; {CONSEQUENCES['sigma_w = 0']}"

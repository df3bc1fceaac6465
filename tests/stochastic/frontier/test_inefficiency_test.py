"""The test of no inefficiency compares with the same model on that edge, and rejects as often as it says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from bench.errors import OptionError
from bench.stochastic.frontier.inefficiency_test import _two_weights, draw_null, inefficiency_test
from bench.stochastic.frontier.specification import Specification
from bench.stochastic.likelihood.sfa_distributions import distribution
from bench.stochastic.panels.groups import Groups
from bench.stochastic.panels.normal_effects import NormalEffects
from bench.stochastic.search.outcome import Null


def model(seed, structure="", law="half-normal", units=40, periods=4, covariate="", waste=0.0, effect=0.3):
    rng = np.random.default_rng(seed)
    n = units * periods
    unit, year = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    z = rng.normal(size=(n, 1)) if covariate == "v" else rng.normal(size=(units, 1)).repeat(periods, axis=0)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 1))])
    y = x @ [1.0, 0.4] + 0.2 * np.exp(0.4 * z[:, 0] * (covariate == "v")) * rng.normal(size=n)
    y = y - waste * np.abs(rng.normal(size=n))
    if structure in ("true-random", "four-components", "true-fixed"):
        y = y + effect * rng.normal(size=units)[unit]
    panel = {"structure": structure, "groups": unit, "times": year} if structure else {}
    given = {{"v": "v", "u": "u", "m": "mu"}[covariate]: z} if covariate else {}
    return Specification(y, x, "production", distribution(law), ("const", "x"), **given, **panel)


def normal_panel(spec):
    """The linear random-effects model with ln σv² linear in z, from the multivariate normal's own density."""
    codes = np.asarray(spec.groups)
    z = np.column_stack([np.ones(len(codes))] + ([] if spec.v is None else [spec.v]))

    def negative(theta):
        e = spec.y - spec.X @ theta[:2]
        noise = np.exp(z @ theta[2:-1])
        total = 0.0
        for i in np.unique(codes):
            rows = codes == i
            matrix = np.diag(noise[rows]) + np.exp(theta[-1])
            _, log = np.linalg.slogdet(matrix)
            total += 0.5 * (rows.sum() * np.log(2 * np.pi) + log + e[rows] @ np.linalg.solve(matrix, e[rows]))
        return total

    start = np.r_[1.0, 0.4, -3.0, np.zeros(z.shape[1] - 1), -2.5]
    return -minimize(negative, start, method="BFGS", options={"gtol": 1e-7}).fun


@pytest.mark.parametrize("structure", ["true-random", "four-components"])
@pytest.mark.parametrize("covariate", ["", "v"])
def test_the_restricted_model_keeps_random_effects_and_noise_covariates(structure, covariate):
    spec = model(1, structure, covariate=covariate, units=25)
    assert spec.fit().null.loglik == pytest.approx(normal_panel(spec), abs=1e-5)


def test_the_restricted_model_keeps_covariates_of_the_noise():
    spec = model(2, covariate="v", units=120, periods=1)
    z = np.column_stack([np.ones(120), spec.v])

    def negative(theta):
        noise = z @ theta[2:]
        return 0.5 * np.sum(np.log(2 * np.pi) + noise + (spec.y - spec.X @ theta[:2]) ** 2 * np.exp(-noise))

    outside = -minimize(negative, [1.0, 0.4, -3.0, 0.0], method="BFGS", options={"gtol": 1e-7}).fun
    assert spec.fit().null.loglik == pytest.approx(outside, abs=1e-6)


def test_the_restricted_model_keeps_unit_intercepts():
    spec = model(3, "true-fixed", units=10, periods=12)
    dummies = (np.asarray(spec.groups)[:, None] == np.arange(10)).astype(float)
    x = np.column_stack([spec.X[:, 1], dummies])
    rest = spec.y - x @ np.linalg.lstsq(x, spec.y, rcond=None)[0]
    assert spec.fit().null.loglik == pytest.approx(-60.0 * (np.log(2 * np.pi * np.mean(rest**2)) + 1.0), abs=1e-8)


def test_normal_effects_have_the_gradient_of_their_value():
    rng = np.random.default_rng(5)
    unit, year = np.repeat(np.arange(8), 3), np.tile(np.arange(3), 8)
    x, z = rng.normal(size=(24, 2)), np.column_stack([np.ones(24), rng.normal(size=24)])
    likelihood = NormalEffects(rng.normal(size=24), x, z, Groups.build(unit, year))
    theta = np.array([0.3, -0.2, -0.5, 0.4, -0.7])
    gradient = likelihood.evaluate(theta)[1]
    for j, step in enumerate(1e-6 * np.eye(5)):
        slope = (likelihood.evaluate(theta + step)[0] - likelihood.evaluate(theta - step)[0]) / 2e-6
        assert slope == pytest.approx(gradient[j], abs=1e-6)


@pytest.mark.parametrize(("effect", "noise"), [(0.0, 1.0), (0.5, 1.0), (2.0, 0.5)])
def test_weights_of_two_cumulants_are_those_of_simulated_scores(effect, noise):
    """Scores of the two third cumulants as third Hermite polynomials, drawn under the null: their correlation."""
    rng = np.random.default_rng(9)
    units, periods = 40_000, 4
    inverse = np.linalg.inv(noise**2 * np.eye(periods) + effect**2)
    e = noise * rng.normal(size=(units, periods)) + effect * rng.normal(size=(units, 1))
    w = e @ inverse
    total, mass = w.sum(axis=1), inverse.sum()
    of_units = total**3 - 3.0 * total * mass
    of_rows = (w**3 - 3.0 * w * np.diag(inverse)).sum(axis=1)
    correlation = np.corrcoef(of_units, of_rows)[0, 1]
    spec = Specification(
        np.zeros(8), np.ones((8, 1)), "production", distribution("half-normal"), ("const",),
        structure="four-components", groups=np.repeat([0, 1], 4), times=np.tile(np.arange(4), 2),
    )  # fmt: skip
    weights = _two_weights(spec, Null(0.0, np.zeros(8), np.full(8, noise), effect))
    assert sum(weights) == pytest.approx(1.0)
    assert weights[2] == pytest.approx(0.25 - np.arcsin(correlation) / (2 * np.pi), abs=0.01)


@pytest.mark.slow
#: Without inefficiency at a nominal 5 %: more than 5 rejections of 25, or 3 of 12, have a probability of 0.2 %.
@pytest.mark.parametrize(
    ("structure", "law", "covariate", "periods"),
    [("", "half-normal", "", 1), ("", "exponential", "v", 1), ("pitt-lee", "half-normal", "", 4),
     ("true-random", "half-normal", "", 4), ("four-components", "half-normal", "", 4)],
)  # fmt: skip
def test_no_inefficiency_is_seldom_rejected(structure, law, covariate, periods):
    rejected = 0
    few = structure in ("true-random", "four-components")
    for seed in range(12 if few else 25):
        size = 100 if periods == 1 else 30
        spec = model(1000 + seed, structure, law, units=size, periods=periods, covariate=covariate)
        rejected += inefficiency_test(spec.fit(), spec).p_value <= 0.05
    assert rejected <= (3 if few else 5)


@pytest.mark.slow
@pytest.mark.parametrize("structure", ["true-fixed", "lee-schmidt"])
def test_the_bootstrap_of_a_panel_rejects_seldom(structure):
    """Nineteen draws: rejected where none exceeds, exactly 5 %; more than 4 of 20 have a probability of 0.3 %."""
    rejected = 0
    for seed in range(20):
        spec = model(3000 + seed, structure, units=15)
        found = inefficiency_test(spec.fit(), spec, seed=seed, replicates=19)
        assert "bootstrap" in found.reference or found.statistic < 1e-6
        rejected += found.p_value <= 0.05
    assert rejected <= 4


@pytest.mark.slow
def test_the_bootstrap_rejects_seldom_without_and_always_with_inefficiency():
    rejected = sum(
        inefficiency_test(spec.fit(), spec, seed=seed).p_value <= 0.05
        for seed in range(5)
        for spec in [model(50 + seed, "battese-coelli-1992", units=20)]
    )
    assert rejected <= 2
    clear = model(7, law="truncated-normal", units=150, periods=1, waste=0.8)
    assert inefficiency_test(clear.fit(), clear, replicates=19).p_value <= 0.05


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"law": "truncated-normal"}, "location"), ({"covariate": "u"}, "coefficients of u"),
        ({"structure": "battese-coelli-1992"}, "path"), ({"structure": "true-fixed"}, "intercepts"),
    ],
)  # fmt: skip
def test_where_no_mixture_holds_none_is_printed(options, reason):
    spec = model(11, waste=0.6, units=8, periods=15, **options)
    with pytest.raises(OptionError, match=reason):
        inefficiency_test(spec.fit(), spec, method="mixture")
    found = inefficiency_test(spec.fit(), spec, replicates=19)
    assert "bootstrap" in found.reference
    assert "χ²" not in found.reference


def test_no_mixture_without_noise():
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(15), rng.normal(size=15)])
    y = x @ [1.0, 0.5] - np.abs(rng.normal(size=15))
    spec = Specification(y, x, "production", distribution("half-normal"), ("const", "x"))
    fitted = spec.fit()
    assert fitted.at_boundary == "sigma_v = 0"
    with pytest.raises(OptionError, match="no noise"):
        inefficiency_test(fitted, spec, method="mixture")
    assert "bootstrap" in inefficiency_test(fitted, spec, replicates=19).reference


def test_four_components_have_three_tests():
    spec = model(21, "four-components", units=120, waste=0.4, effect=0.2)
    fitted = spec.fit()
    whole = inefficiency_test(fitted, spec)
    transient, persistent = (inefficiency_test(fitted, spec, part=part) for part in ("transient", "persistent"))
    assert transient.p_value < 0.01
    assert whole.statistic >= max(transient.statistic, persistent.statistic) - 1e-6
    assert "χ²(2)" in whole.reference
    with pytest.raises(OptionError, match="one kind"):
        inefficiency_test(fitted, model(1), part="transient")


def test_the_same_seed_gives_the_same_p_value():
    spec = model(4, "battese-coelli-1992", units=15)
    fitted = spec.fit()
    first, again = (inefficiency_test(fitted, spec, replicates=19, seed=8) for _ in range(2))
    assert first == again


def test_an_edge_that_a_search_met_is_still_the_restricted_model():
    """A draw without inefficiency in which one search of the decay ends at σu = 0 and another inside."""
    rng = np.random.default_rng([20261130, 8, 15])
    unit, year = np.repeat(np.arange(60), 5), np.tile(np.arange(5), 60)
    rng.normal(size=(60, 1))
    x = np.column_stack([np.ones(300), rng.normal(size=(300, 2))])
    y = x @ [1.0, 0.4, 0.3] + 0.2 * rng.normal(size=300)
    panel = {"structure": "battese-coelli-1992", "groups": unit, "times": year}
    spec = Specification(y, x, "production", distribution("half-normal"), ("const", "x1", "x2"), **panel)
    null = spec.fit().null
    streams = [np.random.default_rng(stream) for stream in np.random.SeedSequence(15).spawn(3)]
    found = spec.fit(draw_null(null, spec, streams[2]))
    assert not found.at_boundary
    assert any(candidate.status == "sigma_u = 0" for candidate in found.diagnostics.candidates)
    assert found.null.loglik == pytest.approx(found.ols_loglik, abs=1e-9)
    assert np.isfinite(found.null.frontier).all()

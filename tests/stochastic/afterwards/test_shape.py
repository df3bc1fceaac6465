"""Shape-constrained frontiers: against a general solver, against the free fit, and what they promise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import log_ndtr

from bench import ConvergenceError, OptionError, Units, WrongSkewError, sfa
from bench.stochastic.afterwards.sfa_bootstrap import bootstrap
from bench.stochastic.afterwards.shape import shaped_sfa
from bench.stochastic.forms import frontier_design
from bench.stochastic.frontier.shape_constraints import shape_rows, shaped_least_squares
from bench.stochastic.search.constrained import Rows, half_normal, least_squares, quadratic_program


def cost_table(n=80, seed=0, slope=0.05, prices=False):
    """Visits cost next to nothing, so that a free translog gives many of them a negative price."""
    rng = np.random.default_rng(seed)
    volume = np.exp(0.5 * rng.normal(size=(n, 2)))
    wages = np.exp(0.3 * rng.normal(size=(n, 3)))
    shift = wages[:, 0] ** 0.5 * wages[:, 1] ** 0.45 * wages[:, 2] ** 0.05 if prices else 1.0
    noise = np.exp(0.15 * rng.normal(size=n) + np.abs(0.25 * rng.normal(size=n)))
    cost = (volume[:, 0] + slope * volume[:, 1]) * shift * noise
    if not prices:
        return Units.from_arrays(cost, volume)
    frame = Units.from_arrays(cost, volume).frame.assign(w1=wages[:, 0], w2=wages[:, 1], w3=wages[:, 2])
    return Units.from_frame(
        frame, id="unit", inputs=["x1"], outputs=["y1", "y2"], input_prices=["w1", "w2", "w3"]
    )  # fmt: skip


def test_quadratic_program_against_a_general_solver():
    rng = np.random.default_rng(0)
    for _ in range(10):
        root = rng.normal(size=(5, 5))
        hessian, linear = root @ root.T + np.eye(5), rng.normal(size=5)
        rows, floor = rng.normal(size=(12, 5)), rng.normal(size=12) - 1.0
        mine = quadratic_program(hessian, linear, rows, floor)
        other = minimize(
            lambda d, h=hessian, g=linear: (0.5 * d @ h @ d - g @ d, h @ d - g),
            np.zeros(5), jac=True, method="SLSQP", options={"ftol": 1e-14, "maxiter": 500},
            constraints={"type": "ineq", "fun": lambda d, r=rows, f=floor: r @ d - f},
        )  # fmt: skip
        if other.success:
            assert (rows @ mine - floor).min() > -1e-8
            assert 0.5 * mine @ hessian @ mine - linear @ mine <= other.fun + 1e-6


def test_contradicting_rows_are_an_error():
    with pytest.raises(ConvergenceError, match="shape"):
        quadratic_program(np.eye(1), np.zeros(1), np.array([[1.0], [-1.0]]), np.array([1.0, 1.0]))


def test_without_binding_rows_the_fit_is_the_free_one():
    units = cost_table(200, slope=1.0)
    free = sfa(units, kind="cost", form="cobb-douglas")
    shaped = shaped_sfa(units, kind="cost", form="cobb-douglas")
    assert shaped.binding == 0
    assert shaped.fit.loglik == pytest.approx(free.loglik, abs=1e-8)
    assert shaped.fit.params.to_numpy() == pytest.approx(free.params.to_numpy(), abs=1e-5)
    assert shaped.fit.std_errors.to_numpy() == pytest.approx(free.std_errors.to_numpy(), rel=1e-4)
    assert shaped.fit.efficiency.to_numpy() == pytest.approx(free.efficiency.to_numpy(), abs=1e-5)
    assert shaped.likelihood_ratio < 1e-7


@pytest.mark.parametrize("form", ["translog", "quadratic"])
def test_marginal_costs_are_not_negative_and_the_free_ones_are(form):
    units = cost_table(seed=4)
    if form == "quadratic":
        rng = np.random.default_rng(1)
        volume = units.Y
        noise = rng.normal(size=80) + np.abs(1.5 * rng.normal(size=80))
        units = Units.from_arrays(5.0 + volume[:, 0] ** 2 + 0.02 * volume[:, 1] + noise, volume)
    shaped = shaped_sfa(units, kind="cost", form=form)
    table = shaped.marginal_costs()
    assert table["marginal_cost"].min() >= -1e-7
    assert table["free_marginal_cost"].min() < 0.0
    assert shaped.binding > 0
    assert shaped.likelihood_ratio > 0.0
    violations = shaped.shape_violations()
    assert violations["share_free"].max() > 0.0
    assert violations["share_shaped"].max() == 0.0
    assert table["std_error"].notna().all()


def test_constrained_likelihood_against_a_general_solver():
    units = cost_table(60, seed=4)
    design = frontier_design(units, kind="cost", form="translog")
    rows = shape_rows(design)
    found = half_normal(design.y, design.X, rows, design.sign)
    k = design.X.shape[1]

    def loss(v):
        su, sv = np.exp(v[k]), np.exp(v[k + 1])
        s = np.hypot(su, sv)
        e = -(design.y - design.X @ v[:k])
        terms = np.log(2 / s) - 0.5 * np.log(2 * np.pi) - 0.5 * (e / s) ** 2 + log_ndtr(-e * su / (sv * s))
        return -terms.sum()

    start = np.r_[least_squares(design.y, design.X, rows), np.log([0.2, 0.2])]
    matrix = np.hstack([rows.matrix, np.zeros((len(rows.floor), 2))])
    other = minimize(
        loss, start, method="SLSQP", options={"maxiter": 1000, "ftol": 1e-13},
        constraints={"type": "ineq", "fun": lambda v: matrix @ v, "jac": lambda v: matrix},
    )  # fmt: skip
    assert loss(np.r_[found.beta, np.log([found.sigma_u, found.sigma_v])]) == pytest.approx(-found.loglik, abs=1e-8)
    assert found.loglik >= -other.fun - 1e-6
    assert found.loglik == pytest.approx(-other.fun, abs=1e-3)


def test_concavity_in_prices_holds_at_every_unit():
    units = cost_table(100, seed=2, slope=0.5, prices=True)
    shaped = shaped_sfa(units, kind="cost", concave=True)
    table = shaped.fit.shape_violations().set_index("property")
    assert table.loc["concavity", "worst"] < 1e-6
    assert shaped.free.shape_violations().set_index("property").loc["concavity", "worst"] > 0.0


def test_floor_keeps_elasticities_clear_of_zero():
    shaped = shaped_sfa(cost_table(seed=4), kind="cost", floor=0.02)
    assert shaped.fit.elasticities.min().min() >= 0.02 - 1e-7


def test_answer_does_not_depend_on_measures():
    units = cost_table(seed=4)
    frame = units.frame.assign(x1=units.frame["x1"] * 1e6, y2=units.frame["y2"] * 1e-5)
    other = Units.from_frame(frame, id="unit", inputs=["x1"], outputs=["y1", "y2"])
    one, two = shaped_sfa(units, kind="cost"), shaped_sfa(other, kind="cost")
    assert two.efficiency.to_numpy() == pytest.approx(one.efficiency.to_numpy(), abs=1e-6)


def test_wrong_skewness_gives_constrained_least_squares():
    rng = np.random.default_rng(0)
    volume = np.exp(0.5 * rng.normal(size=(80, 2)))
    cost = volume.sum(axis=1) * np.exp(-np.abs(0.5 * rng.normal(size=80)))
    shaped = shaped_sfa(Units.from_arrays(cost, volume), kind="cost", form="cobb-douglas")
    assert (shaped.efficiency == 1.0).all()
    assert shaped.fit.estimate.at_boundary == "sigma_u = 0"
    design = shaped.fit.design
    assert shaped_least_squares(design).to_numpy() == pytest.approx(shaped.fit.params.to_numpy()[: len(design.names)])


def test_no_rows_is_plain_least_squares():
    rng = np.random.default_rng(0)
    x, y = np.column_stack([np.ones(20), rng.normal(size=20)]), rng.normal(size=20)
    none = Rows(np.zeros((0, 2)), np.zeros(0))
    assert least_squares(y, x, none) == pytest.approx(np.linalg.lstsq(x, y, rcond=None)[0])


def test_surface_and_options():
    shaped = shaped_sfa(cost_table(seed=4), kind="cost")
    assert "Likelihood ratio" in str(shaped.summary())
    assert list(shaped.to_frame().columns) == ["efficiency", "efficiency_free"]
    assert "inequalities bind" in repr(shaped)
    assert shaped.plot().to_dict()["mark"]["type"] == "circle"
    with pytest.raises(OptionError, match="input prices"):
        shaped_sfa(cost_table(), kind="cost", concave=True)


def test_shape_as_an_option_of_sfa():
    units = cost_table(seed=4)
    f, shaped = sfa(units, kind="cost", shape="monotone"), shaped_sfa(units, kind="cost")
    assert f.params.to_numpy() == pytest.approx(shaped.fit.params.to_numpy(), abs=1e-12)
    assert f.marginal_costs()["marginal_cost"].min() >= -1e-9
    assert f.shape_violations()["share"].max() == 0.0
    assert sfa(units, kind="cost").shape_violations()["share"].max() > 0.0
    assert f.estimate.shape == "monotone"
    assert "monotone by constraint" in str(f.summary())
    assert f.to_frame()["efficiency"].between(0.0, 1.0).all()
    test = f.inefficiency_test()
    assert test.statistic >= 0.0
    assert f.estimate.ols_loglik < shaped.free.estimate.ols_loglik
    robust = sfa(units, kind="cost", shape="monotone", covariance="sandwich")
    assert robust.covariance_kind == "sandwich"
    assert np.isfinite(robust.std_errors).all()
    assert not np.allclose(robust.std_errors, f.std_errors)


def test_monotone_and_concave_together_as_an_option():
    units = cost_table(60, seed=2, slope=0.5, prices=True)
    f = sfa(units, kind="cost", shape="monotone-concave")
    assert f.estimate.shape == "monotone-concave"
    assert f.shape_violations()["share"].max() == 0.0
    monotone = sfa(units, kind="cost", shape="monotone")
    assert monotone.shape_violations()["share"].max() > 0.0
    assert f.loglik <= monotone.loglik + 1e-7


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ({"distribution": "exponential"}, "use 'half-normal'"),
        ({"panel": "pitt-lee"}, "leave panel out"),
        ({"u": ["y1"], "v": ["y2"]}, "covariates of u, v: leave them out"),
        ({"covariance": "opg"}, "'sandwich'"),
        ({"distribution": "gamma", "u": ["y1"]}, "'half-normal'; covariates of u"),
    ],
)
def test_what_a_shape_cannot_be_combined_with_says_what_to_do(options, remedy):
    with pytest.raises(OptionError, match="shape= cannot be combined") as caught:
        sfa(cost_table(), kind="cost", shape="monotone", **options)
    assert remedy in str(caught.value)


def test_shape_option_is_checked_and_boundaries_raise_on_request():
    with pytest.raises(OptionError, match="monotone-concave"):
        sfa(cost_table(), kind="cost", shape="monoton")
    rng = np.random.default_rng(0)
    volume = np.exp(0.5 * rng.normal(size=(80, 2)))
    cost = volume.sum(axis=1) * np.exp(-np.abs(0.5 * rng.normal(size=80)))
    units = Units.from_arrays(cost, volume)
    with pytest.raises(WrongSkewError, match="under the shape"):
        sfa(units, kind="cost", form="cobb-douglas", shape="monotone", on_boundary="raise")
    warned = sfa(units, kind="cost", form="cobb-douglas", shape="monotone").warnings
    assert [issue.rule for issue in warned].count("boundary") == 1


def test_the_bootstrap_refuses_a_fit_whose_shape_it_would_drop():
    f = sfa(cost_table(seed=4), kind="cost", shape="monotone")
    with pytest.raises(OptionError, match="without shape="):
        bootstrap(f.estimate, f.design.X, replicates=5)


def test_concave_alone_as_an_option():
    """A quadratic production frontier with rising returns: the shape bends it back."""
    rng = np.random.default_rng(6)
    hours = np.exp(0.4 * rng.normal(size=(120, 1)))
    made = 1.0 + hours + 0.8 * hours**2 + 0.2 * rng.normal(size=(120, 1)) - np.abs(0.4 * rng.normal(size=(120, 1)))
    units = Units.from_arrays(hours, made)
    f = sfa(units, kind="production", form="quadratic", shape="concave")
    bent = f.design.hessian_columns(0, 0) @ f.params.to_numpy()[: len(f.design.names)]
    free = sfa(units, kind="production", form="quadratic")
    assert f.estimate.shape == "concave"
    assert bent <= 1e-6
    assert free.design.hessian_columns(0, 0) @ free.params.to_numpy()[: len(f.design.names)] > 0.0


@pytest.mark.parametrize("form", ["translog", "quadratic"])
@pytest.mark.parametrize(("monotone", "concave"), [(True, False), (False, True), (True, True)])
def test_a_shape_without_noise_is_a_deterministic_frontier_and_not_an_error(form, monotone, concave):
    """Small samples with many terms: the likelihood rises until no noise is left, which used to end the fit."""
    rng = np.random.default_rng(34)
    n = 40
    y1, y2 = np.exp(0.6 * rng.normal(size=(2, n)))
    w = np.exp(0.3 * rng.normal(size=(3, n)))
    cost = w[0] ** 0.4 * w[1] ** 0.3 * w[2] ** 0.3 * (y1**0.6 + 0.4 * y2) * np.exp(0.3 * np.abs(rng.normal(size=n)))
    frame = pd.DataFrame({"id": range(n), "cost": cost, "y1": y1, "y2": y2, "w1": w[0], "w2": w[1], "w3": w[2]})
    units = Units.from_frame(frame, id="id", inputs=["cost"], outputs=["y1", "y2"], input_prices=["w1", "w2", "w3"])
    found = shaped_sfa(units, kind="cost", form=form, monotone=monotone, concave=concave).fit.estimate
    named = {b.name: b for b in found.boundaries}
    assert named["sigma_v = 0"].loglik >= named["sigma_u = 0"].loglik
    if not found.at_boundary:
        # Monotone alone leaves this quadratic an interior root, with the limit named beside it.
        assert form == "quadratic"
        assert monotone
        assert named["sigma_v = 0"].gain == pytest.approx(named["sigma_v = 0"].loglik - found.loglik)
        return
    assert found.at_boundary == "sigma_v = 0"
    assert found.posterior.mean() == pytest.approx(-found.residual, abs=1e-7)
    assert found.posterior.mean().min() >= 0.0
    assert any("deterministic frontier" in issue.message for issue in found.warnings)
    # The half-normal's spread is the root mean square of the distances.
    assert np.exp(0.5 * found.params[-1]) == pytest.approx(np.sqrt(np.mean(found.residual**2)), rel=1e-6)
    if concave and monotone:
        with pytest.raises(ConvergenceError, match="sigma_v = 0"):
            sfa(units, kind="cost", form=form, shape="monotone-concave", on_boundary="raise")


def test_a_higher_limit_without_noise_is_named_beside_the_shaped_root():
    rng = np.random.default_rng(8)
    hours, visits = np.exp(0.5 * rng.normal(size=(2, 40)))
    cost = (hours + 0.3 * visits) * np.exp(0.1 * rng.normal(size=40) + 0.2 * np.abs(rng.normal(size=40)))
    units = Units.from_arrays(cost, np.column_stack([hours, visits]))
    estimate = shaped_sfa(units, kind="cost", form="cobb-douglas").fit.estimate
    edge = next(b for b in estimate.boundaries if b.name == "sigma_v = 0")
    assert edge.gain == pytest.approx(edge.loglik - estimate.loglik)
    warned = any("sigma_v = 0" in issue.message for issue in estimate.warnings)
    assert warned == (edge.gain > 1e-7 or edge.chosen)

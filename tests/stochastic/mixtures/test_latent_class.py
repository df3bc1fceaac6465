"""Mixtures of frontiers: derivatives against differences, nesting, recovery of simulated classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench import ConvergenceError, OptionError, Units, sfa
from bench.stochastic.mixtures.latent_class import latent_class, zero_inefficiency
from bench.stochastic.mixtures.mixture import Mixture, MixtureClass


def two_classes(n=400, seed=0, periods=1):
    rng = np.random.default_rng(seed)
    second = rng.uniform(size=n) < 0.35
    unit = np.repeat(np.arange(n), periods)
    x = np.exp(rng.normal(size=n * periods))
    slope, level = np.where(second, 0.9, 0.4)[unit], np.where(second, 1.5, 0.5)[unit]
    noise = 0.1 * rng.normal(size=n * periods) - np.abs(0.3 * rng.normal(size=n * periods))
    y = np.exp(level + slope * np.log(x) + noise)
    frame = pd.DataFrame({"unit": unit.astype(str), "year": np.tile(np.arange(periods), n), "x": x, "y": y})
    return Units.from_frame(frame, id="unit", period="year", inputs=["x"], outputs=["y"]), second


def test_derivatives_agree_with_differences():
    rng = np.random.default_rng(0)
    n, p = 12, 7
    classes = tuple(
        MixtureClass(
            (rng.normal(size=n), np.zeros(n), np.zeros(n)),
            (rng.normal(size=(n, p)), 0.3 * rng.normal(size=(n, p)), 0.3 * rng.normal(size=(n, p))),
            rng.normal(size=(6, p)),
        )
        for _ in range(3)
    )
    mixture = Mixture(classes, np.repeat(np.arange(6), 2), 6)
    theta = 0.3 * rng.normal(size=p)
    _, gradient, hessian = mixture.evaluate(theta)
    step = 1e-5
    for k in range(p):
        move = step * np.eye(p)[k]
        up, down = mixture.evaluate(theta + move), mixture.evaluate(theta - move)
        assert gradient[k] == pytest.approx((up[0] - down[0]) / (2 * step), abs=1e-7)
        assert hessian[k] == pytest.approx((up[1] - down[1]) / (2 * step), abs=1e-6)
    assert mixture.scores(theta).sum(axis=0) == pytest.approx(gradient)


def test_two_technologies_are_told_apart():
    units, second = two_classes()
    fit = latent_class(units, form="cobb-douglas")
    assert fit.shares.to_numpy() == pytest.approx([0.65, 0.35], abs=0.06)
    table = fit.coefficients()["estimate"]
    assert table["class 1: ln x"] == pytest.approx(0.4, abs=0.05)
    assert table["class 2: ln x"] == pytest.approx(0.9, abs=0.05)
    assert np.mean((fit.posterior[:, 1] > 0.5) == second) > 0.9
    one = sfa(units, form="cobb-douglas")
    assert fit.loglik > one.loglik + 20.0
    assert fit.bic < one.bic
    errors = fit.coefficients()["std_error"]
    assert ((errors > 0.0) & (errors < 2.0)).all()


def test_rows_of_a_unit_share_their_class():
    units, second = two_classes(n=80, periods=4)
    fit = latent_class(units, form="cobb-douglas")
    assert fit.probabilities.groupby(level="unit").nunique().max().max() == 1
    assert np.mean((fit.posterior[::4, 1] > 0.5) == second) > 0.97


def test_membership_columns_shift_the_odds():
    rng = np.random.default_rng(5)
    n = 500
    z = rng.normal(size=n)
    second = rng.uniform(size=n) < 1.0 / (1.0 + np.exp(0.5 - 2.0 * z))
    x = np.exp(rng.normal(size=n))
    y = np.exp(
        np.where(second, 1.5, 0.0) + 0.5 * np.log(x) + 0.1 * rng.normal(size=n) - np.abs(0.2 * rng.normal(size=n))
    )
    frame = pd.DataFrame({"unit": np.arange(n).astype(str), "x": x, "y": y, "z": z})
    units = Units.from_frame(
        frame, id="unit", inputs=["x"], outputs=["y"], environment=["z"], accept=["negative-value"]
    )  # fmt: skip
    fit = latent_class(units, membership=["z"], form="cobb-douglas")
    odds = fit.coefficients().loc["class 2 odds: z"]
    assert abs(odds["estimate"]) == pytest.approx(2.0, abs=4 * odds["std_error"])


def test_answer_does_not_depend_on_measures():
    units, _ = two_classes(200)
    frame = units.frame.assign(x=units.frame["x"] * 1e5, y=units.frame["y"] * 1e-4)
    other = Units.from_frame(frame, id="unit", period="year", inputs=["x"], outputs=["y"])
    one, two = latent_class(units, form="cobb-douglas"), latent_class(other, form="cobb-douglas")
    assert two.loglik == pytest.approx(one.loglik, abs=1e-6)
    assert two.efficiency.to_numpy() == pytest.approx(one.efficiency.to_numpy(), abs=1e-6)


def test_share_of_efficient_units_is_found():
    rng = np.random.default_rng(1)
    n = 2000
    x = np.exp(rng.normal(size=n))
    efficient = rng.uniform(size=n) < 0.4
    u = np.where(efficient, 0.0, np.abs(0.6 * rng.normal(size=n)))
    units = Units.from_arrays(x**0.5 * np.exp(0.1 * rng.normal(size=n) + u), x)
    fit = zero_inefficiency(units, kind="cost", form="cobb-douglas")
    assert fit.shares["efficient"] == pytest.approx(0.4, abs=0.08)
    assert fit.splits[1].sigma_u == pytest.approx(0.6, abs=0.06)
    assert fit.splits[0].boundary == "sigma_u = 0"
    assert fit.posterior[efficient, 0].mean() > fit.posterior[~efficient, 0].mean() + 0.2
    assert fit.loglik >= sfa(units, kind="cost", form="cobb-douglas").loglik
    assert np.corrcoef(fit.efficiency, np.exp(-u))[0, 1] > 0.8


def test_classes_at_a_boundary_are_named():
    found = [latent_class(two_classes(90, seed=s)[0], form="cobb-douglas", starts=6) for s in range(6)]
    held = [fit for fit in found if fit.warnings]
    assert held
    for fit in held:
        edges = [split.boundary for split in fit.splits]
        for j, edge in enumerate(edges):
            estimate = fit.coefficients()
            if edge == "sigma_u = 0":
                assert (fit.efficiencies.iloc[:, j] == 1.0).all()
                assert estimate.loc[f"class {j + 1}: ln σu²", "estimate"] == -np.inf
            if edge == "sigma_v = 0":
                assert np.isnan(estimate.loc[f"class {j + 1}: ln σv²", "std_error"])
        assert len(fit.warnings) == sum(edge != "" for edge in edges)
        assert "fewer classes" in str(fit.summary())


def test_surface_and_errors():
    units, _ = two_classes(150)
    fit = latent_class(units, form="cobb-douglas")
    assert "Shares of the classes" in str(fit.summary())
    assert list(fit.to_frame().columns) == ["efficiency", "class", "P class 1", "P class 2"]
    assert "latent-class" in repr(fit)
    assert fit.aic < fit.bic
    with pytest.raises(OptionError, match="classes"):
        latent_class(units, classes=1)
    rng = np.random.default_rng(0)
    x = np.exp(rng.normal(size=14))
    with pytest.raises(ConvergenceError, match="fewer classes"):
        latent_class(Units.from_arrays(x, x * np.exp(0.1 * rng.normal(size=14))), classes=5, form="cobb-douglas")

"""COLS and MOLS against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from bench import DataError, OptionError, Units, WrongSkewError, sfa
from bench.stochastic.least_squares.corrected_least_squares import cols, mols


def table(kind, seed=0, n=300, sigma_u=0.3):
    rng = np.random.default_rng(seed)
    x = np.exp(rng.normal(size=(n, 2)))
    u = np.abs(sigma_u * rng.normal(size=n))
    core, v = x[:, 0] ** 0.4 * x[:, 1] ** 0.3, 0.1 * rng.normal(size=n)
    if kind == "production":
        return Units.from_arrays(x, core * np.exp(v - u))
    return Units.from_arrays(core * np.exp(v + u), x)


@pytest.mark.parametrize("kind", ["production", "cost"])
@pytest.mark.parametrize("form", ["cobb-douglas", "translog"])
def test_cols_envelops_with_the_slopes_of_least_squares(kind, form):
    fit = cols(table(kind), kind=kind, form=form)
    assert fit.residuals.max() == pytest.approx(0.0, abs=1e-12)
    assert fit.efficiency.max() == pytest.approx(1.0)
    beta, *_ = np.linalg.lstsq(fit.design.X, fit.design.y, rcond=None)
    assert fit.beta[1:] == pytest.approx(beta[1:])
    assert fit.beta[0] - beta[0] == pytest.approx(fit.shift)
    residual = fit.design.y - fit.design.X @ beta
    variance = residual @ residual / (300 - len(beta)) * np.linalg.inv(fit.design.X.T @ fit.design.X)
    assert fit.covariance == pytest.approx(variance)


@pytest.mark.parametrize("kind", ["production", "cost"])
def test_mols_is_near_maximum_likelihood(kind):
    units = table(kind, n=3000)
    fit = mols(units, kind=kind, form="cobb-douglas")
    likelihood = sfa(units, kind=kind, form="cobb-douglas")
    assert fit.split.sigma_u == pytest.approx(0.3, rel=0.15)
    assert fit.beta[0] == pytest.approx(likelihood.params.iloc[0], abs=0.05)
    assert np.corrcoef(fit.efficiency, likelihood.efficiency)[0, 1] > 0.99


def test_wrong_skewness_is_reported_or_raised():
    units = table("production")
    flipped = Units.from_arrays(units.X, 1.0 / units.Y)
    fit = mols(flipped, form="cobb-douglas")
    assert (fit.efficiency == 1.0).all()
    assert fit.warnings[0].rule == "wrong-skew"
    with pytest.raises(WrongSkewError):
        mols(flipped, form="cobb-douglas", on_wrong_skew="raise")


def test_quadratic_form_gives_shares():
    units = Units.from_arrays([[10.0], [22.0], [29.0], [45.0]], [[1.0], [2.0], [3.0], [4.0]])
    fit = cols(units, kind="cost", form="quadratic")
    frontier = fit.design.X @ fit.beta
    assert fit.efficiency.to_numpy() == pytest.approx(np.minimum(frontier / units.X[:, 0], 1.0))


def test_surface_and_errors():
    fit = mols(table("cost"), kind="cost", form="cobb-douglas")
    assert "Modified least squares" in str(fit.summary())
    assert "mols" in repr(fit)
    assert list(fit.to_frame().columns) == ["efficiency", "inefficiency", "residual"]
    with pytest.raises(OptionError, match="homogeneous"):
        cols(table("cost"), homogenous=True)
    twice = Units.from_arrays([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], [[1.0], [2.0], [2.5]])
    with pytest.raises(DataError, match="combination"):
        cols(twice, form="cobb-douglas")

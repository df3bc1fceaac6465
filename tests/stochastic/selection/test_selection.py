"""Stochastic frontier with sample selection."""

import numpy as np
import pandas as pd
import pytest

from bench import Units
from bench.errors import ConvergenceError, DataError, OptionError
from bench.stochastic import fit
from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS
from bench.stochastic.selection.selection import selected_sfa
from bench.stochastic.selection.selection_estimate import sample_selection
from bench.stochastic.selection.selection_likelihood import SelectedRows, integrate, log_ndtr_mills, quantile_of_nodes


def simulate(seed, n=3000, rho=0.7, sign=1.0):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=n)])
    z = np.column_stack([np.ones(n), x[:, 1], rng.normal(size=n)])
    w = rng.normal(size=n)
    v = 0.2 * (rho * w + np.sqrt(1 - rho**2) * rng.normal(size=n))
    u = 0.4 * np.abs(rng.normal(size=n))
    seen = z @ [0.2, 0.5, 1.0] + w > 0
    y = np.where(seen, x @ [1.0, 0.5] + v - sign * u, np.nan)
    return y, x, seen, z, u


@pytest.mark.parametrize(("v", "u"), [(-2.0, -1.0), (-6.0, 1.0), (1.0, -6.0), (-2.0, -12.0)])
def test_zero_correlation_is_the_half_normal(v, u):
    rng = np.random.default_rng(0)
    e, index, zero = 2 * rng.normal(size=60), rng.normal(size=60), np.zeros(60)
    composed = DISTRIBUTIONS["half-normal"].evaluate(e, zero + v, zero + u, zero)[0]
    value = integrate(e, index, v, u, 0.0).value
    np.testing.assert_allclose(value, composed + log_ndtr_mills(index)[0], rtol=0, atol=1e-8)


def test_density_over_both_outcomes_sums_to_the_half_normal():
    """P(selected, e) + P(not selected, e) = f(e): the complement has the index and the correlation turned."""
    rng = np.random.default_rng(1)
    e, index, zero = rng.normal(size=40), rng.normal(size=40), np.zeros(40)
    composed = DISTRIBUTIONS["half-normal"].evaluate(e, zero - 2, zero - 1, zero)[0]
    both = np.logaddexp(integrate(e, index, -2, -1, 1.1).value, integrate(e, -index, -2, -1, -1.1).value)
    np.testing.assert_allclose(both, composed, rtol=0, atol=1e-10)


def test_derivatives_agree_with_differences():
    rng = np.random.default_rng(2)
    design = np.column_stack([np.ones(40), rng.normal(size=40)])
    problem = SelectedRows(rng.normal(size=40), -design, rng.normal(size=40))
    theta, step = np.array([0.2, 0.4, -1.0, -0.5, 0.6]), 1e-5 * np.eye(5)
    _, gradient, hessian = problem.evaluate(theta)
    slopes = [(problem.value(theta + d) - problem.value(theta - d)) / 2e-5 for d in step]
    curves = [(problem.evaluate(theta + d)[1] - problem.evaluate(theta - d)[1]) / 2e-5 for d in step]
    np.testing.assert_allclose(gradient, slopes, atol=1e-6)
    np.testing.assert_allclose(hessian, curves, atol=1e-6)
    np.testing.assert_allclose(problem.scores(theta).sum(axis=0), gradient, atol=1e-10)


@pytest.mark.parametrize(("sign", "kind"), [(1.0, "production"), (-1.0, "cost")])
def test_recovers_the_truth(sign, kind):
    y, x, seen, z, u = simulate(3, sign=sign)
    found = sample_selection(y, x, seen, z, kind=kind)
    truth = np.array([1.0, 0.5, 2 * np.log(0.2), 2 * np.log(0.4), np.arctanh(0.7)])
    assert np.all(np.abs(found.params - truth) < 3.5 * found.std_errors)
    assert np.all(found.std_errors[:2] < 0.05)
    assert np.all(np.abs(found.selection - [0.2, 0.5, 1.0]) < 0.15)
    assert found.rho > 0.4
    assert found.selection_test().p_value < 0.01
    assert found.gradient_norm < 1e-6
    assert np.corrcoef(found.inefficiency, u[found.rows])[0, 1] > 0.7
    assert found.to_frame().shape == (seen.sum(), 4)
    assert "Selection (probit)" in str(found.summary())


def test_measure_does_not_matter():
    y, x, seen, z, _ = simulate(4, n=1000)
    found, scaled = sample_selection(y, x, seen, z), sample_selection(1000 * y, x * [1, 50], seen, z)
    np.testing.assert_allclose(scaled.params[:2], found.params[:2] * [1000, 20], rtol=1e-6)
    np.testing.assert_allclose(scaled.params[-1], found.params[-1], rtol=1e-6)


def test_bad_input():
    y, x, seen, z, _ = simulate(5, n=200)
    with pytest.raises(DataError, match="some rows"):
        sample_selection(y, x, np.ones(200), z)
    with pytest.raises(DataError, match="same n"):
        sample_selection(y[:-1], x, seen, z)
    with pytest.raises(DataError, match="selected rows"):
        sample_selection(np.full(200, np.nan), x, seen, z)
    with pytest.raises(DataError, match="Z has values"):
        sample_selection(y, x, seen, np.where(z == z[0, 2], np.nan, z))
    with pytest.raises(DataError, match="true and false"):
        sample_selection(y, x, seen * 2, z)
    with pytest.raises(ConvergenceError, match="separates"):
        sample_selection(y, x, seen, np.column_stack([np.ones(200), np.where(seen, 1.0, -1.0)]))


def test_intervals_without_correlation_are_the_half_normals():
    """At ρ = 0 selection says nothing about u: the bounds are those of Horrace & Schmidt (1996) in closed form."""
    rng = np.random.default_rng(6)
    x = np.column_stack([np.ones(80), rng.normal(size=80)])
    ordinary = fit(x @ [1.0, 0.5] + 0.2 * rng.normal(size=80) - 0.4 * np.abs(rng.normal(size=80)), x)
    v, u = ordinary.params[-2:]
    at = integrate(ordinary.residual, rng.normal(size=80), v, u, 0.0)
    for p in (0.005, 0.025, 0.5, 0.975, 0.995):
        assert quantile_of_nodes(at.u, at.weight, p) == pytest.approx(ordinary.posterior.quantile(p), abs=2e-6)


def test_intervals_cover_the_truth():
    y, x, seen, z, u = simulate(3)
    found = sample_selection(y, x, seen, z)
    bounds = found.efficiency_interval(0.9)
    truth = np.exp(-u[found.rows])
    assert ((bounds["lower"] <= truth) & (truth <= bounds["upper"])).mean() == pytest.approx(0.9, abs=0.03)
    assert (found.efficiency_interval(0.95)["lower"] <= bounds["lower"]).all()
    with pytest.raises(OptionError, match="level"):
        found.efficiency_interval(95)


def test_tables_give_what_arrays_give():
    y, x, seen, z, _ = simulate(7, n=800)
    everyone = pd.DataFrame({"unit": [f"u{k}" for k in range(800)], "size": x[:, 1], "travel": z[:, 2]})
    table = everyone.assign(hours=np.exp(x[:, 1]), visits=np.exp(y))[seen]
    units = Units.from_frame(table, id="unit", inputs=["hours"], outputs=["visits"])
    # Neither the order nor further rows of the larger table matter beyond who is in it.
    found = selected_sfa(units, everyone.sample(frac=1.0, random_state=0), selection=["size", "travel"])
    other = sample_selection(y, x, seen, z)
    assert found.params == pytest.approx(other.params, rel=1e-6)
    assert found.names == ("const", "ln hours", "lnsig2v", "lnsig2u", "artanh_rho")
    frame = found.to_frame()
    assert set(frame.index) == set(table["unit"])
    assert frame.loc[table["unit"], "efficiency"].to_numpy() == pytest.approx(other.efficiency, abs=1e-7)
    assert ((frame["lower"] < frame["efficiency"]) & (frame["efficiency"] < frame["upper"])).all()
    with pytest.raises(DataError, match="no column 'travl'"):
        selected_sfa(units, everyone, selection=["travl"])
    with pytest.raises(DataError, match="not in the table of all units"):
        selected_sfa(units, everyone.iloc[5:], selection=["travel"])
    with pytest.raises(DataError, match="more than once"):
        selected_sfa(units, pd.concat([everyone, everyone.iloc[:1]]), selection=["travel"])
    with pytest.raises(DataError, match="some rows"):
        selected_sfa(units, everyone[seen], selection=["travel"])

"""Convex quantile and expectile regression against a linear program, least squares and their own definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stochastic.convex.naive_cnls import quantile_program

from bench import OptionError, Units
from bench.stochastic.convex.cnls import cnls_arrays
from bench.stochastic.convex.quantile import (
    convex_expectile,
    convex_expectile_arrays,
    convex_quantile,
    convex_quantile_arrays,
)


def sample(n, d=2, kind="production", seed=0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(1.0, 10.0, (n, d))
    core = np.sum(np.sqrt(x), axis=1) if kind == "production" else np.sum(x**1.3, axis=1)
    return core * np.exp(0.2 * rng.normal(size=n)), x, rng.normal(size=(n, 1))


@pytest.mark.parametrize("kind", ["production", "cost"])
@pytest.mark.parametrize("rts", ["vrs", "crs", "drs", "irs"])
@pytest.mark.parametrize("tau", [0.1, 0.75])
def test_quantile_loss_is_the_linear_programs(kind, rts, tau):
    y, x, z = sample(20, kind=kind, seed=1)
    fit = convex_quantile_arrays(y, x, z, tau=tau, rts=rts, kind=kind)
    r = fit.residuals.to_numpy()
    loss = np.sum(np.where(r > 0, tau * r, (tau - 1) * r))
    assert loss == pytest.approx(quantile_program(y, x, z, tau, rts, kind), rel=1e-6)
    assert fit.certificate.worst < 1e-7


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000), tau=st.floats(0.05, 0.95))
def test_the_share_below_brackets_tau(seed, tau):
    y, x, _ = sample(30, 1, seed=seed)
    fit = convex_quantile_arrays(y, x, tau=tau, rts="vrs")
    assert fit.share_below() <= tau + 1e-9
    assert fit.share_below() + fit.share_on() >= tau - 1e-9


@pytest.mark.parametrize("kind", ["production", "cost"])
def test_the_middle_expectile_is_least_squares(kind):
    y, x, z = sample(60, kind=kind)
    fit = convex_expectile_arrays(y, x, z, tau=0.5, rts="vrs", kind=kind)
    mean = cnls_arrays(y, x, z, rts="vrs", kind=kind)
    assert fit.fitted.to_numpy() == pytest.approx(mean.fitted.to_numpy(), abs=1e-6)
    assert fit.environment()["std_error"].iloc[0] == pytest.approx(mean.environment()["std_error"].iloc[0], rel=1e-3)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 1000), tau=st.floats(0.05, 0.95))
def test_expectile_balances_its_distances(seed, tau):
    y, x, _ = sample(40, 2, seed=seed)
    r = convex_expectile_arrays(y, x, tau=tau, rts="vrs").residuals.to_numpy()
    above, below = r[r > 0].sum(), -r[r < 0].sum()
    assert tau * above == pytest.approx((1 - tau) * below, rel=1e-5, abs=1e-8)


def test_higher_tau_gives_a_higher_mean_frontier():
    y, x, _ = sample(80, kind="cost")
    levels = [convex_expectile_arrays(y, x, tau=t, rts="vrs", kind="cost").fitted.mean() for t in (0.1, 0.5, 0.9)]
    assert levels == sorted(levels)


def test_quantile_does_not_depend_on_the_order():
    y, x, _ = sample(50, seed=5)
    order = np.random.default_rng(0).permutation(50)
    one = convex_quantile_arrays(y, x, tau=0.8, rts="vrs").fitted.to_numpy()
    two = convex_quantile_arrays(y[order], x[order], tau=0.8, rts="vrs").fitted.to_numpy()
    assert two == pytest.approx(one[order], abs=1e-4)


def test_table_in_table_out():
    y, x, _ = sample(30, kind="cost")
    units = Units.from_arrays(y[:, None], x)
    for fit in (
        convex_quantile(units, tau=0.2, rts="drs", kind="cost"),
        convex_expectile(units, tau=0.2, rts="drs", kind="cost"),
    ):
        assert list(fit.to_frame().columns[:3]) == ["x1", "fitted", "residual"]
        assert "Share below" in str(fit.summary())
        assert fit.predict(x) == pytest.approx(fit.fitted.to_numpy(), abs=1e-6)
        assert "0.2" in repr(fit)
        assert fit.plot().to_dict()["mark"]["type"] == "circle"


@pytest.mark.parametrize("tau", [0.0, 1.0, -1, "half", True])
def test_tau_must_be_a_share(tau):
    with pytest.raises(OptionError, match="tau"):
        convex_quantile_arrays([1.0, 2.0], [1.0, 2.0], tau=tau, rts="vrs")

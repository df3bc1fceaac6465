"""Student-t noise: the density by another integral, the limit of normal noise, and rows that do not bend it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import halfnorm
from scipy.stats import t as student

import bench
from bench.stochastic import student_sfa
from bench.stochastic.extended.student_noise import log_density


@pytest.mark.parametrize(("sigma_v", "sigma_u", "nu"), [(0.2, 0.4, 3.0), (0.5, 0.1, 1.2), (0.1, 1.0, 30.0)])
def test_density_is_the_convolution_of_t_and_half_normal(sigma_v, sigma_u, nu):
    e = np.array([-1.5, -0.3, 0.0, 0.4, 1.2])
    found = log_density(e, np.array([2 * np.log(sigma_v), 2 * np.log(sigma_u), np.log(nu)]))
    for value, at in zip(found, e, strict=True):

        def joint(u, at=at):
            return student(nu, scale=sigma_v).pdf(at + u) * halfnorm(scale=sigma_u).pdf(u)

        want = quad(joint, 0, 10 * sigma_u, epsabs=1e-13, points=[max(-at, 0.0)], limit=400)[0]
        assert value == pytest.approx(np.log(want), abs=1e-6)


@pytest.mark.slow
def test_normal_noise_is_named_and_is_the_ordinary_frontier():
    rng = np.random.default_rng(11)
    x = np.exp(rng.normal(size=300))
    # Noise with thinner tails than the normal's.
    error = 0.2 * rng.uniform(-1.7, 1.7, size=300) - 0.5 * np.abs(rng.normal(size=300))
    units = bench.Units.from_arrays(x, x**0.6 * np.exp(error))
    f = student_sfa(units, form="cobb-douglas")
    ordinary = bench.sfa(units, form="cobb-douglas")
    assert [issue.rule for issue in f.warnings] == ["normal-noise"]
    assert f.params[:2] == pytest.approx(ordinary.params.to_numpy()[:2], abs=0.01)
    assert f.efficiency.to_numpy() == pytest.approx(ordinary.efficiency.to_numpy(), abs=0.02)


def test_odd_rows_do_not_bend_the_frontier():
    rng = np.random.default_rng(12)
    x = np.exp(rng.normal(size=250))
    error = 0.1 * rng.normal(size=250) - 0.3 * np.abs(rng.normal(size=250))
    odd = rng.choice(250, 6, replace=False)
    error[odd] += np.where(x[odd] > 1, 2.0, -2.0)
    units = bench.Units.from_arrays(x, x**0.6 * np.exp(error))
    f, ordinary = student_sfa(units, form="cobb-douglas"), bench.sfa(units, form="cobb-douglas")
    assert f.params[1] == pytest.approx(0.6, abs=0.03)
    assert abs(f.params[1] - 0.6) < abs(ordinary.params["ln x1"] - 0.6)
    weight = f.to_frame()["noise_weight"].to_numpy()
    assert weight[odd].max() < np.delete(weight, odd).mean()
    assert f.loglik > ordinary.loglik + 5


def test_measures_do_not_matter():
    rng = np.random.default_rng(13)
    x = np.exp(rng.normal(size=150))
    y = x**0.6 * np.exp(0.1 * rng.standard_t(4, size=150) - 0.4 * np.abs(rng.normal(size=150)))
    first, second = (student_sfa(bench.Units.from_arrays(100 * k * x, k * y), form="cobb-douglas") for k in (1, 1000))
    assert first.params[-3:] == pytest.approx(second.params[-3:], abs=1e-4)
    assert first.efficiency.to_numpy() == pytest.approx(second.efficiency.to_numpy(), abs=1e-5)

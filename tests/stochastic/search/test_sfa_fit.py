"""The estimator: convergence, boundaries, invariance, bad input. Each trap met in other programs is a test here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import ConvergenceError, DataError, OptionError, WrongSkewError
from bench.stochastic import fit
from bench.stochastic.covariance import covariance
from bench.stochastic.hypothesis_tests import likelihood_ratio, skewness_test, vuong, wald
from bench.stochastic.search import estimate
from bench.stochastic.search.deterministic import linear_envelope, quadratic_envelope

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks"))
import bench_sfa_robustness as robustness


def sample(seed=0, n=200, k=2, sigma_u=0.4, sigma_v=0.2, law="half-normal", kind="production"):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, k))])
    u = sigma_u * (np.abs(rng.normal(size=n)) if law == "half-normal" else rng.exponential(size=n))
    y = x @ np.linspace(1.0, 0.3, k + 1) + sigma_v * rng.normal(size=n) + (u if kind == "cost" else -u)
    return y, x


def wrong_skew(n=100):
    """A sample whose least-squares residuals are skewed to the right."""
    rng = np.random.default_rng(3)
    x = np.column_stack([np.ones(n), rng.normal(size=n)])
    return x @ [1.0, 0.5] + rng.exponential(size=n), x


@pytest.mark.parametrize("seed", range(12))
def test_no_start_of_fifty_finds_a_better_interior_root(seed):
    outcome = robustness.check(20_000 + seed)
    assert not outcome.startswith(("crash", "missed", "lower")), outcome


@given(power=st.integers(-6, 6), column=st.integers(0, 3), seed=st.integers(0, 50))
@settings(deadline=None, max_examples=25)
def test_measures_do_not_matter(power, column, seed):
    rng = np.random.default_rng(seed)
    levels = np.exp(rng.normal(size=(150, 3)))
    noise = 0.2 * rng.normal(size=150) - 0.4 * np.abs(rng.normal(size=150))
    output = levels[:, 0] ** 0.3 * levels[:, 1] ** 0.4 * levels[:, 2] ** 0.2 * np.exp(noise)
    data = np.column_stack([output, levels])

    def estimate(table):
        z = np.log(table[:, 1:])
        x = np.column_stack([np.ones(150), z, 0.5 * z**2, z[:, 0] * z[:, 1], z[:, 0] * z[:, 2], z[:, 1] * z[:, 2]])
        return fit(np.log(table[:, 0]), x)

    base = estimate(data)
    data[:, column] *= 10.0**power
    scaled = estimate(data)
    assert scaled.posterior.efficiency() == pytest.approx(base.posterior.efficiency(), abs=1e-8)
    assert scaled.loglik == pytest.approx(base.loglik, abs=1e-7)


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_measure_of_a_level_regression_does_not_matter(factor):
    y, x = sample()
    base, scaled = fit(y, x), fit(y * factor, x * [1.0, 1 / factor, factor])
    assert scaled.loglik + len(y) * np.log(factor) == pytest.approx(base.loglik, abs=1e-7)
    assert scaled.params[1] == pytest.approx(base.params[1] * factor**2, rel=1e-8)
    se, base_se = np.sqrt(np.diag(scaled.covariance)), np.sqrt(np.diag(base.covariance))
    assert se[2] == pytest.approx(base_se[2], rel=1e-7)


def test_wrong_skewness_is_reported_and_not_a_crash():
    y, x = wrong_skew()
    e = fit(y, x)
    assert e.at_boundary == "sigma_u = 0"
    assert e.loglik == pytest.approx(e.ols_loglik)
    assert e.posterior.efficiency() == pytest.approx(1.0)
    assert np.isneginf(e.params[-1])
    assert np.isfinite(np.sqrt(np.diag(e.covariance))[:3]).all()
    assert {"wrong-skew", "boundary"} <= {issue.rule for issue in e.warnings}
    with pytest.raises(WrongSkewError, match="least squares"):
        fit(y, x, on_boundary="raise")
    # The same residuals are right for a cost frontier.
    assert fit(y, x, kind="cost", distribution="exponential").at_boundary == ""


def test_a_higher_deterministic_limit_is_named_and_the_interior_root_reported():
    """Known from Stata's greene9 example: the limit σv → 0 beats the interior maximum."""
    named = 0
    for seed in range(30):
        y, x = sample(seed, n=30, sigma_v=0.15)
        e = fit(y, x)
        limit = next((b for b in e.boundaries if b.name == "sigma_v = 0"), None)
        if limit is not None and limit.gain > 0 and not e.at_boundary:
            named += 1
            assert any("sigma_v = 0" in issue.message for issue in e.warnings)
            assert np.exp(0.5 * e.params[-2]) > 1e-4
    assert named > 0


def test_no_noise_at_all_is_a_deterministic_frontier():
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(25), rng.normal(size=25)])
    y = x @ [1.0, 0.5] - np.abs(rng.normal(size=25))
    e = fit(y, x)
    gain = [b.gain for b in e.boundaries if b.name == "sigma_v = 0"]
    assert e.at_boundary == "sigma_v = 0" or (gain and gain[0] > 0)


def test_truncated_normal_names_the_exponential_limit():
    y, x = sample(5, n=300, law="exponential")
    e = fit(y, x, distribution="truncated-normal")
    limit = next(b for b in e.boundaries if b.name == "mu -> -infinity")
    assert limit.loglik == pytest.approx(fit(y, x, distribution="exponential").loglik, abs=1e-7)
    assert e.loglik >= fit(y, x, distribution="half-normal").loglik - 1e-8


def test_truncated_normal_on_its_ridge_is_the_exponential():
    """The likelihood climbs towards μ → −∞ without a maximum: a peer reports whatever the iteration limit left."""
    rng = np.random.default_rng(2)
    x = np.column_stack([np.ones(400), rng.normal(size=400)])
    y = x @ [1.0, 0.5] + 0.15 * rng.normal(size=400) - 0.4 * rng.exponential(size=400)
    e, limit = fit(y, x, distribution="truncated-normal"), fit(y, x, distribution="exponential")
    assert e.at_boundary == "mu -> -infinity"
    assert e.loglik == pytest.approx(limit.loglik, abs=1e-8)
    assert e.params[:3] == pytest.approx(limit.params[:3], rel=1e-7)
    assert e.posterior.efficiency() == pytest.approx(limit.posterior.efficiency(), abs=1e-8)
    assert any("use that" in issue.message for issue in e.warnings)


@pytest.mark.parametrize("law", ["truncated-normal", "truncated-normal-scaled"])
@pytest.mark.parametrize(("head", "remedy"), [("mu", "with the covariates of mu in u"), ("u", "'exponential', or fix")])
def test_covariates_on_the_ridge_are_an_error_with_its_remedy(law, head, remedy):
    """Exponential inefficiency: with covariates (Battese & Coelli 1995) the likelihood has no maximum either."""
    rng = np.random.default_rng(3)
    x, z = np.column_stack([np.ones(200), rng.normal(size=200)]), rng.normal(size=200)
    y = x @ [1.0, 0.5] + 0.1 * rng.normal(size=200) - 0.3 * rng.exponential(size=200) * np.exp(0.2 * z)
    with pytest.raises(ConvergenceError, match="mu -> -infinity") as caught:
        fit(y, x, distribution=law, **{head: z})
    message = str(caught.value)
    assert "without a maximum" in message
    assert remedy in message
    assert "half-normal" in message
    # The remedy works, and the value told is in the measure of the data: just below its limit when u has the covariate.
    limit = fit(y, x, distribution="exponential", u=z)
    assert limit.at_boundary == ""
    reached = float(message.split("(")[1].split(" and rising")[0])
    assert reached == pytest.approx(limit.loglik, abs=0.6)
    if head == "u":
        assert reached <= limit.loglik


def test_a_search_with_covariates_that_fails_is_not_called_least_squares(monkeypatch):
    """The model without covariates has a maximum: that says nothing about where the larger one ended."""
    y, x = sample(8, n=250)
    z = np.random.default_rng(1).normal(size=(250, 1))
    original = estimate.maximise
    monkeypatch.setattr(estimate, "maximise", lambda *args, **given: original(*args, max_iterations=1, **given))
    with pytest.raises(ConvergenceError, match="no start reached"):
        fit(y, x, u=z)


@pytest.mark.parametrize("law", ["half-normal", "exponential", "rayleigh"])
def test_covariates_never_end_below_the_model_without_them(law):
    y, x = sample(8, n=250)
    z = np.random.default_rng(1).normal(size=(250, 1))
    plain = fit(y, x, distribution=law).loglik
    assert fit(y, x, distribution=law, u=z).loglik >= plain - 1e-9
    assert fit(y, x, distribution=law, v=z).loglik >= plain - 1e-9
    assert fit(y, x, distribution=law, u=z, v=z).loglik >= plain - 1e-9


def test_scaling_property_keeps_the_shape_of_u():
    y, x = sample(9, n=400)
    z = np.random.default_rng(2).normal(size=(400, 1))
    e = fit(y, x, distribution="truncated-normal-scaled", u=z)
    assert e.loglik >= fit(y, x, distribution="truncated-normal-scaled").loglik - 1e-9
    assert e.diagnostics.gradient_norm < 1e-5


@pytest.mark.parametrize("kind", ["production", "cost"])
def test_production_and_cost_mirror_each_other(kind):
    y, x = sample(4, kind=kind)
    e = fit(y, x, kind=kind)
    other = fit(-y, x, kind="cost" if kind == "production" else "production")
    assert other.loglik == pytest.approx(e.loglik, abs=1e-9)
    assert other.posterior.efficiency() == pytest.approx(e.posterior.efficiency(), abs=1e-9)


def test_large_samples_recover_the_truth():
    y, x = sample(0, n=40_000, sigma_u=0.4, sigma_v=0.2)
    e = fit(y, x)
    assert np.exp(0.5 * e.params[-2:]) == pytest.approx([0.2, 0.4], abs=0.01)
    assert e.params[:3] == pytest.approx([1.0, 0.65, 0.3], abs=0.02)
    assert e.diagnostics.gradient_norm < 1e-4


def test_covariances_agree_in_large_samples():
    y, x = sample(1, n=20_000)
    e = fit(y, x)
    hessian = np.sqrt(np.diag(e.covariance))
    for kind in ("opg", "sandwich"):
        assert np.sqrt(np.diag(covariance(kind, e.covariance, e.scores))) == pytest.approx(hessian, rel=0.05)
    clusters = np.arange(20_000) // 2
    clustered = covariance("clustered", e.covariance, e.scores, clusters)
    assert np.sqrt(np.diag(clustered)) == pytest.approx(hessian, rel=0.05)
    with pytest.raises(DataError, match="clusters"):
        covariance("clustered", e.covariance, e.scores)


def test_envelopes_hold_and_are_optimal():
    y, x = sample(2, n=60)
    beta, u = quadratic_envelope(x, y)
    assert (x @ beta - y >= -1e-9).all()
    other, v = linear_envelope(x, y)
    assert (x @ other - y >= -1e-9).all()
    assert v.sum() <= u.sum() + 1e-9
    assert (u**2).sum() <= (v**2).sum() + 1e-9
    # No feasible neighbour is better.
    rng = np.random.default_rng(0)
    for _ in range(200):
        near = beta + 1e-3 * rng.normal(size=3)
        if (x @ near >= y).all():
            assert ((x @ near - y) ** 2).sum() >= (u**2).sum() - 1e-12


def test_bad_input_states_the_remedy():
    y, x = sample()
    with pytest.raises(DataError, match="linear combination of x1"):
        fit(y, np.column_stack([x, 2 * x[:, 1]]))
    with pytest.raises(DataError, match="constant, as the intercept is"):
        fit(y, np.column_stack([x, np.full(len(y), 3.0)]))
    with pytest.raises(DataError, match="constant"):
        fit(y, x, u=np.full((len(y), 1), 2.0))
    with pytest.raises(DataError, match="cannot carry"):
        fit(y[:4], x[:4])
    with pytest.raises(DataError, match="exactly"):
        fit(x @ [1.0, 2.0, 3.0], x)
    broken = y.copy()
    broken[3] = np.nan
    with pytest.raises(DataError, match="first is row 4"):
        fit(broken, x)
    with pytest.raises(DataError, match="no location"):
        fit(y, x, mu=x[:, 1:])
    with pytest.raises(OptionError, match="kind"):
        fit(y, x, kind="profit")


def test_likelihood_ratio_uses_the_mixture():
    """Kodde & Palm (1986), table 1: 5 % critical values 2.706 with one and 5.138 with two restrictions."""
    assert likelihood_ratio(0.0, 2.706 / 2, 1, one_sided=1).p_value == pytest.approx(0.05, abs=1e-4)
    assert likelihood_ratio(0.0, 5.138 / 2, 2, one_sided=1).p_value == pytest.approx(0.05, abs=1e-4)
    assert likelihood_ratio(0.0, 3.841 / 2, 1).p_value == pytest.approx(0.05, abs=1e-4)


def test_other_tests():
    y, x = sample(0, n=500)
    beta, *_ = np.linalg.lstsq(x, y, rcond=None)
    assert skewness_test(y - x @ beta).p_value < 0.01
    e = fit(y, x)
    assert wald(e.params[1:2], e.covariance[1:2, 1:2], np.eye(1), np.array([0.65])).p_value > 0.01
    same = np.log(np.random.default_rng(0).random(100))
    assert vuong(same + 0.5 + 0.01 * np.random.default_rng(1).normal(size=100), same).statistic > 2


def test_a_fit_loads_no_slow_library():
    program = (
        "import sys, numpy as np\n"
        "from bench.stochastic import fit\n"
        "rng = np.random.default_rng(0)\n"
        "x = np.column_stack([np.ones(60), rng.normal(size=60)])\n"
        "e = fit(x @ [1.0, 0.5] + 0.1 * rng.normal(size=60) - 0.3 * np.abs(rng.normal(size=60)), x)\n"
        "e.posterior.quantile(0.9)\n"
        "assert not {'scipy.stats', 'statsmodels', 'matplotlib', 'altair'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""Numbers that others have printed, on data of the reference folder.

* FRONTIER 4.1, example 1 (Coelli 1996, CEPA Working Paper 96/07, error components model, 60 firms): the program's own
  output as printed in ``tests/frontier41.Rout.save`` of the R package frontier. Its search stops early, and its
  standard errors are the Davidon-Fletcher-Powell approximation.
* The same firms with the mean of inefficiency on the firm's number (Battese & Coelli 1995), without and with an
  intercept: ``tests/frontierTest.Rout.save`` of the same package, fits aa1 and aa2.
* The same model on the pooled rice farms: ``tests/nestedModels.Rout.save`` of the R package frontier.
* Pitt & Lee (1981) on the Philippine rice farms of Coelli, Rao, O'Donnell & Battese (2005, appendix 2): the
  log-likelihood printed in ``FrontierRice.ox`` of the replication archive jholtka/CKMV (program SFAMB for Ox).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bench
from bench.stochastic import fit


@pytest.fixture(scope="module")
def folder(reference):
    found = reference / "sfa"
    if not found.is_dir():
        pytest.skip("no reference folder for stochastic frontiers")
    return found


@pytest.fixture(scope="module")
def rice(folder):
    frame = pd.read_csv(folder / "riceProdPhil.csv")
    return bench.Units.from_frame(
        frame, id="FMERCODE", period="YEARDUM", inputs=["AREA", "LABOR", "NPK"], outputs=["PROD"]
    )


@pytest.fixture(scope="module")
def example(folder):
    frame = pd.read_csv(folder / "front41Data.csv")
    units = bench.Units.from_frame(frame, id="firm", inputs=["capital", "labour"], outputs=["output"])
    return bench.sfa(units, form="cobb-douglas")


def test_frontier_41_example_1_coefficients(example):
    """Printed: 0.5616196, 0.2811020, 0.5364798; σ² 0.2170005; γ 0.7972073; log-likelihood −17.02723."""
    assert example.params.to_numpy()[:3] == pytest.approx([0.5616196, 0.2811020, 0.5364798], abs=2e-5)
    variances = example.variances().iloc[:, 0]
    assert variances["sigma²"] == pytest.approx(0.2170005, abs=5e-5)
    assert variances["gamma"] == pytest.approx(0.7972073, abs=1e-4)
    assert example.loglik == pytest.approx(-17.02723, abs=1e-5)
    # The printed solution is near the maximum, and ours is not below it.
    assert example.loglik > -17.02723 - 5e-6


def test_frontier_41_example_1_least_squares_and_test(example):
    """Printed: least squares −18.44685, likelihood ratio 2.83924 with one restriction."""
    assert example.estimate.ols_loglik == pytest.approx(-18.44685, abs=1e-5)
    test = example.inefficiency_test()
    assert test.statistic == pytest.approx(2.83924, abs=2e-5)


def test_frontier_41_example_1_efficiencies(example):
    """Printed: firms 1 to 6, 12, 35 and 60, and the mean 0.7405677."""
    printed = {1: 0.6506888, 2: 0.8288915, 3: 0.7264259, 4: 0.7478511, 5: 0.6913358, 6: 0.7765464, 12: 0.9373952,
               35: 0.3512624, 60: 0.7084279}  # fmt: skip
    ours = example.efficiency.to_numpy()[np.array(list(printed)) - 1]
    assert ours == pytest.approx(list(printed.values()), abs=2e-5)
    assert example.efficiency.mean() == pytest.approx(0.7405677, abs=2e-5)


def test_frontier_41_standard_errors_are_an_approximation_and_ours_are_not(example):
    """Printed 0.20261668, 0.04764337, 0.04525155: within one per cent here, where the search took seven steps."""
    assert example.std_errors.to_numpy()[:3] == pytest.approx([0.20261668, 0.04764337, 0.04525155], rel=0.01)


def test_pitt_and_lee_on_the_rice_farms(rice):
    """Printed: −86.4304278."""
    assert bench.sfa(rice, form="cobb-douglas", panel="pitt-lee").loglik == pytest.approx(-86.4304278, abs=1e-6)


def test_pooled_rice_farms(rice):
    """Printed: −1.043183, 0.3555197, 0.3332875, 0.2712756, σ² 0.2386335, γ 0.8853908."""
    f = bench.sfa(rice, form="cobb-douglas")
    assert f.params.to_numpy()[:4] == pytest.approx([-1.043183, 0.3555197, 0.3332875, 0.2712756], abs=2e-4)
    variances = f.variances().iloc[:, 0]
    assert variances["sigma²"] == pytest.approx(0.2386335, abs=1e-4)
    assert variances["gamma"] == pytest.approx(0.8853908, abs=1e-4)


def test_where_the_truncated_normal_has_printed_two_answers_it_has_none(rice):
    """Printed for one model by two routes: μ −63.70104 and −105.07671, σ² 17.42756 and 28.56214.

    The likelihood climbs towards μ → −∞; the frontiers printed are on their way to the exponential's.
    """
    f = bench.sfa(rice, form="cobb-douglas", distribution="truncated-normal")
    assert f.estimate.at_boundary == "mu -> -infinity"
    limit = bench.sfa(rice, form="cobb-douglas", distribution="exponential")
    assert f.loglik == pytest.approx(limit.loglik, abs=1e-8)
    printed = np.array([[-1.144629, 0.3539924, 0.3343705, 0.2728643], [-1.145388, 0.3539980, 0.3344319, 0.2728482]])
    ours = f.params.to_numpy()[:4]
    assert ours == pytest.approx(printed[1], abs=2e-3)
    assert abs(ours[0] - printed[1, 0]) < abs(ours[0] - printed[0, 0])


@pytest.fixture(scope="module")
def numbered(folder):
    frame = pd.read_csv(folder / "front41Data.csv")
    frame["number"] = np.arange(1.0, 61.0)
    return bench.Units.from_frame(
        frame, id="firm", inputs=["capital", "labour"], outputs=["output"], environment=["number"]
    )


@pytest.mark.parametrize(
    ("constant", "printed", "loglik"),
    [
        (False, [0.536808, 0.268649, 0.539341, -0.010282, 0.284557, 0.840089], -16.382),
        (True, [0.508699, 0.270835, 0.540397, -0.398556, -0.014105, 0.407063, 0.883283], None),
    ],
)
def test_battese_and_coelli_1995_on_the_firms_number(numbered, constant, printed, loglik):
    """Printed: coefficients, those of the mean, sigma-squared and gamma; without intercept efficiencies too."""
    x = np.column_stack([np.ones(60), np.log(numbered.X)])
    y = np.log(numbered.Y[:, 0])
    z = np.arange(1.0, 61.0)[:, None]
    found = fit(y, x, distribution="truncated-normal", mu=z, mu_constant=constant)
    v, u = np.exp(found.params[found.slices["v"]][0]), np.exp(found.params[found.slices["u"]][0])
    ours = [*found.params[:3], *found.params[found.slices["m"]], u + v, u / (u + v)]
    assert ours == pytest.approx(printed, abs=2e-6 if not constant else 1e-5)
    if loglik is not None:
        assert found.loglik == pytest.approx(loglik, abs=5e-4)
        efficiency = found.posterior.efficiency()
        assert efficiency.mean() == pytest.approx(0.7624, abs=1e-5)
        shown = {1: 0.65861, 2: 0.83336, 12: 0.93917, 35: 0.36085, 50: 0.55800, 60: 0.76698}
        assert efficiency[np.array(list(shown)) - 1] == pytest.approx(list(shown.values()), abs=1e-5)

"""Panels: exact values on the rice data, nested models, traps."""

from __future__ import annotations

import contextlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bench
from bench.errors import ConvergenceError, DataError, OptionError
from bench.stochastic.panels.groups import Groups
from bench.stochastic.panels.sfa_panel import fit_panel

#: Model of the reference folder -> options here. ``_TTi`` has the same numbers, because the panel is balanced.
CASES = {
    "v_rice_pittlee_hn": {"panel": "pitt-lee"},
    "v_rice_bc88_tn": {"panel": "pitt-lee", "distribution": "truncated-normal"},
    "v_rice_bc92_hn_Tglobal": {"panel": "bc92"},
    "v_rice_bc92_hn_TTi": {"panel": "bc92", "decay_from": "unit"},
    "v_rice_bc92_tn_Tglobal": {"panel": "bc92", "distribution": "truncated-normal"},
    "v_rice_bc92_tn_TTi": {"panel": "bc92", "distribution": "truncated-normal", "decay_from": "unit"},
    "v_rice_tre": {"panel": "true-random"},
    "v_rice_gtre_sw0": {"panel": "four-components"},
}
TERMS = {
    "(Intercept)": "const",
    "log(AREA)": "ln AREA",
    "log(LABOR)": "ln LABOR",
    "log(NPK)": "ln NPK",
    "lnVARv": "lnsig2v:const",
    "lnVARu": "lnsig2u:const",
    "mu": "mu:const",
    "eta": "time:eta",
    "ln_sigma_v": "lnsig2v:const",
    "ln_sigma_u": "lnsig2u:const",
    "ln_sigma_w": "lnsig2w:const",
    "ln_sigma_h": "lnsig2h:const",
}


@pytest.fixture(scope="module")
def rice(reference):
    folder = reference / "sfa"
    if not folder.is_dir():
        pytest.skip("no reference folder for stochastic frontiers")
    frame = pd.read_csv(folder / "riceProdPhil.csv")
    units = bench.Units.from_frame(
        frame, id="FMERCODE", period="YEARDUM", inputs=["AREA", "LABOR", "NPK"], outputs=["PROD"], extra=["EDYRS"]
    )
    models = pd.read_csv(folder / "models_verified.csv").set_index("model")
    return folder, units, models, pd.read_csv(folder / "params_verified.csv")


@pytest.mark.parametrize("model", CASES)
def test_verified_values(rice, model):
    _, units, models, params = rice
    f = bench.sfa(units, form="cobb-douglas", **CASES[model])
    # The limit σw = 0 is integrated over a step as wide as σw: 1e-7 instead of 1e-12, and 5e-5 in standard errors.
    tolerance = 1e-4 if model == "v_rice_gtre_sw0" else 1e-5
    assert f.loglik == pytest.approx(models.loc[model, "loglik"], abs=1e-6)
    for row in params[params.model == model].itertuples():
        factor = 0.5 if row.term.startswith("ln_sigma") else 1.0
        name = TERMS[row.term]
        assert factor * f.params[name] == pytest.approx(row.estimate, rel=1e-6 if tolerance < 1e-4 else 1e-5), name
        assert factor * f.std_errors[name] == pytest.approx(row.se_observed_information, rel=tolerance), name


@pytest.mark.parametrize("model", [m for m in CASES if m.endswith(("_hn", "_tn", "_Tglobal"))])
def test_verified_efficiencies(rice, model):
    folder, units, _, _ = rice
    f = bench.sfa(units, form="cobb-douglas", **CASES[model])
    table = pd.read_csv(folder / "efficiencies" / f"{model}.csv").set_index(["unit", "time"])
    ours = f.to_frame().join(f.efficiencies("jlms").rename("jlms"))
    ours.index = pd.MultiIndex.from_tuples([(int(u), int(t)) for u, t in ours.index])
    ours = ours.reindex(table.index)
    assert ours["efficiency"].to_numpy() == pytest.approx(table["teBC"].to_numpy(), abs=1e-6)
    assert ours["inefficiency"].to_numpy() == pytest.approx(table["u"].to_numpy(), abs=1e-6)
    assert ours["lower"].to_numpy() == pytest.approx(np.exp(-table["uUB"].to_numpy()), abs=1e-6)
    assert ours["upper"].to_numpy() == pytest.approx(np.exp(-table["uLB"].to_numpy()), abs=1e-6)


def test_four_components_names_the_boundary(rice):
    f = bench.sfa(rice[1], form="cobb-douglas", panel="four-components")
    assert f.estimate.at_boundary == "sigma_w = 0"
    assert f.params["lnsig2w:const"] == -np.inf
    assert any(b.chosen and "unit effect" in b.consequence for b in f.boundaries)
    nested = bench.sfa(rice[1], form="cobb-douglas", panel="true-random")
    assert f.loglik > nested.loglik
    parts = f.estimate.posterior
    assert (f.efficiency.to_numpy() <= parts.transient_efficiency() + 1e-9).all()
    assert (f.efficiency.to_numpy() <= parts.persistent_efficiency() + 1e-9).all()


def test_every_panel_is_at_least_its_nested_model(rice):
    units = rice[1]
    base = bench.sfa(units, form="cobb-douglas", panel="pitt-lee").loglik
    for panel in ("bc92", "kumbhakar", "lee-schmidt"):
        assert bench.sfa(units, form="cobb-douglas", panel=panel).loglik >= base - 1e-9
    pooled = bench.sfa(units, form="cobb-douglas").loglik
    assert bench.sfa(units, form="cobb-douglas", panel="tre").loglik >= pooled - 1e-9


def test_true_fixed_effects_on_short_panels_run_into_no_noise_and_say_so(rice):
    f = bench.sfa(rice[1], form="cobb-douglas", panel="true-fixed")
    assert f.estimate.at_boundary == "sigma_v = 0"
    rules = {issue.rule for issue in f.warnings}
    assert {"incidental-parameters", "boundary"} <= rules


def simulate(seed, units=40, periods=6, path=None, unbalanced=False):
    rng = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    g = np.ones(periods) if path is None else path
    x = np.column_stack([np.ones(len(unit)), rng.normal(size=(len(unit), 2))])
    u = 0.4 * np.abs(rng.normal(size=units))[unit] * g[year]
    y = x @ [1.0, 0.4, 0.3] + 0.15 * rng.normal(size=len(unit)) - u
    keep = rng.random(len(unit)) < 0.7 if unbalanced else np.ones(len(unit), bool)
    return y[keep], x[keep], unit[keep], year[keep]


@pytest.mark.parametrize("law", ["half-normal", "exponential", "truncated-normal"])
@pytest.mark.parametrize(
    "structure", ["pitt-lee", "bc92", "kumbhakar", "lee-schmidt", "true-random", "four-components"]
)
def test_gradient_and_hessian_are_exact(structure, law, monkeypatch):
    y, x, unit, year = simulate(2, units=12, periods=4, unbalanced=True)
    seen = {}
    from bench.stochastic.panels import panel_components, panel_edges, panel_paths

    def spy(model, likelihood, searches, known=()):
        seen["likelihood"] = likelihood
        return panel_edges.collect(model, likelihood, searches, known)

    for module in (panel_components, panel_paths):
        monkeypatch.setattr(module, "collect", spy)
    # A sample of 12 units may have no maximum; its likelihood is what is wanted.
    with contextlib.suppress(ConvergenceError):
        fit_panel(y, x, groups=unit, times=year, structure=structure, distribution=law)
    likelihood = seen["likelihood"]
    rng = np.random.default_rng(0)
    theta = 0.3 * rng.normal(size=likelihood.size)
    _, gradient, hessian = likelihood.evaluate(theta)
    step = 1e-5 * np.eye(likelihood.size)
    for j in range(likelihood.size):
        up, down = likelihood.evaluate(theta + step[j]), likelihood.evaluate(theta - step[j])
        scale = 1.0 + np.abs(hessian[j]).max()
        assert (up[0] - down[0]) / 2e-5 == pytest.approx(gradient[j], abs=2e-6 * (1 + abs(gradient[j])))
        assert (up[1] - down[1]) / 2e-5 == pytest.approx(hessian[j], abs=2e-5 * scale)
    assert likelihood.scores(theta).sum(axis=0) == pytest.approx(gradient, rel=1e-9, abs=1e-9)


def test_true_fixed_gradient_is_exact():
    from bench.stochastic.likelihood.sfa_distributions import distribution
    from bench.stochastic.panels.panel_fixed import FixedPanel

    y, x, unit, year = simulate(3, units=15, periods=8)
    ones = np.ones((len(y), 1))
    likelihood = FixedPanel(y, (-x[:, 1:], ones, ones), Groups.build(unit, year), distribution("half-normal"))
    theta = np.array([0.3, 0.2, -3.0, -1.5])
    _, gradient, hessian = likelihood.evaluate(theta)
    for j in range(4):
        step = 1e-5 * np.eye(4)[j]
        up, down = likelihood.evaluate(theta + step), likelihood.evaluate(theta - step)
        assert (up[0] - down[0]) / 2e-5 == pytest.approx(gradient[j], rel=1e-5, abs=1e-4)
        assert (up[1] - down[1]) / 2e-5 == pytest.approx(hessian[j], rel=1e-4, abs=1e-3)


@given(seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=8)
def test_order_of_rows_and_names_of_units_do_not_matter(seed):
    y, x, unit, year = simulate(seed, units=25, periods=5, unbalanced=True)
    first = fit_panel(y, x, groups=unit, times=year, structure="pitt-lee")
    shuffle = np.random.default_rng(seed).permutation(len(y))
    names = np.array([f"unit {900 - k}" for k in range(25)])
    second = fit_panel(y[shuffle], x[shuffle], groups=names[unit[shuffle]], times=year[shuffle], structure="pitt-lee")
    assert second.loglik == pytest.approx(first.loglik, abs=1e-8)
    assert second.posterior.efficiency() == pytest.approx(first.posterior.efficiency()[shuffle], abs=1e-7)


def test_decay_counts_from_the_panel_or_from_each_unit():
    path = np.exp(-0.15 * (np.arange(6) - 5))
    y, x, unit, year = simulate(4, units=60, path=path, unbalanced=True)
    fits = {d: fit_panel(y, x, groups=unit, times=year, structure="bc92", decay_from=d) for d in ("panel", "unit")}
    assert fits["panel"].params[-1] > 0
    assert fits["panel"].loglik != pytest.approx(fits["unit"].loglik, abs=1e-4)


def test_four_components_recover_their_variances():
    rng = np.random.default_rng(11)
    units, periods = 400, 8
    unit, year = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    x = np.column_stack([np.ones(len(unit)), rng.normal(size=len(unit))])
    alpha = 0.3 * rng.normal(size=units) - 0.6 * np.abs(rng.normal(size=units))
    y = x @ [1.0, 0.5] + alpha[unit] + 0.2 * rng.normal(size=len(unit)) - 0.5 * np.abs(rng.normal(size=len(unit)))
    e = fit_panel(y, x, groups=unit, times=year, structure="four-components")
    sigma = np.exp(0.5 * e.params[2:])
    assert e.at_boundary == ""
    assert sigma == pytest.approx([0.2, 0.5, 0.3, 0.6], abs=0.15)


def test_bad_panels_are_refused():
    y, x, unit, year = simulate(1, units=10, periods=3)
    with pytest.raises(DataError, match="more than one period"):
        fit_panel(y, x, groups=np.arange(len(y)), times=year)
    with pytest.raises(DataError, match="twice in this period"):
        fit_panel(y, x, groups=unit, times=np.zeros(len(y)))
    with pytest.raises(DataError, match="varies over time"):
        fit_panel(y, x, groups=unit, times=year, u=np.random.default_rng(0).normal(size=len(y)))
    with pytest.raises(OptionError, match="panel"):
        fit_panel(y, x, groups=unit, times=year, structure="pit-lee")


def test_single_observations_are_named():
    y, x, unit, year = simulate(6, units=30, periods=4)
    keep = (unit > 3) | (year == 0)
    e = fit_panel(y[keep], x[keep], groups=unit[keep], times=year[keep])
    assert any(issue.rule == "single-observation" and "4 of 30" in issue.message for issue in e.warnings)


def test_a_path_that_became_a_step_is_named():
    """Inefficiency ends at once: b and c run off, the frontier and the efficiencies do not."""
    y, x, unit, year = simulate(4, units=60, path=np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0]))
    e = fit_panel(y, x, groups=unit, times=2019 + year, structure="kumbhakar")
    step = next(issue for issue in e.warnings if issue.rule == "path-step")
    assert "whole in 2019, 2020, 2021 and absent in 2022, 2023, 2024" in step.message
    assert "lee-schmidt" in step.remedy
    assert (e.posterior.efficiency()[year > 2] > 0.99).all()
    assert e.params[1:3] == pytest.approx([0.4, 0.3], abs=0.05)


@pytest.mark.parametrize("path", [np.ones(6), 1.0 / (1.0 + np.exp(0.8 * np.arange(6.0) - 2.0))])
def test_a_path_with_a_slope_is_no_step(path):
    y, x, unit, year = simulate(4, units=60, path=path)
    e = fit_panel(y, x, groups=unit, times=year, structure="kumbhakar")
    assert not any(issue.rule == "path-step" for issue in e.warnings)

"""Classic panel frontiers against dummy-variable regressions, textbook formulas and simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench import DataError, OptionError, Units
from bench.stochastic.least_squares.panel_least_squares import panel_frontier


def panel(n=25, t=6, seed=0, effect=None, drop=0, kind="cost"):
    rng = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(n), t), np.tile(np.arange(t), n)
    alpha = np.abs(0.3 * rng.normal(size=n))
    path = np.ones(t) if effect is None else effect
    x = np.exp(rng.normal(size=(n * t, 2)))
    u = path[year] * alpha[unit]
    log_y = 1.0 + 0.5 * np.log(x[:, 0]) + 0.3 * np.log(x[:, 1]) + (u if kind == "cost" else -u)
    log_y += 0.05 * rng.normal(size=n * t)
    frame = pd.DataFrame(
        {"unit": unit.astype(str), "year": 2000 + year, "y": np.exp(log_y), "a": x[:, 0], "b": x[:, 1]}
    )
    frame = frame.sample(len(frame) - drop, random_state=seed).reset_index(drop=True)
    roles = {"inputs": ["y"], "outputs": ["a", "b"]} if kind == "cost" else {"inputs": ["a", "b"], "outputs": ["y"]}
    return Units.from_frame(frame, id="unit", period="year", **roles), frame, alpha


def fit(units, effects, kind="cost", **more):
    return panel_frontier(units, effects=effects, kind=kind, form="cobb-douglas", **more)


def dummies(frame, columns):
    x = np.column_stack([np.log(frame[c]) for c in columns])
    units = pd.get_dummies(frame["unit"]).to_numpy(dtype=float)
    return x, units, np.log(frame["y"].to_numpy())


def test_fixed_effects_are_dummy_variables():
    units, frame, _ = panel(drop=20)
    mine = fit(units, "fixed")
    x, d, y = dummies(frame, ["a", "b"])
    full = np.hstack([x, d])
    beta = np.linalg.lstsq(full, y, rcond=None)[0]
    rest = y - full @ beta
    variance = rest @ rest / (len(y) - full.shape[1]) * np.linalg.inv(full.T @ full)
    assert mine.fit.beta == pytest.approx(beta[:2])
    assert mine.fit.covariance == pytest.approx(variance[:2, :2])
    assert mine.effect.to_numpy() == pytest.approx(d @ beta[2:])
    best = mine.inefficiency.to_numpy()
    assert best == pytest.approx(d @ beta[2:] - (d @ beta[2:]).min())


def test_polynomials_are_dummies_times_powers():
    units, frame, _ = panel(n=8, t=7)
    mine = fit(units, "polynomial", degree=2)
    x, d, y = dummies(frame, ["a", "b"])
    time = frame["year"].to_numpy(dtype=float)[:, None] - 2003.0
    full = np.hstack([x, d, d * time, d * time**2])
    beta = np.linalg.lstsq(full, y, rcond=None)[0]
    assert mine.fit.beta == pytest.approx(beta[:2])
    assert mine.effect.to_numpy() == pytest.approx(full[:, 2:] @ beta[2:])
    assert mine.inefficiency.groupby(level="period").min().to_numpy() == pytest.approx(np.zeros(7), abs=1e-12)


def test_random_effects_on_a_balanced_panel_follow_the_textbook():
    """Swamy & Arora's components and the quasi-demeaned regression, written out (Baltagi 2021, ch. 2.3)."""
    units, frame, _ = panel()
    mine = fit(units, "random")
    frame = frame.sort_values(["unit", "year"])
    x, d, y = dummies(frame, ["a", "b"])
    n, t = 25, 6
    inside = fit(units, "fixed").fit.sigma_v ** 2
    averages = d.T / t
    mean_x, mean_y = np.column_stack([np.ones(n), averages @ x]), averages @ y
    between = np.linalg.lstsq(mean_x, mean_y, rcond=None)[0]
    first = t * np.sum((mean_y - mean_x @ between) ** 2) / (n - 3)
    share = 1.0 - np.sqrt(inside / first)
    full = np.column_stack([np.ones(n * t), x])
    turned, turned_y = full - share * d @ averages @ full, y - share * d @ averages @ y
    assert mine.fit.beta == pytest.approx(np.linalg.lstsq(turned, turned_y, rcond=None)[0][1:])
    assert mine.fit.sigma_effect == pytest.approx(np.sqrt((first - inside) / t))


def test_random_effects_take_regressors_that_do_not_vary():
    _, frame, _ = panel(drop=10)
    fixed = {u: 1.0 + int(u) for u in frame["unit"]}
    frame = frame.assign(size=[fixed[u] for u in frame["unit"]])
    table = Units.from_frame(frame, id="unit", period="year", inputs=["y"], outputs=["a", "b", "size"])
    assert np.isfinite(fit(table, "random").fit.beta).all()
    with pytest.raises(DataError, match="does not vary"):
        fit(table, "fixed")


@pytest.mark.parametrize("drop", [0, 30])
def test_a_common_path_is_found(drop):
    path = np.array([1.0, 1.2, 1.5, 1.4, 1.1, 0.8])
    units, frame, _ = panel(n=60, effect=path, drop=drop)
    mine = fit(units, "path")
    # The level of 1.0 in y belongs to every effect, so θδ fits effects 1 + θ_t u_i best: compare the fit, not the path.
    rest = np.log(frame["y"]) - np.log(frame[["a", "b"]]).to_numpy() @ mine.fit.beta - mine.effect.to_numpy()
    constant = fit(units, "fixed")
    other = np.log(frame["y"]) - np.log(frame[["a", "b"]]).to_numpy() @ constant.fit.beta - constant.effect.to_numpy()
    assert rest @ rest < other @ other
    assert mine.path().iloc[0] == 1.0
    assert mine.fit.beta == pytest.approx([0.5, 0.3], abs=0.05)


def test_a_path_without_a_level_is_recovered():
    rng = np.random.default_rng(3)
    path, n = np.array([1.0, 1.5, 2.0, 1.8]), 80
    unit, year = np.repeat(np.arange(n), 4), np.tile(np.arange(4), n)
    delta = rng.normal(1.0, 0.4, n)
    x = np.exp(rng.normal(size=4 * n))
    y = np.exp(0.6 * np.log(x) + path[year] * delta[unit] + 0.02 * rng.normal(size=4 * n))
    frame = pd.DataFrame({"unit": unit.astype(str), "year": year, "y": y, "x": x})
    units = Units.from_frame(frame, id="unit", period="year", inputs=["y"], outputs=["x"])
    mine = fit(units, "path")
    assert mine.path().to_numpy() == pytest.approx(path, abs=0.02)
    assert mine.coefficients()["std_error"].iloc[0] == pytest.approx(0.02 / np.sqrt(3 * n), rel=0.5)


@pytest.mark.parametrize("effects", ["fixed", "random", "polynomial", "path"])
@pytest.mark.parametrize("kind", ["cost", "production"])
def test_efficiency_ranks_as_it_was_simulated(effects, kind):
    units, frame, alpha = panel(n=40, t=8, kind=kind)
    mine = fit(units, effects, kind)
    assert mine.efficiency.between(0.0, 1.0).all()
    mean = mine.efficiency.groupby(level="unit").mean()
    assert np.corrcoef(mean, np.exp(-alpha[mean.index.astype(int)]))[0, 1] > 0.9
    order = np.random.default_rng(0).permutation(len(frame))
    again = fit(units.take(order), effects, kind).efficiency
    assert again.to_numpy() == pytest.approx(mine.efficiency.to_numpy()[order], abs=1e-8)


def test_surface():
    units, *_ = panel(drop=5)
    mine = fit(units, "random")
    assert "σ of the effects" in str(mine.summary())
    assert list(mine.to_frame().columns) == ["efficiency", "inefficiency", "effect"]
    assert (mine.coefficients(clustered=True)["std_error"] > 0).all()
    assert "random" in repr(mine)
    with pytest.raises(OptionError, match="common time path"):
        mine.path()


def test_bad_panels_are_refused_or_named():
    units, frame, _ = panel(n=6, t=3)
    with pytest.raises(DataError, match="polynomial"):
        fit(units, "polynomial", degree=3)
    with pytest.raises(DataError, match="period"):
        fit(Units.from_arrays([[1.0], [2.0]], [[1.0], [2.0]]), "fixed")
    with pytest.raises(OptionError, match="'fixed'"):
        fit(units, "between")
    with pytest.raises(OptionError, match="degree"):
        fit(units, "polynomial", degree=0)
    alone = pd.concat([frame, frame.iloc[:1].assign(unit="alone")], ignore_index=True)
    table = Units.from_frame(alone, id="unit", period="year", inputs=["y"], outputs=["a", "b"])
    assert fit(table, "fixed").warnings[0].unit == "alone"

"""What every panel structure owes its reader, whatever the form: the same identities, the same labels, every limit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bench
from bench.errors import DataError
from bench.options import SFA_PANELS
from bench.stochastic.panels.sfa_panel import fit_panel

STRUCTURES = [None, *SFA_PANELS]


def table(seed=1, units=25, periods=6, scale=1.0, effect=0.0, unbalanced=False):
    """Cost of two services and two prices, with u of the row and, with ``effect``, a level per unit."""
    rng = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(units), periods), np.tile(np.arange(2015, 2015 + periods), units)
    n = len(unit)
    hours, visits, wage, rent = np.exp(0.6 * rng.normal(size=(4, n)))
    waste = 0.1 * rng.normal(size=n) + 0.25 * np.abs(rng.normal(size=n)) + effect * rng.normal(size=units)[unit]
    cost = scale * 40.0 * hours**0.6 * visits**0.3 * wage**0.7 * rent**0.3 * np.exp(waste)
    frame = pd.DataFrame(
        {
            "unit": [f"u{k:02d}" for k in unit], "year": year, "cost": cost, "hours": hours, "visits": visits,
            "wage": wage, "rent": rent, "size": np.where(unit % 2, 1.0, 0.0), "region": [f"r{k % 7}" for k in unit],
        }
    )  # fmt: skip
    return frame.sample(frac=0.8, random_state=seed).reset_index(drop=True) if unbalanced else frame


def units(frame, **extra):
    roles = {"inputs": ["cost"], "outputs": ["hours", "visits"], "input_prices": ["wage", "rent"]} | extra
    return bench.Units.from_frame(frame, id="unit", period="year", extra=["size"], **roles)


@pytest.mark.parametrize("form", ["cobb-douglas", "translog", "quadratic"])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_fitted_and_residual_make_the_dependent_variable(structure, form):
    frame = table(effect=0.3, unbalanced=True)
    f = bench.sfa(units(frame), kind="cost", form=form, panel=structure)
    cost = frame["cost"].to_numpy()
    if form == "quadratic":
        assert f.fitted.to_numpy() + f.residuals.to_numpy() == pytest.approx(cost, rel=1e-9)
    else:
        assert np.log(f.fitted.to_numpy()) + f.residuals.to_numpy() == pytest.approx(np.log(cost), abs=1e-9)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_elasticity_is_the_coefficient_in_cobb_douglas(structure):
    f = bench.sfa(units(table(effect=0.3)), kind="cost", form="cobb-douglas", panel=structure)
    for name in ("hours", "visits", "rent"):
        assert f.elasticities[name].to_numpy() == pytest.approx(f.params[f"ln {name}"], abs=1e-12)
    errors = f.elasticity_errors()["hours"].to_numpy()
    assert errors == pytest.approx(f.std_errors["ln hours"], abs=1e-12, nan_ok=True)
    assert f.returns_to_scale()["returns_to_scale"].to_numpy() == pytest.approx(
        1.0 / (f.params["ln hours"] + f.params["ln visits"]), abs=1e-12
    )
    marginal = f.marginal_costs().query("output == 'hours'")["marginal_cost"].to_numpy()
    assert marginal == pytest.approx(f.params["ln hours"] * f.fitted.to_numpy() / f.units.values(["hours"])[:, 0])


@pytest.mark.parametrize("structure", STRUCTURES)
def test_every_structure_has_a_summary_with_its_criteria(structure):
    f = bench.sfa(units(table(effect=0.3)), kind="cost", form="cobb-douglas", panel=structure)
    text, latex = str(f.summary()), f.summary().to_latex()
    for part in ("Observations", "150", f"{f.loglik:.6f}".lstrip("-"), "LR test of"):
        assert part in text
        assert part in latex
    for note in f.summary().notes:
        assert note[:7] in latex
    count = len(f.params) + (25 if structure == "true-fixed" else 0)
    assert f.aic == pytest.approx(2 * count - 2 * f.loglik)
    assert f.bic == pytest.approx(count * np.log(150) - 2 * f.loglik)


def test_true_fixed_effects_are_the_units_levels():
    """With the true coefficients known the intercept is the unit's level: here from least squares with dummies."""
    frame = table(seed=4, units=12, periods=30, effect=0.5)
    f = bench.sfa(units(frame), kind="cost", form="cobb-douglas", panel="true-fixed")
    assert not f.estimate.at_boundary
    dummies = pd.get_dummies(frame["unit"]).to_numpy(float)
    y = np.log(frame["cost"] / frame["wage"]).to_numpy()
    x = np.column_stack([np.log(frame[["hours", "visits"]]), np.log(frame["rent"] / frame["wage"]), dummies])
    beta, *_ = np.linalg.lstsq(x, y, rcond=None)
    # Least squares holds mean inefficiency in the intercepts; the frontier does not.
    gap = beta[3:] - f.unit_effects.to_numpy()
    assert f.params["ln hours"] == pytest.approx(beta[0], abs=0.03)
    assert gap == pytest.approx(f.inefficiency.mean(), abs=0.08)
    assert f.unit_effects.index.tolist() == sorted(set(frame["unit"]))
    with pytest.raises(DataError, match="true-fixed"):
        _ = bench.sfa(units(frame), kind="cost", form="cobb-douglas").unit_effects


@pytest.mark.slow
def test_marginal_costs_of_true_fixed_effects_know_their_intercepts_uncertainty():
    """Standard errors against the spread over samples: the intercepts are drawn again with the rest."""
    values, errors = [], []
    for seed in range(40):
        frame = table(seed=100 + seed, units=6, periods=25)
        fixed = table(seed=99, units=6, periods=25)
        draws = np.random.default_rng(seed)
        noise = 0.1 * draws.normal(size=150) + 0.3 * np.abs(draws.normal(size=150))
        frame[["hours", "visits", "wage", "rent"]] = fixed[["hours", "visits", "wage", "rent"]]
        parts = frame["hours"] ** 0.6 * frame["visits"] ** 0.3 * frame["wage"] ** 0.7 * frame["rent"] ** 0.3
        frame["cost"] = 40.0 * parts * np.exp(noise)
        f = bench.sfa(units(frame), kind="cost", form="cobb-douglas", panel="true-fixed")
        if not f.estimate.at_boundary:
            costs = f.marginal_costs().query("output == 'hours'").iloc[0]
            values.append(costs["marginal_cost"])
            errors.append(costs["std_error"])
    assert len(values) > 20
    assert np.median(errors) == pytest.approx(np.std(values), rel=0.4)


def test_a_regressor_that_true_fixed_effects_swallow_is_refused_by_name():
    with pytest.raises(DataError, match="does not vary within any unit") as caught:
        bench.sfa(units(table()), kind="cost", form="cobb-douglas", panel="true-fixed", environment=["size"])
    assert [issue.column for issue in caught.value.issues] == ["size"]


@pytest.mark.parametrize("structure", SFA_PANELS)
@pytest.mark.parametrize("labels", [None, "size", "given"])
def test_clustered_errors_take_one_label_per_row(structure, labels):
    """The sums are made here by hand, from scores by unit and labels by row."""
    frame = table(seed=2, effect=0.3, unbalanced=True).sample(frac=1.0, random_state=3).reset_index(drop=True)
    given = frame["region"].tolist() if labels == "given" else labels
    f = bench.sfa(
        units(frame), kind="cost", form="cobb-douglas", panel=structure, covariance="clustered", clusters=given
    )
    e = f.estimate
    free = np.isfinite(np.diag(e.covariance))
    by_unit = frame.drop_duplicates("unit").set_index("unit")["size" if labels == "size" else "region"].sort_index()
    cluster = by_unit.index if labels is None else by_unit
    sums = pd.DataFrame(e.scores[:, free]).groupby(np.asarray(cluster)).sum().to_numpy()
    inner = e.covariance[np.ix_(free, free)]
    want = inner @ sums.T @ sums @ inner * len(sums) / (len(sums) - 1)
    assert f.cov.to_numpy()[np.ix_(free, free)] == pytest.approx(want, rel=1e-9, abs=1e-14)
    assert np.isnan(f.std_errors.to_numpy()[~free]).all()


def test_a_cluster_that_divides_a_unit_and_a_missing_one_are_refused():
    frame = table()
    torn = frame["region"].copy()
    torn.iloc[0] = "elsewhere"
    f = bench.sfa(units(frame), kind="cost", form="cobb-douglas", panel="tre", covariance="clustered", clusters=torn)
    with pytest.raises(DataError, match="is in two clusters"):
        f.summary()
    for missing in (None, np.nan, pd.NA):
        gap = frame["region"].astype(object)
        gap.iloc[3] = missing
        with pytest.raises(DataError, match="no cluster") as caught:
            bench.sfa(units(frame), kind="cost", form="cobb-douglas", covariance="clustered", clusters=gap).summary()
        assert [issue.value for issue in caught.value.issues] == ["row 4"]


@pytest.mark.parametrize("kind", ["opg", "sandwich", "clustered"])
@pytest.mark.parametrize("structure", [None, "pitt-lee", "true-random"])
def test_at_an_edge_what_is_left_has_errors_and_what_vanished_has_none(kind, structure):
    """At σu = 0 the frontier is linear: the sandwich there is White's, computed here from the residuals."""
    frame = table(seed=5)
    rng = np.random.default_rng(7)
    x = np.column_stack([np.ones(len(frame)), np.log(frame["hours"])])
    y = x @ [3.0, 0.6] + 0.1 * rng.normal(size=len(frame))
    if structure == "pitt-lee":
        y -= pd.Series(y - x @ [3.0, 0.6]).groupby(frame["unit"]).transform("mean").to_numpy()
    else:
        # Residuals skewed against inefficiency.
        y += 0.1 * rng.exponential(size=len(frame))
    frame = frame.assign(output=np.exp(y), labour=np.exp(x[:, 1]))
    made = bench.Units.from_frame(frame, id="unit", period="year", inputs=["labour"], outputs=["output"])
    f = bench.sfa(made, form="cobb-douglas", panel=structure, covariance=kind)
    assert "sigma_u = 0" in f.estimate.at_boundary
    assert np.isfinite(f.std_errors["ln labour"])
    assert np.isnan(f.std_errors["lnsig2u:const"])
    if structure is None and kind == "sandwich":
        beta, *_ = np.linalg.lstsq(x, y, rcond=None)
        bread = np.linalg.inv(x.T @ x)
        white = bread @ (x * ((y - x @ beta) ** 2)[:, None]).T @ x @ bread
        assert f.std_errors["ln labour"] == pytest.approx(np.sqrt(white[1, 1]), rel=1e-3)


@pytest.mark.parametrize("structure", ["true-random", "four-components"])
def test_both_limits_of_random_effects_are_named(structure):
    frame = table(seed=8, units=80, effect=0.3)
    f = bench.sfa(units(frame), kind="cost", form="cobb-douglas", panel=structure)
    found = {boundary.name: boundary.loglik for boundary in f.boundaries}
    assert {"sigma_u = 0", "sigma_w = 0"} <= set(found)
    if structure == "true-random":
        pooled = bench.sfa(units(frame), kind="cost", form="cobb-douglas")
        assert found["sigma_w = 0"] == pytest.approx(pooled.loglik, abs=1e-6)
    notes = " ".join(f.summary().notes)
    assert "sigma_u = 0" in notes
    assert "sigma_w = 0" in notes


def test_true_random_effects_without_either_end_where_they_should():
    """Without inefficiency the limit is a linear panel; without effects it is the pooled frontier."""
    rng = np.random.default_rng(3)
    unit, year = np.repeat(np.arange(50), 5), np.tile(np.arange(5), 50)
    x = np.column_stack([np.ones(250), rng.normal(size=250)])
    effects, noise, waste = rng.normal(size=50)[unit], rng.normal(size=250), np.abs(rng.normal(size=250))
    linear = fit_panel(x @ [1.0, 0.5] + 0.3 * effects + 0.1 * noise + 0.1 * waste, x, groups=unit, times=year,
                       structure="true-random")  # fmt: skip
    assert linear.at_boundary == "sigma_u = 0"
    assert linear.loglik == pytest.approx(linear.null.loglik, abs=1e-4)
    means = pd.Series(0.1 * noise - 0.5 * waste).groupby(unit).transform("mean").to_numpy()
    pooled = fit_panel(x @ [1.0, 0.5] + 0.1 * noise - 0.5 * waste - means, x, groups=unit, times=year,
                       structure="true-random")  # fmt: skip
    assert "sigma_w = 0" in pooled.at_boundary

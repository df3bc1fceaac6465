"""Formulas give what forms give, weights what repeated rows give, logs what levels give."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import bench
from bench.errors import DataError, OptionError


def table(n=150, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(np.exp(0.5 * rng.normal(size=(n, 2))), columns=["k", "l"])
    frame["t"] = rng.integers(0, 5, n).astype(float)
    frame["z"] = rng.normal(size=n)
    frame["region"] = np.where(rng.random(n) < 0.5, "north", "south")
    u = 0.4 * np.exp(0.3 * frame["z"]) * np.abs(rng.normal(size=n))
    frame["y"] = frame["k"] ** 0.5 * frame["l"] ** 0.3 * np.exp(0.01 * frame["t"] ** 2 + 0.1 * rng.normal(size=n) - u)
    return frame


def units(frame):
    named = frame.assign(unit=[str(k) for k in range(len(frame))])
    return bench.Units.from_frame(named, id="unit", inputs=["k", "l"], outputs=["y"], extra=["z", "t"])


def test_a_formula_is_the_form_it_spells():
    frame = table()
    form = bench.sfa(units(frame), form="cobb-douglas", u=["z"])
    spelt = bench.sfa("log(y) ~ log(k) + log(l)", frame, u="~ z")
    assert spelt.loglik == pytest.approx(form.loglik, abs=1e-9)
    assert spelt.params.to_numpy() == pytest.approx(form.params.to_numpy(), abs=1e-7)
    assert spelt.efficiency.to_numpy() == pytest.approx(form.efficiency.to_numpy(), abs=1e-8)
    assert spelt.elasticities.to_numpy() == pytest.approx(form.elasticities.to_numpy(), abs=1e-7)
    assert spelt.marginal_effects().to_numpy() == pytest.approx(form.marginal_effects().to_numpy(), abs=1e-7)
    assert spelt.params.index.tolist()[:3] == ["const", "log(k)", "log(l)"]


def test_a_translog_formula_has_the_translogs_elasticities_and_scale():
    frame = table(n=400)
    form = bench.sfa(units(frame), form="translog")
    text = "log(y) ~ log(k) + log(l) + I(0.5 * log(k)**2) + I(0.5 * log(l)**2) + log(k):log(l)"
    spelt = bench.sfa(text, frame)
    assert spelt.loglik == pytest.approx(form.loglik, abs=1e-8)
    assert spelt.elasticities.to_numpy() == pytest.approx(form.elasticities.to_numpy(), abs=1e-6)
    assert spelt.returns_to_scale().to_numpy() == pytest.approx(form.returns_to_scale().to_numpy(), abs=1e-6)


def test_a_cost_formula_has_marginal_costs_and_shifters_are_no_arguments():
    rng = np.random.default_rng(4)
    frame = table(n=300)
    frame["cost"] = frame["k"] ** 0.6 * frame["l"] ** 0.3 * np.exp(0.1 * rng.normal(size=300) + 0.1 * frame["t"])
    frame["cost"] *= np.exp(0.3 * np.abs(rng.normal(size=300)))
    f = bench.sfa("log(cost) ~ log(k) + log(l) + t + C(region)", frame, kind="cost")
    assert list(f.elasticities) == ["k", "l"]
    assert f.params["t"] == pytest.approx(0.1, abs=0.02)
    want = f.params["log(k)"] * f.fitted.to_numpy() / frame["k"].to_numpy()
    assert f.marginal_costs().query("output == 'k'")["marginal_cost"].to_numpy() == pytest.approx(want, rel=1e-6)


def test_a_formula_in_levels_is_the_quadratic():
    rng = np.random.default_rng(5)
    frame = table(n=300)
    frame["cost"] = 5 + 2 * frame["k"] + frame["l"] + 0.2 * rng.normal(size=300) + 0.6 * np.abs(rng.normal(size=300))
    f = bench.sfa("cost ~ k + l", frame, kind="cost")
    assert f.fitted.to_numpy() + f.residuals.to_numpy() == pytest.approx(frame["cost"].to_numpy())
    marginal = f.marginal_costs().query("output == 'k'")["marginal_cost"]
    assert marginal.to_numpy() == pytest.approx(f.params["k"], rel=1e-9)


@pytest.mark.parametrize("form", ["cobb-douglas", "translog"])
def test_data_in_logs_give_what_levels_give(form):
    frame = table()
    levels = bench.sfa(units(frame), form=form)
    logs = frame.assign(**{name: np.log(frame[name]) for name in ("y", "k", "l")})
    named = logs.assign(unit=[str(k) for k in range(len(frame))])
    made = bench.Units.from_frame(
        named, id="unit", inputs=["k", "l"], outputs=["y"], accept=["negative-value", "no-input", "no-output"]
    )
    taken = bench.sfa(made, form=form, in_logs=True)
    assert taken.loglik == pytest.approx(levels.loglik, abs=1e-8)
    assert taken.params.to_numpy() == pytest.approx(levels.params.to_numpy(), abs=1e-6)
    assert taken.fitted.to_numpy() == pytest.approx(levels.fitted.to_numpy(), rel=1e-8)
    spelt = bench.sfa("y ~ k + l", logs, in_logs=True)
    if form == "cobb-douglas":
        assert spelt.elasticities.to_numpy() == pytest.approx(levels.elasticities.to_numpy(), abs=1e-6)
    with pytest.raises(OptionError, match="quadratic"):
        bench.sfa(made, form="quadratic", in_logs=True)


@pytest.mark.parametrize("law", ["half-normal", "exponential", "truncated-normal"])
@pytest.mark.parametrize("v", [(), ["z"]])
def test_whole_weights_are_repeated_rows(law, v):
    """A row with the weight two is two rows, but for the size of the sample, to which weights are scaled."""
    frame = table(n=120, seed=3)
    times = np.random.default_rng(1).integers(1, 4, len(frame))
    repeated = frame.loc[frame.index.repeat(times)].reset_index(drop=True)
    whole = bench.sfa(units(repeated), form="cobb-douglas", distribution=law, v=v)
    weighted = bench.sfa(units(frame), form="cobb-douglas", distribution=law, v=v, weights=times)
    assert weighted.estimate.at_boundary == whole.estimate.at_boundary
    assert weighted.params.to_numpy() == pytest.approx(whole.params.to_numpy(), abs=1e-5, nan_ok=True)
    size = len(frame) / times.sum()
    assert weighted.loglik == pytest.approx(size * whole.loglik, abs=1e-6)
    assert weighted.std_errors.to_numpy() == pytest.approx(
        whole.std_errors.to_numpy() / np.sqrt(size), rel=1e-4, nan_ok=True
    )


def test_the_measure_of_weights_does_not_matter_and_bad_ones_are_refused():
    frame = table(n=100)
    weights = np.random.default_rng(0).uniform(0.5, 2.0, 100)
    first, second = (bench.sfa(units(frame), form="cobb-douglas", weights=w) for w in (weights, 1000 * weights))
    assert first.params.to_numpy() == pytest.approx(second.params.to_numpy(), abs=1e-9)
    with pytest.raises(DataError, match="row 3 is not a positive number"):
        bench.sfa(units(frame), form="cobb-douglas", weights=np.r_[1.0, 1.0, -1.0, np.ones(97)])
    with pytest.raises(DataError, match="shape"):
        bench.sfa(units(frame), form="cobb-douglas", weights=np.ones(5))


@pytest.mark.parametrize(
    ("text", "options", "kind", "match"),
    [
        ("log(y) ~ log(capital)", {}, DataError, "no column 'capital'"),
        ("log(y) ~ log(k", {}, OptionError, "cannot be read"),
        ("~ log(k)", {}, OptionError, "no dependent variable"),
        ("log(y) ~ 0 + log(k)", {}, OptionError, "takes the intercept out"),
        ("log(y) ~ log(z)", {}, DataError, "no value in row"),
        ("log(y) ~ log(k)", {"u": "y ~ z"}, OptionError, "left side"),
        ("log(y) ~ log(k)", {"u": "z"}, DataError, "formula such as '~ z'"),
        ("log(y) ~ log(k)", {"kind": "input-distance"}, OptionError, "kind with a formula"),
        ("log(y) ~ log(k)", {"shape": "monotone"}, OptionError, "a formula"),
    ],
)  # fmt: skip
def test_what_a_formula_cannot_be_is_said(text, options, kind, match):
    with pytest.raises(kind, match=match):
        bench.sfa(text, table(n=60), **options)


def test_an_empty_cell_is_named_and_never_dropped():
    frame = table(n=60)
    frame.loc[7, "k"] = np.nan
    with pytest.raises(DataError, match="the cell is empty") as caught:
        bench.sfa("log(y) ~ log(k)", frame)
    assert [(issue.column, issue.unit) for issue in caught.value.issues] == [("k", "7")]


def test_a_formula_takes_panels_by_their_columns():
    rng = np.random.default_rng(2)
    frame = table(n=200).assign(home=np.repeat([f"h{k}" for k in range(40)], 5), year=np.tile(range(2020, 2025), 40))
    frame["y"] *= np.exp(-0.3 * np.abs(rng.normal(size=40)).repeat(5))
    f = bench.sfa("log(y) ~ log(k) + log(l)", frame, id="home", period="year", panel="pitt-lee")
    assert f.index[0] == ("h0", 2020)
    with pytest.raises(DataError, match="period column"):
        bench.sfa("log(y) ~ log(k)", frame, panel="pitt-lee")


@pytest.mark.parametrize("text", [None, "log(y) ~ log(k) + log(l)"])
def test_results_survive_pickling(text):
    frame = table(n=80)
    f = bench.sfa(units(frame), form="cobb-douglas") if text is None else bench.sfa(text, frame)
    again = pickle.loads(pickle.dumps(f))
    assert again.params.equals(f.params)
    assert again.efficiency.to_numpy().tobytes() == f.efficiency.to_numpy().tobytes()
    assert again.predict(frame).equals(f.predict(frame))

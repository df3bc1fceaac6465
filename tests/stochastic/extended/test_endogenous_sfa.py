"""Control functions: two-stage least squares where there is no inefficiency, simulated truth, weak instruments."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bench
from bench.errors import DataError, OptionError
from bench.stochastic import endogenous_sfa


def table(n=300, seed=0, waste=0.3, strength=0.8, skew=0.0):
    rng = np.random.default_rng(seed)
    z, other, luck = rng.normal(size=(3, n))
    log_x = strength * z + 0.3 * other + 0.5 * luck + 0.3 * rng.normal(size=n)
    error = 0.2 * luck - waste * np.abs(rng.normal(size=n)) + skew * rng.exponential(size=n)
    frame = pd.DataFrame({"unit": [f"u{k}" for k in range(n)], "x": np.exp(log_x), "l": np.exp(other)})
    frame["y"], frame["z"] = np.exp(0.5 * log_x + 0.3 * other + error), z
    frame["copy"] = frame["l"].map(np.log)
    return frame


def units(frame):
    return bench.Units.from_frame(frame, id="unit", inputs=["x", "l"], outputs=["y"], extra=["z", "copy"])


def test_without_inefficiency_it_is_two_stage_least_squares():
    """With as many instruments as endogenous variables; residuals skewed the wrong way leave least squares."""
    frame = table(seed=1, waste=0.0, skew=0.3)
    found = endogenous_sfa(units(frame), endogenous=["x"], instruments=["z"], replicates=10, form="cobb-douglas")
    assert found.fit.estimate.at_boundary == "sigma_u = 0"
    x = np.column_stack([np.ones(300), np.log(frame[["x", "l"]])])
    w = np.column_stack([np.ones(300), frame["z"], np.log(frame["l"])])
    fitted = w @ np.linalg.lstsq(w, x, rcond=None)[0]
    want = np.linalg.lstsq(fitted, np.log(frame["y"]), rcond=None)[0]
    assert found.fit.params.to_numpy()[:3] == pytest.approx(want, abs=1e-8)


def test_the_truth_is_found_where_the_naive_fit_misses_it():
    found = endogenous_sfa(
        units(table(n=500, seed=2)), endogenous=["x"], instruments=["z"], replicates=30, form="cobb-douglas"
    )
    row = found.coefficients().loc["ln x"]
    assert abs(row["estimate"] - 0.5) < 3 * row["std_error"]
    assert abs(row["naive"] - 0.5) > 3 * row["std_error"]
    assert found.exogeneity_test().p_value < 0.01
    assert found.first_stage.loc["x", "f"] > 100
    assert not found.warnings


def test_an_f_is_that_of_the_nested_regressions():
    frame = table(seed=3)
    found = endogenous_sfa(units(frame), endogenous=["x"], instruments=["z"], replicates=10, form="cobb-douglas")
    y, small = np.log(frame["x"]).to_numpy(), np.column_stack([np.ones(300), np.log(frame["l"])])
    large = np.column_stack([small, frame["z"]])
    sums = [float(np.sum((y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) ** 2)) for x in (small, large)]
    assert found.first_stage.loc["x", "f"] == pytest.approx((sums[0] - sums[1]) / (sums[1] / 297))


def test_weak_and_wrong_instruments_are_named():
    frame = table(seed=4, strength=0.02)
    found = endogenous_sfa(units(frame), endogenous=["x"], instruments=["z"], replicates=10, form="cobb-douglas")
    assert [issue.rule for issue in found.warnings] == ["weak-instruments"]
    made = units(table(seed=4))
    with pytest.raises(DataError, match="collinear"):
        endogenous_sfa(made, endogenous=["x"], instruments=["copy"], replicates=10, form="cobb-douglas")
    with pytest.raises(OptionError, match="at least as many"):
        endogenous_sfa(made, endogenous=["x", "l"], instruments=["z"], form="cobb-douglas")
    with pytest.raises(OptionError, match="no variable 'k'"):
        endogenous_sfa(made, endogenous=["k"], instruments=["z"], form="cobb-douglas")


def test_the_same_seed_gives_the_same_errors():
    made = units(table(n=120, seed=5))
    first, again = (
        endogenous_sfa(made, endogenous=["x"], instruments=["z"], replicates=12, seed=3, form="cobb-douglas")
        for _ in range(2)
    )
    assert first.covariance.equals(again.covariance)

"""What a fit says of other units, against the data it was fitted to and simulated new ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from stochastic.tables import costs, units

import bench
from bench.errors import DataError


@pytest.mark.parametrize("form", ["cobb-douglas", "translog", "quadratic"])
@pytest.mark.parametrize("normalise", ["none", "mean"])
def test_the_sample_itself_is_predicted_as_fitted(form, normalise):
    frame = costs(120)
    f = bench.sfa(units(frame), kind="cost", form=form, normalise=normalise)
    predicted = f.predict(units(frame))
    assert predicted["frontier"].to_numpy() == pytest.approx(f.fitted.to_numpy(), rel=1e-9)
    if f.estimate.at_boundary != "sigma_v = 0":
        # Without noise there are no standard errors, and no bounds.
        assert (predicted["lower"] <= predicted["frontier"]).all()
        assert (predicted["frontier"] <= predicted["upper"]).all()


def test_standard_errors_are_least_squares_own_where_there_is_no_inefficiency():
    """At σu = 0 the frontier is a regression: σ √(x'(X'X)⁻¹x), with the maximum-likelihood σ."""
    rng = np.random.default_rng(5)
    frame = costs(80)
    frame["cost"] = frame["hours"] ** 0.5 * np.exp(-rng.exponential(size=80) * 0.2 + 0.05 * rng.normal(size=80))
    f = bench.sfa("log(cost) ~ log(hours)", frame, kind="cost")
    assert f.estimate.at_boundary == "sigma_u = 0"
    new = pd.DataFrame({"hours": [0.5, 1.0, 4.0]})
    x = np.column_stack([np.ones(80), np.log(frame["hours"])])
    at = np.column_stack([np.ones(3), np.log(new["hours"])])
    sigma = np.sqrt(
        np.mean((np.log(frame["cost"]) - x @ np.linalg.lstsq(x, np.log(frame["cost"]), rcond=None)[0]) ** 2)
    )
    error = sigma * np.sqrt(np.einsum("ij,jk,ik->i", at, np.linalg.inv(x.T @ x), at))
    found = f.predict(new)
    assert (found["std_error"] / found["frontier"]).to_numpy() == pytest.approx(error, rel=1e-6)
    assert np.log(found["upper"] / found["frontier"]).to_numpy() == pytest.approx(1.959964 * error, rel=1e-5)


def test_new_units_fall_within_their_interval_as_often_as_it_says():
    frame = costs(500, seed=1)
    f = bench.sfa(units(frame), kind="cost", form="cobb-douglas")
    new = costs(4000, seed=2)
    bounds = f.predict(new.drop(columns="cost"))
    inside = new["cost"].between(bounds["outcome_lower"].to_numpy(), bounds["outcome_upper"].to_numpy())
    assert inside.mean() == pytest.approx(0.95, abs=0.015)


def test_what_cannot_be_predicted_is_said():
    f = bench.sfa(units(costs(80)), kind="cost", form="cobb-douglas")
    with pytest.raises(DataError, match="no column 'visits'"):
        f.predict(pd.DataFrame({"hours": [1.0], "wage": [1.0], "rent": [1.0]}))
    with pytest.raises(DataError, match="no value here") as caught:
        f.predict(pd.DataFrame({"hours": [0.0], "visits": [np.nan], "wage": [1.0], "rent": [1.0]}))
    assert {issue.column for issue in caught.value.issues} == {"hours", "visits"}


def test_a_coefficient_frame_says_what_the_summary_says():
    f = bench.sfa(units(costs(150)), kind="cost", form="cobb-douglas")
    frame = f.coefficients(0.9)
    row = frame.loc["ln hours"]
    assert row["z"] == pytest.approx(row["estimate"] / row["std_error"])
    # 1.6449 is the normal's 95th percentile; p from its own distribution function.
    assert row["upper"] - row["estimate"] == pytest.approx(1.644854 * row["std_error"], rel=1e-6)
    from math import erfc, sqrt

    assert row["p_value"] == pytest.approx(erfc(abs(row["z"]) / sqrt(2)), abs=1e-12)
    assert set(frame["block"]) == {"frontier", "v", "u"}

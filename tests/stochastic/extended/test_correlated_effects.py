"""Unit means beside the regressors: Mundlak's identity, the test of effects, what is left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bench
from bench.errors import DataError
from bench.stochastic import correlated_effects


def panel(seed, dependence=0.8, count=60, periods=5):
    rng = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(count), periods), np.tile(np.arange(periods), count)
    n = count * periods
    effect = 0.5 * rng.normal(size=count)
    hours = dependence * effect[unit] + 0.5 * rng.normal(size=n)
    visits = 0.5 * rng.normal(size=n)
    y = 1 + 0.6 * hours + 0.3 * visits + effect[unit] + 0.1 * rng.normal(size=n) + 0.2 * np.abs(rng.normal(size=n))
    frame = pd.DataFrame({"unit": [f"u{k:02d}" for k in unit], "year": year, "cost": np.exp(y)})
    frame["hours"], frame["visits"], frame["trend"] = np.exp(hours), np.exp(visits), year.astype(float)
    return frame


def units(frame):
    return bench.Units.from_frame(
        frame, id="unit", period="year", inputs=["cost"], outputs=["hours", "visits"], environment=["trend"]
    )


def test_without_inefficiency_the_coefficients_are_those_within_units():
    """Mundlak (1978): in a balanced panel generalised least squares with the means is least squares within units."""
    frame = panel(1)
    found = correlated_effects(units(frame), kind="cost", form="cobb-douglas")
    null = found.fit.estimate.null.frontier
    x = np.log(frame[["hours", "visits"]])
    within = (x - x.groupby(frame["unit"]).transform("mean")).to_numpy()
    y = np.log(frame["cost"])
    inside, *_ = np.linalg.lstsq(within, (y - y.groupby(frame["unit"]).transform("mean")).to_numpy(), rcond=None)
    own = pd.Series(null)
    moved, *_ = np.linalg.lstsq(within, (own - own.groupby(frame["unit"]).transform("mean")).to_numpy(), rcond=None)
    assert moved == pytest.approx(inside, abs=1e-6)


def test_dependent_effects_are_seen_and_independent_ones_are_not():
    dependent = correlated_effects(units(panel(2)), kind="cost", form="cobb-douglas")
    assert dependent.test().p_value < 1e-3
    assert abs(dependent.fit.params["ln hours"] - 0.6) < 0.05
    independent = correlated_effects(units(panel(3, dependence=0.0)), kind="cost", form="cobb-douglas")
    assert independent.test().p_value > 0.01
    assert independent.fit.loglik >= independent.plain.loglik - 1e-6


def test_what_has_no_mean_of_its_own_is_left_out():
    table = units(panel(4))
    found = correlated_effects(table, kind="cost", form="cobb-douglas", environment=["trend"])
    # In a balanced panel every unit has the same mean of the trend: the intercept.
    assert found.means == ("mean of ln hours", "mean of ln visits")
    fewer = correlated_effects(table, kind="cost", form="cobb-douglas", leave_out=["ln visits"])
    assert fewer.means == ("mean of ln hours",)
    with pytest.raises(DataError, match="no mean to add"):
        correlated_effects(table, kind="cost", form="cobb-douglas", leave_out=["ln hours", "ln visits"])
    frame = found.coefficients()
    assert np.isnan(frame.loc["mean of ln hours", ("plain", "estimate")])

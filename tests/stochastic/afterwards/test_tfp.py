"""The productivity split: it adds up, its parts are what was simulated, and it follows the translog exactly."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench import DataError, OptionError, Units, sfa
from bench.stochastic.afterwards.tfp import PARTS, tfp_change
from bench.stochastic.frontier.reading import frontier_value


def panel(kind="production", n=80, t=6, seed=0, drop=0):
    rng = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(n), t), np.tile(np.arange(t), n)
    x = np.exp(0.5 * rng.normal(size=(n * t, 2)) + 0.1 * year[:, None])
    wind = rng.normal(size=n * t)
    core = 0.5 * np.log(x[:, 0]) + 0.3 * np.log(x[:, 1])
    error = 0.03 * rng.normal(size=n * t)
    u = np.abs(0.2 * rng.normal(size=n * t))
    side = 1.0 if kind == "production" else -1.0
    y = np.exp(core + side * (0.02 * year - u) + 0.1 * wind + error)
    frame = pd.DataFrame(
        {
            "unit": unit.astype(str),
            "year": 2000 + year,
            "y": y,
            "a": x[:, 0],
            "b": x[:, 1],
            "trend": 1.0 * year,
            "wind": wind,
        }
    ).sample(n * t - drop, random_state=1)
    roles = (
        {"inputs": ["a", "b"], "outputs": ["y"]} if kind == "production" else {"inputs": ["y"], "outputs": ["a", "b"]}
    )
    return Units.from_frame(
        frame, id="unit", period="year", environment=["trend", "wind"], accept=["negative-value"], **roles
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["production", "cost"])
@pytest.mark.parametrize("form", ["cobb-douglas", "translog"])
def test_parts_add_up_and_are_what_was_simulated(kind, form):
    units = panel(kind, drop=30)
    fit = sfa(units, kind=kind, form=form, environment=["trend", "wind"])
    split = tfp_change(fit, technical=["trend"])
    assert split["tfp_change"].to_numpy() == pytest.approx(split[list(PARTS)].sum(axis=1).to_numpy())
    step = split.index.get_level_values("period") - split["from"]
    assert (split["technical_change"] / step).mean() == pytest.approx(0.02, abs=0.005)
    sign = 1.0 if kind == "production" else -1.0
    if form == "cobb-douglas":
        growth = (split["scale_effect"] * sign).mean()
        assert growth < 0.0  # decreasing returns and growing volumes
    # Noise is what the predictor of u leaves of the error: it averages out.
    assert abs(split["noise"].mean()) < 0.01


@pytest.mark.parametrize("kind", ["production", "cost"])
def test_the_frontiers_own_change_is_reproduced_exactly(kind):
    """Quadratic identity: noise must be the change of error plus predicted inefficiency, whatever the data."""
    units = panel(kind)
    fit = sfa(units, kind=kind, form="translog", environment=["trend", "wind"])
    split = tfp_change(fit, technical=["trend"])
    sign = fit.design.sign
    rest = pd.Series(sign * (fit.design.y - frontier_value(fit)) + fit.inefficiency.to_numpy(), index=units.index)
    change = rest.sort_index().groupby(level="unit").diff().dropna()
    assert split["noise"].sort_index().to_numpy() == pytest.approx(change.to_numpy(), abs=1e-9)


def test_errors():
    units = panel()
    with pytest.raises(OptionError, match="trend"):
        tfp_change(sfa(units, form="cobb-douglas", environment=["trend"]), technical=["trnd"])
    with pytest.raises(DataError, match="logs"):
        tfp_change(sfa(units, form="quadratic"))
    single = Units.from_arrays(units.X, units.Y)
    with pytest.raises(DataError, match="period"):
        tfp_change(sfa(single, form="cobb-douglas"))
    once = units.for_period(2001)
    with pytest.raises(DataError, match="more than one period"):
        tfp_change(sfa(once, form="cobb-douglas"))

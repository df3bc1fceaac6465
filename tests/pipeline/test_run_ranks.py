"""Ranks in a run: those of the library on the same draws, true ranks where the truth is known, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pipeline.model_text import template, units

import bench
from bench import resources
from bench.errors import DataError, ModelError
from bench.modelfile import parse_model

TEXT = template(
    """
[frontier]
method = "dea"
rts = "{rts}"
periods = "{periods}"
[frontier.inference]
replicates = 120
seed = 7
ranks = true
{more}
[norm]
source = "frontier"
""",
)


def model(rts="crs", periods="separate", more=""):
    return parse_model(TEXT.format(rts=rts, periods=periods, more=more), "rang.toml")


def frame(n=30, years=(2024,)) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    unit, year = np.repeat(np.arange(n), len(years)), np.tile(years, n)
    table = pd.DataFrame({"enhet": [f"E{k:02d}" for k in unit], "aar": year})
    table["timer"], table["besok"] = rng.uniform(5, 20, unit.size), rng.uniform(5, 20, unit.size)
    table["kostnad"] = (10 * table["timer"] + 5 * table["besok"]) * np.exp(np.abs(rng.normal(0, 0.3, unit.size)))
    return table


def test_they_are_the_librarys_on_the_same_draws():
    table = frame()
    found = bench.run(model(more="requirement = 0.8"), units(table)).ranks.set_index("unit")
    plain = bench.Units.from_frame(table, id="enhet", inputs=["kostnad"], outputs=["timer", "besok"])
    expected = bench.envelopment.rank_intervals(plain, rts="crs", seed=7, replicates=120, requirement=0.8).frame
    for name in ("rank", "lower", "upper", "best_quarter", "below_requirement"):
        assert found[name].to_numpy() == pytest.approx(expected[name].to_numpy()), name
    assert (found["requirement"] == 0.8).all()
    assert (found["upper"] - found["lower"]).max() > 3  # a league table would say more than the data


def test_units_of_the_decision_year_are_ranked_among_each_other():
    found = bench.run(model(periods="known"), units(frame(12, (2023, 2024)))).ranks
    assert found.groupby("year").size().to_dict() == {2023: 12, 2024: 12}
    last = found[found["year"] == 2024]
    assert sorted(last["rank"]) == pytest.approx(range(1, 13))
    assert last["upper"].max() <= 12


def test_true_ranks_lie_in_the_intervals_of_the_flagship():
    """DEA does not see travel, so its ranks miss more often than their level says; most hold all the same."""
    model = bench.load_model("stykkpris-malestokk")
    found = bench.run(model).ranks
    last = found[found["year"] == 2024].set_index("unit")
    truth = pd.read_csv(resources.dataset("malestokk").path("fasit"), sep=";", decimal=",")
    known = truth[truth["aar"] == 2024].set_index("enhet")["effektivitet"].loc[last.index]
    place = (-known).rank()
    inside = place.between(last["lower"] - 0.5, last["upper"] + 0.5)
    assert inside.mean() > 0.5
    assert (last["below_requirement"].corr(1.0 - known)) > 0.4


def test_what_cannot_be_ranked_is_refused():
    with pytest.raises(ModelError, match="draws of all units together"):
        model(more='method = "subsampling"')
    with pytest.raises(ModelError, match="requirement must be between"):
        model(more="requirement = 1.2")
    few = frame(12, (2023, 2024))
    few = few[(few["aar"] == 2023) | few["enhet"].isin(["E00", "E01"])]
    with pytest.raises(DataError, match="ranks need three units") as caught:
        bench.run(model(periods="known"), units(few))
    assert "2024" in str(caught.value)

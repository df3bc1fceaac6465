"""The specification curve: every score is the library's own, and the shares are those of the table of ranks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bench
from bench.errors import DataError, OptionError
from bench.pipeline.specs import specification_curve


@pytest.fixture(scope="module")
def units():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"unit": [f"U{k:02d}" for k in range(25)]})
    frame["days"], frame["visits"], frame["hours"] = (rng.uniform(10, 60, 25) for _ in range(3))
    frame["cost"] = (frame["days"] + frame["visits"] / 3 + frame["hours"]) * rng.uniform(1.0, 1.6, 25)
    frame.loc[3, "cost"] *= 0.3  # one that is far ahead
    return bench.Units.from_frame(frame, id="unit", inputs=["cost"], outputs=["days", "visits", "hours"])


@pytest.fixture(scope="module")
def model(units):
    return bench.load_model("average-cost").with_roles(id="unit", cost="cost", outputs=list(units.outputs))


@pytest.fixture(scope="module")
def curve(model, units):
    return specification_curve(model, units)[0]


def test_every_combination_is_there_once(curve):
    keys = curve.specs[["rts", "outputs", "outliers", "sample"]]
    assert not keys.duplicated().any()
    whole = keys[keys["outliers"] == "kept"]
    assert len(whole) == 2 * 7 * (1 + 25)
    assert curve.scores.shape == (len(keys), 25)


def test_scores_are_those_of_the_library(curve, units):
    rng = np.random.default_rng(1)
    rows = np.flatnonzero(curve.specs["outliers"] == "kept")
    for row in rng.choice(rows, 25, replace=False):
        spec = curve.specs.iloc[row]
        chosen = spec["outputs"].split(" + ")
        part = units.select(outputs=chosen)
        gone = spec["sample"].removeprefix("without ")
        keep = np.flatnonzero(part.frame["unit"] != gone)
        expected = bench.dea(part.take(keep), rts=spec["rts"]).efficiency.to_numpy()
        assert curve.scores[row, keep] == pytest.approx(expected, abs=1e-8)
        assert np.isnan(np.delete(curve.scores[row], keep)).all()


def test_the_interquartile_rule_takes_out_the_one_far_ahead(curve):
    whole = curve.specs.query("rts == 'crs' and outputs == 'days + visits + hours' and sample == 'all'")
    kept, screened = (curve.scores[whole.index[whole["outliers"] == kind][0]] for kind in ("kept", "iqr"))
    assert (screened >= kept - 1e-12).all()
    assert screened[np.arange(25) != 3].max() == pytest.approx(1.0)
    assert kept[np.arange(25) != 3].max() < 0.9
    assert screened[3] == 1.0


def test_best_and_worst_case_of_every_unit(curve):
    table = curve.units.set_index("unit")
    assert table["lowest"].to_numpy() == pytest.approx(np.nanmin(curve.scores, axis=0))
    assert table["highest"].to_numpy() == pytest.approx(np.nanmax(curve.scores, axis=0))
    assert (table["specifications"] == np.isfinite(curve.scores).sum(axis=0)).all()
    assert table["same_class"].between(0.25, 1.0).all()
    assert table.loc["U03", "same_class"] == 1.0


def test_a_choice_that_decides_nothing_carries_nothing(model, units):
    """Outputs in fixed proportion: which of them count cannot matter, so the whole variance is that of the others."""
    frame = units.frame.assign(visits=units.frame["days"] * 2, hours=units.frame["days"] * 3)
    same = bench.Units.from_frame(frame, id="unit", inputs=["cost"], outputs=["days", "visits", "hours"])
    found = specification_curve(model, same, outliers=("kept",), sample="all")[0]
    shares = found.choices.set_index("choice")["share"]
    assert shares["outputs"] == pytest.approx(0.0, abs=1e-12)
    assert shares["rts"] == pytest.approx(1.0)


def test_what_cannot_be_done_is_refused(model, units):
    with pytest.raises(OptionError, match="rts of the curve"):
        specification_curve(model, units, rts=("fdh",))
    with pytest.raises(OptionError, match="classes"):
        specification_curve(model, units, classes=1)
    with pytest.raises(DataError, match="nothing can be said"):
        specification_curve(model, units.take(np.arange(2)))

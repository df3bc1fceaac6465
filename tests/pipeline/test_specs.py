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


METHODS = ("dea", "sfa", "stoned", "sbm", "cols")


@pytest.fixture(scope="module")
def several(model, units):
    return specification_curve(model, units, methods=METHODS, outputs="leave-one-out", sample="all")[0]


def test_methods_are_a_choice_and_each_is_the_librarys_own(several, units):
    """Cost frontiers and their relatives: every score is what the function gives when it is called directly."""
    directly = {
        "sfa": lambda part, rts: bench.sfa(part, kind="cost", form="cobb-douglas", distribution="half-normal"),
        "stoned": lambda part, rts: bench.stochastic.stoned(part, kind="cost", rts=rts),
        "sbm": lambda part, rts: bench.envelopment.sbm(part, rts=rts, orientation="input"),
        "cols": lambda part, rts: bench.stochastic.cols(part, kind="cost", form="cobb-douglas"),
        "dea": lambda part, rts: bench.dea(part, rts=rts),
    }
    whole = several.specs.query("outliers == 'kept'")
    assert set(whole["method"]) == set(METHODS)
    assert len(whole) == (2 + 1 + 2 + 2 + 1) * 4  # those without returns to scale once
    for row, spec in whole.iterrows():
        part = units.select(outputs=spec["outputs"].split(" + "))
        expected = _share(directly[spec["method"]](part, spec["rts"]), units)
        assert several.scores[row] == pytest.approx(expected, abs=1e-7), spec.to_dict()
    shares = several.choices.set_index("choice")["share"]
    assert shares["method"] > 0.0
    assert set(several.choices["choice"]) == {"method", "rts", "outputs", "outliers", "sample"}


def _share(found, units):
    series = found.frame["efficiency"] if hasattr(found, "frame") and "efficiency" in found.frame else found.efficiency
    return np.asarray(series, dtype=float)


def test_a_screen_takes_units_out_of_every_methods_sample(several):
    """Who the interquartile rule takes out has no score by a method that is estimated without him."""
    gone = several.specs.query("outliers == 'iqr' and method == 'sfa'")
    assert np.isnan(several.scores[gone.index, 3]).any()
    assert (gone["missing"] >= 1).any()


def test_a_variant_of_the_model_brings_its_keys(model, units):
    said = model.with_values(
        {"frontier": {"variant": [{"id": "m30", "method": "order-m", "m": 30}]}, "norm.source": "frontier"}
    )
    found = specification_curve(said, units, methods=("m30",), outputs="stated", sample="all", outliers=("kept",))[0]
    expected = bench.envelopment.order_m(units, m=30, orientation="input").efficiency
    assert found.scores[0] == pytest.approx(np.asarray(expected), abs=1e-9)
    with pytest.raises(OptionError, match="needs m"):
        specification_curve(model, units, methods=("order-m",))
    with pytest.raises(OptionError, match="did you mean"):
        specification_curve(model, units, methods=("stonde",))


def test_sets_of_outputs_solved_together_are_those_solved_alone():
    """A unit without one of the outputs, and outliers taken out, in every set: each against its own frontier."""
    from bench.pipeline.specs import _inside

    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {"unit": [f"U{k:02d}" for k in range(20)], "a": rng.uniform(1, 9, 20), "b": rng.uniform(1, 9, 20)}
    )
    frame["c"] = rng.uniform(1, 9, 20)
    frame["cost"] = frame[["a", "b", "c"]].sum(axis=1) * rng.uniform(1.0, 1.8, 20)
    frame.loc[5, "cost"] *= 0.2
    frame.loc[7, "a"] = 0.0
    table = bench.Units.from_frame(frame, id="unit", inputs=["cost"], outputs=["a", "b", "c"])
    model = bench.load_model("average-cost").with_roles(id="unit", cost="cost", outputs=["a", "b", "c"])
    (curve,) = specification_curve(model, table, sample="all", rts=("crs", "vrs", "irs", "drs"))
    for row, spec in curve.specs.iterrows():
        part = table.select(outputs=spec["outputs"].split(" + "))
        made = np.flatnonzero(part.Y.any(axis=1))
        part = part.take(made)
        expected = bench.dea(part, rts=spec["rts"])
        if spec["outliers"] == "iqr":
            ahead = bench.dea(part, rts=spec["rts"], super_efficiency=True).efficiency.to_numpy()
            left = part.take(np.flatnonzero(_inside(ahead)))
            expected = bench.dea(part, rts=spec["rts"], reference=left)
        scores = np.minimum(expected.efficiency.to_numpy(), 1.0)
        assert curve.scores[row, made] == pytest.approx(scores, abs=1e-8, nan_ok=True), spec.to_dict()
        assert np.isnan(np.delete(curve.scores[row], made)).all()


def test_the_numbers_do_not_depend_on_the_processes(model, units, curve):
    again = specification_curve(model, units, workers=2)[0]
    assert np.array_equal(again.scores, curve.scores, equal_nan=True)
    pd.testing.assert_frame_equal(again.specs, curve.specs)


def test_the_note_on_drivers_against_plain_least_squares(model):
    """Visits are twice the days (no word of their own), and hours are half of the cost: R² by hand."""
    rng = np.random.default_rng(2)
    days, hours, noise = rng.uniform(10, 60, 40), rng.uniform(10, 60, 40), rng.uniform(1, 2, 40)
    frame = pd.DataFrame({"unit": [f"U{k:02d}" for k in range(40)], "days": days, "visits": 2 * days, "hours": hours})
    frame["cost"], frame["travel"] = days + hours, noise
    table = bench.Units.from_frame(
        frame, id="unit", inputs=["cost"], outputs=["days", "visits", "hours"], environment=["travel"]
    )
    said = model.with_roles(id="unit", cost="cost", outputs=["days", "visits", "hours"]).with_values(
        {"data.environment": ["travel"]}
    )
    (curve,) = specification_curve(said, table, sample="all", outputs="stated")
    note = curve.drivers.set_index("driver")
    assert note["used"].to_dict() == {"days": True, "visits": True, "hours": True, "travel": False}
    assert np.isinf(note.loc["days", "inflation"])
    expected = (
        np.corrcoef(
            np.linalg.lstsq(np.c_[np.ones(40), days, noise], hours, rcond=None)[0] @ np.c_[np.ones(40), days, noise].T,
            hours,
        )[0, 1]
        ** 2
    )
    assert note.loc["hours", "inflation"] == pytest.approx(1 / (1 - expected))
    assert note.loc["hours", "correlation"] == pytest.approx(np.corrcoef(hours, frame["cost"])[0, 1])
    assert note.loc["visits", "adds"] == pytest.approx(0.0, abs=1e-12)  # days say it already
    assert note.loc["visits", "score_adds"] == pytest.approx(0.0, abs=1e-12)
    alone = np.corrcoef(days, frame["cost"])[0, 1] ** 2
    assert note.loc["hours", "adds"] == pytest.approx(1.0 - alone)
    assert note.loc["hours", "moved"] > 20
    assert note.loc["hours", "needed"] == 12  # max(1·3, 3·(1 + 3))
    assert note.loc["travel", "needed"] == 15


def test_what_cannot_be_done_is_refused(model, units):
    with pytest.raises(OptionError, match="rts of the curve"):
        specification_curve(model, units, rts=("fdh",))
    with pytest.raises(OptionError, match="classes"):
        specification_curve(model, units, classes=1)
    with pytest.raises(DataError, match="nothing can be said"):
        specification_curve(model, units.take(np.arange(2)))

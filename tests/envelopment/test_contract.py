"""What every envelopment method promises, tried on every one of them.

The measures of the data, the order of rows and of columns, and a unit that is there twice under another name do not
matter; a zero, a single unit or a negative value gives an answer, a note or a clear refusal; a table of several periods
is not pooled in silence; a wrong reference set is the same error everywhere; the bytes do not depend on the workers;
the table is not changed; nothing is printed. A method is tried as soon as it is in the catalogue, with what it needs.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from key_values import VALUES
from presented import shows_itself

import bench
from bench import envelopment as e
from bench.catalogue import METHODS, MethodSpec
from bench.errors import BenchError, DataError, OptionError

#: Columns and sizes for the table below, by the argument: what a method needs is filled in from here.
USUAL: dict[str, Any] = {
    **VALUES,
    "halves": 2,
    "variables": ["z"],
    "bad": ["y2"],
    "fixed": ["x2"],
    "weak": ["y1"],
    "polluting": ["x1"],
    "category": "z",
    "group": "z",
    "intermediate": ["w"],
    "bounds": {"x2": (0.0, 1e9)},
    "content": {"x1": 1.0, "y1": 0.1},
    "whole": [],
    "carry_overs": {"w": "bad"},
    "stages": {
        "one": {"inputs": ["x1"], "outputs": ["w", "y1"]},
        "two": {"inputs": ["w", "x2"], "outputs": ["y2"]},
    },
}
#: Arguments filled in though a method has values of its own: they keep the whole file quick.
SIZED = {"replicates", "halves", "splits"}
#: Options of single methods: what they need beside the usual, or another value of it.
OWN: dict[str, dict[str, Any]] = {
    "weight_restricted": {"rts": "crs", "restrictions": [e.Share("y1", 0.1, 0.9)]},
    "with_peer_rules": {"rts": "vrs"},
    "additive": {"weights": "ram"},
    "super_efficiency": {"rts": "crs"},
    "undesirable": {"rts": "crs"},
    "weak_disposability": {"rts": "crs"},
    "merger_gains": {"rts": "crs"},
    "metafrontier": {"rts": "crs"},
    "capacity_use": {"fixed": ["x1"]},
    "wilson_outliers": {"deletions": 2},
    "order_m_outliers": {"m": [2, 5]},
    "bootstrap_efficiency": {"rts": "crs"},
    "heterogeneous_bootstrap": {"rts": "crs"},
    "subsampling_efficiency": {"rts": "crs", "size": 6},
    "conditional_efficiency": {"bandwidth": 5.0},
    "separability_test": {"rts": "crs", "bandwidth": 5.0},
    "compare_groups": {"rts": "crs"},
    "context_dependent": {"rts": "crs"},
    "integer_data": {"rts": "crs"},
    "rank_intervals": {"rts": "crs"},
    "determinants": {"rts": "crs"},
}


def least(spec: MethodSpec) -> dict[str, Any]:
    """Options without which a method says nothing; sizes that keep the whole file quick."""
    needs = {"variables" if key == "environment" else key for key in spec.needs}
    takes = inspect.signature(getattr(e, spec.function)).parameters
    return {name: USUAL[name] for name in takes if name in needs | SIZED and name in USUAL}


SPECS = {
    spec.function: spec for spec in METHODS.values() if spec.room == "envelopment" and spec.function != "unit_program"
}
CALLS = {name: {**least(spec), **OWN.get(name, {})} for name, spec in SPECS.items()}
CALLS |= {name: options for name, options in OWN.items() if name not in CALLS}
#: Public, but no methods that compare units.
OTHERS = {
    "DeaResult", "MethodResult", "Technology", "Bound", "Ratio", "Share", "TradeOff", "unit_program", "write_unit_lp",
    "without", "bootstrap_draws", "kept_draws",
}  # fmt: skip
#: Compare periods themselves.
PANELS = {name for name, spec in SPECS.items() if spec.panel}
#: Units that a method needs, where these are many.
SIZES = {"separability_test": 84, "closest_targets": 16}
#: One answer for the whole table, or an answer about one unit.
ONE_ANSWER = {"returns_to_scale_test", "technology_test", "separability_test", "efficiency_ladder", "merger_gains"}
#: Draws follow the order of rows, so that another order is another draw.
RANDOM = {name for name, spec in SPECS.items() if "seed" in spec.needs}
#: Whose numbers are in the measures of the data: amounts, or prices times amounts.
IN_MEASURES = {
    "material_balance",
    "two_stage",
    "profit_efficiency",
    "determinants",
    "wilson_outliers",
    "compare_groups",
    "mean_efficiency",
}
#: A twin under another name is a finding there, or weighs in a mean, a distribution or a choice of measures.
TWINS = {
    "cross_efficiency", "wilson_outliers", "order_m", "order_m_outliers", "hyperbolic_order_m",
    "hyperbolic_order_alpha", "directional_order_m", "directional_order_alpha", "influence", "outlier_screen",
    "super_efficiency", "additive_super", "price_productivity", "common_weights", "context_dependent",
    "closest_targets", "conditional_efficiency",
    "fare_primont", "tfp_efficiency", "window_analysis", "order_alpha", "additive",
    *RANDOM, *ONE_ANSWER, "metafrontier",
}  # fmt: skip


def table(count: int = 44, periods: int = 1, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = count * periods
    frame = pd.DataFrame(rng.uniform(1, 9, (rows, 5)), columns=["x1", "x2", "y1", "y2", "w"])
    frame["z"] = np.tile(np.arange(count) % 2 + 1.0, periods)
    waste = np.maximum(1.2 + 0.3 * frame["z"] + rng.normal(0, 0.15, rows), 1.0)
    frame[["x1", "x2"]] = frame[["x1", "x2"]].mul((frame["y1"] + frame["y2"]) / 8 * waste, axis=0)
    for column in ("px1", "px2", "py1", "py2"):
        frame[column] = rng.uniform(1, 3, rows)
    frame["unit"], frame["year"] = [f"u{k}" for k in range(count)] * periods, np.repeat(range(periods), count)
    return frame


def units_of(frame: pd.DataFrame, *, periods: bool = False, accept: tuple[str, ...] = ()) -> bench.Units:
    return bench.Units.from_frame(
        frame, id="unit", period="year" if periods else None, inputs=["x1", "x2"], outputs=["y1", "y2"],
        input_prices=["px1", "px2"], output_prices=["py1", "py2"], environment=["z"], extra=["w"], accept=accept,
    )  # fmt: skip


def call(name: str, units: bench.Units, **more: Any) -> Any:
    options = {**CALLS[name], **more}
    if name == "efficiency_ladder":
        return e.efficiency_ladder(units, units.names[0], **options)
    if name == "merger_gains":
        names = units.unit_names if more.get("periods") == "separate" else units.names
        return e.merger_gains(units, {"both": names[:2]}, **options)
    if name == "two_stage":
        units = units.select(outputs=["y1", "y2"])
    return getattr(e, name)(units, **options)


def numbers(name: str, result: Any) -> pd.Series:
    """The measure that ranks units, or the statistic."""
    if name == "dea":
        return result.efficiency
    if name == "influence":
        # One row per pair of units: whose absence helps whom.
        return result.frame[result.measure].sort_values(ignore_index=True)
    if hasattr(result, "frame"):
        return result.frame[result.measure].astype(float)
    return pd.Series([result.statistic])


def plain(name: str) -> bench.Units:
    return units_of(table(count=SIZES.get(name, 44), periods=2 if name in PANELS else 1), periods=name in PANELS)


def test_every_public_method_is_tried() -> None:
    assert set(e.__all__) == set(CALLS) | OTHERS
    assert set(e.__all__) <= set(dir(e))
    for name in e.__all__:
        assert getattr(e, name).__module__.startswith("bench.envelopment."), name


@pytest.mark.parametrize("name", list(CALLS))
def test_measures_do_not_matter(name: str) -> None:
    if name in IN_MEASURES:
        return
    frame = table(count=SIZES.get(name, 44), periods=2 if name in PANELS else 1)
    scaled = frame.copy()
    for column, size in {"x1": 1e4, "x2": 1e-3, "y1": 1e-5, "y2": 1e3}.items():
        scaled[column] *= size
        scaled[f"p{column}"] /= size
    first, second = (numbers(name, call(name, units_of(one, periods=name in PANELS))) for one in (frame, scaled))
    np.testing.assert_allclose(second.to_numpy(), first.to_numpy(), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", list(CALLS))
def test_order_of_rows_and_columns_does_not_matter(name: str) -> None:
    frame = table(count=SIZES.get(name, 44), periods=2 if name in PANELS else 1)
    moved = frame if name in RANDOM | ONE_ANSWER else frame.sample(frac=1.0, random_state=1)
    other = bench.Units.from_frame(
        moved, id="unit", period="year" if name in PANELS else None, inputs=["x2", "x1"], outputs=["y2", "y1"],
        input_prices=["px2", "px1"], output_prices=["py2", "py1"], environment=["z"], extra=["w"],
    )  # fmt: skip
    first, second = numbers(name, call(name, plain(name))), numbers(name, call(name, other))
    if name not in RANDOM | ONE_ANSWER | {"wilson_outliers", "influence"}:
        second = second.loc[first.index]
    # What mixes are told apart by follows the first column in the heterogeneous bootstrap.
    if name != "heterogeneous_bootstrap":
        np.testing.assert_allclose(second.to_numpy(), first.to_numpy(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", [name for name in CALLS if name not in TWINS])
def test_a_unit_that_is_there_twice_changes_nothing(name: str) -> None:
    frame = table(count=SIZES.get(name, 44), periods=2 if name in PANELS else 1)
    twin = frame[frame["unit"] == "u3"].assign(unit="twin")
    both = pd.concat([frame, twin], ignore_index=True)
    first = numbers(name, call(name, units_of(frame, periods=name in PANELS)))
    second = numbers(name, call(name, units_of(both, periods=name in PANELS)))
    np.testing.assert_allclose(second.loc[first.index].to_numpy(), first.to_numpy(), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", list(CALLS))
@pytest.mark.parametrize("kind", ["zero input", "zero output", "negative output", "single unit", "no variation"])
def test_awkward_tables_are_answered_or_refused_in_words(name: str, kind: str) -> None:
    frame = table(count=1 if kind == "single unit" else SIZES.get(name, 44), periods=2 if name in PANELS else 1)
    if kind == "no variation":
        frame[["x1", "x2", "y1", "y2", "w"]] = 2.0
    elif kind != "single unit":
        frame.loc[1, "x2" if kind == "zero input" else "y1"] = -2.0 if kind == "negative output" else 0.0
    units = units_of(frame, periods=name in PANELS, accept=("negative-value",))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = call(name, units)
        except BenchError as error:
            refused = str(error)
        else:
            refused = ""
    if refused:
        # A refusal says what is wrong; one zero refuses nobody but where logarithms are taken.
        assert len(refused) > 20
        assert kind != "zero output" or name == "heterogeneous_bootstrap", refused
        return
    values = numbers(name, found)
    if hasattr(found, "frame") and values.isna().any():
        assert found.issues or name in {"outlier_screen", "order_m_outliers", "conditional_efficiency", "influence"}


@pytest.mark.parametrize("name", [name for name in CALLS if name not in PANELS])
def test_several_periods_are_a_question(name: str) -> None:
    units = units_of(table(count=SIZES.get(name, 44), periods=2), periods=True)
    with pytest.raises(OptionError, match="periods"):
        call(name, units)
    assert "periods" in inspect.signature(getattr(e, name)).parameters
    call(name, units, periods="pooled")
    if name in {"returns_to_scale_test", "technology_test", "separability_test"}:
        with pytest.raises(OptionError, match="for_period"):
            call(name, units, periods="separate")
        return
    found = numbers(name, call(name, units, periods="separate"))
    alone = [numbers(name, call(name, units.for_period(period))) for period in (0, 1)]
    if name == "efficiency_ladder":
        alone = alone[:1]
    if name == "influence":
        np.testing.assert_allclose(found.to_numpy(), np.sort(np.concatenate(alone)))
    elif name in RANDOM | {"merger_gains", "efficiency_ladder", "wilson_outliers"}:
        np.testing.assert_allclose(found.to_numpy(), pd.concat(alone).to_numpy())
    else:
        np.testing.assert_allclose(found.loc[pd.concat(alone).index].to_numpy(), pd.concat(alone).to_numpy())


@pytest.mark.parametrize("name", list(CALLS))
def test_a_wrong_reference_set_is_one_error(name: str) -> None:
    if "reference" not in inspect.signature(getattr(e, name)).parameters:
        return
    units = plain(name)
    with pytest.raises(OptionError, match="the reference must have the units' inputs and outputs"):
        call(name, units, reference=bench.Units.from_arrays([[1.0]], [[1.0]]))
    with pytest.raises(OptionError, match="reference must say what each column is"):
        call(name, units, reference=units.frame)
    same = numbers(name, call(name, units, reference=units_of(table())))
    np.testing.assert_allclose(same.to_numpy(), numbers(name, call(name, units)).to_numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", list(CALLS))
def test_bytes_tables_and_silence(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    units = plain(name)
    before = units.frame.copy()
    found = numbers(name, call(name, units))
    if "workers" in inspect.signature(getattr(e, name)).parameters:
        assert numbers(name, call(name, units, workers=2)).to_numpy().tobytes() == found.to_numpy().tobytes()
        with pytest.raises(OptionError, match="workers"):
            call(name, units, workers=0)
    assert numbers(name, call(name, units)).to_numpy().tobytes() == found.to_numpy().tobytes()
    pd.testing.assert_frame_equal(units.frame, before)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", list(CALLS))
def test_what_is_no_table_is_refused(name: str) -> None:
    function: Callable[..., Any] = getattr(e, name)
    more = {"efficiency_ladder": ("a",), "merger_gains": ({"m": ["a"]},)}.get(name, ())
    with pytest.raises((OptionError, DataError), match=r"bench\.Units"):
        function(pd.DataFrame({"a": [1.0]}), *more, **CALLS[name])


@pytest.mark.parametrize("name", list(CALLS))
def test_every_result_shows_itself(name: str, tmp_path: Path) -> None:
    shows_itself(call(name, plain(name)), tmp_path)

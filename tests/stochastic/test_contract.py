"""What every stochastic method promises: labels, measures, order, duplicates, zeros, one unit, periods, silence."""

from __future__ import annotations

import contextlib
from functools import cache

import numpy as np
import pandas as pd
import pytest
from presented import shows_itself

import bench
from bench import stochastic
from bench.errors import BenchError, DataError

FIXED = {"kind": "cost", "form": "cobb-douglas", "effects": "fixed"}

#: Method, options, whether it needs a panel, and the largest change of an efficiency that rounding may make.
METHODS = {
    "sfa": (bench.sfa, {"kind": "cost", "form": "cobb-douglas"}, False, 1e-7),
    "sfa translog exponential": (bench.sfa, {"kind": "cost", "distribution": "exponential"}, False, 1e-6),
    "sfa pitt-lee": (bench.sfa, {"kind": "cost", "form": "cobb-douglas", "panel": "pitt-lee"}, True, 1e-7),
    "sfa bc92": (bench.sfa, {"kind": "cost", "form": "cobb-douglas", "panel": "bc92"}, True, 1e-6),
    "sfa true-random": (bench.sfa, {"kind": "cost", "form": "cobb-douglas", "panel": "true-random"}, True, 1e-6),
    "sfa true-fixed": (bench.sfa, {"kind": "cost", "form": "cobb-douglas", "panel": "true-fixed"}, True, 1e-5),
    "shaped_sfa": (stochastic.shaped_sfa, {"kind": "cost", "form": "cobb-douglas"}, False, 1e-6),
    "cols": (stochastic.cols, {"kind": "cost", "form": "cobb-douglas"}, False, 1e-9),
    "mols": (stochastic.mols, {"kind": "cost", "form": "cobb-douglas"}, False, 1e-9),
    "panel_frontier": (
        stochastic.panel_frontier,
        {"kind": "cost", "form": "cobb-douglas", "effects": "fixed"},
        True,
        1e-8,
    ),
    "latent_class": (stochastic.latent_class, {"kind": "cost", "form": "cobb-douglas", "starts": 6}, False, 1e-3),
    "zero_inefficiency": (stochastic.zero_inefficiency, {"kind": "cost", "form": "cobb-douglas"}, False, 1e-3),
    "cnls": (stochastic.cnls, {"kind": "cost", "rts": "crs"}, False, 1e-4),
    "stoned": (stochastic.stoned, {"kind": "cost", "rts": "crs"}, False, 1e-4),
    "convex_quantile": (stochastic.convex_quantile, {"kind": "cost", "rts": "crs", "tau": 0.3}, False, 1e-4),
    "convex_expectile": (stochastic.convex_expectile, {"kind": "cost", "rts": "crs", "tau": 0.3}, False, 1e-4),
}
#: Methods whose values on a sample and on the sample twice differ by design: degrees of freedom, or several maxima.
NOT_TWICE = {"latent_class", "zero_inefficiency", "panel_frontier"}
#: Methods that take logs, to which a zero volume is an error; CNLS welcomes it.
LOGS = [name for name in METHODS if not name.startswith(("cnls", "stoned", "convex"))]


@cache
def table(panel, seed=3):
    rng = np.random.default_rng(seed)
    count, periods = (14, 4) if panel else (50, 1)
    n = count * periods
    unit = np.repeat([f"u{k:02d}" for k in range(count)], periods)
    hours, visits = np.exp(0.6 * rng.normal(size=(2, n)))
    lasting = 0.3 * np.abs(rng.normal(size=count)).repeat(periods)
    waste = 0.1 * rng.normal(size=n) + 0.25 * np.abs(rng.normal(size=n)) + (lasting if panel else 0.0)
    frame = pd.DataFrame({"unit": unit, "cost": 30 * hours**0.6 * visits**0.4 * np.exp(waste)})
    frame["hours"], frame["visits"] = hours, visits
    frame["year"] = np.tile(range(2020, 2020 + periods), count)
    return frame


def units(frame, panel, outputs=("hours", "visits")):
    return bench.Units.from_frame(
        frame, id="unit", period="year" if panel else None, inputs=["cost"], outputs=list(outputs)
    )


def efficiency(name, frame, **options):
    method, given, panel, _ = METHODS[name]
    result = method(units(frame, panel, **options), **given)
    # Least-squares functions without a split have residuals instead of efficiencies.
    return result.efficiency if hasattr(result, "efficiency") else result.residuals


@cache
def base(name):
    return efficiency(name, table(METHODS[name][2]))


def same(name, found):
    want, tolerance = base(name), METHODS[name][3]
    assert found.reindex(want.index).to_numpy() == pytest.approx(want.to_numpy(), abs=tolerance)


@pytest.mark.parametrize("name", METHODS)
def test_labels_are_the_tables_and_nothing_is_printed(name, capfd):
    found = base(name)
    frame, panel = table(METHODS[name][2]), METHODS[name][2]
    if panel and isinstance(found.index, pd.MultiIndex):
        assert found.index.tolist() == list(zip(frame["unit"], frame["year"], strict=True))
    else:
        assert set(found.index) == set(frame["unit"])
    assert np.isfinite(found).all()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", METHODS)
def test_measures_do_not_matter(name):
    frame = table(METHODS[name][2])
    if name.startswith("convex") or name == "cnls":
        # Residuals are logs or shares of the dependent variable: only services change measure.
        same(name, efficiency(name, frame.assign(hours=1000 * frame["hours"], visits=0.01 * frame["visits"])))
        return
    moved = frame.assign(cost=1000 * frame["cost"], hours=100 * frame["hours"], visits=0.01 * frame["visits"])
    same(name, efficiency(name, moved))


@pytest.mark.parametrize("name", METHODS)
def test_order_of_rows_and_columns_does_not_matter(name):
    frame = table(METHODS[name][2]).sample(frac=1.0, random_state=1).reset_index(drop=True)
    same(name, efficiency(name, frame, outputs=("visits", "hours")))


@pytest.mark.parametrize("name", [name for name in METHODS if name not in NOT_TWICE])
def test_the_sample_twice_says_the_same(name):
    frame = table(METHODS[name][2])
    twice = pd.concat([frame, frame.assign(unit="copy " + frame["unit"])], ignore_index=True)
    found = efficiency(name, twice)
    same(name, found)


@pytest.mark.parametrize("name", METHODS)
def test_the_same_call_gives_the_same_bytes(name):
    assert efficiency(name, table(METHODS[name][2])).to_numpy().tobytes() == base(name).to_numpy().tobytes()


@pytest.mark.parametrize("name", LOGS)
def test_a_zero_volume_is_named(name):
    frame = table(METHODS[name][2]).copy()
    frame.loc[5, "visits"] = 0.0
    with pytest.raises(DataError) as caught:
        efficiency(name, frame)
    issue = caught.value.issues[0]
    assert issue.column == "visits"
    assert frame.loc[5, "unit"] in issue.unit


@pytest.mark.parametrize("name", METHODS)
def test_one_unit_is_a_plain_error_or_a_plain_answer(name):
    panel = METHODS[name][2]
    alone = table(panel).iloc[: 4 if panel else 1].reset_index(drop=True)
    # Anything but an error of the engine, or numbers, fails the test.
    with contextlib.suppress(BenchError):
        assert np.isfinite(efficiency(name, alone)).all()


@pytest.mark.parametrize("name", [name for name in METHODS if not METHODS[name][2]])
def test_periods_without_a_panel_are_rows_of_their_own(name):
    frame = table(True)
    method, given, _, tolerance = METHODS[name]
    rows = frame.assign(unit=[f"{u} {y}" for u, y in zip(frame["unit"], frame["year"], strict=True)])
    if name in NOT_TWICE:
        # Classes belong to units where there are periods.
        return
    found, want = (method(made, **given) for made in (units(frame, True), units(rows, False)))
    attribute = "efficiency" if hasattr(found, "efficiency") else "residuals"
    values = [getattr(result, attribute).to_numpy() for result in (found, want)]
    assert values[0] == pytest.approx(values[1], abs=tolerance)


@pytest.mark.parametrize("name", METHODS)
def test_every_result_shows_itself(name, tmp_path):
    method, given, panel, _ = METHODS[name]
    shows_itself(method(units(table(panel), panel), **given), tmp_path)

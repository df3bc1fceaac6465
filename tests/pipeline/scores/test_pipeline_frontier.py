"""What the model file says of the frontier reaches the method, or is refused: conditions, kind, years, returns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bench
from bench.errors import DataError, ModelError
from bench.modelfile import parse_model
from bench.modelfile.model import build
from bench.pipeline import run_file

YEARS = (2004, 2005)


def model(frontier: str, rest: str = ""):
    return parse_model(
        f"""
[meta]
name = "reise"
title = {{ nb = "Reise", en = "Travel" }}
[data]
id = "enhet"
period = "aar"
cost = "kostnad"
[frontier]
{frontier}
[norm]
source = "frontier"
[indexation]
deflator = 0.0
[[scheme]]
id = "omsorg"
label = {{ nb = "Omsorg", en = "Care" }}
[[scheme.service]]
id = "timer"
label = {{ nb = "Timer", en = "Hours" }}
measure = {{ nb = "time", en = "hour" }}
weight = 1.0
[scheme.settlement]
keep_surplus = 1.0
carry_deficit = 1.0
{rest}
""",
        "reise.toml",
    )


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Cost rises with travel time, which no unit can choose; inefficiency has nothing to do with it."""
    rng = np.random.default_rng(3)
    n, years = 60, np.array(YEARS)
    unit, year = np.repeat(np.arange(n), years.size), np.tile(years, n)
    hours = np.exp(rng.uniform(6.0, 9.0, unit.size))
    travel = np.repeat(rng.uniform(0.0, 1.0, n), years.size)
    waste = np.abs(rng.normal(0.0, 0.25, unit.size))
    cost = 400.0 * hours**0.9 * np.exp(0.8 * travel + waste + 0.03 * rng.normal(size=unit.size))
    return pd.DataFrame(
        {"enhet": [f"E{k:02d}" for k in unit], "aar": year, "kostnad": cost, "timer": hours, "reisetid": travel}
    )


def csv(table: pd.DataFrame, path):
    table.to_csv(path, index=False, sep=";", decimal=",", encoding="cp1252")
    return path


def test_sfa_takes_the_conditions_of_the_clients_file(table, tmp_path):
    file = csv(table, tmp_path / "klient.csv")
    without = run_file(model('method = "sfa"'), file).efficiency["efficiency"]
    run = run_file(model('method = "sfa"\nenvironment = ["reisetid"]'), file)
    known = run.efficiency["efficiency"]
    assert np.corrcoef(table["reisetid"], without)[0, 1] < -0.5  # far-off units are blamed for the road …
    assert abs(np.corrcoef(table["reisetid"], known)[0, 1]) < 0.25  # … and no longer
    units = bench.read_units(
        file, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"], environment=["reisetid"]
    )
    fit = bench.sfa(units, kind="cost", form="cobb-douglas", environment=["reisetid"])
    assert known.to_numpy() == pytest.approx(fit.efficiency.to_numpy(), rel=1e-9)
    assert run.units.environment == ("reisetid",)
    stated = run.assumptions.set_index("key")["value"]
    assert stated["frontier.environment"] == "reisetid"


def test_stoned_takes_the_conditions_of_the_model_and_no_others(table):
    units = bench.Units.from_frame(
        table, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"], environment=["reisetid"]
    )
    without = bench.run(model('method = "stoned"\nrts = "vrs"'), units).efficiency["efficiency"]
    known = bench.run(model('method = "stoned"\nrts = "vrs"\nenvironment = ["reisetid"]'), units).efficiency
    assert np.corrcoef(table["reisetid"], without)[0, 1] < -0.5
    assert abs(np.corrcoef(table["reisetid"], known["efficiency"])[0, 1]) < 0.25


@pytest.mark.parametrize(
    ("cell", "rule"),
    [("", "empty-cell"), ("langt", "not-a-number"), (".", "not-applicable"), ("1.234.5", "not-a-number")],
)
def test_conditions_are_read_as_strictly_as_costs(table, tmp_path, cell, rule):
    text = table.astype({"reisetid": object})
    text.loc[4, "reisetid"] = cell
    with pytest.raises(DataError) as caught:
        run_file(model('method = "sfa"\nenvironment = ["reisetid"]'), csv(text, tmp_path / "klient.csv"))
    assert (rule, "E6") in {(issue.rule, issue.cell) for issue in caught.value.issues}


def test_a_missing_column_is_named(table, tmp_path):
    stated = model('method = "sfa"\nenvironment = ["reisetid"]')
    bare = table.drop(columns="reisetid")
    with pytest.raises(DataError, match="reisetid"):
        run_file(stated, csv(bare, tmp_path / "klient.csv"))
    units = bench.Units.from_frame(bare, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"])
    with pytest.raises(
        ModelError, match=r"reise\.toml, line 11, key frontier\.environment.*'reisetid', which is not in"
    ):
        bench.run(stated, units)


def test_inputs_of_the_frontier_are_read_too(table, tmp_path):
    file = csv(table.assign(aarsverk=table["kostnad"] / 7e5), tmp_path / "klient.csv")
    run = run_file(model('method = "dea"\nrts = "vrs"\ninputs = ["kostnad", "aarsverk"]'), file)
    assert "aarsverk" in run.units.extra
    assert set(run.multipliers["column"]) == {"kostnad", "aarsverk", "timer", "intercept"}


@pytest.mark.parametrize(
    ("frontier", "key", "words"),
    [
        ('method = "dea"\nrts = "vrs"\nenvironment = ["reisetid"]', "frontier.environment", "takes no conditions"),
        ('method = "none"\nenvironment = ["reisetid"]', "frontier.environment", "takes no conditions"),
        ('method = ["dea", "sfa"]\nrts = "vrs"\nenvironment = ["reisetid"]', "frontier.environment", "take 'dea' out"),
        (
            'method = "dea"\nrts = "vrs"\n[frontier.by_scheme.omsorg]\nenvironment = ["reisetid"]',
            "frontier.by_scheme.omsorg.environment",
            "takes no conditions",
        ),
        ('method = "sfa"\nkind = "production"', "frontier.kind", "need a frontier of cost"),
        ('method = "sfa"\nrts = "crs"', "frontier.rts", "estimates its returns to scale"),
        ('method = "stoned"\nrts = "fdh"', "frontier.rts", "StoNED takes rts vrs, crs, drs, irs"),
        ('method = "sfa"\norientation = "output"', "frontier.orientation", "oriented to the input"),
    ],
)
def test_what_a_method_cannot_do_is_refused_with_its_place(frontier, key, words):
    with pytest.raises(ModelError, match=words) as caught:
        model(frontier)
    assert caught.value.file == "reise.toml"
    assert caught.value.key == key
    assert caught.value.line is not None


def test_a_frontier_per_year_is_one_for_every_method(table):
    """SFA by year is the fit of each year's rows; the order of the table's rows is kept."""
    units = bench.Units.from_frame(table, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"])
    run = bench.run(model('method = "sfa"\nperiods = "separate"'), units)
    found = run.efficiency.set_index(["unit", "year"])["efficiency"]
    for year in YEARS:
        fit = bench.sfa(units.for_period(year), kind="cost", form="cobb-douglas")
        expected = fit.efficiency.to_numpy()
        assert found.xs(year, level="year").to_numpy() == pytest.approx(expected, rel=1e-9)
    prices = run.benchmark_prices
    assert np.isfinite(prices["price"]).all()


def test_scale_efficiency_is_found_only_where_it_is_asked_for(table, monkeypatch):
    import bench.envelopment

    solved = []
    plain = bench.envelopment.dea
    monkeypatch.setattr(bench.envelopment, "dea", lambda *a, **k: solved.append(k["rts"]) or plain(*a, **k))
    units = bench.Units.from_frame(table, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"])
    silent = bench.run(model('method = "dea"\nrts = "vrs"'), units)
    assert solved == ["vrs"]
    assert silent.efficiency["scale_efficiency"].isna().all()
    shown = bench.run(model('method = "dea"\nrts = "vrs"\nscale_efficiency = true'), units)
    assert solved == ["vrs", "vrs", "crs"]
    both = shown.efficiency
    crs = plain(units, rts="crs", orientation="input", periods="pooled").efficiency.to_numpy()
    assert both["scale_efficiency"].to_numpy() == pytest.approx(crs / both["efficiency"].to_numpy(), rel=1e-9)


def test_conditions_that_are_read_and_not_used_are_pointed_out(table):
    """``data.environment`` gives columns their role; only ``frontier.environment`` puts them in the frontier."""
    units = bench.Units.from_frame(
        table, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"], environment=["reisetid"]
    )
    for frontier, told in (
        ('method = "dea"\nrts = "vrs"', True),
        ('method = "sfa"', True),
        ('method = "sfa"\nenvironment = ["reisetid"]', False),
        ('method = "none"', False),
    ):
        raw = model('method = "sfa"').raw
        raw["data"]["environment"] = ["reisetid"]
        raw["frontier"] = model(frontier).raw["frontier"]
        raw["norm"] = {"source": "average"}
        found = bench.run(build(raw, "reise.toml", {}), units).warnings
        named = [issue.column for issue in found if issue.rule == "condition-not-used"]
        assert named == (["reisetid"] if told else []), frontier

"""The laws of the chain over every model that ships, each on the data it is shown on.

A law is a change that must not matter, an inequality, or an identity; nothing here is a number of the code's own. What
a model does not have (a frontier, a requirement) it cannot break: the last test says which models show which law.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bench
from bench import resources
from bench.modelfile import Model
from bench.modelfile.checks import money_keys
from bench.pipeline.jobs import file_job

#: Without data of its own.
BARE = ("average-cost",)
NAMES = [name for name in resources.model_names() if name not in BARE]
NAMES += [f"{name}@{part.name}" for name in NAMES for part in bench.load_model(name).alternative]

#: Resampling is cut short: what is tested here is who sees what, not how sure it is.
SHORT = {
    "stykkpris-malestokk": {"frontier.inference.replicates": 100},
    "nursing-nm": {"frontier.inference.replicates": 100},
    "nve-yardstick": {
        "frontier.by_scheme.ld.inference.replicates": 100,
        "frontier.by_scheme.rd.inference.replicates": 100,
    },
}


@cache
def job(name: str) -> tuple[Model, bench.Units, dict[str, Any]]:
    """A model on what it is shown on; where it makes one decision, that of the last year."""
    made = file_job("run", [name], None)
    model, units = made.model, made.units
    if name in SHORT:
        model = model.with_values(SHORT[name])
    return model, units, dict(made.tables)


@cache
def run(name: str) -> bench.RunResult:
    model, units, tables = job(name)
    return bench.run(model, units, tables=tables)


def amounts(model: Model, units: bench.Units) -> list[str]:
    """Columns with cost and volume."""
    costs = [model.data.cost, *units.inputs, *(scheme.cost for scheme in model.scheme if scheme.cost)]
    volumes = [column for scheme in model.scheme for service in scheme.service for column in service.columns]
    return [name for name in dict.fromkeys([*costs, *volumes]) if name in units.frame.columns]


def otherwise(frame: pd.DataFrame, columns: list[str], first: Any) -> pd.DataFrame:
    """The same rows with other accounts: one unit a fifth cheaper, the others dearer, all with more volume."""
    frame = frame.copy()
    for place, column in enumerate(columns):
        factor = np.where(first, 0.8, 1.1) if place == 0 else 1.05
        frame[column] = (frame[column].astype(float) * factor).round(2)
    return frame


def with_other_accounts(model: Model, units: bench.Units, year: int) -> bench.Units:
    """The table with other accounts in one year."""
    frame = units.frame
    late = (frame[units.period] == year).to_numpy()
    first = (frame[units.id] == frame.loc[late, units.id].iloc[0]).to_numpy()
    changed = otherwise(frame, amounts(model, units), first)
    return replace(units, frame=frame.where(~pd.Series(late), changed).astype(changed.dtypes.to_dict()))


def with_a_later_year(model: Model, units: bench.Units, year: int) -> bench.Units:
    """The table with one more year of other accounts."""
    last = units.frame[units.frame[units.period] == year]
    first = (last[units.id] == last[units.id].iloc[0]).to_numpy()
    later = otherwise(last, amounts(model, units), first).assign(**{units.period: year + 1})
    return replace(units, frame=pd.concat([units.frame, later], ignore_index=True))


# -- law 1: vintage --------------------------------------------------------------------------------------------

#: Frames that are decisions or settlements, and the last year that must stay when the accounts of year 0 change: the
#: price of the year itself is decided on earlier accounts, and so is everything of the years before.
KEPT = {
    "prices": 0, "schemes": -1, "settlement": -1, "settlement_lines": -1, "purchaser": -1, "corrections": -1,
    "sharing": -1, "payments": -1, "efficiency": -1, "peers": -1, "multipliers": -1, "screens": -1, "norms": -1,
    "inference": -1, "conditions": -1, "coefficients": -1, "composites": -1, "loadings": -1, "benchmark_prices": -1,
    "figures": -1,
    "requirement_effect": 0,
}  # fmt: skip
#: Frames a frontier of pooled years only describes with; prices and settlement do not look at them.
DESCRIBED = ("efficiency", "peers", "multipliers", "norms", "benchmark_prices")
#: Whether a row is a peer of later rows is a fact of the later years.
LATER_FACTS = ("is_peer",)


def kept_rows(result: bench.RunResult, name: str, last: int) -> pd.DataFrame:
    frame = result.frames()[name]
    year = "decision_year" if name == "inference" else "year"
    frame = frame[frame[year] <= last + KEPT[name]].drop(columns=[*LATER_FACTS], errors="ignore")
    return frame.reset_index(drop=True)


def describes_only(model: Model) -> bool:
    return any(model.frontier_for(scheme).periods == "pooled" for scheme in model.scheme_ids)


@pytest.mark.parametrize("name", NAMES)
def test_later_accounts_change_no_earlier_decision(name):
    """Accounts after the year a decision looks at leave it as it was, to the bit; so do those after a settled year."""
    model, units, tables = job(name)
    dated, _ = bench.pipeline.schemes.with_year(units, model.data.year)
    years = dated.periods
    last = years[-1]
    if model.decision is not None:
        model = model.with_values({"decision.cost_year": last})
    if len(years) > 1 and model.decision is None:
        whole, other = run(name), with_other_accounts(model, dated, last)
    else:
        whole, other, last = bench.run(model, dated, tables=tables), with_a_later_year(model, dated, last), last + 1
    again = bench.run(model, other, tables=tables)
    moved = False
    for frame in KEPT:
        one, two = kept_rows(whole, frame, last), kept_rows(again, frame, last)
        if frame in DESCRIBED and describes_only(model):
            continue
        if frame == "figures" and model.decision is None:
            continue  # shown for the last year of the table
        if len(one) or len(two):
            pd.testing.assert_frame_equal(one, two, check_exact=True, check_dtype=False, obj=frame)
        moved |= len(again.frames()[frame]) != len(two) or not whole.frames()[frame].equals(again.frames()[frame])
    assert moved or model.decision is not None  # what may see the accounts, does


# -- law 2: level ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_keeps_its_level_and_best_practice_lies_below_the_average(name):
    frame = run(name).benchmark_prices
    if not len(frame):
        return
    known = frame.dropna(subset=["price", "scale"])
    assert (known["price"] * known["scale"]).to_numpy() == pytest.approx(known["calibrated_price"].to_numpy(), rel=1e-9)
    assert "raw_price" not in frame.columns
    wide = known.pivot_table(index=["scheme", "service", "year"], columns="source", values="price")
    if {"average", "best-practice"} <= set(wide.columns):
        ratio = (wide["best-practice"] / wide["average"]).dropna()
        assert (ratio <= 1.0 + 1e-9).all()
        assert (ratio < 1.0 - 1e-6).any()  # two sources do not agree by construction


# -- law 3: one requirement ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_identity_holds_and_a_gap_is_taken_once(name):
    result = run(name)
    checks = result.checks
    assert (checks["difference"].abs() <= checks["tolerance"]).all(), name
    effect = result.requirement_effect
    if len(effect):
        assert (effect["gap_share"] <= 1.0 + 1e-9).all()
        assert (effect["gap_share_so_far"] <= 1.0 + 1e-9).all()
        parts = effect["individual_nok"] + effect["general_nok"]
        assert parts.to_numpy() == pytest.approx(effect["required_nok"].to_numpy(), rel=1e-9, abs=1e-6)


# -- law 4: cost weight and policy weight ----------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_what_the_payer_rewards_measures_nobody(name):
    model, units, tables = job(name)
    if not len(run(name).norms):
        return
    factors = {f"scheme.{scheme.id}.service.{scheme.service[0].id}.policy_factor": 1.5 for scheme in model.scheme
               if scheme.service and model.meta.stage == "settlement"}  # fmt: skip
    if not factors:
        return
    other = bench.run(model.with_values(factors), units, tables=tables)
    for frame in (*DESCRIBED, "screens", "inference"):
        pd.testing.assert_frame_equal(run(name).frames()[frame], other.frames()[frame], check_exact=True, obj=frame)


# -- law 5: uncertainty only softens ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_an_interval_makes_no_requirement_harsher(name):
    """With evidence = 'interval' no unit is asked for more than without, whatever the interval."""
    model, units, tables = job(name)
    if model.requirement is None or not len(run(name).inference):
        return
    found = {}
    for evidence in ("plain", "interval"):
        stated = model.with_values({"requirement.evidence": evidence})
        frame = bench.run(stated, units, tables=tables).requirements
        found[evidence] = frame.set_index(["scheme", "unit", "year"])["individual"]
    assert (found["interval"] <= found["plain"] + 1e-12).all()
    if name == "stykkpris-malestokk":  # with the noise of a stochastic frontier in the combination it does soften
        assert (found["interval"] < found["plain"] - 1e-6).any()


# -- law 6: no unit sets its own yardstick unseen --------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_run_says_what_each_unit_keeps_of_its_own_saving(name):
    model, result = job(name)[0], run(name)
    kept = result.kept_savings
    if model.meta.stage == "settlement" and len(result.settlement):
        frame, period = result.units.frame, result.units.period
        last = frame[frame[period] == frame[period].max()]
        spends = last[last[model.data.cost] > 0] if model.data.cost in last.columns else last
        assert set(spends[result.units.id].astype(str)) <= set(kept["unit"].astype(str))
    assert (kept["kept_share"].dropna() <= 1.0 + 1e-9).all()
    for scheme in model.scheme:
        money = [key for key in money_keys(model, scheme) if key != "requirement.feeds"]
        if not money or model.frontier_for(scheme.id).own == "included":
            continue
        # Where a frontier feeds money a unit is measured by the others, or the run says that it is not.
        own = result.peers[(result.peers["unit"] == result.peers["peer"]) & (result.peers["scheme"] == scheme.id)]
        alone = set(own.loc[own["norm_share"] > 1 - 1e-9, "unit"])
        said = " ".join(i.message for i in result.warnings if i.rule.startswith("own-reference"))
        assert all(unit in said for unit in alone)


def test_each_law_is_shown_by_models_that_could_break_it():
    """A law that no model can break is not held by the tests above."""
    fed = [n for n in NAMES if any(job(n)[0].feeds_money(s) for s in job(n)[0].scheme_ids)]
    priced = [name for name in NAMES if len(run(name).prices)]
    assert {"kristiansand@frontier", "stykkpris-malestokk", "bodo-dea"} <= set(fed)
    assert len(priced) > 15
    assert len([name for name in NAMES if len(run(name).requirement_effect)]) >= 2
    assert len([name for name in NAMES if len(run(name).norms)]) >= 10

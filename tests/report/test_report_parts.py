"""Colours, labels, facts and the waterfall."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report.report_builder import CARRY, KEEP, build_run, without

from bench.report.charts.waterfall import unit_waterfall
from bench.report.edition import Edition
from bench.report.facts import Facts, facts
from bench.report.words.labels import Labels, in_words
from bench.report.words.texts import Texts
from bench.results import RunResult


@pytest.fixture(scope="module")
def found(run: RunResult) -> Facts:
    return facts(run)


def test_facts_repeat_the_frames(run: RunResult, found: Facts) -> None:
    assert (found.year, found.price_year) == (2006, 2007)
    assert [scheme.key for scheme in found.schemes] == ["care", "disability", "health"]
    assert [len(scheme.units) for scheme in found.schemes] == [13, 4, 3]
    total = run.settlement.loc[run.settlement["year"] == 2006, "result"].sum()
    assert sum(unit.result or 0.0 for unit in found.units) == pytest.approx(total)
    assert sum(scheme.result or 0.0 for scheme in found.schemes) == pytest.approx(total)
    care = run.schemes[(run.schemes["scheme"] == "care") & (run.schemes["year"] == 2006)].iloc[0]
    assert found.schemes[0].level_change == pytest.approx(care["next_price_level"] / care["price_level"] - 1)


def test_every_unit_has_its_own_rows(run: RunResult, found: Facts) -> None:
    for unit in found.units:
        assert [row["year"] for row in unit.history] == [2003, 2004, 2005, 2006]
        assert sum(row["norm_share"] for row in unit.peers) == pytest.approx(1.0)
        shares = [row["norm_share"] for row in unit.peers]
        assert shares == sorted(shares, reverse=True)
        base, last = unit.requirements[0]["base_cost"], unit.requirements[-1]["allowed_cost"]
        assert unit.required_total == pytest.approx(base - last)


def test_waterfall_ends_where_the_settlement_does(found: Facts) -> None:
    for unit in found.units:
        steps = unit_waterfall(unit)
        totals = {step.key: step.amount for step in steps if step.kind == "total"}
        assert set(totals) == {"previous_result", "result", "closing_balance"}
        assert totals["closing_balance"] == unit.history[-1]["closing_balance"]
        level = 0.0
        for step in steps:
            if step.kind == "total":
                # A total starts at zero and ends where the steps before it have led.
                assert step.start == 0.0
                if step.key != "previous_result":
                    assert step.end == pytest.approx(level, abs=0.02)
            else:
                assert step.start == pytest.approx(level)
            level = step.end


def test_price_step_is_new_prices_on_this_years_volumes(run: RunResult, found: Facts) -> None:
    unit = found.units[4]
    lines = run.settlement_lines[run.settlement_lines["unit"] == unit.key]
    now = lines[lines["year"] == 2006].set_index("service")
    before = lines[lines["year"] == 2005].set_index("service")
    wanted = (now["volume"] * (now["price"] - before["price"])).sum()
    step = next(step for step in unit_waterfall(unit) if step.key == "price")
    assert step.amount == pytest.approx(wanted, abs=0.1)


def test_settlement_rules_of_the_builder_hold(run: RunResult) -> None:
    # The builder is the yardstick of the workbook's formulas: it must follow its own rules.
    s = run.settlement
    np.testing.assert_allclose(s["kept"], np.maximum(s["result"], 0) * KEEP, atol=0.005)
    np.testing.assert_allclose(s["carried"], np.minimum(s["result"], 0) * CARRY, atol=0.005)
    np.testing.assert_allclose(s["result"], s["kept"] + s["carried"] + s["returned_to_payer"], atol=0.006)


@given(st.integers(0, 40))
@settings(deadline=None, max_examples=8)
def test_steps_add_up_for_any_run(seed: int) -> None:
    for unit in facts(build_run(seed=seed)).units:
        steps = {step.key: step.amount for step in unit_waterfall(unit)}
        causes = sum(steps.get(key, 0.0) for key in ("price", "volume", "unit_cost", "other"))
        assert steps["result"] - steps["previous_result"] == pytest.approx(causes, abs=0.02)


def test_a_run_without_settlement_has_facts_from_its_efficiencies(run: RunResult) -> None:
    bare = facts(without(run, "prices", "schemes", "settlement", "settlement_lines", "purchaser"))
    assert bare.year == 2006
    assert bare.price_year is None
    assert unit_waterfall(bare.units[0]) == []
    assert bare.units[0].efficiency is not None


def test_words_are_made_of_keys_nobody_explains(run: RunResult) -> None:
    assert in_words("long_stay_days") == "Long stay days"
    labels = Labels.of(replace(run, model=SimpleNamespace(name="plain-model")), Texts("nb"))
    assert labels.model == "Plain model"
    assert labels.scheme("care") == "Care"
    assert labels.service("care", "nursing_hours") == "Nursing hours"
    assert labels.scheme("") == "Alle enheter"


def test_labels_come_from_the_model(run: RunResult) -> None:
    labels = Edition.of(run, "nb").labels
    assert labels.scheme("care") == "Omsorgsenheter"
    assert labels.service("care", "enhanced_days") == "Sterkdøgn"
    assert labels.measure("care", "enhanced_days", "bed_day") == "døgn"
    assert labels.price_class("standard") == labels.price_class("") == "felles"
    assert labels.price_class("private") == "private"


def test_failed_checks_are_counted(run: RunResult) -> None:
    broken = run.checks.assign(difference=[1.0, float("nan"), *([0.0] * (len(run.checks) - 2))])
    assert len(facts(replace(run, checks=pd.DataFrame(broken))).failed_checks) == 2

"""Every method that gives a norm, all the way: score, norm, requirement, price, income and result, worked out again.

The score is what the library gives when it is called directly (``reach_cases``). What follows from it is written out
here with NumPy from the rules as the guide states them, and held against the run: so another method changes
requirement, price and settlement by the chain's own formula and by nothing else.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from pipeline.reach_cases import EXTRA, OUTPUTS, TABLE, VARIANTS, YEARS
from pipeline.test_reachable import last, numbers, toml

import bench
from bench.catalogue import VARIANT_METHODS
from bench.modelfile import parse_model

#: Share of the frontier in the price, weight of a visit, growth, general requirement, share of a surplus that is kept.
THETA, WEIGHT, GROWTH, GENERAL, KEPT = 0.4, 0.3, 0.02, 0.01, 0.9
#: The gap is asked for over so many years, and never more of it than this.
PERIOD, MOST = 2, 0.5

TEXT = f"""
[meta]
name = "penger"
title = {{{{ nb = "Penger", en = "Money" }}}}
first_year = 2025
last_year = 2025
[data]
id = "enhet"
period = "aar"
cost = "kostnad"
environment = ["reise", "trend"]
extra = {toml(list(EXTRA))}
[frontier]
periods = "{{periods}}"
first_year = 2024
own = "included"
small_reason = "every method is tried on one table"
[[frontier.variant]]
id = "v"
method = "{{method}}"
{{keys}}
[norm]
source = "frontier"
[requirement]
feeds = "price"
first_year = 2025
years = {PERIOD}
general = {GENERAL}
floor = {1.0 - MOST}
[[indexation.deflator]]
from = 2020-01-01
value = 0.0
[[indexation.deflator]]
from = 2025-01-01
value = {GROWTH}
[rounding]
price = "ore-half-up"
amount = "ore-half-up"
reference = "to the øre"
[[scheme]]
id = "s"
label = {{{{ nb = "S", en = "S" }}}}
[scheme.price]
source = "average-cost"
lag = 1
frontier_reference = "norm"
frontier_share = {THETA}
[scheme.settlement]
keep_surplus = {KEPT}
carry_deficit = 1.0
[[scheme.service]]
id = "timer"
label = {{{{ nb = "Timer", en = "Hours" }}}}
measure = {{{{ nb = "time", en = "hour" }}}}
weight = 1.0
[[scheme.service]]
id = "besok"
label = {{{{ nb = "Besøk", en = "Visits" }}}}
measure = {{{{ nb = "besøk", en = "visit" }}}}
weight = {WEIGHT}
"""
#: Methods that follow a unit over the years; the others see three years of the table as so many units of one year.
PANELS = ("panel-frontier", "correlated-effects", "latent-class", "two-tier-sfa")


def rows_of(method: str) -> pd.DataFrame:
    """The accounts the price of 2025 is built on: what the library's own call looks at."""
    case = VARIANTS[method]
    seen = TABLE[TABLE["aar"].isin(case.years)].reset_index(drop=True)
    if method in PANELS or len(case.years) == 1:
        return seen
    return seen.assign(enhet=seen["enhet"] + "-" + seen["aar"].astype(str), aar=2024)


def settled_year(accounts: pd.DataFrame) -> pd.DataFrame:
    """Accounts of 2025, with more hours and another cost than the year before."""
    now = accounts[accounts["aar"] == 2024]
    return now.assign(aar=2025, timer=now["timer"] + 7.0, kostnad=(now["kostnad"] * 1.04).round(2))


@cache
def money(method: str) -> bench.RunResult:
    case, accounts = VARIANTS[method], rows_of(method)
    keys = "\n".join(f"{name} = {toml(value)}" for name, value in case.keys.items())
    periods = "known" if method in PANELS else "separate"
    model = parse_model(TEXT.format(method=method, keys=keys, periods=periods), "penger.toml")
    table = pd.concat([accounts, settled_year(accounts)], ignore_index=True)
    return bench.run(model, bench.Units.from_frame(
        table, id="enhet", period="aar", inputs=["kostnad"], outputs=list(OUTPUTS), environment=["reise", "trend"],
        extra=list(EXTRA),
    ))  # fmt: skip


def expected(method: str) -> tuple[pd.DataFrame, dict[str, float]]:
    """Norm and requirement of each unit, and the price level of 2025, from the library's score alone."""
    case, accounts = VARIANTS[method], rows_of(method)
    score = numbers(case.call(), case.column)
    if method in PANELS:
        score = last(score, case)
    now = accounts[accounts["aar"] == 2024].reset_index(drop=True)
    cost, weighted = now["kostnad"], now["timer"] + WEIGHT * now["besok"]
    norm = cost * np.minimum(score, 1.0)
    gap = np.minimum(np.maximum(1.0 - norm / cost, 0.0), MOST)
    individual = gap / PERIOD  # the same amount each year
    average, frontier = cost.sum() / weighted.sum(), norm.sum() / weighted.sum()
    own = (1.0 - THETA) * individual * cost * (1.0 - GENERAL)
    common = GENERAL * ((1.0 - THETA) * cost + THETA * frontier * weighted)
    target = (1.0 - THETA) * average + THETA * frontier
    level = (target - (own + common).sum() / weighted.sum()) * (1.0 + GROWTH)
    frame = pd.DataFrame({"unit": now["enhet"], "norm": norm, "individual": individual, "asked": own + common})
    return frame.set_index("unit"), {"timer": round(level + 1e-9, 2), "besok": round(level * WEIGHT + 1e-9, 2)}


#: Searches of their own, seconds each; the gate has their neighbours.
SLOW = ("copula-sfa", "shaped-sfa", "student-sfa", "two-tier-sfa")


@pytest.mark.parametrize("method", [pytest.param(m, marks=pytest.mark.slow) if m in SLOW else m for m in VARIANTS])
def test_a_method_reaches_requirement_price_and_settlement(method):
    run, (units, price) = money(method), expected(method)
    norms = run.norms[run.norms["year"] == 2024].set_index("unit").loc[units.index]
    assert norms["norm"].to_numpy() == pytest.approx(units["norm"].to_numpy(), rel=1e-7)
    asked = run.requirements[run.requirements["year"] == 2025].set_index("unit").loc[units.index]
    assert asked["individual"].to_numpy() == pytest.approx(units["individual"].to_numpy(), abs=1e-7)
    effect = run.requirement_effect[run.requirement_effect["year"] == 2025].set_index("unit").loc[units.index]
    assert effect["required_nok"].to_numpy() == pytest.approx(units["asked"].to_numpy() * (1 + GROWTH), rel=1e-6)
    found = run.prices[run.prices["year"] == 2025].set_index("service")["price"]
    assert found.to_dict() == pytest.approx(price, abs=0.0100001)  # a half øre may fall to either side
    later = settled_year(rows_of(method)).set_index("enhet")
    settled = run.settlement[run.settlement["year"] == 2025].set_index("unit").loc[later.index]
    income = later["timer"] * found["timer"] + later["besok"] * found["besok"]
    result = income - later["kostnad"]
    assert settled["income"].to_numpy(dtype=float) == pytest.approx(income.to_numpy(), abs=0.011)
    assert settled["result"].to_numpy(dtype=float) == pytest.approx(result.to_numpy(), abs=0.011)
    kept = np.where(result > 0.0, KEPT * result, 0.0)
    assert settled["kept"].to_numpy(dtype=float) == pytest.approx(kept, abs=0.021)


def test_every_method_is_here_and_methods_pay_differently():
    """A method that is added gets its row of ``reach_cases``; no two of these leave the same price by construction."""
    assert set(VARIANTS) == set(VARIANT_METHODS)
    some = ("dea", "common-weights", "order-m", "fdh-plus", "cols")
    level = {method: expected(method)[1]["timer"] for method in some}
    assert max(level.values()) > 1.05 * min(level.values())
    assert len(set(level.values())) == 5
    assert set(YEARS) == set(TABLE["aar"])

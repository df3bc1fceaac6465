"""Laws of the chain: no decision sees later accounts, a benchmark keeps its level, policy stays out of measurement."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pipeline.model_text import template, units

import bench
from bench.errors import ModelError
from bench.modelfile import parse_model

YEARS = (2003, 2004, 2005, 2006)

MODEL = template(
    """
[frontier]
method = "dea"
rts = "{rts}"
{frontier}
[norm]
source = "dea"
[benchmark]
sources = ["average", "best-practice", "dea"]
[indexation]
deflator = 0.03
""",
    price="{price}",
    hours="weight = 1.0\n{service}",
    visits="weight = 0.3",
)


def model(frontier='periods = "known"', price='source = "frontier"', service="", rts="crs"):
    return parse_model(MODEL.format(frontier=frontier, price=price, service=service, rts=rts), "lover.toml")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    unit, year = np.repeat(np.arange(9), len(YEARS)), np.tile(YEARS, 9)
    hours, visits = rng.uniform(800, 3000, unit.size).round(), rng.uniform(2000, 8000, unit.size).round()
    cost = (500 * hours + 150 * visits) * np.exp(rng.gamma(2.0, 0.1, unit.size)) * 1.03 ** (year - YEARS[0])
    return pd.DataFrame(
        {"enhet": [f"E{k}" for k in unit], "aar": year, "kostnad": cost.round(), "timer": hours, "besok": visits}
    )


PERIODS = (
    'periods = "known"',
    'periods = "separate"',
    'periods = "window"\nwindow = 2',
    'periods = "average"\nwindow = 3',
    "",  # unstated: where money is fed, the years known
)
PRICES = (
    'source = "frontier"',
    'frontier_reference = "norm"\nfrontier_share = 0.5',
    'update = "multipliers"\nmultiplier_source = "dea"',
)


@pytest.mark.parametrize("price", PRICES)
@pytest.mark.parametrize("frontier", PERIODS)
def test_later_accounts_change_no_earlier_decision(table, frontier, price):
    """Change, add and remove rows of the last years: every price and norm decided before them stays, to the bit."""
    rules = model(frontier, price)
    whole = bench.run(rules, units(table))
    cheaper = table.copy()
    late = (cheaper["aar"] == 2006) & (cheaper["enhet"].isin(["E0", "E4"]))
    cheaper.loc[late, "kostnad"] = (cheaper.loc[late, "kostnad"] * 0.5).round()
    cheaper.loc[cheaper["aar"] == 2006, "timer"] += 100
    moved = 0
    for other in (cheaper, table[table["aar"] <= 2005]):
        again = bench.run(rules, units(other))
        for name, last in (("prices", 2006), ("norms", 2005), ("efficiency", 2005), ("benchmark_prices", 2005)):
            one, two = (r.frames()[name] for r in (whole, again))
            one, two = (f[f["year"] <= last].reset_index(drop=True) for f in (one, two))
            if name == "efficiency":  # whether a row is a peer for later years is a fact of those years
                one, two = one.drop(columns="is_peer"), two.drop(columns="is_peer")
            pd.testing.assert_frame_equal(one, two, check_exact=True)
        moved += not whole.prices[whole.prices["year"] == 2007].equals(again.prices[again.prices["year"] == 2007])
    assert moved == 2 or price.startswith("update")  # and the decision that may see them does move


def test_known_years_are_the_frontier_of_the_rows_up_to_the_year(table):
    """Each decision year is the library's DEA of that year's rows against all rows up to it, at its prices."""
    run = bench.run(model('periods = "known"\nown = "included"'), units(table))
    found = run.efficiency.set_index(["unit", "year"])["efficiency"]
    for year in YEARS:
        known = table[table["aar"] <= year].copy()
        known["kostnad"] = known["kostnad"] * 1.03 ** (year - known["aar"])
        both = units(known)
        expected = bench.dea(both.for_period(year), rts="crs", reference=both).efficiency
        assert found.xs(year, level="year").to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-9)
    last = run.efficiency[run.efficiency["year"] == 2006]
    assert (last["reference_from"] == 2003).all()
    assert (last["reference_to"] == 2006).all()


def test_averages_are_indexed_first_and_then_averaged(table):
    run = bench.run(model('periods = "average"\nwindow = 3\nown = "included"'), units(table))
    window = table[table["aar"].between(2004, 2006)].copy()
    window["kostnad"] = window["kostnad"] * 1.03 ** (2006 - window["aar"])
    mean = window.groupby("enhet")[["kostnad", "timer", "besok"]].mean().reset_index()
    base = bench.Units.from_frame(mean, id="enhet", inputs=["kostnad"], outputs=["timer", "besok"])
    now = table[table["aar"] == 2006]
    here = bench.Units.from_frame(now, id="enhet", inputs=["kostnad"], outputs=["timer", "besok"])
    expected = bench.dea(here, rts="crs", reference=base).efficiency
    found = run.efficiency[run.efficiency["year"] == 2006].set_index("unit")["efficiency"]
    assert found.to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-9)
    assert (expected > 1).any()  # a good year is rewarded at once


@pytest.mark.parametrize("price", PRICES)
def test_a_frontier_that_sees_everything_decides_no_money(price):
    with pytest.raises(ModelError, match=r"frontier\.periods = 'known'") as caught:
        model('periods = "pooled"', price)
    assert caught.value.key == "frontier.periods"
    assert caught.value.line == MODEL.split("[frontier]")[0].count("\n") + 4
    assert model('periods = "pooled"', "").frontier.periods == "pooled"  # it may describe


def test_pooled_is_refused_where_it_allocates_a_grant():
    stated = bench.load_model("bodo-dea")
    with pytest.raises(ModelError, match="periods"):
        stated.with_values({"frontier.periods": "pooled"})


@pytest.mark.parametrize("wrong", ['periods = "window"', 'periods = "average"', 'periods = "known"\nwindow = 3'])
def test_a_window_is_stated_where_it_is_used_and_nowhere_else(wrong):
    with pytest.raises(ModelError, match="window"):
        model(wrong)


def test_a_benchmark_keeps_the_level_it_found(table):
    """Best practice lies below the average by the ratio of unit costs; only the calibrated prices agree."""
    run = bench.run(model(price=""), units(table))
    frame = run.benchmark_prices
    frame = frame[frame["year"] == 2005].set_index(["source", "service"])
    now = table[table["aar"] == 2005]
    weighted = now["timer"] + 0.3 * now["besok"]
    average, best = now["kostnad"].sum() / weighted.sum(), (now["kostnad"] / weighted).min()
    assert frame.loc[("average", "timer"), "price"] == pytest.approx(average, rel=1e-12)
    assert frame.loc[("best-practice", "timer"), "price"] == pytest.approx(best, rel=1e-12)
    assert frame.loc[("average", "timer"), "scale"] == pytest.approx(1.0, rel=1e-12)
    assert frame.loc[("best-practice", "timer"), "calibrated_price"] == pytest.approx(average, rel=1e-12)
    dea = frame.loc["dea"]
    assert (dea["price"] * [now["timer"].sum(), now["besok"].sum()]).sum() < now["kostnad"].sum() * 0.99
    assert "raw_price" not in frame.columns


def test_what_the_payer_rewards_measures_nobody(table):
    plain, dear = (bench.run(model(service=text), units(table)) for text in ("", "policy_factor = 1.5"))
    for name in ("norms", "efficiency", "peers", "multipliers", "benchmark_prices"):
        pd.testing.assert_frame_equal(plain.frames()[name], dear.frames()[name], check_exact=True)
    one, two = (r.prices[r.prices["year"] == 2006].set_index("service")["price"] for r in (plain, dear))
    assert two["timer"] / two["besok"] == pytest.approx(1.5 * one["timer"] / one["besok"], rel=1e-3)


def test_shares_of_the_norm_are_shares_of_money():
    """Two peers, one ten times the other. Unit C makes 6 hours, 3 visits: half of A (4·1.5, 0) … in closed form.

    A: cost 40, 10 hours; B: cost 4, 1 visit. C: cost 100, 10 hours and 5 visits. CRS: λ_A = 1 and λ_B = 5, so shares
    of λ are 1/6 and 5/6, and the norm of 60 is 40 from A and 20 from B.
    """
    rows = {"enhet": ["A", "B", "C"], "aar": [2003] * 3, "kostnad": [40.0, 4.0, 100.0]}
    table = pd.DataFrame(rows | {"timer": [10.0, 0.0, 10.0], "besok": [0.0, 1.0, 5.0]})
    peers = bench.run(model(price=""), units(table)).peers
    found = peers[peers["unit"] == "C"].set_index("peer")
    assert found["share"].to_dict() == pytest.approx({"A": 1 / 6, "B": 5 / 6})
    assert found["norm_share"].to_dict() == pytest.approx({"A": 2 / 3, "B": 1 / 3})


@pytest.mark.parametrize("frontier", ['periods = "known"', 'periods = "window"\nwindow = 2', 'periods = "separate"'])
def test_earlier_accounts_than_the_first_measured_are_only_measured_against(table, frontier):
    """The decisions that are left are those of the whole, to the bit; the years before have neither score nor norm."""
    whole = bench.run(model(frontier), units(table))
    first = model(frontier + "\nfirst_year = 2005").with_values({"meta.first_year": 2006, "meta.last_year": 2006})
    late = bench.run(first, units(table))
    for name in ("efficiency", "norms", "benchmark_prices", "peers"):
        one, two = whole.frames()[name], late.frames()[name]
        assert sorted(two["year"].unique()) == [2005, 2006], name
        kept = one[one["year"] >= 2005].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, two.reset_index(drop=True), check_exact=True, obj=name)
    with pytest.raises(ModelError, match="take first_year out"):
        model('periods = "pooled"\nfirst_year = 2005', price="")
    with pytest.raises(bench.DataError, match="no accounts from frontier"):
        bench.run(model(frontier + "\nfirst_year = 2009"), units(table))

"""A requirement is what the scheme pays less: out of the price, the unit's own price or the grant, and never twice.

Two units of ten places each: A costs 100, B 80, and best practice is 8 a place, so A is 20 above its norm. Prices rise
by 10 % a year. Half the gap in the first of two years is 10, which is 11 in the prices of the year that pays less.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

import bench
from bench.errors import DataError, ModelError, OptionError
from bench.modelfile import Model, parse_model
from bench.stykkpris import settle

TEXT = """
[meta]
name = "krav"
title = {{ nb = "Krav", en = "Requirement" }}
[data]
id = "unit"
period = "year"
cost = "cost"
[norm]
source = "best-practice"
k = 1
[requirement]
feeds = "{feeds}"
first_year = {first}
years = 2
general = {general}
{requirement}
[indexation]
deflator = 0.1
[rounding]
amount = "none"
[[scheme]]
id = "s"
label = {{ nb = "S", en = "S" }}
{scheme}
[scheme.settlement]
keep_surplus = 1.0
carry_deficit = 1.0
[scheme.price]
{price}
[[scheme.service]]
id = "v"
label = {{ nb = "Plass", en = "Place" }}
measure = {{ nb = "plass", en = "place" }}
weight = 1.0
{service}
"""
BLOCK = '[scheme.mix]\nactivity = 0.0\nblock = 1.0\n[scheme.block]\nkind = "incremental"'


def model(feeds: str = "price", **parts: object) -> Model:
    values: Mapping[str, object] = {
        "first": 2002, "general": 0.0, "requirement": "", "scheme": "", "price": "", "service": "",
    }  # fmt: skip
    return parse_model(TEXT.format(feeds=feeds, **{**values, **parts}), "krav.toml")


def units(rules: Model, costs: Mapping[str, tuple[float, ...]] | None = None) -> bench.Units:
    paths = costs or {"A": (100.0, 100.0), "B": (80.0, 80.0)}
    rows = [(u, 2001 + t, c, 10.0) for u, path in paths.items() for t, c in enumerate(path)]
    return bench.Units.from_frame(pd.DataFrame(rows, columns=["unit", "year", "cost", "v"]), **rules.read_options())


def run(rules: Model, costs: Mapping[str, tuple[float, ...]] | None = None) -> bench.pipeline.RunResult:
    return bench.run(rules, units(rules, costs))


def price(result: object, year: int, unit: str = "standard") -> float:
    frame = result.prices
    return float(frame[(frame["year"] == year) & (frame["price_class"] == unit)]["price"].iloc[0])


def test_the_price_falls_by_what_is_asked_of_all() -> None:
    """Σ 180 of 20 places is 9; at the year's prices 9.9; 11 less over 20 places is 9.35."""
    result = run(model())
    assert price(result, 2002) == pytest.approx(9.35, rel=1e-14)
    effect = result.requirement_effect.query("year == 2002").set_index("unit")
    assert effect["required_nok"].to_dict() == pytest.approx({"A": 11.0, "B": 0.0}, rel=1e-14)
    assert effect["gap_share"].unique().tolist() == pytest.approx([0.5])
    check = result.checks.set_index(["check", "year"]).loc[("requirement = fall in income by price", 2002)]
    assert check["left"] == pytest.approx(11.0, rel=1e-12)
    assert check["right"] == pytest.approx(10 * (9.9 - 9.35) * 2, rel=1e-12)


def test_for_information_it_moves_nothing() -> None:
    told = run(model("information", general=0.02))
    silent = run(model("information", first=2090))
    for name in ("prices", "settlement", "schemes"):
        pd.testing.assert_frame_equal(told.frames()[name], silent.frames()[name], check_exact=True)
    assert told.requirement_effect.empty


def test_the_general_part_is_taken_of_what_is_left() -> None:
    """(180 − 10)·0.99 = 168.3 over 20 places at 10 % higher prices: 9.2565."""
    assert price(run(model(general=0.01)), 2002) == pytest.approx(9.2565, rel=1e-14)


def test_after_a_frontier_share_the_requirement_acts_on_the_rest_of_the_gap() -> None:
    """Half the gap of 20 to best practice (160) is taken by the price: 170; half of the other half is 5: 165·1.1/20."""
    result = run(model(price="frontier_share = 0.5\nk = 1"))
    assert price(result, 2002) == pytest.approx(9.075, rel=1e-14)
    effect = result.requirement_effect.query("year == 2002")
    assert effect["gap_share"].iloc[0] == pytest.approx(0.5 + 0.5 * 0.5)
    # At the whole frontier nothing of the gap is left: the individual part asks for nothing more.
    assert price(run(model(price='source = "best-practice"\nk = 1')), 2002) == pytest.approx(8.8, rel=1e-14)


def test_never_is_more_than_the_whole_gap_taken() -> None:
    for theta in (0.0, 0.3, 1.0):
        effect = run(model(price=f"frontier_share = {theta}\nk = 1")).requirement_effect
        assert effect["gap_share_so_far"].max() == pytest.approx(1.0)
    frame = run(model()).requirements.assign(individual=lambda f: f["individual"] * 2.1)
    rules = model()
    with pytest.raises(ModelError, match="of the gap") as caught:
        settle(rules, units(rules), requirements=frame)
    assert caught.value.key == "requirement.individual_share"


def test_each_unit_has_its_own_price() -> None:
    """A earns 99 at the standard price and is to earn 11 less: 8.8; B keeps 9.9."""
    result = run(model("unit-price"))
    assert price(result, 2002, "A") == pytest.approx(8.8, rel=1e-14)
    assert price(result, 2002, "B") == pytest.approx(9.9, rel=1e-14)
    income = result.settlement.query("year == 2002").set_index("unit")["income"]
    assert income.to_dict() == pytest.approx({"A": 88.0, "B": 99.0}, rel=1e-12)


def test_each_grant_falls_by_what_is_asked() -> None:
    """Last year's accounts at the year's prices are 110 and 88; A gets 11 less."""
    result = run(model("block", scheme=BLOCK))
    grant = result.settlement.query("year == 2002").set_index("unit")["block_income"]
    assert grant.to_dict() == pytest.approx({"A": 99.0, "B": 88.0}, rel=1e-14)
    check = result.checks.set_index(["check", "year"]).loc[("requirement = fall in grants", 2002)]
    assert (check["left"], check["difference"]) == (pytest.approx(11.0), 0.0)


def test_a_price_on_older_accounts_has_all_the_years_between_before_it() -> None:
    """Two years from accounts to price: 2003 is built on 2001 and has one year of 10, 2004 on 2002 has two."""
    result = run(model(price="lag = 2\nfirst_year = 2003", first=2003), {"A": (100.0,) * 3, "B": (80.0,) * 3})
    assert price(result, 2003) == pytest.approx(1.21 * (180 - 10) / 20, rel=1e-14)
    assert price(result, 2004) == pytest.approx(1.21 * (180 - 20) / 20, rel=1e-14)


def test_the_share_of_the_price_that_is_paid_carries_the_whole_requirement() -> None:
    """Half the price is paid: it falls by 11/(20·0.5) = 1.1, and the scheme still pays 11 less."""
    half = '[scheme.mix]\nactivity = 0.5\nblock = 0.5\n[scheme.block]\nkind = "incremental"'
    asked, told = run(model(scheme=half)), run(model("information", scheme=half))
    assert price(asked, 2002) == pytest.approx(9.9 - 1.1, rel=1e-14)
    paid = [r.settlement.query("year == 2002")["income"].sum() for r in (told, asked)]
    assert paid[0] - paid[1] == pytest.approx(11.0, rel=1e-12)


def test_what_a_corridor_holds_back_is_a_part_of_the_identity() -> None:
    """From 9.9 in 2002 real prices fall by at most 5 %: 2003 is 10.3455; 9.9 − 11.1·1.1/20 would be below."""
    result = run(model(price="corridor = 0.05", first=2003), {"A": (100.0,) * 2, "B": (80.0,) * 2})
    last = result.checks[result.checks["check"].str.startswith("requirement = fall")].iloc[-1]
    assert "held back" in last["check"]
    assert last["difference"] == pytest.approx(0.0, abs=1e-9)
    assert price(result, 2003) == pytest.approx(9.9 * 1.1 * 0.95, rel=1e-14)


@pytest.mark.parametrize("source", ["tender", "previous"])
def test_a_price_that_looks_at_no_accounts_falls_by_the_same_kroner(source: str) -> None:
    """A price of 9.9 at no growth that the requirement of 2003 lowers: 10 of A's 100, at 1.1, over 20 places."""
    stated = {"tender": ('source = "tender"\nindex = false', "price = 9.9"), "previous": ('source = "previous"', "")}
    parts = dict(zip(("price", "service"), stated[source], strict=True))
    costs = {"A": (100.0,) * 2, "B": (80.0,) * 2}
    with_, without = (run(model(f, first=2003, **parts), costs) for f in ("price", "information"))
    assert price(without, 2003) - price(with_, 2003) == pytest.approx(11.0 / 20.0, rel=1e-12)


def test_simulation_takes_the_same_requirement() -> None:
    rules = model(general=0.01)
    played = bench.simulate(rules, units(rules), years=[2003], seed=1, draws=1, behaviour="neutral")
    assert played.schemes[0]["prices"][0, 0, 0] == pytest.approx(price(run(rules), 2003), rel=1e-12)


def test_it_is_decided_on_accounts_that_were_known() -> None:
    """The requirement of 2002 is decided on 2001: what happens in 2002 moves neither it nor the price."""
    early, late = run(model()), run(model(), {"A": (100.0, 300.0), "B": (80.0, 20.0)})
    pd.testing.assert_frame_equal(early.requirements, late.requirements, check_exact=True)
    assert price(early, 2002) == price(late, 2002)
    assert early.requirements["base_year"].unique().tolist() == [2001]
    with pytest.raises(DataError, match="decided on accounts up to 2000"):
        run(model(first=2001))


@pytest.mark.parametrize(
    ("feeds", "parts", "key"),
    [
        ("price", {"price": "requirement = 0.01"}, "scheme[1].price.requirement"),
        ("unit-price", {"price": "requirement = 0.01"}, "scheme[1].price.requirement"),
        ("block", {}, "requirement.feeds"),
        ("price", {"price": 'source = "none"', "scheme": BLOCK}, "requirement.feeds"),
    ],
)
def test_taken_twice_or_out_of_nothing_is_refused(feeds: str, parts: dict[str, object], key: str) -> None:
    with pytest.raises(ModelError) as caught:
        model(feeds, **parts)
    assert caught.value.key == key
    assert caught.value.line


def test_a_frontier_measured_every_year_and_a_requirement_need_a_floor() -> None:
    text = TEXT.replace(
        'source = "best-practice"\nk = 1\n[req',
        'source = "dea"\n[frontier]\nmethod = "dea"\nrts = "crs"\nown = "included"\nsmall_reason = "two"\n[req',
    )
    values = {"first": 2002, "general": 0.0, "scheme": "", "service": "", "price": 'source = "frontier"'}
    with pytest.raises(ModelError, match="below any practice ever seen") as caught:
        parse_model(text.format(feeds="price", requirement="", **values), "krav.toml")
    assert caught.value.key == "requirement.feeds"
    stated = parse_model(text.format(feeds="price", requirement="floor = 0.7", **values), "krav.toml")
    # A at the frontier's 8 a place has nothing left to close, and no general part: 8.8 in the year's prices.
    assert price(run(stated), 2002) == pytest.approx(8.8, rel=1e-12)


def test_asking_for_more_than_there_is_is_refused() -> None:
    with pytest.raises(DataError, match="asks for more than the unit's grant"):
        run(model("block", scheme=BLOCK.replace('"incremental"', '"lump-sum"\ntotal = 15.0')))
    with pytest.raises(ModelError, match="pays nothing by price"):
        run(model("price", scheme=BLOCK))
    rules = model()
    with pytest.raises(OptionError, match="give requirements"):
        settle(rules, units(rules))


def test_cost_weight_policy_factor_and_price_weight_stand_side_by_side() -> None:
    """A policy factor of 2 on one of two equal services: best practice is found without it, and total and mix hold."""
    service = (
        '[[scheme.service]]\nid = "w"\nlabel = { nb = "W", en = "W" }\nmeasure = { nb = "w", en = "w" }\n'
        "weight = 1.0\npolicy_factor = {}"
    )
    frame = pd.DataFrame(
        [("A", 2001, 90.0, 10.0, 0.0), ("B", 2001, 100.0, 0.0, 10.0), ("A", 2002, 90.0, 10.0, 0.0),
         ("B", 2002, 100.0, 0.0, 10.0)], columns=["unit", "year", "cost", "v", "w"],
    )  # fmt: skip
    found = {}
    for factor in (1.0, 2.0):
        rules = model(
            "information", price='source = "best-practice"\nk = 1', service=service.replace("{}", str(factor))
        )
        result = bench.run(rules, bench.Units.from_frame(frame, **rules.read_options()))
        found[factor] = result.prices.query("year == 2002").set_index("service")
    assert found[2.0]["cost_weight"].tolist() == [1.0, 1.0]
    assert found[2.0]["policy_factor"].tolist() == [1.0, 2.0]
    assert found[2.0]["price_weight"].tolist() == [1.0, 2.0]
    # Best practice is A's 9 a place: 180 in all, whatever the payer rewards; 9.9 and 9.9 become 6.6 and 13.2.
    assert found[1.0]["price"].tolist() == pytest.approx([9.9, 9.9], rel=1e-14)
    assert found[2.0]["price"].tolist() == pytest.approx([6.6, 13.2], rel=1e-14)
    assert np.isclose(found[2.0]["price"] @ [10.0, 10.0], 198.0)

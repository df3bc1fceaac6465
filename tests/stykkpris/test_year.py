"""One year for settlement and simulation: what the two did differently, and the number that is right."""

from __future__ import annotations

import pandas as pd
import pytest
from stykkpris.support import levels, make_model, make_units, run

from bench.stykkpris.simulation import Outlook, simulate

SERVICES = {"a": "weight = 1.0\nprice = 2.0", "b": "weight = 3.0\nprice = 9.0"}


def accounts(rows: list[tuple[str, int, float, float, float]]):
    made = [{"unit": u, "year": y, "cost": c, "a": a, "b": b} for u, y, c, a, b in rows]
    return make_units(made, outputs=("a", "b"))


def test_the_level_of_stated_prices_is_that_of_the_volumes_known_when_they_were_decided() -> None:
    """(2·10 + 9·10)/(1·10 + 3·10) = 2.75 on 2000; (2·30 + 9·10)/(1·30 + 3·10) = 2.5 on 2001."""
    units = accounts([("A", 2000, 100.0, 10.0, 10.0), ("A", 2001, 100.0, 30.0, 10.0)])
    model = make_model(source="tender", services=SERVICES)
    assert levels(run(model, units)) == pytest.approx({2000: 2.75, 2001: 2.75, 2002: 2.5}, rel=1e-15)
    still = Outlook.certain(cost_growth=0.0)
    played = simulate(model, units, years=range(2002, 2004), seed=1, behaviour="neutral", outlook=still)
    assert played.schemes[0]["level"][0].tolist() == pytest.approx([2.5, 2.5], rel=1e-15)


def test_weights_by_rule_stay_those_of_the_first_price_also_where_that_was_stated() -> None:
    """Equal cost shares of 2001: 100/(2·10) = 5 and 100/(2·40) = 1.25; so also for the price of 2003."""
    rows = [("A", 2001, 100.0, 10.0, 40.0), ("A", 2002, 120.0, 20.0, 40.0), ("A", 2003, 120.0, 20.0, 40.0)]
    model = make_model(
        'start = "stated"\nstart_level = 1.0\nfirst_year = 2002',
        services={"a": 'weight = "equal-cost-share"', "b": 'weight = "equal-cost-share"'},
    )
    prices = run(model, accounts(rows)).prices
    for year in (2002, 2003):
        assert prices[prices["year"] == year]["price_weight"].tolist() == [5.0, 1.25]
    # 2003 on the accounts of 2002: 120/(5·20 + 1.25·40) = 0.8
    assert prices[prices["year"] == 2003]["price_level"].iloc[0] == pytest.approx(0.8, rel=1e-15)


def test_interest_on_a_pooled_deficit_is_split_as_that_on_a_surplus() -> None:
    """A deficit of 1,000 at 1 %: 10.00 by three equal incomes is 3.34, 3.33, 3.33, whichever sign it has."""
    for sign in (1.0, -1.0):
        cost = {2000: 1000.0, 2001: 1000.0 - sign * 1000.0 / 3.0, 2002: 1000.0, 2003: 1000.0}
        rows = [{"unit": u, "year": y, "cost": c, "v": 1.0} for u in "ABC" for y, c in cost.items()]
        model = make_model(
            'start = "contemporaneous"', source="previous", settlement="pooled = true\ninterest = 0.01"
        ).with_values({"rounding.amount": "ore-half-up"})
        found = run(model, make_units(rows)).settlement
        interest = found[found["year"] == 2002].set_index("unit")["interest"]
        assert interest.to_dict() == {"A": sign * 3.34, "B": sign * 3.33, "C": sign * 3.33}


def test_a_surplus_lapses_to_the_ore_in_settlement_and_simulation() -> None:
    """Kept 100 in 2001, 50 in 2002, nothing used: at expiry 2 the 100 lapse in 2003, the 50 in 2004."""
    rows = [("A", 2000, 500.0), ("A", 2001, 400.0), ("A", 2002, 450.0), ("A", 2003, 500.0), ("A", 2004, 500.0)]
    frame = pd.DataFrame(rows, columns=["unit", "year", "cost"]).assign(v=1.0)
    model = make_model('start = "contemporaneous"', source="previous", settlement="expiry = 2")
    units = make_units(frame.to_dict("records"))
    found = run(model, units).settlement.set_index("year")
    assert found["lapsed"].to_dict() == {2000: 0.0, 2001: 0.0, 2002: 0.0, 2003: 100.0, 2004: 50.0}
    early = make_units(frame[frame["year"] < 2003].to_dict("records"))
    played = simulate(
        model, early, years=range(2003, 2005), seed=1, behaviour="neutral", outlook=Outlook.certain(cost_growth=0.0)
    )
    # From 2003 on the price of 500 meets a cost of 450: another 50 is kept each year, and the oldest go.
    assert played.schemes[0]["closing"][0, :, 0].tolist() == pytest.approx([100.0, 100.0], abs=1e-9)

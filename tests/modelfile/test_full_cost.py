"""Full cost, line by line by hand, and as the price of a scheme."""

from __future__ import annotations

import pandas as pd
import pytest

import bench
from bench.errors import ModelError, OptionError
from bench.modelfile import parse_model
from bench.modelfile.costing.full_cost import full_cost

HEAD = """
[meta]
name = "fullkost"
title = { nb = "Fullkost", en = "Full cost" }
[data]
id = "enhet"
period = "aar"
cost = "kostnad"
[indexation]
deflator = 0.1
[[scheme]]
id = "s"
label = { nb = "S", en = "S" }
[scheme.price]
source = "full-cost"
[scheme.settlement]
keep_surplus = 1.0
carry_deficit = 1.0
[[scheme.service]]
id = "besok"
label = { nb = "Besøk", en = "Visits" }
measure = { nb = "besøk", en = "visit" }
[scheme.service.full_cost]
"""
PARTS = """wages = { value = 500000, status = "documented", source = "tariff" }
holiday_pay = 0.1
pension = 0.2
employer_tax = 0.1
hours = { value = 2000, status = "documented", source = "agreement" }
leave = 0.25
user_time = 0.5
transport = 20000
equipment = 5000
premises = 10000
overhead = 0.1
hours_per_unit = 0.4
per_unit = 12.0
user_payment = 30.0
"""


def test_every_line_by_hand():
    """500 + 50 + 100 = 650 with a tax of 65: 715, and 35 around a post: 750. A tenth on top: 825 thousand.

    2,000 hours less a quarter are 1,500, and half of them with users 750: NOK 1,100 an hour. A visit of 0.4 hours is
    440, plus 12 and less 30: 422.
    """
    found = full_cost(
        wages=500_000, holiday_pay=0.1, pension=0.2, employer_tax=0.1, hours=2000, leave=0.25, user_time=0.5,
        transport=20_000, equipment=5_000, premises=10_000, overhead=0.1, hours_per_unit=0.4, per_unit=12,
        user_payment=30,
    )  # fmt: skip
    expected = {
        "wages": 500_000, "holiday_pay": 50_000, "pension": 100_000, "employer_tax": 65_000, "transport": 20_000,
        "equipment": 5_000, "premises": 10_000, "direct": 750_000, "overhead": 75_000, "cost": 825_000, "hours": 1500,
        "user_hours": 750, "hour": 1100, "price": 422,
    }  # fmt: skip
    assert dict(found.lines()) == pytest.approx(expected)


def test_only_the_post_is_a_simple_ratio():
    assert full_cost(wages=900.0, hours=30.0, user_time=1.0).price == pytest.approx(30.0)


@pytest.mark.parametrize(
    "wrong", [{"hours": 0.0}, {"user_time": 0.0}, {"user_time": 1.2}, {"leave": 1.0}, {"user_payment": 31.0}]
)
def test_no_hours_or_no_cost_is_refused(wrong):
    with pytest.raises(OptionError):
        full_cost(**({"wages": 900.0, "hours": 30.0, "user_time": 1.0} | wrong))


def units() -> bench.Units:
    frame = pd.DataFrame({"enhet": ["A", "A"], "aar": [2024, 2025], "kostnad": 40_000.0, "besok": 100.0})
    return bench.Units.from_frame(frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["besok"])


def test_it_is_the_price_of_the_scheme_and_its_lines_are_a_frame():
    """422 in the first year, moved by a tenth into the next; 100 visits earn 42,200 and 46,420."""
    run = bench.run(parse_model(HEAD + PARTS, "fullkost.toml"), units())
    price = run.prices.set_index("year")["price"]
    assert price[2024] == pytest.approx(422.0)
    assert price[2025] == pytest.approx(464.2)
    income = run.settlement.set_index("year")["income"].astype(float)
    assert income.to_dict() == pytest.approx({2024: 42_200.0, 2025: 46_420.0})
    lines = run.full_cost[run.full_cost["year"] == 2024].set_index("line")["amount"]
    assert lines["hour"] == pytest.approx(1100.0)
    assert lines["price"] == pytest.approx(422.0)
    assert (run.prices["source"] == "full-cost").all()
    stated = run.assumptions.set_index("key")
    assert stated.loc["scheme.s.service.besok.full_cost.wages", "status"] == "documented"
    assert stated.loc["scheme.s.service.besok.price", "status"] == "assumed"  # the weakest of its parts


def test_a_part_that_changes_begins_a_new_price():
    two = "user_time = [{ to = 2024-12-31, value = 0.5 }, { from = 2025-01-01, value = 0.625 }]"
    run = bench.run(parse_model(HEAD + PARTS.replace("user_time = 0.5", two), "fullkost.toml"), units())
    price = run.prices.set_index("year")["price"]
    assert price[2024] == pytest.approx(422.0)
    assert price[2025] == pytest.approx(880.0 * 0.4 + 12 - 30)  # 825,000 over 937.5 hours, as stated that year
    user_hours = run.full_cost[run.full_cost["line"] == "user_hours"].set_index("year")["amount"]
    assert user_hours.to_dict() == pytest.approx({2024: 750.0, 2025: 937.5, 2026: 937.5})


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("user_time = 0.5", "user_time = 1.5", "user_time must be between 0 and 1"),
        ("user_time = 0.5", "user_time = 0.0", "leave no hours with users"),
        ("hours = ", "timer = ", "unknown key 'timer'"),
        ("user_payment = 30.0", "user_payment = 900.0", "more than the"),
        ("wages = {", "price = 5.0\nwages = {", "unknown key 'price'"),
    ],
)
def test_a_wrong_part_is_refused_by_line(old, new, words):
    with pytest.raises(ModelError, match=words) as caught:
        parse_model(HEAD + PARTS.replace(old, new), "fullkost.toml")
    assert caught.value.file == "fullkost.toml"
    assert caught.value.line is not None


def test_a_price_beside_the_calculation_is_refused():
    both = HEAD.replace('measure = { nb = "besøk", en = "visit" }\n', 'measure = { nb = "b", en = "v" }\nprice = 5.0\n')
    with pytest.raises(ModelError, match="take price out, or the calculation"):
        parse_model(both + PARTS, "fullkost.toml")
    with pytest.raises(ModelError, match="has no price"):
        parse_model(HEAD.replace("[scheme.service.full_cost]\n", ""), "fullkost.toml")


def test_the_report_shows_every_line(tmp_path):
    run = bench.run(parse_model(HEAD + PARTS, "fullkost.toml"), units())
    page = "".join(path.read_text(encoding="utf-8") for path in run.save(tmp_path / "ut").glob("*.html"))
    for said in ("fullkostkalkylen bak prisene", "Timer hos bruker", "Arbeidsgiveravgift"):
        assert said in page

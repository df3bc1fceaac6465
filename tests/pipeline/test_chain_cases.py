"""Cases whose outcome the chain decides: a requirement or a frontier feeds the money, and the case states no norm."""

from __future__ import annotations

import pytest
from pipeline.model_text import template

from bench import pipeline
from bench.modelfile import parse_model
from bench.stykkpris import run_cases

#: Two units make ten hours each, for 100 and for 200 a year. Best practice makes all of it for 200 of the 300 NOK: a
#: third is to go, out of an average price of 300 / 20 = 15.
TEXT = template(
    """
[frontier]
method = "dea"
rts = "crs"
periods = "separate"
own = "included"
small_reason = "two units, worked out by hand"
[norm]
source = "dea"
[requirement]
first_year = 2025
years = 1
feeds = "{feeds}"
""",
    price="{price}",
    hours="weight = 1.0",
    visits=None,
    more="""[indexation]
deflator = 0.0
[[case]]
name = "by-hand"
title = {{ nb = "For hånd", en = "By hand" }}
source = "worked out by hand"
{norm}
[case.data]
enhet = ["A", "B", "A", "B"]
aar = [2023, 2023, 2024, 2024]
kostnad = [100, 200, 100, 200]
timer = [10, 10, 10, 10]
[[case.expect]]
frame = "prices"
column = "price"
where = {{ service = "timer", year = 2025 }}
value = {value}
tolerance = 0.005""",
)


def model(feeds="information", price="", norm="", value=15.0):
    return parse_model(TEXT.format(feeds=feeds, price=price, norm=norm, value=value), "tilfelle.toml")


@pytest.mark.parametrize(
    ("feeds", "price", "value"),
    [
        ("information", "", 15.0),
        ("price", "", 10.0),  # 15·(1 − 100/300)
        ("information", 'source = "frontier"', 10.0),  # the norms of 200 over 20 hours
        ("information", 'frontier_reference = "norm"\nfrontier_share = 0.5', 12.5),
    ],
)
def test_a_case_without_norms_is_run_through_the_chain(feeds, price, value):
    report = pipeline.run_cases(model(feeds, price, value=value))
    assert len(report.frame) == 1
    assert report.ok, report.failures().to_string()
    wrong = pipeline.run_cases(model(feeds, price, value=value + 1.0))
    assert not wrong.ok


def test_without_the_chain_such_a_case_is_left_out_and_others_are_not():
    assert run_cases(model("price", value=10.0)).frame.empty
    assert run_cases(model(value=15.0)).ok


def test_stated_norms_are_used_and_never_beside_a_requirement_of_the_chains_own():
    stated = "norm = [100, 140, 100, 140]"
    assert run_cases(model(price='source = "frontier"', norm=stated, value=12.0)).ok
    report = pipeline.run_cases(model("price", norm=stated, value=10.0))
    assert not report.ok
    assert "take norm out" in report.failures()["message"].iloc[0]

"""Costs on one footing: VAT, pension and overhead that stand in some accounts and not in others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pipeline.model_text import template

import bench
from bench.errors import DataError, ModelError
from bench.modelfile import parse_model

TEXT = template(
    """
[frontier]
method = "dea"
rts = "crs"
periods = "separate"
own = "included"
small_reason = "worked out by hand"
[norm]
source = "dea"
{more}
[indexation]
deflator = 0.0
""",
    price="""source = "average-cost"
frontier_reference = "norm"
frontier_share = 0.5""",
    hours="weight = 1.0",
    visits=None,
)
#: A is municipal, without overhead in its accounts; B and C are private.
OVERHEAD = """
[[adjustment]]
line = "overhead"
units = ["A"]
amount = { value = 20, source = "the municipality's budget 2024, made up" }
reason = "central services are not in A's accounts"
"""
PENSION = """
[[adjustment]]
line = "pension"
where = "privat > 0"
rate = { value = 0.1, source = "the agreement on pensions, made up" }
reason = "the premium is paid for them"
"""


def model(more: str):
    return parse_model(TEXT.format(more=more), "likt.toml")


def units(years: tuple[int, ...] = (2023, 2024), **changed: float) -> bench.Units:
    cost = {"A": 80.0, "B": 120.0, "C": 160.0, **changed}
    rows = [(name, year, value, 10.0, float(name != "A")) for year in years for name, value in cost.items()]
    frame = pd.DataFrame(rows, columns=["enhet", "aar", "kostnad", "timer", "privat"])
    return bench.Units.from_frame(
        frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"], extra=["privat"]
    )


def last(run: bench.RunResult, column: str, frame: str = "norms") -> dict[str, float]:
    found = run.frames()[frame]
    return found[found["year"] == 2024].set_index("unit")[column].to_dict()


def test_an_amount_by_hand():
    """Ten hours each. A costs 80 and 20 of overhead that its accounts lack: 100. So B is 100/120 and C 100/160.

    In B's and C's accounts the norm is 100; in A's it is 80, since the 20 stay outside. Without it A would be 80/80 and
    B's norm 80. The price of 2024: half of 360/30 = 12 and half of 280/30.
    """
    run = bench.run(model(OVERHEAD), units())
    assert last(run, "efficiency") == pytest.approx({"A": 1.0, "B": 100 / 120, "C": 100 / 160})
    assert last(run, "norm") == pytest.approx({"A": 80.0, "B": 100.0, "C": 100.0})
    plain = bench.run(model(""), units())
    assert last(plain, "norm") == pytest.approx({"A": 80.0, "B": 80.0, "C": 80.0})
    price = run.prices[run.prices["year"] == 2024]["price"].iloc[0]
    assert price == pytest.approx(0.5 * 12.0 + 0.5 * 280 / 30, abs=0.005)
    (row,) = run.cost_adjustments.query("year == 2024").to_dict("records")
    assert (row["unit"], row["line"], row["amount"], row["source"]) == (
        "A", "overhead", 20.0, "the municipality's budget 2024, made up",
    )  # fmt: skip
    assert (run.checks["check"] == "cost + adjustments = comparable cost").sum() == 2
    assert plain.cost_adjustments.empty


def test_an_inefficient_unit_with_an_amount_keeps_it_whole():
    """A costs 180 and 20: 200 against B's 120. Its score is 0.6 of 200, 120 in all, and 100 in its own accounts."""
    run = bench.run(model(OVERHEAD), units(A=180.0))
    assert last(run, "efficiency")["A"] == pytest.approx(0.6)
    assert last(run, "norm")["A"] == pytest.approx(100.0)


def test_a_rate_scales_with_the_norm():
    """B is 132 and C 176 with a tenth more, A stays 80: 80/132 of B's 120 is 72.73, and 1.1 times that is 80."""
    run = bench.run(model(PENSION), units())
    assert last(run, "efficiency") == pytest.approx({"A": 1.0, "B": 80 / 132, "C": 80 / 176})
    assert last(run, "norm") == pytest.approx({"A": 80.0, "B": 80 / 1.1, "C": 80 / 1.1})
    both = bench.run(model(PENSION + OVERHEAD), units())
    assert last(both, "norm") == pytest.approx({"A": 80.0, "B": 100 / 1.1, "C": 100 / 1.1})


def test_it_is_the_same_as_a_table_with_the_lines_in_the_accounts():
    """Scores are those of a client who has put the lines in himself."""
    rng, n = np.random.default_rng(6), 20
    frame = pd.DataFrame({"enhet": [f"E{k:02d}" for k in range(n)], "aar": 2024, "privat": np.arange(n) % 2 * 1.0})
    frame["timer"] = rng.uniform(5, 20, n)
    frame["kostnad"] = 10 * frame["timer"] * np.exp(np.abs(rng.normal(0, 0.3, n)))
    roles = {"id": "enhet", "period": "aar", "inputs": ["kostnad"], "outputs": ["timer"], "extra": ["privat"]}
    found = bench.run(model(PENSION), bench.Units.from_frame(frame, **roles))
    own = frame.assign(kostnad=frame["kostnad"] * (1 + 0.1 * frame["privat"]))
    told = bench.run(model(""), bench.Units.from_frame(own, **roles))
    assert found.efficiency["efficiency"].to_numpy() == pytest.approx(told.efficiency["efficiency"].to_numpy())
    stated = told.norms["norm"].to_numpy() / (1 + 0.1 * frame["privat"].to_numpy())
    assert found.norms["norm"].to_numpy() == pytest.approx(stated)


def test_a_dated_adjustment_holds_in_its_years():
    dated = (
        OVERHEAD.replace('amount = { value = 20, source = "the municipality\'s budget 2024, made up" }\n', "")
        + '[[adjustment.amount]]\nfrom = 2024-01-01\nvalue = 20\nsource = "from 2024 on"\n'
    )
    run = bench.run(model(dated), units())
    assert run.cost_adjustments["year"].tolist() == [2024]
    norms = run.norms.set_index(["unit", "year"])["norm"]
    assert (norms["B", 2023], norms["B", 2024]) == pytest.approx((80.0, 100.0))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            OVERHEAD.replace('source = "the municipality\'s budget 2024, made up"', 'status = "assumed"'),
            "needs a source",
        ),
        (OVERHEAD + "rate = 0.1\n", "either rate or amount"),
        (OVERHEAD.replace('units = ["A"]\n', ""), "needs units or where"),
        (OVERHEAD.replace('"overhead"', '"skatt"'), "line"),
        (PENSION.replace("value = 0.1", "value = 7"), "rate"),
    ],
)
def test_what_is_not_stated_is_refused(text, words):
    with pytest.raises(ModelError, match=words) as caught:
        model(text)
    assert caught.value.line is not None


def test_a_unit_that_is_not_there_and_amounts_that_leave_nothing_are_refused():
    with pytest.raises(ModelError, match="'Z', which has no row"):
        bench.run(model(OVERHEAD.replace('"A"', '"Z"')), units())
    with pytest.raises(DataError, match="state the adjustment as a rate"):
        bench.run(model(OVERHEAD.replace("value = 20", "value = 900")), units())
    with pytest.raises(DataError, match="leave no cost"):
        bench.run(model(OVERHEAD.replace("value = 20", "value = -80")), units())

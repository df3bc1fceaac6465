"""The gate of quality: who may be a peer, and when a requirement rests, worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pipeline.model_text import template

import bench
from bench.errors import DataError, ModelError, OptionError
from bench.modelfile import parse_model
from bench.norms import requirement_path
from bench.pipeline.schemes import scheme_data
from bench.pipeline.scores.quality_gate import good_enough

TEXT = template(
    """
[frontier]
method = "dea"
rts = "crs"
periods = "separate"
small_reason = "three units, by hand"
[norm]
source = "frontier"
{quality}
[requirement]
first_year = 2025
years = 2
general = 0.01
{requirement}
[indexation]
deflator = 0.0
""",
    stage="{stage}",
    hours="weight = 1.0",
    visits=None,
    scheme="{scheme}",
)


def model(quality: str, requirement: str = "", *, stage: str = "norms", scheme: str = ""):
    text = TEXT.format(quality=quality, requirement=requirement, stage=stage, scheme=scheme)
    return parse_model(text, "port.toml")


def units(quality: dict[str, tuple[float, float]]) -> bench.Units:
    """Ten hours each at 100, 125 and 200, in 2023 and 2024."""
    cost = {"A": 100.0, "B": 125.0, "C": 200.0}
    rows = [(u, y, cost[u], 10.0, quality[u][k]) for u in cost for k, y in enumerate((2023, 2024))]
    frame = pd.DataFrame(rows, columns=["enhet", "aar", "kostnad", "timer", "kvalitet"])
    return bench.Units.from_frame(
        frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"], extra=["kvalitet"]
    )


GOOD = {"A": (2.0, 2.0), "B": (4.0, 4.0), "C": (4.0, 4.0)}


@pytest.mark.parametrize(("better", "floor", "sign"), [("higher", 3.0, 1.0), ("lower", -3.0, -1.0)])
def test_below_the_floor_nobodys_peer(better, floor, sign):
    data = units({u: (sign * a, sign * b) for u, (a, b) in GOOD.items()})
    run = bench.run(model(f'[quality]\ncolumn = "kvalitet"\nbetter = "{better}"\nfloor = {floor}\n'), data)
    found = run.efficiency[run.efficiency["year"] == 2024].set_index("unit")["efficiency"]
    assert found.to_dict() == pytest.approx({"A": 1.25, "B": 1.0, "C": 0.625})
    assert set(run.peers["peer"]) == {"B"}
    (told,) = [issue for issue in run.warnings if issue.rule == "quality-gate"]
    assert "below the floor: A are" in told.message


def test_the_floor_is_dated_and_at_the_floor_is_good_enough():
    text = '[quality]\ncolumn = "kvalitet"\n[[quality.floor]]\nto = 2023-12-31\nvalue = 2.0\n'
    run = bench.run(model(text + "[[quality.floor]]\nfrom = 2024-01-01\nvalue = 3.0\n"), units(GOOD))
    peers = run.peers.groupby("year")["peer"].agg(set).to_dict()
    assert peers == {2023: {"A"}, 2024: {"B"}}


def test_a_requirement_rests_while_quality_falls():
    """B and C are 20 and 50 per cent above A. C's quality fell by 1, B's by 0.1, which is none."""
    data = units({"A": (4.0, 4.0), "B": (4.0, 3.9), "C": (4.0, 3.0)})
    text = '[quality]\ncolumn = "kvalitet"\nrest = true\nfall = 0.2\n'
    found = bench.run(model(text), data).requirements.set_index(["unit", "year"])
    assert found["rests"].to_dict() == {(u, y): (u, y) == ("C", 2025) for u in "ABC" for y in (2025, 2026)}
    assert found.loc[("C", 2025), "requirement"] == 0.0
    assert found.loc[("C", 2025), "requirement_nok"] == 0.0
    assert found.loc[("B", 2025), "requirement"] == pytest.approx(1 - 0.9 * 0.99)
    # The second step of C is a third of what is left, 0.5 of 0.75, and not both steps.
    assert found.loc[("C", 2026), "individual"] == pytest.approx(1 / 3)
    assert found.loc[("C", 2026), "allowed_cost"] == pytest.approx(200 * (2 / 3) * 0.99)
    plain = bench.run(model(""), data).requirements
    assert "rests" not in plain.columns


def test_it_reaches_the_price():
    """C earns at its own price; with its requirement resting nothing is taken out of it."""
    scheme = '[scheme.price]\nsource = "average-cost"\n[scheme.settlement]\nkeep_surplus = 1.0\ncarry_deficit = 1.0'
    data = units({"A": (4.0, 4.0), "B": (4.0, 4.0), "C": (4.0, 3.0)})
    rest = '[quality]\ncolumn = "kvalitet"\nrest = true\n'
    prices = {}
    for name, text in (("plain", ""), ("rest", rest)):
        rules = model(text, 'feeds = "unit-price"\nfloor = 0.3', stage="settlement", scheme=scheme)
        run = bench.run(rules, data)
        prices[name] = run.prices[run.prices["year"] == 2025].set_index("price_class")["price"]
        assert (run.checks["difference"].abs() <= run.checks["tolerance"]).all()
    average = 425.0 / 30.0
    assert prices["rest"]["C"] == pytest.approx(average, rel=1e-9)
    assert prices["plain"]["C"] < 0.8 * average
    assert prices["rest"]["B"] == pytest.approx(prices["plain"]["B"], rel=1e-9)


def test_what_it_lacks_is_refused_by_place():
    with pytest.raises(ModelError, match="needs floor, rest = true, or both"):
        model('[quality]\ncolumn = "kvalitet"\n')
    text = '[quality]\ncolumn = "mangler"\nfloor = 3.0\n'
    rules = model(text)
    with pytest.raises((ModelError, DataError), match="mangler") as caught:
        bench.run(rules, units(GOOD))
    assert caught.value.key == "quality.column"
    assert caught.value.line == TEXT.split("{quality}")[0].count("\n") + 2
    gate = model('[quality]\ncolumn = "kvalitet"\nfloor = 3.0\n')
    (data,) = scheme_data(gate, units(GOOD))
    data.units.frame.loc[0, "kvalitet"] = np.nan
    with pytest.raises(DataError, match=r"unit 'A' period 2023.*no number"):
        good_enough(gate, data)
    with pytest.raises(OptionError, match="rests must be"):
        requirement_path([100.0], [80.0], years=2, rests=[True])


def test_a_fitted_frontier_behind_a_floor_is_refused_by_the_floors_own_key():
    """A stochastic frontier has no score of a row it is not fitted to; the refusal names the floor, not a unit rule."""
    rng = np.random.default_rng(0)
    hours = rng.uniform(10, 90, 40)
    frame = pd.DataFrame({"enhet": [f"E{k:02d}" for k in range(40)], "aar": 2024, "timer": hours, "kvalitet": 4.0})
    frame["kostnad"] = 9 * hours**0.9 * np.exp(np.abs(rng.normal(0, 0.3, 40)) + rng.normal(0, 0.1, 40))
    frame.loc[3, "kvalitet"] = 2.0
    data = bench.Units.from_frame(
        frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"], extra=["kvalitet"]
    )
    text = TEXT.format(
        quality='[quality]\ncolumn = "kvalitet"\nfloor = 3.0\n', requirement="", stage="norms", scheme=""
    )
    rules = parse_model(
        text.replace('method = "dea"\nrts = "crs"', 'method = "sfa"\nform = "cobb-douglas"'), "port.toml"
    )
    with pytest.raises(ModelError, match="the floor of quality keeps E03 out") as caught:
        bench.run(rules, data)
    assert (caught.value.key, caught.value.file) == ("quality.floor", "port.toml")
    assert "floor = 3.0" in text.splitlines()[caught.value.line - 1]

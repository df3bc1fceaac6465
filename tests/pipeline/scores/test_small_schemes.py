"""Few units per dimension: who is efficient by default, how wide prices are, and no money without a reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pipeline.model_text import template

import bench
from bench.errors import ModelError
from bench.modelfile import parse_model

TEXT = template(
    """
[frontier]
method = "dea"
rts = "crs"
own = "included"
{frontier}
[norm]
source = "frontier"
[benchmark]
sources = ["average", "dea"]
[indexation]
deflator = 0.0
""",
    price="{price}",
    hours="weight = 1.0",
    visits="weight = 0.5",
)


def model(frontier="", price='source = "frontier"'):
    return parse_model(TEXT.format(frontier=frontier, price=price), "liten.toml")


def two() -> bench.Units:
    """(4, 1) and (1, 2) for a million each: both efficient, neither like the other."""
    frame = pd.DataFrame({"enhet": ["A", "B"], "aar": 2024, "kostnad": 1e6, "timer": [4.0, 1.0], "besok": [1.0, 2.0]})
    return bench.Units.from_frame(frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer", "besok"])


def test_prices_have_their_range_and_the_rule_that_chose():
    """By hand: hours at A from 1/7 to 1/4 of a million, at B from 0 to 1/7; weighed by 4 and 1 hours of 5."""
    found = bench.run(model(price=""), two()).benchmark_prices.set_index(["source", "service"])
    hours, visits = found.loc[("dea", "timer")], found.loc[("dea", "besok")]
    assert hours["lower"] == pytest.approx(1e6 * 4 / 35)
    assert hours["upper"] == pytest.approx(1e6 * 8 / 35)
    assert visits["lower"] == pytest.approx(1e6 * 2 / 7)
    assert visits["upper"] == pytest.approx(1e6 * 10 / 21)
    assert (found["lower"] <= found["price"]).all()
    assert (found["price"] <= found["upper"]).all()
    assert found["chosen_by"].to_dict()[("dea", "timer")] == "face-centre"
    assert found.loc[("average", "timer"), ["lower", "upper"]].nunique() == 1


def test_size_and_what_it_leaves_is_a_row():
    row = bench.run(model(price=""), two()).frontier_size.iloc[0]
    assert (row["units"], row["inputs"], row["outputs"]) == (2, 1, 2)
    assert row["per_dimension"] == pytest.approx(2 / 3)
    assert (row["efficient"], row["by_default"]) == (2, 2)
    middle = bench.run(model(price=""), two()).benchmark_prices.query("source == 'dea' and service == 'timer'")
    assert row["price_width"] >= (1e6 * 4 / 35) / middle["price"].iloc[0] - 1e-9


def test_it_decides_no_money_without_a_reason():
    with pytest.raises(ModelError, match=r"0\.67 a dimension.*2 of 2 efficient units are so by default") as caught:
        bench.run(model(), two())
    assert caught.value.file == "liten.toml"
    assert caught.value.key == "frontier"
    assert caught.value.line == TEXT.split("[frontier]")[0].count("\n") + 1
    assert "frontier.small_reason" in str(caught.value)
    run = bench.run(model('small_reason = "two, by hand"'), two())
    assert len(run.prices)
    assert bench.run(model("least_ratio = 1.0", price=""), two()).prices is not None
    with pytest.raises(ModelError, match="least_ratio") as caught:
        bench.run(model("least_ratio = 1.0"), two())
    assert caught.value.key == "frontier.least_ratio"
    with pytest.raises(ModelError):
        model("least_ratio = 0.5")


def test_each_remedy_of_the_refusal_works():
    assert len(bench.run(model(price='source = "average-cost"'), two()).prices)
    added = '[frontier.outputs]\nalt = ["timer", "besok"]\n'
    with pytest.raises(ModelError, match="1 a dimension"):
        bench.run(model(added), two())
    assert len(bench.run(model("least_ratio = 1.0\n" + added), two()).prices)


def test_bundled_schemes_of_few_units_say_why():
    for name in ("kristiansand@frontier", "bodo-dea"):
        run = bench.run(bench.load_model(name))
        assert run.frontier_size["per_dimension"].min() < 3.0
        assert run.model.frontier.small_reason
    few = bench.load_model("kristiansand@frontier").with_values({"frontier.small_reason": ""})
    with pytest.raises(ModelError, match="a dimension"):
        bench.run(few)


def test_a_fitted_frontier_has_intervals():
    rng, n = np.random.default_rng(1), 60
    frame = pd.DataFrame({"enhet": [f"E{k:02d}" for k in range(n)], "aar": 2024})
    frame["timer"], frame["besok"] = rng.uniform(5, 20, n), rng.uniform(5, 20, n)
    frame["kostnad"] = 1e4 * frame["timer"] ** 0.6 * frame["besok"] ** 0.3 * np.exp(np.abs(rng.normal(0, 0.3, n)))
    frame["kostnad"] *= np.exp(0.12 * rng.normal(size=n))
    units = bench.Units.from_frame(frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer", "besok"])
    text = TEXT.replace('method = "dea"\nrts = "crs"', 'method = "sfa"').replace('"dea"]', '"sfa"]')
    run = bench.run(parse_model(text.format(frontier="", price=""), "liten.toml"), units)
    row = run.benchmark_prices.query("source == 'sfa' and service == 'timer'").iloc[0]
    plain = bench.Units.from_frame(frame, id="enhet", inputs=["kostnad"], outputs=["timer", "besok"])
    costs = bench.sfa(plain, kind="cost", form="cobb-douglas").marginal_costs()
    here = costs[costs["output"] == "timer"]
    weight = frame["timer"] / frame["timer"].sum()
    half = 1.959963984540054 * float((here["std_error"].to_numpy() * weight).sum())
    assert row["price"] == pytest.approx(float((here["marginal_cost"].to_numpy() * weight).sum()))
    assert row["upper"] - row["price"] == pytest.approx(half)
    assert row["chosen_by"] == "fitted"


def test_limits_on_values_show_in_the_range():
    limits = (
        '[[frontier.variant]]\nid = "dea"\nmethod = "dea"\n'
        '[[frontier.variant.restriction]]\nof = "besok"\nper = "timer"\n'
        'low = 1.0\nhigh = 2.0\nreason = "a visit takes one to two hours"\n'
    )
    text = TEXT.replace('method = "dea"\nrts = "crs"', 'rts = "crs"\nperiods = "separate"')
    run = bench.run(parse_model(text.format(frontier=limits, price=""), "liten.toml"), two())
    found = run.benchmark_prices.query("source == 'dea'").set_index("service")
    assert found.loc["timer", "lower"] == pytest.approx(1e6 / 6)  # 1/6 at both ends of B, 1/6 to 1/5 at A
    assert found.loc["timer", "upper"] == pytest.approx(1e6 * (4 / 5 + 1 / 6) / 5)
    assert found.loc["besok", "lower"] == pytest.approx(1e6 * (1 / 5 + 2 / 3) / 3)

"""Screens of fitted frontiers in a model file: who is found, taken out, and what a wrong statement is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pipeline.model_text import template, units

import bench
from bench.errors import ModelError
from bench.modelfile import parse_model
from bench.stochastic.least_squares.influence import regression_influence

TEXT = template(
    """
[frontier]
{method}
periods = "separate"
{screen}
[norm]
source = "frontier"
""",
)


def model(screen: str, method: str = 'method = "sfa"'):
    return parse_model(TEXT.format(screen=screen, method=method), "sil.toml")


def screen(test: str, more: str = "") -> str:
    return f'[[frontier.screen]]\ntest = "{test}"\n{more}'


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng, n = np.random.default_rng(12), 60
    frame = pd.DataFrame({"enhet": [f"E{k:02d}" for k in range(n)], "aar": 2024})
    frame["timer"], frame["besok"] = np.exp(rng.uniform(3, 5, n)), np.exp(rng.uniform(3, 5, n))
    frame["kostnad"] = 9 * frame["timer"] ** 0.6 * frame["besok"] ** 0.35 * np.exp(np.abs(rng.normal(0, 0.25, n)))
    frame["kostnad"] *= np.exp(0.1 * rng.normal(size=n))
    frame.loc[5, "timer"] *= 12.0  # far out, and wrong: hours of a year for those of a month
    frame.loc[5, "kostnad"] *= 40.0
    return frame


@pytest.mark.parametrize("test", ["cook", "dfbetas"])
def test_those_found_are_those_beyond_the_limit(table, test):
    run = bench.run(model(screen(test)), units(table))
    logs = np.log(table[["timer", "besok"]].to_numpy())
    found = regression_influence(np.log(table["kostnad"].to_numpy()), np.column_stack([np.ones(60), logs]))
    statistic = found.cook if test == "cook" else np.abs(found.dfbetas).max(axis=1)
    limit = 4 / 57 if test == "cook" else 2 / np.sqrt(60)
    expected = table["enhet"][statistic > limit].tolist()
    assert run.screens["unit"].tolist() == expected
    assert "E05" in expected
    assert run.screens["limit"].to_numpy() == pytest.approx(limit)
    assert run.screens["statistic"].to_numpy() == pytest.approx(statistic[statistic > limit], rel=1e-8)
    plain = bench.run(model(""), units(table))
    pd.testing.assert_frame_equal(run.efficiency, plain.efficiency)  # reported, and nothing removed unasked


def test_one_that_is_taken_out_moves_nobody(table):
    """Without the wrong row the others' scores are those of the frontier fitted to them alone; it keeps its own."""
    run = bench.run(model(screen("cook", 'limit = 0.5\naction = "remove"\n')), units(table))
    assert run.screens["unit"].tolist() == ["E05"]
    found = run.efficiency.set_index("unit")["efficiency"]
    rest = table[table["enhet"] != "E05"]
    plain = bench.Units.from_frame(rest, id="enhet", inputs=["kostnad"], outputs=["timer", "besok"])
    expected = bench.sfa(plain, kind="cost", form="cobb-douglas").efficiency
    assert found.drop("E05").to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-8)
    whole = bench.run(model(""), units(table)).efficiency.set_index("unit")["efficiency"]
    assert found["E05"] == pytest.approx(whole["E05"])
    floor = 'limit = 0.5\naction = "remove"\ninefficient = "floor"\n'
    lowest = model(screen("cook", floor)).with_values({"frontier.floor": 0.6})
    assert bench.run(lowest, units(table)).efficiency.set_index("unit").loc["E05", "efficiency"] == 0.6


def test_it_loops_until_nobody_is_found(table):
    two = table.copy()
    two.loc[9, "timer"] *= 9.0
    two.loc[9, "kostnad"] *= 25.0
    loop = bench.run(model(screen("cook", 'limit = 0.4\naction = "remove"\nrepeat = true\n')), units(two)).screens
    assert {"E05", "E09"} <= set(loop["unit"])
    kept = two[~two["enhet"].isin(loop["unit"])]
    logs = np.log(kept[["timer", "besok"]].to_numpy())
    left = regression_influence(np.log(kept["kostnad"].to_numpy()), np.column_stack([np.ones(len(kept)), logs]))
    assert left.cook.max() <= 0.4
    with pytest.raises(ModelError, match=r"line 15, key frontier\.screen\[1\].*leaves 0 units"):
        bench.run(model(screen("cook", 'limit = 1e-9\naction = "remove"\nrepeat = true\n')), units(two))


def test_each_screen_is_for_its_own_kind_of_frontier(table):
    for name, method in (("cook", 'method = "dea"\nrts = "crs"'), ("iqr", 'method = "sfa"')):
        with pytest.raises(ModelError, match=r"judges rows by|is for DEA") as caught:
            model(screen(name), method)
        assert caught.value.key == "frontier.screen[1].test"
        assert caught.value.line is not None
    both = screen("cook", "limit = 0.5\n") + screen("iqr")
    run = bench.run(model(both, 'method = ["dea", "sfa"]\nrts = "vrs"'), units(table))
    assert set(run.screens.loc[run.screens["test"] == "cook", "variant"]) == {"sfa"}
    assert set(run.screens.loc[run.screens["test"] == "iqr", "variant"]) <= {"dea"}
    with pytest.raises(ModelError, match="has no peers"):
        model(screen("cook", 'action = "not-a-peer"\n'))
    with pytest.raises(ModelError, match="limit belongs to"):
        model(screen("iqr", "limit = 1.0\n"), 'method = "dea"\nrts = "crs"')

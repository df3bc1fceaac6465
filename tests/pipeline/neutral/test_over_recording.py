"""What over-recording gives: by hand, and against runs on tables in which one unit has recorded more."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pipeline.model_text import template, units

import bench
from bench.errors import ModelError
from bench.modelfile import parse_model

TEXT = template(
    """
[frontier]
small_reason = "worked out by hand"
{frontier}
[norm]
source = "frontier"
{norm}
[over_recording]
share = 0.01
{more}
[indexation]
deflator = 0.0
""",
    price='source = "frontier"',
    hours="weight = 1.0",
    visits="weight = 0.4",
)
DEA = 'method = "dea"\nrts = "crs"\nperiods = "separate"\n'
SFA = 'method = "sfa"\nperiods = "known"\n'


def model(frontier: str = DEA, norm: str = "", more: str = ""):
    return parse_model(TEXT.format(frontier=frontier, norm=norm, more=more), "foring.toml")


def table(count: int = 14) -> pd.DataFrame:
    rng, n = np.random.default_rng(2), 2 * count
    frame = pd.DataFrame({"enhet": [f"E{k:02d}" for k in range(count)] * 2, "aar": np.repeat([2023, 2024], count)})
    frame["timer"], frame["besok"] = rng.uniform(50, 200, n), rng.uniform(50, 200, n)
    frame["kostnad"] = 100 * (frame["timer"] + 0.4 * frame["besok"]) * np.exp(rng.normal(0.2, 0.15, n))
    return frame


def test_by_hand():
    """A makes 10 hours for 100, B for 200, own accounts counted. B's 1 % is worth 1 of norm: 101 hours at A's 10.

    A's 1 % makes A better still: its own norm stays 100, and B's falls to 10/10.1 of 100.
    """
    rows = {"enhet": ["A", "B"] * 2, "aar": [2023, 2023, 2024, 2024], "kostnad": [100.0, 200.0] * 2}
    frame = pd.DataFrame(rows | {"timer": [10.0] * 4, "besok": [0.0] * 4})
    found = bench.run(model(DEA + 'own = "included"'), units(frame)).over_recording.set_index("unit")
    assert found["norm_change"].to_dict() == pytest.approx({"A": 0.0, "B": 1.0})
    assert found["others_norm_change"].to_dict() == pytest.approx({"A": 1000 / 10.1 - 100.0, "B": 0.0})
    assert found["paid"].to_dict() == pytest.approx({"A": 1.0, "B": 1.0})  # 10 hours at 10 NOK
    assert found.loc["B", "efficiency_after"] == pytest.approx(0.505)


@pytest.mark.parametrize(
    ("frontier", "norm"),
    [
        (DEA, ""),
        (DEA + 'own = "included"\n', 'calibrate = "cost"'),
        ('method = "dea"\nrts = "vrs"\nperiods = "known"\n', "own_cost_share = 0.3"),
        ('method = "dea"\nrts = "crs"\nperiods = "average"\nwindow = 2\n', ""),
        (SFA, ""),
        (DEA + '[[frontier.screen]]\ntest = "iqr"\naction = "not-a-peer"\n', ""),
    ],
)
def test_it_is_a_run_on_a_table_with_one_units_volume_raised(frontier, norm):
    frame = table(8 if frontier != SFA else 14)
    run = bench.run(model(frontier, norm), units(frame))
    found = run.over_recording.set_index("unit")
    before = run.norms[run.norms["year"] == 2024].set_index("unit")["norm"]
    for name in ("E00", "E03", "E05"):
        more = frame.copy()
        row = (more["enhet"] == name) & (more["aar"] == 2024)
        more.loc[row, ["timer", "besok"]] *= 1.01
        after = bench.run(model(frontier, norm), units(more)).norms
        change = after[after["year"] == 2024].set_index("unit")["norm"] - before
        assert found.loc[name, "norm_change"] == pytest.approx(change[name], rel=1e-6, abs=1e-6)
        assert found.loc[name, "others_norm_change"] == pytest.approx(change.drop(name).sum(), rel=1e-6, abs=1e-6)
    lines = run.settlement_lines.query("year == 2024").groupby("unit")["income"].sum().astype(float)
    assert found["paid"].to_numpy() == pytest.approx(0.01 * lines[found.index].to_numpy())


def test_scores_that_rest_on_resampling_are_refused():
    drawn = '[frontier.inference]\nreplicates = 100\nuse = "corrected"\n'
    with pytest.raises(ModelError, match=r"take \[over_recording\] out") as caught:
        bench.run(model(DEA + 'own = "included"\n' + drawn), units(table(8)))
    assert caught.value.key == "over_recording"
    plain = bench.run(model(DEA + drawn.replace('use = "corrected"\n', "")), units(table(8)))
    assert len(plain.over_recording) == 8

"""The program written out for one unit has the unit's score as its optimum, through an independent solver."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bench
from bench.lp.solvers.pulp_model import solve_pulp


@pytest.fixture(scope="module")
def units():
    rng = np.random.default_rng(11)
    rows = [
        {
            "home": f"H{i}",
            "year": year,
            "cost": rng.uniform(5, 9),
            "hours": rng.uniform(1, 4),
            "days": rng.uniform(1, 4),
        }
        for year in (2020, 2021)
        for i in range(7)
    ]
    return bench.Units.from_frame(
        pd.DataFrame(rows), id="home", period="year", inputs=["cost"], outputs=["hours", "days"]
    )


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs", "fdh"])
@pytest.mark.parametrize("orientation", ["input", "output"])
@pytest.mark.parametrize("periods", ["pooled", "separate"])
def test_the_written_program_gives_the_score(units, rts, orientation, periods):
    result = bench.dea(units, rts=rts, orientation=orientation, periods=periods)
    for name, score in list(zip(units.names, result.score, strict=True))[::3]:
        assert solve_pulp(result.lp(name)).objective == pytest.approx(score, rel=1e-7)


def test_super_efficiency_leaves_the_unit_out(units):
    result = bench.dea(units, rts="crs", periods="separate", super_efficiency=True)
    for name, score in zip(units.names, result.score, strict=True):
        program = result.lp(name)
        assert name.split(" ")[0] not in program.column_names
        assert solve_pulp(program).objective == pytest.approx(score, rel=1e-7)


def test_unknown_unit_is_named(units):
    with pytest.raises(bench.OptionError, match="did you mean"):
        bench.dea(units, rts="crs", periods="pooled").lp("H1 (2022)")

"""Malmquist: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pulp_oracle import phi, theta

import bench
from bench.envelopment.productivity.malmquist import malmquist
from bench.errors import OptionError

N = 8


def panel(seed: int = 0, periods: int = 3) -> bench.Units:
    rng = np.random.default_rng(seed)
    frames = []
    for period in range(periods):
        table = pd.DataFrame(rng.uniform(2, 9, (N, 4)) * [1, 1, 1 + period / 5, 1], columns=["x1", "x2", "y1", "y2"])
        table.insert(0, "unit", [f"u{k}" for k in range(N)])
        table.insert(1, "year", 2020 + period)
        frames.append(table)
    return bench.Units.from_frame(
        pd.concat(frames), id="unit", period="year", inputs=["x1", "x2"], outputs=["y1", "y2"]
    )


def one(value, side):
    if value is None:
        return np.nan
    return value if side == "input" else 1 / value


@pytest.mark.parametrize("side", ["input", "output"])
def test_malmquist_is_pulps(side: str) -> None:
    units = panel()
    found = malmquist(units, orientation=side)
    score = theta if side == "input" else phi
    years = {year: units.for_period(year) for year in units.periods}
    for before, after in ((2020, 2021), (2021, 2022)):
        a, b = years[before], years[after]
        for k in range(N):
            row = found.frame.loc[(f"u{k}", after)]
            values = {}
            for rts in ("crs", "vrs"):
                for s, base in enumerate((a, b)):
                    for t, point in enumerate((a, b)):
                        values[rts, s, t] = one(score(base.X, base.Y, rts, point.X[k], point.Y[k]), side)
            c, v = (lambda s, t: values["crs", s, t]), (lambda s, t: values["vrs", s, t])  # noqa: B023
            np.testing.assert_allclose(row["index"], np.sqrt(c(0, 1) / c(0, 0) * c(1, 1) / c(1, 0)), rtol=1e-8)
            np.testing.assert_allclose(row["efficiency_change"], c(1, 1) / c(0, 0), rtol=1e-8)
            np.testing.assert_allclose(
                row["pure_technical_change"], np.sqrt(v(0, 1) / v(1, 1) * v(0, 0) / v(1, 0)), rtol=1e-8
            )


def test_every_split_multiplies_to_the_index() -> None:
    found = malmquist(panel(1)).frame
    np.testing.assert_allclose(found["efficiency_change"] * found["technical_change"], found["index"], rtol=1e-10)
    np.testing.assert_allclose(
        found["pure_efficiency_change"] * found["scale_efficiency_change"] * found["technical_change"],
        found["index"],
        rtol=1e-10,
    )
    known = found["pure_technical_change"].notna()
    assert known.any()
    ray_desli = found["pure_efficiency_change"] * found["pure_technical_change"] * found["scale_change"]
    four = (
        found["pure_efficiency_change"]
        * found["scale_efficiency_change"]
        * found["pure_technical_change"]
        * found["scale_of_technology"]
    )
    np.testing.assert_allclose(ray_desli[known], found["index"][known], rtol=1e-10)
    np.testing.assert_allclose(four[known], found["index"][known], rtol=1e-10)


def test_infeasible_mixed_periods_are_reported_not_dropped() -> None:
    units = panel(2)
    found = malmquist(units)
    assert len(found.frame) == 2 * N
    lacking = found["pure_technical_change"].isna()
    assert lacking.any()
    named = {(issue.unit, int(issue.period)) for issue in found.issues}
    assert named == set(found.frame.index[lacking])
    assert found["index"].notna().all()
    for sets in ("global", "biennial"):
        assert not malmquist(units, sets=sets).issues


def test_global_index_chains_and_biennial_uses_two_periods() -> None:
    units = panel(3)
    chained = malmquist(units, sets="global")["index"].unstack()
    ends = units.take(np.isin(units.frame["year"], [2020, 2022]))
    for k in range(N):
        first, last = units.for_period(2020), units.for_period(2022)
        jump = phi(units.X, units.Y, "crs", first.X[k], first.Y[k]) / phi(units.X, units.Y, "crs", last.X[k], last.Y[k])
        assert chained.loc[f"u{k}"].prod() == pytest.approx(jump, rel=1e-8)
        both = malmquist(ends, sets="biennial")["index"].loc[(f"u{k}", 2022)]
        expected = phi(ends.X, ends.Y, "crs", first.X[k], first.Y[k]) / phi(ends.X, ends.Y, "crs", last.X[k], last.Y[k])
        assert both == pytest.approx(expected, rel=1e-8)


def test_unbalanced_panel_names_who_is_missing() -> None:
    units = panel(4)
    gone = (units.frame["unit"] == "u3") & (units.frame["year"] == 2021)
    found = malmquist(units.take(~gone.to_numpy()))
    missing = [(issue.unit, issue.period) for issue in found.issues if issue.rule == "unit-missing"]
    assert missing == [("u3", "2021"), ("u3", "2021")]
    assert "u3" not in found.frame.index.get_level_values("unit")
    with pytest.raises(OptionError, match="period"):
        malmquist(units.for_period(2020))


def test_sequential_sets_keep_what_was_possible() -> None:
    """Reference sets of all periods so far, by the programs; the frontier never falls back."""
    rng = np.random.default_rng(8)
    n = 7
    table = pd.DataFrame(rng.uniform(1, 9, (3 * n, 3)), columns=["x1", "x2", "y"])
    table["unit"], table["year"] = [*range(n)] * 3, np.repeat([1, 2, 3], n)
    units = bench.Units.from_frame(table, id="unit", period="year", inputs=["x1", "x2"], outputs=["y"])
    found = malmquist(units, orientation="input", sets="sequential")
    assert (found["technical_change"] >= 1 - 1e-9).all()
    X, Y = units.X, units.Y
    for step in (0, 1):
        for k in range(n):
            rows = [step * n + k, (step + 1) * n + k]
            e = [
                [theta(X[: (step + 1 + s) * n], Y[: (step + 1 + s) * n], "crs", X[t], Y[t]) for t in rows]
                for s in (0, 1)
            ]
            expected = np.sqrt(e[0][1] / e[0][0] * e[1][1] / e[1][0])
            assert found["index"].iloc[step * n + k] == pytest.approx(expected, rel=1e-7)
    together = malmquist(units, orientation="input", sets="global", rts="vrs")
    for k in range(n):
        share = [theta(X, Y, "vrs", X[t], Y[t]) for t in (k, n + k)]
        assert together["index"].iloc[k] == pytest.approx(share[1] / share[0], rel=1e-7)
    with pytest.raises(OptionError, match="biennial and global"):
        malmquist(units, rts="vrs")

"""Dynamic efficiency: Tone & Tsutsui's program written out for scipy with its slacks, and special cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

import bench
from bench.envelopment import dea, dynamic_dea, sbm
from bench.errors import DataError, OptionError

ROLES = {"id": "unit", "period": "year", "inputs": ["x1", "x2"], "outputs": ["y1", "y2"],
         "extra": ["good", "bad", "free", "fixed"]}  # fmt: skip
ALL = {name: name for name in ROLES["extra"]}


def frame(n: int = 7, years: int = 3, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.uniform(1, 9, (n * years, 8)), columns=["x1", "x2", "y1", "y2", *ALL])
    table["unit"], table["year"] = [f"u{k}" for k in range(n)] * years, np.repeat(range(2020, 2020 + years), n)
    return table


def panel(**more: int) -> bench.Units:
    return bench.Units.from_frame(frame(**more), **ROLES)


def by_scipy(table: pd.DataFrame, unit: str, kinds: dict[str, str], rts: str, side: str) -> float:
    """Tone & Tsutsui 2010, (1)–(6): equations with a slack each, the objective a mean of shares of the unit's own."""
    years = sorted(set(table["year"]))
    parts = [table[table["year"] == year].set_index("unit") for year in years]
    n = len(parts[0])
    names: list[tuple] = []
    for t in range(len(years)):
        names += [("lam", t, j) for j in range(n)]
        names += [("slack", t, c) for c in ("x1", "x2", "y1", "y2", *kinds)]
    place = {name: k for k, name in enumerate(names)}
    goal, rows, right = np.zeros(len(names)), [], []
    lower = [None if name[0] == "slack" and kinds.get(name[2]) in ("free", "fixed") else 0 for name in names]
    upper: list[float | None] = [None] * len(names)
    for t, part in enumerate(parts):
        counted = ["x1", "x2"] + [c for c, kind in kinds.items() if kind == "bad"]
        if side == "output":
            counted = ["y1", "y2"] + [c for c, kind in kinds.items() if kind == "good"]
        for column in counted:
            goal[place["slack", t, column]] = 1 / len(years) / len(counted) / part.loc[unit, column]
        for column in ("x1", "x2", "y1", "y2", *kinds):
            row = np.zeros(len(names))
            for j in range(n):
                row[place["lam", t, j]] = part[column].iloc[j]
            kind = kinds.get(column, {"x": "bad", "y": "good"}[column[0]] if column not in kinds else "")
            row[place["slack", t, column]] = -1.0 if kind == "good" else 1.0
            if kind == "fixed":
                lower[place["slack", t, column]] = upper[place["slack", t, column]] = 0
            rows.append(row)
            right.append(part.loc[unit, column])
        if t + 1 < len(years):
            for column in kinds:
                row = np.zeros(len(names))
                for j in range(n):
                    row[place["lam", t, j]] = part[column].iloc[j]
                    row[place["lam", t + 1, j]] = -part[column].iloc[j]
                rows.append(row)
                right.append(0.0)
        if rts == "vrs":
            row = np.zeros(len(names))
            row[[place["lam", t, j] for j in range(n)]] = 1.0
            rows.append(row)
            right.append(1.0)
    done = linprog(-goal, A_eq=rows, b_eq=right, bounds=list(zip(lower, upper, strict=True)))
    assert done.status == 0
    return 1 + done.fun if side == "input" else 1 / (1 - done.fun)


@pytest.mark.parametrize("side", ["input", "output"])
@pytest.mark.parametrize("rts", ["crs", "vrs"])
def test_every_kind_of_carry_over_is_scipys(rts: str, side: str) -> None:
    table = frame(n=9)
    for kinds in (ALL, {"good": "good", "bad": "bad"}, {"free": "free"}, {"free": "bad"}):
        used = bench.Units.from_frame(table, **ROLES)
        found = dynamic_dea(used, carry_overs=kinds, rts=rts, orientation=side)
        for unit in ("u0", "u4", "u8"):
            expected = by_scipy(table, unit, kinds, rts, side)
            row = found.frame.loc[(unit, 2021)]
            assert row["efficiency"] == pytest.approx(expected, rel=1e-6)
        if side == "input":
            parts = found.frame.groupby("unit")[["low", "efficiency", "high"]].mean()
            assert (parts["low"] <= parts["efficiency"] + 1e-9).all()
            assert (parts["efficiency"] <= parts["high"] + 1e-9).all()


@pytest.mark.parametrize("side", ["input", "output"])
def test_one_year_is_the_static_method(side: str) -> None:
    """Good carry-overs are outputs then and bad ones inputs; free ones are nothing."""
    one = panel(n=12, years=1)
    kinds = {"good": "good", "bad": "bad", "free": "free"}
    static = one.select(inputs=["x1", "x2", "bad"], outputs=["y1", "y2", "good"])
    for measure, method in (("sbm", sbm), ("radial", dea)):
        found = dynamic_dea(one, carry_overs=kinds, rts="vrs", orientation=side, measure=measure)
        same = method(static, rts="vrs", orientation=side).efficiency
        np.testing.assert_allclose(found.efficiency, same, rtol=1e-8)
        np.testing.assert_allclose(found["alone"], same, rtol=1e-8)


def test_years_that_do_not_bind_each_other_are_averaged() -> None:
    """A carry-over that is the same for all holds nothing back: the mean of the years, each by itself."""
    table = frame(seed=3).assign(free=1.0)
    found = dynamic_dea(bench.Units.from_frame(table, **ROLES), carry_overs={"free": "free"}, rts="vrs")
    mean = found["alone"].groupby("unit").mean()
    np.testing.assert_allclose(found.efficiency.xs(2020, level="period").loc[mean.index], mean, rtol=1e-8)
    for year in (2020, 2021, 2022):
        now = bench.Units.from_frame(table, **ROLES).for_period(year)
        np.testing.assert_allclose(found["alone"].xs(year, level="period"), sbm(now, rts="vrs", orientation="input")
                                   .efficiency.droplevel("period"), rtol=1e-8)  # fmt: skip


def test_a_year_that_borrows_from_the_next_is_seen() -> None:
    """By hand: T is thrifty in year 1 by leaving a queue that costs year 2; alone, year 1 makes all others look bad."""
    table = pd.DataFrame({"unit": ["T", "S"] * 2, "year": [1, 1, 2, 2], "x": [2.0, 3.0, 4.0, 3.0], "y": 1.0,
                          "queue": [5.0, 1.0, 1.0, 1.0]})  # fmt: skip
    units = bench.Units.from_frame(table, id="unit", period="year", inputs=["x"], outputs=["y"], extra=["queue"])
    free = dynamic_dea(units, carry_overs={"queue": "free"}, rts="vrs").frame
    # S alone in year 1 is 2/3. Over both years a queue of 5 would follow it into year 2, where T's 4 is the cost.
    assert free.loc[("S", 1), "alone"] == pytest.approx(2 / 3)
    assert free.loc[("S", 2), "alone"] == pytest.approx(1.0)
    assert free.loc[("S", 1), "efficiency"] == pytest.approx(min((3 / 3 + 3 / 3) / 2, (2 / 3 + 4 / 3) / 2))
    # T is the only one that leaves a queue of 5, so nothing can be said of its second year beside its first.
    assert free.loc[("T", 1), "efficiency"] == pytest.approx(min((2 / 2 + 4 / 4) / 2, (3 / 2 + 3 / 4) / 2))


def test_one_factor_for_all_years_is_scipys() -> None:
    table = frame(seed=5)
    found = dynamic_dea(bench.Units.from_frame(table, **ROLES), carry_overs={"free": "free"}, rts="crs",
                        measure="radial")  # fmt: skip
    parts = [table[table["year"] == year] for year in (2020, 2021, 2022)]
    n = len(parts[0])
    for k in range(n):
        rows, right = [], []
        for t, part in enumerate(parts):
            at = np.zeros((3, n))
            for column, sign in (("x1", 1), ("x2", 1), ("y1", -1), ("y2", -1)):
                at[t] = sign * part[column]
                own = part[column].iloc[k]
                rows.append([*at.ravel(), -own if sign > 0 else 0.0])
                right.append(0.0 if sign > 0 else -own)
            if t < 2:  # what the next year uses was left by this one
                at[t], at[t + 1] = -part["free"], part["free"]
                rows.append([*at.ravel(), 0.0])
                right.append(0.0)
        done = linprog([*np.zeros(3 * n), 1.0], A_ub=rows, b_ub=right)
        assert found.efficiency.loc[(f"u{k}", 2020)] == pytest.approx(done.fun, rel=1e-7)


def test_order_missing_years_and_twins() -> None:
    table = frame(seed=6)
    whole = dynamic_dea(bench.Units.from_frame(table, **ROLES), carry_overs=ALL, rts="vrs")
    mixed = table.sample(frac=1.0, random_state=1)
    again = dynamic_dea(bench.Units.from_frame(mixed, **ROLES), carry_overs=ALL, rts="vrs")
    assert again.frame.index.equals(bench.Units.from_frame(mixed, **ROLES).index)
    np.testing.assert_allclose(again.efficiency.loc[whole.frame.index], whole.efficiency, rtol=1e-9)
    gone = table[~((table["unit"] == "u2") & (table["year"] == 2021))]
    part = dynamic_dea(bench.Units.from_frame(gone, **ROLES), carry_overs=ALL, rts="vrs")
    assert [(issue.rule, issue.unit) for issue in part.issues] == [("unit-missing", "u2")]
    assert "2021" in part.issues[0].message
    without = dynamic_dea(bench.Units.from_frame(table[table["unit"] != "u2"], **ROLES), carry_overs=ALL, rts="vrs")
    np.testing.assert_allclose(part.efficiency, without.efficiency, rtol=1e-9)


def test_what_cannot_be_carried_over_is_refused() -> None:
    units = panel()
    wrong = [({}, "year by year"), ({"stok": "good"}, "no extra column"), ({"x1": "good"}, "no extra"),
             ({"good": "nice"}, "carry_overs of good")]  # fmt: skip
    for carry_overs, words in wrong:
        with pytest.raises(OptionError, match=words):
            dynamic_dea(units, carry_overs=carry_overs, rts="vrs")
    table = frame()
    table.loc[4, "bad"] = -1.0
    with pytest.raises(DataError, match=r"'bad' unit 'u4"):
        dynamic_dea(bench.Units.from_frame(table, **ROLES), carry_overs=ALL, rts="vrs")
    apart = frame().drop(index=[*range(3), *range(10, 14)])
    apart = apart[apart["year"] < 2022]
    with pytest.raises(DataError, match="no unit is in every year"):
        dynamic_dea(bench.Units.from_frame(apart, **ROLES), carry_overs=ALL, rts="vrs")
    with pytest.raises(OptionError, match="period column"):
        dynamic_dea(bench.Units.from_arrays([[1.0]], [[1.0]]), carry_overs=ALL, rts="vrs")

"""Parts of productivity: scipy's own programs, closed forms, identities, and a frontier that moves as it is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pulp_oracle import phi, theta
from scipy.optimize import linprog

import bench
from bench.envelopment import fare_primont, price_productivity, tfp_efficiency
from bench.errors import DataError, OptionError

ROLES = {"id": "unit", "period": "year", "inputs": ["x1", "x2"], "outputs": ["y1", "y2"], "input_prices": ["w1", "w2"],
         "output_prices": ["p1", "p2"]}  # fmt: skip


def frame(n: int = 8, years: int = 2, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.uniform(1, 9, (n * years, 8)), columns=["x1", "x2", "y1", "y2", "w1", "w2", "p1", "p2"])
    table["unit"], table["year"] = [f"u{k}" for k in range(n)] * years, np.repeat(range(years), n)
    return table


def panel(**more: int) -> bench.Units:
    return bench.Units.from_frame(frame(**more), **ROLES)


def best_mix(X: np.ndarray, Y: np.ndarray, k: int, prices: np.ndarray, rts: str, side: str) -> float:
    """Largest p·y from x_k, or least w·x for y_k, over combinations of the units: scipy."""
    n = len(X)
    sum_row = {"A_eq": np.ones((1, n)), "b_eq": [1.0]} if rts == "vrs" else {}
    if side == "output":
        return -linprog(-(Y @ prices), A_ub=X.T, b_ub=X[k], **sum_row).fun
    return linprog(X @ prices, A_ub=-Y.T, b_ub=-Y[k], **sum_row).fun


@pytest.mark.parametrize("side", ["input", "output"])
@pytest.mark.parametrize("rts", ["crs", "vrs"])
def test_lowe_parts_are_scipys(rts: str, side: str) -> None:
    units = panel()
    found = tfp_efficiency(units, rts=rts, index="lowe", orientation=side).frame
    w, p = (units.frame[list(columns)].mean().to_numpy() for columns in (("w1", "w2"), ("p1", "p2")))
    for year in (0, 1):
        now = units.for_period(year)
        level = (now.Y @ p) / (now.X @ w)
        for k in range(0, len(now), 2):
            row = found.loc[(f"u{k}", year)]
            share = theta if side == "input" else lambda *a: 1 / phi(*a)
            technical = share(now.X, now.Y, rts, now.X[k], now.Y[k])
            scale = share(now.X, now.Y, "crs", now.X[k], now.Y[k]) / technical
            mixed = best_mix(now.X, now.Y, k, p if side == "output" else w, rts, side)
            out, into = now.Y[k] @ p, now.X[k] @ w
            mix = out / technical / mixed if side == "output" else mixed / (technical * into)
            rest = (mixed / into if side == "output" else out / mixed) / level.max()
            assert row[
                ["productivity", "best", "technical", "scale", "mix", "residual_scale"]
            ].tolist() == pytest.approx([level[k], level.max(), technical, scale, mix, rest], rel=1e-7)


@pytest.mark.parametrize("index", ["lowe", "fare-primont"])
@pytest.mark.parametrize("side", ["input", "output"])
def test_all_parts_multiply_to_the_whole_and_are_shares(index: str, side: str) -> None:
    found = tfp_efficiency(panel(years=3, seed=1), index=index, orientation=side).frame
    whole = found["productivity"]
    np.testing.assert_allclose(found["best"] * found["efficiency"], whole, rtol=1e-12)
    orders = [["technical", "scale", "residual_mix"]] + [["technical", "mix", "residual_scale"]] * (index == "lowe")
    for parts in orders:
        np.testing.assert_allclose(found[parts].prod(axis=1), found["efficiency"], rtol=1e-10)
        assert (found[parts] <= 1 + 1e-9).all(axis=None)
        changed = found[[f"change {part}" for part in parts]].dropna()
        np.testing.assert_allclose(
            changed.prod(axis=1) * found["change best"].dropna(), found["change productivity"].dropna(), rtol=1e-10
        )
    assert found["change productivity"].isna().sum() == 8
    assert ("mix" in found) == (index == "lowe")


def test_levels_are_the_indices_own() -> None:
    units = panel(years=3, seed=2)
    lowe = tfp_efficiency(units, index="lowe").frame["change productivity"].dropna()
    np.testing.assert_allclose(lowe, price_productivity(units, index="lowe")["index"].loc[lowe.index], rtol=1e-12)
    primont = tfp_efficiency(units).frame
    np.testing.assert_allclose(primont["productivity"], fare_primont(units)["productivity"], rtol=1e-12)
    np.testing.assert_allclose(primont["efficiency"], fare_primont(units).efficiency, rtol=1e-12)


def test_no_point_of_the_set_beats_the_best_unit() -> None:
    """The largest Färe-Primont productivity is found at a unit: 60 random points of the period's set stay below."""
    units = panel(n=10, years=1, seed=3)
    best = tfp_efficiency(units).frame["best"].iloc[0]
    rng = np.random.default_rng(4)
    weights = rng.dirichlet(np.full(10, 0.3), size=60)
    X, Y = weights @ units.X, weights @ units.Y
    x0, y0 = units.X.mean(axis=0), units.Y.mean(axis=0)
    for x, y in zip(X, Y, strict=True):
        outputs, inputs = 1 / phi(units.X, units.Y, "vrs", x0, y), 1 / theta(units.X, units.Y, "vrs", x, y0)
        assert outputs / inputs <= best * (1 + 1e-9)


@pytest.mark.parametrize("index", ["lowe", "fare-primont"])
def test_one_input_and_one_output_have_no_mix(index: str) -> None:
    """Units on y = √x, and one at half of it: scale and waste by hand."""
    x = np.array([1.0, 4.0, 9.0, 4.0])
    y = np.array([1.0, 2.0, 3.0, 1.0])
    units = bench.Units.from_arrays(x, y, input_prices=[2.0], output_prices=[3.0])
    found = tfp_efficiency(units, index=index).frame
    np.testing.assert_allclose(found["efficiency"], (y / x) / 1.0, rtol=1e-9)  # the smallest has the best ratio
    np.testing.assert_allclose(found["technical"], [1, 1, 1, 0.5], rtol=1e-9)
    np.testing.assert_allclose(found["scale"], [1, 0.5, 1 / 3, 0.5], rtol=1e-9)
    np.testing.assert_allclose(found["residual_mix"], 1.0, rtol=1e-9)
    if index == "lowe":
        np.testing.assert_allclose(found["mix"], 1.0, rtol=1e-9)
        np.testing.assert_allclose(found["residual_scale"], found["scale"], rtol=1e-9)
    constant = tfp_efficiency(units, index=index, rts="crs").frame
    np.testing.assert_allclose(constant["technical"], constant["efficiency"], rtol=1e-9)


@pytest.mark.parametrize("index", ["lowe", "fare-primont"])
def test_a_frontier_that_moves_by_a_tenth_is_technical_change(index: str) -> None:
    one = frame(years=1, seed=5)
    for growth in (1.0, 1.1):
        later = one.assign(year=1, y1=growth * one["y1"], y2=growth * one["y2"])
        units = bench.Units.from_frame(pd.concat([one, later]), **ROLES)
        found = tfp_efficiency(units, index=index).frame.xs(1, level="period")
        np.testing.assert_allclose(found["change best"], growth, rtol=1e-9)
        for part in ("efficiency", "technical", "scale", "residual_mix"):
            np.testing.assert_allclose(found[f"change {part}"], 1.0, rtol=1e-9)


def test_missing_years_and_units_without_anything_are_said() -> None:
    table = frame(years=3, seed=6)
    gone = table[~((table["unit"] == "u2") & (table["year"] == 1))]
    found = tfp_efficiency(bench.Units.from_frame(gone, **ROLES))
    assert {issue.unit for issue in found.issues} == {"u2"}
    assert found.frame.loc[("u2", 2), "change productivity"] != found.frame.loc[("u2", 2), "change productivity"]
    table.loc[3, ["y1", "y2"]] = 0.0
    for index in ("lowe", "fare-primont"):
        part = tfp_efficiency(bench.Units.from_frame(table, accept=("no-output",), **ROLES), index=index)
        assert [issue.rule for issue in part.issues] == ["undefined"]
        assert part["productivity"].isna().sum() == 1
        assert part["change productivity"].isna().sum() == 9


@pytest.mark.parametrize("index", ["lowe", "fare-primont"])
@pytest.mark.parametrize("column", ["x", "y"])
def test_a_row_without_inputs_or_outputs_moves_nobody(index: str, column: str) -> None:
    """It is as if it were not there, under every returns to scale; also where outputs come from nothing."""
    table = frame(seed=7)
    table.loc[2, [f"{column}1", f"{column}2"]] = 0.0
    for rts in ("vrs", "irs", "drs", "crs"):
        options = {"index": index, "rts": rts, "orientation": "input"}
        if index == "lowe":
            options |= {"input_prices": [1.0, 2.0], "output_prices": [1.0, 3.0]}
        units = bench.Units.from_frame(table, accept=("no-input", "no-output"), **ROLES)
        found = tfp_efficiency(units, **options)
        assert [(issue.rule, issue.unit) for issue in found.issues] == [("undefined", "u2 (0)")]
        gone = bench.Units.from_frame(table.drop(index=2), **ROLES)
        rest = found.frame.drop(index=("u2", 0)).drop(columns=[c for c in found.frame if c.startswith("change")])
        if index == "lowe":
            whole = tfp_efficiency(gone, **options).frame[rest.columns]
            np.testing.assert_allclose(rest.to_numpy(dtype=float), whole.to_numpy(dtype=float), rtol=1e-8)
        assert np.isfinite(rest.to_numpy(dtype=float)).all()


def test_what_cannot_be_split_is_refused() -> None:
    units = panel()
    with pytest.raises(OptionError, match="index"):
        tfp_efficiency(units, index="fisher")
    with pytest.raises(OptionError, match="prices belong to index='lowe'"):
        tfp_efficiency(units, input_prices=[1.0, 1.0])
    with pytest.raises(OptionError, match="rts of the parts"):
        tfp_efficiency(units, rts="fdh")
    plain = bench.Units.from_frame(units.frame, id="unit", period="year", inputs=["x1", "x2"], outputs=["y1", "y2"])
    with pytest.raises(DataError, match="no input prices"):
        tfp_efficiency(plain, index="lowe")

"""Lowe and Fisher: the formulas by loops, transitivity, and the reversal tests that Fisher's index passes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bench
from bench.envelopment import price_productivity
from bench.errors import DataError


def panel(seed: int = 0, n: int = 6) -> tuple[bench.Units, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    columns = ["x1", "x2", "y1", "y2", "w1", "w2", "p1", "p2"]
    table = pd.DataFrame(rng.uniform(1, 9, (3 * n, 8)), columns=columns)
    table["unit"], table["year"] = [*range(n)] * 3, np.repeat([1, 2, 3], n)
    units = bench.Units.from_frame(
        table, id="unit", period="year", inputs=["x1", "x2"], outputs=["y1", "y2"], input_prices=["w1", "w2"],
        output_prices=["p1", "p2"],
    )  # fmt: skip
    return units, table


def test_lowe_is_transitive_and_its_formula() -> None:
    units, table = panel()
    found = price_productivity(units)
    w, p = table[["w1", "w2"]].mean().to_numpy(), table[["p1", "p2"]].mean().to_numpy()
    level = (units.Y @ p / (units.X @ w)).reshape(3, 6)
    np.testing.assert_allclose(found["index"], (level[1:] / level[:-1]).ravel())


def test_fisher_turns_with_time_and_is_its_formula() -> None:
    units, table = panel(1)
    found = price_productivity(units, index="fisher")
    one, two = table.iloc[:6], table.iloc[6:12]
    for k in range(6):
        growth = {}
        for quantity, price in ((["y1", "y2"], ["p1", "p2"]), (["x1", "x2"], ["w1", "w2"])):
            a, b = one[quantity].iloc[k].to_numpy(), two[quantity].iloc[k].to_numpy()
            old, new = one[price].iloc[k].to_numpy(), two[price].iloc[k].to_numpy()
            growth[quantity[0]] = np.sqrt((b @ old) / (a @ old) * (b @ new) / (a @ new))
        assert found["index"].iloc[k] == pytest.approx(growth["y1"] / growth["x1"])
    turned = table.iloc[:12].assign(year=[2] * 6 + [1] * 6)
    back = bench.Units.from_frame(
        turned, id="unit", period="year", inputs=["x1", "x2"], outputs=["y1", "y2"], input_prices=["w1", "w2"],
        output_prices=["p1", "p2"],
    )  # fmt: skip
    np.testing.assert_allclose(price_productivity(back, index="fisher")["index"], 1 / found["index"].iloc[:6])


def test_prices_are_needed() -> None:
    units, _ = panel()
    with pytest.raises(DataError, match="input prices"):
        price_productivity(units, input_prices=[1.0])
    with pytest.raises(DataError, match="no input prices"):
        price_productivity(
            bench.Units.from_frame(units.frame, id="unit", period="year", inputs=["x1", "x2"], outputs=["y1", "y2"])
        )

"""Economic decompositions: printed examples of the book's own package, another solver's optima, the inequalities."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import data
from scipy.optimize import linprog

import bench
from bench.envelopment import cost_efficiency, economic_decomposition, profit_efficiency, revenue_efficiency
from bench.envelopment.measures.reverse_directional import MEASURES
from bench.errors import DataError, OptionError

PARTS = ["inefficiency", "technical", "allocative"]


def book(money: str) -> bench.Units:
    """The three small tables of Pastor, Aparicio & Zofío 2022, as in the tests of BenchmarkingEconomicEfficiency.jl."""
    if money == "profit":
        X, Y = [2.0, 4.0, 8.0, 12.0, 6.0, 14.0, 14.0, 9.412], [1.0, 5.0, 8.0, 9.0, 3.0, 7.0, 9.0, 2.353]
        return bench.Units.from_arrays(
            np.array(X)[:, None], np.array(Y)[:, None], input_prices=[1.0], output_prices=[2.0]
        )
    if money == "cost":
        X2 = [[2, 2], [1, 4], [4, 1], [4, 3], [5, 5], [6, 1], [2, 5], [1.6, 8]]
        return bench.Units.from_arrays(np.array(X2, float), np.ones((8, 1)), input_prices=[1.0, 1.0])
    Y2 = [[7, 7], [4, 8], [8, 4], [3, 5], [3, 3], [8, 2], [6, 4], [1.5, 5]]
    return bench.Units.from_arrays(np.ones((8, 1)), np.array(Y2, float), output_prices=[1.0, 1.0])


#: Money, options, economic and technical inefficiency as BenchmarkingEconomicEfficiency.jl prints or tests them.
PRINTED = [
    ("profit", {"measure": "sbm"}, [4, 0.5, 0, 1 / 6, 0.8, 4 / 7, 2 / 7, 1.2706],
     [0, 0, 0, 0, 0.6, 0.52381, 1 / 7, 0.8]),
    ("profit", {"measure": "sbm", "reverse": True}, [4, 0.5, 0, 1 / 6, 0.8, 4 / 7, 2 / 7, 0.949449],
     [0, 0, 0, 0, 0.6, 0.52381, 1 / 7, 0.8]),
    ("profit", {"measure": "russell"}, [2, 0.25, 0, 0.0833333, 0.666667, 0.285714, 0.142857, 1.349979],
     [0, 0, 0, 0, 0.3666667, 0.2767857, 0.0714286, 0.5522053]),
    ("profit", {"measure": "holder"}, [4, 0.2, 0, 1 / 9, 4 / 3, 4 / 7, 2 / 9, 1.349979],
     [0, 0, 0, 0, 0.5, 2 / 7, 0, 0.715629]),
    ("profit", {"measure": "holder", "norm": "largest"}, [2, 1 / 7, 0, 1 / 15, 2 / 3, 2 / 7, 0.125, 0.899986],
     [0, 0, 0, 0, 0.4, 5 / 21, 0, 0.636115]),
    ("cost", {"measure": "russell"}, [0, 0.5, 0.5, 0.5, 0.6, 1.5, 0.75, 1.75],
     [0, 0, 0, 5 / 12, 0.6, 1 / 6, 0.35, 0.4375]),
    ("cost", {"measure": "sbm", "reverse": True}, [0, 0.5, 0.5, 5 / 12, 0.6, 0.25, 0.525, 0.532609],
     [0, 0, 0, 5 / 12, 0.6, 1 / 6, 0.35, 7 / 16]),
    ("revenue", {"measure": "russell"}, [0, 0.25, 0.25, 1, 4 / 3, 1, 0.5, 2.5],
     [0, 0, 0, 13 / 15, 4 / 3, 0.5, 11 / 24, 37 / 18]),
]  # fmt: skip


@pytest.mark.parametrize(("money", "options", "economic", "technical"), PRINTED)
def test_printed_examples_of_the_books_package(money, options, economic, technical) -> None:
    found = economic_decomposition(book(money), rts="vrs", money=money, **options)
    np.testing.assert_allclose(found["inefficiency"], economic, atol=1e-5)
    np.testing.assert_allclose(found["technical"], technical, atol=1e-5)
    np.testing.assert_allclose(found["allocative"], np.array(economic) - technical, atol=1e-5)


def priced(seed: int, n: int = 10) -> bench.Units:
    X, Y = data(seed, n=n)
    rng = np.random.default_rng(seed)
    return bench.Units.from_arrays(
        X, Y, input_prices=rng.uniform(1, 3, X.shape), output_prices=rng.uniform(1, 3, Y.shape)
    )


@pytest.mark.parametrize("money", ["profit", "cost", "revenue"])
@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("rts", ["vrs", "irs", "fdh"])
def test_the_parts_add_up_and_none_is_negative(money: str, measure: str, rts: str) -> None:
    if (money, rts) == ("profit", "irs"):
        rts = "drs"
    units = priced(41)
    for options in ({}, {"reverse": True}, {"weights": "ram", "norm": "largest"}):
        found = economic_decomposition(units, rts=rts, money=money, measure=measure, **options)
        assert found["inefficiency"].notna().all()
        assert (found[PARTS].to_numpy() >= -1e-9).all()
        np.testing.assert_allclose(found["technical"] + found["allocative"], found["inefficiency"], atol=1e-12)
        np.testing.assert_allclose(found["inefficiency"] * found["normaliser"], found["gap"], atol=1e-9)
        assert (found["technical_gap"] <= found["gap"] + 1e-9).all()
        if "reverse" in options:
            short = found["technical"] > 1e-8
            worth = found["technical"] * found["normaliser"]
            np.testing.assert_allclose(worth[short], found["technical_gap"][short], rtol=1e-9)


def test_gaps_are_linprogs_and_the_library_s_own_optima() -> None:
    units = priced(42)
    X, Y = units.X, units.Y
    W, V = units.values(units.input_prices), units.values(units.output_prices)
    profit, cost, revenue = (
        economic_decomposition(units, rts="vrs", money=money)["gap"] for money in ("profit", "cost", "revenue")
    )
    one = np.ones((1, len(X)))
    for k in range(len(X)):
        best = (V[k] @ Y.T - W[k] @ X.T).max()
        assert profit.iloc[k] == pytest.approx(best - (V[k] @ Y[k] - W[k] @ X[k]), abs=1e-9)
        least = linprog(W[k] @ X.T, -Y.T, -Y[k], one, [1.0]).fun
        assert cost.iloc[k] == pytest.approx(W[k] @ X[k] - least, abs=1e-8)
        most = -linprog(-V[k] @ Y.T, X.T, X[k], one, [1.0]).fun
        assert revenue.iloc[k] == pytest.approx(most - V[k] @ Y[k], abs=1e-8)
    plain = profit_efficiency(units, rts="vrs")
    same = economic_decomposition(units, rts="vrs", measure="directional")
    np.testing.assert_allclose(same[PARTS], plain[PARTS], atol=1e-12)
    share = cost_efficiency(units, rts="vrs").efficiency
    saved = economic_decomposition(units, rts="vrs", money="cost", measure="directional")["inefficiency"]
    np.testing.assert_allclose(1 - saved, share, atol=1e-12)
    made = economic_decomposition(units, rts="vrs", money="revenue", measure="directional")["inefficiency"]
    np.testing.assert_allclose(1 / (1 + made), revenue_efficiency(units, rts="vrs").efficiency, atol=1e-12)


def test_weighted_additive_with_one_weight_is_the_gap_over_the_least_price() -> None:
    found = economic_decomposition(book("profit"), rts="vrs", measure="additive", weights="raw")
    # The largest profit is 8 (the third unit); prices are 1 and 2.
    np.testing.assert_allclose(found["inefficiency"], [8, 2, 0, 2, 8, 8, 4, 12.706], atol=1e-9)
    np.testing.assert_allclose(found["gap"], found["inefficiency"], atol=1e-12)


def test_what_cannot_be_said_is_refused_or_named() -> None:
    units = priced(43)
    with pytest.raises(OptionError, match="profit has no decomposition under rts='crs'"):
        economic_decomposition(units, rts="crs")
    for rts in ("frh", "add"):
        with pytest.raises(OptionError, match="no decomposition"):
            economic_decomposition(units, rts=rts, money="cost")
    assert economic_decomposition(units, rts="crs", money="cost")["inefficiency"].notna().all()
    with pytest.raises(DataError, match="2 output prices are needed"):
        economic_decomposition(bench.Units.from_arrays(units.X, units.Y), rts="vrs", money="revenue")
    free = economic_decomposition(units, rts="vrs", money="cost", measure="russell", input_prices=[1.0, 0.0, 1.0])
    assert free["inefficiency"].isna().all()
    assert {issue.rule for issue in free.issues} == {"worthless"}
    assert len(free.issues) == len(units)
    whole = economic_decomposition(units, rts="vrs", money="cost", measure="directional", input_prices=[1.0, 0.0, 1.0])
    assert whole["inefficiency"].notna().all()

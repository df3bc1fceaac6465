"""Ranges of prices over the optimal multipliers: worked out by hand, by another solver, and with limits on values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

import bench
from bench.envelopment.core.technology import Technology
from bench.envelopment.multipliers.price_ranges import price_ranges
from bench.errors import OptionError

#: Two units at cost 1 make (4, 1) and (1, 2): u·(4, 1) ≤ 1 and u·(1, 2) ≤ 1.
X, Y = np.ones((2, 1)), np.array([[4.0, 1.0], [1.0, 2.0]])


def test_by_hand():
    """At the first u1 = (1 − u2)/4 with u1 + 2u2 ≤ 1: u1 from 1/7 to 1/4; at the second u2 from 3/7 to 1/2."""
    found = price_ranges(Technology.of(X, Y, "crs"), X, Y, np.ones(2))
    assert found.lower == pytest.approx(np.array([[1 / 7, 0.0], [0.0, 3 / 7]]), abs=1e-9)
    assert found.upper == pytest.approx(np.array([[1 / 4, 3 / 7], [1 / 7, 1 / 2]]), abs=1e-9)


def test_prices_are_in_money_whatever_the_cost():
    found = price_ranges(Technology.of(1e6 * X, Y, "crs"), 1e6 * X, Y, np.ones(2))
    assert found.upper == pytest.approx(1e6 * np.array([[1 / 4, 3 / 7], [1 / 7, 1 / 2]]))


def test_limits_on_values_narrow_the_range():
    """A visit between one and two hours: u2 from u1 to 2u1. At the first u1 from 1/6 to 1/5, at the second u2 = 2u1."""
    trades = np.array([[0.0, 1.0, -1.0], [0.0, -2.0, 1.0]])
    technology = Technology.of(X, Y, "crs", trades=trades)
    score = technology.ray(technology.points(X, Y), technology.along(X, Y, "input")).score("input")
    found = price_ranges(technology, X, Y, score)
    assert score == pytest.approx([1.0, 5 / 6])  # at the second u = (1/6, 1/3): the first must not lie above one
    assert found.lower == pytest.approx(np.array([[1 / 6, 1 / 5], [1 / 6, 1 / 3]]))
    assert found.upper == pytest.approx(np.array([[1 / 5, 1 / 3], [1 / 6, 1 / 3]]))


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
def test_each_end_is_that_of_another_solver(rts):
    rng = np.random.default_rng(4)
    y = rng.uniform(5, 20, (14, 3))
    x = (y @ [3.0, 1.0, 2.0] * np.exp(np.abs(rng.normal(0, 0.2, 14))))[:, None]
    units = bench.Units.from_arrays(x, y)
    score = bench.dea(units, rts=rts).efficiency.to_numpy()
    found = price_ranges(Technology.of(x, y, rts), x, y, score)
    low, high = {"crs": (0, 0), "vrs": (None, None), "drs": (None, 0), "irs": (0, None)}[rts]
    for k in range(14):
        ends = []
        for sign in (1.0, -1.0):
            for output in range(3):
                # variables u (3), w: u·y_j + w ≤ x_j/x_k, u·y_k + w = score
                cost = np.zeros(4)
                cost[output] = sign
                made = linprog(
                    cost, A_ub=np.hstack([y, np.ones((14, 1))]), b_ub=x[:, 0] / x[k, 0],
                    A_eq=[[*y[k], 1.0]], b_eq=[score[k]], bounds=[(0, None)] * 3 + [(low, high)],
                )  # fmt: skip
                ends.append(np.inf if made.status == 3 else made.x[output] * x[k, 0])
        assert found.lower[k] == pytest.approx(ends[:3], rel=1e-6, abs=1e-6), k
        assert found.upper[k] == pytest.approx(ends[3:], rel=1e-6, abs=1e-6), k


def test_the_multipliers_of_a_result_have_the_same_ranges():
    rng = np.random.default_rng(6)
    units = bench.Units.from_arrays(rng.uniform(50, 90, (20, 1)), rng.uniform(5, 20, (20, 2)))
    result = bench.dea(units, rts="vrs")
    found = price_ranges(Technology.of(units.X, units.Y, "vrs"), units.X, units.Y, result.efficiency.to_numpy())
    frame = result.multipliers(ranges=True)
    frame = frame[frame["role"] == "output"]
    assert (frame["upper"].to_numpy().reshape(20, 2) * units.X) == pytest.approx(found.upper, rel=1e-6, abs=1e-6)
    assert (frame["lower"].to_numpy().reshape(20, 2) * units.X) == pytest.approx(found.lower, rel=1e-6, abs=1e-6)


def test_what_has_no_prices_is_refused():
    with pytest.raises(OptionError, match="no prices"):
        price_ranges(Technology.of(X, Y, "fdh"), X, Y, np.ones(2))
    with pytest.raises(OptionError, match="only input"):
        price_ranges(Technology.of(Y, Y, "crs"), Y, Y, np.ones(2))

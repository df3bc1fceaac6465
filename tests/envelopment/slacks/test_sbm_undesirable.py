"""The slacks-based measure with bad outputs: a closed form, another solver's program, limits and zeros."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import data
from scipy.optimize import linprog

import bench
from bench.envelopment import additive, sbm, sbm_undesirable
from bench.errors import OptionError


def tone(X, G, B, rts, k, weight):
    """Tone 2004 after Charnes & Cooper, for SciPy: intensities, slacks of inputs, goods and bads, and t."""
    n, m, s, b = len(X), X.shape[1], G.shape[1], B.shape[1]
    eye = np.eye(m + s + b)
    signs = np.repeat([1.0, -1.0, 1.0], [m, s, b])
    balance = np.hstack([np.vstack([X.T, G.T, B.T]), eye * signs, -np.concatenate([X[k], G[k], B[k]])[:, None]])
    whole = s + weight * b
    shares = np.concatenate([np.zeros(n + m), 1 / G[k] / whole, weight / B[k] / whole, [1.0]])
    saved = np.concatenate([np.zeros(n), -1 / X[k] / m, np.zeros(s + b), [1.0]])
    scale = np.concatenate([np.ones(n), np.zeros(m + s + b), [-1.0]])
    equal, above = [balance, shares[None]], None
    if rts == "vrs":
        equal.append(scale[None])
    if rts in ("drs", "irs"):
        above = (scale if rts == "drs" else -scale)[None]
    right = np.zeros(sum(map(len, equal)))
    right[len(balance)] = 1.0
    return linprog(saved, above, None if above is None else [0.0], np.vstack(equal), right).fun


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
@pytest.mark.parametrize("weight", [1.0, 4.0])
def test_it_is_linprogs(rts: str, weight: float) -> None:
    X, Y = data(21, n=14, m=2, s=4)
    units = bench.Units.from_arrays(X, Y)
    found = sbm_undesirable(units, bad=["y2", "y4"], rts=rts, bad_weight=weight)
    G, B = Y[:, [0, 2]], Y[:, [1, 3]]
    for k in range(len(X)):
        assert found.efficiency.iloc[k] == pytest.approx(tone(X, G, B, rts, k, weight), rel=1e-8)
    # The slacks give the measure back.
    slack = found.frame.filter(like="slack").to_numpy() / np.hstack([X, Y])
    top = 1 - slack[:, :2].mean(axis=1)
    bottom = 1 + (slack[:, [2, 4]].sum(axis=1) + weight * slack[:, [3, 5]].sum(axis=1)) / (2 + 2 * weight)
    np.testing.assert_allclose(top / bottom, found.efficiency, rtol=1e-8)


@pytest.mark.parametrize("weight", [0.5, 1.0, 3.0])
def test_one_input_one_good_one_bad_in_closed_form(weight: float) -> None:
    """A = (1, 1, 1) is best per input and per bad; at size t of it B = (x, g, b) has

    ρ(t) = (t/x) / (1 + (t/g − 1 + w(1 − t/b)) / (1 + w)), the least at an end of g ≤ t ≤ min(x, b).
    """
    x, g, b = 4.0, 1.5, 5.0
    ends = np.array([g, min(x, b)])
    expected = ((ends / x) / (1 + (ends / g - 1 + weight * (1 - ends / b)) / (1 + weight))).min()
    units = bench.Units.from_arrays([[1.0], [x]], [[1.0, 1.0], [g, b]])
    found = sbm_undesirable(units, bad=["y2"], rts="crs", bad_weight=weight)
    assert found.efficiency.tolist() == pytest.approx([1.0, expected], rel=1e-12)


def test_sides_are_parts_of_the_fraction() -> None:
    X, Y = data(22, n=12, m=2, s=3)
    units = bench.Units.from_arrays(X, Y)
    bads_as_inputs = bench.Units.from_arrays(np.hstack([X, Y[:, 2:]]), Y[:, :2])
    weights = np.hstack([1 / X / 2, 0 * Y[:, 2:], 0 * Y[:, :2]])
    saved = additive(bads_as_inputs, rts="vrs", weights=weights)["inefficiency"]
    found = {
        side: sbm_undesirable(units, bad=["y3"], rts="vrs", orientation=side) for side in ("input", "output", "both")
    }
    np.testing.assert_allclose(found["input"].efficiency, 1 - saved, rtol=1e-9)
    weights = np.hstack([0 * X, 1 / Y[:, 2:] / 3, 1 / Y[:, :2] / 3])
    made = additive(bads_as_inputs, rts="vrs", weights=weights)["inefficiency"]
    np.testing.assert_allclose(found["output"].efficiency, 1 / (1 + made), rtol=1e-9)
    least = np.minimum(found["input"].efficiency, found["output"].efficiency)
    assert (found["both"].efficiency <= least + 1e-12).all()


def test_a_bad_that_is_the_same_for_all_and_weighs_nothing_is_not_there() -> None:
    X, Y = data(23, n=12)
    plain = sbm(bench.Units.from_arrays(X, Y), rts="vrs").efficiency
    units = bench.Units.from_arrays(X, np.hstack([Y, np.full((len(Y), 1), 7.0)]))
    found = sbm_undesirable(units, bad=["y3"], rts="vrs", bad_weight=1e-12)
    np.testing.assert_allclose(found.efficiency, plain, rtol=1e-9)


def test_the_hull_by_hand() -> None:
    X, Y = data(24, n=15, m=2, s=3)
    found = sbm_undesirable(bench.Units.from_arrays(X, Y), bad=["y3"], rts="fdh").efficiency
    for k in range(len(X)):
        scores = [
            (X[j] / X[k]).mean() / (1 + ((Y[j, :2] / Y[k, :2] - 1).sum() + 1 - Y[j, 2] / Y[k, 2]) / 3)
            for j in range(len(X))
            if (X[j] <= X[k]).all() and (Y[j, :2] >= Y[k, :2]).all() and Y[j, 2] <= Y[k, 2]
        ]
        assert found.iloc[k] == pytest.approx(min(scores), rel=1e-12)


@pytest.mark.parametrize("rts", ["crs", "vrs", "fdh"])
def test_zeros_are_left_out_and_named(rts: str) -> None:
    # B has no bads: only its input and its good are counted, and nobody without bads does better.
    units = bench.Units.from_arrays([[1.0], [2.0], [2.0]], [[1.0, 1.0], [1.0, 0.0], [1.0, 2.0]], names=["A", "B", "C"])
    found = sbm_undesirable(units, bad=["y2"], rts=rts)
    assert found.efficiency.round(9).tolist() == [1.0, 1.0, 0.4]
    assert [(issue.unit, issue.column) for issue in found.issues] == [("B", "y2")]


def test_what_is_no_bad_is_refused() -> None:
    units = bench.Units.from_arrays([[1.0], [2.0]], [[1.0, 1.0], [1.0, 3.0]])
    for bad in (["x1"], ["y1", "y2"], []):
        with pytest.raises(OptionError, match="bad must name some of the outputs"):
            sbm_undesirable(units, bad=bad, rts="crs")
    for weight in (0.0, -1.0, float("nan"), float("inf"), True):
        with pytest.raises(OptionError, match="bad_weight"):
            sbm_undesirable(units, bad=["y2"], rts="crs", bad_weight=weight)
    with pytest.raises(OptionError, match="no form"):
        sbm_undesirable(units, bad=["y2"], rts="frh")

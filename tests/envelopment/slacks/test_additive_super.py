"""Additive super-efficiency: closed forms, another solver's program, and what has no value."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import data
from scipy.optimize import linprog

import bench
from bench.envelopment import additive, additive_super, sbm
from bench.errors import OptionError


def written_out(X, Y, rts, k, weights):
    """Du, Liang & Zhu's program for SciPy: intensities of all (own barred), inputs added, outputs given up."""
    n, width = len(X), X.shape[1] + Y.shape[1]
    rows = np.hstack([np.vstack([X.T, -Y.T]), -np.eye(width)])
    total = np.append(np.ones(n), np.zeros(width))[None]
    extra = {"vrs": {"A_eq": total, "b_eq": [1.0]}}.get(rts, {})
    if rts in ("drs", "irs"):
        sign = 1.0 if rts == "drs" else -1.0
        rows = np.vstack([rows, sign * total])
    right = np.concatenate([X[k], -Y[k], [1.0] if rts == "drs" else [-1.0] if rts == "irs" else []])
    limits = [(0, 0 if j == k else None) for j in range(n)] + [(0, None)] * width
    found = linprog(np.append(np.zeros(n), weights), rows, right, bounds=limits, **extra)
    return found.fun if found.status == 0 else None


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
@pytest.mark.parametrize("weights", ["mip", "raw", "ram"])
def test_the_lead_is_linprogs_and_the_lag_the_additive_models(rts: str, weights: str) -> None:
    X, Y = data(11)
    units = bench.Units.from_arrays(X, Y)
    both = np.hstack([X, Y])
    each = {"mip": 1 / both, "raw": np.ones_like(both), "ram": 1 / np.ptp(both, axis=0) / 5 + 0 * both}[weights]
    found, slack = additive_super(units, rts=rts, weights=weights), additive(units, rts=rts, weights=weights)
    given = additive_super(units, rts=rts, weights=each)
    np.testing.assert_allclose(given["lead"], found["lead"], rtol=1e-12)
    ahead = 0
    for k in range(len(X)):
        expected = written_out(X, Y, rts, k, each[k])
        if slack["inefficiency"].iloc[k] > 1e-9:
            assert found["lead"].iloc[k] == -slack["inefficiency"].iloc[k]
            assert expected == pytest.approx(0.0, abs=1e-9)
        else:
            ahead += 1
            assert found["lead"].iloc[k] == pytest.approx(expected, rel=1e-8)
            change = found.frame.filter(like="change").iloc[k].to_numpy()
            assert np.abs(change) @ each[k] == pytest.approx(expected, rel=1e-8)
    assert 2 <= ahead < len(X)


def test_one_input_and_output_under_constant_returns_in_closed_form() -> None:
    """The leader's slope is s times the next: it may add s − 1 of its input or give up 1 − 1/s of its output."""
    units = bench.Units.from_arrays([[1.0], [2.0], [5.0]], [[4.0], [5.0], [5.0]])
    slope = 4.0 / 2.5
    assert additive_super(units, rts="crs")["lead"].iloc[0] == pytest.approx(min(slope - 1, 1 - 1 / slope))
    assert additive_super(units, rts="crs", weights=[1.0, 10.0])["lead"].iloc[0] == pytest.approx(slope - 1)
    # The ratio is Tone's super-efficiency, which has one value here: the slope.
    assert additive_super(units, rts="crs")["score"].iloc[0] == pytest.approx(slope)
    assert sbm(units, rts="crs", super_efficiency=True).efficiency.iloc[0] == pytest.approx(slope)


def test_with_output_weight_nought_it_is_the_input_side_of_the_slacks_based_measure() -> None:
    X, Y = data(13)
    units = bench.Units.from_arrays(X, Y)
    weights = np.hstack([1 / X / 3, 0 * Y])
    found = additive_super(units, rts="vrs", weights=weights)
    tone = sbm(units, rts="vrs", orientation="input", super_efficiency=True)
    np.testing.assert_allclose(1 + found["lead"], tone.efficiency, rtol=1e-8)
    assert {i.unit for i in found.issues} == {i.unit for i in tone.issues}
    assert found["lead"].isna().any()


def test_the_hull_by_hand() -> None:
    X, Y = data(7)
    units = bench.Units.from_arrays(X, Y)
    found = additive_super(units, rts="fdh", weights="raw")
    for k in range(len(X)):
        slack = [
            (X[k] - X[j]).sum() + (Y[j] - Y[k]).sum()
            for j in range(len(X))
            if (X[j] <= X[k]).all() and (Y[j] >= Y[k]).all()
        ]
        more = [np.maximum(X[j] - X[k], 0).sum() + np.maximum(Y[k] - Y[j], 0).sum() for j in range(len(X)) if j != k]
        expected = -max(slack) if max(slack) > 0 else min(more)
        assert found["lead"].iloc[k] == pytest.approx(expected)


def test_what_cannot_be_weighed_is_held_and_named() -> None:
    units = bench.Units.from_arrays([[1.0, 0.0], [1.0, 1.0], [2.0, 2.0]], [[1.0], [1.5], [1.0]], names=["A", "B", "C"])
    # Under constant returns all output may be given up, which is a share of one; no mix of the others does without x2.
    assert additive_super(units, rts="crs")["lead"]["A"] == 1.0
    found = additive_super(units, rts="vrs")
    assert [(i.unit, i.rule) for i in found.issues] == [("A", "no-own-share"), ("A", "infeasible")]
    assert np.isnan(found["lead"]["A"])
    assert additive_super(units, rts="vrs", weights="ram")["lead"].notna().all()
    with pytest.raises(OptionError, match="weights must be one of"):
        additive_super(units, rts="crs", weights="bam")
    with pytest.raises(OptionError, match="no form"):
        additive_super(units, rts="frh")
    alone = bench.Units.from_arrays([[1.0]], [[2.0]])
    # Nothing at all is made of nothing under constant returns; under variable returns nobody is left.
    assert additive_super(alone, rts="crs")["lead"].tolist() == [1.0]
    assert additive_super(alone, rts="vrs").issues[0].rule == "infeasible"

"""Sums of units at their own size or larger: another solver's mixed-integer program, order of the sets, by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from pulp_oracle import data
from scipy.optimize import LinearConstraint, linprog, milp

import bench
from bench.envelopment import irs2
from bench.envelopment.measures.irs2 import scaled_sums


def written_out(X, Y, k, side):
    """The definition for SciPy's MILP: intensities, one binary per unit that lets it be used, and the factor."""
    n, eye, none = len(X), np.eye(len(X)), np.zeros((len(X), 1))
    large = 1e4
    moved_x, moved_y = (X[k], 0 * Y[k]) if side == "input" else (0 * X[k], Y[k])
    zero_x, zero_y = np.zeros((X.shape[1], n)), np.zeros((Y.shape[1], n))
    rows = np.vstack(
        [
            np.hstack([X.T, zero_x, -moved_x[:, None]]),
            np.hstack([-Y.T, zero_y, moved_y[:, None]]),
            np.hstack([-eye, eye, none]),
            np.hstack([eye, -large * eye, none]),
            np.append(np.zeros(n), np.append(-np.ones(n), 0.0))[None],
        ]
    )
    upper = np.concatenate([X[k] - moved_x, moved_y - Y[k], np.zeros(2 * n), [-1.0]])
    cost = np.append(np.zeros(2 * n), 1.0 if side == "input" else -1.0)
    found = milp(
        cost,
        constraints=LinearConstraint(rows, ub=upper),
        integrality=np.repeat([0, 1, 0], [n, n, 1]),
        bounds=(np.zeros(2 * n + 1), np.concatenate([np.full(n, np.inf), np.ones(n), [np.inf]])),
        options={"mip_rel_gap": 0.0},
    )
    return abs(found.fun)


@pytest.mark.parametrize("side", ["input", "output"])
@pytest.mark.parametrize("seed", range(3))
def test_scores_are_those_of_the_program_written_out(side: str, seed: int) -> None:
    X, Y = data(seed, n=10, m=2)
    X[:4], Y[:4] = X[:4] / 6, Y[:4] / 5
    found = scaled_sums(X, Y, side)
    for k in range(len(X)):
        assert found.score[k] == pytest.approx(written_out(X, Y, k, side), rel=1e-6)
    size = found.intensity
    assert ((size == 0) | (size >= 1)).all()
    assert (size.sum(axis=1) >= 1).all()
    used, made = size @ X, size @ Y
    assert (used <= X * (found.score[:, None] if side == "input" else 1.0) * (1 + 1e-9)).all()
    assert (made >= Y * (found.score[:, None] if side == "output" else 1.0) * (1 - 1e-9)).all()
    assert ((size > 0).sum(axis=1) >= 2).any() or (size > 1).any()


def test_every_set_of_units_tried_one_by_one() -> None:
    """Brute force: for each set of units that are used, the least input at intensities of at least one."""
    X, Y = data(8, n=6, m=2)
    X[:3], Y[:3] = X[:3] / 4, Y[:3] / 4
    found = scaled_sums(X, Y, "input")
    sets = [list(s) for r in range(1, 7) for s in itertools.combinations(range(6), r)]
    for k in range(6):
        best = np.inf
        for used in sets:
            rows = np.vstack(
                [np.hstack([X[used].T, -X[k][:, None]]), np.hstack([-Y[used].T, np.zeros((Y.shape[1], 1))])]
            )
            right = np.append(np.zeros(2), -Y[k])
            tried = linprog(
                np.append(np.zeros(len(used)), 1.0), rows, right, bounds=[(1, None)] * len(used) + [(0, None)]
            )
            best = min(best, tried.fun) if tried.status == 0 else best
        assert found.score[k] == pytest.approx(best, rel=1e-9)


def test_the_set_lies_between_whole_sums_and_constant_returns() -> None:
    X, Y = data(3, n=12)
    X[:5], Y[:5] = X[:5] / 5, Y[:5] / 4
    units = bench.Units.from_arrays(X, Y)
    found = irs2(units).efficiency
    score = {rts: bench.dea(units, rts=rts).efficiency for rts in ("crs", "irs", "add", "fdh")}
    assert (score["crs"] <= score["irs"] + 1e-12).all()
    assert (score["irs"] <= found + 1e-12).all()
    assert (found <= score["add"] + 1e-12).all()
    assert (found < score["add"] - 1e-6).any()
    assert (found > score["irs"] + 1e-6).any()


def test_one_input_and_output_by_hand() -> None:
    """A = (1, 1) and B = (3, 4): 2 needs two of A; 5 needs B and A (4) or B a quarter larger (3.75)."""
    units = bench.Units.from_arrays([[1.0], [3.0], [3.0], [6.0]], [[1.0], [4.0], [2.0], [5.0]], names=list("ABCD"))
    found = irs2(units)
    assert found.efficiency.tolist() == pytest.approx([1.0, 1.0, 2 / 3, 3.75 / 6])
    assert found["peers"].tolist() == ["A × 1", "B × 1", "A × 2", "B × 1.25"]
    grown = irs2(units, orientation="output")
    # With three: B makes four. With six: two of B, eight.
    assert grown["score"].tolist() == pytest.approx([1.0, 1.0, 2.0, 1.6])
    assert grown.efficiency.tolist() == pytest.approx([1.0, 1.0, 0.5, 0.625])


def test_zeros_and_a_unit_alone() -> None:
    alone = irs2(bench.Units.from_arrays([[2.0]], [[3.0]], names=["A"]))
    assert alone.efficiency.tolist() == [1.0]
    # C makes nothing of the second output: the peers of B must be found where it is made.
    units = bench.Units.from_arrays([[1.0], [4.0], [2.0]], [[1.0, 1.0], [2.0, 2.0], [1.0, 0.0]], names=list("ABC"))
    assert irs2(units).efficiency.tolist() == [1.0, 0.5, 0.5]
    idle = bench.Units.from_arrays([[1.0], [2.0]], [[1.0], [0.0]], names=list("AB"), accept=["no-output"])
    # Nothing is made, but some unit there must be: the smallest.
    assert irs2(idle).efficiency.tolist() == [1.0, 0.5]
    assert [(i.unit, i.rule) for i in irs2(idle, orientation="output").issues] == [("B", "unbounded")]

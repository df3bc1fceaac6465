"""Sums of whole units against counting them all, and that columns left aside change nothing."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import bench
from bench.envelopment.core import discrete

#: Copies of one unit that are tried: inputs are at least 1 and points' at most 9.
COPIES = 10


def sums(X, Y):
    """Return inputs and outputs of every sum of whole units whose inputs lie within 9."""
    counts = np.array(list(product(range(COPIES), repeat=len(X))))
    x, y = counts @ X, counts @ Y
    few = (x <= 9).all(axis=1)
    return x[few], y[few]


def small(seed, n=4, m=2, s=2):
    """A table of small whole numbers, so that sums and ties are exact."""
    rng = np.random.default_rng(seed)
    return rng.integers(1, 10, (n, m)).astype(float), rng.integers(0, 8, (n, s)) + 0.5 * rng.integers(
        0, 2, (n, s)
    ) + 0.5


@pytest.mark.parametrize("rts", ["frh", "add"])
@pytest.mark.parametrize("seed", range(12))
def test_scores_are_those_of_counting_every_sum(seed, rts):
    X, Y = small(seed)
    x, y = sums(X, Y)
    units = bench.Units.from_arrays(X, Y)
    # Farrell's input measure: the least share of the inputs with which some sum makes as much.
    inputs = [(x[(y >= o).all(axis=1)] / i).max(axis=1).min() for i, o in zip(X, Y, strict=True)]
    np.testing.assert_allclose(bench.dea(units, rts).efficiency, inputs, rtol=1e-12)
    outputs = [(y[(x <= i).all(axis=1)] / o).min(axis=1).max() for i, o in zip(X, Y, strict=True)]
    np.testing.assert_allclose(bench.dea(units, rts, orientation="output").scores, outputs, rtol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_largest_slacks_are_those_of_counting_every_sum(seed):
    X, Y = small(seed)
    x, y = sums(X, Y)
    P, b = np.hstack([-X, Y]), np.hstack([-X, Y])
    weights = np.random.default_rng(seed).uniform(0.1, 1.0, b.shape)
    found = discrete.whole_total(P, b, weights)
    everything = np.hstack([-x, y])
    right = [(everything[(everything >= o).all(axis=1)] @ w).max() for o, w in zip(b, weights, strict=True)]
    np.testing.assert_allclose(found.value, right, rtol=1e-12)


@pytest.mark.parametrize("orientation", ["input", "output"])
@pytest.mark.parametrize("super_efficiency", [False, True])
def test_nothing_left_aside_gives_the_same(monkeypatch, orientation, super_efficiency):
    rng = np.random.default_rng(5)
    X, Y = np.exp(rng.normal(0, 0.4, (14, 2))), np.exp(rng.normal(0, 0.4, (14, 2)))
    X[3], Y[3] = X[2], Y[2]
    X[5] = X[4]
    units = bench.Units.from_arrays(X, Y)
    given = {"orientation": orientation, "super_efficiency": super_efficiency}
    few = bench.dea(units, "frh", **given)
    monkeypatch.setattr(
        discrete, "_useful", lambda P, floor, left_out, worth=None: np.flatnonzero(np.arange(len(P)) != left_out)
    )
    monkeypatch.setattr("bench.lp.solvers.whole._without_losers", lambda program, *rest: program)
    np.testing.assert_allclose(few.scores, bench.dea(units, "frh", **given).scores, rtol=1e-12)


def test_columns_in_no_best_sum_are_left_aside():
    # Too dear; dominated; the first of two equals; the point itself.
    P = np.array([[-5.0, 9.0], [-2.0, 1.0], [-1.0, 2.0], [-1.0, 2.0], [-4.0, 7.0]])
    assert discrete._useful(P, np.array([-4.0, 7.0]), -1).tolist() == [2, 4]
    assert discrete._useful(P, np.array([-4.0, 7.0]), 2).tolist() == [3, 4]
    assert discrete._useful(P, np.array([-np.inf, 7.0]), -1).tolist() == [0, 2, 4]
    # What is worth more stays, though another exceeds it in every row.
    assert discrete._useful(P, np.array([-4.0, 7.0]), -1, np.array([0.0, 9.0, 1.0, 1.0, 1.0])).tolist() == [1, 2, 4]


def test_few_programs_are_solved_for_a_table_of_sixty(monkeypatch):
    """The search of sixty units needed 4,058 exact programs when nothing was left aside: 578 and fewer now."""
    from bench.lp.solvers import whole

    rng = np.random.default_rng(1)
    X, Y = np.exp(rng.normal(0, 0.5, (60, 2))).round(3), np.exp(rng.normal(0, 0.5, (60, 2))).round(3)
    solved = []
    optimum = whole.optimum
    monkeypatch.setattr(whole, "optimum", lambda *given: solved.append(1) or optimum(*given))
    bench.dea(bench.Units.from_arrays(X, Y), "frh")
    assert len(solved) < 800

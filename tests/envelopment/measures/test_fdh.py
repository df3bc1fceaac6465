"""Free disposal hull against its definition, pair by pair."""

from __future__ import annotations

import numpy as np
import pytest

import bench
from bench.envelopment.measures.fdh import hull_scores


def by_definition(X, Y, XR, YR, orientation, exclude=None):
    scores = np.full(len(X), np.nan)
    for o in range(len(X)):
        best = np.inf if orientation == "input" else -np.inf
        for j in range(len(XR)):
            if exclude is not None and exclude[o] == j:
                continue
            if orientation == "input" and (YR[j] >= Y[o]).all():
                best = min(best, max(XR[j] / X[o]))
            if orientation == "output" and (XR[j] <= X[o]).all():
                best = max(best, min(YR[j] / Y[o]))
        if np.isfinite(best):
            scores[o] = best
    return scores


@pytest.mark.parametrize("orientation", ["input", "output"])
@pytest.mark.parametrize("leave_out", [False, True])
def test_against_the_definition(orientation, leave_out):
    rng = np.random.default_rng(0)
    X, Y = rng.integers(1, 6, (50, 2)).astype(float), rng.integers(1, 6, (50, 2)).astype(float)
    exclude = np.arange(50) if leave_out else None
    score, peer = hull_scores(X, Y, X, Y, orientation, exclude=exclude)
    np.testing.assert_allclose(score, by_definition(X, Y, X, Y, orientation, exclude))
    found = np.flatnonzero(peer >= 0)
    assert (np.isfinite(score) == (peer >= 0)).all()
    if orientation == "input":
        assert (Y[peer[found]] >= Y[found]).all()
    else:
        assert (X[peer[found]] <= X[found]).all()
    if leave_out:
        assert (peer != np.arange(50)).all()


def test_zeros():
    X = np.array([[1.0, 0.0], [2.0, 1.0], [2.0, 0.0]])
    Y = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    score, peer = hull_scores(X, Y, X, Y, "input")
    assert score.tolist() == [1.0, 0.5, 0.5]
    assert peer.tolist() == [0, 0, 0]
    score, _ = hull_scores(X, Y, X, Y, "output")
    assert score.tolist() == [1.0, 1.0, 1.0]


def test_blocks_do_not_matter(monkeypatch):
    from bench.envelopment.measures import fdh

    rng = np.random.default_rng(1)
    X, Y = np.exp(rng.normal(size=(200, 3))), np.exp(rng.normal(size=(200, 2)))
    whole = hull_scores(X, Y, X, Y, "input")
    monkeypatch.setattr(fdh, "_BLOCK", 700)
    parts = hull_scores(X, Y, X, Y, "input")
    assert (whole[0] == parts[0]).all()
    assert (whole[1] == parts[1]).all()


def test_nobody_dominates():
    units = bench.Units.from_arrays([[1.0], [2.0]], [[1.0], [2.0]], names=["A", "B"])
    result = bench.dea(units, "fdh", super_efficiency=True)
    assert result.score.tolist() == pytest.approx([2.0, np.nan], nan_ok=True)
    assert result.status.loc["B"] == "infeasible: no other unit makes at least these outputs"
    assert result.slacks()["slack"].notna().tolist() == [True, True, False, False]

"""Canonical multipliers and ranges: what is settled without a program agrees with the programs."""

from __future__ import annotations

import numpy as np
import pytest

import bench
from bench.envelopment import multipliers, radial


def data(kind, seed=4, n=45):
    rng = np.random.default_rng(seed)
    if kind == "ties":
        X, Y = rng.integers(1, 5, (n, 2)).astype(float), rng.integers(1, 5, (n, 2)).astype(float)
        X[n // 2 :: 5], Y[n // 2 :: 5] = X[0], Y[0]
        return X, Y
    X, Y = np.exp(rng.normal(size=(n, 2))), np.exp(rng.normal(size=(n, 3)))
    if kind == "zeros":
        Y[::4, 0] = 0.0
    if kind == "measures":
        X, Y = X * [1e6, 1e-3], Y * [1.0, 1e5, 1e-4]
    return X, Y


def values(result):
    return multipliers.multiplier_values(result), *multipliers.multiplier_ranges(result)


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
@pytest.mark.parametrize("orientation", ["input", "output"])
@pytest.mark.parametrize("kind", ["plain", "ties", "zeros", "measures"])
def test_settled_faces_agree_with_the_programs(monkeypatch, rts, orientation, kind):
    X, Y = data(kind)
    units = bench.Units.from_arrays(X, Y)
    result = bench.dea(units, rts, orientation)
    quick = values(result)
    known = multipliers._faces(result)[0]
    assert kind == "ties" or len(known.wide) < len(units)
    monkeypatch.setattr(multipliers, "_settled", lambda face, peers: (face.slack > 1, np.zeros(len(peers), bool)))
    monkeypatch.setattr(radial, "undominated", lambda result, group: np.arange(len(group.peers)))
    slow = values(bench.dea(units, rts, orientation))
    size = np.append(np.hstack([X, Y]).mean(axis=0), 1.0)
    for found, expected in zip(quick, slow, strict=True):
        open_ended = np.isinf(expected)
        np.testing.assert_array_equal(found[open_ended], expected[open_ended])
        near = ~open_ended
        np.testing.assert_allclose((found * size)[near], (expected * size)[near], rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("super_efficiency", [False, True])
def test_multipliers_are_optimal_for_every_unit(super_efficiency):
    X, Y = data("plain", seed=9)
    units = bench.Units.from_arrays(X, Y)
    result = bench.dea(units, "vrs", super_efficiency=super_efficiency)
    z = multipliers.multiplier_values(result)
    scored = np.isfinite(result.scores)
    assert scored.any()
    v, u, w = z[:, :2], z[:, 2:5], z[:, 5:]
    np.testing.assert_allclose((v * X).sum(axis=1)[scored], 1.0, atol=1e-9)
    np.testing.assert_allclose(((u * Y).sum(axis=1) + w[:, 0])[scored], result.scores[scored], atol=1e-8)
    reduced = u[scored] @ Y.T + w[scored] - v[scored] @ X.T
    if super_efficiency:
        reduced[np.arange(scored.sum()), np.flatnonzero(scored)] = 0.0
    assert reduced.max() <= 1e-8
    assert z[scored][:, :5].min() >= -1e-12


def test_one_input_and_output_have_a_known_centre():
    # Three years of each unit make the same output. The input's multiplier is given by the unit; that of the output,
    # times its mean, is as near to one as its range allows, as z − log z is least at one.
    rng = np.random.default_rng(3)
    X = np.array([[1e6 * (1 + i / 10) * rng.uniform(0.9, 1.1)] for i in range(8) for _ in range(3)])
    Y = np.repeat(900.0 + 50 * np.arange(8.0), 3)[:, None]
    z, low, high = values(bench.dea(bench.Units.from_arrays(X, Y), "vrs"))
    np.testing.assert_allclose(z[:, 0] * X[:, 0], 1.0, rtol=1e-12)
    np.testing.assert_allclose(z[:, 1] * Y.mean(), np.clip(1.0, low[:, 1] * Y.mean(), high[:, 1] * Y.mean()), rtol=1e-9)

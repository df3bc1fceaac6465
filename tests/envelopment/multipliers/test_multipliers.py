"""Canonical multipliers and ranges: what is settled without a program agrees with the programs."""

from __future__ import annotations

import numpy as np
import pytest

import bench
from bench.envelopment.multipliers import face_ends, multipliers
from bench.errors import SolverError


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


def hard(kind, seed):
    rng = np.random.default_rng(seed)
    n, m, s = (int(rng.integers(*ends)) for ends in ((8, 40), (1, 6), (1, 6)))
    X, Y = np.exp(rng.normal(size=(n, m))), np.exp(rng.normal(size=(n, s)))
    if kind == "sizes":
        X, Y = X**3, Y**3
    if kind == "ties":
        X, Y = rng.integers(1, 6, (n, m)).astype(float), rng.integers(1, 6, (n, s)).astype(float)
        Y[rng.random((n, s)) < 0.3] = 0.0
        Y[:, 0] = np.maximum(Y[:, 0], 1.0)
        X[::3], Y[::3] = X[0], Y[0]
    if kind == "years":
        X = X[np.arange(n) // 3] * np.exp(0.05 * rng.normal(size=(n, m)))
        Y = Y[np.arange(n) // 3]
    if kind == "collinear":
        X, Y = np.column_stack([X, X.sum(axis=1)]), np.column_stack([Y, 2 * Y[:, 0]])
    return X, Y


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
    monkeypatch.setattr(multipliers, "undominated", lambda result, group: np.arange(len(group.peers)))
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


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("super_efficiency", [False, True])
@pytest.mark.parametrize("kind", ["sizes", "ties", "years", "collinear"])
def test_centres_lie_on_the_face_and_no_optimal_multipliers_improve_them(kind, super_efficiency):
    from scipy.optimize import linprog

    for seed, rts in enumerate(["crs", "vrs", "drs", "irs"]):
        X, Y = hard(kind, seed)
        width = X.shape[1] + Y.shape[1]
        orientation = "output" if seed % 2 else "input"
        result = bench.dea(bench.Units.from_arrays(X, Y), rts, orientation, super_efficiency=super_efficiency)
        size = np.append(np.hstack([X, Y]).mean(axis=0), 1.0)
        z = multipliers.multiplier_values(result) * size
        columns = np.hstack([-X, Y, np.ones((len(X), 1))]) / size
        beta = 1.0 - result.scores if orientation == "input" else result.scores - 1.0
        side = np.arange(width + 1) < X.shape[1] if orientation == "input" else np.arange(width + 1) >= X.shape[1]
        side[-1] = False
        for unit in np.flatnonzero(np.isfinite(result.scores))[:6]:
            mine, others = z[unit], np.delete(columns, unit, 0) if super_efficiency else columns
            g = np.abs(columns[unit]) * side
            at = columns[unit] + beta[unit] * g
            terms = np.abs(others * mine).max(axis=1) + 1e-6 * np.abs(mine).max()
            assert (others @ mine / terms).max() <= 1e-9
            assert g @ mine == pytest.approx(1.0, abs=1e-9)
            assert abs(at @ mine) <= 1e-8 * max(1.0, np.abs(at * mine).max())
            # First-order condition of a convex function: no point of the face lies downhill.
            slope = np.append(np.where(mine[:-1] > 1e-7, 1.0 - 1.0 / np.maximum(mine[:-1], 1e-7), 0.0), 0.0)
            ends = {"crs": (0, 0), "vrs": (None, None), "drs": (None, 0), "irs": (0, None)}[rts]
            found = linprog(
                slope, A_ub=others / np.abs(others).max(axis=1)[:, None], b_ub=np.zeros(len(others)),
                A_eq=np.vstack([g / g.max(), at / np.abs(at).max()]), b_eq=[1.0 / g.max(), 0.0],
                bounds=[(0, None)] * width + [ends], method="highs-ds",
            )  # fmt: skip
            if found.status == 0:
                assert slope @ mine <= found.fun + 1e-5 * max(1.0, np.abs(mine).max())


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["sizes", "ties", "years", "collinear"])
def test_centres_do_not_depend_on_order_or_measures(kind):
    for seed in range(4):
        X, Y = hard(kind, seed)
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(X))
        sizes_x, sizes_y = 10.0 ** rng.integers(-6, 9, X.shape[1]), 10.0 ** rng.integers(-6, 9, Y.shape[1])
        first, second = (
            multipliers.multiplier_values(bench.dea(bench.Units.from_arrays(*table), "vrs"))
            for table in ((X, Y), ((X * sizes_x)[order], (Y * sizes_y)[order]))
        )
        measure = np.append(np.hstack([X, Y]).mean(axis=0), 1.0)
        expected = first[order] * measure
        found = second * np.concatenate([sizes_x, sizes_y, [1.0]]) * measure
        np.testing.assert_allclose(found, expected, atol=1e-5 * max(1.0, np.abs(expected).max(initial=0.0)))


def test_centres_are_found_without_proven_ends(monkeypatch):
    X, Y = hard("years", 1)
    units = bench.Units.from_arrays(X, Y)
    expected = multipliers.multiplier_values(bench.dea(units, "vrs"))

    def resist(*arguments):
        raise SolverError("no proof")

    monkeypatch.setattr(face_ends, "_along_rays", resist)
    result = bench.dea(units, "vrs")
    size = np.append(np.hstack([X, Y]).mean(axis=0), 1.0)
    np.testing.assert_allclose(multipliers.multiplier_values(result) * size, expected * size, rtol=2e-6, atol=2e-6)
    with pytest.raises(SolverError, match="ranges"):
        multipliers.multiplier_ranges(result)

"""Sums on the kernel against HiGHS: slacks, cost, revenue and fractional objectives."""

from __future__ import annotations

import numpy as np
import pytest
from lp.highs_oracle import solve_sum

from bench.lp import backend as lp_backend
from bench.lp import maximise_sum, sums

M, S, N = 3, 2, 60


def technology(rts, seed=0):
    rng = np.random.default_rng(seed)
    X, Y = np.exp(rng.normal(size=(N, M))), np.exp(rng.normal(size=(N, S)))
    parts = [-X, Y] + ([] if rts == "crs" else [np.full((N, 1), -1.0 if rts == "drs" else 1.0)])
    P = np.hstack(parts)
    equality = np.zeros(P.shape[1], dtype=bool)
    equality[-1] = rts == "vrs"
    return X, Y, P, equality


def programs(kind, X, Y, P):
    d = P.shape[1]
    rng = np.random.default_rng(1)
    free_inputs = np.arange(d) >= M
    prices, own = np.zeros((N, d)), np.zeros((N, d))
    prices[:, :M] = rng.uniform(1, 3, (N, M))
    own[:, : M + S] = 1 / np.abs(P[:, : M + S])
    ratio, normal = np.zeros((N, d)), np.zeros((N, d))
    ratio[:, :M], normal[:, M : M + S] = 1 / X / M, 1 / Y / S
    return {
        "common slack": {"points": P, "weights": np.where(np.arange(d) < M + S, 1.0, 0.0)},
        "own slack": {"points": P, "weights": own},
        "cost": {"points": P, "weights": prices, "constrained": free_inputs},
        "common cost": {"points": P, "weights": prices[0], "constrained": free_inputs},
        "fractional": {"points": np.zeros_like(P), "weights": ratio, "rays": P, "normal": normal},
        "left out": {"points": P, "weights": prices, "constrained": free_inputs, "exclude": np.arange(N)},
    }[kind]


KINDS = ["common slack", "own slack", "cost", "common cost", "fractional", "left out"]


def one_by_one(P, equality, call, program):
    d = P.shape[1]
    weights = np.broadcast_to(call["weights"], (N, d))[program]
    constrained = call.get("constrained", np.ones(d, dtype=bool))
    rays, normal, exclude = call.get("rays"), call.get("normal"), call.get("exclude")
    return solve_sum(
        P,
        call["points"][program],
        weights,
        constrained,
        equality & constrained,
        None if rays is None else rays[program],
        None if normal is None else normal[program],
        -1 if exclude is None else int(exclude[program]),
        "x",
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
def test_against_highs(kind, rts):
    X, Y, P, equality = technology(rts)
    call = programs(kind, X, Y, P)
    found = maximise_sum(P, equality=equality, **call)
    assert max(found.worst) <= 1e-9
    for program in range(0, N, 4):
        right = one_by_one(P, equality, call, program)
        assert found.status[program] == right.status
        if right.status == 0:
            assert found.value[program] == pytest.approx(right.value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("kind", ["common slack", "own slack", "cost", "left out"])
def test_the_kernel_solves_nearly_all_itself(kind):
    X, Y, P, equality = technology("vrs")
    found = maximise_sum(P, equality=equality, **programs(kind, X, Y, P))
    assert (found.route[found.status == 0] == 0).mean() > 0.95


def test_batched_numpy_gives_the_same_answers(monkeypatch):
    X, Y, P, equality = technology("vrs", seed=2)
    call = programs("own slack", X, Y, P)
    compiled = maximise_sum(P, equality=equality, **call)
    monkeypatch.setattr(lp_backend, "compiled_engine", lambda: None)
    plain = maximise_sum(P, equality=equality, **call)
    np.testing.assert_allclose(plain.value, compiled.value, rtol=1e-9, atol=1e-9)


def test_unbounded_is_marked():
    found = maximise_sum([[-1.0, 1.0]], [[0.0, 0.0]], [0.0, 1.0], constrained=[False, True])
    assert found.status.tolist() == [2]
    assert np.isnan(found.value[0])


def test_a_wrong_answer_is_caught_and_solved_again(monkeypatch):
    X, Y, P, equality = technology("crs")
    call = programs("cost", X, Y, P)
    right = maximise_sum(P, equality=equality, **call)
    solved = sums._solve

    def wrong(*args):
        batch = solved(*args)
        batch.value[3] *= 1.0 + 1e-6
        batch.dual[5] *= 1.001
        return batch

    monkeypatch.setattr(sums, "_solve", wrong)
    found = maximise_sum(P, equality=equality, **call)
    assert set(np.flatnonzero(found.route == 1)) == {3, 5}
    np.testing.assert_allclose(found.value, right.value, rtol=1e-9)

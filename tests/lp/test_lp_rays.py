"""The ray kernel against HiGHS: every shape, and data that break simplex codes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lp.highs_oracle import solve_ray

from bench.lp import backend as lp_backend
from bench.lp import maximise_ray

TOLERANCE = 1e-9


def technology(X, Y, rts):
    parts = [-X, Y]
    if rts != "crs":
        parts.append(np.full((len(X), 1), -1.0 if rts == "drs" else 1.0))
    P = np.hstack(parts)
    equality = np.zeros(P.shape[1], dtype=bool)
    equality[-1] = rts == "vrs"
    return P, equality


def directions(P, m, s, orientation):
    g = np.zeros_like(P)
    side = slice(0, m) if orientation == "input" else slice(m, m + s)
    g[:, side] = np.abs(P[:, side])
    return g


def agree(P, b, g, equality, *, exclude=None, every=1):
    found = maximise_ray(P, b, g, equality=equality, exclude=exclude)
    assert max(found.worst) <= TOLERANCE
    for program in range(0, len(b), every):
        out = -1 if exclude is None else int(exclude[program])
        right = solve_ray(P, b[program], g[program], equality, out, f"program {program}")
        assert found.status[program] == right.status
        if right.status == 0:
            assert found.value[program] == pytest.approx(right.value, rel=TOLERANCE, abs=TOLERANCE)
    return found


SHAPES = [(m, s) for m in range(1, 13) for s in range(1, 13) if (m * 5 + s * 3) % 11 == 0 or m == s]


@pytest.mark.parametrize(("m", "s"), SHAPES, ids=lambda v: str(v))
@pytest.mark.parametrize("rts", ["crs", "vrs"])
def test_every_shape(m, s, rts):
    rng = np.random.default_rng(m * 100 + s)
    X, Y = np.exp(rng.normal(size=(30, m))), np.exp(rng.normal(size=(30, s)))
    P, equality = technology(X, Y, rts)
    agree(P, P, directions(P, m, s, "input"), equality, every=7)


def hard_data():
    rng = np.random.default_rng(1)
    X, Y = np.exp(rng.normal(size=(40, 3))), np.exp(rng.normal(size=(40, 2)))
    integers = rng.integers(1, 5, (60, 2)).astype(float), rng.integers(1, 5, (60, 3)).astype(float)
    zeros_x, zeros_y = X * (rng.random(X.shape) > 0.3), Y * (rng.random(Y.shape) > 0.4)
    zeros_x[:, 0], zeros_y[:, 0] = X[:, 0], Y[:, 0]
    wide = np.array([1e-6, 1.0, 1e9])
    return {
        "duplicates": (np.vstack([X, X[:20]]), np.vstack([Y, Y[:20]])),
        "integers with ties": integers,
        "zeros": (zeros_x, zeros_y),
        "collinear": (np.column_stack([X, 2 * X[:, 0], X[:, 0] + X[:, 1]]), np.column_stack([Y, 3 * Y[:, 1]])),
        "wide measures": (X * wide, Y * np.array([1e-6, 1e9])),
        "wide values": (np.exp(rng.uniform(np.log(1e-2), np.log(1e4), (40, 2))), Y),
        "one unit": (X[:1], Y[:1]),
        "two units": (X[:2], Y[:2]),
        "more measures than units": (np.exp(rng.normal(size=(5, 6))), np.exp(rng.normal(size=(5, 7)))),
        "all the same": (np.ones((12, 2)), np.ones((12, 2))),
    }


@pytest.mark.parametrize("name", list(hard_data()))
@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
@pytest.mark.parametrize("orientation", ["input", "output"])
def test_hard_data(name, rts, orientation):
    X, Y = hard_data()[name]
    P, equality = technology(X, Y, rts)
    agree(P, P, directions(P, X.shape[1], Y.shape[1], orientation), equality, every=5)


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
@pytest.mark.parametrize("seed", range(6))
def test_nothing_in_a_row_is_no_reason_to_leave_the_kernel(rts, seed):
    rng = np.random.default_rng(seed)
    m, s = rng.integers(2, 9, 2)
    X, Y = np.exp(rng.normal(0, 0.6, (120, m))), np.exp(rng.normal(0, 0.6, (120, s)))
    X *= rng.random(X.shape) > 0.3
    Y *= rng.random(Y.shape) > 0.3
    X[:, 0] += 0.1
    Y[:, 0] += 0.1
    few = rng.integers(1, 3, X.shape).astype(float), rng.integers(0, 2, Y.shape) + (np.arange(s) == 0.0)
    for x, y in ((X, Y), few):
        P, equality = technology(x, y, rts)
        found = agree(P, P, directions(P, m, s, "input"), equality, every=40)
        # Where several rows hold exactly, and by more than one column, doubles cannot tell.
        assert (found.route == 0).mean() > 0.97


def test_a_price_that_is_rounding_does_not_undo_a_proof(monkeypatch):
    """The first column needs nothing of what has a price: 1e-17 for what it makes is infinitely much too much."""
    from bench.lp import rays

    P, equality = technology(
        np.array([[0.0, 5.0], [2.0, 1.0], [4.0, 1.0]]), np.array([[3.0, 1.0], [1.0, 4.0], [1.0, 4.0]]), "crs"
    )
    solved = rays._solve

    def rounded(*args, **kwargs):
        batch = solved(*args, **kwargs)
        batch.dual[2, 2] += 1e-17
        return batch

    g = directions(P, 2, 2, "input")
    exact = maximise_ray(P, P, g, equality=equality)
    monkeypatch.setattr(rays, "_solve", rounded)
    found = maximise_ray(P, P, g, equality=equality)
    assert found.route.tolist() == [0, 0, 0]
    assert found.dual[2, 2] == exact.dual[2, 2]
    np.testing.assert_array_equal(found.value, exact.value)

    def wrong(*args, **kwargs):
        batch = solved(*args, **kwargs)
        batch.dual[2, 2] += 1e-9
        return batch

    monkeypatch.setattr(rays, "_solve", wrong)
    assert maximise_ray(P, P, g, equality=equality).route.tolist() == [0, 0, 1]


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
@pytest.mark.parametrize("orientation", ["input", "output"])
def test_fifteen_orders_of_magnitude_within_a_column_are_proven(rts, orientation):
    rng = np.random.default_rng(3)
    X, Y = np.exp(rng.uniform(np.log(1e-6), np.log(1e9), (40, 2))), np.exp(rng.normal(size=(40, 2)))
    P, equality = technology(X, Y, rts)
    found = maximise_ray(P, P, directions(P, 2, 2, orientation), equality=equality)
    assert (found.status == 0).all()
    assert max(found.worst) <= TOLERANCE


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
def test_leaving_each_column_out_and_infeasible_programs_are_marked(rts):
    rng = np.random.default_rng(4)
    X, Y = np.exp(rng.normal(size=(40, 2))), np.exp(rng.normal(size=(40, 2)))
    P, equality = technology(X, Y, rts)
    found = agree(P, P, directions(P, 2, 2, "output"), equality, exclude=np.arange(40), every=3)
    if rts in ("vrs", "irs"):
        assert (found.status == 1).any()
        assert np.isnan(found.value[found.status == 1]).all()


def test_points_outside_and_general_directions():
    rng = np.random.default_rng(5)
    X, Y = np.exp(rng.normal(size=(50, 2))), np.exp(rng.normal(size=(50, 2)))
    P, equality = technology(X, Y, "vrs")
    b, _ = technology(np.exp(rng.normal(size=(20, 2))), np.exp(rng.normal(size=(20, 2))), "vrs")
    g = np.zeros_like(b)
    g[:, :4] = rng.random((20, 4))
    agree(P, b, g, equality)


def test_extra_column_of_each_program():
    rng = np.random.default_rng(6)
    P, equality = technology(np.exp(rng.normal(size=(30, 2))), np.exp(rng.normal(size=(30, 2))), "crs")
    g = directions(P, 2, 2, "input")
    extra = P * np.append(np.ones(2), rng.uniform(1.0, 3.0, 2))
    found = maximise_ray(P, P, g, equality=equality, extra=extra)
    for program in range(30):
        right = solve_ray(np.vstack([P, extra[program]]), P[program], g[program], equality, -1, "x")
        assert found.value[program] == pytest.approx(right.value, rel=TOLERANCE, abs=TOLERANCE)
    assert (found.column == 30).any()


@pytest.mark.parametrize("rts", ["crs", "vrs"])
def test_reduction_gives_the_same_answers(rts, monkeypatch):
    rng = np.random.default_rng(7)
    X, Y = np.exp(rng.normal(size=(600, 2))), np.exp(rng.normal(size=(600, 2)))
    P, equality = technology(X, Y, rts)
    g = directions(P, 2, 2, "input")
    whole = maximise_ray(P, P, g, equality=equality)
    from bench.lp import engine

    monkeypatch.setattr(engine, "REDUCE_ABOVE", 100)
    reduced = maximise_ray(P, P, g, equality=equality, own=np.arange(600))
    np.testing.assert_allclose(reduced.value, whole.value, rtol=0, atol=1e-10)
    assert max(reduced.worst) <= TOLERANCE
    left_out = maximise_ray(P, P, g, equality=equality, own=np.arange(600), exclude=np.arange(600))
    monkeypatch.setattr("bench.lp.rays.REDUCE_ABOVE", 100)
    again = maximise_ray(P, P, g, equality=equality, own=np.arange(600), exclude=np.arange(600))
    np.testing.assert_allclose(again.value, left_out.value, rtol=1e-9, atol=1e-9)


def test_same_bytes_for_any_number_of_workers(monkeypatch):
    from bench.lp import engine

    monkeypatch.setattr(engine, "CHUNK", 64)
    rng = np.random.default_rng(8)
    P, equality = technology(np.exp(rng.normal(size=(500, 3))), np.exp(rng.normal(size=(500, 2))), "vrs")
    g = directions(P, 3, 2, "input")
    one = maximise_ray(P, P, g, equality=equality, workers=1)
    three = maximise_ray(P, P, g, equality=equality, workers=3)
    for name in ("value", "column", "weight", "dual", "residual"):
        assert getattr(one, name).tobytes() == getattr(three, name).tobytes()


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
def test_batched_numpy_gives_the_same_answers(rts, monkeypatch):
    rng = np.random.default_rng(9)
    P, equality = technology(np.exp(rng.normal(size=(80, 2))), np.exp(rng.normal(size=(80, 3))), rts)
    g = directions(P, 2, 3, "output")
    compiled = maximise_ray(P, P, g, equality=equality, exclude=np.arange(80))
    monkeypatch.setattr(lp_backend, "compiled_engine", lambda: None)
    assert max(maximise_ray(P, P, g, equality=equality, own=np.arange(80)).worst) <= TOLERANCE
    plain = maximise_ray(P, P, g, equality=equality, exclude=np.arange(80))
    assert (plain.status == compiled.status).all()
    np.testing.assert_allclose(plain.value, compiled.value, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("own", [None, np.arange(20)])
def test_a_wrong_answer_is_caught_and_solved_again(monkeypatch, own):
    from bench.lp import rays

    rng = np.random.default_rng(10)
    P, equality = technology(np.exp(rng.normal(size=(20, 2))), np.exp(rng.normal(size=(20, 2))), "vrs")
    g = directions(P, 2, 2, "input")
    right = maximise_ray(P, P, g, equality=equality)
    solved = rays._solve

    def wrong(*args, **kwargs):
        batch = solved(*args, **kwargs)
        batch.value[3] += 1e-6
        batch.dual[5] *= 1.001
        batch.weight[7] *= 0.999
        return batch

    monkeypatch.setattr(rays, "_solve", wrong)
    found = maximise_ray(P, P, g, equality=equality, own=own)
    assert set(np.flatnonzero(found.route == 1)) == {3, 5, 7}
    np.testing.assert_allclose(found.value, right.value, atol=1e-10)


def test_a_column_claimed_to_be_dominated_is_not_left_out_of_the_proof(monkeypatch):
    from bench.lp import rays

    P, equality = technology(np.array([[1.0], [2.0], [4.0]]), np.array([[1.0], [3.0], [2.0]]), "vrs")
    g = directions(P, 1, 1, "input")

    def without_the_second(given, workers, progress):
        two = P[[0, 2]]
        batch = solved(replace(given, P=two, own=np.full(3, -1), b=P), workers, progress)
        batch.column[batch.column == 1] = 2
        batch.status[1], batch.value[1] = 0, 0.5
        return batch

    solved = rays._solve
    monkeypatch.setattr(rays, "_solve", without_the_second)
    found = maximise_ray(P, P, g, equality=equality, own=np.arange(3))
    np.testing.assert_allclose(found.value, [0.0, 0.0, 0.625], atol=1e-12)


def test_shapes_that_disagree_are_refused():
    with pytest.raises(ValueError, match="points"):
        maximise_ray(np.ones((3, 2)), np.ones((3, 3)), np.ones(2))
    with pytest.raises(ValueError, match="finite"):
        maximise_ray([[np.nan, 1.0]], [[1.0, 1.0]], [1.0, 0.0])
    with pytest.raises(ValueError, match="exclude"):
        maximise_ray([[-1.0, 1.0]], [[-1.0, 1.0]], [1.0, 0.0], exclude=[4])


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_any_small_data(data):
    n = data.draw(st.integers(1, 12))
    m, s = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    value = st.integers(1, 6).map(float) | st.floats(1e-3, 1e3)
    X = np.array(data.draw(st.lists(st.lists(value, min_size=m, max_size=m), min_size=n, max_size=n)))
    Y = np.array(data.draw(st.lists(st.lists(value, min_size=s, max_size=s), min_size=n, max_size=n)))
    rts = data.draw(st.sampled_from(["crs", "vrs", "drs", "irs"]))
    orientation = data.draw(st.sampled_from(["input", "output"]))
    P, equality = technology(X, Y, rts)
    agree(P, P, directions(P, m, s, orientation), equality)

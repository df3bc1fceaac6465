"""Distances to many sets at once are those of one set at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.envelopment.core import repeated
from bench.envelopment.core.repeated import repeated_distances
from bench.envelopment.core.technology import Technology
from bench.lp import rays
from bench.lp import repeated as lp_repeated
from bench.lp.backend import unscaled
from bench.lp.engine import Answers, _nothing_found, make_store, solve_sets
from bench.lp.proofs.enclosure import Sets, prove
from bench.lp.records import Found
from bench.lp.scaling import scale


def one_by_one(rts, side, XR, YR, X, Y):
    out = []
    for A, B in zip(XR, YR, strict=True):
        technology = Technology.of(A, B, rts)
        g = technology.directions(X, 0 * Y) if side == "input" else technology.directions(0 * X, Y)
        beta = technology.ray(technology.points(X, Y), g).value
        out.append(1 / (1 - beta) if side == "input" else 1 + beta)
    return np.array(out)


@settings(deadline=None, max_examples=30)
@given(
    st.integers(0, 10**6),
    st.sampled_from(["crs", "vrs", "drs", "irs", "fdh"]),
    st.sampled_from(["input", "output"]),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_many_sets_are_one_set_many_times(seed: int, rts: str, side: str, m: int, s: int) -> None:
    """Whole numbers with ties and zeros, points outside some sets included."""
    rng = np.random.default_rng(seed)
    X, Y = rng.integers(1, 6, (7, m)) * 1.0, rng.integers(0, 6, (7, s)) + (np.arange(s) == 0)
    XR, YR = rng.integers(1, 6, (5, 9, m)) * 10.0**m, rng.integers(0, 6, (5, 9, s)) + (np.arange(s) == 0)
    X = X * 10.0**m
    found = repeated_distances(rts, side, XR, YR * 1.0, X, Y * 1.0)
    np.testing.assert_allclose(found, one_by_one(rts, side, XR, YR * 1.0, X, Y * 1.0), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("how", ["no kernel", "never proven", "large"])
def test_every_route_gives_the_same(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Without the kernel, without a proof, and where sets are too large for it, the ordinary route answers."""
    rng = np.random.default_rng(1)
    XR, YR = rng.uniform(1, 9, (20, 30, 2)), rng.uniform(1, 9, (20, 30, 2))
    fast = repeated_distances("vrs", "input", XR, YR, XR[0], YR[0])
    if how == "no kernel":
        monkeypatch.setattr(lp_repeated, "compiled_engine", lambda: None)
    elif how == "never proven":
        monkeypatch.setattr(lp_repeated, "prove", lambda *_: np.zeros((20, 30), dtype=bool))
    else:
        monkeypatch.setattr(repeated, "_LARGE", 1)
    np.testing.assert_allclose(repeated_distances("vrs", "input", XR, YR, XR[0], YR[0]), fast, rtol=1e-9)


#: Two columns, one program, its basis by hand: the first column and β; in the kernel's measures, powers of two off.
COLUMNS = np.array([[[-1.0, 1.0], [-3.0, 1.0]]])
RIGHT = {"value": 0.5, "slip": 0.0, "basis": 0, "basic": 1.0, "prices": (0.5, 0.5)}


def proven(columns: np.ndarray = COLUMNS, equality: tuple[bool, bool] = (False, False), **changed: object) -> bool:
    """Return whether an answer to ``max β: Pλ ≥ (−2 + 2β, 1)`` passes its proof."""
    given_ = RIGHT | changed
    scaled = scale(columns[0], np.array([[-2.0, 1.0]]), np.array([[2.0, 0.0]]), np.array(equality, dtype=np.int64))
    store = make_store(scaled.columns[None])
    found = _nothing_found((1, 1), scaled.size)
    row, column, program = scaled.row, scaled.column, scaled.program[0]
    found.status[:], found.value[:], found.slip[:] = 0, given_["value"], given_["slip"]
    found.basis[:] = -3
    found.basis[0, 0, 1] = given_["basis"]
    found.basic[0, 0, 1] = given_["basic"] * program / column[given_["basis"]]
    found.prices[0, 0, :2] = np.array(given_["prices"]) / (row * program)
    sets = Sets(store.P, store.flat, column[None])
    return bool(prove(sets, scaled, np.zeros(1, dtype=np.int64), found).all())


def test_the_proof_catches_wrong_answers() -> None:
    """A right answer is proven; a wrong value, weight or price is not, nor one that is not known to be feasible."""
    assert proven()
    for name, wrong in (
        ("value", 0.4), ("value", 0.5 + 1e-9), ("value", 0.5 - 1e-9), ("basic", 0.9), ("prices", (0.6, 0.5)),
        ("prices", (0.5, 0.6)), ("slip", 1e-9), ("value", np.nan), ("prices", (np.nan, 0.5)), ("prices", (0.0, 0.0)),
    ):  # fmt: skip
        assert not proven(**{name: wrong}), (name, wrong)
    # The second column as its own peer: what the prices cost is right, but the first one gains by them.
    assert not proven(basis=1, value=-0.5, prices=(0.5, 1.5))
    # Not known to be feasible, but one column alone is seen to reach as far.
    assert proven(slip=np.inf)
    assert not proven(slip=np.inf, basis=1)
    # An equation is not reached by a little more of everything, but exactly by one column taken once.
    assert proven(slip=np.inf, equality=(False, True))
    assert not proven(np.array([[[-2.0, 3.0], [-3.0, 1.0]]]), (False, True), slip=np.inf, basic=1 / 3, value=2 / 3)
    # At these prices a column with an output of three gains nothing, one with more does.
    assert proven(np.array([[[-1.0, 1.0], [-3.0, 3.0 - 1e-12]]]))
    assert not proven(np.array([[[-1.0, 1.0], [-3.0, 3.1]]]))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from(["crs", "vrs"]), st.booleans())
def test_the_compiled_proof_says_what_numpy_says(seed: int, rts: str, mixed: bool) -> None:
    """Right answers and answers moved by less and by more than is allowed: the same verdict from both proofs."""
    rng = np.random.default_rng(seed)
    n, m, s = int(rng.integers(3, 12)), 2, 2
    X, Y = 10.0 ** rng.uniform(-2, 2, (n, m)), 10.0 ** rng.uniform(-2, 2, (n, s))
    columns = np.hstack([-X, Y] + ([np.ones((n, 1))] if rts == "vrs" else []))
    equality = np.arange(columns.shape[1]) >= m + s
    points, along = columns.copy(), np.hstack([X, 0 * columns[:, m:]])
    if mixed:
        columns[:, m] -= np.median(columns[:, m])
        points = columns.copy()
    scaled = scale(columns, points, along, equality.astype(np.int64))
    order = np.arange(n)
    store, found = solve_sets(scaled, scaled.columns[None], order)
    factor = 1 + rng.choice([0.0, 1e-13, -1e-13, 1e-8, -1e-8], (n, 1))
    for values in (found.value[0, :, None], found.prices[0], found.basic[0]):
        values *= factor if rng.random() < 0.5 else 1.0
    kept = Found(*(values.copy() for values in found))
    fast = prove(Sets(store.P, store.flat, scaled.column[None]), scaled, order, found)[0]
    given_ = rays.Rays(columns, points, along, equality, np.full(n, -1), None, np.full(n, -1))
    answers = Answers(
        kept.value[0], kept.status[0], kept.prices[0], kept.basis[0], kept.basic[0], kept.slip[0], np.arange(n)
    )
    batch = unscaled(scaled, answers, columns.shape[1])
    rays._make_sure(given_, batch)
    slow = np.ones(n, dtype=bool)
    slow[rays.certify(given_, batch)[1]] = False
    # Where rows have columns of both signs, numpy looks further for prices at which every column costs.
    np.testing.assert_array_equal(fast, slow & fast if mixed else slow)
    np.testing.assert_allclose(found.value[0][fast], batch.value[fast], rtol=1e-15)

"""Distances to many sets at once are those of one set at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.envelopment.core import repeated
from bench.envelopment.core.repeated import repeated_distances
from bench.envelopment.core.technology import Technology
from bench.lp import repeated as lp_repeated


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
        monkeypatch.setattr(lp_repeated, "_proven", lambda *_: np.zeros((20, 30), dtype=bool))
    else:
        monkeypatch.setattr(repeated, "_LARGE", 1)
    np.testing.assert_allclose(repeated_distances("vrs", "input", XR, YR, XR[0], YR[0]), fast, rtol=1e-9)


def test_the_proof_catches_wrong_answers() -> None:
    """A right answer is proven; a wrong value, weight or price is not, nor one that is not known to be feasible."""
    columns = np.array([[[-1.0, 1.0], [-3.0, 1.0]]])
    points, along = np.array([[-2.0, 1.0]]), np.array([[2.0, 0.0]])
    right = {
        "value": np.array([[0.5]]), "slip": np.array([[0.0]]), "column": np.array([[[0, 0]]]),
        "weight": np.array([[[1.0, 0.0]]]), "prices": np.array([[[0.5, 0.5]]]),
    }  # fmt: skip

    def proven(answers: dict[str, np.ndarray]) -> bool:
        copies = {key: values.copy() for key, values in answers.items()}
        given_ = lp_repeated.Answers(equality=np.zeros(2, bool), **copies)
        return bool(lp_repeated._proven(columns, points, along, given_).all())

    assert proven(right)
    for name, wrong in (("value", 0.4), ("value", 0.5 + 1e-9), ("weight", 0.9), ("prices", 0.6), ("slip", 1e-9)):
        moved = {key: values.copy() for key, values in right.items()}
        moved[name].flat[0] = wrong
        assert not proven(moved), name
    contradicted = {**right, "column": np.array([[[1, 0]]]), "value": np.array([[-0.5]])}
    assert not proven({**contradicted, "prices": np.array([[[0.5, 1.5]]])})
    # Not known to be feasible, but one column alone is seen to reach as far.
    assert proven({**right, "slip": np.array([[np.inf]])})
    assert not proven({**right, "slip": np.array([[np.inf]]), "column": np.array([[[1, 0]]])})

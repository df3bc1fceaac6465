"""Peer rules: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import data, theta

import bench
from bench.envelopment.measures.peer_rules import with_peer_rules
from bench.errors import DataError, OptionError


def test_peer_rules_of_another_reference_set() -> None:
    """A regulator's form: this year's data against averages; a company under a rule is a peer for itself only."""
    rng = np.random.default_rng(3)
    X, Y = rng.uniform(1, 9, (9, 1)), rng.uniform(1, 9, (9, 3))
    names = [f"c{k}" for k in range(9)]
    averages = bench.Units.from_arrays(X, Y, names=names)
    year = bench.Units.from_arrays(X * rng.uniform(0.8, 1.2, X.shape), Y, names=names)
    rules = {"never": ["c0"], "own_only": ["c1", "c2"]}
    found = with_peer_rules(year, rts="crs", reference=averages, **rules)
    common = [k for k in range(9) if k > 2]
    for k in range(9):
        allowed = [*common, k] if k in (1, 2) else common
        assert found.efficiency.iloc[k] == pytest.approx(theta(X[allowed], Y[allowed], "crs", year.X[k], Y[k]))
    assert found["rule"].tolist() == ["never", "own_only", "own_only"] + [""] * 6
    free = with_peer_rules(year, rts="crs", reference=averages).efficiency
    np.testing.assert_allclose(free, bench.dea(year, "crs", reference=averages).efficiency, rtol=1e-9)
    order = rng.permutation(9)
    moved = with_peer_rules(year, rts="crs", reference=averages.take(order), **rules)
    np.testing.assert_allclose(moved.efficiency, found.efficiency, rtol=1e-9)
    peers = found.values.column[found.values.weight > 1e-9]
    assert set(peers.tolist()) <= {*common, 1, 2}
    with pytest.raises(OptionError, match="c99"):
        with_peer_rules(year, rts="crs", reference=averages, never=["c99"])


def test_peer_rules() -> None:
    X, Y = data(10, n=10)
    names = [f"u{k}" for k in range(10)]
    units = bench.Units.from_arrays(X, Y, names=names)
    found = with_peer_rules(units, rts="vrs", never=["u0", "u1"], own_only=["u2", "u3"])
    common = np.arange(4, 10)
    for k in range(10):
        allowed = np.append(common, k) if k in (2, 3) else common
        expected = theta(X[allowed], Y[allowed], "vrs", X[k], Y[k])
        score = found["score"].iloc[k]
        assert np.isnan(score) if expected is None else score == pytest.approx(expected, rel=1e-8)
        peers = set(found.values.column[k][found.values.weight[k] > 0])
        assert peers <= set(allowed)
    assert (found.efficiency.iloc[2:4] <= 1 + 1e-12).all()
    with pytest.raises(OptionError, match="u9"):
        with_peer_rules(units, rts="vrs", never=["u99"])
    with pytest.raises(OptionError, match="two rules"):
        with_peer_rules(units, rts="vrs", never=["u1"], own_only=["u1"])
    with pytest.raises(DataError, match="nothing is left"):
        with_peer_rules(units, rts="vrs", never=names)

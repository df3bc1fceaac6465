"""Efficiency ladder: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import data, phi, theta

import bench
from bench.envelopment.measures.efficiency_ladder import efficiency_ladder

RTS = ["crs", "vrs", "drs", "irs", "fdh", "add"]


@pytest.mark.parametrize("side", ["input", "output"])
def test_ladder_by_trying_every_peer(side: str) -> None:
    X, Y = data(4, n=12)
    units = bench.Units.from_arrays(X, Y)
    one = theta if side == "input" else phi
    worst = int(np.argmin([theta(X, Y, "vrs", X[k], Y[k]) for k in range(12)]))
    found = efficiency_ladder(units, units.names[worst], rts="vrs", orientation=side)
    left = list(range(12))
    for score, name in zip(found["score"], found["removed"], strict=True):
        assert score == pytest.approx(one(X[left], Y[left], "vrs", X[worst], Y[worst]), rel=1e-8)
        gone = units.names.index(name)
        if gone != worst:
            trials = {
                j: one(X[rest], Y[rest], "vrs", X[worst], Y[worst])
                for j in left
                if j != worst
                for rest in [[i for i in left if i != j]]
            }
            best = max(trials.values()) if side == "input" else min(trials.values())
            assert trials[gone] == pytest.approx(best, rel=1e-8)
        left.remove(gone)
    assert found.efficiency.iloc[-1] == pytest.approx(1)
    assert found.efficiency.is_monotonic_increasing


def test_reference_ladder(public, expected) -> None:
    """R Benchmarking 0.33, ``eladder(k, X, Y, RTS, "in")``: every step's score at 1e-8 relative."""
    table = expected("eladder")
    for (name, call, rts), part in table.groupby(["dataset", "call", "rts"]):
        row = int(call.removeprefix("eladder(").removesuffix(")")) - 1
        units = public[name]
        found = efficiency_ladder(units, units.names[row], rts=rts)
        wide = part.pivot(index="unit", columns="quantity", values="value").astype(float)
        wide = wide.loc[[f"step{k + 1}" for k in range(len(wide))]]
        np.testing.assert_allclose(found["score"], wide["eff"], rtol=1e-8)
        removed = [units.names.index(unit) + 1 for unit in found["removed"]]
        assert removed == wide["peer_row"].astype(int).tolist()

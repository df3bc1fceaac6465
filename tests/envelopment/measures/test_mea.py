"""Mea: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import data, ray

import bench
from bench.envelopment.measures.mea import mea


@pytest.mark.parametrize("rts", ["crs", "vrs", "fdh"])
def test_mea_is_pulps(rts: str) -> None:
    X, Y = data(5, n=9)
    found = mea(bench.Units.from_arrays(X, Y), rts=rts, orientation="both").values
    for k in range(9):
        room = [ray(X, Y, rts, X[k], Y[k], np.eye(5)[j][:3], np.eye(5)[j][3:]) for j in range(5)]
        np.testing.assert_allclose(np.r_[found.potential_x[k], found.potential_y[k]], room, atol=1e-7)
        if max(room) > 1e-6:
            expected = ray(X, Y, rts, X[k], Y[k], np.array(room[:3]), np.array(room[3:]))
            assert found.beta[k] == pytest.approx(expected, abs=1e-7)


def test_reference_mea(public, expected) -> None:
    """R Benchmarking 0.33, ``mea``: steps and potentials at 1e-8 relative."""
    table = expected("direct_mea")
    sides = {"in": "input", "out": "output", "in-out": "both"}
    for (name, rts, side), part in table[table["call"] == "mea"].groupby(["dataset", "rts", "orientation"]):
        found = mea(public[name], rts=rts, orientation=sides[side])
        m = len(public[name].inputs)
        room = np.hstack([found.values.potential_x, found.values.potential_y])
        room = room[:, {"in": slice(0, m), "out": slice(m, None), "in-out": slice(None)}[side]]
        wide = part.pivot(index="unit", columns="quantity", values="value").astype(float)
        wide = wide.loc[list(dict.fromkeys(part["unit"]))]
        np.testing.assert_allclose(found["beta"], wide["eff"], rtol=1e-8, atol=1e-9)
        columns = [f"direct{j + 1}" for j in range(room.shape[1])]
        np.testing.assert_allclose(room, wide[columns], rtol=1e-8, atol=1e-6 * np.abs(room).max() * 1e-3)

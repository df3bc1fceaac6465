"""Super efficiency: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import data, phi, ray, theta

import bench
from bench.envelopment.measures.super_efficiency import super_efficiency


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
@pytest.mark.parametrize("side", ["input", "output"])
def test_super_efficiency_is_pulps(rts: str, side: str) -> None:
    X, Y = data(4)
    found = super_efficiency(bench.Units.from_arrays(X, Y), rts=rts, orientation=side)
    for k in range(len(X)):
        expected = (theta if side == "input" else phi)(X, Y, rts, X[k], Y[k], skip=k)
        score = found["score"].iloc[k]
        assert np.isnan(score) if expected is None else score == pytest.approx(expected, rel=1e-8)
        both = ray(X, Y, rts, X[k], Y[k], X[k], Y[k], skip=k)
        assert found["beta"].iloc[k] == pytest.approx(both, abs=1e-8)
    lacking = found["score"].isna()
    assert {issue.unit for issue in found.issues} == set(found.frame.index[lacking])


def test_reference_super_efficiency(public, expected) -> None:
    """R Benchmarking 0.33, ``sdea``: 1e-8 relative; its ±Inf are units without a value."""
    for (name, rts, side), part in expected("sdea").groupby(["dataset", "rts", "orientation"]):
        found = super_efficiency(public[name], rts=rts, orientation=side)["score"].to_numpy()
        value = part["value"].astype(float).to_numpy()
        assert (np.isnan(found) == np.isinf(value)).all()
        known = np.isfinite(value)
        np.testing.assert_allclose(found[known], value[known], rtol=1e-8)

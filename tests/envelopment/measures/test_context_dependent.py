"""Tiers: by peeling with another solver."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import data, phi, theta

import bench
from bench.envelopment import context_dependent


@pytest.mark.parametrize("rts", ["crs", "vrs"])
@pytest.mark.parametrize("side", ["input", "output"])
def test_tiers_by_peeling(rts: str, side: str) -> None:
    X, Y = data(3, n=16, m=2, s=2)
    found = context_dependent(bench.Units.from_arrays(X, Y), rts=rts, orientation=side)

    def share(k: int, rows: list[int]) -> float:
        value = (theta if side == "input" else phi)(X[rows], Y[rows], rts, X[k], Y[k])
        return np.nan if value is None else value if side == "input" else 1 / value

    left, tier = list(range(16)), np.zeros(16, int)
    while left:
        best = [k for k in left if share(k, left) > 1 - 1e-7]
        tier[best] = tier.max() + 1
        left = [k for k in left if k not in best]
    assert found["tier"].tolist() == tier.tolist()
    for k in range(16):
        better = [j for j in range(16) if tier[j] == max(tier[k] - 1, 1)]
        assert found["progress"].iloc[k] == pytest.approx(share(k, better), rel=1e-7)
        worse = [j for j in range(16) if tier[j] == tier[k] + 1]
        expected = share(k, worse) if worse else np.nan
        assert found["attractiveness"].iloc[k] == pytest.approx(expected, rel=1e-7, nan_ok=True)

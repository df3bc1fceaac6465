"""The test of separability on split samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pulp_oracle import theta

import bench
from bench.envelopment import separability_test
from bench.envelopment.inference.separability import conditional_shares
from bench.errors import DataError, OptionError


def travelled(seed: int, n: int, effect: float) -> bench.Units:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"unit": range(n), "y": rng.uniform(1, 5, n), "travel": rng.uniform(0, 1, n)})
    z = table["travel"].to_numpy()
    table["x"] = table["y"] * np.exp(effect * z + rng.exponential(0.2 + 0.2 * z))
    return bench.Units.from_frame(table, id="unit", inputs=["x"], outputs=["y"], environment=["travel"])


def test_conditional_shares_by_pulp() -> None:
    units = travelled(0, 12, 1.0)
    Z = units.values(["travel"])
    rows = np.arange(3, 12)
    found = conditional_shares(units.X, units.Y, Z, np.array([0.4]), "vrs", "input")(rows)
    for value, k in zip(found, rows, strict=True):
        near = rows[np.abs(Z[rows, 0] - Z[k, 0]) < 0.4]
        score = theta(units.X[near], units.Y[near], "vrs", units.X[k], units.Y[k])
        assert value == pytest.approx(score, rel=1e-8)


def test_separability_is_rejected_where_circumstances_shift_the_frontier() -> None:
    """Ten samples each: inefficiency that grows with travel is separable, a dearer frontier is not."""
    kept = [separability_test(travelled(s, 100, 0.0), rts="crs", seed=s, halves=4) for s in range(10)]
    lost = [separability_test(travelled(s, 100, 1.5), rts="crs", seed=s, halves=4) for s in range(10)]
    assert np.mean([one.p_value < 0.05 for one in kept]) <= 0.3
    assert np.mean([one.p_value < 0.05 for one in lost]) >= 0.8
    assert "no meaning" in lost[0].meaning
    assert "no proof" in next(one for one in kept if one.p_value >= 0.05).meaning
    again = separability_test(travelled(0, 100, 1.5), rts="crs", seed=0, halves=4)
    assert again.statistics.tobytes() == lost[0].statistics.tobytes()
    units = travelled(0, 100, 0.0)
    for wrong in ({"rts": "drs"}, {"splits": 0}, {"bandwidth": -1.0}):
        with pytest.raises(OptionError):
            separability_test(units, **{"rts": "crs", "seed": 1, **wrong})
    with pytest.raises(DataError, match="near each one"):
        separability_test(units, rts="crs", seed=1, bandwidth=0.01)
    with pytest.raises(DataError, match="at least 80"):
        separability_test(travelled(0, 50, 0.0), rts="crs", seed=1)

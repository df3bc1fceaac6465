"""By-production: both technologies in another solver."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import phi, theta

import bench
from bench.envelopment import by_production
from bench.errors import OptionError


@pytest.mark.parametrize("rts", ["crs", "vrs"])
def test_both_parts_by_pulp(rts: str) -> None:
    rng = np.random.default_rng(4)
    X, Y = rng.uniform(1, 9, (12, 2)), rng.uniform(1, 9, (12, 3))
    found = by_production(bench.Units.from_arrays(X, Y), bad=["y3"], polluting=["x2"], rts=rts)
    for k in range(12):
        good = 1 / phi(X, Y[:, :2], rts, X[k], Y[k, :2])
        less = theta(Y[:, 2:], X[:, 1:], rts, Y[k, 2:], X[k, 1:])
        assert found["good"].iloc[k] == pytest.approx(good, rel=1e-7)
        assert found["bad"].iloc[k] == pytest.approx(less, rel=1e-7)
        assert found["target y3"].iloc[k] == pytest.approx(less * Y[k, 2], rel=1e-7)
    np.testing.assert_allclose(found.efficiency, (found["good"] + found["bad"]) / 2)
    with pytest.raises(OptionError, match="polluting"):
        by_production(bench.Units.from_arrays(X, Y), bad=["y3"], polluting=["y1"], rts=rts)

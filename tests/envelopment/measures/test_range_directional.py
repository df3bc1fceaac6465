"""Range directional: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import data, ray

import bench
from bench.envelopment.measures.directional import range_directional
from bench.errors import OptionError


def test_range_directional_ignores_the_zero_of_a_column() -> None:
    X, Y = data(4)
    shifted = bench.Units.from_arrays(X - 5, Y - 7, accept=["negative-value"])
    plain = range_directional(bench.Units.from_arrays(X, Y))
    np.testing.assert_allclose(range_directional(shifted).efficiency, plain.efficiency, atol=1e-9)
    gx, gy = X - X.min(0), Y.max(0) - Y
    for k in range(len(X)):
        assert 1 - plain.efficiency.iloc[k] == pytest.approx(ray(X, Y, "vrs", X[k], Y[k], gx[k], gy[k]), abs=1e-8)
    with pytest.raises(OptionError, match="range directional"):
        range_directional(shifted, rts="crs")


def test_range_directional_when_one_unit_is_best_in_everything() -> None:
    units = bench.Units.from_arrays([[1.0], [2.0]], [[2.0], [-1.0]], accept=["negative-value"])
    assert range_directional(units).efficiency.round(9).tolist() == [1.0, 0.0]

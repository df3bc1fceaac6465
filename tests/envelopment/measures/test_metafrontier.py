"""Metafrontier: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import data, theta

import bench
from bench.envelopment.measures.metafrontier import metafrontier
from bench.errors import DataError


@pytest.mark.parametrize("rts", ["crs", "vrs", "fdh"])
def test_metafrontier(rts: str) -> None:
    X, Y = data(7, n=12)
    group = np.array(["a"] * 5 + ["b"] * 7)
    found = metafrontier(bench.Units.from_arrays(X, Y), group=group.tolist(), rts=rts)
    for k in range(12):
        own = group == group[k]
        assert found.efficiency.iloc[k] == pytest.approx(theta(X, Y, rts, X[k], Y[k]), rel=1e-8)
        assert found["group_efficiency"].iloc[k] == pytest.approx(theta(X[own], Y[own], rts, X[k], Y[k]), rel=1e-8)
    assert (found["technology_gap"] <= 1 + 1e-9).all()
    with pytest.raises(DataError, match="one name per row"):
        metafrontier(bench.Units.from_arrays(X, Y), group=["a"], rts="vrs")

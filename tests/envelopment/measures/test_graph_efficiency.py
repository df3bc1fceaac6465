"""Graph efficiency: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import data, ray, theta

import bench
from bench.envelopment.measures.graph_efficiency import graph_efficiency


def reaches(X, Y, rts, x, y):
    beta = ray(X, Y, rts, x, y, np.ones(len(x)), 0 * y)
    return beta is not None and beta >= -1e-8


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs", "fdh", "add"])
def test_hyperbolic_point_is_on_the_frontier(rts: str) -> None:
    X, Y = data(1, n=6)
    found = graph_efficiency(bench.Units.from_arrays(X, Y), rts=rts)
    for k in range(6):
        t = found.efficiency.iloc[k]
        assert reaches(X, Y, rts, t * X[k], Y[k] / t)
        lower = t * (1 - 1e-6)
        assert not reaches(X, Y, rts, lower * X[k] - 1e-8, Y[k] / lower)


def test_hyperbolic_is_the_root_under_constant_returns() -> None:
    X, Y = data(2)
    found = graph_efficiency(bench.Units.from_arrays(X, Y), rts="crs")
    radial = [theta(X, Y, "crs", X[k], Y[k]) for k in range(len(X))]
    np.testing.assert_allclose(found.efficiency**2, radial, rtol=1e-8)


def test_hyperbolic_by_bisection_outside_the_set() -> None:
    X, Y = data(3)
    found = graph_efficiency(bench.Units.from_arrays(X, Y), rts="vrs", super_efficiency=True)
    assert (found.efficiency > 1).any()
    for k in range(len(X)):
        others = np.delete(np.arange(len(X)), k)
        low, high = 0.01, 20.0
        for _ in range(45):
            middle = (low + high) / 2
            inside = reaches(X[others], Y[others], "vrs", middle * X[k], Y[k] / middle)
            low, high = (low, middle) if inside else (middle, high)
        assert found.efficiency.iloc[k] == pytest.approx(high, rel=1e-6)


def test_reference_graph(public, expected) -> None:
    """R Benchmarking 0.33, ``dea(ORIENTATION="graph")``, a bisection: 5e-6."""
    for (name, rts), part in expected("dea_graph").groupby(["dataset", "rts"]):
        found = graph_efficiency(public[name], rts=rts)
        np.testing.assert_allclose(found.efficiency, part["value"].astype(float), atol=5e-6)

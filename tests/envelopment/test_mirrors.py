"""Every method with two orientations, seen in a mirror: another program for the same number.

Under constant returns the output score is one over the input score. Free disposal hulls and their quantiles turn over
when every number is replaced by its reciprocal and inputs trade places with outputs. Under variable returns what is
measured in units of the data turns over when numbers are taken from a constant instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bench
from bench import envelopment as e


def units(seed: int, n: int = 14) -> bench.Units:
    rng = np.random.default_rng(seed)
    return bench.Units.from_arrays(rng.uniform(1, 9, (n, 2)), rng.uniform(1, 9, (n, 2)))


def panel(seed: int, n: int = 8) -> bench.Units:
    import pandas as pd

    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.uniform(1, 9, (2 * n, 4)), columns=["x1", "x2", "y1", "y2"])
    table["unit"], table["year"] = [*range(n)] * 2, [1] * n + [2] * n
    return bench.Units.from_frame(table, id="unit", period="year", inputs=["x1", "x2"], outputs=["y1", "y2"])


CONSTANT: dict[str, Callable[..., Any]] = {
    "dea": lambda u, o: bench.dea(u, "crs", o).efficiency,
    "super": lambda u, o: e.super_efficiency(u, rts="crs", orientation=o).efficiency,
    "peer rules": lambda u, o: e.with_peer_rules(u, rts="crs", orientation=o, never=["1"], own_only=["2"]).efficiency,
    "categories": lambda u, o: e.categorical(u, category=[1, 2] * 7, rts="crs", orientation=o).efficiency,
    "metafrontier": lambda u, o: e.metafrontier(u, group=["a", "b"] * 7, rts="crs", orientation=o)["technology_gap"],
    "influence": lambda u, o: e.influence(u, rts="crs", orientation=o)["rise"],
    "screen": lambda u, o: e.outlier_screen(u, rts="crs", orientation=o)["super_efficiency"],
    "restricted": lambda u, o: (
        e.weight_restricted(u, restrictions=[e.Ratio("y1", "y2", 0.5, 2.0)], rts="crs", orientation=o).efficiency
    ),
    "bootstrap": lambda u, o: e.bootstrap_efficiency(u, rts="crs", orientation=o, seed=1, replicates=100).efficiency,
    "subsampling": lambda u, o: e.subsampling_efficiency(u, rts="crs", orientation=o, seed=1, replicates=100)["lower"],
    "mean": lambda u, o: e.mean_efficiency(u, rts="crs", orientation=o, seed=1)["mean"],
    "conditional": lambda u, o: (
        e.conditional_efficiency(u, measure="dea", rts="crs", orientation=o, variables=["x1"], bandwidth=9.0).efficiency
    ),
}
SIZES = {"mean": 24}
#: Inputs and outputs trade places.
TURNED = {"input": [1.0, 2.0, 0.0, 0.0], "output": [0.0, 0.0, 1.0, 2.0]}


@pytest.mark.parametrize("name", list(CONSTANT))
def test_constant_returns_make_both_orientations_one(name: str) -> None:
    table = units(1, SIZES.get(name, 14))
    into, out = (CONSTANT[name](table, side) for side in ("input", "output"))
    np.testing.assert_allclose(np.asarray(out, float), np.asarray(into, float), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("sets", ["adjacent", "global", "biennial"])
def test_productivity_under_constant_returns(sets: str) -> None:
    into, out = (e.malmquist(panel(2), orientation=side, sets=sets) for side in ("input", "output"))
    np.testing.assert_allclose(out["index"], into["index"], rtol=1e-8)
    boot = [e.bootstrap_malmquist(panel(2), orientation=s, seed=1, replicates=100) for s in ("input", "output")]
    np.testing.assert_allclose(boot[1]["index lower"], boot[0]["index lower"], rtol=1e-7)


@pytest.mark.parametrize(
    "method",
    [
        lambda u, o: bench.dea(u, "fdh", o).efficiency,
        lambda u, o: e.order_alpha(u, alpha=0.8, orientation=o).efficiency,
        lambda u, o: e.order_alpha(u, alpha=0.75, orientation=o).efficiency,
        lambda u, o: e.order_m(u, m=10**6, orientation=o).efficiency,
        lambda u, o: e.order_m(u, m=1, orientation=o)["comparable"],
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_reciprocals_turn_hulls_over(method: Callable[..., Any], whole: bool) -> None:
    table = units(3, 20)
    if whole:
        # Ties, and shares that are whole numbers of units.
        table = bench.Units.from_arrays(np.round(table.X), np.round(table.Y))
    mirror = bench.Units.from_arrays(1 / table.Y, 1 / table.X)
    np.testing.assert_allclose(method(mirror, "output"), method(table, "input"), rtol=1e-9)


@pytest.mark.parametrize(
    ("method", "column"),
    [
        (lambda u, o: e.range_directional(u, orientation=o), "beta"),
        (lambda u, o: e.range_directional(u, rts="fdh", orientation=o), "beta"),
        (lambda u, o: e.mea(u, rts="vrs", orientation=o), None),
        (lambda u, o: e.additive(u, rts="vrs", weights="ram"), "inefficiency"),
        (
            lambda u, o: e.additive(u, rts="vrs", weights=[0, 0, 1, 1] if o == "output" else [1, 1, 0, 0]),
            "inefficiency",
        ),
        (lambda u, o: e.directional(u, rts="vrs", direction=[0, 0, 1, 2] if o == "output" else [1, 2, 0, 0]), "beta"),
    ],
)
def test_what_is_left_of_a_constant_turns_variable_returns_over(method: Callable[..., Any], column: str | None) -> None:
    table = units(4)
    mirror = bench.Units.from_arrays(10 - table.Y, 10 - table.X)
    into, out = method(table, "input"), method(mirror, "output")
    if column is None:
        np.testing.assert_allclose(out.values.gained, into.values.saved, atol=1e-8)
    else:
        np.testing.assert_allclose(out[column], into[column], atol=1e-8)

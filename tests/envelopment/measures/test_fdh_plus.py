"""The scaled hull: R Benchmarking's numbers, and by trying sizes."""

from __future__ import annotations

import numpy as np
import pytest

import bench
from bench.envelopment import fdh_plus
from bench.errors import OptionError


@pytest.mark.parametrize("side", ["input", "output"])
def test_by_trying_sizes(side: str) -> None:
    rng = np.random.default_rng(0)
    X, Y = rng.uniform(1, 9, (15, 2)), rng.uniform(1, 9, (15, 2))
    found = fdh_plus(bench.Units.from_arrays(X, Y), orientation=side)
    for k in range(15):
        best = []
        for j in range(15):
            for size in np.append(np.linspace(0.85, 1.15, 601), [*(Y[k] / Y[j]), *(X[k] / X[j])]):
                if not 0.85 <= size <= 1.15:
                    continue
                if side == "input" and (size * Y[j] >= Y[k] * (1 - 1e-12)).all():
                    best.append((size * X[j] / X[k]).max())
                if side == "output" and (size * X[j] <= X[k] * (1 + 1e-12)).all():
                    best.append(-(size * Y[j] / Y[k]).min())
        assert found["score"].iloc[k] == pytest.approx(abs(min(best)), rel=1e-9)
    hull = fdh_plus(bench.Units.from_arrays(X, Y), orientation=side, scaling=(1, 1)).efficiency
    np.testing.assert_allclose(hull, bench.dea(bench.Units.from_arrays(X, Y), "fdh", side).efficiency, rtol=1e-12)
    with pytest.raises(OptionError, match="scaling"):
        fdh_plus(bench.Units.from_arrays(X, Y), scaling=(1.1, 1.2))


def test_reference_scaled_hull(public, expected) -> None:
    """R Benchmarking 0.33, ``dea(RTS="fdh+")`` with its default of 15 %."""
    table = expected("dea")
    table = table[(table["rts"] == "fdh+") & (table["quantity"] == "eff")]
    assert len(table)
    for (name, orientation), part in table.groupby(["dataset", "orientation"]):
        side = "input" if orientation == "in" else "output"
        found = fdh_plus(public[name], orientation=side)
        np.testing.assert_allclose(found["score"].to_numpy(), part["value"].astype(float).to_numpy(), rtol=1e-8)

"""Whole-number targets: by trying every whole number, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import theta

import bench
from bench.envelopment import integer_data
from bench.errors import DataError


@pytest.mark.parametrize("rts", ["crs", "vrs"])
@pytest.mark.parametrize("seed", range(3))
def test_scores_by_trying_every_whole_target(rts: str, seed: int) -> None:
    """Inputs (counted, not counted): the least θ at which some whole number up to θ·x₁ can make the outputs."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(2, 12, 9).astype(float), rng.uniform(2, 9, 9)])
    Y = rng.uniform(1, 9, (9, 1))
    found = integer_data(bench.Units.from_arrays(X, Y), whole=["x1"], rts=rts)
    for k in range(9):
        best = np.inf
        for places in range(1, int(X[k, 0]) + 1):
            # With the counted input at this number, how much of the other is needed?
            fixed = np.array([float(places), X[k, 1]])
            scale = theta_of_second(X, Y, rts, fixed, Y[k])
            if scale is not None:
                best = min(best, max(places / X[k, 0], scale))
        assert found.efficiency.iloc[k] == pytest.approx(best, rel=1e-7)
        target = found["target x1"].iloc[k]
        assert target == round(target) <= found.efficiency.iloc[k] * X[k, 0] + 1e-7
    plain = [theta(X, Y, rts, X[k], Y[k]) for k in range(9)]
    assert (found.efficiency >= np.array(plain) - 1e-9).all()
    nothing = integer_data(bench.Units.from_arrays(X, Y), whole=[], rts=rts).efficiency
    np.testing.assert_allclose(nothing, plain, rtol=1e-7)


def theta_of_second(X, Y, rts, x, y):
    """The least share of the second input with the first at most as given."""
    from pulp_oracle import Model

    model = Model(X, Y, rts, maximise=False)
    factor = model.var("t", 0)
    model.add(model.input(0) <= x[0])
    model.add(model.input(1) <= factor * x[1])
    model.add(model.output(0) >= y[0])
    return model.solve(factor)


def test_output_side_and_refusals() -> None:
    units = bench.Units.from_arrays([[2.0], [2.0]], [[5.0], [3.0]], names=["A", "B"])
    found = integer_data(units, whole=["y1"], rts="crs", orientation="output")
    assert found["score"].tolist() == pytest.approx([1.0, 5 / 3])
    assert found["target y1"].tolist() == [5.0, 5.0]
    half = bench.Units.from_arrays([[4.0], [3.0]], [[5.0], [3.0]], names=["A", "B"])
    # B could make 3.75 with its 3: three is the whole number, so there is nothing to gain.
    assert integer_data(half, whole=["y1"], rts="crs", orientation="output")["score"].tolist() == pytest.approx([1, 1])
    with pytest.raises(DataError, match="counted"):
        integer_data(bench.Units.from_arrays([[2.5], [2.0]], [[5.0], [3.0]]), whole=["x1"], rts="crs")

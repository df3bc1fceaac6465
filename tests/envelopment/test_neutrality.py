"""Splitting a unit into proportional parts, or merging such parts, changes no score by constant returns."""

from __future__ import annotations

import numpy as np
import pytest

import bench


def _accounts(seed: int, n: int = 16) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    Y = rng.uniform(5, 20, (n, 3))
    return (Y @ [3.0, 1.0, 2.0] * np.exp(np.abs(rng.normal(0, 0.25, n))))[:, None], Y


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.5, 0.1, 0.93])
def test_split_units_keep_everybodys_score(seed, share):
    X, Y = _accounts(seed)
    whole = bench.dea(bench.Units.from_arrays(X, Y), rts="crs").efficiency.to_numpy()
    for unit in (int(whole.argmax()), int(whole.argmin())):
        parts = [np.vstack([values, (1.0 - share) * values[[unit]]]) for values in (X, Y)]
        for values in parts:
            values[unit] *= share
        split = bench.dea(bench.Units.from_arrays(*parts), rts="crs").efficiency.to_numpy()
        assert split[:-1] == pytest.approx(whole, abs=1e-9)
        assert split[-1] == pytest.approx(whole[unit], abs=1e-9)
        # Merged again nothing has happened: their costs and volumes are those of the whole.
        merged = [np.delete(values, -1, axis=0) for values in parts]
        for values, part in zip(merged, parts, strict=True):
            values[unit] += part[-1]
        again = bench.dea(bench.Units.from_arrays(*merged), rts="crs").efficiency.to_numpy()
        assert again == pytest.approx(whole, abs=1e-9)


def test_by_variable_returns_a_split_does_change_scores():
    """Half a unit may have no small peer: a merger rule is needed there, which is why the others are told."""
    X, Y = _accounts(1)
    whole = bench.dea(bench.Units.from_arrays(X, Y), rts="vrs").efficiency.to_numpy()
    unit = int(whole.argmin())
    parts = [np.vstack([values, 0.5 * values[[unit]]]) for values in (X, Y)]
    for values in parts:
        values[unit] *= 0.5
    split = bench.dea(bench.Units.from_arrays(*parts), rts="vrs").efficiency.to_numpy()
    assert split[unit] > whole[unit] + 0.05


@pytest.mark.parametrize("seed", range(3))
def test_one_per_cent_more_volume_is_one_per_cent_more_norm_by_constant_returns(seed):
    """Over-recording in closed form: measured by the others a norm rises in proportion to what is recorded."""
    X, Y = _accounts(seed)
    units = bench.Units.from_arrays(X, Y)
    score = bench.dea(units, rts="crs").efficiency.to_numpy()
    more = bench.dea(bench.Units.from_arrays(X, 1.01 * Y), rts="crs", reference=units).efficiency.to_numpy()
    assert more == pytest.approx(1.01 * score, rel=1e-9)

"""The heterogeneous smoothed bootstrap: its draws, its sets, its replicates."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import phi, theta

import bench
from bench.envelopment import heterogeneous_bootstrap
from bench.envelopment.core.technology import Technology
from bench.envelopment.inference.heterogeneous_bootstrap import Joint, drawn_sets, joint_bootstrap
from bench.errors import DataError, OptionError


def uneven(seed: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One output from two inputs; inefficiency grows with size; the true output distances are known."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(1, 9, (n, 2))
    true = 1 + np.abs(rng.normal(0, 1, n)) * 0.1 * X[:, 0]
    return X, (X[:, :1] * X[:, 1:]) ** 0.4 / true[:, None], true


def test_draws_keep_mean_and_covariance_and_stay_above_one() -> None:
    rng = np.random.default_rng(0)
    X, Y = np.exp(rng.normal(0, 1, (4000, 2))), np.exp(rng.normal(0, 1, (4000, 2)))
    distance = 3 + 0.2 * np.log(X[:, 0]) + rng.normal(0, 0.2, 4000)
    joint = Joint.of(X, Y, distance, "output", 0.7)
    drawn = joint.draw(np.random.default_rng(1))
    np.testing.assert_allclose(drawn.mean(0), joint.rows.mean(0), atol=0.08)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(joint.rows.T), atol=0.12)
    near = Joint.of(X, Y, 1 + rng.exponential(0.1, 4000), "output", 0.7)
    assert near.draw(np.random.default_rng(1))[:, -1].min() >= 1


def test_draws_come_up_to_the_edge() -> None:
    """One input, one output: the least drawn distance is the whole correction, and the least true one what is needed.

    120 samples of 100 units.
    """
    held, need, applied = [], [], []
    for number in range(120):
        rng = np.random.default_rng([3, number])
        size, true = rng.uniform(1, 9, (100, 1)), np.exp(np.abs(rng.normal(0, 0.3, 100)))
        joint = Joint.of(size * true[:, None], size, true / true.min(), "input", None)
        least = 1 / np.array([joint.draw(rng)[:, -1].min() for _ in range(100)])
        low, high = np.quantile(least, [0.025, 0.975])
        held.append(2 - high <= true.min() <= 2 - low)
        need.append(true.min() - 1)
        applied.append(1 - least.mean())
    assert np.mean(held) > 0.87
    assert 0.7 < np.mean(applied) / np.mean(need) < 1.5


@pytest.mark.parametrize("side", ["input", "output"])
def test_drawn_units_stand_at_their_distance(side: str) -> None:
    """With a bandwidth of next to nothing the sets are resamples of the units themselves."""
    X, Y, _ = uneven(0, 12)
    Y = np.hstack([Y, Y * np.random.default_rng(3).uniform(0.5, 2, Y.shape)])
    base = Technology.of(X, Y, "vrs")
    score = np.array([(theta if side == "input" else phi)(X, Y, "vrs", X[k], Y[k]) for k in range(12)])
    distance = 1 / score if side == "input" else score
    joint = Joint.of(X, Y, np.maximum(distance, 1), side, 1e-12)
    A, B = drawn_sets(base, joint, side, [np.random.default_rng(k) for k in range(3)])
    for row in np.concatenate([A, B], axis=2).reshape(-1, 4):
        assert np.abs(np.hstack([X, Y]) / row - 1).max(1).min() < 1e-6
    wide = Joint.of(X, Y, np.maximum(distance, 1), side, None)
    A, B = drawn_sets(base, wide, side, [np.random.default_rng(5)])
    found = [(theta if side == "input" else phi)(X, Y, "vrs", a, b) for a, b in zip(A[0], B[0], strict=True)]
    reach = 1 / np.array(found) if side == "input" else np.array(found)
    assert len(reach) == 12
    assert reach.min() > 1 - 1e-9


def test_replicates_are_the_algorithm_by_pulp() -> None:
    X, Y, _ = uneven(1, 8)
    found = joint_bootstrap(X, Y, "vrs", "output", seed=5, count=3)
    base = Technology.of(X, Y, "vrs")
    joint = Joint.of(X, Y, found.distance, "output", None)
    for row, child in zip(found.replicates, np.random.SeedSequence(5).spawn(3), strict=True):
        A, B = drawn_sets(base, joint, "output", [np.random.default_rng(child)])
        for k in np.flatnonzero(np.isfinite(row)):
            assert row[k] == pytest.approx(phi(A[0], B[0], "vrs", X[k], Y[k]), rel=1e-8)


def test_same_seed_same_bytes_for_any_number_of_workers() -> None:
    X, Y, _ = uneven(1, 20)
    runs = [joint_bootstrap(X, Y, "vrs", "input", seed=3, count=40, workers=w) for w in (1, 2)]
    assert runs[0].replicates.tobytes() == runs[1].replicates.tobytes()


def test_measures_do_not_matter() -> None:
    X, Y, _ = uneven(2, 25)
    one = joint_bootstrap(X, Y, "vrs", "output", seed=3, count=40)
    other = joint_bootstrap(X * [1000.0, 0.01], Y * 7, "vrs", "output", seed=3, count=40)
    np.testing.assert_allclose(one.replicates, other.replicates, rtol=1e-7)


def test_intervals_follow_uneven_inefficiency() -> None:
    """Over four samples with inefficiency that grows with size, most intervals hold the truth."""
    held = []
    for seed in range(4):
        X, Y, true = uneven(seed, 60)
        found = joint_bootstrap(X, Y, "vrs", "output", seed=1, count=100)
        held.append((found.lower <= true) & (true <= found.upper))
    assert np.mean(held) > 0.6


def test_sets_that_cannot_be_compared_are_said() -> None:
    X, Y, _ = uneven(3, 15)
    found = heterogeneous_bootstrap(bench.Units.from_arrays(X, Y), rts="vrs", seed=1, replicates=100)
    missing = np.isnan(found.values.replicates).sum(0)
    assert missing.max() > 0
    lost = [issue for issue in found.issues if issue.rule == "replicates-without-a-value"]
    assert len(lost) == (missing > 0).sum()
    assert (found.efficiency.isna() == (missing > 50)).all()
    assert (found["lower"].isna() == (missing > 50)).all()
    assert found["estimate"].notna().all()
    assert 0 < found.efficiency.isna().sum() < 15


def test_refusals() -> None:
    with pytest.raises(DataError, match="logarithms"):
        heterogeneous_bootstrap(
            bench.Units.from_arrays([[1.0], [2.0], [3.0]], [[1.0, 0.0], [1.0, 1.0], [2.0, 1.0]]), rts="crs", seed=1
        )
    with pytest.raises(DataError, match="three"):
        heterogeneous_bootstrap(bench.Units.from_arrays([[1.0], [2.0]], [[1.0], [1.0]]), rts="crs", seed=1)
    units = bench.Units.from_arrays(*uneven(0, 10)[:2])
    for wrong in ({"replicates": 10}, {"rts": "fdh"}, {"level": 2.0}):
        with pytest.raises(OptionError):
            heterogeneous_bootstrap(units, **{"rts": "crs", "seed": 1, **wrong})

"""Bootstrap of Malmquist indices: draws, replicates, coverage, panels with gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pulp_oracle import phi, theta

import bench
from bench.envelopment import bootstrap_malmquist, malmquist
from bench.envelopment.inference.malmquist_bootstrap import draw_pairs
from bench.errors import DataError, OptionError


def panel(seed: int, n: int, shift: float = 1.1) -> tuple[bench.Units, np.ndarray]:
    """One output of two inputs in two years, the frontier moving by ``shift``: the true index of each unit is known."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(1, 9, (2 * n, 2))
    lag = rng.exponential(0.3, n)
    u = np.append(lag, np.abs(lag + rng.normal(0, 0.1, n)))
    y = np.sqrt(X[:, 0] * X[:, 1]) * np.exp(-u) * np.repeat([1.0, shift], n)
    table = pd.DataFrame({"unit": [*range(n)] * 2, "year": np.repeat([1, 2], n), "a": X[:, 0], "b": X[:, 1], "y": y})
    units = bench.Units.from_frame(table, id="unit", period="year", inputs=["a", "b"], outputs=["y"])
    return units, shift * np.exp(u[:n] - u[n:])


def test_pairs_keep_their_mirrored_variances_and_stay_above_one() -> None:
    rng = np.random.default_rng(0)
    pairs = rng.multivariate_normal([3, 4], [[0.1, 0.08], [0.08, 0.2]], 5000)
    drawn = draw_pairs(pairs, 0.8, np.random.default_rng(1))
    np.testing.assert_allclose(drawn.mean(0), pairs.mean(0), atol=0.03)
    np.testing.assert_allclose(((drawn - 1) ** 2).mean(0), ((pairs - 1) ** 2).mean(0), rtol=0.02)
    assert np.corrcoef(drawn.T)[0, 1] == pytest.approx(np.corrcoef(pairs.T)[0, 1], abs=0.02)
    near = draw_pairs(1 + rng.exponential(0.1, (500, 2)), 0.8, np.random.default_rng(1))
    assert near.min() >= 1


@pytest.mark.parametrize("side", ["input", "output"])
def test_replicates_are_the_algorithm_by_pulp(side: str) -> None:
    units, _ = panel(0, 6)
    found = bootstrap_malmquist(units, seed=5, orientation=side, replicates=100)
    X, Y, step = units.X, units.Y, found.values[0]
    value = theta if side == "input" else phi

    def share(A, B, row):
        score = value(A, B, "crs", X[row], Y[row])
        return score if side == "input" else 1 / score

    own = [1 / np.array([share(X[p], Y[p], row) for row in p]) for p in (np.arange(6), np.arange(6, 12))]
    pairs = np.column_stack(own)
    child = np.random.SeedSequence(int(np.random.SeedSequence(5).generate_state(1)[0])).spawn(100)[0]
    drawn = draw_pairs(pairs, (4 / 30) ** (1 / 6), np.random.default_rng(child))
    sets = []
    for t, part in enumerate((np.arange(6), np.arange(6, 12))):
        factor = (drawn[:, t] / own[t])[:, None]
        sets.append((X[part] * factor, Y[part]) if side == "input" else (X[part], Y[part] / factor))
    for k in range(6):
        e = [[share(*sets[s], k + 6 * t) for t in (0, 1)] for s in (0, 1)]
        index = np.sqrt(e[0][1] / e[0][0] * e[1][1] / e[1][0])
        np.testing.assert_allclose(step.replicates[0, :2, k], [index, e[1][1] / e[0][0]], rtol=1e-8)
    logs = np.log(step.replicates / step.estimate)
    low, high = np.quantile(logs, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(step.lower, step.estimate * np.exp(-high), rtol=1e-9)
    np.testing.assert_allclose(step.upper, step.estimate * np.exp(-low), rtol=1e-9)


def test_estimates_are_those_of_the_index_and_bytes_those_of_the_seed() -> None:
    units, _ = panel(1, 15)
    runs = [bootstrap_malmquist(units, seed=3, replicates=100, workers=w) for w in (1, 2)]
    assert runs[0].values[0].replicates.tobytes() == runs[1].values[0].replicates.tobytes()
    plain = malmquist(units)
    for name in ("index", "efficiency_change", "technical_change"):
        np.testing.assert_allclose(runs[0][name], plain[name], rtol=1e-9)


def test_the_mean_frontier_shift_is_found() -> None:
    """Four panels of 40 units and a true shift of 1.1: intervals of most units and means hold the truth."""
    held, means = [], []
    for seed in range(4):
        units, true = panel(seed, 40)
        found = bootstrap_malmquist(units, seed=1, replicates=100)
        held.append((found["index lower"] <= true) & (true <= found["index upper"]))
        step = found.values[0]
        means.append(step.mean_lower[2] <= 1.1 <= step.mean_upper[2])
        assert step.mean[0] == pytest.approx(np.exp(np.log(step.estimate[0]).mean()))
        assert step.mean_lower[0] < step.mean_upper[0]
    assert np.mean(held) > 0.7
    assert np.sum(means) >= 2


def test_a_unit_of_one_period_is_named_and_stays_in_its_set() -> None:
    units, _ = panel(2, 12)
    rows = np.delete(np.arange(24), 20)
    found = bootstrap_malmquist(units.take(rows), seed=1, replicates=100)
    assert len(found.frame) == 11
    assert [issue.rule for issue in found.issues if issue.unit] == ["unit-missing"]
    np.testing.assert_allclose(found["index"], malmquist(units.take(rows))["index"], rtol=1e-9)
    assert np.isfinite(found["index lower"]).all()


def test_technical_change_is_held_with_one_input_and_one_output() -> None:
    """There the index is exact and technical change is the ratio of the best units: 120 panels of 60 units."""
    held = []
    for number in range(120):
        rng = np.random.default_rng([11, number])
        true = np.exp(np.abs(rng.normal(0, 0.3, (60, 2))))
        drawn = np.log([draw_pairs(true / true.min(0), (4 / 300) ** (1 / 6), rng).min(0) for _ in range(100)])
        low, high = np.quantile(drawn[:, 0] - drawn[:, 1], [0.025, 0.975])
        held.append(low <= np.log(true.min(0)[0] / true.min(0)[1]) <= high)
    assert np.mean(held) > 0.87


def test_refusals() -> None:
    units, _ = panel(0, 6)
    with pytest.raises(OptionError):
        bootstrap_malmquist(units, seed=1, replicates=5)
    with pytest.raises(OptionError):
        bootstrap_malmquist(bench.Units.from_arrays([[1.0], [2.0]], [[1.0], [1.0]]), seed=1)
    with pytest.raises(DataError, match="three"):
        bootstrap_malmquist(units.take(np.array([0, 1, 6, 7])), seed=1)

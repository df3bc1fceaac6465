"""Bias-corrected means of scores: the jackknife, its interval, and what tests are made of."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import theta

import bench
from bench.envelopment import mean_efficiency
from bench.envelopment.inference.mean_efficiency import (
    combined,
    efficiencies,
    mean_of,
    normal_tail,
    statistic_of,
    used_units,
)
from bench.envelopment.inference.subsampling import rate
from bench.errors import DataError, OptionError


def constant(seed: int, n: int, shift: float = 0.0) -> bench.Units:
    """Constant returns with exponential inefficiency of mean 0.3: mean efficiency 1/1.3; a shift is a fixed cost."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(1, 9, (n, 2))
    waste = np.exp(rng.exponential(0.3, n))[:, None]
    return bench.Units.from_arrays(X * waste + shift, np.sqrt(X[:, :1] * X[:, 1:]))


def test_the_jackknife_by_pulp() -> None:
    """Mean, bias and error rebuilt from the same halves with one program per unit."""
    units = constant(0, 13)
    X, Y, rows = units.X, units.Y, np.arange(2, 13)
    kappa = 0.5
    found = mean_of(efficiencies(X, Y, "vrs", "input"), rows, kappa, np.random.default_rng(4), splits=2, rts="vrs")

    def scores(part):
        return np.array([theta(X[part], Y[part], "vrs", X[k], Y[k]) for k in part])

    generator, halves = np.random.default_rng(4), []
    for _ in range(2):
        order = generator.permutation(11)
        mine = np.concatenate([scores(rows[order[:5]]), scores(rows[order[5:]])])
        halves.append(mine[np.argsort(order)])
    plain = scores(rows)
    assert found.plain == pytest.approx(plain.mean(), rel=1e-8)
    assert found.bias == pytest.approx((np.mean(halves) - plain.mean()) / (2**kappa - 1), rel=1e-7)
    own = plain - (np.mean(halves, axis=0) - plain) / (2**kappa - 1)
    assert found.error == pytest.approx(own.std(ddof=1) / np.sqrt(11), rel=1e-7)
    assert found.corrected == pytest.approx(found.plain - found.bias)


def test_the_jackknife_takes_off_a_bias_that_falls_at_the_rate() -> None:
    """Scores that are their truth plus c·n^(−κ), whatever the half, are corrected exactly."""
    truth = np.random.default_rng(0).uniform(0.5, 0.9, 40)
    for kappa in (1 / 3, 0.5, 1.0):

        def scores(rows, kappa=kappa):
            return truth[rows] + 0.7 * len(rows) ** -kappa

        found = mean_of(scores, np.arange(40), kappa, np.random.default_rng(1), splits=3, rts="vrs")
        assert found.corrected == pytest.approx(truth.mean(), rel=1e-12)


def test_with_a_slow_rate_fewer_units_count() -> None:
    assert used_units(100, 2 / 5, "vrs") == 100
    assert used_units(100, 1 / 3, "vrs") == 21
    assert used_units(100, 1 / 3, "fdh") == 100
    assert used_units(100, 1 / 4, "fdh") == 10
    rng = np.random.default_rng(0)
    units = bench.Units.from_arrays(rng.uniform(1, 9, (60, 3)), rng.uniform(1, 9, (60, 3)))
    found = mean_efficiency(units, rts="vrs", seed=1, splits=3)
    assert found["used"]["all"] == int(60 ** (4 / 7))
    assert found["std_error"]["all"] > 2 * found.values["all"].deviation / np.sqrt(60)


def test_intervals_of_corrected_means_hold_the_truth_and_plain_ones_less_often() -> None:
    """Thirty samples; binomial standard error at 95 % is 4 points."""
    held, plain = [], []
    for seed in range(30):
        row = mean_efficiency(constant(seed, 80), rts="crs", seed=seed, splits=5).frame.loc["all"]
        held.append(row["lower"] <= 1 / 1.3 <= row["upper"])
        plain.append(abs(row["mean"] - 1 / 1.3) < (row["upper"] - row["lower"]) / 2)
    assert np.mean(held) >= 0.83
    assert np.mean(plain) < np.mean(held)


def test_groups_have_frontiers_of_their_own() -> None:
    units = constant(3, 60)
    names = ["north"] * 25 + ["south"] * 35
    found = mean_efficiency(units, rts="crs", seed=1, group=names)
    assert found.frame.index.tolist() == ["north", "south"]
    alone = efficiencies(units.X[:25], units.Y[:25], "crs", "input")(np.arange(25)).mean()
    assert found["mean"]["north"] == pytest.approx(alone, rel=1e-9)
    assert found.frame.equals(mean_efficiency(units, rts="crs", seed=1, group=names).frame)
    with pytest.raises(DataError, match="at least 20"):
        mean_efficiency(units, rts="crs", seed=1, group=["a"] * 5 + ["b"] * 55)
    for wrong in ({"rts": "irs"}, {"splits": 0}, {"level": 0.1}):
        with pytest.raises(OptionError):
            mean_efficiency(units, **{"rts": "crs", "seed": 1, **wrong})


def test_normal_tail_and_combination() -> None:
    from scipy.stats import norm

    for value in (-1.0, 0.0, 2.5, 8.0):
        assert float(normal_tail(value)) == pytest.approx(norm.sf(value), rel=1e-9)
    assert combined(np.array([0.2])) == 0.2
    assert combined(np.array([0.01, 0.03, 0.5])) == 0.06
    assert combined(np.array([0.9, 0.8])) == 1.0


def test_statistic_is_the_standardised_difference() -> None:
    units = constant(1, 40)
    scores = efficiencies(units.X, units.Y, "crs", "input")
    one, two = (mean_of(scores, rows, 2 / 3, np.random.default_rng(0), splits=2, rts="crs")
                for rows in (np.arange(20), np.arange(20, 40)))  # fmt: skip
    expected = (one.corrected - two.corrected) / np.sqrt((one.deviation**2 + two.deviation**2) / 20)
    assert statistic_of(one, two) == pytest.approx(expected)


@pytest.mark.parametrize(("rts", "n"), [("fdh", 60), ("vrs", 20)])
def test_the_error_is_that_of_the_corrected_mean(rts: str, n: int) -> None:
    """The standard error tells how far corrected means of 60 samples of a known world lie apart, but for their noise.

    The spread of scores alone, with the squared bias added, told 0.75 to 0.78 of it in designs like these; the tests
    built on it rejected true hypotheses up to four times too often.
    """
    kappa, found = rate(rts, 2, 1), []
    for seed in range(60):
        rng = np.random.default_rng([20_261_201, n, seed])
        X = rng.uniform(1, 9, (n, 2))
        Y = (X.prod(axis=1) ** 0.3 / np.exp(rng.exponential(0.3, n)))[:, None]
        found.append(mean_of(efficiencies(X, Y, rts, "input"), np.arange(n), kappa, rng, splits=5, rts=rts))
    told = np.sqrt(np.mean([one.error**2 for one in found]))
    truly = np.std([one.corrected for one in found], ddof=1)
    assert 0.85 < told / truly < 1.35

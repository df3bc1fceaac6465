"""Groups compared: means, aggregates, distributions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

import bench
from bench.envelopment import compare_groups, mean_efficiency
from bench.envelopment.core.technology import Technology
from bench.envelopment.inference.group_comparison import (
    Sample,
    corrected_aggregate,
    density_statistic,
    density_test,
    group_scores,
    unit_weights,
)
from bench.envelopment.inference.mean_efficiency import corrected_mean
from bench.envelopment.inference.sizes import sizes
from bench.errors import DataError, OptionError


def two(seed: int, n: int, second: float) -> tuple[bench.Units, list[str]]:
    """Constant returns; exponential inefficiency of mean 0.3 in one group and ``second`` in the other."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(1, 9, (2 * n, 2))
    waste = np.exp(np.append(rng.exponential(0.3, n), rng.exponential(second, n)))[:, None]
    return bench.Units.from_arrays(X * waste, np.sqrt(X[:, :1] * X[:, 1:])), ["a"] * n + ["b"] * n


def sample_of(units: bench.Units, n: int, frontier: str, weights: str = "shares") -> Sample:
    groups = {"a": np.arange(n), "b": np.arange(n, len(units))}
    return Sample(units.X, units.Y, groups, "crs", "input", frontier, unit_weights(units.X, units.Y, "input", weights))


def test_the_density_statistic_is_its_double_sum() -> None:
    """With h → the statistic estimates ∫(f − g)²: written out pair by pair, and in the limit by quadrature."""
    rng = np.random.default_rng(0)
    x, y, h = rng.normal(0, 1, 7), rng.normal(0.5, 1, 5), 0.4

    def kernel(d):
        return np.exp(-0.5 * (d / h) ** 2)

    own = sum(kernel(x[i] - x[j]) for i in range(7) for j in range(7) if i != j) / 42
    other = sum(kernel(y[i] - y[j]) for i in range(5) for j in range(5) if i != j) / 20
    across = sum(kernel(a - b) for a in x for b in y) / 35
    values = np.append(x, y)
    inside = (np.arange(12) < 7) * 1.0
    found = density_statistic(kernel(values[:, None] - values[None]), inside, 1 - inside)
    assert float(found) == pytest.approx(own + other - 2 * across, rel=1e-12)
    x, y, h = rng.uniform(0, 1, 3000), rng.beta(2, 2, 3000), 0.02
    values = np.append(x, y)
    inside = (np.arange(6000) < 3000) * 1.0
    found = density_statistic(kernel(values[:, None] - values[None]), inside, 1 - inside) / (h * np.sqrt(2 * np.pi))
    truth, _ = quad(lambda u: (1 - 6 * u * (1 - u)) ** 2, 0, 1)
    assert float(found) == pytest.approx(truth, abs=0.03)


def test_the_density_test_holds_its_size() -> None:
    """Eighty pairs of samples from the same distribution: 5 % with a standard error of 2.4 points."""
    false = []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        first, second = (np.maximum(1 + rng.exponential(0.3, n) - 0.02, 1) for n in (40, 50))
        false.append(density_test(first, second, 0.5, seed=seed, count=100)[1] < 0.05)
    assert np.mean(false) <= 0.13
    with pytest.raises(DataError, match="efficient"):
        density_test(np.ones(20), 1 + np.arange(20.0), 0.5, seed=1)
    with pytest.raises(DataError, match="vary"):
        density_test(np.full(20, 1.5), 1.1 + np.arange(20.0), 0.5, seed=1)


def aggregate(sample: Sample, name: str) -> float:
    """A group's aggregate as estimated."""
    found, _ = group_scores(sample, np.random.default_rng(0), 1)[name]
    return corrected_aggregate(sample.weight[sample.groups[name]], found, found, 0.5, "crs").plain


def test_the_error_of_an_aggregate_is_that_of_a_jackknife() -> None:
    """Without bias it is a ratio of two means: leave one unit out, n times, on the scale of logarithms."""
    rng = np.random.default_rng(3)
    score, weight = rng.uniform(0.4, 1, 400), rng.exponential(1, 400)
    one = corrected_aggregate(weight, score, score, 2 / 3, "crs")
    left_out = np.log([np.delete(weight * score, k).sum() / np.delete(weight, k).sum() for k in range(400)])
    assert one.error == pytest.approx(np.sqrt(399 * left_out.var()), rel=0.01)
    assert one.corrected == one.plain == pytest.approx((weight * score).sum() / weight.sum())
    # Halves whose scores are one per cent higher: at a rate of 1/2 the bias is 1/(√2 − 1) of that.
    less = corrected_aggregate(weight, score, 1.01 * score, 0.5, "vrs")
    assert less.corrected == pytest.approx(one.plain * (1 - 0.01 / (np.sqrt(2) - 1)))
    # A slow rate: the error goes by n^(2κ) units, 400^0.5 = 20.
    slow = corrected_aggregate(weight, score, score, 0.25, "vrs")
    assert slow.error == pytest.approx(one.error * np.sqrt(400 / 20))


@pytest.mark.parametrize("frontier", ["own", "pooled"])
def test_aggregates_are_weighted_means(frontier: str) -> None:
    units, _ = two(0, 20, 0.3)
    sample = sample_of(units, 20, frontier)
    found = [aggregate(sample, name) for name in sample.groups]
    for number, rows in enumerate(sample.groups.values()):
        base = rows if frontier == "own" else np.arange(40)
        technology = Technology.of(units.X[base], units.Y[base], "crs")
        beta = technology.ray(
            technology.points(units.X[rows], units.Y[rows]), technology.directions(units.X[rows], 0 * units.Y[rows])
        ).value
        share = (units.X[rows] / units.X.sum(0)).mean(1)
        assert found[number] == pytest.approx(((1 - beta) * share).sum() / share.sum(), rel=1e-9)
    # With one measure and shares as weights, the aggregate is what the group could do with over what it uses.
    single = bench.Units.from_arrays(units.X[:, :1], units.Y)
    one = sample_of(single, 20, "own")
    need = aggregate(one, "a")
    best = (single.X[:20] / single.Y[:20]).min()
    assert need == pytest.approx(best * single.Y[:20].sum() / single.X[:20].sum(), rel=1e-9)


def test_means_with_own_frontiers_have_the_bias_of_each_group_alone() -> None:
    """Many halves: the same jackknife as of each group on its own, up to the draw of halves."""
    units, labels = two(1, 40, 0.4)
    generator = np.random.default_rng(0)
    scores = group_scores(sample_of(units, 40, "own"), generator, 60)
    joint = {name: corrected_mean(*pair, 2 / 3, generator, rts="crs") for name, pair in scores.items()}
    alone = mean_efficiency(units, rts="crs", seed=1, group=labels, splits=60)
    for name, one in joint.items():
        assert one.plain == pytest.approx(alone["mean"][name], rel=1e-9)
        assert one.bias == pytest.approx(alone["bias"][name], rel=0.2)


def test_equal_groups_are_seldom_told_apart_and_unequal_ones_often() -> None:
    """Twelve pairs each; the true ratio of means is 1 or 1.8/1.3."""
    out = []
    for second in (0.3, 0.8):
        for seed in range(12):
            units, labels = two(seed, 50, second)
            row = compare_groups(
                units, group=labels, rts="crs", seed=seed, replicates=100, halves=5, weights="equal"
            ).frame.iloc[0]
            truth = (1 + second) / 1.3
            out.append((second, row["mean_p"] < 0.05, row["density_p"] < 0.05,
                        row["ratio_lower"] <= truth <= row["ratio_upper"]))  # fmt: skip
    table = np.array(out, dtype=float)
    same, other = table[:12].mean(0), table[12:].mean(0)
    assert same[1] <= 0.26
    assert same[2] <= 0.26
    assert other[1] >= 0.75
    assert other[2] >= 0.5
    # Of 24 intervals at 95 %, four or more miss in 3 % of such runs.
    assert table[:, 3].mean() >= 21 / 24


def test_same_seed_same_bytes_for_any_number_of_workers() -> None:
    units, labels = two(2, 25, 0.5)
    runs = [compare_groups(units, group=labels, rts="vrs", seed=4, replicates=100, halves=3, workers=w) for w in (1, 2)]
    assert runs[0].frame.equals(runs[1].frame)


def test_three_groups_make_three_pairs_and_bad_input_is_refused() -> None:
    units, _ = two(3, 30, 0.3)
    labels = ["a"] * 20 + ["b"] * 20 + ["c"] * 20
    found = compare_groups(units, group=labels, rts="crs", seed=1, replicates=100, halves=2, frontier="pooled")
    assert found[["first", "second"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
    assert ((found["ratio_lower"] <= found["ratio"]) & (found["ratio"] <= found["ratio_upper"])).all()
    for wrong in ({"group": ["a"] * 60}, {"rts": "irs"}, {"frontier": "none"}, {"weights": "cost"}, {"replicates": 5}):
        with pytest.raises(OptionError):
            compare_groups(units, **{"group": labels, "rts": "crs", "seed": 1, **wrong})
    with pytest.raises(DataError, match="at least 20"):
        compare_groups(units, group=["a"] * 59 + ["b"], rts="crs", seed=1)


def test_the_guide_says_what_the_table_says() -> None:
    guide = " ".join((Path(bench.__file__).parent / "guide" / "group_comparison.md").read_text("utf-8").split())
    means, outside = (
        [100 * one.rejected for one in sizes() if one.test == f"group-{name}"] for name in ("means", "ratio")
    )
    assert f"equal means were rejected in {min(means):g} to {max(means):g} % at 5 %" in guide
    assert f"held the truth in {100 - max(outside):g} to {100 - min(outside):g} %" in guide
    assert min(one.samples for one in sizes() if one.test.startswith("group")) == 200

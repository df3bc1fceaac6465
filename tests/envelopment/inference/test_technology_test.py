"""Tests of constant returns and of convexity on split samples."""

from __future__ import annotations

import numpy as np
import pytest

import bench
from bench.envelopment import returns_to_scale_test, technology_test
from bench.envelopment.inference.sizes import sizes
from bench.envelopment.inference.technology_test import faster_share
from bench.errors import DataError, OptionError
from bench.report.words.findings import in_language


def constant(seed: int, n: int, shift: float = 0.0) -> bench.Units:
    """Constant returns with exponential inefficiency of mean 0.3: mean efficiency 1/1.3; a shift is a fixed cost."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(1, 9, (n, 2))
    waste = np.exp(rng.exponential(0.3, n))[:, None]
    return bench.Units.from_arrays(X * waste + shift, np.sqrt(X[:, :1] * X[:, 1:]))


def test_constant_returns_are_rejected_with_a_fixed_cost_only() -> None:
    """Over twelve samples of 100: a big fixed cost is always found, and constant returns seldom rejected."""
    false = [technology_test(constant(s, 100), hypothesis="constant-returns", seed=s) for s in range(12)]
    true = [technology_test(constant(s, 100, 5.0), hypothesis="constant-returns", seed=s) for s in range(12)]
    assert np.mean([one.p_value < 0.05 for one in false]) <= 0.34
    assert np.mean([one.p_value < 0.05 for one in true]) >= 0.8
    assert "speak against constant returns" in true[0].meaning
    assert true[0].difference > 0
    several = technology_test(constant(0, 100, 5.0), hypothesis="constant-returns", seed=0, splits=3)
    assert several.p_value == pytest.approx(min(1, 2 * np.median(several.p_values)))
    assert several.statistics[0] == true[0].statistic


def test_convexity_is_rejected_where_it_does_not_hold() -> None:
    rng = np.random.default_rng(0)
    x, waste = rng.uniform(1, 9, 300), np.exp(rng.exponential(0.2, 300))
    hollow = bench.Units.from_arrays(x * waste, np.where(x < 5, np.sqrt(x), np.sqrt(x) + (x - 5) ** 2))
    bowed = bench.Units.from_arrays(x * waste, x**0.7)
    assert technology_test(hollow, hypothesis="convexity", seed=1).p_value < 0.01
    assert technology_test(bowed, hypothesis="convexity", seed=1).p_value > 0.01
    n = faster_share(1000, 2 / 3, 1 / 2, 0.6)
    assert n ** (2 / 3) <= 0.6 * (1000 - n) ** 0.5
    assert (n + 1) ** (2 / 3) > 0.6 * (999 - n) ** 0.5


def test_refusals() -> None:
    with pytest.raises(OptionError):
        technology_test(constant(0, 60), hypothesis="concavity", seed=1)
    with pytest.raises(OptionError):
        technology_test(constant(0, 60), hypothesis="convexity", seed=1, halves=0)
    with pytest.raises(DataError, match="at least 40"):
        technology_test(constant(0, 30), hypothesis="convexity", seed=1)
    with pytest.raises(DataError, match="nothing to test"):
        technology_test(bench.Units.from_arrays(np.ones(60), np.ones(60)), hypothesis="constant-returns", seed=1)


def test_results_say_where_a_true_hypothesis_is_rejected_too_often() -> None:
    """The warning repeats the table, stands in the summary, and is silent where the size was kept."""
    rng = np.random.default_rng(5)
    X = rng.uniform(1, 9, (100, 2))
    Y = np.sqrt(X[:, :1] * X[:, 1:]) * np.exp(-rng.exponential(0.3, (100, 1)))
    units = bench.Units.from_arrays(X, Y)
    told = returns_to_scale_test(units, seed=1, replicates=100)
    line = next(one for one in sizes() if one[:4] == ("returns-to-scale-dependent", 2, 1, 100))
    assert line.rejected > 0.08
    assert [issue.rule for issue in told.warnings] == ["efficiency-goes-with-size"]
    assert f"{line.rejected:.1%} of {line.samples}" in told.warnings[0].message
    assert f"correlation {told.dependence:.2g}, p = {told.dependence_p:.2g}" in told.warnings[0].message
    assert told.warnings[0].message in str(told.summary())
    split = [one.rejected for one in sizes() if one.test == "constant-returns"]
    assert f"{min(split):.1%} to {max(split):.1%}" in told.warnings[0].remedy
    assert "simulerte utvalg" in in_language(told.warnings[0].message, "nb")
    assert in_language(told.warnings[0].remedy, "nb").startswith("avgjør med technology_test")
    # In the direction in which inefficiency was drawn it does not depend on size, and the table knows no excess.
    assert returns_to_scale_test(units, seed=1, replicates=100, orientation="output").warnings == ()
    assert max(one.rejected for one in sizes() if one.test == "returns-to-scale") <= 0.08
    kept = [one for one in sizes() if one.test == "constant-returns" and one.inputs + one.outputs == 3]
    assert max(one.rejected for one in kept) <= 0.08
    assert technology_test(units, hypothesis="constant-returns", seed=1).warnings == ()
    worst = next(one for one in sizes() if one[:4] == ("convexity", 2, 1, 100))
    assert worst.rejected > 0.08
    convexity = technology_test(units, hypothesis="convexity", seed=1).warnings[0]
    assert convexity.rule == "test-size"
    assert f"{worst.rejected:.1%} of {worst.samples}" in convexity.message
    assert "simulerte utvalg" in in_language(convexity.message, "nb")

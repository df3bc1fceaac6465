"""Outliers: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import data, theta

import bench
from bench.envelopment.outliers.outliers import influence, outlier_screen, without
from bench.errors import OptionError


@pytest.mark.parametrize("rts", ["crs", "vrs"])
def test_influence_is_solving_everything_again(rts: str) -> None:
    X, Y = data(1, n=10)
    found = influence(bench.Units.from_arrays(X, Y), rts=rts).values
    base = np.array([theta(X, Y, rts, X[k], Y[k]) for k in range(10)])
    expected = {}
    for gone in range(10):
        rest = [j for j in range(10) if j != gone]
        for k in rest:
            rise = theta(X[rest], Y[rest], rts, X[k], Y[k]) - base[k]
            if rise > 1e-8:
                expected[gone, k] = rise
    assert {(u, a): r for u, a, r in zip(found.unit, found.affected, found.rise, strict=True) if r > 1e-8} == (
        pytest.approx(expected, abs=1e-8)
    )
    np.testing.assert_allclose(found.efficiency, base, rtol=1e-8)


def test_dominance_test_by_hand() -> None:
    """F = Σ(E − 1)² of the others without and with the unit, both with n − 1 degrees of freedom."""
    stats = pytest.importorskip("scipy.stats")
    X, Y = data(2, n=12)
    X[0] /= 3
    units = bench.Units.from_arrays(X, Y)
    found = outlier_screen(units, rts="vrs", level=0.4)
    base = np.array([theta(X, Y, "vrs", X[k], Y[k]) for k in range(12)])
    for gone in range(12):
        rest = [j for j in range(12) if j != gone]
        again = np.array([theta(X[rest], Y[rest], "vrs", X[k], Y[k]) for k in rest])
        ratio = ((again - 1) ** 2).sum() / ((base[rest] - 1) ** 2).sum()
        assert found["dominance"].iloc[gone] == pytest.approx(stats.f.cdf(ratio, 11, 11), abs=1e-6)
    np.testing.assert_array_equal(found["dominant"], found["dominance"] < 0.4)
    assert found["dominant"].any()
    assert found["reason"][found["dominant"]].str.contains("p = ").all()


def test_interquartile_and_fixed_rules() -> None:
    X, Y = data(3, n=15)
    units = bench.Units.from_arrays(X, Y)
    found = outlier_screen(units, rts="crs")
    score = np.array([theta(X, Y, "crs", X[k], Y[k], skip=k) for k in range(15)])
    low, high = np.quantile(score, [0.25, 0.75])
    assert found.values.threshold == pytest.approx(high + 1.5 * (high - low))
    np.testing.assert_array_equal(found["beyond"], score > high + 1.5 * (high - low))
    fixed = outlier_screen(units, rts="crs", rule="fixed", threshold=1.1)
    np.testing.assert_array_equal(fixed["beyond"], score > 1.1)
    assert ((found["reason"] != "") == found["outlier"]).all()
    for wrong in ({"threshold": 1.2}, {"rule": "fixed"}, {"level": 1.5}, {"rule": "gut"}):
        with pytest.raises(OptionError):
            outlier_screen(units, rts="crs", **wrong)


def test_unit_without_comparison_is_an_outlier_with_that_reason() -> None:
    units = bench.Units.from_arrays([[2.0], [4.0], [9.0]], [[1.0], [3.0], [4.0]], names=["A", "B", "C"])
    found = outlier_screen(units, rts="vrs")
    assert found["outlier"].loc["C"]
    assert "nobody can be compared" in found["reason"].loc["C"]


def test_nothing_is_removed_without_a_reason() -> None:
    units = bench.Units.from_arrays(*data(3))
    rest, removed = without(units, ["3", "5"], reason="test period")
    assert len(rest) == len(units) - 2
    assert [(issue.unit, issue.rule) for issue in removed] == [("3", "removed-unit"), ("5", "removed-unit")]
    with pytest.raises(OptionError, match="why"):
        without(units, ["3"], reason=" ")
    with pytest.raises(OptionError, match="no unit"):
        without(units, ["300"], reason="x")

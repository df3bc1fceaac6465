"""Order-m outlier screen: expectations counted out sample by sample, and units put in to be found."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import bench
from bench.envelopment.outliers.partial_outliers import order_m_outliers, order_m_screen
from bench.errors import DataError, OptionError


def counted(X, Y, row, m, side):
    """Return the mean, over all samples of m other comparable units, of the best efficiency's reciprocal step."""
    others = [k for k in range(len(X)) if k != row]
    if side == "input":
        others = [k for k in others if (Y[k] >= Y[row]).all()]
        factors = [(X[k] / X[row]).max() for k in others]
        best = min
    else:
        others = [k for k in others if (X[k] <= X[row]).all()]
        factors = [(Y[k] / Y[row]).min() for k in others]
        best = max
    if not others:
        return np.nan
    score = np.mean([best(sample) for sample in product(factors, repeat=m)])
    return score if side == "input" else 1.0 / score


def test_expectations_are_those_of_all_samples():
    rng = np.random.default_rng(3)
    X, Y = np.exp(rng.normal(size=(7, 2))), np.exp(rng.normal(size=(7, 1)))
    found = order_m_screen(X, Y, [1, 3], 0.2)
    for place, side in enumerate(("input", "output")):
        for row in range(7):
            expected = [counted(X, Y, row, m, side) for m in (1, 3)]
            np.testing.assert_allclose(found.efficiency[place, row], expected, rtol=1e-12)
    np.testing.assert_array_equal(found.share, found.beyond.mean(axis=1))
    assert (found.comparable[0] == 0).any()


def test_units_that_were_put_in_are_found_and_no_others():
    rng = np.random.default_rng(5)
    x = np.exp(rng.normal(0, 0.3, 300))
    y = x * np.exp(-np.abs(rng.normal(0, 0.2, 300)))
    y[[10, 20]] *= 4.0
    units = bench.Units.from_arrays(x, y)
    found = order_m_outliers(units, m=[10, 25, 50], threshold=0.5, side="output")
    assert found.frame.index[found["outlier"]].tolist() == ["11", "21"]
    assert all("best of 50 others" in found["reason"][unit] for unit in ("11", "21"))
    strict = order_m_outliers(units, m=[10, 25, 50], threshold=5.0)
    assert not strict["outlier"].any()
    sides = [order_m_outliers(units, m=[10], threshold=0.3, side=side)["outlier"] for side in ("input", "output")]
    either = order_m_outliers(units, m=[10], threshold=0.3)["outlier"]
    both = order_m_outliers(units, m=[10], threshold=0.3, side="both")["outlier"]
    assert ((sides[0] | sides[1]) == either).all()
    assert ((sides[0] & sides[1]) == both).all()


def test_a_unit_without_comparison_is_named_and_not_called_an_outlier():
    units = bench.Units.from_arrays([[1.0], [1.0], [2.0]], [[1.0], [1.2], [9.0]], names=["A", "B", "C"])
    found = order_m_outliers(units, m=[2], side="input")
    assert not found["outlier"]["C"]
    assert "no other unit is comparable" in found["reason"]["C"]
    assert np.isnan(found["input m=2"]["C"])


@pytest.mark.parametrize("m", [[], [0, 3], [3, 2], [2.5], [2, 2]])
def test_sizes_must_rise(m):
    with pytest.raises(OptionError, match="rise"):
        order_m_outliers(bench.Units.from_arrays([1.0, 2.0], [1.0, 1.0]), m=m)


def test_bad_options_and_data_are_refused():
    units = bench.Units.from_arrays([1.0, 2.0], [1.0, 1.0])
    with pytest.raises(OptionError, match="threshold"):
        order_m_outliers(units, threshold=0.0)
    with pytest.raises(OptionError, match="side"):
        order_m_outliers(units, side="left")
    with pytest.raises(DataError, match="negative"):
        order_m_outliers(bench.Units.from_arrays([1.0, 2.0], [1.0, -1.0], accept=["negative-value"]))

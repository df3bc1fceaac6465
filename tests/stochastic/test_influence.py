"""Influence in closed form against leaving each row out and fitting again."""

from __future__ import annotations

import numpy as np
import pytest

from bench.errors import DataError
from bench.stochastic.least_squares.influence import regression_influence


def test_it_is_what_leaving_each_row_out_gives():
    rng = np.random.default_rng(0)
    n, k = 25, 4
    X = np.column_stack([np.ones(n), rng.normal(size=(n, k - 1)) * [1.0, 1e3, 1e-4]])
    y = X @ [2.0, 1.0, 1e-3, 1e4] + rng.normal(size=n)
    y[7] += 5.0
    found = regression_influence(y, X)
    whole = np.linalg.lstsq(X, y, rcond=None)[0]
    variance = ((y - X @ whole) ** 2).sum() / (n - k)
    spread = np.sqrt(np.diag(np.linalg.inv(X.T @ X)))
    for i in range(n):
        keep = np.arange(n) != i
        part = np.linalg.lstsq(X[keep], y[keep], rcond=None)[0]
        moved = X @ (whole - part)
        assert found.cook[i] == pytest.approx(moved @ moved / (k * variance), rel=1e-8)
        without = ((y[keep] - X[keep] @ part) ** 2).sum() / (n - 1 - k)
        assert found.dfbetas[i] == pytest.approx((whole - part) / (np.sqrt(without) * spread), rel=1e-6)
    assert found.leverage.sum() == pytest.approx(k)
    assert found.cook.argmax() == 7
    assert found.cook_limit == pytest.approx(4 / 21)
    assert found.dfbetas_limit == pytest.approx(0.4)


def test_by_hand():
    """A line through 1, 2, 3, 4 and 9: e = 0.8, −0.2, −1.2 … at x = 5 the residual is 1.6 and the leverage 0.6.

    Slope 1.8, intercept −1.6: residuals 0.8, 0, −0.8, −1.6, 1.6, sum of squares 6.4, s² = 32/15.
    Cook = 1.6²·0.6/(2·(32/15)·0.4²) = 2.25.
    """
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    found = regression_influence(np.array([1.0, 2.0, 3.0, 4.0, 9.0]), np.column_stack([np.ones(5), x]))
    assert found.leverage == pytest.approx([0.6, 0.3, 0.2, 0.3, 0.6])
    assert found.cook[4] == pytest.approx(2.25)


def test_measures_do_not_matter():
    rng = np.random.default_rng(1)
    X, y = np.column_stack([np.ones(12), rng.normal(size=12)]), rng.normal(size=12)
    one, two = regression_influence(y, X), regression_influence(1e6 * y, X * [1.0, 1e-7])
    assert two.cook == pytest.approx(one.cook, rel=1e-9)
    assert two.dfbetas == pytest.approx(one.dfbetas, rel=1e-9)


def test_a_row_that_alone_decides_a_coefficient_is_beyond_any_limit():
    X = np.column_stack([np.ones(8), np.eye(8)[:, 0]])
    assert np.isinf(regression_influence(np.arange(8.0), X).cook[0])


def test_rows_on_the_line_move_nothing():
    x = np.arange(6.0)
    found = regression_influence(2.0 + 3.0 * x, np.column_stack([np.ones(6), x]))
    assert found.cook == pytest.approx(np.zeros(6))


def test_too_few_rows_and_copies_are_refused():
    with pytest.raises(DataError, match="more than 3 rows"):
        regression_influence(np.arange(3.0), np.column_stack([np.ones(3), np.arange(3.0)]))
    with pytest.raises(DataError, match="combinations"):
        regression_influence(np.arange(6.0), np.column_stack([np.ones(6), np.arange(6.0), 2 * np.arange(6.0)]))

"""The numpy half of the proof: pairs that contradict each other are found, however many there are."""

import numpy as np
import pytest

from bench.lp.certificate import dual_residual, primal_residual


def slowly(prices, columns, exclude):
    """Return the largest positive product relative to its terms, or to 1e-5 of both sizes, pair by pair."""
    worst = np.zeros(len(prices))
    for k, q in enumerate(prices):
        terms = columns * q
        sizes = np.maximum(np.abs(terms).sum(axis=1), 1e-5 * np.abs(q).sum() * np.abs(columns).max(axis=1))
        share = np.maximum(terms.sum(axis=1), 0.0) / np.maximum(sizes, 1e-300)
        if exclude[k] >= 0:
            share[exclude[k]] = 0.0
        worst[k] = share.max(initial=0.0)
    return worst


def contradicted(rng, programs, columns, d, excess):
    """Return prices and columns of which some products are positive by a share ``excess`` of their terms."""
    q = np.exp(rng.normal(0, 3, (programs, d)))
    p = np.exp(rng.normal(0, 3, (columns, d))) * np.where(np.arange(d) < d // 2, -1.0, 1.0)
    # Outputs shrink until every product is negative, then some columns are put just above a price's plane.
    p[:, d // 2 :] *= 1e-9
    for program in rng.choice(programs, min(programs, 40), replace=False):
        column = rng.integers(columns)
        spent = -(q[program, : d // 2] * p[column, : d // 2]).sum()
        made = (q[program, d // 2 :] * p[column, d // 2 :]).sum()
        p[column, d // 2 :] *= spent / made * (1 + 2 * excess)
    return q, p


@pytest.mark.parametrize(("programs", "columns", "d"), [(3, 5, 2), (61, 997, 7), (5, 20_011, 4), (401, 333, 12)])
@pytest.mark.parametrize("excess", [1e-9, 1e-12, -1e-12])
def test_the_dual_test_finds_what_a_pair_by_pair_test_finds(programs, columns, d, excess):
    rng = np.random.default_rng(programs)
    q, p = contradicted(rng, programs, columns, d, excess)
    exclude = np.where(rng.uniform(size=programs) < 0.3, rng.integers(0, columns, programs), -1)
    expected = slowly(q, p, exclude)
    np.testing.assert_allclose(dual_residual(q.T, p.T, exclude), expected, rtol=0, atol=2e-15)
    assert excess < 0 or expected.max() >= 0.9 * excess


def test_blocks_full_of_ties_are_found_as_pair_by_pair():
    rng = np.random.default_rng(4)
    q, p = rng.integers(0, 3, (300, 6)).astype(float), rng.integers(0, 2, (500, 6)) * np.repeat([-1.0, 1.0], 3)
    p[p.sum(axis=1) > 0] *= -1.0
    products = q @ p.T
    assert (products == 0).mean() > 0.1
    exclude = np.where(rng.uniform(size=300) < 0.5, rng.integers(0, 500, 300), -1)
    np.testing.assert_allclose(dual_residual(q.T, p.T, exclude), slowly(q, p, exclude), rtol=0, atol=2e-15)


def test_a_column_met_only_by_prices_that_are_rounding_contradicts_nothing():
    q, faint = np.array([[1.0], [1e-17], [1.0]]), np.array([[0.0, -1.0], [1.0, 1.0], [0.0, 0.5]])
    assert dual_residual(q, faint)[0] <= 1e-11
    q[1] = 1e-3
    assert dual_residual(q, faint)[0] == pytest.approx(1.0)


def test_the_dual_test_does_not_depend_on_measures():
    rng = np.random.default_rng(2)
    q, p = contradicted(rng, 300, 400, 6, 1e-10)
    factor = 2.0 ** rng.integers(-200, 200, 300)
    found = dual_residual(q.T, p.T)
    np.testing.assert_array_equal(dual_residual(q.T * factor, p.T * 2.0**-300), found)
    assert found.max() > 0


def test_programs_without_prices_or_columns_have_no_residual():
    assert dual_residual(np.zeros((3, 200)), np.ones((3, 300))).tolist() == [0.0] * 200
    assert dual_residual(np.ones((3, 2)), np.zeros((3, 0))).tolist() == [0.0, 0.0]


def test_a_row_that_fails_is_measured_by_its_own_terms():
    used = np.array([[[-2.0]], [[1.0]], [[1.0]]])
    points = np.array([[-2.0], [1.0 + 1e-6], [1.0]])
    none = np.zeros_like(points)
    weight = np.ones((1, 1))
    equality = np.array([False, False, True])
    found = primal_residual(used, points, none, np.zeros(1), weight, equality)
    np.testing.assert_allclose(found, 1e-6 / (2 + 1e-6), rtol=1e-9)
    above = primal_residual(used, points - np.array([[0.0], [1.0], [0.5]]), none, np.zeros(1), weight, equality)
    np.testing.assert_allclose(above, 0.5 / 1.5)
    assert primal_residual(used, points, none, np.zeros(1), -weight, equality)[0] >= 1.0

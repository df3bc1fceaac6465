"""The numpy half of the proof: pairs that contradict each other are found, however many there are."""

from fractions import Fraction

import numpy as np
import pytest

from bench.lp.proofs.certificate import UNIT, enclosed, excess, primal_residual, reached, relative_width, spent


def slowly(prices, columns, exclude):
    """Return the largest gain, roundings counted, as a share of the terms below zero, pair by pair."""
    worst = np.zeros(len(prices))
    for k, q in enumerate(prices):
        terms = columns * q
        slip = (len(q) + 2) * UNIT * np.abs(terms).sum(axis=1)
        gain = np.maximum(terms.sum(axis=1) + slip, 0.0)
        share = np.where(gain > 0, gain / np.maximum(-np.minimum(terms, 0).sum(axis=1) - slip, 1e-300), 0.0)
        if exclude[k] >= 0:
            share[exclude[k]] = 0.0
        worst[k] = share.max(initial=0.0)
    return worst


def contradicted(rng, programs, columns, d, share):
    """Return prices and columns of which some products are positive by a share of their terms."""
    q = np.exp(rng.normal(0, 3, (programs, d)))
    p = np.exp(rng.normal(0, 3, (columns, d))) * np.where(np.arange(d) < d // 2, -1.0, 1.0)
    # Outputs shrink until every product is negative, then some columns are put just above a price's plane.
    p[:, d // 2 :] *= 1e-9
    for program in rng.choice(programs, min(programs, 40), replace=False):
        column = rng.integers(columns)
        spent = -(q[program, : d // 2] * p[column, : d // 2]).sum()
        made = (q[program, d // 2 :] * p[column, d // 2 :]).sum()
        p[column, d // 2 :] *= spent / made * (1 + 2 * share)
    return q, p


@pytest.mark.parametrize(("programs", "columns", "d"), [(3, 5, 2), (61, 997, 7), (5, 20_011, 4), (401, 333, 12)])
@pytest.mark.parametrize("above", [1e-9, 1e-12, -1e-12])
def test_the_dual_test_finds_what_a_pair_by_pair_test_finds(programs, columns, d, above):
    rng = np.random.default_rng(programs)
    q, p = contradicted(rng, programs, columns, d, above)
    exclude = np.where(rng.uniform(size=programs) < 0.3, rng.integers(0, columns, programs), -1)
    expected = slowly(q, p, exclude)
    np.testing.assert_allclose(excess(q.T, p.T, exclude), expected, rtol=1e-6, atol=3e-15)
    assert above < 0 or expected.max() >= 0.9 * above


def test_blocks_full_of_ties_are_found_as_pair_by_pair():
    rng = np.random.default_rng(4)
    q, p = rng.integers(0, 3, (300, 6)).astype(float), rng.integers(0, 2, (500, 6)) * np.repeat([-1.0, 1.0], 3)
    p[p.sum(axis=1) > 0] *= -1.0
    products = q @ p.T
    assert (products == 0).mean() > 0.1
    exclude = np.where(rng.uniform(size=300) < 0.5, rng.integers(0, 500, 300), -1)
    np.testing.assert_allclose(excess(q.T, p.T, exclude), slowly(q, p, exclude), rtol=1e-6, atol=3e-15)


def test_a_column_that_gains_and_costs_nothing_contradicts_whatever_its_price():
    q, p = np.array([[1.0], [1e-17]]), np.array([[0.0, -1.0], [1.0, 0.0]])
    assert excess(q, p)[0] > 1e100
    q[1] = 0.0
    assert excess(q, p)[0] == 0.0


def test_no_gain_of_any_column_is_a_larger_share_in_exact_arithmetic():
    rng = np.random.default_rng(8)
    q, p = contradicted(rng, 60, 40, 5, 1e-15)
    found = excess(q.T, p.T)
    for k in range(60):
        for j in range(40):
            terms = [Fraction(a) * Fraction(b) for a, b in zip(q[k].tolist(), p[j].tolist(), strict=True)]
            below = -sum(term for term in terms if term < 0)
            assert sum(terms) <= Fraction(found[k]) * below


def test_the_dual_test_does_not_depend_on_measures():
    rng = np.random.default_rng(2)
    q, p = contradicted(rng, 300, 400, 6, 1e-10)
    factor = 2.0 ** rng.integers(-200, 200, 300)
    found = excess(q.T, p.T)
    np.testing.assert_array_equal(excess(q.T * factor, p.T * 2.0**-300), found)
    assert found.max() > 0


def test_programs_without_prices_or_columns_have_no_residual():
    assert excess(np.zeros((3, 200)), np.ones((3, 300))).tolist() == [0.0] * 200
    assert excess(np.ones((3, 2)), np.zeros((3, 0))).tolist() == [0.0, 0.0]


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


def test_the_enclosure_is_as_wide_as_prices_and_slip_say():
    """One input, one output: β* = 1/2 by hand, from q = (1/2, 1/2), b = (−2, 1) and g = (2, 0)."""
    q, b, g = np.array([[0.5], [0.5]]), np.array([[-2.0], [1.0]]), np.array([[2.0], [0.0]])
    value, none = np.array([0.5]), np.zeros(1)
    assert enclosed(q, b, g, value, none, none)[0] < 1e-14
    # Relative to 1 − β: a spending of 1e-9 is 2e-9 of the score of a half.
    assert enclosed(q, b, g, value, none, none + 1e-9)[0] == pytest.approx(2e-9, rel=1e-5)
    assert enclosed(q, b, g, value, none + 1e-9, none)[0] == pytest.approx(2e-9, rel=1e-5)
    assert enclosed(q, b, g, value - 1e-9, none, none)[0] == pytest.approx(2e-9, rel=1e-5)
    assert enclosed(0.4 * q, b, g, value, none, none)[0] == np.inf
    assert enclosed(q, b, g, value, none + np.inf, none)[0] == np.inf


@pytest.mark.parametrize(
    ("value", "size"), [(0.0, 1.0), (0.999, 1e-3), (-0.999, 1e-3), (7.0, 6.0), (-7.0, 6.0), (0.5, 0.5)]
)
def test_a_width_counts_relative_to_the_least_of_the_scores(value, size):
    at = np.array([value])
    assert relative_width(at, at - 1e-9, at)[0] == pytest.approx(1e-9 / size, rel=1e-5)
    assert relative_width(at, at, at + 1e-9)[0] == pytest.approx(1e-9 / size, rel=1e-5)


def test_what_columns_can_spend_is_limited_by_their_rows():
    """Two units of one input and one output under variable returns, by hand."""
    columns = np.array([[-2.0, -4.0], [1.0, 3.0], [1.0, 1.0]])
    points, equality = np.array([[-4.0], [2.0], [1.0]]), np.array([False, False, True])
    moved = np.array([[1.0], [0.0], [0.0]])
    # Inputs: no more than 4 − 1 = 3 at price 2; the convexity row only where its price is below zero, here by 5.
    for scale_price, expected in ((-5.0, 2 * 3 + 5 * 1), (5.0, 2 * 3)):
        prices = np.array([[2.0], [7.0], [scale_price]])
        assert spent(prices, columns, points, moved, equality)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_said_to_be_reached_is_reached_in_exact_arithmetic(seed):
    """Intensities that rounding left a little short come back feasible, checked in fractions."""
    rng = np.random.default_rng(seed)
    p = np.exp(rng.normal(0, 4, (4, 3, 1))) * np.array([-1.0, -1.0, 1.0, 1.0])[:, None, None]
    true = np.exp(rng.normal(0, 1, (3, 1)))
    b = (p * true).sum(axis=1)
    g = np.where(np.arange(4)[:, None] < 2, np.abs(b), 0.0)
    weight = true * (1 + rng.normal(0, 1e-15, (3, 1)))
    moved, beta = reached(p, b, g, weight, np.zeros(4, bool))
    assert -1e-13 < beta[0] < 1e-13
    for i in range(4):
        total = sum(Fraction(float(p[i, j, 0])) * Fraction(float(moved[j, 0])) for j in range(3))
        assert total >= Fraction(float(b[i, 0])) + Fraction(float(beta[0])) * Fraction(float(g[i, 0]))
    fixed, nothing = reached(p, b, g, weight, np.array([False, False, True, False]))
    assert nothing[0] == -np.inf
    np.testing.assert_array_equal(fixed, weight)


def test_one_column_taken_once_is_compared_without_rounding():
    p, g = np.array([[-1.0], [1.0], [1.0]])[:, :, None], np.array([[2.0], [0.0], [0.0]])
    equality = np.array([False, False, True])
    for output, expected in ((1.0, 0.5), (np.nextafter(1.0, 2.0), -np.inf), (np.nextafter(1.0, 0.0), 0.5)):
        b = np.array([[-2.0], [output], [1.0]])
        assert reached(p, b, g, np.array([[1.0 - 1e-16]]), equality)[1][0] == pytest.approx(expected, abs=1e-14)

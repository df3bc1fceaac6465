"""Each step of the proof pinned by itself: worked out by hand, or row by row in fractions.

A change of any one operator or number in the module is noticed here or in ``test_lp_certificate.py``
(``.ci/mutate.py certificate``).
"""

from __future__ import annotations

import threading
from fractions import Fraction

import numpy as np
import pytest

from bench.lp.proofs import certificate
from bench.lp.proofs.certificate import (
    UNIT,
    both_signs,
    enclosed,
    excess,
    in_parts,
    lifted,
    maybe_contradicted,
    moved_inside,
    off_one,
    primal_residual,
    reached,
    relative,
    relative_width,
    row_measure,
    scores_of,
    shares,
    sign_residual,
    simple_inner,
    spent,
    used_columns,
)


@pytest.mark.parametrize("workers", [1, 2, 0, -1])
@pytest.mark.parametrize("programs", [0, 1, 3, 4, 5, 9])
def test_every_program_is_in_one_part(monkeypatch, programs, workers):
    monkeypatch.setattr(certificate, "PROGRAMS", 4)
    seen, who = [], set()

    def prove(part):
        seen.extend(range(part.start, part.stop))
        who.add(threading.current_thread() is threading.main_thread())

    in_parts(prove, programs, workers)
    assert sorted(seen) == list(range(programs))
    alone = workers == 1 or programs <= 4
    assert who <= {alone}  # threads only where there are several parts to share out


def test_columns_in_use_are_taken_by_place():
    columns = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    place = np.array([[0, 2], [1, 3]])
    assert used_columns(columns, place[:1]).tolist() == [[[1.0, 3.0]], [[4.0, 6.0]]]
    extra = np.array([[70.0, 80.0], [71.0, 81.0]])
    assert used_columns(columns, place, extra).tolist() == [[[1.0, 3.0], [2.0, 80.0]], [[4.0, 6.0], [5.0, 81.0]]]


def test_what_a_solution_is_short_of_row_by_row():
    # Row 0 is an equation, rows 1 and 2 are inequalities; two programs, two columns in use.
    used = np.array([[[1.0, 1.0], [1.0, 1.0]], [[2.0, 2.0], [-1.0, -1.0]], [[0.0, 3.0], [4.0, 0.0]]])
    weight = np.array([[0.5, 1.0], [0.5, 1.0]])
    points = np.array([[1.0, 1.0], [0.25, 4.0], [1.0, 2.0]])
    along, directions = np.array([0.5, -2.0]), np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 0.25]])
    found = primal_residual(used, points, directions, along, weight, np.array([True, False, False]))
    # First: 1 = 1; 1 − 0.5 against 0.25 + 0.5 is 0.25 short of terms 1 + 0.5 + 0.25 + 0.5; 2 is more than 1.25.
    # Second: 2 against 1 is one off in terms of 2 + 1; 2 − 1 against 4 − 2 is one short of 2 + 1 + 4 + 2; 3 > 1.5.
    assert found == pytest.approx([0.25 / 2.25, 1.0 / 3.0], rel=1e-15)


def test_an_intensity_below_zero_is_a_fault_by_its_share():
    used, points = np.zeros((1, 3, 2)), np.zeros((1, 2))
    weight = np.array([[1.0, 0.5], [-0.25, 0.5], [0.75, 0.0]])
    assert primal_residual(used, points, points, np.zeros(2), weight, np.array([False])).tolist() == [0.125, 0.0]
    two = primal_residual(used[:, :2], points, points, np.zeros(2), weight[[0, 2]], np.array([False]))
    assert two.tolist() == [0.0, 0.0]


def test_measures_of_rows_are_powers_of_two_near_the_mean():
    columns = np.array([[3.0, -1000.0, 0.25], [5.0, 1048.0, 0.25]])
    found = row_measure(columns)
    assert (np.log2(found) % 1 == 0).all()
    # What a row is divided by is within a factor of two of the mean size: 4, 1024 and 1/4.
    assert (np.array([4.0, 1024.0, 0.25]) / found >= 0.5).all()
    assert (np.array([4.0, 1024.0, 0.25]) / found <= 2.0).all()


def test_shares_of_what_is_below_zero():
    # 3 − 2 gains one of two below; −5 + 1 gains nothing; 4 − 0 gains with nothing below.
    found = shares(np.array([[3.0, -5.0, 4.0], [-2.0, 1.0, 0.0]]))
    assert found[0] == pytest.approx(0.5, rel=1e-14)
    assert found[0] > 0.5  # roundings are counted
    assert found[1] == 0.0
    assert found[2] > 1e299


@pytest.mark.parametrize("seed", range(20))
def test_what_columns_spend_is_the_limit_of_their_rows(seed):
    """Summed in fractions: rows whose columns are all negative, and equations whose columns are all positive."""
    rng = np.random.default_rng(seed)
    d, n, k = 5, 4, 6
    columns = np.abs(rng.normal(size=(d, n))) * np.array([-1.0, 1.0, 1.0, -1.0, 1.0])[:, None]
    equality = np.array([False, True, False, True, True])
    prices, points, moved = rng.normal(size=(d, k)), rng.normal(size=(d, k)), rng.normal(size=(d, k))
    found = spent(prices, columns, points, moved, equality)
    for j in range(k):
        total = Fraction(0)
        for i in range(d):
            size = abs(Fraction(points[i, j]) + Fraction(moved[i, j]))
            price = Fraction(prices[i, j])
            if columns[i].max() <= 0:
                total += max(price, Fraction(0)) * size
            elif equality[i]:
                total += max(-price, Fraction(0)) * size
        assert float(total) <= found[j] <= float(total) * (1 + 1e-14) + 1e-14


def test_a_row_without_columns_of_either_sign_limits_by_itself():
    one, zero = np.ones((1, 1)), np.zeros((1, 1))
    assert spent(one, zero, one, zero, np.array([False])) == pytest.approx([1.0])
    assert spent(-one, one, one, zero, np.array([True])) == pytest.approx([1.0])
    assert spent(one, one, one, zero, np.array([True])).tolist() == [0.0]
    assert spent(-one, one, one, zero, np.array([False])).tolist() == [0.0]


def test_prices_move_to_where_columns_cost():
    """Terms below zero grow and terms above shrink by four shares; rows of both signs and unmovable rows stand."""
    columns = np.array([[-1.0, -2.0], [1.0, 3.0], [-1.0, 1.0], [-4.0, -1.0], [0.0, 2.0], [0.0, 0.0], [2.0, 1.0]])
    movable = np.array([True, True, True, False, True, True, True])
    free = np.array([False, False, False, False, False, False, True])
    prices = np.array([2.0, 3.0, 5.0, 7.0, 11.0, 13.0, -17.0])[:, None]
    share = np.array([0.01])
    step = 4 * 0.01 + 8 * (7 + 4) * UNIT
    signs = np.array([-1.0, 1.0, 0.0, 0.0, 1.0, -1.0, 1.0])
    # A price below zero of a free row makes terms below zero of columns above: it grows in size.
    expected = prices[:, 0] * (1 - np.sign(prices[:, 0]) * signs * step)
    assert moved_inside(prices, columns, movable, free, share)[:, 0] == pytest.approx(expected, rel=1e-15)
    assert moved_inside(np.array([[-1e-20]]), -np.ones((1, 2)), np.array([True]), np.array([False]), share)[0, 0] == 0.0
    assert moved_inside(np.array([[-1e-20]]), -np.ones((1, 2)), np.array([False]), np.array([True]), share)[0, 0] < 0.0
    # All of the price may be taken away, no more: where shares are large an inequality's price is zero.
    assert moved_inside(prices, columns, movable, free, np.array([1.0]))[1, 0] == 0.0


@pytest.mark.parametrize(
    ("columns", "free", "inner"),
    [
        ([[-1.0, -2.0], [1.0, -1.0]], [False, False], [1.0, 0.0]),
        ([[-1.0, -2.0], [0.0, -1.0]], [False, False], [1.0, 1.0]),
        ([[1.0, 2.0], [1.0, -1.0]], [True, False], [-1.0, 0.0]),
        ([[1.0, 2.0], [1.0, -1.0]], [False, False], None),
        ([[0.0, 2.0], [-1.0, 1.0]], [True, True], None),
        ([[0.0, 2.0], [-1.0, 0.0]], [True, False], [-1.0, 1.0]),
        ([[-1.0, 0.0], [1.0, 1.0]], [False, False], None),
    ],
)
def test_prices_of_one_signed_rows_at_which_columns_cost(columns, free, inner):
    found = simple_inner(np.array(columns), np.array(free))
    assert (None if found is None else found.tolist()) == inner


def test_what_is_lifted_costs_each_column_what_it_gained():
    columns, inner = np.array([[-1.0, -4.0], [2.0, 1.0]]), np.array([1.0, 0.0])
    prices, share = np.array([[3.0], [5.0]]), np.array([0.5])
    # Losses are 1 and 4; sizes by loss are at most 1 and 2, so 0.5·(3 + 10) is needed, and four times that is added.
    assert lifted(prices, inner, columns, share).tolist() == [[29.0], [5.0]]
    assert lifted(prices, inner, columns, np.array([np.inf])).tolist() == [[3.0], [5.0]]


@pytest.mark.parametrize(("k", "n", "d"), [(1, 1, 1), (40, 60, 3), (700, 400, 6)])
def test_whatever_contradicts_is_looked_at(k, n, d):
    rng = np.random.default_rng(k)
    prices, columns = np.abs(rng.normal(size=(k, d))), -np.abs(rng.normal(size=(n, d)))
    columns[rng.integers(n)] *= -1e-3 if n > 1 else 1.0
    found = maybe_contradicted(prices, columns)
    assert found.shape == (k,)
    exact = (prices @ columns.T).max(axis=1) > 0
    assert found[exact].all()
    safe = (prices @ columns.T / np.abs(prices).sum(axis=1)[:, None] / np.abs(columns).max(axis=1)).max(axis=1) < -1e-4
    assert not found[safe].any()


def test_a_price_below_zero_is_a_fault_by_its_share():
    free = np.array([False, True, False])
    prices = np.array([[1.0, -0.5, 2.0], [-8.0, -2.0, 1.0], [2.0, 4.0, 0.5]])
    assert sign_residual(prices, free).tolist() == [0.0, 0.125, 0.0]
    assert sign_residual(prices[:, [0, 2]], free).tolist() == [0.0, 0.0]
    assert sign_residual(np.array([[-1e-30, 0.5]]), np.array([False])).tolist() == [1.0, 0.0]


def _exact_beta(used, points, along, weight, equality):
    """Return β that intensities reach, in fractions; None where they are not feasible."""
    best = None
    for i in range(len(points)):
        total = sum(Fraction(a) * Fraction(w) for a, w in zip(used[i], weight, strict=True))
        if along[i] > 0:
            beta = (total - Fraction(points[i])) / Fraction(along[i])
            best = beta if best is None else min(best, beta)
        elif total < Fraction(points[i]) or (equality[i] and total != Fraction(points[i])):
            return None
    return best


@pytest.mark.parametrize("seed", range(60))
def test_what_is_reached_is_reached_whichever_way_it_has_to_be_scaled(seed):
    """Rows with nothing to spare, above zero (outputs) or below (inputs); truth in fractions."""
    rng = np.random.default_rng(seed)
    d, w, k = 4, 3, 30
    used = np.exp(rng.normal(size=(d, w, k))) * np.array([-1.0, -1.0, 1.0, 1.0])[:, None, None]
    weight = rng.uniform(0.1, 1.0, (w, k))
    weight[rng.uniform(size=(w, k)) < 0.3] = 0.0
    points = (used * weight).sum(axis=1) * np.where(rng.uniform(size=(d, k)) < 0.5, 1.0, 0.9)
    points[:2] *= 1.5
    along = np.zeros((d, k))
    first = rng.uniform(size=k) < 0.5
    along[0, first], along[2, ~first] = 1.0, 1.0
    equality = np.zeros(d, bool)
    made, beta = reached(used, points, along, weight, equality)
    good = np.isfinite(beta)
    assert good.mean() > 0.5
    for j in np.flatnonzero(good):
        exact = _exact_beta(used[:, :, j], points[:, j], along[:, j], made[:, j], equality)
        assert exact is not None
        assert Fraction(beta[j]) <= exact
        assert float(exact) - beta[j] < 1e-13 * max(1.0, abs(beta[j])) * 100
    assert (made[:, ~good] == weight[:, ~good]).all()


@pytest.mark.parametrize("size", [0.3, 1.0, 70.0])
def test_rows_with_nothing_to_spare_are_reached_by_a_hair(size):
    """Two columns whose sum is the point: a little more of them is taken for an output, a little less for an input."""
    weight, free = np.array([[0.25], [0.75]]), np.array([False, False, False])
    # An output with nothing to spare, an input along the path, and a row in which nothing is asked for.
    used = np.array([[[size], [size]], [[-4.0], [-4.0]], [[0.0], [0.0]]])
    made, beta = reached(used, np.array([[size], [-8.0], [0.0]]), np.array([[0.0], [8.0], [0.0]]), weight, free)
    assert beta == pytest.approx([0.5], rel=1e-13)
    assert 1.0 < made.sum() < 1.0 + 1e-13
    # An input with nothing to spare, and an output along the path.
    used = np.array([[[-size], [-size]], [[4.0], [4.0]], [[0.0], [0.0]]])
    made, beta = reached(used, np.array([[-size], [2.0], [0.0]]), np.array([[0.0], [2.0], [0.0]]), weight, free)
    assert beta == pytest.approx([1.0], rel=1e-13)
    assert 1.0 - 1e-13 < made.sum() < 1.0


def test_the_point_itself_holds_its_equation_exactly():
    """One column taken once needs no room for rounding, and only that makes an equation."""
    used = np.array([[[1.0, 1.0], [1.0, 1.0]], [[-3.0, -3.0], [-5.0, -5.0]]])
    points, along = np.array([[1.0, 1.0], [-4.0, -4.0]]), np.array([[0.0, 0.0], [4.0, 4.0]])
    weight = np.array([[1.0 + 1e-11, 0.5], [0.0, 0.5]])
    made, beta = reached(used, points, along, weight, np.array([True, False]))
    assert made[:, 0].tolist() == [1.0, 0.0]
    assert beta[0] == pytest.approx(0.25, rel=1e-14)
    assert beta[1] == -np.inf  # two columns: the equation is not seen to hold
    far = np.array([[1.0 + 1e-8], [0.0]])
    assert reached(used[:, :, :1], points[:, :1], along[:, :1], far, np.array([True, False]))[1].tolist() == [-np.inf]


def test_the_enclosure_bounds_from_above_with_its_roundings():
    # q·g = 1, q·b = 0.75: β ≤ (spending − 0.75)/1, so with 1.25 spent it is at most 0.5 and a hair.
    prices, points, along = np.array([[1.0], [0.5]]), np.array([[0.5], [0.5]]), np.array([[1.0], [0.0]])
    arguments = (prices, points, along)
    exact = enclosed(*arguments, np.array([0.5]), np.array([0.0]), np.array([1.25]))
    assert 0.0 < exact[0] < 20 * UNIT
    wide = enclosed(*arguments, np.array([0.5]), np.array([0.0]), np.array([1.5]))
    assert wide == pytest.approx([0.25 / 0.5], rel=1e-12)
    slip = enclosed(*arguments, np.array([0.5]), np.array([0.125]), np.array([1.25]))
    assert slip == pytest.approx([0.125 / 0.5], rel=1e-12)
    below = enclosed(*arguments, np.array([-0.5]), np.array([0.0]), np.array([0.25]))
    assert 0.0 < below[0] < 20 * UNIT
    assert enclosed(*arguments, np.array([-0.25]), np.array([0.0]), np.array([0.5]), True)[0] < 20 * UNIT
    # Prices that earn too little enclose nothing, and half is too little.
    assert enclosed(prices, points, along * 0.5, np.array([0.5]), np.zeros(1), np.zeros(1)).tolist() == [np.inf]


def test_earnings_that_cancel_widen_the_bound():
    # q·g is 1001 − 1000: its roundings are counted on 2001, so 0.5/1 may be as much as 2001 roundings higher.
    prices, along = np.ones((2, 1)), np.array([[1001.0], [-1000.0]])
    value, spending = np.array([0.5 - 2.0**-14]), np.array([0.5])
    width = enclosed(prices, np.zeros((2, 1)), along, value, np.zeros(1), spending)
    assert width[0] * (1.0 - value[0]) > 2.0**-14 + 0.5 * 2001 * 2 * UNIT


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_bound_is_above_the_exact_one_in_fractions(sign):
    rng = np.random.default_rng(7)
    prices, points = np.abs(rng.normal(size=(5, 200))), rng.normal(size=(5, 200))
    along = np.abs(rng.normal(size=(5, 200)))
    prices /= (prices * along).sum(axis=0)
    spending = np.full(200, 3.0 if sign > 0 else 0.0)
    points = points if sign > 0 else np.abs(points)
    for j in range(200):
        q, b, g = ([Fraction(x) for x in array[:, j]] for array in (prices, points, along))
        bound = (Fraction(spending[j]) - sum(x * y for x, y in zip(q, b, strict=True))) / sum(
            x * y for x, y in zip(q, g, strict=True)
        )
        value = np.array([float(bound)])
        arguments = (prices[:, [j]], points[:, [j]], along[:, [j]])
        width = enclosed(*arguments, value, np.zeros(1), spending[[j]], True)
        # From the exact bound to the stated one is a few roundings up, never nothing.
        terms = np.abs(prices[:, j] * points[:, j]).sum() + spending[j]
        size = min(abs(value[0]), abs(1.0 - value[0]), abs(1.0 + value[0]))
        assert 0.0 < width[0] * size <= 60 * UNIT * (terms + abs(value[0]))


def test_prices_off_one_by_their_terms():
    # 1·2 − 0.125·4 is 0.5 off in terms of 2.5; 0.125·2 + 0.0625·4 is 0.5 off in terms of at least one.
    prices, along = np.array([[1.0, 0.125], [-0.125, 0.0625]]), np.array([[2.0, 2.0], [4.0, 4.0]])
    assert off_one(prices, along).tolist() == [0.2, 0.5]


@pytest.mark.parametrize(
    ("columns", "both"),
    [([[1.0, 2.0], [-1.0, -2.0]], False), ([[1.0, -2.0], [1.0, 1.0]], True), ([[0.0, 2.0], [0.0, -1.0]], False),
     ([[0.5, 0.5], [-0.5, 0.5]], True), ([[1.0, 1.0]], False), ([[-0.5, -0.5]], False)],
)  # fmt: skip
def test_rows_of_both_signs(columns, both):
    assert both_signs(np.array(columns)) is both


@pytest.mark.parametrize(
    ("value", "low", "high", "itself", "width"),
    [
        (0.5, 0.5, 0.6, False, 0.2),  # a tenth of the score 0.5
        (0.5, 0.5, 0.6, True, 0.2),  # a tenth of the value
        (3.0, 2.5, 3.0, False, 0.25),  # of the score 3 − 1
        (0.25, 0.125, 0.25, True, 0.5),  # of the value itself, smaller than the scores
        (0.25, 0.125, 0.25, False, 0.125 / 0.75),
        (-3.0, -3.5, -3.0, False, 0.25),  # of the score |1 − 3|
        (-0.5, -0.75, -0.25, False, 1.0),
        (0.5, 0.5, 0.5, False, 0.0),
        (0.5, 0.5, 0.25, False, 0.5),  # contradicted from above: as far off as that says
        (20.0, 20.0, 21.0, False, 1.0 / 19.0),
    ],
)
def test_widths_relative_to_scores(value, low, high, itself, width):
    found = relative_width(np.array([value]), np.array([low]), np.array([high]), itself)
    assert found == pytest.approx([width], rel=1e-14)


def test_scores_are_one_less_and_one_more():
    assert scores_of(np.array([0.25, -0.25, 3.0, -3.0])).tolist() == [0.75, 0.75, 2.0, 2.0]


def test_differences_are_relative_to_terms_of_at_least_one():
    assert relative(np.array([-0.5, 3.0]), np.array([0.25, -2.0]), np.array([0.25, 4.0])).tolist() == [0.5, 0.5]


def test_a_program_s_own_column_counts_with_its_terms():
    # 3·2 − 2·2 gains two of four; −1·2 + 1·1 gains nothing.
    prices, extra = np.array([[3.0, -1.0], [2.0, 1.0]]), np.array([[2.0, 2.0], [-2.0, 1.0]])
    assert excess(prices, np.zeros((2, 0)), extra=extra) == pytest.approx([0.5, 0.0], rel=1e-14)


def test_roundings_of_terms_are_two_more_than_there_are_terms():
    # 1 − 1 gains nothing but 4 roundings of the terms' size of 2; below is 1 less these.
    assert shares(np.array([[1.0], [-1.0]])) == pytest.approx([8 * UNIT / (1 - 8 * UNIT)], rel=1e-9, abs=0.0)


def test_what_cancels_in_a_limit_leaves_four_roundings_of_its_terms():
    one = np.ones((1, 1))
    assert spent(one, -one, one, -one, np.array([False])) == pytest.approx([8 * UNIT], rel=1e-9, abs=0.0)


def test_prices_move_by_eight_roundings_more_than_the_share_asks_for():
    # Four rows: 8·(4 + 4) roundings are 2⁻⁴⁷, which one plus it holds exactly.
    prices, columns = np.ones((4, 1)), -np.ones((4, 1))
    still = np.zeros(4, bool)
    assert (moved_inside(prices, columns, ~still, still, np.zeros(1)) == 1.0 + 2.0**-47).all()
    assert (moved_inside(prices, columns, ~still, still, np.full(1, 2.0**-49)) == 1.0 + 2.0**-46).all()


def test_only_as_much_is_lifted_as_the_columns_own_sizes_ask_for():
    # The only column loses 4: sizes by loss are 1 and 1/4, so 0.5·(3 + 5/4) is needed.
    found = lifted(np.array([[3.0], [5.0]]), np.array([1.0, 0.0]), np.array([[-4.0], [1.0]]), np.array([0.5]))
    assert found.tolist() == [[3.0 + 4 * 2.125], [5.0]]


@pytest.mark.parametrize("of_prices", [-40, 0, 40])
@pytest.mark.parametrize("of_columns", [-40, 0, 40])
def test_a_pair_within_rounding_of_a_gain_is_looked_at_in_any_measure(of_prices, of_columns):
    """1 − (1 + 2⁻⁵²) is below zero by less than the roundings that count: 8 and not 2 units."""
    prices = np.array([[1.0], [1.0]]) * 2.0**of_prices
    columns = np.array([[1.0], [-1.0 - 2.0**-52]]) * 2.0**of_columns
    assert excess(prices, columns) == pytest.approx([6 * UNIT], rel=1e-9, abs=0.0)


@pytest.mark.parametrize("place", [0, 1, 399])
@pytest.mark.parametrize("size", [-300, 0, 300])
def test_where_there_are_many_any_column_of_any_size_is_seen(place, size):
    """Most columns cost 1 of 3; one, the first too, gains."""
    columns = np.tile([[1.0], [-2.0]], (1, 400))
    columns[1, place] = -0.5
    found = excess(np.ones((2, 300)), columns * 2.0**size)
    assert found == pytest.approx(np.ones(300), rel=1e-14)


@pytest.mark.parametrize("d", [2, 3, 4, 5])
def test_gains_that_single_precision_cannot_see_are_looked_at(d):
    """Four hundred columns that gain 1e-12 of their terms, each seen by a price of its own."""
    rng = np.random.default_rng(d)
    n = 400
    prices, columns = np.exp(rng.normal(size=(d, n))), -np.exp(rng.normal(size=(d, n)))
    made = (prices[:-1] * columns[:-1]).sum(axis=0)
    columns[-1] = -made / prices[-1] * (1 + 1e-12)
    truth = np.array([shares(prices[:, [j]] * columns).max() for j in range(n)])
    assert (truth > 5e-13).all()
    assert excess(prices, columns) == pytest.approx(truth, rel=1e-12)
    assert maybe_contradicted(prices.T, columns.T).all()


def test_intensities_up_to_a_trillionth_of_the_largest_are_noise():
    used, points = np.array([[[-1.0], [-1.0]], [[1.0], [1.0]]]), np.array([[-1.0], [1.0]])
    along, free = np.array([[1.0], [0.0]]), np.array([False, False])
    for largest, small, stays in ((1.0, 1e-12, 0), (1e3, 1e-10, 0), (1e3, 1.1e-9, 1), (1e-13, 0.5e-13, 1)):
        made, beta = reached(used, points, along, np.array([[largest], [small]]), free)
        assert np.isfinite(beta).all()
        assert made[0, 0] > 0
        assert (made[1, 0] > 0) == stays


def test_how_much_room_rounding_gets():
    """Two columns whose sum is the point: 6 roundings for it and 24 more, up for an output and down for an input."""
    weight, free = np.array([[0.25], [0.75]]), np.array([False, False])
    along = np.array([[0.0], [8.0]])
    made, _ = reached(np.array([[[1.0], [1.0]], [[-4.0], [-4.0]]]), np.array([[1.0], [-8.0]]), along, weight, free)
    assert abs((made[0, 0] / 0.25 - 1.0) / UNIT - 30) <= 2
    made, _ = reached(np.array([[[-1.0], [-1.0]], [[4.0], [4.0]]]), np.array([[-1.0], [2.0]]), along, weight, free)
    assert abs((1.0 - made[0, 0] / 0.25) / UNIT - 30) <= 2


@pytest.mark.parametrize("size", [2.0**-6, 1.0, 2.0**6])
@pytest.mark.parametrize("times", [2.0**-10, 1.0, 2.0**10])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_row_that_cancels_is_reached_as_far_as_its_roundings_allow(size, times, sign):
    """Terms three times their sum are made up for by the room there is; terms nine times their sum are not.

    The room is a rounding of the terms and four of the sum, the loss at most two of the terms: 3 + 4 ≥ 6, 9 + 4 < 18.
    """
    weight, free, along = np.ones((2, 1)), np.array([False, False]), np.array([[0.0], [1.0]])
    for up, down, shown in ((2.0, -1.0, True), (5.0, -4.0, False)):
        used = np.array([[[up], [down]], [[0.0], [0.0]]]) * size * sign
        points = np.array([[size * sign * times], [-1.0]])
        made, beta = reached(used, points, along, weight, free)
        assert np.isfinite(beta[0]) == shown
        assert made[0, 0] == (pytest.approx(times, rel=1e-13) if shown else 1.0)


def test_what_is_reached_is_stated_eight_roundings_lower():
    # (−1 + 2)/2 is a half exactly.
    p, g = np.array([[-1.0], [1.0]])[:, :, None], np.array([[2.0], [0.0]])
    beta = reached(p, np.array([[-2.0], [1.0]]), g, np.ones((1, 1)), np.array([False, False]))[1]
    assert beta.tolist() == [0.5 - 4 * UNIT]

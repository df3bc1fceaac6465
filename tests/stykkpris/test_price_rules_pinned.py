"""Rules of the price level pinned line by line; expected numbers are worked out by hand in the comments.

A change of any one operator or number in the module is noticed here (``.ci/mutate.py price``).
"""

from __future__ import annotations

import numpy as np
import pytest

from bench.stykkpris.rules.price import (
    average_level,
    best_practice_level,
    blend,
    keyed_prices,
    move_level,
    own_excluded_levels,
    revenue_keys,
    true_up,
)

COST = np.array([[90.0, 110.0, 400.0], [10.0, 20.0, 30.0]])
VOLUME = np.array([[100.0, 100.0, 200.0], [5.0, 10.0, 5.0]])


def test_the_average_is_of_sums_over_the_last_axis():
    # 600 / 400 and 60 / 20.
    assert average_level(COST, VOLUME).tolist() == [1.5, 3.0]


def test_a_unit_left_out_of_its_own_level():
    # Others' cost by others' volume: 510/300, 490/300, 200/200; 50/15, 40/10, 30/15.
    levels = own_excluded_levels(COST, VOLUME)
    assert levels == pytest.approx(np.array([[1.7, 4.9 / 3.0, 1.0], [10.0 / 3.0, 4.0, 2.0]]), rel=1e-15)


def test_one_year_alone_is_as_one_of_several():
    """The last axis is the units, however many there are before it."""
    assert average_level(COST[0], VOLUME[0]) == 1.5
    for calibrate in (False, True):
        several = own_excluded_levels(COST, VOLUME, calibrate=calibrate)
        assert own_excluded_levels(COST[0], VOLUME[0], calibrate=calibrate).tolist() == several[0].tolist()
    assert best_practice_level(COST[0], VOLUME[0], k=2) == 1.1
    assert best_practice_level(COST[0], VOLUME[0]) == 0.9
    assert revenue_keys(COST[0], VOLUME[0]).sum() == pytest.approx(1.0)


def test_levels_that_leave_out_reproduce_the_cost_where_calibrated():
    # Paid uncalibrated: 170 + 163.333 + 200 = 533.333 of 600, and 16.667 + 40 + 10 = 66.667 of 60.
    levels = own_excluded_levels(COST, VOLUME, calibrate=True)
    plain = np.array([[1.7, 4.9 / 3.0, 1.0], [10.0 / 3.0, 4.0, 2.0]])
    assert levels == pytest.approx(plain * np.array([[600.0 / (1600.0 / 3.0)], [60.0 / (200.0 / 3.0)]]), rel=1e-14)
    assert (levels * VOLUME).sum(axis=-1) == pytest.approx([600.0, 60.0], rel=1e-14)


@pytest.mark.parametrize(
    ("k", "expected"),
    # Unit costs 0.9, 1.1, 2.0 and 2.0, 2.0, 6.0; more units than there are mean the last.
    [(1, [0.9, 2.0]), (2, [1.1, 2.0]), (3, [2.0, 6.0]), (9, [2.0, 6.0])],
)
def test_the_kth_lowest_unit_cost(k, expected):
    assert best_practice_level(COST, VOLUME, k=k).tolist() == expected


def test_a_unit_without_volume_is_no_best_practice():
    cost, volume = np.array([7.0, 5.0, 8.0, 1.0]), np.array([0.0, 5.0, 4.0, 0.5])
    assert best_practice_level(cost, volume, k=1) == 1.0
    assert np.isnan(best_practice_level(cost, volume, k=9))  # it stands last, as no number
    assert best_practice_level(cost, volume) == 1.0
    # Half a unit of volume counts: unit costs 1, 2 and 2, so the median is 2.
    assert best_practice_level(cost, volume, quantile=0.5) == 2.0


def test_a_quantile_lies_between_two_units():
    # A quarter of the way along 0.9, 1.1, 2.0 is midway between the first two; of 2, 2, 6 it is 2.
    assert best_practice_level(COST, VOLUME, quantile=0.25) == pytest.approx([1.0, 2.0], rel=1e-15)
    assert best_practice_level(COST, VOLUME).tolist() == [0.9, 2.0]


def test_a_blend_is_between_its_ends():
    assert blend(10.0, 6.0, 0.0) == 10.0
    assert blend(10.0, 6.0, 1.0) == 6.0
    assert blend(np.array([10.0, 20.0]), np.array([6.0, 8.0]), 0.25) == pytest.approx([9.0, 17.0])


def test_the_level_moves_in_its_order():
    # Target 0.8 less a tenth is 0.72; last year's 1.0 indexed by 1.05 is 1.05; half the gap is 0.885.
    assert move_level(0.8, 1.0, index=1.05, gain=0.5, requirement=0.1) == pytest.approx(0.885, rel=1e-15)
    # A corridor of 0.1 around 1.05 is 0.945 to 1.155.
    assert move_level(0.8, 1.0, index=1.05, gain=0.5, requirement=0.1, corridor=0.1) == pytest.approx(0.945, rel=1e-15)
    assert move_level(1.6, 1.0, index=1.05, corridor=0.1) == pytest.approx(1.155, rel=1e-15)
    assert move_level(1.1, 1.0, index=1.05, corridor=0.1) == 1.1
    # All of the gap, whatever the level was.
    assert move_level(0.8, 1.0, index=1.05) == 0.8
    assert move_level(0.8, 1.0, index=1.05, gain=0.0) == 1.05
    # Of the first price only the requirement: nothing moves from nothing.
    assert move_level(0.8, index=2.0, gain=0.5, requirement=0.25, corridor=0.01) == pytest.approx(0.6, rel=1e-15)


def test_floor_and_cap_bound_the_level_last():
    assert move_level(0.8, 1.0, corridor=0.5, floor=0.9) == 0.9
    assert move_level(0.8, 1.0, floor=0.7) == 0.8
    assert move_level(1.4, cap=1.2) == 1.2
    assert move_level(1.1, cap=1.2) == 1.1
    assert move_level(np.array([0.5, 1.0, 1.5]), floor=0.75, cap=1.25).tolist() == [0.75, 1.0, 1.25]


def test_prices_by_keys_share_the_cost_out():
    # 0.25·200/10 = 5 and 0.75·200/50 = 3; half a unit of volume has a price, none has not.
    assert keyed_prices(200.0, np.array([10.0, 50.0]), np.array([0.25, 0.75])).tolist() == [5.0, 3.0]
    found = keyed_prices(np.array([200.0, 10.0]), np.array([[0.5, 0.0], [1.0, 2.0]]), np.array([0.5, 0.5]))
    assert found[0, 0] == 200.0
    assert np.isnan(found[0, 1])
    assert found[1].tolist() == [5.0, 2.5]


def test_keys_are_shares_of_revenue():
    # 2·30 = 60 and 5·8 = 40; 1·3 and 3·3 of 12.
    found = revenue_keys(np.array([[2.0, 5.0], [1.0, 3.0]]), np.array([[30.0, 8.0], [3.0, 3.0]]))
    assert found.tolist() == [[0.6, 0.4], [0.25, 0.75]]


def test_a_wrong_estimate_is_made_good_with_interest():
    # 12 short over a volume of 4 is 3 a unit, 3.3 with ten per cent.
    assert true_up(112.0, 100.0, 4.0, 0.1) == pytest.approx(3.3, rel=1e-15)
    assert true_up(np.array([90.0, 100.0]), 100.0, 5.0, 0.5) == pytest.approx([-3.0, 0.0], rel=1e-15)

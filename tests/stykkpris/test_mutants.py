"""Rules of amounts pinned line by line: who gets the last øre, decision and rule together, each cap on its own side.

Expected numbers are worked out by hand in the comments. A change of any one operator or number in the three modules is
noticed here (``.ci/mutate.py``).
"""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest

from bench.errors import OptionError
from bench.stykkpris.rounding import RULES, decimal, decimals, floats, half_step, round_amount, rounder, split, times
from bench.stykkpris.rules.price import (
    average_level,
    blend,
    keyed_prices,
    move_level,
    own_excluded_levels,
    revenue_keys,
    true_up,
)
from bench.stykkpris.rules.settlement import Rules, settle_year
from bench.stykkpris.rules.sources import source_level

D = Decimal


def test_the_last_oere_goes_to_the_largest_remainder_and_among_equals_to_the_first() -> None:
    # 100 øre by 1:1:1 is 33⅓ each: one øre is left, all remainders are equal, the first gets it.
    assert split(D("1.00"), [1, 1, 1]) == [D("0.34"), D("0.33"), D("0.33")]
    # 101 øre by 1:1:1 is 33⅔ each: two are left.
    assert split(D("1.01"), [1, 1, 1]) == [D("0.34"), D("0.34"), D("0.33")]
    # 10 øre by 1:2:4 is 1.43, 2.86 and 5.71: remainders 0.43, 0.86, 0.71; two are left, for the second and the third.
    assert split(D("0.10"), [1, 2, 4]) == [D("0.01"), D("0.03"), D("0.06")]
    # Negative amounts are floored as well: −10 øre by 1:2 is −3⅓ and −6⅔, floors −4 and −7, one is left for −6⅔'s
    # remainder of ⅓ or −3⅓'s of ⅔.
    assert split(D("-0.10"), [1, 2]) == [D("-0.03"), D("-0.07")]


def test_what_a_total_has_beyond_the_step_goes_to_the_first() -> None:
    assert split(D("1.005"), [1, 1]) == [D("0.505"), D("0.50")]
    assert split(D("7"), [1, 2], step=D(5)) == [D(2), D(5)]
    assert split(D("0.03"), []) == []


def test_shares_that_are_all_zero_are_equal() -> None:
    assert split(D("0.10"), [0, 0]) == [D("0.05"), D("0.05")]
    assert split(D("0.10"), [0, 1, 0]) == [D("0.00"), D("0.10"), D("0.00")]
    # One share of zero beside others is no reason to share equally.
    assert split(D("0.09"), [0, 1, 2]) == [D("0.00"), D("0.03"), D("0.06")]


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [("ore-half-up", "0.125", "0.13"), ("ore-half-even", "0.125", "0.12"), ("ore-half-up", "-0.004", "0"),
     ("ore-half-up", "2.674999", "2.67")],
)  # fmt: skip
def test_amounts_are_rounded_by_their_rule(rule: str, value: str, expected: str) -> None:
    assert round_amount(D(value), rule) == D(expected)
    assert not round_amount(D(value), rule).is_signed() or D(expected) < 0
    made = rounder(rule)(decimals([float(value), 1.0]))
    assert made.tolist() == [D(expected), D(1)]


def test_a_rule_that_is_none_is_named() -> None:
    with pytest.raises(OptionError, match="ore-half-up"):
        round_amount(D(1), "ore-half-upp")


def test_numbers_become_decimals_as_they_are_written() -> None:
    assert decimal(0.1) == D("0.1")
    assert decimal("1.50") == D("1.50")
    assert decimal(D("2.5")) == D("2.5")
    # Fifteen digits, not fourteen and not sixteen.
    assert decimal(0.123456789012345) == D("0.123456789012345")
    assert decimal(0.1 + 0.2) == D("0.3")
    assert times(D("1234567890123.45"), D("1.23456789")) == D("1234567890123.45") * D("1.23456789")
    assert floats(decimals([[0.5, 2.0]])).tolist() == [[0.5, 2.0]]
    assert half_step("ore-half-up") == 0.005
    assert [half_step(rule) for rule, (step, _) in RULES.items() if step is None] == [0.0]


def settled(
    result: float, income: float = 1000.0, opening: float = 0.0, waived: object = None, **rules: object
) -> object:
    given = {"keep": 0.5, "carry": 0.75, **rules}
    call = {} if waived is None else {"waived": waived}
    made = settle_year(np.array([result]), np.array([income]), np.array([opening]), Rules(**given), **call)
    return SimpleNamespace(**{name: float(getattr(made, name)[0]) for name in made.__slots__})


def check(found: object, **expected: float) -> None:
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, abs=1e-12), name


def test_a_surplus_is_kept_in_part_and_a_deficit_carried_in_part() -> None:
    check(settled(100.0, opening=40.0, interest=0.05), interest=2, kept=50, carried=0, returned=50, closing=92)
    # −80: carried 60, the payer covers 20.
    check(settled(-80.0, opening=40.0, interest=0.05), interest=2, kept=0, carried=-60, returned=-20, closing=-18)


def test_caps_bind_at_their_own_side_with_and_without_the_balance() -> None:
    # Cap of 3 % of 1,000 is 30; with a balance of 10 brought in, 20 are left.
    check(settled(100.0, opening=10.0, cap_surplus=0.03, cap_on_balance=False), kept=30, returned=70)
    check(settled(100.0, opening=10.0, cap_surplus=0.03, cap_on_balance=True), kept=20, returned=80)
    # A balance beyond the cap leaves no room, and takes nothing back.
    check(settled(100.0, opening=40.0, cap_surplus=0.03, cap_on_balance=True), kept=0, returned=100)
    # Deficits: 60 would be carried; the cap is 30, and a balance of 10 makes room for 40.
    check(settled(-80.0, opening=10.0, cap_deficit=0.03, cap_on_balance=False), carried=-30, returned=-50)
    check(settled(-80.0, opening=10.0, cap_deficit=0.03, cap_on_balance=True), carried=-40, returned=-40)
    check(settled(-80.0, opening=-40.0, cap_deficit=0.03, cap_on_balance=True), carried=0, returned=-80)
    # A cap that does not bind changes nothing.
    check(settled(100.0, cap_surplus=0.5), kept=50)
    check(settled(-80.0, cap_deficit=0.5), carried=-60)


def test_a_decision_comes_before_the_rule_and_never_exceeds_the_deficit() -> None:
    # 60 carried. Decided 15; the rule takes what of the other 45 is beyond 2 % of 1,000 = 20: 25. Together 40.
    both = settled(
        -80.0, threshold=0.02, threshold_on_balance=False, waive_all=False, waived=lambda deficit: deficit / 4
    )
    check(both, carried=-60, dispensation=40, closing=-20)
    # A decision of more than there is gives what there is.
    check(settled(-80.0, waived=lambda deficit: deficit * 2), dispensation=60, closing=0)
    # Without a rule the decision stands alone, without a decision the rule.
    check(settled(-80.0, waived=lambda deficit: deficit / 4), dispensation=15, closing=-45)
    check(settled(-80.0, threshold=0.02, threshold_on_balance=False, waive_all=False), dispensation=40, closing=-20)


def test_the_threshold_is_of_the_balance_where_that_is_said_and_waives_all_where_that_is_said() -> None:
    # Balance of 15 brought in: 60 − 15 = 45 count; beyond 20 are 25; all of it is 45.
    given = {"threshold": 0.02, "opening": 15.0}
    check(settled(-80.0, **given, threshold_on_balance=True, waive_all=False), dispensation=25)
    check(settled(-80.0, **given, threshold_on_balance=True, waive_all=True), dispensation=45)
    check(settled(-80.0, **given, threshold_on_balance=False, waive_all=True), dispensation=60)
    # At the threshold itself there is nothing beyond it, and nothing is waived.
    check(settled(-80.0, threshold=0.06, threshold_on_balance=False, waive_all=True), dispensation=0)
    # Half a krone beyond it is beyond it.
    check(settled(-80.0, threshold=0.0595, threshold_on_balance=False, waive_all=True), dispensation=60)
    # A balance above the deficit leaves nothing to measure, also against a threshold of nothing.
    check(settled(-80.0, threshold=0.0, opening=90.0, threshold_on_balance=True, waive_all=True), dispensation=0)
    check(settled(-80.0, threshold=0.02, opening=90.0, threshold_on_balance=True, waive_all=True), dispensation=0)


# -- the level of a price ----------------------------------------------------------------------------------------

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
    assert source_level("best-practice", COST[0], VOLUME[0], k=2) == 1.1
    assert source_level("best-practice", COST[0], VOLUME[0]) == 0.9
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
    assert source_level("best-practice", COST, VOLUME, k=k).tolist() == expected


def test_a_unit_without_volume_is_no_best_practice():
    cost, volume = np.array([7.0, 5.0, 8.0, 1.0]), np.array([0.0, 5.0, 4.0, 0.5])
    assert source_level("best-practice", cost, volume, k=1) == 1.0
    assert np.isnan(source_level("best-practice", cost, volume, k=9))  # it stands last, as no number
    assert source_level("best-practice", cost, volume) == 1.0
    # Half a unit of volume counts: unit costs 1, 2 and 2, so the median is 2.
    assert source_level("best-practice", cost, volume, quantile=0.5) == 2.0


def test_a_quantile_lies_between_two_units():
    # A quarter of the way along 0.9, 1.1, 2.0 is midway between the first two; of 2, 2, 6 it is 2.
    assert source_level("best-practice", COST, VOLUME, quantile=0.25) == pytest.approx([1.0, 2.0], rel=1e-15)
    assert source_level("best-practice", COST, VOLUME).tolist() == [0.9, 2.0]


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

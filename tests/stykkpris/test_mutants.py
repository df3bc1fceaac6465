"""Rules of amounts pinned line by line: who gets the last øre, decision and rule together, each cap on its own side.

Expected numbers are worked out by hand in the comments. A change of any one operator or number in the two modules is
noticed here (``.ci/mutate.py``).
"""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest

from bench.errors import OptionError
from bench.stykkpris.rounding import RULES, decimal, decimals, floats, half_step, round_amount, rounder, split, times
from bench.stykkpris.rules.settlement import Rules, settle_year

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

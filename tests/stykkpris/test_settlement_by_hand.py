"""Settlement and splitting to the last øre, each worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from bench.stykkpris.rounding import split
from bench.stykkpris.rules.settlement import Rules, settle_year


@pytest.mark.parametrize(
    ("total", "shares", "expected"),
    [
        # 1.25, 1.25 and 2.5 øre: the one left goes to the largest remainder, wherever it stands.
        ("0.05", [1, 1, 2], ["0.01", "0.01", "0.03"]),
        ("0.05", [2, 1, 1], ["0.03", "0.01", "0.01"]),
        ("0.05", [1, 2, 1], ["0.01", "0.03", "0.01"]),
        # Two thirds each, two left: equal remainders go to those who stand first.
        ("0.04", [1, 1, 1, 3], ["0.01", "0.01", "0.00", "0.02"]),
        ("0.01", [1, 1, 1], ["0.01", "0.00", "0.00"]),
        # What the total has beyond whole øre goes to the first part, and only to it.
        ("0.025", [0, 1], ["0.005", "0.02"]),
        # A claim back: −1.67 each is floored to −2, and one is given back to the first.
        ("-0.05", [1, 1, 1], ["-0.01", "-0.02", "-0.02"]),
        # Nobody has a share: all have the same.
        ("0.03", [0, 0, 0], ["0.01", "0.01", "0.01"]),
    ],
)
def test_who_gets_the_last_ore(total, shares, expected):
    parts = split(Decimal(total), shares)
    assert parts == [Decimal(value) for value in expected]
    assert sum(parts) == Decimal(total)


def settled(result, rules, opening=0.0, income=1000.0, **more):
    return settle_year(np.array([result]), np.array([income]), np.array([opening]), rules, **more)


def test_a_decision_comes_first_and_the_rule_works_on_what_is_left():
    """A deficit of 100: 30 are waived by decision; of the 70 left, what is above 5 per cent of 1000 by rule: 20."""
    found = settled(-100.0, Rules(1.0, 1.0, threshold=0.05), waived=lambda deficit: deficit * 0.3)
    assert found.dispensation.tolist() == [50.0]
    assert found.closing.tolist() == [-50.0]
    assert found.carried.tolist() == [-100.0]
    by_rule = settled(-100.0, Rules(1.0, 1.0, threshold=0.05))
    assert by_rule.dispensation.tolist() == [50.0]
    decided = settled(-100.0, Rules(1.0, 1.0), waived=lambda deficit: deficit * 0.3)
    assert decided.dispensation.tolist() == [30.0]
    all_of_it = settled(-100.0, Rules(1.0, 1.0, threshold=0.05, waive_all=True), waived=lambda deficit: deficit * 0.3)
    assert all_of_it.dispensation.tolist() == [100.0]
    assert all_of_it.closing.tolist() == [0.0]


def test_a_decision_waives_no_more_than_the_deficit():
    found = settled(-100.0, Rules(1.0, 0.5), waived=lambda deficit: deficit + 7.0)
    assert found.dispensation.tolist() == [50.0]
    assert found.closing.tolist() == [0.0]


def test_a_threshold_on_the_balance_counts_what_was_brought():
    """40 brought with 10 per cent interest are 44; of a deficit of 100, 56 are not covered, 6 more than the limit."""
    rules = Rules(1.0, 1.0, interest=0.1, threshold=0.05, threshold_on_balance=True)
    found = settled(-100.0, rules, opening=40.0)
    assert found.dispensation[0] == pytest.approx(6.0)
    assert found.closing[0] == pytest.approx(40 + 4 - 100 + 6)
    exactly = settled(-94.0, rules, opening=40.0)
    assert exactly.dispensation[0] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("on_balance", "opening", "kept", "carried"),
    [(False, 30.0, 50.0, 0.0), (True, 30.0, 20.0, 0.0), (True, 80.0, 0.0, 0.0)],
)
def test_caps_on_surplus_hold_for_the_year_or_for_the_balance(on_balance, opening, kept, carried):
    found = settled(90.0, Rules(1.0, 1.0, cap_surplus=0.05, cap_on_balance=on_balance), opening=opening)
    assert (found.kept[0], found.carried[0]) == (kept, carried)
    assert found.returned[0] == 90.0 - kept


@pytest.mark.parametrize(
    ("on_balance", "opening", "carried"), [(False, 30.0, -50.0), (True, 30.0, -80.0), (True, -60.0, 0.0)]
)
def test_caps_on_deficits_hold_for_the_year_or_for_the_balance(on_balance, opening, carried):
    found = settled(-90.0, Rules(1.0, 1.0, cap_deficit=0.05, cap_on_balance=on_balance), opening=opening)
    assert found.carried[0] == carried
    assert found.returned[0] == -90.0 - carried

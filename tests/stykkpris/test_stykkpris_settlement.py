"""Settlement: what is kept, carried, capped, waived, pooled and lapsed; rounding by named rules; money adds up."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stykkpris.support import make_model, make_units, panel, run

from bench.errors import OptionError, SettlementError
from bench.stykkpris.identities import Ledger
from bench.stykkpris.rounding import RULES, decimal, decimals, half_step, round_amount, rounder, split
from bench.stykkpris.rules.settlement import Rules, settle_year

# -- rounding ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ("ore-half-up", "0.125", "0.13"),
        ("ore-half-even", "0.125", "0.12"),
        ("ore-half-up", "-0.125", "-0.13"),
        ("ten-ore-half-up", "0.25", "0.3"),
        ("krone-half-up", "2.5", "3"),
        ("krone-half-even", "2.5", "2"),
        ("ten-kroner-half-up", "15", "20"),
        ("none", "0.123456", "0.123456"),
    ],
)
def test_named_rules(rule, value, expected):
    assert round_amount(Decimal(value), rule) == Decimal(expected)


def test_ties_are_ties_of_the_written_number():
    """1111.095 is a tie for whoever wrote it, though no binary number equals it."""
    assert rounder("ore-half-up")(decimals([1111.095, 2.675])).tolist() == [Decimal("1111.10"), Decimal("2.68")]


def test_an_unknown_rule_lists_the_rules():
    with pytest.raises(OptionError, match="ore-half-up"):
        round_amount(Decimal(1), "ore-half-pu")


@given(value=st.decimals(-(10**9), 10**9, places=4), rule=st.sampled_from([r for r in RULES if r != "none"]))
@settings(deadline=None, max_examples=50)
def test_rounding_moves_by_half_a_step_at_most(value, rule):
    rounded = round_amount(value, rule)
    assert abs(float(rounded - value)) <= half_step(rule) * (1 + 1e-12)
    assert round_amount(rounded, rule) == rounded


@given(
    total=st.decimals(0, 10**9, places=2),
    shares=st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=15),
)
@settings(deadline=None, max_examples=50)
def test_a_split_sums_exactly_and_stays_within_a_step(total, shares):
    parts = split(total, shares)
    assert sum(parts, Decimal(0)) == total
    whole = sum(map(decimal, shares), Decimal(0))
    if whole > 0:
        for part, share in zip(parts, shares, strict=True):
            assert abs(part - total * decimal(share) / whole) < Decimal("0.0101")


# -- one year ------------------------------------------------------------------------------------------------


def one(result: float, rules: Rules, *, income: float = 1000.0, opening: float = 0.0, **options):
    return settle_year(np.array([result]), np.array([income]), np.array([opening]), rules, **options)


def test_ninety_and_a_hundred():
    gain, loss = one(100.0, Rules(0.9, 1.0)), one(-100.0, Rules(0.9, 1.0))
    assert (gain.kept[0], gain.carried[0], gain.returned[0]) == pytest.approx((90.0, 0.0, 10.0))
    assert (loss.kept[0], loss.carried[0], loss.returned[0]) == pytest.approx((0.0, -100.0, 0.0))


def test_a_cap_on_the_year_and_on_the_balance():
    year = Rules(1.0, 1.0, cap_surplus=0.02, cap_deficit=0.02)
    assert one(50.0, year).kept[0] == pytest.approx(20.0)
    assert one(-50.0, year).carried[0] == pytest.approx(-20.0)
    assert one(-50.0, year).returned[0] == pytest.approx(-30.0)
    balance = Rules(1.0, 1.0, cap_surplus=0.02, cap_deficit=0.02, cap_on_balance=True)
    assert one(50.0, balance, opening=15.0).kept[0] == pytest.approx(5.0)
    assert one(50.0, balance, opening=-30.0).kept[0] == pytest.approx(50.0)
    assert one(-50.0, balance, opening=15.0).closing[0] == pytest.approx(-20.0)


def test_a_dispensation_waives_what_exceeds_the_threshold():
    by_year = one(-100.0, Rules(0.9, 1.0, threshold=0.06))
    assert (by_year.carried[0], by_year.dispensation[0], by_year.closing[0]) == pytest.approx((-100.0, 40.0, -60.0))
    everything = one(-100.0, Rules(0.9, 1.0, threshold=0.06, waive_all=True))
    assert everything.dispensation[0] == pytest.approx(100.0)
    on_balance = one(-30.0, Rules(0.9, 1.0, threshold=0.06, threshold_on_balance=True), opening=-50.0)
    assert (on_balance.dispensation[0], on_balance.closing[0]) == pytest.approx((20.0, -60.0))
    saved = one(-100.0, Rules(0.9, 1.0, threshold=0.06, threshold_on_balance=True), opening=80.0)
    assert saved.dispensation[0] == 0.0


def test_a_decided_dispensation_never_exceeds_the_deficit():
    settled = one(-30.0, Rules(0.9, 1.0), waived=lambda deficit: deficit * 0 + 50.0)
    assert settled.dispensation[0] == pytest.approx(30.0)
    assert one(30.0, Rules(0.9, 1.0), waived=lambda deficit: deficit * 0 + 50.0).dispensation[0] == 0.0


def test_interest_on_the_opening_balance():
    settled = one(0.0, Rules(0.9, 1.0, interest=0.05), opening=-200.0)
    assert (settled.interest[0], settled.closing[0]) == pytest.approx((-10.0, -210.0))


shares = st.decimals(0, 1, places=2)


@given(
    results=st.lists(st.decimals(-(10**8), 10**8, places=2), min_size=1, max_size=6),
    keep=shares,
    carry=shares,
    cap=st.none() | shares,
    threshold=st.none() | shares,
    opening=st.decimals(-(10**7), 10**7, places=2),
    on_balance=st.booleans(),
)
@settings(deadline=None, max_examples=50)
def test_every_ore_is_accounted_for(results, keep, carry, cap, threshold, opening, on_balance):
    rules = Rules(
        keep, carry, cap_surplus=cap, cap_deficit=cap, cap_on_balance=on_balance,
        interest=Decimal("0.03"), threshold=threshold, threshold_on_balance=on_balance,
    )  # fmt: skip
    result = np.array(results, dtype=object)
    income = np.full(len(results), Decimal(10**7), dtype=object)
    balance = np.full(len(results), opening, dtype=object)
    settled = settle_year(result, income, balance, rules, rounded=rounder("ore-half-up"))
    assert (settled.kept + settled.carried + settled.returned == result).all()
    closing = balance + settled.interest + settled.kept + settled.carried + settled.dispensation
    assert (settled.closing == closing).all()
    assert (settled.kept >= 0).all()
    assert (settled.carried <= 0).all()
    assert (settled.dispensation >= 0).all()
    for amounts in (settled.kept, settled.carried, settled.dispensation, settled.interest):
        assert all(amount == round_amount(amount, "ore-half-up") for amount in amounts)


def test_floats_and_decimals_agree():
    rng = np.random.default_rng(1)
    result, income = rng.normal(0, 1e5, 40).round(2), np.full(40, 1e6)
    opening = rng.normal(0, 5e4, 40).round(2)
    rules = Rules(0.9, 1.0, cap_surplus=0.05, interest=0.02, threshold=0.08)
    exact = Rules(
        decimal(0.9), decimal(1.0), cap_surplus=decimal(0.05), interest=decimal(0.02), threshold=decimal(0.08)
    )
    loose = settle_year(result, income, opening, rules)
    tight = settle_year(decimals(result), decimals(income), decimals(opening), exact, rounded=rounder("ore-half-up"))
    for name in ("kept", "carried", "returned", "interest", "dispensation", "closing"):
        assert getattr(loose, name) == pytest.approx(getattr(tight, name).astype(float), abs=0.03)


# -- through the years ---------------------------------------------------------------------------------------


def fixed(settlement: str = "", *, keep: float = 1.0, carry: float = 1.0, rest: str = ""):
    """A stated price of 1 for one service, so that results are volume less cost."""
    return make_model(
        "first_year = 2000",
        source="tender",
        services={"v": "price = 1.0"},
        keep=keep,
        carry=carry,
        settlement=settlement,
        rest=rest,
    )


def test_balances_run_on():
    result = run(fixed("interest = 0.10"), panel({"A": [90.0, 100.0, 130.0]}, 100.0))
    rows = result.settlement
    assert rows["opening_balance"].tolist() == pytest.approx([0.0, 10.0, 11.0])
    assert rows["closing_balance"].tolist() == pytest.approx([10.0, 11.0, -17.9])


def test_a_saved_surplus_lapses():
    result = run(fixed("expiry = 2"), panel({"A": [90.0, 100.0, 104.0, 100.0]}, 100.0))
    rows = result.settlement.set_index("year")
    assert rows["lapsed"].tolist() == pytest.approx([0.0, 0.0, 6.0, 0.0])
    assert rows["closing_balance"].tolist() == pytest.approx([10.0, 10.0, 0.0, 0.0])


def test_pooled_results_are_shared_by_income():
    units = panel({"A": [80.0], "B": [220.0]}, {"A": [100.0], "B": [300.0]})
    result = run(fixed("pooled = true", keep=0.5), units)
    rows = result.settlement.set_index("unit")
    assert rows["kept"].tolist() == pytest.approx([12.5, 37.5])
    assert rows["result"].tolist() == pytest.approx([20.0, 80.0])


def test_decided_dispensations_and_who_pays():
    listed = """
[[scheme.settlement.dispensation]]
unit = "A"
from = 2001-01-01
to = 2001-12-31
amount = 15.0
payer = "council"
reason = "flood"
"""
    result = run(fixed(listed), panel({"A": [120.0, 120.0], "B": [120.0, 120.0]}, 100.0))
    rows = result.settlement.set_index(["unit", "year"])
    assert rows.loc[("A", 2001), "dispensation"] == pytest.approx(15.0)
    assert rows.loc[("A", 2001), "dispensation_payer"] == "council"
    assert rows.loc[("A", 2001), "closing_balance"] == pytest.approx(-25.0)
    assert rows["dispensation"].sum() == pytest.approx(15.0)


def test_parties_share_what_the_unit_does_not_keep():
    parties = '[[scheme.settlement.party]]\nname = "municipality"\nshare = 0.4\n'
    parties += '[[scheme.settlement.party]]\nname = "hospital trust"\nshare = 0.6\n'
    result = run(fixed(parties, keep=0.5), panel({"A": [80.0]}, 100.0))
    assert dict(zip(result.sharing["party"], result.sharing["amount"], strict=True)) == pytest.approx(
        {"municipality": 4.0, "hospital trust": 6.0}
    )


@pytest.mark.parametrize(("frequency", "periods"), [("month", 12), ("third", 3), ("year", 1)])
def test_payments_sum_to_the_income(frequency, periods):
    rows = [{"unit": "A", "year": 2000, "cost": 1.0, "v": 1000.01}]
    result = run(fixed(f'frequency = "{frequency}"'), make_units(rows))
    assert len(result.payments) == periods
    paid = sum(map(decimal, result.payments["amount"]), Decimal(0))
    assert paid == decimal(result.settlement["income"].iloc[0])


def test_a_failed_identity_stops_the_run():
    with pytest.raises(SettlementError, match=r"money in = money out \(s 2001\)"):
        Ledger().exact("money in = money out", "s", 2001, Decimal("1.00"), Decimal("1.01"))


# -- random systems ------------------------------------------------------------------------------------------


TOP_UP = """
[[scheme.correction]]
name = { nb = "Topp", en = "Top-up" }
kind = "small-unit-topup"
column = "size"
reference = 30
amount = 100.0
indexed_from = 2001
funded_by = "scheme"
"""
RENT = """
[[scheme.mix.component]]
name = { nb = "Husleie", en = "Rent" }
column = "rent"
treatment = "refund"
share = 0.8
"""
EXTRA = ("size", "rent")
WAIVED = '[scheme.settlement.dispensation_rule]\nthreshold = 0.03\nmeasured_on = "balance"\npayer = "council"'


@st.composite
def systems(draw):
    """A random model and table: rules from several blocks at once."""
    fraction = st.floats(0, 1).map(lambda x: round(x, 3))
    price = [f"gain = {draw(st.sampled_from([1.0, 0.5]))}"]
    price.append(draw(st.sampled_from(["", "own_excluded = true", "corridor = 0.05", "requirement = 0.01"])))
    settlement = [draw(st.sampled_from(["", f"cap = {draw(fraction)}", "pooled = true", "expiry = 1"]))]
    settlement.append(draw(st.sampled_from(["", "interest = 0.04"])))
    activity = draw(st.sampled_from([1.0, 0.5]))
    scheme = f"[scheme.mix]\nactivity = {activity}\nblock = {1 - activity}\n"
    if activity < 1:
        scheme += '[scheme.block]\nkind = "historic-share"\ntotal_share = 0.5\n'
    scheme += draw(
        st.sampled_from(["", "[scheme.transition]\nhold_harmless = 0.95\n", "[scheme.transition]\nphase_in = 0.5\n"])
    )
    scheme += draw(st.sampled_from(["", TOP_UP, TOP_UP.replace('by = "scheme"', 'by = "payer"'), RENT, TOP_UP + RENT]))
    settlement.append(draw(st.sampled_from(["", WAIVED])))
    if draw(st.booleans()):
        price.append('[[scheme.price.class]]\nname = "private"\nunits = ["u0"]\nfactor = 1.05')
    model = make_model(
        "\n".join(price),
        keep=draw(fraction),
        carry=draw(fraction),
        deflator=0.03,
        settlement="\n".join(settlement),
        scheme=scheme,
        rest="[purchaser]\nneed = 0.01",
    )
    n = draw(st.integers(2, 5))
    rows = [
        {
            "unit": f"u{i}",
            "year": year,
            "cost": draw(st.integers(10**5, 10**7)) / 100,
            "v": draw(st.integers(1, 10**5)) / 10,
            "size": float(draw(st.integers(0, 60))),
            "rent": draw(st.integers(0, 10**4)) / 100,
        }
        for i in range(n)
        for year in range(2000, 2004)
    ]
    return model, rows


@given(systems())
@settings(deadline=None, max_examples=40)
def test_money_in_equals_money_out_whatever_the_rules(system):
    model, rows = system
    result = run(
        model.with_values({"rounding.amount": "ore-half-up", "rounding.price": "ore-half-up"}),
        make_units(rows, extra=EXTRA),
    )
    checks = result.checks
    exact = checks[checks["tolerance"] == 0]
    assert {"money in = money out", "reserves reconcile", "lines = activity income"} <= set(exact["check"])
    assert (exact["difference"] == 0).all()
    for column in ("income", "kept", "carried", "closing_balance", "returned_to_payer"):
        for amount in result.settlement[column]:
            assert decimal(amount) == round_amount(decimal(amount), "ore-half-up")


@given(systems(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=20)
def test_the_order_of_the_units_does_not_matter(system, random):
    model, rows = system
    shuffled = list(rows)
    random.shuffle(shuffled)
    keys = ["unit", "year"]
    columns = ["income", "result", "kept", "carried", "closing_balance"]
    first = run(model, make_units(rows, extra=EXTRA)).settlement.sort_values(keys)[columns].to_numpy()
    second = run(model, make_units(shuffled, extra=EXTRA)).settlement.sort_values(keys)[columns].to_numpy()
    assert (second == first).all()

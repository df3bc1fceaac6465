"""The rule blocks one by one, in the engine: volume, block, mix, corrections, transition, index, classes, purchaser."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stykkpris.price_steps import CASES, SOURCE_CASES, SourceCase
from stykkpris.support import levels, make_model, make_units, panel, results, run

import bench
from bench.errors import DataError, ModelError, OptionError
from bench.stykkpris import run_cases, settle
from bench.stykkpris.rules.choice import market_shares, selection_factors
from bench.stykkpris.rules.price import move_level
from bench.stykkpris.rules.purchaser import follow_up, group_growths, split_variance
from bench.stykkpris.rules.sources import SOURCES
from bench.stykkpris.rules.steps import STEPS
from bench.stykkpris.rules.volume import paid_volume


def stated(services: dict[str, str] | None = None, **options: Any):
    """A scheme with a stated price, 1 unless said otherwise, from 2000."""
    return make_model("first_year = 2000", source="tender", services=services or {"v": "price = 1.0"}, **options)


def granted(scheme: str, **options: Any):
    """A scheme without prices, from 2000."""
    return make_model("first_year = 2000", source="none", services={}, scheme=scheme, **options)


# -- volume --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("basis", "paid"), [("allocated", 100.0), ("performed", 80.0), ("min", 80.0)])
def test_volume_bases(basis, paid):
    services = {"v": 'price = 2.0\nperformed = "done"'}
    model = make_model(
        "first_year = 2000", source="tender", services=services, scheme=f'[scheme.volume]\nbasis = "{basis}"'
    )
    rows = [{"unit": "A", "year": 2000, "cost": 100.0, "v": 100.0, "done": 80.0}]
    result = run(model, make_units(rows, extra=["done"]))
    assert result.settlement["activity_income"].tolist() == [2 * paid]


def test_marginal_rates_around_a_plan():
    plan = np.array([100.0])
    rule = {"marginal_below": 0.5, "marginal_above": 0.7, "cap": 1.2, "floor": 0.9}
    paid = [paid_volume(np.array([v]), planned=plan, **rule)[0] for v in (60.0, 90.0, 100.0, 110.0, 150.0)]
    assert paid == pytest.approx([90.0, 95.0, 100.0, 107.0, 120.0])


def test_a_basis_without_its_column_is_refused():
    with pytest.raises(ModelError, match="needs 'performed'"):
        run(make_model(scheme='[scheme.volume]\nbasis = "performed"'), panel({"A": [1.0, 1.0]}, 1.0))


# -- price ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [step.key for step in STEPS])
def test_a_step_of_the_price_level_by_hand(key):
    """Last year's level 80, growth of a quarter: 100 indexed; the rule aims at 120."""
    case = CASES[key]
    assert float(move_level(120.0, 80.0, index=1.25, **{key: case.value})) == pytest.approx(case.expected), case.working


def test_every_source_of_the_price_is_worked_out_by_hand():
    assert set(SOURCE_CASES) == set(SOURCES)


@pytest.mark.parametrize(("source", "case"), [(name, case) for name in SOURCE_CASES for case in SOURCE_CASES[name]])
def test_a_source_of_the_price_by_hand(source: str, case: SourceCase):
    """Through the engine, in the second year, by the accounts of the first; nothing grows."""
    keys = "\n".join(f"{key} = {value}" for key, value in case.stated.items())
    costs = {"A": [8000.0] * 2, "B": [10000.0] * 2, "C": [24000.0] * 2, "D": [50.0] * 2}
    volumes = {"A": [100.0] * 2, "B": [100.0] * 2, "C": [200.0] * 2, "D": [0.0] * 2}
    assert levels(run(make_model(keys, source=source), panel(costs, volumes)))[2001] == pytest.approx(case.expected)


def test_a_step_from_last_year_is_left_out_of_the_first_price():
    for step in STEPS:
        first = float(move_level(120.0, **{step.key: CASES[step.key].value}))
        assert first == (120.0 if step.from_last_year else CASES[step.key].expected), step.key


def test_price_classes_pay_a_factor():
    price = '[[scheme.price.class]]\nname = "private"\nunits = ["B"]\nfactor = 1.25'
    result = run(make_model(price), panel({"A": [100.0] * 2, "B": [100.0] * 2}, 100.0))
    assert result.price("s", "v", 2001) == pytest.approx(1.0)
    assert result.price("s", "v", 2001, "private") == pytest.approx(1.25)
    assert result.settlement.set_index("unit")["income"].to_dict() == pytest.approx({"A": 100.0, "B": 125.0})


def test_best_practice_pays_the_second_best_everyone():
    result = run(
        make_model("k = 2", source="best-practice"),
        panel({u: [c] * 2 for u, c in zip("ABC", (80, 90, 120), strict=True)}, 100.0),
    )
    assert levels(result)[2001] == pytest.approx(0.9)


def test_best_practice_quantile_ignores_units_without_volume():
    model = make_model("quantile = 0.5", source="best-practice")
    costs, volumes = (
        {"A": [80.0] * 2, "B": [120.0] * 2, "C": [50.0] * 2},
        {"A": [100.0] * 2, "B": [100.0] * 2, "C": [0.0] * 2},
    )
    assert levels(run(model, panel(costs, volumes)))[2001] == pytest.approx(1.0)


def test_a_frontier_price_needs_norms_and_pays_them():
    model, units = make_model(source="frontier"), panel({"A": [100.0] * 2, "B": [120.0] * 2}, 100.0)
    with pytest.raises(DataError, match="no norm for 2000"):
        run(model, units)
    norms = pd.DataFrame({"scheme": "s", "unit": ["A", "B"], "norm": [90.0, 100.0]}).merge(
        pd.DataFrame({"scheme": "s", "year": [2000, 2001]})
    )
    assert levels(run(model, units, norms=norms))[2001] == pytest.approx(190 / 200)


def test_a_policy_factor_moves_the_price_away_from_the_cost_weight():
    services = {"a": "weight = 1.0\npolicy_factor = 1.2", "b": "weight = 1.0"}
    rows = [{"unit": "A", "year": y, "cost": 220.0, "a": 100.0, "b": 100.0} for y in (2000, 2001)]
    result = run(make_model(services=services), make_units(rows, ["a", "b"]))
    assert (result.price("s", "a", 2001), result.price("s", "b", 2001)) == pytest.approx((1.2, 1.0))


def test_a_fee_fund_returns_to_zero_in_its_years():
    model = make_model('fund_years = 2\nstart = "stated"\nstart_level = 1.2')
    result = run(model, panel({"A": [100.0] * 6}, 100.0))
    path = [levels(result)[year] for year in range(2000, 2006)]
    fund, expected = 0.0, [1.2]
    for _ in range(5):
        fund += 100.0 * expected[-1] - 100.0
        expected.append(1.0 - fund / 2 / 100.0)
    assert path == pytest.approx(expected[:6])
    assert abs(results(result).cumsum().iloc[-1]) < 1.0 < results(result).iloc[0]


def test_new_weights_do_not_move_a_damped_level():
    """Doubling every weight halves the level; prices and the corridor around them stay."""
    services = {"v": "weight = [{from=2000-01-01, value=1.0}, {from=2002-01-01, value=2.0}]"}
    for damping in ("gain = 0.5", "corridor = 0.05"):
        units = panel({"A": [100.0, 80.0, 60.0, 60.0]}, 100.0)
        old, new = (run(make_model(damping, services=s), units).prices["price"].tolist() for s in (None, services))
        assert new == pytest.approx(old)


def test_too_few_units_for_the_rule():
    with pytest.raises(DataError, match="fewer than 3 units"):
        run(make_model("k = 3", source="best-practice"), panel({"A": [1.0, 1.0], "B": [1.0, 1.0]}, 1.0))
    with pytest.raises(DataError, match="only one unit"):
        run(make_model("own_excluded = true"), panel({"A": [1.0, 1.0]}, 1.0))


def test_previous_price_is_indexed_only():
    model = make_model('start = "stated"\nstart_level = 2.0', source="previous", deflator=0.1)
    assert levels(run(model, panel({"A": [100.0, 300.0]}, 100.0))) == pytest.approx({2000: 2.0, 2001: 2.2, 2002: 2.42})


def test_a_stated_price_starts_again_at_each_date():
    services = {"v": "price = [{from=2000-01-01, value=1.0}, {from=2002-01-01, value=5.0}]"}
    result = run(stated(services, deflator=0.1), panel({"A": [1.0] * 4}, 1.0))
    assert levels(result) == pytest.approx({2000: 1.0, 2001: 1.1, 2002: 5.0, 2003: 5.5, 2004: 6.05})


def test_equal_cost_shares_give_each_service_the_same_share_of_the_base():
    table = pd.DataFrame({"u": ["A", "B"], "c": [100.0, 300.0], "x": [5.0, 5.0], "y": [100.0, 300.0]})
    model = bench.load_model("average-cost").with_roles(id="u", cost="c", outputs=["x", "y"])
    result = settle(model, bench.Units.from_frame(table, id="u", inputs=["c"], outputs=["x", "y"]))
    income = result.settlement_lines.groupby("service")["income"].sum()
    assert income.to_dict() == pytest.approx({"x": 200.0, "y": 200.0})
    assert result.schemes["result"].abs().max() < 0.01


def test_every_scheme_of_the_data_gets_the_rules_and_its_own_services():
    table = pd.DataFrame(
        {
            "u": list("ABCD"),
            "s": ["p", "p", "q", "q"],
            "c": [10.0, 20, 30, 40],
            "x": [1.0, 2, np.nan, np.nan],
            "y": [1.0, 1, 2, 2],
        }
    )
    model = bench.load_model("average-cost").with_roles(id="u", cost="c", outputs=["x", "y"], scheme="s")
    units = bench.Units.from_frame(table, **model.read_options())
    result = settle(model, units)
    assert result.prices.groupby("scheme")["service"].unique().map(list).to_dict() == {"p": ["x", "y"], "q": ["y"]}


# -- block, mix, corrections, transition ---------------------------------------------------------------------


def block(kind: str, more: str = "", mix: str = "activity = 0.0\nblock = 1.0") -> str:
    return f'[scheme.mix]\n{mix}\n[scheme.block]\nkind = "{kind}"\n{more}\n'


def test_criteria_shares_and_totals():
    rows = [
        {"unit": u, "year": 2000, "cost": 1.0, "v": 1.0, "old": old, "all": people}
        for u, old, people in (("A", 10.0, 100.0), ("B", 30.0, 100.0))
    ]
    criteria = '[[scheme.block.criterion]]\ncolumn = "old"\nweight = 0.6\n'
    criteria += '[[scheme.block.criterion]]\ncolumn = "all"\nweight = 0.4'
    model = granted(block("criteria", f"total = 1000.0\n{criteria}"))
    result = run(model, make_units(rows, extra=["old", "all"]))
    assert result.settlement.set_index("unit")["block_income"].to_dict() == pytest.approx({"A": 350.0, "B": 650.0})
    assert result.prices.empty
    assert result.schemes["income"].tolist() == [1000.0]


@pytest.mark.parametrize(
    ("base", "expected"), [("budget", [100.0, 103.0, 106.09]), ("accounts", [100.0, 103.0, 123.6])]
)
def test_incremental_grants_from_budget_or_accounts(base, expected):
    model = granted(block("incremental", f'base = "{base}"\nstart = "contemporaneous"'), deflator=0.03)
    result = run(model, panel({"A": [100.0, 120.0, 130.0]}, 1.0))
    assert result.settlement["block_income"].tolist() == pytest.approx(expected)


def test_a_grant_on_last_years_accounts_needs_them():
    with pytest.raises(DataError, match="needs the accounts of 1999"):
        run(granted(block("incremental")), panel({"A": [100.0, 100.0]}, 1.0))


def test_incremental_grant_with_need_and_carry():
    more = 'need = 0.1\ncarry = 1.0\nstart = "contemporaneous"'
    model = granted(block("incremental", more))
    result = run(model, panel({"A": [100.0, 130.0, 100.0]}, 1.0))
    first = 100.0 * 1.1
    second = first * 1.1 + (first - 100.0)
    assert result.settlement["block_income"].tolist() == pytest.approx([first, second, second * 1.1 + (second - 130.0)])


def test_a_frontier_as_the_key_of_a_grant():
    norms = pd.DataFrame({"scheme": "s", "unit": ["A", "B"], "year": 2000, "norm": [30.0, 10.0]})
    model = granted(block("norm-share", 'total = 100.0\nstart = "contemporaneous"'))
    result = run(model, panel({"A": [50.0], "B": [50.0]}, 1.0), norms=norms)
    assert result.settlement["block_income"].tolist() == pytest.approx([75.0, 25.0])


def test_half_activity_half_block():
    mix = block("lump-sum", "total_share = 0.5", "activity = 0.5\nblock = 0.5")
    result = run(make_model(scheme=mix), panel({"A": [100.0] * 2, "B": [100.0] * 2}, 100.0))
    row = result.settlement.set_index("unit").loc["A"]
    assert (row["activity_income"], row["block_income"]) == pytest.approx((50.0, 50.0))


def test_rent_refunded_and_out_of_the_price():
    scheme = '[[scheme.mix.component]]\nname = { nb = "Husleie", en = "Rent" }\ncolumn = "rent"\ntreatment = "refund"\n'
    rows = [
        {"unit": u, "year": y, "cost": 100.0 + rent, "v": 100.0, "rent": rent}
        for u, rent in (("A", 20.0), ("B", 60.0))
        for y in (2000, 2001)
    ]
    result = run(make_model(scheme=scheme), make_units(rows, extra=["rent"]))
    assert levels(result)[2001] == pytest.approx(1.0)
    assert result.settlement["refund"].tolist() == pytest.approx([20.0, 60.0])
    assert result.settlement["result"].tolist() == pytest.approx([0.0, 0.0], abs=1e-9)


CORRECTIONS = {
    "rate": ('column = "z"\nrate = -3.0', -30.0),
    "factor": ('column = "f"', 10.0),
    "zones": ('column = "zone"\n[[scheme.correction.zone]]\nvalue = 1\nfactor = 1.141\n', 14.1),
    "excess": ('column = "z"\ncount_column = "n"\nthreshold = 3.0\nrate = 0.8', 0.8 * (10 - 6)),
    "supplement": ('column = "z"\nrate = 0.5\ncap = 4.0\nreversal = 0.5', 2.0),
    "amount": ('units = ["A"]\namount = 7.0', 7.0),
    "small-unit-topup": ('column = "z"\nreference = 20.0\namount = 8.0', 4.0),
}


@pytest.mark.parametrize("kind", CORRECTIONS)
def test_corrections_by_kind(kind):
    line, expected = CORRECTIONS[kind]
    scheme = f'[[scheme.correction]]\nname = {{ nb = "K", en = "C" }}\nkind = "{kind}"\n{line}'
    row = {"unit": "A", "year": 2000, "cost": 100.0, "v": 100.0, "z": 10.0, "f": 1.1, "zone": 1.0, "n": 2.0}
    model = stated(scheme=scheme)
    result = run(model, make_units([row], extra=["z", "f", "zone", "n"]))
    assert result.corrections["amount"].tolist() == pytest.approx([expected])
    assert result.settlement["income"].tolist() == pytest.approx([100.0 + expected])


def test_a_correction_grows_with_index_and_need():
    scheme = '[[scheme.correction]]\nname = { nb = "U", en = "U" }\nkind = "rate"\ncolumn = "z"\nrate = -1.0\n'
    scheme += "indexed_from = 2000\ngrowth = 0.007"
    rows = [{"unit": "A", "year": y, "cost": 100.0, "v": 100.0, "z": 100.0} for y in (2000, 2001, 2002)]
    model = stated(scheme=scheme, deflator=0.02)
    result = run(model, make_units(rows, extra=["z"]))
    assert result.corrections["amount"].tolist() == pytest.approx([-100.0 * (1.02 * 1.007) ** t for t in range(3)])


def test_transition_holds_harmless_and_caps():
    scheme = "[scheme.transition]\nhold_harmless = 0.98\ncap = 1.05"
    result = run(make_model(scheme=scheme), panel({"A": [200.0] * 2, "B": [100.0] * 2, "C": [60.0] * 2}, 100.0))
    income = result.settlement.set_index("unit")["income"]
    assert income.to_dict() == pytest.approx({"A": 196.0, "B": 105.0, "C": 63.0})


def test_user_choice_is_neutral_at_zero_and_keeps_the_whole():
    shares, quality = np.array([0.2, 0.3, 0.5]), np.array([1.0, -1.0, 0.0])
    assert market_shares(shares, quality, 0.0).tolist() == pytest.approx(shares.tolist())
    moved = market_shares(shares, quality, 0.5)
    assert moved.sum() == pytest.approx(1.0)
    assert moved[0] > 0.2 > moved[1] - 0.1
    assert selection_factors(np.array([0.3, 0.0, 0.0]), shares, 0.0).tolist() == [1.0, 1.0, 1.0]
    picked = selection_factors(np.array([0.5, 0.1, 0.0]), shares, 0.2)
    assert picked @ shares == pytest.approx(1.0)
    assert picked[0] < 1.0 < picked[2]


def test_selection_is_bounded_by_its_form_and_a_lasting_difference_moves_the_market_once():
    rng = np.random.default_rng(7)
    for _ in range(200):
        gap, shares, selection = rng.random(5), rng.dirichlet(np.ones(5)), rng.random() * 0.9
        factors = selection_factors(gap, shares, selection)
        assert factors.min() >= (1.0 - selection) - 1e-12
        assert factors.max() <= 1.0 / (1.0 - selection) + 1e-12
        near = selection_factors(gap + 1e-7, shares, selection)
        assert np.abs(near - factors).max() < 1e-5
    start, quality = np.array([0.5, 0.5]), np.array([0.0, -0.1])
    shares, seen = start, np.zeros(2)
    for _ in range(50):
        shares, seen = market_shares(shares, quality - seen, 1.0), quality
    assert shares == pytest.approx(start * np.exp(quality) / (start @ np.exp(quality)))


# -- index ---------------------------------------------------------------------------------------------------


def test_the_final_index_replaces_the_forecast_once_known():
    text = 'source = "values"\ndeflator = 0.0\n'
    assert text
    base = stated(deflator=0.02)
    corrected = base.with_values({"indexation.final": 0.05, "indexation.correct": True})
    path = levels(run(corrected, panel({"A": [1.0] * 3}, 1.0)))
    assert path == pytest.approx({2000: 1.0, 2001: 1.02, 2002: 1.05 * 1.02, 2003: 1.05**2 * 1.02})


def test_wages_and_prices_weighted():
    """National budget 2022: 0.59·3.2 + 0.41·1.6 = 2.5 per cent."""
    model = stated().with_values(
        {
            "indexation.source": "wage-price",
            "indexation.wage": 0.032,
            "indexation.price": 0.016,
            "indexation.wage_share": 0.59,
        }
    )
    assert levels(run(model, panel({"A": [1.0]}, 1.0)))[2001] == pytest.approx(1.025, abs=6e-4)


def test_a_missing_index_year_is_said():
    model = make_model().with_values({"indexation.source": "table"})
    with pytest.raises(DataError, match="no growth into 2001"):
        run(model, panel({"A": [1.0, 1.0]}, 1.0), tables={"index": pd.DataFrame({"year": [2000], "growth": [0.0]})})


# -- purchaser -----------------------------------------------------------------------------------------------

volumes = st.integers(0, 10**6).map(lambda n: n / 10)


@given(st.lists(st.tuples(volumes, volumes, st.integers(1, 10**6), st.integers(0, 10**9)), min_size=1, max_size=6))
@settings(deadline=None, max_examples=50)
def test_every_variance_sums_exactly(services):
    budgets, actuals = (np.array([s[k] for s in services]) for k in (0, 1))
    growths = group_growths([("g", "hour")] * len(services), budgets, actuals)
    for (budget, actual, price, spent), growth in zip(services, growths, strict=True):
        v = split_variance(budget, actual, Decimal(price) / 100, Decimal(spent) / 100, growth)
        assert v.budget + v.variance == v.expenditure
        assert v.volume + v.price == v.variance
        assert v.pure_volume + v.mix == v.volume


def test_mix_is_a_shift_within_a_group():
    growths = group_growths([("home", "day"), ("home", "day")], np.array([90.0, 10.0]), np.array([80.0, 20.0]))
    parts = [
        split_variance(b, a, Decimal(p), Decimal(p) * int(a), g)
        for b, a, p, g in zip((90.0, 10.0), (80.0, 20.0), (100, 200), growths, strict=True)
    ]
    assert [part.pure_volume for part in parts] == [0, 0]
    assert sum(part.mix for part in parts) == Decimal(-1000 + 2000)


def test_budget_by_growth_and_budget_price_of_last_year():
    rest = '[purchaser]\nbudget = "growth"\ndemography = 0.02\nneed = 0.01\nbudget_price = "previous-indexed"'
    model = make_model(rest=rest, deflator=0.03)
    result = run(model, panel({"A": [100.0, 110.0, 120.0]}, {"A": [100.0, 100.0, 110.0]}))
    row = result.purchaser.set_index("year").loc[2002]
    assert row["budget_volume"] == pytest.approx(100.0 * 1.02 * 1.01)
    assert row["budget_price"] == pytest.approx(1.0 * 1.03 * 1.03)
    assert row["price_variance"] == pytest.approx((1.1 * 1.03 - 1.03**2) * 110.0, abs=0.02)


def test_a_missing_budget_row_is_said():
    model = make_model(rest='[purchaser]\nbudget = "table"')
    with pytest.raises(DataError, match="no budgeted volume for 'v'"):
        run(model, panel({"A": [1.0, 1.0]}, 1.0))


def test_follow_up_reports_at_thirds_and_says_what_would_close_the_gap():
    budget, spent = np.full(12, 100.0), np.full(12, 110.0)
    rows = follow_up(budget, spent, threshold=0.05)
    assert [row.month for row in rows if row.reported] == [4, 8, 12]
    april = rows[3]
    rest = april.forecast - april.expenditure_to_date
    assert april.expenditure_to_date + rest * (1 - april.cut_volume) == pytest.approx(april.budget)
    assert april.add_money == pytest.approx(120.0)
    assert rows[-1].cut_volume == 0.0
    assert not any(row.reported for row in follow_up(budget, budget))


# -- the engine's manners ------------------------------------------------------------------------------------


def test_the_data_must_hold_what_the_rules_need():
    with pytest.raises(DataError, match="starts in 2009, after the last accounts"):
        run(make_model("first_year = 2009"), panel({"A": [1.0, 1.0]}, 1.0))
    with pytest.raises(DataError, match="has no volume in 2000"):
        run(make_model(), panel({"A": [1.0, 1.0]}, {"A": [0.0, 1.0]}))
    scheme = '[[scheme.correction]]\nname = { nb = "K", en = "C" }\nkind = "rate"\ncolumn = "plasser"\nrate = 1.0'
    with pytest.raises(DataError, match="'plasser'"):
        run(make_model(scheme=scheme), panel({"A": [1.0, 1.0]}, 1.0))
    with pytest.raises(OptionError, match="did you mean 'index'"):
        run(make_model(), panel({"A": [1.0, 1.0]}, 1.0), tables={"indx": pd.DataFrame()})


def test_units_come_and_go():
    rows = [
        {"unit": u, "year": y, "cost": 90.0 + 10 * (u == "B"), "v": 100.0}
        for u, years in (("A", (2000, 2001, 2002)), ("B", (2000, 2001)), ("C", (2002,)))
        for y in years
    ]
    result = run(make_model(), make_units(rows))
    seen = result.settlement.groupby("year")["unit"].agg(list).to_dict()
    assert seen == {2001: ["A", "B"], 2002: ["A", "B", "C"]}  # B's balance stays on the books
    gone = result.settlement[(result.settlement["unit"] == "B") & (result.settlement["year"] == 2002)].iloc[0]
    assert (gone["income"], gone["cost"]) == (0.0, 0.0)
    assert gone["closing_balance"] == gone["opening_balance"] != 0.0


def test_progress_and_repr():
    seen = []
    result = run(make_model(), panel({"A": [1.0, 1.0]}, 1.0), progress=lambda *step: seen.append(step))
    assert seen == [("settlement", 1, 1)]
    assert repr(result) == "StykkprisResult(test: 1 units, 2001–2001)"
    assert "price level" in result.summary()
    assert "<table" in result._repr_html_()
    for kind in ("prices", "results", "balances"):
        assert "year" in str(result.plot(kind).to_dict()["encoding"])
    with pytest.raises(OptionError, match="did you mean 'prices'"):
        result.plot("price")
    with pytest.raises(LookupError, match="no price"):
        result.price("s", "v", 1900)


def test_a_case_that_does_not_hold_says_so():
    case = """
[[case]]
name = "wrong"
title = { nb = "Feil", en = "Wrong" }
source = "made up"
[case.data]
unit = ["A", "A"]
year = [2000, 2001]
cost = [100, 100]
v = [100, 100]
[[case.expect]]
frame = "schemes"
column = "price_level"
where = { year = 2001 }
value = 2
[[case.expect]]
frame = "schemes"
column = "price_level"
where = { year = 1999 }
value = 1
"""
    report = run_cases(make_model(rest=case))
    assert not report.ok
    assert report.frame["value"].iloc[0] == 1.0
    assert report.frame["message"].iloc[1] == "0 rows match"

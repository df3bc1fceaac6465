"""The closed forms of a self-adjusting unit price, each against the engine itself, not against a second formula.

Numbers in the tables of this file are arithmetic from the formulas in the docstrings of `bench.stykkpris.closed_forms`.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from stykkpris.support import levels, make_model, make_units, panel, results, run

from bench.stykkpris import closed_forms as form

EXACT = {"rel": 1e-9, "abs": 1e-9}
RNG = np.random.default_rng(7)


def random_panel(units: int = 5, years: int = 6):
    costs = {f"u{i}": (50 + 100 * RNG.random(years)).tolist() for i in range(units)}
    volumes = {f"u{i}": (50 + 100 * RNG.random(years)).tolist() for i in range(units)}
    return panel(costs, volumes)


# -- 1: price identity ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("deflator", [0.0, 0.035])
def test_1_next_price_is_the_index_times_cost_over_volume(deflator):
    result = run(make_model(deflator=deflator), random_panel())
    for row in result.schemes.to_dict("records"):
        d = 1.0 + deflator
        assert row["next_price_level"] == pytest.approx(d * row["cost"] / row["weighted_volume"], **EXACT)
        closed = form.next_level(row["price_level"], row["income"], row["cost"], d)
        assert row["next_price_level"] == pytest.approx(closed, **EXACT)


def test_1_all_products_scale_together():
    services = {"hours": "weight = 1.0", "visits": "weight = 0.25"}
    rows = [
        {"unit": u, "year": y, "cost": 100 * c, "hours": 10 * h, "visits": 40 * v}
        for u, y in itertools.product("AB", range(2000, 2005))
        for c, h, v in [RNG.uniform(0.8, 1.2, 3)]
    ]
    result = run(make_model(services=services), make_units(rows, ["hours", "visits"]))
    table = result.prices.pivot(index="year", columns="service", values="price")
    assert np.ptp((table["visits"] / table["hours"]).to_numpy()) < 1e-12


# -- 2: margin = productivity --------------------------------------------------------------------------------


@pytest.mark.parametrize("deflator", [0.0, 0.03])
def test_2_margin_is_the_real_fall_in_unit_cost(deflator):
    result = run(make_model(deflator=deflator), random_panel())
    table = result.schemes
    unit_cost = (table["cost"] / table["weighted_volume"]).to_numpy()
    margins = (table["result"] / table["income"]).to_numpy()
    for t in range(1, len(table)):
        assert margins[t] == pytest.approx(form.margin(unit_cost[t], unit_cost[t - 1], 1 + deflator), **EXACT)


# -- 3: telescoping ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lag", [1, 2, 3])
def test_3_a_permanent_saving_is_kept_for_exactly_the_lag(lag):
    years, saving_from = 10, lag + 2
    costs = {u: [100.0] * saving_from + [95.0] * (years - saving_from) for u in "ABCD"}
    result = run(make_model(f"lag = {lag}"), panel(costs, 100.0))
    volume, saving = 400.0, 5.0 / 100.0
    assert results(result).sum() == pytest.approx(form.kept_saving(volume, saving, lag), **EXACT)
    assert (results(result).abs() > 1e-9).sum() == lag


# -- 4: no anchor --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cost", [10.0, 100.0, 1000.0])
def test_4_every_cost_level_is_a_fixed_point(cost):
    result = run(make_model(), panel({"A": [cost] * 5, "B": [cost] * 5}, 10.0))
    assert all(level == pytest.approx(cost / 10.0, **EXACT) for level in levels(result).values())
    assert results(result).abs().max() < 1e-9


# -- 5: zero sum ---------------------------------------------------------------------------------------------


def test_5_the_contemporaneous_price_sums_to_zero():
    result = run(make_model("lag = 0"), random_panel())
    assert results(result).abs().max() < 1e-9
    assert result.settlement["result"].abs().max() > 1.0


# -- 6: incentive power --------------------------------------------------------------------------------------

#: Incentive power by (keep, lag) and number of equal units, discount 0.95: k(1 − 0.95^L/n).
POWER = {
    (1.0, 1): {1: 0.0500, 3: 0.6833, 4: 0.7625, 13: 0.9269},
    (0.9, 1): {1: 0.0450, 3: 0.6150, 4: 0.6863, 13: 0.8342},
    (0.9, 2): {1: 0.0878, 3: 0.6293, 4: 0.6969, 13: 0.8375},
}


def measured_power(model, units: int, lag: int, discount: float, volumes: list[float] | None = None) -> float:
    """Present value of what the first unit keeps of its own permanent saving, over that of the saving.

    The last year's flow goes on for ever: by then the price has adjusted.
    """
    start, years = lag + 1, 2 * lag + 4
    size = volumes or [1000.0] * units
    paths = {f"u{i}": [v] * years for i, v in enumerate(size)}
    paths["u0"] = [size[0]] * start + [size[0] - 10.0] * (years - start)
    result = run(model, panel(paths, {f"u{i}": [v] * years for i, v in enumerate(size)}))
    rows = result.settlement[result.settlement["unit"] == "u0"].set_index("year")
    flow = (rows["kept"] + rows["carried"]).to_numpy()[-(years - start) :]
    weights = discount ** np.arange(len(flow))
    value = flow @ weights + flow[-1] * discount ** len(flow) / (1 - discount)
    return float(value / (10.0 / (1 - discount)))


@pytest.mark.parametrize(("keep", "lag", "units"), [(*k, n) for k, row in POWER.items() for n in row])
def test_6_incentive_power_of_equal_units(keep, lag, units):
    measured = measured_power(make_model(f"lag = {lag}", keep=keep), units, lag, 0.95)
    assert measured == pytest.approx(form.incentive_power(1 / units, keep=keep, lag=lag), **EXACT)
    assert measured == pytest.approx(POWER[keep, lag][units], abs=5e-5)


def test_6_cost_refund_gives_nothing_and_a_fixed_price_everything():
    refund = make_model(scheme="[scheme.mix]\nactivity = 0.0\nrefund = 1.0")
    fixed = make_model(source="tender", services={"v": "price = 1.0"})
    assert measured_power(refund, 3, 1, 0.95) == pytest.approx(0.0, abs=1e-9)
    assert form.incentive_power(1 / 3, refund=1.0, activity=0.0) == 0.0
    assert measured_power(fixed, 3, 1, 0.95) == pytest.approx(1.0, **EXACT)


def test_6_the_largest_unit_has_the_weakest_incentive():
    sizes = [1000.0, 500.0, 500.0]
    large = measured_power(make_model(), 3, 1, 0.95, sizes)
    small = measured_power(make_model(), 3, 1, 0.95, sizes[::-1])
    assert large == pytest.approx(form.incentive_power(0.5), **EXACT)
    assert small == pytest.approx(form.incentive_power(0.25), **EXACT)
    assert large < small


# -- 7: own unit excluded ------------------------------------------------------------------------------------


def test_7_own_cost_excluded_gives_the_whole_kept_share():
    model = make_model("own_excluded = true", keep=0.9)
    assert measured_power(model, 4, 1, 0.95) == pytest.approx(0.9, **EXACT)
    assert form.incentive_power(0.25, keep=0.9, own_excluded=True) == 0.9


def test_7_equal_volumes_sum_to_zero_unequal_need_calibration():
    costs = {"A": [90.0, 90.0], "B": [100.0, 100.0], "C": [140.0, 140.0]}
    unequal = {"A": [50.0, 50.0], "B": [100.0, 100.0], "C": [200.0, 200.0]}
    loose, tied = make_model("own_excluded = true"), make_model("own_excluded = true\ncalibrate = true")
    assert results(run(loose, panel(costs, 100.0)))[2001] == pytest.approx(0.0, abs=1e-9)
    assert abs(results(run(loose, panel(costs, unequal)))[2001]) > 1.0
    assert results(run(tied, panel(costs, unequal)))[2001] == pytest.approx(0.0, abs=1e-9)


# -- 8: carry-over feedback ----------------------------------------------------------------------------------


def feedback_path(
    price: str, years: int, *, spending: float, keep: float = 1.0, carry: float = 1.0, start: float = 1.08
):
    """Prices and unit costs from the engine, year by year, where units spend a share of what they keep or carry."""
    model = make_model(f'start = "stated"\nstart_level = 1.08\n{price}', keep=keep, carry=carry)
    costs, spent = [], 0.0
    for _ in range(years):
        costs.append(1000.0 + spent)
        result = run(model, panel({"A": costs}, 1000.0))
        last = result.settlement.iloc[-1]
        spent = spending * (last["kept"] + last["carried"])
    prices = [level for year, level in levels(result).items() if year < 2000 + years]
    return np.array(prices), np.array(costs) / 1000.0


def test_8_the_path_of_the_source_falls_sharply_and_rises_again():
    prices, costs = feedback_path("", 7, spending=0.3, keep=0.9)
    assert prices == pytest.approx([1.0800, 1.0000, 1.0216, 0.9935, 1.0076, 0.9958, 1.0032], abs=5e-5)
    assert costs[:3] == pytest.approx([1.0000, 1.0216, 0.9935], abs=5e-5)
    closed = form.swing_path(1.08, 7, spending=0.3, keep=0.9)
    assert prices == pytest.approx(closed[0], **EXACT)
    assert costs == pytest.approx(closed[1], **EXACT)


@pytest.mark.parametrize(("gain", "spending"), [(1.0, 0.3), (1.0, 0.9), (0.6, 0.5), (0.4, 0.9)])
def test_8_the_engine_moves_by_the_roots_of_the_rule(gain, spending):
    prices, costs = feedback_path(f"gain = {gain}", 9, spending=spending)
    matrix = form.rule_matrix(gain=gain, spending=spending)
    state = np.array([prices[0] - 1.0, costs[0] - 1.0])
    for t in range(1, 9):
        state = matrix @ state
        assert [prices[t] - 1.0, costs[t] - 1.0] == pytest.approx(state.tolist(), rel=1e-7, abs=1e-10)
    polynomial = np.roots([1.0, -(1.0 - gain - spending), -spending])
    assert np.sort_complex(form.roots(matrix)) == pytest.approx(np.sort_complex(polynomial), abs=1e-9)


def test_8_known_roots_and_boundaries():
    assert form.roots(form.rule_matrix(spending=0.9)).real == pytest.approx([-1.5, 0.6], abs=1e-12)
    for gain in (0.25, 0.5, 1.0):
        edge = form.largest_safe_spending(gain)
        assert gain == pytest.approx(2 * (1 - edge), abs=1e-12)
        assert form.spectral_radius(form.rule_matrix(gain=gain, spending=edge)) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(("lag", "edge"), [(1, 0.5), (2, 0.7071), (3, 0.5), (4, 0.5774), (5, 0.5), (6, 0.5412)])
def test_8_boundary_by_lag(lag, edge):
    assert form.largest_safe_spending(lag=lag) == pytest.approx(edge, abs=5e-5)
    just_below, just_above = (form.rule_matrix(spending=edge + step, lag=lag) for step in (-1e-3, 1e-3))
    assert form.spectral_radius(just_below) < 1.0 < form.spectral_radius(just_above)


def test_8_asymmetric_carry_has_its_own_boundary():
    edge = form.safe_spending_asymmetric(0.9, 1.0)
    assert edge == pytest.approx(0.5263, abs=5e-5)

    def swing(spending: float) -> float:
        prices, costs = feedback_path("", 24, spending=spending, keep=0.9)
        gap = np.abs(prices - costs)
        return gap[-4:].max() / gap[-12:-8].max()

    assert swing(edge - 0.03) < 1.0 < swing(edge + 0.03)


def test_8_spending_outside_the_cost_base_leaves_the_price_alone():
    rows = [
        {"unit": "A", "year": 2000 + t, "cost": 100.0 + spent, "v": 100.0, "reserve": spent}
        for t, spent in enumerate([0.0, 20.0, -15.0, 5.0])
    ]
    model = make_model('reserves = "outside"\nreserve_column = "reserve"')
    result = run(model, make_units(rows, extra=["reserve"]))
    assert all(level == pytest.approx(1.0, **EXACT) for level in levels(result).values())


# -- 9: two-year lag -----------------------------------------------------------------------------------------


def test_9_two_year_lag_makes_two_separate_chains():
    costs = [100.0, 200.0] + [100.0, 200.0] * 3
    path = levels(run(make_model("lag = 2"), panel({"A": costs}, 100.0)))
    assert [path[year] for year in sorted(path)] == pytest.approx([1.0, 2.0] * 3 + [1.0], **EXACT)


def test_9_two_deflators_over_two_years():
    deflator = (
        "[{from=2000-01-01, to=2001-12-31, value=0.0}, {from=2002-01-01, value=0.03}, {from=2003-01-01, value=0.05}]"
    )
    path = levels(run(make_model("lag = 2", deflator=deflator), panel({"A": [100.0, 110.0, 100.0, 100.0]}, 100.0)))
    assert path[2003] == pytest.approx(1.10 * 1.03 * 1.05, **EXACT)


def test_9_estimate_with_later_true_up():
    rows = [
        {"unit": "A", "year": 2000 + t, "cost": final, "v": 100.0, "estimate": estimate}
        for t, (final, estimate) in enumerate([(100.0, 100.0), (110.0, 104.0), (100.0, 100.0), (100.0, 100.0)])
    ]
    price = 'accounts = "estimate"\nestimate_column = "estimate"\ntrue_up = true\ntrue_up_interest = 0.05'
    path = levels(run(make_model(price), make_units(rows, extra=["estimate"])))
    assert path[2002] == pytest.approx(1.04, **EXACT)
    assert path[2003] == pytest.approx(1.0 + 0.06 * 1.05, **EXACT)
    assert path[2004] == pytest.approx(1.0, **EXACT)


# -- 10: efficiency requirement ------------------------------------------------------------------------------


def test_10_no_response_gives_the_same_margin_every_year():
    result = run(make_model("requirement = 0.02"), panel({"A": [100.0] * 7}, 100.0))
    margins = (result.schemes["result"] / result.schemes["income"]).to_numpy()
    assert margins[1:] == pytest.approx(form.requirement_margin(0.02), **EXACT)
    assert form.requirement_margin(0.02) == pytest.approx(-0.0204, abs=5e-5)


def test_10_full_response_keeps_the_scheme_in_balance():
    costs = [100.0, 100.0] + [100.0 * 0.98**t for t in range(1, 6)]
    result = run(make_model("requirement = 0.02"), panel({"A": costs}, 100.0))
    assert results(result).abs().max() < 1e-9
    levels_ = levels(result)
    assert levels_[2007] / levels_[2006] == pytest.approx(0.98, **EXACT)


def test_10_a_stated_path_accumulates_the_gap():
    model = make_model("requirement = 0.02\nfirst_year = 2000", source="tender", services={"v": "price = 1.0"})
    result = run(model, panel({"A": [100.0] * 6}, 100.0))
    assert results(result).to_numpy() == pytest.approx([100 * (0.98**t - 1) for t in range(6)], **EXACT)


# -- 11: frontier share, corridor ----------------------------------------------------------------------------


@pytest.mark.parametrize(("theta", "response"), [(0.25, 1.0), (0.5, 0.4)])
def test_11_cost_glides_to_the_frontier(theta, response):
    """Unit B is best practice at 80; A closes a share of its gap to the price it is paid."""
    model = make_model(f"frontier_share = {theta}\nk = 1")
    cost, path = 120.0, []
    volume = {"A": [1e9] * 9, "B": [1.0] * 9}
    for t in range(8):
        path.append(cost)
        units = panel({"A": [c * 1e7 for c in path], "B": [0.8] * (t + 1)}, {u: v[: t + 1] for u, v in volume.items()})
        price = levels(run(model, units))[2001 + t] * 100.0
        cost -= response * (cost - price)
    gaps = np.array(path) - 80.0
    assert gaps[1:] / gaps[:-1] == pytest.approx(1 - response * theta, abs=1e-6)
    half = form.glide_half_life(theta, response)
    assert (1 - response * theta) ** half == pytest.approx(0.5, **EXACT)


@pytest.mark.parametrize(("target", "corridor"), [(0.7, 0.05), (0.5, 0.1), (0.95, 0.02)])
def test_11_a_corridor_only_delays(target, corridor):
    costs = [100.0, *([100.0 * target] * 20)]
    model = make_model(f'corridor = {corridor}\nstart = "stated"\nstart_level = 1.0')
    path = levels(run(model, panel({"A": costs[1:]}, 100.0)))
    reached = next(t for t, year in enumerate(sorted(path)) if path[year] <= target * (1 + 1e-12))
    assert reached == form.corridor_years(target, 1.0, corridor)


# -- 12: deflator error --------------------------------------------------------------------------------------


def test_12_an_index_error_does_not_add_up_under_the_rule_but_does_under_an_indexed_price():
    costs = [100.0 * 1.05**t for t in range(8)]
    adjusting = run(make_model(deflator=0.03), panel({"A": costs}, 100.0)).schemes
    margins = (adjusting["result"] / adjusting["income"]).to_numpy()
    assert margins == pytest.approx(form.index_error_margin(0.05, 0.03), **EXACT)
    indexed = make_model("first_year = 2000", source="tender", services={"v": "price = 1.0"}, deflator=0.03)
    growing = run(indexed, panel({"A": costs}, 100.0)).schemes
    margins = (growing["result"] / growing["income"]).to_numpy()
    assert margins == pytest.approx([1 - (1.05 / 1.03) ** t for t in range(8)], **EXACT)


# -- 13–15: fixed cost ---------------------------------------------------------------------------------------


def test_13_growth_overpays_the_fixed_cost():
    volumes = [100.0, 110.0, 121.0, 100.0]
    costs = [300.0 + 2.0 * v for v in volumes]
    result = run(make_model(), panel({"A": costs}, {"A": volumes}))
    expected = [form.fixed_cost_overpaid(300.0, v, last) for last, v in itertools.pairwise(volumes)]
    assert results(result).to_numpy() == pytest.approx(expected, **EXACT)
    assert expected[-1] < 0 < expected[0]


@pytest.mark.parametrize(("money", "fixed"), [(1000.0, 400.0), (1000.0, 800.0)])
def test_14_fixed_money_converges_at_the_rate_of_the_fixed_cost(money, fixed):
    marginal, volumes = 2.0, [200.0]
    for _ in range(40):
        costs = [fixed + marginal * v for v in volumes]
        price = levels(run(make_model(), panel({"A": costs}, {"A": volumes})))[2000 + len(volumes)]
        volumes.append(money / price)
    prices = money / np.array(volumes[1:])
    price, volume = form.fixed_money_price(money, fixed, marginal)
    gaps = prices - price
    early = slice(0, 5)
    assert gaps[1:][early] / gaps[:-1][early] == pytest.approx(fixed / money, rel=1e-6)
    assert volumes[-1] == pytest.approx(volume, rel=2e-4 if fixed > 500 else 1e-9)


def test_14_no_fixed_point_when_the_fixed_cost_exceeds_the_money():
    with pytest.raises(ValueError, match="fixed cost exceeds"):
        form.fixed_money_price(100.0, 100.0, 1.0)


def small_units(scheme: str = ""):
    sizes = {"A": 50.0, "B": 100.0, "C": 150.0}
    rows = [
        {"unit": u, "year": y, "cost": 60.0 + 1.0 * v, "v": v, "size": v}
        for u, v in sizes.items()
        for y in (2000, 2001)
    ]
    return run(make_model(scheme=scheme), make_units(rows, extra=["size"]))


def test_15_fixed_cost_in_the_price_makes_small_units_lose():
    settled = small_units().settlement
    assert settled["result"].to_numpy() == pytest.approx(
        form.small_unit_result(60.0, np.array([50.0, 100, 150])), **EXACT
    )


def test_15_a_top_up_inside_the_scheme_restores_the_sum():
    top_up = """
[[scheme.correction]]
name = { nb = "Topp", en = "Top-up" }
kind = "small-unit-topup"
column = "size"
reference = 100.0
amount = 60.0
funded_by = "scheme"
"""
    result = small_units(top_up)
    assert results(result)[2001] == pytest.approx(0.0, abs=1e-9)
    assert levels(result)[2001] == pytest.approx((480.0 - 30.0) / 300.0, **EXACT)
    small = result.settlement.set_index("unit").loc["A"]
    assert small["corrections"] == pytest.approx(30.0, **EXACT)
    assert small["result"] > -30.0


# -- 16: several products ------------------------------------------------------------------------------------


def products(update: str, keys: tuple[str, str] = ("", "")):
    services = {"h": f"weight = 1.0\n{keys[0]}", "b": f"weight = 3.0\n{keys[1]}"}
    rng = np.random.default_rng(3)
    rows = [
        {
            "unit": u,
            "year": y,
            "cost": 500 * rng.uniform(0.8, 1.2),
            "h": 100 * rng.uniform(0.8, 1.2),
            "b": 50 * rng.uniform(0.8, 1.2),
        }
        for u, y in itertools.product("ABC", range(2000, 2005))
    ]
    return run(make_model(update, services=services), make_units(rows, ["h", "b"]))


def test_16_revenue_keys_are_the_scalar_rule():
    scalar = products('update = "scalar"').prices["price"].to_numpy()
    keyed = products('update = "revenue-keys"').prices["price"].to_numpy()
    assert keyed == pytest.approx(scalar, **EXACT)


def test_16_fixed_keys_price_each_product_by_its_own_volume():
    result = products('update = "cost-keys"', ("cost_key = 0.4", "cost_key = 0.6"))
    lines = result.settlement_lines
    costs = result.settlement.groupby("year")["cost"].sum()
    for year in (2002, 2003, 2004):
        for service, key in (("h", 0.4), ("b", 0.6)):
            volume = lines[(lines["year"] == year - 1) & (lines["service"] == service)]["volume"].sum()
            assert result.price("s", service, year) == pytest.approx(key * costs[year - 1] / volume, **EXACT)


@pytest.mark.parametrize(
    ("update", "keys"), [("cost-keys", ("cost_key = 0.4", "cost_key = 0.6")), ("revenue-keys", ("", ""))]
)
def test_16_a_stated_first_price_holds_whichever_way_prices_move_afterwards(update, keys):
    """Level 7 at weights 1 and 3 is 7 and 21; from the year after, each price is of the accounts."""
    result = products(f'update = "{update}"\nstart = "stated"\nstart_level = 7.0', keys)
    assert [result.price("s", service, 2000) for service in "hb"] == [7.0, 21.0]
    rows = result.settlement_lines[result.settlement_lines["year"] == 2000]
    volume = rows.groupby("service")["volume"].sum()
    cost = result.settlement.query("year == 2000")["cost"].sum()
    key = 0.4 if update == "cost-keys" else 7.0 * volume["h"] / (7.0 * volume["h"] + 21.0 * volume["b"])
    assert result.price("s", "h", 2001) == pytest.approx(key * cost / volume["h"], **EXACT)


@pytest.mark.parametrize(("elasticity", "stable"), [(0.5, True), (0.9, True), (1.2, False)])
def test_16_fixed_keys_and_elastic_demand(elasticity, stable):
    services = {"h": "weight = 1.0\ncost_key = 1.0"}
    volume, cost = [120.0], 100.0
    logs = []
    for _ in range(8):
        rows = [{"unit": "A", "year": 2000 + t, "cost": cost, "h": v} for t, v in enumerate(volume)]
        result = run(make_model('update = "cost-keys"', services=services), make_units(rows, ["h"]))
        price = result.price("s", "h", 2000 + len(volume))
        logs.append(math.log(price))
        volume.append(100.0 * price**-elasticity)
    assert np.array(logs[1:]) / np.array(logs[:-1]) == pytest.approx(elasticity, abs=1e-9)
    assert form.keyed_price_is_stable(elasticity) is stable
    assert (abs(logs[-1]) < abs(logs[0])) is stable


def test_16_multipliers_reproduce_the_cost():
    import pandas as pd

    services = {"h": "weight = 1.0", "b": "weight = 1.0"}
    rows = [{"unit": u, "year": y, "cost": 500.0, "h": 100.0, "b": 50.0} for u in "AB" for y in (2000, 2001)]
    benchmark = pd.DataFrame({"scheme": "s", "service": ["h", "b"], "source": "dea", "price": [2.0, 7.0]})
    model = make_model('update = "multipliers"', services=services)
    result = run(model, make_units(rows, ["h", "b"]), benchmark_prices=benchmark)
    h, b = result.price("s", "h", 2001), result.price("s", "b", 2001)
    assert b / h == pytest.approx(3.5, **EXACT)
    assert 200 * h + 100 * b == pytest.approx(1000.0, **EXACT)


# -- 17: norm mix --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.6, 1.0])
def test_17_a_norm_mix_with_two_years_lag(share):
    import pandas as pd

    norms = pd.DataFrame([{"scheme": "s", "unit": "u0", "year": year, "norm": 900.0} for year in range(2000, 2012)])
    model = make_model(f'lag = 2\nfrontier_share = {share}\nfrontier_reference = "norm"')

    def flows(saving: float) -> np.ndarray:
        costs = [1000.0] * 3 + [1000.0 - saving] * 5
        result = run(model, panel({"u0": costs}, 100.0), norms=norms)
        return results(result, "u0").to_numpy()[-5:]

    flow = flows(10.0) - flows(0.0)
    weights = 0.95 ** np.arange(5)
    power = (flow @ weights + flow[-1] * 0.95**5 / 0.05) / (10.0 / 0.05)
    assert power == pytest.approx(form.norm_mix_power(share, 0.95), **EXACT)
    assert power == pytest.approx(form.incentive_power(1.0, lag=2, frontier_share=share), **EXACT)

"""Comparison: the criteria's formulas, and the findings of 003_d89321ded97a3ce6.txt ch. 3, 5 and 6 as situations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from stykkpris.forward_data import kristiansand, scheme_of

from bench import resources
from bench.cli import main
from bench.errors import DataError, OptionError, SettlementError
from bench.modelfile import load_model
from bench.pipeline.outlook.forward import compare
from bench.stykkpris.simulation import Outlook
from bench.stykkpris.simulation.criteria import CRITERIA, GROUPS, measured

YEARS = range(2025, 2031)
#: Noise on need and cost, no growth.
NOISY = Outlook(demand_growth=0.0, demand_shock=0.05, common_shock=0.02, cost_shock=0.02, cost_growth=0.0)
#: Beds are always taken: volume does not move, cost does.
FULL = Outlook(demand_growth=0.0, demand_shock=0.0, common_shock=0.0, cost_shock=0.02, cost_growth=0.0)
#: Six units of very different size with the same fixed cost.
VOLUMES = [40.0, 60.0, 80.0, 120.0, 140.0, 160.0]

PRICE = {"scheme.all.price.start": "contemporaneous"}
FIXED_PRICE = PRICE | {"scheme.all.price.source": "previous"}
REFUND = PRICE | {"scheme.all.price.source": "none", "scheme.all.mix.activity": 0.0, "scheme.all.mix.refund": 1.0}


def block(total: float) -> dict[str, object]:
    """A criteria grant by last year's need for money, fixed in total: the units bear cost and volume."""
    return PRICE | {
        "scheme.all.price.source": "none",
        "scheme.all.block.kind": "historic-share",
        "scheme.all.block.total": total,
        "scheme.all.block.share_year": 2024,
    }


def systems(costs, volumes, *sets, outlook=NOISY, behaviour="neutral", draws=200, years=YEARS, set_years=(2024,)):
    models = []
    for values in sets:
        model, units = scheme_of(costs, volumes, set_years, **values)
        models.append(model)
    return compare(models, units, years=years, seed=4, draws=draws, outlook=outlook, behaviour=behaviour)


def value(found, key: str) -> list[float]:
    return [float(np.mean(v)) for v in found.values[key]]


# -- findings of the evaluation ------------------------------------------------------------------------------


def test_unit_prices_matter_little_where_capacity_is_always_full() -> None:
    """Ch. 5.1.3, 6.2: with full beds a rate per bed-day is in practice a fixed grant; with moving volume it is not."""
    costs = VOLUMES
    full = systems(costs, VOLUMES, FIXED_PRICE, block(sum(costs)), outlook=FULL)
    price, grant = value(full, "unit_risk")
    assert price == pytest.approx(grant, rel=1e-9)
    assert value(full, "margin_spread")[0] == pytest.approx(value(full, "margin_spread")[1], abs=1e-9)
    moving = systems(costs, VOLUMES, FIXED_PRICE, block(sum(costs)))
    price, grant = value(moving, "unit_risk")
    assert grant > 1.5 * price


def test_fixed_cost_in_the_price_makes_small_units_lose() -> None:
    """Ch. 6.2: an average price that covers fixed cost too pays the large for what the small must pay."""
    costs = [30.0 + 0.7 * v for v in VOLUMES]
    found = systems(costs, VOLUMES, PRICE, block(sum(costs)), REFUND, outlook=FULL)
    price, grant, refund = value(found, "small_units")
    assert price < -0.10
    assert abs(grant) < 0.01
    assert refund == pytest.approx(0.0, abs=1e-9)
    assert value(found, "margin_spread")[0] > 0.10


def test_blending_takes_the_fixed_cost_out_of_the_price() -> None:
    """Ch. 6.2: fixed cost by refund, variable cost by price suits services with some fixed cost."""
    from bench.modelfile.model import build
    from bench.units import Units

    costs = [30.0 + 0.7 * v for v in VOLUMES]
    model, units = scheme_of(costs, VOLUMES, **PRICE)
    frame = units.frame.assign(rent=30.0)
    units = Units.from_frame(frame, id="unit", period="year", inputs=["cost"], outputs=["days"], extra=["rent"])
    raw = dict(model.raw)
    rent = {"name": {"nb": "Husleie", "en": "Rent"}, "column": "rent", "treatment": "refund"}
    raw["scheme"] = [raw["scheme"][0] | {"mix": {"component": [rent]}}]
    found = compare([model, build(raw, "", {})], units, years=YEARS, draws=20, outlook=FULL, behaviour="neutral")
    price, blended = value(found, "small_units")
    assert abs(blended) < 0.05 * abs(price)


def test_few_large_units_weaken_the_incentive() -> None:
    """Ch. 3.1.2 (the ratchet) with form 6: 3 units keep less of their own saving than 13, one keeps almost nothing."""
    powers = [value(systems([100.0] * n, None, PRICE, draws=2), "incentive_power")[0] for n in (1, 3, 13)]
    assert powers == sorted(powers)
    assert powers[0] < 0.06 < 0.6 < powers[1] < 0.9 < powers[2]


def test_hard_budgets_are_the_active_substance_not_the_form_of_the_grant() -> None:
    """Ch. 3.1.2, 5.1.5: a tight unit price and a tight grant press cost equally; a soft one of either kind does not."""
    tight = FIXED_PRICE | {"scheme.all.price.requirement": 0.02}
    soft = tight | {"scheme.all.settlement.carry_deficit": 0.0, "scheme.all.settlement.keep_surplus": 0.0}
    grant = block(0.9 * 600.0)
    soft_grant = grant | {"scheme.all.settlement.carry_deficit": 0.0, "scheme.all.settlement.keep_surplus": 0.0}
    still = Outlook.certain()
    found = systems([100.0] * 6, None, tight, grant, soft, soft_grant, outlook=still, behaviour={"effort": 0.4})
    hard_price, hard_grant, soft_price, soft_block = value(found, "real_unit_cost")
    assert hard_price < 0.98
    assert hard_grant < 0.98
    assert soft_price == soft_block == pytest.approx(1.0)


def test_soft_budgets_move_the_risk_to_the_payer() -> None:
    """Ch. 5.1.3: the provider's real risk hangs on hard or soft budgets more than on grant or unit price."""
    soft = {"scheme.all.settlement.carry_deficit": 0.0, "scheme.all.settlement.keep_surplus": 0.0}
    found = systems(VOLUMES, VOLUMES, FIXED_PRICE, block(600.0), FIXED_PRICE | soft, block(600.0) | soft)
    risk = value(found, "unit_risk")
    assert min(risk[:2]) > 0.01
    assert risk[2:] == pytest.approx([0.0, 0.0], abs=1e-12)
    assert value(found, "payer_risk")[3] > value(found, "payer_risk")[1]


def test_strong_incentives_press_on_quality_and_a_refund_does_not() -> None:
    """Ch. 3.1.2, 3.3: the incentive to save is also an incentive to cut quality; a cost refund gives neither."""
    tight = FIXED_PRICE | {"scheme.all.price.requirement": 0.02}
    found = systems([100.0] * 4, None, tight, REFUND, outlook=FULL, behaviour={"quality_cut": 0.3})
    assert value(found, "quality_lost")[0] > 0.01
    assert value(found, "quality_lost")[1] == pytest.approx(0.0, abs=1e-12)
    assert value(found, "pressure")[0] > value(found, "pressure")[1]


def test_a_unit_price_needs_more_numbers_than_a_grant() -> None:
    """Ch. 3.1.2, 5.1.2: activity financing needs prices and registered volume; a grant needs neither."""
    found = systems([100.0] * 4, None, PRICE, block(400.0), draws=2)
    assert value(found, "numbers")[0] > value(found, "numbers")[1]
    assert value(found, "prices") == [1.0, 0.0]


def test_a_grant_lets_the_provider_ration_and_a_unit_price_does_not() -> None:
    """Ch. 2.4, 3.1.2: under a fixed grant fewer services are a way to save; under a unit price they are not."""
    found = systems([100.0] * 4, None, FIXED_PRICE | {"scheme.all.price.requirement": 0.02}, block(380.0),
                    outlook=Outlook.certain(), behaviour={"rationing": 0.5})  # fmt: skip
    price, grant = value(found, "unmet_need")
    assert price == 0.0 < grant


def test_the_ideal_types_stand_at_the_corners_of_the_risk_table() -> None:
    """Ch. 2.4: refund 0/0, grant 1/1, unit price 1/0."""
    found = systems([100.0] * 4, None, REFUND, block(400.0), FIXED_PRICE, draws=2)
    assert value(found, "cost_risk") == pytest.approx([0.0, 1.0, 1.0], abs=1e-9)
    assert value(found, "activity_risk") == pytest.approx([0.0, 1.0, 0.0], abs=1e-9)


def test_self_adjusting_price_is_less_calm_than_an_indexed_one() -> None:
    """Ch. 4.3: the price fell sharply in year 2 and rose in year 3."""
    found = systems([100.0] * 4, None, PRICE, FIXED_PRICE, behaviour={"reserve_spending": 0.4})
    assert value(found, "radius")[0] > value(found, "radius")[1]
    assert value(found, "price_change")[0] > value(found, "price_change")[1]


def test_a_purchaser_without_money_orders_what_is_not_done() -> None:
    """Ch. 4.7, 5.1.4: Drammen's purchaser has no budget, Hamar's zone leader has both; on the same accounts."""
    found = compare(["kristiansand", "drammen", "hamar"], years=range(2007, 2012), draws=30)
    beyond, has_money = value(found, "orders_beyond"), value(found, "money_and_decision")
    assert beyond[1] > 0.005
    assert beyond[0] == beyond[2] == 0.0
    assert has_money == [1.0, 0.0, 1.0]
    # The office draws new groups that the grant does not follow: more need is left than where the provider decides.
    assert value(found, "unmet_need")[1] > value(found, "unmet_need")[2]


def test_a_user_can_choose_between_as_many_equal_units_as_volume_is_divided_on() -> None:
    """``1/Σ s²``: four equal units are four; 40, 60, 80, 120, 140 and 160 are 600²/71,200; else the one there is."""
    free = PRICE | {"scheme.all.choice.on": True}
    assert value(systems([100.0] * 4, None, PRICE, free, draws=2), "choices") == pytest.approx([1.0, 4.0])
    assert value(systems([100.0] * 6, VOLUMES, free, draws=2), "choices") == pytest.approx([360_000 / 71_200])


# -- where the ranking flips -----------------------------------------------------------------------------------


def test_two_systems_of_the_comparison_are_mapped_and_turn_at_half_fixed_cost() -> None:
    """Left with ``f·s`` under the price and ``(1 − f)·s`` under the grant, by whatever name they stand in the table."""
    model, units = scheme_of([100.0] * 4, [100.0] * 4, **FIXED_PRICE)
    grant = model.with_values(block(400.0))
    found = compare(
        [model, grant, model.with_values(REFUND)], units, years=YEARS, draws=4, seed=3,
        flip=["fixed_share,volatility"], between=["average-cost", "average-cost (2)"],
    )  # fmt: skip
    (one,) = found.maps
    assert one.systems == ("average-cost", "average-cost (2)")
    for r, share in enumerate(one.rows[1].tolist()):
        assert (one.best[r] == (0 if share < 0.5 else 1)).all()
        assert (one.values[r, :, 0] / one.values[r, :, 1]).mean() == pytest.approx(share / (1.0 - share), rel=0.25)
    assert set(found.frames()["map_fixed_share_volatility"]["system"]) == set(one.systems)
    assert compare([model], units, years=YEARS, draws=2, flip=["growth,volatility"]).maps == ()  # nothing to turn to


@pytest.mark.parametrize(
    ("flip", "between", "said"),
    [
        (["gain,setup"], [], "for bench advise"),
        (["growth,volatility"], ["moss", "average-cost"], "no system 'moss' here; there are: average-cost"),
        (["growth,volatility"], ["average-cost"], "name two or more different systems"),
        (["growth,volatility"], ["average-cost", "average-cost"], "name two or more different systems"),
    ],
)
def test_a_map_that_cannot_be_drawn_is_refused(flip: list[str], between: list[str], said: str) -> None:
    model, units = scheme_of([100.0] * 4, None, **FIXED_PRICE)
    with pytest.raises(OptionError, match=said):
        compare([model, model], units, years=YEARS, draws=2, flip=flip, between=between)


def test_the_command_maps_what_it_compares_and_its_folder_is_verified(tmp_path) -> None:
    """Without being asked: over fixed cost by movement, and by growth; the chart and its table are written."""
    args = ["compare", "hamar", "drammen", "--draws", "2", "--years", "2006:2006", "--out", str(tmp_path / "ut")]
    done = CliRunner().invoke(main, args)
    assert done.exit_code == 0, done.output
    names = {path.stem for path in (tmp_path / "ut").rglob("*.*")}
    assert {"map_fixed_share_volatility", "map-fixed_share_growth"} <= names
    assert CliRunner().invoke(main, ["verify", str(tmp_path / "ut")]).exit_code == 0


# -- the table itself ----------------------------------------------------------------------------------------


def test_every_criterion_has_formula_direction_and_chapter_in_both_languages() -> None:
    assert len({c.key for c in CRITERIA}) == len(CRITERIA)
    for criterion in CRITERIA:
        assert criterion.group in GROUPS
        assert criterion.direction in ("lower", "higher", "zero", "none")
        assert all(criterion.name)
        assert all(criterion.formula)
        assert criterion.chapter[0] in "23456"


BUNDLED = [
    name
    for name in resources.model_names()
    if name != "average-cost" and load_model(name).meta.stage != "norms"  # nothing is settled by norms alone
]


@pytest.mark.parametrize("name", BUNDLED)
def test_every_criterion_of_every_bundled_model_lies_in_its_span(name: str) -> None:
    """And each unit's incentive power between nothing and everything, without anything being cut off."""
    found = compare([name], years=None, draws=3)
    for criterion in CRITERIA:
        low, high = criterion.span
        value = np.asarray(found.values[criterion.key][0])
        assert ((value >= low - 1e-9) & (value <= high + 1e-9) | np.isnan(value)).all(), criterion.key
    for power in found.systems[0].power:
        assert power.power.min() >= -1e-9
        assert power.power.max() <= 1.0 + 1e-9


def test_a_number_outside_its_span_is_a_fault_and_not_a_row() -> None:
    system = systems([100.0] * 4, None, PRICE, draws=2).systems[0]
    power = next(criterion for criterion in CRITERIA if criterion.key == "incentive_power")
    assert measured(power, system) == pytest.approx(0.7625, abs=1e-4)
    for wrong in (-6.91, 1.1, float("inf")):
        broken = replace(power, compute=lambda system, wrong=wrong: wrong)
        with pytest.raises(SettlementError, match=r"incentive_power of .* between -1 and 1"):
            measured(broken, system)


def test_frames_differences_and_names() -> None:
    model, units, tables = kristiansand()
    slow = model.with_values({f"scheme.{s}.price.gain": 0.5 for s in model.scheme_ids})
    found = compare([model, slow], units, years=range(2007, 2011), draws=60, tables=tables)
    assert found.names == ("kristiansand", "kristiansand (2)")
    table = found.to_frame()
    assert list(table.columns) == ["group", "criterion", "better", *found.names]
    assert table["criterion"].tolist() == [c.key for c in CRITERIA]
    gaps = found.differences()
    assert (gaps["p5"] <= gaps["difference"] + 1e-12).all()
    assert (gaps["difference"] <= gaps["p95"] + 1e-12).all()
    assert set(found.frames()) >= {"criteria", "differences", "formulas", "stability", "incentives", "assumptions"}
    assert "kristiansand (2)" in found.summary("nb")


def test_one_models_rules_on_anothers_data() -> None:
    model, units, tables = kristiansand()
    from bench.modelfile import load_model

    found = compare([model, load_model("average-cost")], units, years=range(2007, 2010), draws=5, tables=tables)
    both = [system.played.schemes for system in found.systems]
    assert [s.scheme.id for s in both[0]] == [s.scheme.id for s in both[1]]
    assert np.array_equal(both[0][0]["need"], both[1][0]["need"])


def test_the_best_is_marked_only_when_the_shown_number_differs() -> None:
    found = systems([100.0] * 4, None, PRICE, PRICE, draws=5)
    assert all(found.best(criterion) == set() for criterion in CRITERIA)


def test_a_model_whose_rules_need_other_data_is_named() -> None:
    model, units = scheme_of([100.0, 100.0], **PRICE)
    other = model.with_values({"scheme.all.mix.activity": 1.0})
    from bench.modelfile.model import build

    raw = dict(other.raw)
    key = {"column": "pensioners", "weight": 1.0}
    raw["scheme"] = [raw["scheme"][0] | {"block": {"kind": "criteria", "total": 10.0, "criterion": [key]}}]
    needy = build(raw, "", {})
    with pytest.raises(DataError, match="the model reads the column 'pensioners'"):
        compare([needy], units, years=YEARS, draws=2)
    with pytest.raises(DataError, match="average-cost: the model reads the column 'pensioners'"):
        compare([model, needy], units, years=YEARS, draws=2)
    with pytest.raises(OptionError, match="at least one model"):
        compare([], units)

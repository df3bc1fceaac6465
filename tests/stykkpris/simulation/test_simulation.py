"""Simulation: the engine's price path, closed forms, invariants, and the same bytes for any number of workers."""

from __future__ import annotations

import copy
from dataclasses import asdict, replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stykkpris.forward_data import kristiansand, scheme_of

from bench.errors import DataError, OptionError
from bench.modelfile import Model
from bench.report.faces import PageFace
from bench.stykkpris import settle
from bench.stykkpris.simulation import Behaviour, Outlook, simulate
from bench.stykkpris.simulation.behaviour import DESCRIPTIONS, PRESETS, behaviour_of
from bench.stykkpris.simulation.draws import BLOCK
from bench.stykkpris.simulation.setting import start
from bench.stykkpris.simulation.simulate import _Streams, prepare
from bench.stykkpris.simulation.year import answer, plan, produce
from bench.units import Units


def levels(played, scheme: int = 0) -> np.ndarray:
    return played.schemes[scheme]["level"][0]


# -- the engine and the simulation are one mechanism ---------------------------------------------------------

VARIANTS = {
    "pure": {},
    "lag-2": {"price.lag": 2},
    "gain": {"price.gain": 0.4},
    "requirement": {"price.requirement": 0.02},
    "corridor": {"price.corridor": 0.003},
    "floor-and-cap": {"price.floor": 1.2, "price.cap": 1.21},
    "best-practice": {"price.source": "best-practice", "price.k": 2},
    "quantile-glide": {"price.frontier_share": 0.5, "price.quantile": 0.25},
    "own-excluded": {"price.own_excluded": True},
    "own-excluded-calibrated": {"price.own_excluded": True, "price.calibrate": True},
    "indexed": {"price.source": "previous"},
    "revenue-keys": {"price.update": "revenue-keys"},
    "fee-fund": {"price.fund_years": 3, "price.fund_interest": 0.02},
    "caps-and-interest": {"settlement.cap_surplus": 0.02, "settlement.cap_deficit": 0.01, "settlement.interest": 0.03},
    "cap-on-balance": {"settlement.cap": 0.02, "settlement.cap_on": "balance"},
    "pooled": {"settlement.pooled": True},
    "expiry": {"settlement.expiry": 2},
    "growing-topup": {"correction.growth": 0.02},
    "new-weights": {"weights": 0.02},
    "half-block": {"mix.activity": 0.5, "mix.block": 0.5, "block.kind": "incremental", "block.need": 0.01},
    "incremental-accounts": {"block.kind": "incremental", "block.base": "accounts", "block.carry": 0.5},
    "historic": {"block.kind": "historic-share", "block.total_share": 0.3},
    "lump-sum": {"block.kind": "lump-sum", "block.total": 1.0e6},
    "refund": {"mix.activity": 0.7, "mix.refund": 0.3},
    "transition": {"transition.phase_in": 0.6},
    "transition-income": {"transition.phase_in": 0.6, "transition.reference": "last-income"},
    "hold-harmless": {"transition.hold_harmless": 0.99, "transition.cap": 1.01},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_settling_the_simulated_accounts_gives_the_simulated_prices_and_results(name: str) -> None:
    model, units, tables = kristiansand()
    model = _variant(model, VARIANTS[name]).with_values({"rounding.amount": "none", "rounding.price": "none"})
    years = range(2007, 2011)
    for noisy in (False, True):
        outlook = Outlook() if noisy else replace(Outlook.certain(), cost_growth=None)
        accounts, paths = _played_by_hand(model, units, tables, years, outlook)
        engine = settle(model, accounts, tables=_longer(tables, years))
        for scheme, outcomes in paths.items():
            price = engine.prices[engine.prices["scheme"] == scheme].drop_duplicates(["year", "service"])
            for outcome in outcomes:
                seen = price[price["year"] == outcome.year]["price"].to_numpy()
                assert np.allclose(
                    np.atleast_2d(outcome.priced.prices)[0] * _first_factor(outcome), seen, rtol=1e-10, atol=0
                )
                rows = engine.settlement.query("scheme == @scheme and year == @outcome.year")
                assert np.allclose(outcome.result[0], rows["result"], rtol=0, atol=0.05)
                assert np.allclose(outcome.closing[0], rows["closing_balance"], rtol=0, atol=1e-1)


def _variant(model: Model, values: dict[str, object]) -> Model:
    """The model with values in every scheme, a growing top-up, or weights that change on a date."""
    from bench.modelfile.model import build

    if "correction.growth" in values:
        raw = copy.deepcopy(dict(model.raw))
        raw["scheme"][0]["correction"][0]["growth"] = values["correction.growth"]
        return build(raw, "", {})
    if "weights" in values:
        raw = copy.deepcopy(dict(model.raw))
        for scheme in raw["scheme"]:
            scheme["price"]["gain"] = 0.5
            first = scheme["service"][0]
            later = first["weight"]["value"] * 1.1
            dates = (date(2000, 1, 1), date(2009, 1, 1))
            first["weight"] = [{"from": d, "value": v} for d, v in zip(dates, (later / 1.1, later), strict=True)]
        return build(raw, "", {})
    return model.with_values({f"scheme.{s}.{key}": value for s in model.scheme_ids for key, value in values.items()})


def _first_factor(outcome) -> float:
    factor = np.asarray(outcome.priced.unit_factor)
    return float(factor[0] if factor.ndim == 1 else factor[0, 0])


def _played_by_hand(model: Model, units: Units, tables, years, outlook: Outlook):
    """Play one draw without behaviour and write its accounts down as if they had happened."""
    prepared = prepare(model, units, years, outlook=outlook, tables=tables)
    growth = prepared.settings[0].growth.fresh()
    settings = [replace(setting, growth=growth) for setting in prepared.settings]
    states = [start(s, o, 1) for s, o in zip(settings, prepared.openings, strict=True)]
    streams = [_Streams(setting, 1, 0, 1) for setting in settings]
    rows, paths, one = [], {setting.scheme.id: [] for setting in settings}, np.ones(1)
    still = Behaviour()
    for year in prepared.played:
        growth.grow(year, np.zeros(1))
        for j, setting in enumerate(settings):
            shocks = streams[j].year()
            planned = plan(setting, states[j], still, shocks, year)
            states[j], outcome = produce(
                setting,
                states[j],
                still,
                shocks,
                year,
                planned,
                volume_factor=one,
                price_factor=one,
                supplement=0 * one,
            )
            paths[setting.scheme.id].append(outcome)
            for i, unit in enumerate(setting.data.units):
                volumes = dict(zip(setting.data.services, states[j].volume[year][0, i], strict=True))
                rows.append(
                    {"enhet": unit, "aar": year, "ordning": setting.scheme.id, "driftskostnad": outcome.cost[0, i]}
                    | volumes
                    | {name: values[i] for name, values in setting.columns.items()}
                )
    frame = pd.concat([units.frame, pd.DataFrame(rows)], ignore_index=True)
    for column in ("aarsverk", "reisetid", "andel_80_pluss", "innbyggere"):
        frame[column] = frame.groupby("enhet")[column].ffill()
    return Units.from_frame(frame, **model.read_options()), paths


def _longer(tables, years):
    index = tables["index"]
    more = pd.DataFrame({"aar": [y for y in (*years, years[-1] + 1) if y > index["aar"].max()]})
    more["kostnadsvekst"] = index["kostnadsvekst"].iloc[-1]
    long = pd.concat([index, more], ignore_index=True)
    budget = tables["budget"]
    last = budget[budget["aar"] == budget["aar"].max()]
    budgets = [budget, *[last.assign(aar=year) for year in years]]
    return {"index": long, "budget": pd.concat(budgets, ignore_index=True)}


def test_estimates_and_true_up_follow_the_engine() -> None:
    rows = [("A", y, 100.0 + 4 * (y - 2020), 98.0, 50.0) for y in range(2020, 2024)]
    rows += [("B", y, 110.0 - 2 * (y - 2020), 111.0, 50.0) for y in range(2020, 2024)]
    frame = pd.DataFrame(rows, columns=["unit", "year", "cost", "guess", "days"])
    units = Units.from_frame(frame, id="unit", period="year", inputs=["cost"], outputs=["days"], extra=["guess"])
    model, _ = scheme_of([1.0])
    model = model.with_values(
        {
            "scheme.all.price.accounts": "estimate",
            "scheme.all.price.estimate_column": "guess",
            "scheme.all.price.true_up": True,
            "scheme.all.price.true_up_interest": 0.04,
        }
    )
    played = simulate(model, units, years=range(2024, 2026), seed=1, behaviour="neutral", outlook=Outlook.certain())
    expected = settle(model, units).schemes["next_price_level"].iloc[-1]
    assert levels(played)[0] == pytest.approx(expected, rel=1e-12)


# -- closed forms --------------------------------------------------------------------------------------------

STILL = Outlook.certain()
#: A start price 8 % above cost.
TOO_HIGH = {
    "scheme.all.price.start": "stated",
    "scheme.all.price.start_level": 1.08,
    "scheme.all.price.first_year": 2003,
}


def test_carry_over_feedback_gives_the_sharp_fall_and_the_rise() -> None:
    """Start price 8 % too high, a third of the carried result spent: the price path the evaluation describes."""
    model, units = scheme_of(
        [100.0],
        years=(2002,),
        **{
            **TOO_HIGH,
            "scheme.all.settlement.keep_surplus": 0.9,
        },
    )
    played = simulate(model, units, years=range(2003, 2010), seed=1, behaviour={"reserve_spending": 0.3}, outlook=STILL)
    assert levels(played).round(4).tolist() == [1.0800, 1.0000, 1.0216, 0.9935, 1.0076, 0.9958, 1.0032]
    saved = simulate(model, units, years=range(2003, 2010), seed=1, behaviour="neutral", outlook=STILL)
    assert levels(saved)[1:] == pytest.approx(np.ones(6), abs=1e-12)


def test_reserves_outside_the_cost_base_remove_the_feedback() -> None:
    model, units = scheme_of(
        [100.0],
        years=(2002,),
        **TOO_HIGH,
    )
    frame = units.frame.assign(spent=0.0)
    units = Units.from_frame(frame, id="unit", period="year", inputs=["cost"], outputs=["days"], extra=["spent"])
    outside = model.with_values({"scheme.all.price.reserves": "outside", "scheme.all.price.reserve_column": "spent"})
    played = simulate(
        outside, units, years=range(2003, 2010), seed=1, behaviour={"reserve_spending": 0.9}, outlook=STILL
    )
    assert levels(played)[1:] == pytest.approx(np.ones(6), abs=1e-12)
    inside = simulate(model, units, years=range(2003, 2010), seed=1, behaviour={"reserve_spending": 0.9}, outlook=STILL)
    assert np.abs(levels(inside)[1:] - 1.0).max() > 0.05


@pytest.mark.parametrize("response", [0.0, 0.4, 1.0])
def test_requirement_with_a_response(response: float) -> None:
    """Without response the margin is −x/(1−x) each year and does not build up; with response a cost falls by a·x."""
    model, units = scheme_of(
        [100.0, 100.0],
        **{
            "scheme.all.price.requirement": 0.02,
            "scheme.all.price.first_year": 2024,
            "scheme.all.price.start": "contemporaneous",
        },
    )
    played = simulate(model, units, years=range(2025, 2031), seed=1, behaviour={"effort": response}, outlook=STILL)
    cost = played.schemes[0].total("cost")[0]
    assert cost[1:] / cost[:-1] == pytest.approx(np.full(5, 1.0 - 0.02 * response), rel=1e-12)
    if response == 0.0:
        margin = played.schemes[0].result.sum(axis=-1)[0] / played.schemes[0].total("income")[0]
        assert margin == pytest.approx(np.full(6, -0.02 / 0.98), rel=1e-12)


def test_frontier_price_glides_at_the_closed_rate() -> None:
    """c' − f = (1 − aθ)(c − f), with the frontier where the norms put it."""
    theta, response = 0.5, 0.4
    model, units = scheme_of(
        [100.0],
        **{
            "scheme.all.price.frontier_share": theta,
            "scheme.all.price.frontier_reference": "norm",
            "scheme.all.price.start": "contemporaneous",
        },
    )
    norms = pd.DataFrame({"scheme": ["all"], "unit": ["U01"], "year": [2024], "norm": [80.0]})
    played = simulate(
        model, units, years=range(2025, 2035), seed=1, behaviour={"effort": response}, outlook=STILL, norms=norms
    )
    above = played.schemes[0].total("cost")[0] - 80.0
    assert above[1:] / above[:-1] == pytest.approx(np.full(9, 1.0 - response * theta), rel=1e-9)


def test_corridor_only_delays() -> None:
    """From 1.3 down to 1.0 in steps of 5 %: ⌈ln(1/1.3)/ln 0.95⌉ = 6 years."""
    model, units = scheme_of(
        [100.0],
        years=(2002,),
        **{
            "scheme.all.price.start": "stated",
            "scheme.all.price.start_level": 1.3,
            "scheme.all.price.first_year": 2003,
            "scheme.all.price.corridor": 0.05,
        },
    )
    path = levels(simulate(model, units, years=range(2003, 2012), seed=1, behaviour="neutral", outlook=STILL))
    reached = int(np.flatnonzero(np.isclose(path, 1.0))[0])
    assert reached == int(np.ceil(np.log(1.0 / 1.3) / np.log(0.95))) == 6


@pytest.mark.parametrize(("source", "accumulates"), [("average-cost", False), ("previous", True)])
def test_deflator_error_accumulates_only_under_an_indexed_price(source: str, accumulates: bool) -> None:
    """Cost grows 4 %, the deflator says 3 %: a yearly margin of 1 − 1.04/1.03 that a self-adjusting price forgives."""
    model, units = scheme_of(
        [100.0, 100.0], **{"scheme.all.price.source": source, "scheme.all.price.start": "contemporaneous"}
    )
    outlook = Outlook.certain(deflator_bias=0.01)
    model = model.with_values({"indexation.deflator": 0.03})
    played = simulate(model, units, years=range(2025, 2031), seed=1, behaviour="neutral", outlook=outlook)
    margin = played.schemes[0].result.sum(axis=-1)[0] / played.schemes[0].total("income")[0]
    yearly = 1.0 - 1.04 / 1.03
    expected = [1.0 - (1.04 / 1.03) ** (t if accumulates else 1) for t in range(1, 7)]
    assert margin == pytest.approx(np.array(expected), rel=1e-9)
    assert margin[0] == pytest.approx(yearly)


@pytest.mark.parametrize("growth", [0.1, -0.1])
def test_volume_growth_with_fixed_cost(growth: float) -> None:
    """An average-cost price pays F·(Q_t/Q_{t−1} − 1) too much; falling volume gives a deficit."""
    model, units = scheme_of([100.0, 100.0], **{"scheme.all.price.start": "contemporaneous"})
    outlook = Outlook.certain(fixed_share=0.4)
    outlook = replace(outlook, demand_growth=growth)
    played = simulate(model, units, years=[2025], seed=1, behaviour="neutral", outlook=outlook)
    assert played.schemes[0].result.sum() == pytest.approx(80.0 * growth, rel=1e-12)


def test_small_units_and_the_top_up_inside_the_scheme() -> None:
    """S_i = F(v_i/v̄ − 1); a top-up paid by the scheme restores the sum to zero."""
    volumes = np.array([50.0, 100.0, 150.0])
    fixed = 40.0
    model, units = scheme_of(
        list(fixed + 0.6 * volumes), list(volumes), **{"scheme.all.price.start": "contemporaneous"}
    )
    played = simulate(model, units, years=[2025], seed=1, behaviour="neutral", outlook=STILL)
    assert played.schemes[0].result[0, 0] == pytest.approx(fixed * (volumes / 100.0 - 1.0), abs=1e-9)
    topped = model.with_values({"scheme.all.price.source": "average-cost"})
    raw = dict(topped.raw)
    raw["scheme"] = [
        raw["scheme"][0]
        | {
            "correction": [
                {
                    "name": {"nb": "Topp", "en": "Top-up"},
                    "kind": "small-unit-topup",
                    "column": "days",
                    "reference": 100.0,
                    "amount": fixed,
                    "funded_by": "scheme",
                }
            ]
        }
    ]
    from bench.modelfile.model import build

    with_top = build(raw, "", {})
    played = simulate(with_top, units, years=[2025], seed=1, behaviour="neutral", outlook=STILL)
    assert played.schemes[0].result.sum() == pytest.approx(0.0, abs=1e-9)
    assert played.schemes[0].result[0, 0, 0] > fixed * (0.5 - 1.0)


# -- behaviour -----------------------------------------------------------------------------------------------


def test_every_switch_is_neutral_at_zero_and_described_in_both_languages() -> None:
    assert Behaviour().neutral
    assert set(asdict(Behaviour())) == set(DESCRIPTIONS)
    assert all(nb and en for nb, en in DESCRIPTIONS.values())
    assert not PRESETS["assumed"].neutral


@pytest.mark.parametrize(
    ("switch", "value", "values"),
    [
        ("effort", 0.5, {"price.requirement": 0.02}),
        ("initiative", 0.01, {}),
        ("reserve_spending", 0.3, {}),
        ("quality_cut", 0.5, {"price.requirement": 0.02}),
        ("staffing_lag", 0.5, {}),
        ("under_recording", 0.1, {"volume.basis": "performed"}),
        ("coding", 0.1, {"volume.basis": "bed-days"}),
        ("budget_hold", 0.8, {}),
        ("rationing", 0.5, {"price.source": "none", "block.kind": "incremental"}),
        ("new_groups", 0.02, {}),
        ("user_choice", 2.0, {"choice.on": True, "price.requirement": 0.02}),
        ("selection", 0.1, {"choice.on": True}),
        ("demand_elasticity", 0.5, {}),
        ("exit", 0.01, {}),
        ("merger", 0.7, {}),
    ],
)
def test_every_switch_moves_something(switch: str, value: float, values: dict[str, object]) -> None:
    model, units, tables = kristiansand()
    sets = {f"scheme.{s}.{key}": number for s in model.scheme_ids for key, number in values.items()}
    if "volume.basis" in values and values["volume.basis"] == "performed":
        for s in model.scheme:
            sets |= {f"scheme.{s.id}.service.{k.id}.performed": k.id for k in s.service}
    model = model.with_values(sets)
    also = {"quality_cut": 0.3} if switch == "user_choice" else {}
    still = simulate(model, units, years=range(2007, 2011), seed=1, draws=4, behaviour=also, tables=tables)
    moved = simulate(
        model, units, years=range(2007, 2011), seed=1, draws=4, behaviour=also | {switch: value}, tables=tables
    )
    names = ("income", "cost", "quality", "weighted")
    assert any(not np.array_equal(a[n], b[n]) for a, b in zip(still.schemes, moved.schemes, strict=True) for n in names)


def test_soft_budgets_give_no_effort() -> None:
    """Hard budgets are the active substance: a unit that carries no deficit does not answer a price below its cost."""
    hard, units = scheme_of([100.0, 120.0], **{"scheme.all.price.start": "contemporaneous"})
    soft = hard.with_values({"scheme.all.settlement.carry_deficit": 0.0})
    costs = [
        simulate(m, units, years=range(2025, 2030), seed=1, behaviour={"effort": 0.3}, outlook=STILL).schemes[0][
            "cost"
        ][0, -1]
        for m in (hard, soft)
    ]
    assert costs[0][1] < 115.0
    assert costs[1] == pytest.approx([100.0, 120.0])


def test_quality_stops_at_the_floor_and_dispensation_takes_over() -> None:
    model, units = scheme_of(
        [100.0, 150.0],
        **{
            "scheme.all.price.start": "contemporaneous",
            "scheme.all.settlement.dispensation_rule": {"threshold": 0.03, "payer": "municipality"},
        },
    )
    behaviour = {"quality_cut": 0.5, "quality_floor": 0.95}
    played = simulate(model, units, years=range(2025, 2030), seed=1, behaviour=behaviour, outlook=STILL)
    assert played.schemes[0]["quality"][0, -1, 1] == 0.95
    assert played.schemes[0]["dispensation"][0, -1, 1] > 0.0


def test_the_purchaser_holds_its_budget_or_money_is_added() -> None:
    model, units = scheme_of([100.0, 100.0], **{"scheme.all.price.start": "contemporaneous"})
    model = model.with_values({"purchaser.response": "supplementary-grant", "purchaser.holder": "purchaser"})
    grown = Outlook(demand_growth=0.06, demand_shock=0.0, common_shock=0.0, cost_shock=0.0)

    def played(**switches: float):
        return simulate(model, units, years=[2025], seed=1, behaviour=switches, outlook=grown)

    free, held, granted = played(), played(budget_hold=1.0), played(budget_hold=1.0, grant=1.0)
    assert free.whole["supplement"][0, 0] == pytest.approx(12.0)
    assert held.schemes[0].total("weighted")[0, 0] == pytest.approx(200.0)
    assert held.whole["supplement"][0, 0] == pytest.approx(0.0, abs=1e-12)
    assert granted.schemes[0].total("weighted")[0, 0] == pytest.approx(212.0)


# -- draws ---------------------------------------------------------------------------------------------------


def test_the_same_bytes_for_any_number_of_workers() -> None:
    model, units, tables = kristiansand()
    one = simulate(model, units, years=range(2007, 2010), seed=5, draws=BLOCK + 20, tables=tables)
    two = simulate(model, units, years=range(2007, 2010), seed=5, draws=BLOCK + 20, tables=tables, workers=2)
    for a, b in zip(one.schemes, two.schemes, strict=True):
        assert all(a[name].tobytes() == b[name].tobytes() for name in a.paths)
    other = simulate(model, units, years=range(2007, 2010), seed=6, draws=BLOCK + 20, tables=tables)
    assert not np.array_equal(one.schemes[0]["cost"], other.schemes[0]["cost"])


def test_the_same_bytes_on_a_dask_cluster() -> None:
    distributed = pytest.importorskip("distributed")
    import joblib

    model, units, tables = kristiansand()
    given = {"years": range(2007, 2009), "seed": 5, "draws": BLOCK + 5, "behaviour": "neutral", "tables": tables}
    here = simulate(model, units, **given)
    cluster = distributed.Client(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None)
    try:
        with joblib.parallel_config("dask"):
            there = simulate(model, units, **given)
    finally:
        cluster.close()
    for a, b in zip(here.schemes, there.schemes, strict=True):
        assert all(a[name].tobytes() == b[name].tobytes() for name in a.paths)


def test_two_systems_meet_the_same_world() -> None:
    model, units, tables = kristiansand()
    other = model.with_values({f"scheme.{s}.price.gain": 0.3 for s in model.scheme_ids})
    both = [
        simulate(m, units, years=range(2007, 2010), seed=2, draws=6, behaviour="neutral", tables=tables)
        for m in (model, other)
    ]
    assert np.array_equal(both[0].schemes[0]["need"], both[1].schemes[0]["need"])
    assert np.array_equal(both[0].schemes[0]["cost"], both[1].schemes[0]["cost"])
    assert not np.array_equal(both[0].schemes[0]["level"], both[1].schemes[0]["level"])


def test_noise_is_measured_in_the_accounts_and_mean_growth_is_kept() -> None:
    model, units, tables = kristiansand()
    played = simulate(model, units, years=range(2007, 2012), seed=3, draws=400, behaviour="neutral", tables=tables)
    scheme = played.schemes[0]
    growth = scheme["need"].mean(axis=0)
    stated = scheme.setting.need.sum(axis=0) * (1.0 + scheme.setting.movement.growth)
    assert growth[0] == pytest.approx(stated, rel=5e-3)
    assert scheme.setting.movement.demand.max() > 0.0


def test_units_that_come_are_no_growth() -> None:
    rows = [("A", y, 100.0, 10.0 * 1.02 ** (y - 2020)) for y in range(2020, 2024)]
    rows += [("B", y, 500.0, 50.0 * 1.02 ** (y - 2020)) for y in range(2022, 2024)]
    frame = pd.DataFrame(rows, columns=["unit", "year", "cost", "days"])
    units = Units.from_frame(frame, id="unit", period="year", inputs=["cost"], outputs=["days"])
    model, _ = scheme_of([1.0])
    moves = prepare(model, units, [2024]).settings[0].movement
    assert moves.growth == pytest.approx([0.02])
    assert moves.demand == pytest.approx([0.0], abs=1e-12)


def test_a_chart_for_a_notebook_and_one_line_for_people() -> None:
    model, units, tables = kristiansand()
    played = simulate(model, units, years=range(2007, 2010), seed=1, draws=4, tables=tables)
    assert PageFace("simulation").plot(played, "en").title == "Income and cost per volume"
    assert repr(played) == "SimulationResult(kristiansand: 2007–2009, 4 draws, seed 1)"
    assert len(played.summary().splitlines()) == 4
    assert [one.scheme for one in played.stability()] == [one.scheme for one in played.incentives()]


def test_years_in_the_data_are_played_from_the_accounts_before_them() -> None:
    model, units, tables = kristiansand()
    played = simulate(model, units, years=range(2004, 2007), seed=1, draws=2, tables=tables)
    assert played.base == 2003


def test_what_cannot_be_played_is_refused() -> None:
    model, units = scheme_of([100.0])
    with pytest.raises(OptionError, match="follow each other"):
        simulate(model, units, years=[2025, 2027], seed=1)
    with pytest.raises(OptionError, match="at least one year"):
        simulate(model, units, years=[], seed=1)
    with pytest.raises(DataError, match="no accounts before 2024"):
        simulate(model, units, years=[2024], seed=1)
    with pytest.raises(OptionError, match="draws"):
        simulate(model, units, years=[2025], seed=1, draws=0)
    with pytest.raises(OptionError, match="did you mean 'effort'"):
        behaviour_of({"efort": 0.3})
    with pytest.raises(OptionError, match="between 0 and 1"):
        Behaviour(effort=1.5)
    late = model.with_values({"scheme.all.price.first_year": 2030})
    with pytest.raises(OptionError, match="starts in 2030"):
        simulate(late, units, years=[2025], seed=1)


@settings(deadline=None, max_examples=25)
@given(
    costs=st.lists(st.floats(50.0, 500.0), min_size=2, max_size=5),
    keep=st.floats(0.0, 1.0),
    carry=st.floats(0.0, 1.0),
    gain=st.floats(0.1, 1.0),
    lag=st.integers(1, 3),
    spending=st.floats(0.0, 0.4),
    effort=st.floats(0.0, 1.0),
    lagging=st.floats(0.0, 0.9),
)
def test_identities_hold_for_any_rule_and_response(costs, keep, carry, gain, lag, spending, effort, lagging) -> None:
    model, units = scheme_of(
        costs,
        **{
            "scheme.all.price.start": "contemporaneous",
            "scheme.all.price.gain": gain,
            "scheme.all.price.lag": lag,
            "scheme.all.settlement.keep_surplus": keep,
            "scheme.all.settlement.carry_deficit": carry,
        },
    )
    world = Outlook(demand_growth=0.01, demand_shock=0.05, common_shock=0.02, cost_shock=0.03, fixed_share=0.3)
    behaviour = {"reserve_spending": spending, "effort": effort, "staffing_lag": lagging, "quality_cut": 0.2}
    played = simulate(model, units, years=range(2025, 2031), seed=7, draws=3, behaviour=behaviour, outlook=world)
    scheme = played.schemes[0]
    assert scheme.identity < 1e-9
    moved = scheme["closing"] - scheme["opening"] - scheme["settled"] - scheme["dispensation"]
    assert np.abs(moved).max() < 1e-9 * scheme["cost"].max()
    assert scheme["weighted"].min() >= 0.0
    assert ((scheme["quality"] >= 0.9) & (scheme["quality"] <= 1.0)).all()
    assert np.isfinite(scheme["income"]).all()


def test_bands_assumptions_and_identities_are_in_the_frames() -> None:
    model, units, tables = kristiansand()
    played = simulate(model, units, years=range(2007, 2012), seed=1, draws=60, tables=tables)
    frames = played.frames()
    bands = frames["schemes"][["p5", "p25", "p50", "p75", "p95"]].to_numpy()
    assert (np.diff(bands, axis=1) >= -1e-9).all()
    assert set(frames["assumptions"]["status"]) == {"assumed", "measured"}
    assert frames["assumptions"]["key"].str.startswith("behaviour.").sum() == len(played.behaviour.active())
    assert (frames["checks"]["largest_deviation"] <= frames["checks"]["tolerance"]).all()
    assert frames["units"]["unit"].nunique() == 20


def test_answer_counts_only_what_is_left_of_the_year() -> None:
    model, units = scheme_of([100.0], **{"purchaser.detection": "third"})
    prepared = prepare(model, units, [2025], outlook=replace(STILL, demand_growth=9.0))
    setting = prepared.settings[0]
    state = start(setting, prepared.openings[0], 1)
    planned = plan(setting, state, Behaviour(budget_hold=1.0), _Streams(setting, 1, 0, 1).year(), 2025)
    volume, _, added = answer(model.purchaser, [planned], Behaviour(budget_hold=1.0), np.zeros(1), 2025)
    assert volume[0] == pytest.approx(4.0 / 12.0)
    assert added[0] > 0.0

"""Demand that answers prices, units that close and units that merge: against closed forms and identities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from stykkpris.forward_data import kristiansand, scheme_of
from stykkpris.support import make_model

from bench import Units
from bench.errors import OptionError
from bench.stykkpris.closed_forms import keyed_price_is_stable, small_unit_result
from bench.stykkpris.simulation import Behaviour, Outlook, simulate
from bench.stykkpris.simulation.simulate import play_block, prepare

STILL = Outlook.certain()


# -- elastic demand ------------------------------------------------------------------------------------------


def keyed(elasticity: float, years: int = 8) -> np.ndarray:
    """Prices (T, 2) of a scheme with fixed cost keys and fixed cost; service a has shrunk by a tenth."""
    model = make_model('update = "cost-keys"', services={"a": "cost_key = 0.4", "b": "cost_key = 0.6"})
    rows = [("U1", 2023, 1000.0, 10.0, 20.0), ("U1", 2024, 1000.0, 9.0, 20.0)]
    frame = pd.DataFrame(rows, columns=["unit", "year", "cost", "a", "b"])
    units = Units.from_frame(frame, id="unit", period="year", inputs=["cost"], outputs=["a", "b"])
    world = Outlook.certain(fixed_share=1.0)
    behaviour = {"demand_elasticity": elasticity}
    played = simulate(model, units, years=range(2025, 2025 + years), seed=1, behaviour=behaviour, outlook=world)
    return np.asarray(played.schemes[0]["prices"][0])


@pytest.mark.parametrize("elasticity", [0.0, 0.3, 0.8, 1.2])
def test_fixed_keys_map_log_prices_by_the_elasticity(elasticity: float) -> None:
    """Keys τ fixed: p' = τC/V and V ∝ p^−η, so ln p' = η·ln p around the fixed point; stable below 1."""
    prices = keyed(elasticity)
    assert prices[0, 0] == pytest.approx(400.0 / 9.0)
    moves = np.diff(np.log(prices[:, 0]))
    if elasticity == 0.0:
        assert moves == pytest.approx(np.zeros(7), abs=1e-12)
    else:
        assert moves[1:] == pytest.approx(elasticity * moves[:-1], rel=1e-9)
        assert bool(abs(moves[-1]) < abs(moves[0])) is keyed_price_is_stable(elasticity)
    # The other service was not disturbed: it keeps its price whatever the elasticity.
    assert prices[:, 1] == pytest.approx(np.full(8, 30.0), rel=1e-12)


def test_average_cost_with_fixed_cost_and_elastic_demand() -> None:
    """p' = (F + m·V)/V with V = V₀·(p/p₀)^−ε, and the volume ordered is the volume produced."""
    model, units = scheme_of([50.0, 50.0], **{"scheme.all.price.start_markup": 0.1})
    world = Outlook.certain(fixed_share=0.4)
    behaviour = {"demand_elasticity": 0.5}
    played = simulate(model, units, years=range(2025, 2031), seed=1, behaviour=behaviour, outlook=world).schemes[0]
    # No price before the system: demand is measured from cost per volume, 100/200.
    price, expected, volumes = 0.5 * 1.1, [], []
    for _ in range(6):
        volume = 200.0 * (price / 0.5) ** -0.5
        expected.append(price)
        volumes.append(volume)
        price = (40.0 + 0.3 * volume) / volume
    assert played["prices"][0, :, 0] == pytest.approx(expected, rel=1e-12)
    assert played["decided"][0, :, 0] == pytest.approx(volumes, rel=1e-12)
    assert played["need"][0, :, 0] == pytest.approx(np.full(6, 200.0))


def test_general_price_growth_is_no_reason_to_order_less() -> None:
    model, units = scheme_of([50.0, 50.0], **{"indexation.deflator": 0.04})
    world = Outlook.certain(cost_growth=0.04)
    played = simulate(
        model, units, years=range(2025, 2029), seed=1, behaviour={"demand_elasticity": 2.0}, outlook=world
    )
    assert played.schemes[0]["decided"][0, :, 0] == pytest.approx(np.full(4, 200.0), rel=1e-12)


# -- merger --------------------------------------------------------------------------------------------------


def test_a_merger_saves_one_fixed_cost_kept_for_the_lag_and_then_priced_away() -> None:
    """Equal units with fixed cost F: Σ S = F in the year after the merger; then λ = ((n − 1)F + mV)/V."""
    # Equal costs make the fixed share the same for every unit: F = 40 of 100.
    model, units = scheme_of([100.0, 100.0, 100.0, 100.0], [100.0, 100.0, 100.0, 100.0])
    world = Outlook.certain(fixed_share=0.4)
    played = simulate(model, units, years=range(2025, 2029), seed=1, behaviour={"merger": 1.0}, outlook=world)
    assert played.schemes[0].result[0].sum(axis=-1) == pytest.approx(np.zeros(4), abs=1e-9)  # none is below the mean

    model, units = scheme_of([90.0, 100.0, 100.0, 100.0], [90.0, 100.0, 100.0, 100.0])
    one = simulate(model, units, years=range(2025, 2029), seed=1, behaviour={"merger": 0.95}, outlook=world).schemes[0]
    fixed = 0.4 * 90.0  # of the unit that merges
    volume = 390.0
    assert one["weighted"][0, 0].tolist() == pytest.approx([90.0, 100.0, 100.0, 100.0])
    assert sorted(one["weighted"][0, 1].tolist()) == pytest.approx([0.0, 100.0, 100.0, 190.0])
    assert one.result[0].sum(axis=-1) == pytest.approx([0.0, fixed, 0.0, 0.0], abs=1e-9)
    assert one["level"][0] == pytest.approx([1.0, 1.0, *[(volume - fixed) / volume] * 2], rel=1e-12)


def test_results_after_a_merger_follow_size_among_those_left() -> None:
    """S_i = F(v_i/v̄ − 1) over the units that are left, once the price has followed."""
    model, units = scheme_of([90.0, 90.0, 100.0], [50.0, 50.0, 60.0])
    # Costs are 40 + 1 per day, so the fixed share differs between the units and is put in by hand.
    prepared = prepare(model, units, range(2025, 2029), outlook=STILL)
    setting = replace(prepared.settings[0], fixed=np.full(3, 40.0), variable=np.ones(3))
    prepared = replace(prepared, settings=(setting,))
    paths, _ = play_block(prepared, Behaviour(merger=0.95), 1, 0, 1, [None])
    result = paths["income"] - paths["cost"]
    left = np.array([100.0, 60.0])
    assert sorted(result[0, -1].tolist()) == pytest.approx(
        sorted([0.0, *small_unit_result(40.0, left).tolist()]), abs=1e-9
    )


def test_balances_and_places_follow_the_users() -> None:
    """Kristiansand's small nursing homes: what is carried stays in the scheme, and top-ups follow the places."""
    model, units, tables = kristiansand()
    years = range(2007, 2012)
    played = simulate(model, units, years=years, seed=3, draws=6, behaviour={"merger": 0.7}, tables=tables)
    assert played.frame("checks")["largest_deviation"].max() < 1e-9
    for scheme in played.schemes:
        closing, opening = scheme["closing"].sum(axis=-1), scheme["opening"].sum(axis=-1)
        assert np.allclose(opening[:, 1:], closing[:, :-1])
        open_units = (scheme["weighted"] > 0.0).sum(axis=-1)
        assert (np.diff(open_units, axis=1) <= 0).all()
        assert (np.diff(open_units, axis=1) >= -1).all()
    assert ((played.schemes[0]["weighted"] > 0.0).sum(axis=-1)[:, -1] < 13).all()


# -- exit ----------------------------------------------------------------------------------------------------


def test_a_unit_closes_at_its_limit_and_the_payer_covers_the_debt() -> None:
    """Unit cost 1.2, 0.9, 0.9: price 1, so a fifth of income is lost each year; past 0.5 the unit closes."""
    model, units = scheme_of([120.0, 90.0, 90.0])
    neutral = simulate(model, units, years=range(2025, 2030), seed=1, behaviour="neutral", outlook=STILL).schemes[0]
    one = simulate(model, units, years=range(2025, 2030), seed=1, behaviour={"exit": 0.5}, outlook=STILL).schemes[0]
    assert neutral["closing"][0, :, 0] == pytest.approx([-20.0, -40.0, -60.0, -80.0, -100.0])
    assert one["closing"][0, :, 0] == pytest.approx([-20.0, -40.0, 0.0, 0.0, 0.0], abs=1e-9)
    assert one["dispensation"][0, :, 0] == pytest.approx([0.0, 0.0, 60.0, 0.0, 0.0], abs=1e-9)
    assert one["payer"][0, 2] == pytest.approx(300.0 + 60.0)
    # The users spread by volume and are served at the others' cost; the price follows a year later.
    assert one["weighted"][0, 3].tolist() == pytest.approx([0.0, 150.0, 150.0])
    assert one["cost"][0, 3].tolist() == pytest.approx([0.0, 135.0, 135.0])
    assert one["level"][0] == pytest.approx([1.0, 1.0, 1.0, 1.0, 0.9])


def test_the_last_unit_never_closes() -> None:
    model, units = scheme_of([120.0], **{"scheme.all.price.requirement": 0.3})
    one = simulate(model, units, years=range(2025, 2035), seed=1, behaviour={"exit": 0.01}, outlook=STILL).schemes[0]
    assert (one["weighted"] > 0.0).all()


def test_exit_with_noise_keeps_every_identity_and_the_same_bytes() -> None:
    model, units, tables = kristiansand()
    behaviour = {"exit": 0.05, "merger": 0.5, "reserve_spending": 0.3, "staffing_lag": 0.3}
    twice = [
        simulate(
            model,
            units,
            years=range(2007, 2012),
            seed=5,
            draws=400,
            behaviour=behaviour,
            tables=tables,
            workers=workers,
        )
        for workers in (1, 2)
    ]
    for a, b in zip(twice[0].schemes, twice[1].schemes, strict=True):
        assert all(np.array_equal(a[name], b[name]) for name in a.paths)
    frame = twice[0].frame("checks")
    assert (frame["largest_deviation"] <= frame["tolerance"]).all()
    need = [scheme["need"].sum(axis=-1) for scheme in twice[0].schemes]
    plain = simulate(
        model, units, years=range(2007, 2012), seed=5, draws=400, behaviour={"reserve_spending": 0.3}, tables=tables
    )
    for one, other in zip(need, plain.schemes, strict=True):
        assert one[:, 0] == pytest.approx(other["need"].sum(axis=-1)[:, 0])  # nobody has left in the first year
    bands = twice[0].frame("units").query("measure == 'margin'")
    assert bands["p50"].notna().any()


def test_rules_that_pay_a_unit_for_what_it_was_are_refused() -> None:
    model, units = scheme_of(
        [100.0, 100.0], **{"scheme.all.block.kind": "incremental", "scheme.all.transition.hold_harmless": 0.9}
    )
    with pytest.raises(OptionError, match=r"a block grant, a transition.*leave behaviour exit and merger at 0"):
        simulate(model, units, years=[2025], seed=1, behaviour={"exit": 0.1}, outlook=STILL)


def test_switches_are_shares_or_rates() -> None:
    model, units = scheme_of([100.0, 100.0])
    with pytest.raises(OptionError, match="demand_elasticity must not be negative"):
        simulate(model, units, years=[2025], seed=1, behaviour={"demand_elasticity": -1.0})
    with pytest.raises(OptionError, match="merger is a share between 0 and 1"):
        simulate(model, units, years=[2025], seed=1, behaviour={"merger": 1.5})

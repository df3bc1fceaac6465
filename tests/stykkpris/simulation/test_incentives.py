"""Incentive power by making the saving and settling it, against the closed forms; who bears which risk."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from stykkpris.forward_data import kristiansand, scheme_of

import bench
from bench import resources
from bench.modelfile import load_model
from bench.modelfile.model import build
from bench.pipeline.jobs import file_job
from bench.stykkpris import closed_forms
from bench.stykkpris.simulation.criteria import CRITERIA
from bench.stykkpris.simulation.incentives import incentive_power, risk_shares
from bench.stykkpris.simulation.simulate import prepare

START = {"scheme.all.price.start": "contemporaneous"}


def power_of(costs, volumes=None, *, norms=None, discount=0.95, years=(2024,), **values):
    model, units = scheme_of(
        costs, volumes, years, **(START | {f"scheme.all.{key}": value for key, value in values.items()})
    )
    prepared = prepare(model, units, [2025], norms=norms)
    return incentive_power(prepared.settings[0], prepared.openings[0], discount=discount)


@pytest.mark.parametrize("units", [1, 3, 4, 13])
@pytest.mark.parametrize(("keep", "lag"), [(1.0, 1), (0.9, 1), (0.9, 2)])
def test_self_adjusting_price(units: int, keep: float, lag: int) -> None:
    """P = k(1 − δ^L σ): the table of equal units, few large units weaken the incentive."""
    found = power_of([100.0] * units, **{"settlement.keep_surplus": keep, "price.lag": lag})
    expected = closed_forms.incentive_power(1.0 / units, keep=keep, lag=lag, discount=0.95)
    assert found.power == pytest.approx(np.full(units, expected), rel=1e-9)


def test_the_printed_table_of_equal_units() -> None:
    powers = [power_of([100.0] * n).power[0] for n in (1, 3, 4, 13)]
    assert np.round(powers, 4).tolist() == [0.05, 0.6833, 0.7625, 0.9269]


def test_unequal_units_the_largest_has_the_weakest_incentive() -> None:
    found = power_of([300.0, 100.0, 100.0], [300.0, 100.0, 100.0])
    assert found.power == pytest.approx(1.0 - 0.95 * np.array([0.6, 0.2, 0.2]), rel=1e-9)


def test_own_unit_excluded_keeps_all() -> None:
    found = power_of([100.0] * 4, **{"price.own_excluded": True, "settlement.keep_surplus": 0.9})
    assert found.power == pytest.approx(np.full(4, 0.9), rel=1e-9)


def test_cost_refund_keeps_nothing_and_a_fixed_price_everything() -> None:
    refund = power_of([100.0, 120.0], **{"price.source": "none", "mix.activity": 0.0, "mix.refund": 1.0})
    assert refund.power == pytest.approx(np.zeros(2), abs=1e-12)
    fixed = power_of([100.0, 120.0], **{"price.source": "previous"})
    assert fixed.power == pytest.approx(np.ones(2), rel=1e-12)


@pytest.mark.parametrize("lag", [1, 2])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_norm_mix(share: float, lag: int) -> None:
    """RC = (1 − ρ)C + ρC*, the norm not moved by the unit: 1 − δ^L(1 − ρ)."""
    norms = pd.DataFrame({"scheme": ["all"], "unit": ["U01"], "year": [2024], "norm": [100.0]})
    found = power_of(
        [100.0],
        norms=norms,
        **{"price.lag": lag, "price.frontier_share": share, "price.frontier_reference": "norm"},
    )
    assert found.power[0] == pytest.approx(closed_forms.norm_mix_power(share, 0.95, lag), rel=1e-9)


def test_phase_in_against_last_cost_is_the_norm_mix_with_lag_one() -> None:
    values = {"price.source": "previous", "price.first_year": 2024, "transition.phase_in": 0.7}
    found = power_of([100.0, 100.0], years=(2023, 2024), **values)
    assert found.power == pytest.approx(np.full(2, closed_forms.norm_mix_power(0.7, 0.95, 1)), rel=1e-9)


def test_a_waived_deficit_takes_the_incentive_away() -> None:
    """A dispensation beyond a threshold: the unit with the large deficit has nothing to gain from a small saving."""
    model, units = scheme_of([80.0, 80.0, 160.0], **START)
    raw = dict(model.raw)
    raw["scheme"][0]["settlement"]["dispensation_rule"] = {"threshold": 0.05, "payer": "municipality"}
    model = build(raw, "", {})
    prepared = prepare(model, units, [2025])
    found = incentive_power(prepared.settings[0], prepared.openings[0])
    assert found.power[2] < 0.05 < 0.6 < found.power[0]


def test_who_gains_and_who_loses_is_sorted_and_sums_to_the_scheme() -> None:
    model, units, tables = kristiansand()
    prepared = prepare(model, units, [2007], tables=tables)
    for setting, opening in zip(prepared.settings, prepared.openings, strict=True):
        frame = incentive_power(setting, opening).to_frame()
        assert frame["margin"].is_monotonic_decreasing
        assert frame["cost_share"].sum() == pytest.approx(1.0)
        assert (frame["outcome"] == np.where(frame["margin"] >= 0, "gains", "loses")).all()


#: 003_d89321ded97a3ce6.txt, ch. 2.4: who bears cost risk and activity risk under each ideal type.
IDEAL = {
    "cost refund": ({"price.source": "none", "mix.activity": 0.0, "mix.refund": 1.0}, 0.0, 0.0),
    "fixed block": ({"price.source": "none", "block.kind": "lump-sum", "block.total": 200.0}, 1.0, 1.0),
    "unit price": ({"price.source": "previous"}, 1.0, 0.0),
    "half of each": (
        {
            "price.source": "previous",
            "mix.activity": 0.5,
            "mix.block": 0.5,
            "block.kind": "incremental",
            "block.base": "accounts",
            "block.start": "contemporaneous",
        },
        1.0,
        0.5,
    ),
}


@pytest.mark.parametrize("name", IDEAL)
def test_the_ideal_types_divide_risk_as_the_evaluation_says(name: str) -> None:
    values, cost, activity = IDEAL[name]
    model, units = scheme_of([100.0, 100.0], **(START | {f"scheme.all.{key}": value for key, value in values.items()}))
    prepared = prepare(model, units, [2025])
    found = risk_shares(prepared.settings[0], prepared.openings[0])
    assert found.cost == pytest.approx(cost, abs=1e-9)
    assert found.activity == pytest.approx(activity, abs=1e-9)


@pytest.mark.parametrize("cap", [0.02, 0.1])
def test_a_binding_cap_on_income_makes_a_saving_cost_the_unit(cap: float) -> None:
    """A keeps cap·income whatever it saves, and its income falls with the price: P = −cap·δ·(share of volume)."""
    found = power_of([50.0, 150.0, 160.0], [100.0, 100.0, 50.0], **{"settlement.cap_surplus": cap})
    assert found.power[0] == pytest.approx(-cap * 0.95 * 0.4, rel=1e-6)
    assert found.power[1:].min() > 0.0


@pytest.mark.parametrize("name", [
    f"{name}{at}" for name in resources.model_names()
    if load_model(name).meta.stage != "norms"  # nothing is settled by norms
    for at in ("", *(f"@{one.name}" for one in load_model(name).alternative))
])  # fmt: skip
def test_every_bundled_system_leaves_every_unit_between_nothing_and_its_whole_saving(name: str) -> None:
    """At its own values and on what it is shown on; the criterion's own words say where it could be otherwise.

    The general model has no data of its own and is tried on the six districts, with their columns named.
    """
    districts = resources.dataset("idealtyper").path() if name == "average-cost" else None
    roles = {"id": "enhet", "period": "aar", "cost": "kostnad", "outputs": ["timer"]} if districts else {}
    job = file_job("compare", [name], districts, roles=roles)
    last = job.model.data.year if job.units.period is None else max(map(int, job.units.periods))
    (system,) = bench.compare(
        [job.model], job.units, tables=job.tables, years=[last + 1], draws=2, behaviour="neutral"
    ).systems
    for found in system.power:
        assert found.power.min() >= -1e-9
        assert found.power.max() <= 1.0 + 1e-9
    (criterion,) = [one for one in CRITERIA if one.key == "incentive_power"]
    assert "i alle medfølgende modeller" in criterion.formula[0]
    assert "in every bundled model" in criterion.formula[1]


# -- dispensations -------------------------------------------------------------------------------------------------


def carried(threshold: float, covers: str, deficit: float) -> float:
    """Balance of a unit with an income of 100 and a deficit, with a dispensation beyond a share of income."""
    model, units = scheme_of([100.0, 100.0 + deficit], **START)
    raw = model.raw
    raw["scheme"][0]["price"] |= {"source": "tender"}
    raw["scheme"][0]["service"][0] = {**raw["scheme"][0]["service"][0], "weight": 1.0, "price": 1.0}
    rule = {"threshold": threshold, "payer": "municipality", "covers": covers}
    raw["scheme"][0]["settlement"]["dispensation_rule"] = rule
    frame = bench.run(build(raw, "", {}), units).settlement.set_index("unit")
    assert frame.loc["U02", "income"] == 100.0
    return -float(frame.loc["U02", "closing_balance"])


@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.3, 0.6, 1.0])
def test_what_is_carried_under_a_dispensation_is_the_smaller_of_deficit_and_threshold(threshold: float) -> None:
    """``min(D, τ·R)`` where the excess is waived: beyond it a saving is the payer's whole."""
    for deficit in (1.0, 5.0, 29.0, 31.0, 60.0, 90.0):
        assert carried(threshold, "excess", deficit) == pytest.approx(min(deficit, threshold * 100.0))


@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.6])
def test_where_all_is_waived_the_threshold_is_a_notch(threshold: float) -> None:
    """``D`` up to ``τ·R`` and nothing beyond: one krone more of deficit is worth the whole threshold to the unit."""
    at = threshold * 100.0
    assert [carried(threshold, "all", at + step) for step in (-1.0, 0.0, 1.0)] == pytest.approx([at - 1.0, at, 0.0])


SETTLED = [
    name for name in resources.model_names() if name != "average-cost" and load_model(name).meta.stage != "norms"
]


@pytest.mark.parametrize("name", [name for name in SETTLED if name != "stykkpris-malestokk"])
def test_no_draw_of_shares_and_prices_gives_more_than_all_or_less_than_nothing(name: str) -> None:
    """Shares kept and carried, the price's gain, interest: any of them leaves a unit between nothing and everything.

    A limit that is a share of income can take at most itself. The measured frontier is left out: it takes nine seconds.
    """
    rng = np.random.default_rng(sum(map(ord, name)))
    job = file_job("compare", [name], None)
    values: dict[str, float] = {}
    for scheme in job.model.scheme:
        key = f"scheme.{scheme.id}"
        values |= {f"{key}.settlement.{part}": float(rng.uniform()) for part in ("keep_surplus", "carry_deficit")}
        values[f"{key}.settlement.interest"] = float(rng.uniform(0.0, 0.1))
        if scheme.price.source in ("average-cost", "best-practice"):
            values[f"{key}.price.gain"] = float(rng.uniform(0.05, 1.0))
    model = job.model.with_values(values)
    last = model.data.year if job.units.period is None else max(map(int, job.units.periods))
    estimated = tuple(model.frontier.method) != ("none",)
    norms = bench.run(model, job.units, tables=job.tables).norms if estimated else None
    prepared = prepare(model, job.units, [last + 1], tables=job.tables, norms=norms)
    for setting, opening in zip(prepared.settings, prepared.openings, strict=True):
        found = incentive_power(setting, opening).power
        rules = setting.scheme.settlement
        limits = [cap.at(last + 1) for cap in rules.caps() if cap is not None]
        limits += [] if rules.dispensation_rule is None else [rules.dispensation_rule.threshold.at(last + 1)]
        assert found.min() >= -max(limits, default=0.0) - 1e-9
        assert found.max() <= 1.0 + 1e-9

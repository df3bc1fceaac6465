"""The worlds of the ideal types: made by their script, true to their truth, and paid what each rule says, by hand.

Nothing here is taken from the engine: incomes are worked out from the parts in ``fasit.csv``, unit by unit and year by
year, by the rule as the source words it.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import bench
from bench import resources
from bench.typing import FloatArray

FOLDERS = ("idealtyper", "sykehus", "selvkost", "virksomheter")


@cache
def made() -> ModuleType:
    path = resources.resource_folder("datasets") / "make_ideal_types.py"
    spec = importlib.util.spec_from_file_location("make_ideal_types", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(folder: str, table: str) -> pd.DataFrame:
    frame = pd.read_csv(resources.dataset(folder).path(table), sep=";", decimal=",")
    return frame.set_index(list(frame.columns[:2]))


def grid(folder: str, column: str, table: str = "data") -> FloatArray:
    """A column as (unit, year), in the order of the file."""
    frame = read(folder, table)
    years = frame.index.get_level_values("aar").nunique()
    return frame[column].to_numpy(float).reshape(-1, years)


@cache
def settled(name: str) -> pd.DataFrame:
    return bench.run(bench.load_model(name)).settlement


def paid(name: str, folder: str, column: str = "income") -> FloatArray:
    frame = read(folder, "data")
    table = settled(name).pivot_table(index="unit", columns="year", values=column)
    found: FloatArray = table.loc[frame.index.unique(0)].to_numpy()
    return found


def cents(amount: FloatArray) -> FloatArray:
    """Rounded to øre, half away from zero."""
    return np.floor(amount * 100.0 + 0.5 + 1e-6) / 100.0


# -- what is made -------------------------------------------------------------------------------------------------


def test_the_files_are_what_the_script_makes(tmp_path) -> None:
    made().main(tmp_path)
    for name in FOLDERS:
        folder = resources.dataset(name).folder
        files = {path.name for path in folder.iterdir()}
        assert files == {"data.csv", "fasit.csv", "dataset.toml"}
        for file in files:
            assert (tmp_path / name / file).read_bytes() == (folder / file).read_bytes(), (name, file)


def test_cost_is_the_sum_of_its_parts() -> None:
    parts = {column: grid("idealtyper", column, "fasit") for column in read("idealtyper", "fasit").columns}
    hours = grid("idealtyper", "utforte_timer")
    cost = parts["prisnivaa"] * (parts["fast"] + parts["husleie_2020"] + parts["per_time"] * hours)
    assert np.abs(cost - parts["innsparing"] - grid("idealtyper", "kostnad")).max() < 2.0
    planned, points = grid("sykehus", "planlagte_drg_poeng"), grid("sykehus", "drg_poeng")
    level, fixed, each = (grid("sykehus", c, "fasit") for c in ("prisnivaa", "fast_andel", "kostnad_per_poeng"))
    assert np.abs(level * each * (fixed * planned + (1 - fixed) * points) - grid("sykehus", "driftskostnad")).max() < 2
    water = grid("selvkost", "prisnivaa", "fasit") * grid("selvkost", "grunnkostnad", "fasit")
    water = water - grid("selvkost", "innsparing", "fasit") + grid("selvkost", "hendelse", "fasit")
    assert np.abs(water - grid("selvkost", "kostnad")).max() < 2.0
    budgets = np.array([[budget] for budget, _ in made().AGENCIES.values()], dtype=float)
    saved = (1.0 - grid("virksomheter", "sparer", "fasit")) ** np.arange(5)
    kept = grid("virksomheter", "prisnivaa", "fasit") * budgets * saved
    assert np.abs(kept - grid("virksomheter", "kostnad")).max() < 2.0


def test_every_year_holds_its_one_event() -> None:
    """Against the year before: prices alone in 2021, then Nord's saving, Sør's hours, and hours from Vest to Øst."""
    real = grid("idealtyper", "kostnad") / grid("idealtyper", "prisnivaa", "fasit")
    moved = np.abs(np.diff(real, axis=1)) > 10.0
    names = np.array(list(made().DISTRICTS))
    assert [set(names[moved[:, k]]) for k in range(4)] == [set(), {"Nord"}, {"Sør"}, {"Vest", "Øst"}]


# -- what each rule pays, by hand ----------------------------------------------------------------------------------

LEVEL = 1.03 ** np.arange(5)


def test_unit_price_pays_an_indexed_price_for_what_is_decided() -> None:
    hours = grid("idealtyper", "timer")
    first = grid("idealtyper", "kostnad")[:, 0].sum() / hours[:, 0].sum()
    assert first == 500.0
    assert np.abs(paid("unit-price", "idealtyper") - cents(first * LEVEL[1:]) * hours[:, 1:]).max() < 0.01


def test_user_choice_pays_last_years_average_for_what_is_performed() -> None:
    cost, done = grid("idealtyper", "kostnad"), grid("idealtyper", "utforte_timer")
    price = cents(1.03 * cost[:, :-1].sum(axis=0) / grid("idealtyper", "timer")[:, :-1].sum(axis=0))
    assert np.abs(paid("user-choice", "idealtyper") - price * done[:, 1:]).max() < 0.01


def test_the_general_model_pays_last_years_average_on_the_districts_too() -> None:
    """It has no data of its own, being for any table: with the columns named, and no growth, each hour gets C/Q."""
    cost, hours = grid("idealtyper", "kostnad"), grid("idealtyper", "timer")
    frame = read("idealtyper", "data").reset_index()
    units = bench.Units.from_frame(frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"])
    model = bench.load_model("average-cost").with_roles(id="enhet", period="aar", cost="kostnad", outputs=["timer"])
    found = bench.run(model, units).settlement.pivot_table(index="unit", columns="year", values="income")
    average = cost.sum(axis=0) / hours.sum(axis=0)
    price = np.concatenate([average[:1], average[:-1]])  # the first year breaks even
    assert np.abs(found.loc[list(made().DISTRICTS)].to_numpy() - price * hours).max() < 0.01


def test_cost_refund_pays_the_accounts() -> None:
    assert np.array_equal(paid("cost-refund", "idealtyper"), grid("idealtyper", "kostnad"))


def test_a_grant_by_criteria_is_the_total_of_the_year_before_by_the_key() -> None:
    """60 million in 2020, before the system: what the first year with it costs moves nothing."""
    people, share = grid("idealtyper", "innbyggere"), grid("idealtyper", "andel_80_pluss")
    old = people * share
    key = 0.6 * old / old.sum(axis=0) + 0.4 * people / people.sum(axis=0)
    assert np.abs(paid("criteria-block", "idealtyper") - 60e6 * (LEVEL * key)[:, 1:]).max() < 0.01


def test_an_incremental_grant_goes_on_from_itself_and_takes_half_of_the_result() -> None:
    cost, found = grid("idealtyper", "kostnad"), paid("incremental-block", "idealtyper")
    grant = 1.01 * cost[:, 0]
    for year in range(5):
        assert np.abs(found[:, year] - grant).max() < 0.02
        grant = 1.03 * 1.01 * grant - 0.5 * (grant - cost[:, year])


def test_a_blend_pays_hours_rent_and_a_part_of_last_years_cost() -> None:
    cost, rent, hours = (grid("idealtyper", column) for column in ("kostnad", "husleie", "timer"))
    own = (cost - rent)[:, :-1]
    price = cents(1.03 * own.sum(axis=0) / hours[:, :-1].sum(axis=0))
    wanted = 0.7 * price * hours[:, 1:] + 0.3 * 1.03 * own + rent[:, 1:]
    assert np.abs(paid("blended", "idealtyper") - wanted).max() < 0.02


def test_a_fee_covers_cost_and_the_fund_comes_back_in_fifths() -> None:
    cost, subscriptions = grid("selvkost", "kostnad")[0], 10_000.0
    fund, found = 0.0, paid("self-cost", "selvkost")[0]
    balances = paid("self-cost", "selvkost", "closing_balance")[0]
    for year in range(1, 6):
        fee = cents(1.03 * cost[year - 1] / subscriptions - fund / 5.0 / subscriptions)
        assert found[year - 1] == pytest.approx(fee * subscriptions, abs=100.01)  # one øre of the fee
        fund = 1.03 * fund + found[year - 1] - cost[year]
        assert balances[year - 1] == pytest.approx(fund, abs=0.02)


def test_the_reform_cuts_all_alike() -> None:
    budgets = grid("virksomheter", "kostnad")[:, :1]
    assert np.abs(paid("abe-reform", "virksomheter") - budgets * LEVEL * 0.995 ** np.arange(1, 6)).max() < 0.03
    results = paid("abe-reform", "virksomheter", "result")
    asked, cost = results[1], grid("virksomheter", "kostnad")[1]
    assert asked / cost == pytest.approx(np.full(5, -0.005), abs=1e-6)  # who saves what is asked is never level


def test_half_a_price_and_half_a_grant_pay_half_of_each_point() -> None:
    cost, points = grid("sykehus", "driftskostnad"), grid("sykehus", "drg_poeng")
    rate = np.floor(45_808 * LEVEL[:4] + 0.5)
    assert np.abs(paid("isf", "sykehus") - 0.5 * rate * points - 0.5 * cost[:, :1] * LEVEL[:4]).max() < 0.02
    fixed, planned = grid("sykehus", "fast_andel", "fasit")[:, :1], grid("sykehus", "planlagte_drg_poeng")
    gain = (fixed - 0.5) * (points - planned) * 45_808 * LEVEL[:4]  # a point costs its variable part, and is paid half
    assert np.abs(paid("isf", "sykehus", "result") - gain).max() < 700.0  # the price is in whole kroner


@pytest.mark.parametrize(
    ("name", "share"),
    [("cost-refund", 0.0), ("incremental-block", 0.0), ("unit-price", 1.0), ("criteria-block", 1.0), ("isf", 1.0)],
)
def test_what_is_kept_of_a_saving_in_its_first_year(name: str, share: float) -> None:
    """A million less cost in one unit and one year: the unit's balance rises by what the rule lets it keep."""
    folder = {"isf": "sykehus"}.get(name, "idealtyper")
    model = bench.load_model(name)
    data = bench.run(model)
    frame = data.units.frame.copy()
    unit, year = frame[model.data.id].iloc[0], 2022
    here = (frame[model.data.id] == unit) & (frame[model.data.period] == year)
    frame.loc[here, model.data.cost] -= 1e6
    lower = bench.Units.from_frame(
        frame, id=model.data.id, period=model.data.period, scheme=data.units.scheme, inputs=list(data.units.inputs),
        outputs=list(data.units.outputs), extra=list(data.units.extra), accept=["no-output"],
    )  # fmt: skip
    after = bench.run(data.model, lower).settlement
    before = settled(name)
    change = [
        frame[(frame["unit"] == unit) & (frame["year"] == year)]["closing_balance"].iloc[0] for frame in (after, before)
    ]
    assert change[0] - change[1] == pytest.approx(share * 1e6), folder

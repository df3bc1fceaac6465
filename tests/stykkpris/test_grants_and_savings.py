"""What one unit saves never lowers another's grant, except where the model's own rule says so by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from stykkpris.forward_data import scheme_of
from stykkpris.support import make_units

import bench
from bench import resources
from bench.errors import DataError, ModelError
from bench.modelfile import Scheme, load_model, parse_model
from bench.pipeline.jobs import file_job
from bench.stykkpris.cases import case_units
from bench.stykkpris.simulation import Outlook
from bench.units import Units

SAVED = 100_000.0

#: The rules by which a unit's cost moves what others are paid, as a model file names them.
PRICES_BY_COST = ("average-cost", "best-practice", "frontier")


def moves_others(scheme: Scheme) -> bool:
    """Whether a rule of the scheme says by name that others' income follows a unit's cost."""
    block = scheme.block
    return (
        scheme.price.source in PRICES_BY_COST
        or scheme.price.frontier_share.constant != 0.0
        or (block.kind in ("criteria", "historic-share", "lump-sum") and block.base == "accounts")
        or block.kind == "norm-share"
        or scheme.settlement.pooled
    )


def saving_at(units: Units, cost: str, unit: str, year: int) -> Units:
    frame = units.frame.copy()
    here = frame[units.id].eq(unit)
    if units.period is not None:
        here &= frame[units.period].eq(year)
    frame.loc[here, cost] -= SAVED
    return Units.from_frame(
        frame,
        id=units.id,
        period=units.period,
        scheme=units.scheme,
        inputs=list(units.inputs),
        outputs=list(units.outputs),
        environment=list(units.environment),
        extra=list(units.extra),
        accept=["no-output", "no-input", "negative-value"],
    )


def incomes(model, units, tables) -> pd.Series:
    frame = bench.run(model, units, tables=tables).settlement
    return frame.set_index(["scheme", "unit", "year"])["income"]


SETTLED = [
    name for name in resources.model_names() if name != "average-cost" and load_model(name).meta.stage != "norms"
]


@pytest.mark.parametrize("name", SETTLED)
def test_a_saving_never_lowers_anothers_income_unless_a_named_rule_says_so(name: str) -> None:
    job = file_job("run", [name], None)
    model, units, tables = job.model, job.units, job.tables
    before = incomes(model, units, tables)
    for scheme in model.expanded(units).scheme:
        rows = before[before.index.get_level_values("scheme") == scheme.id]
        names = list(dict.fromkeys(rows.index.get_level_values("unit")))
        if len(names) < 2:
            continue
        years = sorted(set(rows.index.get_level_values("year")))
        after = incomes(model, saving_at(units, model.cost_column, names[0], years[0]), tables)
        change = (after - before)[before.index.get_level_values("unit") != names[0]]
        if moves_others(scheme):
            continue
        assert change.min() >= -0.011, (scheme.id, change.idxmin(), change.min())


def test_the_variant_that_follows_the_accounts_makes_the_innocent_pay() -> None:
    """A saves 100,000: next year A and B each lose 50,000. The ideal type keeps both grants."""
    units = Units.from_frame(
        pd.DataFrame(
            {
                "enhet": ["A", "B"] * 3,
                "aar": [2003, 2003, 2004, 2004, 2005, 2005],
                "ordning": ["omsorg"] * 6,
                "kostnad": [5e6, 5e6, 4.9e6, 5e6, 4.9e6, 5e6],
                "innbyggere": [10000.0] * 6,
                "andel_80_pluss": [0.05] * 6,
            }
        ),
        id="enhet",
        period="aar",
        scheme="ordning",
        inputs=["kostnad"],
        outputs=[],
        extra=["innbyggere", "andel_80_pluss"],
        accept=["no-output"],
    )

    def in_2005(name: str) -> list[float]:
        model = load_model(name).with_values({"indexation.deflator": 0.0})
        frame = bench.run(model, units).settlement.query("year == 2005")
        return frame.sort_values("unit")["income"].tolist()

    assert in_2005("criteria-block") == [5_000_000, 5_000_000]
    assert in_2005("criteria-block@follows-accounts") == [4_950_000, 4_950_000]


def test_a_client_with_one_scheme_uses_a_model_of_three(tmp_path) -> None:
    """With the scheme column, the other schemes are left out and said; without one, roles make the first rules hold."""
    text = "enhet;aar;ordning;kostnad;innbyggere;andel_80_pluss\n"
    text += "A;2003;omsorg;5000000;10000;0,05\nB;2003;omsorg;5000000;10000;0,025\n"
    one = tmp_path / "one.csv"
    one.write_text(text, encoding="utf-8")
    own_year = {f"scheme.{scheme}.block.start": "contemporaneous" for scheme in load_model("criteria-block").scheme_ids}
    for name in ("criteria-block", "criteria-block@follows-accounts"):
        model = load_model(name)
        units = bench.read_units(one, **model.read_options())
        with pytest.raises(DataError, match="needs the accounts of 2002") as caught:
            bench.run(model, units)  # the total is of the year before the system
        assert "scheme.*.block.start=contemporaneous" in caught.value.issues[0].remedy
        result = bench.run(model.with_values(own_year), units)
        assert result.settlement["income"].tolist() == [6_000_000, 4_000_000]
        assert any("utviklingshemmede, helse" in note.message for note in result.warnings)
        assert result.model.basis_of("scheme.omsorg.block.kind")[0] == "documented"
    bare = tmp_path / "bare.csv"
    bare.write_text(text.replace(";ordning", "").replace(";omsorg", ""), encoding="utf-8")
    shaped = (
        load_model("criteria-block")
        .with_roles(id="enhet", period="aar", cost="kostnad")
        .with_values({"scheme.all.block.start": "contemporaneous"})
    )
    assert bench.run(shaped, bench.read_units(bare, **shaped.read_options())).settlement["income"].sum() == 10_000_000
    with pytest.raises(ModelError, match="at least one output"):
        load_model("unit-price").with_roles(id="enhet", cost="kostnad")


BLOCK = """
[meta]
name = "b"
title = { nb = "B", en = "B" }
first_year = 2001
[data]
id = "unit"
period = "year"
cost = "cost"
accept = ["no-output"]
[indexation]
deflator = 0.03
[[scheme]]
id = "s"
label = { nb = "S", en = "S" }
[scheme.price]
source = "none"
[scheme.block]
BLOCK
[scheme.settlement]
keep_surplus = 1.0
carry_deficit = 1.0
"""


def settled(block: str, rows: list[tuple[str, int, float]]) -> pd.DataFrame:
    model = parse_model(BLOCK.replace("BLOCK", block), "b.toml")
    table = make_units([{"unit": u, "year": y, "cost": c} for u, y, c in rows], outputs=())
    return bench.run(model, table).settlement


ROWS = [
    ("A", 2000, 60.0),
    ("B", 2000, 40.0),
    ("A", 2001, 50.0),
    ("B", 2001, 40.0),
    ("A", 2002, 50.0),
    ("B", 2002, 40.0),
]


def test_a_total_in_kroner_is_indexed_from_its_price_year_and_grows_by_need() -> None:
    """T_t = T·1.03^(t − 2000)·1.01^(t − 2000), shared equally."""
    frame = settled('kind = "lump-sum"\ntotal = 1000.0\nindexed_from = 2000\nneed = 0.01', ROWS)
    total = frame.groupby("year")["income"].sum()
    assert total.to_dict() == pytest.approx({2001: 1000 * 1.03 * 1.01, 2002: 1000 * (1.03 * 1.01) ** 2}, abs=0.01)


def test_historic_shares_and_total_go_on_from_the_year_before_the_system() -> None:
    frame = settled('kind = "historic-share"\ntotal_share = 0.9', ROWS)
    income = frame.set_index(["unit", "year"])["income"]
    assert income["A", 2002] == pytest.approx(0.9 * 60 * 1.03**2, abs=0.01)
    assert income["B", 2002] == pytest.approx(0.9 * 40 * 1.03**2, abs=0.01)


def test_a_unit_that_closes_leaves_its_share_and_a_new_one_needs_a_decision() -> None:
    frame = settled('kind = "historic-share"\ntotal_share = 1.0', ROWS[:5])
    assert frame.query("year == 2002 and cost > 0")["income"].tolist() == [pytest.approx(100 * 1.03**2, abs=0.01)]
    assert frame.query("year == 2002")["income"].sum() == pytest.approx(100 * 1.03**2, abs=0.01)
    with pytest.raises(DataError, match="no historic share") as caught:
        settled('kind = "historic-share"\ntotal_share = 1.0', [*ROWS, ("C", 2002, 10.0)])
    assert caught.value.issues[0].unit == "C"


@pytest.mark.parametrize("base", ["budget", "accounts"])
def test_the_simulation_pays_the_same_grant(base: str) -> None:
    """In a still world the simulated grant is the closed form; falling cost moves only the one by accounts."""
    values = {
        "price.source": "none",
        "block.kind": "historic-share",
        "block.total_share": 1.0,
        "block.base": base,
        "block.start": "contemporaneous",
        "settlement.keep_surplus": 1.0,
    }
    model, units = scheme_of([100.0, 50.0], None, (2024,), **{f"scheme.all.{k}": v for k, v in values.items()})
    played = bench.simulate(
        model,
        units,
        years=range(2025, 2029),
        seed=1,
        draws=3,
        behaviour={"initiative": 0.02},
        outlook=Outlook(demand_growth=0.0, demand_shock=0.0, common_shock=0.0, cost_shock=0.0, cost_growth=0.0),
    )
    income = played.schemes[0]["income"][0].sum(axis=-1)
    cost = played.schemes[0]["cost"][0].sum(axis=-1)
    if base == "budget":
        assert income == pytest.approx(np.full(4, 150.0))
    else:
        assert income[1:] == pytest.approx(cost[:-1])
        assert income[-1] < 150.0


# -- bad input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["unit-price", "average-cost", "incremental-block", "criteria-block"])
def test_a_year_that_is_missing_in_the_middle_is_named(name: str) -> None:
    """Where a rule goes on from the year before; a grant that is set once needs none of the years between."""
    frame = pd.DataFrame({"enhet": ["A", "B"] * 3, "aar": [2021, 2021, 2023, 2023, 2024, 2024]})
    frame = frame.assign(kostnad=1e6, timer=2e3, innbyggere=1e3, andel_80_pluss=0.05)
    units = Units.from_frame(
        frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"], extra=["innbyggere", "andel_80_pluss"]
    )
    model = load_model(name).with_roles(id="enhet", period="aar", cost="kostnad", outputs=["timer"])
    if name == "criteria-block":
        assert bench.run(model, units).settlement["income"].to_numpy() == pytest.approx(
            1e6 * 1.03 ** np.array([2, 2, 3, 3]), abs=0.01
        )
        return
    with pytest.raises(DataError) as caught:
        bench.run(model, units)
    assert (caught.value.issues[0].rule, caught.value.issues[0].period) == ("no-accounts", "2022")


def criteria_run(old: list[float] | None) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "enhet": ["A", "B"] * 2,
            "aar": [2002, 2002, 2003, 2003],
            "ordning": ["omsorg"] * 4,
            "kostnad": [5e6] * 4,
            "innbyggere": [1e4] * 4,
        }
    )
    extra = ["innbyggere"]
    if old is not None:
        frame["andel_80_pluss"], extra = old * 2, [*extra, "andel_80_pluss"]
    units = Units.from_frame(
        frame, id="enhet", period="aar", scheme="ordning", inputs=["kostnad"], outputs=[], extra=extra,
        accept=["no-output", "negative-value"],
    )  # fmt: skip
    return bench.run(load_model("criteria-block"), units).settlement


@pytest.mark.parametrize(
    ("old", "rule", "unit"),
    [(None, "missing-column", ""), ([0.0, 0.0], "empty-criterion", ""), ([-0.1, 0.2], "negative-criterion", "A")],
)
def test_a_criterion_without_data_is_refused_by_name(old: list[float] | None, rule: str, unit: str) -> None:
    with pytest.raises(DataError) as caught:
        criteria_run(old)
    (issue,) = caught.value.issues
    assert issue.rule == rule
    assert "andel_80_pluss" in issue.column
    assert issue.unit == unit
    assert issue.remedy


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("stavanger", "setup = { value = 10000000", "setup = { value = -1"),
        ("kristiansand", "staff = { value = 34", "staff = { value = -34"),
        ("drammen", 'decides = "purchaser"', 'decides = "council"'),
        ("municipal-care", 'paid_by = "users"', 'paid_by = "somebody"'),
    ],
)
def test_a_value_outside_its_range_is_refused_with_its_line(name: str, old: str, new: str) -> None:
    text = resources.model_path(name).read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(ModelError) as caught:
        parse_model(text.replace(old, new, 1), f"{name}.toml")
    assert caught.value.line is not None
    assert caught.value.key


def test_the_two_ends_of_shared_responsibility() -> None:
    """Of one million saved the team keeps a fifth; the rest is the municipality's, the hospital's, or half of each."""
    taken = {}
    for name in ("hospital-sharing", "hospital-sharing@total-responsibility", "hospital-sharing@hospital-gains"):
        model = load_model(name)
        changed, units = case_units(model, model.case[0])
        sharing = bench.run(changed, units).sharing.query("year == 2022").set_index("party")["amount"]
        taken[name] = (sharing["kommunen"], sharing["helseforetaket"])
    assert list(taken.values()) == [(400_000, 400_000), (800_000, 0), (0, 800_000)]

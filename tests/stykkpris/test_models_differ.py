"""What makes each municipality's system itself, in kroner; and no two systems agree by construction."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bench
from bench import resources
from bench.errors import BenchError
from bench.modelfile import Model, load_model
from bench.pipeline import run_file
from bench.pipeline.jobs import Job, file_job
from bench.stykkpris import settle

MUNICIPAL = [
    "kristiansand", "kristiansand-2002", "stavanger", "asker-2002", "asker-2006", "moss", "drammen", "hamar", "sorum"
]  # fmt: skip
DISTRICTS = {"id": "enhet", "period": "aar", "cost": "kostnad", "outputs": ["timer"]}
IDEAL = ["cost-refund", "incremental-block", "criteria-block", "unit-price", "average-cost", "blended", "self-cost"]


@cache
def shown(name: str) -> Job:
    """What a model is shown on; the general one, which is for any table, on the six districts."""
    if name == "average-cost":
        return file_job("run", [name], resources.dataset("idealtyper").path(), roles=DISTRICTS)
    return file_job("run", [name], None)


def settled(job: Job, model: Model | None = None) -> pd.DataFrame:
    frame = bench.run(model or job.model, job.units, tables=job.tables).settlement
    return frame.set_index(["scheme", "unit", "year"]).sort_index()


def case_column(job: Job, column: str) -> pd.Series:
    frame = job.units.frame
    scheme = job.model.scheme[0].id if job.units.scheme is None else frame[job.units.scheme]
    index = pd.MultiIndex.from_arrays(
        [np.broadcast_to(scheme, len(frame)), frame[job.units.id], frame[job.units.period]],
        names=["scheme", "unit", "year"],
    )
    return pd.Series(frame[column].to_numpy(float), index=index).sort_index()


# -- the feature of each, in NOK ---------------------------------------------------------------------------------


def test_asker_2002_pays_registered_time_and_the_deficit_is_what_is_missing() -> None:
    """Allocated less registered, times the price; from 2005 the estimate, whatever is registered."""
    job = shown("asker-2002")
    ours = settled(job)["income"]
    prices = (
        bench.run(job.model, job.units).settlement_lines.set_index(["scheme", "unit", "year"])["price"].sort_index()
    )
    allocated, registered = case_column(job, "tildelte_timer"), case_column(job, "utforte_timer")
    missing = (allocated - registered) * prices
    early = ours.index.get_level_values("year") < 2005
    assert (allocated * prices - ours - missing)[early].abs().max() < 0.01
    assert missing[early].sum() == pytest.approx(1_800_000 * (1 + 1.04 + 1.0816) * 1.5, rel=1e-4)
    assert (ours - case_column(job, "anslag_timer") * prices)[~early].abs().max() < 0.01
    assert (ours - registered * prices)[~early].max() > 1e6


def test_asker_2006_pays_visits_and_decisions_beside_time() -> None:
    """40 kroner a visit and 500 a decision, 5 per cent more in the private zone."""
    job = shown("asker-2006")
    hours = job.model.with_values(
        {f"scheme.{s}.service.{k}.price": 0.0 for s in job.model.scheme_ids for k in ("besok", "vedtak")}
    )
    gap = settled(job)["income"] - settled(job, hours)["income"]
    private = np.where(gap.index.get_level_values("unit").str.contains("privat"), 1.05, 1.0)
    wanted = (40 * case_column(job, "besok") + 500 * case_column(job, "vedtak")) * private
    assert (gap - wanted).abs().max() < 0.01


def test_stavanger_asks_forty_million_and_gets_thirty_two() -> None:
    frame = settled(shown("stavanger"))
    last = frame[frame.index.get_level_values("year") == 2005]
    cost = frame.groupby("year")["cost"].sum()
    assert cost[2003] - cost[2005] == 32e6
    assert last["result"].sum() == pytest.approx(-(40e6 - 32e6), abs=5000)
    assert last["closing_balance"].sum() == 0


def test_moss_refunds_rent_and_carries_nothing() -> None:
    job = shown("moss")
    plain = job.model.with_values({"scheme.hjemmetjenester.mix.component.rent.share": 0.0})
    gap = settled(job)["income"] - settled(job, plain)["income"]
    assert (gap - case_column(job, "husleie")).abs().max() < 0.01
    assert gap.sum() == 80_000
    assert (settled(job)["closing_balance"] == 0).all()


def test_drammen_orders_what_the_grant_cannot_pay() -> None:
    """The grant is the same with 10 per cent more ordered; a unit price on orders would pay them."""
    job = shown("drammen")
    frame = job.units.frame.copy()
    frame.loc[frame[job.units.period] >= 2004, "vedtatte_timer"] *= 1.1
    more = bench.Units.from_frame(
        frame,
        id=job.units.id,
        period=job.units.period,
        scheme=job.units.scheme,
        inputs=list(job.units.inputs),
        outputs=list(job.units.outputs),
        extra=list(job.units.extra),
        accept=["no-output"],
    )
    same = bench.run(job.model, more).settlement["income"].sum()
    assert same == settled(job)["income"].sum()
    price = load_model("unit-price").applied_to(job.model)
    paid = [bench.run(price, units).settlement.query("year == 2004")["income"].sum() for units in (job.units, more)]
    assert paid[1] == pytest.approx(1.1 * paid[0], rel=1e-6)
    assert job.model.purchaser is not None
    assert job.model.purchaser.orders_without_money


def test_hamar_keeps_half_and_sorum_carries_half() -> None:
    job = shown("hamar")
    whole = job.model.with_values({f"scheme.{s}.settlement.keep_surplus": 1.0 for s in job.model.scheme_ids})
    gap = (settled(job, whole)["kept"] - settled(job)["kept"])["omsorg", "Distrikt 2", 2004]
    assert gap == pytest.approx(100_000)
    frame = settled(shown("sorum"))
    in_2004 = frame[frame.index.get_level_values("year") == 2004]
    assert in_2004["result"].sum() == pytest.approx(-1_400_000)
    assert in_2004["returned_to_payer"].sum() == pytest.approx(-700_000)


def test_kristiansand_before_moves_money_by_the_old_and_not_by_history() -> None:
    job = shown("kristiansand-2002")
    ours = settled(job)["income"]
    cost = case_column(job, "driftskostnad")
    history = cost[cost.index.get_level_values("year") == 2001].droplevel("year")
    total = history.sum() * 1.04
    here = ours[ours.index.get_level_values("year") == 2002].droplevel("year")
    old = (case_column(job, "andel_80_pluss") * case_column(job, "innbyggere")).xs(2002, level="year")
    people = case_column(job, "innbyggere").xs(2002, level="year")
    wanted = total * (0.7 * old / old.sum() + 0.3 * people / people.sum() - history / history.sum())
    assert (here - history * 1.04 - wanted).abs().max() < 0.02
    assert len(here) == 19


def test_a_doctor_on_capitation_is_paid_for_more_consultations_and_one_on_salary_is_not() -> None:
    """Each more is worth its fees of 160 and 170 kroner to the one, and to the other's municipality."""
    more, practices = 500.0, 2

    def with_more(name: str) -> tuple[pd.Series, float]:
        job = shown(name)
        found = []
        for extra in (0.0, more):
            frame = job.units.frame.copy()
            here = frame[job.units.period] == 2019
            for column in ("konsultasjoner", "takster"):
                if column in frame:
                    frame.loc[here, column] += extra
            units = bench.Units.from_frame(
                frame,
                id=job.units.id,
                period=job.units.period,
                inputs=list(job.units.inputs),
                outputs=list(job.units.outputs),
                extra=list(job.units.extra),
                accept=["no-output"],
            )
            run = bench.run(job.model, units)
            holder = run.payers.query("paid_by == 'holder' and year == 2019")["net"].sum()
            found.append((run.settlement.query("year == 2019").set_index("unit")["income"], float(holder)))
        return found[1][0] - found[0][0], found[1][1] - found[0][1]

    capitation, salary = with_more("gp-capitation"), with_more("gp-salary")
    assert capitation[0].tolist() == [more * (160 + 170)] * practices
    assert capitation[1] == 0.0  # the list is as long as before
    assert salary[0].tolist() == [0.0] * practices
    assert salary[1] == -practices * more * (160 + 170)


# -- no two systems agree by construction -------------------------------------------------------------------------


@pytest.mark.parametrize("name", MUNICIPAL)
def test_no_other_system_gives_the_same_on_what_a_municipality_is_shown_on(name: str) -> None:
    """Income or balance of some unit in some year differs by more than a krone, wherever the other can be put on."""
    job = shown(name)
    ours = settled(job)[["income", "closing_balance"]]
    tried = 0
    for other in [*MUNICIPAL, *IDEAL]:
        if other == name:
            continue
        try:
            theirs = settled(job, load_model(other).applied_to(job.model))[["income", "closing_balance"]]
        except BenchError:
            continue
        tried += 1
        both = ours.index.intersection(theirs.index)
        assert len(both)
        assert (ours.loc[both] - theirs.loc[both]).abs().max(axis=None) > 1.0, other
    assert tried >= 2


def test_rules_on_borrowed_data_bring_no_borrowed_analysis() -> None:
    """The debureaucratisation reform is half a per cent for all: Kristiansand's frontier says nothing about it."""
    run = bench.run(load_model("abe-reform"))
    assert run.model.requirement is None
    assert tuple(run.model.frontier.method) == ("none",)
    assert run.requirements.empty
    assert run.efficiency.empty
    own = load_model("average-cost").applied_to(load_model("kristiansand"))
    assert tuple(own.frontier.method) == ("dea",)
    assert own.frontier.rts == "vrs"  # its own, not Kristiansand's non-decreasing returns
    assert set(own.frontier.by_scheme) == {"omsorg", "utviklingshemmede"}  # only columns are the data's


EVERY = [name for name in resources.model_names() if load_model(name).meta.stage != "norms"]


def test_no_two_bundled_systems_agree_by_construction() -> None:
    """Every pair differs by more than a krone in some unit and year: on common data, or on one's own.

    On Kristiansand's data a feature without its column is left out, and two systems may be the same there; where
    neither can be put on the other's data they have nothing in common to agree on.
    """
    common = shown("kristiansand")
    frames = {name: _put_on(name, common) for name in EVERY}
    agree = [pair for pair in combinations(EVERY, 2) if not _apart(frames[pair[0]], frames[pair[1]])]
    assert len(agree) < 0.2 * len(list(combinations(EVERY, 2)))  # most are told apart here already
    still = []
    for one, other in agree:
        homes = ((one, other), (other, one))
        tried = [(_put_on(home, shown(home)), _put_on(away, shown(home))) for home, away in homes]
        if not any(_apart(own, theirs) or theirs is None for own, theirs in tried):
            still.append((one, other))
    assert still == []


@cache
def _put_on(name: str, job: Job) -> pd.DataFrame | None:
    """A system's income and balances on a job's data; None where they cannot carry it."""
    try:
        model = job.model if name == job.model.name else load_model(name).applied_to(job.model)
        run = bench.run if name == job.model.name else settle
        frame = run(model, job.units, tables=job.tables).settlement
    except BenchError:
        return None
    return frame.set_index(["scheme", "unit", "year"])[["income", "closing_balance"]].sort_index()


def _apart(one: pd.DataFrame | None, other: pd.DataFrame | None) -> bool:
    if one is None or other is None:
        return False
    both = one.index.intersection(other.index)
    return len(both) > 0 and float((one.loc[both] - other.loc[both]).abs().max(axis=None)) > 1.0


@pytest.mark.parametrize("name", EVERY)
def test_no_system_shows_anothers_analysis(name: str) -> None:
    """A system on borrowed data asks for no frontier and no requirement that its own file does not ask for."""
    own = load_model(name)
    if own.meta.data_of is None:
        return
    on_data = shown(name).model
    assert own.frontier.method == on_data.frontier.method
    assert own.requirement == on_data.requirement
    assert (own.norm, own.benchmark) == (on_data.norm, on_data.benchmark)


#: Weights of the criteria as the model files say them: persons aged 80 and over, inhabitants, beds.
KEYS = {"criteria-block": (0.6, 0.4, 0.0), "drammen": (0.7, 0.3, 0.0), "hamar": (0.5, 0.0, 0.5)}


@pytest.mark.parametrize("name", KEYS)
def test_a_client_with_one_scheme_can_use_a_grant_by_criteria(name: str, tmp_path: Path) -> None:
    """One list of units, no scheme column: the grant is the key done by hand, and what one saves moves nobody's."""
    old, people, beds = np.array([120.0, 80.0, 40.0]), np.array([500.0, 1000.0, 1500.0]), np.array([10.0, 0.0, 30.0])
    columns = {"andel_80_pluss": old / people, "innbyggere": people, "sykehjemsplasser": beds}
    grants = []
    for saved in (0.0, 100_000.0):
        rows = []
        for year in (2023, 2024, 2025):
            for i, unit in enumerate(("Nord", "Midt", "Sor")):
                cost = (1.1e6, 1.9e6, 3.3e6)[i] - (saved if (unit, year) == ("Nord", 2024) else 0.0)
                rows.append({"enhet": unit, "aar": year, "driftskostnad": cost, "timer": (110.0, 190.0, 330.0)[i]})
                rows[-1] |= {column: values[i] for column, values in columns.items()}
        path = tmp_path / f"konto{saved:.0f}.csv"
        pd.DataFrame(rows).to_csv(path, sep=";", index=False, decimal=",")
        roles = {"id": "enhet", "period": "aar", "cost": "driftskostnad", "outputs": ["timer"]}
        run = run_file(name, path, roles=roles, read={"extra": list(columns), "accept": ["no-output"]})
        assert run.settlement["scheme"].nunique() == 1
        grants.append(run.settlement.pivot_table(index="year", columns="unit", values="block_income"))
    plain, after = (found[["Nord", "Midt", "Sor"]] for found in grants)
    weights = KEYS[name]
    key = sum(w * z / z.sum() for w, z in zip(weights, (old, people, beds), strict=True))
    for _, row in plain.iterrows():
        assert np.abs(row.to_numpy() - row.sum() * key).max() < 0.01
    growth = plain.sum(axis=1).pct_change().dropna()
    assert growth.to_numpy() == pytest.approx(growth.iloc[0], rel=1e-6)  # a total in NOK, indexed
    assert (plain - after).abs().max(axis=None) == 0.0

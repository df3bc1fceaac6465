"""SIO model A on the printed figures: Table 7-4 from 7-1 and 7-3, the residual 374, the supplement and its cap.

Numbers from 002_4453633f7c0fd7b7.txt (the evaluation of the trial with state financing of care services, 2021).
"""

from __future__ import annotations

import pytest

import bench
from bench import resources
from bench.reading import read_table
from bench.stykkpris import run_cases, settle

MILLION = 1e6

#: Cells where the printed extra transfer is not the printed grant minus the printed withdrawal; each is one million,
#: which rounding of the three printed figures explains.
ROUNDED = {("Lillesand", 2017): 1, ("Stjørdal", 2020): 1, ("Stjørdal", 2021): -1}


@pytest.fixture(scope="module")
def run():
    return bench.run(bench.load_model("sio-a"))


@pytest.fixture(scope="module")
def printed():
    table = read_table(resources.dataset("sio").path("tabeller")).to_frame()
    return table[table["tabell"] == "7-5"].set_index(["post", "variabel"])["verdi"].astype(float)


def test_table_7_4_is_table_7_1_minus_table_7_3(run):
    given = run.units.frame.set_index(["kommune", "aar"])
    for row in run.settlement.itertuples():
        key = (row.unit, row.year)
        if key not in given.index:  # a municipality that has left keeps its balance and nothing else
            assert row.income == row.cost == 0
            continue
        assert row.income == given.loc[key, "samlet_tilskudd"]
        difference = (row.result - given.loc[key, "ekstra_overforing"]) / MILLION
        assert difference == ROUNDED.get(key, 0), key


def test_sums_by_year_and_in_all(run):
    by_year = run.settlement.groupby("year")["result"].sum() / MILLION
    assert by_year.to_dict() == {2016: 35, 2017: 176, 2018: 188, 2019: 246, 2020: 288, 2021: 366}
    assert run.settlement["result"].sum() == 1299 * MILLION


def test_residual_of_low_unit_costs_is_374(run, printed):
    """Table 7-5: what supplement, demography and resource-intensive users do not explain."""
    known = sum(printed[post, "anslag"] for post in ("Inntektspåslag", "Demografigevinst", "Ressurskrevende tjenester"))
    assert known == 258 + 531 + 136
    residual = run.settlement["result"].sum() / MILLION - known
    assert residual == 374 == printed["Lavere enhetskostnader enn satser i forsøk", "anslag, høyt"]


def test_supplement_by_the_rule_is_the_printed_one(run):
    settled = settle(run.model, run.units)
    supplement = settled.corrections[settled.corrections["correction"] == "Income supplement"]
    given = run.units.frame.set_index(["kommune", "aar"])["inntektspaaslag"]
    for row in supplement.itertuples():
        assert row.amount == pytest.approx(given[row.unit, row.year], abs=0.5)
    assert supplement["amount"].sum() == 258 * MILLION


def test_without_the_cap_indre_ostfold_would_have_had_39(run):
    uncapped = run.model.with_values({"scheme.kommuner.correction.income-supplement.cap": 1e12})
    amounts = settle(uncapped, run.units).corrections.set_index(["unit", "year", "correction"])["amount"]
    assert amounts["Indre Østfold", 2020, "Income supplement"] == pytest.approx(0.04 * 983 * MILLION)


def test_cases_hold(run):
    report = run_cases(run.model, run.units)
    assert report.ok, report.failures()

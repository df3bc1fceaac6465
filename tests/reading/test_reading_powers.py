"""Ten times too much, another year in the title, one factor for several measures: named at the cell, and nothing else.

The tables are made so that the right finding is known; bundled data sets, which are right, give none.
"""

# ruff: noqa: E501
from __future__ import annotations

import io
import re

import numpy as np
import pandas as pd
import pytest

from bench.modelfile import load_model
from bench.pipeline.jobs import file_job
from bench.reading import check_file
from bench.reading.values.powers import power_jumps
from bench.resources import model_names

openpyxl = pytest.importorskip("openpyxl")

NAMES = [f"Sone {k}" for k in range(1, 9)]
YEARS = (2021, 2022, 2023, 2024)
ROLES = {"id": "enhet", "period": "aar", "inputs": ["kostnad"], "outputs": ["timer", "besok"]}


def frame(years=YEARS, seed=1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for k, unit in enumerate(NAMES):
        for j, year in enumerate(years):
            size = (1 + k) * 1.03**j * rng.uniform(0.93, 1.07, 3)
            rows.append((unit, year, round(4e6 * size[0]), round(9_000 * size[1]), round(2_500 * size[2])))
    return pd.DataFrame(rows, columns=["enhet", "aar", "kostnad", "timer", "besok"])


def found(table: pd.DataFrame, rule: str = "power-of-ten") -> list[tuple[str, str, str]]:
    data = io.BytesIO(table.to_csv(sep=";", index=False).encode())
    report = check_file(data, **ROLES, accept=["scale-jump", "power-of-ten"])
    assert not report.errors
    kept = table[["kostnad", "timer", "besok"]].to_numpy(float)
    assert (np.concatenate([report.units.X, report.units.Y], axis=1) == kept).all()  # accepted: as they stand
    data.seek(0)
    refused = check_file(data, **ROLES, accept=["scale-jump"])
    assert bool(refused.errors) == any(issue.rule == "power-of-ten" for issue in report.issues)
    return [(issue.cell, issue.column, issue.message) for issue in report.warnings if issue.rule == rule]


@pytest.mark.parametrize("factor", [10.0, 100.0, 0.1, 0.01])
@pytest.mark.parametrize("column", ["kostnad", "timer"])
@pytest.mark.parametrize("row", [0, 14, 31])
@pytest.mark.parametrize("years", [YEARS, YEARS[:3], YEARS[2:]])
def test_one_value_a_power_of_ten_off_is_named_at_its_cell(factor, column, row, years):
    table = frame(years)
    row = min(row, len(table) - 1)
    if len(years) == 2:  # of two years the later is named
        row |= 1
    table[column] = table[column].astype(float)
    table.loc[row, column] *= factor
    ((cell, named, message),) = found(table)
    assert (cell, named) == (f"{'ABCDE'[table.columns.get_loc(column)]}{row + 2}", column)
    assert (f"{factor:.0f} times" if factor > 1 else f"1/{round(1 / factor)} of") in message


@pytest.mark.parametrize("years", [YEARS, YEARS[2:]])
@pytest.mark.parametrize("columns", [["timer"], ["timer", "besok"], ["kostnad", "timer", "besok"]])
def test_a_whole_year_off_is_one_finding_for_each_column(years, columns):
    table = frame(years)
    table.loc[table["aar"] == 2024, columns] *= 10
    said = found(table)
    assert [column for _, column, _ in said] == columns
    assert all("8 of 8 units" in message for _, _, message in said)


@pytest.mark.parametrize("seed", range(6))
def test_growth_entry_and_small_numbers_are_no_finding(seed):
    table = frame(seed=seed)
    assert found(table) == []
    grown = table.copy()
    grown.loc[(grown["enhet"] == "Sone 3") & (grown["aar"] >= 2023), ["kostnad", "timer", "besok"]] *= 10
    assert found(grown) == []  # a unit that took another over
    small = table.copy()
    small.loc[small["enhet"] == "Sone 2", "besok"] = [1, 12, 1, 1]
    assert found(small) == []
    steep = table.copy()
    steep.loc[steep["enhet"] == "Sone 1", "besok"] = [200, 700, 2_000, 6_000]
    assert found(steep) == []


FLAT = {"id": "enhet", "inputs": ["kostnad"], "outputs": ["timer", "besok"]}


def one_year(seed=1, units=8) -> pd.DataFrame:
    """A year by itself: sizes a factor 30 apart, unit costs within a factor 2."""
    rng = np.random.default_rng(seed)
    size = np.geomspace(1, 30, units)
    alike = rng.uniform(1 / 1.3, 1.3, (3, units))
    names = [f"Sone {k}" for k in range(1, units + 1)]
    numbers = np.rint(np.array([3e6, 8_000, 900])[:, None] * size * alike)
    return pd.DataFrame({"enhet": names, "kostnad": numbers[0], "timer": numbers[1], "besok": numbers[2]})


def said_of(table: pd.DataFrame, **more) -> list[tuple[str, str, str]]:
    report = check_file(io.BytesIO(table.to_csv(sep=";", index=False).encode()), **{**FLAT, **more})
    return [
        (i.cell, i.column, i.remedy.split(" in ")[0]) for i in report.errors if i.rule in ("power-of-ten", "scale-jump")
    ]


@pytest.mark.parametrize("factor", [10, 100, 0.1, 0.01])
@pytest.mark.parametrize("outputs", [["timer"], ["timer", "besok"]])
@pytest.mark.parametrize("row", range(8))
def test_a_cost_in_another_measure_shows_in_a_year_by_itself(factor, outputs, row):
    table = one_year(seed=row)
    table.loc[row, "kostnad"] *= factor
    back = f"divide it by {factor}" if factor > 1 else f"multiply it by {round(1 / factor)}"
    ((cell, column, remedy),) = said_of(table, outputs=outputs)
    assert cell[1:] == str(row + 2)
    if len(outputs) == 2 or column == "kostnad":  # of two columns alone either may be the wrong one
        assert (column, remedy) == ("kostnad", back)
    else:
        assert remedy == (f"multiply it by {factor}" if factor > 1 else f"divide it by {round(1 / factor)}")


@pytest.mark.parametrize("factor", [10, 100])
@pytest.mark.parametrize("column", ["timer", "besok"])
@pytest.mark.parametrize("row", [0, 3, 7])
def test_a_volume_too_large_shows_in_a_year_by_itself(factor, column, row):
    table = one_year(seed=row)
    table.loc[row, column] *= factor
    assert said_of(table) == [(f"{'ABCD'[table.columns.get_loc(column)]}{row + 2}", column, f"divide it by {factor}")]


@pytest.mark.parametrize("seed", range(8))
def test_what_a_year_by_itself_cannot_tell_is_no_finding(seed):
    table = one_year(seed)
    assert said_of(table) == []
    little = table.copy()
    little.loc[2, "besok"] /= 100  # a unit that hardly makes visits
    assert said_of(little) == []
    dear = table.copy()
    dear.loc[4, "kostnad"] *= 3
    assert said_of(dear) == []
    large = table.copy()
    large.loc[6, ["kostnad", "timer", "besok"]] *= 100
    assert said_of(large) == []
    few = table.iloc[:4].copy()
    few.loc[1, "kostnad"] *= 100
    assert said_of(few) == []
    whole = table.copy()
    whole["kostnad"] *= 10
    assert said_of(whole) == []
    spread = table.copy()
    spread["kostnad"] *= np.geomspace(1, 40, 8)
    assert said_of(spread) == []


@pytest.mark.parametrize("basis", ["alike", "by size"])
def test_a_condition_of_a_joined_sheet_shows_too(basis):
    table = one_year()
    usual = np.array([31, 42, 38, 45, 29, 51, 36, 40]) if basis == "alike" else table["timer"] * 2.0
    conditions = pd.DataFrame({"enhet": table["enhet"], "vilkår": usual})
    conditions.loc[5, "vilkår"] *= 10
    sheets = {
        "Tall": [tuple(table), *table.itertuples(index=False)],
        "Vilkår": [tuple(conditions), *conditions.itertuples(index=False)],
    }
    report = check_file(
        book(**sheets), **FLAT, environment=["vilkår"], sheet="Tall", join=[{"sheet": "Vilkår", "by": ["enhet"]}]
    )
    (said,) = [issue for issue in report.errors if issue.rule == "power-of-ten"]
    assert (said.sheet, said.cell, said.column) == ("Vilkår", "B7", "vilkår")


@pytest.mark.parametrize("years", [YEARS, YEARS[2:]])
@pytest.mark.parametrize("factor", [10, 100, 0.1])
def test_a_year_that_is_off_is_put_right_by_its_own_factor(years, factor):
    right = frame(years)
    table = right.astype({"kostnad": float})
    table.loc[table["aar"] == 2024, "kostnad"] *= factor
    data = io.BytesIO(table.to_csv(sep=";", index=False).encode())
    (said,) = [issue for issue in check_file(data, **ROLES).errors if issue.rule == "power-of-ten"]
    key, text = re.search(r"scale=\{'([^']+)': ([0-9.e+-]+)\}", said.remedy).groups()
    data.seek(0)
    report = check_file(data, **ROLES, scale={key: float(text)})
    assert not report.issues
    assert report.units.X.ravel() == pytest.approx(right["kostnad"].to_numpy(float), rel=1e-12)
    assert report.dialect["measure_of_kostnad"] == f"2024: times {float(text):.10g} as stated"
    data.seek(0)
    (lost,) = check_file(data, **ROLES, scale={"kostnad@2019": 0.1}, accept=["power-of-ten"]).errors
    assert lost.rule == "unknown-scale"
    assert ", ".join(map(str, years)) in lost.remedy


def test_a_table_in_any_order_gives_the_same():
    table = frame()
    table.loc[9, "timer"] *= 10
    values = table[["kostnad", "timer", "besok"]].to_numpy(float)
    units, periods = pd.factorize(table["enhet"])[0], table["aar"].to_numpy() - 2021
    order = np.random.default_rng(2).permutation(len(table))
    there = power_jumps(values[order], units[order].astype(np.intp), periods[order].astype(np.intp))
    assert [(tuple(order[list(one.rows)]), one.column, one.power) for one in there] == [((9,), 1, 1)]


def test_bundled_data_give_no_alarm():
    read = 0
    for name in model_names():
        if load_model(name).meta.dataset is not None:
            job, read = file_job("run", [name], None), read + 1
            odd = [issue for issue in job.units.warnings if issue.rule in ("power-of-ten", "year-conflict")]
            assert not odd, (name, odd)
    assert read > 10


def test_public_panels_give_no_alarm(reference):
    rice = pd.read_csv(reference / "sfa" / "riceProdPhil.csv")
    values = rice[["PROD", "AREA", "LABOR", "NPK"]].to_numpy(float)
    assert power_jumps(values, rice["FMERCODE"].to_numpy(np.intp), rice["YEARDUM"].to_numpy(np.intp)) == []


# -- titles ----------------------------------------------------------------------------------------------------------


def book(**sheets) -> io.BytesIO:
    made, data = openpyxl.Workbook(), io.BytesIO()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(data)
    data.seek(0)
    return data


def rows(head=("enhet", "kostnad", "timer"), more=()):
    return [head, *((unit, *more, 1_000_000 + k, 900 + k) for k, unit in enumerate(NAMES))]


TITLES = {
    "name": ("Regnskap 2023", "2024", (), True),
    "name in a longer one": ("Regnskap for pleie og omsorg 2023 (1000 kr)", "Regnskap 2024", (), True),
    "column": ("Regnskap 2023", "Data", (2024,), True),
    "alike": ("Regnskap 2024", "2024", (2024,), False),
    "two years": ("Regnskap 2023 og 2024", "2024", (), False),
    "printed": ("Utskrift 12.03.2024", "2023", (), False),
    "printed on": ("Utskrevet mars 2024", "2023", (), False),
    "prices": ("Faste 2020-priser", "2023", (), False),
    "prices of": ("Alle beløp i 2020-kroner", "2023", (), False),
    "account": ("Konto 2010-2990", "2023", (), False),
    "none": ("Regnskap", "2023", (), False),
}


@pytest.mark.parametrize("name", TITLES)
def test_a_title_of_another_year_is_named_with_both_places(name):
    title, sheet, year, conflict = TITLES[name]
    head = ("enhet", *(("år",) if year else ()), "kostnad", "timer")
    data = book(**{sheet: [(title,), (), *rows(head, year)]})
    roles = {"id": "enhet", "inputs": ["kostnad"], "outputs": ["timer"], "accept": []}
    report = check_file(data, **roles, **({"period": "år"} if year else {}), scale={"kostnad": 1})
    said = [issue for issue in report.issues if issue.rule == "year-conflict"]
    assert bool(said) is conflict, report.summary()
    if said:
        assert said[0].cell == "A1"
        assert "2023" in said[0].message
        assert ("B4" if year else "the name of the sheet says 2024") in said[0].message


def test_columns_of_other_years_than_the_title():
    head = ("enhet", "kostnad 2023", "kostnad 2024", "timer 2023", "timer 2024")
    data = book(Data=[("Regnskap 2021",), head, *((u, 1e6, 1.1e6, 900, 910) for u in NAMES)])
    report = check_file(data, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"], years_in_columns="aar")
    (said,) = (issue for issue in report.issues if issue.rule == "year-conflict")
    assert "the columns (B2) are for 2023, 2024" in said.message


# -- measures --------------------------------------------------------------------------------------------------------


def mixed(measures) -> io.BytesIO:
    factors = {"kr": 1, "1000 kr": 1_000, "mill. kr": 1_000_000}
    lines = ["enhet;kostnad;timer;målenhet"]
    lines += [f"{u};{(2_000_000 + 1_000_000 * k) // factors[m]};{900 + k};{m}" for k, (u, m) in enumerate(zip(NAMES, measures, strict=True))]  # fmt: skip
    return io.BytesIO("\n".join(lines).encode())


@pytest.mark.parametrize("accept", [[], ["scale-jump"], ["scale-jump", "power-of-ten", "mixed-measures"]])
@pytest.mark.parametrize("factor", [1, 1000, 1_000_000])
def test_one_factor_over_rows_of_several_measures_is_refused(accept, factor):
    data = mixed(["kr", "1000 kr"] * 4)
    roles = {"id": "enhet", "inputs": ["kostnad"], "outputs": ["timer"]}
    report = check_file(data, **roles, scale={"kostnad": factor}, accept=accept)
    (said,) = (issue for issue in report.errors if issue.rule == "scale-over-mixed")
    assert "times 1 in 4 rows, times 1 000 in 4 rows" in said.message
    data.seek(0)
    units = check_file(data, **roles).units
    assert units.X.ravel().tolist() == [2e6 + 1e6 * k for k in range(8)]


def test_one_factor_where_the_file_says_one_measure_is_taken():
    units = check_file(
        mixed(["1000 kr"] * 8), id="enhet", inputs=["kostnad"], outputs=["timer"], scale={"kostnad": 1}
    ).units
    assert units.X.ravel()[0] == 2_000
    data = book(**{"2023": [("Tall i 1000 kr",), *rows()], "2024": rows()})
    units = check_file(
        data,
        id="enhet",
        period="aar",
        inputs=["kostnad"],
        outputs=["timer"],
        sheet=["2023", "2024"],
        scale={"kostnad": 1000},
    ).units  # the second sheet says nothing, so the stated factor is its own
    assert units.X.min() == 1e9


def test_a_warning_tells_every_factor_with_its_rows():
    report = check_file(
        mixed(["kr", "1000 kr", "mill. kr", "kr", "1000 kr", "kr", "kr", "kr"]), id="enhet", inputs=["kostnad"], outputs=["timer"]
    )  # fmt: skip
    (said,) = (issue for issue in report.warnings if issue.rule == "measure")
    for text in ("times 1 in 5 rows", "times 1 000 in 2 rows", "times 1 000 000 in 1 row"):
        assert text in said.message

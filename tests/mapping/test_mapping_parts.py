"""What ``bench map`` writes of a file in parts: measures by row or sheet, a name on two sheets, another year."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import bench
from bench.cli import main
from bench.errors import DataError
from bench.mapping import load_mapping

openpyxl = pytest.importorskip("openpyxl")

NAMES = ("Nord", "Sør", "Øst", "Vest", "Midt", "Ytre", "Indre", "Øvre")
#: Cost in kroner and hours of each unit, the same every year but for a tenth more hours.
COST = dict(
    zip(
        NAMES,
        (61_250_000, 47_500_000, 90_125_000, 30_750_000, 55_000_000, 72_500_000, 41_375_000, 66_625_000),
        strict=True,
    )
)
HOURS = dict(zip(NAMES, (15_200, 12_100, 21_900, 8_000, 14_100, 18_700, 9_900, 16_200), strict=True))
FACTOR = {"mill. kr": 1_000_000, "1000 kr": 1_000}


def run(*arguments):
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def saved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def save(**sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        book.save("klient.xlsx")

    return save


def by_sheet(unit, year):
    return "1000 kr" if year == 2023 else "mill. kr"


def by_row(unit, year):
    return "1000 kr" if unit == "Sør" else "mill. kr"


def by_cell(unit, year):
    return "1000 kr" if (unit, year) == ("Øst", 2023) else "mill. kr"


def alike(unit, year):
    return "1000 kr"


@pytest.mark.parametrize("measure", [by_sheet, by_row, by_cell, alike])
def test_measures_that_differ_by_row_or_sheet_get_no_one_factor(saved, measure):
    years = (2022, 2023, 2024)
    saved(
        **{
            str(year): [("Enhet", "Kostnad", "Måleenhet", "Timer")]
            + [(u, COST[u] / FACTOR[measure(u, year)], measure(u, year), HOURS[u]) for u in NAMES]
            for year in years
        }
    )
    said = run("map", "klient.xlsx", "--yes")
    run("new", "klient.xlsx", "--map", "mapping.toml", "--out", "modell.toml")
    run("run", "modell.toml", "klient.xlsx", "--map", "mapping.toml", "--out", "resultat")
    mapping = load_mapping("mapping.toml")
    assert mapping.scale == ({"Kostnad": 1000.0} if measure is alike else {})
    assert ("different measures" in said) is (measure is not alike)
    units = bench.read_units(
        "klient.xlsx", id="Enhet", period="aar", inputs=["Kostnad"], outputs=["Timer"], **mapping.read()
    )
    assert units.X.ravel().tolist() == list(COST.values()) * len(years)


def accounts():
    return [("Enhet", "År", "Kostnad", "Timer", "Kommune")] + [
        (unit, year, COST[unit], HOURS[unit], f"K{unit}") for year in (2023, 2024) for unit in NAMES
    ]


def test_a_joined_column_whose_name_is_taken_is_renamed_and_said(saved):
    told = {unit: 3 + k for k, unit in enumerate(NAMES)}
    saved(
        Regnskap=accounts(),
        Vilkår=[("Enhet", "Timer", "Kommune"), *((unit, told[unit], f"K{unit}") for unit in NAMES)],
    )
    said = run("map", "klient.xlsx", "--yes")
    mapping = load_mapping("mapping.toml")
    assert mapping.roles.outputs == ["Timer"]
    assert "Timer (Vilkår)" in said
    roles = {"id": "Enhet", "period": "År", "inputs": ["Kostnad"], "outputs": ["Timer"]}
    for columns in ([], ["Timer"]):
        join = [{"sheet": "Vilkår", "by": ["Enhet"], "columns": columns}]
        units = bench.read_units("klient.xlsx", **roles, environment=["Timer (Vilkår)"], join=join)
        assert units.Y.ravel().tolist() == list(HOURS.values()) * 2
        assert units.values(["Timer (Vilkår)"]).ravel().tolist() == list(told.values()) * 2
        # The municipality is the same in both: nothing of it is lost, and it is named as brought once.
        found = [(w.rule, w.sheet, w.cell, w.column) for w in units.warnings if w.rule == "duplicate-column"]
        both = [("duplicate-column", "Vilkår", "B1", "Timer"), ("duplicate-column", "Vilkår", "C1", "Kommune")]
        assert found == both[: 1 if columns else 2]


def test_a_joined_column_that_no_name_is_left_for_is_refused(saved):
    head, *rows = accounts()
    saved(
        Regnskap=[(*head, "Timer (Vilkår)"), *((*row, 1) for row in rows)],
        Vilkår=[("Enhet", "Timer"), *((unit, 5) for unit in NAMES)],
    )
    with pytest.raises(DataError, match="already") as caught:
        bench.read_units(
            "klient.xlsx", id="Enhet", period="År", inputs=["Kostnad"], outputs=["Timer"],
            join=[{"sheet": "Vilkår", "by": ["Enhet"]}],
        )  # fmt: skip
    assert [(i.rule, i.sheet, i.cell) for i in caught.value.issues] == [("duplicate-column", "Vilkår", "B1")]


@pytest.mark.parametrize(
    ("sheet", "title", "head", "joined"),
    [
        ("Budsjett 2025", None, "Bestilte timer", False),
        ("Bestilling", "Bestilte volum 2025", "Bestilte timer", False),
        ("Bestilling", None, "Bestilte timer 2025", False),
        ("Brukere 2024", None, "Antall brukere", True),
        ("Brukere", None, "Antall brukere", True),
    ],
)
def test_a_sheet_for_a_year_after_the_accounts_is_not_joined(saved, sheet, title, head, joined):
    above = [(title,)] if title else []
    saved(**{"Regnskap": accounts(), sheet: [*above, ("Enhet", head), *((unit, HOURS[unit] + 7) for unit in NAMES)]})
    said = run("map", "klient.xlsx", "--yes")
    mapping = load_mapping("mapping.toml")
    assert [one.sheet for one in mapping.join] == ([sheet] if joined else [])
    assert (head in mapping.roles.outputs) is joined
    assert (f"Sheet {sheet!r} is the budget" in said) is not joined
    assert [part.sheet for part in mapping.table] == ([] if joined else [sheet])


def test_a_later_sheet_that_is_no_budget_is_not_joined_and_said(saved):
    saved(Regnskap=accounts(), **{"Brukere 2025": [("Enhet", "Antall brukere"), *((unit, 7) for unit in NAMES)]})
    said = run("map", "klient.xlsx", "--yes")
    assert load_mapping("mapping.toml").join == []
    assert "Sheet 'Brukere 2025' is for 2025, after the accounts (until 2024)" in said


def test_a_sheet_for_each_quantity_with_the_years_in_columns_is_one_table(saved):
    """Costs in thousands on one sheet, hours on another, decisions on a third, conditions without years on a fourth."""
    years = (2021, 2022, 2023)
    hours = {(unit, year): HOURS[unit] + 100 * k for unit in NAMES for k, year in enumerate(years)}
    decided = {(unit, year): HOURS[unit] // 40 - 3 * k for unit in NAMES for k, year in enumerate(years)}
    cost = {key: COST[key[0]] * (1 + years.index(key[1])) // 1_000 for key in hours}

    def sheet(title, numbers, said=None, order=NAMES):
        rows = [(unit, *(numbers[unit, year] for year in years)) for unit in order]
        total = ("Alle boliger", *(sum(numbers[unit, year] for unit in NAMES) for year in years))
        return [(title,), (said,), (), ("Bolig", *years), *rows, total]

    saved(
        Vedtak=sheet("Vedtak i året", decided),
        Utgifter=sheet("Utgifter", cost, "Tall i 1000 kr", NAMES[::-1]),  # another order: rows meet by name
        Timer=sheet("Timer", hours),
        Forhold=[("Bolig", "Avstand (km)"), *((unit, 20 + 3 * k) for k, unit in enumerate(NAMES))],
    )
    said = run("map", "klient.xlsx", "--yes")
    assert "The sheets Utgifter, Vedtak, Timer hold one quantity each" in said
    mapping = load_mapping("mapping.toml")
    assert (mapping.roles.cost, sorted(mapping.roles.outputs)) == ("Utgifter", ["Timer", "Vedtak"])
    assert [entry.unit for entry in mapping.leave_out] == ["Alle boliger"]
    roles = mapping.columns()
    units = bench.read_units(
        "klient.xlsx", id=roles["id"], period=roles["period"], inputs=[roles["cost"]], outputs=["Timer", "Vedtak"],
        environment=roles["environment"], **mapping.read(),
    )  # fmt: skip
    frame = units.frame.set_index(["Bolig", "aar"])
    assert len(frame) == len(NAMES) * len(years)
    for (unit, year), row in frame.iterrows():
        key = unit, int(year)
        assert (row["Utgifter"], row["Timer"], row["Vedtak"]) == (cost[key] * 1_000, hours[key], decided[key])
        assert row["Avstand (km)"] == 20 + 3 * NAMES.index(unit)


def test_a_wrong_cell_of_a_joined_quantity_is_named_on_its_own_sheet(saved):
    rows = [(unit, HOURS[unit], HOURS[unit] + 9) for unit in NAMES]
    hours = [(unit, a, b) if unit != "Øst" else (unit, a, "mye") for unit, a, b in rows]
    saved(
        Kostnad=[("Bolig", 2022, 2023), *((u, 500 * a, 500 * b) for u, a, b in rows)],
        Timer=[("Bolig", 2022, 2023), *hours],
    )
    with pytest.raises(DataError) as caught:
        bench.read_units(
            "klient.xlsx", id="Bolig", period="aar", inputs=["Kostnad"], outputs=["Timer"], sheet="Kostnad",
            years_in_columns="aar", join=[{"sheet": "Timer", "by": ["Bolig", "aar"]}],
        )  # fmt: skip
    (issue,) = [one for one in caught.value.issues if one.severity == "error"]
    assert (issue.rule, issue.sheet, issue.cell) == ("not-a-number", "Timer", "C4")

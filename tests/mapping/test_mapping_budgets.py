"""Budgets in a layout of their own: years or services in columns, rows of units; and a sheet taken for another.

Each expected table is added up by hand from the sheet's cells.
"""

# ruff: noqa: E501
from __future__ import annotations

import pytest
from click.testing import CliRunner

from bench.cli import main
from bench.errors import DataError
from bench.mapping import load_mapping
from bench.pipeline import run_file
from bench.pipeline.further import Shape, read_further

openpyxl = pytest.importorskip("openpyxl")

NAMES = ("Nord", "Sør", "Øst", "Vest", "Midt", "Ytre", "Indre", "Øvre")
COST = dict(
    zip(NAMES, (6_125_000, 4_750_000, 9_012_500, 3_075_000, 5_500_000, 7_250_000, 4_137_500, 6_662_500), strict=True)
)
HOURS = dict(zip(NAMES, (15_200, 12_100, 21_900, 8_000, 14_100, 18_700, 9_900, 16_200), strict=True))
DAYS = dict(zip(NAMES, (310, 205, 420, 160, 333, 290, 240, 305), strict=True))


def bench_(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def saved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def save(**sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name.replace("_", " "))
            for row in rows:
                sheet.append(row)
        book.save("klient.xlsx")

    return save


def accounts(days: bool = True):
    return [("Enhet", "År", "Kostnad", "Timer", *(["Døgn"] if days else []))] + [
        (unit, year, COST[unit], HOURS[unit], *([DAYS[unit]] if days else []))
        for year in (2023, 2024)
        for unit in NAMES
    ]


def by_unit(*heads, title=None, extra=(), scale=1):
    rows = [(unit, *(HOURS[unit] * scale + 10 * k for k in range(len(heads)))) for unit in NAMES]
    return [*([(title,)] if title else []), ("Enhet", *heads), *rows, *extra]


SUM = sum(HOURS.values())
#: Sheet, its name, whether the accounts have days too, and what is read: (year, service, column) -> number.
BUDGETS = {
    "services by years, amounts": (
        [("Tjeneste", "Budsjett 2025", "Budsjett 2026"), ("Timer", 30e6, 31e6), ("Døgn", 9e6, 9.5e6)], "Budsjett", True,
        {(2025, "Timer", "budget_amount"): 30e6, (2025, "Døgn", "budget_amount"): 9e6,
         (2026, "Timer", "budget_amount"): 31e6, (2026, "Døgn", "budget_amount"): 9.5e6},
    ),
    "services by years, thousands": (
        [("Tjeneste", "Budsjett 2025 (1000 kr)", "Budsjett 2026 (1000 kr)"), ("Timer", 30_000, 31_000), ("Døgn", 9_000, 9_500)],
        "Rammer", True, {(2025, "Timer", "budget_amount"): 30e6, (2026, "Døgn", "budget_amount"): 9.5e6},
    ),
    "services by years, one year, two quantities": (
        [("Tjeneste", "Bestilt volum 2025", "Budsjett 2025"), ("Timer", 116_000, 30e6), ("Døgn", 2_300, 9e6)], "Plan", True,
        {(2025, "Timer", "ordered_volume"): 116_000, (2025, "Døgn", "budget_amount"): 9e6},
    ),
    "years alone under a title": (
        [("Bestilte volumer",), ("Tjeneste", 2025, 2026), ("Timer", 116_000, 117_000), ("Døgn", 2_300, 2_310)], "Ark2", True,
        {(2025, "Timer", "ordered_volume"): 116_000, (2026, "Døgn", "ordered_volume"): 2_310},
    ),
    "units by years, ordered": (
        by_unit(2025, 2026, title="Ordered volumes"), "Orders", False,
        {(2025, "Timer", "ordered_volume"): SUM, (2026, "Timer", "ordered_volume"): SUM + 80},
    ),
    "units by years, a sum below": (
        by_unit(2025, 2026, title="Ordered volumes", extra=[("Sum", SUM, SUM + 80)]), "Orders", False,
        {(2025, "Timer", "ordered_volume"): SUM, (2026, "Timer", "ordered_volume"): SUM + 80},
    ),
    "units by years, of a named service": (
        by_unit("2025", "2026", title="Budsjetterte timer"), "Budsjett", True,
        {(2025, "Timer", "budget_volume"): SUM, (2026, "Timer", "budget_volume"): SUM + 80},
    ),
    "units by services and years": (
        [("Enhet", "Timer 2025", "Timer 2026", "Døgn 2025", "Døgn 2026")]
        + [(u, HOURS[u], HOURS[u] + 1, DAYS[u], DAYS[u] + 2) for u in NAMES], "Budget", True,
        {(2025, "Timer", "budget_volume"): SUM, (2026, "Timer", "budget_volume"): SUM + 8,
         (2025, "Døgn", "budget_volume"): sum(DAYS.values()), (2026, "Døgn", "budget_volume"): sum(DAYS.values()) + 16},
    ),
    "the accounts' own columns": (
        [row[:1] + row[2:] for row in accounts()[:9]], "Budsjett 2025", True,
        {(2025, "Timer", "budget_volume"): SUM, (2025, "Døgn", "budget_volume"): sum(DAYS.values())},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BUDGETS)
def test_a_budget_is_proposed_and_read_to_its_sums(saved, name):
    rows, sheet, days, expected = BUDGETS[name]
    saved(Regnskap=accounts(days), **{sheet: rows})
    bench_("map", "klient.xlsx", "--yes")
    mapping = load_mapping("mapping.toml")
    assert mapping.layout.sheet == "Regnskap"
    assert mapping.roles.cost == "Kostnad"
    assert mapping.roles.outputs == (["Timer", "Døgn"] if days else ["Timer"])
    assert not mapping.join
    (part,) = mapping.table
    frame = read_further(
        "budget", "klient.xlsx", sheet=part.sheet, columns=part.columns, shape=Shape(**part.shape())
    ).frame
    found = {
        (int(row["year"]), row["service"], column): row[column]
        for row in frame.to_dict("records")
        for column in ("budget_volume", "ordered_volume", "budget_amount")
        if column in row
    }
    assert {key: found.get(key) for key in expected} == expected
    assert len(frame) == len({(row["year"], row["service"]) for row in frame.to_dict("records")})


@pytest.mark.parametrize("name", ["units by years, a sum below", "units by services and years"])
def test_the_bill_is_made_of_it(saved, name):
    rows, sheet, days, expected = BUDGETS[name]
    saved(Regnskap=accounts(days), **{sheet: rows})
    bench_("map", "klient.xlsx", "--yes")
    bench_("new", "klient.xlsx", "--map", "mapping.toml", "--out", "modell.toml")
    mapping = load_mapping("mapping.toml")
    result = run_file(
        "modell.toml", "klient.xlsx", roles=mapping.columns(), read=mapping.read(), mapping="mapping.toml"
    )
    bill = {row["service"]: row for row in result.bill.to_dict("records")}
    for service, row in bill.items():
        volume = next(
            value
            for (year, label, _), value in expected.items()
            if (year, label.casefold()[:2]) == (2025, service.casefold()[:2])
        )
        assert row["amount"] == pytest.approx(float(row["price"]) * volume, abs=0.01)


@pytest.mark.parametrize("budget", ["Budsjett 2025", "Budget", "Vedtatt budsjett", "Bestilling 2025"])
def test_a_budget_with_the_accounts_columns_is_not_stacked(saved, budget):
    year = [row[:1] + row[2:] for row in accounts()[:9]]
    saved(**{"2023": year, "2024": year, budget: year})
    said = bench_("map", "klient.xlsx", "--yes")
    mapping = load_mapping("mapping.toml")
    assert mapping.layout.sheet == ["2023", "2024"]
    assert f"Sheet {budget!r}" in said
    assert len(mapping.table) == ("2025" in budget)
    if not mapping.table:  # the year is asked for, and the line that is printed is what is missing
        assert 'year = "…"' in said


def test_what_cannot_be_known_is_asked_for_in_whole(saved):
    saved(Regnskap=accounts(), Orders=by_unit(2025, 2026, title="Ordered volumes"))
    said = bench_("map", "klient.xlsx", "--yes")
    assert load_mapping("mapping.toml").table == []
    line = said.partition("Add [[table]] with ")[2].splitlines()[0].rstrip(".")
    for old, new in (
        ("{ ", "{"),
        (", years", "\nyears"),
        (", sheet", "\nsheet"),
        (", columns", "\ncolumns"),
        (", service", "\nservice"),
    ):
        line = line.replace(old, new)
    with open("mapping.toml", "a", encoding="utf-8") as file:
        file.write(f"\n[[table]]\n{line}\n")
    (part,) = load_mapping("mapping.toml").table
    frame = read_further(
        "budget", "klient.xlsx", sheet=part.sheet, columns=part.columns, shape=Shape(**part.shape())
    ).frame
    assert frame["ordered_volume"].tolist() == [SUM, SUM + 80]


def test_a_wide_budget_of_its_own_file_is_read_and_said(tmp_path):
    path = tmp_path / "budsjett.csv"
    path.write_text("Tjeneste;Budsjett 2025;Budsjett 2026\nTimer;30;31\nDøgn;9;10\n", encoding="utf-8")
    read = read_further("budget", path)
    assert read.frame.to_dict("list") == {
        "year": [2025, 2026, 2025, 2026], "service": ["Timer", "Timer", "Døgn", "Døgn"], "budget_amount": [30, 31, 9, 10],
    }  # fmt: skip
    assert [(issue.rule, issue.cell) for issue in read.warnings] == [("wide-years", "B1")]


def test_units_that_count_twice_or_are_missing_are_refused(saved):
    saved(Orders=by_unit(2025, 2026, extra=[("Sum", SUM, SUM + 80)]))
    shape = {"years_in_columns": True, "service": "Timer"}
    columns = {"ordered_volume": "value", "unit": "Enhet"}
    with pytest.raises(DataError, match="total-row"):
        read_further("budget", "klient.xlsx", columns=columns, shape=Shape(**shape))
    frame = read_further("budget", "klient.xlsx", columns=columns, shape=Shape(**shape, leave_out=("Sum",))).frame
    assert frame["ordered_volume"].tolist() == [SUM, SUM + 80]
    with pytest.raises(DataError, match="no row 'Summ'"):
        read_further("budget", "klient.xlsx", columns=columns, shape=Shape(**shape, leave_out=("Summ",)))
    saved(Orders=by_unit(2025, 2026, extra=[("Ny", 5, None)]))
    with pytest.raises(DataError, match="ordered_volume of Ny is missing"):
        read_further("budget", "klient.xlsx", columns=columns, shape=Shape(**shape))


@pytest.mark.parametrize("language", ["en", "nb"])
@pytest.mark.parametrize(
    "command",
    [
        ["check", "--id", "Enhet", "--cost", "Kostnad", "--outputs", "Timer"],
        ["run", "average-cost", "--id", "Enhet", "--cost", "Kostnad", "--outputs", "Timer", "--out", "ut"],
        ["map", "--yes"],
        ["new", "--out", "m.toml"],
        ["dea", "--id", "Enhet", "--inputs", "Kostnad", "--outputs", "Timer", "--rts", "crs", "--orientation", "input", "--out", "ut"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("budget", ["long", "wide"])
def test_a_budget_asked_for_as_accounts_is_told_for_what_it_is(saved, command, budget, language):
    long = [("År", "Tjeneste", "Budsjettert volum"), (2025, "Timer", 150000), (2025, "Døgn", 8000)]
    wide = [("Tjeneste", "Budsjett 2025", "Budsjett 2026"), ("Timer", 3e7, 3e7), ("Døgn", 9e6, 9e6)]
    saved(Regnskap=accounts(), Budsjett=long if budget == "long" else wide)
    name, *rest = command
    place = [*rest[:1], "klient.xlsx", *rest[1:]] if name == "run" else ["klient.xlsx", *rest]
    said = bench_(name, *place, "--sheet", "Budsjett", "--language", language, code=3)
    assert "not-the-accounts" in said
    assert "bench map" in said
    assert "Regnskap" in said
    assert ("er budsjettet, ikke regnskapet" if language == "nb" else "is the budget, not the accounts") in said
    assert said.count("[") <= 3


def test_a_sum_is_left_out_of_a_budget_whose_units_go_by_a_word_of_their_own(saved):
    """«Institusjon» is no word the engine knows for units: the mapping says it, and its sum and its silence are seen."""
    rows = [("Institusjon", "År", "Kostnad", "Timer", "Døgn"), *accounts()[1:]]
    ordered = [("Institusjon", "Timer"), *((unit, HOURS[unit] + 10) for unit in NAMES), ("Sum", SUM + 80)]
    saved(Regnskap=rows, Bestilling_2025=[("Bestilte volum 2025",), (), *ordered])
    said = bench_("map", "klient.xlsx", "--yes")
    assert "It says nothing of Døgn" in said
    (part,) = load_mapping("mapping.toml").table
    assert part.leave_out == ["Sum"]
    found = read_further("budget", "klient.xlsx", sheet=part.sheet, columns=part.columns, shape=Shape(**part.shape()))
    assert found.frame.to_dict("records") == [{"year": 2025, "service": "Timer", "ordered_volume": SUM + 80}]

"""Files that failed once, each with what a careful reader of it decides on: the cost that is read, or the rule named.

The numbers are those of the files, by hand: amounts in the measure the file states, hours, rows that are units.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.reading import check_file

ROLES = {"id": "enhet", "inputs": ["kostnad"], "outputs": ["timer"]}
FOUR, THREE, TWO = [1_200_000, 980_000, 1_010_000, 1_100_000], [1_200_000, 980_000, 1_010_000], [1_200_000, 980_000]

#: File, how its columns are called, and its cost; or the rule, with the cell, that stops it.
READ = [
    ("a01_header_1000kr.csv", ROLES | {"inputs": ["kostnad (1000 kr)"]}, FOUR),
    ("a05_hours_duration.xlsx", ROLES, FOUR),
    ("a12_measure_row_under_header.csv", ROLES, THREE),
    ("a13_padded_notes.csv", ROLES | {"accept": ["note-row"]}, THREE),
    ("a14a_stata.dta", ROLES, None),
    ("a14b_pcaxis.px", ROLES, None),
    ("a14d_records.json", ROLES, None),
    ("a15_currency_kr.csv", ROLES, [1_200_000.5, 980_000.25, 1_010_000]),
    ("a15b_currency_dash.csv", ROLES, THREE),
    ("a15c_euro_sign.csv", ROLES | {"currency": "EUR"}, [1_200_000.5, 980_000.25, 1_010_000]),
    ("a16_percent_cells_mixed.xlsx", ROLES | {"environment": ["andel"]}, THREE),
    ("a17_hidden_row.xlsx", ROLES, None),
    ("a20_header_tsd_eur.csv",
     {"id": "Gemeinde", "inputs": ["Kosten Tsd. EUR"], "outputs": ["Tage"], "currency": "EUR"}, FOUR),
    ("a23_macroman.csv", ROLES | {"encoding": "mac-roman"}, TWO),
    ("a24_pipe.csv", ROLES, [1_200_000.5, 980_000, 1_010_000]),
]  # fmt: skip
REFUSED = [
    ("a03_subtotals.csv", ROLES, {("total-row", "A2"), ("total-row", "A5")}),
    ("a04_kostra_aggregates.csv", {"id": "region", "inputs": ["Driftsutgifter"], "outputs": ["Døgn"]},
     {("total-row", f"A{row}") for row in (6, 7, 8, 9)}),
    ("a06_accounting_negative.csv", ROLES, {("negative-value", "B4")}),
    ("a07_accept_no_output.csv", ROLES | {"outputs": ["timer", "besok"]}, {("no-input", "B6"), ("no-output", "C6")}),
    ("a10_wide_years.csv", {}, {("wide-years", "B1")}),
    ("a11_two_header_rows.xlsx", ROLES, {("missing-column", "")}),
    ("a13_padded_notes.csv", ROLES, {("note-row", "A5"), ("note-row", "A6")}),
    ("a14c_html_table.xls", {}, {("not-a-table", "")}),
    ("a15c_euro_sign.csv", ROLES, {("foreign-currency", "B1")}),
    ("a19_deap_headerless.txt", {}, {("no-header", "")}),
    ("a21_total_other_words.csv", ROLES, {("total-row", "A5")}),
    ("a22_two_digit_year.csv", ROLES | {"period": "aar"}, {("two-digit-year", "B2")}),
    ("a25_group_headings.xlsx", ROLES, {("group-heading", "A5")}),
]  # fmt: skip


@pytest.fixture(scope="module")
def cases(reference: Path) -> Path:
    folder = reference.parent / "cases" / "reading"
    if not folder.is_dir():
        pytest.skip("no folder of cases")
    return folder


@pytest.mark.parametrize(("name", "options", "cost"), READ, ids=[name for name, *_ in READ])
def test_a_file_is_read_to_its_amounts(cases: Path, name: str, options: dict, cost: list[float] | None) -> None:
    report = check_file(str(cases / name), **options)
    assert report.units is not None, report.summary()
    found = report.units.X.ravel().tolist()
    assert found == cost if cost is not None else min(found) >= 100_000


@pytest.mark.parametrize(("name", "options", "rules"), REFUSED, ids=[name for name, *_ in REFUSED])
def test_a_file_is_refused_at_its_cells(cases: Path, name: str, options: dict, rules: set[tuple[str, str]]) -> None:
    report = check_file(str(cases / name), **options)
    found = {(issue.rule, issue.cell) for issue in report.errors}
    assert rules <= found, report.summary()
    assert all(issue.remedy for issue in report.errors)


def test_what_else_is_said_of_a_file(cases: Path) -> None:
    hours = check_file(str(cases / "a05_hours_duration.xlsx"), **ROLES).units
    assert hours.Y.ravel().tolist() == [2400, 2100, 1900, 2000]
    shares = check_file(str(cases / "a16_percent_cells_mixed.xlsx"), **ROLES, environment=["andel"]).units
    assert shares.values(["andel"]).ravel().tolist() == [0.05, 0.053, 0.07]
    hidden = check_file(str(cases / "a17_hidden_row.xlsx"), **ROLES)
    assert ("hidden-row", "A6") in {(issue.rule, issue.cell) for issue in hidden.warnings}
    letters = check_file(str(cases / "a23_macroman.csv"), **ROLES)
    assert {issue.rule for issue in letters.warnings} >= {"damaged-text"}
    table = check_file(str(cases / "a09_jsonstat_code_column.json"))
    assert table.ok
    assert "total-and-parts" in {issue.rule for issue in table.warnings}
    names = {column.name: column.role for column in check_file(str(cases / "a18_suggested_id.csv")).columns}
    assert (names["Hospital"], names["Region"]) == ("id", "")
    for name, period in (("a02_jsonstat_unit_1000kr.json", "Tid"), ("a14e_jsonstat1.json", "Tid")):
        region = "region" if name.startswith("a02") else "Region"
        roles = {"id": region, "period": period, "inputs": ["Brutto driftsutgifter"], "outputs": ["Oppholdsdøgn"]}
        money = check_file(str(cases / name), **roles)
        assert money.units is not None, money.summary()
        assert min(money.units.X.ravel()) > 1e6
    dated = {"id": "enhet", "period": "periode", "inputs": ["kostnad"], "outputs": ["timer"]}
    years = check_file(str(cases / "a08_period_as_date.csv"), **dated).units
    assert list(years.periods) == [2022, 2023]

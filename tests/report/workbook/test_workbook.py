from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report.report_builder import build_run, without
from report.report_office import needs_soffice
from report.report_texts import TEXTS
from report.workbook.r1c1 import blocks
from report.workbook.recalculated import recalculate
from report.workbook.what_if import Case

import bench
from bench.report.edition import Edition
from bench.report.workbook.build import open_book, workbook_bytes
from bench.report.workbook.sheet import Book
from bench.results import RunResult


def _open(run: RunResult, language: str = "nb", *, values: bool = False) -> Any:
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(Edition.of(run, language))), data_only=values)


@pytest.fixture(scope="module")
def formulas(run: RunResult) -> Any:
    return _open(run)


@pytest.fixture(scope="module")
def book(run: RunResult) -> Book:
    return open_book(Edition.of(run, "nb"))


def test_bars_of_cost_and_norm_begin_at_zero(run: RunResult) -> None:
    """Left to itself a spreadsheet begins the axis near the smaller of two numbers, and a tenth looks like a half."""
    axes = []
    with zipfile.ZipFile(io.BytesIO(workbook_bytes(Edition.of(run, "nb")))) as archive:
        for name in archive.namelist():
            if name.startswith("xl/charts/chart"):
                text = archive.read(name).decode()
                axes.append(("Kostnad" in text, '<c:min val="0"/>' in text))
    assert axes
    assert all(zero for norm, zero in axes if norm)


def test_inputs_calculations_and_outputs_stand_apart(formulas: Any) -> None:
    assert formulas.sheetnames == [
        *("Les meg", "Forutsetninger", "Data", "Data som kjørt", "Data i bruk", "Effektivitet", "Krav"),
        *("Målestokkpriser", "Priser", "Inntekt", "Oppgjør", "Bestiller", "Neste regning", "Prisbok", "Enheter"),
        *("Enhet", "Beholdt av egen sparing", "Kilder", "Kontroll", "Sporing"),
    ]


@pytest.mark.parametrize("name", ["kristiansand", "stykkpris-malestokk"])
def test_every_printed_page_of_a_table_has_column_titles(name: str, language: str) -> None:
    """The titles of the parts that go on over a page are in the row that is repeated; only a single page has none."""
    edition = Edition.of(bench.run(name), language)
    written = open_book(edition)
    heads = {sheet.name: dict(sheet.heads) for sheet in written.sheets.values()}
    opened = openpyxl.load_workbook(io.BytesIO(written.close()))
    for sheet in opened:
        if sheet.max_row > 40:
            assert sheet.print_title_rows, sheet.title
        if not sheet.print_title_rows:
            continue
        row = int(sheet.print_title_rows.split("$")[-1])
        repeated = [str(cell.value or "") for cell in sheet[row]]
        assert any(title.strip() for title in repeated), sheet.title
        tops = [top for top in heads[sheet.title] if 0 in heads[sheet.title][top]]
        ends = [*tops[1:], sheet.max_row]
        for top, end in zip(tops, ends, strict=True):
            for column, (title, _) in heads[sheet.title][top].items():
                if end - top > 40 and column and repeated[column].strip():
                    assert title in repeated[column].split(" / "), (sheet.title, top)


def test_kept_savings_stand_locked_as_the_run_found_them(run: RunResult, formulas: Any) -> None:
    sheet = formulas["Beholdt av egen sparing"]
    shown = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=6)]
    titles = [cell.value for cell in sheet[5]]
    assert len(shown) == len(run.kept_savings)
    found = [row[titles.index("Beholdt andel")] for row in shown]
    assert found == pytest.approx(run.kept_savings["kept_share"].tolist())
    assert all(cell.protection.locked for row in sheet.iter_rows() for cell in row)
    listed = [cell.value for cell in formulas["Forutsetninger"]["A"]]
    assert "Beholdt av egen sparing" in listed


def test_the_number_of_sheets_does_not_grow_with_the_units() -> None:
    run = bench.run("kristiansand")
    fewer = ~run.units.frame["enhet"].isin(["Askelunden", "Boliger nord"])
    few = bench.run(run.model, run.units.take(np.flatnonzero(fewer)), tables=dict(run.tables))
    assert _open(few).sheetnames == _open(run).sheetnames


def test_every_sheet_says_that_the_data_are_made_up(run: RunResult, language: str) -> None:
    banner = TEXTS["synthetic.banner"][language == "en"]
    assert {sheet.cell(2, 1).value for sheet in _open(run, language)} == {banner}
    real = _open(build_run(synthetic=False), language)
    assert {sheet.cell(2, 1).value for sheet in real} == {None}


def test_every_number_of_the_data_has_one_cell(run: RunResult, book: Book) -> None:
    cells = [(cell.sheet.name, cell.row, cell.column) for cell in book.inputs.values()]
    assert len(cells) == len(set(cells))
    columns = [column for column in run.units.frame.columns if column not in ("unit", "scheme", "year", "fte")]
    stated = run.units.frame[columns].notna().to_numpy().sum()
    assert sum(key[0] == "data" for key in book.inputs) == stated


def test_only_inputs_are_open_to_change(formulas: Any, book: Book) -> None:
    open_cells = {
        (sheet.title, cell.row - 1, cell.column - 1)
        for sheet in formulas
        for row in sheet.iter_rows()
        for cell in row
        if not cell.protection.locked and cell.value is not None
    }
    inputs = {(cell.sheet.name, cell.row, cell.column) for cell in book.inputs.values()}
    chosen = {("Enhet", 4, 1)}
    assert open_cells == inputs | chosen
    assert all(sheet.protection.sheet for sheet in formulas)


def test_formulas_of_a_column_are_the_same(formulas: Any) -> None:
    """One formula per column: written relative to its row, it is the same for every unit of a scheme and year."""
    from openpyxl.formula.translate import Translator

    sheet = formulas["Oppgjør"]
    for column in "EIJKLMN":
        texts = {
            Translator(sheet[f"{column}{row}"].value, f"{column}{row}").translate_formula(f"{column}1000")
            for row in range(6, 19)
        }
        assert len(texts) == 1, (column, texts)


def test_the_numbers_shown_before_calculation_are_the_engines(run: RunResult, book: Book) -> None:
    what = [item.what for item in book.compared]
    assert sum(text.startswith("Utgående saldo") for text in what) == 3
    settled = sum(len(c.formulas) for c in book.compared if c.what.startswith("Utgående saldo"))
    assert settled == len(run.settlement)
    assert sum(len(c.formulas) for c in book.compared if c.what.startswith("Pris:")) == len(run.prices)
    assert sum(len(c.formulas) for c in book.compared if c.what.startswith("Tillatt kostnad")) == len(run.requirements)
    for item in book.compared:
        for formula, engine in zip(item.formulas, item.engine, strict=True):
            assert abs(formula.value - engine.value) <= item.tolerance, item.what


def test_the_workbook_carries_no_time_of_its_own(run: RunResult) -> None:
    assert _open(run).properties.created.year == 2007
    undated = replace(run, manifest={})
    assert _open(undated).properties.created.year == 2000
    assert workbook_bytes(Edition.of(run, "nb")) == workbook_bytes(Edition.of(run, "nb"))


def test_text_from_the_data_is_never_a_formula(run: RunResult) -> None:
    evil = "=HYPERLINK(1)"
    units = replace(run.units, frame=run.units.frame.replace("Grim", evil))
    again = bench.run(run.model, units, tables=dict(run.tables))
    cells = [cell for sheet in _open(again) for row in sheet.iter_rows() for cell in row if cell.value == evil]
    assert len(cells) > 5
    assert {cell.data_type for cell in cells} == {"s"}


@given(st.lists(st.text(max_size=50), min_size=1, max_size=12))
@settings(deadline=None, max_examples=40)
def test_sheet_names_are_always_allowed(names: list[str]) -> None:
    made_book = Book(_EDITION)
    made = [made_book.sheet(str(k), "t", name=name).name for k, name in enumerate(names)]
    assert len({name.lower() for name in made}) == len(names)
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in made)
    openpyxl.load_workbook(io.BytesIO(made_book.close()))


_EDITION = Edition.of(build_run(), "nb")


@pytest.mark.parametrize("gone", [("efficiency", "norms", "peers", "requirements"), ("purchaser",)])
def test_stages_a_model_does_not_have_are_left_out(run: RunResult, gone: tuple[str, ...], language: str) -> None:
    names = _open(without(run, *gone), language).sheetnames
    assert (TEXTS["sheet.purchaser"][language == "en"] in names) is ("purchaser" not in gone)
    assert (TEXTS["sheet.efficiency"][language == "en"] in names) is ("efficiency" not in gone)


# -- a settlement cap ------------------------------------------------------------------------------------------------


def test_no_unit_keeps_and_carries_in_the_same_year_where_a_cap_binds() -> None:
    """A surplus at the cap becomes a deficit when its cost is raised: then nothing is kept."""
    case = Case.of("drammen")
    frame = case.run.settlement
    capped = frame[(frame["kept"] > 0) & (frame["kept"] < frame["result"] - 1)].iloc[0]
    key = ("data", capped["scheme"], capped["unit"], capped["year"], case.run.model.cost_column)
    changes = {key: capped["cost"] + 3 * capped["result"]}
    assert case.differences(changes) == []
    changed = open_book(case.edition, changes)
    settled = next(c for c in changed.compared if c.what.startswith("Kept"))
    rows = case.run.settlement[case.run.settlement["scheme"] == capped["scheme"]]
    assert len(settled.formulas) == len(rows)
    kept = [cell for c in changed.compared if c.what.startswith("Kept") for cell in c.formulas]
    carried = [cell for c in changed.compared if c.what.startswith("Carried") for cell in c.formulas]
    assert not [k.text for k, c in zip(kept, carried, strict=True) if k.value > 0 > c.value]


@pytest.mark.office
@needs_soffice
def test_the_check_sheet_tells_a_change_from_an_error(run: RunResult, tmp_path: Path) -> None:
    edition = Edition.of(run, "en")
    source = openpyxl.load_workbook(io.BytesIO(workbook_bytes(edition)))
    cost = open_book(edition).inputs["data", "care", "Lund", 2004, "cost"]
    source["Data"].cell(cost.row + 1, cost.column + 1).value = cost.value + 100_000
    wrong = openpyxl.load_workbook(io.BytesIO(workbook_bytes(edition)))
    formula = wrong["Settlement"]["H8"]
    assert str(formula.value).startswith("=")
    formula.value = 12345.0
    books = {}
    for name, made in (("changed", source), ("wrong", wrong)):
        buffer = io.BytesIO()
        made.save(buffer)
        books[name] = buffer.getvalue()
    computed = recalculate(books, tmp_path)
    verdicts = {
        name: {row[4] for row in sheet["Checks"].iter_rows(min_row=9, values_only=True) if row[4]}
        for name, sheet in computed.items()
    }
    assert "CHANGED" in verdicts["changed"]
    assert "ERROR" not in verdicts["changed"]
    assert "ERROR" in verdicts["wrong"]
    assert computed["changed"]["Checks"]["B5"].value == 1
    assert computed["wrong"]["Checks"]["B5"].value == 0
    assert computed["wrong"]["Checks"]["B6"].value > 0


_EVEN = ("ore-half-even", "krone-half-even")


@pytest.mark.office
@needs_soffice
def test_a_spreadsheet_rounds_ties_as_the_engine_does(tmp_path: Path) -> None:
    """Volumes times prices that end on a half, just beside one, negative and large; against exact decimals."""
    import xlsxwriter

    from bench.report.workbook.expressions import Expr, rounded
    from bench.stykkpris.rounding import decimal, round_amount, times

    rules = (*_EVEN, "ore-half-up", "krone-half-up", "ten-ore-half-up", "ten-kroner-half-up")
    volumes = [0.5, 1.5, 2.5, 3.5, 1234.5, 1235.5, 0.49, 0.51, -0.5, -1.5, -2.5, 86421357.5, 86421358.5, 7.0, 1.0625]
    books, cases = {}, {}
    for rule in rules:
        size = {"krone": 1.0, "ten-kroner": 10.0, "ten-ore": 0.1, "ore": 0.01}[rule.rsplit("-half", 1)[0]]
        found = [(volume, price * size) for volume in volumes for price in (1.0, 3.0, 5.0)]
        found += [(67.25, 0.1), (1.005, 1.0), (2.675, 1.0), (8.135, 3.0), (0.145, 1.0), (1e7 + 0.125, 1.0)]
        buffer = io.BytesIO()
        made = xlsxwriter.Workbook(buffer)
        sheet = made.add_worksheet("Ties")
        for row, (volume, price) in enumerate(found):
            sheet.write_number(row, 0, volume)
            sheet.write_number(row, 1, round(price, 4))
            product = Expr(f"A{row + 1}", volume) * Expr(f"B{row + 1}", round(price, 4))
            sheet.write_formula(row, 2, "=" + rounded(product, rule).text)
            exact = round_amount(times(decimal(volume), decimal(round(price, 4))), rule)
            assert rounded(product, rule).value == float(exact)
        made.close()
        books[rule], cases[rule] = buffer.getvalue(), found
    computed = recalculate(books, tmp_path)
    for rule in rules:
        rows = list(computed[rule]["Ties"].iter_rows(values_only=True))
        for row, (volume, price) in zip(rows, cases[rule], strict=True):
            exact = round_amount(times(decimal(volume), decimal(round(price, 4))), rule)
            assert row[2] == pytest.approx(float(exact), abs=1e-9, rel=1e-15), (rule, volume, price)


# -- one formula per column ------------------------------------------------------------------------------------------

#: Sheets of rows of units: inputs and calculations. The others hold one line per scheme, service or check.
_CALCULATIONS = ("Data in use", "Efficiency", "Requirements", "Required", "Income", "Settlement", "Figures")


@pytest.mark.parametrize("name", ["kristiansand@requirement", "stykkpris-malestokk", "ei-potential", "sio-a-rates"])
def test_a_column_has_one_formula_for_all_units_of_a_year(name: str) -> None:
    """Written relative to its row, a formula is the same for every unit of a scheme in a year."""
    made = openpyxl.load_workbook(io.BytesIO(workbook_bytes(Edition.of(bench.run(name), "en"))))
    looked = 0
    for sheet in made:
        for cells in sheet.iter_cols():
            for cell in cells:
                if isinstance(cell.value, str) and cell.value.startswith("="):
                    assert len(cell.value) <= 8192, (sheet.title, cell.coordinate)
        if sheet.title not in _CALCULATIONS:
            continue
        for column, run_of in blocks(sheet):
            by_year: dict[object, set[str]] = {}
            for row, text in run_of:
                if sheet.cell(row, 1).value:  # a line without a unit is one of its own
                    by_year.setdefault(sheet.cell(row, 2).value, set()).add(text)
                    looked += 1
            for year, texts in by_year.items():
                assert year is None or len(texts) == 1, (sheet.title, column, year, texts)
    assert looked > 80

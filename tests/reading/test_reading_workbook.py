"""Workbooks written by the usual writers: xlsx, xlsb, xls and ods, one sheet or several."""

from __future__ import annotations

import datetime as dt
import io
import random
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P
from reading.xlsb import xlsb

from bench.errors import DataError, OptionError
from bench.reading import read_table, read_units
from bench.reading.files.workbook import read_workbook

LOCKED = Path(__file__).parent / "files"
ROWS = [
    ["enhet", "aar", "kostnad", "timer"],
    ["0301", 2004, 1200000.5, 2400],
    ["0302", 2004, 980000, 2100],
]


def write_xlsx(path, sheets, hidden=()):
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(r, c, cell)
                    elif isinstance(cell, dt.date):
                        sheet.write_datetime(
                            r,
                            c,
                            dt.datetime(cell.year, cell.month, cell.day),
                            book.add_format({"num_format": "dd.mm.yyyy"}),
                        )
                    elif cell is not None:
                        sheet.write(r, c, cell)
    return path


def write_openpyxl(path, sheets, hidden=()):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name in hidden:
            sheet.sheet_state = "hidden"
    book.save(path)
    return path


def write_xls(path, sheets, hidden=()):
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        sheet.visibility = int(name in hidden)
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if isinstance(cell, dt.date):
                    sheet.write(r, c, cell, xlwt.easyxf(num_format_str="DD.MM.YYYY"))
                elif cell is not None:
                    sheet.write(r, c, cell)
    book.save(str(path))
    return path


def _ods_cell(cell):
    if cell is None or cell == "":
        return TableCell()
    if isinstance(cell, str):
        made = TableCell(valuetype="string")
    elif isinstance(cell, dt.date):
        made = TableCell(valuetype="date", datevalue=cell.isoformat())
    else:
        made = TableCell(valuetype="float", value=cell)
    made.addElement(P(text=str(cell)))
    return made


def write_ods(path, sheets, hidden=()):
    assert not hidden
    document = OpenDocumentSpreadsheet()
    for name, rows in sheets.items():
        table = Table(name=name)
        for row in rows:
            line = TableRow()
            for cell in row or [None]:
                line.addElement(_ods_cell(cell))
            table.addElement(line)
        document.spreadsheet.addElement(table)
    document.save(str(path))
    return path


def write_xlsb(path, sheets, hidden=()):
    def plain(cell):
        return (cell - dt.date(1899, 12, 30)).days if isinstance(cell, dt.date) else cell

    dated = {
        (r, c): "dd.mm.yyyy"
        for rows in sheets.values()
        for r, row in enumerate(rows, start=1)
        for c, cell in enumerate(row)
        if isinstance(cell, dt.date)
    }
    made = {name: [[plain(cell) for cell in row] for row in rows] for name, rows in sheets.items()}
    path.write_bytes(xlsb(made, hidden=hidden, formats=dated))
    return path


WRITERS = {
    "xlsx": write_xlsx,
    "openpyxl.xlsx": write_openpyxl,
    "xlsb": write_xlsb,
    "xls": write_xls,
    "ods": write_ods,
}


@pytest.fixture(params=list(WRITERS))
def write(request, tmp_path):
    """A writer of one kind of workbook: sheets to the path of a file."""
    return lambda sheets, **more: WRITERS[request.param](tmp_path / f"book.{request.param}", sheets, **more)


def read(path, **options):
    return read_units(path, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"], **options)


def issues(path, **options):
    with pytest.raises(DataError) as caught:
        read(path, **options)
    return caught.value.issues


def test_text_stays_text_and_numbers_stay_exact(write):
    path = write({"Ark1": ROWS})
    units = read(path)
    assert units.unit_names == ["0301", "0302"]
    assert units.periods == [2004]
    assert units.X.ravel().tolist() == [1200000.5, 980000.0]
    assert units.source.file == str(path)
    assert units.source.sheet == "Ark1"
    assert len(units.source.sha256) == 64
    assert units.source.dialect["format"] == path.suffix[1:]


def test_title_rows_and_blank_columns_do_not_move_addresses(write):
    rows = [["Regnskap 2004"], [None], *[[None, *row] for row in ROWS]]
    rows[4] = [None, "0302", 2004, None, 2100]
    table = read_table(write({"Ark1": rows}), columns=ROWS[0])
    assert table.columns == tuple(ROWS[0])
    assert table.where(-1, "enhet") == ("Ark1", "B3")
    assert table.where(1, "kostnad") == ("Ark1", "D5")
    found = issues(write({"Ark1": rows}))
    assert [(i.rule, i.sheet, i.cell, i.unit) for i in found] == [("empty-cell", "Ark1", "D5", "0302")]


def test_number_as_text_is_read_strictly(write):
    rows = [ROWS[0], ["0301", 2004, "1 200 000,5", 2400], ["0302", 2004, 980000, "2.100"]]
    found = issues(write({"Ark1": rows}))
    assert [(i.rule, i.cell, i.value) for i in found] == [("ambiguous-number", "D3", "2.100")]
    units = read(write({"Ark1": rows}), decimal=",")
    assert units.X.ravel().tolist() == [1200000.5, 980000.0]
    assert units.source.dialect["text_cells"] == "2 stored as text (kostnad 1, timer 1)"


def test_dates_are_iso_labels_and_no_numbers(write):
    rows = [ROWS[0], ["0301", dt.date(2004, 12, 31), 1200000, dt.date(2004, 3, 1)]]
    found = issues(write({"Ark1": rows}))
    assert [(i.rule, i.cell, i.value) for i in found] == [("not-a-number", "D2", "2004-03-01")]
    rows[1][3] = 1
    assert read(write({"Ark1": rows})).periods == [2004]  # one date per unit and year is the year
    rows.append(["0301", dt.date(2004, 6, 30), 1200000, 1])
    assert read(write({"Ark1": rows})).periods == ["2004-06-30", "2004-12-31"]


def test_the_only_sheet_with_the_columns_is_taken(write):
    path = write(
        {"Forklaring": [["Les dette først"], ["Timer er vedtatte timer"]], "Data": ROWS, "Annet": [["a", "b"]]}
    )
    assert read(path).source.sheet == "Data"


def test_several_sheets_with_the_columns_are_refused(write):
    path = write({"A": ROWS, "B": ROWS})
    found = issues(path)
    assert [i.rule for i in found] == ["ambiguous-sheet"]
    assert "'A', 'B'" in found[0].message
    assert found[0].file == str(path)
    assert read(path, sheet="B").source.sheet == "B"


def test_sheets_are_stacked_with_their_own_addresses(write):
    later = [["Tittel"], ["timer", "enhet", "aar", "kostnad"], [2500, "0301", 2005, 1300000], [2200, "0302", 2005, -1]]
    path = write({"I fjor": ROWS, "I år": later})
    found = issues(path, sheet="*")
    assert [(i.rule, i.sheet, i.cell) for i in found] == [("negative-value", "I år", "D4")]
    later[3][3] = 990000
    units = read(write({"I fjor": ROWS, "I år": later}), sheet=["I fjor", "I år"])
    assert len(units) == 4
    assert units.periods == [2004, 2005]
    assert units.source.sheet == "I fjor, I år"
    assert units.source.dialect["header_row"] == "I fjor: 1, I år: 2"


def test_period_from_the_names_of_stacked_sheets(write):
    rows = [[row[0], *row[2:]] for row in ROWS]
    units = read(write({"Regnskap 2004": rows, "2005": rows, "Noter": [["tekst"]]}), sheet="*")
    assert units.periods == [2004, 2005]
    assert units.source.dialect["period"] == "from the sheet's name"
    assert [(w.rule, w.sheet) for w in units.warnings] == [("sheet-left-out", "Noter")]


def test_sheet_without_a_year_lacks_the_period(write):
    rows = [[row[0], *row[2:]] for row in ROWS]
    found = issues(write({"2004": rows, "Siste": rows}), sheet="*")
    missing = [i for i in found if i.rule == "missing-column"]
    assert [(i.sheet, i.column) for i in missing] == [("Siste", "aar")]


def test_missing_column_names_the_nearest(write):
    found = issues(write({"Ark1": [["Enhet", "aar", "kostnader", "timer"], ROWS[1]]}))
    assert [(i.rule, i.column, i.sheet) for i in found] == [
        ("missing-column", "enhet", "Ark1"),
        ("missing-column", "kostnad", "Ark1"),
    ]
    assert "did you mean 'Enhet'" in found[0].message
    assert "did you mean 'kostnader'" in found[1].message


def test_unknown_sheet(write):
    found = issues(write({"Data": ROWS}), sheet="Dato")
    assert [i.rule for i in found] == ["missing-sheet"]
    assert "did you mean 'Data'" in found[0].message


@pytest.mark.parametrize("sheet", [3, [], [1], ""])
def test_sheet_must_be_a_name(tmp_path, sheet):
    with pytest.raises(OptionError, match="sheet"):
        read(write_xlsx(tmp_path / "a.xlsx", {"Data": ROWS}), sheet=sheet)


@pytest.mark.parametrize("kind", ["xlsx", "openpyxl.xlsx", "xlsb", "xls"])
def test_hidden_sheets_are_read_only_by_name(kind, tmp_path):
    path = WRITERS[kind](tmp_path / f"h.{kind}", {"Data": ROWS, "Gammel": ROWS}, hidden=["Gammel"])
    assert read(path).source.sheet == "Data"
    path = WRITERS[kind](tmp_path / f"g.{kind}", {"Ark": [["tom"]], "Gammel": ROWS}, hidden=["Gammel"])
    found = issues(path)
    assert found[0].rule == "missing-sheet"
    assert "hidden sheet 'Gammel'" in found[0].message
    assert len(read(path, sheet="Gammel")) == 2


def test_a_failed_formula_of_a_binary_workbook_is_named(tmp_path):
    path = tmp_path / "f.xlsb"
    path.write_bytes(xlsb({"Data": [ROWS[0], [*ROWS[1][:2], "#DIV/0!", *ROWS[1][3:]], *ROWS[2:]]}))
    found = issues(path)
    assert [(i.cell, i.value) for i in found] == [("C2", "#DIV/0!")]


@pytest.mark.parametrize("part", ["xl/workbook.bin", "xl/styles.bin", "xl/worksheets/sheet1.bin"])
def test_a_damaged_binary_workbook_is_refused_or_read_right(part, tmp_path):
    whole = xlsb({"Data": ROWS}, hidden_rows=[3], formats={(2, 2): "0 %"})
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    right = sorted(row[2] for row in ROWS[1:])
    for cut in range(0, len(parts[part]), max(1, len(parts[part]) // 12)):
        path = tmp_path / f"cut{cut}.xlsb"
        with zipfile.ZipFile(path, "w") as archive:
            for name, body in parts.items():
                archive.writestr(name, body[:cut] if name == part else body)
        try:
            units = read(path)
        except DataError:
            continue
        assert sorted(units.X.ravel().tolist()) == right


def test_a_stray_cell_of_a_binary_workbook_is_named(tmp_path):
    path = tmp_path / "far.xlsb"
    path.write_bytes(xlsb({"Data": [*ROWS, *([None],) * 40_000, [*[None] * 4_000, 1.0]]}))
    assert [i.rule for i in issues(path)] == ["stray-cell"]


def test_merged_cells_are_explained(tmp_path):
    path = tmp_path / "m.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Ark1")
        sheet.write_row(0, 0, ROWS[0])
        sheet.merge_range("A2:A3", "0301")
        sheet.write_row(1, 1, [2004, 10, 20])
        sheet.write_row(2, 1, [2005, 11, 21])
    found = issues(path)
    assert [(i.rule, i.cell) for i in found] == [("empty-cell", "A3")]
    assert "A2:A3" in found[0].remedy


def test_merged_title_over_the_whole_sheet_is_harmless(tmp_path):
    path = tmp_path / "m.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Ark1")
        sheet.merge_range("A1:XFD1", "Tittel")
        for number, row in enumerate(ROWS, start=1):
            sheet.write_row(number, 0, row)
    assert len(read(path)) == 2


def test_failed_formula_is_named(tmp_path):
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("A & B")
        for number, row in enumerate(ROWS):
            sheet.write_row(number, 0, row)
        sheet.write_formula("C2", "=1/0", None, "#DIV/0!")
        sheet.write_formula("D3", "=D2*2", None, 4800)
    found = issues(path)
    assert [(i.rule, i.sheet, i.cell, i.value) for i in found] == [("formula-error", "A & B", "C2", "#DIV/0!")]


def test_formula_that_was_never_calculated(tmp_path):
    path = tmp_path / "f.xlsx"
    write_openpyxl(path, {"Ark1": [*ROWS, ["0303", 2004, "=C2*2", 5]]})
    assert [(i.rule, i.cell, i.column) for i in issues(path)] == [("uncalculated-formula", "C4", "kostnad")]
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Ark1")
        for number, row in enumerate(ROWS):
            sheet.write_row(number, 0, row)
        sheet.write_formula("D3", "=D2*2")
        sheet.write_formula("F3", "=D2*2")
    assert [(i.rule, i.cell) for i in issues(path) if i.severity == "error" and i.rule != "no-output"] == [
        ("uncalculated-formula", "D3")
    ]


def test_calculated_formula_is_a_number(tmp_path):
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Ark1")
        for number, row in enumerate(ROWS):
            sheet.write_row(number, 0, row)
        sheet.write_formula("D3", "=D2*2", None, 4800)
        sheet.write_formula("A3", '="03"&"02"', None, "0302")
    assert read(path).Y.ravel().tolist() == [2400.0, 4800.0]


def test_what_pandas_wrote_comes_back(tmp_path):
    frame = pd.DataFrame({"enhet": ["A", "B"], "aar": [2004, 2005], "kostnad": [0.1 + 0.2, 1e9 / 3], "timer": [1, 2]})
    frame.to_excel(tmp_path / "p.xlsx", index=False)
    assert read(tmp_path / "p.xlsx").X.ravel().tolist() == pytest.approx(frame["kostnad"].tolist(), rel=1e-15)


def test_column_without_a_name_is_a_warning(write):
    rows = [ROWS[0], [*ROWS[1], "merknad"], ROWS[2]]
    table = read_table(write({"Ark1": rows}))
    assert table.columns == (*ROWS[0], "(column E)")
    assert [(i.rule, i.severity, i.cell) for i in table.issues] == [("unnamed-column", "warning", "E1")]


def test_the_content_decides_not_the_name(tmp_path):
    path = write_xlsx(tmp_path / "a.csv", {"Data": ROWS})
    assert read(path).source.dialect["format"] == "xlsx"


@pytest.mark.parametrize("name", ["locked.xlsx", "locked.xls", "locked.ods"])
def test_password(name):
    with pytest.raises(DataError, match="password") as caught:
        read_table(LOCKED / name)
    assert caught.value.issues[0].rule == "password"
    assert caught.value.issues[0].file.endswith(name)


@pytest.mark.parametrize("kind", list(WRITERS))
@pytest.mark.filterwarnings("ignore")
def test_damage_is_reported_or_harmless(kind, tmp_path, capfd):
    """Cut or changed bytes end in a DataError or in a table, never in another exception."""
    data = WRITERS[kind](tmp_path / f"w.{kind}", {"Data": ROWS}).read_bytes()
    rng = random.Random(3)
    refused = []
    for trial in range(60):
        broken = bytearray(data[: rng.randrange(8, len(data))] if trial % 3 == 0 else data)
        for _ in range(rng.choice([1, 5, 50])):
            broken[rng.randrange(8, len(broken))] = rng.randrange(256)
        try:
            read_workbook(bytes(broken))
        except DataError as error:
            refused.append(error.issues[0].rule)
    assert set(refused) <= {"corrupt-workbook", "password", "not-a-table", "too-large"}
    assert len(refused) > 20


def test_archive_that_is_no_workbook():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data.csv", "a;b\n1;2\n")
    buffer.seek(0)
    with pytest.raises(DataError, match="zip archive"):
        read_table(buffer)


def test_workbook_without_cells(write):
    path = write({"Tom": [[None]], "Tom2": [[None]]})
    assert [i.rule for i in issues(path)] == ["empty-file"]


def test_covered_cell_of_ods_is_empty(tmp_path):
    document = OpenDocumentSpreadsheet()
    table = Table(name="Ark1")
    for row in ROWS[:1]:
        line = TableRow()
        for cell in row:
            line.addElement(_ods_cell(cell))
        table.addElement(line)
    line = TableRow()
    line.addElement(_ods_cell("0301"))
    line.addElement(CoveredTableCell())
    for cell in ROWS[1][2:]:
        line.addElement(_ods_cell(cell))
    table.addElement(line)
    document.spreadsheet.addElement(table)
    document.save(str(tmp_path / "c.ods"))
    assert [(i.rule, i.cell) for i in issues(tmp_path / "c.ods")] == [("empty-cell", "B2")]

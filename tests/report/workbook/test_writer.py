"""Short cuts of the workbook's writer change no byte, and the calculation without a file is that of the file."""

from __future__ import annotations

import io
import zipfile

import pytest
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

import bench
from bench.report.edition import Edition
from bench.report.workbook import sheet
from bench.report.workbook.build import calculated, open_book, workbook_bytes
from bench.report.workbook.writer import column_name, worksheet_class
from bench.results import RunResult


@pytest.fixture(scope="module", params=["hamar", "blended"])
def run(request: pytest.FixtureRequest) -> RunResult:
    return bench.run(request.param)


def test_the_file_is_the_writers_own_byte_for_byte(run: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = Edition.of(run, "nb")
    short = workbook_bytes(edition)
    monkeypatch.setattr(sheet, "worksheet_class", lambda: Worksheet)
    assert workbook_bytes(edition) == short


def test_every_kind_of_cell_is_written_as_the_writer_does() -> None:
    """Errors, texts and truth values of formulas, signs to escape, numbers at the ends of their range, no format."""

    def made(kind: type) -> dict[str, bytes]:
        buffer = io.BytesIO()
        book = xlsxwriter.Workbook(buffer, {"in_memory": True})
        book.set_properties({"created": sheet._NO_DATE})
        ws, look = book.add_worksheet("a", kind), book.add_format({"num_format": "0.00"})
        for column, format_ in ((0, look), (800, None)):
            for row, value in enumerate(("#N/A", "", "<&>", True, 1e-300, 5e15, 3, 0.1)):
                ws.write_formula(row, column, '=IF(A1<2,"<&>",1)', format_, value)
            for row, number in enumerate((0.0, -1e300, 1 / 3, 2**53, 7)):
                ws.write_number(row, column + 1, number, format_)
            for row, text in enumerate(("<b>&\"'", " outer ", "æøå", "\x01", "=1+1")):
                ws.write_string(row, column + 2, text, format_)
            ws.write_blank(0, column + 3, None, format_)
        book.close()
        with zipfile.ZipFile(buffer) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    assert made(worksheet_class()) == made(Worksheet)


def test_columns_are_named_as_spreadsheets_do() -> None:
    assert [column_name(k) for k in range(16_384)] == [xl_col_to_name(k) for k in range(16_384)]


def test_the_calculation_without_a_file_is_that_of_the_workbook(run: RunResult) -> None:
    edition = Edition.of(run, "nb")
    whole, alone = open_book(edition), calculated(edition)
    assert len(alone.formulas) > 100
    assert whole.sheets["settlement"].name in {place[0] for place in alone.formulas}
    for place, text in alone.formulas.items():
        assert whole.formulas[place] == text, place
        assert repr(whole.cells[place].value) == repr(alone.cells[place].value), place
    assert set(alone.inputs) == set(whole.inputs)


def test_the_calculation_alone_is_no_file(run: RunResult) -> None:
    with pytest.raises(ValueError, match="for its cells alone"):
        calculated(Edition.of(run, "nb")).close()

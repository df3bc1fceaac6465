"""Where inputs come from and how numbers grew: read back from the workbook, held against the client's own file."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import coordinate_to_tuple

import bench
from bench.report.edition import Edition
from bench.report.workbook.build import open_book
from bench.results import RunResult


@pytest.fixture(scope="module")
def hamar() -> RunResult:
    return bench.run("hamar")


@pytest.fixture(scope="module")
def made(hamar: RunResult) -> Any:
    return openpyxl.load_workbook(io.BytesIO(open_book(Edition.of(hamar, "en")).close()))


def test_every_input_says_the_cell_it_stands_in(hamar: RunResult, made: Any) -> None:
    """The text names file and cell; there the file has the number."""
    book = open_book(Edition.of(hamar, "en"))
    looked = 0
    for key, cell in book.inputs.items():
        if key[0] != "data":
            continue
        said = made["Sources"].cell(cell.row + 1, cell.column + 1)
        file, place = said.value.split(" ")
        rows = list(csv.reader(io.StringIO(hamar.sources[file].decode("utf-8-sig")), delimiter=_delimiter(hamar, file)))
        row, column = coordinate_to_tuple(place)
        text = rows[row - 1][column - 1].replace("\u00a0", "").replace(" ", "").replace(",", ".")
        assert float(text) == pytest.approx(cell.value), (key, said.value)
        assert said.hyperlink.target.endswith(file)
        looked += 1
    assert looked > 40


def _delimiter(run: RunResult, file: str) -> str:
    head = run.sources[file].decode("utf-8-sig").splitlines()[0]
    return max(";,\t", key=head.count)


@pytest.mark.parametrize("languages", ["nb", "nb,en"])
def test_links_lead_to_the_copied_files(hamar: RunResult, languages: str, tmp_path: Path) -> None:
    folder = hamar.save(tmp_path / "run", language=languages)
    books = list(folder.rglob("*.xlsx"))
    assert len(books) == len(languages.split(","))
    for path in books:
        sheets = openpyxl.load_workbook(path)
        targets = {
            cell.hyperlink.target
            for sheet in sheets
            for row in sheet.iter_rows()
            for cell in row
            if cell.hyperlink is not None and cell.hyperlink.target
        }
        assert targets
        for target in targets:
            assert (path.parent / target.split("#")[0]).is_file(), target


def test_the_trace_of_a_number_can_be_done_again_from_its_rows(hamar: RunResult, made: Any) -> None:
    """Every sum, product and difference on the sheet is what the rows it links to give."""
    sheet = made["Trace"]
    rows = {row[0].row: row for row in sheet.iter_rows(min_row=6)}
    done = {"+": 0, "×": 0, "−": 0, "=": 0}
    for cells in rows.values():
        sign = str(cells[3].value or "")[:1]
        parts = [cell for cell in cells[5:13] if cell.value is not None]
        if sign not in done or any(re.match(r"and \d+ more", str(cell.value)) for cell in parts):
            continue
        values = [sheet.cell(int(re.search(r"\d+$", cell.hyperlink.location)[0]), 3).value for cell in parts]  # type: ignore[index]
        if not values or any(isinstance(value, str) or value is None for value in values):
            continue
        again = {
            "+": sum(values),
            "=": values[0],
            "−": values[0] - sum(values[1:]),
            "×": _product(values),
        }[sign]
        assert cells[2].value == pytest.approx(again, abs=0.51), cells[0].value
        done[sign] += 1
    assert all(done[sign] > 3 for sign in ("+", "−", "=")), done
    settled = hamar.settlement[hamar.settlement["year"] == hamar.settlement["year"].max()]
    shown = {
        (str(cells[1].value), cells[2].value) for cells in rows.values() if "settlement.result" in str(cells[0].value)
    }
    for record in settled.to_dict("records"):
        found = [
            value
            for text, value in shown
            if f" {record['unit']} " in f" {text} " and text.endswith(str(record["year"]))
        ]
        assert pytest.approx(record["result"]) in found, record["unit"]


def _product(values: list[float]) -> float:
    made = 1.0
    for value in values:
        made *= value
    return made


def test_leaves_of_the_trace_are_cells_of_the_file(hamar: RunResult, made: Any) -> None:
    places = [row[4] for row in made["Trace"].iter_rows(min_row=6) if row[4].value]
    cells = [cell for cell in places if cell.hyperlink is not None]
    assert len(cells) >= 7
    for cell in cells:
        file, place = str(cell.value).split(" ")
        assert file in hamar.sources
        coordinate_to_tuple(place)

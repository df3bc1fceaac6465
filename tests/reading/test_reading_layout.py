"""Where the table is: header, title rows, blank rows, notes, ragged rows; addresses and cell texts."""

from __future__ import annotations

import datetime as dt
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import DataError, OptionError, ResourceError
from bench.reading import Table, read_table
from bench.reading.addresses import a1, address_key, column_letters
from bench.reading.grid import cell_text, clean_name


def table(text, **options):
    return read_table(io.BytesIO(text.encode()), **options)


def found(text, **options):
    return [(issue.rule, issue.severity, issue.cell) for issue in table(text, **options).issues]


# -- addresses and texts ---------------------------------------------------------------------------------------


@given(st.integers(1, 2_000_000), st.integers(0, 20_000))
def test_addresses_can_be_read_back(row, column):
    assert address_key(a1(row, column)) == (row, column + 1)


def test_column_letters_count_as_a_spreadsheet_does():
    letters = [column_letters(k) for k in range(16_384)]
    assert letters[-1] == "XFD"
    assert len(set(letters)) == len(letters)
    assert sorted(letters, key=lambda text: (len(text), text)) == letters


def test_what_is_no_address_sorts_first():
    assert address_key("row 7") == (0, 0)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("0301", "0301"),
        (301.0, "301"),
        (-0.5, "-0.5"),
        (np.float32(2.0), "2"),
        (7, "7"),
        (True, "TRUE"),
        (np.bool_(False), "FALSE"),
        (None, ""),
        (float("nan"), ""),
        (pd.NA, ""),
        (float("inf"), "inf"),
        (dt.date(2004, 5, 6), "2004-05-06"),
        (dt.datetime(2004, 5, 6), "2004-05-06"),
        (dt.datetime(2004, 5, 6, 7, 8), "2004-05-06 07:08:00"),
        (dt.time(7, 8), "07:08:00"),
    ],
)
def test_cell_text(cell, text):
    assert cell_text(cell) == text


def test_names_lose_what_the_eye_does_not_see():
    assert clean_name("\ufeff A".removeprefix("\ufeff")) == "A"
    assert clean_name("Netto\r\n drifts\u202futgift ") == "Netto drifts utgift"
    assert clean_name("Brukera\u030ar") == "Brukerår"


# -- header ------------------------------------------------------------------------------------------------------


def test_title_rows_above_the_header():
    text = "Regnskap 2004\nKilde: økonomiavdelingen\n\nenhet;kostnad;timer\nA;1;2\n"
    read = table(text)
    assert read.columns == ("enhet", "kostnad", "timer")
    assert read.where(0, "timer") == ("", "C5")
    assert read.source.dialect["header_row"] == "4"
    assert read.source.dialect["title_rows"] == "2"


def test_wanted_columns_find_a_header_of_years():
    text = "Tall;per;år\nenhet;2003;2004\nA;1;2\n"
    assert table(text, columns=["2003", "2004"]).source.dialect["header_row"] == "2"


def test_header_by_number():
    text = "a;b;c\nenhet;x;y\nA;1;2\n"
    assert table(text, header=2).columns == ("enhet", "x", "y")
    with pytest.raises(DataError, match="3 rows"):
        table(text, header=9)


@pytest.mark.parametrize("header", [-1, 1.5, True, "1"])
def test_impossible_header(header):
    with pytest.raises(OptionError, match="header"):
        table("a;b\n1;2\n", header=header)


def test_file_without_a_header():
    with pytest.raises(DataError) as caught:
        table("A;1;2\nB;3;4\n")
    assert [issue.rule for issue in caught.value.issues] == ["no-header"]


def test_names_are_cleaned_and_found_in_any_form():
    read = table('" enhet ";"drifts\nkostnad"\nA;1\n')
    assert read.columns == ("enhet", "drifts kostnad")
    assert "drifts  kostnad" in read
    assert 3 not in read
    assert read.column("drifts kostnad ") == ("1",)


# -- rows ----------------------------------------------------------------------------------------------------------


def test_trailing_blank_lines_and_columns_are_nothing():
    read = table("enhet;v;;\nA;1;;\nB;2;;\n;;;\n\n\n")
    assert read.columns == ("enhet", "v")
    assert len(read) == 2
    assert read.issues == ()


def test_blank_rows_inside_are_a_warning():
    assert found("enhet;v\nA;1\n\n;\nB;2\n\nC;3\n") == [("blank-row", "warning", "A3")]


def test_row_of_zeros_is_not_blank():
    frame = pd.DataFrame({"enhet": ["A"], "v": [0.0]})
    frame.to_csv(buffer := io.BytesIO(), index=False)
    buffer.seek(0)
    assert len(read_table(buffer)) == 1


def test_notes_below_the_table():
    text = "enhet;v\nA;1\nB;2\n\nKilde: SSB\nTall i 1000 kr\n"
    read = table(text)
    assert len(read) == 2
    assert [(i.rule, i.severity, i.cell, i.value) for i in read.issues] == [
        ("note-row", "error", "A5", "Kilde: SSB"),
        ("note-row", "error", "A6", "Tall i 1000 kr"),
    ]


def test_note_without_a_blank_row_but_without_delimiters():
    assert found("enhet;v\nA;1\nKilde: SSB\n") == [("note-row", "error", "A3")]


def test_unit_without_values_is_no_note():
    read = table("enhet;v\nA;1\nB;\n")
    assert read.column("enhet") == ("A", "B")
    assert read.issues == ()


@pytest.mark.parametrize(
    ("row", "cell"),
    [("A;1", "C2"), ("A;1;2;3", "D2"), ("A;1,5;2;;x", "E2")],
)
def test_ragged_rows(row, cell):
    assert found(f"enhet;v;w\n{row}\nB;2;3\nC;2;3\n") == [("ragged-row", "error", cell)]


def test_extra_delimiters_at_the_end_of_a_row_are_nothing():
    assert found("enhet;v;w\nA;1;2;;;\nB;2;3\n") == []


def test_comma_file_with_decimal_commas_is_ragged():
    text = "enhet,v,w\nA,1,5,2,5\nB,1,2\n"
    assert ("ragged-row", "error", "D2") in found(text, delimiter=",")


def test_header_without_rows():
    read = table("enhet;v;w\n")
    assert len(read) == 0
    assert read.columns == ("enhet", "v", "w")


def test_name_that_stands_twice():
    read = table("enhet;v;v\nA;1;2\n")
    assert read.columns == ("enhet", "v", "v")
    assert read.cells[2] == ("2",)


# -- sources -------------------------------------------------------------------------------------------------------


def test_frame_is_a_source():
    frame = pd.DataFrame({"enhet": ["A", "B"], " v ": ["1,5", "2"], 3: [1, 2]}, index=["x", "y"])
    read = read_table(frame)
    assert read.columns == ("enhet", "v", "3")
    assert read.where(1, "v") == ("", "row y")
    assert read.source.file == "DataFrame"
    assert read.source.sha256 == read_table(frame.copy()).source.sha256
    assert read.source.sha256 != read_table(frame.rename(columns={" v ": "w"})).source.sha256
    assert read.source.sha256 != read_table(frame.assign(enhet=["A", "C"])).source.sha256


def test_table_is_a_source():
    read = table("enhet;v\nA;1\n")
    assert read_table(read) is read
    assert isinstance(read, Table)


def test_file_with_a_name(tmp_path):
    path = tmp_path / "klient.csv"
    path.write_bytes(b"enhet;v\nA;1\n")
    with path.open("rb") as file:
        assert read_table(file).source.file == str(path)
    assert read_table(str(path)).source.file == str(path)


def test_cells_as_a_frame():
    frame = table("enhet;v;v\nA;1;2\n").to_frame()
    assert list(frame.columns) == ["enhet", "v", "v"]
    assert frame.to_numpy().tolist() == [["A", "1", "2"]]
    assert repr(table("enhet;v\nA;1\n")) == "Table(1 rows × 2 columns from )"


def test_no_such_file(tmp_path):
    (tmp_path / "klient.csv").write_text("x")
    with pytest.raises(ResourceError, match=r"did you mean 'klient\.csv'"):
        read_table(tmp_path / "klint.csv")
    with pytest.raises(ResourceError, match="no file"):
        read_table(tmp_path / "folder" / "klient.csv")


def test_folder_is_no_file(tmp_path):
    with pytest.raises(ResourceError, match="folder"):
        read_table(tmp_path)


def test_name_that_no_file_can_have():
    with pytest.raises(ResourceError, match="cannot be opened"):
        read_table("a\0b")


@pytest.mark.parametrize("source", [3, None, ["a.csv"], io.StringIO("a;b")])
def test_what_is_no_source(source):
    with pytest.raises(OptionError):
        read_table(source)


def test_sheet_of_a_text_file():
    with pytest.raises(OptionError, match="no workbook"):
        table("a;b\nx;y\n", sheet="Ark1")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"<html><table>", "web page"),
        (b"\xef\xbb\xbf  <!doctype html>", "web page"),
        (b"<?xml version='1.0'?>", "XML"),
        (b"{\\rtf1", "word-processor"),
    ],
)
def test_files_that_are_no_tables(data, what):
    with pytest.raises(DataError, match=what) as caught:
        read_table(io.BytesIO(data))
    assert caught.value.issues[0].rule == "not-a-table"

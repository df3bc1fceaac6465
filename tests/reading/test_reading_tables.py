"""Tables as people make them: two header rows, years in columns, totals, headings, hidden rows, other formats."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile

import openpyxl
import pandas as pd
import polars
import pytest
from openpyxl.styles import Alignment

from bench import Units, read_units
from bench.errors import DataError
from bench.reading import check_file, read_table
from bench.reading.totals import is_total

ROWS = [("Nordre", 1200000, 2400), ("Søndre", 980000, 2100), ("Østre", 1010000, 1900), ("Vestre", 1100000, 2000)]
HEAD = ("enhet", "kostnad", "timer")
ROLES = {"id": "enhet", "inputs": ["kostnad"], "outputs": ["timer"]}


def book(rows, change=lambda sheet: None):
    made, file = openpyxl.Workbook(), io.BytesIO()
    sheet = made.active
    sheet.title = "Data"
    for row in rows:
        sheet.append(row)
    change(sheet)
    made.save(file)
    file.seek(0)
    return file


def text(rows, sign=";"):
    return io.BytesIO("\n".join(sign.join(map(str, row)) for row in rows).encode("utf-8"))


def errors(source, **options):
    with pytest.raises(DataError) as caught:
        read_units(source, **{**ROLES, **options})
    return [(issue.rule, issue.cell) for issue in caught.value.issues if issue.severity == "error"]


# -- headers ---------------------------------------------------------------------------------------------------


def two_rows(sheet):
    sheet.merge_cells("B1:C1")
    sheet.merge_cells("D1:E1")


TWO = [("", "Sykehjem", None, "Hjemmetjeneste", None), ("enhet", "kostnad", "timer", "kostnad", "timer")]
TWO += [(name, cost, hours, cost // 2, hours // 2) for name, cost, hours in ROWS]


def test_two_header_rows_name_the_columns_together():
    table = read_table(book(TWO, two_rows))
    assert table.columns == (
        "enhet",
        "Sykehjem kostnad",
        "Sykehjem timer",
        "Hjemmetjeneste kostnad",
        "Hjemmetjeneste timer",
    )
    assert table.where(-1, "Hjemmetjeneste timer") == ("Data", "E2")
    units = read_units(
        book(TWO, two_rows), id="enhet", inputs=["Hjemmetjeneste kostnad"], outputs=["Hjemmetjeneste timer"]
    )
    assert units.X[0, 0] == 600000


def test_two_header_rows_in_a_text_file():
    rows = [["" if cell is None else cell for cell in row] for row in TWO]
    assert read_table(text(rows)).columns[3] == "Hjemmetjeneste kostnad"


def test_groups_above_names_that_are_apart_leave_the_names_alone():
    rows = [
        ("enhet", "Kostnad (1000 kr)", None, "Timer"),
        (None, "brutto", "netto", "institusjon"),
        ("A", 1200, 1080, 24),
        ("B", 980, 900, 21),
    ]

    def merged(sheet):
        sheet.merge_cells("A1:A2")
        sheet.merge_cells("B1:C1")

    units = read_units(book(rows, merged), id="enhet", inputs=["brutto"], outputs=["institusjon"])
    assert units.X.ravel().tolist() == [1_200_000, 980_000]  # the group above says 1000 kr


def test_a_title_merged_over_the_table_is_no_group():
    rows = [("Regnskap pleie og omsorg", None, None), HEAD, *ROWS]
    assert read_table(book(rows, lambda sheet: sheet.merge_cells("A1:C1"))).columns == HEAD


def test_a_name_that_stands_twice_is_reported_at_its_own_cell():
    file = text(
        [("enhet", "kostnad", "timer", "kostnad"), ("A", "1", "2", "x"), ("B", "2", "3", "4"), ("C", "2", "3", "4")]
    )
    report = check_file(file)
    assert {(i.rule, i.cell) for i in report.issues} == {("duplicate-column", "B1"), ("not-a-number", "D2")}


def test_a_table_without_header():
    file = io.BytesIO(b"3 6 2 5\n2 4 8 7\n9 9 1 1\n4 2 7 3\n")
    with pytest.raises(DataError, match="header=0"):
        read_table(file)
    file.seek(0)
    units = read_units(file, id="column 1", inputs=["column 2"], outputs=["column 3", "column 4"], header=0)
    assert units.X.ravel().tolist() == [6, 4, 9, 2]


# -- years in columns ------------------------------------------------------------------------------------------

LONG = {"years_in_columns": "aar"}
WIDE = [
    ("region", "Utgifter 2022", "Utgifter 2023", "Døgn 2022", "Døgn 2023"),
    ("0301 Oslo", "1200000", "1250000", "2400", "2500"),
    ("1103 Stavanger", "980000", "990000", "2100", "2150"),
]


def test_years_in_columns_become_rows_when_asked():
    found = check_file(text(WIDE))
    assert [issue.rule for issue in found.errors] == ["wide-years"]
    assert "years_in_columns='aar'" in found.errors[0].remedy
    units = read_units(
        text(WIDE), id="region", period="aar", inputs=["Utgifter"], outputs=["Døgn"], years_in_columns="aar"
    )
    assert units.periods == [2022, 2023]
    assert units.X.ravel().tolist() == [1200000, 1250000, 980000, 990000]
    table = read_table(text(WIDE), years_in_columns="aar")
    assert [table.where(row, "Døgn")[1] for row in range(4)] == ["D2", "E2", "D3", "E3"]


def test_one_year_of_several_can_be_used_alone():
    units = read_units(text(WIDE), id="region", inputs=["Utgifter 2023"], outputs=["Døgn 2023"])
    assert units.X.ravel().tolist() == [1250000, 990000]


def test_years_under_merged_headings():
    rows = [
        ("12209: Nøkkeltall",), (),
        (None, "Utgifter (1000 kr)", None, "Døgn", None), (None, "2022", "2023", "2022", "2023"),
        ("K-0301 Oslo", 1200, 1250, 2400, 2500), ("K-1103 Stavanger", 980, 990, 2100, 2150),
        (), ("Kilde: Statistisk sentralbyrå",),
    ]  # fmt: skip

    def merged(sheet):
        sheet.merge_cells("B3:C3")
        sheet.merge_cells("D3:E3")
        sheet["A4"] = "region"

    units = read_units(
        book(rows, merged), id="region", period="aar", inputs=["Utgifter (1000 kr)"], outputs=["Døgn"],
        years_in_columns="aar",
        accept=["note-row"],
    )  # fmt: skip
    assert units.X.ravel().tolist() == [1_200_000, 1_250_000, 980_000, 990_000]


# -- rows that are no units ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "label",
    ["EAK Landet", "EAKUO Landet uten Oslo", "EKA42 Agder", "EKG11", "Landet uten Oslo", "Kostragruppe 11",
     "Landsgjennomsnitt", "Bergen snitt", "Gjsn", "Avg", "(Sum)", "*Sum", "Totalt¹", "TOTALT2)", "Sum2024",
     "Bergen (sum)", "Landet uten Oslo 1)", "Landet utan Oslo", "Hovedsum", "0 Hele landet", "Kommunen samlet",
     "Sykehjem totalt", "Gj.snitt", "Summe", "Alle kommuner"],
)  # fmt: skip
def test_names_of_totals(label):
    assert is_total(label)


@pytest.mark.parametrize(
    "label", ["0301 Oslo", "Ekely", "EKELY bosenter", "Sumatra", "K-4204 Kristiansand", "EKA-senteret", "Samlingen"]
)
def test_names_of_units(label):
    assert not is_total(label)


def subtotals(indent):
    rows = [("Sykehjem", 2180000, 4500), *ROWS[:2], ("Hjemmetjeneste", 2110000, 3900), *ROWS[2:]]
    return [(indent * (row[0] not in ("Sykehjem", "Hjemmetjeneste")) + row[0], *row[1:]) for row in rows]


@pytest.mark.parametrize("indent", ["", "  ", "\u00a0\u00a0"])
def test_subtotals_are_found_by_what_they_add_up_to(indent):
    rows = [HEAD, *subtotals(indent)]
    assert errors(text(rows)) == [("total-row", "A2"), ("total-row", "A5")]
    units = read_units(text(rows), **ROLES, leave_out=["Sykehjem", "Hjemmetjeneste"])
    assert units.X.sum() == 4_290_000


def test_subtotals_below_their_rows_and_small_numbers():
    rows = [HEAD, *ROWS[:2], ("Nord og sør", 2180000, 4500), *ROWS[2:]]
    assert errors(text(rows)) == [("total-row", "A4")]
    toy = [HEAD, ("A", 3, 3), ("B", 1, 1), ("C", 2, 2), ("D", 5, 4), ("E", 1, 2)]
    assert len(read_units(text(toy), **ROLES)) == 5  # sums of small numbers are met by chance


def test_one_column_counts_when_the_rows_are_indented_by_the_format():
    rows = [HEAD, ("Sykehjem", 30, 7), ("Nordre", 10, 3), ("Søndre", 20, 4), ("Vestre", 11, 5)]

    def indent(sheet):
        for cell in ("A3", "A4"):
            sheet[cell].alignment = Alignment(indent=1)

    assert errors(book(rows, indent)) == [("total-row", "A2")]


def test_headings_inside_the_table():
    rows = [HEAD, *ROWS[:2], ("Hjemmetjenester", "", ""), *ROWS[2:]]
    assert errors(text(rows)) == [("group-heading", "A4")]
    assert len(read_units(text(rows), **ROLES, accept=["group-heading"])) == 4


def test_a_unit_without_values_at_the_end_is_no_note():
    assert errors(text([HEAD, *ROWS, ("Midtre", "", "")])) == [("empty-cell", "B6"), ("empty-cell", "C6")]


@pytest.mark.parametrize(
    "note", ["Kilde: Regnskap 2023", "1) Tallene er anslag", "* foreløpig", "Enhet C er slått sammen i 2023."]
)
def test_notes_padded_with_delimiters(note):
    rows = [HEAD, *ROWS, (note, "", "")]
    assert errors(text(rows)) == [("note-row", "A6")]
    assert len(read_units(text(rows), **ROLES, accept=["note-row"])) == 4


def test_hidden_rows_and_columns_are_named():
    def hide(sheet):
        sheet.row_dimensions[5].hidden = True
        sheet.column_dimensions["C"].hidden = True

    found = [(i.rule, i.cell, i.unit) for i in read_units(book([HEAD, *ROWS], hide), **ROLES).warnings]
    assert ("hidden-row", "A5", "Vestre") in found
    assert ("hidden-column", "C1", "") in found


def test_rows_are_left_out_only_by_name_or_condition():
    rows = [("enhet", "status", "kostnad", "timer"), ("A", "aktiv", 1, 2), ("B", "nedlagt", 3, 4), ("C", "aktiv", 5, 6)]
    units = read_units(text(rows), **ROLES, where=["status=aktiv"])
    assert units.unit_names == ["A", "C"]
    assert units.source.dialect["where"] == "status=aktiv"
    assert read_units(text(rows), **ROLES, where=["kostnad>=3"]).unit_names == ["B", "C"]
    assert errors(text(rows), leave_out=["Nordre"]) == [("unknown-unit", "")]


# -- periods ---------------------------------------------------------------------------------------------------


def test_dates_are_years_when_each_unit_has_one_a_year():
    rows = [("enhet", "periode", "kostnad", "timer")]
    rows += [(name, f"31.12.{year}", cost, hours) for name, cost, hours in ROWS for year in (2022, 2023)]
    assert read_units(text(rows), **ROLES, period="periode").periods == [2022, 2023]


def test_years_of_two_digits_are_refused():
    rows = [("enhet", "aar", "kostnad", "timer"), ("A", 21, 1, 2), ("A", 22, 1, 2)]
    assert errors(text(rows), period="aar") == [("two-digit-year", "B2")]


# -- values ----------------------------------------------------------------------------------------------------


def test_durations_of_a_spreadsheet_are_hours():
    def times(sheet):
        for row, hours in enumerate((2400, 2100, 1900, 2000), start=2):
            sheet.cell(row, 3, dt.timedelta(hours=hours)).number_format = "[h]:mm"

    units = read_units(book([HEAD, *ROWS], times), **ROLES)
    assert units.Y.ravel().tolist() == [2400, 2100, 1900, 2000]
    assert "4 times read as hours" in units.source.dialect["duration_cells"]


def test_per_cent_in_cells_and_texts_agree():
    rows = [(*HEAD, "andel"), (*ROWS[0], 0.05), (*ROWS[1], "5,3 %"), (*ROWS[2], 0.07)]

    def formats(sheet):
        sheet["D2"].number_format = sheet["D4"].number_format = "0.0 %"

    units = read_units(book(rows, formats), **ROLES, environment=["andel"])
    assert units.values(["andel"]).ravel().tolist() == [0.05, 0.053, 0.07]


# -- files of other programs -----------------------------------------------------------------------------------


def test_a_bar_between_columns():
    assert read_units(text([HEAD, *ROWS], "|"), **ROLES).X[0, 0] == 1200000


@pytest.mark.parametrize(
    ("page", "word"), [("mac-roman", "Søndre"), ("cp850", "Åsen"), ("cp850", "Søndre"), ("mac-roman", "Østre sone")]
)
def test_letters_of_other_machines_are_named(page, word):
    data = f"enhet;kostnad;timer\n{word};1;2\nB;2;3\n".encode(page)
    warned = [issue for issue in check_file(io.BytesIO(data), **ROLES).issues if issue.cell == "A2"]
    assert {issue.rule for issue in warned} <= {"damaged-text", "encoding"}
    assert warned[0].remedy == f"say encoding={page!r}"
    assert read_units(io.BytesIO(data), **ROLES, encoding=page).unit_names == [word, "B"]


def test_missing_numbers_of_a_parquet_file_are_missing():
    """None in a column of whole numbers would make floats of it, and a date is a date."""
    made = io.BytesIO()
    rows = {"enhet": ["A", "B"], "kostnad": [1200, None], "timer": [2400, 2100], "dato": [dt.date(2023, 1, 1)] * 2}
    polars.DataFrame(rows).write_parquet(made)
    assert errors(io.BytesIO(made.getvalue())) == [("empty-cell", "row 2")]
    found = check_file(io.BytesIO(made.getvalue()))
    assert {column.name: column.kind for column in found.columns}["dato"] == "date"


PX = """CHARSET="ANSI";
AXIS-VERSION="2013";
CODEPAGE="{page}";
TITLE="Drift";
STUB="enhet";
HEADING="variabel";
VALUES("enhet")="Nordre","Søndre";
VALUES("variabel")="kostnad","timer";
UNITS("kostnad")="1000 kr";
DATA=
1200 2400
".." 2100;
"""


def test_pc_axis():
    with pytest.raises(DataError, match="missing"):
        read_units(io.BytesIO(PX.format(page="iso-8859-15").encode("iso-8859-15")), **ROLES)
    file = io.BytesIO(PX.replace('".."', "980").format(page="utf-8").encode("utf-8"))
    units = read_units(file, **ROLES)
    assert (units.unit_names, units.X.ravel().tolist()) == (["Nordre", "Søndre"], [1_200_000, 980_000])


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"<table><tr><td>1</td></tr></table>", "HTML"),
        (b"$FL2@(#) SPSS", "SPSS"),
        (b"%PDF-1.7", "PDF"),
        (b"PAR1broken", "Parquet"),
    ],
)
def test_other_files_are_named(data, word):
    with pytest.raises(DataError, match=word):
        read_table(io.BytesIO(data))


def test_json_stat_1_and_its_codes():
    inner = {
        "label": "x",
        "dimension": {
            "id": ["region", "kjonn", "what"], "size": [2, 2, 1], "role": {"metric": ["what"]},
            "region": {"category": {"index": ["4204", "1103"], "label": {"4204": "Agder", "1103": "Oslo"}}},
            "kjonn": {"category": {"index": ["1", "Totalt"]}},
            "what": {"category": {"index": ["u"], "label": {"u": "utgift"}}},
        },
        "value": [100, 250, 90, 230],
    }  # fmt: skip
    report = check_file(io.BytesIO(json.dumps({"dataset": inner}).encode()))
    assert report.ok
    assert [issue.rule for issue in report.issues] == ["total-and-parts"]


# -- limits ----------------------------------------------------------------------------------------------------


def test_a_stray_cell_far_away_is_named():
    def stray(sheet):
        sheet["XFD1048576"] = 1

    with pytest.raises(DataError, match="XFD1048576") as caught:
        read_table(book([HEAD, *ROWS], stray))
    assert caught.value.issues[0].rule == "stray-cell"


def test_empty_lines_by_the_hundred_thousand_are_passed_over():
    """A search that begins again at each of them takes minutes; this one is done before the line of units."""
    table = read_table(io.BytesIO(b"unit,cost\nA,1\n" + b"\n" * 300_000 + b"B,2\n"))
    assert [str(cell) for cell in table.cells[0]] == ["A", "B"]


def test_the_line_no_table_has_is_named_among_short_ones():
    short = b"a,b\n" * 1_500_000  # six million bytes in lines of four
    with pytest.raises(DataError) as caught:
        read_table(io.BytesIO(short + b"x" * 4_000_001 + b"\n" + short))
    assert [(issue.rule, issue.cell) for issue in caught.value.issues] == [("too-large", "A1500001")]
    assert "has 4 000 001 characters" in caught.value.issues[0].message


def test_a_workbook_that_is_one_sign_over_and_over_is_refused_packed():
    """Text of 120 million blanks after the cells is packed to a thousandth, and takes minutes to search."""
    whole, swollen = book([HEAD, *ROWS]), io.BytesIO()
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(swollen, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name) + b" " * (120_000_000 if "sheet1" in name else 0))
    swollen.seek(0)
    with pytest.raises(DataError, match=r"sheet1\.xml' in the workbook is 120 ") as caught:
        read_table(swollen)
    assert caught.value.issues[0].rule == "too-large"


def test_a_whole_number_of_400_digits_is_not_finite():
    """JSON and Python have whole numbers beyond any float: refused by their cell, from a file and from a frame."""
    value = {"size": [2, 2], "id": ["unit", "what"], "class": "dataset", "role": {"metric": ["what"]}}
    value["value"] = [10**400, 3, 4, 5]
    ways = {"unit": {"category": {"index": ["A", "B"]}}, "what": {"category": {"index": ["cost", "days"]}}}
    data = io.BytesIO(json.dumps({**value, "dimension": ways}).encode())
    with pytest.raises(DataError) as caught:
        read_units(data, id="unit", inputs=["cost"], outputs=["days"])
    assert "not-finite" in {issue.rule for issue in caught.value.issues}
    frame = pd.DataFrame({"unit": ["A", "B"], "cost": [10**400, 3], "days": [-(10**400), 2]})
    with pytest.raises(DataError) as caught:
        Units.from_frame(frame, id="unit", inputs=["cost"], outputs=["days"])
    assert [issue.rule for issue in caught.value.issues[:2]] == ["not-finite"] * 2


@pytest.mark.parametrize("data", [b"a" * 5_000_000, b";" * 20_000 + b"\n" + b";" * 20_000])
def test_lines_and_rows_no_table_has(data):
    with pytest.raises(DataError) as caught:
        read_table(io.BytesIO(data))
    assert caught.value.issues[0].rule == "too-large"

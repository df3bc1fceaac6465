"""`read_units`: every rule at its cell, nothing dropped, filled or rounded."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bench
from bench.errors import DataError, OptionError
from bench.reading import read_table, read_units
from bench.reading.checks import same_name_key
from bench.reading.totals import is_total

ROLES = {"id": "enhet", "period": "aar", "inputs": ["kostnad"], "outputs": ["timer", "brukere"]}
HEAD = "enhet;aar;kostnad;timer;brukere\n"
GOOD = HEAD + "Nordre;2004;1200000,5;2400;130\nSøndre;2004;980000;2100;95\nVestre;2004;1010000;1900;101\n"


def read(text, encoding="utf-8", **options):
    return read_units(io.BytesIO(text.encode(encoding)), **{**ROLES, **options})


def refused(text, **options):
    with pytest.raises(DataError) as caught:
        read(text, **options)
    return [issue for issue in caught.value.issues if issue.severity == "error"]


def places(text, **options):
    return [(issue.rule, issue.cell, issue.column) for issue in refused(text, **options)]


def warned(text, **options):
    return [(issue.rule, issue.cell) for issue in read(text, **options).warnings]


# -- what is read --------------------------------------------------------------------------------------------------


def test_a_good_file():
    units = read(GOOD, encoding="cp1252")
    assert units.unit_names == ["Nordre", "Søndre", "Vestre"]
    assert units.periods == [2004]
    assert units.X.ravel().tolist() == [1200000.5, 980000.0, 1010000.0]
    assert units.Y.tolist() == [[2400, 130], [2100, 95], [1900, 101]]
    assert units.warnings == ()
    assert units.source.sha256 == hashlib.sha256(GOOD.encode("cp1252")).hexdigest()
    assert units.source.dialect == {
        "format": "csv",
        "encoding": "cp1252",
        "delimiter": ";",
        "header_row": "1",
        "decimal": ",",
    }


def test_it_is_the_public_name():
    assert bench.read_units is read_units


def test_the_dialect_records_every_conversion():
    text = (
        "sep=;\nTittel;;;;\nenhet;aar;kostnad;timer;brukere;andel\n"
        "A;2004;1 200,5;−1;10;5,3 %\nB;2004;1.300,5;-;11;6 %\nC;2004;1 100;7;12;- \n"
    )
    units = read(text, environment=["andel"], accept=["negative-value"])
    assert units.source.dialect == {
        "format": "csv",
        "encoding": "utf-8",
        "sep_line": "yes",
        "delimiter": ";",
        "header_row": "2",
        "title_rows": "1",
        "title": "Tittel",
        "decimal": ",",
        "thousands": "point, space",
        "percent_cells": "2 divided by 100 (andel 2)",
        "nil_cells": "2 '-' read as 0 (timer 1, andel 1)",
        "unicode_minus_cells": "1 − read as a minus (timer 1)",
    }
    assert units.frame["andel"].tolist() == [0.053, 0.06, 0.0]


def test_a_column_that_a_whole_scheme_lacks():
    text = "enhet;ordning;kostnad;timer;dogn\nA;hjemme;10;5;.\nB;hjemme;12;6;\nC;hjem;20;.;7\nD;hjem;22;.;8\n"
    roles = {"id": "enhet", "period": None, "scheme": "ordning", "outputs": ["timer", "dogn"]}
    units = read(text, **roles)
    assert units.for_scheme("hjemme").outputs == ("timer",)
    assert units.for_scheme("hjem").Y.ravel().tolist() == [7, 8]
    assert units.source.dialect["not_applicable_cells"] == "3 '.' read as not applicable (timer 2, dogn 1)"


def test_every_role_is_read():
    text = "enhet;k;y;z;w;p;e\nA;1;2;3;4;5;6\nB;2;3;4;5;6;7\n"
    units = read_units(
        io.BytesIO(text.encode()),
        id="enhet",
        inputs=["k"],
        outputs=["y"],
        environment=["z"],
        input_prices=["w"],
        output_prices=["p"],
        extra=["e"],
    )
    assert list(units.frame.columns) == ["enhet", "k", "y", "z", "w", "p", "e"]
    assert units.environment == ("z",)
    assert units.extra == ("e",)


def test_columns_without_a_role_are_not_read():
    units = read(
        GOOD.replace("brukere\n", "brukere;merknad\n")
        .replace("130\n", "130;1.234 eller #N/A\n")
        .replace("95\n", "95;\n")
        .replace("101\n", "101;x\n")
    )
    assert "merknad" not in units.frame


def test_a_frame_goes_through_the_same_parser():
    frame = pd.DataFrame(
        {
            "enhet": ["A", "B"],
            "aar": [2004, 2004],
            "kostnad": ["1 200,5", "−3"],
            "timer": [1.234, 2.0],
            "brukere": [1, 2],
        }
    )
    with pytest.raises(DataError) as caught:
        read_units(frame, **ROLES)
    assert [(i.rule, i.file, i.cell, i.value) for i in caught.value.issues] == [
        ("negative-value", "DataFrame", "row 1", "−3")
    ]
    frame.loc[1, "kostnad"] = "1 300"
    assert read_units(frame, **ROLES).X.ravel().tolist() == [1200.5, 1300.0]
    assert read_units(frame, **ROLES).Y[0, 0] == 1.234


def test_a_table_that_was_read_already():
    table = read_table(io.BytesIO(GOOD.encode()))
    assert len(read_units(table, **ROLES)) == 3


# -- every rule, with its cell ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Østre;2004;;1900;90", ("empty-cell", "C5", "kostnad")),
        ("Østre;2004;1000000;  ;90", ("empty-cell", "D5", "timer")),
        (";2004;1000000;1900;90", ("empty-cell", "A5", "enhet")),
        ("Østre;;1000000;1900;90", ("empty-cell", "B5", "aar")),
        ("Østre;2004;mye;1900;90", ("not-a-number", "C5", "kostnad")),
        ("Østre;2004;1.000;1900;90", ("scale-jump", "C5", "kostnad")),
        ("Østre;2004;1000000;1.900;90", ("ambiguous-number", "D5", "timer")),
        ("Østre;2004;1000000;..;90", ("missing-value", "D5", "timer")),
        ("Østre;2004;1000000;1900;:", ("suppressed-value", "E5", "brukere")),
        ("Østre;2004;1000000;.;90", ("not-applicable", "D5", "timer")),
        ("Østre;2004;.;1900;90", ("not-applicable", "C5", "kostnad")),
        ("Østre;2004;-1000000;1900;90", ("negative-value", "C5", "kostnad")),
        ("Østre;2004;0;1900;90", ("no-input", "C5", "kostnad")),
        ("Østre;2004;-;1900;90", ("no-input", "C5", "kostnad")),
        ("Østre;2004;1000000;0;0", ("no-output", "D5", "timer")),
        ("Nordre;2004;1000000;1900;90", ("duplicate-unit", "A5", "enhet")),
        ("NORDRE;2004;1000000;1900;90", ("near-duplicate-name", "A5", "enhet")),
        ("Nord re;2004;1000000;1900;90", ("near-duplicate-name", "A5", "enhet")),
        ("I alt;2004;1000000;1900;90", ("total-row", "A5", "enhet")),
        ("Østre;2004;1000000;1900;9 %", ("mixed-percent", "E5", "brukere")),
        ("Østre;2004;1000000.5;1900;90", ("mixed-number-formats", "C5", "kostnad")),
        ("Østre;2004;1e999;1900;90", ("not-finite", "C5", "kostnad")),
        ("Østre;2004;1000,0;1900;90", ("scale-jump", "C5", "kostnad")),
        ("Østre;2004;1000000;1900", ("ragged-row", "E5", "")),
        ("Østre;2004;1000000;1900;90;7", ("ragged-row", "F5", "")),
    ],
)
def test_rule_and_cell(row, expected):
    found = places(GOOD + row + "\n")
    assert expected in found
    issue = next(i for i in refused(GOOD + row + "\n") if (i.rule, i.cell, i.column) == expected)
    assert issue.message
    assert issue.remedy


def test_a_cell_is_reported_once():
    for row in ("Østre;2004;;1900;90", "Østre;2004;mye;0;0", "Østre;2004;..;1900;90"):
        found = places(GOOD + row + "\n")
        assert len({cell for _, cell, _ in found}) == len(found)


def test_unread_cells_do_not_make_further_problems():
    """Whether a unit has any input is not known while one of its inputs cannot be read."""
    text = GOOD.replace("aar;kostnad", "aar;lonn;kostnad").replace(";2004;", ";2004;10;") + "Østre;2004;x;0;5;6\n"
    assert places(text, inputs=["lonn", "kostnad"]) == [("not-a-number", "C5", "lonn")]


def test_every_problem_at_once():
    text = HEAD + "A;2004;x;2400;130\nB;2004;980000;..;95\nB;2004;-1;1.900;101\nSum;2004;5,5,5;0;0\n"
    found = places(text, inputs=["kostnad", "lonn"])
    assert {rule for rule, _, _ in found} >= {
        "missing-column",
        "not-a-number",
        "missing-value",
        "duplicate-unit",
        "negative-value",
        "ambiguous-number",
        "total-row",
    }
    assert found[0] == ("missing-column", "", "lonn")
    rows = [int(cell[1:]) for _, cell, _ in found[1:]]
    assert rows == sorted(rows)


def test_problems_carry_unit_period_file_and_value(tmp_path):
    path = tmp_path / "klient.csv"
    path.write_text(GOOD + "Østre;2004;-5;1900;90\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_units(path, **ROLES)
    issue = next(i for i in caught.value.issues if i.rule == "negative-value")
    assert (issue.file, issue.unit, issue.period, issue.value) == (str(path), "Østre", "2004", "-5")
    frame = caught.value.to_frame()
    assert frame.loc[frame["rule"] == "negative-value", "cell"].tolist() == ["C5"]


def test_missing_id_still_shows_the_other_problems():
    assert places(GOOD.replace("980000", "x"), id="navn") == [
        ("missing-column", "", "navn"),
        ("not-a-number", "C3", "kostnad"),
    ]


def test_column_with_two_roles():
    assert ("two-roles", "", "timer") in places(GOOD, inputs=["kostnad", "timer"])


def test_column_that_stands_twice():
    text = GOOD.replace("timer;brukere", "timer;timer")
    assert places(text, outputs=["timer"]) == [("duplicate-column", "D1", "timer")]
    assert ("duplicate-column", "D1") in warned(text, outputs=["kostnad"], inputs=[])


def test_table_without_rows():
    assert places(HEAD) == [("no-rows", "", "")]


def test_unit_in_two_schemes():
    text = "enhet;aar;ordning;k;y\nA;2004;hjem;1;2\nB;2004;hjem;1;2\nA;2005;annet;1;2\nB;2005;hjem;1;2\n"
    found = places(text, scheme="ordning", inputs=["k"], outputs=["y"])
    assert found == [("unit-in-two-schemes", "C4", "ordning")]


def test_damaged_letters_are_a_warning():
    assert warned(GOOD.replace("Søndre", "SÃ¸ndre")) == [("damaged-text", "A3")]


def test_mixed_encodings_stop_the_run():
    data = GOOD.encode() + "Østre;2004;1000000;1900;90\n".encode("cp1252")
    with pytest.raises(DataError) as caught:
        read_units(io.BytesIO(data), **ROLES)
    assert [(i.rule, i.cell, i.column, i.value) for i in caught.value.issues] == [
        ("mixed-encodings", "A5", "enhet", "Østre")
    ]


# -- accepted rules --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("Østre;2004;-1000000;1900;90", "negative-value"),
        ("Østre;2004;0;1900;90", "no-input"),
        ("Østre;2004;1000000;0;0", "no-output"),
        ("Østre;2004;1000,5;1900;90", "scale-jump"),
        ("nordre;2004;1000000;1900;90", "near-duplicate-name"),
        ("Sum alt;2004;1000000;1900;90", "total-row"),
    ],
)
def test_an_accepted_rule_is_a_warning_and_the_row_stays(row, rule):
    units = read(GOOD + row + "\n", accept=[rule])
    assert len(units) == 4
    assert rule in [issue.rule for issue in units.warnings]


def test_accepted_notes_are_left_out():
    units = read(GOOD + "\nKilde: regnskapet\n", accept=["note-row"])
    assert len(units) == 3
    assert [(i.rule, i.severity, i.value) for i in units.warnings] == [("note-row", "warning", "Kilde: regnskapet")]


@pytest.mark.parametrize("accept", [["scale-jumps"], ["empty-cell"], ["ambiguous-number"], [3], "scale-jump"])
def test_rules_that_cannot_be_accepted(accept):
    with pytest.raises(OptionError, match="accept"):
        read(GOOD, accept=accept)


@pytest.mark.parametrize(
    "options",
    [{"inputs": "kostnad"}, {"inputs": [1]}, {"id": ["enhet"]}, {"period": 3}, {"decimal": ";"}, {"thousands": ";"}],
)
def test_impossible_options(options):
    with pytest.raises(OptionError):
        read(GOOD, **options)


# -- names -----------------------------------------------------------------------------------------------------------


def test_hidden_spaces_are_removed_and_said():
    units = read(GOOD.replace("Nordre;", " Nordre\u00a0;").replace("Vestre;", "Vestre ;"))
    assert units.unit_names == ["Nordre", "Søndre", "Vestre"]
    assert [(i.rule, i.cell, i.value) for i in units.warnings] == [("hidden-space", "A2", " Nordre\u00a0")]
    assert "A2, A4" in units.warnings[0].message


def test_leading_zeros_and_letter_forms_are_the_same_name():
    assert same_name_key("0301") == same_name_key("301")
    assert same_name_key("Nord\u00adre") == same_name_key("nordre")
    assert same_name_key("Brukera\u030ar") == same_name_key("BRUKERÅR")
    assert same_name_key("Straße") == same_name_key("STRASSE")
    assert same_name_key("0301 A") != same_name_key("301 A")
    assert same_name_key("0") == same_name_key("000")


@pytest.mark.parametrize(
    "label", ["Sum", "SUM:", "Totalt", "Total", "I alt", "Delsum sone nord", "Gjennomsnitt", "Mean"]
)
def test_totals(label):
    assert is_total(label)


@pytest.mark.parametrize("label", ["Sumatra", "Totalen", "Ialta", "Alle", "Samletun", "Meander", "0301"])
def test_no_totals(label):
    assert not is_total(label)


def test_a_row_that_is_the_sum_under_another_name():
    text = GOOD + "Østre;2004;1000000;1900;90\nKristiansand;2004;4190000,5;8300;416\n"
    with pytest.raises(DataError) as caught:
        read(text)
    assert [(i.rule, i.cell) for i in caught.value.issues] == [("total-row", "A6")]
    assert read(text, leave_out=["Kristiansand"]).unit_names == ["Nordre", "Søndre", "Vestre", "Østre"]
    assert warned(text.replace("4190000,5", "4190100,5")) == []  # further off than rounding


def test_total_row_makes_no_further_warnings():
    text = (
        GOOD.replace("\nV", "\nNordre;2005;1200000;2400;130\nSøndre;2005;990000;2000;95\nV")
        + "Sum;2004;1000000;1900;90\n"
    )
    with pytest.raises(DataError) as caught:
        read(text)
    assert [(i.rule, i.unit) for i in caught.value.issues] == [("total-row", "Sum"), ("vanishing-unit", "Vestre")]


# -- periods ---------------------------------------------------------------------------------------------------------


def test_units_that_come_and_go():
    rows = [("A", 2003), ("A", 2004), ("A", 2005), ("B", 2003), ("C", 2004), ("C", 2005), ("D", 2003), ("D", 2005)]
    text = HEAD + "".join(f"{name};{year};1000;200;30\n" for name, year in rows)
    units = read(text)
    assert [(i.rule, i.cell, i.unit, i.period) for i in units.warnings] == [
        ("vanishing-unit", "A5", "B", "2003"),
        ("new-unit", "A6", "C", "2004"),
        ("vanishing-unit", "A8", "D", "2003"),
    ]
    assert "back in 2005" in units.warnings[2].message


def test_periods_are_ordered_as_numbers():
    text = HEAD + "A;9;1000;200;30\nA;10;1000;200;30\nB;10;1000;200;30\n"
    assert warned(text) == [("new-unit", "A4")]


def test_period_that_is_text_among_years():
    text = HEAD + "A;2003;10;2;3\nA;2004;10;2;3\nA;2005*;10;2;3\n"
    units = read(text)
    assert [(i.rule, i.cell) for i in units.warnings] == [("mixed-period", "B4")]
    assert units.periods == ["2003", "2004", "2005*"]


def test_measure_that_changes_between_years():
    rows = [(2003, 1_200_000), (2004, 1_250_000), (2005, 1_280), (2006, 1_300_000)]
    text = HEAD + "".join(f"A;{year};{cost};2400;130\n" for year, cost in rows)
    found = refused(text)
    assert [(i.rule, i.cell, i.unit, i.period) for i in found] == [("scale-jump", "C4", "A", "2005")]
    assert "other periods" in found[0].message
    assert "977 times smaller" in found[0].message
    found = refused(text.replace("1280", "1e-300"))
    assert "more than 1,000,000,000,000 times smaller than the unit's own value" in found[0].message
    found = refused(text.replace("1280", "1e300"))
    assert "more than 1,000,000,000,000 times larger than the unit's own value" in found[0].message


def test_zero_volumes_are_one_warning_per_column():
    text = GOOD.replace("2400;130", "2400;0").replace("2100;95", "2100;-")
    units = read(text)
    assert [(i.rule, i.cell, i.column) for i in units.warnings] == [("zero-volume", "E2", "brukere")]
    assert "2 values are zero (E2, E3)" in units.warnings[0].message


def test_long_lists_of_cells_are_cut():
    text = HEAD + "".join(f"U{k};2004;1000;20;0\n" for k in range(30))
    assert "E11 and 20 more" in read(text).warnings[0].message


def test_exponents_are_a_warning():
    assert warned(GOOD.replace("980000", "9,8E+05")) == [("scientific-notation", "C3")]


def test_columns_with_different_decimal_signs_are_a_warning():
    units = read(GOOD.replace("2400;", "2400.5;"))
    assert [i.rule for i in units.warnings] == ["mixed-decimals"]
    assert units.source.dialect["decimal"] == "',' in kostnad; '.' in timer"


# -- properties ------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.floats(1, 9e5), st.floats(1, 9e3)), min_size=1, max_size=12),
    st.sampled_from([";", "\t", ","]),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    st.sampled_from([(",", "\u00a0"), (",", " "), (",", "."), (".", ","), (".", ""), (",", "")]),
    st.integers(0, 3),
    st.booleans(),
)
def test_any_dialect_gives_the_same_numbers(values, sign, encoding, signs, titles, sep):
    decimal, group = signs

    def written(x):
        text = f"{x:,.2f}".replace(",", "G").replace(".", decimal).replace("G", group)
        return f'"{text}"' if sign in text else text

    lines = [f"Tittel{sign * 2}"] * titles + [sign.join(["enhet", "kostnad", "timer"])]
    lines += [sign.join([f"Ø{k}", written(x), written(y)]) for k, (x, y) in enumerate(values)]
    text = "\r\n".join([f"sep={sign}"] * sep + lines) + "\r\n"
    units = read_units(
        io.BytesIO(text.encode(encoding)), id="enhet", inputs=["kostnad"], outputs=["timer"], accept=["scale-jump"]
    )
    assert units.unit_names == [f"Ø{k}" for k in range(len(values))]
    # What is written is what Python's formatting rounds to, which differs from numpy's rounding at a half.
    wanted = [[float(f"{x:.2f}"), float(f"{y:.2f}")] for x, y in values]
    assert np.hstack([units.X, units.Y]).tolist() == wanted


CELLS = st.sampled_from(
    ["1", "-2", "0", "", ".", "..", ":", "-", "x", "1.234", "1,5", "2.5", "5 %", "#N/A", "A", "Sum"]
)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(*[CELLS] * 5), min_size=1, max_size=6))
def test_whatever_the_cells_hold_there_is_a_table_or_a_list_of_problems(rows):
    text = HEAD + "".join(";".join(row) + "\n" for row in rows)
    units, issues = attempt(text)
    assert all(issue.rule and issue.message and issue.remedy for issue in issues)
    if units is None:
        assert any(issue.severity == "error" for issue in issues)
    else:
        assert all(issue.severity == "warning" for issue in issues)
        assert len(units) == sum(any(cell for cell in row) for row in rows)


def attempt(text):
    try:
        units = read(text)
    except DataError as error:
        return None, error.issues
    return units, units.warnings

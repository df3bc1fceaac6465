"""`check_file`: a report of what is in a file, with and without roles, that never refuses the data."""

from __future__ import annotations

import io
import math

import pandas as pd
import pytest

from bench.errors import OptionError, ResourceError
from bench.reading import check_file
from bench.reading.profile import ColumnProfile

TEXT = (
    "Regnskap;;;;;;;\n"
    "kommunenr;enhet;år;ordning;driftskostnad;hjemmehjelp_timer;andel eldre;merknad\n"
    "0301;Nordre;2004;hjemme;1 200 000,5;2400;5,3 %;\n"
    "0302;Søndre;2004;hjemme;980 000;2.100;4,1 %;flyttet\n"
    "0303;Vestre;2004;hjemme;;..;6 %;1.234\n"
)
ROLES = {"id": "enhet", "period": "år", "inputs": ["driftskostnad"], "outputs": ["hjemmehjelp_timer"]}


def report(text=TEXT, **options):
    return check_file(io.BytesIO(text.encode("cp1252")), **options)


def test_profile_without_roles():
    found = report()
    assert found.shape == (3, 8)
    assert [(c.name, c.cell, c.kind, c.role) for c in found.columns] == [
        ("kommunenr", "A2", "code", ""),
        ("enhet", "B2", "text", "id"),
        ("år", "C2", "period", "period"),
        ("ordning", "D2", "text", "scheme"),
        ("driftskostnad", "E2", "number", "inputs"),
        ("hjemmehjelp_timer", "F2", "number", "outputs"),
        ("andel eldre", "G2", "share", "environment"),
        ("merknad", "H2", "text", ""),
    ]
    cost = found.columns[4]
    assert (cost.filled, cost.distinct, cost.smallest, cost.largest) == (2, 2, 980000.0, 1200000.5)
    assert math.isnan(found.columns[1].largest)
    assert found.dialect["encoding"] == "cp1252"
    assert found.dialect["header_row"] == "2"
    assert found.dialect["decimal"] == ","
    assert found.dialect["percent_cells"] == "3 divided by 100 (andel eldre 3)"
    assert found.units is None


def test_names_are_looked_at_without_roles():
    found = report("enhet;kostnad\nNordre;1\nNORDRE;2\nVestre ;3\nSum;6\n")
    assert [(i.rule, i.cell) for i in found.issues] == [
        ("near-duplicate-name", "A3"),
        ("total-row", "A5"),
        ("hidden-space", "A4"),
    ]


def test_number_problems_without_roles():
    assert [(i.rule, i.cell) for i in report().errors] == [("ambiguous-number", "F4"), ("missing-value", "F5")]
    assert [(i.rule, i.cell) for i in report(decimal=",").errors] == [("missing-value", "F5")]
    assert not report().ok


def test_with_roles_every_problem_is_there():
    found = report(**ROLES)
    assert [(i.rule, i.cell) for i in found.errors] == [
        ("ambiguous-number", "F4"),
        ("empty-cell", "E5"),
        ("missing-value", "F5"),
    ]
    assert found.units is None
    assert [c.role for c in found.columns] == ["", "id", "period", "", "inputs", "outputs", "", ""]


def test_good_file_with_roles_has_units():
    found = report(TEXT.replace(";;..;", ";1 000 000;1900;").replace("2.100", "2100"), **ROLES)
    assert found.ok
    assert len(found.units) == 3
    assert found.dialect == dict(found.units.source.dialect)
    assert found.sha256 == found.units.source.sha256


def test_summary_is_readable():
    text = report().summary()
    for part in ("3 rows, 8 columns", "encoding: cp1252", "driftskostnad", "980 000", "2 errors, 0 warnings", "F4"):
        assert part in text
    assert "2 errors" in repr(report())
    assert "<pre " in report()._repr_html_()


def test_suggested_call_runs(tmp_path):
    import bench

    path = tmp_path / "klient.csv"
    path.write_text("enhet;aar;kostnad;timer;besøk;reisetid\nA;2004;10,5;1;2;3\nB;2004;11;1;2;3\n", encoding="utf-8")
    found = check_file(path)
    assert found.ok
    assert found.suggestion in found.summary()
    units = eval(found.suggestion, {"bench": bench})
    assert units.inputs == ("kostnad",)
    assert units.outputs == ("timer", "besøk")
    assert units.environment == ("reisetid",)


def test_no_suggestion_without_id_input_and_output():
    assert report("a;b\nx;1\nx;2\n").suggestion == ""


def test_frames():
    found = report()
    assert found.to_frame()["rule"].tolist() == ["ambiguous-number", "missing-value"]
    columns = found.columns_frame()
    assert list(columns.columns) == list(ColumnProfile.__dataclass_fields__)
    assert columns["kind"].tolist()[0] == "code"
    assert report("a;b\nx;1\n").to_frame().empty


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2"], "whole number"),
        (["1,5", "2"], "number"),
        (["0,5", "0,25"], "share"),
        (["5 %", "7 %"], "share"),
        (["0301", "1103"], "code"),
        (["2003", "2004"], "period"),
        (["20030", "20040"], "whole number"),
        (["31.12.2003", "1.1.2004"], "date"),
        (["2003-12-31", ""], "date"),
        (["x", "y"], "text"),
        (["1", "2", "x"], "mixed"),
        (["", ""], "empty"),
        (["..", ":"], "number"),
        ([".", "."], "empty"),
        (["1.234", "1.235"], "number"),
    ],
)
def test_kinds(cells, kind):
    text = "enhet;v\n" + "".join(f"u{k};{cell}\n" for k, cell in enumerate(cells))
    assert report(text).columns[1].kind == kind


def test_several_sheets_are_looked_at_one_at_a_time(tmp_path):
    path = tmp_path / "bok.xlsx"
    with pd.ExcelWriter(path) as writer:
        for name in ("A", "B"):
            pd.DataFrame({"enhet": ["x", "y"], "kostnad": [1, 2], "timer": [3, 4]}).to_excel(writer, sheet_name=name)
    found = check_file(path)
    assert found.sheet == "A"
    assert [(i.rule, i.severity) for i in found.issues if i.rule == "ambiguous-sheet"] == [
        ("ambiguous-sheet", "warning")
    ]
    assert check_file(path, sheet="B").issues[-1].rule != "ambiguous-sheet"


def test_what_cannot_be_read_is_a_report(tmp_path):
    path = tmp_path / "tom.csv"
    path.write_bytes(b"")
    found = check_file(path)
    assert [(i.rule, i.file) for i in found.errors] == [("empty-file", str(path))]
    assert found.shape == (0, 0)
    assert "1 error, 0 warnings" in found.summary()


def test_what_is_not_the_datas_fault_is_raised(tmp_path):
    with pytest.raises(ResourceError):
        check_file(tmp_path / "mangler.csv")
    with pytest.raises(OptionError):
        report(inputs="kostnad")
    with pytest.raises(OptionError):
        report(decimal=";")


def test_frame_is_profiled_too():
    found = check_file(pd.DataFrame({"unit": ["A", "B"], "cost": [1.5, 2.5], "hours": ["1 000", "2 000"]}))
    assert [c.role for c in found.columns] == ["id", "inputs", "outputs"]
    assert found.dialect["text_cells"] == "2 stored as text (hours 2)"


def test_years_are_not_grouped_like_amounts() -> None:
    text = check_file(io.BytesIO(b"enhet;aar;kostnad\nA;2004;12000,5\nB;2005;13000,5\n")).summary()
    assert "2004" in text
    assert "2 004" not in text
    assert "12 000.5" in text

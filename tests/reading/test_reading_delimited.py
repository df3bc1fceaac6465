"""Text files in every dialect, made as bytes."""

from __future__ import annotations

import codecs
import csv
import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import DataError, OptionError
from bench.reading import read_table
from bench.reading.files.delimited import read_delimited

TEXT = "enhet;kostnad;timer\nNordre;1 200,5;30\nSøndre;980,25;40\n"


def rule_of(data, **options):
    with pytest.raises(DataError) as caught:
        read_delimited(data, **options)
    return caught.value.issues[0].rule


def issues_of(data, **options):
    return [(issue.rule, issue.cell, issue.value) for issue in read_delimited(data, **options).issues]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (TEXT.encode("utf-8"), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8 with byte-order mark"),
        (TEXT.encode("cp1252"), "cp1252"),
        (TEXT.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.replace("ø", "o").encode("ascii"), "ascii"),
    ],
)
def test_encodings_are_found(data, name):
    grid = read_delimited(data)
    assert grid.dialect["encoding"] == name
    assert grid.rows[2][0].replace("o", "ø") == "Søndre"
    assert grid.issues == []


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "mac-roman"])
def test_encoding_that_is_given(encoding):
    assert read_delimited(TEXT.encode(encoding), encoding=encoding).rows[2][0] == "Søndre"


def test_given_utf8_may_have_a_mark():
    grid = read_delimited(TEXT.encode("utf-8-sig"), encoding="utf-8")
    assert grid.rows[0][0] == "enhet"


def test_mixed_encodings_are_reported_at_their_cells():
    data = TEXT.encode("utf-8") + "Lærdal;1;2\n".encode("cp1252") + b"Oslo;1;2\n"
    assert issues_of(data) == [("mixed-encodings", "A4", "Lærdal")]


def test_bytes_that_are_in_no_encoding():
    assert issues_of(b"enhet;v\nS\xf8r;1\nN\x81rd;2\n") == [("encoding", "A3", "N�rd")]
    assert issues_of(b"enhet;v\nS\xf8r;1\n", encoding="utf-8") == [("encoding", "A2", "Sør")]
    assert rule_of(b"\xff\xfea", encoding="utf-16") == "encoding"


def test_text_damaged_earlier_is_a_warning():
    twice = "Sørum".encode().decode("cp1252")
    grid = read_delimited(f"enhet;v\n{twice};1\nB\ufffd;2\nÂse;3\n".encode())
    assert [(issue.rule, issue.severity, issue.cell) for issue in grid.issues] == [
        ("damaged-text", "warning", "A2"),
        ("damaged-text", "warning", "A3"),
    ]
    assert "'Sørum'" in grid.issues[0].message


@pytest.mark.parametrize("sign", [";", ",", "\t"])
def test_delimiters_are_found(sign):
    grid = read_delimited(f"enhet{sign}kostnad{sign}timer\nA{sign}1{sign}2\nB{sign}3{sign}4\n".encode())
    assert grid.rows[2] == ["B", "3", "4"]
    assert grid.dialect["delimiter"] == {"\t": "tab"}.get(sign, sign)


def test_decimal_commas_do_not_look_like_delimiters():
    assert read_delimited(b"enhet;a;b\nA;1,5;2,5\nB;3,5;4,5\n").dialect["delimiter"] == ";"
    assert read_delimited(b"enhet\ta\tb\nA\t1,5\t2,5\nB\t3,5\t4,5\n").dialect["delimiter"] == "tab"
    assert read_delimited(b"enhet;a\nA;1,5\nB;3,5\n").dialect["delimiter"] == ";"


def test_wanted_columns_decide_between_delimiters():
    data = b"a,b;c,d\n1,2;3,4\n1,2;3,4\n"
    assert read_delimited(data).dialect["delimiter"] == ";"
    assert read_delimited(data, columns=["a,b", "c,d"]).dialect["delimiter"] == ";"
    assert read_delimited(data, columns=["a", "d"]).dialect["delimiter"] == ","


def test_one_column_has_no_delimiter():
    grid = read_delimited(b"enhet\nA\nB\n")
    assert grid.dialect["delimiter"] == "none"
    assert grid.rows == [["enhet"], ["A"], ["B"]]


@pytest.mark.parametrize("line", ["sep=;\n", "sep=;\r\n", '"sep=;"\n', "SEP=;\n", "sep=;;;\n"])
def test_sep_line_is_no_row(line):
    grid = read_delimited(line.encode() + b"a;b,c\n1;2,5\n")
    assert grid.rows == [["a", "b,c"], ["1", "2,5"]]
    assert grid.dialect["sep_line"] == "yes"
    assert grid.dialect["delimiter"] == ";"


def test_sep_line_after_a_mark_and_with_another_sign():
    grid = read_delimited("sep=|\na|b\n1|2\n".encode("utf-8-sig"))
    assert grid.rows == [["a", "b"], ["1", "2"]]


def test_given_delimiter():
    assert read_delimited(b"a|b\n1|2\n", delimiter="|").rows[1] == ["1", "2"]
    assert read_delimited(b"a\tb\n1\t2\n", delimiter="tab").rows[1] == ["1", "2"]


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n", 3])
def test_impossible_delimiter(delimiter):
    with pytest.raises(OptionError, match="delimiter"):
        read_delimited(b"a;b\n", delimiter=delimiter)


@pytest.mark.parametrize("encoding", ["no-such", 3])
def test_impossible_encoding(encoding):
    with pytest.raises(OptionError, match="encoding"):
        read_delimited(b"a;b\n", encoding=encoding)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end):
    grid = read_delimited(f"a;b{end}1;2{end}{end}3;4".encode())
    assert grid.rows == [["a", "b"], ["1", "2"], [], ["3", "4"]]


def test_quoted_cells():
    grid = read_delimited(b'name;"no;te"\n"A ""x"" B";"one;two"\n"C\nD";3\n')
    assert grid.rows == [["name", "no;te"], ['A "x" B', "one;two"], ["C\nD", "3"]]
    assert list(grid.issues) == []


@pytest.mark.parametrize("text", ['a;b\n"x;1\n"y";2\n', 'a;b\n"x;1\ny;2\n'])
def test_open_quotation_mark(text):
    assert rule_of(text.encode()) == "bad-quoting"


def test_quoted_cell_that_swallows_rows():
    assert issues_of(b'a;b\n"x;1\ny";2\n') == [("bad-quoting", "A2", "x;1\ny")]


def test_end_of_file_sign_of_old_systems():
    assert read_delimited(b"a;b\r\n1;2\r\n\x1a").rows == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize("data", [b"", b"  \n\n", b"\xef\xbb\xbf", b"sep=;\n"])
def test_nothing_in_the_file(data):
    assert rule_of(data) == "empty-file"


def test_binary_garbage():
    assert rule_of(bytes(range(256)) * 20) == "not-a-table"
    assert rule_of(b"a;b\x01\x02\x03\n" * 100) == "not-a-table"


def test_utf16_without_a_mark_is_explained():
    with pytest.raises(DataError, match="utf-16-le"):
        read_delimited("enhet;kostnad\nA;1\n".encode("utf-16-le"))


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.lists(st.text(alphabet='aÅb1,;. "\n', max_size=6), min_size=3, max_size=3), min_size=1, max_size=6),
    st.sampled_from([";", ",", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
)
def test_what_the_standard_writer_wrote_comes_back(rows, sign, encoding):
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=sign).writerows([["one", "two", "three"], *rows])
    grid = read_delimited(buffer.getvalue().encode(encoding), delimiter=sign)
    assert grid.rows == [["one", "two", "three"], *rows]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(-1e9, 1e9).map(lambda x: round(x, 3)), min_size=1, max_size=8), st.sampled_from(",."))
def test_what_pandas_wrote_comes_back(numbers, decimal):
    frame = pd.DataFrame({"enhet": [f"u{k}" for k in range(len(numbers))], "v": numbers, "w": numbers[::-1]})
    data = frame.to_csv(index=False, sep=";", decimal=decimal).encode()
    table = read_table(io.BytesIO(data))
    assert [float(cell.replace(",", ".")) for cell in table.column("v")] == numbers

"""Files of other programs: Stata, Parquet, PC-Axis and JSON records are read, the rest is named for what it is."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from bench.errors import DataError, Issue
from bench.reading.values.measures import heard, names_money

#: Where another file altogether is wanted: the way out then names every kind that is read.
_ANY_TABLE = ""
_SAVE = "open it in a spreadsheet and save it as xlsx or CSV"
#: First bytes of files that are often taken for a table, what they are, and the way out.
_NOT_TABLES = (
    (b"%PDF", "a PDF document", _ANY_TABLE),
    (b"\x1f\x8b", "a compressed file (gzip)", "unpack it and give the file inside"),
    (b"$FL2", "an SPSS file", "save it as CSV, xlsx or Stata (.dta) in SPSS"),
    (b"$FL3", "an SPSS file", "save it as CSV, xlsx or Stata (.dta) in SPSS"),
    (b"RDX", "an R data file", "write it as CSV in R: write.csv2(x, 'data.csv', row.names = FALSE)"),
    (b"<!DOCTYPE", "a web page (HTML), whatever its name", _SAVE),
    (b"<html", "a web page (HTML), whatever its name", _SAVE),
    (b"<table", "a table of a web page (HTML), whatever its name", _SAVE),
    (b"<head", "a web page (HTML), whatever its name", _SAVE),
    (b"<meta", "a web page (HTML), whatever its name", _SAVE),
    (b"<?xml", "an XML file", _SAVE),
    (b"ASCII SPSS PORT FILE", "an SPSS file", "save it as CSV, xlsx or Stata (.dta) in SPSS"),
    (b"HEADER RECORD*******LIB", "a SAS transport file", "write it as CSV in SAS: proc export"),
    (b"ARROW1", "an Arrow (Feather) file", "write it as Parquet or CSV"),
    (b"FEA1", "an Arrow (Feather) file", "write it as Parquet or CSV"),
    (b"ORC", "an ORC file", "write it as Parquet or CSV"),
    (b"SQLite format 3", "a database (SQLite)", "export the table as CSV"),
    (b"\x89PNG", "a picture", _ANY_TABLE),
    (b"\xff\xd8\xff", "a picture", _ANY_TABLE),
    (b"7z\xbc\xaf", "a compressed file (7z)", "unpack it and give the file inside"),
    (b"Rar!", "a compressed file (rar)", "unpack it and give the file inside"),
    (b"BZh", "a compressed file (bzip2)", "unpack it and give the file inside"),
    (b"{\\rtf", "a word-processor document", _ANY_TABLE),
)
#: What stands at byte 12 of a SAS data set.
_SAS = bytes.fromhex("c2ea8160b31411cf")
_STATA = re.compile(rb"<stata_dta>|[\x69-\x73][\x01\x02]\x01\x00")
#: A record on a line of its own, with another below it.
_JSON_LINES = re.compile(rb"\{[^{}\n]*\}\s*\r?\n\s*\{")
_PX = re.compile(
    rb"\s*(?:CHARSET|AXIS-VERSION|CODEPAGE|LANGUAGE|CREATION-DATE|MATRIX|DECIMALS|SUBJECT-AREA|SUBJECT-CODE)\s*="
)


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """A table without cells of its own: names, values, and what is said of their measures.

    Attributes
    ----------
    format : str
    columns : tuple of str
    cells : tuple of sequences
    measures : tuple of str
        One text per column; empty where nothing is said.
    dialect : Mapping of str to str
    notes : tuple of str
        What the file says of the whole table.
    """

    format: str
    columns: tuple[str, ...]
    cells: tuple[Sequence[Any], ...]
    measures: tuple[str, ...]
    dialect: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def refuse_known(data: bytes) -> None:
    """Refuse what is no table, by its first bytes.

    Raises
    ------
    DataError
        Rule ``not-a-table``.
    """
    start = data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()
    if data[4:19] in (b"Standard Jet DB", b"Standard ACE DB"):
        raise DataError(
            [Issue("not-a-table", "the file is a database (Access), not a table", "export the table as CSV")]
        )
    if data[12:20] == _SAS:
        raise DataError([Issue("not-a-table", "the file is a SAS file", "write it as CSV in SAS: proc export")])
    for mark, kind, remedy in _NOT_TABLES:
        if start[: len(mark)].lower() == mark.lower():
            raise DataError([Issue("not-a-table", f"the file is {kind}, not a table", remedy or _any_table())])


def other_format(data: bytes) -> Columns | None:
    """Read a file that is neither delimited text, workbook nor JSON-stat; None when it is one of those.

    Raises
    ------
    DataError
        When it is such a file and cannot be read.
    """
    start = data[:4096].removeprefix(b"\xef\xbb\xbf")
    return next((kind.read(data) for kind in KINDS if kind.recognised(start)), None)


def _any_table() -> str:
    *others, last = [kind.name for kind in KINDS]
    return f"give a CSV file, a workbook (xlsx, xls, ods), JSON-stat, {', '.join(others)} or {last}"


def _damaged(kind: str, error: Exception) -> DataError:
    text = " ".join(str(error).split())[:200]
    return DataError(
        [Issue("not-a-table", f"the {kind} file cannot be read: {text}", "save it anew, or as CSV or xlsx")]
    )


def _stata(data: bytes) -> Columns:
    import pandas as pd

    try:
        with pd.read_stata(io.BytesIO(data), iterator=True, convert_categoricals=True) as reader:
            frame = reader.read()  # type: ignore[attr-defined]
            labels = reader.variable_labels()
            about = str(reader.data_label or "")
    except Exception as error:  # the reader raises whatever the damage leads to
        raise _damaged("Stata", error) from None
    made = _of_frame("Stata", frame, {name: str(label) for name, label in labels.items()})
    return replace(made, dialect={"title": about} if about else {})


def _parquet(data: bytes) -> Columns:
    try:
        import polars
    except ImportError:
        message = "the file is a Parquet file, and the package that reads it is not installed"
        remedy = "pip install 'stykkpris[parquet]', or save the table as CSV or xlsx"
        raise DataError([Issue("not-a-table", message, remedy)]) from None
    try:
        frame = polars.read_parquet(io.BytesIO(data))
    except Exception as error:  # the reader raises whatever the damage leads to
        raise _damaged("Parquet", error) from None
    names = tuple(frame.columns)
    whole = [column.dtype.is_numeric() and not column.null_count() for column in frame]
    cells = tuple(column.to_numpy() if plain else column.to_list() for column, plain in zip(frame, whole, strict=True))
    return Columns("Parquet", names, cells, names)


def _of_frame(kind: str, frame: Any, labels: Mapping[str, str]) -> Columns:
    names = tuple(str(name) for name in frame.columns)
    cells = tuple(
        column.to_numpy() if column.dtype.kind in "iuf" else column.astype(object).where(column.notna(), None).tolist()
        for column in (frame.iloc[:, k] for k in range(frame.shape[1]))
    )
    return Columns(kind, names, cells, tuple(f"{name} {labels.get(name, '')}".strip() for name in names))


def _record_lines(data: bytes) -> Columns:
    lines = data.removeprefix(b"\xef\xbb\xbf").strip().replace(b"\r", b"").split(b"\n")
    return _records(b"[" + b",".join(line for line in lines if line.strip()) + b"]")


def _records(data: bytes) -> Columns:
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _damaged("JSON", error) from None
    if not content or not all(isinstance(record, dict) for record in content):
        message = "the file is JSON, but not a list of records with one value per column"
        raise DataError([Issue("not-a-table", message, _any_table())])
    names = tuple(dict.fromkeys(str(name) for record in content for name in record))
    odd = [name for record in content for name, value in record.items() if isinstance(value, (dict, list))]
    if odd:
        message = f"the records hold lists or records of their own (under {odd[0]!r})"
        raise DataError([Issue("not-a-table", message, "give one value per column, or save the table as CSV")])
    cells = tuple([record.get(name) for record in content] for name in names)
    return Columns("JSON records", names, cells, names)


# -- PC-Axis -------------------------------------------------------------------------------------------------

_KEYWORD = re.compile(
    r'\s*(?P<name>[A-Z][A-Z0-9-]*)(?P<tongue>\[[^\]]*\])?(?:\((?P<of>"[^"]*"(?:,"[^"]*")*)\))?\s*=(?P<value>(?:"[^"]*"|[^";])*);',
    re.DOTALL,
)
_TEXT = re.compile(r'"([^"]*)"')
_VALUE = re.compile(r'"[^"]*"|[^\s,;"]+')
#: Signs for a missing value in PC-Axis, and what they are elsewhere here.
_PX_SIGNS = {'"."': ".", '".."': "..", '"..."': "..", '"...."': "..", '"-"': "-", '":"': ":", '"......"': ".."}


def read_pcaxis(data: bytes) -> Columns:
    """Read a PC-Axis file (``.px``): one row per combination of the stub's values, one column per value of the heading.

    Raises
    ------
    DataError
        Rule ``not-a-table`` when a part is missing or the numbers are not as many as the variables ask for.

    Notes
    -----
    PX file format specification, Statistics Sweden (2013), keywords STUB, HEADING, VALUES, CODES, DATA, UNITS.
    """
    page = re.search(rb'CODEPAGE\s*=\s*"([^"]+)"', data[:4096])
    try:
        text = data.decode("utf-8-sig" if page is None and _is_utf8(data) else (page[1].decode() if page else "cp1252"))
    except (LookupError, UnicodeDecodeError) as error:
        raise _damaged("PC-Axis", error) from None
    head, sign, tail = text.partition("DATA=")
    words: dict[tuple[str, str], list[str]] = {}
    for match in _KEYWORD.finditer(head):
        if match["tongue"]:  # the file's own language counts; translations say the same once more
            continue
        words.setdefault(
            (match["name"], (match["of"] or "").strip('"')), _TEXT.findall(match["value"]) or [match["value"].strip()]
        )
    stub, heading = words.get(("STUB", ""), []), words.get(("HEADING", ""), [])
    lists = {name: words.get(("VALUES", name), []) for name in (*stub, *heading)}
    if not sign or not lists or not all(lists.values()):
        raise _damaged("PC-Axis", ValueError("STUB, HEADING, VALUES or DATA is missing"))
    values = [_PX_SIGNS.get(value, value.strip('"')) for value in _VALUE.findall(tail.rpartition(";")[0] or tail)]
    rows = list(product(*(range(len(lists[name])) for name in stub)))
    columns = list(product(*(lists[name] for name in heading)))
    if len(values) != len(rows) * len(columns):
        wanted = len(rows) * len(columns)
        raise _damaged("PC-Axis", ValueError(f"there are {len(values)} numbers where the variables ask for {wanted}"))
    names, cells, measures = [], [], []
    for place, name in enumerate(stub):
        codes = words.get(("CODES", name), [])
        if codes and codes != lists[name] and len(codes) == len(lists[name]):
            names.append(f"{name} (code)")
            cells.append([codes[row[place]] for row in rows])
            measures.append("")
        names.append(name)
        cells.append([lists[name][row[place]] for row in rows])
        measures.append("")
    common = " ".join(words.get(("UNITS", ""), []))
    for position, labels in enumerate(columns):
        name = ", ".join(labels) if labels else "value"
        units = [" ".join(words.get(("UNITS", label), [])) for label in labels]
        names.append(name)
        cells.append([values[row * len(columns) + position] for row in range(len(rows))])
        measures.append(" ".join([name, *filter(None, units)]) if any(units) else _with_common(name, common))
    title = "".join(words.get(("TITLE", ""), []))
    notes = ["".join(words.get((word, ""), [])) for word in ("NOTE", "NOTEX", "INFO", "CONTENTS")]
    found = {"title": title} if title else {}
    return Columns("PC-Axis", tuple(names), tuple(cells), tuple(measures), found, tuple(filter(None, notes)))


def _with_common(name: str, common: str) -> str:
    """The one measure of a whole cube says nothing of a quantity that is counted when it speaks of money."""
    measure = heard(common)
    return (
        name if measure is not None and measure.currency and names_money(name) is False else f"{name} {common}".strip()
    )


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True


# -- the kinds -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is read.

    Attributes
    ----------
    name : str
        What it is called in a refusal and in the guide.
    recognised : callable
        Whether a file that begins with these bytes is one; the name of a file is never looked at.
    read : callable
        From the bytes of the whole file to columns.
    """

    name: str
    recognised: Callable[[bytes], object]
    read: Callable[[bytes], Columns]


#: In the order in which a file is tried.
KINDS = (
    Kind("PC-Axis", _PX.match, read_pcaxis),
    Kind("Stata", _STATA.match, _stata),
    Kind("Parquet", lambda start: start.startswith(b"PAR1"), _parquet),
    Kind("JSON records", lambda start: start.lstrip().startswith(b"["), _records),
    Kind("JSON lines", lambda start: _JSON_LINES.match(start.lstrip()), _record_lines),
)

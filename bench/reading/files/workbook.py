"""Workbooks (xlsx, xlsb, xls, ods): bytes to one grid per sheet, with text cells left as text."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from bench.errors import DataError, Issue
from bench.reading.addresses import a1, address_key
from bench.reading.files.biff import biff_facts
from bench.reading.files.biff12 import biff12_facts
from bench.reading.files.entities import unescaped
from bench.reading.files.ods_facts import ods_facts
from bench.reading.files.workbook_facts import (
    SheetFacts,
    excel_facts,
    excel_formats,
    excel_remarks,
    refuse_huge_part,
    refuse_stray_cell,
)
from bench.reading.grid import Grid
from bench.reading.values.numbers import Share

ZIP_MARK = b"PK\x03\x04"
OLE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

#: What the readers of workbook and archive raise on damaged bytes, besides CalamineError.
_DAMAGE = (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, LookupError, ValueError)

#: A workbook whose records do not add up is judged by its reader.
_RECORDS = (struct.error, IndexError, MemoryError)

_BOF = b"\x09\x08\x10\x00"
_FILEPASS = b"\x2f\x00"
_BOF_LENGTH = 20
_LARGEST_MERGE = 10_000
_SHEET = re.compile(r"<(?:\w+:)?sheet\b([^>]*)>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_CELL = re.compile(rb'<c\b[^>]*?\br="([A-Z]+[0-9]+)"([^>]*?)(?:/>|>(.*?)</c>)', re.DOTALL)
_VALUE = re.compile(rb"<v[^>]*>(.*?)</v>", re.DOTALL)


def is_workbook(data: bytes) -> bool:
    """Tell by the first bytes whether this may be a workbook, whatever the file is called."""
    return data.startswith((ZIP_MARK, OLE_MARK))


def read_workbook(data: bytes) -> list[Grid]:
    """Read every worksheet of a workbook.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    list of Grid
        In the order of the workbook, hidden sheets included. A cell whose formula failed holds the error's text
        (``#DIV/0!``); in xlsx a cell whose formula was never calculated is an issue of rule
        ``uncalculated-formula``.

    Raises
    ------
    DataError
        Rules ``password`` and ``corrupt-workbook``.
    """
    from python_calamine import CalamineError

    try:
        return _grids(data, _format(data))
    except DataError:
        raise
    except BaseException as error:  # a damaged xls makes the reader panic, which is no Exception
        if not isinstance(error, (*_DAMAGE, CalamineError)) and type(error).__name__ != "PanicException":
            raise
        message = f"the workbook cannot be opened, it seems damaged: {error}"
        remedy = "open it in a spreadsheet, save it under a new name and try again"
        raise DataError([Issue("corrupt-workbook", message, remedy)]) from None


def _grids(data: bytes, kind: str) -> list[Grid]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    beside = _facts(data, kind)
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    grids = []
    for sheet in book.sheets_metadata:
        if sheet.typ != SheetTypeEnum.WorkSheet:
            continue
        table = book.get_sheet_by_name(sheet.name)
        rows = table.to_python(skip_empty_area=False)
        facts, xml, failed = beside.get(sheet.name, (SheetFacts(), b"", {}))
        _mark_percents(rows, facts)
        for (row, column), text in failed.items():
            _put(rows, a1(row, column), text)
        grids.append(
            Grid(
                rows,
                sheet=sheet.name,
                hidden=sheet.visible != SheetVisibleEnum.Visible,
                dialect={"format": kind},
                issues=_repair(rows, xml, stale=_stale(data)) if xml else (),
                merged=_merged(table),
                facts=facts,
            )
        )
    return grids


def _facts(data: bytes, kind: str) -> dict[str, tuple[SheetFacts, bytes, Mapping[tuple[int, int], str]]]:
    """What each sheet says beside its values, its XML, and its failed formulas by cell where there is no XML to say so.

    A sheet that reaches too far is refused unread.
    """
    if kind == "xls":
        try:
            return {sheet: (facts, b"", {}) for sheet, facts in biff_facts(data).items()}
        except _RECORDS:
            return {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            refuse_huge_part(info)
        if kind == "xlsb":
            try:
                return {sheet: (facts, b"", failed) for sheet, (facts, failed) in biff12_facts(archive).items()}
            except _RECORDS:
                return {}
        if kind == "ods":
            styles = archive.read("styles.xml") if "styles.xml" in archive.namelist() else b""
            return {sheet: (facts, b"", {}) for sheet, facts in ods_facts(archive.read("content.xml"), styles).items()}
        formats = excel_formats(archive)
        found: dict[str, tuple[SheetFacts, bytes, Mapping[tuple[int, int], str]]] = {}
        for sheet, part in _sheet_parts(archive).items():
            xml = archive.read(part)
            refuse_stray_cell(xml, sheet)
            found[sheet] = (excel_facts(xml, formats, excel_remarks(archive, part)), xml, {})
    return found


def _mark_percents(rows: list[list[Any]], facts: SheetFacts) -> None:
    for row, column in facts.percents:
        if row <= len(rows) and column < len(rows[row - 1]) and isinstance(rows[row - 1][column], (int, float)):
            rows[row - 1][column] = Share(rows[row - 1][column])


def _stale(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b'fullCalcOnLoad="1"' in archive.read("xl/workbook.xml")


def _format(data: bytes) -> str:
    """Return xlsx, xlsb, xls or ods; refuse what is locked or is no workbook."""
    if data.startswith(OLE_MARK):
        start = data.find(_BOF)
        encrypted = start >= 0 and data[start + _BOF_LENGTH : start + _BOF_LENGTH + 2] == _FILEPASS
        if encrypted or "EncryptedPackage".encode("utf-16-le") in data:
            raise _locked()
        return "xls"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise _locked()
    for part, kind in (("xl/workbook.xml", "xlsx"), ("xl/workbook.bin", "xlsb"), ("content.xml", "ods")):
        if part in names:
            return kind
    message = "the file is a zip archive, but no workbook"
    raise DataError([Issue("not-a-table", message, "unpack it and give the file inside")])


def _locked() -> DataError:
    message, remedy = "the workbook is protected by a password", "save it without a password and try again"
    return DataError([Issue("password", message, remedy)])


def _merged(table: Any) -> dict[tuple[int, int], str]:
    """Return the cells hidden under merged areas; the first cell of an area holds its value."""
    cells: dict[tuple[int, int], str] = {}
    for (top, left), (bottom, right) in table.merged_cell_ranges or ():
        if (bottom - top + 1) * (right - left + 1) > _LARGEST_MERGE:  # formatting of whole rows or columns
            continue
        area = f"{a1(top + 1, left)}:{a1(bottom + 1, right)}"
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if (row, column) != (top, left):
                    cells[row + 1, column] = area
    return cells


# -- what the reader of the workbook leaves out: failed and uncalculated formulas ------------------------------


def _repair(rows: list[list[Any]], xml: bytes, *, stale: bool) -> list[Issue]:
    """Put the error's text where a formula failed, and report formulas that were never calculated."""
    if b't="e"' not in xml and b"<f" not in xml:
        return []
    issues = []
    for cell, attributes, inner in _formula_cells(xml):
        value = _VALUE.search(inner)
        if b't="e"' in attributes and value is not None:
            _put(rows, cell, unescaped(value[1].decode("utf-8")))
        elif b"<f" in inner and (value is None or (stale and value[1] in (b"", b"0"))):
            message = "the formula has never been calculated, so its value is not known"
            remedy = "open the workbook in a spreadsheet, save it and try again"
            issues.append(Issue("uncalculated-formula", message, remedy, cell=cell))
    return issues


def _formula_cells(xml: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    for match in _CELL.finditer(xml):
        if match[3] is not None and (b"<f" in match[3] or b't="e"' in match[2]):
            yield match[1].decode("ascii"), match[2], match[3]


def _put(rows: list[list[Any]], cell: str, text: str) -> None:
    row, column = address_key(cell)
    if row <= len(rows) and column <= len(rows[row - 1]):
        rows[row - 1][column - 1] = text


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the archive member that holds each sheet."""
    names = set(archive.namelist())
    relations = (
        archive.read("xl/_rels/workbook.xml.rels").decode("utf-8") if "xl/_rels/workbook.xml.rels" in names else ""
    )
    targets = {item.get("Id"): item.get("Target", "") for item in _elements(_RELATION, relations)}
    found = {}
    for item in _elements(_SHEET, archive.read("xl/workbook.xml").decode("utf-8")):
        target = targets.get(item.get("r:id"), "") or ""
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in names:
            found[unescaped(item.get("name", ""))] = part
    return found


def _elements(pattern: re.Pattern[str], xml: str) -> Iterator[Mapping[str, str]]:
    for match in pattern.finditer(xml):
        yield dict(_ATTRIBUTE.findall(match[1]))

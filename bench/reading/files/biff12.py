"""What a binary workbook (xlsb, BIFF12) says beside its values: hidden rows and columns, formats, comments, headers.

The reader of workbooks gives values alone, and leaves a failed formula empty. Here the records of a sheet's part are
walked for what stands beside them.

Sources: [MS-XLSB] Excel Binary File Format (.xlsb), sections 2.1.4 (records), 2.4 (BrtBeginComment,
BrtBeginHeaderFooter, BrtBundleSh, BrtCellError, BrtColInfo, BrtCommentText, BrtFmt, BrtRowHdr, BrtXF) and 2.5
(XLWideString, UncheckedRfX).
"""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
from collections.abc import Iterator, Sequence

from bench.reading.addresses import a1
from bench.reading.files.workbook_facts import (
    BUILTIN,
    CellFormat,
    Remark,
    SheetFacts,
    attributes_of,
    format_of,
    page_text,
    refuse_stretched,
)

#: Kinds of records; cells that hold something are those from _RK to _FORMULA_ERROR.
_ROW, _RK, _ERROR, _REAL, _FORMULA_NUMBER, _FORMULA_ERROR = 0, 2, 3, 5, 9, 11
_FORMAT, _XF, _COLUMN, _SHEET = 44, 47, 60, 156
_BEGIN_XFS, _END_XFS, _HEADERS, _COMMENT, _COMMENT_TEXT = 617, 618, 479, 635, 637
#: Bits of BrtRowHdr (its twelfth byte) and of BrtColInfo that hide.
_HIDDEN_ROW, _HIDDEN_COLUMN = 0x10, 0x01
_NULL = 0xFFFFFFFF
#: Error codes, [MS-XLSB] 2.5.97.2 (BErr).
ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip
_LINK = re.compile(rb"<(?:\w+:)?Relationship\b([^>]*)>")


def biff12_facts(archive: zipfile.ZipFile) -> dict[str, tuple[SheetFacts, dict[tuple[int, int], str]]]:
    """Return what each sheet says beside its values, with its failed formulas by row (from 1) and column (from 0).

    Raises
    ------
    DataError
        Rule ``stray-cell``: a sheet spans more cells than can be held.
    """
    formats = _formats(archive)
    targets = dict(_links(archive, "xl/workbook.bin"))
    found = {}
    for kind, body in _records(archive.read("xl/workbook.bin")):
        if kind != _SHEET:
            continue
        link, end = _text(body, 8)
        name, _ = _text(body, end)
        part = targets.get(link, ("", ""))[1]
        if part in archive.namelist():
            records = list(_records(archive.read(part)))
            refuse_stretched(_filled(records), name)
            found[name] = (_facts(records, formats, _remarks(archive, part)), _errors(records))
    return found


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield every record of a part: its kind and its body; kind and length are written seven bits to a byte."""
    offset = 0
    while offset < len(data):
        kind, offset = _seven_bits(data, offset, 2)
        length, offset = _seven_bits(data, offset, 4)
        yield kind, data[offset : offset + length]
        offset += length


def _seven_bits(data: bytes, offset: int, most: int) -> tuple[int, int]:
    value = 0
    for k in range(most):
        byte = data[offset + k]
        value |= (byte & 0x7F) << 7 * k
        if not byte & 0x80:
            break
    return value, offset + k + 1


def _text(body: bytes, offset: int) -> tuple[str, int]:
    """Return a string with its length before it, and where it ends; a string that is null is empty."""
    count = struct.unpack_from("<I", body, offset)[0]
    if count == _NULL:
        return "", offset + 4
    end = offset + 4 + 2 * count
    return body[offset + 4 : end].decode("utf-16-le", "replace"), end


def _links(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the parts that a part is linked to: the link's name, its kind and the member of the archive."""
    folder, _, name = part.rpartition("/")
    member = f"{folder}/_rels/{name}.rels"
    if member not in archive.namelist():
        return
    for match in _LINK.finditer(archive.read(member)):
        made = attributes_of(match[1])
        target = made.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
        yield made.get("Id", ""), (made.get("Type", "").rpartition("/")[2], path)


def _formats(archive: zipfile.ZipFile) -> list[CellFormat]:
    """Return the format of every kind of cell, in the order that cells number them."""
    if "xl/styles.bin" not in archive.namelist():
        return []
    codes, found, inside = dict(BUILTIN), [], False
    for kind, body in _records(archive.read("xl/styles.bin")):
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _text(body, 2)[0]
        elif kind in (_BEGIN_XFS, _END_XFS):
            inside = kind == _BEGIN_XFS
        elif kind == _XF and inside:
            found.append((struct.unpack_from("<H", body, 2)[0], body[11]))
    return [format_of(codes.get(number, ""), indent) for number, indent in found]


def _cells(records: Sequence[tuple[int, bytes]]) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield every cell that holds something: its row (from 1), its column (from 0), its kind and its body."""
    row = 0
    for kind, body in records:
        if kind == _ROW:
            row = int(struct.unpack_from("<I", body)[0]) + 1
        elif _RK <= kind <= _FORMULA_ERROR:
            yield row, struct.unpack_from("<I", body)[0], kind, body


def _filled(records: Sequence[tuple[int, bytes]]) -> set[tuple[int, int]]:
    return {(row, column + 1) for row, column, _, _ in _cells(records)}


def _errors(records: Sequence[tuple[int, bytes]]) -> dict[tuple[int, int], str]:
    return {
        (row, column): ERRORS.get(body[8], "#ERROR!")
        for row, column, kind, body in _cells(records)
        if kind in (_ERROR, _FORMULA_ERROR)
    }


def _facts(records: Sequence[tuple[int, bytes]], formats: list[CellFormat], remarks: list[Remark]) -> SheetFacts:
    hidden_rows: set[int] = set()
    hidden_columns: set[int] = set()
    pages: list[Remark] = []
    for kind, body in records:
        if kind == _ROW and body[11] & _HIDDEN_ROW:
            hidden_rows.add(struct.unpack_from("<I", body)[0] + 1)
        elif kind == _COLUMN and struct.unpack_from("<H", body, 16)[0] & _HIDDEN_COLUMN:
            first, last = struct.unpack_from("<II", body)
            hidden_columns.update(range(first, min(last, 16_383) + 1))
        elif kind == _HEADERS:
            offset = 2
            for _ in range(6):
                text, offset = _text(body, offset)
                pages += [Remark("page header", "", page_text(text))] if text.strip() else []
    percents: list[tuple[int, int]] = []
    special: dict[int, dict[CellFormat, list[int]]] = {}
    indents: dict[int, int] = {}
    for row, column, kind, body in _cells(records):
        number = int.from_bytes(body[4:7], "little")
        form = formats[number] if number < len(formats) else CellFormat()
        if form.indent:
            indents.setdefault(row, form.indent)
        if kind not in (_RK, _REAL, _FORMULA_NUMBER):
            continue
        if form.percent:
            percents.append((row, column))
        if form.says:
            special.setdefault(column, {}).setdefault(form, []).append(row)
    return SheetFacts(
        frozenset(hidden_rows),
        frozenset(hidden_columns),
        tuple(percents),
        special,
        indents,
        (*remarks, *dict.fromkeys(pages)),
    )


def _remarks(archive: zipfile.ZipFile, part: str) -> list[Remark]:
    """Return the comments of a sheet, which stand in a part of their own."""
    found, cell = [], ""
    for _, (kind, member) in _links(archive, part):
        if kind != "comments" or member not in archive.namelist():
            continue
        for record, body in _records(archive.read(member)):
            if record == _COMMENT:
                row, _, column = struct.unpack_from("<III", body, 4)
                cell = a1(row + 1, column)
            elif record == _COMMENT_TEXT:
                found.append(Remark("comment", cell, _text(body, 1)[0]))
    return found

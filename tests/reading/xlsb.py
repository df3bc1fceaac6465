"""A writer of small binary workbooks (xlsb), record by record as [MS-XLSB] lays them out: no library writes them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Collection, Mapping, Sequence
from typing import Any

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_ERRORS = {"#DIV/0!": 0x07, "#REF!": 0x17, "#N/A": 0x2A}


def record(kind: int, body: bytes = b"") -> bytes:
    """A record: kind and length seven bits to a byte, then the body."""

    def seven(value: int) -> bytes:
        made = bytearray()
        while value >= 0x80:
            made.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes([*made, value])

    return seven(kind) + seven(len(body)) + body


def text(value: str) -> bytes:
    """An XLWideString."""
    return struct.pack("<I", len(value)) + value.encode("utf-16-le")


def _cell(column: int, value: Any, style: int) -> bytes:
    head = struct.pack("<II", column, style)
    if value in _ERRORS:
        return record(3, head + bytes([_ERRORS[value]]))
    if isinstance(value, str):
        return record(6, head + text(value))
    return record(5, head + struct.pack("<d", value))


def _sheet(
    rows: Sequence[Sequence[Any]],
    hidden_rows: Collection[int],
    hidden_columns: Collection[int],
    styles: Mapping[tuple[int, int], int],
    header: str,
) -> bytes:
    wide = max(len(row) for row in rows)
    made = record(129) + record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, wide - 1))
    if hidden_columns:
        made += record(390)
        for column in sorted(hidden_columns):
            made += record(60, struct.pack("<IIIIH", column, column, 2560, 0, 1))
        made += record(391)
    made += record(145)
    for number, row in enumerate(rows):
        flags = 0x10 if number + 1 in hidden_rows else 0
        spans = struct.pack("<III", 1, 0, wide - 1)
        made += record(0, struct.pack("<IIHBBB", number, 0, 300, 0, flags, 0) + spans)
        for column, value in enumerate(row):
            if value is not None:
                made += _cell(column, value, styles.get((number + 1, column), 0))
    made += record(146)
    if header:
        nothing = struct.pack("<I", 0xFFFFFFFF)
        made += record(479, struct.pack("<H", 0) + text(header) + 5 * nothing) + record(480)
    return made + record(130)


def _styles(codes: Sequence[str]) -> bytes:
    """The least a reader asks for: a font, fills, a border, one format per code after the general one."""
    formats = record(615, struct.pack("<I", len(codes)))
    for number, code in enumerate(codes):
        formats += record(44, struct.pack("<H", 164 + number) + text(code))
    formats += record(616)
    colour = struct.pack("<BBhBBBB", 1, 0, 0, 0, 0, 0, 255)
    font = struct.pack("<HHHHBBBB", 220, 0, 400, 0, 0, 2, 0, 0) + colour + b"\x02" + text("Calibri")
    formats += record(611, struct.pack("<I", 1)) + record(43, font) + record(612)

    def xf(parent: int, number: int, indent: int = 0) -> bytes:
        return record(47, struct.pack("<HHHHHBBHH", parent, number, 0, 0, 0, 0, indent, 0, 0))

    formats += record(626, struct.pack("<I", 1)) + xf(0xFFFF, 0) + record(627)
    formats += record(617, struct.pack("<I", len(codes) + 1)) + xf(0, 0)
    formats += b"".join(xf(0, 164 + number) for number in range(len(codes))) + record(618)
    return record(278) + formats + record(279)


def _links(*links: tuple[str, str]) -> str:
    inside = "".join(
        f'<Relationship Id="rId{k}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for k, (kind, target) in enumerate(links, 1)
    )
    return f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


def xlsb(
    sheets: Mapping[str, Sequence[Sequence[Any]]],
    *,
    hidden: Collection[str] = (),
    hidden_rows: Collection[int] = (),
    hidden_columns: Collection[int] = (),
    formats: Mapping[tuple[int, int], str] | None = None,
    header: str = "",
    comments: Mapping[tuple[int, int], str] | None = None,
) -> bytes:
    """Return a workbook; rows are numbered from 1 and columns from 0, and what is hidden is hidden on every sheet."""
    codes = list(dict.fromkeys((formats or {}).values()))
    styles = {cell: codes.index(code) + 1 for cell, code in (formats or {}).items()}
    book = record(131) + record(143)
    for k, name in enumerate(sheets, 1):
        book += record(156, struct.pack("<II", int(name in hidden), k) + text(f"rId{k}") + text(name))
    book += record(144) + record(132)
    kinds = "".join(
        f'<Override PartName="/xl/{part}" ContentType="application/vnd.ms-excel.{kind}"/>'
        for part, kind in (
            ("workbook.bin", "sheet.binary.macroEnabled.main"),
            ("styles.bin", "styles"),
            *((f"worksheets/sheet{k}.bin", "worksheet") for k in range(1, len(sheets) + 1)),
        )
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<?xml version="1.0"?><Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="bin" ContentType="application/vnd.ms-excel.comments"/>{kinds}</Types>',
        )
        archive.writestr("_rels/.rels", _links(("officeDocument", "xl/workbook.bin")))
        archive.writestr("xl/workbook.bin", book)
        parts = [("worksheet", f"worksheets/sheet{k}.bin") for k in range(1, len(sheets) + 1)]
        archive.writestr("xl/_rels/workbook.bin.rels", _links(*parts, ("styles", "styles.bin")))
        archive.writestr("xl/styles.bin", _styles(codes))
        for (_, part), rows in zip(parts, sheets.values(), strict=True):
            archive.writestr(f"xl/{part}", _sheet(rows, hidden_rows, hidden_columns, styles, header))
            if comments:
                archive.writestr(f"xl/worksheets/_rels/{part[11:]}.rels", _links(("comments", "../comments1.bin")))
        if comments:
            notes = record(628) + record(630) + record(632, text("revisor")) + record(631) + record(633)
            for (row, column), said in comments.items():
                notes += record(635, struct.pack("<IIIII16x", 0, row - 1, row - 1, column, column))
                notes += record(637, b"\x00" + text(said)) + record(636)
            archive.writestr("xl/comments1.bin", notes + record(634) + record(629))
    return made.getvalue()

"""What an old workbook (xls, BIFF8) says beside its values: hidden rows, formats, comments and page headers.

The reader of workbooks gives values alone. Here the records of a sheet are walked for what stands beside them.

Sources: [MS-CFB] Compound File Binary File Format, sections 2.2 to 2.6; [MS-XLS] Excel Binary File Format, sections 2.4
(records BOUNDSHEET8, COLINFO, FORMAT, HEADER, FOOTER, MULRK, NOTE, OBJ, ROW, TXO, XF).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from bench.reading.addresses import a1
from bench.reading.files.workbook_facts import BUILTIN, CellFormat, Remark, SheetFacts, format_of, page_text

_FREE = 0xFFFFFFFC
_BOF, _EOF, _SHEET, _FORMAT, _XF, _ROW, _COLUMN = 0x809, 0x0A, 0x85, 0x41E, 0xE0, 0x208, 0x7D
_HEADER, _FOOTER, _NOTE, _OBJECT, _TEXT, _MORE = 0x14, 0x15, 0x1C, 0x5D, 0x1B6, 0x3C
_NUMBER, _RK, _MANY, _FORMULA, _BIFF8 = 0x203, 0x27E, 0xBD, 0x06, 0x600


def biff_facts(data: bytes) -> dict[str, SheetFacts]:
    """Return what the sheets of an xls workbook say beside their values; nothing for workbooks older than BIFF8."""
    records = list(_records(_stream(data)))
    if not records or records[0][1] != _BOF or struct.unpack_from("<H", records[0][2])[0] != _BIFF8:
        return {}
    codes, cell_formats, sheets = dict(BUILTIN), [], []
    for _, kind, body in records:
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _string(body[2:], wide=True)
        elif kind == _XF:
            cell_formats.append((struct.unpack_from("<H", body, 2)[0], body[8] & 0x0F))
        elif kind == _SHEET:
            sheets.append((struct.unpack_from("<I", body)[0], _string(body[6:], wide=False)))
    formats = [format_of(codes.get(number, ""), indent) for number, indent in cell_formats]
    places = {offset: position for position, (offset, _, _) in enumerate(records)}
    return {name: _sheet(records[places[start] :], formats) for start, name in sheets if start in places}


def _stream(data: bytes) -> bytes:
    """Return the stream ``Workbook`` of a compound file."""
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    small = 1 << struct.unpack_from("<H", data, 32)[0]
    first_directory, _, limit, first_small, _, first_list, _ = struct.unpack_from("<IIIIIII", data, 48)

    def sector(number: int) -> bytes:
        return data[(number + 1) * size : (number + 2) * size]

    numbers = list(struct.unpack_from("<109I", data, 76))
    while first_list < _FREE and len(numbers) < 1_000_000:
        part = struct.unpack(f"<{size // 4}I", sector(first_list))
        numbers += part[:-1]
        first_list = part[-1]
    table = [
        entry
        for number in numbers
        if number < _FREE and len(sector(number)) == size
        for entry in struct.unpack(f"<{size // 4}I", sector(number))
    ]

    def chain(start: int, links: list[int]) -> Iterator[int]:
        seen = 0
        while start < len(links) and seen <= len(links):
            yield start
            start, seen = links[start], seen + 1

    directory = b"".join(map(sector, chain(first_directory, table)))
    entries = [directory[k : k + 128] for k in range(0, len(directory), 128)]
    root = struct.unpack_from("<I", entries[0], 116)[0]
    for entry in entries:
        length = struct.unpack_from("<H", entry, 64)[0]
        if entry[: max(length - 2, 0)].decode("utf-16-le", "replace") not in ("Workbook", "Book"):
            continue
        start, total = struct.unpack_from("<IQ", entry, 116)
        total &= 0xFFFFFFFF
        if total >= limit:
            return b"".join(map(sector, chain(start, table)))[:total]
        container = b"".join(map(sector, chain(root, table)))
        links = [
            link for number in chain(first_small, table) for link in struct.unpack(f"<{size // 4}I", sector(number))
        ]
        return b"".join(container[k * small : (k + 1) * small] for k in chain(start, links))[:total]
    return b""


def _records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield every record: its offset, kind and body."""
    offset = 0
    while offset + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, offset)
        yield offset, kind, stream[offset + 4 : offset + 4 + length]
        offset += 4 + length


def _string(body: bytes, *, wide: bool) -> str:
    """Read a string with its length (two bytes, or one) and a flag that says whether its letters have two bytes."""
    if len(body) < 3 if wide else len(body) < 2:
        return ""
    count = struct.unpack_from("<H", body)[0] if wide else body[0]
    start = 3 if wide else 2
    if body[start - 1] & 1:
        return body[start : start + 2 * count].decode("utf-16-le", "replace")
    return body[start : start + count].decode("latin-1")


def _sheet(records: list[tuple[int, int, bytes]], formats: list[CellFormat]) -> SheetFacts:
    hidden_rows: set[int] = set()
    hidden_columns: set[int] = set()
    percents: list[tuple[int, int]] = []
    special: dict[int, dict[CellFormat, list[int]]] = {}
    indents: dict[int, int] = {}
    remarks: list[Remark] = []
    notes: dict[int, str] = {}
    texts: dict[int, str] = {}
    depth, last_object, wanted = 0, 0, -1
    for _, kind, body in records:
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth == 0:
                break
        elif kind == _ROW and struct.unpack_from("<H", body, 12)[0] & 0x20:
            hidden_rows.add(struct.unpack_from("<H", body)[0] + 1)
        elif kind == _COLUMN and struct.unpack_from("<H", body, 8)[0] & 1:
            first, last = struct.unpack_from("<HH", body)
            hidden_columns.update(range(first, last + 1))
        elif kind in (_HEADER, _FOOTER) and body:
            remarks.append(Remark("page header", "", page_text(_string(body, wide=True))))
        elif kind == _NOTE:
            row, column, _, number = struct.unpack_from("<HHHH", body)
            notes[number] = a1(row + 1, column)
        elif kind == _OBJECT and len(body) >= 8:
            last_object = struct.unpack_from("<H", body, 6)[0]
        elif kind == _TEXT and len(body) >= 12:
            wanted = struct.unpack_from("<H", body, 10)[0]
        elif kind == _MORE and wanted > 0:
            letters = body[1:].decode("utf-16-le" if body[0] & 1 else "latin-1", "replace")
            texts[last_object], wanted = letters[:wanted], -1
        elif kind in (_NUMBER, _RK, _FORMULA, _MANY) or (kind == 0xFD and len(body) >= 6):
            row, column = struct.unpack_from("<HH", body)
            width = 6 if kind == _MANY else len(body)
            count = (len(body) - 6) // 6 if kind == _MANY else 1
            for k in range(count):
                number = struct.unpack_from("<H", body, 4 + k * width)[0]
                form = formats[number] if number < len(formats) else CellFormat()
                if form.indent:
                    indents.setdefault(row + 1, form.indent)
                if kind == 0xFD:
                    continue
                if form.percent:
                    percents.append((row + 1, column + k))
                if form.says:
                    special.setdefault(column + k, {}).setdefault(form, []).append(row + 1)
    remarks += [Remark("comment", notes.get(number, ""), text) for number, text in texts.items()]
    return SheetFacts(
        frozenset(hidden_rows), frozenset(hidden_columns), tuple(percents), special, indents, tuple(remarks)
    )

"""What a workbook says beside its values: hidden rows and columns, formats, indents, and how far a sheet reaches.

The reader of workbooks gives values alone. A format can multiply what is shown (``#,##0,`` shows thousands), name a
currency or say per cent; a hidden row is a row that whoever sent the file did not see; and a single stray cell in the
last corner makes a sheet of 17 thousand million cells.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import unescape

from bench.errors import DataError, Issue
from bench.reading.addresses import a1, address_key
from bench.reading.values.measures import heard

#: Cells that a sheet may span; beyond this the reader of workbooks would ask for gigabytes.
LARGEST_AREA = 50_000_000
#: Bytes of one part of a workbook when it is unpacked.
LARGEST_PART = 2_000_000_000
#: Highest column of a workbook whose letters are two.
_TWO_LETTERS = 702

_ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
_NUMBER_FORMAT = re.compile(rb"<numFmt\b([^>]*?)/?>")
_CELL_FORMATS = re.compile(rb"<cellXfs\b.*?</cellXfs>", re.DOTALL)
_CELL_FORMAT = re.compile(rb"<xf\b([^>]*?)(?:/>|>(.*?)</xf>)", re.DOTALL)
_ROW = re.compile(rb"<row\b([^>]*)>")
_COLUMN = re.compile(rb"<col\b([^>]*?)/?>")
_ADDRESS = re.compile(rb'<c\b[^>]*?\br="([A-Z]+)([0-9]+)"')
_BUILTIN = {9: "0%", 10: "0.00%", 5: '"$"#,##0', 6: '"$"#,##0', 7: '"$"#,##0.00', 8: '"$"#,##0.00'}


@dataclass(frozen=True, slots=True)
class CellFormat:
    """What the format of a cell says about its number.

    Attributes
    ----------
    percent : bool
    shown : float
        The number is shown divided by this: 1,000 for ``#,##0,``.
    factor : float
        Factor that the words in the format state: 1,000 for ``#,##0 "tkr"``.
    currency : str
    indent : int
    """

    percent: bool = False
    shown: float = 1.0
    factor: float = 1.0
    currency: str = ""
    indent: int = 0


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What a sheet says beside its values; rows are 1-based, columns 0-based.

    Attributes
    ----------
    hidden_rows, hidden_columns : frozenset of int
    percents : tuple of (row, column)
        Cells shown in per cent.
    formats : Mapping of int to Mapping of CellFormat to int
        By column: formats that scale or name a currency, with the row of their first cell.
    indents : Mapping of int to int
        By row: indent of its first cell, where the format gives one.
    """

    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    percents: tuple[tuple[int, int], ...] = ()
    formats: Mapping[int, Mapping[CellFormat, int]] = field(default_factory=dict)
    indents: Mapping[int, int] = field(default_factory=dict)


def format_of(code: str, indent: int = 0) -> CellFormat:
    """Read a number format of a spreadsheet.

    Examples
    --------
    >>> format_of('#,##0,').shown, format_of('0.0 %').percent, format_of('#,##0 "tkr"').factor
    (1000.0, True, 1000.0)
    >>> format_of('[$€-407] #,##0.00').currency, format_of('#,##0.00 "kr"').currency
    ('EUR', 'NOK')
    """
    section = code.split(";")[0]
    literal = " ".join(
        [
            *re.findall(r'"([^"]*)"', section),
            *re.findall(r"\[\$([^\]-]*)", section),
            *re.findall(r"\\(.)", section),
            *re.findall(r"[€$£](?![^\[]*\])", section),
        ]
    )
    bare = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.', "", section)
    digits = re.search(r"[0#?](,+)(?=[^0#?,]*$)", bare)
    said = heard(literal) if literal.strip() else None
    alone = re.fullmatch(r"\W*(?:(mill|mio|mrd)|(tusen|tsd|000))\W*", literal.strip(), re.IGNORECASE)
    factor = said.factor if said else 1.0
    if alone is not None:
        factor = {"mrd": 1e9}.get((alone[1] or "").lower(), 1e6 if alone[1] else 1e3)
    return CellFormat(
        percent="%" in bare,
        shown=1000.0 ** len(digits[1]) if digits else 1.0,
        factor=factor,
        currency=said.currency if said else "",
        indent=indent,
    )


def excel_formats(archive: zipfile.ZipFile) -> dict[int, CellFormat]:
    """Return the cell formats that say anything, by their number in the workbook."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    styles = archive.read("xl/styles.xml")
    codes = dict(_BUILTIN)
    for match in _NUMBER_FORMAT.finditer(styles):
        made = _attributes(match[1])
        if "numFmtId" in made:
            codes[int(made["numFmtId"])] = unescape(made.get("formatCode", ""), {"&quot;": '"', "&apos;": "'"})
    area = _CELL_FORMATS.search(styles)
    found = {}
    for number, match in enumerate(_CELL_FORMAT.finditer(area[0] if area else b"")):
        code = codes.get(int(_attributes(match[1]).get("numFmtId", "0")), "")
        aligned = re.search(rb'\bindent="(\d+)"', match[2] or b"")
        made_format = format_of(code, int(aligned[1]) if aligned else 0)
        if made_format != CellFormat():
            found[number] = made_format
    return found


def excel_facts(xml: bytes, formats: Mapping[int, CellFormat]) -> SheetFacts:
    """Return what an xlsx sheet says beside its values."""
    hidden_rows = set()
    if b"hidden=" in xml or b'zeroHeight="1"' in xml:
        for match in _ROW.finditer(xml):
            made = _attributes(match[1])
            if made.get("hidden") in ("1", "true") and "r" in made:
                hidden_rows.add(int(made["r"]))
    hidden_columns: set[int] = set()
    head = xml[: max(xml.find(b"<sheetData"), 0)]
    for match in _COLUMN.finditer(head):
        made = _attributes(match[1])
        if made.get("hidden") in ("1", "true"):
            hidden_columns.update(range(int(made["min"]) - 1, min(int(made["max"]), 16_384)))
    percents: list[tuple[int, int]] = []
    special: dict[int, dict[CellFormat, int]] = {}
    indents: dict[int, int] = {}
    for cell, number in _styled_cells(xml, formats):
        row, column = address_key(cell)
        made_format = formats[number]
        if made_format.percent:
            percents.append((row, column - 1))
        if made_format.shown != 1.0 or made_format.factor != 1.0 or made_format.currency:
            special.setdefault(column - 1, {}).setdefault(made_format, row)
        if made_format.indent and row not in indents:
            indents[row] = made_format.indent
    return SheetFacts(frozenset(hidden_rows), frozenset(hidden_columns), tuple(percents), special, indents)


def _styled_cells(xml: bytes, formats: Mapping[int, CellFormat]) -> Iterator[tuple[str, int]]:
    if not formats:
        return
    numbers = b"|".join(str(number).encode() for number in formats)
    for match in re.finditer(rb'<c\b([^>]*\bs="(?:' + numbers + rb')"[^>]*)>', xml):
        made = _attributes(match[1])
        if "r" in made:
            yield made["r"], int(made["s"])


def _attributes(text: bytes) -> dict[str, str]:
    return {
        name.decode("ascii", "replace"): value.decode("utf-8", "replace") for name, value in _ATTRIBUTE.findall(text)
    }


# -- how far a sheet reaches ---------------------------------------------------------------------------------


def refuse_huge_part(info: zipfile.ZipInfo) -> None:
    """Refuse a part that would fill the memory when it is unpacked."""
    if info.file_size > LARGEST_PART:
        message = f"{info.filename!r} in the workbook is {info.file_size:,} bytes when unpacked".replace(",", " ")
        raise DataError([Issue("too-large", message, "save the table alone in a new workbook, or as CSV")])


def refuse_stray_cell(xml: bytes, sheet: str) -> None:
    """Refuse a sheet whose cells span more than can be held, and name the cell that stretches it.

    Raises
    ------
    DataError
        Rule ``stray-cell``.
    """
    last = max((int(row) for row in re.findall(rb'<row\b[^>]*?\br="([0-9]+)"', xml)), default=0)
    wide = re.search(rb'<c\b[^>]*?\br="[A-Z]{3}', xml) is not None
    if not wide and last * _TWO_LETTERS <= LARGEST_AREA:
        return
    cells = {(address_key(f"{column.decode()}{row.decode()}")) for column, row in _ADDRESS.findall(xml)}
    refuse_stretched(cells, sheet)


def refuse_stretched(cells: set[tuple[int, int]], sheet: str) -> None:
    """Refuse cells, as (row, column) from 1, that span too large an area, and name the one that stretches it."""
    if not cells:
        return
    rows, columns = max(row for row, _ in cells), max(column for _, column in cells)
    if rows * columns <= LARGEST_AREA:
        return
    far = max(cells, key=lambda cell: cell[0] / rows + cell[1] / columns)
    message = (
        f"the sheet reaches to {a1(far[0], far[1] - 1)}: {rows:,} rows by {columns:,} columns for {len(cells):,} cells"
    ).replace(",", " ")
    remedy = "delete the cell, or its row and its column, and save the workbook"
    raise DataError([Issue("stray-cell", message, remedy, sheet=sheet, cell=a1(far[0], far[1] - 1))])


# -- ods -----------------------------------------------------------------------------------------------------

_ODS_TABLE = re.compile(rb"<table:table\b([^>]*)>(.*?)</table:table>", re.DOTALL)
_ODS_TOKEN = re.compile(
    rb"<table:(?:table-row\b(?P<row>[^>]*)>|(?P<end>/table-row)>|(?:covered-)?table-cell\b(?P<cell>[^>]*?)(?P<empty>/?)>)"
    rb"|</table:table-row>"
)
_ODS_COLUMN = re.compile(rb"<table:table-column\b([^>]*?)/?>")


def ods_facts(content: bytes) -> dict[str, SheetFacts]:
    """Return what the sheets of an ods workbook say beside their values.

    Raises
    ------
    DataError
        Rule ``stray-cell``.
    """
    return {
        unescape(_attributes(match[1]).get("table:name", ""), {"&quot;": '"', "&apos;": "'"}): _ods_sheet(
            match[2], _attributes(match[1]).get("table:name", "")
        )
        for match in _ODS_TABLE.finditer(content)
    }


def _ods_sheet(xml: bytes, sheet: str) -> SheetFacts:
    hidden_columns: set[int] = set()
    position = 0
    for match in _ODS_COLUMN.finditer(xml):
        made = _attributes(match[1])
        count = int(made.get("table:number-columns-repeated", "1"))
        if made.get("table:visibility") in ("collapse", "filter"):
            hidden_columns.update(range(position, min(position + count, 16_384)))
        position += count
    hidden_rows: set[int] = set()
    percents: list[tuple[int, int]] = []
    special: dict[int, dict[CellFormat, int]] = {}
    cells: set[tuple[int, int]] = set()
    row, rows, column, hidden = 0, 1, 0, False
    for match in _ODS_TOKEN.finditer(xml):
        if match["row"] is not None:
            made = _attributes(match["row"])
            row += rows
            rows = int(made.get("table:number-rows-repeated", "1"))
            hidden = made.get("table:visibility") in ("collapse", "filter")
            column = 0
            if row == 0:
                row = 1
        elif match["cell"] is not None:
            made = _attributes(match["cell"])
            count = int(made.get("table:number-columns-repeated", "1"))
            kind = made.get("office:value-type", "")
            if kind:
                cells.add((row + rows - 1, column + count))
                if hidden:
                    hidden_rows.update(range(row, row + rows))
                for place in range(column, min(column + count, 16_384)):
                    if kind == "percentage":
                        percents += [(line, place) for line in range(row, row + min(rows, 1000))]
                    elif kind == "currency":
                        said = heard(made.get("office:currency", ""))
                        form = CellFormat(currency=said.currency if said else "")
                        special.setdefault(place, {}).setdefault(form, row)
            column += count
    refuse_stretched(cells, sheet)
    return SheetFacts(frozenset(hidden_rows), frozenset(hidden_columns), tuple(percents), special)

"""What a workbook says beside its values: hidden rows and columns, formats, indents, and how far a sheet reaches.

The reader of workbooks gives values alone. A format can multiply what is shown (``#,##0,`` shows thousands), name a
currency or say per cent; a hidden row is a row that whoever sent the file did not see; and a single stray cell in the
last corner makes a sheet of 17 thousand million cells.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bench.errors import DataError, Issue
from bench.reading.addresses import a1, address_key
from bench.reading.files.entities import unescaped
from bench.reading.values.measures import heard

#: Cells that a sheet may span; beyond this the reader of workbooks would ask for gigabytes.
LARGEST_AREA = 50_000_000
#: Bytes of one part of a workbook when it is unpacked.
LARGEST_PART = 2_000_000_000
#: A part of more bytes than the first may not be more than the second times what it is packed: cells carry their
#: addresses, which differ, while one sign said over and over is packed to a thousandth.
LARGEST_REPEATED, MOST_REPEATED = 100_000_000, 300
#: Highest column of a workbook whose letters are two.
_TWO_LETTERS = 702

_ATTRIBUTE = re.compile(rb'([\w:-]+)="([^"]*)"')
_NUMBER_FORMAT = re.compile(rb"<numFmt\b([^>]*?)/?>")
_CELL_FORMATS = re.compile(rb"<cellXfs\b.*?</cellXfs>", re.DOTALL)
_CELL_FORMAT = re.compile(rb"<xf\b([^>]*?)(?:/>|>(.*?)</xf>)", re.DOTALL)
_ROW = re.compile(rb"<row\b([^>]*)>")
_COLUMN = re.compile(rb"<col\b([^>]*?)/?>")
_ADDRESS = re.compile(rb'<c\b[^>]*?\br="([A-Z]+)([0-9]+)"')
#: Formats that a workbook need not write out.
BUILTIN = {9: "0%", 10: "0.00%", 5: '"$"#,##0', 6: '"$"#,##0', 7: '"$"#,##0.00', 8: '"$"#,##0.00'}


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

    @property
    def says(self) -> bool:
        """Whether it scales the number or names a currency."""
        return self.shown != 1.0 or self.factor != 1.0 or bool(self.currency)


@dataclass(frozen=True, slots=True)
class Remark:
    """A text that stands beside the cells.

    Attributes
    ----------
    kind : str
        ``"comment"``, ``"page header"`` or ``"text box"``.
    cell : str
        Of a comment.
    text : str
    """

    kind: str
    cell: str
    text: str


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What a sheet says beside its values; rows are 1-based, columns 0-based.

    Attributes
    ----------
    hidden_rows, hidden_columns : frozenset of int
    percents : tuple of (row, column)
        Cells shown in per cent.
    formats : Mapping of int to Mapping of CellFormat to sequence of int
        By column: formats that scale or name a currency, with the rows of their cells.
    indents : Mapping of int to int
        By row: indent of its first cell, where the format gives one.
    remarks : tuple of Remark
        Comments, page headers and text boxes.
    """

    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    percents: tuple[tuple[int, int], ...] = ()
    formats: Mapping[int, Mapping[CellFormat, Sequence[int]]] = field(default_factory=dict)
    indents: Mapping[int, int] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


_PAGE_CODE = re.compile(r'&(?:"[^"]*"|K[0-9A-Fa-f]{6}|\d+|[A-Z])')


def page_text(text: str) -> str:
    """Return a page header without its codes for place, font and page number.

    Examples
    --------
    >>> page_text('&L&"Arial,Bold"&12Regnskap&CTall i 1000 kr&RSide &P')
    'Regnskap Tall i 1000 kr Side'
    """
    return " ".join(_PAGE_CODE.sub(" ", text).split())


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
    codes = dict(BUILTIN)
    for match in _NUMBER_FORMAT.finditer(styles):
        made = attributes_of(match[1])
        if "numFmtId" in made:
            codes[int(made["numFmtId"])] = unescaped(made.get("formatCode", ""))
    area = _CELL_FORMATS.search(styles)
    found = {}
    for number, match in enumerate(_CELL_FORMAT.finditer(area[0] if area else b"")):
        code = codes.get(int(attributes_of(match[1]).get("numFmtId", "0")), "")
        aligned = re.search(rb'\bindent="(\d+)"', match[2] or b"")
        made_format = format_of(code, int(aligned[1]) if aligned else 0)
        if made_format != CellFormat():
            found[number] = made_format
    return found


def excel_facts(xml: bytes, formats: Mapping[int, CellFormat], remarks: Sequence[Remark] = ()) -> SheetFacts:
    """Return what an xlsx sheet says beside its values; ``remarks`` are those of its other parts."""
    hidden_rows = set()
    if b"hidden=" in xml or b'ht="0' in xml:
        for match in _ROW.finditer(xml):
            made = attributes_of(match[1])
            flat = made.get("ht") in ("0", "0.0") and made.get("customHeight") in ("1", "true")
            if (made.get("hidden") in ("1", "true") or flat) and "r" in made:
                hidden_rows.add(int(made["r"]))
    hidden_columns: set[int] = set()
    head = xml[: max(xml.find(b"<sheetData"), 0)]
    for match in _COLUMN.finditer(head):
        made = attributes_of(match[1])
        if made.get("hidden") in ("1", "true"):
            hidden_columns.update(range(int(made["min"]) - 1, min(int(made["max"]), 16_384)))
    percents: list[tuple[int, int]] = []
    special: dict[int, dict[CellFormat, list[int]]] = {}
    indents: dict[int, int] = {}
    for cell, number in _styled_cells(xml, formats):
        row, column = address_key(cell)
        made_format = formats[number]
        if made_format.percent:
            percents.append((row, column - 1))
        if made_format.says:
            special.setdefault(column - 1, {}).setdefault(made_format, []).append(row)
        if made_format.indent and row not in indents:
            indents[row] = made_format.indent
    tail = xml[xml.rfind(b"</sheetData>") :]
    pages = [
        Remark("page header", "", page_text(_plain(match[1]))) for match in _PAGE.finditer(tail) if match[1].strip()
    ]
    return SheetFacts(
        frozenset(hidden_rows),
        frozenset(hidden_columns),
        tuple(percents),
        special,
        indents,
        (*remarks, *dict.fromkeys(pages)),
    )


_PAGE = re.compile(rb"<(?:\w+:)?(?:odd|even|first)(?:Header|Footer)\b[^>]*>(.*?)</", re.DOTALL)
_COMMENT = re.compile(rb'<(?:\w+:)?comment\b[^>]*?\bref="([A-Z]+\d+)"[^>]*>(.*?)</(?:\w+:)?comment>', re.DOTALL)
_RUN = re.compile(rb"<(?:\w+:)?t\b[^>]*>(.*?)</(?:\w+:)?t>", re.DOTALL)
_PARAGRAPH = re.compile(rb"<a:p\b[^>]*>(.*?)</a:p>", re.DOTALL)
_LINKED = re.compile(rb"<(?:\w+:)?Relationship\b([^>]*)>")


def _plain(text: bytes) -> str:
    return unescaped(text.decode("utf-8", "replace"))


def excel_remarks(archive: zipfile.ZipFile, part: str) -> list[Remark]:
    """Return the comments and the text boxes of an xlsx sheet, which stand in parts of their own."""
    folder, _, name = part.rpartition("/")
    links = f"{folder}/_rels/{name}.rels"
    members = set(archive.namelist())
    if links not in members:
        return []
    found = []
    for match in _LINKED.finditer(archive.read(links)):
        made = attributes_of(match[1])
        target = made.get("Target", "")
        member = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
        kind = made.get("Type", "").rpartition("/")[2]
        if member not in members or kind not in ("comments", "drawing"):
            continue
        refuse_huge_part(archive.getinfo(member))
        xml = archive.read(member)
        if kind == "comments":
            found += [
                Remark("comment", comment[1].decode(), "".join(_plain(run[1]) for run in _RUN.finditer(comment[2])))
                for comment in _COMMENT.finditer(xml)
            ]
        else:
            lines = ["".join(_plain(run[1]) for run in _RUN.finditer(one[1])) for one in _PARAGRAPH.finditer(xml)]
            found += [Remark("text box", "", line) for line in lines if line.strip()]
    return found


def _styled_cells(xml: bytes, formats: Mapping[int, CellFormat]) -> Iterator[tuple[str, int]]:
    if not formats:
        return
    numbers = b"|".join(str(number).encode() for number in formats)
    for match in re.finditer(rb'<c\b([^>]*\bs="(?:' + numbers + rb')"[^>]*)>', xml):
        made = attributes_of(match[1])
        if "r" in made:
            yield made["r"], int(made["s"])


def attributes_of(text: bytes) -> dict[str, str]:
    """Return the attributes of an XML element."""
    return {
        name.decode("ascii", "replace"): value.decode("utf-8", "replace") for name, value in _ATTRIBUTE.findall(text)
    }


# -- how far a sheet reaches ---------------------------------------------------------------------------------


def refuse_huge_part(info: zipfile.ZipInfo) -> None:
    """Refuse a part that would fill the memory when it is unpacked, or that is one thing said over and over."""
    swells = info.file_size > LARGEST_REPEATED and info.file_size > MOST_REPEATED * info.compress_size
    if info.file_size > LARGEST_PART or swells:
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

"""Text files with delimiters: bytes to a grid of text cells."""

from __future__ import annotations

import codecs
import csv
import html
import io
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import islice

from bench.cells import unguarded
from bench.errors import DataError, Issue, OptionError
from bench.reading.addresses import a1
from bench.reading.grid import Grid, clean_name

#: Delimiters tried when none is given, in order of preference when they fit equally well.
DELIMITERS = ("\t", ";", ",", "|")
#: Delimiter of tables whose columns are kept apart by any number of spaces.
SPACES = " "
#: Longest line and widest row of a text file: what a spreadsheet holds, with room to spare.
LONGEST_LINE = 4_000_000
MOST_COLUMNS = 16_384

_NAMES = {"\t": "tab", " ": "space", "": "none"}
_SEP_LINE = re.compile(r'\s*"?sep=(?P<sign>[^\r\n"])"?[ ;,\t]*(\r\n|\r|\n|$)', re.IGNORECASE)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8 with byte-order mark"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)
_CONTROL = bytes(code for code in range(32) if code not in b"\t\n\r\x0c\x1a")
_SURROGATE = re.compile("[\udc80-\udcff]")
_MIXED = "utf-8 and another encoding"
_PLAIN_NUMBER = re.compile(r"[-+]?\d*[.,]?\d+(?:[eE][-+]?\d+)?")
_SAMPLE = 200


def read_delimited(
    data: bytes, *, encoding: str | None = None, delimiter: str | None = None, columns: Collection[str] = ()
) -> Grid:
    """Read the bytes of a delimited text file.

    Parameters
    ----------
    data : bytes
    encoding : str, optional
        Found from the byte-order mark, else utf-8 when the bytes are that, else cp1252.
    delimiter : str, optional
        One character or ``"tab"``; found from the ``sep=`` line or from what splits the lines evenly.
    columns : collection of str
        Names that the header should have; they decide between delimiters.

    Returns
    -------
    Grid
        One row per record. A ``sep=`` line is no row, just as a spreadsheet does not show it.

    Raises
    ------
    DataError
        Rules ``empty-file``, ``not-a-table``, ``encoding`` and ``bad-quoting``.
    OptionError
        When the encoding or the delimiter cannot be one.
    """
    text, name = _decode(data, encoding)
    text = text.removesuffix("\x1a")  # the end-of-file sign of old systems
    dialect = {"format": "csv", "encoding": name}
    head = _SEP_LINE.match(text)
    if head is not None:
        text = text[head.end() :]
        dialect["sep_line"] = "yes"
    if _ENTITY.search(text):
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
        dialect["html_entities"] = "read as the letters they stand for"
    if "|" in text and _MARKDOWN.search(text):
        text = _from_markdown(text)
        dialect["markdown"] = "bars around the rows and the line under the header left out"
    if not text.strip():
        raise DataError([Issue("empty-file", "the file has no text", "check that the right file was given")])
    _refuse_long_lines(text)
    sign = _given(delimiter) or (head["sign"] if head else "") or _find_delimiter(text, columns)
    dialect["delimiter"] = _NAMES.get(sign, sign)
    rows = [line.split() for line in text.splitlines()] if sign == SPACES else _records(text, sign)
    _refuse_wide(rows)
    return Grid(rows, delimited=True, dialect=dialect, issues=_text_issues(rows, text, sign, name))


#: Letters as a web page writes them.
_ENTITY = re.compile(
    r"&(?:[aAoOeEuUiI](?:slash|ring|uml|acute|grave|circ|tilde)|[aA][eE]lig|nbsp|#\d{2,5}|#x[0-9a-fA-F]{2,5});"
)
#: The line under the header of a Markdown table.
_MARKDOWN = re.compile(r"^[^\S\n]*\|(?:[^\S\n]*:?-{3,}:?[^\S\n]*\|)+[^\S\n]*$", re.MULTILINE)


def _from_markdown(text: str) -> str:
    """Return a Markdown table without its frame, each line where it stood; the line under the header is blank."""
    lines = ["" if _MARKDOWN.fullmatch(line) else line.strip() for line in text.splitlines()]
    return "\n".join(line[1:-1] if len(line) > 1 and line[0] == line[-1] == "|" else line for line in lines)


def _given(delimiter: str | None) -> str:
    if delimiter is None:
        return ""
    words = {"tab": "\t", "\\t": "\t", "space": SPACES, "spaces": SPACES}
    sign = words.get(delimiter, delimiter) if isinstance(delimiter, str) else ""
    if len(sign) != 1 or sign in '"\r\n':
        raise OptionError(f"delimiter must be one character, such as ';', ',' or 'tab'; got {delimiter!r}")
    return sign


# -- encoding ----------------------------------------------------------------------------------------------


def _decode(data: bytes, encoding: str | None) -> tuple[str, str]:
    """Return the text and the name of its encoding; bytes that do not fit become surrogates, reported per cell."""
    if not data:
        raise DataError([Issue("empty-file", "the file is empty", "check that the right file was given")])
    if encoding is not None:
        return _decode_given(data, encoding)
    for mark, codec, name in _BOMS:
        if data.startswith(mark):
            return _strictly(data, codec, name), name
    _refuse_binary(data)
    try:
        return data.decode("utf-8"), "ascii" if data.isascii() else "utf-8"
    except UnicodeDecodeError:
        loose = data.decode("utf-8", errors="surrogateescape")
    if not _SURROGATE.sub("", loose).isascii():
        return loose, _MIXED
    return data.decode("cp1252", errors="surrogateescape"), "cp1252"


def _decode_given(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, TypeError):
        raise OptionError(f"no encoding {encoding!r}; common ones are 'utf-8', 'cp1252', 'utf-16'") from None
    if name == "utf-8" and data.startswith(codecs.BOM_UTF8):
        return _strictly(data, "utf-8-sig", encoding), "utf-8 with byte-order mark"
    if name.startswith(("utf-16", "utf-32")):
        return _strictly(data, name, encoding).removeprefix("\ufeff"), name
    _refuse_binary(data)
    try:
        return data.decode(name, errors="surrogateescape"), name
    except (UnicodeError, LookupError):
        return _strictly(data, name, encoding), name


def _strictly(data: bytes, codec: str, name: str) -> str:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError) as error:
        message = f"the bytes are not {name}: {error}"
        raise DataError(
            [Issue("encoding", message, "save the file as UTF-8, or give its encoding with encoding=")]
        ) from None


def _refuse_binary(data: bytes) -> None:
    start = data[:100_000]
    if b"\0" in start and start.count(0) >= 0.3 * len(start):
        remedy = 'if it is text in UTF-16, say encoding="utf-16-le"; otherwise give a CSV file or a workbook'
        raise DataError([Issue("not-a-table", "every second byte of the file is zero", remedy)])
    odd = len(start) - len(start.translate(None, _CONTROL))
    if b"\0" in start or odd > 0.002 * len(start) + 1:
        remedy = "give a CSV file, a workbook (xlsx, xls, ods) or a JSON-stat file"
        raise DataError([Issue("not-a-table", "the file is neither text nor a known workbook", remedy)])


# -- delimiter ---------------------------------------------------------------------------------------------


def _find_delimiter(text: str, columns: Collection[str]) -> str:
    """Return the sign that splits the lines best; empty when there is one column only."""
    lines = list(islice((line for line in io.StringIO(text, newline="") if line.strip()), _SAMPLE))
    wanted = {clean_name(column) for column in columns}
    fits = {sign: _fit(lines, sign, wanted) for sign in DELIMITERS}
    best = max(fits.values())
    if best[2] == 0.0:
        return SPACES if _between_spaces(lines) else ""
    return next(sign for sign in DELIMITERS if fits[sign] == best)


def _between_spaces(lines: Sequence[str]) -> bool:
    """A table of numbers between spaces: every line but the first has as many numbers."""
    rows = [line.split() for line in lines]
    numbers = [all(_PLAIN_NUMBER.fullmatch(cell) for cell in row) for row in rows]
    return len(rows) > 1 and len(rows[-1]) > 1 and len({len(row) for row in rows}) == 1 and all(numbers[1:])


def _refuse_long_lines(text: str) -> None:
    """Refuse a file whose lines no table has, before anything looks into them."""
    start = 0
    while len(text) - start > LONGEST_LINE:  # from the start of a line to the last one that begins within its limit
        last = text.rfind("\n", start, start + LONGEST_LINE + 1)
        if last < 0:
            end = text.find("\n", start)
            number = text.count("\n", 0, start) + 1
            message = f"line {number} has {(len(text) if end < 0 else end) - start:,} characters".replace(",", " ")
            raise DataError([Issue("too-large", message, "check that this is the table", cell=a1(number, 0))])
        start = last + 1


def _refuse_wide(rows: Sequence[Sequence[str]]) -> None:
    widest = max(range(len(rows)), key=lambda k: len(rows[k]), default=0)
    if rows and len(rows[widest]) > MOST_COLUMNS:
        message = f"row {widest + 1} has {len(rows[widest]):,} columns".replace(",", " ")
        remedy = f"give a table of at most {MOST_COLUMNS} columns, or the right delimiter="
        raise DataError([Issue("too-large", message, remedy, cell=a1(widest + 1, 0))])


def _fit(lines: Sequence[str], sign: str, wanted: set[str]) -> tuple[int, bool, float]:
    """How well a sign splits the lines: wanted columns found, a header-like row, share of lines equally wide."""
    try:
        rows = list(csv.reader(lines, delimiter=sign))
    except csv.Error:
        return (0, False, 0.0)
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return (0, False, 0.0)
    width, count = widths.most_common(1)[0]
    found = max(len(wanted & {clean_name(cell) for cell in row}) for row in rows) if wanted else 0
    header = any(
        len(row) == width and all(not any(char.isdigit() for char in cell) or cell[:1].isalpha() for cell in row)
        for row in rows[:20]
    )
    return (found, header, count / len(rows))


# -- records -----------------------------------------------------------------------------------------------


def _records(text: str, sign: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign or ";", strict=True)
    rows: list[list[str]] = []
    try:
        rows.extend(reader)
    except csv.Error as error:
        issue = Issue(
            "bad-quoting",
            f"the quotation marks do not close properly near line {reader.line_num}: {error}",
            'close every quoted cell, and write a quotation mark inside one as ""',
            cell=a1(len(rows) + 1, 0),
        )
        raise DataError([issue]) from None
    return [list(map(unguarded, row)) for row in rows] if "'" in text else rows


def _text_issues(rows: Sequence[Sequence[str]], text: str, sign: str, encoding: str) -> list[Issue]:
    """Find cells with bytes of another encoding, swallowed line breaks, and text damaged before it came here."""
    foreign = not text.isascii() and _SURROGATE.search(text) is not None
    swallowed = '"' in text and sign != ""
    damaged = "\ufffd" in text or "Ã" in text or "Â" in text or (encoding == "cp1252" and bool(_OLD.search(text)))
    if not (foreign or swallowed or damaged):
        return []
    issues = []
    for number, row in enumerate(rows, start=1):
        for position, cell in enumerate(row):
            issue = None
            if foreign and _SURROGATE.search(cell):
                issue = _foreign(cell, encoding)
            elif swallowed and sign in cell and ("\n" in cell or "\r" in cell):
                message = "the quoted cell runs over several lines and swallows delimiters"
                issue = Issue("bad-quoting", message, "close the quotation mark", value=cell)
            elif damaged:
                issue = _damage(cell)
            if issue is not None:
                issues.append(replace(issue, cell=a1(number, position)))
    return issues


def _foreign(cell: str, encoding: str) -> Issue:
    shown = cell.encode("utf-8", errors="surrogateescape").decode("cp1252", errors="replace")
    if encoding == _MIXED:
        message = "the cell is not UTF-8, although others in the file are: the file mixes encodings"
        return Issue("mixed-encodings", message, "save the whole file anew as UTF-8, or say encoding=", value=shown)
    other = _other_page(cell) if encoding == "cp1252" else None
    if other is not None:
        return replace(other, rule="encoding", severity="error", value=shown)
    message = f"the cell has bytes that do not exist in {encoding}"
    return Issue("encoding", message, "save the file as UTF-8, or give its encoding with encoding=", value=shown)


def _damage(cell: str) -> Issue | None:
    """A warning when letters were lost or encoded twice before the file came here."""
    if cell.isascii():
        return None
    remedy = "correct the text where the file was made"
    if "\ufffd" in cell:
        return Issue("damaged-text", "a letter was lost in an earlier conversion", remedy, "warning", value=cell)
    try:
        meant = cell.encode("cp1252").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return _other_page(cell)
    return Issue("damaged-text", f"the text was encoded twice; it was {meant!r}", remedy, "warning", value=cell)


#: Code pages of old machines, and how their Norwegian letters look when they are read as cp1252.
_PAGES = ("mac-roman", "cp850")
_OLD = re.compile(r"[¿¯¾®†›‘\udc81\udc8d\udc8f\udc90\udc9d]|Œ(?=[a-zæøå])|(?<=[a-z])Œ")
_LETTERS = re.compile("[æøåÆØÅäöüÄÖÜ]")
_NAME = re.compile(r"[^\W\d_][\w .,'’()/&+-]*")


def _other_page(cell: str) -> Issue | None:
    """A warning when the letters make sense in the code page of another machine: ``S¿ndre`` from a Macintosh."""
    if not _OLD.search(cell):
        return None
    data = cell.encode("cp1252", errors="surrogateescape")
    for page in _PAGES:
        meant = data.decode(page, errors="replace")
        if _LETTERS.search(meant) and _NAME.fullmatch(meant):
            message = f"the letters are those of another machine: in {page} the text is {meant!r}"
            return Issue("damaged-text", message, f"say encoding={page!r}", "warning", value=cell)
    return None

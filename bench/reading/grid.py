"""`Grid`: one sheet of cells as it stands in the file, before anyone knows what the columns mean."""

from __future__ import annotations

import datetime as dt
import functools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.errors import Issue
from bench.reading.files.workbook_facts import SheetFacts
from bench.reading.values.numbers import is_missing

_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """One sheet of cells.

    Attributes
    ----------
    rows : sequence of sequences
        ``rows[i]`` is spreadsheet row ``i + 1``; rows may differ in length. Cells are text, or values a spreadsheet
        stores: numbers, dates, booleans. Empty cells are ``""`` or None.
    sheet : str
        Name of the sheet; empty for a text file.
    hidden : bool
        The sheet is not shown to whoever opens the workbook.
    delimited : bool
        A text file, where a row that is too short or too long is a mistake.
    dialect : Mapping[str, str]
        What was found on the way: encoding, delimiter and so on.
    issues : sequence of Issue
        Problems already seen, without the name of the file.
    merged : mapping of (row, column) to str
        Cells (1-based row, 0-based column) hidden under a merged area, with the area's address.
    facts : SheetFacts
        What the sheet says beside its values: hidden rows, formats, indents.
    """

    rows: Sequence[Sequence[Any]]
    sheet: str = ""
    hidden: bool = False
    delimited: bool = False
    dialect: Mapping[str, str] = field(default_factory=dict)
    issues: Sequence[Issue] = ()
    merged: Mapping[tuple[int, int], str] = field(default_factory=dict)
    facts: SheetFacts = field(default_factory=SheetFacts)


def is_blank(cell: Any) -> bool:
    """Tell whether a cell holds nothing that can be seen.

    Examples
    --------
    >>> is_blank(""), is_blank(" \\u00a0"), is_blank(None), is_blank(0), is_blank("-")
    (True, True, True, False, False)
    """
    if isinstance(cell, str):
        return not cell or cell.isspace()
    return is_missing(cell)


def cell_text(cell: Any) -> str:
    """Return a cell as text: whole numbers without decimals, dates in ISO form, nothing as the empty text.

    Examples
    --------
    >>> import datetime
    >>> cell_text("0301"), cell_text(301.0), cell_text(12.5), cell_text(datetime.date(2004, 12, 31)), cell_text(None)
    ('0301', '301', '12.5', '2004-12-31', '')
    """
    if isinstance(cell, str):
        return cell
    if is_missing(cell):
        return ""
    if isinstance(cell, (bool, np.bool_)):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (float, np.floating)):
        number = float(cell)
        return str(int(number)) if number.is_integer() else repr(number)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    return str(cell)


def clean_name(cell: Any) -> str:
    """Return a column name without what the eye does not see: outer and double spaces, line breaks, unicode forms,
    marks without width.

    Examples
    --------
    >>> clean_name(" Netto\\ndrifts\\u00a0kostnad "), clean_name(2004.0)
    ('Netto drifts kostnad', '2004')
    """
    return _clean(cell_text(cell))


@functools.lru_cache(maxsize=4096)  # a table asks for the same few columns in every row
def _clean(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    if not text.isascii():
        text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    return _BLANKS.sub(" ", text).strip()

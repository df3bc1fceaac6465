"""The writer of workbook files without what costs time and does nothing here, and one that writes nothing.

What the file holds is the writer's own, byte for byte: a test compares the two. A version of it that calls its parts
by other names does without the short cuts, and is slower.
"""

from __future__ import annotations

import functools
from typing import Any


@functools.cache
def column_name(column: int) -> str:
    """Return the letters of a column counted from zero.

    Examples
    --------
    >>> column_name(0), column_name(27)
    ('A', 'AB')
    """
    rest, letter = divmod(column, 26)
    return (column_name(rest - 1) if rest else "") + chr(ord("A") + letter)


class Silent:
    """Stands for the writer where nothing is written: takes every call and answers with itself."""

    def __getattr__(self, name: str) -> Silent:
        return self

    def __call__(self, *given: Any, **named: Any) -> Silent:
        """Take a call."""
        return self


@functools.cache
def worksheet_class() -> Any:
    """Return the writer's sheet with short cuts; without them a large workbook takes twice the time.

    No formula here uses a function newer than 2007, so none is searched for them by some thirty patterns. A cell's
    place and the number of its format hold nothing to escape, so no cell is searched for that. Cells are named by row
    and column, so no name in letters is looked for.
    """
    from xlsxwriter.worksheet import Worksheet

    class Plain(Worksheet):  # type: ignore[misc]
        write_string = getattr(Worksheet, "_write_string", Worksheet.write_string)
        write_number = getattr(Worksheet, "_write_number", Worksheet.write_number)
        write_blank = getattr(Worksheet, "_write_blank", Worksheet.write_blank)
        write_formula = getattr(Worksheet, "_write_formula", Worksheet.write_formula)

        def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
            return formula.removeprefix("=")

        def _write_cell(self, row: int, col: int, cell: Any) -> None:
            kind, look = cell.__class__.__name__, cell.format
            if look is None:
                super()._write_cell(row, col, cell)
                return
            head = f'<c r="{column_name(col)}{row + 1}" s="{look._get_xf_index()}"'
            if kind == "String" and not self.constant_memory:
                self.fh.write(f'{head} t="s"><v>{cell.string}</v></c>')
            elif kind == "Number":
                self.fh.write(f"{head}><v>{cell.number:.16G}</v></c>")
            elif kind == "Formula" and isinstance(cell.value, float):
                self.fh.write(f"{head}><f>{self._escape_data(cell.formula)}</f><v>{cell.value}</v></c>")
            else:
                super()._write_cell(row, col, cell)

    return Plain


@functools.cache
def place_class() -> Any:
    """Return the writer's link with the slashes of every system, not those of one: spreadsheets read them all."""
    from xlsxwriter.url import Url

    class Place(Url):  # type: ignore[misc]
        def _target(self) -> str:
            return str(super()._target()).replace("\\", "/")

    return Place

"""Formulas written relative to their cell: alike where they do the same, whatever row or column they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from openpyxl.utils import column_index_from_string

#: A reference to a cell that is no name of a function or sheet, with its dollar signs.
_CELL = re.compile(
    r"(?<![A-Za-z0-9_.'!$])(\$?)([A-Z]{1,3})(\$?)(\d+)(?![\d(A-Za-z_])|(?<=!)(\$?)([A-Z]{1,3})(\$?)(\d+)(?![\d(A-Za-z_])"
)


def relative(formula: str, row: int, column: int) -> str:
    """Return a formula with its references as steps from the cell; fixed ones stay as they are.

    Examples
    --------
    >>> relative("=B2*$C$1", 2, 3), relative("=B3*$C$1", 3, 3)
    ('=R[0]C[-1]*R1C3', '=R[0]C[-1]*R1C3')
    """

    def said(match: re.Match[str]) -> str:
        fixed_column, letters, fixed_row, digits = (part for part in match.groups() if part is not None)
        at, down = column_index_from_string(letters), int(digits)
        r = f"R{down}" if fixed_row else f"R[{down - row}]"
        return r + (f"C{at}" if fixed_column else f"C[{at - column}]")

    parts = re.split(r'("[^"]*")', formula)
    return "".join(part if part.startswith('"') else _CELL.sub(said, part) for part in parts)


def blocks(sheet: Any) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Yield runs of formulas below each other in a column, with their rows."""
    for cells in sheet.iter_cols():
        run: list[tuple[int, str]] = []
        for cell in cells:
            if isinstance(cell.value, str) and cell.value.startswith("="):
                run.append((cell.row, relative(cell.value, cell.row, cell.column)))
            elif run:
                yield cells[0].column_letter, run
                run = []
        if run:
            yield cells[0].column_letter, run

"""Where the table is inside a grid: title rows, header, data rows, blank rows and notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from bench.errors import DataError, Issue
from bench.reading.addresses import a1, address_key, column_letters
from bench.reading.grid import Grid, cell_text, clean_name, is_blank

#: Rows from the top in which a header is looked for.
HEADER_DEPTH = 100


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The table of one sheet.

    Attributes
    ----------
    sheet : str
    names : list of str
        Cleaned names of the columns, in order; the same name may stand twice.
    positions : list of int
        0-based spreadsheet column of each.
    header_row : int
        1-based spreadsheet row of the header.
    rows : list of int
        1-based spreadsheet row of each data row.
    cells : list of sequences
        One per column, each as long as ``rows``.
    issues : list of Issue
    dialect : dict
    """

    sheet: str
    names: list[str]
    positions: list[int]
    header_row: int
    rows: list[int]
    cells: list[Sequence[Any]]
    issues: list[Issue]
    dialect: dict[str, str]


def header_matches(grid: Grid, wanted: Collection[str]) -> int:
    """Return how many of the wanted columns the best header row has."""
    names = {clean_name(column) for column in wanted}
    return max((len(names & _names(row)) for row in grid.rows[:HEADER_DEPTH]), default=0)


def _names(row: Sequence[Any]) -> set[str]:
    return {clean_name(cell) for cell in row if not is_blank(cell)}


def find_header(grid: Grid, wanted: Collection[str]) -> int:
    """Return the 0-based index of the header row.

    The first row with most of the wanted columns; without a match the first row that is about as wide as the table
    and mostly words.

    Raises
    ------
    DataError
        Rule ``no-header``.
    """
    names = {clean_name(column) for column in wanted}
    top = grid.rows[:HEADER_DEPTH]
    found = [len(names & _names(row)) for row in top]
    if any(found):
        return found.index(max(found))
    filled = [[cell for cell in row if not is_blank(cell)] for row in top]
    widths = Counter(len(row) for row in filled if row)
    width = max(widths, key=lambda width: width * widths[width], default=0)  # the width that holds most cells
    for index, row in enumerate(filled):
        words = sum(_is_word(cell) for cell in row)
        if row and len(row) >= 0.6 * width and words > 0.5 * len(row):
            return index
    raise DataError(
        [
            Issue(
                "no-header",
                "no row looks like a header with the names of the columns",
                "write the names above the columns, or give the row's number with header=",
                sheet=grid.sheet,
            )
        ]
    )


def _is_word(cell: Any) -> bool:
    return isinstance(cell, str) and any(char.isalpha() for char in cell) and not cell.strip()[:1].isdigit()


def locate_table(grid: Grid, wanted: Collection[str] = (), header: int | None = None) -> Part:
    """Find the table in a grid.

    Parameters
    ----------
    grid : Grid
    wanted : collection of str
        Columns the header should have.
    header : int, optional
        1-based row of the header; found when omitted.

    Returns
    -------
    Part
        Blank rows are left out with a warning, notes below the table with an error of rule ``note-row``.

    Raises
    ------
    DataError
        Rule ``no-header``; problems of single rows are issues of the part.
    """
    if header is not None and header > len(grid.rows):
        message = f"row {header} was given as the header, but there are {len(grid.rows)} rows"
        raise DataError([Issue("no-header", message, "correct header=", sheet=grid.sheet)])
    top = find_header(grid, wanted) if header is None else header - 1
    names = [clean_name(cell) for cell in grid.rows[top]]
    while names and not names[-1]:
        names.pop()
    issues = [_with_column(issue, grid.sheet, names) for issue in grid.issues]
    filled = [index for index in range(top + 1, len(grid.rows)) if not _blank_row(grid.rows[index])]
    data, notes = _split_notes(grid, filled)
    issues += [_note(grid, index) for index in notes]
    issues += _blank_rows(grid, data)
    if grid.delimited:
        issues += _ragged(grid, data, len(names))
        width = len(names)
    else:
        width = max((len(grid.rows[index]) for index in data), default=len(names))
    names += [""] * (width - len(names))
    cells = _columns([grid.rows[index] for index in data], width)
    for k, name in enumerate(names):
        if not name and not all(map(is_blank, cells[k])):
            names[k] = f"(column {column_letters(k)})"
            message, remedy = "the column has values but no name", "write its name in the header"
            place = a1(top + 1, k)
            issues.append(Issue("unnamed-column", message, remedy, "warning", sheet=grid.sheet, cell=place))
    keep = [k for k, name in enumerate(names) if name]
    title = sum(not _blank_row(row) for row in grid.rows[:top])
    dialect = {"header_row": str(top + 1), **({"title_rows": str(title)} if title else {})}
    return Part(
        grid.sheet,
        [names[k] for k in keep],
        keep,
        top + 1,
        [index + 1 for index in data],
        [cells[k] for k in keep],
        issues,
        dialect,
    )


def _with_column(issue: Issue, sheet: str, names: Sequence[str]) -> Issue:
    """Name the column of an issue that so far knows its address only."""
    position = address_key(issue.cell)[1] - 1
    return replace(issue, sheet=sheet, column=names[position] if 0 <= position < len(names) else "")


def _blank_row(row: Sequence[Any]) -> bool:
    if row and isinstance(row[0], str) and row[0] and not row[0].isspace():
        return False
    return all(map(is_blank, row))


def _split_notes(grid: Grid, filled: list[int]) -> tuple[list[int], list[int]]:
    """Separate notes at the bottom: rows with one text alone, set off by a blank row or without any delimiter."""
    end = len(filled)
    while end > 0 and _lone_text(grid.rows[filled[end - 1]]):
        end -= 1
    tail = filled[end:]
    if not tail:
        return filled, []
    if grid.delimited and all(len(grid.rows[index]) == 1 for index in tail) and _wide(grid, filled[:end]):
        return filled[:end], tail
    # Otherwise a blank row must stand before the first note; a unit without any values is no note.
    for position, index in enumerate(tail):
        before = filled[end + position - 1] if end + position else None
        if before is not None and index - before > 1:
            return filled[: end + position], tail[position:]
    return filled, []


def _lone_text(row: Sequence[Any]) -> bool:
    seen = [cell for cell in row if not is_blank(cell)]
    return len(seen) == 1 and isinstance(seen[0], str)


def _wide(grid: Grid, data: Sequence[int]) -> bool:
    return any(len(grid.rows[index]) > 1 for index in data[:1])


def _note(grid: Grid, index: int) -> Issue:
    row = grid.rows[index]
    position = next(k for k, cell in enumerate(row) if not is_blank(cell))
    return Issue(
        "note-row",
        "there is a note below the table",
        "delete it, or accept 'note-row' to leave it out",
        sheet=grid.sheet,
        cell=a1(index + 1, position),
        value=cell_text(row[position]).strip(),
    )


def _blank_rows(grid: Grid, data: Sequence[int]) -> list[Issue]:
    """One warning for all blank rows between data rows."""
    gaps = [before + 1 for before, after in pairwise(data) if after - before > 1]
    if not gaps:
        return []
    total = data[-1] - data[0] + 1 - len(data)
    message = f"the table has {total} blank row{'s' if total > 1 else ''}, left out"
    remedy = "check that everything below belongs to the same table"
    return [Issue("blank-row", message, remedy, "warning", sheet=grid.sheet, cell=a1(gaps[0] + 1, 0))]


def _ragged(grid: Grid, data: Sequence[int], width: int) -> list[Issue]:
    issues = []
    for index in data:
        row = grid.rows[index]
        if len(row) == width:
            continue
        if len(row) < width:
            message = f"the row has {len(row)} cells, the header has {width}"
            remedy = "a delimiter is missing: write every cell, also the empty ones"
            issues.append(Issue("ragged-row", message, remedy, cell=a1(index + 1, len(row))))
            continue
        extra = next((k for k in range(width, len(row)) if not is_blank(row[k])), None)
        if extra is not None:
            message = f"the row has {len(row)} cells, the header has {width}"
            remedy = "put cells that hold the delimiter (a decimal comma, a name) in quotation marks"
            value = str(row[extra])
            issues.append(Issue("ragged-row", message, remedy, cell=a1(index + 1, extra), value=value))
    return issues


def _columns(rows: list[Sequence[Any]], width: int) -> list[Sequence[Any]]:
    if not rows:
        return [()] * width
    if set(map(len, rows)) != {width}:
        rows = [(*row[:width], *[""] * (width - len(row))) for row in rows]
    return list(zip(*rows, strict=True))

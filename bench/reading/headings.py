"""The header of a table: one row of names, or a row of groups above a row of names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from bench.errors import DataError, Issue
from bench.reading.grid import Grid, clean_name, is_blank
from bench.reading.values.measures import is_measure_word

#: Rows from the top in which a header is looked for.
HEADER_DEPTH = 100

#: Header of a table that has none: its columns are numbered.
NO_HEADER = 0

_YEAR = re.compile(r"(?:19|20)\d\d")
_AREA = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")


@dataclass(frozen=True, slots=True)
class Heading:
    """Where the names of the columns stand.

    Attributes
    ----------
    first, last : int
        0-based rows of the header; ``last`` is the row right above the data.
    names : tuple of str
        Cleaned, one per column of the sheet.
    said : tuple of str
        Everything the header says above each column: the group, then the name.
    """

    first: int
    last: int
    names: tuple[str, ...]
    said: tuple[str, ...]


def header_matches(grid: Grid, wanted: Collection[str]) -> int:
    """Return how many of the wanted columns the best header row has."""
    names = {clean_name(column) for column in wanted}
    return max((len(names & _row_names(row)) for row in grid.rows[:HEADER_DEPTH]), default=0)


def _row_names(row: Sequence[Any]) -> set[str]:
    return {clean_name(cell) for cell in row if not is_blank(cell)}


def find_heading(grid: Grid, wanted: Collection[str] = (), header: int | None = None) -> Heading:
    """Find the header of a grid.

    Parameters
    ----------
    grid : Grid
    wanted : collection of str
        Columns it should have.
    header : int, optional
        1-based row of the names; 0 when there is no header and the columns are to be numbered; found when omitted.

    Raises
    ------
    DataError
        Rule ``no-header``.
    """
    if header == NO_HEADER:
        first = next((k for k, row in enumerate(grid.rows) if any(not is_blank(cell) for cell in row)), 0)
        names = tuple(f"column {k + 1}" for k in range(max((len(row) for row in grid.rows), default=0)))
        return Heading(first - 1, first - 1, names, names)
    if header is not None and header > len(grid.rows):
        message = f"row {header} was given as the header, but there are {len(grid.rows)} rows"
        raise DataError([Issue("no-header", message, "correct header=", sheet=grid.sheet)])
    top = _find_row(grid, wanted) if header is None else header - 1
    upper = _group_row(grid, top, wanted)
    if upper is not None:
        return _joined(grid, upper, upper + 1, wanted)
    names = tuple(clean_name(cell) for cell in grid.rows[top])
    return Heading(top, top, names, names)


def _find_row(grid: Grid, wanted: Collection[str]) -> int:
    """Return the 0-based row with most of the wanted columns, or else the first that looks like a header."""
    names = {clean_name(column) for column in wanted}
    top = grid.rows[:HEADER_DEPTH]
    found = [len(names & _row_names(row)) for row in top]
    if any(found):
        return found.index(max(found))
    filled = [_filled(grid, index) for index in range(len(top))]
    widths = Counter(len(row) for row in filled if row)
    width = max(widths, key=lambda width: width * widths[width], default=0)  # the width that holds most cells
    for index, row in enumerate(filled):
        title = width > 1 and len(set(map(clean_name, row))) == 1  # one text merged over the table
        words = sum(map(_is_word, row)) > 0.5 * len(row) or _year_row(row)
        if row and len(row) >= 0.6 * width and words and not title:
            return index
    shown = ", ".join(clean_name(cell) for cell in next((row for row in filled if row), [])[:4])
    raise DataError(
        [
            Issue(
                "no-header",
                f"no row looks like a header with the names of the columns; the first row is: {shown}",
                "write the names above the columns, give the row's number with header=, or say header=0 if there is "
                "no header: the columns are then called 'column 1', 'column 2' …",
                sheet=grid.sheet,
            )
        ]
    )


def _filled(grid: Grid, index: int) -> list[Any]:
    """Return the filled cells of a row; a cell merged over several columns fills them all."""
    row = grid.rows[index]
    cells = [cell for cell in row if not is_blank(cell)]
    under = [k for k in range(len(row)) if is_blank(row[k]) and _merged_across(grid, index, k) is not None]
    return [
        *cells,
        *(grid.rows[index][k_from] for k in under if (k_from := _merged_across(grid, index, k)) is not None),
    ]


def _is_word(cell: Any) -> bool:
    return isinstance(cell, str) and any(char.isalpha() for char in cell) and not cell.strip()[:1].isdigit()


def _is_measure(cell: Any) -> bool:
    return isinstance(cell, str) and any(char.isalpha() for char in cell) and is_measure_word(cell)


def is_year(cell: Any) -> bool:
    """Tell whether a cell holds a year and nothing else."""
    return _YEAR.fullmatch(clean_name(cell)) is not None


def _year_row(row: Sequence[Any]) -> bool:
    """A row of years is a header where nothing else than the first cell is anything else."""
    return len(row) > 1 and all(map(is_year, row[1:])) and (is_year(row[0]) or _is_word(row[0]))


# -- two rows ------------------------------------------------------------------------------------------------


def _merged_across(grid: Grid, index: int, column: int) -> int | None:
    """Return the first column of the area, merged across one row, that hides a cell."""
    match = _AREA.fullmatch(grid.merged.get((index + 1, column), ""))
    if match is None or match[2] != match[4]:
        return None
    start = 0
    for letter in match[1]:
        start = start * 26 + ord(letter) - 64
    return start - 1


def _group_row(grid: Grid, top: int, wanted: Collection[str]) -> int | None:
    """Return the row of groups when ``top`` is one, or has one above it; None for a header of one row."""
    if _is_group_row(grid, top) and top + 1 < len(grid.rows) and _is_name_row(grid.rows[top + 1], wanted):
        return top
    if top > 0 and _is_group_row(grid, top - 1):
        return top - 1
    return None


def _is_group_row(grid: Grid, index: int) -> bool:
    """Groups stand above several columns: merged across, or followed by empty cells under a blank first cell."""
    row = grid.rows[index]
    filled = [k for k, cell in enumerate(row) if not is_blank(cell)]
    if not filled or not all(_is_word(row[k]) or is_year(row[k]) or _is_measure(row[k]) for k in filled):
        return False
    below = grid.rows[index + 1] if index + 1 < len(grid.rows) else ()
    if any(is_year(row[k]) for k in filled) and not all(_is_word(cell) for cell in below if not is_blank(cell)):
        return False
    spans = [k for k in range(1, len(row)) if (start := _merged_across(grid, index, k)) is not None and start > 0]
    if spans:
        return True
    names = [clean_name(cell) for cell in below]
    repeated = len({name for name in names if name}) < sum(map(bool, names))
    lone = (filled[0] > 0 or not names or not names[0]) and len(filled) < len(names) - 1 and len(row) <= len(names) + 1
    return lone and repeated


def _is_name_row(row: Sequence[Any], wanted: Collection[str]) -> bool:
    filled = [cell for cell in row if not is_blank(cell)]
    if {clean_name(column) for column in wanted} & _row_names(row):
        return True
    return bool(filled) and all(_is_word(cell) or is_year(cell) for cell in filled)


def _joined(grid: Grid, upper: int, lower: int, wanted: Collection[str]) -> Heading:
    """Put groups and names together where the names alone do not tell the columns apart."""
    groups, names = _spread(grid, upper), [clean_name(cell) for cell in grid.rows[lower]]
    width = max(len(groups), len(names))
    groups += [""] * (width - len(groups))
    names += [""] * (width - len(names))
    both = [" ".join(dict.fromkeys(part for part in pair if part)) for pair in zip(groups, names, strict=True)]
    alone = [name or group for group, name in zip(groups, names, strict=True)]
    known = {clean_name(column) for column in wanted}
    given = [name for name in alone if name]
    apart = len(set(given)) == len(given) and not any(map(is_year, names))
    chosen = alone if apart and len(known & set(alone)) >= len(known & set(both)) else both
    return Heading(upper, lower, tuple(chosen), tuple(both))


def _spread(grid: Grid, index: int) -> list[str]:
    """Return the group above each column."""
    row = grid.rows[index]
    groups = [clean_name(cell) for cell in row]
    merged = any(_merged_across(grid, index, k) is not None for k in range(len(row)))
    for k in range(len(groups)):
        start = _merged_across(grid, index, k)
        if start is not None:
            groups[k] = groups[start]
        elif not merged and not groups[k] and k and groups[k - 1]:
            groups[k] = groups[k - 1]
    return groups


# -- years in columns ----------------------------------------------------------------------------------------

_YEAR_LAST = re.compile(r"(?P<stem>.*?)[\s_.,:/-]*[(\[]?(?P<year>(?:19|20)\d\d)[)\]]?")
_YEAR_FIRST = re.compile(r"(?P<kind>[RBFP]?)(?P<year>(?:19|20)\d\d)[\s_.,:/-]+(?P<stem>\D.*)")
#: A measure behind the year: ``Kostnad 2022 (1000 kr)``.
_YEAR_INSIDE = re.compile(
    r"(?P<stem>.*?[^\s_.,:/-])[\s_.,:/-]+(?P<year>(?:19|20)\d\d)[\s,]*(?P<tail>[(\[]\D?[^()\[\]]*[)\]])"
)
#: Years of two digits behind a name: ``kostnad_22``, ``kostnad '23``.
_SHORT_LAST = re.compile(r"(?P<stem>[^\W\d]{3,}.*?)[\s_.-]*['’\s_](?P<year>\d{1,2})")


def year_columns(names: Sequence[str], least: int = 2) -> dict[str, dict[int, int]]:
    """Return the quantities with at least so many years in columns of their own: stem → year → position.

    Examples
    --------
    >>> year_columns(["region", "Utgifter 2022", "Utgifter 2023", "Døgn 2022", "Døgn 2023"])
    {'Utgifter': {2022: 1, 2023: 2}, 'Døgn': {2022: 3, 2023: 4}}
    >>> year_columns(["enhet", "kostnad 2023", "timer"])
    {}
    """
    found: dict[str, dict[int, int]] = {}
    short: dict[str, dict[str, int]] = {}
    for position, name in enumerate(names):
        match = _YEAR_LAST.fullmatch(name) or _YEAR_FIRST.fullmatch(name) or _YEAR_INSIDE.fullmatch(name)
        if match is not None:
            parts = match.groupdict()
            stem = f"{parts.get('kind') or ''} {match['stem'].strip()} {parts.get('tail') or ''}".strip()
            found.setdefault(stem, {}).setdefault(int(match["year"]), position)
        elif (match := _SHORT_LAST.fullmatch(name)) is not None:
            short.setdefault(match["stem"].strip(" _"), {})[match["year"]] = position
    for stem, places in short.items():
        digits = sorted(places)
        run = [int(year) for year in digits]
        if all(len(year) == 2 for year in digits) and run == list(range(run[0], run[0] + len(run))) and run[-1] <= 50:
            found.setdefault(stem, {int(year) + 2000: place for year, place in places.items()})
    return {stem: years for stem, years in found.items() if len(years) >= least}

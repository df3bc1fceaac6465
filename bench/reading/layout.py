"""Where the table is inside a grid: title rows, header, data rows, blank rows and notes."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from bench.errors import Issue
from bench.reading.addresses import a1, address_key, column_letters
from bench.reading.grid import Grid, cell_text, clean_name, is_blank
from bench.reading.headings import Heading, find_heading, year_columns
from bench.reading.rows import blank_row, headers_again, headings_inside, is_measure_row, split_notes
from bench.reading.title_years import year_conflicts
from bench.reading.values.measures import Measure, Statement, heard, is_measure_word, stated

#: Name of the one quantity of a table whose headers are years alone.
VALUE = "value"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The table of one sheet.

    Attributes
    ----------
    sheet : str
    names : list of str
        Cleaned names of the columns, in order; the same name may stand twice.
    places : list of (int or sequence of int)
        0-based spreadsheet column of each; one per row where years in columns were made into rows.
    header_row : int
        1-based spreadsheet row of the header, 0 where there is none.
    rows : list of int
        1-based spreadsheet row of each data row.
    cells : list of sequences
        One per column, each as long as ``rows``.
    issues : list of Issue
    dialect : dict
    said : list of (tuple of Statement)
        What is said of each column's measure.
    general : tuple of Statement
        What titles, notes and the sheet's name say of the whole table.
    """

    sheet: str
    names: list[str]
    places: list[int | Sequence[int]]
    header_row: int
    rows: list[int]
    cells: list[Sequence[Any]]
    issues: list[Issue]
    dialect: dict[str, str]
    said: list[tuple[Statement, ...]] = field(default_factory=list)
    general: tuple[Statement, ...] = ()


def locate_table(
    grid: Grid, wanted: Collection[str] = (), header: int | None = None, years: str | None = None, least: int = 2
) -> Part:
    """Find the table in a grid.

    Parameters
    ----------
    grid : Grid
    wanted : collection of str
        Columns the header should have.
    header : int, optional
        1-based row of the header, 0 for none; found when omitted.
    years : str, optional
        Make columns of years (``kostnad 2022``, ``kostnad 2023``) into rows, and call the column with the year so.
    least : int
        So many years a quantity has when its columns are made into rows.

    Returns
    -------
    Part
        Blank rows are left out with a warning, notes below the table with an error of rule ``note-row``.

    Raises
    ------
    DataError
        Rule ``no-header``; problems of single rows are issues of the part.
    """
    heading = find_heading(grid, wanted if years is None else (), header)
    top = heading.last
    names = list(heading.names)
    while names and not names[-1]:
        names.pop()
    issues = [_with_column(issue, grid.sheet, names) for issue in grid.issues]
    filled = [index for index in range(top + 1, len(grid.rows)) if not blank_row(grid.rows[index])]
    measures = filled[0] if filled and is_measure_row(grid.rows[filled[0]]) else None
    filled = filled[1:] if measures is not None else filled
    data, notes = split_notes(grid, filled)
    again = headers_again(grid, data, names)
    data = [index for index in data if index not in set(again)]
    first = next((k for k, name in enumerate(names) if name), 0)
    inside = headings_inside(grid, data, first)
    data = [index for index in data if index not in set(inside)]
    issues += [_note(grid, index) for index in notes]
    issues += [_heading_inside(grid, index, first) for index in inside]
    issues += [_header_again(grid, index, first) for index in again]
    issues += _blank_rows(grid, sorted([*data, *inside, *again]))
    issues += _hidden(grid, data, names)
    if grid.delimited:
        wide = len(grid.rows[top]) if 0 <= top < len(grid.rows) else len(names)
        width = max([len(names), *(len(grid.rows[index]) for index in data if len(grid.rows[index]) <= wide)])
        issues += _ragged(grid, data, len(names), width)
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
    issues += year_conflicts(grid, heading, names, cells, [index + 1 for index in data])
    keep = [k for k, name in enumerate(names) if name]
    part = Part(
        grid.sheet,
        [names[k] for k in keep],
        list(keep),
        top + 1,
        [index + 1 for index in data],
        [cells[k] for k in keep],
        issues,
        _dialect(grid, heading, measures),
        [_said_of(grid, heading, measures, [index + 1 for index in data], k) for k in keep],
        (*_said_of_all(grid, heading, notes), *_said_beside(grid, heading, names, cells)),
    )
    return part if years is None else _years_to_rows(part, clean_name(years), least)


def _dialect(grid: Grid, heading: Heading, measures: int | None) -> dict[str, str]:
    title = sum(not blank_row(row) for row in grid.rows[: max(heading.first, 0)])
    rows = f"{heading.first + 1}–{heading.last + 1}" if heading.first < heading.last else str(heading.last + 1)
    found = {"header_row": rows}
    if title:
        found["title_rows"] = str(title)
        texts = [cell_text(cell).strip() for row in grid.rows[: heading.first] for cell in row if not is_blank(cell)]
        found["title"] = " · ".join(texts)[:200]
    if measures is not None:
        found["measure_row"] = str(measures + 1)
    return found


def _with_column(issue: Issue, sheet: str, names: Sequence[str]) -> Issue:
    """Name the column of an issue that so far knows its address only."""
    position = address_key(issue.cell)[1] - 1
    return replace(issue, sheet=sheet, column=names[position] if 0 <= position < len(names) else "")


# -- measures ------------------------------------------------------------------------------------------------


def _said_of(
    grid: Grid, heading: Heading, measures: int | None, data: Collection[int], column: int
) -> tuple[Statement, ...]:
    """Everything that is said of one column's measure: by its header, the row of measures, its cells' formats."""
    found = []
    if column < len(heading.said):
        measure = heard(heading.said[column])
        if measure is not None:
            found.append(Statement(measure, "header", grid.sheet, a1(heading.last + 1, column)))
    if measures is not None and column < len(grid.rows[measures]):
        text = cell_text(grid.rows[measures][column])
        measure = stated(text)
        if measure is not None:
            found.append(Statement(measure, "measure row", grid.sheet, a1(measures + 1, column)))
    for form, lines in grid.facts.formats.get(column, {}).items():
        rows = sorted(set(lines) & set(data))
        if rows:
            text = f"shown in {form.shown:,.0f}".replace(",", " ") if form.shown != 1.0 else form.currency
            measure = Measure(form.factor, form.currency, text)
            every = len(rows) == sum(
                column < len(grid.rows[row - 1]) and _is_number(grid.rows[row - 1][column]) for row in data
            )
            found.append(Statement(measure, "format", grid.sheet, a1(rows[0], column), form.shown, certain=every))
    for remark in grid.facts.remarks:
        row, place = address_key(remark.cell)
        measure = heard(remark.text) if place - 1 == column and row > heading.first and not _wide(remark.text) else None
        if measure is not None and remark.kind == "comment":
            header = row <= heading.last + 1 or (measures is not None and row == measures + 1)
            found.append(Statement(measure, "comment", grid.sheet, remark.cell, certain=header))
    return tuple(found)


def _is_number(cell: Any) -> bool:
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


#: Words of a text that speaks of a whole table, wherever it stands.
_ALL = re.compile(r"\b(?:alle|samtlige|all|every|tall(?:ene)?|beløp(?:ene)?|figures|amounts|numbers)\b", re.IGNORECASE)


def _wide(text: str) -> bool:
    return re.search(r"\b(?:alle|samtlige|all)\b", text, re.IGNORECASE) is not None


def _said_of_all(grid: Grid, heading: Heading, notes: Sequence[int]) -> tuple[Statement, ...]:
    found = []
    places = [(index, "title") for index in range(max(heading.first, 0))] + [(index, "note") for index in notes]
    for index, kind in places:
        for column, cell in enumerate(grid.rows[index]):
            measure = heard(cell) if isinstance(cell, str) and not is_blank(cell) else None
            if measure is not None:
                found.append(Statement(measure, kind, grid.sheet, a1(index + 1, column)))
    measure = heard(grid.sheet) if grid.sheet else None
    if measure is not None:
        found.append(Statement(measure, "sheet", grid.sheet))
    for remark in grid.facts.remarks:
        row, place = address_key(remark.cell)
        measure = heard(remark.text)
        inside = remark.kind == "comment" and row > heading.first and place > 1 and not _wide(remark.text)
        if measure is not None and not inside:
            certain = remark.kind != "comment" or row <= heading.last + 1
            found.append(Statement(measure, remark.kind, grid.sheet, remark.cell, certain=certain))
    return tuple(found)


def said_elsewhere(grid: Grid) -> list[Statement]:
    """Return what a sheet of remarks, without numbers, says of the measure of the workbook's tables."""
    numbers = sum(_is_number(cell) for row in grid.rows for cell in row)
    if numbers > 3:
        return []
    return [
        Statement(measure, "other sheet", grid.sheet, a1(index + 1, column), certain=False)
        for index, row in enumerate(grid.rows)
        for column, cell in enumerate(row)
        if isinstance(cell, str) and (measure := heard(cell)) is not None and measure.factor != 1.0
        if _ALL.search(cell) or is_measure_word(cell)
    ]


def _said_beside(grid: Grid, heading: Heading, names: Sequence[str], cells: Sequence[Sequence[Any]]) -> list[Statement]:
    """What stands in the header's row above no numbers speaks of the table: a text to the right of it."""
    found = []
    for column, name in enumerate(names):
        measure = heard(name) if name and cells[column] and all(map(is_blank, cells[column])) else None
        if measure is not None:
            found.append(Statement(measure, "title", grid.sheet, a1(heading.last + 1, column)))
    return found


# -- years in columns ----------------------------------------------------------------------------------------


def _years_to_rows(part: Part, period: str, least: int) -> Part:
    """Make one row per unit and year; a quantity without a column for some year is blank there."""
    wide = year_columns(part.names, least)
    if not wide:
        message = "no two columns have the same name with different years"
        remedy = "give years_in_columns= only where the years stand in columns"
        return replace(part, issues=[*part.issues, Issue("no-years", message, remedy, sheet=part.sheet)])
    years = sorted({year for found in wide.values() for year in found})
    taken = {position for found in wide.values() for position in found.values()}
    fixed = [k for k in range(len(part.names)) if k not in taken]
    times = len(years)
    rows = [row for row in part.rows for _ in years]
    names = [part.names[k] for k in fixed]
    cells: list[Sequence[Any]] = [[cell for cell in part.cells[k] for _ in years] for k in fixed]
    places: list[int | Sequence[int]] = [part.places[k] for k in fixed]
    said = [part.said[k] for k in fixed]
    names.append(period)
    cells.append([str(year) for _ in part.rows for year in years])
    places.append(-1)
    said.append(())
    for stem, found in wide.items():
        names.append(stem or VALUE)
        columns = [part.cells[found[year]] if year in found else [None] * len(part.rows) for year in years]
        cells.append([column[row] for row in range(len(part.rows)) for column in columns])
        places.append([_one(part.places[found[year]]) if year in found else -1 for year in years] * len(part.rows))
        said.append(tuple(dict.fromkeys(s for position in found.values() for s in part.said[position])))
    dialect = {**part.dialect, "years": f"{years[0]}–{years[-1]} in columns, made into {times} rows per unit"}
    return replace(part, names=names, cells=cells, places=places, rows=rows, said=said, dialect=dialect)


def _one(place: int | Sequence[int]) -> int:
    assert isinstance(place, int)
    return place


# -- rows that are no units ----------------------------------------------------------------------------------


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


def _heading_inside(grid: Grid, index: int, column: int) -> Issue:
    text = cell_text(grid.rows[index][column]).strip()
    return Issue(
        "group-heading",
        f"the row holds {text!r} alone: a heading of the rows below, or a unit whose values are missing",
        "delete the row or accept 'group-heading' to leave it out; if it is a unit, give its values",
        sheet=grid.sheet,
        cell=a1(index + 1, column),
        value=text,
        unit=text,
    )


def _header_again(grid: Grid, index: int, column: int) -> Issue:
    text = cell_text(grid.rows[index][column]).strip()
    return Issue(
        "repeated-header",
        "the row holds the names of the columns once more: a page break, or another table below this one",
        "delete the row, or accept 'repeated-header' to leave it out when the rows below belong to the same table",
        sheet=grid.sheet,
        cell=a1(index + 1, column),
        value=text,
    )


def _hidden(grid: Grid, data: Sequence[int], names: Sequence[str]) -> list[Issue]:
    """Warn of rows and columns that whoever opens the workbook does not see; they are read all the same."""
    issues = []
    for index in data:
        if index + 1 in grid.facts.hidden_rows:
            label = next((cell_text(cell).strip() for cell in grid.rows[index] if not is_blank(cell)), "")
            message = f"row {index + 1} ({label!r}) is hidden in the workbook, and is read as any other"
            remedy = f"leave it out with leave_out={label!r}, or show the row if it belongs"
            place = a1(index + 1, 0)
            issues.append(
                Issue("hidden-row", message, remedy, "warning", sheet=grid.sheet, cell=place, value=label, unit=label)
            )
    for column in sorted(grid.facts.hidden_columns):
        if column < len(names) and names[column]:
            message = f"column {column_letters(column)} ({names[column]!r}) is hidden in the workbook"
            remedy = "check that it is meant to be used"
            place = a1(1, column)
            issues.append(
                Issue("hidden-column", message, remedy, "warning", sheet=grid.sheet, cell=place, column=names[column])
            )
    return issues


def _blank_rows(grid: Grid, data: Sequence[int]) -> list[Issue]:
    """One warning for all blank rows between data rows."""
    gaps = [before + 1 for before, after in pairwise(data) if after - before > 1]
    if not gaps:
        return []
    total = data[-1] - data[0] + 1 - len(data)
    message = f"the table has {total} blank row{'s' if total > 1 else ''}, left out"
    remedy = "check that everything below belongs to the same table"
    return [Issue("blank-row", message, remedy, "warning", sheet=grid.sheet, cell=a1(gaps[0] + 1, 0))]


def _ragged(grid: Grid, data: Sequence[int], width: int, widest: int) -> list[Issue]:
    """Report rows that are shorter than the names, or longer than the header with its columns without a name."""
    issues = []
    for index in data:
        row = grid.rows[index]
        if width <= len(row) <= widest:
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

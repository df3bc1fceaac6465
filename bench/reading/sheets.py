"""Which sheets of a workbook hold the table."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from bench.errors import DataError, Issue, OptionError, nearest
from bench.reading.grid import Grid, clean_name, is_blank
from bench.reading.headings import header_matches

#: Stack every sheet that has the columns.
ALL = "*"

_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")


def period_of(sheet: str) -> str:
    """Return the one year in a sheet's name, or an empty text.

    Examples
    --------
    >>> period_of("Regnskap 2004"), period_of("2004-2005"), period_of("Ark1")
    ('2004', '', '')
    """
    years = set(_YEAR.findall(sheet))
    return years.pop() if len(years) == 1 else ""


def choose_sheets(
    grids: Sequence[Grid],
    sheet: str | Sequence[str] | None,
    columns: Collection[str] = (),
    period: str | None = None,
    *,
    lenient: bool = False,
) -> tuple[list[Grid], list[Issue]]:
    """Choose the sheets to read.

    Parameters
    ----------
    grids : sequence of Grid
        Every sheet of the workbook.
    sheet : str, sequence of str or None
        A name; several names, or ``"*"`` for every visible sheet that has the columns, to stack them. None takes the
        only visible sheet that has the columns.
    columns : collection of str
        Columns the sheet must have; ``period`` may be missing from sheets that are stacked.
    lenient : bool
        Take the first of several sheets, with a warning, instead of refusing.

    Returns
    -------
    list of Grid, list of Issue
        Warnings name the sheets that were left out.

    Raises
    ------
    DataError
        Rules ``empty-file``, ``missing-sheet`` and ``ambiguous-sheet``.
    OptionError
        When ``sheet`` is neither a name nor a list of names.
    """
    full = [grid for grid in grids if any(not is_blank(cell) for row in grid.rows for cell in row)]
    if not full:
        raise DataError([Issue("empty-file", "no sheet of the workbook has any cells", "check the file")])
    wanted = {clean_name(column) for column in columns}
    if sheet is None:
        return _the_only(full, wanted, lenient=lenient)
    if sheet == ALL:
        return _all_with(full, wanted - {clean_name(period)} if period is not None else wanted)
    if not isinstance(sheet, (str, list, tuple)) or not sheet or not all(isinstance(name, str) for name in sheet):
        raise OptionError(f"sheet must be the name of a sheet, a list of names or '*'; got {sheet!r}")
    return [_named(grids, name) for name in ([sheet] if isinstance(sheet, str) else dict.fromkeys(sheet))], []


def _named(grids: Sequence[Grid], name: str) -> Grid:
    for grid in grids:
        if grid.sheet == name:
            return grid
    known = [grid.sheet for grid in grids]
    message = f"there is no sheet {name!r}{nearest(name, known)}"
    raise DataError([Issue("missing-sheet", message, f"sheets are: {', '.join(known)}", sheet=name)])


def _the_only(full: list[Grid], wanted: set[str], *, lenient: bool) -> tuple[list[Grid], list[Issue]]:
    visible = [grid for grid in full if not grid.hidden]
    found = {grid.sheet: header_matches(grid, wanted) for grid in full}
    fitting = [grid for grid in visible if found[grid.sheet] == len(wanted)]
    if len(fitting) == 1:
        return fitting, []
    if len(fitting) > 1:
        return _one_of_several(fitting, lenient=lenient, what="these columns" if wanted else "cells")
    secret = [grid.sheet for grid in full if grid.hidden and found[grid.sheet] == len(wanted)]
    if secret:
        message = f"only the hidden sheet {secret[0]!r} has the columns"
        raise DataError([Issue("missing-sheet", message, f"say sheet={secret[0]!r} if it is meant", sheet=secret[0])])
    return [max(visible or full, key=lambda grid: found[grid.sheet])], []


def _one_of_several(fitting: list[Grid], *, lenient: bool, what: str) -> tuple[list[Grid], list[Issue]]:
    names = ", ".join(repr(grid.sheet) for grid in fitting)
    message = f"{len(fitting)} sheets have {what}: {names}"
    remedy = 'choose one with sheet=, or stack them with sheet="*" or a list of names'
    if not lenient:
        raise DataError([Issue("ambiguous-sheet", message, remedy)])
    return fitting[:1], [Issue("ambiguous-sheet", message, remedy, "warning", sheet=fitting[0].sheet)]


def _all_with(full: list[Grid], wanted: set[str]) -> tuple[list[Grid], list[Issue]]:
    visible = [grid for grid in full if not grid.hidden]
    chosen = [grid for grid in visible if header_matches(grid, wanted) == len(wanted)]
    if not chosen:
        return [max(visible or full, key=lambda grid: header_matches(grid, wanted))], []
    message, remedy = "the sheet lacks some of the columns and was left out", "check that it holds no units"
    left = [
        Issue("sheet-left-out", message, remedy, "warning", sheet=grid.sheet) for grid in full if grid not in chosen
    ]
    return chosen, left

"""A sheet whose title says another year than its name or than its own years."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bench.errors import Issue
from bench.reading.addresses import a1
from bench.reading.grid import Grid, cell_text, clean_name, is_blank
from bench.reading.headings import Heading, year_columns
from bench.reading.sheets import period_of

#: A year that stands by itself, in no date and in no account number; and what says that it is no year of the accounts.
_YEAR = re.compile(r"(?<![\d./-])(?:19|20)\d\d(?![\d/-]|\.\d)")
_OTHER = re.compile(
    r"(?:utskr|skrevet ut|trykt|laget|oppdatert|hentet|vedtatt|lastet|printed|updated|retrieved|created|extracted"
    r"|published|publisert|©|copyright|prisniv|faste|fixed|versjon|version)\w*"
    r"|(?:19|20)\d\d[\s-]*(?:kr\b|kroner|priser|prices|nok)|(?:priser?|prices?|kroner|kr)\s+(?:i|in|fra|per)?\s*(?:19|20)\d\d",
    re.IGNORECASE,
)
_NAMES = ("aar", "år", "year", "regnskapsår", "periode", "period")


def year_conflicts(
    grid: Grid, heading: Heading, names: Sequence[str], cells: Sequence[Sequence[Any]], rows: Sequence[int]
) -> list[Issue]:
    """Warn where the rows above the table name one year and the sheet's name, or the table's years, are others.

    Parameters
    ----------
    grid : Grid
    heading : Heading
    names : sequence of str
        Columns of the table.
    cells : sequence of sequences
        Its data rows, by column.
    rows : sequence of int
        1-based row of each data row.
    """
    place, title = _title_year(grid, heading)
    if not title:
        return []
    issues = []
    named = period_of(grid.sheet) if grid.sheet else ""
    if named and named != title:
        issues.append(_conflict(grid, place, title, f"the name of the sheet says {named}"))
    for k, name in enumerate(names):
        if clean_name(name).casefold() not in _NAMES:
            continue
        texts = [cell_text(cell).strip().removesuffix(".0") for cell in cells[k]]
        years = sorted({text for text in texts if re.fullmatch(r"(?:19|20)\d\d", text)})
        if years and title not in years:
            first = next(i for i, text in enumerate(texts) if text in years)
            said = f"column {name!r} ({a1(rows[first], k)}) holds {', '.join(years)}"
            issues.append(_conflict(grid, place, title, said))
    wide = sorted({year for found in year_columns(names).values() for year in found})
    if wide and int(title) not in wide:
        first = next(iter(next(iter(year_columns(names).values())).values()))
        said = f"the columns ({a1(heading.last + 1, first)}) are for {', '.join(map(str, wide))}"
        issues.append(_conflict(grid, place, title, said))
    return issues


def _title_year(grid: Grid, heading: Heading) -> tuple[str, str]:
    """The one year that the rows above the table speak of, with its cell; empty where there is none or several."""
    found: dict[str, str] = {}
    for index in range(max(heading.first, 0)):
        for column, cell in enumerate(grid.rows[index]):
            text = "" if is_blank(cell) else cell_text(cell).strip().removesuffix(".0")
            if text and not _OTHER.search(text):
                for year in _YEAR.findall(text):
                    found.setdefault(year, a1(index + 1, column))
    if len(found) != 1:
        return "", ""
    ((year, place),) = found.items()
    return place, year


def _conflict(grid: Grid, place: str, title: str, other: str) -> Issue:
    return Issue(
        "year-conflict",
        f"the title says {title}, but {other}",
        "see which year the numbers are for, and correct the title, the name or the column",
        "warning",
        sheet=grid.sheet,
        cell=place,
        value=title,
    )

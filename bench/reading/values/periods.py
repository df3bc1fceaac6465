"""Years as files write them: dates, two digits, texts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bench.errors import Issue
from bench.reading.table import Table

_ISO = re.compile(r"(?P<year>\d{4})-\d{2}-\d{2}(?:[T ].*)?")
_LOCAL = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?P<year>\d{4})")
_SHORT = re.compile(r"'?\d{2}")


def years_of_dates(units: Sequence[str], periods: Sequence[str]) -> list[str] | None:
    """Return the years when every period is a date and no unit has two in one year; else None.

    Examples
    --------
    >>> years_of_dates(["A", "A"], ["31.12.2022", "31.12.2023"])
    ['2022', '2023']
    >>> years_of_dates(["A", "A"], ["01.01.2022", "01.07.2022"]) is None
    True
    """
    matches = [_ISO.fullmatch(period) or _LOCAL.fullmatch(period) for period in periods if period]
    if not matches or not all(matches):
        return None
    found = iter(match["year"] for match in matches if match is not None)
    years = [next(found) if period else "" for period in periods]
    rows = [row for row in zip(units, years, strict=True) if row[1]]
    return years if len(set(rows)) == len(rows) else None


def short_years(table: Table, period: str, labels: Sequence[str]) -> list[Issue]:
    """Refuse years of two digits: 21 can be 1921 or 2021, and amounts are indexed by the year."""
    filled = [label for label in labels if label]
    if not filled or not all(map(_SHORT.fullmatch, filled)):
        return []
    message = f"the years have two digits: {', '.join(sorted(set(filled))[:4])}"
    remedy = "write years with four digits, such as 2021; accept 'two-digit-year' if these are no years"
    return [table.issue("two-digit-year", message, remedy, 0, period)]

"""What each analysis beside the chain found, as it is: no price or norm of the workbook looks at it."""

from __future__ import annotations

import math
from typing import Any

from bench.report.edition import Edition
from bench.report.facts import rows
from bench.report.tables.analyses import analysis_title, column_title
from bench.report.workbook.sheet import TOP, Book
from bench.results import LARGE

#: Rows of the longest table that the workbook of a large run shows.
SHEET_ROWS = 10_000


def analysis_sheets(book: Book) -> None:
    """Write a sheet per table of each analysis."""
    run = book.edition.facts.run
    for analysis in run.model.analysis:
        title = analysis_title(book.edition, analysis)
        note = book.edition.t("workbook.analysis", title=title, method=analysis.method)
        for name, frame in run.described.items():
            if (name == analysis.id or name.startswith(f"{analysis.id}_")) and len(frame):
                _sheet(book, f"analysis_{name}", f"{name} – {title}", note, frame)


def frame_book(edition: Edition) -> Book:
    """Write the tables of a run as they are and leave the workbook open: without the accounts there are no formulas."""
    book, run = Book(edition, {}), edition.facts.run
    note = edition.t("workbook.withheld" if run.holds_back else "workbook.large")
    book.sheet("summary", edition.labels.model, note, name=edition.t("sheet.readme"))
    most = SHEET_ROWS if run.is_large else LARGE
    for name, frame in run.frames().items():
        if 0 < len(frame) <= most:
            _sheet(book, name, name, "", frame)
    return book


def _sheet(book: Book, key: str, title: str, note: str, frame: Any) -> None:
    sheet = book.sheet(key, title, note, name=title)
    columns = [str(column) for column in frame.columns]
    sheet.head(TOP, [(column_title(book.edition, column), 20) for column in columns])
    for row, record in enumerate(rows(frame), start=TOP + 1):
        for column, name in enumerate(columns):
            value = record[name]
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                sheet.text(row, column, value)
            else:
                sheet.number(row, column, value, "year" if name in ("year", "from") else "weight", "engine")

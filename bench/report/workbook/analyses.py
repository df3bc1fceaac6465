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

#: What is told of kept savings.
_KEPT = ("price_share", "norm_weight", "own_norm_share", "kept_share")


def analysis_sheets(book: Book) -> None:
    """Write a sheet per table of each analysis."""
    run = book.edition.facts.run
    for analysis in run.model.analysis:
        title = analysis_title(book.edition, analysis)
        note = book.edition.t("workbook.analysis", title=title, method=analysis.method)
        for name, frame in run.described.items():
            if (name == analysis.id or name.startswith(f"{analysis.id}_")) and len(frame):
                _sheet(book, f"analysis_{name}", f"{name} – {title}", note, frame)


def kept_sheet(book: Book) -> None:
    """Write what every unit keeps of a lasting saving of its own, as the run found it, with no formula.

    It rests on all intensities of the frontier at once: no yellow cell feeds it, and none is fed by it.
    """
    edition = book.edition
    frame, t = edition.facts.run.kept_savings, edition.t
    if not len(frame):
        return
    sheet = book.sheet("kept_savings", t("sheet.kept_savings"), t("note.kept_savings"))
    names = ("unit", "scheme", "year", *(name for name in _KEPT if frame[name].notna().any()))
    sheet.head(TOP, [(t(f"col.{name}"), 30 if name in ("unit", "scheme") else 20) for name in names], right=3)
    for row, record in enumerate(rows(frame), start=TOP + 1):
        sheet.text(row, 0, record["unit"])
        sheet.text(row, 1, edition.labels.scheme(record["scheme"]))
        sheet.number(row, 2, record["year"], "year")
        for column, name in enumerate(names[3:], start=3):
            if record[name] is not None:
                sheet.number(row, column, record[name], "weight" if name == "norm_weight" else "share", "engine")


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

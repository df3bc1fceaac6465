"""Tables of the analyses beside the chain: what each method found, scheme by scheme."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.catalogue import METHODS
from bench.modelfile import Analysis
from bench.report.edition import Edition
from bench.report.facts import rows
from bench.report.tables.page import Cell, Table, table, year_text
from bench.report.words.numbers import is_missing

#: Rows and columns of an analysis that the page shows; the file beside it has them all.
SHOWN_ROWS, SHOWN_COLUMNS = 100, 12
#: Frames beside the first that a reader of the page is shown.
_BESIDE = ("", "_tests", "_coefficients")


def analysis_tables(edition: Edition) -> list[Table]:
    """Return a table per analysis and scheme, folded, and those of its tests and coefficients."""
    found = []
    for analysis in edition.facts.run.model.analysis:
        for tail in _BESIDE:
            frame = edition.facts.run.described.get(f"{analysis.id}{tail}")
            if frame is not None and len(frame):
                parts = frame.groupby("scheme", sort=False)
                found += [_table(edition, analysis, tail, str(scheme), part) for scheme, part in parts]
    return found


def analysis_title(edition: Edition, analysis: Analysis) -> str:
    """Return what the file calls an analysis, else the method's name."""
    spec = METHODS[analysis.method]
    if analysis.title is not None:
        return analysis.title.get(edition.language)
    return spec.nb if edition.language == "nb" else spec.en


def column_title(edition: Edition, column: str) -> str:
    """Return a column's name in words; a heading that wants a number of another table is not one here."""
    known = edition.t.known("col", column)
    return known if known and "{" not in known else edition.labels.column(column)


def _table(edition: Edition, analysis: Analysis, tail: str, scheme: str, frame: Any) -> Table:
    t = edition.t
    names = [str(column) for column in frame.columns if column != "scheme"][:SHOWN_COLUMNS]
    shown = rows(frame.head(SHOWN_ROWS))
    numeric = {name: all(_is_number(row[name]) for row in shown) for name in names}
    body: list[list[Cell | str]] = [[_cell(edition, name, row[name]) for name in names] for row in shown]
    what = t(
        f"analysis.part.{tail.strip('_') or 'result'}",
        title=analysis_title(edition, analysis),
        scheme=edition.labels.scheme(scheme),
    )
    if len(frame) > SHOWN_ROWS or len(frame.columns) - 1 > SHOWN_COLUMNS:
        what = t(
            "analysis.first", title=what, rows=len(shown), all=len(frame), file=f"analysis_{analysis.id}{tail}.csv"
        )
    columns = [(column_title(edition, name), numeric[name] and name != "year") for name in names]
    return replace(table(what, columns, body), folded=True)


def _is_number(value: Any) -> bool:
    return is_missing(value) or (isinstance(value, int | float) and not isinstance(value, bool))


def _cell(edition: Edition, name: str, value: Any) -> str:
    if is_missing(value):
        return ""
    if name in ("year", "from"):
        return str(year_text(value))
    if isinstance(value, bool):
        return edition.t("word.yes" if value else "word.no")
    if isinstance(value, int | float):
        return edition.n.number(value, 0 if isinstance(value, int) or abs(value) >= 1000 else 4)
    return str(value)

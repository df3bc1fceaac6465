"""The numbers of the model file that no formula asks for: those that move nothing here, and those that are locked."""

from __future__ import annotations

from bench.modelfile import Model
from bench.modelfile.values import Dated
from bench.report.facts import Row, rows
from bench.report.tables.assumptions import value_text
from bench.report.workbook.figures import raw_names
from bench.report.workbook.inputs import Parameters
from bench.report.workbook.sheet import Book


def other_numbers(book: Book, parameters: Parameters) -> None:
    """Write the numbers no formula asked for below the assumptions.

    A number of a rule that moves nothing in this run has a yellow cell like any other, so that no cost, volume, price,
    index or requirement is closed. Numbers that act through the frontier, and choices that are no numbers on a date
    (how many years, which unit), are locked, and listed.
    """
    model, t = book.edition.facts.run.model, book.edition.t
    dated = {key: value for key, _, value in model.walk() if isinstance(value, Dated)}
    free: list[Row] = []
    closed: list[Row] = []
    for row in rows(book.edition.facts.run.assumptions):
        key, start = str(row["key"]), str(row["from"] or "")
        if ("parameter", key, start) not in parameters.used:
            (free if key in dated and not _acts_through_frontier(model, key) else closed).append(row)
    if free:
        parameters.row += 1
        parameters.heading(t("workbook.idle"), t("workbook.idle_text"))
    for row in free:
        key, start = str(row["key"]), str(row["from"] or "")
        entry = next(e for e in dated[key].entries if str(e.from_ or "") == start)
        parameters.number(key, entry.from_, entry.value, str(row["scheme"] or ""), entry)
    if closed or "kept_savings" in book.sheets:
        _closed(book, parameters, closed)


def _acts_through_frontier(model: Model, key: str) -> bool:
    """Tell whether a number is one of the frontier's own, or is only read by its rules for units."""
    if key.startswith("frontier."):
        return True
    name = key.removeprefix("parameter.")
    if name == key:
        return False
    return name not in raw_names(model, [figure.id for figure in model.figure], numbers=True)


def _closed(book: Book, parameters: Parameters, found: list[Row]) -> None:
    edition = book.edition
    t, sheet, row = edition.t, parameters.sheet, parameters.row + 2
    sheet.text(row, 0, t("workbook.locked"), "part")
    sheet.text(row + 1, 0, t("workbook.locked_text"), "note")
    sheet.titles(row + 2, [t(f"col.{name}") for name in ("parameter", "scheme", "from", "value")])
    for offset, item in enumerate(found, start=row + 3):
        sheet.tall(offset, [(edition.labels.parameter(item["key"]), 62)])
        sheet.text(offset, 0, edition.labels.parameter(item["key"]), "wrap")
        sheet.text(offset, 1, edition.labels.scheme(item["scheme"]) if item["scheme"] else t("page.all_schemes"))
        sheet.text(offset, 2, edition.n.date(item["from"]) if item["from"] else t("page.always"))
        sheet.text(offset, 3, value_text(edition, item["key"], item["value"]))
        if isinstance(item["value"], int | float) and not isinstance(item["value"], bool):
            book.locked[str(item["key"]), str(item["from"])] = edition.labels.parameter(item["key"])
    if "kept_savings" in book.sheets:
        last = row + 3 + len(found)
        sheet.text(last, 0, t("sheet.kept_savings"), "wrap")
        sheet.text(last, 1, t("page.all_schemes"))
        sheet.text(last, 2, t("page.always"))
        sheet.text(last, 3, t("workbook.locked_sheet"))

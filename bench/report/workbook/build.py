"""The workbook: every price, settlement and requirement as a live formula, checked against the engine's own numbers."""

from __future__ import annotations

from bench.report.edition import Edition
from bench.report.workbook.data import data_sheet, grants_sheet
from bench.report.workbook.money import Money, assumptions_sheet, lines_sheet
from bench.report.workbook.prices import prices_sheet, reserve_prices
from bench.report.workbook.settlement import settlement_sheet
from bench.report.workbook.sheet import TOP, Book, Sheet
from bench.report.workbook.units import (
    efficiency_sheet,
    price_book_sheet,
    purchaser_sheet,
    requirements_sheet,
    unit_sheets,
)


def workbook_bytes(edition: Edition) -> bytes:
    """Return the workbook of a run as bytes; the same run gives the same bytes."""
    book = Book(edition)
    t = edition.t
    front = book.sheet(t("sheet.readme"), edition.labels.model, t("note.readme"))
    money = Money.of(book)
    assumptions_sheet(money)
    data_sheet(money)
    grants_sheet(money)
    if money.prices:
        # Made before the volumes that refer to it, filled after them, because it refers back.
        prices = book.sheet(t("sheet.prices"), t("sheet.prices"), t("note.prices"))
        reserve_prices(money, prices)
        lines_sheet(money)
        prices_sheet(money, prices)
    else:
        lines_sheet(money)
    settlement_sheet(money)
    requirements_sheet(money)
    purchaser_sheet(money)
    efficiency_sheet(book)
    price_book_sheet(money)
    unit_sheets(money)
    total = _checks_sheet(book)
    _front(book, front, total)
    return book.close()


def _checks_sheet(book: Book) -> str:
    """Write every check and return the reference of the number of deviations."""
    t = book.edition.t
    sheet = book.sheet(t("sheet.checks"), t("sheet.checks"), t("note.checks"))
    sheet.text(TOP, 0, t("check.deviations"), "part")
    titles = [("what", 60), ("engine", 22), ("formula", 22), ("difference", 22), ("tolerance", 14), ("verdict", 12)]
    first = TOP + 3
    sheet.head(TOP + 2, [(t(f"col.{name}"), width) for name, width in titles], right=1)
    for offset, check in enumerate(book.checks, start=first):
        sheet.text(offset, 0, check.what)
        engine = sheet.number(offset, 1, check.engine, "level" if check.tolerance < 1e-3 else "money", "engine")
        kind = "level" if check.tolerance < 1e-3 else "money"
        made = sheet.formula(offset, 2, check.reference, check.engine, kind)
        difference = sheet.formula(offset, 3, f"{made}-{engine}", 0.0, "level")
        tolerance = sheet.number(offset, 4, check.tolerance, "level")
        text = f'IF(ABS({difference})<={tolerance},"{t("check.ok")}","{t("check.deviates")}")'
        sheet.formula(offset, 5, text, t("check.ok"), "text")
    last = max(first, first + len(book.checks) - 1)
    return sheet.formula(TOP, 1, f'COUNTIF({sheet.span(first, last, 5)},"{t("check.deviates")}")', 0, "number", "part")


def _front(book: Book, sheet: Sheet, deviations: str) -> None:
    """Write the guide to the workbook."""
    t = book.edition.t
    sheet.ws.set_column(0, 0, 30)
    sheet.ws.set_column(1, 1, 95)
    row = TOP
    for name in (
        "assumptions",
        "data",
        "corrections",
        "grants",
        "prices",
        "lines",
        "settlement",
        "requirements",
        "purchaser",
        "efficiency",
        "checks",
    ):
        if t(f"sheet.{name}").lower() in book.names:
            sheet.text(row, 0, t(f"sheet.{name}"), "part")
            sheet.text(row, 1, t(f"note.{name}"), "wrap")
            row += 1
    row += 1
    sheet.text(row, 0, t("readme.input"), "input")
    sheet.text(row, 1, t("readme.input_text"), "wrap")
    sheet.text(row + 1, 0, t("readme.engine"), "engine")
    sheet.text(row + 1, 1, t("readme.engine_text"), "wrap")
    sheet.text(row + 3, 0, t("check.deviations"), "part")
    sheet.formula(row + 3, 1, deviations, 0, "number", "part")

"""The workbook of a run: inputs, calculations and outputs apart, every rule a formula beside the engine's number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.report.edition import Edition
from bench.report.facts import Row, rows
from bench.report.workbook.analyses import analysis_sheets, frame_book, kept_sheet
from bench.report.workbook.benchmark import BenchmarkSheet
from bench.report.workbook.checks import checks_sheet
from bench.report.workbook.expressions import Expr
from bench.report.workbook.figures import FigureSheet, raw_names
from bench.report.workbook.grid import InputGrid
from bench.report.workbook.income import BaseSheet, IncomeSheet
from bench.report.workbook.inputs import (
    Columns,
    IndexSheet,
    Parameters,
    data_rows,
    read_columns,
    scheme_rows,
    whole_table,
)
from bench.report.workbook.norms import NormSheet, ScoreRows
from bench.report.workbook.outputs import price_book_sheet, summary_sheet, units_sheet
from bench.report.workbook.paying.bill import BillSheet
from bench.report.workbook.paying.follow_up import FollowUpSheet
from bench.report.workbook.paying.months import MonthRows
from bench.report.workbook.paying.payments import PaymentSheet, pays_in_parts
from bench.report.workbook.paying.purchaser import PurchaserSheet
from bench.report.workbook.paying.receipts import ReceiptSheet
from bench.report.workbook.paying.sharing import SharingSheet
from bench.report.workbook.prices import PriceSheet
from bench.report.workbook.remaining import other_numbers
from bench.report.workbook.requirements import AskedSheet, RequirementSheet
from bench.report.workbook.scheme import SchemeBook
from bench.report.workbook.settlement import SettlementSheet
from bench.report.workbook.sheet import TOP, Book, Cell, Key
from bench.report.workbook.sources import source_sheet, trace_sheet

#: Sheets in the order of the guide on the first one.
_GUIDE = (
    *("assumptions", "data", "data_adopted", "data_used", "index", "figures", "base", "norms", "benchmark"),
    *(
        "requirements",
        "asked",
        "prices",
        "income",
        "settlement",
        "purchaser",
        "follow_up",
        "payments",
        "sharing",
        "receipts",
        "bill",
        "book",
        "units",
        "unit",
        "kept_savings",
        "sources",
        "checks",
        "trace",
    ),
)


def workbook_bytes(edition: Edition) -> bytes:
    """Return the workbook of a run as bytes; the same run gives the same bytes."""
    return (
        frame_book(edition) if edition.facts.run.holds_back or edition.facts.run.is_large else open_book(edition)
    ).close()


def open_book(edition: Edition, replaced: Mapping[Key, float] | None = None) -> Book:
    """Write the workbook of a run and leave it open.

    Parameters
    ----------
    edition : Edition
    replaced : mapping, optional
        Inputs with another number than the run's: the formulas are worth what a reader would see.
    """
    book = Book(edition, replaced or {})
    t = edition.t
    front = book.sheet("summary", edition.labels.model, t("note.readme"), name=t("sheet.readme"), colour="#3B8B5A")
    run = edition.facts.run
    base = _calculation(book)
    grid, parts, identities = base.grid, base.parts, base.identities
    by_name = {part.id: part for part in parts}
    account = PurchaserSheet(book, grid, by_name)
    if len(run.purchaser):
        account.write()
    if any(part.settled and pays_in_parts(part) for part in parts) or len(run.follow_up):
        months = MonthRows.of(grid, parts)
        if len(run.follow_up):
            FollowUpSheet(book, account, parts, months)
        if any(part.settled and pays_in_parts(part) for part in parts):
            PaymentSheet(book, parts, months)
    if any(part.scheme.settlement.party for part in parts if part.settled):
        SharingSheet(book, parts)
    if len(run.receipts) or len(run.payers) > len(run.payers[["scheme", "year"]].drop_duplicates()):
        ReceiptSheet(book, parts)
    if len(run.bill):
        BillSheet(book, grid, by_name)
    price_book_sheet(book, by_name)
    units_sheet(book, by_name)
    kept_sheet(book)
    analysis_sheets(book)
    other_numbers(book, base.parameters)
    source_sheet(book, grid)
    verdict = checks_sheet(book, base.parameters, base.index, grid, parts, identities)
    trace_sheet(book)
    summary_sheet(book, by_name)
    _front(book, front, verdict)
    return book


def calculated(edition: Edition) -> Book:
    """Return the cells and formulas of a run's prices, requirements and settlement, without a file of them.

    They are those of the workbook: no formula of theirs looks at the sheets left out. Inputs they do not use are there.
    """
    book = Book(edition, written=False)
    other_numbers(book, _calculation(book).parameters)
    return book


@dataclass(frozen=True, slots=True)
class _Calculation:
    """What the calculation stands on, and the parts it has."""

    parameters: Parameters
    grid: InputGrid
    index: IndexSheet
    parts: list[SchemeBook]
    identities: list[tuple[str, Cell, Cell, float]]


def _calculation(book: Book) -> _Calculation:
    """Write the inputs and every rule from them to prices, requirements and settlement."""
    edition, model = book.edition, book.edition.facts.run.model
    parameters = Parameters.start(book)
    grid = InputGrid.start(book, parameters.switch)
    index = IndexSheet(book, parameters, model, _growth_table(edition))
    figures, columns = _columns(book, grid, parameters)
    parts = [_part(edition, book, parameters, index, columns[scheme.id]) for scheme in model.scheme]
    _calculate(book, grid, parts)
    identities = [] if figures is None else figures.after_norms(parts)
    return _Calculation(parameters, grid, index, parts, identities)


def _columns(book: Book, grid: InputGrid, parameters: Parameters) -> tuple[FigureSheet | None, dict[str, Columns]]:
    """Write the accounts, and the figures worked out from them: as one table where figures look across schemes."""
    run = book.edition.facts.run
    model, units = run.model, run.units
    together = model.data.rows == "every-scheme"
    if not (together or model.figure):
        return None, data_rows(grid, model, scheme_rows(book, model))
    names = [name for s in model.scheme for name in read_columns(model, s, normed=len(run.norms) > 0)]
    names += [figure.id for figure in model.figure if figure.show]
    names += [name for figure in model.figure if figure.show for name in raw_names(model, [figure.id])]
    raw = raw_names(model, names)
    table, columns = whole_table(grid, model, [name for name in raw if name in units.frame.columns])
    if not model.figure:
        return None, columns
    figures = FigureSheet(book, parameters, model, table)
    figures.before_norms(list(columns.values()))
    return figures, columns


def _growth_table(edition: Edition) -> Mapping[int, float]:
    from bench.stykkpris.tables import extra_tables

    return extra_tables(edition.facts.run.tables).index


def _part(edition: Edition, book: Book, parameters: Parameters, index: IndexSheet, columns: Columns) -> SchemeBook:
    run, key = edition.facts.run, columns.scheme.id
    prices: dict[int, list[Row]] = {}
    for row in rows(run.prices[run.prices["scheme"] == key]):
        prices.setdefault(int(row["year"]), []).append(row)
    settlement = {(str(r["unit"]), int(r["year"])): r for r in rows(run.settlement[run.settlement["scheme"] == key])}
    years = tuple(sorted({year for _, year in settlement}))
    first = min([*prices, *years], default=columns.years[0])
    return SchemeBook(
        book=book,
        parameters=parameters,
        index=index,
        columns=columns,
        model=run.model,
        settled=years,
        prices=prices,
        settlement=settlement,
        first_year=first,
    )


def _calculate(book: Book, grid: InputGrid, parts: list[SchemeBook]) -> None:
    """Write the calculation: what prices are built on, norms, requirements, prices, income and settlement."""
    run = book.edition.facts.run
    if any(part.prices or part.settled for part in parts):
        base = BaseSheet(book)
        for part in parts:
            base.add(part)
    if len(run.norms):
        ScoreRows(grid, parts)
        NormSheet(book, parts)
    if len(run.requirements):
        RequirementSheet(book, grid, parts)
    if len(run.benchmark_prices) and len(run.norms):
        BenchmarkSheet(book, grid, parts)
    asked = AskedSheet(book)
    if any(part.prices for part in parts):
        prices = PriceSheet.start(book, asked)
        for part in parts:
            prices.add(part)
    if any(part.settled for part in parts):
        income, settlement = IncomeSheet(book, asked), SettlementSheet(book)
        for part in parts:
            _settle(part, income, settlement)


def _settle(part: SchemeBook, income: IncomeSheet, settlement: SettlementSheet) -> None:
    """Write income and settlement year by year: a grant may build on last year's result."""
    if not part.settled:
        return
    earned, settled = income.begin(part), settlement.begin(part)
    for year in part.settled:
        earned.year(year)
        settled.year(year)
    earned.compare()
    settled.compare()


def _front(book: Book, sheet: Any, verdict: Cell) -> None:
    """Write what the sheets are and how the workbook stands."""
    t = book.edition.t
    sheet.ws.set_column(0, 0, 34)
    sheet.ws.set_column(1, 6, 20)
    row = sheet.guide_row
    sheet.text(row, 0, t("check.errors"), "part")
    sheet.formula(row, 1, Expr(verdict.text, verdict.value), "number", "part")
    row += 2
    for key in _GUIDE:
        if key in book.sheets:
            sheet.text(row, 0, book.sheets[key].name, "part")
            sheet.text(row, 1, t(f"note.{key}"))
            row += 1
    row += 1
    for role, look in (("input", "input_sample"), ("engine", "engine")):
        sheet.text(row, 0, t(f"readme.{role}"), look)
        sheet.text(row, 1, t("readme.input_text") if role == "input" else t("readme.engine_text"))
        row += 1


__all__ = ["TOP", "calculated", "open_book", "workbook_bytes"]

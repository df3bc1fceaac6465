"""The workbook of a run: inputs, calculations and outputs apart, every rule a formula beside the engine's number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.report.edition import Edition
from bench.report.facts import Row, rows
from bench.report.workbook.checks import checks_sheet, locked_numbers
from bench.report.workbook.expressions import Expr
from bench.report.workbook.income import BaseSheet, IncomeSheet
from bench.report.workbook.inputs import IndexSheet, Parameters, data_sheet
from bench.report.workbook.norms import NormSheet, RequirementSheet
from bench.report.workbook.outputs import analysis_sheets, frame_sheets, price_book_sheet, summary_sheet, units_sheet
from bench.report.workbook.prices import PriceSheet
from bench.report.workbook.purchaser import PurchaserSheet
from bench.report.workbook.scheme import SchemeBook
from bench.report.workbook.settlement import SettlementSheet
from bench.report.workbook.sheet import TOP, Book, Cell, Key
from bench.stykkpris.scheme_data import scheme_data

#: Sheets in the order of the guide on the first one.
_GUIDE = (
    *("assumptions", "index", "data", "base", "norms", "prices", "income", "settlement", "requirements"),
    *("purchaser", "book", "units", "unit", "checks"),
)


def workbook_bytes(edition: Edition) -> bytes:
    """Return the workbook of a run as bytes; the same run gives the same bytes."""
    return open_book(edition).close()


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
    parameters = Parameters.start(book)
    settles = has_formulas(run.model)
    parts_data = scheme_data(run.model, run.units) if settles else []
    columns, data_columns = data_sheet(book, parts_data, run.model.cost_column)
    index = IndexSheet(book, parameters, run.model, _growth_table(edition))
    parts = {key: _part(edition, book, parameters, index, found) for key, found in columns.items()}
    if settles:
        _calculate(book, parts)
    else:
        frame_sheets(book, ("prices", "settlement", "settlement_lines", "norms", "figures", "requirements"))
    if settles and len(run.purchaser):
        PurchaserSheet(book, parts).write()
    if settles:
        price_book_sheet(book, parts)
    units_sheet(book, parts)
    analysis_sheets(book)
    verdict = checks_sheet(book, parameters, data_columns, list(parts.values()))
    locked_numbers(book, parameters)
    summary_sheet(book, parts)
    _front(book, front, verdict)
    return book


def has_formulas(model: Any) -> bool:
    """Tell whether the rules of a model are written as formulas: not where it ends with its norms, and not where the
    requirement moves prices or grants, which look at a frontier measured anew."""
    rule = model.requirement
    return model.meta.stage == "settlement" and (rule is None or rule.feeds == "information")


def has_plain_path(model: Any) -> bool:
    """Tell whether the requirements follow from norm and cost alone: no interval, no frontier shift, no glide."""
    rule = model.requirement
    plain = rule.evidence == "plain" and rule.frontier_shift == "none" and rule.cost is None
    return plain and rule.glide is None and rule.least.constant == 0.0


def _growth_table(edition: Edition) -> Mapping[int, float]:
    from bench.stykkpris.tables import extra_tables

    return extra_tables(edition.facts.run.tables).index


def _part(edition: Edition, book: Book, parameters: Parameters, index: IndexSheet, columns: Any) -> SchemeBook:
    run, key = edition.facts.run, columns.data.scheme.id
    prices: dict[int, list[Row]] = {}
    for row in rows(run.prices[run.prices["scheme"] == key]):
        prices.setdefault(int(row["year"]), []).append(row)
    settlement = {(str(r["unit"]), int(r["year"])): r for r in rows(run.settlement[run.settlement["scheme"] == key])}
    years = tuple(sorted({year for _, year in settlement}))
    first = min([*prices, *years], default=columns.data.years[0])
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


def _calculate(book: Book, parts: dict[str, SchemeBook]) -> None:
    """Write the calculation: what prices are built on, norms, prices, income and settlement, requirements."""
    run = book.edition.facts.run
    base = BaseSheet(book)
    for part in parts.values():
        base.add(part)
    if len(run.norms):
        norms = NormSheet(book)
        norms.parts = list(parts.values())
        for part in parts.values():
            norms.add(part)
    if any(part.prices for part in parts.values()):
        prices = PriceSheet.start(book)
        for part in parts.values():
            prices.add(part)
    if any(part.settled for part in parts.values()):
        income, settlement = IncomeSheet(book), SettlementSheet(book)
        for part in parts.values():
            _settle(part, income, settlement)
    if len(run.requirements) and not has_plain_path(run.model):
        frame_sheets(book, ("requirements",))
    elif len(run.requirements):
        requirements = RequirementSheet(book)
        for part in parts.values():
            requirements.add(part, rows(run.requirements[run.requirements["scheme"] == part.id]))


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


__all__ = ["TOP", "open_book", "workbook_bytes"]

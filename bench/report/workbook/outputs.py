"""The sheets that readers look at: price book, units as rows, one selectable unit, and the front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.report.tables.page import peers_text, valid_period, year_text
from bench.report.workbook.expressions import Expr, total
from bench.report.workbook.scheme import SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, Sheet, span
from bench.report.workbook.writer import column_name

_UNIT = (
    *("income", "cost", "result", "opening_balance", "kept", "carried", "returned_to_payer", "dispensation"),
    "closing_balance",
)


def price_book_sheet(book: Book, parts: dict[str, SchemeBook]) -> None:
    """Write the price book; prices are references to the price sheet."""
    edition = book.edition
    t, labels = edition.t, edition.labels
    found = [row for scheme in edition.facts.schemes for row in scheme.prices]
    if not found:
        return
    title = t("book.title", year=edition.facts.price_year)
    sheet = book.sheet("book", title, t("intro.book"), name=t("section.book"), colour="#3B8B5A")
    names = (
        *("scheme", "service", "price_class", "price", "per", "valid", "previous_price", "change"),
        *("price_source", "accounts"),
    )
    sheet.head(TOP, [(t(f"col.{name}"), 34 if name in ("scheme", "service") else 20) for name in names])
    for offset, row in enumerate(found, start=TOP + 1):
        part = parts[str(row["scheme"])]
        sheet.text(offset, 0, labels.scheme(row["scheme"]))
        sheet.text(offset, 1, labels.service(row["scheme"], row["service"]))
        sheet.text(offset, 2, labels.price_class(row["price_class"]))
        now = part.cells["price", row["year"], str(row["price_class"]), row["service"]]
        price = sheet.formula(offset, 3, Expr(now.text, now.value), "money")
        sheet.text(offset, 4, labels.measure(row["scheme"], row["service"], row["measure"]))
        sheet.text(offset, 5, valid_period(edition, row["year"]))
        before = part.cells.get(("price", row["year"] - 1, str(row["price_class"]), row["service"]))
        if before is not None:
            last = sheet.formula(offset, 6, Expr(before.text, before.value), "money")
            if last.value:
                sheet.formula(offset, 7, price / last - 1, "percent")
        sheet.text(offset, 8, labels.word("source", row["source"]))
        sheet.text(offset, 9, year_text(row["cost_year"]))


def units_sheet(book: Book, parts: dict[str, SchemeBook]) -> None:
    """Write every unit's last year in one row, with a filter, and beside it one sheet for a unit of choice."""
    edition = book.edition
    t = edition.t
    found = [(unit, parts[unit.scheme]) for unit in edition.facts.units if unit.scheme in parts]
    if not found:
        return
    sheet = book.sheet("units", t("sheet.units"), t("note.units"), colour="#3B8B5A")
    requirement = sorted({row["year"] for unit, _ in found for row in unit.requirements})
    names = [*_UNIT, "efficiency", "norm", "potential"]
    titles = [(t("col.unit"), 28.0), (t("col.scheme"), 30.0), (t("col.year"), 8.0)]
    titles += [(t(f"col.{name}"), 17.0) for name in names]
    titles += [(f"{t('col.allowed_cost')} {year}", 17.0) for year in requirement]
    sheet.head(TOP, [*titles, (t("col.peers"), 60.0)], right=3)
    first: dict[int, Any] = {}
    for row, (unit, part) in enumerate(found, start=TOP + 1):
        shown: dict[int, Any] = {1: part.label}
        first = first or shown
        sheet.text(row, 0, unit.key)
        sheet.text(row, 1, part.label)
        year = unit.settlement["year"] if unit.settlement else edition.facts.year
        shown[2] = sheet.number(row, 2, year, "year").value
        for column, name in enumerate(_UNIT, start=3):
            shown[column] = _refer(sheet, row, column, part.cells.get((f"settled.{name}", unit.key, year)))
        if unit.efficiency:
            score = sheet.number(row, 3 + len(_UNIT), unit.efficiency["efficiency"], "percent", "engine")
            shown[3 + len(_UNIT)] = score.value
        norm = part.cells.get(("norm", unit.key, part.years[-1]))
        shown[4 + len(_UNIT)] = _refer(sheet, row, 4 + len(_UNIT), norm)
        if norm is not None:
            cost = part.columns.cells[unit.key, part.years[-1], part.cost_column]
            text = Expr(f"MAX({cost.text}-{norm.text},0)", max(cost.value - norm.value, 0.0))
            shown[5 + len(_UNIT)] = sheet.formula(row, 5 + len(_UNIT), text, "money").value
        for k, when in enumerate(requirement):
            allowed = part.cells.get(("allowed", unit.key, when))
            shown[6 + len(_UNIT) + k] = _refer(sheet, row, 6 + len(_UNIT) + k, allowed)
        sheet.text(row, 6 + len(_UNIT) + len(requirement), peers_text(edition, unit))
    last = TOP + len(found)
    sheet.ws.autofilter(TOP, 0, last, 5 + len(_UNIT) + len(requirement))
    sheet.ws.freeze_panes(TOP + 1, 1)
    _unit_sheet(book, sheet, [title for title, _ in titles], last, first)


def _refer(sheet: Sheet, row: int, column: int, cell: Cell | None) -> float:
    """Write a reference, and return what it is worth."""
    if cell is None:
        return 0.0
    return float(sheet.formula(row, column, Expr(cell.text, cell.value), "money").value)


def _unit_sheet(book: Book, rows: Sheet, titles: list[str], last: int, shown: dict[int, Any]) -> None:
    """Write the sheet of one unit: choose its name, and its row is shown."""
    t = book.edition.t
    sheet = book.sheet("unit", t("sheet.unit"), t("note.unit"), colour="#3B8B5A")
    sheet.ws.set_column(0, 0, 44)
    sheet.ws.set_column(1, 1, 34)
    names = f"{rows.prefix}$A${TOP + 2}:$A${last + 1}"
    sheet.text(TOP, 0, t("workbook.choose_unit"), "part")
    sheet.ws.write_string(TOP, 1, book.edition.facts.units[0].key, book.format("text", "input"))
    sheet.ws.data_validation(TOP, 1, TOP, 1, {"validate": "list", "source": f"={names}"})
    place = f"MATCH($B${TOP + 1},{names},0)"
    for k, title in enumerate(titles[1:], start=1):
        column = column_name(k)
        sheet.text(TOP + 1 + k, 0, title)
        where = f"{rows.prefix}${column}${TOP + 2}:${column}${last + 1}"
        kind = "text" if k == 1 else "year" if k == 2 else "percent" if title == t("col.efficiency") else "money"
        sheet.formula(TOP + 1 + k, 1, Expr(f"INDEX({where},{place})", shown.get(k, 0.0)), kind)


def summary_sheet(book: Book, parts: dict[str, SchemeBook]) -> None:
    """Write results and norms per scheme, as run and as the yellow cells say, with charts that follow the formulas."""
    sheet = book.sheets["summary"]
    row = TOP
    settled = [part for part in parts.values() if part.settled]
    if settled:
        row = _results(book, sheet, settled, row)
    normed = [part for part in parts.values() if part.norms]
    if normed:
        row = _normed(book, sheet, normed, row)
    sheet.guide_row = row + 1


def _results(book: Book, sheet: Sheet, settled: list[SchemeBook], row: int) -> int:
    """Write income, cost, result and balance of the last year, and what the result was as run."""
    t = book.edition.t
    sheet.text(row, 0, t("workbook.results"), "part")
    names = ("income", "cost", "result", "closing_balance")
    titles = [t("col.scheme"), t("col.year"), *(t(f"col.{name}") for name in names)]
    sheet.titles(row + 1, [*titles, t("col.result_as_run"), t("col.difference")], right=1)
    first = row + 2
    for k, part in enumerate(settled):
        year = part.settled[-1]
        sheet.text(first + k, 0, part.label)
        sheet.number(first + k, 1, year, "year")
        units = part.rows(year)
        if not units:
            continue
        made = {}
        for column, name in enumerate(names, start=2):
            where = span([part.cells[f"settled.{name}", unit, year] for unit in units])
            made[name] = sheet.formula(first + k, column, total(where), "money")
        engine = span([part.cells["engine.settled.result", unit, year] for unit in units])
        as_run = sheet.formula(first + k, 6, total(engine), "money", "engine")
        sheet.formula(first + k, 7, made["result"] - as_run, "money")
    last = first + len(settled) - 1
    series = ((t("col.result_as_run"), 6, "#B9C3CA"), (t("col.result"), 4, "#00567A"))
    return _chart(book, sheet, t("workbook.results"), t("workbook.chart_alt"), (first, last), series)


def _normed(book: Book, sheet: Sheet, normed: list[SchemeBook], row: int) -> int:
    """Write cost, norm and potential of the last year with norms."""
    t = book.edition.t
    sheet.text(row, 0, t("workbook.norms"), "part")
    names = ("cost", "norm", "potential")
    sheet.titles(row + 1, [t("col.scheme"), t("col.year"), *(t(f"col.{name}") for name in names)], right=1)
    first = row + 2
    for k, part in enumerate(normed):
        year = max(year for _, year in part.norms)
        units = [unit for unit, seen in part.norms if seen == year]
        sheet.text(first + k, 0, part.label)
        sheet.number(first + k, 1, year, "year")
        for column, name in enumerate(names, start=2):
            cells = [part.cells[f"normed.{name}", unit, year] for unit in units]
            made = Expr(f'SUMIF({_rows_of(cells)},">0")', sum(max(cell.value, 0.0) for cell in cells))
            sheet.formula(first + k, column, made, "money")
    last = first + len(normed) - 1
    series = ((t("col.cost"), 2, "#B9C3CA"), (t("col.norm"), 3, "#00567A"))
    return _chart(book, sheet, t("workbook.norms"), t("workbook.norms_alt"), (first, last), series, from_zero=True)


def _rows_of(cells: list[Cell]) -> str:
    """The range from the first to the last of some cells of one column; those between them have no number."""
    ends = (cells[0].fixed.text, cells[-1].fixed.text.removeprefix(cells[-1].sheet.prefix))
    return ":".join(ends)


def _chart(
    book: Book,
    sheet: Sheet,
    title: str,
    said: str,
    rows: tuple[int, int],
    series: Sequence[tuple[str, int, str]],
    *,
    from_zero: bool = False,
) -> int:
    """Insert a bar chart of some columns below a table; return the next free row.

    Bars of numbers that are never negative begin at zero: a spreadsheet would begin where it makes them differ most.
    """
    chart = book.workbook.add_chart({"type": "bar"})
    first, last = rows
    for name, column, colour in series:
        chart.add_series(
            {
                "name": name,
                "categories": [sheet.name, first, 0, last, 0],
                "values": [sheet.name, first, column, last, column],
                "fill": {"color": colour},
                "gap": 60,
            }
        )
    chart.set_title({"name": title, "name_font": {"size": 12}})
    chart.set_legend({"position": "bottom"})
    chart.set_y_axis({"reverse": True, "label_position": "low"})
    axis: dict[str, Any] = {"num_format": "#,##0", "num_font": {"size": 8}, "major_gridlines": {"visible": False}}
    chart.set_x_axis({**axis, "min": 0} if from_zero else axis)
    height = 150 + 60 * (last - first + 1)
    chart.set_size({"width": 760, "height": height})
    sheet.ws.insert_chart(last + 2, 0, chart, {"description": said})
    return last + 4 + height // 20

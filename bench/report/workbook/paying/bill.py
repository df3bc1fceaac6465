"""Next year's bill by formula: what is ordered at the new prices, against the budget of that year."""

from __future__ import annotations

from typing import Any

from bench.report.facts import Row, rows
from bench.report.workbook.expressions import Expr, added, expr, total
from bench.report.workbook.grid import InputGrid
from bench.report.workbook.scheme import SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, span

_COLUMNS = ("volume", "price", "previous_price", "amount", "budget", "difference")


class BillSheet:
    """Writes the bill of the first year with prices and without accounts."""

    def __init__(self, book: Book, grid: InputGrid, parts: dict[str, SchemeBook]):
        t = book.edition.t
        self.book, self.grid, self.parts = book, grid, parts
        self.sheet = book.sheet("bill", t("sheet.bill"), t("note.bill"))
        found = rows(book.edition.facts.run.bill)
        heads = [(t("col.scheme"), 34.0), (t("col.year"), 8.0), (t("col.service"), 34.0)]
        heads += [(t(f"col.{name}"), 17.0) for name in _COLUMNS]
        heads += [(f"{t('col.engine')}: {t(f'col.{name}')}", 17.0) for name in ("amount", "budget")]
        self.sheet.head(TOP, heads, right=3)
        self.inputs = self._inputs(found)
        self.sums: dict[int, list[Cell]] = {6: [], 7: [], 8: []}
        ours, theirs = [], []
        for k, row in enumerate(found, start=TOP + 1):
            amount, budget = self._row(k, row, parts[str(row["scheme"])])
            ours.append(amount)
            theirs.append(self.sheet.number(k, 9, row["amount"], "money", "engine"))
            if budget is not None:
                ours.append(budget)
                theirs.append(self.sheet.number(k, 10, row["budget"], "money", "engine"))
        book.compare(t("sheet.bill"), ours, theirs, 0.005)
        self._total(TOP + len(found) + 1)

    def _inputs(self, found: list[Row]) -> dict[tuple[str, str, str], Cell]:
        """Write what the budget says of the price year: what is ordered, budgeted and set aside."""
        from bench.stykkpris.tables import extra_tables, named_services

        t, labels, run = self.book.edition.t, self.book.edition.labels, self.book.edition.facts.run
        tables = extra_tables(run.tables).within({s.id: named_services(s) for s in run.model.scheme})
        stated = (("ordered", tables.ordered), ("budget", tables.budget), ("budget_amount", tables.amounts))
        keys = [(int(row["year"]), str(row["scheme"]), str(row["service"])) for row in found]
        if not any(key in table for _, table in stated for key in keys):
            return {}
        names = ("ordered_volume", "budget_volume", "budget_amount")
        self.grid.section(t("part.bill"), [t("col.service"), t("col.year"), *(t(f"col.{name}") for name in names)])
        made = {}
        for year, scheme, service in keys:
            line = self.grid.line(f"{labels.scheme(scheme)}: {labels.service(scheme, service)}", year)
            for column, (name, table) in enumerate(stated, start=2):
                if (year, scheme, service) in table:
                    kind = "money" if name == "budget_amount" else "volume"
                    value = table[year, scheme, service]
                    made[name, scheme, service] = self.grid.put(
                        (name, scheme, year, service), line, column, value, kind
                    )
        self.grid.end()
        return made

    def _row(self, k: int, row: Row, part: SchemeBook) -> tuple[Cell, Cell | None]:
        """Write one service; return the cells of its amount and its budget."""
        sheet, year = self.sheet, int(row["year"])
        service = part.scheme.find_service(str(row["service"]))
        sheet.text(k, 0, part.label)
        sheet.number(k, 1, year, "year")
        sheet.text(k, 2, self.book.edition.labels.service(part.id, service.id))
        found = [self.inputs.get((name, part.id, service.id)) for name in ("ordered", "budget", "budget_amount")]
        ordered, budgeted, set_aside = found
        stated = ordered if ordered is not None else budgeted
        volume = sheet.formula(k, 3, _same(stated) if stated is not None else self._done(part, service), "volume")
        now = sheet.formula(k, 4, self._price(part, service, year, year), "weight")
        last = part.years[-1]
        if ("plain", last, service.id) in part.cells:
            sheet.formula(k, 5, self._price(part, service, last, year), "weight")
        amount = sheet.formula(k, 6, part.round_amount(volume * now), "money")
        self.sums[6].append(amount)
        if set_aside is not None:
            made: Expr = _same(set_aside)
        elif budgeted is not None:
            made = part.round_amount(budgeted * self._budget_price(part, service, year, now))
        else:
            return amount, None
        budget = sheet.formula(k, 7, made, "money")
        self.sums[7].append(budget)
        self.sums[8].append(sheet.formula(k, 8, amount - budget, "money"))
        return amount, budget

    def _done(self, part: SchemeBook, service: Any) -> Expr:
        """What was done in the last year with accounts."""
        last = part.years[-1]
        done = [part.paid[unit, last, service.id] for unit in part.columns.units(last)]
        cells = [cell for cell in done if isinstance(cell, Cell)]
        return total(span(cells)) if cells else added(done)

    def _price(self, part: SchemeBook, service: Any, year: int, share_of: int, growth: Expr | None = None) -> Expr:
        """The common price of a year, rounded by the rule for prices, and the share of it that is paid."""
        plain = part.cells["plain", year, service.id]
        made = part.round_price(_same(plain) if growth is None else plain * growth)
        share = part.stated("mix.activity", part.scheme.mix.activity, share_of, 1.0)
        return made if not isinstance(share, Expr) and share == 1.0 else expr(made * share)

    def _budget_price(self, part: SchemeBook, service: Any, year: int, now: Cell) -> Expr:
        """The price the budget was made with."""
        rule, last = part.model.purchaser, part.years[-1]
        if rule is None or rule.budget_price != "previous-indexed" or ("plain", last, service.id) not in part.cells:
            return now
        growth = 1 + part.index.growth(year)
        return self._price(part, service, last, year, Expr(f"({growth.text})", growth.value))

    def _total(self, row: int) -> None:
        """Write the sums below the rows."""
        self.sheet.text(row, 0, self.book.edition.t("col.total"), "total")
        for column, cells in self.sums.items():
            if cells:
                end = cells[-1].text.removeprefix(cells[-1].sheet.prefix)
                made = Expr(f"SUM({cells[0].text}:{end})", sum(cell.value for cell in cells))
                self.sheet.formula(row, column, made, "money", "total")


def _same(cell: Expr) -> Expr:
    return Expr(cell.text, cell.value, cell.level)

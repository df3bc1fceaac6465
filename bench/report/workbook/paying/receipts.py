"""What others pay: user payments, refunds and grants to the budget holder, and whose money a year is, by formula."""

from __future__ import annotations

from bench.modelfile.keys import label_of
from bench.modelfile.sections.settling import Receipt
from bench.report.facts import Row, rows
from bench.report.workbook.expressions import Expr, added, clean, expr, maximum, minimum, rounded, total
from bench.report.workbook.scheme import ORE, SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, span

#: What is left when the others have paid: the budget holder's own purse.
_HOLDER = "holder"
_COLUMNS = ("receipt", "year", "unit", "purse", "amount", "earmarked")


class ReceiptSheet:
    """Writes a row per unit, year and receipt, and below it a row per year and purse."""

    def __init__(self, book: Book, parts: list[SchemeBook]):
        t = book.edition.t
        self.book = book
        self.sheet = book.sheet("receipts", t("sheet.receipts"), t("note.receipts"))
        self.sheet.ws.set_column(0, 0, 44)
        self.sheet.ws.set_column(1, 8, 19)
        self.row = TOP
        #: Receipts of a year by who pays them.
        self.got: dict[tuple[str, int, str], list[Cell]] = {}
        facts = book.edition.facts.run
        found = rows(facts.receipts)
        self.engine = {(str(r["scheme"]), str(r["unit"]), int(r["year"]), str(r["receipt"])): r for r in found}
        self.purses: dict[tuple[str, int], list[Row]] = {}
        for row in rows(facts.payers):
            self.purses.setdefault((str(row["scheme"]), int(row["year"])), []).append(row)
        for part in parts:
            if part.settled and part.scheme.receipt:
                self._receipts(part)
        for part in parts:
            if part.settled:
                self._payers(part)

    def _receipts(self, part: SchemeBook) -> None:
        sheet, t = self.sheet, self.book.edition.t
        names = [
            *(t(f"col.{name}") for name in _COLUMNS),
            *(f"{t('col.engine')}: {t(f'col.{n}')}" for n in _COLUMNS[4:]),
        ]
        sheet.titles(self.row, [f"{part.label}: {names[0]}", *names[1:]], right=4)
        made: dict[str, list[Cell]] = {"amount": [], "earmarked": []}
        theirs: dict[str, list[Cell]] = {"amount": [], "earmarked": []}
        # What one purse pays in a year stands together, so that one range adds it up.
        order = sorted(enumerate(part.scheme.receipt), key=lambda pair: pair[1].paid_by)
        for year in part.settled:
            for k, receipt in order:
                for unit in part.columns.units(year):
                    self.row += 1
                    sheet.text(self.row, 0, receipt.name.get(self.book.edition.language))
                    sheet.number(self.row, 1, year, "year")
                    sheet.text(self.row, 2, unit)
                    sheet.text(self.row, 3, t(f"purse.{receipt.paid_by}"))
                    amount = sheet.formula(self.row, 4, _amount(part, receipt, k, unit, year), "money")
                    aside = sheet.formula(self.row, 5, _set_aside(part, receipt, k, unit, year, amount), "money")
                    self.got.setdefault((part.id, year, receipt.paid_by), []).append(amount)
                    engine = self.engine[part.id, unit, year, receipt.name.en]
                    for j, (name, cell) in enumerate((("amount", amount), ("earmarked", aside))):
                        made[name].append(cell)
                        theirs[name].append(sheet.number(self.row, 6 + j, engine[name], "money", "engine"))
        for name in made:
            self.book.compare(f"{t(f'col.{name}')}: {t('sheet.receipts')}, {part.label}", made[name], theirs[name], ORE)
        self.row += 3

    def _payers(self, part: SchemeBook) -> None:
        """Whose money a year is: what each purse pays to the units and to the budget holder."""
        sheet, t = self.sheet, self.book.edition.t
        years = [year for year in part.settled if len(self.purses.get((part.id, year), [])) > 1]
        if not years:
            return
        names = ("purse_income", "purse_receipts", "purse_net")
        heads = [t(f"col.{name}") for name in names]
        heads = [t("col.year"), *heads, *(f"{t('col.engine')}: {head}" for head in heads)]
        sheet.titles(self.row, [f"{part.label}: {t('col.purse')}", *heads], right=2)
        made: dict[str, list[Cell]] = {name: [] for name in names}
        theirs: dict[str, list[Cell]] = {name: [] for name in names}
        for year in years:
            others = [row for row in self.purses[part.id, year] if row["paid_by"] != _HOLDER]
            first = self.row + 1
            direct = [
                sheet.formula(first + k, 2, self._direct(part, year, str(row["paid_by"])), "money")
                for k, row in enumerate(others, start=1)
            ]
            back = [
                sheet.formula(first + k, 3, _summed(self.got.get((part.id, year, str(row["paid_by"])), [])), "money")
                for k, row in enumerate(others, start=1)
            ]
            income = _summed([part.cells["income", unit, year] for unit in part.rows(year)])
            own = sheet.formula(first, 2, clean(income - total(span(direct))), "money")
            net = [sheet.formula(first, 4, clean(own - total(span(back))), "money")]
            net += [
                sheet.formula(first + k, 4, clean(d + b), "money")
                for k, (d, b) in enumerate(zip(direct, back, strict=True), start=1)
            ]
            nothing = sheet.formula(first, 3, expr(0), "money")
            holder = next(row for row in self.purses[part.id, year] if row["paid_by"] == _HOLDER)
            for k, (row, *cells) in enumerate(
                zip([holder, *others], [own, *direct], [nothing, *back], net, strict=True)
            ):
                sheet.text(first + k, 0, t(f"purse.{row['paid_by']}"))
                sheet.number(first + k, 1, year, "year")
                for j, (name, cell) in enumerate(zip(names, cells, strict=True)):
                    made[name].append(cell)
                    value = row[name.removeprefix("purse_")]
                    theirs[name].append(sheet.number(first + k, 5 + j, value, "money", "engine"))
            self.row = first + len(others)
        for name in names:
            self.book.compare(f"{t(f'col.{name}')}: {part.label}", made[name], theirs[name], ORE)
        self.row += 3

    def _direct(self, part: SchemeBook, year: int, purse: str) -> Expr:
        """What a purse pays of the units' income: its services and its corrections."""
        units, scheme = part.rows(year), part.scheme
        keys = [f"line.{service.id}" for service in scheme.service if service.paid_by == purse]
        keys += [f"correction.{k}" for k, rule in enumerate(scheme.correction) if rule.paid_by == purse]
        columns = [[part.cells[key, unit, year] for unit in units if (key, unit, year) in part.cells] for key in keys]
        return clean(added([_summed(cells) for cells in columns])) if keys else expr(0)


def _summed(cells: list[Cell]) -> Expr:
    """Add up cells that stand below one another."""
    return clean(total(span(cells))) if cells else expr(0)


def _amount(part: SchemeBook, receipt: Receipt, k: int, unit: str, year: int) -> Expr:
    """``min(rate · max(0, z − threshold·n), cap·n)``, rounded as amounts are."""
    path = f"receipt.{label_of(receipt, k)}"
    z = expr(part.columns.at(unit, year, receipt.column))
    count = expr(1) if receipt.count_column is None else expr(part.columns.at(unit, year, receipt.count_column))
    if "threshold" in receipt.model_fields_set:
        z = maximum(z - part.at(f"{path}.threshold", receipt.threshold, year) * count, 0)
    else:
        z = maximum(z, 0)
    made = part.at(f"{path}.rate", receipt.rate, year) * z
    if receipt.cap is not None:
        made = minimum(made, part.at(f"{path}.cap", receipt.cap, year) * count)
    return rounded(made, part.amount_rule)


def _set_aside(part: SchemeBook, receipt: Receipt, k: int, unit: str, year: int, amount: Cell) -> Expr:
    """``min(amount, cap, spent)``: what of it is used for its purpose."""
    rule = receipt.earmark
    if rule is None:
        return expr(0)
    made = maximum(amount, 0)
    if rule.cap is not None:
        made = minimum(made, part.at(f"receipt.{label_of(receipt, k)}.earmark.cap", rule.cap, year))
    if rule.column is not None:
        made = minimum(made, maximum(expr(part.columns.at(unit, year, rule.column)), 0))
    return rounded(made, part.amount_rule)


__all__ = ["ReceiptSheet"]

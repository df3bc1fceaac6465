"""What is paid out in every period of the year, by formula; the periods of a unit sum to its income to the øre."""

from __future__ import annotations

from bench.report.facts import rows
from bench.report.workbook.expressions import Expr, added, total, when
from bench.report.workbook.paying.months import MONTHS, MonthRows
from bench.report.workbook.scheme import ORE, SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, span
from bench.report.workbook.writer import column_name
from bench.stykkpris.frames import DAYS, PERIODS

#: Room for floating point where whole øre are counted.
_ROOM = 1e-6
#: The first column of what is paid.
_AT = 3


class PaymentSheet:
    """Writes a block per scheme and year: what each period weighs above, and below it a row per unit."""

    def __init__(self, book: Book, parts: list[SchemeBook], months: MonthRows):
        t = book.edition.t
        self.book, self.months = book, months
        self.sheet = book.sheet("payments", t("sheet.payments"), t("note.payments"))
        self.sheet.ws.set_column(0, 0, 40)
        self.sheet.ws.set_column(1, 60, 15)
        self.engine = {
            (str(r["scheme"]), str(r["unit"]), int(r["year"]), int(r["period"])): r["amount"]
            for r in rows(book.edition.facts.run.payments)
        }
        self.row = TOP
        for part in parts:
            if part.settled and pays_in_parts(part):
                self._scheme(part)

    def _scheme(self, part: SchemeBook) -> None:
        ours: list[Cell] = []
        theirs: list[Cell] = []
        ends = PERIODS[part.scheme.settlement.frequency]
        for year in part.settled:
            units = [unit for unit in part.rows(year) if (part.id, unit, year, ends[0]) in self.engine]
            if not units:
                continue
            shares = self._shares(part, year, ends)
            for unit in units:
                ours += self._unit(part, unit, year, shares)
                for k, end in enumerate(ends, start=_AT + 1 + 3 * len(ends)):
                    amount = self.engine[part.id, unit, year, end]
                    theirs.append(self.sheet.number(self.row, k, amount, "money", "engine"))
                self.row += 1
            self.row += 1
        self.book.compare(f"{self.book.edition.t('sheet.payments')}: {part.label}", ours, theirs, ORE)

    # -- the share of each period ------------------------------------------------------------------------------

    def _shares(self, part: SchemeBook, year: int, ends: tuple[int, ...]) -> list[Cell]:
        """Write what each month weighs, and each period's share of the year."""
        sheet, t = self.sheet, self.book.edition.t
        named = [t("workbook.month", month=month) for month in MONTHS]
        sheet.titles(self.row, [part.label, t("col.year"), " ", *named], right=2)
        weights = self._by_month(part, year)
        names = [t("workbook.until", month=end) for end in ends]
        heads = [t("workbook.paid"), t("col.year"), t("col.income"), *names, t("workbook.ore_left")]
        for word in ("workbook.ore_whole", "workbook.ore_rest", "col.engine"):
            heads += [f"{t(word)}: {name}" for name in names]
        sheet.titles(self.row, heads, right=2)
        self.row += 1
        sheet.text(self.row, 0, t("workbook.period_share"))
        sheet.number(self.row, 1, year, "year")
        whole = total(span(weights))
        made = [
            sheet.formula(self.row, k, total(span(weights[a:b], fixed=False)) / whole, "share")
            for k, (a, b) in enumerate(zip((0, *ends), ends, strict=False), start=_AT)
        ]
        self.row += 1
        return made

    def _by_month(self, part: SchemeBook, year: int) -> list[Cell]:
        """Write what each month weighs: volume by month at the year's prices, or its days where there is none."""
        sheet, t = self.sheet, self.book.edition.t
        self.row += 1
        stated = self.months.done.get((part.id, year), {})
        prices = [part.cells.get(("plain", year, service)) for service in stated]
        priced = [(cell.fixed, stated[s]) for cell, s in zip(prices, stated, strict=True) if cell is not None]
        sheet.text(self.row, 0, t("workbook.month_weight" if priced else "workbook.month_days"))
        sheet.number(self.row, 1, year, "year")
        row, self.row = self.row, self.row + 1
        days = [sheet.number(row, _AT + k, number, "number", "fixed") for k, number in enumerate(DAYS)]
        if not priced:
            return days
        self.row += 1
        sheet.text(row, 0, t("workbook.month_days"))
        sheet.text(row + 1, 0, t("workbook.month_weight"))
        sheet.number(row + 1, 1, year, "year")
        whole = added([price * total(span(cells)) for price, cells in priced])
        anything = Expr(f"({whole.text})", whole.value) > 0
        return [
            sheet.formula(
                row + 1, _AT + k, when(anything, added([price * cells[k] for price, cells in priced]), days[k]), "money"
            )
            for k in range(len(DAYS))
        ]

    # -- a unit ------------------------------------------------------------------------------------------------

    def _unit(self, part: SchemeBook, unit: str, year: int, shares: list[Cell]) -> list[Cell]:
        """Write a unit's payments: whole øre of every period, the rest to the largest remainders, the first first."""
        sheet, row, n = self.sheet, self.row, len(shares)
        sheet.text(row, 0, unit)
        sheet.number(row, 1, year, "year")
        earned = part.cells["income", unit, year]
        income = sheet.formula(row, 2, Expr(earned.text, earned.value), "money")
        steps = Expr(f"ROUND(ABS(${income.text.split('!')[1]})*100,0)", float(round(abs(income.value) * 100)))
        whole = total(span(shares))
        exact = [steps * _row_fixed(share) / whole for share in shares]
        floors = [
            sheet.formula(row, _AT + 1 + n + k, Expr(f"INT({e.text}+{_ROOM:f})", float(int(e.value + _ROOM))), "number")
            for k, e in enumerate(exact)
        ]
        rests = [
            sheet.formula(row, _AT + 1 + 2 * n + k, e - floor, "level")
            for k, (e, floor) in enumerate(zip(exact, floors, strict=True))
        ]
        given = total(span(floors))
        left = sheet.formula(row, _AT + n, steps - given, "number")
        order = sorted(range(n), key=lambda k: (-rests[k].value, k))
        gets = set(order[: round(left.value)])
        everyone, sign = span(rests).text, -1 if income.value < 0 else 1
        made = []
        for k, (floor, rest) in enumerate(zip(floors, rests, strict=True)):
            first = f"(COLUMN({everyone})<COLUMN({rest.text}))"
            ahead = f"SUMPRODUCT(({everyone}>{rest.text})+({everyone}={rest.text})*{first})"
            text = f"IF({income.fixed.text}<0,-1,1)*({floor.text}+IF({ahead}<ROUND({left.fixed.text},0),1,0))/100"
            amount = Expr(text, sign * (floor.value + (k in gets)) / 100)
            made.append(sheet.formula(row, _AT + k, amount, "money"))
        return made


def pays_in_parts(part: SchemeBook) -> bool:
    """Tell whether a scheme pays more than once a year; a single payment is the income."""
    return len(PERIODS[part.scheme.settlement.frequency]) > 1


def _row_fixed(cell: Cell) -> Expr:
    """The same row from wherever the formula is copied to, in the formula's own column."""
    return Expr(f"{cell.sheet.prefix}{column_name(cell.column)}${cell.row + 1}", cell.value)

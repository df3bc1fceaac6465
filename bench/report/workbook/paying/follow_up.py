"""The purchaser's follow-up through the year, by formula: what a month's end says of the year's budget."""

from __future__ import annotations

from typing import Any

from bench.report.facts import Row, rows
from bench.report.workbook.expressions import Expr, added, expr, maximum, minimum, total, when
from bench.report.workbook.paying.months import MONTHS, MonthRows
from bench.report.workbook.paying.purchaser import PurchaserSheet
from bench.report.workbook.scheme import SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, span
from bench.report.workbook.writer import column_name
from bench.stykkpris.rules.purchaser import THIRD

_ROWS = (
    *("budget_to_date", "expenditure_to_date", "budget", "forecast", "shortfall", "reported"),
    *("cut_volume", "cut_quality", "add_money"),
)
_KINDS = {"reported": "number", "cut_volume": "share", "cut_quality": "share"}
#: The first month's column.
_AT = 2
_TOLERANCE = 1e-4


class FollowUpSheet:
    """Writes a block per scheme and year, and one for all schemes together; months stand beside one another."""

    def __init__(self, book: Book, account: PurchaserSheet, parts: list[SchemeBook], months: MonthRows):
        t = book.edition.t
        self.book, self.account, self.months = book, account, months
        self.parts = {part.id: part for part in parts}
        self.rule: Any = parts[0].model.purchaser
        self.sheet = book.sheet("follow_up", t("sheet.follow_up"), t("note.follow_up"))
        self.sheet.ws.set_column(0, 0, 48)
        self.sheet.ws.set_column(1, 40, 15)
        self.row = TOP
        found: dict[tuple[int, str], list[Row]] = {}
        for row in rows(book.edition.facts.run.follow_up):
            found.setdefault((int(row["year"]), str(row["scheme"])), []).append(row)
        sums: dict[int, list[tuple[list[Cell], list[Cell]]]] = {}
        for (year, scheme), lines in sorted(found.items(), key=lambda item: (item[0][0], item[0][1] == "")):
            part = self.parts.get(scheme)
            if part is None:
                pair = self._together(year, sums[year])
            else:
                pair = self._scheme(part, year)
                sums.setdefault(year, []).append(pair)
            label = t("page.all_schemes") if part is None else part.label
            self._months(label, year, *pair, lines)

    def _head(self, label: str, year: int) -> None:
        t = self.book.edition.t
        named = [t("workbook.month", month=month) for month in MONTHS]
        engine = [f"{t('col.engine')}: {name}" for name in named]
        self.sheet.titles(self.row, [f"{label} {year}", t("workbook.whole_year"), *named, *engine], right=1)
        self.row += 1

    def _scheme(self, part: SchemeBook, year: int) -> tuple[list[Cell], list[Cell]]:
        """Write budget and expenditure of every service by month; return their sums."""
        sheet, t, labels = self.sheet, self.book.edition.t, self.book.edition.labels
        self._head(part.label, year)
        share = part.stated("mix.activity", part.scheme.mix.activity, year, 1.0)
        budget, spent = [], []
        for service in part.scheme.service:
            done = self.months.done[part.id, year][service.id]
            planned = self.months.planned.get((part.id, year), {}).get(service.id)
            name = labels.service(part.id, service.id)
            sheet.text(self.row, 0, f"{t('col.budget')}: {name}")
            key = (part.id, year, service.id)
            whole = sheet.formula(self.row, 1, self.account.priced[key] * self.account.planned[key], "money")
            budget.append([sheet.formula(self.row, _AT + k, _spread(whole, planned, k), "money") for k in range(12)])
            self.row += 1
            sheet.text(self.row, 0, f"{t('col.expenditure')}: {name}")
            plain = part.cells["plain", year, service.id]
            price = sheet.formula(self.row, 1, Expr(plain.text, plain.value) * share, "weight")
            spent.append([sheet.formula(self.row, _AT + k, price.fixed * done[k], "money") for k in range(12)])
            self.row += 1
        return self._sums(budget, spent)

    def _together(self, year: int, pairs: list[tuple[list[Cell], list[Cell]]]) -> tuple[list[Cell], list[Cell]]:
        self._head(self.book.edition.t("page.all_schemes"), year)
        return self._sums([pair[0] for pair in pairs], [pair[1] for pair in pairs])

    def _sums(self, budget: list[list[Cell]], spent: list[list[Cell]]) -> tuple[list[Cell], list[Cell]]:
        """Write what was budgeted and what was spent in every month."""
        made = []
        for word, parts in (("budget", budget), ("expenditure", spent)):
            self.sheet.text(self.row, 0, self.book.edition.t(f"col.{word}"), "part")
            made.append(
                [
                    self.sheet.formula(self.row, _AT + k, added([cells[k] for cells in parts]), "money")
                    for k in range(12)
                ]
            )
            self.row += 1
        return made[0], made[1]

    def _months(self, label: str, year: int, budget: list[Cell], spent: list[Cell], lines: list[Row]) -> None:
        """Write what is known at the end of every month, beside what the engine found."""
        t, top = self.book.edition.t, self.row
        ours: dict[str, list[Cell]] = {name: [] for name in _ROWS}
        theirs: dict[str, list[Cell]] = {name: [] for name in _ROWS}
        entry = self.rule.threshold.entry_at(year)
        threshold = expr(0)
        if entry is not None:
            part = next(iter(self.parts.values()))
            threshold = part.parameters.at("purchaser.threshold", self.rule.threshold, year)
        for j, name in enumerate(_ROWS):
            self.sheet.text(top + j, 0, t(f"col.{_WORDS.get(name, name)}"))
        for k, line in enumerate(lines):
            made = self._month(k, budget, spent, threshold, top)
            for j, name in enumerate(_ROWS):
                ours[name].append(made[name])
                value = float(line[name])
                kind = _KINDS.get(name, "money")
                theirs[name].append(self.sheet.number(top + j, _AT + 12 + k, value, kind, "engine"))
        for name in _ROWS:
            what = f"{t(f'col.{_WORDS.get(name, name)}')}: {label} {year}"
            self.book.compare(what, ours[name], theirs[name], _TOLERANCE)
        self.row = top + len(_ROWS) + 1

    def _month(self, k: int, budget: list[Cell], spent: list[Cell], threshold: Expr, top: int) -> dict[str, Cell]:
        made: dict[str, Cell] = {}

        def write(name: str, what: Expr) -> Cell:
            row = top + _ROWS.index(name)
            made[name] = self.sheet.formula(row, _AT + k, what, _KINDS.get(name, "money"))
            return made[name]

        planned = write("budget_to_date", _so_far(budget, k))
        paid = write("expenditure_to_date", _so_far(spent, k))
        year = write("budget", total(span(budget)))
        forecast = write("forecast", when(planned > 0, year * paid / planned, paid))
        shortfall = write("shortfall", forecast - year)
        seen = self.rule.detection == "month" or (k + 1) % THIRD == 0
        write("reported", when(shortfall > threshold * year, 1, 0) if seen else expr(0))
        rest = Expr(f"({forecast.text}-{paid.text})", forecast.value - paid.value)
        cut = when(rest > 0, minimum(maximum(shortfall / rest, 0), 1), 0) if k < 11 else expr(0)
        write("cut_volume", cut)
        write("cut_quality", Expr(made["cut_volume"].text, made["cut_volume"].value))
        write("add_money", maximum(shortfall, 0))
        return made


#: Columns that go by another name on the sheet.
_WORDS = {"reported": "reported_now"}


def _spread(whole: Cell, planned: list[Cell] | None, k: int) -> Expr:
    """A month of a year's budget: as the volumes were planned, or a twelfth."""
    twelfth = whole.fixed / 12
    if planned is None:
        return twelfth
    everything = total(span(planned))
    return when(everything > 0, whole.fixed * planned[k] / everything, twelfth)


def _so_far(cells: list[Cell], k: int) -> Expr:
    """The sum of the months up to one."""
    first, last = cells[0], cells[k]
    ends = f"${column_name(first.column)}{first.row + 1}:{column_name(last.column)}{last.row + 1}"
    return Expr(f"SUM({first.sheet.prefix}{ends})", sum(cell.value for cell in cells[: k + 1]))

"""The settlement sheet: result, caps, dispensations and balances, every rule in full."""

from __future__ import annotations

from typing import Any

from bench.report.workbook.expressions import Expr, Number, added, clean, expr, maximum, minimum, rounded, total, when
from bench.report.workbook.income import split_rows
from bench.report.workbook.scheme import ORE, SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, Sheet, span

#: Columns of the sheet after unit and year.
COLUMNS = (
    *("income", "cost", "result", "opening_balance", "interest", "kept", "deficit", "decided", "by_rule"),
    *("carried", "returned_to_payer", "dispensation", "lapsed", "closing_balance"),
)

#: What is compared with the engine.
COMPARED = (
    *("income", "cost", "result", "opening_balance", "kept", "carried", "returned_to_payer", "dispensation"),
    "closing_balance",
)


class SettlementSheet:
    """Writes the settlement, scheme below scheme."""

    def __init__(self, book: Book):
        t = book.edition.t
        self.book = book
        self.sheet = book.sheet("settlement", t("sheet.settlement"), t("note.settlement"))
        self.sheet.ws.set_column(0, 0, 30)
        self.sheet.ws.set_column(1, 60, 17)
        self.row = TOP

    def begin(self, part: SchemeBook) -> SettlementRows:
        """Reserve a scheme's rows."""
        rows = SettlementRows(self.book, self.sheet, part, self.row)
        self.row = rows.end
        return rows


class SettlementRows:
    """The rows of one scheme, written year by year."""

    def __init__(self, book: Book, sheet: Sheet, part: SchemeBook, top: int):
        self.book, self.sheet, self.part = book, sheet, part
        t = book.edition.t
        sheet.titles(top, [part.label, t("col.year"), *(t(f"col.{name}") for name in COLUMNS)], right=1)
        engine = [f"{t('col.engine')}: {t(f'col.{name}')}" for name in COMPARED]
        sheet.titles(top, engine, right=0, start=2 + len(COLUMNS))
        self.rows = {key: top + 1 + k for k, key in enumerate((u, y) for y in part.settled for u in part.rows(y))}
        self.end = top + len(self.rows) + 3
        self.saved_at = 2 + len(COLUMNS) + len(COMPARED)
        if part.scheme.settlement.expiry is not None:
            saved = [f"{t('col.saved')} {year}" for year in part.settled]
            sheet.titles(top, [*saved, *(f"{name} *" for name in saved)], right=0, start=self.saved_at)
        self.saved: dict[tuple[str, int], list[Cell]] = {}

    def _put(self, unit: str, year: int, name: str, made: Expr) -> Cell:
        strong = "total" if name == "closing_balance" else "plain"
        cell = self.sheet.formula(self.rows[unit, year], 2 + COLUMNS.index(name), made, "money", strong)
        self.part.cells[f"settled.{name}", unit, year] = cell
        if name == "result":
            self.part.cells["result", unit, year] = cell
        return cell

    def year(self, year: int) -> None:
        """Write a year of every unit."""
        units = self.part.rows(year)
        for unit in units:
            self._begin(unit, year)
        if self.part.scheme.settlement.pooled:
            self._pooled(units, year)
        else:
            for unit in units:
                self._own(unit, year)
        for unit in units:
            self._finish(unit, year)

    def _cell(self, name: str, unit: str, year: int) -> Cell:
        return self.part.cells[f"settled.{name}", unit, year]

    def _begin(self, unit: str, year: int) -> None:
        part, row = self.part, self.rows[unit, year]
        self.sheet.text(row, 0, unit)
        self.sheet.number(row, 1, year, "year")
        income = self._put(unit, year, "income", _same(part.cells["income", unit, year]))
        cost = self._put(unit, year, "cost", expr(part.columns.at(unit, year, part.model.cost_column)))
        self._put(unit, year, "result", clean(income - cost))
        last = part.last_row(unit, year)
        opening = expr(0) if last is None else _same(self._cell("closing_balance", unit, last))
        self._put(unit, year, "opening_balance", opening)

    # -- each unit for itself ------------------------------------------------------------------------------

    def _own(self, unit: str, year: int) -> None:
        cells = {name: self._cell(name, unit, year) for name in ("result", "income", "opening_balance")}
        interest, kept, deficit = self._shares(year, **cells)
        brought = self._put(unit, year, "interest", interest)
        kept_cell = self._put(unit, year, "kept", kept(brought))
        deficit_cell = self._put(unit, year, "deficit", deficit(brought))
        decided = self._put(unit, year, "decided", self._decided(unit, year, deficit_cell))
        balance = cells["opening_balance"] + brought + kept_cell
        self._put(unit, year, "by_rule", self._by_rule(year, deficit_cell - decided, cells["income"], balance))

    def _shares(self, year: int, *, result: Expr, income: Expr, opening_balance: Expr) -> tuple[Expr, Any, Any]:
        """Return interest, and what is kept and carried as functions of it."""
        part, rules, rule = self.part, self.part.scheme.settlement, self.part.amount_rule
        interest = expr(0)
        if part.says("settlement.interest"):
            interest = rounded(opening_balance * part.at("settlement.interest", rules.interest, year), rule)
        keep = part.at("settlement.keep_surplus", rules.keep_surplus, year)
        carry = part.at("settlement.carry_deficit", rules.carry_deficit, year)
        surplus_cap, deficit_cap = rules.caps()
        names = (
            "cap_surplus" if rules.cap_surplus is not None else "cap",
            "cap_deficit" if rules.cap_deficit else "cap",
        )
        on_balance = rules.cap_on == "balance"

        def kept(interest_cell: Expr) -> Expr:
            made = rounded(maximum(result, 0) * keep, rule)
            if surplus_cap is None:
                return made
            room = rounded(income * part.at(f"settlement.{names[0]}", surplus_cap, year), rule)
            if on_balance:
                room = room - (opening_balance + interest_cell)
            return minimum(made, maximum(room, 0))

        def deficit(interest_cell: Expr) -> Expr:
            made = rounded(maximum(-result, 0) * carry, rule)
            if deficit_cap is None:
                return made
            room = rounded(income * part.at(f"settlement.{names[1]}", deficit_cap, year), rule)
            if on_balance:
                room = room + (opening_balance + interest_cell)
            return minimum(made, maximum(room, 0))

        return interest, kept, deficit

    def _decided(self, unit: str, year: int, deficit: Cell) -> Expr:
        """What decided dispensations waive, at most the deficit."""
        part, rules = self.part, self.part.scheme.settlement
        parts: list[Number] = []
        for k, decision in enumerate(rules.dispensation):
            if decision.unit not in (unit, "*") or not decision.covers(year):
                continue
            again = sum(other.unit == decision.unit for other in rules.dispensation[:k])
            key = f"settlement.dispensation.{decision.unit}" + (f"-{k + 1}" if again else "")
            if decision.amount is not None:
                parts.append(part.at(f"{key}.amount", decision.amount, year))
            else:
                assert decision.share is not None
                parts.append(deficit * part.at(f"{key}.share", decision.share, year))
        return minimum(rounded(added(parts), part.amount_rule), deficit) if parts else expr(0)

    def _by_rule(self, year: int, deficit: Expr, income: Expr, balance: Expr) -> Expr:
        """What the rule for very large deficits waives."""
        part, rule = self.part, self.part.scheme.settlement.dispensation_rule
        if rule is None:
            return expr(0)
        measured = maximum(deficit - balance, 0) if rule.measured_on == "balance" else deficit
        threshold = part.at("settlement.dispensation_rule.threshold", rule.threshold, year)
        excess = maximum(measured - rounded(income * threshold, part.amount_rule), 0)
        return when(excess > 0, measured, 0) if rule.covers == "all" else excess

    def _finish(self, unit: str, year: int) -> None:
        cell = {name: self._cell(name, unit, year) for name in COLUMNS[:9]}
        carried = self._put(unit, year, "carried", clean(-cell["deficit"]))
        self._put(unit, year, "returned_to_payer", clean(cell["result"] - cell["kept"] - carried))
        given = self._put(unit, year, "dispensation", clean(cell["decided"] + cell["by_rule"]))
        closing = cell["opening_balance"] + cell["interest"] + cell["kept"] + carried + given
        lapsed = self._put(unit, year, "lapsed", self._lapsed(unit, year, closing))
        self._put(unit, year, "closing_balance", clean(closing - lapsed))
        row = self.part.settlement[unit, year]
        for k, name in enumerate(COMPARED):
            engine = self.sheet.number(self.rows[unit, year], 2 + len(COLUMNS) + k, row[name] or 0.0, "money", "engine")
            self.part.cells[f"engine.settled.{name}", unit, year] = engine

    # -- one result for the scheme -------------------------------------------------------------------------

    def _pooled(self, units: list[str], year: int) -> None:
        """Settle the scheme as one, and share what is kept and carried by income, to the øre."""
        names = ("result", "income", "opening_balance")
        pool = {name: total(span([self._cell(name, unit, year) for unit in units])) for name in names}
        interest, kept, deficit = self._shares(year, **pool)
        made = {"interest": interest, "kept": kept(interest), "deficit": deficit(interest)}
        balance = pool["opening_balance"] + interest + made["kept"]
        made["by_rule"] = self._by_rule(year, made["deficit"], pool["income"], balance)
        weights = [(unit, self._cell("income", unit, year)) for unit in units]
        rows = [self.rows[unit, year] for unit in units]
        for k, (name, amount) in enumerate(made.items()):
            parts = split_rows(self.sheet, rows, self.saved_at + 40 + k, amount * 100, weights)
            for unit in units:
                self._put(unit, year, name, parts[unit])
        for unit in units:
            self._put(unit, year, "decided", expr(0))

    # -- saved surpluses lapse -----------------------------------------------------------------------------

    def _lapsed(self, unit: str, year: int, closing: Expr) -> Expr:
        """Saved surpluses older than the rule allows; what was used first went first.

        One column per year of saving: what is left of it before and, with a star, after this year's use.
        """
        part, expiry = self.part, self.part.scheme.settlement.expiry
        if expiry is None:
            return expr(0)
        row, years = self.rows[unit, year], part.settled
        last = part.last_row(unit, year)
        old = self.saved.get((unit, last)) if last is not None else None
        gained = maximum(self._cell("kept", unit, year) + self._cell("interest", unit, year), 0)
        before = []
        for k, when_saved in enumerate(years):
            made = gained if when_saved == year else (expr(0) if old is None else _same(old[k]))
            before.append(self.sheet.formula(row, self.saved_at + k, made, "money"))
        used = maximum(total(span(before, fixed=False)) - maximum(closing, 0), 0)
        after = []
        for k in range(len(years)):
            up_to = total(span(before[: k + 1], fixed=False))
            after.append(maximum(0, minimum(before[k], up_to - used)))
        gone = [after[k] for k, when_saved in enumerate(years) if when_saved <= year and year - when_saved >= expiry]
        self.saved[unit, year] = [
            self.sheet.formula(
                row,
                self.saved_at + len(years) + k,
                expr(0) if when_saved <= year and year - when_saved >= expiry else after[k],
                "money",
            )
            for k, when_saved in enumerate(years)
        ]
        return clean(added(gone)) if gone else expr(0)

    def compare(self) -> None:
        """Note what must equal the engine's numbers, and what must hold whatever is changed."""
        for name in COMPARED:
            self.book.compare(
                f"{self.book.edition.t(f'col.{name}')}: {self.part.label}",
                [self._cell(name, unit, year) for unit, year in self.rows],
                [self.part.cells[f"engine.settled.{name}", unit, year] for unit, year in self.rows],
                ORE,
            )


def _same(cell: Cell) -> Expr:
    return Expr(cell.text, cell.value)

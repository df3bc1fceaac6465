"""The settlement sheet: income, result, shares kept and carried, and balances by formula."""

from __future__ import annotations

from dataclasses import dataclass

from bench.report.facts import Row
from bench.report.workbook.money import Key, Money, product_of
from bench.report.workbook.sheet import TOP, Sheet, rounded, rounded_value

#: Column of each item on the sheet.
COLUMNS = (
    *("scheme", "unit", "year", "activity_income", "block_income", "refund", "corrections", "income", "cost", "result"),
    *("opening_balance", "kept", "carried", "returned_to_payer", "dispensation", "other_changes", "closing_balance"),
)

#: Amounts are exact to the øre.
ORE = 0.005

#: Spreadsheet functions take no more arguments than this.
_MOST_ARGUMENTS = 200


def settlement_sheet(money: Money) -> None:
    """Write the settlement, one row per unit and year."""
    book, t = money.book, money.book.edition.t
    if not money.settlement:
        return
    sheet = book.sheet(t("sheet.settlement"), t("sheet.settlement"), t("note.settlement"))
    widths = {"scheme": 34, "unit": 26, "year": 8}
    sheet.head(TOP, [(t(f"col.{name}"), widths.get(name, 18)) for name in COLUMNS], right=3)
    # A balance refers to the row of the year before, which stands above: years are in order within a scheme.
    lines: dict[Key, list[Row]] = {}
    for line in money.lines:
        lines.setdefault((line["unit"], line["year"]), []).append(line)
    balances = {(row["unit"], row["year"]): float(row["closing_balance"]) for row in money.settlement}
    for offset, row in enumerate(money.settlement, start=TOP + 1):
        _Row(money, sheet, offset, row, lines, balances).write()


@dataclass(slots=True)
class _Row:
    """Writes one unit's year: ``lines`` and ``balances`` are those of every unit and year."""

    money: Money
    sheet: Sheet
    position: int
    row: Row
    lines: dict[Key, list[Row]]
    balances: dict[Key, float]

    @property
    def key(self) -> Key:
        """Unit and year."""
        return self.row["unit"], self.row["year"]

    def write(self) -> None:
        row, cells = self.row, self.money.cells
        self.sheet.text(self.position, 0, self.money.book.edition.labels.scheme(row["scheme"]))
        self.sheet.text(self.position, 1, row["unit"])
        self.sheet.number(self.position, 2, row["year"], "year")
        activity = self._activity()
        given = [self._formula(name, cells[(name, *self.key)]) for name in ("block_income", "refund", "corrections")]
        income = self._formula("income", "+".join([activity, *given]))
        cost = self._formula("cost", cells[("cost", *self.key)])
        result = self._formula("result", f"{income}-{cost}")
        opening = self._opening()
        kept = self._share("kept", "keep", f"MAX({result},0)", max(row["result"], 0.0), 1)
        carried = self._share("carried", "carry", f"MAX(-{result},0)", max(-row["result"], 0.0), -1)
        self._formula("returned_to_payer", f"{result}-{kept}-{carried}")
        given_up = self._formula("dispensation", cells[("dispensation", *self.key)])
        other = self._other()
        self._formula("closing_balance", "+".join([opening, kept, carried, given_up, other]))
        self._check()

    def _activity(self) -> str:
        own = self.lines.get(self.key, [])
        found = [self.money.cells[("income", *self.key, *product_of(row))] for row in own]
        lines = sum(row["income"] for row in own)
        if found and abs(lines - self.row["activity_income"]) < ORE:
            chunks = [found[k : k + _MOST_ARGUMENTS] for k in range(0, len(found), _MOST_ARGUMENTS)]
            return self._formula("activity_income", "+".join(f"SUM({','.join(chunk)})" for chunk in chunks))
        return self._constant("activity_income")

    def _opening(self) -> str:
        before = (self.row["unit"], self.row["year"] - 1) if isinstance(self.row["year"], int) else None
        closing = self.money.cells.get(("closing_balance", *before)) if before else None
        if closing and before and abs(self.balances[before] - self.row["opening_balance"]) < ORE:
            return self._formula("opening_balance", closing)
        return self._constant("opening_balance", "input")

    def _share(self, name: str, parameter: str, part: str, amount: float, sign: int) -> str:
        """A share of the result where that is the engine's number; with a cap or a pool the engine's own number."""
        rule = self.money.amount_rule
        ref = self.money.cells[parameter, self.row["scheme"], self.row["year"]]
        column = "keep_surplus" if parameter == "keep" else "carry_deficit"
        share = self.money.share(self.row, column, parameter == "keep")
        if abs(sign * rounded_value(amount * share, rule) - self.row[name]) < ORE:
            text = rounded(f"{part}*{ref}", rule)
            return self._formula(name, text if sign > 0 else f"-{text}")
        return self._constant(name)

    def _other(self) -> str:
        """Interest, lapsed surpluses and what else moves the balance, as the engine has it."""
        row = self.row
        explained = row["opening_balance"] + row["kept"] + row["carried"] + (row["dispensation"] or 0.0)
        rest = row["closing_balance"] - explained
        rest = 0.0 if abs(rest) < ORE else round(rest, 2)
        return self.sheet.number(self.position, COLUMNS.index("other_changes"), rest, "money", "engine")

    def _formula(self, name: str, text: str) -> str:
        ref = self.sheet.formula(self.position, COLUMNS.index(name), text, self.row[name] or 0.0, "money")
        self.money.cells[(f"settled_{name}", *self.key)] = ref
        if name == "closing_balance":
            self.money.cells[(name, *self.key)] = ref
        return ref

    def _constant(self, name: str, role: str = "engine") -> str:
        ref = self.sheet.number(self.position, COLUMNS.index(name), self.row[name] or 0.0, "money", role)
        self.money.cells[(f"settled_{name}", *self.key)] = ref
        return ref

    def _check(self) -> None:
        book = self.money.book
        for name in ("activity_income", "income", "result", "kept", "carried", "returned_to_payer", "closing_balance"):
            what = f"{book.edition.t(f'col.{name}')}: {self.row['unit']} {self.row['year']}"
            book.check(what, self.money.cells[(f"settled_{name}", *self.key)], self.row[name], ORE)

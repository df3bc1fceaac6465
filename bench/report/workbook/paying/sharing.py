"""What units do not keep or carry, shared between the parties by formula."""

from __future__ import annotations

from bench.report.facts import Row, rows
from bench.report.workbook.expressions import Expr, total, when
from bench.report.workbook.scheme import SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, span


class SharingSheet:
    """Writes how what units do not keep or carry is shared between the parties, by formula."""

    def __init__(self, book: Book, parts: list[SchemeBook]):
        t = book.edition.t
        self.book = book
        self.sheet = book.sheet("sharing", t("sheet.sharing"), t("note.sharing"))
        self.sheet.ws.set_column(0, 0, 44)
        self.sheet.ws.set_column(1, 10, 17)
        self.found: dict[tuple[str, int], list[Row]] = {}
        for row in rows(book.edition.facts.run.sharing):
            self.found.setdefault((str(row["scheme"]), int(row["year"])), []).append(row)
        self.row = TOP
        for part in parts:
            if part.settled and part.scheme.settlement.party:
                self._scheme(part)

    def _scheme(self, part: SchemeBook) -> None:
        """Write a row per year and party: whole øre first, the rest to the largest remainders, the first by order."""
        sheet, t = self.sheet, self.book.edition.t
        parties = part.scheme.settlement.party
        names = ("party", "year", "returned_to_payer", "party_share", "split_floor", "amount")
        sheet.titles(self.row, [part.label, *(t(f"col.{name}") for name in names[1:]), t("col.engine")], right=1)
        ours, theirs = [], []
        for year in part.settled:
            units = part.rows(year)
            if not units:
                continue
            returned = total(span([part.cells["settled.returned_to_payer", unit, year] for unit in units]))
            first = self.row + 1
            shares, floors = [], []
            for k, party in enumerate(parties):
                row = first + k
                sheet.text(row, 0, party.name)
                sheet.number(row, 1, year, "year")
                whole = sheet.formula(row, 2, returned, "money")
                key = f"settlement.party.{party.name}.share"
                share = sheet.formula(row, 3, part.at(key, party.share, year), "share")
                shares.append(share)
                steps = Expr(
                    f"ROUND(ABS({whole.text})*100,0)*{share.text}", round(abs(whole.value) * 100) * share.value
                )
                floors.append(
                    (
                        sheet.formula(row, 4, Expr(f"INT({steps.text}+0.0000001)", int(steps.value + 1e-7)), "number"),
                        steps,
                    )
                )
            ours += self._amounts(first, returned, floors)
            for k, found in enumerate(self.found[part.id, year]):
                theirs.append(sheet.number(first + k, 6, found["amount"], "money", "engine"))
            self.row += len(parties)
        self.book.compare(f"{t('sheet.sharing')}: {part.label}", ours, theirs, 0.005)
        self.row += 2

    def _amounts(self, first: int, returned: Expr, floors: list[tuple[Cell, Expr]]) -> list[Cell]:
        """Hand out the øre that whole øre leave, one each to the largest remainders."""
        cells = [cell for cell, _ in floors]
        left_value = round(abs(returned.value) * 100) - sum(cell.value for cell in cells)
        remainders = [round(steps.value - cell.value, 6) for cell, steps in floors]
        order = sorted(range(len(cells)), key=lambda k: (-remainders[k], k))
        gets = set(order[: round(left_value)])
        made = []
        for k, (cell, steps) in enumerate(floors):
            own = f"ROUND({steps.text}-{cell.text},6)"
            ahead = "+".join(
                f"(ROUND({s.text}-{c.text},6){'>=' if j < k else '>'}{own})"
                for j, (c, s) in enumerate(floors)
                if j != k
            )
            left = f"ROUND(ABS({returned.text})*100,0)-SUM({span(cells).text})"
            extra = f"IF({ahead or '0'}<{left},1,0)"
            value = (cell.value + (1 if k in gets else 0)) / 100
            amount = Expr(f"({cell.text}+{extra})/100", value)
            sign = when(returned < 0, -1, 1)
            made.append(self.sheet.formula(first + k, 5, sign * Expr(f"({amount.text})", value), "money"))
        return made

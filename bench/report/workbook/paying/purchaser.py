"""The purchaser's sheet: the budget against what was decided, and how the difference splits, by formula."""

from __future__ import annotations

from typing import Any

from bench.report.facts import Row, rows
from bench.report.workbook.expressions import Expr, added, clean, expr, maximum, rounded, total, when
from bench.report.workbook.grid import InputGrid
from bench.report.workbook.income import split_rows
from bench.report.workbook.scheme import ORE, SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, Sheet, span

_COLUMNS = (
    *("budget_volume", "actual_volume", "budget_price", "budget", "expenditure", "variance"),
    *("volume_variance", "pure_volume_variance", "mix_variance", "price_variance"),
)
_COMPARED = ("budget", "expenditure", "variance", "volume_variance", "price_variance")


class PurchaserSheet:
    """Writes the purchaser's account of all schemes."""

    sheet: Sheet

    def __init__(self, book: Book, grid: InputGrid, parts: dict[str, SchemeBook]):
        self.book, self.grid, self.parts = book, grid, parts
        # A year stands together: a supplementary grant is split over all of it.
        self.found = sorted(rows(book.edition.facts.run.purchaser), key=lambda row: row["year"])
        self.planned: dict[tuple[str, int, str], Cell] = {}
        self.actual: dict[tuple[str, int, str], Cell] = {}
        self.priced: dict[tuple[str, int, str], Cell] = {}
        self.more = ("supplement", "variance_left") if self.found and "supplement" in self.found[0] else ()

    def write(self) -> None:
        """Write a row per year, scheme and service."""
        t = self.book.edition.t
        sheet = self.sheet = self.book.sheet(
            "purchaser", t("section.purchaser"), t("note.purchaser"), name=t("sheet.purchaser")
        )
        widths = [(t("col.scheme"), 30.0), (t("col.year"), 8.0), (t("col.service"), 30.0)]
        names = (*_COLUMNS, *self.more)
        sheet.head(TOP, [*widths, *((t(f"col.{name}"), 17.0) for name in names)], right=3)
        self.engine_at = 3 + len(names) + (2 if self.more else 0)
        sheet.titles(TOP, [f"{t('col.engine')}: {t(f'col.{n}')}" for n in _COMPARED], right=0, start=self.engine_at)
        cells: dict[str, list[Cell]] = {name: [] for name in _COMPARED}
        engine: dict[str, list[Cell]] = {name: [] for name in _COMPARED}
        by_year: dict[int, list[tuple[Row, dict[str, Cell]]]] = {}
        if self._stated():
            self.grid.section(t("part.budget"), [t("col.service"), t("col.year"), t("col.budget_volume")])
        for k, row in enumerate(self.found, start=TOP + 1):
            self._volumes(k, row)
        if self._stated():
            self.grid.end()
        for k, row in enumerate(self.found, start=TOP + 1):
            made = self._row(k, row)
            by_year.setdefault(row["year"], []).append((row, made))
            for j, name in enumerate(_COMPARED):
                cells[name].append(made[name])
                engine[name].append(sheet.number(k, self.engine_at + j, row[name], "money", "engine"))
        if self.more:
            for year, group in by_year.items():
                self._supplement(year, [made for _, made in group])
        for name in _COMPARED:
            self.book.compare(f"{t(f'col.{name}')}: {t('section.purchaser')}", cells[name], engine[name], ORE)

    def _stated(self) -> bool:
        """Whether the budget's volumes are a table of the client's."""
        rule: Any = next(iter(self.parts.values())).model.purchaser
        return bool(rule.budget == "table")

    def _volumes(self, k: int, row: Row) -> None:
        part, year = self.parts[str(row["scheme"])], row["year"]
        service = part.scheme.find_service(str(row["service"]))
        self.sheet.text(k, 0, part.label)
        self.sheet.number(k, 1, year, "year")
        self.sheet.text(k, 2, self.book.edition.labels.service(part.id, service.id))
        key = (part.id, year, service.id)
        self.planned[key] = self._budget_volume(k, row, part, service, part.model.purchaser)
        self.actual[key] = self.sheet.formula(k, 4, self._volume(part, year, service), "volume")

    def _row(self, k: int, row: Row) -> dict[str, Cell]:
        part, sheet, year = self.parts[str(row["scheme"])], self.sheet, row["year"]
        rule: Any = part.model.purchaser
        service = part.scheme.find_service(str(row["service"]))
        planned, actual = self.planned[part.id, year, service.id], self.actual[part.id, year, service.id]
        price = sheet.formula(k, 5, self._budget_price(part, year, service, rule), "money")
        self.priced[part.id, year, service.id] = price
        rule_name = part.amount_rule
        budget = sheet.formula(k, 6, rounded(planned * price, rule_name), "money")
        spent = sheet.formula(k, 7, self._spent(part, year, service), "money")
        variance = sheet.formula(k, 8, clean(spent - budget), "money")
        volume = sheet.formula(k, 9, rounded(clean(actual - planned, 8) * price, rule_name), "money")
        made = {"budget_volume": planned, "actual_volume": actual, "budget": budget, "expenditure": spent}
        made |= {"variance": variance, "volume_variance": volume}
        growth = self._growth(part, year, service)
        pure = sheet.formula(k, 10, rounded(budget * (growth - 1), rule_name), "money")
        sheet.formula(k, 11, clean(volume - pure), "money")
        made["price_variance"] = sheet.formula(k, 12, clean(variance - volume), "money")
        return made

    def _volume(self, part: SchemeBook, year: int, service: Any) -> Expr:
        found = [part.paid[unit, year, service.id] for unit in part.columns.units(year)]
        cells = [cell for cell in found if isinstance(cell, Cell)]
        return total(span(cells)) if cells else expr(0)

    def _budget_volume(self, k: int, row: Row, part: SchemeBook, service: Any, rule: Any) -> Cell:
        year = row["year"]
        if rule.budget == "table":
            key = ("budget", part.id, year, service.id)
            place = self.grid.line(f"{part.label}: {self.book.edition.labels.service(part.id, service.id)}", year)
            stated = self.grid.put(key, place, 2, row["budget_volume"], "volume")
            return self.sheet.formula(k, 3, Expr(stated.text, stated.value), "volume")
        made = self._volume(part, year - 1, service)
        for name in ("demography", "need"):
            if name in rule.model_fields_set:
                made = made * (1 + part.parameters.at(f"purchaser.{name}", getattr(rule, name), year))
        return self.sheet.formula(k, 3, made, "volume")

    def _budget_price(self, part: SchemeBook, year: int, service: Any, rule: Any) -> Expr:
        price: Expr = part.cells["plain", year, service.id]
        if rule.budget_price == "previous-indexed" and ("plain", year - 1, service.id) in part.cells:
            price = part.cells["plain", year - 1, service.id] * (1 + part.index.growth(year))
        made = rounded(Expr(price.text, price.value, price.level), part.price_rule)
        share = part.stated("mix.activity", part.scheme.mix.activity, year, 1.0)
        return made if not isinstance(share, Expr) and share == 1.0 else made * share

    def _spent(self, part: SchemeBook, year: int, service: Any) -> Expr:
        cells = [part.cells[f"line.{service.id}", unit, year] for unit in part.rows(year)]
        return clean(total(span(cells))) if cells else expr(0)

    def _growth(self, part: SchemeBook, year: int, own: Any) -> Expr:
        """Actual over budgeted volume of the service's group in the same measure; 1 where nothing was budgeted."""
        group = [s for s in part.scheme.service if _group(s) == _group(own)]
        budget = added([self.planned[part.id, year, s.id] for s in group])
        done = added([self.actual[part.id, year, s.id] for s in group])
        return when(budget > 0, done / budget, 1)

    def _supplement(self, year: int, group: list[dict[str, Cell]]) -> None:
        """Split the year's decided grant on what was overspent, to the øre."""
        part = next(iter(self.parts.values()))
        rule: Any = part.model.purchaser
        entry = rule.supplement.entry_at(year)
        amount = part.parameters.at("purchaser.supplement", rule.supplement, year) if entry is not None else expr(0)
        column = 3 + len(_COLUMNS)
        lines = [made["variance"].row for made in group]
        anyone = Expr(
            f"MAX({span([m['variance'] for m in group]).text})>0", any(m["variance"].value > 0 for m in group), 4
        )
        weights = [
            (
                str(k),
                self.sheet.formula(
                    made["variance"].row,
                    column + 2,
                    when(anyone, maximum(made["variance"], 0), made["budget"]),
                    "money",
                ),
            )
            for k, made in enumerate(group)
        ]
        parts = split_rows(self.sheet, lines, column + 3, amount * 100, weights)
        for k, made in enumerate(group):
            got = self.sheet.formula(lines[k], column, parts[str(k)], "money")
            self.sheet.formula(lines[k], column + 1, clean(made["variance"] - got), "money")


def _group(service: Any) -> tuple[str, str]:
    """Services in one group with one measure are set against each other."""
    return service.group or service.id, service.measure.en

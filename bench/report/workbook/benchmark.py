"""Benchmark prices by formula: what each source finds, and the price that buys a stated total."""

from __future__ import annotations

from typing import Any

from bench.report.facts import Row, rows
from bench.report.workbook.expressions import Expr, added, products, total
from bench.report.workbook.grid import InputGrid
from bench.report.workbook.norms import norm_weights
from bench.report.workbook.scheme import SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, Sheet, span

_COLUMNS = ("service", "year", "price", "volume", "scale", "calibrated_price")
#: Sources that look at no frontier.
_WEIGHED = ("average", "best-practice")


class BenchmarkSheet:
    """Writes the benchmark prices, a block per scheme, year and source."""

    def __init__(self, book: Book, grid: InputGrid, parts: list[SchemeBook]):
        t = book.edition.t
        self.book, self.grid, self.parts = book, grid, parts
        self.sheet: Sheet = book.sheet("benchmark", t("sheet.benchmark"), t("note.benchmark"))
        self.sheet.ws.set_column(0, 0, 44)
        self.sheet.ws.set_column(1, 10, 17)
        self.row = TOP
        for part in parts:
            self._scheme(part)

    def _scheme(self, part: SchemeBook) -> None:
        frame = self.book.edition.facts.run.benchmark_prices
        found: dict[tuple[int, str], list[Row]] = {}
        for row in rows(frame[frame["scheme"] == part.id]):
            found.setdefault((int(row["year"]), str(row["source"])), []).append(row)
        if not found:
            return
        inputs = self._inputs(part, found)
        made: dict[str, list[Cell]] = {"price": [], "calibrated_price": []}
        beside: dict[str, list[Cell]] = {"price": [], "calibrated_price": []}
        first = min(year for year, _ in found)
        for (year, source), lines in found.items():
            for name, ours, theirs in self._block(part, year, source, lines, inputs):
                made[name] += ours
                beside[name] += theirs
                if name == "price" and year == first:
                    for service, cell in zip(part.scheme.service, ours, strict=True):
                        part.cells["benchmark", source, service.id] = cell
        for name in made:
            label = f"{self.sheet.name}, {self.book.edition.t(f'col.{name}').lower()}: {part.label}"
            self.book.compare(label, made[name], beside[name], 1e-6)

    def _inputs(self, part: SchemeBook, found: dict[tuple[int, str], list[Row]]) -> dict[tuple[int, str, str], Cell]:
        """Write the prices a frontier found, as computed."""
        t, labels = self.book.edition.t, self.book.edition.labels
        looks = [key for key in found if key[1] not in _WEIGHED]
        if not looks:
            return {}
        names = [labels.service(part.id, service.id) for service in part.scheme.service]
        self.grid.section(
            f"{t('part.frontier_prices')}: {part.label}", [t("col.source"), t("col.year"), *names], t("note.scores")
        )
        made = {}
        for year, source in looks:
            line = self.grid.line(labels.word("source", source), year)
            for column, row in enumerate(found[year, source], start=2):
                key = ("frontier_price", part.id, source, year, str(row["service"]))
                made[year, source, str(row["service"])] = self.grid.put(key, line, column, row["price"], "money")
        self.grid.end()
        return made

    def _block(
        self,
        part: SchemeBook,
        year: int,
        source: str,
        lines: list[Row],
        inputs: dict[tuple[int, str, str], Cell],
    ) -> list[tuple[str, list[Cell], list[Cell]]]:
        """Write the services of one source in one year; return formulas beside the engine's numbers."""
        sheet, t, labels = self.sheet, self.book.edition.t, self.book.edition.labels
        title = f"{part.label}: {labels.word('source', source)}"
        beside = [f"{t('col.engine')}: {t(f'col.{name}')}" for name in ("price", "calibrated_price")]
        sheet.titles(self.row, [title, *(t(f"col.{name}") for name in _COLUMNS[1:]), *beside], right=1)
        top = self.row + 1
        units = part.columns.units(year)
        weights = norm_weights(part, year) if source in _WEIGHED else []
        prices, volumes = [], []
        for k, service in enumerate(part.scheme.service):
            sheet.text(top + k, 0, labels.service(part.id, service.id))
            sheet.number(top + k, 1, year, "year")
            if source in _WEIGHED:
                raw: Expr = self._unit_cost(part, year, source) * weights[k]
            else:
                stated = inputs[year, source, service.id]
                raw = Expr(stated.text, stated.value)
            prices.append(sheet.formula(top + k, 2, raw, "money"))
            volume = total(span([part.columns.cells[unit, year, service.column] for unit in units]))
            volumes.append(sheet.formula(top + k, 3, volume, "volume"))
        factor = self._total(part, year) / products(span(prices), span(volumes))
        calibrated, engine = [], []
        for k, row in enumerate(lines):
            scale = sheet.formula(top + k, 4, factor, "level")
            calibrated.append(sheet.formula(top + k, 5, prices[k] * scale, "money"))
            own = sheet.number(top + k, 6, row["price"], "money", "engine")
            engine.append((own, sheet.number(top + k, 7, row["calibrated_price"], "money", "engine")))
        self.row = top + len(lines) + 2
        return [
            ("price", prices, [pair[0] for pair in engine]),
            ("calibrated_price", calibrated, [pair[1] for pair in engine]),
        ]

    def _unit_cost(self, part: SchemeBook, year: int, source: str) -> Expr:
        """Cost, or best practice, per weighted unit."""
        name = "cost" if source == "average" else "best_practice_norm"
        units = [unit for unit in part.columns.units(year) if (f"normed.{name}", unit, year) in part.cells]
        whole = total(span([part.cells[f"normed.{name}", unit, year] for unit in units]))
        made = whole / total(span([part.cells["normed.weighted_volume", unit, year] for unit in units]))
        return Expr(f"({made.text})", made.value)

    def _total(self, part: SchemeBook, year: int) -> Expr:
        """What prices times volumes add up to."""
        rule: Any = part.model.benchmark
        if rule.total == "norm":
            cells = [part.cells["normed.norm", unit, year] for unit in part.columns.units(year)]
            value = sum(cell.value for cell in cells if cell.value == cell.value)
            return Expr(f'SUMIF({span(cells).text},"<>#N/A")', value)
        own = part.columns.total(year, part.cost_column)
        if rule.amount is None:
            return own
        everyone = added([p.columns.total(year, p.cost_column) for p in self.parts if year in p.years])
        share = own / Expr(f"({everyone.text})", everyone.value)
        return share * part.parameters.at("benchmark.amount", rule.amount, year)

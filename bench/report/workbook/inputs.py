"""The inputs of the workbook: parameters of the model, the index, and the data; one number, one cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.report.tables.assumptions import source_text
from bench.report.workbook.expressions import Expr, Number, Span, expr, total, when
from bench.report.workbook.sheet import TOP, Book, Cell, Key, Sheet, span

if TYPE_CHECKING:
    from bench.modelfile import Model
    from bench.modelfile.values import Dated
    from bench.stykkpris.scheme_data import SchemeData

#: The scenario switch stands here on the sheet of assumptions: 1 is as adopted, 2 is as the yellow cells say.
ADOPTED, SCENARIO = 1, 2

#: Keys whose last part is a share between 0 and 1.
_SHARES = frozenset(
    (
        *("keep_surplus", "carry_deficit", "cap_surplus", "cap_deficit", "activity", "block", "refund", "requirement"),
        *("frontier_share", "corridor", "general", "individual_share", "own_cost_share", "tolerance", "share"),
        *("phase_in", "hold_harmless", "total_share", "quantile"),
    )
)


@dataclass(slots=True)
class Parameters:
    """The sheet of assumptions: every number of the model file that a formula uses, once, as adopted and as changed."""

    book: Book
    sheet: Sheet
    switch: Cell
    row: int = TOP + 4
    used: dict[Key, Expr] = field(default_factory=dict)
    rows: list[tuple[Cell, Cell]] = field(default_factory=list)

    @classmethod
    def start(cls, book: Book) -> Parameters:
        """Begin the sheet; rows are added as formulas ask for numbers."""
        t = book.edition.t
        sheet = book.sheet(
            "assumptions", t("sheet.assumptions"), t("note.assumptions"), name=t("sheet.assumptions"), colour="#E0C860"
        )
        sheet.text(TOP, 0, t("workbook.switch"), "part")
        switch = sheet.input(("switch",), TOP, 4, SCENARIO, "number")
        sheet.ws.data_validation(TOP, 4, TOP, 4, {"validate": "list", "source": [str(ADOPTED), str(SCENARIO)]})
        sheet.text(TOP, 5, t("workbook.switch_text"), "note")
        book.name("scenario", switch.fixed)
        widths = (("parameter", 62), ("scheme", 28), ("from", 12), ("as_adopted", 16), ("changed_to", 16))
        more = (("used", 16), ("status", 14), ("source", 60))
        sheet.head(TOP + 3, [(t(f"col.{name}"), width) for name, width in (*widths, *more)], right=99)
        return cls(book, sheet, switch)

    def at(self, key: str, dated: Dated, year: int, scheme: str = "") -> Expr:
        """Return the number in force in a year; its cell is written the first time it is asked for."""
        value = dated.at(year)
        entry = dated.entry_at(year)
        start = entry.from_ if entry is not None else None
        return self.number(key, start, value, scheme, entry)

    def number(self, key: str, start: Any, value: float, scheme: str = "", entry: Any = None) -> Expr:
        """Return the number of a key from a date."""
        place: Key = ("parameter", key, str(start) if start is not None else "")
        if place not in self.used:
            self.used[place] = self._write(place, key, start, value, scheme, entry)
        return self.used[place]

    def _write(self, place: Key, key: str, start: Any, value: float, scheme: str, entry: Any) -> Expr:
        edition, sheet, row = self.book.edition, self.sheet, self.row
        kind = "share" if key.rsplit(".", 1)[-1] in _SHARES else "weight"
        sheet.text(row, 0, edition.labels.parameter(key), "wrap")
        sheet.text(row, 1, edition.labels.scheme(scheme) if scheme else edition.t("page.all_schemes"))
        sheet.text(row, 2, edition.n.date(start) if start is not None else edition.t("page.always"))
        adopted = sheet.number(row, 3, value, kind, "fixed")
        changed = sheet.input(place, row, 4, value, kind)
        if kind == "share":
            sheet.limit(span([changed]), "share")
        used = sheet.formula(row, 5, when(self.switch.fixed.equals(ADOPTED), adopted, changed), kind)
        if entry is not None:
            sheet.text(row, 6, edition.labels.word("status", entry.status))
            sheet.text(row, 7, source_text(edition, entry.source), "wrap")
        self.rows.append((adopted, changed))
        self.row += 1
        return used.fixed

    def changes(self) -> Expr:
        """Return how many parameters differ from the adopted ones."""
        if not self.rows:
            return expr(0)
        adopted = span([pair[0] for pair in self.rows])
        changed = span([pair[1] for pair in self.rows])
        value = sum(a.value != c.value for a, c in self.rows)
        return Expr(f"SUMPRODUCT(--({adopted.text}<>{changed.text}))", value)


@dataclass(slots=True)
class IndexSheet:
    """Growth by year as inputs, and the factor that moves an amount from one year to another."""

    book: Book
    parameters: Parameters
    model: Model
    table: Mapping[int, float]
    sheet: Sheet | None = None
    row: int = TOP + 1
    growths: dict[int, Expr] = field(default_factory=dict)
    finals: dict[int, Expr] = field(default_factory=dict)
    chains: dict[tuple[int, int], Expr] = field(default_factory=dict)

    def growth(self, year: int) -> Expr:
        """Return the growth into a year, as decided before it."""
        if year not in self.growths:
            self.growths[year] = self._growth(year)
        return self.growths[year]

    def _growth(self, year: int) -> Expr:
        rules, at = self.model.indexation, self.parameters.at
        if rules.source == "table":
            sheet = self._sheet()
            sheet.number(self.row, 0, year, "year")
            made = sheet.input(("index", year), self.row, 1, self.table[year], "percent")
            self.row += 1
            return made.fixed
        if rules.source == "wage-price":
            assert rules.wage is not None
            assert rules.price is not None
            assert rules.wage_share is not None
            share = at("indexation.wage_share", rules.wage_share, year)
            wage, price = (
                at("indexation.wage", rules.wage, year),
                at("indexation.price", rules.price, year),
            )
            return share * wage + (1 - share) * price
        return expr(0) if rules.deflator is None else at("indexation.deflator", rules.deflator, year)

    def _sheet(self) -> Sheet:
        if self.sheet is None:
            t = self.book.edition.t
            self.sheet = self.book.sheet("index", t("sheet.index"), t("note.index"), colour="#E0C860")
            self.sheet.head(TOP, [(t("col.year"), 12), (t("col.growth"), 18)], right=1)
        return self.sheet

    def _final(self, year: int) -> Expr:
        final = self.model.indexation.final
        entry = None if final is None else final.entry_at(year)
        if final is None or entry is None:
            return self.growth(year)
        return self.parameters.at("indexation.final", final, year)

    def chain(self, start: int, end: int) -> Expr:
        """Return the factor from prices of ``start`` to prices of ``end``, with final growth where it is known."""
        if end < start:
            return 1 / self.chain(end, start)
        made = expr(1)
        for position, year in enumerate(range(start + 1, end + 1)):
            known = self.model.indexation.correct and year < end
            step = 1 + (self._final(year) if known else self.growth(year))
            made = step if position == 0 else made * step
        return made


@dataclass(slots=True)
class Columns:
    """What the rules read of one scheme: every column of the data with its inputs, by unit and year."""

    data: SchemeData
    cells: dict[tuple[str, int, str], Cell] = field(default_factory=dict)
    by_year: dict[int, list[str]] = field(default_factory=dict)

    def at(self, unit: str, year: int, column: str) -> Number:
        """Return the cell of a unit, year and column; zero where the unit has no accounts."""
        return self.cells.get((unit, year, column), 0.0)

    def units(self, year: int) -> list[str]:
        """Return the units with accounts in a year, by name."""
        return self.by_year.get(year, [])

    def of_year(self, year: int, column: str) -> list[Cell]:
        """Return a column of all units with accounts in a year, side by side."""
        return [self.cells[unit, year, column] for unit in self.units(year)]

    def total(self, year: int, column: str) -> Expr:
        """Return the sum of a column over the units of a year."""
        found = self.of_year(year, column)
        return total(span(found)) if found else expr(0)


def data_sheet(book: Book, parts: Iterable[SchemeData], cost: str) -> tuple[dict[str, Columns], list[list[Cell]]]:
    """Write the data, scheme by scheme; return their cells, and each column's for the log of changes."""
    t, labels = book.edition.t, book.edition.labels
    sheet = book.sheet("data", t("sheet.data"), t("note.data"), colour="#E0C860")
    sheet.ws.set_column(0, 0, 30)
    sheet.ws.set_column(1, 60, 17)
    row, made, columns = TOP, {}, []
    for data in parts:
        names = [cost, *(name for name in data.scheme.columns if name != cost)]
        services = [
            (column, service) for service in data.scheme.service for column in _volume_columns(service, data.scheme)
        ]
        names += [name for name in dict.fromkeys(column for column, _ in services) if name not in names]
        titles = {column: labels.service(data.scheme.id, service.id) for column, service in reversed(services)}
        sheet.text(row, 0, labels.scheme(data.scheme.id), "part")
        sheet.titles(
            row + 1,
            [
                t("col.unit"),
                t("col.year"),
                *(titles.get(n, t("col.cost") if n == cost else labels.column(n)) for n in names),
            ],
            right=1,
        )
        part = Columns(data)
        row = _data_rows(book, sheet, part, names, cost, row + 2)
        made[data.scheme.id] = part
        columns += [[cell for (_, _, column), cell in part.cells.items() if column == name] for name in names]
    return made, columns


def _volume_columns(service: Any, scheme: Any) -> list[str]:
    """Columns of a service that its volume rule reads."""
    from bench.stykkpris.rules.volume import COLUMN_BASES

    basis = scheme.volume.basis
    found = [service.column] if basis in COLUMN_BASES else [service.performed]
    if basis == "min":
        found = [service.column, service.performed]
    if scheme.volume.planned:
        found.append(service.planned)
    return [column for column in found if column is not None]


def _data_rows(book: Book, sheet: Sheet, part: Columns, names: list[str], cost: str, row: int) -> int:
    frame_values = values_by_row(book, part.data, names)
    first = row
    for t, year in enumerate(part.data.years):
        part.by_year[year] = [u for i, u in enumerate(part.data.units) if part.data.present[i, t]]
        for unit in part.by_year[year]:
            sheet.text(row, 0, unit)
            sheet.number(row, 1, year, "year")
            for column, name in enumerate(names, start=2):
                kind = "money" if name == cost else "volume"
                key = ("data", part.data.scheme.id, unit, year, name)
                part.cells[unit, year, name] = sheet.input(key, row, column, frame_values[unit, year][name], kind)
            row += 1
    if row > first:
        for column, name in enumerate(names, start=2):
            ends = [Cell(sheet, r, column, 0.0).text.removeprefix(sheet.prefix) for r in (first, row - 1)]
            sheet.limit(Span(":".join(ends), ()), "money" if name in part.data.scheme.columns else "volume")
    return row + 2


def values_by_row(book: Book, data: SchemeData, names: list[str]) -> dict[tuple[str, int], dict[str, float]]:
    """Return the numbers of a scheme's rows, by unit and year."""
    units, model = book.edition.facts.run.units, book.edition.facts.run.model
    frame = units.frame
    periods = [model.data.year] * len(frame) if units.period is None else frame[units.period].tolist()
    inside = set(data.units)
    columns = {name: frame[name].tolist() for name in names}
    labels = frame[units.scheme].astype(str).tolist() if units.scheme is not None else None
    return {
        (str(unit), int(period)): {name: float(columns[name][k]) for name in names}
        for k, (unit, period) in enumerate(zip(frame[units.id], periods, strict=True))
        if str(unit) in inside and (labels is None or labels[k] == data.scheme.id)
    }

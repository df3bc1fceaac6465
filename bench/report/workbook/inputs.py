"""The inputs of the workbook: parameters of the model, the index, and the data; one number, one cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.modelfile.sections.analysis import CALIBRATION_WORDS
from bench.report.tables.assumptions import source_text
from bench.report.workbook.expressions import Expr, Number, added, expr, total, when
from bench.report.workbook.grid import ADOPTED, SCENARIO, InputGrid
from bench.report.workbook.sheet import TOP, Book, Cell, Key, Sheet, span

if TYPE_CHECKING:
    import pandas as pd

    from bench.modelfile import Model, Scheme
    from bench.modelfile.values import Dated

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
    parts: list[int] = field(default_factory=list)

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
        said = source_text(edition, entry.source) if entry is not None else ""
        sheet.tall(row, [(edition.labels.parameter(key), 62), (said, 60)])
        self.rows.append((adopted, changed))
        self.row += 1
        return used.fixed

    def heading(self, title: str, note: str) -> None:
        """Begin another part of the list."""
        self.sheet.text(self.row, 0, title, "part")
        self.sheet.text(self.row, 3, note, "note")
        self.parts.append(len(self.rows))
        self.row += 1

    def changes(self) -> Expr:
        """Return how many parameters differ from the adopted ones."""
        ends = [*self.parts, len(self.rows)]
        return added([pairs_changed(self.rows[a:b]) for a, b in zip([0, *ends], ends, strict=False) if b > a])


def pairs_changed(rows: Sequence[tuple[Cell, Cell]]) -> Expr:
    """Return how many numbers differ from the adopted ones beside them, one below the other."""
    if not rows:
        return expr(0)
    adopted, changed = span([pair[0] for pair in rows]), span([pair[1] for pair in rows])
    return Expr(f"SUMPRODUCT(--({adopted.text}<>{changed.text}))", sum(a.value != c.value for a, c in rows))


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
    rows: list[tuple[Cell, Cell]] = field(default_factory=list)

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
            adopted = sheet.number(self.row, 1, self.table[year], "percent", "fixed")
            changed = sheet.input(("index", year), self.row, 2, self.table[year], "percent")
            used = when(self.parameters.switch.fixed.equals(ADOPTED), adopted, changed)
            made = sheet.formula(self.row, 3, used, "percent")
            self.rows.append((adopted, changed))
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
            names = ("as_adopted", "changed_to", "used")
            growth = [(f"{t('col.growth')}: {t(f'col.{name}').lower()}", 20.0) for name in names]
            self.sheet.head(TOP, [(t("col.year"), 12), *growth], right=1)
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
    """What the rules read of one scheme: every column of the data by unit and year, as the formulas use it.

    Attributes
    ----------
    scheme : Scheme
    names : tuple of str
        Units, sorted.
    years : tuple of int
        Rising.
    cells : dict of (unit, year, column) to Cell
        Inputs, and figures that are worked out from them.
    by_year : dict of year to units with accounts
    """

    scheme: Scheme
    names: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
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


def data_rows(grid: InputGrid, model: Model, schemes: Mapping[str, pd.DataFrame]) -> dict[str, Columns]:
    """Write the accounts, scheme by scheme; return their cells.

    Parameters
    ----------
    grid : InputGrid
    model : Model
    schemes : mapping of str to DataFrame
        Rows of each scheme: unit, year and the columns the rules read, in this order.
    """
    labels, t = grid.book.edition.labels, grid.book.edition.t
    made = {}
    for scheme in model.scheme:
        frame = schemes[scheme.id]
        names = list(frame.columns[2:])
        services = [(column, s) for s in scheme.service for column in _volume_columns(s, scheme)]
        titles = {column: labels.service(scheme.id, service.id) for column, service in reversed(services)}
        shown = [titles.get(n, t("col.cost") if n == model.cost_column else labels.column(n)) for n in names]
        part = Columns(scheme)
        first = grid.section(labels.scheme(scheme.id), [t("col.unit"), t("col.year"), *shown])
        _rows(grid, part, frame, model)
        volumes = {column for column, _ in services}
        for column, name in enumerate(names, start=2):
            grid.limit(first, grid.row - 1, column, "volume" if name in volumes else "money")
        grid.end()
        made[scheme.id] = part
    return made


def _rows(
    grid: InputGrid, part: Columns, frame: pd.DataFrame, model: Model, *, place: Sequence[int] = (), scheme: Any = None
) -> None:
    """Write rows by year, then (of one table) by scheme, then by unit, so that each of them stands together."""
    names = list(frame.columns[2:])
    records = list(frame.itertuples(index=False, name=None))
    order = sorted(range(len(records)), key=lambda k: (records[k][1], place[k] if place else 0, str(records[k][0])))
    for k in order:
        unit, year, *values = records[k]
        row = grid.line(str(unit), int(year))
        part.by_year.setdefault(int(year), []).append(str(unit))
        for column, (name, value) in enumerate(zip(names, values, strict=True), start=2):
            if value != value:
                continue
            key = ("data", part.scheme.id if scheme is None else scheme, str(unit), int(year), name)
            kind = "money" if name == model.cost_column else "volume"
            part.cells[str(unit), int(year), name] = grid.put(key, row, column, float(value), kind)
    part.years = tuple(sorted(part.by_year))
    part.names = tuple(sorted({unit for units in part.by_year.values() for unit in units}))


def read_columns(model: Model, scheme: Scheme, *, normed: bool) -> list[str]:
    """Return the columns the rules of a scheme read, the cost first; ``normed`` tells whether norms are made."""
    names = [model.cost_column] if model.meta.stage == "settlement" else []
    names += [scheme.cost or model.cost_column, *scheme.columns]
    if model.meta.stage == "settlement":
        names += [column for service in scheme.service for column in _volume_columns(service, scheme)]
    if normed:  # the frontier and its norms look at what was decided
        names += [service.column for service in scheme.service]
        key = model.norm_for(scheme.id).key
        names += [key] if key not in CALIBRATION_WORDS else []
    if model.requirement is not None:
        names += [model.requirement.cost] if model.requirement.cost is not None else []
        names += [model.quality.column] if model.quality is not None and model.quality.rest else []
    return list(dict.fromkeys(names))


def scheme_rows(book: Book, model: Model) -> dict[str, pd.DataFrame]:
    """Return the rows of every scheme: unit, year, and the columns its rules read."""
    from bench.stykkpris.scheme_data import rows_by_scheme

    run = book.edition.facts.run
    rows = rows_by_scheme(model, run.units)
    return {
        scheme.id: _table(run, model, read_columns(model, scheme, normed=len(run.norms) > 0))[rows[scheme.id]]
        for scheme in model.scheme
    }


def whole_table(grid: InputGrid, model: Model, names: Sequence[str]) -> tuple[Columns, dict[str, Columns]]:
    """Write all rows as one table, for figures that look at rows of every scheme; return it, and each scheme's part."""
    from bench.stykkpris.scheme_data import rows_by_scheme

    labels, t, run = grid.book.edition.labels, grid.book.edition.t, grid.book.edition.facts.run
    frame = _table(run, model, names)
    together = model.data.rows == "every-scheme"
    inside = None if together else rows_by_scheme(model, run.units)
    place = [0] * len(frame)
    if inside is not None:
        place = [next(k for k, s in enumerate(model.scheme) if inside[s.id][row]) for row in range(len(frame))]
    shown = [t("col.cost") if name == model.cost_column else labels.column(name) for name in names]
    first = grid.section(t("part.table"), [t("col.unit"), t("col.year"), *shown])
    whole = Columns(model.scheme[0])
    _rows(grid, whole, frame, model, place=place, scheme="")
    for column in range(2, 2 + len(names)):
        grid.limit(first, grid.row - 1, column, "money")
    grid.end()
    parts = {}
    keys = [(str(unit), int(year)) for unit, year in zip(frame.iloc[:, 0], frame.iloc[:, 1], strict=True)]
    for scheme in model.scheme:
        mine = set(keys) if inside is None else {key for key, held in zip(keys, inside[scheme.id], strict=True) if held}
        part = Columns(scheme)
        part.by_year = {y: [u for u in units if (u, y) in mine] for y, units in whole.by_year.items()}
        part.by_year = {y: units for y, units in part.by_year.items() if units}
        part.cells = {key: cell for key, cell in whole.cells.items() if key[:2] in mine}
        part.years = tuple(sorted(part.by_year))
        part.names = tuple(sorted({unit for units in part.by_year.values() for unit in units}))
        parts[scheme.id] = part
    return whole, parts


def _table(run: Any, model: Model, names: Sequence[str]) -> pd.DataFrame:
    """Return unit and year of every row with some columns."""
    import pandas as pd

    units = run.units
    period = [model.data.year] * len(units.frame) if units.period is None else units.frame[units.period].to_numpy()
    made = [units.frame[units.id].rename("unit"), pd.Series(period, index=units.frame.index, name="year")]
    table: pd.DataFrame = pd.concat([*made, *(units.frame[name] for name in names)], axis=1)
    return table


def _volume_columns(service: Any, scheme: Any) -> list[str]:
    """Columns of a service that its volume rule reads, the decided volume first where the frontier may read it."""
    from bench.stykkpris.rules.volume import COLUMN_BASES

    basis = scheme.volume.basis
    found = [service.column] if basis in COLUMN_BASES else [service.performed]
    if basis == "min":
        found = [service.column, service.performed]
    if scheme.volume.planned:
        found.append(service.planned)
    return [column for column in found if column is not None]

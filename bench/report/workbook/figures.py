"""Figures of the model file as live formulas: one column per figure, one row per row of the table.

What stands once for the whole table (a total, a factor) has a cell of its own above the rows. Named numbers that change
from year to year stand in a table by year.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Sequence
from typing import Any

from bench.formulas import dotted_name, parse_formula
from bench.modelfile import Model
from bench.modelfile.sections.chain import NORM_FUNCTIONS, ROW_FUNCTIONS, Figure
from bench.report.facts import rows
from bench.report.workbook.expressions import Expr, Span, function
from bench.report.workbook.inputs import Columns, Parameters
from bench.report.workbook.row_formulas import counted, written
from bench.report.workbook.scheme import SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, span

#: Columns of the rows: unit, year, and the position of the row's year in the table by year.
_FIRST = 3


class FigureSheet:
    """Writes the figures; those after the norms once these are there."""

    def __init__(self, book: Book, parameters: Parameters, model: Model, table: Columns):
        t = book.edition.t
        self.book, self.parameters, self.model, self.table = book, parameters, model, table
        self.sheet = book.sheet("figures", t("sheet.figures"), t("note.figures"))
        self.sheet.ws.set_column(0, 0, 44)
        self.sheet.ws.set_column(1, 120, 17)
        self.figures = {figure.id: figure for figure in model.figure}
        self.trees = {figure.id: _tree(figure.formula) for figure in model.figure}
        self.sides = [(i, [_tree(side) for side in (i.left, i.right)]) for i in model.identity]
        self.keys = [(unit, year) for year in table.years for unit in table.units(year)]
        self.place = {key: k for k, key in enumerate(self.keys)}
        years = table.years
        rule = model.decision
        self.cost_year = years[-1] if rule is None or rule.cost_year is None else rule.cost_year
        self.decision_year = self.cost_year + (0 if rule is None else rule.lag)
        self.parts: dict[str, SchemeBook] = {}
        self.cells: dict[str, list[Cell]] = {}
        self.single: dict[str, Cell] = {}
        self.positions: dict[int, list[Cell]] = {}
        self._head()

    # -- layout --------------------------------------------------------------------------------------------

    def _head(self) -> None:
        """Write the decision, room for what stands once, the table by year, and the rows' units and years."""
        sheet, t = self.sheet, self.book.edition.t
        sheet.titles(TOP, [t("part.once"), "", t("col.engine")], right=1)
        row = TOP + 1
        for name, year in (("cost_year", self.cost_year), ("decision_year", self.decision_year)):
            sheet.text(row, 0, t(f"figure_word.{name}"))
            self.single[name] = sheet.number(row, 1, year, "year")
            row += 1
        self.next_single = row
        row += self._singles() + 1
        dated = self._dated()
        last = max(self.decision_year, self.table.years[-1]) + 1
        self.years = list(range(self.table.years[0] - 1, last + 1))
        self.by_year: dict[tuple[str, int], Cell] = {}
        self.year_spans: dict[str, Span] = {}
        if dated:
            labels = [self.book.edition.labels.column(name) for name in dated]
            sheet.titles(row, [t("part.by_year"), t("col.year"), *labels], right=1)
            self._years(row + 1, dated)
            row += len(self.years) + 2
        self.head = row
        self.top = row + 1
        sheet.titles(row, [t("col.unit"), t("col.year"), t("col.year_place")], right=1)
        for k, (unit, year) in enumerate(self.keys):
            sheet.text(self.top + k, 0, unit)
            at = sheet.number(self.top + k, 1, year, "year")
            place = Expr(f"{at.text}-{self.years[0] - 1}", year - self.years[0] + 1, 6)
            sheet.formula(self.top + k, 2, place, "number")
        self.column = _FIRST

    def _years(self, row: int, dated: Sequence[str]) -> None:
        """Write the named numbers that change from year to year, each in its year."""
        found: dict[str, list[Cell]] = {name: [] for name in dated}
        for k, year in enumerate(self.years):
            self.sheet.number(row + k, 1, year, "year")
            for j, name in enumerate(dated):
                number = self.model.parameter[name]
                entry = number.entry_at(year)
                made = Expr("NA()", math.nan) if entry is None else self._stated(name, entry)
                found[name].append(self.sheet.formula(row + k, 2 + j, made, "weight"))
                self.by_year[name, year] = found[name][-1]
        self.year_spans = {name: span(cells) for name, cells in found.items()}

    def _stated(self, name: str, entry: Any) -> Expr:
        return self.parameters.number(f"parameter.{name}", entry.from_, entry.value, "", entry)

    def _trees(self) -> Iterator[ast.expr]:
        yield from self.trees.values()
        for _, sides in self.sides:
            yield from sides

    def _singles(self) -> int:
        """How many cells stand once: figures of the whole table, totals inside others, and sides of identities."""
        once = sum(not self._by_row(tree) for tree in self.trees.values())
        return once + len(set(self._totals())) + 2 * len(self.sides)

    def _totals(self) -> Iterator[str]:
        for tree in self._trees():
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "total":
                    yield ast.unparse(node)

    def _dated(self) -> list[str]:
        """Named numbers that change from year to year."""
        read = {name for tree in self._trees() for name in _names(tree)}
        return [name for name in self.model.parameter if name in read and not self._is_constant(name)]

    def _is_constant(self, name: str) -> bool:
        entries = self.model.parameter[name].entries
        return len(entries) == 1 and entries[0].from_ is None and entries[0].to is None

    def _by_row(self, node: ast.expr) -> bool:
        """Tell whether a formula differs from row to row."""
        name = dotted_name(node)
        if name is not None:
            if name in ("cost_year", "decision_year"):
                return False
            if name in self.model.parameter:
                return not self._is_constant(name)
            return self._by_row(self.trees[name]) if name in self.trees else True
        if isinstance(node, ast.Subscript):
            inner = str(dotted_name(node.value))
            return inner not in self.model.parameter and self._by_row(node.value)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "total":
            return False
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (*ROW_FUNCTIONS, *NORM_FUNCTIONS):
            return True
        return any(
            self._by_row(part)
            for part in ast.iter_child_nodes(node)
            if isinstance(part, ast.expr) and not _is_function(node, part)
        )

    # -- writing -------------------------------------------------------------------------------------------

    def before_norms(self, schemes: Sequence[Columns]) -> None:
        """Write the figures that need no norms, and give them to the schemes as columns."""
        for figure in self.model.figure:
            if not figure.after_norms:
                self._figure(figure.id)
        for columns in schemes:
            for name, cells in self.cells.items():
                for (unit, year), cell in zip(self.keys, cells, strict=True):
                    if unit in columns.by_year.get(year, ()):
                        columns.cells[unit, year, name] = cell

    def after_norms(self, parts: Sequence[SchemeBook]) -> list[tuple[str, Cell, Cell, float]]:
        """Write the figures after the norms and the identities, and compare what the model shows.

        Returns
        -------
        list of (name, left, right, relative tolerance)
            The identities.
        """
        self.parts = {part.id: part for part in parts}
        for figure in self.model.figure:
            if figure.after_norms:
                self._figure(figure.id)
        found = []
        for identity, (left, right) in self.sides:
            cells = [
                self._once(f"{identity.name}: {text}", tree)
                for text, tree in ((identity.left, left), (identity.right, right))
            ]
            found.append((identity.name, cells[0], cells[1], identity.tolerance))
        self._compare()
        return found

    def _figure(self, name: str) -> None:
        if name in self.cells or name in self.single:
            return
        tree, figure = self.trees[name], self.figures[name]
        if self._by_row(tree):
            self.cells[name] = self._column(self._label(figure), tree)
        else:
            self.single[name] = self._once(self._label(figure), tree)

    def _label(self, figure: Figure) -> str:
        said = getattr(figure.label, self.book.edition.language, "") if figure.label is not None else ""
        return f"{said} ({figure.id})" if said else figure.id

    def _column(self, title: str, tree: ast.expr) -> list[Cell]:
        """Write a formula in every row."""
        # What it reads is written first: columns stand to the right of those they are made from.
        first = [counted(tree, written(tree, self, k)) for k in range(len(self.keys))]
        column = self.column
        self.column += 1
        self.sheet.titles(self.head, [title], right=0, start=column)
        return [self.sheet.formula(self.top + k, column, made, "weight") for k, made in enumerate(first)]

    def _once(self, title: str, tree: ast.expr) -> Cell:
        made = counted(tree, written(tree, self, None))
        row = self.next_single
        self.next_single += 1
        self.sheet.text(row, 0, title)
        return self.sheet.formula(row, 1, made, "weight")

    # -- a place to write formulas in ----------------------------------------------------------------------

    def value(self, name: str, row: Any) -> Expr:
        """Return the cell of a name in a row, or of the whole table."""
        if name == "year":
            return Cell(self.sheet, self.top + row, 1, float(self.keys[row][1]))
        if name in ("cost_year", "decision_year"):
            return self.single[name].fixed
        if name in self.model.parameter:
            if self._is_constant(name):
                return self._stated(name, self.model.parameter[name].entries[0])
            own: Cell = self._of_row(name)[row]
            return own
        if name in self.figures:
            self._figure(name)
            if name in self.single:
                return self.single[name].fixed
            here: Cell = self.cells[name][row]
            return here
        unit, year = self.keys[row]
        found: Expr | None = self.table.cells.get((unit, year, name))
        return Expr("NA()", math.nan) if found is None else found

    def _of_row(self, name: str) -> list[Cell]:
        """Return a named number in each row's own year, written as a column the first time."""
        if f"={name}" not in self.cells:
            column, whole = self.column, self.year_spans[name]
            self.column += 1
            label = f"{self.book.edition.labels.column(name)}: {self.book.edition.t('col.year').lower()}"
            self.sheet.titles(self.head, [label], right=0, start=column)
            made = []
            for k, (_, year) in enumerate(self.keys):
                place = Cell(self.sheet, self.top + k, 2, year - self.years[0] + 1)
                text = function("INDEX", self.by_year[name, year].value, whole, place)
                made.append(self.sheet.formula(self.top + k, column, text, "weight"))
            self.cells[f"={name}"] = made
        return self.cells[f"={name}"]

    def value_in(self, name: str, year: int, row: Any) -> Expr:
        """Return the cell of a name in another year: of the named number, or of the row's unit."""
        if name in self.model.parameter and name not in self.figures:
            constant = self._is_constant(name)
            return self.value(name, row) if constant else self.by_year[name, year].fixed
        if name in self.figures:
            self._figure(name)
            if name in self.single:
                return self.single[name].fixed
        whole = self._whole(name, year)
        if whole is None:
            return Expr("NA()", math.nan)
        here = self.place.get((self.keys[row][0], year))
        value = math.nan if here is None else self.value(name, here).value
        return function("INDEX", value, whole, self._position(year)[row])

    def _whole(self, name: str, year: int) -> Span | None:
        """Return a column over the rows of one year."""
        places = [k for k, key in enumerate(self.keys) if key[1] == year]
        cells = [self.value(name, k) for k in places]
        if not cells or not all(isinstance(cell, Cell) for cell in cells):
            return None
        return span(cells)  # type: ignore[arg-type]

    def _position(self, year: int) -> list[Cell]:
        """Return where each row's unit stands among the rows of a year, written as a column the first time."""
        if year not in self.positions:
            column = self.column
            self.column += 1
            self.sheet.titles(self.head, [f"{self.book.edition.t('col.row_of')} {year}"], right=0, start=column)
            places = [k for k, key in enumerate(self.keys) if key[1] == year]
            first = places[0]
            names = span([Cell(self.sheet, self.top + k, 0, self.keys[k][0]) for k in places])
            made = []
            for k, (unit, _) in enumerate(self.keys):
                here = self.place.get((unit, year))
                own = Cell(self.sheet, self.top + k, 0, unit)
                value = math.nan if here is None else float(here - first + 1)
                text = Expr(f"MATCH({own.text.replace(self.sheet.prefix, '$')},{names.text},0)", value)
                made.append(self.sheet.formula(self.top + k, column, text, "number"))
            self.positions[year] = made
        return self.positions[year]

    def call(self, name: str, argument: ast.expr, row: Any) -> Expr:
        """Return a function of rows, or what the norm stage found."""
        if name in NORM_FUNCTIONS:
            assert isinstance(argument, ast.Constant)
            return self._found(name, str(argument.value), row)
        if name == "total":
            return self._total(argument)
        cells = self._column_of(argument)
        unit = self.keys[row][0]
        units = span([Cell(self.sheet, self.top + k, 0, key[0]) for k, key in enumerate(self.keys)])
        own = Cell(self.sheet, self.top + row, 0, unit)
        mine = [cells[k].value for k, key in enumerate(self.keys) if key[0] == unit]
        if name == "mean":
            return function("AVERAGEIF", sum(mine) / len(mine), units, own, span(cells))
        text = f"COUNTIFS({units.text},{own.text},{span(cells).text},0)"
        zeros = sum(value == 0 for value in mine)
        if name == "every":
            return Expr(f"{text}=0", zeros == 0, 4)
        return Expr(f"{text}<COUNTIF({units.text},{own.text})", zeros < len(mine), 4)

    def _column_of(self, argument: ast.expr) -> list[Cell]:
        """Return the cells of what a function of rows adds up; a formula gets a column of its own."""
        text = ast.unparse(argument)
        name = dotted_name(argument)
        if name in self.figures:
            self._figure(str(name))
            if name in self.cells:
                return self.cells[str(name)]
        if text not in self.cells:
            self.cells[text] = self._column(text, argument)
        return self.cells[text]

    def _total(self, argument: ast.expr) -> Expr:
        key = f"total({ast.unparse(argument)})"
        if key not in self.single:
            cells = self._column_of(argument)
            now = [k for k, (_, year) in enumerate(self.keys) if year == self.cost_year]
            value = math.fsum(cells[k].value for k in now)
            row = self.next_single
            self.next_single += 1
            self.sheet.text(row, 0, key)
            text = Expr(f"SUM({span([cells[k] for k in now]).text})", value)
            self.single[key] = self.sheet.formula(row, 1, text, "weight")
        return self.single[key].fixed

    def _found(self, name: str, scheme: str, row: Any) -> Expr:
        """Return a unit's norm or score in the year of the decision."""
        part, unit = self.parts[scheme], self.keys[row][0]
        year = self.cost_year if self.model.decision is not None else part.years[-1]
        units = [u for u in part.columns.units(year) if (name, u, year) in part.found]
        names = span([part.found[f"{name}.unit", u, year] for u in units])
        values = span([part.found[name, u, year] for u in units])
        own = Cell(self.sheet, self.top + row, 0, unit)
        value = part.found[name, unit, year].value if unit in units else math.nan
        return Expr(f"INDEX({values.text},MATCH({own.text.replace(self.sheet.prefix, '$')},{names.text},0))", value)

    def may_miss(self, node: ast.expr) -> bool:
        """Tell whether a part of a formula can have no value: another year's, a norm, a number of the whole."""
        for part in ast.walk(node):
            name = dotted_name(part) if isinstance(part, ast.expr) else None
            if isinstance(part, ast.Subscript) and str(dotted_name(part.value)) not in self.model.parameter:
                return True
            if isinstance(part, ast.Call) and getattr(part.func, "id", "") in NORM_FUNCTIONS:
                return True
            if name in self.figures and self.may_miss(self.trees[str(name)]):
                return True
        return False

    # -- beside the engine ---------------------------------------------------------------------------------

    def _compare(self) -> None:
        """Write the engine's own figures beside the formulas, for those that the model shows."""
        t = self.book.edition.t
        found = {str(row["unit"]): row for row in rows(self.book.edition.facts.run.figures)}
        if not found:
            return
        for figure in self.model.figure:
            if not figure.show:
                continue
            label = self._label(figure)
            if figure.id in self.single:
                cell = self.single[figure.id]
                beside = self.sheet.number(cell.row, 2, next(iter(found.values()))[figure.id], "weight", "engine")
                self.book.compare(label, [cell], [beside], _near([cell]))
                continue
            column = self.column
            self.column += 1
            self.sheet.titles(self.head, [f"{t('col.engine')}: {label}"], right=0, start=column)
            now = [k for k, (_, year) in enumerate(self.keys) if year == self.cost_year]
            cells = [self.cells[figure.id][k] for k in now]
            engine = [
                self.sheet.number(self.top + k, column, found[self.keys[k][0]][figure.id], "weight", "engine")
                for k in now
            ]
            self.book.compare(label, cells, engine, _near(cells))


def _near(cells: Sequence[Cell]) -> float:
    """How near a formula must come: a billionth of the largest number."""
    return 1e-9 * max([1.0, *(abs(float(cell.value)) for cell in cells)])


def _tree(text: str) -> ast.expr:
    return parse_formula(text, functions=(*ROW_FUNCTIONS, *NORM_FUNCTIONS)).tree


def _names(tree: ast.expr) -> set[str]:
    """Names a formula reads, with their dots."""
    found: set[str] = set()

    def look(node: ast.AST) -> None:
        name = dotted_name(node) if isinstance(node, ast.expr) else None
        if name is not None:
            found.add(name)
            return
        for part in ast.iter_child_nodes(node):
            if not (isinstance(node, ast.Call) and part is node.func):
                look(part)

    look(tree)
    return found


def raw_names(model: Model, wanted: Sequence[str], *, numbers: bool = False) -> list[str]:
    """Return the columns of the table that some names are made from: themselves, or what their figures read.

    With ``numbers`` the model's named numbers are returned with them.
    """
    trees = {figure.id: _tree(figure.formula) for figure in model.figure}
    found: dict[str, None] = {}
    seen: set[str] = set()

    def look(name: str) -> None:
        if name in seen:
            return
        seen.add(name)
        if name in trees:
            for inner in sorted(_names(trees[name])):
                look(inner)
        elif (numbers or name not in model.parameter) and name not in ("year", "cost_year", "decision_year"):
            found[name] = None

    for name in wanted:
        look(name)
    for identity in model.identity:
        for side in (identity.left, identity.right):
            for inner in sorted(_names(_tree(side))):
                look(inner)
    return list(found)


def _is_function(node: ast.AST, part: ast.AST) -> bool:
    return isinstance(node, ast.Call) and part is node.func

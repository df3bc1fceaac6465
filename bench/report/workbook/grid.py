"""The inputs that come in rows: as the run had them, as a reader may change them, and what the formulas use.

Three sheets of one layout: a number stands in the same cell on each, so that the formula between them is the same in
every cell, and the scenario switch holds for costs, volumes and scores as it does for parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.report.workbook.expressions import Expr, Span, expr, when
from bench.report.workbook.sheet import TOP, Book, Cell, Key, Sheet, span
from bench.report.workbook.writer import column_name

#: The scenario switch: 1 is as adopted, 2 is as the yellow cells say.
ADOPTED, SCENARIO = 1, 2


@dataclass(slots=True)
class InputGrid:
    """The rows of inputs, section below section.

    Attributes
    ----------
    book : Book
    switch : Cell
    changed, adopted, used : Sheet
        Yellow cells, the run's own numbers, and what the switch chooses of the two.
    row : int
        Next free row.
    """

    book: Book
    switch: Cell
    changed: Sheet
    adopted: Sheet
    used: Sheet
    row: int = TOP
    width: int = 2
    titles_by_row: dict[int, Sequence[str]] = field(default_factory=dict)
    names: dict[int, tuple[str, Any]] = field(default_factory=dict)
    keys: dict[tuple[int, int], Key] = field(default_factory=dict)

    @classmethod
    def start(cls, book: Book, switch: Cell) -> InputGrid:
        """Begin the three sheets."""
        t = book.edition.t
        made = [
            book.sheet(key, t(f"sheet.{key}"), t(f"note.{key}"), colour="#E0C860")
            for key in ("data", "data_adopted", "data_used")
        ]
        for sheet in made:
            sheet.ws.set_column(0, 0, 44)
            sheet.ws.set_column(1, 60, 17)
            sheet.ws.freeze_panes(TOP, 1)
        changed, adopted, used = made
        return cls(book, switch, changed, adopted, used)

    @property
    def sheets(self) -> tuple[Sheet, Sheet, Sheet]:
        """All three."""
        return self.changed, self.adopted, self.used

    def section(self, title: str, columns: Sequence[str], note: str = "") -> int:
        """Begin a section with its column titles; return its first row of numbers."""
        for sheet in self.sheets:
            sheet.text(self.row, 0, title, "part")
            if note:
                sheet.text(self.row, 4, note, "note")
            sheet.titles(self.row + 1, columns, right=1)
        self.titles_by_row[self.row + 1] = columns
        self.width = max(self.width, len(columns))
        self.row += 2
        return self.row

    def line(self, name: str, year: Any = None) -> int:
        """Begin a row of a unit (or service) and year; return it."""
        row = self.row
        for sheet in self.sheets:
            sheet.text(row, 0, name)
            if year is not None:
                sheet.number(row, 1, year, "year")
        self.names[row] = (name, year)
        self.row += 1
        return row

    def put(self, key: Key, row: int, column: int, value: float, kind: str) -> Cell:
        """Write a number on the three sheets; return the cell the formulas use."""
        changed = self.changed.input(key, row, column, value, kind)
        adopted = self.adopted.number(row, column, value, kind, "fixed")
        self.keys[row, column] = key
        return self.used.formula(row, column, when(self.switch.fixed.equals(ADOPTED), adopted, changed), kind)

    def limit(self, first: int, last: int, column: int, kind: str) -> None:
        """Refuse what cannot be meant in a column of yellow cells."""
        if last >= first:
            ends = [
                Cell(self.changed, row, column, 0.0).text.removeprefix(self.changed.prefix) for row in (first, last)
            ]
            self.changed.limit(Span(":".join(ends), ()), kind)

    def end(self) -> None:
        """Leave a line between two sections."""
        self.row += 1

    # -- what was changed ----------------------------------------------------------------------------------

    def _area(self, sheet: Sheet, row: int | None = None) -> str:
        """Return all cells of a sheet, or of one row of it."""
        last = column_name(self.width - 1)
        if row is None:
            return f"{sheet.prefix}$C${TOP + 1}:${last}${max(self.row, TOP + 1)}"
        return f"{sheet.prefix}$C{row + 1}:${last}{row + 1}"

    def changes(self) -> Expr:
        """Return how many yellow cells are not as the run had them."""
        if not self.keys:
            return expr(0)
        moved = sum(cell.adopted != cell.value for cell in self.cells().values())
        return Expr(f"SUMPRODUCT(--({self._area(self.changed)}<>{self._area(self.adopted)}))", moved)

    def cells(self) -> Mapping[Key, Cell]:
        """Return the yellow cells by what they are."""
        return {key: self.book.inputs[key] for key in self.keys.values()}

    def finish(self) -> tuple[Span, int] | None:
        """Mark changed cells, and write beside every row how many of its cells are changed, counted from above.

        Returns
        -------
        (Span, int) or None
            The count of changed rows so far, row by row, and the column of the first changed cell beside it.
        """
        if not self.keys:
            return None
        area = self._area(self.changed).removeprefix(self.changed.prefix).replace("$", "")
        self.changed.ws.conditional_format(
            area,
            {
                "type": "formula",
                "criteria": f"=C{TOP + 1}<>{self.adopted.prefix}C{TOP + 1}",
                "format": self.book.workbook.add_format({"bg_color": "#F6C27A"}),
            },
        )
        at, sheet, t = self.width + 1, self.used, self.book.edition.t
        sheet.titles(
            TOP - 1, [t("col.changed_cells"), t("col.changed_rows"), t("col.first_changed")], right=0, start=at
        )
        self.book.printed |= {part.name: self.width for part in self.sheets}
        so_far, counted = 0, []
        values: dict[int, list[int]] = {}
        for (row, column), key in self.keys.items():
            cell = self.book.inputs[key]
            if cell.adopted != cell.value:
                values.setdefault(row, []).append(column)
        before = None
        for row in range(TOP, self.row):
            here, there = self._area(self.changed, row), self._area(self.adopted, row)
            moved = values.get(row, [])
            differ = Expr(f"SUMPRODUCT(--({here}<>{there}))", len(moved))
            count = sheet.formula(row, at, differ, "number")
            so_far += bool(moved)
            step = Expr(f"({count.text}>0)", bool(moved))
            text = f"{step.text}*1" if before is None else f"{before.text}+{step.text}"
            before = sheet.formula(row, at + 1, Expr(text, so_far), "number")
            counted.append(before)
            place = f"SUMPRODUCT(MIN(COLUMN({here})+100000*({here}={there})))"
            sheet.formula(row, at + 2, Expr(f"IF({count.text}>0,{place},0)", min(moved) + 1 if moved else 0), "number")
        return span(counted), at + 2

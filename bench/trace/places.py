"""Where a cell of the client's file stands, and where a parameter of the model is stated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from bench.manifest import Record
from bench.modelfile import Model
from bench.modelfile.lines import line_of
from bench.pipeline.jobs import Job, opened
from bench.reading.grid import clean_name
from bench.reading.joins import Join
from bench.reading.load import Layout, load_table
from bench.reading.sums import parts_of, sums_in
from bench.reading.table import Table
from bench.trace.tree import Node
from bench.units import Units

#: Keywords of a file that say where its cells are.
_LAYOUT = ("sheet", "delimiter", "encoding", "header")


@dataclass(slots=True)
class Places:
    """Addresses of the cells a job read, and the lines of the values its model states."""

    job: Job
    units: Units
    model: Model
    assumptions: pd.DataFrame
    _tables: dict[str, Table] = field(default_factory=dict)
    _rows: dict[tuple[str, str], int] = field(default_factory=dict)
    _lines: dict[str, int | None] = field(default_factory=dict)
    _cells: dict[tuple[str, str, Any], Node] = field(default_factory=dict)
    _values: dict[tuple[str, Any], dict[str, Any]] = field(default_factory=dict)
    _years: dict[str, list[Any]] = field(default_factory=dict)
    _stated: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _parameters: dict[tuple[str, Any], Node] = field(default_factory=dict)

    @property
    def record(self) -> Record:
        """What the result was made from."""
        return self.job.record

    def cell(self, column: str, unit: str, year: Any) -> Node:
        """Return the cell of a unit and a year as a leaf; a column the file has not is stated by the model."""
        key = (column, unit, year)
        if key not in self._cells:
            self._cells[key] = self._cell(column, unit, year)
        return self._cells[key]

    def _cell(self, column: str, unit: str, year: Any) -> Node:
        self._read_units()
        known = self._values.get((unit, year if self.units.period is not None else None), {})
        value = float(known[column]) if column in known else None
        at = {"unit": unit, "year": year}
        table, row = self._table("data"), self._row(unit, year)
        if row is not None and clean_name(column) not in table.columns and sums_in(table, [column]):
            cells = tuple(self.cell(part, unit, year) for part in parts_of(column))
            return Node(column, value, at, rule="the sum of its columns", operation="sum", inputs=cells)
        if row is None or clean_name(column) not in table.columns:
            return self.stated("data", column, value, f"column {column} of the file, as the model reads it", at)
        return _leaf(table, row, column, value, at)

    def years(self, unit: str) -> list[Any]:
        """Return the years a unit has accounts of, in their order; none where the file has no years."""
        self._read_units()
        return self._years.get(unit, [])

    def _read_units(self) -> None:
        if self._values:
            return
        period = self.units.period
        for row in self.units.frame.to_dict("records"):
            unit, year = row[self.units.id], None if period is None else row[period]
            plain = {str(name): value for name, value in row.items()}
            self._values.setdefault((unit, year), plain)
            self._values.setdefault((unit, None), plain)
            if period is not None:
                self._years.setdefault(unit, []).append(year)
        for years in self._years.values():
            years.sort()

    def table_cells(self, name: str, year: Any) -> list[Node]:
        """Return the number cells of a further table's rows of a year."""
        role = f"table.{name}"
        if role not in self.record.sources:
            return []
        table, found = self._table(role), []
        for row in range(len(table)):
            texts = [str(table.cells[k][row]).strip() for k in range(len(table.columns))]
            if str(year) in texts:
                found += [
                    _leaf(table, row, column, _number(text), {"year": year})
                    for column, text in zip(table.columns, texts, strict=True)
                    if text != str(year) and _number(text) is not None
                ]
        return found

    def parameters(self, *patterns: str, year: Any = None) -> list[Node]:
        """Return the values the model states under keys that begin so, as in force in a year."""
        self._read_stated()
        return [self.parameter(key, year) for key in self._stated if key.startswith(patterns)]

    def known_keys(self) -> list[str]:
        """Return every key that the model states."""
        self._read_stated()
        return list(self._stated)

    def parameter(self, key: str, year: Any = None) -> Node:
        """Return a value the model states, in force in a year, as a leaf."""
        if (key, year) not in self._parameters:
            self._parameters[key, year] = self._parameter(key, year)
        return self._parameters[key, year]

    def _parameter(self, key: str, year: Any) -> Node:
        self._read_stated()
        rows = self._stated.get(key, [])
        if not rows:
            return self.stated(key, key, None, "the model's default")
        open_now = [row for row in rows if year is None or not row["from"] or row["from"][:4] <= str(year)]
        row = (open_now or rows)[-1]
        source = {"key": key, "from": row["from"], "status": row["status"], "source": row["source"]}
        return Node(key, row["value"], source={**source, "file": self.model.file, "line": self._line(key)})

    def _read_stated(self) -> None:
        if self._stated:
            return
        frame = self.assumptions.assign(**{"from": self.assumptions["from"].fillna("").astype(str)})
        for row in frame.to_dict("records"):
            self._stated.setdefault(row["key"], []).append({str(name): value for name, value in row.items()})

    def stated(self, key: str, name: str, value: Any, said: str, at: Mapping[str, Any] | None = None) -> Node:
        """Return a value that the model's file gives by a rule of its own."""
        return Node(
            name,
            value,
            at or {},
            source={"key": key, "status": "rule", "source": said, "file": self.model.file, "line": self._line(key)},
        )

    def _line(self, key: str) -> int | None:
        if not self._lines:
            self._lines = {name: line_of(self.model.lines, path) for name, path, _ in self.model.walk()}
        return self._lines.get(key)

    def _table(self, role: str) -> Table:
        if role not in self._tables:
            read = self.record.options.get("read", {}) if role == "data" else {}
            layout = Layout(
                **{name: read[name] for name in _LAYOUT if read.get(name) is not None},
                years=read.get("years_in_columns"),
                join=tuple(map(Join.of, read.get("join", ()))),
            )
            columns = [self.model.data.id] if role == "data" else []
            period = self.model.data.period if role == "data" else None
            self._tables[role] = load_table(opened(self.record.sources[role]), layout, columns=columns, period=period)
        return self._tables[role]

    def _row(self, unit: str, year: Any) -> int | None:
        if not self._rows:
            table = self._table("data")
            names = [str(cell).strip() for cell in table.column(self.model.data.id)]
            period = self.model.data.period
            years = _texts(table, period) if period is not None else [""] * len(names)
            for row, key in enumerate(zip(names, years, strict=True)):
                self._rows.setdefault(key, row)
        return self._rows.get((unit, str(year)), self._rows.get((unit, "")))


def _texts(table: Table, column: str) -> list[str]:
    """Return the years of a column as whole numbers in text, also where the file has them with decimals or as dates."""
    if clean_name(column) not in table.columns:
        return [""] * len(table)
    found = []
    for cell in table.column(column):
        text = str(cell).strip()
        number = _number(text)
        found.append(str(int(number)) if number is not None and number == int(number) else text[:4])
    return found


def _number(text: str) -> float | None:
    try:
        return float(text.replace("\u00a0", "").replace(" ", "").replace(",", "."))
    except ValueError:
        return None


def _leaf(table: Table, row: int, column: str, value: float | None, at: Mapping[str, Any]) -> Node:
    sheet, cell = table.where(row, column)
    text = str(table.column(column)[row])
    return Node(
        column,
        value,
        at,
        cell={"file": table.source.file, "sheet": sheet, "cell": cell, "column": column, "text": text},
    )

"""What a model file says of a table's columns before it is read: those it may lack, and what an empty cell means."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from io import BytesIO
from typing import Any

from bench.errors import Issue
from bench.modelfile import Model
from bench.reading import read_table, read_units
from bench.reading.grid import clean_name
from bench.reading.table import Table
from bench.units import Units

#: Keywords that say how a file is laid out, and are done with once its cells are read.
_LAYOUT = ("sheet", "delimiter", "encoding", "header")


def read_shaped(model: Model, source: Any, options: Mapping[str, Any]) -> Units:
    """Read a file whose model allows columns to be missing or cells to be empty.

    Parameters
    ----------
    model : Model
    source : path or binary file
    options : mapping
        Keywords of :func:`bench.read_units`.
    """
    layout = {key: options[key] for key in _LAYOUT if key in options}
    kept = source.read() if hasattr(source, "read") else None

    def again() -> Any:
        if kept is None:
            return source
        opened = BytesIO(kept)
        opened.name = getattr(source, "name", "")
        return opened

    table = read_table(again(), columns=[model.data.id], **layout)
    frame = table.to_frame()
    may_lack = model.optional_columns()
    extra = [column for column in options["extra"] if column in frame.columns or column not in may_lack]
    wanted = {**options, "extra": extra}
    issues = []
    if model.data.empty == "zero":
        columns = [column for column in extra if column in frame.columns]
        blank = frame[columns].map(_is_blank)
        if blank.to_numpy().any():
            counts = blank.sum()
            named = ", ".join(f"{column} ({int(n)})" for column, n in counts.items() if n)
            issues.append(
                Issue(
                    "empty-as-zero",
                    f"{int(counts.sum())} empty cells count as zero, as the model states: {named}",
                    "give the numbers, or state data.empty = 'refuse'",
                    severity="warning",
                    file=str(getattr(source, "name", source)).rsplit("/", 1)[-1],
                )
            )
            plain = {key: value for key, value in wanted.items() if key not in _LAYOUT}
            units = read_units(_with_zeros(table, columns), **plain)
            return replace(units, warnings=(*units.warnings, *issues))
    return read_units(again(), **wanted)


def _is_blank(cell: Any) -> bool:
    return str(cell).strip() in ("", "NA", "None", "nan")


def _with_zeros(table: Table, columns: Collection[str]) -> Table:
    """The table as the file has it, places and measures and all, with a zero where a cell of these columns is empty."""
    wanted = {clean_name(column) for column in columns}
    cells = tuple(
        tuple("0" if _is_blank(cell) else cell for cell in column) if name in wanted else column
        for name, column in zip(table.columns, table.cells, strict=True)
    )
    return replace(table, cells=cells)


def with_optional(model: Model, units: Units) -> tuple[Units, list[Issue]]:
    """Return the table with the columns it may lack, at the values the model states, and say so."""
    gone = {name: value for name, value in model.data.optional.items() if name not in units.frame.columns}
    if not gone:
        return units, []
    issues = []
    for value in dict.fromkeys(gone.values()):
        named = ", ".join(repr(name) for name, one in gone.items() if one == value)
        issues.append(
            Issue(
                "column-assumed",
                f"the table has no column {named}: counted as {value:g} everywhere, as the model states",
                "give the column where it differs",
                severity="warning",
            )
        )
    return replace(units, frame=units.frame.assign(**gone), extra=(*units.extra, *gone)), issues

"""Columns from another sheet, brought to the rows of a table by the units' names (and years)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.errors import DataError, Issue, OptionError, nearest
from bench.reading.checks import clean_labels
from bench.reading.grid import cell_text, clean_name
from bench.reading.layout import VALUE
from bench.reading.table import Table


@dataclass(frozen=True, slots=True)
class Join:
    """A sheet whose columns join the table's.

    Attributes
    ----------
    sheet : str
    by : tuple of str
        Columns that both have and that name the rows: the unit, or the unit and the year. Where the years stand in
        columns and the year is named here, they do so in this sheet too, and its values are called by its name.
    columns : tuple of str
        Columns to bring; all others of the sheet when empty.
    """

    sheet: str
    by: tuple[str, ...]
    columns: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: object) -> Join:
        """Read ``{"sheet": …, "by": […], "columns": […]}``.

        Raises
        ------
        OptionError
            When it is anything else.
        """
        if isinstance(given, Join):
            return given
        if not isinstance(given, dict) or not set(given) <= {"sheet", "by", "columns"} or "sheet" not in given:
            raise OptionError(f"join needs sheet=, by= and perhaps columns=; got {given!r}")
        by = given.get("by", ())
        names = [by] if isinstance(by, str) else list(by)
        if not names:
            raise OptionError(
                f"join of sheet {given['sheet']!r} needs by=, the column that names the unit in both sheets"
            )
        return cls(str(given["sheet"]), tuple(map(str, names)), tuple(map(str, given.get("columns", ()))))


def named_by_sheet(table: Table) -> Table:
    """Call the values of a sheet that holds one quantity, with its years in columns, by the name of the sheet.

    Examples
    --------
    >>> from bench.units import Source
    >>> sheet = Table(("bolig", "aar", "value"), (["A"], ["2023"], [5]), (), Source("f.xlsx", "Timer", "", {}))
    >>> named_by_sheet(sheet).columns
    ('bolig', 'aar', 'Timer')
    """
    name = clean_name(table.source.sheet)
    if VALUE not in table.columns or name in table.columns:
        return table
    blocks = tuple(replace(block, columns=(block.columns - {VALUE}) | {name}) for block in table.blocks)
    return replace(table, columns=tuple(name if one == VALUE else one for one in table.columns), blocks=blocks)


def joined(table: Table, other: Table, join: Join) -> Table:
    """Return the table with columns of another sheet.

    A unit that the sheet lacks has blank cells there, which the reader refuses where a column has a role; a sheet that
    names a row twice is refused here. A column called as one that is there already comes as ``name (sheet)``, with a
    warning ``duplicate-column``; when no columns are asked for, one with the very cells that are there is left.

    Raises
    ------
    DataError
        Rules ``missing-column`` and ``duplicate-unit``.
    """
    for side in (table, other):
        gone = [name for name in join.by if name not in side]
        if gone:
            known = list(dict.fromkeys(side.columns))
            raise DataError(
                [
                    Issue(
                        "missing-column",
                        f"there is no column {name!r} to join by{nearest(clean_name(name), known)}",
                        f"columns are: {', '.join(known)}",
                        file=side.source.file,
                        sheet=side.source.sheet,
                        column=name,
                    )
                    for name in gone
                ]
            )
    keys = _keys(other, join.by)
    places = {key: row for row, key in enumerate(keys)}
    twice = [row for row, key in enumerate(keys) if places[key] != row]
    if twice:
        message = "the sheet that is joined names the row twice"
        remedy = f"give each {' and '.join(join.by)} once, or join by the year too"
        raise DataError([other.issue("duplicate-unit", message, remedy, row, join.by[0]) for row in twice])
    rows = [places.get(key, -1) for key in _keys(table, join.by)]
    wanted = [clean_name(name) for name in join.columns]
    absent = [name for name in wanted if name not in other.columns]
    if absent:
        raise OptionError(f"sheet {join.sheet!r} has no column {absent[0]!r}{nearest(absent[0], other.columns)}")
    keyed = set(map(clean_name, join.by))
    positions = [other.columns.index(name) for name in wanted] or [
        p for p, name in enumerate(other.columns) if name not in keyed and not _same(table, other, p, rows)
    ]
    names = {p: _named(table, other, p, join) for p in positions}
    chosen = [names[p] for p in positions]
    renamed = [
        other.issue(
            "duplicate-column",
            f"the table has a column of this name already: the joined sheet's is called {names[p]!r}",
            "rename all but one",
            -1,
            p,
            severity="warning",
        )
        for p in positions
        if names[p] != other.columns[p]
    ]
    same = [] if wanted else [p for p, name in enumerate(other.columns) if name not in keyed and p not in positions]
    renamed += [
        other.issue(
            "duplicate-column",
            "the table has this column with the same cells in every row: it is not brought twice",
            "take it away from one of the sheets, or leave it",
            -1,
            p,
            severity="warning",
        )
        for p in same
    ]
    cells = tuple([other.cells[p][row] if row >= 0 else None for row in rows] for p in positions)
    start = len(table.columns)
    elsewhere = {
        start + k: tuple(other.where(row, p) if row >= 0 else (join.sheet, "") for row in [*rows, -1])
        for k, p in enumerate(positions)
    }
    said = (*(table.said or ((),) * start), *(other.said[p] if other.said else () for p in positions))
    blocks = tuple(replace(block, columns=block.columns | set(chosen)) for block in table.blocks)
    dialect = {**table.source.dialect, f"joined_{join.sheet}_by_{', '.join(join.by)}": ", ".join(chosen)}
    return replace(
        table,
        columns=(*table.columns, *chosen),
        cells=(*table.cells, *cells),
        blocks=blocks,
        source=replace(table.source, dialect=dialect),
        issues=(*table.issues, *(replace(issue, file=table.source.file) for issue in renamed)),
        said=said,
        general=tuple(dict.fromkeys((*table.general, *other.general))),
        elsewhere={**table.elsewhere, **elsewhere},
    )


def _named(table: Table, other: Table, position: int, join: Join) -> str:
    """What a joined column is called: its own name, and the sheet's behind where the name is taken."""
    name = other.columns[position]
    if name not in table.columns:
        return name
    made = clean_name(f"{name} ({join.sheet})")
    if made in table.columns or made in other.columns:
        message = f"the table has columns {name!r} and {made!r} already"
        raise DataError([other.issue("duplicate-column", message, "rename all but one", -1, position)])
    return made


def _same(table: Table, other: Table, position: int, rows: Sequence[int]) -> bool:
    """Whether the table has the column already, with the same cell in every row that both name."""
    name = other.columns[position]
    if name not in table.columns:
        return False
    here, there = table.column(name), other.cells[position]
    return all(
        cell_text(cell).strip() == cell_text(there[row]).strip()
        for cell, row in zip(here, rows, strict=True)
        if row >= 0
    )


def _keys(table: Table, by: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(*(clean_labels(table.column(name)) for name in by), strict=True))

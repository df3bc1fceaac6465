"""From a source of any kind to a `Table`: the content decides what it is, never the name of the file."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias, Union, cast

import numpy as np

from bench.errors import DataError, Issue, OptionError, ResourceError, nearest
from bench.reading.addresses import a1
from bench.reading.files.delimited import read_delimited
from bench.reading.files.jsonstat import is_jsonstat, read_jsonstat
from bench.reading.files.other_formats import Columns, other_format, refuse_known
from bench.reading.files.workbook import is_workbook, read_workbook
from bench.reading.grid import Grid, clean_name
from bench.reading.headings import header_matches
from bench.reading.joins import Join, joined, named_by_sheet
from bench.reading.layout import Part, locate_table, said_elsewhere
from bench.reading.sheets import ALL, choose_sheets, period_of
from bench.reading.table import Block, Table
from bench.reading.values.measures import Statement, heard, is_measure_word, stated
from bench.units import Source

if TYPE_CHECKING:
    import pandas as pd

#: What a table can be read from.
Readable: TypeAlias = Union[str, Path, IO[bytes], "pd.DataFrame", Table]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written, as far as the caller says; see :func:`bench.reading.read_units`."""

    sheet: str | Sequence[str] | None = None
    delimiter: str | None = None
    encoding: str | None = None
    header: int | None = None
    years: str | None = None
    join: tuple[Join, ...] = ()
    least_years: int = 2


def read_table(
    source: Readable,
    *,
    columns: Collection[str] = (),
    sheet: str | Sequence[str] | None = None,
    period: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    header: int | None = None,
    years_in_columns: str | None = None,
) -> Table:
    """Read a file into cells and addresses, without deciding what the cells mean.

    Parameters
    ----------
    source : path, binary file, DataFrame or Table
        CSV in any dialect, xlsx, xls, ods, JSON-stat, PC-Axis, Stata, Parquet. The content decides, not the name.
    columns : collection of str
        Columns that should be there; they help to find the header, the delimiter and the sheet. A missing one is not
        an error here.
    sheet : str or list of str, optional
        Sheet of a workbook; a list, or ``"*"`` for all with the columns, stacks them.
    period : str, optional
        Column that is made from the year in the sheets' names when stacked sheets lack it.
    delimiter, encoding : str, optional
        Found when omitted.
    header : int, optional
        Row of the header as a spreadsheet counts, found when omitted; 0 when there is none.
    years_in_columns : str, optional
        Name of the column with the year that is made when the years stand in columns (``kostnad 2022``, ``kostnad
        2023``): each unit then has one row per year.

    Returns
    -------
    Table

    Raises
    ------
    DataError
        When there is no table to be found; problems of single cells are ``issues`` of the table.
    ResourceError
        When there is no such file, or it cannot be opened.
    OptionError
        When an option cannot be used.
    """
    return load_table(
        source, Layout(sheet, delimiter, encoding, header, years_in_columns), columns=columns, period=period
    )


def load_table(
    source: Readable,
    layout: Layout,
    *,
    columns: Collection[str] = (),
    period: str | None = None,
    lenient: bool = False,
) -> Table:
    """Read as :func:`read_table`; ``lenient`` takes the first of several sheets, with a warning."""
    if isinstance(source, Table):
        return source
    sheet, header = layout.sheet, layout.header
    if header is not None and (isinstance(header, bool) or not isinstance(header, int) or header < 0):
        raise OptionError(f"header must be the number of a row, counted from 1, or 0 for none; got {header!r}")
    if _is_frame(source):
        return _from_frame(cast("pd.DataFrame", source))
    name, data = source_bytes(source)
    remarks: list[Statement] = []
    try:
        refuse_known(data)
        made = other_format(data)
        if made is not None:
            return _from_columns(made, name, data)
        if is_workbook(data):
            book = read_workbook(data)
            others = {join.sheet for join in layout.join}
            kept = [grid for grid in book if grid.sheet not in others] if sheet is None else book
            here = [name for name in columns if layout.join == () or _on_main(name, kept)]
            grids, issues = choose_sheets(kept, sheet, here, period, lenient=lenient)
            taken = {grid.sheet for grid in grids} | others
            remarks = [one for grid in book if grid.sheet not in taken for one in said_elsewhere(grid)]
        elif sheet is not None:
            raise OptionError(f"sheet={sheet!r} was given, but {name or 'the file'} is no workbook")
        elif is_jsonstat(data):
            return _from_jsonstat(data, name)
        else:
            text = read_delimited(data, encoding=layout.encoding, delimiter=layout.delimiter, columns=columns)
            grids, issues = [text], []
        parts = [locate_table(grid, columns, header, layout.years, layout.least_years) for grid in grids]
    except DataError as error:
        raise DataError([replace(issue, file=name) for issue in error.issues]) from None
    if period is not None and (sheet == ALL or isinstance(sheet, (list, tuple))):
        _periods_from_names(parts, clean_name(period))
    table = _join(parts, grids, issues, name, data)
    table = replace(table, general=(*table.general, *remarks))
    by_year = [join for join in layout.join if layout.years is not None and layout.years in join.by]
    if by_year:
        table = named_by_sheet(table)
    for join in layout.join:
        years = layout.years if join in by_year else None
        there = replace(layout, sheet=join.sheet, header=None, years=years, join=())
        other = load_table(_again(source, data), there, columns=() if years else join.by)
        table = joined(table, named_by_sheet(other) if years else other, join)
    return table


def _again(source: Any, data: bytes) -> Any:
    """Return something the same bytes can be read from once more."""
    return io.BytesIO(data) if hasattr(source, "read") else source


def _on_main(name: str, grids: Sequence[Grid]) -> bool:
    """Whether any sheet that is no joined one has the column."""
    return any(header_matches(grid, [name]) for grid in grids)


def _is_frame(source: Any) -> bool:
    return hasattr(source, "iloc") and hasattr(source, "columns")


def source_bytes(source: Any) -> tuple[str, bytes]:
    """Return the name and the content of a path or an open binary file."""
    if hasattr(source, "read"):
        content = source.read()
        if not isinstance(content, bytes):
            raise OptionError("the file was opened as text; open it with mode 'rb'")
        name = getattr(source, "name", "")
        return (name if isinstance(name, str) else ""), content
    if not isinstance(source, (str, Path)):
        raise OptionError(f"cannot read from a {type(source).__name__}; give a path, an open file or a DataFrame")
    path = Path(source)
    try:
        return str(source), path.read_bytes()
    except FileNotFoundError:
        siblings = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
        raise ResourceError(f"there is no file {str(source)!r}{nearest(path.name, siblings)}") from None
    except IsADirectoryError:
        raise ResourceError(f"{str(source)!r} is a folder, not a file") from None
    except (OSError, ValueError) as error:
        raise ResourceError(f"the file {str(source)!r} cannot be opened: {error}") from None


def _periods_from_names(parts: list[Part], period: str) -> None:
    """Give stacked sheets without a period column the year in their names; sheets without a year stay as they are."""
    if any(period in part.names for part in parts):
        return
    for part in parts:
        year = period_of(part.sheet)
        if year:
            part.names.append(period)
            part.places.append(-1)
            part.said.append(())
            part.cells.append([year] * len(part.rows))
            part.dialect["period"] = "from the sheet's name"


def _join(parts: list[Part], grids: list[Grid], issues: list[Issue], name: str, data: bytes) -> Table:
    """Stack the parts by the names of their columns."""
    keyed = [_keys(part.names) for part in parts]
    union = list(dict.fromkeys(key for keys in keyed for key in keys))
    blocks: list[Block] = []
    cells: list[list[Any]] = [[] for _ in union] if len(parts) > 1 else []
    start = 0
    for part, grid, keys in zip(parts, grids, keyed, strict=True):
        places = [part.places[keys[key]] if key in keys else -1 for key in union]
        stop = start + len(part.rows)
        blocks.append(_block(part, grid, places, start, stop))
        start = stop
        if len(parts) > 1:
            for column, key in zip(cells, union, strict=True):
                column.extend(part.cells[keys[key]] if key in keys else [None] * len(part.rows))
    sheets = ", ".join(part.sheet for part in parts)
    dialect = _dialect(parts, grids)
    found = [*issues, *(issue for part in parts for issue in part.issues)]
    said = [tuple(dict.fromkeys(_said_in(parts, keyed, key))) for key in union]
    indents = [grid.facts.indents.get(row, 0) for part, grid in zip(parts, grids, strict=True) for row in part.rows]
    return Table(
        tuple(key[0] for key in union),
        tuple(cells) if len(parts) > 1 else tuple(parts[0].cells),
        tuple(blocks),
        Source(name, sheets, hashlib.sha256(data).hexdigest(), dialect),
        tuple(replace(issue, file=name) for issue in found),
        tuple(said),
        tuple(statement for part in parts for statement in part.general),
        frozenset(),
        tuple(indents) if any(indents) else (),
    )


def _said_in(parts: list[Part], keyed: list[dict[tuple[str, int], int]], key: tuple[str, int]) -> Iterator[Statement]:
    for part, keys in zip(parts, keyed, strict=True):
        if key in keys:
            yield from part.said[keys[key]]


def _keys(names: Sequence[str]) -> dict[tuple[str, int], int]:
    """Number the columns by name and occurrence, so that a name that stands twice stays two columns."""
    seen: Counter[str] = Counter()
    keys = {}
    for position, name in enumerate(names):
        keys[name, seen[name]] = position
        seen[name] += 1
    return keys


def _block(part: Part, grid: Grid, places: list[int | Sequence[int]], start: int, stop: int) -> Block:
    def place(row: int, column: int) -> int:
        found = places[column]
        return found if isinstance(found, int) else found[max(row, 0)]

    def cell(row: int, column: int) -> str:
        line = part.header_row if row < 0 else part.rows[row]
        return "" if place(row, column) < 0 or line < 1 else a1(line, place(row, column))

    def merged(row: int, column: int) -> str:
        return grid.merged.get((part.rows[row], place(row, column)), "")

    return Block(part.sheet, start, stop, frozenset(part.names), part.header_row, cell, merged)


def _dialect(parts: list[Part], grids: list[Grid]) -> dict[str, str]:
    """Merge what was found per sheet; what differs is listed sheet by sheet."""
    merged: dict[str, list[tuple[str, str]]] = {}
    for part, grid in zip(parts, grids, strict=True):
        for key, value in {**grid.dialect, **part.dialect}.items():
            merged.setdefault(key, []).append((part.sheet, value))
    dialect = {}
    for key, values in merged.items():
        same = len({value for _, value in values}) == 1 and len(values) == len(parts)
        dialect[key] = values[0][1] if same else ", ".join(f"{sheet}: {value}" for sheet, value in values)
    return dialect


def _from_jsonstat(data: bytes, name: str) -> Table:
    cube = read_jsonstat(data)
    rows = len(cube.cells[0]) if cube.cells else 0

    def cell(row: int, column: int) -> str:
        offsets = cube.offsets[column]
        return "" if row < 0 or offsets is None else f"value[{offsets[row]}]"

    dialect = {"format": f"json-stat {cube.version}", "encoding": "utf-8"}
    dialect |= {key: text for key, text in (("title", cube.label), ("updated", cube.updated)) if text}
    dialect |= cube.origin
    columns = tuple(clean_name(column) for column in cube.columns)
    block = Block("", 0, rows, frozenset(columns), 0, cell)
    said = tuple(
        (Statement(replace(measure, sure=measure.sure or unit != column), "unit"),)
        if (measure := stated(unit) if is_measure_word(unit) else heard(unit)) is not None
        else ()
        for unit, column in zip(cube.measures, columns, strict=True)
    )
    codes = frozenset(name for name, offsets in zip(columns, cube.offsets, strict=True) if offsets is None)
    general = _said_by(("title", cube.label), *(("note", note) for note in cube.notes))
    source = Source(name, "", hashlib.sha256(data).hexdigest(), dialect)
    return Table(columns, tuple(cube.cells), (block,), source, said=said, general=general, codes=codes)


def _said_by(*texts: tuple[str, str]) -> tuple[Statement, ...]:
    """Return what titles and notes, each with its kind, say of the measure of a whole table."""
    heard_of = [(heard(text), kind) for kind, text in texts]
    return tuple(Statement(measure, kind) for measure, kind in heard_of if measure is not None)


def _from_columns(made: Columns, name: str, data: bytes) -> Table:
    """Take the columns of a format that has no cells with addresses; a cell is named by its row."""
    columns = tuple(clean_name(column) for column in made.columns)
    rows = len(made.cells[0]) if made.cells else 0

    def cell(row: int, _column: int) -> str:
        return "" if row < 0 else f"row {row + 1}"

    said = tuple(
        (Statement(measure, "unit"),) if (measure := heard(text)) is not None else () for text in made.measures
    )
    general = _said_by(("title", made.dialect.get("title", "")), *(("note", note) for note in made.notes))
    block = Block("", 0, rows, frozenset(columns), 0, cell)
    source = Source(name, "", hashlib.sha256(data).hexdigest(), {"format": made.format, **made.dialect})
    return Table(columns, made.cells, (block,), source, said=said, general=general)


def _from_frame(frame: pd.DataFrame) -> Table:
    """Take a frame; an address is the row's label in its index."""
    import pandas as pd

    labels = frame.index
    columns = tuple(clean_name(str(column)) for column in frame.columns)
    digest = hashlib.sha256("\x1f".join(columns).encode())
    digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    cells = tuple(_values(frame.iloc[:, k]) for k in range(frame.shape[1]))

    def cell(row: int, _column: int) -> str:
        return "" if row < 0 else f"row {labels[row]}"

    block = Block("", 0, len(frame), frozenset(columns), 0, cell)
    return Table(columns, cells, (block,), Source("DataFrame", "", digest.hexdigest(), {"format": "DataFrame"}))


def _values(column: pd.Series[Any]) -> Sequence[Any]:
    """Return plain numbers as an array, everything else as a list of objects."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        return column.to_numpy()  # type: ignore[return-value]
    return column.astype(object).tolist()

"""`Table`: the cells of a client's table with the address of each, whatever kind of file they came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bench.errors import Issue
from bench.reading.grid import cell_text, clean_name
from bench.reading.values.measures import Statement
from bench.units import Source

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A run of rows from one sheet.

    Attributes
    ----------
    sheet : str
    start, stop : int
        Positions of the rows in the table.
    columns : frozenset of str
        Columns the sheet has.
    header_row : int
        1-based spreadsheet row of the header, 0 where there is none.
    cell : callable (row position, column position) -> str
        Address of a cell; the row position counts from ``start``. A row position of -1 is the header.
    merged : callable (row position, column position) -> str
        Address of the merged area that hides the cell, or an empty text.
    """

    sheet: str
    start: int
    stop: int
    columns: frozenset[str]
    header_row: int
    cell: Callable[[int, int], str]
    merged: Callable[[int, int], str] = lambda _row, _column: ""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table of cells as they stand in a file: text, or the values a spreadsheet stores.

    Attributes
    ----------
    columns : tuple of str
        Names without outer and double spaces and line breaks; a name may stand twice.
    cells : tuple of sequences
        One per column, in order; each has one value per row.
    blocks : tuple of Block
        Where the rows stand.
    source : Source
        File, sheet, hash of the bytes, and the dialect that was found.
    issues : tuple of Issue
        Problems of the file that do not depend on the roles of the columns.
    said : tuple of (tuple of Statement)
        One per column: what the file says of its measure; empty where nothing was looked for.
    general : tuple of Statement
        What the file says of the measure of the whole table.
    codes : frozenset of str
        Columns that the file itself says are labels, whatever they look like.
    indents : tuple of int
        Indent of each row's first cell by its format; empty where there is none.
    elsewhere : Mapping of int to sequence of (sheet, cell)
        For columns from another sheet, by position: where each row's cell stands, and last where the header does.

    Examples
    --------
    >>> import io
    >>> from bench.reading import read_table
    >>> table = read_table(io.BytesIO("enhet;timer\\nNordre;1 234,5\\n".encode("cp1252")))
    >>> table.columns, table.cells
    (('enhet', 'timer'), (('Nordre',), ('1 234,5',)))
    >>> table.where(0, "timer")
    ('', 'B2')
    """

    columns: tuple[str, ...]
    cells: tuple[Sequence[Any], ...]
    blocks: tuple[Block, ...]
    source: Source
    issues: tuple[Issue, ...] = ()
    said: tuple[tuple[Statement, ...], ...] = ()
    general: tuple[Statement, ...] = ()
    codes: frozenset[str] = frozenset()
    indents: tuple[int, ...] = ()
    elsewhere: Mapping[int, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.blocks[-1].stop if self.blocks else 0

    def __contains__(self, column: object) -> bool:
        """Tell whether there is such a column."""
        return isinstance(column, str) and clean_name(column) in self.columns

    def column(self, name: str) -> Sequence[Any]:
        """Return the cells of the first column of this name."""
        return self.cells[self.columns.index(clean_name(name))]

    def statements(self, name: str) -> tuple[Statement, ...]:
        """Return what the file says of a column's measure."""
        return self.said[self.columns.index(clean_name(name))] if self.said else ()

    def where(self, row: int, column: str | int) -> tuple[str, str]:
        """Return the sheet and the address of a cell; row -1 is the header of the first sheet.

        A column is given by its name, or by its position where a name stands twice.
        """
        position = column if isinstance(column, int) else self.columns.index(clean_name(column))
        block = self._block(row)
        if position in self.elsewhere:
            return self.elsewhere[position][row]
        if self.columns[position] not in block.columns:
            return block.sheet, ""
        return block.sheet, block.cell(row - block.start if row >= 0 else -1, position)

    def take(self, rows: Sequence[int]) -> Table:
        """Return some of the rows; every cell keeps its address."""
        blocks, start = [], 0
        for block in self.blocks:
            kept = [row - block.start for row in rows if block.start <= row < block.stop]
            blocks.append(_part_of(block, kept, start))
            start += len(kept)
        cells = tuple([column[row] for row in rows] for column in self.cells)
        indents = tuple(self.indents[row] for row in rows) if self.indents else ()
        elsewhere = {k: tuple(places[row] for row in [*rows, -1]) for k, places in self.elsewhere.items()}
        return replace(self, cells=cells, blocks=tuple(blocks), indents=indents, elsewhere=elsewhere)

    def _block(self, row: int) -> Block:
        return next(block for block in self.blocks if row < block.stop or block is self.blocks[-1])

    def issue(self, rule: str, message: str, remedy: str, row: int, column: str | int, **more: Any) -> Issue:
        """Make an issue for one cell; its text is the value unless another is given."""
        sheet, cell = self.where(row, column)
        position = column if isinstance(column, int) else self.columns.index(clean_name(column))
        if row >= 0:
            more.setdefault("value", cell_text(self.cells[position][row]))
        name = self.columns[position] if isinstance(column, int) else column
        return Issue(rule, message, remedy, file=self.source.file, sheet=sheet, cell=cell, column=name, **more)

    def merged_area(self, row: int, column: str) -> str:
        """Return the address of the merged area that hides a cell, or an empty text."""
        if self.columns.index(clean_name(column)) in self.elsewhere:
            return ""
        block = self._block(row)
        return block.merged(row - block.start, self.columns.index(clean_name(column)))

    def to_frame(self) -> pd.DataFrame:
        """Return the cells as they stand, as a frame of text and values."""
        import pandas as pd

        frame = pd.DataFrame({k: pd.Series(list(values), dtype=object) for k, values in enumerate(self.cells)})
        frame.columns = pd.Index(self.columns)
        return frame

    def __repr__(self) -> str:
        return f"Table({len(self)} rows × {len(self.columns)} columns from {self.source.file})"


def _part_of(block: Block, kept: Sequence[int], start: int) -> Block:
    def cell(row: int, column: int) -> str:
        return block.cell(kept[row] if row >= 0 else -1, column)

    def merged(row: int, column: int) -> str:
        return block.merged(kept[row], column)

    return replace(block, start=start, stop=start + len(kept), cell=cell, merged=merged)

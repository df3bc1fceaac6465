"""Appeal: a result made again with one number of the data corrected, and who else it moves.

An appeal is rarely about a method. One number of one unit was wrong, and the question is what a right one would have
given, for that unit and for everybody who is compared with it.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from bench.errors import CertificateError, OptionError, ResourceError, nearest
from bench.manifest import Kept, Record
from bench.pipeline.files import made_from, remake
from bench.pipeline.jobs import Job
from bench.pipeline.neutral.unmoved import COLUMNS as PROOF
from bench.pipeline.neutral.unmoved import unmoved
from bench.pipeline.schemes import scheme_data
from bench.pipeline.stages import price_level
from bench.reading import read_table
from bench.results import RunResult

#: What is compared, by frame: the columns that name a row, and those whose numbers count.
_COMPARED: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "efficiency": (("scheme", "unit", "year"), ("efficiency",)),
    "norms": (("scheme", "unit", "year"), ("norm",)),
    "benchmark_prices": (("scheme", "service", "source", "year"), ("price",)),
    "prices": (("scheme", "service", "price_class", "year"), ("price",)),
    "requirements": (("scheme", "unit", "year"), ("requirement_nok",)),
    "settlement": (("scheme", "unit", "year"), ("income", "result")),
    "peers": (("scheme", "unit", "year", "peer", "peer_year"), ("norm_share",)),
    "figures": (("unit", "year"), ()),
}
#: Smaller changes, relative to the larger number, are rounding.
_STILL = 1e-9
#: ``FILE!Sheet!D6=1234`` or ``FILE!D6=1234``.
_CELL = re.compile(
    r"^(?P<file>[^!]+)!(?:(?P<sheet>[^!]+)!)?(?P<cell>\$?[A-Za-z]{1,3}\$?[1-9][0-9]*)=(?P<value>.*)$", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class CellChange:
    """One number of a file, corrected.

    Attributes
    ----------
    file : str
    sheet : str
        Empty for a file without sheets.
    cell : str
        Address, such as ``D6``.
    value : str
        As the file would write it.
    """

    file: str
    sheet: str
    cell: str
    value: str


def cell_change(text: str) -> CellChange:
    """Read ``FILE!Sheet!D6=1234``, or ``FILE!D6=1234`` for a file without sheets.

    Examples
    --------
    >>> cell_change("klient.xlsx!Ark1!D6=1 234,5")
    CellChange(file='klient.xlsx', sheet='Ark1', cell='D6', value='1 234,5')
    """
    found = _CELL.match(text)
    if found is None:
        raise OptionError(f"{text!r}: write FILE!Sheet!D6=1234, or FILE!D6=1234 for a file without sheets")
    address = found["cell"].replace("$", "").upper()
    return CellChange(found["file"], found["sheet"] or "", address, found["value"].strip())


@dataclass(frozen=True, slots=True, eq=False)
class Appeal:
    """What a corrected number changes.

    Attributes
    ----------
    unit : str
    change : CellChange
    before, after : RunResult
    moves : DataFrame
        One row per number that moves: ``frame, scheme, unit, year, what, before, after, change``.
    still : DataFrame
        One row per other unit and decision: whether its score can move, and the proof
        (:func:`bench.pipeline.neutral.unmoved.unmoved`).
    """

    unit: str
    change: CellChange
    before: RunResult
    after: RunResult
    moves: pd.DataFrame
    still: pd.DataFrame

    @property
    def others(self) -> list[str]:
        """Other units that move, in the order of the data."""
        moved = set(self.moves["unit"]) - {self.unit, ""}
        names = dict.fromkeys(self.before.units.frame[self.before.units.id].astype(str))
        return [name for name in names if name in moved]

    def summary(self, say: Callable[[str], str] = str) -> str:
        """Return who moves, by how much, in one screen of text; ``say`` gives its words in another language."""
        lines = [f"{self.change.file}!{self.change.cell} = {self.change.value}, {say('unit')} {self.unit}"]
        own = self.moves[self.moves["unit"] == self.unit]
        told = own[own["frame"].isin(("efficiency", "norms", "requirements", "settlement", "figures"))]
        for row in told.to_dict("records"):
            before, after = float(row["before"]), float(row["after"])
            lines.append(
                f"  {row['frame']!s:<18} {row['year']!s} {row['what']!s:<16} {_shown(before):>18} → {_shown(after):>18}"
            )
        lines.append(_who(self.others, say))
        if len(self.still):
            proven = int(self.still["cannot_move"].sum())
            lines.append(f"{proven} {say('of')} {len(self.still)} {say('scores of others cannot move: proven')}")
        prices = self.moves[self.moves["frame"].isin(("prices", "benchmark_prices"))]
        lines.append(f"{len(prices)} {say('price changes' if len(prices) == 1 else 'prices change')}")
        peers = self.moves[self.moves["frame"] == "peers"]
        lines.append(f"{len(peers)} {say('share of peers changes' if len(peers) == 1 else 'shares of peers change')}")
        return "\n".join(lines)


#: So many of the other units that move are named.
_NAMED = 12


def _who(others: Sequence[str], say: Callable[[str], str]) -> str:
    """Return how many other units move, and their names."""
    if not others:
        return say("no other unit moves")
    more = f" {say('and')} {len(others) - _NAMED} {say('more')}" if len(others) > _NAMED else ""
    moves = say("other unit moves" if len(others) == 1 else "other units move")
    return f"{len(others)} {moves}: {', '.join(others[:_NAMED])}{more}"


def _shown(value: float) -> str:
    """Return a number for the eye: from a thousand up in whole digits in groups of three, below with six digits."""
    return f"{value:,.0f}".replace(",", " ") if abs(value) >= 1e3 else f"{value:.6g}"


def appeal(record: Record, unit: str, change: CellChange, *, synthetic: bool = False, job: Job | None = None) -> Appeal:
    """Make a run again with one cell corrected, and compare it with the run as it was.

    Parameters
    ----------
    record : Record
        What the run was made from.
    unit : str
        Whose number it is: a cell of another unit is refused.
    change : CellChange
        From :func:`cell_change`, or by column and value from :func:`bench.trace.column_change.column_change`.
    synthetic : bool
    job : Job, optional
        The record's, where its sources are read already.

    Raises
    ------
    OptionError
        When the record is no run, has no such file, sheet or cell, or the cell is another unit's.
    DataError
        When the corrected file is wrong in itself.
    """
    if record.kind != "run":
        raise OptionError(f"an appeal is about a run, not about a result of the kind {record.kind!r}")
    role = _role(record, change.file)
    amended = replace(record, sources={**record.sources, role: corrected(record.sources[role], change)})
    before = remake(record, synthetic=synthetic) if job is None else made_from(job)
    after = remake(amended, synthetic=synthetic)
    assert isinstance(before, RunResult)
    assert isinstance(after, RunResult)
    _refuse_other_unit(before, after, unit, change)
    return Appeal(unit, change, before, after, _moves(before, after), still(before, after, unit))


def still(before: RunResult, after: RunResult, unit: str) -> pd.DataFrame:
    """Return which other units' scores cannot move, with the proof, from what the run before found.

    Raises
    ------
    CertificateError
        When a score that is proven to stay has moved.
    """
    model = before.model
    if not model.frontier.variants or not len(before.efficiency):
        return pd.DataFrame(columns=list(PROOF))
    level = price_level(model, before.tables)
    parts = []
    for one, two in zip(scheme_data(model, before.units), scheme_data(model, after.units), strict=True):
        peers, prices = (f[f["scheme"] == one.name] for f in (before.peers, before.multipliers))
        parts.append(unmoved(model, one, two, peers, prices, unit, level))
    found = pd.concat(parts, ignore_index=True)
    keys = ["scheme", "unit", "year"]
    both = before.efficiency[[*keys, "efficiency"]].merge(after.efficiency[[*keys, "efficiency"]], on=keys)
    moved = both[(both["efficiency_x"] - both["efficiency_y"]).abs() > _STILL]
    wrong = found[found["cannot_move"]].merge(moved, on=keys)
    if len(wrong):
        raise CertificateError(f"the score of {wrong['unit'].iloc[0]!r} moved, though it is proven to stay")
    return found


def _role(record: Record, file: str) -> str:
    """Return the role of the source that a name means: its whole title or kept name, or its last part if one has it."""
    wanted = file.replace("\\", "/").casefold()
    sources = {
        role: (one.title.replace("\\", "/"), one.name)
        for role, one in record.sources.items()
        if not role.startswith("model")
    }
    meant = [role for role, names in sources.items() if wanted in (name.casefold() for name in names)]
    if not meant:
        last = wanted.rsplit("/", 1)[-1]
        meant = [role for role, (title, _) in sources.items() if title.rsplit("/", 1)[-1].casefold() == last]
    listed = [title for title, _ in sources.values()]
    if len(meant) > 1:
        raise OptionError(f"the run was made from several files called {file!r}: say which of {', '.join(listed)}")
    if not meant:
        raise OptionError(f"the run was not made from {file!r}{nearest(file, listed)}; it was from {', '.join(listed)}")
    return meant[0]


def corrected(source: Kept, change: CellChange) -> Kept:
    """Return a file with one cell changed and every other byte of its table as it is.

    Raises
    ------
    OptionError
        When there is no such sheet or cell, or the value is no number where only one can be written.
    ResourceError
        When the file is a workbook of another kind than Excel's.
    """
    data = _in_workbook(source, change) if source.data[:2] == b"PK" else _in_text(source, change)
    return Kept(source.name, source.title, data)


def _place(cell: str) -> tuple[int, int]:
    """Row and column of an address, counted from 0."""
    letters = cell.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - ord("A") + 1
    return int(cell[len(letters) :]) - 1, column - 1


def _in_text(source: Kept, change: CellChange) -> bytes:
    """Replace one field of a text file, in its own encoding and with its own delimiter."""
    if change.sheet:
        raise OptionError(f"{change.file} has no sheets: write {change.file}!{change.cell}={change.value}")
    dialect = read_table(io.BytesIO(source.data)).source.dialect
    encoding, delimiter = str(dialect["encoding"]), str(dialect["delimiter"])
    text = source.data.decode(encoding)
    lines = text.splitlines(keepends=True)
    row, column = _place(change.cell)
    if row >= len(lines):
        raise OptionError(f"{change.file} has {len(lines)} lines, so no cell {change.cell}")
    line = lines[row]
    ending = line[len(line.rstrip("\r\n")) :]
    fields = next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter))
    if column >= len(fields):
        raise OptionError(f"line {row + 1} of {change.file} has {len(fields)} cells, so no cell {change.cell}")
    fields[column] = change.value
    made = io.StringIO()
    csv.writer(made, delimiter=delimiter, lineterminator="").writerow(fields)
    lines[row] = made.getvalue() + ending
    return "".join(lines).encode(encoding)


def _in_workbook(source: Kept, change: CellChange) -> bytes:
    """Replace one cell of an Excel workbook in its own XML: every other byte of the sheets stays as it is."""
    from bench.reading import parse_numbers

    numbers = parse_numbers([change.value])
    if numbers.problems or np.isnan(numbers.values[0]):
        raise OptionError(f"{change.value!r} is not a number; write it as 1234.5 or 1 234,5")
    archive = zipfile.ZipFile(io.BytesIO(source.data))
    path = _sheet_path(archive, change)
    xml = archive.read(path).decode("utf-8")
    pattern = re.compile(r'<c (?P<at>[^>]*?\br="' + change.cell + r'"[^>]*?)(?:/>|>.*?</c>)', re.DOTALL)
    if not pattern.search(xml):
        raise OptionError(f"{change.file}: the sheet has no cell {change.cell}")

    def write(found: re.Match[str]) -> str:
        kept = re.sub(r'\s*\bt="[^"]*"', "", found["at"]).rstrip("/")
        return f"<c {kept.strip()}><v>{float(numbers.values[0])!r}</v></c>"

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for item in archive.infolist():
            data = archive.read(item.filename)
            out.writestr(item, pattern.sub(write, xml, count=1).encode() if item.filename == path else data)
    return made.getvalue()


def _sheet_path(archive: zipfile.ZipFile, change: CellChange) -> str:
    """Where a sheet lies inside the workbook."""
    try:
        book = archive.read("xl/workbook.xml").decode("utf-8")
        relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8")
    except KeyError:
        raise ResourceError(f"{change.file} is no Excel workbook: correct the cell in it and run again") from None
    sheets = {_attribute(tag, "name"): _attribute(tag, "r:id") for tag in re.findall(r"<sheet\s[^>]*>", book)}
    targets = {
        _attribute(tag, "Id"): _attribute(tag, "Target") for tag in re.findall(r"<Relationship\s[^>]*>", relations)
    }
    if not change.sheet and len(sheets) > 1:
        raise OptionError(f"{change.file} has the sheets {', '.join(sheets)}: write {change.file}!SHEET!{change.cell}")
    name = change.sheet or next(iter(sheets))
    if name not in sheets:
        raise OptionError(f"{change.file} has no sheet {name!r}{nearest(name, sheets)}")
    target = targets[sheets[name]]
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _attribute(tag: str, name: str) -> str:
    from html import unescape

    found = re.search(rf'\b{re.escape(name)}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def _refuse_other_unit(before: RunResult, after: RunResult, unit: str, change: CellChange) -> None:
    """Refuse a cell whose row is another unit's: an appeal is about the unit's own number."""
    one, two = before.units.frame, after.units.frame
    names = one[before.units.id].astype(str)
    if unit not in set(names):
        raise OptionError(f"there is no unit {unit!r}{nearest(unit, list(dict.fromkeys(names)))}")
    if len(one) != len(two):
        raise OptionError(f"with {change.cell} changed the table has {len(two)} rows, not {len(one)}")
    raw = [c for c in one.columns if c in two.columns and c not in {f.id for f in before.model.figure}]
    differs = np.zeros(len(one), dtype=bool)
    for column in raw:
        differs |= ~((one[column] == two[column]) | (one[column].isna() & two[column].isna())).to_numpy()
    touched = dict.fromkeys(names[differs])
    if not touched:
        raise OptionError(f"{change.file}!{change.cell} is {change.value} already, or is no number the run reads")
    if set(touched) != {unit}:
        raise OptionError(f"{change.file}!{change.cell} is a number of {', '.join(touched)}, not of {unit}")


def _moves(before: RunResult, after: RunResult) -> pd.DataFrame:
    """Return every number that moves, frame by frame."""
    parts = []
    for name, (keys, columns) in _COMPARED.items():
        one, two = before.frames()[name], after.frames()[name]
        if not len(one) and not len(two):
            continue
        here = [key for key in keys if key in one.columns and key in two.columns]
        wanted = columns or tuple(c for c in one.columns if c not in here)
        both = one[[*here, *wanted]].merge(two[[*here, *wanted]], on=here, how="outer", suffixes=("_1", "_2"))
        for column in wanted:
            old, new = (both[f"{column}_{n}"].astype(float) for n in (1, 2))
            if name == "peers":
                old, new = old.fillna(0.0), new.fillna(0.0)
            scale = np.maximum(old.abs(), new.abs())
            moved = ((old - new).abs() > _STILL * scale) | (old.isna() != new.isna())
            rows = both[moved]
            parts.append(
                pd.DataFrame(
                    {
                        "frame": name,
                        "scheme": rows.get("scheme", ""),
                        "unit": rows["unit"].astype(str) if "unit" in rows else "",
                        "year": rows.get("year", 0),
                        "what": _what(rows, column),
                        "before": old[moved],
                        "after": new[moved],
                        "change": (new - old)[moved],
                    }
                )
            )
    columns_ = ["frame", "scheme", "unit", "year", "what", "before", "after", "change"]
    found = [part for part in parts if len(part)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns_)


def _what(rows: pd.DataFrame, column: str) -> Any:
    for name in ("peer", "service"):
        if name in rows:
            return column + " " + rows[name].astype(str)
    return column

"""From what a file says about its measures to the factor of each column, or a refusal that asks for it.

A statement speaks of the rows of its own sheet; a column of measures speaks of each row by itself. Rows for which the
same is said are settled together, so that two sheets with a title each, or rows in kroner among rows in thousands, come
out in one measure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.errors import Issue
from bench.reading.grid import cell_text, clean_name
from bench.reading.table import Table
from bench.reading.values.measures import Statement, is_measure_word, names_money, stated
from bench.reading.values.numbers import NumberColumn
from bench.typing import FloatArray, IndexArray

#: Currency that amounts are in where nothing else is said.
CURRENCY = "NOK"


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of one column's measure.

    Attributes
    ----------
    parts : tuple of (rows, factor)
        Multiply the numbers of these rows, 0-based, by the factor; rows without a factor are whole.
    note : str
        For the dialect; empty where nothing was said.
    issues : tuple of Issue
    """

    parts: tuple[tuple[IndexArray, float], ...] = ()
    note: str = ""
    issues: tuple[Issue, ...] = ()

    def factors(self, rows: int) -> tuple[float, ...]:
        """Return the different factors of the column's ``rows`` numbers, in the order of the parts, whole rows last."""
        whole = sum(len(part) for part, _ in self.parts) < rows
        return tuple(dict.fromkeys([*(factor for _, factor in self.parts), *([1.0] if whole else [])]))

    def applied(self, values: FloatArray) -> FloatArray:
        """Return the column's numbers, array (n,), in whole units of its measure."""
        if not self.parts:
            return values
        made = values.copy()
        for rows, factor in self.parts:
            made[rows] = scaled(values[rows], factor)
        return made


def scaled(values: FloatArray, factor: float) -> FloatArray:
    """Multiply by a factor; by a part such as 0.01 as a division, which is exact where the result is."""
    if factor == 1.0:
        return values
    if factor < 0.0:
        return -scaled(values, -factor)
    return (
        values / round(1.0 / factor)
        if factor < 1.0 and abs(round(1.0 / factor) * factor - 1.0) < 1e-12
        else values * factor
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows for which the same is said: those of one sheet, with one text in the column of measures."""

    rows: IndexArray
    sheet: str
    by_row: tuple[Statement, ...] = ()


def measure_columns(table: Table, used: Sequence[str]) -> tuple[str, ...]:
    """Return columns without a role whose every cell is a measure: ``1000 kr``, ``timer``, ``NOK``.

    Parameters
    ----------
    table : Table
    used : sequence of str
        Columns with a role.
    """
    taken = {clean_name(name) for name in used}
    found = []
    for name in dict.fromkeys(table.columns):
        cells = table.column(name)
        first = next((text for text in map(cell_text, cells[:100]) if text.strip()), "")
        if name in taken or not is_measure_word(first):
            continue
        texts = {cell_text(cell).strip() for cell in cells} - {""}
        if all(map(is_measure_word, texts)) and (
            any(any(sign.isalpha() for sign in text) for text in texts) or _says_measure(name)
        ):
            found.append(name)
    return tuple(found)


def _says_measure(name: str) -> bool:
    return clean_name(name).casefold().rstrip(":") in _NAMES


_NAMES = frozenset(
    (
        "målenhet", "måleenhet", "måleeining", "maaleenhet", "målenheter", "benevning", "enhet", "eining", "unit",
        "measure", "skala", "scale", "faktor", "factor", "valuta", "currency", "einheit", "enhed", "måltall",
    )
)  # fmt: skip


def mixed_measures(table: Table, names: Sequence[str], groups: IndexArray) -> list[Issue]:
    """Refuse volumes counted in several measures within one scheme: hours in one row, places in another.

    Parameters
    ----------
    table : Table
    names : sequence of str
        Columns of measures.
    groups : array (n,) of int
        Code of each row's scheme.
    """
    issues = []
    for name in names:
        texts = [cell_text(cell).strip().casefold() for cell in table.column(name)]
        counted = [text if text and stated(text) is None else "" for text in texts]
        for group in np.unique(groups):
            rows = np.flatnonzero(groups == group).tolist()
            usual = [counted[row] for row in rows if counted[row]]
            if len(set(usual)) < 2:
                continue
            most = max(dict.fromkeys(usual), key=usual.count)
            odd = next(row for row in rows if counted[row] not in ("", most))
            message = f"volumes are counted in several measures: {', '.join(dict.fromkeys(usual))}"
            remedy = (
                f"keep one measure alone with where='{name}={cell_text(table.column(name)[rows[0]]).strip()}', or give "
                "each measure a column of its own; accept 'mixed-measures' if the numbers can be added"
            )
            issues.append(table.issue("mixed-measures", message, remedy, odd, name))
    return issues


def measured(
    table: Table,
    name: str,
    column: NumberColumn,
    *,
    scale: Mapping[str, float],
    currency: str,
    money: bool | None = None,
    by_row: Sequence[str] = (),
) -> Measured:
    """Return the factors of one number column and what stands in the way of them.

    Parameters
    ----------
    table : Table
    name : str
        Name of the column.
    column : NumberColumn
        Its numbers, with the currency written in its cells.
    scale : Mapping of str to float
        Factors that the caller states; they end every doubt.
    currency : str
        Currency that amounts are to be in.
    money : bool, optional
        Whether the column's role makes it an amount; otherwise its name and the file decide.
    by_row : sequence of str
        Columns that say the measure of each row; see :func:`measure_columns`.

    Returns
    -------
    Measured
        With issues of rule ``measure`` (a warning: the numbers were multiplied), ``measure-conflict``,
        ``unclear-measure`` and ``foreign-currency``.
    """
    said = {clean_name(key): value for key, value in scale.items()}.get(clean_name(name))
    groups = _groups(table, name, by_row)
    settled = [(group, _settled_group(table, name, column, group, said, currency, money)) for group in groups]
    if said is not None:
        heard_of = _mixed_rows(table, name, column, groups, currency, money)
        if len({factor for _, factor, _ in heard_of}) > 1:
            return Measured(issues=(_one_for_several(table, name, said, heard_of),))
    parts = tuple((group.rows, one.factor) for group, one in settled if one.factor != 1.0)
    notes = [one.note if len(settled) == 1 or not group.sheet else f"{group.sheet}: {one.note or 'whole'}"
             for group, one in settled if one.note or len(settled) > 1]  # fmt: skip
    issues = list(dict.fromkeys(issue for _, one in settled for issue in one.issues))
    if len({one.factor for _, one in settled}) > 1:
        issues = _measures_together(table, name, [(group.rows, one) for group, one in settled], issues)
    return Measured(
        parts, ", ".join(dict.fromkeys(notes)) if any(one.note for _, one in settled) else "", tuple(issues)
    )


def _settled_group(
    table: Table,
    name: str,
    column: NumberColumn,
    group: _Rows,
    said: float | None,
    currency: str,
    money: bool | None,
) -> _Settled:
    own = (*(s for s in table.statements(name) if _of(s, group.sheet)), *_meant(group.by_row, name, money))
    general = tuple(s for s in table.general if _of(s, group.sheet))
    return _settled(table, name, column, own, general, said, currency, money)


def _mixed_rows(
    table: Table, name: str, column: NumberColumn, groups: Sequence[_Rows], currency: str, money: bool | None
) -> list[tuple[IndexArray, float, str]]:
    """What the file itself says of the rows: their factor and where; rows it says nothing sure of are left."""
    made = []
    for group in groups:
        one = _settled_group(table, name, column, group, None, currency, money)
        if one.note and not any(issue.severity == "error" for issue in one.issues):
            made.append((group.rows, one.factor, one.note))
    return made


def _one_for_several(table: Table, name: str, said: float, heard_of: Sequence[tuple[IndexArray, float, str]]) -> Issue:
    """Refuse one factor for rows that the file says are in several measures: it would be wrong for some."""
    usual = max(heard_of, key=lambda part: part[0].size)[1]
    odd = next(rows for rows, factor, _ in heard_of if factor != usual)
    told = ", ".join(f"times {_grouped(factor)} in {_counted(rows.size)}" for rows, factor, _ in _by_factor(heard_of))
    return table.issue(
        "scale-over-mixed",
        f"one factor ({_grouped(said)}) is stated, but the file says different measures for the rows: {told}",
        f"take {name!r} out of scale: each row is then read in its own measure; correct measures that are wrong",
        int(odd[0]),
        name,
    )


def _by_factor(parts: Sequence[tuple[IndexArray, float, str]]) -> list[tuple[IndexArray, float, str]]:
    """Put rows of the same factor together, in the order in which factors come."""
    found: dict[float, list[IndexArray]] = {}
    notes: dict[float, str] = {}
    for rows, factor, note in parts:
        found.setdefault(factor, []).append(rows)
        notes.setdefault(factor, note)
    return [(np.concatenate(rows), factor, notes[factor]) for factor, rows in found.items()]


def _counted(rows: int) -> str:
    return f"{rows} row" if rows == 1 else f"{rows} rows"


def _measures_together(
    table: Table, name: str, parts: Sequence[tuple[IndexArray, _Settled]], issues: list[Issue]
) -> list[Issue]:
    """Return one finding of all factors with their rows in place of one for each measure."""
    told = ", ".join(
        f"times {_grouped(factor)} in {_counted(rows.size)}" + (f" ({note.rpartition(':')[0]})" if ":" in note else "")
        for rows, factor, note in _by_factor([(rows, one.factor, one.note) for rows, one in parts])
    )
    whole = table.issue(
        "measure",
        f"the file says different measures for the rows, and each is multiplied by its own: {told}",
        "correct the measures where they are wrong",
        -1,
        name,
        severity="warning",
    )
    return [whole, *(issue for issue in issues if issue.rule != "measure")]


def _of(statement: Statement, sheet: str) -> bool:
    return statement.sheet in ("", sheet) or statement.kind == "other sheet"


def _groups(table: Table, name: str, by_row: Sequence[str]) -> list[_Rows]:
    """Rows by sheet, and within a sheet by what the columns of measures say."""
    position = table.columns.index(clean_name(name))
    if position in table.elsewhere:
        sheet = next((place[0] for place in table.elsewhere[position] if place[0]), "")
        return [_Rows(np.arange(len(table)), sheet)]
    if not by_row:
        return [_Rows(np.arange(block.start, block.stop), block.sheet) for block in table.blocks] or [
            _Rows(np.arange(0), "")
        ]
    texts = [[cell_text(cell).strip() for cell in table.column(one)] for one in by_row]
    found: dict[tuple[str, ...], list[int]] = {}
    for block in table.blocks:
        for row in range(block.start, block.stop):
            found.setdefault((block.sheet, *(column[row] for column in texts)), []).append(row)
    made = []
    for (sheet, *words), rows in found.items():
        statements = []
        for one, text in zip(by_row, words, strict=True):
            measure = stated(text) if text else None
            if measure is not None:
                statements.append(Statement(measure, "measure column", sheet, table.where(rows[0], one)[1]))
        made.append(_Rows(np.array(rows, dtype=np.intp), sheet, tuple(statements)))
    return made


def _meant(by_row: tuple[Statement, ...], name: str, money: bool | None) -> tuple[Statement, ...]:
    """What columns of measures say of this column: amounts of money where they speak of money."""
    is_money = money if money is not None else names_money(name)
    return by_row if is_money else ()


@dataclass(frozen=True, slots=True)
class _Settled:
    factor: float = 1.0
    note: str = ""
    issues: tuple[Issue, ...] = ()


def _settled(
    table: Table,
    name: str,
    column: NumberColumn,
    own: tuple[Statement, ...],
    general: tuple[Statement, ...],
    said: float | None,
    currency: str,
    money: bool | None,
) -> _Settled:
    """Bring together what is said of some rows of a column."""
    is_money = money if money is not None else names_money(name)
    codes = _currencies(own, column)
    if not codes and is_money:
        codes = _currencies(tuple(s for s in general if s.measure.currency), None)
    issues = _foreign(table, name, codes, currency)
    if said is not None:
        return _Settled(float(said), f"times {_grouped(said)} as stated", tuple(issues))
    doubtful = [s for s in own if s.measure.factor != 1.0 and not (s.certain and s.measure.sure)]
    factors = {s.measure.factor: s for s in own if s.measure.factor != 1.0 and s not in doubtful}
    full = [s for s in own if s.kind == "format" and s.shown != 1.0]
    if full:  # what the cells show is divided already; what they hold is whole
        factors = {factor: s for factor, s in factors.items() if factor not in {f.shown for f in full}}
        doubtful = [s for s in doubtful if s.measure.factor not in {f.shown for f in full}]
    doubtful = [s for s in doubtful if s.measure.factor not in factors]
    if doubtful:
        message = "it is not clear that this is the measure of every number in the column"
        issues.append(_unclear(table, name, message, [*factors.values(), *doubtful]))
        return _Settled(issues=tuple(issues))
    whole = [s for s in own if s.kind in _EACH and s.measure.factor == 1.0 and s.measure.currency]
    if len(factors) > 1 or (factors and (column.currency or whole)):
        issues.append(_conflict(table, name, [*factors.values(), *whole], column))
        return _Settled(issues=tuple(issues))
    factor, statement = next(iter(factors.items()), (1.0, None))
    scaling = [s for s in general if s.measure.factor != 1.0]
    if scaling:
        if any(s.measure.currency for s in own) or column.currency:
            is_money = True
        if column.currency:
            issues.append(_unclear(table, name, "the cells name the currency, the table a measure", scaling))
            return _Settled(issues=tuple(issues))
        outcome = _with_general(table, name, factor, statement, scaling, is_money=is_money, full=bool(full), own=own)
        if isinstance(outcome, Issue):
            return _Settled(issues=(*issues, outcome))
        factor, statement = outcome
    if factor == 1.0 or statement is None:
        return _Settled(note=", ".join(codes), issues=tuple(issues))
    where = _place(statement)
    times = _grouped(factor)
    note = f"{statement.measure.text} ({where}): times {times}"
    issues.append(
        table.issue(
            "measure",
            f"the file says {statement.measure.text!r} ({where}): the numbers are multiplied by {times}",
            f"say scale={{{name!r}: 1}} if they are whole already",
            -1,
            name,
            severity="warning",
        )
    )  # fmt: skip
    return _Settled(factor, note, tuple(issues))


_KINDS = {
    "header": "header",
    "measure row": "measure row",
    "measure column": "measure column",
    "format": "format of cell",
    "unit": "unit of the quantity",
    "comment": "comment on cell",
    "title": "title",
    "note": "note",
    "sheet": "name of the sheet",
    "page header": "page header or footer",
    "text box": "text box",
    "other sheet": "another sheet, cell",
}
#: Kinds that say what each number is, so that whole kroner there contradict thousands elsewhere.
_EACH = ("measure column",)


def _place(statement: Statement) -> str:
    sheet = f"{statement.sheet} " if statement.kind == "other sheet" else ""
    return f"{_KINDS[statement.kind]} {sheet}{statement.cell}".strip()


def _grouped(factor: float) -> str:
    """Return a factor in whole digits, in groups of three."""
    return (f"{factor:,.0f}" if float(factor).is_integer() else f"{factor:,.10g}").replace(",", " ")


def _currencies(own: tuple[Statement, ...], column: NumberColumn | None) -> dict[str, str]:
    """Currencies named for a column, with where."""
    found = {s.measure.currency: _place(s) for s in own if s.measure.currency}
    if column is not None and column.currency:
        found.setdefault(column.currency, "its cells")
    return found


def _foreign(table: Table, name: str, codes: Mapping[str, str], currency: str) -> list[Issue]:
    return [
        table.issue(
            "foreign-currency",
            f"the amounts are in {code} ({where}), not in {currency}",
            f"convert them to {currency}, or say currency={code!r} if every amount of this file is in {code}",
            -1,
            name,
        )
        for code, where in codes.items()
        if code != currency
    ]


def _conflict(table: Table, name: str, found: list[Statement], column: NumberColumn) -> Issue:
    said = [f"{s.measure.text!r} ({_place(s)})" for s in found]
    if column.currency:
        said.append(f"{column.currency} in its cells")
    message = f"the measure is stated in two ways: {', '.join(said)}"
    usual = next((s.measure.factor for s in found if s.measure.factor != 1.0), 1000.0)
    remedy = (
        f"say which, with scale={{{name!r}: {usual:.10g}}} for {_words(usual)} "
        f"or scale={{{name!r}: 1}} for whole numbers"
    )
    return table.issue("measure-conflict", message, remedy, -1, name)


def _words(factor: float) -> str:
    return {1e3: "thousands", 1e6: "millions", 1e9: "thousand millions", 1e2: "hundreds"}.get(
        factor, f"times {_grouped(factor)}"
    )


def _with_general(
    table: Table,
    name: str,
    factor: float,
    statement: Statement | None,
    general: list[Statement],
    *,
    is_money: bool | None,
    full: bool,
    own: tuple[Statement, ...],
) -> tuple[float, Statement | None] | Issue:
    """Bring in what a title, a note or a sheet's name says of the table."""
    said = general[0]
    if len({s.measure.factor for s in general}) > 1:
        return _unclear(table, name, "several measures are stated for the whole table", general)
    if full and said.measure.factor in {s.shown for s in own}:
        return factor, statement
    whole = [s for s in own if s.measure.currency and s.measure.factor == 1.0 and s.shown == 1.0]
    if whole and is_money is not False:
        return _unclear(table, name, "the column says whole amounts, the table says otherwise", [*whole, *general])
    if is_money is False and (said.measure.currency or statement is not None):
        return factor, statement
    if statement is not None:
        if said.measure.factor != factor:
            return _unclear(table, name, "the column and the table state different measures", [statement, *general])
        return factor, statement
    sure = all(s.certain and s.measure.sure for s in general)
    if is_money and sure:
        return said.measure.factor, said
    return _unclear(
        table, name, "the file states a measure, and it is not clear that it is meant for this column", general
    )


def _unclear(table: Table, name: str, message: str, found: list[Statement]) -> Issue:
    said = ", ".join(f"{s.measure.text!r} ({_place(s)})" for s in found)
    usual = found[-1].measure.factor
    remedy = f"say scale={{{name!r}: {usual:.10g}}} if it is, scale={{{name!r}: 1}} if the numbers are whole"
    return table.issue("unclear-measure", f"{message}: {said}", remedy, -1, name)

"""From what a file says about its measures to the factor of each column, or a refusal that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.errors import Issue
from bench.reading.grid import clean_name
from bench.reading.table import Table
from bench.reading.values.measures import Statement, names_money
from bench.reading.values.numbers import NumberColumn

#: Currency that amounts are in where nothing else is said.
CURRENCY = "NOK"


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of one column's measure.

    Attributes
    ----------
    factor : float
        Multiply the column's numbers by this.
    note : str
        For the dialect; empty where nothing was said.
    issues : tuple of Issue
    """

    factor: float = 1.0
    note: str = ""
    issues: tuple[Issue, ...] = ()


def measured(
    table: Table,
    name: str,
    column: NumberColumn,
    *,
    scale: Mapping[str, float],
    currency: str,
    money: bool | None = None,
) -> Measured:
    """Return the factor of one number column and what stands in the way of one.

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

    Returns
    -------
    Measured
        With issues of rule ``measure`` (a warning: the numbers were multiplied), ``measure-conflict``,
        ``unclear-measure`` and ``foreign-currency``.
    """
    own = table.statements(name)
    codes = _currencies(own, column)
    issues = _foreign(table, name, codes, currency)
    stated = {clean_name(key): value for key, value in scale.items()}.get(clean_name(name))
    if stated is not None:
        return Measured(float(stated), f"times {stated:g} as stated", tuple(issues))
    factors = {_whole(statement): statement for statement in own if _whole(statement) != 1.0}
    full = [s for s in own if s.kind == "format" and s.shown != 1.0]
    if full:  # what the cells show is divided already; what they hold is whole
        factors = {factor: s for factor, s in factors.items() if factor not in {f.shown for f in full}}
    if len(factors) > 1 or (factors and column.currency):
        issues.append(_conflict(table, name, [*factors.values()], column))
        return Measured(issues=tuple(issues))
    factor, statement = next(iter(factors.items()), (1.0, None))
    general = [s for s in table.general if s.measure.factor != 1.0]
    if general:
        is_money = money if money is not None else names_money(name)
        if codes or any(s.measure.currency for s in own):
            is_money = True
        if column.currency:
            issues.append(_unclear(table, name, "the cells name the currency, the table a measure", general))
            return Measured(issues=tuple(issues))
        outcome = _with_general(table, name, factor, statement, general, is_money=is_money, full=bool(full), own=own)
        if isinstance(outcome, Issue):
            return Measured(issues=(*issues, outcome))
        factor, statement = outcome
    if factor == 1.0 or statement is None:
        return Measured(note=_plain_note(codes), issues=tuple(issues))
    where = f"{_KINDS[statement.kind]} {statement.cell}".strip()
    times = f"{factor:,.10g}".replace(",", " ")
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
    return Measured(factor, note, tuple(issues))


_KINDS = {
    "header": "header",
    "measure row": "measure row",
    "format": "format of cell",
    "unit": "unit of the quantity",
    "title": "title",
    "note": "note",
    "sheet": "name of the sheet",
}


def _whole(statement: Statement) -> float:
    return statement.measure.factor


def _currencies(own: tuple[Statement, ...], column: NumberColumn) -> dict[str, str]:
    """Currencies named for a column, with where."""
    found = {s.measure.currency: f"{_KINDS[s.kind]} {s.cell}".strip() for s in own if s.measure.currency}
    if column.currency:
        found.setdefault(column.currency, "its cells")
    return found


def _plain_note(codes: Mapping[str, str]) -> str:
    return ", ".join(codes)


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
    said = [f"{s.measure.text!r} ({_KINDS[s.kind]} {s.cell})" for s in found]
    if column.currency:
        said.append(f"{column.currency} in its cells")
    message = f"the measure is stated in two ways: {', '.join(said)}"
    remedy = f"say which, with scale={{{name!r}: 1000}} for thousands or scale={{{name!r}: 1}} for whole numbers"
    return table.issue("measure-conflict", message, remedy, -1, name)


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
    if is_money and (said.measure.currency or said.measure.text):
        return said.measure.factor, said
    return _unclear(
        table, name, "the file states a measure, and it is not clear that it is meant for this column", general
    )


def _unclear(table: Table, name: str, message: str, found: list[Statement]) -> Issue:
    said = ", ".join(f"{s.measure.text!r} ({_KINDS[s.kind]} {s.cell})" for s in found)
    usual = found[-1].measure.factor
    remedy = f"say scale={{{name!r}: {usual:g}}} if it is, scale={{{name!r}: 1}} if the numbers are whole"
    return table.issue("unclear-measure", f"{message}: {said}", remedy, -1, name)

"""Rows that the caller leaves out, by the name of the unit or by a condition on a column; never unasked."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from bench.errors import DataError, Issue, OptionError, nearest
from bench.reading.checks import clean_labels
from bench.reading.grid import clean_name
from bench.reading.table import Table
from bench.reading.values.numbers import parse_numbers
from bench.typing import BoolArray

_CONDITION = re.compile(r"(?P<column>.+?)\s*(?P<sign>!=|>=|<=|=|>|<)\s*(?P<value>.*)", re.DOTALL)
_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def selected(
    table: Table,
    *,
    id: str | None,
    leave_out: Collection[str] = (),
    where: Sequence[str] = (),
    decimal: str | None = None,
) -> tuple[Table, dict[str, str]]:
    """Leave rows out of a table, and say which.

    Parameters
    ----------
    table : Table
    id : str, optional
        Column with the names that ``leave_out`` speaks of.
    leave_out : collection of str
        Units to leave out, all their rows.
    where : sequence of str
        Conditions that every row that is kept fulfils: ``"status=aktiv"``, ``"aar>=2020"``, ``"type!=privat"``.
    decimal : {",", "."}, optional
        Decimal sign of the columns compared as numbers.

    Returns
    -------
    Table
    dict of str
        For the dialect: what was left out.

    Raises
    ------
    DataError
        Rules ``unknown-unit`` and ``missing-column``.
    OptionError
        When a condition cannot be read.
    """
    keep = np.ones(len(table), dtype=bool)
    notes = {}
    if leave_out:
        if isinstance(leave_out, str):
            raise OptionError(f"leave_out must be a list of units, not the text {leave_out!r}")
        keep &= ~_named(table, id, leave_out)
        notes["left_out"] = ", ".join(dict.fromkeys(leave_out))
    if isinstance(where, str):
        raise OptionError(f"where must be a list of conditions, not the text {where!r}")
    for condition in where:
        keep &= _fulfils(table, condition, decimal)
    if where:
        notes["where"] = " and ".join(where)
    if keep.all():
        return table, notes
    notes["rows_left_out"] = str(int((~keep).sum()))
    return table.take(np.flatnonzero(keep).tolist()), notes


def _named(table: Table, id: str | None, leave_out: Collection[str]) -> BoolArray:
    if id is None or id not in table:
        raise OptionError("leave_out names units, so give the column that names them with id=")
    labels = clean_labels(table.column(id))
    there = set(labels)
    gone = [name for name in leave_out if name.strip() not in there]
    if gone:
        raise DataError(
            [
                Issue(
                    "unknown-unit",
                    f"there is no unit {name!r} to leave out{nearest(name, list(there))}",
                    "correct the name, or do not leave it out",
                    file=table.source.file,
                    column=id,
                    value=name,
                )
                for name in gone
            ]
        )
    wanted = {name.strip() for name in leave_out}
    return np.array([label in wanted for label in labels], dtype=bool)


def _fulfils(table: Table, condition: str, decimal: str | None) -> BoolArray:
    match = _CONDITION.fullmatch(condition) if isinstance(condition, str) else None
    if match is None:
        raise OptionError(f"where needs conditions such as 'status=aktiv' or 'aar>=2020'; got {condition!r}")
    column, sign, value = match["column"].strip(), match["sign"], match["value"].strip()
    if column not in table:
        known = list(dict.fromkeys(table.columns))
        message = f"there is no column {column!r}{nearest(clean_name(column), known)}"
        remedy = f"columns are: {', '.join(known)}"
        raise DataError([Issue("missing-column", message, remedy, file=table.source.file, column=column)])
    if sign in ("=", "!="):
        same = np.array([label == value for label in clean_labels(table.column(column))], dtype=bool)
        return same if sign == "=" else ~same
    numbers = parse_numbers(table.column(column), decimal=decimal)
    limit = parse_numbers([value], decimal=decimal)
    if limit.problems or np.isnan(limit.values[0]):
        raise OptionError(f"where compares with a number: {value!r} in {condition!r} is none")
    if numbers.problems:
        raise DataError([table.issue(p.rule, p.message, p.remedy, p.row, column) for p in numbers.problems])
    return np.asarray(_SIGNS[sign](numbers.values, limit.values[0]), dtype=bool)

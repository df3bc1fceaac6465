"""Checks on the labels and on the table as a whole: names, total rows, units that come and go, wrong measures."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from bench.errors import Issue
from bench.reading.grid import cell_text
from bench.reading.table import Table
from bench.reading.values.powers import PowerJump, power_jumps
from bench.reading.values.ratios import RatioJump, ratio_jumps
from bench.reading.values.scale import Jump, jumps_between_periods, jumps_between_units
from bench.typing import FloatArray, IndexArray

#: Addresses listed in an issue that stands for many cells.
LISTED = 10
#: Largest factor of a scale jump that is told as a number: nobody counts three hundred zeros.
_COUNTED = 1e12
_YEAR = re.compile(r"-?[0-9]+")


# -- labels ------------------------------------------------------------------------------------------------


def clean_labels(cells: Sequence[Any]) -> list[str]:
    """Return the cells of a label column as text without outer spaces.

    Examples
    --------
    >>> clean_labels(["0301 ", 301.0, None])
    ['0301', '301', '']
    """
    if set(map(type, cells)) <= {str}:
        return [cell.strip() for cell in cells]
    return [cell_text(cell).strip() for cell in cells]


def hidden_spaces(table: Table, column: str, labels: Sequence[str]) -> list[Issue]:
    """One warning for the labels of a column that had spaces before or after them."""
    cells = table.column(column)
    if list(cells) == labels:
        return []
    rows = [row for row, cell in enumerate(cells) if isinstance(cell, str) and cell != labels[row] and labels[row]]
    if not rows:
        return []
    places = _places(table, rows, column)
    plural = f"{len(rows)} labels have" if len(rows) > 1 else "the label has"
    message = f"{plural} spaces before or after the text, removed here"
    return [
        table.issue(
            "hidden-space",
            f"{message} ({places})",
            "remove the spaces in the file",
            rows[0],
            column,
            severity="warning",
        )
    ]


def _places(table: Table, rows: Sequence[int], column: str) -> str:
    listed = ", ".join(table.where(row, column)[1] for row in rows[:LISTED])
    return listed + (f" and {len(rows) - LISTED} more" if len(rows) > LISTED else "")


def dates_as_names(table: Table, column: str) -> list[Issue]:
    """Refuse names that a spreadsheet made into dates: ``1-2`` becomes the first of February."""
    remedy = "write the name as text (an apostrophe before it keeps it); accept 'date-as-name' if it is a date"
    return [
        table.issue("date-as-name", "the name is a date, which a spreadsheet may have made of it", remedy, row, column)
        for row, cell in enumerate(table.column(column))
        if isinstance(cell, dt.date)
    ]


def same_name_key(name: str) -> str:
    """Return what is left of a name without case, spaces, leading zeros of numbers and forms of letters.

    Examples
    --------
    >>> same_name_key("Nordre  SONE") == same_name_key("nordre sone"), same_name_key("0301") == same_name_key("301")
    (True, True)
    """
    if name.isascii() and name.isdigit():
        return name.lstrip("0") or "0"
    if name.isascii():
        return "".join(name.casefold().split())
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(char for char in folded if not char.isspace() and unicodedata.category(char) != "Cf")


def near_duplicates(table: Table, column: str, labels: Sequence[str]) -> list[Issue]:
    """Names that differ only in case, spaces, leading zeros or unicode form: most likely one unit."""
    last = len(labels) - 1
    first = {label: last - row for row, label in enumerate(reversed(labels))}
    first.pop("", None)
    groups: dict[str, list[str]] = {}
    for label in sorted(first, key=first.__getitem__):
        groups.setdefault(same_name_key(label), []).append(label)
    issues = []
    for names in groups.values():
        for other in names[1:]:
            place = table.where(first[names[0]], column)[1]
            issues.append(
                table.issue(
                    "near-duplicate-name",
                    f"the name differs from {names[0]!r} ({place}) only in case, spaces, leading zeros or letter forms",
                    "write the name of a unit in one way; accept 'near-duplicate-name' if they are two units",
                    first[other],
                    column,
                    unit=other,
                )
            )
    return issues


# -- the table as a whole ------------------------------------------------------------------------------------


def comings_and_goings(table: Table, frame: pd.DataFrame, id: str, period: str) -> list[Issue]:
    """Warnings for units that are not there in every period."""
    rows = np.flatnonzero(((frame[id] != "") & (frame[period] != "")).to_numpy())
    units, unit_names = pd.factorize(frame[id].iloc[rows])
    periods, period_names = period_codes(frame[period].iloc[rows])
    count = len(period_names)
    row_of = np.full((len(unit_names), count), -1)
    row_of[units[::-1], periods[::-1]] = rows[::-1]
    there = row_of >= 0
    issues = []
    for unit in np.flatnonzero(~there.all(axis=1)).tolist():
        seen = np.flatnonzero(there[unit]).tolist()
        name = str(unit_names[unit])
        for k in range(seen[0], count - 1):
            if there[unit, k] and not there[unit, k + 1]:
                later = [str(period_names[p]) for p in seen if p > k]
                message = f"the unit is in {period_names[k]} but not in {period_names[k + 1]}"
                message += f"; it is back in {later[0]}" if later else ""
                remedy = "check whether it closed, merged or changed its name"
                row = int(row_of[unit, k])
                issues.append(
                    table.issue(
                        "vanishing-unit", message, remedy, row, id,
                        severity="warning", unit=name, period=str(period_names[k]),
                    )
                )  # fmt: skip
        if seen[0] > 0:
            message = f"the unit appears in {period_names[seen[0]]} and was not there before"
            remedy = "check whether it is new, was split off or changed its name"
            row = int(row_of[unit, seen[0]])
            issues.append(
                table.issue(
                    "new-unit", message, remedy, row, id,
                    severity="warning", unit=name, period=str(period_names[seen[0]]),
                )
            )  # fmt: skip
    return issues


def period_codes(labels: pd.Series[str]) -> tuple[IndexArray, list[str]]:
    """Number the periods in order of time: whole numbers as numbers, otherwise as text.

    Examples
    --------
    >>> codes, names = period_codes(pd.Series(["10", "9", "10"]))
    >>> codes.tolist(), names
    ([1, 0, 1], ['9', '10'])
    """
    codes, found = pd.factorize(labels)
    names = [str(name) for name in found]
    whole = all(_YEAR.fullmatch(name) for name in names)
    order = (
        sorted(range(len(names)), key=lambda k: int(names[k]))
        if whole
        else sorted(range(len(names)), key=names.__getitem__)
    )
    rank = np.empty(len(names), dtype=np.intp)
    rank[order] = np.arange(len(names))
    return rank[codes], [names[k] for k in order]


def mixed_periods(table: Table, period: str, labels: Sequence[str]) -> list[Issue]:
    """Periods that are text where most are whole numbers, such as ``2005*``."""
    odd = [row for row, label in enumerate(labels) if label and not _YEAR.fullmatch(label)]
    if not odd or 2 * len(odd) >= len(labels):
        return []
    message = "the period is not a whole number, though most are; all periods are read as text"
    remedy = "write the year alone and keep remarks in another column"
    return [table.issue("mixed-period", message, remedy, row, period, severity="warning") for row in odd]


def zero_volumes(table: Table, frame: pd.DataFrame, outputs: Sequence[str]) -> list[Issue]:
    """One warning per output for the units that produced none of it."""
    issues = []
    for column in outputs:
        rows = np.flatnonzero((frame[column] == 0).to_numpy()).tolist()
        if rows:
            number = f"{len(rows)} values are" if len(rows) > 1 else "the value is"
            message = f"{number} zero ({_places(table, rows, column)})"
            remedy = "check that nothing was produced; an unknown volume must not be written as zero"
            issues.append(table.issue("zero-volume", message, remedy, rows[0], column, severity="warning"))
    return issues


def wrong_measures(
    table: Table,
    frame: pd.DataFrame,
    id: str,
    period: str | None,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    prices: Sequence[str],
    conditions: Sequence[str],
    groups: IndexArray,
) -> list[Issue]:
    """Values a power of ten away from those of other units, or of the same unit in other periods."""
    volumes = [*inputs, *outputs]
    columns = [*volumes, *prices]
    found: dict[tuple[int, str], Jump] = {}
    if volumes:
        for jump in jumps_between_units(_array(frame, volumes), groups):
            found[jump.row, volumes[jump.column]] = jump
    if prices:
        for jump in jumps_between_units(_array(frame, prices), groups, by_size=False):
            found[jump.row, prices[jump.column]] = jump
    powers: list[tuple[str, PowerJump]] = []
    if period is not None:
        units = pd.factorize(frame[id])[0].astype(np.intp)
        periods = period_codes(frame[period])[0]
        if columns:
            for jump in jumps_between_periods(_array(frame, columns), units, periods):
                found[jump.row, columns[jump.column]] = jump
            powers = [(columns[one.column], one) for one in power_jumps(_array(frame, columns), units, periods)]
        for name in conditions:  # each beside the volumes, which show whether the unit has grown
            both = power_jumps(_array(frame, [name, *volumes]), units, periods)
            powers += [(name, one) for one in both if one.column == 0]
        powers = [one for one in powers if not any((row, one[0]) in found for row in one[1].rows)]
    seen = {*found, *((row, column) for column, one in powers for row in one.rows)}
    rows_seen = {row for row, column in seen if column in volumes}
    ratios = ratio_jumps(_array(frame, inputs), _array(frame, outputs), _array(frame, conditions), groups)
    named = [*volumes, *conditions]
    issues = [_scale_issue(table, frame, id, period, column, jump) for (_, column), jump in found.items()]
    issues += [_power_issue(table, frame, id, str(period), column, power) for column, power in powers]
    return issues + [
        _ratio_issue(table, frame, id, period, named[one.column], one)
        for one in ratios
        if (one.row not in rows_seen if one.column < len(volumes) else (one.row, named[one.column]) not in seen)
    ]


def _array(frame: pd.DataFrame, columns: Sequence[str]) -> FloatArray:
    return frame[list(columns)].to_numpy(dtype=np.float64)


def _scale_issue(table: Table, frame: pd.DataFrame, id: str, period: str | None, column: str, jump: Jump) -> Issue:
    far = max(jump.factor, 1 / jump.factor)
    times = f"{far:,.0f} times" if far < _COUNTED else f"more than {_COUNTED:,.0f} times"
    times += " larger" if jump.factor > 1 else " smaller"
    whom = {
        "periods": "than the unit's own value in other periods",
        "units": "than for the other units, given the size of the unit",
    }
    return table.issue(
        "scale-jump",
        f"the value is {times} {whom[jump.between]}",
        "check the measure (kroner or thousand kroner, hours or minutes); accept 'scale-jump' if it is right",
        jump.row,
        column,
        unit=str(frame[id].iloc[jump.row]),
        period="" if period is None else str(frame[period].iloc[jump.row]),
    )


def _power_issue(table: Table, frame: pd.DataFrame, id: str, period: str, column: str, power: PowerJump) -> Issue:
    times = _times(power.power)
    row, year = power.rows[0], str(frame[period].iloc[power.rows[0]])
    if power.known > 1:
        message = (
            f"the values of {power.units} of {power.known} units are about {times} their own in other periods: the "
            "whole sheet or file of this period may be in another measure"
        )
        remedy = (
            f"say scale={{'{column}@{year}': {10.0**-power.power:.10g}}} if it is; accept 'power-of-ten' if the "
            "numbers are right"
        )
    else:
        message = f"the value is about {times} the unit's own in other periods, while its other columns are not"
        remedy = _back(power.power)
    return table.issue(
        "power-of-ten",
        message,
        remedy,
        row,
        column,
        unit="" if power.known > 1 else str(frame[id].iloc[row]),
        period=year,
    )


def _ratio_issue(
    table: Table, frame: pd.DataFrame, id: str, period: str | None, column: str, ratio: RatioJump
) -> Issue:
    return table.issue(
        "power-of-ten",
        f"the value is about {_times(ratio.power)} what the {ratio.others} other units have for their size",
        _back(ratio.power),
        ratio.row,
        column,
        unit=str(frame[id].iloc[ratio.row]),
        period="" if period is None else str(frame[period].iloc[ratio.row]),
    )


def _times(power: int) -> str:
    return f"{10**power:,} times" if power > 0 else f"1/{10**-power:,} of"


def _back(power: int) -> str:
    """How a number that is a power of ten too large or too small is put right in the file."""
    done = f"divide it by {10**power:,}" if power > 0 else f"multiply it by {10**-power:,}"
    return f"{done} in the file if its measure or decimal sign is wrong; accept 'power-of-ten' if it is right"


def codes(frame: pd.DataFrame, columns: Sequence[str]) -> IndexArray:
    """Number the distinct combinations of some columns, array (n,); all zero without columns."""
    if not columns:
        return np.zeros(len(frame), dtype=np.intp)
    return frame.groupby(list(columns), sort=False, dropna=False).ngroup().to_numpy().astype(np.intp)

"""`read_units`: a client's file to validated `Units`, with every problem at its cell."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from bench.errors import DataError, Issue, OptionError, nearest
from bench.reading import checks, totals
from bench.reading.findings import (
    file_issues,
    number_dialect,
    number_issues,
    ordered,
    relevant,
    structure_issues,
    total_and_parts,
)
from bench.reading.grid import cell_text, clean_name
from bench.reading.joins import Join
from bench.reading.load import Layout, Readable, load_table
from bench.reading.measuring import CURRENCY, measure_columns, measured, mixed_measures, scaled
from bench.reading.roles import NUMBER_ROLES, Roles, make_roles
from bench.reading.selection import selected
from bench.reading.sums import added, expanded, sums_in, with_parts
from bench.reading.table import Table
from bench.reading.values.measures import CURRENCIES, names_money
from bench.reading.values.numbers import NumberColumn, check_signs, parse_numbers
from bench.reading.values.periods import short_years, years_of_dates
from bench.typing import FloatArray
from bench.units import ACCEPTABLE_RULES as UNITS_RULES
from bench.units import Source, Units

#: Rules a caller may accept; the data are then used as they stand and the finding becomes a warning.
ACCEPTABLE_RULES = (
    *UNITS_RULES,
    "scale-jump",
    "power-of-ten",
    "near-duplicate-name",
    "total-row",
    "note-row",
    "group-heading",
    "two-digit-year",
    "mixed-measures",
    "repeated-header",
    "date-as-name",
)


@dataclass(frozen=True, slots=True)
class Handling:
    """What the caller says of a file's numbers and rows; see :func:`read_units`."""

    decimal: str | None = None
    thousands: str | None = None
    accept: Collection[str] = ()
    leave_out: Collection[str] = ()
    where: Sequence[str] = ()
    scale: Mapping[str, float] = field(default_factory=dict)
    currency: str = CURRENCY


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Everything one reading found.

    Attributes
    ----------
    table : Table
    source : Source
        With the whole dialect.
    issues : tuple of Issue
        Errors first, then warnings, each in the order of the file.
    units : Units or None
        None when there are errors, or when no roles were given.
    factors : Mapping of str to tuple of float
        The different factors of the rows of each number column with a role.
    """

    table: Table
    source: Source
    issues: tuple[Issue, ...]
    units: Units | None
    factors: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def read_units(
    source: Readable,
    *,
    id: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    period: str | None = None,
    scheme: str | None = None,
    environment: Sequence[str] = (),
    input_prices: Sequence[str] = (),
    output_prices: Sequence[str] = (),
    extra: Sequence[str] = (),
    texts: Sequence[str] = (),
    sheet: str | Sequence[str] | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    header: int | None = None,
    years_in_columns: str | None = None,
    leave_out: Collection[str] = (),
    where: Sequence[str] = (),
    scale: Mapping[str, float] | None = None,
    join: Sequence[Mapping[str, Any]] = (),
    currency: str = CURRENCY,
    accept: Collection[str] = (),
) -> Units:
    """Read a client's file into a validated table of units.

    Nothing is dropped, filled or rounded unasked: the file is read, or every problem in it is reported at once. What
    the file says of its measures is heard: numbers under ``kostnad (1000 kr)`` are multiplied by 1,000, with a warning.

    Parameters
    ----------
    source : path, binary file, DataFrame or Table
        CSV (``;``, ``,``, ``|``, tab or spaces; decimal comma or point; utf-8, utf-16 or cp1252), xlsx, xls, ods,
        JSON-stat, PC-Axis, Stata, Parquet, JSON records, or a frame whose text columns are read as strictly as a file.
        The content decides, not the name.
    id : str
        Column that names the unit.
    inputs, outputs, environment, input_prices, output_prices, extra : sequence of str
        Number columns by role; ``"lonn + drift"`` is the sum of two, each in its own measure.
    texts : sequence of str
        Columns with words that put rows in groups.
    period, scheme : str, optional
        Columns with the period and the financing scheme.
    sheet : str or list of str, optional
        Sheet of a workbook. When omitted the only sheet that has the columns; a list, or ``"*"`` for all that have
        them, is stacked, and ``period`` may then be the year in the sheets' names.
    decimal : {",", "."}, optional
        Decimal sign. When omitted each column must show it; an ambiguous ``1.234`` is refused.
    thousands : {" ", ".", ",", "'", ""}, optional
        Sign that groups digits.
    delimiter, encoding : str, optional
        Found when omitted.
    header : int, optional
        Row of the header, counted from 1; found when omitted; 0 when there is none.
    years_in_columns : str, optional
        Name of the column with the year that is made when the years stand in columns: one row per unit and year.
    leave_out : collection of str
        Units to leave out: a closed unit, a total that is none.
    where : sequence of str
        Conditions that every row that is kept fulfils, such as ``"status=aktiv"`` or ``"aar>=2020"``.
    scale : Mapping of str to float, optional
        Factor of a column: 1000 when it is in thousands, 1 when its numbers are whole whatever the file says;
        ``{"kostnad@2024": 0.001}`` for one period alone, beside what the file says.
    join : sequence of mapping, optional
        Sheets whose columns join the table's: ``{"sheet": "Vilkår", "by": ["enhet"], "columns": ["reisetid"]}``.
    currency : str
        Currency of the amounts, as an ISO code. A file that names another is refused.
    accept : collection of str
        Rules of :data:`ACCEPTABLE_RULES` that the caller knows about: the data are used as they stand and the finding
        becomes a warning. ``note-row`` leaves notes below the table out.

    Returns
    -------
    Units
        ``source.dialect`` says what was found and how many cells were converted, ``warnings`` what else to know.

    Raises
    ------
    DataError
        With one issue per problem: file, sheet, cell, column, rule, value and remedy.
    ResourceError
        When there is no such file.
    OptionError
        When an option cannot be used.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO("enhet;kostnad;timer\\nNordre;1 200 000,50;2 400\\nSøndre;980 000;2 000\\n".encode("cp1252"))
    >>> units = read_units(file, id="enhet", inputs=["kostnad"], outputs=["timer"])
    >>> units.X.tolist(), units.source.dialect["encoding"], units.source.dialect["decimal"]
    ([[1200000.5], [980000.0]], 'cp1252', ',')
    """
    roles = make_roles(
        id=id,
        inputs=inputs,
        outputs=outputs,
        period=period,
        scheme=scheme,
        environment=environment,
        input_prices=input_prices,
        output_prices=output_prices,
        extra=extra,
        texts=texts,
    )
    layout = Layout(sheet, delimiter, encoding, header, years_in_columns, tuple(map(Join.of, join)))
    handling = Handling(decimal, thousands, accept, leave_out, where, scale or {}, currency)
    outcome = read_with_roles(source, roles, layout, handling)
    if outcome.units is None:
        raise DataError(outcome.issues)
    return outcome.units


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Look for no garbage meanwhile: a table is a million objects that live, and looking at them takes a tenth."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@_collection_paused()
def read_with_roles(
    source: Readable, asked: Roles, layout: Layout, handling: Handling, *, lenient: bool = False
) -> Outcome:
    """Read and check; problems are in the outcome. What makes a table impossible is raised as in :func:`read_table`."""
    check_handling(handling)
    decimal, thousands, accept = handling.decimal, handling.thousands, handling.accept
    table = _located(source, layout, asked, lenient=lenient)
    sums = sums_in(table, asked.numbers)
    roles = expanded(asked, sums)
    table, notes = selected(
        table, id=roles.id, leave_out=handling.leave_out, where=handling.where, decimal=handling.decimal
    )
    names = [*roles.labels, *roles.numbers]
    present = roles.only({column for column in names if column in table})
    columns = {
        name: parse_numbers(table.column(name), decimal=decimal, thousands=thousands) for name in present.numbers
    }
    issues = [*relevant(table, names), *structure_issues(table, roles)]
    parts = total_and_parts(table, present.labels) if present.id is not None else []
    issues += parts
    issues += [issue for name, column in columns.items() for issue in number_issues(table, name, column)]
    found = {**table.source.dialect, **number_dialect(table, columns), **notes}
    issues += file_issues(table, columns)
    by_row = measure_columns(table, names)
    factors: dict[str, tuple[float, ...]] = {}
    for name, column in columns.items():
        known = measured(
            table,
            name,
            column,
            scale=handling.scale,
            currency=handling.currency,
            money=_money(roles, name),
            by_row=by_row,
        )
        issues += known.issues
        factors[name] = known.factors(len(table))
        if known.note:
            found[f"measure_of_{name}"] = known.note
        columns[name] = replace(column, values=known.applied(column.values))
    for name, period, factor in _of_periods(handling.scale, names):
        labels = _period_labels(table, present)
        rows = np.array([row for row, label in enumerate(labels) if label == period], dtype=np.intp)
        if name in columns and rows.size:
            values = columns[name].values.copy()
            values[rows] = scaled(values[rows], factor)
            columns[name] = replace(columns[name], values=values)
            factors[name] = tuple(dict.fromkeys([*factors[name], factor]))
            note = f"{period}: times {factor:.10g} as stated"
            found[f"measure_of_{name}"] = ", ".join(filter(None, [found.get(f"measure_of_{name}", ""), note]))
        elif name in columns:
            known_periods = list(dict.fromkeys(labels))
            issues.append(_no_period(table, name, period, known_periods))
    issues += _unused_scale(table, handling.scale, names)
    if handling.currency != CURRENCY:
        found["currency"] = handling.currency
    if sums and all(part in columns for parts in sums.values() for part in parts):
        table, columns = added(table, columns, sums)
        both = replace(asked, extra=(*asked.extra, *(part for parts in sums.values() for part in parts)))
        present = both.only({column for column in [*both.labels, *both.numbers] if column in table})
        found |= {f"sum_{name}": ", ".join(parts) for name, parts in sums.items()}
    source_found = replace(table.source, dialect=found)
    units = None
    if len(table) and present.labels:
        frame, label_issues = _frame(table, present, columns)
        issues += label_issues
        if present.id is not None:
            refused = {issue.unit for issue in label_issues if issue.rule == "total-row"}
            issues += [
                issue for issue in _whole_table(table, present, frame, refused) if not _of_total(issue, refused, accept)
            ]
            if present.outputs:
                schemes = [present.scheme] if present.scheme is not None else []
                issues += mixed_measures(table, by_row, checks.codes(frame, schemes))
            units, unit_issues = _units(table, present, frame, source_found, columns, accept)
            issues += [issue for issue in unit_issues if not (parts and issue.rule == "duplicate-unit")]
    final = ordered(table, issues, accept)
    if units is None or any(issue.severity == "error" for issue in final):
        return Outcome(table, source_found, final, None, factors)
    return Outcome(table, source_found, final, replace(units, warnings=final), factors)


def _located(source: Readable, layout: Layout, roles: Roles, *, lenient: bool) -> Table:
    """Load the table that has the columns: a sum's parts, or a column that is called so."""
    names = [*roles.labels, *roles.numbers]
    apart = with_parts(names)
    try:
        return load_table(source, layout, columns=apart, period=roles.period, lenient=lenient)
    except DataError:
        if apart == names or hasattr(source, "read"):
            raise
        return load_table(source, layout, columns=names, period=roles.period, lenient=lenient)


def _money(roles: Roles, name: str) -> bool | None:
    """Whether a role says that a column holds amounts; None where it does not say."""
    if name in roles.outputs or name in roles.environment:
        return names_money(name) or False
    return names_money(name)


def _unused_scale(table: Table, scale: Mapping[str, float], names: Sequence[str]) -> list[Issue]:
    used = {clean_name(name) for name in names}
    return [
        Issue(
            "unknown-scale",
            f"a factor is given for {column!r}, which is no column in use{nearest(clean_name(column), sorted(used))}",
            "give factors for number columns with a role",
            file=table.source.file,
            column=column,
        )
        for column in scale
        if clean_name(column) not in used and clean_name(column).rpartition("@")[0] not in used
    ]


def _of_periods(scale: Mapping[str, float], names: Sequence[str]) -> list[tuple[str, str, float]]:
    """Factors of one period of a column, ``kostnad@2024``: name, period and factor."""
    by_name = {clean_name(name): name for name in names}
    parts = (
        (clean_name(key).rpartition("@"), factor) for key, factor in scale.items() if clean_name(key) not in by_name
    )
    return [(by_name[name], period.strip(), float(factor)) for (name, _, period), factor in parts if name in by_name]


def _period_labels(table: Table, roles: Roles) -> list[str]:
    if roles.period is None:
        return []
    return _years(table, roles, checks.clean_labels(table.column(roles.period)))


def _no_period(table: Table, name: str, period: str, known: Sequence[str]) -> Issue:
    return Issue(
        "unknown-scale",
        f"a factor is given for {name!r} in {period}, which is no period of the table{nearest(period, known)}",
        f"periods are: {', '.join(known)}" if known else "name the column with the year",
        file=table.source.file,
        column=name,
    )


def check_handling(handling: Handling) -> None:
    """Refuse what the caller cannot have meant.

    Raises
    ------
    OptionError
        With the option and what it takes.
    """
    check_signs(handling.decimal, handling.thousands)
    _check_accept(handling.accept)
    if handling.currency not in CURRENCIES:
        raise OptionError(f"currency must be one of {', '.join(CURRENCIES)}; got {handling.currency!r}")
    for column, factor in handling.scale.items():
        if isinstance(factor, bool) or not isinstance(factor, (int, float)) or not 0 < abs(factor) < float("inf"):
            raise OptionError(
                f"scale must give a number for a column, negative to turn its sign; got {factor!r} for {column!r}"
            )


def _check_accept(accept: Collection[str]) -> None:
    if isinstance(accept, str):
        raise OptionError(f"accept must be a list of rules, not the text {accept!r}")
    for rule in accept:
        if rule not in ACCEPTABLE_RULES:
            known = ", ".join(ACCEPTABLE_RULES)
            raise OptionError(f"accept knows {known}; got {rule!r}{nearest(rule, ACCEPTABLE_RULES)}")


def _frame(table: Table, roles: Roles, columns: Mapping[str, NumberColumn]) -> tuple[pd.DataFrame, list[Issue]]:
    """Build the frame of clean labels and numbers, with what was found on the labels."""
    issues: list[Issue] = []
    data: dict[str, Sequence[str] | FloatArray] = {}
    for name in roles.labels:
        labels = checks.clean_labels(table.column(name))
        if not (name == roles.id and _tree(table, name)):
            issues += checks.hidden_spaces(table, name, labels)
        if name == roles.period:
            labels = _years(table, roles, labels)
            issues += checks.mixed_periods(table, name, labels)
            issues += short_years(table, name, labels)
        else:
            issues += checks.near_duplicates(table, name, labels)
            issues += checks.dates_as_names(table, name)
        data[name] = labels
    data |= {name: column.values for name, column in columns.items()}
    frame = pd.DataFrame(data)
    if roles.id is not None:
        volumes = frame[[*roles.inputs, *roles.outputs]].to_numpy(dtype=float)
        groups = checks.codes(frame, [roles.period] if roles.period is not None else [])
        issues += totals.total_rows(table, roles.id, frame[roles.id].tolist(), volumes, groups)
    return frame, issues


def _years(table: Table, roles: Roles, labels: list[str]) -> list[str]:
    """Take the year of dates, where each unit has one date a year."""
    units = checks.clean_labels(table.column(roles.id)) if roles.id is not None else [""] * len(labels)
    schemes = checks.clean_labels(table.column(roles.scheme)) if roles.scheme is not None else [""] * len(labels)
    found = years_of_dates([f"{unit}\x1f{scheme}" for unit, scheme in zip(units, schemes, strict=True)], labels)
    return labels if found is None else found


def _tree(table: Table, name: str) -> bool:
    """Whether the labels are indented to show what belongs to what, so that their spaces mean something."""
    texts = [cell for cell in table.column(name) if isinstance(cell, str)]
    if not any(text[:1].isspace() for text in texts):
        return False
    depths = [len(text) - len(text.lstrip()) for text in texts]
    return any(a == 0 and b == c > 0 for a, b, c in zip(depths, depths[1:], depths[2:], strict=False))


def _of_total(issue: Issue, refused: Collection[str], accept: Collection[str]) -> bool:
    """A total row that is refused does not also come, go or produce nothing."""
    return issue.severity == "warning" and "total-row" not in accept and issue.unit in refused


def _whole_table(table: Table, roles: Roles, frame: pd.DataFrame, refused: Collection[str]) -> list[Issue]:
    assert roles.id is not None
    volumes = [*roles.inputs, *roles.outputs]
    keys = [column for column in (roles.period, roles.scheme) if column is not None]
    groups = checks.codes(frame, keys)
    named = {row for row, label in enumerate(frame[roles.id].tolist()) if label in refused}
    issues = totals.sum_rows(
        table, frame, roles.id, volumes, checks.codes(frame, keys[:1] if roles.period else []), named
    )
    if roles.period is not None:
        issues += checks.comings_and_goings(table, frame, roles.id, roles.period)
    issues += checks.zero_volumes(table, frame, roles.outputs)
    issues += checks.wrong_measures(
        table,
        frame,
        roles.id,
        roles.period,
        inputs=roles.inputs,
        outputs=roles.outputs,
        prices=[*roles.input_prices, *roles.output_prices],
        conditions=roles.environment,
        groups=groups,
    )
    return issues


def _units(
    table: Table,
    roles: Roles,
    frame: pd.DataFrame,
    source: Source,
    columns: Mapping[str, NumberColumn],
    accept: Collection[str],
) -> tuple[Units | None, list[Issue]]:
    """Let `Units` check the frame, and bring its issues to the cells they come from."""
    assert roles.id is not None
    cells: dict[tuple[str, str], tuple[int, str]] = {}

    def locate(row: int, column: str) -> dict[str, str]:
        sheet, cell = table.where(row, column)
        cell = cell or f"{_NO_CELL}{row} {column}"
        cells[sheet, cell] = (row, column)
        return {"sheet": sheet, "cell": cell}

    try:
        units = Units.from_frame(
            frame,
            id=roles.id,
            period=roles.period,
            scheme=roles.scheme,
            **{name: getattr(roles, name) for name in (*NUMBER_ROLES, "texts")},
            accept=[rule for rule in accept if rule in UNITS_RULES],
            source=source,
            locate=locate,
        )
    except DataError as error:
        found = [_at_cell(table, issue, cells) for issue in error.issues]
        unread = {(problem.row, name) for name, column in columns.items() for problem in column.problems}
        kept = [issue for issue in found if not _explained(issue, cells, unread)]
        return None, [_plain(issue) for issue in _turned(table, kept, frame)]
    return units, [_plain(_at_cell(table, issue, cells)) for issue in units.warnings]


def _plain(issue: Issue) -> Issue:
    return replace(issue, cell="") if issue.cell.startswith(_NO_CELL) else issue


#: Stands for the address of a cell that has none, with its row and column.
_NO_CELL = "\0"


def _turned(table: Table, issues: list[Issue], frame: pd.DataFrame) -> list[Issue]:
    """Ask about the sign of a column in which no number is above zero: accounts that show costs as credits."""
    columns = {issue.column for issue in issues if issue.rule == "negative-value"}
    turned = {name for name in columns if name in frame.columns and not (frame[name] > 0).any()}
    made = []
    for issue in issues:
        if issue.rule != "negative-value" or issue.column not in turned:
            made.append(issue)
            continue
        remedy = f"say scale={{{issue.column!r}: -1}} if the file writes them with the opposite sign; else correct them"
        made.append(replace(issue, message="no value of the column is above zero", remedy=remedy))
    return made


def _explained(issue: Issue, cells: Mapping[tuple[str, str], tuple[int, str]], unread: set[tuple[int, str]]) -> bool:
    """Tell whether an issue only follows from a cell of the row that could not be read."""
    place = cells.get((issue.sheet, issue.cell))
    if place is None or not unread:
        return False
    if issue.rule == "empty-cell":
        return place in unread
    return issue.rule in ("no-input", "no-output") and any(row == place[0] for row, _ in unread)


def _at_cell(table: Table, issue: Issue, cells: Mapping[tuple[str, str], tuple[int, str]]) -> Issue:
    """Show the cell as it stands, and say more about an empty one: it does not apply, or is hidden by a merged area."""
    place = cells.get((issue.sheet, issue.cell))
    if place is None:
        return issue
    row, column = place
    text = cell_text(table.column(column)[row])
    issue = replace(issue, value=text)
    if issue.rule in ("no-input", "no-output"):
        return replace(issue, remedy=f"correct it, or leave it out with leave_out={issue.unit!r}")
    if issue.rule != "empty-cell":
        return issue
    if text.strip() == ".":
        return replace(
            issue,
            rule="not-applicable",
            message="the value does not apply (sign '.'), but the column applies to others in the scheme",
            remedy="leave the sign only where a whole scheme lacks the column, or give the number",
        )
    position = table.columns.index(clean_name(column))
    if position in table.elsewhere and issue.cell.startswith(_NO_CELL):
        return replace(issue, remedy=f"add a row for it on sheet {issue.sheet!r}, or leave it out with leave_out=")
    area = table.merged_area(row, column)
    if area:
        return replace(issue, remedy=f"the cell is hidden in the merged area {area}: unmerge it and fill every cell")
    return issue

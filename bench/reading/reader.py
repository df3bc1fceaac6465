"""`read_units`: a client's file to validated `Units`, with every problem at its cell."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from bench.errors import DataError, Issue, OptionError, nearest
from bench.reading import checks
from bench.reading.findings import file_issues, number_dialect, number_issues, ordered, relevant, structure_issues
from bench.reading.grid import cell_text
from bench.reading.load import Layout, Readable, load_table
from bench.reading.numbers import NumberColumn, check_signs, parse_numbers
from bench.reading.roles import NUMBER_ROLES, Roles, make_roles
from bench.reading.table import Table
from bench.typing import FloatArray
from bench.units import ACCEPTABLE_RULES as UNITS_RULES
from bench.units import Source, Units

#: Rules a caller may accept; the data are then used as they stand and the finding becomes a warning.
ACCEPTABLE_RULES = (*UNITS_RULES, "scale-jump", "near-duplicate-name", "total-row", "note-row")


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
    """

    table: Table
    source: Source
    issues: tuple[Issue, ...]
    units: Units | None


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
    sheet: str | Sequence[str] | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    header: int | None = None,
    accept: Collection[str] = (),
) -> Units:
    """Read a client's file into a validated table of units.

    Nothing is dropped, filled or rounded: the file is read, or every problem in it is reported at once.

    Parameters
    ----------
    source : path, binary file, DataFrame or Table
        CSV (``;``, ``,`` or tab; decimal comma or point; utf-8, utf-16 or cp1252), xlsx, xls, ods, JSON-stat 2.0,
        or a frame whose text columns are read as strictly as a file. The content decides, not the name.
    id : str
        Column that names the unit.
    inputs, outputs, environment, input_prices, output_prices, extra : sequence of str
        Number columns by role.
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
        Row of the header, counted from 1; found when omitted.
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
    )
    layout = Layout(sheet, delimiter, encoding, header)
    outcome = read_with_roles(source, roles, layout, decimal=decimal, thousands=thousands, accept=accept)
    if outcome.units is None:
        raise DataError(outcome.issues)
    return outcome.units


def read_with_roles(
    source: Readable,
    roles: Roles,
    layout: Layout,
    *,
    decimal: str | None = None,
    thousands: str | None = None,
    accept: Collection[str] = (),
    lenient: bool = False,
) -> Outcome:
    """Read and check; problems are in the outcome. What makes a table impossible is raised as in :func:`read_table`."""
    check_signs(decimal, thousands)
    _check_accept(accept)
    table = load_table(source, layout, columns=[*roles.labels, *roles.numbers], period=roles.period, lenient=lenient)
    names = [*roles.labels, *roles.numbers]
    present = roles.only({column for column in names if column in table})
    columns = {
        name: parse_numbers(table.column(name), decimal=decimal, thousands=thousands) for name in present.numbers
    }
    issues = [*relevant(table, names), *structure_issues(table, roles)]
    issues += [issue for name, column in columns.items() for issue in number_issues(table, name, column)]
    found = replace(table.source, dialect={**table.source.dialect, **number_dialect(table, columns)})
    issues += file_issues(table, columns)
    units = None
    if len(table) and present.labels:
        frame, label_issues = _frame(table, present, columns)
        issues += label_issues
        if present.id is not None:
            issues += [issue for issue in _whole_table(table, present, frame) if not _of_total(issue, accept)]
            units, unit_issues = _units(table, present, frame, found, columns, accept)
            issues += unit_issues
    final = ordered(table, issues, accept)
    if units is None or any(issue.severity == "error" for issue in final):
        return Outcome(table, found, final, None)
    return Outcome(table, found, final, replace(units, warnings=final))


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
        issues += checks.hidden_spaces(table, name, labels)
        if name == roles.period:
            issues += checks.mixed_periods(table, name, labels)
        else:
            issues += checks.near_duplicates(table, name, labels)
        if name == roles.id:
            issues += checks.total_rows(table, name, labels)
        data[name] = labels
    data |= {name: column.values for name, column in columns.items()}
    return pd.DataFrame(data), issues


def _of_total(issue: Issue, accept: Collection[str]) -> bool:
    """A total row that is refused does not also come, go or produce nothing."""
    return issue.severity == "warning" and "total-row" not in accept and checks.is_total(issue.unit)


def _whole_table(table: Table, roles: Roles, frame: pd.DataFrame) -> list[Issue]:
    assert roles.id is not None
    volumes = [*roles.inputs, *roles.outputs]
    keys = [column for column in (roles.period, roles.scheme) if column is not None]
    groups = checks.codes(frame, keys)
    issues = checks.sum_rows(table, frame, roles.id, volumes, checks.codes(frame, keys[:1] if roles.period else []))
    if roles.period is not None:
        issues += checks.comings_and_goings(table, frame, roles.id, roles.period)
    issues += checks.zero_volumes(table, frame, roles.outputs)
    issues += checks.wrong_measures(
        table,
        frame,
        roles.id,
        roles.period,
        volumes=volumes,
        prices=[*roles.input_prices, *roles.output_prices],
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
        cells[sheet, cell] = (row, column)
        return {"sheet": sheet, "cell": cell}

    try:
        units = Units.from_frame(
            frame,
            id=roles.id,
            period=roles.period,
            scheme=roles.scheme,
            **{name: getattr(roles, name) for name in NUMBER_ROLES},
            accept=[rule for rule in accept if rule in UNITS_RULES],
            source=source,
            locate=locate,
        )
    except DataError as error:
        found = [_at_cell(table, issue, cells) for issue in error.issues]
        unread = {(problem.row, name) for name, column in columns.items() for problem in column.problems}
        return None, [issue for issue in found if not _explained(issue, cells, unread)]
    return units, [_at_cell(table, issue, cells) for issue in units.warnings]


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
    if issue.rule != "empty-cell":
        return issue
    if text.strip() == ".":
        return replace(
            issue,
            rule="not-applicable",
            message="the value does not apply (sign '.'), but the column applies to others in the scheme",
            remedy="leave the sign only where a whole scheme lacks the column, or give the number",
        )
    area = table.merged_area(row, column)
    if area:
        return replace(issue, remedy=f"the cell is hidden in the merged area {area}: unmerge it and fill every cell")
    return issue

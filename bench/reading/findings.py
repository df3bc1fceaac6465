"""Findings of one reading: issues of the structure and of the numbers, the dialect, and their order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bench.errors import Issue, Severity, nearest
from bench.reading.addresses import address_key
from bench.reading.grid import clean_name
from bench.reading.headings import year_columns
from bench.reading.layout import VALUE
from bench.reading.roles import Roles
from bench.reading.table import Table
from bench.reading.totals import is_total
from bench.reading.values.numbers import NumberColumn

_COUNTS = {
    "percent": "divided by 100",
    "nil": "'-' read as 0",
    "not_applicable": "'.' read as not applicable",
    "unicode_minus": "− read as a minus",
    "text": "stored as text",
    "amount": "read without the currency or the sign around them",
    "negative": "negative: in brackets, or with the minus behind",
    "duration": "times read as hours",
}
#: Rules about cells that matter only where a role column is concerned.
_CELL_RULES = ("uncalculated-formula",)


def structure_issues(table: Table, roles: Roles) -> list[Issue]:
    """Missing columns, columns with two roles or two headers, and a table without rows."""
    file = table.source.file
    names = [*roles.labels, *roles.numbers]
    wanted = list(dict.fromkeys(names))
    issues = [issue for name in wanted for issue in _missing(table, name)]
    issues += [
        Issue("two-roles", "the column has two roles", "give each column one role", file=file, column=name)
        for name, count in Counter(names).items()
        if count > 1
    ]
    used = {clean_name(name) for name in wanted}
    for name, count in Counter(table.columns).items():
        if count > 1:
            places = [position for position, other in enumerate(table.columns) if other == name]
            cells = [table.where(-1, position)[1] for position in places] if table.blocks else []
            listed = f" ({', '.join(cells)})" if all(cells) else ""
            message = f"the name stands {count} times in the header{listed}"
            severity: Severity = "error" if name in used else "warning"
            sheet, cell = table.where(-1, places[0]) if table.blocks else ("", "")
            issues.append(
                Issue("duplicate-column", message, "rename all but one", severity, file, sheet, cell, column=name)
            )
    issues += _alike(table, used)
    issues += wide_years(table, roles.numbers)
    if not len(table):
        issues.append(Issue("no-rows", "the table has a header but no rows", "give at least one unit", file=file))
    return issues


def _alike(table: Table, used: set[str]) -> list[Issue]:
    """Warn when a column in use has a name that differs from another's in case, spaces or a number behind alone."""
    keys: dict[str, list[int]] = {}
    for position, name in enumerate(table.columns):
        keys.setdefault(re.sub(r"\.\d+$", "", name).casefold().replace(" ", ""), []).append(position)
    issues = []
    for places in keys.values():
        names = list(dict.fromkeys(table.columns[position] for position in places))
        if len(names) > 1 and used & set(names):
            message = f"the names {', '.join(map(repr, names))} are all but the same"
            remedy = "check that the right one is used, and give each column a name of its own"
            issues.append(table.issue("near-duplicate-column", message, remedy, -1, places[1], severity="warning"))
    return issues


def wide_years(table: Table, used: Sequence[str]) -> list[Issue]:
    """Refuse columns that are the years of one quantity, unless one year alone is used.

    ``used`` are the columns with a role; without any the table is only looked at, and every such quantity counts.
    """
    wide = year_columns(table.columns)
    wanted = {clean_name(name) for name in used}
    found = {
        stem: years
        for stem, years in wide.items()
        if not wanted or stem in wanted or sum(table.columns[position] in wanted for position in years.values()) > 1
    }
    if not found:
        return []
    stems = ", ".join(repr(stem) for stem in wide if stem) or "the value"
    years = sorted({year for columns in wide.values() for year in columns})
    first = next(iter(next(iter(found.values())).values()))
    message = f"the years stand in columns: {stems} for {years[0]}–{years[-1]}"
    remedy = (
        "say years_in_columns='aar' to make one row per unit and year, with the columns "
        f"{', '.join([*(stem or VALUE for stem in wide), 'aar'])}; or give roles to one year's columns alone"
    )
    return [table.issue("wide-years", message, remedy, -1, first)]


def total_and_parts(table: Table, labels_of: Sequence[str] = ()) -> list[Issue]:
    """Note code columns of an open-data file that hold both a total and its parts.

    ``labels_of`` are the columns that name a row; where they name one twice, the total and its parts would be added.
    """
    if not table.codes:
        return []
    rows = list(zip(*(map(str, table.column(name)) for name in labels_of), strict=True))
    severity: Severity = "error" if len(set(rows)) < len(rows) else "warning"
    if labels_of and severity == "warning":
        return []
    issues = []
    for name in table.columns:
        if name in map(clean_name, labels_of):
            continue
        labels = [str(cell) for cell in table.column(name)] if name in table.codes else []
        totals = [label for label in dict.fromkeys(labels) if is_total(label)]
        if totals and len(set(labels)) > 1:
            message = f"the column holds a total ({totals[0]!r}) and its parts"
            remedy = (
                f"keep the total alone with where='{name}={totals[0]}', or the parts with where='{name}!={totals[0]}'"
            )
            row = labels.index(totals[0])
            issues.append(table.issue("total-and-parts", message, remedy, row, name, severity=severity))
    return issues


def _missing(table: Table, name: str) -> list[Issue]:
    known = list(dict.fromkeys(table.columns))
    remedy = f"columns are: {', '.join(known)}"
    if name not in table:
        message = f"there is no column {name!r}{nearest(clean_name(name), known)}"
        sheet = table.source.sheet if len(table.blocks) == 1 else ""
        return [Issue("missing-column", message, remedy, file=table.source.file, sheet=sheet, column=name)]
    return [
        Issue(
            "missing-column",
            f"there is no column {name!r} on this sheet{nearest(clean_name(name), block.columns)}",
            f"columns are: {', '.join(column for column in known if column in block.columns)}",
            file=table.source.file,
            sheet=block.sheet,
            column=name,
        )
        for block in table.blocks
        if clean_name(name) not in block.columns
    ]


def relevant(table: Table, names: Sequence[str]) -> list[Issue]:
    """Return the table's own issues, without those on single cells of columns nobody asked for."""
    used = {clean_name(name) for name in names}
    return [issue for issue in table.issues if issue.rule not in _CELL_RULES or issue.column in used]


def number_issues(table: Table, name: str | int, column: NumberColumn) -> list[Issue]:
    """Bring the problems of one number column, by name or position, to their cells."""
    issues = [
        table.issue(problem.rule, problem.message, problem.remedy, problem.row, name) for problem in column.problems
    ]
    if column.scientific is not None:
        count = column.counts["scientific"]
        message = f"{count} number{'s are' if count > 1 else ' is'} written with an exponent; digits may have been lost"
        remedy = "format the column as a number before saving the file as text"
        issues.append(table.issue("scientific-notation", message, remedy, column.scientific, name, severity="warning"))
    return issues


def file_issues(table: Table, columns: Mapping[str, NumberColumn]) -> list[Issue]:
    """Warn when the columns of one file do not have the same decimal sign."""
    signs = _by_sign(columns)
    if len(signs) < 2:
        return []
    message = f"the columns differ in their decimal sign: {_signs(signs)}"
    remedy = "check that the columns come from one source"
    return [Issue("mixed-decimals", message, remedy, "warning", file=table.source.file, sheet=table.source.sheet)]


def _by_sign(columns: Mapping[str, NumberColumn]) -> dict[str, list[str]]:
    signs: dict[str, list[str]] = {}
    for name, column in columns.items():
        if column.decimal:
            signs.setdefault(column.decimal, []).append(name)
    return signs


def _signs(signs: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{sign!r} in {', '.join(names)}" for sign, names in signs.items())


def number_dialect(table: Table, columns: Mapping[str, NumberColumn]) -> dict[str, str]:
    """Return the number signs found and how many cells of which columns were converted."""
    dialect: dict[str, str] = {}
    signs = _by_sign(columns)
    if signs:
        dialect["decimal"] = next(iter(signs)) if len(signs) == 1 else _signs(signs)
    groups = list(dict.fromkeys(name for column in columns.values() for name in column.thousands))
    if groups:
        dialect["thousands"] = ", ".join(groups)
    as_text = table.source.dialect.get("format") == "csv"
    for key, done in _COUNTS.items():
        counts = {name: column.counts[key] for name, column in columns.items() if key in column.counts}
        if counts and not (key == "text" and as_text):
            places = ", ".join(f"{name} {count}" for name, count in counts.items())
            dialect[f"{key}_cells"] = f"{sum(counts.values())} {done} ({places})"
    return dialect


def ordered(table: Table, issues: Sequence[Issue], accept: Collection[str]) -> tuple[Issue, ...]:
    """Return the issues once each, accepted rules as warnings, errors first and then in the order of the file."""
    sheets = {block.sheet: position for position, block in enumerate(table.blocks)}
    empty = {(issue.sheet, issue.cell) for issue in issues if issue.rule == "uncalculated-formula"}

    def key(issue: Issue) -> tuple[bool, bool, int, tuple[int, int]]:
        return (issue.severity == "warning", bool(issue.cell), sheets.get(issue.sheet, -1), address_key(issue.cell))

    found = [
        replace(issue, severity="warning") if issue.rule in accept else issue
        for issue in dict.fromkeys(issues)
        if not (issue.rule == "empty-cell" and (issue.sheet, issue.cell) in empty)
    ]
    return tuple(sorted(found, key=key))

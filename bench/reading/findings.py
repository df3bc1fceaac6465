"""Findings of one reading: issues of the structure and of the numbers, the dialect, and their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bench.errors import Issue, Severity, nearest
from bench.reading.addresses import address_key
from bench.reading.grid import clean_name
from bench.reading.numbers import NumberColumn
from bench.reading.roles import Roles
from bench.reading.table import Table

_COUNTS = {
    "percent": "divided by 100",
    "nil": "'-' read as 0",
    "not_applicable": "'.' read as not applicable",
    "unicode_minus": "− read as a minus",
    "text": "stored as text",
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
            sheet, cell = table.where(-1, name) if table.blocks else ("", "")
            message = f"the name stands {count} times in the header"
            severity: Severity = "error" if name in used else "warning"
            issues.append(
                Issue("duplicate-column", message, "rename all but one", severity, file, sheet, cell, column=name)
            )
    if not len(table):
        issues.append(Issue("no-rows", "the table has a header but no rows", "give at least one unit", file=file))
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


def number_issues(table: Table, name: str, column: NumberColumn) -> list[Issue]:
    """Bring the problems of one number column to their cells."""
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

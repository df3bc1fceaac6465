"""`propose`: look into a file and write down how it can be read, with every doubt as a comment."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.errors import DataError, Issue
from bench.mapping.budgets import budget_of, planned, told
from bench.mapping.mapping import Mapping
from bench.modelfile.further import FURTHER, folded, is_further, recognised
from bench.modelfile.texts.write import to_toml
from bench.reading import ACCEPTABLE_RULES, Report, check_file
from bench.reading.checks import clean_labels
from bench.reading.files.workbook import is_workbook, read_workbook
from bench.reading.grid import cell_text, clean_name
from bench.reading.headings import year_columns
from bench.reading.load import read_table
from bench.reading.performed import performed_of
from bench.reading.profile import NUMERIC
from bench.reading.sheets import period_of
from bench.reading.sums import parts_of, sum_of
from bench.reading.values.measures import names_money
from bench.reading.values.rates import is_rate

#: Times a file is looked into again after a finding was answered.
_ROUNDS = 6

#: Rules that are answered by leaving the unit out, by accepting the rule, and by a factor.
_LEFT_OUT = ("total-row",)
_ACCEPTED = ("note-row", "group-heading")
#: Rules of cells whose bytes are no letters.
_UNREADABLE = ("encoding", "mixed-encodings")
_PERIOD = "aar"
#: Roles that a heading may suggest and a mapping does not take.
_UNUSED = ("", "input_prices", "output_prices")
_ASKED = "as asked"


@dataclass(slots=True)
class Proposal:
    """A mapping in the making.

    Attributes
    ----------
    mapping : Mapping
    comments : list of str
        What is doubtful, or was decided here and may be decided otherwise.
    report : Report
        What the file looks like when it is read so.
    """

    mapping: Mapping
    comments: list[str] = field(default_factory=list)
    report: Report | None = None

    def to_toml(self, say: Callable[[str], str] = str) -> str:
        """Return the mapping as a commented TOML file; ``say`` gives comments and reasons in another language.

        Raises
        ------
        DataError
            When a name it must hold has bytes that are no letters in the file's encoding: nothing could name it.
        """
        raw = self.mapping.model_dump(exclude_none=True)
        for key in ("leave_out", "where", "accept"):
            raw[key] = [{**entry, "reason": _told(entry["reason"], say)} for entry in raw[key]]
        raw = {key: _filled(value) for key, value in raw.items() if value not in ({}, [])}
        text = to_toml(raw)
        if not text.isascii() and text.encode("utf-8", "replace") != text.encode("utf-8", "surrogatepass"):
            raise DataError([issue for issue in self.report.errors if issue.rule in _UNREADABLE] if self.report else [])
        for key, comment in _COMMENTS.items():
            text = re.sub(rf"^(\[\[?{key}\]\]?)$", rf"# {say(comment)}\n\1", text, count=1, flags=re.MULTILINE)
        head = [f"# {say('How the file is read, proposed by looking into it. Every line can be edited.')}"]
        head += [f"# {say(line)}" for line in self.comments]
        return "\n".join([*head, "", text]).encode("utf-8", "replace").decode()


_COMMENTS = {
    "layout": "Where the table is: sheet, header (row of the names), years_in_columns, decimal, delimiter, currency.",
    "roles": "What the columns are: id, period, scheme, cost, inputs, outputs, environment, extra, or year.",
    "scale": "Factor of a column: 1000 for thousands, 1 when its numbers are whole, negative to turn its sign.",
    "leave_out": "Rows that are no units, each with its reason.",
    "where": "Rows that are kept, each condition with its reason.",
    "accept": "Findings that are recorded as warnings, each with its reason.",
    "table": "Sheets with the budget, volumes by month or price growth; columns says which header is which.",
    "join": "Sheets whose columns join the table's, by the column that names the unit in both.",
}


def _filled(value: Any) -> Any:
    """Return a section without keys that say nothing."""
    if isinstance(value, list):
        return [_filled(one) for one in value]
    return {key: one for key, one in value.items() if one not in ([], {}, False)} if isinstance(value, dict) else value


def _told(reason: str, say: Callable[[str], str]) -> str:
    """Return a reason in a language; the cell behind it stays."""
    cell = re.fullmatch(r"(.*) (\([A-Z]+\d+\))", reason, re.DOTALL)
    return say(reason) if cell is None else f"{say(cell[1])} {cell[2]}"


def propose(source: str | Path, **given: Any) -> Proposal:
    """Propose how a file is read.

    Parameters
    ----------
    source : path
    given
        What is known already: roles (``id``, ``cost``, ``outputs`` …) and keywords of :func:`bench.read_units`. A role
        that is given as empty is one that no column has.

    Returns
    -------
    Proposal
        Findings that a mapping can answer are answered, each with its reason; what is left is in ``report``.

    Raises
    ------
    ResourceError, DataError
        When there is no table to be found, or the sheet that was asked for is a budget.
    """
    unused = [key for key in _ROLE_NAMES if key in given and given[key] in (None, "", (), [])]
    roles = {key: given.pop(key) for key in _ROLE_NAMES if given.get(key)}
    read: dict[str, Any] = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in given.items()
        if value not in (None, (), [], {})
    }
    data = Path(source).read_bytes() if Path(source).is_file() else b""
    sheet = read.get("sheet")
    misplaced = told(source, sheet) if data and isinstance(sheet, str) else None
    if misplaced is not None:
        raise DataError([replace(misplaced, file=str(source))])
    comments: list[str] = []
    further: list[dict[str, Any]] = []
    plans: dict[str, Any] = {}
    if is_workbook(data) and "sheet" not in read:
        further, plans = _choose_sheets(data, read, comments, roles.get("period", _PERIOD))
    reasons: dict[str, str] = {}
    # Rows are left out by the unit's name, so nothing is left out before the column that names it is known.
    first = {key: value for key, value in read.items() if key != "leave_out"}
    report = check_file(source, **first)
    if any(issue.rule == "wide-years" for issue in report.errors) and "years_in_columns" not in read:
        read["years_in_columns"] = first["years_in_columns"] = roles.get("period", _PERIOD)
        comments.append("The years stand in columns: each unit becomes one row per year.")
        report = check_file(source, **first)
    made = isinstance(read.get("sheet"), list) or "years_in_columns" in read
    if made and "period" not in roles and "year" not in roles:
        roles["period"] = read.get("years_in_columns", _PERIOD)
        report = check_file(source, period=roles["period"], **first)
    found = {key: value for key, value in _roles(report, roles, comments).items() if key not in unused}
    for _ in range(_ROUNDS):
        report = check_file(source, **_call(found), **read)
        if not _answer(report.errors, read, reasons, comments):
            break
    further += _budgets(plans, source, read, found, comments)
    for column, factors in report.factors.items():
        if len(factors) > 1:
            times = ", ".join(f"{factor:,.10g}".replace(",", " ") for factor in factors)
            comments.append(
                f"The rows of {column!r} are in different measures (times {times}): each is read as the file says, and "
                "one factor under [scale] would be wrong for some."
            )
    return Proposal(_mapping(source, report, found, read, reasons, further), comments, report)


_ROLE_NAMES = ("id", "period", "scheme", "cost", "inputs", "outputs", "environment", "extra", "year")


def _call(found: dict[str, Any]) -> dict[str, Any]:
    """Return the roles as :func:`check_file` takes them."""
    inputs = list(found.get("inputs", ())) or ([found["cost"]] if found.get("cost") else [])
    if found.get("cost") and found["cost"] not in inputs:
        inputs = [found["cost"], *inputs]
    roles = {key: found[key] for key in ("id", "period", "scheme", "outputs", "environment", "extra") if found.get(key)}
    return {**roles, "inputs": inputs}


# -- sheets --------------------------------------------------------------------------------------------------


def _choose_sheets(
    data: bytes, read: dict[str, Any], comments: list[str], period: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Stack sheets with the same columns, one a year; join sheets with the same units and other columns.

    Sheets that hold one quantity each, with the years in columns, are joined by unit and year.

    Returns the sheets that hold further tables (budget, volumes by month, price growth), and those that speak of a
    budget and have another layout than its table.
    """
    tables = {}
    for grid in read_workbook(data):
        if grid.hidden or not any(any(row) for row in grid.rows):
            continue
        try:
            tables[grid.sheet] = read_table(io.BytesIO(data), sheet=grid.sheet)
        except DataError:
            continue
    further = _further(tables, comments)
    tables = {name: table for name, table in tables.items() if name not in {part["sheet"] for part in further}}
    plans = {name: table for name, table in tables.items() if planned(name, table)}
    plans = plans if len(plans) < len(tables) else {}
    tables = {name: table for name, table in tables.items() if name not in plans}
    if len(tables) < 2:
        if (further or plans) and tables:
            read["sheet"] = next(iter(tables))
        return further, plans
    apart = _quantities(tables)
    if apart:
        for name in apart[1:]:
            read.setdefault("join", []).append({"sheet": name, "by": [tables[apart[0]].columns[0], period]})
        tables = {name: table for name, table in tables.items() if name not in apart[1:]}
        read |= {"sheet": apart[0], "years_in_columns": period}
        comments.append(
            f"The sheets {', '.join(apart)} hold one quantity each, with the years in columns: one column each."
        )
    main, *_ = sorted(tables, key=lambda name: (-len(tables[name]) * len(tables[name].columns), name))
    main = apart[0] if apart else main
    same = [name for name, table in tables.items() if set(table.columns) == set(tables[main].columns)]
    if apart:
        same = [main]
    elif len(same) > 1 and len({period_of(name) for name in same} - {""}) == len(same):
        read["sheet"] = same
        comments.append(f"The sheets {', '.join(same)} are stacked; the year is in their names.")
    else:
        read["sheet"] = main
        others = ", ".join(name for name in tables if name != main)
        comments.append(f"The largest table is on sheet {main!r}; the workbook also has {others}.")
    left = [name for name in tables if name not in same]
    accounts = same if isinstance(read["sheet"], list) else [main]
    years = {year for name in accounts for year in _years(name, tables[name])}
    for name in left:
        by = _common_key(tables[main], tables[name])
        later = _years(name, tables[name])
        if by and years and later and min(later) > max(years):
            comments.append(
                f"Sheet {name!r} is for {', '.join(map(str, sorted(later)))}, after the accounts (until {max(years)}): "
                "it is not joined. A budget goes under [[table]], with a column each for year, service and volume."
            )
        elif by:
            read.setdefault("join", []).append({"sheet": name, "by": by})
            comments.append(f"Sheet {name!r} names the same {' and '.join(by)}: its columns are joined.")
    return further, plans


def _budgets(
    plans: dict[str, Any], source: str | Path, read: dict[str, Any], found: dict[str, Any], comments: list[str]
) -> list[dict[str, Any]]:
    """Say how the sheets of a budget are read, once it is known what the units and the services are called."""
    if not plans:
        return []
    layout = {key: read[key] for key in ("sheet", "header", "years_in_columns") if key in read}
    accounts = read_table(source, **layout, period=found.get("period"))
    id = str(found.get("id", ""))
    units = set(clean_labels(accounts.column(id))) if id in accounts else set()
    made: list[dict[str, Any]] = []
    for sheet, table in plans.items():
        entry, said = budget_of(sheet, table, units=units, services=list(found.get("outputs", ())), id=id)
        comments.append(said)
        made += [entry] if entry is not None and not made else []
        if entry is not None and made[0] is not entry:
            comments.append(f"Sheets {made[0]['sheet']} and {sheet} are both budgets: the first is under [[table]].")
    return made


def _quantities(tables: dict[str, Any]) -> list[str]:
    """Sheets with the same units and nothing but a column for each year, those that speak of money first."""
    bare = [
        name
        for name, table in tables.items()
        if len(years := year_columns(table.columns).get("", {})) == len(table.columns) - 1 and 0 not in years.values()
    ]
    alike = [name for name in bare if tables[name].columns[0] == tables[bare[0]].columns[0]]
    if len(alike) < 2 or any(period_of(name) for name in alike):
        return []
    return sorted(alike, key=lambda name: not names_money(name))


_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def _years(sheet: str, table: Any) -> set[int]:
    """Return the years a sheet speaks of: in its column of years or its headers, or else in its name and title."""
    cells = [
        {cell_text(cell).strip().removesuffix(".0") for cell in column} - {""}
        for name, column in zip(table.columns, table.cells, strict=True)
        if folded(name) in _YEAR_WORDS
    ]
    stated = {text for texts in cells for text in texts if _YEAR.fullmatch(text)}
    stated |= {year for name in table.columns for year in _YEAR.findall(name)}
    return set(map(int, stated or _YEAR.findall(f"{sheet} {table.source.dialect.get('title', '')}")))


_YEAR_WORDS = ("aar", "år", "year", "periode", "period")


def _further(tables: dict[str, Any], comments: list[str]) -> list[dict[str, Any]]:
    """Find sheets that are a budget, volumes by month or price growth, and nothing else; one sheet each."""
    found: dict[str, list[str]] = {}
    for sheet, table in tables.items():
        kinds = [kind for kind in FURTHER if is_further(kind, table.columns)]
        if kinds:
            found.setdefault("months" if "months" in kinds else kinds[0], []).append(sheet)
    taken: list[dict[str, Any]] = []
    for kind, sheets in found.items():
        if len(sheets) > 1 or len(tables) <= len(sheets):
            comments.append(f"Sheets {', '.join(sheets)} may each be the {_KINDS[kind]}: say which under [[table]].")
            continue
        columns = {name: headers[0] for name, headers in recognised(kind, tables[sheets[0]].columns).items()}
        columns.pop("note", None)
        taken.append({"name": kind, "sheet": sheets[0], "columns": columns})
        comments.append(f"Sheet {sheets[0]!r} is the {_KINDS[kind]}.")
    return taken


_KINDS = {"budget": "budget", "months": "volumes by month", "index": "growth of prices by year"}


def _common_key(main: Any, other: Any) -> list[str]:
    """The column (or two) that names each row of the other sheet once and whose names the main sheet has."""
    shared = [name for name in main.columns if name in other.columns]
    for key in [[name] for name in shared] + [shared[:2]] * (len(shared) > 1):
        there = list(zip(*(clean_labels(other.column(name)) for name in key), strict=True))
        here = set(zip(*(clean_labels(main.column(name)) for name in key), strict=True))
        if len(there) > 1 and len(set(there)) == len(there) and len(here & set(there)) > 0.6 * len(there):
            return key
    return []


# -- roles ---------------------------------------------------------------------------------------------------


def _roles(report: Report, given: dict[str, Any], comments: list[str]) -> dict[str, Any]:
    suggested: dict[str, list[str]] = {}
    clashing = _renamed(report)
    columns = [column for column in report.columns if column.name not in clashing]
    for column in columns:
        suggested.setdefault(column.role, []).append(column.name)
    taken = {part for value in given.values() for name in _listed(value) for part in (name, *parts_of(name))}
    unsaid = [name for name in clashing if name not in taken]
    if unsaid:
        comments.append(f"Without a role, as the name stands on two sheets: {', '.join(unsaid)}. Say it under [roles].")
    found: dict[str, Any] = {}
    for role in ("id", "period", "scheme"):
        names = [name for name in suggested.get(role, []) if name not in taken]
        if names:
            found[role] = names[0]
    money = [name for name in suggested.get("inputs", []) if name not in taken]
    if money:
        found["cost"] = money[0]
    amounts = [
        column.name
        for column in columns
        if column.kind in NUMERIC and column.name not in taken and column.role != "period"
        if names_money(column.name) and not is_rate(column.name)
    ]
    amounts += [
        column.name
        for column in columns
        if column.kind in NUMERIC and column.name not in taken and not is_rate(column.name)
        if "kr" in report.dialect.get(f"measure_of_{column.name}", "").casefold() and column.distinct > 1
    ]
    everything = list(dict.fromkeys([*money, *amounts]))
    if len(everything) == 1:
        found["cost"] = everything[0]
    others = [name for name in everything if name != found.get("cost")]
    if others and "cost" not in given:
        found.pop("cost", None)
        sums = [column.name for column in report.columns if column.name in everything]
        listed = ", ".join(sums)
        comments.append(
            f"Several columns hold money: {listed}. Say which is the cost under [roles], or with --cost; their sum is "
            f"cost = [{', '.join(repr(name) for name in sums)}], or --cost {shlex.quote(sum_of(sums))}."
        )
    for role in ("outputs", "environment"):
        names = [name for name in suggested.get(role, []) if name not in taken]
        if names:
            found[role] = names
    for decided, done in performed_of(() if "outputs" in given else found.get("outputs", ())).items():
        # One volume is one service: as two it would be paid twice, and every cost per hour would be halved.
        found["outputs"] = [name for name in found["outputs"] if name != done]
        if "extra" not in given:
            found.setdefault("extra", []).append(done)
        comments.append(
            f"{done!r} is read as what was performed of {decided!r}: one volume, and not a service more. What is "
            f"decided is paid; set scheme.*.volume.basis=performed and scheme.*.service.{decided}.performed={done} for "
            "what is performed."
        )
    rates = [
        column.name
        for column in columns
        if column.kind in NUMERIC and column.name not in taken and column.role in _UNUSED and is_rate(column.name)
    ]
    if rates:
        comments.append(
            f"Without a role, as rates, shares and prices per unit are no volume and no cost: {', '.join(rates)}."
        )
    found.update(given)
    if not found.get("period") and not found.get("year"):
        years = set(_YEAR.findall(f"{report.dialect.get('title', '')} {report.sheet}"))
        if len(years) == 1:
            found["year"] = int(years.pop())
            comments.append(f"The title says {found['year']}: it is taken as the year of the accounts.")
        else:
            comments.append("No column holds the year, and no title says it: give year under [roles], or --year.")
    missing = [role for role in ("id", "cost", "outputs") if not found.get(role)]
    if missing:
        listed = ", ".join(column.name for column in report.columns)
        comments.append(f"Not found: {', '.join(missing)}. Fill in [roles]; the columns are: {listed}.")
    used = {part for value in found.values() for name in _listed(value) for part in (name, *parts_of(name))}
    left = [
        column.name
        for column in columns
        if column.kind in NUMERIC and column.role in _UNUSED and column.name not in {*used, *rates}
    ]
    if left and not missing:
        comments.append(
            f"Numbers that are not used: {', '.join(left)}; give those that are cost or volume a role under [roles]."
        )
    return found


def _renamed(report: Report) -> list[str]:
    """Return joined columns that were renamed because the table has one of their name; what they are is unclear."""
    issues = [issue for issue in report.warnings if issue.rule == "duplicate-column"]
    clashes = {clean_name(f"{issue.column} ({issue.sheet})") for issue in issues}
    return [column.name for column in report.columns if column.name in clashes]


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value) if isinstance(value, (list, tuple)) else []


# -- findings ------------------------------------------------------------------------------------------------


def _answer(errors: Sequence[Issue], read: dict[str, Any], reasons: dict[str, str], comments: list[str]) -> bool:
    """Answer the findings that a mapping can; return whether any was."""
    before = repr(read)
    for issue in errors:
        if issue.rule in _LEFT_OUT and issue.unit:
            if issue.unit not in read.setdefault("leave_out", []):
                read["leave_out"].append(issue.unit)
                reasons[issue.unit] = f"{issue.message} ({issue.cell})" if issue.cell else issue.message
        elif issue.rule in _ACCEPTED and issue.rule in ACCEPTABLE_RULES:
            if issue.rule not in read.setdefault("accept", []):
                read["accept"].append(issue.rule)
                reasons[issue.rule] = f"left out: {issue.value}" if issue.value else issue.message
        elif issue.rule == "foreign-currency" and "currency" not in read:
            match = re.search(r"currency='([A-Z]{3})'", issue.remedy)
            if match:
                read["currency"] = match[1]
                comments.append(f"The amounts are in {match[1]}.")
        elif issue.rule in ("unclear-measure", "measure-conflict"):
            comments.append(f"Measure of {issue.column!r} is not clear: {issue.message}. State it under [scale].")
    return repr(read) != before


def _mapping(
    source: str | Path,
    report: Report,
    found: dict[str, Any],
    read: dict[str, Any],
    reasons: dict[str, str],
    further: list[dict[str, Any]],
) -> Mapping:
    layout = {key: read[key] for key in _LAYOUT if key in read}
    scale = dict(read.get("scale", {}))
    # A column whose rows or sheets are in different measures has no one factor: the reader hears each from the file.
    scale |= {
        column: factors[0]
        for column, factors in report.factors.items()
        if column not in scale and len(factors) == 1 and factors[0] != 1.0
    }
    roles = {key: value for key, value in found.items() if value}
    if f"sum_{roles.get('cost')}" in report.dialect:
        roles["cost"] = list(parts_of(roles["cost"]))
    return Mapping.model_validate(
        {
            "file": Path(source).name,
            "sha256": report.sha256,
            "layout": layout,
            "roles": {key: list(value) if isinstance(value, tuple) else value for key, value in roles.items()},
            "scale": scale,
            "leave_out": [{"unit": name, "reason": reasons.get(name, _ASKED)} for name in read.get("leave_out", ())],
            "where": [{"condition": text, "reason": _ASKED} for text in read.get("where", ())],
            "accept": [{"rule": rule, "reason": reasons.get(rule, _ASKED)} for rule in read.get("accept", ())],
            "join": list(read.get("join", ())),
            "table": further,
        }
    )


_LAYOUT = ("sheet", "header", "years_in_columns", "decimal", "thousands", "delimiter", "encoding", "currency")

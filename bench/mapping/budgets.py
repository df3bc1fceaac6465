"""Sheets with a budget or orders in a layout of their own: years in columns, services in columns, rows of units."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.errors import DataError, Issue
from bench.modelfile.further import folded, is_further, is_planned, quantity_of, recognised
from bench.reading.checks import clean_labels
from bench.reading.files.workbook import is_workbook, read_workbook
from bench.reading.headings import year_columns
from bench.reading.layout import VALUE
from bench.reading.load import read_table
from bench.reading.profile import NUMERIC, profile_column
from bench.reading.roles import Roles
from bench.reading.table import Table
from bench.reading.totals import is_total
from bench.reading.values.measures import names_money
from bench.reading.values.numbers import parse_numbers

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def planned(sheet: str, table: Table) -> bool:
    """Tell whether a sheet speaks of a budget or of orders: in its name, in its title, or above every number."""
    if is_planned(sheet) or is_planned(table.source.dialect.get("title", "")):
        return True
    stems = year_columns(table.columns, 1)
    return bool(stems) and all(stem and is_planned(stem) for stem in stems)


def budget_of(
    sheet: str, table: Table, *, units: Collection[str], services: Sequence[str], id: str
) -> tuple[dict[str, Any] | None, str]:
    """Propose how a budget's sheet is read.

    Parameters
    ----------
    sheet : str
    table : Table
        The sheet as it stands.
    units : collection of str
        Names of the units in the accounts.
    services : sequence of str
        Columns with the volume of each service.
    id : str
        Column that names the units in the accounts.

    Returns
    -------
    dict or None
        An entry of ``[[table]]``; None where something must be said first.
    str
        What was found, or what is lacking and how it is written.
    """
    about = f"{sheet} {table.source.dialect.get('title', '')}"
    stems = year_columns(table.columns, 1)
    made: dict[str, Any] = {"name": "budget", "sheet": sheet, "columns": {}}
    known = {name: headers[0] for name, headers in recognised("budget", table.columns).items()}
    if stems and "year" not in known:
        made["years_in_columns"] = True
        quantities = {stem or VALUE: stem or about for stem in stems}
    else:
        quantities = {name: name for name in _numbers(table, [known[k] for k in ("year",) if k in known])}
    labels = [name for name in table.columns if name not in quantities and not _year_in(name, stems, table)]
    made["columns"] |= {name: known[name] for name in ("year", "scheme") if name in known and known[name] in labels}
    unit = next((name for name in labels if name == id or _among(table, name, units)), None)
    service = next((name for name in labels if name != unit and _among(table, name, services)), known.get("service"))
    if unit is not None:
        made["columns"]["unit"] = unit
        sums = [label for label in dict.fromkeys(clean_labels(table.column(unit))) if is_total(label)]
        made |= {"leave_out": sums} if sums else {}
    if "year" not in made["columns"] and "years_in_columns" not in made:
        years = sorted(set(_YEAR.findall(about)))
        if len(years) != 1:
            return None, _lacking(made | {"year": "…"}, "for which year it is")
        made["year"] = int(years[0])
    if service is not None:
        made["columns"]["service"] = service
        return _with_quantities(made, quantities, about)
    own = {one: name for one in services for name in quantities if _names(name, one)}
    if own:
        made |= {"services": own, "quantity": _quantity(about, list(own.values()))}
        silent = [one for one in services if one not in own]
        more = (
            f" It says nothing of {', '.join(silent)}: add a column to it, or take the service out of outputs."
            if silent
            else ""
        )
        return made, _said(made, [name for name in quantities if name not in own.values()]) + more
    named = [one for one in services if _names(about, one)] or (list(services) if len(services) == 1 else [])
    if len(named) == 1:
        made["service"] = named[0]
        return _with_quantities(made, quantities, about)
    listed = ", ".join(services) or "a column with the volume of a service"
    _with_quantities(made, quantities, about)
    made["service"] = services[0] if services else "…"
    return None, _lacking(made, f"of which service it is ({listed})")


def _with_quantities(
    made: dict[str, Any], quantities: Mapping[str, str], about: str
) -> tuple[dict[str, Any] | None, str]:
    """Say which column holds which quantity: by its own name, or else by what the sheet is called."""
    left = []
    for name, text in quantities.items():
        quantity = quantity_of(text) or quantity_of(about)
        if not quantity or quantity in made["columns"]:
            left.append(name)
        else:
            made["columns"][quantity] = name
    if not any(name in made["columns"] for name in ("budget_volume", "ordered_volume", "budget_amount")):
        made["columns"]["budget_volume"] = "…"
        return None, _lacking(made, "what its numbers are")
    return made, _said(made, left)


def _said(made: Mapping[str, Any], left: Sequence[str]) -> str:
    text = f"Sheet {made['sheet']!r} is the budget: it goes under [[table]], and not to the accounts."
    return text + (f" Without a use there: {', '.join(left)}." if left else "")


def _lacking(made: Mapping[str, Any], what: str) -> str:
    lines = ", ".join(f"{key} = {_inline(value)}" for key, value in made.items() if value not in ({}, []))
    return f"Sheet {made['sheet']!r} is a budget, but does not say {what}: it is not read. Add [[table]] with {lines}."


def _inline(value: Any) -> str:
    """Return a value as TOML in one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_inline(one)}" for key, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def _quantity(about: str, headers: Sequence[str]) -> str:
    """Return what columns with a service each hold: orders or money where they or the sheet say so, or else volumes."""
    if all(map(names_money, headers)):
        return "budget_amount"
    said = {quantity_of(text) for text in (about, *headers)}
    return "ordered_volume" if "ordered_volume" in said else "budget_volume"


def _numbers(table: Table, but: Sequence[str]) -> list[str]:
    """Columns that hold numbers."""
    found = []
    for position, name in enumerate(table.columns):
        column = parse_numbers(table.cells[position])
        if name not in but and profile_column(table, position, column, Roles()).kind in NUMERIC:
            found.append(name)
    return found


def _year_in(name: str, stems: Mapping[str, Mapping[int, int]], table: Table) -> bool:
    return table.columns.index(name) in {position for years in stems.values() for position in years.values()}


def _among(table: Table, name: str, known: Collection[str]) -> bool:
    """Whether most names of a column are known."""
    here = {label.casefold() for label in clean_labels(table.column(name)) if label and not is_total(label)}
    return bool(here) and 2 * len(here & {one.casefold() for one in known}) > len(here)


def _names(text: str, service: str) -> bool:
    """Whether a text names a service as a whole word."""
    return re.search(rf"(?<!\w){re.escape(folded(service))}(?!\w)", folded(text)) is not None


_KINDS = {"budget": "budget", "months": "volumes by month", "index": "growth of prices by year"}


def told(source: Any, sheet: str | None) -> Issue | None:
    """Say what a sheet is that was asked for as accounts and is a further table; None where it is not.

    Parameters
    ----------
    source : path or open file
    sheet : str, optional
    """
    content = source.read() if hasattr(source, "read") else Path(source).read_bytes()
    if not sheet or not is_workbook(content):
        return None
    try:
        table = read_table(io.BytesIO(content), sheet=sheet)
    except DataError:
        return None
    kind = next((name for name in _KINDS if is_further(name, table.columns)), "budget" if planned(sheet, table) else "")
    others = [grid.sheet for grid in read_workbook(content) if not grid.hidden and grid.sheet != sheet]
    if not kind or not others:
        return None
    message = f"sheet {sheet!r} is the {_KINDS[kind]}, not the accounts: its columns are {', '.join(table.columns)}"
    remedy = (
        f"name the sheet of the accounts with sheet= ({', '.join(others)}); this one is read beside it by bench run, "
        "simulate and compare with --map, once it stands under [[table]] of the mapping that bench map FILE writes"
    )
    return Issue("not-the-accounts", message, remedy, sheet=sheet)

"""Reading a further table: budget, months and price growth are checked like any file, cell by cell."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.errors import DataError, Issue, nearest
from bench.modelfile import Model
from bench.modelfile.further import FURTHER, ONE_OF, FurtherColumn, lacks, recognised
from bench.pipeline.planned import Planned
from bench.stykkpris.result import StykkprisResult
from bench.stykkpris.tables import extra_tables, named_services

if TYPE_CHECKING:
    import pandas as pd

    from bench.reading import Table

#: Growth above this share in a year is no growth of prices: it is a per cent, or an index.
_MOST_GROWTH = 0.5
_PER_CENT = re.compile(r"%|\bprosent\b|\bper ?cent\b|\bpercent\b|\bpst\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Further:
    """A further table by the engine's own names, what was found that does not stop it, and each number's cell."""

    frame: pd.DataFrame
    warnings: tuple[Issue, ...]
    planned: tuple[Planned, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """How a budget lies in its sheet, where it has not a row for each year and service.

    Attributes
    ----------
    years_in_columns : bool
        ``Budsjett 2025``, ``Budsjett 2026``: a column for each year.
    year, service : optional
        The one the whole sheet is for.
    services : Mapping of str to str
        Service -> header of the column that is its own.
    quantity : str, optional
        What those columns hold.
    leave_out : sequence of str
        Units of rows that are none, such as a sum.
    """

    years_in_columns: bool = False
    year: int | None = None
    service: str | None = None
    services: Mapping[str, str] = field(default_factory=dict)
    quantity: str | None = None
    leave_out: Sequence[str] = ()

    def stated(self) -> dict[str, Any]:
        """Return the columns that the shape gives every row of."""
        return {name: value for name in ("year", "service") if (value := getattr(self, name)) is not None}


def read_further(
    name: str,
    source: Any,
    *,
    sheet: str | None = None,
    columns: Mapping[str, str] | None = None,
    shape: Shape | None = None,
    currency: str = "NOK",
    decimal: str | None = None,
    thousands: str | None = None,
) -> Further:
    """Read a further table.

    Parameters
    ----------
    name : {"budget", "months", "index"}
    source : path or open file
    sheet : str, optional
    columns : mapping, optional
        Column -> header, where the file calls it something of its own; see :data:`bench.modelfile.further.FURTHER`.
    shape : Shape, optional
        How a budget lies in its sheet.
    currency : str
        Currency that amounts are to be in.
    decimal, thousands : str, optional
        Signs of the accounts, for columns that do not show their own.

    Raises
    ------
    DataError
        With every column that is missing and every cell that cannot be what its column holds.
    """
    import pandas as pd

    shape = shape or Shape()
    named = dict(columns or {})
    table, issues = _located(name, source, sheet, shape, named)
    found = recognised(name, table.columns, named)
    if shape.services:
        found = {column: headers for column, headers in found.items() if column not in ONE_OF[name]}
    stated = {column: value for column, value in shape.stated().items() if not found.get(column)}
    issues += [*table.issues, *_columns_wrong(name, table, found, shape)]
    if any(issue.severity == "error" for issue in issues):
        raise DataError(issues)
    parts = []
    for service in shape.services or ("",):
        more = {"service": service} if service else {}
        over = {str(shape.quantity): [shape.services[service]]} if service else {}
        made, wrong = _read_columns(name, table, {**found, **over}, currency, decimal, thousands)
        parts.append(pd.DataFrame(made).assign(**stated, **more))
        issues += wrong
    issues = list(dict.fromkeys(issues))
    if any(issue.severity == "error" for issue in issues):
        raise DataError(issues)
    frame = pd.concat(parts, ignore_index=True)
    planned = _planned(name, table, frame, found, shape)
    if name == "index":
        frame = _as_growth(frame)
    if "unit" in frame.columns and name == "budget":
        frame, wrong = _over_units(table, found["unit"][0], frame)
        issues += wrong
        if wrong:
            raise DataError(issues)
    return Further(frame, tuple(issues), planned)


def _planned(
    name: str, table: Table, frame: pd.DataFrame, found: Mapping[str, list[str]], shape: Shape
) -> tuple[Planned, ...]:
    """Return every volume and amount with its cell; rows are the table's, once for each service in a column."""
    if name not in ("budget", "months"):
        return ()
    labels = {key: list(frame[key].astype(str)) for key in ("scheme", "service", "unit") if key in frame.columns}
    years, own = list(frame["year"]), list(shape.services.values())
    months = list(frame["month"]) if "month" in frame.columns else [0] * len(frame)
    made = []
    for quantity in ("budget_volume", "ordered_volume", "budget_amount", "volume"):
        if quantity not in frame.columns:
            continue
        for k, value in enumerate(frame[quantity].tolist()):
            part, row = divmod(k, len(table))
            header = own[part] if own else found[quantity][0]
            place = table.issue("", "", "", row, header)
            said = {key: texts[k] for key, texts in labels.items()}
            made.append(
                Planned(
                    name, int(years[k]), said.get("scheme", ""), said.get("service", ""), said.get("unit", ""),
                    quantity, float(value), place, int(months[k]),
                )
            )  # fmt: skip
    return tuple(made)


def _located(
    name: str, source: Any, sheet: str | None, shape: Shape, named: Mapping[str, str]
) -> tuple[Table, list[Issue]]:
    """Read the sheet; a budget whose years stand in columns becomes one with a row for each year, and that is said."""
    from bench.reading.checks import clean_labels
    from bench.reading.headings import year_columns
    from bench.reading.load import Layout, load_table

    content = source.read() if hasattr(source, "read") else None
    title = getattr(source, "name", "")

    def read(years: str | None) -> Table:
        opened = source if content is None else io.BytesIO(content)
        table = load_table(opened, Layout(sheet=sheet, years=years, least_years=1))
        return replace(table, source=replace(table.source, file=table.source.file or title))

    table = read("year" if shape.years_in_columns else None)
    issues = []
    has_year = bool(recognised(name, table.columns, named).get("year")) or "year" in shape.stated()
    if name == "budget" and not shape.years_in_columns and not has_year:
        wide = year_columns(table.columns, 1)
        if wide:
            first = next(position for years in wide.values() for position in years.values())
            table = read("year")
            message = f"the years stand in columns: {', '.join(stem or 'value' for stem in wide)} in one row per year"
            remedy = "say years_in_columns = true under [[table]] of a mapping to end the doubt"
            issues.append(replace(table.issue("wide-years", message, remedy, -1, 0, severity="warning"),
                                  column="", cell=read(None).where(-1, first)[1]))  # fmt: skip
    if shape.leave_out:
        left = set(shape.leave_out)
        known = recognised(name, table.columns, named)
        labels = known.get("unit") or known.get("service") or []
        names = clean_labels(table.column(labels[0])) if labels else [""] * len(table)
        gone = sorted(left - set(names))
        if gone:
            message = f"there is no row {gone[0]!r} to leave out{nearest(gone[0], sorted(set(names)))}"
            issues.append(Issue("unknown-unit", message, "correct leave_out under [[table]]", file=table.source.file,
                                sheet=table.source.sheet, value=gone[0]))  # fmt: skip
        table = table.take([row for row, label in enumerate(names) if label not in left])
    return table, issues


def _read_columns(
    name: str,
    table: Table,
    found: Mapping[str, list[str]],
    currency: str,
    decimal: str | None,
    thousands: str | None,
) -> tuple[dict[str, Any], list[Issue]]:
    made: dict[str, Any] = {}
    issues: list[Issue] = []
    for column in FURTHER[name]:
        if not found.get(column.name) or column.kind == "note":
            continue
        header = found[column.name][0]
        if column.kind == "label":
            made[column.name], more = _labels(table, header)
        else:
            made[column.name], more = _numbers(table, header, column, currency, decimal, thousands)
        issues += more
    return made, issues


def _over_units(table: Table, header: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Issue]]:
    """Add the rows of a budget's units for each year and service; a sum among them would count twice."""
    from bench.reading.checks import clean_labels
    from bench.reading.totals import total_rows

    numbers = [column for column in ONE_OF["budget"] if column in frame.columns]
    issues = [
        replace(issue, remedy=f"take the row away, or say leave_out = [{issue.unit!r}] under [[table]] of a mapping")
        for issue in total_rows(table, header, clean_labels(table.column(header)))
    ]
    keys = [column for column in ("year", "scheme", "service") if column in frame.columns]
    for column in numbers:
        lacking = frame.groupby(keys)[column].transform(lambda values: values.isna().any() and not values.isna().all())
        for row in np.flatnonzero((lacking & frame[column].isna()).to_numpy()).tolist():
            unit = str(frame["unit"].iloc[row])
            message = f"{column} of {unit} is missing, where other units have it"
            issues.append(Issue("further-value", message, "give the number; 0 where there is none",
                                file=table.source.file, sheet=table.source.sheet, unit=unit))  # fmt: skip
    again = frame.duplicated([*keys, "unit"])
    for row in np.flatnonzero(again.to_numpy()).tolist():
        unit = str(frame["unit"].iloc[row])
        issues.append(Issue("duplicate-row", f"{unit} stands twice for the same year and service", "give one row each",
                            file=table.source.file, sheet=table.source.sheet, unit=unit))  # fmt: skip
    return frame.groupby(keys, sort=False)[numbers].sum(min_count=1).reset_index(), issues


def _columns_wrong(name: str, table: Table, found: Mapping[str, list[str]], shape: Shape) -> list[Issue]:
    issues = []
    listed = ", ".join(table.columns)
    stated = {column: [column] for column in shape.stated()}
    if shape.services:
        stated |= {"service": ["service"], str(shape.quantity): list(shape.services)}
    absent = [header for header in shape.services.values() if header not in table]
    for header in absent:
        message = f"there is no column {header!r}{nearest(header, table.columns)}"
        issues.append(Issue("missing-column", message, f"columns are: {listed}", file=table.source.file,
                            sheet=table.source.sheet, column=header))  # fmt: skip
    for gone in lacks(name, {**found, **stated}):
        words = " or ".join(
            f"{column.name!r} ({column.words[0]})" for column in FURTHER[name] if column.name in gone.split(" or ")
        )
        issues.append(
            Issue(
                "missing-column",
                f"the table {name!r} has no column {words}; it has {listed}",
                f"call it so, or say which it is under [[table]] of a mapping: {gone.split(' ')[0]} = …",
                file=table.source.file,
                sheet=table.source.sheet,
                column=gone.split(" ")[0],
            )
        )
    for column, headers in found.items():
        if len(headers) > 1 and column != "note":
            issues.append(
                Issue(
                    "ambiguous-column",
                    f"{', '.join(headers)} may each be {column!r} of the table {name!r}",
                    f"say which under [[table]] of a mapping: columns = {{ {column} = … }}, or take one away",
                    file=table.source.file,
                    column=headers[0],
                )
            )
    known = {header for headers in found.values() for header in headers} | set(shape.services.values())
    issues += [
        table.issue(
            "unused-column",
            f"the table {name!r} has no use for this column: it is not read",
            f"its columns are {', '.join(column.name for column in FURTHER[name])}",
            -1,
            header,
            severity="warning",
        )
        for header in table.columns
        if header not in known
    ]
    return issues


def _labels(table: Table, header: str) -> tuple[list[str], list[Issue]]:
    texts = ["" if cell is None else str(cell).strip() for cell in table.column(header)]
    wrong = [
        table.issue("missing-label", "a name is missing", "fill it in, or take the row away", row, header)
        for row, text in enumerate(texts)
        if not text
    ]
    return texts, wrong


def _numbers(
    table: Table, header: str, column: FurtherColumn, currency: str, decimal: str | None, thousands: str | None
) -> tuple[Any, list[Issue]]:
    from bench.reading import parse_numbers
    from bench.reading.measuring import measured

    cells = table.column(header)
    numbers = parse_numbers(cells)
    if any(p.rule == "ambiguous-number" for p in numbers.problems):  # what is said of the accounts ends a doubt only
        numbers = parse_numbers(cells, decimal=decimal, thousands=thousands)
    issues = [table.issue(p.rule, p.message, p.remedy, p.row, header) for p in numbers.problems]
    wrong = {p.row for p in numbers.problems}
    values = np.asarray(numbers.values, dtype=np.float64).copy()
    if column.kind in ("volume", "money"):
        known = measured(table, header, numbers, scale={}, currency=currency, money=column.kind == "money")
        issues += known.issues
        values = known.applied(values)
    if column.kind == "growth" and _PER_CENT.search(header):
        values = values / 100.0
    optional = not column.needed
    for row, value in enumerate(values.tolist()):
        if row in wrong:
            continue
        said = _refused(column, value, optional=optional)
        if said is not None:
            issues.append(table.issue("further-value", said[0], said[1], row, header))
    return values, issues


def _refused(column: FurtherColumn, value: float, *, optional: bool) -> tuple[str, str] | None:
    """Return what is wrong with a value and what to do; an optional column may be empty in a row."""
    if np.isnan(value):
        return None if optional else ("a number is missing", "fill it in, or take the row away")
    if column.kind == "year" and not (value == int(value) and 1900 <= value <= 2200):
        return f"{value:g} is no year", "write four digits"
    if column.kind == "month" and value not in range(1, 13):
        return f"{value:g} is no month", "write 1 to 12"
    if column.kind in ("volume", "money") and value < 0:
        return f"{value:g} is negative", "a budget and an order are not negative: correct the sign"
    if column.kind == "growth" and abs(value) > _MOST_GROWTH:
        return (
            f"growth of {value:g} is {value:.0%} in a year",
            "write 0.031 for 3.1 per cent, call the column «vekst (prosent)», or «indeks» when it holds levels",
        )
    if column.kind == "level" and value <= 0:
        return f"an index of {value:g} has no growth", "an index is positive"
    return None


def _as_growth(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn levels of an index into growth from the year before; the first year has none."""
    if "growth" in frame.columns or "level" not in frame.columns:
        return frame.drop(columns=["level"], errors="ignore")
    ordered = frame.sort_values("year").reset_index(drop=True)
    follows = ordered["year"].diff() == 1.0
    ordered["growth"] = ordered["level"].pct_change()
    return ordered.loc[follows, ["year", "growth"]].reset_index(drop=True)


def unused(model: Model, tables: Mapping[str, pd.DataFrame], settled: StykkprisResult) -> list[Issue]:
    """Name what a budget or the monthly volumes say that nothing was made of."""
    services = {scheme.id: named_services(scheme) for scheme in model.scheme}
    extra = extra_tables(tables).within(services)
    known = sorted({name for names in services.values() for name in names.values()})
    strange: dict[tuple[str, str], list[int]] = {}
    for year, scheme, service in extra.unknown(services):
        strange.setdefault((scheme, service), []).append(year)
    issues = [
        _warned(
            "unused-row",
            f"the budget or the monthly volumes name {service!r}"
            + (f" in {scheme!r}" if scheme else "")
            + f", which the model does not have{nearest(service, known)}: {len(years)} rows are not used",
            f"call it one of {', '.join(known)}, or take the rows away",
            years,
            service,
        )
        for (scheme, service), years in sorted(strange.items())
    ]
    volumes = {key[:2] for part in (extra.budget, extra.ordered) for key in part if key[1] in services}
    amounts = {key[:2] for key in extra.amounts if key[1] in services}
    next_year = {(int(row["year"]), str(row["scheme"])) for row in settled.bill.to_dict("records")}
    accounts = {(int(row["year"]), str(row["scheme"])) for row in settled.purchaser.to_dict("records")}
    by_table = model.purchaser is not None and model.purchaser.budget == "table"
    idle = volumes - next_year - (accounts if by_table else set())
    for scheme in sorted({scheme for _, scheme in idle}):
        years = sorted(year for year, one in idle if one == scheme)
        issues.append(
            _warned(
                "unused-budget",
                f"the budgeted volumes of {scheme!r} in {', '.join(map(str, years))} are held against nothing",
                "let purchaser.budget be 'table' and purchaser.holder somebody else than the provider, for years that "
                "have prices; or take the rows away",
                years,
                scheme,
            )
        )
    for scheme in sorted({scheme for year, scheme in amounts - next_year}):
        years = sorted(year for year, one in amounts - next_year if one == scheme)
        issues.append(
            _warned(
                "unused-budget",
                f"the budgeted amounts of {scheme!r} in {', '.join(map(str, years))} are not used: the account of a "
                "year holds volumes against volumes",
                "give the budgeted volume (budget_volume) of those years; amounts count in the year after the accounts",
                years,
                scheme,
            )
        )
    return issues


def _warned(rule: str, message: str, remedy: str, years: list[int], value: str) -> Issue:
    return Issue(rule, message, remedy, severity="warning", period=str(min(years)), value=value)

"""Frames as CSV files in a locale's own form, and as the price book."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.cells import guarded
from bench.report.edition import Edition
from bench.report.tables.page import FIRST_YEAR
from bench.report.words.numbers import is_missing

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written: ``encoding`` is a Python codec name."""

    separator: str
    decimal: str
    encoding: str


#: Digits of a computed number.
_STATED = 12
#: Norwegian spreadsheets expect semicolon, decimal comma and a byte order mark.
DIALECTS: Mapping[str, Dialect] = {"nb": Dialect(";", ",", "utf-8-sig"), "en": Dialect(",", ".", "utf-8")}


def csv_bytes(columns: Sequence[str], body: Iterable[Sequence[Any]], language: str) -> bytes:
    """Return a table as the bytes of a CSV file; numbers as :func:`shown` says, empty cells for missing values.

    Text that a spreadsheet would run as a formula gets an apostrophe before it; our own reader takes it off again.
    """
    return _written(columns, list(zip(*body, strict=True)), DIALECTS[language])


def frame_bytes(frame: pd.DataFrame, language: str) -> bytes:
    """Return a frame as the bytes of a CSV file under its own column names."""
    names = [str(column) for column in frame.columns]
    return _written(names, [frame.iloc[:, place].tolist() for place in range(len(names))], DIALECTS[language])


def _written(names: Sequence[str], columns: Sequence[Sequence[Any]], dialect: Dialect) -> bytes:
    """Write column by column: a column has few kinds of values and many that are alike."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=dialect.separator, lineterminator="\r\n")
    writer.writerow([guarded(name) for name in names])
    writer.writerows(zip(*(_fields(column, dialect.decimal) for column in columns), strict=True))
    return buffer.getvalue().encode(dialect.encoding)


def _fields(values: Sequence[Any], decimal: str) -> list[str]:
    """Return the texts of a column; a text that comes again is looked at once."""
    known: dict[str, str] = {}
    found = []
    for value in values:
        kind = type(value)
        if kind is float:
            text = shown(value).replace(".", decimal) if value == value else ""
        elif kind is str:
            text = known.get(value, "") or known.setdefault(value, guarded(value))
        else:
            text = str(value) if kind is int else _field(value, decimal)
        found.append(text)
    return found


def price_book_bytes(edition: Edition) -> bytes:
    """Return the price book as the bytes of a CSV file with readers' headings and plain numbers."""
    t, labels = edition.t, edition.labels
    names = ("scheme", "service", "price_class", "price", "per", "valid_from", "valid_to", "previous_price", "change")
    columns = [t(f"col.{name}") for name in (*names, "price_source", "accounts", "deflator")]
    body = []
    for scheme in edition.facts.schemes:
        for row in scheme.prices:
            body.append(
                [
                    labels.scheme(row["scheme"]),
                    labels.service(row["scheme"], row["service"]),
                    labels.price_class(row["price_class"]),
                    row["price"],
                    labels.measure(row["scheme"], row["service"], row["measure"]),
                    *_valid(row["year"]),
                    row["previous_price"],
                    row["change"],
                    labels.word("source", row["source"]),
                    row["cost_year"],
                    row["deflator"],
                ]
            )
    return csv_bytes(columns, body, edition.language)


def _valid(year: Any) -> tuple[str, str]:
    """First and last day of a price year; the bare number where the data had no years."""
    if isinstance(year, int) and year >= FIRST_YEAR:
        return f"{year}-01-01", f"{year}-12-31"
    return str(year), str(year)


def readme(edition: Edition) -> bytes:
    """Return the note beside the tables: form, measures, column names, and whether the data are made up."""
    t = edition.t
    dialect = DIALECTS[edition.language]
    lines = [edition.labels.model]
    if edition.facts.run.synthetic:
        lines += ["", t("synthetic.banner")]
    bom = t("readme.bom") if dialect.encoding == "utf-8-sig" else ""
    lines += ["", t("readme.tables", separator=dialect.separator, decimal=dialect.decimal, bom=bom), ""]
    columns = dict.fromkeys(str(c) for frame in edition.facts.run.frames().values() for c in frame.columns)
    lines += [f"{column}: {meaning}" for column in columns if (meaning := t.known("col", column))]
    return ("\r\n".join(lines) + "\r\n").encode(dialect.encoding)


def shown(value: float) -> str:
    """Return a number as tables state it: amounts as they are, what is computed with twelve digits.

    Whole numbers and numbers of at most two decimals are written whole, as amounts in kroner and øre are. Others come
    out of arithmetic, with last digits of the processor that did it: with twelve another one writes the same.

    Examples
    --------
    >>> shown(12345678901234.25), shown(1 / 3), shown(0.1 + 0.2), shown(4.0), shown(1e22)
    ('12345678901234.25', '0.333333333333', '0.3', '4', '1e+22')
    """
    if 1e-4 <= abs(value) < 1e10:  # amounts have at most twelve digits here, and no exponent
        return f"{value:.{_STATED}g}"
    near = value if round(value, 2) == value else float(f"{value:.{_STATED}g}")
    return str(int(near)) if near.is_integer() and abs(near) < 1e15 else repr(near)


def _field(value: Any, decimal: str) -> str:
    if is_missing(value):
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        return "1" if value else "0"
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return shown(value).replace(".", decimal)
    return guarded(str(value))

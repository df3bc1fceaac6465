"""The further tables of a data set: budgeted volumes, volumes by month, cost growth by year.

Columns may be named in bokmål (as in the bundled data) or in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from bench.errors import DataError, Issue, OptionError, nearest

#: English name -> name in the bundled files.
NAMES = {
    "year": "aar",
    "month": "maaned",
    "scheme": "ordning",
    "service": "tjeneste",
    "budget_volume": "budsjettert_volum",
    "volume": "vedtatt_volum",
    "growth": "kostnadsvekst",
}
#: Columns that hold numbers, by their English names.
NUMBERS = ("year", "month", "budget_volume", "volume", "growth")
#: Table -> columns it needs.
NEEDED = {
    "budget": ("year", "scheme", "service", "budget_volume"),
    "months": ("year", "month", "scheme", "service", "volume"),
    "index": ("year", "growth"),
}


@dataclass(frozen=True, slots=True)
class ExtraTables:
    """The further tables in a form the engine looks things up in.

    Attributes
    ----------
    budget : mapping of (year, scheme, service) to volume
    months : mapping of (year, scheme, service) to mapping of month to decided volume
    planned : mapping of (year, scheme, service) to mapping of month to budgeted volume
    index : mapping of year to growth
    """

    budget: Mapping[tuple[int, str, str], float] = field(default_factory=dict)
    months: Mapping[tuple[int, str, str], Mapping[int, float]] = field(default_factory=dict)
    planned: Mapping[tuple[int, str, str], Mapping[int, float]] = field(default_factory=dict)
    index: Mapping[int, float] = field(default_factory=dict)


def extra_tables(tables: Mapping[str, pd.DataFrame] | None) -> ExtraTables:
    """Return the tables by key.

    Parameters
    ----------
    tables : mapping
        ``"budget"``, ``"months"`` and ``"index"``; each may be missing. Numbers must be numbers.

    Raises
    ------
    OptionError
        When a table has another name.
    DataError
        When a column is missing, a number is text, or a key stands twice.
    """
    given = dict(tables or {})
    for name in given:
        if name not in NEEDED:
            raise OptionError(f"no table {name!r}; there are {', '.join(NEEDED)}{nearest(name, NEEDED)}")
    frames = {name: _renamed(frame, name) for name, frame in given.items()}
    return ExtraTables(
        budget=_by_service(frames.get("budget"), "budget_volume"),
        months=_by_month(frames.get("months"), "volume"),
        planned=_by_month(frames.get("months"), "budget_volume"),
        index=_index(frames.get("index")),
    )


def _renamed(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    english = {nb: en for en, nb in NAMES.items()}
    frame = frame.rename(columns={column: english.get(str(column), str(column)) for column in frame.columns})
    gone = [column for column in NEEDED[table] if column not in frame.columns]
    if gone:
        raise DataError(
            [
                Issue(
                    "missing-column",
                    f"the table {table!r} has no column {column!r}",
                    f"call it {column!r} or {NAMES[column]!r}",
                    column=column,
                )
                for column in gone
            ]
        )
    numbers = [column for column in NUMBERS if column in frame.columns]
    words = [
        column for column in numbers if not pd.api.types.is_numeric_dtype(frame[column]) or frame[column].isna().any()
    ]
    if words:
        raise DataError(
            [
                Issue(
                    "not-a-number",
                    f"the table {table!r} needs numbers here",
                    "read it with the right decimal sign",
                    column=column,
                )
                for column in words
            ]
        )
    return frame


def _by_service(frame: pd.DataFrame | None, column: str) -> dict[tuple[int, str, str], float]:
    made: dict[tuple[int, str, str], float] = {}
    if frame is None:
        return made
    for year, scheme, service, value in zip(
        frame["year"], frame["scheme"], frame["service"], frame[column], strict=True
    ):
        key = (int(year), str(scheme), str(service))
        if key in made:
            raise DataError(
                [
                    Issue(
                        "duplicate-row",
                        f"{' '.join(map(str, key))} stands twice",
                        "give one row each",
                        period=str(year),
                    )
                ]
            )
        made[key] = float(value)
    return made


def _by_month(frame: pd.DataFrame | None, column: str) -> dict[tuple[int, str, str], dict[int, float]]:
    made: dict[tuple[int, str, str], dict[int, float]] = {}
    if frame is None or column not in frame.columns:
        return made
    for year, month, scheme, service, value in zip(
        frame["year"], frame["month"], frame["scheme"], frame["service"], frame[column], strict=True
    ):
        made.setdefault((int(year), str(scheme), str(service)), {})[int(month)] = float(value)
    return made


def _index(frame: pd.DataFrame | None) -> dict[int, float]:
    if frame is None:
        return {}
    return {int(year): float(growth) for year, growth in zip(frame["year"], frame["growth"], strict=True)}

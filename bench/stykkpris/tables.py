"""The further tables of a data set as the engine looks things up in them: budget, volumes by month, price growth.

Columns may be named in bokmål (as in the bundled data) or in English; see :mod:`bench.modelfile.further`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pandas as pd

from bench.errors import DataError, Issue, OptionError, nearest
from bench.modelfile import Scheme
from bench.modelfile.further import FURTHER, lacks, recognised

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class ExtraTables:
    """The further tables in a form the engine looks things up in.

    Attributes
    ----------
    budget : mapping of (year, scheme, service) to budgeted volume
    ordered : mapping of (year, scheme, service) to ordered volume
    amounts : mapping of (year, scheme, service) to budgeted amount, NOK
    months : mapping of (year, scheme, service) to mapping of month to decided volume
    planned : mapping of (year, scheme, service) to mapping of month to budgeted volume
    index : mapping of year to growth
    """

    budget: Mapping[tuple[int, str, str], float] = field(default_factory=dict)
    ordered: Mapping[tuple[int, str, str], float] = field(default_factory=dict)
    amounts: Mapping[tuple[int, str, str], float] = field(default_factory=dict)
    months: Mapping[tuple[int, str, str], Mapping[int, float]] = field(default_factory=dict)
    planned: Mapping[tuple[int, str, str], Mapping[int, float]] = field(default_factory=dict)
    index: Mapping[int, float] = field(default_factory=dict)

    def within(self, services: Mapping[str, Mapping[str, str]]) -> ExtraTables:
        """Return the tables by the schemes and services of a model, by their ids.

        Parameters
        ----------
        services : mapping of scheme to mapping of every name of a service to its id

        Raises
        ------
        DataError
            When a row without a scheme may be meant for several. Rows of what the model does not have stay as they are:
            :meth:`unknown` names them.
        """
        return ExtraTables(
            budget=_within(self.budget, services),
            ordered=_within(self.ordered, services),
            amounts=_within(self.amounts, services),
            months=_within(self.months, services),
            planned=_within(self.planned, services),
            index=self.index,
        )

    def unknown(self, services: Mapping[str, Mapping[str, str]]) -> list[tuple[int, str, str]]:
        """Return the rows of budget and months that name a scheme or a service the model does not have."""
        keys = {key for part in (self.budget, self.ordered, self.amounts, self.months) for key in part}
        return sorted(key for key in keys if key[2] not in services.get(key[1], {}).values())


def _within(part: Mapping[tuple[int, str, str], Value], services: Mapping[str, Mapping[str, str]]) -> Any:
    made: dict[tuple[int, str, str], Value] = {}
    for (year, scheme, service), value in part.items():
        held = [one for one, names in services.items() if service in names] if not scheme else [scheme]
        if len(held) > 1:
            raise DataError(
                [
                    Issue(
                        "ambiguous-service",
                        f"{service!r} is a service of {', '.join(held)}",
                        "give the table a column «scheme» (ordning)",
                        period=str(year),
                        value=service,
                    )
                ]
            )
        home = held[0] if held else scheme
        key = (year, home, services.get(home, {}).get(service, service))
        if key in made:
            raise _twice(key)
        made[key] = value
    return made


def named_services(scheme: Scheme) -> dict[str, str]:
    """Return the id of each service of a scheme by every name it goes by: id, column and label."""
    names: dict[str, str] = {}
    for part in (
        {service.label.nb: service.id for service in scheme.service},
        {service.label.en: service.id for service in scheme.service},
        {service.column: service.id for service in scheme.service},
        {service.id: service.id for service in scheme.service},
    ):
        names |= part
    return names


def extra_tables(tables: Mapping[str, pd.DataFrame] | None) -> ExtraTables:
    """Return the tables by key.

    Parameters
    ----------
    tables : mapping
        ``"budget"``, ``"months"`` and ``"index"``; each may be missing. Numbers must be numbers; a budget may leave a
        volume, an order or an amount of a row empty.

    Raises
    ------
    OptionError
        When a table has another name.
    DataError
        When a column is missing, a number is text, or a key stands twice.
    """
    given = dict(tables or {})
    for name in given:
        if name not in FURTHER:
            raise OptionError(f"no table {name!r}; there are {', '.join(FURTHER)}{nearest(name, FURTHER)}")
    frames = {name: _renamed(frame, name) for name, frame in given.items()}
    budget = frames.get("budget")
    return ExtraTables(
        budget=_by_service(budget, "budget_volume"),
        ordered=_by_service(budget, "ordered_volume"),
        amounts=_by_service(budget, "budget_amount"),
        months=_by_month(frames.get("months"), "volume"),
        planned=_by_month(frames.get("months"), "budget_volume"),
        index=_index(frames.get("index")),
    )


def _renamed(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    found = recognised(table, map(str, frame.columns))
    gone = lacks(table, found)
    words = {column.name: column.words[0].replace(" ", "_") for column in FURTHER[table]}
    issues = [
        Issue(
            "missing-column",
            f"the table {table!r} has no column {name!r}",
            "call it " + " or ".join(f"{one!r} or {words[one]!r}" for one in name.split(" or ")),
            column=name,
        )
        for name in gone
    ]
    if issues:
        raise DataError(issues)
    frame = frame.rename(columns={headers[0]: name for name, headers in found.items() if name != "note"})
    numeric = [
        column for column in FURTHER[table] if column.kind not in ("label", "note") and column.name in frame.columns
    ]
    words_in = [
        column.name
        for column in numeric
        if not pd.api.types.is_numeric_dtype(frame[column.name])
        or (frame[column.name].isna().any() and (column.needed or table != "budget"))
    ]
    if words_in:
        raise DataError(
            [
                Issue(
                    "not-a-number",
                    f"the table {table!r} needs numbers here",
                    "read it with the right decimal sign",
                    column=column,
                )
                for column in words_in
            ]
        )
    return frame


def _keys(frame: pd.DataFrame) -> list[tuple[int, str, str]]:
    schemes = frame["scheme"] if "scheme" in frame.columns else [""] * len(frame)
    return [
        (int(year), str(scheme), str(service))
        for year, scheme, service in zip(frame["year"], schemes, frame["service"], strict=True)
    ]


def _twice(key: tuple[int, str, str]) -> DataError:
    text = " ".join(str(part) for part in key if part != "")
    return DataError([Issue("duplicate-row", f"{text} stands twice", "give one row each", period=str(key[0]))])


def _by_service(frame: pd.DataFrame | None, column: str) -> dict[tuple[int, str, str], float]:
    made: dict[tuple[int, str, str], float] = {}
    if frame is None or column not in frame.columns:
        return made
    seen = set()
    for key, value in zip(_keys(frame), frame[column], strict=True):
        if key in seen:
            raise _twice(key)
        seen.add(key)
        if value == value:  # an empty cell says nothing
            made[key] = float(value)
    return made


def _by_month(frame: pd.DataFrame | None, column: str) -> dict[tuple[int, str, str], dict[int, float]]:
    made: dict[tuple[int, str, str], dict[int, float]] = {}
    if frame is None or column not in frame.columns:
        return made
    for key, month, value in zip(_keys(frame), frame["month"], frame[column], strict=True):
        year = made.setdefault(key, {})
        if int(month) in year:
            raise _twice(key)
        year[int(month)] = float(value)
    return made


def _index(frame: pd.DataFrame | None) -> dict[int, float]:
    if frame is None:
        return {}
    return {int(year): float(growth) for year, growth in zip(frame["year"], frame["growth"], strict=True)}

"""The months of a year as inputs: what was decided and what was budgeted, service by service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.report.workbook.grid import InputGrid
from bench.report.workbook.scheme import SchemeBook
from bench.report.workbook.sheet import Cell

MONTHS = range(1, 13)


@dataclass(slots=True)
class MonthRows:
    """Volumes by month, services of one scheme and year below one another.

    Attributes
    ----------
    done, planned : dict of (scheme, year) to dict of service to cells
        Twelve cells of each service the table speaks of; a month it is silent about has a cell with 0.
    """

    done: dict[tuple[str, int], dict[str, list[Cell]]] = field(default_factory=dict)
    planned: dict[tuple[str, int], dict[str, list[Cell]]] = field(default_factory=dict)

    @classmethod
    def of(cls, grid: InputGrid, parts: list[SchemeBook]) -> MonthRows:
        """Write the volumes by month of every settled year."""
        from bench.stykkpris.tables import extra_tables, named_services

        made = cls()
        run = grid.book.edition.facts.run
        tables = extra_tables(run.tables).within({s.id: named_services(s) for s in run.model.scheme})
        for name, found, kept in (
            ("month", tables.months, made.done),
            ("month_plan", tables.planned, made.planned),
        ):
            for part in parts:
                keys = [
                    (year, service.id)
                    for year in part.settled
                    for service in part.scheme.service
                    if found.get((year, part.id, service.id))
                ]
                if keys:
                    _section(grid, part, name, keys, found, kept)
        return made


def _section(
    grid: InputGrid,
    part: SchemeBook,
    name: str,
    keys: list[tuple[int, str]],
    found: Mapping[tuple[int, str, str], Mapping[int, float]],
    kept: dict[tuple[str, int], dict[str, list[Cell]]],
) -> None:
    """Write one scheme's rows of one table; a month without a number counts as none, in the engine too."""
    t, labels = grid.book.edition.t, grid.book.edition.labels
    titles: list[Any] = [t("col.service"), t("col.year"), *(t("workbook.month", month=month) for month in MONTHS)]
    first = grid.section(f"{t(f'part.{name}')}: {part.label}", titles)
    for year, service in keys:
        row = grid.line(labels.service(part.id, service), year)
        stated = found[year, part.id, service]
        kept.setdefault((part.id, year), {})[service] = [
            grid.put((name, part.id, year, service, month), row, 1 + month, stated.get(month, 0.0), "volume")
            for month in MONTHS
        ]
    for month in MONTHS:
        grid.limit(first, grid.row - 1, 1 + month, "volume")
    grid.end()

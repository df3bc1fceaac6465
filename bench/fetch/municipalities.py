"""Municipalities and services through the years: which codes of a year one of today consists of.

The bundled tables are dated (``datasets/kommuner``); Klass gives others.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from bench.errors import ResourceError
from bench.resources import dataset

Kind = Literal["same", "renumbered", "merged", "divided"]


class Change(NamedTuple):
    """A code that became another on 1 January of a year."""

    year: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What one municipality was in an earlier year.

    Attributes
    ----------
    codes : tuple of str
    kind : {"same", "renumbered", "merged", "divided"}
        ``merged``: the sum of ``codes``. ``divided``: part of one of them has become another municipality.
    year : int
        Of the change that makes it merged or divided; 0 otherwise.
    """

    codes: tuple[str, ...]
    kind: Kind
    year: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of codes by year.

    Attributes
    ----------
    changes : tuple of Change
    source : str
    """

    changes: tuple[Change, ...]
    source: str

    def origin(self, code: str, now: int, then: int) -> Origin:
        """Return what a code of the year ``now`` was in the year ``then``.

        Examples
        --------
        >>> changes = bundled_changes()
        >>> changes.origin("3103", 2024, 2019)
        Origin(codes=('0104', '0136'), kind='merged', year=2020)
        >>> changes.origin("3101", 2024, 2019)
        Origin(codes=('0101',), kind='renumbered', year=0)
        >>> changes.origin("1580", 2024, 2023).kind
        'divided'
        """
        codes = {code}
        kind: Kind = "same"
        cause = 0
        for year in sorted({change.year for change in self.changes if then < change.year <= now}, reverse=True):
            here = [change for change in self.changes if change.year == year]
            before = set()
            for one in codes:
                before |= {change.old for change in here if change.new == one} or {one}
            after = {change.new for change in here if change.old in before}
            if kind != "divided" and after - codes:
                kind, cause = "divided", year
            elif kind not in ("divided", "merged") and len(before) > len(codes):
                kind, cause = "merged", year
            codes = before
        if kind == "same" and codes != {code}:
            kind = "renumbered"
        return Origin(tuple(sorted(codes)), kind, cause)

    def heirs(self, code: str, now: int) -> tuple[str, ...]:
        """Return what a code that has ended is in the year ``now``; itself when it has not.

        Examples
        --------
        >>> bundled_changes().heirs("0104", 2024), bundled_changes().heirs("4204", 2024)
        (('3103',), ('4204',))
        """
        codes = {code}
        for year in sorted({change.year for change in self.changes if change.year <= now}):
            new = set()
            for one in codes:
                new |= {change.new for change in self.changes if change.year == year and change.old == one} or {one}
            codes = new
        return tuple(sorted(codes))

    def began(self, code: str) -> int:
        """Return the year a code began; 0 when it was there before the table begins."""
        years = [change.year for change in self.changes if change.new == code]
        goes_on = any(change.old == code and change.new == code for change in self.changes)
        return min(years) if years and not goes_on else 0


@cache
def bundled_changes() -> Changes:
    """Return the changes of 2020 and 2024 from the bundled table."""
    path = dataset("kommuner").path("data")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [Change(int(row["aar"]), row["gammel"], row["ny"]) for row in csv.DictReader(file, delimiter=";")]
    return Changes(tuple(rows), "datasets/kommuner")


# -- services ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Series:
    """A service through the years: the functions of the accounts that hold it, and the years of each."""

    name: str
    functions: tuple[tuple[str, int, int], ...]

    def of(self, year: int) -> tuple[str, ...]:
        """Return the functions of a year.

        Examples
        --------
        >>> home = care_series(("254",))[0]
        >>> home.of(2023), home.of(2024)
        (('254',), ('257', '258'))
        """
        return tuple(code for code, first, last in self.functions if first <= year <= last)


@cache
def _known_series() -> dict[str, Series]:
    path = dataset("kommuner").path("funksjoner")
    found: dict[str, list[tuple[str, int, int]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            years = (int(row["fra"] or 0), int(row["til"] or 9999))
            found.setdefault(row["serie"], []).append((row["funksjon"], *years))
    return {name: Series(name, tuple(parts)) for name, parts in found.items()}


#: The functions of municipal care: the activity, institution, home-service and premises functions that Norway's trial
#: of state financing counted (sio2021, 2.1).
CARE = ("234", "253", "254", "261")


def care_series(names: Sequence[str], years: Sequence[int] = ()) -> tuple[Series, ...]:
    """Return services by name; ``care`` is the whole of :data:`CARE`, another function is itself.

    Raises
    ------
    ResourceError
        When a function did not exist in one of the years.
    """
    known = _known_series()
    wanted = [name for part in names for name in (CARE if part == "care" else (part,))]
    made = []
    for name in dict.fromkeys(wanted):
        inside = [(series.name, *part) for series in known.values() for part in series.functions if part[0] == name]
        if name not in known and inside:
            series, _, first, last = inside[0]
            outside = [year for year in years if not first <= year <= last]
            if outside:
                whole = " + ".join(code for code, *_ in known[series].functions if code != series)
                raise ResourceError(
                    f"function {name} exists from {first}, not in {min(outside)}; {series} was divided into {whole} "
                    f"then: ask for --functions {series}, which is their sum from {first}"
                )
        made.append(known.get(name, Series(name, ((name, 0, 9999),))))
    return tuple(made)

"""A table of public statistics for chosen municipalities and years as one JSON-stat file with its provenance.

Each row of the file is a municipality in a year; each column a measured quantity of a service. Municipalities are those
of the last year, through renumbering and merger; aggregates of the office are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

from bench.errors import ResourceError
from bench.fetch.klass import Klass
from bench.fetch.municipalities import Changes, Origin, Series, care_series
from bench.fetch.pxweb import Cube, Metadata, PxWeb, chosen

#: A municipality's code; everything else there is an aggregate: EAK, EAKUO, EKA.., EKG.., EAFK.., a county.
_MUNICIPALITY = re.compile(r"\d{4}")
_NO_PLACE = "9999"

#: First year whose municipalities the bundled table of changes begins from.
_BUNDLED_FROM = 2019

_FUNCTION = "funksjon"
_RATIO = re.compile(
    r"\bper\b|\bpr\b|prosent|per ?cent|percentage|andel|\bshare\b|indeks|\bindex\b|gjennomsnitt|average|\bmean\b|"
    r"snitt|dekningsgrad|\brate\b|median|kr/",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"(?:(?:1 ?000|mill\.?|mrd\.?) ?)?(?:kr|kroner|nok)(?: ?\(?(?:1 ?000|mill\.?)\)?)?|nok 1 ?000|antall|number|"
    r"personer|persons|innbyggere|inhabitants|brukere|users|beboere|plasser|places|årsverk|avtalte årsverk|man-years|"
    r"full-time equivalents|timer|hours|døgn|days|oppholdsdøgn|opphald|opphold|stays|besøk|visits|rom|rooms|"
    r"institusjoner|enheter|units|vedtak",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for.

    Attributes
    ----------
    table : str
    municipalities : tuple of str
        Codes of the last year; ``("all",)`` for every one.
    years : tuple of int
    select : dict of str to tuple of str
        Values of the other variables.
    functions : tuple of str
        Functions of the accounts, or ``care``; empty to choose them in ``select``.
    groups : bool
        Add the KOSTRA group of each year.
    changed : {"refuse", "sum", "leave-out"}
        What becomes of a municipality that was several: refused, the sum of them, or left out.
    """

    table: str
    municipalities: tuple[str, ...]
    years: tuple[int, ...]
    select: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    functions: tuple[str, ...] = ()
    groups: bool = False
    changed: Literal["refuse", "sum", "leave-out"] = "refuse"


@dataclass(frozen=True, slots=True, eq=False)
class Fetched:
    """A file in the making.

    Attributes
    ----------
    content : dict
        A JSON-stat 2.0 data set; ``extension.provenance`` says where it came from.
    comments : tuple of str
        What was decided on the way.
    """

    content: dict[str, Any]
    comments: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """Return the file's bytes: the same for the same answers."""
        return (json.dumps(self.content, ensure_ascii=False, indent=1) + "\n").encode()


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the file: the codes of a year that are added up, its name and its measure."""

    code: str
    label: str
    unit: str
    fixed: Mapping[str, str]
    function: str
    series: Series | None

    def keys(self, year: int) -> list[dict[str, str]]:
        if self.series is None:
            return [dict(self.fixed)]
        return [{**self.fixed, self.function: code} for code in self.series.of(year)]


def fetch_table(wanted: Wanted, office: PxWeb, changes: Changes, klass: Klass | None = None) -> Fetched:
    """Fetch a table and write it as one row per municipality and year.

    Parameters
    ----------
    wanted : Wanted
    office : PxWeb
    changes : Changes
        See :func:`bench.fetch.bundled_changes` and :meth:`bench.fetch.Klass.changes`.
    klass : Klass, optional
        Needed for ``groups``.

    Raises
    ------
    ResourceError
        When the table, a municipality, a year or a value is not there, or when a municipality was merged or divided and
        ``changed`` does not say what becomes of it: everything that is wrong at once.
    """
    if not wanted.years:
        raise ResourceError("no year is asked for: give --years, such as --years 2020:2024")
    if changes.source == "datasets/kommuner" and min(wanted.years) < _BUNDLED_FROM:
        raise ResourceError(
            f"the bundled table of municipalities begins with those of {_BUNDLED_FROM}: for {min(wanted.years)} give "
            "--changes klass, which asks Statistics Norway's classifications"
        )
    office.configured()
    about = office.metadata(wanted.table)
    comments: list[str] = []
    series, function = _series(wanted, about)
    places, origins = _places(wanted, about, changes, comments)
    choice = _choice(wanted, about, series, function, origins)
    cube = office.data(about, choice)
    columns = _columns(about, cube, choice, series, function)
    years = sorted(set(wanted.years))
    cells = {
        (code, year): [_cell(about, cube, column, origins[code, year], year) for column in columns]
        for code, year in product(places, years)
    }
    groups = klass.groups(years) if wanted.groups and klass is not None else {}
    comments += _told(columns, origins, wanted.changed)
    content = _written(wanted, office, about, cube, places, years, columns, cells, groups, origins, changes, klass)
    return Fetched(content, tuple(comments))


# -- what is asked for ---------------------------------------------------------------------------------------


def _series(wanted: Wanted, about: Metadata) -> tuple[tuple[Series, ...], str]:
    if not wanted.functions:
        return (), ""
    function = next((code for code, part in about.variables.items() if _FUNCTION in code.lower()), "")
    if not function:
        raise ResourceError(f"table {about.table} has no variable of functions: leave out --functions")
    return care_series(wanted.functions, wanted.years), function


def _places(
    wanted: Wanted, about: Metadata, changes: Changes, comments: list[str]
) -> tuple[list[str], dict[tuple[str, int], Origin]]:
    """Return the municipalities of the last year and what each was in every year."""
    if not about.geo:
        raise ResourceError(f"table {about.table} has no variable of places")
    there = about.variables[about.geo].values
    last = max(wanted.years)
    everything = wanted.municipalities == ("all",)
    if everything:
        named = [code for code in there if _MUNICIPALITY.fullmatch(code) and code != _NO_PLACE]
        asked = [code for code in named if changes.heirs(code, last) == (code,) and changes.began(code) <= last]
        out = [code for code in there if not _MUNICIPALITY.fullmatch(code)]
        if out:
            shown = ", ".join(out[:6]) + (f" … {len(out)} in all" if len(out) > 6 else "")
            comments.append(f"Left out, because they are sums or means of municipalities: {shown}.")
    else:
        asked = list(dict.fromkeys(wanted.municipalities))
    problems = []
    origins: dict[tuple[str, int], Origin] = {}
    for code in list(asked):
        problem = "" if everything else _wrong_place(code, about, changes, last)
        found = {year: changes.origin(code, last, year) for year in sorted(set(wanted.years))}
        divided = [year for year, origin in found.items() if origin.kind == "divided"]
        merged = [year for year, origin in found.items() if origin.kind == "merged"]
        if not problem and (divided or merged) and (wanted.changed == "leave-out" or (everything and divided)):
            asked.remove(code)
            comments.append(f"{_name(about, code)} is left out: {_was(found, divided or merged)}.")
            continue
        if not problem and divided:
            problem = (
                f"{_name(about, code)}: {_was(found, divided)}, and no one can say how its numbers divide: ask for "
                f"years from {found[max(divided)].year}, or leave it out with --changed leave-out"
            )
        elif not problem and merged and wanted.changed == "refuse":
            problem = (
                f"{_name(about, code)}: {_was(found, merged)}: give --changed sum to add them up, --changed leave-out "
                f"to leave the municipality out, or ask for years from {found[max(merged)].year}"
            )
        if problem:
            problems.append(problem)
        origins.update({(code, year): origin for year, origin in found.items()})
    if problems:
        raise ResourceError("\n".join(problems))
    if not asked:
        raise ResourceError("no municipality is left to fetch: " + " ".join(comments))
    return asked, origins


def _wrong_place(code: str, about: Metadata, changes: Changes, last: int) -> str:
    heirs = changes.heirs(code, last)
    if not _MUNICIPALITY.fullmatch(code) or code == _NO_PLACE:
        return f"{code!r} is no municipality: an aggregate is left out by rule, because it is no unit"
    if heirs != (code,):
        return f"{code} is not a municipality of {last}: ask for {' or '.join(heirs)}, which it became"
    if code not in about.variables[about.geo].values:
        return f"table {about.table} has no municipality {code}"
    return ""


def _name(about: Metadata, code: str) -> str:
    label = about.variables[about.geo].labels.get(code, "")
    return f"{code} {label}".strip()


def _was(found: Mapping[int, Origin], years: Sequence[int]) -> str:
    origin = found[max(years)]
    how = "it was several before" if origin.kind == "merged" else "it was part of another before"
    return f"{how} {origin.year} ({', '.join(origin.codes)})"


def _choice(
    wanted: Wanted, about: Metadata, series: tuple[Series, ...], function: str, origins: dict[tuple[str, int], Origin]
) -> dict[str, tuple[str, ...]]:
    there = set(about.variables[about.geo].values)
    codes = sorted({code for origin in origins.values() for code in origin.codes})
    absent = [code for code in codes if code not in there]
    if absent:
        raise ResourceError(f"table {about.table} does not hold {', '.join(absent)}, which the years asked for need")
    asked = {**wanted.select, about.geo: tuple(codes)}
    if about.time:
        asked[about.time] = tuple(map(str, sorted(set(wanted.years))))
    if function:
        asked[function] = tuple(dict.fromkeys(code for one in series for year in wanted.years for code in one.of(year)))
    return chosen(about, asked)


# -- columns and cells ---------------------------------------------------------------------------------------


def _columns(
    about: Metadata, cube: Cube, choice: Mapping[str, Sequence[str]], series: tuple[Series, ...], function: str
) -> list[_Column]:
    """One column per combination of what is neither place nor year, named by what tells it from the others."""
    spread = [code for code in choice if code not in (about.geo, about.time, function, about.contents)]
    contents = choice.get(about.contents, ("",))
    made = []
    for one, rest, what in product(series or (None,), product(*(choice[code] for code in spread)), contents):
        fixed = dict(zip(spread, rest, strict=True)) | ({about.contents: what} if about.contents else {})
        words = [_called(one, cube, function)] if one is not None else []
        words += [cube.labels.get((code, fixed[code]), fixed[code]) for code in spread if len(choice[code]) > 1]
        words.append(cube.labels.get((about.contents, what), what or about.title))
        label = ": ".join(words)
        parts = [one.name] if one is not None else []
        parts += [fixed[code] for code in spread if len(choice[code]) > 1]
        parts += [what] if len(contents) > 1 or not parts else []
        code = ".".join(parts) or "value"
        made.append(_Column(code, label, cube.units.get(what, ""), fixed, function, one))
    return made


def _called(series: Series, cube: Cube, function: str) -> str:
    """Return a service's name: the number and words of the office, and every number when they changed."""
    codes = [code for code, *_ in series.functions if (function, code) in cube.labels]
    words = cube.labels.get((function, codes[0]), "") if codes else ""
    return " / ".join(codes) if len(codes) > 1 else f"{series.name} {words.removeprefix(series.name).strip()}".strip()


def _cell(about: Metadata, cube: Cube, column: _Column, origin: Origin, year: int) -> tuple[float | int | None, str]:
    """Return a value, the sum of its parts, or the sign of the first part that is missing."""
    parts = []
    for place, key in product(origin.codes, column.keys(year)):
        whole = {**key, about.geo: place, about.time: str(year)}
        parts.append(cube.values.get(tuple(whole.get(code, "") for code in cube.order), (None, "..")))
    if not parts:
        return None, "."
    missing = [sign for value, sign in parts if value is None]
    if missing:
        return None, missing[0] or ".."
    if len(parts) > 1 and not _adds_up(column):
        raise ResourceError(
            f"{column.label!r} ({column.unit or 'no measure'}) is the number of several "
            f"({', '.join(origin.codes) if len(origin.codes) > 1 else 'functions ' + _codes_of(column, year)}) in "
            f"{year}, and a share or mean is no sum: choose amounts and counts with --select, or leave such "
            "municipalities out with --changed leave-out"
        )
    total = sum(value for value, _ in parts if value is not None)
    return total, ""


def _codes_of(column: _Column, year: int) -> str:
    return " + ".join(column.series.of(year)) if column.series is not None else ""


def _adds_up(column: _Column) -> bool:
    return not _RATIO.search(f"{column.label} {column.unit}") and _COUNT.fullmatch(column.unit.strip()) is not None


def _told(columns: Sequence[_Column], origins: Mapping[tuple[str, int], Origin], changed: str) -> Iterator[str]:
    """Say what was put together."""
    renumbered = sorted({code for (code, _), origin in origins.items() if origin.kind == "renumbered"})
    merged = sorted({code for (code, _), origin in origins.items() if origin.kind == "merged"})
    if renumbered:
        yield f"Other numbers in earlier years: {', '.join(renumbered)}."
    if merged and changed == "sum":
        for code in merged:
            parts = next(o.codes for (c, _), o in origins.items() if c == code and o.kind == "merged")
            year = next(o.year for (c, _), o in origins.items() if c == code and o.kind == "merged")
            yield f"{code} is the sum of {', '.join(parts)} before {year}."
    for column in columns:
        if column.series is not None and len(column.series.functions) > 1:
            held = "; ".join(f"{code} {_span(first, last)}" for code, first, last in column.series.functions)
            yield f"{column.label}: function {held}."


def _span(first: int, last: int) -> str:
    return f"to {last}" if not first else f"from {first}" if last == 9999 else f"{first}–{last}"


# -- the file ------------------------------------------------------------------------------------------------


def _written(
    wanted: Wanted,
    office: PxWeb,
    about: Metadata,
    cube: Cube,
    places: list[str],
    years: list[int],
    columns: list[_Column],
    cells: Mapping[tuple[str, int], list[tuple[float | int | None, str]]],
    groups: Mapping[tuple[str, int], str],
    origins: Mapping[tuple[str, int], Origin],
    changes: Changes,
    klass: Klass | None,
) -> dict[str, Any]:
    values: list[Any] = []
    status: dict[str, str] = {}
    for code, year in product(places, years):
        row: list[tuple[Any, str]] = list(cells[code, year])
        if groups:
            found = {groups.get((one, year), "") for one in origins[code, year].codes}
            row.append((found.pop() or None, "..") if len(found) == 1 else (None, ".."))
        for value, sign in row:
            if value is None and sign:
                status[str(len(values))] = sign
            values.append(value)
    categories = {column.code: column.label for column in columns} | (
        {"kostragruppe": "KOSTRA-gruppe"} if groups else {}
    )
    units = {column.code: {"base": column.unit} for column in columns if column.unit}
    answers = [*office.answers, *(klass.answers if klass is not None else [])]
    provenance = {
        "table": about.table,
        "server": office.server,
        "source": about.title,
        "licence": office.licence or "not stated by the server",
        "updated": about.updated,
        "fetched": max(answer.fetched for answer in office.answers),
        "question": {
            "municipalities": list(wanted.municipalities),
            "years": years,
            "select": {code: list(values) for code, values in sorted(wanted.select.items())},
            "functions": list(wanted.functions),
            "changed": wanted.changed,
        },
        "municipalities": {
            "changes": changes.source,
            "made_of": {
                f"{code} {year}": list(origin.codes)
                for (code, year), origin in sorted(origins.items())
                if origin.kind != "same" and code in places
            },
        },
        "answers": [answer.provenance() for answer in answers],
    }
    return {
        "version": "2.0",
        "class": "dataset",
        "label": about.title,
        "source": f"{office.server}, table {about.table}",
        "updated": about.updated,
        "role": {"time": ["aar"], "geo": ["kommunenummer"], "metric": ["ContentsCode"]},
        "id": ["kommunenummer", "aar", "ContentsCode"],
        "size": [len(places), len(years), len(categories)],
        "dimension": {
            "kommunenummer": {
                "label": "kommune",
                "category": {
                    "index": places,
                    "label": {code: about.variables[about.geo].labels.get(code, code) for code in places},
                },
            },
            "aar": {"label": "aar", "category": {"index": [str(year) for year in years]}},
            "ContentsCode": {
                "label": "statistikkvariabel",
                "category": {"index": list(categories), "label": categories, "unit": units},
            },
        },
        "value": values,
        "status": status,
        "extension": {"provenance": provenance},
    }

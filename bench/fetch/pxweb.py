"""Tables of a PxWeb office: Statistics Norway and others, by version 1 or 2 of its interface.

Source: PxWebApi 2.0 user guide and OpenAPI specification (pxtools.net; github.com/PxTools/PxApiSpecs); PxWebApi 1.0
user guide (Statistics Norway). Both give JSON-stat 2.0 (json-stat.org/full).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.errors import ResourceError, nearest
from bench.fetch.client import Answer, Client

#: Statistics Norway's table bank, its language words and its licence, for servers that do not say their own.
STATBANK = "https://data.ssb.no/api/pxwebapi/v2"
_SSB = "data.ssb.no"
_SSB_LICENCE = "CC BY 4.0, https://www.ssb.no/en/diverse/lisens"
_CELLS = 800_000
_SHOWN = 25


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a table: its code, name, values and whether it may be left out of a question."""

    code: str
    text: str
    values: tuple[str, ...]
    labels: Mapping[str, str]
    optional: bool = False

    def listed(self) -> str:
        """Return the first values with their names."""
        shown = ", ".join(f"{value} ({self.labels.get(value, value)})" for value in self.values[:_SHOWN])
        return shown + (f" … {len(self.values)} in all" if len(self.values) > _SHOWN else "")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a table holds.

    Attributes
    ----------
    table, title, updated : str
    variables : dict of str to Variable
    geo, time, contents : str
        Codes of the variables for places, years and measured quantities; empty where there is none.
    """

    table: str
    title: str
    updated: str
    variables: Mapping[str, Variable]
    geo: str
    time: str
    contents: str


@dataclass(frozen=True, slots=True, eq=False)
class Cube:
    """Answers as one lookup.

    Attributes
    ----------
    values : dict of tuple of str to (number or None, str)
        By the codes of ``order``: the value, and the sign that stands where there is none.
    order : tuple of str
    units, labels : dict
        Of the measured quantities by code; of every value by (variable, code).
    """

    values: dict[tuple[str, ...], tuple[float | int | None, str]]
    order: tuple[str, ...]
    units: dict[str, str]
    labels: dict[tuple[str, str], str]


class PxWeb:
    """One office's tables.

    Parameters
    ----------
    client : Client
    server : str
        Address of the interface, such as :data:`STATBANK` or ``https://data.ssb.no/api/v0/no/table``.
    version : {"v1", "v2"}, optional
        Told from the address when omitted: ``/v0/`` and ``/v1/`` are version 1.
    language : str
    """

    def __init__(self, client: Client, server: str = STATBANK, version: str | None = None, language: str = "no"):
        self._client, self.server, self._language = client, server.rstrip("/"), language
        old = any(part in f"{self.server}/" for part in ("/v0/", "/v1/"))
        self.version = version or ("v1" if old else "v2")
        self.answers: list[Answer] = []
        self._cells = _CELLS
        self.licence = _SSB_LICENCE if _SSB in self.server else ""

    def configured(self) -> None:
        """Ask for the limits and the licence of the server."""
        if self.version == "v2":
            said = _json(self._get(f"{self.server}/config"))
            cells, calls = said.get("maxDataCells"), said.get("maxCallsPerTimeWindow")
            self.licence = str(said.get("license") or self.licence)
        else:
            try:
                said = _json(self._get(f"{self.server}/", {"config": ""}))
            except ResourceError:  # not every office of version 1 states its limits: the documented ones hold
                said = {}
            cells, calls = said.get("maxCells") or said.get("maxValues"), said.get("maxCalls")
        self._cells = int(cells or self._cells)
        self._client.limit(int(calls or 0), float(said.get("timeWindow") or 0))

    def metadata(self, table: str) -> Metadata:
        """Return what a table holds.

        Raises
        ------
        ResourceError
            When there is no such table.
        """
        if self.version == "v1":
            return _metadata_1(table, _json(self._get(f"{self.server}/{table}")))
        query = {"lang": self._language, "outputFormat": "json-stat2"}
        return _metadata_2(table, _json(self._get(f"{self.server}/tables/{table}/metadata", query)))

    def data(self, about: Metadata, choice: Mapping[str, Sequence[str]]) -> Cube:
        """Return the cells of a choice of values by variable, in as few calls as the limit of cells allows."""
        made = Cube({}, tuple(choice), {}, {})
        for part in _parts(about, choice, self._cells):
            answer = self._asked(about.table, part)
            self.answers.append(answer)
            _add(made, _json(answer), about)
        return made

    def _asked(self, table: str, choice: Mapping[str, Sequence[str]]) -> Answer:
        if self.version == "v1":
            query = [
                {"code": code, "selection": {"filter": "item", "values": list(values)}}
                for code, values in choice.items()
            ]
            return self._client.post(f"{self.server}/{table}", {"query": query, "response": {"format": "json-stat2"}})
        selection = [{"variableCode": code, "valueCodes": list(values)} for code, values in choice.items()]
        address = f"{self.server}/tables/{table}/data?lang={self._language}&outputFormat=json-stat2"
        return self._client.post(address, {"selection": selection})

    def _get(self, address: str, query: Mapping[str, str] | None = None) -> Answer:
        answer = self._client.get(address, query)
        assert answer is not None
        return answer


def chosen(about: Metadata, wanted: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the values asked for by variable, checked; a variable with one value, or that may be left out, needs none.

    Raises
    ------
    ResourceError
        With every variable and value that is not there, and what there is.
    """
    problems = []
    for code in wanted:
        if code not in about.variables:
            problems.append(
                f"table {about.table} has no variable {code!r}{nearest(code, about.variables)}; "
                f"it has {', '.join(about.variables)}"
            )
    made = {}
    for code, variable in about.variables.items():
        values = list(dict.fromkeys(wanted.get(code, ())))
        if values == ["*"]:
            values = list(variable.values)
        problems += [
            f"{code} has no value {value!r}{nearest(value, variable.values)}; it has {variable.listed()}"
            for value in values
            if value not in variable.values
        ]
        if values:
            made[code] = tuple(values)
        elif len(variable.values) == 1:
            made[code] = variable.values
        elif not variable.optional:
            problems.append(
                f"{code} ({variable.text}) must be chosen with --select {code}=VALUE; it has {variable.listed()}"
            )
    if problems:
        raise ResourceError("; ".join(problems))
    return made


def _parts(about: Metadata, choice: Mapping[str, Sequence[str]], limit: int) -> Iterator[dict[str, Sequence[str]]]:
    """Divide a choice by places, then by years, into questions of at most ``limit`` cells."""
    size = math.prod(len(values) for values in choice.values())
    if size <= limit:
        yield dict(choice)
        return
    code = next((code for code in (about.geo, about.time, *choice) if len(choice.get(code, ())) > 1), None)
    if code is None:
        raise ResourceError(f"the server gives at most {limit} cells in a call")
    values = choice[code]
    step = max(1, min(len(values) - 1, len(values) * limit // size))
    for start in range(0, len(values), step):
        yield from _parts(about, {**choice, code: values[start : start + step]}, limit)


def _json(answer: Answer) -> dict[str, Any]:
    try:
        said = json.loads(answer.content)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise ResourceError(f"{answer.address} did not answer as PxWeb or Klass does: no JSON object")
    return said


def _metadata_1(table: str, said: Mapping[str, Any]) -> Metadata:
    """PxWebApi 1: ``variables`` with parallel lists of values and their texts."""
    found = {}
    try:
        for part in said["variables"]:
            labels = dict(zip(part["values"], part["valueTexts"], strict=True))
            optional = bool(part.get("elimination", False))
            found[part["code"]] = Variable(part["code"], part["text"], tuple(part["values"]), labels, optional)
        time = next((part["code"] for part in said["variables"] if part.get("time")), "Tid")
    except (KeyError, TypeError, ValueError) as error:
        raise _malformed(table, error) from None
    geo = next((code for code in found if "region" in code.lower()), "")
    return Metadata(table, str(said.get("title", table)), "", found, geo, time, _contents(found, ()))


def _metadata_2(table: str, said: Mapping[str, Any]) -> Metadata:
    """PxWebApi 2: a JSON-stat data set without values; ``elimination`` stands under a dimension's ``extension``."""
    found = {}
    try:
        for code in said["id"]:
            part = said["dimension"][code]
            labels = {str(key): str(text) for key, text in part["category"].get("label", {}).items()}
            values = _codes(part["category"], labels)
            optional = bool(part.get("extension", {}).get("elimination", False))
            found[code] = Variable(code, str(part.get("label", code)), values, labels, optional)
        role = said.get("role", {})
    except (KeyError, TypeError, AttributeError) as error:
        raise _malformed(table, error) from None
    geo = next(iter(role.get("geo", ())), next((code for code in found if "region" in code.lower()), ""))
    time = next(iter(role.get("time", ())), "Tid" if "Tid" in found else "")
    contents = _contents(found, role.get("metric", ()))
    return Metadata(table, str(said.get("label", table)), str(said.get("updated", "")), found, geo, time, contents)


def _contents(found: Mapping[str, Variable], metric: Sequence[str]) -> str:
    return next(iter(metric), next((code for code in found if code == "ContentsCode"), ""))


def _codes(category: Mapping[str, Any], labels: Mapping[str, str]) -> tuple[str, ...]:
    index = category.get("index", list(labels))
    return tuple(map(str, sorted(index, key=index.__getitem__) if isinstance(index, dict) else index))


def _malformed(table: str, error: Exception) -> ResourceError:
    return ResourceError(f"table {table}: the server's description lacks a part ({error!r})")


def _add(cube: Cube, said: Mapping[str, Any], about: Metadata) -> None:
    """Add the cells of one JSON-stat answer, by their codes, whatever the order of its dimensions."""
    try:
        ids = [str(code) for code in said["id"]]
        sizes = [int(size) for size in said["size"]]
        parts = {code: said["dimension"][code]["category"] for code in ids}
        labels = {code: {str(k): str(v) for k, v in parts[code].get("label", {}).items()} for code in ids}
        codes = [_codes(parts[code], labels[code]) for code in ids]
        values, status = said["value"], said.get("status") or {}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _malformed(about.table, error) from None
    if sizes != [len(part) for part in codes] or set(ids) - set(about.variables):
        raise ResourceError(f"table {about.table}: the answer's dimensions contradict themselves")
    if not isinstance(values, dict) and len(values) != math.prod(sizes):
        raise ResourceError(f"table {about.table}: {len(values)} values came where {math.prod(sizes)} were asked for")
    for code in ids:
        cube.labels.update({(code, value): text for value, text in labels[code].items()})
    for code, unit in parts.get(about.contents, {}).get("unit", {}).items():
        cube.units[str(code)] = str(unit.get("base") or unit.get("label") or "") if isinstance(unit, dict) else ""
    known = [ids.index(code) if code in ids else None for code in cube.order]
    for position in range(math.prod(sizes)):
        key = _key(position, codes)
        value = values.get(str(position)) if isinstance(values, dict) else values[position]
        sign = "" if value is not None else _sign(status, position)
        cube.values[tuple("" if k is None else key[k] for k in known)] = (value, sign)


def _key(position: int, codes: Sequence[Sequence[str]]) -> list[str]:
    """Return the codes of a position in row-major order."""
    key = []
    for part in reversed(codes):
        position, place = divmod(position, len(part))
        key.append(part[place])
    return key[::-1]


def _sign(status: Any, position: int) -> str:
    if isinstance(status, str):
        return status
    if isinstance(status, list):
        return str(status[position] or "") if position < len(status) else ""
    return str(status.get(str(position), "")) if isinstance(status, dict) else ""

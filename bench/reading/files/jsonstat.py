"""JSON-stat 1 and 2, the format of the statistical offices' open data: an offline reader of saved files.

A data set holds one flat list of values in row-major order over its dimensions. It becomes a table with one row per
combination of the dimensions and one column per measured quantity (the dimension with the role *metric*).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from bench.errors import DataError, Issue

#: Column that holds the values when no dimension is marked as metric.
VALUE = "value"


@dataclass(frozen=True, slots=True, eq=False)
class Cube:
    """A JSON-stat data set as a table.

    Attributes
    ----------
    columns : tuple of str
        For each dimension its identifier, with the categories' codes, and its label, with the categories' labels
        (left out where codes and labels are the same); then one column per measured quantity.
    cells : tuple of list
        One list per column, all of the same length. A missing value is the sign given as its status (``..``, ``:``,
        ``.``) or nothing.
    offsets : tuple of (sequence of int or None)
        Per column the position of each cell in the flat list of values; None for dimensions.
    label, updated : str
        Title of the data set and the time it was made.
    measures : tuple of str
        What is said of the measure of each column; empty for dimensions.
    version : str
    notes : tuple of str
        Remarks on the whole data set.
    origin : dict of str to str
        Where it says it comes from: ``source``, and ``licence`` and ``fetched`` of a file that was fetched.
    """

    columns: tuple[str, ...]
    cells: tuple[list[Any], ...]
    offsets: tuple[Sequence[int] | None, ...]
    label: str = ""
    updated: str = ""
    measures: tuple[str, ...] = ()
    version: str = "2.0"
    notes: tuple[str, ...] = ()
    origin: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Dimension:
    id: str
    label: str
    codes: tuple[str, ...]
    labels: tuple[str, ...]
    units: tuple[str, ...] = ()


def is_jsonstat(data: bytes) -> bool:
    """Tell by the first sign whether this is JSON."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def read_jsonstat(data: bytes) -> Cube:
    """Read the bytes of a JSON-stat data set, version 1 or 2.

    Raises
    ------
    DataError
        Rule ``jsonstat`` when the text is no JSON, no data set, or contradicts itself.

    Examples
    --------
    >>> text = b'''{"version": "2.0", "class": "dataset", "id": ["region", "what"], "size": [2, 1],
    ...   "role": {"metric": ["what"]}, "value": [7, null], "status": {"1": ":"},
    ...   "dimension": {"region": {"label": "place", "category": {"index": ["0301", "1103"],
    ...                            "label": {"0301": "Oslo", "1103": "Stavanger"}}},
    ...                 "what": {"category": {"index": ["h"], "label": {"h": "hours"}}}}}'''
    >>> cube = read_jsonstat(text)
    >>> cube.columns
    ('region', 'place', 'hours')
    >>> cube.cells
    (['0301', '1103'], ['Oslo', 'Stavanger'], [7, ':'])
    """
    content = _content(data)
    try:
        dimensions = [_dimension(name, content["dimension"][name]) for name in content["id"]]
        sizes = [int(size) for size in content["size"]]
        metric = set(content.get("role", {}).get("metric", ()))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _wrong(f"a part is missing or malformed: {error!r}") from None
    if sizes != [len(dimension.codes) for dimension in dimensions]:
        raise _wrong("the sizes of the dimensions are not those that are stated")
    values = _values(content, math.prod(sizes))
    return _table(content, dimensions, metric, values)


def _content(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _wrong(f"the text is not valid JSON: {error}") from None
    if isinstance(content, dict) and content.get("class") != "dataset":
        content = _only_set(content)
    if not isinstance(content, dict) or content.get("class") != "dataset" or "value" not in content:
        raise _wrong("it is not a data set of JSON-stat version 1 or 2")
    return content


def _only_set(content: dict[str, Any]) -> dict[str, Any]:
    """Take the one data set of version 1, which stands under a name of its own, or of a collection of version 2."""
    sets = [part for part in content.values() if isinstance(part, dict) and isinstance(part.get("dimension"), dict)]
    if content.get("class") == "collection":
        items = content.get("link", {}).get("item", []) if isinstance(content.get("link"), dict) else []
        sets = [item for item in items if isinstance(item, dict) and "dimension" in item]
    if len(sets) > 1:
        raise _wrong(f"it holds {len(sets)} data sets")
    if not sets:
        return content
    return sets[0] if sets[0].get("class") == "dataset" else _version_1({"dataset": sets[0]})


def _version_1(content: dict[str, Any]) -> dict[str, Any]:
    """Bring a data set of version 1 into the form of version 2: its dimensions say their order and roles themselves."""
    inner = {"value": content.get("value"), **content["dataset"]}
    dimension = inner["dimension"]
    order = {key: dimension[key] for key in ("id", "size", "role") if key in dimension}
    return {**inner, **order, "class": "dataset", "version": "1"}


def _wrong(message: str) -> DataError:
    remedy = "save the table as json-stat2, or as CSV or xlsx, where it was made"
    return DataError([Issue("jsonstat", message, remedy)])


def _dimension(name: str, part: Mapping[str, Any]) -> _Dimension:
    category = part["category"]
    labels: Mapping[str, str] = category.get("label", {})
    index = category.get("index", list(labels))
    codes = sorted(index, key=index.__getitem__) if isinstance(index, dict) else list(index)
    return _Dimension(
        name,
        str(part.get("label", name)),
        tuple(str(code) for code in codes),
        tuple(str(labels.get(code, code)) for code in codes),
        tuple(_unit(category.get("unit", {}).get(code)) for code in codes),
    )


def _unit(part: Any) -> str:
    """Return what a category says of its measure as text; ``multiplier`` is a power of ten (JSON-stat 2.0, «unit»)."""
    if not isinstance(part, dict):
        return ""
    text = " ".join(str(part[key]) for key in ("base", "label", "symbol") if part.get(key))
    power = str(part.get("multiplier", "")).strip()
    if power in _POWERS:
        text = f"({_POWERS[power]} {text})"
    return text


#: Powers of ten a unit may state, as the words of a measure.
_POWERS = {"2": "100", "3": "1000", "4": "10000", "5": "100000", "6": "mill", "9": "mrd"}


def _values(content: Mapping[str, Any], size: int) -> list[Any]:
    """Return the flat list of values, with the status sign where a value is missing."""
    given, status = content["value"], content.get("status")
    if isinstance(given, dict):
        values: list[Any] = [None] * size
        for position, value in given.items():
            if not position.isdigit() or int(position) >= size:
                raise _wrong(f"there is no position {position!r} among {size} values")
            values[int(position)] = value
    else:
        values = list(given)
    if len(values) != size:
        raise _wrong(f"there are {len(values)} values where the dimensions ask for {size}")
    for position, value in enumerate(values):
        if value is None:
            values[position] = _status(status, position)
    return values


def _status(status: Any, position: int) -> str:
    if isinstance(status, str):
        return status
    if isinstance(status, list):
        return str(status[position] or "") if position < len(status) else ""
    if isinstance(status, dict):
        return str(status.get(str(position), ""))
    return ""


def _notes(given: Any) -> tuple[str, ...]:
    """Return the remarks of a data set: a text, a list of texts, or texts by name."""
    parts = given.values() if isinstance(given, dict) else given if isinstance(given, list) else [given]
    return tuple(part for part in parts if isinstance(part, str))


def _table(content: Mapping[str, Any], dimensions: list[_Dimension], metric: set[str], values: list[Any]) -> Cube:
    strides = [math.prod(len(later.codes) for later in dimensions[k + 1 :]) for k in range(len(dimensions))]
    keys = [k for k, dimension in enumerate(dimensions) if dimension.id not in metric]
    spread = [k for k, dimension in enumerate(dimensions) if dimension.id in metric]
    rows = list(product(*(range(len(dimensions[k].codes)) for k in keys)))
    columns: list[str] = []
    cells: list[list[Any]] = []
    offsets: list[Sequence[int] | None] = []
    measures: list[str] = []
    for place, k in enumerate(keys):
        dimension = dimensions[k]
        columns.append(dimension.id)
        cells.append([dimension.codes[row[place]] for row in rows])
        offsets.append(None)
        if dimension.labels != dimension.codes:
            columns.append(dimension.label if dimension.label != dimension.id else f"{dimension.id} (label)")
            cells.append([dimension.labels[row[place]] for row in rows])
            offsets.append(None)
    base = [sum(strides[k] * position for k, position in zip(keys, row, strict=True)) for row in rows]
    for choice in product(*(range(len(dimensions[k].codes)) for k in spread)):
        shift = sum(strides[k] * position for k, position in zip(spread, choice, strict=True))
        labels = [dimensions[k].labels[position] for k, position in zip(spread, choice, strict=True)]
        columns.append(", ".join(labels) if labels else VALUE)
        cells.append([values[start + shift] for start in base])
        offsets.append([start + shift for start in base])
        units = [dimensions[k].units[position] for k, position in zip(spread, choice, strict=True)]
        measures.append(" ".join(filter(None, units)) or columns[-1])
    measures = [""] * (len(columns) - len(measures)) + measures
    return Cube(
        tuple(columns),
        tuple(cells),
        tuple(offsets),
        str(content.get("label", "")),
        str(content.get("updated", "")),
        tuple(measures),
        str(content.get("version", "2.0")),
        _notes(content.get("note")),
        _origin(content),
    )


def _origin(content: Mapping[str, Any]) -> dict[str, str]:
    extension = content.get("extension")
    kept = extension.get("provenance") if isinstance(extension, dict) else None
    said = {"source": content.get("source")}
    said |= {key: kept.get(key) for key in ("licence", "fetched")} if isinstance(kept, dict) else {}
    return {key: text for key, text in said.items() if isinstance(text, str) and text}

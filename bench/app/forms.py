"""What the user wrote in a form, as the engine's own words: roles, layout, accepted findings, changed values."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.app.words import texts
from bench.citations import cited
from bench.errors import OptionError
from bench.modelfile import Model
from bench.modelfile.texts.diff import meaning_of
from bench.modelfile.values import PLAIN
from bench.reading.sums import sum_of

#: Roles that one column has, and those that several may have; a cost of several columns is their sum.
ONE, MANY = ("id", "period", "scheme"), ("cost", "outputs", "environment", "extra")

#: Fields of the layout that are written as they stand.
_PLAIN = ("decimal", "thousands", "delimiter", "encoding", "currency", "years_in_columns")

#: Parts of a model that are no numbers to move.
_TOLD = ("meta", "data", "basis", "case", "alternative")


def reading_of(items: Iterable[tuple[str, Any]], language: str = "nb") -> tuple[dict[str, Any], dict[str, str]]:
    """Return what a form says of a file: keywords of :func:`bench.mapping.propose`, and reasons by accepted rule.

    Raises
    ------
    OptionError
        When a number is none, or a role that one column has was given to two.

    Examples
    --------
    >>> given, reasons = reading_of([("role:a", "id"), ("role:b", "cost"), ("role:c", "cost"), ("scale:b", "1000")])
    >>> given["id"], given["cost"], given["outputs"], given["scale"], reasons
    ('a', 'b + c', (), {'b': 1000.0}, {})
    """
    given: dict[str, Any] = {}
    many: dict[str, list[str]] = {role: [] for role in MANY}
    sheets: list[str] = []
    left_out: list[str] = []
    was_out: list[str] = []
    were: list[str] = []
    reasons: dict[str, str] = {}
    scale: dict[str, float] = {}
    asked = False
    for key, raw in items:
        value = str(raw).strip()
        name, _, about = key.partition(":")
        asked |= name == "role"
        if not value:
            continue
        if name == "role" and value in ONE:
            if value in given:
                called = texts(language)[f"role_{value}"]
                raise OptionError(f"{given[value]} and {about} cannot both be {called}: choose one column")
            given[value] = about
        elif name == "role" and value in MANY:
            many[value].append(about)
        elif name == "reason":
            reasons[about] = value
        elif name == "scale":
            scale[about] = number_of(about, value, language)
        elif name == "sheet":
            sheets.append(value)
        elif name == "was_sheet":
            were.append(value)
        elif name == "was_out":
            was_out.append(value)
        elif name in ("keep_out", "leave_out"):
            left_out += [value] if name == "keep_out" else [part.strip() for part in value.split(",") if part.strip()]
        elif name == "where":
            given["where"] = tuple(line.strip() for line in value.splitlines() if line.strip())
        elif name in ("header", "year"):
            given[name] = int(number_of(texts(language)[name], value, language, whole=True))
        elif name in _PLAIN and value != "found":
            given[name] = "" if value == "none" else value
    if asked:  # a role that no column was given is one that no column has
        given = dict.fromkeys((*ONE, *MANY), ()) | given
    given |= {role: tuple(columns) for role, columns in many.items() if columns}
    if many["cost"]:
        given["cost"] = sum_of(many["cost"])
    if sheets and set(sheets) != set(were):
        given["sheet"] = sheets[0] if len(sheets) == 1 else sheets
    kept = [unit for unit in was_out if unit not in left_out]
    if kept:  # what is kept although it looks like a total is a unit
        reasons.setdefault("total-row", f"units: {', '.join(kept)}")
    made: dict[str, Any] = {"scale": scale, "leave_out": tuple(dict.fromkeys(left_out)), "accept": tuple(reasons)}
    return given | {name: value for name, value in made.items() if value}, reasons


def without_columns(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was said of a file without what was said of its columns and rows: another sheet has others."""
    about = (*ONE, *MANY, "scale", "leave_out", "accept", "year")
    return {key: value for key, value in given.items() if key not in about}


def number_of(name: str, text: str, language: str, *, whole: bool = False) -> float:
    """Return a number as it is written in a language; one that may be a thousand times another is refused.

    Raises
    ------
    OptionError

    Examples
    --------
    >>> number_of("factor", "1 000,5", "nb"), number_of("factor", "0.125", "nb"), number_of("factor", "1.025", "en")
    (1000.5, 0.125, 1.025)
    """
    clean = re.sub(r"\s", "", text)
    other = "." if language == "nb" else ","
    if re.fullmatch(rf"-?[1-9]\d{{0,2}}(?:{re.escape(other)}\d{{3}})+", clean):
        thousands, broken = clean.replace(other, ""), clean.replace(other, "," if language == "nb" else ".", 1)
        raise OptionError(f"{name}: {text!r} may be {thousands} or {broken}: write it as one of them")
    try:
        value = float(clean.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (whole and value % 1):
        raise OptionError(f"{name}: {text!r} is no {'whole ' if whole else ''}number")
    return value


@dataclass(frozen=True, slots=True)
class Value:
    """A number of a model that may be changed: its key, what it means, what it is, and where that is from."""

    key: str
    meaning: str
    value: str
    status: str
    source: str


def values_of(model: Model, language: str) -> list[Value]:
    """Return the numbers of a model that one field can change: those with one value for all years."""
    frame = model.assumptions()
    frame = frame[~frame["key"].str.split(".").str[0].isin(_TOLD)]
    once = frame[~frame["key"].duplicated(keep=False)]
    found = []
    for row in once.to_dict("records"):
        value = row["value"]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        meaning = meaning_of(str(row["key"]), language)
        text = f"{value:.10g}".replace(".", "," if language == "nb" else ".")
        source = "" if row["source"] == PLAIN else cited(str(row["source"]), language)
        found.append(Value(str(row["key"]), meaning, text, str(row["status"]), source))
    return found


def settings_of(answers: Mapping[str, Any], known: Iterable[Value], language: str = "nb") -> dict[str, str]:
    """Return the values that the user changed, and those written as KEY=VALUE, by their key.

    Raises
    ------
    OptionError
        When a value is no number, a line is no KEY=VALUE, or a key is set twice.
    """
    made: dict[str, str] = {}
    for value in known:
        text = str(answers.get(f"set:{value.key}", "")).strip()
        if text and text != value.value:
            number = number_of(value.meaning, text, language)
            if f"{number:.10g}" != value.value.replace(",", "."):
                made[value.key] = f"{number:.15g}"
    for line in str(answers.get("set", "")).splitlines():
        key, sign, text = (part.strip() for part in line.partition("="))
        if not line.strip():
            continue
        if not sign or not key:
            raise OptionError(f"{line.strip()!r}: write KEY=VALUE, such as scheme.*.price.gain=0.5")
        if key in made:
            raise OptionError(f"{key} is set twice: {made[key]} and {text}")
        made[key] = text
    return made

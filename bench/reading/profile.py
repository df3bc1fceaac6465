"""What a column of a file holds, and the role its name and content suggest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bench.reading.checks import clean_labels
from bench.reading.roles import NUMBER_ROLES, Roles
from bench.reading.table import Table
from bench.reading.values.measures import names_money
from bench.reading.values.numbers import NumberColumn
from bench.reading.values.rates import is_rate

ColumnKind = Literal["number", "whole number", "share", "code", "period", "date", "text", "mixed", "empty"]

#: Kinds of columns that hold numbers.
NUMERIC: tuple[ColumnKind, ...] = ("number", "whole number", "share", "mixed")

#: Words in the names of columns, and the role they suggest. Norwegian and English, some Swedish, Danish and German; the
#: first match counts.
_WORDS: tuple[tuple[str, str], ...] = (
    ("period", r"aar|år|year|periode|period|tid|kvartal|quarter|maaned|måned|month"),
    ("scheme", r"ordning|scheme|finansieringsordning|tjenesteomr\w*"),
    ("id", r"enhet\w*|unit|units|dmu|firm|firma|provider|virksomhet|sone|bydel|kommune\w*|region|sykehjem|navn|name"),
    ("input_prices", r"faktorpris\w*|input.?price\w*|lønnssats|wage.?rate"),
    ("output_prices", r"\w*pris|\w*priser|\w*sats|\w*satser|price|prices|tariff"),
    (
        "inputs",
        r"\w*kostnad\w*|\w*utgift\w*|kost|cost|costs|opex|totex|expenditure|årsverk|aarsverk|fte|input\w*|x\d+|"
        r"\w*omkostning\w*|\w*udgift\w*|\w*kosten|ausgaben",
    ),
    (
        "outputs",
        r"\w*timer|hours|\w*besøk|\w*besok|visits|\w*brukere|users|\w*døgn|\w*dogn|\w*dager|\w*days|\w*plasser|places|"
        r"\w*vedtak|decisions|\w*volum\w*|volume|antall\w*|output\w*|y\d+|"
        r"\w*timar|\w*dagar|\w*plassar|\w*brukarar|\w*mottakere|\w*mottakarar|\w*beboere|\w*bebuarar|\w*elever|\w*elevar|"
        r"\w*pasienter|\w*pasientar|\w*opphold|\w*konsultasjon(?:er|ar)|\w*senger|recipients|residents|pupils|patients|beds|"
        r"stays|consultations|treatments|clients|\w*timmar|\w*dygn|\w*platser|\w*dage|\w*besøg|\w*stunden|\w*tage",
    ),
    ("environment", r"reisetid|travel\w*|avstand|distance|\w*andel\w*|share|tetthet|density|z\d+"),
)
#: Roles that a rate, a share or a price per unit may have: it is no volume and no cost.
_OF_RATES = ("period", "environment", "input_prices", "output_prices")
_SPLIT = re.compile(r"[\s_,./()-]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}")
_FIRST_YEAR, _LAST_YEAR = 1900, 2100


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column of a file.

    Attributes
    ----------
    name, cell : str
        Name and address of the header.
    kind : str
        ``number``, ``whole number``, ``share`` (all in per cent, or between 0 and 1), ``code`` (digits with leading
        zeros), ``period``, ``date``, ``text``, ``mixed`` (numbers and other things) or ``empty``.
    filled, distinct : int
        Cells that are not blank, and different values among them.
    smallest, largest : float
        Of the numbers; NaN where there are none.
    role : str
        Role it was given, or else the role its name and content suggest; may be empty.
    """

    name: str
    cell: str
    kind: ColumnKind
    filled: int
    distinct: int
    smallest: float
    largest: float
    role: str


def profile_column(table: Table, position: int, column: NumberColumn, roles: Roles) -> ColumnProfile:
    """Say what the column at a position of a table holds, once its cells were read as numbers."""
    cells = table.cells[position]
    name = table.columns[position]
    texts = [text for text in clean_labels(cells) if text]
    kind = "text" if name in table.codes else _kind(texts, column)
    known = column.values[np.isfinite(column.values)]
    return ColumnProfile(
        name,
        table.where(-1, position)[1] if len(table.blocks) == 1 else "",
        kind,
        len(texts),
        len(set(texts)),
        float(known.min()) if known.size else float("nan"),
        float(known.max()) if known.size else float("nan"),
        _role_given(name, roles)
        or (_role_suggested(name, kind, unique=len(set(texts)) == len(cells) > 1) if not roles.id else ""),
    )


def with_identifier(table: Table, profiles: Sequence[ColumnProfile]) -> list[ColumnProfile]:
    """Let one column alone name the units: of those suggested, the one that with the period tells the rows apart.

    A column that repeats within a period (a region above its hospitals) names no unit.
    """
    places = [k for k, profile in enumerate(profiles) if profile.kind in ("text", "code", "whole number", "mixed")]
    period = next((k for k, profile in enumerate(profiles) if profile.role == "period"), None)
    years = clean_labels(table.cells[period]) if period is not None else [""] * len(table)
    free = [k for k in places if profiles[k].role in ("", "id", "scheme")]

    def apart(k: int) -> bool:
        rows = list(zip(clean_labels(table.cells[k]), years, strict=True))
        return len(set(rows)) == len(rows) > 0

    telling = [k for k in free if profiles[k].kind in ("text", "code", "mixed") and apart(k)]
    telling = telling or [k for k in free if profiles[k].role == "id" and apart(k)]
    if not telling:
        ids = [k for k, profile in enumerate(profiles) if profile.role == "id"]
        return [replace(profile, role="") if k in ids[1:] else profile for k, profile in enumerate(profiles)]
    named = [k for k in telling if profiles[k].role == "id"] or telling
    chosen = next((k for k in named if profiles[k].kind == "text"), named[0])
    roles = {k: "" for k, profile in enumerate(profiles) if profile.role == "id"} | {chosen: "id"}
    return [replace(profile, role=roles.get(k, profile.role)) for k, profile in enumerate(profiles)]


def _kind(texts: Sequence[str], column: NumberColumn) -> ColumnKind:
    if not texts:
        return "empty"
    if any(len(text) > 1 and text[0] == "0" and text.isascii() and text.isdigit() for text in texts):
        return "code"
    if all(_DATE.fullmatch(text) for text in texts):
        return "date"
    bad = sum(problem.rule == "not-a-number" for problem in column.problems)
    good = len(texts) - bad
    if 2 * good <= len(texts):
        return "text"
    if bad:
        return "mixed"
    known = column.values[np.isfinite(column.values)]
    if known.size == 0:
        return "number" if column.problems else "empty"
    whole = bool((known == np.round(known)).all()) and not column.problems
    if whole and known.min() >= _FIRST_YEAR and known.max() <= _LAST_YEAR and all(len(text) == 4 for text in texts):
        return "period"
    if column.counts.get("percent") or (not whole and known.min() >= 0 and known.max() <= 1):
        return "share"
    return "whole number" if whole else "number"


def _role_given(name: str, roles: Roles) -> str:
    for role in ("id", "period", "scheme"):
        if getattr(roles, role) == name:
            return role
    return next((role for role in NUMBER_ROLES if name in getattr(roles, role)), "")


def _role_suggested(name: str, kind: ColumnKind, *, unique: bool) -> str:
    """Suggest a role from the words of a name, where the content allows it."""
    words = [word for word in _SPLIT.split(name.casefold()) if word]
    rate = kind in NUMERIC and is_rate(name)
    for role, pattern in _WORDS:
        if rate and (role not in _OF_RATES or (role == "environment" and names_money(name))):
            continue
        named = any(re.fullmatch(pattern, word) for word in words)
        if role == "period" and kind == "whole number" and named:  # ``Timer per år`` counts hours, not years
            named = not any(re.fullmatch(amount, word) for _, amount in _WORDS[3:] for word in words)
        if named and _allows(role, kind):
            return role
    if kind == "period":
        return "period"
    return "id" if kind in ("text", "code") and unique else ""


def _allows(role: str, kind: ColumnKind) -> bool:
    if role == "period":
        return kind in ("period", "date", "text", "whole number")
    if role in ("id", "scheme"):
        return kind in ("text", "code", "whole number", "mixed")
    return kind in NUMERIC

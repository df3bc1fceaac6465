"""The further tables of a model: budget, months, price growth, known truth; what their columns are called and hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["year", "month", "label", "volume", "money", "growth", "level", "note"]


@dataclass(frozen=True, slots=True)
class FurtherColumn:
    """A column of a further table.

    Attributes
    ----------
    name : str
        As the engine calls it.
    kind : {"year", "month", "label", "volume", "money", "growth", "level", "note"}
        A note is for those who read the file: nothing is computed from it.
    words : tuple of str
        What files call it, folded: lower case, one space between words.
    needed : bool
    """

    name: str
    kind: Kind
    words: tuple[str, ...]
    needed: bool = True


_YEAR = FurtherColumn("year", "year", ("aar", "år", "year", "budsjettår", "regnskapsår"))
_SCHEME = FurtherColumn(
    "scheme", "label", ("ordning", "scheme", "finansieringsordning", "tjenesteområde", "område"), needed=False
)
_UNIT = FurtherColumn(
    "unit",
    "label",
    ("enhet", "unit", "virksomhet", "avdeling", "sone", "bydel", "sykehjem", "resultatenhet"),
    needed=False,
)
_SERVICE = FurtherColumn("service", "label", ("tjeneste", "service", "tjenestetype", "ytelse"))
_BUDGET_VOLUME = FurtherColumn(
    "budget_volume", "volume", ("budsjettert volum", "budget volume", "budsjettvolum", "volumbudsjett", "volum"), False
)

_NOTE = FurtherColumn(
    "note", "note", ("merknad", "kommentar", "note", "comment", "kilde", "source", "status"), needed=False
)

#: Table -> its columns. A budget names a volume, an order or an amount; one of them is enough.
FURTHER: Mapping[str, tuple[FurtherColumn, ...]] = {
    "budget": (
        _YEAR,
        _SCHEME,
        _SERVICE,
        _UNIT,
        _BUDGET_VOLUME,
        FurtherColumn("ordered_volume", "volume", ("bestilt volum", "ordered volume", "bestilling", "bestilt"), False),
        FurtherColumn(
            "budget_amount",
            "money",
            ("budsjett", "budget amount", "budget", "budsjettbeløp", "ramme", "bevilgning"),
            False,
        ),
        _NOTE,
    ),
    "months": (
        _YEAR,
        FurtherColumn("month", "month", ("maaned", "måned", "month")),
        _SCHEME,
        _SERVICE,
        FurtherColumn("volume", "volume", ("vedtatt volum", "volume", "volum", "decided volume")),
        FurtherColumn("budget_volume", "volume", ("budsjettert volum", "budget volume", "budsjettvolum"), False),
        _NOTE,
    ),
    "index": (
        _YEAR,
        FurtherColumn(
            "growth",
            "growth",
            ("kostnadsvekst", "growth", "vekst", "prisvekst", "lønns og prisvekst", "deflator", "kommunal deflator"),
            False,
        ),
        FurtherColumn("level", "level", ("indeks", "index", "prisindeks", "price index", "kostnadsindeks"), False),
        _NOTE,
    ),
    "truth": (
        _YEAR,
        FurtherColumn("unit", "label", ("enhet", "unit")),
        FurtherColumn("efficiency", "level", ("effektivitet", "efficiency")),
        FurtherColumn("note", "note", ("merknad", "front", "stoy", "støy", "noise", "reise", "travel"), needed=False),
    ),
}

#: Of these columns a table has at least one.
ONE_OF: Mapping[str, tuple[str, ...]] = {
    "budget": ("budget_volume", "ordered_volume", "budget_amount"),
    "index": ("growth", "level"),
}

#: What a heading or a title says that a budget holds, the surest first.
_QUANTITIES = (
    ("ordered_volume", re.compile(r"\bbestil(?:t|te|ling|linger|les)\b|\border(?:s|ed)?\b", re.IGNORECASE)),
    (
        "budget_volume",
        re.compile(
            r"volum|volume|mengde|\b(?:antall|\w*timer|hours|\w*døgn|dager|days|besøk|visits|plasser|places|vedtak)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "budget_amount",
        re.compile(r"budsjett|budget|\bramme|bevilgning|beløp|amount|\b(?:kr|kroner|nok|tkr)\b", re.IGNORECASE),
    ),
)
_PLANNED = re.compile(
    r"budsjett|budget|\bbestil(?:t|te|ling|linger)\b|\border(?:s|ed)\b|\bramme(?:r|tilskudd)?\b|bevilgning"
    r"|\bappropriation",
    re.IGNORECASE,
)


def is_planned(text: str) -> bool:
    """Tell whether a title or the name of a sheet speaks of a budget or of orders, and of no accounts.

    Examples
    --------
    >>> is_planned("Budsjett 2025"), is_planned("Ordered volumes"), is_planned("Regnskap mot budsjett 2024")
    (True, True, False)
    """
    accounts = re.search(r"regnskap|accounts?\b|\bactual", text, re.IGNORECASE)
    return _PLANNED.search(text) is not None and accounts is None


def quantity_of(text: str) -> str:
    """Return which column of a budget a heading or a title speaks of; empty where it does not say.

    Examples
    --------
    >>> quantity_of("Bestilte timer 2025"), quantity_of("Budsjettert volum"), quantity_of("Budsjett (1000 kr)")
    ('ordered_volume', 'budget_volume', 'budget_amount')
    """
    return next((name for name, words in _QUANTITIES if words.search(text) is not None), "")


_MEASURE = re.compile(r"[(\[].*[)\]]|,.*$|\bi (?:1 ?000|tusen|mill).*$")
_SIGNS = re.compile(r"[\s_\-–/]+")


def folded(header: str) -> str:
    """Return a header as words are compared: without its measure, in lower case.

    Examples
    --------
    >>> folded("Budsjett (1000 kr)"), folded("budsjettert_volum"), folded("Lønns- og prisvekst")
    ('budsjett', 'budsjettert volum', 'lønns og prisvekst')
    """
    return _SIGNS.sub(" ", _MEASURE.sub(" ", header.casefold())).strip()


def recognised(table: str, headers: Iterable[str], named: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """Return, for each column of a further table, the headers that may be it.

    Parameters
    ----------
    table : {"budget", "months", "index"}
    headers : iterable of str
    named : mapping, optional
        Column -> header, as a mapping states it; it ends every doubt.

    Examples
    --------
    >>> recognised("budget", ["År", "Tjeneste", "Budsjett (1000 kr)", "Antall"])
    {'year': ['År'], 'service': ['Tjeneste'], 'budget_amount': ['Budsjett (1000 kr)']}
    """
    headers = list(headers)
    found: dict[str, list[str]] = {}
    for column in FURTHER[table]:
        stated = (named or {}).get(column.name)
        if stated is not None:
            found[column.name] = [header for header in headers if header == stated]
            continue
        words = (column.name.replace("_", " "), *column.words)
        taken = set((named or {}).values())
        here = [header for header in headers if folded(header) in words and header not in taken]
        if here:
            found[column.name] = here
    return found


def lacks(table: str, found: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what a table must have and has not, by the name of the column; "a or b" where one of several is enough.

    Examples
    --------
    >>> lacks("budget", {"year": ["aar"], "service": ["tjeneste"]})
    ['budget_volume or ordered_volume or budget_amount']
    """
    gone = [column.name for column in FURTHER[table] if column.needed and not found.get(column.name)]
    one_of = ONE_OF.get(table, ())
    if one_of and not any(found.get(name) for name in one_of):
        gone.append(" or ".join(one_of))
    return gone


def is_further(table: str, headers: Iterable[str]) -> bool:
    """Tell whether headers are those of a further table, and nothing else could be meant: every one is a column of it.

    Examples
    --------
    >>> is_further("budget", ["År", "Tjeneste", "Budsjettert volum"]), is_further("budget", ["Enhet", "År", "Kostnad"])
    (True, False)
    """
    headers = list(headers)
    found = recognised(table, headers)
    known = {name for names in found.values() for name in names}
    return not lacks(table, found) and len(known) >= max(2, len(headers) - 2)

"""The model's parameters for readers: the same value in several schemes on one line, assumed numbers first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bench.citations import cited
from bench.report.edition import Edition
from bench.report.facts import Row, rows
from bench.report.tables.page import Cell, Table, table
from bench.report.words.numbers import is_missing

#: Parameters that are shares although their description does not say so.
_SHARES = ("general", "requirement", "interest", "demography", "need", "corridor", "gain", "tolerance")


@dataclass(frozen=True, slots=True)
class Assumption:
    """One parameter as readers see it."""

    label: str
    schemes: tuple[str, ...]
    start: str
    value: str
    status: str
    source: str
    numeric: bool


def assumption_tables(edition: Edition) -> list[Table]:
    """Return the numbers nobody has confirmed, and folded away the choices and the documented values."""
    found = merged_assumptions(edition)
    open_ended = [item for item in found if item.numeric and item.status != "documented"]
    rest = [item for item in found if item not in open_ended]
    made = [_table(edition, "table.assumed", open_ended), replace(_table(edition, "table.choices", rest), folded=True)]
    return [part for part in made if part.rows]


def merged_assumptions(edition: Edition) -> list[Assumption]:
    """Return every parameter once, with all schemes it holds in, assumed before scenario before documented."""
    merged: dict[tuple[str, ...], Assumption] = {}
    for row in rows(edition.facts.run.assumptions):
        item = _assumption(edition, row)
        key = (item.label, item.start, item.value, item.status, item.source)
        known = merged.get(key)
        schemes = item.schemes if known is None else tuple(dict.fromkeys((*known.schemes, *item.schemes)))
        merged[key] = replace(item, schemes=schemes)
    order = {"assumed": 0, "scenario": 1, "documented": 2}
    return sorted(merged.values(), key=lambda item: order.get(item.status, 3))


def key_scheme(edition: Edition, row: Row) -> str:
    """Return the scheme a parameter belongs to: by its own column, else by a name in its key."""
    key = row["scheme"] or next((part for part in str(row["key"]).split(".") if part in edition.labels.schemes), "")
    return edition.labels.scheme(key) if key else edition.t("page.all_schemes")


def value_text(edition: Edition, key: Any, value: Any) -> str:
    """Return a parameter value: a share as per cent, a year without grouping, known words translated."""
    if isinstance(value, bool):
        return edition.t("word.yes" if value else "word.no")
    last = str(key).rsplit(".", 1)[-1]
    if isinstance(value, int) and ("year" in last or last.endswith("_from")):
        return str(value)
    if isinstance(value, int | float):
        return _number(edition, key, last, value)
    if is_missing(value):
        return edition.t("option.none")
    words = str(value).split(", ")
    named = [edition.t.known("option", word) or edition.labels.named_service(word) or word for word in words]
    return ("; " if any("," in word for word in named) else ", ").join(named)


def source_text(edition: Edition, source: Any) -> str:
    """Return where a value stands; the engine's own remarks are translated."""
    if is_missing(source):
        return "–"
    return edition.t.known("provenance", str(source)) or cited(str(source), edition.language)


def _assumption(edition: Edition, row: Row) -> Assumption:
    value = row["value"]
    return Assumption(
        label=edition.labels.parameter(row["key"]),
        schemes=(key_scheme(edition, row),),
        start=edition.n.date(row["from"]) if row["from"] is not None else edition.t("page.always"),
        value=value_text(edition, row["key"], value),
        status=str(row["status"]),
        source=source_text(edition, row["source"]),
        numeric=isinstance(value, float),
    )


def _number(edition: Edition, key: Any, last: str, value: float) -> str:
    label = edition.labels.parameter(key).lower()
    says_share = label.startswith(("andel", "share", "største reelle", "largest real")) or "som andel" in label
    if says_share or "as a share" in label or last in _SHARES:
        percent = edition.n.plain(value * 100, 4)
        return f"{percent}\u00a0%" if edition.language == "nb" else f"{percent}%"
    return edition.n.plain(value)


def _table(edition: Edition, caption: str, found: list[Assumption]) -> Table:
    t = edition.t
    everywhere = len(edition.facts.schemes)
    columns = [
        (t(f"col.{name}"), name == "value") for name in ("parameter", "scheme", "from", "value", "status", "source")
    ]
    body: list[list[Cell | str]] = [
        [
            item.label,
            t("page.all_schemes") if len(item.schemes) == everywhere > 1 else ", ".join(item.schemes),
            item.start,
            item.value,
            Cell(edition.labels.word("status", item.status), tone="assumed" if item.status == "assumed" else ""),
            item.source,
        ]
        for item in found
    ]
    return table(t(caption), columns, body)

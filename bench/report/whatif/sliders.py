"""The sliders of a page: which numbers of the model may be moved, between what, and how the command line says it.

A slider stands for one number as it is in force in one year: the share a unit keeps in the last settlement, the growth
into the year of the new prices. What it writes is the whole dated list with that one number changed, so that
``--set`` gives the engine exactly what the page worked out.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.errors import BenchError
from bench.report.edition import Edition
from bench.report.workbook.sheet import Book, Key

if TYPE_CHECKING:
    from bench.modelfile import Model
    from bench.modelfile.values import Dated, Entry

#: Rules a scheme may have, as paths below the scheme: (path, step, and what shuts it out where it is not stated).
_SCHEME = (
    ("settlement.keep_surplus", 0.01),
    ("settlement.carry_deficit", 0.01),
    ("settlement.cap_surplus", 0.005),
    ("settlement.cap_deficit", 0.005),
    ("settlement.cap", 0.005),
    ("price.frontier_share", 0.01),
    ("price.gain", 0.01),
    ("price.requirement", 0.001),
)
_REQUIREMENT = (("requirement.general", 0.001), ("requirement.individual_share", 0.01))
_INDEX = (("indexation.deflator", 0.001), ("indexation.wage", 0.001), ("indexation.price", 0.001))

#: Growth may be moved this far to each side of zero or of itself; a share lies between nothing and all.
_GROWTH = 0.05

#: Paths whose number is growth rather than a share.
_GROWING = frozenset((*(path for path, _ in _INDEX), "index"))

#: A requirement of a year may be moved up to this.
_MOST_REQUIRED = 0.05


@dataclass(frozen=True, slots=True)
class Slider:
    """One number that may be moved.

    Attributes
    ----------
    key : str
        Dotted key of the model, or ``index`` for the data set's own table of growth.
    scheme : str
        The scheme it belongs to; empty for all.
    cell : Key
        Its input in the workbook.
    value, low, high, step : float
    year : int
        The year in which the number counts.
    before, after : str
        What the command line says around the number.
    """

    key: str
    scheme: str
    cell: Key
    value: float
    low: float
    high: float
    step: float
    year: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Absent:
    """A slider a reader may look for and does not find, and why."""

    key: str
    scheme: str
    why: str


def complete(model: Model, edition: Edition) -> Model:
    """Return the model with the caps and the general requirement that it leaves out stated at their neutral values.

    A cap at the whole income binds nobody as long as no result is larger than the income; a rule that is not stated
    has no formula a slider could move.
    """
    values: dict[str, Any] = {}
    frame = edition.facts.run.settlement
    for scheme in model.scheme:
        rules = scheme.settlement
        rows = frame[frame["scheme"] == scheme.id]
        if not len(rows) or rules.pooled or (rows["result"].abs() > rows["income"].clip(lower=0.0)).any():
            continue
        if rules.cap is None and rules.cap_surplus is None and rules.cap_deficit is None:
            values[f"scheme.{scheme.id}.settlement.cap_surplus"] = {"value": 1.0}
            values[f"scheme.{scheme.id}.settlement.cap_deficit"] = {"value": 1.0}
    if model.requirement is not None and "general" not in model.requirement.model_fields_set:
        values["requirement.general"] = {"value": 0.0}
    if not values:
        return model
    try:
        return model.with_values(values)
    except BenchError:
        return model


def sliders(model: Model, edition: Edition, book: Book) -> tuple[list[Slider], list[Absent]]:
    """Return the sliders of a run by the inputs its workbook has, and what is not there."""
    facts = edition.facts
    found: list[Slider] = []
    absent: list[Absent] = []
    if facts.price_year is not None:
        made, missing = _index_sliders(model, book, int(facts.price_year))
        found += made
        absent += missing
    for scheme in model.scheme:
        if facts.year is None:
            continue
        for path, step in _SCHEME:
            year = facts.price_year if path.startswith("price.") else facts.year
            key = f"scheme.{scheme.id}.{path}"
            dated = _dated(scheme, path)
            slider = None if dated is None or year is None else _slider(book, key, dated, int(year), step, scheme.id)
            if slider is not None:
                found.append(slider)
            elif path in ("settlement.cap_surplus", "price.frontier_share"):
                absent.append(Absent(path, scheme.id, _why_not(scheme, path)))
    if model.requirement is None:
        absent.append(Absent("requirement.general", "", "none"))
    else:
        for key, step in _REQUIREMENT:
            dated = _dated(model, key)
            slider = None if dated is None else _slider(book, key, dated, model.requirement.first_year, step, "")
            if slider is not None:
                found.append(slider)
    return found, absent


def _why_not(scheme: Any, path: str) -> str:
    """Name the reason a slider is not there, as the texts know it."""
    if path == "settlement.cap_surplus":
        return "has-cap" if scheme.settlement.cap is not None else "pooled" if scheme.settlement.pooled else "no-cap"
    return "no-price" if scheme.price.source == "none" else "frontier"


def _index_sliders(model: Model, book: Book, year: int) -> tuple[list[Slider], list[Absent]]:
    rules = model.indexation
    if rules.source == "table":
        cell: Key = ("index", year)
        if cell not in book.inputs:
            return [], [Absent("index", "", "no-index")]
        value = float(book.inputs[cell].value)
        low, high = min(value, 0.0) - _GROWTH, max(value, 0.0) + _GROWTH
        return [Slider("index", "", cell, value, low, high, 0.001, year, "", "")], []
    found = []
    for key, step in _INDEX:
        dated = _dated(model, key)
        slider = None if dated is None else _slider(book, key, dated, year, step, "")
        if slider is not None:
            found.append(slider)
    return found, [] if found else [Absent("index", "", "no-index")]


def _dated(section: Any, path: str) -> Dated | None:
    for part in path.split("."):
        section = getattr(section, part, None)
    return section if section is not None and hasattr(section, "entry_at") else None


def _slider(book: Book, key: str, dated: Dated, year: int, step: float, scheme: str) -> Slider | None:
    entry = dated.entry_at(year)
    if entry is None:
        return None
    cell: Key = ("parameter", key, str(entry.from_) if entry.from_ is not None else "")
    if cell not in book.inputs:
        return None
    low, high = 0.0, 1.0
    if key in _GROWING:
        low, high = min(entry.value, 0.0) - _GROWTH, max(entry.value, 0.0) + _GROWTH
    elif key.endswith("price.frontier_share"):
        # Without a share in the price the frontier decides no money, and is measured in another way.
        low = min(step, entry.value)
    elif key.endswith(("requirement.general", "price.requirement")):
        high = max(_MOST_REQUIRED, entry.value)
    before, after = _said(key, dated, entry)
    return Slider(key, scheme, cell, float(entry.value), low, high, step, year, before, after)


def _said(key: str, dated: Dated, moved: Entry) -> tuple[str, str]:
    """Return what stands around the number in ``--set KEY=VALUE``: its dates, and the entries beside it."""
    parts: list[str] = []
    before = ""
    for entry in dated.entries:
        if entry is moved:
            before = f"{key}=[{', '.join([*parts, ''])}{{{''.join(_dates(entry))}value = "
            parts = []
        else:
            parts.append(f"{{{''.join(_dates(entry))}value = {entry.value!r}}}")
    return before, f', status = "scenario"}}{"".join(f", {part}" for part in parts)}]'


def _dates(entry: Entry) -> Iterator[str]:
    for name, day in (("from", entry.from_), ("to", entry.to)):
        if isinstance(day, datetime.date):
            yield f"{name} = {day.isoformat()}, "

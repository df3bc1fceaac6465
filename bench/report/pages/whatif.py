"""The what-if of the page: sliders by scheme, what they give beside what was adopted, and the command that says so."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bench.report.edition import Edition
from bench.report.facts import SchemeFacts
from bench.report.whatif.panel import Output, WhatIf
from bench.report.whatif.sliders import Slider

#: Columns of the units' table, in the order of the settlement.
_UNIT = ("income", "result", "kept", "carried", "closing_balance")

#: Rows of the table of sums.
_SUMS = ("income", "result", "kept", "carried", "returned_to_payer", "closing_balance")


@dataclass(frozen=True, slots=True)
class Handle:
    """A slider as the page shows it."""

    number: int
    label: str
    low: str
    high: str
    step: str
    value: str
    text: str
    digits: int


@dataclass(frozen=True, slots=True)
class Group:
    """Sliders under one heading."""

    title: str
    sliders: tuple[Handle, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell: a text, and which output moves it (its change where ``change``)."""

    text: str
    out: int | None = None
    change: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row with its name."""

    name: str
    cells: tuple[Shown, ...]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table whose numbers move."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Line, ...]
    digits: int


@dataclass(frozen=True, slots=True)
class Panel:
    """Everything the template needs."""

    groups: tuple[Group, ...]
    tables: tuple[Grid, ...]
    data: str
    how: str
    start: str
    end: str
    index: str


def panel(edition: Edition, what: WhatIf) -> Panel | None:
    """Return the panel of a run, or None where nothing can be moved."""
    if what.why or not what.sliders:
        return None
    numbers = {output.key: k for k, output in enumerate(what.outputs)}
    tables = [_sums(edition, what, numbers)]
    for scheme in edition.facts.schemes:
        tables += [_prices(edition, scheme, what, numbers), _units(edition, scheme, what, numbers)]
    how, start, end = _command(edition)
    return Panel(
        groups=_groups(edition, what.sliders),
        tables=tuple(table for table in tables if table.rows),
        data=_json(what.data()),
        how=how,
        start=start,
        end=end,
        index=_index(edition, what.sliders),
    )


def absent_lines(edition: Edition, what: WhatIf) -> list[str]:
    """Say which sliders a reader may miss, and why they are not there; the same reason in several schemes once."""
    t, labels = edition.t, edition.labels
    found: dict[tuple[str, str], list[str]] = {}
    for one in what.absent:
        found.setdefault((one.key, one.why), []).append(one.scheme)
    lines = []
    for (key, why), schemes in found.items():
        named = [labels.scheme(scheme) for scheme in schemes if scheme]
        every = len(named) == len(edition.facts.schemes) or not named
        where = "" if every else f" ({', '.join(named)})"
        lines.append(f"{t(f'what.key.{key}')}{where}: {t(f'what.absent.{why}')}")
    return lines


def _json(data: Any) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


# -- sliders -----------------------------------------------------------------------------------------------------


def _groups(edition: Edition, sliders: Sequence[Slider]) -> tuple[Group, ...]:
    groups: dict[str, list[Handle]] = {}
    for number, slider in enumerate(sliders):
        groups.setdefault(slider.scheme, []).append(_handle(edition, number, slider))
    every = edition.t("page.all_schemes")
    return tuple(
        Group(edition.labels.scheme(scheme) if scheme else every, tuple(handles)) for scheme, handles in groups.items()
    )


def _handle(edition: Edition, number: int, slider: Slider) -> Handle:
    step = _step(slider)
    digits = max(0, -int(Decimal(step).normalize().as_tuple().exponent) - 2)
    path = slider.key.split(".", 2)[2] if slider.scheme else slider.key
    return Handle(
        number=number,
        label=edition.t("what.slider", name=edition.t(f"what.key.{path}"), year=slider.year),
        low=_plain(slider.low),
        high=_plain(slider.high),
        step=step,
        value=_plain(slider.value),
        text=edition.n.percent(slider.value, digits),
        digits=digits,
    )


def _step(slider: Slider) -> str:
    """Return a step on which the number as it is lies, so that a slider at rest says exactly that."""
    step, off = Decimal(repr(slider.step)), Decimal(_plain(slider.value)) - Decimal(_plain(slider.low))
    for _ in range(12):
        if off % step == 0:
            break
        step /= 10
    return format(step.normalize(), "f")


def _plain(value: float) -> str:
    return format(Decimal(repr(round(value, 12))).normalize(), "f")


# -- tables ------------------------------------------------------------------------------------------------------


def _pair(edition: Edition, what: WhatIf, number: int, digits: int) -> tuple[Shown, Shown, Shown]:
    """Return the adopted number, the number now, and the change."""
    output: Output = what.outputs[number]
    text = edition.n.number(output.adopted, digits)
    return Shown(text), Shown(text, number), Shown(edition.n.number(0.0, digits), number, change=True)


def _sums(edition: Edition, what: WhatIf, numbers: dict[tuple[str, ...], int]) -> Grid:
    t, facts = edition.t, edition.facts
    rows = []
    if ("bill",) in numbers:
        name = t("what.bill", year=facts.price_year, last=facts.year)
        rows.append(Line(name, _pair(edition, what, numbers["bill",], 0)))
    for column in _SUMS:
        if ("total", column) in numbers:
            name = t("what.of_year", what=t(f"col.{column}"), year=facts.year)
            rows.append(Line(name, _pair(edition, what, numbers["total", column], 0)))
    required = [key for key in numbers if key[0] == "required"]
    if required and len(required) == 1:
        rows.append(Line(t("col.requirement_total"), _pair(edition, what, numbers[required[0]], 0)))
    return Grid(t("what.sums"), _three(edition, t("what.what")), tuple(rows), 0)


def _three(edition: Edition, first: str) -> tuple[str, ...]:
    t = edition.t
    return (first, t("what.adopted"), t("what.now"), t("what.change"))


def _prices(edition: Edition, scheme: SchemeFacts, what: WhatIf, numbers: dict[tuple[str, ...], int]) -> Grid:
    t, labels = edition.t, edition.labels
    rows = []
    for row in scheme.prices:
        key = ("price", scheme.key, str(row["service"]), str(row["price_class"]))
        if key in numbers:
            name = labels.service(scheme.key, row["service"])
            if row["price_class"] not in (None, "", "standard"):
                name = f"{name}, {row['price_class']}"
            rows.append(Line(name, _pair(edition, what, numbers[key], 2)))
    caption = t("table.prices", scheme=labels.scheme(scheme.key), year=edition.facts.price_year)
    return Grid(caption, _three(edition, t("col.service")), tuple(rows), 2)


def _units(edition: Edition, scheme: SchemeFacts, what: WhatIf, numbers: dict[tuple[str, ...], int]) -> Grid:
    t, facts = edition.t, edition.facts
    units = facts.in_scheme(scheme.key)
    columns = [name for name in _UNIT if any(("settled", name, unit.key) in numbers for unit in units)]
    required = any(("required", unit.key) in numbers for unit in units)
    keys = [("settled", name) for name in columns] + ([("required",)] if required else [])
    titles = [t(f"col.{name}") for name in columns] + ([t("col.requirement_total")] if required else [])
    rows = []
    for unit in units:
        cells: list[Shown] = []
        for key in keys:
            number = numbers.get((*key, unit.key))
            cells += _pair(edition, what, number, 0)[1:] if number is not None else (Shown("."), Shown("."))
        rows.append(Line(unit.key, tuple(cells)))
    heads = [head for title in titles for head in (title, t("what.change_of", what=title))]
    caption = t("what.units", scheme=edition.labels.scheme(scheme.key), year=facts.year)
    return Grid(caption, (t("col.unit"), *heads), tuple(rows) if keys else (), 0)


# -- the command -------------------------------------------------------------------------------------------------


def _command(edition: Edition) -> tuple[str, str, str]:
    """Return how the scenario is run: a whole command line where the data are bundled, else what to add."""
    options = edition.facts.run.manifest.get("options", {})
    model, dataset = str(options.get("model", "")), options.get("dataset")
    if not (model and dataset):
        return edition.t("what.add"), "", ""
    earlier = [f"--set {shlex.quote(f'{key}={value}')}" for key, value in (options.get("set") or {}).items()]
    return edition.t("what.run"), " ".join(["bench", "run", shlex.quote(model), *earlier]), "--out scenario"


def _index(edition: Edition, sliders: Sequence[Slider]) -> str:
    """Return the table of growth with a mark where the moved number goes; empty where the model states its growth."""
    from bench.stykkpris.tables import extra_tables

    moved = [slider.year for slider in sliders if slider.key == "index"]
    if not moved:
        return ""
    table = extra_tables(edition.facts.run.tables).index
    rows = [f"{year},{f'@{year}@' if year in moved else repr(float(growth))}" for year, growth in sorted(table.items())]
    return "\n".join(["year,growth", *rows])

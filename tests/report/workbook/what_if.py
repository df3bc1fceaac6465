"""The same change made in a cell of the workbook and in the engine's own input."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd

import bench
from bench.pipeline import norming, stages
from bench.pipeline.jobs import memory_job
from bench.pipeline.schemes import scheme_data
from bench.report.edition import Edition
from bench.report.workbook.build import open_book
from bench.report.workbook.sheet import Book, Key
from bench.results import RunResult

#: The bundled models and their alternatives, but the one without data of its own.
MODELS = tuple(
    name
    for path in sorted((Path(bench.__file__).parents[1] / "models").glob("*.toml"))
    for name in (path.stem, *(f"{path.stem}@{a.name}" for a in bench.load_model(path.stem).alternative))
    if path.stem != "average-cost"
)

#: Their stochastic frontiers take long to fit.
SLOW = ("bnetza-best-of-four",)

#: One of each family of formulas.
FAMILIES = (
    *("drammen", "hamar", "stavanger", "self-cost", "sio-a-rates", "blended", "criteria-block", "hospital-sharing"),
    "municipal-care",
    *("kristiansand@requirement", "stykkpris-malestokk", "nursing-nm", "ei-potential", "kommune-sektor"),
)

#: Shares that must add up with others: one alone cannot be changed, in the engine as little as on a sheet.
TOGETHER = ("mix.activity", "mix.block", "mix.refund", "party", "criterion", "cost_key", "wage_share")


class Case:
    """One run with its frontier, which stays as it was estimated while inputs change."""

    def __init__(self, run: RunResult, frontiers: dict[str, Any]):
        self.run, self.frontiers = run, frontiers
        self.edition = Edition.of(run, "en")
        self.book = open_book(self.edition)

    @classmethod
    def of(cls, made: str | Callable[[], RunResult]) -> Case:
        """Run a model by its name, or what is given, and keep what its frontier found."""
        kept: dict[str, Any] = {}
        real = stages.scheme_frontier

        def keeping(model: Any, data: Any, *args: Any, **options: Any) -> Any:
            kept[data.name] = real(model, data, *args, **options)
            return kept[data.name]

        with mock.patch.object(stages, "scheme_frontier", keeping):
            run = bench.run(made) if isinstance(made, str) else made()
        return cls(run, kept)

    def engine(self, changes: Mapping[Key, float]) -> RunResult:
        """Run the engine with changed inputs on the frontier as it was."""
        run = self.run
        frame = run.units.frame.copy()
        model = run.model.model_copy(deep=True)
        tables = {name: table.copy() for name, table in run.tables.items()}
        frontiers = {name: _copied(frontier) for name, frontier in self.frontiers.items()}
        for key, value in changes.items():
            kind = key[0]
            if kind == "data":
                _, scheme, unit, year, column = key
                rows = frame[run.units.id].astype(str) == unit
                rows &= True if run.units.period is None else frame[run.units.period] == year
                rows &= (
                    True if run.units.scheme is None or not scheme else frame[run.units.scheme].astype(str) == scheme
                )
                assert rows.sum() == 1, key
                frame.loc[rows, column] = value
            elif kind == "parameter":
                _entry(model, str(key[1]), str(key[2])).__dict__["value"] = value
            elif kind in ("index", "budget", "ordered", "budget_amount"):
                _set_table(tables["index" if kind == "index" else "budget"], key, value)
            elif kind in ("month", "month_plan"):
                _set_month(tables["months"], key, value)
            elif kind in ("efficiency", "upper"):
                _, scheme, unit, year = key
                _set_score(self.run, frontiers[str(scheme)], kind, str(unit), year, value)
        shifts = {
            str(key[1]): changes.get(key, cell.adopted) for key, cell in self.book.inputs.items() if key[0] == "shift"
        }
        made = [figure.id for figure in model.figure if not figure.after_norms]
        extra = tuple(name for name in run.units.extra if name not in made)
        units = replace(run.units, frame=frame.drop(columns=made), extra=extra)
        stated = {
            key: changes.get(key, cell.adopted) for key, cell in self.book.inputs.items() if key[0] == "frontier_price"
        }
        real = norming._raw_prices

        def prices(model: Any, data: Any, frontier: Any, source: str, year: int, rows: Any) -> Any:
            """What a frontier found stays as computed, also where volumes change."""
            if source in ("average", "best-practice"):
                return real(model, data, frontier, source, year, rows)
            keys = [("frontier_price", data.name, source, year, service) for service in data.services]
            found = np.array([stated[key] for key in keys])
            return found, found, found, "as-computed"

        with (
            mock.patch.object(norming, "_raw_prices", prices),
            mock.patch.object(stages, "scheme_frontier", lambda model, data, *a, **o: frontiers[data.name]),
            mock.patch.object(norming, "_frontier_shift", lambda model, data, *a: shifts[data.name]),
        ):
            return stages.ran(memory_job("run", [model], units, tables))

    def differences(self, changes: Mapping[Key, float]) -> list[str]:
        """Return where the sheets, with these cells changed, are not what the engine gives with the same change."""
        changed = open_book(self.edition, changes)
        truth = open_book(Edition.of(self.engine(changes), "en"))
        return compared(changed, truth)


def compared(changed: Book, truth: Book) -> list[str]:
    """Compare the formulas of one book with the engine's numbers of another, column by column on every sheet."""
    found = []
    assert [c.what for c in changed.compared] == [c.what for c in truth.compared]
    for ours, theirs in zip(changed.compared, truth.compared, strict=True):
        for cell, engine in zip(ours.formulas, theirs.engine, strict=True):
            scale = max(1.0, abs(engine.value)) * 1e-9
            if not abs(cell.value - engine.value) <= ours.tolerance + scale:
                found.append(f"{ours.what}: {cell.text} {cell.value!r}, engine {engine.value!r}")
    return found


def kinds(book: Book) -> dict[str, list[Key]]:
    """Return the inputs by kind: the column of data, the parameter without names, the index, the efficiency."""
    made: dict[str, list[Key]] = {}
    for key in book.inputs:
        if key[0] == "switch" or any(part in str(key[1]) for part in TOGETHER):
            continue
        if key[0] == "data":
            kind = f"data {key[1]} {key[4]}"
        elif key[0] == "parameter":
            kind = "parameter " + str(key[1]).rsplit(".", 1)[-1]
        else:
            kind = str(key[0])
        made.setdefault(kind, []).append(key)
    return made


def moved(book: Book, keys: Iterable[Key]) -> dict[Key, float]:
    """Return another number for each input: a little more, and for a share a little less."""
    made = {}
    for key in keys:
        value = book.inputs[key].value
        share = key[0] in ("efficiency", "upper", "shift") or (key[0] == "parameter" and 0 < value <= 1)
        if key[0] == "data" and (book.inputs[key].value == 0 or value in range(1, 8)):
            continue  # no such service there, or a zone: another number is another rule
        made[key] = round(value * (0.93 if share else 1.07), 6) if value else 0.02
    return made


def binding(run: RunResult) -> set[tuple[str, int]]:
    """Return the units and years where a rule binds: a cap, a dispensation, a transition."""
    frame = run.settlement
    plain = {}
    for scheme in run.model.scheme:
        rules = scheme.settlement
        for row in frame[frame["scheme"] == scheme.id].to_dict("records"):
            keep, carry = rules.keep_surplus.at(row["year"]), rules.carry_deficit.at(row["year"])
            kept, carried = max(row["result"], 0) * keep, min(row["result"], 0) * carry
            plain[row["unit"], row["year"]] = (
                abs(kept - row["kept"]) > 0.02 or abs(carried - row["carried"]) > 0.02 or row["dispensation"] > 0
            )
    moved = run.corrections[(run.corrections["correction"] == "transition") & (run.corrections["amount"] != 0)]
    plain |= {(row["unit"], row["year"]): True for row in moved.to_dict("records")}
    return {key for key, binds in plain.items() if binds}


def _copied(frontier: Any) -> Any:
    if frontier is None:
        return None
    return replace(
        frontier,
        efficiency=frontier.efficiency.copy(),
        upper=frontier.upper.copy(),
        by_method={name: values.copy() for name, values in frontier.by_method.items()},
    )


def _set_score(run: RunResult, frontier: Any, kind: str, unit: str, year: Any, value: float) -> None:
    """Change one score, or the upper end of its interval, in what the frontier found."""
    scheme = frontier.frames["efficiency"]["scheme"].iloc[0]
    part = next(data for data in scheme_data(run.model, run.units) if data.name == scheme)
    position = next(k for k, key in enumerate(zip(part.unit, part.year, strict=True)) if key == (unit, year))
    source = run.model.norm.source
    if kind == "upper":
        frontier.upper[position] = value
    elif source == "frontier" or frontier.kind[position] == "own-history":
        frontier.efficiency[position] = value
    else:
        frontier.by_method[norming.variant_of(run.model, source)][position] = value


def _set_table(table: pd.DataFrame, key: Key, value: float) -> None:
    names = {"aar": "year", "ordning": "scheme", "tjeneste": "service"}
    english = {column: names.get(column, column) for column in table.columns}
    back = {english[column]: column for column in table.columns}
    if key[0] == "index":
        rows = table[back["year"]] == key[1]
        column = back.get("growth", "kostnadsvekst")
    else:
        _, scheme, year, service = key
        rows = (table[back["year"]] == year) & (table[back["scheme"]] == scheme) & (table[back["service"]] == service)
        names = {"budget": "budget_volume", "ordered": "ordered_volume", "budget_amount": "budget_amount"}
        column = back.get(names[str(key[0])], "budsjettert_volum")
    assert rows.sum() == 1, key
    table.loc[rows, column] = value


def _set_month(table: pd.DataFrame, key: Key, value: float) -> None:
    kind, scheme, year, service, month = key
    names = {"aar": "year", "ordning": "scheme", "tjeneste": "service", "maaned": "month"}
    names |= {"volum": "volume", "budsjettert_volum": "budget_volume"}
    back = {names.get(column, column): column for column in table.columns}
    rows = (table[back["year"]] == year) & (table[back["scheme"]] == scheme)
    rows &= (table[back["service"]] == service) & (table[back["month"]] == month)
    assert rows.sum() == 1, key
    table.loc[rows, back["volume" if kind == "month" else "budget_volume"]] = value


def _entry(model: Any, key: str, start: str) -> Any:
    """The entry of a number: as the file states it, or the default of a key that the file leaves out."""
    stated = next((value for found, _, value in model.walk() if found == key), None)
    value = reduce(getattr, key.split("."), model) if stated is None else stated
    return next(e for e in value.entries if str(e.from_ or "") == start)

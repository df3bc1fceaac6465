"""Who is measured, against whom, for which decision: the rows a frontier sees.

A decision for a year may look at the accounts that existed when it was made. For each decision year the sample takes
the rows up to that year, at that year's prices, so that later rows leave it as it was, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from bench.errors import DataError, Issue, ModelError, nearest
from bench.modelfile import FrontierOptions, Model
from bench.modelfile.sections.chain import UnitRule
from bench.pipeline.figures import rule_rows
from bench.pipeline.neutral.comparable_cost import COMPARABLE
from bench.pipeline.schemes import SchemeData
from bench.pipeline.scores.quality_gate import good_enough
from bench.typing import BoolArray, FloatArray, IndexArray
from bench.units import Units

#: Factor that takes money of one year (first) to the prices of another (second).
PriceLevel = Callable[[int, int], float]

#: Unit rules that keep a unit from being measured by the frontier.
UNMEASURED = ("out", "average", "own-history")


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The rows one decision sees.

    Attributes
    ----------
    year : int
        Decision year: whose prices the money is in. The last year of all where the years are pooled.
    rows : array (e,) of int
        Positions of the evaluated rows in the scheme's table.
    evaluated : Units
        The rows that are measured.
    base : Units
        The rows, or means of rows, of every unit that is measured; the same object as ``evaluated`` where they are
        the same rows.
    common : array (b,) of bool
        Rows of ``base`` that may be anybody's peer.
    own : array (e,) of int
        For an evaluated unit that may be its own peer and nobody else's: its row of ``base``; −1 for the others.
    cost : array (b,)
        Cost of the rows of ``base``, NOK in prices of ``year``.
    factor : array (e,)
        Takes each evaluated row's money to prices of ``year``.
    first_year : int
        First year of the reference rows.
    others_only : bool
        Whether each evaluated row is left out of its own reference.
    """

    year: int
    rows: IndexArray
    evaluated: Units
    base: Units
    common: BoolArray
    own: IndexArray
    cost: FloatArray
    factor: FloatArray
    first_year: int
    others_only: bool = False

    @property
    def reference(self) -> Units:
        """The rows that may be anybody's peer."""
        return self.base if self.common.all() else self.base.take(np.flatnonzero(self.common))

    @property
    def averaged(self) -> bool:
        """Whether ``base`` holds units' means."""
        return self.base.period is None


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """A scheme's inputs, outputs and conditions as they stand, money in each row's own prices.

    Attributes
    ----------
    inputs, outputs, environment : Mapping of str to array (n,)
    money : frozenset of str
        Inputs that are NOK, and so moved by the index.
    input_prices, output_prices, extra : Mapping of str to array (n,)
        Further columns that a method looks at, as they stand.
    texts : Mapping of str to array (n,) of str
        Columns with words.
    """

    inputs: Mapping[str, FloatArray]
    outputs: Mapping[str, FloatArray]
    environment: Mapping[str, FloatArray]
    money: frozenset[str]
    input_prices: Mapping[str, FloatArray] = field(default_factory=dict)
    output_prices: Mapping[str, FloatArray] = field(default_factory=dict)
    extra: Mapping[str, FloatArray] = field(default_factory=dict)
    texts: Mapping[str, Any] = field(default_factory=dict)

    def unpriced(self) -> Iterator[tuple[str, FloatArray]]:
        """Give every column that no index moves."""
        for part in (self.outputs, self.environment, self.input_prices, self.output_prices, self.extra):
            yield from part.items()


@dataclass(frozen=True, slots=True, eq=False)
class RuledRows:
    """Which rule holds for each row of a scheme.

    Attributes
    ----------
    kind : array (n,) of str
        Empty where none does.
    rule : tuple of UnitRule or None
    peer : array (n,) of bool
        Rows the stated reference lets be peers; all of them where none is stated.
    """

    kind: np.ndarray[tuple[int], np.dtype[np.object_]]
    rule: tuple[UnitRule | None, ...]
    peer: BoolArray


def ruled_rows(model: Model, data: SchemeData, options: FrontierOptions) -> RuledRows:
    """Return the first rule that holds for each row.

    Raises
    ------
    ModelError
        When a rule names a unit the scheme does not have.
    """
    names = np.array(data.unit, dtype=object)
    rules = options.unit_rule
    texts = [rule.where for rule in rules if rule.where is not None]
    key = "frontier.unit_rule.where"
    held = iter(rule_rows(model, data.units, texts, key)) if texts else iter(())
    chosen: list[UnitRule | None] = [None] * len(names)
    for rule in rules:
        gone = [unit for unit in rule.units if unit not in set(names)]
        if gone:
            raise ModelError(
                f"scheme {data.name!r}: a unit rule names {gone[0]!r}, which has no row",
                file=model.file,
                key="frontier.unit_rule.units",
            )
        here = np.isin(names, rule.units)
        if rule.where is not None:
            here |= next(held)
        for row in np.flatnonzero(here):
            if chosen[row] is None and rule.covers(int(data.year[row])):
                chosen[row] = rule
    kinds = np.array(["" if rule is None else rule.kind for rule in chosen], dtype=object)
    return RuledRows(kinds, tuple(chosen), _reference_rows(model, data, options))


def _reference_rows(model: Model, data: SchemeData, options: FrontierOptions) -> BoolArray:
    """Return which rows the stated reference lets be peers, its years apart."""
    peer = good_enough(model, data)
    rule = options.reference
    if rule is None:
        return peer
    names = np.array(data.unit, dtype=object)
    gone = next((unit for unit in rule.units if unit not in set(names)), None)
    if gone is not None:
        raise ModelError(
            f"scheme {data.name!r}: the reference names {gone!r}, which has no row{nearest(gone, list(set(names)))}",
            file=model.file,
            key="frontier.reference.units",
        )
    if rule.units:
        peer &= np.isin(names, rule.units)
    if rule.where is not None:
        peer &= rule_rows(model, data.units, [rule.where], "frontier.reference.where")[0]
    return peer


def decision_years(model: Model, data: SchemeData) -> list[int]:
    """Return the years with a decision: every year from the first that is measured, or the one cost year of the model.

    Raises
    ------
    DataError
        When the first year that is to be measured lies after all accounts.
    """
    if model.decision is None:
        first = model.frontier.first_year
        years = [year for year in data.years if first is None or year >= first]
        if not years:
            raise DataError(
                [
                    Issue(
                        "no-accounts",
                        f"scheme {data.name!r} has no accounts from frontier.first_year = {first} on",
                        f"state a year up to {data.years[-1]}, or add the accounts",
                        period=str(first),
                    )
                ]
            )
        return years
    return [data.years[-1] if model.decision.cost_year is None else model.decision.cost_year]


def samples(
    model: Model,
    data: SchemeData,
    options: FrontierOptions,
    columns: Columns,
    level: PriceLevel,
    rules: RuledRows,
) -> list[Sample]:
    """Return the sample of every decision year, or the one sample of all years where they are pooled.

    Parameters
    ----------
    model : Model
    data : SchemeData
    options : FrontierOptions
        ``periods`` is stated: pooled, separate, known, window or average.
    columns : Columns
    level : callable
        ``level(year, decision_year)``: factor between the two years' prices.
    rules : RuledRows

    Raises
    ------
    DataError
        When the rules leave nobody to measure.
    """
    found = []
    if options.periods == "pooled":
        everything = np.flatnonzero(~np.isin(rules.kind, UNMEASURED))
        if not everything.size:
            raise _nobody(options, data, data.years[-1])
        found = [_sample(data, columns, level, data.years[-1], everything, everything, rules)]
    else:
        for year in decision_years(model, data):
            kinds = _kinds_in(data, rules, year)
            measured = ~np.isin(kinds, UNMEASURED)
            rows = np.flatnonzero((data.year == year) & measured)
            if not rows.size:
                raise _nobody(options, data, year)
            known = np.flatnonzero(seen_years(data, options, year) & measured)
            if not known.size:
                raise _no_frontier(data, options, year)
            by_year = replace(rules, kind=kinds)
            if options.periods == "average":
                stay = _fixed(options)
                found.append(_against_averages(data, columns, level, year, rows, known, by_year, stay=stay))
            else:
                found.append(_sample(data, columns, level, year, rows, known, by_year))
    for sample in found:
        if not sample.common.any():
            raise _nobody(options, data, sample.year)
    return [rounded(sample, options.rounding) for sample in found]


def _nobody(options: FrontierOptions, data: SchemeData, year: int) -> ModelError:
    return ModelError(
        f"scheme {data.name!r}: the unit rules and the reference leave nobody to measure or to be measured by in {year}"
        ": loosen frontier.unit_rule or frontier.reference",
        key="frontier.unit_rule" if options.unit_rule else "frontier.reference",
    )


def _kinds_in(data: SchemeData, rules: RuledRows, year: int) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """The rule of every row's unit as it stands in a year; a unit without a row then keeps its rows' own."""
    names = data.unit
    now = {names[row]: rules.kind[row] for row in np.flatnonzero(data.year == year)}
    return np.array([now.get(name, kind) for name, kind in zip(names, rules.kind, strict=True)], dtype=object)


def seen_years(data: SchemeData, options: FrontierOptions, year: int) -> BoolArray:
    """Return the rows a decision for a year looks at: of the stated years, or of as many back as the rule says."""
    known = data.year <= year
    if _fixed(options):
        assert options.reference is not None
        return np.asarray(known & np.isin(data.year, options.reference.years))
    return np.asarray(known & (data.year > year - _depth(data, options)))


def _fixed(options: FrontierOptions) -> bool:
    """Whether the reference is of stated years, and so the same for every decision."""
    return options.reference is not None and bool(options.reference.years)


def _no_frontier(data: SchemeData, options: FrontierOptions, year: int) -> ModelError:
    years = () if options.reference is None else options.reference.years
    return ModelError(
        f"scheme {data.name!r}: none of the reference years {', '.join(map(str, years))} has accounts by {year}, so a "
        f"decision on these accounts has no frontier: state reference years up to {year}, or leave the accounts before "
        "the reference years out",
        key="frontier.reference.years",
    )


def _depth(data: SchemeData, options: FrontierOptions) -> int:
    """How many years back the reference looks, the decision year among them."""
    if options.periods == "separate":
        return 1
    if options.periods == "known":
        return int(data.years[-1] - data.years[0] + 1)
    assert options.window is not None
    return options.window


def _sample(
    data: SchemeData,
    columns: Columns,
    level: PriceLevel,
    year: int,
    rows: IndexArray,
    known: IndexArray,
    rules: RuledRows,
) -> Sample:
    seen, known = known, np.union1d(known, rows)
    base = _units(data, columns, level, year, known)
    evaluated = base if np.array_equal(rows, known) else _units(data, columns, level, year, rows)
    place = {int(row): position for position, row in enumerate(known)}
    own = np.array([place[int(row)] if rules.kind[row] == "own-peer-only" else -1 for row in rows], dtype=np.intp)
    return Sample(
        year,
        rows,
        evaluated,
        base,
        ~np.isin(rules.kind[known], ("never-peer", "own-peer-only")) & rules.peer[known] & np.isin(known, seen),
        own,
        data.cost[known] * _factors(data, level, year, known),
        _factors(data, level, year, rows),
        int(data.year[seen].min(initial=year)),
    )


def _against_averages(
    data: SchemeData,
    columns: Columns,
    level: PriceLevel,
    year: int,
    rows: IndexArray,
    known: IndexArray,
    rules: RuledRows,
    *,
    stay: bool,
) -> Sample:
    """Evaluate a year's rows against each unit's mean over the window, index first and mean afterwards.

    Only units with a row in the decision year have a mean: one that is gone is nobody's peer. Where the years are fixed
    (``stay``) the means are too: a unit that is gone stays a peer, and one that came later has no mean of its own.
    """
    names = np.array(data.unit, dtype=object)
    if not stay:
        known = known[np.isin(names[known], names[rows])]
    place, units = pd.factorize(names[known])
    count = np.bincount(place)
    factor = _factors(data, level, year, known)

    def mean(values: FloatArray, by: FloatArray | float = 1.0) -> FloatArray:
        return np.asarray(np.bincount(place, weights=values[known] * by) / count)

    table = pd.DataFrame({"unit": units})
    for name, values in columns.inputs.items():
        table[name] = mean(values, factor if name in columns.money else 1.0)
    for name, values in columns.unpriced():
        table[name] = mean(values)
    base = _made(table, columns, period=None)
    where = {name: position for position, name in enumerate(units)}
    kinds, peer = np.empty(len(units), dtype=object), np.zeros(len(units), dtype=bool)
    kinds[[where[name] for name in names[known]]] = rules.kind[known]
    peer[[where[name] for name in names[known]]] = rules.peer[known]

    def own_mean(row: int) -> int:
        return where.get(names[row], -1) if rules.kind[row] == "own-peer-only" else -1

    now = [row for row in rows if names[row] in where]
    peer[[where[names[row]] for row in now]] = rules.peer[now]  # as the unit stands in the decision year
    return Sample(
        year,
        rows,
        _units(data, columns, level, year, rows),
        base,
        ~np.isin(kinds, ("never-peer", "own-peer-only")) & peer,
        np.array([own_mean(row) for row in rows], dtype=np.intp),
        mean(data.cost, factor),
        _factors(data, level, year, rows),
        int(data.year[known].min(initial=year)),
    )


def _factors(data: SchemeData, level: PriceLevel, year: int, rows: IndexArray) -> FloatArray:
    by_year = {int(y): level(int(y), year) for y in np.unique(data.year[rows])}
    return np.array([by_year[int(y)] for y in data.year[rows]])


def _units(data: SchemeData, columns: Columns, level: PriceLevel, year: int, rows: IndexArray) -> Units:
    factor = _factors(data, level, year, rows)
    names = data.unit
    table = pd.DataFrame({"unit": [names[row] for row in rows], "year": data.year[rows]})
    for name, values in columns.inputs.items():
        table[name] = values[rows] * factor if name in columns.money else values[rows]
    for name, values in (*columns.unpriced(), *columns.texts.items()):
        table[name] = values[rows]
    return _made(table, columns, period="year")


def _made(table: pd.DataFrame, columns: Columns, period: str | None) -> Units:
    return Units.from_frame(
        table,
        id="unit",
        period=period,
        inputs=list(columns.inputs),
        outputs=list(columns.outputs),
        environment=list(columns.environment),
        input_prices=list(columns.input_prices),
        output_prices=list(columns.output_prices),
        extra=list(columns.extra),
        texts=[] if period is None else list(columns.texts),
    )


def flat(units: Units) -> Units:
    """Return a table in which every row is a unit of its own, for methods that know no periods."""
    if units.period is None:
        return units
    frame = units.frame.drop(columns=[units.period]).assign(**{units.id: units.names})
    return replace(units, frame=frame, period=None)


def rounded(sample: Sample, rule: str) -> Sample:
    """Return a sample whose inputs and outputs are rounded by a named rule: means first, rounding afterwards."""
    if rule == "none":
        return sample
    base = _rounded_units(sample.base, rule)
    evaluated = base if sample.evaluated is sample.base else _rounded_units(sample.evaluated, rule)
    return replace(sample, base=base, evaluated=evaluated)


def _rounded_units(units: Units, rule: str) -> Units:
    columns = [*units.inputs, *units.outputs]
    values = units.frame[columns].to_numpy(dtype=np.float64)
    whole = np.rint(values) if rule == "whole-half-even" else np.floor(values + 0.5)
    frame = units.frame.copy()
    frame[columns] = whole
    return replace(units, frame=frame)


def scheme_columns(
    model: Model,
    data: SchemeData,
    inputs: Sequence[str],
    environment: Sequence[str],
    outputs: Mapping[str, FloatArray],
    further: Mapping[str, Sequence[str]] | None = None,
    place: str = "frontier",
) -> Columns:
    """Return a scheme's columns by their role in the frontier.

    Parameters
    ----------
    model : Model
    data : SchemeData
    inputs, environment : sequence of str
    outputs : mapping of str to array (n,)
    further : mapping of str to sequence of str, optional
        Columns by role ``input_prices``, ``output_prices`` or ``extra``.
    place : str
        Key of the section that names them, for messages.

    Raises
    ------
    ModelError
        For a column the table lacks, or one that holds nothing in this scheme.
    """
    roles = {"inputs": inputs, "environment": environment, **(further or {})}
    for role, columns in roles.items():
        refuse_missing(model, data, role, columns, place)
    frame, words = data.units.frame, data.units.texts
    found = {
        role: {column: frame[column].to_numpy(dtype=np.float64) for column in columns if column not in words}
        for role, columns in roles.items()
    }
    texts = {column: frame[column].to_numpy(dtype=object) for column in roles.get("extra", ()) if column in words}
    money = frozenset(column for column in inputs if column in (model.data.cost, data.rule.cost, COMPARABLE))
    return Columns(outputs=outputs, money=money, texts=texts, **found)


def refuse_missing(model: Model, data: SchemeData, key: str, columns: Sequence[str], place: str = "frontier") -> None:
    """Refuse a column the table lacks, or one that holds nothing in this scheme."""
    frame = data.units.frame
    for column in columns:
        if column in frame.columns and not frame[column].isna().any():
            continue
        why = "does not apply in this scheme" if column in frame.columns else "is not in the table"
        remedy = f"state the scheme's own in [frontier.by_scheme.{data.name}] {key}"
        if place != "frontier":
            remedy = "name the schemes it is for" if place.startswith("analysis") else "take the key out"
        what = "the frontier" if place == "frontier" else place
        raise ModelError(
            f"scheme {data.name!r}: {what} needs the column {column!r}, which {why}: give the column, or {remedy}",
            file=model.file,
            key=f"{place}.{key}",
        )

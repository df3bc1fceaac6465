"""Who is measured, against whom, for which decision: the rows a frontier sees.

A decision for a year may look at the accounts that existed when it was made. For each decision year the sample takes
the rows up to that year, at that year's prices, so that later rows leave it as it was, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.errors import ModelError
from bench.modelfile import FrontierOptions, Model
from bench.pipeline.schemes import SchemeData
from bench.typing import FloatArray, IndexArray
from bench.units import Units

#: Factor that takes money of one year (first) to the prices of another (second).
PriceLevel = Callable[[int, int], float]


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
    reference : Units
        The rows that may be peers; the same object as ``evaluated`` where they are the same rows.
    cost : array (r,)
        Cost of the reference rows, NOK in prices of ``year``.
    factor : array (e,)
        Takes each evaluated row's money to prices of ``year``.
    first_year : int
        First year of the reference rows.
    """

    year: int
    rows: IndexArray
    evaluated: Units
    reference: Units
    cost: FloatArray
    factor: FloatArray
    first_year: int


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """A scheme's inputs, outputs and conditions as they stand, money in each row's own prices.

    Attributes
    ----------
    inputs, outputs, environment : Mapping of str to array (n,)
    money : frozenset of str
        Inputs that are NOK, and so moved by the index.
    """

    inputs: Mapping[str, FloatArray]
    outputs: Mapping[str, FloatArray]
    environment: Mapping[str, FloatArray]
    money: frozenset[str]


def samples(
    model: Model, data: SchemeData, options: FrontierOptions, columns: Columns, level: PriceLevel
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
    """
    if options.periods == "pooled":
        everything = np.arange(data.year.size)
        return [_sample(data, columns, level, data.years[-1], everything, everything)]
    found = []
    for year in data.years:
        rows = np.flatnonzero(data.year == year)
        known = np.flatnonzero((data.year <= year) & (data.year > year - _depth(model, data, options)))
        if options.periods == "average":
            found.append(_against_averages(data, columns, level, year, rows, known))
        else:
            found.append(_sample(data, columns, level, year, rows, known))
    return found


def _depth(model: Model, data: SchemeData, options: FrontierOptions) -> int:
    """How many years back the reference looks, the decision year among them."""
    if options.periods == "separate":
        return 1
    if options.periods == "known":
        return int(data.years[-1] - data.years[0] + 1)
    assert options.window is not None
    return options.window


def _sample(
    data: SchemeData, columns: Columns, level: PriceLevel, year: int, rows: IndexArray, known: IndexArray
) -> Sample:
    reference = _units(data, columns, level, year, known)
    evaluated = reference if np.array_equal(rows, known) else _units(data, columns, level, year, rows)
    return Sample(
        year,
        rows,
        evaluated,
        reference,
        data.cost[known] * _factors(data, level, year, known),
        _factors(data, level, year, rows),
        int(data.year[known].min()),
    )


def _against_averages(
    data: SchemeData, columns: Columns, level: PriceLevel, year: int, rows: IndexArray, known: IndexArray
) -> Sample:
    """Evaluate a year's rows against each unit's mean over the window, index first and mean afterwards."""
    names = np.array(data.unit, dtype=object)[known]
    units, place = np.unique(names.astype(str), return_inverse=True)
    count = np.bincount(place)
    factor = _factors(data, level, year, known)

    def mean(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(place, weights=values[known]) / count)

    table = pd.DataFrame({"unit": units})
    for name, values in columns.inputs.items():
        moved = np.bincount(place, weights=values[known] * factor) / count
        table[name] = moved if name in columns.money else mean(values)
    for part in (columns.outputs, columns.environment):
        for name, values in part.items():
            table[name] = mean(values)
    reference = Units.from_frame(
        table,
        id="unit",
        inputs=list(columns.inputs),
        outputs=list(columns.outputs),
        environment=list(columns.environment),
    )
    cost = np.bincount(place, weights=data.cost[known] * factor) / count
    evaluated = _units(data, columns, level, year, rows)
    first = int(data.year[known].min())
    return Sample(year, rows, evaluated, reference, cost, _factors(data, level, year, rows), first)


def _factors(data: SchemeData, level: PriceLevel, year: int, rows: IndexArray) -> FloatArray:
    by_year = {int(y): level(int(y), year) for y in np.unique(data.year[rows])}
    return np.array([by_year[int(y)] for y in data.year[rows]])


def _units(data: SchemeData, columns: Columns, level: PriceLevel, year: int, rows: IndexArray) -> Units:
    factor = _factors(data, level, year, rows)
    names = data.unit
    table = pd.DataFrame({"unit": [names[row] for row in rows], "year": data.year[rows]})
    for name, values in columns.inputs.items():
        table[name] = values[rows] * factor if name in columns.money else values[rows]
    for part in (columns.outputs, columns.environment):
        for name, values in part.items():
            table[name] = values[rows]
    return Units.from_frame(
        table,
        id="unit",
        period="year",
        inputs=list(columns.inputs),
        outputs=list(columns.outputs),
        environment=list(columns.environment),
    )


def scheme_columns(
    model: Model, data: SchemeData, options: FrontierOptions, outputs: Mapping[str, FloatArray]
) -> Columns:
    """Return a scheme's columns by their role in the frontier.

    Raises
    ------
    ModelError
        For a column the table lacks, or one that holds nothing in this scheme.
    """
    inputs = tuple(options.inputs or model.data.inputs or (model.data.cost,))
    environment = tuple(options.environment or ())
    refuse_missing(model, data, "inputs", inputs)
    refuse_missing(model, data, "environment", environment)
    frame = data.units.frame
    values = {column: frame[column].to_numpy(dtype=np.float64) for column in (*inputs, *environment)}
    return Columns(
        {column: values[column] for column in inputs},
        outputs,
        {column: values[column] for column in environment},
        frozenset(column for column in inputs if column == model.data.cost),
    )


def refuse_missing(model: Model, data: SchemeData, key: str, columns: tuple[str, ...]) -> None:
    """Refuse a column the table lacks, or one that holds nothing in this scheme."""
    frame = data.units.frame
    for column in columns:
        if column in frame.columns and not frame[column].isna().any():
            continue
        why = "does not apply in this scheme" if column in frame.columns else "is not in the table"
        raise ModelError(
            f"scheme {data.name!r}: the frontier needs the column {column!r}, which {why}: give the column, or state "
            f"the scheme's own in [frontier.by_scheme.{data.name}] {key}",
            file=model.file,
            key=f"frontier.{key}",
        )

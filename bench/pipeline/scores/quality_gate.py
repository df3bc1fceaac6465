"""A gate of quality: cheap is no practice to learn from when it is bad, and nobody saves while quality falls."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.errors import DataError, Issue
from bench.modelfile import Model
from bench.modelfile.sections.chain import Quality
from bench.pipeline.schemes import SchemeData
from bench.typing import BoolArray, FloatArray


def good_enough(model: Model, data: SchemeData) -> BoolArray:
    """Return which rows a model's floor of quality lets be anybody's peer, array (n,).

    Raises
    ------
    ModelError
        When the table lacks the column.
    DataError
        When a row lacks its value.
    """
    rule = model.quality
    if rule is None or rule.floor is None:
        return np.ones(data.cost.size, dtype=bool)
    floor = np.array([rule.floor.at(int(year)) for year in data.year])
    value = _values(model, rule, data)
    return np.asarray(value >= floor if rule.better == "higher" else value <= floor)


def resting(model: Model, data: SchemeData, units: Sequence[str], years: Sequence[int]) -> BoolArray | None:
    """Return in which years a unit's requirement rests, array (units, years); None where the model has no such rule.

    The requirement of a year is decided on the newest accounts known then. It rests where their quality is worse than
    the year before's by more than ``quality.fall``. Accounts that are not there yet say nothing: the requirement stands
    as planned until they are.
    """
    rule = model.quality
    if rule is None or not rule.rest:
        return None
    value = _values(model, rule, data) * (1.0 if rule.better == "higher" else -1.0)
    known = {(str(unit), int(year)): v for unit, year, v in zip(data.unit, data.year, value, strict=True)}
    lag = max(data.rule.price.lag, 1)

    def fell(unit: str, year: int) -> bool:
        now, before = known.get((unit, year - lag)), known.get((unit, year - lag - 1))
        return now is not None and before is not None and before - now > rule.fall.at(year)

    return np.array([[fell(unit, year) for year in years] for unit in units], dtype=bool)


def gate_told(model: Model, data: SchemeData) -> list[Issue]:
    """Name the units that the floor keeps from being peers in the last year."""
    last = data.year == data.years[-1]
    good = good_enough(model, data)
    gone = [str(unit) for unit in data.unit[last & ~good]]
    if not gone:
        return []
    return [
        Issue(
            "quality-gate",
            f"quality below the floor: {', '.join(gone)} are nobody's peer",
            "see whether the floor is where the client wants it",
            severity="warning",
        )
    ]


def _values(model: Model, rule: Quality, data: SchemeData) -> FloatArray:
    frame = data.units.frame
    if rule.column not in frame.columns:
        raise model.refuse(
            f"the gate of quality reads the column {rule.column!r}, which is not in the table: give it, or take "
            "[quality] out",
            ("quality", "column"),
        )
    values = frame[rule.column].to_numpy(dtype=np.float64)
    gone = np.flatnonzero(np.isnan(values))
    if gone.size:
        raise DataError(
            [
                Issue(
                    "no-quality",
                    "the gate of quality has no number for this unit and year",
                    "measure it, or take [quality] out",
                    unit=str(data.unit[row]),
                    column=rule.column,
                    period=str(data.year[row]),
                )
                for row in gone
            ]
        )
    return values

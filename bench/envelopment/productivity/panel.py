"""What productivity measures share: pairs of consecutive periods, and scores of any point against any period's set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.envelopment.core.technology import Technology
from bench.errors import DataError, Issue, OptionError
from bench.options import Rts
from bench.typing import FloatArray, IndexArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Two consecutive periods of a panel.

    Attributes
    ----------
    before, after : object
        The periods.
    rows_before, rows_after : array of int
        All rows of each period: its reference set.
    first, second : array (k,) of int
        Rows of the units that are in both, matched.
    units : list of str
        Their names.
    """

    before: Any
    after: Any
    rows_before: IndexArray
    rows_after: IndexArray
    first: IndexArray
    second: IndexArray
    units: list[str]


def steps(units: Units) -> tuple[list[Step], tuple[Issue, ...]]:
    """Return the steps of a panel, and one warning per unit that is missing on one side of a step.

    Raises
    ------
    OptionError
        A table without periods, or with one only.
    """
    if units.period is None or len(units.periods) < 2:
        raise OptionError("productivity needs a table with a period column and at least two periods")
    labels = units.frame[units.id].to_numpy()
    periods = units.frame[units.period].to_numpy()
    found, issues = [], []
    for before, after in zip(units.periods[:-1], units.periods[1:], strict=True):
        rows_before, rows_after = np.flatnonzero(periods == before), np.flatnonzero(periods == after)
        later = {labels[row]: row for row in rows_after}
        earlier = {labels[row] for row in rows_before}
        both = [row for row in rows_before if labels[row] in later]
        lost = [(str(labels[row]), after) for row in rows_before if labels[row] not in later]
        lost += [(str(name), before) for name in later if name not in earlier]
        issues += [
            Issue(
                "unit-missing",
                f"the unit has no row in {absent}: no change from {before} to {after} can be computed for it",
                "it still belongs to the reference set of the period it is in",
                severity="warning",
                unit=name,
                period=str(absent),
            )
            for name, absent in lost
        ]
        names = [str(labels[row]) for row in both]
        second = np.array([later[name] for name in names], dtype=np.intp)
        found.append(Step(before, after, rows_before, rows_after, np.array(both, dtype=np.intp), second, names))
    if not any(len(step.first) for step in found):
        raise DataError("no unit is in two consecutive periods")
    return found, tuple(issues)


def shares(
    technology: Technology, X: FloatArray, Y: FloatArray, side: str, labels: Sequence[str], workers: int
) -> FloatArray:
    """Return radial efficiency of points, above one beyond the set, NaN where no combination can be compared.

    One over Shephard's input distance (input side), or Shephard's output distance (output side).
    """
    g = technology.along(X, Y, side)
    score = technology.ray(technology.points(X, Y), g, labels=labels, workers=workers).score(side)
    with np.errstate(divide="ignore"):
        # A unit that the set does not reach at all (score zero) is infinitely far beyond it.
        return score if side == "input" else np.asarray(1.0 / score)


def set_of(units: Units, rows: IndexArray, rts: str | Rts) -> Technology:
    """Return the technology of some rows."""
    return Technology.of(units.X[rows], units.Y[rows], rts)


def step_issues(step: Step, values: FloatArray, what: str) -> Iterator[Issue]:
    """Yield a warning for every unit of a step whose value could not be computed."""
    for name, value in zip(step.units, values, strict=True):
        if np.isnan(value):
            yield Issue(
                "infeasible",
                f"{what} from {step.before} to {step.after} has no value: one period's set cannot be compared with "
                "the unit in the other",
                "use rts='crs', or the global or biennial index",
                severity="warning",
                unit=name,
                period=str(step.after),
            )


def step_frame(parts: Sequence[tuple[Step, dict[str, FloatArray]]]) -> Any:
    """Return one frame of all steps, indexed by unit and the later period, with the earlier one as a column."""
    import pandas as pd

    frames = [
        pd.DataFrame(
            {"from": [step.before] * len(step.units), **columns},
            index=pd.MultiIndex.from_arrays([step.units, [step.after] * len(step.units)], names=["unit", "period"]),
        )
        for step, columns in parts
        if len(step.units)
    ]
    return pd.concat(frames)

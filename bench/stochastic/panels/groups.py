"""Rows of a panel by unit: order, sums and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, Issue
from bench.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Units of a panel, with rows sorted by unit and time.

    Attributes
    ----------
    order : array (n,)
        Positions of the sorted rows in the user's order.
    codes : array (n,)
        Unit of each sorted row, 0 … N−1.
    starts : array (N,)
        First sorted row of each unit.
    counts : array (N,)
        Rows of each unit.
    times : array (n,)
        Time of each sorted row, as a number.
    labels : array (N,)
        Units.
    """

    order: IntArray
    codes: IntArray
    starts: IntArray
    counts: IntArray
    times: FloatArray
    labels: npt.NDArray[Any]

    @classmethod
    def build(cls, groups: npt.ArrayLike, times: npt.ArrayLike) -> Groups:
        """Sort rows by unit and time.

        Raises
        ------
        DataError
            Times that are not numbers, a unit twice in a period, or no unit with two periods.
        """
        labels, codes = np.unique(np.asarray(groups), return_inverse=True)
        try:
            when = np.asarray(times, dtype=np.float64)
        except (TypeError, ValueError):
            # Periods that are text count in their sorted order.
            when = np.unique(np.asarray(times).astype(str), return_inverse=True)[1].astype(np.float64)
        order = np.lexsort((when, codes))
        codes, when = codes[order], when[order]
        twice = np.flatnonzero((np.diff(codes) == 0) & (np.diff(when) == 0))
        if len(twice):
            raise DataError(
                [
                    Issue(
                        "duplicate-unit",
                        "the unit stands twice in this period",
                        "give one row per unit and period",
                        unit=str(labels[codes[k]]),
                        period=f"{when[k]:g}",
                    )
                    for k in twice
                ]
            )
        starts = np.flatnonzero(np.r_[True, np.diff(codes) > 0])
        counts = np.diff(np.r_[starts, len(codes)])
        if counts.max() < 2:
            raise DataError(
                [
                    Issue(
                        "no-panel",
                        "no unit is observed in more than one period",
                        "leave panel out, or give several periods",
                    )
                ]
            )
        return cls(order, codes, starts, counts, when, labels)

    def sum(self, values: FloatArray) -> FloatArray:
        """Sum sorted rows within units along the first axis."""
        result: FloatArray = np.add.reduceat(values, self.starts, axis=0)
        return result

    def restore(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Put sorted rows back into the user's order."""
        result = np.empty_like(values)
        result[self.order] = values
        return result

    def since(self, decay_from: str) -> FloatArray:
        """Return t − T for each sorted row, with T the last period of the panel or of the unit."""
        if decay_from == "panel":
            return np.asarray(self.times - self.times.max(), dtype=np.float64)
        last = np.maximum.reduceat(self.times, self.starts)
        result: FloatArray = np.asarray(self.times - last[self.codes], dtype=np.float64)
        return result

    def unit_values(self, design: FloatArray, role: str, names: tuple[str, ...]) -> FloatArray:
        """Return the first row of each unit, after checking that the columns do not vary within units.

        Raises
        ------
        DataError
            For a column that varies within a unit.
        """
        first = design[self.starts]
        gap = np.abs(design - first[self.codes]).max(axis=0)
        moving = gap > 1e-9 * np.maximum(np.abs(design).max(axis=0), 1e-300)
        if moving.any():
            raise DataError(
                [
                    Issue(
                        "varies-within-unit",
                        f"the covariate of {role} varies over time, but this panel model has one draw of u per unit",
                        "use its mean by unit, or panel='true-random', or no panel structure",
                        column=name,
                    )
                    for name, bad in zip(names, moving, strict=True)
                    if bad
                ]
            )
        return np.ascontiguousarray(first)

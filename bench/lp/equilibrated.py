"""A program in equilibrated measures, as the solver sees it, and the way back to its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.lp.program import Program, Scaling, equilibrate
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """A program as a minimisation in equilibrated measures, and the way back."""

    original: Program
    program: Program
    scaling: Scaling
    bound_factor: float
    cost_factor: float

    @classmethod
    def of(cls, program: Program) -> Scaled:
        """Scale a program."""
        scaling = equilibrate(program)
        r, s = scaling.rows, scaling.columns
        sign = -1.0 if program.maximise else 1.0
        bounds = np.concatenate(
            [program.row_lower * r, program.row_upper * r, program.column_lower / s, program.column_upper / s]
        )
        bound_factor = 1.0 if program.integer is not None else _power_of_two(bounds)
        cost_factor = _power_of_two(program.c * s)
        values, row, start = program.columnwise()
        column = np.repeat(np.arange(program.shape[1]), np.diff(start))
        scaled = Program(
            maximise=False,
            c=sign * program.c * s * cost_factor,
            A=Columns(values * r[row] * s[column], row, start, program.shape),
            row_lower=program.row_lower * r * bound_factor,
            row_upper=program.row_upper * r * bound_factor,
            column_lower=program.column_lower / s * bound_factor,
            column_upper=program.column_upper / s * bound_factor,
            integer=program.integer,
        )
        return cls(program, scaled, scaling, bound_factor, cost_factor)

    def back(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return x and the duals in the original program's measures and sense."""
        program = self.original
        sign = -1.0 if program.maximise else 1.0
        own = x * self.scaling.columns / self.bound_factor
        own = np.clip(own, program.column_lower, program.column_upper)
        return own, sign * y * self.scaling.rows / self.cost_factor


class Columns:
    """A matrix by its columns with the few products that are needed here."""

    __slots__ = ("column", "row", "shape", "start", "values")

    def __init__(self, values: FloatArray, row: Any, start: Any, shape: tuple[int, int]):
        self.values, self.row, self.start, self.shape = values, row, start, shape
        self.column = np.repeat(np.arange(shape[1]), np.diff(start))

    def with_activities(self) -> Columns:
        """Return ``[A, -I]``."""
        rows, columns = self.shape
        return Columns(
            np.concatenate([self.values, -np.ones(rows)]),
            np.concatenate([self.row, np.arange(rows)]),
            np.concatenate([self.start, self.start[-1] + np.arange(1, rows + 1)]),
            (rows, columns + rows),
        )

    def times(self, x: FloatArray) -> FloatArray:
        """Return ``A x``."""
        return np.asarray(np.bincount(self.row, self.values * x[self.column], self.shape[0]), dtype=np.float64)

    def transposed_times(self, y: FloatArray) -> FloatArray:
        """Return ``A' y``."""
        return np.asarray(np.bincount(self.column, self.values * y[self.row], self.shape[1]), dtype=np.float64)


def largest(values: FloatArray) -> float:
    """Return the largest finite absolute value; zero when there is none."""
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def _power_of_two(values: FloatArray) -> float:
    size = largest(values)
    return float(2.0 ** -np.round(np.log2(size))) if size > 0 else 1.0

"""A program in equilibrated measures, as the solver sees it, and the way back to its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from bench.lp.program import Program, Scaling, equilibrate
from bench.lp.solvers.rational import Exact
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
        # Numbers at the ends of the doubles leave their range here, which :attr:`faithful` sees.
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
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

    @property
    def faithful(self) -> bool:
        """Whether scaling has rounded nothing: no number has left the range of the doubles."""
        one, r, s = self.original, self.scaling.rows, self.scaling.columns
        values, row, start = one.columnwise()
        column = np.repeat(np.arange(one.shape[1]), np.diff(start))
        two = self.program
        f = self.bound_factor
        with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
            pairs = (
                (values, two.A.values / r[row] / s[column]),
                (np.abs(one.c), np.abs(two.c) / s / self.cost_factor),
                (one.row_lower, two.row_lower / r / f),
                (one.row_upper, two.row_upper / r / f),
                (one.column_lower, two.column_lower * s / f),
                (one.column_upper, two.column_upper * s / f),
            )
        return all(np.array_equal(mine, back) for mine, back in pairs)

    def exactly_back(self, found: Exact) -> Exact:
        """Return an exact answer to the scaled program in the original one's measures and sense."""
        rows, columns = self.scaling.rows.tolist(), self.scaling.columns.tolist()
        bound, cost = Fraction(self.bound_factor), (-1 if self.original.maximise else 1) / Fraction(self.cost_factor)
        return replace(
            found,
            value=found.value * cost / bound,
            x=[value and value * Fraction(by) / bound for value, by in zip(found.x, columns, strict=True)],
            duals=[value and value * Fraction(by) * cost for value, by in zip(found.duals, rows, strict=True)],
            reduced=found.reduced / self.scaling.columns * float(cost),
        )


class Columns:
    """A matrix by its columns with the few products that are needed here."""

    __slots__ = ("column", "row", "shape", "start", "values")

    def __init__(self, values: FloatArray, row: Any, start: Any, shape: tuple[int, int]):
        self.values, self.row, self.start, self.shape = values, row, start, shape
        self.column = np.repeat(np.arange(shape[1]), np.diff(start))

    def toarray(self) -> FloatArray:
        """Return the matrix with its zeros."""
        whole = np.zeros(self.shape)
        whole[self.row, self.column] = self.values
        return whole


def largest(values: FloatArray) -> float:
    """Return the largest finite absolute value; zero when there is none."""
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def _power_of_two(values: FloatArray) -> float:
    size = largest(values)
    return float(2.0 ** -np.round(np.log2(size))) if size > 0 else 1.0

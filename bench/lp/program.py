"""A linear program as plain data, a solution of one, and the proof that the solution is optimal.

The program is

```text
min or max  c'x   subject to   row_lower <= A x <= row_upper,   column_lower <= x <= column_upper
```

and nothing here knows what a row or a column stands for. :func:`certify` checks a primal and a dual vector against
the program's own data, so a solver never has to be believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bench.typing import BoolArray, FloatArray, IndexArray

Status = Literal["optimal", "infeasible", "unbounded"]

#: Largest relative residual of a solution that is accepted.
TOLERANCE = 1e-9
#: Rows and columns whose terms are below this share of the largest are judged against that share: their own
#: terms are rounding noise, and a relative residual of noise says nothing.
NOISE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A linear (or, with ``integer``, mixed-integer) program.

    Attributes
    ----------
    maximise : bool
    c : array (n,)
        Objective.
    A : array (r, n) or SciPy sparse matrix
        Rows.
    row_lower, row_upper : array (r,)
        Infinite where a row has no such bound; equal where it is an equation.
    column_lower, column_upper : array (n,)
    row_names, column_names : tuple of str
        For readers; may be empty.
    integer : array (n,) of bool or None
        Columns that must be whole numbers.

    Examples
    --------
    >>> program = Program.build(c=[1.0, 1.0], A=[[1.0, 2.0]], row_upper=[4.0], column_upper=3.0, maximise=True)
    >>> program.shape
    (1, 2)
    """

    maximise: bool
    c: FloatArray
    A: Any
    row_lower: FloatArray
    row_upper: FloatArray
    column_lower: FloatArray
    column_upper: FloatArray
    row_names: tuple[str, ...] = ()
    column_names: tuple[str, ...] = ()
    integer: BoolArray | None = None

    @classmethod
    def build(
        cls,
        *,
        c: npt.ArrayLike,
        A: Any,
        row_lower: npt.ArrayLike = -np.inf,
        row_upper: npt.ArrayLike = np.inf,
        column_lower: npt.ArrayLike = 0.0,
        column_upper: npt.ArrayLike = np.inf,
        maximise: bool = False,
        row_names: Sequence[str] = (),
        column_names: Sequence[str] = (),
        integer: npt.ArrayLike | None = None,
    ) -> Program:
        """Build a program from anything array-like; scalars serve every row or column.

        Raises
        ------
        ValueError
            When shapes disagree or a coefficient is not finite: a mistake of the caller, not of the data.
        """
        cost = np.atleast_1d(np.asarray(c, dtype=np.float64))
        matrix = A if hasattr(A, "tocsc") else np.atleast_2d(np.asarray(A, dtype=np.float64))
        rows, columns = matrix.shape
        if cost.shape != (columns,):
            raise ValueError(f"c has shape {cost.shape}, but A has {columns} columns")
        values = matrix.data if hasattr(matrix, "tocsc") else matrix
        if not (np.isfinite(cost).all() and np.isfinite(values).all()):
            raise ValueError("coefficients of a linear program must be finite")
        return cls(
            maximise=maximise,
            c=cost,
            A=matrix,
            row_lower=_full(row_lower, rows),
            row_upper=_full(row_upper, rows),
            column_lower=_full(column_lower, columns),
            column_upper=_full(column_upper, columns),
            row_names=tuple(row_names),
            column_names=tuple(column_names),
            integer=None if integer is None else np.broadcast_to(np.asarray(integer, dtype=bool), (columns,)).copy(),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of columns."""
        rows, columns = self.A.shape
        return int(rows), int(columns)

    def columnwise(self) -> tuple[FloatArray, IndexArray, IndexArray]:
        """Return the non-zero values, their rows and the start of each column (n + 1)."""
        if hasattr(self.A, "tocsc"):
            sparse = self.A.tocsc()
            sparse.sum_duplicates()
            return (
                np.asarray(sparse.data, dtype=np.float64),
                np.asarray(sparse.indices, dtype=np.intp),
                np.asarray(sparse.indptr, dtype=np.intp),
            )
        transposed = np.ascontiguousarray(self.A.T)
        column, row = np.nonzero(transposed)
        start = np.zeros(self.shape[1] + 1, dtype=np.intp)
        np.cumsum(np.bincount(column, minlength=self.shape[1]), out=start[1:])
        return transposed[column, row], row.astype(np.intp), start


@dataclass(frozen=True, slots=True)
class Certificate:
    """How far a primal and a dual vector are from proving each other optimal, relative to the program's own terms.

    Attributes
    ----------
    primal : float
        Largest violation of a row or of a column's bounds.
    dual : float
        Largest reduced cost or dual value of a sign that no bound can carry.
    gap : float
        Difference between the primal and the dual objective.
    """

    primal: float
    dual: float
    gap: float

    @property
    def worst(self) -> float:
        """The largest of the three."""
        return max(self.primal, self.dual, self.gap)


#: What stands in a solution that has no optimum to prove.
NO_CERTIFICATE = Certificate(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """What a solver returned and what proves it.

    Attributes
    ----------
    objective : float
        In the program's own sense; NaN unless optimal.
    x : array (n,)
    duals : array (r,)
        Change of the objective per unit of the row's binding bound.
    reduced_costs : array (n,)
        ``c - A' duals``.
    certificate : Certificate
    route : str
        How it was solved, such as ``"highs:dual"``.
    status : {"optimal", "infeasible", "unbounded"}
    """

    objective: float
    x: FloatArray
    duals: FloatArray
    reduced_costs: FloatArray
    certificate: Certificate
    route: str
    status: Status = "optimal"

    @property
    def optimal(self) -> bool:
        """Whether there is an optimum."""
        return self.status == "optimal"


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Powers of two that bring a program's coefficients near one: ``A_ij * rows_i * columns_j``.

    Attributes
    ----------
    rows : array (r,)
    columns : array (n,)
    """

    rows: FloatArray
    columns: FloatArray


def equilibrate(program: Program, passes: int = 3) -> Scaling:
    """Return row and column factors, powers of two, that bring the coefficients near one.

    Geometric scaling, rows and columns in turn; powers of two so that scaling itself rounds nothing. Columns
    that must be whole numbers keep their measure.
    """
    values, row, start = program.columnwise()
    rows, columns = program.shape
    logs = np.log2(np.abs(values))
    column = np.repeat(np.arange(columns), np.diff(start))
    row_log, column_log = np.zeros(rows), np.zeros(columns)
    fixed = program.integer if program.integer is not None else np.zeros(columns, dtype=bool)
    for _ in range(passes):
        row_log = -_middle(logs + column_log[column], row, rows)
        column_log = np.where(fixed, 0.0, -_middle(logs + row_log[row], column, columns))
    return Scaling(np.exp2(np.round(row_log)), np.exp2(np.round(column_log)))


def certify(program: Program, x: FloatArray, duals: FloatArray, scaling: Scaling | None = None) -> Certificate:
    """Check a primal and a dual vector against the program's own data.

    Each residual is divided by the sum of the absolute terms of its row or column (in equilibrated measures, at
    least :data:`NOISE` of the largest such sum), the gap by the absolute terms of the two objectives.

    Parameters
    ----------
    program : Program
    x : array (n,)
    duals : array (r,)
        In the program's own sense.
    scaling : Scaling, optional
        From :func:`equilibrate`; computed when omitted.

    Examples
    --------
    >>> program = Program.build(c=[1.0, 1.0], A=[[1.0, 2.0]], row_upper=[4.0], column_upper=3.0, maximise=True)
    >>> certify(program, np.array([3.0, 0.5]), np.array([0.5])).worst
    0.0
    """
    scale = scaling or equilibrate(program)
    sign = -1.0 if program.maximise else 1.0
    c, y = sign * program.c, sign * duals
    absolute = abs(program.A)
    activity = program.A @ x
    reduced = c - program.A.T @ y

    row_terms = absolute @ np.abs(x)
    row_excess = np.maximum(np.maximum(program.row_lower - activity, activity - program.row_upper), 0.0)
    row_terms = row_terms + _finite(np.where(activity < program.row_lower, program.row_lower, program.row_upper))
    column_excess = np.maximum(np.maximum(program.column_lower - x, x - program.column_upper), 0.0)
    primal = max(
        _relative(row_excess * scale.rows, row_terms * scale.rows),
        _relative(column_excess / scale.columns, np.abs(x) / scale.columns),
    )

    column_terms = np.abs(c) + absolute.T @ np.abs(y)
    row_value, row_bad = _support(y, program.row_lower, program.row_upper)
    column_value, column_bad = _support(reduced, program.column_lower, program.column_upper)
    dual = max(
        _relative(column_bad * scale.columns, column_terms * scale.columns),
        _relative(row_bad / scale.rows, np.abs(y) / scale.rows),
    )

    primal_objective, dual_objective = float(c @ x), float(row_value.sum() + column_value.sum())
    size = max(float(np.abs(c) @ np.abs(x)), float(np.abs(row_value).sum() + np.abs(column_value).sum()))
    gap = abs(primal_objective - dual_objective) / size if size > 0 else 0.0
    return Certificate(primal, dual, gap)


def _full(values: npt.ArrayLike, length: int) -> FloatArray:
    return np.array(np.broadcast_to(np.asarray(values, dtype=np.float64), (length,)))


def _middle(logs: FloatArray, group: IndexArray, count: int) -> FloatArray:
    """Mean of the largest and the smallest logarithm of each group; zero for an empty group."""
    high, low = np.full(count, -np.inf), np.full(count, np.inf)
    np.maximum.at(high, group, logs)
    np.minimum.at(low, group, logs)
    empty = np.isinf(high)
    return np.where(empty, 0.0, (np.where(empty, 0.0, high) + np.where(empty, 0.0, low)) / 2)


def _finite(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), np.abs(values), 0.0)


def _relative(residual: FloatArray, terms: FloatArray) -> float:
    if residual.size == 0 or not residual.any():
        return 0.0
    size = np.maximum(terms, NOISE * terms.max())
    return float(np.max(residual / np.where(size > 0, size, 1.0)))


def _support(slope: FloatArray, lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least value of ``slope * t`` over ``lower <= t <= upper``, and the slope where that has no bound."""
    bound = np.where(slope > 0, lower, upper)
    carried = np.isfinite(bound) | (slope == 0)
    value = np.where(slope == 0, 0.0, slope * np.where(np.isfinite(bound), bound, 0.0))
    return np.where(carried, value, 0.0), np.where(carried, 0.0, np.abs(slope))

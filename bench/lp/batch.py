"""The answers to a batch of programs, and the checks every batch shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.typing import BoolArray, FloatArray, IntArray

#: Values of :attr:`Batch.status`.
OPTIMAL, INFEASIBLE, UNBOUNDED = 0, 1, 2
#: Values of :attr:`Batch.route`.
KERNEL, EXACT = 0, 1
#: Largest relative residual that is accepted.
TOLERANCE = 1e-9
#: Largest share of itself by which a value may miss its exact one before the program is solved in whole numbers.
ENCLOSED = 2e-10


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Optimal values, vertices and prices of k programs with d rows each.

    Attributes
    ----------
    value : array (k,)
        Optimal objective; NaN where there is none.
    column : array (k, w) of int
        Columns in use, −1 where fewer than w are.
    weight : array (k, w)
        Their intensities λ, 0 where ``column`` is −1.
    dual : array (k, d)
        Price q of each row: not negative for an inequality, ``q · p_j ≤ 0`` for every column (with the objective's
        own weights added in :func:`~bench.lp.maximise_sum`), and the value is ``−q · b``.
    ray : array (k,)
        The variable t of :func:`~bench.lp.maximise_sum`; β of :func:`~bench.lp.maximise_ray`.
    status : array (k,) of int8
        0 optimal, 1 infeasible, 2 unbounded.
    route : array (k,) of int8
        0 the batched kernel, 1 whole numbers.
    residual : array (k, 3)
        Relative primal residual, dual residual and gap; NaN where there is no optimum.
    tail : array (k,)
        What is missing from ``value`` beyond its last digit: the two together are the optimum also where it lies next
        to one, and a score is what is left of it. Zero where ``value`` is close enough.
    slip : array (k,)
        How far ``value`` may be from that of its exact basis, infinite where that is not known to be feasible.
    """

    value: FloatArray
    column: IntArray
    weight: FloatArray
    dual: FloatArray
    ray: FloatArray
    status: npt.NDArray[np.int8]
    route: npt.NDArray[np.int8]
    residual: FloatArray
    tail: FloatArray
    slip: FloatArray

    @classmethod
    def empty(cls, programs: int, rows: int, width: int) -> Batch:
        """Return a writable batch without answers: everything NaN, no columns."""
        return cls(
            value=np.full(programs, np.nan),
            column=np.full((programs, width), -1, dtype=np.int64),
            weight=np.zeros((programs, width)),
            dual=np.full((programs, rows), np.nan),
            ray=np.full(programs, np.nan),
            status=np.zeros(programs, dtype=np.int8),
            route=np.zeros(programs, dtype=np.int8),
            residual=np.full((programs, 3), np.nan),
            tail=np.zeros(programs),
            slip=np.full(programs, np.inf),
        )

    @classmethod
    def unsure(cls, programs: int, rows: int) -> Batch:
        """Return a batch of which nothing is known yet: no program has an optimum that was found."""
        batch = cls.empty(programs, rows, rows)
        batch.status[:] = UNBOUNDED
        return batch

    def take(self, rows: IntArray) -> Batch:
        """Return some of the programs' answers."""
        return Batch(*(getattr(self, name)[rows] for name in self.__slots__))

    def freeze(self) -> Batch:
        """Make every array read-only and return the batch."""
        for name in self.__slots__:
            getattr(self, name).flags.writeable = False
        return self

    def score(self, side: str) -> FloatArray:
        """Return ``1 − value`` for the side of inputs, ``1 + value`` for that of outputs, array (k,).

        To the last digit also where that is tiny: a value within 1e-16 of one holds no score any more.
        """
        if side == "input":
            return np.asarray((1.0 - self.value) - self.tail)
        return np.asarray((1.0 + self.value) + self.tail)

    @property
    def optimal(self) -> BoolArray:
        """Which programs have an optimum, array (k,)."""
        return np.asarray(self.status == OPTIMAL)

    @property
    def worst(self) -> tuple[float, float, float]:
        """Largest primal residual, dual residual and gap of the batch; zeros when no program has an optimum."""
        found = self.residual[self.optimal]
        if not len(found):
            return 0.0, 0.0, 0.0
        primal, dual, gap = np.max(found, axis=0)
        return float(primal), float(dual), float(gap)


def matrix(values: npt.ArrayLike, columns: int | None, name: str, rows: int | None = None) -> FloatArray:
    """Return a contiguous float64 array (rows, columns); a single vector serves every row.

    Raises
    ------
    ValueError
        When the shape is another or a value is not finite: a mistake of the caller, not of the data.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 1 and rows is not None:
        array = np.broadcast_to(array, (rows, array.shape[0]))
    if array.ndim != 2 or (columns is not None and array.shape[1] != columns):
        raise ValueError(f"{name} must have shape (…, {columns}), not {array.shape}")
    if rows is not None and array.shape[0] != rows:
        raise ValueError(f"{name} has {array.shape[0]} rows for {rows} programs")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite")
    return np.ascontiguousarray(array)


def mask(values: npt.ArrayLike | None, length: int, default: bool, name: str) -> BoolArray:
    """Return a boolean vector of this length from a mask or ``None``."""
    if values is None:
        return np.full(length, default)
    array = np.asarray(values)
    if array.dtype != bool or array.shape != (length,):
        raise ValueError(f"{name} must be {length} booleans")
    return array


def positions(values: npt.ArrayLike | None, length: int, columns: int, name: str) -> IntArray:
    """Return one column position per program, −1 for none."""
    if values is None:
        return np.full(length, -1, dtype=np.int64)
    array = np.asarray(values, dtype=np.int64)
    if array.shape != (length,) or (array < -1).any() or (array >= columns).any():
        raise ValueError(f"{name} must hold one column position (or −1) per program")
    return np.ascontiguousarray(array)


def label_of(labels: Sequence[str], position: int) -> str:
    """Return the program's name for messages."""
    return labels[position] if len(labels) else f"program {position + 1}"

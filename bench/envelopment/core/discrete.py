"""Technologies that are not convex: the free disposal hull by enumeration, whole-number sums by branch and bound.

``fdh`` (Deprins, Simar & Tulkens 1984) compares with single observed units. ``frh`` and ``add`` (Tulkens 1993; Bogetoft
& Otto 2011) compare with sums of units, each taken a whole number of times: two homes like A are possible, half of one
is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from bench.lp.batch import INFEASIBLE, KERNEL, UNBOUNDED, Batch, label_of, positions
from bench.lp.program import Program
from bench.lp.solvers.highs import solve
from bench.typing import FloatArray

#: Points times columns that are compared at once.
_BLOCK = 1 << 20
#: Share of itself by which a limit is let down before a column is said to be beyond it.
_HAIR = 1e-9


def hull_ray(
    P: FloatArray,
    points: FloatArray,
    directions: FloatArray,
    exclude: npt.ArrayLike | None = None,
    labels: Sequence[str] = (),
) -> Batch:
    """Return the largest β with some column P_j ≥ b + βg, for directions without negative parts.

    Parameters
    ----------
    P : array (n, d)
    points, directions : array (k, d)
    exclude : array (k,) of int, optional
    labels : sequence of str
        Not used: an enumeration cannot fail.

    Returns
    -------
    Batch
        Without duals (a hull that is not convex has no prices); ``status`` 1 where no column covers the rows that the
        direction leaves alone.

    Examples
    --------
    >>> P = np.array([[-2.0, 1.0], [-4.0, 3.0]])
    >>> hull_ray(P, P, np.array([[2.0, 0.0], [4.0, 0.0]])).value
    array([0., 0.])
    """
    batch = Batch.empty(len(points), P.shape[1], 1)
    left_out = positions(exclude, len(points), len(P), "exclude")
    step = max(1, _BLOCK // max(1, len(P)))
    for start in range(0, len(points), step):
        rows = np.arange(start, min(start + step, len(points)))
        reach = np.full((len(rows), len(P)), np.inf)
        for i in range(P.shape[1]):
            g = directions[rows, i][:, None]
            room = P[:, i][None, :] - points[rows, i][:, None]
            with np.errstate(divide="ignore", invalid="ignore"):
                limit = np.where(g > 0, room / g, np.where(room >= 0, np.inf, -np.inf))
            np.minimum(reach, limit, out=reach)
        hit = np.flatnonzero(left_out[rows] >= 0)
        reach[hit, left_out[rows[hit]]] = -np.inf
        _write(batch, rows, reach)
    return batch.freeze()


def hull_total(
    P: FloatArray,
    points: FloatArray,
    weights: FloatArray,
    exclude: npt.ArrayLike | None = None,
    labels: Sequence[str] = (),
) -> Batch:
    """Return the largest w·P_j over the columns P_j ≥ b; arguments as in :func:`hull_ray`."""
    batch = Batch.empty(len(points), P.shape[1], 1)
    left_out = positions(exclude, len(points), len(P), "exclude")
    for row in range(len(points)):
        # A projected point carries the rounding of its own β: a few units in the last place are no violation.
        slip = 8 * np.finfo(float).eps * np.maximum(np.abs(P), np.abs(points[row]))
        fits = np.all(points[row] - slip <= P, axis=1)
        if left_out[row] >= 0:
            fits[left_out[row]] = False
        _write(batch, np.array([row]), np.where(fits, P @ weights[row], -np.inf)[None])
    return batch.freeze()


def _write(batch: Batch, rows: npt.NDArray[np.intp], reach: FloatArray) -> None:
    """Store the best column of each row; the first of equals, so that the answer is reproducible."""
    best = np.argmax(reach, axis=1)
    value = reach[np.arange(len(rows)), best]
    found = np.isfinite(value)
    batch.value[rows] = np.where(found, value, np.nan)
    batch.column[rows, 0] = np.where(found, best, -1)
    batch.weight[rows, 0] = np.where(found, 1.0, 0.0)
    batch.status[rows] = np.where(found, 0, np.where(value == np.inf, UNBOUNDED, INFEASIBLE))
    batch.route[rows] = KERNEL
    batch.residual[rows] = np.where(found, 0.0, np.nan)[:, None]


def whole_ray(
    P: FloatArray,
    points: FloatArray,
    directions: FloatArray,
    exclude: npt.ArrayLike | None = None,
    labels: Sequence[str] = (),
) -> Batch:
    """Return the largest β with Pλ ≥ b + βg over whole numbers λ ≥ 0; arguments as in :func:`hull_ray`.

    Raises
    ------
    CertificateError
        When the bound of the search and its solution do not meet.

    Examples
    --------
    A has made 1 with 2; by replication 2 can be made with 4, but 1.5 with no less.

    >>> P = np.array([[-2.0, 1.0]])
    >>> whole_ray(P, np.array([[-8.0, 2.0], [-8.0, 1.5]]), np.array([[8.0, 0.0], [8.0, 0.0]])).value
    array([0.5, 0.5])
    """
    batch = Batch.empty(len(points), P.shape[1], max(len(P), P.shape[1]))
    left_out = positions(exclude, len(points), len(P), "exclude")
    floors = _floors(P, points, directions, exclude)
    for row, floor in enumerate(floors):
        keep = _useful(P, floor, left_out[row])
        program = Program.build(
            c=np.append(np.zeros(len(keep)), 1.0),
            A=np.hstack([P[keep].T, -directions[row][:, None]]),
            row_lower=points[row],
            column_lower=np.append(np.zeros(len(keep)), -np.inf),
            integer=np.append(np.ones(len(keep), dtype=bool), False),
            maximise=True,
        )
        _store(batch, row, program, keep, label_of(labels, row))
    return _narrow(batch, P.shape[1]).freeze()


def whole_total(
    P: FloatArray,
    points: FloatArray,
    weights: FloatArray,
    exclude: npt.ArrayLike | None = None,
    labels: Sequence[str] = (),
) -> Batch:
    """Return the largest w·(Pλ) with Pλ ≥ b over whole numbers λ ≥ 0; arguments as in :func:`hull_total`."""
    batch = Batch.empty(len(points), P.shape[1], max(len(P), P.shape[1]))
    left_out = positions(exclude, len(points), len(P), "exclude")
    for row in range(len(points)):
        worth = P @ weights[row]
        keep = _useful(P, points[row], left_out[row], worth)
        program = Program.build(
            c=worth[keep],
            A=P[keep].T,
            row_lower=points[row] - 1e-12 * np.abs(points[row]),
            integer=True,
            maximise=True,
        )
        _store(batch, row, program, keep, label_of(labels, row))
    return _narrow(batch, P.shape[1]).freeze()


def above(batch: Batch, P: FloatArray, points: FloatArray, weights: FloatArray) -> Batch:
    """Return a batch of largest sums counted from the points: differences first, so that nothing cancels.

    Examples
    --------
    >>> P, b = np.array([[-2.0, 1.0]]), np.array([[-3.0, 1.0]])
    >>> above(hull_total(P, b, np.ones((1, 2))), P, b, np.ones((1, 2))).value
    array([1.])
    """
    value = batch.value.copy()
    for row in np.flatnonzero(batch.status == 0).tolist():
        used = [(j, weight) for j, weight in zip(batch.column[row], batch.weight[row], strict=True) if j >= 0]
        for i, (point, by) in enumerate(zip(points[row].tolist(), weights[row].tolist(), strict=True)):
            slack = sum((Fraction(float(P[j, i])) * Fraction(float(weight)) for j, weight in used), -Fraction(point))
            value[row] = float(by * slack) + (value[row] if i else 0.0)
    return replace(batch, value=value).freeze()


def _narrow(batch: Batch, width: int) -> Batch:
    """Drop columns that no point uses, down to the width of a linear program; sums can need more."""
    wide = max(width, int((batch.column >= 0).sum(axis=1).max(initial=0)))
    return replace(batch, column=batch.column[:, :wide].copy(), weight=batch.weight[:, :wide].copy())


def _floors(P: FloatArray, points: FloatArray, directions: FloatArray, exclude: npt.ArrayLike | None) -> FloatArray:
    """Return what the best sum of columns reaches in each row, array (k, d): no less than the best single one."""
    alone = hull_ray(P, points, directions, exclude).value
    # A direction with negative parts is not one of a hull; a hair below is rounding's.
    alone = np.where((directions < 0.0).any(axis=1), np.nan, alone - _HAIR * (1.0 + np.abs(alone)))
    least = points + directions * alone[:, None]
    return np.where(directions == 0.0, points, np.where(np.isfinite(least), least, -np.inf))


def _useful(
    P: FloatArray, floor: FloatArray, left_out: np.int64, worth: FloatArray | None = None
) -> npt.NDArray[np.intp]:
    """Return the columns of which a best sum above a floor can be made: the others have no place in one, or a better.

    In a row in which no column is positive a single one cannot lie below the floor. A column that another equals or
    exceeds everywhere can be exchanged for it; of equals the first stays.

    Parameters
    ----------
    P : array (n, d)
    floor : array (d,)
        Minus infinity for rows that ask nothing.
    left_out : int
        A column that may not be used, −1 for none.
    worth : array (n,), optional
        What columns add to the objective besides.
    """
    costs = (P <= 0).all(axis=0) & np.isfinite(floor)
    fits = np.asarray((P[:, costs] >= floor[costs] - _HAIR * np.abs(floor[costs])).all(axis=1))
    if left_out >= 0:
        fits[left_out] = False
    keep = np.flatnonzero(fits)
    Q = P[keep] if worth is None else np.column_stack([P[keep], worth[keep]])
    better = np.ones((len(keep), len(keep)), dtype=bool)
    for column in Q.T:
        better &= column[:, None] >= column
    # better[k, j]: k equals or exceeds j; where each does the other they are equal.
    earlier = np.arange(len(keep))[:, None] < np.arange(len(keep))
    return np.asarray(keep[~(better & (~better.T | earlier)).any(axis=0)])


def _store(batch: Batch, row: int, program: Program, keep: npt.NDArray[np.intp], label: str) -> None:
    solution = solve(program, label=label, allow=("infeasible", "unbounded"))
    batch.route[row] = KERNEL
    batch.status[row] = {"optimal": 0, "infeasible": INFEASIBLE, "unbounded": UNBOUNDED}[solution.status]
    if not solution.optimal:
        return
    weight = solution.x[: len(keep)]
    used = np.flatnonzero(weight > 0)
    batch.value[row] = solution.objective
    batch.column[row, : len(used)] = keep[used]
    batch.weight[row, : len(used)] = weight[used]
    batch.residual[row] = (solution.certificate.primal, solution.certificate.dual, solution.certificate.gap)

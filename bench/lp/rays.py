"""Batches of ``max β, Pλ ≥ b + βg``: scores, distances and super-efficiency in any direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
import numpy.typing as npt

from bench.lp.backend import run_backend, scaled_extra, unscaled
from bench.lp.batch import HIGHS, INFEASIBLE, OPTIMAL, TOLERANCE, UNBOUNDED, Batch, mask, matrix, positions
from bench.lp.certificate import (
    dual_residual,
    in_parts,
    own_residual,
    primal_residual,
    relative,
    row_measure,
    sign_residual,
    used_columns,
)
from bench.lp.general import Answer, settle, solve_ray
from bench.lp.scaling import scale
from bench.lp.task import REDUCE_ABOVE, Task
from bench.typing import BoolArray, FloatArray, IntArray, Progress

#: β above this shows, with its proof, that a column is dominated.
_DOMINATED = 1e-9


def maximise_ray(
    columns: npt.ArrayLike,
    points: npt.ArrayLike,
    directions: npt.ArrayLike,
    *,
    equality: npt.ArrayLike | None = None,
    own: npt.ArrayLike | None = None,
    exclude: npt.ArrayLike | None = None,
    extra: npt.ArrayLike | None = None,
    labels: Sequence[str] = (),
    workers: int = 1,
    progress: Progress | None = None,
) -> Batch:
    """Solve ``max β subject to Pλ ≥ b_o + β g_o, λ ≥ 0`` for many programs with common columns.

    Parameters
    ----------
    columns : array (n, d)
        The common columns, one per row.
    points : array (k, d)
        b of each program.
    directions : array (k, d) or (d,)
        g of each program. A zero leaves the row where it is.
    equality : array (d,) of bool, optional
        Rows that hold with equality (a convexity row).
    own : array (k,) of int, optional
        Column that equals the program's point, −1 for none. When every column is the point of some program and no
        direction is negative, columns with β > 0 carry no weight elsewhere, and the kernel leaves them out (exact).
    exclude : array (k,) of int, optional
        Column that this program may not use, −1 for none.
    extra : array (k, d), optional
        One more column that only this program has; position n in the answer.
    labels : sequence of str
        Names of the programs, for errors.
    workers : int
        Threads; the answers have the same bytes for any number.
    progress : callable, optional
        Called with ``("solve", done, total)``.

    Returns
    -------
    Batch
        ``value`` is β; ``dual`` is q with ``q · g = 1``.

    Raises
    ------
    CertificateError
        When no solver gives an answer that passes its own proof; the message names the program.

    Examples
    --------
    >>> P = [[-2.0, 1.0, 1.0], [-3.0, 2.0, 1.0]]
    >>> found = maximise_ray(P, [[-4.0, 1.5, 1.0]], [4.0, 0.0, 0.0], equality=[False, False, True])
    >>> found.value.round(6), found.weight.round(6)
    (array([0.375]), array([[0.5, 0.5, 0. ]]))
    """
    P = matrix(columns, None, "columns")
    b = matrix(points, P.shape[1], "points")
    g = matrix(directions, P.shape[1], "directions", rows=len(b))
    fixed = mask(equality, P.shape[1], False, "equality")
    left_out = positions(exclude, len(b), len(P), "exclude")
    private = None if extra is None else matrix(extra, P.shape[1], "extra", rows=len(b))
    mine = positions(own, len(b), len(P), "own")
    given = Rays(P, b, g, fixed, left_out, private, mine)
    batch = _solve(given, workers, progress)

    def again(program: int, label: str) -> Answer:
        columns_ = P if private is None else np.vstack([P, private[program]])
        return solve_ray(columns_, b[program], g[program], fixed, int(left_out[program]), label)

    return settle(batch, lambda: certify(given, batch, workers), again, labels)


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """A batch of programs as it was given; see :func:`maximise_ray` for the shapes."""

    P: FloatArray
    b: FloatArray
    g: FloatArray
    equality: BoolArray
    exclude: IntArray
    extra: FloatArray | None
    own: IntArray

    @property
    def excludes(self) -> bool:
        """Whether some program leaves a column out."""
        return bool((self.exclude >= 0).any())

    @property
    def reducible(self) -> bool:
        """Whether each column is some program's own point, which a positive β shows to be dominated."""
        if self.extra is not None or len(self.own) != len(self.P) or (self.own < 0).any():
            return False
        owned = np.zeros(len(self.P), dtype=bool)
        owned[self.own] = True
        if not owned.all() or self.g.min(initial=0.0) < 0 or self.g[:, self.equality].any():
            return False
        return self.b is self.P or np.array_equal(self.P[self.own], self.b)


def _solve(given: Rays, workers: int, progress: Progress | None) -> Batch:
    """Solve a batch by the kernel, without proof."""
    exclude, own = given.exclude, given.own
    many = len(given.P) > REDUCE_ABOVE
    if many and given.extra is None and given.excludes and (exclude == own)[exclude >= 0].all():
        return _leave_one_out(given, workers, progress)
    d = given.P.shape[1]
    scaled = scale(given.P, given.b, given.g, given.equality.astype(np.int64))
    task = Task(exclude, None if given.extra is None else scaled_extra(scaled, given.extra, d))
    reducible = many and not given.excludes and given.reducible
    answers = run_backend(scaled, task, own, reducible=reducible, workers=workers, progress=progress)
    return unscaled(scaled, answers, d, task)


def _leave_one_out(given: Rays, workers: int, progress: Progress | None) -> Batch:
    """Solve with all columns first: a program that carries no weight on its own column needs no second look."""
    exclude = given.exclude
    none = np.full(len(exclude), -1, dtype=np.int64)
    first = _solve(replace(given, exclude=none), workers, progress)
    uses = ((first.column == exclude[:, None]) & (first.column >= 0)).any(axis=1)
    again = np.flatnonzero(uses | (first.status != OPTIMAL))
    if len(again):
        scaled = scale(given.P, given.b[again], given.g[again], given.equality.astype(np.int64))
        answers = run_backend(scaled, Task(exclude[again]), none[again], reducible=False, workers=workers)
        second = unscaled(scaled, answers, given.P.shape[1])
        for name in Batch.__slots__:
            getattr(first, name)[again] = getattr(second, name)
    return first


def certify(given: Rays, batch: Batch, workers: int = 1) -> tuple[FloatArray, IntArray]:
    """Prove a batch in numpy against the data that were passed in.

    Where each column is the point of a program, prices are tested against some columns only, which proves as much:
    each other column is shown to be dominated by its own program, whose combination of tested columns with β > 0 lies
    above it in every row. Prices that no tested column contradicts are then contradicted by no other. A program that
    leaves out a tested column is tested against all others.

    Returns
    -------
    residual : array (k, 3)
        Primal residual, dual residual and gap; NaN without an optimum.
    doubtful : array of int
        Programs whose answer is not proven: a residual above the tolerance, or an unproven claim of infeasibility.
    """
    k = len(given.b)
    residual = np.full((k, 3), np.inf)
    measure = row_measure(given.P)
    columns = np.ascontiguousarray((given.P / measure).T)

    def primal(part: slice) -> None:
        used = used_columns(columns, batch.column[part].T, _across(given.extra, part, measure))
        residual[part, 0] = primal_residual(
            used, _across(given.b, part, measure), _across(given.g, part, measure),
            batch.value[part], batch.weight[part].T.copy(), given.equality,
        )  # fmt: skip

    in_parts(primal, k, workers)
    tested, whole = _tested(given, batch, residual[:, 0])
    few = columns if tested.all() else columns[:, tested]

    def dual(part: slice) -> None:
        residual[part] = _residuals(given, batch, part, measure, columns, few, whole[part], residual[part, 0])

    in_parts(dual, k, workers)
    infeasible = batch.status == INFEASIBLE
    proven = residual.max(axis=1) <= TOLERANCE
    residual[batch.status != OPTIMAL] = np.nan
    doubtful = np.flatnonzero(~proven & ((batch.route != HIGHS) | ~(infeasible | (batch.status == UNBOUNDED))))
    return residual, doubtful


@overload
def _across(values: FloatArray, part: slice, measure: FloatArray) -> FloatArray: ...
@overload
def _across(values: None, part: slice, measure: FloatArray) -> None: ...
@overload
def _across(values: FloatArray | None, part: slice, measure: FloatArray) -> FloatArray | None: ...
def _across(values: FloatArray | None, part: slice, measure: FloatArray) -> FloatArray | None:
    """Return some programs' coordinates in row measures, array (d, k)."""
    return None if values is None else np.ascontiguousarray((values[part] / measure).T)


def _tested(given: Rays, batch: Batch, primal: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Return which columns prices are tested against (n,), and which programs' are tested against all (k,)."""
    tested = np.ones(len(given.P), dtype=bool)
    if not given.reducible:
        return tested, np.zeros(len(given.b), dtype=bool)
    dominated = (batch.status == OPTIMAL) & (batch.value > _DOMINATED) & (primal <= TOLERANCE)
    tested[given.own[dominated]] = False
    tested[batch.column[(batch.column >= 0) & (batch.weight != 0)]] = True
    return tested, (given.exclude >= 0) & tested[np.maximum(given.exclude, 0)]


def _residuals(
    given: Rays,
    batch: Batch,
    part: slice,
    measure: FloatArray,
    columns: FloatArray,
    few: FloatArray,
    whole: BoolArray,
    primal: FloatArray,
) -> FloatArray:
    """Return the residuals of a part; for infeasible programs those of the proof that nothing is feasible."""
    b, g = _across(given.b, part, measure), _across(given.g, part, measure)
    q = np.ascontiguousarray((batch.dual[part] * measure).T)
    found, infeasible = batch.status[part] == OPTIMAL, batch.status[part] == INFEASIBLE
    value = batch.value[part]
    plain = bool(found.all())
    if not plain:
        q[~np.isfinite(q)] = 0.0
        value = np.where(found, value, 0.0)
    exclude = given.exclude[part]
    reduced = dual_residual(q, few, exclude if few is columns else None)
    if few is not columns and whole.any():
        reduced[whole] = dual_residual(q[:, whole], columns, exclude[whole])
    extra = _across(given.extra, part, measure)
    if extra is not None:
        reduced = np.maximum(reduced, own_residual(q, extra))
    earned, worth = q * g, q * b
    along, cost = earned.sum(axis=0), worth.sum(axis=0)
    size, terms = np.abs(earned, out=earned).sum(axis=0), np.abs(worth, out=worth).sum(axis=0)
    normal, gap = relative(along - 1.0, size), relative(value + cost, value, terms)
    if not plain:
        largest = np.abs(q).sum(axis=0) * np.abs(g).max(axis=0, initial=0.0)
        normal = np.where(found, normal, np.abs(along) / np.where(largest > 0, largest, 1.0))
        # A ray q with q·p ≤ 0 for all columns, q·g = 0 and q·b > 0 proves that no λ and β are feasible.
        gap = np.where(found, gap, np.where(cost > 1e-7 * np.maximum(terms, 1e-300), 0.0, 1.0))
    out = np.stack(
        [np.where(found, primal, 0.0), np.maximum(np.maximum(reduced, normal), sign_residual(q, given.equality)), gap],
        axis=1,
    )
    return out if plain else np.where((found | infeasible)[:, None], out, np.inf)

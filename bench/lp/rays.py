"""Batches of ``max β, Pλ ≥ b + βg``: scores, distances and super-efficiency in any direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
import numpy.typing as npt

from bench.lp.backend import run_backend, scaled_extra, unscaled
from bench.lp.batch import ENCLOSED, EXACT, INFEASIBLE, OPTIMAL, TOLERANCE, UNBOUNDED, Batch, mask, matrix, positions
from bench.lp.proofs.certificate import (
    both_signs,
    enclosed,
    excess,
    in_parts,
    lifted,
    off_one,
    primal_residual,
    reached,
    relative,
    row_measure,
    spent,
    used_columns,
)
from bench.lp.scaling import extreme, scale
from bench.lp.settling import Answer, settle
from bench.lp.solvers.exact import HAIR, Columns, Question, exact_row, lowered, maximise
from bench.lp.task import REDUCE_ABOVE, Task
from bench.typing import BoolArray, FloatArray, IntArray, Progress

#: Share of a program's largest price, columns at their largest, below which a price is rounding.
_NOISE = 1e-14
#: β above this shows, with its proof, that a column is dominated.
_DOMINATED = 1e-9
#: Share of its terms that a ray must be worth to prove that computed points have no solution.
_INFEASIBLE_ABOVE = 1e-7


def maximise_ray(
    columns: npt.ArrayLike,
    points: npt.ArrayLike,
    directions: npt.ArrayLike,
    *,
    equality: npt.ArrayLike | None = None,
    own: npt.ArrayLike | None = None,
    exclude: npt.ArrayLike | None = None,
    extra: npt.ArrayLike | None = None,
    computed: bool = False,
    itself: bool = False,
    labels: Sequence[str] = (),
    workers: int = 1,
    progress: Progress | None = None,
) -> Batch:
    """Solve ``max β subject to Pλ ≥ b_o + β g_o, λ ≥ 0`` for many programs with common columns.

    Numbers are taken as they are, to the last digit. Only a point that nothing reaches is let down by a share of 1e-12
    first: a projection that rounding has put outside the set by a hair is on its frontier.

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
    computed : bool
        Whether points, directions or columns come out of a computation and not out of a table: rounding has moved them,
        so rows hold if they hold within 1e-9 of their terms, and the value is wanted to 1e-9 of itself or of one.
        Otherwise they are the numbers they are, and one minus the value counts too, however small.
    itself : bool
        Whether β is the answer and not a score made of it: it is right to a share of itself then, however small, and a
        zero is exactly zero.
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
        When an optimum is too large or too small for a double; the message names the program.

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
    given = Rays(P, b, g, fixed, left_out, private, mine, computed, itself)
    batch = _solve(given, workers, progress)
    _make_sure(given, batch)
    return settle(batch, lambda rows: certify(given, batch, workers, rows), _in_whole_numbers(given, batch), labels)


def _in_whole_numbers(given: Rays, batch: Batch) -> Callable[[int], Answer]:
    """Return what solves one of the programs exactly, beginning with the columns that were found to be in use."""
    columns = Columns(given.P)
    equality = given.equality.tolist()

    def solve(program: int) -> Answer:
        extra = None if given.extra is None else exact_row(given.extra[program])
        question = Question(
            exact_row(given.b[program]), exact_row(given.g[program]), equality, extra, int(given.exclude[program])
        )
        found = maximise(columns, question, batch.column[program].tolist())
        if found.status == "infeasible":
            found = maximise(columns, replace(question, b=lowered(question.b, equality)), ())
        own = {len(given.P): found.extra} if found.extra else {}
        return Answer(found, found.value, found.prices, found.weights | own)

    return solve


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
    computed: bool = False
    itself: bool = False

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

    def take(self, rows: IntArray) -> Rays:
        """Return some of the programs, about which nothing is known but the data."""
        return replace(
            self,
            b=self.b[rows],
            g=self.g[rows],
            exclude=self.exclude[rows],
            extra=None if self.extra is None else self.extra[rows],
            own=np.full(len(rows), -1, dtype=np.int64),
        )


def _solve(given: Rays, workers: int, progress: Progress | None) -> Batch:
    """Solve a batch by the kernel, without proof."""
    exclude, own = given.exclude, given.own
    if extreme(given.P, given.b, given.g) or (given.extra is not None and extreme(given.extra)):
        return Batch.unsure(len(given.b), given.P.shape[1])
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


def _make_sure(given: Rays, batch: Batch) -> None:
    """Take what is below zero off prices; where a basis may not be feasible, put intensities near it that are."""
    np.maximum(batch.dual, 0.0, out=batch.dual, where=~given.equality)
    _without_noise(given, batch)
    who = np.flatnonzero((batch.status == OPTIMAL) & np.isinf(batch.slip))
    if given.computed:
        batch.slip[who] = 0.0
        return
    if not len(who):
        return
    measure = row_measure(given.P)
    own = None if given.extra is None else np.ascontiguousarray((given.extra[who] / measure).T)
    used = used_columns(np.ascontiguousarray((given.P / measure).T), batch.column[who].T, own)
    b, g = np.ascontiguousarray((given.b[who] / measure).T), np.ascontiguousarray((given.g[who] / measure).T)
    weight, beta = reached(used, b, g, batch.weight[who].T, given.equality)
    batch.weight[who] = weight.T
    value = batch.value[who]
    batch.value[who] = np.maximum(value, beta)
    batch.slip[who] = batch.value[who] - beta


def _without_noise(given: Rays, batch: Batch) -> None:
    """Take prices that are rounding alone off rows in which no column is negative.

    A column that uses nothing of the rows with a price gains by the least price of what it makes, and has nothing to
    measure that against. Without that price no column gains more; what the bound loses by it, the proof says.
    """
    if (given.P != 0.0).all():
        return
    least, size = given.P.min(axis=0), np.abs(given.P).max(axis=0)
    made = (least >= 0.0) & ~given.equality
    if given.extra is not None:
        made &= given.extra.min(axis=0) >= 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        worth = batch.dual * size
        batch.dual[made & (worth <= _NOISE * worth.max(axis=1, keepdims=True))] = 0.0


def certify(given: Rays, batch: Batch, workers: int = 1, rows: IntArray | None = None) -> tuple[FloatArray, IntArray]:
    """Prove a batch in numpy against the data that were passed in.

    The optimum is enclosed: prices that no column contradicts by more than a share of its own terms give a bound from
    above, a basis that is feasible in exact arithmetic (:func:`bench.lp.basis.slip`) or a single column give one from
    below, and all roundings are counted. What counts is the distance of the two relative to the score, that is to
    one minus the value or one plus it where these are small.

    Where each column is the point of a program, prices are tested against some columns only, which proves as much:
    each other column is shown to be dominated by its own program, whose combination of tested columns with β > 0 lies
    above it in every row. Prices that no tested column contradicts are then contradicted by no other. A program that
    leaves out a tested column is tested against all others.

    Parameters
    ----------
    given : Rays
    batch : Batch
    workers : int
    rows : array of int, optional
        Programs to prove; all of them by default.

    Returns
    -------
    residual : array (k, 3)
        Primal residual, dual residual and gap; NaN without an optimum.
    doubtful : array of int
        Programs whose answer is not proven: a residual above the tolerance, or an unproven claim of infeasibility.
    """
    if rows is not None:
        given, batch = given.take(rows), batch.take(rows)
    k = len(given.b)
    residual = np.full((k, 3), np.inf)
    measure = row_measure(given.P)
    columns = np.ascontiguousarray((given.P / measure).T)
    mixed = both_signs(columns) or (given.extra is not None and both_signs(np.vstack([given.P, given.extra]).T))
    inner = _inner(given, columns, measure) if mixed and not given.computed else None

    def primal(part: slice) -> None:
        used = used_columns(columns, batch.column[part].T, _across(given.extra, part, measure))
        b, g = _across(given.b, part, measure), _across(given.g, part, measure)
        weight = batch.weight[part].T.copy()
        residual[part, 0] = primal_residual(used, b, g, batch.value[part], weight, given.equality)

    in_parts(primal, k, workers)
    tested, whole = _tested(given, batch, residual[:, 0])
    few = columns if tested.all() else np.ascontiguousarray(columns[:, tested])

    def dual(part: slice) -> None:
        residual[part, 1:] = _residuals(given, batch, part, measure, columns, few, whole[part], mixed, inner)

    in_parts(dual, k, workers)
    residual[batch.route == EXACT, 2] = 0.0
    settled = (batch.status != OPTIMAL) & (batch.route == EXACT)
    residual[batch.status == INFEASIBLE, 0] = 0.0
    proven = (residual[:, :2].max(axis=1) <= TOLERANCE) & (residual[:, 2] <= ENCLOSED)
    residual[batch.status != OPTIMAL] = np.nan
    return residual, np.flatnonzero(~settled & (~proven | (batch.status == UNBOUNDED)))


def _inner(given: Rays, columns: FloatArray, measure: FloatArray) -> FloatArray | None:
    """Return prices at which every column, extra ones included, loses, ``None`` without such."""
    # The general route is not wanted, nor loaded, where rows have one sign.
    from bench.lp.interior import inner_prices

    everyone = columns if given.extra is None else np.hstack([columns, (given.extra / measure).T])
    return inner_prices(everyone, given.equality)


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
    tested[given.own[dominated & np.isfinite(batch.slip)]] = False
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
    mixed: bool,
    inner: FloatArray | None,
) -> FloatArray:
    """Return dual residual and gap of a part; for infeasible programs those of the proof that nothing is feasible."""
    b, g = _across(given.b, part, measure), _across(given.g, part, measure)
    q = np.ascontiguousarray((batch.dual[part] * measure).T)
    found, infeasible = batch.status[part] == OPTIMAL, batch.status[part] == INFEASIBLE
    value = batch.value[part]
    plain = bool(found.all())
    if not plain:
        q[~np.isfinite(q)] = 0.0
        value = np.where(found, value, 0.0)
    # Prices below zero are rounding: without them they bound the optimum all the same.
    np.maximum(q, 0.0, out=q, where=~given.equality[:, None])
    if not plain:
        # A ray that proves that nothing is feasible earns nothing along the direction.
        q[(g != 0) & infeasible] = 0.0
    exclude = given.exclude[part]
    extra = _across(given.extra, part, measure)
    share = excess(q, few, exclude if few is columns else None, extra)
    if few is not columns and whole.any():
        share[whole] = excess(q[:, whole], columns, exclude[whole], None if extra is None else extra[:, whole])
    everyone = columns if extra is None else np.hstack([columns, extra])
    if mixed and inner is not None:
        # Where a row has columns of both signs it does not limit what they gain: prices are moved until none does.
        q = np.where(share > 0, lifted(q, inner, everyone, share), q)
        share = excess(q, few, exclude if few is columns else None, extra)
    slip = batch.slip[part]
    if not plain:
        slip = np.where(found, slip, np.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        low = np.where(np.isfinite(slip), value - slip, value)
        # Where some rows have columns of both signs, nothing limits what is left to gain.
        most = None if mixed else spent(q, everyone, b, g * low, given.equality)
        spending = np.where(share > 0, np.inf, 0.0) if most is None else share * most
    if given.computed:
        worth = q * b
        gap = relative(value + worth.sum(axis=0), value, np.abs(worth).sum(axis=0))
    else:
        gap = enclosed(q, b, g, value, slip, spending, given.itself)
    share = np.maximum(share, np.where(found, off_one(q, g), 0.0))
    if not plain:
        worth = q * b
        terms = np.abs(worth).sum(axis=0)
        if given.computed:
            none = worth.sum(axis=0) > _INFEASIBLE_ABOVE * terms
        else:
            none = worth.sum(axis=0) > 2 * float(HAIR) * terms + spending
        gap = np.where(found, gap, np.where(infeasible & none, 0.0, np.inf))
    return np.stack([share, gap], axis=1)

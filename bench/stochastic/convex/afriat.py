"""Fitting a concave function to points: an interior-point method that knows the shape of Afriat's inequalities.

The unknowns are a value θ_i and a slope γ_i at each of n support points q_i. Concavity is the n(n − 1) inequalities
θ_i + γ_i'(q_j − q_i) ≥ θ_j (Afriat 1972); monotonicity and returns to scale are inequalities c_r θ_i + b_ir'γ_i ≥ 0
of one point. A loss in θ (and in coefficients δ of the environment) is minimised over them.

Each slope meets only the inequalities of its own point, so it is eliminated point by point; what is left is one dense
n × n system per step. Few of the n² pairs bind: a fit starts from near neighbours, looks at *all* pairs, takes in the
most violated and fits again, until none is violated.

Sources: Kuosmanen (2008), Econometrics Journal 11; Lee, Johnson, Moreno-Centeno & Kuosmanen (2013), European Journal of
Operational Research 227 (generation of violated pairs); Mehrotra (1992), SIAM Journal on Optimization 2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.errors import ConvergenceError
from bench.stochastic.convex.interior_point import ConcaveFit, InteriorPoint, Shape
from bench.stochastic.convex.losses import Loss
from bench.typing import FloatArray, IntArray

#: Up to so many points every pair is in from the start: the bookkeeping would cost more than it saves.
ALL_PAIRS = 120
#: Near neighbours taken in at the start, and violated pairs taken in per point and round.
NEIGHBOURS, TAKEN_IN = 30, 15
#: Relative duality gap at which the rounds stop: the first rounds only have to find out which pairs matter.
ROUND_GAPS = (1e-3, 1e-4, 1e-10)
#: A pair counts as violated below this (values are scaled to a standard deviation of one).
VIOLATION = 1e-10
MAX_ROUNDS = 60


def fit_concave(shape: Shape, make_loss: Callable[[], Loss], delta: FloatArray) -> ConcaveFit:
    """Minimise a loss over the concave functions of a shape.

    Parameters
    ----------
    shape : Shape
        Points scaled to a standard deviation near one, strictly feasible start.
    make_loss : callable
        Returns a fresh loss; called once per round.
    delta : array (p,)
        Start for the coefficients of the environment.

    Raises
    ------
    ConvergenceError
        When no round reaches its gap.
    """
    n = len(shape.points)
    neighbours, count = _first_pairs(shape.points)
    complete = bool((count == n - 1).all())
    steps, stage = 0, len(ROUND_GAPS) - 1 if complete else 0
    for number in range(1, MAX_ROUNDS + 1):
        for cautious in (False, True):
            solver = InteriorPoint(shape, make_loss(), delta, neighbours, count, cautious)
            try:
                solver.run(ROUND_GAPS[stage])
            except ConvergenceError:
                if cautious:
                    raise
            else:
                break
        steps += solver.steps
        violated = _violated(solver.theta, solver.slope, shape.points, neighbours, count)
        if violated is None and stage == len(ROUND_GAPS) - 1:
            return solver.result(steps, number)
        if violated is not None:
            neighbours, count = _take_in(violated, neighbours, count)
        stage = min(stage + 1, len(ROUND_GAPS) - 1)
    raise ConvergenceError(f"concavity: pairs were still violated after {MAX_ROUNDS} rounds")


def _first_pairs(points: FloatArray) -> tuple[IntArray, IntArray]:
    n = len(points)
    if n <= ALL_PAIRS:
        others = np.array([[i, *range(i), *range(i + 1, n)] for i in range(n)], dtype=np.int64)
        return others.reshape(n, n), np.full(n, n - 1, dtype=np.int64)
    squares = np.sum(points**2, axis=1)
    distance = squares[:, None] + squares[None, :] - 2.0 * points @ points.T
    np.fill_diagonal(distance, -np.inf)
    k = min(NEIGHBOURS, n - 1)
    near = np.argpartition(distance, k, axis=1)[:, : k + 1]
    order = np.argsort(np.take_along_axis(distance, near, axis=1), axis=1, kind="stable")
    return np.take_along_axis(near, order, axis=1).astype(np.int64), np.full(n, k, dtype=np.int64)


def _violated(
    theta: FloatArray, slope: FloatArray, points: FloatArray, neighbours: IntArray, count: IntArray
) -> list[IntArray] | None:
    """Most violated pairs of every point that are not in yet, or None."""
    room = pair_room(theta, slope, points)
    live = np.arange(neighbours.shape[1])[None, :] <= count[:, None]
    rows = np.broadcast_to(np.arange(len(theta))[:, None], neighbours.shape)
    room[rows[live], neighbours[live]] = np.inf
    if room.min() >= -VIOLATION:
        return None
    k = min(TAKEN_IN, len(theta) - 1)
    worst = np.argpartition(room, k, axis=1)[:, :k]
    return [np.sort(worst[i][room[i, worst[i]] < -VIOLATION]).astype(np.int64) for i in range(len(theta))]


def _take_in(violated: list[IntArray], neighbours: IntArray, count: IntArray) -> tuple[IntArray, IntArray]:
    new_count = count + np.array([len(v) for v in violated])
    wider = np.zeros((len(count), int(new_count.max()) + 1), dtype=np.int64)
    width = min(neighbours.shape[1], wider.shape[1])
    wider[:, :width] = neighbours[:, :width]
    for i, added in enumerate(violated):
        wider[i, count[i] + 1 : new_count[i] + 1] = added
    return wider, new_count


def pair_room(theta: FloatArray, slope: FloatArray, points: FloatArray) -> FloatArray:
    """θ_i + γ_i'(q_j − q_i) − θ_j for every pair, array (n, n); negative where concavity fails."""
    value = slope @ points.T
    room: FloatArray = theta[:, None] - theta[None, :] + value - np.diagonal(value)[:, None]
    return room

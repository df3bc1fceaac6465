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
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.errors import ConvergenceError
from bench.stochastic.afriat_kernels import add_columns, reduced_hessian
from bench.stochastic.losses import Expansion, Loss

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Up to so many points every pair is in from the start: the bookkeeping would cost more than it saves.
ALL_PAIRS = 120
#: Near neighbours taken in at the start, and violated pairs taken in per point and round.
NEIGHBOURS, TAKEN_IN = 30, 15
#: Relative duality gap at which the rounds stop: the first rounds only have to find out which pairs matter.
ROUND_GAPS = (1e-3, 1e-4, 1e-10)
#: A pair counts as violated below this (values are scaled to a standard deviation of one).
VIOLATION = 1e-10
#: Stationarity reached at the end, in the same scale.
STATIONARITY = 1e-9
MAX_STEPS, MAX_ROUNDS = 250, 60


@dataclass(frozen=True, slots=True)
class Shape:
    """Support points and the inequalities of single points.

    Attributes
    ----------
    points : array (n, d)
    row_level : array (R,)
        Coefficient c_r of θ_i.
    row_slope : array (n, R, d)
        Coefficients b_ir of γ_i.
    start_level : array (n,)
    start_slope : array (n, d)
        A strictly feasible function: every pair and every row holds with room.
    """

    points: FloatArray
    row_level: FloatArray
    row_slope: FloatArray
    start_level: FloatArray
    start_slope: FloatArray


@dataclass(frozen=True, slots=True)
class ConcaveFit:
    """Minimum over concave functions.

    Attributes
    ----------
    theta : array (n,)
    slope : array (n, d)
    delta : array (p,)
    pair_i, pair_j : int array (P,)
        Pairs that took part.
    pair_multiplier : array (P,)
        Non-negative prices of those pairs; every other pair has price 0.
    partial : array (n, p)
        A⁻¹F: how θ answers to δ on the active face; residualises the environment.
    information : array (p, p)
        Second derivatives in δ after θ has answered.
    dimension : float
        Effective number of parameters of the function: the trace of the projector on the active face.
    loss : Loss
        The loss in its final state.
    steps, rounds : int
    """

    theta: FloatArray
    slope: FloatArray
    delta: FloatArray
    pair_i: IntArray
    pair_j: IntArray
    pair_multiplier: FloatArray
    partial: FloatArray
    information: FloatArray
    dimension: float
    loss: Loss
    steps: int
    rounds: int


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
        solver = _InteriorPoint(shape, make_loss(), delta, neighbours, count)
        solver.run(ROUND_GAPS[stage])
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


class _InteriorPoint:
    """Primal-dual path following with Mehrotra's predictor and corrector; primal feasible from the first step."""

    def __init__(self, shape: Shape, loss: Loss, delta: FloatArray, neighbours: IntArray, count: IntArray):
        self.loss, self.shape = loss, shape
        self.neighbours, self.count = neighbours, count
        width = np.arange(neighbours.shape[1])[None, :]
        self.live = (width >= 1) & (width <= count[:, None])
        self.gap_vectors = shape.points[neighbours] - shape.points[:, None, :]
        self.gap_vectors[~self.live] = 0.0
        self.theta, self.slope, self.delta = shape.start_level.copy(), shape.start_slope.copy(), delta.copy()
        self.room, self.row_room = self._rooms(self.theta, self.slope)
        self.room[~self.live] = 1.0
        n = len(self.theta)
        self.pairs = int(self.live.sum()) + self.row_room.size + loss.own_pairs
        barrier = max(loss.value(self.theta, self.delta), 1e-3 * n) / n**2
        self.price = barrier / self.room
        self.price[~self.live] = 0.0
        self.row_price = barrier / self.row_room
        self.steps = 0

    def _rooms(self, theta: FloatArray, slope: FloatArray) -> tuple[FloatArray, FloatArray]:
        """How far each stored pair and each row is from its limit (linear in θ and γ)."""
        room = theta[:, None] - theta[self.neighbours] + np.matmul(self.gap_vectors, slope[:, :, None])[:, :, 0]
        row = self.shape.row_level * theta[:, None] + np.matmul(self.shape.row_slope, slope[:, :, None])[:, :, 0]
        return room, row

    def _pull(self, price: FloatArray, row_price: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Transpose of :meth:`_rooms`: what prices do to θ and γ."""
        theta = price.sum(axis=1) - add_columns(price, self.neighbours, self.count)
        theta += row_price @ self.shape.row_level
        slope = np.matmul(price[:, None, :], self.gap_vectors)[:, 0]
        slope += np.matmul(row_price[:, None, :], self.shape.row_slope)[:, 0]
        return theta, slope

    def run(self, gap: float) -> None:
        """Follow the path to a relative duality gap.

        The path may stall at rounding before the last gap; it stops there when it came close, else it raises.
        """
        best = np.inf
        stalled = 0
        while True:
            expansion = self.loss.expand(self.theta, self.delta)
            pull_theta, pull_slope = self._pull(self.price, self.row_price)
            defects = expansion.gradient_theta - pull_theta, -pull_slope, expansion.gradient_delta
            products = self._products()
            size = 1.0 + abs(self.loss.value(self.theta, self.delta))
            relative = products / size
            stationarity = max([float(np.abs(d).max()) for d in defects if d.size] + [self.loss.infeasibility()])
            merit = max(relative / gap, stationarity / max(STATIONARITY, gap))
            if merit <= 1.0:
                return
            stalled = stalled + 1 if merit > 0.999 * best else 0
            best = min(best, merit)
            if stalled >= 30 or self.steps >= MAX_STEPS:
                if relative <= 1e-8 and stationarity <= 1e-7:
                    return
                raise ConvergenceError(
                    f"concave fit: stopped after {self.steps} steps at a relative gap of {relative:.1e} "
                    f"and a stationarity of {stationarity:.1e}"
                )
            # Far below the gap asked for, rooms drown in rounding: never aim lower than a fifth of it.
            self._step(expansion, defects, products / self.pairs, 0.2 * gap * size / self.pairs)
            self.steps += 1

    def _products(self) -> float:
        return float(
            np.sum((self.price * self.room)[self.live])
            + np.sum(self.row_price * self.row_room)
            + self.loss.products(0.0)
        )

    def _factor(self, expansion: Expansion) -> None:
        """Eliminate the slopes and factor what is left."""
        from scipy.linalg import cho_solve

        self.weight = self.price / self.room
        self.row_weight = self.row_price / self.row_room
        rows, level = self.shape.row_slope, self.shape.row_level
        weighted = self.weight[:, :, None] * self.gap_vectors
        weighted_rows = self.row_weight[:, :, None] * rows
        block = np.matmul(weighted.transpose(0, 2, 1), self.gap_vectors)
        block += np.matmul(weighted_rows.transpose(0, 2, 1), rows)
        self.lower_inverse = np.linalg.inv(_factor_blocks(block))
        coupling = -weighted
        coupling[:, 0] = weighted.sum(axis=1) + np.matmul(level, weighted_rows)
        self.half = np.matmul(coupling, self.lower_inverse.transpose(0, 2, 1))
        diagonal = expansion.diagonal + self.row_weight @ level**2
        hessian = reduced_hessian(diagonal, self.weight, self.half, self.neighbours, self.count)
        self.factor = _factor_dense(hessian)
        self.answer = cho_solve(self.factor, expansion.cross, check_finite=False)
        self.corner = expansion.corner - expansion.cross.T @ self.answer

    def _direction(
        self, expansion: Expansion, defects: tuple[FloatArray, ...], aim: tuple[FloatArray, FloatArray], target: float
    ) -> tuple[FloatArray, ...]:
        """Newton direction towards complementarity products ``aim``."""
        from scipy.linalg import cho_solve

        goal = np.where(self.live, aim[0] / self.room - self.price, 0.0)
        row_goal = aim[1] / self.row_room - self.row_price
        theta, slope = self._pull(goal, row_goal)
        own_theta, own_delta = self.loss.push(target, second_order=target > 0.0)
        theta += own_theta - defects[0]
        slope -= defects[1]
        middle = np.matmul(self.lower_inverse, slope[:, :, None])
        back = np.matmul(self.half, middle)[:, :, 0]
        theta -= back[:, 0] + add_columns(back, self.neighbours, self.count)
        step = cho_solve(self.factor, theta, check_finite=False)
        step_delta: FloatArray = np.zeros(0)
        if len(self.delta):
            right = own_delta - defects[2] - expansion.cross.T @ step
            step_delta = np.asarray(np.linalg.solve(self.corner, right), dtype=np.float64)
            step = step - self.answer @ step_delta
        spread = np.where(self.live, step[self.neighbours], 0.0)
        spread[:, 0] = step
        rest = middle - np.matmul(spread[:, None, :], self.half).transpose(0, 2, 1)
        step_slope = np.matmul(self.lower_inverse.transpose(0, 2, 1), rest)[:, :, 0]
        step_room, step_row = self._rooms(step, step_slope)
        step_room[~self.live] = 0.0
        self.loss.aim(step, step_delta)
        return (
            step,
            step_slope,
            step_delta,
            step_room,
            step_row,
            goal - self.weight * step_room,
            row_goal - self.row_weight * step_row,
        )

    def _reach(self, direction: tuple[FloatArray, ...]) -> float:
        """Longest step, at most one, that keeps rooms, prices and a signed θ on their side."""
        safe = np.where(self.live, self.price, 1.0)
        ratios = [
            direction[3] / self.room,
            direction[4] / self.row_room,
            direction[5] / safe,
            direction[6] / self.row_price,
        ]
        if self.loss.sign:
            # Only part of the way to zero: the logarithm is far from its parabola there.
            ratios.append(1.5 * direction[0] / self.theta)
        worst = min((float(r.min()) for r in ratios if r.size), default=0.0)
        return min(1.0, self.loss.reach(), -1.0 / worst if worst < 0.0 else 1.0)

    def _step(self, expansion: Expansion, defects: tuple[FloatArray, ...], barrier: float, least: float) -> None:
        self._factor(expansion)
        zero = np.zeros_like(self.room), np.zeros_like(self.row_room)
        guess = self._direction(expansion, defects, zero, 0.0)
        a = self._reach(guess)
        ahead = (
            np.sum(((self.price + a * guess[5]) * (self.room + a * guess[3]))[self.live])
            + np.sum((self.row_price + a * guess[6]) * (self.row_room + a * guess[4]))
            + self.loss.products(a)
        ) / self.pairs
        target = max((ahead / barrier) ** 3 * barrier, least)
        aim = target - guess[3] * guess[5], target - guess[4] * guess[6]
        step = self._direction(expansion, defects, aim, target)
        a = self._reach(step)
        if a < 1.0:
            a *= max(0.99, 1.0 - barrier * self.pairs)
        self.theta = self.theta + a * step[0]
        self.slope = self.slope + a * step[1]
        self.delta = self.delta + a * step[2]
        self.price = self.price + a * step[5]
        self.row_price = self.row_price + a * step[6]
        self.loss.advance(a)
        # Carried along, not computed anew: near the end a room is below the rounding of θ and must stay positive.
        self.room = self.room + a * step[3]
        self.row_room = self.row_room + a * step[4]

    def result(self, steps: int, rounds: int) -> ConcaveFit:
        """The fit, with what the last factor says about its face."""
        from scipy.linalg.lapack import dpotri

        expansion = self.loss.project(self.theta, self.delta)
        self._factor(expansion)
        inverse, _ = dpotri(self.factor[0], lower=0)
        i = np.repeat(np.arange(len(self.theta)), self.count)
        return ConcaveFit(
            theta=self.theta,
            slope=self.slope,
            delta=self.delta,
            pair_i=i,
            pair_j=self.neighbours[self.live],
            pair_multiplier=self.price[self.live],
            partial=self.answer,
            information=self.corner,
            dimension=float(np.diagonal(inverse) @ expansion.diagonal),
            loss=self.loss,
            steps=steps,
            rounds=rounds,
        )


def _factor_blocks(block: FloatArray) -> FloatArray:
    """Cholesky factors of the d × d blocks; a trace of the diagonal is added only where rounding made one singular."""
    try:
        factors = np.linalg.cholesky(block)
    except np.linalg.LinAlgError:
        d = block.shape[1]
        lifted = block + 1e-14 * np.trace(block, axis1=1, axis2=2)[:, None, None] * np.eye(d)
        factors = np.linalg.cholesky(lifted)
    return np.asarray(factors, dtype=np.float64)


def _factor_dense(lower: FloatArray) -> tuple[FloatArray, bool]:
    """Cholesky factor; weights near 1e12 may round it to indefinite, and then the diagonal is raised a little."""
    from scipy.linalg import cho_factor

    size = float(np.diagonal(lower).max())
    for lift in (0.0, 1e-15, 1e-13, 1e-11):
        raised = lower + lift * size * np.eye(len(lower)) if lift else lower
        try:
            # The transposed view is Fortran-ordered, as LAPACK wants it.
            return cho_factor(raised.T, lower=False, check_finite=False)
        except np.linalg.LinAlgError:
            continue
    raise ConvergenceError("concave fit: the Newton system is singular")

"""The interior-point method behind the concave fits: primal-dual path following for one list of pairs.

Primal feasible from the first step; Mehrotra's predictor and corrector (1992, SIAM Journal on Optimization 2); slopes
eliminated point by point, one dense system per step.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.errors import ConvergenceError
from bench.stochastic.convex.afriat_kernels import add_columns, reduced_hessian
from bench.stochastic.convex.losses import Expansion, Loss
from bench.typing import FloatArray, IntArray

#: Stationarity reached at the end, in the same scale.
STATIONARITY = 1e-9
#: Stationarity accepted where rounding allows no better: points that almost coincide.
ACCEPTED = 1e-6
#: Curvature that holds slopes back where nothing else does: at the edge of the data they may grow without bound.
PROXIMAL = 1e-10
#: Share of the barrier that a cautious step keeps.
CAUTION = 0.4
MAX_STEPS = 400


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


class InteriorPoint:
    """Primal-dual path following with Mehrotra's predictor and corrector; primal feasible from the first step."""

    def __init__(
        self, shape: Shape, loss: Loss, delta: FloatArray, neighbours: IntArray, count: IntArray, cautious: bool
    ):
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
        self.steps, self.cautious = 0, cautious

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

        The path may stall at rounding before the last gap, where points almost coincide; it stops there when it came
        close, else it raises.
        """
        best, stalled, close = np.inf, 0, False
        kept = self._state()
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
            if merit < 0.999 * best:
                best, stalled = merit, 0
                close = relative <= 100.0 * gap and stationarity <= ACCEPTED
                kept = self._state()
            else:
                stalled += 1
            if stalled >= (4 if close else 30) or self.steps >= MAX_STEPS:
                if close:
                    self._restore(kept)
                    return
                raise ConvergenceError(
                    f"concave fit: stopped after {self.steps} steps at a relative gap of {relative:.1e} "
                    f"and a stationarity of {stationarity:.1e}"
                )
            # Far below the gap asked for, rooms drown in rounding: never aim lower than a fifth of it.
            try:
                self._step(expansion, defects, products / self.pairs, 0.2 * gap * size / self.pairs)
            except ConvergenceError:
                if not close:
                    raise
                self._restore(kept)
                return
            self.steps += 1

    def _state(self) -> tuple[Any, ...]:
        # Arrays are replaced at a step, never written into: references and a shallow copy of the loss are enough.
        return (
            self.theta, self.slope, self.delta, self.price, self.row_price, self.room, self.row_room, copy(self.loss)
        )  # fmt: skip

    def _restore(self, state: tuple[Any, ...]) -> None:
        self.theta, self.slope, self.delta, self.price, self.row_price, self.room, self.row_room, self.loss = state

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
        block += PROXIMAL * np.eye(block.shape[1])
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
        """Newton direction towards complementarity products ``aim``.

        Prices move by weight × change of room, where weights reach 1e15: one refinement against the equations
        themselves takes the rounding out.
        """
        goal = np.where(self.live, aim[0] / self.room - self.price, 0.0)
        row_goal = aim[1] / self.row_room - self.row_price
        theta, slope = self._pull(goal, row_goal)
        own_theta, own_delta = self.loss.push(target, second_order=target > 0.0)
        wanted = own_theta - defects[0], -defects[1], own_delta - defects[2]
        first = self._solve(expansion, theta + wanted[0], slope + wanted[1], wanted[2])
        price, row_price = goal + first[5], row_goal + first[6]
        theta, slope = self._pull(price, row_price)
        theta += wanted[0] - expansion.diagonal * first[0] - expansion.cross @ first[2]
        delta = wanted[2] - expansion.cross.T @ first[0] - expansion.corner @ first[2]
        second = self._solve(expansion, theta, slope + wanted[1], delta)
        total = tuple(one + two for one, two in zip(first, second, strict=True))
        self.loss.aim(total[0], total[2])
        return (*total[:5], goal + total[5], row_goal + total[6])

    def _solve(
        self, expansion: Expansion, theta: FloatArray, slope: FloatArray, delta: FloatArray
    ) -> tuple[FloatArray, ...]:
        """Solve the reduced system: θ, γ, δ, the rooms they move and minus what that does to the prices."""
        from scipy.linalg import cho_solve

        middle = np.matmul(self.lower_inverse, slope[:, :, None])
        back = np.matmul(self.half, middle)[:, :, 0]
        right = theta - back[:, 0] - add_columns(back, self.neighbours, self.count)
        step = cho_solve(self.factor, right, check_finite=False)
        step_delta: FloatArray = np.zeros(0)
        if len(delta):
            rest_delta = delta - expansion.cross.T @ step
            step_delta = np.asarray(np.linalg.solve(self.corner, rest_delta), dtype=np.float64)
            step = step - self.answer @ step_delta
        spread = np.where(self.live, step[self.neighbours], 0.0)
        spread[:, 0] = step
        rest = middle - np.matmul(spread[:, None, :], self.half).transpose(0, 2, 1)
        step_slope = np.matmul(self.lower_inverse.transpose(0, 2, 1), rest)[:, :, 0]
        step_room, step_row = self._rooms(step, step_slope)
        step_room[~self.live] = 0.0
        return step, step_slope, step_delta, step_room, step_row, -self.weight * step_room, -self.row_weight * step_row

    def _reach(self, direction: tuple[FloatArray, ...]) -> float:
        """Longest step, at most one, that keeps rooms, prices and a signed θ on their side."""
        safe = np.where(self.live, self.price, 1.0)
        # A price that has fallen below the smallest number stays at zero: it limits no step.
        gone = self.row_price <= 0.0
        ratios = [
            direction[3] / self.room,
            direction[4] / self.row_room,
            direction[5] / safe,
            np.where(gone, 0.0, direction[6]) / np.where(gone, 1.0, self.row_price),
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
        # Where nothing binds, as at a single support point, every price has gone and no barrier is left.
        target = max((ahead / barrier) ** 3 * barrier, least) if barrier > 0.0 else least
        aim = target - guess[3] * guess[5], target - guess[4] * guess[6]
        if self.cautious:
            # Along the middle of the path, without looking ahead: slow, but no wall is near.
            target = max(CAUTION * barrier, least)
            aim = np.full_like(self.room, target), np.full_like(self.row_room, target)
        step = self._direction(expansion, defects, aim, target)
        a = self._reach(step)
        if a < 1.0:
            a *= 0.9 if self.cautious else max(0.99, 1.0 - barrier * self.pairs)
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
    for lift in (0.0, 1e-15, 1e-13, 1e-11, 1e-9, 1e-7):
        raised = lower + lift * size * np.eye(len(lower)) if lift else lower
        try:
            # The transposed view is Fortran-ordered, as LAPACK wants it.
            return cho_factor(raised.T, lower=False, check_finite=False)
        except np.linalg.LinAlgError:
            continue
    raise ConvergenceError("concave fit: the Newton system is singular")

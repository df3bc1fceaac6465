"""Least squares and half-normal maximum likelihood under linear inequalities on the frontier's coefficients.

With λ = σu/σv fixed, the half-normal log-likelihood is concave in Olsen's parameters (1/σ, β/σ), and inequalities
that are linear in β stay linear there: every inner problem is convex, and the search over λ is one-dimensional.

Sources: Olsen, Schmidt & Waldman (1980), Journal of Econometrics 13; Lawson & Hanson (1974), Solving Least Squares
Problems, ch. 23.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bench.errors import ConvergenceError
from bench.stochastic.likelihood.densities import HALF_NORMAL, composed_array
from bench.stochastic.search.deterministic import half_normal_limit
from bench.typing import FloatArray

#: A row counts as violated below this, and as binding within a hundred times as much (rows have length one).
VIOLATION = 1e-10
#: Squared distance below which no point satisfies the rows.
CONTRADICTION = 1e-15
#: Angles whose squared sine is γ = σu²/σ²: grid of the outer search.
ANGLES = np.linspace(0.0, 0.5 * math.pi, 40)[1:-1]
MAX_ROUNDS, MAX_STEPS = 200, 100


@dataclass(frozen=True, slots=True)
class Rows:
    """Inequalities g'β ≥ f.

    Attributes
    ----------
    matrix : array (R, k)
    floor : array (R,)
    """

    matrix: FloatArray
    floor: FloatArray

    def room(self, beta: FloatArray) -> FloatArray:
        """How far every row is from its limit, array (R,)."""
        gap: FloatArray = self.matrix @ beta - self.floor
        return gap

    def join(self, other: Rows) -> Rows:
        """Return both sets."""
        return Rows(np.vstack([self.matrix, other.matrix]), np.append(self.floor, other.floor))


@dataclass(frozen=True, slots=True)
class ConstrainedFit:
    """A fit under inequalities.

    Attributes
    ----------
    beta : array (k,)
    sigma_u, sigma_v : float
        Zero and the residual's spread for least squares; some σu and zero for a frontier without noise.
    loglik : float
    silent : float
        Log-likelihood of the limit σv → 0 under the same rows.
    covariance : array (k + 2, k + 2)
        Of β, ln σv², ln σu², with the binding rows taken as equalities.
    scores : array (n, k + 2)
    binding : int array
        Positions of the binding rows.
    """

    beta: FloatArray
    sigma_u: float
    sigma_v: float
    loglik: float
    silent: float
    covariance: FloatArray
    scores: FloatArray
    binding: npt.NDArray[np.int64]


def quadratic_program(hessian: FloatArray, linear: FloatArray, rows: FloatArray, floor: FloatArray) -> FloatArray:
    """Minimise ½ d'Hd − l'd subject to rows d ≥ floor; H positive definite, few unknowns, any number of rows.

    Rows come in as they are violated, so each inner problem (least distance, by non-negative least squares) is small.

    Raises
    ------
    ConvergenceError
        When the rows contradict one another.

    Examples
    --------
    >>> quadratic_program(np.eye(1), np.array([-1.0]), np.array([[1.0]]), np.array([2.0])).round(9).tolist()
    [2.0]
    """
    from scipy.linalg import solve_triangular
    from scipy.optimize import nnls

    lower = np.linalg.cholesky(hessian)
    centre = solve_triangular(lower, linear, lower=True)
    turned = solve_triangular(lower, rows.T, lower=True).T
    size = np.maximum(np.linalg.norm(turned, axis=1), 1e-300)
    turned, least = turned / size[:, None], floor / size - (turned / size[:, None]) @ centre
    z = np.zeros(len(linear))
    scale = max(1.0, float(np.abs(centre).max()))
    working = np.zeros(len(rows), dtype=bool)
    goal = np.append(np.zeros(len(linear)), 1.0)
    for _ in range(MAX_ROUNDS):
        room = turned @ z - least
        wrong = np.flatnonzero((room < -VIOLATION * scale) & ~working)
        if not len(wrong):
            step: FloatArray = solve_triangular(lower, z + centre, lower=True, trans="T")
            return step
        working[wrong[np.argsort(room[wrong])[: 4 * len(linear)]]] = True
        stacked = np.column_stack([turned[working], least[working]]).T
        weights, _ = nnls(stacked, goal)
        rest = stacked @ weights - goal
        if not rest[-1] < -CONTRADICTION:
            raise ConvergenceError("no coefficients satisfy the shape asked for: lower the floor, or take another form")
        z = -rest[:-1] / rest[-1]
    raise ConvergenceError(f"shape constraints: rows were still violated after {MAX_ROUNDS} rounds")


def least_squares(y: FloatArray, x: FloatArray, rows: Rows) -> FloatArray:
    """Coefficients that minimise Σ(y − x'β)² under the rows, array (k,)."""
    q, r = np.linalg.qr(x)
    turned = np.linalg.solve(r.T, rows.matrix.T).T
    solved: FloatArray = np.linalg.solve(r, quadratic_program(np.eye(x.shape[1]), q.T @ y, turned, rows.floor))
    return solved


def half_normal(y: FloatArray, x: FloatArray, rows: Rows, sign: float) -> ConstrainedFit:
    """Maximise the half-normal likelihood of y = x'β + v ∓ u under the rows.

    The interior maximum over λ with the highest likelihood is taken; without one, the higher of least squares (σu = 0)
    and the frontier without noise (σv = 0).

    Parameters
    ----------
    y : array (n,)
    x : array (n, k)
    rows : Rows
    sign : float
        1 where u lowers y, −1 where it raises it.

    Raises
    ------
    ConvergenceError
        When the rows contradict one another.
    """
    from scipy.optimize import minimize_scalar

    problem = _Olsen(y, x, rows, sign)
    values, state = [], problem.start()
    for angle in ANGLES:
        value, state = problem.climb(math.tan(angle), state)
        values.append(value)
    inside = [k for k in range(1, len(values) - 1) if values[k] >= values[k - 1] and values[k] > values[k + 1]]
    bottom = problem.climb(0.0, problem.start())[0]
    if values[0] > values[1] and values[0] > bottom:
        inside.append(0)
    if not inside:
        if values[-1] > max(bottom, values[0]):
            return problem.without_noise()
        return problem.finish(0.0)
    best = max(inside, key=lambda k: values[k])
    low, high = (ANGLES[best - 1] if best else 0.0), ANGLES[best + 1]
    found = minimize_scalar(
        lambda angle: -problem.climb(math.tan(angle), state)[0],
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return problem.finish(math.tan(float(found.x)))


class _Olsen:
    """The half-normal likelihood in (1/σ, β/σ) on orthogonal regressors, λ given."""

    def __init__(self, y: FloatArray, x: FloatArray, rows: Rows, sign: float):
        self.y, self.x, self.rows, self.sign = y, x, rows, sign
        n, self.k = x.shape
        self.q, r = np.linalg.qr(x)
        self.q, self.r = self.q * math.sqrt(n), r / math.sqrt(n)
        self.beta = least_squares(y, x, rows)
        self.spread = math.sqrt(float(np.mean((y - x @ self.beta) ** 2)))
        if not self.spread > 0.0:
            raise ConvergenceError("the frontier passes through every observation: there is nothing to estimate")
        turned = np.linalg.solve(self.r.T, rows.matrix.T).T
        # Homogeneous in (1/σ, β/σ): g'b − f h ≥ 0.
        self.matrix = np.column_stack([-rows.floor / self.spread, turned])
        self.design = np.column_stack([y / self.spread, -self.q])

    def start(self) -> FloatArray:
        """Constrained least squares."""
        return np.append(1.0, self.r @ self.beta / self.spread)

    def evaluate(self, ratio: float, state: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Log-likelihood, gradient and negative Hessian at (h, b)."""
        from scipy.special import log_ndtr

        n = len(self.y)
        e = self.sign * (self.design @ state)
        t = -ratio * e
        tail = log_ndtr(t)
        mills = np.exp(-0.5 * t**2 - 0.5 * math.log(2.0 * math.pi) - tail)
        value = n * math.log(state[0]) - 0.5 * float(e @ e) + float(tail.sum())
        value += n * (math.log(2.0) - 0.5 * math.log(2.0 * math.pi) - math.log(self.spread))
        pull = -e - ratio * mills
        bend = 1.0 + ratio**2 * mills * (t + mills)
        gradient = self.sign * (self.design.T @ pull)
        gradient[0] += n / state[0]
        curvature = self.design.T @ (bend[:, None] * self.design)
        curvature[0, 0] += n / state[0] ** 2
        return value, gradient, curvature

    def climb(self, ratio: float, state: FloatArray) -> tuple[float, FloatArray]:
        """Maximum at this λ: Newton steps, each a quadratic program over the rows."""
        value, gradient, curvature = self.evaluate(ratio, state)
        for _ in range(MAX_STEPS):
            target = quadratic_program(curvature, gradient + curvature @ state, self.matrix, np.zeros(len(self.matrix)))
            step = target - state
            gain = float(gradient @ step)
            if gain <= 1e-12 * (1.0 + abs(value)):
                return value, state
            length = 1.0 if step[0] >= 0.0 else min(1.0, -0.9 * state[0] / step[0])
            while True:
                trial = state + length * step
                new = self.evaluate(ratio, trial)
                if new[0] >= value + 1e-4 * length * gain or length < 1e-10:
                    break
                length *= 0.5
            if length < 1e-10:
                return value, state
            state, (value, gradient, curvature) = trial, new
        raise ConvergenceError(f"shape constraints: no maximum after {MAX_STEPS} steps")

    def finish(self, ratio: float) -> ConstrainedFit:
        """Coefficients with their covariance on the face of the binding rows."""
        value, state = self.climb(ratio, self.start())
        beta = np.linalg.solve(self.r, state[1:]) * self.spread / state[0]
        sigma = self.spread / state[0]
        sigma_v = sigma / math.sqrt(1.0 + ratio**2)
        sigma_u = ratio * sigma_v
        if ratio == 0.0:
            # lnΦ(0) and the 2 of the half-normal cancel: the normal likelihood.
            sigma_v = sigma
        binding = self._binding(beta)
        covariance, scores = self._information(beta, sigma_u, sigma_v, binding)
        return ConstrainedFit(beta, sigma_u, sigma_v, value, self.envelope[2], covariance, scores, binding)

    @cached_property
    def envelope(self) -> tuple[FloatArray, FloatArray, float]:
        """The limit σv → 0 under the rows: the closest frontier with all data on one side; β, u and log-likelihood."""
        sides = Rows(self.sign * self.x, self.sign * self.y)
        every = self.rows.join(sides)
        beta = least_squares(self.y, self.x, every)
        u = np.maximum(-self.sign * (self.y - self.x @ beta), 0.0)
        return beta, u, half_normal_limit(u)[0]

    def without_noise(self) -> ConstrainedFit:
        """The frontier without noise; no standard errors exist there."""
        beta, u, value = self.envelope
        n, k = self.x.shape
        nothing = np.full((k + 2, k + 2), np.nan), np.full((n, k + 2), np.nan)
        return ConstrainedFit(beta, half_normal_limit(u)[1], 0.0, value, value, *nothing, self._binding(beta))

    def _binding(self, beta: FloatArray) -> npt.NDArray[np.int64]:
        turned = np.linalg.solve(self.r.T, self.rows.matrix.T).T
        room = self.rows.room(beta) / np.maximum(np.linalg.norm(turned, axis=1) * self.spread, 1e-300)
        return np.flatnonzero(room <= 100.0 * VIOLATION * max(1.0, float(np.abs(self.r @ beta).max()) / self.spread))

    def _information(
        self, beta: FloatArray, sigma_u: float, sigma_v: float, binding: npt.NDArray[np.int64]
    ) -> tuple[FloatArray, FloatArray]:
        n, k = self.x.shape
        e = self.sign * (self.y - self.x @ beta)
        if sigma_u == 0.0:
            hessian = np.zeros((k + 2, k + 2))
            hessian[:k, :k] = self.x.T @ self.x / sigma_v**2
            hessian[k, k] = 0.5 * n
            scores = np.full((n, k + 2), np.nan)
            free = k + 1
        else:
            v, u = np.full(n, 2.0 * math.log(sigma_v)), np.full(n, 2.0 * math.log(sigma_u))
            d = composed_array(HALF_NORMAL, e, v, u, np.zeros(n))
            inner = -self.sign * self.x
            scores = np.column_stack([inner * d[1][:, None], d[2], d[3]])
            hessian = np.empty((k + 2, k + 2))
            hessian[:k, :k] = -inner.T @ (d[5][:, None] * inner)
            for column, row in ((k, 6), (k + 1, 7)):
                hessian[:k, column] = hessian[column, :k] = -(inner.T @ d[row])
            hessian[k, k], hessian[k, k + 1], hessian[k + 1, k + 1] = -d[9].sum(), -d[10].sum(), -d[12].sum()
            hessian[k + 1, k] = hessian[k, k + 1]
            free = k + 2
        basis = np.eye(k + 2)[:, :free]
        if len(binding):
            rows = np.zeros((len(binding), k + 2))
            rows[:, :k] = self.rows.matrix[binding]
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            _, size, right = np.linalg.svd(rows[:, :free])
            basis = np.zeros((k + 2, free - int((size > 1e-9 * size[0]).sum())))
            basis[:free] = right[free - basis.shape[1] :].T
        inside = basis.T @ hessian @ basis
        scale = np.sqrt(np.abs(np.diagonal(inside)))
        covariance = basis @ (np.linalg.inv(inside / np.outer(scale, scale)) / np.outer(scale, scale)) @ basis.T
        if sigma_u == 0.0:
            covariance[k + 1, :] = covariance[:, k + 1] = np.nan
        return covariance, scores

"""What a fit over concave functions minimises: squares, squares of logs, expectile and quantile losses.

An observation o belongs to a support point g(o) and sees its function value times a scale: φ_o = e_o θ_g(o). Every loss
is a function of θ (one value per support point) and of the coefficients δ of the environment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Expansion:
    """Second-order expansion of a loss at one point.

    Attributes
    ----------
    gradient_theta : array (n,)
    gradient_delta : array (p,)
    diagonal : array (n,)
        Second derivatives in θ, all positive.
    cross : array (n, p)
    corner : array (p, p)
    """

    gradient_theta: FloatArray
    gradient_delta: FloatArray
    diagonal: FloatArray
    cross: FloatArray
    corner: FloatArray


class Loss:
    """Base of all losses: the data and the sums over the observations of a support point.

    Parameters
    ----------
    y : array (N,)
    group : int array (N,)
        Support point of each observation.
    scale : array (N,)
    z : array (N, p)
    points : int
        Number of support points n.
    """

    #: +1 when θ must stay positive, −1 when negative, 0 when free.
    sign: int = 0
    #: Complementarity pairs of the loss itself.
    own_pairs: int = 0

    def __init__(self, y: FloatArray, group: IntArray, scale: FloatArray, z: FloatArray, points: int):
        self.y, self.group, self.scale, self.z, self.points = y, group, scale, z, points

    def residual(self, theta: FloatArray, delta: FloatArray) -> FloatArray:
        """Residual of every observation, array (N,)."""
        fitted: FloatArray = self.scale * theta[self.group] + self.z @ delta
        return self.y - fitted

    def value(self, theta: FloatArray, delta: FloatArray) -> float:
        """Loss at (θ, δ)."""
        raise NotImplementedError

    def expand(self, theta: FloatArray, delta: FloatArray) -> Expansion:
        """Gradient and a positive definite approximation of the Hessian."""
        raise NotImplementedError

    def project(self, theta: FloatArray, delta: FloatArray) -> Expansion:
        """Expansion whose curvature is that of the fitted values alone: the metric behind inference."""
        return self.expand(theta, delta)

    def gather(self, values: FloatArray) -> FloatArray:
        """Sum per support point."""
        total: FloatArray = np.bincount(self.group, weights=values, minlength=self.points).astype(np.float64)
        return total

    def gather_rows(self, weight: FloatArray) -> FloatArray:
        """Sum of weight × z per support point, array (n, p)."""
        total = np.zeros((self.points, self.z.shape[1]))
        np.add.at(total, self.group, weight[:, None] * self.z)
        return total

    # A loss with inequalities of its own (the quantile loss) takes part in the interior-point step through these.

    def products(self, step: float) -> float:
        """Sum of the loss's own complementarity products after a step."""
        return 0.0

    def push(self, target: float, second_order: bool) -> tuple[FloatArray, FloatArray]:
        """Part of the right-hand side that comes from the loss's own complementarity."""
        return np.zeros(self.points), np.zeros(self.z.shape[1])

    def aim(self, step_theta: FloatArray, step_delta: FloatArray) -> None:
        """Work out the loss's own direction from that of θ and δ."""

    def reach(self) -> float:
        """Longest step that keeps the loss's own variables positive."""
        return np.inf

    def advance(self, step: float) -> None:
        """Take the step."""

    def infeasibility(self) -> float:
        """Largest residual of the loss's own equations."""
        return 0.0


class SquaredLoss(Loss):
    """½ Σ (y − φ − z'δ)²: additive error."""

    def value(self, theta: FloatArray, delta: FloatArray) -> float:
        """Half the sum of squares."""
        return 0.5 * float(np.sum(self.residual(theta, delta) ** 2))

    def weights(self, theta: FloatArray, delta: FloatArray) -> FloatArray:
        """Weight of every observation."""
        return np.ones(len(self.y))

    def expand(self, theta: FloatArray, delta: FloatArray) -> Expansion:
        """Exact expansion."""
        weight = self.weights(theta, delta)
        pull = weight * self.residual(theta, delta)
        return Expansion(
            -self.gather(self.scale * pull),
            -(self.z.T @ pull),
            self.gather(weight * self.scale**2),
            self.gather_rows(weight * self.scale),
            self.z.T @ (weight[:, None] * self.z),
        )


class ExpectileLoss(SquaredLoss):
    """Asymmetric squares: τ above and 1 − τ below (Newey & Powell 1987); τ = ½ is least squares."""

    def __init__(self, *data: object, tau: float):
        super().__init__(*data)  # type: ignore[arg-type]
        self.tau = tau

    def weights(self, theta: FloatArray, delta: FloatArray) -> FloatArray:
        """2τ for positive residuals, 2(1 − τ) for the others."""
        return np.where(self.residual(theta, delta) >= 0.0, 2.0 * self.tau, 2.0 * (1.0 - self.tau))

    def value(self, theta: FloatArray, delta: FloatArray) -> float:
        """Half the weighted sum of squares."""
        return 0.5 * float(np.sum(self.weights(theta, delta) * self.residual(theta, delta) ** 2))


class LogLoss(Loss):
    """½ Σ (ln y − ln |φ| − z'δ)²: multiplicative error. ``y`` holds ln y; ``sign`` that of θ."""

    def __init__(self, *data: object, sign: int):
        super().__init__(*data)  # type: ignore[arg-type]
        self.sign = sign
        self.log_scale = np.log(self.scale)

    def residual(self, theta: FloatArray, delta: FloatArray) -> FloatArray:
        """Log residuals."""
        fitted: FloatArray = np.log(self.sign * theta[self.group]) + self.log_scale + self.z @ delta
        return self.y - fitted

    def value(self, theta: FloatArray, delta: FloatArray) -> float:
        """Half the sum of squared log residuals."""
        return 0.5 * float(np.sum(self.residual(theta, delta) ** 2))

    def expand(self, theta: FloatArray, delta: FloatArray) -> Expansion:
        """Exact gradient; Hessian with 1 + r raised where the loss bends down (φ above e·y), to keep steps short."""
        r = self.residual(theta, delta)
        return self._curved(theta, r, np.maximum(1.0 + r, 1.0 if self.z.shape[1] else 0.2))

    def project(self, theta: FloatArray, delta: FloatArray) -> Expansion:
        """Gauss-Newton curvature: that of ln φ."""
        return self._curved(theta, self.residual(theta, delta), np.ones(len(self.y)))

    def _curved(self, theta: FloatArray, r: FloatArray, curvature: FloatArray) -> Expansion:
        inverse = 1.0 / theta[self.group]
        return Expansion(
            -self.gather(r * inverse),
            -(self.z.T @ r),
            self.gather(curvature * inverse**2),
            self.gather_rows(inverse),
            self.z.T @ self.z,
        )


class QuantileLoss(Loss):
    """Σ τ r⁺ + (1 − τ) r⁻ (Koenker & Bassett 1978); r⁺, r⁻ and the price π of r⁺ − r⁻ = y − φ − z'δ are its own."""

    def __init__(self, *data: object, tau: float):
        super().__init__(*data)  # type: ignore[arg-type]
        self.tau = tau
        self.own_pairs = 2 * len(self.y)
        self.price = np.zeros(len(self.y))
        self.up = np.full(len(self.y), np.nan)
        self.down = self.up
        self._d_up = self._d_down = self._d_price = np.zeros(len(self.y))

    def value(self, theta: FloatArray, delta: FloatArray) -> float:
        """Check loss of the residuals."""
        r = self.residual(theta, delta)
        return float(np.sum(np.where(r >= 0.0, self.tau * r, (self.tau - 1.0) * r)))

    def expand(self, theta: FloatArray, delta: FloatArray) -> Expansion:
        """Gradient through the prices; the curvature is that of the barrier."""
        r = self.residual(theta, delta)
        if np.isnan(self.up).any():
            self.price = np.zeros(len(r)) + (self.tau - 0.5)
            self.up, self.down = np.maximum(r, 0.0) + 0.5, np.maximum(-r, 0.0) + 0.5
        self._price_up, self._price_down = self.tau - self.price, 1.0 - self.tau + self.price
        self._defect = r - self.up + self.down
        self._stiff = 1.0 / (self.up / self._price_up + self.down / self._price_down)
        return Expansion(
            -self.gather(self.scale * self.price),
            -(self.z.T @ self.price),
            self.gather(self._stiff * self.scale**2),
            self.gather_rows(self._stiff * self.scale),
            self.z.T @ (self._stiff[:, None] * self.z),
        )

    def products(self, step: float) -> float:
        """Sum of r⁺(τ − π) and r⁻(1 − τ + π) after a step."""
        if step == 0.0:
            return float(self.up @ self._price_up + self.down @ self._price_down)
        return float(
            (self.up + step * self._d_up) @ (self._price_up - step * self._d_price)
            + (self.down + step * self._d_down) @ (self._price_down + step * self._d_price)
        )

    def push(self, target: float, second_order: bool) -> tuple[FloatArray, FloatArray]:
        """Right-hand side from the loss's own pairs."""
        aim_up = np.full(len(self.y), target)
        aim_down = aim_up.copy()
        if second_order:
            aim_up += self._d_up * self._d_price
            aim_down -= self._d_down * self._d_price
        self._shift_up = aim_up / self._price_up - self.up
        self._shift_down = aim_down / self._price_down - self.down
        self._rest = self._defect - self._shift_up + self._shift_down
        pull = self._stiff * self._rest
        return self.gather(self.scale * pull), self.z.T @ pull

    def aim(self, step_theta: FloatArray, step_delta: FloatArray) -> None:
        """Directions of r⁺, r⁻ and π."""
        moved = self.scale * step_theta[self.group] + self.z @ step_delta
        self._d_price = self._stiff * (self._rest - moved)
        self._d_up = self._shift_up + self.up / self._price_up * self._d_price
        self._d_down = self._shift_down - self.down / self._price_down * self._d_price

    def reach(self) -> float:
        """Longest step that keeps both parts and both prices positive."""
        ratios = [
            np.min(self._d_up / self.up),
            np.min(self._d_down / self.down),
            np.min(-self._d_price / self._price_up),
            np.min(self._d_price / self._price_down),
        ]
        worst = min(ratios)
        return np.inf if worst >= 0.0 else float(-1.0 / worst)

    def advance(self, step: float) -> None:
        """Take the step."""
        self.up = self.up + step * self._d_up
        self.down = self.down + step * self._d_down
        self.price = self.price + step * self._d_price

    def infeasibility(self) -> float:
        """Largest difference between r⁺ − r⁻ and the residual."""
        return float(np.max(np.abs(self._defect)))

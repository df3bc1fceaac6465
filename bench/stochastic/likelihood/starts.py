"""Starting values: corrected least squares over a grid of variance shares and shapes.

For every share κ of inefficiency in the variance of the residual, and every seed of the location or shape, the
moments of the distribution give σu, σv and the intercept's correction (Olsen, Schmidt & Waldman 1980). All of these
points are evaluated; searches start from the best few that differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.typing import FloatArray

#: Shares of Var(u) in the residual variance.
SHARES = (0.03, 0.1, 0.25, 0.45, 0.65, 0.82, 0.93, 0.985)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A starting point.

    Attributes
    ----------
    label : str
        Where it comes from.
    theta : array (p,)
    value : float
        Log-likelihood there.
    share : float
        Share of inefficiency in the residual's variance.
    """

    label: str
    theta: FloatArray
    value: float
    share: float


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """Least squares in standardised coordinates.

    Attributes
    ----------
    beta : array (k,)
    residual : array (n,)
        s(y − x'β), so that inefficiency skews it to the left for production and cost alike.
    spread : float
        Root mean square of the residual.
    skewness : float
        Third moment over the cubed spread.
    loglik : float
        Of the normal model.
    """

    beta: FloatArray
    residual: FloatArray
    spread: float
    skewness: float
    loglik: float


def least_squares(design: FloatArray, y: FloatArray, sign: float, weights: FloatArray | None = None) -> LeastSquares:
    """Fit least squares on a design with orthogonal columns of unit mean square; ``weights`` have the mean one."""
    if weights is not None:
        return _weighted_least_squares(design, y, sign, weights)
    n = len(y)
    beta = design.T @ y / n
    # A second pass takes out what rounding left of a large mean.
    residual = y - design @ beta
    beta = beta + design.T @ residual / n
    residual = sign * (y - design @ beta)
    square = float(residual @ residual) / n
    spread = math.sqrt(square)
    if spread == 0.0:
        return LeastSquares(beta, residual, 0.0, 0.0, math.inf)
    unit = residual / spread
    unit -= unit.mean()
    skewness = float(np.dot(unit * unit, unit)) / n
    return LeastSquares(beta, residual, spread, skewness, -0.5 * n * (math.log(2.0 * math.pi * square) + 1.0))


def _weighted_least_squares(design: FloatArray, y: FloatArray, sign: float, weights: FloatArray) -> LeastSquares:
    n, root = len(y), np.sqrt(weights)
    beta: FloatArray = np.asarray(np.linalg.lstsq(root[:, None] * design, root * y, rcond=None)[0], dtype=np.float64)
    residual = sign * (y - design @ beta)
    square = float(weights @ residual**2) / n
    spread = math.sqrt(square)
    if spread == 0.0:
        return LeastSquares(beta, residual, 0.0, 0.0, math.inf)
    skewness = float(weights @ (residual / spread) ** 3) / n
    return LeastSquares(beta, residual, spread, skewness, -0.5 * n * (math.log(2.0 * math.pi * square) + 1.0))


def moment_point(distribution: Distribution, share: float, seed: float) -> tuple[float, float, float, float]:
    """Return v, u, m and E[u] that give a residual of variance one with this share of inefficiency."""
    v = math.log(1.0 - share)
    if distribution.location == "log-mean":
        # ln u ~ N(m, w²): the seed fixes ln w, the share the variance.
        spread = math.exp(2.0 * seed)
        m = 0.5 * (math.log(share) - math.log(math.expm1(spread)) - spread)
        return v, 2.0 * seed, m, math.exp(m + 0.5 * spread)
    mean, variance = distribution.moments(seed)
    sigma = math.sqrt(share / variance)
    m = seed * sigma if distribution.location == "mean" else seed
    return v, 2.0 * math.log(sigma), m, mean * sigma


def skew_share(distribution: Distribution, skewness: float) -> float:
    """Return the share of Var(u) that the residual's skewness implies for a half-normal, kept inside (0, 1)."""
    # For the half-normal the third central moment is −√(2/π)(4/π − 1)σu³.
    if skewness >= 0.0:
        return 0.15
    sigma = (-skewness / (math.sqrt(2.0 / math.pi) * (4.0 / math.pi - 1.0))) ** (1.0 / 3.0)
    return float(min(max((1.0 - 2.0 / math.pi) * sigma * sigma, 0.03), 0.97))

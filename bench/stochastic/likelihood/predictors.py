"""Predictors of inefficiency given the error, for every distribution by one formula.

With e = v − u and v normal, Tweedie's identity gives the posterior moments from the composed log-density ℓ alone,

    E[u | e] = −e − σv² ℓ'(e),        E[exp(−t u) | e] = exp(t e + t²σv²/2 + ℓ(e + tσv²) − ℓ(e)),

which are the predictors of Jondrow et al. (1982) and Battese & Coelli (1988) whatever the distribution of u. Modes and
quantiles (Horrace & Schmidt 1996) are closed for the truncated-normal family and found on a grid of the posterior
otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bench.stochastic.likelihood.densities import short
from bench.stochastic.likelihood.posterior_grid import posterior_grid, posterior_mode
from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.typing import FloatArray

#: Rows evaluated at a time.
_BLOCK = 4096


class Predictor(Protocol):
    """What every distribution of inefficiency given the errors can be asked; arrays (n,)."""

    def mean(self) -> FloatArray:
        """E[u | e]."""

    def efficiency(self) -> FloatArray:
        """E[exp(−u) | e]."""

    def mode(self) -> FloatArray:
        """Most likely u."""

    def quantile(self, p: float) -> FloatArray:
        """Quantile of u."""


@dataclass(frozen=True, slots=True, eq=False)
class PointPosterior:
    """Inefficiency that is known: on a boundary of the model.

    Attributes
    ----------
    u : array (n,)
    """

    u: FloatArray

    def mean(self) -> FloatArray:
        """Return u."""
        return self.u

    def efficiency(self) -> FloatArray:
        """Return exp(−u)."""
        result: FloatArray = np.exp(-self.u)
        return result

    def mode(self) -> FloatArray:
        """Return u."""
        return self.u

    def quantile(self, p: float) -> FloatArray:
        """Return u, whatever the probability."""
        return self.u


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """The distribution of inefficiency given the error, row by row.

    Attributes
    ----------
    e, v, u, m : arrays (n,)
        Heads in the measure of the dependent variable: error, ln σv², ln σu² and location or shape.
    distribution : Distribution
    scale : array (n,)
        Factor of each row: its inefficiency is ``scale`` times the variable whose posterior this is (one in a
        cross-section, the time path in a panel).
    """

    e: FloatArray
    v: FloatArray
    u: FloatArray
    m: FloatArray
    distribution: Distribution
    scale: FloatArray

    def mean(self) -> FloatArray:
        """E[u | e] (Jondrow et al. 1982), array (n,)."""
        numbers = self.distribution.evaluate(self.e, self.v, self.u, self.m)
        # Rounding can leave a tiny negative where u is zero to working precision.
        result: FloatArray = self.scale * np.maximum(-self.e - np.exp(self.v) * numbers[1], 0.0)
        return result

    def exponential_moment(self, t: float | FloatArray) -> FloatArray:
        """E[exp(−t·u) | e], array (n,)."""
        power = t * self.scale
        if self.distribution.truncated_normal:
            from scipy.special import log_ndtr

            # The same in closed form for a normal cut off at zero.
            centre, spread = truncated_parameters(self)
            z, step = centre / spread, power * spread
            closed: FloatArray = np.exp(0.5 * step * step - power * centre + log_ndtr(z - step) - log_ndtr(z))
            return closed
        variance = np.exp(self.v)
        here, there = self._log_density(self.e), self._log_density(self.e + power * variance)
        result: FloatArray = np.exp(power * self.e + 0.5 * power * power * variance + there - here)
        return result

    def _log_density(self, e: FloatArray) -> FloatArray:
        """Composed log-density at other errors, in blocks that stay in the processor's cache."""
        result = np.empty(len(e))
        for first in range(0, len(e), _BLOCK):
            rows = slice(first, first + _BLOCK)
            result[rows] = self.distribution.evaluate(e[rows], self.v[rows], self.u[rows], self.m[rows])[0]
        return result

    def efficiency(self) -> FloatArray:
        """E[exp(−u) | e] (Battese & Coelli 1988), array (n,)."""
        return np.minimum(self.exponential_moment(1.0), 1.0)

    def mode(self) -> FloatArray:
        """Most likely u given e, array (n,)."""
        if self.distribution.truncated_normal:
            centre, _ = truncated_parameters(self)
            return self.scale * np.maximum(centre, 0.0)
        return self.scale * posterior_mode(self.distribution, self.e, self.v, self.u, self.m)

    def quantile(self, p: float) -> FloatArray:
        """Quantile of u given e at probability ``p``, array (n,)."""
        if self.distribution.truncated_normal:
            from scipy.special import log_ndtr, ndtri_exp

            centre, spread = truncated_parameters(self)
            z = centre / spread
            # Upper tails in logs: Φ(z) underflows for a unit far above the frontier.
            value = centre - spread * ndtri_exp(math.log1p(-p) + log_ndtr(z))
            return self.scale * np.maximum(value, 0.0)
        grid, density = self.grid()
        return self.scale * _grid_quantile(grid, density, p)

    def grid(self) -> tuple[FloatArray, FloatArray]:
        """Return a grid of u, before its ``scale``, and its unnormalised density, arrays (n, points)."""
        return posterior_grid(self.distribution, self.e, self.v, self.u, self.m)


def truncated_parameters(posterior: Posterior) -> tuple[FloatArray, FloatArray]:
    """Return μ* and σ* of the normal that, cut off at zero, is u given e."""
    e, v, u = posterior.e, short(posterior.v), short(posterior.u)
    big_v, big_u = np.exp(v), np.exp(u)
    if posterior.distribution.name == "exponential":
        return -e - big_v * np.exp(-0.5 * u), np.broadcast_to(np.exp(0.5 * v), e.shape)
    total = big_v + big_u
    centre = -e * (big_u / total)
    # Only the truncated normal has a location; a half-normal is cut at its mean.
    if posterior.distribution.location in ("mean", "ratio"):
        factor = np.exp(0.5 * u) if posterior.distribution.location == "ratio" else 1.0
        centre += posterior.m * (factor * big_v / total)
    return centre, np.broadcast_to(np.sqrt(big_u * big_v / total), e.shape)


def _grid_quantile(grid: FloatArray, density: FloatArray, p: float) -> FloatArray:
    """Invert the distribution function on a grid, rows independent; cubic inside each step."""
    width = np.diff(grid, axis=1)
    mass = 0.5 * (density[:, 1:] + density[:, :-1]) * width
    total = np.concatenate([np.zeros((len(grid), 1)), np.cumsum(mass, axis=1)], axis=1)
    target = p * total[:, -1]
    rows = np.arange(len(grid))
    k = np.clip(np.sum(total <= target[:, None], axis=1) - 1, 0, width.shape[1] - 1)
    left, right, step = density[rows, k], density[rows, k + 1], width[rows, k]
    need = target - total[rows, k]
    # Inside a step the density is linear: solve left·t + (right − left)t²/(2 step) = need.
    slope = (right - left) / step
    root = np.sqrt(np.maximum(left * left + 2.0 * slope * need, 0.0))
    t = 2.0 * need / np.maximum(left + root, 1e-300)
    result: FloatArray = grid[rows, k] + np.minimum(t, step)
    return result

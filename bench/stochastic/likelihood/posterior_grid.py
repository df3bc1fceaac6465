"""The density of inefficiency given the error on a grid, where it is not a normal cut off at zero."""

from __future__ import annotations

import math

import numpy as np

from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.typing import FloatArray

#: Points of the grid on which the posterior of u is laid out for modes and quantiles.
_GRID = 1201


def posterior_grid(
    law: Distribution, e: FloatArray, v: FloatArray, u: FloatArray, m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return a grid of u and its unnormalised posterior density, arrays (n, points) each.

    The grid covers all but about 1e-9 of the mass: it reaches from the mean as many standard deviations as the
    tails need, and is laid denser near zero.
    """
    numbers = law.evaluate(e, v, u, m)
    big_v = np.exp(v)
    mean = np.maximum(-e - big_v * numbers[1], 0.0)
    # Var(u | e) = σv² + σv⁴ ℓ''.
    spread = np.sqrt(np.maximum(big_v + big_v * big_v * numbers[5], 1e-30 * big_v))
    low, high = np.maximum(mean - 9.0 * spread, 0.0), mean + 14.0 * spread
    if law.name == "uniform":
        # The density ends in a step there.
        high = np.minimum(high, math.sqrt(12.0) * np.exp(0.5 * u))
        low = np.minimum(low, 0.999 * high)
    line = np.linspace(0.0, 1.0, _GRID)
    path = np.where((low == 0.0)[:, None], line**2, line)
    grid = low[:, None] + (high - low)[:, None] * path
    log_density = log_prior(law.name, grid, u[:, None], m[:, None])
    log_density = log_density - 0.5 * (e[:, None] + grid) ** 2 / big_v[:, None]
    finite = np.where(np.isfinite(log_density), log_density, -np.inf)
    density = np.exp(finite - finite.max(axis=1, keepdims=True))
    return grid, density


def posterior_mode(law: Distribution, e: FloatArray, v: FloatArray, u: FloatArray, m: FloatArray) -> FloatArray:
    """Return the most likely u given e, array (n,): the best point of the grid, refined by golden sections."""
    grid, density = posterior_grid(law, e, v, u, m)
    rows, best = np.arange(len(grid)), np.argmax(density, axis=1)
    low, high = grid[rows, np.maximum(best - 1, 0)], grid[rows, np.minimum(best + 1, grid.shape[1] - 1)]
    big_v = np.exp(v)

    def height(at: FloatArray) -> FloatArray:
        result: FloatArray = log_prior(law.name, at, u, m) - 0.5 * (e + at) ** 2 / big_v
        return result

    ratio = 0.5 * (math.sqrt(5.0) - 1.0)
    # 1e-8 of a step is all that comparing values near a maximum can resolve.
    for _ in range(40):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        worse = height(left) < height(right)
        low, high = np.where(worse, left, low), np.where(worse, high, right)
    middle = 0.5 * (low + high)
    # A density that is highest at zero itself.
    return np.where((best == 0) & (low <= grid[:, 1] * 1e-3), 0.0, middle)


def log_prior(name: str, grid: FloatArray, u: FloatArray, m: FloatArray) -> FloatArray:
    """Return the log-density of u up to a constant, for the distributions whose posterior is not a cut-off normal."""
    s = np.exp(0.5 * u)
    with np.errstate(divide="ignore", invalid="ignore"):
        if name == "rayleigh":
            value = np.log(grid) - 0.5 * (grid / s) ** 2
        elif name == "uniform":
            value = np.where(grid <= math.sqrt(12.0) * s * (1.0 + 1e-12), 0.0, -np.inf)
        elif name == "generalised-exponential":
            value = -grid / s + np.log(-np.expm1(-grid / s))
        elif name == "truncated-skewed-laplace":
            value = -grid / s + np.log(2.0 - np.exp(-np.exp(m) * grid / s))
        elif name == "gamma":
            value = (np.exp(m) - 1.0) * np.log(grid) - grid / s
        elif name == "weibull":
            shape = np.exp(m)
            value = (shape - 1.0) * np.log(grid) - (grid / s) ** shape
        else:
            value = -np.log(grid) - 0.5 * (np.log(grid) - m) ** 2 / np.exp(u)
    # A density that is infinite at zero is cut to its value at the first step.
    result: FloatArray = np.where(np.isposinf(value), np.nan, value)
    return result

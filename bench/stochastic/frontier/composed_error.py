"""The composed error's distribution function: quantiles for predictions, and a test of its fit to the residuals.

The probability integral transform of the residuals is uniform if the model is right. Because the coefficients are
estimated, Kolmogorov's and Pearson's tables are too lenient, and p comes from a parametric bootstrap: draw from the
fit, fit again, compare (Wang, Amsler & Schmidt 2011, Journal of Productivity Analysis 35).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from bench.errors import DataError, EstimationError, OptionError
from bench.seeds import sequence
from bench.stochastic.frontier.specification import Specification
from bench.stochastic.likelihood.predictors import Posterior
from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.stochastic.search.outcome import Estimate
from bench.typing import FloatArray

#: Points of a distribution function, and where inefficiency's tail is given up (probability below 1e-9).
_POINTS, _TAIL = 4001, 22.0


@dataclass(frozen=True, slots=True)
class GoodnessOfFit:
    """How well the composed error describes the residuals.

    Attributes
    ----------
    kolmogorov_smirnov, pearson : float
        Largest gap between the residuals' distribution function and the fitted one; χ² of the counts in ``cells``
        equally likely cells.
    kolmogorov_smirnov_p, pearson_p : float
        From ``replicates`` samples of the fitted model, each fitted again.
    cells, replicates, failed : int
    """

    kolmogorov_smirnov: float
    kolmogorov_smirnov_p: float
    pearson: float
    pearson_p: float
    cells: int
    replicates: int
    failed: int


def heads(estimate: Estimate) -> Posterior:
    """Return errors, variances and location of every row of a cross-section.

    Raises
    ------
    DataError
        For a panel structure, whose rows are not independent, or at a boundary, where there is no composed error.
    """
    posterior = estimate.posterior
    if not isinstance(posterior, Posterior) or len(estimate.scores) != len(estimate.residual):
        place = f"at {estimate.at_boundary}" if estimate.at_boundary else "in a panel"
        raise DataError(f"the composed error of single rows is that of a cross-section inside; this fit is {place}")
    return posterior


def distribution_function(
    law: Distribution, v: float, u: float, m: float, at: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return points e and P(v − u ≤ e), arrays (k,), for constant heads.

    Parameters
    ----------
    v, u, m : float
        ln σv², ln σu² and location or shape.
    at : array (k,), optional
        Points; a grid that covers the distribution when omitted.

    Examples
    --------
    >>> from bench.stochastic.likelihood.sfa_distributions import distribution
    >>> e, p = distribution_function(distribution("half-normal"), 0.0, 0.0, 0.0, np.array([0.0]))
    >>> round(float(p[0]), 6)
    0.75
    """
    noise = math.exp(0.5 * v)
    low = -(9.0 * noise + _reach(law, u, m))
    line = np.linspace(0.0, 1.0, _POINTS)
    # Denser towards the frontier, where the density is steep.
    grid = 9.0 * noise + (low - 9.0 * noise) * line[::-1] ** 2
    shape = np.ones(_POINTS)
    density = np.exp(law.evaluate(grid, v * shape, u * shape, m * shape)[0])
    with np.errstate(over="ignore"):
        smooth = PchipInterpolator(grid, density).antiderivative()
    total = float(smooth(grid[-1]))
    points = grid if at is None else np.asarray(at, dtype=np.float64)
    mass = np.clip(smooth(np.clip(points, grid[0], grid[-1])) / total, 0.0, 1.0)
    return points, np.asarray(mass, dtype=np.float64)


def _reach(law: Distribution, u: float, m: float) -> float:
    """An inefficiency beyond which there is practically no mass."""
    if law.location == "log-mean":
        return math.exp(m + 6.0 * math.exp(0.5 * u))
    sigma = math.exp(0.5 * u)
    if law.location == "mean":
        return max(m, 0.0) + 9.0 * sigma
    mean, variance = law.moments(m)
    return sigma * (max(mean, 0.0) + _TAIL * math.sqrt(variance))


def quantiles(posterior: Posterior, probabilities: tuple[float, ...]) -> FloatArray:
    """Return quantiles of each row's composed error v − u, array (n, k)."""
    found = np.empty((len(posterior.e), len(probabilities)))
    rows = np.column_stack([posterior.v, posterior.u, posterior.m])
    for head in np.unique(rows, axis=0):
        e, p = distribution_function(posterior.distribution, float(head[0]), float(head[1]), float(head[2]))
        rising = np.r_[True, np.diff(p) > 0.0]
        found[(rows == head).all(axis=1)] = np.interp(probabilities, p[rising], e[rising])
    return found


def transformed(posterior: Posterior) -> FloatArray:
    """Return P(v − u ≤ e) of every row: uniform if the model is right, array (n,)."""
    found = np.empty(len(posterior.e))
    rows = np.column_stack([posterior.v, posterior.u, posterior.m])
    for head in np.unique(rows, axis=0):
        here = (rows == head).all(axis=1)
        found[here] = distribution_function(
            posterior.distribution, float(head[0]), float(head[1]), float(head[2]), posterior.e[here]
        )[1]
    return found


def draw_errors(posterior: Posterior, rng: np.random.Generator) -> FloatArray:
    """Draw v − u of every row, array (n,)."""
    found = np.empty(len(posterior.e))
    rows = np.column_stack([posterior.v, posterior.u, posterior.m])
    chances = rng.random(len(found))
    for head in np.unique(rows, axis=0):
        here = (rows == head).all(axis=1)
        e, p = distribution_function(posterior.distribution, float(head[0]), float(head[1]), float(head[2]))
        rising = np.r_[True, np.diff(p) > 0.0]
        found[here] = np.interp(chances[here], p[rising], e[rising])
    return found


def goodness_of_fit(
    estimate: Estimate, specification: Specification, *, cells: int = 10, replicates: int = 99, seed: int = 0
) -> GoodnessOfFit:
    """Test whether the residuals are distributed as the fitted composed error.

    Parameters
    ----------
    estimate, specification
        Of a cross-section.
    cells : int
        Of Pearson's test, equally likely.
    replicates, seed : int
        Of the parametric bootstrap.

    Raises
    ------
    DataError
        For a panel structure or at a boundary.
    """
    if cells < 2 or replicates < 19:
        raise OptionError("goodness of fit needs at least 2 cells and 19 replicates")
    posterior = heads(estimate)
    smirnov, pearson = _statistics(transformed(posterior), cells)
    frontier = specification.y - estimate.sign * estimate.residual
    above = np.zeros(2, dtype=np.int64)
    failed = 0
    for stream in sequence(seed).spawn(replicates):
        y = frontier + estimate.sign * draw_errors(posterior, np.random.default_rng(stream))
        try:
            again = heads(specification.fit(y))
        except (EstimationError, DataError):
            # The draw has no interior maximum: there is no composed error to compare with.
            failed += 1
            continue
        above += np.asarray(_statistics(transformed(again), cells)) >= np.array([smirnov, pearson])
    done = replicates - failed
    p = (above + 1.0) / (done + 1.0)
    return GoodnessOfFit(smirnov, float(p[0]), pearson, float(p[1]), cells, replicates, failed)


def _statistics(share: FloatArray, cells: int) -> tuple[float, float]:
    n = len(share)
    ordered = np.sort(share)
    rank = np.arange(n)
    smirnov = float(max(np.max((rank + 1) / n - ordered), np.max(ordered - rank / n)))
    counts = np.bincount(np.minimum((share * cells).astype(np.int64), cells - 1), minlength=cells)
    return smirnov, float(np.sum((counts - n / cells) ** 2) / (n / cells))

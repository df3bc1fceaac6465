"""Student-t noise: a frontier that a few odd rows do not bend.

The noise is Student's t with ν degrees of freedom, which is a normal whose precision is a gamma variable, so the
composed density is an integral over that precision of the ordinary half-normal one (Wheat, Stead & Greene 2019, Journal
of Productivity Analysis 51; Stead, Wheat & Greene 2023, European Journal of Operational Research 309). As ν grows the
ordinary frontier is reached.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import gammaln, log_ndtr, logsumexp

from bench.errors import Issue
from bench.stochastic.extended.numerical_fit import Found, NumericalResult, Prepared, highest, result
from bench.stochastic.frontier.sfa import sfa
from bench.stochastic.likelihood.predictors import Posterior
from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS
from bench.stochastic.likelihood.special import HALF_LOG_2PI
from bench.typing import FloatArray
from bench.units import Units

#: Logs of the degrees of freedom: from Cauchy noise to where the noise is normal to three digits.
LEAST, MOST = 0.0, math.log(100.0)

#: Points of the precision's log: the trapezoid rule is exact to 1e-9 for densities as narrow as that of ν = 100.
_GRID = np.linspace(-28.0, 4.2, 250)

_LAW = DISTRIBUTIONS["half-normal"]


def student_sfa(units: Units, **options: Any) -> NumericalResult:
    """Fit a half-normal frontier with Student-t noise.

    Parameters
    ----------
    units : Units
    **options
        ``kind``, ``form``, ``environment``, ``normalise``, ``homogeneous`` and ``in_logs``, as for :func:`bench.sfa`.

    Returns
    -------
    NumericalResult
        Its last coefficients are ln σv², ln σu² and ln ν; σv is the scale of the noise, not its standard deviation. A
        warning says when ν is so large that the noise is normal.

    Raises
    ------
    ConvergenceError
        When no search ended inside: no inefficiency, or no noise.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(2)
    >>> x = np.exp(rng.normal(size=250))
    >>> noise = 0.08 * rng.standard_t(3, size=250)
    >>> units = bench.Units.from_arrays(x, x**0.6 * np.exp(noise - 0.4 * np.abs(rng.normal(size=250))))
    >>> fit = student_sfa(units, form="cobb-douglas")
    >>> fit.loglik > fit.nested_loglik
    True
    """
    prepared = Prepared.build(units, options)
    starts = []
    for share in (0.3, 0.7):
        u = 0.5 * math.log(share / (1.0 - 2.0 / math.pi))
        mean = math.sqrt(2.0 / math.pi) * math.exp(u)
        starts += [(mean, np.array([math.log(1.0 - share), 2.0 * u, math.log(nu)])) for nu in (4.0, 20.0)]
    found = highest(prepared, log_density, starts, _beyond)
    issues: tuple[Issue, ...] = ()
    if found is None:
        found, issues = _held(prepared, starts[::2])
    moments = {} if found is None else _moments(found.error, found.theta[-3:], prepared.scale)
    log = 2.0 * math.log(prepared.scale)
    scalars = [("ln σv²", 1.0, log), ("ln σu²", 1.0, log), ("ln ν", 1.0, 0.0)]
    nested = sfa(units, **options).loglik
    return result(
        units,
        prepared,
        found,
        model="Student-t noise",
        scalars=scalars,
        nested=nested,
        moments=moments,
        warnings=issues,
    )


def log_density(error: FloatArray, scalars: FloatArray) -> FloatArray:
    """Return the composed log-density of errors (n,) at ln σv², ln σu² and ln ν.

    Examples
    --------
    >>> round(float(log_density(np.array([0.0]), np.array([0.0, -40.0, math.log(5.0)]))[0]), 6)
    -0.96862
    """
    values, weights = _pieces(error, scalars)
    found: FloatArray = logsumexp(values + weights, axis=1)
    return found


def _pieces(error: FloatArray, scalars: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Half-normal log-densities at every precision, array (n, G), and the log weights of the precisions (G,)."""
    v, u, log_nu = (float(value) for value in scalars)
    half = 0.5 * math.exp(log_nu)
    weights = half * math.log(half) - float(gammaln(half)) + half * _GRID - half * np.exp(_GRID)
    weights = weights + math.log(_GRID[1] - _GRID[0])
    noise, spread = np.exp(0.5 * (v - _GRID)), math.exp(0.5 * u)
    total = np.sqrt(noise**2 + spread**2)
    z = error[:, None] / total
    values = math.log(2.0) - HALF_LOG_2PI - np.log(total) - 0.5 * z * z + log_ndtr(-z * (spread / noise))
    return values, weights


def _moments(error: FloatArray, scalars: FloatArray, scale: float) -> dict[str, FloatArray]:
    values, weights = _pieces(error, scalars)
    share = np.exp(values + weights - logsumexp(values + weights, axis=1)[:, None])
    n, count = values.shape
    move = 2.0 * math.log(scale)
    posterior = Posterior(
        scale * np.repeat(error, count),
        np.tile(scalars[0] - _GRID, n) + move,
        np.full(n * count, scalars[1] + move),
        np.zeros(n * count),
        _LAW,
        np.ones(n * count),
    )
    efficiency, mean = (part.reshape(n, count) for part in (posterior.efficiency(), posterior.mean()))
    return {
        "efficiency": np.sum(share * efficiency, axis=1),
        "inefficiency": np.sum(share * mean, axis=1),
        # E[precision | e]: below one for rows that the frontier takes for odd.
        "noise_weight": share @ np.exp(_GRID),
    }


def _held(prepared: Prepared, starts: list[tuple[float, FloatArray]]) -> tuple[Found | None, tuple[Issue, ...]]:
    """The better of the two ends of ν, where no search ended between them."""
    ends = []
    for edge, issue in ((MOST, _normal_noise()), (LEAST, _cauchy_noise())):

        def density(error: FloatArray, scalars: FloatArray, edge: float = edge) -> FloatArray:
            return log_density(error, np.append(scalars, edge))

        held = highest(prepared, density, [(mean, scalars[:2]) for mean, scalars in starts], _gone)
        if held is not None:
            theta = np.append(held.theta, edge)
            covariance = np.full((len(theta), len(theta)), np.nan)
            covariance[:-1, :-1] = held.covariance
            ends.append((Found(theta, held.loglik, covariance, held.error), (issue,)))
    return max(ends, key=lambda end: end[0].loglik, default=(None, ()))


def _gone(scalars: FloatArray) -> bool:
    return bool(min(scalars[0], scalars[1]) < -14.0)


def _beyond(scalars: FloatArray) -> bool:
    return _gone(scalars) or not LEAST < float(scalars[2]) < MOST


def _cauchy_noise() -> Issue:
    return Issue(
        "cauchy-noise",
        "the degrees of freedom fall to one: a few rows lie so far out that ν is held there",
        "look at the rows with the smallest noise_weight; they may be errors of the data",
        severity="warning",
    )


def _normal_noise() -> Issue:
    return Issue(
        "normal-noise",
        "the degrees of freedom grow without bound: the noise is normal, and ν is held at 100",
        "use bench.sfa, which is this frontier with normal noise",
        severity="warning",
    )

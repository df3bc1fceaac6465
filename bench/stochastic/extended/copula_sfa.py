"""Noise and inefficiency that depend on each other, tied by a Gaussian copula.

The ordinary frontier takes noise and inefficiency for independent. Here their joint density is f_v(v) f_u(u) times the
copula's, with correlation ρ of the normal scores (Smith 2008, Econometrics Journal 11). At ρ = 0 it is the half-normal
frontier. The composed density is an integral over u by Gauss-Legendre quadrature.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import log_ndtr, logsumexp, ndtri_exp

from bench.errors import Issue
from bench.stochastic.extended.numerical_fit import NumericalResult, Prepared, highest, result
from bench.stochastic.frontier.sfa import sfa
from bench.typing import FloatArray
from bench.units import Units

#: Largest atanh ρ (ρ = 0.995) that is searched.
_MOST = 3.0
_EDGE = -14.0

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(120)

_LOG_2PI = math.log(2.0 * math.pi)


def copula_sfa(units: Units, **options: Any) -> NumericalResult:
    """Fit a half-normal frontier whose noise and inefficiency are dependent.

    Parameters
    ----------
    units : Units
    **options
        ``kind``, ``form``, ``environment``, ``normalise``, ``homogeneous`` and ``in_logs``, as for :func:`bench.sfa`.

    Returns
    -------
    NumericalResult
        Its last coefficients are ln σv², ln σu² and atanh ρ; above zero luck and waste go together. Twice the gain over
        ``nested_loglik`` is χ²(1) under independence. The warning ``weak-dependence`` says when the standard error of
        atanh ρ exceeds one, which is common: dependence and the shares of variance are hard to tell apart.

    Raises
    ------
    ConvergenceError
        When no search ended inside.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(5)
    >>> volume = np.exp(0.6 * rng.normal(size=300))
    >>> noise, waste = 0.2 * rng.normal(size=300), 0.5 * np.abs(rng.normal(size=300))
    >>> units = bench.Units.from_arrays(30 * volume**0.8 * np.exp(noise + waste), volume)
    >>> fit = copula_sfa(units, kind="cost", form="cobb-douglas")
    >>> fit.loglik >= fit.nested_loglik - 1e-6
    True
    """
    prepared = Prepared.build(units, options)
    starts = []
    for share in (0.3, 0.7):
        u = 0.5 * math.log(share / (1.0 - 2.0 / math.pi))
        mean = math.sqrt(2.0 / math.pi) * math.exp(u)
        starts += [(mean, np.array([math.log(1.0 - share), 2.0 * u, rho])) for rho in (0.0, 0.6, -0.6)]
    found = highest(prepared, log_density, starts, _beyond)
    issues: tuple[Issue, ...] = ()
    if found is not None and found.covariance[-1, -1] > 1.0:
        issues = (_weak(),)
    log = 2.0 * math.log(prepared.scale)
    scalars = [("ln σv²", 1.0, log), ("ln σu²", 1.0, log), ("atanh ρ", 1.0, 0.0)]
    moments = {} if found is None else _moments(found.error, found.theta[-3:], prepared.scale)
    return result(
        units, prepared, found, model="Gaussian copula of noise and inefficiency", scalars=scalars,
        nested=sfa(units, **options).loglik, moments=moments, warnings=issues,
    )  # fmt: skip


def log_density(error: FloatArray, scalars: FloatArray) -> FloatArray:
    """Return the composed log-density of errors (n,) at ln σv², ln σu² and atanh ρ.

    Examples
    --------
    >>> round(float(log_density(np.array([0.0]), np.array([0.0, 0.0, 0.0]))[0]), 6)
    -1.265512
    """
    found: FloatArray = logsumexp(_joint(error, scalars)[1], axis=1)
    return found


def _joint(error: FloatArray, scalars: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Inefficiency at the nodes (n, Q), and the log of its joint density with the error, weights included."""
    noise, spread = (math.exp(0.5 * float(value)) for value in scalars[:2])
    rho = math.tanh(float(scalars[2]))
    low = np.maximum(-error - 9.0 * noise, 0.0)
    # Far on the wrong side of the frontier only the smallest inefficiencies count.
    least = np.minimum(40.0 * noise**2 / (np.abs(error) + noise), 9.0 * spread)
    high = np.maximum(np.minimum(-error + 9.0 * noise, 9.0 * spread), low + least)
    half = 0.5 * (high - low)
    u = low[:, None] + half[:, None] * (1.0 + _NODES)
    a, b = (error[:, None] + u) / noise, u / spread
    # The normal score of u: Φ⁻¹(2Φ(b) − 1), from whichever tail is the smaller.
    score = -ndtri_exp(np.minimum(math.log(2.0) + log_ndtr(-b), -1e-17))
    rest = 1.0 - rho * rho
    copula = -0.5 * math.log(rest) - 0.5 * (rho * rho * (a * a + score * score) - 2.0 * rho * a * score) / rest
    marginals = math.log(2.0) - _LOG_2PI - math.log(noise) - math.log(spread) - 0.5 * (a * a + b * b)
    return u, marginals + copula + np.log(_WEIGHTS) + np.log(half)[:, None]


def _moments(error: FloatArray, scalars: FloatArray, scale: float) -> dict[str, FloatArray]:
    u, log = _joint(error, scalars)
    mass = np.exp(log - logsumexp(log, axis=1)[:, None])
    return {
        "efficiency": np.sum(mass * np.exp(-scale * u), axis=1),
        "inefficiency": scale * np.sum(mass * u, axis=1),
    }


def _beyond(scalars: FloatArray) -> bool:
    return bool(min(scalars[0], scalars[1]) < _EDGE or abs(scalars[2]) > _MOST)


def _weak() -> Issue:
    return Issue(
        "weak-dependence",
        "the sample hardly says how noise and inefficiency depend on each other: atanh ρ has a standard error above 1",
        "keep to bench.sfa unless there is a reason for dependence, or bring more observations",
        severity="warning",
    )

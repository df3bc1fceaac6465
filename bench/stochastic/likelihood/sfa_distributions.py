"""The distributions of inefficiency, and what an estimator must know about each.

A distribution is its composed log-density (:mod:`~bench.stochastic.likelihood.densities` in closed form,
:mod:`~bench.stochastic.likelihood.quadrature` by an integral) together with a few facts: what its fourth head
means, how that head reacts to a change of measure, and its first two moments, from which starting values follow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bench.jit import COMPILED
from bench.options import one_of
from bench.stochastic.likelihood import densities, quadrature
from bench.typing import FloatArray

#: What the fourth head is: nothing, a mean in the measure of y, a ratio, a log shape, or a mean of ln u.
Location = Literal["none", "mean", "ratio", "shape", "log-mean"]

Evaluate = Callable[[FloatArray, FloatArray, FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Distribution:
    """One distribution of inefficiency u.

    Attributes
    ----------
    name : str
    evaluate : callable
        Heads ``e, v, u, m`` of shape (n,) each to the (15, n) array of :mod:`bench.stochastic.likelihood.densities`.
    location : {"none", "mean", "ratio", "shape", "log-mean"}
        Meaning of the head ``m``.
    label : str
        What the constant of ``m`` is called in a table of coefficients.
    seeds : tuple of float
        Values of ``m`` (for ``"mean"`` in units of σu) from which a search starts.
    moments : callable
        Value of ``m`` in units of σu to mean and variance of u at σu = 1.
    truncated_normal : bool
        Whether u given e is a normal cut off at zero, so that modes and quantiles are closed.
    free_of_scale : bool
        Whether ``u`` = ln σu² is the spread of ln u, which a change of measure leaves alone.
    """

    name: str
    evaluate: Evaluate
    location: Location = "none"
    label: str = ""
    seeds: tuple[float, ...] = (0.0,)
    moments: Callable[[float], tuple[float, float]] = lambda m: (1.0, 1.0)
    truncated_normal: bool = False
    free_of_scale: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        # Its functions are closures; the name says which of the distributions it is.
        return distribution, (self.name,)

    @property
    def code(self) -> int | None:
        """Number of its closed form in :mod:`bench.stochastic.likelihood.densities`; None for an integral."""
        return CLOSED.get(self.name)

    def log_likelihood(self, e: FloatArray, v: float, u: float, m: float) -> float:
        """Return the sum of the log-densities of errors (n,) that share the other heads."""
        if COMPILED and self.code == densities.HALF_NORMAL:
            return float(densities.half_normal_value(e, v, u))
        heads = (densities.constant(value, len(e)) for value in (v, u, m))
        return float(np.sum(self.evaluate(e, *heads)[0]))

    @property
    def has_location(self) -> bool:
        """Whether the fourth head is estimated."""
        return self.location != "none"


#: Closed forms by name of their distribution.
CLOSED = {
    "half-normal": densities.HALF_NORMAL,
    "exponential": densities.EXPONENTIAL,
    "truncated-normal": densities.TRUNCATED_NORMAL,
    "truncated-normal-scaled": densities.TRUNCATED_RATIO,
    "rayleigh": densities.RAYLEIGH,
    "uniform": densities.UNIFORM,
    "generalised-exponential": densities.GENERALISED_EXPONENTIAL,
    "truncated-skewed-laplace": densities.SKEWED_LAPLACE,
}


def _closed(name: str) -> Evaluate:
    code = CLOSED[name]

    def evaluate(e: FloatArray, v: FloatArray, u: FloatArray, m: FloatArray) -> FloatArray:
        result: FloatArray = densities.composed_array(code, e, v, u, m)
        return result

    return evaluate


def _quadrature(name: str) -> Evaluate:
    def evaluate(e: FloatArray, v: FloatArray, u: FloatArray, m: FloatArray) -> FloatArray:
        result: FloatArray = quadrature.composed_array(name, e, v, u, m)
        return result

    return evaluate


def _truncated_moments(ratio: float) -> tuple[float, float]:
    """Mean and variance of N(ratio, 1) cut off below zero."""
    from scipy.special import log_ndtr

    h = math.exp(-0.5 * ratio * ratio - 0.5 * math.log(2.0 * math.pi) - float(log_ndtr(ratio)))
    return ratio + h, max(1.0 - h * (h + ratio), 1e-4)


def _laplace_moments(m: float) -> tuple[float, float]:
    shape = math.exp(m)
    total = 1.0 + 2.0 * shape
    first, second = 2.0 * (1.0 + shape) / total, 1.0 / total
    mean = first - second / (1.0 + shape)
    square = 2.0 * first - 2.0 * second / (1.0 + shape) ** 2
    return mean, square - mean * mean


def _weibull_moments(m: float) -> tuple[float, float]:
    shape = math.exp(m)
    mean = math.gamma(1.0 + 1.0 / shape)
    return mean, math.gamma(1.0 + 2.0 / shape) - mean * mean


def _constant(mean: float, variance: float) -> Callable[[float], tuple[float, float]]:
    return lambda m: (mean, variance)


_HALF_NORMAL_MOMENTS = _constant(math.sqrt(2.0 / math.pi), 1.0 - 2.0 / math.pi)

DISTRIBUTIONS: dict[str, Distribution] = {
    d.name: d
    for d in (
        Distribution("half-normal", _closed("half-normal"), moments=_HALF_NORMAL_MOMENTS, truncated_normal=True),
        Distribution("exponential", _closed("exponential"), moments=_constant(1.0, 1.0), truncated_normal=True),
        Distribution(
            "truncated-normal",
            _closed("truncated-normal"),
            location="mean",
            label="mu",
            seeds=(0.0, 1.5, -1.5, -4.0),
            moments=_truncated_moments,
            truncated_normal=True,
        ),
        Distribution(
            "truncated-normal-scaled",
            _closed("truncated-normal-scaled"),
            location="ratio",
            label="mu/sigma_u",
            seeds=(0.0, 1.5, -1.5, -4.0),
            moments=_truncated_moments,
            truncated_normal=True,
        ),
        Distribution(
            "rayleigh",
            _closed("rayleigh"),
            moments=_constant(math.sqrt(math.pi / 2.0), 2.0 - math.pi / 2.0),
        ),
        Distribution("uniform", _closed("uniform"), moments=_constant(math.sqrt(3.0), 1.0)),
        Distribution("generalised-exponential", _closed("generalised-exponential"), moments=_constant(1.5, 1.25)),
        Distribution(
            "truncated-skewed-laplace",
            _closed("truncated-skewed-laplace"),
            location="shape",
            label="ln lambda",
            seeds=(-1.5, 0.5),
            moments=_laplace_moments,
        ),
        Distribution(
            "gamma",
            _quadrature("gamma"),
            location="shape",
            label="ln P",
            seeds=(0.0, 0.7, -0.7),
            moments=lambda m: (math.exp(m), math.exp(m)),
        ),
        Distribution(
            "weibull",
            _quadrature("weibull"),
            location="shape",
            label="ln k",
            seeds=(0.0, 0.5, -0.4),
            moments=_weibull_moments,
        ),
        Distribution(
            "lognormal",
            _quadrature("lognormal"),
            location="log-mean",
            label="mu",
            seeds=(-1.0, -0.5, 0.3),
            free_of_scale=True,
        ),
    )
}

ALIASES = {
    "hnormal": "half-normal",
    "halfnormal": "half-normal",
    "tnormal": "truncated-normal",
    "truncnormal": "truncated-normal",
    "exp": "exponential",
    "genexponential": "generalised-exponential",
    "generalized-exponential": "generalised-exponential",
    "tslaplace": "truncated-skewed-laplace",
}


def distribution(name: Any) -> Distribution:
    """Return the distribution of this name.

    Raises
    ------
    OptionError
        When there is none; the message lists those there are.

    Examples
    --------
    >>> distribution("hnormal").name
    'half-normal'
    """
    if isinstance(name, Distribution):
        return name
    word = name.replace("_", "-") if isinstance(name, str) else name
    return DISTRIBUTIONS[one_of(word, tuple(DISTRIBUTIONS), "distribution", ALIASES)]

"""Splitting the residuals of a conditional mean into noise and inefficiency (stage 2 of StoNED).

By moments (half-normal or exponential u), by quasi-likelihood (half-normal; Fan, Li & Weersink 1996), or by kernel
density (Hall & Simar 2002). Sources: Kuosmanen & Kortelainen (2012), Journal of Productivity Analysis 38; Fan, Li &
Weersink (1996), Journal of Business & Economic Statistics 14; Hall & Simar (2002), Journal of the American
Statistical Association 97; Jondrow et al. (1982), Journal of Econometrics 19; Battese & Coelli (1988), ibid. 38.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import numpy.typing as npt

from bench.errors import DataError
from bench.options import one_of
from bench.typing import FloatArray

Method = Literal["moments", "quasi-likelihood", "kernel"]
Inefficiency = Literal["half-normal", "exponential"]
METHODS: tuple[Method, ...] = ("moments", "quasi-likelihood", "kernel")
METHOD_ALIASES = {"mom": "moments", "qle": "quasi-likelihood", "kde": "kernel"}
DISTRIBUTIONS: tuple[Inefficiency, ...] = ("half-normal", "exponential")

_ROOT_2_PI = math.sqrt(2.0 / math.pi)
#: Third central moment of a half-normal is this times σu³ (u itself; that of v − u has the other sign).
_HALF_NORMAL_SKEW = _ROOT_2_PI * (4.0 / math.pi - 1.0)
#: Fewer residuals than this give no third moment worth the name.
_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Split:
    """Residual variance split into noise and inefficiency.

    Attributes
    ----------
    mu : float
        Expected inefficiency E[u].
    sigma_u, sigma_v : float
        Standard deviation of the normal under a half-normal u, or the mean of an exponential u; and of noise.
    distribution : str
    method : str
    skewness : float
        Third standardised moment of the residuals, signed so that inefficiency makes it negative.
    boundary : str
        ``"sigma_u = 0"`` (wrong skewness), ``"sigma_v = 0"`` or empty.
    """

    mu: float
    sigma_u: float
    sigma_v: float
    distribution: Inefficiency
    method: Method
    skewness: float
    boundary: str = ""


def split_residuals(residual: npt.ArrayLike, method: str = "moments", distribution: str = "half-normal") -> Split:
    """Split residuals of a conditional mean into noise and inefficiency.

    Parameters
    ----------
    residual : array (N,)
        v − u + E[u]: for a cost frontier, with the sign turned.
    method : {"moments", "quasi-likelihood", "kernel"}
    distribution : {"half-normal", "exponential"}

    Raises
    ------
    DataError
        Fewer than four residuals, or no spread at all; an exponential u with another method than moments.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> e = 0.1 * rng.normal(size=5000) - np.abs(0.3 * rng.normal(size=5000))
    >>> found = split_residuals(e, "quasi-likelihood")
    >>> abs(found.sigma_u - 0.3) < 0.02
    True
    """
    way = cast(Method, one_of(method, METHODS, "method", METHOD_ALIASES))
    shape = cast(Inefficiency, one_of(distribution, DISTRIBUTIONS, "distribution"))
    if shape == "exponential" and way != "moments":
        raise DataError(f'distribution="exponential" is split by method="moments", not {way!r}')
    e = np.asarray(residual, dtype=np.float64)
    if len(e) < _FEWEST:
        raise DataError(f"{len(e)} residuals are too few to tell noise from inefficiency; four is the least")
    e = e - e.mean()
    second = float(np.mean(e**2))
    if not second > 0.0:
        raise DataError("the residuals have no spread: the frontier passes through every observation")
    skewness = float(np.mean(e**3)) / second**1.5
    if way == "kernel":
        return _by_kernel(e, skewness, shape)
    if skewness >= 0.0:
        return Split(0.0, 0.0, math.sqrt(second), shape, way, skewness, "sigma_u = 0")
    if way == "moments":
        return _by_moments(second, skewness, shape)
    return _by_quasi_likelihood(e, skewness)


def _by_moments(second: float, skewness: float, shape: Inefficiency) -> Split:
    third = -skewness * second**1.5
    if shape == "half-normal":
        sigma_u = (third / _HALF_NORMAL_SKEW) ** (1.0 / 3.0)
        mu, taken = _ROOT_2_PI * sigma_u, (1.0 - 2.0 / math.pi) * sigma_u**2
    else:
        sigma_u = (third / 2.0) ** (1.0 / 3.0)
        mu, taken = sigma_u, sigma_u**2
    if taken >= second:
        # More skewed than the distribution can be: noise is zero, and the variance alone fixes σu.
        ratio = math.sqrt(second / taken)
        return Split(mu * ratio, sigma_u * ratio, 0.0, shape, "moments", skewness, "sigma_v = 0")
    return Split(mu, sigma_u, math.sqrt(second - taken), shape, "moments", skewness)


def quasi_likelihood(e: FloatArray, share: float) -> float:
    """Log-likelihood of centred residuals with σ concentrated out, at σu² / (σu² + σv²) = ``share``."""
    from scipy.special import log_ndtr

    sigma = math.sqrt(float(np.mean(e**2)) / (1.0 - 2.0 * share / math.pi))
    composed = e - _ROOT_2_PI * sigma * math.sqrt(share)
    ratio = math.sqrt(share / (1.0 - share))
    tail = float(np.sum(log_ndtr(-composed * ratio / sigma)))
    return -len(e) * math.log(sigma) + tail - 0.5 * float(np.sum(composed**2)) / sigma**2


def _by_quasi_likelihood(e: FloatArray, skewness: float) -> Split:
    """One-dimensional search over γ = σu²/σ² on a grid, then by golden section and parabola."""
    from scipy.optimize import minimize_scalar

    # Equal steps in the angle whose squared sine is γ: dense near both ends.
    angles = np.linspace(0.0, 0.5 * math.pi, 66)[1:-1]

    def loss(angle: float) -> float:
        return -quasi_likelihood(e, math.sin(angle) ** 2)

    values = [loss(a) for a in angles]
    k = int(np.argmin(values))
    low = angles[k - 1] if k else 0.0
    high = angles[k + 1] if k + 1 < len(angles) else 0.5 * math.pi - 1e-6
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-10})
    share = math.sin(float(found.x)) ** 2
    sigma = math.sqrt(float(np.mean(e**2)) / (1.0 - 2.0 * share / math.pi))
    sigma_u, sigma_v = sigma * math.sqrt(share), sigma * math.sqrt(1.0 - share)
    boundary = "sigma_v = 0" if share > 1.0 - 1e-9 else ""
    return Split(_ROOT_2_PI * sigma_u, sigma_u, sigma_v, "half-normal", "quasi-likelihood", skewness, boundary)


def _by_kernel(e: FloatArray, skewness: float, shape: Inefficiency) -> Split:
    """Where the residuals' density falls most steeply is the frontier: v − u has its edge at zero.

    σu follows from μ as for a half-normal u, and σv takes what is left of the variance; only the predictors use them.
    """
    second = float(np.mean(e**2))
    quartiles = np.percentile(e, [25.0, 75.0])
    width = 1.06 * min(math.sqrt(second), float(quartiles[1] - quartiles[0]) / 1.349 or math.sqrt(second))
    width *= len(e) ** -0.2
    # The edge lies at +E[u] of the centred residuals.
    points = np.linspace(0.0, float(e.max()), 512)
    gaps = (points[:, None] - e[None, :]) / width
    slope = -np.mean(gaps * np.exp(-0.5 * gaps**2), axis=1)
    mu = float(points[int(np.argmin(slope))])
    sigma_u = mu / _ROOT_2_PI
    rest = second - (1.0 - 2.0 / math.pi) * sigma_u**2
    if mu == 0.0:
        return Split(0.0, 0.0, math.sqrt(second), shape, "kernel", skewness, "sigma_u = 0")
    return Split(mu, sigma_u, math.sqrt(max(rest, 0.0)), shape, "kernel", skewness, "" if rest > 0.0 else "sigma_v = 0")


def conditional_mean(composed: FloatArray, split: Split) -> tuple[FloatArray, FloatArray]:
    """E[u | ε] and E[exp(−u) | ε] of composed errors ε = v − u, two arrays (N,)."""
    from scipy.special import log_ndtr

    if split.boundary == "sigma_u = 0":
        return np.zeros(len(composed)), np.ones(len(composed))
    if split.boundary == "sigma_v = 0":
        u = np.maximum(-composed, 0.0)
        return u, np.exp(-u)
    if split.distribution == "half-normal":
        total = split.sigma_u**2 + split.sigma_v**2
        centre, spread = -composed * split.sigma_u**2 / total, split.sigma_u * split.sigma_v / math.sqrt(total)
    else:
        centre, spread = -composed - split.sigma_v**2 / split.sigma_u, split.sigma_v
    t = centre / spread
    mills = np.exp(-0.5 * t**2 - 0.5 * math.log(2.0 * math.pi) - log_ndtr(t))
    efficiency = np.exp(log_ndtr(t - spread) - log_ndtr(t) - centre + 0.5 * spread**2)
    return np.maximum(centre + spread * mills, 0.0), np.minimum(efficiency, 1.0)

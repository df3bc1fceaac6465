"""Two-tier frontiers: what lowers a price and what raises it, beside noise.

y = x'β + v − u + w with u and w exponential (Polachek & Yoon 1987, Review of Economics and Statistics 69; Kumbhakar &
Parmeter 2009, Journal of Productivity Analysis 31): wages between what a worker would take and an employer would give,
prices of a tender between cost and willingness to pay. With w = 0 it is the exponential frontier.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import log_ndtr, logsumexp

from bench.stochastic.extended.numerical_fit import NumericalResult, Prepared, highest, result
from bench.stochastic.frontier.sfa import sfa
from bench.typing import FloatArray
from bench.units import Units

#: ln of a variance, relative to the residual's, below which a search has run to an edge.
_EDGE = -14.0

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(160)


def two_tier_sfa(units: Units, **options: Any) -> NumericalResult:
    """Fit a frontier with an exponential shortfall u and an exponential surplus w.

    Parameters
    ----------
    units : Units
    **options
        ``kind``, ``form``, ``environment``, ``normalise``, ``homogeneous`` and ``in_logs``, as for :func:`bench.sfa`.
        With ``kind="cost"`` u raises the dependent variable and w lowers it.

    Returns
    -------
    NumericalResult
        Its last coefficients are ln σv², ln σu² and ln σw². ``extra`` holds ``surplus``, E[w | e], and ``net``, the
        expected surplus less the shortfall.

    Raises
    ------
    ConvergenceError
        When no search ended inside: one of the two sides is absent.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(3)
    >>> x = np.exp(rng.normal(size=500))
    >>> error = 0.1 * rng.normal(size=500) - 0.4 * rng.exponential(size=500) + 0.2 * rng.exponential(size=500)
    >>> fit = two_tier_sfa(bench.Units.from_arrays(x, x**0.5 * np.exp(error)), form="cobb-douglas")
    >>> bool(abs(float(fit.inefficiency.mean()) - 0.4) < 0.1)
    True
    """
    prepared = Prepared.build(units, options)
    starts = []
    for share_u, share_w in ((0.5, 0.2), (0.2, 0.5), (0.4, 0.4), (0.7, 0.1)):
        scalars = np.log([1.0 - share_u - share_w, share_u, share_w])
        starts.append((math.sqrt(share_u) - math.sqrt(share_w), scalars))
    found = highest(prepared, log_density, starts, lambda s: bool(np.min(s) < _EDGE))
    log = 2.0 * math.log(prepared.scale)
    scalars_out = [(f"ln σ{name}²", 1.0, log) for name in ("v", "u", "w")]
    moments = {} if found is None else _moments(found.error, found.theta[-3:], prepared.scale)
    nested = sfa(units, distribution="exponential", **options).loglik
    return result(
        units, prepared, found, model="two-tier, exponential shortfall and surplus", scalars=scalars_out, nested=nested,
        moments=moments,
    )  # fmt: skip


def log_density(error: FloatArray, scalars: FloatArray) -> FloatArray:
    """Return the composed log-density of errors (n,) at ln σv², ln σu² and ln σw².

    Examples
    --------
    >>> round(float(log_density(np.array([0.0]), np.zeros(3))[0]), 6)
    -1.341022
    """
    noise, short, long = np.exp(0.5 * np.asarray(scalars, dtype=np.float64))
    left = error / short + 0.5 * (noise / short) ** 2 + log_ndtr(-error / noise - noise / short)
    right = -error / long + 0.5 * (noise / long) ** 2 + log_ndtr(error / noise - noise / long)
    found: FloatArray = np.logaddexp(left, right) - math.log(short + long)
    return found


def _moments(error: FloatArray, scalars: FloatArray, scale: float) -> dict[str, FloatArray]:
    """Expectations given the error; u given e has the density of u times that of v + w at e + u."""
    noise, short, long = scale * np.exp(0.5 * np.asarray(scalars, dtype=np.float64))
    e = scale * error
    efficiency, down = _one_side(e, noise, short, long)
    _, up = _one_side(-e, noise, long, short)
    return {"efficiency": efficiency, "inefficiency": down, "surplus": up, "net": up - down}


def _one_side(e: FloatArray, noise: float, own: float, other: float) -> tuple[FloatArray, FloatArray]:
    """E[exp(−u) | e] and E[u | e] of the side that lowers e, by quadrature over u."""
    reach = np.maximum(-e, 0.0) + 10.0 * noise + 30.0 * own * other / (own + other)
    u = 0.5 * reach[:, None] * (1.0 + _NODES)
    z = e[:, None] + u
    log = -u / own - z / other + log_ndtr(z / noise - noise / other) + np.log(_WEIGHTS)
    mass = np.exp(log - logsumexp(log, axis=1)[:, None])
    return np.sum(mass * np.exp(-u), axis=1), np.sum(mass * u, axis=1)

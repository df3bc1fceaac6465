"""How expected inefficiency, its variance and expected efficiency react to covariates (Wang 2002).

Sources: Wang (2002), Journal of Productivity Analysis 18; Kumbhakar, Wang & Horncastle (2015), ch. 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.special import erfcx, log_ndtr

from bench.options import one_of
from bench.stochastic.frontier.fitted import FittedFrontier
from bench.stochastic.likelihood.predictors import Posterior
from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.typing import FloatArray

#: Step of the central differences of variance and efficiency by the heads.
_STEP = 1e-5


def marginal_effects(result: FittedFrontier, of: str = "mean") -> pd.DataFrame:
    """Return the derivative of E[u], Var[u] or E[exp(−u)] by every covariate of u and mu, row by row.

    Parameters
    ----------
    result : FittedFrontier
    of : {"mean", "variance", "efficiency"}
    """
    of = one_of(of, ("mean", "variance", "efficiency"), "of")
    estimate = result.estimate
    law = estimate.distribution
    head: dict[str, slice] = {role: estimate.slices[role] for role in ("u", "m") if role in estimate.slices}
    columns = {role: [name.split(":", 1)[1] for name in estimate.names[part]] for role, part in head.items()}
    values = {role: _covariate_matrix(result, role) for role in head}
    params = estimate.params
    u = values["u"] @ params[head["u"]]
    m = values["m"] @ params[head["m"]] if "m" in head else np.zeros_like(u)
    # A path over time multiplies the unit's inefficiency.
    scale = estimate.posterior.scale if isinstance(estimate.posterior, Posterior) else np.ones_like(u)
    by_u, by_m = (scale * slope for slope in _mean_slopes(law, u, m)) if of == "mean" else _slopes(law, u, m, scale, of)
    effects: dict[str, FloatArray] = {}
    for role, slope in (("u", by_u), ("m", by_m)):
        for position, name in enumerate(columns.get(role, [])):
            if name != "const":
                effect = slope * params[head[role].start + position]
                effects[name] = effects.get(name, np.zeros_like(effect)) + effect
    return pd.DataFrame(effects, index=result.index)


def _covariate_matrix(result: FittedFrontier, role: str) -> FloatArray:
    """Covariates of a head with its intercept, as they were fitted, array (n, q)."""
    model = result.specification
    given = model.u if role == "u" else model.mu
    constant = [] if role == "m" and not model.mu_constant else [np.ones((len(model.y), 1))]
    return np.hstack([*constant, *([] if given is None else [given.reshape(len(model.y), -1)])])


def _slopes(
    law: Distribution, u: FloatArray, m: FloatArray, scale: FloatArray, of: str
) -> tuple[FloatArray, FloatArray]:
    """Derivatives of variance or efficiency by the heads ln σu² and m, by central differences."""
    moment = variance if of == "variance" else efficiency
    pairs = (((u + _STEP, m), (u - _STEP, m)), ((u, m + _STEP), (u, m - _STEP)))
    by_u, by_m = ((moment(law, *up, scale) - moment(law, *down, scale)) / (2.0 * _STEP) for up, down in pairs)
    return by_u, by_m


def variance(law: Distribution, u: FloatArray, m: FloatArray, scale: FloatArray) -> FloatArray:
    """Return Var[scale · u] by row.

    Examples
    --------
    >>> from bench.stochastic.likelihood.sfa_distributions import distribution
    >>> zero, one = np.zeros(1), np.ones(1)
    >>> round(float(variance(distribution("half-normal"), zero, zero, one)[0]), 6)
    0.36338
    """
    if law.location == "log-mean":
        result: FloatArray = scale**2 * np.expm1(np.exp(u)) * np.exp(2.0 * m + np.exp(u))
        return result
    sigma = np.exp(0.5 * u)
    ratio = m / sigma if law.location == "mean" else m
    unit = np.array([law.moments(float(value))[1] for value in ratio])
    whole: FloatArray = scale**2 * sigma**2 * unit
    return whole


def efficiency(law: Distribution, u: FloatArray, m: FloatArray, scale: FloatArray) -> FloatArray:
    """Return E[exp(−scale · u)] by row: the efficiency expected before a unit's error is seen.

    Examples
    --------
    >>> from bench.stochastic.likelihood.sfa_distributions import distribution
    >>> zero, one = np.zeros(1), np.ones(1)
    >>> float(efficiency(distribution("exponential"), zero, zero, one)[0])
    0.5
    """
    if law.location == "log-mean":
        nodes, weights = np.polynomial.hermite.hermgauss(64)
        inner = scale[:, None] * np.exp(m[:, None] + np.exp(0.5 * u)[:, None] * math.sqrt(2.0) * nodes)
        result: FloatArray = np.exp(-inner) @ weights / math.sqrt(math.pi)
        return result
    sigma = np.exp(0.5 * u)
    s = scale * sigma
    if law.location in ("mean", "ratio"):
        centre = m / sigma if law.location == "mean" else m
        whole: FloatArray = np.exp(-s * centre + 0.5 * s * s + log_ndtr(centre - s) - log_ndtr(centre))
        return whole
    transform: FloatArray = _TRANSFORMS[law.name](s, np.exp(m))
    return transform


def _weibull(s: FloatArray, shape: FloatArray) -> FloatArray:
    nodes, weights = np.polynomial.legendre.leggauss(400)
    # Over probabilities p: u is s(−ln p)^(1/shape).
    logs = -np.log(0.5 * (1.0 + nodes))
    result: FloatArray = np.exp(-s[:, None] * logs ** (1.0 / shape[:, None])) @ (0.5 * weights)
    return result


#: Laplace transforms at s = scale · σu; the second argument is the shape.
_TRANSFORMS: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "half-normal": lambda s, _: 2.0 * np.exp(0.5 * s * s + log_ndtr(-s)),
    "exponential": lambda s, _: 1.0 / (1.0 + s),
    "rayleigh": lambda s, _: 1.0 - s * math.sqrt(0.5 * math.pi) * erfcx(s / math.sqrt(2.0)),
    "uniform": lambda s, _: -np.expm1(-math.sqrt(12.0) * s) / (math.sqrt(12.0) * s),
    "generalised-exponential": lambda s, _: 2.0 / (1.0 + s) - 2.0 / (2.0 + s),
    "truncated-skewed-laplace": lambda s, k: (1.0 + k) / (2.0 * k + 1.0) * (2.0 / (1.0 + s) - 1.0 / (1.0 + k + s)),
    "gamma": lambda s, k: (1.0 + s) ** -k,
    "weibull": _weibull,
}


def _mean_slopes(law: Distribution, u: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Derivative of E[u] by the heads ln σu² and m (Wang 2002 for the truncated normal)."""
    sigma = np.exp(0.5 * u)
    if law.location in ("mean", "ratio"):
        ratio = m / sigma if law.location == "mean" else m
        h = np.exp(-0.5 * ratio**2 - 0.5 * np.log(2.0 * np.pi) - log_ndtr(ratio))
        mean, slope = ratio + h, 1.0 - h * (h + ratio)
        if law.location == "mean":
            return 0.5 * sigma * (mean - ratio * slope), slope
        return 0.5 * sigma * mean, sigma * slope
    if law.location == "log-mean":
        mean = np.exp(m + 0.5 * np.exp(u))
        return 0.5 * np.exp(u) * mean, mean
    # Scale families: E[u] is proportional to σu.
    mean = sigma * np.array([law.moments(float(value))[0] for value in m])
    step = 1e-6
    above, below = (np.array([law.moments(float(value) + move)[0] for value in m]) for move in (step, -step))
    by_m = sigma * (above - below) / (2.0 * step)
    return 0.5 * mean, by_m

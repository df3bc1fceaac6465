"""Normal-tail functions that stay accurate where the textbook formulas cancel.

Each works on one number when compiled and on an array otherwise (see :mod:`bench.stochastic.jit`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bench.stochastic.jit import COMPILED, jit

LOG_2PI = math.log(2.0 * math.pi)
HALF_LOG_2PI = 0.5 * LOG_2PI
_SQRT_HALF = math.sqrt(0.5)

#: Below this argument Φ is taken from the continued fraction of Mills' ratio instead of ``erfc``.
_TAIL = -5.0
#: Terms of the continued fraction: at ``-_TAIL`` 30 of them leave a relative error under 1e-16.
_TERMS = 30


def _scalar_log_ndtr_mills(z: float) -> tuple[float, float]:
    if z > 0.0:
        # The complement is exact where log Φ would round to zero.
        q = 0.5 * math.erfc(z * _SQRT_HALF)
        return math.log1p(-q), math.exp(-0.5 * z * z - HALF_LOG_2PI) / (1.0 - q)
    if z > _TAIL:
        p = 0.5 * math.erfc(-z * _SQRT_HALF)
        return math.log(p), math.exp(-0.5 * z * z - HALF_LOG_2PI) / p
    t = -z
    for k in range(_TERMS, 0, -1):
        t = -z + k / t
    return -0.5 * z * z - HALF_LOG_2PI - math.log(t), t


def _array_log_ndtr_mills(z: Any) -> tuple[Any, Any]:
    from scipy.special import log_ndtr

    value = log_ndtr(z)
    with np.errstate(under="ignore"):
        mills = np.exp(-0.5 * z * z - HALF_LOG_2PI - value)
    return value, np.where(z > _TAIL, mills, _tail_fractions(np.minimum(z, _TAIL))[0])


def _tail_fractions(z: Any) -> tuple[Any, Any]:
    """First two convergents t1 = x + 1/t2, t2 = x + 2/(x + ...) of the tail's continued fraction at x = -z."""
    x = -z
    t = x + 0.0
    for k in range(_TERMS, 1, -1):
        t = x + k / t
    return x + 1.0 / t, t


def _scalar_log_ndtr_scaled(z: float) -> float:
    """Return log Φ(z) + z²/2 for negative z and log Φ(z) otherwise."""
    if z >= 0.0:
        return math.log1p(-0.5 * math.erfc(z * _SQRT_HALF))
    if z > _TAIL:
        return math.log(0.5 * math.erfc(-z * _SQRT_HALF)) + 0.5 * z * z
    t = -z
    for k in range(_TERMS, 0, -1):
        t = -z + k / t
    return -HALF_LOG_2PI - math.log(t)


def _array_log_ndtr_scaled(z: Any) -> Any:
    from scipy.special import log_ndtr

    tail = -HALF_LOG_2PI - np.log(_tail_fractions(np.minimum(z, _TAIL))[0])
    inner = log_ndtr(z) + 0.5 * np.minimum(z, 0.0) ** 2
    return np.where(z > _TAIL, inner, tail)


def _scalar_linear_loss(z: float) -> tuple[float, float, float]:
    """Return log G, Φ/G and φ/G for G(z) = φ(z) + z Φ(z)."""
    if z > _TAIL:
        density = math.exp(-0.5 * z * z - HALF_LOG_2PI)
        p = 0.5 * math.erfc(-z * _SQRT_HALF)
        g = density + z * p
        return math.log(g), p / g, density / g
    t = -z
    for k in range(_TERMS, 1, -1):
        t = -z + k / t
    first = -z + 1.0 / t
    # G/φ = 1 - x/t1 = 1/(t1 t2): the difference taken before rounding can spoil it.
    return -0.5 * z * z - HALF_LOG_2PI - math.log(first * t), t, first * t


def _array_linear_loss(z: Any) -> tuple[Any, Any, Any]:
    from scipy.special import ndtr

    inner = np.maximum(z, _TAIL)
    density = np.exp(-0.5 * inner * inner - HALF_LOG_2PI)
    p = ndtr(inner)
    g = density + inner * p
    outer = np.minimum(z, _TAIL)
    first, second = _tail_fractions(outer)
    near = z > _TAIL
    return (
        np.where(near, np.log(g), -0.5 * outer * outer - HALF_LOG_2PI - np.log(first * second)),
        np.where(near, p / g, second),
        np.where(near, density / g, first * second),
    )


def _scalar_select(condition: Any, yes: Any, no: Any) -> Any:
    return yes if condition else no


def _array_select(condition: Any, yes: Any, no: Any) -> Any:
    return np.where(condition, yes, no)


if COMPILED:
    #: log Φ(z) and φ(z)/Φ(z).
    log_ndtr_mills = jit(_scalar_log_ndtr_mills)
    #: log Φ(z) + min(z, 0)²/2.
    log_ndtr_scaled = jit(_scalar_log_ndtr_scaled)
    #: log G, Φ/G, φ/G of G(z) = φ(z) + zΦ(z).
    linear_loss = jit(_scalar_linear_loss)
    #: ``yes if condition else no``, element by element.
    select: Any = jit(_scalar_select)
else:
    log_ndtr_mills = _array_log_ndtr_mills
    log_ndtr_scaled = _array_log_ndtr_scaled
    linear_loss = _array_linear_loss
    select = _array_select

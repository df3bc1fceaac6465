"""Normal-tail functions that stay accurate where the textbook formulas cancel.

Each works on one number when compiled and on an array otherwise (see :mod:`bench.jit`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bench.jit import COMPILED, jit

LOG_2PI = math.log(2.0 * math.pi)
HALF_LOG_2PI = 0.5 * LOG_2PI
_SQRT_HALF = math.sqrt(0.5)

#: Below this argument Φ is taken from the continued fraction of Mills' ratio instead of ``erfc``.
_TAIL = -5.0
#: Terms of the continued fraction: at ``-_TAIL`` 30 of them leave a relative error under 1e-16.
_TERMS = 30


#: Cells and degree of the polynomials below; coefficients err by less than rounding.
_CELLS, _DEGREE = 64, 7


def _tables() -> Any:
    """Polynomials in t = 4/(4 + x) with x = |z|, cell by cell, array (3, cells, degree + 1).

    With Mills' ratio M and q = Φ(−x) = φ(x) M(x): M/t serves the lower tail; log(1 − q)/(φ t) and 1/(1 − q) serve the
    upper one, where nothing then cancels.
    """
    from scipy.special import erfcx

    node = np.cos((np.arange(_DEGREE + 1) + 0.5) * math.pi / (_DEGREE + 1))
    t = (np.arange(_CELLS)[:, None] + 0.5 * (node + 1.0)) / _CELLS
    x = 4.0 / t - 4.0
    mills = math.sqrt(0.5 * math.pi) * erfcx(x * _SQRT_HALF)
    density = np.exp(-0.5 * np.minimum(x, 37.0) ** 2 - HALF_LOG_2PI)
    q = density * mills
    rows = np.stack([mills / t, np.log1p(-q) / (density * t), 1.0 / (1.0 - q)])
    return np.ascontiguousarray(
        np.linalg.solve(np.vander(node, increasing=True), rows.transpose(0, 2, 1)).transpose(0, 2, 1)
    )


_TABLES: Any = _tables() if COMPILED else np.zeros((3, _CELLS, _DEGREE + 1))


def _scalar_mills_ratio(x: float) -> Any:
    """Return (1 − Φ(x))/φ(x) of x ≥ 0."""
    t = 4.0 / (4.0 + x)
    place = _CELLS * t
    cell = min(int(place), _CELLS - 1)
    w = 2.0 * (place - cell) - 1.0
    a = _TABLES[0, cell, _DEGREE]
    for j in range(_DEGREE - 1, -1, -1):
        a = a * w + _TABLES[0, cell, j]
    return a * t


def _array_mills_ratio(x: Any) -> Any:
    from scipy.special import erfcx

    return math.sqrt(0.5 * math.pi) * erfcx(x * _SQRT_HALF)


def _scalar_log_ndtr_mills(z: float) -> tuple[float, float]:
    x = abs(z)
    if not x >= 0.0:
        return z, z
    t = 4.0 / (4.0 + x)
    place = _CELLS * t
    cell = min(int(place), _CELLS - 1)
    w = 2.0 * (place - cell) - 1.0
    if z > 0.0:
        a, b = _TABLES[1, cell, _DEGREE], _TABLES[2, cell, _DEGREE]
        for j in range(_DEGREE - 1, -1, -1):
            a = a * w + _TABLES[1, cell, j]
            b = b * w + _TABLES[2, cell, j]
        density = math.exp(-0.5 * x * x - HALF_LOG_2PI)
        return density * a * t, density * b
    a = _TABLES[0, cell, _DEGREE]
    for j in range(_DEGREE - 1, -1, -1):
        a = a * w + _TABLES[0, cell, j]
    mills = a * t
    return math.log(mills) - 0.5 * x * x - HALF_LOG_2PI, 1.0 / mills


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
    #: log G, Φ/G, φ/G of G(z) = φ(z) + zΦ(z).
    linear_loss = jit(_scalar_linear_loss)
    #: (1 − Φ(x))/φ(x) of x ≥ 0.
    mills_ratio = jit(_scalar_mills_ratio)
    #: ``yes if condition else no``, element by element.
    select: Any = jit(_scalar_select)
else:
    log_ndtr_mills = _array_log_ndtr_mills
    linear_loss = _array_linear_loss
    mills_ratio = _array_mills_ratio
    select = _array_select

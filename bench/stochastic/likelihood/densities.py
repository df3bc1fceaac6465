"""Log-density of the composed error e = v − u with all first and second derivatives, in closed form.

Every formula takes four *heads* of one observation and returns fifteen numbers:

``value, e, v, u, m, ee, ev, eu, em, vv, vu, vm, uu, um, mm``

the log-density and its derivatives with respect to ``e`` (the error), ``v`` = ln σv², ``u`` = ln σu² and ``m``
(location or shape, where the distribution has one). A model is linear in each head, so these fifteen numbers are all
that likelihood, gradient, Hessian, scores and predictors of any model need.

The functions hold arithmetic only: compiled they take one observation, otherwise whole arrays.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.jit import COMPILED, jit
from bench.stochastic.likelihood.special import HALF_LOG_2PI, linear_loss, log_ndtr_mills, select

#: Number of values per observation: one log-density, four first and ten second derivatives.
WIDTH = 15

HALF_NORMAL, EXPONENTIAL, TRUNCATED_NORMAL, TRUNCATED_RATIO = 0, 1, 2, 3
RAYLEIGH, UNIFORM, GENERALISED_EXPONENTIAL, SKEWED_LAPLACE = 4, 5, 6, 7

_LOG_2 = math.log(2.0)
_SQRT_12 = math.sqrt(12.0)

Fifteen = tuple[Any, ...]


@jit
def _shares(v: Any, u: Any) -> tuple[Any, Any, Any, Any, Any]:
    """What the two variances make of every row: 1/σ², −ln σ²/2, σv²/σ², σu/(σσv) and σv/(σσu)."""
    big_v, big_u = np.exp(v), np.exp(u)
    s = big_v + big_u
    return 1.0 / s, -0.5 * np.log(s), big_v / s, np.sqrt(big_u / (s * big_v)), np.sqrt(big_v / (s * big_u))


@jit
def _half_normal(e: Any, shares: tuple[Any, Any, Any, Any, Any]) -> Fifteen:
    """Aigner, Lovell & Schmidt (1977): u ~ |N(0, σu²)|."""
    i, half_log, r, b, _ = shares
    q = 1.0 - r
    c = r * q
    square = e * e * i
    z = -e * b
    log_p, h = log_ndtr_mills(z)
    curve = -h * (z + h)
    # z = −e b with ∂ln b/∂v = −(1+r)/2 and ∂ln b/∂u = r/2.
    bv, bu = -0.5 * (1.0 + r), 0.5 * r
    z_v, z_u = z * bv, z * bu
    z_vv, z_uu, z_vu = z * (bv * bv - 0.5 * c), z * (bu * bu - 0.5 * c), z * (bv * bu + 0.5 * c)
    value = _LOG_2 - HALF_LOG_2PI + half_log - 0.5 * square + log_p
    zero = 0.0 * e
    return (
        value,
        -e * i - h * b,
        0.5 * r * (square - 1.0) + h * z_v,
        0.5 * q * (square - 1.0) + h * z_u,
        zero,
        -i + curve * b * b,
        e * r * i - curve * b * z_v - h * b * bv,
        e * q * i - curve * b * z_u - h * b * bu,
        zero,
        -0.5 * c - 0.5 * square * (r * r - c) + curve * z_v * z_v + h * z_vv,
        0.5 * c - square * c + curve * z_v * z_u + h * z_vu,
        zero,
        -0.5 * c - 0.5 * square * (q * q - c) + curve * z_u * z_u + h * z_uu,
        zero,
        zero,
    )


@jit
def _exponential(e: Any, u: Any, i_v: Any, i_u: Any) -> Fifteen:
    """Meeusen & van den Broeck (1977): u exponential with mean σu; ``i_v`` = 1/σv and ``i_u`` = 1/σu."""
    ratio = i_u / i_v
    k = e * i_u
    x = e * i_v
    z = -x - ratio
    log_p, h = log_ndtr_mills(z)
    curve = -h * (z + h)
    # In the left tail k + ratio²/2 + log Φ(z) is −x²/2 + log Φ(z)/φ(z) + const: in that form no terms cancel.
    value = -0.5 * u + select(z < 0.0, -0.5 * x * x - HALF_LOG_2PI - np.log(h), k + 0.5 * ratio * ratio + log_p)
    z_e = -i_v
    z_v, z_u = 0.5 * (x - ratio), 0.5 * ratio
    zero = 0.0 * e
    half_square = 0.5 * ratio * ratio
    return (
        value,
        i_u + h * z_e,
        half_square + h * z_v,
        -0.5 - half_square - 0.5 * k + h * z_u,
        zero,
        curve * z_e * z_e,
        curve * z_e * z_v + 0.5 * h * i_v,
        -0.5 * i_u + curve * z_e * z_u,
        zero,
        half_square + curve * z_v * z_v - 0.25 * h * (x + ratio),
        -half_square + curve * z_v * z_u + 0.25 * h * ratio,
        zero,
        half_square + 0.25 * k + curve * z_u * z_u - 0.25 * h * ratio,
        zero,
        zero,
    )


@jit
def _truncated_normal(e: Any, m: Any, i_u: Any, shares: tuple[Any, Any, Any, Any, Any]) -> Fifteen:
    """Stevenson (1980): u ~ N(μ, σu²) cut off below zero, with m = μ and ``i_u`` = 1/σu."""
    i_s, half_log, r, b, a = shares
    q = 1.0 - r
    c = r * q
    d = e + m
    square = d * d * i_s
    z = m * a - e * b
    log_p, h = log_ndtr_mills(z)
    curve = -h * (z + h)
    av, au = 0.5 * (1.0 - r), -0.5 * (2.0 - r)
    bv, bu = -0.5 * (1.0 + r), 0.5 * r
    z_v, z_u = m * a * av - e * b * bv, m * a * au - e * b * bu
    z_vv = m * a * (av * av - 0.5 * c) - e * b * (bv * bv - 0.5 * c)
    z_uu = m * a * (au * au - 0.5 * c) - e * b * (bu * bu - 0.5 * c)
    z_vu = m * a * (av * au + 0.5 * c) - e * b * (bv * bu + 0.5 * c)
    w = m * i_u
    log_w, g = log_ndtr_mills(w)
    bend = -g * (w + g)
    value = -HALF_LOG_2PI + half_log - 0.5 * square + log_p - log_w
    return (
        value,
        -d * i_s - h * b,
        0.5 * r * (square - 1.0) + h * z_v,
        0.5 * q * (square - 1.0) + h * z_u + 0.5 * g * w,
        -d * i_s + h * a - g * i_u,
        -i_s + curve * b * b,
        d * r * i_s - curve * b * z_v - h * b * bv,
        d * q * i_s - curve * b * z_u - h * b * bu,
        -i_s - curve * a * b,
        -0.5 * c - 0.5 * square * (r * r - c) + curve * z_v * z_v + h * z_vv,
        0.5 * c - square * c + curve * z_v * z_u + h * z_vu,
        d * r * i_s + curve * a * z_v + h * a * av,
        -0.5 * c - 0.5 * square * (q * q - c) + curve * z_u * z_u + h * z_uu - 0.25 * (bend * w * w + g * w),
        d * q * i_s + curve * a * z_u + h * a * au + 0.5 * i_u * (bend * w + g),
        -i_s + curve * a * a - bend * i_u * i_u,
    )


@jit
def _truncated_ratio(e: Any, v: Any, u: Any, m: Any) -> Fifteen:
    """Truncated normal with m = μ/σu: scaling u multiplies μ and σu alike (Wang & Schmidt 2002)."""
    root = np.exp(0.5 * u)
    mu = m * root
    f = _truncated_normal(e, mu, 1.0 / root, _shares(v, u))
    half = 0.5 * mu
    return (
        f[0],
        f[1],
        f[2],
        f[3] + f[4] * half,
        f[4] * root,
        f[5],
        f[6],
        f[7] + f[8] * half,
        f[8] * root,
        f[9],
        f[10] + f[11] * half,
        f[11] * root,
        f[12] + 2.0 * f[13] * half + f[14] * half * half + 0.5 * f[4] * half,
        (f[13] + f[14] * half) * root + 0.5 * f[4] * root,
        f[14] * root * root,
    )


@jit
def _rayleigh(e: Any, v: Any, u: Any) -> Fifteen:
    """Hajargasht (2015): f(u) = u/s² exp(−u²/2s²) with s = σu."""
    big_v, big_u = np.exp(v), np.exp(u)
    s = big_v + big_u
    r = big_v / s
    q = 1.0 - r
    c = r * q
    square = e * e / s
    b = np.sqrt(big_u / (s * big_v))
    z = -e * b
    log_g, h, p = linear_loss(z)
    curve = p - h * h
    bv, bu = -0.5 * (1.0 + r), 0.5 * r
    z_v, z_u = z * bv, z * bu
    z_vv, z_uu, z_vu = z * (bv * bv - 0.5 * c), z * (bu * bu - 0.5 * c), z * (bv * bu + 0.5 * c)
    zero = 0.0 * e
    return (
        0.5 * v - np.log(s) - 0.5 * square + log_g,
        -e / s - h * b,
        0.5 - r + 0.5 * r * square + h * z_v,
        -q + 0.5 * q * square + h * z_u,
        zero,
        -1.0 / s + curve * b * b,
        e * r / s - curve * b * z_v - h * b * bv,
        e * q / s - curve * b * z_u - h * b * bu,
        zero,
        -c - 0.5 * square * (r * r - c) + curve * z_v * z_v + h * z_vv,
        c - square * c + curve * z_v * z_u + h * z_vu,
        zero,
        -c - 0.5 * square * (q * q - c) + curve * z_u * z_u + h * z_uu,
        zero,
        zero,
    )


@jit
def _uniform(e: Any, v: Any, u: Any) -> Fifteen:
    """Li (1996): u uniform on [0, √12 σu], so that σu is its standard deviation."""
    root_v = np.exp(0.5 * v)
    width = _SQRT_12 * np.exp(0.5 * u) / root_v
    low = e / root_v
    high = low + width
    # Both limits are mirrored into the lower tail, where differences of Φ keep their digits.
    mirrored = low + high > 0.0
    top, bottom = select(mirrored, -low, high), select(mirrored, -high, low)
    log_top, _ = log_ndtr_mills(top)
    log_bottom, _ = log_ndtr_mills(bottom)
    log_mass = log_top + np.log(-np.expm1(log_bottom - log_top))
    f = np.exp(-0.5 * high * high - HALF_LOG_2PI - log_mass)
    g = np.exp(-0.5 * low * low - HALF_LOG_2PI - log_mass)
    # d = f(high) − g(low) is the derivative with respect to a common shift of both limits.
    d = f - g
    hh = -high * f - f * f
    ll = low * g - g * g
    hl = f * g
    # high = (e + θ)/σv, low = e/σv: ∂/∂v scales both by −1/2, ∂/∂u moves high by width/2.
    hv, lv, hu = -0.5 * high, -0.5 * low, 0.5 * width
    zero = 0.0 * e
    i = 1.0 / root_v
    return (
        log_mass - 0.5 * u - math.log(_SQRT_12),
        d * i,
        f * hv - g * lv,
        f * hu - 0.5,
        zero,
        (hh + ll + 2.0 * hl) * i * i,
        ((hh + hl) * hv + (ll + hl) * lv - 0.5 * d) * i,
        (hh + hl) * hu * i,
        zero,
        hh * hv * hv + 2.0 * hl * hv * lv + ll * lv * lv - 0.5 * (f * hv - g * lv),
        (hh * hv + hl * lv) * hu - 0.5 * f * hu,
        zero,
        hh * hu * hu + 0.5 * f * hu,
        zero,
        zero,
    )


@jit
def _two_exponentials(e: Any, v: Any, u: Any, log_a: Any, log_b: Any, shift: Any) -> tuple[Any, Any, Fifteen, Fifteen]:
    """Shares of the two terms in a·Exp(σu) − b·Exp(σu e^(−shift/2)), with the derivatives of each term."""
    i_v, i_u = np.exp(-0.5 * v), np.exp(-0.5 * u)
    f = _exponential(e, u, i_v, i_u)
    g = _exponential(e, u - shift, i_v, i_u * np.exp(0.5 * shift))
    log_ratio = log_b + g[0] - log_a - f[0]
    # The difference is a density, so the ratio is below one but for rounding deep in the upper tail.
    share = 1.0 / -np.expm1(np.minimum(log_ratio, -1e-14))
    return share, share - 1.0, f, g


@jit
def _difference(p: Any, n: Any, f: Fifteen, g: Fifteen, base: Any) -> Fifteen:
    """Derivatives of log(a·exp f − b·exp g) from those of f and g with shares p and n, p − n = 1."""
    e, v, u = p * f[1] - n * g[1], p * f[2] - n * g[2], p * f[3] - n * g[3]
    zero = 0.0 * e
    return (
        base + f[0] - np.log(p),
        e,
        v,
        u,
        zero,
        p * (f[5] + f[1] * f[1]) - n * (g[5] + g[1] * g[1]) - e * e,
        p * (f[6] + f[1] * f[2]) - n * (g[6] + g[1] * g[2]) - e * v,
        p * (f[7] + f[1] * f[3]) - n * (g[7] + g[1] * g[3]) - e * u,
        zero,
        p * (f[9] + f[2] * f[2]) - n * (g[9] + g[2] * g[2]) - v * v,
        p * (f[10] + f[2] * f[3]) - n * (g[10] + g[2] * g[3]) - v * u,
        zero,
        p * (f[12] + f[3] * f[3]) - n * (g[12] + g[3] * g[3]) - u * u,
        zero,
        zero,
    )


@jit
def _generalised_exponential(e: Any, v: Any, u: Any) -> Fifteen:
    """Papadopoulos (2021): f(u) = (2/s) e^(−u/s) (1 − e^(−u/s)) with s = σu."""
    zero = 0.0 * e
    p, n, f, g = _two_exponentials(e, v, u, zero + _LOG_2, zero, zero + 2.0 * _LOG_2)
    return _difference(p, n, f, g, zero + _LOG_2)


@jit
def _skewed_laplace(e: Any, v: Any, u: Any, m: Any) -> Fifteen:
    """Wang (2012): f(u) = (1+l)/(s(2l+1)) (2e^(−u/s) − e^(−(1+l)u/s)), s = σu and m = ln l."""
    shape = np.exp(m)
    one, two = 1.0 + shape, 1.0 + 2.0 * shape
    log_a, log_b = _LOG_2 + np.log(one) - np.log(two), -np.log(two)
    shift = 2.0 * np.log(one)
    p, n, f, g = _two_exponentials(e, v, u, log_a, log_b, shift)
    k = _difference(p, n, f, g, log_a)
    # First and second derivatives by m of log a, log b and of the second term's head u − shift.
    t = shape / one
    t2 = shape / (one * one)
    w, w2 = 2.0 * shape / two, 2.0 * shape / (two * two)
    a1, a2, b1, b2 = t - w, t2 - w2, -w, -w2
    g_m = b1 - 2.0 * t * g[3]
    g_mm = b2 - 2.0 * t2 * g[3] + 4.0 * t * t * g[12]
    d = p * a1 - n * g_m
    return (
        k[0],
        k[1],
        k[2],
        k[3],
        d,
        k[5],
        k[6],
        k[7],
        p * a1 * f[1] - n * (g_m * g[1] - 2.0 * t * g[7]) - d * k[1],
        k[9],
        k[10],
        p * a1 * f[2] - n * (g_m * g[2] - 2.0 * t * g[10]) - d * k[2],
        k[12],
        p * a1 * f[3] - n * (g_m * g[3] - 2.0 * t * g[12]) - d * k[3],
        p * (a2 + a1 * a1) - n * (g_mm + g_m * g_m) - d * d,
    )


def composed(code: int, e: Any, v: Any, u: Any, m: Any) -> Fifteen:
    """Return the fifteen numbers of the closed-form distribution with this code."""
    if code == HALF_NORMAL:
        return _half_normal(e, _shares(v, u))
    if code == EXPONENTIAL:
        return _exponential(e, u, np.exp(-0.5 * v), np.exp(-0.5 * u))
    if code == TRUNCATED_NORMAL:
        return _truncated_normal(e, m, np.exp(-0.5 * u), _shares(v, u))
    if code == TRUNCATED_RATIO:
        return _truncated_ratio(e, v, u, m)
    if code == RAYLEIGH:
        return _rayleigh(e, v, u)
    if code == UNIFORM:
        return _uniform(e, v, u)
    if code == GENERALISED_EXPONENTIAL:
        return _generalised_exponential(e, v, u)
    return _skewed_laplace(e, v, u, m)


@jit
def _store(numbers: Fifteen, out: Any, i: int) -> None:
    for j in range(15):
        out[j, i] = numbers[j]


@jit
def _composed_rows(code: int, e: Any, v: Any, u: Any, m: Any, out: Any) -> None:
    """Fill the rows' numbers; the branch stands outside the loops, which makes them twice as fast.

    Heads of length one hold for every row. What follows from the variances is kept while they stay the same.
    """
    a, b, c = 1 if len(v) > 1 else 0, 1 if len(u) > 1 else 0, 1 if len(m) > 1 else 0
    x, y = v[0], u[0]
    shares, i_v, i_u = _shares(x, y), math.exp(-0.5 * x), math.exp(-0.5 * y)
    if code == HALF_NORMAL:
        for i in range(len(e)):
            if v[i * a] != x or u[i * b] != y:
                x, y = v[i * a], u[i * b]
                shares = _shares(x, y)
            _store(_half_normal(e[i], shares), out, i)
    elif code == EXPONENTIAL:
        for i in range(len(e)):
            if v[i * a] != x or u[i * b] != y:
                x, y = v[i * a], u[i * b]
                i_v, i_u = math.exp(-0.5 * x), math.exp(-0.5 * y)
            _store(_exponential(e[i], y, i_v, i_u), out, i)
    elif code == TRUNCATED_NORMAL:
        for i in range(len(e)):
            if v[i * a] != x or u[i * b] != y:
                x, y = v[i * a], u[i * b]
                shares, i_u = _shares(x, y), math.exp(-0.5 * y)
            _store(_truncated_normal(e[i], m[i * c], i_u, shares), out, i)
    elif code == TRUNCATED_RATIO:
        for i in range(len(e)):
            _store(_truncated_ratio(e[i], v[i * a], u[i * b], m[i * c]), out, i)
    elif code == RAYLEIGH:
        for i in range(len(e)):
            _store(_rayleigh(e[i], v[i * a], u[i * b]), out, i)
    elif code == UNIFORM:
        for i in range(len(e)):
            _store(_uniform(e[i], v[i * a], u[i * b]), out, i)
    elif code == GENERALISED_EXPONENTIAL:
        for i in range(len(e)):
            _store(_generalised_exponential(e[i], v[i * a], u[i * b]), out, i)
    else:
        for i in range(len(e)):
            _store(_skewed_laplace(e[i], v[i * a], u[i * b], m[i * c]), out, i)


@jit
def half_normal_sums(e: Any, v: float, u: float, rows: Any, totals: Any) -> None:
    """Fill what a half-normal with the same variances in all rows needs for gradient and Hessian.

    ``rows`` (4, n): derivatives by e, and of that by e, v and u; ``totals`` (6,): sums of the log-density and of its
    derivatives v, u, vv, vu and uu.
    """
    shares = _shares(v, u)
    value = first_v = first_u = vv = vu = uu = 0.0
    for i in range(len(e)):
        f = _half_normal(e[i], shares)
        rows[0, i], rows[1, i], rows[2, i], rows[3, i] = f[1], f[5], f[6], f[7]
        value += f[0]
        first_v += f[2]
        first_u += f[3]
        vv += f[9]
        vu += f[10]
        uu += f[12]
    totals[0], totals[1], totals[2], totals[3], totals[4], totals[5] = value, first_v, first_u, vv, vu, uu


@jit
def half_normal_value(e: Any, v: float, u: float) -> float:
    """Sum of the log-densities of a half-normal with the same variances in all rows; the compiler drops the rest."""
    shares = _shares(v, u)
    value = 0.0
    for i in range(len(e)):
        value += _half_normal(e[i], shares)[0]
    return value


def constant(value: float, n: int) -> npt.NDArray[np.float64]:
    """Return a head that is the same in n rows, without laying it out: the formulas then take it once."""
    head: npt.NDArray[np.float64] = np.ndarray((n,), np.float64, np.array([value], dtype=np.float64), strides=(0,))
    head.flags.writeable = False
    return head


def short(head: Any) -> Any:
    """Return a head as the compiled loop takes it: one number where all rows share it, array (1,) or (n,)."""
    return np.array(head[:1]) if head.strides[0] == 0 and len(head) else np.ascontiguousarray(head)


def taken(head: Any, rows: Any) -> Any:
    """Return a head at some rows; one that all rows share stays so."""
    return constant(head[0], len(rows)) if len(head) and head.strides[0] == 0 else head[rows]


def spread(head: Any, count: int) -> Any:
    """Return a head with every row ``count`` times in a row; one that all rows share stays so."""
    return constant(head[0], count * len(head)) if len(head) and head.strides[0] == 0 else np.repeat(head, count)


def composed_array(code: int, e: Any, v: Any, u: Any, m: Any) -> Any:
    """Return an array (15, n) for heads of shape (n,) each; those from :func:`constant` cost least."""
    out = np.empty((WIDTH, len(e)))
    if COMPILED and len(e):
        _composed_rows(code, np.ascontiguousarray(e), short(v), short(u), short(m), out)
    else:
        v, u, m = short(v), short(u), short(m)
        with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
            for row, values in zip(out, composed(code, e, v, u, m), strict=True):
                row[:] = values
    return out

"""Composed densities that have no closed form: one-dimensional integrals over u, exactly.

The density of e = v − u is ∫ f(u) φ((e + u)/σv)/σv du. With u = exp(w) and a further change of variable
t = w + u/(2σ̃), which runs like ln u near zero and like u/2σ̃ where the normal factor varies, the integrand is smooth
and decays at both ends; the trapezoidal rule then converges exponentially (Trefethen & Weideman 2014). Derivatives
are posterior moments of the complete-data score and Hessian (Fisher, Louis 1982), from the same nodes.

No simulation: Halton draws would leave errors of 0.1 to 0.5 in the log-likelihood that move with their number.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bench.jit import jit
from bench.stochastic.likelihood.densities import WIDTH
from bench.stochastic.likelihood.special import HALF_LOG_2PI
from bench.typing import FloatArray

GAMMA, WEIBULL, LOGNORMAL = 0, 1, 2
_CODES = {"gamma": GAMMA, "weibull": WEIBULL, "lognormal": LOGNORMAL}

#: The integrand is followed until it has fallen by exp(−_DROP) below its largest value.
_DROP = 34.0
#: Step of the trapezoidal rule in t; halving it changes log-densities by less than 1e-12.
_STEP = 0.3
_MAX_NODES = 4000

#: Distance of an error from zero, in σv, beyond which the integrand is looked for at its own place.
_SHARP = 100.0


@jit
def _log_prior(code: int, w: float, u: float, m: float) -> tuple[float, float, float, float, float, float]:
    """Log-density of w = ln u (head u = ln of the squared scale) and its derivatives by u and m.

    Returns value, d/du, d/dm, d²/du², d²/dudm, d²/dm².
    """
    if code == LOGNORMAL:
        # ln u ~ N(m, exp(u)).
        inverse = math.exp(-u)
        gap = w - m
        square = gap * gap * inverse
        return (
            -HALF_LOG_2PI - 0.5 * u - 0.5 * square,
            0.5 * (square - 1.0),
            gap * inverse,
            -0.5 * square,
            -gap * inverse,
            -inverse,
        )
    shape = math.exp(m)
    x = w - 0.5 * u
    if code == GAMMA:
        scaled = math.exp(x)
        # With P = e^m: value P x − e^x − ln Γ(P).
        psi, trigamma = _polygamma(shape)
        slope = x - psi
        return (
            shape * x - scaled - math.lgamma(shape),
            0.5 * (scaled - shape),
            shape * slope,
            -0.25 * scaled,
            -0.5 * shape,
            shape * slope - shape * shape * trigamma,
        )
    # Weibull with k = e^m: value m + k x − e^(k x).
    kx = shape * x
    power = math.exp(min(kx, 700.0))
    rest = 1.0 - power
    return (
        m + kx - power,
        -0.5 * shape * rest,
        1.0 + kx * rest,
        -0.25 * shape * shape * power,
        -0.5 * shape * (rest - kx * power),
        kx * rest - kx * kx * power,
    )


@jit
def _polygamma(x: float) -> tuple[float, float]:
    """Digamma and trigamma of a positive number: recurrence up to 12, then the asymptotic series."""
    psi, trigamma = 0.0, 0.0
    while x < 12.0:
        psi -= 1.0 / x
        trigamma += 1.0 / (x * x)
        x += 1.0
    i = 1.0 / x
    j = i * i
    psi += math.log(x) - 0.5 * i - j * (1.0 / 12 - j * (1.0 / 120 - j * (1.0 / 252 - j * (1.0 / 240 - j / 132))))
    trigamma += i * (1.0 + 0.5 * i + j * (1.0 / 6 - j * (1.0 / 30 - j * (1.0 / 42 - j * (1.0 / 30 - j * 5.0 / 66)))))
    return psi, trigamma


@jit
def _log_joint(code: int, w: float, e: float, half_precision: float, u: float, m: float) -> float:
    x = e + math.exp(w)
    return _log_prior(code, w, u, m)[0] - half_precision * x * x


@jit
def _lognormal_limits(e: float, sigma: float, spread: float, m: float) -> tuple[float, float]:
    """Lower and upper w for ln u ~ N(m, spread²): nine spreads left of both peaks, nine widths right of the last."""
    left = m if e >= 0.0 else min(m, math.log(-e))
    right = math.log(-e + 9.0 * sigma) if e < 0.0 else m
    if e >= 0.0 or m > math.log(-e):
        # Right of ln(−e) both factors are log-concave: bisect the slope (m − w)/spread² − (e + u)u/σv² for the peak.
        below, above = (m - 60.0 * spread - 60.0 if e >= 0.0 else math.log(-e)), m
        for _ in range(60):
            w = 0.5 * (below + above)
            big = math.exp(w)
            if (m - w) / (spread * spread) > (e + big) * big / (sigma * sigma):
                below = w
            else:
                above = w
        big = math.exp(below)
        width = 1.0 / math.sqrt(1.0 / (spread * spread) + max(e + 2.0 * big, 0.0) * big / (sigma * sigma))
        left, right = min(left, below), below + 9.0 * width
    return left - 9.0 * spread, right


@jit
def _limits(code: int, e: float, v: float, u: float, m: float) -> tuple[float, float]:
    """Lower and upper w beyond which the integrand cannot matter."""
    sigma = math.exp(0.5 * v)
    if code == LOGNORMAL:
        return _lognormal_limits(e, sigma, math.exp(0.5 * u), m)
    shape = math.exp(m)
    root = math.exp(0.5 * u)
    reach = _DROP ** (1.0 / shape) if code == WEIBULL else _DROP + 3.0 * shape
    prior_high = math.log(root) + min(math.log(reach), 600.0)
    tail = _DROP / shape + 2.0
    low = math.log(root) - tail
    # The normal factor allows u up to −e and nine σv more, further where the prior rises steeply.
    reach_normal = max(-e, 0.0) + (9.0 + 2.0 * math.sqrt(shape)) * sigma
    high = math.log(reach_normal)
    if e > 0.0:
        # It falls like exp(−e u/σv²) there.
        high = min(min(high, prior_high), math.log((_DROP + 3.0 * shape) * sigma * sigma / e))
        low = min(low, high - tail - 4.0)
    return low, max(high, low + 1.0)


@jit
def _range(code: int, e: float, v: float, u: float, m: float, scale: float) -> tuple[float, float, float]:
    """Where the integrand in t is above exp(−_DROP) of its maximum: lower and upper t, and the maximum's log."""
    half_precision = 0.5 * math.exp(-v)
    low, high = _limits(code, e, v, u, m)
    first = low + math.exp(low) / (2.0 * scale)
    last = high + math.exp(high) / (2.0 * scale)
    count = 72
    step_t, step_w = (last - first) / count, (high - low) / count
    # One scan even in t and one even in w: a peak that one steps over stands wide in the other.
    top = -1e308
    values = np.empty(2 * count + 2)
    places = np.empty(2 * count + 2)
    w = low
    for k in range(count + 1):
        places[k] = first + step_t * k
        w = _solve_t(places[k], w, scale)
        values[k] = _log_joint(code, w, e, half_precision, u, m) - math.log1p(math.exp(w) / (2.0 * scale))
        x = low + step_w * k
        j = count + 1 + k
        places[j] = x + math.exp(x) / (2.0 * scale)
        values[j] = _log_joint(code, x, e, half_precision, u, m) - math.log1p(math.exp(x) / (2.0 * scale))
        top = max(top, max(values[k], values[j]))
    begin, end = last, first
    for scan in range(2):
        offset = scan * (count + 1)
        for k in range(count + 1):
            if values[offset + k] > top - _DROP:
                begin = min(begin, places[offset + max(k - 1, 0)])
                end = max(end, places[offset + min(k + 1, count)])
    sigma = 1.0 / math.sqrt(2.0 * half_precision)
    if -e > _SHARP * sigma:
        # So little noise that both scans may step over u = −e: where the prior is nearly level over one σv, nothing
        # is further than twelve of them away.
        here = _log_prior(code, math.log(-e), u, m)[0]
        if abs(_log_prior(code, math.log(-e + sigma), u, m)[0] - here) < 3.0:
            return _peak(code, e, sigma, u, m, scale)
    return begin, end, top


@jit
def _peak(code: int, e: float, sigma: float, u: float, m: float, scale: float) -> tuple[float, float, float]:
    """The same as :func:`_range` for a normal factor so narrow that it alone says where the integrand is."""
    half_precision = 0.5 / (sigma * sigma)
    values, places = np.empty(49), np.empty(49)
    top = -1e308
    for k in range(49):
        big = -e + 0.5 * (k - 24) * sigma
        w = math.log(big)
        places[k] = w + big / (2.0 * scale)
        values[k] = _log_joint(code, w, e, half_precision, u, m) - math.log1p(big / (2.0 * scale))
        top = max(top, values[k])
    begin, end = places[48], places[0]
    for k in range(49):
        if values[k] > top - _DROP:
            begin, end = min(begin, places[max(k - 1, 0)]), max(end, places[min(k + 1, 48)])
    return begin, end, top


@jit
def _solve_t(t: float, w: float, scale: float) -> float:
    """Invert t = w + e^w/(2 scale) by Newton from a nearby w."""
    # For large t the linear part rules: a start in logs keeps Newton from overflowing.
    w = min(max(w, t - 1.0), 700.0) if t < 1.0 else w
    if t > 1.0:
        w = min(t, math.log(2.0 * scale * t) if 2.0 * scale * t > 1e-300 else t)
    for _ in range(60):
        x = math.exp(w) / (2.0 * scale)
        change = (w + x - t) / (1.0 + x)
        w -= change
        if abs(change) < 1e-14 * (1.0 + abs(w)):
            break
    return w


@jit
def _integrate(code: int, e: float, v: float, u: float, m: float, out: Any) -> None:
    """Write the fifteen numbers of one observation."""
    sigma = math.exp(0.5 * v)
    scale = sigma if code == LOGNORMAL else min(sigma, math.exp(0.5 * u))
    if code == LOGNORMAL:
        width = min(math.exp(0.5 * u), 1.0)
    else:
        # A large shape makes the prior of w narrow: like 1/k for the Weibull, 1/√P for the gamma.
        shape = math.exp(m)
        width = 1.0 / max(1.0, shape if code == WEIBULL else math.sqrt(shape))
    begin, end, top = _range(code, e, v, u, m, scale)
    count = int(min((end - begin) / (_STEP * width), 1.0 * _MAX_NODES)) + 2
    step = (end - begin) / (count - 1)
    precision = math.exp(-v)
    total = 0.0
    mean, square, curve = np.zeros(4), np.zeros((4, 4)), np.zeros(10)
    score = np.zeros(4)
    w = begin
    for k in range(count):
        w = _solve_t(begin + step * k, w, scale)
        big = math.exp(w)
        value, p_u, p_m, p_uu, p_um, p_mm = _log_prior(code, w, u, m)
        x = e + big
        z2 = x * x * precision
        log_weight = value - 0.5 * z2 - top
        if log_weight < -45.0:
            continue
        weight = math.exp(log_weight) / (1.0 + big / (2.0 * scale))
        if k == 0 or k == count - 1:
            weight *= 0.5
        total += weight
        score[0], score[1], score[2], score[3] = -x * precision, 0.5 * (z2 - 1.0), p_u, p_m
        for a in range(4):
            mean[a] += weight * score[a]
            for b in range(a, 4):
                square[a, b] += weight * score[a] * score[b]
        curve[0] -= weight * precision
        curve[1] += weight * x * precision
        curve[4] -= 0.5 * weight * z2
        curve[7] += weight * p_uu
        curve[8] += weight * p_um
        curve[9] += weight * p_mm
    out[0] = top + math.log(total * step) - HALF_LOG_2PI - 0.5 * v
    j = 0
    for a in range(4):
        out[1 + a] = mean[a] / total
    for a in range(4):
        for b in range(a, 4):
            out[5 + j] = (curve[j] + square[a, b]) / total - out[1 + a] * out[1 + b]
            j += 1


@jit
def _integrate_rows(code: int, e: Any, v: Any, u: Any, m: Any, out: Any) -> None:
    for i in range(len(e)):
        _integrate(code, e[i], v[i], u[i], m[i], out[i])


def composed_array(name: str, e: FloatArray, v: FloatArray, u: FloatArray, m: FloatArray) -> FloatArray:
    """Return the fifteen numbers at every row, array (15, n), for ``gamma``, ``weibull`` or ``lognormal``.

    Without a compiler the same loop runs in Python: some milliseconds per row and evaluation.
    """
    out = np.full((len(e), WIDTH), np.nan)
    inside = (np.abs(v) < 120.0) & (np.abs(u) < 120.0) & (np.abs(m) < 40.0)
    if not inside.all() or not np.isfinite(e).all():
        return out.T
    e, v, u, m = (np.ascontiguousarray(head) for head in (e, v, u, m))
    _integrate_rows(_CODES[name], e, v, u, m, out)
    return np.ascontiguousarray(out.T)

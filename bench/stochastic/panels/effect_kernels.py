"""Compiled sums over the quadrature nodes of unit effects, one unit at a time.

They do what :mod:`bench.stochastic.panels.panel_effects` does on whole arrays, for distributions in closed form: a
unit's numbers stay in the processor's nearest cache, and what its rows share is computed once.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bench.jit import inlined, jit
from bench.stochastic.likelihood.densities import _composed_rows, _half_normal, _shares
from bench.stochastic.likelihood.special import HALF_LOG_2PI

#: Newton steps to a mode, doublings to the end of an integrand, and how far it has fallen there.
_STEPS, _DOUBLINGS, _FALL = 80, 40, 30.0


@jit
def _effect(alpha: Any, persistent: Any, tail: Any) -> Any:
    """Log-density of an effect, its two derivatives by α, the first by the tail's coefficients and the second."""
    if persistent:
        f = _half_normal(alpha, _shares(tail[0], tail[1]))
        return f[0], f[1], f[5], f[2], f[3], f[9], f[10], f[12]
    inverse = math.exp(-min(max(tail[0], -300.0), 300.0))
    square = alpha * alpha * inverse
    value = -HALF_LOG_2PI - 0.5 * tail[0] - 0.5 * square
    return value, -alpha * inverse, -inverse, 0.5 * (square - 1.0), 0.0, -0.5 * square, 0.0, 0.0


@jit
def _longest(edges: Any) -> Any:
    """Most rows of any unit; a plain loop, because numba takes three seconds to compile ``np.diff``."""
    most = 0
    for i in range(len(edges) - 1):
        most = max(most, edges[i + 1] - edges[i])
    return most


@inlined
def _unit(code: Any, e: Any, v: Any, u: Any, m: Any, first: Any, last: Any, alpha: Any, error: Any, out: Any) -> None:
    """Fill the fifteen numbers of a unit's rows at one effect."""
    count = last - first
    for t in range(count):
        error[t] = e[first + t] - alpha
    _composed_rows(
        code,
        error[:count],
        v[first:last] if len(v) > 1 else v,
        u[first:last] if len(u) > 1 else u,
        m[first:last] if len(m) > 1 else m,
        out,
    )


@jit
def unit_modes(
    code: int, e: Any, v: Any, u: Any, m: Any, edges: Any, persistent: bool, tail: Any, alpha: Any, width: Any
) -> None:
    """Move each unit's ``alpha`` to the mode of its integrand by Newton within a bracket; ``width`` is that there."""
    rows = _longest(edges)
    error, out = np.empty(rows), np.empty((15, rows))
    for i in range(len(alpha)):
        first, last = edges[i], edges[i + 1]
        low, high, x = -np.inf, np.inf, alpha[i]
        for _ in range(_STEPS):
            _unit(code, e, v, u, m, first, last, x, error, out)
            outer = _effect(x, persistent, tail)
            slope, curve = outer[1], outer[2]
            for t in range(last - first):
                slope -= out[1, t]
                curve += out[5, t]
            curve = min(curve, -1e-12)
            width[i] = 1.0 / math.sqrt(-curve)
            step = -slope / curve
            if abs(step) < 1e-6 * width[i]:
                break
            # The slope falls, so its sign brackets the mode; a step beyond the bracket is replaced by its middle.
            if slope > 0.0:
                low = x
            else:
                high = x
            new = x + step
            if (new <= low or new >= high) and np.isfinite(low + high):
                new = 0.5 * (low + high)
            x = new
        alpha[i] = x


@jit
def unit_reach(
    code: int,
    e: Any,
    v: Any,
    u: Any,
    m: Any,
    edges: Any,
    persistent: bool,
    tail: Any,
    mode: Any,
    width: Any,
    out_reach: Any,
) -> None:
    """Find where each unit's integrand has fallen by exp(−30) in the direction of ``width``."""
    rows = _longest(edges)
    error, out = np.empty(rows), np.empty((15, rows))
    for i in range(len(mode)):
        first, last = edges[i], edges[i + 1]
        top = _height(code, e, v, u, m, first, last, mode[i], persistent, tail, error, out) - _FALL
        factor = 8.0
        for _ in range(_DOUBLINGS):
            there = mode[i] + factor * width[i]
            if not _height(code, e, v, u, m, first, last, there, persistent, tail, error, out) > top:
                break
            factor *= 2.0
        # Half of what the last doubling added is taken back where it was not needed.
        for share in (0.5, 0.75):
            there = mode[i] + share * factor * width[i]
            if _height(code, e, v, u, m, first, last, there, persistent, tail, error, out) < top:
                factor *= share
        out_reach[i] = mode[i] + factor * width[i]


@inlined
def _height(
    code: Any,
    e: Any,
    v: Any,
    u: Any,
    m: Any,
    first: Any,
    last: Any,
    alpha: Any,
    persistent: Any,
    tail: Any,
    error: Any,
    out: Any,
) -> Any:
    _unit(code, e, v, u, m, first, last, alpha, error, out)
    total = _effect(alpha, persistent, tail)[0]
    for t in range(last - first):
        total += out[0, t]
    return total


@jit
def node_sums(
    code: int,
    e: Any,
    v: Any,
    u: Any,
    m: Any,
    edges: Any,
    persistent: bool,
    tail: Any,
    alpha: Any,
    log_weights: Any,
    designs: Any,
    units: Any,
    whole: bool,
    value: Any,
    weight: Any,
    mean: Any,
    root: Any,
    curve: Any,
    outer: Any,
) -> None:
    """Fill log-likelihoods and posterior moments of the units ``units[0]`` to ``units[1]``.

    ``value`` (N,), ``weight`` (N, Q), ``mean`` (N, p) scores, ``root`` (units·Q, p) whose cross product is the scores'
    posterior covariance, ``curve`` (n, 10) posterior means of the rows' second derivatives, ``outer`` (3,) those of the
    effect, summed. With ``whole`` false only value and weight.
    """
    nodes, heads = alpha.shape[1], len(designs)
    rows = _longest(edges)
    numbers, error = np.empty((rows, 15, nodes)), np.empty(nodes)
    effects, score = np.empty((8, nodes)), np.empty((mean.shape[1], nodes))
    at = 0
    for i in range(units[0], units[1]):
        first, last = edges[i], edges[i + 1]
        top = -np.inf
        for q in range(nodes):
            outer_q = _effect(alpha[i, q], persistent, tail)
            effects[0, q], effects[1, q], effects[2, q] = outer_q[0], outer_q[3], outer_q[4]
            effects[3, q], effects[4, q], effects[5, q] = outer_q[5], outer_q[6], outer_q[7]
            weight[i, q] = outer_q[0] + log_weights[i, q]
        for row in range(first, last):
            for q in range(nodes):
                error[q] = e[row] - alpha[i, q]
            v1 = v[row : row + 1] if len(v) > 1 else v
            u1 = u[row : row + 1] if len(u) > 1 else u
            m1 = m[row : row + 1] if len(m) > 1 else m
            _composed_rows(code, error, v1, u1, m1, numbers[row - first])
            for q in range(nodes):
                weight[i, q] += numbers[row - first, 0, q]
        for q in range(nodes):
            top = max(top, weight[i, q])
        total = 0.0
        for q in range(nodes):
            weight[i, q] = math.exp(weight[i, q] - top)
            total += weight[i, q]
        value[i] = top + math.log(total)
        for q in range(nodes):
            weight[i, q] /= total
        if not whole:
            continue
        score[:] = 0.0
        place = 0
        for head in range(heads):
            design = designs[head]
            for row in range(first, last):
                for j in range(design.shape[1]):
                    factor = design[row, j]
                    for q in range(nodes):
                        score[place + j, q] += factor * numbers[row - first, 1 + head, q]
            place += design.shape[1]
        for j in range(place, mean.shape[1]):
            for q in range(nodes):
                score[j, q] = effects[1 + j - place, q]
        for j in range(mean.shape[1]):
            mean[i, j] = 0.0
            for q in range(nodes):
                mean[i, j] += weight[i, q] * score[j, q]
        for q in range(nodes):
            share = math.sqrt(weight[i, q])
            for j in range(mean.shape[1]):
                root[at, j] = share * (score[j, q] - mean[i, j])
            at += 1
            for j in range(3):
                outer[j] += weight[i, q] * effects[3 + j, q]
        for row in range(first, last):
            for j in range(10):
                curve[row, j] = 0.0
            for q in range(nodes):
                for j in range(10):
                    curve[row, j] += weight[i, q] * numbers[row - first, 5 + j, q]

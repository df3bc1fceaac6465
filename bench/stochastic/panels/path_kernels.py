"""Compiled sums by unit of what a path of inefficiency needs."""

from __future__ import annotations

from typing import Any

from bench.jit import jit


@jit
def path_sums(
    e: Any,
    design: Any,
    g: Any,
    g_t: Any,
    g_tt: Any,
    edges: Any,
    scalars: Any,
    x: Any,
    x_e: Any,
    x_t: Any,
    t: Any,
    tt: Any,
) -> None:
    """Fill sums over each unit's rows.

    ``scalars`` (N, 3): g², g e and e². ``x``, ``x_e`` (N, k): g x and e x. ``x_t`` (N, k, q): x g_t. ``t`` (N, 2, q):
    g g_t and e g_t. ``tt`` (N, 2, q, q): g_t g_t' + g g_tt and e g_tt.
    """
    k, q = design.shape[1], g_t.shape[1]
    for i in range(len(edges) - 1):
        scalars[i], x[i], x_e[i], x_t[i], t[i], tt[i] = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for row in range(edges[i], edges[i + 1]):
            own, error = g[row], e[row]
            scalars[i, 0] += own * own
            scalars[i, 1] += own * error
            scalars[i, 2] += error * error
            for j in range(k):
                x[i, j] += own * design[row, j]
                x_e[i, j] += error * design[row, j]
            for a in range(q):
                slope = g_t[row, a]
                t[i, 0, a] += own * slope
                t[i, 1, a] += error * slope
                for j in range(k):
                    x_t[i, j, a] += slope * design[row, j]
                for b in range(q):
                    tt[i, 0, a, b] += slope * g_t[row, b] + own * g_tt[row, a, b]
                    tt[i, 1, a, b] += error * g_tt[row, a, b]

"""The edges of a panel's likelihood: where a search is ended, and what is chosen when none ended inside.

A variance that vanishes is held there while the others climb on, so that an edge is reported with its own maximum.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.stochastic import search as searching
from bench.stochastic.distributions import Distribution
from bench.stochastic.newton import Maximum, maximise
from bench.stochastic.outcome import Fitted
from bench.stochastic.panel_effects import EffectsPanel
from bench.stochastic.panel_scaled import ScaledPanel
from bench.stochastic.search import Candidate
from bench.stochastic.standardised import Standardised

FloatArray = npt.NDArray[np.float64]

#: ln of a variance, relative to the residual's, below which a search ends: σv or σu, and a unit effect's.
VANISHING, VANISHING_EFFECT = -16.0, -8.0

#: Where it is then held: a ratio of standard deviations of 5e-5.
HELD = -20.0


def stop_at_edge(law: Distribution, slices: tuple[slice, ...], likelihood: Any) -> Callable[[FloatArray], bool]:
    """Return the test that ends a search at an edge."""

    def stop(theta: FloatArray) -> bool:
        return edge(law, slices, likelihood, theta)[0] != ""

    return stop


def edge(law: Distribution, slices: tuple[slice, ...], likelihood: Any, theta: FloatArray) -> tuple[str, int]:
    """Return the name of the boundary a point has reached (empty inside), and the coefficient that vanishes there."""
    if theta[slices[1].start] < VANISHING:
        return "sigma_v = 0", slices[1].start
    if theta[slices[2].start] < VANISHING and not law.free_of_scale:
        return "sigma_u = 0", slices[2].start
    if isinstance(likelihood, EffectsPanel):
        tail = slices[-1]
        if theta[tail.start] < VANISHING_EFFECT:
            return "sigma_w = 0", tail.start
        if likelihood.persistent and theta[tail.start + 1] < VANISHING_EFFECT:
            return "sigma_h = 0", tail.start + 1
    if law.has_location:
        u, m = float(theta[slices[2].start]), float(theta[slices[3].start])
        if law.location in ("mean", "ratio"):
            ratio = m if law.location == "ratio" else m * math.exp(-0.5 * u)
            return ("mu -> -infinity", -1) if ratio < searching.RATIO_LIMIT else ("", -1)
        return ("shape without bound", -1) if abs(m) > searching.SHAPE_LIMIT else ("", -1)
    return "", -1


def _hold(likelihood: Any, theta: FloatArray, index: int, value: float) -> Maximum:
    """Climb with one coefficient held at a value; gradient and Hessian of the result are of all coefficients."""
    free = np.arange(len(theta)) != index
    point = theta.copy()
    point[index] = value

    def evaluate(inner: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        point[free] = inner
        height, gradient, hessian = likelihood.evaluate(point)
        return height, gradient[free], hessian[np.ix_(free, free)]

    found = maximise(evaluate, theta[free], max_iterations=60)
    full = theta.copy()
    full[free], full[index] = found.x, value
    _, gradient, hessian = likelihood.evaluate(full)
    return replace(found, x=full, gradient=gradient, hessian=hessian)


def collect(model: Standardised, likelihood: Any, searches: list[tuple[str, Maximum]]) -> Fitted:
    """Choose the best search that ended inside; without one, the best edge."""
    candidates = []
    inside: list[tuple[Maximum, str]] = []
    edges: dict[str, tuple[Maximum, str, int]] = {}
    for label, found in searches:
        name, index = edge(model.distribution, likelihood.slices, likelihood, found.x)
        status = name or ("interior" if found.converged else "not converged")
        if status == "interior":
            inside.append((found, label))
        elif index >= 0 and name not in edges:
            held = _hold(likelihood, found.x, index, HELD)
            edges[name] = (held, label, index)
            found = held
        candidates.append(Candidate(label, found.value, status))
    limits: dict[str, tuple[float, FloatArray]] = {"sigma_u = 0": (model.ols.loglik, model.ols.beta)}
    if not isinstance(likelihood, ScaledPanel):
        # Without inefficiency these models are linear panel models, not pooled least squares.
        limits = {}
    for name, (held, _, _) in edges.items():
        if inside:
            limits[name] = (held.value, np.zeros(0))
    if inside:
        best, won = max(inside, key=lambda item: item[0].value)
        return Fitted(likelihood, best, won, tuple(candidates), limits)
    if edges:
        name = max(edges, key=lambda key: edges[key][0].value)
        best, won, index = edges[name]
        return Fitted(likelihood, best, won, tuple(candidates), limits, name, index)
    return Fitted(likelihood, None, "", tuple(candidates), limits)

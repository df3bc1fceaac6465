"""The edges of a panel's likelihood: where a search is ended, and what is chosen when none ended inside.

A variance that vanishes is held there while the others climb on, so that an edge is reported with its own maximum.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.stochastic.likelihood.standardised import Standardised
from bench.stochastic.panels.panel_effects import EffectsPanel
from bench.stochastic.panels.panel_scaled import ScaledPanel
from bench.stochastic.search import global_search as searching
from bench.stochastic.search.global_search import NO_INEFFICIENCY, NO_NOISE, STEP, Candidate
from bench.stochastic.search.newton import DECREMENT, Maximum, maximise
from bench.stochastic.search.outcome import Fitted
from bench.typing import FloatArray

#: ln of a variance, relative to the residual's, below which a search ends: σv or σu, and a unit effect's.
VANISHING, VANISHING_EFFECT = -16.0, -8.0

#: Where it is then held: a ratio of standard deviations of 5e-5. Noise gets there in steps.
HELD = -20.0
NOISE_STEPS = (-6.0, -9.0, -12.0, -15.0, -18.0, HELD)

#: ln of a path's lowest value over its highest below which inefficiency is in some periods only.
PATH_LIMIT = -12.0

#: Share of a path's highest level from which (and to one minus which) a period lies between the two ends.
SLOPE = 1e-4

#: Up to so many rows the edge without noise is computed beside an interior maximum; beyond, where the logarithm of the
#: noise has a larger standard error than UNSURE.
FEW, UNSURE = 300, 0.6

PATH = "path without bound"
NO_EFFECT, NO_PERSISTENT = "sigma_w = 0", "sigma_h = 0"


@dataclass(frozen=True, slots=True, eq=False)
class _Edge:
    """A maximum with variances held at nothing."""

    name: str
    maximum: Maximum
    parts: tuple[slice, ...]


def stop_at_edge(law: Distribution, slices: tuple[slice, ...], likelihood: Any) -> Callable[[FloatArray], bool]:
    """Return the test that ends a search at an edge."""

    def stop(theta: FloatArray) -> bool:
        return edge(law, slices, likelihood, theta)[0] != ""

    return stop


def edge(law: Distribution, slices: tuple[slice, ...], likelihood: Any, theta: FloatArray) -> tuple[str, slice | None]:
    """Return the name of the boundary a point has reached (empty inside), and the coefficients that vanish there."""
    v, u = _level(likelihood, theta, 1), _level(likelihood, theta, 2)
    if isinstance(likelihood, ScaledPanel):
        g = likelihood.factors(theta)[0]
        u += 2.0 * math.log(max(float(g.max()), 1e-300))
        if u >= VANISHING and not likelihood.logistic and float(g.min()) < math.exp(PATH_LIMIT) * float(g.max()):
            return PATH, None
        if u >= VANISHING and likelihood.logistic and likelihood.shift is None and _is_step(likelihood, g):
            return STEP, None
    if v < VANISHING:
        return NO_NOISE, slices[1]
    if u < VANISHING and not law.free_of_scale:
        return NO_INEFFICIENCY, slices[2]
    if isinstance(likelihood, EffectsPanel):
        tail = slices[-1]
        if theta[tail.start] < VANISHING_EFFECT:
            return NO_EFFECT, slice(tail.start, tail.start + 1)
        if likelihood.persistent and theta[tail.start + 1] < VANISHING_EFFECT:
            return NO_PERSISTENT, slice(tail.start + 1, tail.stop)
    if law.has_location:
        log, m = float(theta[slices[2].start]), float(theta[slices[3].start])
        if law.location in ("mean", "ratio"):
            ratio = m if law.location == "ratio" else m * math.exp(-0.5 * log)
            return ("mu -> -infinity" if ratio < searching.RATIO_LIMIT else ""), None
        return ("shape without bound" if abs(m) > searching.SHAPE_LIMIT else ""), None
    return "", None


def _is_step(likelihood: ScaledPanel, g: FloatArray) -> bool:
    """Whether fewer than two periods lie between the ends of a path that falls to nothing."""
    _, first = np.unique(likelihood.groups.times, return_index=True)
    level = g[first] / g.max()
    sloping = (level > SLOPE) & (level < 1.0 - SLOPE)
    return bool(level.min() <= SLOPE and np.count_nonzero(sloping) < 2)


def _level(likelihood: Any, theta: FloatArray, head: int) -> float:
    """Largest value of ln σv² (head 1) or ln σu² (head 2) over the rows or units."""
    part = likelihood.slices[head]
    if part.stop - part.start == 1:
        return float(theta[part.start])
    design = likelihood.u if isinstance(likelihood, ScaledPanel) else likelihood.designs[head]
    return float(np.max(design @ theta[part]))


def hold(
    likelihood: Any,
    theta: FloatArray,
    parts: tuple[slice, ...],
    steps: tuple[float, ...] = (HELD,),
    climbed: Any = None,
    decrement: float = DECREMENT,
) -> Maximum:
    """Climb with some heads held at each value in turn; gradient and Hessian of the result are of all coefficients.

    ``climbed`` is a cheaper likelihood on which to climb; the value is the likelihood's own.
    """
    uphill = likelihood if climbed is None else climbed
    free = np.ones(len(theta), dtype=bool)
    point = theta.copy()
    for part in parts:
        free[part] = False
        # Columns after the first have mean zero, so the first coefficient alone is a constant head.
        point[part] = 0.0

    def evaluate(inner: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        point[free] = inner
        height, gradient, hessian = uphill.evaluate(point)
        return height, gradient[free], hessian[np.ix_(free, free)]

    inner = theta[free]
    for value in steps:
        point[[part.start for part in parts]] = value
        enough = 1e-8 if value > HELD else decrement
        # On few nodes the last digits are noise, in which another step would only lose its way.
        found = maximise(evaluate, inner, max_iterations=60, decrement=enough, polish=climbed is None)
        inner = found.x
    full = point.copy()
    full[free] = found.x
    # A copy: the likelihood keeps what it last computed, which is the solution's.
    height, gradient, hessian = replace(likelihood).evaluate(full)
    return replace(found, x=full, value=height, gradient=gradient, hessian=hessian)


def _settle(law: Distribution, likelihood: Any, theta: FloatArray, name: str, part: slice) -> _Edge:
    """The maximum on an edge; on the corner, when a second variance vanishes there as well."""
    held = hold(likelihood, theta, (part,))
    inner = held.x.copy()
    inner[part.start] = 0.0
    second, other = edge(law, likelihood.slices, likelihood, inner)
    if other is None or other == part:
        return _Edge(name, held, (part,))
    return _Edge(" and ".join(sorted((name, second))), hold(likelihood, held.x, (part, other)), (part, other))


@dataclass(frozen=True, slots=True, eq=False)
class KnownEdge:
    """An edge of which a simpler model is the maximum.

    Attributes
    ----------
    name : str
    loglik : float
    theta : array (p,)
        Coefficients near it, with the vanished variance at any value.
    part : slice
        Coefficients of that variance.
    """

    name: str
    loglik: float
    theta: FloatArray
    part: slice


def collect(
    model: Standardised, likelihood: Any, searches: list[tuple[str, Maximum]], known: tuple[KnownEdge, ...] = ()
) -> Fitted:
    """Choose the best search that ended inside; without one, the best edge.

    Edges that are ``known`` are named with their log-likelihood whether or not a search met them.
    """
    candidates = []
    inside: list[tuple[Maximum, str]] = []
    edges: dict[str, tuple[_Edge, str]] = {}
    limits: dict[str, tuple[float, FloatArray]] = {}
    if isinstance(likelihood, ScaledPanel):
        # Without inefficiency the others are linear panel models, not pooled least squares.
        limits[NO_INEFFICIENCY] = (model.ols.loglik, model.ols.beta)
    for label, found in searches:
        name, part = edge(model.distribution, likelihood.slices, likelihood, found.x)
        status = name or ("interior" if found.converged else "not converged")
        if status == "interior":
            inside.append((found, label))
        elif part is not None and name not in edges:
            settled = _settle(model.distribution, likelihood, found.x, name, part)
            edges[name] = (settled, label)
            found, status = settled.maximum, settled.name
        elif name in (PATH, "shape without bound") and found.value > limits.get(name, (-math.inf,))[0]:
            limits[name] = (found.value, found.x)
        candidates.append(Candidate(label, found.value, status))
    if inside:
        best, won = max(inside, key=lambda item: item[0].value)
        limits |= {settled.name: (settled.maximum.value, np.zeros(0)) for settled, _ in edges.values()}
        limits |= {known_edge.name: (known_edge.loglik, np.zeros(0)) for known_edge in known}
        for name, held in _unmet(likelihood, best, {*edges, *limits}):
            limits[name] = (held.value, np.zeros(0))
        return Fitted(likelihood, best, won, tuple(candidates), limits)
    met = max((settled.maximum.value for settled, _ in edges.values()), default=-math.inf)
    for edge_known in known:
        if edge_known.loglik > met + 1e-6:
            label = f"the model at {edge_known.name}"
            settled = _settle(model.distribution, likelihood, edge_known.theta, edge_known.name, edge_known.part)
            edges[f"{edge_known.name}, known"] = (settled, label)
            candidates.append(Candidate(label, settled.maximum.value, settled.name))
    if edges:
        settled, won = max(edges.values(), key=lambda item: item[0].maximum.value)
        best = settled.maximum
        ridge = [candidate.loglik for candidate in candidates if candidate.status == "mu -> -infinity"]
        if best.value >= max((*(limit for limit, _ in limits.values()), *ridge), default=-math.inf) - 1e-6:
            limits |= {edge.name: (edge.loglik, np.zeros(0)) for edge in known}
            limits |= {other.name: (other.maximum.value, np.zeros(0)) for other, _ in edges.values()}
            limits.pop(settled.name, None)
            return Fitted(likelihood, best, won, tuple(candidates), limits, settled.name, settled.parts)
    return Fitted(likelihood, None, "", tuple(candidates), limits)


def _unmet(likelihood: Any, best: Maximum, met: set[str]) -> list[tuple[str, Maximum]]:
    """Edges beside an interior maximum that no search met: of every variance; of the noise if small or unsure."""
    if isinstance(likelihood, ScaledPanel):
        # Deviations within units have no density without noise, and σu = 0 is least squares.
        return []
    parts = {NO_NOISE: likelihood.slices[1]}
    if isinstance(likelihood, EffectsPanel):
        tail = likelihood.slices[-1]
        parts[NO_EFFECT] = slice(tail.start, tail.start + 1)
        parts[NO_INEFFICIENCY] = likelihood.slices[2]
    scale = np.sqrt(np.abs(np.diag(best.hessian)))
    error = np.sqrt(np.abs(np.diag(np.linalg.inv(-best.hessian / np.outer(scale, scale))))) / scale
    found = []
    for name, part in parts.items():
        always = name != NO_NOISE
        if name not in met and (always or len(likelihood.offset) <= FEW or error[part.start] > UNSURE):
            known: tuple[float, ...] = NOISE_STEPS if name == NO_NOISE else (HELD,)
            steps = tuple(step for step in known if step < best.x[part.start])
            # A value to name beside the maximum needs no more than a rough climb, and is the likelihood's own there.
            rough = replace(likelihood, rough=True) if always and isinstance(likelihood, EffectsPanel) else None
            start = _absorbed(likelihood, best.x, name) if rough is not None else best.x
            # A test compares with the edge without inefficiency; that without effects is only named.
            enough = {NO_INEFFICIENCY: 1e-5, NO_EFFECT: 1e-3}.get(name, DECREMENT)
            found.append((name, hold(likelihood, start, (part,), steps, rough, enough)))
    return [(name, held) for name, held in found if np.isfinite(held.value)]


def _absorbed(likelihood: EffectsPanel, theta: FloatArray, name: str) -> FloatArray:
    """Coefficients from which an edge is near: another part takes over the mean and variance of what vanishes."""
    moved, tail = theta.copy(), likelihood.slices[-1]
    share, mean = 1.0 - 2.0 / math.pi, 0.0
    if name == NO_INEFFICIENCY and likelihood.distribution.name == "half-normal":
        u, v = likelihood.slices[2].start, likelihood.slices[1].start
        mean = math.sqrt(2.0 / math.pi) * math.exp(0.5 * theta[u])
        moved[v] = np.logaddexp(theta[v], theta[u] + math.log(share))
    elif name == NO_EFFECT and likelihood.persistent:
        w, h = theta[tail]
        moved[tail.start + 1] = np.logaddexp(h, w - math.log(share))
        mean = math.sqrt(2.0 / math.pi) * (math.exp(0.5 * h) - math.exp(0.5 * moved[tail.start + 1]))
    # The design's mean is the projection of a constant on it: that much of it moves every error by one.
    moved[likelihood.slices[0]] += likelihood.designs[0].mean(axis=0) * mean
    return moved

"""Searches of panels with unit effects: true random effects, four components, true fixed effects."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bench.stochastic.likelihood import starts
from bench.stochastic.likelihood.standardised import Standardised
from bench.stochastic.panels.groups import Groups
from bench.stochastic.panels.normal_effects import ABSENT, NormalEffects
from bench.stochastic.panels.panel_edges import (
    NO_EFFECT,
    NO_PERSISTENT,
    VANISHING,
    VANISHING_EFFECT,
    KnownEdge,
    collect,
    stop_at_edge,
)
from bench.stochastic.panels.panel_effects import EffectsPanel
from bench.stochastic.panels.panel_fixed import FixedPanel
from bench.stochastic.search.estimate import cross_section
from bench.stochastic.search.global_search import NO_INEFFICIENCY
from bench.stochastic.search.newton import Maximum, maximise
from bench.stochastic.search.outcome import Fitted, Null
from bench.typing import FloatArray

#: Newton decrement of a search on few quadrature nodes, which ends on all of them.
ROUGH = 1e-6

#: ln σw² from which the surroundings of a model without unit effects are searched.
BESIDE = -4.0


def _designs(model: Standardised) -> tuple[FloatArray, ...]:
    kept = [s.design for b, s in zip(model.blocks, model.standards, strict=True) if b.role in ("v", "u", "m")]
    return (-model.sign * model.standards[0].design, *kept)


def fit_effects(model: Standardised, panel: Groups, persistent: bool) -> Fitted:
    """Search true random effects or four components."""
    offset = model.sign * model.y / model.scale
    null, linear = _linear(model, panel)
    simple = EffectsPanel(offset, _designs(model), False, panel, model.distribution)
    stop = stop_at_edge(model.distribution, simple.slices, simple)
    points = _effect_points(model, replace(simple, rough=True), panel)
    searches = [(label, _climb_effects(simple, x, stop)) for label, x in points]
    if not persistent:
        edges = (_without_inefficiency(simple, null, linear), _without_effect(model, simple))
        inside = max((found.value for _, found in searches if found.converged), default=-math.inf)
        if edges[1].loglik > inside:
            # The root that was found is local, or there is none: what lies beside the pooled model?
            theta = edges[1].theta.copy()
            theta[simple.slices[-1]] = BESIDE
            searches.append(("the model without unit effects", _climb_effects(simple, theta, stop)))
        return replace(collect(model, simple, searches, edges), null=null)
    best = max((found for _, found in searches), key=lambda found: found.value).x
    full = EffectsPanel(offset, _designs(model), True, panel, model.distribution)
    rough = replace(full, rough=True)
    lift = -model.sign * model.standards[0].design.mean(axis=0)
    shares = []
    for share in (0.15, 0.6, 0.93):
        # The effect's variance divided between noise and persistent inefficiency.
        total = best[-1]
        u = total + math.log(share / (1.0 - 2.0 / math.pi))
        theta = np.concatenate([best[:-1], [total + math.log(1.0 - share), u]])
        theta[full.slices[0]] -= lift * math.sqrt(2.0 / math.pi) * math.exp(0.5 * u)
        shares.append((f"true random effects, persistent share {share:g}", theta, rough.value(theta)))
    ordered = sorted(shares, key=lambda item: -item[2])[:2]
    stop = stop_at_edge(model.distribution, full.slices, full)
    results = []
    for label, theta, _ in ordered:
        results.append((label, _climb_effects(full, theta, stop)))
        # The second start is for samples where the first leaves the interior.
        if results[-1][1].converged:
            break
    fitted = collect(model, full, results)
    limits = dict(fitted.limits)
    if fitted.held != NO_PERSISTENT:
        limits[NO_PERSISTENT] = (max(found.value for _, found in searches), np.zeros(0))
    limits[f"{NO_PERSISTENT} and {NO_INEFFICIENCY}"] = (null.loglik, np.zeros(0))
    return replace(fitted, limits=limits, null=null)


def _linear(model: Standardised, panel: Groups) -> tuple[Null, FloatArray]:
    """The panel without inefficiency of any kind, and its coefficients: frontier, ln σv², ln σw²."""
    noise = next(s.design for b, s in zip(model.blocks, model.standards, strict=True) if b.role == "v")
    design = model.standards[0].design
    linear = NormalEffects(model.sign * model.y / model.scale, -model.sign * design, noise, panel)
    value, theta = linear.fit(model.ols.beta, _between(model, panel))
    effect = math.exp(0.5 * theta[-1]) if theta[-1] > ABSENT else 0.0
    return Null(value, design @ theta[linear.slices[0]], linear.noise_spread(theta), effect), theta


def _without_inefficiency(likelihood: EffectsPanel, null: Null, linear: FloatArray) -> KnownEdge:
    theta = np.zeros(likelihood.size)
    known = likelihood.slices[1].stop
    theta[:known], theta[-1] = linear[:known], max(linear[-1], VANISHING_EFFECT + 1.0)
    return KnownEdge(NO_INEFFICIENCY, null.loglik, theta, likelihood.slices[2])


def _without_effect(model: Standardised, likelihood: EffectsPanel) -> KnownEdge:
    """The pooled model, which is the panel at σw = 0."""
    kept = [k for k, block in enumerate(model.blocks) if block.role not in ("w", "h")]
    pooled = replace(model, blocks=[model.blocks[k] for k in kept], standards=[model.standards[k] for k in kept])
    fitted = cross_section(pooled)
    tail = np.array([VANISHING_EFFECT])
    if fitted.maximum is not None:
        return KnownEdge(NO_EFFECT, fitted.maximum.value, np.append(fitted.maximum.x, tail), likelihood.slices[-1])
    value, inner = fitted.limits[NO_INEFFICIENCY]
    theta = np.zeros(likelihood.size)
    theta[: len(inner)] = inner
    theta[likelihood.slices[2].start], theta[-1] = VANISHING, VANISHING_EFFECT
    return KnownEdge(NO_EFFECT, value, theta, likelihood.slices[-1])


def _between(model: Standardised, panel: Groups) -> float:
    """Share of the least-squares residual's variance that lies between units."""
    means = panel.sum(model.ols.residual[:]) / panel.counts
    return float(np.mean(means**2 * panel.counts) / panel.counts.mean())


def _climb_effects(likelihood: EffectsPanel, theta: FloatArray, stop: Callable[[FloatArray], bool]) -> Maximum:
    """Climb with few quadrature nodes, and to the end with all; with all from the start where few lead nowhere."""
    rough = replace(likelihood, rough=True).evaluate
    near = maximise(rough, theta, stop=stop, decrement=ROUGH, polish=False, max_iterations=25)
    found = maximise(likelihood.evaluate, near.x if near.converged else theta, stop=stop)
    return replace(found, iterations=near.iterations + found.iterations)


def _effect_points(model: Standardised, likelihood: EffectsPanel, panel: Groups) -> list[tuple[str, FloatArray]]:
    """Variance components of the least-squares residual, with inefficiency from the grid."""
    between = _between(model, panel)
    found = []
    law = model.distribution
    lift = -model.sign * model.standards[0].design.mean(axis=0)
    for seed in law.seeds:
        for share in (0.15, 0.45, 0.8):
            v, u, m, mean = starts.moment_point(law, share, seed)
            rest = max(1.0 - between, 0.2)
            shrink = 0.5 * math.log(rest)
            theta = np.zeros(likelihood.size)
            theta[likelihood.slices[0]] = model.ols.beta - lift * mean * math.exp(shrink)
            scalars = (v + 2.0 * shrink, u + 2.0 * shrink, m)
            for head, value in enumerate(scalars[: len(likelihood.designs) - 1], start=1):
                theta[likelihood.slices[head]] = likelihood.designs[head].mean(axis=0) * value
            theta[likelihood.slices[-1]] = math.log(max(between, 0.02))
            found.append((f"variance components, Var(u) share {share:g}", theta, likelihood.value(theta)))
    ordered = sorted(found, key=lambda item: -item[2])
    return [(label, theta) for label, theta, _ in ordered[:1]]


def fit_fixed(model: Standardised, panel: Groups) -> Fitted:
    """Search true fixed effects, on data as deviations from the units' means."""
    likelihood = FixedPanel(model.sign * model.y / model.scale, _designs(model), panel, model.distribution)
    law = model.distribution
    means = panel.sum(model.ols.residual) / panel.counts
    inner = math.log(max(1.0 - float(np.mean(means[panel.codes] ** 2)), 0.05))
    found = []
    for seed in law.seeds:
        for share in (0.2, 0.5, 0.8):
            v, u, m, _ = starts.moment_point(law, share, seed)
            theta = np.zeros(likelihood.size)
            theta[likelihood.slices[0]] = model.ols.beta
            for head, value in enumerate((v + inner, u + inner, m)[: len(likelihood.designs) - 1], start=1):
                theta[likelihood.slices[head]] = likelihood.designs[head].mean(axis=0) * value
            found.append((f"within grid, Var(u) share {share:g}", theta, likelihood.evaluate(theta)[0]))
    ordered = sorted(found, key=lambda item: -item[2])[:2]
    stop = stop_at_edge(law, likelihood.slices, likelihood)
    searches = [(label, maximise(likelihood.evaluate, x, stop=stop)) for label, x, _ in ordered]
    # Without inefficiency the intercepts are the units' means, and what is left is least squares within units.
    beside = ordered[0][1].copy()
    beside[likelihood.slices[0]] = model.ols.beta
    edge = KnownEdge(NO_INEFFICIENCY, model.ols.loglik, beside, likelihood.slices[2])
    null = Null(model.ols.loglik, model.standards[0].design @ model.ols.beta, np.ones(len(model.y)))
    return replace(collect(model, likelihood, searches, (edge,)), null=null)

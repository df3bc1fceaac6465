"""Searches of panels in which a unit's inefficiency follows one path: starts, nested models, steps.

Kumbhakar's (1990) path is a logistic curve of bt + ct². Its likelihood has many local maxima and a limit in which the
path is a step (inefficiency whole until a period and absent afterwards, or the other way round, with one period in
between). The search starts from the free path of Lee & Schmidt (1993), from the time-invariant model and from every
step; each step is itself fitted, so that the result is never below one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from bench.errors import OptionError
from bench.stochastic.design import Standard
from bench.stochastic.likelihood.standardised import Standardised
from bench.stochastic.panels.groups import Groups
from bench.stochastic.panels.panel_edges import collect, edge, stop_at_edge
from bench.stochastic.panels.panel_grid import NESTED, grid
from bench.stochastic.panels.panel_scaled import ScaledPanel
from bench.stochastic.search.global_search import STEP, Candidate, near_root
from bench.stochastic.search.newton import DECREMENT, Maximum, maximise
from bench.stochastic.search.outcome import Fitted
from bench.typing import FloatArray

SCALED = ("pitt-lee", "battese-coelli-1992", "kumbhakar-1990", "lee-schmidt")

#: Exponents of the path from which a search starts, in units of the standardised time regressor.
_PATH_STARTS = (0.0, 0.3, -0.3, 0.9)

#: Exponent at which a period of a step counts as whole or empty: the path there is one or zero to 1e-13.
STEEP = 30.0

#: Slopes of the smooth paths around each step from which a search starts.
_SLOPES = (0.5, 2.0)

#: Largest values of a free path, of a logistic curve's own maximum, at which it is read as one.
_TOPS = (0.5, 0.9, 0.99)

#: Coefficient, in standardised coordinates, at which a search for a low curve ends.
_FAR = 150.0

#: Least level and weight of a period, beside the highest, where a free path is read as the foot of a logistic curve.
_FLOORS = ((1e-6, 0.01), (1e-6, 0.3), (1e-3, 0.1))

#: Log-likelihood by which a step must exceed every smooth path before it is the solution.
_GAIN = 1e-7

#: Smooth paths that are climbed, of all that are tried.
_CLIMBED = 4


def _scaled_likelihood(model: Standardised, panel: Groups, structure: str, path: FloatArray) -> ScaledPanel:
    designs = {b.role: (b, s.design) for b, s in zip(model.blocks, model.standards, strict=True)}
    if designs["v"][1].shape[1] > 1:
        raise OptionError(f"panel={structure!r} has one noise variance: leave v empty, or use panel='true-random'")
    by_unit = {
        role: panel.unit_values(designs[role][1], role, designs[role][0].names)
        for role in ("u", "m")
        if role in designs
    }
    return ScaledPanel(
        model.sign * model.y / model.scale,
        -model.sign * model.standards[0].design,
        by_unit["u"],
        by_unit.get("m"),
        path,
        structure == "kumbhakar-1990",
        panel,
        model.distribution,
    )


def fit_scaled(model: Standardised, panel: Groups, structure: str) -> Fitted:
    """Search a panel whose inefficiency follows one path."""
    empty = np.zeros((len(model.y), 0))
    nested = _scaled_likelihood(model, panel, "pitt-lee", empty)
    points = grid(model, nested, (0, 1, 2, 3))
    stop = stop_at_edge(model.distribution, nested.slices, nested)
    if structure != "pitt-lee":
        # Only a start for the full model, which is climbed to the end.
        points = points[:1]
    tolerance = DECREMENT if structure == "pitt-lee" else NESTED
    searches = [(label, maximise(nested.evaluate, x, stop=stop, decrement=tolerance)) for label, x in points]
    if structure == "pitt-lee":
        return collect(model, nested, searches)
    best = max((found for _, found in searches), key=lambda found: found.value)
    full = _scaled_likelihood(model, panel, structure, _time(model).design)
    if structure == "kumbhakar-1990":
        return _fit_logistic(model, full, best.x)
    stop = stop_at_edge(model.distribution, full.slices, full)
    return collect(model, full, _climbed(full, _path_points(full, best.x), stop))


def _climbed(
    full: ScaledPanel, starts: list[tuple[str, FloatArray]], stop: Callable[[FloatArray], bool]
) -> list[tuple[str, Maximum]]:
    """Climb from every start; a search that comes near a root already found has found it."""
    searches: list[tuple[str, Maximum]] = []
    for label, theta in starts:
        roots = [root for _, root in searches if root.converged]

        def met(x: FloatArray, roots: list[Maximum] = roots) -> bool:
            return stop(x) or near_root(x, roots)

        found = maximise(full.evaluate, theta, stop=met)
        again = [root for root in roots if near_root(found.x, [root])]
        searches.append((label, again[0] if again else found))
    return searches


def _time(model: Standardised) -> Standard:
    return next(s for b, s in zip(model.blocks, model.standards, strict=True) if b.role == "time")


def _path_points(full: ScaledPanel, nested: FloatArray) -> list[tuple[str, FloatArray]]:
    """The time-invariant solution with several paths: always the flat one, and the best of the others."""
    found = []
    for value in _PATH_STARTS:
        path = np.zeros(full.path.shape[1])
        path[0] = value
        theta = np.concatenate([nested, path])
        if full.logistic:
            # At b = c = 0 the path is one half: inefficiency doubles to keep the nested model.
            theta = _stretched(full, theta, 2.0)
        found.append((f"the time-invariant model, path {value:g}", theta, full.value(theta)))
    rest = sorted(found[1:], key=lambda item: -item[2])
    return [(label, theta) for label, theta, _ in [found[0], *rest[:1]]]


def _stretched(panel: ScaledPanel, theta: FloatArray, factor: float) -> FloatArray:
    """Coefficients at which the unit's inefficiency is ``factor`` times as large."""
    law, moved = panel.distribution, theta.copy()
    if not law.free_of_scale:
        moved[panel.slices[2].start] += 2.0 * math.log(factor)
    if law.location == "mean":
        moved[panel.slices[3]] *= factor
    elif law.location == "log-mean":
        moved[panel.slices[3].start] += math.log(factor)
    return moved


# -- Kumbhakar's logistic path ---------------------------------------------------------------------------------


def _fit_logistic(model: Standardised, full: ScaledPanel, nested: FloatArray) -> Fitted:
    """Climb from the flat path, the free path and from around every step; compare with every step itself."""
    forth = _time(model).forth
    free = _free_path(full, nested)
    steps = _steps(full, free)
    smooth = [*_read_paths(full, free, forth), *_soft_steps(full, free, steps, forth)]
    smooth = sorted(smooth, key=lambda point: -full.value(point[1]))
    points = [*_path_points(full, nested), *smooth[:_CLIMBED]]
    searches = _climbed(full, points, stop_at_edge(model.distribution, full.slices, full))
    # Past what looks like a step: a curve this low can be one for a while and then not.
    low = _climbed(full, _low_paths(full, free, forth), _past_steps(full))
    fitted = collect(model, full, [*searches, *low])
    label, value, theta = _climbed_step(full, *max(steps, key=lambda step: step[1]))
    own = _reached(fitted)
    ends = [(name, found) for name, found in low if _ends_as_step(full, found)]
    higher = max(ends, key=lambda end: end[1].value, default=None)
    if higher is not None and higher[1].value > max(value, own) + _GAIN:
        return _at_step(full, fitted, higher[0], higher[1].x)
    if not np.isfinite(value) or value <= own + _GAIN:
        return replace(fitted, limits={**fitted.limits, STEP: (value, np.zeros(0))})
    at = full.slices[4]
    return _at_step(
        full, fitted, label, np.concatenate([theta[: at.start], forth @ _step_coefficients(full, label, theta)])
    )


def _past_steps(full: ScaledPanel) -> Callable[[FloatArray], bool]:
    """Whether a search has reached an edge other than a step."""
    law, slices = full.distribution, full.slices
    return lambda theta: edge(law, slices, full, theta)[0] not in ("", STEP) or float(np.abs(theta).max()) > _FAR


def _ends_as_step(full: ScaledPanel, found: Maximum) -> bool:
    return bool(np.isfinite(found.value)) and edge(full.distribution, full.slices, full, found.x)[0] == STEP


def _at_step(full: ScaledPanel, fitted: Fitted, label: str, whole: FloatArray) -> Fitted:
    """The fit with a step, or a path within rounding of one, for its solution."""
    at = full.slices[4]
    height, gradient, hessian = full.evaluate(whole)
    candidate = Candidate(label, height, STEP)
    top = Maximum(whole, height, gradient, hessian, 0, 0.0, 0.0, False, True)
    limits = {name: limit for name, limit in fitted.limits.items() if name != STEP}
    if fitted.held and fitted.maximum is not None:
        limits[fitted.held] = (fitted.maximum.value, np.zeros(0))
    return Fitted(full, top, label, (*fitted.candidates, candidate), limits, STEP, (at,))


def _reached(fitted: Fitted) -> float:
    """The highest value of the smooth paths: inside, on an edge with coefficients, or on the way to μ → −∞."""
    values = [] if fitted.maximum is None else [fitted.maximum.value]
    values += [value for value, at in fitted.limits.values() if len(at)]
    values += [candidate.loglik for candidate in fitted.candidates if candidate.status == "mu -> -infinity"]
    return max((value for value in values if np.isfinite(value)), default=-math.inf)


def _periods(full: ScaledPanel) -> FloatArray:
    """The panel's periods with the first as one."""
    periods = np.unique(full.groups.times)
    return np.asarray(periods - periods[0] + 1.0, dtype=np.float64)


def _free_path(full: ScaledPanel, nested: FloatArray) -> FloatArray:
    """Coefficients of the same model with a free path (Lee & Schmidt 1993), the last period's level as one."""
    t = full.groups.times - full.groups.times.min() + 1.0
    dummies = (t[:, None] == _periods(full)[:-1]).astype(float)
    free = replace(full, path=dummies, logistic=False)
    theta = np.concatenate([nested, np.zeros(dummies.shape[1])])
    stop = stop_at_edge(full.distribution, free.slices, free)
    found = maximise(free.evaluate, theta, stop=stop, decrement=NESTED, max_iterations=60)
    return found.x if np.isfinite(found.value) else theta


def _levels(full: ScaledPanel, free: FloatArray) -> FloatArray:
    """The free path by period."""
    level: FloatArray = np.exp(np.clip(np.append(free[full.slices[4].start :], 0.0), -50.0, 50.0))
    return level


def _read_paths(full: ScaledPanel, free: FloatArray, forth: FloatArray) -> list[tuple[str, FloatArray]]:
    """The free path read as a logistic curve of bt + ct² whose highest value is given."""
    t, level = _periods(full), _levels(full, free)
    columns = np.column_stack([t, t * t])
    found = []
    for top in _TOPS:
        share = np.clip(top * level / level.max(), 1e-6, 1.0 - 1e-6)
        weight = np.sqrt(share * (1.0 - share))
        path, *_ = np.linalg.lstsq(weight[:, None] * columns, weight * np.log(1.0 / share - 1.0), rcond=None)
        theta = np.concatenate([free[: full.slices[4].start], forth @ path])
        found.append((f"the free path, highest {top:g}", _stretched(full, theta, float(level.max()) / top)))
    return found


def _low_paths(full: ScaledPanel, free: FloatArray, forth: FloatArray) -> list[tuple[str, FloatArray]]:
    """The free path read as the foot of a logistic curve, which is exp(−bt − ct²) at any level.

    Where the curve is low its ratios between periods give b and c, and the unit's inefficiency is large instead.
    """
    t, level = _periods(full), _levels(full, free)
    first = int(np.argmax(level))
    columns = np.column_stack([t - t[first], t * t - t[first] ** 2])
    found = []
    for least, floor in _FLOORS:
        share = np.clip(level / level.max(), least, 1.0)
        weight = np.maximum(share, floor)
        path, *_ = np.linalg.lstsq(weight[:, None] * columns, -weight * np.log(share), rcond=None)
        curve = 1.0 / (1.0 + np.exp(np.clip(path[0] * t + path[1] * t * t, -500.0, 500.0)))
        theta = np.concatenate([free[: full.slices[4].start], forth @ path])
        found.append(
            (
                f"the foot of the free path, least {least:g}, floor {floor:g}",
                _stretched(full, theta, level.max() / curve.max()),
            )
        )
    return found


def _steps(full: ScaledPanel, free: FloatArray) -> list[tuple[str, float, FloatArray]]:
    """Fit every step: label, log-likelihood and coefficients, the last that of the period between."""
    t, level = _periods(full), _levels(full, free)
    base = _stretched(full, free[: full.slices[4].start], float(level.max()))
    found = []
    for way, turns in (("whole until", t[1:]), ("absent until", t[:-1])):
        for turn in turns:
            step = _step(full, way == "whole until", turn)
            share = float(np.clip(level[t == turn][0] / level.max(), 0.05, 0.95))
            theta = np.append(base, math.log(1.0 / share - 1.0))
            reached = maximise(step.evaluate, theta, stop=_beyond(step), decrement=1e-9, max_iterations=60)
            found.append((f"{way} period {turn:g}", reached.value, reached.x))
    return found


def _step(full: ScaledPanel, falling: bool, turn: float) -> ScaledPanel:
    """The same model with a step for its path, whose one coefficient is the exponent of the period ``turn``."""
    when = full.groups.times - full.groups.times.min() + 1.0
    shift = (1.0 if falling else -1.0) * STEEP * np.sign(when - turn)
    return replace(full, path=(when == turn).astype(float)[:, None], shift=shift)


def _climbed_step(full: ScaledPanel, label: str, value: float, theta: FloatArray) -> tuple[str, float, FloatArray]:
    """Climb the best step to the end."""
    step = _step(full, label.startswith("whole"), float(label.rsplit(" ", 1)[1]))
    found = maximise(step.evaluate, theta, stop=_beyond(step))
    return (label, found.value, found.x) if found.value > value else (label, value, theta)


def _beyond(step: ScaledPanel) -> Callable[[FloatArray], bool]:
    """Whether the period between has become whole or empty, or inefficiency has vanished."""
    last = step.slices[4].start
    edge = stop_at_edge(step.distribution, step.slices, step)
    return lambda theta: bool(abs(theta[last]) > STEEP) or edge(theta)


def _step_coefficients(full: ScaledPanel, label: str, theta: FloatArray, steep: float = STEEP) -> FloatArray:
    """Return b and c of a path that is within rounding of a step (for a smaller ``steep``: smooth around it)."""
    turn = float(label.rsplit(" ", 1)[1])
    sign = 1.0 if label.startswith("whole") else -1.0
    between = float(np.clip(theta[full.slices[4].start], -STEEP, STEEP))
    gap = float(np.min(np.diff(_periods(full))))
    # The exponent is bt + ct² = t (c (t − turn) + between / turn): at the neighbours it is at least ``steep`` away.
    c = sign * (steep + abs(between)) / gap
    return np.array([between / turn - c * turn, c])


def _soft_steps(
    full: ScaledPanel, free: FloatArray, steps: Sequence[tuple[str, float, FloatArray]], forth: FloatArray
) -> list[tuple[str, FloatArray]]:
    """Smooth paths around every step."""
    found = []
    at = full.slices[4].start
    for label, _, theta in steps:
        for slope in _SLOPES:
            turn = float(label.rsplit(" ", 1)[1])
            path = _step_coefficients(full, label, np.append(theta[:at], 0.0), slope / turn)
            found.append((f"{label}, slope {slope:g}", np.concatenate([theta[:at], forth @ path])))
    return found

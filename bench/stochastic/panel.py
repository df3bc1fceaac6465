"""Maximum likelihood on panels: blocks, starts from nested models, boundaries.

Every structure is one likelihood over the same distributions (:mod:`~bench.stochastic.panel_scaled`,
:mod:`~bench.stochastic.panel_effects`, :mod:`~bench.stochastic.panel_fixed`). A search starts from the solution of
each model nested in it as well as from a grid, so that no fit ends below its own special case.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, Issue, OptionError
from bench.options import SFA_PANEL_ALIASES, SFA_PANELS, one_of
from bench.stochastic import starts
from bench.stochastic.design import Block
from bench.stochastic.distributions import Distribution
from bench.stochastic.distributions import distribution as lookup
from bench.stochastic.estimate import BOUNDARY_ACTIONS
from bench.stochastic.groups import Groups
from bench.stochastic.newton import DECREMENT, Maximum, maximise
from bench.stochastic.outcome import Estimate, Fitted, finish
from bench.stochastic.panel_edges import collect, stop_at_edge
from bench.stochastic.panel_effects import EffectsPanel
from bench.stochastic.panel_fixed import FixedPanel
from bench.stochastic.panel_scaled import ScaledPanel
from bench.stochastic.standardised import Standardised, prepare
from bench.typing import FloatArray

SCALED = ("pitt-lee", "battese-coelli-1992", "kumbhakar-1990", "lee-schmidt")
DECAY = ("panel", "unit")

#: Exponents of the path from which a search starts, in units of the standardised time regressor.
_PATH_STARTS = (0.0, 0.3, -0.3, 0.9)

#: Newton decrement of a nested model that only serves as a start.
NESTED = 1e-5

#: And of a search on few quadrature nodes, which ends on all of them.
ROUGH = 1e-6

#: A path's value, relative to its highest, from which (and to one minus which) a year counts as between the two ends.
_ON_SLOPE = 0.01


def fit_panel(
    y: npt.ArrayLike,
    X: npt.ArrayLike,
    *,
    groups: npt.ArrayLike,
    times: npt.ArrayLike,
    structure: str = "pitt-lee",
    decay_from: str = "panel",
    kind: str = "production",
    distribution: str | Distribution = "half-normal",
    u: npt.ArrayLike | None = None,
    v: npt.ArrayLike | None = None,
    mu: npt.ArrayLike | None = None,
    mu_constant: bool = True,
    names: Sequence[str] | None = None,
    covariate_names: dict[str, Sequence[str]] | None = None,
    on_boundary: str = "report",
) -> Estimate:
    """Estimate a stochastic frontier on a panel by maximum likelihood.

    Parameters
    ----------
    y, X, kind, distribution, u, v, mu, mu_constant, names, covariate_names, on_boundary
        As in :func:`bench.stochastic.estimate.fit`. In pitt-lee, battese-coelli-1992, kumbhakar-1990 and lee-schmidt
        covariates of u and mu belong to the unit and v has none.
    groups, times : array (n,)
        Unit and period of each row.
    structure : str
        pitt-lee, battese-coelli-1992, kumbhakar-1990, lee-schmidt, true-random, true-fixed or four-components.
    decay_from : {"panel", "unit"}
        Whether t − T counts from the panel's last period (as FRONTIER does) or each unit's (as Stata does).

    Returns
    -------
    Estimate
        ``posterior`` is by row, in the order given.

    Raises
    ------
    DataError
        A unit twice in a period, no unit with two periods, covariates that vary where they must not.
    OptionError

    References
    ----------
    Pitt & Lee (1981), Journal of Development Economics 9; Battese & Coelli (1992), Journal of Productivity Analysis
    3; Kumbhakar (1990), Journal of Econometrics 46; Greene (2005), Journal of Econometrics 126; Kumbhakar, Lien &
    Hardaker (2014), Journal of Productivity Analysis 41.

    Examples
    --------
    >>> rng = np.random.default_rng(5)
    >>> unit, year = np.repeat(np.arange(60), 5), np.tile(np.arange(5), 60)
    >>> x = np.column_stack([np.ones(300), rng.normal(size=300)])
    >>> y = x @ [1.0, 0.5] + 0.1 * rng.normal(size=300) - 0.3 * np.abs(rng.normal(size=60))[unit]
    >>> estimate = fit_panel(y, x, groups=unit, times=year)
    >>> bool(abs(estimate.params[1] - 0.5) < 0.05)
    True
    """
    sign = -1.0 if one_of(kind, ("production", "cost"), "kind") == "cost" else 1.0
    action = one_of(on_boundary, BOUNDARY_ACTIONS, "on_boundary")
    structure = one_of(structure, SFA_PANELS, "panel", SFA_PANEL_ALIASES)
    law = lookup(distribution)
    panel = Groups.build(groups, times)
    target, blocks = prepare(
        y, X, law, u=u, v=v, mu=mu, mu_constant=mu_constant, names=names, covariate_names=covariate_names
    )
    if structure == "kumbhakar-1990" and len(np.unique(panel.times)) < 3:
        raise DataError("kumbhakar-1990 has two path coefficients and needs at least three periods: use bc92 instead")
    if len(panel.order) != len(target):
        raise DataError(f"groups and times have length {len(panel.order)}, but y has {len(target)}")
    blocks = [replace(block, design=np.ascontiguousarray(block.design[panel.order])) for block in blocks]
    if structure == "true-fixed":
        blocks[0] = _varying(blocks[0], panel)
    blocks += _extra_blocks(structure, panel, one_of(decay_from, DECAY, "decay_from"))
    target = target[panel.order]
    if structure == "true-fixed":
        target = target - (panel.sum(target) / panel.counts)[panel.codes]
    model = Standardised.build(target, blocks, sign, law)
    if structure in SCALED:
        fitted = _scaled(model, panel, structure)
    elif structure == "true-fixed":
        fitted = _fixed(model, panel)
    else:
        fitted = _effects(model, panel, structure == "four-components")
    estimate = finish(model, fitted, action)
    return _in_user_order(estimate, panel, _panel_warnings(estimate, panel, structure))


def _varying(block: Block, panel: Groups) -> Block:
    """Leave out regressors that do not vary within units: the unit's intercept holds them."""
    means = panel.sum(block.design) / panel.counts[:, None]
    within = block.design - means[panel.codes]
    size = np.sqrt(np.mean(block.design**2, axis=0))
    kept = np.sqrt(np.mean(within**2, axis=0)) > 1e-9 * size
    if not kept.any():
        raise DataError("no regressor varies within units, so fixed effects leave nothing to estimate")
    names = tuple(name for name, keep in zip(block.names, kept, strict=True) if keep)
    return Block(block.role, np.ascontiguousarray(within[:, kept]), names)


def _extra_blocks(structure: str, panel: Groups, decay_from: str) -> list[Block]:
    n = len(panel.times)
    if structure == "battese-coelli-1992":
        return [Block("time", -panel.since(decay_from)[:, None], ("eta",))]
    if structure == "kumbhakar-1990":
        return [Block("time", _square_time(panel.times), ("b", "c"))]
    if structure == "lee-schmidt":
        periods = np.unique(panel.times)
        columns = [(panel.times == period).astype(float) for period in periods[:-1]]
        return [Block("time", np.column_stack(columns), tuple(f"ln theta {period:g}" for period in periods[:-1]))]
    if structure == "true-random":
        return [Block("w", np.ones((n, 1)), ("const",))]
    if structure == "four-components":
        return [Block("w", np.ones((n, 1)), ("const",)), Block("h", np.ones((n, 1)), ("const",))]
    return []


def _square_time(times: FloatArray) -> FloatArray:
    """t and t² with the panel's first period as one, array (n, 2)."""
    t = times - times.min() + 1.0
    return np.column_stack([t, t * t])


# -- one path per unit ---------------------------------------------------------------------------------------


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


def _scaled(model: Standardised, panel: Groups, structure: str) -> Fitted:
    empty = np.zeros((len(model.y), 0))
    nested = _scaled_likelihood(model, panel, "pitt-lee" if structure != "kumbhakar-1990" else structure, empty)
    points = _grid(model, nested, (0, 1, 2, 3))
    stop = stop_at_edge(model.distribution, nested.slices, nested)
    if structure != "pitt-lee":
        # Only a start for the full model, which is climbed to the end.
        points = points[:1]
    tolerance = DECREMENT if structure == "pitt-lee" else NESTED
    searches = [(label, maximise(nested.evaluate, x, stop=stop, decrement=tolerance)) for label, x in points]
    if structure == "pitt-lee":
        return collect(model, nested, searches)
    time = next(s for b, s in zip(model.blocks, model.standards, strict=True) if b.role == "time")
    full = _scaled_likelihood(model, panel, structure, time.design)
    best = max((found for _, found in searches), key=lambda found: found.value)
    points = _path_points(full, best.x, structure)
    stop = stop_at_edge(model.distribution, full.slices, full)
    return collect(model, full, [(label, maximise(full.evaluate, theta, stop=stop)) for label, theta in points])


def _path_points(full: ScaledPanel, nested: FloatArray, structure: str) -> list[tuple[str, FloatArray]]:
    """The nested solution with several paths: always the flat one, and the best two of the others."""
    count = full.path.shape[1]
    found = []
    for value in _PATH_STARTS:
        path = np.zeros(count)
        path[0] = value
        theta = np.concatenate([nested, path])
        if structure == "kumbhakar-1990":
            # At b = c = 0 the path is one half: σu doubles to keep the nested model.
            theta[full.slices[2].start] += 2.0 * math.log(2.0)
        found.append((f"the time-invariant model, path {value:g}", theta, full.evaluate(theta)[0]))
    rest = sorted(found[1:], key=lambda item: -item[2])
    return [(label, theta) for label, theta, _ in [found[0], *rest[:1]]]


def _grid(model: Standardised, likelihood: Any, heads: tuple[int, ...]) -> list[tuple[str, FloatArray]]:
    """Corrected least squares over shares and seeds, best two by log-likelihood."""
    found = []
    lift = -model.sign * model.standards[0].design.mean(axis=0)
    law = model.distribution
    for seed in law.seeds:
        for share in (0.1, 0.3, 0.6, 0.85):
            v, u, m, mean = starts.moment_point(law, share, seed)
            theta = np.zeros(likelihood.size)
            theta[likelihood.slices[0]] = model.ols.beta - lift * mean
            for head, value, design in zip(heads[1:], (v, u, m), [s.design for s in model.standards[1:]], strict=False):
                part = likelihood.slices[head]
                if part.stop > part.start:
                    theta[part] = design[:, : part.stop - part.start].mean(axis=0) * value
            found.append((f"grid, Var(u) share {share:g}, seed {seed:g}", theta, likelihood.evaluate(theta)[0]))
    ordered = sorted(found, key=lambda item: -item[2] if np.isfinite(item[2]) else math.inf)
    return [(label, theta) for label, theta, _ in ordered[: 2 if len(law.seeds) == 1 else 3]]


# -- unit effects --------------------------------------------------------------------------------------------


def _designs(model: Standardised) -> tuple[FloatArray, ...]:
    kept = [s.design for b, s in zip(model.blocks, model.standards, strict=True) if b.role in ("v", "u", "m")]
    return (-model.sign * model.standards[0].design, *kept)


def _effects(model: Standardised, panel: Groups, persistent: bool) -> Fitted:
    offset = model.sign * model.y / model.scale
    simple = EffectsPanel(offset, _designs(model), False, panel, model.distribution)
    stop = stop_at_edge(model.distribution, simple.slices, simple)
    points = _effect_points(model, replace(simple, rough=True), panel)
    searches = [(label, _climb_effects(simple, x, stop)) for label, x in points]
    if not persistent:
        return collect(model, simple, searches)
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
    limits = {**fitted.limits, "sigma_h = 0": (max(found.value for _, found in searches), np.zeros(0))}
    return replace(fitted, limits=limits)


def _climb_effects(likelihood: EffectsPanel, theta: FloatArray, stop: Callable[[FloatArray], bool]) -> Maximum:
    """Climb with few quadrature nodes, and to the end with all; with all from the start where few lead nowhere."""
    rough = replace(likelihood, rough=True).evaluate
    near = maximise(rough, theta, stop=stop, decrement=ROUGH, polish=False, max_iterations=25)
    found = maximise(likelihood.evaluate, near.x if near.converged else theta, stop=stop)
    return replace(found, iterations=near.iterations + found.iterations)


def _effect_points(model: Standardised, likelihood: EffectsPanel, panel: Groups) -> list[tuple[str, FloatArray]]:
    """Variance components of the least-squares residual, with inefficiency from the grid."""
    means = panel.sum(model.ols.residual[:]) / panel.counts
    between = float(np.mean(means**2 * panel.counts) / panel.counts.mean())
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


def _fixed(model: Standardised, panel: Groups) -> Fitted:
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
    return collect(model, likelihood, [(label, maximise(likelihood.evaluate, x, stop=stop)) for label, x, _ in ordered])


# -- warnings -----------------------------------------------------------------------------------------------


def _panel_warnings(estimate: Estimate, panel: Groups, structure: str) -> list[Issue]:
    issues = []
    single = int(np.sum(panel.counts == 1))
    if single:
        issues.append(
            Issue(
                "single-observation",
                f"{single} of {len(panel.counts)} units are observed once: they say nothing about change over time",
                "leave them out of a fixed-effects model; other structures use them",
                severity="warning",
            )
        )
    if structure == "true-fixed" and panel.counts.mean() < 10:
        issues.append(
            Issue(
                "incidental-parameters",
                f"{len(panel.counts)} unit intercepts from {panel.counts.mean():.1f} periods each bias σu and σv",
                "use panel='true-random' with the units' means as covariates, or more periods",
                severity="warning",
            )
        )
    if structure == "kumbhakar-1990":
        issues += _step_warning(estimate, panel)
    return issues


def _step_warning(estimate: Estimate, panel: Groups) -> list[Issue]:
    """A path with fewer than two periods on its slope is a step, which no finite b and c reach.

    Two coefficients need two such periods; with fewer the likelihood is flat as b and c grow.
    """
    periods = np.unique(panel.times)
    exponent = np.clip(_square_time(periods) @ estimate.params[estimate.slices["time"]], -500.0, 500.0)
    level = 1.0 / (1.0 + np.exp(exponent))
    level = level / level.max()
    sloping = int(np.sum((level > _ON_SLOPE) & (level < 1.0 - _ON_SLOPE)))
    if level.min() > _ON_SLOPE or sloping > 1:
        return []
    full = ", ".join(f"{period:g}" for period in periods[level >= 1.0 - _ON_SLOPE])
    gone = ", ".join(f"{period:g}" for period in periods[level <= _ON_SLOPE])
    return [
        Issue(
            "path-step",
            f"the time path has turned into a step: inefficiency is whole in {full} and absent in {gone}. b and c grow "
            "without bound, so their values and standard errors say nothing; every unit is efficient in the latter",
            "use panel='lee-schmidt', whose path is free, or estimate the two spans of time apart",
            severity="warning",
        )
    ]


def _in_user_order(estimate: Estimate, panel: Groups, issues: list[Issue]) -> Estimate:
    return replace(estimate, residual=panel.restore(estimate.residual), warnings=(*estimate.warnings, *issues))

"""Maximum likelihood on panels: blocks, starts from nested models, boundaries.

Every structure is one likelihood over the same distributions (``panel_scaled``, ``panel_effects``, ``panel_fixed``). A
search starts from the solution of each model nested in it as well as from a grid, so that no fit ends below its own
special case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, Issue
from bench.options import SFA_PANEL_ALIASES, SFA_PANELS, one_of
from bench.stochastic.design import Block
from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.stochastic.likelihood.sfa_distributions import distribution as lookup
from bench.stochastic.likelihood.standardised import Standardised, prepare
from bench.stochastic.panels.groups import Groups
from bench.stochastic.panels.panel_components import fit_effects, fit_fixed
from bench.stochastic.panels.panel_fixed import FixedPanel
from bench.stochastic.panels.panel_paths import SCALED, fit_scaled
from bench.stochastic.search.estimate import BOUNDARY_ACTIONS
from bench.stochastic.search.global_search import STEP
from bench.stochastic.search.outcome import Estimate, Fitted, Scores, UnitEffects, finish
from bench.typing import FloatArray

DECAY = ("panel", "unit")

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
    covariate_names: Mapping[str, Sequence[str]] | None = None,
    on_boundary: str = "report",
) -> Estimate:
    """Estimate a stochastic frontier on a panel by maximum likelihood.

    Parameters
    ----------
    y, X, kind, distribution, u, v, mu, mu_constant, names, covariate_names, on_boundary
        As in :func:`bench.stochastic.fit`. In pitt-lee, battese-coelli-1992, kumbhakar-1990 and lee-schmidt
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
    blocks += _extra_blocks(structure, panel, one_of(decay_from, DECAY, "decay_from"))
    target = target[panel.order]
    if structure == "true-fixed":
        return _true_fixed(target, blocks, sign, law, panel, action)
    model = Standardised.build(target, blocks, sign, law)
    if structure in SCALED:
        fitted = fit_scaled(model, panel, structure)
    else:
        fitted = fit_effects(model, panel, structure == "four-components")
    estimate = finish(model, fitted, action)
    return _in_user_order(estimate, panel, _panel_warnings(estimate, panel, structure))


# -- true fixed effects --------------------------------------------------------------------------------------


def _true_fixed(
    y: FloatArray, blocks: list[Block], sign: float, law: Distribution, panel: Groups, action: str
) -> Estimate:
    """Fit deviations from the units' means; the intercepts that they leave out are a result."""
    frontier = _varying(blocks[0], panel)
    means = panel.sum(frontier.design) / panel.counts[:, None]
    centre = panel.sum(y) / panel.counts
    within = replace(frontier, design=np.ascontiguousarray(frontier.design - means[panel.codes]))
    model = Standardised.build(y - centre[panel.codes], [within, *blocks[1:]], sign, law)
    fitted = fit_fixed(model, panel)
    estimate = finish(model, fitted, action)
    effects = _unit_effects(model, fitted, estimate, panel, centre, means)
    level = effects.value[panel.codes] + frontier.design @ estimate.params[estimate.slices["frontier"]]
    estimate = replace(
        estimate,
        residual=sign * (y - level),
        null=replace(estimate.null, frontier=estimate.null.frontier + centre[panel.codes]),
    )
    found = _in_user_order(estimate, panel, _panel_warnings(estimate, panel, "true-fixed"))
    return replace(found, effects=replace(effects, rows=panel.restore(panel.codes)))


def _unit_effects(
    model: Standardised, fitted: Fitted, estimate: Estimate, panel: Groups, centre: FloatArray, means: FloatArray
) -> UnitEffects:
    """Intercepts of the units with their derivatives by the coefficients, in the measure of y."""
    inner = fitted.maximum.x if fitted.maximum is not None else fitted.limits[estimate.at_boundary][1]
    assert isinstance(fitted.likelihood, FixedPanel)
    alpha, slopes, variance = fitted.likelihood.intercept_slopes(inner)
    part = estimate.slices["frontier"]
    jacobian = model.sign * model.scale * slopes @ np.linalg.inv(model.affine()[0])
    # The intercepts of deviations from means move with the means' own frontier.
    jacobian[:, part] -= means
    value = centre - means @ estimate.params[part] + model.sign * model.scale * alpha
    return UnitEffects(panel.labels, value, panel.codes, jacobian, model.scale**2 * variance)


def _varying(block: Block, panel: Groups) -> Block:
    """Leave out the intercept, which the units' own hold; refuse other regressors that do not vary within units."""
    means = panel.sum(block.design) / panel.counts[:, None]
    within = block.design - means[panel.codes]
    size = np.sqrt(np.mean(block.design**2, axis=0))
    kept = np.sqrt(np.mean(within**2, axis=0)) > 1e-9 * size
    constant = np.ptp(block.design, axis=0) <= 1e-12 * np.abs(block.design).max(axis=0)
    lost = [name for name, keep, flat in zip(block.names, kept, constant, strict=True) if not (keep or flat)]
    if lost:
        raise DataError(
            [
                Issue(
                    "constant-within-units",
                    "the regressor does not vary within any unit, so the units' intercepts hold all that it says",
                    "leave it out, or use panel='true-random', which has one intercept",
                    column=name,
                )
                for name in lost
            ]
        )
    if not kept.any():
        raise DataError("no regressor varies within units, so fixed effects leave nothing to estimate")
    names = tuple(name for name, keep in zip(block.names, kept, strict=True) if keep)
    return Block(block.role, np.ascontiguousarray(block.design[:, kept]), names)


# -- the other structures ------------------------------------------------------------------------------------


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
    sloping = (level > _ON_SLOPE) & (level < 1.0 - _ON_SLOPE)
    if estimate.at_boundary != STEP and (level.min() > _ON_SLOPE or np.count_nonzero(sloping) > 1):
        return []
    parts = [("whole in", level >= 1.0 - _ON_SLOPE), ("absent in", level <= _ON_SLOPE)]
    text = " and ".join(f"{word} {_listed(periods[chosen])}" for word, chosen in parts if chosen.any())
    for period, share in zip(periods[sloping], level[sloping], strict=True):
        text += f", at {share:.3g} of its level in {period:g}"
    return [
        Issue(
            "path-step",
            f"the time path has turned into a step: inefficiency is {text}. b and c grow without bound, so their "
            "values and standard errors say nothing; where it is absent every unit is efficient",
            "use panel='lee-schmidt', whose path is free, or estimate the two spans of time apart",
            severity="warning",
        )
    ]


def _listed(periods: FloatArray) -> str:
    return ", ".join(f"{period:g}" for period in periods)


def _in_user_order(estimate: Estimate, panel: Groups, issues: list[Issue]) -> Estimate:
    null = replace(
        estimate.null,
        frontier=panel.restore(estimate.null.frontier),
        noise=panel.restore(np.broadcast_to(estimate.null.noise, panel.times.shape)),
    )
    scores = estimate.scores
    if len(scores) == len(panel.times):
        # Without inefficiency the rows are independent, and their scores are still summed by unit.
        scores = panel.sum(scores)
    return replace(
        estimate,
        score_source=Scores(matrix=scores),
        residual=panel.restore(estimate.residual),
        warnings=(*estimate.warnings, *issues),
        # Fixed and random unit effects, and one path per unit: a unit's periods are one observation.
        score_rows=panel.restore(panel.codes),
        null=null,
    )

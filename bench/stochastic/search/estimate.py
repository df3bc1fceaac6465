"""Maximum likelihood on arrays: from y and regressors to coefficients, covariance and diagnostics.

This is the level for library users who have arrays; :func:`bench.sfa` builds the regressors from a table of units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, Issue, OptionError
from bench.options import one_of
from bench.stochastic.likelihood import sfa_distributions as distributions
from bench.stochastic.likelihood.cross_section import CrossSection
from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.stochastic.likelihood.standardised import Standardised, prepare
from bench.stochastic.search import edges
from bench.stochastic.search import global_search as searching
from bench.stochastic.search.global_search import Candidate, Search
from bench.stochastic.search.newton import Maximum, maximise
from bench.stochastic.search.outcome import Estimate, Fitted, finish
from bench.typing import FloatArray

BOUNDARY_ACTIONS = ("report", "raise")


def fit(
    y: npt.ArrayLike,
    X: npt.ArrayLike,
    *,
    kind: str = "production",
    distribution: str | Distribution = "half-normal",
    u: npt.ArrayLike | None = None,
    v: npt.ArrayLike | None = None,
    mu: npt.ArrayLike | None = None,
    mu_constant: bool = True,
    names: Sequence[str] | None = None,
    covariate_names: Mapping[str, Sequence[str]] | None = None,
    weights: npt.ArrayLike | None = None,
    start: npt.ArrayLike | None = None,
    on_boundary: str = "report",
) -> Estimate:
    """Estimate a stochastic frontier y = x'β + v ∓ u by maximum likelihood.

    Parameters
    ----------
    y : array (n,)
        Dependent variable as it enters the model (logs already taken).
    X : array (n, k)
        Regressors, with the intercept.
    kind : {"production", "cost"}
        Inefficiency lowers y or raises it.
    distribution : str
        Distribution of u; see :data:`bench.stochastic.likelihood.sfa_distributions.DISTRIBUTIONS`.
    u, v : array (n, q), optional
        Covariates of ln σu² and ln σv²; an intercept is added.
    mu : array (n, q), optional
        Covariates of the location: μ of a truncated normal (Battese & Coelli 1995), or μ/σu with
        ``"truncated-normal-scaled"``.
    mu_constant : bool
        Whether the location has an intercept.
    names : sequence of str, optional
        Names of the regressors.
    covariate_names : dict, optional
        Names of the covariates by head: ``"u"``, ``"v"``, ``"m"``.
    weights : array (n,), optional
        Positive factor of each row's log-density; scaled to the mean one, so that the sample keeps its size.
    start : array (p,), optional
        Coefficients near the solution, such as those of a similar sample: when the search from there ends inside, the
        global search is left out.
    on_boundary : {"report", "raise"}
        What to do when no interior maximum exists.

    Returns
    -------
    Estimate

    Raises
    ------
    DataError
        Values that are not finite, collinear regressors, too few observations.
    WrongSkewError
        With ``on_boundary="raise"``, when the only maximum is σu = 0.
    ConvergenceError
        When no search reached a maximum or a boundary.

    References
    ----------
    Aigner, Lovell & Schmidt (1977), Journal of Econometrics 6; Olsen, Schmidt & Waldman (1980), Journal of
    Econometrics 13; Kumbhakar & Lovell (2000), Stochastic Frontier Analysis.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = np.column_stack([np.ones(500), rng.normal(size=500)])
    >>> y = x @ [1.0, 0.5] + 0.1 * rng.normal(size=500) - 0.3 * np.abs(rng.normal(size=500))
    >>> estimate = fit(y, x)
    >>> bool(abs(estimate.params[1] - 0.5) < 0.05)
    True
    """
    sign = -1.0 if one_of(kind, ("production", "cost"), "kind") == "cost" else 1.0
    action = one_of(on_boundary, BOUNDARY_ACTIONS, "on_boundary")
    law = distributions.distribution(distribution)
    target, blocks = prepare(
        y, X, law, u=u, v=v, mu=mu, mu_constant=mu_constant, names=names, covariate_names=covariate_names
    )
    model = Standardised.build(target, blocks, sign, law, _weights(weights, len(target)))
    fitted = _near(model, start) if start is not None else None
    if fitted is None:
        fitted = cross_section(model)
    return finish(model, fitted, action)


def _weights(given: npt.ArrayLike | None, n: int) -> FloatArray | None:
    if given is None:
        return None
    weights = np.asarray(given, dtype=np.float64)
    if weights.shape != (n,):
        raise DataError(f"weights must have the shape ({n},), not {weights.shape}")
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights > 0.0)))
    if len(wrong):
        raise DataError(
            [
                Issue("weight", f"the weight of row {row + 1} is not a positive number", "correct it, or leave the "
                      "row out", value=f"{weights[row]:g}")
                for row in wrong
            ]
        )  # fmt: skip
    scaled: FloatArray = weights / weights.mean()
    return scaled


def _near(model: Standardised, start: npt.ArrayLike) -> Fitted | None:
    """Search from given coefficients only; None when that does not end inside."""
    jacobian, shift = model.affine()
    given = np.asarray(start, dtype=np.float64)
    if given.shape != shift.shape or not np.isfinite(given).all():
        raise OptionError(f"start needs {len(shift)} finite coefficients")
    full = model.likelihood()
    inner = np.asarray(np.linalg.solve(jacobian, given - shift), dtype=np.float64)
    found = maximise(full.evaluate, inner, stop=edges.stop_at_edge(full))
    status = searching.classify(full, found)
    if status != "interior":
        return None
    label = "given coefficients"
    return Fitted(full, found, label, (Candidate(label, found.value, status),), {})


def cross_section(model: Standardised) -> Fitted:
    """Search a model of independent rows."""
    base = model.likelihood(constant_heads=True)
    found = searching.search(base, model.ols)
    full = model.likelihood()
    if all(standard.design.shape[1] == 1 and np.ptp(standard.design) == 0.0 for standard in model.standards[1:]):
        return Fitted(full, found.maximum, found.start, found.candidates, found.limits)
    return _with_covariates(model, base, full, found)


def _with_covariates(model: Standardised, base: CrossSection, full: CrossSection, found: Search) -> Fitted:
    """Climb from the constant-heads solution (nested, so the result cannot fall below it) and from its neighbours."""
    candidates: list[Candidate] = []
    ends: list[tuple[Maximum, str]] = []
    best: Maximum | None = None
    won = ""
    for label, scalars, tilts in _covariate_starts(model, base, found):
        theta = np.zeros(full.size)
        theta[full.slices[0]] = scalars[base.slices[0]]
        for head in range(1, len(full.designs)):
            # The constant value of the head, spread over the orthogonal columns.
            value = scalars[base.slices[head]][0]
            design = full.designs[head]
            theta[full.slices[head]] = design.T @ np.full(len(design), value) / len(design)
            if head in tilts:
                theta[full.slices[head]] += tilts[head]
        reached = maximise(full.evaluate, theta, stop=edges.stop_at_edge(full))
        status = edges.status(full, reached)
        ends.append((reached, status))
        candidates.append(Candidate(label, reached.value, status))
        if status == "interior" and (best is None or reached.value > best.value + 1e-9):
            best, won = reached, label
    limits = edges.limits(full, ends, best, found.limits[searching.NO_INEFFICIENCY])
    # Where the model without covariates ended is no evidence about this one, unless its maximum is shown beside.
    shown = (*found.candidates, *candidates) if best is not None else tuple(candidates)
    return Fitted(full, best, won, shown, limits)


def _covariate_starts(
    model: Standardised, base: CrossSection, found: Search
) -> list[tuple[str, FloatArray, dict[int, FloatArray]]]:
    """Starting points: a label, the model without covariates, and what is added to the coefficients of a head."""
    result: list[tuple[str, FloatArray, dict[int, FloatArray]]] = []
    if found.maximum is not None:
        result.append(("the model without covariates", found.maximum.x, {}))
    points = searching.screen(base, model.ols)
    result += [(point.label, point.theta, {}) for point in points[: 1 if len(model.y) > 4000 else 3]]
    if len(model.y) > searching.SMALL:
        return result
    # Harvey (1976): ln e² on the covariates. Small samples have roots to both sides of a flat variance.
    logs = np.log(model.ols.residual**2 + 1e-4)
    for head, name in ((1, "v"), (2, "u")):
        design = model.standards[head].design
        if design.shape[1] > 1:
            tilt = design.T @ (logs - logs.mean()) / len(logs)
            tilt[0] = 0.0
            tilt /= max(float(np.linalg.norm(tilt)), 1e-12)
            for share in (0.25, 0.65, 0.93):
                point = next(point for point in points if point.share == share)
                for slope in (1.0, -1.0):
                    label = f"{point.label}, {slope:+g} along the covariates of {name}"
                    result.append((label, point.theta, {head: slope * tilt}))
    return result

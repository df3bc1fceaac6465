"""`Estimate`: what a search becomes in the user's measures, with its boundaries named."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bench.errors import ConvergenceError, Issue, WrongSkewError
from bench.stochastic.likelihood.cross_section import CrossSection
from bench.stochastic.likelihood.predictors import PointPosterior, Predictor
from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS, Distribution
from bench.stochastic.likelihood.standardised import Standardised
from bench.stochastic.search.consequences import consequence
from bench.stochastic.search.global_search import NO_INEFFICIENCY, STEP, Boundary, Candidate
from bench.stochastic.search.newton import Maximum
from bench.typing import FloatArray, IntArray


class Likelihood(Protocol):
    """What every structure of the data (cross-section, panel) offers an estimator."""

    @property
    def size(self) -> int:
        """Number of coefficients."""

    def evaluate(self, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Log-likelihood, gradient (p,) and Hessian (p, p)."""

    def scores(self, theta: FloatArray) -> FloatArray:
        """Gradient of each independent observation or unit, array (groups, p)."""

    def posterior(self, theta: FloatArray, scale: float) -> Predictor:
        """Inefficiency given the errors, in the measure of a dependent variable that was divided by ``scale``."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A finished search in standardised coordinates.

    Attributes
    ----------
    likelihood : Likelihood
    maximum : Maximum or None
        The best interior root, or the maximum on the edge named in ``held``.
    start : str
    candidates : tuple of Candidate
    limits : dict
        Boundary name to log-likelihood and frontier there.
    held : str
        Edge on which a variance has vanished; empty inside.
    held_parts : tuple of slice
        Coefficients of each vanished variance.
    null : Null or None
        The model without inefficiency in standardised coordinates, where it is not one of ``limits``.
    """

    likelihood: Likelihood
    maximum: Maximum | None
    start: str
    candidates: tuple[Candidate, ...]
    limits: dict[str, tuple[float, FloatArray]]
    held: str = ""
    held_parts: tuple[slice, ...] = ()
    null: Null | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """The same model without inefficiency: what a test compares with, and what it draws from.

    Attributes
    ----------
    loglik : float
    frontier : array (n,)
        Mean of the dependent variable, unit intercepts included.
    noise : array (n,)
        Standard deviation of the noise.
    effect : float
        Standard deviation of a random unit effect; zero where the model has none.
    """

    loglik: float
    frontier: FloatArray
    noise: FloatArray
    effect: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class UnitEffects:
    """Intercepts of the units, in the measure of the dependent variable.

    Attributes
    ----------
    labels : array (N,)
    value : array (N,)
    rows : array (n,)
        Position of each row's unit among the labels.
    jacobian : array (N, p)
        Derivative of each intercept by the coefficients.
    variance : array (N,)
        Of each intercept given the coefficients; it does not fall with the number of units.
    """

    labels: npt.NDArray[Any]
    value: FloatArray
    rows: IntArray
    jacobian: FloatArray
    variance: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Diagnostics:
    """How the search went.

    Attributes
    ----------
    gradient_norm : float
        Largest absolute derivative of the log-likelihood by a standardised coefficient.
    decrement : float
        Newton decrement: twice the gain a further step would promise.
    condition : float
        Condition number of the information matrix in standardised coordinates.
    iterations : int
    start : str
        The start that won.
    candidates : tuple of Candidate
        Every search with the log-likelihood it reached.
    """

    gradient_norm: float
    decrement: float
    condition: float
    iterations: int
    start: str
    candidates: tuple[Candidate, ...]


@dataclass(slots=True, eq=False)
class Scores:
    """Gradients of every row's or unit's log-density, worked out when they are first asked for.

    Attributes
    ----------
    likelihood : object
        With ``scores(point)``; not used where the matrix is given.
    point : array (p,)
        The solution in the search's coordinates.
    back : array (p, p)
        From those coordinates' gradients to the user's.
    matrix : array (groups, p) or None
    """

    likelihood: Any = None
    point: FloatArray | None = None
    back: FloatArray | None = None
    matrix: FloatArray | None = None

    def all(self) -> FloatArray:
        """Return the gradients, array (groups, p)."""
        if self.matrix is None:
            self.matrix = self.likelihood.scores(self.point) @ self.back
            self.likelihood = None
        return self.matrix


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A fitted stochastic frontier, on arrays.

    Attributes
    ----------
    names : tuple of str
        Coefficients: the frontier's, then ``lnsig2v:``, ``lnsig2u:`` and those of the location, shape or time path.
    params : array (p,)
    covariance : array (p, p)
        Inverse of the observed information; NaN for coefficients on a boundary.
    score_source : Scores
        Behind ``scores``, the gradient of each independent observation or unit.
    loglik, ols_loglik : float
    skewness : float
        Of the least-squares residual, signed so that inefficiency makes it negative.
    residual : array (n,)
        e = s(y − x'β).
    posterior : Predictor
        Inefficiency given the error.
    slices : dict of str to slice
        Coefficients by block: frontier, v, u, m, time.
    means : dict of str to array
        Means of the covariates of v and u.
    sign : float
        1 for production, −1 for cost.
    distribution : Distribution
    boundaries : tuple of Boundary
    at_boundary : str
        Name of the boundary the solution lies on; empty inside.
    diagnostics : Diagnostics
    warnings : tuple of Issue
    score_rows : array (n,)
        Row of ``scores`` that each row of the data belongs to: itself in a cross-section, its unit in a panel.
    null : Null
        The same model without inefficiency.
    effects : UnitEffects or None
        Unit intercepts of true fixed effects, which ``params`` does not hold.
    shape : str
        Shape imposed on the frontier, such as ``"monotone"``; empty for none.
    """

    names: tuple[str, ...]
    params: FloatArray
    covariance: FloatArray
    score_source: Scores
    loglik: float
    ols_loglik: float
    skewness: float
    residual: FloatArray
    posterior: Predictor
    slices: dict[str, slice]
    means: dict[str, FloatArray]
    sign: float
    distribution: Distribution
    boundaries: tuple[Boundary, ...]
    at_boundary: str
    diagnostics: Diagnostics
    warnings: tuple[Issue, ...]
    score_rows: IntArray
    null: Null
    effects: UnitEffects | None = None
    shape: str = ""

    @property
    def scores(self) -> FloatArray:
        """Gradient of each independent observation or unit, array (groups, p)."""
        return self.score_source.all()

    @property
    def parameters(self) -> int:
        """Number of coefficients, unit intercepts among them."""
        return len(self.params) + (0 if self.effects is None else len(self.effects.value))

    def __repr__(self) -> str:
        place = f", at {self.at_boundary}" if self.at_boundary else ""
        return f"Estimate({self.distribution.name}, n={len(self.residual)}, loglik={self.loglik:.6g}{place})"


def finish(model: Standardised, fitted: Fitted, action: str) -> Estimate:
    """Turn a search into an estimate: back to the user's measures, boundaries named."""
    best = fitted.maximum
    chosen = fitted.held if best is not None else _boundary_choice(model, fitted)
    if chosen and action == "raise":
        message = f"no interior maximum; the likelihood is highest at {chosen}: {consequence(chosen)}"
        raise (WrongSkewError if chosen == "sigma_u = 0" else ConvergenceError)(message)
    predictor: Predictor
    if best is not None:
        theta, covariance, scores, value = _interior(model, fitted, best)
        predictor = fitted.likelihood.posterior(best.x, model.scale)
    else:
        theta, covariance, matrix, value, predictor = _on_boundary(model, fitted, chosen)
        scores = Scores(matrix=matrix)
    frontier = model.blocks[0].design
    boundaries = _boundaries(model, fitted, value - model.constant, chosen)
    return Estimate(
        names=model.names(),
        params=theta,
        covariance=covariance,
        score_source=scores,
        loglik=value,
        ols_loglik=model.ols.loglik + model.constant,
        skewness=model.ols.skewness,
        residual=model.sign * (model.y - frontier @ theta[: frontier.shape[1]]),
        posterior=predictor,
        slices=model.slices(),
        means={block.role: block.design.mean(axis=0) for block in model.blocks if block.role in ("v", "u")},
        sign=model.sign,
        distribution=model.distribution,
        boundaries=boundaries,
        at_boundary=chosen,
        diagnostics=_diagnostics(model, fitted, best),
        warnings=_warnings(model, boundaries, chosen),
        score_rows=np.arange(len(model.y)),
        null=_null(model, fitted),
    )


def _null(model: Standardised, fitted: Fitted) -> Null:
    """The model without inefficiency, in the user's measures."""
    found = fitted.null
    if found is None:
        value, inner = fitted.limits.get(NO_INEFFICIENCY, (model.ols.loglik, model.ols.beta))
        if not len(inner):
            # A panel with one path per unit met that edge in its search: it is pooled least squares.
            value, inner = model.ols.loglik, model.ols.beta
        frontier, noise = model.standards[0].design, model.standards[1].design
        k = frontier.shape[1]
        spread = np.exp(0.5 * (noise @ inner[k : k + noise.shape[1]])) if len(inner) > k else np.ones(len(noise))
        found = Null(value, frontier @ inner[:k], spread)
    return Null(
        found.loglik + model.constant, model.scale * found.frontier, model.scale * found.noise,
        model.scale * found.effect,
    )  # fmt: skip


def _interior(model: Standardised, fitted: Fitted, best: Maximum) -> tuple[FloatArray, FloatArray, Scores, float]:
    jacobian, shift = model.affine()
    theta = jacobian @ best.x + shift
    unknown = _unknown(model, fitted)
    free = np.setdiff1d(np.arange(len(theta)), unknown)
    hessian = best.hessian[np.ix_(free, free)]
    scale = np.sqrt(np.abs(np.diag(hessian)))
    inverse = np.linalg.inv(-hessian / np.outer(scale, scale)) / np.outer(scale, scale)
    covariance = np.full_like(best.hessian, np.nan)
    inner = jacobian[np.ix_(free, free)]
    if "sigma_v = 0" not in fitted.held:
        covariance[np.ix_(free, free)] = inner @ inverse @ inner.T
    if fitted.held and fitted.held != STEP:
        theta[unknown] = math.nan
        theta[[part.start for part in fitted.held_parts]] = -math.inf
    back: FloatArray = np.asarray(np.linalg.inv(jacobian), dtype=np.float64)
    scores = Scores(fitted.likelihood, best.x, back)
    return theta, covariance, scores, best.value + model.constant


def _unknown(model: Standardised, fitted: Fitted) -> list[int]:
    """Coefficients without a value on the edge where a variance is held: its own, and what acts through it only."""
    unknown = [k for part in fitted.held_parts for k in range(part.start, part.stop)]
    if "sigma_u = 0" in fitted.held:
        for role, part in model.slices().items():
            unknown += range(part.start, part.stop) if role in ("m", "time") else ()
    return unknown


def _boundary_choice(model: Standardised, fitted: Fitted) -> str:
    finite = {name: value for name, (value, at) in fitted.limits.items() if np.isfinite(value) and len(at)}
    heads = any(block.design.shape[1] > 1 for block in model.blocks[1:])
    located = model.distribution.location in ("mean", "ratio")
    if model.ols.skewness >= 0.0 and not heads and "sigma_u = 0" in finite:
        # Without noise a truncated normal far from zero is least squares again, so that limit is never lower.
        if located or "sigma_v = 0" not in finite:
            return "sigma_u = 0"
    elif "mu -> -infinity" in finite and any(c.status == "mu -> -infinity" for c in fitted.candidates):
        # Reached from inside and with noise of its own; a higher limit without noise is named beside it.
        return "mu -> -infinity"
    ridge = max((c.loglik for c in fitted.candidates if c.status == "mu -> -infinity"), default=-math.inf)
    if "mu -> -infinity" not in finite and ridge > max(finite.values(), default=-math.inf):
        raise ConvergenceError(_ridge_message(model, ridge + model.constant))
    if not finite or all(c.status == "not converged" for c in fitted.candidates):
        listed = "; ".join(f"{c.start}: {c.loglik + model.constant:.6g} ({c.status})" for c in fitted.candidates)
        raise ConvergenceError(f"no start reached a maximum or a boundary: {listed}")
    return max(finite, key=lambda name: finite[name])


def _ridge_message(model: Standardised, reached: float) -> str:
    """What it means that a truncated normal climbs towards μ → −∞, and what to fit in its place."""
    covariates = {block.role for block in model.blocks[1:] if block.design.shape[1] > 1}
    limit, use, fixed = "an exponential", "distribution='exponential'", "distribution='half-normal'"
    if "m" in covariates:
        limit += " whose rate is linear in the covariates of mu"
        use, fixed = f"{use} with the covariates of mu in u", f"{fixed} and those covariates in u"
    elif "u" in covariates:
        limit += " with the covariates of u"
    return (
        f"the likelihood climbs towards mu -> -infinity ({reached:.6g} and rising) without a maximum: the distribution "
        f"tends to {limit}, where mu and sigma_u have no value of their own (only sigma_u²/|mu|, the mean, has); "
        f"use {use}, or fix mu at zero with {fixed}"
    )


def _on_boundary(
    model: Standardised, fitted: Fitted, name: str
) -> tuple[FloatArray, FloatArray, FloatArray, float, Predictor]:
    """Coefficients at a boundary: the vanished log-variance is −∞ and has no standard error."""
    value, beta = fitted.limits[name]
    if name == "mu -> -infinity":
        return _exponential_limit(model, fitted, value, beta)
    if len(beta) == fitted.likelihood.size:
        return _whole_limit(model, fitted, name)
    slices = model.slices()
    jacobian, shift = model.affine()
    size = len(shift)
    theta = np.full(size, np.nan)
    part = slices["frontier"]
    theta[part] = jacobian[part, part] @ beta
    covariance = np.full((size, size), np.nan)
    error = model.sign * (model.y / model.scale - model.standards[0].design @ beta)
    n = len(error)
    scores = np.full((n, size), np.nan)
    if name == "sigma_u = 0":
        theta[slices["v"].start] = 2.0 * math.log(model.scale)
        theta[slices["u"].start] = -math.inf
        # Normal regression: Var(β) = σ²(X'X)⁻¹, Var(ln σ²) = 2/n, and the two are independent.
        covariance[: slices["v"].stop, : slices["v"].stop] = 0.0
        x, weights = model.standards[0].design, model.weights
        inner = np.eye(x.shape[1]) / n if weights is None else np.linalg.inv((weights[:, None] * x).T @ x)
        covariance[part, part] = jacobian[part, part] @ inner @ jacobian[part, part].T
        covariance[slices["v"].start, slices["v"].start] = 2.0 / n
        scores[:, part] = model.sign * error[:, None] * model.standards[0].design @ np.linalg.inv(jacobian[part, part])
        scores[:, slices["v"].start] = 0.5 * (error * error - 1.0)
        scores *= 1.0 if weights is None else weights[:, None]
        u = np.zeros(n)
    else:
        theta[slices["v"].start] = -math.inf
        spread = math.sqrt(float(np.mean(error**2))) if model.distribution.name == "half-normal" else -error.mean()
        theta[slices["u"].start] = 2.0 * math.log(spread * model.scale)
        u = model.scale * np.maximum(-error, 0.0)
    return theta, covariance, scores, value + model.constant, PointPosterior(u)


def _whole_limit(
    model: Standardised, fitted: Fitted, name: str
) -> tuple[FloatArray, FloatArray, FloatArray, float, Predictor]:
    """A boundary with all its coefficients: those without meaning there become −∞ (intercepts) and NaN."""
    value, inner = fitted.limits[name]
    slices = model.slices()
    jacobian, shift = model.affine()
    theta = jacobian @ inner + shift
    covariance = np.full((len(theta), len(theta)), np.nan)
    scores = np.full((len(model.y), len(theta)), np.nan)
    predictor = fitted.likelihood.posterior(inner, model.scale)
    gone = {"sigma_v = 0": ("v",), "sigma_u = 0": ("u", "m"), "sigma_u = 0 beside mu": ("u",)}.get(name, ())
    for role in gone:
        part = slices.get(role, slice(0))
        theta[part] = np.nan
    if gone:
        theta[slices[gone[0]].start] = -math.inf
    error = model.sign * (model.y - model.blocks[0].design @ theta[slices["frontier"]])
    if name == "sigma_v = 0":
        predictor = PointPosterior(np.maximum(-error, 0.0))
    elif name == "sigma_u = 0":
        predictor = PointPosterior(np.zeros_like(error))
        known = slice(0, slices["v"].stop)
        inverse = np.linalg.inv(-fitted.likelihood.evaluate(inner)[2][known, known])
        covariance[known, known] = jacobian[known, known] @ inverse @ jacobian[known, known].T
        scores[:, known] = fitted.likelihood.scores(inner)[:, known] @ np.linalg.inv(jacobian[known, known])
    return theta, covariance, scores, value + model.constant, predictor


def _exponential_limit(
    model: Standardised, fitted: Fitted, value: float, inner: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, float, Predictor]:
    """A truncated normal at μ → −∞: the exponential model's frontier, noise and predictors; μ and σu have no value."""
    whole = model.likelihood()
    exponential = CrossSection(whole.offset, whole.designs[:3], DISTRIBUTIONS["exponential"], whole.weights)
    jacobian, shift = model.affine()
    size, known = len(shift), exponential.size - 1
    theta = np.full(size, np.nan)
    theta[:known] = (jacobian[:known, :known] @ inner[:known]) + shift[:known]
    theta[model.slices()["m"].start] = -math.inf
    covariance = np.full((size, size), np.nan)
    inverse = np.linalg.inv(-exponential.evaluate(inner)[2])[:known, :known]
    covariance[:known, :known] = jacobian[:known, :known] @ inverse @ jacobian[:known, :known].T
    scores = np.full((len(model.y), size), np.nan)
    scores[:, :known] = exponential.scores(inner)[:, :known] @ np.linalg.inv(jacobian[:known, :known])
    return theta, covariance, scores, value + model.constant, exponential.posterior(inner, model.scale)


def _boundaries(model: Standardised, fitted: Fitted, value: float, chosen: str) -> tuple[Boundary, ...]:
    found = []
    if fitted.held:
        found.append(Boundary(fitted.held, value + model.constant, 0.0, True, consequence(fitted.held)))
    for name, (limit, _) in fitted.limits.items():
        gain = limit - value
        found.append(Boundary(name, limit + model.constant, gain, name == chosen, consequence(name)))
    return tuple(found)


def _diagnostics(model: Standardised, fitted: Fitted, best: Maximum | None) -> Diagnostics:
    if best is None:
        return Diagnostics(math.nan, math.nan, math.nan, 0, fitted.start, fitted.candidates)
    free = np.setdiff1d(np.arange(len(best.x)), _unknown(model, fitted))
    roots = np.linalg.eigvalsh(-best.hessian[np.ix_(free, free)])
    return Diagnostics(
        float(np.max(np.abs(best.gradient[free]))),
        best.decrement,
        float(roots[-1] / roots[0]),
        best.iterations,
        fitted.start,
        fitted.candidates,
    )


def _warnings(model: Standardised, boundaries: tuple[Boundary, ...], chosen: str) -> tuple[Issue, ...]:
    issues = []
    if model.ols.skewness >= 0.0:
        issues.append(
            Issue(
                "wrong-skew",
                f"the residuals are skewed against inefficiency (skewness {model.ols.skewness:.3f})",
                "look for omitted outputs or outliers; another distribution does not cure it",
                severity="warning",
            )
        )
    for boundary in boundaries:
        if boundary.chosen:
            message = f"no interior maximum: the solution lies at {boundary.name}; {boundary.consequence}"
        elif boundary.gain > 1e-7:
            message = (
                f"the log-likelihood at {boundary.name} is {boundary.gain:.4g} higher than at the reported "
                f"solution; {boundary.consequence}"
            )
        else:
            continue
        remedy = "more observations or fewer coefficients; compare with DEA and another distribution"
        issues.append(Issue("boundary", message, remedy, severity="warning"))
    return tuple(issues)

"""Stochastic frontier with sample selection: the units with data are not a random draw (Greene 2010).

A unit is seen when z'α + w > 0; among those seen y = x'β + v ∓ u, half-normal u. The correlation ρ of w and v bends the
frontier of the units seen. In two steps: probit for α, then maximum likelihood for the rest at that α, with standard
errors that carry the first step over (Murphy & Topel 1985).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.errors import ConvergenceError, DataError, OptionError, WrongSkewError
from bench.options import one_of
from bench.presenting import Presented, Summary
from bench.stochastic.design import Block, standardise
from bench.stochastic.hypothesis_tests import HypothesisTest, chi_square_tail
from bench.stochastic.search.estimate import fit
from bench.stochastic.search.newton import Maximum, maximise
from bench.stochastic.selection.selection_likelihood import SelectedRows, log_ndtr_mills, quantile_of_nodes
from bench.typing import FloatArray

#: artanh ρ beyond which a search counts as running to |ρ| = 1 (|ρ| = 0.99).
EDGE = 2.65
#: ln(σu²/σv²) below which inefficiency has vanished.
VANISHED = -14.0


@dataclass(frozen=True, slots=True, eq=False)
class SelectionResult(Presented):
    """A half-normal frontier with sample selection.

    Attributes
    ----------
    names : tuple of str
        Regressors, then ``lnsig2v``, ``lnsig2u`` and ``artanh_rho``.
    params, covariance : arrays (p,), (p, p)
        With the correction of Murphy & Topel (1985) for the estimated probit.
    selection_names : tuple of str
    selection, selection_covariance : arrays (q,), (q, q)
        Probit coefficients.
    rows : array (m,)
        Positions of the selected rows.
    inefficiency, efficiency : arrays (m,)
        E[u | e, selected] and E[exp(−u) | e, selected] of the selected rows.
    loglik : float
        Of selection and the dependent variable together, over all rows.
    independent_loglik : float
        The same for a probit and a half-normal frontier with ρ = 0.
    sign : float
        1 for production, −1 for cost.
    gradient_norm : float
        Largest absolute derivative at the solution, in standardised coordinates.
    nodes, weights : arrays (m, nodes)
        Inefficiency at the quadrature nodes of each selected row, and the probability of each given its error.
    labels : Index or None
        Identifiers of the selected rows, from tables.
    """

    names: tuple[str, ...]
    params: FloatArray
    covariance: FloatArray
    selection_names: tuple[str, ...]
    selection: FloatArray
    selection_covariance: FloatArray
    rows: npt.NDArray[np.int64]
    inefficiency: FloatArray
    efficiency: FloatArray
    loglik: float
    independent_loglik: float
    sign: float
    gradient_norm: float
    nodes: FloatArray
    weights: FloatArray
    labels: pd.Index[Any] | None = None

    @property
    def std_errors(self) -> FloatArray:
        """Standard errors of ``params``."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def sigma_v(self) -> float:
        """Standard deviation of the noise."""
        return math.exp(0.5 * float(self.params[-3]))

    @property
    def sigma_u(self) -> float:
        """Scale of the half-normal."""
        return math.exp(0.5 * float(self.params[-2]))

    @property
    def rho(self) -> float:
        """Correlation of noise and selection error; above zero, units with a high y are seen more often."""
        return math.tanh(float(self.params[-1]))

    def selection_test(self) -> HypothesisTest:
        """Likelihood ratio against ρ = 0, where the ordinary frontier of the selected rows is right."""
        statistic = max(2.0 * (self.loglik - self.independent_loglik), 0.0)
        return HypothesisTest("LR test of rho = 0", statistic, chi_square_tail(statistic, 1), "chi2(1)")

    def to_frame(self) -> pd.DataFrame:
        """Return efficiency, its 95 % interval and inefficiency by selected row."""
        bounds = self.efficiency_interval()
        frame = pd.DataFrame({"efficiency": self.efficiency, "inefficiency": self.inefficiency}, index=bounds.index)
        return frame.join(bounds)

    def efficiency_interval(self, level: float = 0.95) -> pd.DataFrame:
        """Return bounds of exp(−u) given the error and selection, columns ``lower`` and ``upper``.

        Horrace & Schmidt (1996): equal tails, with the coefficients taken as known.
        """
        if not 0.0 < level < 1.0:
            raise OptionError(f"level must lie between 0 and 1, not {level!r}")
        tail = 0.5 * (1.0 - level)
        upper, lower = (np.exp(-quantile_of_nodes(self.nodes, self.weights, p)) for p in (tail, 1.0 - tail))
        index = pd.Index(self.rows) if self.labels is None else self.labels
        return pd.DataFrame({"lower": lower, "upper": upper}, index=index)

    def summary(self) -> Summary:
        """Return the coefficients of both equations with standard errors."""
        test = self.selection_test()
        facts = (
            ("Selected rows", str(len(self.rows))),
            ("Log-likelihood", f"{self.loglik:.6f}"),
            ("rho", f"{self.rho:.4f}"),
            (test.name, f"{test.statistic:.4f}, p = {test.p_value:.4f} ({test.reference})"),
            ("Mean efficiency", f"{float(self.efficiency.mean()):.4f}"),
        )
        probit = np.sqrt(np.diag(self.selection_covariance))
        sections = (
            ("Frontier", _lines(self.names, self.params, self.std_errors)),
            ("Selection (probit)", _lines(self.selection_names, self.selection, probit)),
        )
        title = "Stochastic frontier with sample selection, half-normal inefficiency"
        return Summary(title, facts, ("", "Coefficient", "Std. err."), sections)

    def __repr__(self) -> str:
        return f"SelectionResult(selected={len(self.rows)}, rho={self.rho:.3f}, loglik={self.loglik:.6g})"


def sample_selection(
    y: npt.ArrayLike,
    X: npt.ArrayLike,
    selected: npt.ArrayLike,
    Z: npt.ArrayLike,
    *,
    kind: str = "production",
    names: Sequence[str] | None = None,
    selection_names: Sequence[str] | None = None,
) -> SelectionResult:
    """Estimate a half-normal frontier of units that selected themselves into the sample.

    Parameters
    ----------
    y : array (n,)
        Dependent variable, logs already taken; read for the selected rows only, so it may be NaN elsewhere.
    X : array (n, k)
        Regressors of the frontier, with the intercept; read for the selected rows only.
    selected : array (n,)
        True (or 1) for the rows whose y is seen.
    Z : array (n, q)
        Regressors of the probit, with the intercept, for all rows. One that is not in X makes ρ well determined.
    kind : {"production", "cost"}
    names, selection_names : sequence of str, optional
        Names of the columns of X and Z.

    Raises
    ------
    DataError
        Shapes that do not fit, values that are not finite, all rows selected or none, collinear regressors.
    WrongSkewError
        When the only maximum is σu = 0.
    ConvergenceError
        When Z separates the selected rows perfectly, or the search runs to |ρ| = 1.

    References
    ----------
    Greene (2010), Journal of Productivity Analysis 34; Murphy & Topel (1985), Journal of Business & Economic
    Statistics 3.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> X, Z = np.ones((600, 1)), np.column_stack([np.ones(600), rng.normal(size=600)])
    >>> w = rng.normal(size=600)
    >>> v = 0.2 * (0.7 * w + np.sqrt(0.51) * rng.normal(size=600))
    >>> found = sample_selection(1 + v - 0.4 * np.abs(rng.normal(size=600)), X, Z @ [0.3, 1.0] + w > 0, Z)
    >>> found.rho > 0.2
    True
    """
    sign = -1.0 if one_of(kind, ("production", "cost"), "kind") == "cost" else 1.0
    target, x, seen, z = _checked(y, X, selected, Z)
    labels = tuple(names) if names is not None else tuple(f"x{j}" for j in range(x.shape[1]))
    selection_labels = (
        tuple(selection_names) if selection_names is not None else tuple(f"z{j}" for j in range(len(z.T)))
    )
    if len(labels) != x.shape[1] or len(selection_labels) != z.shape[1]:
        raise DataError("names and selection_names need one name for each column of X and Z")
    alpha, alpha_covariance, probit_scores, probit_loglik = _probit(seen, Block("selection", z, selection_labels))
    rows = np.flatnonzero(seen)
    x_seen, y_seen = x[rows], target[rows]
    ordinary = fit(y_seen, x_seen, kind=kind)
    standard = standardise(Block("frontier", x_seen, labels))
    scale = float(np.std(ordinary.residual))
    problem = SelectedRows(sign * y_seen / scale, -sign * standard.design, z[rows] @ alpha)
    beta = standard.forth @ ordinary.params[: x.shape[1]] / scale
    best = _search(problem, beta)
    jacobian, shift = _affine(standard.back, scale, sign)
    own = jacobian @ np.linalg.inv(-best.hessian) @ jacobian.T
    own_scores = problem.scores(best.x) @ np.linalg.inv(jacobian)
    by_index = problem.index_scores(best.x)[:, None] * z[rows]
    covariance = _murphy_topel(own, alpha_covariance, own_scores, by_index, probit_scores[rows])
    at = problem.nodes(best.x)
    u = at.u * scale
    refused = float(log_ndtr_mills(-(z[~seen] @ alpha))[0].sum())
    return SelectionResult(
        names=(*labels, "lnsig2v", "lnsig2u", "artanh_rho"),
        params=jacobian @ best.x + shift,
        covariance=covariance,
        selection_names=selection_labels,
        selection=alpha,
        selection_covariance=alpha_covariance,
        rows=rows,
        inefficiency=np.sum(at.weight * u, axis=1),
        efficiency=np.sum(at.weight * np.exp(-u), axis=1),
        loglik=best.value - len(rows) * math.log(scale) + refused,
        independent_loglik=ordinary.loglik + probit_loglik,
        sign=sign,
        gradient_norm=float(np.max(np.abs(best.gradient))),
        nodes=u,
        weights=at.weight,
    )


def _checked(
    y: npt.ArrayLike, X: npt.ArrayLike, selected: npt.ArrayLike, Z: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_], FloatArray]:
    target, x, z = (np.array(value, dtype=np.float64) for value in (y, X, Z))
    flags = np.asarray(selected)
    n = len(flags)
    if flags.ndim != 1 or target.shape != (n,) or x.ndim != 2 or z.ndim != 2 or len(x) != n or len(z) != n:
        raise DataError("y and selected need the shape (n,), X (n, k) and Z (n, q), with the same n")
    if not np.isin(flags, (0, 1)).all():
        raise DataError("selected holds values other than true and false (1 and 0)")
    seen = flags.astype(bool)
    if seen.all() or not seen.any():
        raise DataError("selected must be true for some rows and false for others; without selection use fit")
    if not np.isfinite(z).all():
        raise DataError("Z has values that are not finite; the probit needs every row")
    if not (np.isfinite(target[seen]).all() and np.isfinite(x[seen]).all()):
        raise DataError("y or X has values that are not finite in selected rows")
    if seen.sum() <= x.shape[1] + 3:
        raise DataError(f"{int(seen.sum())} selected rows are too few for {x.shape[1] + 3} coefficients")
    return target, x, seen, z


def _probit(seen: npt.NDArray[np.bool_], block: Block) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Return coefficients, covariance, scores by row and log-likelihood."""
    standard = standardise(block)
    side = np.where(seen, 1.0, -1.0)
    signed = side[:, None] * standard.design

    def evaluate(theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        k = signed @ theta
        value, mills = log_ndtr_mills(k)
        return float(value.sum()), signed.T @ mills, -(signed.T * (mills * (k + mills))) @ signed

    found = maximise(evaluate, np.zeros(signed.shape[1]))
    if not found.converged or found.value > -1e-6:
        raise ConvergenceError("the probit has no maximum: Z separates the selected rows from the others")
    covariance = standard.back @ np.linalg.inv(-found.hessian) @ standard.back.T
    mills = log_ndtr_mills(signed @ found.x)[1]
    return standard.back @ found.x, covariance, (mills * side)[:, None] * block.design, found.value


def _search(problem: SelectedRows, beta: FloatArray) -> Maximum:
    """Climb from the ordinary frontier with several correlations and variance shares; the highest interior root."""
    residual = problem.offset + problem.design @ beta
    level = math.log(max(float(np.var(residual)), 1e-12))

    def stop(theta: FloatArray) -> bool:
        return bool(abs(theta[-1]) > EDGE or theta[-2] - theta[-3] < VANISHED)

    ends = []
    for ratio in (-1.0, 1.0):
        for r in (-0.6, 0.0, 0.6):
            start = np.concatenate([beta, [level - 0.7, level - 0.7 + ratio, r]])
            ends.append(maximise(problem.evaluate, start, stop=stop, max_iterations=80))
    inside = [end for end in ends if end.converged]
    if inside:
        return max(inside, key=lambda end: end.value)
    top = max(ends, key=lambda end: end.value)
    if top.x[-2] - top.x[-3] < VANISHED:
        raise WrongSkewError("no interior maximum: the likelihood is highest at sigma_u = 0, no inefficiency")
    raise ConvergenceError(f"no interior maximum: the search ended at rho = {math.tanh(top.x[-1]):.3f}")


def _affine(back: FloatArray, scale: float, sign: float) -> tuple[FloatArray, FloatArray]:
    """Standardised coefficients to the user's: matrix and shift."""
    k = len(back)
    jacobian = np.zeros((k + 3, k + 3))
    jacobian[:k, :k] = scale * back
    # For cost the noise of the composed error is −v.
    jacobian[k:, k:] = np.diag([1.0, 1.0, sign])
    shift = np.zeros(k + 3)
    shift[k : k + 2] = 2.0 * math.log(scale)
    return jacobian, shift


def _murphy_topel(
    own: FloatArray, first: FloatArray, own_scores: FloatArray, by_first: FloatArray, first_scores: FloatArray
) -> FloatArray:
    """V₂ + V₂ [C V₁ C' − R V₁ C' − C V₁ R'] V₂ with C = Σ s₂ (∂ℓ₂/∂α)' and R = Σ s₂ s₁'."""
    c = own_scores.T @ by_first
    r = own_scores.T @ first_scores
    result: FloatArray = own + own @ (c @ first @ c.T - r @ first @ c.T - c @ first @ r.T) @ own
    return result


def _lines(names: Sequence[str], values: FloatArray, errors: FloatArray) -> tuple[tuple[str, ...], ...]:
    return tuple((n, f"{v:.7g}", f"{e:.7g}") for n, v, e in zip(names, values, errors, strict=True))

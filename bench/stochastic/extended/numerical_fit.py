"""Maximum likelihood of cross-sections whose density has no derivatives in closed form, and their common result.

The density of a row is any smooth function of its error and a few scalars. Scores are central differences; steps are
those of Newton's method with the outer product of the scores in the Hessian's place (Berndt et al. 1974), and the
covariance matrix comes from differences of the gradient at the maximum.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from bench.errors import ConvergenceError, DataError, Issue
from bench.options import one_of
from bench.presenting import Presented, Summary
from bench.stochastic.design import Block, Standard, standardise
from bench.stochastic.forms import FrontierDesign, frontier_design
from bench.stochastic.search.newton import maximise
from bench.typing import FloatArray
from bench.units import Units

#: Error of every row and the scalars to log-density (n,).
RowDensity = Callable[[FloatArray, FloatArray], FloatArray]

#: Relative steps of the differences of values and of gradients.
_STEP, _WIDE = 1e-5, 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A frontier's regressors in well-conditioned coordinates.

    Attributes
    ----------
    design : FrontierDesign
    standard : Standard
    scale : float
        Spread of the least-squares residual.
    beta : array (k,)
        Least squares in these coordinates.
    residual : array (n,)
        s(y − x'β) over ``scale``.
    """

    design: FrontierDesign
    standard: Standard
    scale: float
    beta: FloatArray
    residual: FloatArray

    @classmethod
    def build(cls, units: Units, options: dict[str, Any]) -> Prepared:
        """Lay out the frontier of a table; options are those of :func:`bench.stochastic.forms.frontier_design`."""
        for name in options:
            one_of(name, ("kind", "form", "environment", "normalise", "homogeneous", "in_logs"), "option")
        design = frontier_design(units, **options)
        standard = standardise(Block("frontier", design.X, design.names))
        beta = standard.design.T @ design.y / len(design.y)
        rest = design.y - standard.design @ beta
        spread = float(np.sqrt(np.mean(rest**2)))
        if not spread > 1e-12 * max(float(np.abs(design.y).max()), 1e-300):
            raise DataError("least squares passes through every observation: there is nothing to estimate")
        if len(design.y) < len(beta) + 5:
            raise DataError(f"{len(design.y)} observations cannot carry {len(beta) + 3} coefficients")
        return cls(design, standard, spread, beta / spread, design.sign * rest / spread)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A maximum.

    Attributes
    ----------
    theta : array (p,)
        Frontier in standardised coordinates, then the scalars.
    loglik : float
        In these coordinates.
    covariance : array (p, p)
    error : array (n,)
    """

    theta: FloatArray
    loglik: float
    covariance: FloatArray
    error: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Log-densities of the rows with their derivatives, of which only the density's own are differences."""

    offset: FloatArray
    design: FloatArray
    density: RowDensity

    def error(self, theta: FloatArray) -> FloatArray:
        """Return s(y − x'β), array (n,)."""
        result: FloatArray = self.offset + self.design @ theta[: self.design.shape[1]]
        return result

    def scores(self, theta: FloatArray) -> FloatArray:
        """Return the gradient of each row's log-density, array (n, p)."""
        k = self.design.shape[1]
        error, scalars = self.error(theta), theta[k:]
        by_error = (self.density(error + _STEP, scalars) - self.density(error - _STEP, scalars)) / (2.0 * _STEP)
        columns = [by_error[:, None] * self.design]
        for j in range(len(scalars)):
            step = np.zeros(len(scalars))
            step[j] = _STEP
            moved = self.density(error, scalars + step) - self.density(error, scalars - step)
            columns.append(moved[:, None] / (2.0 * _STEP))
        return np.hstack(columns)

    def outer(self, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Value, gradient, and minus the outer product of the scores."""
        value, scores = self._value(theta), self.scores(theta)
        if not (math.isfinite(value) and np.isfinite(scores).all()):
            return -math.inf, np.zeros(len(theta)), -np.eye(len(theta))
        return value, scores.sum(axis=0), -(scores.T @ scores)

    def newton(self, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Value, gradient, and the Hessian as differences of the gradient."""
        value, gradient = self._value(theta), self.scores(theta).sum(axis=0)
        hessian = np.zeros((len(theta), len(theta)))
        for j in range(len(theta)):
            step = np.zeros(len(theta))
            step[j] = _WIDE
            up, down = (self.scores(theta + sign * step).sum(axis=0) for sign in (1.0, -1.0))
            hessian[j] = (up - down) / (2.0 * _WIDE)
        if not (math.isfinite(value) and np.isfinite(hessian).all()):
            return -math.inf, np.zeros(len(theta)), -np.eye(len(theta))
        return value, gradient, 0.5 * (hessian + hessian.T)

    def _value(self, theta: FloatArray) -> float:
        return float(self.density(self.error(theta), theta[self.design.shape[1] :]).sum())


def highest(
    prepared: Prepared,
    density: RowDensity,
    starts: Sequence[tuple[float, FloatArray]],
    stop: Callable[[FloatArray], bool],
) -> Found | None:
    """Climb from every start; None when none ended inside.

    Parameters
    ----------
    prepared : Prepared
    density : callable
        Errors (n,) and scalars (q,) to log-densities (n,).
    starts : sequence of (float, array)
        What the intercept is raised by (the mean of inefficiency) and the scalars.
    stop : callable
        Scalars at which a search has run to an edge.
    """
    x, sign = prepared.standard.design, prepared.design.sign
    n, k = x.shape
    rows = _Rows(sign * prepared.design.y / prepared.scale, -sign * x, density)
    lift = x.T @ np.ones(n) / n

    def ended(theta: FloatArray) -> bool:
        return stop(theta[k:])

    near = []
    for mean, scalars in starts:
        theta = np.concatenate([prepared.beta + sign * mean * lift, scalars])
        found = maximise(rows.outer, theta, stop=ended, decrement=1e-4, polish=False, max_iterations=80)
        if not found.stopped and math.isfinite(found.value):
            near.append(found)
    for found in sorted(near, key=lambda item: -item.value):
        top = maximise(rows.newton, found.x, stop=ended, decrement=1e-9, polish=False, max_iterations=40)
        if top.converged:
            covariance: FloatArray = np.asarray(np.linalg.inv(-top.hessian), dtype=np.float64)
            return Found(top.x, top.value, covariance, rows.error(top.x))
    return None


@dataclass(frozen=True, slots=True, eq=False)
class NumericalResult(Presented):
    """A frontier with an unusual composed error.

    Attributes
    ----------
    units : Units
    design : FrontierDesign
    model : str
    names : tuple of str
    params : array (p,)
    covariance : array (p, p)
        Inverse of the observed information.
    loglik : float
    nested_loglik : float
        Of the ordinary frontier that this one generalises.
    efficiency, inefficiency : Series
        E[exp(−u) | e] and E[u | e] by row.
    extra : dict of str to Series
        What else is expected of each row.
    warnings : tuple of Issue
    """

    units: Units
    design: FrontierDesign
    model: str
    names: tuple[str, ...]
    params: FloatArray
    covariance: FloatArray
    loglik: float
    nested_loglik: float
    efficiency: pd.Series[float]
    inefficiency: pd.Series[float]
    extra: dict[str, pd.Series[float]]
    warnings: tuple[Issue, ...]

    def coefficients(self) -> pd.DataFrame:
        """Return one row per coefficient: estimate, standard error, z, p-value and 95 % bounds."""
        error = np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        z = self.params / np.where(error > 0.0, error, np.nan)
        half = 1.959963984540054 * error
        columns = {"estimate": self.params, "std_error": error, "z": z, "p_value": 2.0 * ndtr(-np.abs(z)),
                   "lower": self.params - half, "upper": self.params + half}  # fmt: skip
        return pd.DataFrame(columns, index=pd.Index(self.names, name="coefficient"))

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2.0 * len(self.params) - 2.0 * self.loglik

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return len(self.params) * math.log(len(self.units)) - 2.0 * self.loglik

    def to_frame(self) -> pd.DataFrame:
        """Return one row per unit: efficiency, inefficiency and what else the model gives."""
        return pd.DataFrame({"efficiency": self.efficiency, "inefficiency": self.inefficiency, **self.extra})

    def summary(self) -> Summary:
        """Return the table of coefficients; text, HTML and LaTeX."""
        frame = self.coefficients()
        rows = tuple(
            (str(name), *("" if not math.isfinite(v) else f"{v:.6g}" for v in row)) for name, row in
            zip(frame.index, frame.to_numpy(), strict=True)
        )  # fmt: skip
        facts = (
            ("Observations", str(len(self.units))),
            ("Log-likelihood", f"{self.loglik:.6f}"),
            ("Log-likelihood of the ordinary frontier", f"{self.nested_loglik:.6f}"),
            ("Mean efficiency", f"{float(self.efficiency.mean()):.4f}"),
        )
        notes = tuple(f"Warning: {issue.message}. Remedy: {issue.remedy}." for issue in self.warnings)
        header = ("", "Coefficient", "Std. err.", "z", "P>|z|", "[95 % low", "95 % high]")
        return Summary(f"Stochastic frontier: {self.model}", facts, header, (("", rows),), notes)

    def __repr__(self) -> str:
        return f"NumericalResult({self.model}, {len(self.units)} rows, loglik {self.loglik:.4f})"


def result(
    units: Units,
    prepared: Prepared,
    found: Found | None,
    *,
    model: str,
    scalars: Sequence[tuple[str, float, float]],
    nested: float,
    moments: dict[str, FloatArray],
    warnings: tuple[Issue, ...] = (),
) -> NumericalResult:
    """Turn a maximum into the user's measures.

    Parameters
    ----------
    scalars : sequence of (name, factor, shift)
        A scalar's value in the user's measure is ``factor`` times that of the search, plus ``shift``.
    nested : float
        Log-likelihood of the ordinary frontier, in the user's measure.
    moments : dict
        ``efficiency``, ``inefficiency`` and others, by row.
    """
    if found is None:
        raise ConvergenceError(
            f"no search of the {model} frontier ended inside: the sample may hold no inefficiency, or no noise; look "
            "at the boundaries of bench.sfa"
        )
    k = prepared.standard.back.shape[0]
    jacobian = np.eye(len(found.theta))
    jacobian[:k, :k] = prepared.scale * prepared.standard.back
    shift = np.zeros(len(found.theta))
    for j, (_, factor, move) in enumerate(scalars):
        jacobian[k + j, k + j], shift[k + j] = factor, move
    series = {name: pd.Series(values, index=units.index, name=name) for name, values in moments.items()}
    return NumericalResult(
        units,
        prepared.design,
        model,
        (*prepared.design.names, *(name for name, _, _ in scalars)),
        jacobian @ found.theta + shift,
        jacobian @ found.covariance @ jacobian.T,
        found.loglik - len(units) * math.log(prepared.scale),
        nested,
        series.pop("efficiency"),
        series.pop("inefficiency"),
        series,
        warnings,
    )

"""`SfaResult`: a fitted frontier with labels, in the table's own measures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.errors import DataError, Issue, OptionError
from bench.stochastic import reading, summaries
from bench.stochastic.covariance import covariance as covariance_matrix
from bench.stochastic.forms import FrontierDesign
from bench.stochastic.hypothesis_tests import HypothesisTest, skewness_test
from bench.stochastic.inefficiency_test import inefficiency_test
from bench.stochastic.outcome import Diagnostics, Estimate
from bench.stochastic.search import STEP, Boundary
from bench.stochastic.specification import Specification
from bench.stochastic.tables import Table
from bench.typing import FloatArray

if TYPE_CHECKING:
    from bench.units import Units


PREDICTORS = ("bc88", "jlms", "mode")


@dataclass(frozen=True, slots=True, eq=False)
class SfaResult:
    """A stochastic frontier fitted to a table of units.

    Attributes
    ----------
    units : Units
        The data.
    design : FrontierDesign
        The regressors and how to read their coefficients.
    specification : Specification
        The model on arrays, which fits it to other samples.
    estimate : Estimate
        Coefficients, likelihood and diagnostics on arrays.
    covariance_kind : str
        Which covariance matrix the standard errors are from.
    clusters : array (n,) or None
    panel : str
        Panel structure; empty for a cross-section.

    Examples
    --------
    >>> import numpy as np, bench
    >>> rng = np.random.default_rng(3)
    >>> x = np.exp(rng.normal(size=(200, 2)))
    >>> noise = 0.1 * rng.normal(size=200) - 0.3 * np.abs(rng.normal(size=200))
    >>> units = bench.Units.from_arrays(x, x[:, :1] ** 0.4 * x[:, 1:] ** 0.5 * np.exp(noise)[:, None])
    >>> f = bench.sfa(units, kind="production", form="cobb-douglas")
    >>> bool(f.efficiency.between(0, 1).all())
    True
    """

    units: Units
    design: FrontierDesign
    specification: Specification
    estimate: Estimate
    covariance_kind: str = "hessian"
    clusters: npt.NDArray[Any] | None = None
    panel: str = ""

    # -- coefficients --------------------------------------------------------------------------------------

    @property
    def params(self) -> pd.Series[float]:
        """Coefficients by name: the frontier's, then ln σv², ln σu², location or shape, time path."""
        return pd.Series(self.estimate.params, index=list(self.estimate.names), name="estimate")

    @property
    def std_errors(self) -> pd.Series[float]:
        """Standard errors; NaN for a coefficient on a boundary."""
        return pd.Series(_roots(self.cov.to_numpy()), index=list(self.estimate.names), name="std_error")

    @property
    def cov(self) -> pd.DataFrame:
        """Covariance matrix of the coefficients, of the kind asked for."""
        return self.covariance(self.covariance_kind)

    def covariance(self, kind: str = "hessian") -> pd.DataFrame:
        """Return the covariance matrix of another kind: ``hessian``, ``opg``, ``sandwich`` or ``clustered``."""
        e = self.estimate
        matrix = covariance_matrix(kind, e.covariance, e.scores, self.clusters, e.score_rows)
        return pd.DataFrame(matrix, index=list(e.names), columns=list(e.names))

    @property
    def loglik(self) -> float:
        """Log-likelihood at the reported solution."""
        return self.estimate.loglik

    @property
    def aic(self) -> float:
        """Akaike's criterion; unit intercepts count as coefficients."""
        return 2.0 * self.estimate.parameters - 2.0 * self.loglik

    @property
    def bic(self) -> float:
        """Schwarz's criterion; unit intercepts count as coefficients."""
        return self.estimate.parameters * math.log(len(self.units)) - 2.0 * self.loglik

    @property
    def diagnostics(self) -> Diagnostics:
        """Gradient norm, condition number, the start that won and every other search."""
        return self.estimate.diagnostics

    @property
    def boundaries(self) -> tuple[Boundary, ...]:
        """Limits of the model with their log-likelihood, named with their consequence."""
        return self.estimate.boundaries

    @property
    def warnings(self) -> tuple[Issue, ...]:
        """What a reader must know: wrong skewness, higher boundaries, shape violations."""
        return self.estimate.warnings

    def variances(self) -> pd.DataFrame:
        """Return σu, σv, σ², λ = σu/σv and γ = σu²/σ² with delta-method standard errors.

        With covariates in a variance the values are those at their means.
        """
        return summaries.variance_table(self.estimate, self.cov.to_numpy())

    # -- inefficiency --------------------------------------------------------------------------------------

    @property
    def index(self) -> pd.Index[Any]:
        """Labels of the rows: the unit, or (unit, period)."""
        return self.units.index

    @property
    def efficiency(self) -> pd.Series[float]:
        """Battese & Coelli (1988) predictor E[exp(−u) | e] by unit, share in (0, 1]."""
        return self.efficiencies("bc88")

    def efficiencies(self, predictor: str = "bc88") -> pd.Series[float]:
        """Return efficiency by unit from a predictor: ``bc88``, ``jlms`` (exp(−E[u|e])) or ``mode``.

        With a quadratic form, whose inefficiency is in the measure of the dependent variable, it is
        the frontier's value over the frontier's value plus E[u|e] (cost), or one minus their ratio (production).
        """
        if predictor not in PREDICTORS:
            raise OptionError(f"predictor must be one of {', '.join(PREDICTORS)}; got {predictor!r}")
        return pd.Series(reading.efficiency(self, predictor), index=self.index, name="efficiency")

    @property
    def inefficiency(self) -> pd.Series[float]:
        """E[u | e] (Jondrow et al. 1982) by unit, in the measure of the dependent variable (logs)."""
        return pd.Series(reading.inefficiency(self), index=self.index, name="inefficiency")

    def efficiency_interval(self, level: float = 0.95) -> pd.DataFrame:
        """Return ``lower`` and ``upper`` bounds of efficiency given the error (Horrace & Schmidt 1996).

        The interval treats the coefficients as known; :func:`bench.stochastic.bootstrap.bootstrap` does not.
        """
        if not 0.0 < level < 1.0:
            raise OptionError(f"level must lie between 0 and 1; got {level!r}")
        lower, upper = reading.interval(self, level)
        return pd.DataFrame({"lower": lower, "upper": upper}, index=self.index)

    # -- the frontier --------------------------------------------------------------------------------------

    @property
    def fitted(self) -> pd.Series[float]:
        """Frontier's value by unit in levels: efficient cost or attainable output, without noise.

        With true fixed effects it holds the unit's intercept.
        """
        return pd.Series(reading.frontier_level(self), index=self.index, name="frontier")

    @property
    def residuals(self) -> pd.Series[float]:
        """Dependent variable minus the frontier."""
        e = self.estimate
        return pd.Series(e.sign * e.residual, index=self.index, name="residual")

    @property
    def unit_effects(self) -> pd.Series[float]:
        """Intercept of every unit with true fixed effects: the level of its frontier.

        Raises
        ------
        DataError
            For another structure.
        """
        effects = self.estimate.effects
        if effects is None:
            raise DataError("unit intercepts need true fixed effects: bench.sfa(units, panel='true-fixed')")
        return pd.Series(effects.value, index=pd.Index(effects.labels, name=self.units.id), name="effect")

    @property
    def elasticities(self) -> pd.DataFrame:
        """Elasticity of the dependent variable by each variable at each unit."""
        values = {v.name: reading.elasticity(self, i)[0] for i, v in enumerate(self.design.variables)}
        return pd.DataFrame(values, index=self.index)

    def elasticity_errors(self) -> pd.DataFrame:
        """Return the standard errors of :attr:`elasticities`."""
        values = {v.name: reading.elasticity(self, i)[1] for i, v in enumerate(self.design.variables)}
        return pd.DataFrame(values, index=self.index)

    def returns_to_scale(self) -> pd.DataFrame:
        """Return ``returns_to_scale`` and ``std_error`` by unit: above one where scale pays.

        The sum of input elasticities of a production frontier; one over the sum of output elasticities of a cost
        frontier or an input distance function.
        """
        value, error = reading.returns_to_scale(self)
        return pd.DataFrame({"returns_to_scale": value, "std_error": error}, index=self.index)

    def marginal_costs(self) -> pd.DataFrame:
        """Return the marginal cost of every output at every unit, with standard error.

        The derivative of efficient cost by the output: the price at which one more costs what it must. Columns
        ``unit``, ``period`` (with several periods), ``output``, ``marginal_cost`` and ``std_error``.

        Raises
        ------
        DataError
            For a frontier that is not a cost frontier.
        """
        if self.design.kind != "cost":
            raise DataError("marginal costs need a cost frontier: bench.sfa(units, kind='cost')")
        return reading.marginal_cost_frame(self)

    def marginal_effects(self) -> pd.DataFrame:
        """Return the derivative of expected inefficiency E[u] by each covariate of u and mu at each unit.

        A covariate in both adds up (Wang 2002). In logs of cost 0.01 is one per cent more waste. With a time path it is
        the effect in the row's own period.

        Raises
        ------
        DataError
            Without covariates of u or mu, or on a boundary.
        """
        if self.estimate.at_boundary not in ("", STEP):
            raise DataError(
                f"the solution lies at {self.estimate.at_boundary}: inefficiency does not react to covariates"
            )
        frame = reading.marginal_effects(self)
        if frame.empty:
            raise DataError("there are no covariates of inefficiency: name them in u=[...] or mu=[...]")
        return frame

    def shape_violations(self) -> pd.DataFrame:
        """Return, per variable, the share of units where monotonicity fails, and concavity in prices."""
        return reading.shape_violations(self)

    # -- tests ---------------------------------------------------------------------------------------------

    def inefficiency_test(
        self, *, part: str = "any", method: str = "auto", replicates: int = 199, seed: int = 0
    ) -> HypothesisTest:
        """Likelihood-ratio test of no inefficiency against the same model without it.

        A mixture of χ² where one holds, else a parametric bootstrap, which fits the model up to ``replicates`` times;
        see :func:`bench.stochastic.inefficiency_test.inefficiency_test`.
        """
        return inefficiency_test(
            self.estimate, self.specification, part=part, method=method, replicates=replicates, seed=seed
        )

    def skewness_test(self) -> HypothesisTest:
        """Coelli's (1995) test of the third moment of residuals without inefficiency, each over its own spread."""
        null = self.estimate.null
        spread = np.sqrt(null.noise**2 + null.effect**2)
        return skewness_test((self.design.y - null.frontier) / spread, self.estimate.sign)

    # -- surfaces ------------------------------------------------------------------------------------------

    def to_frame(self) -> pd.DataFrame:
        """Return one row per unit: efficiency, bounds, inefficiency, frontier and residual."""
        bounds = self.efficiency_interval()
        return pd.DataFrame(
            {
                "efficiency": self.efficiency,
                "lower": bounds["lower"],
                "upper": bounds["upper"],
                "inefficiency": self.inefficiency,
                "frontier": self.fitted,
                "residual": self.residuals,
            }
        )

    def summary(self) -> Table:
        """Return the table of coefficients with what a reader needs to judge it; text, HTML and LaTeX."""
        return summaries.summary(self)

    def plot(self, what: str = "caterpillar") -> Any:
        """Return an Altair chart: ``caterpillar``, ``efficiency``, ``residual`` or ``marginal-costs``."""
        from bench.stochastic import plots

        return plots.plot(self, what)

    def to_excel(self, path: Any) -> Any:
        """Write coefficients, efficiencies and (for a cost frontier) marginal costs to a workbook; return its path."""
        return summaries.write_workbook(self, path)

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()

    def __repr__(self) -> str:
        d, e = self.design, self.estimate
        return f"SfaResult({d.kind}, {d.form}, {e.distribution.name}, {len(self.units)} rows, loglik {e.loglik:.4f})"


def _roots(matrix: FloatArray) -> FloatArray:
    diagonal = np.diag(matrix)
    with np.errstate(invalid="ignore"):
        result: FloatArray = np.where(diagonal >= 0.0, np.sqrt(diagonal), np.nan)
    return result

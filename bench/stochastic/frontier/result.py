"""`SfaResult`: a fitted frontier with labels, in the table's own measures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.errors import DataError, OptionError
from bench.presenting import Presented, Summary, write_workbook
from bench.stochastic.frontier import plots, reading, summaries
from bench.stochastic.frontier.composed_error import GoodnessOfFit, goodness_of_fit
from bench.stochastic.frontier.fitted import FittedFrontier
from bench.stochastic.frontier.inefficiency_test import inefficiency_test
from bench.stochastic.frontier.marginal_effects import marginal_effects
from bench.stochastic.frontier.prediction import predict
from bench.stochastic.hypothesis_tests import HypothesisTest
from bench.stochastic.panels.effects_posterior import MixturePosterior
from bench.stochastic.search.global_search import STEP
from bench.units import Units

if TYPE_CHECKING:
    pass


PREDICTORS = ("bc88", "jlms", "mode")


@dataclass(frozen=True, eq=False)
class SfaResult(FittedFrontier, Presented):
    """A stochastic frontier fitted to a table of units.

    Data, coefficients and covariance are those of :class:`~bench.stochastic.frontier.fitted.FittedFrontier`.

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

    # -- what is read off the coefficients ---------------------------------------------------------------------

    def variances(self) -> pd.DataFrame:
        """Return σu, σv, σ², λ = σu/σv and γ = σu²/σ² with delta-method standard errors.

        With covariates in a variance the values are those at their means.
        """
        return summaries.variance_table(self.estimate, self.cov.to_numpy())

    # -- inefficiency --------------------------------------------------------------------------------------

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

        The interval treats the coefficients as known; :func:`bench.stochastic.bootstrap` does not.
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
        """Effect of every unit: its intercept with true fixed effects, else what is expected of a random effect.

        A random effect moves the unit's frontier and is not inefficiency; its expectation is given the unit's errors.

        Raises
        ------
        DataError
            For a structure without effects, or where they have vanished.
        """
        effects, posterior = self.estimate.effects, self.estimate.posterior
        if effects is not None:
            return pd.Series(effects.value, index=pd.Index(effects.labels, name=self.units.id), name="effect")
        if not isinstance(posterior, MixturePosterior):
            raise DataError("unit effects need panel='true-fixed', 'true-random' or 'four-components'")
        labels = np.unique(self.units.frame[self.units.id].to_numpy())
        values = self.estimate.sign * posterior.unit_effect()
        return pd.Series(values, index=pd.Index(labels, name=self.units.id), name="effect")

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

    def marginal_effects(self, of: str = "mean") -> pd.DataFrame:
        """Return the derivative of what is expected of inefficiency by each covariate of u and mu at each unit.

        Parameters
        ----------
        of : {"mean", "variance", "efficiency"}
            Of E[u], of Var[u], or of expected efficiency E[exp(−u)].

        A covariate in both adds up (Wang 2002). In logs of cost 0.01 is one per cent more waste. With a time path it is
        the effect in the row's own period.

        Raises
        ------
        DataError
            Without covariates of u or mu, or on a boundary.
        """
        if self.estimate.at_boundary not in ("", STEP):
            raise DataError(
                f"the solution lies at {self.estimate.at_boundary}, where effects of covariates are not given: "
                "inefficiency has vanished there, or is read off the errors without noise"
            )
        frame = marginal_effects(self, of)
        if frame.empty:
            raise DataError("there are no covariates of inefficiency: name them in u=[...] or mu=[...]")
        return frame

    def predict(self, data: Units | pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
        """Return the frontier of other units with its interval, and where what they show is likely to be.

        See :func:`bench.stochastic.frontier.prediction.predict`.
        """
        return predict(self, data, level=level)

    def goodness_of_fit(self, *, cells: int = 10, replicates: int = 99, seed: int = 0) -> GoodnessOfFit:
        """Test whether the residuals are distributed as the fitted composed error, by a parametric bootstrap."""
        return goodness_of_fit(self.estimate, self.specification, cells=cells, replicates=replicates, seed=seed)

    def shape_violations(self) -> pd.DataFrame:
        """Return, per variable, the share of units where monotonicity fails, and concavity in prices."""
        return reading.shape_violations(self)

    # -- tests ---------------------------------------------------------------------------------------------

    def inefficiency_test(
        self, *, part: str = "any", method: str = "auto", replicates: int = 199, seed: int = 0
    ) -> HypothesisTest:
        """Likelihood-ratio test of no inefficiency against the same model without it.

        A mixture of χ² where one holds, else a parametric bootstrap, which fits the model up to ``replicates`` times;
        see :func:`bench.stochastic.frontier.inefficiency_test.inefficiency_test`.
        """
        return inefficiency_test(
            self.estimate, self.specification, part=part, method=method, replicates=replicates, seed=seed
        )

    def skewness_test(self) -> HypothesisTest:
        """Coelli's (1995) test of the third moment of residuals without inefficiency, each over its own spread."""
        return summaries.skewness(self)

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

    def summary(self) -> Summary:
        """Return the table of coefficients with what a reader needs to judge it; text, HTML and LaTeX."""
        return summaries.summary(self)

    def plot(self, what: str = "caterpillar") -> Any:
        """Return an Altair chart: ``caterpillar``, ``efficiency``, ``residual`` or ``marginal-costs``."""
        return plots.plot(what, self.to_frame().assign(name=self.units.names), self.marginal_costs)

    def to_excel(self, path: str | Path) -> Path:
        """Write coefficients, efficiencies and (for a cost frontier) marginal costs to a workbook; return its path."""
        sheets = {
            "coefficients": pd.DataFrame({"estimate": self.params, "std_error": self.std_errors})
            .rename_axis("coefficient")
            .reset_index(),
            "variances": self.variances().rename_axis("parameter").reset_index(),
            "efficiency": self.to_frame().reset_index(),
            "elasticities": self.elasticities.reset_index(),
            "shape": self.shape_violations(),
        }
        if self.design.kind == "cost":
            sheets["marginal costs"] = self.marginal_costs()
        return write_workbook(sheets | {"summary": self.summary().to_frame()}, path)

    def __repr__(self) -> str:
        d, e = self.design, self.estimate
        return f"SfaResult({d.kind}, {d.form}, {e.distribution.name}, {len(self.units)} rows, loglik {e.loglik:.4f})"

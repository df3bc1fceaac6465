"""`FittedFrontier`: a fitted frontier as data, with its coefficients and their covariance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr, ndtri

from bench.errors import Issue, OptionError
from bench.stochastic.covariance import covariance as covariance_matrix
from bench.stochastic.forms import FrontierDesign
from bench.stochastic.frontier.interval_coverage import coverage_issues
from bench.stochastic.frontier.specification import Specification
from bench.stochastic.search.global_search import Boundary
from bench.stochastic.search.outcome import Diagnostics, Estimate
from bench.typing import FloatArray
from bench.units import Units


@dataclass(frozen=True, eq=False)
class FittedFrontier:
    """A frontier fitted to a table of units.

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
    in_logs : bool
        The table's columns were logs already.
    """

    units: Units
    design: FrontierDesign
    specification: Specification
    estimate: Estimate
    covariance_kind: str = "hessian"
    clusters: npt.NDArray[Any] | None = None
    panel: str = ""
    in_logs: bool = False

    @property
    def params(self) -> pd.Series[float]:
        """Coefficients by name: the frontier's, then ln σv², ln σu², location or shape, time path."""
        return pd.Series(self.estimate.params, index=list(self.estimate.names), name="estimate")

    @property
    def std_errors(self) -> pd.Series[float]:
        """Standard errors; NaN for a coefficient on a boundary."""
        return pd.Series(_roots(self.cov.to_numpy()), index=list(self.estimate.names), name="std_error")

    def coefficients(self, level: float = 0.95) -> pd.DataFrame:
        """Return one row per coefficient: block, estimate, standard error, z, p-value and bounds.

        The index holds the names of :attr:`params`. What lies on an edge has no standard error, z or p.
        """
        if not 0.0 < level < 1.0:
            raise OptionError(f"level must lie between 0 and 1; got {level!r}")
        blocks = {k: role for role, part in self.estimate.slices.items() for k in range(part.start, part.stop)}
        value, error = self.params.to_numpy(), self.std_errors.to_numpy()
        with np.errstate(invalid="ignore", divide="ignore"):
            z = np.where(np.isfinite(error), value / error, np.nan)
        half = float(ndtri(0.5 + 0.5 * level)) * error
        return pd.DataFrame(
            {
                "block": [blocks[k] for k in range(len(value))],
                "estimate": value,
                "std_error": error,
                "z": z,
                "p_value": 2.0 * ndtr(-np.abs(z)),
                "lower": value - half,
                "upper": value + half,
            },
            index=pd.Index(self.estimate.names, name="coefficient"),
        )

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
        """What a reader must know: wrong skewness, higher boundaries, shape, intervals that hold too seldom."""
        return (*self.estimate.warnings, *coverage_issues(self.estimate.distribution.name, self.panel))

    @property
    def index(self) -> pd.Index[Any]:
        """Labels of the rows: the unit, or (unit, period)."""
        return self.units.index


def _roots(matrix: FloatArray) -> FloatArray:
    diagonal = np.diag(matrix)
    with np.errstate(invalid="ignore"):
        result: FloatArray = np.where(diagonal >= 0.0, np.sqrt(diagonal), np.nan)
    return result

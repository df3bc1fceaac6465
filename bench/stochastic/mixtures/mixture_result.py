"""`MixtureResult`: a frontier with several classes of units, in the table's own measures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.errors import Issue
from bench.presenting import Presented, Summary
from bench.stochastic.convex.cnls import coefficient_frame
from bench.stochastic.forms import FrontierDesign
from bench.stochastic.residual_split import Split, conditional_mean
from bench.typing import FloatArray

if TYPE_CHECKING:
    from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class MixtureResult(Presented):
    """A frontier with several classes of units.

    Attributes
    ----------
    units : Units
    design : FrontierDesign
    model : {"latent-class", "zero-inefficiency"}
    names : tuple of str
        Coefficients.
    params : array (p,)
    covariance : array (p, p)
        Inverse of the observed information.
    loglik : float
    prior, posterior : array (n, J)
        Class probabilities of each row.
    residuals : array (n, J)
        s(y − x'β_j).
    splits : tuple of Split
        Variances by class.
    starts : int
        Searches that ended in a maximum, and how many tried.
    tried : int
    """

    units: Units
    design: FrontierDesign
    model: str
    names: tuple[str, ...]
    params: FloatArray
    covariance: FloatArray
    loglik: float
    prior: FloatArray
    posterior: FloatArray
    residuals: FloatArray
    splits: tuple[Split, ...]
    starts: int
    tried: int

    @property
    def warnings(self) -> tuple[Issue, ...]:
        """Classes whose residuals are skewed against inefficiency, or leave nothing for noise."""
        floor = [
            Issue(
                "no-noise",
                f"nothing is left for noise in {name}: its frontier is deterministic, its noise held at a floor",
                "take fewer classes, or more observations",
                severity="warning",
            )
            for name, split in zip(self._classes(), self.splits, strict=True)
            if split.boundary == "sigma_v = 0"
        ]
        skewed = tuple(
            Issue(
                "wrong-skew",
                f"{name} is skewed against inefficiency: every unit in it counts as efficient",
                "take fewer classes, or more observations",
                severity="warning",
            )
            for name, split in zip(self._classes(), self.splits, strict=True)
            if split.boundary == "sigma_u = 0" and name != "efficient"
        )
        return (*skewed, *floor)

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2.0 * len(self.params) - 2.0 * self.loglik

    @property
    def bic(self) -> float:
        """Schwarz's criterion: compare numbers of classes with it, not with a likelihood ratio."""
        return len(self.params) * math.log(len(self.units)) - 2.0 * self.loglik

    @property
    def efficiencies(self) -> pd.DataFrame:
        """E[exp(−u) | e] by row and class, as if the row belonged to it."""
        values = [conditional_mean(e, split)[1] for e, split in zip(self.residuals.T, self.splits, strict=True)]
        return pd.DataFrame(np.column_stack(values), index=self.units.index, columns=self._classes())

    @property
    def efficiency(self) -> pd.Series[float]:
        """Efficiency by row, averaged over the classes with their posterior probabilities."""
        value = np.sum(self.posterior * self.efficiencies.to_numpy(), axis=1)
        return pd.Series(value, index=self.units.index, name="efficiency")

    @property
    def probabilities(self) -> pd.DataFrame:
        """Posterior class probabilities by row."""
        return pd.DataFrame(self.posterior, index=self.units.index, columns=self._classes())

    @property
    def shares(self) -> pd.Series[float]:
        """Mean prior probability of each class."""
        return pd.Series(self.prior.mean(axis=0), index=self._classes(), name="share")

    def coefficients(self) -> pd.DataFrame:
        """Return coefficients with standard errors, z and p values."""
        return coefficient_frame(self.params, self.covariance, self.names)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per unit and period: efficiency, likeliest class and class probabilities."""
        best = np.array(self._classes(), dtype=object)[np.argmax(self.posterior, axis=1)]
        frame = pd.DataFrame({"efficiency": self.efficiency, "class": best}, index=self.units.index)
        return frame.join(self.probabilities.add_prefix("P "))

    def summary(self) -> Summary:
        """Return coefficients by class; text, HTML and LaTeX."""
        table = self.coefficients()
        rows = tuple(
            (str(name), *(f"{value:.6g}" for value in row))
            for name, row in zip(table.index, table.to_numpy(), strict=True)
        )
        facts = (
            ("Dependent variable", self.design.dependent),
            ("Observations", str(len(self.units))),
            ("Log-likelihood", f"{self.loglik:.6f}"),
            ("BIC", f"{self.bic:.4f}"),
            ("Shares of the classes", ", ".join(f"{name} {value:.3f}" for name, value in self.shares.items())),
            ("Mean efficiency", f"{float(self.efficiency.mean()):.4f}"),
            ("Searches", f"{self.starts} of {self.tried} reached a maximum"),
        )
        header = ("", "estimate", "std. err.", "z", "P>|z|")
        notes = tuple(f"{issue.message}. {issue.remedy}." for issue in self.warnings)
        return Summary(f"{self.model} frontier, {self.design.kind}", facts, header, (("", rows),), notes)

    def _classes(self) -> list[str]:
        if self.model == "zero-inefficiency":
            return ["efficient", "inefficient"]
        return [f"class {j + 1}" for j in range(len(self.splits))]

    def __repr__(self) -> str:
        return (
            f"MixtureResult({self.model}, {len(self.splits)} classes, {len(self.units)} rows, loglik {self.loglik:.4f})"
        )

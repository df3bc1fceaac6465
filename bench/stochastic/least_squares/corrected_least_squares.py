"""Corrected and modified ordinary least squares: the simplest parametric frontiers.

COLS (Winsten 1957; Greene 1980) shifts the least-squares function until it envelops every observation: all of the
distance is inefficiency, and one outlier moves everybody. MOLS (Richmond 1974) shifts it by the expected
inefficiency that the residuals' moments give, so some units lie beyond the frontier. Both keep least squares'
slopes.

Both are starting points and comparisons; :func:`bench.sfa` is the estimator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from bench.errors import Issue, WrongSkewError
from bench.options import one_of
from bench.presenting import Presented, Summary
from bench.stochastic.convex.cnls import coefficient_frame, share_of_frontier
from bench.stochastic.design import Block, standardise
from bench.stochastic.forms import FrontierDesign, frontier_design
from bench.stochastic.residual_split import Split, conditional_mean, split_residuals
from bench.typing import FloatArray

if TYPE_CHECKING:
    from bench.units import Units

Method = Literal["cols", "mols"]


@dataclass(frozen=True, slots=True, eq=False)
class CorrectedResult(Presented):
    """A least-squares frontier, shifted.

    Attributes
    ----------
    units : Units
    design : FrontierDesign
    method : {"cols", "mols"}
    beta : array (k,)
        Coefficients with the intercept shifted to the frontier.
    covariance : array (k, k)
        Of least squares; the shift is taken as known.
    shift : float
        What was added to the intercept.
    split : Split or None
        Noise and inefficiency by moments; None for COLS.
    """

    units: Units
    design: FrontierDesign
    method: Method
    beta: FloatArray
    covariance: FloatArray
    shift: float
    split: Split | None

    @property
    def params(self) -> pd.DataFrame:
        """Coefficients with least-squares standard errors."""
        return coefficient_frame(self.beta, self.covariance, self.design.names)

    @property
    def residuals(self) -> pd.Series[float]:
        """s(y − frontier): never positive for COLS."""
        return pd.Series(self._residual(), index=self.units.index, name="residual")

    @property
    def inefficiency(self) -> pd.Series[float]:
        """Distance to the frontier (COLS), or E[u | ε] with the moments' variances (MOLS)."""
        return pd.Series(self._predict()[0], index=self.units.index, name="inefficiency")

    @property
    def efficiency(self) -> pd.Series[float]:
        """Efficiency by unit, share in (0, 1]: exp(−distance) (COLS) or E[exp(−u) | ε] (MOLS)."""
        u, value = self._predict()
        if not self.design.logs:
            kind = "production" if self.design.sign > 0 else "cost"
            value = share_of_frontier(self.design.X @ self.beta, u, kind)
        return pd.Series(value, index=self.units.index, name="efficiency")

    @property
    def warnings(self) -> tuple[Issue, ...]:
        """Wrong skewness, for MOLS."""
        if self.split is None or not self.split.boundary:
            return ()
        text = "no inefficiency is found" if self.split.boundary == "sigma_u = 0" else "nothing is left for noise"
        return (
            Issue(
                "wrong-skew" if self.split.boundary == "sigma_u = 0" else "no-noise",
                f"the least-squares residuals' skewness is {self.split.skewness:+.3f}: {text}",
                "look for outliers and for a missing cost driver, or take more observations",
                severity="warning",
            ),
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per unit: efficiency, inefficiency and residual."""
        return pd.DataFrame(
            {"efficiency": self.efficiency, "inefficiency": self.inefficiency, "residual": self.residuals}
        )

    def summary(self) -> Summary:
        """Return coefficients and shift; text, HTML and LaTeX."""
        rows = tuple(
            (str(name), *(f"{value:.6g}" for value in row)) for name, row in zip(
                self.params.index, self.params.to_numpy(), strict=True
            )
        )  # fmt: skip
        facts = [
            ("Dependent variable", self.design.dependent),
            ("Observations", str(len(self.units))),
            ("Shift of the intercept", f"{self.shift:.6g}"),
            ("Mean efficiency", f"{float(self.efficiency.mean()):.4f}"),
        ]
        if self.split is not None:
            facts[3:3] = [("σu", f"{self.split.sigma_u:.6g}"), ("σv", f"{self.split.sigma_v:.6g}")]
        title = {"cols": "Corrected least squares", "mols": "Modified least squares"}[self.method]
        notes = tuple(f"{issue.message}. {issue.remedy}." for issue in self.warnings)
        header = ("", "estimate", "std. err.", "z", "P>|z|")
        return Summary(f"{title}, {self.design.kind} frontier", tuple(facts), header, (("Frontier", rows),), notes)

    def _residual(self) -> FloatArray:
        residual: FloatArray = self.design.sign * (self.design.y - self.design.X @ self.beta)
        return residual

    def _predict(self) -> tuple[FloatArray, FloatArray]:
        residual = self._residual()
        if self.split is None:
            u = np.maximum(-residual, 0.0)
            return u, np.exp(-u)
        return conditional_mean(residual, self.split)

    def __repr__(self) -> str:
        return f"CorrectedResult({self.method}, {self.design.kind}, {self.design.form}, {len(self.units)} rows)"


def cols(units: Units, **options: Any) -> CorrectedResult:
    """Fit least squares and shift it until it envelops every observation.

    Parameters
    ----------
    units : Units
    **options
        ``kind``, ``form``, ``environment``, ``normalise`` and ``homogeneous``, as for :func:`bench.sfa`.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[10.0], [22.0], [29.0]], [[1.0], [2.0], [3.0]], names=["A", "B", "C"])
    >>> float(cols(units, kind="cost", form="quadratic").efficiency.max())
    1.0
    """
    design, beta, covariance = _least_squares(units, options)
    shift = float(np.max(design.sign * (design.y - design.X @ beta)))
    beta[0] += design.sign * shift
    return CorrectedResult(units, design, "cols", beta, covariance, design.sign * shift, None)


def mols(
    units: Units, *, distribution: str = "half-normal", on_wrong_skew: str = "report", **options: Any
) -> CorrectedResult:
    """Fit least squares and shift it by the expected inefficiency that the residuals' moments give.

    Parameters
    ----------
    units : Units
    distribution : {"half-normal", "exponential"}
    on_wrong_skew : {"report", "raise"}
    **options
        As for :func:`cols`.

    Raises
    ------
    WrongSkewError
        With ``on_wrong_skew="raise"``.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> x = np.exp(rng.normal(size=400))
    >>> y = x**0.5 * np.exp(0.1 * rng.normal(size=400) - np.abs(0.3 * rng.normal(size=400)))
    >>> fit = mols(bench.Units.from_arrays(x, y), form="cobb-douglas")
    >>> bool(abs(fit.split.sigma_u - 0.3) < 0.06)
    True
    """
    action = one_of(on_wrong_skew, ("report", "raise"), "on_wrong_skew")
    design, beta, covariance = _least_squares(units, options)
    split = split_residuals(design.sign * (design.y - design.X @ beta), "moments", distribution)
    if split.boundary == "sigma_u = 0" and action == "raise":
        raise WrongSkewError(f"MOLS: the residuals' skewness is {split.skewness:+.3f}, against inefficiency")
    beta[0] += design.sign * split.mu
    return CorrectedResult(units, design, "mols", beta, covariance, design.sign * split.mu, split)


def _least_squares(units: Units, options: dict[str, Any]) -> tuple[FrontierDesign, FloatArray, FloatArray]:
    known: Sequence[str] = ("kind", "form", "environment", "normalise", "homogeneous")
    for name in options:
        one_of(name, known, "option")
    design = frontier_design(units, **options)
    standard = standardise(Block("frontier", design.X, design.names))
    n, k = design.X.shape
    beta = standard.back @ (standard.design.T @ design.y / n)
    residual = design.y - design.X @ beta
    spread = float(residual @ residual) / max(n - k, 1)
    return design, beta, spread * (standard.back @ standard.back.T) / n

"""Convex quantile and expectile regression: frontiers for any part of the distribution, not only its mean.

A quantile frontier at τ has a share τ of the observations below it; an expectile frontier balances squared distances
τ : 1 − τ. Both keep concavity (convexity, for cost), monotonicity and returns to scale. High τ for production and low τ
for cost give a best practice that a single outlier does not own.

The expectile is unique; the quantile fit is the analytic centre of the optimal set, so it does not depend on the order
of the data. Sources: Wang, Wang, Dang & Ge (2014), European Journal of Operational Research 237; Kuosmanen, Zhou & Dai
(2015), Contemporary Economics 9; Kuosmanen & Zhou (2021), Journal of Productivity Analysis 56; Dai (2023), ibid. 60.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.errors import OptionError
from bench.presenting import Presented, Summary
from bench.stochastic.convex.cnls import coefficient_frame, envelope, fit_table
from bench.stochastic.convex.concave import ConcaveFrontier, FitCertificate, LossName, convex_rts, fit_frontier
from bench.stochastic.convex.supporting_slopes import ConvexRts
from bench.stochastic.observations import Observations, from_arrays, from_units
from bench.typing import FloatArray

if TYPE_CHECKING:
    from bench.units import Units

#: Residuals smaller than this share of the dependent variable's spread lie on the frontier.
ON_FRONTIER = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class QuantileResult(Presented):
    """A convex quantile or expectile frontier.

    Attributes
    ----------
    data : Observations
    rts : str
    loss : {"quantile", "expectile"}
    tau : float
    frontier : ConcaveFrontier

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.uniform(1.0, 10.0, 60)
    >>> fit = convex_quantile_arrays(x**0.5 + 0.1 * rng.normal(size=60), x, tau=0.9, rts="vrs")
    >>> fit.share_below() <= 0.9 <= fit.share_below() + fit.share_on()
    True
    """

    data: Observations
    rts: ConvexRts
    loss: LossName
    tau: float
    frontier: ConcaveFrontier

    @property
    def fitted(self) -> pd.Series[float]:
        """Frontier's value by observation at z = 0."""
        return pd.Series(self.frontier.fitted, index=self.data.index, name="fitted")

    @property
    def residuals(self) -> pd.Series[float]:
        """y − φ − z'δ."""
        return pd.Series(self.frontier.residual, index=self.data.index, name="residual")

    @property
    def slopes(self) -> pd.DataFrame:
        """Supporting slope at each observation: marginal products or marginal costs."""
        return pd.DataFrame(self.frontier.slope, index=self.data.index, columns=list(self.data.x_names))

    @property
    def certificate(self) -> FitCertificate:
        """Residuals of the conditions of optimality over all n² inequalities."""
        return self.frontier.certificate

    def share_below(self) -> float:
        """Share of observations strictly below the frontier."""
        return float(np.mean(self.frontier.residual < -self._small()))

    def share_on(self) -> float:
        """Share of observations on the frontier."""
        return float(np.mean(np.abs(self.frontier.residual) <= self._small()))

    def _small(self) -> float:
        return ON_FRONTIER * max(float(self.data.y.std()), 1e-12 * float(np.abs(self.data.y).max()))

    def environment(self, robust: bool = False) -> pd.DataFrame:
        """Return δ; standard errors for the expectile only (a quantile's depend on a density: bootstrap them)."""
        cov = self.frontier.delta_cov_robust if robust else self.frontier.delta_cov
        return coefficient_frame(self.frontier.delta, cov, self.data.z_names)

    def predict(self, x: npt.ArrayLike) -> FloatArray:
        """Evaluate the frontier at new points (m, d), z = 0."""
        return envelope(self.frontier, self.data, x)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per observation: y, fitted, residual and slopes."""
        frame = pd.DataFrame(
            {self.data.y_name: self.data.y, "fitted": self.frontier.fitted, "residual": self.frontier.residual},
            index=self.data.index,
        )
        return frame.join(self.slopes.add_prefix("slope "))

    def summary(self) -> Summary:
        """Return sizes, shares below and on the frontier, and slopes; text, HTML and LaTeX."""
        facts = (
            ("Dependent variable", self.data.y_name),
            ("Observations", str(len(self.data.y))),
            ("Returns to scale", self.rts),
            ("τ", f"{self.tau:g}"),
            ("Share below", f"{self.share_below():.4f}"),
            ("Share on the frontier", f"{self.share_on():.4f}"),
            ("Certificate", f"{self.certificate.worst:.1e} over {self.certificate.inequalities} inequalities"),
        )
        environment = self.environment() if len(self.frontier.delta) else None
        return fit_table(f"Convex {self.loss} regression, {self.data.kind} frontier", facts, self.slopes, environment)

    def plot(self) -> Any:
        """Return an Altair chart of y against the frontier."""
        import altair as alt

        frame = pd.DataFrame({"frontier": self.frontier.fitted, "observed": self.data.y})
        return alt.Chart(frame).mark_circle(size=40).encode(x="frontier:Q", y="observed:Q")

    def __repr__(self) -> str:
        return (
            f"QuantileResult({self.loss} {self.tau:g}, {len(self.data.y)} observations, {self.data.kind}, {self.rts})"
        )


def convex_quantile(
    units: Units, *, tau: float, rts: str, kind: str = "production", environment: Sequence[str] | None = None
) -> QuantileResult:
    """Fit a convex quantile frontier to a table.

    Parameters
    ----------
    units : Units
        One output (production) or one input (cost).
    tau : float
        Between 0 and 1: the share of observations below.
    rts : {"vrs", "crs", "drs", "irs"}
    kind : {"production", "cost"}
    environment : sequence of str, optional
        Columns fitted jointly; those with the role when omitted, none when empty.

    Raises
    ------
    OptionError
        When τ is not between 0 and 1.
    DataError, ConvergenceError
        As :func:`bench.stochastic.convex.cnls.cnls`.

    Examples
    --------
    >>> from bench.units import Units
    >>> units = Units.from_arrays([[1.0], [1.0], [2.0], [2.0]], [[1.0], [2.0], [3.0], [5.0]])
    >>> convex_quantile(units, tau=0.99, rts="vrs").fitted.round(4).tolist()
    [2.0, 2.0, 5.0, 5.0]
    """
    return _fit(from_units(units, kind, environment), "quantile", tau, rts)


def convex_expectile(
    units: Units, *, tau: float, rts: str, kind: str = "production", environment: Sequence[str] | None = None
) -> QuantileResult:
    """Fit a convex expectile frontier to a table; τ = ½ is least squares. See :func:`convex_quantile`."""
    return _fit(from_units(units, kind, environment), "expectile", tau, rts)


def convex_quantile_arrays(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    z: npt.ArrayLike | None = None,
    *,
    tau: float,
    rts: str,
    kind: str = "production",
) -> QuantileResult:
    """Fit a quantile frontier to arrays y (N,), x (N, d) and z (N, p)."""
    return _fit(from_arrays(y, x, z, kind=kind), "quantile", tau, rts)


def convex_expectile_arrays(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    z: npt.ArrayLike | None = None,
    *,
    tau: float,
    rts: str,
    kind: str = "production",
) -> QuantileResult:
    """Fit an expectile frontier to arrays y (N,), x (N, d) and z (N, p)."""
    return _fit(from_arrays(y, x, z, kind=kind), "expectile", tau, rts)


def _fit(data: Observations, loss: LossName, tau: float, rts: str) -> QuantileResult:
    if isinstance(tau, bool) or not isinstance(tau, (int, float)) or not 0.0 < tau < 1.0:
        raise OptionError(f"tau must lie between 0 and 1; got {tau!r}")
    technology = convex_rts(rts)
    return QuantileResult(data, technology, loss, float(tau), fit_frontier(data, rts=technology, loss=loss, tau=tau))

"""StoNED: stochastic nonparametric envelopment of data.

Stage 1 fits the conditional mean of the dependent variable by convex nonparametric least squares; stage 2 splits the
residuals into noise and inefficiency, and shifts the mean to the frontier by the expected inefficiency μ = E[u].

Stage 2 by moments (half-normal or exponential u), by quasi-likelihood (half-normal; Fan, Li & Weersink 1996), or by
kernel density (Hall & Simar 2002: no distribution for u, only that its density jumps at zero).

Sources: Kuosmanen & Kortelainen (2012), Journal of Productivity Analysis 38; Kuosmanen (2012), Energy Economics 34
(the Finnish electricity regulation); Fan, Li & Weersink (1996), Journal of Business & Economic Statistics 14; Hall &
Simar (2002), Journal of the American Statistical Association 97; Jondrow et al. (1982), Journal of Econometrics 19.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy.typing as npt
import pandas as pd

from bench.errors import Issue, WrongSkewError
from bench.options import one_of
from bench.presenting import Presented, Summary
from bench.stochastic.convex.cnls import CnlsResult, fit_observations, fit_table, share_of_frontier, tidy_slopes
from bench.stochastic.hypothesis_tests import HypothesisTest, skewness_test
from bench.stochastic.observations import from_arrays, from_units
from bench.stochastic.residual_split import Split, conditional_mean, split_residuals
from bench.typing import FloatArray

if TYPE_CHECKING:
    from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class StonedResult(Presented):
    """A StoNED frontier.

    Attributes
    ----------
    mean : CnlsResult
        Stage 1.
    split : Split
        Stage 2.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(2)
    >>> x = rng.uniform(1.0, 10.0, 80)
    >>> y = x**0.5 * np.exp(0.05 * rng.normal(size=80) - np.abs(0.3 * rng.normal(size=80)))
    >>> fit = stoned_arrays(y, x, rts="vrs", error="multiplicative")
    >>> bool(fit.efficiency.between(0.0, 1.0).all())
    True
    """

    mean: CnlsResult
    split: Split

    @property
    def frontier(self) -> pd.Series[float]:
        """Frontier's value by observation at z = 0: φ shifted by expected inefficiency."""
        return pd.Series(self._shifted(self.mean.frontier.fitted), index=self.mean.data.index, name="frontier")

    @property
    def slopes(self) -> pd.DataFrame:
        """Slopes of the frontier: marginal products of inputs, marginal costs of outputs."""
        return self.mean.slopes * (math.exp(self._shift()) if self.mean.error == "multiplicative" else 1.0)

    @property
    def inefficiency(self) -> pd.Series[float]:
        """E[u | ε] (Jondrow et al. 1982), in the measure of the dependent variable (logs when multiplicative)."""
        sign = 1.0 if self.mean.data.kind == "production" else -1.0
        composed = sign * self.mean.frontier.residual - self.split.mu
        return pd.Series(conditional_mean(composed, self.split)[0], index=self.mean.data.index, name="inefficiency")

    @property
    def efficiency(self) -> pd.Series[float]:
        """Efficiency by observation, share in (0, 1].

        Multiplicative: E[exp(−u) | ε] (Battese & Coelli 1988). Additive: E[u | ε] set against the frontier at the
        unit's own environment; NaN where that frontier is not positive.
        """
        data = self.mean.data
        sign = 1.0 if data.kind == "production" else -1.0
        composed = sign * self.mean.frontier.residual - self.split.mu
        u, technical = conditional_mean(composed, self.split)
        if self.mean.error == "additive":
            own = self._shifted(self.mean.frontier.fitted) + data.z @ self.mean.frontier.delta
            technical = share_of_frontier(own, u, data.kind)
        return pd.Series(technical, index=data.index, name="efficiency")

    @property
    def warnings(self) -> tuple[Issue, ...]:
        """Wrong skewness, or residuals without noise."""
        found = {
            "sigma_u = 0": Issue(
                "wrong-skew",
                f"the residuals' skewness is {self.split.skewness:+.3f}, against the direction inefficiency gives: "
                "no inefficiency is found and every efficiency is 1",
                "look for outliers and for a missing cost driver, or take more observations; do not read it as proof",
                severity="warning",
            ),
            "sigma_v = 0": Issue(
                "no-noise",
                "the residuals are so skewed that nothing is left for noise: the frontier is deterministic",
                'look for outliers, or take method="quasi-likelihood" or another distribution',
                severity="warning",
            ),
        }
        return (found[self.split.boundary],) if self.split.boundary else ()

    def skewness_test(self) -> HypothesisTest:
        """Coelli's (1995) test of no inefficiency on the residuals of stage 1."""
        return skewness_test(self.mean.frontier.residual, 1.0 if self.mean.data.kind == "production" else -1.0)

    def environment(self, robust: bool = False) -> pd.DataFrame:
        """Return δ with standard errors; see :meth:`CnlsResult.environment`."""
        return self.mean.environment(robust)

    def multipliers(self) -> pd.DataFrame:
        """Return a tidy frame of the frontier's slopes."""
        return tidy_slopes(self.slopes)

    def predict(self, x: npt.ArrayLike) -> FloatArray:
        """Evaluate the frontier at new points (m, d), z = 0."""
        return self._shifted(self.mean.predict(x))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per observation: efficiency, inefficiency, frontier, residual and slopes."""
        frame = pd.DataFrame(
            {
                "efficiency": self.efficiency,
                "inefficiency": self.inefficiency,
                "frontier": self.frontier,
                "residual": self.mean.residuals,
            }
        )
        return frame.join(self.slopes.add_prefix("slope "))

    def summary(self) -> Summary:
        """Return sizes, variances, tests and slopes; text, HTML and LaTeX."""
        mean, split, test = self.mean, self.split, self.skewness_test()
        facts = (
            ("Dependent variable", mean.data.y_name),
            ("Observations", str(len(mean.data.y))),
            ("Returns to scale", mean.rts),
            ("Error", mean.error),
            ("Stage 2", f"{split.method}, {split.distribution}"),
            ("σu", f"{split.sigma_u:.6g}"),
            ("σv", f"{split.sigma_v:.6g}"),
            ("Expected inefficiency", f"{split.mu:.6g}"),
            ("Skewness test (M3T)", f"{test.statistic:.4f}, p = {test.p_value:.4f}"),
            ("Mean efficiency", f"{float(self.efficiency.mean()):.4f}"),
            ("Certificate", f"{mean.certificate.worst:.1e} over {mean.certificate.inequalities} inequalities"),
        )
        environment = self.environment() if len(mean.frontier.delta) else None
        table = fit_table(f"StoNED, {mean.data.kind} frontier", facts, self.slopes, environment)
        notes = tuple(f"{issue.message}. {issue.remedy}." for issue in self.warnings)
        return Summary(table.title, table.facts, table.header, table.sections, notes)

    def plot(self) -> Any:
        """Return an Altair chart: efficiencies in order."""
        import altair as alt

        frame = self.to_frame().reset_index(drop=True)
        frame["unit"] = [str(label) for label in self.mean.data.index]
        return (
            alt.Chart(frame)
            .mark_circle(size=40)
            .encode(
                x=alt.X("efficiency:Q", scale=alt.Scale(zero=False)),
                y=alt.Y("unit:N", sort="-x"),
                tooltip=["unit", "efficiency", "frontier"],
            )
        )

    def _shift(self) -> float:
        return self.split.mu if self.mean.data.kind == "production" else -self.split.mu

    def _shifted(self, value: FloatArray) -> FloatArray:
        moved: FloatArray = (
            value * math.exp(self._shift()) if self.mean.error == "multiplicative" else value + self._shift()
        )
        return moved

    def __repr__(self) -> str:
        return (
            f"StonedResult({len(self.mean.data.y)} observations, {self.mean.data.kind}, {self.mean.rts}, "
            f"{self.split.method}, mean efficiency {float(self.efficiency.mean()):.3f})"
        )


def stoned(
    units: Units,
    *,
    rts: str,
    kind: str = "production",
    error: str = "multiplicative",
    method: str = "moments",
    distribution: str = "half-normal",
    environment: Sequence[str] | None = None,
    monotone: bool = True,
    on_wrong_skew: str = "report",
) -> StonedResult:
    """Fit a StoNED frontier to a table.

    Parameters
    ----------
    units : Units
        One output (production) or one input (cost).
    rts : {"vrs", "crs", "drs", "irs"}
    kind : {"production", "cost"}
    error : {"multiplicative", "additive"}
    method : {"moments", "quasi-likelihood", "kernel"}
        How stage 2 splits the residuals.
    distribution : {"half-normal", "exponential"}
        Of u; exponential by moments only.
    environment : sequence of str, optional
        Columns fitted jointly with the frontier; those with the role when omitted, none when empty.
    monotone : bool
    on_wrong_skew : {"report", "raise"}
        With residuals skewed against inefficiency: efficiencies of 1 and a warning, or an error.

    Raises
    ------
    DataError, ConvergenceError
        As :func:`bench.stochastic.convex.cnls.cnls`.
    WrongSkewError
        With ``on_wrong_skew="raise"``.

    Examples
    --------
    >>> from bench.units import Units
    >>> import numpy as np
    >>> rng = np.random.default_rng(4)
    >>> volume = rng.uniform(1.0, 9.0, (60, 2))
    >>> cost = volume.sum(axis=1) * np.exp(0.05 * rng.normal(size=60) + np.abs(0.2 * rng.normal(size=60)))
    >>> fit = stoned(Units.from_arrays(cost[:, None], volume), rts="crs", kind="cost")
    >>> bool((fit.slopes >= 0.0).all(axis=None))
    True
    """
    return _split(
        fit_observations(from_units(units, kind, environment), rts, error, monotone),
        method,
        distribution,
        on_wrong_skew,
    )


def stoned_arrays(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    z: npt.ArrayLike | None = None,
    *,
    rts: str,
    kind: str = "production",
    error: str = "additive",
    method: str = "moments",
    distribution: str = "half-normal",
    monotone: bool = True,
    on_wrong_skew: str = "report",
) -> StonedResult:
    """Do the same on arrays y (N,), x (N, d) and z (N, p); see :func:`stoned`."""
    return _split(
        fit_observations(from_arrays(y, x, z, kind=kind), rts, error, monotone), method, distribution, on_wrong_skew
    )


def _split(mean: CnlsResult, method: str, distribution: str, on_wrong_skew: str) -> StonedResult:
    choice = one_of(on_wrong_skew, ("report", "raise"), "on_wrong_skew")
    sign = 1.0 if mean.data.kind == "production" else -1.0
    split = split_residuals(sign * mean.frontier.residual, method, distribution)
    if split.boundary == "sigma_u = 0" and choice == "raise":
        raise WrongSkewError(
            f"StoNED: the residuals' skewness is {split.skewness:+.3f}, against the direction inefficiency gives; "
            'on_wrong_skew="report" returns efficiencies of 1 with this warning'
        )
    return StonedResult(mean, split)

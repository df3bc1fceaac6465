"""Convex nonparametric least squares: a concave production or convex cost function without a functional form.

φ is any concave (cost: convex), increasing function with the returns to scale asked for; the environment z enters
jointly:

y = φ(x) + z'δ + ε (additive error), or y = φ(x) exp(z'δ + ε) (multiplicative).

Sources: Kuosmanen (2008), Econometrics Journal 11; Kuosmanen & Johnson (2010), Operations Research 58 (C²NLS);
Johnson & Kuosmanen (2011), Journal of Productivity Analysis 36 (environment); Meyer & Woodroofe (2000), Annals of
Statistics 28 (effective dimension).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.errors import DataError
from bench.options import one_of
from bench.presenting import Presented, Summary
from bench.stochastic.convex.concave import SAME_POINT, ConcaveFrontier, FitCertificate, convex_rts, fit_frontier
from bench.stochastic.convex.supporting_slopes import ConvexRts, slope_bounds
from bench.stochastic.observations import Observations, from_arrays, from_units
from bench.typing import FloatArray

if TYPE_CHECKING:
    from bench.units import Units

ErrorKind = Literal["additive", "multiplicative"]
ERROR_KINDS: tuple[ErrorKind, ...] = ("additive", "multiplicative")


@dataclass(frozen=True, slots=True, eq=False)
class CnlsResult(Presented):
    """A fitted concave production or convex cost function.

    Attributes
    ----------
    data : Observations
        Dependent variable, regressors and environment.
    rts, error : str
    monotone : bool
    frontier : ConcaveFrontier
        Arrays of the fit: values, hyperplanes, δ with covariances, residuals, certificate.

    Examples
    --------
    >>> fit = cnls_arrays([1.0, 2.0, 2.5, 2.6], [1.0, 2.0, 3.0, 4.0], rts="vrs")
    >>> fit.fitted.round(6).tolist()
    [1.0, 2.0, 2.5, 2.6]
    >>> fit.certificate.worst < 1e-8
    True
    """

    data: Observations
    rts: ConvexRts
    error: ErrorKind
    monotone: bool
    frontier: ConcaveFrontier

    @property
    def fitted(self) -> pd.Series[float]:
        """φ(x) by observation: the conditional mean (multiplicative: exp of the mean log) at z = 0."""
        return pd.Series(self.frontier.fitted, index=self.data.index, name="fitted")

    @property
    def residuals(self) -> pd.Series[float]:
        """y − φ − z'δ, or ln y − ln φ − z'δ."""
        return pd.Series(self.frontier.residual, index=self.data.index, name="residual")

    @property
    def slopes(self) -> pd.DataFrame:
        """Supporting slope of φ at each observation: marginal product of an input, marginal cost of an output.

        At a kink many slopes support φ. Given is the one nearest to the average slope (in scaled regressors), which is
        unique; see :meth:`slope_range` for the others.
        """
        return pd.DataFrame(self.frontier.slope, index=self.data.index, columns=list(self.data.x_names))

    @property
    def intercepts(self) -> pd.Series[float]:
        """Intercept of each supporting hyperplane: its sign shows local returns to scale."""
        return pd.Series(self.frontier.intercept, index=self.data.index, name="intercept")

    @property
    def certificate(self) -> FitCertificate:
        """Residuals of the conditions of optimality over all n² inequalities."""
        return self.frontier.certificate

    @property
    def sigma(self) -> float:
        """Standard deviation of the residuals, with the effective dimension taken off the degrees of freedom."""
        free = len(self.data.y) - self.frontier.dimension - len(self.frontier.delta)
        square = float(np.sum(self.frontier.residual**2))
        return float(np.sqrt(square / free)) if free > 0 else float("nan")

    @property
    def r_squared(self) -> float:
        """Share of the variance of y (or ln y) that φ and z explain; NaN where it does not vary."""
        y = np.log(self.data.y) if self.error == "multiplicative" else self.data.y
        total = float(np.sum((y - y.mean()) ** 2))
        # A constant in logarithms is one but for rounding.
        if total <= len(y) * (1e-13 * float(np.max(np.abs(y)))) ** 2:
            return float("nan")
        return 1.0 - float(np.sum(self.frontier.residual**2)) / total

    def environment(self, robust: bool = False) -> pd.DataFrame:
        """Return δ with standard errors, z values and p values.

        The environment is cleared of what φ can follow on its active face: the errors count that φ was estimated too.

        Parameters
        ----------
        robust : bool
            Allow unequal variances (White 1980).
        """
        cov = self.frontier.delta_cov_robust if robust else self.frontier.delta_cov
        return coefficient_frame(self.frontier.delta, cov, self.data.z_names)

    def multipliers(self) -> pd.DataFrame:
        """Return a tidy frame of slopes: columns unit labels, ``column`` and ``multiplier``."""
        return tidy_slopes(self.slopes)

    def slope_range(self, column: str, rows: Sequence[int] | None = None) -> pd.DataFrame:
        """Return the least and the greatest supporting slope in one regressor.

        Parameters
        ----------
        column : str
            Regressor.
        rows : sequence of int, optional
            Positions of the observations; all when omitted. Two small linear programs each.

        Returns
        -------
        DataFrame
            Columns ``least`` and ``greatest``; the greatest is infinite at the edge of the data.
        """
        k = list(self.data.x_names).index(one_of_names(column, self.data.x_names))
        chosen = list(range(len(self.data.y))) if rows is None else list(rows)
        sign = 1.0 if self.data.kind == "production" else -1.0
        size = np.abs(self.data.x).max(axis=0)
        size = np.where(size > 0.0, size, 1.0)
        height = float(np.abs(self.frontier.fitted).max()) or 1.0
        points, values = sign * self.data.x / size, sign * self.frontier.fitted / height
        slope = self.frontier.slope * size / height
        bounds = np.array([slope_bounds(points, values, slope, self.rts, self.monotone, i, k) for i in chosen])
        bounds *= height / size[k]
        return pd.DataFrame(bounds, index=self.data.index[chosen], columns=["least", "greatest"])

    def predict(self, x: npt.ArrayLike) -> FloatArray:
        """Evaluate φ at new points (m, d): the lowest hyperplane (highest, for cost)."""
        return envelope(self.frontier, self.data, x)

    def corrected(self) -> pd.Series[float]:
        """Return C²NLS efficiencies: φ shifted until it envelops every observation (no noise).

        Kuosmanen & Johnson (2010). The best unit has efficiency 1; one outlier moves everybody.
        """
        sign = 1.0 if self.data.kind == "production" else -1.0
        residual = sign * self.frontier.residual
        gap = residual.max() - residual
        if self.error == "multiplicative":
            value = np.exp(-gap)
        else:
            best = self.frontier.fitted + sign * residual.max()
            value = share_of_frontier(best, gap, self.data.kind)
        return pd.Series(value, index=self.data.index, name="efficiency")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per observation: y, fitted, residual, intercept and slopes."""
        frame = pd.DataFrame(
            {
                self.data.y_name: self.data.y,
                "fitted": self.frontier.fitted,
                "residual": self.frontier.residual,
                "intercept": self.frontier.intercept,
            },
            index=self.data.index,
        )
        return frame.join(self.slopes.add_prefix("slope "))

    def summary(self) -> Summary:
        """Return sizes, fit, certificate, the spread of the slopes and δ; text, HTML and LaTeX."""
        c = self.certificate
        facts: tuple[tuple[str, str], ...] = (
            ("Dependent variable", self.data.y_name),
            ("Observations", str(len(self.data.y))),
            ("Returns to scale", self.rts),
            ("Error", self.error),
            ("R²", f"{self.r_squared:.4f}"),
            ("Residual standard deviation", f"{self.sigma:.6g}"),
            ("Effective dimension", f"{self.frontier.dimension:.1f}"),
            ("Certificate", f"{c.worst:.1e} over {c.inequalities} inequalities"),
        )
        if self.frontier.same_point > SAME_POINT:
            facts += (("Points taken as one", f"within {self.frontier.same_point:g} of the regressors' spread"),)
        title = f"Convex nonparametric least squares, {self.data.kind} frontier"
        return fit_table(title, facts, self.slopes, self.environment() if len(self.frontier.delta) else None)

    def plot(self) -> Any:
        """Return an Altair chart of y against fitted values."""
        import altair as alt

        frame = pd.DataFrame(
            {"fitted": self.frontier.fitted, "observed": self.data.y, "unit": [str(label) for label in self.data.index]}
        )
        return (
            alt.Chart(frame)
            .mark_circle(size=40)
            .encode(
                x=alt.X("fitted:Q", title="φ(x)", scale=alt.Scale(zero=False)),
                y=alt.Y("observed:Q", title=self.data.y_name, scale=alt.Scale(zero=False)),
                tooltip=["unit", "fitted", "observed"],
            )
        )

    def __repr__(self) -> str:
        return (
            f"CnlsResult({len(self.data.y)} observations, {self.data.kind}, {self.rts}, {self.error}, "
            f"R² {self.r_squared:.3f})"
        )


def cnls(
    units: Units,
    *,
    rts: str,
    kind: str = "production",
    error: str = "multiplicative",
    environment: Sequence[str] | None = None,
    monotone: bool = True,
) -> CnlsResult:
    """Fit a concave production or convex cost function to a table by least squares.

    Parameters
    ----------
    units : Units
        One output (production) or one input (cost). Zero volumes of a service are welcome.
    rts : {"vrs", "crs", "drs", "irs"}
    kind : {"production", "cost"}
    error : {"multiplicative", "additive"}
        Whether deviations grow with the size of the unit.
    environment : sequence of str, optional
        Columns fitted jointly; those with the role when omitted, none when empty.
    monotone : bool
        Whether φ must not fall in any regressor.

    Raises
    ------
    DataError
        Unsuitable columns or values; every problem with its remedy.
    ConvergenceError
        When the certificate's gap is not reached.

    Examples
    --------
    >>> from bench.units import Units
    >>> units = Units.from_arrays([[10.0], [19.0], [31.0]], [[1.0], [2.0], [3.0]], names=["A", "B", "C"])
    >>> cnls(units, rts="vrs", kind="cost", error="additive").slopes["y1"].round(3).tolist()
    [9.0, 10.5, 12.0]
    """
    return fit_observations(from_units(units, kind, environment), rts, error, monotone)


def cnls_arrays(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    z: npt.ArrayLike | None = None,
    *,
    rts: str,
    kind: str = "production",
    error: str = "additive",
    monotone: bool = True,
) -> CnlsResult:
    """Do the same on arrays y (N,), x (N, d) and z (N, p); see :func:`cnls`."""
    return fit_observations(from_arrays(y, x, z, kind=kind), rts, error, monotone)


def fit_observations(data: Observations, rts: str, error: str, monotone: bool) -> CnlsResult:
    """Fit validated observations; see :func:`cnls`."""
    chosen = cast(ErrorKind, one_of(error, ERROR_KINDS, "error"))
    technology = convex_rts(rts)
    loss: Literal["squared", "log"] = "log" if chosen == "multiplicative" else "squared"
    frontier = fit_frontier(data, rts=technology, loss=loss, monotone=monotone)
    return CnlsResult(data, technology, chosen, monotone, frontier)


# -- shared with the other nonparametric results -----------------------------------------------------------


def coefficient_frame(estimate: FloatArray, covariance: FloatArray, names: Sequence[str]) -> pd.DataFrame:
    """Return coefficients with standard errors, z values and two-sided p values."""
    from scipy.special import ndtr

    error = np.sqrt(np.diagonal(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = estimate / error
    return pd.DataFrame(
        {"estimate": estimate, "std_error": error, "z": z, "p_value": 2.0 * ndtr(-np.abs(z))}, index=list(names)
    )


def envelope(frontier: ConcaveFrontier, data: Observations, x: npt.ArrayLike) -> FloatArray:
    """Lowest hyperplane (highest, for cost) at points (m, d)."""
    points = np.asarray(x, dtype=np.float64).reshape(-1, len(data.x_names))
    values = frontier.intercept + points @ frontier.slope.T
    edge: FloatArray = values.min(axis=1) if data.kind == "production" else values.max(axis=1)
    return edge


def tidy_slopes(slopes: pd.DataFrame) -> pd.DataFrame:
    """Return slopes as one row per observation and regressor, columns ``column`` and ``multiplier``."""
    labels = list(slopes.index.names)
    return slopes.reset_index().melt(id_vars=labels, var_name="column", value_name="multiplier")


def share_of_frontier(frontier: FloatArray, inefficiency: FloatArray, kind: str) -> FloatArray:
    """Efficiency from inefficiency in the measure of the dependent variable.

    Production: one minus its share of the frontier. Cost: frontier over frontier plus inefficiency. NaN where the
    frontier is not positive.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 1.0 - inefficiency / frontier if kind == "production" else frontier / (frontier + inefficiency)
    return np.where(frontier > 0.0, np.maximum(share, 0.0), np.nan)


def one_of_names(name: str, names: Sequence[str]) -> str:
    """Return the name, or refuse it with the list of names."""
    if name not in names:
        raise DataError(f"there is no regressor {name!r}; there are {', '.join(names)}")
    return name


def fit_table(
    title: str, facts: tuple[tuple[str, str], ...], slopes: pd.DataFrame, environment: pd.DataFrame | None
) -> Summary:
    """Lay out facts, quartiles of the slopes and δ."""
    header = ("", "least", "quartile 1", "median", "quartile 3", "greatest")
    quartiles = slopes.quantile([0.0, 0.25, 0.5, 0.75, 1.0])
    rows = tuple((str(name), *(f"{v:.6g}" for v in quartiles[name])) for name in slopes.columns)
    sections: list[tuple[str, tuple[tuple[str, ...], ...]]] = [("Slopes", rows)]
    if environment is not None:
        part = tuple(
            (
                str(name),
                f"{row['estimate']:.6g}",
                f"{row['std_error']:.6g}",
                f"{row['z']:.2f}",
                f"{row['p_value']:.3f}",
                "",
            )
            for name, row in environment.iterrows()
        )
        sections.append(("Environment: coefficient, std. err., z, P>|z|", part))
    return Summary(title, facts, header, tuple(sections))

"""A frontier's shape as linear inequalities on its coefficients, and the half-normal fit under them.

Monotonicity is imposed at every observation. Concavity in input prices (cost) and in inputs (quadratic production)
is imposed through a negative semidefinite matrix of second-order coefficients, by eigenvector cuts; for a translog
cost frontier with shares between zero and one that is sufficient everywhere (Diewert & Wales 1987).

Sources: Diewert & Wales (1987), Econometrica 55; Henningsen & Henning (2009), Journal of Productivity Analysis 32;
Sauer, Frohberg & Hockmann (2006), Journal of Applied Economics 9.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.errors import ConvergenceError, Issue, OptionError
from bench.presenting import Presented, Summary
from bench.stochastic.forms import FrontierDesign
from bench.stochastic.frontier.result import SfaResult
from bench.stochastic.likelihood.cross_section import measured
from bench.stochastic.likelihood.predictors import PointPosterior
from bench.stochastic.search.consequences import CONSEQUENCES
from bench.stochastic.search.constrained import ConstrainedFit, Rows, half_normal
from bench.stochastic.search.constrained import least_squares as constrained_least_squares
from bench.stochastic.search.global_search import NO_INEFFICIENCY, NO_NOISE, Boundary
from bench.stochastic.search.outcome import Diagnostics, Estimate, Null, Scores

if TYPE_CHECKING:
    pass


#: Largest eigenvalue accepted of a matrix that must be negative semidefinite, relative to its size.
CURVATURE = 1e-7
MAX_CUTS = 200


@dataclass(frozen=True, slots=True, eq=False)
class ShapedSfa(Presented):
    """The same frontier with and without its shape imposed.

    Attributes
    ----------
    fit : SfaResult
        With the shape. Standard errors take the binding rows as equalities.
    free : SfaResult
        Without.
    binding : int
        Number of inequalities that bind (observations × variables).
    inequalities : int

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(5)
    >>> hours, visits = np.exp(0.5 * rng.normal(size=(2, 60)))
    >>> cost = (hours + 0.1 * visits) * np.exp(0.1 * rng.normal(size=60) + 0.2 * np.abs(rng.normal(size=60)))
    >>> units = bench.Units.from_arrays(cost, np.column_stack([hours, visits]))
    >>> from bench.stochastic import shaped_sfa
    >>> shaped = shaped_sfa(units, kind="cost")
    >>> bool((shaped.fit.marginal_costs()["marginal_cost"] >= -1e-9).all())
    True
    """

    fit: SfaResult
    free: SfaResult
    binding: int
    inequalities: int

    @property
    def likelihood_ratio(self) -> float:
        """Twice the log-likelihood that the shape costs; zero where the free fit has the shape already."""
        return max(0.0, 2.0 * (self.free.loglik - self.fit.loglik))

    @property
    def efficiency(self) -> pd.Series[float]:
        """Efficiency by unit with the shape imposed."""
        return self.fit.efficiency

    def marginal_costs(self) -> pd.DataFrame:
        """Return the marginal cost of every service at every unit with standard error, with and without the shape."""
        with_shape, without = self.fit.marginal_costs(), self.free.marginal_costs()
        return with_shape.assign(
            free_marginal_cost=without["marginal_cost"].to_numpy(), free_std_error=without["std_error"].to_numpy()
        )

    def shape_violations(self) -> pd.DataFrame:
        """Return, per variable, the share of units that break the shape with and without the constraint."""
        kept, free = self.fit.shape_violations(), self.free.shape_violations()
        table = free.rename(columns={"share": "share_free", "worst": "worst_free"})
        table["share_shaped"] = np.where(np.abs(kept["worst"]) < 1e-7, 0.0, kept["share"])
        table["worst_shaped"] = kept["worst"]
        return table

    def to_frame(self) -> pd.DataFrame:
        """Return efficiency with and without the shape, one row per unit."""
        return pd.DataFrame({"efficiency": self.fit.efficiency, "efficiency_free": self.free.efficiency})

    def summary(self) -> Summary:
        """Return what the shape changes: violations, likelihood, coefficients; text, HTML and LaTeX."""
        violations = self.shape_violations()
        rows = tuple(
            (f"{v} ({p})", f"{100 * a:.1f} %", f"{100 * b:.1f} %")
            for v, p, a, b in zip(
                violations["variable"],
                violations["property"],
                violations["share_free"],
                violations["share_shaped"],
                strict=True,
            )
        )
        coefficients = tuple(
            (str(name), f"{free:.6g}", f"{value:.6g}")
            for name, free, value in zip(self.free.params.index, self.free.params, self.fit.params, strict=True)
        )
        facts = (
            ("Observations", str(len(self.fit.units))),
            ("Log-likelihood without the shape", f"{self.free.loglik:.6f}"),
            ("Log-likelihood with the shape", f"{self.fit.loglik:.6f}"),
            ("Likelihood ratio", f"{self.likelihood_ratio:.4f}"),
            ("Binding inequalities", f"{self.binding} of {self.inequalities}"),
            ("Mean efficiency without, with", f"{self.free.efficiency.mean():.4f}, {self.fit.efficiency.mean():.4f}"),
        )
        sections = (("Share of units that break the shape", rows), ("Coefficients", coefficients))
        return Summary("Frontier with its shape imposed", facts, ("", "free", "shaped"), sections)

    def plot(self) -> Any:
        """Return an Altair chart of marginal costs with the shape against those without."""
        import altair as alt

        frame = self.marginal_costs()
        return (
            alt.Chart(frame)
            .mark_circle(size=36)
            .encode(
                x=alt.X("free_marginal_cost:Q", title="without the shape"),
                y=alt.Y("marginal_cost:Q", title="with the shape"),
                color="output:N",
                tooltip=["unit", "output", "free_marginal_cost", "marginal_cost"],
            )
        )

    def __repr__(self) -> str:
        return f"ShapedSfa({self.fit!r}, {self.binding} of {self.inequalities} inequalities bind)"


def impose(free: SfaResult, *, monotone: bool = True, concave: bool = False, floor: float = 0.0) -> ShapedSfa:
    """Fit a half-normal frontier again with its shape imposed; see :func:`bench.stochastic.shaped_sfa`."""
    rows = shape_rows(free.design, monotone=monotone, floor=floor)
    found, rows = _with_curvature(free.design, rows, _curved(free.design) if concave else [])
    label = "-".join(name for name, wanted in (("monotone", monotone), ("concave", concave)) if wanted)
    estimate = _estimate(free, found, rows, label)
    return ShapedSfa(replace(free, estimate=estimate), free, len(found.binding), len(rows.floor))


def shaped_least_squares(design: FrontierDesign, *, monotone: bool = True, floor: float = 0.0) -> pd.Series[float]:
    """Return the least-squares coefficients of a form under its shape: the mean function, without inefficiency."""
    rows = shape_rows(design, monotone=monotone, floor=floor)
    return pd.Series(constrained_least_squares(design.y, design.X, rows), index=list(design.names), name="estimate")


def shape_rows(design: FrontierDesign, *, monotone: bool = True, floor: float = 0.0) -> Rows:
    """Lay out monotonicity at every observation as rows over the coefficients.

    With prices relative to a numeraire, the numeraire's own share (one minus the others) must not be negative either.
    """
    k = design.X.shape[1]
    rows = Rows(np.zeros((0, k)), np.zeros(0))
    if not monotone:
        return rows
    falling = {("output-distance", "output"), ("input-distance", "input")}
    prices = np.zeros_like(design.X)
    for i, variable in enumerate(design.variables):
        gradient = design.gradient(i)
        direction = -1.0 if (design.kind, variable.role) in falling else 1.0
        rows = rows.join(Rows(direction * gradient, np.full(len(gradient), float(floor))))
        if variable.role == "price":
            prices = prices + gradient
    if design.kind == "cost" and design.numeraire is not None and prices.any():
        rows = rows.join(Rows(-prices, np.full(len(prices), -1.0)))
    return rows


def _curved(design: FrontierDesign) -> list[int]:
    """Variables in which the frontier can be made concave by its second-order coefficients."""
    role = "price" if design.kind == "cost" else "input"
    chosen = [i for i, variable in enumerate(design.variables) if variable.role == role]
    if not chosen or design.form == "cobb-douglas" or (design.kind != "cost" and design.form != "quadratic"):
        raise OptionError(
            "concave=True is for a translog or quadratic cost frontier with input prices, or a quadratic production "
            f"frontier; this is a {design.form} {design.kind} frontier"
        )
    return chosen


def _with_curvature(design: FrontierDesign, rows: Rows, curved: list[int]) -> tuple[ConstrainedFit, Rows]:
    """Fit, and cut off the directions in which the second-order matrix still bends up, until none is left."""
    for _ in range(MAX_CUTS):
        found = half_normal(design.y, design.X, rows, design.sign)
        if not curved:
            return found, rows
        weights = np.array([[design.hessian_columns(i, j) for j in curved] for i in curved])
        values, vectors = np.linalg.eigh(weights @ found.beta)
        wrong = np.flatnonzero(values > CURVATURE * max(1e-3, float(np.abs(values).max())))
        if not len(wrong):
            return found, rows
        cuts = np.array([-np.einsum("i,j,ijk->k", vectors[:, c], vectors[:, c], weights) for c in wrong])
        rows = rows.join(Rows(cuts, np.zeros(len(cuts))))
    raise ConvergenceError(f"concavity was not reached with {MAX_CUTS} cuts")


def _estimate(free: SfaResult, found: ConstrainedFit, rows: Rows, label: str) -> Estimate:
    """The free estimate with everything that the shape changes put in its place."""
    old, design = free.estimate, free.design
    residual = design.sign * (design.y - design.X @ found.beta)
    n = len(residual)
    log_u = 2.0 * math.log(found.sigma_u) if found.sigma_u > 0.0 else -math.inf
    log_v = 2.0 * math.log(found.sigma_v) if found.sigma_v > 0.0 else -math.inf
    heads = [residual, np.full(n, log_v), np.full(n, log_u), np.zeros(n)]
    at = "sigma_u = 0" if found.sigma_u == 0.0 else "sigma_v = 0" if found.sigma_v == 0.0 else ""
    straight = design.y - design.X @ constrained_least_squares(design.y, design.X, rows)
    spread = float(np.mean(straight**2))
    ols = -0.5 * n * (math.log(2.0 * math.pi * spread) + 1.0)
    edges = tuple(
        Boundary(name, value, value - found.loglik, name == at, CONSEQUENCES[name])
        for name, value in ((NO_INEFFICIENCY, ols), (NO_NOISE, found.silent))
    )
    return replace(
        old,
        params=np.concatenate([found.beta, [log_v, log_u]]),
        covariance=found.covariance,
        score_source=Scores(matrix=found.scores),
        loglik=found.loglik,
        ols_loglik=ols,
        null=Null(ols, design.y - straight, np.full(n, math.sqrt(spread))),
        residual=residual,
        posterior=PointPosterior(np.maximum(-residual, 0.0) if at == NO_NOISE else np.zeros(n))
        if at
        else measured(heads, old.distribution, 1.0),
        boundaries=edges,
        at_boundary=at,
        # The derivatives of a constrained maximum do not vanish, and the free fit's say nothing about it.
        diagnostics=Diagnostics(math.nan, math.nan, math.nan, 0, "concave at every ratio σu/σv, over all ratios", ()),
        warnings=(*(issue for issue in old.warnings if issue.rule != "boundary"), *_edge_warnings(edges)),
        shape=label,
    )


def _edge_warnings(edges: tuple[Boundary, ...]) -> list[Issue]:
    issues = []
    for edge in edges:
        if edge.chosen:
            message = f"no interior maximum under the shape: the solution lies at {edge.name}; {edge.consequence}"
        elif edge.gain > 1e-7:
            message = (
                f"the log-likelihood at {edge.name} under the shape is {edge.gain:.4g} higher than at the reported "
                f"solution; {edge.consequence}"
            )
        else:
            continue
        remedy = "more observations or fewer coefficients; compare with DEA"
        issues.append(Issue("boundary", message, remedy, severity="warning"))
    return issues

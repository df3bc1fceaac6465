"""Panel frontiers without a distribution: effects of units, and the best of them as the frontier.

``"fixed"`` and ``"random"`` (Schmidt & Sickles 1984) hold inefficiency constant over time; ``"polynomial"``
(Cornwell, Schmidt & Sickles 1990) gives each unit its own path; ``"path"`` (Lee & Schmidt 1993) one path for all.
The best unit (of each period) has efficiency one by construction, so everything that lasts and is not in the
regressors counts as inefficiency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pandas as pd

from bench.errors import DataError, Issue, OptionError
from bench.options import one_of
from bench.presenting import Presented, Summary
from bench.stochastic.convex.cnls import coefficient_frame, share_of_frontier
from bench.stochastic.forms import FrontierDesign, frontier_design
from bench.stochastic.least_squares.panel_estimators import (
    PanelFit,
    fixed_effects,
    random_effects,
    time_path,
    unit_polynomials,
)
from bench.stochastic.panels.groups import Groups
from bench.typing import FloatArray

if TYPE_CHECKING:
    from bench.units import Units

Effects = Literal["fixed", "random", "polynomial", "path"]
EFFECTS: tuple[Effects, ...] = ("fixed", "random", "polynomial", "path")
ALIASES = {"fe": "fixed", "re": "random", "css": "polynomial", "lee-schmidt": "path"}


@dataclass(frozen=True, slots=True, eq=False)
class PanelResult(Presented):
    """A panel frontier by least squares.

    Attributes
    ----------
    units : Units
    design : FrontierDesign
    effects : {"fixed", "random", "polynomial", "path"}
    groups : Groups
    fit : PanelFit
        Arrays, rows sorted by unit and period.
    degree : int
        Of the polynomials; 0 otherwise.
    """

    units: Units
    design: FrontierDesign
    effects: Effects
    groups: Groups
    fit: PanelFit
    degree: int

    @property
    def effect(self) -> pd.Series[float]:
        """Effect α by row."""
        return pd.Series(self.groups.restore(self.fit.effect), index=self.units.index, name="effect")

    @property
    def inefficiency(self) -> pd.Series[float]:
        """Distance of the effect from the best one: of all units, or of the period where effects move."""
        value = self.design.sign * self.fit.effect
        if self.effects in ("fixed", "random"):
            gap = value.max() - value
        else:
            _, when = np.unique(self.groups.times, return_inverse=True)
            best = np.full(int(when.max()) + 1, -np.inf)
            np.maximum.at(best, when, value)
            gap = best[when] - value
        return pd.Series(self.groups.restore(gap), index=self.units.index, name="inefficiency")

    @property
    def efficiency(self) -> pd.Series[float]:
        """Efficiency by row, share in (0, 1]: exp(−u), or its share of the frontier with a quadratic form."""
        u: FloatArray = np.asarray(self.inefficiency, dtype=np.float64)
        if self.design.logs:
            return pd.Series(np.exp(-u), index=self.units.index, name="efficiency")
        kind = "production" if self.design.sign > 0 else "cost"
        own: FloatArray = self.design.X[:, 1:] @ self.fit.beta + self.groups.restore(self.fit.effect)
        own = own + self.design.sign * u
        return pd.Series(share_of_frontier(own, u, kind), index=self.units.index, name="efficiency")

    @property
    def warnings(self) -> tuple[Issue, ...]:
        """Units whose effect rests on a single observation."""
        return tuple(
            Issue(
                "single-observation",
                "the unit is observed once: its effect cannot be told from noise",
                "read its efficiency with care, or give more periods",
                severity="warning",
                unit=str(self.groups.labels[i]),
            )
            for i in np.flatnonzero(self.groups.counts == 1)
        )

    def coefficients(self, clustered: bool = False) -> pd.DataFrame:
        """Return coefficients with standard errors, homoskedastic or robust to correlation within units."""
        covariance = self.fit.clustered if clustered else self.fit.covariance
        return coefficient_frame(self.fit.beta, covariance, self.design.names[1:])

    def path(self) -> pd.Series[float]:
        """Return the common time path (``effects="path"``), one in the first period."""
        if self.fit.path is None:
            raise OptionError(f'only effects="path" has a common time path; this is {self.effects!r}')
        return pd.Series(self.fit.path, index=pd.Index(np.unique(self.groups.times), name="period"), name="path")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per unit and period: efficiency, inefficiency and effect."""
        return pd.DataFrame({"efficiency": self.efficiency, "inefficiency": self.inefficiency, "effect": self.effect})

    def summary(self) -> Summary:
        """Return coefficients and spreads; text, HTML and LaTeX."""
        table = self.coefficients()
        rows = tuple(
            (str(name), *(f"{value:.6g}" for value in row))
            for name, row in zip(table.index, table.to_numpy(), strict=True)
        )
        facts = [
            ("Dependent variable", self.design.dependent),
            ("Rows, units", f"{len(self.units)}, {len(self.groups.counts)}"),
            ("Effects", self.effects + (f" of degree {self.degree}" if self.degree else "")),
            ("σv", f"{self.fit.sigma_v:.6g}"),
            ("R² around the effects", f"{self.fit.r_squared:.4f}"),
            ("Mean efficiency", f"{float(self.efficiency.mean()):.4f}"),
        ]
        if self.effects == "random":
            facts.insert(4, ("σ of the effects", f"{self.fit.sigma_effect:.6g}"))
        notes = tuple(f"{issue.unit}: {issue.message}." for issue in self.warnings)
        header = ("", "estimate", "std. err.", "z", "P>|z|")
        title = f"Panel frontier by least squares, {self.design.kind}"
        return Summary(title, tuple(facts), header, (("Frontier", rows),), notes)

    def __repr__(self) -> str:
        return f"PanelResult({self.effects}, {self.design.kind}, {self.design.form}, {len(self.units)} rows)"


def panel_frontier(units: Units, *, effects: str, degree: int = 2, **options: Any) -> PanelResult:
    """Fit a panel frontier by least squares.

    Parameters
    ----------
    units : Units
        With a period column.
    effects : {"fixed", "random", "polynomial", "path"}
    degree : int
        Of the polynomials in time.
    **options
        ``kind``, ``form``, ``environment``, ``normalise`` and ``homogeneous``, as for :func:`bench.sfa`.

    Raises
    ------
    DataError
        No period column, regressors without variation within units, too short a panel.
    ConvergenceError
        When the time path's least squares do not converge.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> home, year = np.repeat(np.arange(20), 5), np.tile(np.arange(2020, 2025), 20)
    >>> days = np.exp(rng.normal(size=100))
    >>> cost = days**0.8 * np.exp(0.3 * np.abs(rng.normal(size=20))[home] + 0.05 * rng.normal(size=100))
    >>> table = pd.DataFrame({"home": home.astype(str), "year": year, "cost": cost, "days": days})
    >>> units = bench.Units.from_frame(table, id="home", period="year", inputs=["cost"], outputs=["days"])
    >>> fit = panel_frontier(units, effects="fixed", kind="cost", form="cobb-douglas")
    >>> fit.coefficients()["estimate"].round(1).tolist()
    [0.8]
    """
    chosen = cast(Effects, one_of(effects, EFFECTS, "effects", ALIASES))
    if isinstance(degree, bool) or not isinstance(degree, int) or not 1 <= degree <= 4:
        raise OptionError(f"degree must be a whole number from 1 to 4; got {degree!r}")
    known = ("kind", "form", "environment", "normalise", "homogeneous")
    for name in options:
        one_of(name, known, "option")
    if units.period is None:
        raise DataError("a panel frontier needs a period column: name it when the table is read")
    design = frontier_design(units, **options)
    groups = Groups.build(units.frame[units.id].to_numpy(), units.frame[units.period].to_numpy())
    y, x, names = design.y[groups.order], design.X[groups.order, 1:], design.names[1:]
    if chosen == "fixed":
        fit = fixed_effects(y, x, groups, names)
    elif chosen == "random":
        fit = random_effects(y, x, groups, names)
    elif chosen == "polynomial":
        fit = unit_polynomials(y, x, groups, names, degree)
    else:
        fit = time_path(y, x, groups, names)
    return PanelResult(units, design, chosen, groups, fit, degree if chosen == "polynomial" else 0)

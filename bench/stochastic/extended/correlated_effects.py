"""Correlated random effects: unit means beside the regressors, so that effects may depend on them.

A random unit effect is right when it does not depend on the regressors. Mundlak (1978, Econometrica 46) lets it depend
on their means by unit: the coefficients of the regressors are then those within units, and the test that all means have
the coefficient zero is the test of random against fixed effects (for frontiers: Farsi, Filippini & Kuenzle 2005,
Regional Studies 39; Filippini & Greene 2016, Journal of Productivity Analysis 45).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from bench.errors import DataError, Issue
from bench.stochastic.forms import FrontierDesign
from bench.stochastic.frontier.result import SfaResult
from bench.stochastic.frontier.sfa import sfa
from bench.stochastic.hypothesis_tests import HypothesisTest, wald
from bench.typing import FloatArray
from bench.units import Units

#: A mean whose part orthogonal to the other regressors is smaller than this share of it says nothing new.
_NEW = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class CorrelatedEffects:
    """A panel frontier with unit means of its regressors.

    Attributes
    ----------
    fit : SfaResult
        With the means.
    plain : SfaResult
        Without.
    means : tuple of str
        Names of the means' coefficients.
    """

    fit: SfaResult
    plain: SfaResult
    means: tuple[str, ...]

    @property
    def efficiency(self) -> pd.Series[float]:
        """Efficiency by row, with the means in the frontier."""
        return self.fit.efficiency

    def test(self) -> HypothesisTest:
        """Test that no effect depends on a regressor: all means have the coefficient zero (Wald)."""
        names = list(self.fit.estimate.names)
        picked = [names.index(name) for name in self.means]
        matrix = self.fit.cov.to_numpy()[np.ix_(picked, picked)]
        if not np.isfinite(matrix).all():
            raise DataError("the means have no standard errors: the fit lies on an edge without noise")
        eye = np.eye(len(picked))
        return wald(self.fit.estimate.params[picked], matrix, eye, np.zeros(len(picked)))

    def coefficients(self) -> pd.DataFrame:
        """Return the coefficients with the means and without, side by side."""
        columns = ["estimate", "std_error"]
        both = {"correlated": self.fit.coefficients()[columns], "plain": self.plain.coefficients()[columns]}
        return pd.concat(both, axis=1)

    def __repr__(self) -> str:
        return f"CorrelatedEffects({self.fit!r}, {len(self.means)} means)"


def correlated_effects(
    units: Units, *, panel: str = "true-random", leave_out: Sequence[str] = (), **options: Any
) -> CorrelatedEffects:
    """Fit a panel frontier with the units' means of its regressors beside them.

    Parameters
    ----------
    units : Units
        With a period column.
    panel : str
        Structure with one distribution of effects over units: true-random, four-components or pitt-lee.
    leave_out : sequence of str
        Regressors without a mean, such as a trend.
    **options
        As for :func:`bench.sfa`: ``kind``, ``form``, ``environment``, ``distribution``, ``covariance`` and others.

    Returns
    -------
    CorrelatedEffects

    Raises
    ------
    DataError
        When no regressor varies both within and between units.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(4)
    >>> unit, year = np.repeat(np.arange(60), 5), np.tile(np.arange(5), 60)
    >>> effect = 0.5 * rng.normal(size=60)[unit]
    >>> x = np.exp(effect + 0.5 * rng.normal(size=300))
    >>> y = x**0.5 * np.exp(effect + 0.1 * rng.normal(size=300) - 0.3 * np.abs(rng.normal(size=300)))
    >>> frame = pd.DataFrame({"unit": unit.astype(str), "year": year, "x": x, "y": y})
    >>> table = bench.Units.from_frame(frame, id="unit", period="year", inputs=["x"], outputs=["y"])
    >>> found = correlated_effects(table, form="cobb-douglas")
    >>> bool(abs(found.fit.params["ln x"] - 0.5) < 0.1), found.test().p_value < 0.01
    (True, True)
    """
    plain = sfa(units, panel=panel, **options)
    design, names, means = _with_means(units, plain.design, leave_out)
    model = replace(plain.specification, X=design.X, names=design.names)
    fit = replace(plain, design=design, specification=model, estimate=model.fit())
    if not means.size:
        raise DataError(
            [
                Issue(
                    "no-means",
                    "no regressor varies both within and between units, so there is no mean to add",
                    "use panel='true-fixed', or leave the panel out",
                )
            ]
        )
    return CorrelatedEffects(fit, plain, names)


def _with_means(
    units: Units, design: FrontierDesign, leave_out: Sequence[str]
) -> tuple[FrontierDesign, tuple[str, ...], FloatArray]:
    """The frontier with the means of those regressors whose means say something new."""
    _, codes = np.unique(units.frame[units.id].to_numpy(), return_inverse=True)
    counts = np.bincount(codes)
    x, names = design.X, list(design.names)
    kept: list[str] = []
    for k, name in enumerate(design.names):
        if name in leave_out:
            continue
        column = (np.bincount(codes, weights=design.X[:, k]) / counts)[codes]
        rest = column - x @ np.linalg.lstsq(x, column, rcond=None)[0]
        if np.sqrt(np.mean(rest**2)) > _NEW * max(float(np.sqrt(np.mean(column**2))), 1e-300):
            x = np.column_stack([x, column])
            kept.append(f"mean of {name}")
    whole = replace(design, X=x, names=(*names, *kept), shifters=(*design.shifters, *kept))
    return whole, tuple(kept), x[:, len(names) :]

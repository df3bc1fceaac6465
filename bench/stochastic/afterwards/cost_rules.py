"""Regressions of cost that can be fitted to any part of a sample: what conformal intervals leave units out of.

A rule knows every row's dependent variable and regressors on the scale it is fitted on, and answers one question: what
would these rows cost, seen from those. Any rule will do that treats the rows it is fitted to alike.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.stochastic.convex.cnls import envelope, fit_observations
from bench.stochastic.design import Block, standardise
from bench.stochastic.forms import FrontierDesign, frontier_design
from bench.stochastic.observations import Observations, from_arrays, from_units, require_positive
from bench.stochastic.search.estimate import fit
from bench.typing import FloatArray, IntArray
from bench.units import Units

REGRESSIONS = ("least-squares", "sfa", "cnls")


@dataclass(frozen=True, slots=True, eq=False)
class Rule(ABC):
    """A regression on n rows with known cost, asked about these and q further rows.

    Attributes
    ----------
    y : array (n,)
        Cost as it enters the regression.
    points : array (n + q, k)
        Regressors.
    scale : array (n + q,)
        Factor from the regression's measure to the table's money, applied after the exponential where ``logs``.
    logs : bool
    """

    y: FloatArray
    points: FloatArray
    scale: FloatArray
    logs: bool

    @abstractmethod
    def predict(self, rows: IntArray, at: IntArray) -> FloatArray:
        """Return the prediction for some rows by the regression on others."""

    def money(self, values: FloatArray, rows: IntArray) -> FloatArray:
        """Return values (len(rows), …) of the regression's scale as money."""
        shape = (len(rows),) + (1,) * (values.ndim - 1)
        level = np.exp(values) if self.logs else values
        return np.asarray(self.scale[rows].reshape(shape) * level)


@dataclass(frozen=True, slots=True, eq=False)
class LeastSquares(Rule):
    """A function linear in its coefficients, by least squares."""

    names: tuple[str, ...]

    def predict(self, rows: IntArray, at: IntArray) -> FloatArray:
        """Return the prediction for some rows by the regression on others."""
        standard = standardise(Block("frontier", self.points[rows], self.names))
        beta = standard.back @ (standard.design.T @ self.y[rows] / len(rows))
        return np.asarray(self.points[at] @ beta)


@dataclass(frozen=True, slots=True, eq=False)
class Stochastic(Rule):
    """A stochastic cost frontier by maximum likelihood; its level plays no part in an interval made of residuals."""

    names: tuple[str, ...]
    distribution: str

    def predict(self, rows: IntArray, at: IntArray) -> FloatArray:
        """Return the prediction for some rows by the regression on others."""
        found = fit(
            self.y[rows], self.points[rows], kind="cost", distribution=self.distribution, names=list(self.names)
        )
        return np.asarray(self.points[at] @ found.params[found.slices["frontier"]])


@dataclass(frozen=True, slots=True, eq=False)
class Convex(Rule):
    """A convex cost function with a multiplicative error; ``points`` hold volumes, then conditions."""

    data: Observations
    rts: str

    def predict(self, rows: IntArray, at: IntArray) -> FloatArray:
        """Return the prediction for some rows by the regression on others."""
        count = len(self.data.x_names)
        x, z = self.points[:, :count], self.points[:, count:]
        own = from_arrays(
            np.exp(self.y[rows]), x[rows], z[rows] if z.shape[1] else None, kind="cost", y_name=self.data.y_name,
            x_names=self.data.x_names, z_names=self.data.z_names, index=self.data.index[rows],
        )  # fmt: skip
        found = fit_observations(own, self.rts, "multiplicative", True)
        # Beyond the data a plane may fall below zero, where there is no logarithm: the function stops at the least
        # cost it was fitted to.
        level = np.maximum(envelope(found.frontier, found.data, x[at]), found.frontier.fitted.min())
        return np.asarray(np.log(level) + z[at] @ found.frontier.delta)


def cost_rule(
    units: Units,
    new: Units | None,
    *,
    regression: str,
    form: str,
    environment: Sequence[str],
    distribution: str,
    rts: str,
) -> Rule:
    """Return the rule of a table, with the rows of ``new`` after its own.

    Raises
    ------
    DataError
        Columns or values the regression cannot take; a column of the frontier that ``new`` lacks.
    """
    if regression == "cnls":
        return _convex(units, new, environment, rts)
    design = frontier_design(units, kind="cost", form=form, environment=environment)
    points, scale = design.X, _scale(design, units)
    if new is not None:
        points = np.vstack([points, design.regressors(new.frame)])
        scale = np.append(scale, _scale(design, new))
    standardise(Block("frontier", design.X, design.names))
    if regression == "sfa":
        return Stochastic(design.y, points, scale, design.logs, design.names, distribution)
    return LeastSquares(design.y, points, scale, design.logs, design.names)


def _scale(design: FrontierDesign, units: Units) -> FloatArray:
    """Cost is divided by the first price where the function is homogeneous in prices."""
    return np.ones(len(units)) if design.numeraire is None else np.array(units.values([design.numeraire.name])[:, 0])


def _convex(units: Units, new: Units | None, environment: Sequence[str], rts: str) -> Rule:
    data = from_units(units, "cost", list(environment))
    require_positive(data)
    points = np.hstack([data.x, data.z])
    if new is not None:
        points = np.vstack([points, new.values([*data.x_names, *data.z_names])])
    return Convex(np.log(data.y), points, np.ones(len(points)), True, data, rts)

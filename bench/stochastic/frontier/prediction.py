"""What a fitted frontier says of units that it was not fitted to."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import ndtri

from bench.errors import DataError, OptionError
from bench.stochastic.frontier.composed_error import heads, quantiles
from bench.stochastic.frontier.fitted import FittedFrontier
from bench.typing import FloatArray
from bench.units import Units


def predict(result: FittedFrontier, data: Units | pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Return the frontier, and what a unit is likely to show, for other units.

    Parameters
    ----------
    result : FittedFrontier
    data : Units or DataFrame
        With the frontier's columns; the dependent variable is not needed.
    level : float
        Of both intervals.

    Returns
    -------
    DataFrame
        ``frontier`` with ``std_error``, ``lower`` and ``upper``: the best attainable output or cost and what the
        coefficients' uncertainty makes of it. In a cross-section without covariates of u, v and mu also
        ``outcome_lower`` and ``outcome_upper``: where a new unit with noise and inefficiency like the sample's will be.

    Raises
    ------
    DataError
        Missing columns or cells, values without a logarithm, or true fixed effects, where a new unit has no level.
    """
    if not 0.0 < level < 1.0:
        raise OptionError(f"level must lie between 0 and 1; got {level!r}")
    if result.estimate.effects is not None:
        raise DataError("a new unit has no intercept with true fixed effects: use panel='true-random'")
    table = data.frame if isinstance(data, Units) else data
    x = result.design.regressors(table, result.in_logs)
    part = result.estimate.slices["frontier"]
    value = x @ result.estimate.params[part]
    if result.design.logs and result.design.kind == "cost" and result.design.numeraire is not None:
        base = table[result.design.numeraire.name].to_numpy(dtype=np.float64)
        value = value + (base if result.in_logs else np.log(base))
    matrix = result.cov.to_numpy()[part, part]
    error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", x, matrix, x), 0.0))
    half = float(ndtri(0.5 + 0.5 * level)) * error
    columns = {"frontier": value, "lower": value - half, "upper": value + half, **_outcome(result, value, error, level)}
    if result.design.logs:
        columns = {name: np.exp(values) for name, values in columns.items()}
        error = columns["frontier"] * error
    frame = pd.DataFrame(columns, index=data.index)
    frame.insert(1, "std_error", error)
    return frame


def _outcome(result: FittedFrontier, value: FloatArray, error: FloatArray, level: float) -> dict[str, FloatArray]:
    """Bounds of what a new unit shows; empty where the composed error is not the same for all."""
    estimate, model = result.estimate, result.specification
    if model.structure or estimate.at_boundary or any(z is not None for z in (model.u, model.v, model.mu)):
        return {}
    tail = 0.5 * (1.0 - level)
    low, high = quantiles(heads(estimate), (tail, 1.0 - tail))[0]
    bounds = np.sort(estimate.sign * np.array([low, high]))
    # The frontier's own uncertainty widens the composed error's, as variances add.
    spread = math.sqrt(float(np.mean(estimate.residual**2) - np.mean(estimate.residual) ** 2))
    wide = np.sqrt(1.0 + (error / spread) ** 2)
    middle = estimate.sign * float(np.mean(estimate.residual))
    return {
        "outcome_lower": value + middle + (bounds[0] - middle) * wide,
        "outcome_upper": value + middle + (bounds[1] - middle) * wide,
    }

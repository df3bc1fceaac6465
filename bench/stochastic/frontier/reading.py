"""What a fitted frontier says in the table's own measures: efficiencies, elasticities, scale, marginal costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.errors import DataError
from bench.typing import FloatArray

if TYPE_CHECKING:
    from bench.stochastic.frontier.fitted import FittedFrontier


def kept_columns(result: FittedFrontier) -> list[int]:
    """Regressors with a coefficient, by name: unit intercepts take the place of the common one."""
    position = {name: k for k, name in enumerate(result.design.names)}
    return [position[name] for name in result.estimate.names[result.estimate.slices["frontier"]]]


def coefficients(result: FittedFrontier) -> FloatArray:
    """Return the coefficient of every regressor of the design, array (k,); zero for one that unit intercepts hold."""
    beta = np.zeros(len(result.design.names))
    beta[kept_columns(result)] = result.estimate.params[result.estimate.slices["frontier"]]
    return beta


def _errors(result: FittedFrontier, gradient: FloatArray, level: FloatArray | None = None) -> FloatArray:
    """Standard errors of what has the derivative ``gradient`` (n, k) by the design's coefficients.

    ``level`` (n,) is the derivative by the frontier's own value, which unit intercepts move as well.
    """
    estimate, matrix = result.estimate, result.cov.to_numpy()
    part = estimate.slices["frontier"]
    own = gradient[:, kept_columns(result)]
    effects = estimate.effects
    if effects is None or level is None:
        variance = np.einsum("ij,jk,ik->i", own, matrix[part, part], own)
    else:
        whole = level[:, None] * effects.jacobian[effects.rows]
        whole[:, part] += own
        # A vanished variance has no derivative; the frontier's coefficients have one, or nothing has.
        free = np.isfinite(np.diag(matrix))
        free[part] = True
        block = matrix[np.ix_(free, free)]
        variance = np.einsum("ij,jk,ik->i", whole[:, free], block, whole[:, free])
        variance = variance + level**2 * effects.variance[effects.rows]
    errors: FloatArray = np.sqrt(np.maximum(variance, 0.0))
    return errors


def frontier_value(result: FittedFrontier) -> FloatArray:
    """Return x'β, with the unit's intercept where there is one, at every row, array (n,)."""
    value: FloatArray = result.design.X @ coefficients(result)
    effects = result.estimate.effects
    return value if effects is None else value + effects.value[effects.rows]


def frontier_level(result: FittedFrontier) -> FloatArray:
    """Return the frontier in the measure of the dependent column, array (n,)."""
    value = frontier_value(result)
    design = result.design
    if not design.logs:
        return value
    level = np.exp(value)
    if design.kind == "cost" and design.numeraire is not None:
        level = level * design.numeraire.level
    return level


def inefficiency(result: FittedFrontier) -> FloatArray:
    """Return E[u | e] by row."""
    return result.estimate.posterior.mean()


def efficiency(result: FittedFrontier, predictor: str) -> FloatArray:
    """Return efficiency by row."""
    posterior = result.estimate.posterior
    if not result.design.logs:
        return _additive(result, posterior.mode() if predictor == "mode" else posterior.mean())
    if predictor == "bc88":
        return posterior.efficiency()
    return np.exp(-(posterior.mode() if predictor == "mode" else posterior.mean()))


def _additive(result: FittedFrontier, u: FloatArray) -> FloatArray:
    """Efficiency where inefficiency adds to the dependent variable in its own measure."""
    value = frontier_value(result)
    if (value <= 0.0).any():
        raise DataError(
            "the quadratic frontier is not positive at some units, so efficiency is not defined there: "
            "use form='translog', or fewer terms"
        )
    share = value / (value + u) if result.estimate.sign < 0 else 1.0 - u / value
    return np.maximum(share, 0.0)


def interval(result: FittedFrontier, level: float) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper bounds of efficiency."""
    tail = 0.5 * (1.0 - level)
    high, low = result.estimate.posterior.quantile(1.0 - tail), result.estimate.posterior.quantile(tail)
    if not result.design.logs:
        return _additive(result, high), _additive(result, low)
    return np.exp(-high), np.exp(-low)


def slope(result: FittedFrontier, i: int) -> tuple[FloatArray, FloatArray]:
    """Return the frontier's derivative by the value of variable i and the gradient of that by β, (n,) and (n, k)."""
    gradient = result.design.gradient(i)
    return gradient @ coefficients(result), gradient


def elasticity(result: FittedFrontier, i: int) -> tuple[FloatArray, FloatArray]:
    """Return the elasticity by variable i at every row and its standard error."""
    value, gradient = slope(result, i)
    level = None
    if not result.design.logs:
        value, gradient, level = _relative(result, i, value, gradient)
    return value, _errors(result, gradient, level)


def _relative(
    result: FittedFrontier, i: int, value: FloatArray, gradient: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Slope as an elasticity, x f'/f, with its derivatives by the coefficients and by the frontier's value."""
    x, f = result.design.variables[i].value, frontier_value(result)
    ratio = x / f
    level = -ratio * value / f
    return value * ratio, ratio[:, None] * gradient + level[:, None] * result.design.X, level


def returns_to_scale(result: FittedFrontier) -> tuple[FloatArray, FloatArray]:
    """Return returns to scale at every row and its standard error."""
    design = result.design
    role = "input" if design.kind in ("production", "output-distance") else "output"
    total, gradient = np.zeros(len(result.units)), np.zeros_like(design.X)
    level = np.zeros(len(result.units))
    for i, variable in enumerate(design.variables):
        if variable.role == role:
            value, part = slope(result, i)
            if not design.logs:
                value, part, own = _relative(result, i, value, part)
                level = level + own
            total, gradient = total + value, gradient + part
    if role == "output":
        gradient, level = -gradient / (total * total)[:, None], -level / (total * total)
        total = 1.0 / total
    return total, _errors(result, gradient, None if design.logs else level)


def marginal_cost(result: FittedFrontier, i: int) -> tuple[FloatArray, FloatArray]:
    """Return the derivative of efficient cost by output i at every row, and its standard error."""
    design = result.design
    value, gradient = slope(result, i)
    variable = design.variables[i]
    level = None
    if design.logs:
        ratio = frontier_level(result) / variable.level
        value = value * ratio
        # d/dβ of exp(x'β)·ε/y holds the frontier's own derivative too.
        gradient, level = ratio[:, None] * gradient + value[:, None] * design.X, value
    else:
        value, gradient = value / variable.point, gradient / variable.point
    return value, _errors(result, gradient, level)


def marginal_cost_frame(result: FittedFrontier) -> pd.DataFrame:
    """Return marginal costs as a tidy frame."""
    units = result.units
    labels = {"unit": units.frame[units.id].to_numpy()}
    if units.period is not None:
        labels["period"] = units.frame[units.period].to_numpy()
    parts = []
    for i, variable in enumerate(result.design.variables):
        if variable.role == "output":
            value, error = marginal_cost(result, i)
            parts.append(pd.DataFrame({**labels, "output": variable.name, "marginal_cost": value, "std_error": error}))
    return pd.concat(parts, ignore_index=True)


#: Rounding accepted of a slope or an eigenvalue whose sign was imposed.
IMPOSED = 1e-7


def shape_violations(result: FittedFrontier) -> pd.DataFrame:
    """Return the share of rows where the frontier has the wrong slope in a variable or is not concave in prices."""
    rows = []
    design, slack = result.design, IMPOSED if result.estimate.shape else 0.0
    wrong_way = {
        ("output-distance", "output"): 1.0,
        ("input-distance", "input"): 1.0,
    }
    for i, variable in enumerate(design.variables):
        direction = -wrong_way.get((design.kind, variable.role), -1.0)
        value = direction * slope(result, i)[0]
        rows.append((variable.name, "monotonicity", float(np.mean(value < -slack)), float(value.min())))
    prices = [i for i, variable in enumerate(design.variables) if variable.role == "price"]
    if prices and design.kind == "cost" and design.logs:
        worst = _price_curvature(result, prices)
        rows.append(("prices", "concavity", float(np.mean(worst > max(slack, 1e-9))), float(worst.max())))
    return pd.DataFrame(rows, columns=["variable", "property", "share", "worst"])


def _price_curvature(result: FittedFrontier, prices: list[int]) -> FloatArray:
    """Largest eigenvalue, row by row, of the matrix whose sign decides concavity in prices: B + ss' − diag(s)."""
    shares = np.column_stack([slope(result, i)[0] for i in prices])
    second = np.array([[result.design.hessian_columns(i, j) @ coefficients(result) for j in prices] for i in prices])
    curvature = second + shares[:, :, None] * shares[:, None, :] - np.eye(len(prices)) * shares[:, None, :]
    largest: FloatArray = np.asarray(np.linalg.eigvalsh(curvature)[:, -1], dtype=np.float64)
    return largest

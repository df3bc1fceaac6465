"""Least-squares panel frontiers on arrays: fixed effects, random effects, unit polynomials in time, a common time path.

No distribution is assumed for inefficiency: it is the distance of a unit's effect from the best effect. All
functions take rows sorted by unit (:class:`~bench.stochastic.panels.groups.Groups`) and regressors without an
intercept.

Sources: Schmidt & Sickles (1984), Journal of Business & Economic Statistics 2; Swamy & Arora (1972), Econometrica
40; Cornwell, Schmidt & Sickles (1990), Journal of Econometrics 46; Lee & Schmidt (1993), in Fried, Lovell & Schmidt
(eds.).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.errors import ConvergenceError, DataError, Issue
from bench.stochastic.panels.groups import Groups
from bench.typing import FloatArray

#: A regressor whose part within units is smaller than this share of it does not vary within units.
WITHIN = 1e-9
MAX_STEPS = 500


@dataclass(frozen=True, slots=True)
class PanelFit:
    """Coefficients and unit effects.

    Attributes
    ----------
    beta : array (k,)
    covariance : array (k, k)
        Homoskedastic.
    clustered : array (k, k)
        Robust to any correlation within units.
    effect : array (n,)
        α_it of each sorted row.
    sigma_v, sigma_effect : float
        Spread of the noise; of the effects for random effects, else NaN.
    path : array (T,) or None
        Common time path, one in the first period (Lee & Schmidt).
    r_squared : float
        Share of the variance around the effects' own trend (within) that the regressors explain.
    """

    beta: FloatArray
    covariance: FloatArray
    clustered: FloatArray
    effect: FloatArray
    sigma_v: float
    sigma_effect: float
    path: FloatArray | None
    r_squared: float


def fixed_effects(y: FloatArray, x: FloatArray, groups: Groups, names: tuple[str, ...]) -> PanelFit:
    """Within estimator: one constant effect per unit.

    Raises
    ------
    DataError
        A regressor that does not vary within units, or is collinear within them; too few rows.
    """

    def within(values: FloatArray) -> FloatArray:
        means = groups.sum(values) / _wide(groups.counts, values)
        spread: FloatArray = values - means[groups.codes]
        return spread

    return _projected(y, x, groups, names, within, len(groups.counts))


def unit_polynomials(y: FloatArray, x: FloatArray, groups: Groups, names: tuple[str, ...], degree: int) -> PanelFit:
    """Cornwell, Schmidt & Sickles: each unit's effect is a polynomial in time of its own.

    Raises
    ------
    DataError
        As :func:`fixed_effects`; units with fewer periods than the polynomial has coefficients.
    """
    short = np.flatnonzero(groups.counts <= degree)
    if len(short):
        raise DataError(
            [
                Issue(
                    "short-panel",
                    f"{int(groups.counts[i])} periods cannot carry a polynomial of degree {degree}",
                    "lower the degree, or leave the unit out",
                    unit=str(groups.labels[i]),
                )
                for i in short
            ]
        )
    middle = 0.5 * (groups.times.max() + groups.times.min())
    half = max(0.5 * float(np.ptp(groups.times)), 1.0)
    clock = (groups.times - middle) / half
    powers = np.column_stack([clock**p for p in range(degree + 1)])
    bases = [np.linalg.qr(powers[s : s + c])[0] for s, c in zip(groups.starts, groups.counts, strict=True)]

    def within(values: FloatArray) -> FloatArray:
        rest = np.array(values, dtype=np.float64)
        for start, count, basis in zip(groups.starts, groups.counts, bases, strict=True):
            part = rest[start : start + count]
            part -= basis @ (basis.T @ part)
        return rest

    return _projected(y, x, groups, names, within, (degree + 1) * len(groups.counts))


def random_effects(y: FloatArray, x: FloatArray, groups: Groups, names: tuple[str, ...]) -> PanelFit:
    """Feasible generalised least squares with Swamy & Arora's variance components; the intercept is added here.

    Raises
    ------
    DataError
        Fewer units than coefficients (the between regression needs more), or collinear regressors.
    """
    varying = _varies(x, groups)
    inside = fixed_effects(y, x[:, varying], groups, tuple(np.array(names)[varying])) if varying.any() else None
    noise = inside.sigma_v**2 if inside is not None else _pure_within(y, groups)
    full = np.column_stack([np.ones(len(y)), x])
    k, units = full.shape[1], len(groups.counts)
    if units <= k:
        raise DataError(f"random effects need more units than coefficients: {units} units, {k} coefficients")
    mean_y, mean_x = groups.sum(y) / groups.counts, groups.sum(full) / groups.counts[:, None]
    between, *_ = np.linalg.lstsq(mean_x, mean_y, rcond=None)
    spread = float(np.sum((mean_y - mean_x @ between) ** 2)) / (units - k)
    harmonic = units / float(np.sum(1.0 / groups.counts))
    variance = max(spread - noise / harmonic, 0.0)
    keep = 1.0 - np.sqrt(noise / (noise + groups.counts * variance))
    turn_y = y - (keep * mean_y)[groups.codes]
    turn_x = full - (keep[:, None] * mean_x)[groups.codes]
    beta = _solve(turn_y, turn_x, ("const", *names))
    rest = turn_y - turn_x @ beta
    bread = _inverse(turn_x)
    covariance = bread * float(rest @ rest) / (len(y) - k)
    clustered = _sandwich(bread, turn_x, rest, groups)
    mean_rest = mean_y - groups.sum(x)[:, :] @ beta[1:] / groups.counts
    total = turn_y - turn_y.mean()
    return PanelFit(
        beta[1:],
        covariance[1:, 1:],
        clustered[1:, 1:],
        mean_rest[groups.codes],
        float(np.sqrt(noise)),
        float(np.sqrt(variance)),
        None,
        1.0 - float(rest @ rest) / float(total @ total),
    )


def time_path(y: FloatArray, x: FloatArray, groups: Groups, names: tuple[str, ...]) -> PanelFit:
    """Lee & Schmidt: α_it = θ_t δ_i, one time path for all, θ = 1 in the first period.

    Least squares by Gauss-Newton in (β, θ) with the δ_i projected out, from constant effects and from the leading
    singular vector of the residuals; the lower sum of squares wins.

    Raises
    ------
    DataError
        As :func:`fixed_effects`.
    ConvergenceError
        When no start converges.
    """
    start = fixed_effects(y, x, groups, names)
    periods, when = np.unique(groups.times, return_inverse=True)
    best: tuple[float, FloatArray, FloatArray] | None = None
    for theta in (np.ones(len(periods)), _leading(y - x @ start.beta, groups, when, len(periods))):
        found = _gauss_newton(y, x, groups, when, start.beta, theta)
        if found is not None and (best is None or found[0] < best[0] - 1e-12 * abs(best[0])):
            best = found
    if best is None:
        raise ConvergenceError("Lee & Schmidt's time path: least squares did not converge from either start")
    square, beta, theta = best
    weight = theta[when]
    delta = groups.sum(weight * (y - x @ beta)) / groups.sum(weight**2)
    jacobian = _clean(np.column_stack([x, _path_columns(delta[groups.codes], when, len(periods))]), weight, groups)
    free = len(y) - jacobian.shape[1] - len(groups.counts)
    if free <= 0:
        raise DataError("too few rows: a common time path needs more rows than units, periods and coefficients")
    rest = y - x @ beta - weight * delta[groups.codes]
    bread = _inverse(jacobian)
    k = x.shape[1]
    within = _clean(y, weight, groups)
    return PanelFit(
        beta,
        (bread * square / free)[:k, :k],
        _sandwich(bread, jacobian, rest, groups)[:k, :k],
        weight * delta[groups.codes],
        float(np.sqrt(square / free)),
        float("nan"),
        theta,
        1.0 - square / float(within @ within),
    )


def _gauss_newton(
    y: FloatArray, x: FloatArray, groups: Groups, when: npt.NDArray[np.int64], beta: FloatArray, theta: FloatArray
) -> tuple[float, FloatArray, FloatArray] | None:
    k = x.shape[1]

    def residual(b: FloatArray, path: FloatArray) -> FloatArray:
        return _clean(y - x @ b, path[when], groups)

    rest = residual(beta, theta)
    square = float(rest @ rest)
    for _ in range(MAX_STEPS):
        weight = theta[when]
        delta = groups.sum(weight * (y - x @ beta)) / groups.sum(weight**2)
        jacobian = _clean(np.column_stack([x, _path_columns(delta[groups.codes], when, len(theta))]), weight, groups)
        step, *_ = np.linalg.lstsq(jacobian, rest, rcond=None)
        gain = float(rest @ (jacobian @ step))
        if gain <= 1e-14 * square:
            return square, beta, theta
        length = 1.0
        while length > 1e-8:
            new_beta, new_theta = beta + length * step[:k], theta + length * np.append(0.0, step[k:])
            if (groups.sum(new_theta[when] ** 2) > 1e-12).all():
                new_rest = residual(new_beta, new_theta)
                new_square = float(new_rest @ new_rest)
                if new_square < square:
                    break
            length *= 0.5
        else:
            return (square, beta, theta) if gain <= 1e-9 * square else None
        beta, theta, rest, square = new_beta, new_theta, new_rest, new_square
    return None


def _leading(rest: FloatArray, groups: Groups, when: npt.NDArray[np.int64], periods: int) -> FloatArray:
    """Leading time vector of the residuals, scaled to one in the first period; ones where that is near zero."""
    table = np.zeros((len(groups.counts), periods))
    table[groups.codes, when] = rest
    vector = np.linalg.svd(table, full_matrices=False)[2][0]
    return vector / vector[0] if abs(vector[0]) > 1e-3 else np.ones(periods)


def _path_columns(delta: FloatArray, when: npt.NDArray[np.int64], periods: int) -> FloatArray:
    """Derivative of θ_t δ_i by θ_2 … θ_T, array (n, T − 1)."""
    columns = np.zeros((len(delta), periods))
    columns[np.arange(len(delta)), when] = delta
    return columns[:, 1:]


def _clean(values: FloatArray, weight: FloatArray, groups: Groups) -> FloatArray:
    """Take out each unit's projection on its own weights."""
    wide = weight if values.ndim == 1 else weight[:, None]
    share = groups.sum(wide * values) / _wide(groups.sum(weight**2), values)
    rest: FloatArray = values - wide * share[groups.codes]
    return rest


def _projected(
    y: FloatArray,
    x: FloatArray,
    groups: Groups,
    names: tuple[str, ...],
    within: Callable[[FloatArray], FloatArray],
    taken: int,
) -> PanelFit:
    inner_y, inner_x = within(y), within(x)
    flat = np.sqrt(np.sum(inner_x**2, axis=0)) <= WITHIN * np.sqrt(np.sum(x**2, axis=0))
    if flat.any():
        raise DataError(
            [
                Issue(
                    "no-variation",
                    "the regressor does not vary within units beyond what the effects take up",
                    "leave it out, or use random effects",
                    column=names[j],
                )
                for j in np.flatnonzero(flat)
            ]
        )
    free = len(y) - taken - x.shape[1]
    if free <= 0:
        raise DataError(f"too few rows: {len(y)} for {taken} effects and {x.shape[1]} coefficients")
    beta = _solve(inner_y, inner_x, names)
    rest = inner_y - inner_x @ beta
    square = float(rest @ rest)
    bread = _inverse(inner_x)
    gap = y - x @ beta
    return PanelFit(
        beta,
        bread * square / free,
        _sandwich(bread, inner_x, rest, groups),
        gap - within(gap),
        float(np.sqrt(square / free)),
        float("nan"),
        None,
        1.0 - square / float(inner_y @ inner_y),
    )


def _solve(y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> FloatArray:
    size = np.sqrt(np.sum(x**2, axis=0))
    q, r = np.linalg.qr(x / size)
    flat = np.flatnonzero(np.abs(np.diagonal(r)) < WITHIN)
    if len(flat):
        raise DataError(
            [
                Issue("collinear", "the regressor is a combination of the others", "leave it out", column=names[j])
                for j in flat
            ]
        )
    beta: FloatArray = np.linalg.solve(r, q.T @ y) / size
    return beta


def _inverse(x: FloatArray) -> FloatArray:
    """(X'X)⁻¹."""
    return np.asarray(np.linalg.inv(x.T @ x), dtype=np.float64)


def _sandwich(bread: FloatArray, x: FloatArray, rest: FloatArray, groups: Groups) -> FloatArray:
    scores = groups.sum(x * rest[:, None])
    units = len(groups.counts)
    covariance: FloatArray = bread @ (scores.T @ scores) @ bread * (units / max(units - 1, 1))
    return covariance


def _varies(x: FloatArray, groups: Groups) -> npt.NDArray[np.bool_]:
    inner = x - (groups.sum(x) / groups.counts[:, None])[groups.codes]
    varies: npt.NDArray[np.bool_] = np.sqrt(np.sum(inner**2, axis=0)) > WITHIN * np.sqrt(np.sum(x**2, axis=0))
    return varies


def _pure_within(y: FloatArray, groups: Groups) -> float:
    inner = y - (groups.sum(y) / groups.counts)[groups.codes]
    return float(inner @ inner) / max(len(y) - len(groups.counts), 1)


def _wide(values: npt.NDArray[Any], like: FloatArray) -> FloatArray:
    wide: FloatArray = np.asarray(values, dtype=np.float64)
    return wide if like.ndim == 1 else wide[:, None]

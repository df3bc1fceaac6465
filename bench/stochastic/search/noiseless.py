"""The limit σv → 0 of any cross-section: a deterministic frontier with the inefficiency's distribution kept.

Without noise every error is −u, so the likelihood is Σ ln f(u_i) over frontiers on which no u_i is negative: a smooth
problem under linear inequalities, solved by Newton steps that are quadratic programs. It holds for covariates of u and
of the location as well; covariates of the noise have nothing left to act on.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench.errors import ConvergenceError
from bench.stochastic.likelihood.cross_section import CrossSection
from bench.stochastic.search.constrained import quadratic_program
from bench.typing import FloatArray

#: ln σv² at which the composed density of an error below −CLEAR is the density of u itself to rounding.
SILENT, CLEAR = -60.0, 1e-8

#: Distributions whose composed density is in closed form and finite where u is zero.
LAWS = (
    "half-normal",
    "exponential",
    "truncated-normal",
    "truncated-normal-scaled",
    "rayleigh",
    "generalised-exponential",
    "truncated-skewed-laplace",
)

_MAX_STEPS = 150


def noise_to_zero(problem: CrossSection, theta: FloatArray) -> tuple[float, FloatArray] | None:
    """Return log-likelihood and coefficients (p,) of the limit σv → 0, climbing from ``theta``.

    Parameters
    ----------
    problem : CrossSection
        In standardised coordinates; the regressors hold an intercept.
    theta : array (p,)
        A point; its frontier is lifted until it envelops the data. Coefficients of the noise are not read.

    Returns
    -------
    tuple or None
        Coefficients of ln σv² are those of the constant :data:`SILENT`. None when the distribution has no such limit in
        closed form, the regressors have no intercept or the climb does not settle.
    """
    if problem.distribution.name not in LAWS:
        return None
    point = _feasible(problem, theta)
    if point is None:
        return None
    free = np.ones(problem.size, dtype=bool)
    free[problem.slices[1]] = False
    rows = np.zeros((len(problem.offset), int(free.sum())))
    rows[:, problem.slices[0]] = -problem.designs[0]
    value, gradient, hessian = problem.evaluate(point)
    for _ in range(_MAX_STEPS):
        if not np.isfinite(value) or np.max(np.abs(point)) > 1e3:
            return None
        error = problem.heads(point)[0]
        curvature = _turned(-hessian[np.ix_(free, free)])
        try:
            step = quadratic_program(curvature, gradient[free], rows, error + CLEAR)
        except (ConvergenceError, np.linalg.LinAlgError, RuntimeError):
            return None
        gain = float(gradient[free] @ step)
        if gain < 1e-10:
            return value, point
        moved = _along(problem, point, value, free, step, gain)
        if moved is None:
            # The promise cannot be kept beyond rounding.
            return (value, point) if gain < 1e-4 else None
        point, value, gradient, hessian = moved
    return None


def _feasible(problem: CrossSection, theta: FloatArray) -> FloatArray | None:
    n = len(problem.offset)
    design, noise = problem.designs[0], problem.designs[1]
    lift = np.linalg.lstsq(design, np.ones(n), rcond=None)[0]
    if np.max(np.abs(design @ lift - 1.0)) > 1e-6:
        return None
    point = theta.copy()
    point[problem.slices[1]] = np.linalg.lstsq(noise, np.full(n, SILENT), rcond=None)[0]
    room = float(np.max(problem.heads(point)[0])) + 1e-3
    point[problem.slices[0]] -= room * lift
    return point


def _turned(information: FloatArray) -> FloatArray:
    """The information with its eigenvalues made positive, so that a step climbs."""
    roots, vectors = np.linalg.eigh(information)
    floor = 1e-8 * max(float(np.abs(roots).max()), 1.0)
    turned: FloatArray = (vectors * np.maximum(np.abs(roots), floor)) @ vectors.T
    return turned


def _along(
    problem: CrossSection, point: FloatArray, value: float, free: npt.NDArray[np.bool_], step: FloatArray, gain: float
) -> tuple[FloatArray, float, FloatArray, FloatArray] | None:
    """Take the longest halving of the step that gains; frontiers in between envelop the data as both ends do."""
    # No coefficient of ln σu² or the location moves by more than two in one step.
    heads = np.flatnonzero(free) >= problem.slices[2].start
    length = min(1.0, 2.0 / max(float(np.max(np.abs(step[heads]))), 1e-300))
    for _ in range(50):
        there = point.copy()
        there[free] += length * step
        new, gradient, hessian = problem.evaluate(there)
        if np.isfinite(new) and new >= value + 1e-4 * length * min(gain, 1.0):
            return there, new, gradient, hessian
        length *= 0.5
    return None

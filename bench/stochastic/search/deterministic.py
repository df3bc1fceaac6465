"""Deterministic frontiers: the limits of a stochastic frontier as the noise vanishes.

As σv → 0 the half-normal likelihood tends to that of the quadratic program of Aigner & Chu (1968), and the exponential
to that of their linear program (Schmidt 1976). Both limits are finite, and in small samples can exceed the interior
maximum: a fit has to know them.
"""

from __future__ import annotations

import math

import numpy as np

from bench.errors import ConvergenceError
from bench.typing import FloatArray

_SLACK = 1e-10


def corrected_least_squares(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shift least squares until it envelops the data (Greene 1980): coefficients (k,) and inefficiencies (n,) ≥ 0.

    The first column of ``x`` must be the intercept. For a cost frontier pass −x and −y.

    Examples
    --------
    >>> x = np.column_stack([np.ones(3), [0.0, 1.0, 2.0]])
    >>> beta, u = corrected_least_squares(x, np.array([0.0, 1.5, 2.0]))
    >>> float(u.min())
    0.0
    """
    beta, *_ = np.linalg.lstsq(x, y, rcond=None)
    residual = y - x @ beta
    top = float(residual.max())
    beta = beta.copy()
    beta[0] += top / x[0, 0]
    return np.asarray(beta, dtype=np.float64), top - residual


def quadratic_envelope(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Minimise Σ(x'β − y)² subject to x'β ≥ y; return β (k,) and the distances u ≥ 0 (n,).

    :func:`quadratic_envelope_below` gives up early when the minimum is of no interest.

    The least-distance dual (Lawson & Hanson 1974, ch. 23) has only k + 1 rows, whatever the number of observations.

    Examples
    --------
    >>> x = np.column_stack([np.ones(3), [0.0, 1.0, 2.0]])
    >>> beta, u = quadratic_envelope(x, np.array([0.0, 2.0, 2.0]))
    >>> bool((u >= -1e-12).all())
    True
    """
    found = quadratic_envelope_below(x, y, math.inf)
    assert found is not None  # nothing exceeds infinity
    return found


def quadratic_envelope_below(
    x: FloatArray, y: FloatArray, limit: float, orthogonal: bool = False
) -> tuple[FloatArray, FloatArray] | None:
    """Return the quadratic envelope, or None as soon as its Σu² is proven to exceed ``limit``.

    ``orthogonal`` says that ``x`` has orthogonal columns of unit mean square.

    Examples
    --------
    >>> x = np.column_stack([np.ones(3), [0.0, 1.0, 2.0]])
    >>> quadratic_envelope_below(x, np.array([0.0, 2.0, 2.0]), 0.1) is None
    True
    """
    size = math.sqrt(len(y))
    q, r = (x / size, size * np.eye(x.shape[1])) if orthogonal else np.linalg.qr(x)
    centre = q.T @ y
    gap = y - q @ centre
    weights = _nonnegative_dual(np.vstack([q.T, gap]), limit - float(gap @ gap))
    if weights is None:
        return None
    residual = np.vstack([q.T, gap]) @ weights
    residual[-1] -= 1.0
    shift = -residual[:-1] / residual[-1]
    distance = q @ shift - gap
    # What is left of infeasibility is rounding; lift the plane by it.
    beta = np.linalg.solve(r, centre + shift)
    return beta, np.maximum(distance, 0.0)


def _nonnegative_dual(e: FloatArray, enough: float) -> FloatArray | None:
    """Lawson-Hanson active set for min ‖E w − f‖, w ≥ 0, with f the last unit vector.

    Every w on the way proves that the shortest shift of the plane is at least (w'h)/‖G'w‖ long; None when its square
    exceeds ``enough``.
    """
    rows, n = e.shape
    f = np.zeros(rows)
    f[-1] = 1.0
    w = np.zeros(n)
    active: list[int] = []
    scale = float(np.max(np.abs(e)))
    for _ in range(20 * rows + 50):
        slope = e.T @ (f - e @ w)
        slope[active] = -np.inf
        j = int(np.argmax(slope))
        if slope[j] <= _SLACK * scale:
            return w
        active.append(j)
        while active:
            trial, *_ = np.linalg.lstsq(e[:, active], f, rcond=None)
            if trial.min() > 0.0:
                w[:] = 0.0
                w[active] = trial
                break
            old = w[active]
            falling = trial <= 0.0
            t = float(np.min(old[falling] / np.maximum(old[falling] - trial[falling], 1e-300)))
            moved = old + t * (trial - old)
            w[active] = moved
            active = [index for index, value in zip(active, moved, strict=True) if value > 1e-14 * moved.max()]
            idle = np.ones(n, dtype=bool)
            idle[active] = False
            w[idle] = 0.0
        image = e[:, active] @ w[active]
        length = float(image[:-1] @ image[:-1])
        if length > 0.0 and image[-1] > 0.0 and image[-1] ** 2 / length > enough:
            return None
    raise ConvergenceError("the quadratic envelope did not settle; the regressors are close to collinear")


def linear_envelope(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Minimise Σ(x'β − y) subject to x'β ≥ y; return β (k,) and the distances u ≥ 0 (n,).

    Examples
    --------
    >>> x = np.column_stack([np.ones(3), [0.0, 1.0, 2.0]])
    >>> beta, u = linear_envelope(x, np.array([0.0, 2.0, 2.0]))
    >>> round(float(u.sum()), 9)
    2.0
    """
    from scipy.optimize import linprog

    solution = linprog(x.sum(axis=0), A_ub=-x, b_ub=-y, bounds=[(None, None)] * x.shape[1], method="highs")
    if not solution.success:
        raise ConvergenceError(f"the linear envelope was not found: {solution.message}")
    beta = np.asarray(solution.x, dtype=np.float64)
    return beta, np.maximum(x @ beta - y, 0.0)


def half_normal_limit(u: FloatArray) -> tuple[float, float]:
    """Log-likelihood and σu of half-normal inefficiency without noise."""
    square = float(np.mean(u * u))
    if square <= 0.0:
        return math.inf, 0.0
    return len(u) * (math.log(2.0) - 0.5 * math.log(2.0 * math.pi * square) - 0.5), math.sqrt(square)


def exponential_limit(u: FloatArray) -> tuple[float, float]:
    """Log-likelihood and σu of exponential inefficiency without noise."""
    mean = float(np.mean(u))
    if mean <= 0.0:
        return math.inf, 0.0
    return len(u) * (-math.log(mean) - 1.0), mean


def distance_bound(x: FloatArray, y: FloatArray) -> float:
    """Return a lower bound of Σu² over all planes that envelop the data, at the cost of one pass.

    ``x`` must have orthogonal columns of unit mean square. A limit that stays below the interior maximum even at this
    bound needs no program to be solved.
    """
    n = len(y)
    gap = y - x @ (x.T @ y / n)
    leverage = np.sqrt(np.einsum("ij,ij->i", x, x) / n)
    reach = float(np.max(gap / leverage))
    return float(gap @ gap) + max(reach, 0.0) ** 2

"""Newton's method for a smooth log-likelihood with exact gradient and Hessian.

Where the Hessian is not negative definite its eigenvalues are turned, so that each step climbs; steps are capped and
halved until the value does not fall. The result carries what a reader needs to judge it: gradient, Newton decrement
and the smallest eigenvalue of the scaled information.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.typing import FloatArray

#: Parameters to value, gradient (p,) and Hessian (p, p).
Evaluate = Callable[[FloatArray], tuple[float, FloatArray, FloatArray]]

#: Newton decrement (twice the expected gain in log-likelihood) under which a point is a maximum: parameters are
#: then within about 1e-6 standard errors of it, and one more step is taken after that.
DECREMENT = 1e-12

#: Decrement under which that step is left out: 1e-8 standard errors.
SETTLED = 1e-16

#: An eigenvalue of the scaled information below this counts as flat.
FLAT = 1e-9


#: Largest change of any parameter in one step.
CAP = 3.0

#: Gain above which a step must show a share of it, and the rounding of the value relative to its size.
LOOSE, SLACK = 1e-6, 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """Where a search ended.

    Attributes
    ----------
    x : array (p,)
    value : float
    gradient : array (p,)
    hessian : array (p, p)
    iterations : int
    decrement : float
        g'(−H)⁻¹g with turned eigenvalues: twice the gain a full step promises.
    smallest : float
        Smallest eigenvalue of the information scaled to a unit diagonal; positive at a proper maximum.
    converged : bool
        Small decrement at a point where the information is positive definite.
    stopped : bool
        The search was ended by its ``stop`` rule.
    """

    x: FloatArray
    value: float
    gradient: FloatArray
    hessian: FloatArray
    iterations: int
    decrement: float
    smallest: float
    converged: bool
    stopped: bool


def maximise(
    evaluate: Evaluate,
    start: FloatArray,
    *,
    cap: float = CAP,
    max_iterations: int = 200,
    decrement: float = DECREMENT,
    polish: bool = True,
    stop: Callable[[FloatArray], bool] | None = None,
) -> Maximum:
    """Climb from ``start`` to a local maximum.

    Parameters
    ----------
    evaluate : callable
        Returns value, gradient and Hessian; a value that is not finite counts as outside the domain.
    start : array (p,)
    cap : float
        Largest change of any parameter in one step.
    max_iterations : int
    decrement : float
        Stopping tolerance on the Newton decrement.
    polish : bool
        Take one more step once the tolerance is met, unless the point is as good as exact already.
    stop : callable, optional
        Ends the search when true of the current point (a boundary has been reached).

    Examples
    --------
    >>> import numpy as np
    >>> def bowl(x):
    ...     return -float(x @ x), -2 * x, -2 * np.eye(2)
    >>> maximise(bowl, np.array([1.0, -2.0])).x.round(12).tolist()
    [0.0, 0.0]
    """
    x = np.array(start, dtype=np.float64)
    value, gradient, hessian = evaluate(x)
    stopped = False
    polished = not polish
    step, gain, smallest = _step(gradient, hessian)
    iteration = 0
    while iteration < max_iterations and np.isfinite(value):
        if stop is not None and stop(x):
            stopped = True
            break
        if gain < decrement and smallest > FLAT:
            if polished or gain < SETTLED:
                break
            polished = True
        iteration += 1
        moved = _climb(evaluate, x, value, step, gain, cap)
        if moved is None:
            break
        x, value, gradient, hessian = moved
        step, gain, smallest = _step(gradient, hessian)
    if not np.isfinite(smallest):
        smallest = _smallest(hessian)
    converged = bool(np.isfinite(value)) and gain < max(decrement, 1e-9) and smallest > FLAT and not stopped
    return Maximum(x, float(value), gradient, hessian, iteration, gain, smallest, converged, stopped)


def _step(gradient: FloatArray, hessian: FloatArray) -> tuple[FloatArray, float, float]:
    """Return the step, its decrement and the smallest eigenvalue of the scaled information.

    Where that is surely above the limit of :func:`turned` the eigenvalue is not computed, but given as infinite.
    """
    if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
        return np.zeros_like(gradient), np.inf, -np.inf
    scale, scaled = _scaled(hessian)
    try:
        # Positive definite even with more than the limit taken off: no eigenvalue has to be turned.
        np.linalg.cholesky(scaled - 1e-6 * np.eye(len(scaled)))
    except np.linalg.LinAlgError:
        pass
    else:
        right = gradient / scale
        step = np.linalg.solve(scaled, right)
        return step / scale, float(right @ step), np.inf
    roots, vectors = np.linalg.eigh(scaled)
    curve = turned(roots)
    along = vectors.T @ (gradient / scale)
    return (vectors @ (along / curve)) / scale, float(np.sum(along * along / curve)), float(roots[0])


def _scaled(hessian: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the scale of the coefficients and the information with a unit diagonal."""
    scale = np.sqrt(np.abs(hessian.diagonal()))
    scale = np.where(scale > 0.0, scale, 1.0)
    return scale, -hessian / (scale[:, None] * scale)


def _smallest(hessian: FloatArray) -> float:
    """Return the smallest eigenvalue of the scaled information."""
    return float(np.linalg.eigvalsh(_scaled(hessian)[1])[0]) if np.isfinite(hessian).all() else -np.inf


def turned(roots: FloatArray) -> FloatArray:
    """Return curvatures that climb: eigenvalues of the information, those that are not positive turned around."""
    return np.where(roots > 1e-7, roots, np.maximum(np.abs(roots), 1e-3))


def _climb(
    evaluate: Evaluate, x: FloatArray, value: float, step: FloatArray, gain: float, cap: float
) -> tuple[FloatArray, float, FloatArray, FloatArray] | None:
    """Take the longest halving of the step that does not lose value; None when there is none."""
    length = min(1.0, cap / max(float(np.max(np.abs(step))), 1e-300))
    slack = SLACK * (1.0 + abs(value))
    for _ in range(40):
        there = x + length * step
        new, gradient, hessian = evaluate(there)
        if np.isfinite(new) and new >= value + 1e-4 * length * min(gain, 1.0) * (gain > LOOSE) - slack:
            return there, new, gradient, hessian
        length *= 0.5
    return None

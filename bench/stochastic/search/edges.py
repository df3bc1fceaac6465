"""The edges of a cross-section with covariates: where a search ended, and what the likelihood is there.

With one coefficient per head a vanished variance is a number; with covariates it is a whole head. A head that falls
everywhere is an edge with a value of its own, which is computed; one that falls at some rows only is a coefficient that
grows without bound, and the value is where the search ended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from bench.stochastic.likelihood.cross_section import CrossSection
from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS
from bench.stochastic.search import global_search as searching
from bench.stochastic.search.global_search import NO_INEFFICIENCY, NO_NOISE
from bench.stochastic.search.newton import Maximum, maximise
from bench.stochastic.search.noiseless import noise_to_zero
from bench.typing import FloatArray

Limits = dict[str, tuple[float, FloatArray]]

#: Largest μ/σu beyond which a search that did not converge is on the ridge towards the exponential.
RIDGE = -6.0

#: ln σu² at which inefficiency whose mean has covariates is that mean, cut off at zero, and nothing else.
FIXED_U = -14.0

#: And where a search that did not settle is on its way there: the likelihood has a kink at every row with μ near zero.
FALLING_U = -4.0

#: Where ln σu² is held for the value of that edge, and where inefficiency is absent to rounding.
HELD_U, ABSENT_U = -20.0, -40.0

#: Standard error of a coefficient of a log variance beyond which the likelihood is flat in it.
FLAT_ERROR = 25.0

#: A coefficient of a head this large (of a column with unit mean square) is on its way to infinity.
UNBOUNDED = 12.0

U_IS_MU = "sigma_u = 0 beside mu"
SOME_NOISE = "sigma_v = 0 at some rows"
SOME_INEFFICIENCY = "sigma_u = 0 at some rows"
RUNAWAY = "coefficients of inefficiency without bound"


def stop_at_edge(full: CrossSection) -> Callable[[FloatArray], bool]:
    """Return the test that ends a search when a variance has vanished at every row."""
    floor = searching.VANISHED - 10.0
    if full.distribution.location in ("mean", "ratio"):
        floor = FIXED_U - 2.0

    def stop(theta: FloatArray) -> bool:
        v, u = _heads(full, theta)[:2]
        return bool(np.max(v) < searching.VANISHED or np.max(u) < floor)

    return stop


def status(full: CrossSection, found: Maximum) -> str:
    """Say where a search ended: interior, a named edge, or not converged."""
    law = full.distribution
    v, u, *rest = _heads(full, found.x)
    located = law.location in ("mean", "ratio")
    if np.max(v) < searching.VANISHED + 2.0:
        return NO_NOISE
    if not law.free_of_scale and np.max(u) < (FIXED_U if located else searching.VANISHED_U):
        return U_IS_MU if law.location == "mean" else NO_INEFFICIENCY
    if found.converged:
        return "interior" if not _flat(full, found) else _partial(full, found.x) or "interior"
    if located:
        ratio = rest[0] if law.location == "ratio" else rest[0] * np.exp(-0.5 * u)
        if np.max(ratio) < RIDGE:
            return "mu -> -infinity"
        if law.location == "mean" and np.max(u) < FALLING_U:
            return U_IS_MU
    partial = _partial(full, found.x)
    if partial:
        return partial
    if np.max(np.abs(found.x[full.slices[2].start :])) > UNBOUNDED:
        return RUNAWAY
    return "not converged"


def _partial(full: CrossSection, theta: FloatArray) -> str:
    """Name the variance that has vanished at some rows; empty when none has."""
    v, u = _heads(full, theta)[:2]
    if np.min(v) < searching.VANISHED + 2.0:
        return SOME_NOISE
    return SOME_INEFFICIENCY if np.min(u) < searching.VANISHED_U and full.distribution.location != "mean" else ""


def _flat(full: CrossSection, found: Maximum) -> bool:
    """Whether a converged search stands where some coefficient of a log variance has no curvature."""
    scale = np.sqrt(np.abs(np.diag(found.hessian)))
    inverse = np.linalg.inv(-found.hessian / np.outer(scale, scale))
    error = np.sqrt(np.abs(np.diag(inverse))) / scale
    return bool(np.max(error[full.slices[1].start : full.slices[2].stop]) > FLAT_ERROR)


def limits(
    full: CrossSection,
    ends: Sequence[tuple[Maximum, str]],
    best: Maximum | None,
    least_squares: tuple[float, FloatArray],
) -> Limits:
    """Log-likelihood and coefficients at every edge that a search met or that a small sample may prefer.

    Parameters
    ----------
    full : CrossSection
    ends : sequence of (Maximum, str)
        Every search and its status.
    best : Maximum or None
        The interior maximum.
    least_squares : (float, array (k,))
        Log-likelihood and frontier without inefficiency and with one noise variance.
    """
    found: Limits = {
        NO_INEFFICIENCY: least_squares if full.designs[1].shape[1] == 1 else _normal(full, least_squares[1])
    }
    starts = [end.x for end, state in ends if state == NO_NOISE]
    if not starts and best is not None and len(full.offset) <= searching.FEW:
        starts = [best.x]
    _keep_best(found, NO_NOISE, [noise_to_zero(full, x) for x in starts])
    _keep_best(found, U_IS_MU, [_held_inefficiency(full, end.x) for end, state in ends if state == U_IS_MU])
    for name in (NO_NOISE, SOME_NOISE, SOME_INEFFICIENCY, RUNAWAY):
        if name not in found:
            _keep_best(found, name, [(end.value, end.x) for end, state in ends if state == name])
    return found


def _keep_best(found: Limits, name: str, values: Sequence[tuple[float, FloatArray] | None]) -> None:
    known = [value for value in values if value is not None and np.isfinite(value[0])]
    if known:
        found[name] = max(known, key=lambda value: value[0])


def _heads(full: CrossSection, theta: FloatArray) -> list[FloatArray]:
    pairs = zip(full.designs[1:], full.slices[1:], strict=True)
    return [design @ theta[part] for design, part in pairs]


def _constant(design: FloatArray, value: float) -> FloatArray:
    """Coefficients of the constant ``value`` on orthogonal columns of unit mean square."""
    part: FloatArray = design.T @ np.full(len(design), value) / len(design)
    return part


def _normal(full: CrossSection, beta: FloatArray) -> tuple[float, FloatArray]:
    """The regression without inefficiency whose noise has covariates: a half-normal with σu held at nothing."""
    plain = CrossSection(full.offset, full.designs[:3], DISTRIBUTIONS["half-normal"], full.weights)
    theta = np.zeros(full.size)
    theta[full.slices[0]] = beta
    theta[full.slices[2]] = _constant(full.designs[2], ABSENT_U)
    held = np.arange(plain.size) < plain.slices[2].start
    inner = _climb(plain, theta[: plain.size], held)
    theta[: plain.size] = inner.x
    return inner.value, theta


def _held_inefficiency(full: CrossSection, theta: FloatArray) -> tuple[float, FloatArray]:
    """Climb with σu held at nothing, so that u is max(μ, 0)."""
    point = theta.copy()
    part = full.slices[2]
    point[part] = _constant(full.designs[2], HELD_U)
    free = np.ones(full.size, dtype=bool)
    free[part] = False
    reached = _climb(full, point, free)
    return reached.value, reached.x


def _climb(problem: CrossSection, theta: FloatArray, free: npt.NDArray[np.bool_]) -> Maximum:
    """Climb over some coefficients only; the result's ``x`` holds all of them."""
    point = theta.copy()

    def evaluate(inner: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        point[free] = inner
        value, gradient, hessian = problem.evaluate(point)
        return value, gradient[free], hessian[np.ix_(free, free)]

    found = maximise(evaluate, theta[free], max_iterations=100)
    whole = theta.copy()
    whole[free] = found.x
    return Maximum(
        whole,
        found.value,
        found.gradient,
        found.hessian,
        found.iterations,
        found.decrement,
        found.smallest,
        found.converged,
        found.stopped,
    )

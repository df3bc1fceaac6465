"""The search for the maximum of a mixture of frontiers: many starts, boundaries held and named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.errors import ConvergenceError
from bench.stochastic.mixtures.mixture import NO_INEFFICIENCY, Mixture
from bench.stochastic.search.newton import maximise
from bench.typing import FloatArray

#: ln σ² this far below the residuals' own counts as vanished: the likelihood of a mixture has no bound there.
VANISHED = -14.0
#: ln σv² held there when it vanishes: noise of one hundredth of the residuals' spread.
NOISE_FLOOR = -9.2


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A maximum: point (p,), value, Hessian of the free coefficients, and which are free."""

    x: FloatArray
    value: float
    hessian: FloatArray
    free: npt.NDArray[np.bool_]


def highest(
    mixture: Mixture, trials: list[FloatArray], v: list[int], u: list[int], members: float
) -> tuple[Found, int]:
    """Climb from every start; keep the highest maximum whose classes hold enough units.

    Where ln σu² of a class runs off, its residuals are skewed against inefficiency: it is then fitted without any. A
    class whose noise vanishes is held at a floor, and taken only where no other maximum is found; one that collapsed
    on few points is dropped.
    """
    best: Found | None = None
    good = 0
    for theta in trials:
        found = _climb(mixture, theta, v, u)
        if found is None or float(mixture.probabilities(found.x)[1].sum(axis=0).min()) < members:
            continue
        good += 1
        noisy = bool(found.free[v].all())
        better = best is None or found.value > best.value + 1e-9
        # A solution with noise in every class goes before one that had to be held at the floor.
        if best is None or noisy > bool(best.free[v].all()) or (noisy == bool(best.free[v].all()) and better):
            best = found
    if best is None:
        raise ConvergenceError(
            f"none of {len(trials)} searches reached a maximum: a class shrinks to nothing or collapses on few points; "
            "take fewer classes, a form with fewer terms, or a frontier with one class"
        )
    return best, good


def _climb(mixture: Mixture, theta: FloatArray, v: list[int], u: list[int]) -> Found | None:
    free = np.ones(len(theta), dtype=bool)
    point = theta.copy()
    for _ in range(len(u) + len(v) + 1):

        def evaluate(part: FloatArray, free: npt.NDArray[np.bool_] = free, point: FloatArray = point) -> Any:
            full = point.copy()
            full[free] = part
            value, gradient, hessian = mixture.evaluate(full)
            return value, gradient[free], hessian[np.ix_(free, free)]

        places = np.flatnonzero(free)
        watched = np.flatnonzero(np.isin(places, [*v, *u]))

        def vanished(part: FloatArray, watched: npt.NDArray[np.int64] = watched) -> bool:
            return bool(len(watched)) and bool(np.min(part[watched]) < VANISHED)

        ended = maximise(evaluate, point[free], stop=vanished)
        point = point.copy()
        point[free] = ended.x
        if ended.converged:
            return Found(point, ended.value, ended.hessian, free)
        gone = [j for j in (*v, *u) if free[j] and point[j] < VANISHED]
        if not ended.stopped or not gone:
            return None
        free = free.copy()
        free[gone] = False
        for j in gone:
            point[j] = NO_INEFFICIENCY if j in u else NOISE_FLOOR
    return None

"""Newton's method on many samples of one cross-section at once: the same regressors, another dependent variable each.

All samples share the design, so the gradients and Hessians of every sample are products of a few matrices. A sample's
path is that of :func:`~bench.stochastic.search.newton.maximise`: turned eigenvalues, capped and halved steps, one more
step after convergence. Samples that have ended leave the batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.stochastic.likelihood.cross_section import SECOND, CrossSection
from bench.stochastic.likelihood.densities import WIDTH
from bench.stochastic.search import global_search as search
from bench.stochastic.search.newton import CAP, DECREMENT, FLAT, LOOSE, SLACK, Maximum, turned
from bench.typing import FloatArray, IntArray

#: Rows evaluated at a time, so that their numbers stay in the processor's cache.
_ROWS = 30_000


@dataclass(frozen=True, slots=True, eq=False)
class ManySamples:
    """Log-likelihoods of samples that share their regressors and have constant heads.

    Attributes
    ----------
    problem : CrossSection
        Any of the samples: its designs and distribution are those of all.
    offsets : array (B, n)
        s·y of each sample.
    """

    problem: CrossSection
    offsets: FloatArray

    def scalars(self, theta: FloatArray) -> FloatArray:
        """Return v, u and m, array (S, 3), at coefficients (S, p)."""
        level = np.array(self.problem.level[1:], dtype=np.float64)
        result = np.zeros((len(theta), 3))
        result[:, : len(level)] = theta[:, self.problem.slices[0].stop :] * level
        return result

    def numbers(self, theta: FloatArray, samples: IntArray) -> FloatArray:
        """Return the distribution's fifteen numbers, array (15, S, n)."""
        e = self.offsets[samples] + theta[:, self.problem.slices[0]] @ self.problem.designs[0].T
        heads = (np.repeat(head, e.shape[1]) for head in self.scalars(theta).T)
        return self.problem.distribution.evaluate(e.ravel(), *heads).reshape(WIDTH, *e.shape)

    def evaluate(self, theta: FloatArray, samples: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return log-likelihoods (S,), gradients (S, p) and Hessians (S, p, p)."""
        x = self.problem.designs[0]
        level = np.array(self.problem.level[1:], dtype=np.float64)
        k, p = x.shape[1], theta.shape[1]
        products = (x[:, :, None] * x[:, None, :]).reshape(len(x), k * k)
        value, gradient, hessian = np.empty(len(theta)), np.empty((len(theta), p)), np.empty((len(theta), p, p))
        for part in _parts(len(theta), len(x)):
            numbers = self.numbers(theta[part], samples[part])
            total = numbers.sum(axis=2)
            value[part] = total[0]
            gradient[part, :k] = numbers[1] @ x
            gradient[part, k:] = total[2 : 2 + len(level)].T * level
            hessian[part, :k, :k] = (numbers[5] @ products).reshape(-1, k, k)
            cross = (numbers[6 : 6 + len(level)] @ x).transpose(1, 0, 2) * level[:, None]
            hessian[part, k:, :k] = cross
            hessian[part, :k, k:] = cross.transpose(0, 2, 1)
            for a in range(len(level)):
                for b in range(len(level)):
                    hessian[part, k + a, k + b] = level[a] * level[b] * total[SECOND[1 + a][1 + b]]
        return value, gradient, hessian

    def climb(self, starts: FloatArray, samples: IntArray, floors: FloatArray) -> list[Maximum]:
        """Climb from the starts (S, p) of some samples; ``floors`` (S,) end a search at σu = 0."""
        return _Climb.begin(self, starts, samples).run(floors)

    def vanished(self, theta: FloatArray, floors: FloatArray) -> npt.NDArray[np.bool_]:
        """Whether the coefficients (S, p) have reached a boundary, array (S,)."""
        v, u, _ = self.scalars(theta).T
        # Without a location the variances decide; with one the test is made point by point.
        near: npt.NDArray[np.bool_] = (v < search.VANISHED) | (u < floors) | self.problem.distribution.has_location
        for i in np.flatnonzero(near):
            near[i] = search.vanishing(self.problem, float(floors[i]))(theta[i])
        return near


def _parts(samples: int, rows: int) -> Iterator[slice]:
    size = max(1, _ROWS // rows)
    return (slice(first, first + size) for first in range(0, samples, size))


@dataclass(frozen=True, slots=True, eq=False)
class _Climb:
    """Searches under way; every array has one row per search."""

    many: ManySamples
    samples: IntArray
    x: FloatArray
    value: FloatArray
    gradient: FloatArray
    hessian: FloatArray
    step: FloatArray
    gain: FloatArray
    smallest: FloatArray
    iterations: IntArray
    stopped: npt.NDArray[np.bool_]

    @classmethod
    def begin(cls, many: ManySamples, starts: FloatArray, samples: IntArray) -> _Climb:
        """Evaluate the starts."""
        found = many.evaluate(starts, samples)
        count = len(starts)
        steps = steps_of(*found[1:])
        return cls(many, samples, starts.copy(), *found, *steps, np.zeros(count, np.int64), np.zeros(count, np.bool_))

    def run(self, floors: FloatArray, limit: int = 200) -> list[Maximum]:
        """Step all searches until each has ended."""
        active = np.flatnonzero(np.isfinite(self.value))
        polished = np.zeros(len(self.x), np.bool_)
        for _ in range(limit):
            self.stopped[active] = self.many.vanished(self.x[active], floors[active])
            small = (self.gain < DECREMENT) & (self.smallest > FLAT)
            active = active[~self.stopped[active] & ~(small & polished)[active]]
            if not len(active):
                break
            polished |= small
            self.iterations[active] += 1
            active = self._move(active)
        return [self._end(i) for i in range(len(self.x))]

    def _move(self, active: IntArray) -> IntArray:
        """Take each search's longest halving of its step that does not lose value; return those that moved."""
        size = np.max(np.abs(self.step[active]), axis=1)
        length = np.minimum(1.0, CAP / np.maximum(size, 1e-300))
        slack = SLACK * (1.0 + np.abs(self.value[active]))
        gain = self.gain[active]
        need = np.where(gain > LOOSE, 1e-4 * np.minimum(gain, 1.0), 0.0)
        waiting = np.arange(len(active))
        moved = np.zeros(len(active), np.bool_)
        for _ in range(40):
            which = active[waiting]
            there = self.x[which] + length[waiting, None] * self.step[which]
            value, gradient, hessian = self.many.evaluate(there, self.samples[which])
            good = np.isfinite(value) & (value >= self.value[which] + length[waiting] * need[waiting] - slack[waiting])
            taken = which[good]
            self.x[taken], self.value[taken] = there[good], value[good]
            self.gradient[taken], self.hessian[taken] = gradient[good], hessian[good]
            moved[waiting[good]] = True
            waiting = waiting[~good]
            if not len(waiting):
                break
            length[waiting] *= 0.5
        kept = active[moved]
        self.step[kept], self.gain[kept], self.smallest[kept] = steps_of(self.gradient[kept], self.hessian[kept])
        return kept

    def _end(self, i: int) -> Maximum:
        value, gain, smallest = float(self.value[i]), float(self.gain[i]), float(self.smallest[i])
        stopped = bool(self.stopped[i])
        converged = math.isfinite(value) and gain < 1e-9 and smallest > FLAT and not stopped
        count = int(self.iterations[i])
        return Maximum(self.x[i], value, self.gradient[i], self.hessian[i], count, gain, smallest, converged, stopped)


def steps_of(gradient: FloatArray, hessian: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return Newton steps (S, p), decrements (S,) and smallest eigenvalues of the scaled information (S,)."""
    fine = np.isfinite(gradient).all(axis=1) & np.isfinite(hessian).all(axis=(1, 2))
    step, gain, smallest = np.zeros_like(gradient), np.full(len(gradient), np.inf), np.full(len(gradient), -np.inf)
    g, h = gradient[fine], hessian[fine]
    scale = np.sqrt(np.abs(np.diagonal(h, axis1=1, axis2=2)))
    scale = np.where(scale > 0.0, scale, 1.0)
    roots, vectors = np.linalg.eigh(-h / (scale[:, :, None] * scale[:, None, :]))
    along = np.einsum("sij,si->sj", vectors, g / scale)
    step[fine] = np.einsum("sij,sj->si", vectors, along / turned(roots)) / scale
    gain[fine], smallest[fine] = np.sum(along * along / turned(roots), axis=1), roots[:, 0]
    return step, gain, smallest

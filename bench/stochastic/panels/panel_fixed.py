"""True fixed effects (Greene 2005): an intercept per unit beside inefficiency that varies freely.

The intercepts are concentrated out: given the other coefficients each unit's likelihood is log-concave in its own,
and the Hessian of what remains is the Schur complement. With short panels the intercepts are incidental parameters:
σu is biased, and the likelihood tends to run into σv → 0. The result names that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from bench.stochastic.likelihood.cross_section import measured
from bench.stochastic.likelihood.predictors import Posterior, Predictor
from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.stochastic.panels.groups import Groups
from bench.typing import FloatArray

_SECOND = ((5, 6, 7, 8), (6, 9, 10, 11), (7, 10, 12, 13), (8, 11, 13, 14))


@dataclass(frozen=True, slots=True, eq=False)
class FixedPanel:
    """Log-likelihood with one intercept per unit, concentrated.

    Attributes
    ----------
    offset : array (n,)
        s·y, rows sorted by unit.
    designs : tuple of arrays (n, ·)
        Of e (−s·X, without intercept), v, u and perhaps m.
    groups : Groups
    distribution : Distribution
    """

    offset: FloatArray
    designs: tuple[FloatArray, ...]
    groups: Groups
    distribution: Distribution
    slices: tuple[slice, ...] = field(init=False)

    def __post_init__(self) -> None:
        sizes = np.cumsum([0, *(design.shape[1] for design in self.designs)])
        object.__setattr__(self, "slices", tuple(slice(int(a), int(b)) for a, b in pairwise(sizes)))

    @property
    def size(self) -> int:
        """Number of coefficients without the unit intercepts."""
        return int(self.slices[-1].stop)

    def heads(self, theta: FloatArray) -> list[FloatArray]:
        """Return e (with the intercept still in it), v, u, m of the sorted rows."""
        values = [design @ theta[part] for design, part in zip(self.designs, self.slices, strict=True)]
        values[0] = values[0] + self.offset
        if len(values) == 3:
            values.append(np.zeros_like(values[0]))
        return values

    def intercepts(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the intercept of each unit (N,) and the distribution's numbers there (15, n)."""
        heads = self.heads(theta)
        groups = self.groups
        # As σv → 0 the intercept tends to the largest error, and is never many σv below it.
        alpha = np.maximum.reduceat(heads[0], groups.starts)
        for _ in range(80):
            numbers = self.distribution.evaluate(heads[0] - alpha[groups.codes], *heads[1:])
            slope, curve = -groups.sum(numbers[1]), np.minimum(groups.sum(numbers[5]), -1e-12)
            width = 1.0 / np.sqrt(-curve)
            step = np.clip(-slope / curve, -2.0 * width, 2.0 * width)
            if np.max(np.abs(step) / width) < 1e-10:
                break
            alpha = alpha + step
        return alpha, numbers

    def intercept_slopes(self, theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return each unit's intercept (N,), its derivative by the coefficients (N, p) and its variance given them."""
        alpha, numbers = self.intercepts(theta)
        curve = np.minimum(self.groups.sum(numbers[5]), -1e-12)
        slopes = np.zeros((len(alpha), self.size))
        for a, design in enumerate(self.designs):
            slopes[:, self.slices[a]] = self.groups.sum(numbers[_SECOND[0][a]][:, None] * design) / curve[:, None]
        return alpha, slopes, -1.0 / curve

    def evaluate(self, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return concentrated log-likelihood, gradient (p,) and Hessian (p, p)."""
        gradient, hessian = np.zeros(self.size), np.zeros((self.size, self.size))
        if not np.isfinite(theta).all() or np.max(np.abs(theta)) > 200.0:
            return -math.inf, gradient, hessian
        _, numbers = self.intercepts(theta)
        cross = np.zeros((len(self.groups.starts), self.size))
        for a, left in enumerate(self.designs):
            gradient[self.slices[a]] = numbers[1 + a] @ left
            cross[:, self.slices[a]] = -self.groups.sum(numbers[_SECOND[0][a]][:, None] * left)
            for b in range(a, len(self.designs)):
                part = (numbers[_SECOND[a][b]][:, None] * left).T @ self.designs[b]
                hessian[self.slices[a], self.slices[b]] = part
                hessian[self.slices[b], self.slices[a]] = part.T
        curve = np.minimum(self.groups.sum(numbers[5]), -1e-12)
        return float(numbers[0].sum()), gradient, hessian - (cross / curve[:, None]).T @ cross

    def scores(self, theta: FloatArray) -> FloatArray:
        """Return the concentrated score of each unit, array (N, p)."""
        _, numbers = self.intercepts(theta)
        rows = np.hstack([numbers[1 + a][:, None] * design for a, design in enumerate(self.designs)])
        return self.groups.sum(rows)

    def posterior(self, theta: FloatArray, scale: float) -> Predictor:
        """Return inefficiency given the error net of the unit's intercept."""
        alpha, _ = self.intercepts(theta)
        heads = self.heads(theta)
        heads[0] = heads[0] - alpha[self.groups.codes]
        whole = measured(heads, self.distribution, scale)
        restore = self.groups.restore
        e, v, u, m = (restore(values) for values in (whole.e, whole.v, whole.u, whole.m))
        return Posterior(e, v, u, m, self.distribution, np.ones_like(whole.e))

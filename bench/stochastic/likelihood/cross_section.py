"""The likelihood of a cross-section: four linear heads into a distribution.

Row i has the error e_i = s (y_i − x_i'β), where s is 1 for a production and −1 for a cost frontier, the log-variances
v_i = z_i'δ and u_i = w_i'γ, and perhaps a location or shape m_i. Each head is linear in its own coefficients, so
gradient and Hessian are sums of the distribution's derivatives over the design matrices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from bench.jit import COMPILED
from bench.stochastic.likelihood.densities import HALF_NORMAL, constant, half_normal_sums
from bench.stochastic.likelihood.predictors import Posterior, Predictor
from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.typing import FloatArray

#: Rows handled at a time, so that a block's matrices stay in the processor's cache.
BLOCK = 4096

#: Row of the fifteen that holds the second derivative of heads (a, b).
SECOND = ((5, 6, 7, 8), (6, 9, 10, 11), (7, 10, 12, 13), (8, 11, 13, 14))


def level(design: FloatArray) -> float | None:
    """The value of a design that is one constant column."""
    if design.shape[1] != 1 or not len(design) or design[0, 0] != design[-1, 0]:
        return None
    return float(design[0, 0]) if (design == design[0, 0]).all() else None


@dataclass(frozen=True, slots=True, eq=False)
class CrossSection:
    """Log-likelihood of independent rows.

    Attributes
    ----------
    offset : array (n,)
        s·y: the error at β = 0.
    designs : tuple of arrays (n, k_h)
        Derivative of each head with respect to its coefficients, in the order e, v, u and, if it has one, m;
        the first is −s·X.
    distribution : Distribution
    weights : array (n,) or None
        Factor of each row's log-density; their mean is one.
    level : tuple of float or None
        Value of each design that is one constant column.
    """

    offset: FloatArray
    designs: tuple[FloatArray, ...]
    distribution: Distribution
    weights: FloatArray | None = None
    slices: tuple[slice, ...] = field(init=False)
    level: tuple[float | None, ...] = field(init=False)

    def __post_init__(self) -> None:
        edges = np.cumsum([0, *(design.shape[1] for design in self.designs)])
        object.__setattr__(self, "slices", tuple(slice(int(a), int(b)) for a, b in pairwise(edges)))
        object.__setattr__(self, "level", tuple(map(level, self.designs)))

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return int(self.slices[-1].stop)

    def heads(self, theta: FloatArray, rows: slice = slice(None)) -> list[FloatArray]:
        """Return e, v, u, m of the rows, arrays (n,); m is zero where the distribution has none."""
        e = self.designs[0][rows] @ theta[self.slices[0]]
        e += self.offset[rows]
        values = [e]
        for design, part, level in zip(self.designs[1:], self.slices[1:], self.level[1:], strict=True):
            values.append(design[rows] @ theta[part] if level is None else constant(level * theta[part.start], len(e)))
        if len(values) == 3:
            values.append(constant(0.0, len(e)))
        return values

    def derivatives(self, theta: FloatArray) -> FloatArray:
        """Return the distribution's fifteen numbers at every row, array (15, n)."""
        numbers = self.distribution.evaluate(*self.heads(theta))
        return numbers if self.weights is None else numbers * self.weights

    def value(self, theta: FloatArray) -> float:
        """Return the log-likelihood."""
        return float(np.sum(self.derivatives(theta)[0]))

    def evaluate(self, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return log-likelihood, gradient (p,) and Hessian (p, p)."""
        value = 0.0
        gradient = np.zeros(self.size)
        hessian = np.zeros((self.size, self.size))
        if COMPILED and self.distribution.code == HALF_NORMAL and self.weights is None and None not in self.level[1:]:
            value = self._add_half_normal(theta, gradient, hessian)
        else:
            for first in range(0, len(self.offset), BLOCK):
                rows = slice(first, first + BLOCK)
                numbers = self.distribution.evaluate(*self.heads(theta, rows))
                if self.weights is not None:
                    numbers = numbers * self.weights[rows]
                value += float(np.sum(numbers[0]))
                self._add(numbers, rows, gradient, hessian)
        for a, left in enumerate(self.slices):
            for right in self.slices[a + 1 :]:
                hessian[right, left] = hessian[left, right].T
        return value, gradient, hessian

    def _add_half_normal(self, theta: FloatArray, gradient: FloatArray, hessian: FloatArray) -> float:
        """Add the gradient and Hessian of a half-normal with constant heads; return the log-likelihood."""
        x, k = self.designs[0], self.designs[0].shape[1]
        level = np.array(self.level[1:], dtype=np.float64)
        v, u = level * theta[k:]
        totals = np.zeros((math.ceil(len(x) / BLOCK), 6))
        for block, total in enumerate(totals):
            rows = slice(block * BLOCK, (block + 1) * BLOCK)
            design = x[rows]
            e = design @ theta[:k]
            e += self.offset[rows]
            part = np.empty((4, len(e)))
            half_normal_sums(e, v, u, part, total)
            gradient[:k] += part[0] @ design
            hessian[:k, :k] += (part[1][:, None] * design).T @ design
            hessian[:k, k:] += (part[2:] @ design).T * level
        total = totals.sum(axis=0)
        gradient[k:] += level * total[1:3]
        hessian[k:, k:] += np.outer(level, level) * np.array([[total[3], total[4]], [total[4], total[5]]])
        return float(total[0])

    def _add(self, numbers: FloatArray, rows: slice, gradient: FloatArray, hessian: FloatArray) -> None:
        designs = [design[rows] for design in self.designs]
        if None not in self.level[1:]:
            self._add_level(numbers, designs[0], gradient, hessian)
            return
        for a, left in enumerate(designs):
            gradient[self.slices[a]] += numbers[1 + a] @ left
            for b in range(a, len(designs)):
                weight = numbers[SECOND[a][b]][:, None]
                # The narrower matrix carries the weights.
                right = designs[b]
                part = left.T @ (weight * right) if right.shape[1] <= left.shape[1] else (weight * left).T @ right
                hessian[self.slices[a], self.slices[b]] += part

    def _add_level(self, numbers: FloatArray, x: FloatArray, gradient: FloatArray, hessian: FloatArray) -> None:
        """The same where all heads but e are constant: their parts are sums over the rows."""
        level = np.array(self.level[1:], dtype=np.float64)
        k, heads = x.shape[1], range(len(level))
        total = numbers.sum(axis=1)
        gradient[:k] += numbers[1] @ x
        hessian[:k, :k] += (numbers[5][:, None] * x).T @ x
        hessian[:k, k:] += (numbers[6 : 6 + len(level)] @ x).T * level
        for a in heads:
            gradient[k + a] += level[a] * total[2 + a]
            for b in heads[a:]:
                hessian[k + a, k + b] += level[a] * level[b] * total[SECOND[1 + a][1 + b]]

    def scores(self, theta: FloatArray) -> FloatArray:
        """Return the gradient of each row's log-density, array (n, p)."""
        result = np.empty((len(self.offset), self.size))
        for first in range(0, len(self.offset), BLOCK):
            rows = slice(first, first + BLOCK)
            numbers = self.distribution.evaluate(*self.heads(theta, rows))
            if self.weights is not None:
                numbers = numbers * self.weights[rows]
            for a, (design, part) in enumerate(zip(self.designs, self.slices, strict=True)):
                np.multiply(numbers[1 + a][:, None], design[rows], out=result[rows, part])
        return result

    def posterior(self, theta: FloatArray, scale: float) -> Predictor:
        """Return inefficiency given the error, in the measure of y before it was divided by ``scale``."""
        return measured(self.heads(theta), self.distribution, scale)


def lifted(head: FloatArray, move: float = 0.0, factor: float = 1.0) -> FloatArray:
    """Return ``factor · head + move``; a head that is constant stays so."""
    if len(head) and head.strides[0] == 0:
        return constant(factor * float(head[0]) + move, len(head))
    return factor * head + move


def measured(
    heads: list[FloatArray], distribution: Distribution, scale: float, factor: FloatArray | None = None
) -> Posterior:
    """Return the posterior for heads of a dependent variable that was divided by ``scale``."""
    e, v, u, m = heads
    move = 2.0 * math.log(scale)
    if distribution.location == "mean":
        m = lifted(m, factor=scale)
    elif distribution.location == "log-mean":
        m = lifted(m, 0.5 * move)
    return Posterior(
        e * scale,
        lifted(v, move),
        u if distribution.free_of_scale else lifted(u, move),
        m,
        distribution,
        np.ones_like(e) if factor is None else factor,
    )

"""Normal random effects: a panel's linear model without inefficiency, by maximum likelihood.

The error is e_it = α_i + v_it with α_i and v_it normal, and ln σv² linear in covariates. It is what true random effects
and four components are at σu = 0 (and σh = 0), so that a test of inefficiency compares like with like.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from bench.stochastic.likelihood.special import LOG_2PI
from bench.stochastic.panels.groups import Groups
from bench.stochastic.search.newton import maximise
from bench.typing import FloatArray

#: ln σw² relative to the residual's variance below which there is no unit effect.
ABSENT = -18.0


@dataclass(frozen=True, slots=True, eq=False)
class NormalEffects:
    """Log-likelihood of a linear panel with a normal effect per unit.

    Attributes
    ----------
    offset : array (n,)
        s·y, rows sorted by unit.
    design : array (n, k)
        −s·X.
    noise : array (n, q)
        Design of ln σv².
    groups : Groups
    """

    offset: FloatArray
    design: FloatArray
    noise: FloatArray
    groups: Groups
    slices: tuple[slice, ...] = field(init=False)

    def __post_init__(self) -> None:
        edges = np.cumsum([0, self.design.shape[1], self.noise.shape[1], 1])
        object.__setattr__(self, "slices", tuple(slice(int(a), int(b)) for a, b in pairwise(edges)))

    def evaluate(self, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return log-likelihood, gradient (p,) and minus the expected information (p, p)."""
        b, v, w = self.slices
        total, codes = self.groups.sum, self.groups.codes
        error, head = self.offset + self.design @ theta[b], self.noise @ theta[v]
        if not np.isfinite(theta).all() or np.max(np.abs(theta[w])) > 60.0 or np.max(np.abs(head)) > 60.0:
            return -math.inf, np.zeros(len(theta)), -np.eye(len(theta))
        effect = math.exp(theta[w.start])
        precision = np.exp(-head)
        strength = total(precision)
        growth = 1.0 + effect * strength
        spread = effect / growth
        mean = spread * total(precision * error)
        rest = error - mean[codes]
        value = -0.5 * (len(error) * LOG_2PI + head.sum() + np.log(growth).sum())
        # Σ p e² − (Σ p e)² C is Σ p (e − m)² + m²/σw², which does not cancel.
        value -= 0.5 * (float(precision @ (rest * rest)) + float(mean @ mean) / effect)
        weighted = precision * rest
        gradient = np.concatenate(
            [
                -self.design.T @ weighted,
                0.5 * self.noise.T @ (precision * (rest * rest + spread[codes]) - 1.0),
                [0.5 * float(np.sum((mean * mean + spread) / effect - 1.0))],
            ]
        )
        information = np.zeros((len(theta), len(theta)))
        sums = total(precision[:, None] * self.design)
        information[b, b] = (precision[:, None] * self.design).T @ self.design - (spread[:, None] * sums).T @ sums
        share = precision * spread[codes]
        own = (1.0 - share) ** 2 - share * share
        shared = spread[:, None] * total(precision[:, None] * self.noise)
        information[v, v] = 0.5 * ((own[:, None] * self.noise).T @ self.noise + shared.T @ shared)
        information[v, w] = 0.5 * (shared.T @ (1.0 / growth))[:, None]
        information[w, v] = information[v, w].T
        information[w, w] = 0.5 * float(np.sum((effect * strength / growth) ** 2))
        return float(value), gradient, -information

    def fit(self, beta: FloatArray, between: float) -> tuple[float, FloatArray]:
        """Return the highest log-likelihood and its coefficients (p,).

        Parameters
        ----------
        beta : array (k,)
            Frontier of least squares, whose residual has variance one.
        between : float
            Guess of σw² relative to the residual's variance.
        """
        start = np.zeros(self.slices[-1].stop)
        start[self.slices[0]] = beta
        share = min(max(between, 0.02), 0.95)
        start[self.slices[1]] = self.noise.mean(axis=0) * math.log(1.0 - share)
        start[self.slices[2]] = math.log(share)
        gone = self.slices[2].start

        def stop(theta: FloatArray) -> bool:
            return bool(theta[gone] < ABSENT)

        found = maximise(self.evaluate, start, stop=stop)
        best = (found.value, found.x)
        # Scoring creeps towards σw = 0, so that end is looked at by itself.
        held = found.x.copy()
        held[gone] = ABSENT
        kept = np.arange(len(held)) != gone

        def without(inner: FloatArray) -> tuple[float, FloatArray, FloatArray]:
            held[kept] = inner
            value, gradient, hessian = self.evaluate(held)
            return value, gradient[kept], hessian[np.ix_(kept, kept)]

        edge = maximise(without, held[kept])
        if edge.value > best[0]:
            held[kept] = edge.x
            best = (edge.value, held.copy())
        return best

    def noise_spread(self, theta: FloatArray) -> FloatArray:
        """Return σv of each row, array (n,)."""
        result: FloatArray = np.exp(0.5 * (self.noise @ theta[self.slices[1]]))
        return result

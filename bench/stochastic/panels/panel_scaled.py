"""Panels in which a unit's inefficiency follows one path: u_it = g_t(η) u_i.

Given u_i the errors of a unit are independent normals, so with P = Σ g², ê = Σ g e / P the unit's density is the
composed density of any distribution at (ê, σv²/P) times a normal factor of the deviations:

    ln L_i = ℓ(ê; ln σv² − ln P, ln σu², m) − (T−1)/2 ln(2πσv²) − ½ ln P − (Σe² − ê²P)/2σv².

Pitt & Lee (1981): g = 1. Battese & Coelli (1992): g = exp(−η(t − T)). Kumbhakar (1990): g = 1/(1 + exp(bt + ct²)). A
free path by period dummies is the random-effects version of Lee & Schmidt (1993). Whatever the distribution, only its
fifteen numbers enter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from bench.jit import COMPILED
from bench.stochastic.likelihood.cross_section import measured
from bench.stochastic.likelihood.predictors import Posterior, Predictor
from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.stochastic.likelihood.special import LOG_2PI
from bench.stochastic.panels.groups import Groups
from bench.stochastic.panels.path_kernels import path_sums
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Units:
    """Group-level quantities and their derivatives at one point; N units, k regressors, q path coefficients."""

    e: FloatArray  # (N,) weighted mean error
    p: FloatArray  # (N,) sum of squared path
    within: FloatArray  # (N,) Σe² − ê²P
    x: FloatArray  # (N, k) derivative of ê by β
    within_b: FloatArray  # (N, k)
    e_t: FloatArray  # (N, q) derivative of ê by η
    e_bt: FloatArray  # (N, k, q)
    e_tt: FloatArray  # (N, q, q)
    lp_t: FloatArray  # (N, q) derivative of ln P
    lp_tt: FloatArray  # (N, q, q)
    within_t: FloatArray  # (N, q)
    within_bt: FloatArray  # (N, k, q)
    within_tt: FloatArray  # (N, q, q)


@dataclass(frozen=True, slots=True, eq=False)
class ScaledPanel:
    """Log-likelihood of units whose inefficiency follows one path.

    Attributes
    ----------
    offset : array (n,)
        s·y, rows sorted by unit.
    design : array (n, k)
        −s·X.
    u, m : array (N, ·)
        Designs of ln σu² and, if the distribution has one, of the location; by unit.
    path : array (n, q)
        Regressors of the path's exponent; q may be zero.
    logistic : bool
        g = 1/(1 + exp(x)) instead of exp(x).
    groups : Groups
    distribution : Distribution
    shift : array (n,) or None
        Added to the path's exponent.
    """

    offset: FloatArray
    design: FloatArray
    u: FloatArray
    m: FloatArray | None
    path: FloatArray
    logistic: bool
    groups: Groups
    distribution: Distribution
    shift: FloatArray | None = None
    slices: tuple[slice, ...] = field(init=False)
    square: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        sizes = [self.design.shape[1], 1, self.u.shape[1], 0 if self.m is None else self.m.shape[1], self.path.shape[1]]
        object.__setattr__(self, "slices", tuple(slice(int(a), int(b)) for a, b in pairwise(np.cumsum([0, *sizes]))))
        object.__setattr__(self, "design", np.ascontiguousarray(self.design))
        object.__setattr__(self, "square", self.design.T @ self.design)

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return int(self.slices[-1].stop)

    def factors(self, theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return g (n,) and the first and second derivative of ln g by its exponent."""
        x = self.path @ theta[self.slices[4]]
        if self.shift is not None:
            x = x + self.shift
        if not self.logistic:
            return np.exp(np.clip(x, -200.0, 200.0)), np.ones_like(x), np.zeros_like(x)
        share = 1.0 / (1.0 + np.exp(-np.clip(x, -500.0, 500.0)))
        return 1.0 - share, -share, -share * (1.0 - share)

    def _units(self, theta: FloatArray) -> _Units:
        e = self.offset + self.design @ theta[self.slices[0]]
        g, slope, bend = self.factors(theta)
        g_t = (g * slope)[:, None] * self.path
        g_tt = (g * (slope * slope + bend))[:, None, None] * self.path[:, :, None] * self.path[:, None, :]
        sums = self._sums(e, g, g_t, g_tt)
        p, s, square = sums[0].T
        mean = s / p
        x = sums[1] / p[:, None]
        p_t, p_tt = 2.0 * sums[4][:, 0], 2.0 * sums[5][:, 0]
        e_t = (sums[4][:, 1] - mean[:, None] * p_t) / p[:, None]
        cross = e_t[:, :, None] * p_t[:, None, :]
        e_tt = sums[5][:, 1] - cross - cross.transpose(0, 2, 1) - mean[:, None, None] * p_tt
        e_tt = e_tt / p[:, None, None]
        e_bt = sums[3] - x[:, :, None] * p_t[:, None, :]
        e_bt = e_bt / p[:, None, None]
        m1, m2, p2 = mean[:, None], mean[:, None, None], p[:, None, None]
        within_tt = -2.0 * (e_t[:, :, None] * e_t[:, None, :] + m2 * e_tt) * p2
        within_tt = within_tt - 2.0 * m2 * (cross + cross.transpose(0, 2, 1)) - m2 * m2 * p_tt
        return _Units(
            mean,
            p,
            square - mean * mean * p,
            x,
            2.0 * (sums[2] - (mean * p)[:, None] * x),
            e_t,
            e_bt,
            e_tt,
            p_t / p[:, None],
            p_tt / p2 - p_t[:, :, None] * p_t[:, None, :] / (p2 * p2),
            -2.0 * m1 * e_t * p[:, None] - m1 * m1 * p_t,
            -2.0 * (x[:, :, None] * e_t[:, None, :] + m2 * e_bt) * p2 - 2.0 * m2 * x[:, :, None] * p_t[:, None, :],
            within_tt,
        )

    def _sums(self, e: FloatArray, g: FloatArray, g_t: FloatArray, g_tt: FloatArray) -> tuple[FloatArray, ...]:
        """The sums by unit of :func:`bench.stochastic.panels.path_kernels.path_sums`."""
        design, total = self.design, self.groups.sum
        if COMPILED:
            edges = np.append(self.groups.starts, len(e))
            count, k, q = len(edges) - 1, design.shape[1], g_t.shape[1]
            shapes = ((3,), (k,), (k,), (k, q), (2, q), (2, q, q))
            found = tuple(np.empty((count, *shape)) for shape in shapes)
            path_sums(e, design, g, g_t, g_tt, edges, *found)
            return found
        products = g_t[:, :, None] * g_t[:, None, :] + g[:, None, None] * g_tt
        return (
            total(np.column_stack([g * g, g * e, e * e])),
            total(g[:, None] * design),
            total(e[:, None] * design),
            total(design[:, :, None] * g_t[:, None, :]),
            total(np.stack([g[:, None] * g_t, e[:, None] * g_t], axis=1)),
            total(np.stack([products, e[:, None, None] * g_tt], axis=1)),
        )

    def heads(self, theta: FloatArray, units: _Units) -> list[FloatArray]:
        """Return ê, ln σv² − ln P, ln σu² and m by unit, arrays (N,)."""
        u = self.u @ theta[self.slices[2]]
        m = np.zeros_like(u) if self.m is None else self.m @ theta[self.slices[3]]
        return [units.e, theta[self.slices[1].start] - np.log(units.p), u, m]

    def _jacobians(self, units: _Units) -> list[FloatArray]:
        """Derivative of each head by all coefficients, arrays (N, p)."""
        b, v, u, m, t = self.slices
        count = len(units.e)
        jacobians = [np.zeros((count, self.size)) for _ in range(4)]
        jacobians[0][:, b], jacobians[0][:, t] = units.x, units.e_t
        jacobians[1][:, v], jacobians[1][:, t] = 1.0, -units.lp_t
        jacobians[2][:, u] = self.u
        if self.m is not None:
            jacobians[3][:, m] = self.m
        return jacobians if self.m is not None else jacobians[:3]

    def _parts(self, theta: FloatArray) -> tuple[_Units, FloatArray, FloatArray, FloatArray]:
        """Group quantities, the distribution's numbers (15, N), log-likelihood and score by unit."""
        units = self._units(theta)
        numbers = self.distribution.evaluate(*self.heads(theta, units))
        ln_v = theta[self.slices[1].start]
        i = np.exp(-ln_v)
        free = self.groups.counts - 1.0
        value = numbers[0] - 0.5 * free * (LOG_2PI + ln_v) - 0.5 * np.log(units.p) - 0.5 * units.within * i
        score = sum(numbers[1 + a][:, None] * jacobian for a, jacobian in enumerate(self._jacobians(units)))
        b, v, _, _, t = self.slices
        score = np.asarray(score)
        score[:, b] -= 0.5 * i * units.within_b
        score[:, v.start] += -0.5 * free + 0.5 * i * units.within
        score[:, t] -= 0.5 * units.lp_t + 0.5 * i * units.within_t
        return units, numbers, value, score

    def value(self, theta: FloatArray) -> float:
        """Return the log-likelihood."""
        e = self.offset + self.design @ theta[self.slices[0]]
        g = self.factors(theta)[0]
        p, s, square = (self.groups.sum(values) for values in (g * g, g * e, e * e))
        ln_v, mean = theta[self.slices[1].start], s / p
        u = self.u @ theta[self.slices[2]]
        m = np.zeros_like(u) if self.m is None else self.m @ theta[self.slices[3]]
        numbers = self.distribution.evaluate(mean, ln_v - np.log(p), u, m)
        free = self.groups.counts - 1.0
        within = square - mean * mean * p
        normal = free * (LOG_2PI + ln_v) + np.log(p) + within * np.exp(-ln_v)
        return float(np.sum(numbers[0] - 0.5 * normal))

    def evaluate(self, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return log-likelihood, gradient (p,) and Hessian (p, p)."""
        units, numbers, value, score = self._parts(theta)
        jacobians = self._jacobians(units)
        hessian = np.zeros((self.size, self.size))
        row = 5
        for a in range(4):
            for c in range(a, 4):
                if c < len(jacobians):
                    part = (numbers[row][:, None] * jacobians[a]).T @ jacobians[c]
                    hessian += part if a == c else part + part.T
                row += 1
        b, v, _, _, t = self.slices
        i = np.exp(-theta[v.start])
        hessian[b, b] -= i * (self.square - (units.p[:, None] * units.x).T @ units.x)
        mixed = np.einsum("n,nkq->kq", numbers[1], units.e_bt) - 0.5 * i * units.within_bt.sum(axis=0)
        hessian[b, t] += mixed
        hessian[t, b] += mixed.T
        # ln σv² − ln P and the normal factor's −½ ln P share the second derivative of ln P.
        hessian[t, t] += np.einsum("n,nqr->qr", numbers[1], units.e_tt) - 0.5 * i * units.within_tt.sum(axis=0)
        hessian[t, t] -= np.einsum("n,nqr->qr", numbers[2] + 0.5, units.lp_tt)
        for part, vector in ((b, units.within_b.sum(axis=0)), (t, units.within_t.sum(axis=0))):
            hessian[part, v.start] += 0.5 * i * vector
            hessian[v.start, part] += 0.5 * i * vector
        hessian[v.start, v.start] -= 0.5 * i * float(units.within.sum())
        return float(value.sum()), score.sum(axis=0), hessian

    def scores(self, theta: FloatArray) -> FloatArray:
        """Return the gradient of each unit's log-density, array (N, p)."""
        return self._parts(theta)[3]

    def posterior(self, theta: FloatArray, scale: float) -> Predictor:
        """Return inefficiency given all errors of the unit, row by row in the user's order."""
        units = self._units(theta)
        whole = measured(self.heads(theta, units), self.distribution, scale)
        codes, restore = self.groups.codes, self.groups.restore
        e, v, u, m = (restore(values[codes]) for values in (whole.e, whole.v, whole.u, whole.m))
        return Posterior(e, v, u, m, self.distribution, restore(self.factors(theta)[0]))

"""Panels with unit effects beside inefficiency: true random effects and four components.

The error is e_it = α_i + v_it − u_it, with α_i normal (Greene 2005) or itself composed, α_i = w_i − h_i with persistent
inefficiency h_i (Kumbhakar, Lien & Hardaker 2014). The unit's density is one integral over α of a log-concave function,

    L_i = ∫ f_α(α) Π_t f(e_it − α) dα,

by adaptive Gauss-Hermite quadrature around its mode. Both factors are composed densities with their fifteen numbers,
so any distribution of u serves. Gradient and Hessian are posterior moments of score and Hessian (Fisher; Louis 1982).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bench.stochastic.distributions import DISTRIBUTIONS, Distribution
from bench.stochastic.effect_nodes import has_step, step_panels
from bench.stochastic.groups import Groups
from bench.stochastic.likelihood import measured
from bench.stochastic.predictors import Posterior, Predictor
from bench.stochastic.special import HALF_LOG_2PI

FloatArray = npt.NDArray[np.float64]

#: Gauss-Hermite nodes: 24 agree with a brute-force grid to 1e-9 in the log-likelihood.
NODES = 24

#: Gauss-Legendre nodes in each of three panels where the effect holds persistent inefficiency.
PANEL_NODES = 20

#: Node evaluations held in memory at a time.
_CHUNK = 250_000

_SECOND = ((5, 6, 7, 8), (6, 9, 10, 11), (7, 10, 12, 13), (8, 11, 13, 14))


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Some consecutive units at one point: quadrature nodes, weights and densities."""

    units: slice
    rows: slice
    alpha: FloatArray  # (N, Q)
    weight: FloatArray  # (N, Q) posterior probabilities
    value: FloatArray  # (N,)
    inner: FloatArray  # (15, n, Q) of the errors
    outer: FloatArray  # (15, N, Q) of the effects


@dataclass(frozen=True, slots=True, eq=False)
class EffectsPanel:
    """Log-likelihood of units with a random effect.

    Attributes
    ----------
    offset : array (n,)
        s·y, rows sorted by unit.
    designs : tuple of arrays (n, ·)
        Of e (−s·X), v, u and perhaps m.
    persistent : bool
        Whether the effect holds persistent inefficiency.
    groups : Groups
    distribution : Distribution
        Of transient inefficiency.
    """

    offset: FloatArray
    designs: tuple[FloatArray, ...]
    persistent: bool
    groups: Groups
    distribution: Distribution
    slices: tuple[slice, ...] = field(init=False)

    def __post_init__(self) -> None:
        sizes = [design.shape[1] for design in self.designs] + [2 if self.persistent else 1]
        object.__setattr__(self, "slices", tuple(slice(int(a), int(b)) for a, b in pairwise(np.cumsum([0, *sizes]))))

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return int(self.slices[-1].stop)

    def heads(self, theta: FloatArray) -> list[FloatArray]:
        """Return e (with the effect still in it), v, u, m of the sorted rows."""
        values = [design @ theta[part] for design, part in zip(self.designs, self.slices, strict=False)]
        values[0] = values[0] + self.offset
        if len(values) == 3:
            values.append(np.zeros_like(values[0]))
        return values

    def _effect(self, theta: FloatArray, alpha: FloatArray) -> FloatArray:
        """Fifteen numbers of the effect's density; the heads are ln σw² and ln σh²."""
        flat = alpha.ravel()
        tail = theta[self.slices[-1]]
        if self.persistent:
            law = DISTRIBUTIONS["half-normal"]
            numbers = law.evaluate(flat, np.full_like(flat, tail[0]), np.full_like(flat, tail[1]), np.zeros_like(flat))
        else:
            numbers = np.zeros((15, flat.size))
            i = math.exp(-min(max(tail[0], -300.0), 300.0))
            square = flat * flat * i
            numbers[0] = -HALF_LOG_2PI - 0.5 * tail[0] - 0.5 * square
            numbers[1], numbers[2] = -flat * i, 0.5 * (square - 1.0)
            numbers[5], numbers[6], numbers[9] = -i, flat * i, -0.5 * square
        return numbers.reshape(15, *alpha.shape)

    def _modes(self, theta: FloatArray, heads: list[FloatArray], piece: Groups) -> tuple[FloatArray, FloatArray]:
        """Mode of each unit's integrand and its width there, by Newton on log-concave functions."""
        alpha = np.minimum(piece.sum(heads[0]) / piece.counts * 0.5, 0.0)
        low, high = np.full_like(alpha, -np.inf), np.full_like(alpha, np.inf)
        for _ in range(80):
            inner = self.distribution.evaluate(heads[0] - alpha[piece.codes], *heads[1:])
            outer = self._effect(theta, alpha)
            slope = outer[1] - piece.sum(inner[1])
            curve = np.minimum(outer[5] + piece.sum(inner[5]), -1e-12)
            width = 1.0 / np.sqrt(-curve)
            step = -slope / curve
            if np.max(np.abs(step) / width) < 1e-6:
                break
            # The slope falls, so its sign brackets the mode; a step beyond the bracket is replaced by its middle.
            low, high = np.where(slope > 0.0, alpha, low), np.where(slope > 0.0, high, alpha)
            new = alpha + step
            outside = (new <= low) | (new >= high)
            alpha = np.where(outside & np.isfinite(low + high), 0.5 * (low + high), new)
        return alpha, width

    def _pieces(self, theta: FloatArray) -> Iterator[_Piece]:
        all_heads = self.heads(theta)
        sharp = has_step(self.distribution, all_heads)
        for units, rows, part in self._chunks():
            heads = [values[rows] for values in all_heads]
            mode, width = self._modes(theta, heads, part)
            alpha, log_weights = self._nodes(theta, heads, part, mode, width, sharp)
            spread = alpha[part.codes]
            flat = [np.repeat(values, alpha.shape[1]) for values in heads[1:]]
            inner = self.distribution.evaluate((heads[0][:, None] - spread).ravel(), *flat)
            inner = inner.reshape(15, *spread.shape)
            outer = self._effect(theta, alpha)
            log_mass = part.sum(inner[0]) + outer[0] + log_weights
            top = log_mass.max(axis=1)
            mass = np.exp(log_mass - top[:, None])
            total = mass.sum(axis=1)
            value = top + np.log(total)
            yield _Piece(units, rows, alpha, mass / total[:, None], value, inner, outer)

    def _nodes(
        self,
        theta: FloatArray,
        heads: list[FloatArray],
        part: Groups,
        mode: FloatArray,
        width: FloatArray,
        sharp: bool,
    ) -> tuple[FloatArray, FloatArray]:
        """Quadrature nodes of each unit and their log weights, arrays (N, Q).

        A normal effect leaves a smooth integrand: Gauss-Hermite around the mode. A composed effect has a step at
        α = 0 as wide as σw: three Gauss-Legendre panels, laid at the step when it is narrow. Small noise (``sharp``)
        is a step of its own: see :mod:`bench.stochastic.effect_nodes`.
        """
        if sharp:
            own = math.exp(0.5 * theta[self.slices[-1].start]) if self.persistent else 0.0
            reaches = (self._reach(theta, heads, part, mode, side * width) for side in (-1.0, 1.0))
            return step_panels(*reaches, heads, part, own)
        if not self.persistent:
            nodes, weights = np.polynomial.hermite.hermgauss(NODES)
            log_weights = np.log(weights) + nodes * nodes + 0.5 * math.log(2.0)
            alpha = mode[:, None] + math.sqrt(2.0) * width[:, None] * nodes
            return alpha, log_weights + np.log(width)[:, None]
        low = self._reach(theta, heads, part, mode, -width)
        high = self._reach(theta, heads, part, mode, width)
        ln_w, ln_h = theta[self.slices[-1]]
        step = math.sqrt(math.exp(ln_w) * (1.0 + math.exp(min(ln_w - ln_h, 300.0))))
        narrow = (low < -6.0 * step) & (high > -6.0 * step) & (20.0 * step < high - low)
        high = np.where(narrow, np.minimum(high, 7.0 * step), high)
        second = np.where(narrow, -6.0 * step, low + (high - low) * 2.0 / 3.0)
        first = np.where(narrow, 0.5 * (low + second), low + (high - low) / 3.0)
        nodes, weights = np.polynomial.legendre.leggauss(PANEL_NODES)
        edges = np.column_stack([low, first, second, high])
        half = 0.5 * np.diff(edges, axis=1)
        alpha = edges[:, :-1, None] + half[:, :, None] * (1.0 + nodes)
        log_weights = np.log(np.maximum(half, 1e-300))[:, :, None] + np.log(weights)
        return alpha.reshape(len(mode), -1), log_weights.reshape(len(mode), -1)

    def _reach(
        self, theta: FloatArray, heads: list[FloatArray], part: Groups, mode: FloatArray, width: FloatArray
    ) -> FloatArray:
        """Where the integrand has fallen by exp(−30) in the direction of ``width``."""

        def height(alpha: FloatArray) -> FloatArray:
            inner = self.distribution.evaluate(heads[0] - alpha[part.codes], *heads[1:])[0]
            result: FloatArray = part.sum(inner) + self._effect(theta, alpha)[0]
            return result

        top = height(mode)
        factor = np.full(len(mode), 4.0)
        for _ in range(40):
            short = height(mode + factor * width) > top - 30.0
            if not short.any():
                break
            factor = np.where(short, 2.0 * factor, factor)
        # Half of what the last doubling added is taken back where it was not needed.
        for share in (0.5, 0.75):
            enough = height(mode + share * factor * width) < top - 30.0
            factor = np.where(enough, share * factor, factor)
        return mode + factor * width

    def _chunks(self) -> Iterator[tuple[slice, slice, Groups]]:
        groups = self.groups
        edges = np.r_[groups.starts, len(groups.codes)]
        per_chunk = max(_CHUNK // (3 * PANEL_NODES if self.persistent else NODES), int(groups.counts.max()))
        first = 0
        while first < len(groups.starts):
            last = int(np.searchsorted(edges, edges[first] + per_chunk, side="right")) - 1
            last = min(max(last, first + 1), len(groups.starts))
            rows = slice(int(edges[first]), int(edges[last]))
            part = Groups(
                groups.order[rows],
                groups.codes[rows] - first,
                groups.starts[first:last] - rows.start,
                groups.counts[first:last],
                groups.times[rows],
                groups.labels[first:last],
            )
            yield slice(first, last), rows, part
            first = last

    def _node_scores(self, piece: _Piece) -> FloatArray:
        """Score of every unit at every node, array (N, Q, p)."""
        part_starts = self.groups.starts[piece.units] - piece.rows.start
        score = np.empty((*piece.alpha.shape, self.size))
        for head, (design, columns) in enumerate(zip(self.designs, self.slices, strict=False)):
            rows = design[piece.rows]
            for j in range(rows.shape[1]):
                weighted = piece.inner[1 + head] * rows[:, j, None]
                score[:, :, columns.start + j] = np.add.reduceat(weighted, part_starts, axis=0)
        tail = self.slices[-1]
        for j in range(tail.stop - tail.start):
            score[:, :, tail.start + j] = piece.outer[2 + j]
        return score

    def evaluate(self, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return log-likelihood, gradient (p,) and Hessian (p, p)."""
        value, gradient = 0.0, np.zeros(self.size)
        hessian = np.zeros((self.size, self.size))
        if not np.isfinite(theta).all() or np.max(np.abs(theta)) > 200.0:
            return -math.inf, gradient, hessian
        for piece in self._pieces(theta):
            score = self._node_scores(piece)
            mean = np.einsum("nq,nqp->np", piece.weight, score)
            value += float(piece.value.sum())
            gradient += mean.sum(axis=0)
            flat = score.reshape(-1, self.size)
            hessian += flat.T @ (piece.weight.reshape(-1, 1) * flat) - mean.T @ mean
            self._add_curvature(piece, hessian)
        return value, gradient, hessian

    def _add_curvature(self, piece: _Piece, hessian: FloatArray) -> None:
        """Add the posterior mean of the complete-data Hessian."""
        codes = self.groups.codes[piece.rows] - piece.units.start
        weight = piece.weight[codes]
        for a, left in enumerate(self.designs):
            for b in range(a, len(self.designs)):
                curve = np.einsum("nq,nq->n", weight, piece.inner[_SECOND[a][b]])
                part = (curve[:, None] * left[piece.rows]).T @ self.designs[b][piece.rows]
                hessian[self.slices[a], self.slices[b]] += part
                if a != b:
                    hessian[self.slices[b], self.slices[a]] += part.T
        tail = self.slices[-1].start
        for a in range(2 if self.persistent else 1):
            for b in range(2 if self.persistent else 1):
                hessian[tail + a, tail + b] += float(np.sum(piece.weight * piece.outer[_SECOND[1 + a][1 + b]]))

    def scores(self, theta: FloatArray) -> FloatArray:
        """Return the gradient of each unit's log-density, array (N, p)."""
        parts = [np.einsum("nq,nqp->np", piece.weight, self._node_scores(piece)) for piece in self._pieces(theta)]
        return np.concatenate(parts)

    def posterior(self, theta: FloatArray, scale: float) -> Predictor:
        """Return inefficiency given all errors of the unit."""
        pieces = [(piece.alpha, piece.weight) for piece in self._pieces(theta)]
        alpha, weight = np.concatenate([a for a, _ in pieces]), np.concatenate([w for _, w in pieces])
        codes = self.groups.codes
        heads = self.heads(theta)
        count = alpha.shape[1]
        spread = [heads[0][:, None] - alpha[codes], *(np.repeat(h[:, None], count, axis=1) for h in heads[1:])]
        transient = measured([values.ravel() for values in spread], self.distribution, scale)
        persistent = None
        if self.persistent:
            tail = theta[self.slices[-1]]
            flat = alpha[codes].ravel()
            constant = [np.full_like(flat, tail[0]), np.full_like(flat, tail[1]), np.zeros_like(flat)]
            persistent = measured([flat, *constant], DISTRIBUTIONS["half-normal"], scale)
        return MixturePosterior(transient, persistent, weight[codes], self.groups)


@dataclass(frozen=True, slots=True, eq=False)
class MixturePosterior:
    """Inefficiency as a mixture over the nodes of the unit effect.

    Attributes
    ----------
    transient : Posterior
        Of u_it at every row and node, flattened (n·Q,).
    persistent : Posterior or None
        Of h_i likewise.
    weight : array (n, Q)
        Posterior probability of each node, by sorted row.
    groups : Groups
    """

    transient: Posterior
    persistent: Posterior | None
    weight: FloatArray
    groups: Groups

    def _mix(self, values: FloatArray) -> FloatArray:
        mixed: FloatArray = np.sum(self.weight * values.reshape(self.weight.shape), axis=1)
        return self.groups.restore(mixed)

    def mean(self) -> FloatArray:
        """E[u_it + h_i | e]; without persistent inefficiency E[u_it | e]."""
        return self.transient_mean() + (0.0 if self.persistent is None else self._mix(self.persistent.mean()))

    def transient_mean(self) -> FloatArray:
        """E[u_it | e]."""
        return self._mix(self.transient.mean())

    def efficiency(self) -> FloatArray:
        """E[exp(−u_it − h_i) | e]: given the effect, the two parts are independent."""
        value = self.transient.exponential_moment(1.0)
        if self.persistent is not None:
            value = value * self.persistent.exponential_moment(1.0)
        return self._mix(value)

    def transient_efficiency(self) -> FloatArray:
        """E[exp(−u_it) | e]."""
        return self._mix(self.transient.exponential_moment(1.0))

    def persistent_efficiency(self) -> FloatArray:
        """E[exp(−h_i) | e]; ones without persistent inefficiency."""
        if self.persistent is None:
            return np.ones(len(self.weight))
        return self._mix(self.persistent.exponential_moment(1.0))

    def mode(self) -> FloatArray:
        """Mean of the modes over the effect."""
        value = self.transient.mode()
        return self._mix(value if self.persistent is None else value + self.persistent.mode())

    def quantile(self, p: float) -> FloatArray:
        """Quantile of u_it (+ h_i) given e, by bisection on the mixture's distribution function."""
        low, high = np.zeros(len(self.weight)), np.full(len(self.weight), 1e-8)
        for _ in range(60):
            short = self._cdf(high) < p
            if not short.any():
                break
            high = np.where(short, 2.0 * high, high)
        for _ in range(44):
            middle = 0.5 * (low + high)
            below = self._cdf(middle) < p
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return self.groups.restore(0.5 * (low + high))

    def _cdf(self, x: FloatArray) -> FloatArray:
        """P(u + h ≤ x | e) by sorted row; h is integrated over its quantiles at 12 Gauss-Legendre points."""
        at = np.repeat(x, self.weight.shape[1])
        if self.persistent is None:
            inner = cut_normal_cdf(self.transient, at)
        else:
            nodes, weights = np.polynomial.legendre.leggauss(12)
            inner = np.zeros_like(at)
            for node, weight in zip(nodes, weights, strict=True):
                h = self.persistent.quantile(0.5 * (1.0 + node))
                inner += 0.5 * weight * cut_normal_cdf(self.transient, at - h)
        mixed: FloatArray = np.sum(self.weight * inner.reshape(self.weight.shape), axis=1)
        return mixed


def cut_normal_cdf(posterior: Posterior, x: FloatArray) -> FloatArray:
    """P(u ≤ x | e) of a posterior that is a normal cut off at zero, array (n,)."""
    from scipy.special import log_ndtr

    from bench.stochastic.predictors import truncated_parameters

    centre, spread = truncated_parameters(posterior)
    upper = log_ndtr((centre - np.maximum(x, 0.0)) / spread) - log_ndtr(centre / spread)
    result: FloatArray = np.where(x > 0.0, -np.expm1(np.minimum(upper, 0.0)), 0.0)
    return result

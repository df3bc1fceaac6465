"""Panels with unit effects beside inefficiency: true random effects and four components.

The error is e_it = α_i + v_it − u_it, with α_i normal (Greene 2005) or itself composed, α_i = w_i − h_i with persistent
inefficiency h_i (Kumbhakar, Lien & Hardaker 2014). The unit's density is one integral over α of a log-concave function,

    L_i = ∫ f_α(α) Π_t f(e_it − α) dα,

by adaptive Gauss-Hermite quadrature around its mode. Both factors are composed densities with their fifteen numbers,
so any distribution of u serves. Gradient and Hessian are posterior moments of score and Hessian (Fisher; Louis 1982).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.jit import COMPILED, jit
from bench.stochastic.likelihood.cross_section import level, measured
from bench.stochastic.likelihood.densities import constant, short, spread, taken
from bench.stochastic.likelihood.predictors import Predictor
from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS, Distribution
from bench.stochastic.likelihood.special import HALF_LOG_2PI
from bench.stochastic.panels import effect_kernels as kernels
from bench.stochastic.panels.effect_nodes import COUNT, ROUGH_COUNT, has_step, step_panels
from bench.stochastic.panels.effects_posterior import SMOOTH, MixturePosterior, compressed, relative_width
from bench.stochastic.panels.groups import Groups
from bench.typing import FloatArray

#: Gauss-Hermite nodes: 24 agree with a brute-force sum to 1e-9 in the log-likelihood where the tails of inefficiency
#: are a normal's; more where persistent inefficiency makes the effect's density steep.
NODES, STEEP_NODES = 24, 40

#: Gauss-Legendre nodes in each of three panels: where persistent inefficiency makes a step (96 nodes in all err by
#: 1e-10), and under distributions whose tails fall no faster than an exponential's.
PANEL_NODES, TAIL_NODES = 32, 34

#: The same on the way to a maximum, which is then climbed to the end with all of them.
ROUGH_NODES, ROUGH_SMOOTH_NODES, ROUGH_PANEL_NODES = 9, 12, 12

#: Distributions of inefficiency with a normal's tails.
NORMAL_TAILS = ("half-normal", "rayleigh")

#: Width of an effect's step at zero, beside that of the integrand, above which its density is smooth or steep.
SMOOTH_STEP, STEEP_STEP = 1.0, 0.5

#: Node evaluations held in memory at a time: so few that they stay in the processor's cache.
_CHUNK = 30_000

#: Nodes whose scores the compiled loops keep at a time.
_ROOTS = 4096

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
    rough : bool
        Whether fewer quadrature nodes will do.
    level : tuple of float or None
        Value of each design that is one constant column.
    """

    offset: FloatArray
    designs: tuple[FloatArray, ...]
    persistent: bool
    groups: Groups
    distribution: Distribution
    rough: bool = False
    slices: tuple[slice, ...] = field(init=False)
    level: tuple[float | None, ...] = field(init=False)
    last: dict[str, FloatArray] = field(init=False, default_factory=dict, repr=False)
    """Coefficients of the last evaluation with its scores, nodes and weights: the solution is asked for them again."""

    def __post_init__(self) -> None:
        sizes = [design.shape[1] for design in self.designs] + [2 if self.persistent else 1]
        object.__setattr__(self, "slices", tuple(slice(int(a), int(b)) for a, b in pairwise(np.cumsum([0, *sizes]))))
        object.__setattr__(self, "level", tuple(map(level, self.designs)))
        object.__setattr__(self, "designs", tuple(map(np.ascontiguousarray, self.designs)))

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return int(self.slices[-1].stop)

    def heads(self, theta: FloatArray) -> list[FloatArray]:
        """Return e (with the effect still in it), v, u, m of the sorted rows."""
        e = self.designs[0] @ theta[self.slices[0]] + self.offset
        values = [e]
        for design, part, value in zip(self.designs[1:], self.slices[1:], self.level[1:], strict=False):
            values.append(design @ theta[part] if value is None else constant(value * theta[part.start], len(e)))
        if len(values) == 3:
            values.append(constant(0.0, len(e)))
        return values

    def _effect(self, theta: FloatArray, alpha: FloatArray) -> FloatArray:
        """Fifteen numbers of the effect's density; the heads are ln σw² and ln σh²."""
        flat = alpha.ravel()
        tail = theta[self.slices[-1]]
        if self.persistent:
            law = DISTRIBUTIONS["half-normal"]
            numbers = law.evaluate(flat, *(constant(value, flat.size) for value in (*tail, 0.0)))
        else:
            numbers = np.zeros((15, flat.size))
            i = math.exp(-min(max(tail[0], -300.0), 300.0))
            square = flat * flat * i
            numbers[0] = -HALF_LOG_2PI - 0.5 * tail[0] - 0.5 * square
            numbers[1], numbers[2] = -flat * i, 0.5 * (square - 1.0)
            numbers[5], numbers[6], numbers[9] = -i, flat * i, -0.5 * square
        return numbers.reshape(15, *alpha.shape)

    def _first_modes(self, theta: FloatArray, error: FloatArray, piece: Groups) -> FloatArray:
        """Where the search for the units' modes starts, array (N,)."""
        centre = piece.sum(error) / piece.counts
        alpha: FloatArray = 0.8 * (centre - centre.mean())
        if self.persistent:
            alpha -= math.sqrt(2.0 / math.pi) * math.exp(0.5 * min(theta[self.slices[-1]][1], 300.0))
        return alpha

    def _modes(self, theta: FloatArray, heads: list[FloatArray], piece: Groups) -> tuple[FloatArray, FloatArray]:
        """Mode of each unit's integrand and its width there, by Newton on log-concave functions."""
        alpha = self._first_modes(theta, heads[0], piece)
        width = np.ones_like(alpha)
        low, high = np.full_like(alpha, -np.inf), np.full_like(alpha, np.inf)
        active, part, rows = np.arange(len(alpha)), piece, heads
        for _ in range(80):
            here = alpha[active]
            inner = self.distribution.evaluate(rows[0] - here[part.codes], *rows[1:])
            outer = self._effect(theta, here)
            slope = outer[1] - part.sum(inner[1])
            curve = np.minimum(outer[5] + part.sum(inner[5]), -1e-12)
            width[active] = 1.0 / np.sqrt(-curve)
            step = -slope / curve
            moving = ~(np.abs(step) < 1e-6 * width[active])
            # The slope falls, so its sign brackets the mode; a step beyond the bracket is replaced by its middle.
            low[active] = np.where(slope > 0.0, here, low[active])
            high[active] = np.where(slope > 0.0, high[active], here)
            left, right = low[active], high[active]
            new = here + step
            outside = ((new <= left) | (new >= right)) & np.isfinite(left + right)
            alpha[active] = np.where(moving, np.where(outside, 0.5 * (left + right), new), here)
            if not moving.any():
                break
            if 2 * np.count_nonzero(moving) < len(active):
                part, kept = _subset(part, moving)
                active, rows = active[moving], [taken(head, kept) for head in rows]
        return alpha, width

    def _pieces(self, theta: FloatArray) -> Iterator[_Piece]:
        all_heads = self.heads(theta)
        sharp = has_step(self.distribution, all_heads)
        for units, rows, part in self._chunks():
            heads = [values[rows] for values in all_heads]
            mode, width = self._modes(theta, heads, part)
            reach = partial(self._reach, theta, heads, part, mode)
            alpha, log_weights = self._nodes(theta, heads, part, mode, width, sharp, reach)
            error = heads[0][:, None] - alpha[part.codes]
            flat = [spread(values, alpha.shape[1]) for values in heads[1:]]
            inner = self.distribution.evaluate(error.ravel(), *flat).reshape(15, *error.shape)
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
        reach: Callable[[FloatArray], FloatArray],
    ) -> tuple[FloatArray, FloatArray]:
        """Quadrature nodes of each unit and their log weights, arrays (N, Q).

        A normal effect leaves a smooth integrand: Gauss-Hermite around the mode, which also serves where a composed
        effect is no steeper. Long tails of inefficiency, and the step of a composed effect at α = 0, as wide as σw,
        want three Gauss-Legendre panels, laid at the step when it is narrow. Small noise (``sharp``) is a step of its
        own: see :mod:`bench.stochastic.panels.effect_nodes`.
        """
        if sharp:
            own = math.exp(0.5 * theta[self.slices[-1].start]) if self.persistent else 0.0
            low, high = reach(-width), reach(width)
            return step_panels(low, high, heads, part, own, ROUGH_COUNT if self.rough else COUNT)
        step = self._step(theta) if self.persistent else math.inf
        count = self._hermite_count(step / float(width.max()))
        if count:
            nodes, weights = _hermite(count)
            log_weights = np.log(weights) + nodes * nodes + 0.5 * math.log(2.0)
            alpha = mode[:, None] + math.sqrt(2.0) * width[:, None] * nodes
            return alpha, log_weights + np.log(width)[:, None]
        low, high = reach(-width), reach(width)
        narrow = (low < -6.0 * step) & (high > -6.0 * step) & (20.0 * step < high - low)
        high = np.where(narrow, np.minimum(high, 7.0 * step), high)
        second = np.where(narrow, -6.0 * step, low + (high - low) * 2.0 / 3.0)
        first = np.where(narrow, 0.5 * (low + second), low + (high - low) / 3.0)
        count = PANEL_NODES if self.persistent else TAIL_NODES
        nodes, weights = _legendre(ROUGH_PANEL_NODES if self.rough else count)
        edges = np.column_stack([low, first, second, high])
        half = 0.5 * np.diff(edges, axis=1)
        alpha = edges[:, :-1, None] + half[:, :, None] * (1.0 + nodes)
        log_weights = np.log(np.maximum(half, 1e-300))[:, :, None] + np.log(weights)
        return alpha.reshape(len(mode), -1), log_weights.reshape(len(mode), -1)

    def _step(self, theta: FloatArray) -> float:
        """Width of the step that persistent inefficiency makes in the effect's density."""
        ln_w, ln_h = theta[self.slices[-1]]
        return math.sqrt(math.exp(min(ln_w, 300.0)) * (1.0 + math.exp(min(ln_w - ln_h, 300.0))))

    def _hermite_count(self, step: float) -> int:
        """How many Gauss-Hermite nodes will do for a step of this width beside the integrand's; zero where none do."""
        if self.rough and step > SMOOTH_STEP:
            return ROUGH_SMOOTH_NODES if self.persistent else ROUGH_NODES
        if self.rough or self.distribution.name not in NORMAL_TAILS or step <= STEEP_STEP:
            return 0
        return NODES if step > SMOOTH_STEP else STEEP_NODES

    def _reach(
        self, theta: FloatArray, heads: list[FloatArray], part: Groups, mode: FloatArray, width: FloatArray
    ) -> FloatArray:
        """Where the integrand has fallen by exp(−30) in the direction of ``width``."""

        def height(alpha: FloatArray) -> FloatArray:
            inner = self.distribution.evaluate(heads[0] - alpha[part.codes], *heads[1:])[0]
            result: FloatArray = part.sum(inner) + self._effect(theta, alpha)[0]
            return result

        top = height(mode)
        factor = np.full(len(mode), 8.0)
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
        fine, rough = 3 * PANEL_NODES, 3 * ROUGH_PANEL_NODES
        per_chunk = max(_CHUNK // (rough if self.rough else fine), int(groups.counts.max()))
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
        """Score of every unit at every node, array (N, p, Q)."""
        starts = self.groups.starts[piece.units] - piece.rows.start
        score = np.empty((len(piece.alpha), self.size, piece.alpha.shape[1]))
        for head, (design, columns, value) in enumerate(zip(self.designs, self.slices, self.level, strict=False)):
            if value is None:
                score[:, columns] = unit_products(piece.inner[1 + head], design[piece.rows], starts)
            else:
                score[:, columns.start] = value * np.add.reduceat(piece.inner[1 + head], starts, axis=0)
        tail = self.slices[-1]
        for j in range(tail.stop - tail.start):
            score[:, tail.start + j] = piece.outer[2 + j]
        return score

    def value(self, theta: FloatArray) -> float:
        """Return the log-likelihood."""
        if not _inside(theta):
            return -math.inf
        code = self.distribution.code
        if COMPILED and code is not None:
            return self._compiled(code, theta, whole=False)[0]
        return sum(float(piece.value.sum()) for piece in self._pieces(theta))

    def evaluate(self, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return log-likelihood, gradient (p,) and Hessian (p, p)."""
        value, gradient = 0.0, np.zeros(self.size)
        hessian = np.zeros((self.size, self.size))
        if not _inside(theta):
            return -math.inf, gradient, hessian
        code = self.distribution.code
        if COMPILED and code is not None:
            return self._compiled(code, theta)
        kept: list[tuple[FloatArray, FloatArray, FloatArray]] = []
        for piece in self._pieces(theta):
            score = self._node_scores(piece)
            weighted = score * piece.weight[:, None, :]
            mean = weighted.sum(axis=2)
            value += float(piece.value.sum())
            gradient += mean.sum(axis=0)
            hessian += np.matmul(weighted, score.transpose(0, 2, 1)).sum(axis=0) - mean.T @ mean
            self._add_curvature(piece, hessian)
            kept.append((mean, piece.alpha, piece.weight))
        scores, alpha, weight = (np.concatenate(parts) for parts in zip(*kept, strict=True))
        self.last.update(theta=np.array(theta), scores=scores, alpha=alpha, weight=weight)
        return value, gradient, hessian

    def _compiled(self, code: int, theta: FloatArray, whole: bool = True) -> tuple[float, FloatArray, FloatArray]:
        """The same for a distribution in closed form, by compiled loops; ``whole`` with gradient and Hessian."""
        groups, heads = self.groups, self.heads(theta)
        edges, tail = np.append(groups.starts, len(groups.codes)), theta[self.slices[-1]].copy()
        # What every kernel takes first.
        e, v, u, m = (short(head) for head in heads)
        given = (code, e, v, u, m, edges, self.persistent, tail)
        mode, width = self._first_modes(theta, heads[0], groups), np.empty(len(groups.starts))
        kernels.unit_modes(*given, mode, width)

        def reach(along: FloatArray) -> FloatArray:
            end = np.empty_like(mode)
            kernels.unit_reach(*given, mode, along, end)
            return end

        sharp = has_step(self.distribution, heads)
        alpha, log_weights = (
            np.ascontiguousarray(part) for part in self._nodes(theta, heads, groups, mode, width, sharp, reach)
        )
        (units, nodes), p = alpha.shape, self.size
        value, weight, mean = np.empty(units), np.empty_like(alpha), np.empty((units, p))
        per_chunk = max(1, _ROOTS // nodes)
        root, curve, outer = np.empty((per_chunk * nodes, p)), np.empty((edges[-1], 10)), np.zeros(3)
        hessian = np.zeros((p, p))
        for first in range(0, units, per_chunk):
            span = np.array([first, min(first + per_chunk, units)])
            kernels.node_sums(*given, alpha, log_weights, self.designs, span, whole,
                              value, weight, mean, root, curve, outer)  # fmt: skip
            if whole:
                part = root[: (span[1] - span[0]) * nodes]
                hessian += part.T @ part
        if not whole:
            return float(value.sum()), np.zeros(p), hessian
        self._add_means(curve, outer, hessian)
        self.last.update(theta=np.array(theta), scores=mean, alpha=alpha, weight=weight)
        return float(value.sum()), mean.sum(axis=0), hessian

    def _add_means(self, curve: FloatArray, outer: FloatArray, hessian: FloatArray) -> None:
        """Add the posterior mean of the complete-data Hessian, given by row (n, 10) and for the effect (3,)."""
        for a, left in enumerate(self.designs):
            for b in range(a, len(self.designs)):
                part = (curve[:, _SECOND[a][b] - 5, None] * left).T @ self.designs[b]
                hessian[self.slices[a], self.slices[b]] += part
                if a != b:
                    hessian[self.slices[b], self.slices[a]] += part.T
        tail = self.slices[-1]
        block = np.array([[outer[0], outer[1]], [outer[1], outer[2]]])
        hessian[tail, tail] += block[: tail.stop - tail.start, : tail.stop - tail.start]

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
        return self._at(theta)["scores"]

    def _at(self, theta: FloatArray) -> dict[str, FloatArray]:
        """Scores, nodes and weights at a point."""
        if "theta" not in self.last or not np.array_equal(self.last["theta"], theta):
            self.evaluate(theta)
        return self.last

    def _smooth(self, theta: FloatArray, alpha: FloatArray, weight: FloatArray) -> bool:
        """Whether persistent inefficiency, if there is any, varies smoothly with the effect."""
        if not self.persistent:
            return True
        width = math.exp(-0.5 * float(np.logaddexp(*-theta[self.slices[-1]])))
        return relative_width(alpha, weight, width) > SMOOTH

    def posterior(self, theta: FloatArray, scale: float) -> Predictor:
        """Return inefficiency given all errors of the unit."""
        here = self._at(theta)
        alpha, weight = here["alpha"], here["weight"]
        codes = self.groups.codes
        heads = self.heads(theta)
        if not has_step(self.distribution, heads) and self._smooth(theta, alpha, weight):
            # What is averaged over the effect is smooth, so a Gauss rule of its posterior with few nodes is exact.
            alpha, weight = compressed(alpha, weight)
        count = alpha.shape[1]
        error = (heads[0][:, None] - alpha[codes]).ravel()
        transient = measured([error, *(spread(head, count) for head in heads[1:])], self.distribution, scale)
        persistent = None
        if self.persistent:
            tail = theta[self.slices[-1]]
            flat = alpha[codes].ravel()
            shared = [constant(value, flat.size) for value in (*tail, 0.0)]
            persistent = measured([flat, *shared], DISTRIBUTIONS["half-normal"], scale)
        effect = scale * np.sum(here["weight"] * here["alpha"], axis=1)
        return MixturePosterior(transient, persistent, weight[codes], self.groups, effect)


def _inside(theta: FloatArray) -> bool:
    """Whether no coefficient is so large that the densities overflow."""
    return bool(np.isfinite(theta).all()) and float(np.max(np.abs(theta))) <= 200.0


def _subset(part: Groups, keep: npt.NDArray[np.bool_]) -> tuple[Groups, npt.NDArray[np.int64]]:
    """Some units of a panel, and which of its rows they are."""
    rows = np.flatnonzero(keep[part.codes])
    counts = part.counts[keep]
    codes = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return Groups(part.order[rows], codes, starts, counts, part.times[rows], part.labels[keep]), rows


@cache
def _hermite(count: int) -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.hermite.hermgauss(count)
    return nodes, weights


@cache
def _legendre(count: int) -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return nodes, weights


@jit
def _add_products(values: FloatArray, design: FloatArray, starts: Any, out: FloatArray) -> None:
    for i in range(len(starts)):
        last = starts[i + 1] if i + 1 < len(starts) else len(design)
        for row in range(starts[i], last):
            for j in range(design.shape[1]):
                factor = design[row, j]
                for q in range(values.shape[1]):
                    out[i, j, q] += factor * values[row, q]


def unit_products(values: FloatArray, design: FloatArray, starts: npt.NDArray[np.int64]) -> FloatArray:
    """Sum ``design[row, j] · values[row, q]`` over the rows of each unit, array (N, k, Q)."""
    out = np.zeros((len(starts), design.shape[1], values.shape[1]))
    if COMPILED:
        _add_products(np.ascontiguousarray(values), np.ascontiguousarray(design), starts, out)
    else:
        for j in range(design.shape[1]):
            out[:, j] = np.add.reduceat(values * design[:, j, None], starts, axis=0)
    return out

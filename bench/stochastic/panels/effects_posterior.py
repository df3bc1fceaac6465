"""Inefficiency in panels with a unit effect: a mixture over the effect, given all errors of the unit.

Given the effect, transient and persistent inefficiency are independent normals cut off at zero (for the distributions
of that family), so the mixture's moments are sums of closed forms over the effect's posterior, which is compressed to
the few nodes of its own Gauss rule. Quantiles solve ln F(x) = ln p (or the same from above) by Newton's method: the
density is log-concave, being a marginal of one that is, and so is F.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from bench.errors import OptionError
from bench.jit import COMPILED, jit
from bench.stochastic.likelihood.predictors import Posterior, truncated_parameters
from bench.stochastic.likelihood.special import HALF_LOG_2PI, mills_ratio
from bench.stochastic.panels.groups import Groups
from bench.typing import FloatArray, IntArray

#: Nodes of the compressed posterior of the effect.
COMPRESSED = 14

#: Width of persistent inefficiency given the effect, in standard deviations of the effect, from which few nodes are
#: exact, and below which the sum's density has jumps at the nodes.
SMOOTH, JUMPS = 0.8, 0.4

#: Points at which such a narrow persistent part is taken.
_NARROW_NODES = 12

#: Gauss-Legendre nodes on a whole tail, and on a step of Newton's method.
_TAIL_NODES, _STEP_NODES = 20, 5

#: Standard normal density at zero.
_DENSITY = math.exp(-HALF_LOG_2PI)

#: Last step of Newton's method, beside the standard deviation and the quantile itself: it converges by squares, so that
#: the next would be 1e-11.
_LAST_STEP = 1e-6

#: Minus ln of a share that rounding would lose.
_NOTHING = 34.0

#: Standard deviations after which a log-concave tail that starts at a quantile is below 1e-10 of it.
_TAIL_LENGTH = 14.0


def compressed(alpha: FloatArray, weight: FloatArray, count: int = COMPRESSED) -> tuple[FloatArray, FloatArray]:
    """Return the Gauss rule of discrete distributions, one per row, arrays (N, count).

    It has the same moments up to order 2·count − 1 (Lanczos with full orthogonalisation; Golub & Welsch 1969).

    Examples
    --------
    >>> nodes, weights = compressed(np.array([[0.0, 1.0, 2.0, 5.0]]), np.array([[0.1, 0.4, 0.3, 0.2]]), 2)
    >>> bool(abs(float((weights * nodes**3).sum()) - 27.8) < 1e-12)
    True
    """
    if alpha.shape[1] <= count:
        return alpha, weight
    centre = np.sum(weight * alpha, axis=1, keepdims=True)
    spread = np.sqrt(np.sum(weight * (alpha - centre) ** 2, axis=1, keepdims=True))
    x = (alpha - centre) / np.maximum(spread, 1e-300)
    basis = np.zeros((count, *alpha.shape))
    basis[0] = np.sqrt(weight)
    matrix = np.zeros((len(alpha), count, count))
    for j in range(count):
        new = x * basis[j]
        matrix[:, j, j] = np.sum(new * basis[j], axis=1)
        if j + 1 == count:
            break
        for _ in range(2):
            inner = np.einsum("knq,nq->kn", basis[: j + 1], new)
            new -= np.einsum("kn,knq->nq", inner, basis[: j + 1])
        size = np.sqrt(np.sum(new * new, axis=1))
        # A distribution on fewer points is exhausted: what is left is rounding and gets no weight.
        size = np.where(size > 1e-10, size, 0.0)
        basis[j + 1] = new / np.where(size > 0.0, size, np.inf)[:, None]
        matrix[:, j + 1, j] = matrix[:, j, j + 1] = size
    roots, vectors = np.linalg.eigh(matrix)
    return centre + spread * roots, vectors[:, 0, :] ** 2


@cache
def _legendre(count: int) -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre nodes and weights on (0, 1)."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return 0.5 * (nodes + 1.0), 0.5 * weights


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
    effect : array (N,)
        Expected unit effect, less persistent inefficiency where there is any.
    """

    transient: Posterior
    persistent: Posterior | None
    weight: FloatArray
    groups: Groups
    effect: FloatArray

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

    def unit_effect(self) -> FloatArray:
        """E[w_i | e] of every unit in the order of its label, array (N,): the effect beside persistent inefficiency."""
        if self.persistent is None:
            return self.effect
        first = self.groups.order[self.groups.starts]
        result: FloatArray = self.effect + self._mix(self.persistent.mean())[first]
        return result

    def mode(self) -> FloatArray:
        """Mean of the modes over the effect."""
        value = self.transient.mode()
        return self._mix(value if self.persistent is None else value + self.persistent.mode())

    def quantile(self, p: float) -> FloatArray:
        """Quantile of u_it (+ h_i) given e at probability ``p``, array (n,).

        Raises
        ------
        OptionError
            For a distribution whose u given e is not a normal cut off at zero.
        """
        if not self.transient.distribution.truncated_normal:
            raise OptionError(
                f"intervals beside unit effects exist for half-normal, exponential and truncated-normal inefficiency, "
                f"not for {self.transient.distribution.name}"
            )
        shape = self.weight.shape
        parts = [posterior for posterior in (self.transient, self.persistent) if posterior is not None]
        cut = [_Cut.build(*(np.reshape(values, shape) for values in truncated_parameters(part))) for part in parts]
        with np.errstate(divide="ignore"):
            log_weight = np.log(self.weight)
        upper = p > 0.5
        means, variances = (np.sum([getattr(part, name) for part in cut], axis=0) for name in ("mean", "variance"))
        mean = np.sum(self.weight * means, axis=1)
        variance = np.sum(self.weight * (variances + (means - mean[:, None]) ** 2), axis=1)
        spread = np.sqrt(np.maximum(variance, 1e-300))
        closed = True
        if self.persistent is None:
            density, tail = _density_one(cut[0], log_weight), _tail_one(cut[0], self.weight, upper)
        elif relative_width(self.persistent.e.reshape(shape), self.weight, cut[1].s) < JUMPS:
            density, tail = _narrow(cut[0], self.persistent, self.weight, upper)
        else:
            density, closed = _density_sum(cut[0], cut[1], log_weight, spread), False
            tail = _tail_sum(density, spread, upper)
        return self.groups.restore(_solve(density, tail, p, upper, mean, spread, closed))


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """Normals N(c, s²) cut off below zero, arrays (n, Q)."""

    c: FloatArray
    s: FloatArray
    log_share: FloatArray  # ln Φ(c/s)
    mean: FloatArray
    variance: FloatArray

    @classmethod
    def build(cls, c: FloatArray, s: FloatArray) -> _Cut:
        from scipy.special import log_ndtr

        z = c / s
        log_share = log_ndtr(z)
        # Far below zero it is an exponential with mean s/|z|, where the general formula would cancel.
        h = np.exp(-0.5 * np.minimum(z * z, 1e4) - HALF_LOG_2PI - np.maximum(log_share, -5e3))
        far = z < -30.0
        mean = np.where(far, -s / np.minimum(z, -1.0), c + s * h)
        return cls(c, s, log_share, mean, np.where(far, mean * mean, s * s * np.maximum(1.0 - h * (z + h), 1e-9)))


#: Density of the mixtures of some rows at points (rows, K).
Density = Callable[[IntArray, FloatArray], FloatArray]

#: Probability of the tail of some rows from their x (rows,) on: rows, x.
Tail = Callable[[IntArray, FloatArray], FloatArray]


def _density_one(cut: _Cut, log_weight: FloatArray, shift: FloatArray | float = 0.0) -> Density:
    base = log_weight - cut.log_share - HALF_LOG_2PI - np.log(cut.s)
    least = np.broadcast_to(shift, base.shape)

    def density(rows: IntArray, x: FloatArray) -> FloatArray:
        u = x[:, :, None] - least[rows, None, :]
        z = (u - cut.c[rows, None, :]) / cut.s[rows, None, :]
        result: FloatArray = np.where(u >= 0.0, np.exp(base[rows, None, :] - 0.5 * z * z), 0.0).sum(axis=2)
        return result

    return density


def _tail_one(cut: _Cut, weight: FloatArray, upper: bool, shift: FloatArray | float = 0.0) -> Tail:
    from scipy.special import log_ndtr

    least = np.broadcast_to(shift, weight.shape)

    def tail(rows: IntArray, x: FloatArray) -> FloatArray:
        u = np.maximum(x[:, None] - least[rows], 0.0)
        beyond = np.minimum(log_ndtr((cut.c[rows] - u) / cut.s[rows]) - cut.log_share[rows], 0.0)
        result: FloatArray = np.sum(weight[rows] * (np.exp(beyond) if upper else -np.expm1(beyond)), axis=1)
        return result

    return tail


def relative_width(alpha: FloatArray, weight: FloatArray, width: float | FloatArray) -> float:
    """Return the least width in standard deviations of discrete distributions, one per row."""
    centre = np.sum(weight * alpha, axis=1, keepdims=True)
    spread = np.sqrt(np.sum(weight * (alpha - centre) ** 2, axis=1))
    return float(np.min(np.min(width) / np.maximum(spread, 1e-300)))


def _narrow(first: _Cut, second: Posterior, weight: FloatArray, upper: bool) -> tuple[Density, Tail]:
    """Density and tail of the sum where the second part hardly varies given the effect: at some of its quantiles."""
    nodes, shares = _legendre(_NARROW_NODES)
    shape = weight.shape
    densities, tails = [], []
    for node, share in zip(nodes, shares, strict=True):
        part, weighted = np.reshape(second.quantile(node), shape), np.maximum(share * weight, 1e-300)
        densities.append(_density_one(first, np.log(weighted), part))
        tails.append(_tail_one(first, weighted, upper, part))

    def density(rows: IntArray, x: FloatArray) -> FloatArray:
        return np.asarray(sum(one(rows, x) for one in densities))

    def tail(rows: IntArray, x: FloatArray) -> FloatArray:
        return np.asarray(sum(one(rows, x) for one in tails))

    return density, tail


def _density_sum(first: _Cut, second: _Cut, log_weight: FloatArray, spread: FloatArray) -> Density:
    """Density of the sum: normal, times the probability that both parts are positive given the sum."""
    # A density this small beside one over the standard deviation is nothing even next to a tail of 1e-4.
    least = -_NOTHING - np.log(spread)
    square = first.s**2 + second.s**2
    centre = first.c + second.c
    base = log_weight - first.log_share - second.log_share - HALF_LOG_2PI - 0.5 * np.log(square)
    inner = first.s * second.s / np.sqrt(square)
    # Given the sum x, the first part is normal around first.c + (x − centre) share, within (0, x).
    share = first.s**2 / square

    def density(rows: IntArray, x: FloatArray) -> FloatArray:
        if COMPILED:
            out = np.empty_like(x)
            _sum_densities(rows, x, first.c, second.c, share, inner, square, base, least, out)
            return out
        gap = x[:, :, None] - centre[rows, None, :]
        above = (first.c[rows, None, :] + gap * share[rows, None, :]) / inner[rows, None, :]
        below = (second.c[rows, None, :] + gap * (1.0 - share[rows, None, :])) / inner[rows, None, :]
        value = np.exp(base[rows, None, :] - 0.5 * gap * gap / square[rows, None, :] + _log_mass(below, -above))
        result: FloatArray = value.sum(axis=2)
        return result

    return density


def _log_mass(high: FloatArray, low: FloatArray) -> FloatArray:
    """ln(Φ(high) − Φ(low)), from the tail where both are small."""
    from scipy.special import log_ndtr

    mirrored = high + low > 0.0
    top, bottom = log_ndtr(np.where(mirrored, -low, high)), log_ndtr(np.where(mirrored, -high, low))
    with np.errstate(divide="ignore"):
        result: FloatArray = top + np.log(-np.expm1(np.minimum(bottom - top, -1e-300)))
    return result


@jit
def _upper_tail(x: Any) -> Any:
    """1 − Φ(x) of x ≥ 0."""
    return _DENSITY * math.exp(-0.5 * x * x) * mills_ratio(x)


@jit
def _sum_densities(
    rows: Any, x: Any, first: Any, second: Any, share: Any, inner: Any, square: Any, base: Any, least: Any, out: Any
) -> None:
    """Fill the densities at ``x``; nodes that add less than exp(``least``) are left out."""
    nodes = first.shape[1]
    centre, scale, lift, drop, above, below = np.empty((6, nodes))
    for i in range(len(rows)):
        row = rows[i]
        for q in range(nodes):
            centre[q] = first[row, q] + second[row, q]
            scale[q] = 0.5 / square[row, q]
            inverse = 1.0 / inner[row, q]
            lift[q], drop[q] = second[row, q] * inverse, first[row, q] * inverse
            above[q], below[q] = (1.0 - share[row, q]) * inverse, share[row, q] * inverse
        for k in range(x.shape[1]):
            total = 0.0
            for q in range(nodes):
                gap = x[i, k] - centre[q]
                value = base[row, q] - scale[q] * gap * gap
                if not value > least[row]:
                    continue
                high = lift[q] + gap * above[q]
                low = -(drop[q] + gap * below[q])
                if high + low > 0.0:
                    high, low = -low, -high
                if high > 0.0:
                    total += math.exp(value) * (1.0 - _upper_tail(high) - _upper_tail(-low))
                    continue
                top, bottom = value - 0.5 * high * high, value - 0.5 * low * low
                if top > -700.0:
                    total += (math.exp(top) * mills_ratio(-high) - math.exp(bottom) * mills_ratio(-low)) * _DENSITY
            out[i, k] = total


def _integral(density: Density, rows: IntArray, x: FloatArray, y: FloatArray, count: int, power: int = 1) -> FloatArray:
    """Integral from x to y, its nodes denser near x for a higher power."""
    nodes, weights = _legendre(count)
    reach = (y - x)[:, None]
    values = density(rows, x[:, None] + reach * nodes**power)
    result: FloatArray = (values @ (power * weights * nodes ** (power - 1))) * reach[:, 0]
    return result


def _tail_sum(density: Density, spread: FloatArray, upper: bool) -> Tail:
    def tail(rows: IntArray, x: FloatArray) -> FloatArray:
        end = x + _TAIL_LENGTH * spread[rows] if upper else np.maximum(x - _TAIL_LENGTH * spread[rows], 0.0)
        return np.abs(_integral(density, rows, x, end, _TAIL_NODES, power=2))

    return tail


def _solve(
    density: Density, tail: Tail, p: float, upper: bool, mean: FloatArray, spread: FloatArray, closed: bool
) -> FloatArray:
    """Quantile of every row, array (n,): Newton's method on ln of the tail's probability, kept within a bracket.

    It starts from the quantile of a gamma distribution with the same moments. A tail that is not ``closed`` is
    integrated whole there, and after that only along short steps.
    """
    from scipy.special import gammaincinv

    shape = np.minimum((mean / spread) ** 2, 1e8)
    x = gammaincinv(shape, p) * mean / shape
    low, high = np.zeros_like(x), np.full_like(x, np.inf)
    sign, target = (-1.0, math.log1p(-p)) if upper else (1.0, math.log(p))
    rows = np.arange(len(x))
    mass = tail(rows, x)
    for _ in range(100):
        here, scale = x[rows], spread[rows]
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            gap = sign * (target - np.log(np.maximum(mass, 1e-300)))
            step = gap * mass / density(rows, here[:, None])[:, 0]
        low[rows], high[rows] = np.where(gap > 0.0, here, low[rows]), np.where(gap > 0.0, high[rows], here)
        left, right = low[rows], np.minimum(high[rows], here + 4.0 * scale)
        inside = (here + step >= left) & (here + step <= right)
        x[rows] = new = np.where(inside, here + step, 0.5 * (left + right))
        moving = (np.abs(new - here) > _LAST_STEP * np.minimum(scale, new)) | ~inside
        if not moving.any():
            break
        rows, here, new, scale, mass = rows[moving], here[moving], new[moving], scale[moving], mass[moving]
        far = np.abs(new - here) > (-1.0 if closed else 0.5) * scale
        if far.any():
            mass[far] = tail(rows[far], new[far])
        if not far.all():
            near = ~far
            mass[near] += sign * _integral(density, rows[near], here[near], new[near], _STEP_NODES)
    return x

"""Likelihood of a half-normal frontier seen only where a probit selects: one integral over u for every row.

With noise and selection error jointly normal, the density of a selected row given u is a normal density times a normal
probability (Greene 2010). Given the composed error e = v − u, inefficiency is a normal (μ*, σ*²) cut at zero, so the
integral runs over t = (u − μ*)/σ* with weight exp(−t²/2), by Gauss-Legendre on the range that carries all of its mass.
Derivatives are posterior moments of the complete-data score and Hessian (Fisher, Louis 1982), from the same nodes.
No simulation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bench.stochastic.likelihood.special import HALF_LOG_2PI, LOG_2PI
from bench.typing import FloatArray

#: Nodes of the rule: up to |ρ| = 0.99 more of them move log-densities by less than 1e-9.
NODES = 192
#: Standard deviations below μ* from which the integrand is followed.
_REACH = 9.0
#: The weight is followed until it has fallen by exp(−_DROP) below its largest value.
_DROP = 40.0


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """The integrand of every row at its nodes.

    Attributes
    ----------
    value : array (n,)
        Log-density of error and selection.
    u : array (n, NODES)
    weight : array (n, NODES)
        Posterior probabilities of the nodes; rows sum to one.
    q : array (n, NODES)
        Noise over its standard deviation, (e + u)/σv.
    k : array (n, NODES)
        Argument of the probability of selection given noise.
    mills : array (n, NODES)
        φ(k)/Φ(k).
    """

    value: FloatArray
    u: FloatArray
    weight: FloatArray
    q: FloatArray
    k: FloatArray
    mills: FloatArray


def log_ndtr_mills(k: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return log Φ(k) and φ(k)/Φ(k), on arrays of any shape."""
    from scipy.special import log_ndtr

    value: FloatArray = log_ndtr(k)
    return value, np.exp(-0.5 * k * k - HALF_LOG_2PI - value)


def integrate(e: FloatArray, index: FloatArray, v: float, u: float, r: float, nodes: int = NODES) -> Nodes:
    """Integrate inefficiency out of every selected row.

    Parameters
    ----------
    e : array (n,)
        Composed error v − u.
    index : array (n,)
        Probit index z'α.
    v, u, r : float
        ln σv², ln σu² and artanh ρ.
    nodes : int

    Examples
    --------
    >>> both = integrate(np.array([0.1]), np.array([0.0]), -2.0, -2.0, 0.0)
    >>> float(both.weight.sum().round(12))
    1.0
    """
    big_v, big_u = math.exp(v), math.exp(u)
    total = big_v + big_u
    spread = math.sqrt(big_v * big_u / total)
    centre = -e * big_u / total
    low = np.maximum(-centre / spread, -_REACH)
    high = np.sqrt(np.maximum(low, 0.0) ** 2 + 2.0 * _DROP)
    x, w = np.polynomial.legendre.leggauss(nodes)
    half = 0.5 * (high - low)
    t = low[:, None] + half[:, None] * (x + 1.0)
    # Rounding may leave the first node a hair below zero where the cut is far out.
    inefficiency = np.maximum(centre[:, None] + spread * t, 0.0)
    q = (e[:, None] + inefficiency) * math.exp(-0.5 * v)
    k = index[:, None] * math.cosh(r) + q * math.sinh(r)
    log_p, mills = log_ndtr_mills(k)
    log_terms = -0.5 * t * t + log_p + np.log(w) + np.log(half)[:, None]
    top = log_terms.max(axis=1)
    terms = np.exp(log_terms - top[:, None])
    mass = terms.sum(axis=1)
    base = math.log(2.0) - LOG_2PI - 0.5 * (u + v) + math.log(spread) - 0.5 * e * e / total
    return Nodes(base + top + np.log(mass), inefficiency, terms / mass[:, None], q, k, mills)


def _mean(weight: FloatArray, value: FloatArray) -> FloatArray:
    result: FloatArray = np.einsum("ij,ij->i", weight, value)
    return result


@dataclass(frozen=True, slots=True, eq=False)
class SelectedRows:
    """Log-likelihood of the selected rows at a given probit index.

    The coefficients are the frontier's, ln σv², ln σu² and artanh ρ.

    Attributes
    ----------
    offset : array (n,)
        s·y: the error at β = 0, with s = 1 for production and −1 for cost.
    design : array (n, k)
        −s·X.
    index : array (n,)
    """

    offset: FloatArray
    design: FloatArray
    index: FloatArray

    def nodes(self, theta: FloatArray) -> Nodes:
        """Return the integrand of every row."""
        v, u, r = (float(value) for value in theta[-3:])
        return integrate(self.offset + self.design @ theta[:-3], self.index, v, u, r)

    def value(self, theta: FloatArray) -> float:
        """Return the log-likelihood."""
        return float(self.nodes(theta).value.sum())

    def _complete_scores(self, at: Nodes, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Derivatives of the complete-data log-density by (e, v, u, r), array (4, n, nodes), and ∂k/∂r."""
        v, u, r = theta[-3:]
        turn = self.index[:, None] * math.sinh(r) + at.q * math.cosh(r)
        pull = at.mills * math.sinh(r)
        scores = np.stack(
            [
                (pull - at.q) * math.exp(-0.5 * v),
                0.5 * (at.q * at.q - pull * at.q - 1.0),
                0.5 * (at.u * at.u * math.exp(-u) - 1.0),
                at.mills * turn,
            ]
        )
        return scores, turn

    def scores(self, theta: FloatArray) -> FloatArray:
        """Gradient of every row, array (n, k + 3)."""
        at = self.nodes(theta)
        heads = [_mean(at.weight, value) for value in self._complete_scores(at, theta)[0]]
        return np.column_stack([heads[0][:, None] * self.design, *heads[1:]])

    def index_scores(self, theta: FloatArray) -> FloatArray:
        """Derivative of every row's log-density by its probit index, array (n,)."""
        at = self.nodes(theta)
        return _mean(at.weight, at.mills) * math.cosh(theta[-1])

    def evaluate(self, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return log-likelihood, gradient (k + 3,) and Hessian (k + 3, k + 3)."""
        at = self.nodes(theta)
        scores, turn = self._complete_scores(at, theta)
        means = np.stack([_mean(at.weight, value) for value in scores])
        second = _complete_hessian(at, theta, turn)
        curve = np.empty((4, 4, len(self.offset)))
        for a in range(4):
            for b in range(a + 1):
                product = scores[a] * scores[b]
                if (a, b) in second:
                    product = product + second[a, b]
                curve[a, b] = curve[b, a] = _mean(at.weight, product) - means[a] * means[b]
        k = self.design.shape[1]
        gradient = np.concatenate([self.design.T @ means[0], means[1:].sum(axis=1)])
        hessian = np.empty((k + 3, k + 3))
        hessian[:k, :k] = self.design.T @ (curve[0, 0][:, None] * self.design)
        hessian[:k, k:] = self.design.T @ curve[0, 1:].T
        hessian[k:, :k] = hessian[:k, k:].T
        hessian[k:, k:] = curve[1:, 1:].sum(axis=2)
        return float(at.value.sum()), gradient, hessian


def _complete_hessian(at: Nodes, theta: FloatArray, turn: FloatArray) -> dict[tuple[int, int], FloatArray]:
    """Second derivatives of the complete-data log-density by (e, v, u, r); pairs left out are zero."""
    v, u, r = theta[-3:]
    g, s, c = math.exp(-0.5 * v), math.sinh(r), math.cosh(r)
    bend = -at.mills * (at.k + at.mills)
    cross = bend * turn * s + at.mills * c
    return {
        (0, 0): g * g * (bend * s * s - 1.0),
        (1, 0): g * (at.q * (1.0 - 0.5 * bend * s * s) - 0.5 * at.mills * s),
        (1, 1): at.q * (at.q * (0.25 * bend * s * s - 0.5) + 0.25 * at.mills * s),
        (2, 2): -0.5 * at.u * at.u * math.exp(-u),
        (3, 0): g * cross,
        (3, 1): -0.5 * at.q * cross,
        (3, 3): bend * turn * turn + at.mills * at.k,
    }


def quantile_of_nodes(u: FloatArray, weight: FloatArray, p: float) -> FloatArray:
    """Return quantiles of densities given at Gauss-Legendre nodes, array (m,).

    Parameters
    ----------
    u : array (m, nodes)
        Nodes, an affine image of the rule's, rising.
    weight : array (m, nodes)
        Probability of each node.
    p : float

    Notes
    -----
    The polynomial through the density at the nodes is integrated exactly; between 4,001 points of the distribution
    function the quantile is linear.

    Examples
    --------
    >>> x, w = np.polynomial.legendre.leggauss(20)
    >>> quantile_of_nodes((x + 1)[None], w[None] / 2, 0.25).round(9).tolist()
    [0.5]
    """
    x, _ = np.polynomial.legendre.leggauss(u.shape[1])
    degree = np.arange(u.shape[1])
    line = np.linspace(-1.0, 1.0, 4001)
    basis = np.polynomial.legendre.legvander(x, u.shape[1] - 1)
    # Coefficients (k + ½) Σ weight P_k, and ∫P_k = (P_{k+1} − P_{k−1}) / (2k + 1).
    coefficients = (weight @ basis) * (degree + 0.5)
    wide = np.polynomial.legendre.legvander(line, u.shape[1])
    below = np.column_stack([line + 1.0, (wide[:, 2:] - wide[:, :-2]) / (2.0 * degree[1:] + 1.0)])
    half = (u[:, -1] - u[:, 0]) / (x[-1] - x[0])
    low = u[:, 0] - half * (x[0] + 1.0)
    found = np.empty(len(u))
    for i, row in enumerate(coefficients):
        reached = np.maximum.accumulate(below @ row)
        found[i] = np.interp(p * reached[-1], reached, line)
    quantile: FloatArray = np.maximum(low + half * (found + 1.0), 0.0)
    return quantile

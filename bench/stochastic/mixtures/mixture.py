"""Likelihood of a finite mixture of composed errors, with gradient and Hessian.

Every class has the three heads of a cross-section (error, ln σv², ln σu²) and a logit, all affine in one vector of
coefficients, so classes may share some: separate classes of technology (latent class), or one technology with a
class that has no inefficiency (zero inefficiency). Rows of the same unit may be tied to one class.

ln L = Σ_units [ ln Σ_j exp(π_j + Σ_t ℓ_jt) − ln Σ_j exp(π_j) ].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.stochastic.likelihood.densities import HALF_NORMAL, composed_array
from bench.typing import FloatArray, IntArray

#: ln σu² that stands for no inefficiency: the half-normal density is then the normal one to rounding.
NO_INEFFICIENCY = -70.0


@dataclass(frozen=True, slots=True, eq=False)
class MixtureClass:
    """One class; each head is offset + design @ coefficients.

    Attributes
    ----------
    offsets : tuple of arrays (n,)
        Of e, v, u.
    designs : tuple of arrays (n, p)
    logit : array (units, p)
        Log-odds of the class, up to what all classes share.
    """

    offsets: tuple[FloatArray, FloatArray, FloatArray]
    designs: tuple[FloatArray, FloatArray, FloatArray]
    logit: FloatArray

    def heads(self, theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return e, v and u, arrays (n,)."""
        e, v, u = (offset + design @ theta for offset, design in zip(self.offsets, self.designs, strict=True))
        return e, v, u


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """A mixture of classes over units.

    Attributes
    ----------
    classes : tuple of MixtureClass
    unit : int array (n,)
        Unit of each row, 0 … units − 1.
    units : int
    """

    classes: tuple[MixtureClass, ...]
    unit: IntArray
    units: int

    def evaluate(self, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return log-likelihood, gradient (p,) and Hessian (p, p)."""
        joint, logits, slopes, numbers = self._parts(theta)
        total, prior = _log_sum(joint), _log_sum(logits)
        value = float(np.sum(total - prior))
        if not np.isfinite(value):
            return -np.inf, np.zeros(len(theta)), np.zeros((len(theta), len(theta)))
        weight, chance = np.exp(joint - total), np.exp(logits - prior)
        gradient, hessian = np.zeros(len(theta)), np.zeros((len(theta), len(theta)))
        mean, prior_mean = np.zeros((self.units, len(theta))), np.zeros((self.units, len(theta)))
        for j, part in enumerate(self.classes):
            mean += weight[j][:, None] * slopes[j]
            prior_mean += chance[j][:, None] * part.logit
            hessian += slopes[j].T @ (weight[j][:, None] * slopes[j])
            hessian -= part.logit.T @ (chance[j][:, None] * part.logit)
            hessian += _curvature(part, numbers[j], weight[j][self.unit])
        gradient += mean.sum(axis=0) - prior_mean.sum(axis=0)
        hessian += prior_mean.T @ prior_mean - mean.T @ mean
        return value, gradient, hessian

    def scores(self, theta: FloatArray) -> FloatArray:
        """Return the gradient of each unit, array (units, p)."""
        joint, logits, slopes, _ = self._parts(theta)
        weight, chance = np.exp(joint - _log_sum(joint)), np.exp(logits - _log_sum(logits))
        total = np.zeros((self.units, len(theta)))
        for j, part in enumerate(self.classes):
            total += weight[j][:, None] * slopes[j] - chance[j][:, None] * part.logit
        return total

    def probabilities(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return prior and posterior class probabilities, arrays (units, J)."""
        joint, logits, _, _ = self._parts(theta)
        return np.exp(logits - _log_sum(logits)).T, np.exp(joint - _log_sum(joint)).T

    def _parts(self, theta: FloatArray) -> tuple[FloatArray, FloatArray, list[FloatArray], list[FloatArray]]:
        joint, logits, slopes, numbers = [], [], [], []
        for part in self.classes:
            e, v, u = part.heads(theta)
            with np.errstate(over="ignore", invalid="ignore"):
                d = composed_array(HALF_NORMAL, e, v, u, np.zeros_like(e))
            row = sum(d[1 + h][:, None] * part.designs[h] for h in range(3))
            logit = part.logit @ theta
            logits.append(logit)
            joint.append(logit + np.bincount(self.unit, weights=d[0], minlength=self.units))
            total = np.zeros((self.units, len(theta)))
            np.add.at(total, self.unit, row)
            slopes.append(part.logit + total)
            numbers.append(np.asarray(d, dtype=np.float64))
        return np.array(joint), np.array(logits), slopes, numbers


def _log_sum(values: FloatArray) -> FloatArray:
    top = values.max(axis=0)
    with np.errstate(invalid="ignore"):
        result: FloatArray = top + np.log(np.sum(np.exp(values - top), axis=0))
    return result


def _curvature(part: MixtureClass, d: FloatArray, weight: FloatArray) -> FloatArray:
    """Weighted second derivatives of one class's log-density."""
    e, v, u = part.designs
    hessian: FloatArray = e.T @ ((weight * d[5])[:, None] * e)
    hessian = hessian + v.T @ ((weight * d[9])[:, None] * v) + u.T @ ((weight * d[12])[:, None] * u)
    for left, right, row in ((e, v, 6), (e, u, 7), (v, u, 10)):
        cross = left.T @ ((weight * d[row])[:, None] * right)
        hessian = hessian + cross + cross.T
    return hessian

"""From checked arrays to a model in well-conditioned coordinates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, Issue
from bench.stochastic.design import Block, Standard, standardise
from bench.stochastic.likelihood.cross_section import CrossSection
from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.stochastic.likelihood.starts import LeastSquares, least_squares
from bench.typing import FloatArray


def prepare(
    y: npt.ArrayLike,
    X: npt.ArrayLike,
    law: Distribution,
    *,
    u: npt.ArrayLike | None,
    v: npt.ArrayLike | None,
    mu: npt.ArrayLike | None,
    mu_constant: bool,
    names: Sequence[str] | None,
    covariate_names: Mapping[str, Sequence[str]] | None,
) -> tuple[FloatArray, list[Block]]:
    """Check arrays and lay out the blocks of coefficients."""
    target = np.array(y, dtype=np.float64).ravel()
    x = np.array(X, dtype=np.float64)
    if x.ndim != 2 or len(x) != len(target):
        raise DataError(f"X must have the shape (n, k) with n = {len(target)}, not {x.shape}")
    labels = tuple(names) if names is not None else tuple(f"x{j}" for j in range(x.shape[1]))
    given = covariate_names or {}
    blocks = [Block("frontier", x, labels)]
    blocks.append(_covariates("v", v, len(target), True, given.get("v")))
    blocks.append(_covariates("u", u, len(target), True, given.get("u")))
    if law.has_location:
        if mu is None and not mu_constant:
            raise DataError("mu_constant=False leaves the location without any term: give covariates in mu")
        blocks.append(_covariates("m", mu, len(target), mu_constant, given.get("m")))
    elif mu is not None:
        raise DataError(
            [
                Issue(
                    "no-location",
                    f"the {law.name} distribution has no location for covariates in mu",
                    "use distribution='truncated-normal', or put the covariates in u",
                )
            ]
        )
    _refuse(target, blocks)
    return target, blocks


def _covariates(role: str, values: npt.ArrayLike | None, n: int, constant: bool, names: Sequence[str] | None) -> Block:
    columns = [np.ones((n, 1))] if constant else []
    labels = ["const"] if constant else []
    if values is not None:
        z = np.array(values, dtype=np.float64)
        z = z[:, None] if z.ndim == 1 else z
        if z.ndim != 2 or len(z) != n:
            raise DataError(f"covariates of {role} must have the shape (n, q) with n = {n}, not {z.shape}")
        columns.append(z)
        labels += list(names) if names is not None else [f"z{j + 1}" for j in range(z.shape[1])]
    return Block(role, np.hstack(columns), tuple(labels))


def _refuse(y: FloatArray, blocks: list[Block]) -> None:
    issues = []
    for name, values in [("y", y[:, None]), *((block.role, block.design) for block in blocks)]:
        bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(bad):
            issues.append(
                Issue(
                    "not-finite",
                    f"{len(bad)} rows hold values that are not finite, the first is row {bad[0] + 1}",
                    "correct them or leave the rows out",
                    column=name,
                )
            )
    count = sum(block.design.shape[1] for block in blocks)
    if len(y) <= count:
        issues.append(
            Issue(
                "too-few-observations",
                f"{len(y)} observations cannot carry {count} coefficients",
                "choose a form with fewer terms, pool years, or use DEA",
            )
        )
    if issues:
        raise DataError(issues)


@dataclass(frozen=True, slots=True, eq=False)
class Standardised:
    """The model in well-conditioned coordinates, and the affine way back."""

    y: FloatArray
    blocks: list[Block]
    sign: float
    distribution: Distribution
    standards: list[Standard]
    ols: LeastSquares
    scale: float
    weights: FloatArray | None = None

    @classmethod
    def build(
        cls,
        y: FloatArray,
        blocks: list[Block],
        sign: float,
        law: Distribution,
        weights: FloatArray | None = None,
    ) -> Standardised:
        """Orthogonalise every block and scale y to unit residual spread."""
        standards = [standardise(block) for block in blocks]
        raw = least_squares(standards[0].design, y, sign, weights)
        size = float(np.sqrt(np.mean(y * y)))
        if raw.spread <= 1e-12 * max(size, 1e-300):
            raise DataError(
                [
                    Issue(
                        "no-residual",
                        "the regressors reproduce the dependent variable exactly",
                        "check that no regressor is computed from it",
                    )
                ]
            )
        ols = LeastSquares(
            raw.beta / raw.spread,
            raw.residual / raw.spread,
            1.0,
            raw.skewness,
            -0.5 * len(y) * (math.log(2.0 * math.pi) + 1.0),
        )
        return cls(y, blocks, sign, law, standards, ols, raw.spread, weights)

    @property
    def constant(self) -> float:
        """What to add to a log-likelihood in these coordinates."""
        return -len(self.y) * math.log(self.scale)

    def likelihood(self, constant_heads: bool = False) -> CrossSection:
        """Return the cross-section; with ``constant_heads`` v, u and m have an intercept only."""
        designs = [-self.sign * self.standards[0].design]
        for standard in self.standards[1:]:
            designs.append(np.ones((len(self.y), 1)) if constant_heads else standard.design)
        return CrossSection(self.sign * self.y / self.scale, tuple(designs), self.distribution, self.weights)

    def affine(self) -> tuple[FloatArray, FloatArray]:
        """Return J (p, p) and c (p,) with θ = J θ̃ + c."""
        size = sum(standard.back.shape[0] for standard in self.standards)
        jacobian, shift = np.zeros((size, size)), np.zeros(size)
        first = 0
        for block, standard in zip(self.blocks, self.standards, strict=True):
            part = slice(first, first + standard.back.shape[0])
            factor, move = self._measure(block.role)
            jacobian[part, part] = factor * standard.back
            shift[first] += move
            first = part.stop
        return jacobian, shift

    def _measure(self, role: str) -> tuple[float, float]:
        log = math.log(self.scale)
        if role == "frontier":
            return self.scale, 0.0
        if role in ("v", "w", "h"):
            return 1.0, 2.0 * log
        if role == "u":
            return 1.0, 0.0 if self.distribution.free_of_scale else 2.0 * log
        if role == "m" and self.distribution.location == "mean":
            return self.scale, 0.0
        if role == "m" and self.distribution.location == "log-mean":
            return 1.0, log
        return 1.0, 0.0

    def slices(self) -> dict[str, slice]:
        """Coefficients by role."""
        edges = np.cumsum([0, *(block.design.shape[1] for block in self.blocks)])
        return {block.role: slice(int(a), int(b)) for block, (a, b) in zip(self.blocks, pairwise(edges), strict=True)}

    def names(self) -> tuple[str, ...]:
        """Names of all coefficients."""
        label = {"v": "lnsig2v", "u": "lnsig2u", "w": "lnsig2w", "h": "lnsig2h", "m": self.distribution.label}
        return tuple(
            name if block.role == "frontier" else f"{label.get(block.role, block.role)}:{name}"
            for block in self.blocks
            for name in block.names
        )

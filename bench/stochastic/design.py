"""Design matrices in well-conditioned coordinates, and the way back.

A search runs on orthogonal columns and a dependent variable of unit residual spread; the map to the user's
coefficients is affine, θ = J θ̃ + c, so standard errors and log-likelihood follow exactly. This is why results do not
depend on the measures of the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.errors import DataError, Issue
from bench.typing import FloatArray

#: A column whose part orthogonal to the others is smaller than this share of it is collinear.
COLLINEAR = 1e-9

#: Above so many rows the orthogonal factor is computed by two Cholesky steps instead of Householder reflections.
_MANY_ROWS = 600


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Regressors of one head.

    Attributes
    ----------
    role : str
        Head: ``"frontier"``, ``"v"``, ``"u"``, ``"m"`` or ``"time"``.
    design : array (n, k)
    names : tuple of str
        One per column.
    """

    role: str
    design: FloatArray
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """A design with orthogonal columns of unit mean square, X = X̃ R.

    Attributes
    ----------
    design : array (n, k)
        X̃.
    back : array (k, k)
        R⁻¹: coefficients of X are R⁻¹ times those of X̃.
    forth : array (k, k)
        R.
    """

    design: FloatArray
    back: FloatArray
    forth: FloatArray


def standardise(block: Block) -> Standard:
    """Orthogonalise the columns of a block.

    Raises
    ------
    DataError
        When a column is constant beside a constant, or a linear combination of those before it; the issue names it.
    """
    x = block.design
    n, k = x.shape
    size = np.sqrt(np.einsum("ij,ij->j", x, x) / n)
    zero = [name for name, s in zip(block.names, size, strict=True) if not s > 0.0]
    if zero:
        raise DataError([_issue("zero-column", block, name, "the regressor is zero everywhere") for name in zero])
    if k == 1:
        return Standard(np.ascontiguousarray(x / size), np.diag(1.0 / size), np.diag(size))
    scaled = x / size
    factor = _cholesky_factor(scaled) if n > _MANY_ROWS else None
    if factor is None:
        q, r = np.linalg.qr(scaled)
        q *= np.sqrt(n)
        r /= np.sqrt(n)
    else:
        q, r = factor
    flat = np.abs(np.diag(r)) < COLLINEAR
    if flat.any() or k > n:
        raise DataError(
            [
                _issue("collinear", block, name, _collinear_message(x, j, block.names))
                for j, name in enumerate(block.names)
                if k > n or flat[j]
            ]
        )
    forth = r * size
    back = np.linalg.solve(r, np.eye(k)) / size[:, None]
    return Standard(np.ascontiguousarray(q), back, forth)


def _cholesky_factor(x: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Orthogonal factor by Cholesky, twice where the first leaves rounding; None where columns are near dependence."""
    n = len(x)
    total = np.eye(x.shape[1])
    q = x
    for _ in range(2):
        try:
            r = np.linalg.cholesky(q.T @ q / n).T
        except np.linalg.LinAlgError:
            return None
        if np.min(np.diag(r)) < 1e-6:
            return None
        q = q @ np.linalg.inv(r)
        total = r @ total
        if np.min(np.diag(r)) > 0.1:
            break
    return q, total


def _collinear_message(x: FloatArray, j: int, names: Sequence[str]) -> str:
    spread = np.ptp(x[:, j])
    if spread <= 1e-12 * np.max(np.abs(x[:, j])):
        return "the regressor is constant, as the intercept is"
    coefficients, *_ = np.linalg.lstsq(x[:, :j], x[:, j], rcond=None)
    share = np.abs(coefficients) * np.sqrt(np.mean(x[:, :j] ** 2, axis=0))
    used = [name for name, s in zip(names, share, strict=False) if s > 1e-6 * max(float(share.max()), 1e-300)]
    return f"the regressor is a linear combination of {', '.join(used)}"


def _issue(rule: str, block: Block, name: str, message: str) -> Issue:
    remedy = "leave the column out, or choose a form with fewer terms"
    return Issue(rule, f"{message} (in the {block.role} equation)", remedy, column=name)

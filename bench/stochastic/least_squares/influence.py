"""Influence of single rows on a fitted line: Cook's distance and DFBETAS, in closed form.

A stochastic frontier is an average function moved outwards: a row that moves the average moves everybody's frontier.
What a row does to the line is known without leaving it out and fitting again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.errors import DataError
from bench.typing import FloatArray

#: A row with all but this share of its own fitted value to itself has no residual to judge it by.
_ALONE = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """What each of n rows does to the k coefficients of least squares.

    Attributes
    ----------
    cook : array (n,)
        Cook's distance: how far all fitted values move without the row. Infinite for a row that alone decides a
        coefficient.
    dfbetas : array (n, k)
        Change of each coefficient without the row, in its standard errors.
    leverage : array (n,)
    """

    cook: FloatArray
    dfbetas: FloatArray
    leverage: FloatArray

    @property
    def cook_limit(self) -> float:
        """Usual limit of Cook's distance, 4/(n − k)."""
        n, k = self.dfbetas.shape
        return float(4.0 / (n - k))

    @property
    def dfbetas_limit(self) -> float:
        """Usual limit of DFBETAS, 2/√n."""
        return float(2.0 / np.sqrt(len(self.cook)))


def regression_influence(y: FloatArray, X: FloatArray) -> Influence:
    """Return the influence of every row on least squares of y (n,) on X (n, k).

    Parameters
    ----------
    y : array (n,)
    X : array (n, k)
        With a constant where the line has one.

    Raises
    ------
    DataError
        With no more than k + 1 rows, or regressors that are combinations of each other.

    Notes
    -----
    With leverage ``h``, residual ``e`` and ``s² = e'e/(n − k)``, Cook's distance is ``e²h/(k s²(1 − h)²)``. Without row
    i the coefficients change by ``(X'X)⁻¹x_i e_i/(1 − h_i)`` and the variance is
    ``((n − k)s² − e_i²/(1 − h_i))/(n − k − 1)``.
    Sources: Cook (1977), Technometrics 19, 15-18; Belsley, Kuh & Welsch (1980), ch. 2. ARegV, Annex 3, names both for
    the screens of its stochastic frontiers.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> found = regression_influence(np.array([1.0, 2.0, 3.0, 4.0, 9.0]), np.column_stack([np.ones(5), x]))
    >>> int(found.cook.argmax()), round(float(found.cook.max()), 4)
    (4, 2.25)
    """
    n, k = X.shape
    if n <= k + 1:
        raise DataError(f"influence on {k} coefficients needs more than {k + 1} rows, not {n}")
    size = np.sqrt((X**2).mean(axis=0))
    scaled = X / np.where(size > 0, size, 1.0)
    q, r = np.linalg.qr(scaled)
    if np.abs(np.diag(r)).min() <= 1e-10 * np.abs(np.diag(r)).max():
        raise DataError("the regressors are combinations of each other: the line is not determined")
    leverage = np.minimum((q**2).sum(axis=1), 1.0)
    residual = y - q @ (q.T @ y)
    free = 1.0 - leverage
    alone = free <= _ALONE
    safe = np.where(alone, 1.0, free)
    rss = float(residual @ residual)
    variance = rss / (n - k)
    without = np.maximum(rss - residual**2 / safe, 0.0) / (n - k - 1)
    inverse = np.linalg.solve(r, q.T).T  # rows of (X'X)⁻¹x_i, scaled
    spread = np.sqrt(np.einsum("ij,ij->j", inverse, inverse))
    with np.errstate(divide="ignore", invalid="ignore"):
        cook = residual**2 * leverage / (k * variance * safe**2)
        change = inverse * (residual / safe)[:, None]
        dfbetas = change / (np.sqrt(without)[:, None] * spread)
    nothing = rss <= 1e-24 * float(y @ y)  # every row lies on the line: none moves it
    cook = np.where(alone, np.inf, 0.0 if nothing else cook)
    dfbetas = np.where(alone[:, None], np.inf, 0.0 if nothing else dfbetas)
    return Influence(cook, dfbetas, leverage)

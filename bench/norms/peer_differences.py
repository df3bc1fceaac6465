"""Correction of scores for conditions, by each unit's differences to its own peers.

A unit that is measured against peers with the same snow and forest needs no correction for either; one whose peers have
none does. So not the condition itself but its distance to the norm-weighted mean of the unit's peers is what explains
the score. The method is that of the Norwegian energy regulator (Amundsveen, Kordahl, Kvile & Langset 2014, in Recent
Developments in Data Envelopment Analysis and its Applications, p. 334).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, OptionError
from bench.norms._arrays import vector
from bench.typing import BoolArray, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """Several conditions as one number.

    Attributes
    ----------
    score : array (n,)
        First principal component, not rescaled.
    loadings : array (p,)
        Of the standardised conditions; their squares sum to one.
    share : float
        Share of the standardised conditions' variance.
    """

    score: FloatArray
    loadings: FloatArray
    share: float


def composite(conditions: npt.ArrayLike, positive: int) -> Composite:
    """Return the first principal component of conditions, centred and divided by their sample standard deviations.

    Parameters
    ----------
    conditions : array (n, p)
    positive : int
        Column whose loading is positive: the sign of a principal component is free until it is stated.

    Raises
    ------
    DataError
        For a condition that is the same everywhere, and where the stated loading is zero.

    Examples
    --------
    >>> found = composite([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]], positive=0)
    >>> found.score.round(6).tolist(), round(found.share, 6)
    ([-1.414214, 0.0, 1.414214], 1.0)
    """
    Z = np.asarray(conditions, dtype=np.float64)
    if Z.ndim != 2 or Z.shape[0] < 3 or not np.isfinite(Z).all():
        raise DataError("a composite needs a table of numbers with at least three rows")
    deviation = Z.std(axis=0, ddof=1)
    flat = np.flatnonzero(deviation == 0.0)
    if flat.size:
        raise DataError(f"condition number {int(flat[0]) + 1} of the composite is the same everywhere: leave it out")
    standard = (Z - Z.mean(axis=0)) / deviation
    _, singular, directions = np.linalg.svd(standard, full_matrices=False)
    loading = directions[0]
    if abs(loading[positive]) < 1e-12:
        raise DataError("the condition whose loading is to be positive has none: name another")
    loading = loading * np.sign(loading[positive])
    return Composite(standard @ loading, loading, float(singular[0] ** 2 / (singular**2).sum()))


@dataclass(frozen=True, slots=True, eq=False)
class PeerDifferences:
    """Scores corrected for differences to peers.

    Attributes
    ----------
    difference : array (n, p)
        Each condition less its mean over the unit's peers, weighted by their shares of the norm.
    constant : float
    coefficient, standard_error : array (p,)
    used : array (n,) of bool
        Rows in the regression.
    correction : array (n,)
        Subtracted from the score, after the limit.
    score : array (n,)
        Corrected.
    limited : array (n,) of bool
        Where the limit cut the correction.
    extrapolated : array (n,) of bool
        Where a difference lies outside those the regression saw.
    """

    difference: FloatArray
    constant: float
    coefficient: FloatArray
    standard_error: FloatArray
    used: BoolArray
    correction: FloatArray
    score: FloatArray
    limited: BoolArray
    extrapolated: BoolArray


def peer_differences(
    score: npt.ArrayLike,
    conditions: npt.ArrayLike,
    shares: npt.ArrayLike,
    *,
    dependent: npt.ArrayLike | None = None,
    regression_shares: npt.ArrayLike | None = None,
    regression_rows: npt.ArrayLike | None = None,
    peer_conditions: npt.ArrayLike | None = None,
    limit: float | None = None,
    screen: str = "none",
    screen_level: float = 0.15,
) -> PeerDifferences:
    """Correct scores for how far each unit's conditions lie from those of its own peers.

    Parameters
    ----------
    score : array (n,)
        What is corrected: ``score − b'Δz``.
    conditions : array (n, p)
        Conditions of the units.
    shares : array (n, r)
        Shares of each unit's norm that come from each peer; rows sum to one.
    dependent : array (n,), optional
        What the regression explains; the scores themselves by default. Bias-corrected scores are a better choice.
    regression_shares : array (n, r), optional
        Shares by which the regression's differences are made; ``shares`` by default.
    regression_rows : array (n,) of bool, optional
        Rows that may enter the regression.
    peer_conditions : array (r, p), optional
        Conditions of the peers; those of the units by default.
    limit : float, optional
        Largest correction either way.
    screen : {"none", "bacon", "bacon-distance"}
        Rows left out of the regression by :func:`bacon` on the dependent and the differences.
    screen_level : float

    Raises
    ------
    DataError
        When the differences determine no coefficients.

    Examples
    --------
    >>> found = peer_differences([1.0, 0.9, 0.7, 0.8], [[0.0], [1.0], [3.0], [2.0]], [[1.0], [1.0], [1.0], [1.0]],
    ...                          peer_conditions=[[0.0]])
    >>> found.coefficient.round(6).tolist(), found.score.round(6).tolist()
    ([-0.1], [1.0, 1.0, 1.0, 1.0])
    """
    theta = vector(score, "score")
    Z = np.asarray(conditions, dtype=np.float64)
    Zp = Z if peer_conditions is None else np.asarray(peer_conditions, dtype=np.float64)
    W = np.asarray(shares, dtype=np.float64)
    V = W if regression_shares is None else np.asarray(regression_shares, dtype=np.float64)
    for name, matrix in (("shares", W), ("regression_shares", V)):
        if matrix.shape != (theta.size, Zp.shape[0]) or not np.allclose(matrix.sum(axis=1), 1.0, atol=1e-9):
            raise DataError(f"{name} must have a row per unit and a column per peer, and every row must sum to 1")
    y = theta if dependent is None else vector(dependent, "dependent", theta.size)
    fitted = Z - V @ Zp
    used = np.ones(theta.size, dtype=bool) if regression_rows is None else np.asarray(regression_rows, dtype=bool)
    if screen != "none":
        inside = np.zeros(theta.size, dtype=bool)
        inside[used] = bacon(np.column_stack([y, fitted])[used], level=screen_level, convention=screen)
        used = inside
    design = np.column_stack([np.ones(theta.size), fitted])[used]
    if np.linalg.matrix_rank(design) < design.shape[1] or design.shape[0] <= design.shape[1]:
        raise DataError(
            f"{design.shape[0]} rows do not determine {design.shape[1]} coefficients of the differences to peers: take "
            "conditions out that say the same, or that differ nowhere"
        )
    coefficient, *_ = np.linalg.lstsq(design, y[used], rcond=None)
    residual = y[used] - design @ coefficient
    variance = float(residual @ residual) / (design.shape[0] - design.shape[1])
    error = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    difference = Z - W @ Zp
    whole = difference @ coefficient[1:]
    correction = whole if limit is None else np.clip(whole, -limit, limit)
    low, high = fitted[used].min(axis=0), fitted[used].max(axis=0)
    return PeerDifferences(
        difference=difference,
        constant=float(coefficient[0]),
        coefficient=coefficient[1:],
        standard_error=error[1:],
        used=used,
        correction=correction,
        score=theta - correction,
        limited=np.asarray(correction != whole),
        extrapolated=((difference < low) | (difference > high)).any(axis=1),
    )


def bacon(rows: npt.ArrayLike, *, level: float = 0.15, convention: str = "bacon", start: int = 4) -> BoolArray:
    """Return which rows of a table are no outliers, by blocked adaptive nomination.

    The ``start · p`` rows nearest the mean are the first basic set. Rows nearer its mean than a limit are the next set,
    until the set no longer changes.

    Parameters
    ----------
    rows : array (n, p)
    level : float
    convention : {"bacon", "bacon-distance"}
        ``"bacon"``: Mahalanobis distance below ``c·√χ²`` at ``1 − level/n`` (Billor, Hadi & Velleman 2000, p. 286).
        ``"bacon-distance"``: below ``c·χ²`` at ``1 − level``, without the root: as the regulator published it.
    start : int

    Returns
    -------
    array (n,) of bool

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> rows = np.vstack([rng.normal(size=(50, 2)), [[40.0, 40.0]]])
    >>> bool(bacon(rows)[-1]), bool(bacon(rows)[:50].mean() > 0.9)
    (False, True)
    """
    from scipy.special import chdtri

    X = np.asarray(rows, dtype=np.float64)
    n, p = X.shape
    if convention not in ("bacon", "bacon-distance"):
        raise OptionError(f"convention must be 'bacon' or 'bacon-distance'; got {convention!r}")
    if n <= 3 * p + 1 or n < start * p:
        raise DataError(
            f"{n} rows of {p} numbers are too few to look for outliers among: {max(3 * p + 2, start * p)} or more"
        )
    known = np.zeros(n, dtype=bool)
    known[np.argsort(_distance(X, X), kind="stable")[: start * p]] = True
    half = (n + p + 1) // 2
    # chdtri takes the probability above.
    quantile = chdtri(p, level) if convention == "bacon-distance" else np.sqrt(chdtri(p, level / n))
    for _ in range(10 * n):
        r = int(known.sum())
        freedom = n - 1 if convention == "bacon-distance" else n - p
        factor = max(0.0, (half - r) / (half + r)) + 1.0 + (p + 1) / freedom + 2.0 / (n - 1 - 3 * p)
        inside = _distance(X, X[known]) < factor * quantile
        if int(inside.sum()) == r and (convention == "bacon-distance" or np.array_equal(inside, known)):
            return np.asarray(inside)
        known = inside
    raise DataError("the search for outliers goes round in a circle: the table has no clear middle")


def _distance(X: FloatArray, base: FloatArray) -> FloatArray:
    """Mahalanobis distance of every row from the mean of some."""
    centred = X - base.mean(axis=0)
    covariance = np.atleast_2d(np.cov(base, rowvar=False))
    return np.asarray(np.sqrt(np.maximum((centred * np.linalg.solve(covariance, centred.T).T).sum(axis=1), 0.0)))

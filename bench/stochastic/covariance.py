"""Covariance matrices of maximum-likelihood coefficients."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, Issue
from bench.options import SFA_COVARIANCES, one_of
from bench.typing import FloatArray


def covariance(
    kind: str,
    information_inverse: FloatArray,
    scores: FloatArray,
    clusters: npt.ArrayLike | None = None,
    score_rows: npt.ArrayLike | None = None,
) -> FloatArray:
    """Return the covariance matrix of the coefficients, array (p, p).

    Parameters
    ----------
    kind : {"hessian", "opg", "sandwich", "clustered"}
        Inverse of the observed information; of the scores' outer product (Berndt et al. 1974); both (White 1982);
        the same with scores summed within clusters, times G/(G − 1).
    information_inverse : array (p, p)
        NaN for coefficients on an edge, which have no standard error of any kind.
    scores : array (groups, p)
        Gradient of each independent observation or unit.
    clusters : array (n,), optional
        Label of each row's cluster.
    score_rows : array (n,), optional
        Row of ``scores`` that each row of the data belongs to; itself when omitted.

    Raises
    ------
    DataError
        ``"clustered"`` without clusters, with fewer than two, with a missing one, or with one that divides a unit.

    Examples
    --------
    >>> import numpy as np
    >>> scores = np.array([[1.0], [-1.0], [2.0], [-2.0]])
    >>> covariance("opg", np.eye(1), scores).tolist()
    [[0.1]]
    """
    kind = one_of(kind, SFA_COVARIANCES, "covariance")
    # On an edge some coefficients have no value, and the others have the information that is left.
    free = np.isfinite(np.diag(information_inverse))
    if kind == "clustered":
        sums = _cluster_sums(scores, clusters, score_rows)
    if kind == "hessian" or not free.any():
        return information_inverse
    result = np.full_like(information_inverse, np.nan)
    block = np.ix_(free, free)
    scores = scores[:, free]
    if not np.isfinite(scores).all():
        return result
    if kind == "opg":
        result[block] = np.linalg.pinv(scores.T @ scores)
        return result
    meat = scores.T @ scores
    if kind == "clustered":
        meat = sums[:, free].T @ sums[:, free] * (len(sums) / (len(sums) - 1.0))
    result[block] = information_inverse[block] @ meat @ information_inverse[block]
    return result


def _cluster_sums(scores: FloatArray, clusters: npt.ArrayLike | None, score_rows: npt.ArrayLike | None) -> FloatArray:
    """Scores summed within clusters, array (G, p)."""
    if clusters is None:
        raise DataError("clustered standard errors need the clusters of the observations")
    rows = np.arange(len(scores)) if score_rows is None else np.asarray(score_rows)
    given = np.asarray(clusters)
    if len(given) != len(rows):
        raise DataError(f"clusters has length {len(given)}, but there are {len(rows)} observations")
    labels, codes = np.unique(_labels(given), return_inverse=True)
    if len(labels) < 2:
        raise DataError("clustered standard errors need at least two clusters")
    of_score = np.zeros(len(scores), dtype=np.int64)
    of_score[rows] = codes
    torn = np.flatnonzero(of_score[rows] != codes)
    if len(torn):
        raise DataError(
            [
                Issue(
                    "torn-cluster",
                    f"the unit of row {torn[0] + 1} is in two clusters, but a unit's years are one observation here",
                    "give every year of a unit the same cluster, such as its municipality or the unit itself",
                )
            ]
        )
    sums = np.zeros((len(labels), scores.shape[1]))
    np.add.at(sums, of_score, scores)
    return sums


def _labels(given: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Cluster labels as text or numbers that can be sorted; refuses a missing one."""
    missing = np.array([label is None or str(label) in ("nan", "NaT", "<NA>") for label in given.tolist()])
    if missing.any():
        raise DataError(
            [
                Issue(
                    "missing-cluster",
                    "the row has no cluster",
                    "give every row its cluster, or leave the row out",
                    value=f"row {row + 1}",
                )
                for row in np.flatnonzero(missing)
            ]
        )
    if given.dtype.kind in "OUS":
        return np.array([f"{type(label).__name__}:{label}" for label in given.tolist()])
    return given

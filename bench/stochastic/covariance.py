"""Covariance matrices of maximum-likelihood coefficients."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench.errors import DataError
from bench.options import SFA_COVARIANCES, one_of
from bench.typing import FloatArray


def covariance(
    kind: str, information_inverse: FloatArray, scores: FloatArray, clusters: npt.ArrayLike | None = None
) -> FloatArray:
    """Return the covariance matrix of the coefficients, array (p, p).

    Parameters
    ----------
    kind : {"hessian", "opg", "sandwich", "clustered"}
        Inverse of the observed information; of the scores' outer product (Berndt et al. 1974); both (White 1982);
        the same with scores summed within clusters, times G/(G − 1).
    information_inverse : array (p, p)
    scores : array (n, p)
        Gradient of each observation.
    clusters : array (n,), optional
        Label of each observation's cluster.

    Raises
    ------
    DataError
        ``"clustered"`` without clusters, or with fewer than two.

    Examples
    --------
    >>> import numpy as np
    >>> scores = np.array([[1.0], [-1.0], [2.0], [-2.0]])
    >>> covariance("opg", np.eye(1), scores).tolist()
    [[0.1]]
    """
    kind = one_of(kind, SFA_COVARIANCES, "covariance")
    if kind == "hessian":
        return information_inverse
    if not np.isfinite(scores).all():
        return np.full_like(information_inverse, np.nan)
    if kind == "opg":
        outer: FloatArray = np.asarray(np.linalg.pinv(scores.T @ scores), dtype=np.float64)
        return outer
    if kind == "clustered":
        if clusters is None:
            raise DataError("clustered standard errors need the clusters of the observations")
        labels, codes = np.unique(np.asarray(clusters), return_inverse=True)
        if len(codes) != len(scores):
            raise DataError(f"clusters has length {len(codes)}, but there are {len(scores)} observations")
        if len(labels) < 2:
            raise DataError("clustered standard errors need at least two clusters")
        sums = np.zeros((len(labels), scores.shape[1]))
        np.add.at(sums, codes, scores)
        meat = sums.T @ sums * (len(labels) / (len(labels) - 1.0))
    else:
        meat = scores.T @ scores
    result: FloatArray = information_inverse @ meat @ information_inverse
    return result

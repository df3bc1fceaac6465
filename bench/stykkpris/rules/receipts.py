"""What others pay to the budget holder, and what of an amount is set aside for one purpose."""

from __future__ import annotations

import numpy as np

from bench.typing import FloatArray


def received(rate: float, z: FloatArray, count: FloatArray, threshold: float, cap: float | None) -> FloatArray:
    """Return what others pay to the budget holder, ``min(rate·max(0, z − threshold·n), cap·n)``, array (..., n).

    Parameters
    ----------
    rate : float
        NOK per unit of ``z``, or share of it.
    z, count : array (..., n)
    threshold : float
        Free amount per user.
    cap : float or None
        Ceiling per user.

    Examples
    --------
    >>> received(0.75, np.array([300000.0]), np.array([1.0]), 10000.0, 200000.0).tolist()
    [200000.0]
    """
    paid = rate * np.maximum(z - threshold * count, 0.0)
    return np.asarray(paid if cap is None else np.minimum(paid, cap * count))


def earmarked(amount: FloatArray, cap: float | None, spent: FloatArray | None) -> FloatArray:
    """Return what of an amount is used for its purpose, ``min(amount, cap, spent)``; nothing of a negative amount.

    Parameters
    ----------
    amount : array (..., n)
    cap : float or None
        Most that may be used in a year.
    spent : array (..., n) or None
        What was spent on the purpose; the whole of the rest where it is not known.

    Examples
    --------
    >>> earmarked(np.array([4e6, 0.4e6]), 0.5e6, None).tolist()
    [500000.0, 400000.0]
    """
    used = np.maximum(amount, 0.0)
    used = used if cap is None else np.minimum(used, cap)
    return np.asarray(used if spent is None else np.minimum(used, np.maximum(spent, 0.0)))

"""A norm from a unit's own history: how it produced this year against its own mean years.

For units too small or too special to be compared with others. With outputs weighted to one number, the score is
``(Y/x) / (Ȳ/x̄)``: output per NOK of the year over that of the unit's own mean, 1 for a year like the others.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench.errors import DataError
from bench.norms._arrays import vector
from bench.typing import FloatArray


def own_history_score(
    outputs: npt.ArrayLike,
    cost: npt.ArrayLike,
    mean_outputs: npt.ArrayLike,
    mean_cost: npt.ArrayLike,
    weights: npt.ArrayLike,
) -> FloatArray:
    """Return output per NOK of a year, over that of the unit's own mean.

    Parameters
    ----------
    outputs, mean_outputs : array (n, s)
        Of the year, and means over the unit's own years.
    cost, mean_cost : array (n,)
        NOK.
    weights : array (s,)
        What one of each output counts.

    Raises
    ------
    DataError
        For a unit without outputs or cost, this year or in the mean.

    Examples
    --------
    >>> own_history_score([[110.0, 10.0]], [100.0], [[100.0, 10.0]], [100.0], [1.0, 2.0]).round(6).tolist()
    [1.083333]
    """
    w = vector(weights, "weights")
    x, mean = vector(cost, "cost", positive=True), vector(mean_cost, "mean_cost", positive=True)
    now = np.asarray(outputs, dtype=np.float64) @ w
    before = np.asarray(mean_outputs, dtype=np.float64) @ w
    if (now <= 0).any() or (before <= 0).any():
        raise DataError("a unit without outputs, this year or on average, has no own history to be measured by")
    return np.asarray((now / x) / (before / mean))

"""Block BR: the grant that does not follow activity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bench.modelfile.blocks import Criterion
from bench.typing import FloatArray


def criteria_shares(columns: FloatArray, weights: FloatArray) -> FloatArray:
    """Return each unit's share of a criteria grant.

    Each criterion is first made a share of the scheme, so that measures do not matter, and the shares are weighted:
    ``s_i = Σ_c a_c·z_ic/Σ_j z_jc``.

    Parameters
    ----------
    columns : array (..., n, c)
        Criteria values, not negative.
    weights : array (c,)
        Sum to one.

    Returns
    -------
    array (..., n)
        Sums to one.

    Examples
    --------
    >>> criteria_shares(np.array([[10.0, 1.0], [30.0, 1.0]]), np.array([0.5, 0.5])).tolist()
    [0.375, 0.625]
    """
    return np.asarray((columns / np.sum(columns, axis=-2, keepdims=True)) @ weights)


def criteria_values(columns: Mapping[str, FloatArray], criteria: Sequence[Criterion]) -> FloatArray:
    """Return the value of every criterion, array (..., n, c): its column, times its second column where it has one."""
    return np.stack([np.prod([columns[name] for name in c.columns], axis=0) for c in criteria], axis=-1)


def incremental(base: FloatArray, result: FloatArray | float, *, index: float, need: float, carry: float) -> FloatArray:
    """Return the incremental grant, last year's base moved by index and need plus a share of last year's result.

    ``β' = β·d·(1 + need) + γ·S``. A deficit carried in lowers it.
    """
    return np.asarray(base * index * (1.0 + need) + carry * np.asarray(result))


def historic_shares(cost: FloatArray) -> FloatArray:
    """Return each unit's share of the cost, array (..., n)."""
    return np.asarray(cost / np.sum(cost, axis=-1, keepdims=True))

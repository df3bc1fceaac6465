"""Block MX: how a unit's income is put together from activity, block grant and refund."""

from __future__ import annotations

import numpy as np

from bench.typing import FloatArray


def priced_cost(cost: FloatArray, components: FloatArray, taken_out: FloatArray) -> FloatArray:
    """Return the cost a price has to cover: the whole, less the parts of components that are paid another way.

    Parameters
    ----------
    cost : array (..., n)
    components : array (..., n, m)
        Cost of each component.
    taken_out : array (m,)
        Share of the component refunded or paid as a block.
    """
    return np.asarray(cost - components @ taken_out)


def refund(priced: FloatArray, components: FloatArray, component_share: FloatArray, share: float) -> FloatArray:
    """Return what is refunded: a share of the priced cost, and of each refunded component its own share.

    Examples
    --------
    >>> refund(np.array([80.0]), np.array([[20.0]]), np.array([1.0]), 0.0).tolist()
    [20.0]
    """
    return np.asarray(share * priced + components @ component_share)

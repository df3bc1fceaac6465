"""Block PR: the level of a scheme's price and how it moves from year to year.

With weighted volume ``Q = Σ_k w_k V_k`` and prices ``p_k = λ w_k`` the pure rule is ``λ' = d·C/Q``. The functions here
take arrays with any leading dimensions (draws, scenarios); the last axis is the units, so that one call serves one
run of the engine and a thousand draws of a simulation.
"""

from __future__ import annotations

import numpy as np

from bench.stykkpris.rules.steps import STEPS, Numbers
from bench.typing import FloatArray


def average_level(cost: FloatArray, weighted: FloatArray) -> FloatArray:
    """Return the scheme's average cost, ``Σ C_i / Σ Q_i``.

    Parameters
    ----------
    cost, weighted : array (..., n)

    Returns
    -------
    array (...)

    Examples
    --------
    >>> float(average_level(np.array([90.0, 110.0]), np.array([100.0, 100.0])))
    1.0
    """
    return np.asarray(np.sum(cost, axis=-1) / np.sum(weighted, axis=-1))


def own_excluded_levels(cost: FloatArray, weighted: FloatArray, *, calibrate: bool = False) -> FloatArray:
    """Return each unit's level with its own cost and volume left out, array (..., n).

    With equal volumes the scheme still sums to zero; otherwise only with ``calibrate``, which rescales the levels
    so that they reproduce the scheme's cost.
    """
    others_cost = np.sum(cost, axis=-1, keepdims=True) - cost
    others_volume = np.sum(weighted, axis=-1, keepdims=True) - weighted
    levels = others_cost / others_volume
    if calibrate:
        total = np.sum(levels * weighted, axis=-1, keepdims=True)
        levels = levels * np.sum(cost, axis=-1, keepdims=True) / total
    return np.asarray(levels)


def blend(average: FloatArray | float, frontier: FloatArray | float, share: float) -> FloatArray:
    """Return ``(1 − θ)·average + θ·frontier``."""
    return np.asarray((1.0 - share) * np.asarray(average) + share * np.asarray(frontier))


def move_level(
    target: FloatArray | float,
    previous: FloatArray | float | None = None,
    *,
    index: float = 1.0,
    requirement: float = 0.0,
    **stated: float,
) -> FloatArray:
    """Return next year's level from the rule's target and this year's level.

    The efficiency requirement lowers the target, ``(1 − x)·target``; then come the steps of
    :mod:`bench.stykkpris.rules.steps`: the level closes a share ``g`` of the gap between the indexed level and the
    target, a corridor ``±b`` bounds the real change, floor and cap bound the level.

    Parameters
    ----------
    target : array (...)
        Level the rule aims at, in prices of the new year.
    previous : array (...), optional
        This year's level; without one nothing moves on from it.
    index : float
        Growth factor from this year to the new one.
    **stated : float
        Values of the steps, by their key: ``gain``, ``corridor``, ``floor``, ``cap``.

    Examples
    --------
    >>> float(move_level(0.9, 1.0, index=1.0, gain=0.5))
    0.95
    >>> float(move_level(0.5, 1.0, corridor=0.1))
    0.9
    """
    level = np.asarray(target, dtype=np.float64) * (1.0 - requirement)
    indexed = None if previous is None else np.asarray(previous, dtype=np.float64) * index
    for step in STEPS:
        if step.key in stated and not (step.from_last_year and indexed is None):
            level = step.move(Numbers, level, stated[step.key], indexed)
    return np.asarray(level)


def keyed_prices(cost: FloatArray | float, volumes: FloatArray, keys: FloatArray) -> FloatArray:
    """Return a price per service from cost keys, ``p_k = τ_k·C/V_k``.

    Parameters
    ----------
    cost : array (...)
        The scheme's cost, already in prices of the new year.
    volumes, keys : array (..., K)
        Keys sum to one. A service without volume has no price this way: NaN.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        prices = np.asarray(cost)[..., None] * keys / volumes
    return np.asarray(np.where(volumes > 0.0, prices, np.nan))


def revenue_keys(prices: FloatArray, volumes: FloatArray) -> FloatArray:
    """Return each service's share of the revenue, array (..., K)."""
    revenue = prices * volumes
    return np.asarray(revenue / np.sum(revenue, axis=-1, keepdims=True))


def true_up(
    final: FloatArray | float, estimate: FloatArray | float, weighted: FloatArray | float, interest: float
) -> FloatArray:
    """Return what a wrong estimate adds to a later price level, ``(C − Ĉ)/Q·(1 + r)``."""
    return np.asarray((np.asarray(final) - np.asarray(estimate)) / np.asarray(weighted) * (1.0 + interest))

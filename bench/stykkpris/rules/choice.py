"""Block UC: users choose, and the money follows them. Neutral at zero response; used by simulation."""

from __future__ import annotations

import numpy as np

from bench.typing import FloatArray


def market_shares(shares: FloatArray, quality: FloatArray, response: float) -> FloatArray:
    """Return new market shares, ``s_i·exp(response·q_i) / Σ_j s_j·exp(response·q_j)``.

    Given the *change* of quality every year the shares stay ``s⁰_i·exp(response·(q_i − q⁰_i))`` to scale: a lasting
    difference moves the market once, it does not empty a unit.

    Parameters
    ----------
    shares : array (..., n)
        Shares before, summing to one.
    quality : array (..., n)
        Quality against the scheme's mean; only differences matter.
    response : float
        Log change of the odds per unit of quality; 0 leaves the shares as they are.

    Examples
    --------
    >>> market_shares(np.array([0.5, 0.5]), np.array([0.0, 0.0]), 2.0).tolist()
    [0.5, 0.5]
    """
    attraction = shares * np.exp(response * (quality - np.max(quality, axis=-1, keepdims=True)))
    return np.asarray(attraction / np.sum(attraction, axis=-1, keepdims=True))


def selection_factors(gap: FloatArray, shares: FloatArray, selection: float) -> FloatArray:
    """Return how heavy each unit's users are when units that are not paid their cost look for light ones.

    ``m_i = (1 − σ·g_i) / Σ_j s_j·(1 − σ·g_j)``: continuous in the gap, between ``1 − σ`` and ``1/(1 − σ)`` whatever
    happens, and neutral for the scheme, ``Σ s_i m_i = 1``. It is a level, not a growth: a gap that lasts does not make
    users ever lighter.

    Parameters
    ----------
    gap : array (..., n)
        Share of the cost that income does not cover, between 0 and 1.
    shares : array (..., n)
        Market shares, summing to one.
    selection : float
        Share by which the users of a unit without income would be lighter; 0 is neutral.

    Examples
    --------
    >>> selection_factors(np.array([0.5, 0.0]), np.array([0.5, 0.5]), 0.2).round(4).tolist()
    [0.9474, 1.0526]
    """
    lighter = 1.0 - selection * gap
    return np.asarray(lighter / np.sum(lighter * shares, axis=-1, keepdims=True))

"""Block UC: users choose, and the money follows them. Neutral at zero response; used by simulation."""

from __future__ import annotations

import numpy as np

from bench.typing import FloatArray


def market_shares(shares: FloatArray, quality: FloatArray, response: float) -> FloatArray:
    """Return new market shares, ``s_i·exp(response·q_i) / Σ_j s_j·exp(response·q_j)``.

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


def selected_case_mix(case_mix: FloatArray, shares: FloatArray, selecting: FloatArray, selection: float) -> FloatArray:
    """Return the case mix after some units select light users; the scheme's mean stays the same.

    Parameters
    ----------
    case_mix, shares, selecting : array (..., n)
        Mean cost per user relative to the scheme; market shares; 1 where the unit selects.
    selection : float
        Share by which a selecting unit's users become lighter; 0 is neutral.
    """
    lighter = case_mix * (1.0 - selection * selecting)
    before = np.sum(case_mix * shares, axis=-1, keepdims=True)
    rest = np.sum(np.where(selecting > 0, 0.0, case_mix * shares), axis=-1, keepdims=True)
    moved = before - np.sum(lighter * shares, axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(rest > 0.0, 1.0 + moved / rest, 1.0)
    return np.asarray(np.where(selecting > 0, np.where(rest > 0.0, lighter, case_mix), case_mix * factor))

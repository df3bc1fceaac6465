"""Peer shares that can be published: who a norm is made of, without telling what anybody else spends.

Whoever knows a unit's norm, its share from a peer and all volumes can work out the peer's intensity, and from the three
the peer's cost: ``c_j = s_ij·N_i/λ_ij``. Shares rounded to a step tell it to within half a step of ``s_ij``; several
units with the same peer narrow it further. A peer whose cost could be told too closely has its name withheld where it
counts most, until it cannot (the p per cent rule of statistical disclosure control: Hundepool et al. 2012, *Statistical
Disclosure Control*, ch. 4).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.norms._arrays import share as _share
from bench.norms._arrays import vector
from bench.typing import BoolArray, FloatArray

#: Rounding in binary must not decide who is named.
_SLACK = 1e-12


@dataclass(frozen=True, slots=True)
class Published:
    """What may be said of peers' shares.

    Attributes
    ----------
    share : array (n,)
        Rounded to the step.
    named : array (n,) of bool
        Whether the peer's name may stand beside its share.
    """

    share: FloatArray
    named: BoolArray


def publishable_shares(
    share: npt.ArrayLike, peer: Sequence[Hashable], *, step: float = 0.05, protection: float = 0.1
) -> Published:
    """Round shares, and withhold the names of peers whose cost they would tell.

    Parameters
    ----------
    share : array (n,)
        Share of a unit's norm that comes from a peer, from 0 to 1.
    peer : sequence of length n
        The peer of each share: rows of the same accounts have the same label.
    step : float
        Shares are rounded to multiples of it.
    protection : float
        How far from a peer's cost the best guess must be able to lie, as a share of the guess, on either side.

    Returns
    -------
    Published

    Examples
    --------
    >>> found = publishable_shares([0.62, 0.21, 0.17], ["A", "B", "C"], step=0.1, protection=0.2)
    >>> found.share.round(2).tolist(), found.named.tolist()
    ([0.6, 0.2, 0.2], [False, True, True])
    """
    exact = vector(share, "share")
    half = _share(step, "step") / 2.0
    rounded = np.floor(exact / step + 0.5) * step
    named = np.ones(exact.size, dtype=np.bool_)
    places: dict[Hashable, list[int]] = {}
    for row, label in enumerate(peer):
        places.setdefault(label, []).append(row)
    least = _share(protection, "protection")
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.maximum(rounded - half, 0.0) / exact, (rounded + half) / exact
    for rows in places.values():
        left = sorted((row for row in rows if exact[row] > 0.0), key=lambda row: exact[row])
        while left and not _protected(low[left], high[left], least):
            named[left.pop()] = False
    return Published(rounded, named)


def _protected(low: FloatArray, high: FloatArray, least: float) -> bool:
    """Whether a cost, known to lie within all of these ends, can lie far enough from the middle of them."""
    bottom, top = float(low.max()), float(high.min())
    return top - bottom >= least * (top + bottom) - _SLACK

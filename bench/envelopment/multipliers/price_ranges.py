"""The range of each output's marginal cost ``u/v`` over all optimal multipliers, with cost as the only input.

At an efficient unit the frontier has a corner, and every price between those of the facets that meet there is as good
as any other. A price without its range hides that somebody chose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.envelopment.core.technology import CONVEX, Technology
from bench.envelopment.multipliers.face_centre import Face
from bench.envelopment.multipliers.face_ends import face_ends
from bench.errors import OptionError, SolverError
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PriceRanges:
    """Ends of the prices, arrays (k, s), in money per measure; infinite where nothing limits them."""

    lower: FloatArray
    upper: FloatArray


def price_ranges(
    technology: Technology, X: FloatArray, Y: FloatArray, score: FloatArray, *, labels: Sequence[str] = ()
) -> PriceRanges:
    """Return the least and largest marginal cost of each output at each unit.

    Parameters
    ----------
    technology : Technology
        Of one input, cost; its trades are limits on the values of outputs in each other.
    X, Y : array (k, 1), (k, s)
    score : array (k,)
        Input-oriented efficiency of each unit; NaN gives NaN.
    labels : sequence of str
        Names for errors.

    Raises
    ------
    OptionError
        For several inputs, or a technology without prices.
    SolverError
        When an end could not be proven; the message names the unit.

    Notes
    -----
    The optimal multipliers of a unit are ``{(v, u): A(v, u) ≤ 0, v·x = 1, τ·(v, u) = 0}`` with τ its projection. Each
    end is one linear program; ``v`` is 1/x on the whole face, so the ends of ``u`` times cost are those of the price.
    Sources: Cooper, Seiford & Tone (2007), ch. 6; Olesen & Petersen (2003), Journal of Productivity Analysis 20,
    151-166.

    Examples
    --------
    Two units at cost 1 make (4, 1) and (1, 2). At the first any price of the first output from 1/7 to 1/4 is optimal.

    >>> technology = Technology.of([[1.0], [1.0]], [[4.0, 1.0], [1.0, 2.0]], "crs")
    >>> found = price_ranges(technology, technology.X, technology.Y, np.ones(2))
    >>> found.lower.round(4).tolist(), found.upper.round(4).tolist()
    ([[0.1429, 0.0], [0.0, 0.4286]], [[0.25, 0.4286], [0.1429, 0.5]])
    """
    if technology.rts not in CONVEX:
        raise OptionError(f"a technology with rts={technology.rts!r} has no prices")
    if X.shape[1] != 1:
        raise OptionError(f"marginal costs need cost as the only input; there are {X.shape[1]}")
    known = np.flatnonzero(np.isfinite(score))
    lower, upper = np.full(Y.shape, np.nan), np.full(Y.shape, np.nan)
    everything = technology.columns
    mean = np.abs(everything).mean(axis=0)
    scale = np.where(mean > 0, mean, 1.0)
    columns = everything / scale
    size = np.abs(columns).max(axis=1)
    face = Face(
        columns=columns / np.where(size > 0, size, 1.0)[:, None],
        directions=technology.directions(X[known], 0.0 * Y[known]) / scale,
        projections=technology.points(X[known] * score[known, None], Y[known]) / scale,
        equality=technology.equality,
        scale=scale,
        exclude=None,
        peers=np.full((len(known), 1), -1, dtype=np.int64),
        slack=np.zeros((len(known), len(scale))),
    )
    names = [labels[row] if len(labels) else f"unit {row + 1}" for row in known.tolist()]
    outputs = slice(1, 1 + Y.shape[1])
    for target, sign in ((lower, -1.0), (upper, 1.0)):
        ends = face_ends(face, names, sign)[:, outputs]
        unknown = np.flatnonzero(np.isnan(ends).any(axis=1))
        if unknown.size:
            raise SolverError(f"{names[unknown[0]]}: the ranges of the prices could not be proven")
        target[known] = ends / scale[outputs] * X[known]
    return PriceRanges(lower, upper)

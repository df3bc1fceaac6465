"""Cost norms: what a unit's volume of services should have cost.

A norm is an amount of money per unit. Write ``C`` for cost and ``Q`` for weighted volume (services times the scheme's
product weights), both arrays over the units of one scheme in one year.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, OptionError
from bench.norms._arrays import share, vector
from bench.options import one_of
from bench.typing import FloatArray

Combination = Literal["best", "mean", "max", "min"]
COMBINATIONS: tuple[Combination, ...] = get_args(Combination)


def average_norm(cost: npt.ArrayLike, volume: npt.ArrayLike) -> FloatArray:
    """Norm at the scheme's average unit cost, ``(ΣC / ΣQ)·Q``; it adds to the scheme's cost.

    Parameters
    ----------
    cost : array (n,)
        NOK.
    volume : array (n,)
        Weighted volume.

    Returns
    -------
    array (n,)
        NOK.

    Examples
    --------
    >>> average_norm([90.0, 110.0], [1.0, 1.0]).tolist()
    [100.0, 100.0]
    """
    c = vector(cost, "cost", positive=True)
    q = vector(volume, "volume", c.size)
    if q.sum() == 0:
        raise DataError("the scheme has no volume, so it has no average unit cost")
    return np.asarray(q * (c.sum() / q.sum()))


def best_practice_norm(
    cost: npt.ArrayLike, volume: npt.ArrayLike, *, k: int | None = None, quantile: float | None = None
) -> FloatArray:
    """Norm at the unit cost of the k-th best unit, or at a quantile of unit costs.

    Parameters
    ----------
    cost, volume : array (n,)
        NOK and weighted volume; every unit needs a volume to have a unit cost.
    k : int, optional
        1 is the unit with the lowest unit cost, 2 the second lowest and so on.
    quantile : float, optional
        Between 0 (the best) and 1; interpolated linearly between units (Hyndman & Fan 1996, type 7). Exactly one
        of ``k`` and ``quantile`` is given.

    Returns
    -------
    array (n,)
        NOK.

    Examples
    --------
    >>> best_practice_norm([90.0, 110.0, 100.0], [1.0, 1.0, 1.0], k=2).tolist()
    [100.0, 100.0, 100.0]
    """
    c = vector(cost, "cost", positive=True)
    q = vector(volume, "volume", c.size, positive=True)
    unit_cost = np.sort(c / q)
    if (k is None) == (quantile is None):
        raise OptionError("give exactly one of k (k-th best unit) and quantile")
    if quantile is not None:
        return np.asarray(q * np.quantile(unit_cost, share(quantile, "quantile")))
    assert k is not None
    if not 1 <= k <= c.size:
        raise OptionError(f"k must lie between 1 and the number of units, {c.size}; got {k!r}")
    return np.asarray(q * unit_cost[k - 1])


def frontier_norm(cost: npt.ArrayLike, efficiency: npt.ArrayLike, *, floor: float = 0.0) -> FloatArray:
    """Efficient cost, ``E·C``: an input-oriented efficiency times the unit's own cost.

    Parameters
    ----------
    cost : array (n,)
        NOK.
    efficiency : array (n,)
        Share; above 1 with super-efficiency or an outside reference set.
    floor : float
        Lowest efficiency that is used, so that no norm asks for the impossible.

    Examples
    --------
    >>> frontier_norm([100.0, 100.0], [0.9, 0.4], floor=0.6).tolist()
    [90.0, 60.0]
    """
    c = vector(cost, "cost", positive=True)
    e = vector(efficiency, "efficiency", c.size)
    return c * np.maximum(e, share(floor, "floor"))


def combine_norms(norms: Sequence[npt.ArrayLike], rule: Combination) -> FloatArray:
    """Combine several models' norms unit by unit.

    Parameters
    ----------
    norms : sequence of arrays (n,)
        NOK, one per model.
    rule : {"best", "mean", "max", "min"}
        ``"best"`` is the most lenient for the unit and equals ``"max"``: with efficiencies it is the German
        best-of-four rule (ARegV § 12(3)). ``"min"`` is the strictest.

    Examples
    --------
    >>> combine_norms([[90.0], [80.0]], "mean").tolist()
    [85.0]
    """
    return _combined(norms, rule, "norm")


def combine_scores(scores: Sequence[npt.ArrayLike], rule: Combination) -> FloatArray:
    """Combine several methods' efficiencies unit by unit, by the rules of :func:`combine_norms`.

    Examples
    --------
    >>> combine_scores([[0.9, 0.7], [0.8, 1.0]], "best").tolist()
    [0.9, 1.0]
    """
    return _combined(scores, rule, "efficiency")


def _combined(parts: Sequence[npt.ArrayLike], rule: Combination, name: str) -> FloatArray:
    rule = one_of(rule, COMBINATIONS, "rule")  # type: ignore[assignment]
    if not parts:
        raise OptionError(f"there must be at least one {name} to combine")
    block = np.vstack([vector(part, name, np.size(parts[0])) for part in parts])
    if rule == "mean":
        return np.asarray(block.mean(axis=0))
    return np.asarray(block.min(axis=0) if rule == "min" else block.max(axis=0))


def own_cost_mix(cost: npt.ArrayLike, norm: npt.ArrayLike, own_cost_share: float) -> FloatArray:
    """Mix own cost and norm, ``s·C + (1 − s)·norm``: 1 is cost refund, 0 is pure yardstick.

    Examples
    --------
    >>> own_cost_mix([100.0], [80.0], 0.3).tolist()
    [86.0]
    """
    c = vector(cost, "cost")
    s = share(own_cost_share, "own_cost_share")
    return s * c + (1.0 - s) * vector(norm, "norm", c.size)

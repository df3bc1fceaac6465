"""Outliers by order-m frontiers: who stays far beyond the best of m others, however many these are (Simar 2003)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.inference.partial_frontiers import order_m_scores
from bench.errors import OptionError
from bench.options import Periods, one_of
from bench.typing import BoolArray, FloatArray, IntArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class OrderMScreen:
    """Order-m efficiency of n units against the others, for q sizes m.

    Attributes
    ----------
    sizes : array (q,) of int
    efficiency : array (2, n, q)
        Input side, output side; above one for a unit better than the best of m others usually is. NaN where no other
        unit is comparable.
    comparable : array (2, n) of int
        Other units that make at least as much (input side) or use at most as much (output side).
    beyond : array (2, n, q) of bool
        Above one plus the threshold.
    share : array (2, q)
        Share of the units beyond. It falls with m; where it stops falling, those left are not of the same kind.
    """

    sizes: IntArray
    efficiency: FloatArray
    comparable: IntArray
    beyond: BoolArray
    share: FloatArray


def order_m_screen(X: FloatArray, Y: FloatArray, sizes: Sequence[int], threshold: float) -> OrderMScreen:
    """Return order-m efficiencies of every unit against the others, on both sides.

    Parameters
    ----------
    X, Y : array (n, m), (n, s)
    sizes : sequence of int
    threshold : float

    Examples
    --------
    >>> X = np.array([[1.0], [9.0], [10.0], [11.0]])
    >>> found = order_m_screen(X, np.ones_like(X), [1, 10], 0.2)
    >>> found.beyond[0].tolist()
    [[True, True], [False, False], [False, False], [False, False]]
    """
    efficiency = np.empty((2, len(X), len(sizes)))
    comparable = np.empty((2, len(X)), dtype=np.int64)
    for place, side in enumerate(("input", "output")):
        for at, m in enumerate(sizes):
            found = order_m_scores(X, Y, m, side, others=True)
            with np.errstate(divide="ignore"):
                efficiency[place, :, at] = found.score if side == "input" else 1.0 / found.score
            comparable[place] = found.comparable
    beyond = efficiency > 1.0 + threshold
    return OrderMScreen(np.asarray(sizes, dtype=np.int64), efficiency, comparable, beyond, beyond.mean(axis=1))


@door("order-m efficiency")
def order_m_outliers(
    units: Units,
    *,
    m: Sequence[int] = (10, 25, 50, 75, 100, 150),
    threshold: float = 0.2,
    side: str = "either",
    periods: Periods | None = None,
) -> MethodResult:
    """Return which units stay far beyond the others whatever m is. Nothing is removed.

    Each unit is compared with the best of m *others*, on average. A good unit is passed as m grows; an outlier, a
    typing error for one, is not. It needs no returns to scale and no convexity, and several outliers of a kind hide
    each other less than behind super-efficiency, because a few units cannot move the frontier of order m.

    Parameters
    ----------
    units : Units
    m : sequence of int
        Sizes to look at, rising.
    threshold : float
        How far above one the order-m efficiency must stay. Look at ``values.share`` for several.
    side : {"either", "both", "input", "output"}
        Where a unit must stand out to be called an outlier.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    MethodResult
        ``input m=…`` and ``output m=…`` (efficiencies), ``comparable inputs`` and ``comparable outputs`` (others it
        can be compared with), ``outlier``, ``reason`` and ``beyond``: the largest efficiency that it keeps on either
        side. Units that no other is comparable with are named in ``reason`` and not called outliers.

    Raises
    ------
    OptionError
        Sizes that do not rise from at least one, a threshold that is not positive, an unknown side.
    DataError
        Negative data.

    Examples
    --------
    >>> import bench
    >>> cost = np.append(np.linspace(9.0, 11.0, 20), 1.0)
    >>> found = order_m_outliers(bench.Units.from_arrays(cost, np.ones(21)))
    >>> found.frame.index[found["outlier"]].tolist()
    ['21']
    """
    asked = one_of(side, ("either", "both", "input", "output"), "side")
    sizes = [int(size) for size in m]
    if not sizes or sizes[0] < 1 or sizes != sorted(set(sizes)) or sizes != list(m):
        raise OptionError(f"m must be whole numbers that rise from at least 1, not {list(m)}")
    if not threshold > 0:
        raise OptionError(f"threshold must be positive, not {threshold}")
    found = order_m_screen(units.X, units.Y, sizes, threshold)
    into, out = found.beyond[0].all(axis=1), found.beyond[1].all(axis=1)
    outlier = {"either": into | out, "both": into & out, "input": into, "output": out}[asked]
    kept = found.efficiency.min(axis=2)
    columns: dict[str, npt.ArrayLike] = {}
    for place, name in enumerate(("input", "output")):
        columns |= {f"{name} m={size}": found.efficiency[place, :, at] for at, size in enumerate(sizes)}
        columns[f"comparable {name}s"] = found.comparable[place]
    columns["beyond"] = np.fmax(kept[0], kept[1])
    columns["outlier"] = outlier
    columns["reason"] = [_reason(found, row, (bool(into[row]), bool(out[row]))) for row in range(len(units))]
    options = {"m": ", ".join(map(str, sizes)), "threshold": threshold, "side": asked}
    return MethodResult("Outliers by order-m frontiers", unit_frame(units, columns), found, "beyond", options)


def _reason(found: OrderMScreen, row: int, beyond: tuple[bool, bool]) -> str:
    parts = []
    for place, side in enumerate(("input", "output")):
        if not found.comparable[place, row]:
            parts.append(f"{side} side: no other unit is comparable")
        elif beyond[place]:
            value, size = found.efficiency[place, row, -1], found.sizes[-1]
            parts.append(f"{side} side: efficiency {value:.3f} against the best of {size} others")
    return "; ".join(parts)

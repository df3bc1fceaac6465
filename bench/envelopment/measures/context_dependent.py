"""Tiers of efficiency: frontiers under the frontier, and how far each unit is from them (Seiford & Zhu 2003).

The efficient units are the first tier; without them others are efficient, the second; and so on. A unit is asked to
reach the next better tier before the best, and a unit of a good tier is the more attractive the worse the tiers are
against which it is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.technology import Technology
from bench.options import Periods
from bench.tolerances import EFFICIENT
from bench.typing import FloatArray, IndexArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class Tiers:
    """Tiers of n units.

    Attributes
    ----------
    tier : array (n,) of int
        From one, the best.
    efficiency : array (n, tiers)
        Against each tier alone; above one beyond it, NaN where no combination of it can be compared with the unit.
    """

    tier: IndexArray
    efficiency: FloatArray


def tiers(X: FloatArray, Y: FloatArray, rts: str, side: str, *, labels: Sequence[str] = (), workers: int = 1) -> Tiers:
    """Return tiers, and every unit's efficiency against each.

    Examples
    --------
    >>> tiers(np.array([[1.0], [2.0], [4.0]]), np.ones((3, 1)), "crs", "input").tier.tolist()
    [1, 2, 3]
    """
    tier, left = np.zeros(len(X), dtype=np.intp), np.arange(len(X))

    def efficiency(rows: IndexArray, reference: IndexArray) -> FloatArray:
        technology = Technology.of(X[reference], Y[reference], rts)
        points, along = technology.points(X[rows], Y[rows]), technology.along(X[rows], Y[rows], side)
        names = [labels[row] for row in rows.tolist()] if len(labels) else ()
        beta = technology.ray(points, along, labels=names, workers=workers).value
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 - beta if side == "input" else 1.0 / (1.0 + beta))

    number = 0
    while len(left):
        number += 1
        share = efficiency(left, left)
        # A unit without a score (nothing on the side that moves) is nobody's problem: it closes the last tier.
        best = (share >= 1 - EFFICIENT) | (np.isnan(share).all() & np.isnan(share))
        tier[left[best if best.any() else np.ones(len(left), bool)]] = number
        left = np.flatnonzero(tier == 0)
    everyone = np.arange(len(X))
    against = [efficiency(everyone, np.flatnonzero(tier == one)) for one in range(1, number + 1)]
    return Tiers(tier, np.column_stack(against))


@door("tiers of efficiency", signs="moving")
def context_dependent(
    units: Units, *, rts: str, orientation: str = "input", periods: Periods | None = None, workers: int = 1
) -> MethodResult:
    """Return the tier of each unit, its distance to the next better tier and its attractiveness over the next worse.

    Use it to set targets in steps, and to compare good units by what the rest achieve.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs", "fdh"}
    orientation : {"input", "output"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``tier`` (1 is best), ``efficiency`` (against the first tier), ``progress`` (efficiency against the next better
        tier: what is to be reached next; one in the first) and ``attractiveness`` (efficiency against the next worse
        tier, one or more; NaN in the last). ``values`` is a :class:`Tiers` with all of them.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [2.0], [5.0]], [[1.0]] * 3, names=["A", "B", "C"])
    >>> context_dependent(units, rts="crs")[["tier", "progress", "attractiveness"]].to_numpy().tolist()
    [[1.0, 1.0, 2.0], [2.0, 0.5, 2.5], [3.0, 0.4, nan]]
    """
    side = side_of(orientation)
    found = tiers(units.X, units.Y, rts, side, labels=units.names, workers=workers)
    rows, last = np.arange(len(units)), found.efficiency.shape[1]
    better, worse = np.maximum(found.tier - 2, 0), np.minimum(found.tier, last - 1)
    columns = {
        "tier": found.tier,
        "efficiency": found.efficiency[:, 0],
        "progress": found.efficiency[rows, better],
        "attractiveness": np.where(found.tier < last, found.efficiency[rows, worse], np.nan),
    }
    options = {"rts": rts, "orientation": side, "tiers": last}
    return MethodResult("Tiers of efficiency", unit_frame(units, columns), found, "progress", options)

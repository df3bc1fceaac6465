"""The efficiency ladder: what a unit's score becomes as its most demanding peers are taken away one by one.

Bogetoft & Otto 2011. It shows how much a score rests on one or two peers: a steep first step is a reason to look at
that peer before any money moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door, which_periods
from bench.envelopment.core.method_result import MethodResult
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.technology import Technology
from bench.errors import OptionError, nearest
from bench.options import Periods
from bench.tolerances import EFFICIENT
from bench.typing import FloatArray
from bench.units import Units

#: Intensities below this share of their sum are rounding noise, not peers.
_PEER = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """Steps of one unit's ladder.

    Attributes
    ----------
    score : array (steps,)
        Farrell score before each removal.
    removed : array (steps,) of int
        Peer taken away after the step; at the last step the unit itself, or −1 when no peer is left.
    """

    score: FloatArray
    removed: npt.NDArray[np.int64]


def climb(technology: Technology, unit: int, side: str, *, label: str = "") -> Ladder:
    """Return the ladder of one of the technology's own units.

    At each step the peer whose absence raises the score most is removed; it ends when the unit is efficient.

    Parameters
    ----------
    technology : Technology
    unit : int
    side : {"input", "output"}

    Examples
    --------
    >>> technology = Technology.of([[1.0], [2.0], [4.0]], [[1.0], [1.0], [1.0]], "vrs")
    >>> climb(technology, 2, "input").score.tolist(), climb(technology, 2, "input").removed.tolist()
    ([0.25, 0.5, 1.0], [0, 1, 2])
    """
    left = np.arange(len(technology.X))
    scores, removed = [], []
    value, peers = _score(technology, left, unit, side, label)
    while True:
        scores.append(value)
        inside = side == "input"
        if (value >= 1 - EFFICIENT) if inside else (value <= 1 + EFFICIENT):
            removed.append(unit)
            break
        candidates = sorted(peer for peer in peers if peer != unit)
        trials = [_score(technology, left[left != peer], unit, side, label) for peer in candidates]
        values = np.array([trial[0] for trial in trials])
        gain = values if inside else -values
        # Equally demanding peers go in the order of the table, whatever the last digits say.
        best = int(np.argmax(gain >= gain.max() - EFFICIENT))
        removed.append(candidates[best])
        left = left[left != candidates[best]]
        value, peers = trials[best]
    return Ladder(np.array(scores), np.array(removed, dtype=np.int64))


def _score(
    technology: Technology, left: npt.NDArray[np.intp], unit: int, side: str, label: str
) -> tuple[float, list[int]]:
    part = technology.take(left)
    x, y = technology.X[unit : unit + 1], technology.Y[unit : unit + 1]
    g = part.along(x, y, side)
    batch = part.ray(part.points(x, y), g, labels=[label])
    weight = batch.weight[0]
    used = batch.column[0][(batch.column[0] >= 0) & (weight > _PEER * weight.sum())]
    return float(batch.score(side)[0]), [int(left[int(column)]) for column in used]


@door("radial efficiency", signs="moving", panel=True)
def efficiency_ladder(
    units: Units, unit: str, *, rts: str, orientation: str = "input", periods: Periods | None = None
) -> MethodResult:
    """Return the efficiency ladder of one unit.

    Parameters
    ----------
    units : Units
    unit : str
        As in ``units.names``.
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    orientation : {"input", "output"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    MethodResult
        One row per step: ``efficiency``, ``score`` and ``removed``, the peer that is taken away next.

    Raises
    ------
    OptionError
        No such unit.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [2.0], [4.0]], [[1.0]] * 3, names=["A", "B", "C"])
    >>> efficiency_ladder(units, "C", rts="vrs")["removed"].tolist()
    ['A', 'B', 'C']
    """
    import pandas as pd

    side = side_of(orientation)
    names = units.names
    if unit not in names:
        raise OptionError(f"no unit {unit!r}{nearest(unit, names)}")
    if which_periods(units, None, periods) == "separate":
        period = units.frame[units.period].iloc[names.index(unit)]
        units, unit = units.for_period(period), str(units.frame[units.id].iloc[names.index(unit)])
        names = units.names
    technology = Technology.of(units.X, units.Y, rts)
    found = climb(technology, names.index(unit), side, label=unit)
    efficiency = found.score if side == "input" else 1.0 / found.score
    frame = pd.DataFrame(
        {"efficiency": efficiency, "score": found.score, "removed": [names[k] for k in found.removed]},
        index=pd.RangeIndex(1, len(found.score) + 1, name="step"),
    )
    options = {"unit": unit, "rts": technology.rts, "orientation": side}
    return MethodResult("Efficiency ladder", frame, found, "efficiency", options)

"""Super-efficiency: how far a unit is beyond all others (Andersen & Petersen 1993), with a form that always exists.

Under variable returns the radial measure may have no value: no combination of the others makes the unit's outputs at
any input. Such units are marked, and the directional form (Chambers, Chung & Färe 1996; Ray 2008) gives them one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame, unsolved
from bench.envelopment.core.technology import Technology
from bench.options import ORIENTATION_ALIASES, Periods, one_of
from bench.typing import FloatArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class SuperEfficiency:
    """Super-efficiency of n units, each against all others.

    Attributes
    ----------
    score : array (n,)
        Farrell: input above one, or output below one, for units beyond the others. NaN where infeasible.
    beta : array (n,)
        Directional distance along the unit's own inputs and outputs; negative for units beyond the others.
    status, beta_status : array (n,) of int8
        0 optimal, 1 infeasible.
    """

    score: FloatArray
    beta: FloatArray
    status: npt.NDArray[np.int8]
    beta_status: npt.NDArray[np.int8]


def super_scores(technology: Technology, side: str, *, labels: Sequence[str] = (), workers: int = 1) -> SuperEfficiency:
    """Return both forms for the technology's own units.

    Examples
    --------
    >>> technology = Technology.of([[2.0], [4.0], [9.0]], [[1.0], [3.0], [4.0]], "vrs")
    >>> super_scores(technology, "input").score.round(6).tolist()
    [2.0, 1.666667, nan]
    >>> super_scores(technology, "input").beta.round(6).tolist()
    [-1.0, -0.242424, -0.25]
    """
    X, Y = technology.X, technology.Y
    points, alone = technology.points(X, Y), np.arange(len(X))
    g = technology.along(X, Y, side)
    radial = technology.ray(points, g, exclude=alone, labels=labels, workers=workers)
    both = technology.ray(points, technology.directions(X, Y), exclude=alone, labels=labels, workers=workers)
    return SuperEfficiency(radial.score(side), both.value, radial.status, both.status)


@door("radial super-efficiency")
def super_efficiency(
    units: Units, *, rts: str, orientation: str = "input", periods: Periods | None = None, workers: int = 1
) -> MethodResult:
    """Return radial super-efficiency, with the directional form beside it.

    Use it to rank efficient units and to find units that stand alone.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    orientation : {"input", "output"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``score`` (Farrell), ``efficiency`` (above one for units beyond the others) and ``beta``. Units without a radial
        value are in ``issues``; they have ``beta`` unless a measure is zero in every other unit.

    Raises
    ------
    OptionError, DataError, CertificateError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0], [4.0], [9.0]], [[1.0], [3.0], [4.0]], names=["A", "B", "C"])
    >>> [issue.unit for issue in super_efficiency(units, rts="vrs").issues]
    ['C']
    """
    side = one_of(orientation, ("input", "output"), "orientation", ORIENTATION_ALIASES)
    technology = Technology.of(units.X, units.Y, rts)
    found = super_scores(technology, side, labels=units.names, workers=workers)
    with np.errstate(divide="ignore"):
        efficiency = found.score if side == "input" else 1.0 / found.score
    frame = unit_frame(units, {"score": found.score, "efficiency": efficiency, "beta": found.beta})
    lack = "no combination of the other units makes its outputs" if side == "input" else "every other unit needs more"
    issues = unsolved(
        units,
        found.status,
        {1: f"{lack}: radial super-efficiency has no value", 2: "the other units set no bound"},
        "read the directional form in the column 'beta'",
    )
    return MethodResult(
        "Super-efficiency", frame, found, "efficiency", {"rts": technology.rts, "orientation": side}, issues
    )

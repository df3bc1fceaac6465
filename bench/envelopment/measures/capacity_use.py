"""Capacity use: what the fixed inputs could bring if variable inputs were no limit.

Färe, Grosskopf & Kokkelenberg 1989.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame
from bench.envelopment.core.oriented import named
from bench.envelopment.core.technology import Technology
from bench.errors import OptionError
from bench.options import Periods
from bench.typing import FloatArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class Capacity:
    """Capacity of k units.

    Attributes
    ----------
    fixed_only : array (k,)
        Output score when only the fixed inputs limit.
    all_inputs : array (k,)
        Output score when all inputs limit.
    use : array (k,)
        all_inputs / fixed_only, in (0, 1]: use of capacity, free of technical inefficiency.
    variable : array (k, m)
        Inputs at capacity; NaN for the fixed ones.
    """

    fixed_only: FloatArray
    all_inputs: FloatArray
    use: FloatArray
    variable: FloatArray


def plant_capacity(
    X: FloatArray,
    Y: FloatArray,
    fixed: npt.NDArray[np.bool_],
    rts: str,
    *,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> Capacity:
    """Return the capacity of every unit of a reference set.

    Parameters
    ----------
    X, Y : array (n, m), (n, s)
    fixed : array (m,) of bool
    rts : {"crs", "vrs", "drs", "irs", "fdh"}

    Examples
    --------
    >>> X, Y = np.array([[1.0, 1.0], [1.0, 2.0]]), np.array([[1.0], [2.0]])
    >>> plant_capacity(X, Y, np.array([True, False]), "vrs").use.tolist()
    [0.5, 1.0]
    """
    score, own = [], np.arange(len(X))
    for part in (X[:, fixed], X):
        technology = Technology.of(part, Y, rts)
        g = technology.directions(0 * part, Y)
        batch = technology.ray(technology.points(part, Y), g, own=own, labels=labels, workers=workers)
        score.append(batch.score("output"))
        if part.shape[1] < X.shape[1]:
            peers = batch
    needed = (X[np.maximum(peers.column, 0)] * peers.weight[:, :, None]).sum(axis=1)
    return Capacity(score[0], score[1], score[1] / score[0], np.where(fixed, np.nan, needed))


@door("capacity use")
def capacity_use(
    units: Units, *, fixed: Collection[str], rts: str, periods: Periods | None = None, workers: int = 1
) -> MethodResult:
    """Return how much of the capacity of its fixed inputs each unit uses.

    Use it to separate idle capacity (places, rooms) from poor use of what is there.

    Parameters
    ----------
    units : Units
    fixed : collection of str
        Inputs that cannot change within the period; the others are variable.
    rts : {"crs", "vrs", "drs", "irs", "fdh"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``capacity_use``, ``efficiency`` (output side, all inputs), ``capacity_factor`` (outputs at capacity over
        outputs now) and ``at capacity …`` per variable input: one choice where several are equally good.

    Raises
    ------
    OptionError
        No input is fixed, or all are.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0, 1.0], [1.0, 2.0]], [[1.0], [2.0]])
    >>> capacity_use(units, fixed=["x1"], rts="vrs")["capacity_use"].tolist()
    [0.5, 1.0]
    """
    m = len(units.inputs)
    mask = named(units, fixed, "fixed")
    if mask[m:].any() or not mask[:m].any() or mask[:m].all():
        raise OptionError("fixed must name some of the inputs, not all of them and no output")
    found = plant_capacity(units.X, units.Y, mask[:m], rts, labels=units.names, workers=workers)
    variable = [name for name, held in zip(units.inputs, mask, strict=False) if not held]
    frame = unit_frame(
        units,
        {
            "capacity_use": found.use,
            "efficiency": 1.0 / found.all_inputs,
            "capacity_factor": found.fixed_only,
            **by_column("at capacity", variable, found.variable[:, ~mask[:m]]),
        },
    )
    return MethodResult("Capacity use", frame, found, "capacity_use", {"rts": rts, "fixed": ", ".join(fixed)})

"""By-production: two technologies at once (Murty, Russell & Levkoff 2012).

Inputs make the good outputs; some of these inputs also make the bad ones, as nature has it. A unit is measured in each
technology by itself: good outputs against the best practice of making them, bad ones against the least that others emit
with at least as much of the polluting inputs.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame, unsolved
from bench.envelopment.core.oriented import named
from bench.envelopment.core.technology import CONVEX, Technology
from bench.envelopment.environment.malmquist_luenberger import bad_outputs
from bench.errors import OptionError
from bench.options import Periods, one_of
from bench.units import Units


@door("by-production")
def by_production(
    units: Units,
    *,
    bad: Collection[str],
    polluting: Collection[str],
    rts: str,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return efficiency in making good outputs, in avoiding bad ones, and their mean.

    Parameters
    ----------
    units : Units
        With the bad outputs among the outputs.
    bad, polluting : collection of str
        Bad outputs, and the inputs that make them.
    rts : {"crs", "vrs", "drs", "irs"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` (the mean of both), ``good`` (one over the factor by which good outputs can grow), ``bad`` (the
        factor to which bad ones can fall), and ``target …`` per output.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [1.0]], [[2.0, 1.0], [1.0, 2.0]], names=["A", "B"])
    >>> by_production(units, bad=["y2"], polluting=["x1"], rts="crs")[["good", "bad"]].to_numpy().tolist()
    [[1.0, 1.0], [0.5, 0.5]]
    """
    kind = one_of(rts, CONVEX, "rts of by-production", {"nirs": "drs", "ndrs": "irs"})
    wrong = bad_outputs(units, bad)
    dirty = named(units, polluting, "polluting")
    m = len(units.inputs)
    if dirty[m:].any() or not dirty[:m].any():
        raise OptionError("polluting must name at least one input, and no output")
    X, Y = units.X, units.Y
    making = Technology.of(X, Y[:, ~wrong], kind)
    grow = making.ray(
        making.points(X, Y[:, ~wrong]), making.along(X, Y[:, ~wrong], "output"), labels=units.names, workers=workers
    )
    # Turned round: bads are what is used up, polluting inputs are what is asked for.
    emitting = Technology.of(Y[:, wrong], X[:, dirty[:m]], kind)
    fall = emitting.ray(
        emitting.points(Y[:, wrong], X[:, dirty[:m]]), emitting.along(Y[:, wrong], X[:, dirty[:m]], "input"),
        labels=units.names, workers=workers,
    )  # fmt: skip
    good, less = 1.0 / (1.0 + grow.value), 1.0 - fall.value
    target = np.where(wrong, Y * less[:, None], Y / good[:, None])
    columns = {"efficiency": (good + less) / 2, "good": good, "bad": less, **by_column("target", units.outputs, target)}
    why = {1: "no combination can be compared with the unit", 2: "the unit has nothing of what is to change"}
    issues = (*unsolved(units, grow.status, why), *unsolved(units, fall.status, why))
    options = {"rts": kind, "bad": ", ".join(bad), "polluting": ", ".join(polluting)}
    return MethodResult(
        "By-production efficiency", unit_frame(units, columns), (grow, fall), "efficiency", options, issues
    )

"""Material balance: what goes in and does not come out is emitted (Coelli, Lauwers & Van Huylenbroeck 2007).

With the content of a material (nitrogen, carbon) per unit of each input and output, the surplus is content of inputs
less content of outputs. For given outputs the least surplus is that of the inputs with the least content, so the
program is that of least cost with contents as prices; like cost it splits into technical and allocative parts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame
from bench.envelopment.economic.economic_efficiency import cost_efficiency
from bench.errors import OptionError, nearest
from bench.options import Periods
from bench.units import Units


@door("material balance")
def material_balance(
    units: Units,
    *,
    content: Mapping[str, float],
    rts: str,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return environmental efficiency: least content of the inputs for the outputs, over the content in use.

    Parameters
    ----------
    units : Units
    content : mapping from column to number
        Material per unit of each input and output; columns that are left out have none. At least one input.
    rts : {"crs", "vrs", "drs", "irs", "fdh"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` = ``technical`` × ``allocative``, ``surplus`` (now), ``least_surplus``, and ``target …`` per
        input.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0, 2.0], [2.0, 1.0]], [[1.0], [1.0]], names=["A", "B"])
    >>> found = material_balance(units, content={"x1": 1.0, "y1": 0.5}, rts="crs")
    >>> found[["efficiency", "surplus"]].to_numpy().tolist()
    [[1.0, 0.5], [0.5, 1.5]]
    """
    known = [*units.inputs, *units.outputs]
    for name, value in content.items():
        if name not in known:
            raise OptionError(f"content: no input or output {name!r}{nearest(str(name), known)}; there are {known}")
        if not (np.isfinite(value) and value >= 0):
            raise OptionError(f"content of {name!r} must be a number that is not negative, not {value!r}")
    into = np.array([float(content.get(name, 0.0)) for name in units.inputs])
    out = np.array([float(content.get(name, 0.0)) for name in units.outputs])
    if not into.any():
        raise OptionError("content must name at least one input: without it nothing is emitted")
    found = cost_efficiency(units, rts=rts, prices=into, periods="pooled", workers=workers)
    kept = units.Y @ out
    least = found.efficiency.to_numpy() * (units.X @ into)
    targets = found[[f"optimal {name}" for name in units.inputs]].to_numpy()
    columns = {
        "efficiency": found.efficiency.to_numpy(),
        "technical": found["technical"].to_numpy(),
        "allocative": found["allocative"].to_numpy(),
        "surplus": units.X @ into - kept,
        "least_surplus": least - kept,
        **by_column("target", units.inputs, targets),
    }
    options = {"rts": found.options["rts"], **{f"content {name}": value for name, value in content.items()}}
    return MethodResult(
        "Material balance", unit_frame(units, columns), found.values, "efficiency", options, found.issues
    )

"""The summary of a run of :func:`bench.dea`: options, sizes, spread and the count of units per tenth."""

from __future__ import annotations

import numpy as np

from bench.envelopment.core.solution import Solution
from bench.envelopment.core.spread import band_rows, quartile_rows
from bench.presenting import Summary


def summarise(result: Solution) -> Summary:
    """Return the summary of a run."""
    shares = result.efficiency.to_numpy(dtype=np.float64)
    scored = np.asarray(shares[np.isfinite(shares)], dtype=np.float64)
    units = result.units
    own = result.reference is units
    options = [
        ("returns to scale", result.rts),
        ("orientation", result.orientation),
        ("inputs", ", ".join(units.inputs)),
        ("outputs", ", ".join(units.outputs)),
        ("units", str(len(units))),
        ("reference", "the units themselves" if own else f"{len(result.reference)} other units"),
        ("super-efficiency", "yes" if result.super_efficiency else "no"),
        ("certificate (worst residual)", f"{result.certificate.worst:.1e}"),
    ]
    if len(result.groups) > 1:
        options.append(("frontiers", f"{len(result.groups)}, one per period"))
    numbers = [("efficient units", f"{int(result.efficient.sum())} of {len(units)}")]
    if len(scored) < len(units):
        numbers.append(("units without a score", str(len(units) - len(scored))))
    if len(scored):
        numbers += quartile_rows(scored)
    sections = (("Efficiency", tuple(numbers)), ("Units by efficiency", tuple(band_rows(scored))))
    return Summary("Data envelopment analysis", tuple(options), (), sections)

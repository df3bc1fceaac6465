"""Profitability: revenue over cost, against the best that anybody reaches at the same prices (Zofío & Prieto 2006).

Profit depends on size and can be negative; the ratio does not. Under constant returns the largest ratio at given
prices is that of one of the units, and efficiency splits into a technical part, the squared hyperbolic factor, and an
allocative one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.core.technology import Technology
from bench.envelopment.measures.graph_efficiency import hyperbolic_factors
from bench.envelopment.productivity.price_indices import priced
from bench.errors import Issue
from bench.options import Periods
from bench.typing import FloatArray, IndexArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class Profitability:
    """Revenue over cost of n units.

    Attributes
    ----------
    ratio, largest : array (n,)
        The unit's own, and the largest of any unit at the unit's prices.
    best : array (n,) of int
        Which unit that is.
    technical : array (n,)
        Squared hyperbolic factor under constant returns.
    """

    ratio: FloatArray
    largest: FloatArray
    best: IndexArray
    technical: FloatArray


@door("profitability", matrices=("input_prices", "output_prices"))
def profitability(
    units: Units,
    *,
    input_prices: npt.ArrayLike | None = None,
    output_prices: npt.ArrayLike | None = None,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return revenue over cost as a share of the largest at the same prices.

    Use it beside profit efficiency where units differ in size, or profits are negative.

    Parameters
    ----------
    units : Units
    input_prices, output_prices : array (m,), (s,) or one row per row of the table, optional
        The table's own price columns when omitted.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` = ``technical`` × ``allocative``, ``profitability`` (revenue over cost), ``largest`` and
        ``best`` (which unit would reach it).

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [2.0]], [[2.0], [2.0]], names=["A", "B"])
    >>> found = profitability(units, input_prices=[1.0], output_prices=[3.0])
    >>> found[["efficiency", "profitability"]].to_numpy().tolist()
    [[1.0, 6.0], [0.5, 3.0]]
    """
    W = priced(units, input_prices, units.input_prices, units.X, "input")
    V = priced(units, output_prices, units.output_prices, units.Y, "output")
    with np.errstate(divide="ignore", invalid="ignore"):
        every = (V @ units.Y.T) / (W @ units.X.T)
    every = np.where(np.isfinite(every), every, -np.inf)
    best = every.argmax(axis=1)
    rows = np.arange(len(units))
    ratio, largest = every[rows, rows], every[rows, best]
    ratio = np.where(np.isfinite(ratio), ratio, np.nan)
    technology = Technology.of(units.X, units.Y, "crs")
    usable = (units.X > 0).any(axis=1) & (units.Y > 0).any(axis=1)
    technical = np.full(len(units), np.nan)
    kept = np.flatnonzero(usable)
    theta, _, _ = hyperbolic_factors(
        technology, units.X[kept], units.Y[kept], labels=[units.names[row] for row in kept], workers=workers
    )
    technical[kept] = theta**2
    found = Profitability(ratio, largest, best, technical)
    efficiency = np.where(largest > 0, ratio / np.where(largest > 0, largest, 1.0), np.nan)
    frame = unit_frame(
        units,
        {
            "efficiency": efficiency,
            "technical": technical,
            "allocative": efficiency / technical,
            "profitability": ratio,
            "largest": largest,
            "best": np.array(units.names, dtype=object)[best],
        },
    )
    issues = tuple(
        Issue(
            "undefined", "the unit uses or makes nothing: it has no revenue over cost", severity="warning",
            unit=units.names[row],
        )
        for row in np.flatnonzero(np.isnan(efficiency) | ~usable)
    )  # fmt: skip
    return MethodResult("Profitability efficiency", frame, found, "efficiency", {"rts": "crs"}, issues)

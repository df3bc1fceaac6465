"""O'Donnell's parts of total factor productivity: how far from the best possible, and why.

Productivity is aggregate output over aggregate input. The best that a period's technology allows is the same for all
units; a unit's distance to it is technical efficiency, scale or mix, in either of two orders, and the change of the
best is technical change. All parts multiply to the whole.

O'Donnell 2008 (Metafrontier frameworks), 2012 (American Journal of Agricultural Economics 94: Lowe) and 2011
(Färe-Primont).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.technology import CONVEX, Technology
from bench.envelopment.economic.economic_efficiency import largest_revenue, least_cost
from bench.envelopment.productivity.panel import set_of, shares, steps
from bench.envelopment.productivity.price_indices import priced
from bench.envelopment.productivity.productivity import distance_aggregates
from bench.errors import DataError, Issue, OptionError
from bench.options import RTS_ALIASES, one_of
from bench.typing import FloatArray
from bench.units import Units

INDICES = ("lowe", "fare-primont")


@dataclass(frozen=True, slots=True, eq=False)
class TfpLevels:
    """Levels of n rows; every part is a share of the one before it.

    Attributes
    ----------
    outputs, inputs : array (n,)
        Aggregates.
    best : array (n,)
        Largest productivity that the row's period allows.
    technical, scale, residual_mix : array (n,)
        ``outputs / inputs = best · technical · scale · residual_mix``.
    mix, residual_scale : array (n,)
        ``= best · technical · mix · residual_scale``; NaN with Färe-Primont aggregates, where the best mix is no linear
        program.
    """

    outputs: FloatArray
    inputs: FloatArray
    best: FloatArray
    technical: FloatArray
    scale: FloatArray
    residual_mix: FloatArray
    mix: FloatArray
    residual_scale: FloatArray


@door("the parts of productivity", panel=True)
def tfp_efficiency(
    units: Units,
    *,
    rts: str = "vrs",
    index: str = "fare-primont",
    orientation: str = "output",
    input_prices: npt.ArrayLike | None = None,
    output_prices: npt.ArrayLike | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return how far each unit's productivity is from the best possible in its period, in parts, and how it moved.

    Use it to see whether low productivity is waste, size, or the mix of inputs and outputs, before anything is required
    of anybody: only the first is a matter of doing the same with less.

    Parameters
    ----------
    units : Units
        One period or a panel.
    rts : {"crs", "vrs", "drs", "irs"}
    index : {"fare-primont", "lowe"}
        How quantities are added up: by distance functions at the mean point of all periods, or at the mean of prices
        over all rows (Lowe), which needs them. Both are transitive.
    orientation : {"output", "input"}
        The side technical efficiency and mix are measured on.
    input_prices, output_prices : array (m,), (s,) or one row per row of the table, optional
        For ``lowe``; the table's own price columns when omitted.
    workers : int

    Returns
    -------
    MethodResult
        Per row ``productivity`` = ``best`` × ``efficiency`` and ``efficiency`` = ``technical`` × ``scale`` ×
        ``residual_mix``, with ``lowe`` also = ``technical`` × ``mix`` × ``residual_scale``. Then the same as changes
        from the unit's period before, ``change …``: ``change best`` is technical change. Empty in its first period.

    Raises
    ------
    OptionError, DataError, CertificateError

    Examples
    --------
    B makes as much as A from twice as much; next year both make a tenth more:

    >>> import bench, pandas as pd
    >>> table = pd.DataFrame({"unit": ["A", "B"] * 2, "year": [1, 1, 2, 2], "x": [1.0, 2.0] * 2})
    >>> table["y"] = [1.0, 1.0, 1.1, 1.1]
    >>> units = bench.Units.from_frame(table, id="unit", period="year", inputs=["x"], outputs=["y"])
    >>> found = tfp_efficiency(units, rts="crs")
    >>> found["efficiency"].round(6).tolist(), found["change best"].round(6).tolist()[2:]
    ([1.0, 0.5, 1.0, 0.5], [1.1, 1.1])
    """
    side = side_of(orientation)
    kind = one_of(index, INDICES, "index")
    returns = one_of(rts, CONVEX, "rts of the parts of productivity", RTS_ALIASES)
    if kind != "lowe" and (input_prices is not None or output_prices is not None):
        raise OptionError("prices belong to index='lowe': Färe-Primont aggregates are distances")
    prices = _prices(units, input_prices, output_prices) if kind == "lowe" else None
    levels = _levels(units, returns, side, prices, workers)
    columns = _shares(levels)
    issues = [*_empty(units, levels)]
    if len(units.periods) > 1:
        panel, missing = steps(units)
        issues += missing
        before = {int(b): int(a) for step in panel for a, b in zip(step.first, step.second, strict=True)}
        columns |= _changes(columns, before)
    if prices is None:
        columns = {name: part for name, part in columns.items() if name.split()[-1] not in ("mix", "residual_scale")}
    options = {"rts": returns, "index": kind, "orientation": side}
    frame = unit_frame(units, columns)
    return MethodResult("Parts of productivity", frame, levels, "productivity", options, tuple(issues))


def _prices(
    units: Units, input_prices: npt.ArrayLike | None, output_prices: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    """One price per input and per output: the mean over all rows."""
    w = priced(units, input_prices, units.input_prices, units.X, "input")
    p = priced(units, output_prices, units.output_prices, units.Y, "output")
    return w.mean(axis=0), p.mean(axis=0)


def _levels(units: Units, rts: str, side: str, prices: tuple[FloatArray, FloatArray] | None, workers: int) -> TfpLevels:
    n = len(units)
    # A row that uses or makes nothing has no productivity, and what can be made from nothing bounds nothing.
    some = (units.X > 0.0).any(axis=1) & (units.Y > 0.0).any(axis=1)
    outputs, inputs = np.full(n, np.nan), np.full(n, np.nan)
    if prices is None:
        part = units.take(some)
        outputs[some], inputs[some] = distance_aggregates(part, set_of(part, np.arange(len(part)), rts), workers)
    else:
        outputs, inputs = units.Y @ prices[1], units.X @ prices[0]
    some = some & (outputs > 0.0) & (inputs > 0.0) & np.isfinite(outputs / np.where(inputs > 0.0, inputs, 1.0))
    outputs, inputs = np.where(some, outputs, np.nan), np.where(some, inputs, np.nan)
    level = outputs / inputs
    best, technical, whole, mixed = (np.full(n, np.nan) for _ in range(4))
    period = np.zeros(n) if units.period is None else units.frame[units.period].to_numpy()
    if not some.any():
        raise DataError("no row has both inputs and outputs: there is nothing to compare")
    for value in dict.fromkeys(period.tolist()):
        rows = np.flatnonzero((period == value) & some)
        if not len(rows):
            continue
        # A ratio of a convex and a concave function of first degree is largest at one of the units themselves.
        best[rows] = level[rows].max()
        X, Y, names = units.X[rows], units.Y[rows], [units.names[int(row)] for row in rows]
        own = set_of(units, rows, rts)
        technical[rows] = shares(own, X, Y, side, names, workers)
        whole[rows] = shares(set_of(units, rows, "crs"), X, Y, side, names, workers)
        if prices is not None:
            mixed[rows] = _best_mix(own, X, Y, prices, side, names, workers)
    efficiency = level / best
    # Against a cone, productivity at the unit's own mix can grow by one over this share, whatever its size becomes.
    scale = whole / technical
    if side == "output":
        mix = outputs / (technical * mixed)
        rest = mixed / inputs / best
    else:
        mix = mixed / (technical * inputs)
        rest = outputs / mixed / best
    return TfpLevels(outputs, inputs, best, technical, scale, efficiency / (technical * scale), mix, rest)


def _best_mix(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    prices: tuple[FloatArray, FloatArray],
    side: str,
    names: list[str],
    workers: int,
) -> FloatArray:
    """Largest aggregate output from each unit's inputs, or the least aggregate input for its outputs."""
    wanted, ask = (prices[0], least_cost) if side == "input" else (prices[1], largest_revenue)
    of = X if side == "input" else Y
    return ask(technology, X, Y, np.broadcast_to(wanted, of.shape), labels=names, workers=workers).optimum


def _shares(levels: TfpLevels) -> dict[str, FloatArray]:
    return {
        "productivity": levels.outputs / levels.inputs,
        "outputs": levels.outputs,
        "inputs": levels.inputs,
        "best": levels.best,
        "efficiency": levels.outputs / levels.inputs / levels.best,
        "technical": levels.technical,
        "scale": levels.scale,
        "residual_mix": levels.residual_mix,
        "mix": levels.mix,
        "residual_scale": levels.residual_scale,
    }


def _changes(columns: Mapping[str, FloatArray], before: Mapping[int, int]) -> dict[str, FloatArray]:
    """Each part over what it was in the period before; NaN where the unit has no row there."""
    after = np.array(sorted(before), dtype=np.intp)
    first = np.array([before[int(row)] for row in after], dtype=np.intp)
    found = {}
    for name, part in columns.items():
        change = np.full(len(part), np.nan)
        change[after] = part[after] / part[first]
        found[f"change {name}"] = change
    return found


def _empty(units: Units, levels: TfpLevels) -> list[Issue]:
    return [
        Issue(
            "undefined",
            "the unit's outputs or inputs add up to nothing: it has no productivity, and no other is held against it",
            "correct the value, or leave the unit out",
            severity="warning",
            unit=units.names[int(row)],
        )
        for row in np.flatnonzero(np.isnan(levels.outputs))
    ]

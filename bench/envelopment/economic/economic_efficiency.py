"""Cost, revenue and profit efficiency with their technical and allocative parts.

Farrell 1957; Färe, Grosskopf & Lovell 1985; profit: Chambers, Chung & Färe 1998.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame, unsolved
from bench.envelopment.core.technology import Technology
from bench.errors import DataError, OptionError
from bench.options import Periods
from bench.typing import FloatArray, IntArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class Economic:
    """The best value of each of k points and what it is made of.

    Attributes
    ----------
    optimum : array (k,)
        Least cost, largest revenue or largest profit; unique.
    actual : array (k,)
    X, Y : array (k, m), (k, s)
        Inputs and outputs at the optimum; one choice where several are equally good.
    column, weight : array (k, w)
        Peers and intensities.
    status : array (k,) of int8
        0 optimal, 1 no combination reaches the point, 2 unbounded.
    """

    optimum: FloatArray
    actual: FloatArray
    X: FloatArray
    Y: FloatArray
    column: IntArray
    weight: FloatArray
    status: npt.NDArray[np.int8]


def least_cost(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    prices: FloatArray,
    *,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> Economic:
    """Return the least cost of making each point's outputs at its input prices.

    Parameters
    ----------
    technology : Technology
    X, Y : array (k, m), (k, s)
    prices : array (k, m)

    Examples
    --------
    >>> technology = Technology.of([[2.0, 4.0], [4.0, 1.0]], [[1.0], [1.0]], "vrs")
    >>> least_cost(technology, technology.X, technology.Y, np.array([[1.0, 1.0], [1.0, 9.0]])).optimum.tolist()
    [5.0, 13.0]
    """
    m = X.shape[1]
    weights = technology.directions(prices, np.zeros_like(Y))
    return _optimise(technology, X, Y, weights, np.arange(m), (X * prices).sum(axis=1), -1.0, labels, workers)


def largest_revenue(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    prices: FloatArray,
    *,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> Economic:
    """Return the largest revenue from each point's inputs at its output prices; arguments as in :func:`least_cost`."""
    m, s = X.shape[1], Y.shape[1]
    weights = technology.directions(np.zeros_like(X), prices)
    return _optimise(technology, X, Y, weights, m + np.arange(s), (Y * prices).sum(axis=1), 1.0, labels, workers)


def largest_profit(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    input_prices: FloatArray,
    output_prices: FloatArray,
    *,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> Economic:
    """Return the largest profit in the set at each point's prices.

    Without a limit on scale the largest profit is zero or unbounded; such points have status 2.
    """
    width = X.shape[1] + Y.shape[1]
    weights = technology.directions(input_prices, output_prices)
    actual = (Y * output_prices).sum(axis=1) - (X * input_prices).sum(axis=1)
    return _optimise(technology, X, Y, weights, np.arange(width), actual, 1.0, labels, workers)


def _optimise(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    weights: FloatArray,
    free: npt.NDArray[np.intp],
    actual: FloatArray,
    sign: float,
    labels: Sequence[str],
    workers: int,
) -> Economic:
    m, s = X.shape[1], Y.shape[1]
    points = technology.points(X, Y)
    constrained = np.ones(points.shape[1], dtype=bool)
    constrained[free] = False
    batch = technology.total(points, weights, constrained=constrained, labels=labels, workers=workers)
    used = (technology.columns[np.maximum(batch.column, 0)] * batch.weight[:, :, None]).sum(axis=1)
    best_x, best_y = -used[:, :m], used[:, m : m + s]
    gone = (batch.status != 0)[:, np.newaxis]
    return Economic(
        optimum=sign * batch.value,
        actual=actual,
        X=np.where(gone, np.nan, best_x if 0 in free else X),
        Y=np.where(gone, np.nan, best_y if m in free else Y),
        column=batch.column,
        weight=batch.weight,
        status=batch.status,
    )


@door("cost efficiency", matrices=("prices",))
def cost_efficiency(
    units: Units,
    *,
    rts: str,
    prices: npt.ArrayLike | None = None,
    reference: Units | None = None,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return cost efficiency = technical × allocative.

    Use it when input prices are known: technical efficiency is using too much of everything, allocative
    efficiency is using the wrong mix at these prices.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    prices : array (m,) or (n, m), optional
        Input prices; the table's own columns when omitted.
    reference : Units, optional
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency``, ``technical``, ``allocative``, ``cost``, ``least_cost`` and ``optimal …`` per input.

    Raises
    ------
    DataError
        No prices, or negative ones.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0, 4.0], [4.0, 1.0], [4.0, 4.0]], [[1.0]] * 3, input_prices=[1.0, 1.0])
    >>> cost_efficiency(units, rts="vrs")[["efficiency", "technical", "allocative"]].round(3).to_numpy().tolist()
    [[0.833, 1.0, 0.833], [1.0, 1.0, 1.0], [0.625, 0.7, 0.893]]
    """
    return _decomposed(units, units if reference is None else reference, rts, prices, "input", workers)


@door("revenue efficiency", matrices=("prices",))
def revenue_efficiency(
    units: Units,
    *,
    rts: str,
    prices: npt.ArrayLike | None = None,
    reference: Units | None = None,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return revenue efficiency = technical × allocative, from the output side.

    Parameters
    ----------
    units, rts, reference, workers
        As in :func:`cost_efficiency`.
    prices : array (s,) or (n, s), optional
        Output prices; the table's own columns when omitted.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    MethodResult
        ``efficiency``, ``technical``, ``allocative``, ``revenue``, ``largest_revenue`` and ``optimal …`` per output.

    Raises
    ------
    DataError
        No prices, or negative ones.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [1.0]], [[4.0, 1.0], [1.0, 2.0]], output_prices=[1.0, 1.0])
    >>> revenue_efficiency(units, rts="vrs").efficiency.tolist()
    [1.0, 0.6]
    """
    return _decomposed(units, units if reference is None else reference, rts, prices, "output", workers)


@door(
    "profit efficiency",
    matrices=(
        "input_prices",
        "output_prices",
    ),
)
def profit_efficiency(
    units: Units,
    *,
    rts: str,
    input_prices: npt.ArrayLike | None = None,
    output_prices: npt.ArrayLike | None = None,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return profit inefficiency = technical + allocative, as shares of cost plus revenue.

    The profit gap is divided by the value of the unit's own inputs and outputs; the technical part is the
    directional distance along them (Chambers, Chung & Färe 1998).

    Parameters
    ----------
    units : Units
    rts : {"vrs", "drs", "irs", "fdh"}
        Under constant returns the largest profit is zero or unbounded.
    input_prices, output_prices : array, optional
        The table's own columns when omitted.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``inefficiency``, ``technical``, ``allocative``, ``profit``, ``largest_profit``, ``optimal …`` per measure.

    Raises
    ------
    OptionError
        ``rts`` without a limit on scale.
    DataError
        No prices, or negative ones.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [2.0]], [[3.0], [3.0]], input_prices=[1.0], output_prices=[1.0])
    >>> profit_efficiency(units, rts="vrs")["inefficiency"].tolist()
    [0.0, 0.2]
    """
    technology = Technology.of(units.X, units.Y, rts)
    if technology.rts in ("crs", "frh", "add"):
        raise OptionError(f"the largest profit has no bound under rts={technology.rts!r}; use vrs, drs, irs or fdh")
    W = prices_of(input_prices, units, units.input_prices, len(units.inputs), "input")
    V = prices_of(output_prices, units, units.output_prices, len(units.outputs), "output")
    found = largest_profit(technology, units.X, units.Y, W, V, labels=units.names, workers=workers)
    distance = technology.ray(
        technology.points(units.X, units.Y),
        technology.directions(units.X, units.Y),
        labels=units.names,
        workers=workers,
    )
    size = (units.X * W).sum(axis=1) + (units.Y * V).sum(axis=1)
    gap = _ratio(found.optimum - found.actual, size)
    frame = unit_frame(
        units,
        {
            "inefficiency": gap,
            "technical": distance.value,
            "allocative": gap - distance.value,
            "profit": found.actual,
            "largest_profit": found.optimum,
            **by_column("optimal", units.inputs, found.X),
            **by_column("optimal", units.outputs, found.Y),
        },
    )
    return _result("Profit efficiency", units, technology, frame, found, "inefficiency")


def _decomposed(
    units: Units, base: Units, rts: str, prices: npt.ArrayLike | None, side: str, workers: int
) -> MethodResult:
    """Cost or revenue efficiency with its technical and allocative parts: the same step on either side."""
    spends = side == "input"
    names, own = (units.inputs, units.input_prices) if spends else (units.outputs, units.output_prices)
    W = prices_of(prices, units, own, len(names), side)
    technology = Technology.of(base.X, base.Y, rts)
    best = least_cost if spends else largest_revenue
    found = best(technology, units.X, units.Y, W, labels=units.names, workers=workers)
    still_x, still_y = np.zeros_like(units.X), np.zeros_like(units.Y)
    way = technology.directions(units.X, still_y) if spends else technology.directions(still_x, units.Y)
    radial = technology.ray(technology.points(units.X, units.Y), way, labels=units.names, workers=workers).score(side)
    shares = (found.optimum, found.actual) if spends else (found.actual, found.optimum)
    efficiency, technical = _ratio(*shares), radial if spends else 1.0 / radial
    money, optimum = ("cost", "least_cost") if spends else ("revenue", "largest_revenue")
    columns = {
        "efficiency": efficiency,
        "technical": technical,
        "allocative": _ratio(efficiency, technical),
        money: found.actual,
        optimum: found.optimum,
        **by_column("optimal", names, found.X if spends else found.Y),
    }
    title = "Cost efficiency" if spends else "Revenue efficiency"
    return _result(title, units, technology, unit_frame(units, columns), found)


def _result(
    title: str, units: Units, technology: Technology, frame: object, found: Economic, measure: str = "efficiency"
) -> MethodResult:
    import pandas as pd

    assert isinstance(frame, pd.DataFrame)
    issues = unsolved(
        units,
        found.status,
        {1: "no combination of the reference units reaches it", 2: "the optimum has no bound in this technology"},
        "choose another technology or reference set",
    )
    return MethodResult(title, frame, found, measure, {"rts": technology.rts}, issues)


def prices_of(given: npt.ArrayLike | None, units: Units, columns: Sequence[str], width: int, side: str) -> FloatArray:
    """Return the prices of one side, array (n, width): those given, or the table's own columns.

    Parameters
    ----------
    given : array (width,) or (n, width), or None
    units : Units
    columns : sequence of str
        The table's columns with prices.
    width : int
        How many are needed.
    side : {"input", "output"}
        Named in errors.

    Raises
    ------
    DataError
        No prices, another number of them, or negative ones.
    """
    if given is None:
        if len(columns) != width:
            raise DataError(
                f"{width} {side} prices are needed, one per {side}; the table has {len(columns)}. "
                f"Name the columns in {side}_prices when reading, or pass prices"
            )
        values = units.values(columns)
    else:
        values = np.asarray(given, dtype=np.float64)
        if values.shape not in ((width,), (len(units), width)):
            raise DataError(f"{side} prices must have shape ({width},) or ({len(units)}, {width}), not {values.shape}")
        values = np.broadcast_to(values, (len(units), width))
    if not np.isfinite(values).all() or (values < 0).any():
        raise DataError(f"{side} prices must be finite and not negative")
    return values


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole != 0))

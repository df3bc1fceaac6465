"""Cost, revenue or profit forgone, split into technical and allocative parts by any measure of inefficiency.

Pastor, Aparicio & Zofío 2022, *Benchmarking Economic Efficiency*: each measure of technical inefficiency has a dual
inequality. The money that is forgone, divided by a normaliser of the measure's own, is at least the inefficiency; what
is left is allocative. Weighted additive: Cooper, Pastor, Aparicio & Borras 2011; Russell: Halická & Trnovská 2018;
slacks-based: Aparicio, Ortiz & Pastor 2017; Hölder: Briec & Lesourd 1999; directional: Chambers, Chung & Färe 1998.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame, unsolved
from bench.envelopment.core.technology import Technology
from bench.envelopment.economic.economic_efficiency import (
    Economic,
    largest_profit,
    largest_revenue,
    least_cost,
    prices_of,
)
from bench.envelopment.measures.reverse_directional import (
    MEASURES,
    WEIGHTINGS,
    Projected,
    no_value_notes,
    projected,
)
from bench.errors import Issue, OptionError
from bench.options import Periods, one_of
from bench.tolerances import EFFICIENT
from bench.typing import FloatArray
from bench.units import Units

#: What is forgone, and the side that may change.
MONEY = {"profit": "both", "cost": "input", "revenue": "output"}


@dataclass(frozen=True, slots=True, eq=False)
class Decomposed:
    """Money forgone by k units, and its parts.

    Attributes
    ----------
    gap : array (k,)
        Optimum less actual (actual less optimum, of cost).
    technical_gap : array (k,)
        What the measure's target saves and earns at the prices.
    normaliser : array (k,)
        Money that one unit of inefficiency is worth at least; NaN where it is zero.
    technical : Projected
    optimum : Economic
    """

    gap: FloatArray
    technical_gap: FloatArray
    normaliser: FloatArray
    technical: Projected
    optimum: Economic


def decomposed(
    X: FloatArray,
    Y: FloatArray,
    WX: FloatArray,
    WY: FloatArray,
    optimum: Economic,
    technical: Projected,
    measure: str,
    side: str,
    *,
    norm: str = "sum",
    reverse: bool = False,
) -> Decomposed:
    """Return the money forgone and what turns it into inefficiency.

    Parameters
    ----------
    X, Y : array (k, m), (k, s)
    WX, WY : array (k, m), (k, s)
        Prices; those of the side that is held are not looked at.
    optimum : Economic
        Of the same points.
    technical : Projected
        By the same measure, side and norm.
    measure, side, norm : str
    reverse : bool
        Take the value of the target itself: what is forgone technically is then what the target saves and earns.
    """
    prices = np.hstack([WX * (side != "output"), WY * (side != "input")])
    change = np.hstack([X - technical.X, technical.Y - Y])
    saved = (prices * change).sum(axis=1)
    normaliser = _normaliser(X, Y, prices, technical, measure, side, norm)
    if reverse:
        short = technical.inefficiency > EFFICIENT
        normaliser = np.where(short, saved / np.where(short, technical.inefficiency, 1.0), normaliser)
    gap = optimum.actual - optimum.optimum if side == "input" else optimum.optimum - optimum.actual
    usable = np.isfinite(normaliser) & (normaliser > 0)
    return Decomposed(gap, saved, np.where(usable, normaliser, np.nan), technical, optimum)


def _normaliser(
    X: FloatArray, Y: FloatArray, prices: FloatArray, technical: Projected, measure: str, side: str, norm: str
) -> FloatArray:
    """Return what one unit of each measure's inefficiency is worth at least at the prices."""
    m = X.shape[1]
    values = np.hstack([X, Y])
    moves = np.repeat([side != "output", side != "input"], [m, Y.shape[1]])
    positive = (values > 0) & moves
    worth = np.where(positive, prices * values, np.inf)
    if measure == "directional" or (measure, norm) == ("holder", "largest"):
        return np.asarray(np.where(positive, prices * values, 0.0).sum(axis=1))
    if measure == "holder":
        return np.asarray(np.where(positive, prices * values, 0.0).max(axis=1))
    if measure == "additive":
        weight = np.hstack([technical.weight_x, technical.weight_y])
        per = np.divide(prices, weight, out=np.full_like(prices, np.inf), where=weight > 0)
        return np.asarray(per.min(axis=1))
    inputs, outputs = positive[:, :m].sum(axis=1), positive[:, m:].sum(axis=1)
    if measure == "russell":
        return np.asarray((inputs + outputs) * worth.min(axis=1))
    # A mean over the measures of its own side each, and the factor by which outputs grow.
    count = np.hstack([np.repeat(inputs[:, None], m, 1), np.repeat(outputs[:, None], Y.shape[1], 1)])
    each = worth * np.maximum(count, 1)
    grown = np.divide(technical.Y - Y, Y, out=np.zeros_like(Y), where=positive[:, m:]).sum(axis=1)
    return np.asarray(each.min(axis=1) * (1.0 + grown / np.maximum(outputs, 1)))


@door("an economic decomposition", matrices=("input_prices", "output_prices"))
def economic_decomposition(
    units: Units,
    *,
    rts: str,
    money: str = "profit",
    measure: str = "sbm",
    reverse: bool = False,
    weights: str = "mip",
    norm: str = "sum",
    input_prices: npt.ArrayLike | None = None,
    output_prices: npt.ArrayLike | None = None,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return profit, cost or revenue inefficiency = technical + allocative, by the measure asked for.

    Use it when the measure of technical inefficiency is chosen already and prices are to be brought in, or to see how
    the split depends on the measure.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs", "fdh"}
        The largest profit has no bound under constant returns.
    money : {"profit", "cost", "revenue"}
        Profit moves both sides, cost inputs, revenue outputs.
    measure : {"sbm", "russell", "additive", "directional", "holder"}
        Slacks-based (enhanced Russell), Russell, weighted additive, directional along own values, Hölder.
    reverse : bool
        By the reverse directional distance of the measure: the technical part is worth what the measure's target saves
        and earns, so that a target with the best value has no allocative part.
    weights : {"mip", "ram", "normalised", "raw"}
        Of the additive measure.
    norm : {"sum", "largest"}
        Of the Hölder distance.
    input_prices, output_prices : array, optional
        The table's own columns when omitted; those of a side that does not move are not needed.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``inefficiency`` = ``technical`` + ``allocative``, none negative; ``gap`` (money forgone), ``technical_gap``
        (what the measure's target saves and earns) and ``normaliser`` (``gap`` over ``inefficiency``). ``values`` is a
        :class:`Decomposed`.

    Raises
    ------
    OptionError
        Profit without a limit on scale.
    DataError
        No prices, or negative ones.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0, 2.0], [4.0, 3.0]], [[1.0], [1.0]], input_prices=[1.0, 1.0])
    >>> found = economic_decomposition(units, rts="vrs", money="cost", measure="russell")
    >>> found[["inefficiency", "technical", "allocative", "gap"]].round(4).to_numpy()[1].tolist()
    [0.5, 0.4167, 0.0833, 3.0]
    """
    what, kind = one_of(money, tuple(MONEY), "money"), one_of(measure, MEASURES, "measure")
    weighting, length = one_of(weights, WEIGHTINGS, "weights"), one_of(norm, ("sum", "largest"), "norm")
    technology, side = Technology.of(units.X, units.Y, rts), MONEY[what]
    if technology.rts in ("frh", "add") or (what == "profit" and technology.rts == "crs"):
        raise OptionError(
            f"{what} has no decomposition under rts={technology.rts!r}; use vrs, drs, irs or fdh"
            + ("" if what == "profit" else ", or crs")
        )
    WX, WY = np.zeros_like(units.X), np.zeros_like(units.Y)
    if side != "output":
        WX = prices_of(input_prices, units, units.input_prices, len(units.inputs), "input")
    if side != "input":
        WY = prices_of(output_prices, units, units.output_prices, len(units.outputs), "output")
    names = units.names
    if what == "profit":
        optimum = largest_profit(technology, units.X, units.Y, WX, WY, labels=names, workers=workers)
    elif what == "cost":
        optimum = least_cost(technology, units.X, units.Y, WX, labels=names, workers=workers)
    else:
        optimum = largest_revenue(technology, units.X, units.Y, WY, labels=names, workers=workers)
    technical = projected(
        technology, units.X, units.Y, kind, side, weights=weighting, norm=length, labels=names, workers=workers
    )
    found = decomposed(units.X, units.Y, WX, WY, optimum, technical, kind, side, norm=length, reverse=bool(reverse))
    inefficiency = found.gap / found.normaliser
    columns: dict[str, npt.ArrayLike] = {
        "inefficiency": inefficiency,
        "technical": technical.inefficiency,
        "allocative": inefficiency - technical.inefficiency,
        "gap": found.gap,
        "technical_gap": found.technical_gap,
        "normaliser": found.normaliser,
    }
    options = {"rts": technology.rts, "money": what, "measure": kind, "reverse": bool(reverse)}
    options |= {"weights": weighting} if kind == "additive" else {"norm": length} if kind == "holder" else {}
    issues = (
        *unsolved(units, optimum.status, {1: "no combination reaches it", 2: f"{what} has no bound here"}),
        *no_value_notes(units, technical),
        *_worthless(units, found),
    )
    title = f"{what.capitalize()} inefficiency and its parts"
    return MethodResult(title, unit_frame(units, columns), found, "inefficiency", options, issues)


def _worthless(units: Units, found: Decomposed) -> tuple[Issue, ...]:
    """Name the units of which something that the measure counts is worth nothing."""
    return tuple(
        Issue(
            "worthless",
            "something that the measure counts is worth nothing at the prices: money says nothing of inefficiency",
            "give every measure a price, or use measure='directional', which counts their whole value",
            severity="warning",
            unit=units.names[row],
        )
        for row in np.flatnonzero(np.isnan(found.normaliser) & np.isfinite(found.technical.inefficiency))
    )

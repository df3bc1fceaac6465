"""Measures and circumstances that a unit cannot change: fixed, bounded and categorical ones.

Banker & Morey 1986a (fixed measures), 1986b (categories); bounded measures after Cooper, Seiford & Tone 2007, ch. 7.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.distances import Distances, distances
from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult
from bench.envelopment.core.oriented import merged, named, radial_direction, radial_result, side_of
from bench.envelopment.core.technology import CONVEX, Technology
from bench.errors import DataError, OptionError
from bench.lp import maximise_ray
from bench.options import Periods, one_of
from bench.typing import BoolArray, FloatArray
from bench.units import Units


@door("radial efficiency", signs="moving")
def non_discretionary(
    units: Units,
    *,
    fixed: Collection[str],
    rts: str,
    orientation: str = "input",
    fixed_as: str = "total",
    reference: Units | None = None,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return radial efficiency when some measures are beyond the unit's control.

    A fixed input still limits who may serve as a peer (a unit with more of it is no fair comparison), but the score
    does not ask for less of it. Its slack is reported and counts for nothing in the score.

    Parameters
    ----------
    units : Units
    fixed : collection of str
        Inputs and outputs that are given.
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    orientation : {"input", "output"}
    fixed_as : {"total", "average"}
        How the peers' fixed measures compare with the unit's where intensities need not sum to one: their total,
        as every other measure's, or their average weighted by intensity (Banker & Morey 1986a for constant returns),
        which suits what does not grow with a unit, such as distance. Under variable returns both are the same.
    reference : Units, optional
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency``, ``score``, slacks and targets.

    Raises
    ------
    OptionError
        An unknown column, nothing left to improve, or averages for a set that is not convex.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0, 5.0], [4.0, 2.0]], [[1.0], [1.0]])
    >>> non_discretionary(units, fixed=["x2"], rts="vrs").efficiency.tolist()
    [1.0, 1.0]

    The first of two units, halved, is a peer of the second by its total of ``x2`` but not by its average:

    >>> units = bench.Units.from_arrays([[2.0, 4.0], [2.0, 3.0]], [[2.0], [1.0]])
    >>> non_discretionary(units, fixed=["x2"], rts="crs").efficiency.tolist()
    [1.0, 0.5]
    >>> non_discretionary(units, fixed=["x2"], rts="crs", fixed_as="average").efficiency.tolist()
    [1.0, 1.0]
    """
    compared = one_of(fixed_as, ("total", "average"), "fixed_as")
    side = side_of(orientation)
    base = units if reference is None else reference
    held = named(units, fixed, "fixed")
    technology = Technology.of(base.X, base.Y, rts)
    GX, GY = radial_direction(units.X, units.Y, side, held)
    if compared == "total":
        found = distances(technology, units.X, units.Y, GX, GY, labels=units.names, workers=workers)
    else:
        found = _by_average(technology, units, GX, GY, held)
    options = {"rts": technology.rts, "orientation": side, "fixed": ", ".join(fixed), "fixed_as": compared}
    return radial_result("Efficiency with non-discretionary measures", units, found, side, options)


def _by_average(technology: Technology, units: Units, GX: FloatArray, GY: FloatArray, held: BoolArray) -> Distances:
    """Return distances when the peers' average of each fixed measure must be no better than the unit's own.

    ``Σ λ z ≤ z_o Σ λ`` is the ordinary row once the measure is counted from the unit's own value.
    """
    if technology.rts not in CONVEX:
        raise OptionError(f"fixed_as='average' has no form for rts={technology.rts!r}; use one of {', '.join(CONVEX)}")
    m = units.X.shape[1]
    parts = []
    for row, name in enumerate(units.names):
        X, Y = units.X[[row]], units.Y[[row]]
        from_x, from_y = X * held[:m], Y * held[m:]
        own = Technology.of(technology.X - from_x, technology.Y - from_y, technology.rts)
        found = distances(own, X - from_x, Y - from_y, GX[[row]], GY[[row]], labels=[name])
        total = found.weight.sum(axis=1, keepdims=True)
        share = np.where(total > 0, 1.0 / np.where(total > 0, total, 1.0), 1.0)
        slack_x = found.input_slack * np.where(held[:m], share, 1.0)
        slack_y = found.output_slack * np.where(held[m:], share, 1.0)
        counted = replace(
            found,
            input_slack=slack_x,
            output_slack=slack_y,
            input_target=np.where(held[:m], X - slack_x, found.input_target),
            output_target=np.where(held[m:], Y + slack_y, found.output_target),
        )
        parts.append((np.array([row]), counted, np.arange(len(technology.X))))
    return merged(parts, len(units))


@door("radial efficiency", rows=("bounds",))
def bounded(
    units: Units,
    *,
    bounds: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]],
    rts: str,
    orientation: str = "input",
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return radial efficiency when some measures may only move inside given bounds.

    Parameters
    ----------
    units : Units
    bounds : mapping from column to (low, high)
        Numbers or arrays (n,). These measures take no part in the score; the benchmark's value of each must
        lie inside its bounds.
    rts : {"crs", "vrs", "drs", "irs"}
    orientation : {"input", "output"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` and ``score``; units whose bounds no combination can meet are in ``issues``.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0, 5.0], [4.0, 2.0]], [[1.0], [1.0]])
    >>> bounded(units, bounds={"x2": (0.0, 5.0)}, rts="vrs").efficiency.tolist()
    [1.0, 0.5]
    """
    side = side_of(orientation)
    held = named(units, list(bounds), "bounds")
    technology = Technology.of(units.X, units.Y, rts)
    if technology.rts in ("fdh", "frh", "add"):
        raise OptionError(f"bounded measures have no form for rts={technology.rts!r}")
    GX, GY = radial_direction(units.X, units.Y, side, held)
    P, b, g = technology.columns, technology.points(units.X, units.Y), technology.directions(GX, GY)
    equality = technology.equality
    m, known = len(units.inputs), [*units.inputs, *units.outputs]
    for column, (low, high) in bounds.items():
        at = known.index(column)
        low_, high_ = _bound(low, len(units), column), _bound(high, len(units), column)
        if (low_ > high_).any():
            raise DataError(f"bounds of {column!r}: a lower bound is above the upper one")
        sign = -1.0 if at < m else 1.0
        # The row that keeps the measure no worse becomes its own bound; a second row holds the other end.
        b[:, at] = -high_ if at < m else low_
        P = np.hstack([P, -P[:, at : at + 1]])
        b = np.hstack([b, (low_ if sign < 0 else -high_)[:, None]])
        g = np.hstack([g, np.zeros((len(units), 1))])
        equality = np.append(equality, False)
    batch = maximise_ray(P, b, g, equality=equality, labels=units.names, workers=workers)
    used = (P[np.maximum(batch.column, 0)] * batch.weight[:, :, None]).sum(axis=1)
    s = len(units.outputs)
    gone = (batch.status != 0)[:, np.newaxis]
    target_x, target_y = np.where(gone, np.nan, -used[:, :m]), np.where(gone, np.nan, used[:, m : m + s])
    step = batch.value[:, None]
    found = Distances(
        beta=batch.value,
        tail=batch.tail,
        input_slack=np.where(held[:m], np.nan, units.X - step * GX - target_x),
        output_slack=np.where(held[m:], np.nan, target_y - units.Y - step * GY),
        input_target=target_x,
        output_target=target_y,
        column=batch.column,
        weight=batch.weight,
        input_price=batch.dual[:, :m],
        output_price=batch.dual[:, m : m + s],
        status=batch.status,
        residual=batch.residual,
    )
    options = {"rts": technology.rts, "orientation": side, "bounded": ", ".join(bounds)}
    return radial_result("Efficiency with bounded measures", units, found, side, options)


def _bound(values: npt.ArrayLike, count: int, column: str) -> FloatArray:
    array = np.broadcast_to(np.asarray(values, dtype=np.float64), (count,))
    if not np.isfinite(array).all():
        raise DataError(f"bounds of {column!r} must be finite numbers")
    return array


@door("radial efficiency", signs="moving", rows=("category",))
def categorical(
    units: Units,
    *,
    category: str | Sequence[float],
    rts: str,
    orientation: str = "input",
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return radial efficiency against units in equally hard or harder circumstances.

    Parameters
    ----------
    units : Units
    category : column name or sequence of n numbers
        Ordered: the lowest number is the hardest circumstance. A unit is compared with those of its own and of
        lower numbers.
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    orientation : {"input", "output"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency``, ``score``, ``category``, slacks and targets.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    B works in the harder place and is no longer held against the better-placed A:

    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0], [4.0]], [[1.0], [1.0]], names=["A", "B"])
    >>> categorical(units, category=[2, 1], rts="crs").efficiency.tolist()
    [1.0, 1.0]
    """
    side = side_of(orientation)
    level = _category(units, category)
    names = units.names
    parts = []
    for value in np.unique(level):
        rows, allowed = np.flatnonzero(level == value), np.flatnonzero(level <= value)
        technology = Technology.of(units.X[allowed], units.Y[allowed], rts)
        X, Y = units.X[rows], units.Y[rows]
        GX, GY = radial_direction(X, Y, side, np.zeros(X.shape[1] + Y.shape[1], dtype=bool))
        labels = [names[int(row)] for row in rows]
        parts.append((rows, distances(technology, X, Y, GX, GY, labels=labels, workers=workers), allowed))
    found = merged(parts, len(units))
    options = {"rts": rts, "orientation": side, "categories": len(parts)}
    return radial_result("Efficiency by category", units, found, side, options, extra={"category": level})


def _category(units: Units, category: str | Sequence[float]) -> FloatArray:
    if isinstance(category, str):
        if category not in units.frame.columns:
            raise OptionError(f"category: no column {category!r}; there are {list(units.frame.columns)}")
        level = units.values([category])[:, 0]
    else:
        level = np.asarray(category, dtype=np.float64)
    if level.shape != (len(units),) or not np.isfinite(level).all():
        raise DataError(f"category needs one number per unit ({len(units)})")
    return level

"""Measures that cannot be thrown away freely, and outputs that nobody wants.

Weak disposability: Färe & Grosskopf 1983; in its convex form with own abatement per unit: Kuosmanen 2005. Undesirable
outputs: Chung, Färe & Grosskopf 1997 (directional), Seiford & Zhu 2002 (translation).
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from bench.envelopment.core.distances import distances
from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame, unsolved
from bench.envelopment.core.oriented import named, radial_direction, radial_result, side_of
from bench.envelopment.core.technology import Technology
from bench.errors import OptionError
from bench.options import Periods, one_of
from bench.typing import BoolArray, FloatArray
from bench.units import Units

TREATMENTS = ("weak", "input", "translation")


def weak_technology(X: FloatArray, Y: FloatArray, rts: str, weak: BoolArray) -> Technology:
    """Return a technology in which some measures are only weakly disposable.

    Weakly disposable outputs can be cut only together with all outputs, in proportion. Under constant returns an
    equation says that. Otherwise each unit may have its own cut: beside every unit stands its idle twin, the same
    inputs without any output (Kuosmanen 2005). Weakly disposable inputs must be used up: an equation (congestion).

    Parameters
    ----------
    X, Y : array (n, m), (n, s)
    rts : {"crs", "vrs", "drs", "irs"}
    weak : array (m + s,) of bool

    Examples
    --------
    >>> weak_technology(np.array([[1.0]]), np.array([[2.0, 3.0]]), "vrs", np.array([False, False, True])).X.ravel()
    array([1., 1.])
    """
    m = X.shape[1]
    plain = Technology.of(X, Y, rts, equal=weak)
    if plain.rts == "crs" or not weak[m:].any():
        return plain
    return Technology.of(np.vstack([X, X]), np.vstack([Y, np.zeros_like(Y)]), rts, equal=weak)


@door("radial efficiency")
def weak_disposability(
    units: Units,
    *,
    weak: Collection[str],
    rts: str,
    orientation: str = "output",
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return radial efficiency when some measures cannot be disposed of freely.

    Parameters
    ----------
    units : Units
    weak : collection of str
        Weakly disposable inputs and outputs.
    rts : {"crs", "vrs", "drs", "irs"}
    orientation : {"input", "output"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency``, ``score``, ``strong`` (efficiency with free disposal), ``congestion`` (their ratio: what is
        lost to the measures that must be kept), slacks and targets.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [1.0]], [[2.0, 1.0], [2.0, 0.5]], names=["A", "B"])
    >>> weak_disposability(units, weak=["y2"], rts="crs").efficiency.tolist()
    [1.0, 1.0]
    """
    side = side_of(orientation)
    mask = named(units, weak, "weak")
    technology = weak_technology(units.X, units.Y, rts, mask)
    GX, GY = radial_direction(units.X, units.Y, side, np.zeros_like(mask))
    found = distances(technology, units.X, units.Y, GX, GY, labels=units.names, workers=workers)
    free = Technology.of(units.X, units.Y, rts)
    disposable = free.ray(free.points(units.X, units.Y), free.directions(GX, GY), labels=units.names, workers=workers)
    strong, own = (
        radial.score(side) if side == "input" else 1.0 / radial.score(side) for radial in (disposable, found)
    )
    extra = {"strong": strong, "congestion": strong / own}
    options = {"rts": technology.rts, "orientation": side, "weak": ", ".join(weak)}
    return radial_result("Efficiency under weak disposability", units, found, side, options, extra=extra)


@door("the treatment of undesirable outputs")
def undesirable(
    units: Units,
    *,
    bad: Collection[str],
    rts: str,
    treatment: str = "weak",
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return how far good outputs can grow while bad ones shrink, with the same inputs.

    Parameters
    ----------
    units : Units
        With the bad outputs among the outputs.
    bad : collection of str
        Undesirable outputs (adverse events, queues, emissions).
    rts : {"crs", "vrs", "drs", "irs"}
    treatment : {"weak", "input", "translation"}
        ``weak``: bads fall only at the expense of goods, direction (+good, −bad) (Chung, Färe & Grosskopf 1997).
        ``input``: bads behave as inputs that can always be saved; same direction. ``translation``: every bad is
        taken from its largest value plus its mean and maximised with the goods, radially (Seiford & Zhu 2002; ``vrs``
        only: who is efficient does not depend on that number, how much others fall short does).
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``beta``, ``efficiency`` = 1 / (1 + β), and ``target …`` per output.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [1.0]], [[2.0, 1.0], [1.0, 1.0]], names=["A", "B"])
    >>> undesirable(units, bad=["y2"], rts="crs")["beta"].round(6).tolist()
    [0.0, 0.333333]
    """
    kind = one_of(treatment, TREATMENTS, "treatment")
    m = len(units.inputs)
    mask = named(units, bad, "bad")
    if mask[:m].any() or not mask[m:].any() or mask[m:].all():
        raise OptionError("bad must name some of the outputs, not all of them and no input")
    wrong = mask[m:]
    X, Y = units.X, units.Y
    technology, points, directions = _treated(X, Y, wrong, kind, rts)
    batch = technology.ray(points, directions, labels=units.names, workers=workers)
    step = batch.value[:, None]
    if kind == "translation":
        above = _above(Y)
        target = np.where(wrong, above - (above - Y) * (1 + step), Y * (1 + step))
    else:
        target = Y + step * np.where(wrong, -Y, Y)
    frame = unit_frame(
        units,
        {
            "efficiency": 1.0 / batch.score("output"),
            "beta": batch.value,
            **by_column("target", units.outputs, target),
        },
    )
    issues = unsolved(units, batch.status, {1: "no combination has exactly its bad outputs", 2: "no bound"})
    options = {"rts": technology.rts, "treatment": kind, "bad": ", ".join(bad)}
    return MethodResult("Efficiency with undesirable outputs", frame, batch, "efficiency", options, issues)


def _treated(
    X: FloatArray, Y: FloatArray, wrong: BoolArray, kind: str, rts: str
) -> tuple[Technology, FloatArray, FloatArray]:
    """Return technology, points and directions of one treatment."""
    good, bad = Y[:, ~wrong], Y[:, wrong]
    if kind == "weak":
        mask = np.append(np.zeros(X.shape[1], dtype=bool), wrong)
        technology = weak_technology(X, Y, rts, mask)
        return technology, technology.points(X, Y), technology.directions(0 * X, np.where(wrong, -Y, Y))
    if kind == "input":
        inputs = np.hstack([X, bad])
        technology = Technology.of(inputs, good, rts)
        saved = np.hstack([0 * X, bad])
        return technology, technology.points(inputs, good), technology.directions(saved, good)
    kept = one_of(rts, ("vrs",), "rts with treatment='translation'")
    turned = np.where(wrong, _above(Y) - Y, Y)
    technology = Technology.of(X, turned, kept)
    return technology, technology.points(X, turned), technology.directions(0 * X, turned)


def _above(Y: FloatArray) -> FloatArray:
    """Return a number above every value of each output, in its own measure, array (s,)."""
    return np.asarray(Y.max(axis=0) + Y.mean(axis=0))

"""The reverse directional distance: any measure of inefficiency as a directional distance (Pastor et al. 2016).

A measure gives each unit a number and a target. In the direction from the unit to its target, divided by that number,
the directional distance is that number: so the measures can be compared, and valued at prices, in one form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame
from bench.envelopment.core.technology import Technology
from bench.envelopment.measures.holder import holder_distances
from bench.envelopment.slacks.additive import largest_slack, slack_weighting
from bench.envelopment.slacks.russell import russell_graph
from bench.envelopment.slacks.slacks_based import slacks_based
from bench.errors import Issue
from bench.options import ORIENTATION_ALIASES, Periods, one_of
from bench.tolerances import EFFICIENT
from bench.typing import FloatArray
from bench.units import Units

MEASURES = ("sbm", "russell", "additive", "directional", "holder")
SIDES = ("both", "input", "output")
#: Not ``bam``: outside variable returns it also limits the targets, see :func:`bench.envelopment.additive`.
WEIGHTINGS = ("mip", "ram", "normalised", "raw")


@dataclass(frozen=True, slots=True, eq=False)
class Projected:
    """What a measure says of k points.

    Attributes
    ----------
    inefficiency : array (k,)
        Zero for points on the frontier; NaN where the measure has no value.
    X, Y : array (k, m), (k, s)
        The target: unique only where the measure's is.
    weight_x, weight_y : array (k, m), (k, s)
        Weights of the slacks, of the additive measure; zero otherwise.
    """

    inefficiency: FloatArray
    X: FloatArray
    Y: FloatArray
    weight_x: FloatArray
    weight_y: FloatArray


def projected(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    measure: str,
    side: str = "both",
    *,
    weights: str = "mip",
    norm: str = "sum",
    labels: Sequence[str] = (),
    workers: int = 1,
) -> Projected:
    """Return a measure's inefficiency and target for points in the set.

    Parameters
    ----------
    technology : Technology
    X, Y : array (k, m), (k, s)
    measure : {"sbm", "russell", "additive", "directional", "holder"}
        One minus the slacks-based measure; one minus Russell's (on the output side the mean factor less one); the
        largest weighted sum of slacks; the directional distance along own values; the least change in shares of own
        values.
    side : {"both", "input", "output"}
        What may change.
    weights : {"mip", "ram", "normalised", "raw"}
        Of the additive measure.
    norm : {"sum", "largest"}
        Of the Hölder distance.

    Examples
    --------
    >>> technology = Technology.of([[2.0, 2.0], [4.0, 2.5]], [[1.0], [1.0]], "vrs")
    >>> found = projected(technology, technology.X, technology.Y, "russell", "input")
    >>> found.inefficiency.round(6).tolist(), found.X[1].tolist()
    ([0.0, 0.35], [2.0, 2.0])
    """
    zero_x, zero_y = np.zeros_like(X), np.zeros_like(Y)
    move_x, move_y = float(side != "output"), float(side != "input")
    if measure == "directional":
        g = technology.directions(X * move_x, Y * move_y)
        batch = technology.ray(technology.points(X, Y), g, labels=labels, workers=workers)
        step = np.where(batch.status == 0, np.maximum(batch.value, 0.0), np.nan)
        return Projected(step, X * (1 - move_x * step[:, None]), Y * (1 + move_y * step[:, None]), zero_x, zero_y)
    if measure == "holder":
        found = holder_distances(technology, X, Y, norm, side, labels=labels, workers=workers)
        moved = np.zeros((len(X), X.shape[1] + Y.shape[1]))
        if norm == "largest":
            moved[:, : X.shape[1]], moved[:, X.shape[1] :] = -move_x, move_y
        else:
            rows = np.flatnonzero(found.shortest >= 0)
            moved[rows, found.shortest[rows]] = np.where(found.shortest[rows] < X.shape[1], -1.0, 1.0)
        share = 1.0 + moved * found.distance[:, None]
        return Projected(found.distance, X * share[:, : X.shape[1]], Y * share[:, X.shape[1] :], zero_x, zero_y)
    if measure == "additive":
        WX, WY = slack_weighting(weights, X, Y, technology.X, technology.Y)
        WX, WY = WX * move_x, WY * move_y
        slack = largest_slack(technology, X, Y, WX, WY, labels=labels, workers=workers)
        return Projected(slack.total, X - slack.x, Y + slack.y, WX, WY)
    if measure == "russell" and side == "both":
        graph = russell_graph(technology, X, Y, labels=labels)
        return Projected(1.0 - graph.efficiency, X * graph.theta, Y * graph.phi, zero_x, zero_y)
    tone = slacks_based(technology, X, Y, side, labels=labels, workers=workers)
    # The mean factor of the outputs less one, where Russell's own measure is its reciprocal.
    lacking = 1.0 / tone.efficiency - 1.0 if (measure, side) == ("russell", "output") else 1.0 - tone.efficiency
    moved = np.hstack([X * move_x, Y * move_y])
    lacking = np.where((moved > 0).any(axis=1), np.maximum(lacking, 0.0), np.nan)
    return Projected(lacking, X - tone.x, Y + tone.y, zero_x, zero_y)


def reverse_directions(X: FloatArray, Y: FloatArray, found: Projected) -> tuple[FloatArray, FloatArray]:
    """Return the direction in which the directional distance of each point is its inefficiency, (k, m) and (k, s).

    Own values for points on the frontier, whose distance is zero in every direction.
    """
    short = ~(found.inefficiency > EFFICIENT)
    size = np.where(short, 1.0, found.inefficiency)[:, None]
    known = np.isfinite(found.inefficiency)[:, None]
    GX = np.where(short[:, None], X, np.maximum(X - found.X, 0.0) / size)
    GY = np.where(short[:, None], Y, np.maximum(found.Y - Y, 0.0) / size)
    return np.where(known, GX, np.nan), np.where(known, GY, np.nan)


@door("the reverse directional distance")
def reverse_directional(
    units: Units,
    *,
    rts: str,
    measure: str = "sbm",
    orientation: str = "both",
    weights: str = "mip",
    norm: str = "sum",
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return the direction in which the directional distance says what another measure says.

    Use it to see in what measures, and by how much of each, a measure wants a unit to change per unit of inefficiency,
    and to bring measures of different kinds into one form.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs", "fdh"}
    measure : {"sbm", "russell", "additive", "directional", "holder"}
        As in :func:`projected`.
    orientation : {"both", "input", "output"}
        What may change.
    weights : {"mip", "ram", "normalised", "raw"}
        Of the additive measure.
    norm : {"sum", "largest"}
        Of the Hölder distance.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``beta``: the measure's inefficiency, which is the directional distance along ``direction …``; ``target …`` per
        measure. ``values`` is a :class:`Projected`.

    Raises
    ------
    OptionError, DataError, CertificateError

    Examples
    --------
    The second unit could save half of ``x1`` and a fifth of ``x2``: 0.35 on the average.

    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0, 2.0], [4.0, 2.5]], [[1.0], [1.0]])
    >>> found = reverse_directional(units, rts="vrs", measure="russell", orientation="input")
    >>> found[["beta", "direction x1", "direction x2"]].round(4).to_numpy()[1].tolist()
    [0.35, 5.7143, 1.4286]
    """
    kind = one_of(measure, MEASURES, "measure")
    side = one_of(orientation, SIDES, "orientation", ORIENTATION_ALIASES)
    weighting, length = one_of(weights, WEIGHTINGS, "weights"), one_of(norm, ("sum", "largest"), "norm")
    technology = Technology.of(units.X, units.Y, rts)
    found = projected(
        technology, units.X, units.Y, kind, side, weights=weighting, norm=length, labels=units.names, workers=workers
    )
    GX, GY = reverse_directions(units.X, units.Y, found)
    columns: dict[str, npt.ArrayLike] = {
        "beta": found.inefficiency,
        **by_column("direction", units.inputs, GX),
        **by_column("direction", units.outputs, GY),
        **by_column("target", units.inputs, found.X),
        **by_column("target", units.outputs, found.Y),
    }
    options = {"rts": technology.rts, "measure": kind, "orientation": side}
    options |= {"weights": weighting} if kind == "additive" else {"norm": length} if kind == "holder" else {}
    return MethodResult(
        "Reverse directional distance", unit_frame(units, columns), found, "beta", options, no_value_notes(units, found)
    )


def no_value_notes(units: Units, found: Projected) -> tuple[Issue, ...]:
    """Return a warning for every unit that the measure gives no value."""
    return tuple(
        Issue(
            "undefined",
            "the measure gives the unit no value: it has nothing to change on the measured side, or no target",
            "see what the measure itself says of it",
            severity="warning",
            unit=units.names[row],
        )
        for row in np.flatnonzero(~np.isfinite(found.inefficiency))
    )

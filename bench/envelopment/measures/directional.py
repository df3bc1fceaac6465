"""Directional distances in given, own, mean and optimal directions.

Chambers, Chung & Färe 1996; optimal directions: Färe, Grosskopf & Whittaker 2013; negative data: Portela,
Thanassoulis & Simpson 2004.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.distances import Distances, distances, slack_weights
from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame, unsolved
from bench.envelopment.core.technology import Technology
from bench.errors import DataError, Issue, OptionError
from bench.options import ORIENTATION_ALIASES, Periods, one_of
from bench.typing import BoolArray, FloatArray
from bench.units import Units

#: Efficiency where the direction is in proportion to the unit's own values: outputs over inputs before and after.
_EFFICIENCY: dict[str, Callable[[FloatArray], FloatArray]] = {
    "own": lambda beta: (1.0 - beta) / (1.0 + beta),
    "inputs": lambda beta: 1.0 - beta,
    "outputs": lambda beta: 1.0 / (1.0 + beta),
}
DIRECTIONS = ("own", "inputs", "outputs", "mean", "mean-inputs", "mean-outputs", "optimal")


def direction_vectors(
    direction: str | npt.ArrayLike, X: FloatArray, Y: FloatArray, reference_x: FloatArray, reference_y: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the direction of every point as (inputs saved, outputs gained), arrays (k, m) and (k, s).

    Parameters
    ----------
    direction : str or array (m + s,) or (k, m + s)
        ``"own"``, ``"inputs"``, ``"outputs"`` take the point's own values, ``"mean"``, ``"mean-inputs"``,
        ``"mean-outputs"`` the reference set's means. An array gives inputs first.
    X, Y : array (k, m), (k, s)
    reference_x, reference_y : array (n, m), (n, s)

    Raises
    ------
    OptionError
        An unknown word, an array of another shape, or no unit with a direction that is positive somewhere and nowhere
        negative. Single units without are for the caller: :func:`no_way`.
    """
    if isinstance(direction, str):
        word = one_of(direction, DIRECTIONS[:-1], "direction")
        gx, gy = (reference_x.mean(axis=0), reference_y.mean(axis=0)) if word.startswith("mean") else (X, Y)
        GX, GY = np.array(np.broadcast_to(gx, X.shape)), np.array(np.broadcast_to(gy, Y.shape))
        if word.endswith("inputs"):
            GY = np.zeros_like(GY)
        if word.endswith("outputs"):
            GX = np.zeros_like(GX)
    else:
        given = np.asarray(direction, dtype=np.float64)
        m, s = X.shape[1], Y.shape[1]
        if given.shape not in ((m + s,), (len(X), m + s)):
            raise OptionError(
                f"direction must be one of {DIRECTIONS} or have shape ({m + s},) or ({len(X)}, {m + s}), "
                f"not {given.shape}"
            )
        whole = np.broadcast_to(given, (len(X), m + s))
        GX, GY = np.array(whole[:, :m]), np.array(whole[:, m:])
    if not no_way(GX, GY).all() or not len(X):
        return GX, GY
    raise OptionError(
        "a direction must not be negative, and not zero in every measure: no unit has one; with negative data use "
        "bench.envelopment.range_directional"
    )


def no_way(GX: FloatArray, GY: FloatArray) -> BoolArray:
    """Return which points have no direction: zero in every measure, or negative in some."""
    both = np.hstack([GX, GY])
    return np.asarray((both < 0).any(axis=1) | ~(both > 0).any(axis=1))


def no_way_notes(units: Units, lost: BoolArray) -> tuple[Issue, ...]:
    """Return a warning for every unit without a direction."""
    return tuple(
        Issue(
            "no-direction",
            "the unit's direction is zero in every measure, or negative in some: it has no distance along it",
            "direction='mean' moves every unit; negative data have bench.envelopment.range_directional",
            severity="warning",
            unit=units.names[row],
        )
        for row in np.flatnonzero(lost)
    )


@dataclass(frozen=True, slots=True, eq=False)
class OptimalDirections:
    """Directions in which each point is farthest from the frontier.

    Attributes
    ----------
    beta : array (k,)
        Largest sum of improvements, each divided by the reference set's mean of its measure.
    gx, gy : array (k, m), (k, s)
        Direction in the data's measures, of length one in that sum; zero for points on the efficient frontier.
    status : array (k,) of int8
    """

    beta: FloatArray
    gx: FloatArray
    gy: FloatArray
    status: npt.NDArray[np.int8]


def optimal_directions(
    technology: Technology, X: FloatArray, Y: FloatArray, *, labels: Any = (), workers: int = 1
) -> OptimalDirections:
    """Return the direction with the largest β among those of length one (mean-normalised sum).

    Since β·g are the improvements, this is the additive program with mean-normalised weights.

    Examples
    --------
    >>> technology = Technology.of([[2.0], [4.0]], [[1.0], [1.0]], "vrs")
    >>> optimal_directions(technology, technology.X, technology.Y).gx.ravel().round(6).tolist()
    [0.0, 3.0]
    """
    points = technology.points(X, Y)
    weight = slack_weights(technology)
    weights = np.broadcast_to(weight, points.shape)
    batch = technology.total(points, weights, above=True, labels=labels, workers=workers)
    used = technology.columns[np.maximum(batch.column, 0)] * batch.weight[:, :, None]
    slack = np.maximum(used.sum(axis=1) - points, 0.0)
    noise = 1e-12 * (np.abs(used).sum(axis=1) + np.abs(points))
    slack = np.where(slack <= noise, 0.0, slack)
    beta = np.where(batch.status == 0, batch.value, np.nan)
    g = np.divide(slack, beta[:, None], out=np.zeros_like(slack), where=beta[:, None] > 0)
    m, s = X.shape[1], Y.shape[1]
    bad = batch.status != 0
    beta[bad], g[bad] = np.nan, np.nan
    return OptimalDirections(beta, g[:, :m], g[:, m : m + s], batch.status)


@door("a directional distance", signs="any", matrices=("direction",))
def directional(
    units: Units,
    *,
    rts: str,
    direction: str | npt.ArrayLike = "own",
    reference: Units | None = None,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return how many steps along a direction each unit is from the frontier.

    Use it when inputs and outputs are to improve together, when only some measures may move, or where radial
    super-efficiency has no solution.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    direction : {"own", "inputs", "outputs", "mean", "mean-inputs", "mean-outputs", "optimal"} or array
        Array of shape (m + s,) or (n, m + s), inputs first, in the data's measures.
    reference : Units, optional
        Set to compare with; the units themselves when omitted. β is negative for units beyond it.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        Columns ``beta``, then ``slack …`` and ``target …`` per measure; for ``own``, ``inputs`` and ``outputs`` also
        ``efficiency``, outputs over inputs before and after the steps: (1 − β)/(1 + β), 1 − β and 1/(1 + β).
        ``values`` is a :class:`Distances` (:class:`OptimalDirections` for ``"optimal"``).

    Raises
    ------
    OptionError, DataError, CertificateError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0], [4.0]], [[1.0], [1.0]], names=["A", "B"])
    >>> directional(units, rts="crs", direction="own")["beta"].round(6).tolist()
    [0.0, 0.333333]
    """
    base = units if reference is None else reference
    technology = Technology.of(base.X, base.Y, rts)
    if isinstance(direction, str) and one_of(direction, DIRECTIONS, "direction") == "optimal":
        best = optimal_directions(technology, units.X, units.Y, labels=units.names, workers=workers)
        frame = unit_frame(
            units,
            {
                "beta": best.beta,
                **by_column("direction", units.inputs, best.gx),
                **by_column("direction", units.outputs, best.gy),
            },
        )
        return MethodResult(
            "Optimal directional distance",
            frame,
            best,
            "beta",
            {"rts": technology.rts, "direction": "optimal"},
            _issues(units, best.status),
        )
    GX, GY = direction_vectors(direction, units.X, units.Y, base.X, base.Y)
    lost = no_way(GX, GY)
    found = distances(
        technology,
        units.X,
        units.Y,
        np.where(lost[:, None], 1.0, GX),
        np.where(lost[:, None], 1.0, GY),
        own=np.arange(len(units)) if reference is None else None,
        itself=True,
        labels=units.names,
        workers=workers,
    )
    found = blanked(found, lost)
    named = one_of(direction, DIRECTIONS, "direction") if isinstance(direction, str) else "given"
    frame = distance_frame(units, found)
    if named in _EFFICIENCY:
        frame.insert(0, "efficiency", _EFFICIENCY[named](found.beta))
    return MethodResult(
        "Directional distance",
        frame,
        found,
        "beta",
        {"rts": technology.rts, "direction": named},
        (*no_way_notes(units, lost), *_issues(units, found.status)),
    )


def blanked(found: Distances, lost: BoolArray) -> Distances:
    """Return distances with NaN for some points."""
    if not lost.any():
        return found
    names = ("beta", "input_slack", "output_slack", "input_target", "output_target", "input_price", "output_price")
    gone = lost[:, None]
    values = {name: np.where(gone if name != "beta" else lost, np.nan, getattr(found, name)) for name in names}
    return replace(
        found,
        **values,
        column=np.where(lost[:, None], -1, found.column),
        weight=np.where(lost[:, None], 0.0, found.weight),
        status=np.where(lost, 0, found.status).astype(np.int8),
    )


def distance_frame(units: Units, found: Distances) -> Any:
    """Return β, slacks and targets with column names."""
    return unit_frame(
        units,
        {
            "beta": found.beta,
            **by_column("slack", units.inputs, found.input_slack),
            **by_column("slack", units.outputs, found.output_slack),
            **by_column("target", units.inputs, found.input_target),
            **by_column("target", units.outputs, found.output_target),
        },
    )


def _issues(units: Units, status: npt.NDArray[np.int8]) -> Any:
    return unsolved(
        units,
        status,
        {1: "the direction never meets the reference set", 2: "the set has no frontier in this direction"},
        "choose a direction that moves every measure, or another reference set",
    )


@door("the range directional model", signs="any")
def range_directional(
    units: Units, *, rts: str = "vrs", orientation: str = "both", periods: Periods | None = None, workers: int = 1
) -> MethodResult:
    """Return efficiency when data may be negative (Portela, Thanassoulis & Simpson 2004).

    The direction of each unit runs towards the best value of every measure in the set, so the measure does not change
    when a constant is added to a column.

    Parameters
    ----------
    units : Units
        Read with ``accept=["negative-value"]``.
    rts : {"vrs", "fdh"}
        Others would not keep the measure free of the choice of zero.
    orientation : {"both", "input", "output"}
        Which measures move towards their best value; the others are held.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` = 1 − β, ``beta``, slacks and targets.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0], [4.0]], [[1.0], [-1.0]], accept=["negative-value"])
    >>> range_directional(units).efficiency.round(6).tolist()
    [1.0, 0.0]
    """
    kind = one_of(rts, ("vrs", "fdh"), "rts of the range directional model")
    technology = Technology.of(units.X, units.Y, kind)
    side = one_of(orientation, ("both", "input", "output"), "orientation", ORIENTATION_ALIASES)
    GX, GY = units.X - units.X.min(axis=0), units.Y.max(axis=0) - units.Y
    GX, GY = GX * (side != "output"), GY * (side != "input")
    ideal = (np.hstack([GX, GY]).max(axis=1) <= 0)[:, np.newaxis]
    # A unit that is best in everything that moves has nowhere to go: any direction of these gives β = 0.
    GX, GY = np.where(ideal & (side != "output"), 1.0, GX), np.where(ideal & (side != "input"), 1.0, GY)
    found = distances(technology, units.X, units.Y, GX, GY, itself=True, labels=units.names, workers=workers)
    if np.isnan(found.beta).any():
        raise DataError("the range directional model needs finite data")
    frame = distance_frame(units, found)
    frame.insert(0, "efficiency", 1.0 - found.beta)
    return MethodResult("Range directional model", frame, found, "efficiency", {"rts": kind, "orientation": side})

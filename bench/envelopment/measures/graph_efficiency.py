"""Hyperbolic graph efficiency: inputs shrink by a factor while outputs grow by its reciprocal.

Färe, Grosskopf & Lovell 1985.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.distances import Distances, distances
from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame, unsolved
from bench.envelopment.core.technology import Technology
from bench.errors import ConvergenceError
from bench.options import Periods
from bench.typing import FloatArray
from bench.units import Units

#: The last step along the tangent is below this: the point lies on the frontier to rounding.
_STEP = 1e-12
_ROUNDS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Hyperbolic:
    """Graph efficiency of k points.

    Attributes
    ----------
    efficiency : array (k,)
        The factor θ: inputs θx and outputs y/θ are on the frontier. NaN where there is none.
    projection : Distances
        From the point (θx, y/θ): slacks, targets, peers and prices.
    rounds : int
        Linear programs per point at most.
    status : array (k,) of int8
    """

    efficiency: FloatArray
    projection: Distances
    rounds: int
    status: npt.NDArray[np.int8]


def hyperbolic(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    *,
    exclude: npt.ArrayLike | None = None,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> Hyperbolic:
    """Return the least θ with (θx, y/θ) in the set.

    Newton's method with an exact linear program per step: 1/θ is convex, so the step along the tangent never falls
    short of the optimum, and the next ones come back to it from one side, doubling the digits each time. The last
    program's own certificate proves that the point lies on the frontier.

    Parameters
    ----------
    technology : Technology
    X, Y : array (k, m), (k, s)
        Not negative.
    exclude, labels, workers
        As in :func:`bench.lp.maximise_ray`.

    Raises
    ------
    ConvergenceError
        When the steps do not vanish.

    Examples
    --------
    Under constant returns the factor is the square root of the radial one:

    >>> technology = Technology.of([[1.0], [4.0]], [[1.0], [1.0]], "crs")
    >>> hyperbolic(technology, technology.X, technology.Y).efficiency.round(9).tolist()
    [1.0, 0.5]
    """
    theta, status, rounds = hyperbolic_factors(technology, X, Y, exclude=exclude, labels=labels, workers=workers)
    t = np.where(status == 0, theta, 1.0)[:, None]
    projection = distances(technology, t * X, Y / t, X, Y / t**2, exclude=exclude, labels=labels, workers=workers)
    return Hyperbolic(theta, projection, rounds, status)


def hyperbolic_factors(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    *,
    exclude: npt.ArrayLike | None = None,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> tuple[FloatArray, npt.NDArray[np.int8], int]:
    """Return the factors θ of :func:`hyperbolic`, the status of each point, and the rounds of programs."""
    theta = np.ones(len(X))
    status = np.zeros(len(X), dtype=np.int8)
    active = np.arange(len(X))
    left_out = None if exclude is None else np.asarray(exclude)
    rounds = 0
    while len(active):
        if rounds == _ROUNDS:
            name = labels[int(active[0])] if len(labels) else f"point {int(active[0]) + 1}"
            raise ConvergenceError(f"{name}: the hyperbolic distance did not settle in {_ROUNDS} steps")
        rounds += 1
        t = theta[active][:, None]
        batch = technology.ray(
            technology.points(t * X[active], Y[active] / t),
            technology.directions(t * X[active], Y[active] / t),
            exclude=None if left_out is None else left_out[active],
            labels=[labels[int(row)] for row in active] if len(labels) else (),
            workers=workers,
        )
        status[active] = batch.status
        # The step is taken as a share of θ: what is left of it may be far smaller than any digit of the step.
        found = batch.status == 0
        theta[active] *= np.where(found, batch.score("input"), 1.0)
        active = active[found & (np.abs(batch.value) > _STEP)]
    return np.where(status == 0, theta, np.nan), status, rounds


@door("graph efficiency")
def graph_efficiency(
    units: Units,
    *,
    rts: str,
    reference: Units | None = None,
    super_efficiency: bool = False,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return hyperbolic graph efficiency: the same factor saves inputs and, inverted, raises outputs.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    reference : Units, optional
    super_efficiency : bool
        Leave each unit out of its own reference set.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` θ, then ``target …`` per measure.

    Raises
    ------
    OptionError, DataError, CertificateError, ConvergenceError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [4.0]], [[1.0], [1.0]])
    >>> graph_efficiency(units, rts="crs").efficiency.round(9).tolist()
    [1.0, 0.5]
    """
    base = units if reference is None else reference
    technology = Technology.of(base.X, base.Y, rts)
    exclude = np.arange(len(units)) if super_efficiency and reference is None else None
    found = hyperbolic(technology, units.X, units.Y, exclude=exclude, labels=units.names, workers=workers)
    frame = unit_frame(
        units,
        {
            "efficiency": found.efficiency,
            **by_column("target", units.inputs, found.projection.input_target),
            **by_column("target", units.outputs, found.projection.output_target),
        },
    )
    issues = unsolved(
        units,
        found.status,
        {1: "the curve of the unit never meets the reference set", 2: "the set has no frontier here"},
    )
    return MethodResult(
        "Hyperbolic graph efficiency",
        frame,
        found,
        "efficiency",
        {"rts": technology.rts, "super_efficiency": super_efficiency},
        issues,
    )

"""Scale: efficiency, the most productive scale size and local returns to scale.

Scale efficiency: Färe, Grosskopf & Lovell 1985. Most productive scale size: Banker 1984. Local returns: the comparison
of technologies (Färe, Grosskopf & Lovell 1985), and the range of the scale elasticity (Banker & Thrall 1992).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.distances import slack_weights
from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame
from bench.envelopment.core.technology import Technology
from bench.errors import Issue
from bench.lp import maximise_sum
from bench.lp.program import Program, Status
from bench.lp.scaling import moderate
from bench.lp.solvers.highs import optimal_face, solve_many
from bench.options import ORIENTATION_ALIASES, Periods, one_of
from bench.typing import FloatArray
from bench.units import Units

#: Scores that differ by less are the same score when technologies are compared.
SAME = 1e-7
#: A projected point is as exact as its own score, which is enclosed to a share of 2e-10: slack or intensity below this
#: share of its terms is none.
_SLIP = 1e-8
#: Span of a measure up to which a projected point, rounded as it is, will do.
_SPAN = 1e4
#: Units whose score is this close to one may carry a supporting plane.
_NEAR = 1e-6
_ALLOWED: tuple[Status, ...] = ("infeasible",)


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Scale properties of n units.

    Attributes
    ----------
    crs, vrs, drs : array (n,)
        Farrell scores under each technology.
    efficiency : array (n,)
        Scale efficiency, share in (0, 1].
    returns : array (n,) of str
        ``"constant"``, ``"increasing"`` or ``"decreasing"`` at the unit's projection.
    size_low, size_high : array (n,)
        Range of Σλ over all constant-returns optima: below one when the unit is smaller than the most productive size.
    mpss_x, mpss_y : array (n, m), (n, s)
        The most productive scale size of the unit's mix; the largest one when there are several.
    elasticity_low, elasticity_high : array (n,)
        NaN when not asked for.
        Range of the scale elasticity at the input-side projection on the variable-returns frontier: per cent of output
        per per cent of input, to the right and to the left; infinite where outputs can grow without more input.
    """

    crs: FloatArray
    vrs: FloatArray
    drs: FloatArray
    efficiency: FloatArray
    returns: npt.NDArray[np.str_]
    size_low: FloatArray
    size_high: FloatArray
    mpss_x: FloatArray
    mpss_y: FloatArray
    elasticity_low: FloatArray
    elasticity_high: FloatArray


def scale_properties(
    X: FloatArray,
    Y: FloatArray,
    side: str = "input",
    *,
    elasticity: bool = False,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> Scale:
    """Return the scale properties of every unit of a reference set.

    Parameters
    ----------
    X, Y : array (n, m), (n, s)
    side : {"input", "output"}
    elasticity : bool
        Find the range of the scale elasticity too: two more programs per unit, by the general route.

    Examples
    --------
    >>> found = scale_properties(np.array([[2.0], [4.0], [9.0]]), np.array([[1.0], [4.0], [6.0]]))
    >>> found.returns.tolist(), found.efficiency.round(3).tolist()
    (['increasing', 'constant', 'decreasing'], [0.5, 1.0, 0.667])
    """
    base = Technology.of(X, Y, "crs")
    score: dict[str, FloatArray] = {}
    for rts in ("crs", "vrs", "drs"):
        technology = Technology.of(X, Y, rts)
        g = technology.along(X, Y, side)
        own = np.arange(len(X))
        batch = technology.ray(technology.points(X, Y), g, own=own, labels=labels, workers=workers)
        score[rts] = batch.score(side)
    crs, vrs, drs = score["crs"], score["vrs"], score["drs"]
    efficiency = crs / vrs if side == "input" else vrs / crs
    same = np.abs(crs - vrs) <= SAME * vrs
    shrinking = np.abs(drs - vrs) <= SAME * vrs
    low, high = _sizes(base, X, Y, crs, side, labels, workers)
    shrink = crs[:, None] if side == "input" else np.ones((len(X), 1))
    grow = np.ones((len(X), 1)) if side == "input" else crs[:, None]
    # The optimal combination divided by its own size; the least Σλ gives the largest of them.
    mpss_x, mpss_y = X * shrink / low[:, None], Y * grow / low[:, None]
    projected = X * vrs[:, None] if side == "input" else X
    raised = Y if side == "input" else Y * vrs[:, None]
    # A unit below its own frontier lies under every plane that the efficient ones lie under.
    planes = Technology.of(X, Y, "vrs").take(np.abs(vrs - 1.0) <= _NEAR)
    if elasticity:
        down, up = scale_elasticity(planes, projected, raised, labels=labels, workers=workers)
    else:
        down = up = np.full(len(X), np.nan)
    return Scale(
        crs=crs,
        vrs=vrs,
        drs=drs,
        efficiency=np.minimum(efficiency, 1.0),
        returns=np.where(same, "constant", np.where(shrinking, "decreasing", "increasing")),
        size_low=low,
        size_high=high,
        mpss_x=mpss_x,
        mpss_y=mpss_y,
        elasticity_low=down,
        elasticity_high=up,
    )


def _sizes(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    score: FloatArray,
    side: str,
    labels: Sequence[str],
    workers: int,
) -> tuple[FloatArray, FloatArray]:
    """Return the least and the largest Σλ among the constant-returns optima."""
    if not moderate(technology.columns, span=_SPAN):
        return _exact_sizes(technology, X, Y, side, labels, workers)
    P = np.hstack([technology.columns, np.ones((len(technology.X), 1))])
    points = technology.points(X * score[:, None], Y) if side == "input" else technology.points(X, Y * score[:, None])
    points = np.hstack([points, np.zeros((len(X), 1))])
    kept = np.append(np.ones(P.shape[1] - 1, dtype=bool), False)
    ends = []
    for sign in (-1.0, 1.0):
        weights = np.append(np.zeros(P.shape[1] - 1), sign)
        batch = maximise_sum(P, points, weights, constrained=kept, computed=True, labels=labels, workers=workers)
        ends.append(sign * batch.value)
    if np.isnan(ends).any():
        return _exact_sizes(technology, X, Y, side, labels, workers)
    return ends[0], ends[1]


def _exact_sizes(
    technology: Technology, X: FloatArray, Y: FloatArray, side: str, labels: Sequence[str], workers: int
) -> tuple[FloatArray, FloatArray]:
    """Return the same where a projected point would be lost in rounding: on the optimal face itself."""
    n, points, along = len(technology.X), technology.points(X, Y), technology.along(X, Y, side)

    def radial(row: int) -> Program:
        return Program.build(
            c=np.append(np.zeros(n), 1.0),
            A=np.hstack([technology.columns.T, -along[row][:, None]]),
            row_lower=points[row],
            column_lower=np.append(np.zeros(n), -np.inf),
            maximise=True,
        )

    first = solve_many(radial, len(X), labels=labels, workers=workers)

    def size(position: int) -> Program:
        row = position % len(X)
        face = optimal_face(radial(row), first[row])
        return replace(face, c=np.append(np.ones(n), 0.0), maximise=position >= len(X))

    names = [*labels, *labels] if len(labels) else ()
    ends = np.array([found.objective for found in solve_many(size, 2 * len(X), labels=names, workers=workers)])
    return ends[: len(X)], ends[len(X) :]


def scale_elasticity(
    technology: Technology, X: FloatArray, Y: FloatArray, *, labels: Sequence[str] = (), workers: int = 1
) -> tuple[FloatArray, FloatArray]:
    """Return the range of the scale elasticity at points on the variable-returns frontier.

    The prices of the supporting planes at a point give elasticities vx / uy; the range over all of them is found by
    two linear programs (Banker & Thrall 1992). Every supporting plane passes through the point's peers and gives no
    price to a measure with slack.

    Parameters
    ----------
    technology : Technology
        Of variable returns.
    X, Y : array (k, m), (k, s)
        Points on the frontier.

    Returns
    -------
    low, high : array (k,)
        Elasticity towards growth and towards shrinking; ``inf`` where no more input is needed, NaN where the peers'
        numbers lie so far apart that no plane passes through all of them to the digits there are.
    """
    points = technology.points(X, Y)
    weights = np.broadcast_to(slack_weights(technology), points.shape)
    peers = technology.total(points, weights, computed=True, labels=labels, workers=workers)
    used = technology.columns[np.maximum(peers.column, 0)] * peers.weight[:, :, None]
    surplus = used.sum(axis=1) - points
    slack = surplus > _SLIP * (np.abs(used).sum(axis=1) + np.abs(points))
    P = technology.columns
    k, d = points.shape

    def program(position: int) -> Program:
        """Columns v, u and u0; planes above every unit and through the peers, with vx + uy = 1."""
        row, sign = position % k, 1.0 if position < k else -1.0
        through = np.zeros(len(P), dtype=bool)
        through[peers.column[row][peers.weight[row] > _SLIP * peers.weight[row].max()]] = True
        value = np.concatenate([X[row], Y[row], [0.0]])
        return Program.build(
            c=sign * np.concatenate([X[row], np.zeros(Y.shape[1] + 1)]),
            A=np.vstack([P, value]),
            row_lower=np.append(np.where(through, 0.0, -np.inf), 1.0),
            row_upper=np.append(np.zeros(len(P)), 1.0),
            column_lower=np.append(np.zeros(d - 1), -np.inf),
            column_upper=np.append(np.where(slack[row, :-1], 0.0, np.inf), np.inf),
            maximise=True,
        )

    names = [*labels, *labels] if len(labels) else ()
    solutions = solve_many(program, 2 * k, labels=names, allow=_ALLOWED, workers=workers)
    share = np.array([solution.objective for solution in solutions])
    return _elasticity(-share[k:]), _elasticity(share[:k])


def _elasticity(share: FloatArray) -> FloatArray:
    """Return vx / uy when vx is this share of vx + uy; whole shares are told from rounding."""
    rest = np.where(1.0 - share <= 10 * _SLIP, 0.0, 1.0 - share)
    part = np.where(share <= 10 * _SLIP, 0.0, share)
    beyond = np.where(np.isnan(share), np.nan, np.inf)
    return np.asarray(np.divide(part, rest, out=beyond, where=rest > 0))


@door("scale efficiency")
def scale_efficiency(
    units: Units,
    *,
    orientation: str = "input",
    elasticity: bool = False,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return scale efficiency, local returns to scale and the most productive scale size.

    Use it to tell units that are too small or too large from units that are badly run.

    Parameters
    ----------
    units : Units
    orientation : {"input", "output"}
    elasticity : bool
        Add ``elasticity_low`` and ``elasticity_high``.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` (scale), ``crs``, ``vrs`` (Farrell scores), ``returns``, ``size_low``, ``size_high`` (Σλ),
        ``mpss …`` per measure, and the elasticities if asked for.

    Raises
    ------
    OptionError, DataError, CertificateError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0], [4.0], [9.0]], [[1.0], [4.0], [6.0]])
    >>> scale_efficiency(units)["returns"].tolist()
    ['increasing', 'constant', 'decreasing']
    """
    side = one_of(orientation, ("input", "output"), "orientation", ORIENTATION_ALIASES)
    found = scale_properties(units.X, units.Y, side, elasticity=elasticity, labels=units.names, workers=workers)
    slopes = {"elasticity_low": found.elasticity_low, "elasticity_high": found.elasticity_high} if elasticity else {}
    frame = unit_frame(
        units,
        {
            "efficiency": found.efficiency,
            "crs": found.crs,
            "vrs": found.vrs,
            "returns": found.returns,
            "size_low": found.size_low,
            "size_high": found.size_high,
            **slopes,
            **by_column("mpss", units.inputs, found.mpss_x),
            **by_column("mpss", units.outputs, found.mpss_y),
        },
    )
    issues = tuple(
        Issue(
            "no-elasticity",
            "no plane passes through all peers of the unit to the digits there are: it has no elasticity",
            "measure the columns in other units, or look at the unit's numbers",
            severity="warning",
            unit=units.names[row],
        )
        for row in np.flatnonzero(elasticity & np.isnan(found.elasticity_low + found.elasticity_high))
    )
    return MethodResult("Scale efficiency", frame, found, "efficiency", {"orientation": side}, issues)

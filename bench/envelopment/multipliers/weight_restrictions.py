"""Limits on weights: assurance regions, shares of virtual totals, absolute bounds, and trade-offs.

Thompson, Singleton, Thrall & Smith 1986 and Thompson et al. 1990 (assurance regions I and II), Wong & Beasley 1990
(shares), Dyson & Thanassoulis 1988 (absolute bounds), Podinovski 2004 (trade-offs).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.technology import CONVEX, Technology
from bench.errors import InfeasibleError, OptionError, nearest
from bench.lp.program import Program, Status
from bench.lp.solvers.highs import solve, solve_many
from bench.options import RTS_ALIASES, Periods, one_of
from bench.typing import FloatArray, IntArray
from bench.units import Units

_ALLOWED: tuple[Status, ...] = ("infeasible", "unbounded")
#: A unit whose program ends this far inside is dominated.
_DOMINATED = 1e-9
#: Weights worth less than this at mean volumes may be zero.
_IDLE = 1e-9


@dataclass(frozen=True, slots=True)
class Ratio:
    """``low <= weight of numerator / weight of denominator <= high``.

    Assurance region I when both are inputs or both outputs, II when one is an input and the other an output.

    Attributes
    ----------
    numerator, denominator : str
    low, high : float or None

    Examples
    --------
    An hour of nursing is worth two to four visits:

    >>> Ratio("timer", "besok", low=2.0, high=4.0).high
    4.0
    """

    numerator: str
    denominator: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """The measure's share of the unit's own virtual input (or output) total lies between low and high.

    Attributes
    ----------
    column : str
    low, high : float or None
        Shares in [0, 1].
    """

    column: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """The weight itself lies between low and high.

    Weights are scaled so that the unit's virtual input (input orientation) or output (output orientation) is one.

    Attributes
    ----------
    column : str
    low, high : float or None
        In one over the column's measure.
    """

    column: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class TradeOff:
    """A change that every unit could make: inputs and outputs that go up (+) and down (−) together.

    Attributes
    ----------
    changes : Mapping
        Column to change, in the data's measures.

    Examples
    --------
    One visit less frees half an hour of care:

    >>> TradeOff({"besok": -1.0, "timer": 0.5}).changes["timer"]
    0.5
    """

    changes: Mapping[str, float]


Restriction = Ratio | Share | Bound | TradeOff


@dataclass(frozen=True, slots=True, eq=False)
class RestrictedWeights:
    """Scores and weights under restrictions.

    Attributes
    ----------
    score : array (n,)
        Farrell.
    v, u : array (n, m), (n, s)
        Weights; one optimal choice of possibly many.
    scale : array (n,)
        u0 of the scale row; zero under constant returns.
    """

    score: FloatArray
    v: FloatArray
    u: FloatArray
    scale: FloatArray


def restricted_scores(
    X: FloatArray,
    Y: FloatArray,
    rts: str,
    side: str,
    common: FloatArray,
    own: Mapping[int, FloatArray] | None = None,
    lower: FloatArray | None = None,
    upper: FloatArray | None = None,
    *,
    reference: tuple[FloatArray, FloatArray] | None = None,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> RestrictedWeights:
    """Return scores from the multiplier side; restrictions that hold for all units alike take the fast route.

    Parameters
    ----------
    X, Y : array (n, m), (n, s)
    rts : {"crs", "vrs", "drs", "irs"}
    side : {"input", "output"}
    common : array (q, m + s)
        Rows with ``row · (v, u) <= 0`` for every unit.
    own : mapping from unit to array (p, m + s), optional
        The same for single units.
    lower, upper : array (m + s,), optional
        Bounds on the weights.
    reference : pair of arrays (r, m), (r, s), optional
        Those that limit the weights, where they are not the units themselves: scores may then pass one.

    Raises
    ------
    InfeasibleError
        Naming the first unit for which no weights satisfy everything.

    Examples
    --------
    >>> X, Y = np.array([[1.0], [1.0]]), np.array([[4.0, 1.0], [1.0, 2.0]])
    >>> equal = np.array([[0.0, 1.0, -1.0], [0.0, -1.0, 1.0]])
    >>> restricted_scores(X, Y, "crs", "input", equal).score.round(6).tolist()
    [1.0, 0.6]
    """
    n, m = X.shape
    s = Y.shape[1]
    peers = (X, Y) if reference is None else reference
    if not own and (lower is None or not lower.any()) and (upper is None or np.isinf(upper).all()):
        return _by_trade_offs(X, Y, peers, rts, side, common, labels, workers)
    scale = {"crs": (0.0, 0.0), "vrs": (-np.inf, np.inf), "drs": (-np.inf, 0.0), "irs": (0.0, np.inf)}[rts]
    kept = _undominated(*peers, rts, side, labels if reference is None else (), workers)
    planes = np.hstack([-peers[0], peers[1], np.ones((len(peers[0]), 1))])[kept]
    limits = np.hstack([common, np.zeros((len(common), 1))])
    low = np.append(np.zeros(m + s) if lower is None else lower, scale[0])
    high = np.append(np.full(m + s, np.inf) if upper is None else upper, scale[1])

    def program(row: int) -> Program:
        extra = (own or {}).get(row, np.zeros((0, m + s)))
        inputs = np.concatenate([X[row], np.zeros(s + 1)])
        outputs = np.concatenate([np.zeros(m), Y[row], [0.0]])
        shift = np.append(np.zeros(m + s), 1.0)
        fixed, cost = (inputs, outputs + shift) if side == "input" else (outputs, inputs - shift)
        A = np.vstack([planes, limits, np.hstack([extra, np.zeros((len(extra), 1))]), fixed])
        return Program.build(
            c=cost,
            A=A,
            row_lower=np.append(np.full(len(A) - 1, -np.inf), 1.0),
            row_upper=np.append(np.zeros(len(A) - 1), 1.0),
            column_lower=low,
            column_upper=high,
            maximise=side == "input",
        )

    solutions = solve_many(program, n, labels=labels, allow=_ALLOWED, workers=workers)
    _refuse_impossible(np.array([not solution.optimal for solution in solutions]), labels)
    x = np.array([solution.x for solution in solutions])
    score = np.array([solution.objective for solution in solutions])
    return RestrictedWeights(score, x[:, :m], x[:, m : m + s], x[:, -1])


def _undominated(X: FloatArray, Y: FloatArray, rts: str, side: str, labels: Sequence[str], workers: int) -> IntArray:
    """Return the units whose planes limit weights: what others dominate is limited by these others."""
    technology = Technology.of(X, Y, rts)
    g = technology.along(X, Y, side)
    plain = technology.ray(technology.points(X, Y), g, own=np.arange(len(X)), labels=labels, workers=workers)
    needed = ~(plain.value > _DOMINATED)
    needed[plain.column[(plain.column >= 0) & (plain.weight != 0)]] = True
    return np.flatnonzero(needed)


def _by_trade_offs(
    X: FloatArray,
    Y: FloatArray,
    peers: tuple[FloatArray, FloatArray],
    rts: str,
    side: str,
    common: FloatArray,
    labels: Sequence[str],
    workers: int,
) -> RestrictedWeights:
    """Return the same from the envelopment side: rows that hold for every unit are changes that every unit can make."""
    m, s = X.shape[1], Y.shape[1]
    technology = Technology.of(*peers, rts, trades=common)
    g = technology.along(X, Y, side)
    batch = technology.ray(technology.points(X, Y), g, labels=labels, workers=workers)
    _refuse_impossible(batch.status != 0, labels)
    scale = batch.dual[:, m + s] if batch.dual.shape[1] > m + s else np.zeros(len(X))
    score = batch.score(side)
    sign = -1.0 if technology.rts == "drs" else 1.0
    return RestrictedWeights(score, batch.dual[:, :m], batch.dual[:, m : m + s], sign * scale)


def _refuse_impossible(impossible: npt.NDArray[np.bool_], labels: Sequence[str]) -> None:
    if impossible.any():
        row = int(np.argmax(impossible))
        name = labels[row] if len(labels) else f"unit {row + 1}"
        raise InfeasibleError(
            f"{name}: no weights satisfy the restrictions together with the data: they let something be made of "
            "nothing, or a bound cannot be met at this unit's volumes. Relax the narrowest of them"
        )


@door("weight restrictions")
def weight_restricted(
    units: Units,
    *,
    restrictions: Sequence[Restriction],
    rts: str,
    orientation: str = "input",
    reference: Units | None = None,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return radial efficiency when the weights of inputs and outputs are limited.

    Use it when unrestricted weights are absurd, such as a service that counts for nothing in a unit's best light.

    Parameters
    ----------
    units : Units
    restrictions : sequence of Ratio, Share, Bound, TradeOff
    rts : {"crs", "vrs", "drs", "irs"}
    orientation : {"input", "output"}
    reference : Units, optional
        Units that make up the frontier, when they are not the measured ones: a unit that is not among them may score
        above one.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency``, ``score``, ``weight …`` per measure.

    Raises
    ------
    OptionError
        Unknown column, or restrictions that contradict each other whatever the data.
    InfeasibleError
        Restrictions that contradict the data of a unit.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [1.0]], [[4.0, 1.0], [1.0, 2.0]])
    >>> weight_restricted(units, restrictions=[Ratio("y2", "y1", 1.0, 1.0)], rts="crs").efficiency.round(6).tolist()
    [1.0, 0.6]
    """
    side = side_of(orientation)
    kind = one_of(rts, CONVEX, "rts with weight restrictions", RTS_ALIASES)
    common, own, lower, upper = _rows(units, restrictions)
    try:
        found = restricted_scores(
            units.X,
            units.Y,
            kind,
            side,
            common,
            own,
            lower,
            upper,
            reference=None if reference is None else (reference.X, reference.Y),
            labels=units.names,
            workers=workers,
        )
    except InfeasibleError:
        _refuse_contradiction(units, common, own, range(len(units)))
        raise
    # Weights that are not all zero on either side show that the restrictions leave some.
    worth = [(weights * data.mean(axis=0)).max(axis=1) for weights, data in ((found.v, units.X), (found.u, units.Y))]
    idle = np.minimum(*worth) <= _IDLE
    _refuse_contradiction(units, common, own, np.flatnonzero(idle).tolist())
    frame = unit_frame(
        units,
        {
            "efficiency": found.score if side == "input" else 1.0 / found.score,
            "score": found.score,
            **by_column("weight", units.inputs, found.v),
            **by_column("weight", units.outputs, found.u),
        },
    )
    options = {"rts": kind, "orientation": side, "restrictions": len(restrictions)}
    return MethodResult("Efficiency with weight restrictions", frame, found, "efficiency", options)


def limit_rows(units: Units, restrictions: Sequence[Restriction]) -> FloatArray:
    """Return ratios and trade-offs as rows with ``row · (v, u) <= 0`` for every unit, array (q, m + s)."""
    return _rows(units, restrictions)[0]


def _rows(
    units: Units, restrictions: Sequence[Restriction]
) -> tuple[FloatArray, dict[int, FloatArray], FloatArray, FloatArray]:
    """Return common rows, own rows, and bounds."""
    columns = [*units.inputs, *units.outputs]
    m, width = len(units.inputs), len(columns)
    common: list[FloatArray] = []
    own: dict[int, list[FloatArray]] = {}
    lower, upper = np.zeros(width), np.full(width, np.inf)
    values = np.hstack([units.X, units.Y])
    for restriction in restrictions:
        _check(restriction, columns)
        if isinstance(restriction, TradeOff):
            row = np.zeros(width)
            for column, change in restriction.changes.items():
                at = columns.index(column)
                row[at] = -change if at < m else change
            common.append(row)
        elif isinstance(restriction, Ratio):
            top, bottom = np.eye(width)[[columns.index(restriction.numerator), columns.index(restriction.denominator)]]
            common += [] if restriction.low is None else [restriction.low * bottom - top]
            common += [] if restriction.high is None else [top - restriction.high * bottom]
        elif isinstance(restriction, Bound):
            at = columns.index(restriction.column)
            lower[at] = lower[at] if restriction.low is None else max(lower[at], restriction.low)
            upper[at] = upper[at] if restriction.high is None else min(upper[at], restriction.high)
        else:
            at = columns.index(restriction.column)
            inside = np.arange(width) < m if at < m else np.arange(width) >= m
            for k in range(len(units)):
                total, part = values[k] * inside, values[k] * (np.arange(width) == at)
                rows = own.setdefault(k, [])
                rows += [] if restriction.low is None else [restriction.low * total - part]
                rows += [] if restriction.high is None else [part - restriction.high * total]
    if (lower > upper).any():
        column = columns[int(np.argmax(lower > upper))]
        raise OptionError(f"the bounds on the weight of {column!r} contradict each other: low is above high")
    stacked = {k: np.array(rows) for k, rows in own.items() if rows}
    return np.array(common).reshape(-1, width), stacked, lower, upper


def _check(restriction: Any, columns: list[str]) -> None:
    if isinstance(restriction, TradeOff):
        names = list(restriction.changes)
    elif isinstance(restriction, Ratio):
        names = [restriction.numerator, restriction.denominator]
    elif isinstance(restriction, (Share, Bound)):
        names = [restriction.column]
    else:
        raise OptionError(f"restrictions are Ratio, Share, Bound and TradeOff, not {restriction!r}")
    for name in names:
        if name not in columns:
            raise OptionError(f"{restriction}: no input or output {name!r}{nearest(name, columns)}")
    if isinstance(restriction, TradeOff):
        return
    low, high = restriction.low, restriction.high
    if low is None and high is None:
        raise OptionError(f"{restriction}: give low, high or both")
    if (low is not None and low < 0) or (high is not None and high < 0):
        raise OptionError(f"{restriction}: weights are not negative, so limits cannot be")
    if low is not None and high is not None and low > high:
        raise OptionError(f"{restriction}: low is above high")


def _refuse_contradiction(
    units: Units, common: FloatArray, own: dict[int, FloatArray], suspects: Sequence[int]
) -> None:
    """Refuse restrictions that only zero weights of a side satisfy, whatever the other units are."""
    size = np.hstack([units.X, units.Y]).mean(axis=0)
    for row in [row for row in suspects if row in own] if own else [-1] * (len(suspects) > 0):
        rows = np.vstack([common, own[row]]) if row in own else common
        for side, inside in (
            ("inputs", np.arange(len(size)) < len(units.inputs)),
            ("outputs", np.arange(len(size)) >= len(units.inputs)),
        ):
            program = Program.build(
                c=np.zeros(len(size)),
                A=np.vstack([rows, size * inside]),
                row_lower=np.append(np.full(len(rows), -np.inf), 1.0),
                row_upper=np.append(np.zeros(len(rows)), 1.0),
            )
            if not solve(program, allow=_ALLOWED).optimal:
                whose = "" if row < 0 else f" at unit {units.names[row]!r}"
                raise OptionError(
                    f"the restrictions contradict each other{whose}: they leave every weight of the {side} zero"
                )

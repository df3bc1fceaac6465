"""Cross-efficiency: every unit seen with every other unit's weights (Sexton, Silkman & Hogan 1986; Doyle & Green 1994).

A unit's own weights are seldom unique, so a second goal picks one set: harsh to all others (aggressive) or kind to
them (benevolent), the unit's own efficiency kept. The others are seen as one: by the ratio of their total output to
their total input (Doyle & Green's method III) or by the difference of the two (their method II).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.core.oriented import side_of
from bench.errors import DataError, Issue
from bench.lp.program import Program, Status
from bench.lp.solvers.highs import optimal_face, solve_many
from bench.options import Periods, one_of
from bench.typing import FloatArray
from bench.units import Units

GOALS = ("aggressive", "benevolent")
SURROGATES = ("ratio", "difference")
#: A unit that does not use an input may price it as it likes: then the difference has no least value.
_ALLOWED: tuple[Status, ...] = ("unbounded",)


@dataclass(frozen=True, slots=True, eq=False)
class CrossEfficiency:
    """Cross-efficiencies of n units.

    Attributes
    ----------
    own : array (n,)
        Constant-returns efficiency with the unit's own weights.
    matrix : array (n, n)
        Row: whose weights; column: who is judged. The diagonal is ``own``. NaN where the weights lie only on
        inputs that the judged unit does not use, and in rows without weights.
    mean : array (n,)
        Efficiency in everybody's eyes, one's own included: the mean of the column where inputs shrink, one over the
        mean of its reciprocals where outputs grow. What is not defined is left out.
    maverick : array (n,)
        How much own efficiency exceeds the same mean of all other eyes, relative to that mean.
    v, u : array (n, m), (n, s)
        Weights of each row of the matrix. The virtual input of all others together is one (``ratio``), or the unit's
        own (``difference``); NaN where the second goal has no bound.
    """

    own: FloatArray
    matrix: FloatArray
    mean: FloatArray
    maverick: FloatArray
    v: FloatArray
    u: FloatArray


def cross_matrix(
    X: FloatArray,
    Y: FloatArray,
    goal: str = "aggressive",
    surrogate: str = "ratio",
    side: str = "input",
    *,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> CrossEfficiency:
    """Return the cross-efficiencies of all units.

    Parameters
    ----------
    X, Y : array (n, m), (n, s)
        Of at least two units.
    goal : {"aggressive", "benevolent"}
        Second goal of Doyle & Green 1994: the others are worth the least, or the most.
    surrogate : {"ratio", "difference"}
        How the others together are valued: total output over total input, or total output less total input while the
        unit's own input is worth one.
    side : {"input", "output"}
        Whether shares of input or their reciprocals are averaged. The weights are the same.

    Examples
    --------
    >>> X, Y = np.array([[1.0], [1.0]]), np.array([[2.0, 1.0], [1.0, 2.0]])
    >>> cross_matrix(X, Y).matrix.round(6).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    n, m = X.shape
    s = Y.shape[1]
    planes = np.hstack([-X, Y])
    whole_x, whole_y = X.sum(axis=0), Y.sum(axis=0)

    def best_light(row: int) -> Program:
        """Columns v and u: the unit's own efficiency, its input worth one."""
        return Program.build(
            c=np.concatenate([np.zeros(m), Y[row]]),
            A=np.vstack([planes, np.concatenate([X[row], np.zeros(s)])]),
            row_lower=np.append(np.full(n, -np.inf), 1.0),
            row_upper=np.append(np.zeros(n), 1.0),
            maximise=True,
        )

    first = solve_many(best_light, n, labels=labels, workers=workers)

    def program(row: int) -> Program:
        """The second goal among the unit's best weights."""
        face = optimal_face(best_light(row), first[row])
        most = goal == "benevolent"
        others_x, others_y = whole_x - X[row], whole_y - Y[row]
        if surrogate == "difference":
            return replace(face, c=np.concatenate([-others_x, others_y]), maximise=most)
        # The input of all others is worth one instead of the unit's own.
        rows = np.vstack([planes, np.concatenate([others_x, np.zeros(s)])])
        return replace(face, c=np.concatenate([np.zeros(m), others_y]), A=rows, maximise=most)

    own = np.array([solution.objective for solution in first])
    allow = _ALLOWED if surrogate == "difference" else ()
    second = solve_many(program, n, labels=labels, allow=allow, workers=workers)
    weights = np.array([solution.x if solution.optimal else np.full(m + s, np.nan) for solution in second])
    v, u = weights[:, :m], weights[:, m:]
    virtual = v @ X.T
    matrix = np.divide(u @ Y.T, virtual, out=np.full((n, n), np.nan), where=virtual > 0)
    np.fill_diagonal(matrix, own)
    mean, others = _means(matrix, side)
    with np.errstate(divide="ignore", invalid="ignore"):
        return CrossEfficiency(own, matrix, mean, (own - others) / others, v, u)


def _means(matrix: FloatArray, side: str) -> tuple[FloatArray, FloatArray]:
    """Return each column's mean of what is defined, with and without the diagonal, arrays (n,)."""
    with np.errstate(divide="ignore"):
        values = matrix if side == "input" else 1.0 / matrix
        judged = np.isfinite(matrix).sum(axis=0)
        total, own = np.nansum(values, axis=0), np.diagonal(values)
        others = np.where(np.isfinite(own), total - own, np.inf)
        others = np.divide(others, judged - 1, out=np.full(len(matrix), np.nan), where=judged > 1)
        mean = total / judged
        return (mean, others) if side == "input" else (1.0 / mean, 1.0 / others)


@door("cross-efficiency")
def cross_efficiency(
    units: Units,
    *,
    goal: str = "aggressive",
    surrogate: str = "ratio",
    orientation: str = "input",
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return the mean efficiency of each unit under every unit's weights.

    Use it to rank all units, and to find mavericks: units efficient only by weights that nobody else would choose.
    Constant returns; with a scale weight cross-efficiencies can be negative.

    Parameters
    ----------
    units : Units
        At least two.
    goal : {"aggressive", "benevolent"}
        The unit's own best weights that are worst, or best, for all others together.
    surrogate : {"ratio", "difference"}
        Of the others' total output and total input: method III or method II of Doyle & Green 1994.
    orientation : {"input", "output"}
        ``output`` averages Farrell output scores, one over the shares: a harmonic mean of the shares.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` (mean), ``own``, ``maverick``; on the output side ``score``, the mean output score, as well.
        ``values.matrix`` is the whole table of shares. Units whose weights are not defined are in ``issues``.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [1.0]], [[2.0, 1.0], [1.0, 2.0]])
    >>> cross_efficiency(units).efficiency.round(6).tolist()
    [0.75, 0.75]
    """
    kind = one_of(goal, GOALS, "goal")
    if len(units) < 2:
        raise DataError("cross-efficiency needs at least two units")
    form, side = one_of(surrogate, SURROGATES, "surrogate"), side_of(orientation)
    found = cross_matrix(units.X, units.Y, kind, form, side, labels=units.names, workers=workers)
    columns = {"efficiency": found.mean, "own": found.own, "maverick": found.maverick}
    if side == "output":
        with np.errstate(divide="ignore"):
            columns["score"] = 1.0 / found.mean
    options = {"rts": "crs", "goal": kind, "surrogate": form, "orientation": side}
    return MethodResult(
        "Cross-efficiency", unit_frame(units, columns), found, "efficiency", options, _issues(units, found, side)
    )


def _issues(units: Units, found: CrossEfficiency, side: str) -> tuple[Issue, ...]:
    """Name the units that have no weights of their own, and on the output side those whose outputs somebody scorns."""
    told = [
        Issue(
            "unbounded",
            "the unit does not use every input, so that it may price the others' use of it without bound: it judges "
            "nobody but itself",
            "use surrogate='ratio'",
            severity="warning",
            unit=units.names[row],
        )
        for row in np.flatnonzero(np.isnan(found.u).any(axis=1))
    ]
    if side == "output":
        told += [
            Issue(
                "worthless-outputs",
                "somebody's weights give the unit's outputs no value: its mean output score is infinite",
                "use orientation='input', whose mean takes a share of zero",
                severity="warning",
                unit=units.names[row],
            )
            for row in np.flatnonzero(found.mean == 0.0)
        ]
    return tuple(told)

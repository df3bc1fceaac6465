"""Cross-efficiency: every unit seen with every other unit's weights (Sexton, Silkman & Hogan 1986; Doyle & Green 1994).

A unit's own weights are seldom unique, so a second goal picks one set: harsh to all others (aggressive) or kind to
them (benevolent), the unit's own efficiency kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.errors import DataError
from bench.lp.program import Program
from bench.lp.solvers.highs import optimal_face, solve_many
from bench.options import Periods, one_of
from bench.typing import FloatArray
from bench.units import Units

GOALS = ("aggressive", "benevolent")


@dataclass(frozen=True, slots=True, eq=False)
class CrossEfficiency:
    """Cross-efficiencies of n units.

    Attributes
    ----------
    own : array (n,)
        Constant-returns efficiency with the unit's own weights.
    matrix : array (n, n)
        Row: whose weights; column: who is judged. The diagonal is ``own``. NaN where the weights lie only on
        inputs that the judged unit does not use.
    mean : array (n,)
        Column means of what is defined: efficiency in everybody's eyes, one's own included.
    maverick : array (n,)
        How much own efficiency exceeds the mean in all other eyes, relative to that mean.
    v, u : array (n, m), (n, s)
        Weights of each row of the matrix, with the virtual input of all others together at one.
    """

    own: FloatArray
    matrix: FloatArray
    mean: FloatArray
    maverick: FloatArray
    v: FloatArray
    u: FloatArray


def cross_matrix(
    X: FloatArray, Y: FloatArray, goal: str = "aggressive", *, labels: Sequence[str] = (), workers: int = 1
) -> CrossEfficiency:
    """Return the cross-efficiencies of all units.

    Parameters
    ----------
    X, Y : array (n, m), (n, s)
        Of at least two units.
    goal : {"aggressive", "benevolent"}
        Second goal of Doyle & Green 1994: the other units' total output at least (at most) worth while their total
        input is worth one.

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
        """The second goal among the unit's best weights, the input of all others worth one instead of its own."""
        face = optimal_face(best_light(row), first[row])
        others = np.concatenate([whole_x - X[row], np.zeros(s)])
        return replace(
            face,
            c=np.concatenate([np.zeros(m), whole_y - Y[row]]),
            A=np.vstack([planes, others]),
            maximise=goal == "benevolent",
        )

    own = np.array([solution.objective for solution in first])
    weights = np.array([solution.x for solution in solve_many(program, n, labels=labels, workers=workers)])
    v, u = weights[:, :m], weights[:, m:]
    virtual = v @ X.T
    matrix = np.divide(u @ Y.T, virtual, out=np.full((n, n), np.nan), where=virtual > 0)
    np.fill_diagonal(matrix, own)
    mean = np.nanmean(matrix, axis=0)
    judged = np.isfinite(matrix).sum(axis=0) - 1
    others = np.nansum(matrix, axis=0) - own
    others_mean = np.divide(others, judged, out=np.full(n, np.nan), where=judged > 0)
    return CrossEfficiency(own, matrix, mean, (own - others_mean) / others_mean, v, u)


@door("cross-efficiency")
def cross_efficiency(
    units: Units, *, goal: str = "aggressive", periods: Periods | None = None, workers: int = 1
) -> MethodResult:
    """Return the mean efficiency of each unit under every unit's weights.

    Use it to rank all units, and to find mavericks: units efficient only by weights that nobody else would choose.
    Constant returns; with a scale weight cross-efficiencies can be negative.

    Parameters
    ----------
    units : Units
        At least two.
    goal : {"aggressive", "benevolent"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` (mean), ``own``, ``maverick``. ``values.matrix`` is the whole table.

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
    found = cross_matrix(units.X, units.Y, kind, labels=units.names, workers=workers)
    frame = unit_frame(units, {"efficiency": found.mean, "own": found.own, "maverick": found.maverick})
    return MethodResult("Cross-efficiency", frame, found, "efficiency", {"rts": "crs", "goal": kind})

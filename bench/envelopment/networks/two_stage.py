"""Two-stage networks: the outputs of the first stage are the inputs of the second.

Kao & Hwang 2008: one system whose efficiency is the product of its stages. The split is not unique, so its range is
given (Liang, Cook & Zhu 2008: each stage in its best light).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.core.technology import Technology
from bench.errors import OptionError, nearest
from bench.lp.program import Program
from bench.lp.solvers.highs import optimal_face, solve_many
from bench.options import Periods
from bench.typing import FloatArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class TwoStage:
    """Efficiency of n systems of two stages, constant returns, input side.

    Attributes
    ----------
    system : array (n,)
        Product of the two stages.
    first_low, first_high : array (n,)
        Range of the first stage's efficiency among all splits with this product.
    second_low, second_high : array (n,)
    first_alone, second_alone : array (n,)
        Each stage against its own frontier, without the other.
    """

    system: FloatArray
    first_low: FloatArray
    first_high: FloatArray
    second_low: FloatArray
    second_high: FloatArray
    first_alone: FloatArray
    second_alone: FloatArray


def two_stage_scores(
    X: FloatArray, Z: FloatArray, Y: FloatArray, *, labels: Sequence[str] = (), workers: int = 1
) -> TwoStage:
    """Return system and stage efficiencies.

    Parameters
    ----------
    X, Z, Y : array (n, m), (n, q), (n, s)
        Inputs, intermediate products, final outputs.

    Examples
    --------
    >>> X, Z, Y = np.array([[1.0], [2.0]]), np.array([[1.0], [1.0]]), np.array([[1.0], [0.5]])
    >>> two_stage_scores(X, Z, Y).system.round(6).tolist()
    [1.0, 0.25]
    """
    n, m = X.shape
    q, s = Z.shape[1], Y.shape[1]
    stages = np.vstack([np.hstack([-X, Z, np.zeros((n, s))]), np.hstack([np.zeros((n, m)), -Z, Y])])

    def whole(row: int) -> Program:
        """Columns v, w and u: the system's efficiency, its input worth one, both stages limited at one price of Z."""
        return Program.build(
            c=np.concatenate([np.zeros(m + q), Y[row]]),
            A=np.vstack([stages, np.concatenate([X[row], np.zeros(q + s)])]),
            row_lower=np.append(np.full(2 * n, -np.inf), 1.0),
            row_upper=np.append(np.zeros(2 * n), 1.0),
            maximise=True,
        )

    solutions = solve_many(whole, n, labels=labels, workers=workers)
    system = np.array([solution.objective for solution in solutions])

    def split(position: int) -> Program:
        """The first stage's efficiency among all weights that give the system its own."""
        row = position % n
        face = optimal_face(whole(row), solutions[row])
        return replace(face, c=np.concatenate([np.zeros(m), Z[row], np.zeros(s)]), maximise=position < n)

    names = [*labels, *labels] if len(labels) else ()
    ends = np.array([found.objective for found in solve_many(split, 2 * n, labels=names, workers=workers)])
    low, high = ends[n:], ends[:n]
    return TwoStage(
        system=system,
        first_low=low,
        first_high=high,
        second_low=system / high,
        second_high=system / low,
        first_alone=_radial(X, Z, labels, workers),
        second_alone=_radial(Z, Y, labels, workers),
    )


def _radial(X: FloatArray, Y: FloatArray, labels: Sequence[str], workers: int) -> FloatArray:
    technology = Technology.of(X, Y, "crs")
    g = technology.directions(X, 0 * Y)
    own = np.arange(len(X))
    return technology.ray(technology.points(X, Y), g, own=own, labels=labels, workers=workers).score("input")


@door("a two-stage network")
def two_stage(
    units: Units, *, intermediate: Sequence[str], periods: Periods | None = None, workers: int = 1
) -> MethodResult:
    """Return the efficiency of units that work in two stages.

    Use it when what is made first is used up afterwards: places → days of care → users helped.

    Parameters
    ----------
    units : Units
        Inputs of the first and outputs of the second stage by role.
    intermediate : sequence of str
        Number columns of the table (role ``extra``) with what passes between the stages.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` (system), ``first_low``, ``first_high``, ``second_low``, ``second_high``, ``first_alone``,
        ``second_alone``. Constant returns; with variable returns the product has no linear form.

    Raises
    ------
    OptionError
        No such column, or one that has another role.

    Examples
    --------
    >>> import bench, pandas as pd
    >>> table = pd.DataFrame({"unit": ["A", "B"], "cost": [1.0, 2.0], "days": [1.0, 1.0], "users": [1.0, 0.5]})
    >>> units = bench.Units.from_frame(table, id="unit", inputs=["cost"], outputs=["users"], extra=["days"])
    >>> two_stage(units, intermediate=["days"]).efficiency.round(6).tolist()
    [1.0, 0.25]
    """
    if isinstance(intermediate, str) or not len(intermediate):
        raise OptionError("intermediate must be a list of at least one column")
    for column in intermediate:
        if column not in units.extra:
            raise OptionError(
                f"intermediate: {column!r} is no extra column{nearest(column, units.extra)}; there are {units.extra}"
            )
    found = two_stage_scores(units.X, units.values(intermediate), units.Y, labels=units.names, workers=workers)
    names = ("first_low", "first_high", "second_low", "second_high", "first_alone", "second_alone")
    frame = unit_frame(units, {"efficiency": found.system, **{name: getattr(found, name) for name in names}})
    return MethodResult("Two-stage network", frame, found, "efficiency", {"intermediate": ", ".join(intermediate)})

"""Whole places and whole posts: targets that are whole numbers (Lozano & Villa 2006; Kuosmanen & Kazemi Matin 2009).

Half a nursing-home place cannot be closed. Some measures are counted, and the point a unit is compared with must have
whole numbers of them; rounding a target of the plain programs gives points that are not possible, or not efficient.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame
from bench.envelopment.core.oriented import named, side_of
from bench.envelopment.core.technology import CONVEX, Technology
from bench.errors import DataError, Issue
from bench.lp.program import Program
from bench.lp.solvers.highs import solve_many
from bench.options import Periods, one_of
from bench.typing import BoolArray, FloatArray
from bench.units import Units

#: A number this close to a whole one is whole.
_WHOLE = 1e-9


def _program(technology: Technology, x: FloatArray, y: FloatArray, whole: BoolArray, side: str) -> Program:
    """Columns: intensities, the targets of the counted measures, and the factor.

    Inputs: Xλ ≤ target ≤ θx, outputs: Yλ ≥ target ≥ φy, the factor being one on the side that is held.
    """
    P = technology.columns
    n, d, m, s = len(P), P.shape[1], len(x), len(y)
    counted = np.flatnonzero(whole)
    q = len(counted)
    sign = np.append(np.full(m, -1.0), np.ones(s))
    own = np.append(-x, y)
    moves = np.append(np.full(m, side == "input"), np.full(s, side == "output"))
    # Between the mix and the target of a counted measure: sign·(mix − target) is not negative.
    near = np.zeros((d, n + q + 1))
    near[:, :n] = P.T
    low = technology.points(x[None], y[None])[0]
    for place, j in enumerate(counted.tolist()):
        near[j, n + place] = -sign[j]
        low[j] = 0.0
    for j in range(m + s):
        if not whole[j] and moves[j]:
            near[j, -1], low[j] = -own[j], 0.0
    # Between the target and what the unit has: sign·target ≥ factor·own.
    far, far_low = np.zeros((q, n + q + 1)), np.zeros(q)
    for place, j in enumerate(counted.tolist()):
        far[place, n + place] = sign[j]
        far[place, -1], far_low[place] = (-own[j], 0.0) if moves[j] else (0.0, own[j])
    c = np.zeros(n + q + 1)
    c[-1] = 1.0
    integer = np.zeros(n + q + 1, dtype=bool)
    integer[n : n + q] = True
    upper_row = np.append(np.where(technology.equality, low, np.inf), np.full(q, np.inf))
    return Program.build(
        c=c, A=np.vstack([near, far]), row_lower=np.append(low, far_low), row_upper=upper_row,
        maximise=side == "output", integer=integer,
    )  # fmt: skip


@door("whole-number targets")
def integer_data(
    units: Units,
    *,
    whole: Collection[str],
    rts: str,
    orientation: str = "input",
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return radial efficiency with whole-number targets for counted measures.

    Parameters
    ----------
    units : Units
    whole : collection of str
        Inputs and outputs that are counted (places, posts, schools); their data must be whole numbers.
    rts : {"crs", "vrs", "drs", "irs"}
    orientation : {"input", "output"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency``, ``score`` (Farrell) and ``target …`` of the counted measures; never below the efficiency of
        :func:`bench.dea`.

    Raises
    ------
    OptionError
    DataError
        Data of a counted measure that are no whole numbers, or negative data.

    Examples
    --------
    Two and a half of four places would do, which is no answer; three are:

    >>> import bench
    >>> units = bench.Units.from_arrays([[5.0], [4.0]], [[10.0], [5.0]], names=["A", "B"])
    >>> integer_data(units, whole=["x1"], rts="crs").efficiency.tolist()
    [1.0, 0.75]
    """
    kind = one_of(rts, CONVEX, "rts of whole-number targets", {"nirs": "drs", "ndrs": "irs"})
    side = side_of(orientation)
    mask = named(units, whole, "whole")
    values, columns = np.hstack([units.X, units.Y]), [*units.inputs, *units.outputs]
    off = mask & (np.abs(values - np.round(values)) > _WHOLE * (1 + np.abs(values)))
    if off.any():
        raise DataError(
            [
                Issue(
                    "not-whole", "the measure is counted, but the value is no whole number",
                    "correct the value, or leave the column out of whole=", unit=units.names[row],
                    column=columns[column], value=f"{values[row, column]:g}",
                )
                for row, column in np.argwhere(off)
            ]
        )  # fmt: skip
    technology = Technology.of(units.X, units.Y, kind)
    programs = [_program(technology, x, y, mask, side) for x, y in zip(units.X, units.Y, strict=True)]
    empty = ~((units.X if side == "input" else units.Y) > 0).any(axis=1)
    solved = np.flatnonzero(~empty)
    answers = solve_many(
        [programs[row] for row in solved], labels=[units.names[row] for row in solved], workers=workers
    )
    score, q = np.full(len(units), np.nan), int(mask.sum())
    target = np.full((len(units), q), np.nan)
    for row, found in zip(solved, answers, strict=True):
        score[row], target[row] = found.objective, np.round(found.x[len(units) : len(units) + q])
    issues = tuple(
        Issue(
            "undefined", f"the unit has no {side}s to change in proportion", severity="warning", unit=units.names[row]
        )
        for row in np.flatnonzero(empty)
    )
    counted = [name for name, is_whole in zip(columns, mask, strict=True) if is_whole]
    frame = unit_frame(
        units,
        {
            "efficiency": score if side == "input" else 1.0 / score,
            "score": score,
            **by_column("target", counted, target),
        },
    )
    options = {"rts": kind, "orientation": side, "whole": ", ".join(counted)}
    return MethodResult("Efficiency with whole-number targets", frame, answers, "efficiency", options, issues)

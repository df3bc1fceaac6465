"""The smallest and largest value of each multiplier over the optimal face."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench.envelopment.face_centre import Face, Limits, limits_of, scaled_to, solutions
from bench.errors import SolverError
from bench.lp import maximise_ray
from bench.lp.program import Program, Status

FloatArray = npt.NDArray[np.float64]

#: Multipliers count as optimal when they miss the optimal value by no more than this share.
OPTIMAL = 1e-11
#: Shares for faces that are too thin for the first.
_WIDER = (1e-10, 1e-9)
_ENDLESS: tuple[Status, ...] = ("unbounded",)


def face_ends(face: Face, start: FloatArray, labels: list[str], sign: float) -> FloatArray:
    """Return the largest (``sign`` 1) or smallest (−1) value of each scaled multiplier, array (k, d).

    NaN in the rows of units whose programs could not be solved and proven.

    Parameters
    ----------
    face : Face
    start : array (k, d)
        Any optimal multipliers.
    labels : list of str
        Names for errors.
    sign : float

    Notes
    -----
    Units whose programs resist together are taken one by one: near-duplicates among the peers make faces so thin that
    the optimal value is only met to less than ``OPTIMAL``, or programs whose terms cancel. The last resort writes the
    face without its equations.
    """
    try:
        return _along_rays(face, labels, sign, OPTIMAL)
    except SolverError:
        one_by_one = [_alone(face.part(slice(i, i + 1)), start[i : i + 1], labels[i], sign) for i in range(len(labels))]
        return np.concatenate(one_by_one)


def _alone(face: Face, start: FloatArray, label: str, sign: float) -> FloatArray:
    for share in (OPTIMAL, *_WIDER):
        try:
            return _along_rays(face, [label], sign, share)
        except SolverError:
            continue
    try:
        return _without_equations(face, start, label, sign)
    except SolverError:
        return np.full_like(start, np.nan)


def _along_rays(face: Face, labels: list[str], sign: float, share: float) -> FloatArray:
    """Solve for all units at once.

    The dual of "largest z_i over the face" is a program along a ray whose one extra column is the projection reversed.
    The face is widened by a hair along g: exact, it would be empty to rounding as often as not.
    """
    back = -(face.projections + share * face.directions)
    k, d = face.directions.shape
    ends = np.full((k, d), np.nan)
    for coordinate in range(d if k else 0):
        # One step back along g adds one to the value, which would otherwise often be exactly zero.
        points = -face.directions
        points[:, coordinate] += sign
        found = maximise_ray(
            face.columns, points, face.directions, equality=face.equality,
            exclude=face.exclude, extra=back, labels=labels,
        )  # fmt: skip
        value = np.where(found.optimal, -sign * (found.value - 1.0), sign * np.inf)
        ends[:, coordinate] = value if face.equality[coordinate] else np.maximum(value, 0.0)
    return ends


def _without_equations(face: Face, start: FloatArray, label: str, sign: float) -> FloatArray:
    """Solve for one unit within the equations of its face, where what is left of near-duplicates has size one."""
    from bench.lp.highs import solve

    size = scaled_to(start, np.full_like(start, np.inf))
    limits: Limits = limits_of(face, np.zeros(len(face.scale), dtype=bool), size)
    at, basis, _ = solutions(limits, np.ones(start.shape, dtype=bool), start / size)
    rows, constant, present = limits.within(at, basis)
    signed = ~face.equality
    A = np.vstack([rows[0, present[0]], basis[0, signed]])
    lower = -np.maximum(np.concatenate([constant[0, present[0]], at[0, signed]]), 0.0)
    ends = at.copy()
    for coordinate in np.flatnonzero(np.abs(basis[0]).max(axis=1, initial=0.0) > 0):
        program = Program.build(
            c=basis[0, coordinate], A=A, row_lower=lower, column_lower=-np.inf, maximise=sign > 0
        )  # fmt: skip
        found = solve(program, label=label, allow=_ENDLESS)
        ends[0, coordinate] += found.objective if found.status == "optimal" else sign * np.inf
    ends *= size
    return np.where(face.equality, ends, np.maximum(ends, 0.0))

"""The smallest and largest value of each multiplier over the optimal face."""

from __future__ import annotations

import numpy as np

from bench.envelopment.multipliers.face_centre import Face
from bench.errors import SolverError
from bench.lp import maximise_ray
from bench.typing import FloatArray

#: Multipliers count as optimal when they miss the optimal value by no more than this share.
OPTIMAL = 1e-11


def face_ends(face: Face, labels: list[str], sign: float) -> FloatArray:
    """Return the largest (``sign`` 1) or smallest (−1) value of each scaled multiplier, array (k, d).

    NaN in the rows of units whose programs could not be solved and proven.

    Parameters
    ----------
    face : Face
    labels : list of str
        Names for errors.
    sign : float

    Notes
    -----
    Near-duplicates among the peers make faces so thin that a program's terms cancel. Where one resists, units are
    taken one by one.
    """
    try:
        return _along_rays(face, labels, sign)
    except SolverError:
        one_by_one = [_alone(face.part(slice(i, i + 1)), labels[i], sign) for i in range(len(labels))]
        return np.concatenate(one_by_one)


def _alone(face: Face, label: str, sign: float) -> FloatArray:
    try:
        return _along_rays(face, [label], sign)
    except SolverError:
        return np.full_like(face.directions, np.nan)


def _along_rays(face: Face, labels: list[str], sign: float) -> FloatArray:
    """Solve for all units at once.

    The dual of "largest z_i over the face" is a program along a ray whose one extra column is the projection reversed.
    The face is widened by a hair along g: exact, it would be empty to rounding as often as not.
    """
    back = -(face.projections + OPTIMAL * face.directions)
    k, d = face.directions.shape
    ends = np.full((k, d), np.nan)
    for coordinate in range(d if k else 0):
        # One step back along g adds one to the value, which would otherwise often be exactly zero.
        points = -face.directions
        points[:, coordinate] += sign
        found = maximise_ray(
            face.columns, points, face.directions, equality=face.equality,
            exclude=face.exclude, extra=back, computed=True, labels=labels,
        )  # fmt: skip
        value = np.where(found.optimal, -sign * (found.value - 1.0), sign * np.inf)
        ends[:, coordinate] = value if face.equality[coordinate] else np.maximum(value, 0.0)
    return ends

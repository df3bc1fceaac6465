"""The centre of each unit's face of optimal multipliers: the point that minimises Σ (z − log z) over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.weighted_centre import Problem, weighted_centres
from bench.errors import SolverError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

#: Singular values of the equations below the first are zero; columns this close to their span are on it.
_SPANNED, _ON_THE_SPAN = 1e-12, 1e-10
#: Largest share of its terms by which an equation or inequality may be missed.
_ON_THE_FACE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """The optimal multipliers of k units: z ≥ 0 with ``A z ≤ 0``, ``g · z = 1``, ``τ · z = 0``, scaled by row.

    Attributes
    ----------
    columns : array (n, d)
        Columns of the technology; rows divided by ``scale``, columns by their largest coordinate.
    directions, projections : array (k, d)
        g and τ, in the same measures.
    equality : array (d,) of bool
        Coordinates without a sign.
    scale : array (d,)
        Mean of each coordinate; a multiplier in the data's measures is z / scale.
    exclude : array (k,) of int or None
    peers : array (k, w) of int
        Columns in use at the optimum, −1 for none: all optimal multipliers price them at zero.
    slack : array (k, d)
        What the mix of peers has beyond the projection: all optimal multipliers of a coordinate with slack are zero.
    """

    columns: FloatArray
    directions: FloatArray
    projections: FloatArray
    equality: BoolArray
    scale: FloatArray
    exclude: IntArray | None
    peers: IntArray
    slack: FloatArray

    def part(self, rows: slice | IntArray) -> Face:
        """Return the faces of some units."""
        exclude = None if self.exclude is None else self.exclude[rows]
        return Face(
            self.columns, self.directions[rows], self.projections[rows], self.equality, self.scale, exclude,
            self.peers[rows], self.slack[rows],
        )  # fmt: skip


def centre_of_face(
    face: Face, support: BoolArray, priced: BoolArray, start: FloatArray, labels: list[str]
) -> FloatArray:
    """Minimise Σ (z − log z) over each face, all units of the block at once.

    Parameters
    ----------
    face : Face
    support : array (k, d) of bool
        Coordinates that are positive somewhere on the face; the others are zero.
    priced : array (d,) of bool
        Coordinates in the sum (all but the intercept).
    start : array (k, d)
        Any optimal multipliers.
    labels : list of str
        Names for errors.

    Returns
    -------
    array (k, d)

    Notes
    -----
    Peers are priced at zero, ``g · z = 1``: z is written as one solution of these equations and a basis of their
    directions, so that no step leaves them. Columns that are mixes of peers (duplicates for one) are priced at zero
    with these and are no inequalities.
    """
    free = support | face.equality
    signed = ~priced & ~face.equality
    columns = np.vstack([face.columns, -np.eye(len(priced))[signed]])
    at, basis, used = _solutions(face, free, start)
    inside = _inequalities(face, columns)
    rows = columns @ basis
    length = np.sqrt((rows**2).sum(axis=2))
    present = inside & (length > _ON_THE_SPAN)
    length = np.where(present, length, 1.0)
    log = free & priced
    problem = Problem(
        rows=np.concatenate([-rows * (present / length)[:, :, None], basis * log[:, :, None]], axis=1),
        constant=np.concatenate([-(at @ columns.T) / length, at], axis=1),
        objective=(basis * log[:, :, None]).sum(axis=1),
        weight=np.concatenate([np.zeros(rows.shape[:2]), log * basis.any(axis=2)], axis=1),
        used=used,
    )
    y, arrived = weighted_centres(problem, np.maximum(np.abs(at).max(axis=1), 1.0))
    z = at + (basis @ y[:, :, None])[:, :, 0]
    missed = _missed(face, columns, inside, z)
    bad = np.flatnonzero(~(arrived & (missed <= _ON_THE_FACE)))
    if len(bad):
        raise SolverError(
            f"{labels[bad[0]]}: the centre of the optimal multipliers was not found ({missed[bad[0]]:.1e})"
        )
    return z


def _equations(face: Face) -> tuple[FloatArray, FloatArray]:
    """Return the equations of each face, array (k, 1 + w, d), and their right sides: ``g · z = 1``, peers at zero."""
    tight = np.where((face.peers >= 0)[:, :, None], face.columns[np.maximum(face.peers, 0)], 0.0)
    size = np.abs(face.directions).max(axis=1, keepdims=True)
    size = np.where(size > 0, size, 1.0)
    rows = np.concatenate([(face.directions / size)[:, None, :], tight], axis=1)
    right = np.zeros(rows.shape[:2])
    right[:, 0] = 1.0 / size[:, 0]
    return rows, right


def _solutions(face: Face, free: BoolArray, start: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return a solution of the equations (k, d) near the start, a basis of their directions (k, d, q), and its extent.

    Coordinates that are not free are zero. Units with fewer than q directions have zeros in the basis.
    """
    rows, right = _equations(face)
    k, d = free.shape
    fixed = np.where(free, 0.0, 1.0)[:, :, None] * np.eye(d)
    every = np.concatenate([rows * free[:, None, :], fixed], axis=1)
    left, size, across = np.linalg.svd(every, full_matrices=True)
    known = size > _SPANNED
    q = int((~known).sum(axis=1).max(initial=0))
    at = np.where(free, start, 0.0)
    for _ in range(2):
        gap = np.concatenate([right - np.einsum("krd,kd->kr", every[:, : rows.shape[1]], at), np.zeros((k, d))], axis=1)
        turned = np.einsum("krs,kr->ks", left[:, :, :d], gap)
        at = at + np.einsum("ksd,ks->kd", across, np.where(known, turned / np.where(known, size, 1.0), 0.0))
        at = np.where(free, at, 0.0)
    used = ~known[:, d - q :]
    basis = np.swapaxes(across[:, d - q :] * used[:, :, None], 1, 2) * free[:, :, None]
    return at, basis, used


def _inequalities(face: Face, columns: FloatArray) -> BoolArray:
    """Return which columns each unit must not price above zero by an inequality, array (k, n)."""
    inside = np.ones((len(face.peers), len(columns)), dtype=bool)
    if face.exclude is not None:
        hit = np.flatnonzero(face.exclude >= 0)
        inside[hit, face.exclude[hit]] = False
    unit, slot = np.nonzero(face.peers >= 0)
    inside[unit, face.peers[unit, slot]] = False
    return inside


def _missed(face: Face, columns: FloatArray, inside: BoolArray, z: FloatArray) -> FloatArray:
    """Return by what share of its largest term each unit misses an equation or inequality of its face, at most."""
    rows, right = _equations(face)
    size = np.maximum(np.abs(z).max(axis=1), 1.0)
    above = np.where(inside, z @ columns.T, 0.0).max(axis=1)
    off = np.abs(np.einsum("krd,kd->kr", rows, z) - right).max(axis=1)
    return np.asarray(np.maximum(above, off) / size)

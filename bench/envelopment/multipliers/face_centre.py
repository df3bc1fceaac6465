"""The centre of each unit's face of optimal multipliers: the point that minimises Σ (z − log z) over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.envelopment.multipliers.weighted_centre import Problem, weighted_centres
from bench.typing import BoolArray, FloatArray, IntArray

#: Products worked out at once.
_CELLS = 1 << 20
#: Singular values of the equations below the first are zero; columns this close to their span are on it.
_SPANNED, _ON_THE_SPAN = 1e-12, 1e-10
#: A coordinate that moves less along each direction stays where it is.
_STILL = 1e-9
#: Largest share of its terms by which an equation or inequality may be missed.
ON_THE_FACE = 1e-9
#: From this many columns on each face is cut out by those near it, first so many, then those that it lies beyond.
COLUMNS, _NEAR, _ADDED, _ROUNDS = 256, 64, 32, 12
#: A centre lies beyond a column that it misses by a larger share of its terms.
_BEYOND = 1e-11
#: Sums whose terms are all below this share of the largest coordinate are judged against that share.
_NOISE = 1e-5


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
    face: Face, support: BoolArray, priced: BoolArray, start: FloatArray, size: FloatArray
) -> tuple[FloatArray, FloatArray]:
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
    size : array (k, d)
        Measure of each coordinate; see :func:`scaled_to`.

    Returns
    -------
    centre : array (k, d)
    missed : array (k,)
        Largest share of its terms by which the centre misses a condition of the face; infinite where none was found.

    Notes
    -----
    Peers are priced at zero, ``g · z = 1``: z is written as one solution of these equations and a basis of their
    directions, so that no step leaves them. Columns that are mixes of peers (duplicates for one) are priced at zero
    with these and are no inequalities.
    """
    free = support | face.equality
    size = np.where(free, size, 1.0)
    signed = ~priced & ~face.equality
    if len(face.columns) <= COLUMNS:
        every = np.broadcast_to(np.arange(len(face.columns)), (len(start), len(face.columns)))
        return _centre(face, every, free, signed, priced, start, size)
    centre, missed = np.zeros_like(start), np.full(len(start), np.inf)
    left, near = np.arange(len(start)), nearest(face, start, _NEAR)
    for turn in range(_ROUNDS):
        part = face.part(left)
        z, off = _centre(part, near, free[left], signed, priced, start[left], size[left])
        over, most = _beyond(part, z)
        # A centre that was not found is not looked for again: other measures come next, on another face.
        ended = ~np.isfinite(off) | (most <= _BEYOND) | (turn == _ROUNDS - 1)
        centre[left[ended]], missed[left[ended]] = z[ended], np.maximum(off, most)[ended]
        if ended.all():
            break
        left, near = left[~ended], np.concatenate([near, largest(over, _ADDED)], axis=1)[~ended]
    return centre, missed


def nearest(face: Face, at: FloatArray, count: int) -> IntArray:
    """Return the columns whose limits lie nearest to a point of each face, array (k, count)."""
    return largest(_priced(face, at), count)


def largest(values: FloatArray, count: int) -> IntArray:
    """Return where the largest values of each row are, array (k, count) in no order."""
    count = min(count, values.shape[1])
    return np.argpartition(values, values.shape[1] - count, axis=1)[:, -count:]


def _priced(face: Face, z: FloatArray) -> FloatArray:
    """Return what each column is worth at z, array (k, n); −∞ where it is no inequality of the unit."""
    worth = z @ face.columns.T
    if face.exclude is not None:
        hit = np.flatnonzero(face.exclude >= 0)
        worth[hit, face.exclude[hit]] = -np.inf
    unit, slot = np.nonzero(face.peers >= 0)
    worth[unit, face.peers[unit, slot]] = -np.inf
    return worth


def _beyond(face: Face, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what each column is worth (k, n), and by what share of its terms z misses any of them at most (k,)."""
    worth = _priced(face, z)
    unit, column = np.nonzero(worth > 0)
    most = np.zeros(len(z))
    for first in range(0, len(unit), _CELLS):
        who, which = unit[first : first + _CELLS], column[first : first + _CELLS]
        terms = np.abs(face.columns[which] * z[who]).max(axis=1)
        terms = np.maximum(terms, _NOISE * np.abs(z[who]).max(axis=1))
        np.maximum.at(most, who, worth[who, which] / np.where(terms > 0, terms, 1.0))
    return worth, most


def _centre(
    face: Face,
    near: IntArray,
    free: BoolArray,
    signed: BoolArray,
    priced: BoolArray,
    start: FloatArray,
    size: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Find the centre among the limits of some columns only, ``near`` (k, w)."""
    limits = limits_of(face, near, signed, size)
    at, basis, used = solutions(limits, free, start / size)
    rows, constant, _ = limits.within(at, basis)
    log = free & priced & (np.abs(basis).max(axis=2, initial=0.0) > _STILL)
    problem = Problem(
        rows=np.concatenate([rows, basis * log[:, :, None]], axis=1),
        constant=np.concatenate([constant, at], axis=1),
        objective=(basis * (log * size)[:, :, None]).sum(axis=1),
        weight=np.concatenate([np.zeros(constant.shape), log], axis=1),
        used=used,
    )
    y, arrived = weighted_centres(problem)
    z = at + _times(basis, y)
    lowest = z[:, ~face.equality].min(axis=1, initial=0.0)
    z = np.where(face.equality, z, np.maximum(z, 0.0))
    below = lowest < -ON_THE_FACE
    return z * size, np.where(arrived & ~below, limits.missed(z), np.inf)


def scaled_to(start: FloatArray, high: FloatArray) -> FloatArray:
    """Return a measure for each coordinate, array (k, d): its largest value, or the largest of all at the start.

    Coordinates of very different sizes would make the systems of the method ill-conditioned.
    """
    usual = np.maximum(np.abs(start).max(axis=1, keepdims=True), 1.0)
    size = np.minimum(np.abs(high), usual)
    return np.where(size > 0, size, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """What holds on each face for z divided by its measure.

    Attributes
    ----------
    columns : array (k, n, d)
        Priced at zero at most; each divided by its largest coordinate.
    inside : array (k, n) of bool
        Which of these are inequalities for the unit: neither peers nor left out.
    equations : array (k, 1 + w, d)
        Direction and peers, divided likewise.
    right : array (k, 1 + w)
    """

    columns: FloatArray
    inside: BoolArray
    equations: FloatArray
    right: FloatArray

    def within(self, at: FloatArray, basis: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Return the inequalities for y in ``z = at + basis y``: rows of length one, constants, and which there are.

        ``constant + rows y ≥ 0``; columns on the span of the equations have rows of zeros.
        """
        rows = self.columns @ basis
        length = np.sqrt((rows**2).sum(axis=2))
        present = self.inside & (length > _ON_THE_SPAN)
        length = np.where(present, length, 1.0)
        return -rows * (present / length)[:, :, None], -_times(self.columns, at) / length, present

    def missed(self, z: FloatArray) -> FloatArray:
        """Return by what share of its largest term each unit misses an equation or inequality, at most."""
        least = _NOISE * np.abs(z).max(axis=1, keepdims=True)
        terms = np.maximum(np.abs(self.columns * z[:, None, :]).max(axis=2), least)
        above = np.where(self.inside, _times(self.columns, z) / terms, 0.0).max(axis=1, initial=0.0)
        terms = np.maximum(np.abs(self.equations * z[:, None, :]).max(axis=2), np.maximum(self.right, least))
        off = np.abs((_times(self.equations, z) - self.right) / terms).max(axis=1)
        return np.asarray(np.maximum(above, off))


def limits_of(face: Face, near: IntArray, signed: BoolArray, size: FloatArray) -> Limits:
    """Return the conditions of each face for z divided by ``size``: the columns ``near`` (k, w) and signs."""
    columns = face.columns[near]
    own = -np.eye(len(signed))[signed]
    columns = np.concatenate([columns, np.broadcast_to(own, (len(near), *own.shape))], axis=1)
    inside = np.ones(columns.shape[:2], dtype=bool)
    w = near.shape[1]
    if face.exclude is not None:
        inside[:, :w] &= near != face.exclude[:, None]
    for slot in range(face.peers.shape[1]):
        inside[:, :w] &= near != face.peers[:, [slot]]
    tight = np.where((face.peers >= 0)[:, :, None], face.columns[np.maximum(face.peers, 0)], 0.0)
    equations = np.concatenate([face.directions[:, None, :], tight], axis=1) * size[:, None, :]
    largest = _largest(equations)
    right = np.zeros(largest.shape)
    right[:, 0] = 1.0 / largest[:, 0]
    scaled = columns * size[:, None, :]
    return Limits(scaled / _largest(scaled)[:, :, None], inside, equations / largest[:, :, None], right)


def solutions(limits: Limits, free: BoolArray, start: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return a solution of the equations (k, d) near the start, a basis of their directions (k, d, q), and its extent.

    Coordinates that are not free are zero. Units with fewer than q directions have zeros in the basis.
    """
    k, d = free.shape
    fixed = np.where(free, 0.0, 1.0)[:, :, None] * np.eye(d)
    every = np.concatenate([limits.equations * free[:, None, :], fixed], axis=1)
    right = np.concatenate([limits.right, np.zeros((k, d))], axis=1)
    left, size, across = np.linalg.svd(every, full_matrices=True)
    known = size > _SPANNED
    q = int((~known).sum(axis=1).max(initial=0))
    at = np.where(free, start, 0.0)
    for _ in range(2):
        turned = _times(np.swapaxes(left[:, :, :d], 1, 2), right - _times(every, at))
        moved = np.where(known, turned / np.where(known, size, 1.0), 0.0)
        at = np.where(free, at + _times(np.swapaxes(across, 1, 2), moved), 0.0)
    used = ~known[:, d - q :]
    basis = np.swapaxes(across[:, d - q :] * used[:, :, None], 1, 2) * free[:, :, None]
    return at, basis, used


def _times(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    return np.asarray((matrix @ vector[:, :, None])[:, :, 0])


def _largest(rows: FloatArray) -> FloatArray:
    """Return the largest coordinate of each row in size, 1 for rows of zeros."""
    largest = np.abs(rows).max(axis=2)
    return np.asarray(np.where(largest > 0, largest, 1.0))

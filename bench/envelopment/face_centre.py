"""The centre of each unit's face of optimal multipliers: the point that minimises Σ (z − log z) over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.errors import SolverError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

_ITERATIONS = 200
_CENTRED = 1e-12
_STEEP = 1e-8
_REGULAR = 1e-13
#: Squared singular values below the first are zero; columns this close to the span of others are on it.
_SPANNED, _ON_THE_SPAN = 1e-11, 1e-10


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
    """Minimise Σ (z − log z) over each face by a primal-dual interior-point method, all units of the block at once.

    Parameters
    ----------
    face : Face
    support : array (k, d) of bool
        Coordinates that are positive somewhere on the face; the others are zero.
    priced : array (d,) of bool
        Coordinates in the sum (all but the intercept).
    start : array (k, d)
        Any optimal multipliers, as a first guess.
    labels : list of str
        Names for errors.

    Returns
    -------
    array (k, d)
    """
    k, d = start.shape
    signed = ~priced & ~face.equality
    columns = np.vstack([face.columns, -np.eye(d)[signed]])
    used = np.ones((k, len(columns)))
    if face.exclude is not None:
        hit = np.flatnonzero(face.exclude >= 0)
        used[hit, face.exclude[hit]] = 0.0
    unit, slot = np.nonzero(face.peers >= 0)
    used[unit, face.peers[unit, slot]] = 0.0
    free = support | face.equality
    outer = (columns[:, :, None] * columns[:, None, :]).reshape(len(columns), d * d)
    tight = np.where((face.peers >= 0)[:, :, None], face.columns[np.maximum(face.peers, 0)], 0.0)
    rows = np.concatenate([face.directions[:, None, :], tight], axis=1) * free[:, None, :]
    right = np.zeros(rows.shape[:2])
    right[:, 0] = 1.0
    checked = used
    used = np.where(_implied(columns, rows[:, 1:], free), 0.0, used)

    z = np.where(free, np.where(priced, np.maximum(start, 0.1), start), 0.0)
    slack = np.maximum(-(z @ columns.T), 0.1)
    state = _State(z, slack, np.full_like(slack, 0.1) * used, np.zeros(right.shape))
    live = np.arange(k)
    part = _Part(rows, right, used, free, free & priced)
    for _ in range(_ITERATIONS):
        state, done = _iterate(state, part, columns, outer)
        if done.any():
            z[live[done]] = state.z[done]
            live, state, part = live[~done], state.take(~done), part.take(~done)
        if not len(live):
            break
    z[live] = state.z
    worst = np.maximum(
        (z @ columns.T * checked).max(axis=1), np.abs(np.einsum("krd,kd->kr", rows, z) - right).max(axis=1)
    )
    bad = np.flatnonzero(~(worst <= 1e-9))
    if len(bad):
        raise SolverError(f"{labels[bad[0]]}: the canonical multipliers missed the optimal face by {worst[bad[0]]:.1e}")
    return z


def _implied(columns: FloatArray, tight: FloatArray, free: BoolArray) -> BoolArray:
    """Return which columns are priced at zero wherever the tight ones are, array (k, n).

    They are mixes of these (with any signs), duplicates for one. As inequalities they would leave the face without an
    interior, and the method without convergence.
    """
    d = columns.shape[1]
    gram = np.swapaxes(tight, 1, 2) @ tight
    gram[:, np.arange(d), np.arange(d)] += ~free
    size, vectors = np.linalg.eigh(gram)
    rest = vectors * (size <= _SPANNED)[:, None, :]
    return np.asarray(np.abs(columns @ rest).max(axis=2) <= _ON_THE_SPAN)


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """Iterates of k units: multipliers (k, d), slacks and duals of the columns (k, n), of the equations (k, r)."""

    z: FloatArray
    slack: FloatArray
    dual: FloatArray
    nu: FloatArray

    def take(self, kept: BoolArray) -> _State:
        return _State(self.z[kept], self.slack[kept], self.dual[kept], self.nu[kept])


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What stays fixed: equations (k, r, d), their right sides, inequalities (k, n), coordinates that move or count."""

    rows: FloatArray
    right: FloatArray
    used: FloatArray
    free: BoolArray
    log: BoolArray

    def take(self, kept: BoolArray) -> _Part:
        return _Part(self.rows[kept], self.right[kept], self.used[kept], self.free[kept], self.log[kept])


def _iterate(state: _State, part: _Part, columns: FloatArray, outer: FloatArray) -> tuple[_State, BoolArray]:
    """Return the next iterate, and which units had arrived already (those stay where they were)."""
    z, slack, dual, nu = state.z, state.slack, state.dual, state.nu
    k, d = z.shape
    rows, used, free, log = part.rows, part.used, part.free, part.log
    inside = np.where(log, z, 1.0)
    gradient = np.where(log, 1.0 - 1.0 / inside, 0.0)
    missing = (z @ columns.T + slack) * used
    equation = np.einsum("krd,kd->kr", rows, z) - part.right
    complementarity = (slack * dual * used).sum(axis=1) / np.maximum(used.sum(axis=1), 1.0)
    stationary = np.where(free, gradient + dual @ columns + np.einsum("krd,kr->kd", rows, nu), 0.0)
    error = np.maximum(np.abs(missing).max(axis=1), np.abs(equation).max(axis=1))
    steep = np.abs(stationary).max(axis=1) / (1.0 + np.abs(gradient).max(axis=1) + dual.max(axis=1))
    done = (np.maximum(error, complementarity) < _CENTRED) & (steep < _STEEP)
    target = np.maximum(0.1 * complementarity, 0.1 * _CENTRED)[:, None]
    weight = used * dual / slack
    normal = (weight @ outer).reshape(k, d, d)
    normal[:, np.arange(d), np.arange(d)] += np.where(log, 1.0 / inside**2, 0.0)
    push = used * (target / slack) + weight * missing
    residual = np.where(free, gradient + np.einsum("krd,kr->kd", rows, nu) + push @ columns, 0.0)
    step, turn = _newton(normal, rows, residual, equation, free)
    slack_step = -missing - (step @ columns.T) * used
    dual_step = used * ((target - dual * slack_step) / slack - dual)
    length = np.minimum(
        _longest(inside, np.where(log, step, 0.0)),
        np.minimum(_longest(slack, slack_step), _longest(np.where(used > 0, dual, 1.0), dual_step)),
    )[:, None]
    length[done] = 0.0
    after = _State(z + length * step, slack + length * slack_step, dual + length * dual_step, nu + length * turn)
    return after, done


def _newton(
    normal: FloatArray, rows: FloatArray, residual: FloatArray, equation: FloatArray, free: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Solve the bordered system of each unit; coordinates that are not free stay where they are."""
    k, d = residual.shape
    r = rows.shape[1]
    system = np.zeros((k, d + r, d + r))
    system[:, :d, :d] = normal * (free[:, :, None] & free[:, None, :])
    system[:, np.arange(d), np.arange(d)] += np.where(free, 0.0, 1.0)
    size = np.sqrt(np.abs(system[:, np.arange(d), np.arange(d)]))
    size = np.where(size > 0, size, 1.0)
    system[:, :d, :d] /= size[:, :, None] * size[:, None, :]
    system[:, :d, d:] = np.swapaxes(rows, 1, 2) / size[:, :, None]
    system[:, d:, :d] = rows / size[:, None, :]
    # A little weight on the border keeps the system regular where an equation repeats others or is empty.
    empty = ~rows.any(axis=2)
    system[:, np.arange(d, d + r), np.arange(d, d + r)] = np.where(empty, -1.0, -_REGULAR)
    system[:, np.arange(d), np.arange(d)] += _REGULAR
    answer = np.linalg.solve(system, -np.concatenate([residual / size, equation], axis=1)[:, :, None])[:, :, 0]
    return answer[:, :d] / size, answer[:, d:]


def _longest(value: FloatArray, step: FloatArray) -> FloatArray:
    """Return the longest step in (0, 1] that keeps every value positive, array (k,)."""
    limit = np.where(step < 0, -0.99 * value / np.where(step < 0, step, -1.0), 1.0)
    return np.asarray(np.minimum(limit.min(axis=1), 1.0))

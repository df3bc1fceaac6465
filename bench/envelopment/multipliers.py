"""Multipliers as prices: one canonical choice, the range of each over the optimal face, rates of substitution.

At an efficient unit the multipliers are not unique: the dual has a face of solutions. The canonical choice is the point
of that face which minimises Σ (z − log z) over all inputs and outputs, z being the multiplier times the mean of its
column over the reference. The function is strictly convex, so the point is unique; it does not depend on the
order of the units or on the measures of the data; and it is strictly positive wherever some optimal multiplier is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.errors import OptionError, SolverError, nearest
from bench.lp import maximise_ray
from bench.options import one_of

if TYPE_CHECKING:
    from bench.envelopment.radial import Group
    from bench.envelopment.result import DeaResult

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

CHOICES = ("canonical", "vertex")
#: A multiplier whose largest value times the column mean is below this is zero on the whole face.
_ZERO = 1e-6
#: Above this a multiplier is positive without a look at the slack.
_IN_DOUBT = 1e-2
#: Multipliers count as optimal when they miss the optimal value by no more than this share.
_OPTIMAL = 1e-11
#: Units per block of the interior-point method times columns: bounds memory.
_CELLS = 1 << 21
_ITERATIONS = 200
_CENTRED = 1e-12
_STEEP = 1e-8
_REGULAR = 1e-13


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

    def part(self, rows: slice) -> Face:
        """Return the faces of some units."""
        exclude = None if self.exclude is None else self.exclude[rows]
        return Face(
            self.columns, self.directions[rows], self.projections[rows], self.equality, self.scale, exclude,
            self.peers[rows], self.slack[rows],
        )  # fmt: skip


def multiplier_frame(result: DeaResult, choice: str = "canonical", *, ranges: bool = False) -> pd.DataFrame:
    """Return the multipliers of a result as a tidy frame; see :meth:`DeaResult.multipliers`."""
    from bench.envelopment.result import _labelled

    choice = one_of(choice, CHOICES, "choice")
    values = multiplier_values(result, choice)
    units = result.units
    names = [*units.inputs, *units.outputs]
    roles = ["input"] * len(units.inputs) + ["output"] * len(units.outputs)
    if result.rts != "crs":
        names, roles = [*names, "intercept"], [*roles, "intercept"]
    width = len(names)
    frame = _labelled(units, np.repeat(np.arange(len(units)), width))
    frame["column"] = np.tile(np.array(names, dtype=object), len(units))
    frame["role"] = np.tile(np.array(roles, dtype=object), len(units))
    frame["multiplier"] = values[:, :width].reshape(-1)
    if ranges:
        lower, upper = multiplier_ranges(result)
        frame["lower"], frame["upper"] = lower[:, :width].reshape(-1), upper[:, :width].reshape(-1)
    return frame


def multiplier_values(result: DeaResult, choice: str = "canonical") -> FloatArray:
    """Return one vector of optimal multipliers per unit, array (n, m + s + 1): inputs, outputs, intercept."""
    from bench.envelopment.result import require_prices

    prices = require_prices(result)
    if choice == "vertex":
        return prices
    if "canonical" not in result._cache:
        result._cache["canonical"] = _canonical(result)
    return np.asarray(result._cache["canonical"])


def multiplier_ranges(result: DeaResult) -> tuple[FloatArray, FloatArray]:
    """Return the smallest and largest value of each multiplier over the optimal face.

    Returns
    -------
    lower, upper : array (n, m + s + 1)
        ``inf`` (or ``-inf`` for the intercept) where the face has no limit; NaN for units without a score.
    """
    from bench.envelopment.result import require_prices

    prices = require_prices(result)
    if "ranges" not in result._cache:
        lower, upper = np.full_like(prices, np.nan), np.full_like(prices, np.nan)
        for group in result.groups:
            who, face = _face(result, group)
            low, high = _face_ranges(face, [result.units.names[row] for row in who])
            for target, found in ((lower, low), (upper, high)):
                target[who, : found.shape[1]] = found / face.scale
            if result.rts == "drs":
                lower[who, -1], upper[who, -1] = -upper[who, -1], -lower[who, -1]
        if result.rts == "crs":
            lower[:, -1] = upper[:, -1] = np.where(np.isnan(result.scores), np.nan, 0.0)
        result._cache["ranges"] = (lower, upper)
    found_ranges: tuple[FloatArray, FloatArray] = result._cache["ranges"]
    return found_ranges


def substitution_frame(result: DeaResult, column: str) -> pd.DataFrame:
    """Return each multiplier as a number of ``column``: the price of a visit in hours."""
    frame = result.multipliers()
    names = [*result.units.inputs, *result.units.outputs]
    if column not in names:
        raise OptionError(f"column must be one of {', '.join(names)}; got {column!r}{nearest(column, names)}")
    frame = frame[frame["role"] != "intercept"].reset_index(drop=True)
    base = frame.loc[frame["column"] == column, "multiplier"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = frame["multiplier"].to_numpy() / np.repeat(base, len(names))
    frame["in_terms_of"] = column
    frame["rate"] = rate
    return frame.drop(columns="multiplier")


def _face(result: DeaResult, group: Group) -> tuple[IntArray, Face]:
    """Return the rows of a group that have a score, and their optimal faces."""
    from bench.envelopment.radial import technology_columns

    m = len(result.units.inputs)
    rows = np.flatnonzero(np.isfinite(result.scores[group.rows]))
    who = group.rows[rows]
    X, Y = result.units.X[who], result.units.Y[who]
    XR, YR = result.reference.X[group.peers], result.reference.Y[group.peers]
    columns, equality = technology_columns(XR, YR, result.rts)
    projected = result.projection()[who]
    points, _ = technology_columns(projected[:, :m], projected[:, m:], result.rts)
    directions = np.zeros_like(points)
    if result.orientation == "input":
        directions[:, :m] = X
    else:
        directions[:, m : m + Y.shape[1]] = Y
    mean = np.abs(columns).mean(axis=0)
    scale = np.where(mean > 0, mean, 1.0)
    scaled = columns / scale
    size = np.abs(scaled).max(axis=1)
    return who, Face(
        columns=scaled / np.where(size > 0, size, 1.0)[:, None],
        directions=directions / scale,
        projections=points / scale,
        equality=equality,
        scale=scale,
        exclude=group.own[rows] if result.super_efficiency else None,
        peers=_peers(result, group, who),
        slack=_mix(result, group, who, scaled) - points / scale,
    )


def _mix(result: DeaResult, group: Group, who: IntArray, scaled: FloatArray) -> FloatArray:
    """Return the mix of peers of these units in scaled coordinates, array (k, d)."""
    rows = result.peer_rows[who]
    weight = np.where(rows >= 0, result.intensities[who], 0.0)
    return np.asarray(np.einsum("kw,kwd->kd", weight, scaled[_places(result, group)[np.maximum(rows, 0)]]))


def _places(result: DeaResult, group: Group) -> IntArray:
    """Return the position of each row of the reference within the group's, −1 for none."""
    place = np.full(len(result.reference), -1, dtype=np.int64)
    place[group.peers] = np.arange(len(group.peers))
    return place


def _peers(result: DeaResult, group: Group, who: IntArray) -> IntArray:
    """Return the peers of these units as positions in the group's reference."""
    rows, weight = result.peer_rows[who], result.intensities[who]
    used = (rows >= 0) & (weight > 1e-9 * weight.max(axis=1, keepdims=True, initial=0.0))
    return np.where(used, _places(result, group)[np.maximum(rows, 0)], -1)


def _face_ranges(face: Face, labels: list[str], *, lower: bool = True) -> tuple[FloatArray, FloatArray]:
    """Return the range of each scaled multiplier.

    The dual of "largest z_i over the face" is a program along a ray whose one extra column is the projection reversed.
    The face is widened by a hair along g: exact, it would be empty to rounding as often as not.
    """
    back = -(face.projections + _OPTIMAL * face.directions)
    k, d = face.directions.shape
    low, high = np.full((k, d), np.nan), np.full((k, d), np.nan)
    for end, sign in ((low, -1.0), (high, 1.0)):
        if sign < 0 and not lower:
            continue
        for coordinate in range(d):
            # One step back along g adds one to the value, which would otherwise often be exactly zero.
            points = -face.directions
            points[:, coordinate] += sign
            found = maximise_ray(
                face.columns, points, face.directions, equality=face.equality,
                exclude=face.exclude, extra=back, labels=labels,
            )  # fmt: skip
            value = np.where(found.optimal, -sign * (found.value - 1.0), sign * np.inf)
            end[:, coordinate] = value if face.equality[coordinate] else np.maximum(value, 0.0)
    return low, high


def _canonical(result: DeaResult) -> FloatArray:
    from bench.envelopment.result import require_prices

    values = np.full_like(require_prices(result), np.nan)
    for group in result.groups:
        who, face = _face(result, group)
        if not len(who):
            continue
        labels = [result.units.names[row] for row in who]
        _, high = _face_ranges(face, labels, lower=False)
        priced = np.arange(high.shape[1]) < len(result.units.inputs) + len(result.units.outputs)
        start = require_prices(result)[who][:, : high.shape[1]] * face.scale
        if result.rts == "drs":
            start[:, -1] *= -1.0
        step = max(1, _CELLS // len(face.columns))
        for first in range(0, len(who), step):
            part = slice(first, first + step)
            centre = centre_of_face(
                face.part(part), _support(face.part(part), high[part]), priced, start[part], labels[part]
            )
            values[who[part], : high.shape[1]] = centre / face.scale
        if result.rts == "drs":
            values[who, -1] *= -1.0
    if result.rts == "crs":
        values[:, -1] = np.where(np.isnan(result.scores), np.nan, 0.0)
    return values


def _support(face: Face, high: FloatArray) -> BoolArray:
    """Return which coordinates are positive somewhere on the face, array (k, d).

    The face was widened by ``_OPTIMAL``, which lets a coordinate with slack s reach ``_OPTIMAL / s``: what comes near
    that bound is zero on the face itself. Large multipliers are never in doubt: there the product is rounding.
    """
    small = np.where(high < _IN_DOUBT, high, 0.0)
    return (high > _ZERO) & (small * face.slack <= 0.1 * _OPTIMAL)


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
    worst = np.maximum((z @ columns.T * used).max(axis=1), np.abs(np.einsum("krd,kd->kr", rows, z) - right).max(axis=1))
    bad = np.flatnonzero(~(worst <= 1e-9))
    if len(bad):
        raise SolverError(f"{labels[bad[0]]}: the canonical multipliers missed the optimal face by {worst[bad[0]]:.1e}")
    return z


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

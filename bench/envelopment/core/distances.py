"""Distances to a frontier along directions, with second-stage slacks, targets, peers and prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.technology import CONVEX, Technology
from bench.lp import Batch
from bench.typing import FloatArray, IntArray

#: A unit that can move further than this is dominated.
_DOMINATED = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """Distances of k points, in the data's own measures; NaN where a program has no optimum.

    Attributes
    ----------
    beta : array (k,)
        Steps along the direction to the frontier.
    tail : array (k,)
        What ``beta`` lacks beyond its last digit; see :class:`bench.lp.Batch`.
    input_slack, output_slack : array (k, m), (k, s)
        What is left after the steps: largest sum of slacks, each divided by the reference set's mean of its measure.
    input_target, output_target : array (k, m), (k, s)
        Projection on the efficient part of the frontier.
    column, weight : array (k, w)
        Peers (position in the reference set, −1 for none) and intensities.
    input_price, output_price : array (k, m), (k, s)
        Dual prices; one optimal choice of possibly many. NaN for sets that are not convex.
    status : array (k,) of int8
        0 optimal, 1 infeasible, 2 unbounded.
    residual : array (k, 3)
        Primal residual, dual residual, gap.
    """

    beta: FloatArray
    tail: FloatArray
    input_slack: FloatArray
    output_slack: FloatArray
    input_target: FloatArray
    output_target: FloatArray
    column: IntArray
    weight: FloatArray
    input_price: FloatArray
    output_price: FloatArray
    status: npt.NDArray[np.int8]
    residual: FloatArray

    def score(self, side: str) -> FloatArray:
        """Return ``1 − beta`` for the side of inputs, ``1 + beta`` for that of outputs, array (k,)."""
        sign = -1.0 if side == "input" else 1.0
        return np.asarray((1.0 + sign * self.beta) + sign * self.tail)


def distances(
    technology: Technology,
    X: FloatArray,
    Y: FloatArray,
    GX: FloatArray,
    GY: FloatArray,
    *,
    own: npt.ArrayLike | None = None,
    exclude: npt.ArrayLike | None = None,
    itself: bool = False,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> Distances:
    """Return the distance of every point (X, Y) to the frontier along (−GX, +GY).

    Parameters
    ----------
    technology : Technology
    X, Y : array (k, m), (k, s)
        Points, in the set or outside it.
    GX, GY : array (k, m), (k, s)
        Inputs saved and outputs gained per step; not negative.
    own, exclude, itself, labels, workers
        As in :func:`bench.lp.maximise_ray`.

    Examples
    --------
    >>> technology = Technology.of([[2.0], [4.0]], [[1.0], [1.0]], "crs")
    >>> X, Y = technology.X, technology.Y
    >>> distances(technology, X, Y, X, 0 * Y).beta
    array([0. , 0.5])
    """
    b, g = technology.points(X, Y), technology.directions(GX, GY)
    first = technology.ray(b, g, own=own, exclude=exclude, itself=itself, labels=labels, workers=workers)
    solved = first.status == 0
    frontier = (b + np.where(solved, first.value, 0.0)[:, None] * g) + first.tail[:, None] * g
    kept = _undominated(technology, first, own) if exclude is None else None
    second = _most_slack(technology, frontier, solved, exclude, labels, workers, kept)
    m, s = X.shape[1], Y.shape[1]
    slack = np.full((len(b), m + s), np.nan)
    rows = np.flatnonzero(solved)
    slack[rows] = _slacks(technology, second, frontier[rows])[:, : m + s]
    step, rest = np.where(solved, first.value, np.nan)[:, None], first.tail[:, None]
    column = np.full((len(b), second.column.shape[1]), -1, dtype=np.int64)
    weight = np.zeros(column.shape)
    column[rows], weight[rows] = second.column, second.weight
    return Distances(
        beta=np.where(solved, first.value, np.nan),
        tail=first.tail,
        input_slack=slack[:, :m],
        output_slack=slack[:, m:],
        input_target=(X - step * GX) - rest * GX - slack[:, :m],
        output_target=(Y + step * GY) + rest * GY + slack[:, m:],
        column=column,
        weight=weight,
        input_price=first.dual[:, :m],
        output_price=first.dual[:, m : m + s],
        status=first.status,
        residual=first.residual,
    )


def slack_weights(technology: Technology) -> FloatArray:
    """Return one over the mean size of each measure in the reference set, 0 for the scale row, array (d,).

    The sum of slacks weighted so does not depend on the measures of the data.
    """
    mean = np.abs(np.hstack([technology.X, technology.Y])).mean(axis=0)
    weight = np.where(mean > 0, 1 / np.where(mean > 0, mean, 1.0), 1.0)
    return np.append(weight, np.zeros(technology.columns.shape[1] - len(weight)))


def _undominated(technology: Technology, first: Batch, own: npt.ArrayLike | None) -> IntArray | None:
    """Return the reference units that nobody's program shows to be dominated; ``None`` when that is not known.

    A unit that can move along a direction of improvements lies below a mix of others in every row, so a largest sum of
    slacks needs no weight on it.
    """
    if own is None or technology.rts not in CONVEX or technology.equal.any() or len(technology.trades):
        return None
    mine = np.asarray(own)
    needed = np.ones(len(technology.X), bool)
    needed[mine[(mine >= 0) & (first.status == 0) & (first.value > _DOMINATED)]] = False
    used = first.column[first.weight > 0]
    needed[used[used >= 0]] = True
    return np.flatnonzero(needed)


def _most_slack(
    technology: Technology,
    frontier: FloatArray,
    solved: npt.NDArray[np.bool_],
    exclude: npt.ArrayLike | None,
    labels: Sequence[str],
    workers: int,
    kept: IntArray | None,
) -> Batch:
    rows = np.flatnonzero(solved)
    left_out = None if exclude is None else np.asarray(exclude)[rows]
    names = [labels[int(row)] for row in rows] if len(labels) else ()
    weights = np.broadcast_to(slack_weights(technology), (len(rows), frontier.shape[1]))
    if kept is None:
        return technology.total(frontier[rows], weights, exclude=left_out, computed=True, labels=names, workers=workers)
    found = technology.take(kept).total(frontier[rows], weights, computed=True, labels=names, workers=workers)
    return replace(found, column=np.where(found.column >= 0, kept[np.maximum(found.column, 0)], -1))


def _slacks(technology: Technology, batch: Batch, points: FloatArray) -> FloatArray:
    """Return Pλ − b without the rounding noise around zero, array (k, d)."""
    used = technology.columns[np.maximum(batch.column, 0)] * batch.weight[:, :, None]
    slack = used.sum(axis=1) - points
    noise = 1e-12 * (np.abs(used).sum(axis=1) + np.abs(points))
    return np.where(np.abs(slack) <= noise, 0.0, np.maximum(slack, 0.0))


def intensities(column: IntArray, weight: FloatArray, count: int) -> FloatArray:
    """Return peers and weights as a matrix (k, count)."""
    dense = np.zeros((len(column), count))
    used = (column >= 0) & (column < count)
    rows = np.nonzero(used)[0]
    np.add.at(dense, (rows, column[used]), weight[used])
    return dense

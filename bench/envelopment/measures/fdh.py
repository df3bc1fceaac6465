"""Free disposal hull: every unit against single units that do at least as much with no more (Deprins et al. 1984)."""

from __future__ import annotations

import numpy as np

from bench.envelopment.core.certificate import DeaCertificate
from bench.envelopment.core.solution import Group
from bench.envelopment.result import DeaResult
from bench.errors import Issue
from bench.options import Orientation
from bench.typing import FloatArray, IntArray
from bench.units import Units

#: Cells of a comparison block: a block of evaluated units against all candidates stays in cache.
_BLOCK = 1 << 16


def free_disposal(
    units: Units,
    reference: Units | None,
    groups: list[Group],
    orientation: Orientation,
    super_efficiency: bool,
    issues: tuple[Issue, ...] = (),
) -> DeaResult:
    """Score every unit against the free disposal hull of its reference; no linear program is needed.

    Among equally good peers the one with the most slack (relative to the column means) is reported, then the first
    of the table.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0], [4.0], [6.0]], [[1.0], [3.0], [2.0]], names=["A", "B", "C"])
    >>> bench.dea(units, rts="fdh").efficiency.round(4).tolist()
    [1.0, 1.0, 0.6667]
    """
    base = units if reference is None else reference
    score = np.full(len(units), np.nan)
    peer = np.full((len(units), 1), -1, dtype=np.int64)
    for group in groups:
        found, who = hull_scores(
            units.X[group.rows],
            units.Y[group.rows],
            base.X[group.peers],
            base.Y[group.peers],
            orientation,
            exclude=group.own if super_efficiency else None,
        )
        score[group.rows] = found
        peer[group.rows, 0] = np.where(who >= 0, group.peers[np.maximum(who, 0)], -1)
    status = np.full(len(units), "", dtype=object)
    missing = "makes at least these outputs" if orientation == "input" else "manages with these inputs"
    status[np.isnan(score)] = f"infeasible: no other unit {missing}"
    empty = (units.X == 0).all(axis=1) if orientation == "input" else (units.Y == 0).all(axis=1)
    status[empty] = f"undefined: the unit has no {orientation}s to change in proportion"
    score[empty] = np.nan
    residual = np.where(np.isfinite(score), 0.0, np.nan)[:, None].repeat(3, axis=1)
    return DeaResult.build(
        units=units,
        reference=reference,
        rts="fdh",
        orientation=orientation,
        super_efficiency=super_efficiency,
        groups=tuple(groups),
        score=score,
        status=status,
        peer_rows=peer,
        intensity=np.where(peer >= 0, 1.0, 0.0),
        prices=None,
        certificate=DeaCertificate(residual),
        issues=issues,
    )


def hull_scores(
    X: FloatArray,
    Y: FloatArray,
    XR: FloatArray,
    YR: FloatArray,
    orientation: Orientation,
    *,
    exclude: IntArray | None = None,
) -> tuple[FloatArray, IntArray]:
    """Return Farrell scores against a free disposal hull, and the peer of each unit.

    Parameters
    ----------
    X, Y : array (k, m), (k, s)
        Evaluated units; not negative.
    XR, YR : array (n, m), (n, s)
        Reference.
    orientation : {"input", "output"}
    exclude : array (k,) of int, optional
        Row of the reference each unit may not use, −1 for none.

    Returns
    -------
    score : array (k,)
        NaN where nothing in the reference is comparable.
    peer : array (k,) of int
        Row of the reference; −1 where there is none.
    """
    # Inputs are kept as −x, so that more is better in every column and both orientations read the same.
    fixed, moving = (Y, X) if orientation == "input" else (-X, Y)
    fixed_r, moving_r = (YR, XR) if orientation == "input" else (-XR, YR)
    mean = np.hstack([XR, YR]).mean(axis=0)
    merit = np.hstack([-XR, YR]) @ (1.0 / np.where(mean > 0, mean, 1.0))
    # Candidates by merit, so that the first of equals is the one with the most slack; ties by place in the table.
    order = np.lexsort((np.arange(len(XR)), -merit))
    fixed_c, moving_c = np.ascontiguousarray(fixed_r[order].T), np.ascontiguousarray(moving_r[order].T)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    score, peer = np.full(len(X), np.nan), np.full(len(X), -1, dtype=np.int64)
    step = max(1, _BLOCK // max(len(XR), 1))
    buffers = np.empty((2, step, len(XR)))
    masks = np.empty((2, step, len(XR)), dtype=bool)
    for start in range(0, len(X), step):
        rows = slice(start, start + step)
        used = len(X[rows])
        ratio = _ratios(moving[rows], moving_c, orientation, buffers[:, :used])
        bad, worse = masks[0, :used], masks[1, :used]
        bad[:] = False
        for column, limit in zip(fixed[rows].T, fixed_c, strict=True):
            np.less(limit, column[:, None], out=worse)
            np.logical_or(bad, worse, out=bad)
        if exclude is not None:
            hit = np.flatnonzero(exclude[rows] >= 0)
            bad[hit, place[exclude[rows][hit]]] = True
        np.copyto(ratio, np.inf, where=bad)
        best = ratio.argmin(axis=1)
        value = ratio[np.arange(len(best)), best]
        found = np.isfinite(value)
        score[rows] = np.where(found, np.abs(value), np.nan)
        peer[rows] = np.where(found, order[best], -1)
    return score, peer


def _ratios(moving: FloatArray, candidates: FloatArray, orientation: Orientation, buffers: FloatArray) -> FloatArray:
    """Return per unit and candidate what the unit's own values must be multiplied by (negated for outputs)."""
    worst, ratio = buffers
    sign = 1.0 if orientation == "input" else -1.0
    for place, (own, theirs) in enumerate(zip(moving.T, candidates, strict=True)):
        target = worst if place == 0 else ratio
        with np.errstate(divide="ignore", invalid="ignore"):
            np.divide(sign * theirs, own[:, None], out=target)
        # A column the unit does not have limits nothing for outputs; for inputs the peer must not have it either.
        zero = own == 0
        if zero.any():
            target[zero] = np.where(theirs > 0, np.inf, 0.0) if orientation == "input" else -np.inf
        if place:
            np.maximum(worst, ratio, out=worst)
    return np.asarray(worst)

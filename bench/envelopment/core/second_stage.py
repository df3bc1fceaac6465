"""The second stage: the largest weighted sum of slacks at the radial projection (Ali & Seiford 1993)."""

from __future__ import annotations

import numpy as np

from bench.envelopment.core.solution import Solution, technology_columns, undominated
from bench.lp import maximise_sum
from bench.options import one_of
from bench.typing import FloatArray

WEIGHTINGS = ("mean", "none")
#: Slacks below this share of the projected value's own terms are rounding noise.
_NOISE = 1e-11


def slack_values(result: Solution, weighting: str = "mean") -> FloatArray:
    """Return the slacks of a radial result.

    Parameters
    ----------
    result : Solution
    weighting : {"mean", "none"}
        Divide each slack by the mean of its column over the reference before summing, or not.

    Returns
    -------
    array (n, m + s)
        Input savings and output additions, not negative; NaN for units without a score.
    """
    weighting = one_of(weighting, WEIGHTINGS, "weighting")
    projected = result.projection()
    if result.rts in ("fdh", "frh", "add"):
        return _at_peers(result, projected)
    return _largest(result, projected, weighting)


def _at_peers(result: Solution, projected: FloatArray) -> FloatArray:
    """Slacks against the reported peers of a set that is not convex."""
    base = np.hstack([result.reference.X, result.reference.Y])
    weight = np.where(result.peer_rows >= 0, result.intensities, 0.0)
    made = np.einsum("kw,kwd->kd", weight, base[np.maximum(result.peer_rows, 0)])
    m = len(result.units.inputs)
    slack = np.hstack([projected[:, :m] - made[:, :m], made[:, m:] - projected[:, m:]])
    return _clean(np.where(np.isfinite(projected), slack, np.nan), projected)


def _largest(result: Solution, projected: FloatArray, weighting: str) -> FloatArray:
    m = len(result.units.inputs)
    width = projected.shape[1]
    slack = np.full_like(projected, np.nan)
    names = result.units.names
    for group in result.groups:
        rows = np.flatnonzero(np.isfinite(result.scores[group.rows]))
        if not len(rows):
            continue
        who = group.rows[rows]
        XR, YR = result.reference.X[group.peers], result.reference.Y[group.peers]
        columns, equality = technology_columns(XR, YR, result.rts)
        points, _ = technology_columns(projected[who, :m], projected[who, m:], result.rts)
        columns = columns[undominated(result, group)]
        weights = np.zeros(columns.shape[1])
        mean = np.abs(np.hstack([XR, YR])).mean(axis=0)
        weights[:width] = 1.0 if weighting == "none" else 1.0 / np.where(mean > 0, mean, 1.0)
        found = maximise_sum(
            columns, points, weights, equality=equality, computed=True,
            exclude=group.own[rows] if result.super_efficiency else None,
            labels=[names[row] for row in who.tolist()],
        )  # fmt: skip
        used = np.where(found.column >= 0, found.weight, 0.0)
        made = np.einsum("kw,kwd->kd", used, columns[np.maximum(found.column, 0)])
        slack[who] = (made - points)[:, :width]
    return _clean(slack, projected)


def _clean(slack: FloatArray, projected: FloatArray) -> FloatArray:
    """Return slacks with rounding noise set to zero."""
    return np.where(slack <= _NOISE * np.abs(projected), np.where(np.isnan(slack), np.nan, 0.0), slack)

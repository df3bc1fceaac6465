"""The same points against many sets: what resampling asks for, laid out and proven several sets at a time.

A bootstrap moves the reference set and leaves the points where they are. One call per set spends more on preparing
and proving than on solving; here what the sets share is prepared once, and the answers of a block of sets are proven
together. What is not proven is asked again, one set at a time, through :meth:`Technology.ray`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.envelopment.core.technology import CONVEX, Technology
from bench.lp import maximise_ray_repeated
from bench.typing import FloatArray

#: Points times columns of one set above which a call per set costs no more.
_LARGE = 1 << 19
#: Points times columns that are proven together: bounds the memory, and does not depend on the number of workers.
_TOGETHER = 1 << 18


def repeated_distances(
    rts: str,
    side: str,
    XR: FloatArray,
    YR: FloatArray,
    X: FloatArray,
    Y: FloatArray,
    labels: Sequence[str] = (),
) -> FloatArray:
    """Return the distances of points to many reference sets.

    Parameters
    ----------
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    side : {"input", "output"}
    XR, YR : array (sets, n, m), (sets, n, s)
        The reference sets.
    X, Y : array (k, m), (k, s)
        The points.
    labels : sequence of str
        Their names, for errors.

    Returns
    -------
    array (sets, k)
        One over Farrell's input efficiency, or Farrell's output score: at least one inside the set. NaN where no
        combination of the set can be compared with the point.

    Examples
    --------
    >>> one = np.ones((2, 2, 1))
    >>> repeated_distances("crs", "input", one * [[[1.0], [2.0]], [[2.0], [4.0]]], one, one[0] * 4, one[0])
    array([[4., 4.],
           [2., 2.]])
    """
    shape = Technology.of(XR[0], YR[0], rts)
    points = shape.points(X, Y)
    along = shape.along(X, Y, side)
    columns = np.concatenate([-XR, YR], axis=2)
    if (pad := points.shape[1] - columns.shape[2]) > 0:
        columns = np.concatenate(
            [columns, np.broadcast_to(shape.columns[:1, -pad:], (*columns.shape[:2], pad))], axis=2
        )
    cells = len(points) * columns.shape[1]
    score = np.full((len(columns), len(points)), np.nan)
    proven = np.zeros(score.shape, dtype=bool)
    if shape.rts in CONVEX and cells <= _LARGE:
        step = max(1, _TOGETHER // cells)
        for start in range(0, len(columns), step):
            rows = slice(start, start + step)
            beta, proven[rows] = maximise_ray_repeated(columns[rows], points, along, shape.equality)
            score[rows] = 1.0 - beta if side == "input" else 1.0 + beta
    for number in np.flatnonzero(~proven.all(axis=1)):
        rest = np.flatnonzero(~proven[number])
        names = [labels[int(row)] for row in rest] if len(labels) else []
        found = Technology.of(XR[number], YR[number], rts).ray(points[rest], along[rest], labels=names)
        score[number, rest] = found.score(side)
    return np.asarray(1.0 / score if side == "input" else score)

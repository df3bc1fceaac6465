"""The same programs against many sets of columns: laid out once, and proven several sets at a time.

Resampling moves the columns and leaves the programs where they are. One call per set spends more on preparing and
proving than on solving.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench.lp.backend import compiled_engine
from bench.lp.proofs.enclosure import Sets, prove
from bench.lp.scaling import extreme, neighbour_order, scale
from bench.typing import BoolArray, FloatArray


def maximise_ray_repeated(
    columns: npt.ArrayLike, points: npt.ArrayLike, directions: npt.ArrayLike, equality: npt.ArrayLike
) -> tuple[FloatArray, BoolArray]:
    """Solve ``max β subject to Pλ ≥ b + βg, λ ≥ 0`` for the same points and many P.

    Parameters
    ----------
    columns : array (sets, n, d)
    points, directions : array (k, d)
        b and g, as in :func:`bench.lp.maximise_ray`.
    equality : array (d,) of bool

    Returns
    -------
    value : array (sets, k)
        β; NaN without an optimum.
    proven : array (sets, k) of bool
        Whether the optimum passed its proof. What did not is for :func:`bench.lp.maximise_ray` to settle; all of it
        where the compiled kernel is not available.

    Examples
    --------
    >>> P = [[[-2.0, 1.0], [-3.0, 1.0]], [[-1.0, 1.0], [-3.0, 1.0]]]
    >>> value, proven = maximise_ray_repeated(P, [[-4.0, 1.0]], [[4.0, 0.0]], [False, False])
    >>> value.round(6).tolist(), bool(proven.all())
    ([[0.5], [0.75]], True)
    """
    P, b = np.asarray(columns, dtype=np.float64), np.asarray(points, dtype=np.float64)
    g, fixed = np.asarray(directions, dtype=np.float64), np.asarray(equality, dtype=bool)
    count, n, d = P.shape
    k = len(b)
    engine = compiled_engine()
    if engine is None or extreme(P.reshape(-1, d), b, g):
        return np.full((count, k), np.nan), np.zeros((count, k), dtype=bool)
    scaled = scale(P.reshape(-1, d), b, g, fixed.astype(np.int64))
    # Similar columns stand together, and programs follow their neighbours: both as in the first set.
    laid = scaled.columns.reshape(count, n, scaled.size)
    place, order = neighbour_order(laid[0]), neighbour_order(scaled.points, scaled.directions)
    store, found = engine.solve_sets(scaled, laid[:, place], order)
    factor = np.ascontiguousarray(scaled.column.reshape(count, n)[:, place])
    proven_so = prove(Sets(store.P, store.flat, factor), scaled, order, found)
    good = found.status == 0
    value, proven = np.full((count, k), np.nan), np.zeros((count, k), dtype=bool)
    value[:, order] = np.where(good, found.value, np.nan) + 0.0
    proven[:, order] = proven_so
    return value, proven

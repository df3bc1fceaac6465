"""The compiled kernel: ``max β, Σ λ_j p_j ≥ b + βg`` for one program after another, each from its neighbour's basis.

A program starts from the best of a pool of recent bases and is solved by :mod:`bench.lp.simplex`. What runs over
columns or over the inverse of a basis is written as vectors (:mod:`bench.lp.pricing`, :mod:`bench.lp.inverse`). One
compilation serves every shape.

Whole numbers that are passed on are typed (``np.int64(0)``): a function is compiled once more for a literal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.jit import inner
from bench.lp.basis import cold, factor, residuals, slip
from bench.lp.inverse import copy, prices, row_sizes
from bench.lp.layout import BLOCK
from bench.lp.pricing import cheapest, copy_bounds
from bench.lp.records import EXTRA, FOUND, NONE, SINGLE_ROUNDOFF, UNSURE, Task
from bench.lp.simplex import remember, solve

#: Residuals of a basis above this are repaired by factoring it anew.
_RESIDUAL = 1e-11
#: β below this puts a program's own column among the columns when they are being collected.
_EFFICIENT = 1e-10
_MOST_REPAIRS = 3


@inner
def _add_column(store: Any, place: int, b: Any, n: int) -> None:
    """Store a column and widen its block's box."""
    middle, half = store.middle, store.half
    block = place // BLOCK
    k = place - block * BLOCK
    for i in range(n):
        store.P[block, i, k] = b[i]
        store.single[block, i, k] = np.float32(b[i])
        store.flat[place, i] = b[i]
        low = min(float(middle[i, block]) - float(half[i, block]), b[i])
        high = max(float(middle[i, block]) + float(half[i, block]), b[i])
        if k == 0:
            # The places that are still empty are columns of zeros, which never gain.
            low = min(b[i], 0.0)
            high = max(b[i], 0.0)
        middle[i, block] = np.float32(0.5 * (low + high))
        half[i, block] = np.float32((0.5 * (high - low) + 1e-7 * max(abs(low), abs(high))) * 1.000001)


@inner
def _drop_violated(pool: Any, pooled: int, p: Any, block: int, count: int, n: int) -> int:
    """Leave out of the pool what a new column contradicts, and widen the bounds of the rest; return how many remain."""
    f = 0
    while f < pooled:
        gain = 0.0
        relative = 0.0
        for k in range(n):
            gain += pool.q[k, f] * p[k]
            relative += pool.anchor[f, k] * p[k]
        if gain <= 0.0:
            top = np.float32(relative) + np.float32(n + 6) * SINGLE_ROUNDOFF
            if block >= count or pool.bounds[f, block] < top:
                pool.bounds[f, block] = top
            f += 1
            continue
        pooled -= 1
        for i in range(n):
            pool.q[i, f] = pool.q[i, pooled]
        copy(pool.bas[pooled], pool.bas[f], n)
        copy(pool.anchor[pooled], pool.anchor[f], n)
        copy(pool.T[pooled], pool.T[f], n * n)
        pool.proven[f] = pool.proven[pooled]
        copy_bounds(pool.bounds[pooled], pool.bounds[f], count)
    return pooled


@inner
def run(
    store: Any,
    grow: bool,
    own: Any,
    batch: Any,
    work: Any,
    pool: Any,
    found: Any,
    tally: Any,
    n: int,
) -> None:
    """Solve programs in their order, each starting from a neighbour's basis.

    Parameters
    ----------
    store : Store
    grow : bool
        Add a program's point to the columns when it turns out not to be dominated.
    own : array (k,) of int
        Column of each program's point, −1 for none yet.
    batch : Programs
    work : Work
    pool : Pool
    found : Found
    tally : array (8,) of int
        Dual pivots, primal pivots, tests, blocks screened, blocks opened, repairs, columns added; the last is scratch.
    n : int
        Rows, padded to a multiple of four.
    """
    T, bas, x = work.T, work.bas, work.x
    columns = store.columns
    pool_size = pool.proven.shape[0]
    pooled: Any = np.int64(0)
    next_place = 0
    mixes = batch.mixed.shape[0] > 0
    private = mixes or batch.has_extra
    work.written[0] = 0
    if columns[0] <= work.ring_id.shape[0]:
        for j in range(columns[0]):
            remember(store.flat, work, j, n)
    for o in range(batch.points.shape[0]):
        b = batch.points[o]
        task = Task(
            b,
            batch.directions[o],
            batch.mixes[o if mixes else 0],
            batch.extras[o if batch.has_extra else 0],
            batch.kinds,
            batch.mixed,
            batch.left_out[o],
            batch.has_extra,
        )
        row_sizes(b, work.weight, n)
        parent = cheapest(pool.q, pool_size, pooled, b, task.g, n)
        trusted = False
        anchored = False
        started = False
        if parent >= 0:
            copy(pool.bas[parent], bas, n)
            if private:
                started = factor(store.flat, task, bas, work.M, T, work.col, n)
            else:
                started = True
                copy(pool.T[parent], T, n * n)
            if pool.proven[parent] > 0:
                anchored = True
                copy(pool.anchor[parent], work.anchor, n)
                copy_bounds(pool.bounds[parent], work.bounds, (columns[0] + BLOCK - 1) // BLOCK)
            trusted = pool.proven[parent] == 2 and not private and task.left_out < 0
        repairs = 0
        grown = False
        before = tally[0] + tally[1]
        outcome = UNSURE
        while True:
            if not started:
                trusted = False
                if not cold(task, work.weight, bas, T, n):
                    break
            count = (columns[0] + BLOCK - 1) // BLOCK
            outcome = solve(store, task, work, trusted, anchored, tally, n)
            anchored = anchored or tally[7] > 0
            trusted = False
            started = True
            if outcome == FOUND and residuals(store.flat, task, work, n) > _RESIDUAL:
                outcome = UNSURE
            if outcome == UNSURE:
                repairs += 1
                tally[5] += 1
                if repairs > _MOST_REPAIRS:
                    break
                started = repairs < _MOST_REPAIRS and factor(store.flat, task, bas, work.M, T, work.col, n)
                continue
            if not grow or grown or own[o] >= 0 or (outcome == FOUND and x[0] >= _EFFICIENT):
                break
            grown = True
            place = columns[0]
            _add_column(store, place, b, n)
            own[o] = place
            columns[0] = place + 1
            tally[6] += 1
            remember(store.flat, work, place, n)
            pooled = _drop_violated(pool, pooled, b, place // BLOCK, count, n)
            next_place = pooled if pooled < pool_size else 0
            anchored = False
            started = outcome == FOUND
        found.value[o] = x[0]
        found.status[o] = outcome
        if outcome == NONE:
            copy(work.q, found.prices[o], n)
        else:
            prices(T, found.prices[o], 0, 1, n)
            for c in range(1, n):
                if bas[c] <= -2 and bas[c] != EXTRA:
                    # Where a slack is basic the exact price is zero, whatever rounding has left of it.
                    found.prices[o, -2 - bas[c]] = 0.0
        if outcome == FOUND:
            found.slip[o] = slip(store.flat, task, work, n)
        copy(bas, found.basis[o], n)
        copy(x, found.basic[o], n)
        if outcome == FOUND and (tally[0] + tally[1] > before or pooled == 0):
            copy(bas, pool.bas[next_place], n)
            copy(work.anchor, pool.anchor[next_place], n)
            prices(T, pool.q, next_place, pool_size, n)
            copy(T, pool.T[next_place], n * n)
            pool.proven[next_place] = 0 if not anchored else (2 if task.left_out < 0 and not private else 1)
            if anchored:
                copy_bounds(work.bounds, pool.bounds[next_place], (columns[0] + BLOCK - 1) // BLOCK)
            next_place += 1
            pooled = max(pooled, next_place)
            if next_place == pool_size:
                next_place = 0

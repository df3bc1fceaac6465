"""The compiled kernel: ``max β, Σ λ_j p_j ≥ b + βg`` for one program after another, each from its neighbour's basis.

A program starts from the best of a pool of recent bases. The dual simplex runs over a small working set of columns,
then the prices are tested against *all* columns, and violators enter by the primal simplex until there are none. The
test is rigorous and rarely reads a column: a block is skipped when its largest reduced cost at the neighbour's prices,
plus the most the change of prices can add over the block's bounding box, is negative. What remains is screened in
single precision with a bound on the rounding, and only then computed in double precision.

What runs over columns or over the inverse of a basis is written as vectors (:mod:`bench.lp.pricing`,
:mod:`bench.lp.inverse`); here is what goes on between. One compilation serves every shape.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bench.lp.inverse import blocking, copy, exchange, leaving, times, used
from bench.lp.jit import entry, inner, inner_once
from bench.lp.lanes import DOUBLES, SINGLES
from bench.lp.pricing import (
    BIG,
    BLOCK,
    VIOLATED,
    cheapest,
    entering,
    moved_bounds,
    ratios,
    screen,
    violation,
)

#: Codes in a basis besides columns (≥ 0) and slacks (−2 − row): the variable β and the program's own extra column.
BETA, EXTRA = -1, -1000
#: Kinds of rows.
INEQUALITY, EQUATION, UNLIMITED = 0, 1, 2
#: Outcomes; 2 is for the general route to settle.
FOUND, NONE, UNSURE = 0, 1, 2

#: Smallest pivot, relative to the terms of its row, in the careful ratio test.
_CAREFUL = 1e-11
#: Residuals of a basis above this are repaired by factoring it anew.
_RESIDUAL = 1e-11
#: β below this puts a program's own column among the columns when they are being collected.
_EFFICIENT = 1e-10
_MOST_PIVOTS = 500
_MOST_ROUNDS = 300
_MOST_REPAIRS = 3
#: Unit roundoff of single precision, with room for the coordinates being rounded too.
_SINGLE = np.float32(6.0e-8)
#: Violators taken up after each test.
_TAKEN = 8


class Store(NamedTuple):
    """The common columns.

    Attributes
    ----------
    P, single : array (blocks, n, 64), float64 and float32
        Columns, each scaled to a largest coordinate of one; places beyond ``columns[0]`` are zero.
    flat : array (blocks · 64, n)
        The same, column after column.
    ids : array (blocks · 64,) of int
        Their own places.
    middle, half : array (n, blocks), float32
        Bounding box of each block, rounded outwards; the number of blocks is a multiple of sixteen.
    columns : array (1,) of int
        How many columns there are.
    """

    P: Any
    single: Any
    flat: Any
    ids: Any
    middle: Any
    half: Any
    columns: Any


class Programs(NamedTuple):
    """What tells the programs apart.

    Attributes
    ----------
    points, directions : array (k, n)
    mixes : array (k or 1, c, n)
        Weights of the rows that are sums of the others; zero where there are none.
    extras : array (k or 1, n)
        Each program's own extra column.
    kinds : array (n,) of int
        INEQUALITY, EQUATION or UNLIMITED.
    mixed : array (c,) of int
        Rows that ``mixes`` define.
    left_out : array (k,) of int
        Column that the program may not use, −1 for none.
    has_extra : bool
    """

    points: Any
    directions: Any
    mixes: Any
    extras: Any
    kinds: Any
    mixed: Any
    left_out: Any
    has_extra: Any


class Task(NamedTuple):
    """One program of :class:`Programs`."""

    b: Any
    g: Any
    mix: Any
    extra: Any
    kinds: Any
    mixed: Any
    left_out: Any
    has_extra: Any


class Found(NamedTuple):
    """Answers: β, q (or the ray that proves infeasibility), codes and values of the basis, outcome, columns known."""

    value: Any
    prices: Any
    basis: Any
    basic: Any
    status: Any
    known: Any


class Work(NamedTuple):
    """Scratch of one thread; see :func:`workspace`.

    ``T`` is the inverse of the basis, transposed; ``low`` and ``up`` say on which side of zero a basic value is
    infeasible; ``cost`` and ``pivot`` hold slacks and the extra column in the first ``head`` places, then columns.
    """

    q: Any
    rho: Any
    whole_q: Any
    whole_rho: Any
    col: Any
    eta: Any
    left: Any
    terms: Any
    weight: Any
    x: Any
    low: Any
    up: Any
    T: Any
    M: Any
    bas: Any
    cost: Any
    pivot: Any
    q32: Any
    change: Any
    anchor: Any
    bounds: Any
    moved: Any
    hit: Any
    by: Any
    ring: Any
    ring_id: Any
    written: Any


class Pool(NamedTuple):
    """Recent bases with their prices and the bounds these prices have on every block.

    ``proven`` is 0 for a seed, 1 when the bounds hold, 2 when moreover no column contradicts the prices.
    """

    T: Any
    bas: Any
    q: Any
    anchor: Any
    bounds: Any
    proven: Any


def workspace(rows: int, blocks: int, ring: int, pool: int) -> tuple[Work, Pool]:
    """Allocate one thread's scratch for this many rows, blocks of columns, ring places and pooled bases."""
    places = _head(rows) + max(blocks * BLOCK, ring)
    vectors = dict(zip(Work._fields, np.zeros((12, rows)), strict=False))
    work = Work(
        **vectors,
        T=np.zeros((rows, rows)),
        M=np.zeros((rows, rows)),
        bas=np.zeros(rows, np.int64),
        cost=np.zeros(places),
        pivot=np.zeros(places),
        q32=np.zeros(rows, np.float32),
        change=np.zeros(rows, np.float32),
        anchor=np.zeros(rows),
        bounds=np.zeros(blocks, np.float32),
        moved=np.zeros(blocks, np.float32),
        hit=np.zeros(_TAKEN, np.int64),
        by=np.zeros(_TAKEN),
        ring=np.zeros((ring // BLOCK, rows, BLOCK)),
        ring_id=np.full(ring, -1, np.int64),
        written=np.zeros(1, np.int64),
    )
    found = Pool(
        T=np.zeros((pool, rows, rows)),
        bas=np.zeros((pool, rows), np.int64),
        q=np.zeros((rows, pool)),
        anchor=np.zeros((pool, rows)),
        bounds=np.zeros((pool, blocks), np.float32),
        proven=np.zeros(pool, np.int64),
    )
    return work, found


def _head(rows: int) -> int:
    """Return how many places slacks and the extra column take: whole vectors."""
    return -(-(rows + 1) // DOUBLES) * DOUBLES


def padded_blocks(columns: int) -> int:
    """Return how many blocks hold so many columns: whole vectors of singles."""
    return max(1, -(-columns // (BLOCK * SINGLES))) * SINGLES


# -- the basis -----------------------------------------------------------------------------------------------


@inner
def _column(flat: Any, task: Any, code: int, out: Any, n: int) -> None:
    """Write the column behind a code, in row space: stored coordinates plus the program's mixed rows."""
    for i in range(n):
        out[i] = 0.0
    if code >= 0:
        for i in range(n):
            out[i] = flat[code, i]
        for c in range(task.mixed.shape[0]):
            t = 0.0
            for i in range(n):
                t += task.mix[c, i] * flat[code, i]
            out[task.mixed[c]] = t
    elif code == BETA:
        for i in range(n):
            out[i] = -task.g[i]
    elif code == EXTRA:
        for i in range(n):
            out[i] = task.extra[i]
    else:
        out[-2 - code] = -1.0


@inner
def _effective(q: Any, task: Any, out: Any, n: int) -> None:
    """Write the prices of the stored coordinates: each mixed row passes its price on."""
    for i in range(n):
        out[i] = q[i]
    for c in range(task.mixed.shape[0]):
        price = q[task.mixed[c]]
        for i in range(n):
            out[i] += price * task.mix[c, i]


@inner
def _set_sides(task: Any, code: int, place: int, low: Any, up: Any) -> None:
    """Say on which sides of zero the basic value at a place is infeasible."""
    low[place] = 1.0
    up[place] = 0.0
    if code == BETA:
        low[place] = 0.0
    elif code <= -2 and code != EXTRA:
        kind = task.kinds[-2 - code]
        if kind == UNLIMITED:
            low[place] = 0.0
        elif kind == EQUATION:
            up[place] = 1.0
    elif code == task.left_out:
        up[place] = 1.0


@inner
def _factor(flat: Any, task: Any, bas: Any, M: Any, T: Any, col: Any, n: int) -> bool:
    """Invert the basis from its columns (Gauss-Jordan with row pivots); False when it is singular."""
    for c in range(n):
        _column(flat, task, bas[c], col, n)
        for i in range(n):
            M[i, c] = col[i]
    for i in range(n):
        for k in range(n):
            T[i, k] = 0.0
        T[i, i] = 1.0
    for c in range(n):
        pivot = c
        most = abs(M[c, c])
        for i in range(c + 1, n):
            if abs(M[i, c]) > most:
                most = abs(M[i, c])
                pivot = i
        if most < 1e-14:
            return False
        if pivot != c:
            for k in range(n):
                M[c, k], M[pivot, k] = M[pivot, k], M[c, k]
                T[k, c], T[k, pivot] = T[k, pivot], T[k, c]
        inverse = 1.0 / M[c, c]
        for k in range(n):
            M[c, k] *= inverse
            T[k, c] *= inverse
        for i in range(n):
            e = M[i, c]
            if i != c and e != 0.0:
                for k in range(n):
                    M[i, k] -= e * M[c, k]
                    T[k, i] -= e * T[k, c]
    return True


@inner
def _cold(task: Any, weight: Any, bas: Any, T: Any, n: int) -> bool:
    """Set the basis of slacks with β in the row it moves most, for its size; False when β moves no row."""
    g, kinds = task.g, task.kinds
    row = -1
    most = 0.0
    for i in range(n):
        if kinds[i] != UNLIMITED and abs(g[i]) > most * weight[i]:
            most = abs(g[i]) / weight[i]
            row = i
    if row < 0:
        return False
    # β takes the first place, and the slack of the first row the place of the slack it replaces.
    for i in range(n):
        bas[i] = -2 - i
        for k in range(n):
            T[i, k] = 0.0
        T[i, i] = -1.0
    if row > 0:
        bas[row] = -2
        T[row, row] = 0.0
        T[0, row] = -1.0
    bas[0] = BETA
    inverse = 1.0 / g[row]
    for i in range(1, n):
        other = i if i != row else 0
        T[row, i] = g[other] * inverse
    for k in range(n):
        T[k, 0] = 0.0
    T[row, 0] = -inverse
    return True


@inner
def _residuals(flat: Any, task: Any, work: Any, n: int) -> float:
    """Return the worse of the relative primal and dual residual of a basis against its own columns."""
    q, left, terms, col, x, bas = work.q, work.left, work.terms, work.col, work.x, work.bas
    b, g = task.b, task.g
    t = 0.0
    a = 0.0
    mean = 0.0
    for k in range(n):
        q[k] = -work.T[k, 0]
        t += q[k] * g[k]
        a += abs(q[k] * g[k])
        move = g[k] * x[0]
        left[k] = b[k] + move
        terms[k] = abs(b[k]) + abs(move)
        mean += abs(b[k]) / n
    worst = abs(t - 1.0) / max(a, 1.0)
    for c in range(1, n):
        code = bas[c]
        if code <= -2 and code != EXTRA:
            row = -2 - code
            left[row] += x[c]
            terms[row] += abs(x[c])
        elif code >= 0 and task.mixed.shape[0] == 0:
            worst = max(worst, used(flat[code], q, x[c], left, terms, n))
        else:
            _column(flat, task, code, col, n)
            worst = max(worst, used(col, q, x[c], left, terms, n))
    for k in range(n):
        if terms[k] > 0.0:
            worst = max(worst, abs(left[k]) / max(terms[k], 1e-6 * mean))
    return worst


# -- the two simplex methods ---------------------------------------------------------------------------------


@inner
def _remember(flat: Any, work: Any, code: int, n: int) -> None:
    """Put a column into the ring of recently useful ones."""
    place = work.written[0] % work.ring_id.shape[0]
    work.ring_id[place] = code
    for i in range(n):
        work.ring[place // BLOCK, i, place % BLOCK] = flat[code, i]
    work.written[0] += 1


@inner
def _careful_entering(store: Any, q: Any, rho: Any, qe: Any, re: Any, task: Any, n: int) -> int:
    """Ratio test over all columns one by one, each judged against its own terms; −1 when no column can enter."""
    kinds, extra, has_extra, flat = task.kinds, task.extra, task.has_extra, store.flat
    bound = BIG
    best = 0.0
    found = -1
    most = 0.0
    for i in range(n):
        most = max(most, abs(rho[i]))
    for stage in range(2):
        for j in range(store.columns[0]):
            cost = 0.0
            pivot = 0.0
            cost_terms = 0.0
            terms = 0.0
            for i in range(n):
                p = flat[j, i]
                cost -= qe[i] * p
                pivot -= re[i] * p
                cost_terms += abs(qe[i] * p)
                terms += abs(re[i] * p)
            if terms > 0.0 and pivot > _CAREFUL * terms and j != task.left_out:
                cost = max(cost, 0.0)
                if stage == 0:
                    bound = min(bound, (cost + 1e-14 * cost_terms) / pivot)
                elif cost <= bound * pivot and pivot > best * terms:
                    best = pivot / terms
                    found = j
        for i in range(n):
            if kinds[i] == INEQUALITY and rho[i] > 1e-14 * most:
                cost = max(q[i], 0.0)
                if stage == 0:
                    bound = min(bound, cost * (1.0 + 1e-14) / rho[i])
                elif cost <= bound * rho[i] and (found == -1 or best < 1e-6):
                    best = 1.0
                    found = -2 - i
        if has_extra:
            cost = 0.0
            pivot = 0.0
            terms = 0.0
            for i in range(n):
                cost -= q[i] * extra[i]
                pivot -= rho[i] * extra[i]
                terms += abs(rho[i] * extra[i])
            if pivot > _CAREFUL * terms:
                cost = max(cost, 0.0)
                if stage == 0:
                    bound = min(bound, cost * (1.0 + 1e-14) / pivot)
                elif cost <= bound * pivot and pivot > best * terms:
                    best = pivot / terms
                    found = EXTRA
    return found


@inner
def _own_ratios(task: Any, q: Any, rho: Any, cost: Any, pivot: Any, n: int) -> None:
    """Write costs and pivots of the slacks, and of the program's own extra column after them."""
    for i in range(n):
        cost[i] = q[i]
        pivot[i] = rho[i] if task.kinds[i] == INEQUALITY else 0.0
    cost[n] = 0.0
    pivot[n] = 0.0
    if task.has_extra:
        for i in range(n):
            cost[n] -= q[i] * task.extra[i]
            pivot[n] -= rho[i] * task.extra[i]


@inner
def _entering(store: Any, ring_count: int, task: Any, work: Any, qe: Any, re: Any, n: int) -> int:
    """Ratio test: over the working set, then over all columns, then carefully; −1 when no column can enter."""
    cost, pivot, q, rho = work.cost, work.pivot, work.q, work.rho
    head = (n + DOUBLES) // DOUBLES * DOUBLES
    _own_ratios(task, q, rho, cost, pivot, n)
    for stage in range(2):
        if stage == 0:
            count = ring_count
            top = ratios(work.ring, work.ring_id, count, qe, re, task.left_out, head, cost, pivot, n)
        else:
            count = (store.columns[0] + BLOCK - 1) // BLOCK
            top = ratios(store.P, store.ids, count, qe, re, task.left_out, head, cost, pivot, n)
        if top <= 0.0:
            continue
        _, place = entering(cost, pivot, head + count * BLOCK, top)
        if place >= head:
            return int(work.ring_id[place - head]) if stage == 0 else int(place - head)
        if place == n:
            return EXTRA
        if place >= 0:
            return int(-2 - place)
    return _careful_entering(store, q, rho, qe, re, task, n)


@inner
def _dual_phase(store: Any, ring_count: int, task: Any, work: Any, tally: Any, n: int) -> int:
    """Pivot until no basic value is infeasible; FOUND, NONE (a row proves that nothing is feasible) or UNSURE."""
    q, rho, col, eta, T, x = work.q, work.rho, work.col, work.eta, work.T, work.x
    mixed = task.mixed.shape[0] > 0
    qe, re = (work.whole_q, work.whole_rho) if mixed else (q, rho)
    for _ in range(_MOST_PIVOTS):
        place, size = leaving(T, x, work.low, work.up, work.weight, n)
        if place < 0:
            return FOUND
        inverse = 1.0 / size if x[place] < 0.0 else -1.0 / size
        for k in range(n):
            q[k] = -T[k, 0]
            rho[k] = T[k, place] * inverse
        if mixed:
            _effective(q, task, qe, n)
            _effective(rho, task, re, n)
        code = _entering(store, ring_count, task, work, qe, re, n)
        if code == -1:
            for k in range(n):
                q[k] = -rho[k]
            return NONE
        _column(store.flat, task, code, col, n)
        times(T, col, eta, n)
        if abs(eta[place]) < 1e-13:
            return UNSURE
        exchange(T, place, eta, x, n)
        work.bas[place] = code
        _set_sides(task, code, place, work.low, work.up)
        tally[0] += 1
    return UNSURE


@inner
def _primal_phase(flat: Any, ring_count: int, task: Any, work: Any, tally: Any, n: int) -> int:
    """Pivot until no column of the working set can improve; FOUND or UNSURE."""
    q, col, eta, T, x, weight = work.q, work.col, work.eta, work.T, work.x, work.weight
    mixed = task.mixed.shape[0] > 0
    qe = work.whole_q if mixed else q
    for _ in range(_MOST_PIVOTS):
        value = 0.0
        for k in range(n):
            q[k] = -T[k, 0]
            value += abs(q[k]) * weight[k]
        if mixed:
            _effective(q, task, qe, n)
        first: Any = np.int64(0)
        most, place = violation(work.ring, work.ring_id, first, ring_count, qe, task.left_out, n)
        code = -1
        if most > 1e-14:
            code = work.ring_id[place]
        else:
            most = 0.0
        for i in range(n):
            if task.kinds[i] == INEQUALITY and -q[i] * weight[i] > 1e-13 * value and -q[i] > most:
                most = -q[i]
                code = -2 - i
        if task.has_extra:
            t = 0.0
            a = 0.0
            for i in range(n):
                t += q[i] * task.extra[i]
                a += abs(q[i] * task.extra[i])
            if t > VIOLATED * a and t > most:
                code = EXTRA
        if code == -1:
            return FOUND
        _column(flat, task, code, col, n)
        times(T, col, eta, n)
        place = blocking(eta, x, work.low, work.up, n)
        if place < 0:
            return UNSURE
        exchange(T, place, eta, x, n)
        work.bas[place] = code
        _set_sides(task, code, place, work.low, work.up)
        tally[1] += 1
    return UNSURE


@inner
def _violators(store: Any, qe: Any, left_out: int, anchored: bool, work: Any, tally: Any, n: int) -> int:
    """Test prices against every column; return how many violators are in ``hit``, and move the anchor here.

    ``anchor`` holds prices summing to one in size, and ``bounds`` an upper bound on every block's largest gain there.
    """
    anchor, bounds, moved, change, q32 = work.anchor, work.bounds, work.moved, work.change, work.q32
    hit, by = work.hit, work.by
    norm = 0.0
    for k in range(n):
        norm += abs(qe[k])
    inverse = 1.0 / norm
    for k in range(n):
        p = qe[k] * inverse
        change[k] = np.float32(p - anchor[k])
        anchor[k] = p
        q32[k] = np.float32(p)
    slip = np.float32(n + 6) * _SINGLE
    count = (store.columns[0] + BLOCK - 1) // BLOCK
    if anchored:
        # Rounding: gains are at most one in size and a change of prices at most two, so no sum exceeds three.
        rounding = np.float32(6 * n + 18) * _SINGLE
        moved_bounds(store.middle, store.half, moved.shape[0], count, change, bounds, moved, rounding, n)
    found = 0
    for block in range(count):
        if anchored and moved[block] <= np.float32(0.0):
            bounds[block] = moved[block]
            continue
        tally[3] += 1
        top = screen(store.single, block, q32, n) + slip
        bounds[block] = top
        if top <= np.float32(0.0):
            continue
        tally[4] += 1
        best, code = violation(store.P, store.ids, block, block + 1, qe, left_out, n)
        if code >= 0:
            if found < hit.shape[0]:
                hit[found] = code
                by[found] = best
                found += 1
            else:
                least = 0
                for z in range(1, found):
                    if by[z] < by[least]:
                        least = z
                if best > by[least]:
                    hit[least] = code
                    by[least] = best
    tally[2] += 1
    return found


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
            top = np.float32(relative) + np.float32(n + 6) * _SINGLE
            if block >= count or pool.bounds[f, block] < top:
                pool.bounds[f, block] = top
            f += 1
            continue
        pooled -= 1
        for i in range(n):
            pool.bas[f, i] = pool.bas[pooled, i]
            pool.q[i, f] = pool.q[i, pooled]
            pool.anchor[f, i] = pool.anchor[pooled, i]
        copy(pool.T[pooled], pool.T[f], n * n)
        pool.proven[f] = pool.proven[pooled]
        for z in range(count):
            pool.bounds[f, z] = pool.bounds[pooled, z]
    return pooled


@inner_once
def _solve(store: Any, task: Any, work: Any, trusted: bool, anchored: bool, tally: Any, n: int) -> int:
    """Solve one program from the basis at hand; ``tally[7]`` says whether the anchor was moved to its prices."""
    eta, T = work.eta, work.T
    tally[7] = 0
    for i in range(n):
        _set_sides(task, work.bas[i], i, work.low, work.up)
    times(T, task.g, eta, n)
    for i in range(n):
        eta[i] = -eta[i]
    if eta[0] < 1e-13:
        return UNSURE
    exchange(T, 0, eta, work.x, n)
    times(T, task.b, work.x, n)
    start = tally[0] + tally[1]
    for _ in range(_MOST_ROUNDS):
        ring_count = (min(work.written[0], work.ring_id.shape[0]) + BLOCK - 1) // BLOCK
        outcome = _dual_phase(store, ring_count, task, work, tally, n)
        if outcome != FOUND:
            return outcome
        if trusted and tally[0] + tally[1] == start:
            return FOUND
        if tally[0] + tally[1] - start > _MOST_PIVOTS:
            return UNSURE
        for k in range(n):
            work.q[k] = -T[k, 0]
        _effective(work.q, task, work.whole_q, n)
        found = _violators(store, work.whole_q, task.left_out, anchored or tally[7] > 0, work, tally, n)
        tally[7] = 1
        for z in range(found):
            _remember(store.flat, work, work.hit[z], n)
        if found == 0 and not _own_violation(work.q, work.weight, task, n):
            return FOUND
        ring_count = (min(work.written[0], work.ring_id.shape[0]) + BLOCK - 1) // BLOCK
        pivots = tally[1]
        outcome = _primal_phase(store.flat, ring_count, task, work, tally, n)
        if outcome != FOUND:
            return outcome
        if tally[1] == pivots:
            return UNSURE
    return UNSURE


@inner
def _own_violation(q: Any, weight: Any, task: Any, n: int) -> bool:
    """Whether a slack or the program's own extra column could still improve."""
    value = 0.0
    for k in range(n):
        value += abs(q[k]) * weight[k]
    for i in range(n):
        if task.kinds[i] == INEQUALITY and -q[i] * weight[i] > 1e-13 * value:
            return True
    if task.has_extra:
        extra = task.extra
        t = 0.0
        a = 0.0
        for i in range(n):
            t += q[i] * extra[i]
            a += abs(q[i] * extra[i])
        return t > VIOLATED * a
    return False


@entry
def run(
    store: Any,
    grow: bool,
    own: Any,
    batch: Any,
    order: Any,
    first: int,
    last: int,
    seeds: Any,
    work: Any,
    pool: Any,
    found: Any,
    tally: Any,
    n: int,
) -> None:
    """Solve the programs ``order[first:last]``, each starting from a neighbour's basis.

    Parameters
    ----------
    store : Store
    grow : bool
        Add a program's point to the columns when it turns out not to be dominated.
    own : array (k,) of int
        Column of each program's point, −1 for none yet.
    batch : Programs
    order : array of int
    seeds : array (z, n) of int
        Bases to start the pool from.
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
            _remember(store.flat, work, j, n)
    for program in range(first, last):
        o = order[program]
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
        mean = 0.0
        for k in range(n):
            mean += abs(b[k])
        mean = max(mean / n, 1e-300)
        for k in range(n):
            work.weight[k] = abs(b[k]) if b[k] != 0.0 else mean
        if program == first:
            for z in range(min(seeds.shape[0], pool_size)):
                if _factor(store.flat, task, seeds[z], work.M, pool.T[pooled], work.col, n):
                    for k in range(n):
                        pool.bas[pooled, k] = seeds[z, k]
                        pool.q[k, pooled] = -pool.T[pooled, k, 0]
                    pool.proven[pooled] = 0
                    pooled += 1
            next_place = pooled if pooled < pool_size else 0
        parent = cheapest(pool.q, pool_size, pooled, b, task.g, n)
        trusted = False
        anchored = False
        started = False
        if parent >= 0:
            for k in range(n):
                bas[k] = pool.bas[parent, k]
            if private:
                started = _factor(store.flat, task, bas, work.M, T, work.col, n)
            else:
                started = True
                copy(pool.T[parent], T, n * n)
            if pool.proven[parent] > 0:
                anchored = True
                copy(pool.anchor[parent], work.anchor, n)
                for block in range((columns[0] + BLOCK - 1) // BLOCK):
                    work.bounds[block] = pool.bounds[parent, block]
            trusted = pool.proven[parent] == 2 and not private and task.left_out < 0
        repairs = 0
        grown = False
        before = tally[0] + tally[1]
        outcome = UNSURE
        while True:
            if not started:
                trusted = False
                if not _cold(task, work.weight, bas, T, n):
                    break
            count = (columns[0] + BLOCK - 1) // BLOCK
            outcome = _solve(store, task, work, trusted, anchored, tally, n)
            anchored = anchored or tally[7] > 0
            trusted = False
            started = True
            if outcome == FOUND and _residuals(store.flat, task, work, n) > _RESIDUAL:
                outcome = UNSURE
            if outcome == UNSURE:
                repairs += 1
                tally[5] += 1
                if repairs > _MOST_REPAIRS:
                    break
                started = repairs < _MOST_REPAIRS and _factor(store.flat, task, bas, work.M, T, work.col, n)
                continue
            if not grow or grown or own[o] >= 0 or (outcome == FOUND and x[0] >= _EFFICIENT):
                break
            grown = True
            place = columns[0]
            _add_column(store, place, b, n)
            own[o] = place
            columns[0] = place + 1
            tally[6] += 1
            _remember(store.flat, work, place, n)
            pooled = _drop_violated(pool, pooled, b, place // BLOCK, count, n)
            next_place = pooled if pooled < pool_size else 0
            anchored = False
            started = outcome == FOUND
        found.value[o] = x[0]
        found.status[o] = outcome
        found.known[o] = columns[0]
        for k in range(n):
            found.prices[o, k] = work.q[k] if outcome == NONE else -T[k, 0]
            found.basis[o, k] = bas[k]
            found.basic[o, k] = x[k]
        if outcome == FOUND and (tally[0] + tally[1] > before or pooled == 0):
            for i in range(n):
                pool.bas[next_place, i] = bas[i]
                pool.q[i, next_place] = -T[i, 0]
                pool.anchor[next_place, i] = work.anchor[i]
            copy(T, pool.T[next_place], n * n)
            pool.proven[next_place] = 0 if not anchored else (2 if task.left_out < 0 and not private else 1)
            if anchored:
                for block in range((columns[0] + BLOCK - 1) // BLOCK):
                    pool.bounds[next_place, block] = work.bounds[block]
            next_place += 1
            pooled = max(pooled, next_place)
            if next_place == pool_size:
                next_place = 0

"""The compiled kernel: ``max β, Σ λ_j p_j ≥ b + βg`` for one program after another, each from its neighbour's basis.

Rows are padded to a multiple of four, and pricing takes four at a time, so one compilation serves every shape. Columns
lie in blocks of 64, coordinate by coordinate, so a block is priced by a few vector instructions per coordinate.

A program starts from the best of a pool of recent bases. The dual simplex runs over a small working set of columns,
then the prices are tested against *all* columns, and violators enter by the primal simplex until there are none. The
test is rigorous and rarely reads a column: a block is skipped when its largest reduced cost at the neighbour's prices,
plus the most the change of prices can add over the block's bounding box, is negative. What remains is screened in
single precision with a bound on the rounding, and only then computed in double precision.

All compiled functions are in this one file, because the cache of compiled code is keyed on the file of its entry.
Whole numbers that are passed on are typed (``np.int64(0)``): a function is compiled once more for a literal.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bench.lp.jit import PLAIN, VECTOR, entry, inner

#: Columns per block.
BLOCK = 64
#: Codes in a basis besides columns (≥ 0) and slacks (−2 − row): the variable β and the program's own extra column.
BETA, EXTRA = -1, -1000
#: Kinds of rows.
INEQUALITY, EQUATION, UNLIMITED = 0, 1, 2
#: Outcomes; 2 is for the general route to settle.
FOUND, NONE, UNSURE = 0, 1, 2

_BIG = 1e300
#: A basic value below minus this share of its terms is infeasible.
_FEASIBLE = 1e-12
#: Added to reduced costs in the ratio test, so that ties are broken by size of pivot (Harris 1973).
_RELAX = 1e-13
#: Smallest pivot, relative to the terms of its row, in the quick and in the careful ratio test.
_PIVOT = 1e-9
_CAREFUL = 1e-11
#: A reduced cost above this share of its terms is a violation.
_VIOLATED = 1e-12
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
    middle, half : array (n, blocks), float32
        Bounding box of each block, rounded outwards.
    columns : array (1,) of int
        How many columns there are.
    """

    P: Any
    single: Any
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
    """Scratch of one thread; see :func:`workspace`."""

    vectors: Any
    weight: Any
    x: Any
    M: Any
    B: Any
    bas: Any
    best: Any
    gain32: Any
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

    B: Any
    bas: Any
    q: Any
    anchor: Any
    bounds: Any
    proven: Any
    promise: Any


def workspace(rows: int, blocks: int, ring: int, pool: int) -> tuple[Work, Pool]:
    """Allocate one thread's scratch for this many rows, blocks of columns, ring places and pooled bases."""
    work = Work(
        vectors=np.zeros((8, max(rows, BLOCK))),
        weight=np.zeros(rows),
        x=np.zeros(rows),
        M=np.zeros((rows, rows)),
        B=np.zeros((rows, rows)),
        bas=np.zeros(rows, np.int64),
        best=np.zeros(max(blocks, ring // BLOCK)),
        gain32=np.zeros(BLOCK, np.float32),
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
        B=np.zeros((pool, rows, rows)),
        bas=np.zeros((pool, rows), np.int64),
        q=np.zeros((rows, pool)),
        anchor=np.zeros((pool, rows)),
        bounds=np.zeros((pool, blocks), np.float32),
        proven=np.zeros(pool, np.int64),
        promise=np.zeros(pool),
    )
    return work, found


# -- pricing -------------------------------------------------------------------------------------------------


@inner(VECTOR)
def _both(part: Any, q: Any, rho: Any, cost: Any, pivot: Any, n: int) -> None:
    """Write reduced costs and pivots of one block, four rows at a time."""
    for i in range(0, n, 4):
        q0, q1, q2, q3 = q[i], q[i + 1], q[i + 2], q[i + 3]
        r0, r1, r2, r3 = rho[i], rho[i + 1], rho[i + 2], rho[i + 3]
        first = i == 0
        for k in range(BLOCK):
            p0, p1, p2, p3 = part[i, k], part[i + 1, k], part[i + 2, k], part[i + 3, k]
            c = q0 * p0 + q1 * p1 + q2 * p2 + q3 * p3
            a = r0 * p0 + r1 * p1 + r2 * p2 + r3 * p3
            cost[k] = -c if first else cost[k] - c
            pivot[k] = -a if first else pivot[k] - a


@inner(VECTOR)
def _ratios(P: Any, count: int, q: Any, rho: Any, best: Any, cost: Any, pivot: Any, n: int) -> float:
    """Return the largest pivot per relaxed reduced cost over all blocks, and each block's in ``best``."""
    top = 0.0
    for block in range(count):
        _both(P[block], q, rho, cost, pivot, n)
        most = 0.0
        for k in range(BLOCK):
            most = max(most, pivot[k] / (max(cost[k], 0.0) + _RELAX))
        best[block] = most
        top = max(top, most)
    return top


@inner(VECTOR)
def _gains(part: Any, q: Any, gain: Any, terms: Any, n: int) -> float:
    """Write ``q · p`` of one block and the sum of its terms' sizes; return the largest gain."""
    for i in range(0, n, 4):
        q0, q1, q2, q3 = q[i], q[i + 1], q[i + 2], q[i + 3]
        first = i == 0
        for k in range(BLOCK):
            v0, v1, v2, v3 = q0 * part[i, k], q1 * part[i + 1, k], q2 * part[i + 2, k], q3 * part[i + 3, k]
            g = (v0 + v1) + (v2 + v3)
            t = (abs(v0) + abs(v1)) + (abs(v2) + abs(v3))
            gain[k] = g if first else gain[k] + g
            terms[k] = t if first else terms[k] + t
    most = -_BIG
    for k in range(BLOCK):
        most = max(most, gain[k])
    return most


@inner(VECTOR)
def _screen(part: Any, q: Any, gain: Any, n: int) -> Any:
    """Return the largest ``q · p`` of one block in single precision."""
    for i in range(0, n, 4):
        q0, q1, q2, q3 = q[i], q[i + 1], q[i + 2], q[i + 3]
        first = i == 0
        for k in range(BLOCK):
            g = (q0 * part[i, k] + q1 * part[i + 1, k]) + (q2 * part[i + 2, k] + q3 * part[i + 3, k])
            gain[k] = g if first else gain[k] + g
    most = gain[0]
    for k in range(1, BLOCK):
        most = max(most, gain[k])
    return most


@inner(VECTOR)
def _move_bounds(middle: Any, half: Any, count: int, change: Any, before: Any, after: Any, slip: Any, n: int) -> None:
    """Bound every block's largest gain after a change of prices: what it was plus the most the box allows."""
    for block in range(count):
        after[block] = before[block] + slip
    for i in range(n):
        c = change[i]
        a = abs(c)
        for block in range(count):
            after[block] += c * middle[i, block] + a * half[i, block]


# -- the basis -----------------------------------------------------------------------------------------------


@inner(PLAIN)
def _times(B: Any, v: Any, out: Any, n: int) -> None:
    for i in range(n):
        t = 0.0
        for k in range(n):
            t += B[i, k] * v[k]
        out[i] = t


@inner(PLAIN)
def _exchange(B: Any, r: int, eta: Any, x: Any, n: int) -> None:
    """Bring the column with coordinates ``eta`` into the basis at place ``r``."""
    inverse = 1.0 / eta[r]
    for k in range(n):
        B[r, k] *= inverse
    step = x[r] * inverse
    for i in range(n):
        if i != r:
            e = eta[i]
            for k in range(n):
                B[i, k] -= e * B[r, k]
            x[i] -= e * step
    x[r] = step


@inner(PLAIN)
def _column(P: Any, task: Any, code: int, out: Any, n: int) -> None:
    """Write the column behind a code, in row space: stored coordinates plus the program's mixed rows."""
    for i in range(n):
        out[i] = 0.0
    if code >= 0:
        block = code // BLOCK
        k = code - block * BLOCK
        for i in range(n):
            out[i] = P[block, i, k]
        for c in range(task.mixed.shape[0]):
            t = 0.0
            for i in range(n):
                t += task.mix[c, i] * P[block, i, k]
            out[task.mixed[c]] = t
    elif code == BETA:
        for i in range(n):
            out[i] = -task.g[i]
    elif code == EXTRA:
        for i in range(n):
            out[i] = task.extra[i]
    else:
        out[-2 - code] = -1.0


@inner(PLAIN)
def _effective(q: Any, task: Any, out: Any, n: int) -> None:
    """Write the prices of the stored coordinates: each mixed row passes its price on."""
    for i in range(n):
        out[i] = q[i]
    for c in range(task.mixed.shape[0]):
        price = q[task.mixed[c]]
        for i in range(n):
            out[i] += price * task.mix[c, i]


@inner(PLAIN)
def _factor(P: Any, task: Any, bas: Any, M: Any, B: Any, col: Any, n: int) -> bool:
    """Invert the basis from its columns (Gauss-Jordan with row pivots); False when it is singular."""
    for c in range(n):
        _column(P, task, bas[c], col, n)
        for i in range(n):
            M[i, c] = col[i]
    for i in range(n):
        for k in range(n):
            B[i, k] = 0.0
        B[i, i] = 1.0
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
                B[c, k], B[pivot, k] = B[pivot, k], B[c, k]
        inverse = 1.0 / M[c, c]
        for k in range(n):
            M[c, k] *= inverse
            B[c, k] *= inverse
        for i in range(n):
            e = M[i, c]
            if i != c and e != 0.0:
                for k in range(n):
                    M[i, k] -= e * M[c, k]
                    B[i, k] -= e * B[c, k]
    return True


@inner(PLAIN)
def _cold(task: Any, weight: Any, bas: Any, B: Any, n: int) -> bool:
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
            B[i, k] = 0.0
        B[i, i] = -1.0
    if row > 0:
        bas[row] = -2
        B[row, row] = 0.0
        B[row, 0] = -1.0
    bas[0] = BETA
    inverse = 1.0 / g[row]
    for i in range(1, n):
        other = i if i != row else 0
        B[i, row] = g[other] * inverse
    for k in range(n):
        B[0, k] = 0.0
    B[0, row] = -inverse
    return True


@inner(PLAIN)
def _residuals(P: Any, task: Any, B: Any, bas: Any, x: Any, scratch: Any, n: int) -> float:
    """Return the worse of the relative primal and dual residual of a basis against its own columns."""
    left, terms, col = scratch[0], scratch[1], scratch[2]
    b, g = task.b, task.g
    t = 0.0
    a = 0.0
    mean = 0.0
    for k in range(n):
        t -= B[0, k] * g[k]
        a += abs(B[0, k] * g[k])
        move = g[k] * x[0]
        left[k] = b[k] + move
        terms[k] = abs(b[k]) + abs(move)
        mean += abs(b[k]) / n
    worst = abs(t - 1.0) / max(a, 1.0)
    for c in range(1, n):
        _column(P, task, bas[c], col, n)
        t = 0.0
        a = 0.0
        for k in range(n):
            t += B[0, k] * col[k]
            a += abs(B[0, k] * col[k])
            left[k] -= col[k] * x[c]
            terms[k] += abs(col[k] * x[c])
        worst = max(worst, abs(t) / max(a, 1.0))
    for k in range(n):
        if terms[k] > 0.0:
            worst = max(worst, abs(left[k]) / max(terms[k], 1e-6 * mean))
    return worst


# -- the two simplex methods ---------------------------------------------------------------------------------


@inner(PLAIN)
def _remember(P: Any, work: Any, code: int, n: int) -> None:
    """Put a column into the ring of recently useful ones."""
    place = work.written[0] % work.ring_id.shape[0]
    block = code // BLOCK
    k = code - block * BLOCK
    work.ring_id[place] = code
    for i in range(n):
        work.ring[place // BLOCK, i, place % BLOCK] = P[block, i, k]
    work.written[0] += 1


@inner(PLAIN)
def _careful_entering(P: Any, count: int, q: Any, rho: Any, qe: Any, re: Any, task: Any, n: int) -> int:
    """Ratio test over all columns one by one, each judged against its own terms; −1 when no column can enter."""
    kinds, extra, has_extra, left_out = task.kinds, task.extra, task.has_extra, task.left_out
    bound = _BIG
    best = 0.0
    found = -1
    most = 0.0
    for i in range(n):
        most = max(most, abs(rho[i]))
    for stage in range(2):
        for block in range(count):
            for k in range(BLOCK):
                cost = 0.0
                pivot = 0.0
                cost_terms = 0.0
                terms = 0.0
                for i in range(n):
                    p = P[block, i, k]
                    cost -= qe[i] * p
                    pivot -= re[i] * p
                    cost_terms += abs(qe[i] * p)
                    terms += abs(re[i] * p)
                if terms > 0.0 and pivot > _CAREFUL * terms and block * BLOCK + k != left_out:
                    cost = max(cost, 0.0)
                    if stage == 0:
                        bound = min(bound, (cost + 1e-14 * cost_terms) / pivot)
                    elif cost <= bound * pivot and pivot > best * terms:
                        best = pivot / terms
                        found = block * BLOCK + k
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


@inner(PLAIN)
def _leaving(B: Any, x: Any, bas: Any, task: Any, weight: Any, n: int) -> tuple[int, float]:
    """Return the place whose value is most infeasible for its size (−1 for none), and that size with the sign lost."""
    place = -1
    worst = _FEASIBLE
    scale = 1.0
    for i in range(1, n):
        value = x[i]
        code = bas[i]
        kind = INEQUALITY
        if code <= -2 and code != EXTRA:
            kind = task.kinds[-2 - code]
        if kind == UNLIMITED:
            continue
        upper = kind == EQUATION or (task.left_out >= 0 and code == task.left_out)
        if value < 0.0 or (upper and value > 0.0):
            terms = 0.0
            for k in range(n):
                terms += abs(B[i, k]) * weight[k]
            if abs(value) > worst * terms:
                worst = abs(value) / terms
                place = i
                scale = terms if value < 0.0 else -terms
    return place, scale


@inner(PLAIN)
def _dual_phase(store: Any, count: int, ring_count: int, task: Any, work: Any, tally: Any, n: int) -> int:
    """Pivot until no basic value is infeasible; FOUND, NONE (a row proves that nothing is feasible) or UNSURE."""
    vectors = work.vectors
    q, rho, qe, re = vectors[0], vectors[1], vectors[2], vectors[3]
    cost, pivot, col, eta = vectors[4], vectors[5], vectors[6], vectors[7]
    B, bas, x, best, ring_id = work.B, work.bas, work.x, work.best, work.ring_id
    kinds, extra, has_extra, left_out = task.kinds, task.extra, task.has_extra, task.left_out
    for _ in range(_MOST_PIVOTS):
        place, scale = _leaving(B, x, bas, task, work.weight, n)
        if place < 0:
            return FOUND
        for k in range(n):
            q[k] = -B[0, k]
            rho[k] = B[place, k] / scale
        _effective(q, task, qe, n)
        _effective(rho, task, re, n)
        slack_top = 0.0
        for i in range(n):
            if kinds[i] == INEQUALITY and rho[i] > _PIVOT:
                slack_top = max(slack_top, rho[i] / (max(q[i], 0.0) + _RELAX))
        extra_cost = 0.0
        extra_pivot = 0.0
        if has_extra:
            for i in range(n):
                extra_cost -= q[i] * extra[i]
                extra_pivot -= rho[i] * extra[i]
            extra_cost = max(extra_cost, 0.0)
            if extra_pivot > _PIVOT:
                slack_top = max(slack_top, extra_pivot / (extra_cost + _RELAX))
        entering = -1
        for stage in range(2):
            if stage == 0:
                part = work.ring
                blocks = ring_count
            else:
                part = store.P
                blocks = count
            top = max(slack_top, _ratios(part, blocks, qe, re, best, cost, pivot, n))
            if top <= 0.0:
                continue
            most = _PIVOT
            # A block can hold a column within the relaxed bound only if its own best ratio is about as large.
            floor = top * (_PIVOT / (_PIVOT + top * _RELAX))
            for block in range(blocks):
                if best[block] >= floor:
                    _both(part[block], qe, re, cost, pivot, n)
                    for k in range(BLOCK):
                        if pivot[k] > most and cost[k] * top <= pivot[k]:
                            code = block * BLOCK + k
                            if stage == 0:
                                code = ring_id[code]
                            if code != left_out:
                                most = pivot[k]
                                entering = code
            for i in range(n):
                if kinds[i] == INEQUALITY and rho[i] > most and q[i] * top <= rho[i]:
                    most = rho[i]
                    entering = -2 - i
            if has_extra and extra_pivot > most and extra_cost * top <= extra_pivot:
                entering = EXTRA
            if entering != -1:
                break
        if entering == -1:
            entering = _careful_entering(store.P, count, q, rho, qe, re, task, n)
        if entering == -1:
            for k in range(n):
                q[k] = -rho[k]
            return NONE
        _column(store.P, task, entering, col, n)
        _times(B, col, eta, n)
        if abs(eta[place]) < 1e-13:
            return UNSURE
        _exchange(B, place, eta, x, n)
        bas[place] = entering
        tally[0] += 1
    return UNSURE


@inner(PLAIN)
def _primal_phase(P: Any, ring_count: int, task: Any, work: Any, tally: Any, n: int) -> int:
    """Pivot until no column of the working set can improve; FOUND or UNSURE."""
    vectors = work.vectors
    q, qe, gain, terms, col, eta = vectors[0], vectors[2], vectors[4], vectors[5], vectors[6], vectors[7]
    B, bas, x, weight, ring_id = work.B, work.bas, work.x, work.weight, work.ring_id
    kinds, extra, has_extra, left_out = task.kinds, task.extra, task.has_extra, task.left_out
    for _ in range(_MOST_PIVOTS):
        value = 0.0
        for k in range(n):
            q[k] = -B[0, k]
            value += abs(q[k]) * weight[k]
        _effective(q, task, qe, n)
        most = 0.0
        entering = -1
        for block in range(ring_count):
            top = _gains(work.ring[block], qe, gain, terms, n)
            if top > most and top > 1e-14:
                for k in range(BLOCK):
                    if gain[k] > most and gain[k] > _VIOLATED * terms[k] and ring_id[block * BLOCK + k] != left_out:
                        most = gain[k]
                        entering = ring_id[block * BLOCK + k]
        for i in range(n):
            if kinds[i] == INEQUALITY and -q[i] * weight[i] > 1e-13 * value and -q[i] > most:
                most = -q[i]
                entering = -2 - i
        if has_extra:
            t = 0.0
            a = 0.0
            for i in range(n):
                t += q[i] * extra[i]
                a += abs(q[i] * extra[i])
            if t > _VIOLATED * a and t > most:
                entering = EXTRA
        if entering == -1:
            return FOUND
        _column(P, task, entering, col, n)
        _times(B, col, eta, n)
        longest = _BIG
        for i in range(1, n):
            code = bas[i]
            kind = INEQUALITY
            if code <= -2 and code != EXTRA:
                kind = kinds[-2 - code]
            if kind == EQUATION and abs(eta[i]) > 1e-10:
                longest = 0.0
            elif kind == INEQUALITY and eta[i] > 1e-10:
                longest = min(longest, (max(x[i], 0.0) + _RELAX) / eta[i])
        if longest >= _BIG:
            return UNSURE
        place: Any = np.int64(-1)
        largest = 0.0
        for i in range(1, n):
            code = bas[i]
            kind = INEQUALITY
            if code <= -2 and code != EXTRA:
                kind = kinds[-2 - code]
            largest_i = abs(eta[i])
            fits = kind == EQUATION or (kind == INEQUALITY and eta[i] > 0.0 and max(x[i], 0.0) <= longest * eta[i])
            if fits and largest_i > 1e-10 and largest_i > largest:
                largest = largest_i
                place = i
        if place < 0:
            return UNSURE
        _exchange(B, place, eta, x, n)
        bas[place] = entering
        tally[1] += 1
    return UNSURE


@inner(PLAIN)
def _violators(store: Any, count: int, qe: Any, left_out: int, anchored: bool, work: Any, tally: Any, n: int) -> int:
    """Test prices against every column; return how many violators are in ``hit``, and move the anchor here.

    ``anchor`` holds prices summing to one in size, and ``bounds`` an upper bound on every block's largest gain there.
    """
    anchor, bounds, moved, change, q32 = work.anchor, work.bounds, work.moved, work.change, work.q32
    gain, terms, hit, by = work.vectors[4], work.vectors[5], work.hit, work.by
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
    if anchored:
        # Rounding: gains are at most one in size and a change of prices at most two, so no sum exceeds three.
        _move_bounds(store.middle, store.half, count, change, bounds, moved, np.float32(6 * n + 18) * _SINGLE, n)
    found = 0
    for block in range(count):
        if anchored and moved[block] <= np.float32(0.0):
            bounds[block] = moved[block]
            continue
        tally[3] += 1
        top = _screen(store.single[block], q32, work.gain32, n) + slip
        bounds[block] = top
        if top <= np.float32(0.0):
            continue
        tally[4] += 1
        _gains(store.P[block], qe, gain, terms, n)
        best = 0.0
        code = -1
        for k in range(BLOCK):
            if gain[k] > best and gain[k] > _VIOLATED * terms[k] and block * BLOCK + k != left_out:
                best = gain[k]
                code = block * BLOCK + k
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


@inner(VECTOR)
def _best_of_pool(prices: Any, count: int, b: Any, g: Any, value: Any, n: int) -> int:
    """Return the pool's prices that promise the least β for this program; −1 when none is usable."""
    for f in range(count):
        s = 0.0
        t = 0.0
        for k in range(n):
            p = prices[k, f]
            s -= p * b[k]
            t += p * g[k]
        value[f] = s / t if t > 1e-12 else _BIG
    least = _BIG
    for f in range(count):
        least = min(least, value[f])
    if least >= _BIG:
        return -1
    for f in range(count):
        if value[f] <= least:
            return f
    return -1


@inner(PLAIN)
def _add_column(store: Any, place: int, b: Any, n: int) -> None:
    """Store a column and widen its block's box."""
    middle, half = store.middle, store.half
    block = place // BLOCK
    k = place - block * BLOCK
    for i in range(n):
        store.P[block, i, k] = b[i]
        store.single[block, i, k] = np.float32(b[i])
        low = min(float(middle[i, block]) - float(half[i, block]), b[i])
        high = max(float(middle[i, block]) + float(half[i, block]), b[i])
        if k == 0:
            # The places that are still empty are columns of zeros, which never gain.
            low = min(b[i], 0.0)
            high = max(b[i], 0.0)
        middle[i, block] = np.float32(0.5 * (low + high))
        half[i, block] = np.float32((0.5 * (high - low) + 1e-7 * max(abs(low), abs(high))) * 1.000001)


@inner(PLAIN)
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
            for k in range(n):
                pool.B[f, i, k] = pool.B[pooled, i, k]
        pool.proven[f] = pool.proven[pooled]
        for z in range(count):
            pool.bounds[f, z] = pool.bounds[pooled, z]
    return pooled


@inner(PLAIN, once=True)
def _solve(store: Any, count: int, task: Any, work: Any, trusted: bool, anchored: bool, tally: Any, n: int) -> int:
    """Solve one program from the basis at hand; ``tally[7]`` says whether the anchor was moved to its prices."""
    q, qe, eta, B = work.vectors[0], work.vectors[2], work.vectors[7], work.B
    tally[7] = 0
    _times(B, task.g, eta, n)
    for i in range(n):
        eta[i] = -eta[i]
    if eta[0] < 1e-13:
        return UNSURE
    first: Any = np.int64(0)
    _exchange(B, first, eta, work.x, n)
    _times(B, task.b, work.x, n)
    start = tally[0] + tally[1]
    for _ in range(_MOST_ROUNDS):
        ring_count = (min(work.written[0], work.ring_id.shape[0]) + BLOCK - 1) // BLOCK
        outcome = _dual_phase(store, count, ring_count, task, work, tally, n)
        if outcome != FOUND:
            return outcome
        if trusted and tally[0] + tally[1] == start:
            return FOUND
        if tally[0] + tally[1] - start > _MOST_PIVOTS:
            return UNSURE
        for k in range(n):
            q[k] = -B[0, k]
        _effective(q, task, qe, n)
        found = _violators(store, count, qe, task.left_out, anchored or tally[7] > 0, work, tally, n)
        tally[7] = 1
        for z in range(found):
            _remember(store.P, work, work.hit[z], n)
        if found == 0 and not _own_violation(q, work.weight, task, n):
            return FOUND
        ring_count = (min(work.written[0], work.ring_id.shape[0]) + BLOCK - 1) // BLOCK
        pivots = tally[1]
        outcome = _primal_phase(store.P, ring_count, task, work, tally, n)
        if outcome != FOUND:
            return outcome
        if tally[1] == pivots:
            return UNSURE
    return UNSURE


@inner(PLAIN)
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
        return t > _VIOLATED * a
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
    B, bas, x = work.B, work.bas, work.x
    columns = store.columns
    pool_size = pool.promise.shape[0]
    pooled: Any = np.int64(0)
    next_place = 0
    mixes = batch.mixed.shape[0] > 0
    private = mixes or batch.has_extra
    work.written[0] = 0
    if columns[0] <= work.ring_id.shape[0]:
        for j in range(columns[0]):
            _remember(store.P, work, j, n)
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
                if _factor(store.P, task, seeds[z], work.M, pool.B[pooled], work.vectors[6], n):
                    for k in range(n):
                        pool.bas[pooled, k] = seeds[z, k]
                        pool.q[k, pooled] = -pool.B[pooled, 0, k]
                    pool.proven[pooled] = 0
                    pooled += 1
            next_place = pooled if pooled < pool_size else 0
        parent = _best_of_pool(pool.q, pooled, b, task.g, pool.promise, n) if pooled > 0 else -1
        trusted = False
        anchored = False
        started = False
        if parent >= 0:
            for k in range(n):
                bas[k] = pool.bas[parent, k]
            if private:
                started = _factor(store.P, task, bas, work.M, B, work.vectors[6], n)
            else:
                started = True
                for i in range(n):
                    for k in range(n):
                        B[i, k] = pool.B[parent, i, k]
            if pool.proven[parent] > 0:
                anchored = True
                for k in range(n):
                    work.anchor[k] = pool.anchor[parent, k]
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
                if not _cold(task, work.weight, bas, B, n):
                    break
            count = (columns[0] + BLOCK - 1) // BLOCK
            outcome = _solve(store, count, task, work, trusted, anchored, tally, n)
            anchored = anchored or tally[7] > 0
            trusted = False
            started = True
            if outcome == FOUND and _residuals(store.P, task, B, bas, x, work.vectors, n) > _RESIDUAL:
                outcome = UNSURE
            if outcome == UNSURE:
                repairs += 1
                tally[5] += 1
                if repairs > _MOST_REPAIRS:
                    break
                started = repairs < _MOST_REPAIRS and _factor(store.P, task, bas, work.M, B, work.vectors[6], n)
                continue
            if not grow or grown or own[o] >= 0 or (outcome == FOUND and x[0] >= _EFFICIENT):
                break
            grown = True
            place = columns[0]
            _add_column(store, place, b, n)
            own[o] = place
            columns[0] = place + 1
            tally[6] += 1
            _remember(store.P, work, place, n)
            pooled = _drop_violated(pool, pooled, b, place // BLOCK, count, n)
            next_place = pooled if pooled < pool_size else 0
            anchored = False
            started = outcome == FOUND
        found.value[o] = x[0]
        found.status[o] = outcome
        found.known[o] = columns[0]
        for k in range(n):
            found.prices[o, k] = work.vectors[0, k] if outcome == NONE else -B[0, k]
            found.basis[o, k] = bas[k]
            found.basic[o, k] = x[k]
        if outcome == FOUND and (tally[0] + tally[1] > before or pooled == 0):
            for i in range(n):
                pool.bas[next_place, i] = bas[i]
                pool.q[i, next_place] = -B[0, i]
                pool.anchor[next_place, i] = work.anchor[i]
                for k in range(n):
                    pool.B[next_place, i, k] = B[i, k]
            pool.proven[next_place] = 0 if not anchored else (2 if task.left_out < 0 and not private else 1)
            if anchored:
                for block in range((columns[0] + BLOCK - 1) // BLOCK):
                    pool.bounds[next_place, block] = work.bounds[block]
            next_place += 1
            pooled = max(pooled, next_place)
            if next_place == pool_size:
                next_place = 0

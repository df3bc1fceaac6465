"""The simplex methods for one program: dual over a working set of columns, a test against all, primal for violators.

The test is rigorous and rarely reads a column: a block is skipped when its largest gain at earlier prices, plus the
most that the change of prices can add over the block's bounding box, is negative. What remains is screened in single
precision with a bound on the rounding, and only what might gain is computed in double precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.jit import inner, inner_once
from bench.lp.basis import effective, set_sides, write_column
from bench.lp.inverse import blocking, exchange, leaving, prices, reverse, row_of, size_of, times
from bench.lp.layout import BLOCK, DOUBLES
from bench.lp.pricing import (
    BIG,
    VIOLATED,
    entering,
    first_bit,
    gain_of,
    largest_gain,
    moved_bounds,
    own_ratios,
    ratios,
    screen,
    violation,
)
from bench.lp.records import EXTRA, FOUND, INEQUALITY, NONE, SINGLE_ROUNDOFF, UNSURE

#: Smallest pivot, relative to the terms of its row, in the careful ratio test.
_CAREFUL = 1e-11
#: A gain below this is rounding, whatever its terms: columns have a largest coordinate of one, prices of about one.
_GAIN = 1e-15
_MOST_PIVOTS = 500
_MOST_ROUNDS = 300


@inner
def remember(flat: Any, work: Any, code: int, n: int) -> None:
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
    own_ratios(q, rho, task.kinds, cost, pivot, n)
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
        prices(T, q, 0, 1, n)
        row_of(T, place, inverse, rho, n)
        if mixed:
            effective(q, task, qe, n)
            effective(rho, task, re, n)
        code = _entering(store, ring_count, task, work, qe, re, n)
        if code == -1:
            for k in range(n):
                q[k] = -rho[k]
            return NONE
        if code >= 0 and not mixed:
            times(T, store.flat[code], eta, n)
        else:
            write_column(store.flat, task, code, col, n)
            times(T, col, eta, n)
        if abs(eta[place]) < 1e-13:
            return UNSURE
        exchange(T, place, eta, x, n)
        work.bas[place] = code
        set_sides(task, code, place, work.low, work.up)
        tally[0] += 1
    return UNSURE


@inner
def _primal_phase(flat: Any, ring_count: int, task: Any, work: Any, tally: Any, n: int) -> int:
    """Pivot until no column of the working set can improve; FOUND or UNSURE."""
    q, col, eta, T, x, weight = work.q, work.col, work.eta, work.T, work.x, work.weight
    mixed = task.mixed.shape[0] > 0
    qe = work.whole_q if mixed else q
    for _ in range(_MOST_PIVOTS):
        prices(T, q, 0, 1, n)
        value = size_of(q, weight, n)
        if mixed:
            effective(q, task, qe, n)
        most, place = largest_gain(work.ring, work.ring_id, ring_count, qe, task.left_out, n)
        if most > _GAIN:
            gain, terms = gain_of(flat[work.ring_id[place]], qe, n)
            if gain <= VIOLATED * terms:
                # Rounding hides what else there is.
                most, place = violation(work.ring, work.ring_id, ring_count, qe, task.left_out, n)
        code = -1
        if most > _GAIN:
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
            if t > VIOLATED * a and t > max(most, _GAIN):
                code = EXTRA
        if code == -1:
            return FOUND
        write_column(flat, task, code, col, n)
        times(T, col, eta, n)
        place = blocking(eta, x, work.low, work.up, n)
        if place < 0:
            return UNSURE
        exchange(T, place, eta, x, n)
        work.bas[place] = code
        set_sides(task, code, place, work.low, work.up)
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
    slip = np.float32(n + 6) * SINGLE_ROUNDOFF
    count = (store.columns[0] + BLOCK - 1) // BLOCK
    if anchored:
        # Rounding: gains are at most one in size and a change of prices at most two, so no sum exceeds three.
        rounding = np.float32(6 * n + 18) * SINGLE_ROUNDOFF
        moved_bounds(store.middle, store.half, moved.shape[0], count, change, bounds, moved, rounding, n)
    found = 0
    for block in range(count):
        if anchored and moved[block] <= np.float32(0.0):
            bounds[block] = moved[block]
            continue
        tally[3] += 1
        top, near = screen(store.single, block, q32, slip, n)
        bounds[block] = top + slip
        if near == 0:
            continue
        tally[4] += 1
        best = _GAIN
        code = -1
        while near != 0:
            place = block * BLOCK + first_bit(near)
            near &= near - 1
            gain, terms = gain_of(store.flat[place], qe, n)
            if gain > best and gain > VIOLATED * terms and place != left_out:
                best = gain
                code = place
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


@inner_once
def solve(store: Any, task: Any, work: Any, trusted: bool, anchored: bool, tally: Any, n: int) -> int:
    """Solve one program from the basis at hand; ``tally[7]`` says whether the anchor was moved to its prices."""
    eta, T = work.eta, work.T
    tally[7] = 0
    for i in range(n):
        set_sides(task, work.bas[i], i, work.low, work.up)
    times(T, task.g, eta, n)
    reverse(eta, n)
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
        # With every column in the working set, pivots leave prices that none contradicted without such columns.
        whole = store.columns[0] <= work.ring_id.shape[0] and work.written[0] == store.columns[0]
        if trusted and (whole or tally[0] + tally[1] == start):
            return FOUND
        if tally[0] + tally[1] - start > _MOST_PIVOTS:
            return UNSURE
        prices(T, work.q, 0, 1, n)
        effective(work.q, task, work.whole_q, n)
        found = _violators(store, work.whole_q, task.left_out, anchored or tally[7] > 0, work, tally, n)
        tally[7] = 1
        for z in range(found):
            remember(store.flat, work, work.hit[z], n)
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
    value = size_of(q, weight, n)
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
        return t > VIOLATED * a and t > _GAIN
    return False

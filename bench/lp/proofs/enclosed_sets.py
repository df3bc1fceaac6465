"""Proves programs against sets of columns: primal residual, dual residual and enclosure of each optimum, compiled.

See :mod:`bench.lp.proofs.certificate` for what each number is and why it proves what it proves; names are as there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.jit import inner
from bench.lp.batch import ENCLOSED, TOLERANCE
from bench.lp.lanes import Lanes, array_at, leaf, types
from bench.lp.layout import BLOCK, DOUBLES, SHORT
from bench.lp.pricing import first_bit, gain_of
from bench.lp.records import EQUATION, FOUND

#: Unit roundoff; what counts for nothing.
_UNIT, _TINY = 2.0**-53, 1e-300


@leaf(types.int64)
def suspects(c: Lanes, P: Any, first: Any, q: Any, unit: Any, n: Any) -> None:
    """Return which of a block's 64 columns may gain at these prices, roundings counted: one bit each."""
    bits = c.whole(0)
    for place in range(0, BLOCK, DOUBLES):
        gain, size = c.cell(c.all(0.0)), c.cell(c.all(0.0))
        with c.loop(n) as i:
            term = c.times(c.all(c.get(q, i)), c.load(P, c.at(first, (i, BLOCK), place)))
            gain.value = c.plus(gain.value, term)
            size.value = c.plus(size.value, c.size(term))
        most = c.plus(gain.value, c.times(size.value, c.all(unit)))
        bits = c.builder.or_(bits, c.bits(c.above(most, c.all(0.0)), place))
    c.give(bits)


@leaf(types.none, width=SHORT)
def added(c: Lanes, column: Any, amount: Any, total: Any, size: Any, n: Any) -> None:
    """Add so much of a column to the rows' sums, and the sizes to those of their terms."""
    with c.loop(n, SHORT) as i:
        term = c.times(c.load(column, i), c.all(amount))
        c.store(c.plus(c.load(total, i), term), total, i)
        c.store(c.plus(c.load(size, i), c.size(term)), size, i)


@inner
def excess(P: Any, flat: Any, q: Any, n: int) -> float:
    """Return the largest gain of a column at these prices as a share of its own terms below zero."""
    unit = (n + 2) * _UNIT
    worst = 0.0
    for block in range(P.shape[0]):
        bits = suspects(P[block], np.int64(0), q, unit, n)
        while bits != 0:
            gain, size = gain_of(flat[block * BLOCK + first_bit(bits)], q, n)
            bits &= bits - 1
            below = (size - gain) * 0.5 - size * unit
            gain += size * unit
            if gain > 0.0:
                worst = max(worst, gain / (below if below > 0.0 else _TINY))
    return worst


@inner
def _sums(flat: Any, basis: Any, weight: Any, total: Any, size: Any, n: int) -> None:
    """Write per row what the columns of a basis come to with their weights, and the sizes of its terms."""
    for i in range(n):
        total[i] = 0.0
        size[i] = 0.0
    for c in range(n):
        if weight[c] > 0.0:
            added(flat[basis[c]], weight[c], total, size, n)


@inner
def _reached(
    flat: Any, factor: Any, program: float, b: Any, g: Any, kinds: Any, basis: Any, weight: Any, clean: Any,
    total: Any, size: Any, n: int
) -> float:  # fmt: skip
    """Return the β that weights near those given are sure to reach, minus infinity for none; the weights are moved.

    All are multiplied by one number; one column taken once is compared without rounding.
    """
    most = 0.0
    for c in range(n):
        most = max(most, weight[c])
    single = 0
    one = -1
    for c in range(n):
        clean[c] = weight[c] if weight[c] > 1e-12 * most else 0.0
        if clean[c] > 0.0:
            single += 1
            one = c
    once = False
    if single == 1:
        # One, in the caller's measures, is this here: a power of two.
        unity = program / factor[basis[one]]
        once = abs(clean[one] / unity - 1.0) < 1e-9
        if once:
            clean[one] = unity
    _sums(flat, basis, clean, total, size, n)
    unit = 0.0 if once else (n + 4) * _UNIT
    need = 0.0
    room = np.inf
    for i in range(n):
        if g[i] == 0.0:
            slip = unit * size[i]
            if b[i] > 0.0:
                need = max(need, b[i] / max(total[i] - slip, 0.0))
            elif b[i] < 0.0:
                room = min(room, b[i] / (total[i] - slip))
    by = 1.0
    if not once:
        by = need * (1.0 + 4.0 * unit) if need > 0.0 else room * (1.0 - 4.0 * unit)
    beta = np.inf
    for i in range(n):
        least = by * total[i] - 2.0 * unit * by * size[i]
        if kinds[i] == EQUATION:
            if not (once and total[i] == b[i] and g[i] == 0.0):
                return -np.inf
        elif g[i] == 0.0:
            if not least >= b[i]:
                return -np.inf
        elif not g[i] > 0.0:
            return -np.inf
        if g[i] > 0.0:
            reach = (least - b[i]) / g[i]
            if not reach >= beta:
                beta = reach
    if not (abs(beta) < np.inf and abs(by) < np.inf):
        return -np.inf
    for c in range(n):
        weight[c] = clean[c] * by
    return beta - 8.0 * _UNIT * abs(beta)


@inner
def _short(
    flat: Any, b: Any, g: Any, kinds: Any, beta: float, basis: Any, weight: Any, total: Any, size: Any, n: int
) -> float:
    """Return how far ``Pλ ≥ b + βg`` fails, relative to the terms of each row."""
    _sums(flat, basis, weight, total, size, n)
    worst = 0.0
    for i in range(n):
        moved = g[i] * beta
        surplus = total[i] - b[i] - moved
        short = abs(surplus) if kinds[i] == EQUATION else max(-surplus, 0.0)
        worst = max(worst, short / max(size[i] + abs(b[i]) + abs(moved), _TINY))
    return worst


@inner
def _lifted(q: Any, worth: Any, ample: Any, share: float, n: int) -> None:
    """Add as much of prices at which every column costs as takes from each what it gains."""
    need = 0.0
    for i in range(n):
        need += abs(q[i]) * ample[i]
    need *= share
    if need < np.inf:
        for i in range(n):
            q[i] += 4.0 * need * worth[i]


@inner
def _spent(q: Any, b: Any, g: Any, limited: Any, low: float, n: int) -> float:
    """Return what columns can spend at most at a solution as good as the one found."""
    spent = 0.0
    for i in range(n):
        moved = g[i] * low
        limit = abs(b[i] + moved) + 4.0 * _UNIT * (abs(b[i]) + abs(moved))
        spent += max(q[i] * limited[i], 0.0) * limit
    return spent


@inner
def _gap(q: Any, b: Any, g: Any, value: float, slip: float, spending: float, n: int) -> float:
    """Return the width of the enclosure of β relative to its scores; infinite where there is none."""
    unit = (n + 2) * _UNIT
    per = 0.0
    size = 0.0
    cost = 0.0
    terms = 0.0
    for i in range(n):
        earned = q[i] * g[i]
        worth = q[i] * b[i]
        per += earned
        size += abs(earned)
        cost += worth
        terms += abs(worth)
    if not (abs(per - 1.0) <= TOLERANCE * max(size, 1.0) and per > 0.5):
        return np.inf
    most = unit * terms + spending - cost
    above = most / (per - (unit if most > 0.0 else -unit) * size)
    width = max(above, value) - min(value - slip, above)
    scores = min(max(abs(value), 1.0), min(abs(1.0 - value), abs(1.0 + value)))
    if not width > 0.0:
        return 0.0 if width <= 0.0 else np.inf
    return width / max(scores, _TINY)


@inner
def prove_sets(addresses: Any, numbers: Any) -> None:
    """Prove every program against every set; see :func:`bench.lp.proofs.enclosure.prove` for the arrays.

    Parameters
    ----------
    addresses : array of int
        Of the arrays, in their order.
    numbers : array of int
        Sets, blocks of a set, rows, columns, programs, and whether rows have columns of both signs.
    """
    sets, blocks, n, width, k = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
    mixed = numbers[5] != 0
    P = array_at(addresses[0], (sets, blocks, n, np.int64(BLOCK)), np.float64)
    flat = array_at(addresses[1], (sets, blocks * BLOCK, n), np.float64)
    factor = array_at(addresses[2], (sets, width), np.float64)
    points = array_at(addresses[3], (k, n), np.float64)
    directions = array_at(addresses[4], (k, n), np.float64)
    program = array_at(addresses[5], (k,), np.float64)
    kinds = array_at(addresses[6], (n,), np.int64)
    limited = array_at(addresses[7], (n,), np.float64)
    worth = array_at(addresses[8], (n,), np.float64)
    ample = array_at(addresses[9], (n,), np.float64)
    values = array_at(addresses[10], (sets, k), np.float64)
    prices = array_at(addresses[11], (sets, k, n), np.float64)
    bases = array_at(addresses[12], (sets, k, n), np.int64)
    basics = array_at(addresses[13], (sets, k, n), np.float64)
    status = array_at(addresses[14], (sets, k), np.int64)
    slips = array_at(addresses[15], (sets, k), np.float64)
    scratch = array_at(addresses[16], (np.int64(6), n), np.float64)
    proven = array_at(addresses[17], (sets, k), np.int64)
    q, last, weight, clean, total, size = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4], scratch[5]
    for t in range(sets):
        share = -1.0
        for o in range(k):
            proven[t, o] = 0
            if status[t, o] != FOUND:
                continue
            b, g, basis = points[o], directions[o], bases[t, o]
            same = share >= 0.0
            for i in range(n):
                q[i] = prices[t, o, i]
                if kinds[i] != EQUATION:
                    # Prices below zero are rounding: without them they bound the optimum all the same.
                    q[i] = max(q[i], 0.0)
                same = same and q[i] == last[i]
                weight[i] = max(basics[t, o, i], 0.0) if basis[i] >= 0 else 0.0
            if not same:
                share = excess(P[t], flat[t], q, n)
                for i in range(n):
                    last[i] = q[i]
            value = values[t, o]
            slip = slips[t, o]
            if not slip < np.inf:
                beta = _reached(
                    flat[t], factor[t], program[o], b, g, kinds, basis, weight, clean, total, size, n
                )  # fmt: skip
                value = max(value, beta)
                slip = value - beta
            short = _short(flat[t], b, g, kinds, value, basis, weight, total, size, n)
            low = value - slip if slip < np.inf else value
            spending = 0.0
            if not mixed:
                spending = share * _spent(q, b, g, limited, low, n)
            elif share > 0.0:
                # Nothing limits what is left to gain: prices are moved until nothing is.
                _lifted(q, worth, ample, share, n)
                if excess(P[t], flat[t], q, n) > 0.0:
                    spending = np.inf
            gap = _gap(q, b, g, value, slip, spending, n)
            values[t, o] = value
            if short <= TOLERANCE and share <= TOLERANCE and gap <= ENCLOSED:
                proven[t, o] = 1

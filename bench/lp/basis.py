"""A basis as codes of columns: its columns, its inverse, where its values may not lie, and how exact it still is."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.jit import inner
from bench.lp.inverse import missed, missed_slack, most_of, product, taken, used
from bench.lp.records import BETA, EQUATION, EXTRA, UNLIMITED

#: A row in which a program has next to nothing is judged against this share of its mean row; where it has nothing at
#: all, against the mean row: rounding is all of it.
_NOISE = 1e-6
#: Unit roundoff, and what counts for nothing where all terms are zero.
_UNIT, _NOTHING = 2.0**-53, 1e-290


@inner
def write_column(flat: Any, task: Any, code: int, out: Any, n: int) -> None:
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
def effective(q: Any, task: Any, out: Any, n: int) -> None:
    """Write the prices of the stored coordinates: each mixed row passes its price on."""
    for i in range(n):
        out[i] = q[i]
    for c in range(task.mixed.shape[0]):
        price = q[task.mixed[c]]
        for i in range(n):
            out[i] += price * task.mix[c, i]


@inner
def set_sides(task: Any, code: int, place: int, low: Any, up: Any) -> None:
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
def factor(flat: Any, task: Any, bas: Any, M: Any, T: Any, col: Any, n: int) -> bool:
    """Invert the basis from its columns (Gauss-Jordan with row pivots); False when it is singular."""
    for c in range(n):
        write_column(flat, task, bas[c], col, n)
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
def cold(task: Any, weight: Any, bas: Any, T: Any, n: int) -> bool:
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
def residuals(flat: Any, task: Any, work: Any, n: int) -> float:
    """Return the worse of the relative primal and dual residual of a basis against its own columns."""
    q, left, terms, col, x, bas = work.q, work.left, work.terms, work.col, work.x, work.bas
    b, g = task.b, task.g
    t = 0.0
    a = 0.0
    mean = 0.0
    size = 1.0
    for k in range(n):
        q[k] = -work.T[k, 0]
        size += abs(q[k])
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
            worst = max(worst, abs(q[row]) / size)
        elif code >= 0 and task.mixed.shape[0] == 0:
            worst = max(worst, used(flat[code], q, x[c], left, terms, n))
        else:
            write_column(flat, task, code, col, n)
            worst = max(worst, used(col, q, x[c], left, terms, n))
    for k in range(n):
        floor = mean if b[k] == 0.0 and g[k] == 0.0 else _NOISE * mean
        worst = max(worst, abs(left[k]) / max(terms[k], floor, 1e-300))
    return worst


@inner
def write_sizes(flat: Any, task: Any, code: int, column: Any, out: Any, n: int) -> None:
    """Write the sizes of the terms a column's coordinates are made of: their own, and those of sums for mixed rows."""
    for i in range(n):
        out[i] = abs(column[i])
    if code >= 0:
        for c in range(task.mixed.shape[0]):
            t = 0.0
            for i in range(n):
                t += abs(task.mix[c, i] * flat[code, i])
            out[task.mixed[c]] = t


@inner
def _empty_rows(flat: Any, task: Any, work: Any, unsure: Any, n: int) -> int:
    """Return in how many rows neither the program nor a basic column with a sure value has anything."""
    col, seen, bas = work.col, work.eta, work.bas
    for k in range(n):
        seen[k] = abs(task.b[k]) + abs(task.g[k])
    for c in range(1, n):
        if unsure[c] == 0.0:
            write_column(flat, task, bas[c], col, n)
            for k in range(n):
                seen[k] += abs(col[k])
    empty = 0
    for k in range(n):
        if seen[k] == 0.0:
            empty += 1
    return empty


@inner
def slip(flat: Any, task: Any, work: Any, n: int) -> float:
    """Return how far β may be from that of the exact basis, infinite where that basis is not proven to be feasible.

    With R the inverse at hand and E = I − RB, the values x at hand miss the exact ones by at most (I − |E|)⁻¹ |R| |b −
    Bx|, and v = 2 |R| |b − Bx| bounds that when |E| v is at most half of v (Collatz; Rump 2010, *Verification methods*,
    section 10). All roundings are counted, so that a basic value above v is above zero in exact arithmetic. Values that
    may be on either side of zero are exactly zero when as many rows hold nothing at all, neither of the program nor of
    the other basic columns: the basis is triangular in blocks then.
    """
    rho, most, eta, terms, sizes, left = work.rho, work.whole_rho, work.eta, work.whole_q, work.terms, work.left
    col, x, bas, T = work.col, work.x, work.bas, work.T
    mixed = task.mixed.shape[0] > 0
    unit = (n + 8) * _UNIT
    for k in range(n):
        left[k] = task.b[k]
        most[k] = abs(task.b[k])
    for c in range(n):
        code = bas[c]
        if code <= -2 and code != EXTRA:
            left[-2 - code] += x[c]
            most[-2 - code] += abs(x[c])
        elif code >= 0 and not mixed:
            taken(flat[code], x[c], left, most, n)
        else:
            write_column(flat, task, code, col, n)
            write_sizes(flat, task, code, col, sizes, n)
            for k in range(n):
                left[k] -= col[k] * x[c]
                most[k] += sizes[k] * abs(x[c])
    most_of(left, most, unit, n)
    product(T, left, most, eta, rho, n)
    unsure = 0
    for i in range(n):
        left[i] = 2.0 * rho[i] * (1.0 + unit) + _NOTHING
        below = x[i] + 2.0 * _NOTHING < left[i]
        terms[i] = 0.0
        if (work.low[i] > 0.0 and below) or (work.up[i] > 0.0 and left[i] > 2.0 * _NOTHING):
            if x[i] < -left[i] or (work.up[i] > 0.0 and x[i] > left[i]):
                return np.inf
            terms[i] = 1.0
            unsure += 1
        most[i] = 0.0
    if unsure > 0:
        if _empty_rows(flat, task, work, terms, n) < unsure:
            return np.inf
        for i in range(n):
            if terms[i] > 0.0:
                x[i] = 0.0
    for c in range(n):
        code = bas[c]
        if code <= -2 and code != EXTRA:
            missed_slack(T, -2 - code, c, left[c] * (1.0 + unit), most, n)
        elif code >= 0 and not mixed:
            missed(T, flat[code], c, unit, left[c], most, n)
        elif not mixed:
            write_column(flat, task, code, col, n)
            missed(T, col, c, unit, left[c], most, n)
        else:
            write_column(flat, task, code, col, n)
            write_sizes(flat, task, code, col, sizes, n)
            product(T, col, sizes, eta, terms, n)
            eta[c] -= 1.0
            for i in range(n):
                most[i] += (abs(eta[i]) + unit * terms[i]) * left[c]
    for i in range(n):
        if 2.0 * most[i] > left[i]:
            return np.inf
    return float(left[0])

"""The inverse of a basis, kept transposed: row k holds what coordinate k of a column adds to every basic value.

Sizes are multiples of four, so every row is a few vectors of four.
"""

from __future__ import annotations

from typing import Any

from bench.lp.lanes import Lanes, leaf, types
from bench.lp.layout import SHORT

#: A basic value below minus this share of its terms is infeasible.
FEASIBLE = 1e-12
#: What a basic value must change by, per unit of the entering column, to limit its step.
STEP = 1e-10
_RELAX = 1e-13
_BIG = 1e300


@leaf(types.none, width=SHORT)
def times(c: Lanes, T: Any, v: Any, out: Any, n: Any) -> None:
    """Write a column's coordinates in the basis."""
    with c.loop(n, SHORT) as i:
        total = c.cell(c.all(0.0))
        with c.loop(n) as k:
            total.value = c.plus(total.value, c.times(c.all(c.get(v, k)), c.load(T, c.at((k, n), i))))
        c.store(total.value, out, i)


@leaf(types.none, width=SHORT)
def exchange(c: Lanes, T: Any, r: Any, eta: Any, x: Any, n: Any) -> None:
    """Bring the column with coordinates ``eta`` into the basis at place ``r``."""
    inverse = c.over(c.one(1.0), c.get(eta, r))
    with c.loop(n) as k:
        at = c.at((k, n), r)
        step = c.times(c.get(T, at), inverse)
        with c.loop(n, SHORT) as i:
            place = c.at((k, n), i)
            c.store(c.minus(c.load(T, place), c.times(c.all(step), c.load(eta, i))), T, place)
        c.put(step, T, at)
    step = c.times(c.get(x, r), inverse)
    with c.loop(n, SHORT) as i:
        c.store(c.minus(c.load(x, i), c.times(c.all(step), c.load(eta, i))), x, i)
    c.put(step, x, r)


@leaf(types.none, width=SHORT)
def copy(c: Lanes, source: Any, target: Any, count: Any) -> None:
    """Copy doubles or whole numbers, a multiple of four of them."""
    with c.loop(count, SHORT) as i:
        c.store(c.load(source, i), target, i)


@leaf(types.none, width=SHORT)
def prices(c: Lanes, T: Any, out: Any, first: Any, step: Any, n: Any) -> None:
    """Write the prices of a basis, the first place's row of its inverse reversed, every ``step`` from ``first`` on."""
    with c.loop(n) as k:
        c.put(c.minus(c.one(0.0), c.get(T, c.at((k, n)))), out, c.at(first, (k, step)))


@leaf(types.none, width=SHORT)
def row_of(c: Lanes, T: Any, place: Any, factor: Any, out: Any, n: Any) -> None:
    """Write a row of the inverse times a number."""
    with c.loop(n) as k:
        c.put(c.times(c.get(T, c.at((k, n), place)), factor), out, k)


@leaf(types.none, width=SHORT)
def reverse(c: Lanes, v: Any, n: Any) -> None:
    """Change the sign of a vector."""
    with c.loop(n, SHORT) as i:
        c.store(c.minus(c.all(0.0), c.load(v, i)), v, i)


@leaf(types.float64, width=SHORT)
def size_of(c: Lanes, v: Any, weight: Any, n: Any) -> None:
    """Return the weighted sum of a vector's sizes."""
    total = c.cell(c.all(0.0))
    with c.loop(n, SHORT) as i:
        total.value = c.plus(total.value, c.times(c.size(c.load(v, i)), c.load(weight, i)))
    c.give(c.total(total.value))


@leaf(types.none, width=SHORT)
def row_sizes(c: Lanes, b: Any, out: Any, n: Any) -> None:
    """Write the size of each coordinate, their mean where it is zero."""
    total, zero = c.cell(c.all(0.0)), c.all(0.0)
    with c.loop(n, SHORT) as i:
        total.value = c.plus(total.value, c.size(c.load(b, i)))
    count = c.builder.sitofp(n, c.number)
    mean = c.all(c.larger(c.over(c.total(total.value), count), c.one(1e-300)))
    with c.loop(n, SHORT) as i:
        size = c.size(c.load(b, i))
        c.store(c.choose(c.above(size, zero), size, mean), out, i)


@leaf(types.Tuple((types.int64, types.float64)), width=SHORT)
def leaving(c: Lanes, T: Any, x: Any, low: Any, up: Any, weight: Any, n: Any) -> None:
    """Return the place whose value is most infeasible for its terms (−1 for none), and the size of the terms.

    ``low`` and ``up`` are one where a value below, or above, zero is infeasible.
    """
    zero = c.all(0.0)
    place, size, most = c.cell(c.whole(-1)), c.cell(c.one(1.0)), c.cell(zero)

    def short(i: Any) -> Any:
        value = c.load(x, i)
        return c.larger(c.times(c.minus(zero, value), c.load(low, i)), c.times(value, c.load(up, i)))

    with c.loop(n, SHORT) as i:
        most.value = c.larger(most.value, short(i))
    with c.builder.if_then(c.above(c.largest(most.value), c.one(0.0))):
        worst, at, terms = c.cell(c.all(FEASIBLE)), c.cell(c.all(c.whole(-1))), c.cell(c.all(1.0))
        with c.loop(n, SHORT) as i:
            norm = c.cell(zero)
            with c.loop(n) as k:
                part = c.times(c.all(c.get(weight, k)), c.size(c.load(T, c.at((k, n), i))))
                norm.value = c.plus(norm.value, part)
            share = c.over(short(i), norm.value)
            better = c.above(share, worst.value)
            worst.value = c.choose(better, share, worst.value)
            at.value = c.choose(better, c.positions(i), at.value)
            terms.value = c.choose(better, norm.value, terms.value)
        found = c.best(worst.value, at.value)[1]
        place.value = found
        mine = c.same(at.value, c.all(found))
        size.value = c.largest(c.choose(mine, terms.value, c.all(0.0)))
    c.give(place.value, size.value)


@leaf(types.int64, width=SHORT)
def blocking(c: Lanes, eta: Any, x: Any, low: Any, up: Any, n: Any) -> None:
    """Return the place that stops an entering column first, the largest pivot among ties (Harris 1973); −1 for none."""
    zero, least = c.all(0.0), c.all(STEP)
    shortest = c.cell(c.all(-_BIG))

    def bounded(i: Any) -> tuple[Any, Any, Any]:
        by = c.load(eta, i)
        fixed = c.both(c.above(c.load(up, i), zero), c.above(c.size(by), least))
        falls = c.both(c.above(c.load(low, i), zero), c.above(by, least))
        return by, fixed, falls

    with c.loop(n, SHORT) as i:
        by, fixed, falls = bounded(i)
        left = c.over(c.plus(c.larger(c.load(x, i), zero), c.all(_RELAX)), c.choose(falls, by, c.all(1.0)))
        back = c.choose(fixed, zero, c.choose(falls, c.minus(zero, left), c.all(-_BIG)))
        shortest.value = c.larger(shortest.value, back)
    step = c.minus(c.one(0.0), c.largest(shortest.value))
    best, place = c.cell(zero), c.cell(c.all(c.whole(-1)))
    with c.loop(n, SHORT) as i:
        by, fixed, falls = bounded(i)
        reach = c.times(c.all(step), by)
        near = c.builder.fcmp_ordered("<=", c.larger(c.load(x, i), zero), reach)
        fits = c.either(fixed, c.both(falls, near))
        better = c.both(fits, c.above(c.size(by), best.value))
        best.value = c.choose(better, c.size(by), best.value)
        place.value = c.choose(better, c.positions(i), place.value)
    c.give(c.best(best.value, place.value)[1])


@leaf(types.float64, width=SHORT)
def used(c: Lanes, col: Any, q: Any, amount: Any, left: Any, terms: Any, n: Any) -> None:
    """Take so much of a basic column from what is left of each row; return its reduced cost relative to its terms."""
    gain, size = c.cell(c.all(0.0)), c.cell(c.all(0.0))
    with c.loop(n, SHORT) as k:
        p = c.load(col, k)
        value, taken = c.times(c.load(q, k), p), c.times(p, c.all(amount))
        gain.value = c.plus(gain.value, value)
        size.value = c.plus(size.value, c.size(value))
        c.store(c.minus(c.load(left, k), taken), left, k)
        c.store(c.plus(c.load(terms, k), c.size(taken)), terms, k)
    c.give(c.over(c.size(c.total(gain.value)), c.larger(c.total(size.value), c.one(1.0))))


@leaf(types.none, width=SHORT)
def product(c: Lanes, T: Any, v: Any, sizes: Any, out: Any, terms: Any, n: Any) -> None:
    """Write a column's coordinates in the basis, and the sums of the sizes of their terms."""
    with c.loop(n, SHORT) as i:
        total, size = c.cell(c.all(0.0)), c.cell(c.all(0.0))
        with c.loop(n) as k:
            by = c.load(T, c.at((k, n), i))
            total.value = c.plus(total.value, c.times(c.all(c.get(v, k)), by))
            size.value = c.plus(size.value, c.times(c.all(c.size(c.get(sizes, k))), c.size(by)))
        c.store(total.value, out, i)
        c.store(size.value, terms, i)


@leaf(types.none, width=SHORT)
def taken(c: Lanes, col: Any, amount: Any, left: Any, terms: Any, n: Any) -> None:
    """Take so much of a column from what is left of each row, and add the sizes to the rows' terms."""
    with c.loop(n, SHORT) as k:
        by = c.times(c.load(col, k), c.all(amount))
        c.store(c.minus(c.load(left, k), by), left, k)
        c.store(c.plus(c.load(terms, k), c.size(by)), terms, k)


@leaf(types.none, width=SHORT)
def missed(c: Lanes, T: Any, column: Any, place: Any, unit: Any, by: Any, total: Any, n: Any) -> None:
    """Add to totals by how much a basic column misses its unit vector, roundings counted, times a number."""
    zero, one = c.all(0.0), c.all(1.0)
    with c.loop(n, SHORT) as i:
        own = c.choose(c.same(c.positions(i), c.all(place)), one, zero)
        value, size = c.cell(c.minus(zero, own)), c.cell(own)
        with c.loop(n) as k:
            p, row = c.all(c.get(column, k)), c.load(T, c.at((k, n), i))
            term = c.times(p, row)
            value.value = c.plus(value.value, term)
            size.value = c.plus(size.value, c.size(term))
        most = c.plus(c.size(value.value), c.times(c.all(unit), size.value))
        c.store(c.plus(c.load(total, i), c.times(most, c.all(by))), total, i)


@leaf(types.none, width=SHORT)
def missed_slack(c: Lanes, T: Any, row: Any, place: Any, by: Any, total: Any, n: Any) -> None:
    """Add to totals by how much a basic slack misses its unit vector, times a number."""
    zero, one = c.all(0.0), c.all(1.0)
    with c.loop(n, SHORT) as i:
        own = c.choose(c.same(c.positions(i), c.all(place)), one, zero)
        most = c.size(c.plus(c.load(T, c.at((row, n), i)), own))
        c.store(c.plus(c.load(total, i), c.times(most, c.all(by))), total, i)


@leaf(types.none, width=SHORT)
def most_of(c: Lanes, left: Any, terms: Any, unit: Any, n: Any) -> None:
    """Write, over the terms, the sizes of what is left with what rounding may have left out of it."""
    with c.loop(n, SHORT) as k:
        c.store(c.plus(c.size(c.load(left, k)), c.times(c.all(unit), c.load(terms, k))), terms, k)

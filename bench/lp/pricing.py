"""Prices against columns: ratio tests, violations and bounds, for blocks of 64 columns at a time.

In a block the columns' coordinates lie side by side, so a coordinate of eight columns is one vector.
"""

from __future__ import annotations

from typing import Any

from bench.lp.lanes import Lanes, leaf, types
from bench.lp.layout import BLOCK, DOUBLES, SHORT, SINGLES

#: Columns that are priced at once.
_TOGETHER = 32

BIG = 1e300
#: Added to reduced costs in the ratio test, so that ties are broken by size of pivot (Harris 1973).
RELAX = 1e-13
#: Smallest pivot, relative to the terms of its row, in the quick ratio test.
PIVOT = 1e-9
#: A reduced cost above this share of its terms is a violation.
VIOLATED = 1e-12

_PLACE = types.Tuple((types.float64, types.int64))


def _row(c: Lanes, block: Any, n: Any, i: Any, column: Any) -> Any:
    """Return where a coordinate of a block's columns starts."""
    return c.at((c.at((block, n), i), BLOCK), column)


@leaf(types.float64)
def ratios(
    c: Lanes, P: Any, ids: Any, count: Any, q: Any, rho: Any, out: Any, head: Any, cost: Any, pivot: Any, n: Any
) -> None:
    """Write reduced costs and pivots of the columns from place ``head`` on; return the largest pivot per relaxed cost.

    What stands below ``head`` takes part. The column ``out`` has no pivot. Fractions are compared by their products.
    """
    zero = c.all(0.0)
    top, under = c.cell(zero), c.cell(c.all(1.0))

    def compare(costs: Any, pivots: Any) -> None:
        relaxed = c.plus(c.larger(costs, zero), c.all(RELAX))
        better = c.both(
            c.above(pivots, c.all(PIVOT)), c.above(c.times(pivots, under.value), c.times(top.value, relaxed))
        )
        top.value, under.value = c.choose(better, pivots, top.value), c.choose(better, relaxed, under.value)

    with c.loop(head, DOUBLES) as k:
        compare(c.load(cost, k), c.load(pivot, k))
    with c.loop(count) as block, c.loop(BLOCK, _TOGETHER) as first:
        places = range(0, _TOGETHER, DOUBLES)
        costs, pivots = [c.cell(zero) for _ in places], [c.cell(zero) for _ in places]
        with c.loop(n) as i:
            price, step = c.all(c.get(q, i)), c.all(c.get(rho, i))
            row = _row(c, block, n, i, first)
            for j, place in enumerate(places):
                p = c.load(P, c.at(row, place))
                costs[j].value = c.minus(costs[j].value, c.times(price, p))
                pivots[j].value = c.minus(pivots[j].value, c.times(step, p))
        for j, place in enumerate(places):
            at = c.at((block, BLOCK), first, place)
            usable = c.choose(c.same(c.load(ids, at), c.all(out)), zero, pivots[j].value)
            c.store(costs[j].value, cost, c.at(head, at))
            c.store(usable, pivot, c.at(head, at))
            compare(costs[j].value, usable)
    c.give(c.largest(c.over(top.value, under.value)))


@leaf(types.none, width=SHORT)
def own_ratios(c: Lanes, q: Any, rho: Any, kinds: Any, cost: Any, pivot: Any, n: Any) -> None:
    """Write costs and pivots of the slacks; only those of inequalities (kind zero) can enter."""
    zero = c.all(0.0)
    with c.loop(n, SHORT) as i:
        c.store(c.load(q, i), cost, i)
        limited = c.same(c.load(kinds, i), c.all(c.whole(0)))
        c.store(c.choose(limited, c.load(rho, i), zero), pivot, i)


@leaf(_PLACE)
def entering(c: Lanes, cost: Any, pivot: Any, count: Any, top: Any) -> None:
    """Return the largest pivot whose cost is within the relaxed bound, and its place (−1 when there is none)."""
    best, place = c.cell(c.all(PIVOT)), c.cell(c.all(c.whole(-1)))
    with c.loop(count, DOUBLES) as k:
        pivots = c.load(pivot, k)
        fits = c.builder.fcmp_ordered("<=", c.times(c.load(cost, k), c.all(top)), pivots)
        better = c.both(fits, c.above(pivots, best.value))
        best.value = c.choose(better, pivots, best.value)
        place.value = c.choose(better, c.positions(k), place.value)
    c.give(*c.best(best.value, place.value))


@leaf(_PLACE)
def violation(c: Lanes, P: Any, ids: Any, count: Any, q: Any, out: Any, n: Any) -> None:
    """Return the largest gain ``q · p`` that is more than rounding, and its place (−1 when there is none)."""
    _searched(c, P, ids, count, q, out, n, sized=True)


@leaf(_PLACE)
def largest_gain(c: Lanes, P: Any, ids: Any, count: Any, q: Any, out: Any, n: Any) -> None:
    """Return the largest gain ``q · p`` among blocks, rounding or not, and its place (−1 when none is positive)."""
    _searched(c, P, ids, count, q, out, n, sized=False)


def _searched(c: Lanes, P: Any, ids: Any, count: Any, q: Any, out: Any, n: Any, *, sized: bool) -> None:
    """Write the search for the largest gain; ``sized`` compares gains with the sizes of their terms."""
    zero = c.all(0.0)
    best, place = c.cell(zero), c.cell(c.all(c.whole(-1)))
    with c.loop(count) as block, c.loop(BLOCK, _TOGETHER) as first:
        places = range(0, _TOGETHER, DOUBLES)
        gains, sizes = [c.cell(zero) for _ in places], [c.cell(zero) for _ in places]
        with c.loop(n) as i:
            price = c.all(c.get(q, i))
            row = _row(c, block, n, i, first)
            for j, shift in enumerate(places):
                term = c.times(price, c.load(P, c.at(row, shift)))
                gains[j].value = c.plus(gains[j].value, term)
                if sized:
                    sizes[j].value = c.plus(sizes[j].value, c.size(term))
        for j, shift in enumerate(places):
            at = c.at((block, BLOCK), first, shift)
            usable = c.choose(c.same(c.load(ids, at), c.all(out)), zero, gains[j].value)
            better = c.above(usable, best.value)
            if sized:
                better = c.both(better, c.above(usable, c.times(sizes[j].value, c.all(VIOLATED))))
            best.value = c.choose(better, usable, best.value)
            place.value = c.choose(better, c.positions(at), place.value)
    c.give(*c.best(best.value, place.value))


@leaf(types.Tuple((types.float64, types.float64)), width=SHORT)
def gain_of(c: Lanes, column: Any, q: Any, n: Any) -> None:
    """Return ``q · p`` of one column, and the sum of its terms' sizes."""
    gain, size = c.cell(c.all(0.0)), c.cell(c.all(0.0))
    with c.loop(n, SHORT) as i:
        term = c.times(c.load(q, i), c.load(column, i))
        gain.value = c.plus(gain.value, term)
        size.value = c.plus(size.value, c.size(term))
    c.give(c.total(gain.value), c.total(size.value))


@leaf(types.Tuple((types.float32, types.int64)), width=SINGLES)
def screen(c: Lanes, P: Any, block: Any, q: Any, slip: Any, n: Any) -> None:
    """Return the largest ``q · p`` of one block in single precision, and which columns come within ``slip`` of zero.

    The second is a number with one bit per column.
    """
    places = range(0, BLOCK, SINGLES)
    gains = [c.cell(c.all(0.0)) for _ in places]
    with c.loop(n) as i:
        price = c.all(c.get(q, i))
        row = _row(c, block, n, i, 0)
        for j, place in enumerate(places):
            gains[j].value = c.plus(gains[j].value, c.times(price, c.load(P, c.at(row, place))))
    most, bits = gains[0].value, c.whole(0)
    for j, place in enumerate(places):
        most = c.larger(most, gains[j].value)
        near = c.above(c.plus(gains[j].value, c.all(slip)), c.all(0.0))
        bits = c.builder.or_(bits, c.bits(near, place))
    c.give(c.largest(most), bits)


@leaf(types.int64)
def first_bit(c: Lanes, bits: Any) -> None:
    """Return the place of the lowest bit that is set."""
    c.give(c.lowest(bits))


@leaf(types.none, width=SINGLES)
def moved_bounds(
    c: Lanes, middle: Any, half: Any, width: Any, count: Any, change: Any, before: Any, after: Any, slip: Any, n: Any
) -> None:
    """Bound every block's largest gain after a change of prices: what it was plus the most the box allows.

    ``middle`` and ``half`` hold ``width`` blocks per coordinate, a multiple of sixteen.
    """
    with c.loop(count, SINGLES) as block:
        bound = c.cell(c.plus(c.load(before, block), c.all(slip)))
        with c.loop(n) as i:
            by = c.all(c.get(change, i))
            at = c.at((i, width), block)
            most = c.plus(c.times(by, c.load(middle, at)), c.times(c.size(by), c.load(half, at)))
            bound.value = c.plus(bound.value, most)
        c.store(bound.value, after, block)


@leaf(types.none, width=SINGLES)
def copy_bounds(c: Lanes, source: Any, target: Any, count: Any) -> None:
    """Copy the bounds of so many blocks, and on to the next multiple of sixteen."""
    with c.loop(count, SINGLES) as block:
        c.store(c.load(source, block), target, block)


@leaf(types.int64)
def cheapest(c: Lanes, prices: Any, width: Any, count: Any, b: Any, g: Any, n: Any) -> None:
    """Return which of the first ``count`` price vectors promises the least β; −1 when none is usable.

    Parameters
    ----------
    prices : array (n, width)
        One column per vector, ``width`` a multiple of eight.
    """
    least, place = c.cell(c.all(-BIG)), c.cell(c.all(c.whole(-1)))
    with c.loop(count, DOUBLES) as f:
        below, along = c.cell(c.all(0.0)), c.cell(c.all(0.0))
        with c.loop(n) as i:
            p = c.load(prices, c.at((i, width), f))
            below.value = c.plus(below.value, c.times(p, c.all(c.get(b, i))))
            along.value = c.plus(along.value, c.times(p, c.all(c.get(g, i))))
        # The dual value is −q·b / q·g: the least is the largest q·b / q·g.
        value = c.over(below.value, c.larger(along.value, c.all(1e-12)))
        usable = c.both(c.above(along.value, c.all(1e-12)), c.less(c.positions(f), c.all(count)))
        better = c.both(usable, c.above(value, least.value))
        least.value = c.choose(better, value, least.value)
        place.value = c.choose(better, c.positions(f), place.value)
    c.give(c.best(least.value, place.value)[1])

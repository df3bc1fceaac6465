"""What the compiled kernel works on: columns, programs, answers, scratch, and the codes that stand in them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bench.lp.layout import BLOCK, DOUBLES, SINGLES

#: Codes in a basis besides columns (≥ 0) and slacks (−2 − row): the variable β and the program's own extra column.
BETA, EXTRA = -1, -1000
#: Kinds of rows.
INEQUALITY, EQUATION, UNLIMITED = 0, 1, 2
#: Outcomes; 2 is for the general route to settle.
FOUND, NONE, UNSURE = 0, 1, 2

#: Unit roundoff of single precision, with room for the coordinates being rounded too.
SINGLE_ROUNDOFF = np.float32(6.0e-8)
#: Violators taken up after each test.
TAKEN = 8


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
    middle, half : array (n, padded blocks), float32
        Bounding box of each block, rounded outwards; see :func:`padded`.
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
    """Answers: β, q (or the ray that proves infeasibility), codes and values of the basis, outcome, slip of β.

    ``slip`` is how far β may be from that of the exact basis, infinite where that is not proven to be feasible.
    """

    value: Any
    prices: Any
    basis: Any
    basic: Any
    status: Any
    slip: Any


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

    ``proven`` is 0 without bounds, 1 when the bounds hold, 2 when moreover no column contradicts the prices.
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
    limits = padded(blocks)
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
        bounds=np.zeros(limits, np.float32),
        moved=np.zeros(limits, np.float32),
        hit=np.zeros(TAKEN, np.int64),
        by=np.zeros(TAKEN),
        ring=np.zeros((ring // BLOCK, rows, BLOCK)),
        ring_id=np.full(ring, -1, np.int64),
        written=np.zeros(1, np.int64),
    )
    found = Pool(
        T=np.zeros((pool, rows, rows)),
        bas=np.zeros((pool, rows), np.int64),
        q=np.zeros((rows, pool)),
        anchor=np.zeros((pool, rows)),
        bounds=np.zeros((pool, limits), np.float32),
        proven=np.zeros(pool, np.int64),
    )
    return work, found


def _head(rows: int) -> int:
    """Return how many places slacks and the extra column take: whole vectors."""
    return -(-(rows + 1) // DOUBLES) * DOUBLES


def padded(blocks: int) -> int:
    """Return the next multiple of sixteen: bounds of blocks are worked out so many at a time."""
    return -(-blocks // SINGLES) * SINGLES

"""Drives the compiled kernel: lays out columns, reduces them exactly, and runs fixed chunks of programs in threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.lp.boundary import Crossing
from bench.lp.layout import BLOCK
from bench.lp.proofs.certificate import in_parts, maybe_contradicted
from bench.lp.records import FOUND, UNSURE, Found, Programs, Store, padded, workspace
from bench.lp.scaling import Scaled, neighbour_order
from bench.lp.task import REDUCE_ABOVE, Task
from bench.typing import BoolArray, FloatArray, IntArray, Progress

#: Programs per chunk: fixed, so that answers do not depend on the number of workers.
CHUNK = 1024
#: Programs per chunk when columns are being collected: a chunk sees only those that join among its own.
_GROWING = 1024
#: Recent bases kept, and columns in the working set.
POOL, RING = 64, 256
#: Prices of the sample that promise which columns may be efficient.
_PROMISES = 128
#: Shares of the candidates, by promise, that are tried one after another.
_PARTS = (0.1, 0.3)
#: A column whose own program ends above this is dominated.
_DOMINATED = 1e-9
_CELLS = 1 << 15


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Answers in the kernel's measures; ``basis`` holds positions among *all* columns.

    Attributes
    ----------
    value, status : array (k,)
    prices, basic : array (k, N)
    basis : array (k, N) of int
    slip : array (k,)
        How far β may be from that of the exact basis, infinite where that is not proven to be feasible.
    kept : array of int
        Columns that were not left out as dominated; all of them without reduction.
    """

    value: FloatArray
    status: IntArray
    prices: FloatArray
    basis: IntArray
    basic: FloatArray
    slip: FloatArray
    kept: IntArray


class Solver:
    """One batch on the kernel: the columns that are known so far, and the answers."""

    def __init__(self, scaled: Scaled, task: Task, workers: int = 1, progress: Progress | None = None):
        self.scaled, self.task, self.workers, self.progress = scaled, task, workers, progress
        k, size = scaled.points.shape
        self.size = size
        self.found = _nothing_found(k, size)
        none = np.zeros((1, 0, size))
        self.programs = Programs(
            points=scaled.points,
            directions=scaled.directions,
            mixes=none if task.mixes is None else task.mixes,
            extras=np.zeros((1, size)) if task.extras is None else task.extras,
            kinds=scaled.kinds,
            mixed=np.zeros(0, np.int64) if task.mixed is None else task.mixed,
            left_out=task.left_out,
            has_extra=task.extras is not None,
        )

    def run(self, columns: FloatArray, order: IntArray) -> None:
        """Solve these programs in this order against the columns (n, N)."""
        store = make_store(columns)
        none = np.full(CHUNK, -1, np.int64)
        chunks = _split(order, CHUNK)
        parts = ((store, False, none[: len(rows)], self.part(rows), self.size) for rows in chunks)
        done = 0
        for rows, _ in self._solved(chunks, parts):
            done += len(rows)
            if self.progress is not None:
                self.progress("solve", done, len(order))

    def grow(self, members: IntArray, order: IntArray, step: int) -> IntArray:
        """Solve programs against the points of members, to which those join that are not dominated; return all members.

        Each ``step`` of programs sees only those who join among its own.
        """
        chunks = _split(order, step)
        columns = self.scaled.points[members]
        parts = (
            (make_store(columns, len(members) + len(rows)), True, np.full(len(rows), -1), self.part(rows), self.size)
            for rows in chunks
        )
        joined = [members]
        for rows, own in self._solved(chunks, parts):
            new = np.flatnonzero(own >= 0)
            joined.append(rows[new[np.argsort(own[new])]])
        return np.concatenate(joined)

    def _solved(self, chunks: list[IntArray], parts: Iterable[tuple[Any, ...]]) -> Iterable[tuple[IntArray, IntArray]]:
        """Solve chunks, keep their answers, and yield programs and where their points stand among the columns."""
        for rows, (found, own) in zip(chunks, _in_parallel(parts, self.workers, len(chunks)), strict=True):
            for mine, theirs in zip(self.found, found, strict=True):
                mine[rows] = theirs
            yield rows, own

    def part(self, rows: IntArray) -> Programs:
        """Return some of the programs, in this order."""
        whole = self.programs
        return whole._replace(
            points=whole.points[rows],
            directions=whole.directions[rows],
            mixes=whole.mixes[rows] if len(whole.mixed) else whole.mixes,
            extras=whole.extras[rows] if whole.has_extra else whole.extras,
            left_out=whole.left_out[rows],
        )


def _split(order: IntArray, step: int) -> list[IntArray]:
    return [order[start : start + step] for start in range(0, len(order), step)]


def _nothing_found(count: int | tuple[int, int], size: int) -> Found:
    """Return empty answers to so many programs, or to sets of them."""
    places = (*np.atleast_1d(count), size)
    return Found(
        value=np.full(count, np.nan),
        prices=np.zeros(places),
        basis=np.zeros(places, np.int64),
        basic=np.zeros(places),
        status=np.full(count, UNSURE, np.int64),
        slip=np.full(count, np.inf),
    )


def _chunk(store: Store, grow: bool, own: IntArray, programs: Programs, size: int) -> tuple[Found, IntArray]:
    """Solve one chunk; return its answers and where its points stand among the columns."""
    scratch, pool = workspace(size, len(store.P), RING, POOL)
    tally, found = np.zeros(8, np.int64), _nothing_found(len(programs.points), size)
    Crossing(store, grow, own, programs, scratch, pool, found, tally, size)()
    return found, own


def _in_parallel(parts: Iterable[tuple[Any, ...]], workers: int, count: int) -> Iterator[tuple[Found, IntArray]]:
    """Solve chunks in threads, or wherever the caller's ``joblib.parallel_config`` says (Dask), in order."""
    if workers == 1 or count == 1:
        yield from (_chunk(*part) for part in parts)
        return
    from joblib import Parallel, delayed
    from joblib.parallel import ThreadingBackend, get_active_backend

    if isinstance(get_active_backend(prefer="threads")[0], ThreadingBackend):
        # Joblib looks for finished threads every hundredth of a second: longer than many a chunk takes.
        with ThreadPoolExecutor(workers if workers > 0 else None) as threads:
            yield from threads.map(lambda part: _chunk(*part), parts)
        return
    yield from Parallel(n_jobs=workers, return_as="generator")(delayed(_chunk)(*part) for part in parts)


def make_store(columns: FloatArray, capacity: int | None = None) -> Store:
    """Lay columns (n, N) out in blocks, with room for ``capacity`` of them; several sets (sets, n, N) at a time too."""
    *sets, n, size = columns.shape
    blocks = max(1, -(-n // BLOCK), -(-(capacity or 0) // BLOCK))
    middle, half = np.zeros((2, *sets, size, padded(blocks)), np.float32)
    store = Store(
        np.zeros((*sets, blocks, size, BLOCK)), np.zeros((*sets, blocks, size, BLOCK), np.float32),
        np.zeros((*sets, blocks * BLOCK, size)), np.arange(blocks * BLOCK), middle, half, np.array([n], np.int64),
    )  # fmt: skip
    _fill(store, columns)
    return store


def _fill(store: Store, columns: FloatArray) -> None:
    """Put as many columns as there were before in the place of the first ones; one set, or several with their store."""
    n, size = columns.shape[-2:]
    filled = -(-n // BLOCK)
    if not filled:
        return
    P, single, flat, middle, half = store.P, store.single, store.flat, store.middle, store.half
    flat[..., :n, :] = columns
    blocks = flat[..., : filled * BLOCK, :].reshape(*flat.shape[:-2], filled, BLOCK, size)
    P[..., :filled, :, :] = np.swapaxes(blocks, -1, -2)
    single[..., :filled, :, :] = P[..., :filled, :, :]
    low, high = (np.swapaxes(ends, -1, -2) for ends in (P[..., :filled, :, :].min(-1), P[..., :filled, :, :].max(-1)))
    middle[..., :filled] = 0.5 * (low + high)
    outward = 1e-7 * np.maximum(np.abs(low), np.abs(high))
    half[..., :filled] = (0.5 * (high - low) + outward) * 1.000001


def solve(
    scaled: Scaled, task: Task, own: IntArray, *, reducible: bool, workers: int = 1, progress: Progress | None = None
) -> Answers:
    """Solve a batch on the kernel.

    Parameters
    ----------
    scaled : Scaled
    task : Task
    own : array (k,) of int
        Column of each program's point, −1 for none.
    reducible : bool
        Whether every column is some program's own and a positive β proves it dominated.
    """
    solver = Solver(scaled, task, workers, progress)
    n = len(scaled.columns)
    if reducible and n > REDUCE_ABOVE:
        kept = _reduced(solver, own)
    else:
        # Similar columns stand in one block, so that its box is small.
        kept = neighbour_order(scaled.columns)
        inverse = np.empty(n, np.int64)
        inverse[kept] = np.arange(n)
        out = task.left_out
        solver.programs = solver.programs._replace(left_out=np.where(out >= 0, inverse[out], -1))
        solver.run(scaled.columns[kept], neighbour_order(scaled.points, scaled.directions))
    found = solver.found
    basis = np.where(found.basis >= 0, kept[np.clip(found.basis, 0, len(kept) - 1)], found.basis)
    return Answers(found.value, found.status, found.prices, basis, found.basic, found.slip, kept)


def solve_sets(scaled: Scaled, sets: FloatArray, order: IntArray) -> tuple[Store, Found]:
    """Solve all programs in this order against every set of columns (sets, n, N).

    Returns
    -------
    store : Store
        The columns of all sets, with a first axis for the set.
    found : Found
        Answers by set, so ordered.
    """
    none, size, count = np.full(len(order), -1, np.int64), scaled.size, len(sets)
    programs = Solver(scaled, Task(none)).part(order)
    store, tally = make_store(sets), np.zeros(8, np.int64)
    work, pool = workspace(size, store.P.shape[1], RING, POOL)
    found = _nothing_found((count, len(order)), size)
    first = Found(*(values[0] for values in found))
    moving = ("P", "single", "flat", "middle", "half")
    one = store._replace(**{name: getattr(store, name)[0] for name in moving})
    pairs = zip((*store, *found), (*one, *first), strict=True)
    strides = tuple(0 if whole is part else whole.strides[0] for whole, part in pairs)
    solve_next = Crossing(one, False, none, programs, work, pool, first, tally, size, strides)
    for number in range(count):
        work.ring_id.fill(-1)
        solve_next(number)
    return store, found


def _reduced(solver: Solver, own: IntArray) -> IntArray:
    """Solve against the efficient columns only, found on the way; return which they are.

    A sample's prices promise which columns may be efficient; those are solved, and the undominated ones collected. Then
    everybody is solved against them. A program that ends undominated without being among them joins, and programs
    whose prices it contradicts are solved again, until there is none: then no column was left out wrongly.
    """
    scaled, found = solver.scaled, solver.found
    sample = _sample(scaled)
    members = solver.grow(np.zeros(0, np.int64), sample, len(sample))
    promise = _promise(solver, sample)
    inside = np.zeros(len(own), bool)
    inside[members] = True
    candidates = np.flatnonzero((promise <= 0) & ~inside)
    ranked = candidates[np.argsort(promise[candidates], kind="stable")]
    for part in np.split(ranked, [int(len(ranked) * share) for share in _PARTS]):
        members = solver.grow(members, part[neighbour_order(scaled.points[part], scaled.directions[part])], _GROWING)
    order = members[neighbour_order(scaled.points[members], scaled.directions[members])]
    solver.run(scaled.points[members], order)
    efficient = (found.value[order] <= _DOMINATED) | (found.status[order] != FOUND)
    kept = order[efficient]
    kept = kept[neighbour_order(scaled.points[kept])]
    everyone = neighbour_order(scaled.points, scaled.directions)
    todo = everyone
    while True:
        solver.run(scaled.points[kept], todo)
        inside[:] = False
        inside[kept] = True
        late = np.flatnonzero(~inside & ~((found.status == FOUND) & (found.value > _DOMINATED)))
        if not len(late):
            return np.asarray(own[kept])
        wrong = _contradicted(solver, late)
        wrong[late] = True
        # New columns go to the end: bases already found keep their positions.
        kept = np.concatenate([kept, late])
        todo = everyone[wrong[everyone]]


def _sample(scaled: Scaled) -> IntArray:
    """Return programs spread over the batch, those with much of the positive and little of the negative rows first."""
    k = len(scaled.points)
    chosen = np.sort(np.random.default_rng(0).choice(k, min(k, max(150, int(6 * k**0.5))), replace=False))
    with np.errstate(divide="ignore"):
        logs = np.log(np.maximum(np.abs(scaled.points[chosen]), 1e-300))
    sign = np.sign(scaled.points[chosen].sum(axis=0))
    merit = (np.where(sign > 0, logs, 0.0).sum(axis=1) / max(1, (sign > 0).sum())) - (
        np.where(sign < 0, logs, 0.0).sum(axis=1) / max(1, (sign < 0).sum())
    )
    return chosen[np.argsort(-merit, kind="stable")]


def _promise(solver: Solver, sample: IntArray) -> FloatArray:
    """Return for every program the least β that the sample's prices allow: above zero is no promise."""
    scaled, found = solver.scaled, solver.found
    solved = sample[found.status[sample] == FOUND]
    prices = found.prices[solved]
    valid = (prices @ scaled.points[sample].T).max(axis=1, initial=-np.inf) <= 1e-9 * np.abs(prices).sum(axis=1)
    prices = prices[valid][np.linspace(0, valid.sum() - 1, min(_PROMISES, int(valid.sum()))).astype(int)]
    least = np.full(len(scaled.points), -1.0)
    if not len(prices):
        return least
    across = np.ascontiguousarray(prices.T)

    def look(part: slice) -> None:
        step = max(1, _CELLS // len(prices))
        for start in range(part.start, part.stop, step):
            rows = slice(start, min(start + step, part.stop))
            along = scaled.directions[rows] @ across
            short = scaled.points[rows] @ across
            # Prices that a direction earns nothing at promise nothing: their ratio is pushed out of the way.
            np.maximum(along, 1e-12, out=along)
            np.divide(short, along, out=short)
            least[rows] = -short.max(axis=1)

    in_parts(look, len(least), solver.workers)
    return least


def _contradicted(solver: Solver, late: IntArray) -> BoolArray:
    """Return which programs have prices that a late column may contradict."""
    found, columns = solver.found, solver.scaled.points[late]
    wrong = found.status != FOUND

    def look(rows: slice) -> None:
        wrong[rows] |= maybe_contradicted(found.prices[rows], columns)

    in_parts(look, len(wrong), solver.workers)
    return np.asarray(wrong)

"""The kernel's programs in batched numpy, for machines without numba: all programs of a block pivot at once.

Each program is either infeasible, then it takes a dual simplex step with its costs clipped at zero, or feasible, then a
primal one. Both choose the entering column by one matrix product for the whole block. What does not end within the
limit of steps is left to the general route.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.lp.scaling import Scaled
from bench.typing import BoolArray, FloatArray, IntArray

_BETA, _EXTRA = -1, -1000
_FOUND, _NONE, _UNSURE = 0, 1, 2
#: Programs × columns per block.
_CELLS = 1 << 20
_STEPS = 400
_FEASIBLE, _RELAX, _PIVOT, _VIOLATED = 1e-12, 1e-13, 1e-9, 1e-12
#: What counts for nothing where all terms are zero.
_NOTHING = 1e-290


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The answers in the kernel's measures; see :class:`bench.lp.engine.Answers`."""

    value: FloatArray
    status: IntArray
    prices: FloatArray
    basis: IntArray
    basic: FloatArray
    slip: FloatArray
    kept: IntArray


def solve(scaled: Scaled, task: Any) -> Answers:
    """Solve a batch; ``task`` is a :class:`bench.lp.task.Task`."""
    k, size = scaled.points.shape
    out = Answers(
        np.full(k, np.nan),
        np.full(k, _UNSURE),
        np.zeros((k, size)),
        np.full((k, size), -2),
        np.zeros((k, size)),
        np.full(k, np.inf),
        np.arange(len(scaled.columns)),
    )
    step = max(1, _CELLS // max(1, len(scaled.columns)))
    for start in range(0, k, step):
        rows = np.arange(start, min(start + step, k))
        usable = _has_direction(scaled, rows)
        if len(usable):
            _Block(scaled, task, usable).run(out)
    return out


def _has_direction(scaled: Scaled, rows: IntArray) -> IntArray:
    moves = (scaled.directions[rows] != 0) & (scaled.kinds != 2)
    return np.asarray(rows[moves.any(axis=1)])


class _Block:
    """The bases of one block of programs."""

    def __init__(self, scaled: Scaled, task: Any, rows: IntArray):
        self.rows = rows
        self.columns, self.kinds = scaled.columns, scaled.kinds
        self.across = np.ascontiguousarray(scaled.columns.T)
        self.b, self.g = scaled.points[rows], scaled.directions[rows]
        self.left_out = task.left_out[rows]
        self.extra = None if task.extras is None else task.extras[rows]
        self.mix = None if task.mixes is None else task.mixes[rows]
        self.mixed = task.mixed
        size = np.abs(self.b)
        mean = np.maximum(size.mean(axis=1, keepdims=True), 1e-300)
        self.weight = np.where(size > 0, size, mean)
        self._cold()

    def _cold(self) -> None:
        """Start from slacks, with β in the row it moves most for its size."""
        k, size = self.b.shape
        share = np.where(self.kinds != 2, np.abs(self.g) / self.weight, -1.0)
        row = share.argmax(axis=1)
        self.basis = np.tile(-2 - np.arange(size), (k, 1))
        at = np.arange(k)
        self.basis[at, row] = -2
        self.basis[:, 0] = _BETA
        M = np.zeros((k, size, size))
        for place in range(1, size):
            M[at, -2 - self.basis[:, place], place] = -1.0
        M[:, :, 0] = -self.g
        self.B = np.linalg.inv(M)
        self.x = np.einsum("kij,kj->ki", self.B, self.b)

    def run(self, out: Answers) -> None:
        """Pivot until every program has ended, and write the answers."""
        live = np.arange(len(self.rows))
        for _ in range(_STEPS):
            q = -self.B[live, 0]
            place, scale = self._leaving(live)
            dual = place >= 0
            code = np.full(len(live), -1)
            if dual.any():
                rho = self.B[live[dual], place[dual]] / scale[dual, None]
                code[dual] = self._dual_entering(live[dual], q[dual], rho)
                none = dual & (code == -1)
                self._write(out, live[none], _NONE, -self.B[live[none], place[none]] / scale[none, None])
            if not dual.all():
                code[~dual] = self._primal_entering(live[~dual], q[~dual])
                done = ~dual & (code == -1)
                self._write(out, live[done], _FOUND, q[done])
                self._enclose(out, live[done])
            going = code != -1
            live, place, code, dual = live[going], place[going], code[going], dual[going]
            if not len(live):
                return
            eta = np.einsum("kij,kj->ki", self.B[live], self._column(live, code))
            place = np.where(dual, place, self._blocking(live, eta))
            sound = (place >= 0) & (np.abs(eta[np.arange(len(live)), np.maximum(place, 0)]) > 1e-13)
            live, place, code, eta = live[sound], place[sound], code[sound], eta[sound]
            self._exchange(live, place, code, eta)

    def _write(self, out: Answers, who: IntArray, status: int, prices: FloatArray) -> None:
        rows = self.rows[who]
        out.value[rows], out.status[rows] = self.x[who, 0], status
        out.prices[rows], out.basis[rows], out.basic[rows] = prices, self.basis[who], self.x[who]

    def _enclose(self, out: Answers, who: IntArray) -> None:
        """Write how far β may be from that of the exact basis, and zero prices where a slack is basic.

        See :func:`bench.lp.basis.slip`.
        """
        rows, code, x, R = self.rows[who], self.basis[who], self.x[who], self.B[who]
        at, place = np.nonzero((code <= -2) & (code != _EXTRA))
        out.prices[rows[at], -2 - code[at, place]] = 0.0
        parts = [self._column(who, code[:, column]) for column in range(code.shape[1])]
        for column, part in enumerate(parts):
            part[code[:, column] == _BETA] = -self.g[who[code[:, column] == _BETA]]
        B = np.stack(parts, axis=2)
        sizes = np.abs(B)
        if self.mix is not None:
            stored = np.abs(self.columns[np.maximum(code, 0)])
            made = np.einsum("kcd,kpd->kcp", np.abs(self.mix[who]), stored)
            sizes[:, self.mixed] = np.where((code >= 0)[:, None], made, sizes[:, self.mixed])
        unit = (x.shape[1] + 8) * 2.0**-53
        terms = np.einsum("kip,kp->ki", sizes, np.abs(x)) + np.abs(self.b[who])
        left = np.abs(self.b[who] - np.einsum("kip,kp->ki", B, x)) + unit * terms
        error = np.abs(R @ B - np.eye(x.shape[1])) + unit * (np.abs(R) @ sizes)
        slip = 2.0 * np.einsum("kip,kp->ki", np.abs(R), left) * (1.0 + unit) + _NOTHING
        firm = (2.0 * np.einsum("kip,kp->ki", error, slip) <= slip).all(axis=1)
        kinds, banned = self._row_kinds(who), (code == self.left_out[who, None]) & (code >= 0)
        fixed, loose = (kinds == 1) | banned, kinds == 2
        loose[:, 0] = True
        unsure = ~loose & ((x + 2.0 * _NOTHING < slip) | (fixed & (slip > 2.0 * _NOTHING)))
        firm &= ~(unsure & ((x < -slip) | (fixed & (x > slip)))).any(axis=1)
        # Values on either side of zero are zero when as many rows are empty but for their columns.
        rest = np.where(unsure[:, None], 0.0, np.abs(B)).sum(axis=2) + np.abs(self.b[who]) + np.abs(self.g[who])
        firm &= unsure.sum(axis=1) <= (rest == 0).sum(axis=1)
        out.basic[rows] = np.where(unsure & firm[:, None], 0.0, x)
        out.slip[rows] = np.where(firm, slip[:, 0], np.inf)

    def _row_kinds(self, live: IntArray) -> IntArray:
        """Return the kind of the row behind each basic slack; inequality for columns."""
        code = self.basis[live]
        slack = (code <= -2) & (code != _EXTRA)
        return np.where(slack, self.kinds[np.where(slack, -2 - code, 0)], 0)

    def _leaving(self, live: IntArray) -> tuple[IntArray, FloatArray]:
        x, code = self.x[live], self.basis[live]
        kinds = self._row_kinds(live)
        banned = (code == self.left_out[live, None]) & (code >= 0)
        terms = np.einsum("kij,kj->ki", np.abs(self.B[live]), self.weight[live])
        wrong = np.where((x < 0) | (((kinds == 1) | banned) & (x > 0)), np.abs(x) / np.maximum(terms, _NOTHING), 0.0)
        wrong[kinds == 2] = 0.0
        wrong[:, 0] = 0.0
        place = wrong.argmax(axis=1)
        at = np.arange(len(live))
        scale = np.where(x[at, place] < 0, 1.0, -1.0) * terms[at, place]
        return np.where(wrong[at, place] > _FEASIBLE, place, -1), scale

    def _effective(self, live: IntArray, prices: FloatArray) -> FloatArray:
        if self.mix is None:
            return prices
        passed = np.einsum("kc,kcd->kd", prices[:, self.mixed], self.mix[live])
        return np.asarray(prices + passed)

    def _dual_entering(self, live: IntArray, q: FloatArray, rho: FloatArray) -> IntArray:
        cost = np.maximum(-(self._effective(live, q) @ self.across), 0.0)
        pivot = -(self._effective(live, rho) @ self.across)
        self._ban(live, pivot)
        costs, pivots = [cost, np.maximum(q, 0.0)], [pivot, np.where(self.kinds == 0, rho, 0.0)]
        if self.extra is not None:
            costs.append(np.maximum(-(q * self.extra[live]).sum(axis=1, keepdims=True), 0.0))
            pivots.append(-(rho * self.extra[live]).sum(axis=1, keepdims=True))
        all_costs, all_pivots = np.hstack(costs), np.hstack(pivots)
        usable = all_pivots > _PIVOT
        ratio = np.where(usable, all_pivots / (all_costs + _RELAX), 0.0)
        best = ratio.max(axis=1, keepdims=True)
        near = usable & (all_costs * best <= all_pivots)
        return self._code(np.where(near, all_pivots, 0.0), best[:, 0] > 0)

    def _primal_entering(self, live: IntArray, q: FloatArray) -> IntArray:
        prices = self._effective(live, q)
        gain = prices @ self.across
        terms = np.abs(prices) @ np.abs(self.across)
        gain = np.where(gain > _VIOLATED * terms, gain, 0.0)
        self._ban(live, gain)
        value = (np.abs(q) * self.weight[live]).sum(axis=1, keepdims=True)
        slack = np.where((self.kinds == 0) & (-q * self.weight[live] > 1e-13 * value), -q, 0.0)
        parts = [gain, slack]
        if self.extra is not None:
            own = q * self.extra[live]
            total, size = own.sum(axis=1, keepdims=True), np.abs(own).sum(axis=1, keepdims=True)
            parts.append(np.where(total > _VIOLATED * size, total, 0.0))
        score = np.hstack(parts)
        return self._code(score, score.max(axis=1) > 0)

    def _ban(self, live: IntArray, values: FloatArray) -> None:
        hit = np.flatnonzero(self.left_out[live] >= 0)
        values[hit, self.left_out[live[hit]]] = 0.0

    def _code(self, score: FloatArray, any_: BoolArray) -> IntArray:
        """Return the code of the best of columns, slacks and extra column; −1 where there is none."""
        at = score.argmax(axis=1)
        n = len(self.columns)
        slack = (at >= n) & (at < n + len(self.kinds))
        code = np.where(at < n, at, np.where(slack, -2 - (at - n), _EXTRA))
        return np.where(any_, code, -1)

    def _column(self, live: IntArray, code: IntArray) -> FloatArray:
        column = np.zeros((len(live), self.b.shape[1]))
        stored = code >= 0
        column[stored] = self.columns[code[stored]]
        if self.mix is not None:
            made = np.einsum("kcd,kd->kc", self.mix[live[stored]], self.columns[code[stored]])
            column[np.flatnonzero(stored)[:, None], self.mixed] = made
        slack = (code <= -2) & (code != _EXTRA)
        column[slack, -2 - code[slack]] = -1.0
        if self.extra is not None:
            column[code == _EXTRA] = self.extra[live[code == _EXTRA]]
        return column

    def _blocking(self, live: IntArray, eta: FloatArray) -> IntArray:
        """Return the place that limits a primal step, −1 where nothing does."""
        kinds = self._row_kinds(live)
        x = np.maximum(self.x[live], 0.0)
        falls = (eta > 1e-10) & (kinds == 0)
        fixed = (np.abs(eta) > 1e-10) & (kinds == 1)
        falls[:, 0] = fixed[:, 0] = False
        safe = np.where(falls, eta, 1.0)
        longest = np.where(falls, (x + _RELAX) / safe, np.inf).min(axis=1)
        longest = np.where(fixed.any(axis=1), 0.0, longest)
        limit = np.where(np.isfinite(longest), longest, 0.0)[:, None] * eta
        fits = fixed | (falls & (x <= limit))
        size = np.where(fits, np.abs(eta), 0.0)
        return np.where(size.max(axis=1) > 0, size.argmax(axis=1), -1)

    def _exchange(self, live: IntArray, place: IntArray, code: IntArray, eta: FloatArray) -> None:
        at = np.arange(len(live))
        B = self.B[live]
        pivot_row = B[at, place] / eta[at, place][:, None]
        eta[at, place] -= 1.0
        B -= eta[:, :, None] * pivot_row[:, None, :]
        self.B[live] = B
        self.basis[live, place] = code
        self.x[live] = np.einsum("kij,kj->ki", B, self.b[live])

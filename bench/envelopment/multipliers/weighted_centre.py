"""Weighted centres of polyhedra, many small ones at once.

For every block: rows B (n, q), constants c, a linear objective h and weights w ≥ 0. Sought are y, t and λ with

```text
t = c + By ≥ 0,    Bᵀλ = h,    λ ≥ 0,    t_i λ_i = w_i
```

the optimum of ``min h · y − Σ w_i log(c + By)_i`` where rows of weight zero are plain inequalities. Whatever the start
misses is taken back along a path: at τ the two equations miss τ times what they missed at the start, and the
products are w + τ v. The path has one point for each τ in (0, 1], also where plain inequalities leave no interior;
steps along it keep every product near its target, so that no row runs into its limit before the others
(Kojima, Megiddo & Mizuno 1993; Roos, Terlaky & Vial 2006, Interior Point Methods for Linear Optimization, ch. 11).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.typing import BoolArray, FloatArray

_ITERATIONS = 150
#: The path ends here; products of the weighted rows are then this near to their weight.
_END, _ALMOST, _CENTRED = 1e-14, 1e-10, 1e-9
#: Products stay within this share of their target and its inverse.
_NEAR = 0.02
#: Shares of τ that a step aims at and how far it goes, boldest first.
_STEPS = (
    (1e-3, 1.0), (0.03, 1.0), (0.1, 1.0), (0.25, 1.0), (0.5, 1.0), (0.75, 1.0), (0.9, 1.0),
    (0.5, 0.3), (0.97, 1.0), (0.5, 0.1), (0.5, 0.03), (0.99, 1.0), (0.5, 0.01), (0.5, 0.001),
)  # fmt: skip
_REGULAR = 1e-15


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Rows (k, n, q), constants (k, n), objectives (k, q), weights (k, n), coordinates in use (k, q).

    Rows of zeros are left out; so are coordinates not in use.
    """

    rows: FloatArray
    constant: FloatArray
    objective: FloatArray
    weight: FloatArray
    used: BoolArray

    def take(self, kept: BoolArray) -> Problem:
        """Return some blocks."""
        return Problem(
            self.rows[kept], self.constant[kept], self.objective[kept], self.weight[kept], self.used[kept]
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """Iterates: y (k, q), t and λ (k, n), their excess products at the start v (k, n), τ (k,)."""

    y: FloatArray
    t: FloatArray
    dual: FloatArray
    excess: FloatArray
    tau: FloatArray

    def take(self, kept: BoolArray) -> _State:
        return _State(self.y[kept], self.t[kept], self.dual[kept], self.excess[kept], self.tau[kept])


def weighted_centres(problem: Problem) -> tuple[FloatArray, BoolArray]:
    """Find the centre of each block from y = 0.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    y : array (k, q)
        The last iterate.
    arrived : array (k,) of bool
    """
    k, _, q = problem.rows.shape
    present = np.asarray(problem.rows.any(axis=2))
    t = np.where(present, np.maximum(problem.constant, 1.0), 1.0)
    excess = np.where(present, np.maximum(np.abs(problem.objective).max(axis=1, initial=0.0), 1.0)[:, None], 0.0)
    dual = np.where(present, (problem.weight + excess) / t, 0.0)
    state = _State(np.zeros((k, q)), t, dual, excess, np.ones(k))
    y, arrived = np.zeros((k, q)), np.zeros(k, dtype=bool)
    live = np.arange(k)
    with np.errstate(all="ignore"):
        for _ in range(_ITERATIONS):
            ended = _arrived(problem, state)
            lost = np.asarray(~np.isfinite(state.y).all(axis=1))
            stop = np.asarray(ended | lost)
            if stop.any():
                y[live[stop]], arrived[live[stop]] = state.y[stop], ended[stop] & ~lost[stop]
                live, state, problem = live[~stop], state.take(~stop), problem.take(~stop)
            if not len(live):
                break
            state = _advance(problem, state)
    y[live] = state.y
    # What is left of the path where rounding ends it early.
    arrived[live] = _arrived(problem, state, _ALMOST)
    return y, arrived


def _arrived(problem: Problem, state: _State, end: float = _END) -> BoolArray:
    off = np.where(problem.weight > 0, np.abs(state.t * state.dual - problem.weight), 0.0)
    return np.asarray((state.tau <= end) & (off.max(axis=1) <= _CENTRED))


def _advance(problem: Problem, state: _State) -> _State:
    """Take one step of Newton's method, as far along the path as the products allow."""
    B, t, dual = problem.rows, state.t, state.dual
    tau = state.tau[:, None]
    missed = problem.constant + _times(B, state.y) - t
    missed = np.where(state.excess > 0, missed, 0.0)
    tilt = problem.objective - _across(B, dual)
    ratio = dual / t
    # Every part of the step is affine in the share of τ that remains: a constant and a slope.
    rest = ((problem.weight - t * dual) / t - ratio * missed, tau * state.excess / t + ratio * missed)
    right = np.stack([_across(B, rest[0]) - tilt, _across(B, rest[1]) + tilt], axis=2)
    steps = _solved(problem, ratio, right)
    dy = (steps[:, :, 0], steps[:, :, 1])
    dt = (_times(B, dy[0]) + missed, _times(B, dy[1]) - missed)
    dl = (
        (problem.weight - t * dual - dual * dt[0]) / t,
        (tau * state.excess - dual * dt[1]) / t,
    )
    share, length = _boldest(problem, state, dt, dl)
    step_t, step_dual = dt[0] + share[:, None] * dt[1], dl[0] + share[:, None] * dl[1]
    length = np.where(length > 0, length, np.minimum(_longest(t, step_t), _longest(dual, step_dual)))
    along = length[:, None]
    return _State(
        state.y + along * (dy[0] + share[:, None] * dy[1]),
        t + along * step_t,
        dual + along * step_dual,
        state.excess,
        state.tau * (1.0 - length * (1.0 - share)),
    )


def _boldest(
    problem: Problem, state: _State, dt: tuple[FloatArray, FloatArray], dl: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Return aim and length of the boldest step whose products stay near their targets; 1 and 0 where none does."""
    k = len(state.tau)
    share, length = np.ones(k), np.zeros(k)
    open_ = np.arange(k)
    for aim, far in _STEPS:
        t = state.t[open_] + far * (dt[0][open_] + aim * dt[1][open_])
        dual = state.dual[open_] + far * (dl[0][open_] + aim * dl[1][open_])
        tau = state.tau[open_, None] * (1.0 - far * (1.0 - aim))
        target = problem.weight[open_] + tau * state.excess[open_]
        product = t * dual
        near = (product >= _NEAR * target) & (product * _NEAR <= target) & (t > 0) & (dual >= 0)
        fine = near.all(axis=1)
        share[open_[fine]], length[open_[fine]] = aim, far
        open_ = open_[~fine]
        if not len(open_):
            break
    return share, length


def _solved(problem: Problem, ratio: FloatArray, right: FloatArray) -> FloatArray:
    """Solve ``Bᵀ diag(ratio) B x = right`` of each block."""
    q = right.shape[1]
    at = np.arange(q)
    normal = np.swapaxes(problem.rows * ratio[:, :, None], 1, 2) @ problem.rows
    size = np.sqrt(normal[:, at, at])
    size = np.where(problem.used & (size > 0) & np.isfinite(size), size, 1.0)
    normal /= size[:, :, None] * size[:, None, :]
    normal[:, at, at] = np.where(problem.used, normal[:, at, at] * (1.0 + _REGULAR), 1.0)
    finite = np.asarray(np.isfinite(normal).all(axis=(1, 2)))
    normal = np.where(finite[:, None, None], normal, np.eye(q))
    try:
        return np.linalg.solve(normal, right / size[:, :, None]) / size[:, :, None]
    except np.linalg.LinAlgError:
        return np.linalg.pinv(normal) @ (right / size[:, :, None]) / size[:, :, None]


def _times(rows: FloatArray, y: FloatArray) -> FloatArray:
    return np.asarray((rows @ y[:, :, None])[:, :, 0])


def _across(rows: FloatArray, weights: FloatArray) -> FloatArray:
    return np.asarray((weights[:, None, :] @ rows)[:, 0, :])


def _longest(value: FloatArray, step: FloatArray) -> FloatArray:
    """Return the longest step in (0, 1] that keeps every value positive, array (k,)."""
    limit = np.where(step < 0, -0.9 * value / np.where(step < 0, step, -1.0), 1.0)
    return np.asarray(np.minimum(limit.min(axis=1), 1.0))

"""The vector loops over the inverse of a basis against the same in numpy."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from bench.lp import inverse


@numba.njit
def _times(T, v, out, n):
    inverse.times(T, v, out, n)


@numba.njit
def _exchange(T, r, eta, x, n):
    inverse.exchange(T, r, eta, x, n)


@numba.njit
def _copy(source, target, count):
    inverse.copy(source, target, count)


@numba.njit
def _leaving(T, x, low, up, weight, n):
    return inverse.leaving(T, x, low, up, weight, n)


@numba.njit
def _blocking(eta, x, low, up, n):
    return inverse.blocking(eta, x, low, up, n)


@numba.njit
def _used(col, q, amount, left, terms, n):
    return inverse.used(col, q, amount, left, terms, n)


@pytest.fixture(params=[4, 8, 12])
def basis(request):
    rng = np.random.default_rng(request.param)
    n = request.param
    return rng, n, rng.normal(size=(n, n))


def test_exchange_keeps_the_inverse(basis):
    rng, n, columns = basis
    T, b, entering = np.ascontiguousarray(np.linalg.inv(columns).T), rng.normal(size=n), rng.normal(size=n)
    eta, x = np.zeros(n), np.linalg.solve(columns, b)
    _times(T, entering, eta, n)
    assert np.allclose(eta, np.linalg.solve(columns, entering))
    place = int(np.argmax(np.abs(eta)))
    _exchange(T, place, eta, x, n)
    columns[:, place] = entering
    assert np.allclose(T.T, np.linalg.inv(columns), atol=1e-10)
    assert np.allclose(x, np.linalg.solve(columns, b), atol=1e-10)


def test_copy_takes_just_so_many():
    source, target = np.arange(12.0), np.full(12, -1.0)
    _copy(source, target, 8)
    assert target.tolist() == [*range(8), -1, -1, -1, -1]


def test_leaving_is_the_most_infeasible_for_its_terms(basis):
    rng, n, T = basis
    x, weight = rng.normal(size=n), rng.random(n)
    low, up = np.ones(n), np.zeros(n)
    low[0] = 0.0
    up[1] = 1.0
    norms = np.abs(T).T @ weight
    short = np.maximum(np.maximum(-x * low, x * up), 0.0) / norms
    place, size = _leaving(T, x, low, up, weight, n)
    assert place == int(np.argmax(short))
    assert size == pytest.approx(norms[place])
    assert _leaving(T, np.abs(x), low, np.zeros(n), weight, n)[0] == -1
    assert _leaving(T, np.abs(x) * -1e-14, low, np.zeros(n), weight, n)[0] == -1


def test_blocking_is_the_first_to_reach_zero_and_the_largest_pivot_among_ties():
    low, up = np.ones(8), np.zeros(8)
    low[0] = 0.0
    x = np.array([5.0, 1.0, 2.0, 3.0, 0.0, 1.0, 1.0, 1.0])
    eta = np.array([9.0, 0.5, 2.0, 3.0, -1.0, 0.1, -2.0, 0.0])
    assert _blocking(eta, x, low, up, 8) == 3
    assert _blocking(-np.abs(eta), x, low, up, 8) == -1
    up[6] = 1.0
    x[6] = 0.0
    assert _blocking(eta, x, low, up, 8) == 6


def test_used_takes_a_column_from_what_is_left(basis):
    rng, n, columns = basis
    col, q, left, terms = columns[0], rng.normal(size=n), rng.normal(size=n), rng.random(n)
    before, sizes = left.copy(), terms.copy()
    worst = _used(col, q, 0.7, left, terms, n)
    assert np.allclose(left, before - 0.7 * col)
    assert np.allclose(terms, sizes + 0.7 * np.abs(col))
    assert worst == pytest.approx(abs(q @ col) / max(np.abs(q * col).sum(), 1.0))

"""The vector loops over columns against the same in numpy."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from bench.lp import pricing
from bench.lp.pricing import BLOCK, PIVOT, RELAX, VIOLATED


@numba.njit
def _ratios(P, ids, count, q, rho, out, head, cost, pivot, n):
    return pricing.ratios(P, ids, count, q, rho, out, head, cost, pivot, n)


@numba.njit
def _entering(cost, pivot, count, top):
    return pricing.entering(cost, pivot, count, top)


@numba.njit
def _violation(P, ids, count, q, out, n):
    return pricing.violation(P, ids, count, q, out, n)


@numba.njit
def _largest_gain(P, ids, count, q, out, n):
    return pricing.largest_gain(P, ids, count, q, out, n)


@numba.njit
def _gain_of(column, q, n):
    return pricing.gain_of(column, q, n)


@numba.njit
def _screen(P, block, q, slip, n):
    return pricing.screen(P, block, q, slip, n)


@numba.njit
def _bits(bits):
    places = []
    while bits != 0:
        places.append(pricing.first_bit(bits))
        bits &= bits - 1
    return places


@numba.njit
def _moved(middle, half, width, count, change, before, after, slip, n):
    pricing.moved_bounds(middle, half, width, count, change, before, after, slip, n)


@numba.njit
def _cheapest(prices, width, count, b, g, n):
    return pricing.cheapest(prices, width, count, b, g, n)


@pytest.fixture(params=[4, 8, 12, 20])
def blocks(request):
    rng = np.random.default_rng(request.param)
    n, count = request.param, 3
    columns = rng.normal(size=(count * BLOCK, n))
    P = np.ascontiguousarray(columns.reshape(count, BLOCK, n).transpose(0, 2, 1))
    return rng, columns, P, np.arange(count * BLOCK) + 1000


def test_ratios_and_the_entering_column(blocks):
    rng, columns, P, ids = blocks
    total, n = columns.shape
    q, rho = rng.normal(size=n), rng.normal(size=n)
    head, out = 8, int(ids[7])
    cost, pivot = np.zeros(head + total), np.zeros(head + total)
    cost[:3], pivot[:3] = [0.2, -1.0, 0.0], [0.1, 0.0, 0.5 * PIVOT]
    top = _ratios(P, ids, 3, q, rho, out, head, cost, pivot, n)
    step = -columns @ rho
    step[7] = 0.0
    assert np.allclose(cost[head:], -columns @ q, rtol=0, atol=1e-12)
    assert np.allclose(pivot[head:], step, rtol=0, atol=1e-12)
    eligible = pivot > PIVOT
    expected = (pivot[eligible] / (np.maximum(cost[eligible], 0.0) + RELAX)).max()
    assert top == pytest.approx(expected, rel=1e-14)
    size, place = _entering(cost, pivot, head + total, top)
    fits = eligible & (cost * top <= pivot)
    assert size == pivot[fits].max()
    assert place == np.flatnonzero(fits & (pivot == size))[0]


def test_no_column_can_enter_without_a_pivot():
    nothing = np.zeros(72)
    P = np.zeros((1, 4, BLOCK))
    assert _ratios(P, np.arange(BLOCK), 1, np.ones(4), np.ones(4), -1, 8, nothing.copy(), nothing.copy(), 4) == 0.0
    assert _entering(nothing, nothing, 72, 1.0)[1] == -1


def test_violation_is_the_largest_gain_that_is_no_rounding(blocks):
    rng, columns, P, ids = blocks
    n = columns.shape[1]
    q = rng.normal(size=n)
    gain, terms = columns @ q, np.abs(columns * q).sum(axis=1)
    best = int(np.argmax(gain))
    assert _violation(P, ids, 3, q, -1, n) == (pytest.approx(gain[best]), best)
    second = int(np.argsort(gain)[-2])
    assert _violation(P, ids, 3, q, int(ids[best]), n)[1] == second
    assert _largest_gain(P, ids, 3, q, int(ids[best]), n) == (pytest.approx(gain[second]), second)
    assert _gain_of(columns[best], q, n) == (pytest.approx(gain[best]), pytest.approx(terms[best]))


def test_rounding_is_no_violation_but_may_be_a_gain():
    P, q = np.zeros((1, 4, BLOCK)), np.array([1.0, 1.0, 0.0, 0.0])
    P[0, :2, 5] = [1.0, -1.0 + 2e-16]
    P[0, :2, 9] = [-1.0, 1.0 - 1e-3]
    assert _largest_gain(P, np.arange(BLOCK), 1, q, -1, 4)[1] == 5
    assert (P[0, :, 5] * q).sum() < VIOLATED * np.abs(P[0, :, 5] * q).sum()
    assert _violation(P, np.arange(BLOCK), 1, q, -1, 4) == (0.0, -1)


def test_screen_names_every_column_near_or_above_zero(blocks):
    rng, columns, P, _ = blocks
    n = columns.shape[1]
    q = rng.normal(size=n).astype(np.float32)
    single = P.astype(np.float32)
    for block in range(3):
        gain = single[block].T.astype(float) @ q.astype(float)
        top, bits = _screen(single, block, q, np.float32(1e-3), n)
        assert top == pytest.approx(gain.max(), rel=1e-5)
        near = np.flatnonzero(gain > -1e-3)
        assert _bits(np.int64(bits)) == near.tolist() if len(near) else bits == 0


def test_the_highest_bit_is_a_column_too():
    P, q = np.full((1, 4, BLOCK), -1.0, np.float32), np.ones(4, np.float32)
    P[0, :, 63] = 1.0
    _, bits = _screen(P, 0, q, np.float32(1e-6), 4)
    assert _bits(np.int64(bits)) == [63]


def test_moved_bounds_hold_and_are_what_the_box_allows():
    rng = np.random.default_rng(5)
    n, width = 8, 32
    middle, half = rng.normal(size=(n, width)).astype(np.float32), rng.random((n, width)).astype(np.float32)
    change, before = rng.normal(size=n).astype(np.float32), rng.normal(size=width).astype(np.float32)
    after = np.full(width, np.nan, np.float32)
    _moved(middle, half, width, 20, change, before, after, np.float32(0.25), n)
    expected = before + 0.25 + change.astype(float) @ middle + np.abs(change.astype(float)) @ half
    assert np.allclose(after[:20], expected[:20], rtol=1e-5, atol=1e-5)


def test_cheapest_prices_promise_the_least():
    rng = np.random.default_rng(6)
    n, width = 8, 16
    prices, b, g = rng.random((n, width)), rng.normal(size=n), rng.random(n)
    promised = -(b @ prices) / (g @ prices)
    for count in (1, 7, 8, 16):
        assert _cheapest(prices, width, count, b, g, n) == int(np.argmin(promised[:count]))
    assert _cheapest(prices, width, 0, b, g, n) == -1
    assert _cheapest(prices, width, 16, b, np.zeros(n), n) == -1

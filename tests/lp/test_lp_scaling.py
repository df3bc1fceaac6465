"""Scaling rounds nothing, and the order of neighbours is an order: whole, repeatable and worth having."""

import numpy as np
import pytest

from bench.lp.scaling import neighbour_order, padded_size, power_of_two, scale


@pytest.mark.parametrize("count", [0, 1, 2, 3, 17, 1000])
@pytest.mark.parametrize("width", [1, 4, 9, 40, 70])
def test_every_program_has_one_place(count, width):
    rng = np.random.default_rng(count + width)
    points = np.exp(rng.normal(size=(count, width))) * np.where(rng.uniform(size=(count, width)) < 0.2, 0.0, 1.0)
    for values in (points, np.round(points), np.ones_like(points), np.zeros_like(points)):
        order = neighbour_order(values)
        assert sorted(order) == list(range(count))
        np.testing.assert_array_equal(order, neighbour_order(values.copy()))


def test_equals_stay_in_the_order_of_the_table():
    points = np.repeat([[4.0, 1.0], [1.0, 1.0], [9.0, 1.0]], 5, axis=0)
    order = neighbour_order(points)
    same = points[order, 0]
    assert (np.diff(np.flatnonzero(np.diff(same, prepend=0.0))) == 5).all()
    assert all((np.diff(order[same == value]) > 0).all() for value in (1.0, 4.0, 9.0))


def test_the_order_is_that_of_ratios():
    rng = np.random.default_rng(1)
    points = np.exp(rng.normal(size=(300, 5)))
    order = neighbour_order(points)
    size = 2.0 ** rng.integers(-20, 20, (300, 1))
    np.testing.assert_array_equal(neighbour_order(points * size * 2.0 ** np.array([3, -9, 0, 30, 1])), order)
    moving = points * [1, 1, 1, 0, 0]
    shrunk = points.copy()
    shrunk[:, :3] *= 2.0 ** rng.integers(-3, 1, (300, 1))
    along = neighbour_order(shrunk, shrunk * [1, 1, 1, 0, 0])
    np.testing.assert_array_equal(along, neighbour_order(points, moving))


def test_neighbours_are_near():
    rng = np.random.default_rng(2)
    points = np.exp(rng.normal(size=(2000, 3)))
    logs = np.log(points / points[:, -1:])

    def steps(order):
        return np.linalg.norm(np.diff(logs[order], axis=0), axis=1).mean()

    assert steps(neighbour_order(points)) < 0.2 * steps(np.arange(2000))


def test_scaling_is_exact_and_brings_columns_to_one():
    rng = np.random.default_rng(3)
    P = np.exp(rng.normal(0, 6, (50, 6))) * np.where(np.arange(6) < 3, -1.0, 1.0)
    P[::7, 4] = 0.0
    b, g = P[:20] * 3.0, np.abs(P[:20])
    found = scale(P, b, g, np.zeros(6, dtype=np.int64))
    assert found.size == padded_size(6)
    np.testing.assert_array_equal(found.columns[:, :6] / found.row / found.column[:, None], P)
    np.testing.assert_array_equal(found.points[:, :6] / found.row / found.program[:, None], b)
    np.testing.assert_array_equal(found.directions[:, :6] / found.row / found.program[:, None], g)
    largest = np.abs(found.columns).max(axis=1)
    assert (largest >= 0.5).all()
    assert (largest < 1.0).all()
    assert not found.columns[:, 6:].any()
    shared = scale(P, P, np.abs(P), np.zeros(6, dtype=np.int64))
    np.testing.assert_array_equal(shared.points, scale(P, P.copy(), np.abs(P), np.zeros(6, dtype=np.int64)).points)


def test_powers_of_two_round_nothing():
    values = np.array([0.0, 0.3, 1.0, 7.0, 1e-6, 1e9])
    scaled = values * power_of_two(values)
    assert ((scaled[1:] >= 0.5) & (scaled[1:] < 1.0)).all()
    assert (scaled / power_of_two(values) == values).all()


def test_order_is_a_permutation_that_puts_neighbours_together():
    rng = np.random.default_rng(0)
    points = np.exp(rng.normal(size=(400, 3)))
    order = neighbour_order(points)
    assert sorted(order.tolist()) == list(range(400))
    ratios = np.log(points[:, :2] / points[:, 2:])

    def steps(rows):
        return np.abs(np.diff(ratios[rows], axis=0)).sum()

    assert steps(order) < 0.5 * steps(np.arange(400))

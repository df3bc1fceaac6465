"""Norms, calibration, benchmark prices and requirements: closed forms, properties and refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import DataError, OptionError
from bench.norms import (
    average_norm,
    best_practice_norm,
    calibrate,
    combine_norms,
    frontier_norm,
    multiplier_prices,
    own_cost_mix,
    requirement_path,
    rescale_prices,
    weight_prices,
)

money = st.floats(1.0, 1e9)
scheme = st.lists(st.tuples(money, st.floats(0.1, 1e6)), min_size=1, max_size=12)


@settings(deadline=None, max_examples=50)
@given(scheme)
def test_average_norms_add_to_the_schemes_cost(rows):
    cost, volume = np.array(rows).T
    assert average_norm(cost, volume).sum() == pytest.approx(cost.sum(), rel=1e-12)


@settings(deadline=None, max_examples=50)
@given(scheme)
def test_first_best_is_a_lower_bound_and_binds_for_one_unit(rows):
    cost, volume = np.array(rows).T
    norm = best_practice_norm(cost, volume, k=1)
    assert (norm <= cost * (1 + 1e-12)).all()
    assert np.isclose(norm, cost, rtol=1e-12).any()
    assert best_practice_norm(cost, volume, quantile=0.0) == pytest.approx(norm)
    assert best_practice_norm(cost, volume, k=len(rows)) == pytest.approx(best_practice_norm(cost, volume, quantile=1))


def test_quantile_interpolates_between_units():
    # unit costs 10, 20, 40: the 75 % quantile lies halfway between 20 and 40 (type 7)
    assert best_practice_norm([10, 20, 40], [1, 1, 1], quantile=0.75) == pytest.approx([30, 30, 30])


def test_best_of_four_with_the_german_floor():
    # ARegV § 12(3), (4): the best of the scores counts, never less than 0.60
    cost = np.array([100.0, 100.0])
    scores = [[0.55, 0.70], [0.50, 0.80], [0.40, 0.75], [0.58, 0.65]]
    norms = [frontier_norm(cost, score, floor=0.6) for score in scores]
    assert combine_norms(norms, "best") == pytest.approx([60.0, 80.0])
    assert combine_norms(norms, "min") == pytest.approx([60.0, 65.0])
    assert combine_norms(norms, "mean") == pytest.approx([60.0, 72.5])


def test_own_cost_share_runs_from_yardstick_to_refund():
    assert own_cost_mix([100.0], [80.0], 0.0) == pytest.approx([80.0])
    assert own_cost_mix([100.0], [80.0], 1.0) == pytest.approx([100.0])


@settings(deadline=None, max_examples=50)
@given(scheme, money, st.sampled_from(["norm", "cost", "volume", "equal"]))
def test_calibration_reaches_the_total(rows, total, key):
    cost, volume = np.array(rows).T
    norm = best_practice_norm(cost, volume, k=1)
    got = calibrate(norm, total, key, cost=cost, volume=volume)
    assert got.norm.sum() == pytest.approx(total, rel=1e-9, abs=1e-12 * norm.sum())
    assert norm + got.adjustment == pytest.approx(got.norm)


def test_calibration_by_norm_keeps_relative_norms():
    got = calibrate([80.0, 20.0], 150.0, "norm")
    assert got.norm[0] / got.norm[1] == pytest.approx(4.0)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.floats(0.01, 1e4), st.floats(0.1, 1e6)), min_size=1, max_size=8), money)
def test_rescaled_prices_buy_the_total_and_keep_relative_prices(rows, total):
    raw, volumes = np.array(rows).T
    got = rescale_prices(raw, volumes, total)
    assert got.price @ volumes == pytest.approx(total, rel=1e-9)
    assert got.price / got.price[0] == pytest.approx(raw / raw[0])


def test_multiplier_price_is_the_volume_weighted_mean_of_marginal_costs():
    u = np.array([[0.02, 0.0], [0.04, 0.01]])
    volumes = np.array([[30.0, 5.0], [10.0, 5.0]])
    price = multiplier_prices([0.01, 0.01], u, volumes)
    assert price == pytest.approx([(2 * 30 + 4 * 10) / 40, (0 * 5 + 1 * 5) / 10])
    own = (u / 0.01 * volumes).sum()
    assert price @ volumes.sum(axis=0) == pytest.approx(own)


def test_weight_prices_are_the_unit_cost_times_the_weights():
    assert weight_prices(500.0, [1.0, 1.3]) == pytest.approx([500.0, 650.0])


def test_linear_path_is_the_german_one():
    # ARegV § 16 and annex 1: allowed share of base cost E + (1 − t/5)(1 − E) with E = 0.8
    path = requirement_path([100.0], [80.0], years=5)
    assert path.allowed_cost[0] == pytest.approx([96.0, 92.0, 88.0, 84.0, 80.0])
    assert path.requirement_nok.sum() == pytest.approx(20.0)


def test_compound_path_asks_the_same_share_every_year():
    path = requirement_path([100.0], [81.0], years=2, path="compound")
    assert path.individual[0] == pytest.approx([0.1, 0.1])
    assert path.allowed_cost[0] == pytest.approx([90.0, 81.0])


def test_glide_halves_what_remains():
    path = requirement_path([100.0], [80.0], years=3, path="glide", glide=0.5)
    assert path.allowed_cost[0] == pytest.approx([90.0, 85.0, 82.5])


def test_general_requirement_compounds_on_units_at_the_norm():
    # the reform in 000_0908f93bfc3ea96c.txt: half a per cent a year on everyone
    path = requirement_path([1000.0], [1100.0], years=4, general=0.005)
    assert path.gap == pytest.approx([0.0])
    assert path.allowed_cost[0] == pytest.approx(1000 * 0.995 ** np.arange(1, 5))


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(money, st.floats(0.3, 1.2)), min_size=1, max_size=8),
    st.integers(1, 8),
    st.floats(0, 0.05),
    st.sampled_from(["linear", "compound"]),
)
def test_the_path_ends_at_the_norm_and_adds_up(rows, years, general, path):
    cost = np.array([row[0] for row in rows])
    norm = cost * np.array([row[1] for row in rows])
    got = requirement_path(cost, norm, years=years, general=general, path=path)
    assert got.allowed_cost[:, -1] == pytest.approx(np.minimum(cost, norm) * (1 - general) ** years, rel=1e-9)
    assert cost - got.requirement_nok.sum(axis=1) == pytest.approx(got.allowed_cost[:, -1], rel=1e-9, abs=1e-6)
    assert (got.requirement >= -1e-12).all()


def test_tolerance_floor_cap_and_exemption():
    got = requirement_path(
        [100.0, 100.0, 100.0, 100.0],
        [98.0, 40.0, 80.0, 80.0],
        years=2,
        tolerance=0.02,
        max_gap=0.4,
        max_yearly=0.15,
        exempt=[False, False, False, True],
    )
    assert got.gap == pytest.approx([0.0, 0.4, 0.2, 0.0], abs=1e-12)
    assert got.individual[1] == pytest.approx([0.15, 0.15])
    assert got.allowed_cost[2] == pytest.approx([90.0, 80.0])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: best_practice_norm([1.0], [1.0]), "exactly one"),
        (lambda: best_practice_norm([1.0], [1.0], k=2), "number of units"),
        (lambda: requirement_path([1.0], [1.0], years=0), "whole number"),
        (lambda: requirement_path([1.0], [1.0], years=2, path="glide"), "glide"),
        (lambda: requirement_path([1.0], [1.0], years=2, path="lineær"), "linear"),
        (lambda: requirement_path([1.0], [1.0], years=2, exempt=[1]), "True or False"),
        (lambda: own_cost_mix([1.0], [1.0], 1.3), "between 0 and 1"),
    ],
)
def test_wrong_options_are_refused(call, says):
    with pytest.raises(OptionError, match=says):
        call()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: average_norm([1.0, 2.0], [0.0, 0.0]), "no volume"),
        (lambda: average_norm([1.0, -2.0], [1.0, 1.0]), "positive"),
        (lambda: average_norm([1.0, np.nan], [1.0, 1.0]), "finite"),
        (lambda: average_norm([1.0, 2.0], [1.0]), "1 values where 2"),
        (lambda: calibrate([1.0], 2.0, "cost"), "needs the array"),
        (lambda: calibrate([0.0], 2.0, "norm"), "adds to nothing"),
        (lambda: rescale_prices([0.0], [1.0], 5.0), "cannot be rescaled"),
        (lambda: multiplier_prices([1.0], [[1.0]], [[0.0]]), "no volume"),
        (lambda: requirement_path([1.0], [0.0], years=2), "positive"),
    ],
)
def test_unusable_numbers_are_refused(call, says):
    with pytest.raises(DataError, match=says):
        call()


@pytest.mark.parametrize("unit_cost", [0.0, -1.0, float("inf"), float("nan")])
def test_a_unit_cost_that_is_no_amount_gives_no_prices(unit_cost):
    with pytest.raises(DataError, match="positive amount"):
        weight_prices(unit_cost, [1.0, 0.5])


def test_prices_below_one_krone_are_prices_and_none_is_refused() -> None:
    """Half a krone per weighted unit, and a quarter of that where the weight is a quarter."""
    assert weight_prices(0.5, [1.0, 0.25]).tolist() == [0.5, 0.125]
    with pytest.raises(DataError, match="positive"):
        weight_prices(0.0, [1.0])


def test_multiplier_prices_want_one_row_per_unit_and_volume_of_every_output() -> None:
    # One unit of volume in all: the price is the ratio of the multipliers, 0.02 / 0.01.
    assert multiplier_prices([0.01], [[0.02]], [[1.0]]).tolist() == [2.0]
    with pytest.raises(DataError, match="no volume"):
        multiplier_prices([0.01, 0.01], [[0.02, 0.0], [0.04, 0.0]], [[1.0, 0.0], [1.0, 0.0]])
    for multipliers, volumes in (
        ([[0.02, 0.01]], [[1.0]]),  # another number of outputs
        ([0.02], [1.0]),  # no table
        ([[[0.02]]], [[[1.0]]]),  # a table too deep
        ([[0.02], [0.02]], [[1.0], [1.0]]),  # another number of units
    ):
        with pytest.raises(DataError, match="must both be"):
            multiplier_prices([0.01], multipliers, volumes)

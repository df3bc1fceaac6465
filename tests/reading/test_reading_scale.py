"""Wrong measures: what is found, and what skewed data and zeros do not set off."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.reading.values.scale import jumps_between_periods, jumps_between_units, odd_group


def units_found(values, groups=None, **options):
    values = np.asarray(values, dtype=float)
    groups = np.zeros(len(values), dtype=np.intp) if groups is None else np.asarray(groups)
    return sorted((jump.row, jump.column) for jump in jumps_between_units(values, groups, **options))


def periods_found(series):
    values = np.asarray(series, dtype=float)[:, None]
    n = len(values)
    return [jump.row for jump in jumps_between_periods(values, np.zeros(n, dtype=np.intp), np.arange(n))]


# -- two groups ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "odd"),
    [
        ([1000, 1200, 900, 1.1], [3]),
        ([1, 2, 3, 4000], [3]),
        ([1, 1000], [0]),
        ([1, 199], []),
        ([1, 201], [0]),
        ([1, 5, 1000, 5000], [0, 1]),
        ([1, 9, 80, 700, 6000, 50_000], []),
        ([1e6, 1.1e6, 1e3, 1.2e6, 1.0], [2, 4]),
        ([5], []),
        ([], []),
    ],
)
def test_odd_group(values, odd):
    assert np.flatnonzero(odd_group(np.log10(np.array(values, dtype=float)))).tolist() == odd


def test_of_equal_groups_the_later_is_odd():
    logs = np.log10([1000.0, 1100.0, 1.0, 1.1])
    assert np.flatnonzero(odd_group(logs, np.arange(4.0))).tolist() == [2, 3]
    assert np.flatnonzero(odd_group(logs, -np.arange(4.0))).tolist() == [0, 1]


# -- periods ---------------------------------------------------------------------------------------------------


def test_one_year_in_another_measure():
    assert periods_found([1000, 1.1, 1200, 1300]) == [1]
    assert periods_found([1000, 1100, 1200, 1.3]) == [3]
    assert periods_found([1000, 1.1]) == [1]
    assert periods_found([1.0, 1100]) == [1]


def test_growth_and_zeros_are_no_jump():
    assert periods_found([1, 8, 60, 400]) == []
    assert periods_found([0, 0, 5000, 0]) == []
    assert periods_found([np.nan, 5000, np.nan]) == []
    assert periods_found([-1000, 1, 1]) == []
    assert periods_found([0, 0]) == []


def test_periods_may_stand_in_any_order():
    values = np.array([1.3, 1000.0, 1200.0, 1100.0])[:, None]
    found = jumps_between_periods(values, np.zeros(4, dtype=np.intp), np.array([3, 0, 2, 1]))
    assert [(jump.row, jump.between) for jump in found] == [(0, "periods")]
    assert found[0].factor == pytest.approx(1.3 / 1100)


# -- units -------------------------------------------------------------------------------------------------------


def test_cost_in_thousands_among_kroner():
    cost = [1.2e6, 0.9e6, 1.4e6, 1.1e3]
    hours = [2400, 1900, 2700, 2200]
    assert units_found(np.column_stack([cost, hours])) == [(3, 0)]
    found = jumps_between_units(np.column_stack([cost, hours]), np.zeros(4, dtype=np.intp))
    assert found[0].factor == pytest.approx(1 / 1000, rel=0.3)


def test_two_units():
    assert units_found([[1.2e6, 2400], [1.1e3, 2300]]) == [(1, 0)]


def test_half_of_the_units():
    cost = np.array([1.2e6, 0.9e6, 1.4e6, 1.1e3, 1.0e3, 1.3e3])
    hours = np.array([2400, 1900, 2700, 2200, 2100, 2600])
    assert units_found(np.column_stack([cost, hours])) == [(3, 0), (4, 0), (5, 0)]


def test_two_wrong_columns_of_one_unit():
    table = np.outer([1.0, 1.3, 0.8, 1.1, 2.0], [1e6, 5e5, 2e3, 40, 300])
    table[2, :2] /= 1000
    assert units_found(table) == [(2, 0), (2, 1)]


def test_large_and_small_units_are_no_jump():
    size = np.array([200, 5_000, 12_000, 60_000, 700_000.0])
    assert units_found(np.outer(size, [20_000, 3, 0.5])) == []


def test_zeros_and_missing_values_are_left_out():
    table = [[1e6, 2000, 0], [1.2e6, 2300, 300], [0.9e6, 0, 250], [1.1e6, 2100, np.nan]]
    assert units_found(table) == []


def test_a_unit_with_one_value_only_is_not_judged():
    assert units_found([[1e6, 2000], [1.2e6, 2300], [900, 0]]) == []


def test_groups_are_compared_inside_themselves():
    table = [[1e6, 20], [1.1e6, 22], [1e3, 21], [1.1e3, 19]]
    assert units_found(table, [0, 0, 1, 1]) == []
    assert units_found(table, [0, 1, 0, 1]) == [(2, 0), (3, 0)]


def test_prices_are_compared_without_size():
    prices = [[450.0, 900.0], [0.45, 910.0], [460.0, 905.0]]
    assert units_found(prices, by_size=False) == [(1, 0)]


def test_one_column_is_compared_as_it_is():
    assert units_found([[1000.0], [1200.0], [1.1]]) == [(2, 0)]


def test_real_data_are_quiet(reference):
    for name, columns in (("charnes1981", slice(1, 9)), ("milkProd", slice(1, 5))):
        table = pd.read_csv(reference / "dea" / f"{name}.csv", sep=";").iloc[:, columns].to_numpy(dtype=float)
        assert units_found(table) == []


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 40), st.integers(2, 6), st.floats(0, 1.5), st.integers(0, 10_000))
def test_skewed_data_are_quiet(n, k, spread, seed):
    """Units from hamlet to capital, columns in any measure, unit costs that differ by a factor of three or so."""
    rng = np.random.default_rng(seed)
    size = np.exp(rng.normal(0, spread, n))
    table = np.exp(rng.normal(0, 0.4, (n, k))) * size[:, None] * 10.0 ** rng.uniform(-2, 7, k)
    assert units_found(table) == []


@settings(deadline=None, max_examples=50)
@given(st.integers(3, 40), st.integers(2, 6), st.sampled_from([1000.0, 0.001]), st.integers(0, 10_000))
def test_one_wrong_measure_is_found(n, k, factor, seed):
    rng = np.random.default_rng(seed)
    size = np.exp(rng.normal(0, 0.5, n))
    table = np.exp(rng.normal(0, 0.2, (n, k))) * size[:, None] * 10.0 ** rng.uniform(-2, 7, k)
    row, column = int(rng.integers(n)), int(rng.integers(k))
    table[row, column] *= factor
    assert (row, column) in units_found(table)


@settings(deadline=None, max_examples=30)
@given(st.integers(3, 10), st.integers(0, 10_000))
def test_the_order_of_the_rows_does_not_matter(n, seed):
    rng = np.random.default_rng(seed)
    table = np.exp(rng.normal(0, 3, (n, 3)))
    order = rng.permutation(n)
    back = sorted((int(order[row]), column) for row, column in units_found(table[order]))
    assert back == units_found(table)


@pytest.mark.filterwarnings("error")
def test_values_further_apart_than_any_double_says():
    [found] = jumps_between_periods(np.array([[1e-300], [2e-300], [1e300]]), np.zeros(3, dtype=np.intp), np.arange(3))
    assert (found.row, found.factor) == (2, 1e300)
    [found] = jumps_between_units(np.array([[1e300], [2e300], [5e-324]]), np.zeros(3, dtype=np.intp))
    assert (found.row, found.factor) == (2, pytest.approx(1e-300))

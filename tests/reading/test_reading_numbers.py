"""The strict number parser: what is read, what is refused and why."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import OptionError
from bench.reading.values.numbers import Share, is_missing, parse_numbers
from bench.reading.values.shapes import MINUS, SPACES


def value(text, **options):
    column = parse_numbers([text], **options)
    assert not column.problems, column.problems
    return column.values[0]


def rules(cells, **options):
    return [problem.rule for problem in parse_numbers(cells, **options).problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0.0),
        ("12", 12.0),
        ("+12", 12.0),
        ("-12", -12.0),
        ("- 12", -12.0),
        ("−12", -12.0),
        ("12,5", 12.5),
        ("12.5", 12.5),
        (",5", 0.5),
        ("-.5", -0.5),
        ("1 234", 1234.0),
        ("1\u00a0234,5", 1234.5),
        ("1\u202f234\u202f567,25", 1234567.25),
        ("1\u2009234", 1234.0),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234.567", 1234567.0),
        ("1'234.5", 1234.5),
        ("0,123", 0.123),
        ("0.123", 0.123),
        ("1234,567", 1234.567),
        ("12,3456", 12.3456),
        ("1,2E+06", 1200000.0),
        ("1e-05", 1e-05),
        ("1.234e3", 1234.0),
        (" 12,5\u00a0", 12.5),
        ("5,3 %", 0.053),
        ("5.3%", 0.053),
        ("−7,25\u00a0%", -0.0725),
        ("-", 0.0),
        ("00,5", 0.5),
    ],
)
def test_one_cell(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1.234", "ambiguous-number"),
        ("1,234", "ambiguous-number"),
        ("-123.456", "ambiguous-number"),
        ("1.234 %", "ambiguous-number"),
        ("..", "missing-value"),
        (":", "suppressed-value"),
        ("#N/A", "missing-value"),
        ("#DIV/0!", "formula-error"),
        ("abc", "not-a-number"),
        ("n/a", "missing-value"),
        ("12 stk", "not-a-number"),
        ("1,2 mill", "own-measure"),
        ("1200 tkr", "own-measure"),
        ("kr 1 200/år", "not-a-number"),
        ("12:30", "not-a-number"),
        ("12,", "not-a-number"),
        ("12.", "not-a-number"),
        ("12 34", "not-a-number"),
        ("1 23", "not-a-number"),
        ("1234 567", "not-a-number"),
        ("1.23.45", "not-a-number"),
        ("1.234 567", "not-a-number"),
        ("1.234.567.8", "not-a-number"),
        ("1,5,5", "not-a-number"),
        ("1.234,567.8", "not-a-number"),
        ("-(12)", "not-a-number"),
        ("(12)-", "not-a-number"),
        ("--12", "not-a-number"),
        ("1_000", "not-a-number"),
        ("nan", "missing-value"),
        ("inf", "not-a-number"),
        ("0x1A", "not-a-number"),
        ("١٢", "not-a-number"),
        ("31.12.2004", "not-a-number"),
        ("2004-12-31", "not-a-number"),
        ("12\u200b", "not-a-number"),
        ("1\n2", "not-a-number"),
        ("…", "missing-value"),
        ("–", "missing-value"),
        ("e5", "not-a-number"),
        ("5 %%", "not-a-number"),
        ("1e5 %", "not-a-number"),
        ("1e999", "not-finite"),
    ],
)
def test_refused(text, rule):
    column = parse_numbers([text])
    assert [problem.rule for problem in column.problems] == [rule]
    assert math.isnan(column.values[0])
    assert column.problems[0].message
    assert column.problems[0].remedy


def test_messages_name_the_trouble():
    first = {text: parse_numbers([text]).problems[0].message for text in ("12\u200b", "31.12.2004", "12 34", "1.234")}
    assert "U+200B" in first["12\u200b"]
    assert "date" in first["31.12.2004"]
    assert "threes" in first["12 34"]
    assert "1234" in first["1.234"]
    assert "1.234" in first["1.234"]
    assert parse_numbers(["1.234"]).problems[0].remedy.count("decimal=") == 2


def test_blank_is_not_a_problem_and_not_zero():
    column = parse_numbers(["", "  ", "\u00a0", "3"])
    assert column.problems == ()
    assert np.isnan(column.values[:3]).all()


def test_sign_of_not_applicable_is_nan_and_counted():
    column = parse_numbers([".", "3", "."])
    assert np.isnan(column.values[[0, 2]]).all()
    assert column.counts["not_applicable"] == 2


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ("12,5", 1234.0),
        ("1.234,5", 1234.0),
        ("1.234.567", 1234.0),
        ("0,250", 1234.0),
        ("1 000,5", 1234.0),
        ("12.5", 1.234),
        ("1,234.5", 1.234),
        ("1,234,567", 1.234),
        ("0.250", 1.234),
        ("1 000.5", 1.234),
    ],
)
def test_the_column_decides_what_a_point_is(evidence, expected):
    column = parse_numbers(["1.234", evidence])
    assert column.problems == ()
    assert column.values[0] == expected


@pytest.mark.parametrize("evidence", ["12", "1 234", "", "-", ".", "1e5", "12 %"])
def test_what_shows_no_decimal_sign_does_not_decide(evidence):
    assert "ambiguous-number" in rules(["1.234", evidence])


def test_options_decide():
    assert value("1.234", decimal=",") == 1234.0
    assert value("1.234", decimal=".") == 1.234
    assert value("1.234", thousands=".") == 1234.0
    assert value("1.234", thousands=" ") == 1.234
    assert value("1.234", thousands="") == 1.234
    assert value("1,234", decimal=".") == 1234.0
    assert value("1\u202f234", thousands="\u00a0") == 1234.0


def test_options_refuse_what_does_not_fit():
    assert rules(["12.5"], decimal=",") == ["not-a-number"]
    assert rules(["1 234"], thousands="") == ["not-a-number"]
    assert rules(["1.234,5"], thousands=" ") == ["not-a-number"]
    assert rules(["1.234.567"], decimal=".") == ["not-a-number"]


@pytest.mark.parametrize(
    "options",
    [{"decimal": ";"}, {"decimal": ""}, {"thousands": "x"}, {"thousands": 3}, {"decimal": ",", "thousands": ","}],
)
def test_impossible_options(options):
    with pytest.raises(OptionError):
        parse_numbers(["1"], **options)


def test_two_decimal_signs_in_one_column():
    column = parse_numbers(["1,5", "2,5", "3.5", "1.234"])
    assert [(problem.row, problem.rule) for problem in column.problems] == [
        (2, "mixed-number-formats"),
        (3, "ambiguous-number"),
    ]
    assert column.values[:2].tolist() == [1.5, 2.5]


def test_per_cent_is_all_or_nothing():
    whole = parse_numbers(["5 %", "10,5 %", "-", "0", ""])
    assert whole.values[:4].tolist() == [0.05, 0.105, 0.0, 0.0]
    assert whole.counts["percent"] == 2
    assert [(p.row, p.rule) for p in parse_numbers(["5 %", "6 %", "7"]).problems] == [(2, "mixed-percent")]
    assert [(p.row, p.rule) for p in parse_numbers(["5 %", "6", "7"]).problems] == [(0, "mixed-percent")]
    assert [(p.row, p.rule) for p in parse_numbers(["5 %", 0.06]).problems] == [(0, "mixed-percent")]


def test_counts_and_names_are_recorded():
    column = parse_numbers(["1\u00a0234,5", "2.000,5", "−1", "-", ".", "1E+05", "3 000"])
    assert column.decimal == ","
    assert column.thousands == ("point", "space", "no-break space")
    assert column.counts == {"nil": 1, "not_applicable": 1, "unicode_minus": 1, "scientific": 1, "text": 5}
    assert column.scientific == 5


def test_point_that_turns_out_to_group_is_recorded_as_grouping():
    assert parse_numbers(["1.234", "0,5"]).thousands == ("point",)
    assert parse_numbers(["1.234", "0.5"]).thousands == ()


def test_values_of_spreadsheets_and_frames():
    cells = [1, 2.5, np.float64(3), np.int64(4), None, pd.NA, pd.NaT, float("nan"), "5,5"]
    column = parse_numbers(cells)
    assert column.problems == ()
    assert column.values[[0, 1, 2, 3, 8]].tolist() == [1, 2.5, 3, 4, 5.5]
    assert np.isnan(column.values[4:8]).all()


@pytest.mark.parametrize("cell", [True, np.bool_(False), dt.date(2004, 1, 3), dt.datetime(2004, 1, 3), [1], 1j])
def test_values_that_are_no_numbers(cell):
    assert rules([cell, 1.0]) == ["not-a-number"]


@pytest.mark.parametrize(
    ("text", "expected", "currency"),
    [
        ("kr 1 200 000,50", 1200000.5, "NOK"),
        ("1 010 000 kr", 1010000.0, "NOK"),
        ("NOK 1,200,000.00", 1200000.0, "NOK"),
        ("€ 1.200.000,50", 1200000.5, "EUR"),
        ("$1,200.50", 1200.5, "USD"),
        ("£ 1,200.50", 1200.5, "GBP"),
        ("1 200 000,-", 1200000.0, ""),
        ("1.200,-", 1200.0, ""),
        ("1 200,– kr", 1200.0, "NOK"),
        ("1'200.-", 1200.0, ""),
        ("1’200’000.50", 1200000.5, ""),
        ("(45 000)", -45000.0, ""),
        ("(kr 45 000,25)", -45000.25, "NOK"),
        ("kr (45 000)", -45000.0, "NOK"),
        ("45000,00-", -45000.0, ""),
        ("-kr 1 200", -1200.0, "NOK"),
        ("kr −1 200", -1200.0, "NOK"),
        ("kr -", 0.0, "NOK"),
    ],
)
def test_amounts_as_ledgers_write_them(text, expected, currency):
    column = parse_numbers([text])
    assert column.problems == ()
    assert (column.values[0], column.currency) == (expected, currency)


def test_one_currency_per_column():
    column = parse_numbers(["kr 100", "€ 12", "100 kr"])
    assert [(problem.row, problem.rule) for problem in column.problems] == [(1, "mixed-currency")]
    assert np.isnan(column.values[1])


def test_times_are_hours():
    column = parse_numbers([dt.timedelta(hours=2400), dt.timedelta(minutes=90), dt.time(8, 15), 5.0])
    assert column.values.tolist() == [2400.0, 1.5, 8.25, 5.0]
    assert column.counts["duration"] == 3


def test_a_number_shown_in_per_cent_agrees_with_a_text_that_is():
    assert parse_numbers([Share(0.05), "5,3 %", Share(0.07)]).values.tolist() == [0.05, 0.053, 0.07]
    assert [p.row for p in parse_numbers([Share(0.05), Share(0.06), 7.0]).problems] == [2]
    assert parse_numbers([Share(0.05), Share(0.06), 0.07]).values.tolist() == [0.05, 0.06, 0.07]
    assert [p.row for p in parse_numbers([Share(0.05), "6 %", "7"]).problems] == [2]


def test_infinite_values_are_refused():
    assert rules([math.inf, "1"]) == ["not-finite"]
    column = parse_numbers(np.array([1.0, -np.inf]))
    assert [problem.rule for problem in column.problems] == ["not-finite"]
    assert np.isnan(column.values[1])


def test_array_of_numbers_is_taken_as_it_is():
    numbers = np.array([1.234, 0.1 + 0.2, np.nan])
    assert np.array_equal(parse_numbers(numbers).values, numbers, equal_nan=True)
    assert parse_numbers(np.array([1, 2])).values.dtype == np.float64


def test_array_is_not_written_to():
    numbers = np.array([np.inf, 1.0])
    parse_numbers(numbers)
    assert np.isinf(numbers[0])


def test_empty_column():
    assert parse_numbers([]).values.shape == (0,)


def test_problems_are_in_order():
    assert [p.row for p in parse_numbers([True, "x", math.inf, "..", "y"]).problems] == [0, 1, 2, 3, 4]


def test_missing():
    assert all(map(is_missing, (None, math.nan, np.nan, pd.NA, pd.NaT)))
    assert not any(map(is_missing, (0, "", False, "x", np.array([1, 2]))))


# -- properties ----------------------------------------------------------------------------------------------

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False).map(lambda x: round(x, 2))


@settings(deadline=None, max_examples=50)
@given(st.lists(NUMBERS, min_size=1), st.sampled_from([*SPACES, ".", ""]), st.sampled_from("-" + MINUS))
def test_norwegian_format_and_back(numbers, group, minus):
    texts = [f"{number:,.2f}".replace(",", "G").replace(".", ",").replace("G", group) for number in numbers]
    texts = [text.replace("-", minus) for text in texts]
    column = parse_numbers(texts)
    assert column.problems == ()
    assert column.values.tolist() == numbers


#: How countries write numbers: group sign and decimal sign (Unicode CLDR 46, common/main, element ``symbols``).
LOCALES = {"nb": ("\u00a0", ","), "fr": ("\u202f", ","), "da": (".", ","), "en": (",", "."), "de_CH": ("’", ".")}


@settings(deadline=None, max_examples=50)
@given(st.lists(NUMBERS, min_size=1), st.sampled_from(sorted(LOCALES)))
def test_numbers_as_countries_write_them(numbers, locale):
    group, decimal = LOCALES[locale]
    texts = [f"{number:,.2f}".replace(",", "G").replace(".", decimal).replace("G", group) for number in numbers]
    column = parse_numbers(texts)
    assert column.problems == ()
    assert column.values.tolist() == numbers


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(-100_000, 100_000), min_size=1))
def test_per_cent_is_the_nearest_number(thousandths):
    texts = [f"{Decimal(n) / 10:.1f} %".replace(".", ",").replace("-", MINUS) for n in thousandths]
    column = parse_numbers(texts)
    assert column.problems == ()
    assert column.values.tolist() == [n / 1000 for n in thousandths]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_repr_of_any_float_is_read_back_with_decimal_given(numbers):
    assert parse_numbers([repr(number) for number in numbers], decimal=".").values.tolist() == numbers


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(alphabet="0123456789.,-−+ %eE'\u00a0ab:#", max_size=10), max_size=8))
def test_every_cell_is_a_number_a_blank_or_a_problem(cells):
    column = parse_numbers(cells)
    refused = {problem.row for problem in column.problems}
    assert len(refused) == len(column.problems)
    for row, cell in enumerate(cells):
        if row in refused or cell.strip() in ("", "."):
            assert math.isnan(column.values[row])
        else:
            assert math.isfinite(column.values[row])


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(alphabet="019.,- ", min_size=1, max_size=9), min_size=1, max_size=6))
def test_an_accepted_cell_has_the_value_of_its_own_reading(cells):
    """A column never gives a cell a value that the same cell could not have alone with a stated decimal sign."""
    column = parse_numbers(cells)
    for row, cell in enumerate(cells):
        if not math.isnan(column.values[row]):
            alone = [parse_numbers([cell], decimal=sign).values[0] for sign in ",."]
            assert column.values[row] in alone

from __future__ import annotations

import datetime
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import OptionError
from bench.report.words.numbers import MINUS, NO_BREAK, NOT_APPLICABLE, Numbers, half_up

NB, EN = Numbers("nb"), Numbers("en")


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (NB.number(1234567.8, 1), "1 234 567,8"),
        (EN.number(1234567.8, 1), "1,234,567.8"),
        (NB.number(-7.25, 2), "−7,25"),
        (NB.number(-0.001, 1), "0,0"),
        (NB.number(3, 0, sign=True), "+3"),
        (NB.number(0.0, 0, sign=True), "0"),
        (NB.percent(0.053), "5,3 %"),
        (EN.percent(0.053), "5.3%"),
        (NB.percent(-0.0225, sign=True), "−2,3 %"),
        (NB.millions(12_345_678), "12,3 mill. kr"),
        (EN.millions(12_345_678), "NOK 12.3 million"),
        (NB.kroner(1234.5, 2), "1 234,50 kr"),
        (EN.kroner(1234.5, 2), "NOK 1,234.50"),
        (NB.date("2026-12-31"), "31.12.2026"),
        (NB.date(datetime.date(2026, 1, 2)), "02.01.2026"),
        (EN.date("2026-12-31"), "31 December 2026"),
        (NB.date("before"), "before"),
        (NB.plain(0.9), "0,9"),
        (NB.plain(1_040_000.0), "1 040 000"),
    ],
)
def test_formats(made: str, wanted: str) -> None:
    assert made.replace(NO_BREAK, " ") == wanted


def test_half_up_on_the_written_number() -> None:
    # 2.675 is 2.67499999999999982 in binary, and 0.285 * 100 is 28.499999999999996.
    assert half_up(2.675, 2) == Decimal("2.68")
    assert half_up(0.285 * 100, 0) == Decimal(29)
    assert half_up(-0.5, 0) == Decimal(-1)


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA, pd.NaT, ""])
def test_nothing_prints_as_a_point(nothing: object) -> None:
    for text in (NB.number(nothing), NB.percent(nothing), NB.millions(nothing), NB.kroner(nothing), NB.date(nothing)):
        assert text == NOT_APPLICABLE


def test_language_is_an_option() -> None:
    with pytest.raises(OptionError, match="'nb', 'en'"):
        Numbers("sv")


@given(st.floats(-1e12, 1e12), st.integers(0, 4))
@settings(deadline=None, max_examples=50)
def test_what_is_printed_reads_back(value: float, decimals: int) -> None:
    text = NB.number(value, decimals).replace(NO_BREAK, "").replace(MINUS, "-").replace(",", ".")
    assert Decimal(text) == half_up(value, decimals)
    english = EN.number(value, decimals).replace(",", "").replace(MINUS, "-")
    assert Decimal(english) == Decimal(text)


def test_money_is_in_millions_from_one_million() -> None:
    assert NB.money(1_000_000).replace(NO_BREAK, " ") == "1,0 mill. kr"
    assert NB.money(-999_999.4, sign=True).replace(NO_BREAK, " ") == "−999 999 kr"
    assert EN.money(1500).replace(NO_BREAK, " ") == "NOK 1,500"
    assert NB.money(None) == NOT_APPLICABLE

"""A price outside what its measure makes plausible is a warning; the bundled systems have none.

The spans are drawn around printed figures: bed-days of 2,997 to 5,792 kr (sio2021, Table 7-10) lie inside.
"""

from __future__ import annotations

import pandas as pd
import pytest

import bench
from bench.stykkpris.plausible import SPANS, plausible_span


def warned(cost: float, measure: str, volume: float = 1_000.0, currency: str = "NOK") -> list[str]:
    model = bench.load_model("average-cost").with_roles(id="unit", cost="cost", outputs=[measure])
    table = pd.DataFrame({"unit": ["A", "B"], "cost": [cost * 0.9, cost * 1.1], measure: [volume, volume]})
    path = pd.io.common.BytesIO(table.to_csv(index=False).encode())
    units = bench.read_units(path, id="unit", inputs=["cost"], outputs=[measure], currency=currency)
    return [issue.message for issue in bench.run(model, units).warnings if issue.rule == "implausible-price"]


@pytest.mark.parametrize(
    ("measure", "price"), [("timer", 450.0), ("besok", 120.0), ("oppholdsdogn", 4_000.0), ("brukere", 150_000.0)]
)
def test_thousands_taken_for_kroner_are_seen(measure, price):
    assert warned(price * 1_000.0, measure) == []
    (low,) = warned(price, measure)
    assert "below what is plausible" in low
    (high,) = warned(price * 1e6, measure)
    assert "above what is plausible" in high
    assert "assumed" in high


@pytest.mark.parametrize("price", [2997.0, 5792.0, 3174.4])
def test_printed_prices_of_a_bed_day_are_plausible(price):
    span = plausible_span("bed-day")
    assert span.low < price < span.high


def test_spans_speak_of_kroner_only():
    assert warned(450.0, "timer") != []
    assert warned(450.0, "timer", currency="SEK") == []


@pytest.mark.parametrize("name", ["kristiansand", "moss", "sio-a-rates", "asker-2006", "stykkpris-malestokk"])
def test_a_bundled_system_has_no_implausible_price(name):
    assert not [issue for issue in bench.run(name).warnings if issue.rule == "implausible-price"]


def test_every_span_is_assumed_and_names_its_figure():
    for span in SPANS:
        assert span.status == "assumed"
        assert span.source
        assert 0 < span.low < span.high

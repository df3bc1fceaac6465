"""Constructed situations for the engine: a model text with chosen rules, and tables of units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from bench import Units
from bench.modelfile import Model, parse_model
from bench.stykkpris import StykkprisResult, settle

MODEL = """
[meta]
name = "test"
title = {{ nb = "Test", en = "Test" }}
[data]
id = "unit"
period = "year"
cost = "cost"
[indexation]
source = "values"
deflator = {deflator}
[rounding]
price = "none"
amount = "none"
[[scheme]]
id = "s"
label = {{ nb = "S", en = "S" }}
[scheme.price]
source = "{source}"
{price}
[scheme.settlement]
keep_surplus = {keep}
carry_deficit = {carry}
{settlement}
{scheme}
{services}
{rest}
"""

SERVICE = """
[[scheme.service]]
id = "{id}"
label = {{ nb = "{id}", en = "{id}" }}
measure = {{ nb = "enhet", en = "unit" }}
{line}
"""


def make_model(
    price: str = "",
    *,
    source: str = "average-cost",
    services: Mapping[str, str] | None = None,
    keep: float = 1.0,
    carry: float = 1.0,
    deflator: float | str = 0.0,
    settlement: str = "",
    scheme: str = "",
    rest: str = "",
) -> Model:
    """A model with one scheme ``s``; by default one service ``v`` with weight 1."""
    made = "".join(SERVICE.format(id=name, line=line) for name, line in (services or {"v": "weight = 1.0"}).items())
    text = MODEL.format(
        price=price,
        source=source,
        keep=keep,
        carry=carry,
        deflator=deflator,
        settlement=settlement,
        scheme=scheme,
        services=made,
        rest=rest,
    )
    return parse_model(text, "test.toml")


def make_units(rows: Sequence[Mapping[str, Any]], outputs: Sequence[str] = ("v",), extra: Sequence[str] = ()) -> Units:
    return Units.from_frame(
        pd.DataFrame(list(rows)),
        id="unit",
        period="year",
        inputs=["cost"],
        outputs=list(outputs),
        extra=list(extra),
        accept=["negative-value", "no-input", "no-output"],
    )


def panel(
    costs: Mapping[str, Sequence[float]], volume: float | Mapping[str, Sequence[float]], first: int = 2000
) -> Units:
    """Units with a cost path each, and one volume for all or a path each."""
    rows = []
    for unit, path in costs.items():
        for t, cost in enumerate(path):
            v = volume[unit][t] if isinstance(volume, Mapping) else volume
            rows.append({"unit": unit, "year": first + t, "cost": float(cost), "v": float(v)})
    return make_units(rows)


def levels(result: StykkprisResult) -> dict[int, float]:
    """Price level by year."""
    prices = result.prices.drop_duplicates("year")
    return dict(zip(prices["year"], prices["price_level"], strict=True))


def results(result: StykkprisResult, unit: str | None = None) -> pd.Series:
    """Result by year, of the scheme or of a unit."""
    if unit is None:
        return result.schemes.set_index("year")["result"]
    rows = result.settlement[result.settlement["unit"] == unit]
    return rows.set_index("year")["result"]


def run(model: Model, units: Units, **options: Any) -> StykkprisResult:
    return settle(model, units, **options)

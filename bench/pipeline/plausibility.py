"""A price outside what its measure makes plausible is a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.errors import Issue
from bench.modelfile import Model
from bench.modelfile.new import measure_of
from bench.modelfile.plausible import plausible_span

if TYPE_CHECKING:
    import pandas as pd

#: The spans are in this currency.
_CURRENCY = "NOK"


def implausible_prices(model: Model, prices: pd.DataFrame, currency: str) -> list[Issue]:
    """Name the services with a price outside the span of their measure, once each, with the price farthest out.

    Parameters
    ----------
    model : Model
    prices : DataFrame
        Columns ``scheme, service, year, price``.
    currency : str
        Of the amounts; spans are in NOK, and say nothing of another.
    """
    if currency != _CURRENCY or prices.empty:
        return []
    issues = []
    for scheme in model.scheme:
        for service in scheme.service:
            span = plausible_span(service.measure.en, service.measure.nb) or plausible_span(*measure_of(service.column))
            rows = prices[(prices["scheme"] == scheme.id) & (prices["service"] == service.id) & (prices["price"] > 0.0)]
            if span is None or rows.empty:
                continue
            made = rows["price"].to_numpy(dtype=np.float64)
            out = np.maximum(span.low / made, made / span.high)
            worst = int(out.argmax())
            if not out[worst] > 1.0:
                continue
            price, year = float(made[worst]), rows["year"].tolist()[worst]
            side = "below" if price < span.low else "above"
            issues.append(
                Issue(
                    "implausible-price",
                    f"a price of {price:,.10g} kr per {span.measure} for {service.id!r} is {side} what is plausible, "
                    f"{span.low:,.10g} to {span.high:,.10g} (assumed; {span.source})",
                    "see whether cost or volume is in thousands and say scale=, or whether the volume counts "
                    "something else and say so under measure in the model file",
                    severity="warning",
                    column=service.column,
                    period=str(year),
                    value=f"{price:.10g}",
                )
            )
    return issues

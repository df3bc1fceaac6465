"""What a price per hour, visit, bed-day or user can be, so that one that is wrong by a factor is seen.

The spans are wide on purpose: they find thousands taken for kroner and months taken for years, not dear units. Every
one is assumed; the figure it is drawn around is named. Amounts are NOK of any year since 2000.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.errors import Issue
from bench.modelfile import Model
from bench.modelfile.texts.new import measure_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class PriceSpan:
    """Prices that a measure makes plausible.

    Attributes
    ----------
    measure : str
        In English.
    words : str
        Expression for the measure in bokmål or English.
    low, high : float
        NOK.
    source : str
        The figure the span is drawn around.
    status : str
    """

    measure: str
    words: str
    low: float
    high: float
    source: str
    status: str = "assumed"


#: The first that matches a measure holds.
SPANS = (
    PriceSpan(
        "user-month",
        r"user-?months?|brukermåned(?:er)?|user month",
        20.0,
        300_000.0,
        "a twelfth of the span of a user-year",
    ),
    PriceSpan(
        "user-year",
        r"user-?years?|users?|brukerår|brukere?|user year",
        240.0,
        3_600_000.0,
        "sio2021, 7.2: refunds begin at 1 430 000 kr for a single user; the span ends at two and a half times that",
    ),
    PriceSpan(
        "place",
        r"places?|plass(?:er)?|place-?years?|plassår",
        90_000.0,
        4_500_000.0,
        "sio2021, Table 7-10: 2 997 to 5 792 kr a bed-day, times 365; a tenth of the least to twice the most",
    ),
    PriceSpan(
        "bed-day",
        r"bed-?days?|(?:oppholds|ligge)?døgn|bed day",
        300.0,
        12_000.0,
        "sio2021, Table 7-10: 2 997 to 5 792 kr in prices of 2021; a tenth of the least to twice the most",
    ),
    PriceSpan(
        "day",
        r"(?:day-?care )?days?|dag(?:er)?",
        50.0,
        12_000.0,
        "no source states a price a day; not dearer than a bed-day",
    ),
    PriceSpan(
        "hour",
        r"(?:\w+ )?hours?|(?:vedtaks?)?timer?|vedtatte? timer?|årsverkstimer?",
        40.0,
        3_000.0,
        "no source states a price an hour; a bed-day's upper end over four hours of care",
    ),
    PriceSpan(
        "visit",
        r"visits?|besøk",
        5.0,
        3_000.0,
        "no source states a price a visit; not dearer than an hour",
    ),
)


def plausible_span(*measures: str) -> PriceSpan | None:
    """Return the span of prices of a measure, by its name in any language; None for measures of another kind.

    Examples
    --------
    >>> plausible_span("time", "hour").measure, plausible_span("døgn").measure, plausible_span("spell")
    ('hour', 'bed-day', None)
    """
    for span in SPANS:
        if any(re.fullmatch(span.words, measure.strip(), re.IGNORECASE) for measure in measures):
            return span
    return None


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
                    f"a price of {_grouped(price)} kr per {span.measure} for {service.id!r} is {side} what is "
                    f"plausible, {_grouped(span.low)} to {_grouped(span.high)} (assumed; {span.source})",
                    "see whether cost or volume is in thousands and say scale=, or whether the volume counts "
                    "something else and say so under measure in the model file",
                    severity="warning",
                    column=service.column,
                    period=str(year),
                    value=f"{price:.10g}",
                )
            )
    return issues


def _grouped(amount: float) -> str:
    """Return an amount with its digits in groups of three; a decimal comma and a decimal point both read it right."""
    return f"{amount:,.10g}".replace(",", " ") if amount < 1e3 else f"{amount:,.0f}".replace(",", " ")

"""What a price per hour, visit, bed-day or user can be, so that one that is wrong by a factor is seen.

The spans are wide on purpose: they find thousands taken for kroner and months taken for years, not dear units. Every
one is assumed; the figure it is drawn around is named. Amounts are NOK of any year since 2000.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


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

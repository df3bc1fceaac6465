"""What a requirement takes out of a year's price or grant, from the accounts the decision is built on."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.errors import DataError, Issue, ModelError
from bench.stykkpris.rules import requirement as rule
from bench.stykkpris.rules.sources import AT_YARDSTICK
from bench.stykkpris.year.books import Asked, Books, Ground, by_draw
from bench.typing import FloatArray

#: Ways of updating that look at a frontier's level.
SCALED = ("scalar", "multipliers")


def feeds(ground: Ground, *places: str) -> bool:
    """Return whether there is a requirement, and it is taken out at one of these places."""
    return ground.required is not None and ground.required.feeds in places


def asked_of(
    ground: Ground,
    books: Books,
    year: int,
    cost_year: int,
    *,
    start: int | None = None,
    taken: float = 0.0,
    frontier: FloatArray | float = 0.0,
) -> Asked:
    """Return what is asked in a year of the accounts of another, in the year's prices.

    Parameters
    ----------
    year, cost_year : int
        Year of the decision, and of the accounts it is built on.
    start : int, optional
        Last year whose requirement is in what the decision moves already, where that is not the cost year: last year's
        price, or a price that was stated.
    taken : float
        Share of the gap a frontier in the price takes.
    frontier : array (..., n)
        Cost of each unit's volume at that frontier, in prices of the cost year.
    """
    required, n = ground.required, len(ground.units)
    assert required is not None
    years = range((cost_year if start is None else start) + 1, year + 1)
    individual, general = (rule.compounded(part, years, n) for part in (required.individual, required.general))
    own, common = rule.asked(books.cost[cost_year], individual, general, taken=taken, frontier=frontier)
    factor = by_draw(ground.growth.chain(cost_year, year))
    return Asked(cost_year, np.asarray(own * factor), np.asarray(common * factor), taken)


def frontier_share(ground: Ground, year: int) -> float:
    """Return the share of the gap that the price takes by looking at a frontier."""
    price = ground.scheme.price
    if price.source in AT_YARDSTICK:
        return 1.0
    moves = price.source in ("average-cost", "previous") and price.update in SCALED
    return price.frontier_share.at(year) if moves else 0.0


def activity_share(ground: Ground, year: int) -> float:
    """Return the share of the price that is paid.

    Raises
    ------
    ModelError
        When it is zero: a requirement that lowers a price nobody pays takes nothing.
    """
    share = ground.scheme.mix.activity.at(year)
    if share > 0.0:
        return share
    raise ModelError(
        f"the requirement is to come out of the price, but scheme {ground.scheme.id!r} pays nothing by price in "
        f"{year}: take feeds = 'block'",
        key="requirement.feeds",
        file=ground.model.file,
    )


def refuse_above(ground: Ground, wanted: Any, there: Any, year: int, what: str) -> None:
    """Refuse a requirement that asks for more than there is.

    Parameters
    ----------
    wanted, there : array (..., n), or (..., 1) for the scheme
        What the requirement asks for, and what it is taken from.

    Raises
    ------
    DataError
    """
    above = np.asarray(np.atleast_2d(wanted > there).any(axis=0))
    if not above.any():
        return
    names = ground.units if len(above) == len(ground.units) else ("",) * len(above)
    raise DataError(
        [
            Issue(
                "requirement-above-income",
                f"the requirement of {year} asks for more than {what}",
                "lower the requirement, or let it feed another part of the income",
                unit=names[i],
                period=str(year),
            )
            for i in np.flatnonzero(above)
        ]
    )

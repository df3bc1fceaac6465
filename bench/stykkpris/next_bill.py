"""Next year's bill: the new prices times what is ordered, against the budget of that year.

What is ordered is the budget table's ``ordered_volume``, else its ``budget_volume``; where the budget says nothing of
the year it is what was done last year. The budget is its ``budget_amount``, else its volume at the price it was
made with.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.errors import DataError, Issue
from bench.modelfile import Purchaser
from bench.stykkpris.frames import Row, SettledScheme
from bench.stykkpris.rounding import decimal, decimals, round_amount, rounder, times
from bench.stykkpris.tables import ExtraTables

#: Where a volume comes from.
ORDERED, BUDGETED, LAST_YEAR = "ordered", "budget", "last-year"


def bill_rows(settled: SettledScheme, rules: Purchaser | None, tables: ExtraTables) -> Iterator[Row]:
    """Yield one row per service of the first year with prices and without accounts; none where there is no such year.

    Parameters
    ----------
    settled : SettledScheme
    rules : Purchaser, optional
        ``budget_price`` says at which price the budget was made; the year's own when there is no purchaser.
    tables : ExtraTables
        By the model's ids; see :meth:`ExtraTables.within`.

    Raises
    ------
    DataError
        When the budget speaks of the year and leaves a service out: what it says nothing of is not nought.
    """
    last = settled.data.years[-1]
    year = last + 1
    made = settled.made.get(year)
    if made is None:
        return
    services = settled.data.services
    _refuse_half(settled.id, year, services, tables)
    share = decimal(settled.data.scheme.mix.activity.at(year))
    round_price, rule = rounder(settled.model.rounding.price), settled.model.rounding.amount
    now = [times(price, share) for price in round_price(decimals(made.prices))]
    before = settled.made.get(last)
    old = None if before is None else [times(price, share) for price in round_price(decimals(before.prices))]
    growth = settled.growth(year)
    indexed = None if before is None else round_price(decimals(before.prices * (1.0 + growth)))
    nan = float("nan")
    for k, service in enumerate(services):
        key = (year, settled.id, service)
        basis = ORDERED if key in tables.ordered else BUDGETED if key in tables.budget else LAST_YEAR
        done = float(settled.data.volume[:, settled.data.at(last), k].sum())
        volume = tables.ordered.get(key, tables.budget.get(key, done))
        amount = round_amount(times(decimal(volume), now[k]), rule)
        use = now[k]
        if rules is not None and rules.budget_price == "previous-indexed" and indexed is not None:
            use = times(indexed[k], share)
        budget = tables.amounts.get(key)
        if budget is None and key in tables.budget:
            budget = float(round_amount(times(decimal(tables.budget[key]), use), rule))
        yield {
            "year": year,
            "scheme": settled.id,
            "service": service,
            "volume": volume,
            "basis": basis,
            "price": float(now[k]),
            "previous_price": nan if old is None else float(old[k]),
            "amount": float(amount),
            "budget": nan if budget is None else budget,
            "difference": nan if budget is None else float(amount - decimal(budget)),
        }


def _refuse_half(scheme: str, year: int, services: tuple[str, ...], tables: ExtraTables) -> None:
    """Refuse a budget that speaks of a scheme's year and not of every service of it."""
    said = {key for part in (tables.ordered, tables.budget, tables.amounts) for key in part}
    here = [service for service in services if (year, scheme, service) in said]
    gone = [service for service in services if here and service not in here]
    if gone:
        raise DataError(
            [
                Issue(
                    "no-budget",
                    f"the budget speaks of {year} in {scheme!r} and says nothing of {service!r}",
                    "add the row to the budget table: 0 where nothing is ordered",
                    period=str(year),
                    value=service,
                )
                for service in gone
            ]
        )

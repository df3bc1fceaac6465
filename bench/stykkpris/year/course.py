"""The years of a scheme that have accounts: price, income and settlement one after the other, exact to the øre."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.modelfile import Block, Model
from bench.modelfile.sections.blocks import FIXED_SOURCES
from bench.stykkpris.rounding import Money
from bench.stykkpris.rules.block import ADD_THE_YEAR
from bench.stykkpris.rules.settlement import Settled
from bench.stykkpris.scheme_data import SchemeData
from bench.stykkpris.year.arithmetic import Exact
from bench.stykkpris.year.balances import balance, payers
from bench.stykkpris.year.books import Asked, Books, Chain, Ground, Required, Yardstick, no_accounts
from bench.stykkpris.year.funding import fixed_income, income
from bench.stykkpris.year.pricing import move_fund, needs_own_year, set_price
from bench.stykkpris.year.purses import Received, paid_by_others, receipts, set_aside
from bench.typing import BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class YearAccounts:
    """One scheme's settled year; amounts are arrays (n,) of decimals, by unit.

    Attributes
    ----------
    year : int
    present : bool array (n,)
    prices : array (n, K) of decimals
        Price of each unit and service, rounded by the model's rule.
    lines : array (n, K) of decimals
        Activity income per service.
    activity, block, refund, corrections, income, cost, result : array (n,) of decimals
    correction_lines, set_aside : mapping of name to array (n,) of decimals
        Each correction, and what of it is set aside for its purpose.
    received : list of Received
        What others pay to the budget holder.
    others : mapping of purse to array (n,) of decimals
        What others pay of the units' income.
    asked : Asked or None
        What a requirement asks out of the grant.
    fall, whole_block : array (n,) of decimals or None
        What it takes, and the grant before it.
    settled : Settled
    opening, lapsed : array (n,) of decimals
    payer : list of str
        Who pays each dispensation; empty where there is none.
    """

    year: int
    present: BoolArray
    prices: Money
    lines: Money
    activity: Money
    block: Money
    refund: Money
    corrections: Money
    correction_lines: Mapping[str, Money]
    set_aside: Mapping[str, Money]
    received: list[Received]
    others: Mapping[str, Money]
    asked: Asked | None
    fall: Money | None
    whole_block: Money | None
    income: Money
    cost: Money
    result: Money
    opening: Money
    settled: Settled
    lapsed: Money
    payer: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A scheme after its years: its books, and every settled year."""

    ground: Ground
    books: Books
    accounts: list[YearAccounts]


def first_year(model: Model, data: SchemeData) -> int:
    """Return the first year of the system in a scheme."""
    price = data.scheme.price
    stated = price.first_year or model.meta.first_year
    if stated is not None:
        return stated
    if price.start == "previous-year" and price.source not in (*FIXED_SOURCES, "none"):
        return data.years[0] + price.lag
    if price.source == "none" and _looks_back(data.scheme.block):
        return data.years[0] + 1  # the grant goes on from the first accounts
    return data.years[0]


def _looks_back(rule: Block) -> bool:
    """Whether a grant is made from accounts of an earlier year, which the first year of the data does not have."""
    if rule.kind == "none" or rule.start == "contemporaneous":
        return False
    shared = rule.kind in ("historic-share", "norm-share") and rule.share_year is None
    return rule.kind == "incremental" or shared or rule.total is None


def opened(ground: Ground) -> Books:
    """Return books before a scheme's first year, without accounts."""
    data, money = ground.data, Exact.of(ground.model.rounding)
    n, expiry = len(data.units), ground.scheme.settlement.expiry
    saved = None if expiry is None else money.zeros(n, expiry + 1)
    return Books(year=data.years[0] - 1, closing=money.zeros(n), saved=saved)


def run_years(
    model: Model, data: SchemeData, growth: Chain, yardstick: Yardstick | None, required: Required | None = None
) -> Course:
    """Price and settle every year with accounts from the first of the system, and price the next where it is known.

    A year's accounts are entered after its price is set, so that no price can look at them; only a price that is built
    on its own year, or a first one that has no other, sees them.

    Raises
    ------
    DataError
        When accounts, norms or volumes that the rules need are missing.
    """
    ground = Ground(
        model=model,
        data=data,
        growth=growth,
        first_year=first_year(model, data),
        yardstick=yardstick,
        required=required,
    )
    if ground.first_year > data.years[-1] + 1:  # the year after the last accounts can be priced, though not settled
        scheme, first = data.scheme.id, ground.first_year
        raise no_accounts(
            ground,
            first,
            f"scheme {scheme!r} starts in {first}, after the last accounts ({data.years[-1]})",
            "add years, or change meta.first_year or price.start",
        )
    last = data.years[-1]
    if ground.first_year > last and model.meta.first_year is None and data.scheme.price.source == "none":
        wanted = f"the grant of {last} in {data.scheme.id!r} needs the accounts of {last - 1}"
        raise no_accounts(ground, last - 1, wanted, ADD_THE_YEAR)
    books, accounts = opened(ground), []
    for year in data.years:
        if year < ground.first_year:
            books.enter(data, year)
            continue
        if needs_own_year(ground, year) or not books.cost:
            books.enter(data, year)
        _price(ground, books, year)
        books.enter(data, year)
        move_fund(ground, books, year, books.made.get(year))
        accounts.append(_settle(ground, books, year))
    for year in _next_year(ground):
        _price(ground, books, year)
    return Course(ground, books, accounts)


def _next_year(ground: Ground) -> Iterator[int]:
    """The year after the last accounts, where its price is already known."""
    price, following = ground.scheme.price, ground.data.years[-1] + 1
    known = price.lag > 0 or price.source in (*FIXED_SOURCES, "previous")
    if known and following >= ground.first_year:
        yield following


def _price(ground: Ground, books: Books, year: int) -> None:
    made = set_price(ground, books, year)
    if made is not None:
        books.made[year] = made


def _settle(ground: Ground, books: Books, year: int) -> YearAccounts:
    """Settle a year whose accounts and price are in the books, and move the balances."""
    money = Exact.of(ground.model.rounding)
    fixed = fixed_income(money, ground, books, year, books.made.get(year), books.volume[year])
    got = income(money, ground, books, year, fixed, books.cost[year])
    cost = money.as_stated(books.cost[year])
    result, opening = got.total - cost, books.closing
    done = balance(money, ground, books, year, result, got.total)
    parts: dict[str, Money] = {}
    changes = [] if got.change is None else [("transition", got.change)]
    for name, amount in (*fixed.corrections, *changes):
        parts[name] = parts.get(name, money.zeros(len(ground.units))) + amount
    corrections: Any = sum(parts.values(), money.zeros(len(ground.units)))
    aside: dict[str, Money] = {}
    for item, (name, amount) in zip(ground.scheme.correction, fixed.corrections, strict=True):
        if item.earmark is not None:
            used = set_aside(money, books, year, item.earmark, amount)
            aside[name] = aside.get(name, money.zeros(len(ground.units))) + used
    books.closing, books.saved, books.settled_year = done.settled.closing, done.saved, year
    books.settled = money.floats(done.settled.kept) + money.floats(done.settled.carried)
    books.income, books.block, books.result = (money.floats(part) for part in (got.total, fixed.block, result))
    assert fixed.activity.prices is not None
    assert fixed.activity.lines is not None
    return YearAccounts(
        year=year,
        present=np.asarray(books.present[year]),
        prices=fixed.activity.prices,
        lines=fixed.activity.lines,
        activity=fixed.activity.total,
        block=fixed.block,
        refund=got.refund,
        corrections=corrections,
        correction_lines=parts,
        set_aside=aside,
        received=receipts(money, ground, books, year),
        others=paid_by_others(ground, fixed, fixed.activity.lines),
        asked=fixed.asked,
        fall=fixed.fall,
        whole_block=fixed.whole,
        income=got.total,
        cost=cost,
        result=result,
        opening=opening,
        settled=done.settled,
        lapsed=done.lapsed,
        payer=payers(ground, year, done.settled.dispensation),
    )

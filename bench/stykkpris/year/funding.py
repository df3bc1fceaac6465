"""A unit's income in a year: blocks BR, MX, CR and TR, in exact amounts or for all draws at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.stykkpris.rules import block as grants
from bench.stykkpris.rules.corrections import ON_INCOME
from bench.stykkpris.rules.mix import priced_cost, refund
from bench.stykkpris.rules.transition import transition_income
from bench.stykkpris.year.arithmetic import Activity, Amounts, Arithmetic
from bench.stykkpris.year.books import Asked, Books, Ground, YearPrice, by_draw, no_accounts
from bench.stykkpris.year.cost import components, correction, without_components
from bench.stykkpris.year.requiring import asked_of, feeds, frontier_share, refuse_above
from bench.stykkpris.year.yardstick import needed_norms
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """What does not depend on the year's own cost: activity, block grant, and each correction by its name.

    ``asked`` and ``fall`` are what a requirement takes out of the grant, as asked and as amounts; ``whole`` is the
    grant before it.
    """

    activity: Activity
    block: Amounts
    corrections: tuple[tuple[str, Amounts], ...]
    asked: Asked | None = None
    fall: Amounts | None = None
    whole: Amounts | None = None

    def corrected(self, nothing: Amounts) -> Amounts:
        """Return the sum of the corrections."""
        return sum((amount for _, amount in self.corrections), nothing)


@dataclass(frozen=True, slots=True, eq=False)
class Income:
    """A year's income and its parts, amounts (..., n); ``change`` is what transition rules did, or None."""

    fixed: Fixed
    refund: Amounts
    total: Amounts
    change: Amounts | None = None


def fixed_income(
    money: Arithmetic, ground: Ground, books: Books, year: int, made: YearPrice | None, volume: FloatArray
) -> Fixed:
    """Return income that is known before the cost is, for paid volume (..., n, K)."""
    activity = money.activity(volume, made, ground.scheme.mix.activity.at(year))
    whole = _block(money, ground, books, year)
    block, asked, fall = _less_asked(money, ground, books, year, whole)
    nothing = np.zeros(len(ground.units))
    found = []
    for item in ground.scheme.correction:
        basis = money.floats(activity.total) if item.kind in ON_INCOME else nothing
        found.append((item.name.en, money.rounded(correction(ground, books, item, year, basis))))
    return Fixed(activity, block, tuple(found), asked, fall, whole)


def income(money: Arithmetic, ground: Ground, books: Books, year: int, fixed: Fixed, cost: FloatArray) -> Income:
    """Return the income of a year, given its cost (..., n)."""
    mix = ground.scheme.mix
    refunded = [component for component in mix.component if component.treatment == "refund"]
    parts = components(ground, books, year, [component.column for component in refunded])
    shares = np.array([component.share.at(year) for component in refunded])
    back = money.rounded(refund(priced_cost(cost, parts, shares), parts, shares, mix.refund.at(year)))
    corrected = fixed.corrected(money.zeros(len(ground.units)))
    total, change = _transition(money, ground, books, year, fixed.activity.total + fixed.block + back + corrected)
    return Income(fixed, back, total, change)


# -- block grant -------------------------------------------------------------------------------------------------


def _block(money: Arithmetic, ground: Ground, books: Books, year: int) -> Amounts:
    rule, present = ground.scheme.block, books.present[year]
    amounts = _component_block(money, ground, books, year)
    if rule.kind == "none":
        return amounts
    if rule.kind == "incremental":
        return np.asarray(amounts + money.rounded(np.where(present, _incremental(ground, books, year), 0.0)))
    if rule.kind == "criteria":
        values = grants.criteria_values(books.columns[year], rule.criterion)
        grants.refuse_criteria(values, rule.criterion, ground.units, year)
        shares = grants.criteria_shares(values, np.array([c.weight.at(year) for c in rule.criterion]))
    elif rule.kind == "historic-share":
        seen = _share_year(ground, books, year)
        cost = without_components(ground, books, seen, books.cost[seen])
        shares = grants.shares_of_those_left(cost, present, ground.units, seen)
    elif rule.kind == "norm-share":
        stated = rule.share_year
        seen = stated if stated is not None else _year_before(ground, books, year)
        norms = needed_norms(ground, ground.yardstick, books, seen, present, "estimate a frontier first")
        shares = grants.historic_shares(norms)
    else:
        shares = present / present.sum()
    return np.asarray(amounts + money.split(_total(ground, books, year), shares))


def _less_asked(
    money: Arithmetic, ground: Ground, books: Books, year: int, block: Amounts
) -> tuple[Amounts, Asked | None, Amounts | None]:
    """Take the requirement out of the grant, from the accounts the grant goes on from."""
    if not feeds(ground, "block"):
        return block, None, None
    rule, required = ground.scheme.block, ground.required
    assert required is not None
    if rule.kind == "incremental":
        base = _year_before(ground, books, year)
    elif rule.total is None:
        base = _base_year(ground, books, year)
    else:  # a stated total looks at no accounts: it falls by all that has been asked so far
        base = max(min(required.first_year - 1, year - 1), min(books.cost))
    taken = frontier_share(ground, year) * ground.scheme.mix.activity.at(year)
    asked = asked_of(ground, books, year, base, taken=taken, frontier=books.cost[base])
    fall = money.rounded(np.where(books.present[year], asked.amount, 0.0))
    refuse_above(ground, fall, block, year, "the unit's grant")
    return np.asarray(block - fall), asked, fall


def _share_year(ground: Ground, books: Books, year: int) -> int:
    stated = ground.scheme.block.share_year
    seen = stated if stated is not None else _base_year(ground, books, year)
    if seen not in books.cost:
        raise no_accounts(ground, seen)
    return seen


def _base_year(ground: Ground, books: Books, year: int) -> int:
    """Year whose accounts total and shares are of: last year's, or those before the system where a budget goes on."""
    rule = ground.scheme.block
    if rule.base == "accounts":
        return _year_before(ground, books, year)
    return grants.opening_year(rule, ground.first_year, tuple(books.cost), ground.scheme.id)


def _year_before(ground: Ground, books: Books, year: int) -> int:
    """Year whose accounts stand for 'last year'; the first year itself only where the model says so."""
    if year - 1 in books.cost:
        return year - 1
    if ground.scheme.block.start == "contemporaneous" and year == ground.first_year:
        return year
    raise no_accounts(
        ground,
        year - 1,
        f"the grant of {year} in {ground.scheme.id!r} needs the accounts of {year - 1}",
        grants.ADD_THE_YEAR,
    )


def _total(ground: Ground, books: Books, year: int) -> FloatArray:
    rule = ground.scheme.block
    if rule.total is not None:
        base = year if rule.indexed_from is None else rule.indexed_from
        total = np.asarray(rule.total.at(year))
    else:
        assert rule.total_share is not None
        base = _base_year(ground, books, year)
        total = rule.total_share.at(year) * without_components(ground, books, base, books.cost[base]).sum(axis=-1)
    return np.asarray(total * ground.growth.chain(base, year) * grants.need_factor(rule, base, year))


def _incremental(ground: Ground, books: Books, year: int) -> FloatArray:
    """Last year's accounts or budget, indexed, with need and a share of last year's result."""
    rule = ground.scheme.block
    base_year = _year_before(ground, books, year)
    cost = without_components(ground, books, base_year, books.cost[base_year])
    base = accounts = cost * (ground.scheme.mix.block.at(year) or 1.0)
    result: FloatArray | float = 0.0
    if books.settled_year == year - 1 and books.block is not None and books.result is not None:
        result = books.result
        if rule.base == "budget":
            base = np.where(books.block > 0.0, books.block, accounts)
    index = by_draw(ground.growth.chain(base_year, year))
    return grants.incremental(base, result, index=index, need=rule.need.at(year), carry=rule.carry.at(year))


def _component_block(money: Arithmetic, ground: Ground, books: Books, year: int) -> Amounts:
    """Components paid as a block: last year's amount, indexed."""
    names = [c.column for c in ground.scheme.mix.component if c.treatment == "block"]
    if not names:
        return money.zeros(len(ground.units))
    base = _year_before(ground, books, year)
    amounts = components(ground, books, base, names).sum(axis=-1) * by_draw(ground.growth.chain(base, year))
    return money.rounded(np.where(books.present[year], amounts, 0.0))


# -- transition --------------------------------------------------------------------------------------------------


def _transition(
    money: Arithmetic, ground: Ground, books: Books, year: int, new: Amounts
) -> tuple[Amounts, Amounts | None]:
    rule = ground.scheme.transition
    weight = rule.phase_in.at(year)
    if weight == 1.0 and rule.hold_harmless is None and rule.cap is None:
        return new, None
    if year - 1 not in books.cost:
        raise no_accounts(
            ground,
            year - 1,
            f"the transition into {year} needs the accounts of {year - 1}",
            "add the year, or start the transition later",
        )
    growth = by_draw(ground.growth.chain(year - 1, year))
    cost = books.cost[year - 1] * growth
    earned = cost
    if books.settled_year == year - 1 and books.income is not None:
        earned = books.income * growth
    moved = transition_income(
        money.floats(new),
        earned if rule.reference == "last-income" else cost,
        earned,
        phase_in=weight,
        hold_harmless=None if rule.hold_harmless is None else rule.hold_harmless.at(year),
        cap=None if rule.cap is None else rule.cap.at(year),
    )
    return money.after(new, moved, books.present[year])

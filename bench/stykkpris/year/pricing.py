"""Block PR in a year: the price from what the books hold, by the functions of :mod:`bench.stykkpris.rules.price`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench.errors import DataError, Issue, ModelError
from bench.modelfile.sections.blocks import FIXED_SOURCES
from bench.modelfile.sections.pricing import Price
from bench.stykkpris.rules import price as rule
from bench.stykkpris.rules.sources import source_level, source_seen, stated_values
from bench.stykkpris.rules.steps import STEPS
from bench.stykkpris.year.arithmetic import paid
from bench.stykkpris.year.books import (
    Asked,
    Books,
    Ground,
    YearPrice,
    by_draw,
    cost_weights,
    no_accounts,
    policy_factors,
)
from bench.stykkpris.year.cost import cost_base
from bench.stykkpris.year.requiring import activity_share, asked_of, feeds, frontier_share, refuse_above
from bench.typing import FloatArray

#: Name of the class of units without another price.
STANDARD = "standard"


def needs_own_year(ground: Ground, year: int) -> bool:
    """Return whether the price of a year is built on the accounts of that same year."""
    price = ground.scheme.price
    first = year == ground.first_year and price.start == "contemporaneous"
    if price.source in (*FIXED_SOURCES, "none", "previous") and not first:
        return False
    return price.lag == 0 or first


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Weights of the services in a price, arrays (K,): cost weight times policy factor."""

    cost: FloatArray
    policy: FloatArray

    @property
    def price(self) -> FloatArray:
        """What prices are proportional to."""
        return np.asarray(self.cost * self.policy)


def set_price(ground: Ground, books: Books, year: int) -> YearPrice | None:
    """Return the prices of a year from the accounts and prices in the books, or None where the scheme has none.

    Raises
    ------
    DataError
        When accounts, norms or volumes that the rule needs are missing.
    """
    price = ground.scheme.price
    if price.source == "none":
        return None
    first = year == ground.first_year
    if price.source in FIXED_SOURCES:
        _fix_weights(ground, books, None)
        return _stated(ground, books, year)
    cost_year = _cost_year(ground, books, year, first)
    _fix_weights(ground, books, cost_year)
    if first and price.start == "stated":
        assert price.start_level is not None
        level = price.start_level.at(year) * (1.0 + price.start_markup.at(year))
        weights = _weights(ground, books, year, cost_year)
        return _scaled(ground, books, year, None, 1.0, weights, level, source="stated", rule="level")
    if price.update in ("cost-keys", "revenue-keys"):
        return _keyed(ground, books, year, cost_year, first)
    if cost_year is None:
        return _indexed(ground, books, year)
    return _from_accounts(ground, books, year, cost_year, first)


def _weights(ground: Ground, books: Books, year: int, cost_year: int | None) -> Weights:
    return Weights(cost_weights(ground, books, year, cost_year), policy_factors(ground, year))


def _cost_year(ground: Ground, books: Books, year: int, first: bool) -> int | None:
    """Year of the accounts the price is built on; None where it moves last year's price."""
    price = ground.scheme.price
    own = first and price.start == "contemporaneous"
    cost_year = year if own else year - price.lag
    if price.source == "previous" and not first:
        return None
    if cost_year in books.cost:
        return cost_year
    if year - 1 in books.made or (first and price.start == "stated"):
        return None
    raise no_accounts(ground, cost_year)


def _fix_weights(ground: Ground, books: Books, cost_year: int | None) -> None:
    """Rule-based weights are those of the first price's cost year, or of the first accounts where it has none."""
    if books.weight_year is None:
        books.weight_year = cost_year if cost_year is not None else min(books.cost)


def _from_accounts(ground: Ground, books: Books, year: int, cost_year: int, first: bool) -> YearPrice:
    price = ground.scheme.price
    weights = _weights(ground, books, year, cost_year)
    cost, volume = cost_base(ground, books, cost_year), books.volume[cost_year]
    weighted = volume @ weights.price
    if not (weighted.sum(axis=-1) > 0.0).all():
        message = f"scheme {ground.scheme.id!r} has no volume in {cost_year}"
        raise DataError([Issue("zero-volume", message, "give the volume", period=str(cost_year))])
    deflator = ground.growth.chain(cost_year, year)
    average = rule.average_level(cost, weighted)
    theta = frontier_share(ground, year)
    target: Any = average
    frontier: FloatArray | float = 0.0
    if theta:
        frontier = _frontier_level(ground, books, year, cost_year, cost, weights)
        target = rule.blend(average, frontier, theta)
    target = target * deflator + _true_up(ground, books, year, weights.price)
    if price.fund_years is not None:
        known = books.fund(year - max(price.lag, 1))
        target = target - known / price.fund_years.at(year) / weighted.sum(axis=-1)
    before = _price_before(ground, books, year, first)
    previous = None if before is None else _level_before(before, weights.price, volume.sum(axis=-2))
    x, steps = _general(ground, cost_year, year), _steps(price, year)
    markup = price.start_markup.at(year) if first else 0.0
    own = _own_excluded(ground, cost, weighted) if price.own_excluded else None

    def moved(aim: Any) -> FloatArray:
        index = 1.0 + ground.growth.growth(year) if previous is not None else 1.0
        return rule.move_level(aim, previous, index=index, requirement=x, **steps) * (1.0 + markup)

    level, asked, fall, held = moved(target), None, None, np.zeros(())
    if feeds(ground, "price", "unit-price"):
        share = activity_share(ground, year)
        at_frontier = by_draw(np.asarray(frontier)) * weighted if theta else 0.0
        asked = asked_of(ground, books, year, cost_year, taken=theta * share, frontier=at_frontier)
        if feeds(ground, "price"):
            factors = _class_factors(ground, year) if own is None else _class_factors(ground, year) * own
            paid_volume = share * (weighted * factors).sum(axis=-1)
            wanted = asked.amount.sum(axis=-1)
            refuse_above(ground, wanted[..., None], (target * paid_volume)[..., None], year, "the price aims at")
            lowered = moved(target - wanted / paid_volume)
            fall, level = (level - lowered) * paid_volume, lowered
            held = wanted - fall if steps or markup else held
    pure = theta == 0.0 and not steps and not markup and x == 0.0 and asked is None
    pure = pure and not price.true_up and price.fund_years is None
    return _scaled(
        ground,
        books,
        year,
        cost_year,
        deflator,
        weights,
        level,
        source=price.source,
        rule="accounts",
        cost_base=cost.sum(axis=-1),
        base_volume=volume.sum(axis=-2),
        before=None if pure else average * deflator,
        own=own,
        pure=pure,
        asked=asked,
        fall=fall,
        held_back=held,
    )


def _steps(price: Price, year: int) -> dict[str, float]:
    """Return the values of the steps that say something this year, by their key."""
    stated = {step.key: (step, getattr(price, step.key)) for step in STEPS}
    values = {key: (step, dated.at(year)) for key, (step, dated) in stated.items() if dated is not None}
    return {key: value for key, (step, value) in values.items() if value != step.neutral}


def _price_before(ground: Ground, books: Books, year: int, first: bool) -> YearPrice | None:
    """Return last year's price where this year's moves on from it."""
    return None if first else books.made.get(year - 1)


def _general(ground: Ground, start: int, year: int) -> float:
    """Return the price's own requirement over the years after ``start``; the first price is as the accounts say."""
    stated = ground.scheme.price.requirement
    years = range(max(start, ground.first_year) + 1, year + 1)
    if len(years) == 1:
        return stated.at(year)
    left = 1.0
    for later in years:
        left *= 1.0 - stated.at(later)
    return 1.0 - left


def _indexed(ground: Ground, books: Books, year: int) -> YearPrice:
    """Move last year's price by the index, at the newest volumes known."""
    weights = _weights(ground, books, year, None)
    growth = 1.0 + ground.growth.growth(year)
    volume = books.volume[_known_year(ground, books, year)].sum(axis=-2)
    if year - 1 not in books.made:  # a year without accounts: nothing was priced that the index could move
        raise no_accounts(ground, year - 1)
    before = _level_before(books.made[year - 1], weights.price, volume)
    level = before * growth * (1.0 - ground.scheme.price.requirement.at(year))
    return _scaled(
        ground,
        books,
        year,
        None,
        growth,
        weights,
        level,
        source="previous",
        rule="indexed",
        before=before,
        start=year - 1,
    )


def _stated(ground: Ground, books: Books, year: int) -> YearPrice:
    price = ground.scheme.price
    prices: list[Any] = []
    begins = []
    for service in ground.scheme.service:
        assert service.price is not None
        entry = service.price.entry_at(year)
        begin = ground.first_year if entry is not None and entry.from_ is None else service.price.since(year)
        begins.append(begin)
        value: Any = service.price.at(year)
        if price.index:
            value = value * ground.growth.chain(begin, year)
        for later in range(begin + 1, year + 1):
            value = value * (1.0 - price.requirement.at(later))
        prices.append(value * service.policy_factor.at(year))
    made = np.stack(np.broadcast_arrays(*prices), axis=-1) if prices else np.zeros(0)
    weights = _weights(ground, books, year, None)
    level = _mean_level(made, weights.price, books.volume[_known_year(ground, books, year)].sum(axis=-2))
    return _priced(
        ground,
        books,
        year,
        None,
        1.0,
        weights,
        level,
        made,
        source=price.source,
        rule="prices",
        start=max(begins, default=year),
    )


def _keyed(ground: Ground, books: Books, year: int, cost_year: int | None, first: bool) -> YearPrice:
    """Price per service from cost keys: stated, or last year's revenue shares."""
    price = ground.scheme.price
    if cost_year is None:
        raise ModelError(
            "product prices need the accounts of a cost year", key=f"scheme.{ground.scheme.id}.price.start"
        )
    volume, cost = books.volume[cost_year].sum(axis=-2), cost_base(ground, books, cost_year).sum(axis=-1)
    deflator = ground.growth.chain(cost_year, year)
    weights = _weights(ground, books, year, cost_year)
    if price.update == "cost-keys":
        keys = np.array([service.cost_key.at(year) for service in ground.scheme.service if service.cost_key])
        if (weights.policy != 1.0).any():
            keys = keys * weights.policy / (keys @ weights.policy)
    else:
        before = books.made.get(year - 1)
        keys = rule.revenue_keys(before.prices if before else weights.price, volume)
    target = cost * deflator * (1.0 - _general(ground, cost_year, year))
    prices = rule.keyed_prices(target, volume, keys)
    lost = np.isnan(np.atleast_2d(prices)).any(axis=0)
    if lost.any():
        message = f"service {ground.data.services[int(np.argmax(lost))]!r} has no volume in {cost_year}"
        raise DataError([Issue("zero-volume", message, "give the volume", period=str(cost_year))])
    prices = prices * (1.0 + (price.start_markup.at(year) if first else 0.0))
    return _priced(
        ground,
        books,
        year,
        cost_year,
        deflator,
        weights,
        _mean_level(prices, weights.price, volume),
        prices,
        source=price.source,
        rule="keys",
        cost_base=cost,
        base_volume=volume,
        start=cost_year,
    )


def _scaled(
    ground: Ground,
    books: Books,
    year: int,
    cost_year: int | None,
    deflator: Any,
    weights: Weights,
    level: Any,
    **values: Any,
) -> YearPrice:
    """Prices that are one level times the weights."""
    level = np.asarray(level)
    prices = level[..., None] * weights.price
    return _priced(ground, books, year, cost_year, deflator, weights, level, prices, **values)


def _priced(
    ground: Ground,
    books: Books,
    year: int,
    cost_year: int | None,
    deflator: Any,
    weights: Weights,
    level: FloatArray,
    prices: FloatArray,
    *,
    source: str,
    rule: str,
    cost_base: Any = 0.0,
    base_volume: FloatArray | None = None,
    before: FloatArray | None = None,
    own: FloatArray | None = None,
    pure: bool = False,
    start: int | None = None,
    asked: Asked | None = None,
    fall: FloatArray | None = None,
    held_back: Any = 0.0,
) -> YearPrice:
    factors = _class_factors(ground, year)
    made = YearPrice(
        year=year,
        cost_year=cost_year,
        deflator=deflator,
        weights=weights.price,
        level=np.asarray(level),
        prices=prices,
        unit_factor=factors if own is None else factors * own,
        source=source,
        rule=rule,
        cost_base=np.asarray(cost_base),
        base_volume=np.zeros(len(weights.cost)) if base_volume is None else base_volume,
        before=before,
        pure=pure and own is None and bool((factors == 1.0).all()),
        cost_weights=weights.cost,
        policy_factors=weights.policy,
        asked=asked,
        fall=fall,
        held_back=held_back,
    )
    if fall is None and (asked is not None or (start is not None and feeds(ground, "price", "unit-price"))):
        return _less_asked(ground, books, made, start)
    return made


def _less_asked(ground: Ground, books: Books, made: YearPrice, start: int | None) -> YearPrice:
    """Take the requirement out of prices that are made: out of all, or out of each unit's own."""
    year, share = made.year, activity_share(ground, made.year)
    seen = made.cost_year if made.cost_year is not None else _known_year(ground, books, year)
    asked = made.asked if made.asked is not None else asked_of(ground, books, year, seen, start=start)
    income = share * made.unit_factor * paid(books.volume[seen], made.prices)
    if feeds(ground, "price"):
        whole, wanted = income.sum(axis=-1), asked.amount.sum(axis=-1)
        refuse_above(ground, wanted[..., None], whole[..., None], year, "the scheme earns by its prices")
        factor = 1.0 - wanted / whole
        return replace(
            made,
            level=made.level * factor,
            prices=made.prices * factor[..., None],
            asked=asked,
            fall=np.asarray(whole - whole * factor),
        )
    refuse_above(ground, asked.amount, income, year, "the unit earns by its prices")
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(income > 0.0, 1.0 - asked.amount / income, 1.0)
    return replace(
        made, unit_factor=made.unit_factor * kept, asked=asked, fall=(income - income * kept).sum(axis=-1), pure=False
    )


# -- what goes into a price --------------------------------------------------------------------------------------


def _mean_level(prices: FloatArray, weights: FloatArray, volume: FloatArray) -> FloatArray:
    """Σ p·V / Σ w·V; 1 where there is no volume."""
    weighted = volume @ weights
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(weighted > 0.0, _inner(prices, volume) / weighted, 1.0))


def _inner(prices: FloatArray, volume: FloatArray) -> FloatArray:
    """Σ_k p_k V_k over the last axis."""
    if prices.ndim == volume.ndim == 1:
        return np.asarray(prices @ volume)
    return np.asarray(np.sum(prices * volume, axis=-1))


def _level_before(before: YearPrice, weights: FloatArray, volume: FloatArray) -> FloatArray:
    """Return last year's level; at the new weights where these have changed."""
    if (before.weights == weights).all():
        return before.level
    return np.asarray(_inner(before.prices, volume) / (volume @ weights))


def _known_year(ground: Ground, books: Books, year: int) -> int:
    """Return the newest year with accounts when a year's price is decided; the first where there are none."""
    seen = books.last(year - max(ground.scheme.price.lag, 1))
    return min(books.volume) if seen is None else seen


def _frontier_level(
    ground: Ground, books: Books, year: int, cost_year: int, cost: FloatArray, weights: Weights
) -> FloatArray:
    """Return the frontier's cost per price-weighted unit; unit costs are measured by what services cost."""
    price, volume = ground.scheme.price, books.volume[cost_year]
    source = source_seen(price.source, price.frontier_reference)
    if source is not None:
        weighted = volume @ weights.cost
        if price.k is not None and len(ground.units) > 1:
            _enough(ground, weighted, price.k, cost_year, "choose a smaller k, or a quantile")
        level = source_level(source, cost, weighted, **stated_values(source, price, year))
        if (weights.policy == 1.0).all():
            return level
        return np.asarray(level * weighted.sum(axis=-1) / (volume @ weights.price).sum(axis=-1))
    assert ground.yardstick is not None
    return ground.yardstick.level(ground, books, cost_year, weights.price)


def _enough(ground: Ground, weighted: FloatArray, count: int, year: int, remedy: str) -> None:
    """Refuse a rule that looks at more units than there are."""
    if int(np.count_nonzero(weighted, axis=-1).min()) >= count:
        return
    message = f"scheme {ground.scheme.id!r} has fewer than {count} units with volume in {year}"
    raise DataError([Issue("few-units", message, remedy, period=str(year))])


def _own_excluded(ground: Ground, cost: FloatArray, weighted: FloatArray) -> FloatArray:
    if int(np.count_nonzero(weighted, axis=-1).min()) < 2:
        message = f"scheme {ground.scheme.id!r} has only one unit with volume: there is no other to price it by"
        raise DataError([Issue("few-units", message, "leave own_excluded out")])
    levels = rule.own_excluded_levels(cost, weighted, calibrate=ground.scheme.price.calibrate)
    return np.asarray(levels / rule.average_level(cost, weighted)[..., None])


def _class_factors(ground: Ground, year: int) -> FloatArray:
    factors = np.ones(len(ground.units))
    for group in ground.scheme.price.class_:
        for unit in group.units:
            if unit in ground.units:
                factors[ground.units.index(unit)] = group.factor.at(year)
    return factors


def class_names(ground: Ground) -> list[str]:
    """Return each unit's price class: its own name where its price is its own."""
    scheme, units = ground.scheme, ground.units
    if scheme.price.own_excluded or feeds(ground, "unit-price"):
        return list(units)
    home = {unit: group.name for group in scheme.price.class_ for unit in group.units}
    return [home.get(unit, STANDARD) for unit in units]


def _true_up(ground: Ground, books: Books, year: int, weights: FloatArray) -> FloatArray | float:
    """Return what the estimate of the year before last adds, now that its accounts are final."""
    price = ground.scheme.price
    before, last = year - price.lag - 1, books.made.get(year - 1)
    if not (price.true_up and price.estimate_column) or last is None or before not in books.cost:
        return 0.0
    if last.cost_year != before:
        return 0.0
    error = rule.true_up(
        books.cost[before].sum(axis=-1),
        books.estimate[before].sum(axis=-1),
        (books.volume[before] @ weights).sum(axis=-1),
        price.true_up_interest.at(year),
    )
    return np.asarray(error * ground.growth.chain(before, year))


def move_fund(ground: Ground, books: Books, year: int, made: YearPrice | None) -> None:
    """Put fees less the cost they are to cover into the fee fund, with interest on what was there."""
    price = ground.scheme.price
    if price.fund_years is None or made is None:
        return
    fees = (made.unit_factor * paid(books.volume[year], made.prices)).sum(axis=-1)
    grown = books.fund(year - 1) * (1.0 + price.fund_interest.at(year))
    books.funds[year] = np.asarray(grown + fees - cost_base(ground, books, year).sum(axis=-1))

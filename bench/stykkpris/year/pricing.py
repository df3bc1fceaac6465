"""Block PR in a year: the price from what the books hold, by the functions of :mod:`bench.stykkpris.rules.price`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bench.errors import DataError, Issue, ModelError
from bench.modelfile import Correction, Scheme
from bench.modelfile.blocks import FIXED_SOURCES
from bench.stykkpris.rules import price as rule
from bench.stykkpris.rules.corrections import ON_INCOME, correction_amount
from bench.stykkpris.rules.mix import priced_cost
from bench.stykkpris.year.arithmetic import paid
from bench.stykkpris.year.books import Books, Ground, YearPrice, no_accounts, price_weights
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
    if price.update in ("cost-keys", "revenue-keys"):
        return _keyed(ground, books, year, cost_year, first)
    if first and price.start == "stated":
        assert price.start_level is not None
        level = price.start_level.at(year) * (1.0 + price.start_markup.at(year))
        weights = price_weights(ground, books, year, cost_year)
        return _scaled(ground, books, year, None, 1.0, weights, level, source="stated", rule="level")
    if cost_year is None:
        return _indexed(ground, books, year)
    return _from_accounts(ground, books, year, cost_year, first)


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
    weights = price_weights(ground, books, year, cost_year)
    cost, volume = cost_base(ground, books, cost_year), books.volume[cost_year]
    weighted = volume @ weights
    if not (weighted.sum(axis=-1) > 0.0).all():
        message = f"scheme {ground.scheme.id!r} has no volume in {cost_year}"
        raise DataError([Issue("zero-volume", message, "give the volume", period=str(cost_year))])
    deflator = ground.growth.chain(cost_year, year)
    average = rule.average_level(cost, weighted)
    theta = 1.0 if price.source in ("best-practice", "frontier") else price.frontier_share.at(year)
    target: Any = average
    if theta:
        target = rule.blend(average, _frontier_level(ground, books, year, cost_year, cost, weighted), theta)
    target = target * deflator + _true_up(ground, books, year, weights)
    if price.fund_years is not None:
        target = target - books.fund / price.fund_years.at(year) / weighted.sum(axis=-1)
    own = first and price.start == "contemporaneous"
    before = None if first or own else books.made.get(year - 1)
    previous = None if before is None else _level_before(before, weights, volume.sum(axis=-2))
    x, gain = price.requirement.at(year), price.gain.at(year)
    options = {"corridor": price.corridor, "floor": price.floor, "cap": price.cap}
    bounds = {name: value.at(year) for name, value in options.items() if value is not None}
    level = rule.move_level(
        target,
        previous,
        index=1.0 + ground.growth.growth(year) if previous is not None else 1.0,
        gain=gain,
        requirement=0.0 if first else x,
        **bounds,
    )
    markup = price.start_markup.at(year) if first else 0.0
    pure = theta == 0.0 and not bounds and not markup and gain == 1.0 and (first or x == 0.0)
    pure = pure and not price.true_up and price.fund_years is None
    return _scaled(
        ground,
        books,
        year,
        cost_year,
        deflator,
        weights,
        level * (1.0 + markup),
        source=price.source,
        rule="accounts",
        cost_base=cost.sum(axis=-1),
        base_volume=volume.sum(axis=-2),
        before=None if pure else average * deflator,
        own=_own_excluded(ground, cost, weighted) if price.own_excluded else None,
        pure=pure,
    )


def _indexed(ground: Ground, books: Books, year: int) -> YearPrice:
    """Move last year's price by the index, at the newest volumes known."""
    weights = price_weights(ground, books, year, None)
    growth = 1.0 + ground.growth.growth(year)
    before = _level_before(books.made[year - 1], weights, _known_volume(ground, books, year))
    level = before * growth * (1.0 - ground.scheme.price.requirement.at(year))
    return _scaled(ground, books, year, None, growth, weights, level, source="previous", rule="indexed", before=before)


def _stated(ground: Ground, books: Books, year: int) -> YearPrice:
    price = ground.scheme.price
    prices: list[Any] = []
    for service in ground.scheme.service:
        assert service.price is not None
        entry = service.price.entry_at(year)
        begin = ground.first_year if entry is not None and entry.from_ is None else service.price.since(year)
        value: Any = service.price.at(year)
        if price.index:
            value = value * ground.growth.chain(begin, year)
        for later in range(begin + 1, year + 1):
            value = value * (1.0 - price.requirement.at(later))
        prices.append(value * service.policy_factor.at(year))
    made = np.stack(np.broadcast_arrays(*prices), axis=-1) if prices else np.zeros(0)
    weights = price_weights(ground, books, year, None)
    level = _mean_level(made, weights, _known_volume(ground, books, year))
    return _priced(ground, books, year, None, 1.0, weights, level, made, source=price.source, rule="prices")


def _keyed(ground: Ground, books: Books, year: int, cost_year: int | None, first: bool) -> YearPrice:
    """Price per service from cost keys: stated, or last year's revenue shares."""
    price = ground.scheme.price
    if cost_year is None:
        raise ModelError(
            "product prices need the accounts of a cost year", key=f"scheme.{ground.scheme.id}.price.start"
        )
    volume, cost = books.volume[cost_year].sum(axis=-2), cost_base(ground, books, cost_year).sum(axis=-1)
    deflator = ground.growth.chain(cost_year, year)
    weights = price_weights(ground, books, year, cost_year)
    if price.update == "cost-keys":
        keys = np.array([service.cost_key.at(year) for service in ground.scheme.service if service.cost_key])
    else:
        before = books.made.get(year - 1)
        keys = rule.revenue_keys(before.prices if before else weights, volume)
    target = cost * deflator * (1.0 if first else 1.0 - price.requirement.at(year))
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
        _mean_level(prices, weights, volume),
        prices,
        source=price.source,
        rule="keys",
        cost_base=cost,
        base_volume=volume,
    )


def _scaled(
    ground: Ground,
    books: Books,
    year: int,
    cost_year: int | None,
    deflator: Any,
    weights: FloatArray,
    level: Any,
    **values: Any,
) -> YearPrice:
    """Prices that are one level times the weights."""
    level = np.asarray(level)
    prices = level[..., None] * weights
    return _priced(ground, books, year, cost_year, deflator, weights, level, prices, **values)


def _priced(
    ground: Ground,
    books: Books,
    year: int,
    cost_year: int | None,
    deflator: Any,
    weights: FloatArray,
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
) -> YearPrice:
    factors = _class_factors(ground, year)
    return YearPrice(
        year=year,
        cost_year=cost_year,
        deflator=deflator,
        weights=weights,
        level=np.asarray(level),
        prices=prices,
        unit_factor=factors if own is None else factors * own,
        source=source,
        rule=rule,
        cost_base=np.asarray(cost_base),
        base_volume=np.zeros(len(weights)) if base_volume is None else base_volume,
        before=before,
        pure=pure and own is None and bool((factors == 1.0).all()),
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


def _known_volume(ground: Ground, books: Books, year: int) -> FloatArray:
    """Return the scheme's newest volumes known when a year's price is decided; the first where there are none."""
    seen = books.last(year - max(ground.scheme.price.lag, 1))
    return np.asarray(books.volume[min(books.volume) if seen is None else seen].sum(axis=-2))


def _frontier_level(
    ground: Ground, books: Books, year: int, cost_year: int, cost: FloatArray, weighted: FloatArray
) -> FloatArray:
    price = ground.scheme.price
    if price.source == "best-practice" or (price.source != "frontier" and price.frontier_reference == "best-practice"):
        if price.k is not None and len(ground.units) > 1:
            _enough(ground, weighted, price.k, cost_year, "choose a smaller k, or a quantile")
        quantile = None if price.quantile is None else price.quantile.at(year)
        return rule.best_practice_level(cost, weighted, k=price.k, quantile=quantile)
    assert ground.yardstick is not None
    return ground.yardstick.level(ground, books, cost_year, price_weights(ground, books, year, cost_year))


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


def class_names(scheme: Scheme, units: tuple[str, ...]) -> list[str]:
    """Return each unit's price class: its own name where its own cost is excluded."""
    if scheme.price.own_excluded:
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
    grown = books.fund * (1.0 + price.fund_interest.at(year))
    books.fund = np.asarray(grown + fees - cost_base(ground, books, year).sum(axis=-1))


# -- the cost base -----------------------------------------------------------------------------------------------


def cost_base(ground: Ground, books: Books, year: int) -> FloatArray:
    """Return the cost the price is built on in a year, array (..., n).

    The accounts (or their estimate), less components paid another way, spending of reserves held outside, and
    corrections the scheme funds itself.
    """
    scheme = ground.scheme
    if year not in books.cost:
        raise no_accounts(ground, year)
    cost = books.estimate[year] if scheme.price.accounts == "estimate" else books.cost[year]
    if scheme.mix.component:
        parts = components(ground, books, year, [c.column for c in scheme.mix.component])
        out = [{"refund": c.share.at(year), "block": 1.0, "price": 0.0}[c.treatment] for c in scheme.mix.component]
        cost = priced_cost(cost, parts, np.array(out))
    if scheme.price.reserves == "outside" and scheme.price.reserve_column:
        cost = cost - books.spending[year]
    funded = np.zeros(len(ground.units))
    for item in scheme.correction:
        if item.funded_by == "scheme" and item.kind not in ON_INCOME:
            funded = funded + correction(ground, books, item, year, np.zeros(len(ground.units)))
    return np.asarray(cost - funded)


def components(ground: Ground, books: Books, year: int, names: list[str]) -> FloatArray:
    """Return cost components in a year, array (..., n, m)."""
    if not names:
        return np.zeros((len(ground.units), 0))
    return np.stack([books.components[year][name] for name in names], axis=-1)


def correction(ground: Ground, books: Books, item: Correction, year: int, activity: FloatArray) -> FloatArray:
    """Return one correction in a year, array (..., n); zero for a unit without accounts."""
    columns, base = books.columns[year], item.indexed_from
    factor: Any = 1.0
    if base is not None:
        factor = ground.growth.chain(base, year)
        for later in range(base + 1, year + 1):
            factor = factor * (1.0 + item.growth.at(later))
    # Before the first year the rule did not exist; its first values stand in for the cost base's sake.
    asked = max(year, ground.first_year)
    if isinstance(factor, np.ndarray):
        # Amounts are linear in the index except thresholds and caps: those rules are asked draw by draw.
        rows = [
            correction_amount(item, asked, ground.units, _of_draw(columns, k), a, float(f))
            for k, (f, a) in enumerate(_paired(factor, activity))
        ]
        return np.asarray(np.where(books.present[year], np.stack(rows), 0.0))
    amount = correction_amount(item, asked, ground.units, columns, activity, factor)
    return np.asarray(np.where(books.present[year], amount, 0.0))


def _of_draw(columns: Mapping[str, FloatArray], draw: int) -> dict[str, FloatArray]:
    """Columns (n,) of one world: those that follow users who moved differ between worlds."""
    return {name: values if values.ndim == 1 else values[draw] for name, values in columns.items()}


def _paired(factor: FloatArray, activity: FloatArray) -> list[tuple[Any, FloatArray]]:
    whole = np.broadcast_to(activity, (len(factor), activity.shape[-1]))
    return list(zip(factor.tolist(), whole, strict=True))

"""Block PR in a simulation: the rule functions of :mod:`bench.stykkpris.price`, for all draws at once.

Which rule is asked, and in which order, is the same as in :class:`bench.stykkpris.price_path.PricePath`; tests hold the
two together by settling simulated accounts with the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.errors import DataError, Issue, ModelError
from bench.modelfile import Correction
from bench.modelfile.blocks import FIXED_SOURCES
from bench.stykkpris import price as rule
from bench.stykkpris.corrections import ON_INCOME, correction_amount
from bench.stykkpris.mix import priced_cost
from bench.stykkpris.simulation.setting import Made, Setting, State
from bench.stykkpris.simulation.structure import as_it_was
from bench.typing import FloatArray

#: Relative tolerance of identities between sums of floating-point numbers.
RELATIVE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """The prices of a year: ``made`` for the scheme, ``factor`` (B, n) or (n,) for each unit on top of it.

    ``identity`` is the largest relative deviation from Σ p·V = d·C where the price is exactly that, else None.
    """

    made: Made
    factor: FloatArray
    identity: float | None = None


def needs_own_year(setting: Setting, year: int) -> bool:
    """Return whether the price of a year is built on the accounts of that same year."""
    price = setting.scheme.price
    if price.source in (*FIXED_SOURCES, "none", "previous") and not (
        year == setting.first_year and price.start == "contemporaneous"
    ):
        return False
    return price.lag == 0 or (year == setting.first_year and price.start == "contemporaneous")


def set_price(setting: Setting, state: State, year: int) -> Priced | None:
    """Return the prices of a year, or None where the scheme has none."""
    price = setting.scheme.price
    if price.source == "none":
        return None
    if price.source in FIXED_SOURCES:
        return _stated(setting, year)
    first = year == setting.first_year
    own = first and price.start == "contemporaneous"
    cost_year = year if own else year - price.lag
    known = cost_year in state.cost
    if price.update in ("cost-keys", "revenue-keys"):
        if not known:
            raise ModelError("product prices need the accounts of a cost year", key=f"scheme.{setting.scheme.id}.price")
        return _keyed(setting, state, year, cost_year, first)
    if first and price.start == "stated":
        assert price.start_level is not None
        level = np.asarray(price.start_level.at(year) * (1.0 + price.start_markup.at(year)))
        return _priced(setting, year, level, cost_year if known else None)
    if not own and ((price.source == "previous" and not first) or not known):
        return _indexed(setting, state, year)
    return _from_accounts(setting, state, year, cost_year, first=first, own=own)


def _from_accounts(setting: Setting, state: State, year: int, cost_year: int, *, first: bool, own: bool) -> Priced:
    price = setting.scheme.price
    weights = setting.price_weights(year)
    cost = cost_base(setting, state, cost_year)
    volume = state.volume[cost_year]
    weighted = volume @ weights
    deflator = setting.growth.chain(cost_year, year)
    average = rule.average_level(cost, weighted)
    theta = 1.0 if price.source in ("best-practice", "frontier") else price.frontier_share.at(year)
    target: FloatArray = average
    if theta:
        target = rule.blend(average, _frontier_level(setting, year, cost_year, cost, weighted), theta)
    target = target * deflator + _true_up(setting, state, year, weights)
    if price.fund_years is not None:
        target = target - state.fund / price.fund_years.at(year) / weighted.sum(axis=-1)
    before = state.made.get(year - 1)
    previous = None if first or own or before is None else _level_before(before, weights, volume.sum(axis=-2))
    x, gain = price.requirement.at(year), price.gain.at(year)
    options = {"corridor": price.corridor, "floor": price.floor, "cap": price.cap}
    bounds = {name: value.at(year) for name, value in options.items() if value is not None}
    level = rule.move_level(
        target,
        previous,
        index=1.0 + setting.growth.decided[year] if previous is not None else 1.0,
        gain=gain,
        requirement=0.0 if first else x,
        **bounds,
    )
    markup = price.start_markup.at(year) if first else 0.0
    level = level * (1.0 + markup)
    pure = theta == 0.0 and not bounds and not markup and gain == 1.0 and (first or x == 0.0)
    pure = pure and not price.true_up and price.fund_years is None
    factor = None
    if price.own_excluded:
        _enough(setting, weighted, 2, cost_year)
        factor = rule.own_excluded_levels(cost, weighted, calibrate=price.calibrate) / average[..., None]
    priced = _priced(setting, year, level, cost_year, factor=factor)
    if not pure or factor is not None:
        return priced
    left = np.sum(priced.made.prices * volume.sum(axis=-2), axis=-1)
    right = deflator * cost.sum(axis=-1)
    return Priced(priced.made, priced.factor, float(np.max(np.abs(left / right - 1.0))))


def _indexed(setting: Setting, state: State, year: int) -> Priced:
    before = state.made.get(year - 1)
    if before is None:
        raise DataError(
            [
                Issue(
                    "no-accounts",
                    f"scheme {setting.scheme.id!r} has no accounts and no earlier price for {year}",
                    "add the years the first price builds on",
                    period=str(year),
                )
            ]
        )
    growth = 1.0 + setting.growth.decided[year]
    level = _level_before(before, setting.price_weights(year), state.volume[year - 1].sum(axis=-2))
    return _priced(setting, year, level * growth * (1.0 - setting.scheme.price.requirement.at(year)), None)


def _level_before(before: Made, weights: FloatArray, volume: FloatArray) -> FloatArray:
    """Last year's level; at the new weights where these have changed."""
    if (before.weights == weights).all():
        return before.level
    return np.asarray(np.sum(before.prices * volume, axis=-1) / (volume @ weights))


def move_fund(setting: Setting, state: State, year: int, priced: Priced | None) -> None:
    """Put fees less the cost they are to cover into the fee fund, with interest on what was there."""
    price = setting.scheme.price
    if price.fund_years is None or priced is None:
        return
    prices = priced.made.prices
    volume = state.volume[year]
    paid = volume @ prices if prices.ndim == 1 else np.matmul(volume, prices[..., None])[..., 0]
    fees = (priced.factor * paid).sum(axis=-1)
    state.fund = state.fund * (1.0 + price.fund_interest.at(year)) + fees - cost_base(setting, state, year).sum(axis=-1)


def _enough(setting: Setting, weighted: FloatArray, count: int, year: int) -> None:
    """Refuse a rule that looks at more units than there are."""
    if int(np.count_nonzero(weighted, axis=-1).min()) >= count:
        return
    message = f"scheme {setting.scheme.id!r} has fewer than {count} units with volume in {year}"
    raise DataError([Issue("few-units", message, "choose a rule that needs fewer units", period=str(year))])


def _stated(setting: Setting, year: int) -> Priced:
    price = setting.scheme.price
    prices: list[Any] = []
    for service in setting.scheme.service:
        assert service.price is not None
        since = service.price.since(year)
        entry = service.price.entry_at(year)
        begin = setting.first_year if entry is not None and entry.from_ is None else since
        value: Any = service.price.at(year)
        if price.index:
            value = value * setting.growth.chain(begin, year)
        for later in range(begin + 1, year + 1):
            value = value * (1.0 - price.requirement.at(later))
        prices.append(value * service.policy_factor.at(year))
    made = np.stack(np.broadcast_arrays(*prices), axis=-1) if prices else np.zeros(0)
    weights = setting.price_weights(year)
    volume = setting.data.volume[:, -1].sum(axis=0)
    level = np.sum(made * volume, axis=-1) / max(float(weights @ volume), 1e-300)
    return Priced(Made(np.asarray(level), made, weights, None), _classes(setting, year))


def _keyed(setting: Setting, state: State, year: int, cost_year: int, first: bool) -> Priced:
    price = setting.scheme.price
    volume = state.volume[cost_year].sum(axis=-2)
    cost = cost_base(setting, state, cost_year).sum(axis=-1)
    weights = setting.price_weights(year)
    if price.update == "cost-keys":
        keys = np.array([service.cost_key.at(year) for service in setting.scheme.service if service.cost_key])
    else:
        before = state.made.get(year - 1)
        keys = rule.revenue_keys(before.prices if before else weights, volume)
    target = cost * setting.growth.chain(cost_year, year) * (1.0 if first else 1.0 - price.requirement.at(year))
    prices = rule.keyed_prices(target, volume, keys)
    if np.isnan(prices).any():
        raise DataError(f"a service of {setting.scheme.id!r} has no volume in {cost_year}, so its price has no basis")
    prices = prices * (1.0 + (price.start_markup.at(year) if first else 0.0))
    level = np.sum(prices * volume, axis=-1) / np.sum(weights * volume, axis=-1)
    return Priced(Made(level, prices, weights, cost_year), _classes(setting, year))


def _priced(
    setting: Setting, year: int, level: FloatArray, cost_year: int | None, *, factor: FloatArray | None = None
) -> Priced:
    level = np.asarray(level)
    classes = _classes(setting, year)
    weights = setting.price_weights(year)
    made = Made(level, level[..., None] * weights, weights, cost_year)
    return Priced(made, classes if factor is None else classes * factor)


def _classes(setting: Setting, year: int) -> FloatArray:
    factors = np.ones(len(setting.data.units))
    for group in setting.scheme.price.class_:
        for unit in group.units:
            if unit in setting.data.units:
                factors[setting.data.units.index(unit)] = group.factor.at(year)
    return factors


def _frontier_level(setting: Setting, year: int, cost_year: int, cost: FloatArray, weighted: FloatArray) -> FloatArray:
    """Best practice moves with the accounts; an estimated frontier stays where the last accounts put it."""
    price = setting.scheme.price
    if price.source == "best-practice" or (price.source != "frontier" and price.frontier_reference == "best-practice"):
        quantile = None if price.quantile is None else price.quantile.at(year)
        if price.k is not None and len(setting.data.units) > 1:
            _enough(setting, weighted, price.k, cost_year)
        return rule.best_practice_level(cost, weighted, k=price.k, quantile=quantile)
    seen = min(cost_year, setting.base)
    present = setting.data.present[:, setting.data.at(seen)]
    norms = setting.norms or {}
    here = [unit for unit, there in zip(setting.data.units, present, strict=True) if there]
    gone = [unit for unit in here if (unit, seen) not in norms]
    if gone:
        raise DataError(
            [Issue("no-norm", f"no norm for {seen}", "estimate a frontier for every cost year", unit=u) for u in gone]
        )
    volume = setting.data.volume[:, setting.data.at(seen)] @ setting.price_weights(year)
    level = sum(norms[unit, seen] for unit in here) / float(volume.sum())
    return np.asarray(level * setting.growth.real(seen, cost_year))


def _true_up(setting: Setting, state: State, year: int, weights: FloatArray) -> FloatArray | float:
    price = setting.scheme.price
    before = year - price.lag - 1
    last = state.made.get(year - 1)
    if not (price.true_up and price.estimate_column) or last is None or before not in state.cost:
        return 0.0
    if last.cost_year != before:
        return 0.0
    error = rule.true_up(
        state.cost[before].sum(axis=-1),
        state.estimate[before].sum(axis=-1),
        (state.volume[before] @ weights).sum(axis=-1),
        price.true_up_interest.at(year),
    )
    return error * setting.growth.chain(before, year)


def cost_base(setting: Setting, state: State, year: int) -> FloatArray:
    """Return the cost the price builds on, array (B, n): see the engine's price path."""
    scheme = setting.scheme
    cost = state.estimate[year] if scheme.price.accounts == "estimate" else state.cost[year]
    if scheme.mix.component:
        parts = components(setting, year, [c.column for c in scheme.mix.component])
        out = np.array(
            [{"refund": c.share.at(year), "block": 1.0, "price": 0.0}[c.treatment] for c in scheme.mix.component]
        )
        cost = priced_cost(cost, parts, out)
    if scheme.price.reserves == "outside" and scheme.price.reserve_column:
        cost = cost - state.spending[year]
    funded = np.zeros(len(setting.data.units))
    for item in scheme.correction:
        if item.funded_by == "scheme" and item.kind not in ON_INCOME:
            funded = funded + correction(as_it_was(setting, state, year), item, year, np.zeros(len(setting.data.units)))
    return np.asarray(cost - funded)


def components(setting: Setting, year: int, names: list[str]) -> FloatArray:
    """Return cost components in a year, array (B, n, m) or (n, m): fixed amounts that follow cost growth."""
    if not names:
        return np.zeros((len(setting.data.units), 0))
    if year <= setting.base:
        t = setting.data.at(year)
        return np.stack([setting.data.columns[name][:, t] for name in names], axis=-1)
    parts = np.stack([setting.columns[name] for name in names], axis=-1)
    return np.asarray(parts * np.asarray(setting.growth.real(setting.base, year))[..., None, None])


def correction(setting: Setting, item: Correction, year: int, activity: FloatArray) -> FloatArray:
    """Return one correction in a year, array (n,) or (B, n)."""
    data = setting.data
    if year <= setting.base:
        columns, present = data.in_year(year), data.present[:, data.at(year)]
    else:
        columns, present = dict(setting.columns), setting.present
    base = item.indexed_from
    factor: Any = 1.0
    if base is not None:
        factor = setting.growth.chain(base, year)
        for later in range(base + 1, year + 1):
            factor = factor * (1.0 + item.growth.at(later))
    asked = max(year, setting.first_year)
    if isinstance(factor, np.ndarray):
        # Amounts are linear in the index except thresholds and caps: those rules are asked draw by draw.
        rows = [
            correction_amount(item, asked, data.units, _of_draw(columns, k), a, float(f))
            for k, (f, a) in enumerate(_paired(factor, activity))
        ]
        return np.asarray(np.where(present, np.stack(rows), 0.0))
    return np.asarray(np.where(present, correction_amount(item, asked, data.units, columns, activity, factor), 0.0))


def _of_draw(columns: dict[str, FloatArray], draw: int) -> dict[str, FloatArray]:
    """Columns (n,) of one world: those that follow users who moved differ between worlds."""
    return {name: values if values.ndim == 1 else values[draw] for name, values in columns.items()}


def _paired(factor: FloatArray, activity: FloatArray) -> list[tuple[Any, FloatArray]]:
    whole = np.broadcast_to(activity, (len(factor), activity.shape[-1]))
    return list(zip(factor.tolist(), whole, strict=True))

"""One simulated year: plan and price, decisions, production, accounts, settlement, data for the next price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bench.errors import SettlementError
from bench.modelfile import Purchaser
from bench.stykkpris.rules.purchaser import THIRD, grown_budget
from bench.stykkpris.rules.settlement import Settled
from bench.stykkpris.rules.volume import COLUMN_BASES, paid_volume
from bench.stykkpris.simulation.behaviour import Behaviour
from bench.stykkpris.simulation.demand import need_of, ordered_at
from bench.stykkpris.simulation.setting import Setting, State
from bench.stykkpris.simulation.structure import as_it_is, closed_by_debt, hand_over, moves_units, small_ones
from bench.stykkpris.year.arithmetic import Draws
from bench.stykkpris.year.balances import balance
from bench.stykkpris.year.books import YearPrice, by_draw
from bench.stykkpris.year.funding import Fixed, fixed_income, income
from bench.stykkpris.year.pricing import move_fund, needs_own_year, set_price
from bench.stykkpris.year.purses import paid_by_others, receipts
from bench.stykkpris.year.yardstick import Measured
from bench.typing import FloatArray

#: Amounts of money in a simulated year.
MONEY = Draws()
#: Relative tolerance of identities between sums of floating-point numbers.
RELATIVE = 1e-9

#: Bases on which the unit itself records what is paid.
SELF_RECORDED = ("performed", "min", "level-count", "bed-days", "list-size")


@dataclass(frozen=True, slots=True, eq=False)
class Shocks:
    """What happens to a scheme in a year; zeros where nothing does.

    Attributes
    ----------
    need : array (B, n, K) or None
        Log change of need beyond its growth.
    cost : array (B, n) or None
        Log cost shock of the year.
    estimate : array (B, 1) or None
        Relative error of the estimated accounts.
    """

    need: FloatArray | None = None
    cost: FloatArray | None = None
    estimate: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A scheme's year before the purchaser has answered: price, need, what is ordered and what it would cost.

    ``again`` is the part of the need that another level took last year.
    """

    priced: YearPrice | None
    need: FloatArray
    again: FloatArray | float
    ordered: FloatArray
    budget: FloatArray
    planned: FloatArray
    expected: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A scheme's settled year; arrays (B, n) unless stated.

    Attributes
    ----------
    year : int
    priced : YearPrice or None
    need, decided : array (B, K)
        The scheme's volumes.
    weighted : array (B, n)
        Decided volume by cost weights.
    income, activity, cost, result, lapsed, opening, closing, quality : array
    gap : array
        Share of the cost the unit expected not to be covered, before it responded.
    settled : Settled
    spending : array
        Cost paid out of reserves.
    budget, supplement : array (B,)
        The purchaser's budget, and money added to it.
    receipts : array (B, R)
        What others pay to the budget holder, by receipt of the scheme.
    others : array (B,)
        What others pay of the units' income.
    needed, served : array (B, n)
        Each unit's need and what of it is met, by cost weights.
    covered : array (B, K)
        What of the need of each service is met.
    other_level, copaid : array (B,)
        What another level spends on need that is not met here, and what of it the budget holder pays.
    identities : dict of str to float
        Largest relative deviation of every identity checked.
    """

    year: int
    priced: YearPrice | None
    need: FloatArray
    decided: FloatArray
    weighted: FloatArray
    income: FloatArray
    activity: FloatArray
    cost: FloatArray
    result: FloatArray
    opening: FloatArray
    closing: FloatArray
    lapsed: FloatArray
    quality: FloatArray
    gap: FloatArray
    settled: Settled
    spending: FloatArray
    budget: FloatArray
    supplement: FloatArray
    receipts: FloatArray
    others: FloatArray
    needed: FloatArray
    served: FloatArray
    covered: FloatArray
    other_level: FloatArray
    copaid: FloatArray
    identities: Mapping[str, float] = field(default_factory=dict)


def plan(setting: Setting, state: State, behaviour: Behaviour, shocks: Shocks, year: int) -> Plan:
    """Set the price, let need move, and find what it would cost the purchaser."""
    again: FloatArray | float = 0.0 if state.returning is None else state.returning
    need = need_of(setting, state, behaviour, shocks.need, year) + again
    own = needs_own_year(setting, year)
    priced = _expected_price(setting, state, year) if own else set_price(setting, state, year)
    rules: Any = setting.model.purchaser
    demography, more = (0.0, 0.0) if rules is None else (rules.demography.at(year), rules.need.at(year))
    planned = grown_budget(state.decided, demography, more)
    if priced is None:
        none = np.zeros(len(need))
        return Plan(None, need, again, need, none, planned, none)
    share = setting.scheme.mix.activity.at(year)
    prices = priced.prices * share
    use = prices
    if rules is not None and rules.budget_price == "previous-indexed" and year - 1 in state.made:
        use = state.made[year - 1].prices * (1.0 + setting.growth.decided[year]) * share
    ordered = ordered_at(setting, state, behaviour, priced, need, year)
    totals = ordered.sum(axis=-2)
    return Plan(priced, need, again, ordered, np.sum(planned * use, axis=-1), planned, np.sum(totals * prices, axis=-1))


def _expected_price(setting: Setting, state: State, year: int) -> YearPrice | None:
    """Stand-in until the year's own accounts are known: the rule on last year's, in this year's prices."""
    state = state.copy()
    growth = np.asarray(setting.growth.chain(year - 1, year))[..., None]
    for accounts in (state.cost, state.estimate):
        accounts[year] = accounts[year - 1] * growth
    state.volume[year] = state.volume[year - 1]
    state.spending[year] = state.spending[year - 1]
    _open(as_it_is(setting, state), state, year)
    return set_price(setting, state, year)


def answer(
    rules: Purchaser | None,
    plans: list[Plan],
    behaviour: Behaviour,
    granted: FloatArray,
    year: int,
    other_level_cost: float = 1.0,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the purchaser's answer to a shortfall: factors (B,) on volume and on prices, and money added.

    The budget of all schemes together is followed up every third or month of the year. Where need costs more, the
    held share is taken back in what is left of the year, by fewer decisions or a lower price as the model says;
    otherwise, or with the probability of a grant, money is added. A krone taken back saves less where the purchaser
    pays for what another level then takes: so much less is taken.
    """
    budget = sum((p.budget for p in plans), np.zeros(1))
    expected = sum((p.expected for p in plans), np.zeros(1))
    one = np.ones_like(budget)
    if rules is None or rules.holder != "purchaser":
        return one, one, 0.0 * one
    short = np.where(expected - budget > rules.threshold.at(year) * budget, expected - budget, 0.0)
    rest = 1.0 - (THIRD / 12.0 if rules.detection == "third" else 1.0 / 12.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = np.where(expected > 0.0, short / expected, 0.0)
    worth = max(1.0 - rules.copayment.at(year) * behaviour.spillover * other_level_cost, 0.0)
    taken = np.minimum(behaviour.budget_hold * worth * (1.0 - granted) * wanted, rest)
    factor = 1.0 - taken
    added = np.maximum(short - taken * expected, 0.0)
    return (one, factor, added) if rules.response == "quality-cut" else (factor, one, added)


def produce(
    setting: Setting,
    state: State,
    behaviour: Behaviour,
    shocks: Shocks,
    year: int,
    planned: Plan,
    *,
    volume_factor: FloatArray,
    price_factor: FloatArray,
    supplement: FloatArray,
    power: FloatArray | None = None,
) -> tuple[State, Outcome]:
    """Let the units produce, settle the year and return the state after it.

    Parameters
    ----------
    planned : Plan
    volume_factor, price_factor, supplement : array (B,)
        The purchaser's answer.
    power : array (n,), optional
        Incentive power of each unit; needed where initiative has a ratchet.

    Raises
    ------
    SettlementError
        When an identity of the accounts fails.
    """
    state = state.copy()
    first, setting = setting, as_it_is(setting, state)
    _open(setting, state, year)
    allocated = planned.ordered * volume_factor[:, None, None]
    priced = planned.priced
    if priced is not None and (price_factor != 1.0).any():
        prices = priced.prices * price_factor[:, None]
        priced = replace(priced, level=priced.level * price_factor, prices=prices, pure=False)
    real = np.asarray(setting.growth.real(setting.base, year))[..., None]
    paid = _paid(setting, state, behaviour, year, allocated, planned.planned)
    fixed = fixed_income(MONEY, setting, state, year, priced, paid)
    weighted = allocated @ setting.weights
    before = _structural(setting, weighted, state.efficiency * state.quality * state.case_mix) * real
    expected = income(MONEY, setting, state, year, fixed, before).total
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.where(before > 0.0, 1.0 - expected / before, 0.0)
    hardness = setting.scheme.settlement.carry_deficit.at(year)
    pressure = hardness * np.maximum(gap, 0.0)
    if (behaviour.rationing and setting.scheme.mix.activity.at(year) == 0.0) or (
        priced is None and behaviour.rationing
    ):
        allocated = allocated * (1.0 - behaviour.rationing * pressure)[..., None]
        paid = _paid(setting, state, behaviour, year, allocated, planned.planned)
        fixed = fixed_income(MONEY, setting, state, year, priced, paid)
        weighted = allocated @ setting.weights
    _respond(setting, state, behaviour, gap, pressure, hardness, power)
    assert state.settled is not None
    spending = behaviour.reserve_spending * state.settled
    cost = _cost(setting, state, behaviour, shocks, weighted, real) + spending
    state.cost[year], state.spending[year], state.volume[year] = cost, spending, paid
    state.estimate[year] = cost if shocks.estimate is None else cost * (1.0 + shocks.estimate)
    if needs_own_year(setting, year):
        priced = set_price(first, state, year)
        fixed = fixed_income(MONEY, setting, state, year, priced, paid)
    got = income(MONEY, setting, state, year, fixed, cost)
    total = np.broadcast_to(got.total, cost.shape)
    result = total - cost
    done = balance(MONEY, setting, state, year, result, total)
    leaving, settled, closing = closed_by_debt(first, state, behaviour, done.settled, total)
    met = np.minimum(allocated, planned.need)
    other_level = _other_level(setting, behaviour, planned.need - met, real)
    outcome = Outcome(
        year=year,
        priced=priced,
        need=planned.need.sum(axis=-2),
        decided=allocated.sum(axis=-2),
        weighted=weighted,
        income=total,
        activity=np.broadcast_to(fixed.activity.total, cost.shape),
        cost=cost,
        result=result,
        opening=state.closing,
        closing=closing,
        lapsed=np.broadcast_to(done.lapsed, cost.shape),
        quality=state.quality,
        gap=gap,
        settled=settled,
        spending=spending,
        budget=planned.budget,
        supplement=supplement,
        receipts=_received(setting, state, year, weighted, real),
        others=_others(setting, fixed, priced, paid, year),
        needed=planned.need @ setting.weights,
        served=met @ setting.weights,
        covered=met.sum(axis=-2),
        other_level=other_level,
        copaid=other_level * _copayment(setting, year),
    )
    if behaviour.spillover and behaviour.comes_back:
        state.returning = behaviour.spillover * behaviour.comes_back * (planned.need - met)
    outcome = _checked(setting, outcome, paid)
    _advance(first, state, outcome, planned, np.broadcast_to(fixed.block, cost.shape), done.saved)
    if moves_units(behaviour):
        hand_over(first, state, leaving, small_ones(first, state, behaviour, weighted), weighted)
    return state, outcome


def _advance(
    setting: Setting, state: State, outcome: Outcome, planned: Plan, block: FloatArray, saved: FloatArray | None
) -> None:
    """Put a settled year into the state and forget what no later price can ask for."""
    year = outcome.year
    state.year = year
    state.need = np.asarray(planned.need - planned.again)
    state.decided = outcome.decided
    state.budget = outcome.budget
    if outcome.priced is not None:
        state.made[year] = outcome.priced
    state.settled_year = year
    state.income, state.result, state.block = outcome.income, outcome.result, block
    state.closing, state.saved = outcome.closing, saved
    state.settled = outcome.settled.kept + outcome.settled.carried
    move_fund(setting, state, year, outcome.priced)
    seen = setting.yardstick.measure.years if isinstance(setting.yardstick, Measured) else 1
    oldest = year - setting.scheme.price.lag - max(seen, 1)
    state.forget(range(setting.base + 1, oldest), {setting.scheme.block.share_year})


def _open(setting: Setting, state: State, year: int) -> None:
    """Enter what is known of a year before it begins: columns, component costs that follow cost growth, and units."""
    state.columns[year], state.present[year] = setting.columns, setting.present
    grown = by_draw(setting.growth.real(setting.base, year))
    names = {component.column for component in setting.scheme.mix.component}
    state.components[year] = {name: np.asarray(setting.columns[name] * grown) for name in names}


def _paid(
    setting: Setting, state: State, behaviour: Behaviour, year: int, allocated: FloatArray, planned: FloatArray
) -> FloatArray:
    rule = setting.scheme.volume
    performed = None
    if rule.basis not in COLUMN_BASES:
        performed = allocated * setting.recorded * (1.0 - behaviour.under_recording)
    if behaviour.coding and rule.basis in SELF_RECORDED:
        if performed is not None:
            performed = performed * (1.0 + behaviour.coding)
        else:
            allocated = allocated * (1.0 + behaviour.coding)
    plans = None
    if rule.planned:
        # The plan of the scheme is shared by what each unit did the year before.
        before = state.need
        total = before.sum(axis=-2, keepdims=True)
        plans = np.where(total > 0.0, before / np.where(total > 0.0, total, 1.0), 0.0) * planned[..., None, :]
    return paid_volume(
        allocated,
        performed,
        plans,
        basis=rule.basis,
        marginal_below=rule.marginal_below.at(year),
        marginal_above=rule.marginal_above.at(year),
        cap=None if rule.cap is None else rule.cap.at(year),
        floor=None if rule.floor is None else rule.floor.at(year),
    )


def _other_level(setting: Setting, behaviour: Behaviour, unmet: FloatArray, real: FloatArray) -> FloatArray:
    """What another level spends on its share of need (B, n, K) that is not met: at what it would cost here on average.

    Cost here is the scheme's cost per weighted volume in the accounts, at the year's costs.
    """
    volume = float((setting.need @ setting.weights).sum())
    if not behaviour.spillover or volume <= 0.0:
        return np.zeros(len(unmet))
    each = float(setting.data.cost[:, -1].sum()) / volume * setting.outlook.other_level_cost
    value: FloatArray = (unmet @ setting.weights).sum(axis=-1) * each * np.broadcast_to(real, (len(unmet), 1))[:, 0]
    return behaviour.spillover * value


def _copayment(setting: Setting, year: int) -> float:
    rules = setting.model.purchaser
    return 0.0 if rules is None else rules.copayment.at(year)


def _received(setting: Setting, state: State, year: int, weighted: FloatArray, real: FloatArray) -> FloatArray:
    """What others pay to the budget holder, array (B, R): columns move by volume and cost growth where a rule says."""
    before = setting.need @ setting.weights
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.where(before > 0.0, weighted / before, 1.0)
    found = receipts(MONEY, setting, state, year, volume=moved, prices=real)
    sums = [np.broadcast_to(one.amount, weighted.shape).sum(axis=-1) for one in found]
    return np.stack(sums, axis=-1) if sums else np.zeros((len(weighted), 0))


def _others(setting: Setting, fixed: Fixed, priced: YearPrice | None, paid: FloatArray, year: int) -> FloatArray:
    """What others than the budget holder pay of the units' income, array (B,)."""
    lines = np.zeros(paid.shape)
    if priced is not None and any(service.paid_by is not None for service in setting.scheme.service):
        prices = priced.prices if priced.prices.ndim == 1 else priced.prices[:, None, :]
        lines = paid * prices * priced.unit_factor[..., None] * setting.scheme.mix.activity.at(year)
    parts = paid_by_others(setting, fixed, lines).values()
    whole = sum((np.broadcast_to(part, paid.shape[:-1]).sum(axis=-1) for part in parts), np.zeros(len(paid)))
    return np.asarray(whole)


def _respond(
    setting: Setting,
    state: State,
    behaviour: Behaviour,
    gap: FloatArray,
    pressure: FloatArray,
    hardness: float,
    power: FloatArray | None,
) -> None:
    """Effort, initiative and quality answer to the gap; the state's unit cost and quality move."""
    if behaviour.effort:
        state.efficiency = state.efficiency * (1.0 - behaviour.effort * pressure)
    if behaviour.initiative:
        kept = 1.0 if power is None else power
        state.efficiency = state.efficiency * (1.0 - behaviour.initiative * (1.0 - behaviour.ratchet * (1.0 - kept)))
    if behaviour.quality_cut:
        moved = state.quality - behaviour.quality_cut * hardness * gap
        state.quality = np.clip(moved, behaviour.quality_floor, 1.0)
    if setting.outlook.case_mix_drift:
        state.case_mix = state.case_mix * (1.0 + setting.outlook.case_mix_drift)


def _structural(setting: Setting, weighted: FloatArray, level: FloatArray) -> FloatArray:
    return np.asarray((setting.fixed + setting.variable * weighted) * level)


def _cost(
    setting: Setting, state: State, behaviour: Behaviour, shocks: Shocks, weighted: FloatArray, real: FloatArray
) -> FloatArray:
    """Cost of the year before spending of reserves: fixed cost, staff, and volume above the staff."""
    used = weighted
    if behaviour.staffing_lag:
        staff = weighted + behaviour.staffing_lag * (state.staff - weighted)
        used = np.maximum(staff, weighted) + behaviour.short_contract * np.maximum(weighted - staff, 0.0)
        state.staff = staff
    else:
        state.staff = weighted
    cost = _structural(setting, used, state.efficiency * state.quality * state.case_mix) * real
    return np.asarray(cost if shocks.cost is None else cost * np.exp(shocks.cost))


def _checked(setting: Setting, outcome: Outcome, paid: FloatArray) -> Outcome:
    """Assert the identities of a year and return the outcome with their largest deviations."""
    s = outcome.settled
    held = np.abs(outcome.cost) + np.abs(outcome.income) + np.abs(outcome.opening)
    scale = np.maximum(held.sum(axis=-1), 1.0)
    money = outcome.income + s.dispensation + s.interest - s.returned - outcome.lapsed
    money = money - outcome.cost - outcome.closing + outcome.opening
    kept = outcome.result - s.kept - s.carried - s.returned
    brought = outcome.opening + s.interest + s.kept + s.carried + s.dispensation - outcome.lapsed - outcome.closing
    found = {
        "money in = money out": float(np.max(np.abs(money.sum(axis=-1)) / scale)),
        "result = kept + carried + returned": float(np.max(np.abs(kept).sum(axis=-1) / scale)),
        "reserves reconcile": float(np.max(np.abs(brought).sum(axis=-1) / scale)),
        "no negative volume": float(max(0.0, -paid.min())) if paid.size else 0.0,
    }
    if outcome.priced is not None and outcome.priced.pure:
        made = outcome.priced
        left, right = np.sum(made.prices * made.base_volume, axis=-1), made.deflator * made.cost_base
        found["price identity Σ p·V = d·C"] = float(np.max(np.abs(left / right - 1.0)))
    for name, deviation in found.items():
        if not deviation <= RELATIVE:
            raise SettlementError(f"{name} ({setting.scheme.id} {outcome.year})", deviation)
    return replace(outcome, identities=found)

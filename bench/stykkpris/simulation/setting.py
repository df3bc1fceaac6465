"""`Setting`: what stays the same in a simulated scheme, read off its accounts; `State`: what moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, Issue, OptionError
from bench.modelfile import Model, Scheme, service_weights
from bench.modelfile.blocks import FIXED_SOURCES
from bench.stykkpris.cycle import SchemeCycle, YearAccounts
from bench.stykkpris.indexation import Index
from bench.stykkpris.price_path import PricePath
from bench.stykkpris.rounding import floats
from bench.stykkpris.scheme_data import SchemeData, multiplier_weights
from bench.stykkpris.simulation.growth import Growth
from bench.stykkpris.simulation.outlook import Movement, Outlook, movement
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A price that has been set: level (B,), prices (B, K), weights (K,), and the year of its accounts."""

    level: FloatArray
    prices: FloatArray
    weights: FloatArray
    cost_year: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """One scheme before the first simulated year.

    Attributes
    ----------
    model, scheme, data : Model, Scheme, SchemeData
        The accounts up to the base year.
    growth : Growth
    base : int
        Last year of accounts.
    first_year : int
        First year of the system.
    present : bool array (n,)
        Units with accounts in the base year.
    columns : mapping of arrays (n,)
        Other columns in the base year.
    weights : array (K,)
        Cost weight of each service: what a unit of it costs relative to the others.
    fixed, variable : array (n,)
        Fixed cost, and cost per weighted volume, at base-year prices.
    recorded : array (n, K)
        Paid over decided volume where performed volume is paid; 1 elsewhere.
    movement : Movement
    outlook : Outlook
    norms : mapping of (unit, year) to NOK
    multipliers : mapping of service to price, or None
    weight_year : int
        Year whose volumes give rule-based weights.
    """

    model: Model
    scheme: Scheme
    data: SchemeData
    growth: Growth
    base: int
    first_year: int
    present: npt.NDArray[np.bool_]
    columns: Mapping[str, FloatArray]
    weights: FloatArray
    fixed: FloatArray
    variable: FloatArray
    recorded: FloatArray
    movement: Movement
    outlook: Outlook
    norms: Mapping[tuple[str, int], float] | None
    multipliers: Mapping[str, float] | None
    weight_year: int

    @property
    def need(self) -> FloatArray:
        """Decided volume of the base year, array (n, K)."""
        return np.asarray(self.data.allocated[:, -1])

    def reference_prices(self, made: Mapping[int, Made]) -> FloatArray:
        """Return what each service was worth in the base year: its price, or its cost where it had none, array (K,).

        The cost of a service is its cost key's share, or that of its cost weight, over its volume.
        """
        if self.base in made:
            return np.asarray(made[self.base].prices)
        volume, cost = self.data.volume[:, -1].sum(axis=0), float(self.data.cost[:, -1].sum())
        keys = [service.cost_key for service in self.scheme.service]
        if self.scheme.price.update == "cost-keys" and None not in keys:
            shares = np.array([key.at(self.base) for key in keys if key is not None])
        else:
            shares = self.weights * volume / max(float(self.weights @ volume), 1e-300)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(volume > 0.0, shares * cost / volume, 0.0)

    def price_weights(self, year: int) -> FloatArray:
        """Return the weights the price rule uses in a year, policy factors included."""
        if self.scheme.price.update == "multipliers":
            return multiplier_weights(self.data, self.multipliers)
        t = self.data.at(self.weight_year)
        volumes = dict(zip(self.data.services, self.data.volume[:, t].sum(axis=0).tolist(), strict=True))
        found = service_weights(self.scheme, year, volumes, float(self.data.cost[:, t].sum()))
        return np.array(list(found.values()))


@dataclass(slots=True, eq=False)
class State:
    """One scheme after a year, for a block of draws; leading axis B where it differs between draws.

    Attributes
    ----------
    year : int
        Last year that is over.
    cost, spending, estimate : dict of year to array (B, n)
        Accounts; the part of them paid out of reserves; the estimate the price may build on.
    volume : dict of year to array (B, n, K)
        Paid volume.
    made : dict of year to Made
    need : array (B, n, K)
    decided : array (B, K)
        Decided volume of the scheme in the last year.
    budget : array (B,) or None
        The purchaser's money in the last year.
    closing, settled, income, block, result : array (B, n) or None
        Of the last year under the system; None before its first.
    saved : array (B, n, E) or None
        Saved surpluses by age, where they lapse.
    fund : array (B,)
        The fee fund of a scheme whose fees are to cover its cost.
    efficiency, quality, staff, case_mix : array (B, n)
        Unit cost against the base year; quality; staff in weighted volume; care need per user.
    seen, selected : array (B, n)
        Under user choice: the quality users have answered, and how heavy users selection has left.
    heirs : array (B, n, n) or None
        Share of a unit's users (row) that each unit (column) serves; None while no unit has closed or merged.
    heirs_in : dict of year to array (B, n, n)
        The same in earlier years, where it was not None.
    """

    year: int
    cost: dict[int, FloatArray]
    volume: dict[int, FloatArray]
    spending: dict[int, FloatArray]
    estimate: dict[int, FloatArray]
    made: dict[int, Made]
    need: FloatArray
    decided: FloatArray
    budget: FloatArray | None
    efficiency: FloatArray
    quality: FloatArray
    staff: FloatArray
    case_mix: FloatArray
    seen: FloatArray
    selected: FloatArray
    closing: FloatArray
    settled: FloatArray
    income: FloatArray | None = None
    block: FloatArray | None = None
    result: FloatArray | None = None
    saved: FloatArray | None = None
    fund: FloatArray = field(default_factory=lambda: np.zeros(1))
    heirs: FloatArray | None = None
    heirs_in: dict[int, FloatArray] = field(default_factory=dict)

    def copy(self) -> State:
        """Return a state whose years can be added to without moving this one."""
        return replace(
            self,
            cost=dict(self.cost),
            volume=dict(self.volume),
            spending=dict(self.spending),
            estimate=dict(self.estimate),
            made=dict(self.made),
            heirs_in=dict(self.heirs_in),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """Where a scheme stands when the simulation begins: its last settled accounts and price, if any.

    ``saved`` (n, E + 1) holds surpluses by age where they lapse after E years; ``fund`` is the fee fund.
    """

    accounts: YearAccounts | None
    made: Mapping[int, Made] = field(default_factory=dict)
    saved: FloatArray | None = None
    fund: float = 0.0


def truncated(data: SchemeData, before: int) -> SchemeData:
    """Return the accounts of the years before a year.

    Raises
    ------
    DataError
        When there are none.
    """
    kept = [t for t, year in enumerate(data.years) if year < before]
    if not kept:
        raise DataError(
            [
                Issue(
                    "no-accounts",
                    f"scheme {data.scheme.id!r} has no accounts before {before}",
                    f"simulate from {data.years[0] + 1} on, or add earlier years",
                    period=str(before),
                )
            ]
        )
    end = kept[-1] + 1
    return replace(
        data,
        years=data.years[:end],
        present=data.present[:, :end],
        cost=data.cost[:, :end],
        volume=data.volume[:, :end],
        allocated=data.allocated[:, :end],
        columns={name: values[:, :end] for name, values in data.columns.items()},
    )


def cost_weights(data: SchemeData) -> FloatArray:
    """Return what a unit of each service costs relative to the others.

    The model's weights without their policy factors; where a scheme states none, each service stands for an equal
    share of the cost, so that visits and bed-days can be added.
    """
    volumes = dict(zip(data.services, data.volume[:, -1].sum(axis=0).tolist(), strict=True))
    stated = [service.weight is not None or service.weight_rule is not None for service in data.scheme.service]
    priced = data.scheme.price.source in FIXED_SOURCES
    if data.services and (all(stated) or priced):
        found = service_weights(data.scheme, data.years[-1], volumes, float(data.cost[:, -1].sum()))
        factors = [service.policy_factor.at(data.years[-1]) for service in data.scheme.service]
        return np.asarray(np.array(list(found.values())) / np.array(factors))
    size = max(len(volumes), 1)
    return np.array([1.0 / (size * volume) if volume > 0.0 else 0.0 for volume in volumes.values()])


def setting_of(
    model: Model,
    data: SchemeData,
    index: Index,
    growth: Growth,
    outlook: Outlook,
    *,
    norms: Mapping[tuple[str, int], float] | None = None,
    multipliers: Mapping[str, float] | None = None,
) -> tuple[Setting, Opening]:
    """Read a scheme's setting and opening off its accounts.

    Raises
    ------
    OptionError
        When the system starts after the first simulated year.
    """
    base = data.years[-1]
    path = PricePath(model, data, index, norms=norms, multipliers=multipliers)
    first = path.first_year()
    if first > base + 1:
        raise OptionError(f"the system starts in {first}: simulate from then on, with accounts up to {first - 1}")
    weights = cost_weights(data)
    weighted = data.allocated[:, -1] @ weights
    cost = data.cost[:, -1]
    share = np.where(weighted > 0.0, outlook.fixed_share, 1.0)
    opening = _opening(model, data, path, first)
    weight_year = base
    if path.made:
        stated = path.made[min(path.made)].cost_year
        weight_year = stated if stated is not None and stated <= base else data.years[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        own = data.volume[:, -1] / data.allocated[:, -1]
        variable = np.where(weighted > 0.0, (1.0 - share) * cost / weighted, 0.0)
    performed = data.scheme.volume.basis in ("performed", "min") and not data.scheme.volume.planned
    setting = Setting(
        model=model,
        scheme=data.scheme,
        data=data,
        growth=growth,
        base=base,
        first_year=first,
        present=data.present[:, -1],
        columns={name: values[:, -1] for name, values in data.columns.items()},
        weights=weights,
        fixed=share * cost,
        variable=variable,
        recorded=np.where(np.isfinite(own) & performed, own, 1.0),
        movement=movement(data, weights, outlook),
        outlook=outlook,
        norms=norms,
        multipliers=multipliers,
        weight_year=weight_year,
    )
    return setting, opening


def _opening(model: Model, data: SchemeData, path: PricePath, first: int) -> Opening:
    if first > data.years[-1]:
        return Opening(None)
    path.run()
    accounts = SchemeCycle(model, data, path).run()
    made = {year: Made(np.asarray(p.level), p.prices, p.weights, p.cost_year) for year, p in path.made.items()}
    last = data.years[-1]
    saved = _vintages(data.scheme.settlement.expiry, accounts)
    return Opening(accounts[-1] if accounts else None, {y: m for y, m in made.items() if y <= last}, saved, path.fund)


def _vintages(expiry: int | None, accounts: list[YearAccounts]) -> FloatArray | None:
    """Saved surpluses by age at the end of the settled years."""
    if expiry is None or not accounts:
        return None
    saved = np.zeros((len(accounts[0].present), expiry + 1))
    for year in accounts:
        s = year.settled
        before = floats(s.closing) + floats(year.lapsed)
        _, saved = lapse(saved, floats(s.kept) + floats(s.interest), before)
    return saved


def lapse(saved: FloatArray, gained: FloatArray, closing: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what lapses and the saved surpluses one year older; what was saved first is used first.

    Parameters
    ----------
    saved : array (..., E + 1)
        By age at the end of the year before; the oldest lapse when they reach age E.
    gained, closing : array (...)
        The year's surplus with interest, and the balance before anything lapses.
    """
    aged = np.concatenate([np.maximum(gained, 0.0)[..., None], saved[..., :-1]], axis=-1)
    used = np.maximum(aged.sum(axis=-1) - np.maximum(closing, 0.0), 0.0)
    for age in range(aged.shape[-1] - 1, -1, -1):
        taken = np.minimum(aged[..., age], used)
        aged[..., age] -= taken
        used = used - taken
    lapsed = aged[..., -1].copy()
    aged[..., -1] = 0.0
    return lapsed, aged


def start(setting: Setting, opening: Opening, draws: int) -> State:
    """Return the state at the end of the base year."""
    data, n = setting.data, len(setting.data.units)
    estimate = data.columns.get(setting.scheme.price.estimate_column or "", data.cost)
    spent = data.columns.get(setting.scheme.price.reserve_column or "", np.zeros_like(data.cost))
    years = data.years
    last = opening.accounts
    settled = np.zeros(n) if last is None else floats(last.settled.kept) + floats(last.settled.carried)
    expiry = setting.scheme.settlement.expiry
    closing = np.zeros(n) if last is None else floats(last.settled.closing)
    saved: Any = None
    if expiry is not None:
        held = np.zeros((n, expiry + 1)) if opening.saved is None else opening.saved
        saved = np.broadcast_to(held, (draws, *held.shape)).copy()
    ones = np.ones((draws, n))
    return State(
        year=setting.base,
        cost={year: data.cost[:, t] for t, year in enumerate(years)},
        volume={year: data.volume[:, t] for t, year in enumerate(years)},
        spending={year: spent[:, t] for t, year in enumerate(years)},
        estimate={year: estimate[:, t] for t, year in enumerate(years)},
        made=dict(opening.made),
        need=np.broadcast_to(setting.need, (draws, *setting.need.shape)),
        decided=np.broadcast_to(setting.need.sum(axis=0), (draws, setting.need.shape[1])),
        budget=None,
        efficiency=ones.copy(),
        quality=ones.copy(),
        staff=np.broadcast_to(setting.need @ setting.weights, (draws, n)).copy(),
        case_mix=ones.copy(),
        seen=ones.copy(),
        selected=ones.copy(),
        closing=np.broadcast_to(closing, (draws, n)).copy(),
        settled=np.broadcast_to(settled, (draws, n)).copy(),
        income=None if last is None else floats(last.income),
        block=None if last is None else floats(last.block),
        result=None if last is None else floats(last.result),
        saved=saved,
        fund=np.full(draws, opening.fund),
    )

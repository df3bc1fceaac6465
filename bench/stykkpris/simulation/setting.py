"""`Setting`: what stays the same in a simulated scheme, read off its accounts; `State`: what moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

from bench.errors import DataError, Issue, OptionError
from bench.modelfile import Model, service_weights
from bench.modelfile.sections.blocks import FIXED_SOURCES
from bench.stykkpris.rounding import exact, floats
from bench.stykkpris.rules.indexation import Index
from bench.stykkpris.scheme_data import SchemeData
from bench.stykkpris.simulation.growth import Growth
from bench.stykkpris.simulation.outlook import Movement, Outlook, movement
from bench.stykkpris.year.books import Books, Ground, Required, YearPrice
from bench.stykkpris.year.course import first_year, opened, run_years
from bench.stykkpris.year.yardstick import Given, Measure, Measured, Standing
from bench.typing import BoolArray, FloatArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Setting(Ground):
    """One scheme before the first simulated year.

    Attributes
    ----------
    model, data, growth, first_year, yardstick
        As in :class:`bench.stykkpris.year.books.Ground`; the accounts up to the base year.
    base : int
        Last year of accounts.
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
    """

    growth: Growth
    base: int
    present: BoolArray
    columns: Mapping[str, FloatArray]
    weights: FloatArray
    fixed: FloatArray
    variable: FloatArray
    recorded: FloatArray
    movement: Movement
    outlook: Outlook

    @property
    def need(self) -> FloatArray:
        """Decided volume of the base year, array (n, K)."""
        return np.asarray(self.data.allocated[:, -1])

    def reference_prices(self, made: Mapping[int, YearPrice]) -> FloatArray:
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


@dataclass(slots=True, eq=False, kw_only=True)
class State(Books):
    """One scheme after a year, for a block of draws; leading axis B where it differs between draws.

    Attributes
    ----------
    need : array (B, n, K)
    decided : array (B, K)
        Decided volume of the scheme in the last year.
    budget : array (B,) or None
        The purchaser's money in the last year.
    efficiency, quality, staff, case_mix : array (B, n)
        Unit cost against the base year; quality; staff in weighted volume; care need per user.
    seen, selected : array (B, n)
        Under user choice: the quality users have answered, and how heavy users selection has left.
    returning : array (B, n, K) or None
        Need that another level took last year and that comes back this year.
    heirs : array (B, n, n) or None
        Share of a unit's users (row) that each unit (column) serves; None while no unit has closed or merged.
    """

    need: FloatArray
    decided: FloatArray
    budget: FloatArray | None
    efficiency: FloatArray
    quality: FloatArray
    staff: FloatArray
    case_mix: FloatArray
    seen: FloatArray
    selected: FloatArray
    returning: FloatArray | None = None
    heirs: FloatArray | None = None


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
    given: Given,
    required: Required | None = None,
    measure: Measure | None = None,
) -> tuple[Setting, Books]:
    """Read a scheme's setting off its accounts, and the books they leave when they are settled.

    Raises
    ------
    OptionError
        When the system starts after the first simulated year.
    """
    base, first = data.years[-1], first_year(model, data)
    if first > base + 1:
        raise OptionError(f"the system starts in {first}: simulate from then on, with accounts up to {first - 1}")
    weights = cost_weights(data)
    weighted = data.allocated[:, -1] @ weights
    cost = data.cost[:, -1]
    share = np.where(weighted > 0.0, outlook.fixed_share, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = data.volume[:, -1] / data.allocated[:, -1]
        variable = np.where(weighted > 0.0, (1.0 - share) * cost / weighted, 0.0)
    performed = data.scheme.volume.basis in ("performed", "min") and not data.scheme.volume.planned
    setting = Setting(
        model=model,
        data=data,
        growth=growth,
        first_year=first,
        yardstick=Standing(given, base) if measure is None else Measured(given, base, measure),
        required=required,
        base=base,
        present=data.present[:, -1],
        columns={name: values[:, -1] for name, values in data.columns.items()},
        weights=weights,
        fixed=share * cost,
        variable=variable,
        recorded=np.where(np.isfinite(own) & performed, own, 1.0),
        movement=movement(data, weights, outlook),
        outlook=outlook,
    )
    return setting, _opening(setting, index, given)


def _opening(setting: Setting, index: Index, given: Given) -> Books:
    """Return the books at the end of the accounts, with amounts as floats; no price is known beyond them."""
    base = setting.base
    if setting.first_year > base:
        first_cost_year = min(setting.first_year - setting.scheme.price.lag, base)
        return unsettled(setting, max(first_cost_year, setting.data.years[0]))
    with exact():
        books = run_years(setting.model, setting.data, index, given, setting.required).books
    made = {year: price for year, price in books.made.items() if year <= base}
    saved = None if books.saved is None else floats(books.saved)
    return replace(books, made=made, closing=floats(books.closing), saved=saved)


def unsettled(setting: Setting, weight_year: int | None) -> Books:
    """Return books that hold the accounts and nothing else: no price, no balance."""
    books = opened(setting)
    for year in setting.data.years:
        books.enter(setting.data, year)
    saved = None if books.saved is None else floats(books.saved)
    return replace(books, weight_year=weight_year, closing=floats(books.closing), saved=saved)


def start(setting: Setting, opening: Books, draws: int) -> State:
    """Return the state at the end of the base year."""
    n, books = len(setting.units), opening.copy()
    ones = np.ones((draws, n))

    def wide(values: FloatArray | None) -> FloatArray:
        values = np.zeros(n) if values is None else values
        return np.broadcast_to(values, (draws, *values.shape)).copy()

    held = {field.name: getattr(books, field.name) for field in fields(Books)}
    held |= {"closing": wide(books.closing), "settled": wide(books.settled)}
    held["funds"] = {year: wide(fund) for year, fund in books.funds.items()}
    held["saved"] = None if books.saved is None else wide(books.saved)
    return State(
        **held,
        need=np.broadcast_to(setting.need, (draws, *setting.need.shape)),
        decided=np.broadcast_to(setting.need.sum(axis=0), (draws, setting.need.shape[1])),
        budget=None,
        efficiency=ones.copy(),
        quality=ones.copy(),
        staff=wide(setting.need @ setting.weights),
        case_mix=ones.copy(),
        seen=ones.copy(),
        selected=ones.copy(),
    )

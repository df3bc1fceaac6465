"""What a year sees: the scheme and its rules, and the accounts, prices and balances up to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, Issue
from bench.modelfile import Model, Scheme
from bench.modelfile import cost_weights as stated_weights
from bench.stykkpris.scheme_data import SchemeData
from bench.typing import BoolArray, FloatArray

Amounts = npt.NDArray[Any]


class Chain(Protocol):
    """Growth of prices, as the price setter knows it."""

    def growth(self, year: int) -> float:
        """Return the growth into a year, as decided before it."""

    def real(self, start: int, end: int) -> Any:
        """Return the growth of costs from one year to another as it turned out, a number or an array (B,)."""

    def chain(self, start: int, end: int) -> Any:
        """Return the factor from prices of one year to prices of another, a number or an array (B,)."""


class Yardstick(Protocol):
    """What a frontier says about accounts: each answer is measured with no accounts after those it is about."""

    def norms(self, ground: Ground, books: Books, year: int) -> FloatArray | None:
        """Return each unit's cost norm (..., n) in a year's accounts, NOK; NaN where there is none."""

    def level(self, ground: Ground, books: Books, year: int, weights: FloatArray) -> FloatArray:
        """Return the frontier's cost per weighted unit (...) in a year's accounts and prices."""

    def weights(self, year: int) -> FloatArray | None:
        """Return a benchmark price per service (K,) from a year's accounts."""


@dataclass(frozen=True, slots=True, eq=False)
class Required:
    """An efficiency requirement, decided before its first year.

    Attributes
    ----------
    feeds : {"price", "unit-price", "block", "information"}
        What the scheme pays less through.
    individual, general : mapping of year to array (n,)
        Shares of what was allowed the year before.
    base_cost, gap : array (n,)
        Cost and gap in the accounts it was decided on, NOK; NaN where they are not known.
    """

    feeds: str
    individual: Mapping[int, FloatArray]
    general: Mapping[int, FloatArray]
    base_cost: FloatArray
    gap: FloatArray

    @property
    def first_year(self) -> int:
        """First year with a requirement."""
        return min(self.individual)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a requirement takes out of one year's prices or grant.

    Attributes
    ----------
    cost_year : int or None
        Year of the accounts it is taken from.
    individual, general : array (..., n)
        Both parts, NOK in the year's prices.
    taken : float
        Share of the gap a frontier in the price has taken before it.
    """

    cost_year: int | None
    individual: FloatArray
    general: FloatArray
    taken: float

    @property
    def amount(self) -> FloatArray:
        """Both parts together, array (..., n)."""
        return np.asarray(self.individual + self.general)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ground:
    """What stays the same in a scheme from year to year.

    Attributes
    ----------
    model : Model
    data : SchemeData
        The accounts the scheme is read from; its ``scheme`` is the scheme.
    growth : Chain
    first_year : int
        First year of the system.
    yardstick : Yardstick or None
        Where a frontier is measured.
    required : Required or None
        The efficiency requirement.
    """

    model: Model
    data: SchemeData
    growth: Chain
    first_year: int
    yardstick: Yardstick | None = None
    required: Required | None = None

    @property
    def scheme(self) -> Scheme:
        """The scheme's rules."""
        return self.data.scheme

    @property
    def units(self) -> tuple[str, ...]:
        """Names of the units, in the order of every array."""
        return self.data.units


@dataclass(frozen=True, slots=True, eq=False)
class YearPrice:
    """The prices of one scheme in one year, and how they came about; draws lead where they differ.

    Attributes
    ----------
    year : int
    cost_year : int or None
        Year of the accounts; None for prices that look at none.
    deflator : float or array (B,)
        Factor from the prices of the cost year (or of last year's price) to those of the year.
    weights : array (K,)
    level : array (...)
        Level of the standard price: Σ p_k V_k / Σ w_k V_k.
    prices : array (..., K)
        Standard prices, before rounding.
    unit_factor : array (..., n)
        Each unit's factor on the standard prices (class, own cost excluded).
    source : str
    rule : {"accounts", "keys", "indexed", "level", "prices"}
        How it was made: from accounts, from cost keys, from last year's price, from a stated level or stated prices.
    cost_base : array (...)
        Cost the price is built on, in prices of the cost year; 0 where it looks at no accounts.
    base_volume : array (..., K)
        Volume of each service in the cost year.
    before : array (...) or None
        What the level was before rules moved it: the average cost at the year's prices, or last year's level; None
        where nothing moved it.
    pure : bool
        Whether the price is exactly d·C/Q.
    cost_weights : array (K,)
        Cost weight of each service: ``weights`` without the policy factors.
    policy_factors : array (K,)
    asked : Asked or None
        What a requirement takes out of the price.
    fall : array (...) or None
        What it takes of the scheme's income at the volumes of the accounts.
    held_back : array (...) or float
        What gain, corridor, floor and cap keep of it, NOK.
    """

    year: int
    cost_year: int | None
    deflator: Any
    weights: FloatArray
    level: FloatArray
    prices: FloatArray
    unit_factor: FloatArray
    source: str
    rule: str
    cost_base: FloatArray
    base_volume: FloatArray
    before: FloatArray | None = None
    pure: bool = False
    cost_weights: FloatArray = field(default_factory=lambda: np.ones(0))
    policy_factors: FloatArray = field(default_factory=lambda: np.ones(0))
    asked: Asked | None = None
    fall: FloatArray | None = None
    held_back: Any = 0.0


@dataclass(slots=True, eq=False, kw_only=True)
class Books:
    """A scheme's accounts, prices and balances up to a year; arrays (n,), or (B, n) where draws differ.

    Attributes
    ----------
    year : int
        Last year that is settled or entered.
    cost, spending, estimate : dict of year to array (..., n)
        Accounts; the part of them paid out of reserves; the estimate the price may build on.
    volume : dict of year to array (..., n, K)
        Paid volume.
    columns, components : dict of year to mapping of name to array (..., n)
        What corrections and criteria read; the cost of each component that is paid another way.
    present : dict of year to bool array (..., n)
        Whether a unit has accounts.
    made : dict of year to YearPrice
    norms : dict of year to array (..., n)
        Norms that were measured in these accounts, where a frontier is measured again.
    weight_year : int or None
        Year whose volumes give rule-based weights: that of the first price, fixed from then on.
    funds : dict of year to array (...)
        The fee fund, at the end of each year, of a scheme whose fees are to cover its cost.
    settled_year : int or None
        The last year under the system; of it:
    closing : amounts (..., n)
        Balance.
    settled, income, block, result : array (..., n), or None before the first
        What was kept and carried of the result, income, block grant and result.
    saved : array (..., n, E + 1) or None
        Saved surpluses by age, where they lapse.
    """

    year: int
    cost: dict[int, FloatArray] = field(default_factory=dict)
    spending: dict[int, FloatArray] = field(default_factory=dict)
    estimate: dict[int, FloatArray] = field(default_factory=dict)
    volume: dict[int, FloatArray] = field(default_factory=dict)
    columns: dict[int, Mapping[str, FloatArray]] = field(default_factory=dict)
    components: dict[int, Mapping[str, FloatArray]] = field(default_factory=dict)
    present: dict[int, BoolArray] = field(default_factory=dict)
    made: dict[int, YearPrice] = field(default_factory=dict)
    norms: dict[int, FloatArray] = field(default_factory=dict)
    weight_year: int | None = None
    funds: dict[int, FloatArray] = field(default_factory=dict)
    closing: Amounts
    saved: Amounts | None = None
    settled_year: int | None = None
    settled: FloatArray | None = None
    income: FloatArray | None = None
    block: FloatArray | None = None
    result: FloatArray | None = None

    def copy(self) -> Self:
        """Return books whose years can be added to without moving these."""
        names = ("cost", "spending", "estimate", "volume", "columns", "components", "present", "made", "norms", "funds")
        held: Any = {name: dict(getattr(self, name)) for name in names}
        return replace(self, **held)

    def enter(self, data: SchemeData, year: int) -> None:
        """Enter a year's accounts as they stand in the data."""
        price, t = data.scheme.price, data.at(year)
        self.year = max(self.year, year)
        self.cost[year], self.volume[year] = data.cost[:, t], data.volume[:, t]
        self.estimate[year] = data.columns.get(price.estimate_column or "", data.cost)[:, t]
        self.spending[year] = data.columns.get(price.reserve_column or "", np.zeros_like(data.cost))[:, t]
        self.columns[year] = self.components[year] = data.in_year(year)
        self.present[year] = data.present[:, t]

    def last(self, before: int) -> int | None:
        """Return the newest year with accounts up to and with a year."""
        return max((year for year in self.cost if year <= before), default=None)

    def fund(self, before: int) -> FloatArray:
        """Return the fee fund as its newest accounts up to and with a year left it."""
        seen = max((year for year in self.funds if year <= before), default=None)
        return np.zeros(()) if seen is None else self.funds[seen]

    def forget(self, years: range, keep: set[int | None]) -> None:
        """Leave out years that no later decision can ask for."""
        held: Any
        for held in (self.cost, self.spending, self.estimate, self.volume, self.columns, self.components, self.present):
            for year in [y for y in held if y in years and y not in keep]:
                del held[year]
        for held in (self.made, self.norms, self.funds):
            for year in [y for y in held if y in years]:
                del held[year]


def no_accounts(ground: Ground, year: int, message: str = "", remedy: str = "") -> DataError:
    """Return the error of a rule that asks for accounts that are not there."""
    years = ", ".join(map(str, ground.data.years))
    return DataError(
        [
            Issue(
                "no-accounts",
                message or f"scheme {ground.scheme.id!r} has no accounts for {year}",
                remedy or f"add the year, or start later; the years are {years}",
                period=str(year),
            )
        ]
    )


def cost_weights(ground: Ground, books: Books, year: int, cost_year: int | None) -> FloatArray:
    """Return what a unit of each service costs relative to the others, array (K,).

    Rule-based weights are those of ``books.weight_year``; benchmark prices as weights those of the cost year.

    Raises
    ------
    DataError
        When a benchmark price to weigh by is missing.
    """
    if ground.scheme.price.update == "multipliers":
        return _multipliers(ground, year if cost_year is None else cost_year)
    assert books.weight_year is not None
    cost, volume = books.cost[books.weight_year], books.volume[books.weight_year]
    volumes = dict(zip(ground.data.services, volume.sum(axis=0).tolist(), strict=True))
    return np.array(list(stated_weights(ground.scheme, year, volumes, float(cost.sum())).values()))


def policy_factors(ground: Ground, year: int) -> FloatArray:
    """Return what the payer wants to reward in each service, array (K,): it enters price and income only."""
    return np.array([service.policy_factor.at(year) for service in ground.scheme.service])


def _multipliers(ground: Ground, year: int) -> FloatArray:
    found = None if ground.yardstick is None else ground.yardstick.weights(year)
    prices = np.full(len(ground.data.services), np.nan) if found is None else found
    gone = [name for name, price in zip(ground.data.services, prices.tolist(), strict=True) if price != price]
    if gone:
        raise DataError(
            [Issue("no-multiplier", f"no benchmark price for {name!r}", "run the frontier first") for name in gone]
        )
    return prices


def by_draw(factor: Any) -> Any:
    """Return a factor as it multiplies arrays (..., n): a number, or an array (B, 1)."""
    return factor[..., None] if isinstance(factor, np.ndarray) else factor

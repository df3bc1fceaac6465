"""The year cycle of one scheme: price → volume → income → accounts → settlement → next price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, Issue
from bench.modelfile import Model
from bench.stykkpris import block as grants
from bench.stykkpris.corrections import ON_INCOME
from bench.stykkpris.mix import priced_cost, refund
from bench.stykkpris.price_path import PricePath, YearPrice
from bench.stykkpris.reserves import Reserves
from bench.stykkpris.rounding import Money, decimal, decimals, floats, round_amount, rounder, split, times
from bench.stykkpris.scheme_data import SchemeData
from bench.stykkpris.settlement import Settled
from bench.stykkpris.transition import transition_income
from bench.typing import FloatArray

ZERO = Decimal(0)


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
    correction_lines : mapping of name to array (n,) of decimals
    settled : Settled
    opening, lapsed : array (n,) of decimals
    payer : list of str
        Who pays each dispensation; empty where there is none.
    """

    year: int
    present: npt.NDArray[np.bool_]
    prices: Money
    lines: Money
    activity: Money
    block: Money
    refund: Money
    corrections: Money
    correction_lines: Mapping[str, Money]
    income: Money
    cost: Money
    result: Money
    opening: Money
    settled: Settled
    lapsed: Money
    payer: list[str]


@dataclass(slots=True)
class SchemeCycle:
    """Runs the years of one scheme in order.

    Parameters
    ----------
    model : Model
    data : SchemeData
    path : PricePath
        Prices already made.
    """

    model: Model
    data: SchemeData
    path: PricePath
    accounts: list[YearAccounts] = field(default_factory=list)

    def run(self) -> list[YearAccounts]:
        """Settle every year with accounts from the first year of the system."""
        reserves = Reserves(self.data.scheme.settlement, self.data.units, self.model.rounding.amount)
        first = self.path.first_year()
        for year in self.data.years:
            if year >= first:
                self.accounts.append(self._year(year, reserves))
        return self.accounts

    def _year(self, year: int, reserves: Reserves) -> YearAccounts:
        t = self.data.at(year)
        present = self.data.present[:, t]
        prices, lines = self._lines(year)
        activity = _sum(lines, axis=1)
        block = self._block(year)
        refunded = self._refund(year)
        parts = self._corrections(year, activity)
        before = activity + block + refunded + sum(parts.values(), _zeros(len(present)))
        change = self._transition(year, before)
        if change is not None:
            parts["transition"] = change
        corrections = sum(parts.values(), _zeros(len(present)))
        income = activity + block + refunded + corrections
        cost = decimals(self.data.cost[:, t])
        result = income - cost
        opening, settled, lapsed, payer = reserves.settle(year, result, income, present)
        return YearAccounts(
            year=year,
            present=present,
            prices=prices,
            lines=lines,
            activity=activity,
            block=block,
            refund=refunded,
            corrections=corrections,
            correction_lines=parts,
            income=income,
            cost=cost,
            result=result,
            opening=opening,
            settled=settled,
            lapsed=lapsed,
            payer=payer,
        )

    # -- activity ------------------------------------------------------------------------------------------

    def _lines(self, year: int) -> tuple[Money, Money]:
        """Prices and activity income, (n, K): volume × price × the activity share, rounded line by line."""
        volume = self.data.volume[:, self.data.at(year)]
        made = self.path.made.get(year)
        if made is None:
            empty = np.full(volume.shape, ZERO, dtype=object)
            return empty, empty
        prices = self.unit_prices(made)
        share = decimal(self.data.scheme.mix.activity.at(year))
        rule = self.model.rounding.amount
        lines = np.empty(volume.shape, dtype=object)
        for i, k in np.ndindex(*volume.shape):
            price = decimal(prices.item(i, k))
            lines[i, k] = round_amount(times(times(decimal(float(volume[i, k])), price), share), rule)
        return prices, lines

    def unit_prices(self, made: YearPrice) -> Money:
        """Return every unit's prices in a year, (n, K), rounded by the model's rule."""
        rounded = rounder(self.model.rounding.price)
        return rounded(decimals(made.unit_factor[:, None] * made.prices[None, :]))

    # -- block grant and refund ----------------------------------------------------------------------------

    def _block(self, year: int) -> Money:
        rule = self.data.scheme.block
        present = self.data.present[:, self.data.at(year)]
        amounts = self._component_block(year)
        if rule.kind == "none":
            return amounts
        if rule.kind == "incremental":
            return amounts + self._incremental(year, present)
        if rule.kind == "criteria":
            values = grants.criteria_values(self.data.in_year(year), rule.criterion)
            shares = grants.criteria_shares(values, np.array([c.weight.at(year) for c in rule.criterion]))
        elif rule.kind == "historic-share":
            of = self._share_year(year)
            cost = self.data.cost[:, self.data.at(of)]
            shares = grants.shares_of_those_left(cost, present, self.data.units, of)
        elif rule.kind == "norm-share":
            shares = self._norm_shares(year, present)
        else:
            shares = present / present.sum()
        return amounts + self._split(self._total(year), shares)

    def _norm_shares(self, year: int, present: npt.NDArray[np.bool_]) -> FloatArray:
        """Shares by the units' cost norms: a frontier as the key that allocates the grant."""
        stated = self.data.scheme.block.share_year
        base = stated if stated is not None else self._year_before(year)
        norms = self.path.norms or {}
        gone = [u for u, here in zip(self.data.units, present, strict=True) if here and (u, base) not in norms]
        if gone:
            raise DataError(
                [Issue("no-norm", f"no norm for {base}", "estimate a frontier first", unit=u) for u in gone]
            )
        values = [norms[unit, base] if here else 0.0 for unit, here in zip(self.data.units, present, strict=True)]
        return grants.historic_shares(np.array(values))

    def _split(self, total: float, shares: FloatArray) -> Money:
        made = np.empty(len(shares), dtype=object)
        made[:] = split(round_amount(decimal(total), self.model.rounding.amount), shares)
        return made

    def _share_year(self, year: int) -> int:
        rule = self.data.scheme.block
        if rule.share_year is not None:
            return rule.share_year
        return self._base_year(year)

    def _base_year(self, year: int) -> int:
        """Year whose accounts total and shares are of: last year's, or those before the system."""
        return self._year_before(year) if self.data.scheme.block.base == "accounts" else self._opening_year()

    def _opening_year(self) -> int:
        data = self.data
        return grants.opening_year(data.scheme.block, self.path.first_year(), data.years, data.scheme.id)

    def _year_before(self, year: int) -> int:
        """Year whose accounts stand for 'last year'; the year itself only where the model says so.

        Raises
        ------
        DataError
            When the year before has no accounts and the model does not let the year stand for it.
        """
        if year - 1 not in self.data.years and self.data.scheme.block.start == "contemporaneous":
            return year
        if year - 1 not in self.data.years:
            raise DataError(
                [
                    Issue(
                        "no-accounts",
                        f"the grant of {year} in {self.data.scheme.id!r} needs the accounts of {year - 1}",
                        "add the year, or state block.start = 'contemporaneous'",
                        period=str(year - 1),
                    )
                ]
            )
        return year - 1

    def _total(self, year: int) -> float:
        rule = self.data.scheme.block
        if rule.total is not None:
            base = year if rule.indexed_from is None else rule.indexed_from
            total = rule.total.at(year)
        else:
            assert rule.total_share is not None
            base = self._base_year(year)
            total = rule.total_share.at(year) * float(self.data.cost[:, self.data.at(base)].sum())
        return total * self.path.index.chain(base, year) * grants.need_factor(rule, base, year)

    def _incremental(self, year: int, present: npt.NDArray[np.bool_]) -> Money:
        """Last year's accounts or budget, indexed, with need and a share of last year's result."""
        rule = self.data.scheme.block
        last = self.accounts[-1] if self.accounts and self.accounts[-1].year == year - 1 else None
        share = self.data.scheme.mix.block.at(year) or 1.0
        base_year = self._year_before(year)
        accounts = self.data.cost[:, self.data.at(base_year)] * share
        if rule.base == "budget" and last is not None:
            base = np.where(floats(last.block) > 0.0, floats(last.block), accounts)
        else:
            base = accounts
        result = floats(last.result) if last is not None else 0.0
        made = grants.incremental(
            base,
            result,
            index=self.path.index.chain(base_year, year),
            need=rule.need.at(year),
            carry=rule.carry.at(year),
        )
        return rounder(self.model.rounding.amount)(decimals(np.where(present, made, 0.0)))

    def _component_block(self, year: int) -> Money:
        """Components paid as a block: last year's amount, indexed."""
        amounts = np.zeros(len(self.data.units))
        for component in self.data.scheme.mix.component:
            if component.treatment == "block":
                base = self._year_before(year)
                amounts = amounts + self.data.column(component.column, base) * self.path.index.chain(base, year)
        present = self.data.present[:, self.data.at(year)]
        return rounder(self.model.rounding.amount)(decimals(np.where(present, amounts, 0.0)))

    def _refund(self, year: int) -> Money:
        mix = self.data.scheme.mix
        t = self.data.at(year)
        refunded = [component for component in mix.component if component.treatment == "refund"]
        parts = np.zeros((len(self.data.units), len(refunded)))
        for m, component in enumerate(refunded):
            parts[:, m] = self.data.columns[component.column][:, t]
        shares = np.array([component.share.at(year) for component in refunded])
        priced = priced_cost(self.data.cost[:, t], parts, shares)
        amount = refund(priced, parts, shares, mix.refund.at(year))
        return rounder(self.model.rounding.amount)(decimals(amount))

    # -- corrections and transition ------------------------------------------------------------------------

    def _corrections(self, year: int, activity: Money) -> dict[str, Money]:
        rounded = rounder(self.model.rounding.amount)
        income = floats(activity)
        made: dict[str, Money] = {}
        for correction in self.data.scheme.correction:
            amount = self.path.correction(correction, year, income if correction.kind in ON_INCOME else income * 0.0)
            name = correction.name.en
            made[name] = made.get(name, _zeros(len(amount))) + rounded(decimals(amount))
        return made

    def _transition(self, year: int, income: Money) -> Money | None:
        rule = self.data.scheme.transition
        weight = rule.phase_in.at(year)
        if weight == 1.0 and rule.hold_harmless is None and rule.cap is None:
            return None
        last = self.accounts[-1] if self.accounts and self.accounts[-1].year == year - 1 else None
        if year - 1 not in self.data.years:
            raise DataError(
                [
                    Issue(
                        "no-accounts",
                        f"the transition into {year} needs the accounts of {year - 1}",
                        "add the year, or start the transition later",
                        period=str(year - 1),
                    )
                ]
            )
        growth = self.path.index.chain(year - 1, year)
        cost = self.data.cost[:, self.data.at(year - 1)] * growth
        earned = cost if last is None else floats(last.income) * growth
        moved = transition_income(
            floats(income),
            earned if rule.reference == "last-income" else cost,
            earned,
            phase_in=weight,
            hold_harmless=None if rule.hold_harmless is None else rule.hold_harmless.at(year),
            cap=None if rule.cap is None else rule.cap.at(year),
        )
        change = rounder(self.model.rounding.amount)(decimals(moved - floats(income)))
        present = self.data.present[:, self.data.at(year)]
        change[~present] = ZERO
        return change


def _zeros(n: int) -> Money:
    return np.full(n, ZERO, dtype=object)


def _sum(amounts: Money, axis: int) -> Money:
    """Sum decimals along an axis; zero where there is nothing to add."""
    if amounts.shape[axis] == 0:
        return _zeros(amounts.shape[1 - axis])
    total: Any = np.add.reduce(amounts, axis=axis, dtype=object)
    return np.asarray(total, dtype=object)

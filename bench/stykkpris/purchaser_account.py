"""The purchaser's account of a run: budget, expenditure, variance and the follow-up through the year."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np

from bench.errors import DataError, Issue
from bench.modelfile import Purchaser
from bench.stykkpris.frames import Row, SettledScheme
from bench.stykkpris.identities import Ledger
from bench.stykkpris.rounding import decimal, decimals, rounder, split, times
from bench.stykkpris.rules.purchaser import Variance, follow_up, group_growths, grown_budget, split_variance
from bench.stykkpris.tables import ExtraTables
from bench.stykkpris.year.course import YearAccounts
from bench.typing import FloatArray


class PurchaserAccount:
    """Sets the purchaser's volume budget against what was decided, scheme by scheme.

    Parameters
    ----------
    rules : Purchaser
    schemes : list of SettledScheme
    tables : ExtraTables
    """

    def __init__(self, rules: Purchaser, schemes: list[SettledScheme], tables: ExtraTables):
        self.rules, self.schemes, self.tables = rules, schemes, tables

    def rows(self, ledger: Ledger) -> Iterator[Row]:
        """Yield one row per year, scheme and service; the parts of every variance sum exactly."""
        found = [
            row
            for settled in self.schemes
            for year in settled.accounts
            if settled.made.get(year.year) is not None and self._has_budget(settled, year.year)
            for row in self._year(settled, year, ledger)
        ]
        if self.rules.supplement is not None:
            for when in sorted({row["year"] for row in found}):
                self._book([row for row in found if row["year"] == when], when, ledger)
        yield from found

    def _book(self, rows: list[Row], year: int, ledger: Ledger) -> None:
        """Add the year's decided grant to the budgets that were overspent, by what they were overspent."""
        assert self.rules.supplement is not None
        entry = self.rules.supplement.entry_at(year)
        amount = decimal(entry.value if entry is not None else 0.0)
        over = [max(row["variance"], 0.0) for row in rows]
        parts = split(amount, over if any(over) else [row["budget"] for row in rows])
        left = Decimal(0)
        for row, part in zip(rows, parts, strict=True):
            rest = decimal(row["variance"]) - part
            left += rest
            row |= {"supplement": float(part), "variance_left": float(rest)}
        ledger.exact("supplementary grant = its parts", "", year, sum(parts, Decimal(0)), amount)
        before = sum((decimal(row["variance"]) for row in rows), Decimal(0))
        ledger.exact("variance = supplementary grant + what is left", "", year, before, amount + left)

    def _has_budget(self, settled: SettledScheme, year: int) -> bool:
        """A budget by growth needs the year before, one by the table needs the table to speak of the year."""
        if self.rules.budget == "growth":
            return year - 1 in settled.data.years
        said = self.tables.budget or self.tables.ordered or self.tables.amounts
        return not said or any(key[:2] == (year, settled.id) for key in self.tables.budget)

    def _year(self, settled: SettledScheme, year: YearAccounts, ledger: Ledger) -> Iterator[Row]:
        services = settled.data.scheme.service
        actual = settled.data.volume[:, settled.data.at(year.year)].sum(axis=0)
        budgeted = self._budget_volumes(settled, year.year)
        prices = self._budget_prices(settled, year.year)
        groups = [(s.group or s.id, s.measure.en) for s in services]
        growths = group_growths(groups, budgeted, actual)
        total = Decimal(0)
        for k, service in enumerate(services):
            spent = sum(year.lines[:, k].tolist(), Decimal(0))
            total += spent
            v = split_variance(budgeted[k], actual[k], prices[k], spent, growths[k], settled.model.rounding.amount)
            _check(ledger, settled.id, year.year, v)
            yield {
                "year": year.year,
                "scheme": settled.id,
                "service": service.id,
                "budget_volume": budgeted[k],
                "actual_volume": actual[k],
                "budget_price": float(prices[k]),
                "price": float(spent) / actual[k] if actual[k] > 0 else float("nan"),
                "budget": float(v.budget),
                "expenditure": float(v.expenditure),
                "variance": float(v.variance),
                "volume_variance": float(v.volume),
                "price_variance": float(v.price),
                "pure_volume_variance": float(v.pure_volume),
                "mix_variance": float(v.mix),
            }
        activity = sum(year.activity.tolist(), Decimal(0))
        ledger.exact("expenditure = activity income", settled.id, year.year, total, activity)

    def _budget_volumes(self, settled: SettledScheme, year: int) -> FloatArray:
        if self.rules.budget == "table":
            keys = [(year, settled.id, service) for service in settled.data.services]
            gone = [key for key in keys if key not in self.tables.budget]
            if gone:
                raise DataError(
                    [
                        Issue(
                            "no-budget",
                            f"no budgeted volume for {service!r} in {scheme!r}",
                            "add the row to the budget table, or let purchaser.budget be 'growth'",
                            period=str(when),
                        )
                        for when, scheme, service in gone
                    ]
                )
            return np.array([self.tables.budget[key] for key in keys])
        data = settled.data
        last = data.volume[:, data.at(year - 1)].sum(axis=0)
        return grown_budget(last, self.rules.demography.at(year), self.rules.need.at(year))

    def _budget_prices(self, settled: SettledScheme, year: int) -> Any:
        """Prices the budget was made with, paid share included; last year's indexed where the rule says so."""
        made = settled.made
        use = made[year].prices
        if self.rules.budget_price == "previous-indexed" and year - 1 in made:
            use = made[year - 1].prices * (1.0 + settled.growth(year))
        rounded = rounder(settled.model.rounding.price)(decimals(use))
        share = decimal(settled.data.scheme.mix.activity.at(year))
        return [times(price, share) for price in rounded]

    def follow_up_rows(self) -> Iterator[Row]:
        """Yield the purchaser's forecast at the end of every month, for all schemes together and for each."""
        years = sorted({year.year for settled in self.schemes for year in settled.accounts})
        for year in years:
            whole_budget, whole_spent = np.zeros(12), np.zeros(12)
            for settled in self.schemes:
                pair = self._months(settled, year)
                if pair is None:
                    continue
                yield from self._follow(settled.id, year, *pair)
                whole_budget, whole_spent = whole_budget + pair[0], whole_spent + pair[1]
            if whole_budget.any() and len(self.schemes) > 1:
                yield from self._follow("", year, whole_budget, whole_spent)

    def _months(self, settled: SettledScheme, year: int) -> tuple[FloatArray, FloatArray] | None:
        made = settled.made.get(year)
        if made is None or not self._has_budget(settled, year):
            return None
        share = settled.data.scheme.mix.activity.at(year)
        budget_prices = [float(price) for price in self._budget_prices(settled, year)]
        volumes = self._budget_volumes(settled, year)
        budget, spent = np.zeros(12), np.zeros(12)
        for k, service in enumerate(settled.data.services):
            months = self.tables.months.get((year, settled.id, service))
            if not months:
                return None
            done = np.array([months.get(month, 0.0) for month in range(1, 13)])
            planned = self.tables.planned.get((year, settled.id, service))
            profile = np.array([planned.get(m, 0.0) for m in range(1, 13)]) if planned else np.ones(12)
            profile = profile / profile.sum() if profile.sum() > 0 else np.full(12, 1 / 12)
            budget += budget_prices[k] * volumes[k] * profile
            spent += float(made.prices[k]) * share * done
        return budget, spent

    def _follow(self, scheme: str, year: int, budget: FloatArray, spent: FloatArray) -> Iterator[Row]:
        threshold = self.rules.threshold.at(year)
        for seen in follow_up(budget, spent, detection=self.rules.detection, threshold=threshold):
            yield {
                "scheme": scheme,
                "year": year,
                "month": seen.month,
                "budget_to_date": seen.budget_to_date,
                "expenditure_to_date": seen.expenditure_to_date,
                "budget": seen.budget,
                "forecast": seen.forecast,
                "shortfall": seen.shortfall,
                "reported": seen.reported,
                "cut_volume": seen.cut_volume,
                "cut_quality": seen.cut_quality,
                "add_money": seen.add_money,
            }


def _check(ledger: Ledger, scheme: str, year: int, v: Variance) -> None:
    ledger.exact("variance = pure volume + mix + price", scheme, year, v.variance, v.pure_volume + v.mix + v.price)
    ledger.exact("budget + variance = expenditure", scheme, year, v.budget + v.variance, v.expenditure)

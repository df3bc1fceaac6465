"""Frames from a settled scheme, and the identities they must satisfy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from bench.modelfile import Model
from bench.stykkpris.identities import Ledger
from bench.stykkpris.rounding import decimals, floats, half_step, rounder, split
from bench.stykkpris.rules.purchaser import month_profile
from bench.stykkpris.scheme_data import SchemeData
from bench.stykkpris.tables import ExtraTables
from bench.stykkpris.year.books import YearPrice
from bench.stykkpris.year.cost import cost_base
from bench.stykkpris.year.course import Course, YearAccounts
from bench.stykkpris.year.pricing import class_names

Row = dict[str, Any]

#: Last month of each period, by frequency.
PERIODS = {"month": tuple(range(1, 13)), "third": (4, 8, 12), "year": (12,)}
#: Days of each month: what a year is spread by where there is no volume by month.
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class SettledScheme:
    """One scheme after its year cycle."""

    course: Course

    @property
    def model(self) -> Model:
        """The model."""
        return self.course.ground.model

    @property
    def data(self) -> SchemeData:
        """The scheme's data."""
        return self.course.ground.data

    @property
    def accounts(self) -> list[YearAccounts]:
        """Every settled year."""
        return self.course.accounts

    @property
    def made(self) -> Mapping[int, YearPrice]:
        """Every year's prices."""
        return self.course.books.made

    @property
    def classes(self) -> list[str]:
        """Each unit's price class."""
        return class_names(self.course.ground)

    def growth(self, year: int) -> float:
        """Return the decided growth into a year."""
        return self.course.ground.growth.growth(year)

    @property
    def id(self) -> str:
        """The scheme's id."""
        return self.data.scheme.id

    # -- prices --------------------------------------------------------------------------------------------

    def price_rows(self) -> Iterator[Row]:
        """Yield one row per service, price class and year."""
        rounded = rounder(self.model.rounding.price)
        classes = self.classes
        first_of = {classes[i]: i for i in reversed(self.data.order)}
        first_of = {classes[i]: first_of[classes[i]] for i in self.data.order}
        for made in self.made.values():
            before = self.made.get(made.year - 1)
            for name, i in first_of.items():
                price = rounded(decimals(made.unit_factor[i] * made.prices))
                last = None if before is None else rounded(decimals(before.unit_factor[i] * before.prices))
                yield from self._service_rows(made, name, price, last)

    def _service_rows(self, made: YearPrice, name: str, price: Any, last: Any) -> Iterator[Row]:
        weighted = made.weights * made.base_volume
        total = weighted.sum()
        for k, service in enumerate(self.data.scheme.service):
            now = float(price[k])
            previous = float("nan") if last is None else float(last[k])
            yield {
                "scheme": self.id,
                "service": service.id,
                "price_class": name,
                "measure": service.measure.nb,
                "year": made.year,
                "price": now,
                "previous_price": previous,
                "change": now / previous - 1.0 if previous else float("nan"),
                "cost_year": made.cost_year,
                "deflator": made.deflator,
                "volume": made.base_volume[k],
                "cost": float(made.cost_base) * weighted[k] / total if total > 0 else 0.0,
                "source": made.source,
                "formula": formula(made),
                "cost_weight": made.cost_weights[k],
                "policy_factor": made.policy_factors[k],
                "price_weight": made.weights[k],
                "price_level": float(made.level),
                "cost_base": float(made.cost_base),
                "weighted_volume": total,
            }

    # -- schemes -------------------------------------------------------------------------------------------

    def scheme_rows(self) -> Iterator[Row]:
        """Yield one row per year: the price identity."""
        nan = float("nan")
        for year in self.accounts:
            made, following = self.made.get(year.year), self.made.get(year.year + 1)
            volume = self.data.volume[:, self.data.at(year.year)].sum(axis=0)
            weights = made.weights if made is not None else np.ones(len(volume))
            weighted = float(volume @ weights)
            cost, income = float(sum(year.cost)), float(sum(year.income))
            price_known = made is not None and weighted > 0
            yield {
                "scheme": self.id,
                "year": year.year,
                "weighted_volume": weighted,
                "cost": cost,
                "income": income,
                "result": float(sum(year.result)),
                "unit_cost": cost / weighted if weighted > 0 else nan,
                "price_level": float(made.prices @ volume) / weighted if made is not None and price_known else nan,
                "deflator": self._growth(year.year + 1),
                "next_price_level": nan if following is None else float(following.level),
                "cost_base": float(cost_base(self.course.ground, self.course.books, year.year).sum()),
            }

    def _growth(self, year: int) -> float:
        """Growth factor into the next year; NaN where no price is made for it and none is known."""
        made = self.made.get(year)
        if made is None:
            return float("nan")
        return 1.0 + self.growth(year)

    # -- settlement ----------------------------------------------------------------------------------------

    def settlement_rows(self) -> Iterator[Row]:
        """Yield one row per unit and year."""
        for year in self.accounts:
            settled = year.settled
            for i in self.data.order:
                unit = self.data.units[i]
                if not year.present[i] and not year.opening[i]:
                    continue
                yield {
                    "scheme": self.id,
                    "unit": unit,
                    "year": year.year,
                    "activity_income": float(year.activity[i]),
                    "block_income": float(year.block[i]),
                    "refund": float(year.refund[i]),
                    "corrections": float(year.corrections[i]),
                    "income": float(year.income[i]),
                    "cost": float(year.cost[i]),
                    "result": float(year.result[i]),
                    "opening_balance": float(year.opening[i]),
                    "kept": float(settled.kept[i]),
                    "carried": float(settled.carried[i]),
                    "returned_to_payer": float(settled.returned[i]),
                    "dispensation": float(settled.dispensation[i]),
                    "dispensation_payer": year.payer[i],
                    "closing_balance": float(settled.closing[i]),
                    "interest": float(settled.interest[i]),
                    "lapsed": float(year.lapsed[i]),
                }

    def line_rows(self) -> Iterator[Row]:
        """Yield one row per unit, year and service."""
        classes = self.classes
        basis = self.data.scheme.volume.basis
        for year in self.accounts:
            t = self.data.at(year.year)
            share = self.data.scheme.mix.activity.at(year.year)
            for i in self.data.rows(year.year):
                for k, service in enumerate(self.data.services):
                    yield {
                        "scheme": self.id,
                        "unit": self.data.units[i],
                        "year": year.year,
                        "service": service,
                        "price_class": classes[i],
                        "volume_basis": basis,
                        "volume": self.data.volume[i, t, k],
                        "price": float(year.prices[i, k]),
                        "income": float(year.lines[i, k]),
                        "activity_share": share,
                    }

    def sharing_rows(self) -> Iterator[Row]:
        """Yield who takes (or covers, where negative) what the units do not keep or carry; sums to it exactly."""
        parties = self.data.scheme.settlement.party
        for year in self.accounts:
            returned = _total(year.settled.returned)
            shares = [party.share.at(year.year) for party in parties] or [1.0]
            names = [party.name for party in parties] or ["payer"]
            sign = -1 if returned < 0 else 1
            for name, amount in zip(names, split(abs(returned), shares), strict=True):
                yield {"scheme": self.id, "year": year.year, "party": name, "amount": float(sign * amount)}

    def correction_rows(self) -> Iterator[Row]:
        """Yield one row per unit, year and correction."""
        marked = [item for item in self.data.scheme.correction if item.earmark is not None]
        purposes = {item.name.en: item.earmark.purpose.en for item in marked if item.earmark is not None}
        for year in self.accounts:
            for name, amounts in year.correction_lines.items():
                aside = year.set_aside.get(name)
                for i in self.data.rows(year.year):
                    yield {
                        "scheme": self.id,
                        "unit": self.data.units[i],
                        "year": year.year,
                        "correction": name,
                        "amount": float(amounts[i]),
                        "earmarked": 0.0 if aside is None else float(aside[i]),
                        "purpose": purposes.get(name, ""),
                    }

    def payment_rows(self, tables: ExtraTables) -> Iterator[Row]:
        """Yield what is paid out in every period; the periods of a unit sum to its income to the øre."""
        ends = PERIODS[self.data.scheme.settlement.frequency]
        for year in self.accounts:
            shares = self._period_shares(year, tables, ends)
            for i in self.data.rows(year.year):
                sign = -1 if year.income[i] < 0 else 1
                for end, amount in zip(ends, split(abs(year.income[i]), shares), strict=True):
                    yield {
                        "scheme": self.id,
                        "unit": self.data.units[i],
                        "year": year.year,
                        "period": end,
                        "amount": float(sign * amount),
                    }

    def _period_shares(self, year: YearAccounts, tables: ExtraTables, ends: tuple[int, ...]) -> Any:
        """Share of the year's income in each period: the scheme's decided volume by month at its prices."""
        income: dict[int, float] = {}
        for k, service in enumerate(self.data.services):
            months = tables.months.get((year.year, self.id, service))
            if months:
                made = self.made.get(year.year)
                price = float(made.prices[k]) if made is not None else 0.0
                for month, volume in months.items():
                    income[month] = income.get(month, 0.0) + price * volume
        profile = month_profile(income, DAYS)
        bounds = (0, *ends)
        return [profile[a:b].sum() for a, b in zip(bounds, ends, strict=False)]

    # -- identities ----------------------------------------------------------------------------------------

    def check(self, ledger: Ledger) -> None:
        """Assert every identity of the scheme."""
        for year in self.accounts:
            self._check_year(year, ledger)
        for made in self.made.values():
            self._check_price(made, ledger)

    def _check_year(self, year: YearAccounts, ledger: Ledger) -> None:
        s = year.settled
        total = _total
        paid_out = (
            total(year.income) + total(s.dispensation) + total(s.interest) - total(s.returned) - total(year.lapsed)
        )
        used = total(year.cost) + total(s.closing) - total(year.opening)
        ledger.exact("money in = money out", self.id, year.year, paid_out, used)
        brought = total(year.opening) + total(s.interest) + total(s.kept) + total(s.carried)
        reserves = brought + total(s.dispensation) - total(year.lapsed)
        ledger.exact("reserves reconcile", self.id, year.year, reserves, total(s.closing))
        ledger.exact(
            "result = kept + carried + returned",
            self.id,
            year.year,
            total(year.result),
            total(s.kept) + total(s.carried) + total(s.returned),
        )
        ledger.exact("lines = activity income", self.id, year.year, _total(year.lines.ravel()), total(year.activity))
        rule = self.model.rounding.amount
        if year.lines.size and half_step(rule):
            share = self.data.scheme.mix.activity.at(year.year)
            volume = self.data.volume[:, self.data.at(year.year)]
            whole = float((floats(year.prices) * volume).sum()) * share
            count = float(np.count_nonzero(volume))
            ledger.rounding("lines", self.id, year.year, float(total(year.activity)), whole, half_step(rule), count)
        parts = sum((total(part) for part in year.correction_lines.values()), Decimal(0))
        ledger.exact("corrections = their parts", self.id, year.year, parts, total(year.corrections))
        mix = self.data.scheme.mix
        shares = mix.activity.at(year.year) + mix.block.at(year.year) + mix.refund.at(year.year)
        ledger.close("shares of the mix = 1", self.id, year.year, shares, 1.0)

    def _check_price(self, made: YearPrice, ledger: Ledger) -> None:
        """The price identity: prices times volumes of the cost year give the indexed cost."""
        if not made.pure:
            return
        right, volume = made.deflator * float(made.cost_base), made.base_volume
        whole = float(made.prices @ volume)
        ledger.unrounded("price identity Σ p·V = d·C", self.id, made.year, whole, right)
        rule = self.model.rounding.price
        paid = float(rounder(rule)(decimals(made.prices)).astype(float) @ volume)
        ledger.rounding("prices", self.id, made.year, paid, whole, half_step(rule), float(volume.sum()))


def _total(amounts: Any) -> Decimal:
    return sum(amounts.tolist(), Decimal(0))


def formula(made: YearPrice) -> str:
    """Return how a price was made, as a formula with its numbers."""
    level = float(made.level)
    if made.rule == "prices":
        return "p"
    if made.rule == "keys":
        return "p_k = d·τ_k·C/V_k"
    if made.rule == "level":
        return f"λ = {level:.6g}"
    before = None if made.before is None else float(made.before)
    if made.rule == "indexed":
        return f"λ = {made.deflator:.6g}·{before:.6g}"
    weighted = float((made.base_volume * made.weights).sum())
    text = f"λ = d·C/Q = {made.deflator:.6g}·{float(made.cost_base):.2f}/{weighted:.2f}"
    return text if before is None else f"{text} = {before:.6g} → {level:.6g}"

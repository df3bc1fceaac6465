"""The price path of one scheme: block PR applied year by year to its accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from bench.errors import DataError, Issue, ModelError
from bench.modelfile import service_weights
from bench.modelfile.blocks import FIXED_SOURCES
from bench.stykkpris import price as rule
from bench.stykkpris.cost_base import CostBase, YearPrice
from bench.stykkpris.scheme_data import multiplier_weights
from bench.typing import FloatArray

__all__ = ["STANDARD", "PricePath", "YearPrice"]

#: Name of the class of units without another price.
STANDARD = "standard"


@dataclass(slots=True)
class PricePath(CostBase):
    """Sets the prices of one scheme, one year after the other.

    Parameters
    ----------
    model : Model
    data : SchemeData
    index : Index
    norms : mapping, optional
        Norm per (unit, year), NOK.
    multipliers : mapping, optional
        Benchmark price per service.
    """

    norms: Mapping[tuple[str, int], float] | None = None
    multipliers: Mapping[str, float] | None = None
    made: dict[int, YearPrice] = field(default_factory=dict)
    fund: float = 0.0

    def years(self) -> list[int]:
        """Return the years with a price: every year with accounts from the first, and the next where it is known."""
        last = self.data.years[-1]
        first = self.first_year()
        years = [year for year in self.data.years if year >= first]
        next_known = self.scheme.price.lag > 0 or self.scheme.price.source in (*FIXED_SOURCES, "previous")
        if next_known and self.scheme.price.source != "none" and last + 1 >= first:
            years.append(last + 1)
        return years

    def run(self) -> list[YearPrice]:
        """Return the prices of every year.

        Raises
        ------
        DataError
            When accounts, norms or volumes that the rule needs are missing.
        """
        if self.scheme.price.source == "none":
            return []
        for year in self.years():
            self.made[year] = self.set_price(year)
            if year in self.data.years:
                self._move_fund(year)
        return list(self.made.values())

    # -- one year ------------------------------------------------------------------------------------------

    def set_price(self, year: int) -> YearPrice:
        """Return the prices of a year from the accounts and the prices made so far."""
        price = self.scheme.price
        if price.source in FIXED_SOURCES:
            return self._stated(year)
        if price.update == "cost-keys" or price.update == "revenue-keys":
            return self._keyed(year)
        first = year == self.first_year()
        cost_year, contemporaneous = self._cost_year(year, first)
        weights = self._weights(year, cost_year)
        if first and price.start == "stated":
            assert price.start_level is not None
            level = price.start_level.at(year) * (1.0 + price.start_markup.at(year))
            return self._year(year, None, 1.0, weights, level, source="stated", formula=f"λ = {level:.6g}")
        if cost_year is None:
            return self._indexed(year, weights)
        return self._from_accounts(year, cost_year, weights, first=first, contemporaneous=contemporaneous)

    def _cost_year(self, year: int, first: bool) -> tuple[int | None, bool]:
        price = self.scheme.price
        if first and price.start == "contemporaneous":
            return year, True
        cost_year = year - price.lag
        known = cost_year in self.data.years
        if price.source == "previous" and not first:
            return None, False
        if not known and year - 1 in self.made:
            return None, False
        if not (known or (first and price.start == "stated")):
            self.data.at(cost_year)
        return (cost_year if known else None), False

    def _from_accounts(
        self, year: int, cost_year: int, weights: FloatArray, *, first: bool, contemporaneous: bool
    ) -> YearPrice:
        price = self.scheme.price
        t = self.data.at(cost_year)
        cost = self.cost_base(cost_year)
        volume = self.data.volume[:, t]
        weighted = volume @ weights
        if not weighted.sum() > 0.0:
            raise DataError(
                [
                    Issue(
                        "zero-volume",
                        f"scheme {self.scheme.id!r} has no volume in {cost_year}",
                        "give the volume",
                        period=str(cost_year),
                    )
                ]
            )
        deflator = self.index.chain(cost_year, year)
        average = float(rule.average_level(cost, weighted))
        theta = 1.0 if price.source in ("best-practice", "frontier") else price.frontier_share.at(year)
        target = average
        if theta:
            target = float(rule.blend(average, self._frontier_level(year, cost_year, cost, weighted), theta))
        target = target * deflator + self._true_up(year, weights) - self._fund_returned(year, float(weighted.sum()))
        known = not first and not contemporaneous and year - 1 in self.made
        previous = self._level_before(year, weights, volume.sum(axis=0)) if known else None
        x, gain = price.requirement.at(year), price.gain.at(year)
        options = {"corridor": price.corridor, "floor": price.floor, "cap": price.cap}
        bounds = {name: value.at(year) for name, value in options.items() if value is not None}
        level = float(
            rule.move_level(
                target,
                previous,
                index=1.0 + self.index.growth(year) if previous is not None else 1.0,
                gain=gain,
                requirement=0.0 if first else x,
                **bounds,
            )
        )
        markup = price.start_markup.at(year) if first else 0.0
        level *= 1.0 + markup
        plain = theta == 0.0 and not bounds and not markup and gain == 1.0 and (first or x == 0.0)
        pure = plain and not price.true_up and price.fund_years is None
        factor = self._own_excluded(cost, weighted) if price.own_excluded else None
        formula = f"λ = d·C/Q = {deflator:.6g}·{cost.sum():.2f}/{weighted.sum():.2f}"
        if not pure:
            formula = f"{formula} = {average * deflator:.6g} → {level:.6g}"
        return self._year(
            year,
            cost_year,
            deflator,
            weights,
            level,
            source=price.source,
            formula=formula,
            cost_base=float(cost.sum()),
            base_volume=volume.sum(axis=0),
            own=factor,
            pure=pure,
        )

    def _indexed(self, year: int, weights: FloatArray) -> YearPrice:
        growth = 1.0 + self.index.growth(year)
        before = self._level_before(year, weights, self._volume_for_level(year - 1))
        level = before * growth * (1.0 - self.scheme.price.requirement.at(year))
        formula = f"λ = {growth:.6g}·{before:.6g}"
        return self._year(year, None, growth, weights, level, source="previous", formula=formula, prices=None)

    def _stated(self, year: int) -> YearPrice:
        price = self.scheme.price
        prices = []
        for service in self.scheme.service:
            assert service.price is not None
            since = service.price.since(year)
            entry = service.price.entry_at(year)
            start = self.first_year() if entry is not None and entry.from_ is None else since
            value = service.price.at(year)
            if price.index:
                value *= self.index.chain(start, year)
            for later in range(start + 1, year + 1):
                value *= 1.0 - price.requirement.at(later)
            prices.append(value * service.policy_factor.at(year))
        weights = self._weights(year, None)
        volume = self._volume_for_level(year)
        made = np.array(prices)
        level = float(made @ volume / (weights @ volume)) if weights @ volume > 0 else 1.0
        return self._year(year, None, 1.0, weights, level, source=price.source, formula="p", prices=made)

    def _keyed(self, year: int) -> YearPrice:
        """Price per service from cost keys: stated, or last year's revenue shares."""
        price = self.scheme.price
        first = year == self.first_year()
        cost_year, _ = self._cost_year(year, first)
        if cost_year is None:
            raise ModelError(
                "product prices need the accounts of a cost year", key=f"scheme.{self.scheme.id}.price.start"
            )
        volume = self.data.volume[:, self.data.at(cost_year)].sum(axis=0)
        cost = float(self.cost_base(cost_year).sum())
        deflator = self.index.chain(cost_year, year)
        weights = self._weights(year, cost_year)
        if price.update == "cost-keys":
            keys = np.array([service.cost_key.at(year) for service in self.scheme.service if service.cost_key])
        else:
            before = self.made.get(year - 1)
            keys = rule.revenue_keys(before.prices if before else weights, volume)
        target = cost * deflator * (1.0 if first else 1.0 - price.requirement.at(year))
        prices = rule.keyed_prices(target, volume, keys)
        if np.isnan(prices).any():
            gone = self.data.services[int(np.flatnonzero(np.isnan(prices))[0])]
            raise DataError(
                [
                    Issue(
                        "zero-volume",
                        f"service {gone!r} has no volume in {cost_year}",
                        "give the volume",
                        period=str(cost_year),
                    )
                ]
            )
        prices = prices * (1.0 + (price.start_markup.at(year) if first else 0.0))
        return self._year(
            year,
            cost_year,
            deflator,
            weights,
            float(prices @ volume / (weights @ volume)),
            source=price.source,
            formula="p_k = d·τ_k·C/V_k",
            cost_base=cost,
            base_volume=volume,
            prices=prices,
        )

    def _year(
        self,
        year: int,
        cost_year: int | None,
        deflator: float,
        weights: FloatArray,
        level: float,
        *,
        source: str,
        formula: str,
        cost_base: float = 0.0,
        base_volume: FloatArray | None = None,
        prices: FloatArray | None = None,
        own: FloatArray | None = None,
        pure: bool = False,
    ) -> YearPrice:
        factors = self._class_factors(year)
        return YearPrice(
            year=year,
            cost_year=cost_year,
            deflator=deflator,
            cost_base=cost_base,
            weights=weights,
            base_volume=np.zeros(len(weights)) if base_volume is None else base_volume,
            level=level,
            prices=level * weights if prices is None else prices,
            unit_factor=factors if own is None else factors * own,
            source=source,
            formula=formula,
            pure=pure and prices is None and own is None and bool((factors == 1.0).all()),
        )

    # -- what goes into a price ----------------------------------------------------------------------------

    def _level_before(self, year: int, weights: FloatArray, volume: FloatArray) -> float:
        """Return last year's level; at the new weights where these have changed."""
        before = self.made[year - 1]
        if (before.weights == weights).all():
            return before.level
        return float(before.prices @ volume / (weights @ volume))

    def _frontier_level(self, year: int, cost_year: int, cost: FloatArray, weighted: FloatArray) -> float:
        price = self.scheme.price
        if price.source == "best-practice" or (
            price.source != "frontier" and price.frontier_reference == "best-practice"
        ):
            quantile = None if price.quantile is None else price.quantile.at(year)
            if price.k is not None and price.k > np.count_nonzero(weighted):
                raise DataError(
                    [
                        Issue(
                            "few-units",
                            f"scheme {self.scheme.id!r} has fewer than {price.k} units with volume in {cost_year}",
                            "choose a smaller k, or a quantile",
                            period=str(cost_year),
                        )
                    ]
                )
            return float(rule.best_practice_level(cost, weighted, k=price.k, quantile=quantile))
        norms = self.norms or {}
        present = self.data.present[:, self.data.at(cost_year)]
        gone = [u for u, here in zip(self.data.units, present, strict=True) if here and (u, cost_year) not in norms]
        if gone:
            raise DataError(
                [
                    Issue("no-norm", f"no norm for {cost_year}", "estimate a frontier for every cost year", unit=unit)
                    for unit in gone
                ]
            )
        total = sum(norms[unit, cost_year] for unit, here in zip(self.data.units, present, strict=True) if here)
        return float(total / weighted.sum())

    def _true_up(self, year: int, weights: FloatArray) -> float:
        """Return what the estimate of the year before last adds, now that its accounts are final."""
        price = self.scheme.price
        before = year - price.lag - 1
        if not (price.true_up and price.estimate_column) or year - 1 not in self.made or before not in self.data.years:
            return 0.0
        if self.made[year - 1].cost_year != before:
            return 0.0
        t = self.data.at(before)
        error = rule.true_up(
            self.data.cost[:, t].sum(),
            self.data.columns[price.estimate_column][:, t].sum(),
            float((self.data.volume[:, t] @ weights).sum()),
            price.true_up_interest.at(year),
        )
        return float(error) * self.index.chain(before, year)

    def _fund_returned(self, year: int, weighted: float) -> float:
        """Return what the fee fund gives back per weighted unit: all of it within the stated years."""
        years = self.scheme.price.fund_years
        return 0.0 if years is None else self.fund / years.at(year) / weighted

    def _move_fund(self, year: int) -> None:
        """Fees less the cost they are to cover go into the fund, with interest on what was there."""
        price = self.scheme.price
        if price.fund_years is None:
            return
        made = self.made[year]
        fees = float((made.unit_factor * (self.data.volume[:, self.data.at(year)] @ made.prices)).sum())
        self.fund = self.fund * (1.0 + price.fund_interest.at(year)) + fees - float(self.cost_base(year).sum())

    def _own_excluded(self, cost: FloatArray, weighted: FloatArray) -> FloatArray:
        if np.count_nonzero(weighted) < 2:
            raise DataError(
                [
                    Issue(
                        "few-units",
                        f"scheme {self.scheme.id!r} has only one unit with volume: there is no other to price it by",
                        "leave own_excluded out",
                    )
                ]
            )
        levels = rule.own_excluded_levels(cost, weighted, calibrate=self.scheme.price.calibrate)
        return np.asarray(levels / rule.average_level(cost, weighted))

    def _class_factors(self, year: int) -> FloatArray:
        factors = np.ones(len(self.data.units))
        for group in self.scheme.price.class_:
            for unit in group.units:
                if unit in self.data.units:
                    factors[self.data.units.index(unit)] = group.factor.at(year)
        return factors

    def class_names(self) -> list[str]:
        """Return each unit's price class: its own name where its own cost is excluded."""
        if self.scheme.price.own_excluded:
            return list(self.data.units)
        home = {unit: group.name for group in self.scheme.price.class_ for unit in group.units}
        return [home.get(unit, STANDARD) for unit in self.data.units]

    def _weights(self, year: int, cost_year: int | None) -> FloatArray:
        if self.scheme.price.update == "multipliers":
            return multiplier_weights(self.data, self.multipliers)
        base = self._base_year(cost_year)
        t = self.data.at(base)
        volumes = dict(zip(self.data.services, self.data.volume[:, t].sum(axis=0).tolist(), strict=True))
        weights = service_weights(self.scheme, year, volumes, float(self.data.cost[:, t].sum()))
        return np.array(list(weights.values()))

    def _base_year(self, cost_year: int | None) -> int:
        """Year whose volumes give rule-based weights: that of the first price, fixed from then on."""
        if self.made:
            first = self.made[min(self.made)]
            if first.cost_year is not None:
                return first.cost_year
        return cost_year if cost_year is not None else self.data.years[0]

    def _volume_for_level(self, year: int) -> FloatArray:
        t = self.data.years.index(year) if year in self.data.years else len(self.data.years) - 1
        return np.asarray(self.data.volume[:, t].sum(axis=0))

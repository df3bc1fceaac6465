"""What a price is built on: one scheme's cost base, its corrections, and one year's prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.modelfile import Correction, Model, Scheme
from bench.modelfile.blocks import FIXED_SOURCES
from bench.stykkpris.corrections import ON_INCOME, correction_amount
from bench.stykkpris.indexation import Index
from bench.stykkpris.mix import priced_cost
from bench.stykkpris.scheme_data import SchemeData
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class YearPrice:
    """The prices of one scheme in one year, and how they came about.

    Attributes
    ----------
    year : int
    cost_year : int or None
        Year of the accounts; None for stated prices.
    deflator : float
        Factor from the prices of the cost year to those of the year.
    cost_base : float
        Cost the price is built on, in prices of the cost year; 0 for stated prices.
    weights : array (K,)
    base_volume : array (K,)
        Volume of each service in the cost year.
    level : float
        Level of the standard price: Σ p_k V_k / Σ w_k V_k.
    prices : array (K,)
        Standard prices, before rounding.
    unit_factor : array (n,)
        Each unit's factor on the standard prices (class, own cost excluded).
    source, formula : str
    pure : bool
        Whether the price is exactly d·C/Q.
    """

    year: int
    cost_year: int | None
    deflator: float
    cost_base: float
    weights: FloatArray
    base_volume: FloatArray
    level: float
    prices: FloatArray
    unit_factor: FloatArray
    source: str
    formula: str
    pure: bool


@dataclass(slots=True)
class CostBase:
    """A scheme's accounts as its price sees them.

    Parameters
    ----------
    model : Model
    data : SchemeData
    index : Index
    """

    model: Model
    data: SchemeData
    index: Index

    @property
    def scheme(self) -> Scheme:
        """The scheme."""
        return self.data.scheme

    def first_year(self) -> int:
        """Return the first year with a price."""
        stated = self.scheme.price.first_year or self.model.meta.first_year
        if stated is not None:
            return stated
        years, price = self.data.years, self.scheme.price
        if price.start == "previous-year" and price.source not in (*FIXED_SOURCES, "none"):
            return years[0] + price.lag
        return years[0]

    def cost_base(self, year: int) -> FloatArray:
        """Return the cost the price is built on in a year, array (n,).

        The accounts (or their estimate), less components paid another way, spending of reserves held outside, and
        corrections the scheme funds itself.
        """
        scheme, data = self.scheme, self.data
        t = data.at(year)
        column = scheme.price.estimate_column if scheme.price.accounts == "estimate" else None
        cost = data.columns[column][:, t] if column else data.cost[:, t]
        return self._less(cost, year)

    def _less(self, cost: FloatArray, year: int) -> FloatArray:
        scheme, data = self.scheme, self.data
        t = data.at(year)
        if scheme.mix.component:
            parts = np.stack([data.columns[c.column][:, t] for c in scheme.mix.component], axis=1)
            out = np.array(
                [{"refund": c.share.at(year), "block": 1.0, "price": 0.0}[c.treatment] for c in scheme.mix.component]
            )
            cost = priced_cost(cost, parts, out)
        if scheme.price.reserves == "outside" and scheme.price.reserve_column:
            cost = cost - data.columns[scheme.price.reserve_column][:, t]
        return np.asarray(cost - self.scheme_funded(year))

    def scheme_funded(self, year: int) -> FloatArray:
        """Return the corrections the scheme funds itself in a year, array (n,)."""
        total = np.zeros(len(self.data.units))
        for correction in self.scheme.correction:
            if correction.funded_by == "scheme" and correction.kind not in ON_INCOME:
                total = total + self.correction(correction, year, total * 0.0)
        return total

    def correction(self, correction: Correction, year: int, activity: FloatArray) -> FloatArray:
        """Return one correction in a year, array (n,); zero for a unit without accounts."""
        base = correction.indexed_from
        # Before the first year the rule did not exist; its first values stand in for the cost base's sake.
        asked = max(year, self.first_year())
        factor = 1.0
        if base is not None:
            factor = self.index.chain(base, year)
            for later in range(base + 1, year + 1):
                factor *= 1.0 + correction.growth.at(later)
        amount = correction_amount(correction, asked, self.data.units, self.data.in_year(year), activity, factor)
        return np.asarray(np.where(self.data.present[:, self.data.at(year)], amount, 0.0))

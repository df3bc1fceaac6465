"""`StykkprisResult`: what the financing engine hands to the pipeline, as frames."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isnan
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from bench.modelfile import Model


@dataclass(frozen=True, slots=True, eq=False)
class StykkprisResult:
    """Prices, settlement and the purchaser's account of every scheme and year.

    Attributes
    ----------
    model : Model
        With the scheme ``"*"`` replaced by those found.
    prices, schemes, settlement, settlement_lines, purchaser, assumptions, checks : DataFrame
        Columns as in :data:`bench.results.COLUMNS`, more to the right. NOK and shares.
    corrections : DataFrame
        ``scheme, unit, year, correction, amount, earmarked``.
    sharing : DataFrame
        ``scheme, year, party, amount``: who takes what the units do not keep, or covers what they do not carry.
    payments : DataFrame
        ``scheme, unit, year, period, amount``: what is paid out in every month, third or year; sums to the income.
    follow_up : DataFrame
        The purchaser's forecast by month, and what would close a shortfall; empty without a monthly table.
    receipts : DataFrame
        ``scheme, unit, year, receipt, paid_by, amount, earmarked, purpose``: what others pay to the budget holder.
    payers : DataFrame
        ``scheme, year, paid_by, income, receipts, net``: whose money it is; all nets sum to the units' income.
    bill : DataFrame
        What is ordered of the price year at its prices, against the budget; empty where no price year follows.
    requirement_effect : DataFrame
        What a requirement takes out of each unit's price or grant, and the share of the gap that is taken; empty where
        the requirement is for information.
    kept_savings : DataFrame
        The share of a permanent saving of its own that each unit keeps, its weight in its own yardstick counted.
    """

    model: Model
    prices: pd.DataFrame
    schemes: pd.DataFrame
    settlement: pd.DataFrame
    settlement_lines: pd.DataFrame
    purchaser: pd.DataFrame
    assumptions: pd.DataFrame
    checks: pd.DataFrame
    corrections: pd.DataFrame
    sharing: pd.DataFrame
    payments: pd.DataFrame
    follow_up: pd.DataFrame
    receipts: pd.DataFrame
    payers: pd.DataFrame
    bill: pd.DataFrame
    requirement_effect: pd.DataFrame
    kept_savings: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return the settlement, one row per unit and year."""
        return self.settlement.copy()

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return every frame by name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "model"}

    def summary(self) -> str:
        """Return one line per scheme and year: price level, income, cost, result and the next price level."""
        lines = [f"{self.model.title('en')}: {len(self.checks)} identities hold"]
        for row in self.schemes.to_dict("records"):
            numbers = {name: f"{row[name]:,.0f}".replace(",", " ") for name in ("income", "cost", "result")}
            following = float(row["next_price_level"])
            lines.append(
                f"  {row['scheme']} {row['year']}: price level {row['price_level']:.4f}, income {numbers['income']}, "
                f"cost {numbers['cost']}, result {numbers['result']}"
                + ("" if isnan(following) else f", next {following:.4f}")
            )
        return "\n".join(lines)

    def plot(self, kind: str = "prices") -> Any:
        """Return an Altair chart: ``"prices"``, ``"results"`` or ``"balances"``.

        Raises
        ------
        OptionError
            For another kind.
        """
        from bench.stykkpris.plots import chart

        return chart(self.schemes, self.settlement, kind)

    def _repr_html_(self) -> str:
        return str(self.schemes.to_html(index=False))

    def __repr__(self) -> str:
        years = sorted(set(self.schemes["year"]))
        span = f"{years[0]}–{years[-1]}" if years else "no years"
        units = self.settlement["unit"].nunique()
        return f"StykkprisResult({self.model.name}: {units} units, {span})"

    def price(self, scheme: str, service: str, year: int, price_class: str = "standard") -> Any:
        """Return one price, NOK.

        Raises
        ------
        LookupError
            When there is no such price.
        """
        frame = self.prices
        rows = frame[
            (frame["scheme"] == scheme)
            & (frame["service"] == service)
            & (frame["year"] == year)
            & (frame["price_class"] == price_class)
        ]
        if len(rows) != 1:
            raise LookupError(f"no price for {scheme} {service} {year} ({price_class})")
        return float(rows["price"].iloc[0])

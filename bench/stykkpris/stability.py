"""Stability and incentives of any model on any data: does the price settle, and what does a unit gain by saving?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.modelfile import Model, Scheme
from bench.modelfile.blocks import FIXED_SOURCES
from bench.stykkpris import closed_forms as form
from bench.stykkpris.engine import settle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.units import Units

#: Discount factor of present values, and share of a carried result that units spend; both stated in the report.
DISCOUNT, SPENDING = 0.95, 0.3


@dataclass(frozen=True, slots=True, eq=False)
class StabilityReport:
    """What the linearised rule says about every scheme and unit.

    Attributes
    ----------
    schemes : DataFrame
        ``scheme, adjusts, lag, gain, spectral_radius, largest_safe_spending, stable, fixed_point`` where
        ``fixed_point`` is ``cost`` (every cost level is one), ``frontier`` or ``none`` (the price ignores cost).
    units : DataFrame
        ``scheme, unit, share, incentive_power, result, gains``: the share of the last year's volume, the share of an
        own permanent saving the unit keeps, its mean yearly result, and whether it gains.
    """

    schemes: pd.DataFrame
    units: pd.DataFrame
    discount: float
    spending: float

    def to_frame(self) -> pd.DataFrame:
        """Return the table of schemes."""
        return self.schemes.copy()

    def summary(self) -> str:
        """Return one line per scheme."""
        lines = [f"discount factor {self.discount:g}, units spend {self.spending:g} of what they carry"]
        for row in self.schemes.to_dict("records"):
            part = self.units[self.units["scheme"] == row["scheme"]]["incentive_power"]
            lines.append(
                f"  {row['scheme']}: spectral radius {row['spectral_radius']:.3f} "
                f"({'stable' if row['stable'] else 'unstable'}), "
                f"safe spending up to {row['largest_safe_spending']:.3f}, "
                f"incentive power {part.min():.3f}–{part.max():.3f}"
            )
        return "\n".join(lines)


def stability_report(
    model: Model,
    units: Units,
    *,
    tables: Mapping[str, pd.DataFrame] | None = None,
    norms: pd.DataFrame | None = None,
    discount: float = DISCOUNT,
    spending: float = SPENDING,
) -> StabilityReport:
    """Return fixed points, stability and incentive power of a model on a table.

    Parameters
    ----------
    model : Model
    units : Units
    tables, norms : optional
        As for :func:`bench.stykkpris.settle`.
    discount : float
        Discount factor per year, below 1.
    spending : float
        Share of a kept surplus or carried deficit that a unit turns into cost the year after.

    Examples
    --------
    >>> import bench, pandas as pd
    >>> table = pd.DataFrame({"unit": list("ABCD"), "cost": [90.0, 110, 100, 100], "days": [10.0] * 4})
    >>> model = bench.load_model("average-cost").with_roles(id="unit", cost="cost", outputs=["days"])
    >>> units = bench.Units.from_frame(table, id="unit", inputs=["cost"], outputs=["days"])
    >>> stability_report(model, units).units["incentive_power"].round(4).tolist()
    [0.7625, 0.7625, 0.7625, 0.7625]
    """
    model = model.expanded(units)
    result = settle(model, units, tables=tables, norms=norms)
    schemes, rows = [], []
    for scheme in model.scheme:
        part = result.settlement[result.settlement["scheme"] == scheme.id]
        year = int(part["year"].max())
        schemes.append(_scheme_row(scheme, year, spending))
        lines = result.settlement_lines
        lines = lines[(lines["scheme"] == scheme.id) & (lines["year"] == year)]
        weights = result.prices[result.prices["scheme"] == scheme.id].drop_duplicates("service").set_index("service")
        weight = weights["weight"].reindex(lines["service"]).fillna(1.0).to_numpy() if len(weights) else 1.0
        volume = (lines["volume"] * weight).groupby(lines["unit"]).sum()
        means = part.groupby("unit", sort=False)["result"].mean()
        for unit, mean in means.items():
            share = float(volume.get(unit, 0.0) / volume.sum()) if volume.sum() > 0 else 0.0
            rows.append(
                {
                    "scheme": scheme.id,
                    "unit": unit,
                    "share": share,
                    "incentive_power": unit_power(scheme, share, year, discount),
                    "result": mean,
                    "gains": mean > 0,
                }
            )
    return StabilityReport(pd.DataFrame(schemes), pd.DataFrame(rows), discount, spending)


def adjusts(scheme: Scheme) -> bool:
    """Return whether the scheme's price follows its own accounts."""
    return scheme.price.source not in (*FIXED_SOURCES, "previous", "none") and scheme.price.lag > 0


def unit_power(scheme: Scheme, share: float, year: int, discount: float = DISCOUNT) -> float:
    """Return the incentive power of a unit with a share of the volume, under the scheme's rules in a year."""
    price, mix, block = scheme.price, scheme.mix, scheme.block
    theta = 1.0 if price.source in ("best-practice", "frontier") else price.frontier_share.at(year)
    priced = adjusts(scheme)
    pooled = scheme.settlement.pooled
    power = form.incentive_power(
        share,
        keep=scheme.settlement.keep_surplus.at(year),
        discount=discount,
        lag=price.lag if priced else 1,
        frontier_share=theta,
        gain=price.gain.at(year),
        activity=mix.activity.at(year) if priced else 0.0,
        refund=mix.refund.at(year),
        accounts_block=1.0 if block.kind == "incremental" and block.base == "accounts" else 0.0,
        own_excluded=price.own_excluded,
    )
    return power * share if pooled else power


def _scheme_row(scheme: Scheme, year: int, spending: float) -> dict[str, object]:
    price, rules = scheme.price, scheme.settlement
    follows = adjusts(scheme)
    theta = 1.0 if price.source in ("best-practice", "frontier") else price.frontier_share.at(year)
    gain = price.gain.at(year) if follows else 0.0
    mean_carry = (rules.keep_surplus.at(year) + rules.carry_deficit.at(year)) / 2.0
    inside = follows and price.reserves == "inside"
    # A price that does not see the spending leaves the units' own swing, c' = −κ·c.
    radius, safe = spending * mean_carry, 1.0
    if inside:
        matrix = form.rule_matrix(gain=gain, spending=spending * mean_carry, lag=price.lag, frontier_share=theta)
        radius = form.spectral_radius(matrix)
        safe = form.largest_safe_spending(gain, price.lag, theta)
    return {
        "scheme": scheme.id,
        "adjusts": follows,
        "lag": price.lag if follows else 0,
        "gain": gain,
        "spectral_radius": radius,
        "largest_safe_spending": safe / mean_carry if mean_carry > 0.0 else float("inf"),
        "stable": radius < 1.0 - np.finfo(float).eps,
        "fixed_point": "none" if not follows else "frontier" if theta > 0.0 else "cost",
    }

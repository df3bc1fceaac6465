"""Block BH: the purchaser's volume budget, its variance, and the shortfall found through the year.

``variance = expenditure − budget`` splits exactly into a quantity part ``(v − v̂)·p̂`` and a price part ``(p − p̂)·v``;
the quantity part of services in one group with one measure splits further into pure volume (the group's total grows
and the mix stays) and mix (the total stays and the mix shifts).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from bench.stykkpris.rounding import decimal, round_amount, times
from bench.typing import FloatArray

#: Months in a third of the year; the municipal reporting period.
THIRD = 4


@dataclass(frozen=True, slots=True)
class Variance:
    """How expenditure came to differ from the budget, for one service; amounts are decimals.

    ``variance = volume + price`` and ``volume = pure_volume + mix``.
    """

    budget: Decimal
    expenditure: Decimal
    variance: Decimal
    volume: Decimal
    pure_volume: Decimal
    mix: Decimal
    price: Decimal


def split_variance(
    budget_volume: float,
    actual_volume: float,
    budget_price: Decimal,
    expenditure: Decimal,
    group_growth: float,
    rule: str = "ore-half-up",
) -> Variance:
    """Split one service's variance.

    Parameters
    ----------
    budget_volume, actual_volume : float
    budget_price : Decimal
    expenditure : Decimal
        What was paid.
    group_growth : float
        Actual over budgeted volume of the service's group, in the same measure.
    rule : str
        Rounding of amounts; the price part takes what rounding leaves, so that the parts sum exactly.

    Examples
    --------
    >>> v = split_variance(100, 110, Decimal(50), Decimal(5720), 1.1)
    >>> v.variance, v.volume, v.mix, v.price
    (Decimal('720.00'), Decimal('500.00'), Decimal('0.00'), Decimal('220.00'))
    """
    budget = round_amount(times(decimal(budget_volume), budget_price), rule)
    volume = round_amount(times(decimal(actual_volume) - decimal(budget_volume), budget_price), rule)
    pure = round_amount(times(budget, decimal(group_growth) - 1), rule)
    variance = expenditure - budget
    return Variance(
        budget=budget,
        expenditure=expenditure,
        variance=variance,
        volume=volume,
        pure_volume=pure,
        mix=volume - pure,
        price=variance - volume,
    )


def group_growths(
    groups: Sequence[tuple[str, str]], budget_volumes: FloatArray, actual_volumes: FloatArray
) -> FloatArray:
    """Return, per service, actual over budgeted volume of its group and measure; 1 where nothing was budgeted.

    Examples
    --------
    >>> group_growths([("home", "day"), ("home", "day")], np.array([80.0, 20.0]), np.array([75.0, 25.0])).tolist()
    [1.0, 1.0]
    """
    totals: dict[tuple[str, str], list[float]] = {}
    for group, budget, actual in zip(groups, budget_volumes.tolist(), actual_volumes.tolist(), strict=True):
        pair = totals.setdefault(group, [0.0, 0.0])
        pair[0] += budget
        pair[1] += actual
    return np.array([totals[g][1] / totals[g][0] if totals[g][0] > 0 else 1.0 for g in groups])


def grown_budget(last_volume: FloatArray, demography: float, need: float) -> FloatArray:
    """Return the volume budget by growth, ``v̂ = v·(1 + demography)·(1 + need)``."""
    return np.asarray(last_volume * (1.0 + demography) * (1.0 + need))


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What the purchaser knows at the end of a month.

    Attributes
    ----------
    month : int
        1–12.
    budget_to_date, expenditure_to_date, budget, forecast, shortfall : float
        NOK; the forecast is the year's budget times the growth seen so far, the shortfall forecast less budget.
    reported : bool
        Whether it is a reporting period and the shortfall exceeds the threshold.
    cut_volume : float
        Share of the remaining decided volume that would have to go to hold the budget.
    cut_quality : float
        Share by which the remaining price would have to fall at the same volume.
    add_money : float
        NOK that hold volume and quality; 0 when there is no shortfall.
    """

    month: int
    budget_to_date: float
    expenditure_to_date: float
    budget: float
    forecast: float
    shortfall: float
    reported: bool
    cut_volume: float
    cut_quality: float
    add_money: float


def follow_up(
    budget: FloatArray, expenditure: FloatArray, *, detection: str = "third", threshold: float = 0.0
) -> list[FollowUp]:
    """Return the forecast at the end of every month.

    Parameters
    ----------
    budget, expenditure : array (12,)
        NOK by month.
    detection : {"month", "third"}
        How often the budget is followed up.
    threshold : float
        Shortfall that is reported, as a share of the year's budget.

    Returns
    -------
    list of FollowUp
        With no month left there is nothing to cut: both shares are 0.

    Examples
    --------
    >>> seen = follow_up(np.full(12, 100.0), np.full(12, 101.0))
    >>> seen[3].reported, round(seen[3].shortfall, 6), round(seen[3].cut_volume, 4)
    (True, 12.0, 0.0149)
    """
    year = float(budget.sum())
    rows = []
    for month in range(1, len(budget) + 1):
        planned, spent = float(budget[:month].sum()), float(expenditure[:month].sum())
        forecast = year * spent / planned if planned > 0 else spent
        shortfall = forecast - year
        rest = forecast - spent
        cut = min(max(shortfall / rest, 0.0), 1.0) if month < len(budget) and rest > 0 else 0.0
        period_end = detection == "month" or month % THIRD == 0
        rows.append(
            FollowUp(
                month=month,
                budget_to_date=planned,
                expenditure_to_date=spent,
                budget=year,
                forecast=forecast,
                shortfall=shortfall,
                reported=period_end and shortfall > threshold * year,
                cut_volume=cut,
                cut_quality=cut,
                add_money=max(shortfall, 0.0),
            )
        )
    return rows


def month_profile(volumes: Mapping[int, float], year_days: Sequence[int]) -> FloatArray:
    """Return twelve shares that sum to one: by the months' volumes, or by days where there are none."""
    values = np.array([volumes.get(month, 0.0) for month in range(1, 13)])
    if not values.sum() > 0:
        values = np.array(year_days, dtype=np.float64)
    return np.asarray(values / values.sum())

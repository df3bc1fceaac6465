"""What a unit keeps of a permanent saving of its own, its weight in its own yardstick counted: a closed form.

A unit that lowers its cost by one krone for good keeps the krone until the rules take it back: after the lag of the
price, in proportion to how much of the price its own accounts are. With ``δ`` the worth today of a krone next year,
``L`` the lag, ``σ`` the unit's share of what the price pays, ``θ`` the frontier's share in the price and ``W`` the sum
of the unit's intensities in all norms,

    kept = k·(1 − r − a·δ^L·G·[(1 − θ)·σ + θ·σ·W·A] − B),

where ``k`` is the share of a surplus kept, ``r`` what is refunded, ``a`` the share of the price that is paid,
``G = g/(1 − (1 − g)·δ)`` counts a price that closes a share ``g`` of the gap each year, ``A`` the mean of
``δ^0 … δ^(m−1)`` where the frontier looks at means over ``m`` years, and ``B`` what a grant built on last year's
accounts takes.
A revenue cap ``(1 − ρ)·C + ρ·N`` of a single company has the form of its own in :func:`norm_mix_kept`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from bench.modelfile.sections.blocks import FIXED_SOURCES
from bench.stykkpris.frames import Row, SettledScheme
from bench.stykkpris.identities import Ledger
from bench.stykkpris.rules.sources import source_level, source_seen, stated_values
from bench.stykkpris.year.arithmetic import paid
from bench.stykkpris.year.books import YearPrice
from bench.stykkpris.year.requiring import frontier_share
from bench.typing import FloatArray

#: Interest at which later years are weighed.
INTEREST = 0.05
#: A unit whose norm is itself to this share has no yardstick but itself.
ALONE = 1.0 - 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """How norms hang on the accounts of single units.

    Attributes
    ----------
    norm_weight : array (n,)
        Fall of all norms together, per krone that the unit's cost falls: the sum of its intensities.
    own_share : array (n,)
        Share of a unit's norm that is the unit itself.
    years : int
        Years the frontier takes the mean of.
    """

    norm_weight: FloatArray
    own_share: FloatArray
    years: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What each unit keeps, arrays (n,)."""

    share: FloatArray
    price_share: FloatArray
    reach: Reach = field(repr=False)


def norm_mix_kept(
    norm_share: float, own_weight: float, *, lag: int, years: int = 1, interest: float = INTEREST
) -> float:
    """Return what a unit keeps under a revenue ``(1 − ρ)·cost + ρ·norm``, ``1 − δ^L·((1 − ρ) + ρ·w·A)``.

    Parameters
    ----------
    norm_share : float
        ρ.
    own_weight : float
        Weight ``w`` of the unit in its own norm.
    lag : int
        Years from the accounts to the revenue.
    years : int
        Years the norm takes the mean of.
    interest : float

    Examples
    --------
    >>> round(norm_mix_kept(0.7, 0.0, lag=2, years=5), 2), round(norm_mix_kept(0.7, 1.0, lag=2, years=5), 2)
    (0.73, 0.15)
    """
    delta = 1.0 / (1.0 + interest)
    return 1.0 - delta**lag * ((1.0 - norm_share) + norm_share * own_weight * averaged(years, delta))


def averaged(years: int, delta: float) -> float:
    """Return what a mean over some years makes of a lasting change, ``(1 + δ + … + δ^(m−1))/m``."""
    return float(np.mean(delta ** np.arange(years)))


def kept(scheme: SettledScheme, reach: Reach, *, interest: float = INTEREST) -> tuple[int, Kept] | None:
    """Return the year of the newest price or grant, and what each unit keeps; None where no year is settled."""
    if not scheme.accounts:
        return None
    delta = 1.0 / (1.0 + interest)
    made = scheme.made.get(max(scheme.made, default=0))
    year = scheme.accounts[-1].year if made is None else made.year
    rules, ground = scheme.data.scheme, scheme.course.ground
    last = scheme.course.books.last(year)
    assert last is not None
    seen = last if made is None or made.cost_year is None else made.cost_year
    n = len(ground.units)
    price_share, taken = np.zeros(n), np.zeros(n)
    if made is not None:
        earned = made.unit_factor * paid(scheme.course.books.volume[seen], made.prices)
        price_share = earned / earned.sum() if earned.sum() > 0.0 else price_share
        if rules.price.source not in (*FIXED_SOURCES, "none", "previous"):
            gain = rules.price.gain.at(year)
            slow = gain / (1.0 - (1.0 - gain) * delta)
            moved = _of_price(scheme, made, seen, price_share, reach, delta)
            taken = taken + rules.mix.activity.at(year) * delta**rules.price.lag * slow * moved
    taken = taken + rules.mix.refund.at(year) + _of_grant(scheme, year, price_share, delta)
    weight = rules.transition.phase_in.at(year)
    if weight != 1.0 and rules.transition.reference == "last-cost":
        taken = weight * taken + (1.0 - weight) * delta
    share = rules.settlement.keep_surplus.at(year) * (1.0 - taken)
    return year, Kept(np.where(scheme.data.present[:, scheme.data.at(last)], share, np.nan), price_share, reach)


def _of_price(
    scheme: SettledScheme, made: YearPrice, seen: int, share: FloatArray, reach: Reach, delta: float
) -> FloatArray:
    """What the price takes back of a krone, once it looks at the accounts in which it was saved."""
    price, books = scheme.data.scheme.price, scheme.course.books
    theta = frontier_share(scheme.course.ground, made.year)
    own = (0.0 if price.own_excluded else 1.0 - theta) * share
    if not theta:
        return own
    source = source_seen(price.source, price.frontier_reference)
    if source is not None:
        cost, weighted = books.cost[seen], books.volume[seen] @ made.cost_weights
        stated = stated_values(source, price, made.year)
        level = source_level(source, cost, weighted, **stated)
        # The level is a unit cost, or lies between two: it falls by a unit's saving in proportion to its part of it.
        step = 1e-6 * np.eye(len(cost)) * cost
        less = source_level(source, cost - step, np.broadcast_to(weighted, step.shape), **stated)
        with np.errstate(divide="ignore", invalid="ignore"):
            fall = np.where(cost > 0.0, (level - less) / (1e-6 * cost) * weighted.sum(), 0.0)
        return np.asarray(own + theta * share * fall)
    return np.asarray(own + theta * share * reach.norm_weight * averaged(reach.years, delta))


def _of_grant(scheme: SettledScheme, year: int, price_share: FloatArray, delta: float) -> FloatArray:
    """What a grant that is built on last year's accounts takes back of a krone; none where a budget goes on."""
    rule, mix = scheme.data.scheme.block, scheme.data.scheme.mix
    nothing = np.zeros(len(price_share))
    if rule.kind == "none" or rule.base == "budget" or rule.total is not None:
        return nothing
    if rule.kind == "incremental":
        return nothing + delta * (mix.block.at(year) or 1.0)
    if rule.total_share is None:
        return nothing
    total = rule.total_share.at(year) * delta
    if rule.kind == "historic-share" and rule.share_year is None:
        return nothing + total
    grants = scheme.accounts[-1].block
    whole = float(sum(grants.tolist()))
    return total * np.array([float(part) / whole for part in grants]) if whole else nothing


def kept_rows(scheme: SettledScheme, reach: Reach) -> Iterator[Row]:
    """Yield one row per unit with accounts: what it keeps, and its weights in price and norms."""
    found = kept(scheme, reach)
    if found is None:
        return
    year, result = found
    looks = frontier_share(scheme.course.ground, year) > 0.0 and scheme.data.scheme.price.frontier_reference == "norm"
    looks |= scheme.data.scheme.price.source == "frontier" or scheme.data.scheme.block.kind == "norm-share"
    for i in scheme.data.order:
        if np.isnan(result.share[i]):
            continue
        alone = reach.own_share[i] >= ALONE or result.price_share[i] >= ALONE
        yield {
            "scheme": scheme.id,
            "unit": scheme.data.units[i],
            "year": year,
            "price_share": result.price_share[i],
            "norm_weight": reach.norm_weight[i],
            "own_norm_share": reach.own_share[i],
            "kept_share": result.share[i],
            "benchmarked": not (looks and alone),
        }


def check_kept(scheme: SettledScheme, reach: Reach, ledger: Ledger) -> None:
    """Assert that the units' shares of what the price pays are all of it: nobody's weight is left uncounted."""
    found = kept(scheme, reach)
    if found is not None and found[1].price_share.any():
        ledger.unrounded("own weights in the price = 1", scheme.id, found[0], float(found[1].price_share.sum()), 1.0)

"""What a requirement took out of prices and grants: by unit and year, as a share of the gap, and as an identity."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from bench.errors import ModelError
from bench.stykkpris.frames import Row, SettledScheme
from bench.stykkpris.identities import Ledger
from bench.stykkpris.rounding import half_step
from bench.stykkpris.rules.requirement import compounded, share_of_gap
from bench.stykkpris.year.books import Asked, Required
from bench.typing import FloatArray

#: Shares of a gap are compared up to this.
SLACK = 1e-9


def requirement_rows(scheme: SettledScheme) -> Iterator[Row]:
    """Yield one row per unit and year in which a requirement lowers a price or a grant.

    ``gap_share`` is the part of the scheme's gap that frontier share and requirement take in the year's price together,
    ``gap_share_so_far`` with what the requirement took in earlier years.

    Raises
    ------
    ModelError
        When more than the whole gap is taken.
    """
    required = scheme.course.ground.required
    if required is None:
        return
    for year, asked in _asked(scheme):
        if year < required.first_year:
            continue
        now, so_far = _gap_shares(required, asked, year)
        if max(now, so_far) > 1.0 + SLACK:
            raise ModelError(
                f"frontier share and requirement take {max(now, so_far):.1%} of the gap of scheme {scheme.id!r} in "
                f"{year}: lower price.frontier_share or requirement.individual_share",
                file=scheme.model.file,
                key="requirement.individual_share",
            )
        for i in scheme.data.order:
            yield {
                "scheme": scheme.id,
                "unit": scheme.data.units[i],
                "year": year,
                "feeds": required.feeds,
                "cost_year": asked.cost_year,
                "individual_nok": float(asked.individual[i]),
                "general_nok": float(asked.general[i]),
                "required_nok": float(asked.amount[i]),
                "frontier_share": asked.taken,
                "gap_share": now,
                "gap_share_so_far": so_far,
            }


def _asked(scheme: SettledScheme) -> Iterator[tuple[int, Asked]]:
    for made in scheme.made.values():
        if made.asked is not None:
            yield made.year, made.asked
    for accounts in scheme.accounts:
        if accounts.asked is not None:
            yield accounts.year, accounts.asked


def _gap_shares(required: Required, asked: Asked, year: int) -> tuple[float, float]:
    """Share of the gap taken in a year's price, and with the requirement of earlier years, each with the frontier's."""
    whole, n, first = float(required.gap.sum()), len(required.gap), required.first_year
    seen = first - 1 if asked.cost_year is None else max(asked.cost_year, first - 1)
    before, after = (compounded(required.individual, range(first, last + 1), n) for last in (seen, year))

    def share(part: FloatArray) -> float:
        return float((required.base_cost * part).sum()) / whole if whole > 0.0 else 0.0

    return share_of_gap(asked.taken, share(after - before)), share_of_gap(asked.taken, share(after))


def check_requirement(scheme: SettledScheme, ledger: Ledger) -> None:
    """Assert that what is asked is what prices and grants fall by, at the volumes of the accounts they are built on."""
    for made in scheme.made.values():
        if made.asked is None or made.fall is None:
            continue
        wanted, fall, held = float(made.asked.amount.sum()), float(made.fall), float(made.held_back)
        name = "requirement = fall in income by price"
        if held:
            name += " + held back by gain, corridor, floor and cap"
        ledger.unrounded(name, scheme.id, made.year, wanted, fall + held)
    for year in scheme.accounts:
        if year.asked is None or year.fall is None or year.whole_block is None:
            continue
        wanted = float(np.where(year.present, year.asked.amount, 0.0).sum())
        fallen, rule = sum(year.fall.tolist(), Decimal(0)), scheme.model.rounding.amount
        ledger.rounding("the requirement", scheme.id, year.year, float(fallen), wanted, half_step(rule), len(year.fall))
        before, after = (sum(part.tolist(), Decimal(0)) for part in (year.whole_block, year.block))
        ledger.exact("requirement = fall in grants", scheme.id, year.year, fallen, before - after)

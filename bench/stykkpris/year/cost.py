"""The cost a year's price is built on: the accounts less what is paid another way, and the corrections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bench.modelfile import Correction
from bench.stykkpris.rules.corrections import ON_INCOME, correction_amount
from bench.stykkpris.rules.mix import priced_cost
from bench.stykkpris.year.books import Books, Ground, no_accounts
from bench.typing import FloatArray


def cost_base(ground: Ground, books: Books, year: int) -> FloatArray:
    """Return the cost the price is built on in a year, array (..., n).

    The accounts (or their estimate), less components paid another way, spending of reserves held outside, and
    corrections the scheme funds itself.
    """
    scheme = ground.scheme
    if year not in books.cost:
        raise no_accounts(ground, year)
    cost = books.estimate[year] if scheme.price.accounts == "estimate" else books.cost[year]
    cost = without_components(ground, books, year, cost)
    if scheme.price.reserves == "outside" and scheme.price.reserve_column:
        cost = cost - books.spending[year]
    funded = np.zeros(len(ground.units))
    for item in scheme.correction:
        if item.funded_by == "scheme" and item.kind not in ON_INCOME:
            funded = funded + correction(ground, books, item, year, np.zeros(len(ground.units)))
    return np.asarray(cost - funded)


def without_components(ground: Ground, books: Books, year: int, cost: FloatArray) -> FloatArray:
    """Return a year's cost (..., n) less the components that are refunded or have a grant of their own.

    What is paid in its own way is paid once: neither a price nor a grant that goes on from the accounts holds it too.
    """
    paid = ground.scheme.mix.component
    if not paid:
        return cost
    parts = components(ground, books, year, [c.column for c in paid])
    out = [{"refund": c.share.at(year), "block": 1.0, "price": 0.0}[c.treatment] for c in paid]
    return priced_cost(cost, parts, np.array(out))


def components(ground: Ground, books: Books, year: int, names: list[str]) -> FloatArray:
    """Return cost components in a year, array (..., n, m)."""
    if not names:
        return np.zeros((len(ground.units), 0))
    return np.stack([books.components[year][name] for name in names], axis=-1)


def correction(ground: Ground, books: Books, item: Correction, year: int, activity: FloatArray) -> FloatArray:
    """Return one correction in a year, array (..., n); zero for a unit without accounts."""
    columns, base = books.columns[year], item.indexed_from
    factor: Any = 1.0
    if base is not None:
        factor = ground.growth.chain(base, year)
        for later in range(base + 1, year + 1):
            factor = factor * (1.0 + item.growth.at(later))
    # Before the first year the rule did not exist; its first values stand in for the cost base's sake.
    asked = max(year, ground.first_year)
    if isinstance(factor, np.ndarray):
        # Amounts are linear in the index except thresholds and caps: those rules are asked draw by draw.
        rows = [
            correction_amount(item, asked, ground.units, _of_draw(columns, k), a, float(f), scheme=ground.scheme.id)
            for k, (f, a) in enumerate(_paired(factor, activity))
        ]
        return np.asarray(np.where(books.present[year], np.stack(rows), 0.0))
    amount = correction_amount(item, asked, ground.units, columns, activity, factor, scheme=ground.scheme.id)
    return np.asarray(np.where(books.present[year], amount, 0.0))


def _of_draw(columns: Mapping[str, FloatArray], draw: int) -> dict[str, FloatArray]:
    """Columns (n,) of one world: those that follow users who moved differ between worlds."""
    return {name: values if values.ndim == 1 else values[draw] for name, values in columns.items()}


def _paired(factor: FloatArray, activity: FloatArray) -> list[tuple[Any, FloatArray]]:
    whole = np.broadcast_to(activity, (len(factor), activity.shape[-1]))
    return list(zip(factor.tolist(), whole, strict=True))

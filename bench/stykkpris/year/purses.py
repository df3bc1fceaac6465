"""Whose money a year is: what others pay of a unit's income, and what they pay to the budget holder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.modelfile.sections.blocks import Earmark, Receipt
from bench.stykkpris.rules.receipts import earmarked, received
from bench.stykkpris.year.arithmetic import Amounts, Arithmetic
from bench.stykkpris.year.books import Books, Ground
from bench.stykkpris.year.funding import Fixed
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """One receipt of a year, amounts (..., n): what came in, and what of it is set aside for its purpose."""

    receipt: Receipt
    amount: Amounts
    set_aside: Amounts


def receipts(
    money: Arithmetic, ground: Ground, books: Books, year: int, *, volume: Any = 1.0, prices: Any = 1.0
) -> list[Received]:
    """Return what others pay to the budget holder in a year; nothing from a unit without accounts.

    Parameters
    ----------
    volume, prices : number or array (..., n)
        What a column that follows volume or cost growth has moved by since the accounts it stands in.
    """
    made = []
    for receipt in ground.scheme.receipt:
        moved = (volume if receipt.follows in ("volume", "both") else 1.0) * np.asarray(
            prices if receipt.follows in ("prices", "both") else 1.0
        )
        counted = volume if receipt.follows in ("volume", "both") else 1.0
        z = books.columns[year][receipt.column] * moved
        count: Any = counted
        if receipt.count_column is not None:
            count = books.columns[year][receipt.count_column] * counted
        cap = None if receipt.cap is None else receipt.cap.at(year)
        found = received(receipt.rate.at(year), z, np.broadcast_to(count, z.shape), receipt.threshold.at(year), cap)
        amount = money.rounded(np.where(books.present[year], found, 0.0))
        made.append(Received(receipt, amount, set_aside(money, books, year, receipt.earmark, amount)))
    return made


def set_aside(money: Arithmetic, books: Books, year: int, rule: Earmark | None, amount: Amounts) -> Amounts:
    """Return what of an amount (..., n) is set aside by a rule; nothing without one."""
    if rule is None:
        return np.asarray(amount * money.number(0.0))
    spent: FloatArray | None = None if rule.column is None else books.columns[year][rule.column]
    return money.rounded(earmarked(money.floats(amount), None if rule.cap is None else rule.cap.at(year), spent))


def paid_by_others(ground: Ground, fixed: Fixed, by_service: Amounts) -> dict[str, Amounts]:
    """Return each other purse's part of the units' income, by purse, arrays (..., n).

    Parameters
    ----------
    by_service : array (..., n, K)
        Income of each service.
    """
    found: dict[str, Amounts] = {}
    for k, service in enumerate(ground.scheme.service):
        if service.paid_by is not None:
            _add(found, service.paid_by, by_service[..., k])
    for item, (_, amount) in zip(ground.scheme.correction, fixed.corrections, strict=True):
        if item.paid_by is not None:
            _add(found, item.paid_by, amount)
    return found


def _add(found: dict[str, Amounts], purse: str, amount: Amounts) -> None:
    found[purse] = found[purse] + amount if purse in found else amount

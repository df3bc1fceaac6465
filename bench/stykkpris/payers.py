"""Who pays: a unit's income by the purse it comes from, and what others pay to the budget holder.

A service or correction with ``paid_by`` is paid by somebody else than the budget holder (user fees, refunds of the
state); everything else is the holder's. A ``[[scheme.receipt]]`` is money from others that goes to the holder and not
to the unit: user payments by income, refunds that fall to the municipality, earmarked grants. So the holder's net
expenditure is its part of the units' income less its receipts, and what all purses pay is what the units get.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from bench.stykkpris.frames import SettledScheme
from bench.stykkpris.identities import Ledger

#: Name of the budget holder's own purse.
HOLDER = "holder"


def receipt_rows(settled: SettledScheme) -> Iterator[dict[str, Any]]:
    """Yield what others pay to the budget holder, one row per unit, year and receipt."""
    for year in settled.accounts:
        for found in year.received:
            mark = found.receipt.earmark
            for i in settled.data.rows(year.year):
                yield {
                    "scheme": settled.id,
                    "unit": settled.data.units[i],
                    "year": year.year,
                    "receipt": found.receipt.name.en,
                    "paid_by": found.receipt.paid_by,
                    "amount": float(found.amount[i]),
                    "earmarked": float(found.set_aside[i]),
                    "purpose": "" if mark is None else mark.purpose.en,
                }


def payer_rows(settled: SettledScheme, ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Yield who pays, one row per year and purse.

    ``income`` is what the units get from the purse, ``receipts`` what the budget holder gets from it, and ``net`` what
    the purse pays in all; for the holder it is the income it pays less all receipts.
    """
    for year in settled.accounts:
        whole = _total(year.income)
        paid: dict[str, Decimal] = {purse: _total(amounts) for purse, amounts in year.others.items()}
        got: dict[str, Decimal] = {}
        for found in year.received:
            giver = found.receipt.paid_by
            got[giver] = got.get(giver, Decimal(0)) + _total(found.amount)
        own = whole - sum(paid.values(), Decimal(0))
        nothing = Decimal(0)
        rows = [(HOLDER, own, nothing, own - sum(got.values(), nothing))]
        for purse in dict.fromkeys([*paid, *got]):
            direct, back = paid.get(purse, nothing), got.get(purse, nothing)
            rows.append((purse, direct, back, direct + back))
        if len(rows) > 1:
            net = sum((row[3] for row in rows), nothing)
            ledger.exact("what all purses pay = income", settled.id, year.year, net, whole)
        for purse, income, receipts, left in rows:
            yield {
                "scheme": settled.id,
                "year": year.year,
                "paid_by": purse,
                "income": float(income),
                "receipts": float(receipts),
                "net": float(left),
            }


def _total(amounts: Any) -> Decimal:
    return sum(amounts.tolist(), Decimal(0))

"""Who pays: a unit's income by the purse it comes from, and what others pay to the budget holder.

A service or correction with ``paid_by`` is paid by somebody else than the budget holder (user fees, refunds of the
state); everything else is the holder's. A ``[[scheme.receipt]]`` is money from others that goes to the holder and not
to the unit: user payments by income, refunds that fall to the municipality, earmarked grants. So the holder's net
expenditure is its part of the units' income less its receipts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bench.stykkpris.result import StykkprisResult
from bench.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd

    from bench.modelfile.blocks import Receipt
    from bench.units import Units

#: Name of the budget holder's own purse, and of what it is left with.
HOLDER, RECEIVED = "holder", "receipts"


def received(rate: float, z: FloatArray, count: FloatArray, threshold: float, cap: float | None) -> FloatArray:
    """Return what others pay to the budget holder, ``min(rate·max(0, z − threshold·n), cap·n)``, array (n,).

    Parameters
    ----------
    rate : float
        NOK per unit of ``z``, or share of it.
    z, count : array (n,)
    threshold : float
        Free amount per user.
    cap : float or None
        Ceiling per user.

    Examples
    --------
    >>> received(0.75, np.array([300000.0]), np.array([1.0]), 10000.0, 200000.0).tolist()
    [200000.0]
    """
    paid = rate * np.maximum(z - threshold * count, 0.0)
    return np.asarray(paid if cap is None else np.minimum(paid, cap * count))


def payers(result: StykkprisResult, units: Units) -> pd.DataFrame:
    """Return who pays, one row per scheme, year and purse.

    Parameters
    ----------
    result : StykkprisResult
    units : Units
        The table the result was settled on.

    Returns
    -------
    DataFrame
        ``scheme, year, paid_by, income, receipts, net``: what the units get from the purse, what the budget holder gets
        from it, and what the purse pays in all; for ``holder`` the net is its income paid less all receipts.
    """
    import pandas as pd

    made: list[dict[str, Any]] = []
    income = result.settlement.groupby(["scheme", "year"])["income"].sum()
    lines = result.settlement_lines.groupby(["scheme", "year", "service"])["income"].sum()
    corrected = result.corrections.groupby(["scheme", "year", "correction"])["amount"].sum()
    for scheme in result.model.scheme:
        rows = units.frame if units.scheme is None else units.frame[units.frame[units.scheme].astype(str) == scheme.id]
        for year in [int(y) for s, y in income.index if s == scheme.id]:
            paid: dict[str, float] = {}
            for service in scheme.service:
                if service.paid_by is not None:
                    amount = float(lines.get((scheme.id, year, service.id), 0.0))
                    paid[service.paid_by] = paid.get(service.paid_by, 0.0) + amount
            for correction in scheme.correction:
                if correction.paid_by is not None:
                    amount = float(corrected.get((scheme.id, year, correction.name.en), 0.0))
                    paid[correction.paid_by] = paid.get(correction.paid_by, 0.0) + amount
            got: dict[str, float] = {}
            here = rows if units.period is None else rows[rows[units.period] == year]
            for receipt in scheme.receipt:
                got[receipt.paid_by] = got.get(receipt.paid_by, 0.0) + _amount(receipt, here, year)
            whole = float(income[scheme.id, year])
            own = whole - sum(paid.values())
            made.append(_row(scheme.id, year, HOLDER, own, 0.0, own - sum(got.values())))
            for purse in dict.fromkeys([*paid, *got]):
                direct, back = paid.get(purse, 0.0), got.get(purse, 0.0)
                made.append(_row(scheme.id, year, purse, direct, back, direct + back))
    return pd.DataFrame(made, columns=["scheme", "year", "paid_by", "income", "receipts", "net"])


def _amount(receipt: Receipt, rows: pd.DataFrame, year: int) -> float:
    z = rows[receipt.column].to_numpy(dtype=float)
    count = np.ones(len(rows)) if receipt.count_column is None else rows[receipt.count_column].to_numpy(dtype=float)
    cap = None if receipt.cap is None else receipt.cap.at(year)
    return float(received(receipt.rate.at(year), z, count, receipt.threshold.at(year), cap).sum())


def _row(scheme: str, year: int, purse: str, income: float, receipts: float, net: float) -> dict[str, Any]:
    return {"scheme": scheme, "year": year, "paid_by": purse, "income": income, "receipts": receipts, "net": net}

"""Orders beyond capacity: what a purchaser has ordered and the provider has not done, in volume and in money.

Where the purchaser pays for what it orders (unit prices) capacity follows the order. Where a provider has a grant and
somebody else decides, an order is not money: the provider does what the grant pays for and says that it has no
capacity, or takes hours from other users (econ2006, ch. 3.1.2 and 5.1.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.stykkpris.result import StykkprisResult

if TYPE_CHECKING:
    import pandas as pd

    from bench.modelfile import Scheme
    from bench.units import Units


def beyond_capacity(ordered: float, performed: float, cost: float) -> tuple[float, float]:
    """Return the share of an order that was not done, and what it would have cost at the provider's own unit cost.

    Parameters
    ----------
    ordered, performed : float
        Volume by cost weights.
    cost : float
        Of what was performed.

    Examples
    --------
    >>> share, money = beyond_capacity(308000, 280000, 104000000)
    >>> round(share, 4), round(money)
    (0.0909, 10400000)
    """
    missing = max(ordered - performed, 0.0)
    share = missing / ordered if ordered > 0.0 else 0.0
    return share, missing * cost / performed if performed > 0.0 else 0.0


def orders(result: StykkprisResult, units: Units) -> pd.DataFrame:
    """Return ordered against performed volume of every unit and year, where both are recorded.

    Returns
    -------
    DataFrame
        ``scheme, unit, year, ordered, performed, beyond, cost_beyond, decides, holds``: volumes by cost weights, the
        share of the order that was not done, what it would have cost, and who decides and who holds the money. Empty
        for schemes whose services name no performed volume.
    """
    import pandas as pd

    rules = result.model.purchaser
    made: list[dict[str, Any]] = []
    for scheme in result.model.scheme:
        if not scheme.service or any(service.performed is None for service in scheme.service):
            continue
        frame = units.frame if units.scheme is None else units.frame[units.frame[units.scheme].astype(str) == scheme.id]
        cost = frame[result.model.cost_column]
        for at in frame.index:
            year = int(frame[units.period][at]) if units.period is not None else result.model.data.year
            ordered, performed = _volumes(scheme, frame, at, year)
            share, money = beyond_capacity(ordered, performed, float(cost[at]))
            made.append(
                {
                    "scheme": scheme.id,
                    "unit": str(frame[units.id][at]),
                    "year": year,
                    "ordered": ordered,
                    "performed": performed,
                    "beyond": share,
                    "cost_beyond": money,
                    "decides": "" if rules is None else rules.decider,
                    "holds": "" if rules is None else rules.holder,
                }
            )
    columns = ["scheme", "unit", "year", "ordered", "performed", "beyond", "cost_beyond", "decides", "holds"]
    return pd.DataFrame(made, columns=columns)


def _volumes(scheme: Scheme, frame: pd.DataFrame, at: Any, year: int) -> tuple[float, float]:
    """Volumes of one row by cost weights; by prices where prices are stated, else alike."""
    ordered = performed = 0.0
    for service in scheme.service:
        assert service.performed is not None
        weight = 1.0
        if service.weight is not None:
            weight = service.weight.at(year)
        elif service.price is not None:
            weight = service.price.at(year)
        ordered += weight * float(frame[service.column][at])
        performed += weight * float(frame[service.performed][at])
    return ordered, performed

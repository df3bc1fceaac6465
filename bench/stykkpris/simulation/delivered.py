"""Users in the accounts: what was delivered of what was decided, service by service and unit by unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.stykkpris.rules.volume import COLUMN_BASES
from bench.stykkpris.scheme_data import SchemeData
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True)
class Delivered:
    """What users of a service got in the last accounts.

    Attributes
    ----------
    scheme, service : str
    units : int
        Units with decided volume.
    decided, delivered : float
        Volume; delivered is not a number where the data do not have it.
    share : float
        Delivered over decided.
    lowest, highest : float
        The same in the units where it is lowest and highest.
    spread : float
        Its standard deviation over the units, weighted by decided volume: zero where all users are treated alike.
    how : {"measured", "unknown"}
    """

    scheme: str
    service: str
    units: int
    decided: float
    delivered: float
    share: float
    lowest: float
    highest: float
    spread: float
    how: str


def delivered_of(data: SchemeData) -> list[Delivered]:
    """Return what was delivered of what was decided in the last year, one row per service.

    Known where the scheme is paid for performed volume, or the lesser of the two, and no plan stands between.
    """
    rule = data.scheme.volume
    known = rule.basis not in COLUMN_BASES and not rule.planned
    made = []
    for k, service in enumerate(data.services):
        decided = data.allocated[:, -1, k]
        got = data.volume[:, -1, k]
        made.append(_row(data.scheme.id, service, decided, got if known else None))
    return made


def _row(scheme: str, service: str, decided: FloatArray, got: FloatArray | None) -> Delivered:
    here = decided > 0.0
    total, nothing = float(decided.sum()), float("nan")
    if got is None or not here.any():
        return Delivered(scheme, service, int(here.sum()), total, *(nothing,) * 5, "unknown")
    share, weight = got[here] / decided[here], decided[here] / total
    whole = float(weight @ share)
    spread = float(np.sqrt(weight @ (share - whole) ** 2))
    ends = float(share.min()), float(share.max())
    return Delivered(scheme, service, int(here.sum()), total, float(got[here].sum()), whole, *ends, spread, "measured")

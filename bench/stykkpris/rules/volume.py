"""Block VR: which volume is paid."""

from __future__ import annotations

import numpy as np

from bench.typing import FloatArray

#: Bases that count what the purchaser has allocated, or what the column of the service holds.
COLUMN_BASES = ("allocated", "level-count", "bed-days", "places", "list-size")


def paid_volume(
    allocated: FloatArray,
    performed: FloatArray | None = None,
    planned: FloatArray | None = None,
    *,
    basis: str = "allocated",
    marginal_below: float = 1.0,
    marginal_above: float = 1.0,
    cap: float | None = None,
    floor: float | None = None,
) -> FloatArray:
    """Return the volume that is paid, an array of the shape of ``allocated``.

    ``allocated`` counts what was decided, ``performed`` what was done, ``min`` what was done up to what was decided;
    the other bases (level counts, bed-days, places, list size) are what the service's column holds. With a plan,
    ``g = v̂ + m_below·min(v − v̂, 0) + m_above·max(v − v̂, 0)``, and cap and floor are shares of the plan.

    Examples
    --------
    >>> paid_volume(np.array([10.0]), np.array([8.0]), basis="min").tolist()
    [8.0]
    >>> paid_volume(np.array([120.0]), planned=np.array([100.0]), marginal_above=0.7).tolist()
    [114.0]
    """
    if basis in COLUMN_BASES:
        volume = allocated
    elif performed is None:
        raise ValueError(f"the basis {basis!r} needs performed volume")
    else:
        volume = performed if basis == "performed" else np.minimum(performed, allocated)
    if planned is None:
        return np.asarray(volume)
    gap = volume - planned
    paid = planned + marginal_below * np.minimum(gap, 0.0) + marginal_above * np.maximum(gap, 0.0)
    if cap is not None:
        paid = np.minimum(paid, cap * planned)
    if floor is not None:
        paid = np.maximum(paid, floor * planned)
    return np.asarray(paid)

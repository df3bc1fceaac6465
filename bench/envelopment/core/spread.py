"""How efficiencies are spread, as rows of a summary: quartiles and units per tenth."""

from __future__ import annotations

import numpy as np

from bench.tolerances import EFFICIENT
from bench.typing import FloatArray

Row = tuple[str, str]
_QUARTILES = {"minimum": 0.0, "first quartile": 0.25, "median": 0.5, "third quartile": 0.75, "maximum": 1.0}


def quartile_rows(known: FloatArray) -> list[Row]:
    """Return the mean and the quartiles of finite values (n,), to four places.

    Examples
    --------
    >>> quartile_rows(np.array([0.5, 1.0]))[0]
    ('mean', '0.7500')
    """
    marks = zip(_QUARTILES, np.quantile(known, list(_QUARTILES.values())), strict=True)
    return [("mean", f"{known.mean():.4f}"), *((name, f"{value:.4f}") for name, value in marks)]


def band_rows(known: FloatArray) -> list[Row]:
    """Count units per tenth of efficiency, with the efficient ones (and those beyond 1) apart.

    Examples
    --------
    >>> band_rows(np.array([0.85, 1.0]))
    [('0.8 ≤ E < 0.9', '1 (50.0 %)'), ('0.9 ≤ E < 1.0', '0 (0.0 %)'), ('E = 1', '1 (50.0 %)')]
    """
    inside = known[known < 1 - EFFICIENT]
    rows = []
    for low in range(10):
        above = inside >= low / 10 if low else inside > -np.inf
        count = int((above & (inside < (low + 1) / 10)).sum()) if low < 9 else int(above.sum())
        if count or (len(inside) and low / 10 >= inside.min()):
            name = f"{low / 10:.1f} ≤ E < {(low + 1) / 10:.1f}" if low or inside.min() >= 0 else "E < 0.1"
            rows.append((name, _share(count, len(known))))
    rows.append(("E = 1", _share(int((np.abs(known - 1) <= EFFICIENT).sum()), len(known))))
    beyond = int((known > 1 + EFFICIENT).sum())
    return [*rows, ("E > 1", _share(beyond, len(known)))] if beyond else rows


def _share(count: int, total: int) -> str:
    return f"{count} ({100 * count / total:.1f} %)" if total else "0"

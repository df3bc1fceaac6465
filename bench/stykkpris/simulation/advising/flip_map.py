"""`FlipMap`: which of some systems stands best over two drivers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.stykkpris.simulation.advising.arguments import Pair
from bench.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class FlipMap:
    """Which system stands best over two drivers.

    Attributes
    ----------
    key, criterion : str
    rows, columns : tuple of (str, array)
        The two drivers and their values.
    systems : tuple of str
    values : array (R, C, S)
        The criterion of every system; lower is better.
    note : pair of str
        Whose figures it stands on, where they are not the reader's own.
    """

    key: str
    criterion: str
    rows: tuple[str, FloatArray]
    columns: tuple[str, FloatArray]
    systems: tuple[str, ...]
    values: FloatArray
    note: Pair = ("", "")

    @property
    def best(self) -> Any:
        """Position of the best system in every cell, array (R, C); −1 where two are the same to a thousandth."""
        order = np.sort(self.values, axis=-1)
        first = np.argmin(self.values, axis=-1)
        tie = order[..., 1] - order[..., 0] <= 1e-3 * np.maximum(np.abs(order[..., 1]), 1e-12)
        return np.where(tie, -1, first)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per cell and system."""
        import pandas as pd

        rows = []
        for r, one in enumerate(self.rows[1].tolist()):
            for c, other in enumerate(self.columns[1].tolist()):
                for s, system in enumerate(self.systems):
                    best = bool(self.best[r, c] == s)
                    rows.append([self.key, self.criterion, one, other, system, float(self.values[r, c, s]), best])
        names = ["map", "criterion", self.rows[0], self.columns[0], "system", "value", "best"]
        return pd.DataFrame(rows, columns=names)

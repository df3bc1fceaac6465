"""`DeaCertificate`: how far the optima of one run are from proving themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class DeaCertificate:
    """How far each optimum is from proving itself, relative to the data.

    Attributes
    ----------
    residual : array (n, 3)
        Primal residual, dual residual and gap of each unit; NaN where there is no score.
    in_whole_numbers : int
        Units whose first answer was not proven and that were solved again without rounding.
    """

    residual: FloatArray
    in_whole_numbers: int = 0

    @property
    def primal(self) -> float:
        """Worst relative primal residual."""
        return self._worst(0)

    @property
    def dual(self) -> float:
        """Worst relative dual residual."""
        return self._worst(1)

    @property
    def gap(self) -> float:
        """Worst relative gap between primal and dual value."""
        return self._worst(2)

    @property
    def worst(self) -> float:
        """Worst of the three."""
        return max(self.primal, self.dual, self.gap)

    def _worst(self, part: int) -> float:
        values = self.residual[:, part]
        return float(np.nanmax(values)) if np.isfinite(values).any() else 0.0

    def __repr__(self) -> str:
        solved_again = f", {self.in_whole_numbers} solved in whole numbers" if self.in_whole_numbers else ""
        return f"DeaCertificate(primal {self.primal:.1e}, dual {self.dual:.1e}, gap {self.gap:.1e}{solved_again})"

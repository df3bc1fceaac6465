"""Block TR: from the old system to the new."""

from __future__ import annotations

import numpy as np

from bench.typing import FloatArray


def transition_income(
    income: FloatArray,
    old: FloatArray,
    last_income: FloatArray,
    *,
    phase_in: float = 1.0,
    hold_harmless: float | None = None,
    cap: float | None = None,
) -> FloatArray:
    """Return the income after transition rules.

    ``w·new + (1 − w)·old``, then not less than a share of last year's income and not more than another.

    Parameters
    ----------
    income, old, last_income : array (..., n)
        Income under the new rules; what the old system would give; last year's income. The last two indexed.

    Examples
    --------
    >>> transition_income(np.array([80.0]), np.array([100.0]), np.array([100.0]), phase_in=0.5).tolist()
    [90.0]
    """
    moved = phase_in * income + (1.0 - phase_in) * old
    if hold_harmless is not None:
        moved = np.maximum(moved, hold_harmless * last_income)
    if cap is not None:
        moved = np.minimum(moved, cap * last_income)
    return np.asarray(moved)

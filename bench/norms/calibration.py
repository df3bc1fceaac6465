"""Calibration: make norms add to a stated total by a stated key.

Best-practice and frontier norms add to less than the scheme costs. When the payer's money is given (last year's cost, a
budget), the difference has to be put somewhere, and who gets it is a decision: the key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from bench.errors import DataError
from bench.norms._arrays import vector
from bench.options import one_of
from bench.typing import FloatArray

CalibrationKey = Literal["norm", "cost", "volume", "equal", "column"]
CALIBRATION_KEYS: tuple[CalibrationKey, ...] = get_args(CalibrationKey)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Norms that add to a stated total.

    Attributes
    ----------
    norm : array (n,)
        Calibrated norm, NOK.
    adjustment : array (n,)
        What calibration added, NOK; sums to ``total`` minus the sum of the raw norms.
    total : float
        NOK.
    key : str
        How the difference was shared.
    """

    norm: FloatArray
    adjustment: FloatArray
    total: float
    key: str


def calibrate(
    norm: npt.ArrayLike,
    total: float,
    key: CalibrationKey,
    *,
    cost: npt.ArrayLike | None = None,
    volume: npt.ArrayLike | None = None,
    column: npt.ArrayLike | None = None,
) -> Calibration:
    """Share the difference between a total and the sum of norms by a key.

    Parameters
    ----------
    norm : array (n,)
        Raw norms, NOK.
    total : float
        What they shall add to, NOK.
    key : {"norm", "cost", "volume", "equal", "column"}
        ``"norm"`` scales all norms by the same factor (relative norms stay as they are); ``"cost"`` and
        ``"volume"`` share by own cost or weighted volume; ``"equal"`` gives every unit the same amount; ``"column"``
        shares by any other number, such as the capital base.
    cost, volume, column : array (n,), optional
        Needed by the key of that name.

    Raises
    ------
    DataError
        When the key's array is missing or adds to nothing, or the total is negative.

    Examples
    --------
    >>> calibrate([80.0, 20.0], 110.0, "norm").norm.round(9).tolist()
    [88.0, 22.0]
    >>> calibrate([80.0, 20.0], 110.0, "equal").norm.tolist()
    [85.0, 25.0]
    """
    key = one_of(key, CALIBRATION_KEYS, "key")  # type: ignore[assignment]
    raw = vector(norm, "norm")
    weights = {"norm": raw, "cost": cost, "volume": volume, "equal": np.ones(raw.size), "column": column}[key]
    if weights is None:
        raise DataError(f"the key {key!r} needs the array {key}")
    weight = vector(weights, key, raw.size)
    if not float(total) >= 0.0:
        raise DataError(f"norms cannot be made to add to {total!r}: give a total of zero or more")
    if weight.sum() == 0:
        raise DataError(f"the key {key!r} adds to nothing, so nothing can be shared by it")
    adjustment = (float(total) - raw.sum()) * weight / weight.sum()
    return Calibration(norm=raw + adjustment, adjustment=adjustment, total=float(total), key=key)

"""Names of the types that stand in signatures everywhere: arrays by what they hold, and the progress callable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

#: Numbers.
FloatArray: TypeAlias = npt.NDArray[np.float64]

#: Whole numbers that are data or counts.
IntArray: TypeAlias = npt.NDArray[np.int64]

#: Positions in another array, as numpy's own searches and sorts return them.
IndexArray: TypeAlias = npt.NDArray[np.intp]

BoolArray: TypeAlias = npt.NDArray[np.bool_]

#: ``progress(stage, done, total)``: told how far a long computation has come.
Progress: TypeAlias = Callable[[str, int, int], None]

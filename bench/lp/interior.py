"""Prices at which nothing gains, well inside the set of those: other prices are moved away from their rounding."""

from __future__ import annotations

import numpy as np

from bench.lp.program import Program
from bench.lp.proofs.certificate import simple_inner
from bench.lp.solvers.highs import solve
from bench.typing import BoolArray, FloatArray


def inner_prices(columns: FloatArray, free: BoolArray) -> FloatArray | None:
    """Return prices (d,) at which every column (d, n) is worth less than nothing, ``None`` where there are none.

    Those at which the least loss is largest, relative to a column's size: what rounding lets a column gain can be taken
    from it by adding a little of them.

    Examples
    --------
    >>> inner_prices(np.array([[-1.0, -2.0], [1.0, 1.0]]), np.array([False, False]))
    array([1., 0.])
    """
    plain = simple_inner(columns, free)
    if plain is not None:
        return plain
    d = len(columns)
    size = np.abs(columns).max(axis=0, initial=0.0)
    rows = (columns[:, size > 0] / size[size > 0]).T
    program = Program.build(
        c=np.append(np.zeros(d), 1.0), A=np.hstack([rows, np.ones((len(rows), 1))]), row_upper=0.0,
        column_lower=np.append(np.where(free, -1.0, 0.0), 0.0), column_upper=1.0, maximise=True,
    )  # fmt: skip
    found = solve(program)
    return found.x[:d] if found.objective > 0 else None

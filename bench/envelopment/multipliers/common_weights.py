"""One set of weights for all units: the most efficient one (Liu & Peng 2008).

Own weights show every unit in its best light; common weights are one price list for everybody. Chosen are those at
which the units together fall least short: `min Σ d` with `u·y + d = v·x` for every unit, `d ≥ 0`, and the inputs of all
worth one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.errors import InfeasibleError, Issue, OptionError
from bench.lp.program import Program
from bench.lp.solvers.highs import solve
from bench.options import Periods
from bench.typing import FloatArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class CommonWeights:
    """Weights for all units.

    Attributes
    ----------
    v, u : array (m,), (s,)
        Of inputs and outputs, in the data's measures; the inputs of all units together are worth one.
    gap : array (n,)
        What each unit falls short.
    """

    v: FloatArray
    u: FloatArray
    gap: FloatArray


def most_efficient_weights(X: FloatArray, Y: FloatArray, least: float) -> CommonWeights:
    """Return the weights with the least sum of gaps, each at least ``least`` times one over its column's sum.

    Examples
    --------
    >>> found = most_efficient_weights(np.array([[1.0], [2.0]]), np.ones((2, 1)), 0.0)
    >>> (found.u / found.v).round(6).tolist()
    [1.0]
    """
    total_x, total_y = X.sum(axis=0), Y.sum(axis=0)
    size_x, size_y = np.where(total_x > 0, total_x, 1.0), np.where(total_y > 0, total_y, 1.0)
    A, C = X / size_x, Y / size_y
    m, s, n = X.shape[1], Y.shape[1], len(X)
    # The sum of gaps is one less the worth of all outputs.
    c = np.concatenate([np.zeros(m), C.sum(axis=0)])
    rows = np.vstack([np.hstack([-A, C]), np.concatenate([A.sum(axis=0), np.zeros(s)])])
    found = solve(
        Program.build(
            c=c, A=rows, row_lower=np.append(np.full(n, -np.inf), 1.0), row_upper=np.append(np.zeros(n), 1.0),
            column_lower=np.full(m + s, least), maximise=True,
        ),
        label="common weights",
    )  # fmt: skip
    v, u = found.x[:m], found.x[m:]
    return CommonWeights(v / size_x, u / size_y, np.maximum(A @ v - C @ u, 0.0))


@door("common weights")
def common_weights(units: Units, *, least: float = 1e-6, periods: Periods | None = None) -> MethodResult:
    """Return efficiency at the one set of weights at which all units together fall least short. Constant returns.

    Use it for a ranking that everybody is judged in by the same prices, and for a common price list.

    Parameters
    ----------
    units : Units
    least : float
        Least worth of a measure as a share of the inputs of all: keeps weights positive.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    MethodResult
        ``efficiency`` (worth of outputs over worth of inputs), ``gap``. The weights are in ``options`` and ``values``.

    Raises
    ------
    OptionError, DataError
    InfeasibleError
        When ``least`` is more than some unit's numbers allow; at zero there is an answer.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [2.0], [4.0]], [[1.0], [2.0], [2.0]])
    >>> common_weights(units).efficiency.round(6).tolist()
    [1.0, 1.0, 0.5]
    """
    if not 0 <= least < 1 / (len(units.inputs) + len(units.outputs)):
        raise OptionError(f"least must be a small share that is not negative, not {least!r}")
    try:
        found = most_efficient_weights(units.X, units.Y, least)
    except InfeasibleError as error:
        raise InfeasibleError(
            f"no common weights give every measure a worth of least={least:g} and leave no unit above one: some unit "
            "makes so much with so little that its outputs may hardly be worth anything; look at its numbers, or give "
            "least=0"
        ) from error
    used, made = units.X @ found.v, units.Y @ found.u
    share = np.divide(made, used, out=np.full(len(units), np.nan), where=used > 0)
    issues = tuple(
        Issue("undefined", "the unit uses nothing that has a weight", severity="warning", unit=units.names[row])
        for row in np.flatnonzero(np.isnan(share))
    )
    options = {"rts": "crs", "least": least}
    for names, values in ((units.inputs, found.v), (units.outputs, found.u)):
        options |= {f"weight {name}": f"{value:.6g}" for name, value in zip(names, values, strict=True)}
    frame = unit_frame(units, {"efficiency": share, "gap": found.gap})
    return MethodResult("Efficiency at common weights", frame, found, "efficiency", options, issues)

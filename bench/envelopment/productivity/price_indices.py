"""Productivity with prices: Lowe and Fisher indices of total factor productivity (Hill 2008, O'Donnell 2012).

No program is solved: quantities are added up at prices, so the index is as good as the prices are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult
from bench.envelopment.productivity.panel import step_frame, steps
from bench.errors import DataError
from bench.options import one_of
from bench.typing import FloatArray
from bench.units import Units

KINDS = ("lowe", "fisher")


def priced(
    units: Units, given: npt.ArrayLike | None, columns: tuple[str, ...], quantities: FloatArray, what: str
) -> FloatArray:
    """Return prices of every row, from the argument or the table.

    Raises
    ------
    DataError
    """
    if given is None and not columns:
        raise DataError(f"no {what} prices: give them as {what}_prices=, or read the table with {what}_prices columns")
    prices = np.asarray(units.values(columns) if given is None else given, dtype=np.float64)
    if prices.shape not in (quantities.shape, quantities.shape[1:]):
        raise DataError(
            f"{what} prices must have shape {quantities.shape[1:]} or {quantities.shape}, not {prices.shape}"
        )
    if not (np.isfinite(prices).all() and (prices >= 0).all() and (prices > 0).any(axis=-1).all()):
        raise DataError(f"{what} prices must be numbers that are not negative, and not all zero")
    return np.array(np.broadcast_to(prices, quantities.shape))


@door("price-based productivity", signs="all", panel=True)
def price_productivity(
    units: Units,
    *,
    index: str = "lowe",
    input_prices: npt.ArrayLike | None = None,
    output_prices: npt.ArrayLike | None = None,
) -> MethodResult:
    """Return total factor productivity change: growth of outputs over growth of inputs, both added up at prices.

    Use it when prices or tariffs exist: it needs no frontier, and says what the accounts say.

    Parameters
    ----------
    units : Units
        A panel.
    index : {"lowe", "fisher"}
        ``lowe``: one fixed vector of prices, the mean over all rows: transitive, so that changes can be chained and
        levels compared. ``fisher``: the geometric mean of the Laspeyres and the Paasche index, at each unit's own
        prices of both periods.
    input_prices, output_prices : array (m,), (s,) or one row per row of the table, optional
        The table's own price columns when omitted.

    Returns
    -------
    MethodResult
        Per unit and later period: ``index`` = ``output_index`` / ``input_index``, NaN where nothing was made or used.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench, pandas as pd
    >>> table = pd.DataFrame({"unit": ["A", "A"], "year": [1, 2], "x": [2.0, 1.0], "y": [1.0, 2.0]})
    >>> units = bench.Units.from_frame(table, id="unit", period="year", inputs=["x"], outputs=["y"])
    >>> price_productivity(units, input_prices=[3.0], output_prices=[5.0])["index"].tolist()
    [4.0]
    """
    kind = one_of(index, KINDS, "index")
    W = priced(units, input_prices, units.input_prices, units.X, "input")
    V = priced(units, output_prices, units.output_prices, units.Y, "output")
    panel, issues = steps(units)
    parts = []
    for step in panel:
        out = _growth(units.Y, V, step.first, step.second, kind)
        into = _growth(units.X, W, step.first, step.second, kind)
        parts.append((step, {"index": out / into, "output_index": out, "input_index": into}))
    title = f"{kind.capitalize()} productivity"
    return MethodResult(title, step_frame(parts), panel, "index", {"index": kind}, tuple(issues))


def _growth(
    Q: FloatArray, prices: FloatArray, first: npt.NDArray[np.intp], second: npt.NDArray[np.intp], kind: str
) -> FloatArray:
    """Return the growth of quantities from some rows to others; NaN where it starts or ends at nothing."""
    if kind == "lowe":
        fixed = prices.mean(axis=0)
        return _over(Q[second] @ fixed, Q[first] @ fixed)
    old, new = prices[first], prices[second]
    laspeyres = _over((Q[second] * old).sum(axis=1), (Q[first] * old).sum(axis=1))
    paasche = _over((Q[second] * new).sum(axis=1), (Q[first] * new).sum(axis=1))
    return np.asarray(np.sqrt(laspeyres * paasche))


def _over(after: FloatArray, before: FloatArray) -> FloatArray:
    return np.divide(after, before, out=np.full_like(after, np.nan), where=(before > 0) & (after > 0))

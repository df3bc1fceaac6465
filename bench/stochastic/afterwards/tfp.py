"""Change in total factor productivity, split by a stochastic frontier over periods.

Between two periods of a unit, in logs and exactly (a translog is quadratic, so averages of derivatives give its
change):

productivity = efficiency change + technical change + scale effect + environment + noise.

Weights of inputs (outputs, for cost) are their elasticities scaled to one, so the scale effect is what the
elasticities' distance from one adds.

Sources: Orea (2002), Journal of Productivity Analysis 18; Kumbhakar & Lovell (2000), Stochastic Frontier Analysis,
ch. 8; Saal, Parker & Weyman-Jones (2007), Journal of Productivity Analysis 28.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.errors import DataError, Issue, OptionError, nearest
from bench.stochastic.frontier.reading import coefficients, elasticity, inefficiency
from bench.stochastic.frontier.result import SfaResult
from bench.typing import FloatArray

PARTS = ("efficiency_change", "technical_change", "scale_effect", "environment", "noise")


def tfp_change(result: SfaResult, technical: Sequence[str] = ()) -> pd.DataFrame:
    """Split each unit's productivity change from one of its periods to the next.

    Parameters
    ----------
    result : SfaResult
        Production or cost frontier, Cobb-Douglas or translog, on a table with a period column.
    technical : sequence of str
        Columns of the frontier's environment that stand for time (a trend, its square, period dummies); what they do is
        technical change, what the other environment columns do is ``environment``.

    Returns
    -------
    DataFrame
        One row per unit and period after its first: ``tfp_change`` and its parts, in log points; above zero is better.

    Raises
    ------
    DataError
        Another kind or form, no period column, or a unit without a second period everywhere.
    OptionError
        When ``technical`` names a column that the frontier does not have.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> unit, year = np.repeat(np.arange(60), 5), np.tile(np.arange(5.0), 60)
    >>> x = np.exp(rng.normal(size=300))
    >>> y = x**0.9 * np.exp(0.03 * year + 0.02 * rng.normal(size=300) - np.abs(0.2 * rng.normal(size=300)))
    >>> table = pd.DataFrame({"unit": unit.astype(str), "year": year.astype(int), "x": x, "y": y, "trend": year})
    >>> units = bench.Units.from_frame(
    ...     table, id="unit", period="year", inputs=["x"], outputs=["y"], environment=["trend"]
    ... )
    >>> fit = bench.sfa(units, form="cobb-douglas", environment=["trend"])
    >>> bool(abs(tfp_change(fit, technical=["trend"])["technical_change"].mean() - 0.03) < 0.01)
    True
    """
    design, units = result.design, result.units
    if design.kind not in ("production", "cost") or not design.logs:
        raise DataError("the split needs a production or cost frontier in logs (Cobb-Douglas or translog)")
    if units.period is None:
        raise DataError("productivity change needs a period column: name it when the table is read")
    for name in technical:
        if name not in design.shifters:
            listed = ", ".join(design.shifters) or "none"
            raise OptionError(
                f"the frontier has no environment column {name!r}{nearest(name, design.shifters)}; it has {listed}"
            )
    before, after = _pairs(result)
    sign = design.sign
    role = "input" if design.kind == "production" else "output"
    scaled, unscaled = np.zeros(len(before)), np.zeros(len(before))
    total = _total(result, role)
    price = np.zeros(len(before))
    for i, variable in enumerate(design.variables):
        value = elasticity(result, i)[0]
        growth = variable.value[after] - variable.value[before]
        moved = 0.5 * (value[before] + value[after]) * growth
        if variable.role == role:
            unscaled += moved
            scaled += 0.5 * (value[before] / total[before] + value[after] / total[after]) * growth
        else:
            price += moved
    u = inefficiency(result)
    shift = {name: _shift(result, name, before, after) for name in design.shifters}
    zero = np.zeros(len(before))
    parts = {
        "efficiency_change": u[before] - u[after],
        "technical_change": sign * sum((shift[name] for name in technical), zero),
        "scale_effect": sign * (unscaled - scaled),
        "environment": sign * sum((shift[name] for name in design.shifters if name not in technical), zero),
    }
    # Output growth less weighted input growth; for cost, weighted output growth less growth of cost at given prices.
    tfp = sign * (design.y[after] - design.y[before] - scaled - price)
    parts["noise"] = tfp - sum(parts.values(), zero)
    frame = pd.DataFrame({"tfp_change": tfp, **parts}, index=units.index[after])
    frame.insert(0, "from", units.frame[units.period].to_numpy()[before])
    return frame


def _pairs(result: SfaResult) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows of a unit's period and of its next one."""
    units = result.units
    _, codes = np.unique(units.frame[units.id].to_numpy(), return_inverse=True)
    _, times = np.unique(units.frame[units.period].to_numpy(), return_inverse=True)
    order = np.lexsort((times, codes))
    same = np.flatnonzero(np.diff(codes[order]) == 0)
    if not len(same):
        raise DataError(
            [Issue("no-panel", "no unit is observed in more than one period", "give several periods per unit")]
        )
    return order[same], order[same + 1]


def _total(result: SfaResult, role: str) -> FloatArray:
    """Sum of the elasticities of one role; refuses a sum that is not positive."""
    total = np.zeros(len(result.units))
    for i, variable in enumerate(result.design.variables):
        if variable.role == role:
            total = total + elasticity(result, i)[0]
    wrong = np.flatnonzero(total <= 0.0)
    if len(wrong):
        raise DataError(
            [
                Issue(
                    "no-scale",
                    f"the elasticities add up to {total[row]:.3g}: they cannot weigh anything",
                    "impose the shape (shaped_sfa), or take form='cobb-douglas'",
                    unit=result.units.names[int(row)],
                )
                for row in wrong
            ]
        )
    return total


def _shift(result: SfaResult, name: str, before: npt.NDArray[np.int64], after: npt.NDArray[np.int64]) -> FloatArray:
    column = list(result.design.names).index(name)
    values = result.design.X[:, column] * coefficients(result)[column]
    moved: FloatArray = values[after] - values[before]
    return moved

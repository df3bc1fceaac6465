"""Charts of a fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from bench.options import one_of

CHARTS = ("caterpillar", "efficiency", "residual", "marginal-costs")


def plot(what: str, frame: pd.DataFrame, marginal_costs: Callable[[], pd.DataFrame]) -> Any:
    """Return an Altair chart of the kind asked for, from a frame by unit and, for prices, marginal costs."""
    chosen = one_of(what, CHARTS, "plot")
    return _marginal_costs(marginal_costs()) if chosen == "marginal-costs" else _CHARTS[chosen](frame)


def _caterpillar(frame: pd.DataFrame) -> Any:
    import altair as alt

    frame = frame.sort_values("efficiency").reset_index(drop=True)
    frame["rank"] = range(1, len(frame) + 1)
    tips = ["name", *(alt.Tooltip(c, format=".3f") for c in ("efficiency", "lower", "upper"))]
    base = alt.Chart(frame).encode(x=alt.X("rank:Q", title="units, least efficient first"), tooltip=tips)
    bars = base.mark_rule(opacity=0.45).encode(y=alt.Y("lower:Q", title="efficiency"), y2="upper:Q")
    dots = base.mark_circle(size=28).encode(y="efficiency:Q")
    return (bars + dots).properties(width=640, height=320, title="Efficiency with 95 % intervals")


def _density(frame: pd.DataFrame, column: str, title: str) -> Any:
    import altair as alt

    return (
        alt.Chart(frame.reset_index(drop=True)[[column]])
        .transform_density(column, as_=[column, "density"])
        .mark_area(opacity=0.6)
        .encode(x=alt.X(f"{column}:Q", title=column), y=alt.Y("density:Q", title="density"))
        .properties(width=480, height=260, title=title)
    )


def _efficiency(frame: pd.DataFrame) -> Any:
    return _density(frame, "efficiency", "Distribution of efficiency")


def _residual(frame: pd.DataFrame) -> Any:
    return _density(frame, "residual", "Distribution of the composed residual")


def _marginal_costs(frame: pd.DataFrame) -> Any:
    import altair as alt

    frame["low"] = frame["marginal_cost"] - 1.96 * frame["std_error"]
    frame["high"] = frame["marginal_cost"] + 1.96 * frame["std_error"]
    frame["rank"] = frame.groupby("output")["marginal_cost"].rank(method="first")
    base = alt.Chart(frame).encode(x=alt.X("rank:Q", title="units by marginal cost"))
    bars = base.mark_rule(opacity=0.4).encode(y=alt.Y("low:Q", title="marginal cost"), y2="high:Q")
    dots = base.mark_circle(size=24).encode(
        y="marginal_cost:Q", tooltip=["unit", "output", alt.Tooltip("marginal_cost", format=",.2f")]
    )
    return (
        alt.layer(bars, dots)
        .properties(width=280, height=240)
        .facet("output:N", columns=3)
        .resolve_scale(y="independent")
    )


_CHARTS = {
    "caterpillar": _caterpillar,
    "efficiency": _efficiency,
    "residual": _residual,
}

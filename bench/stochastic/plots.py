"""Charts of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.options import one_of

if TYPE_CHECKING:
    from bench.stochastic.result import SfaResult

CHARTS = ("caterpillar", "efficiency", "residual", "marginal-costs")


def plot(result: SfaResult, what: str) -> Any:
    """Return an Altair chart of the kind asked for."""
    return _CHARTS[one_of(what, CHARTS, "plot")](result)


def _caterpillar(result: SfaResult) -> Any:
    import altair as alt

    frame = result.to_frame()
    frame = frame.assign(name=result.units.names).sort_values("efficiency").reset_index(drop=True)
    frame["rank"] = range(1, len(frame) + 1)
    tips = ["name", *(alt.Tooltip(c, format=".3f") for c in ("efficiency", "lower", "upper"))]
    base = alt.Chart(frame).encode(x=alt.X("rank:Q", title="units, least efficient first"), tooltip=tips)
    bars = base.mark_rule(opacity=0.45).encode(y=alt.Y("lower:Q", title="efficiency"), y2="upper:Q")
    dots = base.mark_circle(size=28).encode(y="efficiency:Q")
    return (bars + dots).properties(width=640, height=320, title="Efficiency with 95 % intervals")


def _density(result: SfaResult, column: str, title: str) -> Any:
    import altair as alt

    frame = result.to_frame().reset_index(drop=True)[[column]]
    return (
        alt.Chart(frame)
        .transform_density(column, as_=[column, "density"])
        .mark_area(opacity=0.6)
        .encode(x=alt.X(f"{column}:Q", title=column), y=alt.Y("density:Q", title="density"))
        .properties(width=480, height=260, title=title)
    )


def _efficiency(result: SfaResult) -> Any:
    return _density(result, "efficiency", "Distribution of efficiency")


def _residual(result: SfaResult) -> Any:
    return _density(result, "residual", "Distribution of the composed residual")


def _marginal_costs(result: SfaResult) -> Any:
    import altair as alt

    frame = result.marginal_costs()
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
    "marginal-costs": _marginal_costs,
}

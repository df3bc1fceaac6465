"""Charts of an envelopment run, as Altair charts: bars, density, frontier, staircase and peer map."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.envelopment.core.solution import Solution
from bench.errors import OptionError, nearest
from bench.options import one_of

if TYPE_CHECKING:
    import pandas as pd


def chart(result: Solution, kind: str, **options: Any) -> Any:
    """Return one chart; see :meth:`DeaResult.plot`."""
    return KINDS[one_of(kind, tuple(KINDS), "kind")](result, **options)


def _scores(result: Solution) -> pd.DataFrame:
    frame: pd.DataFrame = result.to_frame()
    frame["label"] = result.units.names
    scored = np.flatnonzero(np.isfinite(frame["efficiency"].to_numpy()))
    return frame.iloc[scored]


def efficiency_bars(result: Solution) -> Any:
    """Bars of efficiency by unit, lowest last."""
    import altair as alt

    return (
        alt.Chart(_scores(result), title="Efficiency by unit")
        .mark_bar()
        .encode(
            x=alt.X("efficiency:Q", title="Efficiency"),
            y=alt.Y("label:N", sort="-x", title=None),
            color=alt.Color("efficient:N", title="Efficient"),
            tooltip=["label", alt.Tooltip("efficiency:Q", format=".4f"), "status"],
        )
    )


def density(result: Solution) -> Any:
    """Distribution of efficiency."""
    import altair as alt

    return (
        alt.Chart(_scores(result), title="Distribution of efficiency")
        .transform_density("efficiency", as_=["efficiency", "density"])
        .mark_area(opacity=0.6)
        .encode(x=alt.X("efficiency:Q", title="Efficiency"), y=alt.Y("density:Q", title="Density"))
    )


def frontier(result: Solution, x: str | None = None, y: str | None = None) -> Any:
    """Units in two dimensions with the technology of these two columns alone."""
    import altair as alt

    across = _column(result, x, result.units.inputs[0])
    up = _column(result, y, result.units.outputs[0])
    if across not in result.units.inputs or up not in result.units.outputs:
        raise OptionError("the frontier is drawn with an input along x and an output along y")
    frame = _scores(result)
    rows = frame.index.to_numpy()
    frame = frame.assign(x=result.units.values([across])[rows, 0], y=result.units.values([up])[rows, 0])
    points = (
        alt.Chart(frame, title="Frontier")
        .mark_circle(size=60)
        .encode(
            x=alt.X("x:Q", title=across),
            y=alt.Y("y:Q", title=up),
            color=alt.Color("efficient:N", title="Efficient"),
            tooltip=["label", alt.Tooltip("x:Q", title=across), alt.Tooltip("y:Q", title=up), "efficiency"],
        )
    )
    line = alt.Chart(_edge(result, across, up)).mark_line(color="black").encode(x="x:Q", y="y:Q", order="x:Q")
    return points + line


def _edge(result: Solution, across: str, up: str) -> pd.DataFrame:
    """Return the frontier of one input and one output under the run's returns to scale."""
    import pandas as pd

    x, y = result.reference.values([across])[:, 0], result.reference.values([up])[:, 0]
    right = max(x.max(), result.units.values([across])[:, 0].max())
    if result.rts == "fdh":
        order = np.lexsort((-y, x))
        best = np.maximum.accumulate(y[order])
        xs, ys = np.append(x[order], right), np.append(best, best[-1])
        return pd.DataFrame({"x": np.repeat(xs, 2)[1:], "y": np.repeat(ys, 2)[:-1]})
    grid = np.unique(np.append(np.linspace(0.0, right, 200), x))
    if result.rts == "crs":
        slope = np.max(np.divide(y, x, out=np.zeros_like(y), where=x > 0))
        return pd.DataFrame({"x": [0.0, right], "y": [0.0, slope * right]})
    height = np.array([_most_output(x, y, at, result.rts) for at in grid])
    return pd.DataFrame({"x": grid, "y": height}).dropna()


def _most_output(x: np.ndarray, y: np.ndarray, at: float, rts: str) -> float:
    """Return the largest output at an input level, by pairs of units: a convex hull needs no more in two dimensions."""
    if rts == "drs":
        x, y = np.append(x, 0.0), np.append(y, 0.0)
    low, high = np.flatnonzero(x <= at), np.flatnonzero(x > at)
    best = y[low].max() if len(low) else np.nan
    if len(low) and len(high):
        share = (at - x[low])[:, None] / (x[high][None, :] - x[low][:, None])
        best = max(best, float(np.max(y[low][:, None] * (1 - share) + y[high][None, :] * share)))
    if rts == "irs" and len(low):
        best = max(best, float(np.max(np.divide(y[low] * at, x[low], out=y[low].copy(), where=x[low] > 0))))
    return float(best)


def salter(result: Solution, size: str | None = None) -> Any:
    """Staircase: units by falling efficiency, as wide as they are large (Salter 1960)."""
    import altair as alt

    column = _column(result, size, result.units.inputs[0])
    frame = _scores(result)
    frame = frame.assign(size=result.units.values([column])[frame.index.to_numpy(), 0])
    frame = frame.sort_values("efficiency", ascending=False, kind="stable")
    end = frame["size"].cumsum()
    frame = frame.assign(start=end - frame["size"], end=end, base=0.0)
    return (
        alt.Chart(frame, title="Efficiency and size")
        .mark_rect(stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X("start:Q", title=f"{column}, accumulated"),
            x2="end:Q",
            y=alt.Y("base:Q", title="Efficiency"),
            y2="efficiency:Q",
            color=alt.Color("efficient:N", title="Efficient"),
            tooltip=["label", alt.Tooltip("efficiency:Q", format=".4f"), alt.Tooltip("size:Q", title=column)],
        )
    )


def peer_map(result: Solution) -> Any:
    """Which unit is a peer for which, by share of intensity."""
    import altair as alt

    frame = result.peers().astype({"share": float})
    return (
        alt.Chart(frame, title="Peers")
        .mark_rect()
        .encode(
            x=alt.X("peer:N", title="Peer"),
            y=alt.Y("unit:N", title="Unit"),
            color=alt.Color("share:Q", title="Share", scale=alt.Scale(scheme="blues")),
            tooltip=["unit", "peer", alt.Tooltip("share:Q", format=".3f"), alt.Tooltip("intensity:Q", format=".4g")],
        )
    )


def _column(result: Solution, name: str | None, default: str) -> str:
    known = [*result.units.inputs, *result.units.outputs]
    if name is None:
        return default
    if name not in known:
        raise OptionError(f"there is no column {name!r} among {', '.join(known)}{nearest(name, known)}")
    return name


KINDS: dict[str, Callable[..., Any]] = {
    "efficiency": efficiency_bars,
    "density": density,
    "frontier": frontier,
    "salter": salter,
    "peers": peer_map,
}

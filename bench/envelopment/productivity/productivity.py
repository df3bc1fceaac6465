"""Productivity change that is not Malmquist's: Luenberger, Hicks-Moorsteen, Färe-Primont, and window analysis.

Chambers 1996 (Luenberger); Bjurek 1996 (Hicks-Moorsteen); O'Donnell 2011 (Färe-Primont); Charnes, Clark, Cooper &
Golany 1985 (windows).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.technology import Technology
from bench.envelopment.measures.directional import direction_vectors, no_way, no_way_notes
from bench.envelopment.productivity.panel import Step, set_of, shares, step_frame, step_issues, steps
from bench.errors import OptionError
from bench.typing import FloatArray
from bench.units import Units


@door("the Luenberger indicator", panel=True)
def luenberger(
    units: Units, *, rts: str = "vrs", direction: str | npt.ArrayLike = "own", workers: int = 1
) -> MethodResult:
    """Return productivity change as a difference of directional distances.

    Use it where inputs and outputs both adjust, or where directions are set by policy; zero means no change.

    Parameters
    ----------
    units : Units
        A panel.
    rts : {"crs", "vrs", "drs", "irs", "fdh"}
    direction : {"own", "inputs", "outputs", "mean", "mean-inputs", "mean-outputs"} or array (m + s,)
        ``own`` takes each observation's own values; means are taken over the whole table.
    workers : int

    Returns
    -------
    MethodResult
        Per unit and later period: ``index`` = ``efficiency_change`` + ``technical_change``. Positive is progress.

    Raises
    ------
    OptionError, DataError, CertificateError

    Examples
    --------
    >>> import bench, pandas as pd
    >>> table = pd.DataFrame({"unit": ["A", "B"] * 2, "year": [1, 1, 2, 2], "x": [2.0, 4, 1, 2], "y": [1.0, 1, 1, 1]})
    >>> units = bench.Units.from_frame(table, id="unit", period="year", inputs=["x"], outputs=["y"])
    >>> luenberger(units, rts="crs", direction=[1.0, 0.0])["index"].tolist()
    [1.0, 2.0]
    """
    panel, issues = steps(units)
    GX, GY = direction_vectors(direction, units.X, units.Y, units.X, units.Y)
    lost = no_way(GX, GY)
    GX, GY = np.where(lost[:, None], 1.0, GX), np.where(lost[:, None], 1.0, GY)
    found, parts = [*issues, *no_way_notes(units, lost)], []
    for step in panel:
        beta = np.empty((2, 2, len(step.first)))
        for s, reference in enumerate((step.rows_before, step.rows_after)):
            technology = set_of(units, reference, rts)
            for t, rows in enumerate((step.first, step.second)):
                points = technology.points(units.X[rows], units.Y[rows])
                along = technology.directions(GX[rows], GY[rows])
                beta[s, t] = technology.ray(points, along, labels=step.units, workers=workers).value
        beta[:, 0, lost[step.first]], beta[:, 1, lost[step.second]] = np.nan, np.nan
        change = beta[0, 0] - beta[1, 1]
        shift = ((beta[1, 1] - beta[0, 1]) + (beta[1, 0] - beta[0, 0])) / 2
        columns = {"index": change + shift, "efficiency_change": change, "technical_change": shift}
        parts.append((step, columns))
        found += step_issues(step, columns["index"], "the Luenberger indicator")
    named = direction if isinstance(direction, str) else "given"
    options = {"rts": rts, "direction": named}
    return MethodResult("Luenberger productivity", step_frame(parts), panel, "index", options, tuple(found))


@door("the Hicks-Moorsteen index", panel=True)
def hicks_moorsteen(units: Units, *, rts: str = "vrs", workers: int = 1) -> MethodResult:
    """Return total factor productivity change: growth of outputs over growth of inputs.

    Use it for a true output-over-input index under any returns to scale: it always has a value.

    Parameters
    ----------
    units : Units
        A panel.
    rts : {"crs", "vrs", "drs", "irs"}
    workers : int

    Returns
    -------
    MethodResult
        Per unit and later period: ``index`` = ``output_index`` / ``input_index``, each the geometric mean of
        the two periods' views.

    Raises
    ------
    OptionError, DataError, CertificateError

    Examples
    --------
    >>> import bench, pandas as pd
    >>> table = pd.DataFrame({"unit": ["A", "B"] * 2, "year": [1, 1, 2, 2], "x": [1.0, 2, 1, 2], "y": [1.0, 1, 2, 2]})
    >>> units = bench.Units.from_frame(table, id="unit", period="year", inputs=["x"], outputs=["y"])
    >>> hicks_moorsteen(units)["index"].round(6).tolist()
    [2.0, 2.0]
    """
    panel, issues = steps(units)
    found, parts = list(issues), []
    for step in panel:
        columns = _moorsteen(units, step, rts, workers)
        parts.append((step, columns))
        found += step_issues(step, columns["index"], "the Hicks-Moorsteen index")
    return MethodResult("Hicks-Moorsteen productivity", step_frame(parts), panel, "index", {"rts": rts}, tuple(found))


def _moorsteen(units: Units, step: Step, rts: str, workers: int) -> dict[str, FloatArray]:
    x0, y0, x1, y1 = units.X[step.first], units.Y[step.first], units.X[step.second], units.Y[step.second]
    before, after = set_of(units, step.rows_before, rts), set_of(units, step.rows_after, rts)

    def out(technology: Technology, X: FloatArray, Y: FloatArray) -> FloatArray:
        return shares(technology, X, Y, "output", step.units, workers)

    def into(technology: Technology, X: FloatArray, Y: FloatArray) -> FloatArray:
        return 1.0 / shares(technology, X, Y, "input", step.units, workers)

    outputs = np.sqrt(out(before, x0, y1) / out(before, x0, y0) * out(after, x1, y1) / out(after, x1, y0))
    inputs = np.sqrt(into(before, x1, y0) / into(before, x0, y0) * into(after, x1, y1) / into(after, x0, y1))
    return {"index": outputs / inputs, "output_index": outputs, "input_index": inputs}


@door("the Färe-Primont index", panel=True)
def fare_primont(units: Units, *, rts: str = "vrs", workers: int = 1) -> MethodResult:
    """Return total factor productivity levels that can be compared across units and periods.

    Outputs and inputs are aggregated by the distance functions of the set of all periods at the mean point, so the
    levels are transitive: any two of them can be divided.

    Parameters
    ----------
    units : Units
        With or without periods.
    rts : {"crs", "vrs", "drs", "irs"}
    workers : int

    Returns
    -------
    MethodResult
        Per row of the table: ``productivity`` = ``outputs`` / ``inputs``, ``efficiency`` = productivity over the
        largest in the same period.

    Raises
    ------
    OptionError, DataError, CertificateError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [2.0]], [[1.0], [1.0]])
    >>> found = fare_primont(units, rts="crs")
    >>> found.efficiency.round(6).tolist()
    [1.0, 0.5]
    """
    everyone = set_of(units, np.arange(len(units)), rts)
    outputs, inputs = distance_aggregates(units, everyone, workers)
    level = outputs / inputs
    period = np.zeros(len(units)) if units.period is None else units.frame[units.period].to_numpy()
    best = np.empty(len(units))
    for value in set(period.tolist()):
        best[period == value] = np.nanmax(level[period == value])
    frame = unit_frame(units, {"productivity": level, "outputs": outputs, "inputs": inputs, "efficiency": level / best})
    return MethodResult("Färe-Primont productivity", frame, everyone, "productivity", {"rts": rts})


def distance_aggregates(units: Units, technology: Technology, workers: int) -> tuple[FloatArray, FloatArray]:
    """Return each row's outputs and inputs added up by distance functions at the mean point of the table."""
    mean_x = np.broadcast_to(units.X.mean(axis=0), units.X.shape)
    mean_y = np.broadcast_to(units.Y.mean(axis=0), units.Y.shape)
    outputs = shares(technology, mean_x, units.Y, "output", units.names, workers)
    return outputs, 1.0 / shares(technology, units.X, mean_y, "input", units.names, workers)


@door("window analysis", signs="moving", panel=True)
def window_analysis(
    units: Units, *, width: int, rts: str, orientation: str = "input", workers: int = 1
) -> MethodResult:
    """Return efficiency in windows of several periods, each unit in each period counted as a unit of its own.

    Use it with few units: the windows give each comparison more of them, and show how stable a score is.

    Parameters
    ----------
    units : Units
        A panel.
    width : int
        Periods per window.
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    orientation : {"input", "output"}
    workers : int

    Returns
    -------
    MethodResult
        One row per window, unit and period: ``efficiency``.

    Raises
    ------
    OptionError
        A width below one or above the number of periods.

    Examples
    --------
    >>> import bench, pandas as pd
    >>> table = pd.DataFrame({"unit": ["A"] * 3, "year": [1, 2, 3], "x": [4.0, 2.0, 1.0], "y": [1.0, 1.0, 1.0]})
    >>> units = bench.Units.from_frame(table, id="unit", period="year", inputs=["x"], outputs=["y"])
    >>> window_analysis(units, width=2, rts="crs").efficiency.tolist()
    [0.5, 1.0, 0.5, 1.0]
    """
    import pandas as pd

    side = side_of(orientation)
    if units.period is None or not 1 <= width <= len(units.periods):
        raise OptionError(f"width must lie between 1 and the number of periods ({len(units.periods)}); got {width}")
    periods = units.frame[units.period].to_numpy()
    frames, names = [], units.names
    for start in range(len(units.periods) - width + 1):
        window = units.periods[start : start + width]
        rows = np.flatnonzero(np.isin(periods, window))
        technology = set_of(units, rows, rts)
        labels = [names[int(row)] for row in rows]
        score = shares(technology, units.X[rows], units.Y[rows], side, labels, workers)
        part = pd.DataFrame({"efficiency": score}, index=units.take(rows).index)
        frames.append(pd.concat({f"{window[0]}–{window[-1]}": part}, names=["window"]))
    options = {"width": width, "rts": rts, "orientation": side}
    return MethodResult("Window analysis", pd.concat(frames), None, "efficiency", options)

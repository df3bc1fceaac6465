"""Productivity with by-products: the Malmquist-Luenberger index (Chung, Färe & Grosskopf 1997).

Credit for fewer bad outputs as for more good ones: distances run along (good outputs up, bad outputs down), bads being
weakly disposable, under constant returns.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult
from bench.envelopment.core.oriented import named
from bench.envelopment.core.technology import Technology
from bench.envelopment.productivity.panel import step_frame, step_issues, steps
from bench.errors import OptionError
from bench.typing import BoolArray, FloatArray, IndexArray
from bench.units import Units


def bad_outputs(units: Units, bad: Collection[str]) -> BoolArray:
    """Return which outputs are bad, array (s,).

    Raises
    ------
    OptionError
        An input, no output, or all of them.
    """
    mask = named(units, bad, "bad")
    m = len(units.inputs)
    if mask[:m].any() or not mask[m:].any() or mask[m:].all():
        raise OptionError("bad must name some of the outputs, not all of them and no input")
    return mask[m:]


@door("the Malmquist-Luenberger index", panel=True)
def malmquist_luenberger(units: Units, *, bad: Collection[str], workers: int = 1) -> MethodResult:
    """Return productivity change that counts fewer bad outputs as progress.

    Parameters
    ----------
    units : Units
        A panel, with the bad outputs among the outputs.
    bad : collection of str
    workers : int

    Returns
    -------
    MethodResult
        Per unit and later period: ``index`` = ``efficiency_change`` × ``technical_change``; above one is progress.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench, pandas as pd
    >>> table = pd.DataFrame({"unit": ["A", "B"] * 2, "year": [1, 1, 2, 2], "x": 1.0, "y": [2.0, 1, 2, 1], "b": 1.0})
    >>> units = bench.Units.from_frame(table, id="unit", period="year", inputs=["x"], outputs=["y", "b"])
    >>> malmquist_luenberger(units, bad=["b"])["index"].tolist()
    [1.0, 1.0]
    """
    wrong = bad_outputs(units, bad)
    panel, issues = steps(units)
    found, parts = list(issues), []
    for step in panel:
        beta = np.empty((2, 2, len(step.first)))
        for s, reference in enumerate((step.rows_before, step.rows_after)):
            for t, rows in enumerate((step.first, step.second)):
                beta[s, t] = _steps(units, reference, rows, wrong, step.units, workers)
        with np.errstate(divide="ignore", invalid="ignore"):
            change = (1 + beta[0, 0]) / (1 + beta[1, 1])
            index = np.sqrt((1 + beta[0, 0]) / (1 + beta[0, 1]) * (1 + beta[1, 0]) / (1 + beta[1, 1]))
            columns = {"index": index, "efficiency_change": change, "technical_change": index / change}
        columns = {name: np.where(np.isfinite(values), values, np.nan) for name, values in columns.items()}
        parts.append((step, columns))
        found += step_issues(step, columns["index"], "the Malmquist-Luenberger index")
    options = {"rts": "crs", "bad": ", ".join(bad)}
    return MethodResult("Malmquist-Luenberger productivity", step_frame(parts), panel, "index", options, tuple(found))


def _steps(
    units: Units, reference: IndexArray, rows: IndexArray, bad: BoolArray, labels: list[str], workers: int
) -> FloatArray:
    """Return the directional distances of some rows to the set of others."""
    weak = np.append(np.zeros(len(units.inputs), dtype=bool), bad)
    technology = Technology.of(units.X[reference], units.Y[reference], "crs", equal=weak)
    X, Y = units.X[rows], units.Y[rows]
    along = technology.directions(np.zeros_like(X), np.where(bad, -Y, Y))
    return np.asarray(technology.ray(technology.points(X, Y), along, labels=labels, workers=workers).value)

"""Malmquist productivity: adjacent, biennial and global sets, with every published split.

Färe, Grosskopf, Lindgren & Roos 1992 and Färe, Grosskopf, Norris & Zhang 1994; Ray & Desli 1997; Simar & Wilson 1998b;
Pastor & Lovell 2005 (global); Pastor, Asmild & Lovell 2011 (biennial). Above one is progress on either side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.technology import Technology
from bench.envelopment.productivity.panel import Step, set_of, shares, step_frame, step_issues, steps
from bench.errors import OptionError
from bench.options import one_of
from bench.typing import FloatArray
from bench.units import Units

SETS = ("adjacent", "sequential", "biennial", "global")


@dataclass(frozen=True, slots=True, eq=False)
class Malmquist:
    """Scores behind a step's indices, and the indices; all arrays (k,), NaN where a mixed-period score has no value.

    Attributes
    ----------
    index : array
        M under constant returns: geometric mean of the two periods' views.
    efficiency_change, technical_change : array
        Catching up and frontier shift under constant returns (1992): M = EC × TC.
    pure_efficiency_change, scale_efficiency_change : array
        EC = PEC × SEC (1994).
    pure_technical_change, scale_change : array
        Frontier shift under variable returns, and what is left: M = PEC × TCv × SC (Ray & Desli 1997).
    scale_of_technology : array
        TC = TCv × STC: M = PEC × SEC × TCv × STC (Simar & Wilson 1998b).
    """

    index: FloatArray
    efficiency_change: FloatArray
    technical_change: FloatArray
    pure_efficiency_change: FloatArray
    scale_efficiency_change: FloatArray
    pure_technical_change: FloatArray
    scale_change: FloatArray
    scale_of_technology: FloatArray


def malmquist_parts(crs: FloatArray, vrs: FloatArray) -> Malmquist:
    """Return the index and its splits from efficiencies.

    Parameters
    ----------
    crs, vrs : array (2, 2, k)
        ``[s, t]``: efficiency of the unit of period t against the set of period s, 0 before and 1 after.

    Examples
    --------
    A frontier that moved by a tenth, with the unit at the same distance from it:

    >>> scores = np.array([[[0.5], [0.55]], [[0.5 / 1.1], [0.5]]])
    >>> parts = malmquist_parts(scores, scores)
    >>> parts.index.round(6), parts.efficiency_change, parts.technical_change.round(6)
    (array([1.1]), array([1.]), array([1.1]))
    """
    # A set that does not reach a unit at all makes it infinitely efficient: no change can be computed from that.
    crs, vrs = (np.where(np.isfinite(one) & (one > 0), one, np.nan) for one in (crs, vrs))
    index = np.sqrt(crs[0, 1] / crs[0, 0] * crs[1, 1] / crs[1, 0])
    change, pure = crs[1, 1] / crs[0, 0], vrs[1, 1] / vrs[0, 0]
    shift = np.sqrt(crs[0, 1] / crs[1, 1] * crs[0, 0] / crs[1, 0])
    pure_shift = np.sqrt(vrs[0, 1] / vrs[1, 1] * vrs[0, 0] / vrs[1, 0])
    return Malmquist(
        index=index,
        efficiency_change=change,
        technical_change=shift,
        pure_efficiency_change=pure,
        scale_efficiency_change=change / pure,
        pure_technical_change=pure_shift,
        scale_change=index / (pure * pure_shift),
        scale_of_technology=shift / pure_shift,
    )


@door("the Malmquist index", panel=True)
def malmquist(
    units: Units, *, orientation: str = "output", sets: str = "adjacent", rts: str = "crs", workers: int = 1
) -> MethodResult:
    """Return productivity change from period to period.

    Use it to separate units catching up from the frontier moving, before a general requirement is set.

    Parameters
    ----------
    units : Units
        A panel; units missing in one period are reported and stay in the other's reference set.
    orientation : {"input", "output"}
        Above one is progress in both.
    sets : {"adjacent", "sequential", "biennial", "global"}
        Reference sets: each period's own; all periods up to it, so that what was once possible stays possible and the
        frontier never falls back (Shestalova 2003); the two together; or all periods together. The last two have no
        mixed periods and always a value; the global index can be chained.
    rts : {"crs", "vrs"}
        Of biennial and global sets (Pastor, Asmild & Lovell 2011); the other sets are asked under both, for the parts.
    workers : int

    Returns
    -------
    MethodResult
        One row per unit and later period: ``index`` and its parts as in :class:`Malmquist` for ``adjacent`` and
        ``sequential``; ``index``, ``efficiency_change`` and ``technical_change`` (the change of best practice)
        otherwise. Values that do not exist are NaN and in ``issues``.

    Raises
    ------
    OptionError, DataError, CertificateError

    Examples
    --------
    >>> import bench, pandas as pd
    >>> x, y = [1.0, 2.0, 1.0, 2.0], [1.0, 1.0, 1.1, 1.1]
    >>> table = pd.DataFrame({"unit": ["A", "B"] * 2, "year": [1, 1, 2, 2], "x": x, "y": y})
    >>> units = bench.Units.from_frame(table, id="unit", period="year", inputs=["x"], outputs=["y"])
    >>> malmquist(units)[["index", "technical_change"]].round(6).to_numpy().tolist()
    [[1.1, 1.1], [1.1, 1.1]]
    """
    side = side_of(orientation)
    kind = one_of(sets, SETS, "sets")
    returns = one_of(rts, ("crs", "vrs"), "rts of the Malmquist index")
    split = kind in ("adjacent", "sequential")
    if split and returns != "crs":
        raise OptionError(f"rts belongs to biennial and global sets: sets={kind!r} has its parts under both")
    panel, issues = steps(units)
    found, parts = list(issues), []
    for step in panel:
        if split:
            columns = _adjacent(units, _up_to(units, step) if kind == "sequential" else step, side, workers)
        else:
            columns = _joint(units, step, side, kind, returns, workers)
        parts.append((step, columns))
        found += step_issues(step, columns["index"], "productivity")
        if split:
            pure = np.where(np.isnan(columns["index"]), 1.0, columns["pure_technical_change"])
            found += step_issues(step, pure, "frontier shift under variable returns")
    options = {"orientation": side, "sets": kind, **({} if split else {"rts": returns})}
    return MethodResult("Malmquist productivity", step_frame(parts), panel, "index", options, tuple(found))


def _adjacent(units: Units, step: Step, side: str, workers: int) -> dict[str, FloatArray]:
    scores = {}
    for rts in ("crs", "vrs"):
        table = np.empty((2, 2, len(step.first)))
        for s, reference in enumerate((step.rows_before, step.rows_after)):
            technology = set_of(units, reference, rts)
            for t, rows in enumerate((step.first, step.second)):
                table[s, t] = shares(technology, units.X[rows], units.Y[rows], side, step.units, workers)
        scores[rts] = table
    values = malmquist_parts(scores["crs"], scores["vrs"])
    return {name: getattr(values, name) for name in values.__slots__}


def _up_to(units: Units, step: Step) -> Step:
    """Return a step whose reference sets hold all earlier periods too."""
    periods = units.frame[units.period].to_numpy()
    before = np.flatnonzero(np.isin(periods, [one for one in units.periods if one <= step.before]))
    return replace(step, rows_before=before, rows_after=np.union1d(before, step.rows_after))


def _joint(units: Units, step: Step, side: str, kind: str, rts: str, workers: int) -> dict[str, FloatArray]:
    rows = np.arange(len(units)) if kind == "global" else np.append(step.rows_before, step.rows_after)
    joint = set_of(units, rows, rts)
    own = [set_of(units, part, rts) for part in (step.rows_before, step.rows_after)]

    def score(technology: Technology, at: npt.NDArray[np.intp]) -> FloatArray:
        return shares(technology, units.X[at], units.Y[at], side, step.units, workers)

    index = score(joint, step.second) / score(joint, step.first)
    change = score(own[1], step.second) / score(own[0], step.first)
    return {"index": index, "efficiency_change": change, "technical_change": index / change}

"""Dynamic data envelopment: years linked by what is carried over from one to the next.

Tone & Tsutsui 2010, with the slacks of every year; Färe & Grosskopf 1996, with one factor for all years. A carry-over
is good (a surplus: at least its own, more counts as output), bad (a debt or a queue: at most its own, less counts as
input), free (the unit's to choose) or fixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.technology import CONVEX
from bench.envelopment.networks.graph import (
    ARC_KINDS,
    MEASURES,
    Arc,
    ArcKind,
    GraphScores,
    Node,
    graph_scores,
    refuse_negative_flows,
)
from bench.errors import DataError, Issue, OptionError, nearest
from bench.options import RTS_ALIASES, one_of
from bench.typing import FloatArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class DynamicScores:
    """Efficiency of n units over t years.

    Attributes
    ----------
    units : tuple of str
        Those that are in every year.
    years : tuple
    graph : GraphScores
        Over all years, and the span of each year's part; arrays (n,) and (n, t).
    alone : array (n, t)
        Each year by itself, carry-overs out of it as outputs (good), inputs (bad), a constraint (fixed) or nothing.
    """

    units: tuple[str, ...]
    years: tuple[Any, ...]
    graph: GraphScores
    alone: FloatArray


@door("dynamic efficiency", panel=True)
def dynamic_dea(
    units: Units,
    *,
    carry_overs: Mapping[str, str],
    rts: str,
    orientation: str = "input",
    measure: str = "sbm",
    workers: int = 1,
) -> MethodResult:
    """Return the efficiency of units over several years that hang together.

    Use it where a year cannot be judged alone: equipment, stocks, staff in training, queues and deferred upkeep pass
    from one year to the next, and saving in one may be paid for in another.

    Parameters
    ----------
    units : Units
        A panel. Units that are missing in a year are left out of every year, and said.
    carry_overs : mapping
        Column (``extra``) with the amount at the end of each year → ``good``, ``bad``, ``free`` or ``fixed``.
    rts : {"crs", "vrs", "drs", "irs"}
        Of every year.
    orientation : {"input", "output"}
        Inputs and bad carry-overs shrink, or outputs and good carry-overs grow.
    measure : {"sbm", "radial"}
        The mean slack of every year, or one factor for all years.
    workers : int

    Returns
    -------
    MethodResult
        Per unit and year: ``efficiency`` over all years (the same in each of a unit's rows), ``alone`` (that year by
        itself), and with ``sbm`` ``low`` and ``high``: that year's part among all solutions with this score over all.

    Raises
    ------
    OptionError
        An unknown column or kind, or a table with no periods.
    DataError, CertificateError

    Examples
    --------
    B keeps the same stock as A at twice the cost in the first year:

    >>> import bench, pandas as pd
    >>> table = pd.DataFrame({"unit": ["A", "B"] * 2, "year": [1, 1, 2, 2], "cost": [1.0, 2.0, 1.0, 1.0]})
    >>> table["users"], table["stock"] = 1.0, 3.0
    >>> units = bench.Units.from_frame(
    ...     table, id="unit", period="year", inputs=["cost"], outputs=["users"], extra=["stock"]
    ... )
    >>> dynamic_dea(units, carry_overs={"stock": "good"}, rts="vrs").efficiency.tolist()
    [1.0, 0.75, 1.0, 0.75]
    """
    side = side_of(orientation)
    kind = one_of(measure, MEASURES, "measure")
    returns = one_of(rts, CONVEX, "rts of dynamic efficiency", RTS_ALIASES)
    if units.period is None:
        raise OptionError("dynamic efficiency needs a table with a period column")
    kinds = _kinds(units, carry_overs)
    rows, issues = _balanced(units)
    refuse_negative_flows(units, list(kinds), "is carried over")
    names = tuple(units.frame[units.id].iloc[rows[:, 0]])
    nodes = [Node(units.X[at], units.Y[at]) for at in rows.T]
    last = len(nodes) - 1
    amounts = {column: units.values((column,))[:, 0] for column in kinds}
    arcs = [
        Arc(amounts[column][at], year, None if year == last else year + 1, kinds[column])
        for year, at in enumerate(rows.T)
        for column in kinds
    ]
    said: dict[str, Any] = {"rts": returns, "side": side, "measure": kind, "labels": names, "workers": workers}
    found = graph_scores(nodes, arcs, **said)
    alone = np.column_stack(
        [
            graph_scores([node], [Arc(amounts[c][at], 0, None, kinds[c]) for c in kinds], **said).system
            for node, at in zip(nodes, rows.T, strict=True)
        ]
    )
    place = np.sort(rows.ravel())
    unit, year = (part[np.argsort(rows.ravel())] for part in np.indices(rows.shape).reshape(2, -1))
    columns = {"efficiency": found.system[unit], "alone": alone[unit, year]}
    if kind == "sbm":
        columns |= {"low": found.low[unit, year], "high": found.high[unit, year]}
    options = {
        "rts": returns, "orientation": side, "measure": kind,
        "carry-overs": ", ".join(f"{column} ({kinds[column]})" for column in kinds),
    }  # fmt: skip
    values = DynamicScores(names, tuple(units.periods), found, alone)
    frame = unit_frame(units.take(place), columns)
    return MethodResult(
        "Dynamic efficiency", frame, values, "efficiency", options, (*issues, *_nothing(names, found, side))
    )


def _kinds(units: Units, carry_overs: Any) -> dict[str, ArcKind]:
    if not isinstance(carry_overs, Mapping) or not carry_overs:
        raise OptionError(
            'carry_overs must be a mapping such as {"stock": "good"}; without any each year stands alone: '
            "bench.envelopment.dea, year by year"
        )
    for column in carry_overs:
        if column not in units.extra:
            raise OptionError(
                f"carry_overs: {column!r} is no extra column{nearest(column, units.extra)}; there are {units.extra}"
            )
    return {
        column: cast(ArcKind, one_of(kind, ARC_KINDS, f"carry_overs of {column}"))
        for column, kind in carry_overs.items()
    }


def _balanced(units: Units) -> tuple[npt.NDArray[np.intp], list[Issue]]:
    """Rows of the units that are in every year, array (n, t), and a warning for each of the others."""
    periods = units.frame[units.period].to_numpy()
    where: dict[str, dict[Any, int]] = {}
    for row, (name, period) in enumerate(zip(units.frame[units.id], periods, strict=True)):
        where.setdefault(name, {})[period] = row
    whole = [name for name, years in where.items() if len(years) == len(units.periods)]
    issues = [
        Issue(
            "unit-missing",
            f"the unit has no row in {', '.join(str(one) for one in _gone(units.periods, years))}, and what it carried "
            "over there is not known: it is left out of every year",
            "add the rows, or take the years in which it is there",
            severity="warning",
            unit=name,
        )
        for name, years in where.items()
        if len(years) < len(units.periods)
    ]
    if not whole:
        raise DataError("no unit is in every year: take the years in which some are")
    return np.array([[where[name][period] for period in units.periods] for name in whole], dtype=np.intp), issues


def _gone(periods: Sequence[Any], years: Mapping[Any, int]) -> list[Any]:
    return [one for one in periods if one not in years]


def _nothing(names: Sequence[str], found: GraphScores, side: str) -> tuple[Issue, ...]:
    return tuple(
        Issue(
            "undefined",
            f"the unit has no {side}s in any year: there is nothing to take shares of",
            f"use the other orientation, or leave the unit out of the comparison by its {side}s",
            severity="warning",
            unit=names[int(row)],
        )
        for row in np.flatnonzero(np.isnan(found.system))
    )

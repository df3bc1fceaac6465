"""Units in groups with technologies of their own: metafrontier and technology gap (O'Donnell, Rao & Battese 2008)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.distances import Distances, distances
from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.core.oriented import merged, radial_direction, side_of
from bench.envelopment.core.technology import Technology
from bench.errors import DataError, OptionError
from bench.options import Periods
from bench.units import Units


def group_labels(units: Units, group: str | Sequence[Any]) -> npt.NDArray[np.str_]:
    """Return one group name per row, from a column of the table or a sequence.

    Raises
    ------
    OptionError, DataError
    """
    if isinstance(group, str):
        if group not in units.frame.columns:
            raise OptionError(f"group: no column {group!r}; there are {list(units.frame.columns)}")
        return np.array(units.frame[group].astype(str).tolist())
    if len(group) != len(units):
        raise DataError(f"group needs one name per row: {len(units)}, not {len(group)}")
    return np.array([str(name) for name in group])


@door("radial efficiency", signs="moving", rows=("group",))
def metafrontier(
    units: Units,
    *,
    group: str | Sequence[Any],
    rts: str,
    orientation: str = "input",
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return efficiency within the group, against all, and the gap between the two frontiers.

    Parameters
    ----------
    units : Units
    group : column name or sequence of n names
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    orientation : {"input", "output"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` (meta), ``group``, ``group_efficiency``, ``technology_gap`` = efficiency / group_efficiency: how
        close the group's best practice is to everybody's. ``values`` is the pair of group and meta distances.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0], [4.0], [8.0]], [[1.0]] * 3)
    >>> metafrontier(units, group=["a", "b", "b"], rts="crs")["technology_gap"].tolist()
    [1.0, 0.5, 0.5]
    """
    side = side_of(orientation)
    names = group_labels(units, group)
    everyone = np.arange(len(units))
    meta = _score(units, everyone, everyone, rts, side, workers)
    parts = []
    for name in dict.fromkeys(names.tolist()):
        rows = np.flatnonzero(names == name)
        parts.append((rows, _score(units, rows, rows, rts, side, workers), rows))
    inside = merged(parts, len(units))
    shares = [part.score(side) if side == "input" else 1.0 / part.score(side) for part in (meta, inside)]
    frame = unit_frame(
        units,
        {
            "efficiency": shares[0],
            "group": names,
            "group_efficiency": shares[1],
            "technology_gap": shares[0] / shares[1],
        },
    )
    options = {"rts": rts, "orientation": side, "groups": len(parts)}
    return MethodResult("Metafrontier", frame, (inside, meta), "efficiency", options)


def _score(
    units: Units,
    rows: npt.NDArray[np.intp],
    reference: npt.NDArray[np.intp],
    rts: str,
    side: str,
    workers: int,
) -> Distances:
    technology = Technology.of(units.X[reference], units.Y[reference], rts)
    X, Y = units.X[rows], units.Y[rows]
    GX, GY = radial_direction(X, Y, side, np.zeros(X.shape[1] + Y.shape[1], dtype=bool))
    own = np.arange(len(rows))
    names = units.names
    return distances(technology, X, Y, GX, GY, own=own, labels=[names[int(k)] for k in rows], workers=workers)

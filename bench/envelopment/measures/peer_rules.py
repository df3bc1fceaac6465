"""Who may be whose benchmark: units that are nobody's peer, units that are only their own, and units kept apart."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from bench.envelopment.core.distances import Distances, distances
from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult
from bench.envelopment.core.oriented import merged, radial_direction, radial_result, side_of
from bench.envelopment.core.technology import Technology
from bench.errors import DataError, OptionError, nearest
from bench.options import Periods
from bench.typing import IndexArray
from bench.units import Units


@door("radial efficiency", signs="moving")
def with_peer_rules(
    units: Units,
    *,
    rts: str,
    orientation: str = "input",
    never: Collection[str] = (),
    own_only: Collection[str] = (),
    reference: Units | None = None,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return radial efficiency when some units may not serve as benchmark.

    Use it for units that operate under rules of their own, have unreliable data, or sell a service that others may not
    copy: they are measured, but nobody is held against them.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    orientation : {"input", "output"}
    never : collection of str
        Units that are nobody's peer, not even their own: they may score beyond one.
    own_only : collection of str
        Units that may be their own peer but nobody else's: at most one (beyond it, where the set holds other data of
        the unit than those that are measured).
    reference : Units, optional
        Set to compare with, such as averages of several years; the rules are about its units, and a unit's own row
        there is the one with its name.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency``, ``score``, ``rule`` (empty, ``never`` or ``own_only``), slacks and targets. ``values.column``
        counts positions in the set that is compared with.

    Raises
    ------
    OptionError
        Unknown unit, or one under both rules.
    DataError
        No unit left as benchmark.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0], [3.0], [6.0]], [[1.0]] * 3, names=["A", "B", "C"])
    >>> with_peer_rules(units, rts="crs", never=["A"]).efficiency.tolist()
    [1.5, 1.0, 0.5]
    >>> with_peer_rules(units, rts="crs", own_only=["A"]).efficiency.tolist()
    [1.0, 1.0, 0.5]
    """
    side = side_of(orientation)
    base = units if reference is None else reference
    # Against another set a unit's own row there has its name, whatever the period.
    names, mine = base.names, units.names if reference is None else [str(name) for name in units.frame[units.id]]
    rule = np.array([""] * len(base), dtype="<U8")
    for label, listed in (("never", never), ("own_only", own_only)):
        for unit in listed:
            if unit not in names:
                raise OptionError(f"{label}: no unit {unit!r}{nearest(str(unit), names)}")
            if rule[names.index(unit)]:
                raise OptionError(f"unit {unit!r} is under two rules")
            rule[names.index(unit)] = label
    common = np.flatnonzero(rule == "")
    if not len(common):
        raise DataError("every unit is barred from being a benchmark: nothing is left to compare with")
    place = {name: row for row, name in enumerate(names)}
    own = np.array([place.get(name, -1) for name in mine], dtype=np.intp)
    under = np.where(own >= 0, rule[np.maximum(own, 0)], "")
    parts = []
    plain = np.flatnonzero(under != "own_only")
    if len(plain):
        parts.append((plain, _against(units, base, plain, common, rts, side, workers), common))
    for row in np.flatnonzero(under == "own_only"):
        rows, allowed = np.array([row]), np.append(common, own[row])
        parts.append((rows, _against(units, base, rows, allowed, rts, side, workers), allowed))
    found = merged(parts, len(units))
    options = {
        "rts": rts, "orientation": side, "never": ", ".join(never), "own_only": ", ".join(own_only),
        "reference": "the units themselves" if reference is None else f"{len(base)} other rows",
    }  # fmt: skip
    return radial_result("Efficiency with peer rules", units, found, side, options, extra={"rule": under})


def _against(
    units: Units, base: Units, rows: IndexArray, allowed: IndexArray, rts: str, side: str, workers: int
) -> Distances:
    technology = Technology.of(base.X[allowed], base.Y[allowed], rts)
    X, Y = units.X[rows], units.Y[rows]
    GX, GY = radial_direction(X, Y, side, np.zeros(X.shape[1] + Y.shape[1], dtype=bool))
    names = units.names
    return distances(technology, X, Y, GX, GY, labels=[names[int(row)] for row in rows], workers=workers)

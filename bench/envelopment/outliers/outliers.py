"""Units that may not belong in the comparison: screens, their reasons, and a list of what was taken out.

Super-efficiency screen: Banker & Chang 2006. Dominance test and interquartile rule: German incentive regulation (ARegV,
annex 3, after Banker 1996 and Agrell & Bogetoft). Nothing is removed unless it is asked for.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.technology import Technology
from bench.envelopment.measures.super_efficiency import super_scores
from bench.errors import Issue, OptionError, nearest
from bench.lp import Batch
from bench.options import Periods, one_of
from bench.typing import FloatArray, IntArray
from bench.units import Units

#: Intensities below this share of a unit's sum are rounding noise, not peers.
_PEER = 1e-9
#: An efficiency that rises by less when a unit is left out has not risen.
_RISE = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """What each unit's absence does to the others.

    Attributes
    ----------
    efficiency : array (n,)
        Efficiency with everybody present, share in (0, 1].
    unit, affected : array (r,) of int
        Pairs: leaving out ``unit`` raises the efficiency of ``affected``.
    rise : array (r,)
        By how much; NaN where ``affected`` then has nobody to be compared with.
    peer_count : array (n,) of int
        Units that have this one as a peer, itself not counted.
    weight : array (n,)
        Sum of the intensities that the others give it.
    mean_rise : array (n,)
        Mean rise over all others, those not affected counting zero.
    """

    efficiency: FloatArray
    unit: IntArray
    affected: IntArray
    rise: FloatArray
    peer_count: IntArray
    weight: FloatArray
    mean_rise: FloatArray


def leave_one_out(technology: Technology, side: str, *, labels: Collection[str] = (), workers: int = 1) -> Influence:
    """Return the influence of every unit of a technology on all others.

    Leaving out a unit can only change those that have it as a peer, so only they are solved again; the result is the
    same as solving everything n times.

    Examples
    --------
    >>> technology = Technology.of([[1.0], [2.0], [4.0]], [[1.0], [1.0], [1.0]], "vrs")
    >>> found = leave_one_out(technology, "input")
    >>> found.unit.tolist(), found.affected.tolist(), found.rise.tolist()
    ([0, 0], [1, 2], [0.5, 0.25])
    """
    X, Y, n = technology.X, technology.Y, len(technology.X)
    points = technology.points(X, Y)
    g = technology.along(X, Y, side)
    names = list(labels)
    base = technology.ray(points, g, own=np.arange(n), labels=names, workers=workers)
    efficiency = _efficiency(base, side)
    dense = _dense(base.column, base.weight, n)
    dense[dense <= _PEER * dense.sum(axis=1, keepdims=True)] = 0.0
    np.fill_diagonal(dense, 0.0)
    affected, unit = np.nonzero(dense)
    order = np.lexsort((affected, unit))
    affected, unit = affected[order], unit[order]
    rise = np.zeros(len(unit))
    if len(unit):
        names_again = [names[int(k)] for k in affected] if names else []
        again = technology.ray(points[affected], g[affected], exclude=unit, labels=names_again, workers=workers)
        rise = _efficiency(again, side) - efficiency[affected]
    moved = np.isnan(rise) | (rise > _RISE)
    total = np.bincount(unit, weights=np.nan_to_num(rise), minlength=n)
    return Influence(
        efficiency=efficiency,
        unit=unit[moved].astype(np.int64),
        affected=affected[moved].astype(np.int64),
        rise=rise[moved],
        peer_count=(dense > 0).sum(axis=0),
        weight=dense.sum(axis=0),
        mean_rise=total / max(n - 1, 1),
    )


def _efficiency(batch: Batch, side: str) -> FloatArray:
    return batch.score(side) if side == "input" else 1.0 / batch.score(side)


def _dense(column: IntArray, weight: FloatArray, count: int) -> FloatArray:
    dense = np.zeros((len(column), count))
    rows, slots = np.nonzero(column >= 0)
    np.add.at(dense, (rows, column[rows, slots]), weight[rows, slots])
    return dense


@dataclass(frozen=True, slots=True, eq=False)
class Screens:
    """Outcome of the screens for n units.

    Attributes
    ----------
    influence : Influence
    super_efficiency : array (n,)
        Above one for units beyond all others; NaN where it has no value.
    threshold : float
        Interquartile limit Q3 + 1.5 (Q3 − Q1) of super-efficiency.
    beyond : array (n,) of bool
        Above the limit, or without a value: nobody can be compared with the unit.
    dominance : array (n,)
        p-value of the F-test that the others' inefficiency is the same with and without the unit.
    dominant : array (n,) of bool
    """

    influence: Influence
    super_efficiency: FloatArray
    threshold: float
    beyond: npt.NDArray[np.bool_]
    dominance: FloatArray
    dominant: npt.NDArray[np.bool_]


def screen(
    technology: Technology, side: str, level: float = 0.05, *, labels: Collection[str] = (), workers: int = 1
) -> Screens:
    """Return both screens of the German regulation for a technology's own units.

    The dominance test compares Σ(E − 1)² of all other units without and with the unit: the ratio is F-distributed
    with n − 1 and n − 1 degrees of freedom if the unit does not matter, and a small ratio is significant.

    Parameters
    ----------
    technology : Technology
    side : {"input", "output"}
    level : float
        Significance level of the dominance test.

    Examples
    --------
    >>> X = np.append(np.linspace(9.0, 11.0, 20), 1.0)[:, None]
    >>> found = screen(Technology.of(X, np.ones_like(X), "crs"), "input")
    >>> np.flatnonzero(found.beyond).tolist(), np.flatnonzero(found.dominant).tolist()
    ([20], [20])
    """
    from scipy.special import fdtr

    influence = leave_one_out(technology, side, labels=labels, workers=workers)
    found = super_scores(technology, side, labels=list(labels), workers=workers)
    score = found.score if side == "input" else 1.0 / found.score
    known = score[np.isfinite(score)]
    lower, upper = np.quantile(known, [0.25, 0.75]) if len(known) else (np.nan, np.nan)
    threshold = float(upper + 1.5 * (upper - lower))
    n = len(score)
    lack = (influence.efficiency - 1.0) ** 2
    with_unit = lack.sum() - lack
    again = influence.efficiency[influence.affected] + np.nan_to_num(influence.rise, nan=1.0)
    change = (np.minimum(again, 1.0) - 1.0) ** 2 - lack[influence.affected]
    without = with_unit + np.bincount(influence.unit, weights=change, minlength=n)
    ratio = np.divide(np.maximum(without, 0.0), with_unit, out=np.ones(n), where=with_unit > 0)
    p = fdtr(n - 1, n - 1, ratio) if n > 1 else np.ones(n)
    beyond = np.isnan(score) | (score > threshold)
    return Screens(influence, score, threshold, beyond, np.asarray(p), np.asarray(p < level))


@door("outlier screens", signs="moving")
def outlier_screen(
    units: Units,
    *,
    rts: str,
    orientation: str = "input",
    level: float = 0.05,
    rule: str = "iqr",
    threshold: float | None = None,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return which units stand out, by which rule, and what they do to the others. Nothing is removed.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    orientation : {"input", "output"}
    level : float
        Significance level of the dominance test.
    rule : {"iqr", "fixed"}
        Limit on super-efficiency: ``iqr`` as in the German regulation, ``fixed`` at ``threshold`` (Banker & Chang
        2006).
    threshold : float
        Limit for ``fixed``, such as 1.2.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``super_efficiency``, ``beyond``, ``dominance`` (p), ``dominant``, ``peer_count``, ``weight``, ``mean_rise``,
        ``outlier`` and ``reason``.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench, numpy as np
    >>> X = np.append(np.linspace(9.0, 11.0, 20), 1.0)
    >>> found = outlier_screen(bench.Units.from_arrays(X, np.ones(21)), rts="crs")
    >>> found.frame.index[found["outlier"]].tolist()
    ['21']
    """
    side = side_of(orientation)
    kind = one_of(rule, ("iqr", "fixed"), "rule")
    if (kind == "fixed") != (threshold is not None):
        raise OptionError("threshold belongs to rule='fixed', and that rule needs one")
    if not 0 < level < 1:
        raise OptionError(f"level must lie between 0 and 1, not {level}")
    technology = Technology.of(units.X, units.Y, rts)
    found = screen(technology, side, level, labels=units.names, workers=workers)
    limit = found.threshold if threshold is None else float(threshold)
    beyond = np.isnan(found.super_efficiency) | (found.super_efficiency > limit)
    reasons = [
        "; ".join(
            text
            for hit, text in (
                (beyond[k] and not np.isnan(score), f"super-efficiency {score:.3f} above the limit {limit:.3f}"),
                (np.isnan(score), "nobody can be compared with it: super-efficiency has no value"),
                (found.dominant[k], f"without it the others' inefficiency is smaller (p = {found.dominance[k]:.2g})"),
            )
            if hit
        )
        for k, score in enumerate(found.super_efficiency)
    ]
    frame = unit_frame(
        units,
        {
            "super_efficiency": found.super_efficiency,
            "beyond": beyond,
            "dominance": found.dominance,
            "dominant": found.dominant,
            "peer_count": found.influence.peer_count,
            "weight": found.influence.weight,
            "mean_rise": found.influence.mean_rise,
            "outlier": beyond | found.dominant,
            "reason": reasons,
        },
    )
    options = {"rts": technology.rts, "orientation": side, "rule": kind, "limit": f"{limit:.4f}", "level": level}
    return MethodResult("Outlier screens", frame, found, "super_efficiency", options)


@door("influence", signs="moving")
def influence(
    units: Units, *, rts: str, orientation: str = "input", periods: Periods | None = None, workers: int = 1
) -> MethodResult:
    """Return, pair by pair, whose efficiency rises when a unit is left out.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    orientation : {"input", "output"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        One row per pair: ``left_out``, ``affected``, ``rise`` in efficiency.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [2.0], [4.0]], [[1.0]] * 3, names=["A", "B", "C"])
    >>> influence(units, rts="vrs").to_frame().to_numpy().tolist()
    [['A', 'B', 0.5], ['A', 'C', 0.25]]
    """
    import pandas as pd

    side = side_of(orientation)
    technology = Technology.of(units.X, units.Y, rts)
    found = leave_one_out(technology, side, labels=units.names, workers=workers)
    names = np.array(units.names, dtype=object)
    frame = pd.DataFrame({"left_out": names[found.unit], "affected": names[found.affected], "rise": found.rise})
    return MethodResult("Leave-one-out influence", frame, found, "rise", {"rts": technology.rts, "orientation": side})


def without(units: Units, removed: Collection[str], *, reason: str) -> tuple[Units, tuple[Issue, ...]]:
    """Return the units without some of them, and the list of what was taken out and why.

    Parameters
    ----------
    units : Units
    removed : collection of str
        As in ``units.names``.
    reason : str
        Written on every removed unit.

    Raises
    ------
    OptionError
        Unknown unit, or no reason.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [2.0]], [[1.0], [1.0]], names=["A", "B"])
    >>> rest, removed = without(units, ["A"], reason="one-off grant in its accounts")
    >>> rest.names, removed[0].unit, removed[0].message
    (['B'], 'A', 'removed: one-off grant in its accounts')
    """
    if not reason.strip():
        raise OptionError("say why the units are removed")
    names = units.names
    for unit in removed:
        if unit not in names:
            raise OptionError(f"no unit {unit!r}{nearest(str(unit), names)}")
    kept = np.array([name not in set(removed) for name in names])
    issues = tuple(
        Issue("removed-unit", f"removed: {reason}", severity="warning", unit=name)
        for name, keep in zip(names, kept, strict=True)
        if not keep
    )
    return units.take(kept), issues

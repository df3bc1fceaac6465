"""Potential gains from mergers, split into learning, harmony and size (Bogetoft & Wang 2005)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.technology import Technology
from bench.errors import Issue, OptionError, nearest
from bench.options import Periods
from bench.typing import FloatArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class MergerGains:
    """Farrell scores of k mergers; gains are one minus the score (input side). NaN where there is no value.

    Attributes
    ----------
    overall : array (k,)
        Of the merged unit as it is.
    learning : array (k,)
        What each partner could save alone.
    corrected : array (k,)
        Of the merged unit after each partner has done so: overall / learning.
    harmony : array (k,)
        From sharing the mix: of the average partner after learning.
    size : array (k,)
        From operating at the joint scale: corrected / harmony. Above one when size is a drawback.
    """

    overall: FloatArray
    learning: FloatArray
    corrected: FloatArray
    harmony: FloatArray
    size: FloatArray


def merger_scores(
    technology: Technology, groups: Sequence[Sequence[int]], side: str = "input", *, labels: Sequence[str] = ()
) -> MergerGains:
    """Return the scores of mergers of the technology's own units.

    Parameters
    ----------
    technology : Technology
    groups : sequence of sequences of positions
    side : {"input", "output"}

    Examples
    --------
    >>> technology = Technology.of([[2.0], [4.0], [3.0]], [[1.0], [1.0], [2.0]], "vrs")
    >>> found = merger_scores(technology, [[0, 1]])
    >>> found.overall.round(6).tolist(), found.learning.round(6).tolist(), found.size.round(6).tolist()
    ([0.5], [0.666667], [0.75])
    """
    X, Y = technology.X, technology.Y
    alone = _scores(technology, X, Y, side, [])
    joint_x, joint_y = _sums(X, groups), _sums(Y, groups)
    better_x = X * alone[:, None] if side == "input" else X
    better_y = Y if side == "input" else Y * alone[:, None]
    learned_x, learned_y = _sums(better_x, groups), _sums(better_y, groups)
    partners = np.array([len(group) for group in groups], dtype=np.float64)[:, None]
    overall = _scores(technology, joint_x, joint_y, side, labels)
    corrected = _scores(technology, learned_x, learned_y, side, labels)
    harmony = _scores(technology, learned_x / partners, learned_y / partners, side, labels)
    return MergerGains(overall, overall / corrected, corrected, harmony, corrected / harmony)


def _sums(values: FloatArray, groups: Sequence[Sequence[int]]) -> FloatArray:
    return np.array([values[list(group)].sum(axis=0) for group in groups])


def _scores(technology: Technology, X: FloatArray, Y: FloatArray, side: str, labels: Sequence[str]) -> FloatArray:
    g = technology.along(X, Y, side)
    return technology.ray(technology.points(X, Y), g, labels=labels).score(side)


@door("potential gains from mergers")
def merger_gains(
    units: Units,
    mergers: Mapping[str, Sequence[str]],
    *,
    rts: str,
    orientation: str = "input",
    periods: Periods | None = None,
) -> MethodResult:
    """Return what mergers could save, and why.

    Learning needs no merger; harmony could be had by trading; only size needs one organisation.

    Parameters
    ----------
    units : Units
    mergers : mapping from name to sequence of units
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
        Under ``vrs`` a merged unit can be larger than anything observed: its score has no value then.
    orientation : {"input", "output"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    MethodResult
        One row per merger: ``overall``, ``learning``, ``corrected``, ``harmony``, ``size`` (Farrell scores with
        overall = learning × harmony × size), ``potential`` (share of inputs that could be saved, or of outputs
        gained, after learning).

    Raises
    ------
    OptionError
        A merger of fewer than two units, or an unknown one.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0], [4.0], [3.0]], [[1.0], [1.0], [2.0]], names=["A", "B", "C"])
    >>> merger_gains(units, {"A + B": ["A", "B"]}, rts="vrs")["potential"].round(6).tolist()
    [0.25]
    """
    import pandas as pd

    side = side_of(orientation)
    names = units.names
    groups = []
    for merger, partners in mergers.items():
        if isinstance(partners, str) or len(set(partners)) < 2:
            raise OptionError(f"merger {merger!r} needs at least two different units")
        for partner in partners:
            if partner not in names:
                raise OptionError(f"merger {merger!r}: no unit {partner!r}{nearest(str(partner), names)}")
        groups.append([names.index(partner) for partner in dict.fromkeys(partners)])
    technology = Technology.of(units.X, units.Y, rts)
    found = merger_scores(technology, groups, side, labels=list(mergers))
    sign = 1.0 if side == "input" else -1.0
    frame = pd.DataFrame(
        {
            "overall": found.overall,
            "learning": found.learning,
            "corrected": found.corrected,
            "harmony": found.harmony,
            "size": found.size,
            "potential": sign * (1.0 - found.corrected),
        },
        index=pd.Index(list(mergers), name="merger"),
    )
    issues = tuple(
        Issue(
            "infeasible",
            "the merged unit is beyond everything observed: its gain has no value in this technology",
            "use rts='crs', 'irs' or 'add' to allow for units of this size",
            severity="warning",
            unit=merger,
        )
        for merger, value in zip(mergers, found.overall, strict=True)
        if np.isnan(value)
    )
    options = {"rts": technology.rts, "orientation": side}
    return MethodResult("Potential gains from mergers", frame, found, "potential", options, issues)

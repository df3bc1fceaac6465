"""Means of scores: their bias, their interval, and the parts of the tests built on them.

Kneip, Simar & Wilson 2015: the mean of estimated efficiencies is too high, by a bias that does not go away as fast as
its noise; so the usual interval around it is centred at the wrong place and misses the truth ever more often as n
grows. The bias is estimated from halves of the sample (a generalised jackknife) and taken off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.technology import Technology
from bench.envelopment.inference.resampling import own_distances
from bench.envelopment.inference.subsampling import rate
from bench.envelopment.measures.metafrontier import group_labels
from bench.errors import DataError, OptionError
from bench.options import Periods, one_of
from bench.seeds import sequence
from bench.typing import FloatArray, IndexArray
from bench.units import Units

#: From rows of the sample to their efficiencies against a frontier estimated from these rows.
Scores = Callable[[IndexArray], FloatArray]

#: Rates from which the mean over all units is sharp enough: of convex sets and of the free disposal hull.
_SHARP, _SHARP_HULL = 2.0 / 5.0, 1.0 / 3.0
#: Units that a sample must have.
FEWEST = 20


@dataclass(frozen=True, slots=True, eq=False)
class Mean:
    """Mean efficiency of a sample.

    Attributes
    ----------
    plain : float
        Mean of the estimated efficiencies.
    bias : float
        Its estimated bias.
    subset : float
        Mean over the ``used`` units.
    deviation : float
        Standard deviation of the units' own corrected efficiencies; see :func:`corrected_mean`.
    count, used : int
        Units, and units whose number governs the error: fewer than ``count`` when the estimator's rate is slow.
    """

    plain: float
    bias: float
    subset: float
    deviation: float
    count: int
    used: int

    @property
    def corrected(self) -> float:
        """Mean of all units less its bias."""
        return self.plain - self.bias

    @property
    def error(self) -> float:
        """Standard error of the corrected mean."""
        return float(self.deviation / np.sqrt(self.used))


def efficiencies(X: FloatArray, Y: FloatArray, rts: str, side: str) -> Scores:
    """Return the function from rows to their efficiencies among themselves."""
    return lambda rows: 1.0 / own_distances(Technology.of(X[rows], Y[rows], rts), side)


def used_units(count: float, kappa: float, rts: str) -> int:
    """Return over how many units a mean may be taken so that what is left of the bias does not matter.

    All of them where the rate κ is at least 2/5 (1/3 for the free disposal hull), else n^{2κ}.

    Examples
    --------
    >>> used_units(100, 0.4, "vrs"), used_units(100, 0.25, "vrs")
    (100, 10)
    """
    if kappa >= (_SHARP_HULL if rts == "fdh" else _SHARP) - 1e-12:
        return int(count)
    return max(2, int(count ** (2.0 * kappa)))


def mean_of(
    scores: Scores,
    rows: IndexArray,
    kappa: float,
    generator: np.random.Generator,
    *,
    splits: int,
    rts: str,
    effective: float | None = None,
) -> Mean:
    """Return the mean efficiency of some rows with the jackknife estimate of its bias.

    Parameters
    ----------
    scores : callable
        From rows to their efficiencies among themselves.
    rows : array of int
    kappa : float
        Rate of the estimator.
    splits : int
        Random splits into halves over which the bias is averaged.
    effective : float, optional
        Number of units that the estimator's error goes by, when it is not that of the rows.
    """
    found = scores(rows)
    halved, n = np.zeros(len(rows)), len(rows)
    for _ in range(splits):
        order = generator.permutation(n)
        for half in (order[: n // 2], order[n // 2 :]):
            part = np.sort(half)
            halved[part] += scores(rows[part]) / splits
    return corrected_mean(found, halved, kappa, generator, rts=rts, effective=effective)


def corrected_mean(
    found: FloatArray,
    halved: FloatArray,
    kappa: float,
    generator: np.random.Generator,
    *,
    rts: str,
    effective: float | None = None,
) -> Mean:
    """Return the mean of scores (n,), of which ``halved`` are the means among halves of the sample, and its error.

    Notes
    -----
    The mean over halves is biased by 2^κ times as much: ``bias = (mean over halves − mean) / (2^κ − 1)``.

    Taking the bias off multiplies the noise of small samples: a unit far from the others changes its own score most
    between the whole and a half. So the error goes by the spread of what is averaged, the units' scores less their own
    biases, and not by that of the scores, which would make tests reject too often. Both are the same in large samples.
    """
    n = len(found)
    biases = (halved - found) / (2.0**kappa - 1.0)
    used = min(n, used_units(n if effective is None else effective, kappa, rts))
    plain = float(found.mean())
    subset = plain if used == n else float(found[generator.choice(n, used, replace=False)].mean())
    return Mean(plain, float(biases.mean()), subset, float((found - biases).std(ddof=1)), n, used)


def statistic_of(first: Mean, second: Mean) -> float:
    """Return the standardised difference of two independent bias-corrected means; NaN where nothing varies."""
    error = np.hypot(first.error, second.error)
    difference = (first.subset - first.bias) - (second.subset - second.bias)
    return float(difference / error) if error > 0 else float("nan")


def normal_tail(statistic: FloatArray | float) -> FloatArray:
    """Return the probability that a standard normal exceeds a value."""
    from scipy.special import ndtr

    return np.asarray(ndtr(-np.asarray(statistic)))


def combined(p_values: FloatArray) -> float:
    """Return a p-value from several random splits of the same data: twice their median, at most one (Rüger 1978).

    It holds whatever the dependence between the splits; one split's p-value is returned as it is.

    Examples
    --------
    >>> combined(np.array([0.03])), combined(np.array([0.01, 0.02, 0.9]))
    (0.03, 0.04)
    """
    if len(p_values) == 1:
        return float(p_values[0])
    return float(min(1.0, 2.0 * np.median(p_values)))


def group_rows(units: Units, group: str | Sequence[Any] | None) -> dict[str, IndexArray]:
    """Return the rows of each group, in the order of their names; one group of all without ``group``.

    Raises
    ------
    OptionError, DataError
        A group has fewer units than a mean needs.
    """
    labels = np.array(["all"] * len(units)) if group is None else group_labels(units, group)
    found = {str(name): np.flatnonzero(labels == name) for name in np.unique(labels)}
    for name, rows in found.items():
        if len(rows) < FEWEST:
            raise DataError(f"group {name!r} has {len(rows)} units; a mean of scores needs at least {FEWEST}")
    return found


def check_splits(splits: int, level: float = 0.95) -> None:
    """Refuse no splits, and a level that is none.

    Raises
    ------
    OptionError
    """
    if splits < 1 or not 0.5 < level < 1:
        raise OptionError("at least one split is needed, and a level between 0.5 and 1")


@door("mean efficiency", signs="moving", rows=("group",))
def mean_efficiency(
    units: Units,
    *,
    rts: str,
    seed: int,
    group: str | Sequence[Any] | None = None,
    orientation: str = "input",
    splits: int = 20,
    level: float = 0.95,
    periods: Periods | None = None,
) -> MethodResult:
    """Return mean efficiency, less its bias, with an interval around it.

    Use it before a general requirement is set from the mean of scores: the plain mean is too high.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "fdh"}
    seed : int
    group : column name or sequence of n names, optional
        A mean per group, each against its own frontier.
    orientation : {"input", "output"}
    splits : int
        Random halves over which the bias is averaged.
    level : float
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    MethodResult
        Per group: ``mean``, ``bias``, ``efficiency`` (corrected mean), ``std_error``, ``lower``, ``upper``, ``units``
        and ``used``: with many measures the error goes by fewer units than there are (n^{2κ}).

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> units = bench.Units.from_arrays(rng.uniform(1, 2, 60), np.ones(60))
    >>> found = mean_efficiency(units, rts="crs", seed=1)
    >>> bool((found.efficiency < found["mean"]).all())
    True
    """
    import pandas as pd
    from scipy.special import ndtri

    side = side_of(orientation)
    kind = one_of(rts, ("crs", "vrs", "fdh"), "rts of a mean: a rate is known for")
    check_splits(splits, level)
    kappa = rate(kind, units.X.shape[1], units.Y.shape[1])
    scores = efficiencies(units.X, units.Y, kind, side)
    parts = group_rows(units, group)
    generators = [np.random.default_rng(child) for child in sequence(seed).spawn(len(parts))]
    found = {
        name: mean_of(scores, rows, kappa, generator, splits=splits, rts=kind)
        for (name, rows), generator in zip(parts.items(), generators, strict=True)
    }
    reach = float(ndtri(0.5 + level / 2.0))
    frame = pd.DataFrame(
        {
            "mean": [one.plain for one in found.values()],
            "bias": [one.bias for one in found.values()],
            "efficiency": [one.corrected for one in found.values()],
            "std_error": [one.error for one in found.values()],
            "lower": [one.corrected - reach * one.error for one in found.values()],
            "upper": [one.corrected + reach * one.error for one in found.values()],
            "units": [one.count for one in found.values()],
            "used": [one.used for one in found.values()],
        },
        index=pd.Index(list(found), name="group"),
    )
    options = {"rts": kind, "orientation": side, "rate": f"{kappa:.4g}", "splits": splits, "level": level, "seed": seed}
    return MethodResult("Mean efficiency (Kneip, Simar & Wilson 2015)", frame, found, "efficiency", options)

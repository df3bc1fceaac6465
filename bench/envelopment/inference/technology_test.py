"""Constant or variable returns, convex or not? Tests of Kneip, Simar & Wilson 2016 on split samples.

Under the hypothesis two estimators have the same mean; otherwise the one that assumes more has the lower. The sample is
split at random, one estimator per part, so that the two means are independent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.oriented import side_of
from bench.envelopment.inference.mean_efficiency import (
    FEWEST,
    Mean,
    check_splits,
    combined,
    efficiencies,
    mean_of,
    normal_tail,
    statistic_of,
)
from bench.envelopment.inference.sizes import size_issues
from bench.envelopment.inference.subsampling import rate
from bench.errors import DataError, Issue
from bench.options import Periods, one_of
from bench.presenting import PresentedTest
from bench.seeds import sequence
from bench.typing import FloatArray, IndexArray
from bench.units import Units

#: Hypothesis: the estimator that needs less, the faster one that also needs the hypothesis, how their parts of the
#: sample compare, and its opposite in words.
_HYPOTHESES = {
    "constant-returns": ("vrs", "crs", 1.0, "variable returns to scale"),
    "convexity": ("fdh", "vrs", 0.6, "a set that is not convex"),
}


def faster_share(count: int, faster: float, slower: float, factor: float) -> int:
    """Return how many of the units the estimator with the faster rate gets: at least twenty, at most half.

    The slower one needs more units to err as little: n₁ and n₂ solve ``n₁^κ₁ = factor · n₂^κ₂`` (Kneip, Simar &
    Wilson 2016).

    Examples
    --------
    >>> faster_share(100, 2 / 3, 1 / 2, 0.6), faster_share(1000, 2 / 3, 1 / 2, 0.6)
    (20, 77)
    """
    tried = np.arange(1, count // 2 + 1)
    found = tried[tried**faster <= factor * (count - tried) ** slower]
    return int(max(found.max(initial=1), FEWEST))


@dataclass(frozen=True, slots=True, eq=False)
class SplitTest(PresentedTest):
    """Test of a hypothesis by means of two estimators on parts of the sample.

    Attributes
    ----------
    hypothesis : str
    meaning : str
        One sentence: what the p-value says.
    p_value : float
        Over all splits: twice the median; that of the split when there is one.
    statistic : float
        Median over splits of the standardised difference.
    difference : float
        Median over splits of the difference of corrected means: the efficiency that the hypothesis takes away.
    statistics, p_values : array (splits,)
    used : tuple of (int, int)
        Units whose number governs the error of each mean.
    warnings : tuple of Issue
        How often a true hypothesis was rejected in units like these, where that is too often.
    """

    hypothesis: str
    meaning: str
    p_value: float
    statistic: float
    difference: float
    statistics: FloatArray
    p_values: FloatArray
    used: tuple[int, int]
    warnings: tuple[Issue, ...] = ()


def split_test(
    count: int,
    seed: int,
    splits: int,
    means: Callable[[IndexArray, IndexArray, np.random.Generator], tuple[Mean, Mean]],
    size: int | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray, tuple[int, int]]:
    """Return statistics, p-values and differences (splits,) of ``means`` on random parts, and the units used.

    The second part holds ``size`` units; half of them when it is not given.
    """
    share = count - count // 2 if size is None else size
    statistics, differences = np.empty(splits), np.empty(splits)
    used = (0, 0)
    for number, child in enumerate(sequence(seed).spawn(splits)):
        generator = np.random.default_rng(child)
        order = generator.permutation(count)
        first, second = means(np.sort(order[share:]), np.sort(order[:share]), generator)
        statistics[number], used = statistic_of(first, second), (first.used, second.used)
        differences[number] = first.corrected - second.corrected
    if np.isnan(statistics).any():
        raise DataError("all units have the same efficiency: there is nothing to test")
    return statistics, normal_tail(statistics), differences, used


@door("the test", signs="moving")
def technology_test(
    units: Units,
    *,
    hypothesis: str,
    seed: int,
    orientation: str = "input",
    splits: int = 1,
    halves: int = 10,
    periods: Periods | None = None,
) -> SplitTest:
    """Test constant returns to scale (against variable), or convexity (against the free disposal hull).

    Use it to choose the technology before scores are computed. It assumes less than the bootstrap test
    (:func:`returns_to_scale_test`): inefficiency may depend on the unit.

    Parameters
    ----------
    units : Units
        At least forty.
    hypothesis : {"constant-returns", "convexity"}
    seed : int
    orientation : {"input", "output"}
    splits : int
        Random splits of the sample. One is the test as published, whose p-value depends on the split; several are
        combined into twice their median: valid whatever their dependence, but so cautious that little is found.
    halves : int
        Halvings of each part over which its bias is averaged.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> x = rng.uniform(1, 9, 200)
    >>> fixed_cost = bench.Units.from_arrays((5 + x) * rng.uniform(1, 1.2, 200), x)
    >>> technology_test(fixed_cost, hypothesis="constant-returns", seed=1).p_value < 0.01
    True
    """
    side = side_of(orientation)
    kind = one_of(hypothesis, tuple(_HYPOTHESES), "hypothesis")
    check_splits(min(splits, halves))
    if len(units) < 2 * FEWEST:
        raise DataError(f"the test needs at least {2 * FEWEST} units, not {len(units)}")
    less, more, factor, opposite = _HYPOTHESES[kind]
    X, Y = units.X, units.Y

    faster, slower = (rate(rts, X.shape[1], Y.shape[1]) for rts in (more, less))
    size = faster_share(len(units), faster, slower, factor)

    def means(first: IndexArray, second: IndexArray, generator: np.random.Generator) -> tuple[Mean, Mean]:
        return (
            mean_of(efficiencies(X, Y, less, side), first, slower, generator, splits=halves, rts=less),
            mean_of(efficiencies(X, Y, more, side), second, faster, generator, splits=halves, rts=more),
        )  # fmt: skip

    statistics, p_values, differences, used = split_test(len(units), seed, splits, means, size)
    p = combined(p_values)
    words = kind.replace("-", " ")
    meaning = (
        f"p = {p:.3g}: the data speak against {words} and for {opposite} (at 5 %)"
        if p < 0.05
        else f"p = {p:.3g}: the data do not speak against {words}; that does not prove it"
    )
    middle = float(np.median(statistics)), float(np.median(differences))
    told = size_issues(kind, X.shape[1] + Y.shape[1], len(X))
    return SplitTest(kind, meaning, p, *middle, statistics, p_values, used, told)

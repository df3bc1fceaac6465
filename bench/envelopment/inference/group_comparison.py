"""Are two groups equally efficient? Means, aggregates and whole distributions compared.

Three questions. Is the *mean* the same (Kneip, Simar & Wilson 2016: normal test of bias-corrected means)? Is the
*aggregate*, in which large units count more (Simar & Zelenyuk 2018), and by how much does it differ? Is the whole
*distribution* the same (Simar & Zelenyuk 2006, after Li 1996)?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.technology import Technology
from bench.envelopment.inference.mean_efficiency import (
    check_splits,
    corrected_mean,
    group_rows,
    normal_tail,
    statistic_of,
    used_units,
)
from bench.envelopment.inference.resampling import check_replicates, own_distances, replicate_blocks
from bench.envelopment.inference.sizes import size_issues
from bench.envelopment.inference.subsampling import rate
from bench.errors import DataError, OptionError
from bench.options import Periods, one_of
from bench.seeds import sequence
from bench.typing import FloatArray, IndexArray
from bench.units import Units

Groups = dict[str, IndexArray]

FRONTIERS = ("own", "pooled")
WEIGHTS = ("shares", "equal")
#: Distances below this are one: tied at the frontier, and moved off it before densities are compared.
_TIED = 1.0 + 1e-8
#: Share of the smallest distances above one within which tied ones are spread.
_SPREAD = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Units and how they are compared.

    Attributes
    ----------
    X, Y : array (n, m), (n, s)
    groups : dict of str to array of int
    rts, side, frontier : str
        ``own``: each group against its own frontier; ``pooled``: all against that of all.
    weight : array (n,)
        What a unit counts in its group's aggregate.
    """

    X: FloatArray
    Y: FloatArray
    groups: Groups
    rts: str
    side: str
    frontier: str
    weight: FloatArray

    @property
    def kappa(self) -> float:
        """Rate of the estimator."""
        return rate(self.rts, self.X.shape[1], self.Y.shape[1])

    def distances(self, parts: Sequence[IndexArray]) -> list[FloatArray]:
        """Return the distances of some units of each group, among themselves or among all of these."""
        if self.frontier == "own":
            return [self._among(rows) for rows in parts]
        whole = self._among(np.concatenate(parts))
        return np.split(whole, np.cumsum([len(rows) for rows in parts])[:-1])

    def _among(self, rows: IndexArray) -> FloatArray:
        return own_distances(Technology.of(self.X[rows], self.Y[rows], self.rts), self.side)


def unit_weights(X: FloatArray, Y: FloatArray, side: str, weights: str) -> FloatArray:
    """Return what each unit counts: equal, or its mean share of the quantities that the score moves.

    Shares without prices (Färe & Zelenyuk 2003): of each input (input side) or output (output side), averaged.
    """
    if weights == "equal":
        return np.ones(len(X))
    quantities = X if side == "input" else Y
    total = quantities.sum(axis=0)
    return np.asarray((quantities[:, total > 0] / total[total > 0]).mean(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Aggregate:
    """Weighted mean efficiency of a group.

    Attributes
    ----------
    plain : float
        As estimated.
    corrected : float
        Less its bias.
    error : float
        Standard error of the logarithm of the corrected one.
    """

    plain: float
    corrected: float
    error: float


def group_scores(
    sample: Sample, generator: np.random.Generator, halves: int
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return every group's scores, and their means among halves of all groups."""
    parts = list(sample.groups.values())
    found = [1.0 / distance for distance in sample.distances(parts)]
    halved = [np.zeros(len(rows)) for rows in parts]
    for _ in range(halves):
        orders = [generator.permutation(rows) for rows in parts]
        for half in (0, 1):
            some = [np.sort(o[: len(o) // 2] if half == 0 else o[len(o) // 2 :]) for o in orders]
            for rows, part, total, distance in zip(parts, some, halved, sample.distances(some), strict=True):
                total[np.searchsorted(rows, part)] += 1.0 / distance / halves
    return dict(zip(sample.groups, zip(found, halved, strict=True), strict=True))


def corrected_aggregate(weight: FloatArray, found: FloatArray, halved: FloatArray, kappa: float, rts: str) -> Aggregate:
    """Return the weighted mean of scores (n,) less its bias, and the standard error of its logarithm.

    Notes
    -----
    A ratio of two means, of weighted scores and of weights (Simar & Zelenyuk 2018): its error is that of what each
    unit adds, weight times distance to the aggregate, over the mean weight. The bias of each score is taken from
    ``halved`` as in :func:`~bench.envelopment.inference.mean_efficiency.corrected_mean`, and so is the number of units
    by which the error goes.
    """
    scores = found - (halved - found) / (2.0**kappa - 1.0)
    value = float((weight * scores).sum() / weight.sum())
    added = weight * (scores - value) / weight.mean()
    used = min(len(found), used_units(len(found), kappa, rts))
    plain = float((weight * found).sum() / weight.sum())
    return Aggregate(plain, value, float(added.std(ddof=1) / np.sqrt(used) / value) if value > 0 else float("nan"))


def density_statistic(kernel: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the integrated squared difference of two densities, array (…,), up to a factor.

    Parameters
    ----------
    kernel : array (N, N)
        Kernel of the differences of all values.
    first, second : array (…, N)
        How often each value is in each sample.

    Notes
    -----
    Pairs of a draw with itself are left out, so that the statistic has mean zero when the densities are the same.
    """
    a, b = first.sum(axis=-1), second.sum(axis=-1)
    own = kernel[0, 0]
    across = first @ kernel
    inside = ((across * first).sum(axis=-1) - own * a) / (a * (a - 1))
    other = (((second @ kernel) * second).sum(axis=-1) - own * b) / (b * (b - 1))
    return np.asarray(inside + other - 2.0 * (across * second).sum(axis=-1) / (a * b))


def density_test(
    first: FloatArray, second: FloatArray, kappa: float, *, seed: int, count: int = 1000, workers: int = 1
) -> tuple[float, float]:
    """Return statistic and p-value of the hypothesis that distances of two groups have the same distribution.

    Distances of one are a spike that no density has: each is first moved up by a uniform draw of at most n^{−κ} and
    the 5 % quantile of the distances above one (algorithm II of Simar & Zelenyuk 2006). Normal kernel, Silverman's
    bandwidth of the less spread group; the p-value is the share of replicates, drawn from both groups together, with
    at least the statistic.

    Parameters
    ----------
    first, second : array (a,), (b,)
        Distances of at least one.
    kappa : float
        Rate of the estimator.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> density_test(1 + rng.exponential(0.2, 60), 1 + rng.exponential(1.0, 60), 0.5, seed=1, count=200)[1]
    0.0
    """
    base = sequence(seed)
    generator = np.random.default_rng(base.spawn(1)[0])
    smooth = np.concatenate([_spread_ties(values, kappa, generator) for values in (first, second)])
    a, b = len(first), len(second)
    bandwidth = min(_silverman(smooth[:a]), _silverman(smooth[a:]))
    if not bandwidth > 0:
        raise DataError("a group's efficiencies do not vary: it has no density to compare")
    kernel = np.exp(-0.5 * ((smooth[:, None] - smooth[None]) / bandwidth) ** 2)
    inside = (np.arange(a + b) < a).astype(np.float64)
    statistic = float(density_statistic(kernel, inside, 1.0 - inside))

    def some(generators: Sequence[np.random.Generator]) -> FloatArray:
        counts = np.zeros((2, len(generators), a + b))
        for k, own in enumerate(generators):
            for sample, size in enumerate((a, b)):
                counts[sample, k] = np.bincount(own.integers(0, a + b, size), minlength=a + b)
        return density_statistic(kernel, counts[0], counts[1])

    found = replicate_blocks(count, int(base.generate_state(1)[0]), some, workers)
    return statistic, float((found >= statistic).mean())


def _spread_ties(distance: FloatArray, kappa: float, generator: np.random.Generator) -> FloatArray:
    tied = distance < _TIED
    if tied.all():
        raise DataError("all units of a group are efficient: there is no distribution to compare")
    width = min(len(distance) ** -kappa, float(np.quantile(distance[~tied], _SPREAD)) - 1.0)
    return np.where(tied, 1.0 + width * generator.uniform(size=len(distance)), distance)


def _silverman(values: FloatArray) -> float:
    low, high = np.quantile(values, [0.25, 0.75])
    spread = [width for width in (float(values.std(ddof=1)), float(high - low) / 1.349) if width > 0]
    return 0.9 * min(spread) * len(values) ** -0.2 if spread else 0.0


@door("the comparison of groups", signs="moving", rows=("group",))
def compare_groups(
    units: Units,
    *,
    group: str | Sequence[Any],
    rts: str,
    seed: int,
    orientation: str = "input",
    frontier: str = "own",
    weights: str = "shares",
    replicates: int = 1000,
    halves: int = 20,
    level: float = 0.95,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return whether groups are equally efficient: their means, their aggregates and their distributions.

    Use it before one rule is set for municipal and private providers, or for two regions.

    Parameters
    ----------
    units : Units
    group : column name or sequence of n names
        At least two groups of at least twenty units.
    rts : {"crs", "vrs", "fdh"}
    seed : int
        Same seed, same bytes, whatever the number of workers.
    orientation : {"input", "output"}
    frontier : {"own", "pooled"}
        ``own`` asks how unequal the units of each group are; ``pooled`` also counts the gap between the frontiers.
    weights : {"shares", "equal"}
        Of units in aggregates: their mean share of the quantities that the score moves, or the same for all.
    replicates : int
        For the comparison of distributions; at least 100.
    halves : int
        Halvings over which the bias of means and aggregates is averaged.
    level : float
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        One row per pair of groups: ``first``, ``second``; corrected means ``mean_first``, ``mean_second``, their
        ``difference``, ``statistic`` and ``mean_p`` (two-sided); ``aggregate_first``, ``aggregate_second`` (as
        estimated), their ``ratio`` (corrected for bias) with ``ratio_lower`` and ``ratio_upper``; ``density_p``.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> waste = np.append(rng.exponential(0.1, 50), rng.exponential(0.6, 50))
    >>> units = bench.Units.from_arrays(np.exp(waste), np.ones(100))
    >>> found = compare_groups(units, group=["a"] * 50 + ["b"] * 50, rts="crs", seed=1, replicates=200)
    >>> bool(found["mean_p"][0] < 0.01 and found["density_p"][0] < 0.01 and found["ratio_lower"][0] > 1)
    True
    """
    import pandas as pd

    side = side_of(orientation)
    kind = one_of(rts, ("crs", "vrs", "fdh"), "rts of a comparison: a rate is known for")
    kept = one_of(frontier, FRONTIERS, "frontier")
    counted = one_of(weights, WEIGHTS, "weights")
    check_replicates(replicates, level)
    check_splits(halves, level)
    groups = group_rows(units, group)
    if len(groups) < 2:
        raise OptionError("a comparison needs at least two groups")
    sample = Sample(units.X, units.Y, groups, kind, side, kept, unit_weights(units.X, units.Y, side, counted))
    seeds = [int(state) for state in sequence(seed).generate_state(2)]
    generator = np.random.default_rng(seeds[0])
    scores = group_scores(sample, generator, halves)
    kappa = sample.kappa
    means = {name: corrected_mean(*pair, kappa, generator, rts=kind) for name, pair in scores.items()}
    wholes = {
        name: corrected_aggregate(sample.weight[groups[name]], *pair, kappa, kind) for name, pair in scores.items()
    }
    rows = []
    for number, (one, two) in enumerate(combinations(groups, 2)):
        center, lower, upper = _ratio(wholes[one], wholes[two], level)
        statistic = statistic_of(means[one], means[two])
        _, density_p = density_test(
            1.0 / scores[one][0], 1.0 / scores[two][0], kappa, seed=seeds[1] + number, count=replicates, workers=workers
        )
        rows.append(
            {
                "first": one,
                "second": two,
                "mean_first": means[one].corrected,
                "mean_second": means[two].corrected,
                "difference": means[one].corrected - means[two].corrected,
                "statistic": statistic,
                "mean_p": float(2.0 * normal_tail(abs(statistic))),
                "aggregate_first": wholes[one].plain,
                "aggregate_second": wholes[two].plain,
                "ratio": center,
                "ratio_lower": lower,
                "ratio_upper": upper,
                "density_p": density_p,
            }
        )
    options = {
        "rts": kind, "orientation": side, "frontier": kept, "weights": counted, "replicates": replicates,
        "halves": halves, "level": level, "seed": seed,
    }  # fmt: skip
    title = "Groups compared (Simar & Zelenyuk 2006, 2018; Kneip, Simar & Wilson 2016)"
    measures, fewest = units.X.shape[1] + units.Y.shape[1], min(len(part) for part in groups.values())
    issues = size_issues("group-means", measures, 2 * fewest) + size_issues("group-ratio", measures, 2 * fewest)
    return MethodResult(title, pd.DataFrame(rows), means, "difference", options, issues)


def _ratio(first: Aggregate, second: Aggregate, level: float) -> tuple[float, float, float]:
    """Return the ratio of two corrected aggregates and the ends of its interval, taken in logarithms."""
    from scipy.special import ndtri

    reach = float(ndtri((1.0 + level) / 2.0)) * float(np.hypot(first.error, second.error))
    ratio = first.corrected / second.corrected
    return ratio, ratio * float(np.exp(-reach)), ratio * float(np.exp(reach))

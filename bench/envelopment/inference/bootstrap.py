"""How sure is a score? The smoothed bootstrap of Simar & Wilson 1998, and their test of returns to scale (2002).

An estimated frontier lies inside the true one, so scores are too good. The bootstrap imitates how far inside: it draws
inefficiencies from a smooth estimate of their distribution, builds a frontier from the data moved accordingly, and
looks at how the scores of the original units change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtr

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.repeated import repeated_distances
from bench.envelopment.core.technology import Technology
from bench.envelopment.inference.coverage import measured
from bench.envelopment.inference.resampling import (
    Bootstrap,
    bootstrap_result,
    check_replicates,
    own_distances,
    replicate_blocks,
    summarised,
)
from bench.envelopment.inference.sizes import dependence_issues, size_issues
from bench.envelopment.inference.smoothing import bandwidth_of, convention_of
from bench.errors import Issue, OptionError
from bench.options import Periods, one_of
from bench.presenting import PresentedTest
from bench.typing import FloatArray
from bench.units import Units


def moved_sets(
    X: FloatArray, Y: FloatArray, distance: FloatArray, drawn: FloatArray, side: str
) -> tuple[FloatArray, FloatArray]:
    """Return sets of units projected on the frontier and moved off it by drawn distances (sets, n): inputs, outputs."""
    factor = (drawn / distance)[:, :, None]
    same = np.broadcast_to(Y if side == "input" else X, (len(drawn), *(Y if side == "input" else X).shape))
    return (X * factor, same) if side == "input" else (same, Y / factor)


def smoothed_bootstrap(
    X: FloatArray,
    Y: FloatArray,
    rts: str,
    side: str,
    *,
    seed: int,
    count: int = 2000,
    level: float = 0.95,
    convention: str = "mirrored",
    bandwidth: float | None = None,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> Bootstrap:
    """Return the homogeneous smoothed bootstrap of all units' distances.

    Parameters
    ----------
    X, Y : array (n, m), (n, s)
    rts : {"crs", "vrs", "drs", "irs"}
    side : {"input", "output"}
    seed : int
        Same seed, same bytes, whatever the number of workers.
    count : int
        Replicates.
    level : float
        Of the interval.
    convention : {"mirrored", "simar-wilson-1998", "benchmarking-0.33", "nve"}
        How distances are drawn: see :mod:`bench.envelopment.inference.smoothing`.
    bandwidth : float, optional
        The convention's when omitted.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(1, 2, (20, 1))
    >>> found = smoothed_bootstrap(X, np.ones((20, 1)), "crs", "input", seed=1, count=50)
    >>> bool((found.corrected >= found.distance).all())
    True
    """
    base = Technology.of(X, Y, rts)
    distance = own_distances(base, side, labels)
    how = convention_of(convention)
    h = bandwidth_of(how, distance, side, bandwidth)

    def some(generators: Sequence[np.random.Generator]) -> FloatArray:
        sets = moved_sets(X, Y, distance, how.draw(distance, h, generators), side)
        return repeated_distances(rts, side, *sets, X, Y, labels)

    replicates = replicate_blocks(count, seed, some, workers)
    return summarised(distance, replicates, level, h, how.quantile, how.ratio)


@door("the bootstrap", signs="moving")
def bootstrap_efficiency(
    units: Units,
    *,
    rts: str,
    seed: int | None = None,
    orientation: str = "input",
    convention: str = "mirrored",
    bandwidth: float | None = None,
    draws: pd.DataFrame | npt.ArrayLike | None = None,
    replicates: int = 2000,
    level: float = 0.95,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return bias-corrected efficiency with intervals.

    Use it before a requirement is set on a score: nobody should be asked to close a gap that the data cannot show.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs"}
    seed : int, optional
        Needed unless ``draws`` are given. Same seed, same bytes, whatever the number of workers.
    orientation : {"input", "output"}
    convention : {"mirrored", "simar-wilson-1998", "benchmarking-0.33", "nve"}
        How inefficiency is drawn. Only the default is measured to correct as much as is needed; the others reproduce
        what other programs and a regulator compute. See :mod:`bench.envelopment.inference.smoothing`.
    bandwidth : float, optional
        Of the smooth distribution of distances; the convention's rule when omitted.
    draws : DataFrame (n, B) or array (n, B), optional
        Efficiencies of every unit against every drawn set, from :func:`bootstrap_draws` or a regulator's files: used
        instead of drawing. A frame is aligned by its index, which must name every unit once; an array has the rows of
        the table.
    replicates : int
        At least 100.
    level : float
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` (bias-corrected on the scale of distances, 1/(2δ − mean δ*)), ``estimate`` (uncorrected),
        ``lower``, ``upper``, their Monte Carlo standard errors ``…_error``, and ``coverage``: how often such 95 %
        intervals held the truth where it is known; a warning in ``issues`` where that is below 93 %. ``values`` is a
        :class:`Bootstrap` of distances.

    Raises
    ------
    OptionError
        Unknown option; neither seed nor draws; draws that do not name the units.
    DataError
        Fewer than two inefficient units: there is no spread to draw from.

    Examples
    --------
    >>> import bench, numpy as np
    >>> rng = np.random.default_rng(0)
    >>> units = bench.Units.from_arrays(rng.uniform(1, 2, 60), np.ones(60))
    >>> found = bootstrap_efficiency(units, rts="crs", seed=1, replicates=100)
    >>> bool((found.efficiency <= found["estimate"]).all() and (found["lower"] <= found["upper"]).all())
    True
    >>> again = bootstrap_efficiency(units, rts="crs", draws=bootstrap_draws(found))
    >>> bool(np.allclose(again.efficiency, found.efficiency))
    True
    """
    side = side_of(orientation)
    kind = one_of(rts, ("crs", "vrs", "drs", "irs"), "rts of the bootstrap")
    how = convention_of(convention)
    if draws is None:
        check_replicates(replicates, level)
        if seed is None:
            raise OptionError("the bootstrap needs a seed (or draws that were made before): seed=1")
        found = smoothed_bootstrap(
            units.X, units.Y, kind, side, seed=seed, count=replicates, level=level, convention=how.name,
            bandwidth=bandwidth, labels=units.names, workers=workers,
        )  # fmt: skip
    else:
        if seed is not None or bandwidth is not None:
            raise OptionError("draws are used as they are: leave out seed and bandwidth")
        drawn = drawn_scores(draws, units)
        check_replicates(len(drawn), level)
        distance = own_distances(Technology.of(units.X, units.Y, kind), side, units.names, workers)
        found = summarised(distance, 1.0 / drawn, level, float("nan"), how.quantile, how.ratio)
    return bootstrap_result(
        "Bootstrap efficiency (Simar & Wilson 1998)",
        units,
        found,
        rts=kind,
        side=side,
        level=level,
        seed=seed,
        measured=measured("bootstrap", how.name, kind, units.X.shape[1] + units.Y.shape[1], len(units)),
        options={"convention": how.name},
    )


def bootstrap_draws(found: MethodResult) -> pd.DataFrame:
    """Return the efficiency of every unit (rows) against every drawn set (columns), to be kept and used again.

    Parameters
    ----------
    found : MethodResult
        Of :func:`bootstrap_efficiency` or :func:`heterogeneous_bootstrap`.

    Raises
    ------
    OptionError
        A result without draws.
    """
    if not isinstance(found.values, Bootstrap):
        raise OptionError(f"{found.title}: there are no draws in this result")
    return pd.DataFrame(
        1.0 / found.values.replicates.T,
        index=found.frame.index,
        columns=pd.RangeIndex(1, len(found.values.replicates) + 1, name="replicate"),
    )


def drawn_scores(draws: pd.DataFrame | npt.ArrayLike, units: Units) -> FloatArray:
    """Return given draws as array (B, n) in the order of the units.

    Raises
    ------
    OptionError
        When they do not give one positive number per unit and replicate.
    """
    if isinstance(draws, pd.DataFrame):
        wanted, there = [str(name) for name in units.index], [str(name) for name in draws.index]
        missing, strange = [n for n in wanted if n not in set(there)], [n for n in there if n not in set(wanted)]
        twice = sorted({name for name in there if there.count(name) > 1})
        for names, text in ((missing, "have no row for"), (strange, "name"), (twice, "name more than once")):
            if names:
                raise OptionError(f"draws {text} {', '.join(names[:5])}: the index must name every unit once")
        frame = draws.iloc[[there.index(name) for name in wanted]]
        values = np.asarray(frame, dtype=np.float64)
    else:
        values = np.asarray(draws, dtype=np.float64)
    if values.ndim != 2 or len(values) != len(units):
        raise OptionError(f"draws must have a row per unit and a column per replicate, not shape {values.shape}")
    if (values <= 0).any() or np.isinf(values).any():
        raise OptionError("draws must be efficiencies: positive numbers (NaN where a set cannot be compared)")
    return np.asarray(values.T)


@dataclass(frozen=True, slots=True, eq=False)
class ReturnsTest(PresentedTest):
    """Test of constant against variable returns to scale.

    Attributes
    ----------
    meaning : str
        One sentence: what the p-value says.
    statistic : float
        Mean constant-returns over mean variable-returns efficiency; one when scale does not matter.
    p_value : float
        Share of replicates under constant returns with a smaller statistic.
    p_error : float
        Its Monte Carlo standard error.
    dependence : float
        Rank correlation of constant-returns efficiency with the size of the unit; none is assumed.
    dependence_p : float
        Its p-value.
    replicates : array (B,)
    warnings : tuple of Issue
        Where efficiency goes with size at 5 %: how often a true hypothesis was then rejected in simulated units.
    """

    meaning: str
    statistic: float
    p_value: float
    p_error: float
    dependence: float
    dependence_p: float
    replicates: FloatArray
    warnings: tuple[Issue, ...] = ()


@door("the test of returns to scale")
def returns_to_scale_test(
    units: Units,
    *,
    seed: int,
    orientation: str = "input",
    bandwidth: float | None = None,
    replicates: int = 2000,
    periods: Periods | None = None,
    workers: int = 1,
) -> ReturnsTest:
    """Test the hypothesis of constant returns to scale (Simar & Wilson 2002).

    Replicates are generated under constant returns; a small p-value speaks for variable returns. Inefficiency, measured
    in the direction asked for, is assumed not to depend on the unit: where it goes with size, true constant returns
    are rejected far too often, and the result says so. :func:`technology_test` does not assume it.

    Parameters
    ----------
    units : Units
    seed : int
    orientation : {"input", "output"}
    bandwidth : float, optional
        As of :func:`bootstrap_efficiency`.
    replicates : int
        At least 100.
    periods : {"pooled"}, optional
        Needed when there are several periods: one frontier over all of them.
    workers : int

    Raises
    ------
    OptionError, DataError

    Notes
    -----
    The statistic of a replicate is that of its own units, as that of the sample is of the sample's: the distance of a
    unit that was moved is that of the unit where it stood, times what it was moved by.

    Examples
    --------
    >>> import bench, numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.uniform(1, 9, 40)
    >>> fixed_cost = bench.Units.from_arrays((5 + x) * rng.uniform(1, 1.1, 40), x)
    >>> returns_to_scale_test(fixed_cost, seed=1, replicates=100).p_value
    0.0
    """
    side = side_of(orientation)
    check_replicates(replicates, 0.95)
    X, Y, names = units.X, units.Y, units.names
    scores = {rts: own_distances(Technology.of(X, Y, rts), side, names) for rts in ("crs", "vrs")}
    distance = scores["crs"]
    how = convention_of("mirrored")
    h = bandwidth_of(how, distance, side, bandwidth)

    def some(generators: Sequence[np.random.Generator]) -> FloatArray:
        drawn = how.draw(distance, h, generators)
        sets = moved_sets(X, Y, distance, drawn, side)
        moved = drawn / distance
        constant, variable = (moved * repeated_distances(rts, side, *sets, X, Y, names) for rts in ("crs", "vrs"))
        return np.asarray((1.0 / constant).mean(axis=1) / (1.0 / variable).mean(axis=1))

    found = replicate_blocks(replicates, seed, some, workers)
    statistic = _mean_efficiency(distance) / _mean_efficiency(scores["vrs"])
    p = float((found <= statistic).mean())
    held = Y if side == "input" else X
    dependence, dependence_p = rank_correlation((held / held.mean(axis=0)).sum(axis=1), 1.0 / distance)
    told = size_issues("returns-to-scale", X.shape[1] + Y.shape[1], len(X))
    if dependence_p < 0.05:
        told += dependence_issues(dependence, dependence_p, X.shape[1] + Y.shape[1], len(X))
    meaning = (
        f"p = {p:.3g}: the data speak against constant returns and for variable returns to scale (at 5 %)"
        if p < 0.05
        else f"p = {p:.3g}: the data do not speak against constant returns; that does not prove it"
    )
    error = float(np.sqrt(p * (1 - p) / replicates))
    return ReturnsTest(meaning, statistic, p, error, dependence, dependence_p, found, told)


def rank_correlation(first: FloatArray, second: FloatArray) -> tuple[float, float]:
    """Return Spearman's rank correlation of two arrays (n,), ties at their mean rank, and its two-sided p-value.

    NaN and one where one of them does not vary.

    Examples
    --------
    >>> value, p = rank_correlation(np.arange(8.0), np.array([0.0, 2, 1, 3, 5, 4, 7, 6]))
    >>> round(value, 6), round(p, 6)
    (0.928571, 0.000863)
    """
    ranks = [_ranks(first), _ranks(second)]
    if min(rank.std() for rank in ranks) == 0 or len(first) < 3:
        return float("nan"), 1.0
    value = float(np.clip(np.corrcoef(ranks[0], ranks[1])[0, 1], -1.0, 1.0))
    freedom = len(first) - 2
    with np.errstate(divide="ignore"):
        t = abs(value) * np.sqrt(freedom / np.float64(1.0 - value**2))
    return value, float(2.0 * stdtr(freedom, -t))


def _ranks(values: FloatArray) -> FloatArray:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2.0)[place])


def _mean_efficiency(distance: FloatArray) -> float:
    return float((1.0 / distance).mean())

"""How sure is a score? The smoothed bootstrap of Simar & Wilson 1998, and their test of returns to scale (2002).

An estimated frontier lies inside the true one, so scores are too good. The bootstrap imitates how far inside: it draws
inefficiencies from a smooth estimate of their distribution, builds a frontier from the data moved accordingly, and
looks at how the scores of the original units change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.repeated import repeated_distances
from bench.envelopment.core.technology import Technology
from bench.envelopment.inference.resampling import (
    Bootstrap,
    bootstrap_result,
    check_replicates,
    own_distances,
    replicate_blocks,
    summarised,
)
from bench.envelopment.inference.resampling import replicate as replicate
from bench.errors import DataError
from bench.options import Periods, one_of
from bench.typing import FloatArray
from bench.units import Units

#: A distance within this of one is one: such units carry no information about the spread of inefficiency.
_EFFICIENT = 1e-8


def silverman_bandwidth(distance: FloatArray) -> float:
    """Return the normal-reference bandwidth for distances of at least one, reflected at one.

    Efficient units are left out (they are estimated to be exactly one, a spike that is no feature of the true
    distribution), and the result is scaled back to the whole sample (Simar & Wilson 2008).

    Raises
    ------
    DataError
        When fewer than two units are inefficient: there is no spread to estimate.

    Examples
    --------
    >>> round(silverman_bandwidth(np.array([1.0, 1.2, 1.5, 1.9])), 4)
    0.2988
    """
    inside = distance[distance > 1 + _EFFICIENT]
    if len(inside) < 2:
        raise DataError("fewer than two units are inefficient: the spread of inefficiency cannot be estimated")
    reflected = np.concatenate([inside, 2.0 - inside])
    deviation = float(reflected.std(ddof=1))
    low, high = np.quantile(reflected, [0.25, 0.75])
    narrow = min(deviation, float(high - low) / 1.349)
    plain = 1.06 * narrow * len(reflected) ** -0.2
    whole = float(distance.std(ddof=1))
    return float(plain * (len(reflected) / len(distance)) ** 0.2 * whole / deviation)


def draw_distances(distance: FloatArray, bandwidth: float, generator: np.random.Generator) -> FloatArray:
    """Return n draws from the smooth estimate of the distribution of distances, all at least one.

    Draws with replacement, a normal shift of the bandwidth, reflection at one, and a correction that keeps the
    variance.
    """
    return np.asarray(draw_many(distance, bandwidth, [generator])[0])


def draw_many(distance: FloatArray, bandwidth: float, generators: Sequence[np.random.Generator]) -> FloatArray:
    """Return what :func:`draw_distances` draws from each generator, array (generators, n), in one sweep."""
    n = len(distance)
    chosen, noise = np.empty((len(generators), n), dtype=np.int64), np.empty((len(generators), n))
    for k, generator in enumerate(generators):
        chosen[k] = generator.integers(0, n, n)
        noise[k] = generator.standard_normal(n)
    drawn = distance[chosen]
    shifted = drawn + bandwidth * noise
    reflected = np.where(shifted >= 1.0, shifted, 2.0 - shifted)
    centre = drawn.mean(axis=1, keepdims=True)
    corrected = centre + (reflected - centre) / np.sqrt(1.0 + bandwidth**2 / distance.var(ddof=1))
    return np.asarray(np.where(corrected >= 1.0, corrected, 2.0 - corrected))


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
    bandwidth : float, optional
        :func:`silverman_bandwidth` when omitted.

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
    h = silverman_bandwidth(distance) if bandwidth is None else float(bandwidth)

    def some(generators: Sequence[np.random.Generator]) -> FloatArray:
        sets = moved_sets(X, Y, distance, draw_many(distance, h, generators), side)
        return repeated_distances(rts, side, *sets, X, Y, labels)

    replicates = replicate_blocks(count, seed, some, workers)
    return summarised(distance, replicates, level, h)


@door("the bootstrap", signs="moving")
def bootstrap_efficiency(
    units: Units,
    *,
    rts: str,
    seed: int,
    orientation: str = "input",
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
    seed : int
    orientation : {"input", "output"}
    replicates : int
        At least 100.
    level : float
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` (bias-corrected), ``estimate`` (uncorrected), ``lower``, ``upper`` and their Monte Carlo standard
        errors ``…_error``. ``values`` is a :class:`Bootstrap` of distances.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench, numpy as np
    >>> rng = np.random.default_rng(0)
    >>> units = bench.Units.from_arrays(rng.uniform(1, 2, 20), np.ones(20))
    >>> found = bootstrap_efficiency(units, rts="crs", seed=1, replicates=100)
    >>> bool((found.efficiency <= found["estimate"]).all() and (found["lower"] <= found["upper"]).all())
    True
    """
    side = side_of(orientation)
    kind = one_of(rts, ("crs", "vrs", "drs", "irs"), "rts of the bootstrap")
    check_replicates(replicates, level)
    found = smoothed_bootstrap(
        units.X, units.Y, kind, side, seed=seed, count=replicates, level=level, labels=units.names, workers=workers
    )
    return bootstrap_result(
        "Bootstrap efficiency (Simar & Wilson 1998)", units, found, rts=kind, side=side, level=level, seed=seed
    )


@dataclass(frozen=True, slots=True, eq=False)
class ReturnsTest:
    """Test of constant against variable returns to scale.

    Attributes
    ----------
    statistic : float
        Mean constant-returns over mean variable-returns efficiency; one when scale does not matter.
    p_value : float
        Share of replicates under constant returns with a smaller statistic.
    p_error : float
        Its Monte Carlo standard error.
    replicates : array (B,)
    """

    statistic: float
    p_value: float
    p_error: float
    replicates: FloatArray


@door("the test of returns to scale")
def returns_to_scale_test(
    units: Units, *, seed: int, orientation: str = "input", replicates: int = 2000, workers: int = 1
) -> ReturnsTest:
    """Test the hypothesis of constant returns to scale (Simar & Wilson 2002).

    Replicates are generated under constant returns; a small p-value speaks for variable returns.

    Parameters
    ----------
    units : Units
    seed : int
    orientation : {"input", "output"}
    replicates : int
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Raises
    ------
    OptionError, DataError

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
    X, Y, names = units.X, units.Y, units.names
    scores = {rts: own_distances(Technology.of(X, Y, rts), side, names) for rts in ("crs", "vrs")}
    distance = scores["crs"]
    h = silverman_bandwidth(distance)

    def some(generators: Sequence[np.random.Generator]) -> FloatArray:
        sets = moved_sets(X, Y, distance, draw_many(distance, h, generators), side)
        constant, variable = (repeated_distances(rts, side, *sets, X, Y, names) for rts in ("crs", "vrs"))
        return np.asarray((1.0 / constant).mean(axis=1) / (1.0 / variable).mean(axis=1))

    found = replicate_blocks(replicates, seed, some, workers)
    statistic = _mean_efficiency(distance) / _mean_efficiency(scores["vrs"])
    p = float((found <= statistic).mean())
    return ReturnsTest(statistic, p, float(np.sqrt(p * (1 - p) / replicates)), found)


def _mean_efficiency(distance: FloatArray) -> float:
    return float((1.0 / distance).mean())

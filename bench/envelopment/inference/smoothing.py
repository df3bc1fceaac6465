"""Smooth draws of distances of at least one: the named conventions by which the bootstrap imitates inefficiency.

An estimated distribution of distances has an edge at one, where the most efficient units are. What is drawn near that
edge decides how far a drawn frontier lies inside the estimated one, and so the whole correction.

``mirrored`` (Daraio & Simar 2007, section 3.4)
    The sample is mirrored at one before anything is drawn from it, shrunk around the mean of the mirrored sample, which
    is one, and what falls below one is reflected. Efficient units are left out of what is drawn from, as they are out
    of the bandwidth: they are estimated to be exactly one, and with several inputs or outputs there are many of them, a
    spike at the edge that is no feature of the true distribution. The interval is taken in logarithms, where ratios
    are differences. The default: it corrects as much as is needed.
``simar-wilson-1998``
    As the algorithm is usually written (R deaR, rDEA and npsf): draw from the sample, reflect, then shrink towards the
    mean of the *unmirrored* sample. No draw comes near one, so corrections are of order h² where the bias is of the
    order of one over the number of units, and intervals can miss every true score. For comparison only.
``benchmarking-0.33``
    As R Benchmarking 0.33: mirrored; shrunk around the mean of what was drawn; the bandwidth is computed on Farrell's
    scale, also on the input side, where the draws are Shephard's.
``nve``
    As the Norwegian energy regulator computes bias-corrected scores for its revenue caps (NVE-RME, IRiR): mirrored,
    shrunk around one, bandwidth 0.9·sd(δ)·n^(−1/5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.errors import DataError, OptionError
from bench.options import one_of
from bench.tolerances import EFFICIENT
from bench.typing import FloatArray

#: The same in R Benchmarking.
_EFFICIENT_THERE = 1e-6


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
    inside = distance[distance > 1 + EFFICIENT]
    return _scaled_back(distance, _spread(inside), 1.06)


def _spread(inside: FloatArray) -> FloatArray:
    """Return the mirrored sample of inefficient units."""
    if len(inside) < 2:
        raise DataError("fewer than two units are inefficient: the spread of inefficiency cannot be estimated")
    return np.concatenate([inside, 2.0 - inside])


def _scaled_back(distance: FloatArray, mirrored: FloatArray, factor: float) -> float:
    """Return Silverman's bandwidth of a mirrored sample, scaled to the spread and size of the whole sample."""
    deviation = float(mirrored.std(ddof=1))
    low, high = np.quantile(mirrored, [0.25, 0.75])
    quartiles = float(high - low) / 1.349
    narrow = min(deviation, quartiles) if quartiles > _EFFICIENT_THERE else deviation
    plain = factor * narrow * len(mirrored) ** -0.2
    whole = float(distance.std(ddof=1))
    return float(plain * (len(mirrored) / len(distance)) ** 0.2 * whole / deviation)


def farrell_bandwidth(distance: FloatArray, side: str) -> float:
    """Return the bandwidth of R Benchmarking: 0.9 instead of 1.06, and spreads of Farrell scores on the input side."""
    used = distance > 1 + _EFFICIENT_THERE
    return _scaled_back(distance, _spread(1.0 / distance[used] if side == "input" else distance[used]), 0.9)


def plain_bandwidth(distance: FloatArray) -> float:
    """Return 0.9 standard deviations over the fifth root of the number of units.

    Examples
    --------
    >>> round(plain_bandwidth(np.array([1.0, 1.2, 1.5, 1.9])), 4)
    0.2671
    """
    if len(distance) < 2 or not (spread := float(distance.std(ddof=1))) > 0:
        raise DataError("all units are equally efficient: the spread of inefficiency cannot be estimated")
    return float(0.9 * spread * len(distance) ** -0.2)


@dataclass(frozen=True, slots=True)
class Convention:
    """A way to draw.

    Attributes
    ----------
    name : str
    bandwidth : callable
        From distances (n,) and side to the bandwidth that is used when none is given.
    mirror : bool
        Draw from the sample and its mirror image.
    centre : {"one", "drawn"}
        Around what draws are shrunk to keep the variance: one, or the mean of what was drawn.
    spike : bool
        Draw from efficient units too.
    ratio : bool
        Take the interval from ratios of replicates to estimates, not from differences.
    quantile : str
        Definition of the quantiles of the interval, as numpy names it.
    """

    name: str
    bandwidth: Callable[[FloatArray, str], float]
    mirror: bool
    centre: str
    spike: bool = True
    ratio: bool = False
    quantile: str = "linear"

    def draw(self, distance: FloatArray, bandwidth: float, generators: Sequence[np.random.Generator]) -> FloatArray:
        """Return n draws of at least one from each generator, array (generators, n)."""
        n = len(distance)
        sample = distance if self.spike else distance[distance > 1 + EFFICIENT]
        if self.mirror:
            sample = np.concatenate([sample, 2.0 - sample])
        chosen, noise = np.empty((len(generators), n), dtype=np.int64), np.empty((len(generators), n))
        for k, generator in enumerate(generators):
            chosen[k] = generator.integers(0, len(sample), n)
            noise[k] = generator.standard_normal(n)
        drawn = sample[chosen]
        shifted = drawn + bandwidth * noise
        if not self.mirror:
            shifted = 1.0 + np.abs(shifted - 1.0)
        centre = 1.0 if self.centre == "one" else drawn.mean(axis=1, keepdims=True)
        kept = centre + (shifted - centre) / np.sqrt(1.0 + bandwidth**2 / sample.var(ddof=1))
        return np.asarray(1.0 + np.abs(kept - 1.0))


_ALL = (
    Convention(
        "mirrored",
        lambda distance, _: silverman_bandwidth(distance),
        mirror=True,
        centre="one",
        spike=False,
        ratio=True,
    ),
    Convention("simar-wilson-1998", lambda distance, _: silverman_bandwidth(distance), mirror=False, centre="drawn"),
    Convention("benchmarking-0.33", farrell_bandwidth, mirror=True, centre="drawn", quantile="normal_unbiased"),
    Convention("nve", lambda distance, _: plain_bandwidth(distance), mirror=True, centre="one"),
)
#: By name; the first is the default.
CONVENTIONS = {one.name: one for one in _ALL}


def convention_of(name: str) -> Convention:
    """Return a convention by name.

    Raises
    ------
    OptionError

    Examples
    --------
    >>> convention_of("nve").centre
    'one'
    """
    return CONVENTIONS[one_of(name, tuple(CONVENTIONS), "convention")]


def bandwidth_of(convention: Convention, distance: FloatArray, side: str, given: float | None) -> float:
    """Return the given bandwidth, or the convention's.

    Raises
    ------
    OptionError
        A bandwidth that is not positive.
    """
    if given is None:
        return convention.bandwidth(distance, side)
    if not (np.isfinite(given) and given > 0):
        raise OptionError(f"bandwidth must be a positive number, not {given!r}")
    return float(given)

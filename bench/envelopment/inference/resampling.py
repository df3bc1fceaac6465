"""What every resampling method shares: generators for replicates, distances of a set's own units, and the summary."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.core.technology import Technology
from bench.envelopment.inference.coverage import Measured
from bench.envelopment.inference.kept_draws import Blocks, keeping
from bench.errors import Issue, OptionError
from bench.seeds import sequence
from bench.typing import FloatArray
from bench.units import Units

#: Replicates per block; fixed, so that the work is split the same way for any number of workers.
_BLOCK = 48
#: Groups of replicates from which the Monte Carlo error of a quantile is estimated.
_GROUPS = 10
#: Share of replicates with a value that a unit needs.
KNOWN = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """Bootstrap of n scores from B replicates.

    Distances are one over efficiency (at least one): Shephard's input distance or Farrell's output score.

    Attributes
    ----------
    distance : array (n,)
        Estimated.
    bias, variance : array (n,)
        Of the estimated distance; the bias is negative.
    corrected : array (n,)
        distance − bias.
    lower, upper : array (n,)
        Ends of the interval for the true distance.
    bias_error, lower_error, upper_error : array (n,)
        Monte Carlo standard errors: what another seed would change.
    bandwidth : float
    replicates : array (B, n)
    """

    distance: FloatArray
    bias: FloatArray
    variance: FloatArray
    corrected: FloatArray
    lower: FloatArray
    upper: FloatArray
    bias_error: FloatArray
    lower_error: FloatArray
    upper_error: FloatArray
    bandwidth: float
    replicates: FloatArray


def replicate(count: int, seed: int, one: Callable[[np.random.Generator], FloatArray], workers: int) -> FloatArray:
    """Return ``count`` results of ``one``, each with a generator of its own: the same for any number of workers."""
    return replicate_blocks(count, seed, lambda generators: [one(generator) for generator in generators], workers)


def replicate_blocks(
    count: int,
    seed: int,
    some: Callable[[Sequence[np.random.Generator]], FloatArray | Sequence[FloatArray]],
    workers: int,
) -> FloatArray:
    """Return ``count`` results, asked for in blocks of fixed size: ``some`` returns one row per generator it gets.

    Inside :func:`bench.envelopment.kept_draws` blocks are written down, and those that are there are not drawn again.
    """

    def block(number: int) -> FloatArray:
        # The children that SeedSequence.spawn gives, made when they are needed: a hundred thousand cost time and room.
        part = range(number * _BLOCK, min((number + 1) * _BLOCK, count))
        children = (sequence(seed, spawn_key=(child,)) for child in part)
        return np.asarray(some([np.random.default_rng(child) for child in children]))

    numbers, progress = range(-(-count // _BLOCK)), keeping().progress
    blocks = Blocks.of(block(0), seed, count)
    try:
        left = [number for number in numbers if number not in blocks.found]
        for done, (number, made) in enumerate(zip(left, _drawn(block, left, workers), strict=True), start=1):
            blocks.add(number, made)
            if progress is not None:
                progress("draws", min(count, (len(numbers) - len(left) + done) * _BLOCK), count)
    finally:
        blocks.close()
    return np.concatenate([blocks.found[number] for number in numbers])


def _drawn(block: Callable[[int], FloatArray], numbers: Sequence[int], workers: int) -> Iterable[FloatArray]:
    """Yield blocks in order, as they are ready."""
    if workers == 1:
        return map(block, numbers)
    from joblib import Parallel, delayed

    made: Iterable[FloatArray] = Parallel(n_jobs=workers, prefer="threads", return_as="generator")(
        delayed(block)(number) for number in numbers
    )
    return made


def own_distances(technology: Technology, side: str, labels: Sequence[str] = (), workers: int = 1) -> FloatArray:
    """Return the distances of a technology's own units: one over Farrell input efficiency, or the output score."""
    X, Y = technology.X, technology.Y
    g = technology.along(X, Y, side)
    points = technology.points(X, Y)
    score = technology.ray(points, g, own=np.arange(len(X)), labels=labels, workers=workers).score(side)
    return np.asarray(np.maximum(1.0 / score if side == "input" else score, 1.0))


def summarised(
    distance: FloatArray,
    replicates: FloatArray,
    level: float,
    bandwidth: float,
    quantile: str = "linear",
    ratio: bool = False,
) -> Bootstrap:
    """Return bias, interval and Monte Carlo errors of distances (n,) from replicates (B, n).

    NaN is left out; a unit with fewer than half its replicates has no answer. ``quantile`` is one of numpy's
    definitions; with ``ratio`` the interval is taken in logarithms.
    """
    if (missing := np.isnan(replicates)).any() and (few := missing.mean(axis=0) > 1.0 - KNOWN).any():
        unknown = np.full(len(few), np.nan)
        known = summarised(distance[~few], replicates[:, ~few], level, bandwidth, quantile, ratio)
        spread = {}
        for name in ("bias", "variance", "corrected", "lower", "upper", "bias_error", "lower_error", "upper_error"):
            spread[name] = unknown.copy()
            spread[name][~few] = getattr(known, name)
        return Bootstrap(distance=distance, bandwidth=bandwidth, replicates=replicates, **spread)
    bias, deviation = np.nanmean(replicates, axis=0) - distance, np.nanstd(replicates, axis=0, ddof=1)
    tail = (1.0 - level) / 2.0
    lower, upper = _ends(replicates, distance, tail, quantile, ratio)
    errors = group_errors(lambda part: _ends(part, distance, tail, quantile, ratio), replicates)
    return Bootstrap(
        distance=distance,
        bias=bias,
        variance=deviation**2,
        corrected=distance - bias,
        lower=lower,
        upper=upper,
        bias_error=deviation / np.sqrt(np.isfinite(replicates).sum(axis=0)),
        lower_error=errors[0],
        upper_error=errors[1],
        bandwidth=bandwidth,
        replicates=replicates,
    )


def _ends(
    replicates: FloatArray, distance: FloatArray, tail: float, quantile: str, ratio: bool
) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the basic interval: the true error is imitated by replicate and estimate."""
    if ratio:
        low, high = known_quantiles(np.log(replicates / distance), [tail, 1.0 - tail], quantile)
        return np.asarray(distance * np.exp(-high)), np.asarray(distance * np.exp(-low))
    low, high = known_quantiles(replicates - distance, [tail, 1.0 - tail], quantile)
    return distance - high, distance - low


def known_quantiles(values: FloatArray, shares: Sequence[float], definition: str = "linear") -> FloatArray:
    """Return quantiles over the first axis, array (shares, …); NaN is left out."""
    method: Any = definition
    if not np.isnan(values).any():
        return np.asarray(np.quantile(values, shares, axis=0, method=method))
    with warnings.catch_warnings():
        # Nothing known has no quantile: NaN says so.
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanquantile(values, shares, axis=0, method=method))


def group_errors(ends: Callable[[FloatArray], tuple[FloatArray, FloatArray]], replicates: FloatArray) -> FloatArray:
    """Return the Monte Carlo standard errors of both ends from their spread over groups of replicates, array (2, …)."""
    parts = min(_GROUPS, len(replicates))
    groups = np.array([ends(replicates[k::parts]) for k in range(parts)])
    with warnings.catch_warnings():
        # A group in which nothing is known has no ends; one group alone has no spread.
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanstd(groups, axis=0, ddof=1) / np.sqrt(parts))


def check_replicates(replicates: int, level: float) -> None:
    """Refuse too few replicates, and a level that is none.

    Raises
    ------
    OptionError
    """
    if replicates < 100 or not 0.5 < level < 1:
        raise OptionError("the bootstrap needs at least 100 replicates and a level between 0.5 and 1")


def bootstrap_result(
    title: str,
    units: Units,
    found: Bootstrap,
    *,
    rts: str,
    side: str,
    level: float,
    seed: int | None,
    measured: Measured,
    options: Mapping[str, Any] | None = None,
) -> MethodResult:
    """Return distances with their intervals as efficiencies with theirs, and which units miss replicates.

    ``measured`` says how often such intervals held the truth where it is known; it stands in the frame.
    """
    frame = unit_frame(
        units,
        {
            "efficiency": 1.0 / found.corrected,
            "estimate": 1.0 / found.distance,
            "lower": 1.0 / found.upper,
            "upper": 1.0 / found.lower,
            "efficiency_error": found.bias_error / found.corrected**2,
            "lower_error": found.upper_error / found.upper**2,
            "upper_error": found.lower_error / found.lower**2,
            "coverage": np.full(len(units), measured.coverage),
        },
    )
    missing = np.isnan(found.replicates).sum(axis=0)
    issues = tuple(
        Issue(
            "replicates-without-a-value",
            f"{missing[row]} of {len(found.replicates)} drawn sets cannot be compared with the unit and are left out"
            + ("" if np.isfinite(found.corrected[row]) else ": too many for an interval"),
            "rts='crs', or the other orientation, compares it with every set",
            severity="warning",
            unit=units.names[int(row)],
        )
        for row in np.flatnonzero(missing)
    )
    asked = {
        "rts": rts,
        "orientation": side,
        **(options or {}),
        "replicates": len(found.replicates),
        "level": level,
        "seed": "draws were given" if seed is None else seed,
        "bandwidth": f"{found.bandwidth:.4g}" if np.isfinite(found.bandwidth) else "draws were given",
        "measured coverage": measured.text,
    }
    return MethodResult(title, frame, found, "efficiency", asked, (*measured.issues(), *issues))

"""How sure is a productivity change? The bootstrap of Malmquist indices of Simar & Wilson 1999.

A unit's distances in two periods belong together, so they are drawn in pairs from a smooth estimate of their joint
distribution; both periods' sets are rebuilt from the draws, and the indices of the units as they are computed anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.repeated import repeated_distances
from bench.envelopment.inference.bootstrap import moved_sets
from bench.envelopment.inference.coverage import measured
from bench.envelopment.inference.resampling import check_replicates, known_quantiles, own_distances, replicate_blocks
from bench.envelopment.productivity.malmquist import malmquist_parts
from bench.envelopment.productivity.panel import Step, set_of, shares, step_frame, step_issues, steps
from bench.errors import DataError
from bench.seeds import sequence
from bench.typing import FloatArray
from bench.units import Units

#: Indices that get an interval: those of the constant-returns sets that are resampled.
MEASURES = ("index", "efficiency_change", "technical_change")


@dataclass(frozen=True, slots=True, eq=False)
class StepBootstrap:
    """Bootstrap of a step's k units.

    Attributes
    ----------
    step : Step
    estimate : array (3, k)
        Index, efficiency change, technical change.
    lower, upper : array (3, k)
    mean, mean_lower, mean_upper : array (3,)
        Geometric mean over units, and its interval.
    replicates : array (B, 3, k)
    bandwidth : float
    """

    step: Step
    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    mean: FloatArray
    mean_lower: FloatArray
    mean_upper: FloatArray
    replicates: FloatArray
    bandwidth: float


def draw_pairs(pairs: FloatArray, bandwidth: float, generator: np.random.Generator) -> FloatArray:
    """Return k draws from the smooth distribution of pairs of distances (k, 2).

    With replacement, shifted by a normal pair with the pairs' covariance, shrunk around one so that the variances of
    the mirrored pairs stay, and each distance reflected at one.

    Examples
    --------
    >>> pairs = np.array([[1.0, 1.2], [1.5, 1.4], [2.0, 1.9]])
    >>> bool((draw_pairs(pairs, 0.5, np.random.default_rng(0)) >= 1).all())
    True
    """
    k = len(pairs)
    values, vectors = np.linalg.eigh(np.cov(pairs, rowvar=False))
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    chosen = pairs[generator.integers(0, k, k)]
    noise = generator.standard_normal((k, 2)) @ root
    around_one = ((pairs - 1.0) ** 2).sum(axis=0) / (k - 1)
    share = np.divide(pairs.var(axis=0, ddof=1), around_one, out=np.zeros(2), where=around_one > 0)
    drawn = 1.0 + (chosen - 1.0 + bandwidth * noise) / np.sqrt(1.0 + bandwidth**2 * share)
    return np.asarray(1.0 + np.abs(drawn - 1.0))


def step_bootstrap(
    units: Units, step: Step, side: str, *, seed: int, count: int, level: float, workers: int = 1
) -> StepBootstrap:
    """Return the bootstrap of one step; see :func:`bootstrap_malmquist`."""
    X, Y = units.X, units.Y
    rows = (step.rows_before, step.rows_after)
    own = [own_distances(set_of(units, part, "crs"), side, [units.names[row] for row in part]) for part in rows]
    # Where in its period's set each matched unit stands.
    place = [np.searchsorted(part, at) for part, at in zip(rows, (step.first, step.second), strict=True)]
    pairs = np.column_stack([distance[at] for distance, at in zip(own, place, strict=True)])
    k = len(pairs)
    bandwidth = float((4.0 / (5.0 * k)) ** (1.0 / 6.0))

    def moved(generators: Sequence[np.random.Generator]) -> list[tuple[FloatArray, FloatArray]]:
        sets = [(np.empty((len(generators), len(part))), part, at) for part, at in zip(rows, place, strict=True)]
        for number, generator in enumerate(generators):
            drawn = draw_pairs(pairs, bandwidth, generator)
            for period, (distances, part, at) in enumerate(sets):
                # Units of one period only move by that period's part of some pair.
                distances[number] = drawn[generator.integers(0, k, len(part)), period]
                distances[number, at] = drawn[:, period]
        return [
            moved_sets(X[part], Y[part], distance, distances, side)
            for (distances, part, _), distance in zip(sets, own, strict=True)
        ]

    def some(generators: Sequence[np.random.Generator]) -> FloatArray:
        scores = np.empty((2, 2, len(generators), k))
        for s, (A, B) in enumerate(moved(generators)):
            for t, at in enumerate((step.first, step.second)):
                found = repeated_distances("crs", side, A, B, X[at], Y[at], step.units)
                with np.errstate(divide="ignore"):
                    # A unit that a set does not reach at all is infinitely far beyond it.
                    scores[s, t] = 1.0 / found
        return np.moveaxis(_indices(scores), 1, 0)

    scores = np.empty((2, 2, k))
    for s, part in enumerate(rows):
        for t, at in enumerate((step.first, step.second)):
            scores[s, t] = shares(set_of(units, part, "crs"), X[at], Y[at], side, step.units, workers)
    estimate, replicates = _indices(scores), replicate_blocks(count, seed, some, workers)
    lower, upper = _interval(replicates, estimate, level)
    mean, means = _geometric(estimate), _geometric(replicates)
    ends = _interval(means, mean, level)
    return StepBootstrap(step, estimate, lower, upper, mean, *ends, replicates, bandwidth)


def _indices(scores: FloatArray) -> FloatArray:
    """Return index, efficiency change and technical change, array (3, …), from efficiencies (2, 2, …)."""
    parts = malmquist_parts(scores, scores)
    return np.stack([getattr(parts, name) for name in MEASURES])


def _geometric(values: FloatArray) -> FloatArray:
    """Return geometric means over units that have a value."""
    known = np.isfinite(values)
    logs = np.log(np.where(known, values, 1.0))
    return np.asarray(np.exp(logs.sum(axis=-1) / np.maximum(known.sum(axis=-1), 1)))


def _interval(replicates: FloatArray, estimate: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Return the basic interval in logarithms, where ratios are differences and ends stay positive."""
    tail = (1.0 - level) / 2.0
    low, high = known_quantiles(np.log(replicates) - np.log(estimate), [tail, 1.0 - tail])
    return np.asarray(estimate * np.exp(-high)), np.asarray(estimate * np.exp(-low))


@door("the Malmquist index", panel=True)
def bootstrap_malmquist(
    units: Units,
    *,
    seed: int,
    orientation: str = "output",
    replicates: int = 1000,
    level: float = 0.95,
    workers: int = 1,
) -> MethodResult:
    """Return productivity change with intervals, per unit and for the mean.

    Use it before a unit is told that it fell behind, or a general requirement is set from the mean frontier shift: an
    interval that holds one shows no change.

    Parameters
    ----------
    units : Units
        A panel. Units missing in one period are reported and stay in the other's reference set.
    seed : int
        Same seed, same bytes, whatever the number of workers.
    orientation : {"input", "output"}
        Above one is progress in both.
    replicates : int
        At least 100.
    level : float
    workers : int

    Returns
    -------
    MethodResult
        Per unit and later period: ``index``, ``efficiency_change`` and ``technical_change`` under constant returns to
        scale, each with ``… lower``, ``… upper`` and ``… changed``: whether the interval leaves out one. Geometric
        means with their intervals are in ``options`` and, as a list of :class:`StepBootstrap`, in ``values``.

    Raises
    ------
    OptionError, DataError, CertificateError

    Examples
    --------
    >>> import bench, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> cost = rng.uniform(1, 2, 20)
    >>> table = pd.DataFrame({"unit": [*range(20)] * 2, "year": [1] * 20 + [2] * 20, "y": 1.0})
    >>> table["x"] = np.append(cost, cost / 1.2)
    >>> units = bench.Units.from_frame(table, id="unit", period="year", inputs=["x"], outputs=["y"])
    >>> found = bootstrap_malmquist(units, seed=1, replicates=100)
    >>> bool((found["index"].round(6) == 1.2).all() and found["index changed"].all())
    True
    """
    side = side_of(orientation)
    check_replicates(replicates, level)
    panel, issues = steps(units)
    seeds = sequence(seed).generate_state(len(panel))
    found, parts, results = list(issues), [], []
    least = min(len(step.units) for step in panel)
    known = measured("malmquist", "", "crs", units.X.shape[1] + units.Y.shape[1], least)
    options: dict[str, Any] = {
        "orientation": side, "replicates": replicates, "level": level, "seed": seed, "measured coverage": known.text
    }  # fmt: skip
    found += known.issues()
    for step, own in zip(panel, seeds, strict=True):
        if len(step.units) < 3:
            raise DataError(f"the bootstrap needs at least three units in both {step.before} and {step.after}")
        one = step_bootstrap(units, step, side, seed=int(own), count=replicates, level=level, workers=workers)
        results.append(one)
        parts.append((step, _columns(one) | {"coverage": np.full(len(step.units), known.coverage)}))
        found += step_issues(step, one.estimate[0], "productivity")
        for name, mean, low, high in zip(MEASURES, one.mean, one.mean_lower, one.mean_upper, strict=True):
            options[f"mean {name} {step.before}-{step.after}"] = f"{mean:.4f} [{low:.4f}, {high:.4f}]"
    title = "Malmquist productivity with intervals (Simar & Wilson 1999)"
    return MethodResult(title, step_frame(parts), results, "index", options, tuple(found))


def _columns(one: StepBootstrap) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for number, name in enumerate(MEASURES):
        low, high = one.lower[number], one.upper[number]
        columns |= {name: one.estimate[number], f"{name} lower": low, f"{name} upper": high}
        columns[f"{name} changed"] = (low > 1.0) | (high < 1.0)
    return columns

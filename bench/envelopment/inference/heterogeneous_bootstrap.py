"""How sure is a score when inefficiency depends on where a unit is? The bootstrap of Simar & Wilson 2000.

The homogeneous bootstrap draws inefficiency from one distribution for all. Here size, mix and inefficiency are drawn
together from a smooth estimate of their joint distribution, so that large units, or specialised ones, may be less
efficient, or less evenly so.
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
from bench.envelopment.inference.coverage import measured
from bench.envelopment.inference.resampling import (
    Bootstrap,
    bootstrap_result,
    check_replicates,
    own_distances,
    replicate_blocks,
    summarised,
)
from bench.errors import DataError, EstimationError, Issue
from bench.options import Periods, one_of
from bench.typing import FloatArray
from bench.units import Units

#: Sweeps of n draws that look for places at which the frontier exists.
_SWEEPS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """The units as points (place, mix, distance), and their smooth joint distribution.

    Attributes
    ----------
    rows : array (n, p)
        Logarithms of the side that is held, logarithms of the other side's ratios to its first measure, distance.
    spread : array (p, p)
        Square root of the covariance of the rows.
    bandwidth : float
    held : int
        Measures on the side that is held.
    """

    rows: FloatArray
    spread: FloatArray
    bandwidth: float
    held: int

    @classmethod
    def of(cls, X: FloatArray, Y: FloatArray, distance: FloatArray, side: str, bandwidth: float | None) -> Joint:
        """Lay out units with positive measures."""
        held, moved = (Y, X) if side == "input" else (X, Y)
        rows = np.hstack([np.log(held), np.log(moved[:, 1:] / moved[:, :1]), distance[:, None]])
        covariance = np.cov(rows, rowvar=False).reshape(rows.shape[1], -1)
        if bandwidth is None:
            size = rows.shape[1]
            bandwidth = (4.0 / (size + 2)) ** (1.0 / (size + 4)) * len(rows) ** (-1.0 / (size + 4))
        return cls(rows, _root(covariance), float(bandwidth), held.shape[1])

    def draw(self, generator: np.random.Generator) -> FloatArray:
        """Return n draws, array (n, p): with replacement, shifted, shrunk to keep the variances, distances reflected.

        The estimate is mirrored at one: a mirror image drawn with the mirrored covariance and looked at in the mirror
        is a unit drawn with its own, so only what falls below one needs reflecting. The mirrored distances have mean
        one and their own variance: shrinking towards the mean of the sample itself would draw units off the edge.
        """
        n = len(self.rows)
        chosen = self.rows[generator.integers(0, n, n)]
        shift = generator.standard_normal(chosen.shape) @ self.spread
        centre, kept = self.rows.mean(axis=0), np.full(chosen.shape[1], 1.0 + self.bandwidth**2)
        distance = self.rows[:, -1]
        around_one = float(((distance - 1.0) ** 2).sum() / (n - 1))
        centre[-1] = 1.0
        if around_one > 0:
            kept[-1] = 1.0 + self.bandwidth**2 * float(distance.var(ddof=1)) / around_one
        drawn = centre + (chosen - centre + self.bandwidth * shift) / np.sqrt(kept)
        drawn[:, -1] = 1.0 + np.abs(drawn[:, -1] - 1.0)
        return np.asarray(drawn)

    def points(self, drawn: FloatArray, side: str) -> tuple[FloatArray, FloatArray]:
        """Return inputs and outputs at drawn places and mixes; the level of the side that moves is arbitrary."""
        held = np.exp(drawn[:, : self.held])
        mix = np.hstack([np.ones((len(drawn), 1)), np.exp(drawn[:, self.held : -1])])
        return (mix, held) if side == "input" else (held, mix)


def _root(covariance: FloatArray) -> FloatArray:
    """Return a square root of a covariance that may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def drawn_sets(
    base: Technology, joint: Joint, side: str, generators: Sequence[np.random.Generator]
) -> tuple[FloatArray, FloatArray]:
    """Return sets of n units drawn from the joint distribution: inputs (sets, n, m), outputs (sets, n, s).

    Every unit stands at its drawn distance from the estimated frontier. Places at which that frontier does not exist
    (beyond the largest outputs, or below the smallest inputs) are drawn again.

    Raises
    ------
    EstimationError
        When hardly any place can be used.
    """
    n, m, s = len(base.X), base.X.shape[1], base.Y.shape[1]
    X, Y = np.empty((len(generators), n, m)), np.empty((len(generators), n, s))
    filled = np.zeros(len(generators), dtype=int)
    for _ in range(_SWEEPS):
        open_ = np.flatnonzero(filled < n)
        if not len(open_):
            return X, Y
        drawn = np.concatenate([joint.draw(generators[k]) for k in open_.tolist()])
        A, B = joint.points(drawn, side)
        g = base.along(A, B, side)
        score = base.ray(base.points(A, B), g).score(side)
        with np.errstate(invalid="ignore"):
            level = (score * drawn[:, -1] if side == "input" else score / drawn[:, -1])[:, None]
            exists = np.isfinite(level[:, 0]) & (level[:, 0] > 0)
        A, B = (A * level, B) if side == "input" else (A, B * level)
        for number, k in enumerate(open_):
            rows = number * n + np.flatnonzero(exists[number * n : (number + 1) * n])[: n - filled[k]]
            place = slice(filled[k], filled[k] + len(rows))
            X[k, place], Y[k, place] = A[rows], B[rows]
            filled[k] += len(rows)
    if (filled < n).any():
        raise EstimationError("the frontier exists at hardly any of the places that the smooth distribution draws")
    return X, Y


def joint_bootstrap(
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
    """Return the heterogeneous smoothed bootstrap of all units' distances; arguments as of ``smoothed_bootstrap``.

    Parameters
    ----------
    X, Y : array (n, m), (n, s)
        Positive.
    bandwidth : float, optional
        In standard deviations of every coordinate; the normal-reference value when omitted.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> found = joint_bootstrap(rng.uniform(1, 2, (20, 1)), np.ones((20, 1)), "crs", "input", seed=1, count=50)
    >>> bool((found.corrected >= found.distance).all())
    True
    """
    base = Technology.of(X, Y, rts)
    distance = own_distances(base, side, labels)
    joint = Joint.of(X, Y, distance, side, bandwidth)

    def some(generators: Sequence[np.random.Generator]) -> FloatArray:
        return repeated_distances(rts, side, *drawn_sets(base, joint, side, generators), X, Y, labels)

    replicates = replicate_blocks(count, seed, some, workers)
    return summarised(distance, replicates, level, joint.bandwidth)


@door("the bootstrap")
def heterogeneous_bootstrap(
    units: Units,
    *,
    rts: str,
    seed: int,
    orientation: str = "input",
    bandwidth: float | None = None,
    replicates: int = 2000,
    level: float = 0.95,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return bias-corrected efficiency with intervals, where inefficiency may depend on size and mix.

    Use it instead of :func:`bootstrap_efficiency` when large and small, or mixed and specialised units are not
    equally (in)efficient. It asks more of the data: with few units or many measures, prefer the homogeneous one.

    Parameters
    ----------
    units : Units
        All inputs and outputs positive.
    rts : {"crs", "vrs", "drs", "irs"}
    seed : int
        Same seed, same bytes, whatever the number of workers.
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
        As of :func:`bootstrap_efficiency`: ``efficiency`` (bias-corrected), ``estimate``, ``lower``, ``upper`` and
        Monte Carlo standard errors ``…_error``; NaN, and said in ``issues``, for a unit that hardly any drawn set can
        be compared with. ``values`` is a :class:`~bench.envelopment.inference.resampling.Bootstrap`.

    Raises
    ------
    OptionError, DataError, EstimationError

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> units = bench.Units.from_arrays(rng.uniform(1, 2, 20), rng.uniform(1, 2, 20))
    >>> found = heterogeneous_bootstrap(units, rts="crs", seed=1, replicates=100)
    >>> bool((found.efficiency <= found["estimate"]).all() and (found["lower"] <= found["upper"]).all())
    True
    """
    side = side_of(orientation)
    kind = one_of(rts, ("crs", "vrs", "drs", "irs"), "rts of the bootstrap")
    _positive(units)
    check_replicates(replicates, level)
    found = joint_bootstrap(
        units.X,
        units.Y,
        kind,
        side,
        seed=seed,
        count=replicates,
        level=level,
        bandwidth=bandwidth,
        labels=units.names,
        workers=workers,
    )
    return bootstrap_result(
        "Heterogeneous bootstrap efficiency (Simar & Wilson 2000)",
        units,
        found,
        rts=kind,
        side=side,
        level=level,
        seed=seed,
        measured=measured("heterogeneous", "", kind, units.X.shape[1] + units.Y.shape[1], len(units)),
    )


def _positive(units: Units) -> None:
    issues = [
        Issue(
            "zero-value",
            "the heterogeneous bootstrap describes the mix by logarithms of ratios: it needs positive data",
            "use the homogeneous bootstrap or subsampling",
            column=column,
            unit=units.names[int(row)],
            value="0",
        )
        for column in (*units.inputs, *units.outputs)
        for row in np.flatnonzero((units.frame[column] == 0).to_numpy())
    ]
    if issues:
        raise DataError(issues)
    if len(units) < 3:
        raise DataError("the heterogeneous bootstrap needs at least three units")
